/* Numbers become places among the distinct values of their column, by one radix sort a column (from the least byte up;
 * bytes that are the same in all values are passed over). After that no tree sorts anything: the rows of a node are
 * counted into places. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "parts.h"

struct entry {
    uint64_t key; /* rises with the value */
    uint32_t row;
};

/* The bits of a double, as an integer that rises with it; -0 is 0. */
static uint64_t key_of(double value) {
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Sorted by key, rows of one key in their order. Returns which of the two arrays holds the result. */
static struct entry *sort(struct entry *entries, struct entry *spare, size_t count) {
    for (unsigned shift = 0; shift < 64 && count > 0; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(entries[i].key >> shift & 0xFF) + 1]++;
        if (starts[(entries[0].key >> shift & 0xFF) + 1] == count)
            continue;
        for (unsigned byte = 0; byte < 256; byte++)
            starts[byte + 1] += starts[byte];
        for (size_t i = 0; i < count; i++)
            spare[starts[entries[i].key >> shift & 0xFF]++] = entries[i];
        struct entry *sorted = spare;
        spare = entries;
        entries = sorted;
    }
    return entries;
}

/* Gives out places along the sorted entries. */
static bool number(struct tree_column *column, const double *numbers, const struct entry *entries, size_t count) {
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || entries[i].key != entries[i - 1].key;
    column->values = malloc((distinct + 1) * sizeof *column->values);
    if (column->values == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || entries[i].key != entries[i - 1].key)
            column->values[column->distinct++] = numbers[entries[i].row] + 0.0;
        column->place[entries[i].row] = column->distinct - 1;
    }
    return true;
}

static bool place_numbers(struct tree_column *column, const double *numbers, size_t rows) {
    struct entry *entries = malloc((2 * rows + 1) * sizeof *entries);
    size_t count = 0;
    if (entries == NULL)
        return false;
    for (size_t row = 0; row < rows; row++) {
        column->place[row] = TREE_MISSING;
        if (!isnan(numbers[row]))
            entries[count++] = (struct entry){key_of(numbers[row]), (uint32_t)row};
    }
    bool done = number(column, numbers, sort(entries, entries + rows, count), count);
    free(entries);
    return done;
}

static enum till_status place_column(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct till_tree_columns *columns = context;
    const struct till_trees_column *from = &columns->table->columns[index];
    struct tree_column *to = &columns->columns[index];
    size_t rows = columns->table->rows;
    (void)worker;
    to->place = malloc((rows + 1) * sizeof *to->place);
    if (to->place == NULL)
        return till_error_memory(error);
    if (!from->text)
        return place_numbers(to, from->numbers, rows) ? TILL_OK : till_error_memory(error);
    to->distinct = (uint32_t)from->level_count;
    for (size_t row = 0; row < rows; row++)
        to->place[row] = from->places[row] == TILL_FRAME_NO_LEVEL ? TREE_MISSING : from->places[row];
    return TILL_OK;
}

enum till_status till_tree_columns_of(struct till_tree_columns **columns, const struct till_trees_table *table,
                                      unsigned threads, struct till_error *error) {
    struct till_tree_columns *made = calloc(1, sizeof *made);
    *columns = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->table = table;
    made->columns = calloc(table->count + 1, sizeof *made->columns);
    enum till_status status = made->columns == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && table->rows >= TREE_MISSING)
        status = till_error_set(error, TILL_ERROR_DATA, "a tree takes fewer than 2^32 - 1 rows");
    if (status == TILL_OK)
        status = till_parallel_for(threads, table->count, place_column, made, error);
    for (size_t i = 0; status == TILL_OK && i < table->count; i++)
        if (made->columns[i].distinct > made->most_distinct)
            made->most_distinct = made->columns[i].distinct;
    if (status != TILL_OK)
        till_tree_columns_free(made);
    else
        *columns = made;
    return status;
}

void till_tree_columns_free(struct till_tree_columns *columns) {
    if (columns == NULL)
        return;
    for (size_t i = 0; columns->columns != NULL && i < columns->table->count; i++) {
        free(columns->columns[i].place);
        free(columns->columns[i].values);
    }
    free(columns->columns);
    free(columns);
}
