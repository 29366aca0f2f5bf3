/* Newton's method, damped (Levenberg 1944; Marquardt 1963): where the curvature is not that of a maximum, or a step did
 * not climb, a multiple of the identity is taken from the Hessian until it does. The logs of parameters are free of
 * bounds and of units, so that the identity is a fair yardstick.
 *
 * It ends when a full step would gain less than anything that can be seen. On a ridge that rises for ever the steps go
 * on until a log leaves the range of sense; on a flat the curvature vanishes. Both are told from a maximum by the
 * standard errors of the logs: beyond WIDEST, a parameter is not known within e^16. */
#include "newton.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_STEPS 80
#define LONGEST_STEP 2.0
#define WIDEST 8.0
#define STEEPEST 1e-9       /* of the mean log-likelihood, at what is called its top */
#define SMALLEST_GAIN 1e-26 /* an observation */
/* Near the top each gain is about the square of the one before: what is gained behind such a step is below the
 * smallest, so that nobody needs to look whether it led up. */
#define UNSEEN_GAIN 1e-18

/* The Cholesky factor of damping x identity - hessian, lower triangle. False when that is not positive definite. */
static bool factor(const struct slopes *slopes, size_t n, double damping, double l[MOST_PARAMETERS][MOST_PARAMETERS]) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = (i == j ? damping : 0) - slopes->hessian[j][i];
            double size = fabs(sum);
            for (size_t k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            /* What is left after cancellation is noise, not curvature. */
            if (i == j && !(sum > 64 * DBL_EPSILON * size))
                return false;
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
    return true;
}

static void solve(double l[MOST_PARAMETERS][MOST_PARAMETERS], size_t n, double *x) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            x[i] -= l[i][k] * x[k];
        x[i] /= l[i][i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            x[i] -= l[k][i] * x[k];
        x[i] /= l[i][i];
    }
}

/* The step from here, with as little damping as the curvature allows; *gain is what a parabola would win by it. */
static void find_step(const struct slopes *slopes, size_t n, double *damping, double *step, double *gain) {
    double l[MOST_PARAMETERS][MOST_PARAMETERS];
    double size = 0;
    for (size_t i = 0; i < n; i++)
        size = fmax(size, fmax(fabs(slopes->hessian[i][i]), fabs(slopes->gradient[i])));
    while (!factor(slopes, n, *damping, l))
        *damping = fmax(*damping * 8, 1e-10 * size + DBL_MIN);
    memcpy(step, slopes->gradient, n * sizeof *step);
    solve(l, n, step);
    double longest = 0;
    *gain = 0;
    for (size_t i = 0; i < n; i++) {
        longest = fmax(longest, fabs(step[i]));
        *gain += step[i] * slopes->gradient[i];
    }
    for (size_t i = 0; i < n && longest > LONGEST_STEP; i++)
        step[i] *= LONGEST_STEP / longest;
}

/* Moves within the limits. True when anything moved. */
static bool move(const double *logs, const double *step, size_t n, double *moved) {
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        moved[i] = fmin(fmax(logs[i] + step[i], -LOG_LIMIT), LOG_LIMIT);
        any |= moved[i] != logs[i];
    }
    return any;
}

/* Whether this is an inner maximum; fills the covariance. */
static bool is_inner(struct optimum *optimum, size_t n) {
    double l[MOST_PARAMETERS][MOST_PARAMETERS];
    if (!factor(&optimum->slopes, n, 0, l))
        return false;
    for (size_t i = 0; i < n; i++) {
        double column[MOST_PARAMETERS] = {0};
        column[i] = 1;
        solve(l, n, column);
        for (size_t j = 0; j < n; j++)
            optimum->covariance[j][i] = column[j];
    }
    for (size_t i = 0; i < n; i++)
        if (!(optimum->covariance[i][i] < WIDEST * WIDEST) || fabs(optimum->logs[i]) >= LOG_SENSE)
            return false;
    return true;
}

static double steepest(const struct slopes *slopes, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(slopes->gradient[i]));
    return most;
}

/* Whether a step that promised `gain` led on: up, or, where the gain is lost in the rounding of the sum, to where the
 * slope is less than half. */
static bool is_better(const struct slopes *after, const struct slopes *before, size_t n, double gain) {
    if (gain > 16 * DBL_EPSILON * fabs(before->value))
        return after->value > before->value;
    return steepest(after, n) < 0.5 * steepest(before, n);
}

/* Tries steps with more and more damping until one climbs; false when none does. */
static enum till_status climb_once(struct optimum *optimum, const struct objective *objective, double *damping,
                                   bool *climbed, struct till_error *error) {
    size_t n = objective->parameters;
    *climbed = false;
    for (int tries = 0; tries < 40; tries++) {
        double step[MOST_PARAMETERS] = {0}, moved[MOST_PARAMETERS] = {0}, gain;
        struct slopes slopes = {0};
        find_step(&optimum->slopes, n, damping, step, &gain);
        optimum->gain = gain;
        /* The gain is a sum over all observations; below this it is lost in their rounding. */
        if (gain <= fmax(SMALLEST_GAIN * objective->weight, objective->enough) || !move(optimum->logs, step, n, moved))
            return TILL_OK;
        if (*damping == 0 && gain <= UNSEEN_GAIN * objective->weight &&
            steepest(&optimum->slopes, n) <= STEEPEST * objective->weight) {
            memcpy(optimum->logs, moved, sizeof moved);
            return TILL_OK;
        }
        enum till_status status = objective->evaluate(objective->context, moved, &slopes, error);
        if (status != TILL_OK)
            return status;
        if (is_better(&slopes, &optimum->slopes, n, gain)) {
            memcpy(optimum->logs, moved, sizeof moved);
            optimum->slopes = slopes;
            *damping = *damping < 1e-12 ? 0 : *damping / 16;
            *climbed = true;
            return TILL_OK;
        }
        if (gain <= 16 * DBL_EPSILON * fabs(optimum->slopes.value))
            return TILL_OK;
        *damping = fmax(*damping * 8, 1e-4 * objective->weight);
    }
    return TILL_OK;
}

enum till_status newton_climb(struct optimum *optimum, const struct objective *objective, struct till_error *error) {
    double damping = 0;
    bool climbed = true;
    optimum->gain = INFINITY;
    enum till_status status = objective->evaluate(objective->context, optimum->logs, &optimum->slopes, error);
    for (optimum->iterations = 0; status == TILL_OK && climbed && optimum->iterations < MOST_STEPS;
         optimum->iterations++)
        status = climb_once(optimum, objective, &damping, &climbed, error);
    bool there = steepest(&optimum->slopes, objective->parameters) <= STEEPEST * objective->weight ||
                 optimum->gain <= objective->enough;
    optimum->inner = status == TILL_OK && is_inner(optimum, objective->parameters) && there;
    return status;
}

enum till_status newton_best(struct optimum *best, const struct objective *objective,
                             const double (*starts)[MOST_PARAMETERS], size_t count, struct till_error *error) {
    for (size_t i = 0; i < count; i++) {
        struct optimum optimum = {0};
        memcpy(optimum.logs, starts[i], sizeof optimum.logs);
        enum till_status status = newton_climb(&optimum, objective, error);
        if (status != TILL_OK)
            return status;
        double level = 1e-9 * (1 + fabs(best->slopes.value));
        double higher = optimum.slopes.value - best->slopes.value;
        if (i == 0 || higher > level || (higher > -level && optimum.inner && !best->inner))
            *best = optimum;
    }
    return TILL_OK;
}
