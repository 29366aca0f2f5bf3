/* Families are counted by (required, optional) while the search runs, and expanded by binomial coefficients once, at
 * its end. Numbers are 127 bits wide; what passes them is an error, never a wrong number. Binomials are carried from
 * one size to the next: C(p, t + 1) = C(p, t) (p - t) / (t + 1), which is exact in this order. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static bool grow_rows(struct tally *tally, uint32_t optional) {
    if (optional < tally->rows)
        return true;
    uint32_t rows = optional + 1;
    struct tally_row *row = realloc(tally->row, rows * sizeof *row);
    if (row == NULL)
        return false;
    memset(row + tally->rows, 0, (rows - tally->rows) * sizeof *row);
    tally->row = row;
    tally->rows = rows;
    return true;
}

uint64_t *tally_row(struct tally *tally, uint32_t optional, uint32_t required) {
    if (!grow_rows(tally, optional))
        return NULL;
    struct tally_row *row = &tally->row[optional];
    if (required < row->sizes)
        return row->families;
    uint32_t sizes = required < 15 ? 16 : (required + 1) * 2;
    uint64_t *families = realloc(row->families, sizes * sizeof *families);
    if (families == NULL)
        return NULL;
    memset(families + row->sizes, 0, (sizes - row->sizes) * sizeof *families);
    row->families = families;
    row->sizes = sizes;
    return families;
}

void tally_free(struct tally *tally) {
    for (uint32_t p = 0; p < tally->rows; p++)
        free(tally->row[p].families);
    free(tally->row);
    free(tally->sets);
    *tally = (struct tally){0};
}

/* sum += a * b, all of them not negative; false when it does not fit. */
static bool add_product(till_wide *sum, till_wide a, till_wide b) {
    till_wide product;
    return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(*sum, product, sum);
}

till_wide *tally_sets(struct tally *tally, uint32_t sizes) {
    if (sizes <= tally->sizes)
        return tally->sets;
    till_wide *sets = realloc(tally->sets, sizes * sizeof *sets);
    if (sets == NULL)
        return NULL;
    memset(sets + tally->sizes, 0, (sizes - tally->sizes) * sizeof *sets);
    tally->sets = sets;
    tally->sizes = sizes;
    return sets;
}

bool tally_merge(struct tally *into, const struct tally *from) {
    for (uint32_t p = 0; p < from->rows; p++)
        for (uint32_t r = from->row[p].sizes; r-- > 0;)
            if (from->row[p].families[r] > 0 && !tally_add(into, p, r, from->row[p].families[r]))
                return false;
    till_wide *sets = from->sizes == 0 ? NULL : tally_sets(into, from->sizes);
    if (from->sizes > 0 && sets == NULL)
        return false;
    for (uint32_t size = 0; size < from->sizes; size++)
        if (!add_product(&sets[size], from->sets[size], 1))
            sets[size] = TALLY_WIDEST;
    return true;
}

static till_wide common_divisor(till_wide a, till_wide b) {
    while (b > 0) {
        till_wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Dividing first keeps the product no larger than the result. */
till_wide tally_next_binomial(till_wide binomial, uint32_t p, uint32_t t) {
    if (t >= p)
        return 0;
    if (binomial == TALLY_WIDEST) /* also past the middle, where it would fit again */
        return TALLY_WIDEST;
    till_wide divisor = common_divisor(binomial, (till_wide)t + 1);
    till_wide factor = ((till_wide)p - t) / (((till_wide)t + 1) / divisor);
    till_wide next;
    return __builtin_mul_overflow(binomial / divisor, factor, &next) ? TALLY_WIDEST : next;
}

static bool expand(struct till_itemset_counts *counts, uint32_t p, uint32_t r, uint64_t families, uint32_t smallest,
                   uint32_t largest) {
    till_wide binomial = 1;
    for (uint32_t t = 0; t <= p && r + t <= largest; t++) {
        if (binomial == TALLY_WIDEST)
            return false;
        /* The empty set is never one of the itemsets. */
        if (r + t >= smallest && r + t > 0 && !add_product(&counts->of_size[r + t], families, binomial))
            return false;
        binomial = tally_next_binomial(binomial, p, t);
    }
    return true;
}

/* The largest size that a family reaches. */
static uint32_t reach(const struct tally *tally, uint32_t largest) {
    uint32_t size = 0;
    for (uint32_t p = 0; p < tally->rows; p++)
        for (uint32_t r = 0; r < tally->row[p].sizes; r++)
            if (tally->row[p].families[r] > 0 && r + p > size)
                size = r + p;
    if (tally->sizes > size + 1)
        size = tally->sizes - 1;
    return size < largest ? size : largest;
}

static bool expand_all(const struct tally *tally, uint32_t smallest, uint32_t largest,
                       struct till_itemset_counts *counts) {
    for (uint32_t p = 0; p < tally->rows; p++)
        for (uint32_t r = 0; r < tally->row[p].sizes; r++)
            if (tally->row[p].families[r] > 0 && !expand(counts, p, r, tally->row[p].families[r], smallest, largest))
                return false;
    for (uint32_t size = 1; size <= largest && size < tally->sizes; size++)
        if (size >= smallest && !add_product(&counts->of_size[size], tally->sets[size], 1))
            return false;
    counts->largest = 0;
    counts->total = 0;
    for (uint32_t size = 1; size <= largest; size++) {
        if (counts->of_size[size] > 0)
            counts->largest = size;
        if (!add_product(&counts->total, counts->of_size[size], 1))
            return false;
    }
    return true;
}

enum till_status tally_overflow(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_DATA,
                          "there are more than 2^127 itemsets: raise the minimum support, bound the size, or ask for "
                          "closed or maximal itemsets");
}

enum till_status tally_finish(const struct tally *tally, uint32_t smallest, uint32_t largest,
                              struct till_itemset_counts *counts, struct till_error *error) {
    uint32_t size = reach(tally, largest);
    counts->of_size = calloc((size_t)size + 1, sizeof *counts->of_size);
    if (counts->of_size == NULL)
        return till_error_memory(error);
    if (expand_all(tally, smallest, size, counts))
        return TILL_OK;
    till_itemset_counts_free(counts);
    return tally_overflow(error);
}

void till_itemset_counts_free(struct till_itemset_counts *counts) {
    free(counts->of_size);
    *counts = (struct till_itemset_counts){0};
}
