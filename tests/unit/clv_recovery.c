/* The truth, found again: customers are drawn by the models at known parameters, and the models are fitted to them.
 * Over many seeds, the 95 % intervals hold the truth as often as they say, each parameter for itself, and the errors of
 * all parameters together are as large as the covariance says. Drawn are summaries (till_synth_summarise): rows of
 * transactions know the day alone, and purchases of one day are one, which is another model.
 *
 * TILL_SEEDS says how many samples; the bounds are quantiles for that number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gsl/gsl_cdf.h>

#include <till/clv.h>
#include <till/spend.h>
#include <till/synth.h>

enum { CUSTOMERS = 10000, PARAMETERS = 4, SEEDS = 20 };
/* Each bound is passed by one honest set of samples in so many. */
static const double RARE = 1e-4;

static unsigned seeds(void) {
    const char *given = getenv("TILL_SEEDS");
    return given == NULL ? SEEDS : (unsigned)strtoul(given, NULL, 10);
}

static uint32_t repeats[CUSTOMERS];
static double last[CUSTOMERS], age[CUSTOMERS], mean[CUSTOMERS];

/* The seeds of the two models differ: their buyers would have the same luck. */
static void draw(enum till_synth_method method, unsigned seed) {
    struct till_synth_options options;
    struct till_synth *synth;
    till_synth_defaults(&options);
    options.method = method;
    options.customers = CUSTOMERS;
    options.seed = 2 * seed + (method == TILL_SYNTH_BGNBD);
    options.lines = 1;
    if (method == TILL_SYNTH_BGNBD) { /* the estimates of table 2 in the paper */
        options.r = 0.243;
        options.alpha = 4.414;
    }
    assert_int_equal(till_synth_new(&synth, &options, NULL), TILL_OK);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        struct till_synth_summary summary;
        assert_int_equal(till_synth_summarise(synth, i, &summary, NULL), TILL_OK);
        repeats[i] = summary.repeats;
        last[i] = summary.last;
        age[i] = summary.age;
        mean[i] = summary.mean;
    }
    till_synth_free(synth);
}

/* How often each interval held the truth, and how far the estimates were off. */
struct score {
    size_t parameters;
    unsigned samples;
    unsigned held[PARAMETERS];
    double distance; /* sum over samples of e' C^-1 e: chi-square */
};

/* e' C^-1 e by elimination without pivots: C is a covariance. */
static double distance(size_t n, double c[PARAMETERS][PARAMETERS], double *e) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        sum += e[k] * e[k] / c[k][k];
        for (size_t i = k + 1; i < n; i++) {
            double factor = c[i][k] / c[k][k];
            e[i] -= factor * e[k];
            for (size_t j = k; j < n; j++)
                c[i][j] -= factor * c[k][j];
        }
    }
    return sum;
}

static void observe(struct score *score, const double *truth, const double *estimate, const double *covariance,
                    size_t stride) {
    double c[PARAMETERS][PARAMETERS], e[PARAMETERS];
    for (size_t i = 0; i < score->parameters; i++) {
        memcpy(c[i], covariance + i * stride, score->parameters * sizeof **c);
        e[i] = log(estimate[i]) - log(truth[i]);
        score->held[i] += fabs(e[i]) <= 1.959963984540054 * sqrt(c[i][i]);
    }
    score->samples++;
    score->distance += distance(score->parameters, c, e);
}

static void assert_fair(const struct score *score, const char *model) {
    double freedom = (double)(score->parameters * score->samples);
    for (size_t i = 0; i < score->parameters; i++)
        if (gsl_cdf_binomial_P(score->held[i], 0.95, score->samples) < RARE)
            fail_msg("%s: parameter %zu inside its interval in %u samples of %u", model, i, score->held[i],
                     score->samples);
    if (gsl_cdf_chisq_P(score->distance, freedom) < RARE || gsl_cdf_chisq_Q(score->distance, freedom) < RARE)
        fail_msg("%s: squared errors are %g times what the covariance says", model, score->distance / freedom);
}

static void recover(enum till_synth_method method, enum till_clv_method model, const double *truth, const char *name) {
    static const double spend_truth[] = {6.25, 3.74, 15.44};
    struct score buying = {.parameters = TILL_CLV_PARAMETERS}, spending = {.parameters = TILL_SPEND_PARAMETERS};
    struct till_clv_history history = {CUSTOMERS, repeats, last, age};
    struct till_spend_history spent = {CUSTOMERS, repeats, mean};
    for (unsigned seed = 1; seed <= seeds(); seed++) {
        struct till_clv_cells cells;
        struct till_clv_fit fit;
        struct till_spend_fit spend;
        draw(method, seed);
        assert_int_equal(till_clv_cells_new(&cells, &history, NULL), TILL_OK);
        assert_int_equal(till_clv_fit(&fit, model, &cells, 1, NULL), TILL_OK);
        till_clv_cells_free(&cells);
        observe(&buying, truth, fit.model.parameter, *fit.covariance, TILL_CLV_PARAMETERS);
        assert_int_equal(till_spend_fit(&spend, &spent, 1, NULL), TILL_OK);
        observe(&spending, spend_truth, spend.model.parameter, *spend.covariance, TILL_SPEND_PARAMETERS);
    }
    assert_fair(&buying, name);
    assert_fair(&spending, "gamma-gamma");
}

static void pareto_nbd_and_spend_are_found_again(void **state) {
    static const double truth[] = {0.553, 10.578, 0.606, 11.669};
    (void)state;
    recover(TILL_SYNTH_PARETONBD, TILL_CLV_PARETONBD, truth, "Pareto/NBD");
}

static void bg_nbd_and_spend_are_found_again(void **state) {
    static const double truth[] = {0.243, 4.414, 0.793, 2.426};
    (void)state;
    recover(TILL_SYNTH_BGNBD, TILL_CLV_BGNBD, truth, "BG/NBD");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pareto_nbd_and_spend_are_found_again),
        cmocka_unit_test(bg_nbd_and_spend_are_found_again),
    };
    return cmocka_run_group_tests_name("clv_recovery", tests, NULL, NULL);
}
