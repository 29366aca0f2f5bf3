/* Fitting and applying a scheme of RFM scores.
 *
 * All three figures are cut by one procedure: the customers with purchases are dealt into groups, and each group is cut
 * apart. Independent scores know one group. Nested scores (Hughes) cut recency over all, then frequency within each r,
 * then monetary value within each r and f: the group of a customer grows by one digit, its last score, from figure to
 * figure. */
#include "lib/mining/rfm/scheme.h"

#include <stdlib.h>
#include <string.h>

/* What fitting needs beside the figures. */
struct fit {
    const struct till_rfm_figures *figures;
    struct till_rfm_scheme *scheme;
    uint16_t *group; /* of each customer so far */
    int64_t *values; /* one figure of the customers with purchases, group by group */
    int64_t *scratch;
};

/* The value that a score rises with. A count above 2^63 - 1 is beyond anything that can be counted; it is the largest.
 */
static int64_t rising_recency(int32_t recency) {
    return -(int64_t)recency;
}

static int64_t rising_frequency(uint64_t frequency) {
    return frequency > INT64_MAX ? INT64_MAX : (int64_t)frequency;
}

/* The figure of customer i in the direction in which scores rise. */
static int64_t figure(const struct till_rfm_figures *figures, enum till_rfm_dimension dimension, size_t i) {
    switch (dimension) {
    case TILL_RFM_RECENCY:
        return rising_recency(figures->recency[i]);
    case TILL_RFM_FREQUENCY:
        return rising_frequency(figures->frequency[i]);
    case TILL_RFM_MONETARY:
        break;
    }
    return figures->monetary[i];
}

/* Lays the figure out group by group; end[g] is where group g ends. A counting sort on the group. */
static void deal(struct fit *fit, enum till_rfm_dimension dimension, bool by_group, size_t end[GROUPS_MOST]) {
    const struct till_rfm_figures *figures = fit->figures;
    memset(end, 0, GROUPS_MOST * sizeof *end);
    for (size_t i = 0; i < figures->count; i++)
        if (figures->recency[i] != TILL_RFM_RECENCY_MISSING)
            end[by_group ? fit->group[i] : 0]++;
    /* From counts to starts; dealing then moves each start on to its end. */
    size_t sum = 0;
    for (size_t g = 0; g < GROUPS_MOST; g++) {
        size_t count = end[g];
        end[g] = sum;
        sum += count;
    }
    for (size_t i = 0; i < figures->count; i++)
        if (figures->recency[i] != TILL_RFM_RECENCY_MISSING)
            fit->values[end[by_group ? fit->group[i] : 0]++] = figure(figures, dimension, i);
}

/* Cuts one figure in `groups` groups. Groups without customers get the cuts over all. */
static void cut(struct fit *fit, enum till_rfm_dimension dimension, size_t groups, int64_t cuts[][CUTS_MOST]) {
    size_t end[GROUPS_MOST];
    int64_t overall[CUTS_MOST];
    unsigned bins = fit->scheme->bins;
    deal(fit, dimension, false, end);
    rfm_cuts_find(fit->values, fit->scratch, end[0], bins, overall);
    /* Finding the cuts has sorted the values, so they are dealt anew. */
    if (groups > 1)
        deal(fit, dimension, true, end);
    for (size_t g = 0; g < groups; g++) {
        size_t start = g == 0 ? 0 : end[g - 1];
        if (groups == 1 || end[g] == start)
            memcpy(cuts[g], overall, (bins - 1) * sizeof *overall);
        else
            rfm_cuts_find(fit->values + start, fit->scratch, end[g] - start, bins, cuts[g]);
    }
}

/* Moves each customer into the group of its score, one digit further. */
static void regroup(struct fit *fit, enum till_rfm_dimension dimension, int64_t cuts[][CUTS_MOST]) {
    const struct till_rfm_figures *figures = fit->figures;
    unsigned bins = fit->scheme->bins;
    for (size_t i = 0; i < figures->count; i++) {
        if (figures->recency[i] == TILL_RFM_RECENCY_MISSING)
            continue;
        unsigned group = fit->group[i];
        unsigned score = rfm_cuts_score(cuts[group], bins, figure(figures, dimension, i));
        fit->group[i] = (uint16_t)(group * bins + score - 1);
    }
}

/* The three figures in their order: each one's groups are made of the scores before it. */
static void fit_cuts(struct fit *fit) {
    struct till_rfm_scheme *scheme = fit->scheme;
    bool nested = scheme->scores == TILL_RFM_NESTED;
    size_t bins = scheme->bins;
    cut(fit, TILL_RFM_RECENCY, 1, &scheme->recency);
    if (nested)
        regroup(fit, TILL_RFM_RECENCY, &scheme->recency);
    cut(fit, TILL_RFM_FREQUENCY, nested ? bins : 1, scheme->frequency);
    if (nested)
        regroup(fit, TILL_RFM_FREQUENCY, scheme->frequency);
    cut(fit, TILL_RFM_MONETARY, nested ? bins * bins : 1, scheme->monetary);
}

/* Cuts that nothing is above, so that everybody scores 1. */
static void fill_unreachable(struct till_rfm_scheme *scheme) {
    for (size_t i = 0; i < CUTS_MOST; i++) {
        scheme->recency[i] = INT64_MAX;
        for (size_t r = 0; r < TILL_RFM_BINS_MOST; r++)
            scheme->frequency[r][i] = INT64_MAX;
        for (size_t g = 0; g < GROUPS_MOST; g++)
            scheme->monetary[g][i] = INT64_MAX;
    }
}

/* Customers with returns alone take no part in cuts; they are told by their missing recency. */
static uint64_t count_purchasers(const struct till_rfm_figures *figures) {
    uint64_t count = 0;
    for (size_t i = 0; i < figures->count; i++)
        count += figures->recency[i] != TILL_RFM_RECENCY_MISSING;
    return count;
}

/* Fills the cuts of a scheme that has everything else. */
static enum till_status fill_cuts(struct till_rfm_scheme *scheme, const struct till_rfm_figures *figures,
                                  struct till_error *error) {
    /* No value can be a cut where there is none. */
    if (scheme->customers == 0) {
        fill_unreachable(scheme);
        return TILL_OK;
    }
    struct fit fit = {figures, scheme, calloc(figures->count, sizeof *fit.group),
                      calloc((size_t)scheme->customers, sizeof *fit.values),
                      calloc((size_t)scheme->customers, sizeof *fit.scratch)};
    enum till_status status = TILL_OK;
    if (fit.group == NULL || fit.values == NULL || fit.scratch == NULL)
        status = till_error_memory(error);
    else
        fit_cuts(&fit);
    free(fit.scratch);
    free(fit.values);
    free(fit.group);
    return status;
}

enum till_status till_rfm_scheme_fit(struct till_rfm_scheme **scheme, const struct till_rfm_figures *figures,
                                     unsigned bins, enum till_rfm_scores scores, int32_t as_of,
                                     struct till_error *error) {
    *scheme = NULL;
    if (bins < TILL_RFM_BINS_LEAST || bins > TILL_RFM_BINS_MOST)
        return till_error_set(error, TILL_ERROR_USAGE, "bins must be %d to %d, not %u", TILL_RFM_BINS_LEAST,
                              TILL_RFM_BINS_MOST, bins);
    struct till_rfm_scheme *made = calloc(1, sizeof *made);
    if (made == NULL)
        return till_error_memory(error);
    made->bins = bins;
    made->scores = scores;
    made->as_of = as_of;
    made->customers = count_purchasers(figures);
    enum till_status status = till_rfm_segments_builtin(&made->segments, bins, error);
    if (status == TILL_OK)
        status = fill_cuts(made, figures, error);
    if (status != TILL_OK) {
        till_rfm_scheme_free(made);
        return status;
    }
    *scheme = made;
    return TILL_OK;
}

void till_rfm_scheme_free(struct till_rfm_scheme *scheme) {
    if (scheme != NULL)
        till_rfm_segments_free(scheme->segments);
    free(scheme);
}

const int64_t *till_rfm_scheme_cuts(const struct till_rfm_scheme *scheme, enum till_rfm_dimension dimension, unsigned r,
                                    unsigned f) {
    bool nested = scheme->scores == TILL_RFM_NESTED;
    switch (dimension) {
    case TILL_RFM_RECENCY:
        return scheme->recency;
    case TILL_RFM_FREQUENCY:
        return scheme->frequency[nested ? r - 1 : 0];
    case TILL_RFM_MONETARY:
        break;
    }
    return scheme->monetary[nested ? (r - 1) * scheme->bins + f - 1 : 0];
}

struct till_rfm_score till_rfm_scheme_score(const struct till_rfm_scheme *scheme, int32_t recency, uint64_t frequency,
                                            int64_t monetary) {
    if (recency == TILL_RFM_RECENCY_MISSING)
        return (struct till_rfm_score){1, 1, 1};
    /* Nested groups are chosen by the scores so far; independent scores ignore them. */
    unsigned bins = scheme->bins;
    unsigned r = rfm_cuts_score(scheme->recency, bins, rising_recency(recency));
    unsigned f =
        rfm_cuts_score(till_rfm_scheme_cuts(scheme, TILL_RFM_FREQUENCY, r, 1), bins, rising_frequency(frequency));
    unsigned m = rfm_cuts_score(till_rfm_scheme_cuts(scheme, TILL_RFM_MONETARY, r, f), bins, monetary);
    return (struct till_rfm_score){(unsigned char)r, (unsigned char)f, (unsigned char)m};
}

unsigned till_rfm_scheme_bins(const struct till_rfm_scheme *scheme) {
    return scheme->bins;
}

enum till_rfm_scores till_rfm_scheme_scores(const struct till_rfm_scheme *scheme) {
    return scheme->scores;
}

int32_t till_rfm_scheme_as_of(const struct till_rfm_scheme *scheme) {
    return scheme->as_of;
}

uint64_t till_rfm_scheme_customers(const struct till_rfm_scheme *scheme) {
    return scheme->customers;
}

const struct till_rfm_segments *till_rfm_scheme_segments(const struct till_rfm_scheme *scheme) {
    return scheme->segments;
}

enum till_status till_rfm_scheme_set_segments(struct till_rfm_scheme *scheme, struct till_rfm_segments *segments,
                                              struct till_error *error) {
    if (till_rfm_segments_bins(segments) != scheme->bins)
        return till_error_set(error, TILL_ERROR_USAGE, "the table of segments is made for %u bins, the scheme for %u",
                              till_rfm_segments_bins(segments), scheme->bins);
    till_rfm_segments_free(scheme->segments);
    scheme->segments = segments;
    return TILL_OK;
}
