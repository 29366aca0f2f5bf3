/* From a grid of fields to typed columns. Each wanted column is decoded by a loop of its own over the plain case (bare
 * fields of the expected form); what is not plain goes to a function that settles it for good: the content of quotes,
 * cleaned ids, missing values, other number and date forms, or a verdict on the row. The first verdict on a row stands:
 * encoding, filters, wanted columns in their order. Rows that are not used are squeezed out at the end. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date_fast.h"
#include "lib/base/decimal_fast.h"
#include "lib/data/input.h"
#include "lib/data/reader.h"
#include "lib/data/utf8.h"

/* Where a decoding stands. */
struct decoding {
    struct reader *reader;
    struct till_block *block;
    const struct till_input_options *options;
    bool memory; /* false: memory is out */
};

/* ------------------------------------------------------------------ fields */

/* The content of a field, in three steps of falling frequency: bare, plainly quoted, and all else, which libcsv takes.
 * Only the last one copies; its room never exceeds the field, as unquoting only takes bytes away. */
bool reader_content(struct reader *reader, struct till_slice field, struct till_slice *content) {
    if (field.length == 0 || field.bytes[0] != '"') {
        *content = field;
        return true;
    }
    if (field_is_plainly_quoted(field)) {
        /* No quote between the two outer ones: the content stands there as it is. */
        *content = (struct till_slice){field.bytes + 1, field.length - 2};
        return true;
    }
    struct unquoter *unquoter = &reader->unquoter;
    char *room = arena_take(&reader->unquoted, field.length);
    if (room == NULL || (!unquoter->ready && !unquoter_open(unquoter, reader->input->chunks.delimiter))) {
        unquoter->out_of_memory = true;
        return false;
    }
    return unquoter_field(unquoter, field, room, content);
}

/* Files may have their columns in another order than the first one; the schema's numbers are translated here and
 * nowhere else. */
size_t reader_place(const struct reader *reader, size_t column) {
    const size_t *place = reader->input->chunks.files[reader->chunk.file].place;
    return place == NULL ? column : place[column];
}

/* The bytes of a record, without its line end: what a list of rejected rows shows. */
static struct till_slice record_of(const struct reader *reader, size_t row) {
    struct till_slice last = grid_field(reader, row, reader->grid.columns - 1);
    const char *start = reader->chunk.bytes + reader->grid.starts[row];
    return (struct till_slice){start, (size_t)(last.bytes + last.length - start)};
}

/* A missing value: nothing, or one of the texts that the caller named. Compared after unquoting, so "" is missing too.
 */
static bool is_null(const struct till_input_options *options, struct till_slice content) {
    if (content.length == 0) {
        return true;
    }
    for (size_t i = 0; i < options->null_count; i++) {
        if (till_slice_equal(content, till_slice_of(options->nulls[i]))) {
            return true;
        }
    }
    return false;
}

/* What exports put around ids so that spreadsheets leave them alone. */
static bool is_junk(char c) {
    return c == '\t' || c == '`' || c == ' ';
}

/* An id without what spreadsheets do to it: tabs, backticks, ="..." and a trailing .0 behind digits. Only shortened, so
 * that the result is a slice of the field; the .0 goes only where all else is digits, since "v2.0" is a name. */
static struct till_slice clean_id(struct till_slice id) {
    while (id.length > 0 && is_junk(id.bytes[0])) {
        id.bytes++;
        id.length--;
    }
    while (id.length > 0 && is_junk(id.bytes[id.length - 1])) {
        id.length--;
    }
    if (id.length >= 3 && id.bytes[0] == '=' && id.bytes[1] == '"' && id.bytes[id.length - 1] == '"') {
        return clean_id((struct till_slice){id.bytes + 2, id.length - 3});
    }
    if (id.length > 2 && memcmp(id.bytes + id.length - 2, ".0", 2) == 0) {
        for (size_t i = 0; i < id.length - 2; i++) {
            if (id.bytes[i] < '0' || id.bytes[i] > '9') {
                return id;
            }
        }
        id.length -= 2;
    }
    return id;
}

/* ------------------------------------------------------------------ verdicts */

/* The first verdict on a row stands. Columns are decoded one after another, so without this rule a row with two faults
 * would be told twice, and a filtered one could turn bad; the order of the judges is fixed, so is the verdict. Whether
 * an amount was rounded is no verdict: that bit lies beside it. */
static void reject(struct decoding *d, size_t row, struct till_slice field, const char *role, const char *reason) {
    unsigned char *verdict = &d->reader->verdict[row];
    if ((*verdict & ~VERDICT_ROUNDED) == VERDICT_USED) {
        *verdict = VERDICT_BAD;
        d->memory &= report_bad(d->reader, record_of(d->reader, row), field.bytes, role, reason);
    }
}

/* Rejects a row for a text that is not what it should be, and shows the text. Quoting makes it safe to print and short.
 */
static void reject_text(struct decoding *d, size_t row, struct till_slice field, const char *role, const char *what,
                        struct till_slice content, const char *advice) {
    char quoted[TILL_QUOTED_SIZE];
    char reason[TILL_QUOTED_SIZE + 160];
    till_error_quote(quoted, content.bytes, content.length);
    snprintf(reason, sizeof reason, "%s: %s%s", what, quoted, advice);
    reject(d, row, field, role, reason);
}

/* As reject, but the row is fine and only not wanted: it is counted by its reason, and not told of. */
static void filter(struct decoding *d, size_t row, unsigned reason) {
    unsigned char *verdict = &d->reader->verdict[row];
    if ((*verdict & ~VERDICT_ROUNDED) == VERDICT_USED) {
        *verdict = (unsigned char)(VERDICT_FILTERED + reason);
    }
}

/* The content of a field; a row whose field libcsv refuses is rejected. Lack of memory is no fault of the row: it is
 * noted in `d`, and fails the whole block at its end, which spares every loop a way out. */
static bool content_of(struct decoding *d, size_t row, struct till_slice field, const char *role,
                       struct till_slice *content) {
    if (reader_content(d->reader, field, content)) {
        return true;
    }
    if (d->reader->unquoter.out_of_memory) {
        d->memory = false;
    } else {
        reject(d, row, field, role, "broken quotes");
    }
    return false;
}

/* What a missing value does to its row. With TILL_MISSING_PASSES nothing: the caller sees the value that stands for
 * missing. */
static void settle_missing(struct decoding *d, size_t row, struct till_slice field, const struct wanted *wanted) {
    if (wanted->ask.missing == TILL_MISSING_REJECTS) {
        reject(d, row, field, wanted->ask.role, "missing");
    } else if (wanted->ask.missing == TILL_MISSING_FILTERS) {
        filter(d, row, wanted->missing_reason);
    }
}

/* ------------------------------------------------------------------ encoding */

/* Looks for the first byte of a record that is no text. What was converted from another encoding is UTF-8 by then, so
 * an invalid byte is what the converter put for one that it could not read: hence two messages. */
static void check_record_encoding(struct decoding *d, size_t row) {
    struct till_slice record = record_of(d->reader, row);
    size_t invalid = utf8_first_invalid(record.bytes, record.length);
    const char *nul = memchr(record.bytes, 0, record.length);
    size_t at = nul != NULL && (size_t)(nul - record.bytes) < invalid ? (size_t)(nul - record.bytes) : invalid;
    if (at == record.length) {
        return;
    }
    char reason[160];
    const char *encoding = d->options->encoding;
    if (record.bytes[at] == 0) {
        snprintf(reason, sizeof reason, "NUL byte");
    } else if (encoding != NULL) {
        snprintf(reason, sizeof reason, "bytes that are not valid %s", encoding);
    } else {
        snprintf(reason, sizeof reason, "byte 0x%02x is not valid UTF-8 (try --encoding=GB18030 or another)",
                 (unsigned char)record.bytes[at]);
    }
    reject(d, row, (struct till_slice){record.bytes + at, 1}, "", reason);
}

/* Most chunks are pure ASCII, or valid as a whole: the index has noted whether any byte is above 127, or NUL. Only a
 * chunk that is not is gone through record by record, to find which rows are at fault; the others are used. */
static void check_encoding(struct decoding *d) {
    const struct reader *reader = d->reader;
    bool valid =
        !reader->scan.high || utf8_first_invalid(reader->chunk.bytes, reader->chunk.length) == reader->chunk.length;
    if (valid && !reader->scan.nul) {
        return;
    }
    for (size_t row = 0; row < reader->grid.rows; row++) {
        check_record_encoding(d, row);
    }
}

/* ------------------------------------------------------------------ filters */

/* A value of a filter: the whole text, or what it begins with. Bytes are compared, so a value means the same in any
 * locale. */
static bool matches(struct till_slice content, const char *value) {
    size_t length = strlen(value);
    if (length > 0 && value[length - 1] == '*') {
        return content.length >= length - 1 && memcmp(content.bytes, value, length - 1) == 0;
    }
    return content.length == length && memcmp(content.bytes, value, length) == 0;
}

/* Judges all rows by one filter, before any wanted column is decoded: a row that is not wanted may hold what it likes.
 * The content of rows that have a verdict is not looked at. */
static void apply_filter(struct decoding *d, const struct column_filter *filtering, unsigned reason) {
    size_t column = reader_place(d->reader, filtering->column);
    for (size_t row = 0; row < d->reader->grid.rows; row++) {
        struct till_slice field = grid_field(d->reader, row, column);
        struct till_slice content;
        if (d->reader->verdict[row] != VERDICT_USED || !content_of(d, row, field, filtering->ask->column, &content)) {
            continue;
        }
        bool found = false;
        for (size_t i = 0; i < filtering->ask->value_count && !found; i++) {
            found = matches(content, filtering->ask->values[i]);
        }
        if (found != filtering->ask->keep) {
            filter(d, row, reason);
        }
    }
}

/* ------------------------------------------------------------------ text */

/* Text that is quoted, empty, to be cleaned, or maybe missing. The order is that of a reader: unquote, clean, then ask
 * whether something is left. */
static struct till_slice careful_text(struct decoding *d, size_t row, struct till_slice field,
                                      const struct wanted *wanted) {
    struct till_slice content;
    if (!content_of(d, row, field, wanted->ask.role, &content)) {
        return (struct till_slice){NULL, 0};
    }
    if (wanted->ask.identifier && d->options->clean_ids) {
        content = clean_id(content);
    }
    if (is_null(d->options, content)) {
        settle_missing(d, row, field, wanted);
        return (struct till_slice){NULL, 0};
    }
    return content;
}

/* Bare fields are slices of the chunk: no byte is copied. `plain` is settled before the loop, so that it has one test.
 */
static void decode_text(struct decoding *d, const struct wanted *wanted, struct till_slice *out) {
    struct grid_column column = grid_column(d->reader, reader_place(d->reader, wanted->ask.column));
    size_t rows = d->reader->grid.rows;
    bool plain = d->options->null_count == 0 && !(wanted->ask.identifier && d->options->clean_ids);
    for (size_t row = 0; row < rows; row++) {
        struct till_slice field = grid_column_field(&column, row);
        bool bare = field.length > 0 && field.bytes[0] != '"';
        out[row] = bare && plain ? field : careful_text(d, row, field, wanted);
    }
}

/* ------------------------------------------------------------------ numbers */

/* What to try when a text is not a number: the other decimal mark, or the money form, whichever would have read it. */
static const char *number_advice(struct till_slice content, const struct till_number_format *format) {
    int64_t money;
    bool rounded;
    struct till_number_format loose = {.decimal_mark = format->decimal_mark, .money = true};
    struct till_number_format other = {.decimal_mark = format->decimal_mark == ',' ? '.' : ',', .money = format->money};
    if (till_decimal_parse(content.bytes, content.length, &other, &money, &rounded) == TILL_NUMBER_OK) {
        return other.decimal_mark == ',' ? " (try --decimal=,)" : " (try --decimal=.)";
    }
    if (!format->money &&
        till_decimal_parse(content.bytes, content.length, &loose, &money, &rounded) == TILL_NUMBER_OK) {
        return " (try --money)";
    }
    return "";
}

/* Too large is told apart from not a number: the first one calls for another unit, the second for another column or
 * option. */
static void reject_number(struct decoding *d, size_t row, struct till_slice field, const struct wanted *wanted,
                          struct till_slice content, enum till_number_result result) {
    if (result == TILL_NUMBER_OVERFLOW) {
        reject_text(d, row, field, wanted->ask.role, "number too large", content, "");
    } else {
        reject_text(d, row, field, wanted->ask.role, "not a number", content,
                    number_advice(content, &d->options->number));
    }
}

/* The number in a field, whatever its form; missing values and bad ones give TILL_MONEY_MISSING and a verdict. */
static int64_t careful_money(struct decoding *d, size_t row, struct till_slice field, const struct wanted *wanted) {
    struct till_slice content;
    int64_t money = TILL_MONEY_MISSING;
    bool rounded = false;
    if (!content_of(d, row, field, wanted->ask.role, &content)) {
        return TILL_MONEY_MISSING;
    }
    if (is_null(d->options, content)) {
        settle_missing(d, row, field, wanted);
        return TILL_MONEY_MISSING;
    }
    enum till_number_result result =
        till_decimal_parse(content.bytes, content.length, &d->options->number, &money, &rounded);
    if (result != TILL_NUMBER_OK) {
        reject_number(d, row, field, wanted, content, result);
        return TILL_MONEY_MISSING;
    }
    d->reader->verdict[row] |= rounded ? VERDICT_ROUNDED : 0;
    return money;
}

/* The fast parser takes what nearly all amounts look like, and refuses everything else, without judging it. It may look
 * a little beyond the field, which the chunk's padding allows. */
static void decode_money(struct decoding *d, const struct wanted *wanted, size_t place, int64_t *out) {
    struct grid_column column = grid_column(d->reader, place);
    size_t rows = d->reader->grid.rows;
    bool plain = d->options->null_count == 0 && d->options->number.decimal_mark == '.';
    for (size_t row = 0; row < rows; row++) {
        struct till_slice field = grid_column_field(&column, row);
        if (!plain || !decimal_parse_padded(field.bytes, field.length, '.', &out[row])) {
            out[row] = careful_money(d, row, field, wanted);
        }
    }
}

/* Money as the product of two columns; `scratch` holds the second one. A row with either missing has no product. The
 * product of two numbers with four decimals has eight, so it is rounded, and the row says so. */
static void multiply_columns(struct decoding *d, const struct wanted *wanted, int64_t *out, int64_t *scratch) {
    decode_money(d, wanted, reader_place(d->reader, wanted->ask.factor - 1), scratch);
    for (size_t row = 0; row < d->reader->grid.rows; row++) {
        bool rounded = false;
        if (out[row] == TILL_MONEY_MISSING || scratch[row] == TILL_MONEY_MISSING) {
            out[row] = TILL_MONEY_MISSING;
        } else if (till_decimal_multiply(out[row], scratch[row], &out[row], &rounded) != TILL_NUMBER_OK) {
            struct till_slice field = grid_field(d->reader, row, reader_place(d->reader, wanted->ask.column));
            reject_text(d, row, field, wanted->ask.role, "product too large", field, "");
        } else {
            d->reader->verdict[row] |= rounded ? VERDICT_ROUNDED : 0;
        }
    }
}

/* Real numbers have no fast form of their own: all of them go the careful way. */
static void decode_real(struct decoding *d, const struct wanted *wanted, double *out) {
    struct grid_column column = grid_column(d->reader, reader_place(d->reader, wanted->ask.column));
    size_t rows = d->reader->grid.rows;
    for (size_t row = 0; row < rows; row++) {
        struct till_slice field = grid_column_field(&column, row);
        struct till_slice content;
        out[row] = (double)NAN;
        if (!content_of(d, row, field, wanted->ask.role, &content)) {
            continue;
        }
        if (is_null(d->options, content)) {
            settle_missing(d, row, field, wanted);
            continue;
        }
        enum till_number_result result = till_real_parse(content.bytes, content.length, &d->options->number, &out[row]);
        if (result != TILL_NUMBER_OK) {
            reject_number(d, row, field, wanted, content, result);
        }
    }
}

/* ------------------------------------------------------------------ dates */

/* A date that is not in the plain form, or not there, or not a date. The message says what form was expected, since
 * that was mostly found from the data and nobody gave it. */
static int64_t careful_time(struct decoding *d, size_t row, struct till_slice field, const struct wanted *wanted) {
    struct till_slice content;
    int64_t time = TILL_TIME_MISSING;
    if (!content_of(d, row, field, wanted->ask.role, &content)) {
        return TILL_TIME_MISSING;
    }
    if (is_null(d->options, content)) {
        settle_missing(d, row, field, wanted);
        return TILL_TIME_MISSING;
    }
    if (!till_date_parse(wanted->date_format, wanted->ask.date_pattern, content.bytes, content.length, &time)) {
        char advice[96];
        snprintf(advice, sizeof advice, " (expected %s)",
                 wanted->date_format == TILL_DATE_PATTERN ? wanted->ask.date_pattern
                                                          : till_date_format_name(wanted->date_format));
        reject_text(d, row, field, wanted->ask.role, "not a date", content, advice);
        return TILL_TIME_MISSING;
    }
    return time;
}

/* Exports are mostly sorted by time, so that a date mostly is that of the row before: its ten bytes are compared first.
 * `before` points into the chunk, and to blanks, which no date equals, where there is none to compare with. */
static void decode_day(struct decoding *d, const struct wanted *wanted, int32_t *out) {
    struct grid_column column = grid_column(d->reader, reader_place(d->reader, wanted->ask.column));
    size_t rows = d->reader->grid.rows;
    bool iso = wanted->date_format == TILL_DATE_ISO && d->options->null_count == 0;
    const char *before = "          ";
    int32_t day = TILL_DAY_MISSING;
    for (size_t row = 0; row < rows; row++) {
        struct till_slice field = grid_column_field(&column, row);
        int64_t time;
        if (iso && field.length == 10) {
            if (memcmp(field.bytes, before, 10) == 0 || date_parse_iso_day(field.bytes, &day)) {
                before = field.bytes;
                out[row] = day;
                continue;
            }
            before = "          ";
        }
        if (!iso || !date_parse_iso_plain(field.bytes, field.length, &time)) {
            time = careful_time(d, row, field, wanted);
        }
        out[row] = time == TILL_TIME_MISSING ? TILL_DAY_MISSING : till_date_day(time);
    }
}

/* As decode_day; times of the day differ from row to row, so nothing is compared. */
static void decode_time(struct decoding *d, const struct wanted *wanted, int64_t *out) {
    struct grid_column column = grid_column(d->reader, reader_place(d->reader, wanted->ask.column));
    size_t rows = d->reader->grid.rows;
    bool iso = wanted->date_format == TILL_DATE_ISO && d->options->null_count == 0;
    for (size_t row = 0; row < rows; row++) {
        struct till_slice field = grid_column_field(&column, row);
        if (!iso || !date_parse_iso_plain(field.bytes, field.length, &out[row])) {
            out[row] = careful_time(d, row, field, wanted);
        }
    }
}

/* Filters what lies outside of the days asked for. A missing date is neither early nor late; it was settled before. */
static void limit_days(struct decoding *d, const struct wanted *wanted, const struct till_vector *column) {
    if (wanted->ask.until == TILL_DAY_MISSING && wanted->ask.since == TILL_DAY_MISSING) {
        return;
    }
    for (size_t row = 0; row < d->reader->grid.rows; row++) {
        bool missing =
            column->type == TILL_DAY ? column->day[row] == TILL_DAY_MISSING : column->time[row] == TILL_TIME_MISSING;
        int32_t day = missing ? 0 : column->type == TILL_DAY ? column->day[row] : till_date_day(column->time[row]);
        if (!missing && wanted->ask.until != TILL_DAY_MISSING && day > wanted->ask.until) {
            filter(d, row, wanted->until_reason);
        } else if (!missing && wanted->ask.since != TILL_DAY_MISSING && day < wanted->ask.since) {
            filter(d, row, wanted->since_reason);
        }
    }
}

/* ------------------------------------------------------------------ blocks */

/* One loop for each type, so that the type is asked once a column and not once a value. */
static void decode_column(struct decoding *d, const struct wanted *wanted, struct till_vector *column) {
    int64_t *scratch;
    switch (wanted->ask.type) {
    case TILL_TEXT:
        decode_text(d, wanted, column->text);
        break;
    case TILL_MONEY:
        decode_money(d, wanted, reader_place(d->reader, wanted->ask.column), column->money);
        if (wanted->ask.factor > 0) {
            scratch = malloc((d->reader->grid.rows + 1) * sizeof *scratch);
            d->memory &= scratch != NULL;
            if (scratch != NULL) {
                multiply_columns(d, wanted, column->money, scratch);
            }
            free(scratch);
        }
        break;
    case TILL_REAL:
        decode_real(d, wanted, column->real);
        break;
    case TILL_DAY:
        decode_day(d, wanted, column->day);
        limit_days(d, wanted, column);
        break;
    case TILL_TIME:
        decode_time(d, wanted, column->time);
        limit_days(d, wanted, column);
        break;
    case TILL_COUNT:
    case TILL_INTEGER:
        break; /* refused by till_input_start */
    }
}

/* The record with its fields in the order of the schema, as they stand in the file, quotes and all. */
static struct till_slice reorder_record(struct decoding *d, size_t row, const size_t *place) {
    struct till_text *out = &d->reader->reordered;
    size_t start = out->length;
    for (size_t i = 0; i < d->reader->grid.columns; i++) {
        struct till_slice field = grid_field(d->reader, row, place[i]);
        char delimiter = d->reader->input->chunks.delimiter;
        d->memory &=
            (i == 0 || till_text_append(out, &delimiter, 1)) && till_text_append(out, field.bytes, field.length);
    }
    return (struct till_slice){out->bytes + start, out->length - start};
}

/* The text is reserved as a whole before slices into it are made: a reordered record has the bytes of its record, and
 * all records together are not longer than the chunk. */
static void keep_records(struct decoding *d) {
    struct reader *reader = d->reader;
    const size_t *place = reader->input->chunks.files[reader->chunk.file].place;
    reader->reordered.length = 0;
    if (place != NULL && !till_text_reserve(&reader->reordered, reader->chunk.length)) {
        d->memory = false;
        return;
    }
    for (size_t row = 0; row < reader->grid.rows; row++) {
        d->block->records[row] = place == NULL ? record_of(reader, row) : reorder_record(d, row, place);
    }
}

/* Bytes a value; what is neither a text nor a day takes eight. */
static size_t width_of(enum till_type type) {
    return type == TILL_TEXT ? sizeof(struct till_slice) : type == TILL_DAY ? sizeof(int32_t) : sizeof(int64_t);
}

/* Moves the used rows together, in every column. Only done when a row is not used, which most chunks do not have.
 * block_rows remembers where each row stood, for those who reject it later. */
static void squeeze(struct decoding *d) {
    struct till_block *block = d->block;
    const unsigned char *verdict = d->reader->verdict;
    size_t rows = d->reader->grid.rows;
    size_t kept = 0;
    for (size_t row = 0; row < rows; row++) {
        if ((verdict[row] & ~VERDICT_ROUNDED) != VERDICT_USED) {
            continue;
        }
        for (size_t c = 0; kept != row && c < block->column_count; c++) {
            size_t width = width_of(block->columns[c].type);
            char *values = block->columns[c].any;
            memcpy(values + kept * width, values + row * width, width);
        }
        if (kept != row && block->records != NULL) {
            block->records[kept] = block->records[row];
        }
        d->reader->block_rows[kept++] = (uint32_t)row;
    }
    block->rows = kept;
    d->reader->squeezed = true;
}

/* Counts the verdicts; true when a row is not used. Bad rows are not counted here: each stands in the report, and is
 * counted when the report is taken. */
static bool tally(struct decoding *d) {
    struct report *report = d->reader->report;
    size_t rows = d->reader->grid.rows;
    size_t unused = 0;
    for (size_t row = 0; row < rows; row++) {
        unsigned verdict = d->reader->verdict[row];
        unsigned outcome = verdict & ~(unsigned)VERDICT_ROUNDED;
        if (verdict == VERDICT_USED) {
            continue;
        }
        unused += outcome != VERDICT_USED;
        report->rounded += outcome == VERDICT_USED && (verdict & VERDICT_ROUNDED) != 0;
        if (outcome >= VERDICT_FILTERED) {
            report->filtered[outcome - VERDICT_FILTERED]++;
        }
    }
    /* Records with another number of fields were counted when the grid was made. */
    report->read += rows;
    report->used = rows - unused;
    return unused > 0;
}

/* Room for the rows of the grid in all columns. The old values are of the last block and not needed, so nothing is
 * moved; half as much again keeps chunks of slightly rising size from allocating each time. */
static enum till_status reserve_rows(struct reader *reader, struct till_block *block, struct till_error *error) {
    size_t rows = reader->grid.rows;
    if (rows <= reader->row_capacity) {
        return TILL_OK;
    }
    size_t capacity = rows + rows / 2;
    bool fine = true;
    for (size_t c = 0; c < block->column_count; c++) {
        free(block->columns[c].any);
        block->columns[c].any = malloc(capacity * width_of(block->columns[c].type));
        fine &= block->columns[c].any != NULL;
    }
    if (reader->input->keeps_records) {
        free(block->records);
        block->records = malloc(capacity * sizeof *block->records);
        fine &= block->records != NULL;
    }
    free(reader->verdict);
    free(reader->block_rows);
    reader->verdict = malloc(capacity);
    reader->block_rows = malloc(capacity * sizeof *reader->block_rows);
    fine &= reader->verdict != NULL && reader->block_rows != NULL;
    reader->row_capacity = fine ? capacity : 0;
    return fine ? TILL_OK : till_error_memory(error);
}

/* The order of the judges is the contract of till/input.h: encoding, filters, wanted columns as listed. Every row of
 * the grid is decoded in every column, also those that have a verdict: loops without exceptions are faster than the
 * values they would save, and reject and filter see to it that nothing comes of it. */
enum till_status reader_decode(struct reader *reader, struct till_block *block, struct till_error *error) {
    struct decoding d = {reader, block, &reader->input->options, true};
    const struct till_input *input = reader->input;
    arena_reset(&reader->unquoted);
    reader->squeezed = false;
    enum till_status status = reader_make_grid(reader, error);
    if (status == TILL_OK) {
        status = reserve_rows(reader, block, error);
    }
    if (status != TILL_OK) {
        return status;
    }
    block->rows = reader->grid.rows;
    block->sequence = reader->chunk.sequence;
    if (block->rows > 0) {
        memset(reader->verdict, VERDICT_USED, block->rows);
    }
    check_encoding(&d);
    for (size_t i = 0; i < input->options.filter_count; i++) {
        apply_filter(&d, &input->filters[i], (unsigned)i);
    }
    for (size_t i = 0; i < input->wanted_count; i++) {
        decode_column(&d, &input->wanted[i], &block->columns[i]);
    }
    if (reader->input->keeps_records) {
        keep_records(&d);
    }
    if (tally(&d)) {
        squeeze(&d);
    }
    return d.memory ? TILL_OK : till_error_memory(error);
}
