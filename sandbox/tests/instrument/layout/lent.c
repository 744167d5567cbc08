/* A harness that does with its input what the first byte says. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static void *volatile moved;

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    switch (size == 0 ? 'f' : data[0]) {
    case 'f':
        free((void *)data);
        break;
    /* Moves it, and so gives the old place back. */
    case 'r':
        moved = realloc((void *)data, 4096);
        break;
    case 'w':
        ((volatile uint8_t *)data)[size - 1] = 0;
        break;
    /* It is as it was in the end. */
    case 'b':
        ((volatile uint8_t *)data)[0] = 0;
        ((volatile uint8_t *)data)[0] = 'b';
        break;
    }
    return 0;
}
