/* till-cluster: k-medoids, k-modes and k-prototypes, and what they have in common: clusters numbered by size, and
 * labels that the model gives on its own, to these rows and to any later ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/kmedoids.h>
#include <till/kprototypes.h>
#include <till/parallel.h>

#include "cluster.h"

enum { ROWS_AT_A_TIME = 8192, ATTEMPTS = 8 };

/* Labels ---------------------------------------------------------------------------------------------------------- */

static enum till_status label_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    const struct cluster_work *work = context;
    double *numbers = malloc((work->numeric_count + 1) * sizeof *numbers);
    struct till_slice *levels = malloc((work->level_count + 1) * sizeof *levels);
    (void)worker;
    if (numbers == NULL || levels == NULL) {
        free(numbers);
        free(levels);
        return till_error_memory(error);
    }
    for (size_t row = chunk * ROWS_AT_A_TIME; row < (chunk + 1) * ROWS_AT_A_TIME && row < work->complete; row++) {
        double distance;
        till_matrix_get(work->matrix, row, numbers);
        for (size_t j = 0; j < work->level_count; j++)
            levels[j] = cluster_level(work, row, j);
        work->labels[row] = till_clustering_nearest(work->model, numbers, levels, &distance);
        work->distances[row] = distance;
    }
    free(numbers);
    free(levels);
    return TILL_OK;
}

static enum till_status label_rows(struct cluster_work *work, struct till_error *error) {
    struct till_clustering *model = work->model;
    enum till_status status = till_parallel_for(
        work->run->threads, (work->complete + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME, label_chunk, work, error);
    memset(model->sizes, 0, model->clusters * sizeof *model->sizes);
    memset(model->within, 0, model->clusters * sizeof *model->within);
    for (size_t row = 0; row < work->complete && status == TILL_OK; row++) {
        model->sizes[work->labels[row]]++;
        model->within[work->labels[row]] += work->distances[row];
    }
    return status;
}

static void swap_clusters(struct till_clustering *model, size_t a, size_t b) {
    for (size_t j = 0; j < model->numeric_count; j++) {
        double *left = &model->numbers[a * model->numeric_count + j];
        double *right = &model->numbers[b * model->numeric_count + j], keep = *left;
        *left = *right;
        *right = keep;
    }
    for (size_t j = 0; j < model->level_count; j++) {
        char **left = &model->levels[a * model->level_count + j];
        char **right = &model->levels[b * model->level_count + j], *keep = *left;
        *left = *right;
        *right = keep;
    }
    uint64_t size = model->sizes[a];
    model->sizes[a] = model->sizes[b];
    model->sizes[b] = size;
}

/* By falling size, ties by the point of the cluster. */
static bool comes_before(const struct till_clustering *model, size_t a, size_t b) {
    if (model->sizes[a] != model->sizes[b])
        return model->sizes[a] > model->sizes[b];
    for (size_t j = 0; j < model->numeric_count; j++) {
        double left = model->numbers[a * model->numeric_count + j],
               right = model->numbers[b * model->numeric_count + j];
        if (left < right || left > right)
            return left < right;
    }
    for (size_t j = 0; j < model->level_count; j++) {
        int order = strcmp(model->levels[a * model->level_count + j], model->levels[b * model->level_count + j]);
        if (order != 0)
            return order < 0;
    }
    return false;
}

/* True when anything moved. Clusters are few: insertion will do. */
static bool renumber(struct till_clustering *model) {
    bool moved = false;
    for (size_t c = 1; c < model->clusters; c++)
        for (size_t at = c; at > 0 && comes_before(model, at, at - 1); at--) {
            swap_clusters(model, at, at - 1);
            moved = true;
        }
    return moved;
}

/* Another numbering may give rows that are equally near to two clusters to the other one, so labels follow numbers
 * until both stay. */
static enum till_status settle(struct cluster_work *work, struct till_error *error) {
    free(work->labels);
    work->labels = malloc((work->complete + 1) * sizeof *work->labels);
    work->distances = malloc((work->complete + 1) * sizeof *work->distances);
    bool again = true;
    enum till_status status = work->labels == NULL || work->distances == NULL ? till_error_memory(error) : TILL_OK;
    for (int attempt = 0; attempt < ATTEMPTS && again && status == TILL_OK; attempt++) {
        status = label_rows(work, error);
        again = status == TILL_OK && attempt + 1 < ATTEMPTS && renumber(work->model);
    }
    free(work->distances);
    work->distances = NULL;
    return status;
}

static double total_within(const struct till_clustering *model) {
    double total = 0;
    for (size_t c = 0; c < model->clusters; c++)
        total += model->within[c];
    return total;
}

static enum till_status set_level(struct cluster_work *work, size_t cluster, size_t j, struct till_slice text,
                                  struct till_error *error) {
    char **level = &work->model->levels[cluster * work->level_count + j];
    *level = calloc(text.length + 1, 1);
    if (*level == NULL)
        return till_error_memory(error);
    if (text.length > 0)
        memcpy(*level, text.bytes, text.length);
    return TILL_OK;
}

/* k-medoids ------------------------------------------------------------------------------------------------------- */

/* The row that is nearest to each point of --start. */
static enum till_status rows_of_start(struct cluster_work *work, size_t clusters, size_t **medoids,
                                      struct till_error *error) {
    double *points = NULL, *row = malloc((work->numeric_count + 1) * sizeof *row);
    size_t count;
    enum till_status status = row == NULL ? till_error_memory(error) : cluster_read_start(work, &points, &count, error);
    if (status == TILL_OK && count != clusters) {
        status = till_error_set(error, TILL_ERROR_DATA, "%zu rows, for %zu clusters", count, clusters);
        till_error_at(error, work->settings->start, 0, 0, NULL);
    }
    if (status == TILL_OK && (*medoids = calloc(clusters, sizeof **medoids)) == NULL)
        status = till_error_memory(error);
    for (size_t c = 0; c < clusters && status == TILL_OK; c++) {
        double least = (double)INFINITY;
        for (size_t i = 0; i < work->complete; i++) {
            till_matrix_get(work->matrix, i, row);
            double far = till_kmeans_distance(row, points + c * work->numeric_count, work->numeric_count);
            if (far < least) {
                least = far;
                (*medoids)[c] = i;
            }
        }
    }
    free(points);
    free(row);
    return status;
}

static void tell_kmedoids(const struct cluster_work *work, const struct till_kmedoids *result) {
    if (!result->converged)
        tool_warn(work->run, "stopped after %u passes, before no swap helped any more (--max-iterations)",
                  result->iterations);
    if (result->sampled)
        tool_note(work->run, "medoids are the best of %llu samples of %d rows",
                  (unsigned long long)work->settings->restarts, TILL_KMEDOIDS_SAMPLE_ROWS);
    tool_figure(work->run, "clusters", (double)result->clusters);
    tool_figure(work->run, "deviation", total_within(work->model));
    tool_figure(work->run, "iterations", result->iterations);
}

static enum till_status adopt_kmedoids(struct cluster_work *work, const struct till_kmedoids *result,
                                       struct till_error *error) {
    enum till_status status = cluster_new_model(work, TILL_CLUSTERING_KMEDOIDS, result->clusters, error);
    if (status == TILL_OK)
        work->model->metric = (enum till_clustering_metric)work->settings->metric;
    for (size_t c = 0; c < result->clusters && status == TILL_OK; c++) {
        till_matrix_get(work->matrix, result->medoids[c], work->model->numbers + c * work->numeric_count);
        for (size_t j = 0; j < work->level_count && status == TILL_OK; j++)
            status = set_level(work, c, j, cluster_level(work, result->medoids[c], j), error);
    }
    return status == TILL_OK ? settle(work, error) : status;
}

enum till_status cluster_fit_kmedoids(struct cluster_work *work, size_t clusters, struct till_error *error) {
    const struct cluster_settings *settings = work->settings;
    struct till_kmeans_options common = cluster_kmeans_options(work, clusters);
    struct till_kmedoids_options options = {.clusters = clusters,
                                            .metric = (enum till_clustering_metric)settings->metric,
                                            .restarts = common.restarts,
                                            .max_iterations = common.max_iterations,
                                            .seed = common.seed,
                                            .threads = common.threads,
                                            .portable = common.portable};
    struct till_kmedoids *result = NULL;
    size_t *medoids = NULL;
    enum till_status status = TILL_OK;
    if (cluster_start_is_file(work))
        status = rows_of_start(work, clusters, &medoids, error);
    options.medoids = medoids;
    if (status == TILL_OK)
        status = till_kmedoids_fit(work->matrix, work->codes, work->level_count, &options, &result, error);
    if (status == TILL_OK)
        status = adopt_kmedoids(work, result, error);
    if (status == TILL_OK)
        tell_kmedoids(work, result);
    till_kmedoids_free(result);
    free(medoids);
    return status;
}

/* k-modes and k-prototypes ---------------------------------------------------------------------------------------- */

static enum till_status adopt_kprototypes(struct cluster_work *work, const struct till_kprototypes *result,
                                          struct till_error *error) {
    enum till_clustering_method method = (enum till_clustering_method)work->settings->method;
    enum till_status status = cluster_new_model(work, method, result->clusters, error);
    if (status != TILL_OK)
        return status;
    work->model->metric = TILL_METRIC_PROTOTYPE;
    work->model->gamma = result->gamma;
    memcpy(work->model->numbers, result->numbers, result->clusters * result->columns * sizeof(double));
    for (size_t c = 0; c < result->clusters && status == TILL_OK; c++)
        for (size_t j = 0; j < work->level_count && status == TILL_OK; j++)
            status =
                set_level(work, c, j, cluster_level_text(work, j, result->modes[c * work->level_count + j]), error);
    return status == TILL_OK ? settle(work, error) : status;
}

enum till_status cluster_fit_kprototypes(struct cluster_work *work, size_t clusters, struct till_error *error) {
    struct till_kprototypes_options options = {.clusters = clusters,
                                               .gamma = work->settings->gamma,
                                               .restarts = (unsigned)work->settings->restarts,
                                               .max_iterations = (unsigned)work->settings->max_iterations,
                                               .seed = work->run->seed,
                                               .threads = work->run->threads};
    struct till_kprototypes *result = NULL;
    enum till_status status =
        till_kprototypes_fit(work->matrix, work->codes, work->level_count, &options, &result, error);
    if (status == TILL_OK)
        status = adopt_kprototypes(work, result, error);
    if (status == TILL_OK) {
        if (!result->converged)
            tool_warn(work->run, "stopped after %u passes, before no row moved any more (--max-iterations)",
                      result->iterations);
        if (work->numeric_count > 0)
            tool_note(work->run, "gamma: %.10g", result->gamma);
        tool_figure(work->run, "clusters", (double)clusters);
        tool_figure(work->run, "cost", total_within(work->model));
        tool_figure(work->run, "iterations", result->iterations);
    }
    till_kprototypes_free(result);
    return status;
}
