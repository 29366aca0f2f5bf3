/* Histograms: for each code of a column, the sums over its rows.
 *
 * Words are added up in fields that hold GBDT_RUN of them, and after each run taken apart into wide sums. The narrow
 * sums of a group, 16 kB, stay in the first cache. The eight columns of a group are updated one after the other, so
 * that two rows with the same code do not wait for each other. */
#include <string.h>

#include "lib/mining/gbdt/parts.h"

enum { BLOCK = 512, AHEAD = 24 };

static inline void add_row(uint64_t sums[GBDT_GROUP][GBDT_CODES], uint64_t codes, uint64_t word) {
    sums[0][codes & 0xff] += word;
    sums[1][codes >> 8 & 0xff] += word;
    sums[2][codes >> 16 & 0xff] += word;
    sums[3][codes >> 24 & 0xff] += word;
    sums[4][codes >> 32 & 0xff] += word;
    sums[5][codes >> 40 & 0xff] += word;
    sums[6][codes >> 48 & 0xff] += word;
    sums[7][codes >> 56] += word;
}

/* At most GBDT_RUN rows. */
static void add_run(const uint64_t *codes, const uint32_t *index, const uint64_t *words, size_t count,
                    uint64_t sums[GBDT_GROUP][GBDT_CODES]) {
    size_t i = 0;
    if (index == NULL) {
        for (; i < count; i++)
            add_row(sums, codes[i], words[i]);
        return;
    }
    for (; i + AHEAD < count; i++) {
        __builtin_prefetch(&codes[index[i + AHEAD]]);
        add_row(sums, codes[index[i]], words[i]);
    }
    for (; i < count; i++)
        add_row(sums, codes[index[i]], words[i]);
}

/* Takes narrow sums apart, and adds them to the wide ones. */
static void widen(const struct gbdt_bins *bins, size_t group, uint64_t sums[GBDT_GROUP][GBDT_CODES],
                  struct gbdt_cell *histogram) {
    for (size_t c = 0; c < GBDT_GROUP && group * GBDT_GROUP + c < bins->count; c++) {
        const struct gbdt_column *column = &bins->columns[group * GBDT_GROUP + c];
        struct gbdt_cell *cells = histogram + column->first;
        for (size_t code = 0; code <= column->bins; code++) {
            uint64_t sum = sums[c][code];
            cells[code].gradient += (int64_t)sum >> (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS);
            cells[code].curvature += (int64_t)(sum >> GBDT_COUNT_BITS & ((UINT64_C(1) << GBDT_CURVATURE_BITS) - 1));
            cells[code].rows += (int64_t)(sum & ((UINT64_C(1) << GBDT_COUNT_BITS) - 1));
        }
    }
}

/* The cells of a group lie side by side: *count of them. */
static struct gbdt_cell *cells_of(const struct gbdt_bins *bins, size_t group, struct gbdt_cell *histogram,
                                  size_t *count) {
    size_t first = bins->columns[group * GBDT_GROUP].first, next = (group + 1) * GBDT_GROUP;
    *count = (next < bins->count ? bins->columns[next].first : bins->cells) - first;
    return histogram + first;
}

void gbdt_histogram(const struct gbdt_bins *bins, size_t group, const uint32_t *index, const uint64_t *words,
                    size_t count, uint64_t *room, struct gbdt_cell *histogram) {
    uint64_t(*sums)[GBDT_CODES] = (uint64_t(*)[GBDT_CODES])room;
    const uint64_t *codes = bins->codes + group * bins->rows;
    size_t cells;
    struct gbdt_cell *own = cells_of(bins, group, histogram, &cells);
    memset(own, 0, cells * sizeof *own);
    for (size_t from = 0; from < count; from += GBDT_RUN) {
        size_t run = count - from < GBDT_RUN ? count - from : GBDT_RUN;
        memset(sums, 0, sizeof(uint64_t[GBDT_GROUP][GBDT_CODES]));
        add_run(index == NULL ? codes + from : codes, index == NULL ? NULL : index + from, words + from, run, sums);
        widen(bins, group, sums, histogram);
    }
}

void gbdt_histogram_subtract(const struct gbdt_bins *bins, size_t group, struct gbdt_cell *parent,
                             const struct gbdt_cell *child) {
    size_t cells;
    struct gbdt_cell *own = cells_of(bins, group, parent, &cells);
    const struct gbdt_cell *other = child + (own - parent);
    for (size_t i = 0; i < cells; i++) {
        own[i].gradient -= other[i].gradient;
        own[i].curvature -= other[i].curvature;
        own[i].rows -= other[i].rows;
    }
}
