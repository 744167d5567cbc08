/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4): one frame of blocks, three functions on a block. */
#include <CommonCrypto/CommonDigest.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 64, LENGTH = 8 };

typedef void on_block(uint32_t *state, const uint8_t *block);

static uint32_t left(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static uint32_t right(uint32_t value, int bits) {
    return left(value, 32 - bits);
}

static uint32_t big(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t little(const uint8_t *bytes) {
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static const uint32_t MD5_SINES[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
    0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_block(uint32_t *state, const uint8_t *block) {
    static const int SHIFTS[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 64; i++) {
        int round = i / 16;
        uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                         : round == 1 ? (d & b) | (~d & c)
                         : round == 2 ? b ^ c ^ d
                                      : c ^ (b | ~d);
        int word = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : 7 * i % 16;
        uint32_t sum = a + mixed + MD5_SINES[i] + little(block + 4 * word);
        a = d;
        d = c;
        c = b;
        b += left(sum, SHIFTS[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void sha1_block(uint32_t *state, const uint8_t *block) {
    static const uint32_t CONSTANTS[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t words[80];
    for (int i = 0; i < 80; i++) {
        words[i] = i < 16 ? big(block + 4 * i)
                          : left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 80; i++) {
        int round = i / 20;
        uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                         : round == 2 ? (b & c) | (b & d) | (c & d)
                                      : b ^ c ^ d;
        uint32_t sum = left(a, 5) + mixed + e + CONSTANTS[round] + words[i];
        e = d;
        d = c;
        c = left(b, 30);
        b = a;
        a = sum;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

static const uint32_t SHA256_ROOTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void sha256_block(uint32_t *state, const uint8_t *block) {
    uint32_t words[64];
    for (int i = 0; i < 64; i++) {
        if (i < 16) {
            words[i] = big(block + 4 * i);
            continue;
        }
        uint32_t early = words[i - 15], late = words[i - 2];
        words[i] = words[i - 16] + (right(early, 7) ^ right(early, 18) ^ early >> 3) + words[i - 7] +
                   (right(late, 17) ^ right(late, 19) ^ late >> 10);
    }
    uint32_t s[8];
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t chosen = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t one =
            s[7] + (right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25)) + chosen + SHA256_ROOTS[i] + words[i];
        uint32_t two = (right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22)) + most;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++) {
        state[i] += s[i];
    }
}

static void update(digest_context *context, const void *data, uint32_t size, on_block *function) {
    const uint8_t *next = data;
    while (size > 0) {
        uint32_t used = (uint32_t)(context->size % BLOCK);
        uint32_t taken = BLOCK - used < size ? BLOCK - used : size;
        memcpy(context->block + used, next, taken);
        context->size += taken;
        next += taken;
        size -= taken;
        if (context->size % BLOCK == 0) {
            function(context->state, context->block);
        }
    }
}

static void finish(digest_context *context, uint8_t *digest, int words, bool is_big, on_block *function) {
    static const uint8_t PADDING[BLOCK] = {0x80};
    uint64_t bits = context->size * 8;
    uint32_t used = (uint32_t)(context->size % BLOCK);
    uint32_t room = BLOCK - LENGTH;
    update(context, PADDING, used < room ? room - used : BLOCK + room - used, function);
    uint8_t length[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
        length[i] = (uint8_t)(bits >> 8 * (is_big ? LENGTH - 1 - i : i));
    }
    update(context, length, LENGTH, function);
    for (int i = 0; i < 4 * words; i++) {
        int shift = 8 * (is_big ? 3 - i % 4 : i % 4);
        digest[i] = (uint8_t)(context->state[i / 4] >> shift);
    }
}

static void start(digest_context *context, const uint32_t *state, size_t words) {
    memset(context, 0, sizeof *context);
    memcpy(context->state, state, words * sizeof *state);
}

void CC_MD5_Init(CC_MD5_CTX *context) {
    static const uint32_t STATE[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    start(context, STATE, 4);
}

void CC_MD5_Update(CC_MD5_CTX *context, const void *data, CC_LONG size) {
    update(context, data, size, md5_block);
}

void CC_MD5_Final(unsigned char *digest, CC_MD5_CTX *context) {
    finish(context, digest, 4, false, md5_block);
}

void CC_SHA1_Init(CC_SHA1_CTX *context) {
    static const uint32_t STATE[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    start(context, STATE, 5);
}

void CC_SHA1_Update(CC_SHA1_CTX *context, const void *data, CC_LONG size) {
    update(context, data, size, sha1_block);
}

void CC_SHA1_Final(unsigned char *digest, CC_SHA1_CTX *context) {
    finish(context, digest, 5, true, sha1_block);
}

void CC_SHA256_Init(CC_SHA256_CTX *context) {
    static const uint32_t STATE[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    start(context, STATE, 8);
}

void CC_SHA256_Update(CC_SHA256_CTX *context, const void *data, CC_LONG size) {
    update(context, data, size, sha256_block);
}

void CC_SHA256_Final(unsigned char *digest, CC_SHA256_CTX *context) {
    finish(context, digest, 8, true, sha256_block);
}
