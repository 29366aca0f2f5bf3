/* Hashes are held to what theory says of a random function: half of the output bits flip, no collisions among
 * structured keys, even buckets. The bounds are in standard errors, so that a good hash passes for any constants. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/hash.h>

enum { KEYS = 1000000, LONGEST = 100 };

/* Bytes that have nothing to do with the hash under test (Marsaglia's xorshift64, 2003). */
static uint64_t shift_state = 88172645463325252u;
static uint64_t next_bits(void) {
    shift_state ^= shift_state << 13;
    shift_state ^= shift_state >> 7;
    shift_state ^= shift_state << 17;
    return shift_state;
}

static void fill(unsigned char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)(next_bits() >> 33);
}

struct wide {
    uint64_t word[2];
};

static struct wide by_hash(const unsigned char *bytes, size_t length) {
    return (struct wide){{till_hash(bytes, length, 42), till_hash(bytes, length, 43)}};
}

static struct wide by_fingerprint(const unsigned char *bytes, size_t length) {
    struct till_fingerprint f = till_fingerprint_of(bytes, length);
    return (struct wide){{f.high, f.low}};
}

/* Flips each input bit of random texts (of 3 bytes or more, or there were too few texts): every output bit must flip in
 * half of the trials. With n trials a frequency has the standard error 0.5/sqrt(n); 8 bits of length x 128 output bits
 * x lengths is about 4e6 pairs, of which a random function leaves 6 standard errors in less than one of a hundred runs.
 */
static void check_avalanche(struct wide (*hash)(const unsigned char *, size_t), size_t length) {
    enum { TRIALS = 400 };
    static unsigned flips[LONGEST * 8][128];
    memset(flips, 0, sizeof flips);
    unsigned char text[LONGEST];
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        fill(text, length);
        struct wide before = hash(text, length);
        for (size_t bit = 0; bit < length * 8; bit++) {
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
            struct wide after = hash(text, length);
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
            for (unsigned out = 0; out < 128; out++)
                flips[bit][out] += (unsigned)((before.word[out / 64] ^ after.word[out / 64]) >> out % 64) & 1;
        }
    }
    double bound = 6 * 0.5 / sqrt(TRIALS);
    for (size_t bit = 0; bit < length * 8; bit++)
        for (unsigned out = 0; out < 128; out++)
            assert_true(fabs((double)flips[bit][out] / TRIALS - 0.5) < bound);
}

static const size_t lengths[] = {3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 64, 70};

static void every_input_bit_reaches_every_bit_of_the_hash(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        check_avalanche(by_hash, lengths[i]);
}

static void every_input_bit_reaches_every_bit_of_the_fingerprint(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        check_avalanche(by_fingerprint, lengths[i]);
}

static int compare_words(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void no_two_alike(uint64_t *words, size_t count) {
    qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 1; i < count; i++)
        assert_true(words[i - 1] != words[i]);
}

/* Ids as shops write them. Each kind gives different texts for different i. */
static size_t structured_key(char *out, unsigned kind, unsigned i) {
    switch (kind) {
    case 0:
        return (size_t)snprintf(out, LONGEST, "%u", i);
    case 1:
        return (size_t)snprintf(out, LONGEST, "%u.0", i);
    case 2:
        return (size_t)snprintf(out, LONGEST, "C%07u", i);
    case 3:
        return (size_t)snprintf(out, LONGEST, "%010u@example.com", i);
    case 4:
        return (size_t)snprintf(out, LONGEST, "INV-2011-%08u-000000000000000000000000000", i);
    default:
        break;
    }
    memset(out, 0, LONGEST);
    size_t at = kind == 5 ? 0 : kind == 6 ? 12 : 60; /* binary counters at the start, in the middle and at the end */
    memcpy(out + at, &i, sizeof i);
    return kind == 5 ? 16 : kind == 6 ? 32 : 64;
}

/* Among 10^6 random words of 64 bits a collision has probability 2.7e-8. */
static void structured_keys_do_not_collide(void **state) {
    (void)state;
    uint64_t *hashes = malloc(KEYS * sizeof *hashes), *high = malloc(KEYS * sizeof *high);
    uint64_t *low = malloc(KEYS * sizeof *low);
    assert_true(hashes != NULL && high != NULL && low != NULL);
    for (unsigned kind = 0; kind < 8; kind++) {
        for (unsigned i = 0; i < KEYS; i++) {
            char key[LONGEST];
            size_t length = structured_key(key, kind, i);
            hashes[i] = till_hash(key, length, 1);
            struct till_fingerprint f = till_fingerprint_of(key, length);
            high[i] = f.high;
            low[i] = f.low;
        }
        no_two_alike(hashes, KEYS);
        no_two_alike(high, KEYS);
        no_two_alike(low, KEYS);
    }
    free(hashes);
    free(high);
    free(low);
}

/* Tables use low or high bits alone. Chi-square over 4,096 buckets has 4,095 degrees of freedom, mean 4,095 and
 * standard deviation sqrt(2 * 4095) = 90.5; six of them on either side. */
static void structured_keys_fill_buckets_evenly(void **state) {
    (void)state;
    static unsigned buckets[2][4096];
    for (unsigned kind = 0; kind < 8; kind++) {
        memset(buckets, 0, sizeof buckets);
        for (unsigned i = 0; i < KEYS; i++) {
            char key[LONGEST];
            uint64_t h = till_hash(key, structured_key(key, kind, i), 7);
            buckets[0][h & 4095]++;
            buckets[1][h >> 52]++;
        }
        for (unsigned side = 0; side < 2; side++) {
            double expected = KEYS / 4096.0, sum = 0;
            for (unsigned b = 0; b < 4096; b++)
                sum += (buckets[side][b] - expected) * (buckets[side][b] - expected) / expected;
            assert_true(fabs(sum - 4095) < 6 * sqrt(2 * 4095.0));
        }
    }
}

/* Texts of zeros differ in length alone. */
static void length_counts(void **state) {
    (void)state;
    unsigned char zeros[300] = {0};
    uint64_t hashes[301], prints[301];
    for (size_t n = 0; n <= 300; n++) {
        hashes[n] = till_hash(zeros, n, 5);
        prints[n] = till_fingerprint_of(zeros, n).low;
    }
    no_two_alike(hashes, 301);
    no_two_alike(prints, 301);
}

/* 10^6 keys that all collide under one seed are what an attacker wants. Pairs that collide in 32 bits under one seed
 * must not do so under another more often than by chance: of about n^2/2^33 = 116 pairs none is expected again. */
static void collisions_under_one_seed_do_not_carry_over(void **state) {
    (void)state;
    uint64_t *pairs = malloc(KEYS * sizeof *pairs);
    assert_non_null(pairs);
    for (uint64_t i = 0; i < KEYS; i++)
        pairs[i] = (till_hash(&i, sizeof i, 1) & 0xffffffff00000000u) | i;
    qsort(pairs, KEYS, sizeof *pairs, compare_words);
    unsigned found = 0, again = 0;
    for (unsigned i = 1; i < KEYS; i++)
        if (pairs[i] >> 32 == pairs[i - 1] >> 32) {
            uint64_t a = pairs[i] & 0xffffffff, b = pairs[i - 1] & 0xffffffff;
            found++;
            again += till_hash(&a, sizeof a, 2) >> 32 == till_hash(&b, sizeof b, 2) >> 32;
        }
    free(pairs);
    assert_in_range(found, 50, 200);
    assert_int_equal(0, again);
}

static void seeds_differ(void **state) {
    (void)state;
    assert_true(till_hash_seed() != till_hash_seed());
}

/* The sanitizers watch that nothing outside of an exact allocation is read; alignment must not matter. */
static void place_does_not_matter(void **state) {
    (void)state;
    for (size_t length = 0; length <= LONGEST; length++) {
        unsigned char text[LONGEST];
        fill(text, length);
        for (size_t offset = 0; offset < 9; offset++) {
            unsigned char *room = malloc(length + offset + (length + offset == 0));
            assert_non_null(room);
            memcpy(room + offset, text, length);
            assert_true(till_hash(text, length, 9) == till_hash(room + offset, length, 9));
            assert_true(
                till_fingerprint_equal(till_fingerprint_of(text, length), till_fingerprint_of(room + offset, length)));
            free(room);
        }
    }
}

static void cuts_do_not_change_the_digest(void **state) {
    (void)state;
    enum { SIZE = 5000 };
    static unsigned char text[SIZE];
    fill(text, SIZE);
    for (unsigned round = 0; round < 2000; round++) {
        size_t length = next_bits() % (round < 1000 ? 200 : SIZE), at = 0;
        struct till_digest digest;
        till_digest_start(&digest);
        while (at < length) {
            size_t step = next_bits() % (round % 2 == 0 ? 10 : 100);
            step = step > length - at ? length - at : step;
            till_digest_add(&digest, text + at, step);
            at += step;
        }
        struct till_fingerprint cut = till_digest_finish(&digest);
        assert_true(till_fingerprint_equal(till_fingerprint_of(text, length), cut));
        /* Asking does not disturb. */
        assert_true(till_fingerprint_equal(cut, till_digest_finish(&digest)));
    }
}

static void the_order_of_a_pair_counts(void **state) {
    (void)state;
    struct till_fingerprint a = till_fingerprint_of("a", 1), b = till_fingerprint_of("b", 1);
    struct till_fingerprint ab = till_fingerprint_pair(a, b), ba = till_fingerprint_pair(b, a);
    assert_false(till_fingerprint_equal(ab, ba));
    assert_false(till_fingerprint_equal(ab, a));
    assert_false(till_fingerprint_equal(till_fingerprint_pair(a, a), till_fingerprint_pair(b, b)));
    assert_true(till_fingerprint_equal(ab, till_fingerprint_pair(a, b)));
}

/* 1,000 x 1,000 pairs. */
static void pairs_do_not_collide(void **state) {
    (void)state;
    uint64_t *high = malloc(KEYS * sizeof *high), *low = malloc(KEYS * sizeof *low);
    assert_true(high != NULL && low != NULL);
    for (uint64_t i = 0; i < KEYS; i++) {
        struct till_fingerprint p =
            till_fingerprint_pair((struct till_fingerprint){0, i / 1000}, (struct till_fingerprint){0, i % 1000});
        high[i] = p.high;
        low[i] = p.low;
    }
    no_two_alike(high, KEYS);
    no_two_alike(low, KEYS);
    free(high);
    free(low);
}

static void fingerprints_read_as_hexadecimal(void **state) {
    (void)state;
    char out[TILL_FINGERPRINT_TEXT];
    struct till_fingerprint f = {0x0123456789abcdef, 0xfedcba9876543210};
    assert_string_equal("0123456789abcdeffedcba9876543210", till_fingerprint_text(out, f));
}

/* Stored fingerprints must stay what they are, on machines of either byte order. The expected values were computed by
 * a separate program in Python, with integers of any size, after the description in hash.c. */
static void fingerprints_are_the_same_everywhere(void **state) {
    (void)state;
    const char *const cases[][2] = {
        {"", "b6666cf8212e1263957d804eb9e82b9b"},
        {"a", "115ae95e09f03536d06269608c60a7f5"},
        {"17850", "000144017e5594ffb6fd20bedf487868"},
        {"customer-00000017850", "c5c63dd8447e7cef6b0a9b56dacac391"},
        {"The quick brown fox jumps over the lazy dog", "48e66376c27374b19ff3de4048572f67"},
        {"01234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789",
         "cd65aaca35a8cba2a6406f5f52f28943"},
    };
    char out[TILL_FINGERPRINT_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(cases[i][1],
                            till_fingerprint_text(out, till_fingerprint_of(cases[i][0], strlen(cases[i][0]))));
    struct till_fingerprint pair = till_fingerprint_pair(till_fingerprint_of("a", 1), till_fingerprint_of("17850", 5));
    assert_string_equal("fe20d7d2e3301cf3ff3e244db2983f17", till_fingerprint_text(out, pair));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_input_bit_reaches_every_bit_of_the_hash),
        cmocka_unit_test(every_input_bit_reaches_every_bit_of_the_fingerprint),
        cmocka_unit_test(structured_keys_do_not_collide),
        cmocka_unit_test(structured_keys_fill_buckets_evenly),
        cmocka_unit_test(length_counts),
        cmocka_unit_test(collisions_under_one_seed_do_not_carry_over),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(place_does_not_matter),
        cmocka_unit_test(cuts_do_not_change_the_digest),
        cmocka_unit_test(the_order_of_a_pair_counts),
        cmocka_unit_test(pairs_do_not_collide),
        cmocka_unit_test(fingerprints_read_as_hexadecimal),
        cmocka_unit_test(fingerprints_are_the_same_everywhere),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
