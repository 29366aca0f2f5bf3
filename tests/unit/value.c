/* Ranking by value: golden figures of CDNOW, a brute-force definition on random customers, and the corners. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include <till/model.h>
#include <till/random.h>
#include <till/value.h>

static struct till_value_tiers *parse(const char *text) {
    struct till_value_tiers *tiers;
    struct till_error error = {0};
    assert_int_equal(till_value_tiers_parse(&tiers, text, &error), TILL_OK);
    return tiers;
}

static struct till_value *rank(const double *values, size_t count, const struct till_value_tiers *tiers,
                               const struct till_value_scheme *scheme) {
    struct till_error error = {0};
    struct till_value *value = till_value_new();
    assert_non_null(value);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(till_value_add(value, values[i], &error), TILL_OK);
    assert_int_equal(till_value_finish(value, tiers, scheme, &error), TILL_OK);
    return value;
}

static double curve_share(const struct till_value *value, size_t percent) {
    struct till_table *table;
    struct till_error error = {0};
    assert_int_equal(till_value_curve(value, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 100);
    assert_int_equal(till_table_column(table, "top")->count[percent - 1], percent);
    double share = till_table_column(table, "value_share")->real[percent - 1];
    till_table_free(table);
    return share;
}

/* Golden ------------------------------------------------------------------------------------------------------- */

/* Money of each customer (by number) in a CDNOW file, whose lines end in: id, date, CDs, dollars. Skips the test
 * without it. */
static size_t read_cdnow(const char *name, double *totals, size_t most) {
    const char *shared = getenv("TILL_SHARED");
    char path[1024], line[128];
    snprintf(path, sizeof path, "%s/data/cdnow/%s", shared == NULL ? "../shared" : shared, name);
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        print_message("no %s: set TILL_SHARED to where the shared data lie\n", path);
        skip();
    }
    size_t customers = 0;
    while (gzgets(file, line, sizeof line) != NULL) {
        unsigned id, first, date, cds, dollars, cents;
        if (sscanf(line, " %u %u %u %u %u.%u", &first, &id, &date, &cds, &dollars, &cents) != 6) {
            if (sscanf(line, " %u %u %u %u.%u", &id, &date, &cds, &dollars, &cents) != 5)
                continue;
        }
        assert_in_range(id, 1, most);
        totals[id - 1] += dollars * 100 + cents;
        customers = id > customers ? id : customers;
    }
    gzclose(file);
    for (size_t i = 0; i < customers; i++)
        totals[i] /= 100;
    return customers;
}

/* Computed from the same files by another program (six decimals are printed there). */
static void check_cdnow(const char *name, size_t customers, const double golden[5]) {
    double *totals = calloc(30000, sizeof *totals);
    assert_non_null(totals);
    size_t count = read_cdnow(name, totals, 30000);
    assert_int_equal(count, customers);
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank(totals, count, tiers, NULL);
    const struct till_value_summary *summary = till_value_summary(value);
    assert_true(summary->exact);
    const size_t percents[] = {1, 5, 20};
    for (size_t i = 0; i < 3; i++)
        assert_float_equal(curve_share(value, percents[i]), golden[i], 5e-7);
    assert_float_equal(summary->customers_for[1], golden[3], 5e-7);
    assert_float_equal(summary->gini, golden[4], 5e-7);
    till_value_free(value);
    till_value_tiers_free(tiers);
    free(totals);
}

static void cdnow_sample_is_as_measured_elsewhere(void **state) {
    (void)state;
    check_cdnow("CDNOW_sample.txt.gz", 2357, (const double[]){0.145540, 0.360666, 0.674550, 0.329656, 0.630917});
}

static void cdnow_master_is_as_measured_elsewhere(void **state) {
    (void)state;
    check_cdnow("CDNOW_master.txt.gz", 23570, (const double[]){0.158758, 0.366908, 0.677774, 0.326474, 0.634571});
}

/* Against the definitions ---------------------------------------------------------------------------------------- */

/* Everything by its definition, in O(n^2), in long double. */
struct by_definition {
    uint64_t rank;
    uint64_t last;        /* the last position of its equals */
    long double at_least; /* the sum of all values that are not smaller */
};

static struct by_definition define(const double *values, size_t count, size_t which) {
    struct by_definition result = {.rank = 1};
    for (size_t i = 0; i < count; i++) {
        result.rank += values[i] > values[which];
        result.last += values[i] >= values[which];
        result.at_least += values[i] >= values[which] ? (long double)values[i] : 0;
    }
    return result;
}

/* Tier by definition; percents whole. A cut is at ceil(P n / 100), and a customer is above it when all its equals are.
 */
static size_t define_tier(uint64_t last, size_t count, const unsigned *percents, size_t tiers) {
    uint64_t above = 0;
    for (size_t tier = 0; tier < tiers; tier++) {
        above += percents[tier];
        if (last <= (above * count + 99) / 100)
            return tier;
    }
    return tiers;
}

/* Gini as half the relative mean absolute difference: another form of the same quantity. */
static long double define_gini(const double *values, size_t count) {
    long double differences = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        total += (long double)values[i];
        for (size_t j = 0; j < count; j++)
            differences += fabsl((long double)values[i] - (long double)values[j]);
    }
    return differences / (2 * (long double)count * total);
}

static void check_against_definitions(const double *values, size_t count) {
    const unsigned percents[] = {1, 4, 15, 80};
    struct till_value_tiers *tiers = parse("pyramid");
    struct till_value *value = rank(values, count, tiers, NULL);
    const struct till_value_summary *summary = till_value_summary(value);
    long double total = 0;
    for (size_t i = 0; i < count; i++)
        total += (long double)values[i];
    for (size_t i = 0; i < count; i++) {
        struct by_definition expected = define(values, count, i);
        struct till_value_customer found = till_value_customer(value, i);
        assert_true(found.value == values[i]);
        assert_int_equal(found.rank, expected.rank);
        assert_int_equal(found.tier, define_tier(expected.last, count, percents, 4));
        if (total > 0) {
            assert_float_equal(found.cumulative_share, (double)(expected.at_least / total), 1e-9);
            assert_float_equal(till_value_share(value, found.value), (double)((long double)values[i] / total), 1e-12);
        } else {
            assert_true(isnan(found.cumulative_share));
        }
    }
    if (summary->no_gini == NULL)
        assert_float_equal(summary->gini, (double)define_gini(values, count), 1e-9);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

/* Customers of several kinds: many equal, few equal, all sizes, cents, negative. */
static double draw(struct till_random *random, unsigned kind) {
    switch (kind) {
    case 0:
        return (double)till_random_below(random, 4);
    case 1:
        return (double)till_random_below(random, 100000) / 100;
    case 2:
        return exp(20 * till_random_normal(random));
    case 3:
        return (double)till_random_below(random, 1000) / 100 - 2;
    default:
        return till_random_uniform(random);
    }
}

static void ranks_shares_and_tiers_follow_their_definitions(void **state) {
    (void)state;
    double values[400];
    struct till_random random;
    till_random_start(&random, 7, 0);
    for (unsigned round = 0; round < 150; round++) {
        size_t count = 1 + till_random_below(&random, 400);
        for (size_t i = 0; i < count; i++)
            values[i] = draw(&random, round % 5);
        check_against_definitions(values, count);
    }
}

static void order_of_adding_changes_nothing(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    double *values = malloc(COUNT * sizeof *values), *turned = malloc(COUNT * sizeof *turned);
    struct till_random random;
    till_random_start(&random, 11, 0);
    for (unsigned kind = 0; kind < 5; kind++) {
        for (size_t i = 0; i < COUNT; i++)
            values[i] = draw(&random, kind);
        for (size_t i = 0; i < COUNT; i++)
            turned[i * 1009 % COUNT] = values[i];
        struct till_value_tiers *tiers = parse(NULL);
        struct till_value *a = rank(values, COUNT, tiers, NULL), *b = rank(turned, COUNT, tiers, NULL);
        for (size_t i = 0; i < COUNT; i++) {
            struct till_value_customer x = till_value_customer(a, i), y = till_value_customer(b, i * 1009 % COUNT);
            assert_int_equal(x.rank, y.rank);
            assert_int_equal(x.tier, y.tier);
            assert_memory_equal(&x.cumulative_share, &y.cumulative_share, sizeof(double));
        }
        assert_memory_equal(&till_value_summary(a)->gini, &till_value_summary(b)->gini, sizeof(double));
        till_value_free(a);
        till_value_free(b);
        till_value_tiers_free(tiers);
    }
    free(values);
    free(turned);
}

/* Worked by hand ------------------------------------------------------------------------------------------------ */

static void equal_values_share_a_rank_and_the_lower_tier(void **state) {
    (void)state;
    const double values[] = {5, 10, 7, 7, 7, 1, 1, 0, 0, 0}; /* cuts of 20%, 50%, 100% at 2, 5, 10 */
    const uint32_t ranks[] = {5, 1, 2, 2, 2, 6, 6, 8, 8, 8}, in[] = {1, 0, 1, 1, 1, 2, 2, 2, 2, 2};
    struct till_value_tiers *tiers = parse("top:20%,middle:30%,rest:50%");
    struct till_value *value = rank(values, 10, tiers, NULL);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(till_value_customer(value, i).rank, ranks[i]);
        assert_int_equal(till_value_customer(value, i).tier, in[i]);
    }
    assert_float_equal(till_value_customer(value, 2).cumulative_share, 31.0 / 38, 1e-15);
    assert_true(till_value_customer(value, 9).cumulative_share == 1);
    /* 10 + 7 = 17 < 19 <= 24: half comes from three; 80% is 30.4: from four; 90% is 34.2: from five. */
    const struct till_value_summary *summary = till_value_summary(value);
    assert_float_equal(summary->customers_for[0], 0.3, 1e-15);
    assert_float_equal(summary->customers_for[1], 0.4, 1e-15);
    assert_float_equal(summary->customers_for[2], 0.5, 1e-15);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void one_customer_is_the_top(void **state) {
    (void)state;
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank((const double[]){3.5}, 1, tiers, NULL);
    struct till_value_customer one = till_value_customer(value, 0);
    assert_int_equal(one.rank, 1);
    assert_int_equal(one.tier, 0);
    assert_true(one.cumulative_share == 1 && till_value_summary(value)->gini == 0);
    assert_true(curve_share(value, 1) == 1 && curve_share(value, 100) == 1);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void zeros_have_no_shares(void **state) {
    (void)state;
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank((const double[]){0, -0.0, 0}, 3, tiers, NULL);
    const struct till_value_summary *summary = till_value_summary(value);
    assert_string_equal(summary->no_shares, "the values sum to zero");
    assert_true(isnan(summary->gini) && isnan(summary->customers_for[0]) && isnan(curve_share(value, 50)));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(till_value_customer(value, i).rank, 1);
        assert_int_equal(till_value_customer(value, i).tier, 3);
        assert_true(isnan(till_value_customer(value, i).cumulative_share));
    }
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void negative_values_leave_shares_but_no_gini(void **state) {
    (void)state;
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank((const double[]){-1, 4, 2}, 3, tiers, NULL);
    const struct till_value_summary *summary = till_value_summary(value);
    assert_null(summary->no_shares);
    assert_string_equal(summary->no_gini, "some values are negative");
    assert_int_equal(summary->negative, 1);
    assert_true(isnan(summary->gini) && isnan(summary->customers_for[2]));
    assert_float_equal(till_value_customer(value, 2).cumulative_share, 1.2, 1e-15);
    assert_float_equal(till_value_share(value, -1), -0.2, 1e-15);
    till_value_free(value);
    value = rank((const double[]){-1, 0.5}, 2, tiers, NULL);
    assert_string_equal(till_value_summary(value)->no_shares, "the values sum to less than zero");
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void no_customers_give_tables_without_sums(void **state) {
    (void)state;
    struct till_table *table;
    struct till_error error = {0};
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank(NULL, 0, tiers, NULL);
    assert_string_equal(till_value_summary(value)->no_shares, "there are no customers");
    assert_int_equal(till_value_curve(value, &table, &error), TILL_OK);
    assert_int_equal(table->rows, 0);
    till_table_free(table);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void sums_of_decimals_are_exact(void **state) {
    (void)state;
    /* A thousand dimes are 100; as doubles they are 99.9999999999986. */
    enum { COUNT = 1000 };
    double values[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        values[i] = 0.1;
    struct till_value_tiers *tiers = parse("all:100%");
    struct till_value *value = rank(values, COUNT, tiers, NULL);
    assert_true(till_value_summary(value)->exact && till_value_summary(value)->total == 100);
    assert_true(till_value_summary(value)->gini == 0);
    till_value_free(value);
    values[0] = 0.12345; /* five decimals: no longer money, and still compensated */
    value = rank(values, COUNT, tiers, NULL);
    assert_false(till_value_summary(value)->exact);
    assert_float_equal(till_value_summary(value)->total, 100.02345, 1e-13);
    till_value_free(value);
    value = rank((const double[]){99999999999999.0, 1e-4, 199999999999.9999}, 3, tiers, NULL);
    assert_true(till_value_summary(value)->exact);
    till_value_free(value);
    value = rank((const double[]){DBL_MAX, 1, DBL_MIN}, 3, tiers, NULL);
    assert_false(till_value_summary(value)->exact);
    assert_int_equal(till_value_customer(value, 2).rank, 3);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

/* Tiers and schemes ---------------------------------------------------------------------------------------------- */

static void percents_are_exact_and_sum_to_a_hundred(void **state) {
    (void)state;
    static const char *const good[] = {
        NULL, "chinese", "a:100%", "a:0.000000001%,b:99.999999999%", "x:y:1%,z:99.%", "a:33.3%,b:33.3%,c:33.4%"};
    static const char *const bad[] = {"",
                                      "a",
                                      "a:",
                                      ":100%",
                                      "a:100",
                                      "a:50%",
                                      "a:50%,b:51%",
                                      "a:0%,b:100%",
                                      "a:-1%,b:101%",
                                      "a:1e2%",
                                      "a:50%,a:50%",
                                      "a:100%,",
                                      "a:50%,,b:50%",
                                      "a:100.0000000001%",
                                      "a:%",
                                      "a:.%",
                                      "a:1 %,b:99%",
                                      "a:99999999999999999999%",
                                      "a:1.0.0%,b:99%"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        till_value_tiers_free(parse(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct till_value_tiers *tiers;
        struct till_error error = {0};
        assert_int_equal(till_value_tiers_parse(&tiers, bad[i], &error), TILL_ERROR_USAGE);
        assert_null(tiers);
    }
    struct till_value_tiers *tiers = parse("x:y:1%,z:99.%");
    assert_string_equal(tiers->tier[0].name, "x:y");
    assert_string_equal(tiers->tier[1].percent, "99.%");
    till_value_tiers_free(tiers);
}

static void cuts_have_no_rounding_errors(void **state) {
    (void)state;
    /* 0.07 x 100 is 7.000000000000001 as doubles, whose ceiling is 8. */
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = (double)i;
    struct till_value_tiers *tiers = parse("a:7%,b:93%");
    struct till_value *value = rank(values, 100, tiers, NULL);
    assert_int_equal(till_value_customer(value, 93).tier, 0);
    assert_int_equal(till_value_customer(value, 92).tier, 1);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

static void a_scheme_gives_its_own_customers_the_same_tiers(void **state) {
    (void)state;
    double values[500];
    struct till_error error = {0};
    struct till_random random;
    till_random_start(&random, 3, 0);
    struct till_value_tiers *tiers = parse("a:2%,b:8%,c:40%,d:50%");
    for (unsigned round = 0; round < 60; round++) {
        size_t count = 1 + till_random_below(&random, 500);
        for (size_t i = 0; i < count; i++)
            values[i] = draw(&random, round % 5);
        struct till_value_scheme *scheme;
        struct till_value *value = rank(values, count, tiers, NULL);
        assert_int_equal(till_value_scheme_of(value, "monetary", &scheme, &error), TILL_OK);
        struct till_value *again = rank(values, count, NULL, scheme);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(till_value_customer(value, i).tier, till_value_customer(again, i).tier);
            assert_int_equal(till_value_customer(value, i).tier, till_value_scheme_tier(scheme, values[i]));
        }
        till_value_free(value);
        till_value_free(again);
        till_value_scheme_free(scheme);
    }
    till_value_tiers_free(tiers);
}

/* A file in the directory for temporary files, which the caller removes. */
static const char *scratch_file(struct till_text *bytes) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/till-value-%ld.json", (long)getpid());
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->bytes, 1, bytes->length, file), bytes->length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void a_saved_scheme_loads_as_it_was(void **state) {
    (void)state;
    struct till_text bytes = {0};
    struct till_error error = {0};
    struct till_value_scheme *scheme, *loaded;
    struct till_value_tiers *tiers = parse("top:1%,重要:9%,rest:90%");
    struct till_value *value = rank((const double[]){0.1, 3e17, 1.0 / 3}, 3, tiers, NULL);
    assert_int_equal(till_value_scheme_of(value, "net \"value\"", &scheme, &error), TILL_OK);
    assert_int_equal(till_value_scheme_save(till_sink_text(&bytes), scheme, &error), TILL_OK);
    const char *path = scratch_file(&bytes);
    assert_int_equal(till_value_scheme_load(&loaded, path, &error), TILL_OK);
    assert_string_equal(loaded->column, "net \"value\"");
    assert_int_equal(loaded->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(loaded->cut[i].name, scheme->cut[i].name);
        assert_string_equal(loaded->cut[i].percent, scheme->cut[i].percent);
        assert_memory_equal(&loaded->cut[i].lowest, &scheme->cut[i].lowest, isnan(scheme->cut[i].lowest) ? 0 : 8);
        assert_int_equal(loaded->cut[i].customers, scheme->cut[i].customers);
    }
    assert_true(isnan(loaded->cut[1].lowest) && loaded->cut[2].lowest == 0.1);
    unlink(path);
    till_value_scheme_free(scheme);
    till_value_scheme_free(loaded);
    till_value_free(value);
    till_value_tiers_free(tiers);
    till_text_free(&bytes);
}

static void a_model_of_another_kind_is_refused(void **state) {
    (void)state;
    struct till_text bytes = {0};
    struct till_error error = {0};
    struct till_value_scheme *scheme;
    json_t *body = json_object();
    assert_int_equal(till_model_save(till_sink_text(&bytes), "rfm-scheme", body, &error), TILL_OK);
    const char *path = scratch_file(&bytes);
    assert_int_equal(till_value_scheme_load(&scheme, path, &error), TILL_ERROR_STATE);
    assert_null(scheme);
    assert_string_equal(error.file, path);
    assert_non_null(strstr(error.message, "rfm-scheme"));
    unlink(path);
    json_decref(body);
    till_text_free(&bytes);
}

static json_t *body_of(const char *text) {
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    return body;
}

static void schemes_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{\"column\": \"v\"}",
        "{\"column\": \"v\", \"tiers\": []}",
        "{\"column\": 1, \"tiers\": [{\"name\": \"a\", \"percent\": \"1%\", \"lowest\": 1, \"customers\": 1}]}",
        "{\"column\": \"v\", \"tiers\": [{\"name\": \"a\", \"percent\": \"1%\", \"customers\": 1}]}",
        "{\"column\": \"v\", \"tiers\": [{\"name\": \"a\", \"percent\": \"1%\", \"lowest\": \"1\", \"customers\": 1}]}",
        "{\"column\": \"v\", \"tiers\": [{\"name\": \"a\", \"percent\": \"1%\", \"lowest\": 1, \"customers\": 1},"
        " {\"name\": \"b\", \"percent\": \"99%\", \"lowest\": 1, \"customers\": 1}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct till_value_scheme *scheme;
        struct till_error error = {0};
        json_t *body = body_of(bad[i]);
        assert_int_equal(till_value_scheme_decode(&scheme, body, &error), TILL_ERROR_STATE);
        assert_null(scheme);
        json_decref(body);
    }
}

static void a_scheme_passes_over_tiers_without_customers(void **state) {
    (void)state;
    struct till_value_scheme *scheme;
    struct till_error error = {0};
    json_t *body = body_of("{\"column\": \"v\", \"tiers\": ["
                           "{\"name\": \"a\", \"percent\": \"1%\", \"lowest\": 10.5, \"customers\": 1},"
                           "{\"name\": \"b\", \"percent\": \"9%\", \"lowest\": null, \"customers\": 0},"
                           "{\"name\": \"c\", \"percent\": \"90%\", \"lowest\": 2, \"customers\": 9}]}");
    assert_int_equal(till_value_scheme_decode(&scheme, body, &error), TILL_OK);
    assert_string_equal(scheme->column, "v");
    assert_int_equal(till_value_scheme_tier(scheme, 10.5), 0);
    assert_int_equal(till_value_scheme_tier(scheme, 10.4999), 2);
    assert_int_equal(till_value_scheme_tier(scheme, -3), 2);
    till_value_scheme_free(scheme);
    json_decref(body);
}

static void tiers_add_up_to_all_customers(void **state) {
    (void)state;
    double values[1000];
    struct till_table *table;
    struct till_error error = {0};
    int64_t all = 0, sum = 0;
    for (size_t i = 0; i < 1000; i++) {
        values[i] = (double)(i * i % 777) / 100;
        all += (int64_t)(i * i % 777) * 100;
    }
    struct till_value_tiers *tiers = parse(NULL);
    struct till_value *value = rank(values, 1000, tiers, NULL);
    assert_int_equal(till_value_tier_table(value, &table, &error), TILL_OK);
    uint64_t customers = 0;
    double share = 0;
    for (size_t i = 0; i < table->rows; i++) {
        customers += till_table_column(table, "customers")->count[i];
        sum += till_table_column(table, "value")->money[i];
        share += till_table_column(table, "value_share")->real[i];
        if (i > 0)
            assert_true(till_table_column(table, "highest")->money[i] <
                        till_table_column(table, "lowest")->money[i - 1]);
    }
    assert_int_equal(customers, 1000);
    assert_int_equal(sum, all);
    assert_float_equal(share, 1, 1e-15);
    till_table_free(table);
    till_value_free(value);
    till_value_tiers_free(tiers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cdnow_sample_is_as_measured_elsewhere),
        cmocka_unit_test(cdnow_master_is_as_measured_elsewhere),
        cmocka_unit_test(ranks_shares_and_tiers_follow_their_definitions),
        cmocka_unit_test(order_of_adding_changes_nothing),
        cmocka_unit_test(equal_values_share_a_rank_and_the_lower_tier),
        cmocka_unit_test(one_customer_is_the_top),
        cmocka_unit_test(zeros_have_no_shares),
        cmocka_unit_test(negative_values_leave_shares_but_no_gini),
        cmocka_unit_test(no_customers_give_tables_without_sums),
        cmocka_unit_test(sums_of_decimals_are_exact),
        cmocka_unit_test(percents_are_exact_and_sum_to_a_hundred),
        cmocka_unit_test(cuts_have_no_rounding_errors),
        cmocka_unit_test(a_scheme_gives_its_own_customers_the_same_tiers),
        cmocka_unit_test(a_saved_scheme_loads_as_it_was),
        cmocka_unit_test(a_model_of_another_kind_is_refused),
        cmocka_unit_test(schemes_that_make_no_sense_are_refused),
        cmocka_unit_test(a_scheme_passes_over_tiers_without_customers),
        cmocka_unit_test(tiers_add_up_to_all_customers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
