/* Columns of Z'WZ where there are more terms than rows, so that all of it would be larger than Z: coordinate descent
 * with a lasso needs the diagonal, and the columns of the few terms that it moves (J. Friedman, T. Hastie, R.
 * Tibshirani, Regularization paths for generalized linear models via coordinate descent, 2010, section 2.2). */
#include "gram.h"

#include <math.h>
#include <stdlib.h>

#include "../../base/lanes.h"

enum till_status gram_open(struct gram *gram, const struct logistic_data *data, struct till_error *error) {
    gram->data = data;
    gram->weight = malloc((data->n + 1) * 2 * sizeof *gram->weight); /* and as much to work in */
    gram->diagonal = malloc(data->p * sizeof *gram->diagonal);
    gram->columns = calloc(data->p, sizeof *gram->columns);
    return gram->weight == NULL || gram->diagonal == NULL || gram->columns == NULL ? till_error_memory(error) : TILL_OK;
}

static void forget(struct gram *gram) {
    for (size_t j = 0; gram->columns != NULL && j < gram->data->p; j++) {
        free(gram->columns[j]);
        gram->columns[j] = NULL;
    }
}

void gram_close(struct gram *gram) {
    if (gram->data != NULL)
        forget(gram);
    free(gram->weight);
    free(gram->diagonal);
    free(gram->columns);
}

/* Sums over rows of v z, and of v z^2, where z is a standardised term. */
WIDER static void multiply_term(const double *v, const double *x, double mean, double scale, size_t rows, double *once,
                                double *twice) {
    lanes first = {0}, second = {0};
    size_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        lanes z = (*(const loose_lanes *)(x + i) - mean) * scale, product = *(const loose_lanes *)(v + i) * z;
        first += product;
        second += product * z;
    }
    *once = lanes_sum(&first);
    *twice = lanes_sum(&second);
    for (; i < rows; i++) {
        double z = (x[i] - mean) * scale;
        *once += v[i] * z;
        *twice += v[i] * z * z;
    }
}

static void multiply(const struct gram *gram, const double *v, size_t j, double *once, double *twice) {
    const struct logistic_data *data = gram->data;
    multiply_term(v, data->design->x + (j - 1) * data->n, data->design->mean[j - 1], data->scale[j - 1], data->n, once,
                  twice);
}

void gram_set(struct gram *gram, const double *beta, double ridge) {
    const struct logistic_data *data = gram->data;
    forget(gram);
    gram->ridge = ridge;
    gram->diagonal[0] = 0;
    for (size_t i = 0; i < data->n; i++) {
        double power = exp(-fabs(logistic_predictor(data, i, beta)));
        gram->weight[i] = (data->weight == NULL ? 1 : data->weight[i]) * power / ((1 + power) * (1 + power));
        gram->diagonal[0] += gram->weight[i];
    }
    for (size_t j = 1; j < data->p; j++) {
        double once;
        multiply(gram, gram->weight, j, &once, &gram->diagonal[j]);
        gram->diagonal[j] += ridge;
    }
}

const double *gram_column(struct gram *gram, size_t j) {
    const struct logistic_data *data = gram->data;
    if (gram->columns[j] != NULL)
        return gram->columns[j];
    double *column = gram->columns[j] = malloc(data->p * sizeof *column), *v = gram->weight + data->n + 1, twice;
    if (column == NULL)
        return NULL;
    column[0] = 0;
    for (size_t i = 0; i < data->n; i++) {
        v[i] = gram->weight[i] * (j == 0 ? 1 : logistic_value(data, i, j));
        column[0] += v[i];
    }
    for (size_t k = 1; k < data->p; k++)
        multiply(gram, v, k, &column[k], &twice);
    column[j] = gram->diagonal[j];
    return column;
}
