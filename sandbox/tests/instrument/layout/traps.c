/* One kind of undefined behaviour for each function; undefined at 1, defined at 0. */
#define PROGRAM(name) __attribute__((export_name(#name), noinline)) int name(int n)

PROGRAM(overflow) {
    return 0x7fffffff + n;
}

PROGRAM(shift) {
    return 1 << (n * 40);
}

PROGRAM(division) {
    return 1 / (1 - n);
}

PROGRAM(float_division) {
    return 1.0 / (1 - n) > 0;
}

struct flexible {
    int count;
    int values[1];
};

__attribute__((noinline)) static int element(struct flexible *flexible, int place) {
    return flexible->values[place];
}

/* With -fstrict-flex-arrays=3 an array of one element has one element. */
PROGRAM(out_of_bounds) {
    struct flexible flexible = {1, {7}};
    return element(&flexible, n);
}

__attribute__((noinline)) static int *pointer(int *p, int n) {
    return n ? (int *)((char *)p + 1) : p;
}

PROGRAM(alignment) {
    int words[2] = {1, 2};
    return *pointer(words, n);
}

PROGRAM(conversion) {
    double large = n ? 1e30 : 1;
    return (int)large;
}

PROGRAM(not_a_check) {
    if (n) {
        __builtin_trap();
    }
    return 0;
}
