/* till/tree.h: a classification tree that is grown by gini and cut back to what the data support (CART).
 *
 *     till_tree_columns_of(&columns, table, threads, &error);                      sorted once, for all trees
 *     till_tree_grow(&grown, columns, target, weight, NULL, rows, &settings, &error);
 *     till_tree_costs_of(&costs, grown, columns, target, weight, folds, &settings, &error);
 *     till_tree_prune(&tree, grown, table, costs->rows[costs->chosen].cp, &error);
 *     till_trees_probability(tree->trees, till_trees_score(tree->trees, values));
 *
 * A node of the weights w1 (positive) and w0 has the gini risk w1 w0 / (w1 + w0), which is the least sum of squared
 * distances between answers and one probability. A split is the one that lowers the risk most: of numbers, at every
 * place between two values (half way); of levels, into any two sets: ordered by their rate of positives, the best two
 * sets are a beginning and an end of that order, so that as many cuts as there are levels are enough (min_leaf may
 * forbid the best two). Missing values go with either side, whichever lowers the risk more, or form a side of their
 * own; where a node had none to learn from, they go with the heavier side, and so do levels that it had none of. This
 * is unlike rpart, which sends a row on by another column that splits alike (a surrogate). Equal splits: the earlier
 * column, the smaller cut.
 *
 * The cost of a tree is its risk + cp x risk of the root x its splits. As cp rises, the best subtrees are nested:
 * each node has a cp at which it becomes a leaf.
 *
 * L. Breiman, J. H. Friedman, R. A. Olshen, C. J. Stone, Classification and Regression Trees, 1984: sections 4.2 (two
 * classes, levels), 3.3 (pruning), 3.4 (cross-validation, one standard error), 4.6 (gini as the risk of probabilities).
 */
#ifndef TILL_TREE_H
#define TILL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/trees.h>

/* What pruning weighs. GINI judges probabilities, whatever the base rate: rpart's method "anova" on 1 and 0. ERROR is
 * the weight of rows on the losing side: rpart's method "class". With rare positives it sees no use in any split. */
enum till_tree_risk { TILL_TREE_GINI, TILL_TREE_ERROR };

struct till_tree_settings {
    size_t min_split;       /* a node of fewer rows is a leaf */
    size_t min_leaf;        /* no leaf has fewer rows; above zero */
    unsigned max_depth;     /* splits between the root and a leaf; at most TILL_TREES_DEPTH */
    double positive_weight; /* how often each positive counts, in splits and risks; probabilities are corrected */
    enum till_tree_risk risk;
    unsigned threads; /* the result does not depend on it */
};

/* What is known of each node beside what the model keeps. */
struct till_tree_node {
    uint32_t parent; /* its place; the root is its own */
    uint64_t rows;
    uint64_t positives; /* rows */
    double weight;      /* sums of weights, each positive counted once */
    double positive;
    double risk; /* as a leaf, of the kind that pruning weighs, positives counted positive_weight times */
    double cp;   /* no split at this cp and above: a leaf, or gone with a node above it; leaves: infinity */
};

struct till_tree {
    struct till_trees *trees;     /* one tree, of probabilities */
    struct till_tree_node *nodes; /* [trees->node_count], in the same places; the root is the first */
};

/* ---- the rows, prepared ---- */

struct till_tree_columns;

/* The table has to outlive the columns. Memory: 4 bytes a cell, and 8 a distinct number. Errors: TILL_ERROR_MEMORY.
 * O(cells), by radix sort. */
TILL_API enum till_status till_tree_columns_of(struct till_tree_columns **columns, const struct till_trees_table *table,
                                               unsigned threads, struct till_error *error);
TILL_API void till_tree_columns_free(struct till_tree_columns *columns);

/* ---- growing and pruning ---- */

/* target[row] is 0 or 1; weight[row] may be NULL: 1 each; rows of weight 0 are as if they were not there. rows
 * [row_count] says which rows to learn from, in rising order; NULL: the first row_count. Errors: TILL_ERROR_MODEL
 * without a row of some weight; TILL_ERROR_MEMORY. O(rows x columns) a level of the tree. */
TILL_API enum till_status till_tree_grow(struct till_tree **tree, const struct till_tree_columns *columns,
                                         const double *target, const double *weight, const uint32_t *rows,
                                         size_t row_count, const struct till_tree_settings *settings,
                                         struct till_error *error);
TILL_API void till_tree_free(struct till_tree *tree);

/* The tree with each node a leaf that is one at `cp`. Errors: TILL_ERROR_MEMORY. O(nodes). */
TILL_API enum till_status till_tree_prune(struct till_tree **pruned, const struct till_tree *tree,
                                          const struct till_trees_table *table, double cp, struct till_error *error);

/* One subtree of the nested sequence, as rpart's table has it. Errors are relative to the risk of the root. */
struct till_tree_cost {
    double cp; /* the smallest at which the tree is this one */
    size_t splits;
    double error;        /* on the rows that it was grown from */
    double cv_error;     /* on held-out rows; NaN without folds */
    double cv_std_error; /* of that mean, rows (or groups of rows) taken as independent */
};

struct till_tree_costs {
    size_t count;
    struct till_tree_cost *rows; /* from the root alone to the whole tree, cp falling */
    size_t best;                 /* the least cv_error; the first such */
    size_t chosen;               /* the fewest splits that are close enough to it; without folds: the whole tree */
};

/* Which rows are held out together, and which belong together. */
struct till_tree_folds {
    const uint32_t *fold; /* [rows] 0..count-1, or TILL_TREE_NO_FOLD: the tree was grown without the row */
    size_t count;
    const uint32_t *group; /* [rows] 0..groups-1; NULL: rows are independent */
    size_t groups;
    double standard_errors; /* how far from the best a smaller tree may be; 1 is usual */
};
#define TILL_TREE_NO_FOLD UINT32_MAX

/* The sequence of a tree, beyond TILL_TREE_COSTS steps thinned to trees that are a twentieth larger each, and what
 * cross-validation says of each step: a tree grown without a fold is judged on it, cut back at the geometric mean of
 * the step's range of cp (Breiman and others, 3.4; rpart's xval). Errors: those of till_tree_grow. O(folds) times
 * growing, and rows x steps. */
#define TILL_TREE_COSTS 400
TILL_API enum till_status till_tree_costs_of(struct till_tree_costs **costs, const struct till_tree *tree,
                                             const struct till_tree_columns *columns, const double *target,
                                             const double *weight, const struct till_tree_folds *folds,
                                             const struct till_tree_settings *settings, struct till_error *error);
TILL_API void till_tree_costs_free(struct till_tree_costs *costs);

/* ---- reading a tree ---- */

/* How conditions are put: for people, or as SQL, where they hold for exactly the rows that the tree sends to the leaf,
 * a NULL and a level never seen included. */
enum till_tree_form { TILL_TREE_WORDS, TILL_TREE_SQL };

/* Appends what holds for the rows of a leaf: "tenure > 5.5 AND tenure <= 16.5 AND Contract IN ('One year', 'Two
 * year')"; "TRUE" (SQL: 1 = 1) for a tree of one leaf. In words, missing values are mentioned where `missing`[column]
 * says that there are some. False when memory is out. O(depth^2 + depth x levels). */
TILL_API bool till_tree_condition(const struct till_tree *tree, const struct till_trees_table *table, uint32_t leaf,
                                  enum till_tree_form form, const bool *missing, struct till_text *text);

#endif
