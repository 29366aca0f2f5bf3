/* RFM scores, segments and schemes: held to the definition by another formula, and to counts of other programs on
 * CDNOW. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include <till/rfm.h>

/* --- Customers to score --- */

struct customers {
    size_t count;
    int32_t *recency;
    uint64_t *frequency;
    int64_t *monetary;
};

static struct customers customers_new(size_t count) {
    struct customers c = {count, calloc(count, sizeof(int32_t)), calloc(count, sizeof(uint64_t)),
                          calloc(count, sizeof(int64_t))};
    assert_true(c.recency != NULL && c.frequency != NULL && c.monetary != NULL);
    return c;
}

static void customers_free(struct customers *c) {
    free(c->recency);
    free(c->frequency);
    free(c->monetary);
}

static struct till_rfm_figures figures_of(const struct customers *c) {
    return (struct till_rfm_figures){c->count, c->recency, c->frequency, c->monetary};
}

/* The linear congruence of Knuth's MMIX: any numbers will do here. */
static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

/* Customers with many ties, negative money, and some with returns alone. */
static struct customers draw_customers(size_t count, uint64_t seed) {
    struct customers c = customers_new(count);
    for (size_t i = 0; i < count; i++) {
        bool returns_alone = draw(&seed, 20) == 0;
        c.recency[i] = returns_alone ? TILL_RFM_RECENCY_MISSING : (int32_t)draw(&seed, 40);
        c.frequency[i] = returns_alone ? 0 : 1 + draw(&seed, 1 + draw(&seed, 12));
        c.monetary[i] = (int64_t)draw(&seed, 60) * 10000 - 50000;
    }
    return c;
}

static struct till_rfm_scheme *fit(const struct customers *c, unsigned bins, enum till_rfm_scores scores) {
    struct till_rfm_scheme *scheme;
    struct till_error error = {0};
    struct till_rfm_figures figures = figures_of(c);
    assert_int_equal(till_rfm_scheme_fit(&scheme, &figures, bins, scores, 0, &error), TILL_OK);
    return scheme;
}

static struct till_rfm_score score_of(const struct till_rfm_scheme *scheme, const struct customers *c, size_t i) {
    return till_rfm_scheme_score(scheme, c->recency[i], c->frequency[i], c->monetary[i]);
}

/* --- Scores --- */

static int64_t value_of(const struct customers *c, enum till_rfm_dimension dimension, size_t i) {
    if (dimension == TILL_RFM_RECENCY)
        return -(int64_t)c->recency[i];
    return dimension == TILL_RFM_FREQUENCY ? (int64_t)c->frequency[i] : c->monetary[i];
}

/* "Ties to the lowest rank": floor(bins (rank - 1) / n) + 1, rank counting those strictly below, among the customers
 * with purchases whose group is that of i. Quadratic, and without any cut. */
static unsigned score_by_rank(const struct customers *c, enum till_rfm_dimension dimension, size_t i,
                              const unsigned *group, unsigned bins) {
    size_t n = 0, below = 0;
    for (size_t j = 0; j < c->count; j++) {
        if (c->recency[j] == TILL_RFM_RECENCY_MISSING || group[j] != group[i])
            continue;
        n++;
        below += value_of(c, dimension, j) < value_of(c, dimension, i);
    }
    return (unsigned)(bins * below / n) + 1;
}

static void check_by_rank(const struct customers *c, unsigned bins, enum till_rfm_scores scores) {
    struct till_rfm_scheme *scheme = fit(c, bins, scores);
    unsigned *group[3];
    for (int d = 0; d < 3; d++)
        assert_non_null(group[d] = calloc(c->count, sizeof(unsigned)));
    for (size_t i = 0; i < c->count && scores == TILL_RFM_NESTED; i++) {
        group[1][i] = score_of(scheme, c, i).r;
        group[2][i] = group[1][i] * 10u + score_of(scheme, c, i).f;
    }
    for (size_t i = 0; i < c->count; i++) {
        struct till_rfm_score score = score_of(scheme, c, i);
        bool alone = c->recency[i] == TILL_RFM_RECENCY_MISSING;
        assert_int_equal(score.r, alone ? 1 : score_by_rank(c, TILL_RFM_RECENCY, i, group[0], bins));
        assert_int_equal(score.f, alone ? 1 : score_by_rank(c, TILL_RFM_FREQUENCY, i, group[1], bins));
        assert_int_equal(score.m, alone ? 1 : score_by_rank(c, TILL_RFM_MONETARY, i, group[2], bins));
    }
    for (int d = 0; d < 3; d++)
        free(group[d]);
    till_rfm_scheme_free(scheme);
}

static void scores_are_those_of_the_lowest_rank(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 7, 50, 501};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        for (unsigned bins = 2; bins <= 9; bins++) {
            struct customers c = draw_customers(counts[k], 7 * k + bins);
            if (counts[k] == 1)
                c.recency[0] = 3;
            check_by_rank(&c, bins, TILL_RFM_INDEPENDENT);
            check_by_rank(&c, bins, TILL_RFM_NESTED);
            customers_free(&c);
        }
}

static void the_order_of_customers_never_matters(void **state) {
    (void)state;
    struct customers c = draw_customers(300, 11), turned = customers_new(300);
    for (size_t i = 0; i < 300; i++) {
        size_t from = i * 7 % 300;
        turned.recency[i] = c.recency[from];
        turned.frequency[i] = c.frequency[from];
        turned.monetary[i] = c.monetary[from];
    }
    for (int scores = TILL_RFM_INDEPENDENT; scores <= TILL_RFM_NESTED; scores++) {
        struct till_rfm_scheme *one = fit(&c, 5, (enum till_rfm_scores)scores);
        struct till_rfm_scheme *two = fit(&turned, 5, (enum till_rfm_scores)scores);
        for (unsigned r = 1; r <= 5; r++)
            for (unsigned f = 1; f <= 5; f++)
                for (int d = TILL_RFM_RECENCY; d <= TILL_RFM_MONETARY; d++)
                    assert_memory_equal(till_rfm_scheme_cuts(one, (enum till_rfm_dimension)d, r, f),
                                        till_rfm_scheme_cuts(two, (enum till_rfm_dimension)d, r, f),
                                        4 * sizeof(int64_t));
        till_rfm_scheme_free(one);
        till_rfm_scheme_free(two);
    }
    customers_free(&turned);
    customers_free(&c);
}

static void customers_with_returns_alone_change_no_cut(void **state) {
    (void)state;
    struct customers c = draw_customers(200, 5);
    struct till_rfm_scheme *with = fit(&c, 5, TILL_RFM_INDEPENDENT);
    struct customers without = customers_new(200);
    without.count = 0;
    for (size_t i = 0; i < c.count; i++)
        if (c.recency[i] != TILL_RFM_RECENCY_MISSING) {
            without.recency[without.count] = c.recency[i];
            without.frequency[without.count] = c.frequency[i];
            without.monetary[without.count++] = c.monetary[i];
        }
    assert_true(without.count < c.count);
    struct till_rfm_scheme *alone = fit(&without, 5, TILL_RFM_INDEPENDENT);
    for (int d = TILL_RFM_RECENCY; d <= TILL_RFM_MONETARY; d++)
        assert_memory_equal(till_rfm_scheme_cuts(with, (enum till_rfm_dimension)d, 1, 1),
                            till_rfm_scheme_cuts(alone, (enum till_rfm_dimension)d, 1, 1), 4 * sizeof(int64_t));
    assert_int_equal(till_rfm_scheme_customers(with), without.count);
    till_rfm_scheme_free(with);
    till_rfm_scheme_free(alone);
    customers_free(&without);
    customers_free(&c);
}

static void without_purchases_everybody_scores_one(void **state) {
    (void)state;
    struct customers c = customers_new(2);
    c.recency[0] = c.recency[1] = TILL_RFM_RECENCY_MISSING;
    struct till_rfm_scheme *scheme = fit(&c, 5, TILL_RFM_INDEPENDENT);
    struct till_rfm_score score = till_rfm_scheme_score(scheme, 0, 100, 1000000);
    assert_true(score.r == 1 && score.f == 1 && score.m == 1);
    struct till_error error = {0};
    struct till_text text = {0};
    assert_int_equal(till_rfm_scheme_save(till_sink_text(&text), scheme, &error), TILL_ERROR_MODEL);
    assert_int_equal(text.length, 0);
    till_rfm_scheme_free(scheme);
    customers_free(&c);
}

/* --- CDNOW --- */

/* The 1/10 sample: master id, sample id, YYYYMMDD, CDs, dollars, set apart by blanks; sorted by customer. Each line is
 * a purchase. Recency to 1998-06-30. Days are counted here by a formula of its own (days of the civil calendar, March
 * first). */
static int32_t days_of(int date) {
    int year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month < 3;
    month += month < 3 ? 9 : -3;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
}

static bool read_cdnow(struct customers *c) {
    const char *shared = getenv("TILL_SHARED");
    char path[1024], line[256];
    snprintf(path, sizeof path, "%s/data/cdnow/CDNOW_sample.txt.gz", shared == NULL ? "../shared" : shared);
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return false;
    *c = customers_new(3000);
    c->count = 0;
    int last_id = 0, master, id, date, cds, dollars, cents;
    while (gzgets(file, line, sizeof line) != NULL) {
        assert_int_equal(sscanf(line, "%d %d %d %d %d.%2d", &master, &id, &date, &cds, &dollars, &cents), 6);
        if (id != last_id)
            c->recency[c->count++] = INT32_MAX;
        last_id = id;
        size_t i = c->count - 1;
        int32_t recency = days_of(19980630) - days_of(date);
        c->recency[i] = recency < c->recency[i] ? recency : c->recency[i];
        c->frequency[i]++;
        c->monetary[i] += dollars * 10000 + cents * 100;
    }
    gzclose(file);
    return true;
}

/* Counts by score from a study of other programs' rules ("ties to lowest, min rank"), made with pandas on the same
 * lines: n = 2357; F 1:1205 3:406 4:358 5:388; M 481/462/472/471/471; R 482/471/463/470/471. */
static void cdnow_counts_are_those_of_other_programs(void **state) {
    (void)state;
    static const uint64_t expected[3][5] = {
        {482, 471, 463, 470, 471}, {1205, 0, 406, 358, 388}, {481, 462, 472, 471, 471}};
    struct customers c;
    if (!read_cdnow(&c)) {
        print_message("# the shared data are not here\n");
        skip();
    }
    assert_int_equal(c.count, 2357);
    struct till_rfm_scheme *scheme = fit(&c, 5, TILL_RFM_INDEPENDENT);
    static struct till_rfm_cells cells;
    for (size_t i = 0; i < c.count; i++)
        till_rfm_cells_add(&cells, score_of(scheme, &c, i), c.monetary[i]);
    for (unsigned d = 0; d < 3; d++)
        for (unsigned s = 1; s <= 5; s++)
            assert_int_equal(till_rfm_cells_count(&cells, (enum till_rfm_dimension)d, s), expected[d][s - 1]);
    till_rfm_scheme_free(scheme);
    customers_free(&c);
}

/* --- Segments --- */

static struct till_slice name_at(const struct till_rfm_segments *segments, unsigned r, unsigned f, unsigned m) {
    return till_rfm_segments_name(segments,
                                  (struct till_rfm_score){(unsigned char)r, (unsigned char)f, (unsigned char)m});
}

/* The recency by frequency map in common use, [r-1][f-1]: hibernating [12][12], at_risk [12][34], cant_loose [12]5,
 * about_to_sleep 3[12], need_attention 33, loyal [34][45], promising 41, new_customers 51, potential_loyalists
 * [45][23], champions 5[45]. "Lost" is r = 1 of hibernating. */
static void built_in_segments_are_the_common_map(void **state) {
    (void)state;
    static const char *const map[5][5] = {
        {"Lost", "Lost", "At Risk", "At Risk", "Can't Lose Them"},
        {"Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose Them"},
        {"About To Sleep", "About To Sleep", "Need Attention", "Loyal", "Loyal"},
        {"Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"},
        {"New", "Potential Loyalist", "Potential Loyalist", "Champions", "Champions"}};
    struct till_rfm_segments *segments;
    struct till_error error = {0};
    assert_int_equal(till_rfm_segments_builtin(&segments, 5, &error), TILL_OK);
    for (unsigned r = 1; r <= 5; r++)
        for (unsigned f = 1; f <= 5; f++)
            for (unsigned m = 1; m <= 5; m++)
                assert_true(till_slice_equal(name_at(segments, r, f, m), till_slice_of(map[r - 1][f - 1])));
    till_rfm_segments_free(segments);
}

/* till_rfm_segments_new checks the cover; the corners keep their names. */
static void built_in_segments_exist_for_all_bins(void **state) {
    (void)state;
    for (unsigned bins = 2; bins <= 9; bins++) {
        struct till_rfm_segments *segments;
        struct till_error error = {0};
        assert_int_equal(till_rfm_segments_builtin(&segments, bins, &error), TILL_OK);
        assert_int_equal(till_rfm_segments_bins(segments), bins);
        assert_true(till_slice_equal(name_at(segments, 1, 1, bins), till_slice_of("Lost")));
        assert_true(till_slice_equal(name_at(segments, bins, 1, 1), till_slice_of("New")));
        assert_true(till_slice_equal(name_at(segments, 1, bins, 1), till_slice_of("Can't Lose Them")));
        assert_true(till_slice_equal(name_at(segments, bins, bins, 1), till_slice_of("Champions")));
        till_rfm_segments_free(segments);
    }
}

#define RULE(name, a, b, c, d, e, f)                                                                                   \
    { {name, sizeof(name) - 1}, a, b, c, d, e, f }

static void expect_refusal(const struct till_rfm_rule *rules, size_t count, unsigned bins, const char *message) {
    struct till_rfm_segments *segments;
    struct till_error error = {0};
    assert_int_equal(till_rfm_segments_new(&segments, rules, count, bins, &error), TILL_ERROR_DATA);
    assert_null(segments);
    assert_string_equal(error.message, message);
}

static void tables_with_gaps_and_overlaps_are_refused(void **state) {
    (void)state;
    const struct till_rfm_rule twice[] = {RULE("low", 1, 1, 1, 2, 1, 2), RULE("high", 2, 2, 1, 2, 1, 2),
                                          RULE("more", 2, 2, 2, 2, 1, 1)};
    const struct till_rfm_rule range[] = {RULE("low", 1, 3, 1, 2, 1, 2)}, none[] = {RULE("low", 2, 1, 1, 2, 1, 2)};
    const struct till_rfm_rule nameless[] = {RULE("", 1, 2, 1, 2, 1, 2)};
    struct till_rfm_segments *segments;
    assert_int_equal(till_rfm_segments_new(&segments, twice, 2, 2, NULL), TILL_OK);
    till_rfm_segments_free(segments);
    expect_refusal(twice, 3, 2, "the cell r=2 f=2 m=1 is covered twice, by \"high\" (row 2) and \"more\" (row 3)");
    expect_refusal(twice, 1, 2, "the cell r=2 f=1 m=1 is covered by no segment (4 of 8 cells are not)");
    expect_refusal(twice, 0, 2, "the cell r=1 f=1 m=1 is covered by no segment (8 of 8 cells are not)");
    expect_refusal(range, 1, 2, "segment \"low\" (row 1): r from 1 to 3 is not a range within 1 to 2");
    expect_refusal(none, 1, 2, "segment \"low\" (row 1): r from 2 to 1 is not a range within 1 to 2");
    expect_refusal(nameless, 1, 2, "row 1: a segment needs a name");
}

/* The widely copied table of ranges (R package rfm 0.2: Champions 4-5,4-5,4-5; Loyal 2-5,3-5,3-5; ...) covers cells
 * twice. */
static void the_published_ranges_do_not_cover_each_cell_once(void **state) {
    (void)state;
    const struct till_rfm_rule rules[] = {
        RULE("Champions", 4, 5, 4, 5, 4, 5),          RULE("Loyal", 2, 5, 3, 5, 3, 5),
        RULE("Potential Loyalist", 3, 5, 1, 3, 1, 3), RULE("New", 4, 5, 1, 1, 1, 1),
        RULE("Promising", 3, 4, 1, 1, 1, 1),          RULE("Need Attention", 2, 3, 2, 3, 2, 3),
        RULE("About To Sleep", 2, 3, 1, 2, 1, 2),     RULE("At Risk", 1, 2, 2, 5, 2, 5),
        RULE("Can't Lose", 1, 1, 4, 5, 4, 5),         RULE("Lost", 1, 2, 1, 2, 1, 2)};
    struct till_rfm_segments *segments;
    assert_int_equal(till_rfm_segments_new(&segments, rules, sizeof rules / sizeof *rules, 5, NULL), TILL_ERROR_DATA);
    assert_null(segments);
}

/* --- Cells --- */

static void cells_add_up(void **state) {
    (void)state;
    static struct till_rfm_cells cells;
    till_rfm_cells_add(&cells, (struct till_rfm_score){1, 2, 1}, 125000);
    till_rfm_cells_add(&cells, (struct till_rfm_score){1, 2, 2}, -5000);
    till_rfm_cells_add(&cells, (struct till_rfm_score){2, 2, 2}, 70000);
    struct till_table *table;
    struct till_error error = {0};
    assert_int_equal(till_rfm_cells_table(&cells, 2, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 4);
    static const uint64_t customers[] = {0, 2, 0, 1};
    static const int64_t money[] = {0, 120000, 0, 70000};
    assert_memory_equal(till_table_column(table, "customers")->count, customers, sizeof customers);
    assert_memory_equal(till_table_column(table, "money")->money, money, sizeof money);
    assert_true(till_table_column(table, "share")->real[3] == 1.0 / 3.0);
    till_table_free(table);
    till_rfm_cells_add(&cells, (struct till_rfm_score){2, 2, 2}, INT64_MAX);
    assert_int_equal(till_rfm_cells_table(&cells, 2, &table, &error), TILL_ERROR_DATA);
    assert_null(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_lowest_rank),
        cmocka_unit_test(the_order_of_customers_never_matters),
        cmocka_unit_test(customers_with_returns_alone_change_no_cut),
        cmocka_unit_test(without_purchases_everybody_scores_one),
        cmocka_unit_test(cdnow_counts_are_those_of_other_programs),
        cmocka_unit_test(built_in_segments_are_the_common_map),
        cmocka_unit_test(built_in_segments_exist_for_all_bins),
        cmocka_unit_test(tables_with_gaps_and_overlaps_are_refused),
        cmocka_unit_test(the_published_ranges_do_not_cover_each_cell_once),
        cmocka_unit_test(cells_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
