/* Rows out: one buffer into which cells are written in place.
 *
 * A cell is the bytes that stand before it (a delimiter, a JSON key) and its value, formatted straight into the buffer.
 * Whenever a row has carried it past 256 KB, the sink gets pieces of just that length: so each begins in a file where
 * a large page of the system does, which takes three quarters of the time of pieces that begin anywhere. What a format
 * adds is a table of a few texts and two functions (writer_parts.h), so the hot path is the same for all. The first
 * failure is kept, what follows is ignored, and the end of the row reports it. */
#include <math.h>
#include <stdlib.h>

#include <till/decimal.h>

#include "lib/base/reals.h"
#include "writer_parts.h"

enum {
    PIECE = 256 * 1024,          /* the system takes long pieces in less time, and the tools copy none of this length */
    FIRST_CAPACITY = 320 * 1024, /* so that rows of usual length never make the buffer grow */
    CELL_ROOM = 64               /* no number or date is longer */
};

static const struct writer_format *const formats[] = {
    [TILL_FORMAT_CSV] = &writer_csv,   [TILL_FORMAT_TSV] = &writer_csv,           [TILL_FORMAT_JSONL] = &writer_jsonl,
    [TILL_FORMAT_JSON] = &writer_json, [TILL_FORMAT_MARKDOWN] = &writer_markdown, [TILL_FORMAT_TABLE] = &writer_table,
};

static enum till_status append_to_text(void *context, const void *bytes, size_t length, struct till_error *error) {
    return till_text_append(context, bytes, length) ? TILL_OK : till_error_memory(error);
}

struct till_sink till_sink_text(struct till_text *text) {
    return (struct till_sink){append_to_text, text};
}

static char delimiter_of(const struct till_writer_options *options) {
    if (options->format == TILL_FORMAT_TSV)
        return '\t';
    return options->delimiter == '\0' ? ',' : options->delimiter;
}

enum till_status till_writer_new(struct till_writer **writer, struct till_sink sink,
                                 const struct till_writer_options *options, struct till_error *error) {
    *writer = NULL;
    struct till_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return till_error_memory(error);
    w->sink = sink;
    w->format = formats[options->format];
    w->delimiter = delimiter_of(options);
    w->exact_reals = options->exact_reals;
    w->guards_numbers = w->format == &writer_csv && strchr("0123456789+-.eE: ", w->delimiter) != NULL;
    for (size_t i = 0; i < DAY_TEXTS; i++)
        w->days[i].day = TILL_DAY_MISSING;
    enum till_status status = TILL_OK;
    if (w->delimiter == '"' || w->delimiter == '\n' || w->delimiter == '\r')
        status = till_error_set(error, TILL_ERROR_USAGE, "the delimiter cannot be a quote or a line end");
    if (status == TILL_OK)
        status = encoder_new(&w->encoder, options->encoding, options->bom, error);
    if (status == TILL_OK && !till_text_reserve(&w->out, FIRST_CAPACITY))
        status = till_error_memory(error);
    if (status == TILL_OK)
        *writer = w;
    else
        till_writer_free(w);
    return status;
}

void till_writer_free(struct till_writer *w) {
    if (w == NULL)
        return;
    encoder_free(w->encoder);
    till_text_free(&w->out);
    till_text_free(&w->encoded);
    till_text_free(&w->prefix_bytes);
    till_text_free(&w->field_bytes);
    free(w->types);
    free(w->prefixes);
    free(w->fields);
    free(w);
}

/* Keeps the first failure. */
static void fail(struct till_writer *w, enum till_status status) {
    if (w->failure.status == TILL_OK) {
        if (status == TILL_ERROR_MEMORY)
            till_error_memory(&w->failure);
        else
            till_error_set(&w->failure, status,
                           "row %llu: text that is not valid UTF-8 cannot be written in this format",
                           (unsigned long long)w->row + 1);
    }
}

static enum till_status report(const struct till_writer *w, struct till_error *error) {
    if (w->failure.status != TILL_OK && error != NULL)
        *error = w->failure;
    return w->failure.status;
}

/* Header -------------------------------------------------------------------------------------------------------- */

void writer_set_prefixes(struct till_writer *w, const size_t *starts) {
    for (size_t i = 0; i < w->count; i++)
        w->prefixes[i] = (struct till_slice){w->prefix_bytes.bytes + starts[i], starts[i + 1] - starts[i]};
}

enum till_status writer_same_prefixes(struct till_writer *w, const char *before, const char *between) {
    size_t length = strlen(before);
    if (!till_text_append_string(&w->prefix_bytes, before) || !till_text_append_string(&w->prefix_bytes, between))
        return TILL_ERROR_MEMORY;
    for (size_t i = 1; i < w->count; i++)
        w->prefixes[i] = (struct till_slice){w->prefix_bytes.bytes + length, strlen(between)};
    w->prefixes[0] = (struct till_slice){w->prefix_bytes.bytes, length};
    return TILL_OK;
}

/* Two quotes for a row of one column that would else be a blank line, which readers skip. */
static bool fill_blank_line(struct till_writer *w) {
    if (w->format != &writer_csv || w->count != 1 || w->out.length != w->row_start)
        return true;
    return till_text_append(&w->out, "\"\"", 2);
}

static enum till_status write_header(struct till_writer *w, const struct till_slice *names) {
    enum till_status status = w->format->columns(w, names);
    if (status == TILL_OK && w->format == &writer_csv && (!fill_blank_line(w) || !till_text_append(&w->out, "\n", 1)))
        status = TILL_ERROR_MEMORY;
    return status;
}

enum till_status till_writer_columns(struct till_writer *w, const struct till_slice *names, const enum till_type *types,
                                     size_t count, struct till_error *error) {
    if (w->count > 0 || count == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "the header is written once, with one column or more");
    w->types = malloc(count * sizeof *w->types);
    w->prefixes = malloc(count * sizeof *w->prefixes);
    if (w->types == NULL || w->prefixes == NULL)
        return till_error_memory(error);
    memcpy(w->types, types, count * sizeof *types);
    w->count = count;
    enum till_status status = write_header(w, names);
    if (status != TILL_OK) {
        fail(w, status);
        return report(w, error);
    }
    return w->format->holds_all ? TILL_OK : writer_pass_on(w, 0, error);
}

/* Cells --------------------------------------------------------------------------------------------------------- */

/* Writes what stands before the next cell, and returns where its value goes, with room for `room` bytes; NULL: nowhere.
 */
static char *begin_cell(struct till_writer *w, size_t room) {
    if (w->cell >= w->count) { /* one too many: the end of the row says so */
        w->cell++;
        return NULL;
    }
    struct till_slice prefix = w->prefixes[w->cell++];
    if (w->out.capacity - w->out.length < prefix.length + room && !till_text_reserve(&w->out, prefix.length + room)) {
        fail(w, TILL_ERROR_MEMORY);
        return NULL;
    }
    char *out = w->out.bytes + w->out.length;
    if (prefix.length == 1)
        *out = *prefix.bytes;
    else
        memcpy(out, prefix.bytes, prefix.length);
    w->out.length += prefix.length;
    return out + prefix.length;
}

/* Takes `length` bytes written at `out` as a number or date. Where the delimiter may be among them, they are quoted. */
static void end_cell(struct till_writer *w, const char *out, size_t length) {
    if (!w->guards_numbers) {
        w->out.length += length;
        return;
    }
    char copy[CELL_ROOM];
    memcpy(copy, out, length);
    if (!till_csv_append_field(&w->out, (struct till_slice){copy, length}, w->delimiter))
        fail(w, TILL_ERROR_MEMORY);
}

static void missing(struct till_writer *w) {
    if (begin_cell(w, 0) != NULL && !till_text_append_string(&w->out, w->format->missing))
        fail(w, TILL_ERROR_MEMORY);
}

void till_writer_text(struct till_writer *w, struct till_slice text) {
    if (text.bytes == NULL) {
        missing(w);
    } else if (begin_cell(w, text.length) != NULL) {
        enum till_status status = w->format->text(&w->out, text, w->delimiter);
        if (status != TILL_OK)
            fail(w, status);
    }
}

void till_writer_money(struct till_writer *w, int64_t money) {
    if (money == TILL_MONEY_MISSING) {
        missing(w);
        return;
    }
    char *out = begin_cell(w, CELL_ROOM);
    if (out != NULL)
        end_cell(w, out, till_decimal_format(out, money));
}

/* "2010-12-01" to `out`. */
static size_t put_day(struct till_writer *w, char *out, int32_t day) {
    struct day_text *known = &w->days[(uint32_t)day % DAY_TEXTS];
    if (known->day != day) {
        size_t length = till_date_write(known->text, day);
        known->day = length == 10 ? day : TILL_DAY_MISSING; /* a year of other than four digits is not kept */
        if (length != 10) {
            memcpy(out, known->text, length);
            return length;
        }
    }
    memcpy(out, known->text, 10);
    return 10;
}

/* Dates are numbers to all formats but JSON. */
static void write_date(struct till_writer *w, int32_t day, int64_t seconds, bool with_time) {
    char scratch[CELL_ROOM];
    char *out = w->format->days_are_texts ? scratch : begin_cell(w, CELL_ROOM);
    if (out == NULL)
        return;
    size_t length = put_day(w, out, day);
    if (with_time) {
        const int64_t parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
        for (size_t i = 0; i < 3; i++) {
            out[length++] = i == 0 ? ' ' : ':';
            out[length++] = (char)('0' + parts[i] / 10);
            out[length++] = (char)('0' + parts[i] % 10);
        }
    }
    if (w->format->days_are_texts)
        till_writer_text(w, (struct till_slice){scratch, length});
    else
        end_cell(w, out, length);
}

void till_writer_day(struct till_writer *w, int32_t day) {
    if (day == TILL_DAY_MISSING)
        missing(w);
    else
        write_date(w, day, 0, false);
}

void till_writer_time(struct till_writer *w, int64_t time) {
    if (time == TILL_TIME_MISSING) {
        missing(w);
        return;
    }
    int32_t day = till_date_day(time);
    write_date(w, day, time - (int64_t)day * 86400, true);
}

void till_writer_real(struct till_writer *w, double value) {
    if (!isfinite(value)) {
        missing(w);
        return;
    }
    char *out = begin_cell(w, CELL_ROOM);
    if (out != NULL)
        end_cell(w, out, w->exact_reals ? till_real_format_exact(out, value) : till_real_format(out, value));
}

static void write_looked_at(struct till_writer *w, double value, const struct real_digits *digits) {
    if (!isfinite(value)) {
        missing(w);
        return;
    }
    char *out = begin_cell(w, CELL_ROOM);
    if (out != NULL)
        w->out.length += real_put(out, value, digits);
}

void till_writer_reals(struct till_writer *w, const double *values, size_t count) {
    struct real_digits digits[REALS];
    bool together = !w->exact_reals && !w->guards_numbers;
    for (size_t i = 0; i < count; i++) {
        if (together && i % REALS == 0)
            reals_look(values + i, count - i < REALS ? count - i : REALS, digits);
        if (together)
            write_looked_at(w, values[i], &digits[i % REALS]);
        else
            till_writer_real(w, values[i]);
    }
}

void till_writer_count(struct till_writer *w, uint64_t value) {
    if (value == UINT64_MAX) {
        missing(w);
        return;
    }
    char *out = begin_cell(w, CELL_ROOM);
    if (out != NULL)
        end_cell(w, out, till_count_format(out, value));
}

void till_writer_integer(struct till_writer *w, int64_t value) {
    if (value == INT64_MIN) {
        missing(w);
        return;
    }
    char *out = begin_cell(w, CELL_ROOM);
    if (out != NULL)
        end_cell(w, out, till_integer_format(out, value));
}

void till_writer_cell(struct till_writer *w, const struct till_vector *values, size_t row) {
    switch (values->type) {
    case TILL_TEXT:
        till_writer_text(w, values->text[row]);
        break;
    case TILL_MONEY:
        till_writer_money(w, values->money[row]);
        break;
    case TILL_DAY:
        till_writer_day(w, values->day[row]);
        break;
    case TILL_TIME:
        till_writer_time(w, values->time[row]);
        break;
    case TILL_REAL:
        till_writer_real(w, values->real[row]);
        break;
    case TILL_COUNT:
        till_writer_count(w, values->count[row]);
        break;
    case TILL_INTEGER:
        till_writer_integer(w, values->integer[row]);
        break;
    }
}

/* Records ------------------------------------------------------------------------------------------------------- */

static void copy_record(struct till_writer *w, struct till_slice record, size_t count) {
    if (begin_cell(w, record.length) == NULL)
        return;
    if (!till_text_append(&w->out, record.bytes, record.length))
        fail(w, TILL_ERROR_MEMORY);
    w->cell += count - 1;
}

static enum till_status split_record(struct till_writer *w, struct till_slice record, char delimiter, size_t count,
                                     struct till_error *error) {
    if (w->fields == NULL)
        w->fields = malloc(w->count * sizeof *w->fields);
    if (w->fields == NULL)
        return till_error_memory(error);
    enum till_status status = record_split(record, delimiter, w->fields, count, &w->field_bytes);
    if (status == TILL_ERROR_MEMORY)
        return till_error_memory(error);
    if (status != TILL_OK)
        return till_error_set(error, TILL_ERROR_DATA, "row %llu: the record does not have %zu fields",
                              (unsigned long long)w->row + 1, count);
    for (size_t i = 0; i < count; i++)
        till_writer_text(w, w->fields[i]);
    return TILL_OK;
}

enum till_status till_writer_record(struct till_writer *w, struct till_slice record, char delimiter, size_t count,
                                    struct till_error *error) {
    if (count == 0 || w->cell + count > w->count)
        return till_error_set(error, TILL_ERROR_USAGE, "a record of %zu fields in a row of %zu columns", count,
                              w->count);
    if (w->format != &writer_csv || w->delimiter != delimiter)
        return split_record(w, record, delimiter, count, error);
    copy_record(w, record, count);
    return report(w, error);
}

/* Rows ---------------------------------------------------------------------------------------------------------- */

static enum till_status hand_over(struct till_writer *w, struct till_text *bytes, struct till_error *error) {
    enum till_status status =
        bytes->length == 0 ? TILL_OK : w->sink.write(w->sink.context, bytes->bytes, bytes->length, error);
    bytes->length = 0;
    return status;
}

/* Hands over the whole pieces; what is left of a row or more moves to the front. */
static enum till_status hand_over_pieces(struct till_writer *w, struct till_text *bytes, struct till_error *error) {
    size_t length = bytes->length - bytes->length % PIECE, left = bytes->length - length;
    if (length == 0)
        return TILL_OK;
    bytes->length = length;
    enum till_status status = hand_over(w, bytes, error);
    memmove(bytes->bytes, bytes->bytes + length, left);
    bytes->length = left;
    return status;
}

enum till_status writer_pass_on(struct till_writer *w, uint64_t row, struct till_error *error) {
    if (w->encoder == NULL) {
        enum till_status status = hand_over_pieces(w, &w->out, error);
        w->row_start = w->out.length;
        return status;
    }
    struct till_error place = {0};
    enum till_status status = encoder_add(w->encoder, w->out.bytes, w->out.length, &w->encoded, &place);
    w->out.length = w->row_start = 0;
    if (status != TILL_OK && row == 0)
        return till_error_set(error, status, "header: %s", place.message);
    if (status != TILL_OK)
        return till_error_set(error, status, "row %llu: %s", (unsigned long long)row, place.message);
    return hand_over_pieces(w, &w->encoded, error);
}

static bool append_row_end(struct till_writer *w) {
    struct till_slice end = w->format->row_end;
    return till_text_append(&w->out, end.bytes, end.length);
}

/* Once there is a row, what joins rows belongs to the first prefix. */
static void join_rows(struct till_writer *w) {
    size_t length = strlen(w->format->row_join);
    if (length > 0) {
        w->prefixes[0].bytes -= length;
        w->prefixes[0].length += length;
    }
}

enum till_status till_writer_end(struct till_writer *w, struct till_error *error) {
    if (report(w, error) != TILL_OK)
        return w->failure.status;
    if (w->cell != w->count)
        return till_error_set(error, TILL_ERROR_USAGE, "row %llu has %zu cells in %zu columns",
                              (unsigned long long)w->row + 1, w->cell, w->count);
    if (!fill_blank_line(w) || !append_row_end(w))
        return till_error_memory(error);
    w->cell = 0;
    if (w->row++ == 0)
        join_rows(w);
    return w->format->holds_all ? TILL_OK : writer_pass_on(w, w->row, error);
}

bool till_writer_is_plain(const struct till_writer *w, struct till_slice text) {
    return w->format == &writer_csv && w->encoder == NULL && !w->guards_numbers &&
           !writer_csv_needs_quotes(text, w->delimiter);
}

char till_writer_delimiter(const struct till_writer *w) {
    return w->delimiter;
}

char *till_writer_rows(struct till_writer *w, size_t length) {
    if (w->out.capacity - w->out.length < length && !till_text_reserve(&w->out, length))
        return NULL;
    return w->out.bytes + w->out.length;
}

enum till_status till_writer_end_rows(struct till_writer *w, uint64_t rows, size_t length, struct till_error *error) {
    w->out.length += length;
    w->row += rows;
    return w->out.length < PIECE ? TILL_OK : writer_pass_on(w, w->row, error);
}

enum till_status till_writer_finish(struct till_writer *w, struct till_error *error) {
    if (report(w, error) != TILL_OK)
        return w->failure.status;
    enum till_status status = w->format->holds_all && w->count > 0 ? writer_table_lay_out(w, error) : TILL_OK;
    const char *end = w->row > 0 ? w->format->file_end : w->format->empty_end;
    if (status == TILL_OK && w->count > 0 && !till_text_append_string(&w->out, end))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = writer_pass_on(w, w->row, error);
    if (status == TILL_OK && w->encoder != NULL)
        status = encoder_add(w->encoder, NULL, 0, &w->encoded, error);
    if (status == TILL_OK)
        status = hand_over(w, w->encoder != NULL ? &w->encoded : &w->out, error);
    return status;
}
