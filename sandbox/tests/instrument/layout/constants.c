/* One way to write to a constant for each byte that the content may be; with 0x80 more it is a variable. And ways to copy
   a text to where a part of it is, or with 0x80 more to elsewhere. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Alignas(16) const char constant[32] = "what never changes";
static _Alignas(16) char variable[32];

static char *volatile to;
static char text[64] = "a text";
static size_t apart;

#define CASE static __attribute__((noinline)) void

CASE store(void)
{
    to[1] = 'x';
}

CASE store_wide(void)
{
    *(int64_t *)to = 1;
}

CASE fill(void)
{
    memset(to, 0, 2);
}

CASE copy(void)
{
    memcpy(to, text, 3);
}

CASE copy_text(void)
{
    strcpy(to, text);
}

CASE append_text(void)
{
    to[0] == 'w' ? (void)strcat(to, text) : (void)strcat(to, "");
}

CASE copy_bounded(void)
{
    strncpy(to, text, 12);
}

CASE copy_cut(void)
{
    strlcpy(to, text, 4);
}

CASE copy_up_to(void)
{
    memccpy(to, text, 't', 6);
}

CASE allocate(void)
{
    void *block = NULL;
    if (posix_memalign((void **)to, 16, 16) == 0) {
        memcpy(&block, to, sizeof block);
        free(block);
    }
}

CASE ask_host(void)
{
    clock_gettime(CLOCK_REALTIME, (struct timespec *)to);
}

CASE overlap_forward(void)
{
    strcpy(text + apart, text);
}

CASE overlap_backward(void)
{
    strcpy(text, text + apart);
}

CASE overlap_append(void)
{
    strcat(text, text + apart);
}

CASE overlap_bounded(void)
{
    strncpy(text, text + apart, 8);
}

static void (*const CASES[])(void) = {
    store,    store_wide, fill,            copy,             copy_text,      append_text,     copy_bounded, copy_cut,
    copy_up_to, allocate, ask_host,        overlap_forward,  overlap_backward, overlap_append, overlap_bounded,
};

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 1) {
        const int is_bad = data[0] < 0x80;
        memcpy(text + 40, "another", 8);
        apart = is_bad ? 3 : 40;
        to = is_bad ? (char *)constant : variable;
        CASES[data[0] & 0x7f]();
    }
    return 0;
}
