// Globals that code initialises, and objects with destructors.
#define PROGRAM(name) extern "C" __attribute__((export_name(#name), noinline)) int name(int n)

[[gnu::noinline]] static void *hide(void *p) {
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static int next() {
    static int last = 0;
    return ++last;
}

struct Initialised {
    int values[3];
    Initialised() {
        for (int &value : values) {
            value = next();
        }
    }
};

Initialised global_object;
static Initialised static_object;

PROGRAM(initialised_global) {
    int *p = static_cast<int *>(hide(global_object.values));
    return p[n] + static_object.values[0];
}

struct Scoped {
    int values[2];
    int *count;
    explicit Scoped(int *count) : values{1, 2}, count(count) {}
    ~Scoped() { *count += values[0]; }
};

PROGRAM(destructors) {
    int count = 0;
    int *p;
    {
        Scoped scoped(&count);
        p = static_cast<int *>(hide(scoped.values));
        count += p[1];
    }
    return n ? p[0] : count;
}

struct Base {
    virtual int value(int n) { return n; }
};

struct Derived : Base {
    int values[4] = {1, 2, 3, 4};
    int value(int n) override { return static_cast<int *>(hide(values))[n]; }
};

PROGRAM(virtual_call) {
    Derived derived;
    Base *base = static_cast<Base *>(hide(&derived));
    return base->value(n);
}
