/* One record into its fields. A record without a quote is cut at its delimiters; any other goes through libcsv, in the
 * same strict dress as in the reader: no blanks trimmed, line feed alone as line end, and that only inside quotes. */
#include <csv.h>
#include <string.h>

#include <till/input.h>

#include "writer_parts.h"

struct collector {
    struct till_slice *fields;
    size_t count;
    size_t found;
    struct till_text *storage;
    bool failed;
};

static void take_field(void *bytes, size_t length, void *context) {
    struct collector *collector = context;
    if (collector->found < collector->count)
        collector->fields[collector->found].length = length;
    collector->found++;
    if (!till_text_append(collector->storage, bytes, length))
        collector->failed = true;
}

static int never(unsigned char byte) {
    (void)byte;
    return 0;
}

static int is_line_feed(unsigned char byte) {
    return byte == '\n';
}

static enum till_status split_quoted(struct till_slice record, char delimiter, struct collector *collector) {
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return TILL_ERROR_MEMORY;
    csv_set_delim(&parser, (unsigned char)delimiter);
    csv_set_space_func(&parser, never);
    csv_set_term_func(&parser, is_line_feed);
    bool whole = csv_parse(&parser, record.bytes, record.length, take_field, NULL, collector) == record.length &&
                 csv_fini(&parser, take_field, NULL, collector) == 0;
    collector->failed = collector->failed || csv_error(&parser) == CSV_ENOMEM;
    csv_free(&parser);
    if (collector->failed)
        return TILL_ERROR_MEMORY;
    if (!whole || collector->found != collector->count)
        return TILL_ERROR_DATA;
    /* The storage has stopped moving: now the fields can point into it. */
    const char *at = collector->storage->bytes == NULL ? "" : collector->storage->bytes;
    for (size_t i = 0; i < collector->count; at += collector->fields[i++].length)
        collector->fields[i].bytes = at;
    return TILL_OK;
}

static enum till_status split_plain(struct till_slice record, char delimiter, struct collector *collector) {
    const char *at = record.bytes == NULL ? "" : record.bytes;
    const char *end = at + record.length;
    for (;;) {
        const char *stop = at == end ? NULL : memchr(at, delimiter, (size_t)(end - at));
        if (collector->found == collector->count)
            return TILL_ERROR_DATA;
        collector->fields[collector->found++] = (struct till_slice){at, (size_t)((stop == NULL ? end : stop) - at)};
        if (stop == NULL)
            return collector->found == collector->count ? TILL_OK : TILL_ERROR_DATA;
        at = stop + 1;
    }
}

enum till_status record_split(struct till_slice record, char delimiter, struct till_slice *fields, size_t count,
                              struct till_text *storage) {
    struct collector collector = {.fields = fields, .count = count, .storage = storage};
    storage->length = 0;
    bool quoted = record.length > 0 && memchr(record.bytes, '"', record.length) != NULL;
    return quoted ? split_quoted(record, delimiter, &collector) : split_plain(record, delimiter, &collector);
}

bool till_record_split(struct till_slice record, char delimiter, struct till_slice *fields, size_t count,
                       struct till_text *storage) {
    return record_split(record, delimiter, fields, count, storage) == TILL_OK;
}
