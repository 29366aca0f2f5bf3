/* till-cluster: from scaled rows to labels and a model, by any method. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

struct till_partition_options cluster_options(const struct cluster_work *work, size_t clusters) {
    const struct cluster_settings *settings = work->settings;
    const char *portable = getenv("TILL_NO_SIMD");
    bool random = settings->start != NULL && strcmp(settings->start, "random") == 0;
    return (struct till_partition_options){
        .method = work->method,
        .metric = work->metric,
        .gamma = work->gamma,
        .fit = {.clusters = clusters,
                .algorithm = (enum till_kmeans_algorithm)settings->algorithm,
                .start = random ? TILL_KMEANS_RANDOM : TILL_KMEANS_PLUS_PLUS,
                .restarts = (unsigned)settings->restarts,
                .max_iterations = (unsigned)settings->max_iterations,
                .tolerance = settings->tolerance,
                .seed = work->run->seed,
                .threads = work->run->threads,
                .portable = portable != NULL && *portable != '\0' && strcmp(portable, "0") != 0}};
}

struct till_partition_rows cluster_rows_of(const struct cluster_work *work) {
    return (struct till_partition_rows){work->matrix, work->level_count == 0 ? NULL : work->codes, work->level_count};
}

const char *cluster_total_name(const struct cluster_work *work) {
    return work->method == TILL_CLUSTERING_KMEANS     ? "inertia"
           : work->method == TILL_CLUSTERING_KMEDOIDS ? "deviation"
                                                      : "cost";
}

/* Results --------------------------------------------------------------------------------------------------------- */

/* Names and scaling of the columns, and the centres, into a model. */
static bool fill_model(const struct cluster_work *work, const struct till_partition *partition,
                       struct till_clustering *model) {
    bool good = true;
    model->metric = partition->metric;
    model->gamma = partition->gamma;
    for (size_t j = 0; j < work->numeric_count && good; j++) {
        model->numeric[j].name = strdup(work->sheet.columns[work->numeric[j]].text);
        model->numeric[j].scale = work->scales[j];
        good = model->numeric[j].name != NULL;
    }
    for (size_t j = 0; j < work->level_count && good; j++) {
        model->level[j].name = strdup(work->sheet.columns[work->level[j]].text);
        good = model->level[j].name != NULL;
    }
    for (size_t i = 0; i < model->clusters * model->level_count && good; i++) {
        model->levels[i] = till_slice_copy(cluster_level_text(work, i % model->level_count, partition->codes[i]));
        good = model->levels[i] != NULL;
    }
    memcpy(model->numbers, partition->numbers, model->clusters * model->numeric_count * sizeof(double));
    memcpy(model->sizes, partition->sizes, model->clusters * sizeof *model->sizes);
    memcpy(model->within, partition->within, model->clusters * sizeof *model->within);
    return good;
}

static enum till_status adopt(struct cluster_work *work, struct till_partition *partition, struct till_error *error) {
    work->model = till_clustering_new(partition->method, partition->clusters, partition->columns, work->level_count);
    if (work->model == NULL || !fill_model(work, partition, work->model))
        return till_error_memory(error);
    work->partition = partition;
    return till_clustering_seal(work->model, error);
}

void cluster_tell_limit(const struct cluster_work *work, const struct till_partition *partition, const char *before) {
    static const char *const what[] = {"iterations, before nothing moved any more",
                                       "passes, before no swap helped any more", "passes, before no row moved any more",
                                       "passes, before no row moved any more"};
    if (!partition->converged)
        tool_warn(work->run, "%sstopped after %u %s (--max-iterations)", before, partition->iterations,
                  what[partition->method]);
}

static void tell(const struct cluster_work *work, const struct till_partition *partition) {
    struct tool_run *run = work->run;
    cluster_tell_limit(work, partition, "");
    if (partition->relocated > 0)
        tool_note(run, "clusters that fell empty on the way and were moved to the farthest row: %llu",
                  (unsigned long long)partition->relocated);
    if (partition->sampled)
        tool_note(run, "medoids are the best of %llu samples of %d rows", (unsigned long long)work->settings->restarts,
                  TILL_KMEDOIDS_SAMPLE_ROWS);
    if (partition->metric == TILL_METRIC_PROTOTYPE && work->numeric_count > 0)
        tool_note(run, "gamma: %.10g", partition->gamma);
    tool_figure(run, "clusters", (double)partition->clusters);
    tool_figure(run, cluster_total_name(work), partition->total);
    tool_figure(run, "iterations", partition->iterations);
}

/* Starts ---------------------------------------------------------------------------------------------------------- */

static enum till_status check_count(const struct cluster_work *work, const struct cluster_start *start, size_t clusters,
                                    struct till_error *error) {
    if (start->count == clusters)
        return TILL_OK;
    till_error_set(error, TILL_ERROR_DATA, "%zu rows, for %zu clusters", start->count, clusters);
    till_error_at(error, work->settings->start, 0, 0, NULL);
    return TILL_ERROR_DATA;
}

/* The centres of the earlier model as a start: a level that no row has today has no code. */
static enum till_status start_from_previous(const struct cluster_work *work, struct cluster_start *start,
                                            struct till_error *error) {
    const struct till_clustering *previous = work->previous;
    size_t numbers = previous->clusters * previous->numeric_count, levels = previous->clusters * previous->level_count;
    start->count = previous->clusters;
    start->numbers = malloc((numbers + 1) * sizeof *start->numbers);
    start->codes = malloc((levels + 1) * sizeof *start->codes);
    if (start->numbers == NULL || start->codes == NULL)
        return till_error_memory(error);
    memcpy(start->numbers, previous->numbers, numbers * sizeof *start->numbers);
    for (size_t i = 0; i < levels; i++)
        start->codes[i] = cluster_level_code(work, i % previous->level_count, till_slice_of(previous->levels[i]));
    return TILL_OK;
}

/* The start that --previous or --start=FILE gives; count 0: none. */
static enum till_status find_start(struct cluster_work *work, size_t clusters, struct cluster_start *start,
                                   struct till_error *error) {
    if (work->previous != NULL)
        return start_from_previous(work, start, error);
    if (!cluster_start_is_file(work))
        return TILL_OK;
    enum till_status status = cluster_read_start(work, start, error);
    return status == TILL_OK ? check_count(work, start, clusters, error) : status;
}

bool cluster_start_is_file(const struct cluster_work *work) {
    const char *start = work->settings->start;
    return start != NULL && strcmp(start, "kmeans++") != 0 && strcmp(start, "random") != 0;
}

/* Nights ---------------------------------------------------------------------------------------------------------- */

/* A fit that knows nothing of yesterday, to be held against the warm one. */
static enum till_status compare_cold(struct cluster_work *work, const struct till_partition *warm,
                                     struct till_error *error) {
    struct till_partition_options options = cluster_options(work, warm->clusters);
    struct till_partition_rows rows = cluster_rows_of(work);
    struct till_partition *cold;
    enum till_status status = till_partition_fit(&rows, &options, &cold, error);
    if (status != TILL_OK)
        return status;
    double gain = warm->total > 0 ? 1 - cold->total / warm->total : 0;
    const char *name = cluster_total_name(work);
    char share[32], figure[32];
    snprintf(share, sizeof share, "%.3g %%", 100 * (gain < 0 ? -gain : gain));
    snprintf(figure, sizeof figure, "cold_%s", name);
    tool_note(work->run, "%s from yesterday's clusters %.10g, of a cold fit %.10g: %s%s; the first is written", name,
              warm->total, cold->total,
              gain > 0   ? "the cold fit is better by "
              : gain < 0 ? "yesterday's clusters are better by "
                         : "they are equally good",
              gain > 0 || gain < 0 ? share : "");
    tool_figure(work->run, figure, cold->total);
    tool_figure(work->run, "cold_gain", gain);
    till_partition_free(cold);
    return TILL_OK;
}

/* All ------------------------------------------------------------------------------------------------------------- */

static enum till_status fit(struct cluster_work *work, const struct till_partition_options *options,
                            const struct cluster_start *start, struct till_partition **partition,
                            struct till_error *error) {
    struct till_partition_rows rows = cluster_rows_of(work);
    enum till_status status = till_partition_fit(&rows, options, partition, error);
    if (status == TILL_OK && work->previous != NULL)
        status = till_partition_pair(*partition, start->numbers, start->codes, error);
    if (status == TILL_OK)
        tell(work, *partition);
    if (status == TILL_OK && work->previous != NULL)
        status = compare_cold(work, *partition, error);
    return status;
}

enum till_status cluster_fit(struct cluster_work *work, size_t clusters, struct till_error *error) {
    struct till_partition_options options = cluster_options(work, clusters);
    struct cluster_start start = {0};
    struct till_partition *partition = NULL;
    enum till_status status = find_start(work, clusters, &start, error);
    if (start.count > 0) {
        options.fit.start = TILL_KMEANS_GIVEN;
        options.fit.centroids = start.numbers;
        options.start_codes = start.codes;
        options.fit.keep_order = work->previous != NULL;
    }
    if (status == TILL_OK)
        status = fit(work, &options, &start, &partition, error);
    if (status == TILL_OK)
        status = adopt(work, partition, error);
    if (status != TILL_OK && work->partition != partition)
        till_partition_free(partition);
    free(start.numbers);
    free(start.codes);
    return status;
}
