/* Customers that somebody has summed up already: customer, repeats, t_x, age, mean_value, under these names or those of
 * other packages. Rows keep their order. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include <till/arrays.h>

enum { REPEATS, LAST, AGE, MEAN, FIGURES };
static const char *const names[FIGURES][5] = {
    {"repeats", "frequency", "x", NULL, NULL},
    {"t_x", "recency", NULL, NULL, NULL},
    {"age", "T", NULL, NULL, NULL},
    {"mean_value", "monetary", "monetary_value", "m", NULL},
};

struct reading {
    struct clv_data *data;
    size_t capacity;
    size_t at[FIGURES]; /* in the block, TILL_NO_COLUMN: not there */
    size_t group_at;
    size_t *name_start; /* names lie in data->texts, which moves while it grows */
    size_t *name_length;
    size_t *group_start;
    size_t *group_length;
};

/* Room for `more` customers. */
static bool make_room(struct reading *reading, size_t more) {
    struct clv_data *data = reading->data;
    const struct till_array columns[] = {
        TILL_ARRAY(data->repeats),        TILL_ARRAY(data->last),           TILL_ARRAY(data->age),
        TILL_ARRAY(data->mean),           TILL_ARRAY(reading->name_start),  TILL_ARRAY(reading->name_length),
        TILL_ARRAY(reading->group_start), TILL_ARRAY(reading->group_length)};
    return till_arrays_reserve(columns, 8, data->count + more, &reading->capacity);
}

static size_t find(const struct till_schema *schema, const char *const *wanted) {
    for (size_t i = 0; wanted[i] != NULL; i++)
        for (size_t column = 0; column < schema->count; column++)
            if (schema->names[column].length == strlen(wanted[i]) &&
                strncasecmp(schema->names[column].bytes, wanted[i], strlen(wanted[i])) == 0)
                return column;
    return TILL_NO_COLUMN;
}

/* Finds the columns and starts the input. */
static enum till_status start(struct tool_run *run, struct till_input *input, struct reading *reading,
                              struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    const struct till_schema *schema = till_input_schema(input);
    struct till_wanted wanted[FIGURES + 2] = {
        {.type = TILL_TEXT, .missing = TILL_MISSING_FILTERS, .role = "customer", .identifier = true}};
    size_t count = 1;
    enum till_status status =
        till_schema_role(schema, TILL_ROLE_CUSTOMER, run->roles.customer, true, &wanted[0].column, error);
    for (size_t i = 0; i < FIGURES && status == TILL_OK; i++) {
        size_t column = find(schema, names[i]);
        reading->at[i] = TILL_NO_COLUMN;
        if (i == MEAN && (column == TILL_NO_COLUMN || settings->spend == CLV_NONE))
            continue;
        if (column == TILL_NO_COLUMN) /* says which columns there are */
            status = till_schema_column(schema, names[i][0], &column, error);
        wanted[count] = (struct till_wanted){.column = column,
                                             .type = TILL_REAL,
                                             .missing = i == MEAN ? TILL_MISSING_PASSES : TILL_MISSING_REJECTS,
                                             .role = names[i][0]};
        reading->at[i] = count++;
    }
    if (status == TILL_OK && settings->by != NULL) {
        wanted[count] = (struct till_wanted){.type = TILL_TEXT, .missing = TILL_MISSING_REJECTS, .role = "group"};
        status = till_schema_column(schema, settings->by, &wanted[count].column, error);
        reading->group_at = count++;
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = count};
    return status == TILL_OK ? till_input_start(input, &plan, error) : status;
}

/* What is wrong with a row; NULL for nothing. */
static const char *find_fault(double repeats, double last, double age, const char **role) {
    *role = names[REPEATS][0];
    if (!(repeats >= 0 && repeats <= 4294967295.0 && repeats == floor(repeats)))
        return "not a whole number from 0";
    *role = names[AGE][0];
    if (!(age >= 0) || isinf(age))
        return "not a time from 0";
    *role = names[LAST][0];
    if (!(last >= 0))
        return "not a time from 0";
    if (last > age)
        return "later than age";
    if (repeats == 0 && last > 0)
        return "above 0 without repeats";
    if (repeats > 0 && last == 0)
        return "0 with repeats: is it the time of the last purchase since the first?";
    return NULL;
}

static bool keep(struct till_text *texts, struct till_slice text, size_t *start, size_t *length) {
    *start = texts->length;
    *length = text.length;
    return till_text_append(texts, text.bytes, text.length);
}

static enum till_status add_row(struct reading *reading, struct till_block *block, size_t row,
                                struct till_error *error) {
    struct clv_data *data = reading->data;
    size_t i = data->count;
    const char *role;
    double repeats = block->columns[reading->at[REPEATS]].real[row], last = block->columns[reading->at[LAST]].real[row],
           age = block->columns[reading->at[AGE]].real[row];
    const char *fault = find_fault(repeats, last, age, &role);
    if (fault != NULL)
        return till_block_reject(block, row, role, fault) == TILL_OK ? TILL_OK : till_error_memory(error);
    data->repeats[i] = (uint32_t)repeats;
    data->last[i] = last;
    data->age[i] = age;
    data->mean[i] = reading->at[MEAN] == TILL_NO_COLUMN ? NAN : block->columns[reading->at[MEAN]].real[row];
    if (!keep(&data->texts, block->columns[0].text[row], &reading->name_start[i], &reading->name_length[i]))
        return till_error_memory(error);
    if (reading->group_at != 0 && !keep(&data->texts, block->columns[reading->group_at].text[row],
                                        &reading->group_start[i], &reading->group_length[i]))
        return till_error_memory(error);
    data->count++;
    return TILL_OK;
}

static enum till_status read_rows(struct till_input *input, struct reading *reading, struct till_error *error) {
    struct till_block *block = till_block_new(input);
    if (block == NULL)
        return till_error_memory(error);
    enum till_status status = till_input_next(input, block, error);
    while (status == TILL_OK && block->rows > 0) {
        if (!make_room(reading, block->rows))
            status = till_error_memory(error);
        for (size_t row = 0; row < block->rows && status == TILL_OK; row++)
            status = add_row(reading, block, row, error);
        if (status == TILL_OK)
            status = till_input_next(input, block, error);
    }
    till_block_free(block);
    return status;
}

/* Names, once all texts stand where they will stay. */
static enum till_status name_all(struct reading *reading, struct till_slice **groups, struct till_error *error) {
    struct clv_data *data = reading->data;
    data->name = calloc(data->count + 1, sizeof *data->name);
    *groups = reading->group_at == 0 ? NULL : calloc(data->count + 1, sizeof **groups);
    if (data->name == NULL || (reading->group_at != 0 && *groups == NULL))
        return till_error_memory(error);
    for (size_t i = 0; i < data->count; i++) {
        data->name[i] = (struct till_slice){data->texts.bytes + reading->name_start[i], reading->name_length[i]};
        if (*groups != NULL)
            (*groups)[i] = (struct till_slice){data->texts.bytes + reading->group_start[i], reading->group_length[i]};
    }
    return TILL_OK;
}

enum till_status clv_read_summary(struct tool_run *run, struct clv_data *data, struct till_error *error) {
    struct reading reading = {.data = data};
    struct till_input *input;
    struct till_slice *groups = NULL;
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(run, input, &reading, error);
    if (status == TILL_OK)
        status = read_rows(input, &reading, error);
    if (status == TILL_OK)
        status = name_all(&reading, &groups, error);
    if (status == TILL_OK && groups != NULL)
        status = clv_number_groups(data, groups, error);
    if (status == TILL_OK && reading.at[MEAN] == TILL_NO_COLUMN) {
        free(data->mean);
        data->mean = NULL;
    }
    free(groups);
    free(reading.name_start);
    free(reading.name_length);
    free(reading.group_start);
    free(reading.group_length);
    return status;
}
