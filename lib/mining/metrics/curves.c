/* Curves as tables. */
#include <math.h>
#include <stdlib.h>

#include "parts.h"

static enum till_status no_memory(struct till_table *table, struct till_error *error) {
    till_table_free(table);
    return till_error_memory(error);
}

static size_t count_steps(const struct metrics_row *rows, size_t count) {
    size_t steps = 0;
    double hits;
    for (size_t from = 0; from < count; steps++)
        from = metrics_step(rows, count, from, &hits);
    return steps;
}

/* From nobody, at an infinite threshold (empty), to everybody. */
static enum till_status make_roc(struct till_table **table, const struct metrics_row *rows, size_t count,
                                 size_t positives, struct till_error *error) {
    struct till_table *made = till_table_new(count_steps(rows, count) + 1);
    if (made == NULL)
        return till_error_memory(error);
    double *threshold = till_table_add(made, "threshold", TILL_REAL);
    double *false_rate = till_table_add(made, "false_positive_rate", TILL_REAL);
    double *true_rate = till_table_add(made, "true_positive_rate", TILL_REAL);
    if (threshold == NULL || false_rate == NULL || true_rate == NULL)
        return no_memory(made, error);
    double found = 0, hits;
    false_rate[0] = true_rate[0] = 0;
    for (size_t from = 0, at = 1; from < count; at++) {
        threshold[at] = rows[from].probability;
        from = metrics_step(rows, count, from, &hits);
        found += hits;
        true_rate[at] = found / (double)positives;
        false_rate[at] = ((double)from - found) / (double)(count - positives);
    }
    *table = made;
    return TILL_OK;
}

/* round(n k / 10), halves to the even side. */
static size_t decile_end(size_t count, size_t k) {
    size_t whole = count * k / 10, rest = count * k % 10;
    return whole + (rest > 5 || (rest == 5 && whole % 2 == 1));
}

static enum till_status make_gains(struct till_table **table, const struct metrics_row *rows, size_t count,
                                   size_t positives, struct till_error *error) {
    struct till_table *made = till_table_new(10);
    if (made == NULL)
        return till_error_memory(error);
    uint64_t *decile = till_table_add(made, "decile", TILL_COUNT);
    uint64_t *size = till_table_add(made, "rows", TILL_COUNT);
    uint64_t *hits = till_table_add(made, "positives", TILL_COUNT);
    double *rate = till_table_add(made, "rate", TILL_REAL);
    double *mean = till_table_add(made, "mean_probability", TILL_REAL);
    double *lift = till_table_add(made, "cumulative_lift", TILL_REAL);
    double *capture = till_table_add(made, "cumulative_capture", TILL_REAL);
    if (decile == NULL || size == NULL || hits == NULL || rate == NULL || mean == NULL || lift == NULL ||
        capture == NULL)
        return no_memory(made, error);
    double found = 0;
    for (size_t k = 0; k < 10; k++) {
        size_t from = decile_end(count, k), to = decile_end(count, k + 1);
        double sum = 0, own = 0;
        for (size_t i = from; i < to; i++) {
            sum += rows[i].probability;
            own += rows[i].target;
        }
        found += own;
        decile[k] = k + 1;
        size[k] = to - from;
        hits[k] = (uint64_t)own;
        rate[k] = own / (double)(to - from);
        mean[k] = sum / (double)(to - from);
        capture[k] = found / (double)positives;
        lift[k] = capture[k] * (double)count / (double)to;
    }
    *table = made;
    return TILL_OK;
}

/* Wilson's interval at 95 %. */
static void wilson(double hits, double n, double *lower, double *upper) {
    const double z = 1.959963984540054;
    double p = hits / n, middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    *lower = fmax(0, middle - half);
    *upper = fmin(1, middle + half);
}

static enum till_status make_calibration(struct till_table **table, const struct metrics_row *rows, size_t count,
                                         struct till_error *error) {
    struct till_table *made = till_table_new(10);
    if (made == NULL)
        return till_error_memory(error);
    uint64_t *bin = till_table_add(made, "bin", TILL_COUNT);
    uint64_t *size = till_table_add(made, "rows", TILL_COUNT);
    double *mean = till_table_add(made, "mean_probability", TILL_REAL);
    double *rate = till_table_add(made, "rate", TILL_REAL);
    double *lower = till_table_add(made, "lower", TILL_REAL);
    double *upper = till_table_add(made, "upper", TILL_REAL);
    if (bin == NULL || size == NULL || mean == NULL || rate == NULL || lower == NULL || upper == NULL)
        return no_memory(made, error);
    double sums[10][3] = {{0}};
    for (size_t i = 0; i < count; i++) {
        double p = rows[i].probability;
        double *own = sums[p >= 1 ? 9 : p <= 0 ? 0 : (size_t)(p * 10)];
        own[0] += p;
        own[1] += rows[i].target;
        own[2]++;
    }
    for (size_t i = 0; i < 10; i++) {
        bin[i] = i + 1;
        size[i] = (uint64_t)sums[i][2];
        if (size[i] == 0)
            continue;
        mean[i] = sums[i][0] / sums[i][2];
        rate[i] = sums[i][1] / sums[i][2];
        wilson(sums[i][1], sums[i][2], &lower[i], &upper[i]);
    }
    *table = made;
    return TILL_OK;
}

enum till_status till_metrics_table(struct till_table **table, enum till_metrics_curve curve, const double *target,
                                    const double *probability, size_t count, struct till_error *error) {
    struct metrics_row *rows;
    size_t positives;
    *table = NULL;
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    if (curve == TILL_METRICS_ROC)
        status = make_roc(table, rows, count, positives, error);
    else if (curve == TILL_METRICS_GAINS)
        status = make_gains(table, rows, count, positives, error);
    else
        status = make_calibration(table, rows, count, error);
    free(rows);
    return status;
}

static enum till_status make_profit(struct till_table **table, const struct till_metrics_offer *offer,
                                    const struct metrics_row *rows, size_t count, struct till_error *error) {
    struct till_table *made = till_table_new(count_steps(rows, count) + 1);
    if (made == NULL)
        return till_error_memory(error);
    double *threshold = till_table_add(made, "threshold", TILL_REAL);
    uint64_t *asked = till_table_add(made, "asked", TILL_COUNT);
    double *share = till_table_add(made, "asked_share", TILL_REAL);
    double *profit = till_table_add(made, "profit", TILL_REAL);
    if (threshold == NULL || asked == NULL || share == NULL || profit == NULL)
        return no_memory(made, error);
    double found = 0, hits;
    asked[0] = 0;
    share[0] = profit[0] = 0;
    for (size_t from = 0, at = 1; from < count; at++) {
        threshold[at] = rows[from].probability;
        from = metrics_step(rows, count, from, &hits);
        found += hits;
        asked[at] = from;
        share[at] = (double)from / (double)count;
        profit[at] = metrics_profit(offer, (double)from, found);
    }
    *table = made;
    return TILL_OK;
}

enum till_status till_metrics_profit_table(struct till_table **table, const struct till_metrics_offer *offer,
                                           const double *target, const double *probability, size_t count,
                                           struct till_error *error) {
    struct metrics_row *rows;
    size_t positives;
    *table = NULL;
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    status = make_profit(table, offer, rows, count, error);
    free(rows);
    return status;
}
