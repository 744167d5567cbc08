/* One kind of memory error for each function. Its argument decides: with one value the program is
   correct, with another it is not. The values are in programs.rs. */
#include <stddef.h>

#define PROGRAM(name) __attribute__((export_name(#name), noinline)) int name(int n)

/* Hides from the compiler where a pointer points, so that it neither removes what is done with it nor
   checks it by itself. Not inlined: functions with assembly in them get no frame on the fake stack. */
__attribute__((noinline)) static void *hide(void *p) {
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

__attribute__((noinline)) static int hidden(int n) {
    __asm__ volatile("" : "+r"(n));
    return n;
}

static void fill(int *p, int count) {
    for (int i = 0; i < count; i++) {
        p[i] = i;
    }
}

/* ---- Stack ---- */

PROGRAM(stack_read) {
    int array[10];
    fill(array, 10);
    int *p = hide(array);
    return p[n];
}

PROGRAM(stack_write) {
    int array[10];
    int *p = hide(array);
    p[n] = 1;
    return 0;
}

PROGRAM(stack_neighbour) {
    char before[8], middle[8], after[8];
    char *p = hide(middle);
    hide(before);
    hide(after);
    p[n] = 1;
    return p[0];
}

PROGRAM(stack_odd_size) {
    char odd[5];
    char *p = hide(odd);
    p[n] = 1;
    return 0;
}

struct word {
    int value;
} __attribute__((packed, aligned(1)));

PROGRAM(stack_last_byte) {
    char bytes[8];
    struct word *p = hide(bytes + n);
    p->value = 1;
    return 0;
}

PROGRAM(stack_many_bytes) {
    double many[100];
    char *p = hide(many);
    for (int i = 0; i < n; i++) {
        p[i] = 1;
    }
    return p[0];
}

PROGRAM(stack_pointer_to_scalar) {
    int scalar = 1;
    int *p = hide(&scalar);
    return p[n];
}

struct big {
    int values[7];
};

__attribute__((noinline)) static int by_value(struct big big, int n) {
    int *p = hide(big.values);
    return p[n];
}

PROGRAM(stack_struct_by_value) {
    struct big big;
    fill(big.values, 7);
    return by_value(big, n);
}

PROGRAM(stack_flexible) {
    struct { int count; int values[1]; } one = {1, {1}};
    int *p = hide(&one);
    return p[n];
}

static int down(int depth, int n) {
    char frame[24];
    char *p = hide(frame);
    p[0] = 1;
    if (depth == 0) {
        return p[n];
    }
    return down(depth - 1, n) + p[0];
}

/* Deeper than the fake stack has frames. */
PROGRAM(stack_recursion) {
    return down(1300, n) == 0;
}

PROGRAM(stack_huge_frame) {
    char huge[100000];
    char *p = hide(huge);
    p[n] = 1;
    return 0;
}

/* ---- alloca ---- */

PROGRAM(alloca_block) {
    char *p = hide(__builtin_alloca((size_t)hidden(10)));
    p[n] = 1;
    return 0;
}

PROGRAM(alloca_of_whole_granules) {
    char *p = hide(__builtin_alloca((size_t)hidden(64)));
    p[n] = 1;
    return 0;
}

PROGRAM(variable_length) {
    int array[hidden(9)];
    int *p = hide(array);
    fill(p, 9);
    return p[n];
}

PROGRAM(variable_length_again) {
    int sum = 0;
    for (int i = 1; i < 50; i++) {
        char array[hidden(i)];
        char *p = hide(array);
        p[0] = 1;
        p[i - 1 + n] = 1;
        sum += p[0];
    }
    return sum;
}

/* ---- Lifetimes ---- */

PROGRAM(after_scope) {
    int *p = NULL, value = 0;
    {
        int inner[4];
        fill(inner, 4);
        p = hide(inner);
        value = p[1];
    }
    return n ? p[1] : value;
}

PROGRAM(after_scope_in_loop) {
    int *p = NULL, sum = 0;
    for (int i = 0; i < 3; i++) {
        int inner = i;
        if (p != NULL && n) {
            sum += *p;
        }
        {
            int other = i;
            p = hide(&other);
            sum += *p;
        }
        hide(&inner);
    }
    return sum;
}

__attribute__((noinline)) static int *leak(void) {
    int local[3];
    fill(local, 3);
    return hide(local);
}

PROGRAM(after_return) {
    int *p = leak();
    return n ? p[1] : 0;
}

PROGRAM(after_return_and_other_calls) {
    int *p = leak();
    for (int i = 0; i < 20; i++) {
        leak();
    }
    return n ? p[1] : 0;
}

/* ---- Globals ---- */

static int global_first[5], global_second[5], global_third[5];
int global_public[3] = {1, 2, 3};
static char global_odd[3];
static struct { int count; int values[]; } global_flexible = {3, {1, 2, 3}};

PROGRAM(global_read) {
    int *p = hide(global_public);
    return p[n];
}

PROGRAM(global_write) {
    hide(global_first);
    int *p = hide(global_second);
    hide(global_third);
    p[n] = 1;
    return 0;
}

PROGRAM(global_odd_size) {
    char *p = hide(global_odd);
    return p[n];
}

PROGRAM(global_flexible_array) {
    int *p = hide(global_flexible.values);
    return p[n];
}

PROGRAM(string_literal) {
    const char *p = hide((void *)"four");
    return p[n];
}

PROGRAM(function_static) {
    static long long kept[2];
    long long *p = hide(kept);
    p[n] = 1;
    return 0;
}

/* ---- Functions that move memory ---- */

PROGRAM(copy_reads) {
    char from[12], to[32];
    hide(from);
    hide(to);
    __builtin_memset(from, 1, sizeof from);
    __builtin_memcpy(to, from, (size_t)n);
    return to[0];
}

PROGRAM(copy_writes) {
    char from[32], to[12];
    hide(from);
    hide(to);
    __builtin_memset(from, 1, sizeof from);
    __builtin_memcpy(to, from, (size_t)n);
    return to[0];
}

PROGRAM(move_overlaps) {
    char bytes[12];
    hide(bytes);
    __builtin_memset(bytes, 1, sizeof bytes);
    __builtin_memmove(bytes + 1, bytes, (size_t)n);
    return bytes[1];
}

PROGRAM(set_writes) {
    char bytes[12];
    hide(bytes);
    __builtin_memset(bytes, 7, (size_t)n);
    return bytes[0];
}

/* ---- What the program poisons itself ---- */

void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
int __asan_address_is_poisoned(void const volatile *addr);
void *__asan_region_is_poisoned(void *beg, size_t size);

PROGRAM(own_poison) {
    static char pool[64];
    __asan_poison_memory_region(pool + 16, 24);
    __asan_unpoison_memory_region(pool + 24, 4);
    char *p = hide(pool);
    p[n] = 1;
    __asan_unpoison_memory_region(pool, 64);
    p[20] = 1;
    return 0;
}

/* What is behind a region stays poisoned, whether or not the region ends with a granule. */
PROGRAM(own_poison_behind) {
    static char pool[64];
    __asan_poison_memory_region(pool + 16, 24);
    __asan_unpoison_memory_region(pool + 16, 16);
    char *p = hide(pool);
    p[n] = 1;
    return 0;
}

/* Without poison behind it, the end of the region stays accessible up to a granule's end. */
PROGRAM(questions) {
    static char pool[64];
    __asan_poison_memory_region(pool + 16, 16);
    int answers = __asan_address_is_poisoned(pool + 15) == 0;
    answers += __asan_address_is_poisoned(pool + 16) == 1;
    answers += __asan_region_is_poisoned(pool, 16) == NULL;
    answers += __asan_region_is_poisoned(pool, 40) == pool + 16;
    answers += __asan_region_is_poisoned(pool + 32, 32) == NULL;
    return answers + n;
}

/* ---- Leaving without an epilogue ---- */

__attribute__((noinline, noreturn)) static void stop(void) {
    __builtin_trap();
}

PROGRAM(no_return) {
    char frame[40];
    char *p = hide(frame);
    p[0] = 1;
    if (n == 1) {
        stop();
    }
    return p[n];
}

/* Frames whose functions come back in an order of their own: one in the other. */
PROGRAM(fibonacci) {
    int frame[3] = {n, 1, 2};
    int *p = hide(frame);
    if (n < 2) {
        return n;
    }
    int one = fibonacci(p[0] - 1);
    return one + fibonacci(p[0] - 2);
}
