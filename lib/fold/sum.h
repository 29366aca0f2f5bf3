/* sum.h: sums of money that cannot overflow unseen.
 *
 * As long as all absolute amounts of an input add up to less than 2^63, no sum of any of them overflows, in any order.
 * So the one sum of them is kept in 128 bits and checked once a block; whether an input is refused does not depend on
 * its order. */
#ifndef TILL_FOLD_SUM_H
#define TILL_FOLD_SUM_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

__extension__ typedef unsigned __int128 wide_sum;

static inline enum till_status sum_check(wide_sum absolute, struct till_error *error) {
    if (absolute > (wide_sum)INT64_MAX) {
        return till_error_set(error, TILL_ERROR_DATA,
                              "the amounts add up to more than 922,337,203,685,477 in absolute value");
    }
    return TILL_OK;
}

/* Adds the absolute amounts of a block to the sum. */
static inline enum till_status sum_absolute(wide_sum *absolute, const int64_t *amounts, size_t count,
                                            struct till_error *error) {
    /* Amounts are below 2^63: the high and the low halves of up to 2^32 of them are summed apart without overflow. */
    uint64_t high = 0;
    uint64_t low = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t amount = amounts[i] < 0 ? 0 - (uint64_t)amounts[i] : (uint64_t)amounts[i];
        high += amount >> 32;
        low += amount & UINT32_MAX;
    }
    *absolute += ((wide_sum)high << 32) + low;
    return sum_check(*absolute, error);
}

/* For what was saved: adds one absolute amount; false when all of them come to more than the sum that was saved with
 * them, since sums of the amounts could overflow then. */
static inline bool sum_allows(wide_sum *part, int64_t amount, wide_sum absolute) {
    *part += amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    return *part <= absolute;
}

#endif
