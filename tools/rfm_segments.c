/* A table of RFM segments from a CSV file.
 *
 * The file is small and written by hand, so the reading options of the tool, which describe the transactions, do not
 * apply to it. */
#include "rfm_segments.h"

#include <stdlib.h>

#include <till/input.h>

#define COLUMNS 7
static const char *const names[COLUMNS] = {"segment", "r_min", "r_max", "f_min", "f_max", "m_min", "m_max"};

/* The rows read so far. Names lie in one text that may move while it grows, so rules learn where theirs are at the end.
 */
struct rows {
    struct till_rfm_rule *rules;
    size_t count;
    size_t capacity;
    struct till_text names;
};

/* Room for one more rule. */
static bool reserve(struct rows *rows) {
    if (rows->count < rows->capacity)
        return true;
    size_t capacity = rows->capacity == 0 ? 64 : 2 * rows->capacity;
    struct till_rfm_rule *grown = realloc(rows->rules, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    rows->rules = grown;
    rows->capacity = capacity;
    return true;
}

/* A score is one digit. */
static bool get_score(struct till_slice text, unsigned *score) {
    if (text.length != 1 || text.bytes[0] < '1' || text.bytes[0] > '9')
        return false;
    *score = (unsigned)(text.bytes[0] - '0');
    return true;
}

/* A row that is not a rule is rejected, which comes out, with its line, at the next read. */
static enum till_status add_row(struct rows *rows, struct till_block *block, size_t row, struct till_error *error) {
    struct till_slice name = block->columns[0].text[row];
    if (!reserve(rows) || !till_text_append(&rows->names, name.bytes, name.length))
        return till_error_memory(error);
    struct till_rfm_rule *rule = &rows->rules[rows->count];
    unsigned *const bounds[COLUMNS] = {NULL,         &rule->r_min, &rule->r_max, &rule->f_min,
                                       &rule->f_max, &rule->m_min, &rule->m_max};
    rule->segment = (struct till_slice){NULL, name.length};
    for (size_t i = 1; i < COLUMNS; i++)
        if (!get_score(block->columns[i].text[row], bounds[i]))
            return till_block_reject(block, row, names[i], "not a score from 1 to 9") == TILL_OK
                       ? TILL_OK
                       : till_error_memory(error);
    rows->count++;
    return TILL_OK;
}

/* Finds the seven columns, in whatever order they stand. */
static enum till_status start(struct till_input *input, struct till_error *error) {
    struct till_wanted wanted[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        wanted[i] = (struct till_wanted){.type = TILL_TEXT, .missing = TILL_MISSING_REJECTS, .role = names[i]};
        enum till_status status = till_schema_column(till_input_schema(input), names[i], &wanted[i].column, error);
        if (status != TILL_OK)
            return status;
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = COLUMNS};
    return till_input_start(input, &plan, error);
}

static enum till_status add_block(void *rows, struct till_block *block, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++)
        status = add_row(rows, block, row, error);
    return status;
}

/* The table, once all names stand where they will stay. */
static enum till_status make(struct till_rfm_segments **segments, struct rows *rows, const char *path, unsigned bins,
                             struct till_error *error) {
    const char *at = rows->names.bytes;
    for (size_t i = 0; i < rows->count; i++) {
        rows->rules[i].segment.bytes = at;
        at += rows->rules[i].segment.length;
    }
    enum till_status status = till_rfm_segments_new(segments, rows->rules, rows->count, bins, error);
    if (status == TILL_ERROR_DATA)
        till_error_at(error, path, 0, 0, "--segments");
    return status;
}

enum till_status rfm_segments_read(struct till_rfm_segments **segments, const char *path, unsigned bins,
                                   struct till_error *error) {
    struct till_input_options options = {0};
    struct till_input *input = NULL;
    struct rows rows = {0};
    *segments = NULL;
    enum till_status status = till_input_open(&input, &path, 1, &options, error);
    if (status == TILL_OK)
        status = start(input, error);
    if (status == TILL_OK)
        status = till_input_each(input, add_block, &rows, error);
    if (status == TILL_OK)
        status = make(segments, &rows, path, bins, error);
    till_input_close(input);
    till_text_free(&rows.names);
    free(rows.rules);
    return status;
}
