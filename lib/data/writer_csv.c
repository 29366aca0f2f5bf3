/* CSV and TSV: RFC 4180, quoted only where a field holds the delimiter, a quote, CR or LF.
 *
 * Most fields need no quotes, so the question is answered eight bytes at a time: a byte of `word ^ pattern` is zero
 * where the byte sought stands (Warren, Hacker's Delight, section 6-1). What needs quotes is written by libcsv. */
#include <csv.h>
#include <string.h>

#include "writer_parts.h"

static const uint64_t ones = 0x0101010101010101u;

/* Nonzero when one of the eight bytes is zero. */
static uint64_t zero_byte(uint64_t word) {
    return (word - ones) & ~word & (ones << 7);
}

static uint64_t special_byte(const char *bytes, char delimiter) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return zero_byte(word ^ (ones * (unsigned char)delimiter)) | zero_byte(word ^ (ones * '"')) |
           zero_byte(word ^ (ones * '\n')) | zero_byte(word ^ (ones * '\r'));
}

bool writer_csv_needs_quotes(struct till_slice field, char delimiter) {
    if (field.length < 8) {
        for (size_t i = 0; i < field.length; i++) {
            char byte = field.bytes[i];
            if (byte == delimiter || byte == '"' || byte == '\n' || byte == '\r')
                return true;
        }
        return false;
    }
    uint64_t found = special_byte(field.bytes + field.length - 8, delimiter);
    for (size_t i = 0; i + 8 < field.length; i += 8)
        found |= special_byte(field.bytes + i, delimiter);
    return found != 0;
}

bool till_csv_append_field(struct till_text *out, struct till_slice field, char delimiter) {
    if (field.length == 0)
        return true;
    if (!writer_csv_needs_quotes(field, delimiter))
        return till_text_append(out, field.bytes, field.length);
    if (field.length > SIZE_MAX / 2 - 2 || !till_text_reserve(out, 2 * field.length + 2))
        return false;
    out->length += csv_write(out->bytes + out->length, 2 * field.length + 2, field.bytes, field.length);
    return true;
}

static enum till_status csv_text(struct till_text *out, struct till_slice text, char delimiter) {
    /* The usual field, for which the writer has made room. */
    if (text.length <= out->capacity - out->length && !writer_csv_needs_quotes(text, delimiter)) {
        memcpy(out->bytes + out->length, text.bytes, text.length);
        out->length += text.length;
        return TILL_OK;
    }
    return till_csv_append_field(out, text, delimiter) ? TILL_OK : TILL_ERROR_MEMORY;
}

static enum till_status csv_columns(struct till_writer *w, const struct till_slice *names) {
    const char between[2] = {w->delimiter, '\0'};
    for (size_t i = 0; i < w->count; i++)
        if ((i > 0 && !till_text_append(&w->out, between, 1)) ||
            !till_csv_append_field(&w->out, names[i], w->delimiter))
            return TILL_ERROR_MEMORY;
    return writer_same_prefixes(w, "", between);
}

const struct writer_format writer_csv = {
    .columns = csv_columns,
    .text = csv_text,
    .missing = "",
    .row_end = {"\n", 1},
    .row_join = "",
    .file_end = "",
    .empty_end = "",
};
