/*
 * rules.h: a small rule language, as an example of an interpreter of content.
 *
 *   # a comment
 *   office-shell = parent is winword.exe and image has powershell
 *   large-upload = bytes over 1000000 and target is "a name with spaces"
 *
 * A rule has a name and one or more tests of an event's fields; it matches when all of them do. An event is
 * lines of the form FIELD=VALUE.
 *
 * Nothing here knows proofhouse: replace this file and rules.c by your own interpreter.
 */
#ifndef RULES_H
#define RULES_H

#include <stdint.h>

/* Why content is rejected. A code is part of the interface: reports and expectations name it. */
enum {
    RULES_SYNTAX = 1, /* something else was expected */
    RULES_NUMBER = 2, /* `over` takes a whole number below 2^64 */
    RULES_LIMIT = 3,  /* more rules, or more tests in one, than there is room for */
};

/* Bytes in the content or in an event. */
struct text {
    const char *start;
    uint32_t size;
};

enum op { OP_IS, OP_HAS, OP_OVER };

struct test {
    struct text field;
    enum op op;
    struct text value;
    uint64_t number; /* for OP_OVER */
};

enum { RULES_MAX_TESTS = 8, RULES_MAX_RULES = 64 };

struct rule {
    struct text name;
    uint32_t count;
    struct test tests[RULES_MAX_TESTS];
};

/* Loaded content. It points into the content's bytes, which have to stay where they are. */
struct rules {
    uint32_t count;
    struct rule rules[RULES_MAX_RULES];
};

/* What is wrong with content, and where; lines and columns count from 1, columns in characters. */
struct problem {
    int32_t code;
    uint32_t line;
    uint32_t column;
    const char *text;
};

/* Reads content. Returns 0, or the code of the problem that it describes. */
int32_t rules_load(struct rules *rules, const char *content, uint32_t size, struct problem *problem);

/*
 * Evaluates an event: calls `matched` for each rule that matches, in order. Returns how many did, or -1 for
 * an event that is not lines of the form FIELD=VALUE.
 */
int32_t rules_evaluate(const struct rules *rules, const char *event, uint32_t size,
                       void (*matched)(struct text name));

#endif
