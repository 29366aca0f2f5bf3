/* tools/picture_svg.c: the SVG that gnuplot writes, made fit for pages.
 *
 * gnuplot writes one element a line or close to it, so that a pass over lines and a few fixed texts is enough: no
 * parser. Texts from the data have their angle brackets escaped by gnuplot and cannot be taken for any of them. */
#include "picture_svg.h"

#include <string.h>

static const char root[] =
    "<g font-family=\"Helvetica, Arial, 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "'WenQuanYi Micro Hei', sans-serif\">\n";

struct cleaner {
    struct till_text *out;
    const char *prefix;
    bool failed;
};

static void put(struct cleaner *cleaner, const char *bytes, size_t length) {
    cleaner->failed = cleaner->failed || (length > 0 && !till_text_append(cleaner->out, bytes, length));
}

static void put_string(struct cleaner *cleaner, const char *text) {
    put(cleaner, text, strlen(text));
}

static bool begins(struct till_slice line, const char *with) {
    size_t length = strlen(with);
    return line.length >= length && memcmp(line.bytes, with, length) == 0;
}

static bool ends(struct till_slice line, const char *with) {
    size_t length = strlen(with);
    return line.length >= length && memcmp(line.bytes + line.length - length, with, length) == 0;
}

static bool holds(struct till_slice text, const char *what) {
    size_t length = strlen(what);
    for (size_t i = 0; i + length <= text.length; i++)
        if (memcmp(text.bytes + i, what, length) == 0)
            return true;
    return false;
}

static struct till_slice trimmed(struct till_slice line) {
    while (line.length > 0 && strchr(" \t", line.bytes[0]) != NULL) {
        line.bytes++;
        line.length--;
    }
    while (line.length > 0 && strchr(" \t\r", line.bytes[line.length - 1]) != NULL)
        line.length--;
    return line;
}

/* The next line without its end; *at moves behind it. */
static struct till_slice next_line(struct till_slice text, size_t *at) {
    const char *from = text.bytes + *at;
    const char *end = memchr(from, '\n', text.length - *at);
    size_t length = end == NULL ? text.length - *at : (size_t)(end - from);
    *at += length + (end != NULL);
    return (struct till_slice){from, length};
}

/* A text of ours as XML; quotes too, for attributes. */
static void put_escaped(struct cleaner *cleaner, const char *text) {
    for (; *text != '\0'; text++)
        if (*text == '<')
            put_string(cleaner, "&lt;");
        else if (*text == '&')
            put_string(cleaner, "&amp;");
        else if (*text == '"')
            put_string(cleaner, "&quot;");
        else
            put(cleaner, (unsigned char)*text < 0x20 ? " " : text, 1);
}

/* A line with ids told apart and without fonts, which the root has. Only tags are changed: what stands between them is
 * text. */
static void put_line(struct cleaner *cleaner, struct till_slice line) {
    static const char *const marks[] = {" font-family=\"sans-serif\"", " font-family=\"sans-serif:Bold\"", "'#gpPt",
                                        "id='gpPt", "id=\"gnuplot_"};
    enum { MARKS = sizeof marks / sizeof *marks };
    bool tag = false;
    for (size_t i = 0; i < line.length;) {
        struct till_slice rest = {line.bytes + i, line.length - i};
        size_t mark = 0, length = 1;
        tag = line.bytes[i] == '<' || (tag && line.bytes[i] != '>');
        while (mark < MARKS && !(tag && begins(rest, marks[mark])))
            mark++;
        if (mark < 2) {
            put_string(cleaner, mark == 0 ? "" : " font-weight=\"bold\"");
            length = strlen(marks[mark]);
        } else if (mark < MARKS) {
            size_t quote = (size_t)(strpbrk(marks[mark], "#'\"") - marks[mark]);
            quote += marks[mark][quote + 1] == '#';
            put(cleaner, rest.bytes, quote + 1);
            put_string(cleaner, cleaner->prefix);
            length = quote + 1;
        } else {
            put(cleaner, rest.bytes, 1);
        }
        i += length;
    }
    put_string(cleaner, "\n");
}

/* The content of a text, in which gnuplot leaves ">" as it is; behind "]]" XML wants it escaped. */
static void put_text(struct cleaner *cleaner, struct till_slice line) {
    static const char close[] = "</text>";
    size_t end = line.length - (sizeof close - 1), i = 0;
    while (line.bytes[i++] != '>')
        continue;
    put(cleaner, line.bytes, i);
    for (; i < end; i++)
        if (line.bytes[i] == '>')
            put_string(cleaner, "&gt;");
        else
            put(cleaner, line.bytes + i, 1);
    put_string(cleaner, close);
    put_string(cleaner, "\n");
}

/* The symbol that a line of <defs> defines, if the picture uses it or another symbol made of it may. */
static bool symbol_is_used(struct till_slice line, struct till_slice drawn) {
    const char *id = NULL;
    char use[32] = "href='#";
    for (size_t i = 0; i + 8 < line.length && id == NULL; i++)
        if (memcmp(line.bytes + i, "id='gp", 6) == 0)
            id = line.bytes + i + 4;
    size_t length = id == NULL ? 0 : strcspn(id, "'");
    if (id == NULL || length > 20)
        return true;
    memcpy(use + 7, id, length);
    memcpy(use + 7 + length, "'", 2);
    return holds(drawn, use);
}

/* True for a group that opens and closes without content; *at moves behind it. */
static bool skip_empty_group(struct till_slice drawn, struct till_slice line, size_t *at) {
    size_t behind = *at;
    if (!begins(trimmed(line), "<g ") || behind >= drawn.length)
        return false;
    struct till_slice next = trimmed(next_line(drawn, &behind));
    if (!till_slice_equal(next, till_slice_of("</g>")) || line.bytes[line.length - 1] != '>')
        return false;
    *at = behind;
    return true;
}

static void put_title(struct cleaner *cleaner, const struct picture *picture) {
    const struct picture_options *options = &picture->options;
    put_string(cleaner, "<title>");
    put_escaped(cleaner, options->title != NULL ? options->title : picture_word(options, picture->kind->title));
    put_string(cleaner, "</title>\n");
}

/* What gnuplot says of itself, its tooltips, and filters for boxed texts, of which there are none. */
static bool says_nothing(struct till_slice line) {
    return line.length == 0 || begins(line, "<desc>Produced by GNUPLOT") || begins(line, "<feFlood") ||
           begins(line, "<feComposite") || begins(line, "<filter ") || begins(line, "</filter>");
}

static void put_element(struct cleaner *cleaner, const struct picture *picture, struct till_slice drawn,
                        struct till_slice line) {
    struct till_slice plain = trimmed(line);
    if (begins(plain, "<title>Gnuplot</title>"))
        put_title(cleaner, picture);
    else if (begins(plain, "<g id=\"gnuplot_canvas"))
        put_string(cleaner, root);
    else if (begins(plain, "<g id=\"gnuplot_plot_"))
        put_string(cleaner, "<g>\n"); /* without the tooltip that it has */
    else if (begins(plain, "<text") && ends(plain, "</text>"))
        put_text(cleaner, plain);
    else if (!says_nothing(plain) && symbol_is_used(plain, drawn))
        put_line(cleaner, plain);
}

enum till_status picture_svg(const struct picture *picture, struct till_slice drawn, struct till_text *out,
                             struct till_error *error) {
    const char *prefix = picture->options.prefix == NULL ? "" : picture->options.prefix;
    struct cleaner cleaner = {.out = out, .prefix = prefix};
    bool whole = false;
    for (size_t at = 0; at < drawn.length;) {
        struct till_slice line = next_line(drawn, &at);
        whole = begins(trimmed(line), "</svg>") || whole;
        if (!skip_empty_group(drawn, line, &at))
            put_element(&cleaner, picture, drawn, line);
    }
    if (!whole)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot did not finish the picture");
    return cleaner.failed ? till_error_memory(error) : TILL_OK;
}
