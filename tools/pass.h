/* tools/pass.h: rows that a tool passes through, with columns of its own behind them.
 *
 *     struct pass pass = {0};
 *     pass_plan(&pass, till_input_schema(input), run->delimiter, run->replace_columns, added, 2, &error);
 *     plan.records = true; ... tool_open_output ...
 *     pass_header(&pass, writer, &error);
 *     pass_record(&pass, writer, block->records[row], &error); till_writer_count(writer, rank); ... till_writer_end ...
 *     pass_free(&pass);
 */
#ifndef TOOLS_PASS_H
#define TOOLS_PASS_H

#include <stdbool.h>
#include <stddef.h>

#include <till/block.h>
#include <till/error.h>
#include <till/schema.h>
#include <till/text.h>
#include <till/writer.h>

/* A column that a tool adds. */
struct pass_column {
    const char *name;
    enum till_type type;
};

/* Starts as {0}. The schema and the added columns must outlive it. */
struct pass {
    const struct till_schema *schema;
    const struct pass_column *added;
    size_t added_count;
    char delimiter;            /* of the input */
    bool *left_out;            /* [schema->count]: columns that added ones take the place of */
    size_t kept;               /* how many are not left out */
    struct till_slice *fields; /* [schema->count] */
    struct till_text storage;
};

/* Checks the added columns against those of the input. One that is there already is TILL_ERROR_DATA unless `replace`:
 * then the old column is left out, and the new one stands behind the row as always. */
enum till_status pass_plan(struct pass *pass, const struct till_schema *schema, char delimiter, bool replace,
                           const struct pass_column *added, size_t added_count, struct till_error *error);

/* The header: the columns that are passed through, then the added ones. */
enum till_status pass_header(const struct pass *pass, struct till_writer *writer, struct till_error *error);

/* The cells that are passed through; those of the added columns and till_writer_end follow. */
enum till_status pass_record(struct pass *pass, struct till_writer *writer, struct till_slice record,
                             struct till_error *error);

void pass_free(struct pass *pass);

#endif
