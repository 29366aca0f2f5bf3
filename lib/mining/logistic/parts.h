/* parts.h: what the files of logistic regression share: the data as they are fitted, and one pass over them. */
#ifndef TILL_LOGISTIC_PARTS_H
#define TILL_LOGISTIC_PARTS_H

#include <till/logistic.h>

struct logistic_data {
    const struct till_design *design;
    const double *target;
    const double *weight; /* NULL: 1 each */
    unsigned threads;
    size_t n;
    size_t p;      /* terms and the intercept, which comes first */
    double total;  /* sum of weights */
    size_t chunks; /* of rows; depends on n and p alone */
    size_t chunk_rows;
    double *z;        /* [p - 1][n] standardised terms */
    double *partial;  /* [chunks][p * p + p + 1] */
    double *gradient; /* [p] of the log-likelihood */
    double *matrix;   /* [p][p] information, lower triangle */
    double likelihood;
};

enum till_status logistic_open(struct logistic_data *data, struct till_error *error);
void logistic_close(struct logistic_data *data);

/* Likelihood, gradient and information at `beta` (standardised). */
enum till_status logistic_pass(struct logistic_data *data, const double *beta, struct till_error *error);

/* The predictor of a row. */
double logistic_predictor(const struct logistic_data *data, size_t row, const double *beta);

#endif
