/* null.h: how probable an association is by chance. */
#ifndef LIB_MINING_RULES_NULL_H
#define LIB_MINING_RULES_NULL_H

#include "lib/mining/rules/sets.h"

/* Four sets, all of `base` in them: within the baskets that hold `base`, do `left` and `right` meet in more baskets
 * (`both`) than by chance? */
struct association {
    uint32_t base;
    uint32_t left;
    uint32_t right;
    uint32_t both;
};

/* Counts of one stratum or cluster. */
struct label_counts {
    uint64_t base;
    uint64_t left;
    uint64_t right;
    uint64_t both;
};

struct null_test {
    enum till_rules_null null;
    const struct itemset_store *sets;
    const uint32_t *label; /* [baskets], in the order of the sets' lists */
    uint32_t label_count;
    uint64_t *label_size;        /* [label_count]: baskets */
    double label_squares;        /* the sum of their squares */
    struct label_counts *counts; /* [label_count], zero between tests */
    uint32_t *touched;           /* [label_count]: whose counts are not zero */
    double *sums;                /* the exact sum's distribution */
    size_t sums_capacity;
};

enum till_status null_test_new(struct null_test *test, const struct itemset_store *sets, enum till_rules_null null,
                               const uint32_t *label, uint64_t baskets, uint32_t label_count, struct till_error *error);
void null_test_free(struct null_test *test);

/* log P(as many or more by chance). False when memory is out. */
bool null_test_log(struct null_test *test, const struct association *association, double *log_p);

#endif
