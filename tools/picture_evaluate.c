/* tools/picture_evaluate.c: how good probabilities are: gains, ROC, calibration, profit. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A line through points of shares, over a thin one from corner to corner that stands for knowing nothing. */
static void put_curve(struct script *script, const struct script_axis *x, const struct script_axis *y,
                      const char *x_title, const char *y_title) {
    script_chart(script, x, y, x_title, y_title, 0);
    script_add(script, "set arrow from 0,0 to 1,1 nohead lc rgb '#888888' lw 1 dt 2 back\n");
}

static struct script_axis share_axis(void) {
    struct script_axis axis = script_axis_for(0, 1, 8, false);
    axis.percent = true;
    return axis;
}

/* --- ROC --- */

static const struct picture_column roc_columns[] = {
    {.name = "false_positive_rate", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "true_positive_rate", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {0}};
static const struct picture_form roc_forms[] = {{.command = "till-evaluate --curve=roc", .columns = roc_columns}, {0}};

/* A million thresholds make the same line as those at which it visibly moves. */
static enum till_status roc_script(struct picture *picture, struct script *script, struct till_error *error) {
    const double *x = picture_real(picture, "false_positive_rate"), *y = picture_real(picture, "true_positive_rate");
    struct script_axis axis = share_axis();
    size_t rows = picture->table->rows;
    double last_x = -1, last_y = -1;
    (void)error;
    put_curve(script, &axis, &axis, picture_word(&picture->options, "false positive rate (% of the negatives)"),
              picture_word(&picture->options, "true positive rate (% of the positives)"));
    script_add(script, "$roc << END\n");
    for (size_t i = 0; i < rows; i++) {
        if (i > 0 && i + 1 < rows && fabs(x[i] - last_x) < 0.002 && fabs(y[i] - last_y) < 0.002)
            continue;
        script_add(script, "%.6g %.6g\n", x[i], y[i]);
        last_x = x[i];
        last_y = y[i];
    }
    script_add(script, "END\nplot $roc using 1:2 with lines lw 2.5 lc rgb '%s' notitle\n", script_series_color(0));
    return TILL_OK;
}

/* The area below the curve, by trapezes. */
static bool roc_say(const struct picture *picture, struct till_text *text) {
    const double *x = picture_real(picture, "false_positive_rate"), *y = picture_real(picture, "true_positive_rate");
    char number[SCRIPT_NUMBER];
    double area = 0;
    for (size_t i = 1; i < picture->table->rows; i++)
        area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    snprintf(number, sizeof number, "%.3f", area);
    const char *const values[] = {number};
    return script_sentence(text, &picture->options, "Area under the curve: #1 (0.5: knows nothing, 1: knows all)",
                           values);
}

const struct picture_kind picture_roc = {
    .name = "roc",
    .shows = "the ROC curve of a classifier",
    .title = "How well the probabilities tell them apart (ROC)",
    .forms = roc_forms,
    .width = 560,
    .height = 540,
    .tidy = picture_copy,
    .script = roc_script,
    .say = roc_say,
};

/* --- Gains --- */

static const struct picture_column gains_columns[] = {
    {.name = "decile", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "rows", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "cumulative_lift", .kind = TILL_FRAME_NUMBER},
    {.name = "cumulative_capture", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_form gains_forms[] = {{.command = "till-evaluate --curve=gains", .columns = gains_columns},
                                                  {0}};

static enum till_status gains_script(struct picture *picture, struct script *script, struct till_error *error) {
    const double *rows = picture_real(picture, "rows"), *capture = picture_real(picture, "cumulative_capture");
    struct script_axis axis = share_axis();
    double all = 0, asked = 0;
    (void)error;
    for (size_t i = 0; i < picture->table->rows; i++)
        all += rows[i];
    put_curve(script, &axis, &axis, picture_word(&picture->options, "customers asked, the likeliest first (% of all)"),
              picture_word(&picture->options, "positives reached (% of all)"));
    script_add(script, "$gains << END\n0 0\n");
    for (size_t i = 0; i < picture->table->rows; i++) {
        asked += rows[i];
        if (!isnan(capture[i]))
            script_add(script, "%.10g %.10g\n", asked / all, capture[i]);
    }
    script_add(script, "END\nplot $gains using 1:2 with linespoints lw 2.5 pt 7 ps 0.7 lc rgb '%s' notitle\n",
               script_series_color(0));
    return TILL_OK;
}

static bool gains_say(const struct picture *picture, struct till_text *text) {
    char percent[SCRIPT_NUMBER], lift[SCRIPT_NUMBER];
    const double *decile = picture_real(picture, "decile");
    for (size_t i = 0; i < picture->table->rows; i++)
        if (decile[i] == 2 && !isnan(picture_real(picture, "cumulative_capture")[i])) {
            script_percent(percent, picture_real(picture, "cumulative_capture")[i]);
            snprintf(lift, sizeof lift, "%.2g", picture_real(picture, "cumulative_lift")[i]);
            const char *const values[] = {percent, lift};
            return script_sentence(text, &picture->options,
                                   "The likeliest 20% hold #1 of the positives: #2 times as many as by chance", values);
        }
    return true;
}

const struct picture_kind picture_gains = {
    .name = "gains",
    .shows = "gains: how many of the positives are reached by asking the likeliest",
    .title = "What asking the likeliest reaches",
    .forms = gains_forms,
    .width = 620,
    .height = 520,
    .tidy = picture_copy,
    .script = gains_script,
    .say = gains_say,
};

/* --- Calibration --- */

static const struct picture_column calibration_columns[] = {{.name = "bin", .kind = TILL_FRAME_NUMBER},
                                                            {.name = "rows", .kind = TILL_FRAME_NUMBER},
                                                            {.name = "mean_probability", .kind = TILL_FRAME_NUMBER},
                                                            {.name = "rate", .kind = TILL_FRAME_NUMBER},
                                                            {.name = "lower", .kind = TILL_FRAME_NUMBER},
                                                            {.name = "upper", .kind = TILL_FRAME_NUMBER},
                                                            {0}};
static const struct picture_form calibration_forms[] = {
    {.command = "till-evaluate --curve=calibration", .columns = calibration_columns}, {0}};

static enum till_status calibration_script(struct picture *picture, struct script *script, struct till_error *error) {
    const double *columns[] = {picture_real(picture, "mean_probability"), picture_real(picture, "rate"),
                               picture_real(picture, "lower"), picture_real(picture, "upper")};
    double high = 0;
    (void)error;
    for (size_t i = 0; i < picture->table->rows; i++)
        high = fmax(fmax(high, columns[0][i]), fmax(columns[1][i], columns[3][i]));
    struct script_axis axis = script_axis_for(0, fmin(fmax(high, 0.01), 1), 8, false);
    axis.percent = true;
    script_chart(script, &axis, &axis, picture_word(&picture->options, "probability said (mean of a bin, %)"),
                 picture_word(&picture->options, "share of positives (%)"), 0);
    script_add(script, "set arrow from 0,0 to %.10g,%.10g nohead lc rgb '#888888' lw 1 dt 2 back\n", axis.high,
               axis.high);
    script_block(script, "bins", picture->table->rows, columns, 4);
    script_add(script,
               "plot $bins using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.4 lc rgb '%s' notitle, $bins using 1:2 with "
               "lines lw 1.4 lc rgb '%s' notitle\n",
               script_series_color(0), script_series_color(0));
    return TILL_OK;
}

static bool calibration_say(const struct picture *picture, struct till_text *text) {
    const char *const none[] = {NULL};
    return script_sentence(text, &picture->options, "Probabilities that mean what they say lie on the dashed line",
                           none);
}

const struct picture_kind picture_calibration = {
    .name = "calibration",
    .shows = "whether a classifier's probabilities mean what they say",
    .title = "What was said, and what came",
    .forms = calibration_forms,
    .width = 560,
    .height = 540,
    .tidy = picture_copy,
    .script = calibration_script,
    .say = calibration_say,
};

/* --- Profit --- */

static const struct picture_column profit_columns[] = {
    {.name = "threshold", .kind = TILL_FRAME_NUMBER},
    {.name = "asked", .kind = TILL_FRAME_NUMBER},
    {.name = "asked_share", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "profit", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {0}};
static const struct picture_form profit_forms[] = {
    {.command = "till-evaluate --curve=profit", .columns = profit_columns}, {0}};

static size_t best_row(const struct picture *picture) {
    const double *profit = picture_real(picture, "profit");
    size_t best = 0;
    for (size_t i = 1; i < picture->table->rows; i++)
        if (profit[i] > profit[best])
            best = i;
    return best;
}

static enum till_status profit_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    const double *share = picture_real(picture, "asked_share"), *profit = picture_real(picture, "profit");
    size_t rows = picture->table->rows, best = best_row(picture);
    double low = 0, high = 0, last = -1, before = 0;
    (void)error;
    for (size_t i = 0; i < rows; i++) {
        low = fmin(low, profit[i]);
        high = fmax(high, profit[i]);
    }
    struct script_axis x = share_axis(), y = script_axis_for(low, high, 8, false);
    script_chart(script, &x, &y, picture_word(options, "customers asked, the likeliest first (% of all)"),
                 options->currency != NULL ? options->currency : picture_word(options, "profit (money)"), 0);
    script_add(script, "$profit << END\n");
    for (size_t i = 0; i < rows; i++) {
        if (i > 0 && i + 1 < rows && i != best && share[i] - last < 0.002 &&
            fabs(profit[i] - before) < (high - low) / 500)
            continue;
        script_add(script, "%.8g %.8g\n", share[i], profit[i]);
        last = share[i];
        before = profit[i];
    }
    script_add(script,
               "END\nset arrow from graph 0,first 0 to graph 1,first 0 nohead lc rgb '#888888' lw 1 back\n"
               "set arrow from %.8g,graph 0 to %.8g,graph 1 nohead lc rgb '%s' lw 1.5 dt 2 front\n"
               "plot $profit using 1:2 with lines lw 2.5 lc rgb '%s' notitle\n",
               share[best], share[best], script_series_color(1), script_series_color(0));
    return TILL_OK;
}

static bool profit_say(const struct picture *picture, struct till_text *text) {
    size_t best = best_row(picture);
    char percent[SCRIPT_NUMBER], money[SCRIPT_NUMBER], threshold[SCRIPT_NUMBER];
    const char *const values[] = {script_percent(percent, picture_real(picture, "asked_share")[best]),
                                  script_number(money, round(picture_real(picture, "profit")[best]), false), threshold};
    if (isnan(picture_real(picture, "threshold")[best]))
        return script_sentence(text, &picture->options, "No offer pays: asking nobody is best", values);
    snprintf(threshold, sizeof threshold, "%.3g", picture_real(picture, "threshold")[best]);
    return script_sentence(text, &picture->options,
                           "Best: ask #1 of the customers, those of a probability from #3 on; it brings #2", values);
}

const struct picture_kind picture_profit = {
    .name = "profit",
    .shows = "what asking the likeliest customers brings",
    .title = "What asking brings",
    .forms = profit_forms,
    .width = 680,
    .height = 480,
    .takes = PICTURE_CURRENCY,
    .tidy = picture_copy,
    .script = profit_script,
    .say = profit_say,
};
