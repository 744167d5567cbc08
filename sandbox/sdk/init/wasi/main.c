/*
 * main.c: the interpreter as a plain program. Content comes on stdin and as the read-only file /content;
 * exit code 0 accepts it, any other is the interpreter's reject code, and what it wrote is the reason.
 *
 * Arguments, which the policy gives, are events that content has to match: a rule set that misses one of
 * them does not ship.
 */
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_MATCH = 4, BAD_EVENT = 5, NO_MEMORY = 6 };

static struct rules rules;

/* Reads all of a stream. Returns NULL where memory is short. */
static char *read_all(FILE *from, size_t *size) {
    size_t room = 4096;
    char *bytes = malloc(room);
    *size = 0;
    while (bytes != NULL) {
        *size += fread(bytes + *size, 1, room - *size, from);
        if (*size < room) {
            break;
        }
        room *= 2;
        char *more = realloc(bytes, room);
        if (more == NULL) {
            free(bytes);
        }
        bytes = more;
    }
    return bytes;
}

static void show(struct text name) {
    printf("matched %.*s\n", (int)name.size, name.start);
}

int main(int count, char **arguments) {
    size_t size;
    char *content = read_all(stdin, &size);
    if (content == NULL) {
        fputs("no memory\n", stderr);
        return NO_MEMORY;
    }
    struct problem problem;
    int32_t code = rules_load(&rules, content, (uint32_t)size, &problem);
    if (code != 0) {
        fprintf(stderr, "%u:%u: %s\n", problem.line, problem.column, problem.text);
        return code;
    }
    for (int i = 1; i < count; i++) {
        int32_t matches = rules_evaluate(&rules, arguments[i], (uint32_t)strlen(arguments[i]), show);
        if (matches <= 0) {
            fprintf(stderr, "event %d %s\n", i, matches == 0 ? "matches no rule" : "is no lines of FIELD=VALUE");
            return matches == 0 ? NO_MATCH : BAD_EVENT;
        }
    }
    return 0;
}
