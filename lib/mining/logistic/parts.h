/* parts.h: what the files of logistic regression share: the data as they are fitted, and one pass over them. */
#ifndef TILL_LOGISTIC_PARTS_H
#define TILL_LOGISTIC_PARTS_H

#include <stdbool.h>

#include <till/logistic.h>

struct logistic_data {
    const struct till_design *design;
    const double *target;
    const double *weight; /* NULL: 1 each */
    unsigned threads;
    size_t n;
    bool wide;     /* there is no matrix: each pass gives likelihood and gradient alone */
    size_t p;      /* terms and the intercept, which comes first */
    double total;  /* sum of weights */
    double *scale; /* [p - 1] 1 / spread */
    size_t chunks; /* of rows; depends on n and p alone */
    size_t chunk_rows;
    double **scratch; /* [threads] a block of standardised rows each */
    double *partial;  /* [chunks][partial_size] */
    size_t partial_size;
    bool slope;       /* no information in this pass */
    size_t stride;    /* of blocks of rows, one of so many is looked at */
    double looked_at; /* the weight of the rows of the last pass */
    double *gradient; /* [p] of the log-likelihood */
    double *matrix;   /* [p][p] information, lower triangle */
    double likelihood;
};

enum till_status logistic_open(struct logistic_data *data, struct till_error *error);
void logistic_close(struct logistic_data *data);

/* Likelihood, gradient and information at `beta` (standardised), of the rows that `stride` looks at. */
enum till_status logistic_pass(struct logistic_data *data, const double *beta, struct till_error *error);

/* Likelihood and gradient alone, at half the cost; the information stays as it was. */
enum till_status logistic_slope(struct logistic_data *data, const double *beta, struct till_error *error);

/* A standardised value: of term 1.. of a row. */
static inline double logistic_value(const struct logistic_data *data, size_t row, size_t term) {
    return (data->design->x[(term - 1) * data->n + row] - data->design->mean[term - 1]) * data->scale[term - 1];
}

/* A fit with a ridge alone, for more terms than rows. */
enum till_status logistic_fit_by_rows(struct till_logistic **fit, const struct till_design *design,
                                      const double *target, const double *weight,
                                      const struct till_logistic_settings *settings, struct till_error *error);

/* The predictor of a row. */
double logistic_predictor(const struct logistic_data *data, size_t row, const double *beta);

#endif
