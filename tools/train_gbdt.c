/* till-train --method=gbdt: gradient boosting, and how much each column was used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/gbdt.h>

#include "train.h"

struct own {
    struct till_trees_table *table;
    struct till_trees *trees;
};

/* ---- fitting ---- */

static struct till_gbdt_settings wishes(const struct train_work *work) {
    const struct train_settings *settings = work->settings;
    return (struct till_gbdt_settings){.trees = (size_t)settings->trees,
                                       .leaves = (size_t)settings->leaves,
                                       .learning_rate = settings->learning_rate,
                                       .min_leaf = (size_t)settings->min_leaf,
                                       .bins = (size_t)settings->bins,
                                       .l2 = settings->l2,
                                       .row_fraction = settings->row_fraction,
                                       .column_fraction = settings->column_fraction,
                                       .seed = work->run->seed,
                                       .threads = work->run->threads};
}

/* A model of some rows; NULL: of all. Counting a positive W times multiplies the odds by W, whatever the trees say. */
static enum till_status learn(const struct train_work *work, const uint32_t *rows, size_t count,
                              struct till_trees **trees, struct till_gbdt_report *report, struct till_error *error) {
    const struct own *own = work->fit;
    struct till_gbdt_settings settings = wishes(work);
    enum till_status status = till_gbdt_fit(trees, own->table, work->target, work->weight, rows, count, work->group,
                                            &settings, report, error);
    if (status != TILL_OK)
        return status;
    (*trees)->base -= log(work->settings->positive_weight);
    return till_trees_finish(*trees, error);
}

static void tell(const struct train_work *work, const struct till_gbdt_report *report) {
    double positives = 0;
    for (size_t row = 0; row < work->frame->rows; row++)
        positives += work->target[row];
    tool_figure(work->run, "rows", (double)work->frame->rows);
    tool_figure(work->run, "positives", positives);
    tool_figure(work->run, "trees", (double)report->used.trees);
    tool_figure(work->run, "leaves", (double)report->used.leaves);
    tool_figure(work->run, "learning_rate", report->used.learning_rate);
    tool_figure(work->run, "min_leaf", (double)report->used.min_leaf);
    tool_figure(work->run, "training_log_loss", report->log_loss);
    if (!isnan(report->held_out_loss)) {
        tool_figure(work->run, "held_out_log_loss", report->held_out_loss);
        tool_note(work->run, "%zu trees are best for rows held out: log-loss %.6f", report->used.trees,
                  report->held_out_loss);
    }
    if (report->used.trees == 0)
        tool_warn(work->run, "no tree is better for rows held out than the share of positives alone");
    if (report->used.trees == TILL_GBDT_MOST && !isnan(report->held_out_loss))
        tool_warn(work->run, "rows held out might want more than %d trees (a higher --learning-rate, or --trees)",
                  TILL_GBDT_MOST);
}

static enum till_status fit(struct train_work *work, struct till_error *error) {
    struct own *own = work->fit = calloc(1, sizeof *own);
    struct till_gbdt_report report;
    if (own == NULL)
        return till_error_memory(error);
    enum till_status status =
        till_trees_table_of(&own->table, work->frame, work->first, work->frame->count - work->first, error);
    if (status == TILL_OK)
        status = learn(work, NULL, 0, &own->trees, &report, error);
    if (status == TILL_OK)
        tell(work, &report);
    return status;
}

static enum till_status predict_fold(struct train_work *work, const uint32_t *fold, uint32_t leave, double *probability,
                                     struct till_error *error) {
    const struct own *own = work->fit;
    struct till_trees *trees = NULL;
    uint32_t *rows = malloc((work->frame->rows + 1) * sizeof *rows);
    double *values = malloc((own->table->count + 1) * sizeof *values);
    size_t count = 0;
    for (size_t row = 0; rows != NULL && row < work->frame->rows; row++)
        if (fold[row] != leave)
            rows[count++] = (uint32_t)row;
    enum till_status status =
        rows == NULL || values == NULL ? till_error_memory(error) : learn(work, rows, count, &trees, NULL, error);
    for (size_t row = 0; status == TILL_OK && row < work->frame->rows; row++)
        if (fold[row] == leave) {
            till_trees_table_row(own->table, row, values);
            probability[row] = till_trees_probability(trees, till_trees_score(trees, values));
        }
    till_trees_free(trees);
    free(rows);
    free(values);
    return status;
}

/* ---- writing ---- */

struct importance {
    const char *column;
    double gain;
    uint64_t splits;
};

/* The most important first, equal ones by name. */
static int compare(const void *a, const void *b) {
    const struct importance *x = a, *y = b;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return strcmp(x->column, y->column);
}

static enum till_status rank(const struct own *own, struct importance *ranked, struct till_error *error) {
    size_t count = own->table->count;
    double *gain = malloc((2 * count + 1) * sizeof *gain);
    uint64_t *splits = malloc((count + 1) * sizeof *splits);
    bool room = gain != NULL && splits != NULL;
    if (room)
        till_trees_importance(own->trees, gain, splits, gain + count);
    for (size_t i = 0; room && i < count; i++)
        ranked[i] = (struct importance){own->table->columns[i].name, gain[i], splits[i]};
    free(gain);
    free(splits);
    if (!room)
        return till_error_memory(error);
    qsort(ranked, count, sizeof *ranked, compare);
    return TILL_OK;
}

static enum till_status write_importances(struct train_work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_REAL, TILL_COUNT};
    const struct till_slice names[] = {till_slice_of("column"), till_slice_of("gain"), till_slice_of("share"),
                                       till_slice_of("splits")};
    const struct own *own = work->fit;
    struct till_writer *writer = NULL;
    struct importance *ranked = calloc(own->table->count + 1, sizeof *ranked);
    double all = 0;
    enum till_status status = ranked == NULL ? till_error_memory(error) : rank(own, ranked, error);
    for (size_t i = 0; status == TILL_OK && i < own->table->count; i++)
        all += ranked[i].gain;
    if (status == TILL_OK)
        status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; status == TILL_OK && i < own->table->count; i++) {
        till_writer_text(writer, till_slice_of(ranked[i].column));
        till_writer_real(writer, ranked[i].gain);
        till_writer_real(writer, all > 0 ? ranked[i].gain / all : NAN);
        till_writer_count(writer, ranked[i].splits);
        status = till_writer_end(writer, error);
    }
    free(ranked);
    return status;
}

static enum till_status make_model(struct train_work *work, struct till_classifier **model, struct till_digest *digest,
                                   struct till_error *error) {
    struct own *own = work->fit;
    till_trees_table_digest(own->table, digest);
    enum till_status status = till_classifier_of_trees(model, train_gbdt.name, own->table, own->trees,
                                                       work->frame->columns[0].name, work->settings->positive, error);
    if (status == TILL_OK)
        own->trees = NULL;
    return status;
}

static void free_fit(struct train_work *work) {
    struct own *own = work->fit;
    if (own == NULL)
        return;
    till_trees_free(own->trees);
    till_trees_table_free(own->table);
    free(own);
}

const struct train_method train_gbdt = {
    .name = "gbdt",
    .takes_missing = true,
    .fit = fit,
    .predict_fold = predict_fold,
    .write = write_importances,
    .model = make_model,
    .free = free_fit,
};
