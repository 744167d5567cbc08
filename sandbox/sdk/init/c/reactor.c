/* reactor.c: how proofhouse calls the interpreter. See sdk/c/proofhouse.h for the rules of each function. */
#include "proofhouse.h"
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

static struct rules rules;

int32_t proofhouse_abi_version(void) {
    return PROOFHOUSE_ABI_VERSION;
}

void *proofhouse_alloc(uint32_t size) {
    return malloc(size > 0 ? size : 1);
}

void proofhouse_free(void *memory) {
    free(memory);
}

int32_t proofhouse_load(const void *content, uint32_t size) {
    struct problem problem;
    int32_t code = rules_load(&rules, content, size, &problem);
    if (code != PROOFHOUSE_ACCEPTED) {
        /* A message that begins with LINE:COLUMN: becomes a place in the report. */
        char text[160];
        int length = snprintf(text, sizeof text, "%u:%u: %s", problem.line, problem.column, problem.text);
        proofhouse_message(PROOFHOUSE_LEVEL_ERROR, text, (uint32_t)length);
    }
    return code;
}

static void emit(struct text name) {
    proofhouse_emit(name.start, name.size);
}

int32_t proofhouse_evaluate(const void *event, uint32_t size) {
    int32_t matches = rules_evaluate(&rules, event, size, emit);
    if (matches < 0) {
        proofhouse_say(PROOFHOUSE_LEVEL_ERROR, "an event is lines of the form FIELD=VALUE");
    }
    return matches;
}

uint64_t proofhouse_describe(void) {
    static const char description[] =
        "{\"schema\":\"proofhouse.describe/1\",\"name\":\"@NAME@\",\"version\":\"0.1.0\","
        "\"content\":[{\"kind\":\"@NAME@-rules/1\",\"patterns\":[\"*.rules\"]}],\"contracts\":[]}";
    return proofhouse_region(description, sizeof description - 1);
}
