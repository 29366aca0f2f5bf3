/* Markdown: a pipe table (GitHub Flavored Markdown, section 4.10). Rows go out as they come, so columns are not padded.
 * A pipe and a backslash are escaped, and a line end, which a cell cannot hold, becomes <br>. */
#include "writer_parts.h"

static const char *replacement(char byte) {
    switch (byte) {
    case '|':
        return "\\|";
    case '\\':
        return "\\\\";
    case '\n':
        return "<br>";
    case '\r':
        return "";
    default:
        return NULL;
    }
}

static enum till_status markdown_text(struct till_text *out, struct till_slice text, char delimiter) {
    (void)delimiter;
    size_t run = 0;
    for (size_t i = 0; i <= text.length; i++) {
        const char *instead = i < text.length ? replacement(text.bytes[i]) : "";
        if (instead == NULL)
            continue;
        if (!till_text_append(out, text.bytes + run, i - run) || !till_text_append_string(out, instead))
            return TILL_ERROR_MEMORY;
        run = i + 1;
    }
    return TILL_OK;
}

static enum till_status markdown_columns(struct till_writer *w, const struct till_slice *names) {
    for (size_t i = 0; i < w->count; i++)
        if (!till_text_append_string(&w->out, i == 0 ? "| " : " | ") || markdown_text(&w->out, names[i], 0) != TILL_OK)
            return TILL_ERROR_MEMORY;
    if (!till_text_append_string(&w->out, " |\n|"))
        return TILL_ERROR_MEMORY;
    for (size_t i = 0; i < w->count; i++)
        if (!till_text_append_string(&w->out, writer_right_aligned(w->types[i]) ? " ---: |" : " --- |"))
            return TILL_ERROR_MEMORY;
    if (!till_text_append(&w->out, "\n", 1))
        return TILL_ERROR_MEMORY;
    return writer_same_prefixes(w, "| ", " | ");
}

const struct writer_format writer_markdown = {
    .columns = markdown_columns,
    .text = markdown_text,
    .missing = "",
    .row_end = {" |\n", 3},
    .row_join = "",
    .file_end = "",
    .empty_end = "",
};
