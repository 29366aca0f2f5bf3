/* till-cluster: from scaled rows to labels and a model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

enum till_status cluster_new_model(struct cluster_work *work, enum till_clustering_method method, size_t clusters,
                                   struct till_error *error) {
    struct till_clustering *model = till_clustering_new(method, clusters, work->numeric_count, work->level_count);
    bool good = model != NULL;
    till_clustering_free(work->model);
    work->model = model;
    for (size_t j = 0; j < work->numeric_count && good; j++) {
        model->numeric[j].name = strdup(work->frame.columns[work->numeric[j]].text);
        model->numeric[j].scale = work->scales[j];
        good = model->numeric[j].name != NULL;
    }
    for (size_t j = 0; j < work->level_count && good; j++) {
        model->level[j].name = strdup(work->frame.columns[work->level[j]].text);
        good = model->level[j].name != NULL;
    }
    return good ? TILL_OK : till_error_memory(error);
}

struct till_kmeans_options cluster_kmeans_options(const struct cluster_work *work, size_t clusters) {
    const struct cluster_settings *settings = work->settings;
    const char *portable = getenv("TILL_NO_SIMD");
    bool random = settings->start != NULL && strcmp(settings->start, "random") == 0;
    return (struct till_kmeans_options){.clusters = clusters,
                                        .algorithm = (enum till_kmeans_algorithm)settings->algorithm,
                                        .start = random ? TILL_KMEANS_RANDOM : TILL_KMEANS_PLUS_PLUS,
                                        .restarts = (unsigned)settings->restarts,
                                        .max_iterations = (unsigned)settings->max_iterations,
                                        .tolerance = settings->tolerance,
                                        .seed = work->run->seed,
                                        .threads = work->run->threads,
                                        .portable =
                                            portable != NULL && *portable != '\0' && strcmp(portable, "0") != 0};
}

bool cluster_start_is_file(const struct cluster_work *work) {
    const char *start = work->settings->start;
    return start != NULL && strcmp(start, "kmeans++") != 0 && strcmp(start, "random") != 0;
}

/* Results --------------------------------------------------------------------------------------------------------- */

static enum till_status adopt_kmeans(struct cluster_work *work, struct till_kmeans *result, struct till_error *error) {
    enum till_status status = cluster_new_model(work, TILL_CLUSTERING_KMEANS, result->clusters, error);
    if (status != TILL_OK)
        return status;
    struct till_clustering *model = work->model;
    memcpy(model->numbers, result->centroids, result->clusters * result->columns * sizeof(double));
    memcpy(model->sizes, result->sizes, result->clusters * sizeof *model->sizes);
    memcpy(model->within, result->within, result->clusters * sizeof *model->within);
    free(work->labels);
    work->labels = result->labels;
    result->labels = NULL;
    return till_clustering_seal(model, error);
}

static void tell_kmeans(const struct cluster_work *work, const struct till_kmeans *result) {
    struct tool_run *run = work->run;
    if (!result->converged)
        tool_warn(run, "stopped after %u iterations, before nothing moved any more (--max-iterations)",
                  result->iterations);
    if (result->relocated > 0)
        tool_note(run, "clusters that fell empty on the way and were moved to the farthest row: %llu",
                  (unsigned long long)result->relocated);
    tool_figure(run, "clusters", (double)result->clusters);
    tool_figure(run, "inertia", result->inertia);
    tool_figure(run, "iterations", result->iterations);
}

/* Nights ---------------------------------------------------------------------------------------------------------- */

/* Gives each new centroid the number of the old one that it is paired with. */
static enum till_status keep_numbers(const struct till_clustering *previous, struct till_kmeans *result,
                                     struct till_error *error) {
    size_t clusters = result->clusters, columns = result->columns;
    double *cost = malloc((clusters * clusters + 1) * sizeof *cost);
    double *centroids = malloc((clusters * columns + 1) * sizeof *centroids);
    double *within = malloc(clusters * sizeof *within);
    uint64_t *sizes = malloc(clusters * sizeof *sizes);
    uint32_t *match = malloc(clusters * sizeof *match);
    enum till_status status = TILL_OK;
    if (cost == NULL || centroids == NULL || within == NULL || sizes == NULL || match == NULL)
        status = till_error_memory(error);
    for (size_t i = 0; i < clusters * clusters && status == TILL_OK; i++) {
        double apart = till_kmeans_distance(previous->numbers + i / clusters * columns,
                                            result->centroids + i % clusters * columns, columns);
        cost[i] = apart * apart;
    }
    if (status == TILL_OK)
        status = till_clustering_match(cost, clusters, match, error);
    for (size_t c = 0; c < clusters && status == TILL_OK; c++) {
        memcpy(centroids + match[c] * columns, result->centroids + c * columns, columns * sizeof *centroids);
        within[match[c]] = result->within[c];
        sizes[match[c]] = result->sizes[c];
    }
    if (status == TILL_OK) {
        memcpy(result->centroids, centroids, clusters * columns * sizeof *centroids);
        memcpy(result->within, within, clusters * sizeof *within);
        memcpy(result->sizes, sizes, clusters * sizeof *sizes);
        for (size_t row = 0; row < result->rows; row++)
            result->labels[row] = match[result->labels[row]];
    }
    free(cost);
    free(centroids);
    free(within);
    free(sizes);
    free(match);
    return status;
}

/* A fit that knows nothing of yesterday, to be held against the warm one. */
static enum till_status compare_cold(struct cluster_work *work, const struct till_kmeans *warm,
                                     struct till_error *error) {
    struct till_kmeans_options options = cluster_kmeans_options(work, warm->clusters);
    struct till_kmeans *cold;
    enum till_status status = till_kmeans_fit(work->matrix, &options, &cold, error);
    if (status != TILL_OK)
        return status;
    double gain = warm->inertia > 0 ? 1 - cold->inertia / warm->inertia : 0;
    char share[32];
    snprintf(share, sizeof share, "%.3g %%", 100 * (gain < 0 ? -gain : gain));
    tool_note(work->run, "inertia from yesterday's clusters %.10g, of a cold fit %.10g: %s%s%s; the first is written",
              warm->inertia, cold->inertia,
              gain > 0   ? "the cold fit is better by "
              : gain < 0 ? "yesterday's clusters are better by "
                         : "they are equally good",
              gain > 0 || gain < 0 ? share : "", "");
    tool_figure(work->run, "cold_inertia", cold->inertia);
    tool_figure(work->run, "cold_gain", gain);
    till_kmeans_free(cold);
    return TILL_OK;
}

/* k-means --------------------------------------------------------------------------------------------------------- */

/* The starts that --previous or --start=FILE give; *points NULL: none. The caller frees them. */
static enum till_status given_points(struct cluster_work *work, size_t clusters, double **points,
                                     struct till_error *error) {
    size_t count = clusters;
    *points = NULL;
    if (work->previous != NULL) {
        size_t size = clusters * work->numeric_count * sizeof **points;
        *points = malloc(size + 1);
        if (*points == NULL)
            return till_error_memory(error);
        memcpy(*points, work->previous->numbers, size);
        return TILL_OK;
    }
    if (!cluster_start_is_file(work))
        return TILL_OK;
    enum till_status status = cluster_read_start(work, points, &count, error);
    if (status == TILL_OK && count != clusters) {
        status = till_error_set(error, TILL_ERROR_DATA, "%zu rows, for %zu clusters", count, clusters);
        till_error_at(error, work->settings->start, 0, 0, NULL);
    }
    return status;
}

static enum till_status fit_kmeans(struct cluster_work *work, size_t clusters, struct till_error *error) {
    struct till_kmeans_options options = cluster_kmeans_options(work, clusters);
    struct till_kmeans *result = NULL;
    double *points;
    enum till_status status = given_points(work, clusters, &points, error);
    if (points != NULL) {
        options.start = TILL_KMEANS_GIVEN;
        options.centroids = points;
        options.keep_order = work->previous != NULL;
    }
    if (status == TILL_OK)
        status = till_kmeans_fit(work->matrix, &options, &result, error);
    if (status == TILL_OK && work->previous != NULL)
        status = keep_numbers(work->previous, result, error);
    if (status == TILL_OK) {
        tell_kmeans(work, result);
        if (work->previous != NULL)
            status = compare_cold(work, result, error);
    }
    if (status == TILL_OK)
        status = adopt_kmeans(work, result, error);
    free(points);
    till_kmeans_free(result);
    return status;
}

enum till_status cluster_fit(struct cluster_work *work, size_t clusters, struct till_error *error) {
    switch (work->settings->method) {
    case TILL_CLUSTERING_KMEDOIDS:
        return cluster_fit_kmedoids(work, clusters, error);
    case TILL_CLUSTERING_KMODES:
    case TILL_CLUSTERING_KPROTOTYPES:
        return cluster_fit_kprototypes(work, clusters, error);
    default:
        return fit_kmeans(work, clusters, error);
    }
}
