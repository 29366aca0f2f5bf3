/* till/rfm.h: scores and segments of customers by recency, frequency and monetary value.
 *
 *     struct till_rfm_figures figures = {count, recency, frequency, monetary};
 *     till_rfm_scheme_fit(&scheme, &figures, 5, TILL_RFM_INDEPENDENT, as_of, &error);
 *     score = till_rfm_scheme_score(scheme, recency[i], frequency[i], monetary[i]);       score.r, score.f, score.m
 *     name = till_rfm_segments_name(till_rfm_scheme_segments(scheme), score);             "Champions"
 *     till_rfm_scheme_free(scheme);
 *
 * With u = -recency, frequency or monetary value of the n customers with purchases, the cut c_i (i = 1..bins-1) is the
 * observed value at rank ceil(i n / bins), and score(u) = 1 + the number of cuts strictly below u. Equal values share a
 * score, the order of customers never matters, and cuts that were kept score later customers in the same way. Where a
 * value is so frequent that it holds several cuts, the scores between stay empty.
 *
 * Sources: A. M. Hughes, Strategic Database Marketing (1994), chapter 6, for quintiles and for nested scores. The rule
 * for ties is that of the lowest rank: score = floor(bins (rank - 1) / n) + 1, where rank counts the customers strictly
 * below, plus one. */
#ifndef TILL_RFM_H
#define TILL_RFM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <till/date.h>
#include <till/decimal.h>
#include <till/error.h>
#include <till/table.h>
#include <till/text.h>
#include <till/writer.h>

#define TILL_RFM_BINS_LEAST 2
#define TILL_RFM_BINS_MOST 9
#define TILL_RFM_RECENCY_MISSING INT32_MIN

/* The figures of `count` customers. A customer with returns alone has no recency; it scores 1, 1, 1 and enters no cut.
 */
struct till_rfm_figures {
    size_t count;
    const int32_t *recency;    /* days since the last purchase, zero or more, or TILL_RFM_RECENCY_MISSING */
    const uint64_t *frequency; /* purchases */
    const int64_t *monetary;   /* in 1/10,000 units */
};

/* Scores run from 1 to bins; the best is the highest. */
struct till_rfm_score {
    unsigned char r;
    unsigned char f;
    unsigned char m;
};

enum till_rfm_dimension { TILL_RFM_RECENCY, TILL_RFM_FREQUENCY, TILL_RFM_MONETARY };

/* INDEPENDENT: each figure is cut over all customers. NESTED: frequency within the customers of one r, monetary value
 * within those of one r and f, so that all cells hold about as many customers; then f and m compare inside their group
 * alone. */
enum till_rfm_scores { TILL_RFM_INDEPENDENT, TILL_RFM_NESTED };

/* --- Segments: names for the cells of the cube of scores --- */

/* One row of a table of segments: the cells with r_min <= r <= r_max, and so on. A segment may have several rows. */
struct till_rfm_rule {
    struct till_slice segment;
    unsigned r_min, r_max, f_min, f_max, m_min, m_max;
};

struct till_rfm_segments;

/* A table that gives every cell of bins x bins x bins one segment; names are copied. TILL_ERROR_DATA: a range outside
 * of 1..bins, a segment without a name, or a cell that is covered not at all or twice; the message names the cell, and
 * the segments and rows. O(count + bins^3) cells visited for a good table. */
TILL_API enum till_status till_rfm_segments_new(struct till_rfm_segments **segments, const struct till_rfm_rule *rules,
                                                size_t count, unsigned bins, struct till_error *error);

/* The trade's eleven names, by r and f alone:
 *
 *     f  5 | Can't Lose Them  Can't Lose Them  Loyal            Loyal               Champions
 *        4 | At Risk          At Risk          Loyal            Loyal               Champions
 *        3 | At Risk          At Risk          Need Attention   Potential Loyalist  Potential Loyalist
 *        2 | Lost             Hibernating      About To Sleep   Potential Loyalist  Potential Loyalist
 *        1 | Lost             Hibernating      About To Sleep   Promising           New
 *          +--------------------------------------------------------------------------------------------
 *        r:  1                2                3                4                   5
 *
 * It is the recency by frequency map in common use, with its lowest recency split off as Lost. The published tables
 * with ranges in all three scores leave cells out and cover others twice; this one covers each once. For other numbers
 * of bins a score s stands for the level nearest to 1 + 4 (s - 1) / (bins - 1), halves away from the middle: lowest and
 * highest stay what they are. */
TILL_API enum till_status till_rfm_segments_builtin(struct till_rfm_segments **segments, unsigned bins,
                                                    struct till_error *error);
TILL_API void till_rfm_segments_free(struct till_rfm_segments *segments);

/* The number of bins that it was made for. */
TILL_API unsigned till_rfm_segments_bins(const struct till_rfm_segments *segments);

/* The segment of a cell, valid as long as the table. O(1). */
TILL_API struct till_slice till_rfm_segments_name(const struct till_rfm_segments *segments,
                                                  struct till_rfm_score score);

/* The rows of the table, in the order given. */
TILL_API const struct till_rfm_rule *till_rfm_segments_rules(const struct till_rfm_segments *segments, size_t *count);

/* --- Schemes: cuts and segments, kept so that tomorrow's customers are scored as today's were --- */

struct till_rfm_scheme;

/* Cuts from the customers with purchases, and the built-in segments. `as_of` is the day that recency was counted to; it
 * is kept for the record. A group of nested scores that holds nobody takes the cuts of all customers, for those who
 * come into it later. Without any customer with purchases everybody scores 1, and the scheme cannot be saved.
 * TILL_ERROR_USAGE: bins outside of 2..9. O(n) by radix sort; 18 bytes a customer while it runs. */
TILL_API enum till_status till_rfm_scheme_fit(struct till_rfm_scheme **scheme, const struct till_rfm_figures *figures,
                                              unsigned bins, enum till_rfm_scores scores, int32_t as_of,
                                              struct till_error *error);
TILL_API void till_rfm_scheme_free(struct till_rfm_scheme *scheme);

/* The scores of one customer; 1, 1, 1 without recency. O(bins). */
TILL_API struct till_rfm_score till_rfm_scheme_score(const struct till_rfm_scheme *scheme, int32_t recency,
                                                     uint64_t frequency, int64_t monetary);

/* What the scheme was made with: bins, kind of scores, the day that recency was counted to, and the number of customers
 * with purchases. A scheme that was made long ago, or of few, says so. O(1). */
TILL_API unsigned till_rfm_scheme_bins(const struct till_rfm_scheme *scheme);
TILL_API enum till_rfm_scores till_rfm_scheme_scores(const struct till_rfm_scheme *scheme);
TILL_API int32_t till_rfm_scheme_as_of(const struct till_rfm_scheme *scheme);
TILL_API uint64_t till_rfm_scheme_customers(const struct till_rfm_scheme *scheme);

/* The bins-1 cuts of a dimension, rising: of -recency in days, of purchases, of money in 1/10,000 units. Nested cuts
 * are those within `r` (frequency) or `r` and `f` (monetary); otherwise both are ignored. */
TILL_API const int64_t *till_rfm_scheme_cuts(const struct till_rfm_scheme *scheme, enum till_rfm_dimension dimension,
                                             unsigned r, unsigned f);

/* The table of segments; set takes ownership of another one of the same number of bins (TILL_ERROR_USAGE otherwise). */
TILL_API const struct till_rfm_segments *till_rfm_scheme_segments(const struct till_rfm_scheme *scheme);
TILL_API enum till_status till_rfm_scheme_set_segments(struct till_rfm_scheme *scheme,
                                                       struct till_rfm_segments *segments, struct till_error *error);

/* A scheme as a model file of kind "rfm-scheme" (till/model.h):
 *
 *     {"bins": 5, "scores": "independent", "as_of": "1998-06-30", "customers": 2357,
 *      "recency": [512, 486, 442, 152], "frequency": [1, 1, 2, 4], "monetary": ["15.36", "31.95", "59.25", "130.49"],
 *      "segments": [{"segment": "Champions", "r": [5, 5], "f": [4, 5], "m": [1, 5]}, ...]}
 *
 * recency is in days, so its cuts fall; nested frequency is a list of such lists by r, nested monetary by r and f. */
#define TILL_RFM_SCHEME_KIND "rfm-scheme"

/* TILL_ERROR_MODEL when there was no customer with purchases. */
TILL_API enum till_status till_rfm_scheme_save(struct till_sink sink, const struct till_rfm_scheme *scheme,
                                               struct till_error *error);

/* A scheme from the body of a model file; everything is checked (TILL_ERROR_STATE). Borrows `body`. */
TILL_API enum till_status till_rfm_scheme_decode(struct till_rfm_scheme **scheme, const json_t *body,
                                                 struct till_error *error);

/* The same from a file, which must be of this kind. */
TILL_API enum till_status till_rfm_scheme_load(struct till_rfm_scheme **scheme, const char *path,
                                               struct till_error *error);

/* --- Cells: how many customers and how much money lie where --- */

/* Start with {0}; sums are exact and in any order. About 7 KB. */
struct till_rfm_cells {
    uint64_t customers[TILL_RFM_BINS_MOST][TILL_RFM_BINS_MOST][TILL_RFM_BINS_MOST]; /* [r-1][f-1][m-1] */
    till_wide money[TILL_RFM_BINS_MOST][TILL_RFM_BINS_MOST];                        /* [r-1][f-1] */
};

TILL_API void till_rfm_cells_add(struct till_rfm_cells *cells, struct till_rfm_score score, int64_t monetary);

/* How many customers have `score` in one dimension. O(bins^2). */
TILL_API uint64_t till_rfm_cells_count(const struct till_rfm_cells *cells, enum till_rfm_dimension dimension,
                                       unsigned score);

/* r,f,customers,share,money: all bins x bins cells, also empty ones, by r and then f. share is of customers (missing
 * when there are none). TILL_ERROR_DATA when the money of a cell overflows 64 bits. */
TILL_API enum till_status till_rfm_cells_table(const struct till_rfm_cells *cells, unsigned bins,
                                               struct till_table **table, struct till_error *error);

#endif
