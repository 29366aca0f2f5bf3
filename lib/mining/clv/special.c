/* Gamma functions by Stirling's series, behind a shift of the argument to 12 and more, where the terms kept here are
 * exact to the last bit (Abramowitz & Stegun 1964, 6.1.40, 6.3.18, 6.4.12).
 *
 * Differences log Gamma(x + n) - log Gamma(x) are never taken of two finished values: with x = 1e10 these agree in all
 * digits that matter. The large parts are combined by log1p first. */
#include "special.h"

#include <math.h>

#define LARGE 12.0

/* The part of log Gamma beyond (x - 1/2) log x - x + log(2 pi)/2, and its derivatives. */
static double stirling(double x) {
    double y = 1 / (x * x);
    return (1.0 / 12 -
            y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * (691.0 / 360360 - y / 156)))))) /
           x;
}

static double stirling_first(double x) {
    double y = 1 / (x * x);
    return -y * (1.0 / 12 -
                 y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
}

static double stirling_second(double x) {
    double y = 1 / (x * x);
    return y / x *
           (1.0 / 6 -
            y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * (691.0 / 2730 - y * (7.0 / 6)))))));
}

/* rising(x, n) for x >= LARGE. */
static struct rising rising_large(double x, double n) {
    double z = x + n, ratio = log1p(n / x);
    return (struct rising){
        (x - 0.5) * ratio + n * (log(z) - 1) + stirling(z) - stirling(x),
        ratio + n / (2 * x * z) + stirling_first(z) - stirling_first(x),
        -n / (x * z) - n * (x + z) / (2 * x * x * z * z) + stirling_second(z) - stirling_second(x),
    };
}

/* A few factors of the product x (x + 1) ... (x + n - 1). */
static struct rising rising_product(double x, unsigned n) {
    struct rising sum = {0, 0, 0};
    for (unsigned i = 0; i < n; i++) {
        double factor = x + i;
        sum.value += log(factor);
        sum.first += 1 / factor;
        sum.second -= 1 / (factor * factor);
    }
    return sum;
}

struct rising rising(double x, double n) {
    if (n <= 16 && n == floor(n))
        return rising_product(x, (unsigned)n);
    unsigned shift = x < LARGE ? (unsigned)ceil(LARGE - x) : 0;
    struct rising sum = rising_large(x + shift, n);
    for (unsigned i = 0; i < shift; i++) {
        double low = x + i, high = low + n;
        sum.value -= log1p(n / low);
        sum.first += n / (low * high);
        sum.second -= n * (low + high) / (low * low * high * high);
    }
    return sum;
}

void rising_table(double x, const uint32_t *n, size_t count, struct rising *table) {
    struct rising sum = {0, 0, 0};
    uint32_t reached = 0;
    for (size_t i = 0; i < count; i++) {
        struct rising more = rising(x + reached, n[i] - reached);
        sum.value += more.value;
        sum.first += more.first;
        sum.second += more.second;
        reached = n[i];
        table[i] = sum;
    }
}

double log_gamma(double x) {
    double shift = 0;
    while (x < LARGE) {
        shift += log(x);
        x += 1;
    }
    return (x - 0.5) * log(x) - x + 0.918938533204672741780329736406 + stirling(x) - shift;
}

double trigamma(double x) {
    double shift = 0;
    while (x < LARGE) {
        shift += 1 / (x * x);
        x += 1;
    }
    return 1 / x + 0.5 / (x * x) + stirling_second(x) + shift;
}

double log_add(double a, double b) {
    double high = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}
