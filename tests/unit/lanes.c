/* The vector functions against those of the C library in long double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <till/random.h>

#include "lib/base/lanes.h"

WIDER static void exponentials(double *x) {
    lanes values = *(loose_lanes *)x;
    lanes_exp(&values);
    *(loose_lanes *)x = values;
}

WIDER static void logarithms(double *x) {
    lanes values = *(loose_lanes *)x;
    lanes_log1p(&values);
    *(loose_lanes *)x = values;
}

WIDER static double total(const double *x) {
    lanes values = *(const loose_lanes *)x;
    return lanes_sum(&values);
}

static void assert_close(double got, long double wanted, double argument) {
    if (!(fabsl(got - wanted) <= 1e-15L * fabsl(wanted)))
        fail_msg("at %.17g: %.17g, not %.17Lg", argument, got, wanted);
}

/* Arguments of all sizes, and the edges of what is promised. */
static void exponentials_are_right_to_the_last_digits(void **state) {
    struct till_random random;
    (void)state;
    till_random_start(&random, 1, 1);
    for (int round = 0; round < 20000; round++) {
        double x[LANES] = {0, -0.0, 700, -700, 1e-300, 0.34657359027997264, -0.34657359027997270, 1}, y[LANES];
        for (int i = 0; i < LANES && round > 0; i++)
            x[i] = (till_random_uniform(&random) - 0.5) * (round % 2 == 0 ? 1400 : pow(10, -round % 17));
        for (int i = 0; i < LANES; i++)
            y[i] = x[i];
        exponentials(y);
        for (int i = 0; i < LANES; i++)
            assert_close(y[i], expl(x[i]), x[i]);
    }
    double low[LANES] = {-701, -1e5, -1e300, -INFINITY, 0, 0, 0, 0};
    exponentials(low);
    for (int i = 0; i < LANES; i++)
        assert_true(i < 4 ? low[i] >= 0 && low[i] < 1e-303 : low[i] == 1);
}

static void logarithms_are_right_to_the_last_digits(void **state) {
    struct till_random random;
    (void)state;
    till_random_start(&random, 1, 2);
    for (int round = 0; round < 20000; round++) {
        double x[LANES] = {0, 1e-300, 1e300, 0.41421356237309503, 0.41421356237309515, 1, 3, 1e-16}, y[LANES];
        for (int i = 0; i < LANES && round > 0; i++)
            x[i] = round % 2 == 0 ? 4 * till_random_uniform(&random) : pow(10, 60 * till_random_uniform(&random) - 30);
        for (int i = 0; i < LANES; i++)
            y[i] = x[i];
        logarithms(y);
        for (int i = 0; i < LANES; i++)
            assert_close(y[i], log1pl(x[i]), x[i]);
    }
}

/* Whatever registers the machine has: the same functions without the wider ones give the same bits. */
static void exponentials_narrow(double *x) {
    lanes values = *(loose_lanes *)x;
    lanes_exp(&values);
    *(loose_lanes *)x = values;
}

static void logarithms_narrow(double *x) {
    lanes values = *(loose_lanes *)x;
    lanes_log1p(&values);
    *(loose_lanes *)x = values;
}

static void eight_sums_narrow(const double *x, double *sums) {
    lanes rows[LANES], values;
    memcpy(rows, x, sizeof rows);
    lanes_sum_eight(rows, &values);
    *(loose_lanes *)sums = values;
}

WIDER static void eight_sums(const double *x, double *sums) {
    lanes rows[LANES], values;
    memcpy(rows, x, sizeof rows);
    lanes_sum_eight(rows, &values);
    *(loose_lanes *)sums = values;
}

WIDER static void transpose(double *x) {
    lanes rows[LANES];
    memcpy(rows, x, sizeof rows);
    lanes_transpose(rows);
    memcpy(x, rows, sizeof rows);
}

static void transpose_narrow(double *x) {
    lanes rows[LANES];
    memcpy(rows, x, sizeof rows);
    lanes_transpose(rows);
    memcpy(x, rows, sizeof rows);
}

static void rows_become_columns(void **state) {
    double wide[LANES * LANES], narrow[LANES * LANES];
    (void)state;
    for (int i = 0; i < LANES * LANES; i++)
        wide[i] = narrow[i] = i;
    transpose(wide);
    transpose_narrow(narrow);
    for (int i = 0; i < LANES; i++)
        for (int k = 0; k < LANES; k++) {
            assert_true(wide[LANES * i + k] == LANES * k + i);
            assert_true(narrow[LANES * i + k] == LANES * k + i);
        }
}

static void pick(const double *table, const uint64_t *at, double *x) {
    lane_bits places;
    lanes values;
    memcpy(&places, at, sizeof places);
    lanes_pick(table, &places, &values);
    memcpy(x, &values, sizeof values);
}

static void numbers_are_picked_from_sixteen(void **state) {
    double table[2 * LANES], x[LANES];
    (void)state;
    for (int i = 0; i < 2 * LANES; i++)
        table[i] = 100 + i;
    for (uint64_t start = 0; start < 2 * LANES; start++) {
        uint64_t at[LANES];
        for (uint64_t i = 0; i < LANES; i++)
            at[i] = (start + 5 * i) % (2 * LANES);
        pick(table, at, x);
        for (int i = 0; i < LANES; i++)
            assert_true(x[i] == table[at[i]]);
    }
}

static void the_width_of_registers_changes_no_bit(void **state) {
    struct till_random random;
    (void)state;
    till_random_start(&random, 1, 3);
    for (int round = 0; round < 20000; round++) {
        double x[LANES * LANES], wide[LANES * LANES], narrow[LANES * LANES];
        for (int i = 0; i < LANES * LANES; i++)
            x[i] = 20 * till_random_uniform(&random);
        memcpy(wide, x, sizeof x);
        memcpy(narrow, x, sizeof x);
        exponentials(wide);
        exponentials_narrow(narrow);
        logarithms(wide + LANES);
        logarithms_narrow(narrow + LANES);
        eight_sums(x, wide + 2 * LANES);
        eight_sums_narrow(x, narrow + 2 * LANES);
        assert_memory_equal(wide, narrow, sizeof wide);
    }
}

static void lanes_add_up(void **state) {
    double x[LANES] = {1, 2, 4, 8, 16, 32, 64, 128};
    (void)state;
    assert_true(total(x) == 255);
    double rows[LANES * LANES], sums[LANES];
    for (int i = 0; i < LANES * LANES; i++)
        rows[i] = (i / LANES + 1) * x[i % LANES];
    eight_sums(rows, sums);
    for (int i = 0; i < LANES; i++)
        assert_true(sums[i] == 255 * (i + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_are_right_to_the_last_digits),
        cmocka_unit_test(logarithms_are_right_to_the_last_digits),
        cmocka_unit_test(lanes_add_up),
        cmocka_unit_test(rows_become_columns),
        cmocka_unit_test(numbers_are_picked_from_sixteen),
        cmocka_unit_test(the_width_of_registers_changes_no_bit),
    };
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
