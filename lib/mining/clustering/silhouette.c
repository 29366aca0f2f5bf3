/* Silhouettes from all pairs of distances.
 *
 * Rows are put in order of their clusters, so that the sum of a row's distances to a cluster is a run of neighbours,
 * and the inner loop is one over columns and 32 rows. Rows are shared among threads; a row's sums are its own.
 */
#include <till/silhouette.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

#include "distances.h"

enum { ROWS_AT_A_TIME = 64 };

void till_sample_rows(size_t rows, size_t wanted, uint64_t seed, size_t *chosen) {
    struct till_random random;
    size_t taken = 0;
    till_random_start(&random, seed, UINT64_C(0x73616d706c65)); /* "sample": a stream of its own */
    for (size_t row = 0; row < rows && taken < wanted; row++)
        if ((double)(rows - row) * till_random_uniform(&random) < (double)(wanted - taken))
            chosen[taken++] = row;
}

struct silhouettes {
    struct points points; /* the rows that are compared, by cluster */
    measure_function *measure;
    uint32_t *labels; /* of these */
    size_t clusters;
    size_t *sizes;  /* of clusters, among these rows */
    size_t count;   /* rows */
    double *widths; /* the result, by row */
};

static void sum_by_cluster(const struct silhouettes *work, const double *numbers, const uint32_t *levels,
                           double *sums) {
    static const double none[BLOCK];
    memset(sums, 0, work->clusters * sizeof *sums);
    for (size_t first = 0; first < work->count; first += BLOCK) {
        double apart[BLOCK];
        work->measure(&work->points, first / BLOCK, numbers, levels, none, apart);
        measure_finish_block(&work->points, apart);
        size_t count = work->count - first < BLOCK ? work->count - first : BLOCK;
        for (size_t r = 0; r < count; r++)
            sums[work->labels[first + r]] += apart[r];
    }
}

static double width(const struct silhouettes *work, size_t row, const double *sums) {
    size_t own = work->labels[row];
    double next = (double)INFINITY;
    if (work->sizes[own] < 2)
        return 0;
    double inside = sums[own] / (double)(work->sizes[own] - 1);
    for (size_t c = 0; c < work->clusters; c++)
        if (c != own && work->sizes[c] > 0 && sums[c] / (double)work->sizes[c] < next)
            next = sums[c] / (double)work->sizes[c];
    double larger = inside > next ? inside : next;
    return larger > 0 ? (next - inside) / larger : 0;
}

static enum till_status some_rows(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct silhouettes *work = context;
    size_t begin = index * ROWS_AT_A_TIME, end = begin + ROWS_AT_A_TIME, columns = work->points.numbers->columns;
    double *room = malloc((columns + work->clusters + 1) * sizeof *room);
    uint32_t *levels = malloc((work->points.level_count + 1) * sizeof *levels);
    (void)worker;
    for (size_t row = begin; row < end && row < work->count && room != NULL && levels != NULL; row++) {
        points_get(&work->points, row, room, levels);
        sum_by_cluster(work, room, levels, room + columns);
        work->widths[row] = width(work, row, room + columns);
    }
    bool good = room != NULL && levels != NULL;
    free(room);
    free(levels);
    return good ? TILL_OK : till_error_memory(error);
}

/* The rows to compare, by cluster, in their own order within each. `chosen` has their numbers in rising order, and has
 * them in the new order after it. */
static enum till_status arrange(struct silhouettes *work, const uint32_t *labels, size_t *chosen,
                                struct till_error *error) {
    size_t *next = calloc(work->clusters + 1, sizeof *next), *sorted = malloc((work->count + 1) * sizeof *sorted);
    bool good = next != NULL && sorted != NULL;
    for (size_t i = 0; i < work->count && good; i++)
        work->sizes[labels[chosen[i]]]++;
    for (size_t c = 1; c < work->clusters && good; c++)
        next[c] = next[c - 1] + work->sizes[c - 1];
    for (size_t i = 0; i < work->count && good; i++) {
        size_t to = next[labels[chosen[i]]]++;
        sorted[to] = chosen[i];
        work->labels[to] = labels[chosen[i]];
    }
    if (good)
        memcpy(chosen, sorted, work->count * sizeof *chosen);
    free(next);
    free(sorted);
    return good ? TILL_OK : till_error_memory(error);
}

static void average(const struct silhouettes *work, double *mean, double *of_cluster) {
    size_t filled = 0;
    double total = 0;
    for (size_t c = 0; c < work->clusters; c++) {
        of_cluster[c] = 0;
        filled += work->sizes[c] > 0;
    }
    for (size_t row = 0; row < work->count; row++) {
        of_cluster[work->labels[row]] += work->widths[row];
        total += work->widths[row];
    }
    *mean = filled < 2 ? (double)NAN : total / (double)work->count;
    for (size_t c = 0; c < work->clusters; c++)
        of_cluster[c] = filled < 2 || work->sizes[c] == 0 ? (double)NAN : of_cluster[c] / (double)work->sizes[c];
}

enum till_status till_silhouette(const struct till_matrix *matrix, const uint32_t *labels, size_t clusters,
                                 const struct till_silhouette_options *options, double *mean, double *of_cluster,
                                 struct till_error *error) {
    bool sampled = options->most_rows > 0 && matrix->rows > options->most_rows;
    size_t count = sampled ? options->most_rows : matrix->rows;
    struct silhouettes work = {.points = {.metric = options->metric, .gamma = options->gamma},
                               .measure = measure_choose(options->portable),
                               .labels = malloc((count + 1) * sizeof(uint32_t)),
                               .clusters = clusters,
                               .sizes = calloc(clusters + 1, sizeof(size_t)),
                               .count = count,
                               .widths = malloc((count + 1) * sizeof(double))};
    size_t *chosen = malloc((count + 1) * sizeof *chosen);
    enum till_status status = TILL_OK;
    if (chosen == NULL || work.sizes == NULL || work.labels == NULL || work.widths == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK) {
        till_sample_rows(matrix->rows, count, options->seed, chosen);
        status = arrange(&work, labels, chosen, error);
    }
    if (status == TILL_OK)
        status = points_make(&work.points, matrix, options->codes, options->level_count, chosen, count, error);
    if (status == TILL_OK)
        status =
            till_parallel_for(options->threads, (count + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME, some_rows, &work, error);
    if (status == TILL_OK)
        average(&work, mean, of_cluster);
    points_free(&work.points);
    free(chosen);
    free(work.labels);
    free(work.sizes);
    free(work.widths);
    return status;
}
