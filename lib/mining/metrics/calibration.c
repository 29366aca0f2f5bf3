/* A calibration as it is kept: two numbers, or the corners of the steps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/calibration.h>

#include "parts.h"

/* The steps of a rising function, from fitted rows: of each run of equal values, the first and the last place. */
static enum till_status take_steps(struct till_calibration *calibration, const double *target,
                                   const double *probability, const double *fitted, size_t count,
                                   struct till_error *error) {
    struct metrics_row *rows;
    size_t positives;
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    calibration->from = malloc((2 * count + 1) * sizeof *calibration->from);
    calibration->to = malloc((2 * count + 1) * sizeof *calibration->to);
    if (calibration->from == NULL || calibration->to == NULL)
        status = till_error_memory(error);
    /* Rows are by falling probability. */
    for (size_t i = count; status == TILL_OK && i-- > 0;) {
        double from = rows[i].probability, to = fitted[rows[i].row];
        size_t at = calibration->count;
        if (at >= 2 && calibration->to[at - 1] == to && calibration->to[at - 2] == to)
            at--;
        else if (at >= 1 && calibration->to[at - 1] == to && calibration->from[at - 1] == from)
            continue;
        calibration->from[at] = from;
        calibration->to[at] = to;
        calibration->count = at + 1;
    }
    free(rows);
    return status;
}

/* The fits themselves change probabilities in place; here they work on a copy, and what they found is kept. */
enum till_status till_calibration_fit(struct till_calibration **calibration, enum till_calibration_method method,
                                      const double *target, const double *probability, size_t count,
                                      struct till_error *error) {
    struct till_calibration *made = calloc(1, sizeof *made);
    double *fitted = malloc((count + 1) * sizeof *fitted);
    size_t blocks;
    *calibration = NULL;
    enum till_status status = made == NULL || fitted == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        made->method = method;
        memcpy(fitted, probability, count * sizeof *fitted);
    }
    if (status == TILL_OK && method == TILL_CALIBRATION_PLATT)
        status = till_metrics_platt(target, fitted, count, &made->a, &made->b, error);
    else if (status == TILL_OK)
        status = till_metrics_isotonic(target, fitted, count, &blocks, error);
    if (status == TILL_OK && method == TILL_CALIBRATION_ISOTONIC)
        status = take_steps(made, target, probability, fitted, count, error);
    free(fitted);
    if (status != TILL_OK)
        till_calibration_free(made);
    else
        *calibration = made;
    return status;
}

/* PLATT has no arrays; free takes NULL. */
void till_calibration_free(struct till_calibration *calibration) {
    if (calibration == NULL)
        return;
    free(calibration->from);
    free(calibration->to);
    free(calibration);
}

/* Probabilities in tables have ten digits: one that is so close to the end of a step is on it. */
static const double same = 1e-9;

double till_calibration_apply(const struct till_calibration *calibration, double probability) {
    if (calibration->method == TILL_CALIBRATION_PLATT)
        return 1 / (1 + exp(calibration->a * probability + calibration->b));
    const double *from = calibration->from, *to = calibration->to;
    size_t low = 0, high = calibration->count; /* from[low - 1] < probability <= from[high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (from[middle] < probability)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == calibration->count)
        return to[low - 1];
    if (low == 0 || from[low] - probability <= same)
        return to[low];
    if (probability - from[low - 1] <= same)
        return to[low - 1];
    double share = (probability - from[low - 1]) / (from[low] - from[low - 1]);
    return to[low - 1] + share * (to[low] - to[low - 1]);
}
