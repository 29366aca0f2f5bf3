/* The three nulls. Independent baskets: Fisher. Strata: the count in each stratum is hypergeometric given its margins,
 * and the counts are independent, so the distribution of their sum is a convolution; everything from the observed sum
 * on is one place, which keeps it short and its terms positive, so that small probabilities keep their digits.
 * Clusters: the score of independence, sum of (a - mean a)(c - mean c) over baskets, is a sum of one term a cluster;
 * divided by the root of the sum of their squares it is standard normal, and in the upper tail rather too small than
 * too large, as each large term is in its own variance too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_erf.h>

#include "lib/mining/rules/fisher.h"
#include "lib/mining/rules/null.h"

/* Above this many multiplications the sum over strata is approximated. */
static const double most_work = 2e7;

enum till_status null_test_new(struct null_test *test, const struct itemset_store *sets, enum till_rules_null null,
                               const uint32_t *label, uint64_t baskets, uint32_t label_count,
                               struct till_error *error) {
    *test = (struct null_test){.null = null, .sets = sets, .label = label, .label_count = label_count};
    if (null == TILL_NULL_INDEPENDENT)
        return TILL_OK;
    test->label_size = calloc((size_t)label_count + 1, sizeof *test->label_size);
    test->counts = calloc((size_t)label_count + 1, sizeof *test->counts);
    test->touched = malloc(((size_t)label_count + 1) * sizeof *test->touched);
    if (test->label_size == NULL || test->counts == NULL || test->touched == NULL) {
        null_test_free(test);
        return till_error_memory(error);
    }
    for (uint64_t b = 0; b < baskets; b++)
        test->label_size[label[b]]++;
    for (uint32_t i = 0; i < label_count; i++)
        test->label_squares += (double)test->label_size[i] * (double)test->label_size[i];
    return TILL_OK;
}

void null_test_free(struct null_test *test) {
    free(test->label_size);
    free(test->counts);
    free(test->touched);
    free(test->sums);
    *test = (struct null_test){0};
}

/* ---- counts by label ---- */

/* Counts the baskets of a set by label, into the member at `offset`; new labels go behind the `touched` ones. */
static uint32_t tally(struct null_test *test, uint32_t set, size_t offset, uint32_t touched) {
    const struct itemset_store *sets = test->sets;
    for (uint64_t i = sets->lists_start[set]; i < sets->lists_start[set + 1]; i++) {
        uint32_t label = test->label[sets->lists[i]];
        struct label_counts *counts = &test->counts[label];
        if (counts->base + counts->left + counts->right == 0)
            test->touched[touched++] = label;
        ++*(uint64_t *)((char *)counts + offset);
    }
    return touched;
}

/* Fills the counts of all labels that matter. */
static uint32_t gather(struct null_test *test, const struct association *a) {
    uint32_t touched = 0;
    if (a->base != 0)
        touched = tally(test, a->base, offsetof(struct label_counts, base), touched);
    touched = tally(test, a->left, offsetof(struct label_counts, left), touched);
    touched = tally(test, a->right, offsetof(struct label_counts, right), touched);
    touched = tally(test, a->both, offsetof(struct label_counts, both), touched);
    for (uint32_t i = 0; a->base == 0 && i < touched; i++)
        test->counts[test->touched[i]].base = test->label_size[test->touched[i]];
    return touched;
}

static void clear(struct null_test *test, uint32_t touched) {
    for (uint32_t i = 0; i < touched; i++)
        test->counts[test->touched[i]] = (struct label_counts){0};
}

static double log_upper_normal(double z) {
    return gsl_sf_log_erfc(z / M_SQRT2) - M_LN2;
}

/* ---- strata ---- */

static struct margins margins_of(const struct label_counts *counts) {
    return (struct margins){counts->left, counts->right, counts->base};
}

/* sums[s] becomes the probability of a sum of s, and sums[most] of `most` or more, with one more stratum. Filled from
 * above, so that one array does. `x` runs over the stratum's counts, `point` holds their probabilities. */
static void convolve(double *sums, uint64_t reached, uint64_t most, const double *point, struct margins m) {
    uint64_t least = margins_least(m), top = margins_most(m);
    double *next = sums + most + 1;
    memset(next, 0, (most + 1) * sizeof *next);
    for (uint64_t s = 0; s <= reached; s++)
        for (uint64_t x = least; sums[s] > 0 && x <= top; x++)
            next[s + x < most ? s + x : most] += sums[s] * point[x - least];
    memcpy(sums, next, (most + 1) * sizeof *sums);
}

/* The probabilities of a stratum's counts, from the most probable one outwards. */
static void fill_point(double *point, struct margins m) {
    uint64_t least = margins_least(m), top = margins_most(m);
    uint64_t mode = (uint64_t)(((double)m.left + 1) * ((double)m.right + 1) / ((double)m.total + 2));
    mode = mode < least ? least : mode > top ? top : mode;
    point[mode - least] = exp(hypergeometric_log(mode, m));
    for (uint64_t x = mode; x < top; x++)
        point[x + 1 - least] = point[x - least] * hypergeometric_ratio(x, m);
    for (uint64_t x = mode; x > least; x--)
        point[x - 1 - least] = point[x - least] / hypergeometric_ratio(x - 1, m);
}

static bool reserve_sums(struct null_test *test, size_t size) {
    if (size <= test->sums_capacity)
        return true;
    double *grown = realloc(test->sums, 2 * size * sizeof *grown);
    if (grown == NULL)
        return false;
    test->sums = grown;
    test->sums_capacity = 2 * size;
    return true;
}

static bool exact_sum(struct null_test *test, uint32_t touched, uint64_t both, double *log_p) {
    uint64_t longest = 0, reached = 0;
    for (uint32_t i = 0; i < touched; i++) {
        uint64_t top = margins_most(margins_of(&test->counts[test->touched[i]]));
        longest = top > longest ? top : longest;
    }
    if (!reserve_sums(test, 2 * (both + 1) + longest + 1))
        return false;
    double *point = test->sums + 2 * (both + 1);
    memset(test->sums, 0, (both + 1) * sizeof *test->sums);
    test->sums[0] = 1;
    for (uint32_t i = 0; i < touched; i++) {
        struct margins m = margins_of(&test->counts[test->touched[i]]);
        if (margins_most(m) == 0)
            continue;
        fill_point(point, m);
        convolve(test->sums, reached, both, point, m);
        reached = reached + margins_most(m) < both ? reached + margins_most(m) : both;
    }
    *log_p = test->sums[both] >= 1 ? 0 : log(test->sums[both]);
    return true;
}

/* Cochran, Mantel and Haenszel's statistic, with half a count taken off. */
static double normal_sum(const struct null_test *test, uint32_t touched) {
    double excess = -0.5, variance = 0;
    for (uint32_t i = 0; i < touched; i++) {
        const struct label_counts *c = &test->counts[test->touched[i]];
        double n = (double)c->base, left = (double)c->left, right = (double)c->right;
        excess += (double)c->both - left * right / n;
        if (n > 1)
            variance += left * (n - left) / n * right * (n - right) / n / (n - 1);
    }
    return variance > 0 ? log_upper_normal(excess / sqrt(variance)) : 0;
}

static bool strata_log(struct null_test *test, uint32_t touched, uint64_t both, double *log_p) {
    double work = 0, sum = 0;
    for (uint32_t i = 0; i < touched; i++) {
        double top = (double)margins_most(margins_of(&test->counts[test->touched[i]]));
        sum = fmin(sum + top, (double)both);
        work += (sum + 1) * (top + 1);
    }
    if (work <= most_work)
        return exact_sum(test, touched, both, log_p);
    *log_p = normal_sum(test, touched);
    return true;
}

/* ---- clusters ---- */

static double clusters_log(const struct null_test *test, uint32_t touched, const struct association *a) {
    const uint32_t *support = test->sets->support;
    double n = (double)support[a->base];
    double left = (double)support[a->left] / n, right = (double)support[a->right] / n;
    double score = 0, squares = 0, seen = 0;
    for (uint32_t i = 0; i < touched; i++) {
        const struct label_counts *c = &test->counts[test->touched[i]];
        double size = (double)c->base;
        double term = (double)c->both - right * (double)c->left - left * (double)c->right + left * right * size;
        score += term;
        squares += term * term;
        seen += size * size;
    }
    if (a->base == 0) { /* clusters that hold neither side */
        squares += left * right * left * right * (test->label_squares - seen);
        score = (double)support[a->both] - left * right * n;
    }
    return squares > 0 ? log_upper_normal(score / sqrt(squares)) : 0;
}

bool null_test_log(struct null_test *test, const struct association *a, double *log_p) {
    const uint32_t *support = test->sets->support;
    bool fine = true;
    if (test->null == TILL_NULL_INDEPENDENT) {
        *log_p = till_fisher_log(support[a->both], support[a->left], support[a->right], support[a->base]);
        return true;
    }
    uint32_t touched = gather(test, a);
    if (test->null == TILL_NULL_STRATA)
        fine = strata_log(test, touched, support[a->both], log_p);
    else
        *log_p = clusters_log(test, touched, a);
    clear(test, touched);
    return fine;
}
