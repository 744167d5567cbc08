/* rules.c: see rules.h. */
#include "rules.h"

#include <stdbool.h>
#include <string.h>

/* ---- Reading content ---- */

struct parser {
    const char *start;
    const char *at;
    const char *end;
    struct problem *problem;
};

/* Describes a problem at `where`. Returns its code. */
static int32_t fail(const struct parser *parser, const char *where, int32_t code, const char *text) {
    uint32_t line = 1, column = 1;
    for (const char *byte = parser->start; byte < where; byte++) {
        if (*byte == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*byte & 0xC0) != 0x80) { /* not inside a UTF-8 character */
            column++;
        }
    }
    *parser->problem = (struct problem){code, line, column, text};
    return code;
}

static void skip_blanks(struct parser *parser) {
    while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t')) {
        parser->at++;
    }
}

static bool at_end_of_line(const struct parser *parser) {
    return parser->at == parser->end || *parser->at == '\n' || *parser->at == '#';
}

static bool is_word_byte(char byte) {
    return byte != ' ' && byte != '\t' && byte != '\n' && byte != '#' && byte != '=' && byte != '"';
}

static struct text word(struct parser *parser) {
    skip_blanks(parser);
    const char *start = parser->at;
    while (parser->at < parser->end && is_word_byte(*parser->at)) {
        parser->at++;
    }
    return (struct text){start, (uint32_t)(parser->at - start)};
}

static bool is(struct text text, const char *literal) {
    return text.size == strlen(literal) && memcmp(text.start, literal, text.size) == 0;
}

/* A word, or anything but a line feed between quotes. */
static int32_t value(struct parser *parser, struct text *value) {
    skip_blanks(parser);
    if (parser->at < parser->end && *parser->at == '"') {
        const char *quote = parser->at++;
        while (parser->at < parser->end && *parser->at != '"' && *parser->at != '\n') {
            parser->at++;
        }
        if (parser->at == parser->end || *parser->at == '\n') {
            return fail(parser, quote, RULES_SYNTAX, "this quote is not closed");
        }
        *value = (struct text){quote + 1, (uint32_t)(parser->at - quote - 1)};
        parser->at++;
        return 0;
    }
    *value = word(parser);
    return value->size > 0 ? 0 : fail(parser, parser->at, RULES_SYNTAX, "a value was expected");
}

static bool number(struct text text, uint64_t *number) {
    *number = 0;
    for (uint32_t i = 0; i < text.size; i++) {
        uint32_t digit = (uint32_t)(text.start[i] - '0');
        if (digit > 9 || *number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    return text.size > 0;
}

/* FIELD is|has|over VALUE */
static int32_t test(struct parser *parser, struct test *test) {
    test->field = word(parser);
    if (test->field.size == 0) {
        return fail(parser, parser->at, RULES_SYNTAX, "a field was expected");
    }
    struct text op = word(parser);
    if (is(op, "is")) {
        test->op = OP_IS;
    } else if (is(op, "has")) {
        test->op = OP_HAS;
    } else if (is(op, "over")) {
        test->op = OP_OVER;
    } else {
        return fail(parser, op.start, RULES_SYNTAX, "`is`, `has` or `over` was expected");
    }
    skip_blanks(parser);
    const char *where = parser->at;
    int32_t code = value(parser, &test->value);
    if (code == 0 && test->op == OP_OVER && !number(test->value, &test->number)) {
        code = fail(parser, where, RULES_NUMBER, "`over` takes a whole number below 2^64");
    }
    return code;
}

/* NAME = TEST [and TEST]... */
static int32_t rule(struct parser *parser, struct rule *rule) {
    rule->name = word(parser);
    rule->count = 0;
    if (rule->name.size == 0) {
        return fail(parser, parser->at, RULES_SYNTAX, "the name of a rule was expected");
    }
    skip_blanks(parser);
    if (parser->at == parser->end || *parser->at != '=') {
        return fail(parser, parser->at, RULES_SYNTAX, "`=` was expected");
    }
    parser->at++;
    for (;;) {
        if (rule->count == RULES_MAX_TESTS) {
            return fail(parser, parser->at, RULES_LIMIT, "a rule has at most 8 tests");
        }
        int32_t code = test(parser, &rule->tests[rule->count]);
        if (code != 0) {
            return code;
        }
        rule->count++;
        skip_blanks(parser);
        if (at_end_of_line(parser)) {
            return 0;
        }
        struct text joint = word(parser);
        if (!is(joint, "and")) {
            return fail(parser, joint.start, RULES_SYNTAX, "`and` or the end of the line was expected");
        }
    }
}

int32_t rules_load(struct rules *rules, const char *content, uint32_t size, struct problem *problem) {
    struct parser parser = {content, content, content + size, problem};
    rules->count = 0;
    while (parser.at < parser.end) {
        skip_blanks(&parser);
        if (!at_end_of_line(&parser)) {
            if (rules->count == RULES_MAX_RULES) {
                return fail(&parser, parser.at, RULES_LIMIT, "content has at most 64 rules");
            }
            int32_t code = rule(&parser, &rules->rules[rules->count]);
            if (code != 0) {
                return code;
            }
            rules->count++;
        }
        while (parser.at < parser.end && *parser.at != '\n') { /* a comment */
            parser.at++;
        }
        parser.at += parser.at < parser.end; /* the line feed */
    }
    return 0;
}

/* ---- Evaluating events ---- */

static bool contains(struct text text, struct text part) {
    for (uint32_t i = 0; part.size <= text.size && i <= text.size - part.size; i++) {
        if (memcmp(text.start + i, part.start, part.size) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct test *test, struct text value) {
    uint64_t found;
    switch (test->op) {
    case OP_IS:
        return value.size == test->value.size && memcmp(value.start, test->value.start, value.size) == 0;
    case OP_HAS:
        return contains(value, test->value);
    case OP_OVER:
        return number(value, &found) && found > test->number;
    }
    return false;
}

/* Takes the next line off an event. Returns false at the end. */
static bool next_line(struct text *event, struct text *line) {
    if (event->size == 0) {
        return false;
    }
    const char *feed = memchr(event->start, '\n', event->size);
    line->start = event->start;
    line->size = feed != NULL ? (uint32_t)(feed - event->start) : event->size;
    uint32_t taken = line->size + (feed != NULL);
    event->start += taken;
    event->size -= taken;
    return true;
}

static bool field_holds(const struct test *test, struct text event) {
    struct text line;
    while (next_line(&event, &line)) {
        uint32_t name = test->field.size;
        if (line.size > name && line.start[name] == '=' && memcmp(line.start, test->field.start, name) == 0 &&
            holds(test, (struct text){line.start + name + 1, line.size - name - 1})) {
            return true;
        }
    }
    return false;
}

int32_t rules_evaluate(const struct rules *rules, const char *event, uint32_t size,
                       void (*matched)(struct text name)) {
    struct text rest = {event, size}, line;
    while (next_line(&rest, &line)) {
        if (line.size > 0 && memchr(line.start, '=', line.size) == NULL) {
            return -1;
        }
    }
    int32_t matches = 0;
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool all = true;
        for (uint32_t t = 0; all && t < rule->count; t++) {
            all = field_holds(&rule->tests[t], (struct text){event, size});
        }
        if (all) {
            matched(rule->name);
            matches++;
        }
    }
    return matches;
}
