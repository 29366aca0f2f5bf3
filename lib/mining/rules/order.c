/* Rules in order, without a tie: counts are compared as integers, so that no rounding decides. */
#include "lib/mining/rules/search.h"

__extension__ typedef unsigned __int128 wide;

static int sign(bool greater, bool less) {
    return (int)greater - (int)less;
}

/* Of products of up to three counts below 2^32. */
static int compare_wide(wide a, wide b) {
    return sign(a > b, a < b);
}

/* The counts of a rule. */
struct counts {
    uint64_t both;
    uint64_t antecedent;
    uint64_t consequent;
};

static struct counts counts_of(const struct itemset_store *sets, const struct candidate *c) {
    return (struct counts){set_support(sets, c->both), set_support(sets, c->antecedent),
                           set_support(sets, c->consequent)};
}

/* Positive when `a` has the higher lift: both / (antecedent x consequent), cross-multiplied. */
static int compare_lift(struct counts a, struct counts b) {
    return compare_wide((wide)a.both * b.antecedent * b.consequent, (wide)b.both * a.antecedent * a.consequent);
}

static int compare_confidence(struct counts a, struct counts b) {
    return compare_wide((wide)a.both * b.antecedent, (wide)b.both * a.antecedent);
}

static int compare_leverage(struct counts a, struct counts b, uint64_t baskets) {
    __extension__ typedef __int128 signed_wide;
    signed_wide left = (signed_wide)a.both * (int64_t)baskets - (signed_wide)a.antecedent * (int64_t)a.consequent;
    signed_wide right = (signed_wide)b.both * (int64_t)baskets - (signed_wide)b.antecedent * (int64_t)b.consequent;
    return sign(left > right, left < right);
}

/* The number of an item's text, alone at the end or with an item behind it. */
static uint32_t place(const struct till_rules_options *options, const uint32_t *items, uint32_t size, uint32_t i) {
    const uint32_t *rank = i + 1 < size && options->inner_rank != NULL ? options->inner_rank : options->rank;
    return rank == NULL ? items[i] : rank[items[i]];
}

static int compare_items(const struct search *search, uint32_t a, uint32_t b) {
    uint32_t left_size = set_size(&search->sets, a), right_size = set_size(&search->sets, b);
    const uint32_t *left = set_items(&search->sets, a, left_size), *right = set_items(&search->sets, b, right_size);
    for (uint32_t i = 0; i < left_size && i < right_size; i++) {
        uint32_t here = place(search->options, left, left_size, i),
                 there = place(search->options, right, right_size, i);
        if (here != there)
            return left[i] == right[i] ? sign(left_size > right_size, left_size < right_size)
                                       : sign(here > there, here < there);
    }
    return sign(left_size > right_size, left_size < right_size);
}

/* Negative when `a` comes first by the measure asked for. */
static int compare_measure(const struct search *search, const struct candidate *a, const struct candidate *b) {
    struct counts left = counts_of(&search->sets, a), right = counts_of(&search->sets, b);
    int by_p = sign(a->log_p > b->log_p, a->log_p < b->log_p), by_q = sign(a->q > b->q, a->q < b->q);
    switch (search->options->sort) {
    case TILL_SORT_LIFT:
        return compare_lift(right, left);
    case TILL_SORT_CONFIDENCE:
        return compare_confidence(right, left);
    case TILL_SORT_LEVERAGE:
        return compare_leverage(right, left, set_support(&search->sets, 0));
    case TILL_SORT_Q_VALUE:
        return by_q != 0 ? by_q : by_p;
    case TILL_SORT_P_VALUE:
        return by_p;
    case TILL_SORT_SUPPORT:
        break;
    }
    return 0;
}

int compare_rules(const void *context, const void *first, const void *second) {
    const struct search *search = context;
    const struct candidate *a = first, *b = second;
    const uint32_t *support = search->sets.support;
    int order = compare_measure(search, a, b);
    if (order == 0)
        order = sign(support[b->both] > support[a->both], support[b->both] < support[a->both]);
    if (order == 0)
        order = compare_items(search, a->antecedent, b->antecedent);
    return order != 0 ? order : compare_items(search, a->consequent, b->consequent);
}
