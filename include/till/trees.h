/* till/trees.h: tree models, single trees as well as sums of many: what a method grows, what rows are given by it, why,
 * and how a model file keeps it. One container serves all methods that grow trees.
 *
 *     till_trees_table_of(&table, frame, first, count, &error);      the rows to learn from
 *     till_trees_new(&trees, table, TILL_TREES_LOG_ODDS, &error);    a model without trees
 *     till_trees_plant(trees, &root, &error);                        a tree of one node, a leaf
 *     till_trees_split(trees, root, &node, &error);                  the leaf gets two children; repeat
 *     till_trees_finish(trees, &error);                              checked, and ready to be applied
 *     p = till_trees_probability(trees, till_trees_score(trees, values));
 *     till_trees_explain(trees, values, contributions);
 *
 * A row is an array of doubles, one a column of the model: a number, or the place of a level among those of the column
 * (in byte order); NaN is a missing value, and a level that training never saw. To keep a model, give it to a
 * classifier (till/classifier.h), which holds the names and levels of the columns. */
#ifndef TILL_TREES_H
#define TILL_TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/frame.h>
#include <till/hash.h>
#include <till/text.h>

/* ---- the rows to learn from ---- */

/* A column of a frame as trees take it. Missing: NaN, TILL_FRAME_NO_LEVEL. */
struct till_trees_column {
    const char *name; /* the frame's */
    bool text;
    const double *numbers;     /* [rows] unless `text`; the frame's */
    uint32_t *places;          /* [rows] if `text`: the place of the level in byte order */
    size_t level_count;        /* 0 unless `text` */
    struct till_slice *levels; /* [level_count] in byte order; their bytes are the frame's */
};

struct till_trees_table {
    size_t rows;
    size_t count;
    struct till_trees_column *columns;
};

/* Columns first..first+count-1 of a frame, which has to outlive the table. Errors: TILL_ERROR_DATA for a column of more
 * than TILL_TREES_LEVELS levels; TILL_ERROR_MEMORY. O(cells). */
#define TILL_TREES_LEVELS 1000
TILL_API enum till_status till_trees_table_of(struct till_trees_table **table, const struct till_frame *frame,
                                              size_t first, size_t count, struct till_error *error);
TILL_API void till_trees_table_free(struct till_trees_table *table);

/* values [table->count]: those of a row, as a model takes them. */
TILL_API void till_trees_table_row(const struct till_trees_table *table, size_t row, double *values);

/* Adds names, levels and values to a digest: what a model was trained on. */
TILL_API void till_trees_table_digest(const struct till_trees_table *table, struct till_digest *digest);

/* ---- the model ---- */

#define TILL_TREES_LEAF UINT32_MAX
#define TILL_TREES_DEPTH 64 /* at most so many splits between a root and a leaf */

/* A node. Its method sets what a split asks and what a leaf says, at any time before till_trees_finish: nodes move
 * when others are added, so by their place. */
struct till_trees_node {
    uint32_t column; /* which one is asked; TILL_TREES_LEAF: none */
    uint32_t left;   /* places of the children among the nodes; both are behind their parent */
    uint32_t right;
    bool missing_left; /* where missing values and levels never seen go */
    double threshold;  /* numbers: left when value <= threshold */
    size_t set;        /* levels: left when in the set; see till_trees_set */
    double cover;      /* the sum of weights of training rows that came here, above zero */
    double value; /* leaf: what it adds to the score. Inner node: what it would say as a leaf (never used to predict) */
    double gain;  /* inner node: how much the split improved the fit, in the method's own measure */
};

/* What scores are: log-odds, which are added up; or a probability, of a single tree. Contributions are in the same. */
enum till_trees_scale { TILL_TREES_LOG_ODDS, TILL_TREES_PROBABILITY };

struct till_trees {
    enum till_trees_scale scale;
    double base;     /* added to the sum of trees; the method sets it */
    double expected; /* set by finish: base and the mean of each tree over its training rows */
    size_t column_count;
    size_t *level_counts; /* [column_count]; 0: numbers */
    size_t tree_count;
    uint32_t *roots; /* [tree_count] */
    size_t node_count;
    struct till_trees_node *nodes;
    size_t word_count;
    uint64_t *words; /* bits of the sets of levels */
    size_t tree_capacity;
    size_t node_capacity;
    size_t word_capacity;
};

/* A model of the table's columns, without trees. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_trees_new(struct till_trees **trees, const struct till_trees_table *table,
                                         enum till_trees_scale scale, struct till_error *error);
TILL_API void till_trees_free(struct till_trees *trees);

/* A further tree, of one leaf. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_trees_plant(struct till_trees *trees, uint32_t *root, struct till_error *error);

/* Gives a leaf two children, leaves both; the node's `left` and `right` are set (*left + 1 == right). The caller sets
 * `column`, and `threshold` or `set`, before the next call. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_trees_split(struct till_trees *trees, uint32_t node, uint32_t *left,
                                           struct till_error *error);

/* An empty set of levels of a column, for node->set; then till_trees_set_add for each level that goes left. Errors:
 * TILL_ERROR_MEMORY. */
TILL_API enum till_status till_trees_set(struct till_trees *trees, size_t column, size_t *set,
                                         struct till_error *error);
TILL_API void till_trees_set_add(struct till_trees *trees, size_t set, size_t level);
TILL_API bool till_trees_set_has(const struct till_trees *trees, size_t set, size_t level);

/* Checks what was built (columns and children in range, depth, covers above zero, finite values; TILL_ERROR_MODEL) and
 * computes `expected`. O(nodes). */
TILL_API enum till_status till_trees_finish(struct till_trees *trees, struct till_error *error);

/* ---- applying it; values [column_count] ---- */

/* Which child of an inner node a value leads to. */
TILL_API uint32_t till_trees_child(const struct till_trees *trees, const struct till_trees_node *node, double value);

/* The leaf of a tree that a row comes to. O(depth). */
TILL_API uint32_t till_trees_leaf(const struct till_trees *trees, size_t tree, const double *values);

/* base + the values of the leaves. O(trees x depth). */
TILL_API double till_trees_score(const struct till_trees *trees, const double *values);

/* A score as a probability. */
TILL_API double till_trees_probability(const struct till_trees *trees, double score);

/* What each column adds to the score: Shapley values of the game in which columns that are not known are averaged over
 * as the training rows went at each split (TreeSHAP, path-dependent). contributions [column_count]; their sum and
 * `expected` are the score, up to rounding. S. M. Lundberg et al., From local explanations to global understanding with
 * explainable AI for trees, Nature Machine Intelligence 2 (2020), Algorithm 2. O(leaves x depth^2); it allocates
 * nothing, and uses 70 kB of stack. */
TILL_API void till_trees_explain(const struct till_trees *trees, const double *values, double *contributions);

/* How much each column was used: the gain of its splits, their number, and the cover of the nodes that they split. Each
 * [column_count]. O(nodes). */
TILL_API void till_trees_importance(const struct till_trees *trees, double *gain, uint64_t *splits, double *cover);

#endif
