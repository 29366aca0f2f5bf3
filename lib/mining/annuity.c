/* The textbook's lifetime value: a geometric sum. With the factor g = retention / (1 + rate) of a year,
 * g + g^2 + ... + g^n = g (1 - g^n) / (1 - g); near g = 1 the quotient of two small numbers is taken by expm1 and log.
 */
#include <till/annuity.h>

#include <math.h>

/* 1 + g + ... + g^(n-1). */
static double geometric(double g, double n) {
    if (g == 0)
        return n > 0 ? 1 : 0;
    double length = log(g);
    return length == 0 ? n : expm1(n * length) / expm1(length);
}

double till_annuity_value(const struct till_annuity *annuity, enum till_annuity_method method,
                          enum till_annuity_timing timing) {
    double yearly = annuity->yearly_revenue - (method == TILL_ANNUITY_REVENUE ? 0 : annuity->service_cost);
    double stay = method == TILL_ANNUITY_RETENTION ? annuity->retention : 1;
    double factor = stay / (1 + annuity->rate);
    /* At the beginning of a year there is one discount less; the share that is there is the same. */
    double first = timing == TILL_ANNUITY_END ? factor : stay;
    return annuity->first_price - annuity->acquisition_cost + yearly * first * geometric(factor, annuity->years);
}
