/* One kind of undefined behaviour for each byte that the content may be. With 0x80 more nothing is undefined. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    int first;
    int second;
};

enum letter { A = 0, B = 1 };

static volatile int is_bad;

#define CASE static __attribute__((noinline)) int64_t
#define PICK(bad, good) (is_bad ? (bad) : (good))

CASE load_null(void)
{
    static int one = 1;
    int *volatile p = PICK(NULL, &one);
    return *p;
}

CASE member_of_null(void)
{
    static struct pair pair = {1, 2};
    struct pair *volatile p = PICK(NULL, &pair);
    p->second = 3;
    return 0;
}

CASE misaligned(void)
{
    static _Alignas(8) char bytes[16] = {1};
    int64_t *volatile p = (int64_t *)PICK(bytes + 4, bytes);
    return *p;
}

CASE misaligned_and_freed(void)
{
    char *block = malloc(16);
    int32_t *volatile p = (int32_t *)PICK(block + 1, block);
    if (is_bad) {
        free(block);
        *p = 1;
        return 0;
    }
    *p = 1;
    free(block);
    return 0;
}

CASE add(void)
{
    volatile int a = PICK(INT32_MAX, 1), b = 1;
    return a + b;
}

CASE subtract_64(void)
{
    volatile int64_t a = PICK(INT64_MIN, 1), b = 1;
    return a - b;
}

CASE multiply_promoted(void)
{
    volatile uint16_t a = PICK(65535, 1), b = PICK(65535, 1);
    return a * b;
}

CASE negate(void)
{
    volatile int a = PICK(INT32_MIN, 1);
    return -a;
}

CASE divide(void)
{
    volatile int a = 5, b = PICK(0, 1);
    return a / b;
}

CASE divide_lowest(void)
{
    volatile int a = INT32_MIN, b = PICK(-1, 1);
    return a / b;
}

CASE divide_float(void)
{
    volatile double a = 1.5, b = PICK(0, 1);
    return a / b > 0;
}

CASE shift_far(void)
{
    volatile int a = 1, b = PICK(32, 1);
    return a << b;
}

CASE shift_back(void)
{
    volatile int64_t a = 1;
    volatile int b = PICK(-1, 1);
    return a >> b;
}

CASE shift_negative(void)
{
    volatile int a = PICK(-2, 2), b = 1;
    return a << b;
}

CASE shift_out(void)
{
    volatile int a = 3, b = PICK(31, 1);
    return a << b;
}

CASE index_(void)
{
    int values[4] = {0};
    volatile int i = PICK(-1, 1);
    return values[i];
}

CASE unreachable(void)
{
    if (is_bad) {
        __builtin_unreachable();
    }
    return 1;
}

CASE array_bound(void)
{
    volatile int n = PICK(0, 4);
    char values[n];
    memset(values, 1, sizeof values);
    return values[0];
}

CASE from_float(void)
{
    volatile float a = PICK(1e30f, 1);
    return (int)a;
}

CASE no_bool(void)
{
    static uint8_t byte;
    byte = PICK(7, 1);
    _Bool *volatile p = (_Bool *)&byte;
    return *p;
}

CASE count_zeros(void)
{
    volatile unsigned a = PICK(0, 1);
    return __builtin_ctz(a);
}

static __attribute__((noinline, returns_nonnull)) char *never_null(void)
{
    static char one;
    return PICK(NULL, &one);
}

CASE null_returned(void)
{
    return never_null() != NULL;
}

static __attribute__((noinline, nonnull(2))) int takes(int n, char *p)
{
    return n + (p != NULL);
}

CASE null_argument(void)
{
    static char one;
    char *volatile p = PICK(NULL, &one);
    return takes(1, p);
}

CASE pointer_overflow(void)
{
    static char bytes[4];
    char *volatile p = bytes;
    volatile unsigned offset = PICK(0xffffffffu, 1);
    return p + offset != NULL;
}

CASE assumed(void)
{
    static _Alignas(16) char bytes[32];
    char *volatile p = PICK(bytes + 1, bytes);
    return ((uintptr_t)__builtin_assume_aligned(p, 16) & 15) == 0;
}

CASE add_128(void)
{
    volatile __int128 a = (__int128)INT64_MAX << 64, b = PICK((__int128)1 << 126, 0);
    return (a + b) != 0;
}

CASE divide_long_double(void)
{
    volatile long double a = 1.5, b = PICK(0, 1);
    return a / b > 0;
}

CASE add_37_bits(void)
{
    volatile _BitInt(37) a = PICK((_BitInt(37))0xfffffffff, 1), b = 1;
    return (int64_t)(a + b);
}

CASE divide_37_bits(void)
{
    volatile _BitInt(37) a = 5, b = PICK(0, 1);
    return (int64_t)(a / b);
}

static int64_t (*const CASES[])(void) = {
    load_null,   member_of_null, misaligned,   misaligned_and_freed, add,           subtract_64,
    multiply_promoted, negate,   divide,       divide_lowest,        divide_float,  shift_far,
    shift_back,  shift_negative, shift_out,    index_,               unreachable,   array_bound,
    from_float,  no_bool,        count_zeros,  null_returned,        null_argument, pointer_overflow,
    assumed,     add_128,        divide_long_double, add_37_bits,    divide_37_bits,
};

__attribute__((export_name("LLVMFuzzerTestOneInput"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 1) {
        is_bad = data[0] < 0x80;
        static volatile int64_t sink;
        sink = CASES[data[0] & 0x7f]();
    }
    return 0;
}
