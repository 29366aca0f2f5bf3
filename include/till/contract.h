/* till/contract.h: how long subscribers stay: the shifted beta-geometric model.
 *
 *     till_contract_fit(&fit, survivors, periods, &error);          survivors[0..periods], a cohort's size at each
 * renewal till_contract_survival(&fit.model, 12)
 *
 * Everybody leaves at each renewal with a probability of one's own, beta(alpha, beta) over customers (Fader & Hardie
 * 2007, "How to project customer retention", Journal of Interactive Marketing 21). */
#ifndef TILL_CONTRACT_H
#define TILL_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

struct till_contract_model {
    double alpha;
    double beta;
};

struct till_contract_fit {
    struct till_contract_model model;
    double log_likelihood;
    double gradient;         /* the largest of the mean log-likelihood, by the logs of the parameters */
    double covariance[2][2]; /* of the logs */
};

/* Maximum likelihood from the survivors at the start and after each of `periods` renewals. Errors: TILL_ERROR_DATA when
 * survivors rise; TILL_ERROR_MODEL when the data do not identify both parameters, with the reason. O(periods). */
TILL_API enum till_status till_contract_fit(struct till_contract_fit *fit, const uint64_t *survivors, size_t periods,
                                            struct till_error *error);

/* The share that is still there after `period` renewals, and the share of those before it who renew for the period-th
 * time (period >= 1). */
TILL_API double till_contract_survival(const struct till_contract_model *model, double period);
TILL_API double till_contract_retention(const struct till_contract_model *model, double period);

/* Discounted expected lifetime of a new customer: the payments to come, one now and one at each renewal, each
 * discounted by 1/(1 + discount) a period; and the residual lifetime of one who is about to renew for the `period`-th
 * time (Fader & Hardie 2010, "Customer-base valuation in a contractual setting"). discount > 0. */
TILL_API double till_contract_lifetime(const struct till_contract_model *model, double discount);
TILL_API double till_contract_residual(const struct till_contract_model *model, uint64_t period, double discount);

#endif
