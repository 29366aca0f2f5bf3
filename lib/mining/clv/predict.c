/* What a fitted model says about customers.
 *
 * P(alive) is a matter of each cell. What a living customer will buy depends on the age alone, up to a factor
 * (Pareto/NBD, BG/BB), or on age and repeats (BG/NBD), of which there are far fewer; a horizon of 52 weekly steps is
 * followed once for each run of cells that share them. Cells are in the order that makes these runs. Where nearly every
 * customer is of another age, a number of repeats is followed at a few ages, and the rest is read off a curve. */
#include "curve.h"
#include "models.h"

#include <math.h>
#include <stdlib.h>

#include <till/parallel.h>

/* ---- one customer ---- */

static double share_of(double log_odds) {
    return log_odds > 0 ? exp(-log_odds) / (1 + exp(-log_odds)) : 1 / (1 + exp(log_odds));
}

double till_clv_log_likelihood(const struct till_clv_model *model, uint32_t repeats, double last, double age) {
    struct point point;
    struct slopes slopes = {.value = 0};
    struct buyer buyer = {repeats, 0, last, age};
    if (!point_make(&point, model, &repeats, 1, age))
        return NAN;
    model_of(model->method)->slopes(&point, &buyer, &slopes);
    point_free(&point);
    return slopes.value;
}

double till_clv_alive(const struct till_clv_model *model, uint32_t repeats, double last, double age) {
    struct point point;
    struct buyer buyer = {repeats, 0, last, age};
    if (!point_make(&point, model, &repeats, 1, age))
        return NAN;
    double odds = model_of(model->method)->log_odds(&point, &buyer);
    point_free(&point);
    return share_of(odds);
}

double till_clv_expected(const struct till_clv_model *model, uint32_t repeats, double last, double age, double time) {
    struct buyer buyer = {repeats, 0, last, age};
    return till_clv_alive(model, repeats, last, age) * model_of(model->method)->expected(model, &buyer, time);
}

double till_clv_residual(const struct till_clv_model *model, uint32_t repeats, double last, double age, double delta) {
    struct buyer buyer = {repeats, 0, last, age};
    const struct buying_model *buying = model_of(model->method);
    if (buying->residual == NULL)
        return NAN;
    return till_clv_alive(model, repeats, last, age) * buying->residual(model, &buyer, delta);
}

/* ---- all cells ---- */

struct work {
    const struct till_clv_cells *cells;
    const struct till_clv_model *model;
    const struct till_clv_horizon *horizon;
    const struct till_clv_forecast *forecast;
    struct point point;
    struct times times; /* none: each cell for itself */
    struct fate *fates;
    struct curve *curves; /* [level_count] */
    size_t *first;        /* [level_count + 1]: cell */
};

/* Purchases of a living customer within the horizon, plain and discounted. */
static void follow(const struct work *work, const struct buyer *buyer, double *expected, double *discounted) {
    const struct buying_model *model = model_of(work->model->method);
    const struct till_clv_horizon *horizon = work->horizon;
    if (isinf(horizon->time)) {
        *expected = *discounted = model->residual(work->model, buyer, horizon->delta);
        return;
    }
    *expected = *discounted = 0;
    /* A last step that is nothing but rounding is none. */
    size_t steps = (size_t)ceil(horizon->time / horizon->step - 1e-9);
    for (size_t i = 0; i < steps; i++) {
        double from = (double)i * horizon->step;
        double to = i + 1 == steps ? horizon->time : from + horizon->step;
        double all = model->expected(work->model, buyer, to);
        *discounted += (all - *expected) * exp(-horizon->delta * (from + to) / 2);
        *expected = all;
    }
}

static bool share_age(const struct work *work, size_t i, size_t j) {
    const struct till_clv_cells *cells = work->cells;
    return cells->age[i] == cells->age[j] && cells->repeats[i] == cells->repeats[j];
}

/* ---- curves ---- */

#define MANY_AGES (2 * CURVE_MOST) /* fewer are followed one by one */

/* A customer of any age with one number of repeats. */
struct ageing {
    const struct work *work;
    struct buyer buyer;
};

static void follow_age(const void *context, double age, double values[2]) {
    const struct ageing *ageing = context;
    struct buyer buyer = ageing->buyer;
    buyer.age = age;
    follow(ageing->work, &buyer, &values[0], &values[1]);
}

/* A curve for the level where that saves work. */
static enum till_status make_curve(void *context, size_t level, unsigned worker, struct till_error *error) {
    struct work *work = context;
    const struct till_clv_cells *cells = work->cells;
    const double *p = work->model->parameter;
    struct curve *curve = &work->curves[level];
    size_t first = work->first[level], end = work->first[level + 1], ages = 0;
    (void)worker;
    (void)error;
    for (size_t i = first; i < end; i++)
        ages += i == first || !share_age(work, i, i - 1);
    curve->terms = 0;
    if (ages < MANY_AGES)
        return TILL_OK;
    struct ageing ageing = {work, {.repeats = cells->repeats[first], .level = (uint32_t)level}};
    double shift = work->model->method == TILL_CLV_PARETONBD ? fmin(p[1], p[3]) : p[1];
    curve_make(curve, shift, cells->age[first], cells->age[end - 1], follow_age, &ageing);
    return TILL_OK;
}

/* Time runs in whole periods for BG/BB: there its ages are few. */
static enum till_status make_curves(struct work *work, unsigned threads, struct till_error *error) {
    size_t levels = work->cells->level_count, level = 0;
    work->curves = calloc(levels + 1, sizeof *work->curves);
    work->first = calloc(levels + 1, sizeof *work->first);
    if (work->curves == NULL || work->first == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < work->cells->count; i++)
        while (level < work->cells->level[i])
            work->first[++level] = i;
    while (level < levels)
        work->first[++level] = work->cells->count;
    return model_of(work->model->method)->timed ? till_parallel_for(threads, levels, make_curve, work, error) : TILL_OK;
}

/* ---- all of them ---- */

static void look_ahead(const struct work *work, const struct buyer *buyer, double *expected, double *discounted) {
    const struct curve *curve = &work->curves[buyer->level];
    double values[2];
    if (curve->terms == 0) {
        follow(work, buyer, expected, discounted);
        return;
    }
    curve_at(curve, buyer->age, values);
    *expected = values[0];
    *discounted = values[1];
}

#define CHUNK 2048

static enum till_status find_fates(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct work *work = context;
    size_t end = (index + 1) * CHUNK < work->times.count ? (index + 1) * CHUNK : work->times.count;
    (void)worker;
    (void)error;
    model_of(work->model->method)
        ->look_ahead(&work->point, &work->times, work->cells->levels, index * CHUNK, end, work->fates);
    return TILL_OK;
}

/* What cells that share times have in common. */
static enum till_status share_fates(struct work *work, unsigned threads, struct till_error *error) {
    const struct buying_model *model = model_of(work->model->method);
    if (model->look_ahead == NULL)
        return TILL_OK;
    if (!times_new(&work->times, work->cells, 1, 1))
        return till_error_memory(error);
    if (work->times.count == 0)
        return TILL_OK;
    work->fates = malloc(work->times.count * sizeof *work->fates);
    if (work->fates == NULL)
        return till_error_memory(error);
    enum till_status status =
        till_parallel_for(threads, (work->times.count + CHUNK - 1) / CHUNK, find_fates, work, error);
    if (status == TILL_OK)
        model->add_up(&work->point, &work->times, work->cells->levels, work->fates);
    return status;
}

static double log_odds(const struct work *work, size_t cell, const struct buyer *buyer) {
    const struct buying_model *model = model_of(work->model->method);
    return work->times.count == 0
               ? model->log_odds(&work->point, buyer)
               : model->log_odds_between(&work->point, buyer, &work->fates[work->times.last_at[cell]],
                                         &work->fates[work->times.age_at[cell]]);
}

static enum till_status predict_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct work *work = context;
    const struct till_clv_cells *cells = work->cells;
    size_t end = (index + 1) * CHUNK < cells->count ? (index + 1) * CHUNK : cells->count;
    double expected = 0, discounted = 0;
    (void)worker;
    (void)error;
    for (size_t i = index * CHUNK; i < end; i++) {
        struct buyer buyer = {cells->repeats[i], cells->level[i], cells->last[i], cells->age[i]};
        double alive = share_of(log_odds(work, i, &buyer));
        if (i == index * CHUNK || !share_age(work, i, i - 1))
            look_ahead(work, &buyer, &expected, &discounted);
        work->forecast->alive[i] = alive;
        work->forecast->expected[i] = alive * expected;
        work->forecast->discounted[i] = alive * discounted;
    }
    return TILL_OK;
}

static enum till_status check(const struct till_clv_model *model, const struct till_clv_horizon *horizon,
                              struct till_error *error) {
    if (isinf(horizon->time) && model_of(model->method)->residual == NULL)
        return till_error_set(error, TILL_ERROR_USAGE, "an endless horizon is for Pareto/NBD and BG/BB alone");
    if (isinf(horizon->time) && !(horizon->delta > 0))
        return till_error_set(error, TILL_ERROR_USAGE, "an endless horizon needs a discount above 0");
    return TILL_OK;
}

enum till_status till_clv_predict(struct till_clv_forecast *forecast, const struct till_clv_model *model,
                                  const struct till_clv_cells *cells, const struct till_clv_horizon *horizon,
                                  unsigned threads, struct till_error *error) {
    double longest = 0;
    struct work work = {.cells = cells, .model = model, .horizon = horizon, .forecast = forecast};
    *forecast = (struct till_clv_forecast){0};
    enum till_status status = check(model, horizon, error);
    if (status != TILL_OK)
        return status;
    for (size_t i = 0; i < cells->count; i++)
        longest = fmax(longest, cells->age[i]);
    forecast->alive = calloc(cells->count + 1, sizeof *forecast->alive);
    forecast->expected = calloc(cells->count + 1, sizeof *forecast->expected);
    forecast->discounted = calloc(cells->count + 1, sizeof *forecast->discounted);
    if (forecast->alive == NULL || forecast->expected == NULL || forecast->discounted == NULL ||
        !point_make(&work.point, model, cells->levels, cells->level_count, longest))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = share_fates(&work, threads, error);
    if (status == TILL_OK)
        status = make_curves(&work, threads, error);
    if (status == TILL_OK)
        status = till_parallel_for(threads, (cells->count + CHUNK - 1) / CHUNK, predict_chunk, &work, error);
    times_free(&work.times);
    free(work.fates);
    free(work.curves);
    free(work.first);
    point_free(&work.point);
    if (status != TILL_OK)
        till_clv_forecast_free(forecast);
    return status;
}

void till_clv_forecast_free(struct till_clv_forecast *forecast) {
    free(forecast->alive);
    free(forecast->expected);
    free(forecast->discounted);
    *forecast = (struct till_clv_forecast){0};
}
