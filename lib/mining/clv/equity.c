/* The value of a customer base with its standard errors.
 *
 * Given alive, what the models say of a customer is conjugate: rates, lifetimes and spend are again gamma and beta,
 * with the customer's own figures added to the parameters, so that futures are drawn directly. Each customer has a
 * stream of random numbers, and sums are made over chunks in order: the result does not depend on the threads. */
#include <till/clv_equity.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

#define DRAWS 400000   /* futures in all, about */
#define FEWEST_DRAWS 4 /* a customer */
#define CHUNK 512
#define STEP 1e-3 /* of a log of a parameter */

/* ---- parameters ---- */

static double value_of(const struct till_clv_basis *basis, const struct till_spend_model *spend,
                       const struct till_clv_forecast *forecast) {
    double sum = 0;
    for (size_t i = 0; i < basis->cells->customers; i++) {
        double worth = spend == NULL ? 1 : till_spend_expected(spend, basis->repeats[i], basis->mean[i]);
        sum += worth * forecast->discounted[basis->cells->cell[i]];
    }
    return basis->margin * sum;
}

/* The value with one log of a parameter moved: 0..3 of the purchases, 4..6 of the spend. */
static enum till_status moved_value(const struct till_clv_basis *basis, int parameter, double step, unsigned threads,
                                    double *value, struct till_error *error) {
    struct till_clv_model model = basis->fit->model;
    struct till_spend_model spend = {{0}};
    struct till_clv_forecast forecast;
    if (basis->spend != NULL)
        spend = basis->spend->model;
    if (parameter >= TILL_CLV_PARAMETERS)
        spend.parameter[parameter - TILL_CLV_PARAMETERS] *= exp(step);
    else if (parameter >= 0)
        model.parameter[parameter] *= exp(step);
    enum till_status status = till_clv_predict(&forecast, &model, basis->cells, &basis->horizon, threads, error);
    if (status == TILL_OK)
        *value = value_of(basis, basis->spend == NULL ? NULL : &spend, &forecast);
    till_clv_forecast_free(&forecast);
    return status;
}

static enum till_status parameter_variance(const struct till_clv_basis *basis, unsigned threads, double *variance,
                                           struct till_error *error) {
    enum { ALL = TILL_CLV_PARAMETERS + TILL_SPEND_PARAMETERS };
    double slope[ALL] = {0};
    int count = basis->spend == NULL ? TILL_CLV_PARAMETERS : ALL;
    for (int i = 0; i < count; i++) {
        double up, down;
        enum till_status status = moved_value(basis, i, STEP, threads, &up, error);
        if (status == TILL_OK)
            status = moved_value(basis, i, -STEP, threads, &down, error);
        if (status != TILL_OK)
            return status;
        slope[i] = (up - down) / (2 * STEP);
    }
    *variance = 0;
    for (int i = 0; i < TILL_CLV_PARAMETERS; i++)
        for (int j = 0; j < TILL_CLV_PARAMETERS; j++)
            *variance += slope[i] * slope[j] * basis->fit->covariance[i][j];
    for (int i = TILL_CLV_PARAMETERS; i < count; i++)
        for (int j = TILL_CLV_PARAMETERS; j < count; j++)
            *variance +=
                slope[i] * slope[j] * basis->spend->covariance[i - TILL_CLV_PARAMETERS][j - TILL_CLV_PARAMETERS];
    return TILL_OK;
}

/* ---- futures ---- */

static double draw_beta(struct till_random *random, double a, double b) {
    double x = till_random_gamma(random, a), y = till_random_gamma(random, b);
    return x + y > 0 ? x / (x + y) : 0.5;
}

struct work {
    const struct till_clv_basis *basis;
    const double *alive; /* [cells] */
    double end;          /* of the horizon */
    int draws;
    double *partial; /* [chunks]: sums of variances */
};

/* What one purchase is worth, in units of the customer's mean. */
static double draw_noise(const struct work *work, struct till_random *random) {
    if (work->basis->spend == NULL)
        return 1;
    double p = work->basis->spend->model.parameter[0];
    return till_random_gamma(random, p) / p;
}

/* Discounted purchases of a living customer in continuous time: each `gap` of a Poisson process until death. */
static double draw_timed(const struct work *work, struct till_random *random, uint32_t x, double age) {
    const struct till_clv_model *model = &work->basis->fit->model;
    const double *p = model->parameter;
    double rate = till_random_gamma(random, p[0] + x) / (p[1] + age), sum = 0, end = work->end, leave = 0;
    if (model->method == TILL_CLV_PARETONBD)
        end = fmin(end, till_random_exponential(random) * (p[3] + age) / till_random_gamma(random, p[2]));
    else
        leave = draw_beta(random, p[2], p[3] + x + (model->method == TILL_CLV_MBGNBD ? 1 : 0));
    double time = till_random_exponential(random) / rate;
    while (time < end) {
        sum += exp(-work->basis->horizon.delta * time) * draw_noise(work, random);
        /* Past the end is as good as gone. */
        time = till_random_uniform(random) < leave ? end : time + till_random_exponential(random) / rate;
    }
    return sum;
}

static double draw_periods(const struct work *work, struct till_random *random, uint32_t x, double age) {
    const double *p = work->basis->fit->model.parameter;
    double buys = draw_beta(random, p[0] + x, p[1] + age - x), leaves = draw_beta(random, p[2], p[3] + age), sum = 0;
    /* A period's money comes in its middle, but in an endless horizon at its end, as the formula has it. */
    double earlier = isinf(work->basis->horizon.time) ? 0 : 0.5;
    for (unsigned period = 1; period <= work->end && till_random_uniform(random) >= leaves; period++)
        if (till_random_uniform(random) < buys)
            sum += exp(-work->basis->horizon.delta * (period - earlier)) * draw_noise(work, random);
    return sum;
}

/* The mean worth of this customer's purchases: p / nu, with nu drawn. */
static double draw_worth(const struct work *work, struct till_random *random, uint32_t repeats, double mean) {
    if (work->basis->spend == NULL)
        return 1;
    const double *p = work->basis->spend->model.parameter;
    double x = mean > 0 ? repeats : 0;
    return p[0] * (p[2] + (x > 0 ? x * mean : 0)) / till_random_gamma(random, p[0] * x + p[1]);
}

static double variance_of(const struct work *work, size_t customer) {
    const struct till_clv_basis *basis = work->basis;
    const struct till_clv_cells *cells = basis->cells;
    uint32_t cell = cells->cell[customer], x = cells->repeats[cell];
    struct till_random random;
    double mean = 0, squares = 0;
    till_random_start(&random, basis->seed, customer);
    for (int i = 0; i < work->draws; i++) {
        double value = 0;
        if (till_random_uniform(&random) < work->alive[cell])
            value = (basis->fit->model.method == TILL_CLV_BGBB ? draw_periods(work, &random, x, cells->age[cell])
                                                               : draw_timed(work, &random, x, cells->age[cell])) *
                    draw_worth(work, &random, basis->repeats[customer], basis->mean[customer]);
        double before = value - mean;
        mean += before / (i + 1);
        squares += before * (value - mean);
    }
    return squares / (work->draws - 1);
}

static enum till_status draw_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct work *work = context;
    size_t count = work->basis->cells->customers, end = (index + 1) * CHUNK < count ? (index + 1) * CHUNK : count;
    double sum = 0;
    (void)worker;
    (void)error;
    for (size_t i = index * CHUNK; i < end; i++)
        sum += variance_of(work, i);
    work->partial[index] = sum;
    return TILL_OK;
}

static enum till_status process_variance(const struct till_clv_basis *basis, const double *alive, unsigned threads,
                                         double *variance, struct till_error *error) {
    size_t count = basis->cells->customers, chunks = (count + CHUNK - 1) / CHUNK;
    struct work work = {.basis = basis, .alive = alive, .end = basis->horizon.time};
    /* An endless horizon ends where the discount leaves a ten-thousandth. */
    if (isinf(work.end))
        work.end = log(1e4) / basis->horizon.delta;
    work.draws = count == 0 ? 0 : (int)fmax(FEWEST_DRAWS, fmin(1e4, DRAWS / (double)count));
    work.partial = calloc(chunks + 1, sizeof *work.partial);
    if (work.partial == NULL)
        return till_error_memory(error);
    enum till_status status = till_parallel_for(threads, chunks, draw_chunk, &work, error);
    *variance = 0;
    for (size_t i = 0; i < chunks && status == TILL_OK; i++)
        *variance += work.partial[i];
    *variance *= basis->margin * basis->margin;
    free(work.partial);
    return status;
}

enum till_status till_clv_equity(struct till_clv_equity *equity, const struct till_clv_basis *basis, unsigned threads,
                                 struct till_error *error) {
    struct till_clv_forecast forecast;
    double parameters = 0, process = 0;
    *equity = (struct till_clv_equity){0};
    enum till_status status =
        till_clv_predict(&forecast, &basis->fit->model, basis->cells, &basis->horizon, threads, error);
    if (status == TILL_OK)
        status = parameter_variance(basis, threads, &parameters, error);
    if (status == TILL_OK)
        status = process_variance(basis, forecast.alive, threads, &process, error);
    if (status == TILL_OK) {
        equity->value = value_of(basis, basis->spend == NULL ? NULL : &basis->spend->model, &forecast);
        equity->parameter_error = sqrt(parameters);
        equity->process_error = sqrt(process);
        double wide = 1.959963984540054 * sqrt(parameters + process);
        equity->lower = equity->value - wide;
        equity->upper = equity->value + wide;
    }
    till_clv_forecast_free(&forecast);
    return status;
}
