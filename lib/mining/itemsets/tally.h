/* Numbers of itemsets by size, where a family of sets counts as one step: all sets that have r required items and any
 * of p optional ones. There are C(p, t) of size r + t. */
#ifndef LIB_MINING_ITEMSETS_TALLY_H
#define LIB_MINING_ITEMSETS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <till/itemsets.h>

/* The largest number there is, which stands for all that are too large. */
#define TALLY_WIDEST ((((till_wide)1 << 126) - 1) * 2 + 1)

struct tally_row {
    uint32_t sizes;
    uint64_t *families; /* by r */
};

struct tally {
    uint32_t rows;
    struct tally_row *row; /* by p */
    uint32_t sizes;
    till_wide *sets; /* further sets, by size */
};

/* The same as tally_at where there is no room yet. */
uint64_t *tally_row(struct tally *tally, uint32_t optional, uint32_t required);
void tally_free(struct tally *tally);

/* Where the families of p optional items are counted by r, good up to `required`; NULL when memory is out. */
static inline uint64_t *tally_at(struct tally *tally, uint32_t optional, uint32_t required) {
    return optional < tally->rows && required < tally->row[optional].sizes ? tally->row[optional].families
                                                                           : tally_row(tally, optional, required);
}

/* Adds `families` families. False when memory is out. */
static inline bool tally_add(struct tally *tally, uint32_t optional, uint32_t required, uint64_t families) {
    uint64_t *row = tally_at(tally, optional, required);
    if (row == NULL)
        return false;
    row[required] += families;
    return true;
}

/* The further sets, good for sizes below `sizes`; NULL when memory is out. */
till_wide *tally_sets(struct tally *tally, uint32_t sizes);

/* Adds all of `from`. False when memory is out. */
bool tally_merge(struct tally *into, const struct tally *from);

/* C(p, t + 1) from C(p, t); the largest number there is when it does not fit. */
till_wide tally_next_binomial(till_wide binomial, uint32_t p, uint32_t t);

/* The error of numbers beyond 2^127. */
enum till_status tally_overflow(struct till_error *error);

/* Expands the families into numbers of sets of smallest..largest items. */
enum till_status tally_finish(const struct tally *tally, uint32_t smallest, uint32_t largest,
                              struct till_itemset_counts *counts, struct till_error *error);

#endif
