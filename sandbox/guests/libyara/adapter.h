/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef ADAPTER_H
#define ADAPTER_H

/*
 * Gives back all that the loaded content needed. The sandbox has no use for it, since an instance serves one
 * content; the native command loads many, one after the other.
 */
void unload(void);

#endif
