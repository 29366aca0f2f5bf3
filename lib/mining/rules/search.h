/* search.h: the parts of finding rules. */
#ifndef LIB_MINING_RULES_SEARCH_H
#define LIB_MINING_RULES_SEARCH_H

#include "lib/mining/rules/null.h"

/* A rule while it is worked on. */
struct candidate {
    uint32_t both; /* set */
    uint32_t antecedent;
    uint32_t consequent;
    uint64_t mask; /* of the antecedent's items within `both` */
    double log_p;
    double weight; /* log(p m_k) */
};

struct search {
    const struct till_rules_options *options;
    const struct till_baskets *baskets;
    struct itemset_store sets;
    struct null_test test;
    uint32_t maximum_consequent;
    double *searched;  /* [largest + 2] */
    bool *size_tested; /* [largest + 2]: sizes with a hypothesis */
    double *weights;   /* of all hypotheses */
    size_t weight_count;
    size_t weight_capacity;
    double log_factor;            /* what all q-values are multiplied by: K, and the harmonic number under BY */
    struct candidate *candidates; /* that pass the filters */
    size_t candidate_count;
    size_t candidate_capacity;
};

/* count.c: m_k for every size. False when memory is out. */
bool search_count(struct search *search);

/* adjust.c: turns the weights of all hypotheses into what weight_to_q needs. */
void adjust_prepare(struct search *search);
double adjust_q(const struct search *search, double weight);

#endif
