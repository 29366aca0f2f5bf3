/* Tables: a list of columns, each an array that starts out missing, and the texts that their cells point at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/table.h>

/* How texts are kept: in pieces that never grow past what they were made for, so that cells can point into them. */
enum { PIECE = 32 * 1024 };

struct till_table *till_table_new(size_t rows) {
    struct till_table *table = calloc(1, sizeof *table);
    if (table != NULL)
        table->rows = rows;
    return table;
}

void till_table_free(struct till_table *table) {
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].values.any);
    }
    for (size_t i = 0; i < table->text_count; i++)
        till_text_free(&table->texts[i]);
    free(table->columns);
    free(table->texts);
    free(table);
}

static size_t size_of(enum till_type type) {
    switch (type) {
    case TILL_TEXT:
        return sizeof(struct till_slice);
    case TILL_DAY:
        return sizeof(int32_t);
    case TILL_MONEY:
    case TILL_TIME:
    case TILL_REAL:
    case TILL_COUNT:
    case TILL_INTEGER:
        break;
    }
    return sizeof(int64_t);
}

/* The array of a new column, with the missing value of its type in every row. */
static void *missing_values(enum till_type type, size_t rows) {
    void *values = calloc(rows == 0 ? 1 : rows, size_of(type)); /* zeros are the missing text */
    if (values == NULL || type == TILL_TEXT)
        return values;
    struct till_vector vector = {.type = type, .any = values};
    for (size_t row = 0; row < rows; row++) {
        if (type == TILL_DAY)
            vector.day[row] = INT32_MIN;
        else if (type == TILL_REAL)
            vector.real[row] = (double)NAN;
        else if (type == TILL_COUNT)
            vector.count[row] = UINT64_MAX;
        else
            vector.integer[row] = INT64_MIN; /* money, time and integer alike */
    }
    return values;
}

void *till_table_add(struct till_table *table, const char *name, enum till_type type) {
    size_t bytes = (table->column_count + 1) * sizeof *table->columns;
    struct till_table_column *columns = realloc(table->columns, bytes);
    if (columns == NULL)
        return NULL;
    table->columns = columns;
    size_t length = strlen(name) + 1;
    struct till_table_column *column = &columns[table->column_count];
    column->name = malloc(length);
    column->values = (struct till_vector){.type = type, .any = missing_values(type, table->rows)};
    if (column->name == NULL || column->values.any == NULL) {
        free(column->name);
        free(column->values.any);
        return NULL;
    }
    memcpy(column->name, name, length);
    table->column_count++;
    return column->values.any;
}

/* A new piece with room for `length` bytes; NULL when memory is out. */
static struct till_text *add_piece(struct till_table *table, size_t length) {
    struct till_text *texts = realloc(table->texts, (table->text_count + 1) * sizeof *texts);
    if (texts == NULL)
        return NULL;
    table->texts = texts;
    struct till_text *piece = &texts[table->text_count];
    *piece = (struct till_text){0};
    if (!till_text_reserve(piece, length > PIECE ? length : PIECE))
        return NULL;
    table->text_count++;
    return piece;
}

struct till_slice till_table_keep(struct till_table *table, struct till_slice bytes) {
    struct till_text *piece = table->text_count == 0 ? NULL : &table->texts[table->text_count - 1];
    if (piece == NULL || piece->capacity - piece->length < bytes.length)
        piece = add_piece(table, bytes.length);
    if (piece == NULL || bytes.bytes == NULL)
        return (struct till_slice){NULL, 0};
    struct till_slice kept = {piece->bytes + piece->length, bytes.length};
    if (bytes.length > 0)
        memcpy(piece->bytes + piece->length, bytes.bytes, bytes.length);
    piece->length += bytes.length;
    return kept;
}

const struct till_vector *till_table_column(const struct till_table *table, const char *name) {
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i].values;
    return NULL;
}

static enum till_status write_header(const struct till_table *table, struct till_writer *writer,
                                     struct till_error *error) {
    struct till_slice *names = malloc((table->column_count + 1) * sizeof *names);
    enum till_type *types = malloc((table->column_count + 1) * sizeof *types);
    enum till_status status = TILL_ERROR_MEMORY;
    if (names == NULL || types == NULL) {
        till_error_memory(error);
    } else {
        for (size_t i = 0; i < table->column_count; i++) {
            names[i] = till_slice_of(table->columns[i].name);
            types[i] = table->columns[i].values.type;
        }
        status = till_writer_columns(writer, names, types, table->column_count, error);
    }
    free(names);
    free(types);
    return status;
}

enum till_status till_table_write(const struct till_table *table, struct till_writer *writer,
                                  struct till_error *error) {
    enum till_status status = write_header(table, writer, error);
    for (size_t row = 0; row < table->rows && status == TILL_OK; row++) {
        for (size_t i = 0; i < table->column_count; i++)
            till_writer_cell(writer, &table->columns[i].values, row);
        status = till_writer_end(writer, error);
    }
    return status;
}
