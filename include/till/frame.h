/* till/frame.h: rows in memory as columns of numbers and of levels: what models are fitted to.
 *
 *     struct till_frame_wish wishes[] = {{.column = 3, .kind = TILL_FRAME_FLAG, .role = "event"}, {.column = 5}};
 *     till_frame_plan(&frame, till_input_schema(input), wishes, 2, &error);
 *     till_frame_read(frame, input, number, records, threads, &error);      starts the input and reads it to its end
 *     frame->columns[0].numbers[row] ...
 *     till_frame_free(frame);
 *
 * Whether a column of the kind AUTO holds numbers or levels is settled by the first TILL_FRAME_SAMPLE rows: numbers,
 * where each of them that is not missing is one and finite. A later row that is none is then a bad row. Where nearly
 * all of the first rows (nine of ten) are numbers, a text among them is more likely a fault than a level: an error.
 * Nothing depends on threads or on the cut of the input. Memory: 8 bytes a number, 4 a level. */
#ifndef TILL_FRAME_H
#define TILL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/error.h>
#include <till/input.h>
#include <till/rows.h>
#include <till/schema.h>

enum till_frame_kind {
    TILL_FRAME_AUTO,
    TILL_FRAME_NUMBER,
    TILL_FRAME_TEXT,
    TILL_FRAME_FLAG /* a number 1 or 0: `positive` or anything else; without it, 1 yes true, 0 no false, any case */
};

#define TILL_FRAME_SAMPLE 1000

struct till_frame_wish {
    size_t column;
    enum till_frame_kind kind;
    enum till_missing missing; /* what a missing value means for its row */
    const char *role;          /* for messages; NULL: the column's name. It must outlive the frame. */
    const char *positive;      /* FLAG; may be NULL. It must outlive the frame. */
    bool not_negative;         /* NUMBER: a value below zero makes a bad row */
};

#define TILL_FRAME_NO_LEVEL UINT32_MAX

struct till_frame_column {
    char *name;
    bool text;
    double *numbers;                /* [rows] unless `text`; missing: NaN */
    uint32_t *codes;                /* [rows] if `text`; missing: TILL_FRAME_NO_LEVEL */
    struct till_dictionary *levels; /* if `text` */
    struct till_frame_wish wish;
};

/* What the first rows of an AUTO column hold. */
struct till_frame_sample {
    size_t present;
    size_t numbers;
    size_t first_text; /* the first row (from 1) with a value that is no number; 0: none */
    char text[TILL_QUOTED_SIZE];
};

struct till_frame {
    size_t rows;
    size_t count;
    struct till_frame_column *columns;
    struct till_wanted *wanted; /* [count] */
    size_t capacity;
    size_t seen;                       /* rows that were looked at, up to the sample */
    bool settled;                      /* every AUTO column is one or the other */
    struct till_frame_sample *samples; /* [count] */
};

/* A frame of `count` columns and no rows. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_frame_plan(struct till_frame **frame, const struct till_schema *schema,
                                          const struct till_frame_wish *wishes, size_t count, struct till_error *error);

/* Starts the input and reads all its rows. `records` may be NULL: a store that keeps the rows used, verbatim, in the
 * same order. Bad rows go the way of all bad rows. Errors: those of the input; TILL_ERROR_DATA for a text among
 * numbers; TILL_ERROR_MEMORY. O(cells). */
TILL_API enum till_status till_frame_read(struct till_frame *frame, struct till_input *input,
                                          const struct till_number_format *number, struct till_rows *records,
                                          unsigned threads, struct till_error *error);

/* Puts something in the place of what is missing in the columns from `first` on: the mean of a column of numbers (0
 * where there is none), the most frequent level of a column of levels, of equally frequent ones the smallest by bytes.
 * fills [count - first] says what: a number, or the place of a level in byte order (NaN without levels). *missing
 * counts the cells. Errors: TILL_ERROR_MEMORY. O(cells). */
TILL_API enum till_status till_frame_fill(struct till_frame *frame, size_t first, double *fills, uint64_t *missing,
                                          struct till_error *error);

TILL_API void till_frame_free(struct till_frame *frame);

#endif
