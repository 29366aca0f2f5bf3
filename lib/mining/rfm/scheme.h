/* lib/mining/rfm/scheme.h: what the files of this folder share. */
#ifndef LIB_MINING_RFM_SCHEME_H
#define LIB_MINING_RFM_SCHEME_H

#include <till/rfm.h>

#define CUTS_MOST (TILL_RFM_BINS_MOST - 1)
#define GROUPS_MOST (TILL_RFM_BINS_MOST * TILL_RFM_BINS_MOST)

/* Cuts lie by group: 0 for scores of their own; r - 1, and (r - 1) bins + f - 1, for nested frequency and monetary
 * value. All groups are filled. At most 6 KB, so nothing here needs an allocation of its own but the segments. */
struct till_rfm_scheme {
    unsigned bins;
    enum till_rfm_scores scores;
    int32_t as_of;
    uint64_t customers; /* with purchases */
    int64_t recency[CUTS_MOST];
    int64_t frequency[TILL_RFM_BINS_MOST][CUTS_MOST];
    int64_t monetary[GROUPS_MOST][CUTS_MOST];
    struct till_rfm_segments *segments;
};

/* Sorts `values` (n of them, 1 or more) and fills cuts[0..bins-1): the values at rank ceil(i n / bins). `scratch` holds
 * n. */
void rfm_cuts_find(int64_t *values, int64_t *scratch, size_t n, unsigned bins, int64_t *cuts);

/* 1 + how many of the bins-1 cuts lie strictly below `value`. */
unsigned rfm_cuts_score(const int64_t *cuts, unsigned bins, int64_t value);

#endif
