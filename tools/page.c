/* tools/page.c: HTML from texts and numbers. */
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(struct page *page, const char *bytes, size_t length) {
    page->failed = page->failed || (length > 0 && !till_text_append(&page->out, bytes, length));
}

void page_html(struct page *page, const char *html) {
    put(page, html, strlen(html));
}

/* Quotes too, so that a text can stand in an attribute. Control bytes, which HTML does not allow, become blanks. */
void page_escape(struct page *page, struct till_slice text) {
    for (size_t i = 0; i < text.length; i++)
        switch (text.bytes[i]) {
        case '&':
            page_html(page, "&amp;");
            break;
        case '<':
            page_html(page, "&lt;");
            break;
        case '>':
            page_html(page, "&gt;");
            break;
        case '"':
            page_html(page, "&quot;");
            break;
        case '\'':
            page_html(page, "&#39;");
            break;
        default:
            put(page, (unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7F ? " " : text.bytes + i, 1);
        }
}

void page_say(struct page *page, const char *english) {
    page_escape(page, till_slice_of(page_word(page, english)));
}

static void put_sentence(struct page *page, const char *kind, const char *english, const struct till_slice *values) {
    const char *at = page_word(page, english);
    page_html(page, kind);
    while (*at != '\0') {
        size_t length = strcspn(at, "#");
        page_escape(page, (struct till_slice){at, length});
        at += length;
        if (*at == '#') {
            page_html(page, "<b>");
            page_escape(page, values[at[1] - '1']);
            page_html(page, "</b>");
            at += 2;
        }
    }
    page_html(page, "</p>\n");
}

void page_sentence(struct page *page, const char *english, const struct till_slice *values) {
    put_sentence(page, "<p class=\"says\">", english, values);
}

void page_note(struct page *page, const char *english, const struct till_slice *values) {
    put_sentence(page, "<p class=\"note\">", english, values);
}

/* --- Tables --- */

void page_begin_columns(struct page *page) {
    page_html(page, "<div class=\"wide\"><table>\n<thead><tr>");
}

void page_column(struct page *page, struct till_slice name, bool text) {
    page_html(page, text ? "<th class=\"t\">" : "<th>");
    page_escape(page, name);
    page_html(page, "</th>");
}

void page_end_columns(struct page *page) {
    page_html(page, "</tr></thead>\n<tbody>\n");
}

void page_columns(struct page *page, const struct page_column *columns, size_t count) {
    page_begin_columns(page);
    for (size_t i = 0; i < count; i++)
        page_column(page, till_slice_of(page_word(page, columns[i].name)), columns[i].text);
    page_end_columns(page);
}

void page_begin_row(struct page *page) {
    page_html(page, "<tr>");
}

void page_end_row(struct page *page) {
    page_html(page, "</tr>\n");
}

void page_end_table(struct page *page) {
    page_html(page, "</tbody></table></div>\n");
}

static void put_cell(struct page *page, struct till_slice text) {
    page_html(page, "<td>");
    page_escape(page, text);
    page_html(page, "</td>");
}

void page_text(struct page *page, struct till_slice text) {
    page_html(page, "<td class=\"t\">");
    page_escape(page, text);
    page_html(page, "</td>");
}

void page_count(struct page *page, double count) {
    char out[PAGE_NUMBER];
    put_cell(page, page_number_of(out, count, 0));
}

void page_money(struct page *page, double money) {
    char out[PAGE_NUMBER];
    put_cell(page, page_number_of(out, money, fabs(money) >= 1000 ? 0 : 2));
}

void page_share(struct page *page, double share) {
    char out[PAGE_NUMBER];
    put_cell(page, page_share_of(out, share));
}

void page_real(struct page *page, double value) {
    char out[PAGE_NUMBER];
    put_cell(page, page_real_of(out, value));
}

/* --- Numbers --- */

/* Commas from behind, every three digits of the whole part. */
static size_t add_commas(char *out, size_t length) {
    size_t first = out[0] == '-', end = strcspn(out, ".");
    for (size_t at = end; at > first + 3;) {
        at -= 3;
        memmove(out + at + 1, out + at, length - at + 1);
        out[at] = ',';
        length++;
    }
    return length;
}

struct till_slice page_number_of(char out[PAGE_NUMBER], double value, int decimals) {
    if (!isfinite(value))
        return till_slice_of("");
    /* Beyond this, digits say nothing. */
    if (fabs(value) >= 1e15)
        return (struct till_slice){out, (size_t)snprintf(out, PAGE_NUMBER, "%.3g", value)};
    size_t length = (size_t)snprintf(out, PAGE_NUMBER, "%.*f", decimals, value);
    bool zero = strspn(out, "-0.") == length;
    if (zero && out[0] == '-')
        memmove(out, out + 1, length--);
    return (struct till_slice){out, add_commas(out, length)};
}

struct till_slice page_share_of(char out[PAGE_NUMBER], double share) {
    if (!isfinite(share))
        return till_slice_of("");
    double percent = 100 * share;
    bool whole = fabs(percent) >= 9.95 || percent == 0;
    struct till_slice text = page_number_of(out, percent, whole ? 0 : fabs(percent) < 0.1 ? 2 : 1);
    out[text.length] = '%';
    return (struct till_slice){out, text.length + 1};
}

struct till_slice page_money_of(const struct page *page, char out[PAGE_NUMBER], double money) {
    struct till_slice text = page_number_of(out, money, fabs(money) >= 1000 ? 0 : 2);
    if (page->currency == NULL || text.length == 0)
        return text;
    size_t length = (size_t)snprintf(out + text.length, PAGE_NUMBER - text.length, " %s", page->currency);
    return (struct till_slice){out, text.length + length};
}

struct till_slice page_real_of(char out[PAGE_NUMBER], double value) {
    double size = fabs(value);
    if (!isfinite(value))
        return till_slice_of("");
    if (size >= 1000 || value == 0)
        return page_number_of(out, value, 0);
    if (size < 0.001)
        return (struct till_slice){out, (size_t)snprintf(out, PAGE_NUMBER, "%.2g", value)};
    return page_number_of(out, value, size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 2 : 4);
}
