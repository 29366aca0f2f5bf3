/* Sorting integers by radix. */
#ifndef BASE_RADIX_H
#define BASE_RADIX_H

#include <stddef.h>
#include <stdint.h>

/* Sorts `n` values; the result is in whichever of the two arrays of n the last pass left it, which is returned. O(n).
 */
int64_t *radix_sort(int64_t *values, int64_t *scratch, size_t n);

/* The same of values that are in order already as far as their lowest `bits` go (8, 16 and so on). */
int64_t *radix_sort_above(int64_t *values, int64_t *scratch, size_t n, unsigned bits);

/* Places by key. */
struct radix_item {
    uint64_t key;
    uint64_t place;
};

/* Sorts `n` items by their keys, as above; those of one key keep their order. */
struct radix_item *radix_sort_items(struct radix_item *items, struct radix_item *scratch, size_t n);

#endif
