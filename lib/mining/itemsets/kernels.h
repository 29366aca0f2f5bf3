/* The inner loops over bit columns, one set for each instruction set; all give the same results. */
#ifndef LIB_MINING_ITEMSETS_KERNELS_H
#define LIB_MINING_ITEMSETS_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

/* Columns are `words` 64-bit words long (1, or a multiple of 8) and lie one behind the other. Arrays that are written
 * have room for 8 numbers more than are asked for, and column areas for 8 words more. */
struct kernels {
    /* Intersects `column` with each of `count` columns. Keeps those of at least `minimum` rows: the intersections one
     * behind the other in `out`, their indexes in `kept`, their rows counted in `support`. Returns how many. */
    uint32_t (*project)(const uint64_t *column, const uint64_t *columns, uint32_t count, uint32_t words,
                        uint32_t minimum, uint64_t *out, uint32_t *kept, uint32_t *support);
    /* Which of the columns named by `wanted` share at least `minimum` rows with `column`: into `kept`, which may be
     * `wanted`, and how many rows, into `support`. Returns how many. */
    uint32_t (*share)(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                      uint32_t words, uint32_t minimum, uint32_t *kept, uint32_t *support);
    /* Of `count` columns, item[k] each: which of the columns in the set of bits wanted[k] share at least `minimum` of
     * the given rows with it, as bits of found[k]; how many these are, kept[k]; and how many rows, one number behind
     * the other, into `support`, which has room for all that are wanted. Columns are numbered below 64. */
    void (*share_pairs)(const uint64_t *rows, const uint64_t *columns, uint32_t words, const uint32_t *item,
                        const uint64_t *wanted, uint32_t count, uint32_t minimum, uint64_t *found, uint32_t *kept,
                        uint32_t *support);
    /* Intersects `column` with each of the columns named by `wanted`. */
    void (*restrict_to)(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                        uint32_t words, uint64_t *out);
    /* Whether one of the columns named by `codes` holds all rows of `rows`. */
    bool (*covered)(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes, uint32_t count,
                    uint32_t words);
    /* Which of the columns named by `codes` share at least `minimum` rows with `rows`: into `out`, which may be
     * `codes`. Returns how many. */
    uint32_t (*filter)(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes, uint32_t count,
                       uint32_t words, uint32_t minimum, uint32_t *out);
    /* How many rows two columns share. */
    uint32_t (*shared)(const uint64_t *a, const uint64_t *b, uint32_t words);
    /* How many of the given rows three columns share. */
    uint32_t (*share_three)(const uint64_t *rows, const uint64_t *a, const uint64_t *b, const uint64_t *c,
                            uint32_t words);
    /* The rows that all of the columns share: into `out`; returns how many. count > 0. */
    uint32_t (*intersect)(const uint64_t *columns, uint32_t count, uint32_t words, uint64_t *out);
    /* Keeps of each column named by `wanted` (NULL: of the first `count`) only the bits where `rows` is set, moved
     * together, in columns of `kept` words. */
    void (*condense)(const uint64_t *rows, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                     uint32_t words, uint64_t *out, uint32_t kept);
    /* Of a table with a number for each pair of `items` items, by the first and then by the second, those of at least
     * `minimum`: the second into `other`, the number into `support`, and where the pairs of each first item begin into
     * `start`, which has one more. 32 numbers behind the table may be read. */
    void (*frequent_pairs)(const uint16_t *table, uint32_t items, uint32_t minimum, uint32_t *start, uint32_t *other,
                           uint32_t *support);
    /* The bits of `bits` where `mask` is set, moved to the low end. */
    uint64_t (*extract)(uint64_t bits, uint64_t mask);
};

/* The sets that this processor runs, from the plain one on to the fastest; NULL behind the last. */
const struct kernels *kernels_known(unsigned number);

/* The fastest set that this processor runs; `portable`: the plain one. */
const struct kernels *kernels_choose(bool portable);

#endif
