/* tools/picture_clv.c: lifetime value: who is still alive, what they will buy, and whether the model was right. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Matrices --- */

enum { REPEATS, T_X, AGE, FIGURE };

static const struct picture_column alive_columns[] = {
    {.name = "repeats", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "t_x", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "age", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "p_alive", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_column purchases_columns[] = {
    {.name = "repeats", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "t_x", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "age", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "expected_purchases", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_form alive_forms[] = {{.command = "till-clv --matrix", .columns = alive_columns}, {0}};
static const struct picture_form purchases_forms[] = {{.command = "till-clv --matrix", .columns = purchases_columns},
                                                      {0}};

static int by_number(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The different values of a column in order; the caller frees them. */
static double *distinct(const double *values, size_t rows, size_t *count) {
    double *sorted = calloc(rows + 1, sizeof *sorted);
    *count = 0;
    if (sorted == NULL)
        return NULL;
    memcpy(sorted, values, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, by_number);
    for (size_t i = 0; i < rows; i++)
        if (*count == 0 || sorted[i] != sorted[*count - 1])
            sorted[(*count)++] = sorted[i];
    return sorted;
}

static size_t place_of(double value, const double *values, size_t count) {
    const double *found = bsearch(&value, values, count, sizeof *values, by_number);
    return (size_t)(found - values);
}

static bool name_numbers(struct picture *picture, struct till_slice *names, const double *values, size_t count,
                         bool down) {
    for (size_t i = 0; i < count; i++) {
        char text[SCRIPT_NUMBER];
        snprintf(text, sizeof text, "%.4g", values[i]);
        struct till_slice *name = &names[down ? count - 1 - i : i];
        *name = script_keep(picture, text);
        if (name->bytes == NULL)
            return false;
    }
    return true;
}

/* Repeats to the right, the last purchase upwards. */
static bool fill(struct picture *picture, struct script_heat *heat, const double *repeats, const double *last) {
    const double *x = picture_real(picture, "repeats"), *y = picture_real(picture, "t_x");
    const double *values = picture->table->columns[picture->table->column_count - 1].values.real;
    for (size_t i = 0; i < picture->table->rows; i++) {
        char text[SCRIPT_NUMBER];
        size_t row = heat->rows - 1 - place_of(y[i], last, heat->rows);
        size_t cell = row * heat->columns + place_of(x[i], repeats, heat->columns);
        heat->values[cell] = values[i];
        heat->scale.high = isnan(values[i]) ? heat->scale.high : fmax(heat->scale.high, values[i]);
        heat->texts[cell] = script_keep(picture, heat->scale.percent ? script_percent(text, values[i])
                                                                     : script_number(text, values[i], true));
        if (heat->texts[cell].bytes == NULL)
            return false;
    }
    return name_numbers(picture, heat->column_names, repeats, heat->columns, false) &&
           name_numbers(picture, heat->row_names, last, heat->rows, true);
}

static enum till_status matrix(struct picture *picture, struct script *script, bool alive, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    struct script_heat heat = {0};
    size_t columns, rows;
    double *repeats = distinct(picture_real(picture, "repeats"), picture->table->rows, &columns);
    double *last = distinct(picture_real(picture, "t_x"), picture->table->rows, &rows);
    struct till_text title = {0};
    const char *const values[] = {options->unit != NULL ? options->unit : picture_word(options, "weeks")};
    enum till_status status = TILL_OK;
    if (repeats == NULL || last == NULL ||
        !script_sentence(&title, options, "from the first to the last purchase (#1)", values))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = script_heat_new(&heat, rows, columns, error);
    heat.scale.percent = alive;
    if (status == TILL_OK && !fill(picture, &heat, repeats, last))
        status = till_error_memory(error);
    heat.y_title = status == TILL_OK ? till_text_string(&title) : NULL;
    if (status == TILL_OK && heat.y_title == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK) {
        heat.scale.high = alive ? 1 : heat.scale.high;
        heat.x_title = picture_word(options, "repeat purchases");
        heat.scale.title = picture_word(options, alive ? "P(alive)" : "purchases");
        script_heat(script, &heat);
    }
    script_heat_free(&heat);
    till_text_free(&title);
    free(repeats);
    free(last);
    return status;
}

static enum till_status alive_script(struct picture *picture, struct script *script, struct till_error *error) {
    return matrix(picture, script, true, error);
}

static enum till_status purchases_script(struct picture *picture, struct script *script, struct till_error *error) {
    return matrix(picture, script, false, error);
}

/* The age that all cells are of, where the table tells one. */
static bool matrix_say(const struct picture *picture, struct till_text *text) {
    const double *age = picture_real(picture, "age");
    const struct picture_options *options = &picture->options;
    char number[SCRIPT_NUMBER];
    for (size_t i = 0; age != NULL && i < picture->table->rows; i++)
        if (isnan(age[i]) || age[i] != age[0])
            return true;
    if (age == NULL)
        return true;
    snprintf(number, sizeof number, "%.4g", age[0]);
    const char *const values[] = {number, options->unit != NULL ? options->unit : picture_word(options, "weeks")};
    return script_sentence(text, options, "Customers who bought for the first time #1 #2 ago", values);
}

const struct picture_kind picture_alive = {
    .name = "alive",
    .shows = "who is still a customer: P(alive) by repeat purchases and time of the last one",
    .title = "Who is still a customer",
    .forms = alive_forms,
    .width = 760,
    .height = 560,
    .takes = PICTURE_UNIT,
    .tidy = picture_copy,
    .script = alive_script,
    .say = matrix_say,
};

const struct picture_kind picture_purchases = {
    .name = "purchases",
    .shows = "what customers will buy: expected purchases by repeat purchases and time of the last one",
    .title = "What customers will buy",
    .forms = purchases_forms,
    .width = 760,
    .height = 560,
    .takes = PICTURE_UNIT,
    .tidy = picture_copy,
    .script = purchases_script,
    .say = matrix_say,
};

/* --- Validation --- */

enum { SECTION, GROUP, ACTUAL, MODEL };

static const struct picture_column validate_columns[] = {
    {.name = "section", .kind = TILL_FRAME_TEXT, .required_value = true},
    {.name = "group", .kind = TILL_FRAME_TEXT},
    {.name = "actual", .kind = TILL_FRAME_NUMBER},
    {.name = "model", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_form validate_forms[] = {{.command = "till-clv --validate", .columns = validate_columns},
                                                     {0}};

static const char *const tracking[] = {"week", "cumulative"};
static const char *const calibration[] = {"decile", "repeats"};

/* The rows of two sections, as section, group, actual, model. */
static enum till_status pick(struct picture *picture, const char *const sections[2], struct till_error *error) {
    const struct till_frame_column *section = picture_texts(picture, SECTION);
    size_t rows = picture->frame->rows, count = 0;
    bool *taken = calloc(rows + 1, sizeof *taken);
    for (size_t i = 0; taken != NULL && i < rows; i++) {
        struct till_slice name = picture_text_at(section, i);
        taken[i] =
            till_slice_equal(name, till_slice_of(sections[0])) || till_slice_equal(name, till_slice_of(sections[1]));
        count += taken[i];
    }
    struct till_table *table = picture->table = taken == NULL ? NULL : till_table_new(count);
    struct till_slice *names = table == NULL ? NULL : till_table_add(table, "section", TILL_TEXT);
    struct till_slice *group = names == NULL ? NULL : till_table_add(table, "group", TILL_TEXT);
    double *actual = group == NULL ? NULL : till_table_add(table, "actual", TILL_REAL);
    double *model = actual == NULL ? NULL : till_table_add(table, "model", TILL_REAL);
    bool good = model != NULL;
    for (size_t i = 0, at = 0; good && i < rows; i++)
        if (taken[i]) {
            names[at] = picture_text_at(section, i);
            group[at] = picture_text_at(picture_texts(picture, GROUP), i);
            actual[at] = picture_numbers(picture, ACTUAL)[i];
            model[at++] = picture_numbers(picture, MODEL)[i];
        }
    free(taken);
    return good ? TILL_OK : till_error_memory(error);
}

/* The number that a group's name begins with; the last one is "7+". */
static double number_of(struct till_slice name) {
    char text[32] = "";
    memcpy(text, name.bytes, name.length < sizeof text ? name.length : sizeof text - 1);
    return strtod(text, NULL);
}

/* One section in its panel: what was, and what the model said. */
static void put_section(struct picture *picture, struct script *script, size_t at, const char *section,
                        const char *x_title, const char *y_title) {
    const struct till_slice *names = picture_text(picture, "section");
    const double *actual = picture_real(picture, "actual"), *model = picture_real(picture, "model");
    double width = script->width / 2, left = 62 + width * (double)at, last = -INFINITY, first = INFINITY, high = 0;
    script_add(script, "$%s << END\n", section);
    for (size_t i = 0; i < picture->table->rows; i++)
        if (till_slice_equal(names[i], till_slice_of(section)) && isfinite(actual[i]) && isfinite(model[i])) {
            double group = number_of(picture_text(picture, "group")[i]);
            script_add(script, "%.10g %.10g %.10g\n", group, actual[i], model[i]);
            first = fmin(first, group);
            last = fmax(last, group);
            high = fmax(high, fmax(actual[i], model[i]));
        }
    struct script_axis x = script_axis_for(first, last, 7, false), y = script_axis_for(0, high, 6, false);
    script_axis_whole(&x);
    script_add(script, "END\nunset label\nunset arrow\n");
    script_area(script, left, 124, left + width - 84, script->height - 60);
    script_axis(script, 'x', &x, false);
    script_axis(script, 'y', &y, true);
    script_axis_titles(script, x_title, NULL);
    struct script_place title = {.x = left - 46, .y = 106, .size = SCRIPT_PLAIN, .color = "#444444"};
    title.width = width - 20;
    script_label(script, &title, till_slice_of(y_title));
    const char *style = last - first > 30 ? "lines" : "linespoints ps 0.7";
    script_add(script,
               "plot $%s using 1:2 with %s lw 2 lc rgb '%s'%s notitle, $%s using 1:3 with %s lw 2 dt 2 lc rgb "
               "'%s'%s notitle\n",
               section, style, script_series_color(0), last - first > 30 ? "" : " pt 7", section, style,
               script_series_color(1), last - first > 30 ? "" : " pt 9");
}

/* The page: the legend of both panels, which stands on a page of its own below them. */
static void put_page(struct picture *picture, struct script *script) {
    script_add(script, "set multiplot\n");
    script_legend(script, 16, 72, 0, true, till_slice_of(picture_word(&picture->options, "actual")), 160);
    script_legend(script, 136, 72, 1, true, till_slice_of(picture_word(&picture->options, "model")), 160);
    script_add(script,
               "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\nset border 3 lc "
               "rgb '#555555'\n");
}

static enum till_status tracking_tidy(struct picture *picture, struct till_error *error) {
    return pick(picture, tracking, error);
}

static enum till_status tracking_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    (void)error;
    put_page(picture, script);
    put_section(picture, script, 0, tracking[0], picture_word(options, "week"),
                picture_word(options, "repeat purchases a week"));
    put_section(picture, script, 1, tracking[1], picture_word(options, "week"),
                picture_word(options, "repeat purchases up to a week"));
    script_add(script, "unset multiplot\n");
    return TILL_OK;
}

const struct picture_kind picture_tracking = {
    .name = "tracking",
    .shows = "repeat purchases by week, and what the model said",
    .title = "Repeat purchases by week",
    .forms = validate_forms,
    .width = 860,
    .height = 420,
    .tidy = tracking_tidy,
    .script = tracking_script,
};

static enum till_status clv_calibration_tidy(struct picture *picture, struct till_error *error) {
    return pick(picture, calibration, error);
}

static enum till_status clv_calibration_script(struct picture *picture, struct script *script,
                                               struct till_error *error) {
    const struct picture_options *options = &picture->options;
    (void)error;
    put_page(picture, script);
    put_section(picture, script, 0, calibration[0],
                picture_word(options, "decile of the expected purchases (1: the most)"),
                picture_word(options, "purchases a customer, later"));
    put_section(picture, script, 1, calibration[1], picture_word(options, "repeat purchases before (last: or more)"),
                picture_word(options, "purchases a customer, later"));
    script_add(script, "unset multiplot\n");
    return TILL_OK;
}

const struct picture_kind picture_clv_calibration = {
    .name = "clv-calibration",
    .shows = "purchases that came, and what the model said, by decile and by repeat purchases",
    .title = "What customers bought later, and what the model said",
    .forms = validate_forms,
    .width = 860,
    .height = 420,
    .tidy = clv_calibration_tidy,
    .script = clv_calibration_script,
};
