/* till/rules.h: association rules, and how sure one can be of them.
 *
 *     struct till_rules_options options = {.minimum_support = 98, .minimum_confidence = 0.5, .maximum_consequent = 1};
 *     till_rules_find(&baskets, &options, &rules, &error);
 *     while (till_rules_next(&rules, &rule, &error) == TILL_OK && rule != NULL)
 *         rule->both / (double)rules.baskets ...
 *     till_rules_free(&rules);
 *
 * A rule says that baskets which hold the antecedent tend to hold the consequent too. Among millions of candidates some
 * look so by chance, so every p-value is judged against the number of hypotheses that were searched, and not of those
 * that a filter left. */
#ifndef TILL_RULES_H
#define TILL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/itemsets.h>

enum till_rules_adjust { TILL_ADJUST_BH, TILL_ADJUST_BY, TILL_ADJUST_LAYERED };
enum till_rules_sort {
    TILL_SORT_LIFT,
    TILL_SORT_CONFIDENCE,
    TILL_SORT_SUPPORT,
    TILL_SORT_LEVERAGE,
    TILL_SORT_P_VALUE,
    TILL_SORT_Q_VALUE
};

/* What is taken for chance. INDEPENDENT: baskets are alike and independent of each other (Fisher's exact test).
 * STRATA: baskets are alike within a stratum only; the sum of the strata's counts is tested given all their margins
 * (Cochran-Mantel-Haenszel, exactly, or by its normal approximation with the continuity correction where the counts are
 * so large that the exact sum would be slow). CLUSTERS: baskets of one cluster (a customer) depend on each other; the
 * score test with the clusters as units. */
enum till_rules_null { TILL_NULL_INDEPENDENT, TILL_NULL_STRATA, TILL_NULL_CLUSTERS };

struct till_rules_options {
    uint64_t minimum_support; /* baskets that hold both sides, at least 1 */
    double minimum_confidence;
    double minimum_lift;
    uint32_t maximum_antecedent;  /* items; 0: no bound */
    uint32_t maximum_consequent;  /* items; 0 stands for 1 */
    const bool *antecedent_items; /* [item_count]: which items may stand there; NULL: all */
    const bool *consequent_items;
    const uint32_t *parent; /* [item_count]: of each item, UINT32_MAX: none; the baskets hold ancestors already. No rule
                               holds an item and its own ancestor. NULL: no kinds of items. */
    enum till_rules_null null;
    const uint32_t *label; /* [baskets]: stratum or cluster, below label_count; NULL with INDEPENDENT */
    uint32_t label_count;
    const bool *held_out; /* [baskets]: rules are searched in the others, and tested and counted in these; NULL */
    enum till_rules_adjust adjust;
    double fdr; /* leave out rules with a larger q-value; 0: none */
    bool drop_redundant;
    bool improvement;          /* whether it is wanted of each rule; O(2^size of the antecedent) */
    enum till_rules_sort sort; /* ties by support, then by `rank` */
    uint64_t top;              /* 0: all */
    uint64_t limit;            /* of itemsets to hold; 0: TILL_RULES_LIMIT */
    size_t memory;             /* bytes to sort rules in; 0: TILL_RULES_MEMORY */
    const char *directory;     /* of the temporary files beyond that; NULL: /tmp */
    unsigned threads;
    const uint32_t *rank; /* item_count different numbers, NULL: the codes; see till_itemsets_options. Together with */
    const uint32_t *inner_rank; /* these, all numbers differ, so that texts of different length are ordered too. */
};

#define TILL_RULES_LIMIT 20000000
#define TILL_RULES_MEMORY ((size_t)64 << 20)

/* One rule. Item arrays belong to the result. */
struct till_rule {
    const uint32_t *antecedent; /* in rising rank */
    const uint32_t *consequent;
    uint32_t antecedent_size;
    uint32_t consequent_size;
    uint64_t both; /* baskets that hold all items */
    uint64_t antecedent_count;
    uint64_t consequent_count;
    double improvement; /* confidence less the largest one of the rules that reach the minimum confidence with the same
                           consequent and some of the antecedent; the confidence where there is none. NaN unless
                           wanted. */
    double log_p;       /* of the null tested; for two items or more, also of the productivity of each (Webb 2007) */
    double q;           /* false discovery rate, or family-wise error with LAYERED */
};

struct till_rules {
    uint64_t count;           /* rules to deliver */
    uint64_t baskets;         /* that rules were counted in: those held out, if any */
    uint64_t minimum_support; /* as asked for; measures may need these */
    double minimum_confidence;
    uint32_t largest;       /* the largest number of items in a rule that was tested; 0: none was */
    const double *searched; /* [largest + 1]: hypotheses by number of items, in the whole search; with held out
                               baskets, rules tested are in searched[0] alone */
    uint64_t tested;        /* hypotheses that reached the minimum support, or were tested in held out baskets */
    struct search *search;  /* what rules are read from */
};

/* Finds all rules from frequent itemsets, tests them and sorts out. A => B and B => A of two items are one hypothesis.
 * With F items at the minimum support, the search over rules of k items holds m_2 = C(F, 2), and m_k = (F - k + 1)
 * times the frequent antecedents of k - 1 items; limits on sizes, items and kinds make it smaller, all else does not.
 * With rules sorted by p m_k, q_(i) = min over j >= i of K (p m_k)_(j) / j for K sizes (BH), times the harmonic number
 * of all hypotheses (BY: any dependence), or K p m_k (LAYERED: Webb 2008). Held out: rules that reach p <= 0.05 in the
 * others are tested, and they are the whole search. Errors: TILL_ERROR_USAGE, TILL_ERROR_DATA (too many itemsets),
 * TILL_ERROR_INPUT_OUTPUT (temporary files), TILL_ERROR_MEMORY. Time is that of mining, O(standard deviation of the
 * count) a test, and O(log n) comparisons a rule. Memory: the frequent itemsets (4 bytes an item and 24 to 40 a set),
 * and `memory` for rules: beyond it 8 bytes a hypothesis and 40 a rule are in temporary files. Under STRATA and
 * CLUSTERS also 4 bytes for each basket of each set. What `options` points to must live until till_rules_free. Sources:
 * Agrawal & Srikant 1994; Webb 2007, Discovering significant patterns, Machine Learning 68; Webb 2008, Layered critical
 * values, Machine Learning 71; Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001; Mantel & Haenszel 1959. */
TILL_API enum till_status till_rules_find(const struct till_baskets *baskets, const struct till_rules_options *options,
                                          struct till_rules *rules, struct till_error *error);
/* The next rule in the order asked for, valid until the next call; NULL behind the last. Errors:
 * TILL_ERROR_INPUT_OUTPUT (temporary files). */
TILL_API enum till_status till_rules_next(struct till_rules *rules, const struct till_rule **rule,
                                          struct till_error *error);
TILL_API void till_rules_free(struct till_rules *rules);

/* Measures by number 0 .. till_rule_measures() - 1, and their names. Case, `_` and `-` in a name do not count; the
 * names of the arules package are understood too. SIZE_MAX: unknown. */
TILL_API size_t till_rule_measures(void);
TILL_API const char *till_rule_measure_name(size_t measure);
TILL_API size_t till_rule_measure_find(const char *name, size_t length);
/* The value for a rule; NaN where it is not defined. Formulas: Tan, Kumar & Srivastava 2004, Selecting the right
 * objective measure for association analysis; Hahsler, Grün & Hornik, arules, and the papers named in the source. */
TILL_API double till_rule_measure(size_t measure, const struct till_rules *rules, const struct till_rule *rule);

/* log P(X >= both) for a hypergeometric count: `total` baskets, of which `left` hold one thing and `right` another
 * (Fisher's exact test, one-sided). Relative error of the probability about 1e-13. O(standard deviation). */
TILL_API double till_fisher_log(uint64_t both, uint64_t left, uint64_t right, uint64_t total);

#endif
