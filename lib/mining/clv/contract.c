/* Shifted beta-geometric lifetimes. A customer leaves at renewal t with probability
 *
 *     P(t) = alpha (beta)_(t-1) / (alpha+beta)_t,      S(t) = (beta)_t / (alpha+beta)_t
 *
 * where (x)_n = x (x+1) ... (x+n-1), so that the likelihood is a sum of logs of rising factorials. */
#include <till/contract.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "newton.h"
#include "special.h"

struct cohort {
    const uint64_t *survivors;
    size_t periods;
};

/* Adds weight x log of (beta)_stays / (alpha+beta)_both, by the logs of alpha and beta. */
static void add_stay(struct slopes *sum, double alpha, double beta, double stays, double both, double weight) {
    struct rising b = rising(beta, stays), ab = rising(alpha + beta, both);
    struct slopes part = {.value = b.value - ab.value, .gradient = {-alpha * ab.first, beta * (b.first - ab.first)}};
    part.hessian[0][0] = -alpha * ab.first - alpha * alpha * ab.second;
    part.hessian[0][1] = -alpha * beta * ab.second;
    part.hessian[1][1] = beta * (b.first - ab.first) + beta * beta * (b.second - ab.second);
    slopes_add(sum, &part, weight);
}

static enum till_status evaluate(void *context, const double *logs, struct slopes *slopes, struct till_error *error) {
    const struct cohort *cohort = context;
    double alpha = exp(logs[0]), beta = exp(logs[1]), n = (double)cohort->periods;
    (void)error;
    *slopes = (struct slopes){0};
    for (size_t t = 1; t <= cohort->periods; t++) {
        double lost = (double)(cohort->survivors[t - 1] - cohort->survivors[t]);
        add_stay(slopes, alpha, beta, (double)t - 1, (double)t, lost);
        slopes->value += lost * logs[0];
        slopes->gradient[0] += lost;
    }
    add_stay(slopes, alpha, beta, n, n, (double)cohort->survivors[cohort->periods]);
    return TILL_OK;
}

static enum till_status look_first(const uint64_t *survivors, size_t periods, struct till_error *error) {
    for (size_t t = 1; t <= periods; t++)
        if (survivors[t] > survivors[t - 1])
            return till_error_set(error, TILL_ERROR_DATA,
                                  "survivors cannot rise: %llu in period %zu, %llu in period %zu",
                                  (unsigned long long)survivors[t - 1], t - 1, (unsigned long long)survivors[t], t);
    if (periods < 2 || survivors[0] == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "two renewals of somebody are needed to tell alpha from beta; there are %zu", periods);
    if (survivors[periods] == survivors[0])
        return till_error_set(error, TILL_ERROR_MODEL, "nobody left: alpha and beta are not identified");
    return TILL_OK;
}

enum till_status till_contract_fit(struct till_contract_fit *fit, const uint64_t *survivors, size_t periods,
                                   struct till_error *error) {
    static const double starts[][MOST_PARAMETERS] = {{0, 0}, {-0.5, 1.5}, {0.7, 2.5}};
    struct cohort cohort = {survivors, periods};
    struct optimum best = {.inner = false};
    enum till_status status = look_first(survivors, periods, error);
    if (status != TILL_OK)
        return status;
    struct objective objective = {2, (double)survivors[0], 0, evaluate, &cohort};
    status = newton_best(&best, &objective, starts, sizeof starts / sizeof *starts, error);
    if (status != TILL_OK)
        return status;
    if (!best.inner)
        return till_error_set(
            error, TILL_ERROR_MODEL,
            "retention does not rise from renewal to renewal, so no differences between customers can "
            "be seen in these data: alpha and beta are not identified, only their ratio");
    *fit = (struct till_contract_fit){{exp(best.logs[0]), exp(best.logs[1])}, best.slopes.value, 0, {{0}}};
    for (size_t i = 0; i < 2; i++) {
        fit->gradient = fmax(fit->gradient, fabs(best.slopes.gradient[i]) / objective.weight);
        memcpy(fit->covariance[i], best.covariance[i], sizeof fit->covariance[i]);
    }
    return TILL_OK;
}

double till_contract_survival(const struct till_contract_model *model, double period) {
    return exp(rising(model->beta, period).value - rising(model->alpha + model->beta, period).value);
}

double till_contract_retention(const struct till_contract_model *model, double period) {
    return (model->beta + period - 1) / (model->alpha + model->beta + period - 1);
}

/* The sum of products of retention from renewal `from` on, each discounted once more than the one before, until nothing
 * is left. */
static double sum_renewals(const struct till_contract_model *model, double from, double discount) {
    double stays = 1, sum = 0, factor = 1 / (1 + discount);
    for (double t = from; stays > 1e-17 * sum * discount; t++) {
        stays *= till_contract_retention(model, t);
        sum += stays;
        stays *= factor;
    }
    return sum;
}

double till_contract_lifetime(const struct till_contract_model *model, double discount) {
    return 1 + sum_renewals(model, 1, discount) / (1 + discount);
}

double till_contract_residual(const struct till_contract_model *model, uint64_t period, double discount) {
    return sum_renewals(model, (double)period, discount);
}
