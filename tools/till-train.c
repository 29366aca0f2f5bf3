/* till-train: rows with a known answer -> a model that gives probabilities, and its coefficients with their errors. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/classifier.h>
#include <till/design.h>
#include <till/frame.h>
#include <till/hash.h>
#include <till/logistic.h>
#include <till/metrics.h>
#include <till/tails.h>

struct settings {
    const char *target;
    const char *positive;
    int method;
    const char *model_out;
    const char *features;
    const char *ignore;
    const char *categorical;
    const char *key;
    const char *weight;
    double positive_weight;
    double ridge;
    double lasso;
    bool impute;
    uint64_t folds;
    const char *fold;
    const char *scores;
    double level;
};

#define AT(field) offsetof(struct settings, field)
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
     .choices = "logistic",
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
    {.name = "level",
     .kind = OPTION_REAL,
     .offset = AT(level),
     .argument = "P",
     .initial = "0.95",
     .minimum = 0.5,
     .maximum = 0.9999,
     .help = "The coverage of the limits of odds ratios."},
    {0}};

/* Which roles columns may have beside features; NONE: the role is not taken. */
#define NONE ((size_t)-1)

struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct till_frame *frame;
    size_t weight_at; /* places in the frame; the target is 0, features come last */
    size_t key_at;
    size_t fold_at;
    size_t first; /* of the features */
    double *target;
    double *weight;  /* NULL: all alike */
    uint32_t *group; /* NULL: rows are independent */
    size_t groups;
    double *fills; /* NULL: nothing is imputed */
    struct till_design *design;
    struct till_logistic *fit;
};

/* ---- which columns ---- */

static enum till_status usage(struct till_error *error, const char *role, const char *what) {
    till_error_set(error, TILL_ERROR_USAGE, "%s", what);
    till_error_at(error, NULL, 0, 0, role);
    return TILL_ERROR_USAGE;
}

/* Adds a column that plays a role, if it is asked for. */
static enum till_status wish_role(const struct till_schema *schema, const char *asked, struct till_frame_wish wish,
                                  struct till_frame_wish *wishes, size_t *count, size_t *at, struct till_error *error) {
    *at = NONE;
    if (asked == NULL)
        return TILL_OK;
    enum till_status status = till_schema_column(schema, asked, &wish.column, error);
    if (status == TILL_OK) {
        *at = *count;
        wishes[(*count)++] = wish;
    }
    return status;
}

static enum till_status wish_key(struct work *work, const struct till_schema *schema, struct till_frame_wish *wishes,
                                 size_t *count, struct till_error *error) {
    size_t column;
    struct till_error ignored = {0};
    struct till_frame_wish wish = {.kind = TILL_FRAME_TEXT, .role = "key"};
    work->key_at = NONE;
    if (work->settings->key != NULL)
        return wish_role(schema, work->settings->key, wish, wishes, count, &work->key_at, error);
    /* Two candidates are no error here: the key is only a help, unless it is asked for. */
    if (till_schema_role(schema, TILL_ROLE_CUSTOMER, NULL, false, &column, &ignored) == TILL_OK &&
        column != TILL_NO_COLUMN) {
        wish.column = column;
        work->key_at = *count;
        wishes[(*count)++] = wish;
        tool_fact(work->run, "role.key", "%.*s", (int)schema->names[column].length, schema->names[column].bytes);
    }
    return TILL_OK;
}

/* The columns to learn from: chosen, or all that have no other role. */
static enum till_status choose(const struct work *work, const struct till_schema *schema,
                               const struct till_frame_wish *wishes, size_t count, bool *chosen, bool *texts,
                               struct till_error *error) {
    const struct settings *settings = work->settings;
    bool *ignored = calloc(schema->count + 1, sizeof *ignored);
    enum till_status status = ignored == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && settings->features != NULL)
        status = till_schema_list(schema, settings->features, chosen, error);
    else
        for (size_t i = 0; status == TILL_OK && i < schema->count; i++)
            chosen[i] = !till_slice_equal(schema->names[i], till_slice_of("cutoff"));
    if (status == TILL_OK && settings->ignore != NULL)
        status = till_schema_list(schema, settings->ignore, ignored, error);
    if (status == TILL_OK && settings->categorical != NULL)
        status = till_schema_list(schema, settings->categorical, texts, error);
    for (size_t i = 0; status == TILL_OK && i < schema->count; i++)
        chosen[i] = chosen[i] && !ignored[i];
    for (size_t i = 0; status == TILL_OK && i < count; i++)
        chosen[wishes[i].column] = false;
    free(ignored);
    return status;
}

static enum till_status wish_features(struct work *work, const struct till_schema *schema,
                                      struct till_frame_wish *wishes, size_t *count, struct till_error *error) {
    bool *chosen = calloc(2 * schema->count + 1, sizeof *chosen);
    if (chosen == NULL)
        return till_error_memory(error);
    bool *texts = chosen + schema->count;
    enum till_status status = choose(work, schema, wishes, *count, chosen, texts, error);
    work->first = *count;
    for (size_t i = 0; i < schema->count && status == TILL_OK; i++)
        if (chosen[i])
            wishes[(*count)++] = (struct till_frame_wish){.column = i,
                                                          .kind = texts[i] ? TILL_FRAME_TEXT : TILL_FRAME_AUTO,
                                                          .missing = work->settings->impute ? TILL_MISSING_PASSES
                                                                                            : TILL_MISSING_REJECTS};
    if (status == TILL_OK && *count == work->first)
        status = till_error_set(error, TILL_ERROR_DATA, "there is no column to learn from");
    free(chosen);
    return status;
}

static enum till_status plan(struct work *work, const struct till_schema *schema, struct till_error *error) {
    const struct settings *settings = work->settings;
    struct till_frame_wish *wishes = calloc(schema->count + 5, sizeof *wishes);
    size_t count = 0, target_at;
    if (wishes == NULL)
        return till_error_memory(error);
    enum till_status status =
        wish_role(schema, settings->target, (struct till_frame_wish){.kind = TILL_FRAME_TEXT, .role = "target"}, wishes,
                  &count, &target_at, error);
    if (status == TILL_OK)
        status = wish_role(schema, settings->weight,
                           (struct till_frame_wish){.kind = TILL_FRAME_NUMBER, .role = "weight", .not_negative = true},
                           wishes, &count, &work->weight_at, error);
    if (status == TILL_OK)
        status = wish_role(schema, settings->fold, (struct till_frame_wish){.kind = TILL_FRAME_TEXT, .role = "fold"},
                           wishes, &count, &work->fold_at, error);
    if (status == TILL_OK)
        status = wish_key(work, schema, wishes, &count, error);
    if (status == TILL_OK)
        status = wish_features(work, schema, wishes, &count, error);
    if (status == TILL_OK)
        status = till_frame_plan(&work->frame, schema, wishes, count, error);
    free(wishes);
    return status;
}

/* ---- what the rows mean ---- */

/* The target as 1 and 0: of exactly two values, one of them the positive one. */
static enum till_status take_target(struct work *work, struct till_error *error) {
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

static enum till_status take_weights(struct work *work, struct till_error *error) {
    if (work->weight_at == NONE && work->settings->positive_weight == 1)
        return TILL_OK;
    work->weight = malloc((work->frame->rows + 1) * sizeof *work->weight);
    if (work->weight == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < work->frame->rows; row++) {
        work->weight[row] = work->weight_at == NONE ? 1 : work->frame->columns[work->weight_at].numbers[row];
        work->weight[row] *= work->target[row] != 0 ? work->settings->positive_weight : 1;
    }
    return TILL_OK;
}

/* Keys group rows where one repeats. */
static void take_groups(struct work *work) {
    if (work->key_at == NONE)
        return;
    size_t keys = till_dictionary_count(work->frame->columns[work->key_at].levels);
    if (keys == work->frame->rows)
        return;
    work->group = work->frame->columns[work->key_at].codes;
    work->groups = keys;
}

static enum till_status impute(struct work *work, struct till_error *error) {
    uint64_t missing = 0;
    if (!work->settings->impute)
        return TILL_OK;
    work->fills = malloc((work->frame->count + 1) * sizeof *work->fills);
    if (work->fills == NULL)
        return till_error_memory(error);
    enum till_status status = till_frame_fill(work->frame, work->first, work->fills, &missing, error);
    tool_figure(work->run, "imputed", (double)missing);
    return status;
}

/* ---- fitting ---- */

static struct till_logistic_settings wishes(const struct work *work) {
    return (struct till_logistic_settings){.ridge = work->settings->ridge,
                                           .lasso = work->settings->lasso,
                                           .threads = work->run->threads,
                                           .robust = work->group != NULL || work->weight != NULL};
}

/* Counting a positive W times multiplies the odds by W, whatever the terms say. */
static double correction(const struct work *work) {
    return -log(work->settings->positive_weight);
}

static void warn_of_terms(const struct work *work) {
    for (size_t i = 0; i < work->design->dropped_count; i++)
        tool_warn(work->run, "%s is the same in all rows, and was dropped", work->design->dropped[i]);
    if (work->fit->condition > 100)
        tool_warn(work->run,
                  "%s is nearly a combination of other terms (variance inflation %.4g): its estimate and theirs are "
                  "uncertain, probabilities are not",
                  work->design->names[work->fit->most_inflated], work->fit->condition);
}

static enum till_status fit(struct work *work, struct till_error *error) {
    struct till_logistic_settings settings = wishes(work);
    enum till_status status =
        till_design_make(&work->design, work->frame, work->first, work->frame->count - work->first, error);
    if (status == TILL_OK)
        status = till_logistic_fit(&work->fit, work->design, work->target, work->weight, work->group, work->groups,
                                   &settings, error);
    if (status != TILL_OK)
        return status;
    warn_of_terms(work);
    double rows = (double)work->frame->rows, parameters = (double)work->fit->non_zero + 1, positives = 0;
    for (size_t row = 0; row < work->frame->rows; row++)
        positives += work->target[row];
    tool_figure(work->run, "rows", rows);
    tool_figure(work->run, "positives", positives);
    tool_figure(work->run, "terms", (double)work->fit->non_zero);
    tool_figure(work->run, "deviance", -2 * work->fit->log_likelihood);
    tool_figure(work->run, "null_deviance", -2 * work->fit->log_likelihood_null);
    tool_figure(work->run, "log_likelihood", work->fit->log_likelihood);
    tool_figure(work->run, "aic", 2 * parameters - 2 * work->fit->log_likelihood);
    tool_figure(work->run, "largest_vif", work->fit->condition);
    return TILL_OK;
}

/* ---- cross-validation ---- */

/* A fold for each row: given, by key, or in turn within each class. */
static enum till_status give_folds(const struct work *work, uint32_t *fold, size_t *folds, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    size_t turn[2] = {0, 0};
    *folds = (size_t)work->settings->folds;
    if (work->fold_at != NONE)
        *folds = till_dictionary_count(frame->columns[work->fold_at].levels);
    for (size_t row = 0; row < frame->rows; row++) {
        if (work->fold_at != NONE) {
            fold[row] = frame->columns[work->fold_at].codes[row];
        } else if (work->group != NULL) {
            struct till_slice key = till_dictionary_text(frame->columns[work->key_at].levels, work->group[row]);
            struct till_fingerprint seed = {work->run->seed, 0};
            struct till_fingerprint print = till_fingerprint_of(key.bytes, key.length);
            fold[row] = (uint32_t)(till_fingerprint_pair(print, seed).high % *folds);
        } else {
            fold[row] = (uint32_t)(turn[work->target[row] != 0]++ % *folds);
        }
    }
    return *folds < 2 ? usage(error, work->fold_at != NONE ? "--fold" : "--folds", "two folds or more are needed")
                      : TILL_OK;
}

/* The rows outside of a fold, as a frame of their own. Names and levels are those of the whole. */
static bool copy_rows(const struct till_frame *frame, const uint32_t *fold, uint32_t leave, size_t first,
                      struct till_frame *part) {
    part->count = frame->count;
    part->columns = calloc(frame->count + 1, sizeof *part->columns);
    for (size_t i = first; part->columns != NULL && i < frame->count; i++) {
        const struct till_frame_column *from = &frame->columns[i];
        struct till_frame_column *to = &part->columns[i];
        *to = *from;
        to->numbers = from->text ? NULL : malloc((frame->rows + 1) * sizeof *to->numbers);
        to->codes = from->text ? malloc((frame->rows + 1) * sizeof *to->codes) : NULL;
        if (to->numbers == NULL && to->codes == NULL)
            return false;
        part->rows = 0;
        for (size_t row = 0; row < frame->rows; row++) {
            if (fold[row] == leave)
                continue;
            if (from->text)
                to->codes[part->rows++] = from->codes[row];
            else
                to->numbers[part->rows++] = from->numbers[row];
        }
    }
    return part->columns != NULL;
}

static void free_rows(struct till_frame *part, size_t first) {
    for (size_t i = first; part->columns != NULL && i < part->count; i++) {
        free(part->columns[i].numbers);
        free(part->columns[i].codes);
    }
    free(part->columns);
}

/* The probability of a row, from the terms of a model of other rows. */
static double score(const struct work *work, const struct till_design *design, const struct till_logistic *model,
                    size_t row) {
    double eta = model->estimate[0] + correction(work);
    for (size_t s = 0; s < design->source_count; s++) {
        const struct till_design_source *source = &design->sources[s];
        const struct till_frame_column *column = &work->frame->columns[work->first + s];
        if (!source->text && source->terms[0] != TILL_NO_COLUMN)
            eta += model->estimate[1 + source->terms[0]] * column->numbers[row];
        for (size_t level = 0; source->text && level < source->level_count; level++)
            if (source->terms[level] != TILL_NO_COLUMN &&
                till_slice_equal(till_slice_of(source->levels[level]),
                                 till_dictionary_text(column->levels, column->codes[row])))
                eta += model->estimate[1 + source->terms[level]];
    }
    return till_logistic_probability(eta);
}

/* Predicts the rows of one fold by a model of the others. */
static enum till_status predict_fold(struct work *work, const uint32_t *fold, uint32_t leave, double *probability,
                                     struct till_error *error) {
    struct till_frame part = {0};
    struct till_design *design = NULL;
    struct till_logistic *model = NULL;
    struct till_logistic_settings settings = wishes(work);
    double *numbers = malloc((2 * work->frame->rows + 1) * sizeof *numbers);
    size_t count = 0;
    settings.robust = false;
    enum till_status status = TILL_OK;
    if (numbers == NULL || !copy_rows(work->frame, fold, leave, work->first, &part))
        status = till_error_memory(error);
    for (size_t row = 0; status == TILL_OK && row < work->frame->rows; row++)
        if (fold[row] != leave) {
            numbers[count] = work->target[row];
            numbers[work->frame->rows + count++] = work->weight == NULL ? 1 : work->weight[row];
        }
    if (status == TILL_OK)
        status = till_design_make(&design, &part, work->first, part.count - work->first, error);
    if (status == TILL_OK)
        status = till_logistic_fit(&model, design, numbers, work->weight == NULL ? NULL : numbers + work->frame->rows,
                                   NULL, 0, &settings, error);
    for (size_t row = 0; status == TILL_OK && row < work->frame->rows; row++)
        if (fold[row] == leave)
            probability[row] = score(work, design, model, row);
    till_logistic_free(model);
    till_design_free(design);
    free_rows(&part, work->first);
    free(numbers);
    return status;
}

static enum till_status write_scores(struct work *work, const uint32_t *fold, const double *probability,
                                     struct till_error *error) {
    static const enum till_type types[] = {TILL_COUNT, TILL_TEXT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("row"), till_slice_of("fold"), till_slice_of("target"),
                                       till_slice_of("probability")};
    struct till_writer *writer;
    if (work->settings->scores == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->scores, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t row = 0; row < work->frame->rows && status == TILL_OK; row++) {
        char number[24];
        struct till_slice text = {number, till_count_format(number, fold[row] + 1)};
        till_writer_count(writer, row + 1);
        till_writer_text(writer, work->fold_at == NONE
                                     ? text
                                     : till_dictionary_text(work->frame->columns[work->fold_at].levels, fold[row]));
        till_writer_count(writer, (uint64_t)work->target[row]);
        till_writer_real(writer, probability[row]);
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status validate(struct work *work, struct till_error *error) {
    struct till_metrics metrics;
    size_t folds = 0;
    if (work->settings->folds == 0 && work->fold_at == NONE)
        return work->settings->scores != NULL ? usage(error, "--scores", "this needs --folds or --fold") : TILL_OK;
    uint32_t *fold = malloc((work->frame->rows + 1) * sizeof *fold);
    double *probability = malloc((work->frame->rows + 1) * sizeof *probability);
    enum till_status status =
        fold == NULL || probability == NULL ? till_error_memory(error) : give_folds(work, fold, &folds, error);
    for (uint32_t i = 0; status == TILL_OK && i < folds; i++)
        status = predict_fold(work, fold, i, probability, error);
    if (status == TILL_OK)
        status = till_metrics_compute(&metrics, work->target, probability, work->frame->rows, error);
    if (status == TILL_OK) {
        tool_figure(work->run, "auc", metrics.auc);
        tool_figure(work->run, "log_loss", metrics.log_loss);
        tool_figure(work->run, "brier", metrics.brier);
        tool_note(work->run, "cross-validated in %zu folds: auc %.6f, log-loss %.6f, brier %.6f", folds, metrics.auc,
                  metrics.log_loss, metrics.brier);
        status = write_scores(work, fold, probability, error);
    }
    free(fold);
    free(probability);
    return status;
}

/* ---- writing ---- */

static void write_term(const struct work *work, size_t at, double z, struct till_writer *writer) {
    size_t p = work->fit->terms + 1;
    double estimate = work->fit->estimate[at] + (at == 0 ? correction(work) : 0);
    double error = work->fit->covariance == NULL ? NAN : sqrt(work->fit->covariance[at * p + at]);
    till_writer_text(writer, till_slice_of(at == 0 ? "(intercept)" : work->design->names[at - 1]));
    till_writer_real(writer, estimate);
    till_writer_real(writer, error);
    till_writer_real(writer, estimate / error);
    till_writer_real(writer, isnan(error) ? NAN : till_tail_normal(estimate / error));
    till_writer_real(writer, exp(estimate));
    till_writer_real(writer, exp(estimate - z * error));
    till_writer_real(writer, exp(estimate + z * error));
}

static enum till_status write_terms(struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"),  till_slice_of("estimate"), till_slice_of("std_error"),
                                       till_slice_of("z"),     till_slice_of("p_value"),  till_slice_of("odds_ratio"),
                                       till_slice_of("lower"), till_slice_of("upper")};
    struct till_writer *writer;
    double z = till_tail_quantile(work->settings->level);
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t at = 0; at <= work->fit->terms && status == TILL_OK; at++) {
        write_term(work, at, z, writer);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* Names, targets and values of all terms, row by row. */
static void digest_values(const struct work *work, char out[TILL_FINGERPRINT_TEXT]) {
    struct till_digest digest;
    till_digest_start(&digest);
    for (size_t j = 0; j < work->design->terms; j++) {
        till_digest_add(&digest, work->design->names[j], strlen(work->design->names[j]) + 1);
        till_digest_add(&digest, work->design->x + j * work->design->rows, work->design->rows * sizeof(double));
    }
    till_digest_add(&digest, work->target, work->frame->rows * sizeof(double));
    till_fingerprint_text(out, till_digest_finish(&digest));
}

static enum till_status write_model(struct work *work, struct till_error *error) {
    struct till_classifier *model;
    struct till_sink sink;
    if (work->settings->model_out == NULL)
        return TILL_OK;
    enum till_status status = till_classifier_of(&model, work->design, work->fit, correction(work), work->fills,
                                                 work->frame->columns[0].name, work->settings->positive, error);
    if (status != TILL_OK)
        return status;
    model->rows = work->frame->rows;
    model->seed = work->run->seed;
    for (size_t row = 0; row < work->frame->rows; row++)
        model->positives += work->target[row] != 0;
    free(model->digest);
    model->digest = malloc(TILL_FINGERPRINT_TEXT);
    status = model->digest == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        digest_values(work, model->digest);
        status = tool_open_file(work->run, work->settings->model_out, &sink, error);
    }
    if (status == TILL_OK)
        status = till_classifier_save(sink, model, error);
    till_classifier_free(model);
    return status;
}

static enum till_status run_train(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    struct till_input *input;
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = plan(&work, till_input_schema(input), error);
    if (status == TILL_OK)
        status = till_frame_read(work.frame, input, &run->number, NULL, run->threads, error);
    if (status == TILL_OK && work.frame->rows == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "there are no rows to learn from");
    if (status == TILL_OK)
        status = take_target(&work, error);
    if (status == TILL_OK)
        status = take_weights(&work, error);
    if (status == TILL_OK)
        status = impute(&work, error);
    if (status == TILL_OK)
        take_groups(&work);
    if (status == TILL_OK)
        status = fit(&work, error);
    if (status == TILL_OK)
        status = validate(&work, error);
    if (status == TILL_OK)
        status = write_terms(&work, error);
    if (status == TILL_OK)
        status = write_model(&work, error);
    till_logistic_free(work.fit);
    till_design_free(work.design);
    till_frame_free(work.frame);
    free(work.target);
    free(work.weight);
    free(work.fills);
    return status;
}

static const struct tool train = {
    .name = "till-train",
    .purpose = "learn from rows with a known answer: a model that gives probabilities",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_train,
};

int main(int argc, char **argv) {
    return tool_main(&train, argc, argv);
}
