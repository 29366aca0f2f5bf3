/* Cohorts against a version that looks at every customer for every cell, on random histories, and against cells worked
 * out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/cohort.h>

/* ---- histories ---- */

#define MOST_DAYS 4000
struct made_history {
    struct till_ledger_history history;
    uint32_t codes[300];
    size_t first[301];
    struct till_ledger_day days[MOST_DAYS];
};

static void start_history(struct made_history *made) {
    memset(made, 0, sizeof *made);
    made->history = (struct till_ledger_history){.customer = made->codes, .first = made->first, .days = made->days};
}

/* Adds a day to the last customer. */
static void add_day(struct made_history *made, int32_t day, uint32_t purchases, int64_t spent, uint32_t returns,
                    int64_t returned) {
    size_t at = made->first[made->history.customers]++;
    assert_true(at < MOST_DAYS);
    made->days[at] =
        (struct till_ledger_day){made->history.customers - 1, day, purchases, returns, purchases, spent, returned};
}

static void add_customer(struct made_history *made) {
    made->history.customers++;
    made->first[made->history.customers] = made->first[made->history.customers - 1];
}

static int32_t day_of(int year, int month, int day) {
    return till_date_from_civil(year, month, day);
}

/* ---- the slow version ---- */

static bool buys_in(const struct made_history *made, size_t customer, enum till_period_unit unit, int32_t period,
                    int32_t as_of) {
    for (size_t i = made->first[customer]; i < made->first[customer + 1]; i++)
        if (made->days[i].day <= as_of && made->days[i].purchases > 0 &&
            till_date_period(unit, made->days[i].day) == period)
            return true;
    return false;
}

static bool belongs_to(const struct made_history *made, size_t customer, const struct till_cohort_settings *settings,
                       int32_t start) {
    if (!buys_in(made, customer, settings->unit, start, settings->as_of))
        return false;
    for (int32_t before = start - 200; before < start; before++)
        if (buys_in(made, customer, settings->unit, before, settings->as_of))
            return false;
    return true;
}

static struct till_cohort_cell slow_cell(const struct made_history *made, const struct till_cohort_settings *settings,
                                         int32_t start, int32_t period) {
    struct till_cohort_cell cell = {0};
    for (size_t c = 0; c < made->history.customers; c++) {
        if (!belongs_to(made, c, settings, start))
            continue;
        cell.active += buys_in(made, c, settings->unit, period, settings->as_of);
        for (size_t i = made->first[c]; i < made->first[c + 1]; i++) {
            const struct till_ledger_day *day = &made->days[i];
            if (day->day > settings->as_of || till_date_period(settings->unit, day->day) != period)
                continue;
            cell.orders += settings->count_days ? (day->purchases > 0 ? 1 : 0) : day->purchases;
            cell.revenue += day->spent + (settings->drop_returns ? 0 : day->returned);
        }
    }
    return cell;
}

/* Random customers over about 200 days of 2024; numbers from Knuth's MMIX generator. */
static void make_random(struct made_history *made, uint64_t seed) {
    uint64_t bits = seed;
    start_history(made);
    for (int c = 0; c < 60; c++) {
        int32_t day = day_of(2024, 1, 1);
        add_customer(made);
        for (;;) {
            bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            day += 1 + (int32_t)(bits >> 58);
            if (day > day_of(2024, 7, 20))
                break;
            uint32_t purchases = (uint32_t)(bits >> 40) % 3;
            uint32_t returns = purchases == 0 || (bits >> 33) % 5 == 0;
            add_day(made, day, purchases, (int64_t)purchases * 12345, returns, -(int64_t)returns * 777);
        }
    }
}

static void assert_equals_slow(const struct made_history *made, const struct till_cohort_settings *settings) {
    struct till_cohorts cohorts;
    struct till_error error = {0};
    uint64_t members = 0;
    assert_int_equal(till_cohort_compute(&cohorts, &made->history, settings, &error), TILL_OK);
    assert_true(cohorts.count > 1);
    for (size_t i = 0; i < cohorts.count; i++) {
        uint64_t customers = 0;
        for (size_t c = 0; c < made->history.customers; c++)
            customers += belongs_to(made, c, settings, cohorts.start[i]);
        assert_int_equal(cohorts.customers[i], customers);
        members += customers;
        assert_int_equal(cohorts.first[i + 1] - cohorts.first[i], cohorts.last - cohorts.start[i] + 1);
        for (int32_t period = cohorts.start[i]; period <= cohorts.last; period++) {
            struct till_cohort_cell expected = slow_cell(made, settings, cohorts.start[i], period);
            assert_memory_equal(&cohorts.cells[cohorts.first[i] + (size_t)(period - cohorts.start[i])], &expected,
                                sizeof expected);
        }
    }
    assert_true(members + cohorts.return_customers <= made->history.customers);
    till_cohort_free(&cohorts);
}

static void cells_equal_the_slow_version(void **state) {
    (void)state;
    static struct made_history made;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        make_random(&made, seed);
        struct till_cohort_settings settings = {TILL_PERIOD_WEEK, day_of(2024, 7, 20), false, false};
        assert_equals_slow(&made, &settings);
        settings = (struct till_cohort_settings){TILL_PERIOD_MONTH, day_of(2024, 6, 10), true, false};
        assert_equals_slow(&made, &settings);
        settings = (struct till_cohort_settings){TILL_PERIOD_MONTH, day_of(2024, 9, 30), false, true};
        assert_equals_slow(&made, &settings);
        settings = (struct till_cohort_settings){TILL_PERIOD_QUARTER, day_of(2024, 12, 31), false, false};
        assert_equals_slow(&made, &settings);
    }
}

/* All money of the history is somewhere. */
static void money_is_in_cells_or_accounted_for(void **state) {
    (void)state;
    static struct made_history made;
    struct till_error error = {0};
    for (uint64_t seed = 10; seed < 20; seed++) {
        struct till_cohorts cohorts;
        int64_t total = 0;
        make_random(&made, seed);
        struct till_cohort_settings settings = {TILL_PERIOD_WEEK, day_of(2024, 12, 31), false, false};
        assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
        for (size_t i = 0; i < made.first[made.history.customers]; i++)
            total += made.days[i].spent + made.days[i].returned;
        for (size_t i = 0; i < cohorts.first[cohorts.count]; i++)
            total -= cohorts.cells[i].revenue;
        assert_int_equal(total, cohorts.return_customers_money + cohorts.early_returns_money);
        till_cohort_free(&cohorts);
    }
}

/* ---- by hand ---- */

/* A buys in January, twice, and in March; B returns in January and buys in February; C only returns. */
static void make_three(struct made_history *made) {
    start_history(made);
    add_customer(made);
    add_day(made, day_of(2024, 1, 5), 2, 300000, 0, 0);
    add_day(made, day_of(2024, 1, 9), 1, 100000, 1, -50000);
    add_day(made, day_of(2024, 3, 1), 1, 70000, 0, 0);
    add_customer(made);
    add_day(made, day_of(2024, 1, 31), 0, 0, 1, -10000);
    add_day(made, day_of(2024, 2, 29), 1, 40000, 0, 0);
    add_customer(made);
    add_day(made, day_of(2024, 2, 2), 0, 0, 1, -99);
}

static void hand_made_cells_are_right(void **state) {
    (void)state;
    static struct made_history made;
    struct till_cohorts cohorts;
    struct till_error error = {0};
    make_three(&made);
    struct till_cohort_settings settings = {TILL_PERIOD_MONTH, day_of(2024, 3, 30), false, false};
    assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
    const struct till_cohort_cell expected[] = {{1, 3, 350000}, {0, 0, 0}, {1, 1, 70000}, {1, 1, 40000}, {0, 0, 0}};
    assert_int_equal(cohorts.count, 2);
    assert_int_equal(cohorts.first[2], 5);
    assert_memory_equal(cohorts.cells, expected, sizeof expected);
    assert_false(cohorts.last_complete);
    assert_int_equal(cohorts.return_customers, 1);
    assert_int_equal(cohorts.return_customers_money, -99);
    assert_int_equal(cohorts.early_returns, 1);
    assert_int_equal(cohorts.early_returns_money, -10000);
    till_cohort_free(&cohorts);
}

static void tables_hold_the_cells(void **state) {
    (void)state;
    static struct made_history made;
    struct till_cohorts cohorts;
    struct till_table *table;
    struct till_error error = {0};
    make_three(&made);
    struct till_cohort_settings settings = {TILL_PERIOD_MONTH, day_of(2024, 3, 30), false, false};
    assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
    assert_int_equal(till_cohort_table(&cohorts, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 5);
    assert_true(till_slice_equal(till_table_column(table, "cohort")->text[3], till_slice_of("2024-02")));
    assert_int_equal(till_table_column(table, "period")->count[4], 1);
    assert_true(till_table_column(table, "retention")->real[1] == 0);
    const uint64_t complete[] = {1, 1, 0, 1, 0};
    assert_memory_equal(till_table_column(table, "complete")->count, complete, sizeof complete);
    till_table_free(table);
    assert_int_equal(till_cohort_triangle(&cohorts, TILL_COHORT_RETENTION, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->column_count, 2 + 3);
    assert_true(till_table_column(table, "2")->real[0] == 1);
    assert_true(isnan(till_table_column(table, "2")->real[1]));
    till_table_free(table);
    till_cohort_free(&cohorts);
}

static void the_last_day_of_a_period_completes_it(void **state) {
    (void)state;
    static struct made_history made;
    struct till_cohorts cohorts;
    struct till_error error = {0};
    const enum till_period_unit units[] = {TILL_PERIOD_WEEK, TILL_PERIOD_MONTH, TILL_PERIOD_QUARTER};
    make_three(&made);
    for (size_t i = 0; i < 3; i++) { /* 2024-03-31 is a Sunday, and ends a month and a quarter */
        struct till_cohort_settings settings = {units[i], day_of(2024, 3, 31), false, false};
        assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
        assert_true(cohorts.last_complete);
        till_cohort_free(&cohorts);
        settings.as_of--;
        assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
        assert_false(cohorts.last_complete);
        till_cohort_free(&cohorts);
    }
}

static void nothing_gives_empty_tables(void **state) {
    (void)state;
    static struct made_history made;
    struct till_cohorts cohorts;
    struct till_table *table;
    struct till_error error = {0};
    start_history(&made);
    struct till_cohort_settings settings = {TILL_PERIOD_MONTH, TILL_DAY_MISSING, false, false};
    assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_OK);
    assert_int_equal(till_cohort_table(&cohorts, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 0);
    assert_int_equal(table->column_count, 8);
    till_table_free(table);
    assert_int_equal(till_cohort_triangle(&cohorts, TILL_COHORT_ACTIVE, &table, &error), TILL_OK);
    assert_int_equal(table->column_count, 2);
    till_table_free(table);
    till_cohort_free(&cohorts);
}

static void a_wild_date_is_an_error_and_so_is_too_much_money(void **state) {
    (void)state;
    static struct made_history made;
    struct till_cohorts cohorts;
    struct till_error error = {0};
    start_history(&made);
    for (int i = 0; i < 100; i++) {
        add_customer(&made);
        add_day(&made, day_of(2024, 1, 1) + 7 * i, 1, INT64_MAX / 2, 0, 0);
        add_day(&made, day_of(9999, 12, 31), 1, INT64_MAX / 2, 0, 0);
    }
    struct till_cohort_settings settings = {TILL_PERIOD_WEEK, day_of(9999, 12, 31), false, false};
    assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "--until"));
    settings.unit = TILL_PERIOD_QUARTER;
    assert_int_equal(till_cohort_compute(&cohorts, &made.history, &settings, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "money"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_equal_the_slow_version),
        cmocka_unit_test(money_is_in_cells_or_accounted_for),
        cmocka_unit_test(hand_made_cells_are_right),
        cmocka_unit_test(tables_hold_the_cells),
        cmocka_unit_test(the_last_day_of_a_period_completes_it),
        cmocka_unit_test(nothing_gives_empty_tables),
        cmocka_unit_test(a_wild_date_is_an_error_and_so_is_too_much_money),
    };
    return cmocka_run_group_tests_name("cohort", tests, NULL, NULL);
}
