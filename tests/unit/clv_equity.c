/* The two errors of equity where they can be worked out: customers who never die buy as a gamma mixture of Poisson
 * processes, so that mean and variance of their purchases are those of the negative binomial distribution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/clv_equity.h>

#define CUSTOMERS 50
#define TIME 40.0

struct made {
    uint32_t repeats[CUSTOMERS];
    double age[CUSTOMERS], mean[CUSTOMERS];
    struct till_clv_cells cells;
    struct till_clv_fit fit;
};

static void make(struct made *made) {
    memset(made, 0, sizeof *made);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        made->repeats[i] = (uint32_t)(1 + i % 9);
        made->age[i] = 20 + (double)(i % 13);
        made->mean[i] = 30;
    }
    /* bought at the very end, and the death rate is next to nothing */
    struct till_clv_history history = {CUSTOMERS, made->repeats, made->age, made->age};
    assert_int_equal(till_clv_cells_new(&made->cells, &history, NULL), TILL_OK);
    made->fit.model = (struct till_clv_model){TILL_CLV_PARETONBD, {.8, 9, 1e-7, 10}};
}

static struct till_clv_basis basis_of(const struct made *made) {
    return (struct till_clv_basis){.fit = &made->fit,
                                   .cells = &made->cells,
                                   .repeats = made->repeats,
                                   .mean = made->mean,
                                   .horizon = {TIME, TIME, 0},
                                   .margin = 2,
                                   .seed = 1};
}

/* Var = mean + mean^2 / shape for each customer, times the margin squared. Drawn, so within 3 %. */
static void process_error_is_that_of_the_negative_binomial(void **state) {
    struct made made;
    struct till_clv_equity equity, again;
    double value = 0, variance = 0;
    (void)state;
    make(&made);
    struct till_clv_basis basis = basis_of(&made);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double shape = .8 + made.repeats[i], mean = shape * TIME / (9 + made.age[i]);
        value += 2 * mean;
        variance += 4 * (mean + mean * mean / shape);
    }
    assert_int_equal(till_clv_equity(&equity, &basis, 1, NULL), TILL_OK);
    assert_true(fabs(equity.value / value - 1) < 1e-5);
    assert_true(fabs(equity.process_error / sqrt(variance) - 1) < 0.03);
    assert_true(equity.parameter_error == 0); /* nothing is unknown: the covariance is zero */
    assert_int_equal(till_clv_equity(&again, &basis, 3, NULL), TILL_OK);
    assert_memory_equal(&equity, &again, sizeof equity);
    till_clv_cells_free(&made.cells);
}

/* The slope of the value by log r is the sum of margin r t / (alpha + T). */
static void parameter_error_follows_the_covariance(void **state) {
    struct made made;
    struct till_clv_equity equity;
    double slope = 0;
    (void)state;
    make(&made);
    struct till_clv_basis basis = basis_of(&made);
    made.fit.covariance[0][0] = 0.09;
    for (size_t i = 0; i < CUSTOMERS; i++)
        slope += 2 * .8 * TIME / (9 + made.age[i]);
    assert_int_equal(till_clv_equity(&equity, &basis, 1, NULL), TILL_OK);
    assert_true(fabs(equity.parameter_error / (0.3 * slope) - 1) < 1e-5);
    double wide = 1.959963984540054 * hypot(equity.parameter_error, equity.process_error);
    assert_true(fabs((equity.upper - equity.lower) / (2 * wide) - 1) < 1e-12);
    till_clv_cells_free(&made.cells);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_error_is_that_of_the_negative_binomial),
        cmocka_unit_test(parameter_error_follows_the_covariance),
    };
    return cmocka_run_group_tests_name("clv_equity", tests, NULL, NULL);
}
