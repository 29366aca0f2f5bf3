/* The best split of a node on one column, found by adding up its histogram.
 *
 * Splitting a node of sums (G, H) into left and right lowers the loss by half of G_l^2 / (H_l + l2) + G_r^2 / (H_r +
 * l2)
 * - G^2 / (H + l2) (Ke et al. 2017; T. Chen, C. Guestrin, XGBoost, KDD 2016, equation 7). Numbers are cut between two
 * codes, with the missing values on either side. Levels are put in order of G / (H + smoothing), where the best two
 * sets are neighbours (W. D. Fisher, On grouping for maximum homogeneity, JASA 53, 1958), and cut there. */
#include <stdlib.h>
#include <string.h>

#include "lib/mining/gbdt/parts.h"

/* Levels in a split are chosen among many sets, which fits noise: those of few rows stay out, the ratios of the others
 * are drawn to zero, and one side has not too many of them. The figures are LightGBM's, where it has them. */
enum { FEW_LEVELS = 4, MOST_LEVELS = 32, LEVEL_ROWS = 10 };
static const double smoothing = 10;
static const double least_curvature = 1e-3; /* of a leaf */

static struct gbdt_cell sum_of(const struct gbdt_cell *a, const struct gbdt_cell *b) {
    return (struct gbdt_cell){a->gradient + b->gradient, a->curvature + b->curvature, a->rows + b->rows};
}

static struct gbdt_cell difference(const struct gbdt_cell *a, const struct gbdt_cell *b) {
    return (struct gbdt_cell){a->gradient - b->gradient, a->curvature - b->curvature, a->rows - b->rows};
}

static double score(const struct gbdt_cell *sum, const struct gbdt_rules *rules, double l2) {
    double g = (double)sum->gradient * rules->units.gradient, h = (double)sum->curvature * rules->units.curvature;
    return g * g / (h + l2);
}

double gbdt_step(const struct gbdt_cell *sum, const struct gbdt_rules *rules) {
    double g = (double)sum->gradient * rules->units.gradient, h = (double)sum->curvature * rules->units.curvature;
    return h + rules->l2 > 0 ? -g / (h + rules->l2) : 0;
}

static bool is_enough(const struct gbdt_cell *sum, const struct gbdt_rules *rules) {
    return sum->rows >= (int64_t)rules->min_leaf && (double)sum->curvature * rules->units.curvature >= least_curvature;
}

/* How much the loss falls, as a quadratic; 0 where a side is too small. */
static double gain_of(const struct gbdt_cell *left, const struct gbdt_cell *total, const struct gbdt_rules *rules,
                      double l2) {
    struct gbdt_cell right = difference(total, left);
    if (!is_enough(left, rules) || !is_enough(&right, rules))
        return 0;
    return (score(left, rules, l2) + score(&right, rules, l2) - score(total, rules, l2)) / 2;
}

/* ---- numbers ---- */

/* Codes 0..last go left, and the missing ones as it is found. */
static void set_numbers(struct gbdt_split *split, unsigned missing) {
    memset(split->left_codes, 0, sizeof split->left_codes);
    for (unsigned code = 0; code <= split->last; code++)
        split->left_codes[code / 64] |= UINT64_C(1) << code % 64;
    if (split->missing_left)
        split->left_codes[missing / 64] |= UINT64_C(1) << missing % 64;
}

static void cut_numbers(struct gbdt_split *split, const struct gbdt_column *column, const struct gbdt_cell *histogram,
                        const struct gbdt_cell *total, const struct gbdt_rules *rules) {
    const struct gbdt_cell *missing = &histogram[column->bins];
    struct gbdt_cell below = {0, 0, 0};
    for (unsigned code = 0; code < column->bins; code++) {
        if (histogram[code].rows == 0)
            continue;
        below = sum_of(&below, &histogram[code]);
        double gain = gain_of(&below, total, rules, rules->l2);
        if (gain > split->gain) {
            split->gain = gain;
            split->last = code;
            split->left = below;
            /* Where none is missing now, one that is later goes the way of most. */
            split->missing_left = missing->rows == 0 && below.rows > total->rows - below.rows;
        }
        if (missing->rows == 0)
            continue;
        struct gbdt_cell both = sum_of(&below, missing);
        gain = gain_of(&both, total, rules, rules->l2);
        if (gain > split->gain) {
            split->gain = gain;
            split->last = code;
            split->left = both;
            split->missing_left = true;
        }
    }
}

/* ---- levels ---- */

struct ranked {
    double ratio;
    unsigned code;
};

static int by_ratio(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->ratio != y->ratio)
        return x->ratio < y->ratio ? -1 : 1;
    return x->code < y->code ? -1 : x->code > y->code;
}

/* The levels, and "missing" as one of them, that have enough rows, in order. */
static size_t rank_levels(struct ranked *ranked, const struct gbdt_column *column, const struct gbdt_cell *histogram,
                          const struct gbdt_rules *rules) {
    int64_t least = rules->min_leaf < LEVEL_ROWS ? (int64_t)rules->min_leaf : LEVEL_ROWS;
    size_t count = 0;
    for (unsigned code = 0; code <= column->bins; code++)
        if (histogram[code].rows > 0 && histogram[code].rows >= least) {
            double g = (double)histogram[code].gradient * rules->units.gradient;
            double h = (double)histogram[code].curvature * rules->units.curvature;
            ranked[count++] = (struct ranked){g / (h + smoothing), code};
        }
    qsort(ranked, count, sizeof *ranked, by_ratio); /* no ties: codes differ */
    return count;
}

static void cut_levels(struct gbdt_split *split, const struct gbdt_column *column, const struct gbdt_cell *histogram,
                       const struct gbdt_cell *total, const struct gbdt_rules *rules) {
    struct ranked ranked[GBDT_CODES];
    size_t count = rank_levels(ranked, column, histogram, rules), best = 0;
    struct gbdt_cell left = {0, 0, 0};
    double l2 = rules->l2 + (count > FEW_LEVELS ? smoothing : 0);
    for (size_t i = 0; i < count; i++) {
        left = sum_of(&left, &histogram[ranked[i].code]);
        if (i + 1 > MOST_LEVELS && count - i - 1 > MOST_LEVELS)
            continue;
        double gain = gain_of(&left, total, rules, l2);
        if (gain > split->gain) {
            split->gain = gain;
            split->left = left;
            best = i + 1;
        }
    }
    if (best == 0)
        return;
    memset(split->left_codes, 0, sizeof split->left_codes);
    for (size_t i = 0; i < best; i++)
        split->left_codes[ranked[i].code / 64] |= UINT64_C(1) << ranked[i].code % 64;
    split->missing_left = gbdt_goes_left(split, column->bins);
    if (histogram[column->bins].rows == 0)
        split->missing_left = split->left.rows > total->rows - split->left.rows;
    /* Levels that this node has not seen go where missing values go. */
    for (unsigned code = 0; code <= column->bins; code++)
        if (split->missing_left && histogram[code].rows == 0)
            split->left_codes[code / 64] |= UINT64_C(1) << code % 64;
}

void gbdt_split_find(struct gbdt_split *split, const struct gbdt_column *column, size_t at,
                     const struct gbdt_cell *histogram, const struct gbdt_cell *total, const struct gbdt_rules *rules) {
    *split = (struct gbdt_split){.column = at};
    if (column->text)
        cut_levels(split, column, histogram, total, rules);
    else
        cut_numbers(split, column, histogram, total, rules);
    if (split->gain > 0 && !column->text)
        set_numbers(split, column->bins);
}
