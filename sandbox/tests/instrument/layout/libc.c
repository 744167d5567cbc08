/* The C library on what the compiler laid out: it was compiled without redzones, and reads whole words
   where it is not replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *words[] = {"a", "bc", "def", "ghij", "klmno", "pqrstu", "vwxyz01"};

static int compare(const void *one, const void *two) {
    return strcmp(*(const char *const *)two, *(const char *const *)one);
}

__attribute__((export_name("use_libc"))) int use_libc(int n) {
    char text[64], copy[24];
    const char *sorted[7];
    size_t sum = 0;
    memcpy(sorted, words, sizeof words);
    qsort(sorted, 7, sizeof *sorted, compare);
    for (int i = 0; i < 7; i++) {
        snprintf(text, sizeof text, "%-8s|%5d|%.3f|%c", sorted[i], i, i / 3.0, *sorted[i]);
        sum += strlen(text) + strlen(sorted[i]) + (strchr(sorted[i], 'q') != NULL);
        strncpy(copy, sorted[i], sizeof copy - 1);
        copy[sizeof copy - 1] = 0;
        strcat(copy, "!");
        sum += strspn(copy, "abcdef") + (memchr(copy, '!', sizeof copy) != NULL);
    }
    char *heap = malloc(sum);
    memset(heap, 'x', sum - 1);
    heap[sum - 1] = 0;
    sum = strlen(heap) + (size_t)strtol("12", NULL, 10) + (size_t)n;
    free(heap);
    return (int)sum;
}
