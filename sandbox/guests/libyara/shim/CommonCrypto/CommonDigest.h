/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The three digests that libyara's modules compute, under the names of the one interface that it knows
 * besides OpenSSL and Windows. For describing files, never for keeping secrets.
 */
#ifndef SHIM_COMMON_DIGEST_H
#define SHIM_COMMON_DIGEST_H

#include <stdint.h>

typedef struct {
    uint64_t size;
    uint32_t state[8];
    uint8_t block[64];
} digest_context;

typedef digest_context CC_MD5_CTX;
typedef digest_context CC_SHA1_CTX;
typedef digest_context CC_SHA256_CTX;
typedef uint32_t CC_LONG;

void CC_MD5_Init(CC_MD5_CTX *context);
void CC_MD5_Update(CC_MD5_CTX *context, const void *data, CC_LONG size);
void CC_MD5_Final(unsigned char *digest, CC_MD5_CTX *context);

void CC_SHA1_Init(CC_SHA1_CTX *context);
void CC_SHA1_Update(CC_SHA1_CTX *context, const void *data, CC_LONG size);
void CC_SHA1_Final(unsigned char *digest, CC_SHA1_CTX *context);

void CC_SHA256_Init(CC_SHA256_CTX *context);
void CC_SHA256_Update(CC_SHA256_CTX *context, const void *data, CC_LONG size);
void CC_SHA256_Final(unsigned char *digest, CC_SHA256_CTX *context);

#endif
