/* A harness that does with its input what the first byte says. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static void *volatile moved;

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    switch (size == 0 ? 0 : data[0]) {
    case 'f':
        free((void *)data);
        break;
    /* Moves it, and so gives the old place back. */
    case 'r':
        moved = realloc((void *)data, 4096);
        break;
    /* Writes to it, and to a block of the same size that takes no other's place. */
    case 'w':
        ((volatile uint8_t *)data)[0] = 0;
        free(malloc(size));
        break;
    }
    return 0;
}
