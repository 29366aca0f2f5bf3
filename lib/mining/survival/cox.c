/* Cox's regression by Newton's method.
 *
 * Rows are sorted by falling time once. One pass then walks them with running sums over the risk set (S0 of exp(eta),
 * S1 of exp(eta) z, S2 of exp(eta) z z'), which only grow, so nothing is subtracted from a large sum. At each time with
 * events the likelihood, its gradient and its information are added: with Breslow's approximation all d events see the
 * whole risk set, with Efron's the k-th of them sees it less k/d of the events themselves. Terms are standardised, so
 * that the size of a pivot means the same for all of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../linear/cholesky.h"
#include "parts.h"

enum { MOST_STEPS = 50, MOST_HALVINGS = 30 };

/* A pivot below this share of its own variance: the term is a combination of those before it. */
static const double collinear = 1e-10;
/* Information on a term that has shrunk to this share of what it was without any effect: its effect has no end. */
static const double runaway = 1e-7;

struct sums {
    double s0;
    double *s1; /* [terms] */
    double *s2; /* [terms][terms], lower triangle */
};

struct work {
    size_t n;
    size_t p;
    bool breslow;
    double *z; /* [n][p] standardised, by falling time */
    double *time;
    double *event;
    double *shift; /* [n] 1 - Kaplan-Meier before the time, at event rows: what effects are tested against */
    struct sums risk;
    struct sums dead;
    double *mean;     /* [p] of the risk set, at one event */
    double *gradient; /* [p] */
    double *matrix;   /* [p][p] information, lower triangle */
    double likelihood;
    /* of the last pass, when it was asked to test */
    bool test;
    double *moved;  /* [p] gradient by the shifted terms */
    double *cross;  /* [p][p] information between terms and shifted terms */
    double *square; /* [p][p] between shifted terms */
    struct till_cox *cox;
};

/* ---- one pass ---- */

static void add_row(struct sums *sums, const double *z, size_t p, double weight) {
    sums->s0 += weight;
    for (size_t i = 0; i < p; i++) {
        double scaled = weight * z[i];
        sums->s1[i] += scaled;
        for (size_t j = 0; j <= i; j++)
            sums->s2[i * p + j] += scaled * z[j];
    }
}

static void clear(struct sums *sums, size_t p) {
    sums->s0 = 0;
    memset(sums->s1, 0, p * sizeof *sums->s1);
    memset(sums->s2, 0, p * p * sizeof *sums->s2);
}

/* One event against the risk set less a share of the events of its time. Returns the size of that set. */
static double add_event(struct work *work, double share, double shift) {
    size_t p = work->p;
    double s0 = work->risk.s0 - share * work->dead.s0;
    for (size_t i = 0; i < p; i++)
        work->mean[i] = (work->risk.s1[i] - share * work->dead.s1[i]) / s0;
    for (size_t i = 0; i < p; i++) {
        work->gradient[i] -= work->mean[i];
        if (work->test)
            work->moved[i] -= shift * work->mean[i];
        for (size_t j = 0; j <= i; j++) {
            size_t at = i * p + j;
            double v = (work->risk.s2[at] - share * work->dead.s2[at]) / s0 - work->mean[i] * work->mean[j];
            work->matrix[at] += v;
            if (work->test) {
                work->cross[at] += shift * v;
                work->square[at] += shift * shift * v;
            }
        }
    }
    work->likelihood -= log(s0);
    return s0;
}

/* All events of one time: rows from..to-1 with an event. */
static void add_time(struct work *work, size_t from, size_t to) {
    double events = 0, shift = 0, hazard = 0;
    for (size_t row = from; row < to; row++) {
        if (work->event[row] == 0)
            continue;
        events++;
        shift = work->shift[row];
        for (size_t i = 0; i < work->p; i++) {
            work->gradient[i] += work->z[row * work->p + i];
            if (work->test)
                work->moved[i] += shift * work->z[row * work->p + i];
        }
    }
    for (double k = 0; k < events; k++)
        hazard += 1 / add_event(work, work->breslow ? 0 : k / events, shift);
    if (work->test && events > 0)
        work->cox->steps[work->cox->step_count++] = (struct till_cox_step){work->time[from], hazard};
}

static double predictor(const struct work *work, size_t row, const double *beta) {
    double eta = 0;
    for (size_t i = 0; i < work->p; i++)
        eta += work->z[row * work->p + i] * beta[i];
    return eta;
}

/* Likelihood, gradient and information at `beta`. */
static void pass(struct work *work, const double *beta) {
    size_t p = work->p;
    memset(work->gradient, 0, p * sizeof *work->gradient);
    memset(work->matrix, 0, p * p * sizeof *work->matrix);
    work->likelihood = 0;
    clear(&work->risk, p);
    for (size_t from = 0, to; from < work->n; from = to) {
        clear(&work->dead, p);
        for (to = from; to < work->n && work->time[to] == work->time[from]; to++) {
            double eta = predictor(work, to, beta), weight = exp(eta);
            add_row(&work->risk, work->z + to * p, p, weight);
            if (work->event[to] != 0) {
                add_row(&work->dead, work->z + to * p, p, weight);
                work->likelihood += eta;
            }
        }
        add_time(work, from, to);
    }
}

/* ---- Newton ---- */

static enum till_status refuse_collinear(const struct till_design *design, size_t term, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    return till_error_set(error, TILL_ERROR_MODEL,
                          "term %s says nothing that the terms before it do not say together: leave one of them out",
                          till_error_quote(name, design->names[term], strlen(design->names[term])));
}

static enum till_status refuse_runaway(const struct till_design *design, size_t term, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    return till_error_set(error, TILL_ERROR_MODEL,
                          "the effect of %s has no end: nobody leaves at one of its sides, so the likelihood grows "
                          "forever: leave it out, or join its levels",
                          till_error_quote(name, design->names[term], strlen(design->names[term])));
}

/* The term whose information shrank the most, when it did so without bound; p when none did. */
static size_t find_runaway(const struct work *work, const double *first) {
    size_t worst = work->p;
    double least = runaway;
    for (size_t i = 0; i < work->p; i++) {
        double share = work->matrix[i * work->p + i] / first[i];
        if (!(share >= least)) {
            least = share;
            worst = i;
        }
    }
    return worst;
}

/* Goes from `beta` along `step`, halving it until the likelihood does not fall. False when it always does. */
static bool advance(struct work *work, double *beta, const double *step, double *trial) {
    double before = work->likelihood, scale = 1;
    for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, scale /= 2) {
        for (size_t i = 0; i < work->p; i++)
            trial[i] = beta[i] + scale * step[i];
        pass(work, trial);
        if (work->likelihood >= before - 1e-10 * (1 + fabs(before))) {
            memcpy(beta, trial, work->p * sizeof *beta);
            return true;
        }
    }
    return false;
}

/* One step of Newton; *gain is what a quadratic likelihood would win by it. */
static enum till_status take_step(struct work *work, const struct till_design *design, double *beta,
                                  const double *first, double *room, double *gain, struct till_error *error) {
    size_t p = work->p;
    double *factor = room, *step = room + p * p, *trial = step + p;
    memcpy(factor, work->matrix, p * p * sizeof *factor);
    memcpy(step, work->gradient, p * sizeof *step);
    size_t stopped = cholesky_factor(factor, p, collinear), endless = find_runaway(work, first);
    if (stopped < p)
        return endless < p ? refuse_runaway(design, endless, error) : refuse_collinear(design, stopped, error);
    cholesky_solve(factor, p, step);
    *gain = 0;
    for (size_t i = 0; i < p; i++)
        *gain += step[i] * work->gradient[i];
    if (!advance(work, beta, step, trial))
        return till_error_set(error, TILL_ERROR_MODEL,
                              "Cox's regression did not converge: no step raises the likelihood");
    return TILL_OK;
}

/* To the maximum. Leaves the information at `beta` in work->matrix and returns it through the last pass. */
static enum till_status climb(struct work *work, const struct till_design *design, double *beta, double *room,
                              struct till_error *error) {
    size_t p = work->p;
    double gain = INFINITY, *first = room + p * p + 2 * p;
    for (size_t i = 0; i < p; i++)
        first[i] = work->matrix[i * p + i];
    while (gain > 1e-16 * (1 + fabs(work->likelihood)) && work->cox->iterations < MOST_STEPS) {
        enum till_status status = take_step(work, design, beta, first, room, &gain, error);
        if (status != TILL_OK)
            return status;
        work->cox->iterations++;
    }
    size_t endless = find_runaway(work, first);
    if (endless < p)
        return refuse_runaway(design, endless, error);
    if (work->cox->iterations == MOST_STEPS && gain > 1e-8)
        return till_error_set(error, TILL_ERROR_MODEL, "Cox's regression did not converge in %d steps", MOST_STEPS);
    return TILL_OK;
}

/* ---- tests ---- */

/* Fills the upper triangle from the lower one. */
static void mirror(double *matrix, size_t p) {
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < i; j++)
            matrix[j * p + i] = matrix[i * p + j];
}

/* The score test of `count` shifted terms, `first` and on: the information of all terms and of these together. NaN
 * where a shifted term cannot be told from the terms. */
static double test_shift(const struct work *work, size_t first, size_t count, double *room) {
    size_t p = work->p, m = p + count;
    double *joint = room, *score = room + m * m;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double *block = i < p ? work->matrix : j < p ? work->cross : work->square;
            size_t row = i < p ? i : i - p + first, column = j < p ? j : j - p + first;
            joint[i * m + j] = block[row * p + column];
        }
        score[i] = i < p ? work->gradient[i] : work->moved[i - p + first];
    }
    return cholesky_factor(joint, m, 1e-12) < m ? NAN : cholesky_quadratic(joint, m, score, score + m);
}

static enum till_status test_proportional(struct work *work, const double *beta, struct till_error *error) {
    size_t p = work->p;
    double *room = malloc((4 * p * p + 4 * p + 1) * sizeof *room);
    if (room == NULL)
        return till_error_memory(error);
    work->test = true;
    pass(work, beta);
    work->test = false;
    mirror(work->matrix, p);
    mirror(work->cross, p);
    mirror(work->square, p);
    for (size_t i = 0; i < p; i++)
        work->cox->proportional[i] = test_shift(work, i, 1, room);
    work->cox->proportional_all = test_shift(work, 0, p, room);
    free(room);
    return TILL_OK;
}

/* Where the baseline looks at a term: indicators at 0, the reference level, and numbers at their mean. */
static double reference(const struct till_design *design, size_t term) {
    const double *x = design->x + term * design->rows;
    for (size_t row = 0; row < design->rows; row++)
        if (x[row] != 0 && x[row] != 1 && x[row] != -1)
            return design->mean[term];
    return 0;
}

/* Steps were found by falling time, at the means of all terms; they rise, move to the reference, and add up. */
static void accumulate(struct till_cox *cox, const struct till_design *design, const double *beta) {
    double hazard = 0, move = 0;
    for (size_t i = 0; i < cox->terms; i++)
        move += beta[i] * (reference(design, i) - design->mean[i]) / design->spread[i];
    for (size_t i = 0; i < cox->step_count / 2; i++) {
        struct till_cox_step step = cox->steps[i];
        cox->steps[i] = cox->steps[cox->step_count - 1 - i];
        cox->steps[cox->step_count - 1 - i] = step;
    }
    for (size_t i = 0; i < cox->step_count; i++)
        cox->steps[i].hazard = hazard += cox->steps[i].hazard * exp(move);
}

static enum till_status measure_concordance(struct work *work, const double *beta, struct till_error *error) {
    double *score = malloc((work->n + 1) * sizeof *score);
    if (score == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < work->n; row++)
        score[row] = predictor(work, row, beta);
    enum till_status status = survival_concordance(work->time, work->event, score, work->n, &work->cox->concordance,
                                                   &work->cox->concordance_error, error);
    free(score);
    return status;
}

/* Estimates and covariance in the units of the terms. work->matrix is the whole information at `beta`. */
static void report(struct work *work, const struct till_design *design, const double *beta, double *room) {
    size_t p = work->p;
    struct till_cox *cox = work->cox;
    cox->wald = 0;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            cox->wald += beta[i] * work->matrix[i * p + j] * beta[j];
    memcpy(room, work->matrix, p * p * sizeof *room);
    cholesky_factor(room, p, collinear);
    cholesky_invert(room, p, cox->covariance);
    for (size_t i = 0; i < p; i++) {
        cox->estimate[i] = beta[i] / design->spread[i];
        for (size_t j = 0; j < p; j++)
            cox->covariance[i * p + j] /= design->spread[i] * design->spread[j];
    }
    cox->log_likelihood = work->likelihood;
    cox->likelihood_ratio = 2 * (cox->log_likelihood - cox->log_likelihood_null);
}

static enum till_status fit(struct work *work, const struct till_design *design, struct till_error *error) {
    size_t p = work->p;
    double *beta = calloc(p + 1, sizeof *beta);
    double *room = malloc((p * p + 3 * p + 1) * sizeof *room);
    enum till_status status = beta == NULL || room == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        pass(work, beta);
        work->cox->log_likelihood_null = work->likelihood;
        memcpy(room, work->matrix, p * p * sizeof *room);
        size_t stopped = cholesky_factor(room, p, collinear);
        if (stopped < p)
            status = refuse_collinear(design, stopped, error);
        else
            work->cox->score = cholesky_quadratic(room, p, work->gradient, room + p * p);
    }
    if (status == TILL_OK)
        status = climb(work, design, beta, room, error);
    if (status == TILL_OK)
        status = test_proportional(work, beta, error);
    if (status == TILL_OK)
        status = measure_concordance(work, beta, error);
    if (status == TILL_OK) {
        accumulate(work->cox, design, beta);
        report(work, design, beta, room);
    }
    free(beta);
    free(room);
    return status;
}

/* ---- making ready ---- */

static struct till_cox *new_cox(const struct till_design *design) {
    size_t p = design->terms;
    struct till_cox *cox = calloc(1, sizeof *cox);
    if (cox == NULL)
        return NULL;
    cox->terms = p;
    cox->customers = design->rows;
    cox->estimate = calloc(p + 1, sizeof *cox->estimate);
    cox->covariance = calloc(p * p + 1, sizeof *cox->covariance);
    cox->proportional = calloc(p + 1, sizeof *cox->proportional);
    cox->steps = malloc((design->rows + 1) * sizeof *cox->steps);
    if (cox->estimate == NULL || cox->covariance == NULL || cox->proportional == NULL || cox->steps == NULL) {
        till_cox_free(cox);
        return NULL;
    }
    return cox;
}

void till_cox_free(struct till_cox *cox) {
    if (cox == NULL)
        return;
    free(cox->estimate);
    free(cox->covariance);
    free(cox->proportional);
    free(cox->steps);
    free(cox);
}

/* Cuts one piece of memory into the arrays of the work. */
static bool make_room(struct work *work) {
    size_t n = work->n, p = work->p, square = p * p;
    double *memory = calloc(n * (p + 3) + 5 * square + 5 * p + 1, sizeof *memory);
    if (memory == NULL)
        return false;
    double **const arrays[] = {&work->z,       &work->time,   &work->event,    &work->shift,  &work->risk.s2,
                               &work->dead.s2, &work->matrix, &work->cross,    &work->square, &work->risk.s1,
                               &work->dead.s1, &work->mean,   &work->gradient, &work->moved};
    const size_t sizes[] = {n * p, n, n, n, square, square, square, square, square, p, p, p, p, p};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        *arrays[i] = memory;
        memory += sizes[i];
    }
    return true;
}

/* Rows by falling time, standardised; the shift of each from the curve of all. */
static enum till_status sort_rows(struct work *work, const struct till_design *design, const double *time,
                                  const double *event, struct till_error *error) {
    struct till_survival_curve *curve;
    size_t n = work->n, *order = malloc((n + 1) * sizeof *order);
    enum till_status status = till_survival_estimate(&curve, time, event, n, -1, error);
    if (status == TILL_OK && (order == NULL || !survival_order(time, event, n, order)))
        status = till_error_memory(error);
    for (size_t i = 0, point = 0; status == TILL_OK && i < n; i++) {
        size_t row = order[i], at = n - 1 - i;
        while (curve->points[point].time < time[row])
            point++;
        work->time[at] = time[row];
        work->event[at] = event[row];
        work->shift[at] = point == 0 ? 0 : 1 - curve->points[point - 1].survival;
        for (size_t j = 0; j < work->p; j++)
            work->z[at * work->p + j] = (design->x[j * n + row] - design->mean[j]) / design->spread[j];
    }
    if (status == TILL_OK)
        work->cox->events = curve->events;
    till_survival_free(curve);
    free(order);
    return status;
}

enum till_status till_cox_fit(struct till_cox **cox, const struct till_design *design, const double *time,
                              const double *event, bool breslow, struct till_error *error) {
    struct work work = {.n = design->rows, .p = design->terms, .breslow = breslow, .cox = new_cox(design)};
    *cox = NULL;
    enum till_status status = work.cox == NULL || !make_room(&work) ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && work.p == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "no column varies: there is nothing to compare hazards by");
    if (status == TILL_OK)
        status = sort_rows(&work, design, time, event, error);
    if (status == TILL_OK && work.cox->events == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "nobody has left: without events there is no hazard");
    if (status == TILL_OK)
        status = fit(&work, design, error);
    free(work.z);
    if (status != TILL_OK)
        till_cox_free(work.cox);
    else
        *cox = work.cox;
    return status;
}
