/* Logistic regression by Newton's method on standardised terms (iteratively reweighted least squares). With a ridge the
 * information grows by its penalty. With a lasso, the quadratic model of each step is minimised by coordinate descent
 * on the information matrix, which the pass has made already, from the solution of a larger penalty: penalties go down
 * from the one that holds all terms at zero. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../linear/cholesky.h"
#include "gram.h"
#include "parts.h"

enum { MOST_STEPS = 60, MOST_HALVINGS = 30, MOST_SWEEPS = 100000 };
enum { FEWEST_ROWS = 2048, ROWS_A_TERM = 20 }; /* of the smallest sample that says where to start */

static const size_t strides[] = {32, 4}; /* of samples: one block of rows of so many */
static const double collinear = 1e-11;   /* a pivot below this share of its own variance: a combination of others */
static const double last_gain = 1e-18;   /* a step that would win so little of the total weight leaves nothing to win */
static const double separated = 1e-7;    /* information on a term that shrank to this share: its effect has no end */

struct work {
    struct logistic_data data;
    struct till_logistic *fit;
    double ridge; /* of a unit of weight, as the lasso */
    double lasso;
    double *beta;
    double *step;
    double *trial;
    double *newton;
    double *start;    /* [p] where samples start from */
    bool approached;  /* a sample has led near the optimum */
    double *factor;   /* [p][p]; NULL with a lasso */
    struct gram gram; /* instead of the information where terms are more than rows */
    double *first;    /* [p] information on each term given the others, before any effect */
};

/* ---- what is refused ---- */

static enum till_status refuse(const struct work *work, size_t at, const char *what, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    const char *term = at == 0 ? "(intercept)" : work->data.design->names[at - 1];
    return till_error_set(error, TILL_ERROR_MODEL, "term %s %s", till_error_quote(name, term, strlen(term)), what);
}

static enum till_status refuse_collinear(const struct work *work, size_t at, struct till_error *error) {
    return refuse(work, at, "says nothing that the terms before it do not say together: leave one out, or use --ridge",
                  error);
}

static enum till_status refuse_separated(const struct work *work, size_t at, struct till_error *error) {
    return refuse(work, at,
                  "separates the classes: its effect has no end; leave it out, join its levels, or use --ridge", error);
}

/* The term with the largest effect, of those whose effects run away together. */
static size_t largest(const struct work *work) {
    size_t found = 1;
    for (size_t j = 1; j < work->data.p; j++)
        if (fabs(work->beta[j]) > fabs(work->beta[found]))
            found = j;
    return found;
}

/* ---- steps ---- */

/* Penalties are those of the rows that the last pass looked at. */
static double ridge_of(const struct work *work) {
    return work->ridge * work->data.looked_at;
}

static double lasso_of(const struct work *work) {
    return work->lasso * work->data.looked_at;
}

static double objective(const struct work *work, const double *beta) {
    double penalty = 0;
    for (size_t j = 1; j < work->data.p; j++)
        penalty += lasso_of(work) * fabs(beta[j]) + ridge_of(work) / 2 * beta[j] * beta[j];
    return work->data.likelihood - penalty;
}

/* Gradient and information take the ridge in. */
static void add_ridge(struct work *work) {
    for (size_t j = 1; j < work->data.p; j++) {
        work->data.gradient[j] -= ridge_of(work) * work->beta[j];
        if (!work->data.wide)
            work->data.matrix[j * work->data.p + j] += ridge_of(work);
    }
}

/* Along the step, halved until the objective does not fall. Leaves the pass at the new place. */
static enum till_status advance(struct work *work, double before, struct till_error *error) {
    size_t p = work->data.p;
    double scale = 1;
    for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, scale /= 2) {
        for (size_t j = 0; j < p; j++)
            work->trial[j] = work->beta[j] + scale * work->step[j];
        enum till_status status = logistic_pass(&work->data, work->trial, error);
        if (status != TILL_OK)
            return status;
        if (objective(work, work->trial) >= before - 1e-12 * (1 + fabs(before))) {
            memcpy(work->beta, work->trial, p * sizeof *work->beta);
            return TILL_OK;
        }
    }
    return till_error_set(error, TILL_ERROR_MODEL,
                          "logistic regression did not converge: no step lowers the loss; use a larger --ridge");
}

/* The step by the gradient and the factor that there is; returns twice what it would win in a quadratic world. */
static double solve_step(struct work *work) {
    double gain = 0;
    memcpy(work->step, work->data.gradient, work->data.p * sizeof *work->step);
    cholesky_solve(work->factor, work->data.p, work->step);
    for (size_t j = 0; j < work->data.p; j++)
        gain += work->step[j] * work->data.gradient[j];
    return gain;
}

/* Newton's step; *gain as above. */
static enum till_status newton(struct work *work, double *gain, struct till_error *error) {
    size_t p = work->data.p;
    memcpy(work->factor, work->data.matrix, p * p * sizeof *work->factor);
    size_t stopped = cholesky_factor(work->factor, p, collinear);
    if (stopped < p)
        return work->fit->iterations == 0 ? refuse_collinear(work, stopped, error)
                                          : refuse_separated(work, largest(work), error);
    *gain = solve_step(work);
    return TILL_OK;
}

static double soften(double x, double threshold) {
    return x > threshold ? x - threshold : x < -threshold ? x + threshold : 0;
}

static double matrix_at(const struct work *work, size_t i, size_t j) {
    return work->data.matrix[i >= j ? i * work->data.p + j : j * work->data.p + i];
}

/* slope -= change times the j-th column of the information. */
static enum till_status follow(struct work *work, double *slope, size_t j, double change, struct till_error *error) {
    size_t p = work->data.p;
    const double *column = work->data.wide ? gram_column(&work->gram, j) : NULL;
    if (work->data.wide && column == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < p; i++)
        slope[i] -= change * (column != NULL ? column[i] : matrix_at(work, i, j));
    return TILL_OK;
}

/* One sweep of coordinate descent on the quadratic model: `slope` is its gradient at beta + step. *most is the largest
 * change, in units of the objective. */
static enum till_status sweep(struct work *work, double *slope, double *most, struct till_error *error) {
    *most = 0;
    for (size_t j = 0; j < work->data.p; j++) {
        double curvature = work->data.wide ? work->gram.diagonal[j] : matrix_at(work, j, j);
        double old = work->beta[j] + work->step[j];
        double new = curvature > 0 ? soften(slope[j] + curvature * old, j == 0 ? 0 : lasso_of(work)) / curvature : old;
        double change = new - old;
        if (change == 0)
            continue;
        work->step[j] += change;
        enum till_status status = follow(work, slope, j, change, error);
        if (status != TILL_OK)
            return status;
        *most = fmax(*most, curvature * change * change);
    }
    return TILL_OK;
}

/* The step to the minimum of the quadratic model with the lasso. *gain is the change it makes, as newton's: what the
 * gradient has lost by the step, times the step. */
static enum till_status descend(struct work *work, double *gain, struct till_error *error) {
    size_t p = work->data.p;
    double *slope = work->trial, most = INFINITY;
    enum till_status status = TILL_OK;
    if (work->data.wide)
        gram_set(&work->gram, work->beta, ridge_of(work));
    memcpy(slope, work->data.gradient, p * sizeof *slope);
    memset(work->step, 0, p * sizeof *work->step);
    for (int sweeps = 0; sweeps < MOST_SWEEPS && most > 1e-22 * work->data.total && status == TILL_OK; sweeps++)
        status = sweep(work, slope, &most, error);
    *gain = 0;
    for (size_t j = 0; j < p; j++)
        *gain += work->step[j] * (work->data.gradient[j] - slope[j]);
    return status;
}

static void take_step(struct work *work) {
    for (size_t j = 0; j < work->data.p; j++)
        work->beta[j] += work->step[j];
}

/* Where rows are many, a step is followed by another one with the same information, for which the gradient alone is
 * asked: two such steps are a method of third order (J. F. Traub, Iterative methods for the solution of equations,
 * 1964, section 8.5). Takes both and leaves the pass there; where that is not higher, leaves everything as it was but
 * the pass and the step, which is Newton's again. */
static enum till_status advance_twice(struct work *work, double before, bool *higher, struct till_error *error) {
    size_t p = work->data.p;
    memcpy(work->trial, work->beta, p * sizeof *work->beta);
    memcpy(work->newton, work->step, p * sizeof *work->step);
    take_step(work);
    enum till_status status = logistic_slope(&work->data, work->beta, error);
    if (status != TILL_OK)
        return status;
    for (size_t j = 1; j < p; j++)
        work->data.gradient[j] -= ridge_of(work) * work->beta[j];
    solve_step(work);
    take_step(work);
    status = logistic_pass(&work->data, work->beta, error);
    *higher = objective(work, work->beta) >= before;
    if (!*higher) {
        memcpy(work->beta, work->trial, p * sizeof *work->beta);
        memcpy(work->step, work->newton, p * sizeof *work->step);
    }
    return status;
}

/* To the optimum at the present penalties. The last pass was at beta, and at the end it was so near that information
 * and likelihood are those of the optimum. */
static enum till_status climb(struct work *work, double enough, struct till_error *error) {
    double gain = INFINITY;
    unsigned steps = 0;
    while (steps < MOST_STEPS) {
        double before = objective(work, work->beta);
        add_ridge(work);
        enum till_status status = work->lasso > 0 ? descend(work, &gain, error) : newton(work, &gain, error);
        if (status != TILL_OK)
            return status;
        work->fit->iterations++;
        steps++;
        if (gain <= enough * work->data.looked_at) {
            take_step(work);
            return TILL_OK;
        }
        bool done = false;
        if (work->approached && work->data.stride == 1)
            status = advance_twice(work, before, &done, error);
        if (status == TILL_OK && !done)
            status = advance(work, before, error);
        if (status != TILL_OK)
            return status;
    }
    if (gain > 1e-9 * work->data.looked_at)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "logistic regression did not converge in %d steps: use a larger --ridge", MOST_STEPS);
    return TILL_OK;
}

/* The step of all rows from the optimum of a sample, by the information of the sample (its factor, of `seen` weight).
 */
static enum till_status step_by_sample(struct work *work, double seen, struct till_error *error) {
    size_t p = work->data.p;
    enum till_status status = logistic_slope(&work->data, work->beta, error);
    for (size_t j = 1; j < p; j++)
        work->data.gradient[j] -= ridge_of(work) * work->beta[j];
    for (size_t j = 0; j < p; j++)
        work->data.gradient[j] *= seen / work->data.looked_at;
    solve_step(work);
    take_step(work);
    return status;
}

/* Climbs on samples of the rows, spread evenly, the second larger than the first; says how much weight the last one
 * had, or 0 when it has no optimum and so says nothing. */
static enum till_status climb_samples(struct work *work, double *seen, struct till_error *error) {
    struct logistic_data *data = &work->data;
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
        struct till_error ignored = {0};
        data->stride = strides[i];
        enum till_status status = logistic_pass(data, work->beta, error);
        if (status == TILL_OK)
            status = climb(work, 1e-4, &ignored);
        if (status != TILL_OK && status != TILL_ERROR_MODEL)
            return status;
        *seen = status == TILL_OK ? data->looked_at : 0;
        if (status != TILL_OK)
            memcpy(work->beta, work->start, data->p * sizeof *work->beta);
    }
    data->stride = 1;
    return TILL_OK;
}

/* Where there are many rows, the optimum of a few of them is near that of all: what is left of the way takes few
 * passes. The last pass was at beta, and is again. */
static enum till_status approach(struct work *work, struct till_error *error) {
    size_t p = work->data.p, least = ROWS_A_TERM * p > FEWEST_ROWS ? ROWS_A_TERM * p : FEWEST_ROWS;
    double before = objective(work, work->beta), seen = 0;
    if (work->data.n / strides[0] < least)
        return TILL_OK;
    memcpy(work->start, work->beta, p * sizeof *work->beta);
    enum till_status status = climb_samples(work, &seen, error);
    work->fit->iterations = 0;
    work->approached = seen > 0;
    if (status == TILL_OK && work->approached)
        status = step_by_sample(work, seen, error);
    if (status == TILL_OK)
        status = logistic_pass(&work->data, work->beta, error);
    if (status == TILL_OK && work->approached && !(objective(work, work->beta) > before)) {
        memcpy(work->beta, work->start, p * sizeof *work->beta);
        status = logistic_pass(&work->data, work->beta, error);
    }
    return status;
}

/* Down from the lasso that holds all terms at zero, each solution starting the next. */
static enum till_status follow_path(struct work *work, struct till_error *error) {
    double wanted = work->lasso, largest_slope = 0;
    enum till_status status = TILL_OK;
    for (size_t j = 1; j < work->data.p; j++)
        largest_slope = fmax(largest_slope, fabs(work->data.gradient[j]));
    for (work->lasso = largest_slope / work->data.total / 2; status == TILL_OK && work->lasso > wanted;
         work->lasso /= 2) {
        status = climb(work, 1e-6, error);
        if (status == TILL_OK)
            status = logistic_pass(&work->data, work->beta, error);
    }
    work->lasso = wanted;
    return status == TILL_OK ? climb(work, last_gain, error) : status;
}

/* ---- errors of the estimates ---- */

/* 1 / the diagonal of the inverse: what is known of each term when the others are not. `inverse` takes the inverse. */
static size_t conditional_information(struct work *work, double *inverse, double *out) {
    size_t p = work->data.p;
    memcpy(work->factor, work->data.matrix, p * p * sizeof *work->factor);
    size_t stopped = cholesky_factor(work->factor, p, collinear);
    if (stopped < p)
        return stopped;
    cholesky_invert(work->factor, p, inverse);
    for (size_t j = 0; j < p; j++)
        out[j] = 1 / inverse[j * p + j];
    return p;
}

/* The sum over groups of the outer product of their scores, into work->factor. */
static enum till_status sum_scores(struct work *work, const uint32_t *group, size_t groups, struct till_error *error) {
    size_t n = work->data.n, p = work->data.p;
    size_t *order = malloc((n + groups + 2) * sizeof *order);
    if (order == NULL)
        return till_error_memory(error);
    size_t *first = order + n; /* [groups + 1]; a counting sort keeps rows in order */
    memset(first, 0, (groups + 2) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[(group == NULL ? i : group[i]) + 1]++;
    for (size_t g = 0; g < groups; g++)
        first[g + 1] += first[g];
    for (size_t i = n; i-- > 0;)
        order[--first[(group == NULL ? i : group[i]) + 1]] = i;
    memset(work->factor, 0, p * p * sizeof *work->factor);
    for (size_t at = 0, end; at < n; at = end) {
        size_t own = group == NULL ? order[at] : group[order[at]];
        memset(work->step, 0, p * sizeof *work->step);
        for (end = at; end < n && (group == NULL ? order[end] : group[order[end]]) == own; end++) {
            size_t i = order[end];
            double residual =
                work->data.target[i] - till_logistic_probability(logistic_predictor(&work->data, i, work->beta));
            residual *= work->data.weight == NULL ? 1 : work->data.weight[i];
            work->step[0] += residual;
            for (size_t j = 1; j < p; j++)
                work->step[j] += residual * logistic_value(&work->data, i, j);
        }
        for (size_t i = 0; i < p; i++)
            for (size_t j = 0; j < p; j++)
                work->factor[i * p + j] += work->step[i] * work->step[j];
    }
    free(order);
    return TILL_OK;
}

/* out = a b, square. */
static void multiply(const double *a, const double *b, size_t p, double *out) {
    memset(out, 0, p * p * sizeof *out);
    for (size_t i = 0; i < p; i++)
        for (size_t k = 0; k < p; k++)
            for (size_t j = 0; j < p; j++)
                out[i * p + j] += a[i * p + k] * b[k * p + j];
}

/* The bread is the inverse information; the meat, the scores of independent units. Scaled by g / (g - 1). */
static enum till_status make_robust(struct work *work, const uint32_t *group, size_t groups, double *bread,
                                    struct till_error *error) {
    size_t p = work->data.p;
    groups = group == NULL ? work->data.n : groups;
    if (groups < 2)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "errors by key need two keys or more: all rows are of one (choose another --key)");
    enum till_status status = sum_scores(work, group, groups, error);
    if (status != TILL_OK)
        return status;
    multiply(bread, work->factor, p, work->data.matrix);
    multiply(work->data.matrix, bread, p, work->factor);
    for (size_t i = 0; i < p * p; i++)
        bread[i] = work->factor[i] * (double)groups / (double)(groups - 1);
    return TILL_OK;
}

/* Estimates and covariance into the units of the terms: the intercept takes up the means. */
static void report(struct work *work, double *covariance) {
    const struct till_design *design = work->data.design;
    size_t p = work->data.p;
    struct till_logistic *fit = work->fit;
    fit->estimate[0] = work->beta[0];
    for (size_t j = 1; j < p; j++) {
        fit->estimate[j] = work->beta[j] / design->spread[j - 1];
        fit->estimate[0] -= fit->estimate[j] * design->mean[j - 1];
        fit->non_zero += work->beta[j] != 0;
    }
    if (covariance == NULL)
        return;
    for (size_t i = 1; i < p; i++)
        for (size_t j = 0; j < p; j++) {
            covariance[i * p + j] /= design->spread[i - 1];
            covariance[j * p + i] /= design->spread[i - 1];
        }
    for (size_t i = 1; i < p; i++)
        covariance[0] -= 2 * design->mean[i - 1] * covariance[i * p];
    for (size_t i = 1; i < p; i++)
        for (size_t j = 1; j < p; j++)
            covariance[0] += design->mean[i - 1] * design->mean[j - 1] * covariance[i * p + j];
    for (size_t i = 1; i < p; i++) {
        for (size_t j = 1; j < p; j++)
            covariance[i * p] -= design->mean[j - 1] * covariance[i * p + j];
        covariance[i] = covariance[i * p];
    }
}

/* Before any effect: what each term tells beyond the others, and how much they share (variance inflation). */
static enum till_status measure_terms(struct work *work, double *inverse, struct till_error *error) {
    size_t p = work->data.p;
    size_t stopped = conditional_information(work, inverse, work->first);
    if (stopped < p)
        return refuse_collinear(work, stopped, error);
    work->fit->condition = 1;
    for (size_t j = 1; j < p; j++) {
        double inflation = work->data.matrix[j * p + j] / work->first[j];
        if (inflation > work->fit->condition) {
            work->fit->condition = inflation;
            work->fit->most_inflated = j - 1;
        }
    }
    return TILL_OK;
}

static enum till_status fit_plain(struct work *work, const uint32_t *group, size_t groups, bool robust,
                                  struct till_error *error) {
    size_t p = work->data.p;
    double *inverse = work->fit->covariance = malloc(p * p * sizeof *inverse);
    enum till_status status = inverse == NULL ? till_error_memory(error) : measure_terms(work, inverse, error);
    if (status == TILL_OK)
        status = approach(work, error);
    if (status == TILL_OK)
        status = climb(work, last_gain, error);
    if (status != TILL_OK)
        return status;
    if (conditional_information(work, inverse, work->trial) < p)
        return refuse_separated(work, largest(work), error);
    for (size_t j = 1; j < p; j++)
        if (!(work->trial[j] > separated * work->first[j]))
            return refuse_separated(work, j, error);
    return robust ? make_robust(work, group, groups, inverse, error) : TILL_OK;
}

static enum till_status fit_ridge(struct work *work, struct till_error *error) {
    enum till_status status = approach(work, error);
    return status == TILL_OK ? climb(work, last_gain, error) : status;
}

/* ---- the whole ---- */

/* The intercept that fits alone, and its likelihood. */
static enum till_status start(struct work *work, struct till_error *error) {
    double positives = 0, total = work->data.total;
    for (size_t i = 0; i < work->data.n; i++)
        positives += work->data.target[i] * (work->data.weight == NULL ? 1 : work->data.weight[i]);
    if (!(positives > 0) || !(positives < total))
        return till_error_set(error, TILL_ERROR_MODEL, "all rows are of one class: there is nothing to tell apart");
    work->beta[0] = log(positives / (total - positives));
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what the fit has is freed with it */
    enum till_status status = logistic_pass(&work->data, work->beta, error);
    work->fit->log_likelihood_null = work->data.likelihood;
    return status;
}

static enum till_status make_work(struct work *work, struct till_error *error) {
    enum till_status status = logistic_open(&work->data, error);
    size_t p = work->data.p;
    work->fit = calloc(1, sizeof *work->fit);
    work->beta = calloc(6 * p, sizeof *work->beta);
    work->factor = work->lasso > 0 ? NULL : malloc(p * p * sizeof *work->factor);
    if (status == TILL_OK && (work->fit == NULL || work->beta == NULL || (work->factor == NULL && work->lasso <= 0)))
        status = till_error_memory(error);
    if (status == TILL_OK && work->data.wide)
        status = gram_open(&work->gram, &work->data, error);
    if (status != TILL_OK)
        return status;
    work->step = work->beta + p;
    work->trial = work->step + p;
    work->first = work->trial + p;
    work->start = work->first + p;
    work->newton = work->start + p;
    work->fit->terms = p - 1;
    work->fit->condition = NAN;
    work->fit->estimate = calloc(p, sizeof *work->fit->estimate);
    return work->fit->estimate == NULL ? till_error_memory(error) : TILL_OK;
}

enum till_status till_logistic_fit(struct till_logistic **fit, const struct till_design *design, const double *target,
                                   const double *weight, const uint32_t *group, size_t groups,
                                   const struct till_logistic_settings *settings, struct till_error *error) {
    struct work work = {.data = {.design = design, .target = target, .weight = weight, .threads = settings->threads}};
    bool plain = settings->ridge <= 0 && settings->lasso <= 0;
    *fit = NULL;
    if (plain && design->terms >= design->rows)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "%zu terms and %zu rows: there must be more rows than terms, or a penalty (--ridge)",
                              design->terms, design->rows);
    if (settings->ridge > 0 && settings->lasso <= 0 && design->terms > design->rows)
        return logistic_fit_by_rows(fit, design, target, weight, settings, error);
    work.ridge = settings->ridge;
    work.lasso = settings->lasso;
    work.data.wide = work.lasso > 0 && design->terms > design->rows;
    enum till_status status = make_work(&work, error);
    if (status == TILL_OK)
        status = start(&work, error);
    if (status == TILL_OK)
        status = plain            ? fit_plain(&work, group, groups, settings->robust, error)
                 : work.lasso > 0 ? follow_path(&work, error)
                                  : fit_ridge(&work, error);
    if (status == TILL_OK) {
        work.fit->log_likelihood = work.data.likelihood;
        report(&work, work.fit->covariance);
        *fit = work.fit;
        work.fit = NULL;
    }
    gram_close(&work.gram);
    logistic_close(&work.data);
    free(work.beta);
    free(work.factor);
    till_logistic_free(work.fit);
    return status;
}

void till_logistic_free(struct till_logistic *fit) {
    if (fit == NULL)
        return;
    free(fit->estimate);
    free(fit->covariance);
    free(fit);
}
