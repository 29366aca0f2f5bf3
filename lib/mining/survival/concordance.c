/* Concordance: of all pairs in which one is known to have left before the other, the share in which the one who left
 * first had the higher score; equal scores count half. Fenwick trees over the ranks of the scores count a row's pairs
 * in O(log n): those with rows that left later while walking back in time, those with rows that left earlier while
 * walking on. A row's share in the pairs is also its influence, whose squares sum to the variance (infinitesimal
 * jackknife). R's survival package, concordance(); Fenwick, A new data structure for cumulative frequency tables, 1994.
 */
#include <math.h>
#include <stdlib.h>

#include "parts.h"

struct pairs {
    double agree;
    double differ;
    double tied;
};

struct work {
    const double *time;
    const double *event;
    const size_t *order;
    const size_t *rank; /* 1..ranks, by score */
    size_t count;
    size_t ranks;
    double *tree;         /* [ranks + 1] */
    struct pairs *shares; /* [count] */
};

static void tree_add(double *tree, size_t ranks, size_t rank) {
    for (; rank <= ranks; rank += rank & (~rank + 1))
        tree[rank]++;
}

/* How many of the rows added have this rank or a lower one. */
static double tree_sum(const double *tree, size_t rank) {
    double sum = 0;
    for (; rank > 0; rank -= rank & (~rank + 1))
        sum += tree[rank];
    return sum;
}

static int compare_reals(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ranks of scores, equal scores sharing one. */
static size_t rank_scores(const double *score, size_t count, double *sorted, size_t *rank) {
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = score[i];
    qsort(sorted, count, sizeof *sorted, compare_reals); /* equal reals are alike */
    for (size_t i = 0; i < count; i++)
        if (i == 0 || sorted[i] != sorted[different - 1])
            sorted[different++] = sorted[i];
    for (size_t i = 0; i < count; i++) {
        size_t low = 0, high = different;
        while (high - low > 1) {
            size_t middle = low + (high - low) / 2;
            if (sorted[middle] <= score[i])
                low = middle;
            else
                high = middle;
        }
        rank[i] = low + 1;
    }
    return different;
}

/* Counts pairs of `row` with all rows in the tree, which left later (or, with `earlier`, before it). */
static void count_pairs(struct work *work, size_t row, double in_tree, bool earlier) {
    double below = tree_sum(work->tree, work->rank[row] - 1);
    double equal = tree_sum(work->tree, work->rank[row]) - below;
    double above = in_tree - below - equal;
    work->shares[row].agree += earlier ? above : below;
    work->shares[row].differ += earlier ? below : above;
    work->shares[row].tied += equal;
}

/* One end of each pair: rows with an event against all that were there for longer. Those censored at the same time
 * were; those that left at the same time make no pair. */
static void walk_back(struct work *work) {
    double in_tree = 0;
    for (size_t i = 0; i <= work->ranks; i++)
        work->tree[i] = 0;
    for (size_t to = work->count, from; to > 0; to = from) {
        for (from = to; from > 0 && work->time[work->order[from - 1]] == work->time[work->order[to - 1]]; from--)
            if (work->event[work->order[from - 1]] == 0) {
                tree_add(work->tree, work->ranks, work->rank[work->order[from - 1]]);
                in_tree++;
            }
        for (size_t i = from; i < to && work->event[work->order[i]] != 0; i++)
            count_pairs(work, work->order[i], in_tree, false);
        for (size_t i = from; i < to && work->event[work->order[i]] != 0; i++) {
            tree_add(work->tree, work->ranks, work->rank[work->order[i]]);
            in_tree++;
        }
    }
}

/* The other end: every row against the events before it; a censored one also against those of its own time. */
static void walk_on(struct work *work) {
    double in_tree = 0;
    for (size_t i = 0; i <= work->ranks; i++)
        work->tree[i] = 0;
    for (size_t from = 0, to; from < work->count; from = to) {
        size_t events = from;
        while (events < work->count && work->time[work->order[events]] == work->time[work->order[from]] &&
               work->event[work->order[events]] != 0)
            count_pairs(work, work->order[events++], in_tree, true);
        for (size_t i = from; i < events; i++) {
            tree_add(work->tree, work->ranks, work->rank[work->order[i]]);
            in_tree++;
        }
        for (to = events; to < work->count && work->time[work->order[to]] == work->time[work->order[from]]; to++)
            count_pairs(work, work->order[to], in_tree, true);
    }
}

/* The concordance and the sum of squared influences. Each pair was counted at both of its ends. */
static void sum_up(const struct work *work, double *concordance, double *std_error) {
    struct pairs all = {0, 0, 0};
    double squares = 0;
    for (size_t i = 0; i < work->count; i++) {
        all.agree += work->shares[i].agree;
        all.differ += work->shares[i].differ;
        all.tied += work->shares[i].tied;
    }
    double pairs = (all.agree + all.differ + all.tied) / 2;
    double somers = (all.agree - all.differ) / 2 / pairs;
    for (size_t i = 0; i < work->count; i++) {
        const struct pairs *own = &work->shares[i];
        double influence = (own->agree - own->differ - somers * (own->agree + own->differ + own->tied)) / pairs;
        squares += influence * influence;
    }
    *concordance = pairs > 0 ? (somers + 1) / 2 : NAN;
    *std_error = pairs > 0 ? sqrt(squares) / 2 : NAN;
}

enum till_status survival_concordance(const double *time, const double *event, const double *score, size_t count,
                                      double *concordance, double *std_error, struct till_error *error) {
    size_t *order = malloc((2 * count + 1) * sizeof *order);
    double *numbers = malloc((count + 2) * sizeof *numbers);
    struct pairs *shares = calloc(count + 1, sizeof *shares);
    enum till_status status = TILL_OK;
    if (order == NULL || numbers == NULL || shares == NULL || !survival_order(time, event, count, order)) {
        status = till_error_memory(error);
    } else {
        size_t *rank = order + count;
        size_t ranks = rank_scores(score, count, numbers, rank);
        struct work work = {time, event, order, rank, count, ranks, numbers, shares};
        walk_back(&work);
        walk_on(&work);
        sum_up(&work, concordance, std_error);
    }
    free(order);
    free(numbers);
    free(shares);
    return status;
}
