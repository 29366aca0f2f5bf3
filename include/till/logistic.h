/* till/logistic.h: logistic regression, with and without penalties.
 *
 *     till_logistic_fit(&fit, design, target, NULL, NULL, &settings, &error);
 *     fit->estimate[0] is the intercept, fit->estimate[1 + term] a term's, in the units of the design
 *     till_logistic_free(fit);
 *
 * The fit minimises the mean log-loss + lasso |w|_1 + ridge / 2 |w|^2, where w are the weights of terms with mean 0 and
 * population standard deviation 1, and the intercept is free: glmnet's lambda and alpha are lasso = lambda alpha, ridge
 * = lambda (1 - alpha); scikit-learn's C is ridge = 1 / (n C).
 *
 * P. McCullagh, J. A. Nelder, Generalized Linear Models, 1989 (iteratively reweighted least squares). J. Friedman, T.
 * Hastie, R. Tibshirani, Regularization paths for generalized linear models via coordinate descent, JSS 33, 2010. P. J.
 * Huber, 1967, and K.-Y. Liang, S. L. Zeger, Biometrika 73, 1986 (sandwich errors by group). */
#ifndef TILL_LOGISTIC_H
#define TILL_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/design.h>
#include <till/error.h>

struct till_logistic_settings {
    double ridge;
    double lasso;
    unsigned threads; /* the result does not depend on it */
    bool robust;      /* sandwich errors, by group where there are groups */
};

struct till_logistic {
    size_t terms;
    double *estimate;   /* [1 + terms] */
    double *covariance; /* [1 + terms][1 + terms]; NULL with a penalty */
    double log_likelihood;
    double log_likelihood_null; /* the intercept alone */
    unsigned iterations;
    size_t non_zero;      /* terms whose estimate is not zero */
    double condition;     /* largest variance inflation factor; NaN with a penalty */
    size_t most_inflated; /* its term */
};

/* target[row] is 0 or 1; weight [rows] may be NULL: 1 each; group [rows] of 0..groups-1 may be NULL: rows are
 * independent. Errors: TILL_ERROR_MODEL for one class alone, for terms that are combinations of others (named), for
 * classes that a term separates (named), for no convergence; TILL_ERROR_MEMORY. O(rows terms^2) a step. */
TILL_API enum till_status till_logistic_fit(struct till_logistic **fit, const struct till_design *design,
                                            const double *target, const double *weight, const uint32_t *group,
                                            size_t groups, const struct till_logistic_settings *settings,
                                            struct till_error *error);
TILL_API void till_logistic_free(struct till_logistic *fit);

/* 1 / (1 + exp(-eta)), without overflow. */
TILL_API double till_logistic_probability(double eta);

#endif
