/* till/metrics.h: how good probabilities are: order, sharpness, calibration, and what acting on them earns.
 *
 *     till_metrics_compute(&metrics, target, probability, count, &error);
 *
 * target[i] is 0 or 1. Rows of equal probability are one step everywhere, so the order of rows never shows.
 *
 * J. Hanley, B. McNeil, Radiology 143, 1982 (AUC). J. Platt, 1999, with H.-T. Lin, C.-J. Lin, R. Weng, Machine Learning
 * 68, 2007. M. Ayer and others, Annals of Mathematical Statistics 26, 1955 (isotonic). T. Verbraken, W. Verbeke, B.
 * Baesens, IEEE TKDE 25, 2013 (profit). */
#ifndef TILL_METRICS_H
#define TILL_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/table.h>

struct till_metrics {
    size_t rows;
    size_t positives;
    double auc;               /* the chance that a positive has the higher probability; ties count half */
    double average_precision; /* the sum over steps of precision times the gain in recall */
    double log_loss;          /* probabilities are kept within 1e-15 of 0 and 1 */
    double brier;
    double ks;      /* the largest distance between the two cumulative distributions */
    double lift_10; /* positives among the first ceil(n / 10), by the base rate; ties at the cut share */
    double lift_20;
    double calibration_error; /* mean |rate - mean probability| over ten bins of equal width, by their rows */
};

/* Errors: TILL_ERROR_MODEL with one class alone; TILL_ERROR_MEMORY. O(n log n). */
TILL_API enum till_status till_metrics_compute(struct till_metrics *metrics, const double *target,
                                               const double *probability, size_t count, struct till_error *error);

/* The figures by number, 0..TILL_METRICS_FIGURES-1, and what they are called: "auc", "log_loss". */
#define TILL_METRICS_FIGURES 8
TILL_API const char *till_metrics_name(size_t figure);
TILL_API double till_metrics_figure(const struct till_metrics *metrics, size_t figure);

/* How sure the figures of several rankings of the same rows are, and the differences between them: percentile intervals
 * of the bootstrap, rows drawn with replacement, the same draws for all (B. Efron, R. J. Tibshirani, An Introduction to
 * the Bootstrap, 1993, chapter 13). Rows have to be independent: one a customer. */
struct till_metrics_interval {
    double lower[TILL_METRICS_FIGURES]; /* NaN where too few draws have both classes */
    double upper[TILL_METRICS_FIGURES];
};
struct till_metrics_bootstrap {
    size_t replicates; /* 20 or more; 0: 200 to 1000, as many as 20 million drawn rows allow */
    double level;      /* coverage: 0.95 */
    uint64_t seed;
    unsigned threads; /* the result does not depend on it */
};
/* probability[rankings][count]. own[rankings]: of each; gain[rankings]: of the first less each. Errors: as
 * till_metrics_compute. O(rankings x (n log n + replicates x n)). */
TILL_API enum till_status till_metrics_intervals(struct till_metrics_interval *own, struct till_metrics_interval *gain,
                                                 const struct till_metrics_bootstrap *bootstrap, const double *target,
                                                 const double *const *probability, size_t rankings, size_t count,
                                                 struct till_error *error);

enum till_metrics_curve {
    TILL_METRICS_ROC,        /* threshold, false_positive_rate, true_positive_rate: a row a step */
    TILL_METRICS_GAINS,      /* decile, rows, positives, rate, mean_probability, cumulative_lift, cumulative_capture */
    TILL_METRICS_CALIBRATION /* bin, rows, mean_probability, rate, lower, upper (Wilson, 95 %) */
};

/* A curve as a table. Deciles are cut at round(n k / 10), halves to the even side; ties keep the order of rows. Errors:
 * as till_metrics_compute. */
TILL_API enum till_status till_metrics_table(struct till_table **table, enum till_metrics_curve curve,
                                             const double *target, const double *probability, size_t count,
                                             struct till_error *error);

/* Platt's scaling of probabilities in place: 1 / (1 + exp(a p + b)), fitted to them. Errors: as above. */
TILL_API enum till_status till_metrics_platt(const double *target, double *probability, size_t count, double *a,
                                             double *b, struct till_error *error);

/* Isotonic regression in place: the rising steps closest to the targets; *blocks is how many there are. */
TILL_API enum till_status till_metrics_isotonic(const double *target, double *probability, size_t count, size_t *blocks,
                                                struct till_error *error);

/* What an offer costs and brings. */
struct till_metrics_offer {
    double value;   /* of a customer who stays */
    double offer;   /* cost of the offer to one who takes it */
    double contact; /* cost of asking one */
    double accept;  /* the share of would-be leavers whom it keeps */
};
struct till_metrics_profit {
    double threshold; /* ask customers of this probability and above; infinite: nobody */
    size_t asked;
    double profit; /* by customer, asked or not */
};
/* The threshold of the largest profit: accept (value - offer) - contact for a leaver who is asked, -(offer + contact)
 * for a customer who would have stayed. Errors: as above. */
TILL_API enum till_status till_metrics_best_profit(struct till_metrics_profit *best,
                                                   const struct till_metrics_offer *offer, const double *target,
                                                   const double *probability, size_t count, struct till_error *error);

/* The profit at every threshold: threshold, asked, asked_share, profit (of all customers), from nobody (an empty
 * threshold) to everybody, a row a step. Errors: as above. */
TILL_API enum till_status till_metrics_profit_table(struct till_table **table, const struct till_metrics_offer *offer,
                                                    const double *target, const double *probability, size_t count,
                                                    struct till_error *error);

#endif
