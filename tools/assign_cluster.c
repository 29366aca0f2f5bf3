/* Clusterings for till-assign: features of a row -> cluster, distance. A row that lacks a number gets neither, and is
 * counted. */
#include "assign.h"

#include <math.h>
#include <stdlib.h>

#include <till/clustering.h>

struct clusters {
    struct till_clustering *model;
    double *numbers;           /* of the row at hand, scaled */
    struct till_slice *levels; /* its levels */
    uint64_t *without;         /* rows without a cluster */
};

static const struct pass_column columns[] = {{"cluster", TILL_COUNT}, {"distance", TILL_REAL}};

static void close_clusters(void *model) {
    struct clusters *clusters = model;
    till_clustering_free(clusters->model);
    free(clusters->numbers);
    free(clusters->levels);
    free(clusters->without);
    free(clusters);
}

static enum till_status open_clusters(void **model, const json_t *body, const char *value, struct till_error *error) {
    struct clusters *clusters = calloc(1, sizeof *clusters);
    (void)value;
    if (clusters == NULL)
        return till_error_memory(error);
    enum till_status status = till_clustering_decode(&clusters->model, body, error);
    if (status == TILL_OK) {
        clusters->numbers = malloc((clusters->model->numeric_count + 1) * sizeof *clusters->numbers);
        clusters->levels = malloc((clusters->model->level_count + 1) * sizeof *clusters->levels);
        clusters->without = calloc(1, sizeof *clusters->without);
        if (clusters->numbers == NULL || clusters->levels == NULL || clusters->without == NULL)
            status = till_error_memory(error);
    }
    if (status == TILL_OK)
        *model = clusters;
    else
        close_clusters(clusters);
    return status;
}

static enum till_status plan(const void *model, const struct till_schema *schema, struct till_wanted *wanted,
                             size_t *count, struct till_error *error) {
    const struct till_clustering *clustering = ((const struct clusters *)model)->model;
    enum till_status status = TILL_OK;
    *count = clustering->numeric_count + clustering->level_count;
    if (*count > ASSIGN_COLUMNS)
        return till_error_set(error, TILL_ERROR_STATE, "the model looks at %zu columns, more than %d", *count,
                              ASSIGN_COLUMNS);
    for (size_t i = 0; i < *count && status == TILL_OK; i++) {
        bool number = i < clustering->numeric_count;
        const char *name = number ? clustering->numeric[i].name : clustering->level[i - clustering->numeric_count].name;
        wanted[i] =
            (struct till_wanted){.type = number ? TILL_REAL : TILL_TEXT, .missing = TILL_MISSING_PASSES, .role = name};
        status = till_schema_column(schema, name, &wanted[i].column, error);
    }
    return status;
}

static bool check(const void *model, const struct till_block *block, size_t row, const char **role,
                  const char **reason) {
    (void)model;
    (void)block;
    (void)row;
    (void)role;
    (void)reason;
    return true; /* every number has a nearest cluster, and a missing one has none */
}

static void write(const void *model, const struct till_block *block, size_t row, struct till_writer *writer) {
    const struct clusters *clusters = model;
    const struct till_clustering *clustering = clusters->model;
    bool complete = true;
    for (size_t j = 0; j < clustering->numeric_count; j++) {
        double value = block->columns[j].real[row];
        complete = complete && !isnan(value);
        clusters->numbers[j] = till_scale_apply(&clustering->numeric[j].scale, value);
    }
    for (size_t j = 0; j < clustering->level_count; j++)
        clusters->levels[j] = block->columns[clustering->numeric_count + j].text[row];
    double distance = (double)NAN;
    uint64_t cluster = UINT64_MAX;
    if (complete)
        cluster = (uint64_t)till_clustering_nearest(clustering, clusters->numbers, clusters->levels, &distance) + 1;
    else
        ++*clusters->without;
    till_writer_count(writer, cluster);
    till_writer_real(writer, distance);
}

static void tell(const void *model, struct tool_run *run) {
    const struct clusters *clusters = model;
    if (*clusters->without > 0)
        tool_figure(run, "without_cluster", (double)*clusters->without);
}

const struct assigner assign_cluster = {.kind = TILL_CLUSTERING_KIND,
                                        .columns = columns,
                                        .column_count = sizeof columns / sizeof *columns,
                                        .open = open_clusters,
                                        .plan = plan,
                                        .check = check,
                                        .write = write,
                                        .tell = tell,
                                        .close = close_clusters};
