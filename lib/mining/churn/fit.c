/* One model of rows at cutoffs. Methods are entries of a table; what they make is a classifier, which is all that the
 * rest looks at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/frame.h>
#include <till/hash.h>
#include <till/logistic.h>
#include <till/parallel.h>
#include <till/scaling.h>

#include "parts.h"

/* The rows of a fit as columns. */
struct task {
    struct till_frame *frame;
    double *target;
    size_t positives;
    const struct churn_columns *columns;
    const struct till_churn_settings *settings;
};

static char *copy_text(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy != NULL)
        strcpy(copy, text);
    return copy;
}

/* ---- rows ---- */

/* One feature of the rows up to the cutoff. */
static bool take_column(struct till_frame_column *column, const struct churn_rows *rows, int32_t until, size_t at,
                        size_t count, const char *name) {
    column->name = copy_text(name);
    column->numbers = malloc((count + 1) * sizeof *column->numbers);
    if (column->name == NULL || column->numbers == NULL)
        return false;
    for (size_t row = 0, to = 0; row < rows->count; row++)
        if (rows->cutoff[row] <= until)
            column->numbers[to++] = rows->values[row * rows->columns + at];
    return true;
}

static enum till_status take_rows(struct task *task, const struct churn_rows *rows, int32_t until,
                                  struct till_error *error) {
    const struct till_features_column *features = till_features_columns();
    struct till_frame *frame = calloc(1, sizeof *frame);
    task->frame = frame;
    task->target = malloc((rows->count + 1) * sizeof *task->target);
    if (frame == NULL || task->target == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < rows->count; row++)
        if (rows->cutoff[row] <= until) {
            task->positives += rows->target[row] != 0;
            task->target[frame->rows++] = rows->target[row];
        }
    frame->columns = calloc(task->columns->count + 1, sizeof *frame->columns);
    bool fine = frame->columns != NULL;
    for (; fine && frame->count < task->columns->count; frame->count++)
        fine = take_column(&frame->columns[frame->count], rows, until, frame->count, frame->rows,
                           features[task->columns->feature[frame->count]].name);
    return fine ? TILL_OK : till_error_memory(error);
}

/* ---- logistic regression ---- */

/* sign x log1p |x|, of the columns that are spread over orders of magnitude. */
static void take_logs(const struct task *task) {
    const struct till_features_column *features = till_features_columns();
    for (size_t i = 0; i < task->frame->count; i++)
        for (size_t row = 0; features[task->columns->feature[i]].spread && row < task->frame->rows; row++)
            task->frame->columns[i].numbers[row] = till_scale_log(task->frame->columns[i].numbers[row]);
}

static enum till_status fit_logistic(struct till_classifier **model, struct task *task, struct till_error *error) {
    const struct till_features_column *features = till_features_columns();
    struct till_logistic_settings wishes = {
        .ridge = task->settings->ridge, .lasso = task->settings->lasso, .threads = task->settings->bootstrap.threads};
    double fills[TILL_FEATURES_COLUMNS];
    uint64_t missing;
    struct till_design *design = NULL;
    struct till_logistic *fit = NULL;
    enum till_status status = till_frame_fill(task->frame, 0, fills, &missing, error);
    if (status == TILL_OK) {
        take_logs(task);
        status = till_design_make(&design, task->frame, 0, task->frame->count, error);
    }
    till_frame_free(task->frame); /* the design has what it needs */
    task->frame = NULL;
    if (status == TILL_OK)
        status = till_logistic_fit(&fit, design, task->target, NULL, NULL, 0, &wishes, error);
    if (status == TILL_OK)
        status = till_classifier_of(model, design, fit, 0, fills, "churned", "1", error);
    for (size_t i = 0; status == TILL_OK && i < (*model)->column_count; i++)
        (*model)->columns[i].log = features[task->columns->feature[i]].spread;
    till_logistic_free(fit);
    till_design_free(design);
    return status;
}

/* ---- the methods ---- */

static const struct {
    enum till_status (*fit)(struct till_classifier **model, struct task *task, struct till_error *error);
} methods[] = {[TILL_CHURN_LOGISTIC] = {fit_logistic}};

/* All answers alike teach nothing. */
static enum till_status check(const struct task *task, struct till_error *error) {
    const char *days = task->settings->gap > 0 ? "gap and horizon" : "horizon";
    if (task->frame->rows == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "no customer bought within the window before the cutoffs to learn from (a longer "
                              "--window, or later cutoffs)");
    if (task->positives == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "all customers at the cutoffs to learn from (%zu) came back within the %s: there is "
                              "nothing to tell apart (a shorter --horizon)",
                              task->frame->rows, days);
    if (task->positives == task->frame->rows)
        return till_error_set(
            error, TILL_ERROR_MODEL,
            "no customer at the cutoffs to learn from (%zu) came back within the %s: there is nothing "
            "to tell apart (a longer --horizon)",
            task->frame->rows, days);
    return TILL_OK;
}

/* What a model was trained on: features and answers, column by column. */
static enum till_status take_digest(struct till_classifier *model, const struct churn_rows *rows, int32_t until,
                                    struct till_error *error) {
    struct till_digest digest;
    till_digest_start(&digest);
    for (size_t row = 0; row < rows->count; row++)
        if (rows->cutoff[row] <= until) {
            till_digest_add(&digest, rows->values + row * rows->columns, model->column_count * sizeof(double));
            till_digest_add(&digest, &rows->target[row], sizeof rows->target[row]);
        }
    free(model->digest);
    model->digest = malloc(TILL_FINGERPRINT_TEXT);
    if (model->digest == NULL)
        return till_error_memory(error);
    till_fingerprint_text(model->digest, till_digest_finish(&digest));
    return TILL_OK;
}

enum till_status churn_fit(struct till_classifier **model, const struct churn_rows *rows, int32_t until,
                           const struct churn_columns *columns, enum till_churn_method method,
                           const struct till_churn_settings *settings, size_t *used, struct till_error *error) {
    struct task task = {.columns = columns, .settings = settings};
    *model = NULL;
    enum till_status status = take_rows(&task, rows, until, error);
    if (status == TILL_OK)
        status = check(&task, error);
    *used = status == TILL_OK ? task.frame->rows : 0;
    if (status == TILL_OK)
        status = methods[method].fit(model, &task, error);
    if (status == TILL_OK) {
        (*model)->rows = *used;
        (*model)->positives = task.positives;
        (*model)->seed = settings->bootstrap.seed;
        status = take_digest(*model, rows, until, error);
    }
    if (status != TILL_OK) {
        till_classifier_free(*model);
        *model = NULL;
    }
    till_frame_free(task.frame);
    free(task.target);
    return status;
}

/* ---- applying it ---- */

enum { CHUNK = 1024 };

struct scoring {
    double *probability;
    const struct till_classifier *model;
    const double *values;
    size_t stride;
    size_t count;
};

static enum till_status score_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct scoring *work = context;
    size_t end = (index + 1) * CHUNK < work->count ? (index + 1) * CHUNK : work->count;
    (void)worker;
    (void)error;
    for (size_t i = index * CHUNK; i < end; i++)
        work->probability[i] = till_classifier_predict(work->model, work->values + i * work->stride, NULL);
    return TILL_OK;
}

enum till_status churn_score(double *probability, const struct till_classifier *model, const double *values,
                             size_t stride, size_t count, unsigned threads, struct till_error *error) {
    struct scoring work = {probability, model, values, stride, count};
    return till_parallel_for(threads, (count + CHUNK - 1) / CHUNK, score_chunk, &work, error);
}
