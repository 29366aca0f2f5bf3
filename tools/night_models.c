/* tools/night_models.c: the sections on what was mined: clusters, rules, lifetime value, its back-test, churn, the
 * quality of a model, drift. */
#include "night.h"

#include <math.h>
#include <stdlib.h>

#define TEXT(column)                                                                                                   \
    { .name = (column), .kind = TILL_FRAME_TEXT }
#define NUMBER(column)                                                                                                 \
    { .name = (column), .kind = TILL_FRAME_NUMBER }
#define OPTIONAL_TEXT(column)                                                                                          \
    { .name = (column), .kind = TILL_FRAME_TEXT, .optional = true }
#define OPTIONAL_NUMBER(column)                                                                                        \
    { .name = (column), .kind = TILL_FRAME_NUMBER, .optional = true }

enum { MOST_FEATURES = 8 };

/* --- Clusters --- */

enum { CLUSTER, SIZE, CLUSTER_SHARE, WITHIN, SILHOUETTE };
static const struct picture_column cluster_columns[] = {TEXT("cluster"),     NUMBER("size"),       NUMBER("share"),
                                                        NUMBER("within_ss"), NUMBER("silhouette"), {0}};
static const struct picture_form cluster_forms[] = {
    {.command = "till-cluster --summary", .columns = cluster_columns, .rest = true}, {0}};

/* The mean silhouette over all rows, of the means and sizes of the clusters. */
static double mean_silhouette(const struct picture *table) {
    const double *size = picture_numbers(table, SIZE), *silhouette = picture_numbers(table, SILHOUETTE);
    double sum = 0, rows = 0;
    for (size_t row = 0; row < table->frame->rows; row++) {
        sum += size[row] * silhouette[row];
        rows += size[row];
    }
    return sum / rows;
}

/* The words of Kaufman & Rousseeuw 1990 (chapter 2, table 4). */
static const char *judge_silhouette(double silhouette) {
    return silhouette > 0.7   ? "#1 clusters, well apart: the mean silhouette is #2. The largest holds #3 of the rows."
           : silhouette > 0.5 ? "#1 clusters, reasonably apart: the mean silhouette is #2. The largest holds #3 of the "
                                "rows."
           : silhouette > 0.25 ? "#1 clusters that run into each other: the mean silhouette is #2. The largest holds "
                                 "#3 of the rows."
           : !isnan(silhouette)
               ? "#1 clusters that are hardly apart: the mean silhouette is #2. The largest holds #3 of the rows."
               : "#1 clusters; the largest holds #3 of the rows.";
}

static void put_clusters(struct page *page, const struct picture *table) {
    const struct till_frame *frame = table->frame;
    size_t end = frame->count < table->rest + MOST_FEATURES ? frame->count : table->rest + MOST_FEATURES;
    page_begin_columns(page);
    page_column(page, till_slice_of(page_word(page, "cluster")), true);
    page_column(page, till_slice_of(page_word(page, "rows")), false);
    page_column(page, till_slice_of(page_word(page, "silhouette")), false);
    for (size_t i = table->rest; i < end; i++)
        page_column(page, till_slice_of(frame->columns[i].name), frame->columns[i].text);
    page_end_columns(page);
    for (size_t row = 0; row < frame->rows && row < 50; row++) {
        page_begin_row(page);
        page_text(page, picture_text_at(picture_texts(table, CLUSTER), row));
        page_count(page, picture_numbers(table, SIZE)[row]);
        page_real(page, picture_numbers(table, SILHOUETTE)[row]);
        for (size_t i = table->rest; i < end; i++)
            if (frame->columns[i].text)
                page_text(page, picture_text_at(&frame->columns[i], row));
            else
                page_real(page, frame->columns[i].numbers[row]);
        page_end_row(page);
    }
    page_end_table(page);
}

static enum till_status tell_clusters(struct night *night, const struct picture *table, struct till_error *error) {
    char out[3][PAGE_NUMBER];
    double silhouette = mean_silhouette(table), largest = 0;
    (void)error;
    for (size_t row = 0; row < table->frame->rows; row++)
        largest = fmax(largest, picture_numbers(table, CLUSTER_SHARE)[row]);
    const struct till_slice values[] = {page_number_of(out[0], (double)table->frame->rows, 0),
                                        page_real_of(out[1], silhouette), page_share_of(out[2], largest)};
    page_sentence(&night->page, judge_silhouette(silhouette), values);
    put_clusters(&night->page, table);
    return TILL_OK;
}

const struct section section_clusters = {
    .name = "clusters",
    .title = "Clusters",
    .table = {.forms = cluster_forms},
    .pictures = {"snake"},
    .tell = tell_clusters,
};

/* --- Rules --- */

enum { ANTECEDENT, CONSEQUENT, RULE_COUNT, CONFIDENCE, LIFT, Q_VALUE };
static const struct picture_column rule_columns[] = {TEXT("antecedent"),
                                                     TEXT("consequent"),
                                                     NUMBER("count"),
                                                     NUMBER("confidence"),
                                                     NUMBER("lift"),
                                                     OPTIONAL_NUMBER("q_value"),
                                                     {0}};
static const struct picture_form rule_forms[] = {{.command = "till-rules", .columns = rule_columns}, {0}};

/* A rule is worth acting on when it attracts, and chance does not explain it: a false discovery rate of 5 %. Without
 * q-values only the first can be said. */
static size_t worth(const struct picture *table, double *lift) {
    const double *q = picture_numbers(table, Q_VALUE);
    size_t count = 0;
    for (size_t row = 0; row < table->frame->rows; row++) {
        lift[row] = picture_numbers(table, LIFT)[row];
        if (!(lift[row] > 1) || (q != NULL && !(q[row] <= 0.05)))
            lift[row] = NAN;
        count += isnan(lift[row]) ? 0 : 1;
    }
    return count;
}

static void put_rules(struct page *page, const struct picture *table, const size_t *rows, size_t count) {
    static const struct page_column columns[] = {{"who buys", true},    {"also buys", true}, {"baskets", false},
                                                 {"confidence", false}, {"lift", false},     {"q-value", false}};
    const double *q = picture_numbers(table, Q_VALUE);
    page_columns(page, columns, q == NULL ? 5 : 6);
    for (size_t i = 0; i < count; i++) {
        page_begin_row(page);
        page_text(page, picture_text_at(picture_texts(table, ANTECEDENT), rows[i]));
        page_text(page, picture_text_at(picture_texts(table, CONSEQUENT), rows[i]));
        page_count(page, picture_numbers(table, RULE_COUNT)[rows[i]]);
        page_share(page, picture_numbers(table, CONFIDENCE)[rows[i]]);
        page_real(page, picture_numbers(table, LIFT)[rows[i]]);
        if (q != NULL)
            page_real(page, q[rows[i]]);
        page_end_row(page);
    }
    page_end_table(page);
}

static void say_rules(struct page *page, const struct picture *table, size_t good, const size_t *rows) {
    char out[3][PAGE_NUMBER];
    size_t best = good > 0 ? rows[0] : 0;
    const struct till_slice values[] = {page_number_of(out[0], (double)table->frame->rows, 0),
                                        page_number_of(out[1], (double)good, 0),
                                        picture_text_at(picture_texts(table, ANTECEDENT), best),
                                        picture_text_at(picture_texts(table, CONSEQUENT), best),
                                        page_real_of(out[2], picture_numbers(table, LIFT)[best])};
    bool tested = picture_numbers(table, Q_VALUE) != NULL;
    page_sentence(page,
                  good == 0 ? "None of #1 rules is worth acting on: none attracts beyond what chance explains."
                  : tested  ? "#2 of #1 rules attract beyond what chance explains (false discovery rate 5%); the "
                              "strongest: who buys “#3” buys “#4” #5 times as often as all."
                           : "#2 of #1 rules attract; the strongest: who buys “#3” buys “#4” #5 times as often as all. "
                             "The file has no q-values, so chance may explain some.",
                  values);
}

static enum till_status tell_rules(struct night *night, const struct picture *table, struct till_error *error) {
    double *lift = malloc(table->frame->rows * sizeof *lift);
    size_t *rows = malloc((night->top + 1) * sizeof *rows);
    enum till_status status = lift == NULL || rows == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        size_t good = worth(table, lift);
        size_t shown = night_best(lift, table->frame->rows, rows, night->top);
        say_rules(&night->page, table, good, rows);
        if (shown > 0)
            put_rules(&night->page, table, rows, shown);
    }
    free(lift);
    free(rows);
    return status;
}

const struct section section_rules = {
    .name = "rules",
    .title = "Rules worth acting on",
    .table = {.forms = rule_forms},
    .pictures = {"rules"},
    .tell = tell_rules,
};

/* --- Lifetime value --- */

enum { CUSTOMER, P_ALIVE, EXPECTED, CLV };
static const struct picture_column lifetime_columns[] = {
    TEXT("customer"), NUMBER("p_alive"), NUMBER("expected_purchases"), NUMBER("clv"), {0}};
static const struct picture_form lifetime_forms[] = {{.command = "till-clv", .columns = lifetime_columns}, {0}};

static int falling(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left < right) - (left > right);
}

/* What the best tenth of the customers has of the sum. */
static enum till_status share_of_tenth(const double *values, size_t rows, double sum, double *share,
                                       struct till_error *error) {
    double *sorted = malloc((rows + 1) * sizeof *sorted);
    size_t count = 0;
    if (sorted == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < rows; row++)
        if (!isnan(values[row]))
            sorted[count++] = values[row];
    qsort(sorted, count, sizeof *sorted, falling);
    *share = night_sum(sorted, (count + 9) / 10, NULL) / sum;
    free(sorted);
    return TILL_OK;
}

static void put_lifetime(struct page *page, const struct picture *table, const size_t *rows, size_t count) {
    static const struct page_column columns[] = {
        {"customer", true}, {"P(alive)", false}, {"expected purchases", false}, {"lifetime value", false}};
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        page_begin_row(page);
        page_text(page, picture_text_at(picture_texts(table, CUSTOMER), rows[i]));
        page_share(page, picture_numbers(table, P_ALIVE)[rows[i]]);
        page_real(page, picture_numbers(table, EXPECTED)[rows[i]]);
        page_money(page, picture_numbers(table, CLV)[rows[i]]);
        page_end_row(page);
    }
    page_end_table(page);
}

static enum till_status tell_lifetime(struct night *night, const struct picture *table, struct till_error *error) {
    struct page *page = &night->page;
    size_t customers = table->frame->rows;
    const double *clv = picture_numbers(table, CLV);
    double sum = night_sum(clv, customers, NULL), tenth = NAN;
    double alive = night_sum(picture_numbers(table, P_ALIVE), customers, NULL);
    size_t *rows = malloc((night->top + 1) * sizeof *rows);
    char out[5][PAGE_NUMBER];
    if (rows == NULL)
        return till_error_memory(error);
    enum till_status status = share_of_tenth(clv, customers, sum, &tenth, error);
    if (status == TILL_OK) {
        const struct till_slice values[] = {
            page_number_of(out[0], (double)customers, 0), page_number_of(out[1], alive, 0),
            page_money_of(page, out[2], sum),
            page_number_of(out[3], night_sum(picture_numbers(table, EXPECTED), customers, NULL), 0),
            page_share_of(out[4], tenth)};
        page_sentence(page,
                      sum > 0
                          ? "Of #1 customers about #2 are alive; #4 purchases are expected of them, worth #3 today. "
                            "The best tenth has #5 of that."
                          : "Of #1 customers about #2 are alive; #4 purchases are expected of them.",
                      values);
        put_lifetime(page, table, rows, night_best(clv, customers, rows, night->top));
    }
    free(rows);
    return status;
}

const struct section section_lifetime = {
    .name = "lifetime",
    .title = "Lifetime value",
    .table = {.forms = lifetime_forms},
    .tell = tell_lifetime,
};

/* --- The back-test of lifetime value --- */

enum { PART, PART_GROUP, ACTUAL, MODEL };
static const struct picture_column backtest_columns[] = {
    TEXT("section"), TEXT("group"), NUMBER("actual"), NUMBER("model"), {0}};
static const struct picture_form backtest_forms[] = {
    {.command = "till-clv --until --validate", .columns = backtest_columns}, {0}};

static enum till_status tell_backtest(struct night *night, const struct picture *table, struct till_error *error) {
    char out[3][PAGE_NUMBER];
    double actual = NAN, model = NAN;
    (void)error;
    for (size_t row = 0; row < table->frame->rows; row++)
        if (till_slice_equal(picture_text_at(picture_texts(table, PART), row), till_slice_of("total"))) {
            actual = picture_numbers(table, ACTUAL)[row];
            model = picture_numbers(table, MODEL)[row];
        }
    double miss = fabs(model / actual - 1);
    const struct till_slice values[] = {page_number_of(out[0], model, 0), page_number_of(out[1], actual, 0),
                                        page_share_of(out[2], miss)};
    page_sentence(&night->page,
                  !isfinite(miss)  ? "The file has no total to hold the forecast against."
                  : model < actual ? "Fitted on the past, the model said #1 purchases; #2 came: #3 too low."
                                   : "Fitted on the past, the model said #1 purchases; #2 came: #3 too high.",
                  values);
    return TILL_OK;
}

const struct section section_backtest = {
    .name = "backtest",
    .title = "Was the forecast right?",
    .table = {.forms = backtest_forms},
    .pictures = {"tracking"},
    .tell = tell_backtest,
};

/* --- Churn --- */

enum { CHURN_CUSTOMER, PROBABILITY, DECILE, REASON };
static const struct picture_column churn_columns[] = {
    TEXT("customer"), NUMBER("probability"), NUMBER("decile"), OPTIONAL_TEXT("reason1"), OPTIONAL_TEXT("reason2"), {0}};
static const struct picture_form churn_forms[] = {{.command = "till-churn", .columns = churn_columns}, {0}};

static void put_churn(struct page *page, const struct picture *table, const size_t *rows, size_t count) {
    static const struct page_column columns[] = {
        {"customer", true}, {"probability", false}, {"reason", true}, {"second reason", true}};
    const struct till_frame_column *reasons[] = {picture_texts(table, REASON), picture_texts(table, REASON + 1)};
    page_columns(page, columns, reasons[0] == NULL ? 2 : reasons[1] == NULL ? 3 : 4);
    for (size_t i = 0; i < count; i++) {
        page_begin_row(page);
        page_text(page, picture_text_at(picture_texts(table, CHURN_CUSTOMER), rows[i]));
        page_share(page, picture_numbers(table, PROBABILITY)[rows[i]]);
        for (size_t j = 0; j < 2 && reasons[j] != NULL; j++)
            page_text(page, picture_text_at(reasons[j], rows[i]));
        page_end_row(page);
    }
    page_end_table(page);
}

/* The mean probability of a decile; all customers for 0. */
static double mean_of_decile(const struct picture *table, double decile) {
    double sum = 0, count = 0;
    for (size_t row = 0; row < table->frame->rows; row++)
        if (decile == 0 || picture_numbers(table, DECILE)[row] == decile) {
            sum += picture_numbers(table, PROBABILITY)[row];
            count++;
        }
    return sum / count;
}

static enum till_status tell_churn(struct night *night, const struct picture *table, struct till_error *error) {
    size_t customers = table->frame->rows;
    const double *probability = picture_numbers(table, PROBABILITY);
    size_t *rows = malloc((night->top + 1) * sizeof *rows);
    double likely = 0;
    char out[4][PAGE_NUMBER];
    if (rows == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < customers; row++)
        likely += probability[row] > 0.5;
    const struct till_slice values[] = {page_number_of(out[0], (double)customers, 0), page_number_of(out[1], likely, 0),
                                        page_share_of(out[2], mean_of_decile(table, 1)),
                                        page_share_of(out[3], mean_of_decile(table, 0))};
    page_sentence(&night->page,
                  "#2 of #1 customers will more likely leave than stay; in the riskiest tenth the mean probability is "
                  "#3, in all #4.",
                  values);
    put_churn(&night->page, table, rows, night_best(probability, customers, rows, night->top));
    free(rows);
    return TILL_OK;
}

const struct section section_churn = {
    .name = "churn",
    .title = "Who is about to leave",
    .table = {.forms = churn_forms},
    .tell = tell_churn,
};

/* --- The quality of a model --- */

enum { METRIC, METRIC_VALUE };
static const struct picture_column quality_columns[] = {TEXT("metric"), NUMBER("value"), {0}};
static const struct picture_form quality_forms[] = {{.command = "till-evaluate", .columns = quality_columns}, {0}};

static double metric_of(const struct picture *table, const char *name) {
    for (size_t row = 0; row < table->frame->rows; row++)
        if (till_slice_equal(picture_text_at(picture_texts(table, METRIC), row), till_slice_of(name)))
            return picture_numbers(table, METRIC_VALUE)[row];
    return NAN;
}

static enum till_status tell_quality(struct night *night, const struct picture *table, struct till_error *error) {
    static const struct page_column columns[] = {{"metric", true}, {"value", false}};
    struct page *page = &night->page;
    char out[2][PAGE_NUMBER];
    double auc = metric_of(table, "auc"), lift = metric_of(table, "lift_10");
    (void)error;
    const struct till_slice values[] = {page_share_of(out[0], auc), page_real_of(out[1], lift)};
    page_sentence(page,
                  isnan(auc)    ? "The file has no AUC."
                  : isnan(lift) ? "Of two customers, one who leaves and one who stays, the model tells which in #1 of "
                                  "cases (AUC)."
                                : "Of two customers, one who leaves and one who stays, the model tells which in #1 of "
                                  "cases (AUC); among the riskiest tenth #2 times as many leave as among all.",
                  values);
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t row = 0; row < table->frame->rows && row < 50; row++) {
        page_begin_row(page);
        page_text(page, picture_text_at(picture_texts(table, METRIC), row));
        page_real(page, picture_numbers(table, METRIC_VALUE)[row]);
        page_end_row(page);
    }
    page_end_table(page);
    return TILL_OK;
}

const struct section section_quality = {
    .name = "quality",
    .title = "How good the model is",
    .table = {.forms = quality_forms},
    .tell = tell_quality,
};

/* --- Drift --- */

enum { FEATURE, PSI };
static const struct picture_column drift_columns[] = {TEXT("feature"), NUMBER("psi"), TEXT("bin"), {0}};
static const struct picture_form drift_forms[] = {{.command = "till-migrate --psi", .columns = drift_columns}, {0}};

/* The bounds of the trade: Siddiqi 2006, chapter 7. */
static const char *judge_drift(double psi) {
    return psi > 0.25 ? "“#1” has shifted much (PSI #2): what was fitted on the old data does not hold for the new."
           : psi > 0.1 ? "“#1” has shifted somewhat (PSI #2): keep an eye on it."
                       : "Nothing has shifted: the largest PSI is #2, of “#1”.";
}

static enum till_status tell_drift(struct night *night, const struct picture *table, struct till_error *error) {
    static const struct page_column columns[] = {{"feature", true}, {"PSI", false}};
    struct page *page = &night->page;
    struct group *groups;
    size_t count;
    char out[PAGE_NUMBER];
    enum till_status status = night_group(table, FEATURE, PSI, &groups, &count, error);
    if (status != TILL_OK)
        return status;
    const struct till_slice values[] = {groups[0].name, page_real_of(out, groups[0].sum)};
    page_sentence(page, judge_drift(groups[0].sum), values);
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count && i < night->top; i++) {
        page_begin_row(page);
        page_text(page, groups[i].name);
        page_real(page, groups[i].sum);
        page_end_row(page);
    }
    page_end_table(page);
    free(groups);
    return TILL_OK;
}

const struct section section_drift = {
    .name = "drift",
    .title = "Has the data shifted?",
    .table = {.forms = drift_forms},
    .pictures = {"psi"},
    .tell = tell_drift,
};
