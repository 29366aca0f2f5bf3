/* What the files of this folder share. */
#ifndef TREE_PARTS_H
#define TREE_PARTS_H

#include <till/tree.h>

/* A column as the place of each value among all distinct ones, rising: where a split may be does not depend on the
 * values, and counting replaces sorting. Levels have their place in byte order. */
struct tree_column {
    uint32_t *place; /* [rows] */
    double *values;  /* [distinct]; NULL for levels */
    uint32_t distinct;
};
#define TREE_MISSING UINT32_MAX

struct till_tree_columns {
    const struct till_trees_table *table;
    struct tree_column *columns; /* [table->count] */
    uint32_t most_distinct;
};

/* What a set of rows adds up to; positives are counted positive_weight times in both sums. */
struct tree_tally {
    double weight;
    double positive;
    uint64_t rows;
};

/* A worker's room: what each place adds up to, and which places have rows, as bits in two levels. All is zero between
 * uses. Rows that all weigh the same are counted, in a third of the memory: that is what keeps it in the cache. */
struct tree_scratch {
    struct tree_tally *tallies; /* weighed rows */
    uint64_t *counts;           /* rows that are counted: positives above 32 bits of rows */
    uint64_t *bits;             /* a bit a place */
    uint64_t *words;            /* a bit a word of `bits` */
    uint32_t *order;            /* the places that have rows, in the order of cuts */
    size_t count;               /* of `order` */
    struct tree_tally missing;
    double positive_weight; /* of counted rows */
};

/* The best split that was found for a node. */
struct tree_split {
    double risk; /* of both sides together */
    uint32_t column;
    uint32_t cut; /* how many of the places in order go left */
    bool missing_left;
};

/* The rows of a node, and where the answers are. */
struct tree_rows {
    const uint32_t *rows;
    size_t count;
    const double *weight;        /* [all rows], positives times positive_weight; NULL: 1 */
    const unsigned char *answer; /* [all rows] 1: positive */
    double positive_weight;
};

static inline double tree_gini(double weight, double positive) {
    return weight > 0 ? positive * (weight - positive) / weight : 0;
}

bool tree_scratch_make(struct tree_scratch *scratch, const struct till_tree_columns *columns, bool weighed);
void tree_scratch_free(struct tree_scratch *scratch);

/* Tallies a column over the rows of a node, and orders the places that it has there. */
void tree_tally_column(struct tree_scratch *scratch, const struct tree_column *column, const struct tree_rows *rows);
/* What a place adds up to. */
struct tree_tally tree_tally_at(const struct tree_scratch *scratch, uint32_t place);
/* Makes all zero again. */
void tree_scratch_clear(struct tree_scratch *scratch);

/* Takes the best cut of the tallied column over into *best, if it is better. */
void tree_search(const struct tree_scratch *scratch, uint32_t column, const struct tree_tally *all, size_t min_leaf,
                 struct tree_split *best);

/* Sets the cp of all nodes from their risks. Errors: TILL_ERROR_MEMORY. */
enum till_status tree_find_costs(struct till_tree *tree, struct till_error *error);

#endif
