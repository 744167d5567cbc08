/* A harness that goes far behind its memory, or no farther than its end, as the first byte says. */
#include <stddef.h>
#include <stdint.h>

/* A pointer that the compiler knows nothing of. */
static volatile uint8_t *at(volatile uint32_t address)
{
    return (volatile uint8_t *)address;
}

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *const end = (uint8_t *)(__builtin_wasm_memory_size(0) * 65536);
    switch (size == 0 ? 0xff : data[0]) {
    case 0:
        return *(volatile int *)at(0xbebebebe);
    case 1:
        *(volatile int64_t *)at(0x40000000) = 1;
        break;
    case 2:
        return *at(0xffffffff);
    case 3:
        *(volatile char *)end = 1;
        break;
    case 4:
        return *(volatile int *)(end - 2);
    case 5:
        ((volatile int8_t *)end)[0x1000000] = 1;
        break;
    }
    return 0;
}
