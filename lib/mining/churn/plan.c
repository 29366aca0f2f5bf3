/* Which days to look back from. A cutoff whose horizon ends on or before the day of the test was known by then; one
 * whose horizon ends later looks into the time of the test, and is left out of the model that is tested. */
#include <string.h>

#include <till/date.h>

#include "parts.h"

static const char *const method_names[] = {
    [TILL_CHURN_LOGISTIC] = "logistic", [TILL_CHURN_TREE] = "tree", [TILL_CHURN_GBDT] = "gbdt"};

const char *till_churn_method_name(enum till_churn_method method) {
    return method_names[method];
}

/* Three horizons: one of history, so that recency can differ; one that is learned from; one that is tested on. */
static enum till_status too_short(const struct till_churn_settings *settings, int32_t oldest, int32_t as_of,
                                  struct till_error *error) {
    char from[TILL_DAY_TEXT + 1] = "", to[TILL_DAY_TEXT + 1] = "";
    int64_t wanted = 3 * (int64_t)settings->horizon + 2 * (int64_t)settings->gap;
    from[till_date_write(from, oldest)] = '\0';
    to[till_date_write(to, as_of)] = '\0';
    return till_error_set(
        error, TILL_ERROR_MODEL,
        "the data span %d days (%s to %s); to learn, and to test on a later time, takes three horizons "
        "and two gaps, %lld days (a shorter --horizon, or more history)",
        (int)(as_of - oldest), from, to, (long long)wanted);
}

/* Backwards from the last day whose horizon lies within the data. */
static void roll(struct till_churn_plan *plan, const struct till_churn_settings *settings, int32_t oldest,
                 int32_t as_of) {
    int64_t ahead = (int64_t)settings->gap + settings->horizon, first = (int64_t)oldest + settings->horizon;
    size_t most = settings->cutoff_count < TILL_CHURN_CUTOFFS ? settings->cutoff_count : TILL_CHURN_CUTOFFS;
    for (int64_t day = as_of - ahead; day >= first && plan->count < most; day -= settings->spacing)
        plan->cutoffs[plan->count++] = (int32_t)day;
    for (size_t i = 0; i < plan->count / 2; i++) {
        int32_t day = plan->cutoffs[i];
        plan->cutoffs[i] = plan->cutoffs[plan->count - 1 - i];
        plan->cutoffs[plan->count - 1 - i] = day;
    }
}

/* Those that were asked for, as far as their answers are known. */
static void take(struct till_churn_plan *plan, const struct till_churn_settings *settings, int32_t as_of) {
    int64_t ahead = (int64_t)settings->gap + settings->horizon;
    for (size_t i = 0; i < settings->cutoff_count && i < TILL_CHURN_CUTOFFS; i++)
        if (settings->cutoffs[i] + ahead <= as_of)
            plan->cutoffs[plan->count++] = settings->cutoffs[i];
}

/* The reasons why there is no plan are asked for from the coarsest to the finest, so that the advice helps. */
enum till_status till_churn_plan(struct till_churn_plan *plan, const struct till_churn_settings *settings,
                                 int32_t oldest, int32_t as_of, struct till_error *error) {
    char text[2][TILL_DAY_TEXT + 1] = {"", ""};
    int64_t ahead = (int64_t)settings->gap + settings->horizon;
    memset(plan, 0, sizeof *plan);
    if (settings->cutoffs == NULL)
        roll(plan, settings, oldest, as_of);
    else
        take(plan, settings, as_of);
    plan->cutoffs[plan->count] = as_of;
    for (size_t i = 0; i < plan->count; i++)
        plan->training += plan->cutoffs[i] + ahead <= plan->cutoffs[plan->count - 1];
    if (plan->training > 0)
        return TILL_OK;
    if (as_of - oldest < 2 * ahead + settings->horizon)
        return too_short(settings, oldest, as_of, error);
    text[0][till_date_write(text[0], (int32_t)(as_of - ahead))] = '\0';
    if (plan->count == 0)
        return till_error_set(
            error, TILL_ERROR_MODEL,
            "no cutoff has a known answer: gap and horizon have to end by the last day of the data (a "
            "cutoff on %s or before, or a shorter --horizon)",
            text[0]);
    text[1][till_date_write(text[1], (int32_t)(plan->cutoffs[plan->count - 1] - ahead))] = '\0';
    text[0][till_date_write(text[0], plan->cutoffs[plan->count - 1])] = '\0';
    return till_error_set(error, TILL_ERROR_MODEL,
                          "no cutoff is there to learn from: gap and horizon have to end by the test on %s (more "
                          "cutoffs, one of them on %s or before)",
                          text[0], text[1]);
}
