/* The generator against the theory that it draws from. Each bound is a number of standard errors of the figure
 * compared, taken from the sample or from the theory; seeds are fixed, so a test that passes once passes always. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_hyperg.h>

#include <till/date.h>
#include <till/synth.h>

/* Four standard errors: one honest figure in 16,000 would fail. */
static const double ERRORS = 4;
/* A chi-square as large as this comes once in 10,000 honest samples. */
static const double LEAST_P = 1e-4;

static struct till_synth *draw(const struct till_synth_options *options) {
    struct till_synth *synth;
    struct till_error error = {0};
    enum till_status status = till_synth_new(&synth, options, &error);
    if (status != TILL_OK)
        fail_msg("%s: %s", error.role, error.message);
    return synth;
}

/* All rows as one array. */
struct rows {
    struct till_synth_line *lines;
    size_t count;
};

static struct rows all_rows(struct till_synth *synth) {
    struct rows rows = {0};
    const struct till_synth_line *lines;
    size_t count, capacity = 0;
    while (till_synth_next(synth, &lines, &count, NULL) == TILL_OK && count > 0) {
        if (rows.count + count > capacity) {
            capacity = 2 * (rows.count + count);
            rows.lines = realloc(rows.lines, capacity * sizeof *lines);
            assert_non_null(rows.lines);
        }
        memcpy(rows.lines + rows.count, lines, count * sizeof *lines);
        rows.count += count;
    }
    return rows;
}

static struct rows rows_of(const struct till_synth_options *options) {
    struct till_synth *synth = draw(options);
    struct rows rows = all_rows(synth);
    till_synth_free(synth);
    return rows;
}

static struct till_synth_truth truth_of(const struct till_synth *synth, uint64_t customer, double horizon) {
    struct till_synth_truth truth;
    assert_int_equal(till_synth_customer(synth, customer, horizon, &truth, NULL), TILL_OK);
    return truth;
}

/* Running mean and variance (Welford 1962). */
struct moments {
    double count, mean, squares;
};

static void observe(struct moments *moments, double value) {
    moments->count++;
    double before = value - moments->mean;
    moments->mean += before / moments->count;
    moments->squares += before * (value - moments->mean);
}

static void assert_mean(const struct moments *moments, double expected) {
    double standard_error = sqrt(moments->squares / (moments->count - 1) / moments->count);
    if (!(fabs(moments->mean - expected) <= ERRORS * standard_error))
        fail_msg("mean %g, expected %g, standard error %g", moments->mean, expected, standard_error);
}

static void assert_share(double count, double total, double expected) {
    double standard_error = sqrt(expected * (1 - expected) / total);
    if (!(fabs(count / total - expected) <= ERRORS * standard_error))
        fail_msg("share %g, expected %g, standard error %g", count / total, expected, standard_error);
}

static void assert_distribution(const double *counts, const double *shares, size_t cells, double total) {
    double statistic = 0;
    for (size_t i = 0; i < cells; i++)
        statistic += (counts[i] - total * shares[i]) * (counts[i] - total * shares[i]) / (total * shares[i]);
    double p = gsl_cdf_chisq_Q(statistic, (double)(cells - 1));
    if (!(p >= LEAST_P))
        fail_msg("chi-square %g on %zu cells: p = %g", statistic, cells, p);
}

/* Everybody is acquired on the first day, so that all are seen for 52 weeks less half a day on average. */
static const double WEEKS = 52 - 0.5 / 7;
static struct till_synth_options one_cohort(void) {
    struct till_synth_options options;
    till_synth_defaults(&options);
    options.customers = 100000;
    options.acquisition = 1;
    options.lines = 1;
    options.threads = 2;
    return options;
}

/* Schmittlein, Morrison & Colombo 1987, equation 17: E[X(t)] = r beta / (alpha (s - 1)) (1 - (beta / (beta + t))^(s -
 * 1)), and the share alive at t is (beta / (beta + t))^s. */
static void pareto_nbd_repeats_and_survivors_match_theory(void **state) {
    (void)state;
    struct till_synth_options o = one_cohort();
    struct till_synth *synth = draw(&o);
    struct moments repeats = {0};
    double alive = 0;
    for (uint64_t i = 0; i < o.customers; i++) {
        struct till_synth_truth truth = truth_of(synth, i, 1);
        observe(&repeats, (double)truth.purchases - 1);
        alive += truth.alive;
    }
    assert_mean(&repeats, o.r * o.beta / (o.alpha * (o.s - 1)) * (1 - pow(o.beta / (o.beta + WEEKS), o.s - 1)));
    assert_share(alive, (double)o.customers, pow(o.beta / (o.beta + WEEKS), o.s));
    till_synth_free(synth);
}

/* Fader, Hardie & Lee 2005, equation 9: E[X(t)] = (a + b - 1) / (a - 1) (1 - (alpha / (alpha + t))^r F(r, b; a + b - 1;
 * t / (alpha + t))). */
static void bg_nbd_repeats_match_theory(void **state) {
    (void)state;
    struct till_synth_options o = one_cohort();
    o.method = TILL_SYNTH_BGNBD;
    o.r = 0.243;
    o.alpha = 4.414;
    struct till_synth *synth = draw(&o);
    struct moments repeats = {0};
    for (uint64_t i = 0; i < o.customers; i++)
        observe(&repeats, (double)truth_of(synth, i, 1).purchases - 1);
    double z = WEEKS / (o.alpha + WEEKS);
    double expected = (o.a + o.b - 1) / (o.a - 1) *
                      (1 - pow(o.alpha / (o.alpha + WEEKS), o.r) * gsl_sf_hyperg_2F1(o.r, o.b, o.a + o.b - 1, z));
    assert_mean(&repeats, expected);
    till_synth_free(synth);
}

/* Without deaths, repeats are negative binomial: P(0) = (alpha / (alpha + t))^r, variance m + m^2 / r (Ehrenberg 1959).
 */
static void immortal_customers_buy_by_the_negative_binomial(void **state) {
    (void)state;
    struct till_synth_options o = one_cohort();
    o.beta = 1e6;
    o.s = 0.001;
    struct till_synth *synth = draw(&o);
    double mean = o.r * WEEKS / o.alpha, none = 0;
    struct moments squares = {0};
    for (uint64_t i = 0; i < o.customers; i++) {
        double repeats = (double)truth_of(synth, i, 1).purchases - 1;
        observe(&squares, (repeats - mean) * (repeats - mean));
        none += repeats == 0;
    }
    assert_share(none, (double)o.customers, pow(o.alpha / (o.alpha + WEEKS), o.r));
    assert_mean(&squares, mean + mean * mean / o.r);
    till_synth_free(synth);
}

/* Fader & Hardie 2013: an order is worth p gamma / (q - 1) on average; so are the customers' own means, whose variance
 * is (p gamma)^2 / ((q - 1)^2 (q - 2)). q is 6 here, so that the variance of the squares exists. */
static void spend_is_gamma_gamma(void **state) {
    (void)state;
    struct till_synth_options o = one_cohort();
    o.q = 6;
    o.orders = true;
    struct till_synth *synth = draw(&o);
    double mean = o.p * o.gamma / (o.q - 1);
    struct moments own = {0}, squares = {0}, first = {0}, relative = {0};
    for (uint64_t i = 0; i < o.customers; i++) {
        double value = truth_of(synth, i, 1).mean_value;
        observe(&own, value);
        observe(&squares, (value - mean) * (value - mean));
    }
    assert_mean(&own, mean);
    assert_mean(&squares, pow(o.p * o.gamma / (o.q - 1), 2) / (o.q - 2));
    /* The first orders come in the order of the customers, on the first day. Around the customer's mean they vary as a
     * gamma of shape p does: by 1 / p of it squared. */
    struct rows rows = all_rows(synth);
    for (size_t i = 0; i < rows.count && i < o.customers; i++) {
        struct till_synth_line *line = &rows.lines[i];
        if (i > 0 && line->customer == line[-1].customer)
            continue;
        double amount = (double)line->amount / 10000, value = truth_of(synth, line->customer, 1).mean_value;
        observe(&first, amount);
        observe(&relative, (amount / value - 1) * (amount / value - 1));
    }
    assert_mean(&first, mean);
    assert_mean(&relative, 1 / o.p);
    free(rows.lines);
    till_synth_free(synth);
}

/* The draws of a customer do not depend on when the drawing ends; so a longer run is the future of a shorter one. */
static void expected_purchases_come_true(void **state) {
    (void)state;
    for (int method = 0; method < 2; method++) {
        struct till_synth_options o = one_cohort();
        o.method = method == 0 ? TILL_SYNTH_PARETONBD : TILL_SYNTH_BGNBD;
        struct till_synth *now = draw(&o);
        o.days += 26 * 7;
        struct till_synth *later = draw(&o);
        struct moments surprise = {0};
        for (uint64_t i = 0; i < o.customers; i++) {
            struct till_synth_truth known = truth_of(now, i, 26);
            uint64_t come = truth_of(later, i, 26).purchases - known.purchases;
            if (!known.alive)
                assert_int_equal(come, 0);
            else
                observe(&surprise, (double)come - known.expected_purchases);
        }
        assert_mean(&surprise, 0);
        till_synth_free(now);
        till_synth_free(later);
    }
}

static void segments_have_their_share_rate_and_value(void **state) {
    (void)state;
    static const struct till_synth_segment segments[] = {{"many", 0.9, 1, 1, 1}, {"few", 0.1, 5, 4, 3}};
    struct till_synth_options o = one_cohort();
    o.s = 3; /* so that death rates have a mean to compare */
    o.segments = segments;
    o.segment_count = 2;
    struct till_synth *synth = draw(&o);
    struct moments rate[2] = {{0}}, value[2] = {{0}}, death[2] = {{0}};
    for (uint64_t i = 0; i < o.customers; i++) {
        struct till_synth_truth truth = truth_of(synth, i, 1);
        size_t which = strcmp(truth.segment, "few") == 0;
        observe(&rate[which], truth.purchase_rate);
        observe(&value[which], truth.mean_value);
        observe(&death[which], truth.dropout);
    }
    assert_share(rate[1].count, (double)o.customers, 0.1);
    for (size_t i = 0; i < 2; i++) {
        assert_mean(&rate[i], segments[i].rate * o.r / o.alpha);
        assert_mean(&value[i], segments[i].value * o.p * o.gamma / (o.q - 1));
        assert_mean(&death[i], o.s / o.beta / segments[i].life);
    }
    till_synth_free(synth);
}

/* Items past the catalogue come by the rule alone, so that their counts are binomial. */
static void planted_rules_have_their_support_and_confidence(void **state) {
    (void)state;
    static const struct till_synth_rule rules[] = {{{201, 202}, 2, 203, 0.05, 0.8}, {{204}, 1, 205, 0.01, 0.3}};
    struct till_synth_options o = one_cohort();
    o.rules = rules;
    o.rule_count = 2;
    o.lines = 3;
    struct rows rows = rows_of(&o);
    double counts[6] = {0};
    for (size_t i = 0; i < rows.count; i++)
        if (rows.lines[i].item > 200)
            counts[rows.lines[i].item - 200]++;
    double orders = (double)rows.lines[rows.count - 1].order;
    assert_true(counts[1] == counts[2]);
    assert_share(counts[1], orders, 0.05);
    assert_share(counts[3], counts[1], 0.8);
    assert_share(counts[4], orders, 0.01);
    assert_share(counts[5], counts[4], 0.3);
    free(rows.lines);
}

static void items_sell_by_zipf(void **state) {
    (void)state;
    struct till_synth_options o = one_cohort();
    struct rows rows = rows_of(&o);
    double counts[200] = {0}, shares[200], total = 0;
    for (size_t i = 0; i < 200; i++)
        total += shares[i] = pow((double)i + 1, -o.popularity);
    for (size_t i = 0; i < 200; i++)
        shares[i] /= total;
    for (size_t i = 0; i < rows.count; i++)
        counts[rows.lines[i].item - 1]++;
    assert_distribution(counts, shares, 200, (double)rows.count);
    free(rows.lines);
}

/* Customers who never return buy once, evenly in business time: by weekday and month in proportion to the weights. */
static void dates_follow_weekdays_and_months(void **state) {
    (void)state;
    static const struct till_synth_segment once[] = {{"once", 1, 0, 1, 1}};
    struct till_synth_options o = one_cohort();
    o.start = till_date_from_civil(2024, 1, 1);
    o.acquisition = o.days = 366;
    o.segments = once;
    o.segment_count = 1;
    o.weekdays[4] = 2;
    o.weekdays[6] = 0;
    o.months[11] = 3;
    double shares[12 * 6] = {0}, counts[12 * 6] = {0}, total = 0;
    for (int32_t day = o.start; day < o.start + 366; day++) {
        int year, month, of_month, weekday = (day - o.start) % 7; /* 2024 begins on a Monday */
        till_date_to_civil(day, &year, &month, &of_month);
        double weight = o.weekdays[weekday] * o.months[month - 1];
        if (weekday < 6)
            shares[(month - 1) * 6 + weekday] += weight;
        total += weight;
    }
    for (size_t i = 0; i < 72; i++)
        shares[i] /= total;
    struct rows rows = rows_of(&o);
    assert_int_equal(rows.count, o.customers);
    for (size_t i = 0; i < rows.count; i++) {
        int32_t day = till_date_day(rows.lines[i].time);
        int year, month, of_month, weekday = (day - o.start) % 7;
        till_date_to_civil(day, &year, &month, &of_month);
        assert_int_not_equal(weekday, 6);
        counts[(month - 1) * 6 + weekday]++;
    }
    assert_distribution(counts, shares, 72, (double)rows.count);
    free(rows.lines);
}

static struct till_synth_options everything(void) {
    static const struct till_synth_segment segments[] = {{"a", 0.5, 1, 1, 1}, {"b", 0.5, 10, 2, 3}};
    static const struct till_synth_rule rules[] = {{{3, 4}, 2, 5, 0.1, 0.5}};
    struct till_synth_options o;
    till_synth_defaults(&o);
    o.customers = 5000;
    o.segments = segments;
    o.segment_count = 2;
    o.rules = rules;
    o.rule_count = 1;
    o.returns = 0.1;
    o.notes = 0.05;
    o.months[11] = 2;
    return o;
}

static void assert_same_rows(struct rows a, struct rows b) {
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        const struct till_synth_line *x = &a.lines[i], *y = &b.lines[i];
        assert_true(x->customer == y->customer && x->item == y->item && x->order == y->order && x->time == y->time &&
                    x->unit_price == y->unit_price && x->amount == y->amount && x->quantity == y->quantity &&
                    x->note == y->note);
    }
}

static void rows_do_not_depend_on_threads(void **state) {
    (void)state;
    for (int times = 0; times < 2; times++) {
        struct till_synth_options o = everything();
        o.times = times == 1;
        struct rows one = rows_of(&o);
        for (unsigned i = 0; i < 3; i++) {
            o.threads = (unsigned[]){2, 3, 7}[i];
            struct rows several = rows_of(&o);
            assert_same_rows(one, several);
            free(several.lines);
        }
        free(one.lines);
    }
}

static void another_seed_draws_other_rows(void **state) {
    (void)state;
    struct till_synth_options o = everything();
    struct rows one = rows_of(&o);
    o.seed = 2;
    struct rows two = rows_of(&o);
    assert_int_not_equal(one.count, two.count);
    free(one.lines);
    free(two.lines);
}

static void customers_do_not_depend_on_their_neighbours(void **state) {
    (void)state;
    struct till_synth_options o = everything();
    struct till_synth *many = draw(&o);
    o.customers = 10;
    struct till_synth *few = draw(&o);
    for (uint64_t i = 0; i < 10; i++) {
        struct till_synth_truth a = truth_of(many, i, 52), b = truth_of(few, i, 52);
        assert_string_equal(a.segment, b.segment);
        assert_true(a.acquired == b.acquired && a.died == b.died && a.purchases == b.purchases && a.amount == b.amount);
    }
    till_synth_free(many);
    till_synth_free(few);
}

static void rows_are_ordered_by_day_and_customer(void **state) {
    (void)state;
    for (int times = 0; times < 2; times++) {
        struct till_synth_options o = everything();
        o.times = times == 1;
        struct rows rows = rows_of(&o);
        for (size_t i = 1; i < rows.count; i++) {
            const struct till_synth_line *line = &rows.lines[i], *before = line - 1;
            assert_true(before->time < line->time ||
                        (before->time == line->time && before->customer <= line->customer));
            assert_true(line->order == before->order || line->order == before->order + 1);
            if (line->order == before->order)
                assert_true(line->customer == before->customer && line->time == before->time);
        }
        free(rows.lines);
    }
}

static void truth_adds_up_to_the_rows(void **state) {
    (void)state;
    struct till_synth_options o = everything();
    struct till_synth *synth = draw(&o);
    struct rows rows = all_rows(synth);
    int64_t *amounts = calloc(o.customers, sizeof *amounts);
    uint64_t *counts = calloc(o.customers, sizeof *counts);
    assert_non_null(amounts);
    assert_non_null(counts);
    for (size_t i = 0; i < rows.count; i++) {
        const struct till_synth_line *line = &rows.lines[i];
        assert_int_equal(line->amount, line->unit_price * line->quantity);
        assert_true(line->unit_price >= 100 && line->unit_price % 100 == 0);
        amounts[line->customer] += line->amount;
        counts[line->customer]++;
    }
    for (uint64_t i = 0; i < o.customers; i++) {
        struct till_synth_truth truth = truth_of(synth, i, 52);
        assert_int_equal(truth.amount, amounts[i]);
        assert_int_equal(truth.rows, counts[i]);
        if (truth.died != TILL_DAY_MISSING && truth.died < o.start + (int32_t)o.days)
            assert_false(truth.alive);
    }
    free(amounts);
    free(counts);
    free(rows.lines);
    till_synth_free(synth);
}

/* A return is a line of the customer's, with the sign turned, one to fourteen days later. Those that would come after
 * the last day are not there, so the run is long, and the customers are all acquired at its beginning and buy just
 * once. */
static void returns_give_back_a_line(void **state) {
    (void)state;
    static const struct till_synth_segment once[] = {{"once", 1, 0, 1, 1}};
    struct till_synth_options o = one_cohort();
    o.segments = once;
    o.segment_count = 1;
    o.returns = 0.1;
    o.lines = 3;
    struct rows rows = rows_of(&o);
    double returned = 0;
    const struct till_synth_line **bought = calloc(o.customers, sizeof *bought);
    assert_non_null(bought);
    for (size_t i = 0; i < rows.count; i++) {
        const struct till_synth_line *line = &rows.lines[i];
        if (line->quantity > 0) {
            if (bought[line->customer] == NULL)
                bought[line->customer] = line;
            continue;
        }
        const struct till_synth_line *match = bought[line->customer];
        while (match->item != line->item)
            match++;
        assert_int_equal(match->customer, line->customer);
        assert_int_equal(match->amount, -line->amount);
        assert_in_range(line->time - match->time, 86400, 15 * 86400);
        returned++;
    }
    assert_share(returned, (double)o.customers, 0.1);
    free(bought);
    free(rows.lines);
}

/* The rows of a cut run are those of the first customers; only the last of them may miss some. */
static void a_row_limit_cuts_exactly(void **state) {
    (void)state;
    struct till_synth_options o = everything();
    o.customers = 0;
    for (o.rows = 1; o.rows < 20000; o.rows = o.rows * 3 + 1) {
        struct till_synth *cut = draw(&o);
        struct rows rows = all_rows(cut);
        assert_int_equal(rows.count, o.rows);
        struct till_synth_options whole_options = o;
        whole_options.rows = 0;
        whole_options.customers = till_synth_customers(cut);
        struct till_synth *whole = draw(&whole_options);
        uint64_t total = 0;
        for (uint64_t i = 0; i < whole_options.customers; i++) {
            struct till_synth_truth a = truth_of(cut, i, 52), b = truth_of(whole, i, 52);
            assert_true(i + 1 < whole_options.customers ? a.rows == b.rows && a.amount == b.amount : a.rows <= b.rows);
            total += a.rows;
        }
        assert_int_equal(total, o.rows);
        free(rows.lines);
        till_synth_free(cut);
        till_synth_free(whole);
    }
}

static void orders_as_rows_sum_their_lines(void **state) {
    (void)state;
    struct till_synth_options o = everything();
    struct rows lines = rows_of(&o);
    o.orders = true;
    struct rows orders = rows_of(&o);
    size_t next = 0;
    for (size_t i = 0; i < orders.count; i++) {
        int64_t amount = 0;
        for (; next < lines.count && lines.lines[next].order == orders.lines[i].order; next++)
            amount += lines.lines[next].amount;
        assert_int_equal(orders.lines[i].amount, amount);
    }
    assert_int_equal(next, lines.count);
    free(lines.lines);
    free(orders.lines);
}

/* A summary is what the rows tell, but for the fractions of days and of cents. */
static void summaries_are_those_of_the_rows(void **state) {
    struct till_synth_options options;
    (void)state;
    for (int method = TILL_SYNTH_PARETONBD; method <= TILL_SYNTH_BGNBD; method++) {
        till_synth_defaults(&options);
        options.method = (enum till_synth_method)method;
        options.orders = true;
        struct till_synth *synth = draw(&options);
        struct rows rows = all_rows(synth);
        for (uint32_t customer = 0; customer < options.customers; customer++) {
            struct till_synth_summary summary;
            double first = -1, last = 0, worth = 0, orders = 0;
            for (size_t i = 0; i < rows.count; i++)
                if (rows.lines[i].customer == customer) {
                    double day = (double)till_date_day(rows.lines[i].time) - options.start;
                    worth += first < 0 ? 0 : (double)rows.lines[i].amount / 10000;
                    first = first < 0 ? day : first;
                    last = day;
                    orders++;
                }
            assert_int_equal(till_synth_summarise(synth, customer, &summary, NULL), TILL_OK);
            assert_true(summary.repeats == orders - 1);
            assert_true(fabs(summary.last * 7 - (last - first)) < 1);
            assert_true(summary.age * 7 > options.days - first - 1 && summary.age * 7 <= options.days - first);
            assert_true(summary.last <= summary.age);
            if (summary.repeats == 0)
                assert_true(isnan(summary.mean) && summary.last == 0);
            else /* a price is off by half a cent at most, times the pieces of a line */
                assert_true(fabs(summary.mean - worth / summary.repeats) < 0.2);
        }
        assert_int_equal(till_synth_summarise(synth, options.customers, &(struct till_synth_summary){0}, NULL),
                         TILL_ERROR_USAGE);
        till_synth_free(synth);
        free(rows.lines);
    }
}

static void assert_refused(const struct till_synth_options *options, const char *role) {
    struct till_synth *synth;
    struct till_error error = {0};
    assert_int_equal(till_synth_new(&synth, options, &error), TILL_ERROR_USAGE);
    assert_null(synth);
    assert_string_equal(error.role, role);
}

static void senseless_options_are_refused_by_name(void **state) {
    (void)state;
    struct till_synth_options o;
    static const struct till_synth_segment half[] = {{"half", 0.5, 1, 1, 1}};
    static const struct till_synth_rule self[] = {{{3}, 1, 3, 0.1, 0.1}};
    till_synth_defaults(&o), o.customers = 0, assert_refused(&o, "customers");
    till_synth_defaults(&o), o.days = 0, assert_refused(&o, "days");
    till_synth_defaults(&o), o.acquisition = o.days + 1, assert_refused(&o, "acquisition");
    till_synth_defaults(&o), o.start = till_date_from_civil(9999, 12, 31), assert_refused(&o, "start");
    till_synth_defaults(&o), o.alpha = (double)NAN, assert_refused(&o, "alpha");
    till_synth_defaults(&o), o.r = 1e5, o.alpha = 0.001, assert_refused(&o, "alpha");
    till_synth_defaults(&o), o.q = 1, assert_refused(&o, "q");
    till_synth_defaults(&o), o.returns = 1.5, assert_refused(&o, "returns");
    till_synth_defaults(&o), o.weekdays[2] = -1, assert_refused(&o, "weekdays");
    till_synth_defaults(&o), memset(o.months, 0, sizeof o.months), assert_refused(&o, "weekdays");
    till_synth_defaults(&o), o.segments = half, o.segment_count = 1, assert_refused(&o, "segment");
    till_synth_defaults(&o), o.rules = self, o.rule_count = 1, assert_refused(&o, "plant");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pareto_nbd_repeats_and_survivors_match_theory),
        cmocka_unit_test(bg_nbd_repeats_match_theory),
        cmocka_unit_test(immortal_customers_buy_by_the_negative_binomial),
        cmocka_unit_test(spend_is_gamma_gamma),
        cmocka_unit_test(expected_purchases_come_true),
        cmocka_unit_test(segments_have_their_share_rate_and_value),
        cmocka_unit_test(planted_rules_have_their_support_and_confidence),
        cmocka_unit_test(items_sell_by_zipf),
        cmocka_unit_test(dates_follow_weekdays_and_months),
        cmocka_unit_test(rows_do_not_depend_on_threads),
        cmocka_unit_test(another_seed_draws_other_rows),
        cmocka_unit_test(customers_do_not_depend_on_their_neighbours),
        cmocka_unit_test(rows_are_ordered_by_day_and_customer),
        cmocka_unit_test(truth_adds_up_to_the_rows),
        cmocka_unit_test(returns_give_back_a_line),
        cmocka_unit_test(a_row_limit_cuts_exactly),
        cmocka_unit_test(orders_as_rows_sum_their_lines),
        cmocka_unit_test(summaries_are_those_of_the_rows),
        cmocka_unit_test(senseless_options_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
