/* till/clv_equity.h: what all customers together are still worth, and how sure that is.
 *
 *     till_clv_equity(&equity, &basis, threads, &error);
 *
 * Two things are not known: the parameters, and what customers will do given the parameters. The first variance is that
 * of the delta method, from the covariance of the fits; the second adds over customers, each one's measured by drawing
 * futures from what is known of the customer. */
#ifndef TILL_CLV_EQUITY_H
#define TILL_CLV_EQUITY_H

#include <stdint.h>

#include <till/clv.h>
#include <till/error.h>
#include <till/spend.h>

struct till_clv_basis {
    const struct till_clv_fit *fit;
    const struct till_spend_fit *spend; /* NULL: every purchase is worth 1 */
    const struct till_clv_cells *cells;
    const uint32_t *repeats; /* [cells->customers] */
    const double *mean;      /* [cells->customers] */
    struct till_clv_horizon horizon;
    double margin;
    uint64_t seed;
};

struct till_clv_equity {
    double value;           /* the sum of clv */
    double parameter_error; /* standard errors of it */
    double process_error;
    double lower, upper; /* 95 %, from both */
};

/* Errors: as till_clv_predict. 15 forecasts, and some hundred thousand futures. */
TILL_API enum till_status till_clv_equity(struct till_clv_equity *equity, const struct till_clv_basis *basis,
                                          unsigned threads, struct till_error *error);

#endif
