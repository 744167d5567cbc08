/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * setjmp for a Wasm without it. libyara jumps where a scanner made by flex cannot go on, which is
 * when memory is out. A jump here says so and ends the run: see platform.c.
 */
#ifndef SHIM_SETJMP_H
#define SHIM_SETJMP_H

typedef int jmp_buf[1];

#define setjmp(environment) ((void)(environment), 0)

_Noreturn void longjmp(jmp_buf environment, int value);

#endif
