/* till-survival: how long customers stay: Kaplan-Meier curves by group, the log-rank test, and Cox's regression. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/frame.h>
#include <till/survival.h>
#include <till/tails.h>

struct settings {
    const char *time;
    const char *event;
    const char *event_value;
    const char *group;
    int interval;
    double level;
    double given;
    double horizon;
    bool hazard;
    bool all_times;
    const char *summary;
    const char *cox;
    const char *categorical;
    int ties;
    int missing;
    const char *proportional;
    const char *baseline;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "time",
     .kind = OPTION_TEXT,
     .offset = AT(time),
     .argument = "COL",
     .help = "The column that says how long each customer was watched: a number, zero or more."},
    {.name = "event",
     .kind = OPTION_TEXT,
     .offset = AT(event),
     .argument = "COL",
     .help = "The column that says whether the customer then left (1, yes, true) or was still there (0, no, false)."},
    {.name = "event-value",
     .kind = OPTION_TEXT,
     .offset = AT(event_value),
     .argument = "VALUE",
     .help = "The text of the event column that means \"left\"; all others mean \"still there\"."},
    {.name = "group",
     .kind = OPTION_TEXT,
     .offset = AT(group),
     .argument = "COL",
     .help = "A curve for each value of this column, and the log-rank test between them."},
    {.name = "interval",
     .kind = OPTION_CHOICE,
     .offset = AT(interval),
     .argument = "KIND",
     .initial = "log",
     .choices = "log|loglog",
     .help = "On which scale the limits of survival are symmetric: log S, or log(-log S)."},
    {.name = "level",
     .kind = OPTION_REAL,
     .offset = AT(level),
     .argument = "P",
     .initial = "0.95",
     .minimum = 0.5,
     .maximum = 0.9999,
     .help = "The coverage of all limits."},
    {.name = "given",
     .kind = OPTION_REAL,
     .offset = AT(given),
     .argument = "TIME",
     .initial = "-1",
     .minimum = -1,
     .maximum = 1e300,
     .help = "The survival of those who are still there at TIME: S(t) / S(TIME), of customers with more time than "
             "that (-1: of all from the start)."},
    {.name = "hazard",
     .kind = OPTION_FLAG,
     .offset = AT(hazard),
     .help = "Write the cumulative hazard (Nelson-Aalen) instead: group, time, at_risk, events, hazard, std_error, "
             "lower, upper."},
    {.name = "all-times",
     .kind = OPTION_FLAG,
     .offset = AT(all_times),
     .help = "A row also for times at which nobody left, but some were last seen."},
    {.name = "summary",
     .kind = OPTION_FILE,
     .offset = AT(summary),
     .argument = "FILE",
     .help = "Write a row for each group: customers, events, expected, median, restricted mean."},
    {.name = "horizon",
     .kind = OPTION_REAL,
     .offset = AT(horizon),
     .argument = "TIME",
     .initial = "-1",
     .minimum = -1,
     .maximum = 1e300,
     .help = "Up to where the restricted mean counts (-1: the smallest of the groups' largest times)."},
    {.name = "cox",
     .kind = OPTION_TEXT,
     .offset = AT(cox),
     .argument = "LIST",
     .help =
         "Fit Cox's regression on these columns instead: a,b,c-e. Columns of texts become a term for each level but "
         "the smallest by bytes."},
    {.name = "categorical",
     .kind = OPTION_TEXT,
     .offset = AT(categorical),
     .argument = "LIST",
     .help = "Columns of --cox that hold categories although they look like numbers."},
    {.name = "ties",
     .kind = OPTION_CHOICE,
     .offset = AT(ties),
     .argument = "HOW",
     .initial = "efron",
     .choices = "efron|breslow",
     .help = "How customers who leave at the same time enter Cox's likelihood."},
    {.name = "missing",
     .kind = OPTION_CHOICE,
     .offset = AT(missing),
     .argument = "HOW",
     .initial = "error",
     .choices = "error|drop",
     .help = "What a missing value in a column of --cox makes of its row: a bad row, or one that is left out and "
             "counted."},
    {.name = "ph-test",
     .kind = OPTION_FILE,
     .offset = AT(proportional),
     .argument = "FILE",
     .help = "Write the test of proportional hazards: a row for each term and one for all (GLOBAL): term, chi_square, "
             "df, p_value."},
    {.name = "baseline",
     .kind = OPTION_FILE,
     .offset = AT(baseline),
     .argument = "FILE",
     .help = "Write the cumulative hazard and the survival of a customer with levels and flags at their reference and "
             "numbers at their mean: time, hazard, survival."},
    {0}};

enum { TIME_COLUMN, EVENT_COLUMN, FIRST_COLUMN };

/* What a run carries. */
struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct till_frame *frame;
    double z; /* standard errors on each side */
    size_t groups;
    struct till_slice *names;            /* [groups] in byte order */
    uint32_t *group;                     /* [rows] */
    struct till_survival_curve **curves; /* [groups] */
    struct till_survival_test *test;     /* NULL: fewer than two groups */
};

/* ---- reading ---- */

static enum till_status check_options(const struct settings *settings, struct till_error *error) {
    if (settings->time == NULL)
        return tool_usage(error, "--time", "which column says how long customers were watched?");
    if (settings->event == NULL)
        return tool_usage(error, "--event", "which column says whether they left?");
    if (settings->cox != NULL && settings->group != NULL)
        return tool_usage(error, "--group", "groups are for curves; give the column to --cox as one of its terms");
    if (settings->cox != NULL && (settings->given >= 0 || settings->hazard || settings->summary != NULL))
        return tool_usage(error, "--cox", "--given, --hazard and --summary are for curves");
    if (settings->cox == NULL && (settings->proportional != NULL || settings->baseline != NULL))
        return tool_usage(error, settings->baseline != NULL ? "--baseline" : "--ph-test", "this belongs to --cox");
    return TILL_OK;
}

/* Adds the columns of --cox to the wishes. */
static enum till_status wish_terms(const struct settings *settings, const struct till_schema *schema,
                                   struct till_frame_wish *wishes, size_t *count, struct till_error *error) {
    bool *chosen = calloc(2 * schema->count + 1, sizeof *chosen);
    if (chosen == NULL)
        return till_error_memory(error);
    bool *texts = chosen + schema->count;
    enum till_status status = till_schema_list(schema, settings->cox, chosen, error);
    if (status == TILL_OK && settings->categorical != NULL)
        status = till_schema_list(schema, settings->categorical, texts, error);
    for (size_t i = 0; i < schema->count && status == TILL_OK; i++) {
        if (!chosen[i])
            continue;
        if (i == wishes[TIME_COLUMN].column || i == wishes[EVENT_COLUMN].column)
            status = tool_usage(error, "--cox", "the time and the event cannot explain themselves");
        wishes[(*count)++] =
            (struct till_frame_wish){.column = i,
                                     .kind = texts[i] ? TILL_FRAME_TEXT : TILL_FRAME_AUTO,
                                     .missing = settings->missing == 0 ? TILL_MISSING_REJECTS : TILL_MISSING_FILTERS};
    }
    free(chosen);
    return status;
}

static enum till_status plan(struct work *work, const struct till_schema *schema, struct till_error *error) {
    const struct settings *settings = work->settings;
    struct till_frame_wish *wishes = calloc(schema->count + FIRST_COLUMN + 1, sizeof *wishes);
    size_t count = FIRST_COLUMN;
    if (wishes == NULL)
        return till_error_memory(error);
    wishes[TIME_COLUMN] = (struct till_frame_wish){.kind = TILL_FRAME_NUMBER, .role = "time", .not_negative = true};
    wishes[EVENT_COLUMN] =
        (struct till_frame_wish){.kind = TILL_FRAME_FLAG, .role = "event", .positive = settings->event_value};
    enum till_status status = till_schema_column(schema, settings->time, &wishes[TIME_COLUMN].column, error);
    if (status == TILL_OK)
        status = till_schema_column(schema, settings->event, &wishes[EVENT_COLUMN].column, error);
    if (status == TILL_OK && settings->cox != NULL)
        status = wish_terms(settings, schema, wishes, &count, error);
    if (status == TILL_OK && settings->group != NULL) {
        wishes[count].kind = TILL_FRAME_TEXT;
        wishes[count].role = "group";
        wishes[count].missing = TILL_MISSING_FILTERS;
        status = till_schema_column(schema, settings->group, &wishes[count++].column, error);
    }
    if (status == TILL_OK)
        status = till_frame_plan(&work->frame, schema, wishes, count, error);
    free(wishes);
    return status;
}

static enum till_status read_frame(struct work *work, struct till_error *error) {
    struct till_input *input;
    enum till_status status = tool_open_input(work->run, &input, error);
    if (status == TILL_OK)
        status = plan(work, till_input_schema(input), error);
    if (status == TILL_OK)
        status = till_frame_read(work->frame, input, &work->run->number, NULL, work->run->threads, error);
    return status;
}

/* ---- curves ---- */

/* Numbers the groups in byte order of their names. */
static enum till_status number_groups(struct work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const struct till_frame_column *column = work->settings->group != NULL ? &frame->columns[FIRST_COLUMN] : NULL;
    work->groups = column != NULL ? till_dictionary_count(column->levels) : 1;
    work->names = calloc(work->groups + 1, sizeof *work->names);
    work->group = calloc(frame->rows + 1, sizeof *work->group);
    uint32_t *order = calloc(2 * work->groups + 1, sizeof *order);
    enum till_status status = TILL_OK;
    bool room = work->names != NULL && work->group != NULL && order != NULL;
    if (!room || (column != NULL && !till_dictionary_order(column->levels, order))) {
        status = till_error_memory(error);
    } else if (column == NULL) {
        work->names[0] = till_slice_of("all");
    } else {
        uint32_t *place = order + work->groups;
        for (uint32_t i = 0; i < work->groups; i++) {
            work->names[i] = till_dictionary_text(column->levels, order[i]);
            place[order[i]] = i;
        }
        for (size_t row = 0; row < frame->rows; row++)
            work->group[row] = place[column->codes[row]];
    }
    free(order);
    return status;
}

/* The curve of each group, from its own rows. */
static enum till_status estimate(struct work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const double *time = frame->columns[TIME_COLUMN].numbers, *event = frame->columns[EVENT_COLUMN].numbers;
    double *own = malloc((2 * frame->rows + 1) * sizeof *own);
    work->curves = calloc(work->groups + 1, sizeof *work->curves);
    enum till_status status = own == NULL || work->curves == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t g = 0; g < work->groups && status == TILL_OK; g++) {
        size_t count = 0;
        for (size_t row = 0; row < frame->rows; row++)
            if (work->group[row] == g) {
                own[count] = time[row];
                own[frame->rows + count++] = event[row];
            }
        status = till_survival_estimate(&work->curves[g], own, own + frame->rows, count, work->settings->given, error);
    }
    free(own);
    return status;
}

/* The log-rank test, of those who are still there at --given. */
static enum till_status compare(struct work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const double *time = frame->columns[TIME_COLUMN].numbers, *event = frame->columns[EVENT_COLUMN].numbers;
    double *kept = malloc((2 * frame->rows + 1) * sizeof *kept);
    uint32_t *group = malloc((frame->rows + 1) * sizeof *group);
    enum till_status status = kept == NULL || group == NULL ? till_error_memory(error) : TILL_OK;
    size_t count = 0;
    for (size_t row = 0; status == TILL_OK && row < frame->rows; row++)
        if (work->settings->given < 0 || time[row] > work->settings->given) {
            kept[count] = time[row];
            kept[frame->rows + count] = event[row];
            group[count++] = work->group[row];
        }
    if (status == TILL_OK)
        status = till_survival_logrank(&work->test, kept, kept + frame->rows, group, count, work->groups, error);
    /* Curves stand without the test. */
    if (status == TILL_ERROR_MODEL) {
        tool_warn(work->run, "no log-rank test: %s", error->message);
        *error = (struct till_error){0};
        status = TILL_OK;
    }
    free(kept);
    free(group);
    return status;
}

static void write_survival(const struct work *work, const struct till_survival_point *point,
                           struct till_writer *writer) {
    double lower, upper;
    till_survival_limits(point, (enum till_survival_interval)work->settings->interval, work->z, &lower, &upper);
    till_writer_real(writer, point->survival);
    till_writer_real(writer, point->survival > 0 ? point->survival * sqrt(point->greenwood) : NAN);
    till_writer_real(writer, lower);
    till_writer_real(writer, upper);
}

/* Limits are symmetric on the scale of the logarithm, where a hazard cannot fall below zero. */
static void write_hazard(const struct work *work, const struct till_survival_point *point, struct till_writer *writer) {
    double error = sqrt(point->hazard_variance);
    till_writer_real(writer, point->hazard);
    till_writer_real(writer, error);
    till_writer_real(writer, point->hazard * exp(-work->z * error / point->hazard));
    till_writer_real(writer, point->hazard * exp(work->z * error / point->hazard));
}

static enum till_status write_curves(struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_COUNT, TILL_COUNT,
                                           TILL_REAL, TILL_REAL, TILL_REAL,  TILL_REAL};
    const struct till_slice names[] = {till_slice_of("group"),
                                       till_slice_of("time"),
                                       till_slice_of("at_risk"),
                                       till_slice_of("events"),
                                       till_slice_of(work->settings->hazard ? "hazard" : "survival"),
                                       till_slice_of("std_error"),
                                       till_slice_of("lower"),
                                       till_slice_of("upper")};
    struct till_writer *writer;
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t g = 0; g < work->groups; g++)
        for (size_t i = 0; i < work->curves[g]->count && status == TILL_OK; i++) {
            const struct till_survival_point *point = &work->curves[g]->points[i];
            if (point->events == 0 && !work->settings->all_times)
                continue;
            till_writer_text(writer, work->names[g]);
            till_writer_real(writer, point->time);
            till_writer_count(writer, point->at_risk);
            till_writer_count(writer, point->events);
            if (work->settings->hazard)
                write_hazard(work, point, writer);
            else
                write_survival(work, point, writer);
            status = till_writer_end(writer, error);
        }
    return status;
}

/* ---- the summary of curves ---- */

static double last_time(const struct till_survival_curve *curve) {
    return curve->count == 0 ? curve->start : curve->points[curve->count - 1].time;
}

static double horizon(const struct work *work) {
    double least = INFINITY;
    if (work->settings->horizon >= 0)
        return work->settings->horizon;
    for (size_t g = 0; g < work->groups; g++)
        if (work->curves[g]->count > 0)
            least = fmin(least, last_time(work->curves[g]));
    return least;
}

/* A mean up to where nobody was watched any more would be a guess. */
static double restricted_mean(const struct work *work, size_t group, double *std_error) {
    const struct till_survival_curve *curve = work->curves[group];
    double to = horizon(work);
    *std_error = NAN;
    if (curve->count == 0 || to < curve->start ||
        (to > last_time(curve) && curve->points[curve->count - 1].survival > 0))
        return NAN;
    return till_survival_mean(curve, to, std_error);
}

static void summarise(const struct work *work, size_t group, struct till_writer *writer) {
    const struct till_survival_curve *curve = work->curves[group];
    double limits[2], std_error;
    double median =
        till_survival_quantile(curve, 0.5, (enum till_survival_interval)work->settings->interval, work->z, limits);
    double mean = restricted_mean(work, group, &std_error);
    till_writer_text(writer, work->names[group]);
    till_writer_count(writer, curve->customers);
    till_writer_count(writer, curve->events);
    till_writer_real(writer, work->test != NULL ? work->test->expected[group] : NAN);
    till_writer_real(writer, median);
    till_writer_real(writer, limits[0]);
    till_writer_real(writer, limits[1]);
    till_writer_real(writer, isnan(mean) ? NAN : horizon(work));
    till_writer_real(writer, mean);
    till_writer_real(writer, std_error);
}

static enum till_status write_summary(struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL,  TILL_REAL,  TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("group"),           till_slice_of("customers"),
                                       till_slice_of("events"),          till_slice_of("expected"),
                                       till_slice_of("median"),          till_slice_of("median_lower"),
                                       till_slice_of("median_upper"),    till_slice_of("horizon"),
                                       till_slice_of("restricted_mean"), till_slice_of("mean_std_error")};
    struct till_writer *writer;
    if (work->settings->summary == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->summary, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t g = 0; g < work->groups && status == TILL_OK; g++) {
        summarise(work, g, writer);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* Medians and means as figures where there is one curve; the test where there are several. */
static void tell_curves(struct work *work) {
    uint64_t customers = 0, events = 0;
    double limits[2], std_error;
    for (size_t g = 0; g < work->groups; g++) {
        customers += work->curves[g]->customers;
        events += work->curves[g]->events;
    }
    tool_figure(work->run, "customers", (double)customers);
    tool_figure(work->run, "events", (double)events);
    if (customers > 0 && events == 0)
        tool_warn(work->run, "nobody has left: is the event told otherwise? (--event-value=VALUE)");
    if (work->groups == 1 && customers > 0) {
        tool_figure(work->run, "median",
                    till_survival_quantile(work->curves[0], 0.5, (enum till_survival_interval)work->settings->interval,
                                           work->z, limits));
        tool_figure(work->run, "restricted_mean", restricted_mean(work, 0, &std_error));
    }
    if (work->test == NULL)
        return;
    tool_figure(work->run, "logrank", work->test->chi_square);
    tool_figure(work->run, "p_value", work->test->p_value);
    tool_note(work->run, "log-rank test: chi-square %.10g with %zu degrees of freedom, p = %.6g",
              work->test->chi_square, work->test->df, work->test->p_value);
}

static enum till_status report_curves(struct work *work, struct till_error *error) {
    enum till_status status = number_groups(work, error);
    if (status == TILL_OK)
        status = estimate(work, error);
    if (status == TILL_OK && work->groups > 1)
        status = compare(work, error);
    if (status == TILL_OK) {
        tell_curves(work);
        status = write_curves(work, error);
    }
    if (status == TILL_OK)
        status = write_summary(work, error);
    return status;
}

/* ---- Cox ---- */

static enum till_status write_coefficients(struct work *work, const struct till_design *design,
                                           const struct till_cox *cox, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"),  till_slice_of("estimate"), till_slice_of("std_error"),
                                       till_slice_of("z"),     till_slice_of("p_value"),  till_slice_of("hazard_ratio"),
                                       till_slice_of("lower"), till_slice_of("upper")};
    struct till_writer *writer;
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i < cox->terms && status == TILL_OK; i++) {
        double estimate = cox->estimate[i], std_error = sqrt(cox->covariance[i * cox->terms + i]);
        till_writer_text(writer, till_slice_of(design->names[i]));
        till_writer_real(writer, estimate);
        till_writer_real(writer, std_error);
        till_writer_real(writer, estimate / std_error);
        till_writer_real(writer, till_tail_normal(estimate / std_error));
        till_writer_real(writer, exp(estimate));
        till_writer_real(writer, exp(estimate - work->z * std_error));
        till_writer_real(writer, exp(estimate + work->z * std_error));
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_proportional(struct work *work, const struct till_design *design,
                                           const struct till_cox *cox, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"), till_slice_of("chi_square"), till_slice_of("df"),
                                       till_slice_of("p_value")};
    struct till_writer *writer;
    if (work->settings->proportional == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->proportional, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i <= cox->terms && status == TILL_OK; i++) {
        bool all = i == cox->terms;
        double chi_square = all ? cox->proportional_all : cox->proportional[i];
        till_writer_text(writer, till_slice_of(all ? "GLOBAL" : design->names[i]));
        till_writer_real(writer, chi_square);
        till_writer_count(writer, all ? cox->terms : 1);
        till_writer_real(writer, till_tail_chi_square(chi_square, all ? cox->terms : 1));
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_baseline(struct work *work, const struct till_cox *cox, struct till_error *error) {
    static const enum till_type types[] = {TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("time"), till_slice_of("hazard"), till_slice_of("survival")};
    struct till_writer *writer;
    if (work->settings->baseline == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->baseline, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i < cox->step_count && status == TILL_OK; i++) {
        till_writer_real(writer, cox->steps[i].time);
        till_writer_real(writer, cox->steps[i].hazard);
        till_writer_real(writer, exp(-cox->steps[i].hazard));
        status = till_writer_end(writer, error);
    }
    return status;
}

static void tell_cox(struct work *work, const struct till_cox *cox) {
    struct tool_run *run = work->run;
    double p = till_tail_chi_square(cox->proportional_all, cox->terms);
    tool_figure(run, "customers", (double)cox->customers);
    tool_figure(run, "events", (double)cox->events);
    tool_figure(run, "log_likelihood", cox->log_likelihood);
    tool_figure(run, "log_likelihood_null", cox->log_likelihood_null);
    tool_figure(run, "likelihood_ratio", cox->likelihood_ratio);
    tool_figure(run, "wald", cox->wald);
    tool_figure(run, "score", cox->score);
    tool_figure(run, "concordance", cox->concordance);
    tool_figure(run, "concordance_se", cox->concordance_error);
    tool_figure(run, "ph_chi_square", cox->proportional_all);
    tool_figure(run, "ph_p_value", p);
    tool_note(run, "likelihood ratio %.6f, Wald %.4f, score %.5f, with %zu degrees of freedom; concordance %.8f (%.6f)",
              cox->likelihood_ratio, cox->wald, cox->score, cox->terms, cox->concordance, cox->concordance_error);
    if (p < 0.05)
        tool_warn(run,
                  "the hazards are not proportional (chi-square %.4f, p = %.3g): effects change with time, and the "
                  "estimates are averages (--ph-test=FILE says which)",
                  cox->proportional_all, p);
}

static enum till_status report_cox(struct work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    struct till_design *design = NULL;
    struct till_cox *cox = NULL;
    if (frame->rows == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "there are no rows to fit a regression to");
    enum till_status status = till_design_make(&design, frame, FIRST_COLUMN, frame->count - FIRST_COLUMN, error);
    for (size_t i = 0; status == TILL_OK && i < design->dropped_count; i++)
        tool_warn(work->run, "%s is the same in all rows, and was dropped", design->dropped[i]);
    if (status == TILL_OK)
        status = till_cox_fit(&cox, design, frame->columns[TIME_COLUMN].numbers, frame->columns[EVENT_COLUMN].numbers,
                              work->settings->ties == 1, error);
    if (status == TILL_OK) {
        tell_cox(work, cox);
        status = write_coefficients(work, design, cox, error);
    }
    if (status == TILL_OK)
        status = write_proportional(work, design, cox, error);
    if (status == TILL_OK)
        status = write_baseline(work, cox, error);
    till_cox_free(cox);
    till_design_free(design);
    return status;
}

static enum till_status run_survival(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    work.z = till_tail_quantile(work.settings->level);
    enum till_status status = check_options(work.settings, error);
    if (status == TILL_OK)
        status = read_frame(&work, error);
    if (status == TILL_OK)
        status = work.settings->cox != NULL ? report_cox(&work, error) : report_curves(&work, error);
    for (size_t g = 0; work.curves != NULL && g < work.groups; g++)
        till_survival_free(work.curves[g]);
    free(work.curves);
    free(work.names);
    free(work.group);
    till_survival_test_free(work.test);
    till_frame_free(work.frame);
    return status;
}

static const struct tool survival = {
    .name = "till-survival",
    .purpose = "how long customers stay: survival curves, the log-rank test, Cox's regression",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_survival,
};

int main(int argc, char **argv) {
    return tool_main(&survival, argc, argv);
}
