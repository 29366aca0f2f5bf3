/* till-train: rows with a known answer -> a model that gives probabilities, and what it has learned. */
#include "train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <till/gbdt.h>
#include <till/hash.h>

/* In the order of the choices of --method. */
static const struct train_method *const methods[] = {&train_logistic, &train_tree, &train_gbdt};

#define AT(field) offsetof(struct train_settings, field)
static const struct option options[] = {
    {.name = "target",
     .kind = OPTION_TEXT,
     .offset = AT(target),
     .argument = "COL",
     .initial = "churned",
     .help = "The column of the answer. It holds two values."},
    {.name = "positive",
     .kind = OPTION_TEXT,
     .offset = AT(positive),
     .argument = "VALUE",
     .initial = "1",
     .help = "The value of the target whose probability is wanted."},
    {.name = "method",
     .kind = OPTION_CHOICE,
     .offset = AT(method),
     .argument = "NAME",
     .initial = "logistic",
     .choices = "logistic|tree|gbdt",
     .help = "How the model is made."},
    {.name = "model-out",
     .kind = OPTION_FILE,
     .offset = AT(model_out),
     .argument = "FILE",
     .help = "Write the model there, for till-predict."},
    {.name = "features",
     .kind = OPTION_TEXT,
     .offset = AT(features),
     .argument = "LIST",
     .help = "The columns to learn from: a,b,c-e (default: all but the target, the key, weights, folds and cutoff)."},
    {.name = "ignore", .kind = OPTION_TEXT, .offset = AT(ignore), .argument = "LIST", .help = "Columns to leave out."},
    {.name = "categorical",
     .kind = OPTION_TEXT,
     .offset = AT(categorical),
     .argument = "LIST",
     .help = "Columns that hold categories although they look like numbers."},
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = AT(key),
     .argument = "COL",
     .help =
         "Who a row is about (default: a customer column, found by its header). Rows of one key stay in one fold, and "
         "are not independent: where keys repeat, errors are sandwich errors by key."},
    {.name = "weight",
     .kind = OPTION_TEXT,
     .offset = AT(weight),
     .argument = "COL",
     .help = "A column of weights, zero or more. Errors are sandwich errors then."},
    {.name = "positive-weight",
     .kind = OPTION_REAL,
     .offset = AT(positive_weight),
     .argument = "W",
     .initial = "1",
     .minimum = 1e-6,
     .maximum = 1e6,
     .help = "Let each positive row count W times; the intercept is corrected, so that a probability stays one."},
    {.name = "ridge",
     .kind = OPTION_REAL,
     .offset = AT(ridge),
     .argument = "L",
     .initial = "0",
     .minimum = 0,
     .maximum = 1e9,
     .help = "Add L/2 times the sum of squared standardised weights to the mean log-loss."},
    {.name = "lasso",
     .kind = OPTION_REAL,
     .offset = AT(lasso),
     .argument = "L",
     .initial = "0",
     .minimum = 0,
     .maximum = 1e9,
     .help = "Add L times the sum of absolute standardised weights to the mean log-loss."},
    {.name = "log",
     .kind = OPTION_TEXT,
     .offset = AT(log),
     .argument = "LIST",
     .help =
         "Logistic: take sign(x) log(1 + |x|) of these columns, which are spread over orders of magnitude; the model "
         "keeps it."},
    {.name = "impute",
     .kind = OPTION_FLAG,
     .offset = AT(impute),
     .help =
         "Take a missing number as the mean of its column, and a missing text as its most frequent level; the model "
         "keeps them. Without it, a missing value makes a bad row."},
    {.name = "folds",
     .kind = OPTION_COUNT,
     .offset = AT(folds),
     .argument = "N",
     .initial = "0",
     .minimum = 0,
     .maximum = 100,
     .help = "Cross-validate: each fold is predicted by a model of the others. Folds are given out by key, or in turn "
             "within each class."},
    {.name = "fold",
     .kind = OPTION_TEXT,
     .offset = AT(fold),
     .argument = "COL",
     .help = "A column that says which fold a row belongs to, instead of --folds."},
    {.name = "scores",
     .kind = OPTION_FILE,
     .offset = AT(scores),
     .argument = "FILE",
     .help = "Write what cross-validation predicts: row, fold, target, probability."},
    {.name = "calibrate",
     .kind = OPTION_CHOICE,
     .offset = AT(calibrate),
     .argument = "HOW",
     .initial = "none",
     .choices = "none|platt|isotonic",
     .help = "Calibrate what cross-validation predicts, and keep that in the model, so that till-predict gives "
             "calibrated probabilities. Wants --folds or --fold, and --model-out."},
    {.name = "level",
     .kind = OPTION_REAL,
     .offset = AT(level),
     .argument = "P",
     .initial = "0.95",
     .minimum = 0.5,
     .maximum = 0.9999,
     .help = "The coverage of the limits of odds ratios."},
    {.name = "min-split",
     .kind = OPTION_COUNT,
     .offset = AT(min_split),
     .argument = "N",
     .initial = "20",
     .minimum = 2,
     .maximum = 1e15,
     .help = "Tree: a node of fewer rows is not split."},
    {.name = "min-leaf",
     .kind = OPTION_COUNT,
     .offset = AT(min_leaf),
     .argument = "N",
     .minimum = 1,
     .maximum = 1e15,
     .help = "Tree, boosting: no leaf has fewer rows (default: 7; boosting: 20, and 5 to 19 below 1000 rows)."},
    {.name = "max-depth",
     .kind = OPTION_COUNT,
     .offset = AT(max_depth),
     .argument = "N",
     .initial = "12",
     .minimum = 1,
     .maximum = TILL_TREES_DEPTH,
     .help = "Tree: at most so many splits between the root and a leaf."},
    {.name = "cp",
     .kind = OPTION_TEXT,
     .offset = AT(cp),
     .argument = "C",
     .help = "Tree: cut back splits that lower the risk by less than C times that of the root each; 0: nearly none "
             "(default: what cross-validation finds)."},
    {.name = "risk",
     .kind = OPTION_CHOICE,
     .offset = AT(risk),
     .argument = "NAME",
     .initial = "gini",
     .choices = "gini|error",
     .help = "Tree: what cutting back weighs: squared errors of probabilities, or rows on the losing side."},
    {.name = "prune-folds",
     .kind = OPTION_COUNT,
     .offset = AT(prune_folds),
     .argument = "N",
     .initial = "10",
     .minimum = 2,
     .maximum = 1000,
     .help = "Tree: the folds that find out how far to cut back; given out as those of --folds."},
    {.name = "prune-se",
     .kind = OPTION_REAL,
     .offset = AT(prune_se),
     .argument = "N",
     .initial = "1",
     .minimum = 0,
     .maximum = 100,
     .help = "Tree: take the fewest splits whose error is within so many standard errors of the least."},
    {.name = "cp-table",
     .kind = OPTION_FILE,
     .offset = AT(cp_table),
     .argument = "FILE",
     .help = "Tree: write the trees that cutting back leads through, and their errors."},
    {.name = "sql",
     .kind = OPTION_FLAG,
     .offset = AT(sql),
     .help = "Tree: write the rules as an SQL CASE expression of the probability."},
    {.name = "trees",
     .kind = OPTION_COUNT,
     .offset = AT(trees),
     .argument = "N",
     .minimum = 1,
     .maximum = 100000,
     .help = "Boosting: how many trees (default: as many as are best for rows held out)."},
    {.name = "leaves",
     .kind = OPTION_COUNT,
     .offset = AT(leaves),
     .argument = "N",
     .minimum = 2,
     .maximum = TILL_GBDT_LEAVES,
     .help = "Boosting: at most so many leaves of a tree (default: by the number of rows, 4 to 31)."},
    {.name = "learning-rate",
     .kind = OPTION_REAL,
     .offset = AT(learning_rate),
     .argument = "R",
     .minimum = 1e-4,
     .maximum = 1,
     .help = "Boosting: what the step of each tree is multiplied by (default: 0.05 below 20000 rows, else 0.1)."},
    {.name = "bins",
     .kind = OPTION_COUNT,
     .offset = AT(bins),
     .argument = "N",
     .initial = "255",
     .minimum = 2,
     .maximum = TILL_GBDT_BINS,
     .help = "Boosting: cut numbers into at most so many bins of about equally many rows."},
    {.name = "l2",
     .kind = OPTION_REAL,
     .offset = AT(l2),
     .argument = "L",
     .initial = "1",
     .minimum = 0,
     .maximum = 1e9,
     .help = "Boosting: add L to the curvature of each leaf, which shrinks the steps of small ones."},
    {.name = "row-fraction",
     .kind = OPTION_REAL,
     .offset = AT(row_fraction),
     .argument = "F",
     .minimum = 0.01,
     .maximum = 1,
     .help = "Boosting: draw this share of the rows for each tree (default: 0.7 below 20000 rows, else 1)."},
    {.name = "column-fraction",
     .kind = OPTION_REAL,
     .offset = AT(column_fraction),
     .argument = "F",
     .minimum = 0.01,
     .maximum = 1,
     .help = "Boosting: draw this share of the columns for each tree (default: 0.5 below 20000 rows, else 1)."},
    {0}};

/* ---- what the rows mean ---- */

/* The target as 1 and 0: of exactly two values, one of them the positive one. */
static enum till_status take_target(struct train_work *work, struct till_error *error) {
    const struct till_frame_column *column = &work->frame->columns[0];
    uint32_t levels = till_dictionary_count(column->levels), positive = 0;
    char names[3][TILL_QUOTED_SIZE] = {"", "", ""};
    for (uint32_t i = 0; i < levels && i < 3; i++) {
        struct till_slice text = till_dictionary_text(column->levels, i);
        till_error_quote(names[i], text.bytes, text.length);
    }
    work->target = malloc((work->frame->rows + 1) * sizeof *work->target);
    if (work->target == NULL)
        return till_error_memory(error);
    if (levels > 2)
        return till_error_set(error, TILL_ERROR_DATA,
                              "the target %s has %u values (%.60s, %.60s, %.60s%s): it must have two", column->name,
                              levels, names[0], names[1], names[2], levels > 3 ? ", ..." : "");
    if (levels < 2)
        return till_error_set(error, TILL_ERROR_MODEL, "the target %s is %.60s in all rows: there is nothing to learn",
                              column->name, levels == 0 ? "missing" : names[0]);
    if (!till_dictionary_find(column->levels, till_slice_of(work->settings->positive), &positive))
        return till_error_set(error, TILL_ERROR_DATA,
                              "the target %s is never \"%.60s\" but %.60s or %.60s (--positive)", column->name,
                              work->settings->positive, names[0], names[1]);
    for (size_t row = 0; row < work->frame->rows; row++)
        work->target[row] = column->codes[row] == positive ? 1 : 0;
    return TILL_OK;
}

static enum till_status take_weights(struct train_work *work, struct till_error *error) {
    if (work->weight_at == TRAIN_NO_COLUMN && work->settings->positive_weight == 1)
        return TILL_OK;
    work->weight = malloc((work->frame->rows + 1) * sizeof *work->weight);
    if (work->weight == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < work->frame->rows; row++) {
        work->weight[row] = work->weight_at == TRAIN_NO_COLUMN ? 1 : work->frame->columns[work->weight_at].numbers[row];
        work->weight[row] *= work->target[row] != 0 ? work->settings->positive_weight : 1;
    }
    return TILL_OK;
}

/* Keys group rows where one repeats. */
static void take_groups(struct train_work *work) {
    if (work->key_at == TRAIN_NO_COLUMN)
        return;
    size_t keys = till_dictionary_count(work->frame->columns[work->key_at].levels);
    if (keys == work->frame->rows)
        return;
    work->group = work->frame->columns[work->key_at].codes;
    work->groups = keys;
}

/* An option that the method has no use for would be ignored in silence. */
static enum till_status refuse_options(const struct train_work *work, struct till_error *error) {
    const struct train_settings *settings = work->settings;
    if (settings->features != NULL && settings->ignore != NULL)
        return tool_usage(error, "--ignore", "give one of --features and --ignore");
    const struct {
        const char *name;
        bool given;
        const struct train_method *method;
    } options_of[] = {{"--ridge", settings->ridge > 0, &train_logistic},
                      {"--lasso", settings->lasso > 0, &train_logistic},
                      {"--log", settings->log != NULL, &train_logistic},
                      {"--impute", settings->impute, &train_logistic},
                      {"--cp", settings->cp != NULL, &train_tree},
                      {"--cp-table", settings->cp_table != NULL, &train_tree},
                      {"--sql", settings->sql, &train_tree},
                      {"--trees", settings->trees > 0, &train_gbdt},
                      {"--leaves", settings->leaves > 0, &train_gbdt},
                      {"--learning-rate", settings->learning_rate > 0, &train_gbdt},
                      {"--bins", settings->bins != TILL_GBDT_BINS, &train_gbdt},
                      {"--l2", settings->l2 != 1, &train_gbdt},
                      {"--row-fraction", settings->row_fraction > 0, &train_gbdt},
                      {"--column-fraction", settings->column_fraction > 0, &train_gbdt}};
    for (size_t i = 0; i < sizeof options_of / sizeof *options_of; i++)
        if (options_of[i].given && options_of[i].method != work->method) {
            char what[64];
            snprintf(what, sizeof what, "this is for --method=%s", options_of[i].method->name);
            return tool_usage(error, options_of[i].name, what);
        }
    return TILL_OK;
}

/* Reads the rows, and what they say about themselves. */
static enum till_status read_rows(struct train_work *work, struct till_error *error) {
    struct till_input *input;
    enum till_status status = tool_open_input(work->run, &input, error);
    if (status == TILL_OK)
        status = train_plan(work, till_input_schema(input), error);
    if (status == TILL_OK)
        status = till_frame_read(work->frame, input, &work->run->number, NULL, work->run->threads, error);
    if (status == TILL_OK && work->frame->rows == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "there are no rows to learn from");
    if (status == TILL_OK)
        status = take_target(work, error);
    if (status == TILL_OK)
        status = take_weights(work, error);
    if (status == TILL_OK)
        take_groups(work);
    return status;
}

/* ---- the model ---- */

static enum till_status write_model(struct train_work *work, struct till_error *error) {
    struct till_classifier *model = NULL;
    struct till_digest digest;
    struct till_sink sink;
    if (work->settings->model_out == NULL)
        return TILL_OK;
    till_digest_start(&digest);
    enum till_status status = work->method->model(work, &model, &digest, error);
    if (status != TILL_OK)
        return status;
    model->calibration = work->calibration;
    work->calibration = NULL;
    model->rows = work->frame->rows;
    model->seed = work->run->seed;
    for (size_t row = 0; row < work->frame->rows; row++)
        model->positives += work->target[row] != 0;
    free(model->digest);
    model->digest = malloc(TILL_FINGERPRINT_TEXT);
    status = model->digest == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        till_digest_add(&digest, work->target, work->frame->rows * sizeof(double));
        till_fingerprint_text(model->digest, till_digest_finish(&digest));
        status = tool_open_file(work->run, work->settings->model_out, &sink, error);
    }
    if (status == TILL_OK)
        status = till_classifier_save(sink, model, error);
    till_classifier_free(model);
    return status;
}

static enum till_status run_train(struct tool_run *run, struct till_error *error) {
    struct train_work work = {.run = run, .settings = run->settings};
    work.method = methods[work.settings->method];
    enum till_status status = refuse_options(&work, error);
    if (status == TILL_OK)
        status = train_check_folds(work.settings, error);
    if (status == TILL_OK)
        status = read_rows(&work, error);
    if (status == TILL_OK)
        status = work.method->fit(&work, error);
    if (status == TILL_OK)
        status = train_validate(&work, error);
    if (status == TILL_OK)
        status = work.method->write(&work, error);
    if (status == TILL_OK)
        status = write_model(&work, error);
    work.method->free(&work);
    till_calibration_free(work.calibration);
    free(work.logs);
    till_frame_free(work.frame);
    free(work.target);
    free(work.weight);
    return status;
}

static const struct tool train = {
    .name = "till-train",
    .purpose = "learn from rows with a known answer: a model that gives probabilities",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct train_settings),
    .run = run_train,
};

int main(int argc, char **argv) {
    return tool_main(&train, argc, argv);
}
