/* The log-rank test: at each event time the events are shared out as if all groups had one hazard; the differences from
 * what was seen sum up, with the variance of the hypergeometric distribution. Groups sum to nothing, so the last one is
 * left out of the quadratic form. */
#include <stdlib.h>

#include <till/tails.h>

#include "../linear/cholesky.h"
#include "parts.h"

struct work {
    const double *time;
    const double *event;
    const uint32_t *group;
    const size_t *order;
    size_t count;
    size_t groups;
    double *at_risk;  /* [groups] */
    double *variance; /* [groups][groups] */
    struct till_survival_test *test;
};

/* Adds one time with d events among n at risk. */
static void add_time(struct work *work, double n, double d) {
    double spread = n > 1 ? d * (n - d) / (n - 1) : 0;
    for (size_t i = 0; i < work->groups; i++) {
        double share = work->at_risk[i] / n;
        work->test->expected[i] += d * share;
        for (size_t j = 0; j < work->groups; j++)
            work->variance[i * work->groups + j] += spread * share * ((i == j) - work->at_risk[j] / n);
    }
}

static void walk(struct work *work) {
    for (size_t i = 0; i < work->count; i++)
        work->at_risk[work->group[i]]++;
    for (size_t from = 0, to; from < work->count; from = to) {
        double d = 0;
        for (to = from; to < work->count && work->time[work->order[to]] == work->time[work->order[from]]; to++)
            if (work->event[work->order[to]] != 0) {
                work->test->observed[work->group[work->order[to]]]++;
                d++;
            }
        if (d > 0)
            add_time(work, (double)(work->count - from), d);
        for (size_t i = from; i < to; i++)
            work->at_risk[work->group[work->order[i]]]--;
    }
}

/* The quadratic form over the groups that were at risk at some event, without the last of them. */
static enum till_status judge(struct work *work, struct till_error *error) {
    size_t groups = work->groups, used = 0;
    double *matrix = malloc((groups * groups + 1) * sizeof *matrix);
    double *difference = malloc((2 * groups + 1) * sizeof *difference);
    size_t *which = malloc((groups + 1) * sizeof *which);
    enum till_status status = TILL_OK;
    if (matrix == NULL || difference == NULL || which == NULL)
        status = till_error_memory(error);
    for (size_t i = 0; status == TILL_OK && i < groups; i++)
        if (work->test->expected[i] > 0)
            which[used++] = i;
    if (status == TILL_OK && used < 2)
        status = till_error_set(error, TILL_ERROR_MODEL,
                                "a log-rank test needs events while two groups are at risk (here: %zu)", used);
    if (status == TILL_OK) {
        size_t df = used - 1;
        for (size_t i = 0; i < df; i++) {
            difference[i] = work->test->observed[which[i]] - work->test->expected[which[i]];
            for (size_t j = 0; j < df; j++)
                matrix[i * df + j] = work->variance[which[i] * groups + which[j]];
        }
        if (cholesky_factor(matrix, df, 1e-12) < df)
            status = till_error_set(error, TILL_ERROR_MODEL, "the groups never overlap in time: no test is possible");
        else
            work->test->chi_square = cholesky_quadratic(matrix, df, difference, difference + df);
        work->test->df = df;
        work->test->p_value = till_tail_chi_square(work->test->chi_square, df);
    }
    free(matrix);
    free(difference);
    free(which);
    return status;
}

enum till_status till_survival_logrank(struct till_survival_test **test, const double *time, const double *event,
                                       const uint32_t *group, size_t count, size_t groups, struct till_error *error) {
    struct till_survival_test *made = calloc(1, sizeof *made);
    size_t *order = malloc((count + 1) * sizeof *order);
    double *numbers = calloc(groups * (groups + 1) + 1, sizeof *numbers);
    enum till_status status = TILL_OK;
    *test = NULL;
    if (made != NULL) {
        made->groups = groups;
        made->observed = calloc(groups + 1, sizeof *made->observed);
        made->expected = calloc(groups + 1, sizeof *made->expected);
    }
    if (made == NULL || made->observed == NULL || made->expected == NULL || order == NULL || numbers == NULL ||
        !survival_order(time, event, count, order))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        struct work work = {time, event, group, order, count, groups, numbers, numbers + groups, made};
        walk(&work);
        status = judge(&work, error);
    }
    free(order);
    free(numbers);
    if (status != TILL_OK)
        till_survival_test_free(made);
    else
        *test = made;
    return status;
}

void till_survival_test_free(struct till_survival_test *test) {
    if (test == NULL)
        return;
    free(test->observed);
    free(test->expected);
    free(test);
}
