/* Cross-validation of till-train: folds, what is predicted in them, and how good that is. */
#include <stdlib.h>

#include <till/calibration.h>
#include <till/hash.h>
#include <till/metrics.h>

#include "train.h"

void train_give_folds(const struct train_work *work, size_t folds, uint64_t salt, uint32_t *fold) {
    size_t turn[2] = {0, 0};
    for (size_t row = 0; row < work->frame->rows; row++) {
        if (fold[row] == TRAIN_LEFT_OUT)
            continue;
        if (work->group != NULL) {
            struct till_slice key = till_dictionary_text(work->frame->columns[work->key_at].levels, work->group[row]);
            struct till_fingerprint seed = {work->run->seed, salt};
            struct till_fingerprint print = till_fingerprint_of(key.bytes, key.length);
            fold[row] = (uint32_t)(till_fingerprint_pair(print, seed).high % folds);
        } else {
            fold[row] = (uint32_t)(turn[work->target[row] != 0]++ % folds);
        }
    }
}

enum till_status train_check_folds(const struct train_settings *settings, struct till_error *error) {
    bool folds = settings->folds > 0 || settings->fold != NULL;
    if (!folds && settings->scores != NULL)
        return tool_usage(error, "--scores", "this needs --folds or --fold");
    if (!folds && settings->calibrate != 0)
        return tool_usage(error, "--calibrate", "this needs --folds or --fold");
    if (settings->calibrate != 0 && settings->model_out == NULL)
        return tool_usage(error, "--calibrate", "this needs --model-out: the calibration is kept in the model");
    return TILL_OK;
}

/* A fold for each row: those of a column, or given out. */
static enum till_status find_folds(const struct train_work *work, uint32_t *fold, size_t *folds,
                                   struct till_error *error) {
    bool given = work->fold_at != TRAIN_NO_COLUMN;
    *folds = given ? till_dictionary_count(work->frame->columns[work->fold_at].levels) : (size_t)work->settings->folds;
    if (*folds < 2)
        return tool_usage(error, given ? "--fold" : "--folds", "two folds or more are needed");
    for (size_t row = 0; row < work->frame->rows; row++)
        fold[row] = given ? work->frame->columns[work->fold_at].codes[row] : 0;
    if (!given)
        train_give_folds(work, *folds, 0, fold);
    return TILL_OK;
}

static enum till_status write_scores(struct train_work *work, const uint32_t *fold, const double *probability,
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
        till_writer_text(writer, work->fold_at == TRAIN_NO_COLUMN
                                     ? text
                                     : till_dictionary_text(work->frame->columns[work->fold_at].levels, fold[row]));
        till_writer_count(writer, (uint64_t)work->target[row]);
        till_writer_real(writer, probability[row]);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* The calibration that goes into the model: fitted to rows that the models did not learn from. */
static enum till_status calibrate(struct train_work *work, const double *probability, struct till_error *error) {
    static const enum till_calibration_method methods[] = {TILL_CALIBRATION_PLATT, TILL_CALIBRATION_PLATT,
                                                           TILL_CALIBRATION_ISOTONIC};
    if (work->settings->calibrate == 0)
        return TILL_OK;
    return till_calibration_fit(&work->calibration, methods[work->settings->calibrate], work->target, probability,
                                work->frame->rows, error);
}

enum till_status train_validate(struct train_work *work, struct till_error *error) {
    struct till_metrics metrics;
    size_t folds = 0;
    if (work->settings->folds == 0 && work->fold_at == TRAIN_NO_COLUMN)
        return TILL_OK;
    uint32_t *fold = malloc((work->frame->rows + 1) * sizeof *fold);
    double *probability = malloc((work->frame->rows + 1) * sizeof *probability);
    enum till_status status =
        fold == NULL || probability == NULL ? till_error_memory(error) : find_folds(work, fold, &folds, error);
    for (uint32_t i = 0; status == TILL_OK && i < folds; i++)
        status = work->method->predict_fold(work, fold, i, probability, error);
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
    if (status == TILL_OK)
        status = calibrate(work, probability, error);
    free(fold);
    free(probability);
    return status;
}
