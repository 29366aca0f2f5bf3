/* A table for eyes: columns aligned by their width on a terminal, numbers to the right, a rule under the header. A
 * column of texts that all look like numbers (as a row that is passed through has them) is one of numbers here.
 *
 * No width is known before the last row, so all rows are kept. They are kept as text: cells end in a tab and rows in a
 * line feed, which no cell holds, because control bytes (and bytes that are not UTF-8) are escaped as they come in. */
#include <stdlib.h>

#include "writer_parts.h"

static const char gap[] = "  ";

/* Appends one character that a terminal should not be sent. */
static bool append_escape(struct till_text *out, const char *bytes, size_t taken) {
    switch (bytes[0]) {
    case '\n':
        return till_text_append_string(out, "\\n");
    case '\r':
        return till_text_append_string(out, "\\r");
    case '\t':
        return till_text_append_string(out, "\\t");
    default:
        for (size_t i = 0; i < taken; i++)
            if (!till_text_append_format(out, "\\x%02x", (unsigned)(unsigned char)bytes[i]))
                return false;
        return true;
    }
}

static enum till_status table_text(struct till_text *out, struct till_slice text, char delimiter) {
    (void)delimiter;
    for (size_t i = 0, taken; i < text.length; i += taken) {
        int32_t character = utf8_next(text.bytes + i, text.length - i, &taken);
        bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
        if (control ? !append_escape(out, text.bytes + i, taken) : !till_text_append(out, text.bytes + i, taken))
            return TILL_ERROR_MEMORY;
    }
    return TILL_OK;
}

static enum till_status table_columns(struct till_writer *w, const struct till_slice *names) {
    for (size_t i = 0; i < w->count; i++)
        if ((i > 0 && !till_text_append(&w->out, "\t", 1)) || table_text(&w->out, names[i], 0) != TILL_OK)
            return TILL_ERROR_MEMORY;
    return till_text_append(&w->out, "\n", 1) ? writer_same_prefixes(w, "", "\t") : TILL_ERROR_MEMORY;
}

static size_t width_of(struct till_slice cell) {
    size_t width = 0;
    for (size_t i = 0, taken; i < cell.length; i += taken)
        width += utf8_width(utf8_next(cell.bytes + i, cell.length - i, &taken));
    return width;
}

/* Cuts the next cell off `rest`; *last says whether it ended its row. */
static struct till_slice next_cell(struct till_slice *rest, bool *last) {
    size_t length = 0;
    while (rest->bytes[length] != '\t' && rest->bytes[length] != '\n')
        length++;
    struct till_slice cell = {rest->bytes, length};
    *last = rest->bytes[length] == '\n';
    rest->bytes += length + 1;
    rest->length -= length + 1;
    return cell;
}

/* How a column is laid out. */
struct layout {
    size_t width;
    bool right;
};

/* Digits with a sign, a mark and an exponent, as far as eyes care; or nothing. */
static bool looks_numeric(struct till_slice cell) {
    for (size_t i = 0; i < cell.length; i++)
        if (strchr("0123456789+-.,e%", cell.bytes[i]) == NULL)
            return false;
    return cell.length == 0 || strchr("0123456789.%", cell.bytes[cell.length - 1]) != NULL;
}

/* Finds the widths, and which texts stand to the right. */
static void measure(const struct till_writer *w, struct till_slice rows, struct layout *layouts) {
    bool last, any_cells = false;
    for (size_t column = 0; column < w->count; column++)
        layouts[column] = (struct layout){0, true};
    for (size_t column = 0, row = 0; rows.length > 0; column = last ? 0 : column + 1, row += last) {
        struct till_slice cell = next_cell(&rows, &last);
        struct layout *layout = &layouts[column];
        size_t width = width_of(cell);
        layout->width = width > layout->width ? width : layout->width;
        layout->right = layout->right && (row == 0 || looks_numeric(cell));
        any_cells = any_cells || row > 0;
    }
    for (size_t column = 0; column < w->count; column++)
        layouts[column].right = writer_right_aligned(w->types[column]) ||
                                (w->types[column] == TILL_TEXT && any_cells && layouts[column].right);
}

static bool append_fill(struct till_text *out, char fill, size_t count) {
    if (count == 0)
        return true;
    if (!till_text_reserve(out, count))
        return false;
    memset(out->bytes + out->length, fill, count);
    out->length += count;
    return true;
}

/* One row, without blanks at its end. */
static bool append_row(struct till_writer *w, struct till_slice *rest, const struct layout *layouts) {
    size_t blanks = 0; /* owed before the next byte that shows */
    bool last = false;
    for (size_t column = 0; !last; column++) {
        struct till_slice cell = next_cell(rest, &last);
        size_t fill = layouts[column].width - width_of(cell);
        bool right = layouts[column].right;
        blanks += right ? fill : 0;
        if (cell.length > 0) {
            if (!append_fill(&w->out, ' ', blanks) || !till_text_append(&w->out, cell.bytes, cell.length))
                return false;
            blanks = 0;
        }
        blanks += (right ? 0 : fill) + sizeof gap - 1;
    }
    return till_text_append(&w->out, "\n", 1);
}

static bool append_rule(struct till_writer *w, const struct layout *layouts) {
    for (size_t column = 0; column < w->count; column++)
        if ((column > 0 && !till_text_append_string(&w->out, gap)) || !append_fill(&w->out, '-', layouts[column].width))
            return false;
    return till_text_append(&w->out, "\n", 1);
}

static enum till_status append_rows(struct till_writer *w, struct till_slice rows, const struct layout *layouts,
                                    struct till_error *error) {
    enum till_status status = TILL_OK;
    for (uint64_t row = 0; rows.length > 0 && status == TILL_OK; row++) {
        if (!append_row(w, &rows, layouts) || (row == 0 && !append_rule(w, layouts)))
            return till_error_memory(error);
        status = writer_pass_on(w, row, error);
    }
    return status;
}

enum till_status writer_table_lay_out(struct till_writer *w, struct till_error *error) {
    struct till_text kept = w->out;
    struct till_slice rows = {kept.bytes, kept.length};
    w->out = (struct till_text){0};
    w->row_start = 0;
    struct layout *layouts = calloc(w->count, sizeof *layouts);
    enum till_status status = TILL_ERROR_MEMORY;
    if (layouts == NULL) {
        till_error_memory(error);
    } else {
        measure(w, rows, layouts);
        status = append_rows(w, rows, layouts, error);
    }
    free(layouts);
    till_text_free(&kept);
    return status;
}

const struct writer_format writer_table = {
    .columns = table_columns,
    .text = table_text,
    .missing = "",
    .row_end = {"\n", 1},
    .row_join = "",
    .file_end = "",
    .empty_end = "",
    .holds_all = true,
};
