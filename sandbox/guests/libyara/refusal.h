/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How libyara's errors are said. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdint.h>

/* Reports libyara's text about a line. It knows no columns, so the place is the line's first one. */
void say_at_line(int32_t level, int line, const char *text);

/* Reports one of libyara's error numbers, and what was being done. */
void say_error(const char *what, int error);

#endif
