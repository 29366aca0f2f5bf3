/* tools/night.h: what a report says of the files of a night.
 *
 * A section is a table that some tool writes, found by its columns; the sentence that its numbers say; a short table;
 * and pictures of the same file. A new one is a `struct section` in a file of its kind, and its place in the list of
 * night.c. */
#ifndef TOOLS_NIGHT_H
#define TOOLS_NIGHT_H

#include <jansson.h>

#include "page.h"
#include "picture.h"
#include "tool.h"

struct night {
    struct tool_run *run;
    struct page page;
    size_t top;                 /* rows of a list */
    bool pictures;              /* are drawn */
    int32_t as_of;              /* of the data; TILL_DAY_MISSING: not known */
    size_t drawn;               /* pictures so far */
    const struct section *last; /* the section that was written last */
};

struct section {
    const char *name;          /* the anchor of the section */
    const char *title;         /* in English; page_words.c has the Chinese */
    struct picture_kind table; /* whose forms say which columns are read */
    const char *pictures[3];   /* the kinds that are drawn of the same file; NULL: no more */
    /* Says what the rows of the table say. */
    enum till_status (*tell)(struct night *night, const struct picture *table, struct till_error *error);
};

/* In the order of the page; ends with NULL. */
extern const struct section *const sections[];

extern const struct section section_segments, section_moves, section_tiers, section_concentration, section_cohorts;
extern const struct section section_clusters, section_rules, section_lifetime, section_backtest, section_churn;
extern const struct section section_quality, section_drift;

/* True for a table whose columns are those of the section. */
bool section_fits(const struct section *section, const struct till_schema *schema);

/* Reads the input, says what it says, and draws the same file, which is opened again (tool_open_again). `name_file`:
 * one of several files of the section. */
enum till_status section_write(struct night *night, const struct section *section, struct till_input *input,
                               const char *const *path, bool name_file, struct till_error *error);

/* What was read, by the files of --meta. `meta` [count]. */
enum till_status night_read(struct night *night, json_t *const *meta, size_t count, struct till_error *error);

/* --- For sections --- */

/* Sums by group: customers and money of a segment, a tier, a feature. */
struct group {
    struct till_slice name;
    double count;
    double sum;
    double order; /* groups come by falling order, then by name */
};
/* A group for each level of a column of texts; missing ones are a group without a name. `numbers` may be NULL, and its
 * missing numbers are nothing. *groups is the caller's to free. Groups stand by falling sums (counts without numbers).
 * Errors: TILL_ERROR_MEMORY. */
enum till_status night_group(const struct picture *table, size_t text, size_t numbers, struct group **groups,
                             size_t *count, struct till_error *error);
/* Sorts by falling `order`, then by name. */
void night_sort(struct group *groups, size_t count);

/* The rows with the highest numbers, the highest first, the earlier first among equals; NaN never. Returns how many
 * there are in rows[0 .. most). */
size_t night_best(const double *numbers, size_t count, size_t *rows, size_t most);

/* The sum of a column without its missing numbers; how many numbers there are in *count, unless NULL. */
double night_sum(const double *numbers, size_t rows, size_t *count);

#define NIGHT_NO_NUMBERS ((size_t)-1)

#endif
