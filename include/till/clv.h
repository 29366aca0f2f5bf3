/* till/clv.h: how many purchases customers will still make: probability models of buying and dropping out.
 *
 *     till_clv_cells_new(&cells, &history, &error);
 *     till_clv_fit(&fit, TILL_CLV_PARETONBD, &cells, threads, &error);
 *     till_clv_predict(&forecast, &fit.model, &cells, &horizon, threads, &error);
 *     ... forecast.alive[cells.cell[customer]] ...
 *
 * All that the models look at is, for each customer: `repeats` purchases after the first, the last of them `last` after
 * the first, seen until `age` after the first. Times are in any one unit; alpha and beta are in that unit too.
 * Customers with equal figures share a cell, and the work is done by cell. Results do not depend on the number of
 * threads, nor, as far as fits go, on the order of the customers. */
#ifndef TILL_CLV_H
#define TILL_CLV_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* The models, and their parameters in order:
 *   PARETONBD  r, alpha, s, beta: purchases at a gamma(r, alpha) rate until death at a gamma(s, beta) rate
 *              (Schmittlein, Morrison & Colombo 1987);
 *   BGNBD      r, alpha, a, b: dropping out after each repeat purchase with a beta(a, b) probability
 *              (Fader, Hardie & Lee 2005);
 *   MBGNBD     the same, and after the first purchase too (Batislam, Denizel & Filiztekin 2007);
 *   BGBB       alpha, beta, gamma, delta: in each of `age` periods a purchase with a beta(alpha, beta) probability,
 * until death at the beginning of a period with a beta(gamma, delta) probability (Fader, Hardie & Shang 2010). Here
 * `last` and `age` are whole numbers, and repeats <= last. */
enum till_clv_method { TILL_CLV_PARETONBD, TILL_CLV_BGNBD, TILL_CLV_MBGNBD, TILL_CLV_BGBB };
#define TILL_CLV_PARAMETERS 4
TILL_API const char *till_clv_parameter_name(enum till_clv_method method, int parameter);

struct till_clv_model {
    enum till_clv_method method;
    double parameter[TILL_CLV_PARAMETERS]; /* all above 0 */
};

/* What is known of `count` customers; arrays of the caller's. */
struct till_clv_history {
    size_t count;
    const uint32_t *repeats;
    const double *last; /* 0 <= last <= age; 0 without repeats */
    const double *age;
};

/* The different figures among them, in rising order of (repeats, age, last). */
struct till_clv_cells {
    size_t count;     /* of cells */
    size_t customers; /* in all of them */
    uint32_t *repeats;
    double *last;
    double *age;
    double *weight;   /* how many customers are in the cell */
    uint32_t *cell;   /* [customers]: the cell of each customer */
    uint32_t *level;  /* [count]: which of the different numbers of repeats this is */
    uint32_t *levels; /* the different numbers of repeats, rising */
    size_t level_count;
};

/* Errors: TILL_ERROR_DATA for figures that cannot be (last > age, negative or not finite, repeats without time);
 * TILL_ERROR_MEMORY. Expected O(n), and O(cells log cells) to sort. */
TILL_API enum till_status till_clv_cells_new(struct till_clv_cells *cells, const struct till_clv_history *history,
                                             struct till_error *error);
TILL_API void till_clv_cells_free(struct till_clv_cells *cells);

struct till_clv_fit {
    struct till_clv_model model;
    double log_likelihood; /* in the unit of the data; densities for the models in continuous time */
    double gradient; /* the largest of the mean log-likelihood, by the logs of the parameters, where it was last looked
                        at */
    double covariance[TILL_CLV_PARAMETERS][TILL_CLV_PARAMETERS]; /* of the logs of the parameters */
    unsigned iterations;
};

/* Maximum likelihood by Newton's method on the logs of the parameters, with exact derivatives, from several starts;
 * times are scaled inside. Errors: TILL_ERROR_MODEL when the likelihood has no inner maximum that the data point to:
 * the message says which parameters are not identified, and why; TILL_ERROR_MEMORY. A few passes over the cells. */
TILL_API enum till_status till_clv_fit(struct till_clv_fit *fit, enum till_clv_method method,
                                       const struct till_clv_cells *cells, unsigned threads, struct till_error *error);

/* The standard error of a parameter (delta method) and the ends of its 95 % interval, which is symmetric on the log
 * scale, where the likelihood is closer to a parabola. */
TILL_API void till_clv_interval(const struct till_clv_fit *fit, int parameter, double *std_error, double *lower,
                                double *upper);

/* Of one customer: the log-likelihood (the log of a probability for BGBB, of a density for the others; their sum over
 * customers is what till_clv_fit makes largest), the probability to be alive at the end of `age`, and the purchases
 * expected in the `time` after it (a number of periods for BGBB). Repeats, last and age 0 is a customer just acquired.
 * For BGBB `time` is a whole number. Each call prepares the model anew: for many customers there is till_clv_predict.
 * NaN when memory is out.
 *
 *     struct till_clv_model model = {TILL_CLV_PARETONBD, {0.5534, 10.578, 0.6061, 11.669}};     CDNOW, in weeks
 *     double still = till_clv_alive(&model, 26, 30.86, 31), more = till_clv_expected(&model, 26, 30.86, 31, 52); */
TILL_API double till_clv_log_likelihood(const struct till_clv_model *model, uint32_t repeats, double last, double age);
TILL_API double till_clv_alive(const struct till_clv_model *model, uint32_t repeats, double last, double age);
TILL_API double till_clv_expected(const struct till_clv_model *model, uint32_t repeats, double last, double age,
                                  double time);

/* The purchases that are still to come in all time, each discounted by exp(-delta x time) (DERT: Fader, Hardie & Lee
 * 2005, "RFM and CLV"; for BGBB by exp(-delta) a period). PARETONBD and BGBB only; NaN for the others, and when memory
 * is out. delta > 0. */
TILL_API double till_clv_residual(const struct till_clv_model *model, uint32_t repeats, double last, double age,
                                  double delta);

/* Up to when purchases are counted, and how they are discounted: the increments of expected purchases over steps of
 * `step` (the last one may be shorter), each by exp(-delta x the middle of its step). `time` INFINITY: the residual. */
struct till_clv_horizon {
    double time;
    double step;
    double delta;
};

/* For each cell: P(alive), the purchases expected within the horizon, and these discounted. With an endless horizon,
 * both are discounted. */
struct till_clv_forecast {
    double *alive;
    double *expected;
    double *discounted;
};

/* Errors: TILL_ERROR_USAGE for an endless horizon with BGNBD and MBGNBD, or without a discount; TILL_ERROR_MEMORY. */
TILL_API enum till_status till_clv_predict(struct till_clv_forecast *forecast, const struct till_clv_model *model,
                                           const struct till_clv_cells *cells, const struct till_clv_horizon *horizon,
                                           unsigned threads, struct till_error *error);
TILL_API void till_clv_forecast_free(struct till_clv_forecast *forecast);

/* none[cells->count]: the probability of no purchase in the `time` that begins `gap` after the end of age; gap and time
 * in units, zero or more. PARETONBD alone: 1 - P(alive) x the chance that a living customer buys, which is exact.
 * Errors: TILL_ERROR_USAGE for the other models; TILL_ERROR_MEMORY. O(cells). */
TILL_API enum till_status till_clv_no_purchase(double *none, const struct till_clv_model *model,
                                               const struct till_clv_cells *cells, double gap, double time,
                                               unsigned threads, struct till_error *error);

#endif
