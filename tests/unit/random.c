/* Random numbers against theory. With n draws a mean has the standard error sqrt(variance / n), a variance
 * sqrt((fourth central moment - variance^2) / n); 5 of them bound each check, which a right generator misses once in
 * two million seeds (and the seeds here are fixed). Whole distributions are held to GSL's, by Kolmogorov and Smirnov's
 * test or by chi-square. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include <till/random.h>

enum { DRAWS = 1000000 };

/* The sequence that Sebastiano Vigna's splitmix64.c gives for the state 1234567 (also on Rosetta Code, "Pseudo-random
 * numbers/Splitmix64"). */
static void bits_are_those_of_splitmix64(void **state) {
    (void)state;
    const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                 UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                 UINT64_C(16408922859458223821)};
    struct till_random random = {.state = 1234567, .step = UINT64_C(0x9e3779b97f4a7c15)};
    for (size_t i = 0; i < 5; i++)
        assert_true(till_random_bits(&random) == expected[i]);
}

static void seed_and_stream_decide_everything(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        for (uint64_t stream = 0; stream < 20; stream++) {
            struct till_random one, two;
            till_random_start(&one, seed, stream);
            till_random_start(&two, seed, stream);
            assert_int_equal(1, one.step & 1);
            for (unsigned i = 0; i < 50; i++) {
                assert_true(till_random_bits(&one) == till_random_bits(&two));
                assert_true(till_random_normal(&one) == till_random_normal(&two));
                assert_true(till_random_gamma(&one, 0.3) == till_random_gamma(&two, 0.3));
                assert_true(till_random_poisson(&one, 33) == till_random_poisson(&two, 33));
            }
        }
}

static int compare_words(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Two equal words among 10^6 have probability 2.7e-8. */
static void other_seeds_and_streams_give_other_numbers(void **state) {
    (void)state;
    uint64_t *words = malloc(DRAWS * sizeof *words);
    assert_non_null(words);
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct till_random random;
        till_random_start(&random, i / 1000, i % 1000);
        words[i] = till_random_bits(&random);
    }
    qsort(words, DRAWS, sizeof *words, compare_words);
    for (size_t i = 1; i < DRAWS; i++)
        assert_true(words[i] != words[i - 1]);
    free(words);
}

struct moments {
    double mean, variance, fourth; /* central */
};

static void holds_moments(const double *draws, struct moments theory) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < DRAWS; i++)
        sum += draws[i] - theory.mean;
    for (size_t i = 0; i < DRAWS; i++)
        squares += (draws[i] - theory.mean) * (draws[i] - theory.mean);
    double off = fabs(sum / DRAWS), bound = 5 * sqrt(theory.variance / DRAWS);
    if (!(off < bound))
        fail_msg("the mean is off by %g, more than %g", off, bound);
    off = fabs(squares / DRAWS - theory.variance);
    bound = 5 * sqrt((theory.fourth - theory.variance * theory.variance) / DRAWS);
    if (!(off < bound))
        fail_msg("the variance is off by %g, more than %g", off, bound);
}

static int compare_reals(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sqrt(n) D exceeds 2.3 with probability 2 exp(-2 * 2.3^2) = 5e-5. */
static void holds_distribution(double *draws, double (*cumulative)(double, double), double parameter) {
    double worst = 0;
    qsort(draws, DRAWS, sizeof *draws, compare_reals);
    for (size_t i = 0; i < DRAWS; i++) {
        double p = cumulative(draws[i], parameter);
        worst = fmax(worst, fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    if (!(worst * sqrt(DRAWS) < 2.3))
        fail_msg("the distribution is off by %g", worst);
}

static double draws[DRAWS];

static double uniform_below(double x, double unused) {
    (void)unused;
    return x;
}

static double normal_below(double x, double unused) {
    (void)unused;
    return gsl_cdf_ugaussian_P(x);
}

static double exponential_below(double x, double mean) {
    return gsl_cdf_exponential_P(x, mean);
}

static double gamma_below(double x, double shape) {
    return gsl_cdf_gamma_P(x, shape, 1);
}

static void uniform_is_uniform_on_the_open_interval(void **state) {
    (void)state;
    struct till_random random;
    till_random_start(&random, 1, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        draws[i] = till_random_uniform(&random);
        assert_true(draws[i] > 0 && draws[i] < 1);
    }
    holds_moments(draws, (struct moments){0.5, 1.0 / 12, 1.0 / 80});
    holds_distribution(draws, uniform_below, 0);
}

/* The finaliser maps 0 to 0, so a counter that comes to 0 would give it. */
static void uniform_never_gives_zero(void **state) {
    (void)state;
    struct till_random random = {.state = 0 - UINT64_C(3), .step = 3};
    assert_true(till_random_uniform(&random) > 0);
}

/* Serial correlation of neighbours, in one stream and between streams, has the standard error 1/sqrt(n). */
static void neighbours_are_not_correlated(void **state) {
    (void)state;
    struct till_random random;
    till_random_start(&random, 2, 0);
    double before = till_random_uniform(&random) - 0.5, within = 0, between = 0, last = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double now = till_random_uniform(&random) - 0.5;
        within += before * now;
        before = now;
        struct till_random other;
        till_random_start(&other, 2, i);
        now = till_random_uniform(&other) - 0.5;
        between += last * now;
        last = now;
    }
    assert_true(fabs(within / DRAWS * 12) < 5 / sqrt(DRAWS));
    assert_true(fabs(between / DRAWS * 12) < 5 / sqrt(DRAWS));
}

/* The first number of each stream, and of each seed, is as random as the next of one. */
static void first_numbers_of_streams_are_uniform(void **state) {
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        for (uint64_t i = 0; i < DRAWS; i++) {
            struct till_random random;
            till_random_start(&random, which ? i : 7, which ? 7 : i);
            draws[i] = till_random_uniform(&random);
        }
        holds_moments(draws, (struct moments){0.5, 1.0 / 12, 1.0 / 80});
        holds_distribution(draws, uniform_below, 0);
    }
}

/* Chi-square has the mean `cells - 1` and the variance 2 (cells - 1); of few cells it is skewed, so they get 17 more.
 */
static void below_is_even(void **state) {
    (void)state;
    const uint64_t sizes[] = {1, 2, 3, 7, 10, 1000};
    static unsigned counts[1000];
    struct till_random random;
    till_random_start(&random, 3, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double expected = (double)DRAWS / (double)sizes[s], sum = 0;
        for (uint64_t i = 0; i < sizes[s]; i++)
            counts[i] = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            uint64_t k = till_random_below(&random, sizes[s]);
            assert_true(k < sizes[s]);
            counts[k]++;
        }
        for (uint64_t i = 0; i < sizes[s]; i++)
            sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        double freedom = (double)sizes[s] - 1;
        assert_true(fabs(sum - freedom) <= 5 * sqrt(2 * freedom) + 17 * (freedom > 0 && freedom < 20));
    }
}

/* Below two thirds of 2^64 a plain multiplication would give even numbers twice as often as odd ones. */
static void below_has_no_bias_where_it_would_show(void **state) {
    (void)state;
    uint64_t n = UINT64_C(12297829382473034411), odd = 0, upper = 0;
    struct till_random random;
    till_random_start(&random, 4, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        uint64_t k = till_random_below(&random, n);
        assert_true(k < n);
        odd += k & 1;
        upper += k >= n / 2;
    }
    assert_true(fabs((double)odd - DRAWS / 2.0) < 5 * sqrt(DRAWS / 4.0));
    assert_true(fabs((double)upper - DRAWS / 2.0) < 5 * sqrt(DRAWS / 4.0));
}

static void normal_is_normal(void **state) {
    (void)state;
    struct till_random random;
    till_random_start(&random, 5, 0);
    for (size_t i = 0; i < DRAWS; i++)
        draws[i] = till_random_normal(&random);
    holds_moments(draws, (struct moments){0, 1, 3});
    holds_distribution(draws, normal_below, 0);
}

static void exponential_is_exponential(void **state) {
    (void)state;
    struct till_random random;
    till_random_start(&random, 6, 0);
    for (size_t i = 0; i < DRAWS; i++)
        draws[i] = till_random_exponential(&random);
    holds_moments(draws, (struct moments){1, 1, 9});
    holds_distribution(draws, exponential_below, 1);
}

/* Gamma has variance k and fourth central moment 3k^2 + 6k. */
static void gamma_is_gamma_for_all_shapes(void **state) {
    (void)state;
    const double shapes[] = {0.1, 0.5, 0.999, 1, 1.5, 4, 100};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double k = shapes[s];
        struct till_random random;
        till_random_start(&random, 7, s);
        for (size_t i = 0; i < DRAWS; i++)
            draws[i] = till_random_gamma(&random, k);
        holds_moments(draws, (struct moments){k, k, 3 * k * k + 6 * k});
        holds_distribution(draws, gamma_below, k);
    }
    struct till_random random;
    till_random_start(&random, 7, 99);
    assert_true(isnan(till_random_gamma(&random, 0)));
    assert_true(isnan(till_random_gamma(&random, (double)NAN)));
}

/* Cells with fewer than 10 expected are left out of chi-square; the moments see the tails. */
static void holds_poisson(double mean) {
    double sum = 0, cells = 0;
    size_t at = 0;
    qsort(draws, DRAWS, sizeof *draws, compare_reals);
    for (unsigned k = 0; k < mean + 12 * sqrt(mean) + 20; k++) {
        double expected = DRAWS * gsl_ran_poisson_pdf(k, mean), count = 0;
        for (; at < DRAWS && draws[at] <= k; at++)
            count++;
        if (expected < 10)
            continue;
        sum += (count - expected) * (count - expected) / expected;
        cells++;
    }
    /* 5 standard deviations, and 17 because chi-square of few cells is skewed: with one it exceeds 25 at 6e-7. */
    if (!(fabs(sum - cells) < 5 * sqrt(2 * cells) + 17))
        fail_msg("chi-square of Poisson(%g) is %g for %g cells", mean, sum, cells);
}

/* Poisson has variance m and fourth central moment m + 3m^2. */
static void poisson_is_poisson_for_all_means(void **state) {
    (void)state;
    const double means[] = {0.01, 0.5, 3, 9.99, 10, 12.5, 40, 1000, 1e6};
    for (size_t s = 0; s < sizeof means / sizeof *means; s++) {
        double m = means[s];
        struct till_random random;
        till_random_start(&random, 8, s);
        for (size_t i = 0; i < DRAWS; i++)
            draws[i] = (double)till_random_poisson(&random, m);
        holds_moments(draws, (struct moments){m, m, m + 3 * m * m});
        if (m < 1e5)
            holds_poisson(m);
    }
}

static void poisson_has_sane_edges(void **state) {
    (void)state;
    struct till_random random;
    till_random_start(&random, 9, 0);
    assert_int_equal(0, till_random_poisson(&random, 0));
    assert_int_equal(0, till_random_poisson(&random, -1));
    assert_int_equal(0, till_random_poisson(&random, (double)NAN));
    /* One draw lies within 7 standard deviations. */
    double large = (double)till_random_poisson(&random, 1e15);
    assert_true(fabs(large - 1e15) < 7 * sqrt(1e15));
    assert_true(till_random_poisson(&random, (double)INFINITY) == UINT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_splitmix64),
        cmocka_unit_test(seed_and_stream_decide_everything),
        cmocka_unit_test(other_seeds_and_streams_give_other_numbers),
        cmocka_unit_test(uniform_is_uniform_on_the_open_interval),
        cmocka_unit_test(uniform_never_gives_zero),
        cmocka_unit_test(neighbours_are_not_correlated),
        cmocka_unit_test(first_numbers_of_streams_are_uniform),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(below_has_no_bias_where_it_would_show),
        cmocka_unit_test(normal_is_normal),
        cmocka_unit_test(exponential_is_exponential),
        cmocka_unit_test(gamma_is_gamma_for_all_shapes),
        cmocka_unit_test(poisson_is_poisson_for_all_means),
        cmocka_unit_test(poisson_has_sane_edges),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
