/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The same adapter as a native fuzzer, to measure against: rules are loaded and given back, as often as
 * libFuzzer likes, in one process.
 */
#include <stddef.h>
#include <stdint.h>

#include <proofhouse.h>

#include "../adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *content, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *content, size_t size) {
    (void)proofhouse_load(content, (uint32_t)size);
    unload();
    return 0;
}
