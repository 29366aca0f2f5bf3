/* Table hashes are in hash_fast.h. Here: the seed, and the 128-bit fingerprint and digest, which are one function.
 *
 * The digest has two halves of 128 bits, (lane 0, lane 1) and (lane 2, lane 3), and reads stripes of 32 bytes, 16 for
 * each half, so that two chains of multiplications run side by side. A word is scrambled by two multiplications before
 * it enters (differences spread before they meet the state), then the half is permuted: for a fixed word the step is a
 * bijection of the half, so nothing that was read is forgotten within 128 bits. The shape is that of Austin Appleby's
 * MurmurHash3 x64-128 (2011); the steps and constants are our own. Words are read with the first byte lowest, on
 * every machine. The tail is padded by zeros; the length, mixed in last, tells paddings apart. */
#include <till/hash.h>

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/hash_fast.h"

enum { STRIPE = 32 };

uint64_t till_hash(const void *bytes, size_t length, uint64_t seed) {
    return hash_bytes(bytes, length, seed);
}

static uint64_t avalanche(uint64_t word) {
    word ^= word >> 32;
    word *= HASH_GOLDEN;
    word ^= word >> 29;
    word *= HASH_ROOT_3;
    return word ^ word >> 32;
}

uint64_t till_hash_seed(void) {
    uint64_t seed;
    if (getentropy(&seed, sizeof seed) == 0)
        return seed;
    /* A kernel without randomness: what differs between processes must do. Results do not depend on it. */
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    seed = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)getpid() << 44;
    return avalanche(seed ^ (uint64_t)(uintptr_t)&seed);
}

static inline uint64_t scramble(uint64_t word, uint64_t factor) {
    word *= factor;
    word ^= word >> 32;
    return word * HASH_GOLDEN;
}

static inline void absorb_scrambled(uint64_t *x, uint64_t *y, uint64_t a, uint64_t b) {
    *x = (rotate_left(*x ^ a, 27) + *y) * HASH_ROOT_5;
    *y = (rotate_left(*y ^ b, 31) + *x) * HASH_ROOT_3;
}

/* Takes 16 bytes, as two words, into one half of the state. */
static inline void absorb(uint64_t *x, uint64_t *y, uint64_t a, uint64_t b) {
    absorb_scrambled(x, y, scramble(a, HASH_ROOT_2), scramble(b, HASH_ROOT_3));
}

static const unsigned char *absorb_few_stripes(uint64_t lane[4], const unsigned char *bytes, size_t count) {
    uint64_t a = lane[0], b = lane[1], c = lane[2], d = lane[3];
    for (; count > 0; count--, bytes += STRIPE) {
        absorb(&a, &b, load_64(bytes), load_64(bytes + 8));
        absorb(&c, &d, load_64(bytes + 16), load_64(bytes + 24));
    }
    lane[0] = a, lane[1] = b, lane[2] = c, lane[3] = d;
    return bytes;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Words are scrambled before they meet the state: that is eight of the twelve multiplications of a stripe, which
 * AVX-512 makes in two instructions for two stripes. */
enum { TOGETHER = 8 };
__attribute__((target("avx512f,avx512dq"))) static const unsigned char *
absorb_many_stripes(uint64_t lane[4], const unsigned char *bytes, size_t count) {
    const __m512i factors = _mm512_broadcast_i64x2(_mm_set_epi64x((int64_t)HASH_ROOT_3, (int64_t)HASH_ROOT_2));
    const __m512i golden = _mm512_set1_epi64((int64_t)HASH_GOLDEN);
    uint64_t a = lane[0], b = lane[1], c = lane[2], d = lane[3];
    for (; count >= TOGETHER; count -= TOGETHER, bytes += TOGETHER * STRIPE) {
        uint64_t words[TOGETHER * STRIPE / 8];
        for (size_t i = 0; i < TOGETHER; i += 2) {
            __m512i w = _mm512_mullo_epi64(_mm512_loadu_si512(bytes + i * STRIPE), factors);
            w = _mm512_mullo_epi64(_mm512_xor_si512(w, _mm512_srli_epi64(w, 32)), golden);
            _mm512_storeu_si512(words + i * (STRIPE / 8), w);
        }
        for (const uint64_t *w = words; w < words + TOGETHER * STRIPE / 8; w += STRIPE / 8) {
            absorb_scrambled(&a, &b, w[0], w[1]);
            absorb_scrambled(&c, &d, w[2], w[3]);
        }
    }
    lane[0] = a, lane[1] = b, lane[2] = c, lane[3] = d;
    return absorb_few_stripes(lane, bytes, count);
}

static const unsigned char *absorb_stripes(uint64_t lane[4], const unsigned char *bytes, size_t count) {
    return count >= 2 * TOGETHER && __builtin_cpu_supports("avx512dq") ? absorb_many_stripes(lane, bytes, count)
                                                                       : absorb_few_stripes(lane, bytes, count);
}
#else
static const unsigned char *absorb_stripes(uint64_t lane[4], const unsigned char *bytes, size_t count) {
    return absorb_few_stripes(lane, bytes, count);
}
#endif

/* At most eight bytes as a word, padded by zeros; nothing is read outside of them. */
static inline uint64_t load_part(const unsigned char *bytes, size_t length) {
    if (length >= 8)
        return load_64(bytes);
    if (length >= 4) /* the halves overlap in the same bytes */
        return load_32(bytes) | (uint64_t)load_32(bytes + length - 4) << (8 * (length - 4));
    if (length == 0)
        return 0;
    size_t middle = length / 2, last = length - 1;
    return bytes[0] | (uint64_t)bytes[middle] << (8 * middle) | (uint64_t)bytes[last] << (8 * last);
}

/* At most 16 bytes into one half of the state. */
static inline void absorb_part(uint64_t *x, uint64_t *y, const unsigned char *bytes, size_t length) {
    size_t behind = length > 8 ? length - 8 : 0;
    absorb(x, y, load_part(bytes, length), load_part(bytes + length - behind, behind));
}

/* The fingerprint of `length` bytes, of which the last length % 32 are in `tail`. */
static inline struct till_fingerprint finish(const uint64_t lane[4], const unsigned char *tail, uint64_t length) {
    uint64_t x = lane[0], y = lane[1], z = lane[2], w = lane[3];
    size_t left = (size_t)(length % STRIPE);
    if (left > 0)
        absorb_part(&x, &y, tail, left < 16 ? left : 16);
    if (left > 16)
        absorb_part(&z, &w, tail + 16, left - 16);
    /* A short text has touched the first half alone. */
    if (length > 16)
        absorb(&x, &y, z, w);
    x ^= length;
    y += x;
    x += rotate_left(y, 32);
    x = avalanche(x);
    y = avalanche(y ^ x);
    x += y;
    return (struct till_fingerprint){.high = avalanche(x), .low = y};
}

void till_digest_start(struct till_digest *digest) {
    *digest = (struct till_digest){.lane = {HASH_GOLDEN, HASH_ROOT_2, HASH_ROOT_3, HASH_ROOT_5}};
}

void till_digest_add(struct till_digest *digest, const void *text, size_t length) {
    if (length == 0)
        return;
    const unsigned char *bytes = text;
    size_t held = (size_t)(digest->length % STRIPE);
    digest->length += length;
    if (held > 0) {
        size_t wanted = STRIPE - held, taken = length < wanted ? length : wanted;
        memcpy(digest->tail + held, bytes, taken);
        bytes += taken;
        length -= taken;
        if (taken < wanted)
            return;
        absorb_stripes(digest->lane, digest->tail, 1);
    }
    bytes = absorb_stripes(digest->lane, bytes, length / STRIPE);
    memcpy(digest->tail, bytes, length % STRIPE);
}

struct till_fingerprint till_digest_finish(const struct till_digest *digest) {
    return finish(digest->lane, digest->tail, digest->length);
}

struct till_fingerprint till_fingerprint_of(const void *bytes, size_t length) {
    uint64_t lane[4] = {HASH_GOLDEN, HASH_ROOT_2, HASH_ROOT_3, HASH_ROOT_5};
    const unsigned char *tail = bytes;
    if (length >= STRIPE)
        tail = absorb_stripes(lane, tail, length / STRIPE);
    return finish(lane, tail, length);
}

struct till_fingerprint till_fingerprint_pair(struct till_fingerprint first, struct till_fingerprint second) {
    uint64_t lane[4] = {HASH_ROOT_5, HASH_ROOT_3, HASH_ROOT_2, HASH_GOLDEN};
    absorb(&lane[0], &lane[1], first.high, first.low);
    absorb(&lane[2], &lane[3], second.high, second.low);
    return finish(lane, NULL, STRIPE);
}

char *till_fingerprint_text(char out[TILL_FINGERPRINT_TEXT], struct till_fingerprint fingerprint) {
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        out[i] = digits[fingerprint.high >> (60 - 4 * i) & 15];
        out[16 + i] = digits[fingerprint.low >> (60 - 4 * i) & 15];
    }
    out[32] = '\0';
    return out;
}
