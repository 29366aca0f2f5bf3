/* The rows to learn from: numbers as the frame holds them, and levels renumbered in byte order, so that a model does
 * not depend on which level came first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/trees.h>

/* The levels in byte order; place[code] is where a code of the dictionary stands among them. */
static bool order_levels(struct till_trees_column *to, const struct till_frame_column *from, uint32_t *place) {
    uint32_t *order = malloc((to->level_count + 1) * sizeof *order);
    bool fine = order != NULL && till_dictionary_order(from->levels, order);
    for (uint32_t i = 0; fine && i < to->level_count; i++) {
        to->levels[i] = till_dictionary_text(from->levels, order[i]);
        place[order[i]] = i;
    }
    free(order);
    return fine;
}

static enum till_status take_levels(struct till_trees_column *to, const struct till_frame_column *from, size_t rows,
                                    struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    to->level_count = till_dictionary_count(from->levels);
    if (to->level_count > TILL_TREES_LEVELS)
        return till_error_set(
            error, TILL_ERROR_DATA, "column %s has %zu levels (at most %d): is it an id? (leave it out with --ignore)",
            till_error_quote(quoted, from->name, strlen(from->name)), to->level_count, TILL_TREES_LEVELS);
    to->levels = calloc(to->level_count + 1, sizeof *to->levels);
    to->places = malloc((rows + 1) * sizeof *to->places);
    uint32_t *place = malloc((to->level_count + 1) * sizeof *place);
    bool fine = to->levels != NULL && to->places != NULL && place != NULL && order_levels(to, from, place);
    for (size_t row = 0; fine && row < rows; row++)
        to->places[row] = from->codes[row] == TILL_FRAME_NO_LEVEL ? TILL_FRAME_NO_LEVEL : place[from->codes[row]];
    free(place);
    return fine ? TILL_OK : till_error_memory(error);
}

enum till_status till_trees_table_of(struct till_trees_table **table, const struct till_frame *frame, size_t first,
                                     size_t count, struct till_error *error) {
    struct till_trees_table *made = calloc(1, sizeof *made);
    *table = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->rows = frame->rows;
    made->columns = calloc(count + 1, sizeof *made->columns);
    enum till_status status = made->columns == NULL ? till_error_memory(error) : TILL_OK;
    while (made->count < count && status == TILL_OK) {
        const struct till_frame_column *from = &frame->columns[first + made->count];
        struct till_trees_column *to = &made->columns[made->count++];
        to->name = from->name;
        to->text = from->text;
        to->numbers = from->numbers;
        if (from->text)
            status = take_levels(to, from, frame->rows, error);
    }
    if (status != TILL_OK)
        till_trees_table_free(made);
    else
        *table = made;
    return status;
}

void till_trees_table_free(struct till_trees_table *table) {
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++) {
        free(table->columns[i].places);
        free(table->columns[i].levels);
    }
    free(table->columns);
    free(table);
}

void till_trees_table_row(const struct till_trees_table *table, size_t row, double *values) {
    for (size_t i = 0; i < table->count; i++) {
        const struct till_trees_column *column = &table->columns[i];
        if (!column->text)
            values[i] = column->numbers[row];
        else
            values[i] = column->places[row] == TILL_FRAME_NO_LEVEL ? NAN : (double)column->places[row];
    }
}

void till_trees_table_digest(const struct till_trees_table *table, struct till_digest *digest) {
    for (size_t i = 0; i < table->count; i++) {
        const struct till_trees_column *column = &table->columns[i];
        till_digest_add(digest, column->name, strlen(column->name) + 1);
        for (size_t j = 0; j < column->level_count; j++) {
            till_digest_add(digest, column->levels[j].bytes, column->levels[j].length);
            till_digest_add(digest, "", 1);
        }
        if (column->text)
            till_digest_add(digest, column->places, table->rows * sizeof *column->places);
        else
            till_digest_add(digest, column->numbers, table->rows * sizeof *column->numbers);
    }
}
