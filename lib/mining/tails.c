/* Tails of the normal and the chi-square distribution. For whole degrees of freedom the chi-square tail is a finite sum
 * of positive terms (Abramowitz and Stegun, 26.4.4 and 26.4.5), which loses nothing far out; terms are kept as
 * logarithms, so that they neither overflow nor vanish. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include <till/tails.h>

double till_tail_normal(double z) {
    return erfc(fabs(z) / sqrt(2));
}

double till_tail_chi_square(double x, size_t df) {
    double half = x / 2;
    if (isnan(x) || x <= 0)
        return isnan(x) ? x : 1;
    /* Even: terms h^i / i! from i = 0. Odd: h^(i - 1/2) / Gamma(i + 1/2) from i = 1, behind a normal tail. */
    double step = df % 2 == 0 ? 0 : 0.5;
    double term = df % 2 == 0 ? -half : -half + 0.5 * log(half) - log(sqrt(acos(-1.0)) / 2);
    double sum = df % 2 == 0 ? 0 : erfc(sqrt(half));
    for (size_t i = 1; i <= df / 2; i++) {
        sum += exp(term);
        term += log(half) - log((double)i + step);
    }
    return sum > 1 ? 1 : sum;
}

double till_tail_quantile(double level) {
    return gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
}
