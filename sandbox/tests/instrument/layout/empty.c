/* An interpreter that reads the first byte of what it is given, where there may be none: as a harness, and as one with
   content and events. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static volatile uint8_t seen;

#ifdef REACTOR

EXPORT(proofhouse_abi_version) int proofhouse_abi_version(void)
{
    return 1;
}

EXPORT(proofhouse_alloc) void *proofhouse_alloc(uint32_t size)
{
    return malloc(size);
}

EXPORT(proofhouse_free) void proofhouse_free(void *memory)
{
    free(memory);
}

/* Content says whether events are looked at. */
static int looks;

EXPORT(proofhouse_load) int proofhouse_load(const uint8_t *content, uint32_t size)
{
    looks = size > 0;
    if (size == 0 || content[0] == 'l') {
        /* A block without a byte can be moved and freed as any other. */
        free(realloc((void *)content, 100));
    }
    return 0;
}

EXPORT(proofhouse_evaluate) int proofhouse_evaluate(const uint8_t *event, uint32_t size)
{
    if (looks || size > 0) {
        seen = event[0];
    }
    return 0;
}

#else

EXPORT(LLVMFuzzerTestOneInput) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)size;
    seen = data[0];
    return 0;
}

#endif
