/* JSON Lines and JSON: an object a row, keys in column order, strings escaped by RFC 8259, section 7. JSON is an array
 * with one object a line, so that it can be read by eye and cut by line. */
#include <stdlib.h>

#include "writer_parts.h"

/* Appends the escape of a byte that cannot stand in a string as it is. */
static bool append_escape(struct till_text *out, unsigned char byte) {
    static const char letters[] = "btn\0fr"; /* of 0x08 to 0x0D */
    if (byte == '"' || byte == '\\')
        return till_text_append(out, (const char[]){'\\', (char)byte}, 2);
    if (byte >= 0x08 && byte <= 0x0D && byte != 0x0B)
        return till_text_append(out, (const char[]){'\\', letters[byte - 0x08]}, 2);
    return till_text_append_format(out, "\\u%04x", byte);
}

/* Passes over what can stand in a string as it is; *valid is false where that is not UTF-8. */
static size_t plain_run(const char *bytes, size_t length, bool *valid) {
    size_t i = 0;
    while (i < length) {
        unsigned char byte = (unsigned char)bytes[i];
        size_t taken = 1;
        if (byte < 0x20 || byte == '"' || byte == '\\')
            break;
        if (byte >= 0x80 && utf8_next(bytes + i, length - i, &taken) < 0) {
            *valid = false;
            break;
        }
        i += taken;
    }
    return i;
}

static enum till_status json_text(struct till_text *out, struct till_slice text, char delimiter) {
    (void)delimiter;
    bool valid = true;
    if (!till_text_append(out, "\"", 1))
        return TILL_ERROR_MEMORY;
    for (size_t at = 0; at < text.length; at++) {
        size_t run = plain_run(text.bytes + at, text.length - at, &valid);
        if (!valid)
            return TILL_ERROR_DATA;
        if (!till_text_append(out, text.bytes + at, run))
            return TILL_ERROR_MEMORY;
        at += run;
        if (at < text.length && !append_escape(out, (unsigned char)text.bytes[at]))
            return TILL_ERROR_MEMORY;
    }
    return till_text_append(out, "\"", 1) ? TILL_OK : TILL_ERROR_MEMORY;
}

/* Two columns of one name would be two members of one name, of which readers keep one. */
static enum till_status check_names(struct till_writer *w, const struct till_slice *names) {
    for (size_t i = 0; i < w->count; i++)
        for (size_t j = 0; j < i; j++)
            if (till_slice_equal(names[i], names[j])) {
                char quoted[TILL_QUOTED_SIZE];
                return till_error_set(&w->failure, TILL_ERROR_DATA,
                                      "columns %zu and %zu are both called %s; JSON cannot hold both (write CSV)",
                                      j + 1, i + 1, till_error_quote(quoted, names[i].bytes, names[i].length));
            }
    return TILL_OK;
}

/* Before a cell stands its key: {"a":  or  ,"b":  (and what joins the rows lies before the first). */
static enum till_status append_prefixes(struct till_writer *w, const struct till_slice *names, size_t *starts) {
    if (!till_text_append_string(&w->prefix_bytes, w->format->row_join))
        return TILL_ERROR_MEMORY;
    for (size_t i = 0; i < w->count; i++) {
        starts[i] = w->prefix_bytes.length;
        if (!till_text_append(&w->prefix_bytes, i == 0 ? "{" : ",", 1))
            return TILL_ERROR_MEMORY;
        enum till_status status = json_text(&w->prefix_bytes, names[i], 0);
        if (status != TILL_OK)
            return status;
        if (!till_text_append(&w->prefix_bytes, ":", 1))
            return TILL_ERROR_MEMORY;
    }
    starts[w->count] = w->prefix_bytes.length;
    return TILL_OK;
}

static enum till_status jsonl_columns(struct till_writer *w, const struct till_slice *names) {
    size_t *starts = calloc(w->count + 1, sizeof *starts);
    if (starts == NULL)
        return TILL_ERROR_MEMORY;
    enum till_status status = check_names(w, names);
    if (status == TILL_OK)
        status = append_prefixes(w, names, starts);
    if (status == TILL_OK)
        writer_set_prefixes(w, starts);
    free(starts);
    return status;
}

static enum till_status json_columns(struct till_writer *w, const struct till_slice *names) {
    return till_text_append(&w->out, "[\n", 2) ? jsonl_columns(w, names) : TILL_ERROR_MEMORY;
}

const struct writer_format writer_jsonl = {
    .columns = jsonl_columns,
    .text = json_text,
    .missing = "null",
    .row_end = {"}\n", 2},
    .row_join = "",
    .file_end = "",
    .empty_end = "",
    .days_are_texts = true,
};

const struct writer_format writer_json = {
    .columns = json_columns,
    .text = json_text,
    .missing = "null",
    .row_end = {"}", 1},
    .row_join = ",\n",
    .file_end = "\n]\n",
    .empty_end = "]\n",
    .days_are_texts = true,
};
