/* Figures of one ranking: one sort serves them all, one walk over its steps makes them. */
#include <math.h>
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
        (*rows)[i] = (struct metrics_row){probability[i], target[i], i};
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

/* Positives among the first `depth` rows; the step at the cut gives its share. */
static double lift(const struct metrics_row *rows, size_t count, size_t positives, size_t depth) {
    double found = 0, hits;
    for (size_t from = 0, to; from < depth; from = to) {
        to = metrics_step(rows, count, from, &hits);
        found += to <= depth ? hits : hits * (double)(depth - from) / (double)(to - from);
    }
    return found / (double)depth / ((double)positives / (double)count);
}

/* What is read off the ranking. */
static void walk(struct till_metrics *metrics, const struct metrics_row *rows, size_t count) {
    double positives = (double)metrics->positives, negatives = (double)count - positives;
    double found = 0, area = 0, precision = 0, hits;
    for (size_t from = 0, to; from < count; from = to) {
        to = metrics_step(rows, count, from, &hits);
        double misses = (double)(to - from) - hits;
        area += misses * (found + hits / 2);
        found += hits;
        precision += hits / positives * found / (double)to;
        metrics->ks = fmax(metrics->ks, fabs(found / positives - ((double)to - found) / negatives));
    }
    metrics->auc = area / positives / negatives;
    metrics->average_precision = precision;
}

/* What depends on the probabilities themselves. Sums run along the sorted rows, so that the input's order is gone. */
static void judge(struct till_metrics *metrics, const struct metrics_row *rows, size_t count) {
    double loss = 0, squares = 0, bins[10][2] = {{0}};
    for (size_t i = 0; i < count; i++) {
        double p = rows[i].probability, y = rows[i].target, kept = fmin(fmax(p, 1e-15), 1 - 1e-15);
        size_t bin = p >= 1 ? 9 : p <= 0 ? 0 : (size_t)(p * 10);
        loss -= y != 0 ? log(kept) : log1p(-kept);
        squares += (p - y) * (p - y);
        bins[bin][0] += p;
        bins[bin][1] += y;
    }
    metrics->log_loss = loss / (double)count;
    metrics->brier = squares / (double)count;
    for (size_t i = 0; i < 10; i++)
        metrics->calibration_error += fabs(bins[i][0] - bins[i][1]) / (double)count;
}

enum till_status till_metrics_compute(struct till_metrics *metrics, const double *target, const double *probability,
                                      size_t count, struct till_error *error) {
    struct metrics_row *rows;
    *metrics = (struct till_metrics){.rows = count};
    enum till_status status = metrics_sort(&rows, &metrics->positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    walk(metrics, rows, count);
    judge(metrics, rows, count);
    metrics->lift_10 = lift(rows, count, metrics->positives, (count + 9) / 10);
    metrics->lift_20 = lift(rows, count, metrics->positives, (count + 4) / 5);
    free(rows);
    return TILL_OK;
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
