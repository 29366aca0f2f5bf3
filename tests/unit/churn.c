/* Which days churn looks back from, and which customers it learns from when there are too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/churn.h>
#include <till/random.h>

#include "lib/mining/churn/parts.h"

static struct till_churn_plan plan_of(struct till_churn_settings settings, int32_t oldest, int32_t as_of) {
    struct till_churn_plan plan;
    struct till_error error = {0};
    if (till_churn_plan(&plan, &settings, oldest, as_of, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return plan;
}

static void rolling_cutoffs_end_with_the_last_answer(void **state) {
    struct till_churn_plan plan =
        plan_of((struct till_churn_settings){.horizon = 90, .gap = 5, .spacing = 30, .cutoff_count = 12}, 0, 400);
    (void)state;
    /* 400 - 95 = 305 is the last day with an answer; 90 the first with a horizon of history before it. */
    assert_int_equal(plan.count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(plan.cutoffs[i], 95 + 30 * (int)i);
    assert_int_equal(plan.cutoffs[8], 400);
    /* 305 - 95 = 210: 95, 125, 155, 185. */
    assert_int_equal(plan.training, 4);
    plan = plan_of((struct till_churn_settings){.horizon = 90, .spacing = 30, .cutoff_count = 4}, 0, 400);
    assert_int_equal(plan.count, 4);
    assert_int_equal(plan.cutoffs[0], 220);
    assert_int_equal(plan.training, 1);
}

static void the_shortest_history_is_three_horizons_and_two_gaps(void **state) {
    struct till_churn_settings settings = {.horizon = 20, .gap = 3, .spacing = 1, .cutoff_count = 100};
    struct till_churn_plan plan = plan_of(settings, 1000, 1066);
    struct till_error error = {0};
    (void)state;
    assert_int_equal(plan.training, 1);
    assert_int_equal(till_churn_plan(&plan, &settings, 1000, 1065, &error), TILL_ERROR_MODEL);
    assert_non_null(strstr(error.message, "66 days"));
}

static void given_cutoffs_without_an_answer_are_passed_over(void **state) {
    static const int32_t given[] = {100, 150, 190, 191, 300};
    struct till_churn_settings settings = {.horizon = 40, .gap = 10, .cutoffs = given, .cutoff_count = 5};
    struct till_churn_plan plan = plan_of(settings, 0, 240);
    struct till_error error = {0};
    (void)state;
    assert_int_equal(plan.count, 3); /* 190 + 50 is the last day */
    assert_int_equal(plan.training, 1);
    settings.cutoff_count = 1;
    assert_int_equal(till_churn_plan(&plan, &settings, 0, 240, &error), TILL_ERROR_MODEL);
}

/* ---- sampling ---- */

enum { CUSTOMERS = 500, EACH = 7 };

/* Rows of customers in the order of a permutation; true for the customers that stayed. */
static void sample(const size_t *order, size_t most, bool *stays, size_t *rows_left) {
    struct churn_rows rows;
    churn_rows_start(&rows, 2, most);
    memset(stays, 0, CUSTOMERS * sizeof *stays);
    for (size_t i = 0; i < CUSTOMERS * EACH; i++) {
        size_t customer = order[i] / EACH, place;
        struct till_random key;
        till_random_start(&key, 3, customer);
        assert_true(churn_rows_add(&rows, till_random_bits(&key), &place));
        if (place == SIZE_MAX)
            continue;
        rows.values[2 * place] = (double)customer;
        rows.values[2 * place + 1] = (double)order[i];
        rows.target[place] = (double)(order[i] % 2);
        rows.cutoff[place] = (int32_t)order[i];
    }
    size_t counts[CUSTOMERS] = {0};
    for (size_t i = 0; i < rows.count; i++) {
        size_t customer = (size_t)rows.values[2 * i];
        assert_int_equal(rows.cutoff[i], (int)rows.values[2 * i + 1]); /* what belongs together stayed together */
        assert_true(rows.target[i] == rows.cutoff[i] % 2);
        counts[customer]++;
        stays[customer] = true;
    }
    for (size_t i = 0; i < CUSTOMERS; i++)
        assert_true(counts[i] == 0 || counts[i] == EACH);
    *rows_left = rows.count;
    churn_rows_free(&rows);
}

static void customers_stay_whole_and_whatever_the_order(void **state) {
    static size_t order[CUSTOMERS * EACH];
    static bool first[CUSTOMERS], other[CUSTOMERS];
    size_t rows, rows_then;
    struct till_random random;
    (void)state;
    for (size_t i = 0; i < CUSTOMERS * EACH; i++)
        order[i] = i;
    sample(order, 0, first, &rows);
    assert_int_equal(rows, CUSTOMERS * EACH);
    sample(order, CUSTOMERS * EACH, first, &rows);
    assert_int_equal(rows, CUSTOMERS * EACH);
    sample(order, 1000, first, &rows);
    assert_true(rows <= 1000 && rows > 300);
    till_random_start(&random, 4, 0);
    for (int turn = 0; turn < 5; turn++) {
        for (size_t i = CUSTOMERS * EACH; i-- > 1;) {
            size_t j = (size_t)till_random_below(&random, i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        sample(order, 1000, other, &rows_then);
        assert_int_equal(rows_then, rows);
        assert_memory_equal(first, other, sizeof first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rolling_cutoffs_end_with_the_last_answer),
        cmocka_unit_test(the_shortest_history_is_three_horizons_and_two_gaps),
        cmocka_unit_test(given_cutoffs_without_an_answer_are_passed_over),
        cmocka_unit_test(customers_stay_whole_and_whatever_the_order),
    };
    return cmocka_run_group_tests_name("churn", tests, NULL, NULL);
}
