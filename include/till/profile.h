/* till/profile.h: what sets a group of rows apart from the rest, and how far columns have drifted.
 *
 *     till_profile_numbers(values, groups, rows, group_count, means, &error);
 *     share = till_profile_share(30, 100, 200, 1900);
 *     till_profile_adjust(p, q, count, &error);
 */
#ifndef TILL_PROFILE_H
#define TILL_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* Numbers of a group against those of all other groups. NaN: not defined (too few values, no spread). */
struct till_profile_mean {
    uint64_t count; /* values in the group */
    double mean;
    double base_mean; /* of the rest */
    double effect;    /* Cohen's d: the difference of the means over the pooled standard deviation */
    double p_value;   /* two-sided, of Welch's t-test (1947) */
};

#define TILL_PROFILE_NO_GROUP UINT32_MAX

/* One result for each group. NaN values and rows of no group are left out. O(rows + groups^2). Errors:
 * TILL_ERROR_MEMORY. */
TILL_API enum till_status till_profile_numbers(const double *values, const uint32_t *groups, size_t rows,
                                               size_t group_count, struct till_profile_mean *means,
                                               struct till_error *error);

/* A share against another. */
struct till_profile_share {
    double share;
    double base_share;
    double effect;  /* Cohen's h: 2 asin sqrt(share) - 2 asin sqrt(base_share) */
    double p_value; /* two-sided: Fisher's exact test where a count of five or less is expected, else Pearson's
                       chi-square without correction */
};

/* `count` of `of` rows in the group have it, and `base_count` of `base_of` of the rest. */
TILL_API struct till_profile_share till_profile_share(uint64_t count, uint64_t of, uint64_t base_count,
                                                      uint64_t base_of);

/* q[i]: the smallest false discovery rate at which p[i] is a discovery (Benjamini & Hochberg 1995) among all that are
 * not NaN. O(n log n). Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_profile_adjust(const double *p, double *q, size_t count, struct till_error *error);

/* The part of a bin in the population stability index: (n - o) ln(n / o) of the shares, one half added to each count.
 */
TILL_API double till_profile_psi(uint64_t old_count, uint64_t old_total, uint64_t new_count, uint64_t new_total,
                                 size_t bins);

/* What the index comes to by chance, when nothing has changed: (1 / old + 1 / new) times a chi-square of bins - 1
 * degrees of freedom (Yurdakul 2018). Its mean, and what it passes with probability 1 - level. */
TILL_API double till_profile_psi_expected(uint64_t old_total, uint64_t new_total, size_t bins);
TILL_API double till_profile_psi_quantile(uint64_t old_total, uint64_t new_total, size_t bins, double level);

#endif
