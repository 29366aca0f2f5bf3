/* Silhouettes from all pairs of distances.
 *
 * Rows are put in order of their clusters, so that the sum of a row's distances to a cluster is a run of neighbours,
 * and the inner loop is a plain one over columns and 32 rows. Rows are shared among threads; a row's sums are its own.
 */
#include <till/silhouette.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

enum { BLOCK = TILL_MATRIX_BLOCK, ROWS_AT_A_TIME = 64 };

void till_sample_rows(size_t rows, size_t wanted, uint64_t seed, size_t *chosen) {
    struct till_random random;
    size_t taken = 0;
    till_random_start(&random, seed, UINT64_C(0x73616d706c65)); /* "sample": a stream of its own */
    for (size_t row = 0; row < rows && taken < wanted; row++)
        if ((double)(rows - row) * till_random_uniform(&random) < (double)(wanted - taken))
            chosen[taken++] = row;
}

struct silhouettes {
    struct till_matrix *points; /* the rows that are compared, by cluster */
    const uint32_t *labels;     /* of these */
    size_t clusters;
    const size_t *sizes; /* of clusters, among these rows */
    bool manhattan;
    double *widths; /* the result, by row */
};

/* Distances of row `row` to the 32 rows of a block. */
static void distances(const struct silhouettes *work, const double *row, size_t block, double apart[BLOCK]) {
    const double *at = till_matrix_block(work->points, block);
    memset(apart, 0, BLOCK * sizeof *apart);
    for (size_t j = 0; j < work->points->columns; j++)
        for (size_t r = 0; r < BLOCK; r++) {
            double difference = at[j * BLOCK + r] - row[j];
            apart[r] += work->manhattan ? fabs(difference) : difference * difference;
        }
    for (size_t r = 0; r < BLOCK && !work->manhattan; r++)
        apart[r] = sqrt(apart[r]);
}

static void sum_by_cluster(const struct silhouettes *work, const double *row, double *sums) {
    size_t rows = work->points->rows;
    memset(sums, 0, work->clusters * sizeof *sums);
    for (size_t first = 0; first < rows; first += BLOCK) {
        double apart[BLOCK];
        distances(work, row, first / BLOCK, apart);
        size_t count = rows - first < BLOCK ? rows - first : BLOCK;
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
    size_t begin = index * ROWS_AT_A_TIME, end = begin + ROWS_AT_A_TIME;
    double *room = malloc((work->points->columns + work->clusters + 1) * sizeof *room);
    (void)worker;
    if (room == NULL)
        return till_error_memory(error);
    for (size_t row = begin; row < end && row < work->points->rows; row++) {
        till_matrix_get(work->points, row, room);
        sum_by_cluster(work, room, room + work->points->columns);
        work->widths[row] = width(work, row, room + work->points->columns);
    }
    free(room);
    return TILL_OK;
}

/* The rows to compare (all, where `chosen` is NULL), by cluster, in their own order within each. */
static enum till_status arrange(struct silhouettes *work, const struct till_matrix *matrix, const uint32_t *labels,
                                const size_t *chosen, size_t count, uint32_t *new_labels, size_t *sizes,
                                struct till_error *error) {
    double *row = malloc((matrix->columns + 1) * sizeof *row);
    size_t *next = calloc(work->clusters + 1, sizeof *next);
    work->points = till_matrix_new(count, matrix->columns, error);
    if (row == NULL || next == NULL || work->points == NULL) {
        free(row);
        free(next);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        sizes[labels[chosen == NULL ? i : chosen[i]]]++;
    for (size_t c = 1; c < work->clusters; c++)
        next[c] = next[c - 1] + sizes[c - 1];
    for (size_t i = 0; i < count; i++) {
        size_t from = chosen == NULL ? i : chosen[i], to = next[labels[from]]++;
        till_matrix_get(matrix, from, row);
        till_matrix_set(work->points, to, row);
        new_labels[to] = labels[from];
    }
    work->labels = new_labels;
    work->sizes = sizes;
    free(row);
    free(next);
    return TILL_OK;
}

static void average(const struct silhouettes *work, double *mean, double *of_cluster) {
    size_t filled = 0;
    double total = 0;
    for (size_t c = 0; c < work->clusters; c++) {
        of_cluster[c] = 0;
        filled += work->sizes[c] > 0;
    }
    for (size_t row = 0; row < work->points->rows; row++) {
        of_cluster[work->labels[row]] += work->widths[row];
        total += work->widths[row];
    }
    *mean = filled < 2 ? (double)NAN : total / (double)work->points->rows;
    for (size_t c = 0; c < work->clusters; c++)
        of_cluster[c] = filled < 2 || work->sizes[c] == 0 ? (double)NAN : of_cluster[c] / (double)work->sizes[c];
}

enum till_status till_silhouette(const struct till_matrix *matrix, const uint32_t *labels, size_t clusters,
                                 const struct till_silhouette_options *options, double *mean, double *of_cluster,
                                 struct till_error *error) {
    bool sampled = options->most_rows > 0 && matrix->rows > options->most_rows;
    size_t count = sampled ? options->most_rows : matrix->rows;
    struct silhouettes work = {.clusters = clusters, .manhattan = options->manhattan};
    size_t *chosen = malloc((count + 1) * sizeof *chosen), *sizes = calloc(clusters + 1, sizeof *sizes);
    uint32_t *new_labels = malloc((count + 1) * sizeof *new_labels);
    work.widths = malloc((count + 1) * sizeof *work.widths);
    enum till_status status = TILL_OK;
    if (chosen == NULL || sizes == NULL || new_labels == NULL || work.widths == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK && sampled)
        till_sample_rows(matrix->rows, count, options->seed, chosen);
    if (status == TILL_OK)
        status = arrange(&work, matrix, labels, sampled ? chosen : NULL, count, new_labels, sizes, error);
    if (status == TILL_OK)
        status =
            till_parallel_for(options->threads, (count + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME, some_rows, &work, error);
    if (status == TILL_OK)
        average(&work, mean, of_cluster);
    till_matrix_free(work.points);
    free(chosen);
    free(sizes);
    free(new_labels);
    free(work.widths);
    return status;
}
