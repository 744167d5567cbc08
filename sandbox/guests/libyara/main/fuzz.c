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

int LLVMFuzzerTestOneInput(const uint8_t *content, size_t size) {
    (void)proofhouse_load(content, (uint32_t)size);
    unload();
    return 0;
}
