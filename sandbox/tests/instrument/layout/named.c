/* Functions that are called like C's and do nothing, so that what a checked build does for a call of one is all that
   is done. The first byte of the content says which, the second how many thousand bytes behind the text it copies to. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One text, up to its last byte. */
static char text[40000];

__attribute__((noinline)) char *strcpy(char *restrict to, const char *restrict from)
{
    __asm__ volatile("" : : "r"(from) : "memory");
    return to;
}

__attribute__((noinline)) char *strcat(char *restrict to, const char *restrict from)
{
    __asm__ volatile("" : : "r"(from) : "memory");
    return to;
}

typedef char *copy(char *, const char *);

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || data[1] > 20) {
        return -1;
    }
    memset(text, 'x', sizeof text - 1);
    copy *volatile called = data[0] == 0 ? strcpy : strcat;
    (void)called(text + data[1] * 1000, text);
    return 0;
}
