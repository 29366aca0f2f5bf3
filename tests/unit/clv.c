/* The models of buying against figures that others computed: an own solver at 30 digits on CDNOW (parameters,
 * log-likelihoods, standard errors), mpmath at 40 to 60 digits (functions, hard arguments), and the papers. */
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include <till/clv.h>

static void assert_near(double got, double wanted, double relative) {
    if (!(fabs(got - wanted) <= relative * fabs(wanted)))
        fail_msg("%.15g is not %.15g within %g (off by %.2g)", got, wanted, relative, got / wanted - 1);
}

/* ---- data ---- */

static gzFile open_shared(const char *name) {
    char path[1024];
    const char *shared = getenv("TILL_SHARED");
    snprintf(path, sizeof path, "%s/golden/clv/%s", shared == NULL ? "../shared" : shared, name);
    return gzopen(path, "r");
}

#define MOST 24000
static uint32_t repeats[MOST];
static double last[MOST], age[MOST];

/* Reads id,x,t_x,T,...; false when the file is not there. */
static bool read_history(const char *name, struct till_clv_history *history) {
    char line[512];
    gzFile file = open_shared(name);
    *history = (struct till_clv_history){0, repeats, last, age};
    if (file == NULL)
        return false;
    gzgets(file, line, sizeof line);
    while (gzgets(file, line, sizeof line) != NULL && history->count < MOST) {
        assert_int_equal(
            sscanf(line, "%*[^,],%u,%lf,%lf", &repeats[history->count], &last[history->count], &age[history->count]),
            3);
        history->count++;
    }
    gzclose(file);
    return true;
}

static void make_cells(struct till_clv_cells *cells, const struct till_clv_history *history) {
    struct till_error error = {0};
    if (till_clv_cells_new(cells, history, &error) != TILL_OK)
        fail_msg("%s", error.message);
}

/* ---- fits ---- */

struct golden_fit {
    const char *file;
    enum till_clv_method method;
    double parameter[4];
    double log_likelihood;
    double std_error[4]; /* 0: not known */
    double digits;       /* relative error of the parameters */
};

/* Maxima found with automatic derivatives and Newton's method to a gradient of 1e-11; Pareto/NBD by mpmath. */
static const struct golden_fit golden_fits[] = {
    {"cdnow_sample_calhold_exact.csv.gz",
     TILL_CLV_BGNBD,
     {.242594522430, 4.413602019014, .792922017226, 2.425906776827},
     -9582.4292066739,
     {.0125573781, .3782240599, .1857338214, .7054142598},
     3e-11},
    {"cdnow_rfm_rounded.csv.gz",
     TILL_CLV_BGNBD,
     {.242592907204, 4.413531561205, .792886148099, 2.425753436493},
     -9582.4255605674,
     {.0125573196, .3782214155, .1857191431, .7053457551},
     3e-11},
    {"cdnow_sample_calhold_exact.csv.gz",
     TILL_CLV_MBGNBD,
     {.524843159106, 6.183085279576, .891359390732, 1.614002240171},
     -9582.1357155537,
     {.0832682066, .6956206425, .1547899278, .5374947982},
     3e-11},
    {"cdnow_rfm_rounded.csv.gz",
     TILL_CLV_MBGNBD,
     {.524837983666, 6.182992019672, .891356155332, 1.613999334731},
     -9582.1326848999,
     {0},
     3e-11},
    {"cdnow_sample_calhold_exact.csv.gz",
     TILL_CLV_PARETONBD,
     {.55327704685294, 10.577683463296, .60623998912391, 11.668735288741},
     -9594.976178939543,
     {.04762792598, .8427225338, .1872813423, 6.211113591},
     2e-11},
    {"cdnow_rfm_rounded.csv.gz",
     TILL_CLV_PARETONBD,
     {.55327550868928, 10.577612238675, .60621356867017, 11.667911237806},
     -9594.973929826864,
     {.04762875443, .8427239235, .1872795695, 6.21102932},
     2e-11},
    {"cdnow_master_calhold_exact.csv.gz",
     TILL_CLV_BGNBD,
     {.251623958852, 4.788942961860, .723433576757, 2.161088358941},
     -95368.4439331608,
     {.0042019739, .1312549060, .0539292439, .1985892958},
     3e-11},
    {"cdnow_master_calhold_exact.csv.gz",
     TILL_CLV_MBGNBD,
     {.637139733444, 7.310289541994, .807474117949, 1.228393995656},
     -95336.9583198795,
     {.0362074649, .2932638768, .0376117646, .1119455092},
     3e-11},
    {"cdnow_master_calhold_exact.csv.gz",
     TILL_CLV_PARETONBD,
     {.5974199636, 11.5856577096, .5221855812, 8.8277583497},
     -95415.118617470,
     {.0173727, .2967654, .0463416, 1.4742423},
     1e-7},
};

static void check_fit(const struct golden_fit *golden, unsigned threads) {
    struct till_clv_history history;
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    struct till_error error = {0};
    if (!read_history(golden->file, &history))
        skip();
    make_cells(&cells, &history);
    if (till_clv_fit(&fit, golden->method, &cells, threads, &error) != TILL_OK)
        fail_msg("%s", error.message);
    assert_near(fit.log_likelihood, golden->log_likelihood, 2e-14);
    assert_true(fit.gradient < 1e-9);
    for (int i = 0; i < 4; i++) {
        double std_error, lower, upper;
        till_clv_interval(&fit, i, &std_error, &lower, &upper);
        assert_near(fit.model.parameter[i], golden->parameter[i], golden->digits);
        if (golden->std_error[i] > 0)
            assert_near(std_error, golden->std_error[i], golden->digits > 1e-9 ? 2e-5 : 4e-9);
        assert_near(sqrt(lower * upper), fit.model.parameter[i], 1e-12);
    }
    till_clv_cells_free(&cells);
}

static void fits_are_at_the_optimum(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden_fits / sizeof *golden_fits; i++)
        check_fit(&golden_fits[i], 1);
}

static double draw(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return -log(((double)(*seed >> 11) + 0.5) / 9007199254740992.0);
}

/* Customer i: purchases and death at random, seen on days. */
static void live(uint64_t *seed, size_t i) {
    static const double rates[] = {0.05, 0.2, 0.6, 2}, ends[] = {0.005, 0.02, 0.1};
    double days = (double)(100 + 3 * (i % 11)), life = draw(seed) / ends[i % 3] * 7, now = 0;
    age[i] = days / 7;
    last[i] = 0;
    repeats[i] = 0;
    for (;;) {
        now = ceil(now + draw(seed) / rates[i % 4] * 7);
        if (now > life || now > days)
            break;
        last[i] = now / 7;
        repeats[i]++;
    }
    if (repeats[i] > 0 && i % 500 == 0)
        repeats[i] = 2000;
}

/* Customers of few days: fates between days are found once for all of them. What is said of each must be what would be
 * said of that one alone, whose fates are integrated apart; those who bought 2,000 times are as good as certainly dead
 * a moment later. */
static void customers_who_share_days_are_told_what_each_would_be_told(void **state) {
    struct till_clv_history history = {20000, repeats, last, age};
    struct till_clv_horizon horizon = {52, 52, 0};
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    struct till_clv_forecast forecast;
    struct till_error error = {0};
    uint64_t seed = 7;
    double sum = 0;
    (void)state;
    for (size_t i = 0; i < history.count; i++)
        live(&seed, i);
    make_cells(&cells, &history);
    assert_true(cells.count > 5000); /* of some 130 days */
    if (till_clv_fit(&fit, TILL_CLV_PARETONBD, &cells, 2, &error) != TILL_OK ||
        till_clv_predict(&forecast, &fit.model, &cells, &horizon, 2, &error) != TILL_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < history.count; i++) {
        double alive = till_clv_alive(&fit.model, repeats[i], last[i], age[i]);
        sum += till_clv_log_likelihood(&fit.model, repeats[i], last[i], age[i]);
        if (!(fabs(forecast.alive[cells.cell[i]] - alive) <= 1e-12 + 1e-11 * alive))
            fail_msg("%u, %g, %g: %.15g is not %.15g", (unsigned)repeats[i], last[i], age[i],
                     forecast.alive[cells.cell[i]], alive);
    }
    assert_near(fit.log_likelihood, sum, 1e-13);
    assert_true(fit.gradient < 1e-9);
    for (int i = 0; i < 4; i++) { /* it is the top of the sum of what is said of each alone, too */
        double ends[2] = {0, 0}, step = 1e-3;
        for (int side = 0; side < 2; side++) {
            struct till_clv_model off = fit.model;
            off.parameter[i] *= exp(side == 0 ? -step : step);
            for (size_t k = 0; k < history.count; k++)
                ends[side] += till_clv_log_likelihood(&off, repeats[k], last[k], age[k]);
        }
        assert_true(ends[0] < sum && ends[1] < sum);
        assert_true(fabs(ends[1] - ends[0]) < 1e-2 * (2 * sum - ends[0] - ends[1]));
    }
    till_clv_forecast_free(&forecast);
    till_clv_cells_free(&cells);
}

/* Correlations of the logs of the parameters, from the same solver. */
static void correlations_agree(void **state) {
    static const double bgnbd[4][4] = {{1, .78038, -.03766, .00741},
                                       {.78038, 1, -.04079, .03944},
                                       {-.03766, -.04079, 1, .94046},
                                       {.00741, .03944, .94046, 1}};
    static const double pareto[4][4] = {{1, .82176, -.35357, -.47558},
                                        {.82176, 1, -.17061, -.23040},
                                        {-.35357, -.17061, 1, .97157},
                                        {-.47558, -.23040, .97157, 1}};
    struct till_clv_history history;
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    (void)state;
    if (!read_history("cdnow_sample_calhold_exact.csv.gz", &history))
        skip();
    make_cells(&cells, &history);
    assert_int_equal(cells.count, 1016);
    for (int model = 0; model < 2; model++) {
        enum till_clv_method method = model == 0 ? TILL_CLV_BGNBD : TILL_CLV_PARETONBD;
        assert_int_equal(till_clv_fit(&fit, method, &cells, 2, NULL), TILL_OK);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) {
                double got = fit.covariance[i][j] / sqrt(fit.covariance[i][i] * fit.covariance[j][j]);
                assert_true(fabs(got - (model == 0 ? bgnbd : pareto)[i][j]) < 6e-6);
            }
    }
    till_clv_cells_free(&cells);
}

static void threads_and_the_order_of_customers_change_no_bit(void **state) {
    struct till_clv_history history;
    struct till_clv_cells cells;
    struct till_clv_fit fit, again;
    struct till_clv_forecast forecast, other;
    struct till_clv_horizon horizon = {52, 1, 0.002};
    (void)state;
    if (!read_history("cdnow_master_calhold_exact.csv.gz", &history))
        skip();
    for (int method = TILL_CLV_PARETONBD; method <= TILL_CLV_MBGNBD; method++) {
        read_history("cdnow_master_calhold_exact.csv.gz", &history);
        make_cells(&cells, &history);
        assert_int_equal(till_clv_fit(&fit, (enum till_clv_method)method, &cells, 1, NULL), TILL_OK);
        assert_int_equal(till_clv_predict(&forecast, &fit.model, &cells, &horizon, 1, NULL), TILL_OK);
        for (unsigned threads = 2; threads < 8; threads += 5) {
            assert_int_equal(till_clv_fit(&again, (enum till_clv_method)method, &cells, threads, NULL), TILL_OK);
            assert_memory_equal(&fit, &again, sizeof fit);
            assert_int_equal(till_clv_predict(&other, &fit.model, &cells, &horizon, threads, NULL), TILL_OK);
            assert_memory_equal(forecast.discounted, other.discounted, cells.count * sizeof(double));
            assert_memory_equal(forecast.alive, other.alive, cells.count * sizeof(double));
            till_clv_forecast_free(&other);
        }
        till_clv_cells_free(&cells);
        till_clv_forecast_free(&forecast);
        for (size_t i = 0, j = history.count - 1; i < j; i++, j--) {
            uint32_t x = repeats[i];
            double t = last[i], end = age[i];
            repeats[i] = repeats[j], last[i] = last[j], age[i] = age[j];
            repeats[j] = x, last[j] = t, age[j] = end;
        }
        make_cells(&cells, &history);
        assert_int_equal(till_clv_fit(&again, (enum till_clv_method)method, &cells, 2, NULL), TILL_OK);
        assert_memory_equal(&fit, &again, sizeof fit);
        till_clv_cells_free(&cells);
    }
}

/* Time in days, years or seconds is the same time. */
static void units_scale_alpha_and_beta_alone(void **state) {
    static const double units[] = {7, 7 / 365.25, 604800};
    struct till_clv_history history;
    struct till_clv_cells cells;
    struct till_clv_fit fit, other;
    (void)state;
    if (!read_history("cdnow_sample_calhold_exact.csv.gz", &history))
        skip();
    make_cells(&cells, &history);
    assert_int_equal(till_clv_fit(&fit, TILL_CLV_PARETONBD, &cells, 1, NULL), TILL_OK);
    till_clv_cells_free(&cells);
    for (size_t u = 0; u < 3; u++) {
        read_history("cdnow_sample_calhold_exact.csv.gz", &history);
        for (size_t i = 0; i < history.count; i++) {
            last[i] *= units[u];
            age[i] *= units[u];
        }
        make_cells(&cells, &history);
        assert_int_equal(till_clv_fit(&other, TILL_CLV_PARETONBD, &cells, 1, NULL), TILL_OK);
        for (int i = 0; i < 4; i++)
            assert_near(other.model.parameter[i], fit.model.parameter[i] * (i % 2 == 1 ? units[u] : 1), 1e-10);
        till_clv_cells_free(&cells);
    }
}

/* The public broadcaster's donors (Fader, Hardie & Shang 2010, table 2): 11,104 of them in 22 cells. */
static void donors_give_the_published_bgbb(void **state) {
    static const unsigned cells_of[22][3] = {
        {6, 6, 1203}, {5, 6, 728}, {4, 6, 512}, {3, 6, 357}, {2, 6, 234},  {1, 6, 129}, {5, 5, 335}, {4, 5, 284},
        {3, 5, 225},  {2, 5, 173}, {1, 5, 119}, {4, 4, 240}, {3, 4, 181},  {2, 4, 155}, {1, 4, 78},  {3, 3, 322},
        {2, 3, 255},  {1, 3, 129}, {2, 2, 613}, {1, 2, 277}, {1, 1, 1091}, {0, 0, 3464}};
    static const double published[] = {1.204, 0.750, 0.657, 2.783};
    struct till_clv_history history = {0, repeats, last, age};
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    (void)state;
    for (size_t c = 0; c < 22; c++)
        for (unsigned i = 0; i < cells_of[c][2]; i++, history.count++) {
            repeats[history.count] = cells_of[c][0];
            last[history.count] = cells_of[c][1];
            age[history.count] = 6;
        }
    assert_int_equal(history.count, 11104);
    make_cells(&cells, &history);
    assert_int_equal(till_clv_fit(&fit, TILL_CLV_BGBB, &cells, 1, NULL), TILL_OK);
    assert_near(fit.log_likelihood, -33225.6, 2e-6);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(fit.model.parameter[i] - published[i]) < 0.0006);
    till_clv_cells_free(&cells);
}

/* ---- functions ---- */

static const struct till_clv_model bg = {TILL_CLV_BGNBD, {.243, 4.414, .793, 2.426}};
static const struct till_clv_model mbg = {TILL_CLV_MBGNBD, {.525, 6.183, .891, 1.614}};
static const struct till_clv_model pn = {TILL_CLV_PARETONBD, {.553, 10.578, .606, 11.669}};

/* At the parameters of the papers, by mpmath at 40 digits. */
static const struct golden_buyer {
    unsigned x;
    double t_x, T;
    double bg_ll, bg_alive, bg_39, bg_52, mbg_alive, mbg_39, pn_ll, pn_alive, pn_39, pn_residual;
} golden_buyers[] = {
    {0, 0, 38.86, -.554713276438158, 1, .195098052011263, .252073022282459, .389735080918763, .154012746675147,
     -.521046294080890, .295286604616894, .107081468215309, .477136229032195},
    {1, 1.71, 38.86, -4.46909327503259, .212100985377379, .203186987079754, .259823464868622, .170836484310408,
     .188836541364343, -4.45019433388101, .168002326724345, .171092980553783, .762360293670683},
    {2, 30.43, 38.86, -9.45860630706627, .726578570080673, 1.22602817476714, 1.55872080643209, .706202265118487,
     1.26296062326737, -9.55428324515041, .869167559153011, 1.45512319325760, 6.48377356773074},
    {7, 29.43, 38.86, -21.8632762714635, .641756345946107, 3.33705327485142, 4.19885558492504, .622723814169112,
     3.16757243229869, -21.5946432181126, .749501407667034, 3.71225138047054, 16.5411406326240},
    {26, 30.86, 31, -37.7265794733944, .968915649717525, 20.7497261408573, 25.7581959364835, .965566144144062,
     19.4507226521574, -39.1316715403028, .997918731055158, 20.1170260773705, 86.0564936011645},
    {4, 12, 12, -11.3803775602410, .872487538189420, 5.71611752284586, 6.96192448876873, .863028439661799,
     5.32731072613791, -11.2629172205612, 1, 5.66478667208271, 21.1908642842100},
    {0, 0, 0, 0, 1, 1.19672319332082, 1.44605059539640, .644311377245509, 1.18295366559717, 0, 1, 1.21300284428102,
     3.95475307911840},
    {1, .14, .14, -2.93828739561624, .753650201926064, 3.81600038762241, 4.51370335516919, .745791726105563,
     3.43286558408708, -2.97882007933950, 1, 3.37441432298322, 11.0244520887232},
    {10, 35, 39, -27.3792216250188, .842603188641733, 6.11605556936460, 7.68005830678785, .830897788315260,
     5.83380452910839, -27.1122425412274, .923723548167414, 6.37697437250187, 28.4338089019461},
    {29, 36, 38.86, -44.3118378812696, .838582392794136, 17.0770311788205, 21.3575212528166, .832021128310877,
     16.0834567988415, -45.4947335013418, .910076818272540, 17.6370142460258, 78.5874400957529}};

/* Thousands of customers, each of another age, are read off curves; each for itself is not. */
static void curves_tell_what_each_customer_would_be_told(void **state) {
    static const struct till_clv_model *const models[] = {&pn, &bg, &mbg};
    static const struct till_clv_horizon horizons[] = {{52, 1, 0.002}, {3.5, 1, 0.1}, {INFINITY, 1, 0.0027}};
    struct till_clv_history history = {20000, repeats, last, age};
    struct till_clv_cells cells;
    struct till_clv_forecast forecast;
    (void)state;
    for (size_t i = 0; i < history.count; i++) {
        repeats[i] = i % 3 == 0 ? 0 : (uint32_t)(i % 20);
        age[i] = i < 3000 ? fmod((double)i * 1.618033988749895, 104) : 1e-4 + pow(1.003, (double)i - 3000);
        last[i] = repeats[i] == 0 ? 0 : age[i] * (0.1 + 0.9 * fmod((double)i * 0.7548776662466927, 1));
    }
    age[0] = 0;
    make_cells(&cells, &history);
    assert_true(cells.count > 5990);
    for (size_t m = 0; m < 3; m++)
        for (size_t h = 0; h < (m == 0 ? 3 : 2); h++) {
            const struct till_clv_horizon *horizon = &horizons[h];
            assert_int_equal(till_clv_predict(&forecast, models[m], &cells, horizon, 1, NULL), TILL_OK);
            for (size_t i = 0; i < history.count; i += 7) {
                double wanted = isinf(horizon->time)
                                    ? till_clv_residual(models[m], repeats[i], last[i], age[i], 0.0027)
                                    : till_clv_expected(models[m], repeats[i], last[i], age[i], horizon->time);
                assert_near(forecast.expected[cells.cell[i]], wanted, 1e-12);
            }
            till_clv_forecast_free(&forecast);
        }
    till_clv_cells_free(&cells);
}

static void functions_at_the_papers_parameters(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden_buyers / sizeof *golden_buyers; i++) {
        const struct golden_buyer *g = &golden_buyers[i];
        if (g->T > 0) {
            assert_near(till_clv_log_likelihood(&bg, g->x, g->t_x, g->T), g->bg_ll, 1e-13);
            assert_near(till_clv_log_likelihood(&pn, g->x, g->t_x, g->T), g->pn_ll, 1e-13);
        }
        assert_near(till_clv_alive(&bg, g->x, g->t_x, g->T), g->bg_alive, 1e-13);
        assert_near(till_clv_alive(&mbg, g->x, g->t_x, g->T), g->mbg_alive, 1e-13);
        assert_near(till_clv_alive(&pn, g->x, g->t_x, g->T), g->pn_alive, 1e-13);
        assert_near(till_clv_expected(&bg, g->x, g->t_x, g->T, 39), g->bg_39, 1e-12);
        assert_near(till_clv_expected(&bg, g->x, g->t_x, g->T, 52), g->bg_52, 1e-12);
        assert_near(till_clv_expected(&mbg, g->x, g->t_x, g->T, 39), g->mbg_39, 1e-12);
        assert_near(till_clv_expected(&pn, g->x, g->t_x, g->T, 39), g->pn_39, 1e-13);
        assert_near(till_clv_residual(&pn, g->x, g->t_x, g->T, .0027), g->pn_residual, 1e-12);
    }
    assert_true(isnan(till_clv_residual(&bg, 1, 1, 2, .0027)));
}

/* Nobody and nothing seen yet: the likelihood of that is 1. */
static void a_new_customer_has_likelihood_one(void **state) {
    (void)state;
    assert_true(till_clv_log_likelihood(&bg, 0, 0, 0) == 0);
    assert_true(till_clv_log_likelihood(&pn, 0, 0, 0) == 0);
}

/* E[X(t)] of a new customer, from the same source. */
static void expected_purchases_of_a_new_customer(void **state) {
    static const double table[][3] = {{1, .0532678911716583, .0509798432459910},
                                      {10, .432413362234426, .427601142832429},
                                      {39, 1.19672319332082, 1.21300284428102},
                                      {52, 1.44605059539640, 1.47299680337511},
                                      {78, 1.86051905794277, 1.90939812931369}};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_near(till_clv_expected(&bg, 0, 0, 0, table[i][0]), table[i][1], 1e-12);
        assert_near(till_clv_expected(&pn, 0, 0, 0, table[i][0]), table[i][2], 1e-12);
    }
}

/* Where the paper's formula divides zero by zero: quadrature by mpmath. */
static void no_pole_at_a_equal_one_or_a_plus_b_equal_one(void **state) {
    struct till_clv_model at_one = {TILL_CLV_BGNBD, {.5, 10, 1, 2}};
    struct till_clv_model sum_one = {TILL_CLV_BGNBD, {.24, 4.4, .4, .6}};
    (void)state;
    assert_near(till_clv_expected(&at_one, 3, 39, 39, 39) / till_clv_alive(&at_one, 3, 39, 39), 2.1901819992556, 1e-13);
    assert_near(till_clv_expected(&sum_one, 0, 0, 39, 39), .182111097315729, 1e-13);
}

static void hard_arguments_of_bgnbd(void **state) {
    char line[512];
    gzFile file = open_shared("bgnbd_expected_given_alive.txt.gz");
    double worst = 0;
    size_t count = 0;
    (void)state;
    if (file == NULL)
        skip();
    gzgets(file, line, sizeof line);
    while (gzgets(file, line, sizeof line) != NULL) {
        struct till_clv_model model = {.method = TILL_CLV_BGNBD};
        double *p = model.parameter, T, t, wanted;
        unsigned x;
        assert_int_equal(
            sscanf(line, "%*s %lf %lf %lf %lf %u %lf %lf %lf", &p[0], &p[1], &p[2], &p[3], &x, &T, &t, &wanted), 8);
        /* Two lines of the file are below zero, which no number of purchases is; mpmath integrates to this in both. */
        if (wanted < 0)
            wanted = 16.9663865546218668;
        /* The reference is for the living, so the share of the living is divided out. */
        double got = till_clv_expected(&model, x, T, T, t) / till_clv_alive(&model, x, T, T);
        if (!(fabs(got / wanted - 1) < 1e-10))
            fail_msg("%s: %.17g", line, got);
        worst = fmax(worst, fabs(got / wanted - 1));
        count++;
    }
    print_message("%zu arguments, worst %.2g\n", count, worst);
    assert_int_equal(count, 2016);
    gzclose(file);
}

static void hard_arguments_of_paretonbd(void **state) {
    char line[512];
    gzFile file = open_shared("paretonbd_ll_palive.txt.gz");
    double worst = 0;
    size_t count = 0;
    (void)state;
    if (file == NULL)
        skip();
    gzgets(file, line, sizeof line);
    while (gzgets(file, line, sizeof line) != NULL) {
        struct till_clv_model model = {.method = TILL_CLV_PARETONBD};
        double *p = model.parameter, t_x, T, wanted, alive;
        unsigned x;
        assert_int_equal(sscanf(line, "%*s %lf %lf %lf %lf %u %lf %lf %lf %lf", &p[0], &p[1], &p[2], &p[3], &x, &t_x,
                                &T, &wanted, &alive),
                         9);
        double likelihood = till_clv_log_likelihood(&model, x, t_x, T), got = till_clv_alive(&model, x, t_x, T);
        double off = fmax(fabs(likelihood / wanted - 1), alive < 1e-300 ? 0 : fabs(got / alive - 1));
        if (!(off < 1e-10))
            fail_msg("%s: %.17g %.17g", line, likelihood, got);
        worst = fmax(worst, off);
        count++;
    }
    print_message("%zu arguments, worst %.2g\n", count, worst);
    assert_int_equal(count, 720);
    gzclose(file);
}

/* ---- what data cannot say ---- */

static void assert_refused(const struct till_clv_history *history, enum till_clv_method method, const char *reason) {
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    struct till_error error = {0};
    make_cells(&cells, history);
    assert_int_equal(till_clv_fit(&fit, method, &cells, 1, &error), TILL_ERROR_MODEL);
    if (strstr(error.message, reason) == NULL)
        fail_msg("%s", error.message);
    till_clv_cells_free(&cells);
}

static void data_without_an_answer_are_told_so(void **state) {
    struct till_clv_history history = {300, repeats, last, age};
    (void)state;
    for (int method = TILL_CLV_PARETONBD; method <= TILL_CLV_BGBB; method++) {
        memset(repeats, 0, sizeof repeats);
        memset(last, 0, sizeof last);
        for (size_t i = 0; i < history.count; i++)
            age[i] = 10 + (double)(i % 30);
        assert_refused(&history, (enum till_clv_method)method, "nobody bought again");
        memset(age, 0, sizeof age);
        assert_refused(&history, (enum till_clv_method)method, "nobody was observed");
        assert_refused(&(struct till_clv_history){0, repeats, last, age}, (enum till_clv_method)method, "no customers");
    }
    for (size_t i = 0; i < history.count; i++) { /* everybody is still there */
        age[i] = 10 + (double)(i % 30);
        repeats[i] = (uint32_t)(1 + i % 7);
        last[i] = age[i];
    }
    assert_refused(&history, TILL_CLV_PARETONBD, "no dropout can be seen in these data: r and alpha are identified");
    assert_refused(&history, TILL_CLV_BGNBD, "no dropout can be seen in these data: r and alpha are identified");
}

static void figures_that_cannot_be_are_errors(void **state) {
    static const struct {
        uint32_t repeats;
        double last, age;
    } bad[] = {{1, 5, 4}, {0, 1, 4}, {1, 0, 4}, {1, -1, 4}, {0, 0, -1}, {1, NAN, 4}, {1, 1, NAN}, {1, 1, INFINITY}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct till_clv_history history = {1, &bad[i].repeats, &bad[i].last, &bad[i].age};
        struct till_clv_cells cells;
        struct till_error error = {0};
        assert_int_equal(till_clv_cells_new(&cells, &history, &error), TILL_ERROR_DATA);
    }
}

/* By Bayes over a grid of both rates, in NumPy: prior x likelihood of (x, t_x, T), the dead and the living apart, 6000
 * x 6000 points in logs; 3000 x 3000 gave the same 12 digits. */
static void no_purchase_equals_a_sum_over_both_rates(void **state) {
    static const struct {
        double parameter[4];
        uint32_t repeats;
        double last, age, gap, time, none;
    } cases[] = {
        {{.55327704685294, 10.577683463296, .60623998912391, 11.668735288741},
         0,
         0,
         38.857142857,
         0,
         13,
         .966558292558},
        {{.55327704685294, 10.577683463296, .60623998912391, 11.668735288741},
         2,
         30.428571,
         38.857142857,
         0,
         13,
         .633072762223},
        {{.55327704685294, 10.577683463296, .60623998912391, 11.668735288741},
         26,
         30.857142857,
         31,
         0,
         39,
         .023862776177},
        {{.55327704685294, 10.577683463296, .60623998912391, 11.668735288741}, 0, 0, 1e-9, 2, 52, .598711912480},
        {{.55327704685294, 10.577683463296, .60623998912391, 11.668735288741},
         7,
         29.428571,
         38.857142857,
         4,
         12.857142857,
         .435546641520},
        {{.25, 4, .6, 11}, 3, 10, 100, 1, 26, .997756603023},
        {{2, 1, 4, 300}, 10, 50, 60, 0, 4, .630887573489},
        {{1.2, 30, 1.5, 2}, 1, 3, 20, 10, 200, .983643136283}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct till_clv_model model = {.method = TILL_CLV_PARETONBD};
        struct till_clv_history one = {1, &cases[i].repeats, &cases[i].last, &cases[i].age};
        struct till_clv_cells cells;
        struct till_error error = {0};
        double none;
        memcpy(model.parameter, cases[i].parameter, sizeof model.parameter);
        make_cells(&cells, &one);
        assert_int_equal(till_clv_no_purchase(&none, &model, &cells, cases[i].gap, cases[i].time, 1, &error), TILL_OK);
        assert_near(none, cases[i].none, 2e-11);
        /* No time, no purchase. */
        assert_int_equal(till_clv_no_purchase(&none, &model, &cells, 0, 0, 1, &error), TILL_OK);
        assert_near(none, 1, 1e-15);
        model.method = TILL_CLV_BGNBD;
        assert_int_equal(till_clv_no_purchase(&none, &model, &cells, 0, 1, 1, &error), TILL_ERROR_USAGE);
        till_clv_cells_free(&cells);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_at_the_papers_parameters),
        cmocka_unit_test(curves_tell_what_each_customer_would_be_told),
        cmocka_unit_test(a_new_customer_has_likelihood_one),
        cmocka_unit_test(expected_purchases_of_a_new_customer),
        cmocka_unit_test(no_pole_at_a_equal_one_or_a_plus_b_equal_one),
        cmocka_unit_test(hard_arguments_of_bgnbd),
        cmocka_unit_test(hard_arguments_of_paretonbd),
        cmocka_unit_test(fits_are_at_the_optimum),
        cmocka_unit_test(customers_who_share_days_are_told_what_each_would_be_told),
        cmocka_unit_test(correlations_agree),
        cmocka_unit_test(no_purchase_equals_a_sum_over_both_rates),
        cmocka_unit_test(threads_and_the_order_of_customers_change_no_bit),
        cmocka_unit_test(units_scale_alpha_and_beta_alone),
        cmocka_unit_test(donors_give_the_published_bgbb),
        cmocka_unit_test(data_without_an_answer_are_told_so),
        cmocka_unit_test(figures_that_cannot_be_are_errors),
    };
    return cmocka_run_group_tests_name("clv", tests, NULL, NULL);
}
