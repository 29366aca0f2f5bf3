/* till/tails.h: p-values that keep their exponent down to the smallest double.
 *
 *     double p = till_tail_normal(estimate / std_error);
 */
#ifndef TILL_TAILS_H
#define TILL_TAILS_H

#include <stddef.h>

#include <till/error.h>

/* P(|Z| > |z|) of a standard normal Z. */
TILL_API double till_tail_normal(double z);

/* P(X > x) of a chi-square X with `df` degrees of freedom, one or more. O(df). */
TILL_API double till_tail_chi_square(double x, size_t df);

/* The z with P(|Z| <= z) = level, for levels between 0 and 1. */
TILL_API double till_tail_quantile(double level);

#endif
