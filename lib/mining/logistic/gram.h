/* gram.h: information on demand, for more terms than rows: the lasso asks for few of its columns. */
#ifndef TILL_LOGISTIC_GRAM_H
#define TILL_LOGISTIC_GRAM_H

#include "parts.h"

struct gram {
    const struct logistic_data *data; /* NULL: not in use */
    double ridge;
    double *weight;   /* [n] of the rows */
    double *diagonal; /* [p] */
    double **columns; /* [p]; NULL: not asked for yet */
};

enum till_status gram_open(struct gram *gram, const struct logistic_data *data, struct till_error *error);
void gram_close(struct gram *gram);

/* The information at beta, with the ridge of all terms but the intercept; forgets what was there. O(rows terms). */
void gram_set(struct gram *gram, const double *beta, double ridge);

/* Its j-th column [p], O(rows terms) the first time; NULL when memory is out. */
const double *gram_column(struct gram *gram, size_t j);

#endif
