/* Fisher's exact test in logarithms. One probability comes from Loader's saddle-point form (C. Loader 2000, Fast and
 * accurate computation of binomial probabilities), which does not cancel as differences of log-gammas do; the tail is
 * then a sum of ratios of neighbours, which fall geometrically away from the mean. Below the mean the other tail is
 * summed, so that no term overflows. */
#include <math.h>

#include <till/rules.h>

#include "lib/mining/rules/fisher.h"

static const double log_two_pi = 1.837877066409345483560659472811;

/* log(n!) - log(sqrt(2 pi n) (n/e)^n). */
static double stirling_error(double n) {
    double square = n * n;
    if (n <= 15)
        return n == 0 ? 0 : lgamma(n + 1) - (n + 0.5) * log(n) + n - log_two_pi / 2;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / n;
}

/* x log(x / mean) + mean - x, without cancellation near the mean. */
static double deviance(double x, double mean) {
    if (fabs(x - mean) >= 0.1 * (x + mean))
        return x * log(x / mean) + mean - x;
    double v = (x - mean) / (x + mean), sum = (x - mean) * v, term = 2 * x * v;
    for (int j = 1; j < 1000; j++) {
        term *= v * v;
        double next = sum + term / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* log of the binomial probability of x among n, with p + q = 1. */
static double binomial_log(double x, double n, double p, double q) {
    if (x == 0)
        return n == 0 ? 0 : p < 0.1 ? -deviance(n, n * q) - n * p : n * log(q);
    if (x == n)
        return q < 0.1 ? -deviance(n, n * p) - n * q : n * log(p);
    double core =
        stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
    return core - (log_two_pi + log(x) + log1p(-x / n)) / 2;
}

double hypergeometric_log(uint64_t x, struct margins m) {
    double n = (double)m.left, total = (double)m.total, right = (double)m.right, hits = (double)x;
    if (margins_least(m) == margins_most(m))
        return 0;
    double p = n / total, q = (total - n) / total;
    return binomial_log(hits, right, p, q) + binomial_log(n - hits, total - right, p, q) - binomial_log(n, total, p, q);
}

/* The sum of P(X = y) / P(X = x) over y >= x, where the terms fall. */
static double upper_sum(uint64_t x, struct margins m) {
    double sum = 1, term = 1;
    for (uint64_t most = margins_most(m); x < most; x++) {
        term *= hypergeometric_ratio(x, m);
        sum += term;
        if (term < 1e-17 * sum)
            break;
    }
    return sum;
}

/* The same over y <= x. */
static double lower_sum(uint64_t x, struct margins m) {
    double sum = 1, term = 1;
    for (uint64_t least = margins_least(m); x > least; x--) {
        term /= hypergeometric_ratio(x - 1, m);
        sum += term;
        if (term < 1e-17 * sum)
            break;
    }
    return sum;
}

double till_fisher_log(uint64_t both, uint64_t left, uint64_t right, uint64_t total) {
    struct margins m = {left, right, total};
    if (both <= margins_least(m))
        return 0;
    if (both > margins_most(m))
        return -INFINITY;
    double mean = (double)left * (double)right / (double)total;
    double logarithm = (double)both > mean ? hypergeometric_log(both, m) + log(upper_sum(both, m))
                                           : log1p(-exp(hypergeometric_log(both - 1, m)) * lower_sum(both - 1, m));
    return logarithm > 0 ? 0 : logarithm;
}

uint64_t hypergeometric_quantile(double share, struct margins m) {
    uint64_t most = margins_most(m), x = margins_least(m);
    double mean = (double)m.left * (double)m.right / (double)m.total;
    /* The sum begins where nothing that counts lies below: twelve standard deviations under the mean. */
    double start = mean - 12 * sqrt(mean) - 12;
    if (start > (double)x)
        x = (uint64_t)start;
    double probability = exp(hypergeometric_log(x, m)), sum = probability * lower_sum(x, m);
    while (sum < share * (1 - 1e-13) && x < most) {
        probability *= hypergeometric_ratio(x++, m);
        sum += probability;
    }
    return x;
}
