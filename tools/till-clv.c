/* till-clv: transactions -> what each customer will still buy, and what that is worth today.
 *
 * A model of buying and one of spend are fitted (or taken from a file); the work is done by cells of customers with
 * equal figures, and each customer is written with the figures of the cell. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>

#define LONGEST_HORIZON 36525.0 /* days: a century */

#define AT(field) offsetof(struct clv_settings, field)
static const struct option options[] = {
    {.name = "method",
     .kind = OPTION_CHOICE,
     .offset = AT(method),
     .argument = "MODEL",
     .initial = "paretonbd",
     .choices = "paretonbd|bgnbd|mbgnbd|bgbb|sbg",
     .help = "How customers buy and drop out. bgbb counts calendar periods of --unit; sbg is for contracts, and reads "
             "rows period,survivors."},
    {.name = "unit",
     .kind = OPTION_CHOICE,
     .offset = AT(unit),
     .argument = "UNIT",
     .initial = "week",
     .choices = "day|week|month|quarter|year",
     .help = "The unit of t_x and age, and of alpha and beta: a week is 7 days, a month 365.25/12. With bgbb: calendar "
             "weeks, months and so on."},
    {.name = "horizon",
     .kind = OPTION_TEXT,
     .offset = AT(horizon),
     .argument = "TIME",
     .help = "How far to look: 52w, 12m, 365d, 2y, or inf, the discounted residual lifetime, for paretonbd and bgbb "
             "(default: 52w). With sbg: how many periods to go on (default: 0)."},
    {.name = "discount",
     .kind = OPTION_REAL,
     .offset = AT(discount),
     .argument = "RATE",
     .initial = "0.10",
     .minimum = 0,
     .maximum = 1000,
     .help = "The discount a year of 52 weeks, taken continuously; with sbg, a period."},
    {.name = "margin",
     .kind = OPTION_REAL,
     .offset = AT(margin),
     .argument = "SHARE",
     .initial = "1",
     .minimum = -1e9,
     .maximum = 1e9,
     .help = "What is left of the money of a purchase."},
    {.name = "spend",
     .kind = OPTION_CHOICE,
     .offset = AT(spend),
     .argument = "MODEL",
     .initial = "gammagamma",
     .choices = "gammagamma|mean|none",
     .help = "What a purchase is worth: by the gamma-gamma model, the mean of all repeat purchases, or nothing (no "
             "amounts are needed, and expected_value and clv stay empty)."},
    {.name = "parameters-out",
     .kind = OPTION_FILE,
     .offset = AT(parameters_out),
     .argument = "FILE",
     .help = "Write parameter,estimate,std_error,lower,upper there."},
    {.name = "parameters",
     .kind = OPTION_FILE,
     .offset = AT(parameters),
     .argument = "FILE",
     .help = "Apply the parameters in FILE instead of fitting."},
    {.name = "summary-input",
     .kind = OPTION_FLAG,
     .offset = AT(summary_input),
     .help = "The input has a row for each customer: customer,repeats,t_x,age[,mean_value] (or frequency, recency, T, "
             "monetary)."},
    {.name = "by",
     .kind = OPTION_TEXT,
     .offset = AT(by),
     .argument = "COL",
     .help = "Fit the groups apart that this column makes; it is added to the output."},
    {.name = "validate",
     .kind = OPTION_FILE,
     .offset = AT(validate),
     .argument = "FILE",
     .help = "Fit on what was up to --until, and write there how it compares to what came after."},
    {.name = "equity",
     .kind = OPTION_FLAG,
     .offset = AT(equity),
     .help = "Write the value of all current customers instead, with its interval and a back-test."},
    {.name = "matrix",
     .kind = OPTION_FILE,
     .offset = AT(matrix),
     .argument = "FILE",
     .help = "Write P(alive) and expected purchases over a grid of repeats and t_x there, for pictures."},
    {0}};

/* ---- units and horizon ---- */

double clv_unit_days(const struct clv_settings *settings) {
    static const double days[] = {1, 7, 365.25 / 12, 365.25 / 4, 365.25};
    return days[settings->unit];
}

enum till_period_unit clv_unit_period(const struct clv_settings *settings) {
    static const enum till_period_unit units[] = {TILL_PERIOD_DAY, TILL_PERIOD_WEEK, TILL_PERIOD_MONTH,
                                                  TILL_PERIOD_QUARTER, TILL_PERIOD_YEAR};
    return units[settings->unit];
}

/* "52w" in days; NaN when it is not a time. */
static double horizon_days(const char *text) {
    static const char letters[] = "dwmy";
    static const double days[] = {1, 7, 365.25 / 12, 365.25};
    size_t length = strlen(text);
    double count;
    if (strcmp(text, "inf") == 0)
        return INFINITY;
    const char *letter = length == 0 ? NULL : strchr(letters, text[length - 1]);
    if (letter == NULL || till_real_parse(text, length - 1, NULL, &count) != TILL_NUMBER_OK || !(count > 0))
        return NAN;
    double all = count * days[letter - letters];
    return all <= LONGEST_HORIZON ? all : NAN;
}

enum till_status clv_horizon(const struct clv_settings *settings, struct till_clv_horizon *horizon,
                             struct till_error *error) {
    const char *text = settings->horizon == NULL ? "52w" : settings->horizon;
    double days = horizon_days(text), unit = clv_unit_days(settings);
    bool periods = settings->method == CLV_BGBB;
    if (isnan(days))
        return tool_usage_text(error, "--horizon", "not a time of up to a century such as 52w, 12m, 365d, 2y or inf",
                               till_slice_of(text));
    horizon->time = periods && !isinf(days) ? fmax(1, round(days / unit)) : days / unit;
    horizon->step = periods ? 1 : 7 / unit;
    horizon->delta = log1p(settings->discount) / 52 * unit / 7;
    return TILL_OK;
}

static enum till_status check_options(const struct tool_run *run, const struct clv_settings *settings,
                                      struct till_error *error) {
    struct till_clv_horizon horizon;
    bool inf = settings->horizon != NULL && strcmp(settings->horizon, "inf") == 0;
    if (run->state != NULL && (settings->method == CLV_SBG || settings->summary_input))
        return tool_usage(error, "--state", "holds transactions, and this input has none");
    if (run->state != NULL && settings->by != NULL)
        return tool_usage(error, "--by", "the state holds no groups; give one of them");
    if (run->state_only && (settings->parameters_out != NULL || settings->validate != NULL || settings->matrix != NULL))
        return tool_usage(error, "--state-only", "fits no model, so there is nothing to write about it");
    if (settings->method == CLV_SBG)
        return settings->parameters == NULL && settings->validate == NULL && !settings->equity &&
                       settings->by == NULL && settings->matrix == NULL
                   ? TILL_OK
                   : tool_usage(error, "--method",
                                "sbg reads a cohort of survivors, and makes no use of --parameters, "
                                "--validate, --equity, --by and --matrix");
    if (inf && settings->method != CLV_PARETONBD && settings->method != CLV_BGBB)
        return tool_usage(error, "--horizon", "inf is for paretonbd and bgbb: the others have no closed form of it");
    if (inf && settings->discount <= 0)
        return tool_usage(error, "--horizon", "inf needs a --discount above 0");
    if (settings->validate != NULL && (run->roles.until == TILL_DAY_MISSING || settings->summary_input))
        return tool_usage(error, "--validate", "wants transactions, and --until=DATE, up to which the model is fitted");
    if (settings->validate != NULL && run->as_of != TILL_DAY_MISSING && run->as_of <= run->roles.until)
        return tool_usage(error, "--validate", "wants an --as-of later than --until, or none");
    if (settings->equity && settings->parameters != NULL)
        return tool_usage(error, "--equity", "wants a fit: without the errors of the parameters there is no interval");
    if (settings->equity && settings->validate != NULL)
        return tool_usage(error, "--equity", "is of all data; --validate holds some back; give one of them");
    if (settings->spend == CLV_MEAN && settings->parameters != NULL)
        return tool_usage(error, "--spend", "mean is no part of --parameters");
    return clv_horizon(settings, &horizon, error);
}

/* ---- output ---- */

enum till_status clv_header(struct till_writer *writer, const struct clv_column *columns, size_t count,
                            struct till_error *error) {
    struct till_slice names[16];
    enum till_type types[16];
    for (size_t i = 0; i < count; i++) {
        names[i] = till_slice_of(columns[i].name);
        types[i] = columns[i].type;
    }
    return till_writer_columns(writer, names, types, count, error);
}

/* One customer, number `i` of the part. */
static enum till_status write_customer(struct till_writer *writer, const struct clv_data *data,
                                       const struct clv_part *part, size_t i, double margin, struct till_error *error) {
    uint32_t cell = part->cells.cell[i];
    double worth = clv_part_worth(part, i);
    const double reals[] = {part->last[i],
                            part->age[i],
                            part->repeats[i] == 0 ? NAN : part->mean[i],
                            part->forecast.alive[cell],
                            part->forecast.expected[cell],
                            worth,
                            margin * worth * part->forecast.discounted[cell]};
    till_writer_text(writer, data->name[part->member[i]]);
    till_writer_count(writer, part->repeats[i]);
    till_writer_reals(writer, reals, sizeof reals / sizeof *reals);
    if (part->name.bytes != NULL)
        till_writer_text(writer, part->name);
    return till_writer_end(writer, error);
}

/* Cells of neighbours lie anywhere: without being asked for in time each would be waited for. (A call to what only asks
 * would be dropped as having no effect.) */
static inline __attribute__((always_inline)) void ask_for_cell(const struct clv_part *part, size_t i) {
    enum { AHEAD = 16 };
    if (i + AHEAD >= part->count)
        return;
    uint32_t cell = part->cells.cell[i + AHEAD];
    __builtin_prefetch(&part->forecast.alive[cell]);
    __builtin_prefetch(&part->forecast.expected[cell]);
    __builtin_prefetch(&part->forecast.discounted[cell]);
}

static enum till_status write_customers(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                                        struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    const struct clv_column columns[] = {{"customer", TILL_TEXT},
                                         {"repeats", TILL_COUNT},
                                         {"t_x", TILL_REAL},
                                         {"age", TILL_REAL},
                                         {"mean_value", TILL_REAL},
                                         {"p_alive", TILL_REAL},
                                         {"expected_purchases", TILL_REAL},
                                         {"expected_value", TILL_REAL},
                                         {"clv", TILL_REAL},
                                         {settings->by, TILL_TEXT}};
    struct till_writer *writer;
    size_t *at = calloc(data->group_count + 2, sizeof *at);
    if (at == NULL)
        return till_error_memory(error);
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, columns, settings->by == NULL ? 9 : 10, error);
    for (size_t i = 0; i < data->count && status == TILL_OK; i++) {
        size_t group = data->group == NULL ? 0 : data->group[i];
        ask_for_cell(&parts[group], at[group]);
        status = write_customer(writer, data, &parts[group], at[group]++, settings->margin, error);
    }
    free(at);
    return status;
}

/* ---- what is said about the fit ---- */

static void tell_part(struct tool_run *run, const struct clv_part *part) {
    const struct till_clv_fit *fit = &part->fit;
    const struct clv_settings *settings = run->settings;
    char group[TILL_QUOTED_SIZE] = "";
    static const char *const methods[] = {"paretonbd", "bgnbd", "mbgnbd", "bgbb"};
    double std_error[TILL_CLV_PARAMETERS], lower, upper;
    if (part->name.bytes != NULL)
        till_error_quote(group, part->name.bytes, part->name.length);
    for (int i = 0; i < TILL_CLV_PARAMETERS; i++) {
        till_clv_interval(fit, i, &std_error[i], &lower, &upper);
        if (upper > 50 * lower)
            tool_warn(run, "%s%s%s is hardly known: anything from %.3g to %.3g fits these data", group,
                      group[0] == '\0' ? "" : ": ", till_clv_parameter_name(fit->model.method, i), lower, upper);
    }
    const double *p = fit->model.parameter;
    tool_note(run, "%s%s%s: %s %.6g (%.3g), %s %.6g (%.3g), %s %.6g (%.3g), %s %.6g (%.3g); log-likelihood %.10g",
              group, group[0] == '\0' ? "" : ": ", methods[settings->method],
              till_clv_parameter_name(fit->model.method, 0), p[0], std_error[0],
              till_clv_parameter_name(fit->model.method, 1), p[1], std_error[1],
              till_clv_parameter_name(fit->model.method, 2), p[2], std_error[2],
              till_clv_parameter_name(fit->model.method, 3), p[3], std_error[3], fit->log_likelihood);
}

static void tell_spend(struct tool_run *run, const struct clv_part *part) {
    const struct till_spend_fit *fit = &part->spend;
    size_t silent = 0;
    if (!part->gammagamma)
        return;
    for (size_t i = 0; i < part->count; i++)
        silent += part->repeats[i] > 0 && !(part->mean[i] > 0);
    if (silent > 0)
        tool_note(run, "%zu customers with repeats whose mean value is not positive are left out of the spend model",
                  silent);
    double error[TILL_SPEND_PARAMETERS], lower, upper;
    for (int i = 0; i < TILL_SPEND_PARAMETERS; i++)
        till_spend_interval(fit, i, &error[i], &lower, &upper);
    tool_note(run,
              "gammagamma: p %.6g (%.3g), q %.6g (%.3g), v %.6g (%.3g); log-likelihood %.10g; correlation of "
              "repeats and mean value %.3f",
              fit->model.parameter[0], error[0], fit->model.parameter[1], error[1], fit->model.parameter[2], error[2],
              fit->log_likelihood, fit->correlation);
    if (fabs(fit->correlation) > 0.3)
        tool_warn(run, "repeats and mean value are correlated (%.2f), which the gamma-gamma model takes not to be",
                  fit->correlation);
}

static void tell(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts, size_t count) {
    const struct clv_settings *settings = run->settings;
    size_t repeaters = 0;
    for (size_t i = 0; i < data->count; i++)
        repeaters += data->repeats[i] > 0;
    tool_figure(run, "customers", (double)data->count);
    tool_figure(run, "repeaters", (double)repeaters);
    for (size_t i = 0; i < count && settings->parameters == NULL; i++) {
        tell_part(run, &parts[i]);
        tell_spend(run, &parts[i]);
    }
    if (count == 1 && settings->parameters == NULL) {
        tool_figure(run, "log_likelihood", parts[0].fit.log_likelihood);
        if (parts[0].gammagamma)
            tool_figure(run, "correlation", parts[0].spend.correlation);
    }
}

/* ---- the run ---- */

/* Cells, models and forecasts of all groups. */
static enum till_status work_out(struct tool_run *run, struct clv_part *parts, size_t count, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_clv_horizon horizon;
    enum till_status status = clv_horizon(settings, &horizon, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        struct till_clv_history history = {parts[i].count, parts[i].repeats, parts[i].last, parts[i].age};
        status = till_clv_cells_new(&parts[i].cells, &history, error);
        if (status == TILL_OK && settings->parameters == NULL)
            status = clv_part_fit(run, &parts[i], error);
    }
    if (status == TILL_OK && settings->parameters != NULL)
        status = clv_parameters_read(settings->parameters, settings, parts, count, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status =
            till_clv_predict(&parts[i].forecast, &parts[i].fit.model, &parts[i].cells, &horizon, run->threads, error);
    return status;
}

/* All that is written. */
static enum till_status report(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                               size_t count, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    tell(run, data, parts, count);
    enum till_status status = TILL_OK;
    if (settings->parameters == NULL)
        status = clv_parameters_write(run, parts, count, error);
    if (status == TILL_OK && settings->validate != NULL)
        status = clv_validate(run, data, parts, run->as_of, error);
    if (status == TILL_OK && settings->matrix != NULL)
        status = clv_matrix(run, parts, count, error);
    if (status == TILL_OK)
        status = settings->equity ? clv_equity(run, data, parts, error) : write_customers(run, data, parts, error);
    return status;
}

static enum till_status lifetime_values(struct tool_run *run, struct till_error *error) {
    struct clv_settings *settings = run->settings;
    struct clv_data data = {0};
    struct clv_part *parts = NULL;
    enum till_status status = check_options(run, settings, error);
    if (status != TILL_OK)
        return status;
    if (settings->method == CLV_SBG)
        return clv_contract(run, error);
    status = settings->summary_input ? clv_read_summary(run, &data, error) : clv_read(run, &data, error);
    if (run->state_only) {
        clv_data_free(&data);
        return status;
    }
    if (status == TILL_OK && data.count == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "there are no customers to fit a model to");
    size_t count = data.group == NULL ? 1 : data.group_count;
    if (status == TILL_OK)
        status = clv_parts_new(&parts, &data, error);
    if (status == TILL_OK)
        status = work_out(run, parts, count, error);
    if (status == TILL_OK)
        status = report(run, &data, parts, count, error);
    clv_parts_free(parts, count);
    clv_data_free(&data);
    return status;
}

static const struct tool clv = {
    .name = "till-clv",
    .purpose = "transactions -> what each customer will still buy, and what that is worth: lifetime value",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS | TOOL_PURCHASES | TOOL_STATE,
    .options = options,
    .settings_size = sizeof(struct clv_settings),
    .run = lifetime_values,
};

int main(int argc, char **argv) {
    return tool_main(&clv, argc, argv);
}
