/* Gamma-gamma spend. With k = p x and S = m x, what a customer spent in all,
 *
 *     log L = log Gamma(k+q) - log Gamma(k) - log Gamma(q) - q log(1 + S/v) - k log(1 + v/S) - log m
 *
 * which is symmetric, without large parts that cancel; the gamma functions depend on x alone and are made once for each
 * number of repeats. Money is divided by a power of two near its geometric mean first, so that no currency matters. */
#include <till/spend.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "../../base/lanes.h"
#include "../../base/radix.h"
#include "newton.h"
#include "special.h"

const char *till_spend_parameter_name(int parameter) {
    static const char *const names[] = {"p", "q", "v"};
    return names[parameter];
}

/* What a number of repeats makes of the parameters: the part without money, with slopes by log p and log q. */
struct level {
    double repeats;
    double weight; /* customers */
    double value, p, q, pp, pq, qq;
};

struct spending {
    double *total;   /* [count]: what each has spent in repeat purchases, */
    double *repeats; /* and how many they were */
    size_t count;
    struct level *levels;
    size_t level_count;
    double logs; /* sum of log m */
    double scale;
    unsigned threads;
    double p, q, v;
    struct slopes *partial;
};

#define CHUNK 4096

static void prepare_level(struct level *level, double p, double q) {
    double k = p * level->repeats;
    struct rising by_q = rising(k, q), by_k = rising(q, k);
    double sum = trigamma(k + q);
    level->value = by_q.value - log_gamma(q);
    level->p = k * by_q.first;
    level->q = q * by_k.first;
    level->pp = level->p + k * k * by_q.second;
    level->qq = level->q + q * q * by_k.second;
    level->pq = k * q * sum;
}

/* Sums over spenders: of log(1 + S/v), of k log(1 + v/S), and with u = S/(v + S) of u, k (1 - u), (k + q) u (1 - u). */
struct spends {
    double few, many, u, rest, bend;
};

static void add_spender(const struct spending *work, size_t i, struct spends *sums) {
    double total = work->total[i], k = work->p * work->repeats[i], u = total / (work->v + total);
    sums->few += log1p(total / work->v);
    sums->many += k * log1p(work->v / total);
    sums->u += u;
    sums->rest += k * (1 - u);
    sums->bend += (k + work->q) * u * (1 - u);
}

/* Eight at a time. */
WIDER static void add_spenders(const struct spending *work, size_t from, size_t to, struct spends *sums) {
    lanes few = {0}, many = {0}, all_u = {0}, rest = {0}, bend = {0};
    for (; from + LANES <= to; from += LANES) {
        lanes total = *(const loose_lanes *)(work->total + from);
        lanes k = work->p * *(const loose_lanes *)(work->repeats + from), u = total / (work->v + total);
        lanes spent = total / work->v, unspent = work->v / total;
        lanes_log1p(&spent);
        lanes_log1p(&unspent);
        few += spent;
        many += k * unspent;
        all_u += u;
        rest += k * (1 - u);
        bend += (k + work->q) * u * (1 - u);
    }
    *sums = (struct spends){lanes_sum(&few), lanes_sum(&many), lanes_sum(&all_u), lanes_sum(&rest), lanes_sum(&bend)};
    for (; from < to; from++)
        add_spender(work, from, sums);
}

static enum till_status add_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct spending *work = context;
    size_t end = (index + 1) * CHUNK < work->count ? (index + 1) * CHUNK : work->count;
    double q = work->q;
    struct spends sums;
    struct slopes sum = {0};
    (void)worker;
    (void)error;
    add_spenders(work, index * CHUNK, end, &sums);
    sum.value = -q * sums.few - sums.many;
    sum.gradient[0] = sum.hessian[0][0] = -sums.many;
    sum.gradient[1] = sum.hessian[1][1] = -q * sums.few;
    sum.gradient[2] = q * sums.u - sums.rest;
    sum.hessian[0][2] = -sums.rest;
    sum.hessian[1][2] = q * sums.u;
    sum.hessian[2][2] = -sums.bend;
    work->partial[index] = sum;
    return TILL_OK;
}

static enum till_status evaluate(void *context, const double *logs, struct slopes *slopes, struct till_error *error) {
    struct spending *work = context;
    size_t chunks = (work->count + CHUNK - 1) / CHUNK;
    work->p = exp(logs[0]);
    work->q = exp(logs[1]);
    work->v = exp(logs[2]);
    enum till_status status = till_parallel_for(work->threads, chunks, add_chunk, work, error);
    *slopes = (struct slopes){.value = -work->logs};
    for (size_t i = 0; i < chunks && status == TILL_OK; i++)
        slopes_add(slopes, &work->partial[i], 1);
    for (size_t i = 0; i < work->level_count; i++) {
        struct level *level = &work->levels[i];
        prepare_level(level, work->p, work->q);
        struct slopes part = {.value = level->value, .gradient = {level->p, level->q}};
        part.hessian[0][0] = level->pp;
        part.hessian[0][1] = level->pq;
        part.hessian[1][1] = level->qq;
        slopes_add(slopes, &part, level->weight);
    }
    return status;
}

/* ---- who speaks ---- */

static bool speaks(const struct till_spend_history *history, size_t i) {
    return history->repeats[i] > 0 && history->mean[i] > 0 && isfinite(history->mean[i]);
}

/* The different numbers of repeats, in order; `room` is for twice as many as there are customers, and one. */
static enum till_status make_levels(struct spending *work, int64_t *room, struct till_error *error) {
    size_t different = 0;
    for (size_t i = 0; i < work->count; i++)
        room[i] = (int64_t)work->repeats[i];
    const int64_t *numbers = radix_sort(room, room + work->count, work->count);
    for (size_t i = 0; i < work->count; i++)
        different += i == 0 || numbers[i] != numbers[i - 1];
    work->levels = calloc(different + 1, sizeof *work->levels);
    if (work->levels == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < work->count; i++) {
        if (i == 0 || numbers[i] != numbers[i - 1])
            work->levels[work->level_count++].repeats = (double)numbers[i];
        work->levels[work->level_count - 1].weight++;
    }
    return TILL_OK;
}

static enum till_status gather(struct spending *work, const struct till_spend_history *history,
                               struct till_error *error) {
    double sum = 0;
    int64_t *room = malloc((2 * history->count + 1) * sizeof *room);
    work->total = calloc(history->count + 1, sizeof *work->total);
    work->repeats = calloc(history->count + 1, sizeof *work->repeats);
    work->partial = calloc(history->count / CHUNK + 1, sizeof *work->partial);
    if (room == NULL || work->total == NULL || work->repeats == NULL || work->partial == NULL) {
        free(room);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < history->count; i++)
        if (speaks(history, i)) {
            work->total[work->count] = history->mean[i];
            work->repeats[work->count++] = history->repeats[i];
            sum += log(history->mean[i]);
        }
    work->scale = work->count == 0 ? 1 : ldexp(1, -(int)floor(sum / (double)work->count / log(2)));
    for (size_t i = 0; i < work->count; i++) {
        double mean = work->total[i] * work->scale;
        work->logs += log(mean);
        work->total[i] = mean * work->repeats[i];
    }
    enum till_status status = make_levels(work, room, error);
    free(room);
    return status;
}

/* Pearson's, in two passes. */
static double correlate(const struct spending *work) {
    double n = (double)work->count, x = 0, m = 0, xx = 0, mm = 0, xm = 0;
    for (size_t i = 0; i < work->count; i++) {
        x += work->repeats[i] / n;
        m += work->total[i] / work->repeats[i] / n;
    }
    for (size_t i = 0; i < work->count; i++) {
        double dx = work->repeats[i] - x, dm = work->total[i] / work->repeats[i] - m;
        xx += dx * dx;
        mm += dm * dm;
        xm += dx * dm;
    }
    return xx > 0 && mm > 1e-24 * n * m * m ? xm / sqrt(xx * mm) : NAN;
}

/* ---- fit ---- */

static enum till_status refuse(const struct spending *work, const struct optimum *best, struct till_error *error) {
    if (work->count == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "spend: no customer has repeat purchases of a positive mean value");
    if (best->inner)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "spend: it differs so much between customers that the model has no finite mean "
                              "(q = %.3g, above 1 is needed)",
                              exp(best->logs[1]));
    if (best->logs[1] > 8)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "spend: no differences between customers can be seen in these data: q and v are not "
                              "identified");
    return till_error_set(error, TILL_ERROR_MODEL,
                          "spend: what a customer pays hardly varies from purchase to purchase, or too few customers "
                          "(%zu) bought again: p is not identified",
                          work->count);
}

static void fill(struct till_spend_fit *fit, const struct spending *work, const struct optimum *best) {
    for (size_t i = 0; i < TILL_SPEND_PARAMETERS; i++) {
        fit->model.parameter[i] = exp(best->logs[i]);
        fit->gradient = fmax(fit->gradient, fabs(best->slopes.gradient[i]) / (double)work->count);
        memcpy(fit->covariance[i], best->covariance[i], sizeof fit->covariance[i]);
    }
    fit->model.parameter[2] /= work->scale;
    /* A density of money is in units of one over money. */
    fit->log_likelihood = best->slopes.value + (double)work->count * log(work->scale);
}

enum till_status till_spend_fit(struct till_spend_fit *fit, const struct till_spend_history *history, unsigned threads,
                                struct till_error *error) {
    static const double starts[][MOST_PARAMETERS] = {{1.8, 1.3, 0}, {0, 0.7, 0}, {3, 3, 0}};
    struct spending work = {.threads = threads};
    struct optimum best = {.inner = false};
    struct objective objective = {TILL_SPEND_PARAMETERS, 0, 0, evaluate, &work};
    *fit = (struct till_spend_fit){.correlation = NAN};
    enum till_status status = gather(&work, history, error);
    objective.weight = (double)work.count;
    /* The first start is near what shops see; the others are for what it does not lead to the top of. */
    if (status == TILL_OK && work.count > 0)
        status = newton_best(&best, &objective, starts, 1, error);
    if (status == TILL_OK && work.count > 0 && !best.inner)
        status = newton_best(&best, &objective, starts, sizeof starts / sizeof *starts, error);
    fit->customers = work.count;
    if (status == TILL_OK && work.count > 0)
        fit->correlation = correlate(&work);
    if (status == TILL_OK && best.inner && best.logs[1] > 0)
        fill(fit, &work, &best);
    else if (status == TILL_OK)
        status = refuse(&work, &best, error);
    free(work.total);
    free(work.repeats);
    free(work.levels);
    free(work.partial);
    return status;
}

void till_spend_interval(const struct till_spend_fit *fit, int parameter, double *std_error, double *lower,
                         double *upper) {
    double value = fit->model.parameter[parameter], wide = sqrt(fit->covariance[parameter][parameter]);
    *std_error = value * wide;
    *lower = value * exp(-1.959963984540054 * wide);
    *upper = value * exp(1.959963984540054 * wide);
}

double till_spend_expected(const struct till_spend_model *model, uint32_t repeats, double mean) {
    double p = model->parameter[0], q = model->parameter[1], v = model->parameter[2];
    double x = mean > 0 ? (double)repeats : 0;
    return p * (v + (x > 0 ? mean * x : 0)) / (p * x + q - 1);
}
