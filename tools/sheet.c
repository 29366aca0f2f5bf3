/* Columns in memory.
 *
 * What a column holds shows only at its end. A column of either kind is read as text and parsed here; it is one of
 * numbers when nine values in ten are. Then the others are a mistake in the data, and not a reason to drop the column
 * without a word. */
#include "sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096, HOPELESS = 1000 };

enum till_status sheet_add(struct sheet *sheet, const struct till_schema *schema, size_t column, enum sheet_kind kind,
                           struct till_error *error) {
    if (sheet_find(sheet, column) != TILL_NO_COLUMN)
        return TILL_OK;
    struct sheet_column *columns = realloc(sheet->columns, (sheet->count + 1) * sizeof *columns);
    if (columns == NULL)
        return till_error_memory(error);
    sheet->columns = columns;
    struct sheet_column *new = &columns[sheet->count++];
    *new = (struct sheet_column){.column = column, .name = schema->names[column], .kind = kind};
    new->numeric = kind == SHEET_NUMBER;
    new->text = till_slice_copy(new->name);
    return new->text == NULL ? till_error_memory(error) : TILL_OK;
}

size_t sheet_find(const struct sheet *sheet, size_t column) {
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->columns[i].column == column)
            return i;
    return TILL_NO_COLUMN;
}

enum till_status sheet_start(struct sheet *sheet, struct tool_run *run, struct till_input *input, bool records,
                             enum till_missing missing, struct till_error *error) {
    struct till_wanted *wanted = calloc(sheet->count + 1, sizeof *wanted);
    if (wanted == NULL)
        return till_error_memory(error);
    sheet->number = run->number;
    for (size_t i = 0; i < sheet->count; i++) {
        const struct sheet_column *column = &sheet->columns[i];
        bool number = column->kind == SHEET_NUMBER;
        wanted[i] = (struct till_wanted){.column = column->column,
                                         .type = number ? TILL_REAL : TILL_TEXT,
                                         .missing = number ? missing : TILL_MISSING_PASSES,
                                         .role = column->text};
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = sheet->count, .records = records};
    enum till_status status = till_input_start(input, &plan, error);
    free(wanted);
    return status;
}

static bool grow_column(struct sheet_column *column, size_t capacity, bool levels) {
    if (column->kind != SHEET_LEVEL) {
        double *numbers = realloc(column->numbers, capacity * sizeof *numbers);
        if (numbers == NULL)
            return false;
        column->numbers = numbers;
    }
    if (column->kind == SHEET_NUMBER || (column->kind == SHEET_ANY && !levels))
        return true;
    uint32_t *codes = realloc(column->codes, capacity * sizeof *codes);
    if (codes == NULL)
        return false;
    column->codes = codes;
    if (column->levels == NULL)
        column->levels = till_dictionary_new();
    return column->levels != NULL;
}

static bool grow(struct sheet *sheet, size_t rows) {
    size_t capacity = sheet->capacity == 0 ? FIRST_CAPACITY : sheet->capacity;
    while (capacity < rows)
        capacity *= 2;
    bool good = true;
    for (size_t i = 0; i < sheet->count && good; i++)
        good = capacity == sheet->capacity || grow_column(&sheet->columns[i], capacity, sheet->levels);
    if (good)
        sheet->capacity = capacity;
    return good;
}

static void take_number(struct sheet_column *column, size_t row, double value) {
    column->numbers[row] = value;
    column->present += isnan(value) ? 0 : 1;
    column->parsed += isnan(value) ? 0 : 1;
    if (isnan(value) && column->first_missing == 0)
        column->first_missing = row + 1;
}

/* The text as a number, where the column may still be one of numbers. */
static double parse(const struct sheet *sheet, struct sheet_column *column, size_t row, struct till_slice text) {
    double value;
    bool hopeless = column->parsed == 0 && column->present >= HOPELESS;
    if (!hopeless && till_real_parse(text.bytes, text.length, &sheet->number, &value) == TILL_NUMBER_OK) {
        column->parsed++;
        return value;
    }
    if (column->first_bad == 0) {
        column->first_bad = row + 1;
        till_error_quote(column->bad, text.bytes, text.length);
    }
    return (double)NAN;
}

static bool take_text(const struct sheet *sheet, struct sheet_column *column, size_t row, struct till_slice text) {
    bool missing = text.bytes == NULL;
    if (missing && column->first_missing == 0)
        column->first_missing = row + 1;
    column->present += !missing;
    if (column->kind == SHEET_ANY)
        column->numbers[row] = missing ? (double)NAN : parse(sheet, column, row, text);
    if (column->codes == NULL)
        return true;
    column->codes[row] = SHEET_MISSING;
    return missing || till_dictionary_add(column->levels, text, &column->codes[row]);
}

enum till_status sheet_take(struct sheet *sheet, const struct till_block *block, struct till_error *error) {
    if (!grow(sheet, sheet->rows + block->rows))
        return till_error_memory(error);
    for (size_t i = 0; i < sheet->count; i++) {
        struct sheet_column *column = &sheet->columns[i];
        for (size_t row = 0; row < block->rows; row++) {
            if (column->kind == SHEET_NUMBER)
                take_number(column, sheet->rows + row, block->columns[i].real[row]);
            else if (!take_text(sheet, column, sheet->rows + row, block->columns[i].text[row]))
                return till_error_memory(error);
        }
    }
    sheet->rows += block->rows;
    return TILL_OK;
}

static enum till_status take_block(void *context, struct till_block *block, struct till_error *error) {
    return sheet_take(context, block, error);
}

enum till_status sheet_read(struct sheet *sheet, struct till_input *input, struct till_error *error) {
    return till_input_each(input, take_block, sheet, error);
}

enum till_status sheet_finish(struct sheet *sheet, struct till_error *error) {
    for (size_t i = 0; i < sheet->count; i++) {
        struct sheet_column *column = &sheet->columns[i];
        if (column->kind != SHEET_ANY)
            continue;
        column->numeric = column->parsed > 0 && column->parsed >= column->present - column->present / 10;
        if (!column->numeric || column->parsed == column->present)
            continue;
        till_error_set(
            error, TILL_ERROR_DATA,
            "row %zu: not a number: %s, in a column where %zu of %zu values are (--null=%s if it means missing, or "
            "leave the column out)",
            column->first_bad, column->bad, column->parsed, column->present, column->bad);
        till_error_at(error, NULL, 0, 0, column->text);
        return TILL_ERROR_DATA;
    }
    return TILL_OK;
}

void sheet_free(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++) {
        free(sheet->columns[i].text);
        free(sheet->columns[i].numbers);
        free(sheet->columns[i].codes);
        till_dictionary_free(sheet->columns[i].levels);
    }
    free(sheet->columns);
    *sheet = (struct sheet){0};
}

/* Names ----------------------------------------------------------------------------------------------------------- */

static bool ends_with(struct till_slice name, const char *end) {
    size_t length = strlen(end);
    return name.length >= length && memcmp(name.bytes + name.length - length, end, length) == 0;
}

bool sheet_is_id(struct till_slice name) {
    static const char *const ends[] = {"号", "编码", "编号", "_no", "_code", "_key"};
    if (name.length == 0 || till_slice_equal(name, till_slice_of("Unnamed: 0")))
        return true; /* the row numbers of a data frame */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            return true;
    if (name.length < 2 || (name.bytes[name.length - 1] | 0x20) != 'd' || (name.bytes[name.length - 2] | 0x20) != 'i')
        return false;
    if (name.length == 2)
        return true;
    /* customer_id, customer id, customerID: a word of its own, and not the end of "paid". */
    char before = name.bytes[name.length - 3];
    bool small = before >= 'a' && before <= 'z', large = before >= 'A' && before <= 'Z';
    return (!small && !large) || (small && name.bytes[name.length - 2] == 'I');
}

bool sheet_is_added(struct till_slice name) {
    static const char *const names[] = {"r",
                                        "f",
                                        "m",
                                        "score",
                                        "segment",
                                        "rank",
                                        "share",
                                        "cumulative_share",
                                        "tier",
                                        "cluster",
                                        "distance",
                                        "probability",
                                        "decile",
                                        "reason1",
                                        "reason2",
                                        "reason3",
                                        "p_alive",
                                        "expected_purchases",
                                        "expected_value",
                                        "clv",
                                        "ltv",
                                        "churned",
                                        "cutoff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (till_slice_equal(name, till_slice_of(names[i])))
            return true;
    return false;
}
