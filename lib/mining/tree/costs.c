/* The table of costs: the distinct values of cp at which the tree changes, and how each of these trees does on rows
 * that it has not seen. The trees of the folds have values of cp of their own; what they are asked is how they do at
 * the same price of a split, for the share of the weight that they were grown from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* ---- the sequence ---- */

static int compare_falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Distinct values, falling, with 0 at the end. Where they are many, one is kept when it adds a twentieth to the splits
 * of the last that was, so that small trees are all kept. Returns how many. */
static size_t thin(double *cps, size_t count) {
    size_t distinct = 0, kept = 0, splits = 0;
    qsort(cps, count, sizeof *cps, compare_falling);
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || cps[i] < cps[i - 1];
    for (size_t i = 0; i < count; i++) { /* the tree of cps[i] has as many splits as there are larger values: i */
        if (i > 0 && cps[i] == cps[i - 1])
            continue;
        if (distinct > TILL_TREE_COSTS && i > 0 && i - splits <= splits / 20)
            continue;
        splits = i;
        cps[kept++] = cps[i];
    }
    if (kept == 0 || cps[kept - 1] > 0)
        cps[kept++] = 0;
    return kept;
}

/* Splits and risk of the tree at a cp; `gone` [nodes] is room. */
static void measure(const struct till_tree *tree, struct till_tree_cost *cost, bool *gone) {
    double risk = 0;
    gone[0] = false;
    for (size_t at = 0; at < tree->trees->node_count; at++) {
        const struct till_trees_node *node = &tree->trees->nodes[at];
        bool inner = node->column != TILL_TREES_LEAF, split = inner && !gone[at] && tree->nodes[at].cp > cost->cp;
        if (!gone[at] && !split)
            risk += tree->nodes[at].risk;
        if (inner)
            gone[node->left] = gone[node->right] = !split;
        cost->splits += split;
    }
    cost->error = risk / tree->nodes[0].risk;
}

static enum till_status list_costs(struct till_tree_costs *costs, const struct till_tree *tree,
                                   struct till_error *error) {
    size_t nodes = tree->trees->node_count, count = 0;
    double *cps = malloc((nodes + 1) * sizeof *cps);
    bool *gone = calloc(nodes + 1, sizeof *gone);
    if (cps != NULL && gone != NULL) {
        for (size_t at = 0; at < nodes; at++)
            if (tree->trees->nodes[at].column != TILL_TREES_LEAF)
                cps[count++] = tree->nodes[at].cp;
        costs->count = thin(cps, count);
        costs->rows = calloc(costs->count, sizeof *costs->rows);
    }
    for (size_t k = 0; costs->rows != NULL && k < costs->count; k++) {
        costs->rows[k] = (struct till_tree_cost){.cp = cps[k], .cv_error = NAN, .cv_std_error = NAN};
        measure(tree, &costs->rows[k], gone);
    }
    free(cps);
    free(gone);
    return costs->rows == NULL ? till_error_memory(error) : TILL_OK;
}

/* ---- held-out rows ---- */

struct judge {
    const struct till_tree_columns *columns;
    const double *target;
    const double *weight;
    const struct till_tree_folds *folds;
    const struct till_tree_settings *settings;
    size_t count;         /* of steps */
    double *price;        /* [count] of a split, a unit of weight; falling */
    double *bound;        /* [count] the same as a cp of the fold's tree */
    double *own;          /* [count] the losses of a group of rows */
    double *sum;          /* [count] of losses */
    double *square;       /* [count] of losses of groups, squared */
    double *cross;        /* [count] of losses of groups, times their weight */
    double weight_sum;    /* of all rows */
    double weight_square; /* of groups, squared */
    double *values;       /* [columns] */
    size_t *order;        /* [rows] groups together */
    uint32_t *learn;      /* [rows] */
};

/* How often a row counts, in the tree and in the risk. */
static double own_weight(const struct judge *judge, size_t row) {
    return (judge->weight == NULL ? 1 : judge->weight[row]) *
           (judge->target[row] != 0 ? judge->settings->positive_weight : 1);
}

/* What a node says of a row that it was not grown from. */
static double loss(const struct judge *judge, const struct till_tree_node *node, bool positive) {
    double for_it = node->positive * judge->settings->positive_weight, against = node->weight - node->positive;
    if (judge->settings->risk == TILL_TREE_ERROR)
        return (for_it > against) != positive;
    double off = (positive ? against : for_it) / (for_it + against);
    return off * off;
}

/* Adds the losses of a row at all steps: further and further down, as splits become cheaper. */
static void judge_row(struct judge *judge, const struct till_tree *tree, size_t row) {
    const struct till_trees *trees = tree->trees;
    double weight = own_weight(judge, row);
    uint32_t at = trees->roots[0];
    till_trees_table_row(judge->columns->table, row, judge->values);
    for (size_t k = 0; k < judge->count; k++) {
        while (trees->nodes[at].column != TILL_TREES_LEAF && tree->nodes[at].cp > judge->bound[k])
            at = till_trees_child(trees, &trees->nodes[at], judge->values[trees->nodes[at].column]);
        judge->own[k] += weight * loss(judge, &tree->nodes[at], judge->target[row] != 0);
    }
}

static void close_group(struct judge *judge, double weight) {
    for (size_t k = 0; k < judge->count; k++) {
        judge->sum[k] += judge->own[k];
        judge->square[k] += judge->own[k] * judge->own[k];
        judge->cross[k] += judge->own[k] * weight;
        judge->own[k] = 0;
    }
    judge->weight_sum += weight;
    judge->weight_square += weight * weight;
}

/* The rows of a fold, group by group. */
static void judge_rows(struct judge *judge, const struct till_tree *tree, uint32_t fold) {
    const struct till_tree_folds *folds = judge->folds;
    size_t rows = judge->columns->table->rows, last = SIZE_MAX;
    double weight = 0;
    for (size_t i = 0; i < rows; i++) {
        size_t row = judge->order[i], group = folds->group == NULL ? row : folds->group[row];
        if (folds->fold[row] != fold)
            continue;
        if (last != SIZE_MAX && group != last) {
            close_group(judge, weight);
            weight = 0;
        }
        judge_row(judge, tree, row);
        weight += own_weight(judge, row);
        last = group;
    }
    if (last != SIZE_MAX)
        close_group(judge, weight);
}

static double total_weight(const struct till_tree *tree, const struct till_tree_settings *settings) {
    const struct till_tree_node *root = &tree->nodes[0];
    return root->weight - root->positive + root->positive * settings->positive_weight;
}

static enum till_status judge_fold(struct judge *judge, uint32_t fold, struct till_error *error) {
    struct till_tree *tree;
    size_t rows = judge->columns->table->rows, count = 0, held_out = 0;
    for (size_t row = 0; row < rows; row++) {
        held_out += judge->folds->fold[row] == fold;
        if (judge->folds->fold[row] != fold && judge->folds->fold[row] != TILL_TREE_NO_FOLD)
            judge->learn[count++] = (uint32_t)row;
    }
    if (held_out == 0)
        return TILL_OK;
    if (count == 0)
        return till_error_set(error, TILL_ERROR_MODEL,
                              "cross-validation needs rows in two folds or more (--cp does without it)");
    enum till_status status = till_tree_grow(&tree, judge->columns, judge->target, judge->weight, judge->learn, count,
                                             judge->settings, error);
    if (status != TILL_OK)
        return status;
    double scale = total_weight(tree, judge->settings) / tree->nodes[0].risk;
    for (size_t k = 0; k < judge->count; k++)
        judge->bound[k] = tree->nodes[0].risk > 0 ? judge->price[k] * scale : 0;
    judge_rows(judge, tree, fold);
    till_tree_free(tree);
    return TILL_OK;
}

/* ---- the whole ---- */

/* All rows, those of one group next to each other (a counting sort, which keeps their order). */
static bool order_rows(struct judge *judge) {
    const struct till_tree_folds *folds = judge->folds;
    size_t rows = judge->columns->table->rows;
    size_t *first = calloc(folds->groups + 2, sizeof *first);
    judge->order = malloc((rows + 1) * sizeof *judge->order);
    bool fine = first != NULL && judge->order != NULL;
    for (size_t row = 0; fine && row < rows; row++)
        if (folds->group != NULL)
            first[folds->group[row] + 1]++;
    for (size_t g = 0; fine && g < folds->groups; g++)
        first[g + 1] += first[g];
    for (size_t row = 0; fine && row < rows; row++)
        judge->order[folds->group == NULL ? row : first[folds->group[row]]++] = row;
    free(first);
    return fine;
}

static enum till_status open_judge(struct judge *judge, const struct till_tree_costs *costs,
                                   const struct till_tree *tree, struct till_error *error) {
    size_t count = judge->count = costs->count;
    judge->price = calloc(6 * count, sizeof *judge->price);
    judge->values = malloc((judge->columns->table->count + 1) * sizeof *judge->values);
    judge->learn = malloc((judge->columns->table->rows + 1) * sizeof *judge->learn);
    if (judge->price == NULL || judge->values == NULL || judge->learn == NULL || !order_rows(judge))
        return till_error_memory(error);
    judge->bound = judge->price + count;
    judge->own = judge->bound + count;
    judge->sum = judge->own + count;
    judge->square = judge->sum + count;
    judge->cross = judge->square + count;
    double unit = tree->nodes[0].risk / total_weight(tree, judge->settings);
    judge->price[0] = INFINITY;
    for (size_t k = 1; k < count; k++)
        judge->price[k] = unit * sqrt(costs->rows[k].cp * costs->rows[k - 1].cp);
    return TILL_OK;
}

static void close_judge(struct judge *judge) {
    free(judge->price);
    free(judge->values);
    free(judge->learn);
    free(judge->order);
}

/* Means and their errors; the least, and the first within one error of it. */
static void choose(struct till_tree_costs *costs, const struct judge *judge, double root_risk) {
    for (size_t k = 0; k < costs->count; k++) {
        double mean = judge->sum[k] / judge->weight_sum;
        double variance = judge->square[k] - 2 * mean * judge->cross[k] + mean * mean * judge->weight_square;
        costs->rows[k].cv_error = judge->sum[k] / root_risk;
        costs->rows[k].cv_std_error = sqrt(fmax(0, variance)) / root_risk;
    }
    costs->best = 0;
    for (size_t k = 1; k < costs->count; k++)
        if (costs->rows[k].cv_error < costs->rows[costs->best].cv_error)
            costs->best = k;
    const struct till_tree_cost *best = &costs->rows[costs->best];
    double bound = best->cv_error + judge->folds->standard_errors * best->cv_std_error;
    costs->chosen = 0;
    while (costs->rows[costs->chosen].cv_error > bound)
        costs->chosen++;
}

enum till_status till_tree_costs_of(struct till_tree_costs **costs, const struct till_tree *tree,
                                    const struct till_tree_columns *columns, const double *target, const double *weight,
                                    const struct till_tree_folds *folds, const struct till_tree_settings *settings,
                                    struct till_error *error) {
    struct judge judge = {.columns = columns, .target = target, .weight = weight, .folds = folds, .settings = settings};
    struct till_tree_costs *made = calloc(1, sizeof *made);
    *costs = NULL;
    if (made == NULL)
        return till_error_memory(error);
    enum till_status status = list_costs(made, tree, error);
    bool held_out = status == TILL_OK && folds != NULL && tree->nodes[0].risk > 0;
    if (status == TILL_OK)
        made->best = made->chosen = made->count - 1;
    if (held_out)
        status = open_judge(&judge, made, tree, error);
    for (uint32_t fold = 0; held_out && status == TILL_OK && fold < folds->count; fold++)
        status = judge_fold(&judge, fold, error);
    if (held_out && status == TILL_OK)
        choose(made, &judge, tree->nodes[0].risk);
    close_judge(&judge);
    if (status != TILL_OK)
        till_tree_costs_free(made);
    else
        *costs = made;
    return status;
}

void till_tree_costs_free(struct till_tree_costs *costs) {
    if (costs == NULL)
        return;
    free(costs->rows);
    free(costs);
}
