/* tools/frame.h: columns of the input in memory, as numbers, as levels (texts by code), or as what they turn out to be.
 *
 *     struct frame frame = {0};
 *     frame_add(&frame, schema, column, FRAME_ANY, &error); ...
 *     frame_start(&frame, run, input, records, missing, &error);
 *     while (... till_input_next ...) frame_take(&frame, block, &error);
 *     frame_finish(&frame, &error);
 *     frame.columns[0].numbers[row] ...
 *     frame_free(&frame);
 */
#ifndef TOOLS_FRAME_H
#define TOOLS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/input.h>

#include "tool.h"

enum frame_kind {
    FRAME_NUMBER, /* anything else is a bad row */
    FRAME_LEVEL,
    FRAME_ANY /* numbers where (nearly) all values are, else levels */
};

#define FRAME_MISSING UINT32_MAX

struct frame_column {
    size_t column; /* of the schema */
    struct till_slice name;
    char *text; /* the name with a NUL */
    enum frame_kind kind;
    bool numeric;                   /* NUMBER; ANY after frame_finish */
    double *numbers;                /* NaN: missing */
    uint32_t *codes;                /* LEVEL, ANY where frame.levels; FRAME_MISSING */
    struct till_dictionary *levels; /* of the codes */
    size_t present;                 /* rows that have a value */
    size_t parsed;                  /* and one that is a number */
    size_t first_bad;               /* the first row (from 1) whose value is no number; 0: none */
    size_t first_missing;           /* the first row (from 1) without a value; 0: none */
    char bad[TILL_QUOTED_SIZE];     /* that value */
};

struct frame {
    struct frame_column *columns;
    size_t count;
    size_t rows;
    size_t capacity;
    bool levels; /* keep the levels of columns of either kind */
    struct till_number_format number;
};

/* Adds a column, unless it is there already. Errors: TILL_ERROR_MEMORY. */
enum till_status frame_add(struct frame *frame, const struct till_schema *schema, size_t column, enum frame_kind kind,
                           struct till_error *error);

/* Starts the input with the frame's columns. `missing` is for FRAME_NUMBER: an empty value rejects its row, or passes.
 */
enum till_status frame_start(struct frame *frame, struct tool_run *run, struct till_input *input, bool records,
                             enum till_missing missing, struct till_error *error);

enum till_status frame_take(struct frame *frame, const struct till_block *block, struct till_error *error);

/* Reads the input to its end, without records. */
enum till_status frame_read(struct frame *frame, struct till_input *input, struct till_error *error);

/* Settles what FRAME_ANY columns are. Errors: TILL_ERROR_DATA for a column of numbers in which some values are not,
 * with the first of them. */
enum till_status frame_finish(struct frame *frame, struct till_error *error);

/* The place of a schema column in the frame; TILL_NO_COLUMN. */
size_t frame_find(const struct frame *frame, size_t column);

void frame_free(struct frame *frame);

/* True for a column that is no feature unless asked for: an id by its name, or what a tool of this family adds. */
bool frame_is_id(struct till_slice name);
bool frame_is_added(struct till_slice name);

#endif
