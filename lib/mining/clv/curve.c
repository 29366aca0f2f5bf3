/* Chebyshev interpolation (Lloyd N. Trefethen, Approximation Theory and Approximation Practice, 2013, chapters 3, 8 and
 * 19). What somebody will buy is an analytic function of the age, whose nearest singularities are at -alpha or -beta,
 * and further to the left; by the log of alpha + age they are pi away from the real line, so that the coefficients of a
 * Chebyshev series fall as a geometric sequence, whatever the ages. A million customers of different ages then cost as
 * much as 32 of them and a short polynomial each. Rates of buying fall with the inverse of shift + age; what is
 * interpolated is the rest, which varies so little that all of it has the same digits. Whether the series has ended is
 * seen from its last coefficients. */
#include "curve.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double rounding = 1e-15; /* of the largest coefficient: below this a coefficient says nothing */

/* The coefficients from the values at `nodes` points cos(pi (j + 1/2) / nodes): a cosine transform, by its definition.
 */
static void transform(double values[CURVE_MOST][2], size_t nodes, double coefficient[CURVE_MOST][2]) {
    double cosine[4 * CURVE_MOST]; /* of pi i / (2 nodes): one full turn */
    for (size_t i = 0; i < 4 * nodes; i++)
        cosine[i] = cos(pi * (double)i / (2 * (double)nodes));
    for (size_t k = 0; k < nodes; k++)
        for (int f = 0; f < 2; f++) {
            double sum = 0;
            for (size_t j = 0; j < nodes; j++)
                /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there are nodes here */
                sum += values[j][f] * cosine[k * (2 * j + 1) % (4 * nodes)];
            coefficient[k][f] = sum * (k == 0 ? 1 : 2) / (double)nodes;
        }
}

/* How many of the terms say something; 0 when the last ones still do. */
static size_t count_terms(double coefficient[CURVE_MOST][2], size_t nodes) {
    double largest[2] = {0, 0};
    size_t terms = 1;
    for (size_t k = 0; k < nodes; k++)
        for (int f = 0; f < 2; f++) {
            if (!isfinite(coefficient[k][f]))
                return 0;
            largest[f] = fmax(largest[f], fabs(coefficient[k][f]));
        }
    for (size_t k = 0; k < nodes; k++)
        for (int f = 0; f < 2; f++)
            if (fabs(coefficient[k][f]) > rounding * largest[f])
                terms = k + 1;
    return terms + 3 <= nodes ? terms : 0;
}

void curve_make(struct curve *curve, double shift, double youngest, double oldest, curve_values *values,
                const void *context) {
    double low = log(shift + youngest), high = log(shift + oldest);
    curve->shift = shift;
    curve->middle = (low + high) / 2;
    curve->half = (high - low) / 2;
    curve->terms = 0;
    for (size_t nodes = CURVE_FEW; nodes <= CURVE_MOST && curve->terms == 0; nodes *= 2) {
        double sampled[CURVE_MOST][2];
        for (size_t j = 0; j < nodes; j++) {
            double y = curve->middle + curve->half * cos(pi * ((double)j + 0.5) / (double)nodes);
            double age = fmin(fmax(exp(y) - shift, youngest), oldest);
            values(context, age, sampled[j]);
            sampled[j][0] *= shift + age;
            sampled[j][1] *= shift + age;
        }
        transform(sampled, nodes, curve->coefficient);
        curve->terms = count_terms(curve->coefficient, nodes);
    }
}

/* Clenshaw's recurrence, for both at once. */
void curve_at(const struct curve *curve, double age, double values[2]) {
    double x = (log(curve->shift + age) - curve->middle) / curve->half;
    double b[2] = {0, 0}, before[2] = {0, 0};
    for (size_t k = curve->terms; k-- > 1;)
        for (int f = 0; f < 2; f++) {
            double next = curve->coefficient[k][f] + 2 * x * b[f] - before[f];
            before[f] = b[f];
            b[f] = next;
        }
    for (int f = 0; f < 2; f++)
        values[f] = (curve->coefficient[0][f] + x * b[f] - before[f]) / (curve->shift + age);
}
