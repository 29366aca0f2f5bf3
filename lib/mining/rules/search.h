/* search.h: the parts of finding rules. */
#ifndef LIB_MINING_RULES_SEARCH_H
#define LIB_MINING_RULES_SEARCH_H

#include <till/rows.h>
#include <till/sorter.h>

#include "lib/mining/rules/null.h"

/* A rule on its way out, as it lies in files. */
struct candidate {
    uint32_t both; /* set */
    uint32_t antecedent;
    uint32_t consequent;
    uint64_t mask; /* of the antecedent's items within `both` */
    double log_p;
    double q; /* once all hypotheses are known */
};

struct search {
    const struct till_rules_options *options; /* `wishes` */
    struct till_rules_options wishes;         /* the caller's, for as long as rules are delivered */
    struct itemset_store sets;
    struct null_test test;
    uint32_t maximum_consequent;
    double *searched;     /* [largest + 2] hypotheses by size */
    double *log_searched; /* [largest + 2] */
    bool *size_tested;    /* [largest + 2]: sizes with a hypothesis */
    uint64_t tested;
    double log_factor;              /* what all q-values are multiplied by: K, and the harmonic number under BY */
    struct till_sorter *weights;    /* log(p m_k) of all hypotheses, as doubles, the largest first */
    struct till_sorter *candidates; /* that pass the filters, by falling weight */
    struct till_sorter *delivery;   /* with q-values, in the order asked for */
    struct till_rows *found;        /* with held out baskets: candidates that wait for their test */
    struct till_rule rule;          /* the last one that was delivered */
};

/* log(p m_k): by this hypotheses of all sizes are compared. */
static inline double weight_of(const struct search *search, const struct candidate *c) {
    return c->log_p + search->log_searched[set_size(&search->sets, c->both)];
}

/* A sorter of candidates, with its part of the memory. NULL when memory is out. */
struct till_sorter *search_sorter(const struct search *search, const struct till_sorter_order *order);

/* count.c: m_k for every size. False when memory is out. */
bool search_count(struct search *search);

/* adjust.c: opens `weights` and `candidates`; takes a hypothesis; and, once all are there, gives candidates their
 * q-values and moves them to `delivery`, unless the q-value is too large. */
enum till_status adjust_open(struct search *search, struct till_error *error);
enum till_status adjust_add(struct search *search, double weight, struct till_error *error);
enum till_status adjust_settle(struct search *search, struct till_error *error);

/* order.c: the order of delivery; the context is the search. */
int compare_rules(const void *search, const void *a, const void *b);

#endif
