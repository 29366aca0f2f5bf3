/* The fit of a model of buying: Newton's method over the cells.
 *
 * Where there are many cells, a few thousand of them, spread evenly, are climbed first, from all starts; from their top
 * one goes on to that of eight times as many, and so to that of the whole, where a few steps then do. Times are divided
 * by a power of two before, which is exact, so that the longest age is near 1 whatever the unit. */
#include "models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#define CHUNK 1024
#define FEW_CELLS 512
#define STAGE 8 /* each sample is so many times the one before, or the whole */
/* The top of a sample is some units of log-likelihood from that of the whole: no more than a part of one matters. */
#define ENOUGH 1e-3

/* The sum over every `stride`-th cell. */
struct sample {
    const struct till_clv_cells *cells;
    const struct buying_model *model;
    enum till_clv_method method;
    size_t stride;
    double scale; /* of times */
    double longest;
    unsigned threads;
    struct point point;
    struct slopes *partial; /* [chunks] */
    struct times times;     /* none: each cell for itself */
    struct fate *fates;     /* of the times */
};

static size_t sample_size(const struct sample *sample) {
    return (sample->cells->count + sample->stride - 1) / sample->stride;
}

static struct buyer buyer_at(const struct sample *sample, size_t i) {
    const struct till_clv_cells *cells = sample->cells;
    return (struct buyer){cells->repeats[i], cells->level[i], cells->last[i] * sample->scale,
                          cells->age[i] * sample->scale};
}

static void add_alone(const struct sample *sample, size_t from, size_t to, struct slopes *sum) {
    for (size_t i = from; i < to; i++) {
        struct buyer buyer = buyer_at(sample, i * sample->stride);
        struct slopes slopes = {0};
        sample->model->slopes(&sample->point, &buyer, &slopes);
        slopes_add(sum, &slopes, sample->cells->weight[i * sample->stride]);
    }
}

/* The fates of a cell are asked for in time. */
static inline __attribute__((always_inline)) void ask_for_fates(const struct sample *sample, size_t i) {
    const char *last = (const char *)&sample->fates[sample->times.last_at[i]];
    const char *age = (const char *)&sample->fates[sample->times.age_at[i]];
    for (size_t at = 0; at < sizeof(struct fate); at += 64) {
        __builtin_prefetch(last + at);
        __builtin_prefetch(age + at);
    }
}

static void add_shared(const struct sample *sample, size_t from, size_t to, struct slopes *sum) {
    struct cells_between some;
    for (; from < to; from += some.count) {
        some.count = to - from < LANES ? to - from : LANES;
        for (size_t k = 0; k < LANES; k++) { /* the last one fills the lanes that are left */
            size_t i = k < some.count ? from + k : to - 1;
            if (i + 2 * LANES < to)
                ask_for_fates(sample, i + 2 * LANES);
            some.buyer[k] = buyer_at(sample, i * sample->stride);
            some.weight[k] = sample->cells->weight[i * sample->stride];
            some.last[k] = &sample->fates[sample->times.last_at[i]];
            some.age[k] = &sample->fates[sample->times.age_at[i]];
        }
        sample->model->add_between(&sample->point, &some, sum);
    }
}

/* Chunks are of fixed size and summed in order, so that the sum does not depend on the threads. */
static enum till_status add_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct sample *sample = context;
    size_t size = sample_size(sample), end = (index + 1) * CHUNK < size ? (index + 1) * CHUNK : size;
    struct slopes sum = {0};
    (void)worker;
    (void)error;
    if (sample->times.count > 0)
        add_shared(sample, index * CHUNK, end, &sum);
    else
        add_alone(sample, index * CHUNK, end, &sum);
    sample->partial[index] = sum;
    return TILL_OK;
}

static enum till_status look_ahead(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct sample *sample = context;
    size_t end = (index + 1) * CHUNK < sample->times.count ? (index + 1) * CHUNK : sample->times.count;
    (void)worker;
    (void)error;
    sample->model->look_ahead(&sample->point, &sample->times, sample->cells->levels, index * CHUNK, end, sample->fates);
    return TILL_OK;
}

/* What the cells have in common. */
static enum till_status find_fates(struct sample *sample, struct till_error *error) {
    if (sample->times.count == 0)
        return TILL_OK;
    enum till_status status =
        till_parallel_for(sample->threads, (sample->times.count + CHUNK - 1) / CHUNK, look_ahead, sample, error);
    if (status == TILL_OK)
        sample->model->add_up(&sample->point, &sample->times, sample->cells->levels, sample->fates);
    return status;
}

static enum till_status evaluate(void *context, const double *logs, struct slopes *slopes, struct till_error *error) {
    struct sample *sample = context;
    struct till_clv_model model = {.method = sample->method};
    size_t chunks = (sample_size(sample) + CHUNK - 1) / CHUNK;
    for (size_t i = 0; i < TILL_CLV_PARAMETERS; i++)
        model.parameter[i] = exp(logs[i]);
    if (!point_make(&sample->point, &model, sample->cells->levels, sample->cells->level_count, sample->longest))
        return till_error_memory(error);
    enum till_status status = find_fates(sample, error);
    if (status == TILL_OK)
        status = till_parallel_for(sample->threads, chunks, add_chunk, sample, error);
    point_free(&sample->point);
    *slopes = (struct slopes){0};
    for (size_t i = 0; i < chunks && status == TILL_OK; i++)
        slopes_add(slopes, &sample->partial[i], 1);
    return status;
}

static double weight_of(const struct sample *sample) {
    double weight = 0;
    for (size_t i = 0; i < sample->cells->count; i += sample->stride)
        weight += sample->cells->weight[i];
    return weight;
}

static enum till_status climb(struct sample *sample, const double (*starts)[MOST_PARAMETERS], size_t count,
                              struct optimum *best, struct till_error *error) {
    double enough = sample->stride > 1 ? ENOUGH : 0;
    struct objective objective = {TILL_CLV_PARAMETERS, weight_of(sample), enough, evaluate, sample};
    return newton_best(best, &objective, starts, count, error);
}

static void forget_times(struct sample *sample) {
    times_free(&sample->times);
    free(sample->fates);
    sample->fates = NULL;
}

/* Every `stride`-th cell from here on. */
static enum till_status set_stride(struct sample *sample, size_t stride, struct till_error *error) {
    sample->stride = stride;
    forget_times(sample);
    if (sample->model->look_ahead == NULL)
        return TILL_OK;
    if (!times_new(&sample->times, sample->cells, stride, sample->scale))
        return till_error_memory(error);
    sample->fates = malloc((sample->times.count + 1) * sizeof *sample->fates);
    return sample->fates == NULL ? till_error_memory(error) : TILL_OK;
}

/* From sample to sample, each the start of the next; where one has no top inside, all starts climb the next. */
static enum till_status search(struct sample *sample, struct optimum *best, struct till_error *error) {
    const struct buying_model *model = sample->model;
    size_t stride = 1;
    while (sample->cells->count / stride >= (size_t)FEW_CELLS * STAGE)
        stride *= STAGE;
    enum till_status status = set_stride(sample, stride, error);
    if (status == TILL_OK)
        status = climb(sample, model->starts, model->start_count, best, error);
    while (status == TILL_OK && stride > 1) {
        struct optimum before = *best;
        stride /= STAGE;
        status = set_stride(sample, stride, error);
        if (status == TILL_OK && before.inner)
            status = climb(sample, (const double(*)[MOST_PARAMETERS]) & before.logs, 1, best, error);
        if (status == TILL_OK && (!before.inner || !best->inner))
            status = climb(sample, model->starts, model->start_count, best, error);
    }
    return status;
}

/* ---- what can be seen before, and what is said after ---- */

static enum till_status look_first(const struct till_clv_cells *cells, enum till_clv_method method, double *longest,
                                   struct till_error *error) {
    double repeats = 0;
    *longest = 0;
    for (size_t i = 0; i < cells->count; i++) {
        *longest = fmax(*longest, cells->age[i]);
        repeats += cells->weight[i] * cells->repeats[i];
        if (method == TILL_CLV_BGBB && (cells->age[i] != floor(cells->age[i]) || cells->age[i] > 1e6 ||
                                        cells->last[i] != floor(cells->last[i]) || cells->repeats[i] > cells->last[i]))
            return till_error_set(error, TILL_ERROR_DATA,
                                  "BG/BB counts whole periods: repeats %u, t_x %g, age %g cannot be",
                                  (unsigned)cells->repeats[i], cells->last[i], cells->age[i]);
    }
    if (cells->customers == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "there are no customers to fit a model to");
    if (*longest == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "nobody was observed for any time after the first purchase: nothing can be learnt about "
                              "coming back");
    if (repeats == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "nobody bought again (%zu customers): neither the rate of purchases nor dropout is "
                              "identified",
                              cells->customers);
    return TILL_OK;
}

/* A parameter that has run away, or whose log could as well be three less or more. */
static bool is_lost(const struct optimum *optimum, size_t i) {
    return fabs(optimum->logs[i]) > 11 || optimum->slopes.hessian[i][i] > -0.1;
}

static enum till_status refuse(const struct buying_model *model, const struct optimum *optimum,
                               struct till_error *error) {
    const char *const *name = model->names;
    bool timed = model->timed;
    /* The log of the dropout rate, or of its odds. */
    double chance = optimum->logs[2] - optimum->logs[3];
    bool buying = is_lost(optimum, 0) || is_lost(optimum, 1), dropping = is_lost(optimum, 2) || is_lost(optimum, 3);
    if (buying && !dropping)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "no differences between customers' purchase %s can be seen in these data: %s and %s are "
                              "identified, %s and %s are not",
                              timed ? "rates" : "probabilities", name[2], name[3], name[0], name[1]);
    if (!dropping)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "the likelihood of these data has no maximum that they point to: %s, %s, %s and %s are "
                              "known together at best; more customers, or a longer time, are needed",
                              name[0], name[1], name[2], name[3]);
    if (buying)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "these data say too little of how customers differ: none of %s, %s, %s and %s is "
                              "identified; more customers, or a longer time, are needed",
                              name[0], name[1], name[2], name[3]);
    return till_error_set(
        error, TILL_ERROR_MODEL, "%s can be seen in these data: %s and %s are identified, %s and %s are not",
        chance < -6 ? "no dropout" : "no differences between customers' dropout", name[0], name[1], name[2], name[3]);
}

/* ---- fit ---- */

static void fill(struct till_clv_fit *fit, const struct sample *sample, const struct optimum *optimum) {
    double repeats = 0, weight = weight_of(sample);
    for (size_t i = 0; i < sample->cells->count; i++)
        repeats += sample->cells->weight[i] * sample->cells->repeats[i];
    *fit = (struct till_clv_fit){.model.method = sample->method, .iterations = optimum->iterations};
    for (size_t i = 0; i < TILL_CLV_PARAMETERS; i++) {
        bool time = sample->model->timed && (i == 1 || (i == 3 && sample->model == &paretonbd_model));
        fit->model.parameter[i] = exp(optimum->logs[i]) / (time ? sample->scale : 1);
        fit->gradient = fmax(fit->gradient, fabs(optimum->slopes.gradient[i]) / weight);
    }
    memcpy(fit->covariance, optimum->covariance, sizeof fit->covariance);
    /* A density over x times is in units of time to the minus x. */
    fit->log_likelihood = optimum->slopes.value + (sample->model->timed ? repeats * log(sample->scale) : 0);
}

enum till_status till_clv_fit(struct till_clv_fit *fit, enum till_clv_method method, const struct till_clv_cells *cells,
                              unsigned threads, struct till_error *error) {
    struct sample sample = {cells, model_of(method), method, 1, 1, 0, threads, {.method = method},
                            NULL,  {.count = 0},     NULL};
    struct optimum best = {.inner = false};
    enum till_status status = look_first(cells, method, &sample.longest, error);
    if (status != TILL_OK)
        return status;
    if (sample.model->timed) {
        sample.scale = ldexp(1, -ilogb(sample.longest) - 1);
        sample.longest *= sample.scale;
    }
    sample.partial = calloc(cells->count / CHUNK + 1, sizeof *sample.partial);
    status = sample.partial == NULL ? till_error_memory(error) : search(&sample, &best, error);
    if (status == TILL_OK && best.inner)
        fill(fit, &sample, &best);
    else if (status == TILL_OK)
        status = refuse(sample.model, &best, error);
    forget_times(&sample);
    free(sample.partial);
    return status;
}

void till_clv_interval(const struct till_clv_fit *fit, int parameter, double *std_error, double *lower, double *upper) {
    double value = fit->model.parameter[parameter], wide = sqrt(fit->covariance[parameter][parameter]);
    *std_error = value * wide;
    *lower = value * exp(-1.959963984540054 * wide);
    *upper = value * exp(1.959963984540054 * wide);
}
