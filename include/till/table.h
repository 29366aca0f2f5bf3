/* till/table.h: results: named columns of one type each.
 *
 *     struct till_table *table = till_table_new(rows);
 *     int64_t *revenue = till_table_add(table, "revenue", TILL_MONEY);
 *     till_table_write(table, writer, &error);
 *     till_table_free(table);
 */
#ifndef TILL_TABLE_H
#define TILL_TABLE_H

#include <stddef.h>

#include <till/block.h>
#include <till/error.h>
#include <till/text.h>
#include <till/writer.h>

struct till_table {
    size_t rows;
    size_t column_count;
    struct till_table_column {
        char *name;
        struct till_vector values;
    } * columns;
    struct till_text *texts; /* the bytes that text cells point at; see till_table_keep */
    size_t text_count;
};

/* A table of `rows` rows and no columns; NULL when memory is out. */
TILL_API struct till_table *till_table_new(size_t rows);
/* Frees the table, its columns and texts. NULL is allowed. */
TILL_API void till_table_free(struct till_table *table);

/* Adds a column and returns its array of `rows` values, all missing, which the table owns; NULL when memory is out (the
 * table is as it was). The name is copied. Arrays do not move when further columns are added. O(rows). */
TILL_API void *till_table_add(struct till_table *table, const char *name, enum till_type type);

/* Keeps a copy of `bytes` as long as the table lives, for the cells of its columns; bytes NULL when memory is out, and
 * for a missing text. Amortised O(length). */
TILL_API struct till_slice till_table_keep(struct till_table *table, struct till_slice bytes);

/* The column called `name`, or NULL. */
TILL_API const struct till_vector *till_table_column(const struct till_table *table, const char *name);

/* Header and all rows; does not finish the writer. Errors: those of the writer. */
TILL_API enum till_status till_table_write(const struct till_table *table, struct till_writer *writer,
                                           struct till_error *error);

#endif
