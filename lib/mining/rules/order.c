/* Rules in order, without a tie: counts are compared as integers, so that no rounding decides. */
#include <stdlib.h>
#include <string.h>

#include "lib/mining/rules/order.h"

__extension__ typedef unsigned __int128 wide;

static int sign(bool greater, bool less) {
    return (int)greater - (int)less;
}

/* Of products of up to three counts below 2^32. */
static int compare_wide(wide a, wide b) {
    return sign(a > b, a < b);
}

/* Positive when `a` has the higher lift: both / (antecedent x consequent), cross-multiplied. */
static int compare_lift(const struct till_rule *a, const struct till_rule *b) {
    return compare_wide((wide)a->both * b->antecedent_count * b->consequent_count,
                        (wide)b->both * a->antecedent_count * a->consequent_count);
}

static int compare_confidence(const struct till_rule *a, const struct till_rule *b) {
    return compare_wide((wide)a->both * b->antecedent_count, (wide)b->both * a->antecedent_count);
}

static int compare_leverage(const struct till_rule *a, const struct till_rule *b, uint64_t baskets) {
    __extension__ typedef __int128 signed_wide;
    signed_wide left =
        (signed_wide)a->both * (int64_t)baskets - (signed_wide)a->antecedent_count * (int64_t)a->consequent_count;
    signed_wide right =
        (signed_wide)b->both * (int64_t)baskets - (signed_wide)b->antecedent_count * (int64_t)b->consequent_count;
    return sign(left > right, left < right);
}

/* The number of an item's text, alone at the end or with an item behind it. */
static uint32_t place(const struct till_rules_options *options, const uint32_t *items, uint32_t size, uint32_t i) {
    const uint32_t *rank = i + 1 < size && options->inner_rank != NULL ? options->inner_rank : options->rank;
    return rank == NULL ? items[i] : rank[items[i]];
}

static int compare_items(const struct till_rules_options *options, const uint32_t *a, uint32_t a_size,
                         const uint32_t *b, uint32_t b_size) {
    for (uint32_t i = 0; i < a_size && i < b_size; i++) {
        uint32_t left = place(options, a, a_size, i), right = place(options, b, b_size, i);
        if (left != right)
            return a[i] == b[i] ? sign(a_size > b_size, a_size < b_size) : sign(left > right, left < right);
    }
    return sign(a_size > b_size, a_size < b_size);
}

struct ordering {
    const struct till_rules_options *options;
    uint64_t baskets;
};

/* Negative when `a` comes first. */
static int compare(const struct ordering *ordering, const struct till_rule *a, const struct till_rule *b) {
    int order = 0;
    switch (ordering->options->sort) {
    case TILL_SORT_LIFT:
        order = compare_lift(b, a);
        break;
    case TILL_SORT_CONFIDENCE:
        order = compare_confidence(b, a);
        break;
    case TILL_SORT_LEVERAGE:
        order = compare_leverage(b, a, ordering->baskets);
        break;
    case TILL_SORT_Q_VALUE:
        order = sign(a->q > b->q, a->q < b->q);
        order = order != 0 ? order : sign(a->log_p > b->log_p, a->log_p < b->log_p);
        break;
    case TILL_SORT_P_VALUE:
        order = sign(a->log_p > b->log_p, a->log_p < b->log_p);
        break;
    case TILL_SORT_SUPPORT:
        break;
    }
    if (order == 0)
        order = sign(b->both > a->both, b->both < a->both);
    if (order == 0)
        order = compare_items(ordering->options, a->antecedent, a->antecedent_size, b->antecedent, b->antecedent_size);
    if (order == 0)
        order = compare_items(ordering->options, a->consequent, a->consequent_size, b->consequent, b->consequent_size);
    return order;
}

static void merge_sort(const struct ordering *ordering, struct till_rule *rules, struct till_rule *spare,
                       size_t count) {
    if (count < 2)
        return;
    size_t half = count / 2;
    merge_sort(ordering, rules, spare, half);
    merge_sort(ordering, rules + half, spare, count - half);
    memcpy(spare, rules, half * sizeof *spare);
    for (size_t i = 0, j = half, out = 0; i < half; out++)
        rules[out] = j < count && compare(ordering, &rules[j], &spare[i]) < 0 ? rules[j++] : spare[i++];
}

bool rules_sort(struct till_rule *rules, size_t count, uint64_t baskets, const struct till_rules_options *options) {
    struct ordering ordering = {options, baskets};
    struct till_rule *spare = malloc((count / 2 + 1) * sizeof *spare);
    if (spare == NULL)
        return false;
    merge_sort(&ordering, rules, spare, count);
    free(spare);
    return true;
}
