/* A fit: starts, iterations until nothing changes, the best of the restarts, and its clusters numbered by size.
 *
 * A numbering changes which of two equally near centroids comes first. So rows are assigned once more after it, and it
 * is done again in the rare case that their sizes then fall in another order: the labels are always those that the
 * centroids give on their own, to this run and to any later one. */

#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double till_kmeans_distance(const double *a, const double *b, size_t columns) {
    double sum = 0;
    for (size_t j = 0; j < columns; j++)
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(sum);
}

/* Iterating ------------------------------------------------------------------------------------------------------ */

/* Bounds pay where few rows still move, and each would be held against many numbers: below some thousand of these, a
 * dense pass costs less than the upkeep of the bounds. */
static bool time_for_bounds(const struct engine *engine, unsigned iteration) {
    enum { ENOUGH = 1024, FEW = 100 };
    if (engine->bounds != NULL || engine->options->algorithm == TILL_KMEANS_LLOYD)
        return false;
    if (engine->options->algorithm == TILL_KMEANS_YINYANG)
        return true;
    return iteration > 0 && engine->clusters * engine->columns >= ENOUGH && engine->changed < engine->rows / FEW;
}

/* The mean variance of the columns, from their sums over chunks of one thread: in row order. */
static double mean_variance(const struct till_matrix *matrix) {
    double total = 0;
    for (size_t j = 0; j < matrix->columns; j++) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < matrix->rows; row++)
            sum += *till_matrix_at(matrix, row, j);
        double mean = sum / (double)matrix->rows;
        for (size_t row = 0; row < matrix->rows; row++) {
            double apart = *till_matrix_at(matrix, row, j) - mean;
            squares += apart * apart;
        }
        total += squares / (double)matrix->rows;
    }
    return matrix->columns == 0 ? 0 : total / (double)matrix->columns;
}

/* Iterates from engine->centroids; `threshold` is on the squared moves. */
static enum till_status iterate(struct engine *engine, double threshold, struct till_kmeans *result,
                                struct till_error *error) {
    unsigned most = engine->options->max_iterations == 0 ? 300 : engine->options->max_iterations;
    enum till_status status = TILL_OK;
    engine_reset(engine);
    result->converged = false;
    for (result->iterations = 0; result->iterations < most && !result->converged && status == TILL_OK;) {
        double moved = 0;
        if (time_for_bounds(engine, result->iterations))
            status = bounds_open(engine, error);
        if (status == TILL_OK)
            status = engine_assign(engine, error);
        if (status == TILL_OK)
            status = engine_move(engine, &moved, error);
        result->iterations++;
        result->converged = !engine->moved_empty && (engine->changed == 0 || moved <= threshold);
    }
    bounds_close(engine);
    result->relocated = engine->relocated;
    /* The last move once more, from sums over all rows. */
    if (status == TILL_OK)
        status = engine_sum_afresh(engine, error);
    double moved;
    return status == TILL_OK ? engine_move(engine, &moved, error) : status;
}

/* Numbering ------------------------------------------------------------------------------------------------------ */

/* Larger clusters first, then smaller coordinates. */
static bool comes_before(const struct engine *engine, size_t a, size_t b) {
    if (engine->counts[a] != engine->counts[b])
        return engine->counts[a] > engine->counts[b];
    const double *left = engine->centroids + a * engine->columns, *right = engine->centroids + b * engine->columns;
    for (size_t j = 0; j < engine->columns; j++)
        if (left[j] < right[j] || left[j] > right[j])
            return left[j] < right[j];
    return a < b;
}

/* Sorts order[0..count) by comes_before: a merge of halves. */
static void sort_clusters(const struct engine *engine, uint32_t *order, uint32_t *spare, size_t count) {
    if (count < 2)
        return;
    size_t middle = count / 2, left = 0, right = middle;
    sort_clusters(engine, order, spare, middle);
    sort_clusters(engine, order + middle, spare, count - middle);
    for (size_t i = 0; i < count; i++) {
        bool take_right = left == middle || (right < count && comes_before(engine, order[right], order[left]));
        spare[i] = order[take_right ? right++ : left++];
    }
    memcpy(order, spare, count * sizeof *order);
}

/* Puts the centroids into order of size; false when they are in it. Counts and labels are then out of date. */
static bool renumber(struct engine *engine, uint32_t *order) {
    size_t clusters = engine->clusters, columns = engine->columns;
    bool sorted = true;
    for (size_t c = 0; c < clusters; c++)
        order[c] = (uint32_t)c;
    sort_clusters(engine, order, order + clusters, clusters);
    for (size_t c = 0; c < clusters; c++)
        sorted = sorted && order[c] == c;
    if (sorted)
        return false;
    memcpy(engine->before, engine->centroids, clusters * columns * sizeof(double));
    for (size_t c = 0; c < clusters; c++)
        memcpy(engine->centroids + c * columns, engine->before + order[c] * columns, columns * sizeof(double));
    return true;
}

/* The labels that the centroids give, and clusters in their order. */
static enum till_status settle(struct engine *engine, struct till_error *error) {
    enum { ATTEMPTS = 8 };
    uint32_t *order = malloc(2 * engine->clusters * sizeof *order);
    if (order == NULL)
        return till_error_memory(error);
    bool again = true;
    enum till_status status = TILL_OK;
    for (int attempt = 0; attempt < ATTEMPTS && again && status == TILL_OK; attempt++) {
        engine->changed = engine->rows; /* count all rows anew */
        status = engine_assign(engine, error);
        again = status == TILL_OK && !engine->options->keep_order && attempt + 1 < ATTEMPTS && renumber(engine, order);
    }
    free(order);
    return status;
}

/* Results -------------------------------------------------------------------------------------------------------- */

void till_kmeans_free(struct till_kmeans *result) {
    if (result == NULL)
        return;
    free(result->centroids);
    free(result->labels);
    free(result->sizes);
    free(result->within);
    free(result);
}

static struct till_kmeans *new_result(const struct engine *engine) {
    struct till_kmeans *result = calloc(1, sizeof *result);
    if (result == NULL)
        return NULL;
    result->clusters = engine->clusters;
    result->columns = engine->columns;
    result->rows = engine->rows;
    result->inertia = (double)INFINITY;
    result->centroids = malloc((engine->clusters * engine->columns + 1) * sizeof(double));
    result->labels = malloc((engine->rows + 1) * sizeof(uint32_t));
    result->sizes = malloc(engine->clusters * sizeof(uint64_t));
    result->within = malloc(engine->clusters * sizeof(double));
    if (result->centroids != NULL && result->labels != NULL && result->sizes != NULL && result->within != NULL)
        return result;
    till_kmeans_free(result);
    return NULL;
}

/* What the engine stands at, into the result. */
static enum till_status take_result(struct engine *engine, struct till_kmeans *result, const struct till_kmeans *run,
                                    struct till_error *error) {
    enum till_status status = settle(engine, error);
    if (status == TILL_OK)
        status = engine_within(engine, result->within, &result->inertia, error);
    if (status != TILL_OK)
        return status;
    result->iterations = run->iterations;
    result->converged = run->converged;
    result->relocated = run->relocated;
    memcpy(result->centroids, engine->centroids, engine->clusters * engine->columns * sizeof(double));
    memcpy(result->labels, engine->labels, engine->rows * sizeof(uint32_t));
    for (size_t c = 0; c < engine->clusters; c++)
        result->sizes[c] = (uint64_t)engine->counts[c];
    return TILL_OK;
}

/* All starts; the one of the smallest inertia stays, the first among equals. */
static enum till_status fit_best(struct engine *engine, struct till_kmeans *best, struct till_error *error) {
    const struct till_kmeans_options *options = engine->options;
    unsigned starts = options->start == TILL_KMEANS_GIVEN || options->restarts == 0 ? 1 : options->restarts;
    double threshold = options->tolerance <= 0 ? -1 : options->tolerance * mean_variance(engine->matrix);
    struct till_kmeans run;
    enum till_status status = TILL_OK;
    struct till_kmeans *result = starts == 1 ? NULL : new_result(engine);
    if (starts > 1 && result == NULL)
        return till_error_memory(error);
    for (unsigned start = 0; start < starts && status == TILL_OK; start++) {
        struct till_kmeans *into = start == 0 ? best : result;
        status = start_centroids(engine, start, error);
        if (status == TILL_OK)
            status = iterate(engine, threshold, &run, error);
        if (status == TILL_OK)
            status = take_result(engine, into, &run, error);
        if (status == TILL_OK && into != best && into->inertia < best->inertia) {
            struct till_kmeans swap = *best;
            *best = *into;
            *into = swap;
        }
    }
    till_kmeans_free(result);
    return status;
}

static enum till_status check(const struct till_matrix *matrix, const struct till_kmeans_options *options,
                              struct till_error *error) {
    size_t distinct;
    if (options->clusters == 0 || options->clusters >= UINT32_MAX / 2)
        return till_error_set(error, TILL_ERROR_USAGE, "%zu clusters cannot be made", options->clusters);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t j = 0; j < matrix->columns; j++)
            if (!isfinite(*till_matrix_at(matrix, row, j)))
                return till_error_set(error, TILL_ERROR_MODEL, "row %zu, column %zu: not a finite number", row + 1,
                                      j + 1);
    enum till_status status = till_matrix_distinct(matrix, options->clusters, &distinct, error);
    if (status == TILL_OK && distinct < options->clusters)
        return till_error_set(error, TILL_ERROR_MODEL, "%zu clusters, but only %zu distinct rows", options->clusters,
                              distinct);
    return status;
}

enum till_status till_kmeans_fit(const struct till_matrix *matrix, const struct till_kmeans_options *options,
                                 struct till_kmeans **result, struct till_error *error) {
    struct engine engine = {0};
    *result = NULL;
    enum till_status status = check(matrix, options, error);
    if (status != TILL_OK)
        return status;
    status = engine_open(&engine, matrix, options, error);
    struct till_kmeans *new = status == TILL_OK ? new_result(&engine) : NULL;
    if (status == TILL_OK)
        status = new == NULL ? till_error_memory(error) : fit_best(&engine, new, error);
    engine_close(&engine);
    if (status == TILL_OK)
        *result = new;
    else
        till_kmeans_free(new);
    return status;
}
