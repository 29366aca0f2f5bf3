/* till/survival.h: how long customers stay, where some are still there: curves, their comparison, and Cox's regression.
 *
 *     till_survival_estimate(&curve, time, event, count, 0, &error);
 *     for (i = 0; i < curve->count; i++) ... curve->points[i].survival ...
 *     till_survival_free(curve);
 *
 * time[i] is how long customer i was watched, event[i] is 1 when the customer then left and 0 when still there
 * (censored). A customer counts as at risk at t when time >= t: those censored at t were there when others left at t.
 *
 * E. L. Kaplan, P. Meier, Nonparametric estimation from incomplete observations, JASA 53, 1958. M. Greenwood, The
 * natural duration of cancer, 1926. O. Aalen, Annals of Statistics 6, 1978. N. Mantel, Cancer Chemotherapy Reports 50,
 * 1966. D. R. Cox, Regression models and life-tables, JRSS B 34, 1972. B. Efron, JASA 72, 1977 (ties). P. M. Grambsch,
 * T. M. Therneau, Biometrika 81, 1994 (proportional hazards). */
#ifndef TILL_SURVIVAL_H
#define TILL_SURVIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/design.h>
#include <till/error.h>

/* ---- curves ---- */

struct till_survival_point {
    double time; /* a time at which somebody left or was censored */
    uint64_t at_risk;
    uint64_t events;
    double survival;        /* Kaplan-Meier, just after `time` */
    double greenwood;       /* sum of d / (n (n - d)): the variance of log survival; infinite where nobody is left */
    double hazard;          /* Nelson-Aalen: the sum of d / n */
    double hazard_variance; /* the sum of d / n^2 */
};

struct till_survival_curve {
    uint64_t customers; /* at risk behind the start */
    uint64_t events;
    double start; /* where the curve begins, at 1 */
    size_t count;
    struct till_survival_point *points; /* by rising time */
};

/* The curve of those still there at `start`: of customers with time > start, or of all where start is negative. It is
 * then S(t) / S(start), the chance to stay beyond t given that one is there at `start`. Errors: TILL_ERROR_MEMORY.
 * O(n log n). */
TILL_API enum till_status till_survival_estimate(struct till_survival_curve **curve, const double *time,
                                                 const double *event, size_t count, double start,
                                                 struct till_error *error);
TILL_API void till_survival_free(struct till_survival_curve *curve);

enum till_survival_interval { TILL_SURVIVAL_LOG, TILL_SURVIVAL_LOGLOG };

/* Limits of survival at a point, at `z` standard errors: S exp(-+ z s) cut at 1, or S^exp(-+ z s / log S). NaN where
 * survival is 0 and, for LOGLOG, where it is 1. */
TILL_API void till_survival_limits(const struct till_survival_point *point, enum till_survival_interval interval,
                                   double z, double *lower, double *upper);

/* The first time at which survival is 1 - p or less; where it equals 1 - p up to the next event, the middle between the
 * two. `limits` are where the curves of the limits come there. NaN: not reached. O(points). */
TILL_API double till_survival_quantile(const struct till_survival_curve *curve, double p,
                                       enum till_survival_interval interval, double z, double limits[2]);

/* The mean time from the start of the curve up to `horizon`: the area under it, and its standard error (may be
 * NULL). O(points). */
TILL_API double till_survival_mean(const struct till_survival_curve *curve, double horizon, double *std_error);

/* ---- comparison ---- */

struct till_survival_test {
    size_t groups;
    double *observed; /* [groups] events */
    double *expected; /* [groups] if all groups had one hazard */
    double chi_square;
    size_t df;
    double p_value;
};

/* The log-rank test; group[i] in 0..groups-1. Groups without anybody at risk at an event take no part. Errors:
 * TILL_ERROR_MODEL when fewer than two do; TILL_ERROR_MEMORY. O(n log n + times x groups^2). */
TILL_API enum till_status till_survival_logrank(struct till_survival_test **test, const double *time,
                                                const double *event, const uint32_t *group, size_t count, size_t groups,
                                                struct till_error *error);
TILL_API void till_survival_test_free(struct till_survival_test *test);

/* ---- Cox ---- */

struct till_cox_step {
    double time;
    double hazard; /* cumulative, of a customer with indicators (terms of 0 and 1) at 0 and other terms at their mean */
};

struct till_cox {
    size_t terms;
    double *estimate;   /* [terms] log hazard ratios */
    double *covariance; /* [terms][terms] */
    uint64_t customers;
    uint64_t events;
    unsigned iterations;
    double log_likelihood;      /* partial */
    double log_likelihood_null; /* all estimates zero */
    double likelihood_ratio;    /* chi-square statistics with `terms` degrees of freedom */
    double wald;
    double score;
    double concordance; /* (concordant + tied / 2) / comparable pairs; NaN without any */
    double concordance_error;
    double *proportional; /* [terms] chi-square (1 df) that the term's effect changes with 1 - Kaplan-Meier of time */
    double proportional_all;
    size_t step_count;
    struct till_cox_step *steps;
};

/* Cox's regression of the hazard on the terms of a design. Newton's method with step halving, on standardised terms.
 * The test of proportional hazards is the score test of Grambsch and Therneau (as cox.zph of R's survival since 3.0),
 * the error of the concordance its infinitesimal jackknife. Errors: TILL_ERROR_MODEL without events, for terms that are
 * combinations of others (named), for a likelihood that grows without end with a term (named), or when it does not
 * converge; TILL_ERROR_MEMORY. O(n terms^2) a step, O(n log n) for the rest. */
TILL_API enum till_status till_cox_fit(struct till_cox **cox, const struct till_design *design, const double *time,
                                       const double *event, bool breslow, struct till_error *error);
TILL_API void till_cox_free(struct till_cox *cox);

#endif
