/* till-survival: how long customers stay: Kaplan-Meier curves by group, the log-rank test, and Cox's regression.
 *
 * Here are the options and the reading of the columns that they name; survival_curves.c and survival_cox.c report. */
#include <stdlib.h>

#include <till/tails.h>

#include "survival.h"

#define AT(field) offsetof(struct survival_settings, field)
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

static enum till_status check_options(const struct survival_settings *settings, struct till_error *error) {
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
static enum till_status wish_terms(const struct survival_settings *settings, const struct till_schema *schema,
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
        if (i == wishes[SURVIVAL_TIME].column || i == wishes[SURVIVAL_EVENT].column)
            status = tool_usage(error, "--cox", "the time and the event cannot explain themselves");
        wishes[(*count)++] =
            (struct till_frame_wish){.column = i,
                                     .kind = texts[i] ? TILL_FRAME_TEXT : TILL_FRAME_AUTO,
                                     .missing = settings->missing == 0 ? TILL_MISSING_REJECTS : TILL_MISSING_FILTERS};
    }
    free(chosen);
    return status;
}

static enum till_status plan(struct survival_work *work, const struct till_schema *schema, struct till_error *error) {
    const struct survival_settings *settings = work->settings;
    struct till_frame_wish *wishes = calloc(schema->count + SURVIVAL_TERMS + 1, sizeof *wishes);
    size_t count = SURVIVAL_TERMS;
    if (wishes == NULL)
        return till_error_memory(error);
    wishes[SURVIVAL_TIME] = (struct till_frame_wish){.kind = TILL_FRAME_NUMBER, .role = "time", .not_negative = true};
    wishes[SURVIVAL_EVENT] =
        (struct till_frame_wish){.kind = TILL_FRAME_FLAG, .role = "event", .positive = settings->event_value};
    enum till_status status = till_schema_column(schema, settings->time, &wishes[SURVIVAL_TIME].column, error);
    if (status == TILL_OK)
        status = till_schema_column(schema, settings->event, &wishes[SURVIVAL_EVENT].column, error);
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

static enum till_status read_frame(struct survival_work *work, struct till_error *error) {
    struct till_input *input;
    enum till_status status = tool_open_input(work->run, &input, error);
    if (status == TILL_OK)
        status = plan(work, till_input_schema(input), error);
    if (status == TILL_OK)
        status = till_frame_read(work->frame, input, &work->run->number, NULL, work->run->threads, error);
    return status;
}

static enum till_status run_survival(struct tool_run *run, struct till_error *error) {
    struct survival_work work = {.run = run, .settings = run->settings};
    work.z = till_tail_quantile(work.settings->level);
    enum till_status status = check_options(work.settings, error);
    if (status == TILL_OK)
        status = read_frame(&work, error);
    if (status == TILL_OK)
        status = work.settings->cox != NULL ? survival_cox(&work, error) : survival_curves(&work, error);
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
    .settings_size = sizeof(struct survival_settings),
    .run = run_survival,
};

int main(int argc, char **argv) {
    return tool_main(&survival, argc, argv);
}
