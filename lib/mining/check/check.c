/* till-check's aggregate: a struct column for each column, and the fingerprints of all rows, whose number falls short
 * of the number of rows by the duplicates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/check.h>

#include "lib/mining/check/column.h"

/* By how much fingerprints reach further than values, and how long values may be on average. */
#define PRINTS_PER_VALUE 16
#define BYTES_PER_VALUE 64

struct till_check {
    const struct till_schema *schema;
    struct column_limits limits;
    struct column *columns; /* [schema->count] */
    uint64_t rows;
    struct fingerprints records;
    bool too_many; /* different rows for the set: it is empty then */
    struct column_scratch scratch;
};

static void destroy(void *state) {
    struct till_check *check = state;
    if (check == NULL)
        return;
    for (size_t i = 0; check->columns != NULL && i < check->schema->count; i++)
        column_free(&check->columns[i]);
    free(check->columns);
    fingerprints_free(&check->records);
    column_scratch_free(&check->scratch);
    free(check);
}

static enum till_status create(void **state, const void *settings, struct till_error *error) {
    const struct till_check_settings *asked = settings;
    uint64_t limit = asked->limit == 0 ? TILL_CHECK_LIMIT : asked->limit;
    struct till_check *check = calloc(1, sizeof *check);
    *state = NULL;
    if (check == NULL)
        return till_error_memory(error);
    check->schema = asked->schema;
    check->limits = (struct column_limits){limit, limit * BYTES_PER_VALUE, limit * PRINTS_PER_VALUE, asked->number};
    if (check->limits.number.decimal_mark == 0)
        check->limits.number.decimal_mark = '.';
    check->columns = calloc(check->schema->count + 1, sizeof *check->columns);
    if (check->columns == NULL) {
        destroy(check);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < check->schema->count; i++)
        column_start(&check->columns[i]);
    *state = check;
    return TILL_OK;
}

/* ---- adding ---- */

static void settle_records(struct till_check *check) {
    if (!check->too_many && check->records.count <= check->limits.prints)
        return;
    check->too_many = true;
    fingerprints_free(&check->records);
}

static bool add_records(struct till_check *check, const struct till_block *block) {
    if (check->too_many)
        return true;
    for (size_t row = 0; row < block->rows; row++)
        check->scratch.prints[row] = till_fingerprint_of(block->records[row].bytes, block->records[row].length);
    bool added = fingerprints_add(&check->records, check->scratch.prints, block->rows);
    settle_records(check);
    return added;
}

static bool add_column(struct till_check *check, size_t index, const struct till_block *block) {
    const struct till_slice *values = block->columns[index].text;
    size_t there = 0;
    for (size_t row = 0; row < block->rows; row++)
        if (values[row].bytes != NULL)
            check->scratch.values[there++] = values[row];
    check->columns[index].missing += block->rows - there;
    return column_add(&check->columns[index], &check->scratch, there, &check->limits);
}

static enum till_status add(void *state, struct till_block *block, struct till_error *error) {
    struct till_check *check = state;
    bool added = column_scratch_reserve(&check->scratch, block->rows) && add_records(check, block);
    for (size_t i = 0; added && i < check->schema->count; i++)
        added = add_column(check, i, block);
    check->rows += block->rows;
    return added ? TILL_OK : till_error_memory(error);
}

/* ---- merging ---- */

static bool merge_records(struct till_check *into, const struct till_check *from) {
    into->too_many = into->too_many || from->too_many;
    bool merged = into->too_many || fingerprints_merge(&into->records, &from->records);
    settle_records(into);
    return merged;
}

static enum till_status merge(void *into_state, void *from_state, struct till_error *error) {
    struct till_check *into = into_state;
    struct till_check *from = from_state;
    bool merged = merge_records(into, from);
    for (size_t i = 0; merged && i < into->schema->count; i++)
        merged = column_merge(&into->columns[i], &from->columns[i], &into->limits);
    into->rows += from->rows;
    return merged ? TILL_OK : till_error_memory(error);
}

/* ---- the table ---- */

/* The columns of the result. */
struct report {
    struct till_slice *column, *type, *least, *greatest, *top;
    uint64_t *rows, *missing, *distinct, *top_count;
    double *mean;
};

static bool add_report_columns(struct till_table *table, struct report *report) {
    return (report->column = till_table_add(table, "column", TILL_TEXT)) != NULL &&
           (report->type = till_table_add(table, "type", TILL_TEXT)) != NULL &&
           (report->rows = till_table_add(table, "rows", TILL_COUNT)) != NULL &&
           (report->missing = till_table_add(table, "missing", TILL_COUNT)) != NULL &&
           (report->distinct = till_table_add(table, "distinct", TILL_COUNT)) != NULL &&
           (report->least = till_table_add(table, "min", TILL_TEXT)) != NULL &&
           (report->greatest = till_table_add(table, "max", TILL_TEXT)) != NULL &&
           (report->mean = till_table_add(table, "mean", TILL_REAL)) != NULL &&
           (report->top = till_table_add(table, "top", TILL_TEXT)) != NULL &&
           (report->top_count = till_table_add(table, "top_count", TILL_COUNT)) != NULL;
}

/* Keeps a copy in the table; false when memory is out. */
static bool keep(struct till_table *table, struct till_slice *cell, const char *bytes, size_t length) {
    *cell = till_table_keep(table, (struct till_slice){bytes == NULL ? "" : bytes, length});
    return cell->bytes != NULL;
}

/* A day, and the time where the column has times. */
static bool keep_time(struct till_table *table, struct till_slice *cell, int64_t time, bool whole_days) {
    char text[TILL_DAY_TEXT + 16];
    int32_t day = till_date_day(time);
    int seconds = (int)(time - (int64_t)day * 86400);
    size_t length = till_date_write(text, day);
    if (!whole_days)
        length +=
            (size_t)snprintf(text + length, 16, " %02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return keep(table, cell, text, length);
}

/* "date (M/D/YYYY or D/M/YYYY)", and what all these formats agree on. */
static bool report_dates(struct till_table *table, const struct report *report, size_t row, const struct facts *facts) {
    char type[512] = "date (";
    size_t first = TILL_DATE_FORMATS;
    bool agree = true;
    uint32_t formats = facts_date_formats(facts);
    for (size_t format = 0; format < TILL_DATE_FORMATS; format++) {
        if ((formats >> format & 1) == 0)
            continue;
        strcat(strcat(type, first < TILL_DATE_FORMATS ? " or " : ""),
               till_date_format_name((enum till_date_format)format));
        first = first < TILL_DATE_FORMATS ? first : format;
        agree =
            agree && facts->earliest[format] == facts->earliest[first] && facts->latest[format] == facts->latest[first];
    }
    strcat(type, ")");
    bool whole_days = facts->earliest[first] % 86400 == 0 && facts->latest[first] % 86400 == 0;
    return keep(table, &report->type[row], type, strlen(type)) &&
           (!agree || (keep_time(table, &report->least[row], facts->earliest[first], whole_days) &&
                       keep_time(table, &report->greatest[row], facts->latest[first], whole_days)));
}

static bool keep_text(struct till_table *table, struct till_slice *cell, const struct till_text *text) {
    return keep(table, cell, text->bytes, text->length);
}

static bool report_numbers(struct till_table *table, const struct report *report, size_t row,
                           const struct facts *facts) {
    const char *type = facts->integers ? "integer" : "decimal";
    report->mean[row] = exact_sum_value(&facts->sum) / (double)facts->values;
    return keep(table, &report->type[row], type, strlen(type)) &&
           keep_text(table, &report->least[row], &facts->least.text) &&
           keep_text(table, &report->greatest[row], &facts->greatest.text);
}

static bool report_facts(struct till_table *table, const struct report *report, size_t row, const struct facts *facts) {
    switch (facts_type(facts)) {
    case FACTS_DATE:
        return report_dates(table, report, row, facts);
    case FACTS_INTEGER:
    case FACTS_DECIMAL:
        return report_numbers(table, report, row, facts);
    case FACTS_TEXT:
        return keep(table, &report->type[row], "text", 4) && keep_text(table, &report->least[row], &facts->smallest) &&
               keep_text(table, &report->greatest[row], &facts->largest);
    default:
        return keep(table, &report->type[row], "empty", 5);
    }
}

static bool report_column(struct till_table *table, const struct report *report, size_t row,
                          const struct till_check *check) {
    struct column_summary summary;
    const struct column *column = &check->columns[row];
    struct till_slice name = check->schema->names[row];
    bool kept = column_summarize(column, &check->limits, &summary) &&
                keep(table, &report->column[row], name.bytes, name.length) &&
                report_facts(table, report, row, &summary.facts) &&
                (summary.top.bytes == NULL || keep(table, &report->top[row], summary.top.bytes, summary.top.length));
    report->rows[row] = check->rows;
    report->missing[row] = column->missing;
    report->distinct[row] = summary.distinct;
    if (summary.top.bytes != NULL)
        report->top_count[row] = summary.top_count;
    facts_free(&summary.facts);
    return kept;
}

static enum till_status finish(const void *state, struct till_table **table, struct till_error *error) {
    const struct till_check *check = state;
    struct report report;
    *table = till_table_new(check->schema->count);
    bool made = *table != NULL && add_report_columns(*table, &report);
    for (size_t i = 0; made && i < check->schema->count; i++)
        made = report_column(*table, &report, i, check);
    if (made)
        return TILL_OK;
    till_table_free(*table);
    *table = NULL;
    return till_error_memory(error);
}

/* ---- saving ---- */

static enum till_status save(const void *state, struct till_text *out, struct till_error *error) {
    const struct till_check *check = state;
    bool saved = pack_count(out, check->schema->count) && pack_count(out, check->rows) &&
                 pack_count(out, check->too_many) && fingerprints_save(&check->records, out);
    for (size_t i = 0; saved && i < check->schema->count; i++)
        saved = column_save(&check->columns[i], out);
    return saved ? TILL_OK : till_error_memory(error);
}

static enum till_status load(void **state, const void *settings, struct till_slice bytes, struct till_error *error) {
    struct unpack from = {bytes.bytes, bytes.length, false};
    enum till_status status = create(state, settings, error);
    struct till_check *check = *state;
    if (check == NULL)
        return status;
    bool loaded = unpack_count(&from) == check->schema->count;
    from.damaged = !loaded;
    check->rows = unpack_count(&from);
    check->too_many = unpack_count(&from) != 0;
    loaded = fingerprints_load(&check->records, &from);
    for (size_t i = 0; loaded && !from.damaged && i < check->schema->count; i++)
        loaded = column_load(&check->columns[i], &from);
    if (loaded && !from.damaged && from.left == 0)
        return TILL_OK;
    destroy(check);
    *state = NULL;
    return loaded ? till_error_set(error, TILL_ERROR_STATE, "the saved state is damaged") : till_error_memory(error);
}

const struct till_aggregate till_check_aggregate = {
    .name = "check",
    .version = 1,
    .create = create,
    .add = add,
    .merge = merge,
    .finish = finish,
    .save = save,
    .load = load,
    .destroy = destroy,
};

/* ---- beside the table ---- */

void till_check_plan(struct till_plan *plan, struct till_wanted *wanted, const struct till_schema *schema) {
    for (size_t i = 0; i < schema->count; i++)
        wanted[i] = (struct till_wanted){.column = i,
                                         .type = TILL_TEXT,
                                         .missing = TILL_MISSING_PASSES,
                                         .until = TILL_DAY_MISSING,
                                         .since = TILL_DAY_MISSING};
    *plan = (struct till_plan){.wanted = wanted, .wanted_count = schema->count, .records = true};
}

uint64_t till_check_duplicates(const struct till_check *check) {
    return check->too_many ? UINT64_MAX : check->rows - check->records.count;
}

bool till_check_estimated(const struct till_check *check, size_t column) {
    return check->columns[column].stage == COLUMN_SKETCH;
}

enum till_status till_check_date_formats(const struct till_check *check, size_t column, uint32_t *formats,
                                         struct till_error *error) {
    struct column_summary summary;
    bool kept = column_summarize(&check->columns[column], &check->limits, &summary);
    *formats = summary.facts.values == 0 ? 0 : summary.facts.formats;
    facts_free(&summary.facts);
    return kept ? TILL_OK : till_error_memory(error);
}
