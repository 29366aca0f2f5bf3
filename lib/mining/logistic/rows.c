/* More terms than rows, with a ridge: the solution is a combination of the rows (Trevor Hastie, Robert Tibshirani,
 * "Efficient quadratic regularization for expression arrays", Biostatistics 5, 2004). With K = ZZ' = LL' the terms are
 * turned so that all that rows know of them is in the columns of L, of which there are no more than rows; lengths of
 * coefficients stay, and so does the penalty. Rows that are combinations of those before them give no column. */
#include <math.h>
#include <stdlib.h>

#include <till/parallel.h>

#include "../../base/lanes.h"
#include "parts.h"

/* A pivot below this share of the row's own length is rounding. */
static const double rounding = 1e-14;

struct turn {
    const struct till_design *design;
    size_t n;
    size_t rank;
    double *factor; /* [n][n]: K's lower triangle, then L, rank columns of it */
    size_t *kept;   /* [rank] the rows that gave the columns */
    double *terms;  /* [rank][n] the columns again, one after the other */
};

/* into += scale (x - mean) for the first `count` rows. */
WIDER static void add_scaled(double *into, const double *x, double mean, double scale, size_t count) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        *(loose_lanes *)(into + i) += (*(const loose_lanes *)(x + i) - mean) * scale;
    for (; i < count; i++)
        into[i] += (x[i] - mean) * scale;
}

/* One row of K: its products with the rows up to itself. */
static enum till_status multiply_row(void *context, size_t row, unsigned worker, struct till_error *error) {
    const struct turn *turn = context;
    const struct till_design *design = turn->design;
    (void)worker;
    (void)error;
    for (size_t i = 0; i <= row; i++)
        turn->factor[row * turn->n + i] = 0;
    for (size_t j = 0; j < design->terms; j++) {
        const double *x = design->x + j * turn->n;
        double scale = 1 / design->spread[j], own = (x[row] - design->mean[j]) * scale;
        add_scaled(turn->factor + row * turn->n, x, design->mean[j], own * scale, row + 1);
    }
    return TILL_OK;
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Cholesky's factorisation of what may be singular: by rows, in place. Behind the entries of L in a row lie those of K
 * that are still to be read, for column c comes from row kept[c] >= c. */
static void factorise(struct turn *turn) {
    size_t n = turn->n;
    for (size_t i = 0; i < n; i++) {
        double *row = turn->factor + i * n, length = row[i];
        for (size_t c = 0; c < turn->rank; c++) {
            const double *pivot = turn->factor + turn->kept[c] * n;
            row[c] = (row[turn->kept[c]] - dot(row, pivot, c)) / pivot[c];
        }
        double left = length - dot(row, row, turn->rank);
        if (left > rounding * length && length > 0) {
            row[turn->rank] = sqrt(left);
            turn->kept[turn->rank++] = i;
        }
    }
}

static void lay_out(struct turn *turn) {
    for (size_t c = 0; c < turn->rank; c++)
        for (size_t i = 0; i < turn->n; i++)
            turn->terms[c * turn->n + i] = i < turn->kept[c] ? 0 : turn->factor[i * turn->n + c];
}

/* The coefficients of the terms, standardised: sum of a_c z_kept[c] with L'a = theta over the kept rows. */
static void turn_back(const struct turn *turn, double *theta, double *beta) {
    const struct till_design *design = turn->design;
    for (size_t c = turn->rank; c-- > 0;) {
        const double *pivot = turn->factor + turn->kept[c] * turn->n;
        theta[c] /= pivot[c];
        for (size_t k = 0; k < c; k++)
            theta[k] -= theta[c] * pivot[k];
    }
    for (size_t j = 0; j < design->terms; j++) {
        const double *x = design->x + j * turn->n;
        beta[j] = 0;
        for (size_t c = 0; c < turn->rank; c++)
            beta[j] += theta[c] * (x[turn->kept[c]] - design->mean[j]) / design->spread[j];
    }
}

/* Estimates in the units of the terms, from the fit of the turned ones. */
static enum till_status report(const struct turn *turn, struct till_logistic *turned, struct till_logistic **fit,
                               struct till_error *error) {
    const struct till_design *design = turn->design;
    struct till_logistic *made = calloc(1, sizeof *made);
    if (made != NULL)
        made->estimate = calloc(design->terms + 1, sizeof *made->estimate);
    if (made == NULL || made->estimate == NULL) {
        till_logistic_free(made);
        return till_error_memory(error);
    }
    made->terms = design->terms;
    made->log_likelihood = turned->log_likelihood;
    made->log_likelihood_null = turned->log_likelihood_null;
    made->iterations = turned->iterations;
    made->condition = NAN;
    made->estimate[0] = turned->estimate[0];
    turn_back(turn, turned->estimate + 1, made->estimate + 1);
    for (size_t j = 1; j <= design->terms; j++) {
        made->non_zero += made->estimate[j] != 0;
        made->estimate[j] /= design->spread[j - 1];
        made->estimate[0] -= made->estimate[j] * design->mean[j - 1];
    }
    *fit = made;
    return TILL_OK;
}

/* The turned terms are no longer standardised, and need not be: the penalty is on their plain coefficients. */
static enum till_status fit_turned(const struct turn *turn, const double *target, const double *weight,
                                   const struct till_logistic_settings *settings, struct till_logistic **fit,
                                   struct till_error *error) {
    size_t rank = turn->rank;
    struct till_design design = {.rows = turn->n, .terms = rank, .x = turn->terms};
    design.names = calloc(rank + 1, sizeof(char *));
    design.mean = calloc(rank + 1, sizeof *design.mean);
    design.spread = calloc(rank + 1, sizeof *design.spread);
    enum till_status status = TILL_OK;
    if (design.names == NULL || design.mean == NULL || design.spread == NULL)
        status = till_error_memory(error);
    for (size_t c = 0; c < rank && status == TILL_OK; c++) {
        design.names[c] = turn->design->names[c]; /* not theirs, but with a penalty no term is named */
        design.spread[c] = 1;
    }
    if (status == TILL_OK)
        status = till_logistic_fit(fit, &design, target, weight, NULL, 0, settings, error);
    free(design.names);
    free(design.mean);
    free(design.spread);
    return status;
}

enum till_status logistic_fit_by_rows(struct till_logistic **fit, const struct till_design *design,
                                      const double *target, const double *weight,
                                      const struct till_logistic_settings *settings, struct till_error *error) {
    struct turn turn = {.design = design, .n = design->rows};
    struct till_logistic *turned = NULL;
    size_t size = turn.n * turn.n + 1;
    turn.factor = malloc(size * sizeof *turn.factor);
    turn.terms = malloc(size * sizeof *turn.terms);
    turn.kept = malloc((turn.n + 1) * sizeof *turn.kept);
    enum till_status status = TILL_OK;
    if (turn.factor == NULL || turn.terms == NULL || turn.kept == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = till_parallel_for(settings->threads, turn.n, multiply_row, &turn, error);
    if (status == TILL_OK) {
        factorise(&turn);
        lay_out(&turn);
        status = fit_turned(&turn, target, weight, settings, &turned, error);
    }
    if (status == TILL_OK)
        status = report(&turn, turned, fit, error);
    till_logistic_free(turned);
    free(turn.factor);
    free(turn.terms);
    free(turn.kept);
    return status;
}
