/* till/scaling.h: columns brought to one scale before distances are taken, and kept so for other rows.
 *
 *     struct till_scale scale = {.log = true};
 *     till_scale_fit(&scale, TILL_SCALE_ZSCORE, values, count, &constant, &skewness, &error);
 *     x = till_scale_apply(&scale, 120.5); y = till_scale_undo(&scale, x);
 */
#ifndef TILL_SCALING_H
#define TILL_SCALING_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>

enum till_scale_method {
    TILL_SCALE_NONE,   /* value - mean: distances are those of the input */
    TILL_SCALE_ZSCORE, /* (value - mean) / standard deviation of the population */
    TILL_SCALE_MINMAX, /* (value - mean) / (largest - smallest) */
    TILL_SCALE_ROBUST  /* (value - median) / (upper quartile - lower quartile), quartiles interpolated (type 7) */
};

/* Always centred, which changes no distance and keeps digits. */
struct till_scale {
    bool log; /* sign(x) log(1 + |x|) first */
    double location;
    double scale;
};

/* Finds location and scale of `count` finite values (after the logarithm, where scale->log asks for it). *constant: all
 * values are equal, or the measure of spread is zero; the scale is then 1. *skewness: the third standardised moment
 * after the logarithm; 0 of constant values. O(count), ROBUST O(count log count) and a copy. Errors: TILL_ERROR_DATA
 * for values whose squares are beyond the range of doubles; TILL_ERROR_MEMORY. */
TILL_API enum till_status till_scale_fit(struct till_scale *scale, enum till_scale_method method, const double *values,
                                         size_t count, bool *constant, double *skewness, struct till_error *error);

/* sign(x) log(1 + |x|). */
TILL_API double till_scale_log(double value);

TILL_API double till_scale_apply(const struct till_scale *scale, double value);
/* Back to input units: the inverse of apply, up to rounding. */
TILL_API double till_scale_undo(const struct till_scale *scale, double scaled);

#endif
