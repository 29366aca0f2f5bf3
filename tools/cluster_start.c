/* till-cluster: the first centroids from a file: rows in input units, with the features as columns, or without a header
 * in the order of the features. */
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

/* A header in which every field is a number is none. */
static bool header_is_data(const struct cluster_work *work, const struct till_schema *schema) {
    for (size_t column = 0; column < schema->count; column++) {
        double value;
        struct till_slice name = schema->names[column];
        if (till_real_parse(name.bytes, name.length, &work->run->number, &value) != TILL_NUMBER_OK)
            return false;
    }
    return schema->count > 0;
}

static enum till_status open_start(const struct cluster_work *work, struct till_input **input, bool *headless,
                                   struct till_error *error) {
    const char *const paths[] = {work->settings->start};
    struct till_input_options options = {.delimiter = work->run->delimiter, .number = work->run->number};
    *headless = false;
    enum till_status status = till_input_open(input, paths, 1, &options, error);
    if (status != TILL_OK || !header_is_data(work, till_input_schema(*input)))
        return status;
    *headless = options.no_headers = true;
    till_input_close(*input);
    *input = NULL;
    return till_input_open(input, paths, 1, &options, error);
}

/* The start's column of each feature. */
static enum till_status plan_start(const struct cluster_work *work, struct till_input *input, bool headless,
                                   struct till_error *error) {
    const struct till_schema *schema = till_input_schema(input);
    struct till_wanted *wanted = calloc(work->numeric_count + 1, sizeof *wanted);
    struct till_plan plan = {.wanted = wanted, .wanted_count = work->numeric_count};
    enum till_status status = wanted == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && headless && schema->count != work->numeric_count) {
        status = till_error_set(error, TILL_ERROR_DATA, "%zu columns without a header, for %zu features", schema->count,
                                work->numeric_count);
        till_error_at(error, schema->file, 1, 0, NULL);
    }
    for (size_t j = 0; j < work->numeric_count && status == TILL_OK; j++) {
        const char *name = work->frame.columns[work->numeric[j]].text;
        wanted[j] = (struct till_wanted){.column = j, .type = TILL_REAL, .missing = TILL_MISSING_REJECTS, .role = name};
        if (!headless)
            status = till_schema_column(schema, name, &wanted[j].column, error);
    }
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    free(wanted);
    return status;
}

static enum till_status take_start(const struct cluster_work *work, const struct till_block *block, double **points,
                                   size_t *count, struct till_error *error) {
    size_t columns = work->numeric_count;
    double *more = realloc(*points, ((*count + block->rows) * columns + 1) * sizeof **points);
    if (more == NULL)
        return till_error_memory(error);
    *points = more;
    for (size_t row = 0; row < block->rows; row++)
        for (size_t j = 0; j < columns; j++)
            more[(*count + row) * columns + j] = till_scale_apply(&work->scales[j], block->columns[j].real[row]);
    *count += block->rows;
    return TILL_OK;
}

enum till_status cluster_read_start(struct cluster_work *work, double **points, size_t *count,
                                    struct till_error *error) {
    struct till_input *input = NULL;
    struct till_block *block = NULL;
    bool headless;
    *points = NULL;
    *count = 0;
    enum till_status status = open_start(work, &input, &headless, error);
    if (status == TILL_OK)
        status = plan_start(work, input, headless, error);
    if (status == TILL_OK) {
        block = till_block_new(input);
        status = block == NULL ? till_error_memory(error) : till_input_next(input, block, error);
    }
    while (status == TILL_OK && block->rows > 0) {
        status = take_start(work, block, points, count, error);
        if (status == TILL_OK)
            status = till_input_next(input, block, error);
    }
    till_block_free(block);
    till_input_close(input);
    return status;
}
