/* tools/picture_survival.c: Kaplan-Meier curves with their limits, and how many were still watched below them. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <till/dictionary.h>

enum { GROUPS_TOLD = 8 };

static const struct picture_column columns[] = {{.name = "group", .kind = TILL_FRAME_TEXT},
                                                {.name = "time", .kind = TILL_FRAME_NUMBER, .required_value = true},
                                                {.name = "at_risk", .kind = TILL_FRAME_NUMBER},
                                                {.name = "survival", .kind = TILL_FRAME_NUMBER, .required_value = true},
                                                {.name = "lower", .kind = TILL_FRAME_NUMBER},
                                                {.name = "upper", .kind = TILL_FRAME_NUMBER},
                                                {0}};
static const struct picture_form forms[] = {{.command = "till-survival", .columns = columns}, {0}};

/* The rows of one group, which stand together and in order of time. */
struct group {
    struct till_slice name;
    size_t from, to;
};

/* The groups in their order; the caller frees them. */
static struct group *find_groups(const struct picture *picture, size_t *count) {
    const struct till_slice *names = picture_text(picture, "group");
    struct group *groups = calloc(picture->table->rows + 1, sizeof *groups);
    *count = 0;
    for (size_t i = 0; groups != NULL && i < picture->table->rows; i++) {
        if (i == 0 || !till_slice_equal(names[i], names[i - 1]))
            groups[(*count)++] = (struct group){names[i], i, i};
        groups[*count - 1].to = i + 1;
    }
    return groups;
}

/* Steps as points: before and after each time at which the curve moves enough to be seen. */
static void put_steps(const struct picture *picture, struct script *script, const struct group *group, size_t at,
                      double last) {
    const double *time = picture_real(picture, "time"), *survival = picture_real(picture, "survival");
    const double *lower = picture_real(picture, "lower"), *upper = picture_real(picture, "upper");
    double before[3] = {1, 1, 1}, drawn = 0;
    script_add(script, "$g%zu << END\n0 1 1 1\n", at);
    for (size_t i = group->from; i < group->to; i++) {
        double now[3] = {survival[i], isnan(lower[i]) ? survival[i] : lower[i],
                         isnan(upper[i]) ? survival[i] : upper[i]};
        if (i + 1 < group->to && time[i] - drawn < last / 300 && fabs(now[0] - before[0]) < 0.004)
            continue;
        script_add(script, "%.6g %.6g %.6g %.6g\n%.6g %.6g %.6g %.6g\n", time[i], before[0], before[1], before[2],
                   time[i], now[0], now[1], now[2]);
        drawn = time[i];
        for (size_t j = 0; j < 3; j++)
            before[j] = now[j];
    }
    script_add(script, "END\n");
}

static void put_curves(const struct picture *picture, struct script *script, const struct group *groups, size_t count,
                       double last) {
    for (size_t i = 0; i < count; i++)
        put_steps(picture, script, &groups[i], i, last);
    script_add(script, "plot ");
    for (size_t i = 0; i < count && script->options->type != PICTURE_TERMINAL; i++)
        script_add(script,
                   "%s$g%zu using 1:3:4 with filledcurves fs transparent solid 0.15 noborder lc rgb '%s' notitle",
                   i == 0 ? "" : ", ", i, script_series_color(i));
    for (size_t i = 0; i < count; i++)
        script_add(script, "%s$g%zu using 1:2 with lines lw 2 dt %d lc rgb '%s' notitle",
                   i == 0 && script->options->type == PICTURE_TERMINAL ? "" : ", ", i, script_series_dash(i),
                   script_series_color(i));
    script_add(script, "\n");
}

/* How many of a group are watched at a time: as the first row at or behind it says. */
static void put_number(const struct picture *picture, struct script *script, const struct group *group, double time,
                       double x, double y) {
    const double *times = picture_real(picture, "time"), *at_risk = picture_real(picture, "at_risk");
    char number[SCRIPT_NUMBER];
    size_t i = group->from;
    while (i < group->to && times[i] < time)
        i++;
    if (i == group->to || isnan(at_risk[i]))
        return;
    struct script_place place = {.x = x, .y = y, .align = SCRIPT_CENTER, .size = SCRIPT_SMALL, .color = "#333333"};
    script_label(script, &place, till_slice_of(script_number(number, at_risk[i], true)));
}

/* The numbers at risk below the ticks, a line a group. */
static void put_numbers(const struct picture *picture, struct script *script, const struct group *groups, size_t count,
                        const struct script_axis *axis) {
    double top = script->bottom + 62;
    struct script_place title = {.x = 16, .y = top - 18, .size = SCRIPT_SMALL, .color = "#444444"};
    script_label(script, &title, till_slice_of(picture_word(&picture->options, "still watched (at risk)")));
    for (size_t i = 0; i < count && i < GROUPS_TOLD; i++) {
        double y = top + 17 * (double)i;
        struct script_place name = {
            .x = 16, .y = y, .size = SCRIPT_SMALL, .color = "#333333", .width = script->left - 46};
        script_label(script, &name,
                     groups[i].name.length == 0 ? till_slice_of(picture_word(&picture->options, "all"))
                                                : groups[i].name);
        for (size_t tick = 0; tick < script_axis_ticks(axis); tick++) {
            double time = axis->low + (double)tick * axis->step;
            double along = (time - axis->low) / (axis->high - axis->low);
            put_number(picture, script, &groups[i], time, script->left + along * (script->right - script->left), y);
        }
    }
}

static enum till_status script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    const double *time = picture_real(picture, "time");
    size_t count;
    struct group *groups = find_groups(picture, &count);
    struct till_text title = {0};
    const char *const values[] = {options->unit};
    double last = 0, names = 60;
    bool good = groups != NULL;
    good = good && (options->unit == NULL ? till_text_append_string(&title, picture_word(options, "time"))
                                          : script_sentence(&title, options, "time (#1)", values));
    const char *x_title = good ? till_text_string(&title) : NULL;
    if (x_title == NULL) {
        free(groups);
        till_text_free(&title);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < picture->table->rows; i++)
        last = fmax(last, time[i]);
    for (size_t i = 0; i < count && i < GROUPS_TOLD; i++)
        names = fmax(names, fmin(150, script_text_width(groups[i].name, SCRIPT_SMALL) + 46));
    struct script_axis x = script_axis_for(0, last, 8, false), y = script_axis_for(0, 1, 5, false);
    y.percent = true;
    double below = 78 + 17 * (double)(count < GROUPS_TOLD ? count : GROUPS_TOLD);
    script_area(script, names, 92, script->width - (count > 1 ? 170 : 36), script->height - below);
    script_axis(script, 'x', &x, false);
    script_axis(script, 'y', &y, true);
    struct script_place place = {.x = (script->left + script->right) / 2,
                                 .y = script->bottom + 32,
                                 .align = SCRIPT_CENTER,
                                 .size = SCRIPT_PLAIN,
                                 .color = "#444444"};
    script_label(script, &place, till_slice_of(x_title));
    script_axis_titles(script, NULL, picture_word(options, "still there (% of the customers)"));
    for (size_t i = 0; i < count && count > 1 && i < 16; i++)
        script_legend(script, script->right + 14, script->top + 8 + 20 * (double)i, i, true, groups[i].name, 150);
    put_numbers(picture, script, groups, count, &x);
    put_curves(picture, script, groups, count, last > 0 ? last : 1);
    free(groups);
    till_text_free(&title);
    return TILL_OK;
}

static bool say(const struct picture *picture, struct till_text *text) {
    const char *const none[] = {NULL};
    return script_sentence(text, &picture->options, "Shaded: the limits of the estimate", none);
}

const struct picture_kind picture_survival = {
    .name = "survival",
    .shows = "how long customers stay: Kaplan-Meier curves with limits and numbers at risk",
    .title = "How long customers stay",
    .forms = forms,
    .width = 800,
    .height = 540,
    .takes = PICTURE_UNIT,
    .tidy = picture_copy,
    .script = script,
    .say = say,
};
