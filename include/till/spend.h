/* till/spend.h: what a purchase is worth: the gamma-gamma model of spend.
 *
 *     till_spend_fit(&fit, &history, threads, &error);
 *     till_spend_expected(&fit.model, repeats, mean)
 *
 * A purchase of a customer is worth gamma(p, nu), and nu differs between customers as gamma(q, v) (Fader & Hardie 2013,
 * "The gamma-gamma model of monetary value"; Colombo & Jiang 1999). Spend is taken not to depend on how often somebody
 * buys: look at the correlation. */
#ifndef TILL_SPEND_H
#define TILL_SPEND_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

#define TILL_SPEND_PARAMETERS 3
struct till_spend_model {
    double parameter[TILL_SPEND_PARAMETERS]; /* p, q, v */
};
TILL_API const char *till_spend_parameter_name(int parameter);

/* Repeat purchases and what they were worth on the average; arrays of the caller's. Customers without repeats, and
 * those whose mean is not positive, say nothing to the model and are passed over. */
struct till_spend_history {
    size_t count;
    const uint32_t *repeats;
    const double *mean;
};

struct till_spend_fit {
    struct till_spend_model model;
    double log_likelihood;
    double gradient; /* the largest of the mean log-likelihood, by the logs of the parameters, where it was last looked
                        at */
    double covariance[TILL_SPEND_PARAMETERS][TILL_SPEND_PARAMETERS]; /* of the logs */
    size_t customers;                                                /* who spoke */
    double correlation; /* of their repeats and means; NaN where one of them does not vary */
};

/* Maximum likelihood by Newton's method. Errors: TILL_ERROR_MODEL when spend does not vary between customers, or within
 * them, or when it is so wild that the model has no finite mean (q <= 1), with the reason; TILL_ERROR_MEMORY. A dozen
 * passes over the customers. */
TILL_API enum till_status till_spend_fit(struct till_spend_fit *fit, const struct till_spend_history *history,
                                         unsigned threads, struct till_error *error);
TILL_API void till_spend_interval(const struct till_spend_fit *fit, int parameter, double *std_error, double *lower,
                                  double *upper);

/* What the next purchase of a customer is worth; of one without repeats, or with a mean that is not positive, what one
 * of anybody is. */
TILL_API double till_spend_expected(const struct till_spend_model *model, uint32_t repeats, double mean);

#endif
