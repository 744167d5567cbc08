/* Functions that nest as deep as they are asked to, each with frames of another kind. */

#include <stdio.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name), noinline)) int

static volatile int zero;

/* Scalars only: an optimiser keeps them in registers. */
static __attribute__((noinline)) int scalars(int n) {
    unsigned a = (unsigned)(n + zero), b = a * 3, c = b ^ a, d = c + b;
    if (n <= 0) return (int)(d % 100);
    unsigned below = (unsigned)scalars(n - 1);
    return (int)((a + b * c - d + below) % 100);
}
EXPORT("scalars") run_scalars(int n) { return scalars(n); }

/* A token, as a parser by recursive descent has it. */
struct token { int kind; char text[24]; };

static __attribute__((noinline)) void next(struct token *token, int n) {
    token->kind = n + zero;
    memset(token->text, 'a' + n % 26, sizeof token->text);
}

static __attribute__((noinline)) int parser(int n) {
    struct token token;
    int precedence = n % 4;
    next(&token, n);
    if (n <= 0) return token.kind;
    int left = parser(n - 1);
    return left + token.text[precedence] + token.kind;
}
EXPORT("parser") run_parser(int n) { return parser(n); }

/* A line and a path, as an interpreter of rules has them. */
static __attribute__((noinline)) int texts(int n) {
    char line[64], path[128];
    snprintf(line, sizeof line, "%d", n + zero);
    snprintf(path, sizeof path, "/%s/%d", line, n);
    if (n <= 0) return path[0];
    return texts(n - 1) + path[1] + line[0];
}
EXPORT("texts") run_texts(int n) { return texts(n); }

/* Some small variables whose address is taken. */
static __attribute__((noinline)) void split(int n, int *high, int *low, long long *both) {
    *high = n / 16 + zero, *low = n % 16, *both = n % 100;
}

static __attribute__((noinline)) int addresses(int n) {
    int high, low;
    long long both;
    split(n, &high, &low, &both);
    if (n <= 0) return high;
    return addresses(n - 1) + high + low + (int)both;
}
EXPORT("addresses") run_addresses(int n) { return addresses(n); }

/* An array whose length is known when it is entered. */
static __attribute__((noinline)) int dynamic(int n) {
    char bytes[n % 32 + 16];
    memset(bytes, n + zero, sizeof bytes);
    if (n <= 0) return bytes[0];
    return dynamic(n - 1) + bytes[n % 16];
}
EXPORT("dynamic") run_dynamic(int n) { return dynamic(n); }
