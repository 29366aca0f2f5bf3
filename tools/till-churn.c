/* till-churn: transactions -> who will leave, how likely, and why; tested on a later time before it is believed. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/churn.h>
#include <till/date.h>
#include <till/features.h>
#include <till/parallel.h>

#include "cutoffs.h"
#include "features_read.h"
#include "reasons.h"

struct settings {
    struct cutoffs_times times; /* first: filled by the shared table */
    const char *cutoffs;
    const char *spacing;
    int method;
    double ridge;
    double lasso;
    uint64_t training_rows;
    uint64_t bootstrap;
    double level;
    const char *evaluation;
    const char *model_out;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "cutoffs",
     .kind = OPTION_TEXT,
     .offset = AT(cutoffs),
     .argument = "N|DATE[,DATE]...",
     .initial = "12",
     .help = "The days to look back from, to learn and to test: so many at most, rolling back from the last day whose "
             "horizon lies within the data, or these dates. The last of them is the test."},
    {.name = "spacing",
     .kind = OPTION_TEXT,
     .offset = AT(spacing),
     .argument = "N[d|w]",
     .help = "Days between rolling cutoffs (default: 30d, or the horizon where that is shorter)."},
    {.name = "method",
     .kind = OPTION_CHOICE,
     .offset = AT(method),
     .argument = "NAME",
     .initial = "logistic",
     .choices = "logistic|tree|gbdt",
     .help = "How the model is made: logistic regression, a tree that is cut back, or gradient boosting."},
    {.name = "ridge",
     .kind = OPTION_REAL,
     .offset = AT(ridge),
     .argument = "L",
     .initial = "0.01",
     .minimum = 0,
     .maximum = 1e9,
     .help = "Logistic: add L/2 times the sum of squared standardised weights to the mean log-loss."},
    {.name = "lasso",
     .kind = OPTION_REAL,
     .offset = AT(lasso),
     .argument = "L",
     .initial = "0",
     .minimum = 0,
     .maximum = 1e9,
     .help = "Logistic: add L times the sum of absolute standardised weights to the mean log-loss."},
    {.name = "training-rows",
     .kind = OPTION_COUNT,
     .offset = AT(training_rows),
     .argument = "N",
     .initial = "500000",
     .minimum = 100,
     .maximum = 1e9,
     .help = "Learn from so many rows at most: beyond them, customers are sampled. Test and scores are of all."},
    {.name = "bootstrap",
     .kind = OPTION_COUNT,
     .offset = AT(bootstrap),
     .argument = "N",
     .minimum = 20,
     .maximum = 100000,
     .help =
         "Draw the customers of the test so many times, for the intervals (default: 200 to 1000, by their number)."},
    {.name = "level",
     .kind = OPTION_REAL,
     .offset = AT(level),
     .argument = "P",
     .initial = "0.95",
     .minimum = 0.5,
     .maximum = 0.9999,
     .help = "The coverage of the intervals."},
    {.name = "evaluation",
     .kind = OPTION_FILE,
     .offset = AT(evaluation),
     .argument = "FILE",
     .help = "Write the test there: method,metric,value,lower,upper,gain,gain_lower,gain_upper."},
    {.name = "model-out",
     .kind = OPTION_FILE,
     .offset = AT(model_out),
     .argument = "FILE",
     .help = "Write the model there, for till-predict on the rows of till-features."},
    {0}};

enum {
    COUNT_DAYS = 1,
    COUNT_ROWS = 2,
    RETURNS_DROP = 1,
    RETURNS_ERROR = 2,
    REASONS = 3,
    BATCH = 4096,
    SPACING = 30,
    FEW = 20,
    LATE = 7
};

/* What a run carries. It is large, for the lists of cutoffs, and lives on the heap. */
struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct till_features_settings wishes;
    struct till_churn_settings how;
    int32_t given[CUTOFFS_MOST];
    struct till_churn_plan plan;
    struct till_features *features;
    struct till_churn *churn;
    int32_t gap_90; /* 90 % of the gaps between visits are no longer */
};

/* ---- options ---- */

/* A number of cutoffs, or the cutoffs. */
static enum till_status take_cutoffs(struct work *work, struct till_error *error) {
    const char *text = work->settings->cutoffs;
    size_t digits = strspn(text, "0123456789");
    long number = digits > 0 && digits < 5 && text[digits] == '\0' ? strtol(text, NULL, 10) : 0;
    if (number >= 2 && number <= CUTOFFS_MOST) {
        work->how.cutoff_count = (size_t)number;
        return TILL_OK;
    }
    work->how.cutoffs = work->given;
    if (text[digits] != '\0' || digits == 8)
        return cutoffs_list("--cutoffs", text, work->given, &work->how.cutoff_count, error);
    till_error_set(error, TILL_ERROR_USAGE, "not a number from 2 to %d, nor a list of dates: \"%s\"", CUTOFFS_MOST,
                   text);
    till_error_at(error, NULL, 0, 0, "--cutoffs");
    return TILL_ERROR_USAGE;
}

/* The features and the job are told the same horizon and gap; the bootstrap carries seed and threads of the run. */
static enum till_status take_options(struct work *work, struct till_error *error) {
    const struct settings *settings = work->settings;
    struct tool_run *run = work->run;
    struct till_features_settings *wishes = &work->wishes;
    enum till_status status = cutoffs_take(&settings->times, wishes, error);
    work->how.spacing = wishes->horizon < SPACING ? wishes->horizon : SPACING;
    if (status == TILL_OK && settings->spacing != NULL)
        status = cutoffs_days("--spacing", settings->spacing, 1, &work->how.spacing, error);
    if (status == TILL_OK)
        status = take_cutoffs(work, error);
    if (status == TILL_OK && run->state_only && (settings->evaluation != NULL || settings->model_out != NULL))
        status = tool_usage(error, "--state-only",
                            "nothing is learned that could be written to --evaluation or --model-out");
    wishes->all = true;
    work->how.horizon = wishes->horizon;
    work->how.gap = wishes->gap;
    work->how.method = (enum till_churn_method)settings->method;
    work->how.ridge = settings->ridge;
    work->how.lasso = settings->lasso;
    work->how.most_rows = (size_t)settings->training_rows;
    work->how.bootstrap = (struct till_metrics_bootstrap){.replicates = (size_t)settings->bootstrap,
                                                          .level = settings->level,
                                                          .seed = run->seed,
                                                          .threads = run->threads};
    return status;
}

/* ---- days ---- */

static const char *day_text(char text[TILL_DAY_TEXT + 1], int32_t day) {
    text[till_date_write(text, day)] = '\0';
    return text;
}

/* Which days to look back from, and as of which day to score. */
static enum till_status settle(struct work *work, struct till_error *error) {
    struct tool_run *run = work->run;
    char text[2][TILL_DAY_TEXT + 1];
    int32_t oldest = till_features_oldest_day(work->features);
    if (oldest == TILL_DAY_MISSING)
        return till_error_set(error, TILL_ERROR_MODEL, "there are no transactions to learn from");
    features_settle_as_of(run, work->features);
    int32_t newest = till_features_newest_day(work->features, NULL);
    if (run->as_of > newest + LATE)
        tool_warn(run,
                  "the data end on %s, before the as-of date %s: days without data look like days without purchases",
                  day_text(text[0], newest), day_text(text[1], run->as_of));
    enum till_status status = till_churn_plan(&work->plan, &work->how, oldest, run->as_of, error);
    if (status == TILL_OK)
        till_features_settle(work->features, work->plan.cutoffs, work->plan.count + 1, run->as_of);
    return status;
}

/* ---- what is told ---- */

/* What was tested on what. The base rate stands first: a lift, or a log-loss, says nothing without it. */
static void tell_plan(const struct work *work) {
    const struct till_churn_plan *plan = &work->plan;
    const struct till_churn *churn = work->churn;
    const struct till_features_count *test = &churn->counts[plan->count - 1], *today = &churn->counts[plan->count];
    char text[2][TILL_DAY_TEXT + 1];
    size_t purged = plan->count - 1 - plan->training;
    double base = (double)test->churned / (double)test->rows;
    tool_note(
        work->run,
        "tested on what came after %s: %llu customers, %.1f %% churned; learned from %zu rows at %zu cutoff%s from "
        "%s",
        day_text(text[0], plan->cutoffs[plan->count - 1]), (unsigned long long)test->rows, 100 * base,
        churn->trained_rows, plan->training, plan->training == 1 ? "" : "s", day_text(text[1], plan->cutoffs[0]));
    if (purged > 0)
        tool_note(work->run, "%zu cutoff%s left out of it: the horizon reaches behind %s", purged,
                  purged == 1 ? " is" : "s are", day_text(text[0], plan->cutoffs[plan->count - 1]));
    if (work->how.cutoffs != NULL && plan->count < work->how.cutoff_count)
        tool_note(work->run, "%zu of the cutoffs have no known answer yet, and are passed over",
                  work->how.cutoff_count - plan->count);
    if (churn->sampled)
        tool_note(work->run,
                  "customers were sampled, so that there are at most %zu rows to learn from (--training-rows)",
                  work->how.most_rows);
    uint64_t fewer = test->churned < test->rows - test->churned ? test->churned : test->rows - test->churned;
    if (fewer < FEW)
        tool_warn(work->run, "only %llu customers of the test %s: its figures and their intervals say little",
                  (unsigned long long)fewer, fewer == test->churned ? "churned" : "came back");
    tool_fact(work->run, "test", "%s", day_text(text[0], plan->cutoffs[plan->count - 1]));
    tool_fact(work->run, "cutoffs", "%zu from %s to %s", plan->count, day_text(text[0], plan->cutoffs[0]),
              day_text(text[1], plan->cutoffs[plan->count - 1]));
    tool_figure(work->run, "customers", (double)churn->count);
    tool_figure(work->run, "left_out", (double)today->left_out);
    tool_figure(work->run, "tested", (double)test->rows);
    tool_figure(work->run, "base_rate", base);
}

/* One line a rival; all their figures are in --evaluation. */
static void tell_rival(const struct work *work, const struct till_churn_rival *rival) {
    const struct till_metrics *m = &rival->metrics;
    tool_note(work->run, "%s: auc %.4f (%.4f to %.4f), log-loss %.4f, brier %.4f, lift_10 %.3f", rival->name, m->auc,
              rival->own.lower[0], rival->own.upper[0], m->log_loss, m->brier, m->lift_10);
}

/* The figures that a condition (--fail-if) may ask for, of the model and beside it. */
static void tell_model(const struct work *work) {
    const struct till_churn_rival *rivals = work->churn->rivals;
    const struct till_churn_rival *model = &rivals[TILL_CHURN_MODEL], *recency = &rivals[TILL_CHURN_RECENCY];
    tool_figure(work->run, "auc", model->metrics.auc);
    tool_figure(work->run, "auc_lower", model->own.lower[0]);
    tool_figure(work->run, "auc_upper", model->own.upper[0]);
    tool_figure(work->run, "log_loss", model->metrics.log_loss);
    tool_figure(work->run, "brier", model->metrics.brier);
    tool_figure(work->run, "lift_10", model->metrics.lift_10);
    tool_figure(work->run, "calibration_error", model->metrics.calibration_error);
    tool_figure(work->run, "auc_recency", recency->metrics.auc);
    if (rivals[TILL_CHURN_PARETONBD].there)
        tool_figure(work->run, "auc_paretonbd", rivals[TILL_CHURN_PARETONBD].metrics.auc);
    tool_figure(work->run, "auc_gain", model->metrics.auc - recency->metrics.auc);
    tool_figure(work->run, "auc_gain_lower", recency->gain.lower[0]);
}

/* Whether the model tells leavers better than the rival does, as far as the test can say. */
static void tell_verdict(const struct work *work, const struct till_churn_rival *rival, const char *what) {
    double gain = work->churn->rivals[TILL_CHURN_MODEL].metrics.auc - rival->metrics.auc;
    double lower = rival->gain.lower[0], upper = rival->gain.upper[0];
    const char *verdict = lower > 0 ? "is worse" : upper < 0 ? "is better than the model" : "is as good";
    tool_note(work->run, "%s %s: the model's auc is %.4f %s (%.0f %% interval %+.4f to %+.4f)", what, verdict,
              fabs(gain), gain < 0 ? "below" : "above", 100 * work->settings->level, lower, upper);
    tool_fact(work->run, rival->name, "%s", verdict);
}

/* All that is said about a run. Notes are for people; figures and facts go to the summary and to --meta. */
static void tell(const struct work *work) {
    const struct till_churn_rival *rivals = work->churn->rivals;
    tell_plan(work);
    for (size_t i = 0; i < TILL_CHURN_RIVALS; i++)
        if (rivals[i].there)
            tell_rival(work, &rivals[i]);
    tell_verdict(work, &rivals[TILL_CHURN_RECENCY], "recency alone");
    if (rivals[TILL_CHURN_PARETONBD].there)
        tell_verdict(work, &rivals[TILL_CHURN_PARETONBD], "pareto/nbd");
    else
        tool_note(work->run, "no pareto/nbd beside it: %s", work->churn->no_paretonbd);
    tell_model(work);
    if (work->gap_90 == TILL_DAY_MISSING)
        return;
    tool_note(work->run, "90 %% of the gaps between purchases are at most %d days%s", (int)work->gap_90,
              work->gap_90 > work->wishes.horizon + work->wishes.gap
                  ? ": longer than the horizon, so many who count as churned will come back"
                  : "");
    tool_figure(work->run, "gap_90", work->gap_90);
}

/* ---- writing ---- */

/* A row for each rival and metric. */
static enum till_status write_evaluation(const struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("method"),     till_slice_of("metric"),    till_slice_of("value"),
                                       till_slice_of("lower"),      till_slice_of("upper"),     till_slice_of("gain"),
                                       till_slice_of("gain_lower"), till_slice_of("gain_upper")};
    const struct till_churn_rival *model = &work->churn->rivals[TILL_CHURN_MODEL];
    struct till_writer *writer;
    if (work->settings->evaluation == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->evaluation, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; status == TILL_OK && i < TILL_CHURN_RIVALS * TILL_METRICS_FIGURES; i++) {
        const struct till_churn_rival *rival = &work->churn->rivals[i / TILL_METRICS_FIGURES];
        size_t figure = i % TILL_METRICS_FIGURES;
        if (!rival->there)
            continue;
        bool own = rival == model; /* nothing is gained over itself */
        double value = till_metrics_figure(&rival->metrics, figure);
        till_writer_text(writer, till_slice_of(rival->name));
        till_writer_text(writer, till_slice_of(till_metrics_name(figure)));
        till_writer_real(writer, value);
        till_writer_real(writer, rival->own.lower[figure]);
        till_writer_real(writer, rival->own.upper[figure]);
        till_writer_real(writer, own ? NAN : till_metrics_figure(&model->metrics, figure) - value);
        till_writer_real(writer, own ? NAN : rival->gain.lower[figure]);
        till_writer_real(writer, own ? NAN : rival->gain.upper[figure]);
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_model(const struct work *work, struct till_error *error) {
    struct till_sink sink;
    if (work->settings->model_out == NULL)
        return TILL_OK;
    enum till_status status = tool_open_file(work->run, work->settings->model_out, &sink, error);
    return status == TILL_OK ? till_classifier_save(sink, work->churn->model, error) : status;
}

/* Contributions of a batch of customers. */
struct batch {
    const struct till_churn *churn;
    size_t from;
    double *contributions; /* [BATCH][columns] */
};

/* Contributions cost much where there are many trees, so they are computed side by side, and written in order. */
static enum till_status explain(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct batch *batch = context;
    size_t columns = batch->churn->model->column_count;
    (void)worker;
    (void)error;
    till_classifier_predict(batch->churn->model, batch->churn->values + (batch->from + index) * columns,
                            batch->contributions + index * columns);
    return TILL_OK;
}

static enum till_status write_batch(const struct batch *batch, size_t count, struct till_writer *writer,
                                    struct till_text *scratch, struct till_error *error) {
    const struct till_churn *churn = batch->churn;
    size_t columns = churn->model->column_count;
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        const struct till_churn_customer *customer = &churn->customers[batch->from + i];
        till_writer_text(writer, customer->name);
        till_writer_real(writer, customer->probability);
        till_writer_count(writer, customer->decile);
        status = reasons_write(writer, churn->model, churn->values + (batch->from + i) * columns,
                               batch->contributions + i * columns, REASONS, scratch, error);
        if (status == TILL_OK)
            status = till_writer_end(writer, error);
    }
    return status;
}

/* Customers are in byte order already. */
static enum till_status write_customers(const struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_COUNT, TILL_TEXT, TILL_TEXT, TILL_TEXT};
    const struct till_slice names[] = {till_slice_of("customer"), till_slice_of("probability"),
                                       till_slice_of("decile"),   till_slice_of("reason1"),
                                       till_slice_of("reason2"),  till_slice_of("reason3")};
    const struct till_churn *churn = work->churn;
    struct batch batch = {churn, 0, malloc((BATCH * churn->model->column_count + 1) * sizeof(double))};
    struct till_text scratch = {0};
    struct till_writer *writer;
    enum till_status status = batch.contributions == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t count; batch.from < churn->count && status == TILL_OK; batch.from += count) {
        count = churn->count - batch.from < BATCH ? churn->count - batch.from : BATCH;
        status = till_parallel_for(work->run->threads, count, explain, &batch, error);
        if (status == TILL_OK)
            status = write_batch(&batch, count, writer, &scratch, error);
    }
    till_text_free(&scratch);
    free(batch.contributions);
    return status;
}

/* The list is written last but for the model: when the job fails, nothing has appeared on standard output. */
static enum till_status predict(struct work *work, struct till_error *error) {
    uint64_t gaps;
    enum till_status status = settle(work, error);
    if (status == TILL_OK)
        status = till_features_gaps(work->features, 0.9, &gaps, &work->gap_90, error);
    if (status == TILL_OK)
        status = till_churn_run(&work->churn, work->features, &work->plan, &work->how, error);
    if (status == TILL_OK) {
        features_warn_totals(work->run, work->features);
        tell(work);
        status = write_evaluation(work, error);
    }
    if (status == TILL_OK)
        status = write_customers(work, error);
    return status == TILL_OK ? write_model(work, error) : status;
}

static enum till_status run_churn(struct tool_run *run, struct till_error *error) {
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        return till_error_memory(error);
    work->run = run;
    work->settings = run->settings;
    enum till_status status = take_options(work, error);
    if (status == TILL_OK)
        status = features_read(run, &work->wishes, &work->features, error);
    if (status == TILL_OK && !run->state_only)
        status = predict(work, error);
    till_churn_free(work->churn);
    till_features_free(work->features);
    free(work);
    return status;
}
static const struct tool churn = {
    .name = "till-churn",
    .purpose = "who will leave, how likely and why: a churn model that is tested on a later time",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS | TOOL_PURCHASES | TOOL_STATE,
    .shared = cutoffs_options,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_churn,
};

int main(int argc, char **argv) {
    return tool_main(&churn, argc, argv);
}
