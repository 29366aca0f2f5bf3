/* The probability that a customer buys nothing for a while, under the Pareto/NBD.
 *
 * Given that the customer is alive at the end of age, the rate of buying is gamma(r + x, alpha + T) and that of dying
 * gamma(s, beta + T), one independent of the other (Schmittlein, Morrison & Colombo 1987). The first purchase behind a
 * gap g comes after a further u when none came before and the customer lived until then. So the probability of one or
 * more purchases within g .. g + t is
 *
 *     Q = integral over 0..t of (1 + (g + u)/(beta + T))^-s (r + x)/(alpha + T) (1 + u/(alpha + T))^-(r + x + 1) du
 *
 * and that of none is 1 - P(alive) Q, whatever happens within the gap. With u = (alpha + T)(exp(y) - 1) the integrand
 * becomes k exp(-k y) times the chance to live, k = r + x: smooth, positive and at most k, for panels of 16 nodes. */
#include "models.h"

#include <math.h>

#include <till/parallel.h>

enum { CHUNK = 2048, MOST_PANELS = 256 };

/* A panel of 16 nodes takes in a fall of so many e-folds, over a width of so much, with all digits. */
static const double steepest = 8, widest = 1;
/* Behind so many e-folds nothing is left, be it of exp(-k y) or of the chance to live. */
static const double deepest = 45;

struct silence {
    const struct till_clv_model *model;
    const struct till_clv_cells *cells;
    double gap;
    double time;
    struct point point;
    double *none;
};

/* How steeply the log of the chance to live falls by y, at most: the slope is monotone, so at one of the ends. */
static double steepness(double s, double a, double b, double end) {
    double first = a / b, last = a * exp(end) / (b + a * expm1(end));
    return s * fmax(first, last);
}

/* Q: one purchase or more of a living customer. */
static double purchase(const struct silence *work, const struct buyer *buyer) {
    const double *p = work->model->parameter;
    double k = p[0] + buyer->repeats, a = p[1] + buyer->age, b = p[3] + buyer->age + work->gap, s = p[2];
    double end = fmin(log1p(work->time / a), deepest / k), total = 0;
    end = fmin(end, log1p(b / a * expm1(deepest / s)));
    double panels = ceil(fmax(end / widest, end * (k + steepness(s, a, b, end)) / steepest));
    int count = panels > MOST_PANELS ? MOST_PANELS : panels < 1 ? 1 : (int)panels;
    const struct rule *rule = &work->point.rules[RULES - 1];
    double width = end / count, before = s * log1p(work->gap / (p[3] + buyer->age));
    for (int panel = 0; panel < count; panel++)
        for (int i = 0; i < MOST_NODES; i++) {
            double y = (panel + rule->node[i]) * width;
            total += rule->weight[i] * exp(-k * y - before - s * log1p(a * expm1(y) / b));
        }
    return k * total * width;
}

static enum till_status ask_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct silence *work = context;
    const struct till_clv_cells *cells = work->cells;
    size_t end = (index + 1) * CHUNK < cells->count ? (index + 1) * CHUNK : cells->count;
    (void)worker;
    (void)error;
    for (size_t i = index * CHUNK; i < end; i++) {
        struct buyer buyer = {cells->repeats[i], cells->level[i], cells->last[i], cells->age[i]};
        double odds = paretonbd_model.log_odds(&work->point, &buyer);
        double alive = odds > 0 ? exp(-odds) / (1 + exp(-odds)) : 1 / (1 + exp(odds));
        work->none[i] = fmax(0, 1 - alive * purchase(work, &buyer));
    }
    return TILL_OK;
}

enum till_status till_clv_no_purchase(double *none, const struct till_clv_model *model,
                                      const struct till_clv_cells *cells, double gap, double time, unsigned threads,
                                      struct till_error *error) {
    struct silence work = {.model = model, .cells = cells, .gap = gap, .time = time, .none = none};
    double longest = 0;
    if (model->method != TILL_CLV_PARETONBD)
        return till_error_set(error, TILL_ERROR_USAGE, "the chance of no purchase is given for Pareto/NBD alone");
    for (size_t i = 0; i < cells->count; i++)
        longest = fmax(longest, cells->age[i]);
    if (!point_make(&work.point, model, cells->levels, cells->level_count, longest))
        return till_error_memory(error);
    enum till_status status = till_parallel_for(threads, (cells->count + CHUNK - 1) / CHUNK, ask_chunk, &work, error);
    point_free(&work.point);
    return status;
}
