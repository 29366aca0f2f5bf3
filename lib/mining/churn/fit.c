/* One model of rows at cutoffs. Methods are entries of a table; what they make is a classifier, which is all that the
 * rest looks at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/frame.h>
#include <till/gbdt.h>
#include <till/hash.h>
#include <till/logistic.h>
#include <till/parallel.h>
#include <till/scaling.h>
#include <till/tree.h>

#include "parts.h"

enum { FOLDS = 10 };

/* The rows of a fit as columns. */
struct task {
    struct till_frame *frame;
    double *target;
    uint32_t *customer; /* [rows]: numbers from 0 */
    uint32_t *fold;     /* [rows]: that of the customer, of FOLDS */
    size_t customers;
    size_t positives;
    const struct churn_columns *columns;
    const struct till_churn_settings *settings;
};

/* ---- rows ---- */

/* A column of the frame: NULL in the name ends the list of columns, so it is set first. */
static bool start_column(struct till_frame_column *column, size_t count, const char *name) {
    column->name = strdup(name);
    column->numbers = malloc((count + 1) * sizeof *column->numbers);
    return column->name != NULL && column->numbers != NULL;
}

/* Rows of a customer stand together, and rows that stand together are of one customer when their keys are the same. */
static void take_row(struct task *task, const struct churn_rows *rows, size_t row, uint64_t *key) {
    size_t at = task->frame->rows++;
    task->customers += at == 0 || rows->key[row] != *key;
    *key = rows->key[row];
    task->positives += rows->target[row] != 0;
    task->target[at] = rows->target[row];
    task->customer[at] = (uint32_t)task->customers - 1;
    task->fold[at] = (uint32_t)(*key % FOLDS);
    for (size_t i = 0; i < task->frame->count; i++)
        task->frame->columns[i].numbers[at] = rows->values[row * rows->columns + i];
}

/* The rows up to the cutoff, as a frame: what all methods learn from. Row by row, which reads the large side in order.
 */
static enum till_status take_rows(struct task *task, const struct churn_rows *rows, int32_t until,
                                  struct till_error *error) {
    const struct till_features_column *features = till_features_columns();
    struct till_frame *frame = calloc(1, sizeof *frame);
    size_t count = 0;
    uint64_t key = 0;
    for (size_t row = 0; row < rows->count; row++)
        count += rows->cutoff[row] <= until;
    task->frame = frame;
    task->target = malloc((count + 1) * sizeof *task->target);
    task->customer = malloc((count + 1) * sizeof *task->customer);
    task->fold = malloc((count + 1) * sizeof *task->fold);
    if (frame == NULL || task->target == NULL || task->customer == NULL || task->fold == NULL)
        return till_error_memory(error);
    frame->columns = calloc(task->columns->count + 1, sizeof *frame->columns);
    bool fine = frame->columns != NULL;
    for (; fine && frame->count < task->columns->count; frame->count++)
        fine = start_column(&frame->columns[frame->count], count, features[task->columns->feature[frame->count]].name);
    if (!fine)
        return till_error_memory(error);
    for (size_t row = 0; row < rows->count; row++)
        if (rows->cutoff[row] <= until)
            take_row(task, rows, row, &key);
    return TILL_OK;
}

/* ---- logistic regression ---- */

/* sign x log1p |x|, of the columns that are spread over orders of magnitude. */
static void take_logs(const struct task *task) {
    const struct till_features_column *features = till_features_columns();
    for (size_t i = 0; i < task->frame->count; i++)
        for (size_t row = 0; features[task->columns->feature[i]].spread && row < task->frame->rows; row++)
            task->frame->columns[i].numbers[row] = till_scale_log(task->frame->columns[i].numbers[row]);
}

/* Missing values are filled before logarithms are taken, as till_classifier_predict does it. The frame is given up as
 * soon as the design has its own copy: both are as large as the rows. */
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

/* ---- trees ---- */

/* The classifier takes the trees, and the caller must not free them then. */
static enum till_status keep_trees(struct till_classifier **model, const char *method,
                                   const struct till_trees_table *table, struct till_trees **trees,
                                   struct till_error *error) {
    enum till_status status = till_classifier_of_trees(model, method, table, *trees, "churned", "1", error);
    if (status == TILL_OK)
        *trees = NULL; /* it is the classifier's now */
    return status;
}

/* Grown, and cut back to the fewest splits that are within a standard error of the best in cross-validation. */
static enum till_status grow_tree(struct till_tree **tree, const struct till_trees_table *table, struct task *task,
                                  struct till_error *error) {
    struct till_tree_settings settings = {.min_split = 20,
                                          .min_leaf = 7,
                                          .max_depth = 12,
                                          .positive_weight = 1,
                                          .risk = TILL_TREE_GINI,
                                          .threads = task->settings->bootstrap.threads};
    struct till_tree_folds folds = {task->fold, FOLDS, task->customer, task->customers, 1};
    struct till_tree_columns *columns = NULL;
    struct till_tree *grown = NULL;
    struct till_tree_costs *costs = NULL;
    enum till_status status = till_tree_columns_of(&columns, table, settings.threads, error);
    if (status == TILL_OK)
        status = till_tree_grow(&grown, columns, task->target, NULL, NULL, task->frame->rows, &settings, error);
    if (status == TILL_OK)
        status = till_tree_costs_of(&costs, grown, columns, task->target, NULL, &folds, &settings, error);
    if (status == TILL_OK)
        status = till_tree_prune(tree, grown, table, costs->rows[costs->chosen].cp, error);
    till_tree_costs_free(costs);
    till_tree_free(grown);
    till_tree_columns_free(columns);
    return status;
}

/* Missing values are values to trees: nothing is filled. */
static enum till_status fit_tree(struct till_classifier **model, struct task *task, struct till_error *error) {
    struct till_trees_table *table = NULL;
    struct till_tree *tree = NULL;
    enum till_status status = till_trees_table_of(&table, task->frame, 0, task->frame->count, error);
    if (status == TILL_OK)
        status = grow_tree(&tree, table, task, error);
    if (status == TILL_OK)
        status = keep_trees(model, "tree", table, &tree->trees, error);
    till_tree_free(tree);
    till_trees_table_free(table);
    return status;
}

/* Zeros in the settings let the number of rows decide; rows of one customer are held out together. */
static enum till_status fit_gbdt(struct till_classifier **model, struct task *task, struct till_error *error) {
    struct till_gbdt_settings settings = {.seed = task->settings->bootstrap.seed,
                                          .threads = task->settings->bootstrap.threads};
    struct till_trees_table *table = NULL;
    struct till_trees *trees = NULL;
    enum till_status status = till_trees_table_of(&table, task->frame, 0, task->frame->count, error);
    if (status == TILL_OK)
        status = till_gbdt_fit(&trees, table, task->target, NULL, NULL, 0, task->customer, &settings, NULL, error);
    if (status == TILL_OK)
        status = keep_trees(model, "gbdt", table, &trees, error);
    till_trees_free(trees);
    till_trees_table_free(table);
    return status;
}

/* ---- the methods ---- */

static const struct {
    enum till_status (*fit)(struct till_classifier **model, struct task *task, struct till_error *error);
} methods[] = {[TILL_CHURN_LOGISTIC] = {fit_logistic}, [TILL_CHURN_TREE] = {fit_tree}, [TILL_CHURN_GBDT] = {fit_gbdt}};

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
    free(task.customer);
    free(task.fold);
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

/* Each row is scored by itself, so chunks may go to any thread. */
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
