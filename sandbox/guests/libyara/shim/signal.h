/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libyara keeps two handlers that nothing sets here: a sandbox has no signals. */
#ifndef SHIM_SIGNAL_H
#define SHIM_SIGNAL_H

struct sigaction {
    int unused;
};

#endif
