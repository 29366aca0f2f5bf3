/* Figures of one ranking: one sort serves them all, one walk over its steps makes them. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

static int compare_rows(const void *a, const void *b) {
    const struct metrics_row *x = a, *y = b;
    if (x->probability != y->probability)
        return x->probability > y->probability ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

enum till_status metrics_sort(struct metrics_row **rows, size_t *positives, const double *target,
                              const double *probability, size_t count, struct till_error *error) {
    *positives = 0;
    *rows = malloc((count + 1) * sizeof **rows);
    if (*rows == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        double kept = fmin(fmax(probability[i], 1e-15), 1 - 1e-15);
        (*rows)[i] = (struct metrics_row){probability[i], target[i], target[i] != 0 ? -log(kept) : -log1p(-kept), i};
        *positives += target[i] != 0;
    }
    if (*positives == 0 || *positives == count) {
        free(*rows);
        *rows = NULL;
        return till_error_set(error, TILL_ERROR_MODEL, "all rows are of one class: there is nothing to tell apart");
    }
    qsort(*rows, count, sizeof **rows, compare_rows);
    return TILL_OK;
}

size_t metrics_step(const struct metrics_row *rows, size_t count, size_t from, double *hits) {
    size_t to = from;
    *hits = 0;
    for (; to < count && rows[to].probability == rows[from].probability; to++)
        *hits += rows[to].target;
    return to;
}

/* The rows of one probability, by weight. */
struct step {
    size_t to; /* where the next one begins */
    double rows;
    double hits;
};

static struct step take_step(const struct metrics_row *rows, size_t count, size_t from, const double *weight) {
    struct step step = {from, 0, 0};
    for (; step.to < count && rows[step.to].probability == rows[from].probability; step.to++) {
        double w = weight == NULL ? 1 : weight[rows[step.to].row];
        step.rows += w;
        step.hits += w * rows[step.to].target;
    }
    return step;
}

/* Positives among the first `depth` rows by the base rate; the step at the cut gives its share. */
static double lift(const struct metrics_row *rows, size_t count, const double *weight, double depth, double base) {
    double found = 0, seen = 0;
    for (size_t from = 0; from < count && seen < depth;) {
        struct step step = take_step(rows, count, from, weight);
        found += seen + step.rows <= depth ? step.hits : step.hits * (depth - seen) / step.rows;
        seen += step.rows;
        from = step.to;
    }
    return found / depth / base;
}

/* What is read off the ranking. */
static void walk(struct till_metrics *metrics, const struct metrics_row *rows, size_t count, const double *weight) {
    double positives = (double)metrics->positives, negatives = (double)metrics->rows - positives;
    double found = 0, seen = 0, area = 0, precision = 0, ks = 0;
    for (size_t from = 0; from < count;) {
        struct step step = take_step(rows, count, from, weight);
        double misses = step.rows - step.hits;
        from = step.to;
        if (step.rows == 0)
            continue;
        area += misses * (found + step.hits / 2);
        found += step.hits;
        seen += step.rows;
        precision += step.hits / positives * found / seen;
        ks = fmax(ks, fabs(found / positives - (seen - found) / negatives));
    }
    metrics->auc = area / positives / negatives;
    metrics->average_precision = precision;
    metrics->ks = ks;
}

/* What depends on the probabilities themselves. Sums run along the sorted rows, so that the input's order is gone. */
static void judge(struct till_metrics *metrics, const struct metrics_row *rows, size_t count, const double *weight) {
    double loss = 0, squares = 0, off = 0, all = (double)metrics->rows, bins[10][2] = {{0}};
    for (size_t i = 0; i < count; i++) {
        double p = rows[i].probability, y = rows[i].target, w = weight == NULL ? 1 : weight[rows[i].row];
        size_t bin = p >= 1 ? 9 : p <= 0 ? 0 : (size_t)(p * 10);
        loss += w * rows[i].loss;
        squares += w * (p - y) * (p - y);
        bins[bin][0] += w * p;
        bins[bin][1] += w * y;
    }
    for (size_t i = 0; i < 10; i++)
        off += fabs(bins[i][0] - bins[i][1]) / all;
    metrics->log_loss = loss / all;
    metrics->brier = squares / all;
    metrics->calibration_error = off;
}

void metrics_measure(struct till_metrics *metrics, const struct metrics_row *rows, size_t count, const double *weight) {
    double base = (double)metrics->positives / (double)metrics->rows;
    size_t tenth = (metrics->rows + 9) / 10, fifth = (metrics->rows + 4) / 5;
    walk(metrics, rows, count, weight);
    judge(metrics, rows, count, weight);
    metrics->lift_10 = lift(rows, count, weight, (double)tenth, base);
    metrics->lift_20 = lift(rows, count, weight, (double)fifth, base);
}

enum till_status till_metrics_compute(struct till_metrics *metrics, const double *target, const double *probability,
                                      size_t count, struct till_error *error) {
    struct metrics_row *rows;
    *metrics = (struct till_metrics){.rows = count};
    enum till_status status = metrics_sort(&rows, &metrics->positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    metrics_measure(metrics, rows, count, NULL);
    free(rows);
    return TILL_OK;
}

/* ---- figures by number ---- */

static const struct {
    const char *name;
    size_t offset;
} figures[TILL_METRICS_FIGURES] = {{"auc", offsetof(struct till_metrics, auc)},
                                   {"average_precision", offsetof(struct till_metrics, average_precision)},
                                   {"log_loss", offsetof(struct till_metrics, log_loss)},
                                   {"brier", offsetof(struct till_metrics, brier)},
                                   {"ks", offsetof(struct till_metrics, ks)},
                                   {"lift_10", offsetof(struct till_metrics, lift_10)},
                                   {"lift_20", offsetof(struct till_metrics, lift_20)},
                                   {"calibration_error", offsetof(struct till_metrics, calibration_error)}};

const char *till_metrics_name(size_t figure) {
    return figures[figure].name;
}

double till_metrics_figure(const struct till_metrics *metrics, size_t figure) {
    double value;
    memcpy(&value, (const char *)metrics + figures[figure].offset, sizeof value);
    return value;
}

enum till_status till_metrics_best_profit(struct till_metrics_profit *best, const struct till_metrics_offer *offer,
                                          const double *target, const double *probability, size_t count,
                                          struct till_error *error) {
    struct metrics_row *rows;
    size_t positives;
    double found = 0, hits;
    *best = (struct till_metrics_profit){.threshold = INFINITY};
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    for (size_t from = 0, to; status == TILL_OK && from < count; from = to) {
        to = metrics_step(rows, count, from, &hits);
        found += hits;
        double profit = metrics_profit(offer, (double)to, found) / (double)count;
        if (profit > best->profit)
            *best = (struct till_metrics_profit){rows[from].probability, to, profit};
    }
    free(rows);
    return status;
}
