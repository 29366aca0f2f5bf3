/* till-train --method=logistic: a logistic regression, and its coefficients with their errors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/design.h>
#include <till/logistic.h>
#include <till/scaling.h>
#include <till/tails.h>

#include "train.h"

struct own {
    double *fills; /* NULL: nothing is imputed */
    struct till_design *design;
    struct till_logistic *fit;
};

/* ---- missing values ---- */

static enum till_status impute(struct train_work *work, struct till_error *error) {
    struct own *own = work->fit;
    uint64_t missing = 0;
    if (!work->settings->impute)
        return TILL_OK;
    own->fills = malloc((work->frame->count + 1) * sizeof *own->fills);
    if (own->fills == NULL)
        return till_error_memory(error);
    enum till_status status = till_frame_fill(work->frame, work->first, own->fills, &missing, error);
    tool_figure(work->run, "imputed", (double)missing);
    return status;
}

/* ---- logarithms ---- */

static bool takes_log(const struct train_work *work, size_t source) {
    return work->logs[work->frame->columns[work->first + source].wish.column];
}

static enum till_status take_logs(struct train_work *work, struct till_error *error) {
    for (size_t i = 0; work->first + i < work->frame->count; i++) {
        struct till_frame_column *column = &work->frame->columns[work->first + i];
        if (!takes_log(work, i))
            continue;
        if (column->text)
            return till_error_set(error, TILL_ERROR_DATA, "%.200s holds no numbers, of which --log could be taken",
                                  column->name);
        for (size_t row = 0; row < work->frame->rows; row++)
            column->numbers[row] = till_scale_log(column->numbers[row]);
    }
    return TILL_OK;
}

/* Terms say what they are: "log1p(tenure)". */
static enum till_status name_logs(struct train_work *work, struct till_error *error) {
    struct own *own = work->fit;
    for (size_t i = 0; i < own->design->source_count; i++) {
        size_t term = own->design->sources[i].terms[0];
        struct till_text name = {0};
        if (!takes_log(work, i) || term == TILL_NO_COLUMN)
            continue;
        if (!till_text_append_format(&name, "log1p(%s)", own->design->names[term]) || till_text_string(&name) == NULL) {
            till_text_free(&name);
            return till_error_memory(error);
        }
        free(own->design->names[term]);
        own->design->names[term] = name.bytes;
    }
    return TILL_OK;
}

/* ---- fitting ---- */

static struct till_logistic_settings wishes(const struct train_work *work) {
    return (struct till_logistic_settings){.ridge = work->settings->ridge,
                                           .lasso = work->settings->lasso,
                                           .threads = work->run->threads,
                                           .robust = work->group != NULL || work->weight != NULL};
}

/* Counting a positive W times multiplies the odds by W, whatever the terms say. */
static double correction(const struct train_work *work) {
    return -log(work->settings->positive_weight);
}

static void warn_of_terms(const struct train_work *work) {
    const struct own *own = work->fit;
    for (size_t i = 0; i < own->design->dropped_count; i++)
        tool_warn(work->run, "%s is the same in all rows, and was dropped", own->design->dropped[i]);
    if (own->fit->condition > 100)
        tool_warn(work->run,
                  "%s is nearly a combination of other terms (variance inflation %.4g): its estimate and theirs are "
                  "uncertain, probabilities are not",
                  own->design->names[own->fit->most_inflated], own->fit->condition);
}

static enum till_status fit(struct train_work *work, struct till_error *error) {
    struct till_logistic_settings settings = wishes(work);
    struct own *own = work->fit = calloc(1, sizeof *own);
    enum till_status status = own == NULL ? till_error_memory(error) : impute(work, error);
    if (status == TILL_OK)
        status = take_logs(work, error);
    if (status == TILL_OK)
        status = till_design_make(&own->design, work->frame, work->first, work->frame->count - work->first, error);
    if (status == TILL_OK)
        status = name_logs(work, error);
    if (status == TILL_OK)
        status = till_logistic_fit(&own->fit, own->design, work->target, work->weight, work->group, work->groups,
                                   &settings, error);
    if (status != TILL_OK)
        return status;
    warn_of_terms(work);
    double rows = (double)work->frame->rows, parameters = (double)own->fit->non_zero + 1, positives = 0;
    for (size_t row = 0; row < work->frame->rows; row++)
        positives += work->target[row];
    tool_figure(work->run, "rows", rows);
    tool_figure(work->run, "positives", positives);
    tool_figure(work->run, "terms", (double)own->fit->non_zero);
    tool_figure(work->run, "deviance", -2 * own->fit->log_likelihood);
    tool_figure(work->run, "null_deviance", -2 * own->fit->log_likelihood_null);
    tool_figure(work->run, "log_likelihood", own->fit->log_likelihood);
    tool_figure(work->run, "aic", 2 * parameters - 2 * own->fit->log_likelihood);
    tool_figure(work->run, "largest_vif", own->fit->condition);
    return TILL_OK;
}

/* ---- cross-validation ---- */

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
static double score(const struct train_work *work, const struct till_design *design, const struct till_logistic *model,
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
static enum till_status predict_fold(struct train_work *work, const uint32_t *fold, uint32_t leave, double *probability,
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

/* ---- writing ---- */

static void write_term(const struct train_work *work, size_t at, double z, struct till_writer *writer) {
    const struct own *own = work->fit;
    size_t p = own->fit->terms + 1;
    double estimate = own->fit->estimate[at] + (at == 0 ? correction(work) : 0);
    double error = own->fit->covariance == NULL ? NAN : sqrt(own->fit->covariance[at * p + at]);
    till_writer_text(writer, till_slice_of(at == 0 ? "(intercept)" : own->design->names[at - 1]));
    till_writer_real(writer, estimate);
    till_writer_real(writer, error);
    till_writer_real(writer, estimate / error);
    till_writer_real(writer, isnan(error) ? NAN : till_tail_normal(estimate / error));
    till_writer_real(writer, exp(estimate));
    till_writer_real(writer, exp(estimate - z * error));
    till_writer_real(writer, exp(estimate + z * error));
}

static enum till_status write_terms(struct train_work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"),  till_slice_of("estimate"), till_slice_of("std_error"),
                                       till_slice_of("z"),     till_slice_of("p_value"),  till_slice_of("odds_ratio"),
                                       till_slice_of("lower"), till_slice_of("upper")};
    struct till_writer *writer;
    const struct own *own = work->fit;
    double z = till_tail_quantile(work->settings->level);
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t at = 0; at <= own->fit->terms && status == TILL_OK; at++) {
        write_term(work, at, z, writer);
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status make_model(struct train_work *work, struct till_classifier **model, struct till_digest *digest,
                                   struct till_error *error) {
    const struct own *own = work->fit;
    for (size_t j = 0; j < own->design->terms; j++) {
        till_digest_add(digest, own->design->names[j], strlen(own->design->names[j]) + 1);
        till_digest_add(digest, own->design->x + j * own->design->rows, own->design->rows * sizeof(double));
    }
    enum till_status status = till_classifier_of(model, own->design, own->fit, correction(work), own->fills,
                                                 work->frame->columns[0].name, work->settings->positive, error);
    for (size_t i = 0; status == TILL_OK && i < (*model)->column_count; i++)
        (*model)->columns[i].log = takes_log(work, i);
    return status;
}

static void free_fit(struct train_work *work) {
    struct own *own = work->fit;
    if (own == NULL)
        return;
    till_logistic_free(own->fit);
    till_design_free(own->design);
    free(own->fills);
    free(own);
}

const struct train_method train_logistic = {
    .name = "logistic",
    .fit = fit,
    .predict_fold = predict_fold,
    .write = write_terms,
    .model = make_model,
    .free = free_fit,
};
