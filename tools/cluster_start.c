/* till-cluster: the first centres from a file: rows in input units, with the features as columns, or without a header
 * in the order of the features, numbers before levels. */
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

/* A header in which the columns of numbers are numbers is none; without such columns, one that names no feature. */
static bool header_is_data(const struct cluster_work *work, const struct till_schema *schema) {
    double value;
    for (size_t column = 0; column < schema->count && column < work->numeric_count; column++) {
        struct till_slice name = schema->names[column];
        if (till_real_parse(name.bytes, name.length, &work->run->number, &value) != TILL_NUMBER_OK)
            return false;
    }
    for (size_t column = 0; column < schema->count && work->numeric_count == 0; column++)
        for (size_t j = 0; j < work->level_count; j++)
            if (till_slice_equal(schema->names[column], work->sheet.columns[work->level[j]].name))
                return false;
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
    size_t features = work->numeric_count + work->level_count;
    struct till_wanted *wanted = calloc(features + 1, sizeof *wanted);
    struct till_plan plan = {.wanted = wanted, .wanted_count = features};
    enum till_status status = wanted == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && headless && schema->count != features) {
        status = till_error_set(error, TILL_ERROR_DATA, "%zu columns without a header, for %zu features", schema->count,
                                features);
        till_error_at(error, schema->file, 1, 0, NULL);
    }
    for (size_t j = 0; j < features && status == TILL_OK; j++) {
        bool number = j < work->numeric_count;
        size_t at = number ? work->numeric[j] : work->level[j - work->numeric_count];
        const char *name = work->sheet.columns[at].text;
        wanted[j] = (struct till_wanted){.column = j,
                                         .type = number ? TILL_REAL : TILL_TEXT,
                                         .missing = number ? TILL_MISSING_REJECTS : TILL_MISSING_PASSES,
                                         .role = name};
        if (!headless)
            status = till_schema_column(schema, name, &wanted[j].column, error);
    }
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    free(wanted);
    return status;
}

/* A start that is being read. */
struct reading {
    const struct cluster_work *work;
    struct cluster_start *start;
};

static enum till_status take_start(void *context, struct till_block *block, struct till_error *error) {
    const struct cluster_work *work = ((struct reading *)context)->work;
    struct cluster_start *start = ((struct reading *)context)->start;
    size_t columns = work->numeric_count, levels = work->level_count, rows = start->count + block->rows;
    double *numbers = realloc(start->numbers, (rows * columns + 1) * sizeof *numbers);
    start->numbers = numbers == NULL ? start->numbers : numbers;
    uint32_t *codes = realloc(start->codes, (rows * levels + 1) * sizeof *codes);
    start->codes = codes == NULL ? start->codes : codes;
    if (numbers == NULL || codes == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < block->rows; row++, start->count++) {
        for (size_t j = 0; j < columns; j++)
            numbers[start->count * columns + j] = till_scale_apply(&work->scales[j], block->columns[j].real[row]);
        for (size_t j = 0; j < levels; j++) {
            struct till_slice text = block->columns[columns + j].text[row];
            codes[start->count * levels + j] =
                cluster_level_code(work, j, text.bytes == NULL ? till_slice_of("") : text);
        }
    }
    return TILL_OK;
}

enum till_status cluster_read_start(struct cluster_work *work, struct cluster_start *start, struct till_error *error) {
    struct reading reading = {work, start};
    struct till_input *input = NULL;
    bool headless;
    enum till_status status = open_start(work, &input, &headless, error);
    if (status == TILL_OK)
        status = plan_start(work, input, headless, error);
    if (status == TILL_OK)
        status = till_input_each(input, take_start, &reading, error);
    till_input_close(input);
    return status;
}
