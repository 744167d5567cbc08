/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The libyara guest: YARA rules as content, by libyara itself.
 *
 * Content is one rule file, as source or compiled by yarac. An event is the bytes to scan. The
 * matches are the rules that match; the results are their names, in the order of the file.
 */
#include <proofhouse.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yara.h>

#include "adapter.h"
#include "refusal.h"

/* The reject codes. */
enum { REJECT_SOURCE = 1, REJECT_COMPILED = 2, REJECT_RULES = 3, REJECT_INTERNAL = 4 };

/* What compiled rules begin with. */
static const char MAGIC[] = {'Y', 'A', 'R', 'A'};

/* The variables that public rule collections take for granted. */
static const char *const EXTERNALS[] = {"filename", "filepath", "extension", "filetype", "owner"};

/* What one content needs. */
static YR_COMPILER *compiler;
static YR_RULES *rules;
static YR_SCANNER *scanner;

/* Compiled rules are read from the content's buffer. */
typedef struct {
    const char *next;
    size_t left;
} reader;

static size_t read_some(void *to, size_t size, size_t count, void *state) {
    reader *from = state;
    size_t items = size == 0 ? 0 : from->left / size;
    items = items < count ? items : count;
    memcpy(to, from->next, items * size);
    from->next += items * size;
    from->left -= items * size;
    return items;
}

static void on_compiler_message(int level, const char *file, int line, const YR_RULE *rule,
                                const char *text, void *state) {
    (void)file;
    (void)rule;
    (void)state;
    /* libyara knows no columns. */
    proofhouse_say_at(level == YARA_ERROR_LEVEL_ERROR ? PROOFHOUSE_LEVEL_ERROR : PROOFHOUSE_LEVEL_WARNING,
                      line > 0 ? (uint32_t)line : 0, 0, text);
}

static int32_t load_compiled(const void *content, uint32_t size) {
    reader from = {content, size};
    YR_STREAM stream = {.user_data = &from, .read = read_some};
    int error = yr_rules_load_stream(&stream, &rules);
    if (error == ERROR_SUCCESS) {
        return PROOFHOUSE_ACCEPTED;
    }
    say_error("compiled rules", error);
    return REJECT_COMPILED;
}

static int32_t load_source(const void *content, uint32_t size) {
    int error = yr_compiler_create(&compiler);
    if (error != ERROR_SUCCESS) {
        say_error("compiler", error);
        return REJECT_INTERNAL;
    }
    yr_compiler_set_callback(compiler, on_compiler_message, NULL);
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof EXTERNALS / sizeof EXTERNALS[0]; i++) {
        yr_compiler_define_string_variable(compiler, EXTERNALS[i], "");
    }
    if (yr_compiler_add_bytes(compiler, content, size, NULL) != 0) {
        return REJECT_SOURCE;
    }
    error = yr_compiler_get_rules(compiler, &rules);
    if (error != ERROR_SUCCESS) {
        say_error("rules", error);
        return REJECT_RULES;
    }
    return PROOFHOUSE_ACCEPTED;
}

static int on_scan_message(YR_SCAN_CONTEXT *context, int kind, void *data, void *state) {
    (void)context;
    if (kind == CALLBACK_MSG_RULE_MATCHING) {
        const YR_RULE *rule = data;
        int32_t *matches = state;
        proofhouse_emit_text(rule->identifier);
        *matches += 1;
    } else if (kind == CALLBACK_MSG_CONSOLE_LOG) {
        proofhouse_say(PROOFHOUSE_LEVEL_INFO, data);
    }
    return CALLBACK_CONTINUE;
}

int32_t proofhouse_abi_version(void) {
    return PROOFHOUSE_ABI_VERSION;
}

void *proofhouse_alloc(uint32_t size) {
    return malloc(size == 0 ? 1 : size);
}

void proofhouse_free(void *memory) {
    free(memory);
}

/* Fills tables that are the same for all rules. */
void proofhouse_warmup(void) {
    (void)yr_initialize();
}

int32_t proofhouse_load(const void *content, uint32_t size) {
    /* Counts its calls: after a warm-up it has nothing left to do. */
    int error = yr_initialize();
    if (error != ERROR_SUCCESS) {
        say_error("yr_initialize", error);
        return REJECT_INTERNAL;
    }
    bool is_compiled = size >= sizeof MAGIC && memcmp(content, MAGIC, sizeof MAGIC) == 0;
    int32_t code = is_compiled ? load_compiled(content, size) : load_source(content, size);
    if (code != PROOFHOUSE_ACCEPTED) {
        return code;
    }
    error = yr_scanner_create(rules, &scanner);
    if (error != ERROR_SUCCESS) {
        say_error("scanner", error);
        return REJECT_INTERNAL;
    }
    /* No time limit: a verdict never depends on time. */
    yr_scanner_set_timeout(scanner, 0);
    return PROOFHOUSE_ACCEPTED;
}

void unload(void) {
    if (scanner != NULL) {
        yr_scanner_destroy(scanner);
    }
    if (rules != NULL) {
        yr_rules_destroy(rules);
    }
    if (compiler != NULL) {
        yr_compiler_destroy(compiler);
    }
    scanner = NULL;
    rules = NULL;
    compiler = NULL;
}

int32_t proofhouse_evaluate(const void *event, uint32_t size) {
    int32_t matches = 0;
    yr_scanner_set_callback(scanner, on_scan_message, &matches);
    int error = yr_scanner_scan_mem(scanner, event, size);
    if (error != ERROR_SUCCESS) {
        say_error("scan", error);
        return -error;
    }
    return matches;
}

uint64_t proofhouse_describe(void) {
    static const char json[] =
        "{\"schema\":\"proofhouse.describe/1\",\"name\":\"libyara\",\"version\":\"" YR_VERSION "\","
        "\"content\":[{\"kind\":\"yara-rules\",\"patterns\":[\"*.yar\",\"*.yara\"]},"
        "{\"kind\":\"yara-compiled-rules\",\"patterns\":[\"*.yarc\"]}],\"contracts\":[]}";
    return proofhouse_region(json, sizeof json - 1);
}
