/* tools/sheet.h: columns of the input in memory, as numbers, as levels (texts by code), or as what they turn out to be.
 * What a column holds is settled at its end, by most of its values; till/frame.h settles it by the first rows, and a
 * later value that does not fit makes a bad row. So this is for files that are looked at (which columns can be
 * compared, which ones drifted), the other for those that a model is fitted to by columns that were named.
 *
 *     struct sheet sheet = {0};
 *     sheet_add(&sheet, schema, column, SHEET_ANY, &error); ...
 *     sheet_start(&sheet, run, input, records, missing, &error);
 *     while (... till_input_next ...) sheet_take(&sheet, block, &error);
 *     sheet_finish(&sheet, &error);
 *     sheet.columns[0].numbers[row] ...
 *     sheet_free(&sheet);
 */
#ifndef TOOLS_SHEET_H
#define TOOLS_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/input.h>

#include "tool.h"

enum sheet_kind {
    SHEET_NUMBER, /* anything else is a bad row */
    SHEET_LEVEL,
    SHEET_ANY /* numbers where (nearly) all values are, else levels */
};

#define SHEET_MISSING UINT32_MAX

struct sheet_column {
    size_t column; /* of the schema */
    struct till_slice name;
    char *text; /* the name with a NUL */
    enum sheet_kind kind;
    bool numeric;                   /* NUMBER; ANY after sheet_finish */
    double *numbers;                /* NaN: missing */
    uint32_t *codes;                /* LEVEL, ANY where sheet.levels; SHEET_MISSING */
    struct till_dictionary *levels; /* of the codes */
    size_t present;                 /* rows that have a value */
    size_t parsed;                  /* and one that is a number */
    size_t first_bad;               /* the first row (from 1) whose value is no number; 0: none */
    size_t first_missing;           /* the first row (from 1) without a value; 0: none */
    char bad[TILL_QUOTED_SIZE];     /* that value */
};

struct sheet {
    struct sheet_column *columns;
    size_t count;
    size_t rows;
    size_t capacity;
    bool levels; /* keep the levels of columns of either kind */
    struct till_number_format number;
};

/* Adds a column, unless it is there already. Errors: TILL_ERROR_MEMORY. */
enum till_status sheet_add(struct sheet *sheet, const struct till_schema *schema, size_t column, enum sheet_kind kind,
                           struct till_error *error);

/* Starts the input with the sheet's columns. `missing` is for SHEET_NUMBER: an empty value rejects its row, or passes.
 */
enum till_status sheet_start(struct sheet *sheet, struct tool_run *run, struct till_input *input, bool records,
                             enum till_missing missing, struct till_error *error);

enum till_status sheet_take(struct sheet *sheet, const struct till_block *block, struct till_error *error);

/* Reads the input to its end, without records. */
enum till_status sheet_read(struct sheet *sheet, struct till_input *input, struct till_error *error);

/* Settles what SHEET_ANY columns are. Errors: TILL_ERROR_DATA for a column of numbers in which some values are not,
 * with the first of them. */
enum till_status sheet_finish(struct sheet *sheet, struct till_error *error);

/* The place of a schema column in the sheet; TILL_NO_COLUMN. */
size_t sheet_find(const struct sheet *sheet, size_t column);

void sheet_free(struct sheet *sheet);

/* True for a column that is no feature unless asked for: an id by its name, or what a tool of this family adds. */
bool sheet_is_id(struct till_slice name);
bool sheet_is_added(struct till_slice name);

#endif
