/* Gamma-gamma spend, shifted beta-geometric contracts and the textbook's annuity against figures that others computed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include <till/annuity.h>
#include <till/contract.h>
#include <till/spend.h>

static void assert_near(double got, double wanted, double relative) {
    if (!(fabs(got - wanted) <= relative * fabs(wanted)))
        fail_msg("%.15g is not %.15g within %g (off by %.2g)", got, wanted, relative, got / wanted - 1);
}

#define MOST 24000
static uint32_t repeats[MOST];
static double mean[MOST];

static bool read_history(const char *name, struct till_spend_history *history) {
    char path[1024], line[512];
    const char *shared = getenv("TILL_SHARED");
    snprintf(path, sizeof path, "%s/golden/clv/%s", shared == NULL ? "../shared" : shared, name);
    gzFile file = gzopen(path, "r");
    *history = (struct till_spend_history){0, repeats, mean};
    if (file == NULL)
        return false;
    gzgets(file, line, sizeof line);
    while (gzgets(file, line, sizeof line) != NULL && history->count < MOST) {
        assert_int_equal(sscanf(line, "%*[^,],%u,%*[^,],%*[^,],%lf", &repeats[history->count], &mean[history->count]),
                         2);
        history->count++;
    }
    gzclose(file);
    return true;
}

/* Maxima found with automatic derivatives and Newton's method to a gradient of 1e-11. */
static void spend_is_at_the_optimum(void **state) {
    static const struct {
        const char *file;
        double parameter[3], log_likelihood, std_error[3];
        size_t customers;
    } golden[] = {
        {"cdnow_sample_calhold_exact.csv.gz",
         {6.249572271325, 3.744224667132, 15.443520962586},
         -4055.9176948019,
         {1.1900553360, .2901330653, 4.1594227520},
         946},
        {"cdnow_rfm_rounded.csv.gz", {6.248802489710, 3.744588453287, 15.447748009460}, -4055.9232435029, {0}, 946},
        {"cdnow_master_calhold_exact.csv.gz",
         {6.275359067914, 3.624450022831, 14.983687030943},
         -40763.4762613908,
         {.3996975622, .0905534065, 1.3440362525},
         9450},
    };
    (void)state;
    for (size_t g = 0; g < sizeof golden / sizeof *golden; g++) {
        struct till_spend_history history;
        struct till_spend_fit fit, again;
        struct till_error error = {0};
        if (!read_history(golden[g].file, &history))
            skip();
        if (till_spend_fit(&fit, &history, 1, &error) != TILL_OK)
            fail_msg("%s", error.message);
        assert_int_equal(fit.customers, golden[g].customers);
        assert_near(fit.log_likelihood, golden[g].log_likelihood, 2e-14);
        assert_true(fit.gradient < 1e-9);
        for (int i = 0; i < 3; i++) {
            double std_error, lower, upper;
            till_spend_interval(&fit, i, &std_error, &lower, &upper);
            assert_near(fit.model.parameter[i], golden[g].parameter[i], 3e-11);
            if (golden[g].std_error[i] > 0)
                assert_near(std_error, golden[g].std_error[i], 4e-9);
        }
        if (g == 0) /* numpy's corrcoef of x and m */
            assert_near(fit.correlation, .11388791939, 1e-9);
        assert_int_equal(till_spend_fit(&again, &history, 3, NULL), TILL_OK);
        assert_memory_equal(&fit, &again, sizeof fit);
    }
}

/* At the published parameters, by mpmath at 40 digits. */
static void expected_spend(void **state) {
    static const struct till_spend_model model = {{6.25, 3.74, 15.44}};
    (void)state;
    assert_near(till_spend_expected(&model, 0, NAN), 35.2189781021898, 1e-14);
    assert_near(till_spend_expected(&model, 1, 11.77), 18.9168520578420, 1e-14);
    assert_near(till_spend_expected(&model, 2, 22.35), 24.6637139107612, 1e-14);
    assert_near(till_spend_expected(&model, 7, 73.74), 71.4696708969671, 1e-14);
    assert_near(till_spend_expected(&model, 1, 100), 80.2558398220245, 1e-14);
    /* a mean that is not positive says nothing */
    assert_near(till_spend_expected(&model, 3, -5), 35.2189781021898, 1e-14);
    assert_near(till_spend_expected(&model, 3, 0), 35.2189781021898, 1e-14);
}

static void spend_scales_with_the_currency(void **state) {
    struct till_spend_history history;
    struct till_spend_fit fit, other;
    (void)state;
    if (!read_history("cdnow_sample_calhold_exact.csv.gz", &history))
        skip();
    assert_int_equal(till_spend_fit(&fit, &history, 1, NULL), TILL_OK);
    for (size_t i = 0; i < history.count; i++)
        mean[i] *= 1e6;
    assert_int_equal(till_spend_fit(&other, &history, 1, NULL), TILL_OK);
    assert_near(other.model.parameter[0], fit.model.parameter[0], 1e-10);
    assert_near(other.model.parameter[1], fit.model.parameter[1], 1e-10);
    assert_near(other.model.parameter[2], fit.model.parameter[2] * 1e6, 1e-10);
}

static void assert_refused(size_t count, const char *reason) {
    struct till_spend_fit fit;
    struct till_error error = {0};
    struct till_spend_history history = {count, repeats, mean};
    assert_int_equal(till_spend_fit(&fit, &history, 1, &error), TILL_ERROR_MODEL);
    if (strstr(error.message, reason) == NULL)
        fail_msg("%s", error.message);
}

static void spend_without_an_answer_is_told_so(void **state) {
    (void)state;
    assert_refused(0, "no customer has repeat purchases");
    for (size_t i = 0; i < 500; i++) {
        repeats[i] = (uint32_t)(i % 5);
        mean[i] = 25;
    }
    assert_refused(500, "not identified");
    for (size_t i = 0; i < 500; i++)
        mean[i] = pow(((double)i + 0.5) / (500 - (double)i), 1.5); /* the tail of a distribution without a mean */
    assert_refused(500, "no finite mean");
    for (size_t i = 0; i < 500; i++)
        mean[i] = -1;
    assert_refused(500, "no customer has repeat purchases");
}

/* The high-end segment of Fader & Hardie 2007, seven years; the same solver, and mpmath. */
static void contracts_of_the_paper(void **state) {
    static const uint64_t survivors[] = {1000, 869, 743, 653, 593, 551, 517, 491};
    static const double survival[] = {.850692892266, .746881629564, .669816920180, .609951024719,
                                      .561868975567, .522252290357, .488944620894, .460478958809,
                                      .435819671934, .414213056166, .395096411043, .378040420182};
    static const double residual[] = {5.41485604837, 5.90175316775, 6.29426061679, 6.62028032319, 6.89705739775};
    struct till_contract_model model = {.668, 3.806};
    struct till_contract_fit fit;
    struct till_error error = {0};
    (void)state;
    if (till_contract_fit(&fit, survivors, 7, &error) != TILL_OK)
        fail_msg("%s", error.message);
    assert_near(fit.model.alpha, .668088351106, 3e-11);
    assert_near(fit.model.beta, 3.806094964058, 3e-11);
    assert_near(fit.log_likelihood, -1611.1581473912, 5e-14);
    assert_near(fit.model.alpha * sqrt(fit.covariance[0][0]), .1037349311, 4e-9);
    assert_near(fit.model.beta * sqrt(fit.covariance[1][1]), .7855316918, 4e-9);
    assert_true(fit.gradient < 1e-9);
    for (int t = 1; t <= 12; t++)
        assert_near(till_contract_survival(&model, t), survival[t - 1], 2e-12);
    assert_near(till_contract_lifetime(&model, .1), 5.92259640761276, 1e-13);
    for (uint64_t n = 1; n <= 5; n++)
        assert_near(till_contract_residual(&model, n, .1), residual[n - 1], 1e-11);
}

static void contracts_without_an_answer(void **state) {
    static const uint64_t stays[] = {100, 100, 100}, rises[] = {100, 90, 95}, constant[] = {1024, 512, 256, 128, 64},
                          one[] = {100, 90};
    struct till_contract_fit fit;
    (void)state;
    assert_int_equal(till_contract_fit(&fit, stays, 2, NULL), TILL_ERROR_MODEL);
    assert_int_equal(till_contract_fit(&fit, rises, 2, NULL), TILL_ERROR_DATA);
    assert_int_equal(till_contract_fit(&fit, constant, 4, NULL), TILL_ERROR_MODEL);
    assert_int_equal(till_contract_fit(&fit, one, 1, NULL), TILL_ERROR_MODEL);
}

/* The textbook's worked cases: 10 years at 8 %. */
static void annuities_of_the_textbook(void **state) {
    struct till_annuity third = {10, 1500, 4000, 1000, 100, .08, 1}, a = {10, 0, 0, 500, 200, .08, 1},
                        b = {10, 0, 0, 550, 300, .08, 1};
    (void)state;
    assert_near(till_annuity_value(&third, TILL_ANNUITY_REVENUE, TILL_ANNUITY_END), 9210.081399, 1e-10);
    assert_near(till_annuity_value(&third, TILL_ANNUITY_MARGIN, TILL_ANNUITY_END), 8539.073259, 1e-10);
    assert_near(till_annuity_value(&third, TILL_ANNUITY_REVENUE, TILL_ANNUITY_BEGIN), 9746.887911, 1e-10);
    assert_near(till_annuity_value(&third, TILL_ANNUITY_MARGIN, TILL_ANNUITY_BEGIN), 9022.199120, 1e-10);
    assert_near(till_annuity_value(&a, TILL_ANNUITY_REVENUE, TILL_ANNUITY_END), 3355.040699, 1e-9);
    assert_near(till_annuity_value(&b, TILL_ANNUITY_REVENUE, TILL_ANNUITY_END), 3690.544769, 1e-9);
    assert_near(till_annuity_value(&a, TILL_ANNUITY_MARGIN, TILL_ANNUITY_END), 2013.024420, 1e-9);
    assert_near(till_annuity_value(&b, TILL_ANNUITY_MARGIN, TILL_ANNUITY_END), 1677.520350, 1e-9);
}

/* Year by year, by hand: 3 years, half of the customers leave each year, no discount: 100 (1/2 + 1/4 + 1/8). */
static void annuities_with_retention(void **state) {
    struct till_annuity annuity = {3, 0, 0, 110, 10, 0, .5};
    (void)state;
    assert_near(till_annuity_value(&annuity, TILL_ANNUITY_RETENTION, TILL_ANNUITY_END), 87.5, 1e-15);
    annuity.retention = 1; /* no discount, all stay: the geometric sum has ratio 1 */
    assert_near(till_annuity_value(&annuity, TILL_ANNUITY_RETENTION, TILL_ANNUITY_END), 300, 1e-15);
    annuity.rate = 1e-12;
    assert_near(till_annuity_value(&annuity, TILL_ANNUITY_RETENTION, TILL_ANNUITY_END), 300, 1e-11);
    annuity.retention = 0;
    assert_true(till_annuity_value(&annuity, TILL_ANNUITY_RETENTION, TILL_ANNUITY_BEGIN) == 0);
    annuity.years = 0;
    assert_true(till_annuity_value(&annuity, TILL_ANNUITY_REVENUE, TILL_ANNUITY_BEGIN) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spend_is_at_the_optimum),        cmocka_unit_test(expected_spend),
        cmocka_unit_test(spend_scales_with_the_currency), cmocka_unit_test(spend_without_an_answer_is_told_so),
        cmocka_unit_test(contracts_of_the_paper),         cmocka_unit_test(contracts_without_an_answer),
        cmocka_unit_test(annuities_of_the_textbook),      cmocka_unit_test(annuities_with_retention),
    };
    return cmocka_run_group_tests_name("spend", tests, NULL, NULL);
}
