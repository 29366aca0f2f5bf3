/* Kaplan-Meier and Nelson-Aalen: one walk along the rows by time. All sums that the limits and the mean need
 * (Greenwood, the variance of the hazard) grow along the same walk. */
#include <math.h>
#include <stdlib.h>

#include "parts.h"

struct key {
    double time;
    bool censored;
    size_t row;
};

static int compare_keys(const void *a, const void *b) {
    const struct key *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->censored != y->censored)
        return x->censored ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

bool survival_order(const double *time, const double *event, size_t count, size_t *order) {
    struct key *keys = malloc((count + 1) * sizeof *keys);
    if (keys == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct key){time[i], event[i] == 0, i};
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++)
        order[i] = keys[i].row;
    free(keys);
    return true;
}

/* ---- the curve ---- */

/* Takes the rows of one time into the next point; `state` is what held before. Returns where the next time begins. */
static size_t add_point(struct till_survival_curve *curve, struct till_survival_point *state, const double *time,
                        const double *event, const size_t *order, size_t from, size_t count) {
    size_t to = from;
    state->time = time[order[from]];
    state->at_risk = count - from;
    state->events = 0;
    for (; to < count && time[order[to]] == state->time; to++)
        state->events += event[order[to]] != 0;
    double n = (double)state->at_risk, d = (double)state->events;
    /* Written as a ratio, so that the last one who leaves makes it exactly zero. */
    state->survival *= (n - d) / n;
    if (d > 0)
        state->greenwood += d / (n * (n - d));
    state->hazard += d / n;
    state->hazard_variance += d / (n * n);
    curve->events += state->events;
    curve->points[curve->count++] = *state;
    return to;
}

enum till_status till_survival_estimate(struct till_survival_curve **curve, const double *time, const double *event,
                                        size_t count, double start, struct till_error *error) {
    struct till_survival_curve *made = calloc(1, sizeof *made);
    struct till_survival_point state = {.survival = 1};
    size_t *order = malloc((count + 1) * sizeof *order);
    size_t at = 0;
    *curve = NULL;
    if (made != NULL)
        made->points = malloc((count + 1) * sizeof *made->points);
    if (made == NULL || made->points == NULL || order == NULL || !survival_order(time, event, count, order)) {
        till_survival_free(made);
        free(order);
        return till_error_memory(error);
    }
    while (at < count && start >= 0 && time[order[at]] <= start)
        at++;
    made->start = start > 0 ? start : 0;
    made->customers = count - at;
    while (at < count)
        at = add_point(made, &state, time, event, order, at, count);
    free(order);
    *curve = made;
    return TILL_OK;
}

void till_survival_free(struct till_survival_curve *curve) {
    if (curve == NULL)
        return;
    free(curve->points);
    free(curve);
}

/* ---- what is read off it ---- */

void till_survival_limits(const struct till_survival_point *point, enum till_survival_interval interval, double z,
                          double *lower, double *upper) {
    double survival = point->survival, error = sqrt(point->greenwood);
    *lower = *upper = NAN;
    if (survival <= 0)
        return;
    if (interval == TILL_SURVIVAL_LOG) {
        *lower = survival * exp(-z * error);
        *upper = fmin(1, survival * exp(z * error));
    } else if (survival < 1) {
        double width = z * error / log(survival);
        *lower = pow(survival, exp(-width));
        *upper = pow(survival, exp(width));
    }
}

/* The height of a line at a point: 0 survival, 1 its lower, 2 its upper limit. */
static double height(const struct till_survival_point *point, int line, enum till_survival_interval interval,
                     double z) {
    double limits[2];
    till_survival_limits(point, interval, z, &limits[0], &limits[1]);
    if (line == 0)
        return point->survival;
    /* Where limits are not defined, the lower one is 0 and the upper one stays above. */
    if (isnan(limits[line - 1]))
        return point->survival == 1 ? 1 : line == 1 ? 0 : INFINITY;
    return limits[line - 1];
}

/* Where a line comes to 1 - p. Sums of rounded steps may miss that by a few units in the last place. */
static double crossing(const struct till_survival_curve *curve, double p, int line,
                       enum till_survival_interval interval, double z) {
    const double slack = 1e-12;
    double level = 1 - p;
    for (size_t i = 0; i < curve->count; i++) {
        double y = height(&curve->points[i], line, interval, z);
        if (curve->points[i].events == 0 || y > level + slack)
            continue;
        if (y < level - slack)
            return curve->points[i].time;
        for (size_t next = i + 1; next < curve->count; next++)
            if (curve->points[next].events > 0)
                return (curve->points[i].time + curve->points[next].time) / 2;
        return curve->points[i].time;
    }
    return NAN;
}

double till_survival_quantile(const struct till_survival_curve *curve, double p, enum till_survival_interval interval,
                              double z, double limits[2]) {
    limits[0] = crossing(curve, p, 1, interval, z);
    limits[1] = crossing(curve, p, 2, interval, z);
    return crossing(curve, p, 0, interval, z);
}

/* The areas are summed from the right, since the variance weighs each event time by the area behind it. */
double till_survival_mean(const struct till_survival_curve *curve, double horizon, double *std_error) {
    double area = 0, variance = 0, right = horizon;
    for (size_t i = curve->count; i-- > 0;) {
        const struct till_survival_point *point = &curve->points[i];
        double n = (double)point->at_risk, d = (double)point->events;
        if (point->time >= horizon)
            continue;
        area += point->survival * (right - point->time);
        right = point->time;
        /* Behind the last event that empties the curve there is no area, and no variance either. */
        if (d > 0 && d < n)
            variance += area * area * d / (n * (n - d));
    }
    if (std_error != NULL)
        *std_error = sqrt(variance);
    return area + (right - curve->start);
}
