/* What the files of lib/mining/gbdt share: binned columns, exact sums, histograms, splits, and the growing of one tree.
 */
#ifndef MINING_GBDT_PARTS_H
#define MINING_GBDT_PARTS_H

#include <stdbool.h>

#include <till/gbdt.h>
#include <till/parallel.h>

/* ---- bins.c: columns as codes of one byte ---- */

enum { GBDT_CODES = 256, GBDT_GROUP = 8 }; /* columns of a group: their codes of a row are one word of 64 bits */

struct gbdt_column {
    bool text;
    unsigned bins;      /* codes 0..bins-1 are values in rising order, or levels; code `bins` is missing */
    double *thresholds; /* numbers: [bins - 1]; a value has code i when it is above threshold i-1 and not above i */
    unsigned char *level_codes; /* levels: [levels of the column] */
    size_t first;               /* where the column's cells begin in a histogram */
};

/* Rows are numbered anew: row i is row rows[i] of the table. */
struct gbdt_bins {
    size_t rows;
    size_t count;
    struct gbdt_column *columns;
    size_t groups;
    uint64_t *codes;             /* [groups][rows]: byte c % GBDT_GROUP of a word is the code in column c */
    unsigned char *column_codes; /* [count][rows]: the same by column, for work on one of them */
    size_t cells;                /* of a histogram */
};

enum till_status gbdt_bins_make(struct gbdt_bins *bins, const struct till_trees_table *table, const uint32_t *rows,
                                size_t count, size_t most, uint64_t seed, unsigned threads, struct till_error *error);
void gbdt_bins_free(struct gbdt_bins *bins);

static inline unsigned gbdt_code(const struct gbdt_bins *bins, size_t row, size_t column) {
    return bins->column_codes[column * bins->rows + row];
}

/* ---- gradient.c: gradients as small integers ---- */

/* A word holds the gradient, the curvature and a count of one, in fields so wide that GBDT_RUN words add up without one
 * running into the next: g << 38 | h << 13 | 1, with g of 13 bits and a sign, h of 12. Sums of words are exact, so
 * their order does not matter. */
enum { GBDT_RUN = 8191, GBDT_COUNT_BITS = 13, GBDT_CURVATURE_BITS = 25, GBDT_UNITS = 4095 };

/* What a unit of the integers stands for. */
struct gbdt_units {
    double gradient;
    double curvature;
};

/* The gradient and curvature of the log-loss of each row, at its score, rounded at random to integers: the mean is
 * right. The random numbers are a function of (key, row). target [rows] is 0 or 1; weight [rows], at most 1 / units. */
void gbdt_gradients(uint64_t *words, const double *score, const double *target, const double *weight, size_t rows,
                    uint64_t key, struct gbdt_units units, struct till_team *team);

/* ---- histogram.c ---- */

/* Sums over rows. */
struct gbdt_cell {
    int64_t gradient;
    int64_t curvature;
    int64_t rows;
};

/* Adds up `count` words by the codes of one group of columns. index [count] names the rows; NULL: rows 0..count-1.
 * words [count] are in the order of index. sums [GBDT_GROUP][GBDT_CODES] is room; histogram [cells] is set for the
 * columns of the group. */
void gbdt_histogram(const struct gbdt_bins *bins, size_t group, const uint32_t *index, const uint64_t *words,
                    size_t count, uint64_t *sums, struct gbdt_cell *histogram);

/* parent - child, for the columns of a group; may be done in the place of the parent. */
void gbdt_histogram_subtract(const struct gbdt_bins *bins, size_t group, struct gbdt_cell *parent,
                             const struct gbdt_cell *child);

/* ---- split.c ---- */

struct gbdt_split {
    double gain; /* 0: there is none */
    size_t column;
    bool missing_left;
    uint64_t left_codes[GBDT_CODES / 64]; /* bits of the codes that go left, the one of missing values among them */
    unsigned last;                        /* numbers: the largest value code that goes left */
    struct gbdt_cell left;
};

struct gbdt_rules {
    struct gbdt_units units;
    double l2;
    size_t min_leaf;
};

/* The best split of a column, given the sums of the node; split->gain is 0 when no split is allowed. */
void gbdt_split_find(struct gbdt_split *split, const struct gbdt_column *column, size_t at,
                     const struct gbdt_cell *histogram, const struct gbdt_cell *total, const struct gbdt_rules *rules);

static inline bool gbdt_goes_left(const struct gbdt_split *split, unsigned code) {
    return (split->left_codes[code / 64] >> code % 64 & 1) != 0;
}

/* The step of a leaf: - G / (H + l2). */
double gbdt_step(const struct gbdt_cell *sum, const struct gbdt_rules *rules);

/* ---- grow.c: one tree ---- */

struct gbdt_leaf {
    uint32_t node; /* in the model */
    unsigned depth;
    size_t begin; /* its rows are index[begin .. begin + count) */
    size_t count;
    struct gbdt_cell *histogram; /* NULL: given up for lack of room */
    struct gbdt_cell sum;
    struct gbdt_split split; /* the best one */
};

struct gbdt_spare {
    struct gbdt_cell *cells;
};

/* All that growing needs, kept from tree to tree. */
struct gbdt_grower {
    const struct gbdt_bins *bins;
    struct gbdt_rules rules;
    size_t leaves; /* at most */
    double rate;
    struct till_team *team;
    const uint64_t *words;  /* [rows] */
    uint32_t *index;        /* [rows] the rows of the tree, leaf by leaf, rising within each */
    size_t count;           /* how many there are */
    uint32_t *scratch;      /* [rows] */
    uint64_t *ordered;      /* [rows] words in the order of a leaf */
    bool *wanted;           /* [columns] may be split on */
    struct gbdt_leaf *leaf; /* [leaves] */
    size_t leaf_count;
    struct gbdt_split *splits; /* [2 leaves] of inner nodes, by their distance from the root */
    struct gbdt_spare *pool;   /* [pool_most] histograms that are not in use */
    size_t pool_count;
    size_t pool_made;
    size_t pool_most;
    size_t *chunk_left;           /* [chunks of rows] */
    struct gbdt_cell *chunk_sums; /* [chunks of rows] */
    struct gbdt_split *found;     /* [2][groups] */
    uint64_t *sums;               /* [threads][GBDT_GROUP][GBDT_CODES] */
};

/* The team is the caller's. `growers` are open at the same time, and share the memory that histograms may take. */
enum till_status gbdt_grower_open(struct gbdt_grower *grower, const struct gbdt_bins *bins, size_t leaves,
                                  size_t growers, struct till_team *team, struct till_error *error);
void gbdt_grower_close(struct gbdt_grower *grower);

/* Grows one tree over index[0..count), best leaf first, and plants it in the model. The leaves then say which rows came
 * where. The table gives the levels of the columns. */
enum till_status gbdt_grow(struct gbdt_grower *grower, struct till_trees *trees, const struct till_trees_table *table,
                           struct till_error *error);

/* The leaf of the tree last grown that a row of the bins comes to: its node in the model. */
uint32_t gbdt_walk(const struct gbdt_grower *grower, const struct till_trees *trees, size_t row);

#endif
