/* till/hash.h: hashes of bytes, for tables, for recognising things, and for inputs.
 *
 *     uint64_t h = till_hash(key, length, seed);
 *     struct till_fingerprint f = till_fingerprint_of(key, length);
 *
 * None is cryptographic. Table hashes are seeded so that keys made to collide for one seed do not for another. */
#ifndef TILL_HASH_H
#define TILL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* 64 bits of `length` bytes under a secret seed. */
TILL_API uint64_t till_hash(const void *bytes, size_t length, uint64_t seed);

/* A seed that differs from process to process. Results never depend on it: output is ordered by key. */
TILL_API uint64_t till_hash_seed(void);

/* 128 bits that stand for a text: the same on every machine and in every run, so they can be stored. Two different
 * texts among 2^40 share one with a probability below 2^-48. */
struct till_fingerprint {
    uint64_t high;
    uint64_t low;
};
TILL_API struct till_fingerprint till_fingerprint_of(const void *bytes, size_t length);

/* The fingerprint of an ordered pair; not commutative. */
TILL_API struct till_fingerprint till_fingerprint_pair(struct till_fingerprint first, struct till_fingerprint second);

static inline bool till_fingerprint_equal(struct till_fingerprint a, struct till_fingerprint b) {
    return a.high == b.high && a.low == b.low;
}

/* A 128-bit digest of a stream of bytes; the same however the stream is cut into updates. It tells inputs apart
 * and finds accidents; it does not withstand a forger. */
struct till_digest {
    uint64_t lane[4];
    uint64_t length;
    unsigned char tail[32];
};
TILL_API void till_digest_start(struct till_digest *digest);
TILL_API void till_digest_add(struct till_digest *digest, const void *bytes, size_t length);
TILL_API struct till_fingerprint till_digest_finish(const struct till_digest *digest);

/* 32 lower-case hexadecimal digits and a NUL. */
#define TILL_FINGERPRINT_TEXT 33
TILL_API char *till_fingerprint_text(char out[TILL_FINGERPRINT_TEXT], struct till_fingerprint fingerprint);

#endif
