/* fisher.h: the hypergeometric distribution, in logarithms. */
#ifndef LIB_MINING_RULES_FISHER_H
#define LIB_MINING_RULES_FISHER_H

#include <stdint.h>

/* The 2x2 table's margins: a draw of `left` out of `total`, of which `right` are marked. */
struct margins {
    uint64_t left;
    uint64_t right;
    uint64_t total;
};

/* The smallest and largest count of marked ones in a draw. */
static inline uint64_t margins_least(struct margins m) {
    return m.left + m.right > m.total ? m.left + m.right - m.total : 0;
}
static inline uint64_t margins_most(struct margins m) {
    return m.left < m.right ? m.left : m.right;
}

/* log P(X = x), for a possible x. */
double hypergeometric_log(uint64_t x, struct margins m);

/* P(X = x + 1) / P(X = x). */
static inline double hypergeometric_ratio(uint64_t x, struct margins m) {
    return (double)(m.left - x) * (double)(m.right - x) /
           ((double)(x + 1) * ((double)m.total - (double)m.left - (double)m.right + (double)x + 1));
}

/* The smallest x with P(X <= x) >= share. */
uint64_t hypergeometric_quantile(double share, struct margins m);

#endif
