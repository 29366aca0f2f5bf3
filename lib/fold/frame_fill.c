/* What stands in for missing cells of a frame. Sums run in row order. */
#include <math.h>
#include <stdlib.h>

#include <till/frame.h>

static double fill_numbers(double *numbers, size_t rows, uint64_t *missing) {
    double sum = 0, count = 0;
    for (size_t row = 0; row < rows; row++)
        if (!isnan(numbers[row])) {
            sum += numbers[row];
            count++;
        }
    double mean = count > 0 ? sum / count : 0;
    for (size_t row = 0; row < rows; row++)
        if (isnan(numbers[row])) {
            numbers[row] = mean;
            (*missing)++;
        }
    return mean;
}

static enum till_status fill_levels(struct till_frame_column *column, size_t rows, double *place, uint64_t *missing,
                                    struct till_error *error) {
    uint32_t levels = till_dictionary_count(column->levels);
    uint32_t *order = malloc((levels + 1) * sizeof *order);
    uint64_t *counts = calloc(levels + 1, sizeof *counts);
    bool fine = order != NULL && counts != NULL && till_dictionary_order(column->levels, order);
    size_t best = 0;
    for (size_t row = 0; fine && row < rows; row++)
        if (column->codes[row] != TILL_FRAME_NO_LEVEL)
            counts[column->codes[row]]++;
    for (size_t i = 1; fine && i < levels; i++)
        best = counts[order[i]] > counts[order[best]] ? i : best;
    for (size_t row = 0; fine && levels > 0 && row < rows; row++)
        if (column->codes[row] == TILL_FRAME_NO_LEVEL) {
            column->codes[row] = order[best];
            (*missing)++;
        }
    *place = levels == 0 ? NAN : (double)best;
    free(order);
    free(counts);
    return fine ? TILL_OK : till_error_memory(error);
}

enum till_status till_frame_fill(struct till_frame *frame, size_t first, double *fills, uint64_t *missing,
                                 struct till_error *error) {
    enum till_status status = TILL_OK;
    *missing = 0;
    for (size_t i = first; i < frame->count && status == TILL_OK; i++) {
        struct till_frame_column *column = &frame->columns[i];
        if (column->text)
            status = fill_levels(column, frame->rows, &fills[i - first], missing, error);
        else
            fills[i - first] = fill_numbers(column->numbers, frame->rows, missing);
    }
    return status;
}
