/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * proofhouse.h: the reactor ABI, version 1, for interpreters written in C or C++.
 *
 * An interpreter is compiled to a Wasm module that exports the functions below and imports three at most. The
 * sandbox makes a fresh instance for every content file and calls, in this order:
 *
 *   _initialize             the toolchain's own (constructors); comes with -mexec-model=reactor
 *   proofhouse_warmup       optional
 *   proofhouse_configure    optional, only when the policy has a configuration
 *   proofhouse_alloc        room for the content, which the sandbox then fills
 *   proofhouse_load         once
 *   proofhouse_alloc, proofhouse_evaluate, proofhouse_free    for each event, in order
 *
 * An interpreter defines the functions that are not marked optional, and of the optional ones those
 * that it has. A function that is declared here and not defined is not exported.
 *
 * Ownership. Memory from proofhouse_alloc belongs to the sandbox until it is handed to another
 * function here. The content's buffer stays valid and unchanged as long as the instance: an
 * interpreter may keep pointers into it, as drivers do. An event's buffer is valid during its call of
 * proofhouse_evaluate only, and a configuration's during proofhouse_configure. What the interpreter
 * passes to the sandbox (messages, records, the description) is copied before the call returns.
 *
 * Hostile bytes. Content and events may hold anything. What an interpreter does with them is what is
 * being judged, so this header checks nothing for it.
 *
 * The header needs no C library. On other targets than Wasm it declares the same functions without
 * their attributes, so that an interpreter's code compiles natively; the imports are then for the
 * program to define.
 */
#ifndef PROOFHOUSE_H
#define PROOFHOUSE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What proofhouse_abi_version returns. A sandbox that does not know the version refuses the module. */
#define PROOFHOUSE_ABI_VERSION 1

/* What proofhouse_load returns for content that the interpreter takes. */
#define PROOFHOUSE_ACCEPTED 0

/* How much a message matters. Errors say why content is rejected or an event cannot be evaluated. */
#define PROOFHOUSE_LEVEL_ERROR 1
#define PROOFHOUSE_LEVEL_WARNING 2
#define PROOFHOUSE_LEVEL_INFO 3
#define PROOFHOUSE_LEVEL_DEBUG 4

#ifdef __wasm__
#define PROOFHOUSE_EXPORT(name) __attribute__((export_name(#name)))
#define PROOFHOUSE_IMPORT(name) __attribute__((import_module("proofhouse"), import_name(#name)))
#else
#define PROOFHOUSE_EXPORT(name)
#define PROOFHOUSE_IMPORT(name)
#endif

/* ---- What the interpreter exports ---- */

/* Returns PROOFHOUSE_ABI_VERSION. */
PROOFHOUSE_EXPORT(proofhouse_abi_version) int32_t proofhouse_abi_version(void);

/*
 * Returns `size` writable bytes for the sandbox, aligned for any type, or NULL when there is no
 * memory. `size` may be 0: any pointer inside the memory is then good, NULL still means none.
 */
PROOFHOUSE_EXPORT(proofhouse_alloc) void *proofhouse_alloc(uint32_t size);

/*
 * Loads the content. Returns PROOFHOUSE_ACCEPTED, or the interpreter's own nonzero reject code; a
 * message of level error should say why.
 */
PROOFHOUSE_EXPORT(proofhouse_load) int32_t proofhouse_load(const void *content, uint32_t size);

/*
 * Evaluates one event against the loaded content. Returns the number of matches (what one match is,
 * is the interpreter's to say), or a negative number: the interpreter's own error, which is neither a
 * match nor a mismatch. Called only after a load that returned PROOFHOUSE_ACCEPTED.
 */
PROOFHOUSE_EXPORT(proofhouse_evaluate) int32_t proofhouse_evaluate(const void *event, uint32_t size);

/* Optional. Takes back memory from proofhouse_alloc. Never called for the content's buffer. */
PROOFHOUSE_EXPORT(proofhouse_free) void proofhouse_free(void *memory);

/*
 * Optional. Work that is the same for every content: tables, caches. The state after it may be
 * recorded once and every later instance be started from it.
 */
PROOFHOUSE_EXPORT(proofhouse_warmup) void proofhouse_warmup(void);

/*
 * Optional. Takes the configuration of the policy: UTF-8 JSON without a terminating zero. Returns 0,
 * or a nonzero code when the configuration is no good; content is never blamed for that.
 */
PROOFHOUSE_EXPORT(proofhouse_configure) int32_t proofhouse_configure(const char *json, uint32_t size);

/*
 * Optional. Describes the interpreter as UTF-8 JSON of the published schema `proofhouse.describe/1`:
 * name, version, kinds of content, contracts. Returns what proofhouse_region makes. May be called in
 * an instance that has loaded nothing.
 */
PROOFHOUSE_EXPORT(proofhouse_describe) uint64_t proofhouse_describe(void);

/* ---- What the sandbox provides ---- */

/* Reports a diagnostic: UTF-8, `size` bytes, no terminating zero needed. Count and length are limited. */
PROOFHOUSE_IMPORT(message) void proofhouse_message(int32_t level, const char *text, uint32_t size);

/*
 * Reports a diagnostic about a place in the content, which reports then show with its line. `line` and
 * `column` count from 1, a column in Unicode scalar values; 0 is what the interpreter does not know. A
 * module that does not call this does not import it.
 */
PROOFHOUSE_IMPORT(diagnostic)
void proofhouse_diagnostic(int32_t level, uint32_t line, uint32_t column, const char *text, uint32_t size);

/*
 * Reports one observable result of evaluating the current event. Differential checks compare these
 * records, in order, between interpreters and versions: nothing that may differ belongs in them.
 */
PROOFHOUSE_IMPORT(emit) void proofhouse_emit(const void *record, uint32_t size);

/* ---- Small helpers ---- */

/* Length of a C string in bytes. */
static inline uint32_t proofhouse_text_size(const char *text) {
    uint32_t size = 0;
    while (text[size] != '\0') {
        size++;
    }
    return size;
}

/* Reports a C string as a diagnostic. */
static inline void proofhouse_say(int32_t level, const char *text) {
    proofhouse_message(level, text, proofhouse_text_size(text));
}

/* Reports a C string as a diagnostic about a place in the content. */
static inline void proofhouse_say_at(int32_t level, uint32_t line, uint32_t column, const char *text) {
    proofhouse_diagnostic(level, line, column, text, proofhouse_text_size(text));
}

/* Emits a C string as one record. */
static inline void proofhouse_emit_text(const char *text) {
    proofhouse_emit(text, proofhouse_text_size(text));
}

/* Packs a pointer and a size as proofhouse_describe returns them. */
static inline uint64_t proofhouse_region(const void *start, uint32_t size) {
    return ((uint64_t)(uintptr_t)start << 32) | size;
}

#ifdef __cplusplus
}
#endif

#endif
