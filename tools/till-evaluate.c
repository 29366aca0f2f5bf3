/* till-evaluate: rows with a known answer and a probability -> how good the probabilities are. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/calibration.h>
#include <till/classifier.h>
#include <till/frame.h>
#include <till/metrics.h>

struct settings {
    const char *target;
    const char *positive;
    const char *probability;
    int curve;
    int calibrate;
    const char *model;
    const char *model_out;
    bool profit;
    double value;
    double offer;
    double contact;
    double accept;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "target",
     .kind = OPTION_TEXT,
     .offset = AT(target),
     .argument = "COL",
     .initial = "churned",
     .help = "The column of the answer."},
    {.name = "positive",
     .kind = OPTION_TEXT,
     .offset = AT(positive),
     .argument = "VALUE",
     .initial = "1",
     .help = "The value of the target that the probability is about; all others are its opposite."},
    {.name = "probability",
     .kind = OPTION_TEXT,
     .offset = AT(probability),
     .argument = "COL",
     .initial = "probability",
     .help = "The column of the probability, from 0 to 1."},
    {.name = "curve",
     .kind = OPTION_CHOICE,
     .offset = AT(curve),
     .argument = "KIND",
     .initial = "none",
     .choices = "none|roc|gains|calibration|profit",
     .help = "Write a curve instead of the metrics; profit: what asking customers brings, at every threshold."},
    {.name = "calibrate",
     .kind = OPTION_CHOICE,
     .offset = AT(calibrate),
     .argument = "HOW",
     .initial = "none",
     .choices = "none|platt|isotonic",
     .help = "Calibrate the probabilities on these rows first, and say how good they are then."},
    {.name = "model",
     .kind = OPTION_FILE,
     .offset = AT(model),
     .argument = "FILE",
     .help = "With --calibrate: the model that gave the probabilities. It must not be calibrated yet."},
    {.name = "model-out",
     .kind = OPTION_FILE,
     .offset = AT(model_out),
     .argument = "FILE",
     .help = "Write that model there with the calibration in it, so that till-predict gives calibrated probabilities."},
    {.name = "profit",
     .kind = OPTION_FLAG,
     .offset = AT(profit),
     .help = "Write the threshold from which on an offer pays instead, with --value, --offer, --contact and --accept."},
    {.name = "value",
     .kind = OPTION_REAL,
     .offset = AT(value),
     .argument = "V",
     .initial = "200",
     .minimum = 0,
     .maximum = 1e12,
     .help = "What a customer who stays is worth."},
    {.name = "offer",
     .kind = OPTION_REAL,
     .offset = AT(offer),
     .argument = "V",
     .initial = "10",
     .minimum = 0,
     .maximum = 1e12,
     .help = "What the offer costs with a customer who takes it."},
    {.name = "contact",
     .kind = OPTION_REAL,
     .offset = AT(contact),
     .argument = "V",
     .initial = "1",
     .minimum = 0,
     .maximum = 1e12,
     .help = "What it costs to ask a customer."},
    {.name = "accept",
     .kind = OPTION_REAL,
     .offset = AT(accept),
     .argument = "P",
     .initial = "0.3",
     .minimum = 0,
     .maximum = 1,
     .help = "The share of those about to leave whom the offer keeps."},
    {0}};

enum { TARGET, PROBABILITY, COLUMNS };
enum { CURVE_PROFIT = 4 }; /* behind those of enum till_metrics_curve */
enum { CALIBRATE_NONE, CALIBRATE_PLATT, CALIBRATE_ISOTONIC };

/* What is asked for has to be there: "Yes" where --positive is 1 makes each row a negative. */
static enum till_status check_rows(const struct settings *settings, const struct till_frame *frame,
                                   struct till_error *error) {
    char text[TILL_QUOTED_SIZE];
    double positives = 0;
    for (size_t row = 0; row < frame->rows; row++) {
        double probability = frame->columns[PROBABILITY].numbers[row];
        positives += frame->columns[TARGET].numbers[row];
        if (probability > 1)
            return till_error_set(error, TILL_ERROR_DATA, "row %zu: the probability %.10g is above 1", row + 1,
                                  probability);
    }
    if (frame->rows == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "there are no rows to judge probabilities by");
    if (positives > 0)
        return TILL_OK;
    return till_error_set(error, TILL_ERROR_MODEL, "%s is never %s (--positive names the value that is meant)",
                          settings->target, till_error_quote(text, settings->positive, strlen(settings->positive)));
}

static enum till_status read_frame(struct tool_run *run, struct till_frame **frame, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_input *input;
    struct till_frame_wish wishes[COLUMNS] = {
        [TARGET] = {.kind = TILL_FRAME_FLAG, .role = "target", .positive = settings->positive},
        [PROBABILITY] = {.kind = TILL_FRAME_NUMBER, .role = "probability", .not_negative = true}};
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = till_schema_column(till_input_schema(input), settings->target, &wishes[TARGET].column, error);
    if (status == TILL_OK)
        status =
            till_schema_column(till_input_schema(input), settings->probability, &wishes[PROBABILITY].column, error);
    if (status == TILL_OK)
        status = till_frame_plan(frame, till_input_schema(input), wishes, COLUMNS, error);
    if (status == TILL_OK)
        status = till_frame_read(*frame, input, &run->number, NULL, run->threads, error);
    if (status == TILL_OK)
        status = check_rows(settings, *frame, error);
    return status;
}

static enum till_status check_options(const struct settings *settings, struct till_error *error) {
    if (settings->profit && settings->curve != 0)
        return tool_usage(error, "--profit", "one table at a time: --profit or --curve");
    if ((settings->model != NULL || settings->model_out != NULL) && settings->calibrate == CALIBRATE_NONE)
        return tool_usage(error, settings->model != NULL ? "--model" : "--model-out", "this needs --calibrate");
    if ((settings->model == NULL) != (settings->model_out == NULL))
        return tool_usage(error, settings->model != NULL ? "--model" : "--model-out",
                          "a calibration is kept in a copy of a model: give --model and --model-out");
    return TILL_OK;
}

/* Keeps the calibration in a copy of the model; *calibration is given away. */
static enum till_status keep(struct tool_run *run, struct till_calibration **calibration, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_classifier *model;
    struct till_sink sink;
    enum till_status status = till_classifier_load(&model, settings->model, error);
    if (status != TILL_OK)
        return status;
    if (model->calibration != NULL) {
        till_classifier_free(model);
        return tool_usage(error, "--model", "this model is calibrated already: take it as till-train wrote it");
    }
    model->calibration = *calibration;
    *calibration = NULL;
    status = tool_open_file(run, settings->model_out, &sink, error);
    if (status == TILL_OK)
        status = till_classifier_save(sink, model, error);
    till_classifier_free(model);
    return status;
}

static size_t count_steps(const struct till_calibration *calibration) {
    size_t steps = 0;
    for (size_t i = 0; i < calibration->count; i++)
        steps += i == 0 || calibration->to[i] != calibration->to[i - 1];
    return steps;
}

static enum till_status calibrate(struct tool_run *run, struct till_frame *frame, struct till_error *error) {
    const struct settings *settings = run->settings;
    double *probability = frame->columns[PROBABILITY].numbers;
    struct till_calibration *calibration;
    if (settings->calibrate == CALIBRATE_NONE)
        return TILL_OK;
    enum till_status status = till_calibration_fit(
        &calibration, settings->calibrate == CALIBRATE_PLATT ? TILL_CALIBRATION_PLATT : TILL_CALIBRATION_ISOTONIC,
        frame->columns[TARGET].numbers, probability, frame->rows, error);
    if (status != TILL_OK)
        return status;
    for (size_t row = 0; row < frame->rows; row++)
        probability[row] = till_calibration_apply(calibration, probability[row]);
    if (settings->calibrate == CALIBRATE_PLATT) {
        tool_figure(run, "platt_a", calibration->a);
        tool_figure(run, "platt_b", calibration->b);
    } else {
        tool_figure(run, "isotonic_blocks", (double)count_steps(calibration));
    }
    if (settings->model_out != NULL)
        status = keep(run, &calibration, error);
    till_calibration_free(calibration);
    return status;
}

/* A table of names and numbers, which are figures as well. */
static enum till_status write_figures(struct tool_run *run, const char *const *names, const double *values,
                                      size_t count, struct till_error *error) {
    struct till_table *table = till_table_new(count);
    if (table == NULL)
        return till_error_memory(error);
    struct till_slice *metric = till_table_add(table, "metric", TILL_TEXT);
    double *value = till_table_add(table, "value", TILL_REAL);
    enum till_status status = metric == NULL || value == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        metric[i] = till_slice_of(names[i]);
        value[i] = values[i];
        tool_figure(run, names[i], values[i]);
    }
    if (status == TILL_OK)
        status = tool_write_table(run, NULL, table, error);
    till_table_free(table);
    return status;
}

static enum till_status write_metrics(struct tool_run *run, const struct till_frame *frame, struct till_error *error) {
    const char *names[TILL_METRICS_FIGURES];
    double values[TILL_METRICS_FIGURES];
    struct till_metrics m;
    enum till_status status = till_metrics_compute(&m, frame->columns[TARGET].numbers,
                                                   frame->columns[PROBABILITY].numbers, frame->rows, error);
    if (status != TILL_OK)
        return status;
    for (size_t i = 0; i < TILL_METRICS_FIGURES; i++) {
        names[i] = till_metrics_name(i);
        values[i] = till_metrics_figure(&m, i);
    }
    tool_figure(run, "rows", (double)m.rows);
    tool_figure(run, "positives", (double)m.positives);
    return write_figures(run, names, values, TILL_METRICS_FIGURES, error);
}

static struct till_metrics_offer offer_of(const struct settings *settings) {
    return (struct till_metrics_offer){settings->value, settings->offer, settings->contact, settings->accept};
}

static enum till_status write_profit(struct tool_run *run, const struct till_frame *frame, struct till_error *error) {
    static const char *const names[] = {"threshold", "asked", "asked_share", "profit", "profit_by_customer"};
    const struct settings *settings = run->settings;
    struct till_metrics_offer offer = offer_of(settings);
    struct till_metrics_profit best;
    enum till_status status = till_metrics_best_profit(&best, &offer, frame->columns[TARGET].numbers,
                                                       frame->columns[PROBABILITY].numbers, frame->rows, error);
    if (status != TILL_OK)
        return status;
    if (best.asked == 0)
        tool_note(run, "no offer pays: asking nobody is best");
    double rows = (double)frame->rows;
    const double values[] = {best.threshold, (double)best.asked, (double)best.asked / rows, best.profit * rows,
                             best.profit};
    return write_figures(run, names, values, sizeof values / sizeof *values, error);
}

static enum till_status write_curve(struct tool_run *run, const struct till_frame *frame, struct till_error *error) {
    static const enum till_metrics_curve curves[] = {TILL_METRICS_ROC, TILL_METRICS_ROC, TILL_METRICS_GAINS,
                                                     TILL_METRICS_CALIBRATION};
    const struct settings *settings = run->settings;
    const double *target = frame->columns[TARGET].numbers, *probability = frame->columns[PROBABILITY].numbers;
    struct till_metrics_offer offer = offer_of(settings);
    struct till_table *table;
    enum till_status status =
        settings->curve == CURVE_PROFIT
            ? till_metrics_profit_table(&table, &offer, target, probability, frame->rows, error)
            : till_metrics_table(&table, curves[settings->curve], target, probability, frame->rows, error);
    if (status == TILL_OK)
        status = tool_write_table(run, NULL, table, error);
    till_table_free(table);
    return status;
}

static enum till_status run_evaluate(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_frame *frame = NULL;
    enum till_status status = check_options(settings, error);
    if (status == TILL_OK)
        status = read_frame(run, &frame, error);
    if (status == TILL_OK)
        status = calibrate(run, frame, error);
    if (status == TILL_OK && settings->profit)
        status = write_profit(run, frame, error);
    else if (status == TILL_OK)
        status = settings->curve != 0 ? write_curve(run, frame, error) : write_metrics(run, frame, error);
    till_frame_free(frame);
    return status;
}

static const struct tool evaluate = {
    .name = "till-evaluate",
    .purpose = "how good probabilities are: ranking, calibration, and what acting on them earns",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_evaluate,
};

int main(int argc, char **argv) {
    return tool_main(&evaluate, argc, argv);
}
