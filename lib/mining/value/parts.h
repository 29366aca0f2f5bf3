/* parts.h: what the files of value ranking share: sums, the sort, and the ranking itself. */
#ifndef TILL_VALUE_PARTS_H
#define TILL_VALUE_PARTS_H

#include <till/decimal.h>
#include <till/value.h>

/* A sum of values: exact in 1/10,000 units while `exact` holds for all of them, else with compensation. */
struct value_sum {
    bool exact;
    till_wide money;
    double high;
    double low;
};

/* A value in 1/10,000 units, when it is the double nearest to such a decimal; false otherwise. */
bool value_as_money(double x, int64_t *money);

/* Adds weight x; the order of adding matters unless the sum is exact. */
void value_sum_add(struct value_sum *sum, double x, int64_t weight);
double value_sum_result(const struct value_sum *sum);

/* a / b, from the exact sums where they are. */
double value_sum_ratio(const struct value_sum *a, const struct value_sum *b);

/* Whether 100 part >= percent whole. */
bool value_sum_reaches(const struct value_sum *part, const struct value_sum *whole, int percent);

/* A customer. Once ranked, the first of each group of equal value tells what holds for the group. */
struct value_entry {
    double value;
    union {
        uint64_t number; /* in the order of adding */
        double cumulative_share;
    };
};

/* Sorts by falling value, in place, in O(n). Customers of equal value come in no particular order. */
void value_sort(struct value_entry *entries, size_t count);

/* What is known of a tier after finish. */
struct tier_facts {
    uint64_t customers;
    double lowest; /* NaN without customers */
    double highest;
    uint32_t first_rank; /* UINT32_MAX without customers */
    struct value_sum sum;
};

enum { CURVE_POINTS = 100 };

struct till_value {
    struct value_entry *entries; /* by falling value once ranked */
    uint32_t *ranks;             /* [count] in the order of adding; rank - 1 is the place of the group's first entry */
    size_t count;
    size_t capacity;
    bool exact; /* all values so far are money */
    const struct till_value_tiers *tiers;
    const struct till_value_scheme *scheme;
    size_t tier_count;
    struct tier_facts *facts; /* [tier_count] */
    struct value_sum total;
    struct value_sum curve[CURVE_POINTS]; /* sums of the top 1, 2, ... percent */
    struct till_value_summary summary;
};

/* The number of customers in the top `parts` of `whole`: ceil(parts n / whole). */
static inline uint64_t value_top(uint64_t parts, uint64_t whole, uint64_t n) {
    return (uint64_t)(((till_wide)parts * n + (whole - 1)) / whole);
}

/* 100 percent in the units of till_value_tier.parts. */
#define VALUE_WHOLE UINT64_C(100000000000)

#endif
