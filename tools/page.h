/* tools/page.h: an HTML page in pieces.
 *
 *     page_sentence(&page, "#1 customers", values);        in the language of the page
 *     page_columns(&page, columns, count);
 *     page_begin_row(&page); page_text(&page, name); page_count(&page, 12); page_end_row(&page);
 *     page_end_table(&page);
 *
 * Whatever comes from data is escaped here, and nowhere else. What fails (memory) is kept in page->failed until the
 * end. */
#ifndef TOOLS_PAGE_H
#define TOOLS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/text.h>

enum { PAGE_CURRENCY = 40 };

struct page {
    struct till_text out;
    bool chinese;
    const char *currency; /* behind amounts of money, at most PAGE_CURRENCY bytes; NULL: nothing */
    bool failed;
};

/* The word or sentence in the language of the page. */
const char *page_word(const struct page *page, const char *english);

/* HTML of ours, as it stands. */
void page_html(struct page *page, const char *html);
/* A text, escaped. */
void page_escape(struct page *page, struct till_slice text);
/* One of our words, in the language of the page. */
void page_say(struct page *page, const char *english);

/* A paragraph: the sentence in the language of the page, with values[0] for "#1" in it, and so on. */
void page_sentence(struct page *page, const char *english, const struct till_slice *values);
/* The same in small type: what a figure means. */
void page_note(struct page *page, const char *english, const struct till_slice *values);

/* A table: columns by their English names; numbers stand to the right. */
struct page_column {
    const char *name;
    bool text;
};
void page_columns(struct page *page, const struct page_column *columns, size_t count);
/* A column whose name comes from the data; between page_begin_columns and page_end_columns. */
void page_begin_columns(struct page *page);
void page_column(struct page *page, struct till_slice name, bool text);
void page_end_columns(struct page *page);
void page_begin_row(struct page *page);
void page_end_row(struct page *page);
void page_end_table(struct page *page);

/* Cells. Missing numbers (NaN) are empty. */
void page_text(struct page *page, struct till_slice text);
void page_count(struct page *page, double count);
void page_money(struct page *page, double money);
void page_share(struct page *page, double share);
void page_real(struct page *page, double value);

/* Numbers as the page writes them: "1,234,567", "12.3%", "0.0123"; money without decimals from 1,000 on. They stay
 * good until `out` is written again. */
#define PAGE_NUMBER 96
struct till_slice page_number_of(char out[PAGE_NUMBER], double value, int decimals);
struct till_slice page_share_of(char out[PAGE_NUMBER], double share);
struct till_slice page_money_of(const struct page *page, char out[PAGE_NUMBER], double money);
struct till_slice page_real_of(char out[PAGE_NUMBER], double value);

#endif
