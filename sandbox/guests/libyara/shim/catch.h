/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is left of libyara's exception.h where there are no signals to catch: the clause itself. */
#ifndef SHIM_CATCH_H
#define SHIM_CATCH_H

#define YR_TRYCATCH(enabled, try_clause, catch_clause) \
    do {                                               \
        try_clause                                     \
    } while (0)

#endif
