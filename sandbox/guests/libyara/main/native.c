/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The same adapter as a native command, to measure against: what `yarac` and `yara` are for rules.
 *
 *   native CONTENT [EVENT]             loads one file, evaluates one, and ends
 *   native --time ROUNDS CONTENT... [-- EVENT]
 *
 * With --time it loads every file, evaluates the event, and gives all back, and prints for each file the
 * median processor time of the rounds in nanoseconds. What it finds goes nowhere.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <proofhouse.h>

#include "../adapter.h"

enum { EXIT_REJECTED = 1, EXIT_USAGE = 2 };

typedef struct {
    char *bytes;
    uint32_t size;
} file;

/* Reads a file or ends the program. */
static file read_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    long size = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0) {
        size = ftell(stream);
        rewind(stream);
    }
    file read = {size < 0 ? NULL : malloc((size_t)size + 1), (uint32_t)size};
    if (read.bytes == NULL || fread(read.bytes, 1, read.size, stream) != read.size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_USAGE);
    }
    fclose(stream);
    return read;
}

static bool judge(file content, const file *event) {
    bool accepted = proofhouse_load(content.bytes, content.size) == PROOFHOUSE_ACCEPTED;
    if (accepted && event != NULL) {
        proofhouse_evaluate(event->bytes, event->size);
    }
    unload();
    return accepted;
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void time_one(const char *path, const file *event, uint64_t *times, size_t rounds) {
    file content = read_file(path);
    for (size_t round = 0; round < rounds; round++) {
        uint64_t started = now();
        judge(content, event);
        times[round] = now() - started;
    }
    qsort(times, rounds, sizeof *times, compare);
    printf("%" PRIu64 "\n", times[rounds / 2]);
    free(content.bytes);
}

int main(int count, char **words) {
    if (count >= 4 && strcmp(words[1], "--time") == 0) {
        size_t rounds = strtoul(words[2], NULL, 10);
        uint64_t *times = calloc(rounds + 1, sizeof *times);
        int end = 3;
        while (end < count && strcmp(words[end], "--") != 0) {
            end++;
        }
        if (times == NULL || rounds == 0) {
            return EXIT_USAGE;
        }
        file event = {NULL, 0};
        if (end + 1 < count) {
            event = read_file(words[end + 1]);
        }
        for (int word = 3; word < end; word++) {
            time_one(words[word], event.bytes == NULL ? NULL : &event, times, rounds);
        }
        return 0;
    }
    if (count < 2) {
        return EXIT_USAGE;
    }
    file content = read_file(words[1]);
    if (count < 3) {
        return judge(content, NULL) ? 0 : EXIT_REJECTED;
    }
    file event = read_file(words[2]);
    return judge(content, &event) ? 0 : EXIT_REJECTED;
}
