/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the sandbox provides, for native programs: what the interpreter says goes nowhere. */
#include <stdint.h>

#include <proofhouse.h>

void proofhouse_message(int32_t level, const char *text, uint32_t size) {
    (void)level;
    (void)text;
    (void)size;
}

void proofhouse_diagnostic(int32_t level, uint32_t line, uint32_t column, const char *text, uint32_t size) {
    (void)line;
    (void)column;
    proofhouse_message(level, text, size);
}

void proofhouse_emit(const void *record, uint32_t size) {
    (void)record;
    (void)size;
}
