/* The columns of a frame as terms: numbers as they are, levels as indicators (treatment contrasts). Sums run in lanes
 * of rows, in plain doubles about the first value, so that a column far from zero keeps its spread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/design.h>

#include "../base/lanes.h"
#include "../base/pages.h"

/* ---- names ---- */

/* "COLUMN=LEVEL", or "COLUMN" where `level` is NULL. */
static char *join(const char *column, const char *level) {
    struct till_text name = {0};
    bool done = till_text_append_string(&name, column);
    if (level != NULL)
        done = done && till_text_append_string(&name, "=") && till_text_append_string(&name, level);
    if (done && till_text_string(&name) != NULL)
        return name.bytes;
    till_text_free(&name);
    return NULL;
}

/* ---- sources ---- */

/* The levels of a column in byte order. */
static enum till_status list_levels(struct till_design_source *source, const struct till_frame_column *column,
                                    uint32_t *order, struct till_error *error) {
    if (!till_dictionary_order(column->levels, order))
        return till_error_memory(error);
    for (size_t i = 0; i < source->level_count; i++) {
        source->levels[i] = till_slice_copy(till_dictionary_text(column->levels, order[i]));
        if (source->levels[i] == NULL)
            return till_error_memory(error);
    }
    return TILL_OK;
}

static enum till_status describe(struct till_design_source *source, const struct till_frame_column *column,
                                 struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    source->column = join(column->name, NULL);
    source->text = column->text;
    source->level_count = column->text ? till_dictionary_count(column->levels) : 0;
    if (source->level_count > TILL_DESIGN_LEVELS)
        return till_error_set(
            error, TILL_ERROR_DATA, "column %s has %zu levels (at most %d): is it an id? (leave it out with --ignore)",
            till_error_quote(quoted, column->name, strlen(column->name)), source->level_count, TILL_DESIGN_LEVELS);
    size_t terms = source->level_count > 0 ? source->level_count : 1;
    source->levels = calloc(source->level_count + 1, sizeof *source->levels);
    source->terms = malloc(terms * sizeof *source->terms);
    uint32_t *order = malloc((source->level_count + 1) * sizeof *order);
    enum till_status status = TILL_OK;
    if (source->column == NULL || source->levels == NULL || source->terms == NULL || order == NULL)
        status = till_error_memory(error);
    for (size_t i = 0; status == TILL_OK && i < terms; i++)
        source->terms[i] = TILL_NO_COLUMN;
    if (status == TILL_OK && source->text)
        status = list_levels(source, column, order, error);
    free(order);
    return status;
}

/* ---- terms ---- */

/* The sums of x - origin and of its square. */
WIDER static void sum_about(const double *x, size_t rows, double origin, double *sum, double *squares) {
    lanes sums = {0}, squared = {0};
    size_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        lanes off = *(const loose_lanes *)(x + i) - origin;
        sums += off;
        squared += off * off;
    }
    *sum = lanes_sum(&sums);
    *squares = lanes_sum(&squared);
    for (; i < rows; i++) {
        *sum += x[i] - origin;
        *squares += (x[i] - origin) * (x[i] - origin);
    }
}

/* Mean and population standard deviation; false when all values are the same. */
static bool measure(const double *x, size_t rows, double *mean, double *spread) {
    double sum, squares;
    *mean = *spread = 0;
    if (rows == 0)
        return false;
    sum_about(x, rows, x[0], &sum, &squares);
    bool same = squares == 0;
    *mean = x[0] + sum / (double)rows;
    sum_about(x, rows, *mean, &sum, &squares);
    *spread = sqrt(squares / (double)rows);
    return !same && *spread > 0;
}

static void fill(double *x, const struct till_design_source *source, size_t level,
                 const struct till_frame_column *column, size_t rows) {
    uint32_t code = TILL_FRAME_NO_LEVEL;
    if (!source->text) {
        memcpy(x, column->numbers, rows * sizeof *x);
        return;
    }
    till_dictionary_find(column->levels, till_slice_of(source->levels[level]), &code);
    for (size_t row = 0; row < rows; row++)
        x[row] = column->codes[row] == code ? 1 : 0;
}

/* One term: kept, or dropped when it says nothing. */
static enum till_status add_term(struct till_design *design, struct till_design_source *source, size_t level,
                                 const struct till_frame_column *column, struct till_error *error) {
    size_t at = design->terms;
    char *name = join(source->column, source->text ? source->levels[level] : NULL);
    if (name == NULL)
        return till_error_memory(error);
    double *x = design->x + at * design->rows;
    fill(x, source, level, column, design->rows);
    if (measure(x, design->rows, &design->mean[at], &design->spread[at])) {
        source->terms[source->text ? level : 0] = at;
        design->names[design->terms++] = name;
    } else {
        design->dropped[design->dropped_count++] = name;
    }
    return TILL_OK;
}

static enum till_status add_source(struct till_design *design, struct till_design_source *source,
                                   const struct till_frame_column *column, struct till_error *error) {
    enum till_status status = TILL_OK;
    if (!source->text)
        return add_term(design, source, 0, column, error);
    /* One level alone says nothing, and is told as a column. */
    if (source->level_count < 2) {
        char *name = join(source->column, NULL);
        if (name == NULL)
            return till_error_memory(error);
        design->dropped[design->dropped_count++] = name;
    }
    for (size_t level = 1; level < source->level_count && status == TILL_OK; level++)
        status = add_term(design, source, level, column, error);
    return status;
}

static enum till_status make_room(struct till_design *design, struct till_error *error) {
    size_t most = 0;
    for (size_t i = 0; i < design->source_count; i++)
        most += design->sources[i].level_count > 1 ? design->sources[i].level_count - 1 : 1;
    if (most > TILL_DESIGN_TERMS)
        return till_error_set(error, TILL_ERROR_DATA,
                              "the columns make %zu terms (at most %d): choose fewer with --features or --ignore", most,
                              TILL_DESIGN_TERMS);
    design->names = calloc(most + 1, sizeof *design->names);
    design->dropped = calloc(most + 1, sizeof *design->dropped);
    design->mean = calloc(most + 1, sizeof *design->mean);
    design->spread = calloc(most + 1, sizeof *design->spread);
    if (design->rows < SIZE_MAX / sizeof *design->x / (most + 1))
        design->x = pages_array((most * design->rows + 1) * sizeof *design->x);
    if (design->names == NULL || design->dropped == NULL || design->mean == NULL || design->spread == NULL ||
        design->x == NULL)
        return till_error_memory(error);
    return TILL_OK;
}

enum till_status till_design_make(struct till_design **design, const struct till_frame *frame, size_t first,
                                  size_t count, struct till_error *error) {
    struct till_design *made = calloc(1, sizeof *made);
    *design = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->rows = frame->rows;
    made->sources = calloc(count + 1, sizeof *made->sources);
    enum till_status status = made->sources == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        made->source_count++;
        status = describe(&made->sources[i], &frame->columns[first + i], error);
    }
    if (status == TILL_OK)
        status = make_room(made, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status = add_source(made, &made->sources[i], &frame->columns[first + i], error);
    if (status != TILL_OK)
        till_design_free(made);
    else
        *design = made;
    return status;
}

static void free_source(struct till_design_source *source) {
    for (size_t i = 0; source->levels != NULL && i < source->level_count; i++)
        free(source->levels[i]);
    free(source->levels);
    free(source->terms);
    free(source->column);
}

static void free_names(char **names, size_t count) {
    for (size_t i = 0; names != NULL && i < count; i++)
        free(names[i]);
    free(names);
}

void till_design_free(struct till_design *design) {
    if (design == NULL)
        return;
    for (size_t i = 0; i < design->source_count; i++)
        free_source(&design->sources[i]);
    free(design->sources);
    free_names(design->names, design->terms);
    free_names(design->dropped, design->dropped_count);
    free(design->mean);
    free(design->spread);
    free(design->x);
    free(design);
}
