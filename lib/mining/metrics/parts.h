/* parts.h: rows by falling probability. */
#ifndef TILL_METRICS_PARTS_H
#define TILL_METRICS_PARTS_H

#include <till/metrics.h>

struct metrics_row {
    double probability;
    double target;
    double loss; /* minus the log of the probability that the truth was given */
    size_t row;
};

/* Rows by falling probability, at equal ones by row; the caller's to free. Errors: as till_metrics_compute. */
enum till_status metrics_sort(struct metrics_row **rows, size_t *positives, const double *target,
                              const double *probability, size_t count, struct till_error *error);

/* All figures of rows in order; weight [rows], by their numbers, may be NULL: 1 each. Rows and positives are the
 * caller's to set; positives count by weight. */
void metrics_measure(struct till_metrics *metrics, const struct metrics_row *rows, size_t count, const double *weight);

/* Where the step that starts at `from` ends; *hits are its positives. */
size_t metrics_step(const struct metrics_row *rows, size_t count, size_t from, double *hits);

/* What it brings to ask so many customers, of whom `found` were about to leave. */
static inline double metrics_profit(const struct till_metrics_offer *offer, double asked, double found) {
    double kept = found * (offer->accept * (offer->value - offer->offer) - offer->contact);
    return kept - (asked - found) * (offer->offer + offer->contact);
}

#endif
