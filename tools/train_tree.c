/* till-train --method=tree: a classification tree, and its leaves as rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>
#include <till/tree.h>

#include "train.h"

struct own {
    double cp; /* as asked for; NaN: cross-validation finds it */
    struct till_trees_table *table;
    struct till_tree_columns *columns;
    struct till_tree_costs *costs;
    struct till_tree *tree;
};

/* ---- growing and cutting back ---- */

static struct till_tree_settings wishes(const struct train_work *work) {
    return (struct till_tree_settings){.min_split = (size_t)work->settings->min_split,
                                       .min_leaf = work->settings->min_leaf == 0 ? 7 : (size_t)work->settings->min_leaf,
                                       .max_depth = (unsigned)work->settings->max_depth,
                                       .positive_weight = work->settings->positive_weight,
                                       .risk = (enum till_tree_risk)work->settings->risk,
                                       .threads = work->run->threads};
}

/* The weights before --positive-weight, which the tree takes apart. */
static const double *weights(const struct train_work *work) {
    return work->weight_at == TRAIN_NO_COLUMN ? NULL : work->frame->columns[work->weight_at].numbers;
}

/* A tree of the rows whose fold is not TRAIN_LEFT_OUT, cut back by --cp, or by cross-validation among these rows.
 * `fold` is used up. */
static enum till_status make_tree(const struct train_work *work, uint32_t *fold, struct till_tree **tree,
                                  struct till_tree_costs **costs, struct till_error *error) {
    const struct own *own = work->fit;
    struct till_tree_settings settings = wishes(work);
    struct till_tree_folds folds = {.fold = fold,
                                    .count = (size_t)work->settings->prune_folds,
                                    .group = work->group,
                                    .groups = work->groups,
                                    .standard_errors = work->settings->prune_se};
    struct till_tree *grown = NULL;
    size_t count = 0;
    uint32_t *rows = malloc((work->frame->rows + 1) * sizeof *rows);
    if (rows == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < work->frame->rows; row++)
        if (fold[row] != TRAIN_LEFT_OUT)
            rows[count++] = (uint32_t)row;
    train_give_folds(work, folds.count, 1, fold);
    enum till_status status =
        till_tree_grow(&grown, own->columns, work->target, weights(work), rows, count, &settings, error);
    if (status == TILL_OK)
        status = till_tree_costs_of(costs, grown, own->columns, work->target, weights(work),
                                    isnan(own->cp) ? &folds : NULL, &settings, error);
    if (status == TILL_OK)
        status = till_tree_prune(tree, grown, own->table,
                                 isnan(own->cp) ? (*costs)->rows[(*costs)->chosen].cp : own->cp, error);
    till_tree_free(grown);
    free(rows);
    return status;
}

static enum till_status take_cp(const struct train_work *work, double *cp, struct till_error *error) {
    const char *text = work->settings->cp;
    *cp = NAN;
    if (text == NULL)
        return TILL_OK;
    if (till_real_parse(text, strlen(text), NULL, cp) != TILL_NUMBER_OK || !(*cp >= 0))
        return tool_usage(error, "--cp", "not a number from 0 on");
    return TILL_OK;
}

/* Weights may leave one class alone. */
static enum till_status check_classes(const struct till_tree_node *root, struct till_error *error) {
    if (root->positives > 0 && root->positives < root->rows)
        return TILL_OK;
    return till_error_set(error, TILL_ERROR_MODEL,
                          "all rows that have a weight are of one class: there is nothing to tell apart");
}

/* What was made of the rows. */
static void tell(const struct train_work *work) {
    const struct own *own = work->fit;
    const struct till_tree_costs *costs = own->costs;
    size_t leaves = (own->tree->trees->node_count + 1) / 2;
    tool_figure(work->run, "rows", (double)work->frame->rows);
    tool_figure(work->run, "positives", (double)own->tree->nodes[0].positives);
    tool_figure(work->run, "leaves", (double)leaves);
    if (isnan(own->cp)) {
        const struct till_tree_cost *chosen = &costs->rows[costs->chosen];
        tool_figure(work->run, "cp", chosen->cp);
        tool_figure(work->run, "cv_error", chosen->cv_error);
        tool_figure(work->run, "cv_std_error", chosen->cv_std_error);
    }
    if (leaves == 1)
        tool_warn(work->run, "no split is worth its cost%s",
                  work->settings->risk == TILL_TREE_ERROR
                      ? ": where positives are rare, none moves a row to the other side (--risk=gini)"
                      : "");
}

static enum till_status fit(struct train_work *work, struct till_error *error) {
    struct own *own = work->fit = calloc(1, sizeof *own);
    uint32_t *fold = calloc(work->frame->rows + 1, sizeof *fold);
    enum till_status status = own == NULL || fold == NULL ? till_error_memory(error) : take_cp(work, &own->cp, error);
    if (status == TILL_OK && work->settings->sql && work->settings->calibrate != 0)
        status = tool_usage(error, "--sql", "the expression knows nothing of --calibrate");
    if (status == TILL_OK)
        status = till_trees_table_of(&own->table, work->frame, work->first, work->frame->count - work->first, error);
    if (status == TILL_OK)
        status = till_tree_columns_of(&own->columns, own->table, work->run->threads, error);
    if (status == TILL_OK)
        status = make_tree(work, fold, &own->tree, &own->costs, error);
    if (status == TILL_OK)
        status = check_classes(&own->tree->nodes[0], error);
    if (status == TILL_OK)
        tell(work);
    free(fold);
    return status;
}

static enum till_status predict_fold(struct train_work *work, const uint32_t *fold, uint32_t leave, double *probability,
                                     struct till_error *error) {
    const struct own *own = work->fit;
    struct till_tree *tree = NULL;
    struct till_tree_costs *costs = NULL;
    uint32_t *inner = calloc(work->frame->rows + 1, sizeof *inner);
    double *values = malloc((own->table->count + 1) * sizeof *values);
    for (size_t row = 0; inner != NULL && row < work->frame->rows; row++)
        inner[row] = fold[row] == leave ? TRAIN_LEFT_OUT : 0;
    enum till_status status =
        inner == NULL || values == NULL ? till_error_memory(error) : make_tree(work, inner, &tree, &costs, error);
    for (size_t row = 0; status == TILL_OK && row < work->frame->rows; row++)
        if (fold[row] == leave) {
            till_trees_table_row(own->table, row, values);
            probability[row] = till_trees_score(tree->trees, values);
        }
    till_tree_free(tree);
    till_tree_costs_free(costs);
    free(inner);
    free(values);
    return status;
}

/* ---- writing ---- */

/* A leaf, to be put in order: the highest probability first, then the most rows, then from left to right. */
struct leaf {
    double probability;
    uint64_t rows;
    uint32_t node;
};

static int compare_leaves(const void *a, const void *b) {
    const struct leaf *x = a, *y = b;
    if (x->probability != y->probability)
        return x->probability > y->probability ? -1 : 1;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static struct leaf *list_leaves(const struct till_tree *tree, size_t *count) {
    struct leaf *leaves = malloc((tree->trees->node_count + 1) * sizeof *leaves);
    *count = 0;
    for (uint32_t i = 0; leaves != NULL && i < tree->trees->node_count; i++)
        if (tree->trees->nodes[i].column == TILL_TREES_LEAF)
            leaves[(*count)++] = (struct leaf){tree->trees->nodes[i].value, tree->nodes[i].rows, i};
    if (leaves != NULL)
        qsort(leaves, *count, sizeof *leaves, compare_leaves);
    return leaves;
}

/* "IF tenure <= 16.5 AND plan = 'monthly' THEN P(churned = 1) = 0.6928" */
static bool say_rule(const struct train_work *work, const struct leaf *leaf, const bool *missing,
                     struct till_text *text) {
    const struct own *own = work->fit;
    text->length = 0;
    return till_text_append_string(text, "IF ") &&
           till_tree_condition(own->tree, own->table, leaf->node, TILL_TREE_WORDS, missing, text) &&
           till_text_append_format(text, " THEN P(%s = %s) = %.4g", work->frame->columns[0].name,
                                   work->settings->positive, leaf->probability);
}

static enum till_status write_rules(struct train_work *work, const struct leaf *leaves, size_t count,
                                    const bool *missing, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("rule"), till_slice_of("customers"), till_slice_of("positives"),
                                       till_slice_of("probability"), till_slice_of("lift")};
    const struct own *own = work->fit;
    struct till_text text = {0};
    struct till_writer *writer;
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        const struct till_tree_node *node = &own->tree->nodes[leaves[i].node];
        if (!say_rule(work, &leaves[i], missing, &text)) {
            status = till_error_memory(error);
            break;
        }
        till_writer_text(writer, (struct till_slice){text.bytes, text.length});
        till_writer_count(writer, node->rows);
        till_writer_count(writer, node->positives);
        till_writer_real(writer, leaves[i].probability);
        till_writer_real(writer, leaves[i].probability / own->tree->trees->expected);
        status = till_writer_end(writer, error);
    }
    till_text_free(&text);
    return status;
}

static enum till_status write_sql(struct train_work *work, const struct leaf *leaves, size_t count,
                                  struct till_error *error) {
    const struct own *own = work->fit;
    struct till_text text = {0};
    struct till_sink sink;
    char number[TILL_REAL_TEXT];
    bool fine = till_text_append_string(&text, "CASE\n");
    for (size_t i = 0; i < count; i++)
        fine = fine && till_text_append_string(&text, "    WHEN ") &&
               till_tree_condition(own->tree, own->table, leaves[i].node, TILL_TREE_SQL, NULL, &text) &&
               till_text_append_string(&text, " THEN ") &&
               till_text_append(&text, number, till_real_format_exact(number, leaves[i].probability)) &&
               till_text_append_string(&text, "\n");
    fine = fine && till_text_append_string(&text, "END\n");
    enum till_status status = fine ? tool_open_text(work->run, &sink, error) : till_error_memory(error);
    if (status == TILL_OK)
        status = sink.write(sink.context, text.bytes, text.length, error);
    till_text_free(&text);
    return status;
}

static enum till_status write_costs(struct train_work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_REAL, TILL_COUNT, TILL_REAL, TILL_REAL, TILL_REAL, TILL_COUNT};
    const struct till_slice names[] = {till_slice_of("cp"),           till_slice_of("splits"),
                                       till_slice_of("error"),        till_slice_of("cv_error"),
                                       till_slice_of("cv_std_error"), till_slice_of("chosen")};
    const struct own *own = work->fit;
    size_t splits = own->tree->trees->node_count / 2;
    struct till_writer *writer;
    if (work->settings->cp_table == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->cp_table, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t k = 0; k < own->costs->count && status == TILL_OK; k++) {
        const struct till_tree_cost *cost = &own->costs->rows[k];
        till_writer_real(writer, cost->cp);
        till_writer_count(writer, cost->splits);
        till_writer_real(writer, cost->error);
        till_writer_real(writer, cost->cv_error);
        till_writer_real(writer, cost->cv_std_error);
        till_writer_count(writer, cost->splits == splits);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* Which columns have missing values: only there are they worth a word. */
static bool *find_missing(const struct till_trees_table *table) {
    bool *missing = calloc(table->count + 1, sizeof *missing);
    for (size_t i = 0; missing != NULL && i < table->count; i++)
        for (size_t row = 0; row < table->rows && !missing[i]; row++)
            missing[i] = table->columns[i].text ? table->columns[i].places[row] == TILL_FRAME_NO_LEVEL
                                                : isnan(table->columns[i].numbers[row]);
    return missing;
}

static enum till_status write(struct train_work *work, struct till_error *error) {
    const struct own *own = work->fit;
    size_t count;
    struct leaf *leaves = list_leaves(own->tree, &count);
    bool *missing = find_missing(own->table);
    enum till_status status = leaves == NULL || missing == NULL ? till_error_memory(error)
                              : work->settings->sql             ? write_sql(work, leaves, count, error)
                                                                : write_rules(work, leaves, count, missing, error);
    if (status == TILL_OK)
        status = write_costs(work, error);
    free(leaves);
    free(missing);
    return status;
}

static enum till_status make_model(struct train_work *work, struct till_classifier **model, struct till_digest *digest,
                                   struct till_error *error) {
    struct own *own = work->fit;
    till_trees_table_digest(own->table, digest);
    enum till_status status = till_classifier_of_trees(model, work->method->name, own->table, own->tree->trees,
                                                       work->frame->columns[0].name, work->settings->positive, error);
    if (status == TILL_OK)
        own->tree->trees = NULL; /* the classifier's now */
    return status;
}

static void free_fit(struct train_work *work) {
    struct own *own = work->fit;
    if (own == NULL)
        return;
    till_tree_free(own->tree);
    till_tree_costs_free(own->costs);
    till_tree_columns_free(own->columns);
    till_trees_table_free(own->table);
    free(own);
}

const struct train_method train_tree = {
    .name = "tree",
    .takes_missing = true,
    .fit = fit,
    .predict_fold = predict_fold,
    .write = write,
    .model = make_model,
    .free = free_fit,
};
