/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How libyara's errors are said. */
#ifndef REFUSAL_H
#define REFUSAL_H

/* Reports one of libyara's error numbers, and what was being done. */
void say_error(const char *what, int error);

#endif
