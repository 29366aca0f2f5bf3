/* till/design.h: the columns of a frame as the terms of a linear predictor.
 *
 *     till_design_make(&design, frame, 2, frame->count - 2, &error);
 *     design->x[term * design->rows + row], design->names[term]
 *     till_design_free(design);
 *
 * A column of numbers is one term, called as it is. A column of levels is a term COLUMN=LEVEL for each level but the
 * reference, the smallest by bytes: 1 in rows of that level, else 0. There is no term for the intercept. Terms that are
 * the same in all rows are dropped and named. */
#ifndef TILL_DESIGN_H
#define TILL_DESIGN_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>
#include <till/frame.h>

/* Where the terms of a column come from; what a model file keeps of it. */
struct till_design_source {
    char *column;
    bool text;
    size_t level_count;
    char **levels; /* in byte order; the first is the reference */
    /* [1, or level_count]: which term; TILL_NO_COLUMN: the reference, or dropped */
    size_t *terms;
};

struct till_design {
    size_t rows;
    size_t terms;
    char **names;   /* [terms] */
    double *x;      /* [terms][rows], column by column */
    double *mean;   /* [terms] */
    double *spread; /* [terms] population standard deviation, above zero */
    size_t source_count;
    struct till_design_source *sources;
    size_t dropped_count;
    char **dropped; /* terms that are the same in all rows */
};

/* Columns first..first+count-1 of a frame without missing values (a missing number would make its sums NaN: callers
 * reject such rows or fill them). Levels and texts are copied. Errors: TILL_ERROR_DATA for a column of more than
 * TILL_DESIGN_LEVELS levels, and for more terms than TILL_DESIGN_TERMS; TILL_ERROR_MEMORY. O(rows x terms). */
#define TILL_DESIGN_LEVELS 1000
#define TILL_DESIGN_TERMS 20000
TILL_API enum till_status till_design_make(struct till_design **design, const struct till_frame *frame, size_t first,
                                           size_t count, struct till_error *error);
TILL_API void till_design_free(struct till_design *design);

#endif
