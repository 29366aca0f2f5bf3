/* till/annuity.h: the textbook's lifetime value: a first price, then equal yearly revenue, discounted.
 *
 *     till_annuity_value(&customer, TILL_ANNUITY_MARGIN, TILL_ANNUITY_END)
 */
#ifndef TILL_ANNUITY_H
#define TILL_ANNUITY_H

#include <till/error.h>

/* REVENUE: what comes in, less the cost of acquisition. MARGIN: less the direct cost of service too. RETENTION: that,
 * each year weighted with the probability that the customer is still there (Berger & Nasr 1998, "Customer lifetime
 * value: marketing models and applications", Journal of Interactive Marketing 12, case 1). */
enum till_annuity_method { TILL_ANNUITY_REVENUE, TILL_ANNUITY_MARGIN, TILL_ANNUITY_RETENTION };

/* END: year t = 1..years is discounted t times; BEGIN: t - 1 times. */
enum till_annuity_timing { TILL_ANNUITY_END, TILL_ANNUITY_BEGIN };

struct till_annuity {
    double years; /* whole years */
    double acquisition_cost;
    double first_price;
    double yearly_revenue;
    double service_cost; /* a year */
    double rate;         /* of discount a year, above -1 */
    double retention;    /* from year to year, 0..1; for RETENTION alone */
};

/* first_price - acquisition_cost + sum over years of (yearly_revenue - service_cost) retention^t / (1 + rate)^t. O(1).
 */
TILL_API double till_annuity_value(const struct till_annuity *annuity, enum till_annuity_method method,
                                   enum till_annuity_timing timing);

#endif
