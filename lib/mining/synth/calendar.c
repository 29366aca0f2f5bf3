/* The calendar: seasons and closed days without harm to the purchase process.
 *
 * A Poisson process stays one when time is bent (Cinlar 1975, "Introduction to Stochastic Processes", section 4.7). So
 * customers live in business time, where the models hold as they are, and only the dates that are written run faster in
 * busy seasons. The weights are scaled to a mean of 1 over the days drawn, so both times begin and end together. */
#include <stdlib.h>

#include <till/date.h>

#include "synth.h"

/* How busy the day is. 1970-01-01 was a Thursday. */
static double weight_of(const struct till_synth_options *options, int32_t day) {
    int year, month, day_of_month;
    till_date_to_civil(day, &year, &month, &day_of_month);
    int weekday = (int)(((day + 3) % 7 + 7) % 7);
    return options->weekdays[weekday] * options->months[month - 1];
}

static bool all_alike(const double *weights, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (weights[i] != weights[0])
            return false;
    return weights[0] > 0;
}

enum till_status calendar_make(struct calendar *calendar, const struct till_synth_options *options,
                               struct till_error *error) {
    calendar->days = options->days;
    if (all_alike(options->weekdays, 7) && all_alike(options->months, 12))
        return TILL_OK;
    double *passed = malloc((options->days + 1) * sizeof *passed);
    if (passed == NULL)
        return till_error_memory(error);
    passed[0] = 0;
    for (uint32_t i = 0; i < options->days; i++)
        passed[i + 1] = passed[i] + weight_of(options, options->start + (int32_t)i);
    double total = passed[options->days];
    if (!(total > 0)) {
        free(passed);
        enum till_status status = till_error_set(error, TILL_ERROR_USAGE, "no day of the period is open");
        till_error_at(error, NULL, 0, 0, "weekdays");
        return status;
    }
    for (uint32_t i = 0; i <= options->days; i++)
        passed[i] = passed[i] / total * options->days;
    calendar->passed = passed;
    return TILL_OK;
}

double calendar_day(const struct calendar *calendar, double business) {
    if (calendar->passed == NULL || business >= calendar->days)
        return business;
    /* The last day that begins at or before `business`; a closed day takes no time and is therefore never it. */
    uint32_t low = 0, high = calendar->days;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->passed[middle] <= business)
            low = middle;
        else
            high = middle;
    }
    double length = calendar->passed[low + 1] - calendar->passed[low];
    double fraction = length > 0 ? (business - calendar->passed[low]) / length : 0;
    /* Rounding must not carry into the next day, which may be closed. */
    return low + (fraction < 0.999999 ? fraction : 0.999999);
}
