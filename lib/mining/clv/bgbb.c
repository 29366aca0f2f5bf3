/* BG/BB (Fader, Hardie & Shang 2010, "Customer-base analysis in a discrete-time noncontractual setting", Marketing
 * Science 29). Fates: alive through all n periods, or dead since the end of some period m from the last purchase on:
 *
 *     B(alpha+x, beta+m-x)/B(alpha, beta) x B(gamma, delta+n)/B(gamma, delta)            m = n, alive
 *     the same                            x B(gamma+1, delta+m)/B(gamma, delta)          t_x <= m < n
 *
 * All of it is read off five tables over the number of periods. */
#include "models.h"

#include <math.h>
#include <stdlib.h>

enum { BUYS, SKIPS, PERIODS, STAYS, LEAVES };

static bool prepare(struct point *point, const uint32_t *levels, size_t count, double longest) {
    const double *p = point->parameter;
    const double bases[] = {p[0], p[1], p[0] + p[1], p[3], p[2] + p[3]};
    size_t size = (size_t)longest + 2;
    uint32_t *numbers = calloc(size, sizeof *numbers);
    bool made = numbers != NULL;
    (void)levels;
    (void)count;
    for (size_t i = 0; i < size && made; i++)
        numbers[i] = (uint32_t)i;
    for (size_t i = 0; i < sizeof bases / sizeof *bases && made; i++) {
        point->table[i] = calloc(size, sizeof *point->table[i]);
        made = point->table[i] != NULL;
        if (made)
            rising_table(bases[i], numbers, size, point->table[i]);
    }
    free(numbers);
    return made;
}

/* Adds rising(x, .) where x is parameter `i`. */
static void add_one(struct slopes *slopes, const double *p, size_t i, const struct rising *table) {
    slopes->value += table->value;
    slopes->gradient[i] += p[i] * table->first;
    slopes->hessian[i][i] += p[i] * table->first + p[i] * p[i] * table->second;
}

/* Takes off rising(p[i] + p[i+1], .). */
static void less_sum(struct slopes *slopes, const double *p, size_t i, const struct rising *table) {
    size_t j = i + 1;
    slopes->value -= table->value;
    slopes->gradient[i] -= p[i] * table->first;
    slopes->gradient[j] -= p[j] * table->first;
    slopes->hessian[i][i] -= p[i] * table->first + p[i] * p[i] * table->second;
    slopes->hessian[j][j] -= p[j] * table->first + p[j] * p[j] * table->second;
    slopes->hessian[i][j] -= p[i] * p[j] * table->second;
}

/* Living for `periods` periods, with the skips that makes; `leaves`: and then dying. */
static void live(const struct point *point, const struct buyer *buyer, size_t periods, bool leaves,
                 struct slopes *fate) {
    const double *p = point->parameter;
    *fate = (struct slopes){0};
    add_one(fate, p, 0, &point->table[BUYS][buyer->repeats]);
    add_one(fate, p, 1, &point->table[SKIPS][periods - buyer->repeats]);
    less_sum(fate, p, 0, &point->table[PERIODS][periods]);
    add_one(fate, p, 3, &point->table[STAYS][periods]);
    less_sum(fate, p, 2, &point->table[LEAVES][periods + (leaves ? 1 : 0)]);
    if (leaves) {
        fate->value += log(p[2]);
        fate->gradient[2] += 1;
    }
}

static void slopes(const struct point *point, const struct buyer *buyer, struct slopes *slopes) {
    struct mixture mixture = {.value = -INFINITY};
    struct slopes fate;
    size_t periods = (size_t)buyer->age;
    live(point, buyer, periods, false, &fate);
    mixture_add(&mixture, &fate);
    for (size_t m = (size_t)buyer->last; m < periods; m++) {
        live(point, buyer, m, true, &fate);
        mixture_add(&mixture, &fate);
    }
    mixture_finish(&mixture, slopes);
}

static double log_odds(const struct point *point, const struct buyer *buyer) {
    struct slopes fate;
    size_t periods = (size_t)buyer->age;
    double dead = -INFINITY;
    for (size_t m = (size_t)buyer->last; m < periods; m++) {
        live(point, buyer, m, true, &fate);
        dead = log_add(dead, fate.value);
    }
    live(point, buyer, periods, false, &fate);
    return dead - fate.value;
}

/* Purchases in periods n+1, n+2, ..., each discounted by exp(-delta) a period, until `periods`, or until nothing is
 * left of them. A living customer stays for k periods more with probability (delta+n)_k / (gamma+delta+n)_k. */
static double sum_periods(const struct till_clv_model *model, const struct buyer *buyer, double periods, double delta) {
    const double *p = model->parameter;
    double stays = 1, sum = 0, factor = exp(-delta), k = 0;
    while (k < periods) {
        stays *= factor * (p[3] + buyer->age + k) / (p[2] + p[3] + buyer->age + k);
        sum += stays;
        k += 1;
        if (delta > 0 && stays < 1e-17 * sum * delta)
            break;
    }
    return sum * (p[0] + buyer->repeats) / (p[0] + p[1] + buyer->age);
}

static double expected(const struct till_clv_model *model, const struct buyer *buyer, double time) {
    return sum_periods(model, buyer, time, 0);
}

static double residual(const struct till_clv_model *model, const struct buyer *buyer, double delta) {
    return sum_periods(model, buyer, INFINITY, delta);
}

static const double starts[][MOST_PARAMETERS] = {
    {0.2, -0.3, -0.4, 1.0}, {0.0, 0.0, 0.0, 0.0}, {-0.7, 1.5, 0.0, 2.0}, {0.0, 2.5, -0.7, 3.0}};

const struct buying_model bgbb_model = {.names = {"alpha", "beta", "gamma", "delta"},
                                        .prepare = prepare,
                                        .slopes = slopes,
                                        .log_odds = log_odds,
                                        .expected = expected,
                                        .residual = residual,
                                        .starts = starts,
                                        .start_count = sizeof starts / sizeof *starts};
