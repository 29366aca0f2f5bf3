/* Rows that a tool passes through.
 *
 * Most of the time no column is left out, and the writer copies the record's bytes as they are. Only where
 * --replace-columns takes the place of a column is the record split. */
#include "pass.h"

#include <stdlib.h>

#include <till/input.h>

/* True when the tool adds a column of this name. */
static bool is_added(const struct pass *pass, struct till_slice name) {
    for (size_t i = 0; i < pass->added_count; i++)
        if (till_slice_equal(name, till_slice_of(pass->added[i].name)))
            return true;
    return false;
}

static enum till_status there_already(const struct till_schema *schema, size_t column, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    till_error_set(error, TILL_ERROR_DATA, "column %s is there already (--replace-columns writes it anew)",
                   till_error_quote(name, schema->names[column].bytes, schema->names[column].length));
    till_error_at(error, schema->file, schema->line, 0, NULL);
    return TILL_ERROR_DATA;
}

enum till_status pass_plan(struct pass *pass, const struct till_schema *schema, char delimiter, bool replace,
                           const struct pass_column *added, size_t added_count, struct till_error *error) {
    *pass = (struct pass){.schema = schema, .added = added, .added_count = added_count, .delimiter = delimiter};
    pass->left_out = calloc(schema->count + 1, sizeof *pass->left_out);
    pass->fields = calloc(schema->count + 1, sizeof *pass->fields);
    if (pass->left_out == NULL || pass->fields == NULL)
        return till_error_memory(error);
    /* All columns of the name are meant: a header may have it twice. */
    for (size_t column = 0; column < schema->count; column++) {
        pass->left_out[column] = is_added(pass, schema->names[column]);
        if (pass->left_out[column] && !replace)
            return there_already(schema, column, error);
        pass->kept += !pass->left_out[column];
    }
    return TILL_OK;
}

enum till_status pass_header(const struct pass *pass, struct till_writer *writer, struct till_error *error) {
    size_t count = pass->kept + pass->added_count, at = 0;
    struct till_slice *names = calloc(count + 1, sizeof *names);
    enum till_type *types = calloc(count + 1, sizeof *types);
    enum till_status status = TILL_OK;
    if (names == NULL || types == NULL) {
        status = till_error_memory(error);
    } else {
        /* What is passed through is text, whatever it looks like: its bytes are kept. */
        for (size_t column = 0; column < pass->schema->count; column++)
            if (!pass->left_out[column]) {
                types[at] = TILL_TEXT;
                names[at++] = pass->schema->names[column];
            }
        for (size_t i = 0; i < pass->added_count; i++) {
            types[at] = pass->added[i].type;
            names[at++] = till_slice_of(pass->added[i].name);
        }
        status = till_writer_columns(writer, names, types, count, error);
    }
    free(types);
    free(names);
    return status;
}

enum till_status pass_record(struct pass *pass, struct till_writer *writer, struct till_slice record,
                             struct till_error *error) {
    size_t count = pass->schema->count;
    if (pass->kept == count)
        return till_writer_record(writer, record, pass->delimiter, count, error);
    /* The reader has counted the fields of this record already, so only memory can be short. */
    if (!till_record_split(record, pass->delimiter, pass->fields, count, &pass->storage))
        return till_error_memory(error);
    for (size_t column = 0; column < count; column++)
        if (!pass->left_out[column])
            till_writer_text(writer, pass->fields[column]);
    return TILL_OK;
}

void pass_free(struct pass *pass) {
    free(pass->left_out);
    free(pass->fields);
    till_text_free(&pass->storage);
}
