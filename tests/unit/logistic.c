/* Logistic regression against its own definition: at the estimates the gradient is zero, and the covariance is the
 * inverse of the information, both summed here row by row in long double. Figures of other programs are in
 * tests/cli/train.bats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/logistic.h>
#include <till/random.h>

/* ---- data ---- */

struct data {
    struct till_design design;
    double *target;
    double *weight;
};

static void measure(struct till_design *design, size_t j) {
    const double *x = design->x + j * design->rows;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < design->rows; i++)
        sum += x[i];
    design->mean[j] = sum / (double)design->rows;
    for (size_t i = 0; i < design->rows; i++)
        squares += (x[i] - design->mean[j]) * (x[i] - design->mean[j]);
    design->spread[j] = sqrt(squares / (double)design->rows);
}

/* Normal terms of different sizes, and a target that the first of them moves. */
static struct data make_data(size_t rows, size_t terms, bool weighted) {
    static char name[] = "x";
    struct data data = {.design = {.rows = rows, .terms = terms}};
    struct till_random random;
    till_random_start(&random, 1, rows * 1000 + terms);
    data.design.names = calloc(terms + 1, sizeof(char *));
    data.design.x = malloc((rows * terms + 1) * sizeof(double));
    data.design.mean = calloc(terms + 1, sizeof(double));
    data.design.spread = calloc(terms + 1, sizeof(double));
    data.target = calloc(rows, sizeof(double));
    data.weight = weighted ? calloc(rows, sizeof(double)) : NULL;
    for (size_t i = 0; i < rows; i++) {
        double eta = -0.5;
        for (size_t j = 0; j < terms; j++) {
            double z = till_random_normal(&random);
            data.design.x[j * rows + i] = pow(10, (double)(j % 5) - 2) * (z + 3);
            eta += j < 3 ? 0.5 * z : 0;
        }
        data.target[i] = till_random_uniform(&random) < 1 / (1 + exp(-eta));
        if (weighted)
            data.weight[i] = (double)(1 + i % 3);
    }
    for (size_t j = 0; j < terms; j++) {
        data.design.names[j] = name;
        measure(&data.design, j);
    }
    return data;
}

static void free_data(struct data *data) {
    free(data->design.names);
    free(data->design.x);
    free(data->design.mean);
    free(data->design.spread);
    free(data->target);
    free(data->weight);
}

static struct till_logistic *fit_of(const struct data *data, unsigned threads) {
    struct till_logistic_settings settings = {.threads = threads};
    struct till_logistic *fit;
    struct till_error error = {0};
    if (till_logistic_fit(&fit, &data->design, data->target, data->weight, NULL, 0, &settings, &error) != TILL_OK)
        fail_msg("%zu rows, %zu terms: %s", data->design.rows, data->design.terms, error.message);
    return fit;
}

/* ---- the definition ---- */

/* A standardised value, or the one of the intercept. */
static long double value(const struct till_design *design, size_t row, size_t j) {
    return j == 0
               ? 1
               : ((long double)design->x[(j - 1) * design->rows + row] - design->mean[j - 1]) / design->spread[j - 1];
}

static void assert_optimum(const struct data *data, const struct till_logistic *fit) {
    const struct till_design *design = &data->design;
    size_t p = design->terms + 1;
    long double *gradient = calloc(p, sizeof *gradient), *information = calloc(p * p, sizeof *information),
                likelihood = 0;
    long double total = 0;
    for (size_t i = 0; i < design->rows; i++) {
        long double eta = fit->estimate[0], own = data->weight == NULL ? 1 : data->weight[i];
        for (size_t j = 1; j < p; j++)
            eta += (long double)fit->estimate[j] * design->x[(j - 1) * design->rows + i];
        long double mu = 1 / (1 + expl(-eta));
        likelihood += own * (data->target[i] > 0 ? -log1pl(expl(-eta)) : -log1pl(expl(eta)));
        total += own;
        for (size_t j = 0; j < p; j++) {
            gradient[j] += own * (data->target[i] - mu) * value(design, i, j);
            for (size_t k = 0; k < p; k++)
                information[j * p + k] += own * mu * (1 - mu) * value(design, i, j) * value(design, i, k);
        }
    }
    assert_true(fabsl(likelihood - fit->log_likelihood) <= 1e-12L * fabsl(likelihood));
    for (size_t j = 0; j < p; j++)
        if (!(fabsl(gradient[j]) <= 1e-11L * total))
            fail_msg("%zu rows, %zu terms: gradient %zu is %Lg", design->rows, design->terms, j, gradient[j]);
    /* The covariance of the terms is in their units; that of the intercept takes their means in. */
    for (size_t j = 1; j < p; j++)
        for (size_t k = 1; k < p; k++) {
            long double sum = 0;
            for (size_t l = 0; l < p; l++) {
                long double c = (long double)fit->covariance[j * p + l] * design->spread[j - 1];
                if (l > 0) {
                    sum += c * design->spread[l - 1] * information[l * p + k];
                    continue;
                }
                for (size_t m = 1; m < p; m++) /* from the intercept of raw terms to that of standardised ones */
                    c += (long double)fit->covariance[j * p + m] * design->spread[j - 1] * design->mean[m - 1];
                sum += c * information[k];
            }
            assert_true(fabsl(sum - (j == k)) < 1e-7L);
        }
    free(gradient);
    free(information);
}

/* Numbers of rows and terms around the sizes of blocks, lanes and tiles. */
static void estimates_are_at_the_optimum(void **state) {
    static const size_t shapes[][2] = {{40, 1},  {63, 2},   {64, 3},   {65, 4},    {127, 5},   {129, 6},
                                       {200, 7}, {1000, 8}, {1001, 9}, {4096, 31}, {4160, 32}, {9000, 33}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int weighted = 0; weighted < 2; weighted++) {
            struct data data = make_data(shapes[i][0], shapes[i][1], weighted == 1);
            struct till_logistic *fit = fit_of(&data, 2);
            assert_optimum(&data, fit);
            till_logistic_free(fit);
            free_data(&data);
        }
}

enum { MANY = 80001 }; /* rows, so many that samples of them are climbed first */

static void estimates_of_many_rows_are_at_the_optimum(void **state) {
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct data data = make_data(MANY, 4, weighted == 1);
        struct till_logistic *fit = fit_of(&data, 1);
        assert_optimum(&data, fit);
        till_logistic_free(fit);
        free_data(&data);
    }
}

/* A few rows have what the samples have never, or only in one class; rows sorted by class; both are fitted as well. */
static void samples_that_mislead_change_nothing(void **state) {
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct data data = make_data(MANY, 4, false);
        double *x = data.design.x + 2 * MANY;
        if (what < 2)
            for (size_t i = 0; i < MANY; i++)
                x[i] = what == 0 ? (i > 64 && i < 105) : (i % 128 == 0 && i / 128 % 64 == 1) || (i < 40);
        else
            for (size_t i = 0, j = MANY - 1; i < j;) {
                if (data.target[i] == 0)
                    i++;
                else if (data.target[j] == 1)
                    j--;
                else
                    for (size_t k = 0; k < 5; k++) {
                        double *a = k < 4 ? data.design.x + k * MANY : data.target, b = a[i];
                        a[i] = a[j];
                        a[j] = b;
                    }
            }
        for (size_t j = 0; j < 4; j++)
            measure(&data.design, j);
        struct till_logistic *fit = fit_of(&data, 2);
        assert_optimum(&data, fit);
        till_logistic_free(fit);
        free_data(&data);
    }
}

/* With penalties the gradient of the mean log-likelihood, less ridge times the standardised coefficient, is lasso times
 * its sign; of a coefficient that is zero it is no larger than that. More terms than rows are fitted in other ways. */
static void assert_penalised(double ridge, double lasso) {
    static const size_t shapes[][2] = {{50, 20}, {50, 50}, {50, 51}, {50, 300}, {MANY, 3}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t n = shapes[s][0], p = shapes[s][1], zeros = 0;
        struct data data = make_data(n, p, s % 2 == 1);
        struct till_logistic_settings settings = {.ridge = ridge, .lasso = lasso, .threads = 2};
        struct till_logistic *fit;
        if (s == 3) /* a row twice */
            for (size_t j = 0; j < p; j++)
                data.design.x[j * n + 7] = data.design.x[j * n + 3];
        for (size_t j = 0; j < p; j++)
            measure(&data.design, j);
        assert_int_equal(till_logistic_fit(&fit, &data.design, data.target, data.weight, NULL, 0, &settings, NULL),
                         TILL_OK);
        for (size_t j = 0; j <= p; j++) {
            long double slope = 0, total = 0;
            for (size_t i = 0; i < n; i++) {
                long double eta = fit->estimate[0], own = data.weight == NULL ? 1 : data.weight[i];
                for (size_t k = 1; k <= p; k++)
                    eta += (long double)fit->estimate[k] * data.design.x[(k - 1) * n + i];
                slope += own * (data.target[i] - 1 / (1 + expl(-eta))) * value(&data.design, i, j);
                total += own;
            }
            double beta = j == 0 ? 0 : fit->estimate[j] * data.design.spread[j - 1];
            slope = slope / total - (long double)ridge * beta;
            bool zero = j > 0 && beta == 0;
            zeros += zero;
            if (zero)
                assert_true(fabsl(slope) <= lasso + 1e-9L);
            else if (!(fabsl(slope - (j == 0 ? 0 : beta > 0 ? lasso : -lasso)) < 1e-9L))
                fail_msg("%zu rows, %zu terms: gradient %zu is %Lg", n, p, j, slope);
        }
        assert_true(fit->terms == p && zeros == p - fit->non_zero);
        assert_true(lasso > 0 ? p < n || (zeros > 0 && zeros < p) : zeros == 0);
        till_logistic_free(fit);
        free_data(&data);
    }
}

static void penalised_estimates_are_at_the_optimum(void **state) {
    (void)state;
    assert_penalised(0.05, 0);
    assert_penalised(0, 0.04);
    assert_penalised(0.05, 0.02);
}

static void threads_change_no_bit(void **state) {
    struct data data = make_data(MANY, 6, true);
    struct till_logistic *one = fit_of(&data, 1);
    (void)state;
    for (unsigned threads = 2; threads < 8; threads++) {
        struct till_logistic *several = fit_of(&data, threads);
        assert_memory_equal(one->estimate, several->estimate, 7 * sizeof(double));
        assert_memory_equal(one->covariance, several->covariance, 49 * sizeof(double));
        assert_true(one->log_likelihood == several->log_likelihood);
        till_logistic_free(several);
    }
    till_logistic_free(one);
    free_data(&data);
}

/* Weights count rows. */
static void a_weight_of_two_is_a_row_twice(void **state) {
    struct data once = make_data(500, 3, true), twice = make_data(1500, 3, false);
    size_t rows = 0;
    (void)state;
    for (size_t i = 0; i < 500; i++)
        for (int k = 0; k < once.weight[i]; k++, rows++) {
            twice.target[rows] = once.target[i];
            for (size_t j = 0; j < 3; j++)
                twice.design.x[j * 1500 + rows] = once.design.x[j * 500 + i];
        }
    for (size_t j = 0; j < 3; j++)
        memmove(twice.design.x + j * rows, twice.design.x + j * 1500, rows * sizeof(double));
    twice.design.rows = rows;
    for (size_t j = 0; j < 3; j++)
        measure(&twice.design, j);
    struct till_logistic *a = fit_of(&once, 1), *b = fit_of(&twice, 1);
    for (size_t j = 0; j < 4; j++)
        assert_true(fabs(a->estimate[j] - b->estimate[j]) <= 1e-10 * fabs(b->estimate[j]));
    for (size_t j = 0; j < 16; j++)
        assert_true(fabs(a->covariance[j] - b->covariance[j]) <= 1e-9 * fabs(b->covariance[j]));
    till_logistic_free(a);
    till_logistic_free(b);
    free_data(&once);
    free_data(&twice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_at_the_optimum),
        cmocka_unit_test(estimates_of_many_rows_are_at_the_optimum),
        cmocka_unit_test(samples_that_mislead_change_nothing),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_weight_of_two_is_a_row_twice),
        cmocka_unit_test(penalised_estimates_are_at_the_optimum),
    };
    return cmocka_run_group_tests_name("logistic", tests, NULL, NULL);
}
