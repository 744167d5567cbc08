/* Uses as much of libc as a parser would, in ways that are all allowed. `run` gives a hash of what came
   out, so that two builds and two ways to run it can be compared. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

static uint32_t hash = 2166136261u;

static void mix(const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    while (size--) hash = (hash ^ *at++) * 16777619u;
}

static void mix_text(const char *text) { mix(text, strlen(text) + 1); }

static uint32_t seed = 1;
static uint32_t next_random(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static int compare(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static int compare_int(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static char *format(const char *pattern, ...) {
    va_list arguments, again;
    va_start(arguments, pattern);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, pattern, arguments);
    va_end(arguments);
    char *text = malloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, pattern, again);
    va_end(again);
    return text;
}

static void sorting(void) {
    enum { COUNT = 200 };
    char **words = calloc(COUNT, sizeof *words);
    for (int i = 0; i < COUNT; i++) words[i] = format("%08x-%d", next_random(), i);
    qsort(words, COUNT, sizeof *words, compare);
    for (int i = 0; i < COUNT; i++) mix_text(words[i]);
    char **found = bsearch(&words[17], words, COUNT, sizeof *words, compare);
    mix_text(*found);
    for (int i = 0; i < COUNT; i++) free(words[i]);
    free(words);
    int numbers[100];
    for (int i = 0; i < 100; i++) numbers[i] = (int)next_random() % 50;
    qsort(numbers, 100, sizeof *numbers, compare_int);
    mix(numbers, sizeof numbers);
}

static void printing(void) {
    char small[8], large[600];
    mix_text((snprintf(small, sizeof small, "%s", "much too long for it"), small));
    for (int width = 0; width < 40; width++) {
        snprintf(large, sizeof large, "%*d|%-*x|%0*u|%+d|%c|%%|%.*s|%g|%e|%.3f|%a", width, width * 3,
                 width, width * 5, width, 7u * width, -width, 'a' + width % 26, width, "precision",
                 width / 3.0, width * 1e10, width / 7.0, width * 0.5);
        mix_text(large);
    }
    snprintf(large, sizeof large, "%" PRIu64 " %lld %hhd %zu %jd %#o %#x", UINT64_MAX, LLONG_MIN,
             (signed char)-3, sizeof large, INTMAX_MAX, 8, 255);
    mix_text(large);
    int a = 0, b = 0, read = 0;
    char word[16] = "";
    double real = 0;
    int count = sscanf("  12 0x1f hello 2.5e3 tail", "%d %i %15s %lf%n", &a, &b, word, &real, &read);
    mix(&count, sizeof count), mix(&a, sizeof a), mix(&b, sizeof b), mix(&real, sizeof real);
    mix_text(word);
    mix_text(strerror(EINVAL));
    char set[10];
    sscanf("abcabcxyz", "%9[abc]", set);
    mix_text(set);
}

static void strings(void) {
    for (size_t length = 0; length < 70; length++) {
        /* Exactly as long as the string: what is read beyond is noticed. */
        char *text = malloc(length + 1);
        for (size_t i = 0; i < length; i++) text[i] = (char)('a' + i % 23);
        text[length] = 0;
        size_t sizes[] = {strlen(text), strnlen(text, 10), strspn(text, "abcdef"), strcspn(text, "xyz")};
        mix(sizes, sizeof sizes);
        char *copy = strdup(text), *target = malloc(length + 1), *twice = malloc(2 * length + 1);
        strcpy(target, copy), mix_text(target);
        strcpy(twice, text), strcat(twice, copy), mix_text(twice);
        stpcpy(stpcpy(twice, copy), text), mix_text(twice);
        strncpy(target, "short", length), mix(target, length);
        size_t wanted = strlcpy(target, text, length + 1);
        mix(&wanted, sizeof wanted), mix_text(target);
        memccpy(target, text, 'd', length + 1);
        const char *places[] = {strchr(text, 'e'), strrchr(text, 'e'), strstr(text, "cde"),
                                memchr(text, 'w', length), strpbrk(text, "zyw"), strchr(text, 0)};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            ptrdiff_t at = places[i] ? places[i] - text : -1;
            mix(&at, sizeof at);
        }
        int orders[] = {strcmp(text, copy), strncmp(text, twice, length), memcmp(text, copy, length + 1),
                        strcasecmp(text, "ABCDEFG") < 0};
        mix(orders, sizeof orders);
        char *rest = strndup(text, length / 2);
        mix_text(rest);
        free(rest), free(twice), free(target), free(copy), free(text);
    }
    char line[] = "key=value;other=thing;;last";
    char *outer = NULL;
    for (char *part = strtok_r(line, ";", &outer); part; part = strtok_r(NULL, ";", &outer)) {
        mix_text(part);
        for (char *piece = part; *piece; piece++) *piece = (char)toupper((unsigned char)*piece);
        mix_text(part);
    }
    char again[] = "a b  c";
    for (char *part = strtok(again, " "); part; part = strtok(NULL, " ")) mix_text(part);
    wchar_t wide[32];
    size_t wides = mbstowcs(wide, "gr\xc3\xbc\xc3\x9f" "e", 32);
    mix(&wides, sizeof wides), mix(wide, wides * sizeof *wide);
    long numbers[] = {strtol("  -42x", NULL, 10), strtol("7fffffff", NULL, 16), atoi("99")};
    mix(numbers, sizeof numbers);
    double reals[] = {strtod("3.14159", NULL), atof("-1e-5"), sqrt(2), floor(-1.5)};
    mix(reals, sizeof reals);
}

struct node {
    struct node *next, *other;
    size_t size;
    unsigned char bytes[];
};

static void blocks(void) {
    struct node *list = NULL;
    size_t total = 0;
    for (int round = 0; round < 400; round++) {
        size_t size = next_random() % (round % 50 ? 200 : 70000);
        struct node *node = round % 3 ? malloc(sizeof *node + size) : calloc(1, sizeof *node + size);
        node->size = size, node->next = list, node->other = NULL, list = node;
        memset(node->bytes, round & 255, size);
        total += size;
        if (round % 4 == 3) {
            struct node *gone = list->next;
            list->next = gone->next;
            mix(gone->bytes, gone->size);
            free(gone);
        }
        if (round % 5 == 4) {
            size_t more = list->size + next_random() % 300;
            list = realloc(list, sizeof *list + more);
            memset(list->bytes + list->size, 1, more - list->size);
            list->size = more;
        }
    }
    mix(&total, sizeof total);
    while (list) {
        struct node *next = list->next;
        mix(list->bytes, list->size);
        free(list);
        list = next;
    }
    /* A line of unknown length, as getline reads it. */
    char *line = NULL;
    size_t length = 0, room = 0;
    for (int i = 0; i < 5000; i++) {
        if (length + 1 >= room) line = realloc(line, room = room ? room * 2 : 16);
        line[length++] = (char)('0' + i % 10), line[length] = 0;
    }
    mix_text(line), free(line);
    char *step = NULL;
    for (size_t size = 1; size < 600; size++) {
        step = realloc(step, size);
        step[size - 1] = (char)size;
    }
    mix(step, 599), free(step);
    void *aligned = NULL;
    for (size_t align = 8; align <= 4096; align *= 2) {
        if (posix_memalign(&aligned, align, 100)) abort();
        int off = (int)((uintptr_t)aligned % align);
        mix(&off, sizeof off), memset(aligned, 1, 100), free(aligned);
        aligned = aligned_alloc(align, align * 2);
        memset(aligned, 2, align * 2), free(aligned);
    }
    free(NULL);
    free(malloc(0));
    free(realloc(NULL, 10));
}

struct by_value {
    int numbers[20];
    char name[33];
};

static struct by_value changed(struct by_value value) {
    value.numbers[19]++;
    strcpy(value.name, "changed");
    return value;
}

static void stack(int depth) {
    char array[depth * 7 + 1];
    memset(array, depth, sizeof array);
    char *more = __builtin_alloca((size_t)depth * 3 + 1);
    memcpy(more, array, (size_t)depth * 3 + 1);
    mix(more, (size_t)depth * 3 + 1);
    struct by_value value = {{0}, "name"};
    value = changed(changed(value));
    mix(&value.numbers, sizeof value.numbers), mix_text(value.name);
    if (depth) stack(depth - 1);
}

__attribute__((export_name("run"))) uint32_t run(uint32_t rounds) {
    while (rounds--) {
        sorting();
        printing();
        strings();
        blocks();
        stack(20);
    }
    return hash;
}
