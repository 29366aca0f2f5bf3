/* Tables of segments: names for the cells of the cube of scores.
 *
 * A table is a list of boxes. It is painted into the cube box by box; a cell that is painted twice, or not at all at
 * the end, makes it an error. Afterwards the name of a cell is one look-up. */
#include "lib/mining/rfm/scheme.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 5 /* of the built-in table */
#define CELLS_MOST (TILL_RFM_BINS_MOST * TILL_RFM_BINS_MOST * TILL_RFM_BINS_MOST)
#define UNPAINTED UINT16_MAX

struct till_rfm_segments {
    unsigned bins;
    size_t count;
    struct till_rfm_rule *rules;
    char *names;               /* the bytes of all names, one behind the other */
    uint16_t cell[CELLS_MOST]; /* which rule; a good table has at most one a cell, so 16 bits are enough */
};

/* The map drawn in till/rfm.h: r and f from..to, m from 1 to 5. */
static const struct {
    const char *name;
    unsigned char r_min, r_max, f_min, f_max;
} builtin[] = {
    {"Champions", 5, 5, 4, 5},
    {"Loyal", 3, 4, 4, 5},
    {"Potential Loyalist", 4, 5, 2, 3},
    {"New", 5, 5, 1, 1},
    {"Promising", 4, 4, 1, 1},
    {"Need Attention", 3, 3, 3, 3},
    {"About To Sleep", 3, 3, 1, 2},
    {"At Risk", 1, 2, 3, 4},
    {"Can't Lose Them", 1, 2, 5, 5},
    {"Hibernating", 2, 2, 1, 2},
    {"Lost", 1, 1, 1, 2},
};
#define BUILTIN_COUNT (sizeof builtin / sizeof *builtin)

/* Where a cell stands in the cube; scores count from 1. */
static size_t cell_of(unsigned bins, unsigned r, unsigned f, unsigned m) {
    return ((size_t)(r - 1) * bins + (f - 1)) * bins + (m - 1);
}

/* An empty range would pass as a row that covers nothing, so it is an error like one that leaves the cube. */
static enum till_status check_range(const struct till_rfm_rule *rule, size_t row, char figure, unsigned least,
                                    unsigned most, unsigned bins, struct till_error *error) {
    if (least >= 1 && least <= most && most <= bins)
        return TILL_OK;
    char name[TILL_QUOTED_SIZE];
    return till_error_set(
        error, TILL_ERROR_DATA, "segment %s (row %zu): %c from %u to %u is not a range within 1 to %u",
        till_error_quote(name, rule->segment.bytes, rule->segment.length), row + 1, figure, least, most, bins);
}

static enum till_status check_rule(const struct till_rfm_rule *rule, size_t row, unsigned bins,
                                   struct till_error *error) {
    if (rule->segment.length == 0)
        return till_error_set(error, TILL_ERROR_DATA, "row %zu: a segment needs a name", row + 1);
    enum till_status status = check_range(rule, row, 'r', rule->r_min, rule->r_max, bins, error);
    if (status == TILL_OK)
        status = check_range(rule, row, 'f', rule->f_min, rule->f_max, bins, error);
    if (status == TILL_OK)
        status = check_range(rule, row, 'm', rule->m_min, rule->m_max, bins, error);
    return status;
}

/* Both rows are named, by their segments and places: either may be the one at fault. */
static enum till_status covered_twice(const struct till_rfm_segments *segments, size_t first, size_t second, unsigned r,
                                      unsigned f, unsigned m, struct till_error *error) {
    char a[TILL_QUOTED_SIZE], b[TILL_QUOTED_SIZE];
    const struct till_rfm_rule *one = &segments->rules[first], *two = &segments->rules[second];
    return till_error_set(error, TILL_ERROR_DATA,
                          "the cell r=%u f=%u m=%u is covered twice, by %s (row %zu) and %s (row %zu)", r, f, m,
                          till_error_quote(a, one->segment.bytes, one->segment.length), first + 1,
                          till_error_quote(b, two->segment.bytes, two->segment.length), second + 1);
}

/* Paints one box. Stops at the first cell that has a colour, so that a table costs at most bins^3 cells and one a row.
 */
static enum till_status paint(struct till_rfm_segments *segments, size_t row, struct till_error *error) {
    const struct till_rfm_rule *rule = &segments->rules[row];
    for (unsigned r = rule->r_min; r <= rule->r_max; r++)
        for (unsigned f = rule->f_min; f <= rule->f_max; f++)
            for (unsigned m = rule->m_min; m <= rule->m_max; m++) {
                uint16_t *cell = &segments->cell[cell_of(segments->bins, r, f, m)];
                if (*cell != UNPAINTED)
                    return covered_twice(segments, *cell, row, r, f, m, error);
                *cell = (uint16_t)row;
            }
    return TILL_OK;
}

/* Names the first cell without a segment, in the order of r, f, m, and how many there are. */
static enum till_status check_complete(const struct till_rfm_segments *segments, struct till_error *error) {
    unsigned bins = segments->bins;
    size_t cells = (size_t)bins * bins * bins, missing = 0, first = 0;
    for (size_t cell = cells; cell-- > 0;)
        if (segments->cell[cell] == UNPAINTED) {
            first = cell;
            missing++;
        }
    if (missing == 0)
        return TILL_OK;
    return till_error_set(error, TILL_ERROR_DATA,
                          "the cell r=%zu f=%zu m=%zu is covered by no segment (%zu of %zu cells are not)",
                          first / bins / bins + 1, first / bins % bins + 1, first % bins + 1, missing, cells);
}

static enum till_status fill(struct till_rfm_segments *segments, struct till_error *error) {
    memset(segments->cell, 0xff, sizeof segments->cell);
    for (size_t row = 0; row < segments->count; row++) {
        enum till_status status = check_rule(&segments->rules[row], row, segments->bins, error);
        if (status == TILL_OK)
            status = paint(segments, row, error);
        if (status != TILL_OK)
            return status;
    }
    return check_complete(segments, error);
}

/* The rules with names of their own; false when memory is out. */
static bool copy_rules(struct till_rfm_segments *segments, const struct till_rfm_rule *rules, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += rules[i].segment.length;
    segments->rules = calloc(count + 1, sizeof *segments->rules);
    segments->names = malloc(bytes + 1);
    if (segments->rules == NULL || segments->names == NULL)
        return false;
    segments->count = count;
    char *end = segments->names;
    for (size_t i = 0; i < count; i++) {
        segments->rules[i] = rules[i];
        segments->rules[i].segment.bytes = end;
        if (rules[i].segment.length > 0)
            memcpy(end, rules[i].segment.bytes, rules[i].segment.length);
        end += rules[i].segment.length;
    }
    return true;
}

enum till_status till_rfm_segments_new(struct till_rfm_segments **segments, const struct till_rfm_rule *rules,
                                       size_t count, unsigned bins, struct till_error *error) {
    *segments = NULL;
    if (bins < TILL_RFM_BINS_LEAST || bins > TILL_RFM_BINS_MOST)
        return till_error_set(error, TILL_ERROR_USAGE, "bins must be %d to %d, not %u", TILL_RFM_BINS_LEAST,
                              TILL_RFM_BINS_MOST, bins);
    struct till_rfm_segments *made = calloc(1, sizeof *made);
    if (made == NULL)
        return till_error_memory(error);
    made->bins = bins;
    enum till_status status = copy_rules(made, rules, count) ? fill(made, error) : till_error_memory(error);
    if (status != TILL_OK) {
        till_rfm_segments_free(made);
        return status;
    }
    *segments = made;
    return TILL_OK;
}

/* The level of a score: the nearest to 1 + 4 (s - 1) / (bins - 1), halves away from the middle. Rounding to the nearest
 * is floor(x + 1/2); below the middle a half goes down, by one part less than a half. */
static unsigned level_of(unsigned score, unsigned bins) {
    unsigned steps = bins - 1, x = (LEVELS - 1) * (score - 1);
    bool below = 2 * x < (LEVELS - 1) * steps;
    return 1 + (2 * x + steps - (below ? 1 : 0)) / (2 * steps);
}

/* The scores whose levels lie in least..most; false when there are none (few bins skip levels). Levels rise with
 * scores. */
static bool scores_of(unsigned bins, unsigned least, unsigned most, unsigned *from, unsigned *to) {
    *from = 0;
    *to = 0;
    for (unsigned score = 1; score <= bins; score++) {
        unsigned level = level_of(score, bins);
        if (level < least || level > most)
            continue;
        if (*from == 0)
            *from = score;
        *to = score;
    }
    return *from != 0;
}

enum till_status till_rfm_segments_builtin(struct till_rfm_segments **segments, unsigned bins,
                                           struct till_error *error) {
    struct till_rfm_rule rules[BUILTIN_COUNT];
    size_t count = 0;
    *segments = NULL;
    for (size_t i = 0; i < BUILTIN_COUNT && bins >= TILL_RFM_BINS_LEAST; i++) {
        struct till_rfm_rule *rule = &rules[count];
        *rule = (struct till_rfm_rule){.segment = till_slice_of(builtin[i].name), .m_min = 1, .m_max = bins};
        if (scores_of(bins, builtin[i].r_min, builtin[i].r_max, &rule->r_min, &rule->r_max) &&
            scores_of(bins, builtin[i].f_min, builtin[i].f_max, &rule->f_min, &rule->f_max))
            count++;
    }
    return till_rfm_segments_new(segments, rules, count, bins, error);
}

void till_rfm_segments_free(struct till_rfm_segments *segments) {
    if (segments == NULL)
        return;
    free(segments->rules);
    free(segments->names);
    free(segments);
}

unsigned till_rfm_segments_bins(const struct till_rfm_segments *segments) {
    return segments->bins;
}

struct till_slice till_rfm_segments_name(const struct till_rfm_segments *segments, struct till_rfm_score score) {
    return segments->rules[segments->cell[cell_of(segments->bins, score.r, score.f, score.m)]].segment;
}

const struct till_rfm_rule *till_rfm_segments_rules(const struct till_rfm_segments *segments, size_t *count) {
    *count = segments->count;
    return segments->rules;
}
