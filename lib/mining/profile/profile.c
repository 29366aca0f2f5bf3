/* Groups against the rest: means, shares, their tests; and drift. */
#include <till/profile.h>

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>

/* Means ----------------------------------------------------------------------------------------------------------- */

/* Count, mean and sum of squares about the mean: enough to put groups together (Chan, Golub & LeVeque 1979). */
struct moments {
    double count;
    double mean;
    double squares;
};

static void merge(struct moments *into, const struct moments *from) {
    double count = into->count + from->count, apart = from->mean - into->mean;
    if (from->count <= 0)
        return;
    into->squares += from->squares + apart * apart * into->count * from->count / count;
    into->mean += apart * from->count / count;
    into->count = count;
}

static void collect(const double *values, const uint32_t *groups, size_t rows, struct moments *of) {
    for (size_t row = 0; row < rows; row++)
        if (groups[row] != TILL_PROFILE_NO_GROUP && !isnan(values[row])) {
            of[groups[row]].count++;
            of[groups[row]].mean += values[row];
        }
}

static void collect_squares(const double *values, const uint32_t *groups, size_t rows, struct moments *of) {
    for (size_t row = 0; row < rows; row++)
        if (groups[row] != TILL_PROFILE_NO_GROUP && !isnan(values[row])) {
            double apart = values[row] - of[groups[row]].mean;
            of[groups[row]].squares += apart * apart;
        }
}

static struct till_profile_mean compare(const struct moments *own, const struct moments *rest) {
    const double none = (double)NAN;
    struct till_profile_mean result = {(uint64_t)own->count, own->count > 0 ? own->mean : none,
                                       rest->count > 0 ? rest->mean : none, none, none};
    double freedom = own->count + rest->count - 2;
    if (own->count < 1 || rest->count < 1 || freedom < 1)
        return result;
    double pooled = sqrt((own->squares + rest->squares) / freedom);
    if (pooled > 0 && isfinite(pooled))
        result.effect = (own->mean - rest->mean) / pooled;
    if (own->count < 2 || rest->count < 2)
        return result;
    double a = own->squares / (own->count - 1) / own->count, b = rest->squares / (rest->count - 1) / rest->count;
    if (!(a + b > 0) || !isfinite(a + b))
        return result; /* constant, or squares beyond the range of doubles */
    double t = (own->mean - rest->mean) / sqrt(a + b), part = a / (a + b);
    double df = 1 / (part * part / (own->count - 1) + (1 - part) * (1 - part) / (rest->count - 1));
    result.p_value = 2 * gsl_cdf_tdist_Q(fabs(t), df);
    return result;
}

enum till_status till_profile_numbers(const double *values, const uint32_t *groups, size_t rows, size_t group_count,
                                      struct till_profile_mean *means, struct till_error *error) {
    struct moments *of = calloc(group_count + 1, sizeof *of);
    if (of == NULL)
        return till_error_memory(error);
    collect(values, groups, rows, of);
    for (size_t g = 0; g < group_count; g++)
        of[g].mean /= of[g].count > 0 ? of[g].count : 1;
    collect_squares(values, groups, rows, of);
    for (size_t g = 0; g < group_count; g++) {
        struct moments rest = {0};
        for (size_t other = 0; other < group_count; other++)
            if (other != g)
                merge(&rest, &of[other]);
        means[g] = compare(&of[g], &rest);
    }
    free(of);
    return TILL_OK;
}

/* Shares ---------------------------------------------------------------------------------------------------------- */

/* The logarithm of the hypergeometric probability of x, up to a constant. */
static double log_weight(double x, double in, double out, double drawn) {
    return -gsl_sf_lngamma(x + 1) - gsl_sf_lngamma(in - x + 1) - gsl_sf_lngamma(drawn - x + 1) -
           gsl_sf_lngamma(out - drawn + x + 1);
}

/* Two-sided: the probability of all tables that are no more likely than this one. */
static double fisher(double count, double of, double base_count, double base_of) {
    double in = count + base_count, out = of + base_of - in;
    double low = of > out ? of - out : 0, high = of < in ? of : in;
    double own = log_weight(count, in, out, of), as_rare = 0, all = 0;
    for (double x = low; x <= high; x++) {
        double weight = exp(log_weight(x, in, out, of) - own);
        all += weight;
        as_rare += weight <= 1 + 1e-7 ? weight : 0;
    }
    return all > 0 && isfinite(all) ? as_rare / all : 0;
}

struct till_profile_share till_profile_share(uint64_t count, uint64_t of, uint64_t base_count, uint64_t base_of) {
    const double none = (double)NAN;
    double a = (double)count, n = (double)of, b = (double)base_count, m = (double)base_of;
    struct till_profile_share result = {n > 0 ? a / n : none, m > 0 ? b / m : none, none, none};
    if (!(n > 0) || !(m > 0))
        return result;
    result.effect = 2 * asin(sqrt(result.share)) - 2 * asin(sqrt(result.base_share));
    double all = (a + b) / (n + m), smaller = n < m ? n : m, rarer = all < 0.5 ? all : 1 - all;
    if (!(rarer > 0))
        result.p_value = 1;
    else if (smaller * rarer <= 5)
        result.p_value = fisher(a, n, b, m);
    else {
        double z = (result.share - result.base_share) / sqrt(all * (1 - all) * (1 / n + 1 / m));
        result.p_value = gsl_cdf_chisq_Q(z * z, 1);
    }
    return result;
}

/* Many tests ------------------------------------------------------------------------------------------------------ */

struct ranked {
    double p;
    size_t index;
};

static int by_p(const void *a, const void *b) {
    const struct ranked *left = a, *right = b;
    if (left->p < right->p || left->p > right->p)
        return left->p < right->p ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

enum till_status till_profile_adjust(const double *p, double *q, size_t count, struct till_error *error) {
    struct ranked *ranked = malloc((count + 1) * sizeof *ranked);
    size_t tests = 0;
    if (ranked == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        q[i] = (double)NAN;
        if (!isnan(p[i]))
            ranked[tests++] = (struct ranked){p[i], i};
    }
    qsort(ranked, tests, sizeof *ranked, by_p);
    double least = 1;
    for (size_t i = tests; i > 0; i--) {
        double rate = ranked[i - 1].p * (double)tests / (double)i;
        least = rate < least ? rate : least;
        q[ranked[i - 1].index] = least;
    }
    free(ranked);
    return TILL_OK;
}

/* Drift ----------------------------------------------------------------------------------------------------------- */

double till_profile_psi(uint64_t old_count, uint64_t old_total, uint64_t new_count, uint64_t new_total, size_t bins) {
    double before = ((double)old_count + 0.5) / ((double)old_total + 0.5 * (double)bins);
    double after = ((double)new_count + 0.5) / ((double)new_total + 0.5 * (double)bins);
    return (after - before) * log(after / before);
}

static double scale_of(uint64_t old_total, uint64_t new_total) {
    return 1 / (double)old_total + 1 / (double)new_total;
}

double till_profile_psi_expected(uint64_t old_total, uint64_t new_total, size_t bins) {
    return scale_of(old_total, new_total) * ((double)bins - 1);
}

double till_profile_psi_quantile(uint64_t old_total, uint64_t new_total, size_t bins, double level) {
    return bins < 2 ? 0 : scale_of(old_total, new_total) * gsl_cdf_chisq_Pinv(level, (double)bins - 1);
}
