/* Intervals by drawing the rows anew. A draw is a weight for each row, how often it was drawn, so that each ranking is
 * sorted once; replicate b draws by the random numbers of (seed, b), whichever thread does it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

#include "parts.h"

enum { FEWEST = 200, MOST = 1000, MANY_ROWS = 20000000 };

/* What all draws share; each writes its own places among the figures. */
struct draws {
    const struct till_metrics_bootstrap *bootstrap;
    size_t replicates;
    const double *target;
    size_t count;
    size_t rankings;
    struct metrics_row **rows; /* [rankings], sorted */
    double *figures;           /* [rankings][figures][replicates]; NaN: a draw of one class */
};

/* One draw: as many rows as there are, with replacement. A draw of one class has no figures, and is left out at the
 * end, which for rare positives makes intervals a little narrow. */
static enum till_status draw(void *context, size_t replicate, unsigned worker, struct till_error *error) {
    const struct draws *work = context;
    struct till_random random;
    size_t positives = 0, replicates = work->replicates;
    double *weight = calloc(work->count + 1, sizeof *weight);
    (void)worker;
    if (weight == NULL)
        return till_error_memory(error);
    till_random_start(&random, work->bootstrap->seed, replicate);
    for (size_t i = 0; i < work->count; i++) {
        size_t row = (size_t)till_random_below(&random, work->count);
        weight[row]++;
        positives += work->target[row] != 0;
    }
    for (size_t m = 0; m < work->rankings; m++) {
        struct till_metrics metrics = {.rows = work->count, .positives = positives};
        bool both = positives > 0 && positives < work->count;
        if (both)
            metrics_measure(&metrics, work->rows[m], work->count, weight);
        for (size_t f = 0; f < TILL_METRICS_FIGURES; f++)
            work->figures[(m * TILL_METRICS_FIGURES + f) * replicates + replicate] =
                both ? till_metrics_figure(&metrics, f) : NAN;
    }
    free(weight);
    return TILL_OK;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The ends of the middle `level` of the numbers: the observed ones at ranks ceil(n (1 - level) / 2) and its mirror. NaN
 * for fewer than half of the draws. */
static void cut(double *numbers, size_t replicates, double level, double *lower, double *upper) {
    size_t count = 0;
    for (size_t i = 0; i < replicates; i++)
        if (!isnan(numbers[i]))
            numbers[count++] = numbers[i];
    *lower = *upper = NAN;
    if (count == 0 || 2 * count < replicates)
        return;
    qsort(numbers, count, sizeof *numbers, compare); /* equal reals are alike */
    double tail = ceil((double)count * (1 - level) / 2 - 1e-9);
    size_t rank = tail < 1 ? 0 : (size_t)tail - 1;
    *lower = numbers[rank];
    *upper = numbers[count - 1 - rank];
}

/* The interval of one figure: of the ranking itself, or of the first one less it. */
static void cut_figure(const struct draws *work, size_t ranking, size_t figure, bool gain, double *numbers,
                       struct till_metrics_interval *interval) {
    size_t replicates = work->replicates;
    const double *own = work->figures + (ranking * TILL_METRICS_FIGURES + figure) * replicates;
    const double *first = work->figures + figure * replicates;
    for (size_t i = 0; i < replicates; i++)
        numbers[i] = gain ? first[i] - own[i] : own[i];
    cut(numbers, replicates, work->bootstrap->level, &interval->lower[figure], &interval->upper[figure]);
}

static enum till_status cut_all(const struct draws *work, struct till_metrics_interval *own,
                                struct till_metrics_interval *gain, struct till_error *error) {
    double *numbers = malloc((work->replicates + 1) * sizeof *numbers);
    if (numbers == NULL)
        return till_error_memory(error);
    for (size_t m = 0; m < work->rankings; m++)
        for (size_t f = 0; f < TILL_METRICS_FIGURES; f++) {
            cut_figure(work, m, f, false, numbers, &own[m]);
            cut_figure(work, m, f, true, numbers, &gain[m]);
        }
    free(numbers);
    return TILL_OK;
}

/* Memory: a double for each figure of each draw, and a weight for each row a thread. */
enum till_status till_metrics_intervals(struct till_metrics_interval *own, struct till_metrics_interval *gain,
                                        const struct till_metrics_bootstrap *bootstrap, const double *target,
                                        const double *const *probability, size_t rankings, size_t count,
                                        struct till_error *error) {
    struct draws work = {.bootstrap = bootstrap, .target = target, .count = count, .rankings = rankings};
    size_t positives, allowed = MANY_ROWS / (count + 1);
    work.replicates = bootstrap->replicates != 0 ? bootstrap->replicates
                      : allowed > MOST           ? MOST
                      : allowed < FEWEST         ? FEWEST
                                                 : allowed;
    work.rows = calloc(rankings + 1, sizeof(struct metrics_row *));
    work.figures = malloc((rankings * TILL_METRICS_FIGURES * work.replicates + 1) * sizeof *work.figures);
    enum till_status status = work.rows == NULL || work.figures == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t m = 0; m < rankings && status == TILL_OK; m++)
        status = metrics_sort(&work.rows[m], &positives, target, probability[m], count, error);
    if (status == TILL_OK)
        status = till_parallel_for(bootstrap->threads, work.replicates, draw, &work, error);
    if (status == TILL_OK)
        status = cut_all(&work, own, gain, error);
    for (size_t m = 0; work.rows != NULL && m < rankings; m++)
        free(work.rows[m]);
    free(work.rows);
    free(work.figures);
    return status;
}
