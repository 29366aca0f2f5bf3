/* tools/picture_cohort.c: the cohort triangle: who came back, by month of the first purchase and months since then. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>

#include <till/dictionary.h>

enum { COHORT, PERIOD, CUSTOMERS, RETENTION, COMPLETE };

static const struct picture_column columns[] = {
    {.name = "cohort", .kind = TILL_FRAME_TEXT, .required_value = true},
    {.name = "period", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "customers", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "retention", .kind = TILL_FRAME_NUMBER},
    {.name = "complete", .kind = TILL_FRAME_NUMBER, .optional = true},
    {0}};
static const struct picture_form forms[] = {{.command = "till-cohort", .columns = columns}, {0}};

/* More columns than this would be a table that nobody made. */
#define PERIODS_MOST 100000.0

static enum till_status tidy(struct picture *picture, struct till_error *error) {
    size_t rows = picture->frame->rows;
    const struct till_frame_column *cohorts = picture_texts(picture, COHORT);
    const double *complete = picture_numbers(picture, COMPLETE);
    struct till_table *table = picture->table = till_table_new(rows);
    struct till_slice *cohort = table == NULL ? NULL : till_table_add(table, "cohort", TILL_TEXT);
    uint64_t *period = cohort == NULL ? NULL : till_table_add(table, "period", TILL_COUNT);
    uint64_t *customers = period == NULL ? NULL : till_table_add(table, "customers", TILL_COUNT);
    double *retention = customers == NULL ? NULL : till_table_add(table, "retention", TILL_REAL);
    uint64_t *whole = retention == NULL ? NULL : till_table_add(table, "complete", TILL_COUNT);
    if (whole == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < rows; i++) {
        double number = picture_numbers(picture, PERIOD)[i];
        if (!(number >= 0 && number < PERIODS_MOST))
            return till_error_set(error, TILL_ERROR_DATA, "row %zu: the period %.10g is none", i + 1, number);
        cohort[i] = picture_text_at(cohorts, i);
        period[i] = (uint64_t)number;
        customers[i] = (uint64_t)fmax(0, picture_numbers(picture, CUSTOMERS)[i]);
        retention[i] = picture_numbers(picture, RETENTION)[i];
        whole[i] = complete == NULL || complete[i] != 0;
    }
    return TILL_OK;
}

/* One cell, with a star where the data end inside its period. */
static bool put_cell(struct picture *picture, struct script_heat *heat, size_t i, uint32_t row) {
    char text[SCRIPT_NUMBER];
    double retention = picture_real(picture, "retention")[i];
    uint64_t period = picture_count(picture, "period")[i];
    size_t cell = row * heat->columns + period;
    if (isnan(retention))
        return true;
    snprintf(text, sizeof text, "%.0f%%%s", retention * 100, picture_count(picture, "complete")[i] ? "" : "*");
    heat->values[cell] = retention;
    heat->texts[cell] = script_keep(picture, text);
    /* Everybody is there in period 0, which would leave no shades for the others. */
    heat->scale.high = period == 0 ? heat->scale.high : fmax(heat->scale.high, retention);
    return heat->texts[cell].bytes != NULL;
}

static bool put_row_name(struct picture *picture, struct script_heat *heat, size_t i, uint32_t row) {
    struct till_slice cohort = picture_text(picture, "cohort")[i];
    char number[SCRIPT_NUMBER], name[160];
    if (heat->row_names[row].bytes != NULL)
        return true;
    snprintf(name, sizeof name, "%.*s  (%s)", (int)(cohort.length < 100 ? cohort.length : 100), cohort.bytes,
             script_number(number, (double)picture_count(picture, "customers")[i], true));
    heat->row_names[row] = script_keep(picture, name);
    return heat->row_names[row].bytes != NULL;
}

static enum till_status fill(struct picture *picture, struct script_heat *heat, struct till_dictionary *cohorts,
                             struct till_error *error) {
    bool good = true;
    for (size_t i = 0; i < picture->table->rows && good; i++) {
        uint32_t row;
        good = till_dictionary_add(cohorts, picture_text(picture, "cohort")[i], &row) &&
               put_row_name(picture, heat, i, row) && put_cell(picture, heat, i, row);
    }
    for (size_t period = 0; period < heat->columns && good; period++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", period);
        heat->column_names[period] = script_keep(picture, name);
        good = heat->column_names[period].bytes != NULL;
    }
    return good ? TILL_OK : till_error_memory(error);
}

/* The number of different cohorts, and of periods. */
static bool measure(const struct picture *picture, size_t *rows, size_t *periods) {
    struct till_dictionary *cohorts = till_dictionary_new();
    bool good = cohorts != NULL;
    *periods = 0;
    for (size_t i = 0; i < picture->table->rows && good; i++) {
        uint32_t row;
        size_t period = (size_t)picture_count(picture, "period")[i];
        good = till_dictionary_add(cohorts, picture_text(picture, "cohort")[i], &row);
        *periods = period >= *periods ? period + 1 : *periods;
    }
    *rows = good ? till_dictionary_count(cohorts) : 0;
    till_dictionary_free(cohorts);
    return good;
}

/* What a period is, by the names that till-cohort gives to cohorts: 2024-W05, 2024-05, 2024-Q2. */
static const char *period_title(const struct picture *picture) {
    struct till_slice name = picture_text(picture, "cohort")[0];
    if (name.length == 8 && name.bytes[5] == 'W')
        return "weeks since the first purchase";
    if (name.length == 7 && name.bytes[5] == 'Q')
        return "quarters since the first purchase";
    if (name.length == 7 && name.bytes[4] == '-')
        return "months since the first purchase";
    return "periods since the first purchase";
}

static enum till_status script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    struct till_dictionary *cohorts = till_dictionary_new();
    struct script_heat heat = {0};
    size_t rows = 0, periods = 0;
    enum till_status status = TILL_OK;
    if (cohorts == NULL || !measure(picture, &rows, &periods))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = script_heat_new(&heat, rows, periods, error);
    if (status == TILL_OK)
        status = fill(picture, &heat, cohorts, error);
    if (status == TILL_OK) {
        heat.scale.percent = true;
        heat.scale.high = heat.scale.high == 0 ? 1 : heat.scale.high;
        heat.x_title = picture_word(options, period_title(picture));
        heat.y_title = picture_word(options, "first purchase in (customers)");
        heat.scale.title = picture_word(options, "came back");
        script_heat(script, &heat);
    }
    script_heat_free(&heat);
    till_dictionary_free(cohorts);
    return status;
}

/* What a star means, where there is one. */
static bool say(const struct picture *picture, struct till_text *text) {
    const char *const none[] = {NULL};
    for (size_t i = 0; i < picture->table->rows; i++)
        if (!picture_count(picture, "complete")[i])
            return script_sentence(text, &picture->options,
                                   "Share of a cohort that bought again in a period; * the data end inside it", none);
    return script_sentence(text, &picture->options, "Share of a cohort that bought again in a period", none);
}

const struct picture_kind picture_cohort = {
    .name = "cohort",
    .shows = "the cohort triangle: who came back, by first purchase and time since then",
    .title = "Who came back",
    .forms = forms,
    .width = 860,
    .height = 560,
    .tidy = tidy,
    .script = script,
    .say = say,
};
