/* till-survival: the Kaplan-Meier curve of each group, the log-rank test between them, and a row of summary for each.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/tails.h>

#include "survival.h"

/* Numbers the groups in byte order of their names. */
static enum till_status number_groups(struct survival_work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const struct till_frame_column *column = work->settings->group != NULL ? &frame->columns[SURVIVAL_TERMS] : NULL;
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
static enum till_status estimate(struct survival_work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const double *time = frame->columns[SURVIVAL_TIME].numbers, *event = frame->columns[SURVIVAL_EVENT].numbers;
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
static enum till_status compare(struct survival_work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    const double *time = frame->columns[SURVIVAL_TIME].numbers, *event = frame->columns[SURVIVAL_EVENT].numbers;
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

static void write_survival(const struct survival_work *work, const struct till_survival_point *point,
                           struct till_writer *writer) {
    double lower, upper;
    till_survival_limits(point, (enum till_survival_interval)work->settings->interval, work->z, &lower, &upper);
    till_writer_real(writer, point->survival);
    till_writer_real(writer, point->survival > 0 ? point->survival * sqrt(point->greenwood) : NAN);
    till_writer_real(writer, lower);
    till_writer_real(writer, upper);
}

/* Limits are symmetric on the scale of the logarithm, where a hazard cannot fall below zero. */
static void write_hazard(const struct survival_work *work, const struct till_survival_point *point,
                         struct till_writer *writer) {
    double error = sqrt(point->hazard_variance);
    till_writer_real(writer, point->hazard);
    till_writer_real(writer, error);
    till_writer_real(writer, point->hazard * exp(-work->z * error / point->hazard));
    till_writer_real(writer, point->hazard * exp(work->z * error / point->hazard));
}

static enum till_status write_curves(struct survival_work *work, struct till_error *error) {
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

static double horizon(const struct survival_work *work) {
    double least = INFINITY;
    if (work->settings->horizon >= 0)
        return work->settings->horizon;
    for (size_t g = 0; g < work->groups; g++)
        if (work->curves[g]->count > 0)
            least = fmin(least, last_time(work->curves[g]));
    return least;
}

/* A mean up to where nobody was watched any more would be a guess. */
static double restricted_mean(const struct survival_work *work, size_t group, double *std_error) {
    const struct till_survival_curve *curve = work->curves[group];
    double to = horizon(work);
    *std_error = NAN;
    if (curve->count == 0 || to < curve->start ||
        (to > last_time(curve) && curve->points[curve->count - 1].survival > 0))
        return NAN;
    return till_survival_mean(curve, to, std_error);
}

static void summarise(const struct survival_work *work, size_t group, struct till_writer *writer) {
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

static enum till_status write_summary(struct survival_work *work, struct till_error *error) {
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
static void tell_curves(struct survival_work *work) {
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

enum till_status survival_curves(struct survival_work *work, struct till_error *error) {
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
