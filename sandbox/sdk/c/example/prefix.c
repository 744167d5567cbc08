/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The smallest interpreter that is one: content is a prefix, an event matches when it begins with it. */
#include "proofhouse.h"

#include <stdlib.h>
#include <string.h>

enum { EMPTY = 1 };

static const char *prefix; /* in the content, which stays where it is */
static uint32_t prefix_size;

int32_t proofhouse_abi_version(void) {
    return PROOFHOUSE_ABI_VERSION;
}

void *proofhouse_alloc(uint32_t size) {
    return malloc(size > 0 ? size : 1);
}

void proofhouse_free(void *memory) {
    free(memory);
}

int32_t proofhouse_load(const void *content, uint32_t size) {
    prefix = content;
    prefix_size = size;
    if (size > 0 && prefix[size - 1] == '\n') {
        prefix_size--;
    }
    if (prefix_size == 0) {
        proofhouse_say(PROOFHOUSE_LEVEL_ERROR, "1:1: a prefix was expected");
        return EMPTY;
    }
    return PROOFHOUSE_ACCEPTED;
}

int32_t proofhouse_evaluate(const void *event, uint32_t size) {
    if (size < prefix_size || memcmp(event, prefix, prefix_size) != 0) {
        return 0;
    }
    proofhouse_emit(prefix, prefix_size);
    return 1;
}
