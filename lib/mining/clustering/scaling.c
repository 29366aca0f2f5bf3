/* Scaling of one column. Moments are taken in two passes, in row order. */
#include <till/scaling.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

/* Sums of squares of what is smaller are finite. */
#define LARGEST 1e145

double till_scale_log(double value) {
    return copysign(log1p(fabs(value)), value);
}

double till_scale_apply(const struct till_scale *scale, double value) {
    return ((scale->log ? till_scale_log(value) : value) - scale->location) / scale->scale;
}

double till_scale_undo(const struct till_scale *scale, double scaled) {
    double value = scaled * scale->scale + scale->location;
    return scale->log ? copysign(expm1(fabs(value)), value) : value;
}

struct moments {
    double mean;
    double deviation;
    double skewness;
    double smallest;
    double largest;
};

static double value_of(const struct till_scale *scale, double value) {
    return scale->log ? till_scale_log(value) : value;
}

static struct moments moments_of(const struct till_scale *scale, const double *values, size_t count) {
    struct moments moments = {.smallest = (double)INFINITY, .largest = -(double)INFINITY};
    double sum = 0, second = 0, third = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double value = value_of(scale, values[i]);
        sum += value;
        moments.smallest = value < moments.smallest ? value : moments.smallest;
        moments.largest = value > moments.largest ? value : moments.largest;
    }
    moments.mean = count == 0 ? 0 : sum / n;
    for (size_t i = 0; i < count; i++) {
        double apart = value_of(scale, values[i]) - moments.mean;
        second += apart * apart;
        third += apart * apart * apart;
    }
    moments.deviation = count == 0 ? 0 : sqrt(second / n);
    if (moments.deviation > 0)
        moments.skewness = third / n / (moments.deviation * moments.deviation * moments.deviation);
    return moments;
}

static enum till_status fit_robust(struct till_scale *scale, const double *values, size_t count,
                                   struct till_error *error) {
    double *sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++)
        sorted[i] = value_of(scale, values[i]);
    gsl_sort(sorted, 1, count);
    scale->location = gsl_stats_quantile_from_sorted_data(sorted, 1, count, 0.5);
    scale->scale = gsl_stats_quantile_from_sorted_data(sorted, 1, count, 0.75) -
                   gsl_stats_quantile_from_sorted_data(sorted, 1, count, 0.25);
    free(sorted);
    return TILL_OK;
}

enum till_status till_scale_fit(struct till_scale *scale, enum till_scale_method method, const double *values,
                                size_t count, bool *constant, double *skewness, struct till_error *error) {
    struct moments moments = moments_of(scale, values, count);
    enum till_status status = TILL_OK;
    scale->location = moments.mean;
    scale->scale = 1;
    if (method == TILL_SCALE_ZSCORE)
        scale->scale = moments.deviation;
    if (method == TILL_SCALE_MINMAX)
        scale->scale = moments.largest - moments.smallest;
    if (method == TILL_SCALE_ROBUST && count > 0)
        status = fit_robust(scale, values, count, error);
    *constant = count == 0 || !(moments.largest > moments.smallest) || !(scale->scale > 0);
    *skewness = *constant ? 0 : moments.skewness;
    if (*constant)
        scale->scale = 1;
    double furthest = fmax(moments.largest - scale->location, scale->location - moments.smallest) / scale->scale;
    if (status == TILL_OK && count > 0 && !(furthest < LARGEST && isfinite(scale->scale)))
        status = till_error_set(error, TILL_ERROR_DATA,
                                "values from %g to %g: squares of their distances are beyond the range of numbers "
                                "(--log takes logarithms first)",
                                moments.smallest, moments.largest);
    return status;
}
