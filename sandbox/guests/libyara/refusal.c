/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "refusal.h"

#include <proofhouse.h>
#include <stdio.h>
#include <yara.h>

/* libyara's own messages are shorter than this. */
enum { MESSAGE_SIZE = 1200 };

/* The errors that content and events can reach without a message of the compiler. */
static const char *name_of(int error) {
    switch (error) {
    case ERROR_INSUFFICIENT_MEMORY:
        return "not enough memory";
    case ERROR_INVALID_FILE:
        return "not a file of compiled rules";
    case ERROR_CORRUPT_FILE:
        return "the file is corrupt";
    case ERROR_UNSUPPORTED_FILE_VERSION:
        return "compiled by another version of YARA";
    case ERROR_EXEC_STACK_OVERFLOW:
        return "the stack of a condition is exhausted";
    case ERROR_TOO_MANY_MATCHES:
        return "too many matches";
    case ERROR_TOO_MANY_RE_FIBERS:
        return "a regular expression needs too many states";
    case ERROR_REGULAR_EXPRESSION_TOO_COMPLEX:
        return "a regular expression is too complex";
    case ERROR_TOO_SLOW_SCANNING:
        return "scanning is too slow";
    default:
        return "error";
    }
}

void say_error(const char *what, int error) {
    char message[MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s: %s (libyara's error %d)", what, name_of(error), error);
    proofhouse_say(PROOFHOUSE_LEVEL_ERROR, message);
}
