/* lib/base/hash_fast.h: the table hash, inline.
 *
 * The bytes are read in words of eight, each word is combined with a secret of the seed, and two words are multiplied
 * to 128 bits whose halves are folded together: the multiplication carries every bit into the middle of the product.
 * The idea is that of Wang Yi, "wyhash" (2019). Both factors are masked by the seed, so no fixed input makes one of
 * them zero, which would swallow the other for every seed. */
#ifndef LIB_BASE_HASH_FAST_H
#define LIB_BASE_HASH_FAST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

__extension__ typedef unsigned __int128 hash_wide;

/* Odd constants with balanced bits: the fractional parts of the golden ratio and of the roots of 2, 3 and 5. */
#define HASH_GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define HASH_ROOT_2 UINT64_C(0x6a09e667f3bcc909)
#define HASH_ROOT_3 UINT64_C(0xbb67ae8584caa73b)
#define HASH_ROOT_5 UINT64_C(0x3c6ef372fe94f82b)

static inline uint64_t hash_fold(uint64_t a, uint64_t b) {
    hash_wide product = (hash_wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* At most 16 bytes as two words, without reading outside of them. Together with the length the words are the text. */
static inline void hash_short_words(const unsigned char *bytes, size_t length, uint64_t *a, uint64_t *b) {
    if (length >= 8) {
        *a = load_64(bytes);
        *b = load_64(bytes + length - 8);
    } else if (length >= 4) {
        *a = load_32(bytes);
        *b = load_32(bytes + length - 4);
    } else {
        *a = length == 0 ? 0 : (uint64_t)bytes[0] << 16 | (uint64_t)bytes[length / 2] << 8 | bytes[length - 1];
        *b = 0;
    }
}

static inline uint64_t hash_bytes(const void *text, size_t length, uint64_t seed) {
    const unsigned char *bytes = text;
    uint64_t first = seed ^ HASH_GOLDEN, second = rotate_left(seed, 32) ^ HASH_ROOT_2;
    uint64_t state = seed ^ (uint64_t)length * HASH_ROOT_5;
    size_t left = length;
    uint64_t a, b;
    while (left > 16) {
        state = hash_fold(load_64(bytes) ^ first ^ state, load_64(bytes + 8) ^ second) + rotate_left(state, 23);
        bytes += 16;
        left -= 16;
    }
    hash_short_words(bytes, left, &a, &b);
    uint64_t folded = hash_fold(a ^ first ^ state, b ^ second);
    return hash_fold(folded ^ HASH_ROOT_3, state ^ HASH_ROOT_5 ^ first);
}

#endif
