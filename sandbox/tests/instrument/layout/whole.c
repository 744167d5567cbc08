/* A way for each byte that the content may be to give a function of C a region that is not all there, or one that is
   with 0x80 more. What decides is in the first bytes: no function has to look at the others. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char object[20] = "object";
static char other[64] = "another object, which is longer than that";
static volatile size_t length;
static volatile int result;

#define CASE static __attribute__((noinline)) void

CASE compare(void)
{
    result = memcmp(object, other, length);
}

CASE compare_with(void)
{
    result = memcmp(other, object, length);
}

CASE compare_heap(void)
{
    char *block = malloc(20);
    if (block != NULL) {
        block[0] = 'x';
        result = memcmp(block, other, length);
        free(block);
    }
}

CASE compare_stack(void)
{
    char local[20] = "local";
    result = memcmp(local, other, length);
}

CASE compare_freed(void)
{
    char *volatile block = malloc(20);
    if (block != NULL) {
        block[0] = 'x';
        if (length > 20) {
            free(block);
        }
        result = memcmp(block, other, 20);
        if (length <= 20) {
            free(block);
        }
    }
}

CASE compare_equal(void)
{
    result = bcmp(object, other, length);
}

CASE compare_negative(void)
{
    result = memcmp(object, other, length > 20 ? (size_t)-8 : 20);
}

CASE append(void)
{
    char *const part = length > 20 ? other + 8 : object;
    strncat(other, part, 3);
}

static void (*const CASES[])(void) = {
    compare, compare_with, compare_heap, compare_stack, compare_freed, compare_equal, compare_negative, append,
};

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 1) {
        length = data[0] < 0x80 ? 21 : 20;
        CASES[data[0] & 0x7f]();
    }
    return 0;
}
