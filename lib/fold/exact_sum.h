/* lib/fold/exact_sum.h: sums of doubles without any rounding, so that their order does not matter.
 *
 *     struct exact_sum sum = {0};
 *     exact_sum_add(&sum, 0.1, 3);
 *     double total = exact_sum_value(&sum);
 */
#ifndef LIB_FOLD_EXACT_SUM_H
#define LIB_FOLD_EXACT_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* 32 bits of the sum a limb, the lowest first, in units of 2^-1074; each limb has room for carries. */
#define EXACT_SUM_LIMBS 72
struct exact_sum {
    int64_t limbs[EXACT_SUM_LIMBS];
    uint32_t pending; /* additions since carries were last moved on */
};

/* Adds a finite value so many times. O(1). */
void exact_sum_add(struct exact_sum *sum, double value, uint64_t times);
void exact_sum_merge(struct exact_sum *into, const struct exact_sum *from);

/* Moves all carries on: equal sums then have equal limbs, all within 0 .. 2^32 - 1 but the last, which holds the sign.
 */
void exact_sum_settle(struct exact_sum *sum);

/* For what was saved: true for limbs that settling can leave. */
bool exact_sum_is_settled(const struct exact_sum *sum);

/* The sum, rounded once, to nearest even. O(limbs). */
double exact_sum_value(const struct exact_sum *sum);

#endif
