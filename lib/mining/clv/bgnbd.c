/* BG/NBD (Fader, Hardie & Lee 2005, "Counting your customers the easy way", Marketing Science 24) and MBG/NBD
 * (Batislam, Denizel & Filiztekin 2007, "Empirical validation and comparison of models for customer base analysis").
 *
 * Both have two fates: alive at the end, or dropped out right after the last purchase. The one model differs from the
 * other by whether the first purchase can be the last of all: y, the number of chances to drop out that were seen, is x
 * or x + 1.
 *
 *     Gamma(r+x)/Gamma(r) alpha^-x B(a+b)(y-1 times b) [ (b+y-1) (1 + T/alpha)^-(r+x) + a (1 + t_x/alpha)^-(r+x) ]
 *
 * where the middle stands for Gamma(b+y-1)/Gamma(b) Gamma(a+b)/Gamma(a+b+y). */
#include "models.h"

#include <math.h>
#include <stdlib.h>

/* Chances to drop out. */
static double chances(enum till_clv_method method, uint32_t repeats) {
    return (double)repeats + (method == TILL_CLV_MBGNBD ? 1 : 0);
}

/* A table at the levels and `more`; below zero counts as zero. */
static struct rising *shifted_table(double x, const uint32_t *levels, size_t count, int more) {
    uint32_t *moved = calloc(count + 1, sizeof *moved);
    struct rising *table = calloc(count + 1, sizeof *table);
    for (size_t i = 0; i < count && moved != NULL; i++)
        moved[i] = levels[i] == 0 && more < 0 ? 0 : levels[i] + (uint32_t)more;
    if (moved != NULL && table != NULL) {
        rising_table(x, moved, count, table);
    } else {
        free(table);
        table = NULL;
    }
    free(moved);
    return table;
}

static bool prepare(struct point *point, const uint32_t *levels, size_t count, double longest) {
    const double *p = point->parameter;
    int more = point->method == TILL_CLV_MBGNBD ? 1 : 0;
    (void)longest;
    point->joint = log(p[1]);
    point->table[0] = shifted_table(p[0], levels, count, 0);
    point->table[1] = shifted_table(p[3], levels, count, more - 1);
    point->table[2] = shifted_table(p[2] + p[3], levels, count, more);
    return point->table[0] != NULL && point->table[1] != NULL && point->table[2] != NULL;
}

/* No purchase from some time on: -(r + x) log(1 + time/alpha). */
static void be_silent(const struct point *point, const struct buyer *buyer, double time, struct slopes *fate) {
    double r = point->parameter[0], buying = r + buyer->repeats;
    double a = log1p(time / point->parameter[1]), u = time / (point->parameter[1] + time);
    *fate = (struct slopes){.value = -buying * a, .gradient = {-r * a, buying * u, 0, 0}};
    fate->hessian[0][0] = -r * a;
    fate->hessian[0][1] = r * u;
    fate->hessian[1][1] = -buying * u * (1 - u);
}

static void be_alive(const struct point *point, const struct buyer *buyer, double y, struct slopes *fate) {
    be_silent(point, buyer, buyer->age, fate);
    if (y == 0)
        return; /* no chance to drop out was seen */
    double b = point->parameter[3], share = b / (b + y - 1);
    fate->value += log(b + y - 1);
    fate->gradient[3] += share;
    fate->hessian[3][3] += share * (1 - share);
}

static void be_gone(const struct point *point, const struct buyer *buyer, struct slopes *fate) {
    be_silent(point, buyer, buyer->last, fate);
    fate->value += log(point->parameter[2]);
    fate->gradient[2] += 1;
}

/* What both fates share: tables alone. */
static void add_common(const struct point *point, const struct buyer *buyer, double y, struct slopes *slopes) {
    double r = point->parameter[0], a = point->parameter[2], b = point->parameter[3];
    const struct rising *rate = &point->table[0][buyer->level];
    slopes->value += rate->value - buyer->repeats * point->joint;
    slopes->gradient[0] += r * rate->first;
    slopes->hessian[0][0] += r * rate->first + r * r * rate->second;
    slopes->gradient[1] -= buyer->repeats;
    if (y == 0)
        return;
    const struct rising *stay = &point->table[1][buyer->level], *both = &point->table[2][buyer->level];
    slopes->value += stay->value - both->value;
    slopes->gradient[2] -= a * both->first;
    slopes->gradient[3] += b * (stay->first - both->first);
    slopes->hessian[2][2] -= a * both->first + a * a * both->second;
    slopes->hessian[2][3] -= a * b * both->second;
    slopes->hessian[3][3] += b * (stay->first - both->first) + b * b * (stay->second - both->second);
}

static void slopes(const struct point *point, const struct buyer *buyer, struct slopes *slopes) {
    double y = chances(point->method, buyer->repeats);
    struct slopes alive, gone;
    be_alive(point, buyer, y, &alive);
    if (y > 0) {
        be_gone(point, buyer, &gone);
        mixture_of_two(&alive, &gone, slopes);
    } else {
        *slopes = alive;
    }
    add_common(point, buyer, y, slopes);
}

static double log_odds(const struct point *point, const struct buyer *buyer) {
    const double *p = point->parameter;
    double y = chances(point->method, buyer->repeats);
    if (y == 0)
        return -INFINITY;
    return log(p[2] / (p[3] + y - 1)) +
           (p[0] + buyer->repeats) * log1p((buyer->age - buyer->last) / (p[1] + buyer->last));
}

/* ---- purchases to come ---- */

/* A living customer buys at a gamma(shape, left) rate and drops out with a beta(a, b) probability. */
struct future {
    double shape;
    double left; /* alpha + T */
    double a, b;
    double time;
};

/* The expectation is that of (1 - (1 + p time/left)^-shape) / p over p; a sum over the whole line of log(p/(1-p)),
 * where the trapezoidal rule is exact to all digits once its step is small against all curvature. Always right, but
 * slow. */
static double expected_by_sum(const struct future *f) {
    double centre = log(f->a / f->b), width = sqrt(1 / f->a + 1 / f->b);
    double step = fmin(width / 2, 0.25), mass = 0, total = 0, peak = 0;
    for (int side = -1; side <= 1; side += 2)
        for (double i = side > 0 ? 1 : 0;; i++) {
            double u = centre + side * i * step;
            double log_p = -log1p(exp(-u)), log_rest = -log1p(exp(u)), p = exp(log_p);
            double depth = f->a * log_p + f->b * log_rest;
            if (i == 0)
                peak = depth;
            double weight = exp(depth - peak);
            mass += weight;
            total += weight * -expm1(-f->shape * log1p(p * f->time / f->left)) / p;
            if (!(depth - peak > -45))
                break;
        }
    return total / mass;
}

#define MOST_TERMS 400000

/* Euler's transformation of the hypergeometric series in the paper's expectation, with the pole at a = 1 taken out by
 * hand. NaN when it does not converge, or when so much of it cancels that digits are lost. */
static double expected_by_series(const struct future *f) {
    double z = f->time / (f->left + f->time), length = -log1p(f->time / f->left), c = f->a + f->b - 1;
    double bent = (f->a - 1) * length, rise = expm1(bent), gain = bent == 0 ? length : rise / (f->a - 1);
    double top = c - f->shape, term = top * z, sum = term;
    for (int n = 1; n < MOST_TERMS; n++) {
        double ratio = (top + n) * (f->a + n - 1) * z / ((c + n) * (n + 1));
        term *= ratio;
        sum += term;
        if (fabs(term) < 1e-17 * (1 - z) * fabs(sum) || term == 0) {
            double first = -c * gain, value = first - (1 + rise) * sum;
            return value > 1e-3 * fabs(first) ? value : NAN;
        }
    }
    return NAN;
}

static double expected(const struct till_clv_model *model, const struct buyer *buyer, double time) {
    const double *p = model->parameter;
    struct future future = {p[0] + buyer->repeats, p[1] + buyer->age, p[2],
                            p[3] + chances(model->method, buyer->repeats), time};
    if (time == 0)
        return 0;
    double value = future.a < 30 ? expected_by_series(&future) : NAN;
    return isfinite(value) ? value : expected_by_sum(&future);
}

static const double starts[][MOST_PARAMETERS] = {
    {-1.4, -2.2, -0.2, 0.9}, {0.0, 0.0, 0.0, 0.0}, {0.0, -2.0, 0.0, 2.0}, {-0.7, -1.5, -1.5, -0.5}};

const struct buying_model bgnbd_model = {.names = {"r", "alpha", "a", "b"},
                                         .timed = true,
                                         .prepare = prepare,
                                         .slopes = slopes,
                                         .log_odds = log_odds,
                                         .expected = expected,
                                         .starts = starts,
                                         .start_count = sizeof starts / sizeof *starts};
const struct buying_model mbgnbd_model = {.names = {"r", "alpha", "a", "b"},
                                          .timed = true,
                                          .prepare = prepare,
                                          .slopes = slopes,
                                          .log_odds = log_odds,
                                          .expected = expected,
                                          .starts = starts,
                                          .start_count = sizeof starts / sizeof *starts};
