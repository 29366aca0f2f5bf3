/* Headers. The first file's header names the columns of the whole input; each further file is held against it, so that
 * columns may stand in another order there but none may be missing or new. Things that look like a header and are not
 * (a lone "sep=;", carriage returns without line feeds) are named as what they are. */
#include "lib/data/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/data/utf8.h"

/* A header with broken quotes has no end that could be trusted; its first line then stands for it, and header_take
 * refuses it with a message. It must be found, though, or one would read on to the end of the file. */
bool header_find(const struct till_text *text, char delimiter, bool at_end, struct till_slice *record, size_t *length) {
    enum scan_fault fault = SCAN_FINE;
    size_t end = text->length == 0 ? 0 : scan_record_end(text->bytes, text->length, delimiter, &fault);
    bool broken = fault == SCAN_QUOTE_INSIDE || fault == SCAN_TEXT_BEHIND;
    if (end >= text->length && !at_end && !broken) {
        return false;
    }
    if (broken) {
        const char *newline = memchr(text->bytes, '\n', text->length);
        end = newline == NULL ? text->length : (size_t)(newline - text->bytes);
    }
    *length = end < text->length ? end + 1 : end;
    if (end > 0 && end < text->length && text->bytes[end - 1] == '\r') {
        end--;
    }
    *record = (struct till_slice){text->length == 0 ? "" : text->bytes, end};
    return true;
}

/* One field more than there are delimiters outside quotes. The loop goes up to and including the end, since a record
 * that ends in a delimiter has an empty field behind it. */
static size_t count_fields(struct till_slice record, char delimiter) {
    size_t count = 0;
    for (size_t at = 0; at <= record.length; count++) {
        enum scan_fault fault;
        at = scan_field_end(record.bytes, record.length, at, delimiter, &fault) + 1;
    }
    return count;
}

/* ------------------------------------------------------------------ checking */

/* All faults of a header are data errors with a place. No number of bad rows that are allowed makes up for one, since
 * columns would be taken for others. */
static enum till_status refuse(const struct chunks *chunks, const struct input_file *file, size_t column,
                               struct till_error *error, const char *message) {
    till_error_set(error, TILL_ERROR_DATA, "%s", message);
    till_error_at(error, file->name, chunks->line, column, NULL);
    return TILL_ERROR_DATA;
}

/* Files with line ends of carriage returns alone (old spreadsheets) look like one endless header. */
static bool has_lone_return(struct till_slice record) {
    const char *at = record.length == 0 ? NULL : memchr(record.bytes, '\r', record.length);
    return at != NULL && (size_t)(at - record.bytes) + 1 < record.length && at[1] != '\n';
}

/* What can be wrong with a header before its names are looked at. The order matters: encoding and NUL bytes explain
 * most of what else would look wrong, so they are told first. */
static enum till_status check_record(const struct chunks *chunks, const struct input_file *file,
                                     struct till_slice record, struct till_error *error) {
    enum scan_fault fault = SCAN_FINE;
    if (record.length == 0) {
        /* Blank lines were skipped in search of the header; it is missing where the first of them stands. */
        uint64_t first = chunks->options->skip + 1;
        refuse(chunks, file, 1, error, "no header line: the input is empty");
        till_error_at(error, file->name, first < chunks->line ? first : chunks->line, 1, NULL);
        return TILL_ERROR_DATA;
    }
    size_t invalid = utf8_first_invalid(record.bytes, record.length);
    if (invalid < record.length) {
        char message[160];
        snprintf(message, sizeof message,
                 "byte 0x%02x is not valid %s in the header (try --encoding=GB18030 or another)",
                 (unsigned char)record.bytes[invalid],
                 chunks->options->encoding == NULL ? "UTF-8" : chunks->options->encoding);
        return refuse(chunks, file, invalid + 1, error, message);
    }
    const char *nul = memchr(record.bytes, 0, record.length);
    if (nul != NULL) {
        return refuse(chunks, file, (size_t)(nul - record.bytes) + 1, error, "NUL byte in the header");
    }
    if (record.length <= 6 && record.length >= 5 && strncasecmp(record.bytes, "sep=", 4) == 0) {
        return refuse(chunks, file, 1, error,
                      "a spreadsheet's sep= line instead of a header (try --skip=1 and --delimiter)");
    }
    if (has_lone_return(record)) {
        return refuse(chunks, file, 1, error, "carriage returns without line feeds (convert with: tr '\\r' '\\n')");
    }
    scan_record_end(record.bytes, record.length, chunks->delimiter, &fault);
    if (fault != SCAN_FINE) {
        return refuse(chunks, file, 1, error, "broken quotes in the header");
    }
    return TILL_OK;
}

/* ------------------------------------------------------------------ the schema */

/* Without headers, columns are called by their numbers, from 1. */
static bool number_columns(struct chunks *chunks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *start = chunks->names.bytes + chunks->names.length;
        if (!till_text_append_format(&chunks->names, "%zu", i + 1)) {
            return false;
        }
        chunks->schema.names[i] =
            (struct till_slice){start, (size_t)(chunks->names.bytes + chunks->names.length - start)};
    }
    return true;
}

/* Makes the schema from the first header. The text of the names is reserved as a whole, so that slices into it stay:
 * unquoted names are never longer than the record, and 20 digits are enough for any number. */
static enum till_status make_schema(struct chunks *chunks, const struct input_file *file,
                                    const struct till_slice *fields, size_t count, size_t bytes,
                                    struct till_error *error) {
    chunks->schema.names = calloc(count, sizeof *chunks->schema.names);
    if (chunks->schema.names == NULL || !till_text_reserve(&chunks->names, bytes + 20 * count + 1)) {
        return till_error_memory(error);
    }
    chunks->schema.count = count;
    chunks->schema.file = file->name;
    chunks->schema.line = chunks->options->no_headers ? 0 : chunks->line;
    if (chunks->options->no_headers) {
        return number_columns(chunks, count) ? TILL_OK : till_error_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        char *start = chunks->names.bytes + chunks->names.length;
        if (!till_text_append(&chunks->names, fields[i].bytes, fields[i].length)) {
            return till_error_memory(error);
        }
        chunks->schema.names[i] = (struct till_slice){start, fields[i].length};
    }
    return TILL_OK;
}

/* Every file of ragged records has the same schema, so the first one makes it. */
enum till_status header_of_ragged(struct chunks *chunks, const struct input_file *file, struct till_error *error) {
    return chunks->schema.count > 0 ? TILL_OK : make_schema(chunks, file, NULL, 1, 0, error);
}

/* Names the column that does not fit, quoted, since names may hold anything. */
static enum till_status refuse_column(const struct chunks *chunks, const struct input_file *file, const char *text,
                                      struct till_slice name, struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    char message[TILL_QUOTED_SIZE + 64];
    snprintf(message, sizeof message, "%s: %s", text, till_error_quote(quoted, name.bytes, name.length));
    return refuse(chunks, file, 1, error, message);
}

/* Finds where each column of the schema stands in this file. Columns of one name are matched in their order. The same
 * place as in the first file is tried first: so files with equal headers take one comparison a column, and need no
 * table of places. Both directions are checked: every column of the schema is here, and every column here is of the
 * schema. */
static enum till_status match_schema(struct chunks *chunks, struct input_file *file, const struct till_slice *fields,
                                     size_t count, struct till_error *error) {
    const struct till_schema *schema = &chunks->schema;
    bool *used = calloc(count, sizeof *used);
    size_t *place = calloc(schema->count, sizeof *place);
    bool same = true;
    enum till_status status = used == NULL || place == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < schema->count; i++) {
        /* The same place as in the first file, or from the first one on. */
        size_t at = i < count && !used[i] && till_slice_equal(fields[i], schema->names[i]) ? i : 0;
        while (at < count && (used[at] || !till_slice_equal(fields[at], schema->names[i]))) {
            at++;
        }
        if (at == count) {
            status = refuse_column(chunks, file, "a column of the first file is missing here", schema->names[i], error);
        } else {
            used[at] = true;
            place[i] = at;
            same &= at == i;
        }
    }
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        if (!used[i]) {
            status = refuse_column(chunks, file, "a column that the first file does not have", fields[i], error);
        }
    }
    free(used);
    free(file->place);
    file->place = same || status != TILL_OK ? NULL : place;
    if (file->place == NULL) {
        free(place);
    }
    return status;
}

/* Names lie in `storage` while they are compared; the schema copies those that it keeps. Without headers, the number of
 * columns is all that further files can be held against. */
enum till_status header_take(struct chunks *chunks, struct input_file *file, struct till_slice record,
                             struct till_error *error) {
    enum till_status status = check_record(chunks, file, record, error);
    if (status != TILL_OK) {
        return status;
    }
    size_t count = count_fields(record, chunks->delimiter);
    struct till_slice *fields = calloc(count, sizeof *fields);
    struct till_text storage = {0};
    if (fields == NULL || !till_record_split(record, chunks->delimiter, fields, count, &storage)) {
        status = till_error_memory(error);
    } else if (chunks->schema.count == 0) {
        status = make_schema(chunks, file, fields, count, record.length, error);
    } else if (!chunks->options->no_headers) {
        status = match_schema(chunks, file, fields, count, error);
    } else if (count != chunks->schema.count) {
        status = refuse(chunks, file, 1, error, "another number of columns than in the first file");
    }
    free(fields);
    till_text_free(&storage);
    return status;
}
