/* The whole job: one pass hands out every customer at every cutoff, and what is needed of them is kept: rows to learn
 * from, the customers of the test, what the Pareto/NBD looks at, and the customers of today. Then two models, one that
 * is tested and one that scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/hash.h>

#include "parts.h"

/* What the parts of a run share. All rows are kept as plain numbers, since any method may want them in its own way. */
struct work {
    struct till_churn *churn;
    const struct till_churn_plan *plan;
    const struct till_churn_settings *settings;
    struct churn_columns columns;
    struct churn_rows learning; /* labelled cutoffs, the test's among them */
    struct churn_rows test;
    struct churn_rows today;
    struct till_slice *names; /* [today.capacity] */
    struct churn_history history;
    double *probability[TILL_CHURN_RIVALS]; /* [test.count] */
};

/* ---- rows ---- */

/* Features of items are there for all rows or for none: a model of them could not be applied without. */
static void choose_columns(struct churn_columns *columns, bool items) {
    const struct till_features_column *features = till_features_columns();
    for (size_t i = 0; i < TILL_FEATURES_COLUMNS; i++)
        if (items || !features[i].of_items)
            columns->feature[columns->count++] = i;
}

/* Money in units, as a table shows it. */
static double number_of(const struct till_features_row *row, size_t feature) {
    switch (till_features_columns()[feature].type) {
    case TILL_COUNT:
        return (double)row->values[feature].count;
    case TILL_MONEY:
        return (double)row->values[feature].money / 10000;
    default:
        return row->values[feature].real;
    }
}

/* The answer of today's rows is not known: it is kept as 0, and nobody looks at it. */
static bool keep_row(const struct work *work, struct churn_rows *rows, uint64_t key,
                     const struct till_features_row *row) {
    size_t place;
    if (!churn_rows_add(rows, key, &place))
        return false;
    if (place == SIZE_MAX)
        return true;
    rows->target[place] = row->churned == 1;
    rows->cutoff[place] = row->cutoff;
    for (size_t i = 0; i < work->columns.count; i++)
        rows->values[place * rows->columns + i] = number_of(row, work->columns.feature[i]);
    return true;
}

static bool reserve_history(struct churn_history *history) {
    const struct till_array columns[] = {TILL_ARRAY(history->repeats), TILL_ARRAY(history->last),
                                         TILL_ARRAY(history->age), TILL_ARRAY(history->tested)};
    return till_arrays_reserve(columns, 4, history->count + 1, &history->capacity);
}

/* A customer on the day of the test: everyone who bought is known to the Pareto/NBD, those in the window are tested. */
static bool keep_test(struct work *work, const struct till_features_row *row) {
    struct churn_history *history = &work->history;
    if (row->visits == 0)
        return true;
    if (!reserve_history(history))
        return false;
    size_t at = history->count++;
    history->repeats[at] = row->visits - 1;
    history->last[at] = (row->last - row->first) / 7.0;
    history->age[at] = (row->cutoff - row->first) / 7.0;
    if (row->left_out)
        return true;
    history->tested[work->test.count] = at;
    return keep_row(work, &work->test, 0, row);
}

/* Names are slices of the dictionary of the features, which does not move once all rows are there. */
static bool keep_today(struct work *work, const struct till_features_row *row) {
    size_t before = work->today.capacity;
    if (!keep_row(work, &work->today, 0, row))
        return false;
    if (work->today.capacity != before) {
        struct till_slice *names = realloc(work->names, work->today.capacity * sizeof *names);
        if (names == NULL)
            return false;
        work->names = names;
    }
    work->names[work->today.count - 1] = row->customer;
    return true;
}

/* One customer at one cutoff. The day of the test is a cutoff to learn from as well, for the model of today; those
 * between the training and the test, whose horizons reach behind the test, too. */
static enum till_status take(void *context, const struct till_features_row *row, struct till_error *error) {
    struct work *work = context;
    const struct till_churn_plan *plan = work->plan;
    struct till_fingerprint seed = {work->settings->bootstrap.seed, 0};
    bool fine = true;
    if (row->cutoff == plan->cutoffs[plan->count - 1])
        fine = keep_test(work, row);
    if (fine && !row->left_out && row->cutoff == plan->cutoffs[plan->count])
        fine = keep_today(work, row);
    else if (fine && !row->left_out) {
        struct till_fingerprint print = till_fingerprint_of(row->customer.bytes, row->customer.length);
        fine = keep_row(work, &work->learning, till_fingerprint_pair(print, seed).high, row);
    }
    return fine ? TILL_OK : till_error_memory(error);
}

/* ---- the test ---- */

/* A test of one class says nothing of how the classes are told apart; what to change depends on which one it is. */
static enum till_status check_test(const struct work *work, struct till_error *error) {
    size_t churned = 0;
    for (size_t i = 0; i < work->test.count; i++)
        churned += work->test.target[i] != 0;
    if (churned > 0 && churned < work->test.count)
        return TILL_OK;
    return till_error_set(
        error, TILL_ERROR_MODEL,
        work->test.count == 0 ? "no customer bought within the window before the test: there is nobody "
                                "to test on (a longer --window)"
        : churned == 0        ? "all customers of the test came back within the horizon: there is nothing to "
                                "tell apart (a shorter --horizon)"
                              : "no customer of the test came back within the horizon: there is nothing to "
                                "tell apart (a longer --horizon)");
}

/* The probabilities of the model, and of recency alone, both learned before the test. */
static enum till_status forecast(struct work *work, struct till_error *error) {
    static const struct churn_columns recency = {.count = 1};
    const struct churn_columns *columns[] = {&work->columns, &recency};
    static const enum till_churn_rivals rivals[] = {TILL_CHURN_MODEL, TILL_CHURN_RECENCY};
    int32_t until = work->plan->cutoffs[work->plan->training - 1];
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < 2 && status == TILL_OK; i++) {
        struct till_classifier *model;
        enum till_churn_method method = rivals[i] == TILL_CHURN_MODEL ? work->settings->method : TILL_CHURN_LOGISTIC;
        status = churn_fit(&model, &work->learning, until, columns[i], method, work->settings,
                           &work->churn->trained_rows, error);
        if (status == TILL_OK)
            status = churn_score(work->probability[rivals[i]], model, work->test.values, work->test.columns,
                                 work->test.count, work->settings->bootstrap.threads, error);
        till_classifier_free(model);
        work->churn->rivals[rivals[i]].there = true;
    }
    return status;
}

/* The Pareto/NBD may have no answer; that it is missing is told, and is no error. */
static enum till_status forecast_paretonbd(struct work *work, struct till_error *error) {
    struct till_error why = {0};
    struct till_churn *churn = work->churn;
    enum till_status status = churn_paretonbd(work->probability[TILL_CHURN_PARETONBD], &work->history, work->test.count,
                                              work->settings, &why);
    churn->rivals[TILL_CHURN_PARETONBD].there = status == TILL_OK;
    if (status != TILL_ERROR_MODEL) {
        if (status != TILL_OK)
            *error = why;
        return status;
    }
    size_t length = strlen(why.message);
    length = length < sizeof churn->no_paretonbd ? length : sizeof churn->no_paretonbd - 1;
    memcpy(churn->no_paretonbd, why.message, length);
    churn->no_paretonbd[length] = '\0';
    return TILL_OK;
}

/* The figures of all rivals that are there, on the same draws of customers, so that what one gains over another has an
 * interval of its own, narrower than theirs. */
static enum till_status judge(struct work *work, struct till_error *error) {
    struct till_churn_rival *rivals = work->churn->rivals;
    const double *probability[TILL_CHURN_RIVALS];
    struct till_metrics_interval own[TILL_CHURN_RIVALS], gain[TILL_CHURN_RIVALS];
    size_t at[TILL_CHURN_RIVALS], count = 0;
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < TILL_CHURN_RIVALS && status == TILL_OK; i++) {
        if (!rivals[i].there)
            continue;
        status =
            till_metrics_compute(&rivals[i].metrics, work->test.target, work->probability[i], work->test.count, error);
        at[count] = i;
        probability[count++] = work->probability[i];
    }
    if (status == TILL_OK)
        status = till_metrics_intervals(own, gain, &work->settings->bootstrap, work->test.target, probability, count,
                                        work->test.count, error);
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        rivals[at[i]].own = own[i];
        rivals[at[i]].gain = gain[i];
    }
    return status;
}

/* Forecasts are made without a look at the answers, which only check_test and judge see. */
static enum till_status test(struct work *work, struct till_error *error) {
    enum till_status status = check_test(work, error);
    work->churn->test_rows = work->test.count;
    for (size_t i = 0; i < TILL_CHURN_RIVALS && status == TILL_OK; i++) {
        work->probability[i] = malloc((work->test.count + 1) * sizeof(double));
        status = work->probability[i] == NULL ? till_error_memory(error) : TILL_OK;
    }
    if (status == TILL_OK)
        status = forecast_paretonbd(work, error);
    if (status == TILL_OK)
        status = forecast(work, error);
    return status == TILL_OK ? judge(work, error) : status;
}

/* ---- today ---- */

static int compare_falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Equal probabilities are in one decile, that of the first of them. */
static enum till_status give_deciles(struct till_churn *churn, struct till_error *error) {
    double *sorted = malloc((churn->count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < churn->count; i++)
        sorted[i] = churn->customers[i].probability;
    qsort(sorted, churn->count, sizeof *sorted, compare_falling); /* equal reals are alike */
    for (size_t i = 0; i < churn->count; i++) {
        size_t low = 0, high = churn->count; /* how many are above */
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (sorted[middle] > churn->customers[i].probability)
                low = middle + 1;
            else
                high = middle;
        }
        churn->customers[i].decile = 1 + (unsigned)(10 * low / churn->count);
    }
    free(sorted);
    return TILL_OK;
}

/* The model of all labelled cutoffs, applied to the customers of today. Their values stay with the result, for the
 * reasons. */
static enum till_status score(struct work *work, struct till_error *error) {
    struct till_churn *churn = work->churn;
    double *probability = malloc((work->today.count + 1) * sizeof *probability);
    churn->count = work->today.count;
    churn->customers = calloc(churn->count + 1, sizeof *churn->customers);
    churn->values = work->today.values; /* handed over */
    work->today.values = NULL;
    enum till_status status = probability == NULL || churn->customers == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = churn_score(probability, churn->model, churn->values, work->today.columns, churn->count,
                             work->settings->bootstrap.threads, error);
    for (size_t i = 0; status == TILL_OK && i < churn->count; i++)
        churn->customers[i] = (struct till_churn_customer){work->names[i], probability[i], 0};
    free(probability);
    return status == TILL_OK ? give_deciles(churn, error) : status;
}

/* ---- all of it ---- */

/* The order matters for messages alone: what is wrong with the test is told before the final fit is tried. */
static enum till_status run(struct work *work, struct till_features *features, struct till_error *error) {
    struct till_churn *churn = work->churn;
    enum till_status status =
        till_features_each(features, work->settings->bootstrap.threads, take, work, churn->counts, error);
    churn->sampled = work->learning.limit != UINT64_MAX;
    if (status == TILL_OK)
        status = test(work, error);
    if (status == TILL_OK)
        status = churn_fit(&churn->model, &work->learning, INT32_MAX, &work->columns, work->settings->method,
                           work->settings, &churn->rows, error);
    return status == TILL_OK ? score(work, error) : status;
}

enum till_status till_churn_run(struct till_churn **churn, struct till_features *features,
                                const struct till_churn_plan *plan, const struct till_churn_settings *settings,
                                struct till_error *error) {
    struct work work = {.churn = calloc(1, sizeof **churn), .plan = plan, .settings = settings};
    *churn = NULL;
    if (work.churn == NULL)
        return till_error_memory(error);
    choose_columns(&work.columns, till_features_has_items(features));
    churn_rows_start(&work.learning, work.columns.count, settings->most_rows);
    churn_rows_start(&work.test, work.columns.count, 0);
    churn_rows_start(&work.today, work.columns.count, 0);
    work.churn->rivals[TILL_CHURN_MODEL].name = till_churn_method_name(settings->method);
    work.churn->rivals[TILL_CHURN_RECENCY].name = "recency";
    work.churn->rivals[TILL_CHURN_PARETONBD].name = "paretonbd";
    work.churn->counts = calloc(plan->count + 2, sizeof *work.churn->counts);
    enum till_status status = work.churn->counts == NULL ? till_error_memory(error) : run(&work, features, error);
    churn_rows_free(&work.learning);
    churn_rows_free(&work.test);
    churn_rows_free(&work.today);
    free(work.names);
    free(work.history.repeats);
    free(work.history.last);
    free(work.history.age);
    free(work.history.tested);
    for (size_t i = 0; i < TILL_CHURN_RIVALS; i++)
        free(work.probability[i]);
    if (status != TILL_OK)
        till_churn_free(work.churn);
    else
        *churn = work.churn;
    return status;
}

void till_churn_free(struct till_churn *churn) {
    if (churn == NULL)
        return;
    till_classifier_free(churn->model);
    free(churn->counts);
    free(churn->customers);
    free(churn->values);
    free(churn);
}
