/* tools/conditions.c: --fail-if: comparisons of the figures of a run with numbers.
 *
 * The figures are those of the row accounting and what the tool counted. A figure that there is not is a usage error: a
 * condition that could never hold would guard nothing. */
#include "private.h"

#include <stdio.h>
#include <string.h>

#include <till/decimal.h>

static const struct {
    const char *sign;
    enum comparison comparison;
} signs[] = {/* the longer before those that they begin with */
             {">=", AT_LEAST}, {"<=", AT_MOST}, {"!=", UNEQUAL}, {"==", EQUAL},
             {">", ABOVE},     {"<", BELOW},    {"=", EQUAL}};

static enum till_status bad(struct till_error *error, const char *what, const char *text) {
    return tool_usage_text(error, "--fail-if", what, till_slice_of(text));
}

/* Finds the sign at `text`; returns its length, or 0. */
static size_t read_sign(const char *text, enum comparison *comparison) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i].sign);
        if (strncmp(text, signs[i].sign, length) == 0) {
            *comparison = signs[i].comparison;
            return length;
        }
    }
    return 0;
}

static enum till_status parse(struct condition *condition, const char *text, struct keep *keep,
                              struct till_error *error) {
    size_t length = strcspn(text, "<>=! ");
    size_t sign = length + strspn(text + length, " ");
    size_t width = read_sign(text + sign, &condition->comparison);
    size_t number = sign + width + strspn(text + sign + width, " ");
    if (length == 0 || width == 0 ||
        till_real_parse(text + number, strlen(text + number), NULL, &condition->bound) != TILL_NUMBER_OK)
        return bad(error, "not a condition such as rejected>0", text);
    condition->text = text;
    condition->name = keep_copy(keep, text, length);
    return condition->name == NULL ? till_error_memory(error) : TILL_OK;
}

enum till_status conditions_parse(struct tool_run *run, struct till_error *error) {
    struct tool_private *own = run->private;
    const struct option_list *list = &own->common.fail_if;
    enum till_status status = TILL_OK;
    own->conditions = keep_alloc(&own->keep, list->count * sizeof *own->conditions);
    if (own->conditions == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < list->count && status == TILL_OK; i++)
        status = parse(&own->conditions[own->condition_count++], list->values[i], &own->keep, error);
    return status;
}

/* The figures of the row accounting, by name. */
static const char *const row_names[] = {"read", "used", "filtered", "rejected", "rounded"};
#define ROW_NAMES (sizeof row_names / sizeof *row_names)

static bool find_figure(const struct tool_run *run, const char *name, double *value) {
    struct till_accounting rows;
    report_accounting(run, &rows);
    const uint64_t counts[ROW_NAMES] = {rows.read, rows.used, rows.filtered, rows.rejected, rows.rounded};
    for (size_t i = 0; i < ROW_NAMES; i++)
        if (strcmp(row_names[i], name) == 0) {
            *value = (double)counts[i];
            return true;
        }
    for (size_t i = 0; i < run->private->figure_count; i++)
        if (strcmp(run->private->figures[i].name, name) == 0) {
            *value = run->private->figures[i].value;
            return true;
        }
    return false;
}

static enum till_status no_figure(const struct tool_run *run, const char *name, struct till_error *error) {
    struct till_text names = {0};
    bool ok = true;
    for (size_t i = 0; i < ROW_NAMES; i++)
        ok = ok && till_text_append_format(&names, "%s%s", i == 0 ? "" : ", ", row_names[i]);
    for (size_t i = 0; i < run->private->figure_count; i++)
        ok = ok && till_text_append_format(&names, ", %s", run->private->figures[i].name);
    char what[300];
    const char *text = ok ? till_text_string(&names) : NULL;
    snprintf(what, sizeof what, "not one of the figures %s", text == NULL ? "" : text);
    till_text_free(&names);
    return bad(error, what, name);
}

/* NaN meets no condition but !=. */
static bool holds(const struct condition *condition, double value) {
    switch (condition->comparison) {
    case ABOVE:
        return value > condition->bound;
    case AT_LEAST:
        return value >= condition->bound;
    case BELOW:
        return value < condition->bound;
    case AT_MOST:
        return value <= condition->bound;
    case EQUAL:
        return value >= condition->bound && value <= condition->bound;
    case UNEQUAL:
        return !(value >= condition->bound && value <= condition->bound);
    }
    return false;
}

enum till_status conditions_check(const struct tool_run *run, bool *met, struct till_error *error) {
    const struct tool_private *own = run->private;
    *met = false;
    for (size_t i = 0; i < own->condition_count; i++) {
        const struct condition *condition = &own->conditions[i];
        double value;
        if (!find_figure(run, condition->name, &value))
            return no_figure(run, condition->name, error);
        if (*met || !holds(condition, value))
            continue; /* the first one that is met is told */
        char number[TILL_REAL_TEXT];
        size_t length = till_real_format(number, value);
        till_error_set(error, TILL_OK, "%s is %.*s (%s)", condition->name, (int)length, number, condition->text);
        till_error_at(error, NULL, 0, 0, "--fail-if");
        *met = true;
    }
    return TILL_OK;
}
