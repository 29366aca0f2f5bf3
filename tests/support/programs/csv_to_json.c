/* csv_to_json: a CSV file as an array of objects of strings, by the library's own reader and writer.
 *
 *     csv_to_json [-n] FILE [COLUMN]...      -n: without a header; COLUMNs must be there
 *
 * What tests hold against the JSON that comes with public collections of CSV files. Exit codes as those of the tools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/input.h>
#include <till/writer.h>

static enum till_status check_columns(const struct till_schema *schema, char **names, int count,
                                      struct till_error *error) {
    enum till_status status = TILL_OK;
    size_t column;
    for (int i = 0; i < count && status == TILL_OK; i++)
        status = till_schema_column(schema, names[i], &column, error);
    return status;
}

static enum till_status copy_rows(struct till_input *input, struct till_writer *writer, size_t columns,
                                  struct till_error *error) {
    struct till_block *block = till_block_new(input);
    enum till_status status = block == NULL ? till_error_memory(error) : TILL_OK;
    while (status == TILL_OK) {
        status = till_input_next(input, block, error);
        if (status != TILL_OK || block->rows == 0)
            break;
        for (size_t row = 0; row < block->rows && status == TILL_OK; row++) {
            for (size_t i = 0; i < columns; i++) {
                struct till_slice text = block->columns[i].text[row];
                till_writer_text(writer, text.bytes == NULL ? till_slice_of("") : text);
            }
            status = till_writer_end(writer, error);
        }
    }
    till_block_free(block);
    return status;
}

static enum till_status copy_columns(struct till_input *input, struct till_writer *writer, struct till_error *error) {
    const struct till_schema *schema = till_input_schema(input);
    struct till_wanted *wanted = calloc(schema->count, sizeof *wanted);
    enum till_type *types = calloc(schema->count, sizeof *types);
    enum till_status status = wanted == NULL || types == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < schema->count; i++) {
        types[i] = TILL_TEXT;
        wanted[i] = (struct till_wanted){.column = i, .type = TILL_TEXT, .missing = TILL_MISSING_PASSES, .role = ""};
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = schema->count};
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, schema->names, types, schema->count, error);
    if (status == TILL_OK)
        status = copy_rows(input, writer, schema->count, error);
    if (status == TILL_OK)
        status = till_writer_finish(writer, error);
    free(wanted);
    free(types);
    return status;
}

int main(int argc, char **argv) {
    struct till_input_options options = {.no_simd = getenv("TILL_NO_SIMD") != NULL};
    struct till_writer_options writing = {.format = TILL_FORMAT_JSON};
    struct till_input *input = NULL;
    struct till_writer *writer = NULL;
    struct till_text text = {0};
    struct till_error error = {0};
    int first = 1;
    if (first < argc && strcmp(argv[first], "-n") == 0) {
        options.no_headers = true;
        first++;
    }
    if (first >= argc)
        return 2;
    enum till_status status = till_input_open(&input, (const char *const *)&argv[first], 1, &options, &error);
    if (status == TILL_OK)
        status = check_columns(till_input_schema(input), argv + first + 1, argc - first - 1, &error);
    if (status == TILL_OK)
        status = till_writer_new(&writer, till_sink_text(&text), &writing, &error);
    if (status == TILL_OK)
        status = copy_columns(input, writer, &error);
    if (status == TILL_OK)
        fwrite(text.bytes, 1, text.length, stdout);
    else
        fprintf(stderr, "csv_to_json: %s:%lu:%lu: %s\n", error.file, (unsigned long)error.line,
                (unsigned long)error.column, error.message);
    till_writer_free(writer);
    till_input_close(input);
    till_text_free(&text);
    return status == TILL_OK ? 0 : status == TILL_ERROR_DATA ? 3 : 4;
}
