/* tools/night.c: from a file of a night to its section. */
#include "night.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct section *const sections[] = {
    &section_segments,
    &section_moves,
    &section_tiers,
    &section_concentration,
    &section_cohorts,
    &section_clusters,
    &section_rules,
    &section_lifetime,
    &section_backtest,
    &section_churn,
    &section_quality,
    &section_drift,
    NULL,
};

bool section_fits(const struct section *section, const struct till_schema *schema) {
    return picture_fits(&section->table, schema);
}

/* --- Pictures --- */

/* A page stays below a megabyte, so that it can be mailed; tables are short, and what is left is for them. */
enum { MOST_BYTES = 900000 };

/* The page has its own frame around a picture; all else than the <svg> element is for files. */
static void put_picture(struct page *page, const struct till_text *drawn) {
    static const char mark[] = "<svg";
    size_t at = 0;
    while (at + sizeof mark - 1 < drawn->length && memcmp(drawn->bytes + at, mark, sizeof mark - 1) != 0)
        at++;
    page_html(page, "<figure>");
    page->failed = page->failed || !till_text_append(&page->out, drawn->bytes + at, drawn->length - at);
    page_html(page, "</figure>\n");
}

/* The file once more, as a picture. Without rows there is nothing to draw. */
static enum till_status draw(struct night *night, const char *name, const char *const *path, struct till_error *error) {
    char prefix[32];
    struct picture picture = {.kind = picture_find(name),
                              .options = {.type = PICTURE_SVG,
                                          .as_of = night->as_of,
                                          .currency = night->page.currency,
                                          .chinese = night->page.chinese,
                                          .prefix = prefix}};
    struct till_text drawn = {0};
    struct till_input *input = NULL;
    snprintf(prefix, sizeof prefix, "p%zu-", ++night->drawn);
    enum till_status status = tool_open_again(night->run, path, &input, error);
    if (status == TILL_OK)
        status = picture_read(&picture, night->run, input, error);
    if (status == TILL_OK)
        status = picture_draw(&picture, &drawn, error);
    const struct till_slice values[] = {till_slice_of(name)};
    if (status == TILL_OK && night->page.out.length + drawn.length <= MOST_BYTES)
        put_picture(&night->page, &drawn);
    else if (status == TILL_OK)
        page_note(&night->page, "The picture is left out, as the page would pass 1 MB with it: till-plot #1 draws it.",
                  values);
    till_text_free(&drawn);
    picture_free(&picture);
    till_input_close(input);
    return status;
}

/* --- Sections --- */

static enum till_status tidy_nothing(struct picture *picture, struct till_error *error) {
    (void)picture;
    (void)error;
    return TILL_OK;
}

/* The anchor is that of the section's first file. */
static void put_heading(struct night *night, const struct section *section, const char *path, bool name_file) {
    struct page *page = &night->page;
    page_html(page, "<section");
    if (section != night->last) {
        page_html(page, " id=\"");
        page_html(page, section->name);
        page_html(page, "\"");
    }
    night->last = section;
    page_html(page, ">\n<h2>");
    page_say(page, section->title);
    page_html(page, "</h2>\n");
    if (name_file) {
        page_html(page, "<p class=\"note\">");
        page_escape(page, till_slice_of(path));
        page_html(page, "</p>\n");
    }
}

enum till_status section_write(struct night *night, const struct section *section, struct till_input *input,
                               const char *const *path, bool name_file, struct till_error *error) {
    struct picture_kind kind = section->table;
    struct picture table = {.kind = &kind};
    struct page *page = &night->page;
    kind.name = section->name;
    kind.tidy = tidy_nothing;
    enum till_status status = picture_read(&table, night->run, input, error);
    if (status == TILL_OK) {
        put_heading(night, section, *path, name_file);
        if (table.frame->rows == 0)
            page_sentence(page, "There are no rows.", NULL);
        else
            status = section->tell(night, &table, error);
    }
    bool rows = status == TILL_OK && table.frame->rows > 0;
    for (size_t i = 0; i < 3 && section->pictures[i] != NULL && rows && night->pictures && status == TILL_OK; i++)
        status = draw(night, section->pictures[i], path, error);
    if (status == TILL_OK)
        page_html(page, "</section>\n");
    picture_free(&table);
    return status == TILL_OK && page->failed ? till_error_memory(error) : status;
}

/* --- What was read --- */

static double number_of(const json_t *meta, const char *name) {
    return json_number_value(json_object_get(json_object_get(meta, "rows"), name));
}

static struct till_slice text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return till_slice_of(text == NULL ? "" : text);
}

static void put_inputs(struct page *page, const json_t *inputs) {
    size_t count = json_array_size(inputs);
    page_html(page, "<td class=\"t\">");
    for (size_t i = 0; i < count && i < 3; i++) {
        page_html(page, i == 0 ? "" : "<br>");
        page_escape(page, text_of(json_array_get(inputs, i), "name"));
    }
    page_html(page, count > 3 ? "<br>&#8230;" : "");
    page_html(page, "</td>");
}

static void put_run(struct page *page, const json_t *meta) {
    page_begin_row(page);
    page_text(page, text_of(meta, "tool"));
    put_inputs(page, json_object_get(meta, "inputs"));
    page_count(page, number_of(meta, "read"));
    page_count(page, number_of(meta, "used"));
    page_count(page, number_of(meta, "filtered"));
    page_count(page, number_of(meta, "rejected"));
    page_text(page, text_of(meta, "as_of"));
    page_end_row(page);
}

static void put_warnings(struct page *page, const json_t *meta) {
    const json_t *warnings = json_object_get(meta, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const char *text = json_string_value(json_array_get(warnings, i));
        page_html(page, "<p class=\"warning\">");
        page_escape(page, text_of(meta, "tool"));
        page_html(page, ": ");
        page_escape(page, till_slice_of(text == NULL ? "" : text));
        page_html(page, "</p>\n");
    }
}

enum till_status night_read(struct night *night, json_t *const *meta, size_t count, struct till_error *error) {
    static const struct page_column columns[] = {{"tool", true},      {"files", true},     {"rows read", false},
                                                 {"used", false},     {"left out", false}, {"bad", false},
                                                 {"data until", true}};
    struct page *page = &night->page;
    char out[4][PAGE_NUMBER];
    const struct till_slice values[] = {
        page_number_of(out[0], number_of(meta[0], "read"), 0), page_number_of(out[1], number_of(meta[0], "used"), 0),
        page_number_of(out[2], number_of(meta[0], "filtered"), 0),
        page_number_of(out[3], number_of(meta[0], "rejected"), 0), text_of(meta[0], "tool")};
    page_html(page, "<section id=\"read\">\n<h2>");
    page_say(page, "What was read");
    page_html(page, "</h2>\n");
    page_sentence(page, "#5 read #1 rows: #2 were used, #3 left out, and #4 were bad.", values);
    page_columns(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++)
        put_run(page, meta[i]);
    page_end_table(page);
    for (size_t i = 0; i < count; i++)
        put_warnings(page, meta[i]);
    page_html(page, "</section>\n");
    return page->failed ? till_error_memory(error) : TILL_OK;
}

/* --- For sections --- */

static int by_order(const void *a, const void *b) {
    const struct group *left = a, *right = b;
    if (left->order != right->order)
        return left->order > right->order ? -1 : 1;
    return till_slice_compare(left->name, right->name);
}

void night_sort(struct group *groups, size_t count) {
    qsort(groups, count, sizeof *groups, by_order);
}

enum till_status night_group(const struct picture *table, size_t text, size_t numbers, struct group **groups,
                             size_t *count, struct till_error *error) {
    const struct till_frame_column *names = picture_texts(table, text);
    const double *values = numbers == NIGHT_NO_NUMBERS ? NULL : picture_numbers(table, numbers);
    uint32_t levels = till_dictionary_count(names->levels);
    struct group *made = calloc((size_t)levels + 1, sizeof *made);
    if (made == NULL)
        return till_error_memory(error);
    for (uint32_t i = 0; i < levels; i++)
        made[i].name = till_dictionary_text(names->levels, i);
    made[levels].name = till_slice_of("");
    for (size_t row = 0; row < table->frame->rows; row++) {
        struct group *group = &made[names->codes[row] == TILL_FRAME_NO_LEVEL ? levels : names->codes[row]];
        group->count++;
        group->sum += values == NULL || isnan(values[row]) ? 0 : values[row];
    }
    *count = (size_t)levels + (made[levels].count > 0);
    for (size_t i = 0; i < *count; i++)
        made[i].order = values == NULL ? made[i].count : made[i].sum;
    night_sort(made, *count);
    *groups = made;
    return TILL_OK;
}

/* Insertion into a short list; most rows are below its end and cost one comparison. */
size_t night_best(const double *numbers, size_t count, size_t *rows, size_t most) {
    size_t held = 0;
    for (size_t row = 0; row < count; row++) {
        if (isnan(numbers[row]) || (held == most && (most == 0 || !(numbers[row] > numbers[rows[held - 1]]))))
            continue;
        size_t at = held < most ? held++ : held - 1;
        for (; at > 0 && numbers[row] > numbers[rows[at - 1]]; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    return held;
}

double night_sum(const double *numbers, size_t rows, size_t *count) {
    double sum = 0;
    size_t present = 0;
    for (size_t row = 0; row < rows; row++)
        if (!isnan(numbers[row])) {
            sum += numbers[row];
            present++;
        }
    if (count != NULL)
        *count = present;
    return sum;
}
