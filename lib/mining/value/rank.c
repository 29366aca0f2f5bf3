/* Ranking: one sort, then two sweeps from the largest value down.
 *
 * The first sweep sums. The second walks groups of equal value: it knows how many customers and how much value lie
 * above, and so the rank, the cumulative share and the tier of the group, the points of the curve that lie in it, and
 * where 50, 80 and 90 percent are reached. Each customer is told its rank, which is also the way to what holds for its
 * group: that takes the place of the number by which the customer was known during the sort. So a customer costs 20
 * bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

static const int levels[] = {50, 80, 90};

struct till_value *till_value_new(void) {
    struct till_value *value = calloc(1, sizeof *value);
    if (value != NULL)
        value->exact = true;
    return value;
}

void till_value_free(struct till_value *value) {
    if (value == NULL)
        return;
    free(value->entries);
    free(value->ranks);
    free(value->facts);
    free(value);
}

static enum till_status grow(struct till_value *value, struct till_error *error) {
    size_t capacity = value->capacity == 0 ? 1024 : value->capacity + value->capacity / 2;
    struct value_entry *entries = realloc(value->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return till_error_memory(error);
    value->entries = entries;
    value->capacity = capacity;
    return TILL_OK;
}

enum till_status till_value_add(struct till_value *value, double x, struct till_error *error) {
    int64_t money;
    if (value->count >= UINT32_MAX - 1)
        return till_error_set(error, TILL_ERROR_DATA, "more than 4294967294 customers cannot be ranked");
    if (value->count == value->capacity && grow(value, error) != TILL_OK)
        return TILL_ERROR_MEMORY;
    value->exact = value->exact && value_as_money(x, &money);
    /* x + 0.0 turns -0 into 0, of which the sort would make a smaller value. */
    value->entries[value->count] = (struct value_entry){.value = x + 0.0, .number = value->count};
    value->count++;
    return TILL_OK;
}

/* The first sweep: the total, and the sum of (2i - n - 1) x_i that Gini's coefficient is made of. */
static void sum_up(struct till_value *value) {
    struct value_sum weighted = {.exact = value->exact};
    int64_t n = (int64_t)value->count;
    for (int64_t i = 0; i < n; i++) {
        double x = value->entries[i].value;
        value_sum_add(&value->total, x, 1);
        value_sum_add(&weighted, x, n - 1 - 2 * i);
        value->summary.negative += x < 0;
    }
    struct till_value_summary *summary = &value->summary;
    summary->total = value_sum_result(&value->total);
    if (n == 0)
        summary->no_shares = "there are no customers";
    else if (!(summary->total > 0))
        summary->no_shares = summary->total < 0 ? "the values sum to less than zero" : "the values sum to zero";
    summary->no_gini = summary->negative > 0 ? "some values are negative" : summary->no_shares;
    if (summary->no_gini == NULL)
        summary->gini = value_sum_ratio(&weighted, &value->total) / (double)n;
}

/* Where the second sweep stands. */
struct sweep {
    struct value_sum sum; /* of the customers passed */
    size_t point;         /* the next of the curve, */
    uint64_t point_at;    /* and how many customers it takes in */
    size_t level;         /* the next of `levels` */
    size_t tier;          /* the present one, */
    uint64_t tier_end;    /* and the position that it ends at */
};

static void pass_customer(struct till_value *value, struct sweep *sweep, size_t index) {
    value_sum_add(&sweep->sum, value->entries[index].value, 1);
    size_t passed = index + 1;
    while (sweep->point < CURVE_POINTS && sweep->point_at == passed) {
        value->curve[sweep->point++] = sweep->sum;
        sweep->point_at = value_top(sweep->point + 1, CURVE_POINTS, value->count);
    }
    if (value->summary.no_gini != NULL)
        return;
    while (sweep->level < 3 && value_sum_reaches(&sweep->sum, &value->total, levels[sweep->level]))
        value->summary.customers_for[sweep->level++] = (double)passed / (double)value->count;
}

/* The position that tier `tier` ends at. */
static uint64_t tier_end(const struct till_value *value, size_t tier) {
    uint64_t parts = 0;
    for (size_t i = 0; i <= tier; i++)
        parts += value->tiers->tier[i].parts;
    return value_top(parts, VALUE_WHOLE, value->count);
}

/* Moves on to the tier of the customers at positions up to `last`, all of value x. Tiers only get worse from group to
 * group. */
static void choose_tier(const struct till_value *value, struct sweep *sweep, size_t last, double x) {
    if (value->scheme != NULL) {
        sweep->tier = till_value_scheme_tier(value->scheme, x);
        return;
    }
    while (sweep->tier_end < last)
        sweep->tier_end = tier_end(value, ++sweep->tier);
}

static void note_tier(struct tier_facts *facts, size_t customers, double x, uint32_t rank) {
    if (facts->customers == 0) {
        facts->highest = x;
        facts->first_rank = rank;
    }
    facts->customers += customers;
    facts->lowest = x;
    value_sum_add(&facts->sum, x, (int64_t)customers);
}

/* The second sweep. */
static void rank_groups(struct till_value *value) {
    struct sweep sweep = {.sum = {.exact = value->exact}, .point_at = value_top(1, CURVE_POINTS, value->count)};
    if (value->scheme == NULL)
        sweep.tier_end = tier_end(value, 0);
    struct value_entry *entries = value->entries;
    for (size_t first = 0, end; first < value->count; first = end) {
        double x = entries[first].value;
        for (end = first; end < value->count && entries[end].value == x; end++) {
            pass_customer(value, &sweep, end);
            value->ranks[entries[end].number] = (uint32_t)first + 1;
        }
        choose_tier(value, &sweep, end, x);
        note_tier(&value->facts[sweep.tier], end - first, x, (uint32_t)first + 1);
        bool defined = value->summary.no_shares == NULL;
        entries[first].cumulative_share = defined ? value_sum_ratio(&sweep.sum, &value->total) : (double)NAN;
    }
}

enum till_status till_value_finish(struct till_value *value, const struct till_value_tiers *tiers,
                                   const struct till_value_scheme *scheme, struct till_error *error) {
    value->tiers = tiers;
    value->scheme = scheme;
    value->tier_count = scheme != NULL ? scheme->count : tiers->count;
    value->facts = calloc(value->tier_count, sizeof *value->facts);
    value->ranks = malloc((value->count + 1) * sizeof *value->ranks);
    if (value->facts == NULL || value->ranks == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < value->tier_count; i++)
        value->facts[i] = (struct tier_facts){
            .lowest = (double)NAN, .highest = (double)NAN, .first_rank = UINT32_MAX, .sum = {.exact = value->exact}};
    value->total.exact = value->exact;
    struct till_value_summary *summary = &value->summary;
    *summary = (struct till_value_summary){.customers = value->count, .exact = value->exact, .gini = (double)NAN};
    for (size_t i = 0; i < 3; i++)
        summary->customers_for[i] = (double)NAN;
    value_sort(value->entries, value->count);
    sum_up(value);
    rank_groups(value);
    return TILL_OK;
}

/* The tier of a rank: the last that begins there or before. */
static uint32_t tier_of_rank(const struct till_value *value, uint32_t rank) {
    uint32_t found = 0;
    for (uint32_t tier = 0; tier < value->tier_count; tier++)
        if (value->facts[tier].first_rank <= rank)
            found = tier;
    return found;
}

struct till_value_customer till_value_customer(const struct till_value *value, uint64_t index) {
    enum { AHEAD = 16 }; /* customers are mostly asked for one after the other, and their groups lie anywhere */
    if (index + AHEAD < value->count)
        __builtin_prefetch(&value->entries[value->ranks[index + AHEAD] - 1]);
    uint32_t rank = value->ranks[index];
    const struct value_entry *group = &value->entries[rank - 1];
    return (struct till_value_customer){group->value, group->cumulative_share, rank, tier_of_rank(value, rank)};
}

double till_value_share(const struct till_value *value, double x) {
    return value->summary.no_shares == NULL ? x / value->summary.total : (double)NAN;
}

const struct till_value_summary *till_value_summary(const struct till_value *value) {
    return &value->summary;
}
