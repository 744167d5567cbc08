/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The C library's types without its functions. A guest has one thread, and yr_mutex_* are in platform.c. */
#ifndef SHIM_PTHREAD_H
#define SHIM_PTHREAD_H

#include <sys/types.h>

#ifdef __wasm__
#define PTHREAD_MUTEX_INITIALIZER {0}
#else
/* The native command has the machine's own types, and still the functions of platform.c. */
#include <bits/pthreadtypes.h>
#define PTHREAD_MUTEX_INITIALIZER {{0}}
#endif

#endif
