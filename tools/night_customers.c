/* tools/night_customers.c: the sections on customers and their money: segments, moves, tiers, concentration, cohorts.
 */
#include "night.h"

#include <math.h>
#include <stdlib.h>

#define TEXT(column)                                                                                                   \
    { .name = (column), .kind = TILL_FRAME_TEXT }
#define NUMBER(column)                                                                                                 \
    { .name = (column), .kind = TILL_FRAME_NUMBER }
#define OPTIONAL_NUMBER(column)                                                                                        \
    { .name = (column), .kind = TILL_FRAME_NUMBER, .optional = true }

/* More groups than this are a list of their own, and not for a page. */
enum { MOST_GROUPS = 30 };

static void say_more(struct page *page, size_t count) {
    char out[PAGE_NUMBER];
    const struct till_slice values[] = {page_number_of(out, (double)count - MOST_GROUPS, 0)};
    if (count > MOST_GROUPS)
        page_note(page, "#1 more are in the file.", values);
}

static struct till_slice or_none(const struct page *page, struct till_slice name) {
    return name.length > 0 ? name : till_slice_of(page_word(page, "(none)"));
}

/* --- Segments --- */

enum { SEGMENT, MONETARY };
static const struct picture_column segment_columns[] = {TEXT("segment"), NUMBER("monetary"), {0}};
static const struct picture_form segment_forms[] = {{.command = "till-rfm", .columns = segment_columns}, {0}};

static void put_segments(struct page *page, const struct group *groups, size_t count, double customers, double money) {
    static const struct page_column columns[] = {{"segment", true},         {"customers", false},
                                                 {"% of customers", false}, {"money", false},
                                                 {"% of money", false},     {"money per customer", false}};
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count && i < MOST_GROUPS; i++) {
        page_begin_row(page);
        page_text(page, or_none(page, groups[i].name));
        page_count(page, groups[i].count);
        page_share(page, groups[i].count / customers);
        page_money(page, groups[i].sum);
        page_share(page, money > 0 ? groups[i].sum / money : NAN);
        page_money(page, groups[i].sum / groups[i].count);
        page_end_row(page);
    }
    page_end_table(page);
    say_more(page, count);
}

static enum till_status tell_segments(struct night *night, const struct picture *table, struct till_error *error) {
    struct page *page = &night->page;
    double customers = (double)table->frame->rows;
    double money = night_sum(picture_numbers(table, MONETARY), table->frame->rows, NULL);
    struct group *groups;
    size_t count;
    char out[4][PAGE_NUMBER];
    enum till_status status = night_group(table, SEGMENT, MONETARY, &groups, &count, error);
    if (status != TILL_OK)
        return status;
    const struct till_slice values[] = {
        page_number_of(out[0], customers, 0), page_money_of(page, out[1], money), or_none(page, groups[0].name),
        page_share_of(out[2], groups[0].count / customers), page_share_of(out[3], groups[0].sum / money)};
    page_sentence(page,
                  money > 0 ? "#1 customers brought #2; “#3” has the most of it: #4 of the customers, #5 of the money."
                            : "#1 customers brought #2.",
                  values);
    put_segments(page, groups, count, customers, money);
    free(groups);
    return TILL_OK;
}

const struct section section_segments = {
    .name = "segments",
    .title = "Segments and their money",
    .table = {.forms = segment_forms},
    .pictures = {"segments", "rfm"},
    .tell = tell_segments,
};

/* --- Moves --- */

enum { FROM, TO, CUSTOMERS, VALUE };
static const struct picture_column move_columns[] = {
    TEXT("from"), TEXT("to"), NUMBER("customers"), OPTIONAL_NUMBER("value"), {0}};
static const struct picture_form move_forms[] = {{.command = "till-migrate", .columns = move_columns}, {0}};

struct moves {
    double known, stayed; /* customers who are in both files, and in the same group of both */
    double came, left;
};

static struct moves count_moves(const struct picture *table, double *moved) {
    const struct till_frame_column *from = picture_texts(table, FROM), *to = picture_texts(table, TO);
    const double *customers = picture_numbers(table, CUSTOMERS);
    struct moves moves = {0};
    for (size_t row = 0; row < table->frame->rows; row++) {
        struct till_slice old = picture_text_at(from, row), new = picture_text_at(to, row);
        double count = isnan(customers[row]) ? 0 : customers[row];
        bool same = till_slice_equal(old, new);
        moved[row] = same ? NAN : count;
        moves.came += old.length == 0 ? count : 0;
        moves.left += new.length == 0 ? count : 0;
        moves.known += old.length > 0 && new.length > 0 ? count : 0;
        moves.stayed += same ? count : 0;
    }
    return moves;
}

static void put_moves(struct night *night, const struct picture *table, const size_t *rows, size_t count) {
    static const struct page_column columns[] = {{"from", true}, {"to", true}, {"customers", false}, {"money", false}};
    struct page *page = &night->page;
    const double *value = picture_numbers(table, VALUE);
    page_columns(page, columns, value == NULL ? 3 : 4);
    for (size_t i = 0; i < count; i++) {
        struct till_slice old = picture_text_at(picture_texts(table, FROM), rows[i]);
        struct till_slice new = picture_text_at(picture_texts(table, TO), rows[i]);
        page_begin_row(page);
        page_text(page, old.length > 0 ? old : till_slice_of(page_word(page, "(new)")));
        page_text(page, new.length > 0 ? new : till_slice_of(page_word(page, "(gone)")));
        page_count(page, picture_numbers(table, CUSTOMERS)[rows[i]]);
        if (value != NULL)
            page_money(page, value[rows[i]]);
        page_end_row(page);
    }
    page_end_table(page);
}

static enum till_status tell_moves(struct night *night, const struct picture *table, struct till_error *error) {
    struct page *page = &night->page;
    double *moved = malloc(table->frame->rows * sizeof *moved);
    size_t *rows = malloc((night->top + 1) * sizeof *rows);
    char out[5][PAGE_NUMBER];
    if (moved == NULL || rows == NULL) {
        free(moved);
        free(rows);
        return till_error_memory(error);
    }
    struct moves moves = count_moves(table, moved);
    const struct till_slice values[] = {page_number_of(out[0], moves.stayed, 0), page_number_of(out[1], moves.known, 0),
                                        page_share_of(out[2], moves.stayed / moves.known),
                                        page_number_of(out[3], moves.came, 0), page_number_of(out[4], moves.left, 0)};
    page_sentence(page,
                  moves.known > 0 ? "#1 of #2 customers (#3) stayed where they were; #4 are new, and #5 are gone."
                                  : "No customer is in both files: #4 are new, and #5 are gone.",
                  values);
    put_moves(night, table, rows, night_best(moved, table->frame->rows, rows, night->top));
    free(moved);
    free(rows);
    return TILL_OK;
}

const struct section section_moves = {
    .name = "moves",
    .title = "Who moved",
    .table = {.forms = move_forms},
    .pictures = {"migration"},
    .tell = tell_moves,
};

/* --- Tiers --- */

enum { TIER, SHARE };
static const struct picture_column tier_columns[] = {TEXT("tier"), NUMBER("share"), {0}};
static const struct picture_form tier_forms[] = {{.command = "till-value", .columns = tier_columns}, {0}};

/* Tiers come from the best customer down: by what a customer of theirs brings. */
static enum till_status tell_tiers(struct night *night, const struct picture *table, struct till_error *error) {
    static const struct page_column columns[] = {
        {"tier", true}, {"customers", false}, {"% of customers", false}, {"% of value", false}};
    struct page *page = &night->page;
    double customers = (double)table->frame->rows;
    struct group *groups;
    size_t count;
    char out[3][PAGE_NUMBER];
    enum till_status status = night_group(table, TIER, SHARE, &groups, &count, error);
    if (status != TILL_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        groups[i].order = groups[i].sum / groups[i].count;
    night_sort(groups, count);
    const struct till_slice values[] = {or_none(page, groups[0].name), page_number_of(out[0], groups[0].count, 0),
                                        page_share_of(out[1], groups[0].count / customers),
                                        page_share_of(out[2], groups[0].sum)};
    page_sentence(page, "The #2 customers of the tier “#1” (#3 of all) bring #4 of the value.", values);
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count && i < MOST_GROUPS; i++) {
        page_begin_row(page);
        page_text(page, or_none(page, groups[i].name));
        page_count(page, groups[i].count);
        page_share(page, groups[i].count / customers);
        page_share(page, groups[i].sum);
        page_end_row(page);
    }
    page_end_table(page);
    say_more(page, count);
    free(groups);
    return TILL_OK;
}

const struct section section_tiers = {
    .name = "tiers",
    .title = "Tiers",
    .table = {.forms = tier_forms},
    .tell = tell_tiers,
};

/* --- Concentration --- */

enum { TOP, VALUE_SHARE };
static const struct picture_column curve_columns[] = {NUMBER("top"), NUMBER("value_share"), {0}};
static const struct picture_form curve_forms[] = {{.command = "till-value --curve", .columns = curve_columns}, {0}};

/* The least percent of customers that brings half of the value, and what the best fifth brings; NaN where the curve
 * does not say. */
static enum till_status tell_concentration(struct night *night, const struct picture *table, struct till_error *error) {
    const double *top = picture_numbers(table, TOP), *share = picture_numbers(table, VALUE_SHARE);
    double fifth = NAN, half = NAN;
    char out[2][PAGE_NUMBER];
    (void)error;
    for (size_t i = 0; i < table->frame->rows; i++) {
        fifth = top[i] == 20 ? share[i] : fifth;
        half = isnan(half) && share[i] >= 0.5 ? top[i] : half;
    }
    const struct till_slice values[] = {page_share_of(out[0], fifth), page_share_of(out[1], half / 100)};
    page_sentence(&night->page,
                  isnan(fifth) || isnan(half)
                      ? "The curve does not tell shares: the value of some customers is negative, or there is none."
                      : "The best 20% of customers bring #1 of the value; half of it comes from the best #2.",
                  values);
    return TILL_OK;
}

const struct section section_concentration = {
    .name = "concentration",
    .title = "How concentrated the value is",
    .table = {.forms = curve_forms},
    .pictures = {"value"},
    .tell = tell_concentration,
};

/* --- Cohorts --- */

enum { COHORT, PERIOD, COHORT_CUSTOMERS, ACTIVE, COMPLETE };
static const struct picture_column cohort_columns[] = {TEXT("cohort"),   NUMBER("period"),   NUMBER("customers"),
                                                       NUMBER("active"), NUMBER("complete"), {0}};
static const struct picture_form cohort_forms[] = {{.command = "till-cohort", .columns = cohort_columns}, {0}};

/* The share of customers who bought in a period after their first, over the cohorts for which it is complete. */
static double retention_after(const struct picture *table, double period, size_t *cohorts) {
    double active = 0, customers = 0;
    *cohorts = 0;
    for (size_t row = 0; row < table->frame->rows; row++)
        if (picture_numbers(table, PERIOD)[row] == period && picture_numbers(table, COMPLETE)[row] == 1) {
            active += picture_numbers(table, ACTIVE)[row];
            customers += picture_numbers(table, COHORT_CUSTOMERS)[row];
            ++*cohorts;
        }
    return customers > 0 ? active / customers : NAN;
}

static enum till_status tell_cohorts(struct night *night, const struct picture *table, struct till_error *error) {
    char out[4][PAGE_NUMBER];
    size_t cohorts, later;
    double first = retention_after(table, 1, &cohorts), third = retention_after(table, 3, &later);
    (void)error;
    const struct till_slice values[] = {page_number_of(out[0], (double)cohorts, 0), page_share_of(out[1], first),
                                        page_share_of(out[2], third)};
    page_sentence(&night->page,
                  isnan(first)   ? "The data are too short to see a cohort come back."
                  : isnan(third) ? "Of the customers of #1 cohorts, #2 bought in the period after their first."
                                 : "Of the customers of #1 cohorts, #2 bought in the period after their first, and #3 "
                                   "in the third after it.",
                  values);
    return TILL_OK;
}

const struct section section_cohorts = {
    .name = "cohorts",
    .title = "Cohorts",
    .table = {.forms = cohort_forms},
    .pictures = {"cohort"},
    .tell = tell_cohorts,
};
