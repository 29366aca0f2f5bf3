/* till/gbdt.h: gradient boosting of decision trees for a yes or no.
 *
 *     struct till_gbdt_settings settings = {.threads = 2, .seed = 1};      zeros: defaults that suit the number of rows
 *     till_gbdt_fit(&trees, table, target, NULL, NULL, 0, NULL, &settings, &report, &error);
 *     p = till_trees_probability(trees, till_trees_score(trees, values));
 *     till_trees_free(trees);
 *
 * Trees are added one after the other; each is fitted to the gradient and the curvature of the log-loss at the sum of
 * those before it, and shrunken by the learning rate. Columns are cut into bins of about equally many rows, so that a
 * split is found by adding up histograms. Levels are split as they are, and missing values go where they fit best.
 *
 * J. H. Friedman, Greedy function approximation: a gradient boosting machine, Annals of Statistics 29 (2001). G. Ke et
 * al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 30 (2017). Y. Shi et al., Quantized
 * training of gradient boosting decision trees, NeurIPS 35 (2022). */
#ifndef TILL_GBDT_H
#define TILL_GBDT_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/trees.h>

#define TILL_GBDT_BINS 255    /* most bins of a column, beside the one of missing values */
#define TILL_GBDT_LEAVES 4096 /* most leaves of a tree */
#define TILL_GBDT_MOST 2000   /* most trees that held-out rows may ask for */
#define TILL_GBDT_PATIENCE 30 /* rounds without a better held-out loss before growing ends */

/* Zero in a field chooses by the number of rows; what was chosen is in the report. */
struct till_gbdt_settings {
    size_t trees;           /* 0: as many as are best for rows held out */
    size_t leaves;          /* of a tree, at most */
    double learning_rate;   /* what each tree's step is multiplied by */
    size_t min_leaf;        /* rows in a leaf, at least */
    size_t bins;            /* of a column, at most */
    double l2;              /* added to the curvature of a leaf: steps shrink where there are few rows; 0: none */
    double row_fraction;    /* of the rows, drawn anew for each tree */
    double column_fraction; /* of the columns, drawn anew for each tree */
    uint64_t seed;
    unsigned threads; /* the result does not depend on it */
};

struct till_gbdt_report {
    struct till_gbdt_settings used; /* no zeros */
    size_t rows;                    /* that were learned from */
    double held_out_loss; /* mean log-loss of rows held out at the best number of trees; NaN if that was given */
    double log_loss;      /* of the rows that were learned from */
};

/* Learns from `count` rows of the table, whose places are in `rows`, rising (NULL: all rows). target [table->rows] is 0
 * or 1, weight [table->rows] may be NULL: 1 each; rows of weight 0 are left out. When rows are held out to choose the
 * number of trees, those of one group [table->rows] are held out together; group may be NULL. The model of that many
 * trees is then fitted to all rows. report may be NULL.
 * Errors: TILL_ERROR_MODEL for one class alone; TILL_ERROR_USAGE for settings out of range; TILL_ERROR_MEMORY. O(trees
 * x rows x columns x log leaves), and 2 bytes a cell of memory. */
TILL_API enum till_status till_gbdt_fit(struct till_trees **trees, const struct till_trees_table *table,
                                        const double *target, const double *weight, const uint32_t *rows, size_t count,
                                        const uint32_t *group, const struct till_gbdt_settings *settings,
                                        struct till_gbdt_report *report, struct till_error *error);

#endif
