/* tools/picture_svg.c: the SVG that gnuplot writes, made fit for pages.
 *
 * gnuplot writes one element a line or close to it, so that a pass over its elements and a few fixed texts is enough:
 * no parser. Texts from the data have their opening brackets escaped by gnuplot and cannot be taken for any of them.
 * What all groups have in common is said once, by the root; a text is one element instead of two in each other. */
#include "picture_svg.h"

#include <stdio.h>
#include <string.h>

#include "picture_script.h"

static const char root[] =
    "<g font-family=\"Helvetica, Arial, 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "'WenQuanYi Micro Hei', sans-serif\" fill=\"none\" stroke-linecap=\"butt\" stroke-linejoin=\"miter\">\n";

struct cleaner {
    struct till_text *out;
    const struct picture *picture;
    struct till_slice drawn;
    size_t at; /* how far `drawn` is read */
    bool failed;
};

/* --- Texts --- */

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
        if (text.bytes[i] == *what && memcmp(text.bytes + i, what, length) == 0)
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

/* The next element, a line or a part of it, without blanks around it. */
static struct till_slice next_element(struct cleaner *cleaner) {
    const char *from = cleaner->drawn.bytes + cleaner->at;
    size_t left = cleaner->drawn.length - cleaner->at, length = 0;
    while (length < left && from[length] != '\n' &&
           !(length >= 2 && from[length - 2] == '/' && from[length - 1] == '>' &&
             (from[length] == '\t' || from[length] == '<')))
        length++;
    cleaner->at += length + (length < left && from[length] == '\n');
    return trimmed((struct till_slice){from, length});
}

/* A text of ours as XML. */
static void put_escaped(struct cleaner *cleaner, const char *text) {
    struct till_text shown = {0};
    cleaner->failed = !script_show(&shown, till_slice_of(text)) || cleaner->failed;
    for (size_t i = 0; i < shown.length; i++)
        if (shown.bytes[i] == '<')
            put_string(cleaner, "&lt;");
        else if (shown.bytes[i] == '>')
            put_string(cleaner, "&gt;");
        else if (shown.bytes[i] == '&')
            put_string(cleaner, "&amp;");
        else
            put(cleaner, shown.bytes + i, 1);
    till_text_free(&shown);
}

/* --- Tags --- */

/* What is left out of tags, or put differently. */
static const char *const marks[][2] = {
    {" font-family=\"sans-serif\"", ""},
    {" font-family=\"sans-serif:Bold\"", " font-weight=\"bold\""},
    {" fill=\"none\"", ""},
    {" stroke-linecap=\"butt\"", ""},
    {" stroke-linejoin=\"miter\"", ""},
    {" class=\"gridline\"", ""},
    {" stroke-width=\"1.00\"", ""},
};

/* "rgb(  0, 114, 178)" as "#0072b2"; 0 for anything else. */
static size_t put_color(struct cleaner *cleaner, struct till_slice rest) {
    char text[24] = "", color[8];
    unsigned red, green, blue;
    int length = 0;
    memcpy(text, rest.bytes, rest.length < sizeof text - 1 ? rest.length : sizeof text - 1);
    if (!begins(rest, "rgb(") || sscanf(text, "rgb(%3u,%3u,%3u)%n", &red, &green, &blue, &length) != 3 || length == 0)
        return 0;
    snprintf(color, sizeof color, "#%02x%02x%02x", red & 0xFF, green & 0xFF, blue & 0xFF);
    put_string(cleaner, color);
    return (size_t)length;
}

/* An id, or what refers to one, with the picture's prefix; 0 for anything else. */
static size_t put_id(struct cleaner *cleaner, struct till_slice rest) {
    static const char *const ids[] = {"'#gp", "id='gp"};
    for (size_t i = 0; i < 2; i++)
        if (begins(rest, ids[i])) {
            size_t length = strlen(ids[i]) - 2;
            put(cleaner, rest.bytes, length);
            put_string(cleaner, cleaner->picture->options.prefix == NULL ? "" : cleaner->picture->options.prefix);
            return length;
        }
    return 0;
}

/* A tag, or one of several lines of a tag that is long. */
static void put_tag(struct cleaner *cleaner, struct till_slice tag) {
    enum { MARKS = sizeof marks / sizeof *marks };
    for (size_t i = 0, length; i < tag.length; i += length) {
        struct till_slice rest = {tag.bytes + i, tag.length - i};
        size_t mark = 0;
        while (mark < MARKS && (rest.bytes[0] != ' ' || !begins(rest, marks[mark][0])))
            mark++;
        length = mark < MARKS ? strlen(marks[mark][0]) : put_color(cleaner, rest);
        if (mark < MARKS)
            put_string(cleaner, marks[mark][1]);
        else if (length == 0 && (length = put_id(cleaner, rest)) == 0)
            put(cleaner, rest.bytes, length = 1);
    }
}

/* <g transform="..." ...><text>content</text></g> as <text transform="..." ...>content</text>. In the content gnuplot
 * leaves ">" as it is; behind "]]" XML wants it escaped. */
static void put_text(struct cleaner *cleaner, struct till_slice group, struct till_slice text) {
    static const char close[] = "</text>";
    size_t i = 0;
    put_string(cleaner, "<text");
    put_tag(cleaner, (struct till_slice){group.bytes + 2, group.length - 3});
    while (text.bytes[i++] != '>')
        continue;
    put(cleaner, text.bytes + 5, i - 5);
    for (; i < text.length - (sizeof close - 1); i++)
        if (text.bytes[i] == '>')
            put_string(cleaner, "&gt;");
        else
            put(cleaner, text.bytes + i, 1);
    put_string(cleaner, close);
    put_string(cleaner, "\n");
}

/* --- Elements --- */

/* The symbol that an element of <defs> defines, if the picture uses it or another symbol made of it may. */
static bool symbol_is_used(struct till_slice element, struct till_slice drawn) {
    const char *id = NULL;
    char use[32] = "href='#";
    for (size_t i = 0; i + 8 < element.length && id == NULL; i++)
        if (memcmp(element.bytes + i, "id='gp", 6) == 0)
            id = element.bytes + i + 4;
    size_t length = id == NULL ? 0 : strcspn(id, "'");
    if (id == NULL || length > 20)
        return true;
    memcpy(use + 7, id, length);
    memcpy(use + 7 + length, "'", 2);
    return holds(drawn, use);
}

/* True for a group that need not be there: without content, or around one text, which is written. */
static bool take_group(struct cleaner *cleaner, struct till_slice group) {
    size_t before = cleaner->at;
    if (!begins(group, "<g ") || !ends(group, ">"))
        return false;
    struct till_slice next = next_element(cleaner);
    if (till_slice_equal(next, till_slice_of("</g>")))
        return true;
    if (begins(group, "<g transform=") && begins(next, "<text") && ends(next, "</text>") &&
        till_slice_equal(next_element(cleaner), till_slice_of("</g>"))) {
        put_text(cleaner, group, next);
        return true;
    }
    cleaner->at = before;
    return false;
}

/* What gnuplot says of itself, its tooltips, and filters for boxed texts, of which there are none. */
static bool says_nothing(struct till_slice element) {
    return element.length == 0 || begins(element, "<desc>Produced by GNUPLOT") || begins(element, "<feFlood") ||
           begins(element, "<feComposite") || begins(element, "<filter ") || begins(element, "</filter>");
}

static void put_element(struct cleaner *cleaner, struct till_slice element) {
    const struct picture_options *options = &cleaner->picture->options;
    if (begins(element, "<title>Gnuplot</title>")) {
        put_string(cleaner, "<title>");
        put_escaped(cleaner,
                    options->title != NULL ? options->title : picture_word(options, cleaner->picture->kind->title));
        put_string(cleaner, "</title>\n");
    } else if (till_slice_equal(element, till_slice_of("<svg"))) {
        put_string(cleaner, "<svg role=\"img\"\n"); /* readers of screens then say its title */
    } else if (begins(element, "<g id=\"gnuplot_canvas")) {
        put_string(cleaner, root);
    } else if (begins(element, "<g id=\"gnuplot_plot_")) {
        put_string(cleaner, "<g>\n"); /* without the tooltip that it has */
    } else if (!says_nothing(element) && !take_group(cleaner, element) && symbol_is_used(element, cleaner->drawn)) {
        put_tag(cleaner, element);
        put_string(cleaner, "\n");
    }
}

enum till_status picture_svg(const struct picture *picture, struct till_slice drawn, struct till_text *out,
                             struct till_error *error) {
    struct cleaner cleaner = {.out = out, .picture = picture, .drawn = drawn};
    bool whole = false;
    while (cleaner.at < drawn.length) {
        struct till_slice element = next_element(&cleaner);
        whole = begins(element, "</svg>") || whole;
        put_element(&cleaner, element);
    }
    if (!whole)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot did not finish the picture");
    return cleaner.failed ? till_error_memory(error) : TILL_OK;
}
