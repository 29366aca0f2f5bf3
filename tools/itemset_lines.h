/* tools/itemset_lines.h: rows of itemsets that go into a line or two of a processor's cache, put together in registers:
 * for itemset_rows. */
#ifndef TOOLS_ITEMSET_LINES_H
#define TOOLS_ITEMSET_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/itemsets.h>
#include <till/text.h>

enum {
    ITEMSET_LINES_DEPTHS = 64,      /* sets with as many items are not short */
    ITEMSET_LINES_NAME = 29,        /* bytes of the longest name, */
    ITEMSET_LINES_TAIL = 26,        /* and of the longest tail */
    ITEMSET_LINES_TAILS = 1 << 14,  /* tails stand by count, modulo that */
    ITEMSET_LINES_LONGEST_ROW = 128 /* that much may be written from the begin of a row on */
};

/* A list of groups. */
struct itemset_lines;

/* Whether the processor has the instructions, and there are not too many items. */
bool itemset_lines_known(uint32_t items);

/* NULL when memory is out. */
struct itemset_lines *itemset_lines_new(uint32_t items);
/* NULL is allowed. */
void itemset_lines_free(struct itemset_lines *lines);

/* The name of an item, with the bar behind it. */
void itemset_lines_name(struct itemset_lines *lines, uint32_t item, struct till_slice text);

/* Forgets the tails: those of another size follow. */
void itemset_lines_begin(struct itemset_lines *lines);
/* What stands behind the items of a set with this count. */
void itemset_lines_tail(struct itemset_lines *lines, uint32_t count, struct till_slice text);

/* How many groups, items and sets a list took. */
struct itemset_lines_taken {
    size_t groups, changed, sets;
};

/* Makes a list of the first groups, of sets with 2 to DEPTHS items; `path` has the items that the group before shared.
 * No group is taken where a text is too long. */
struct itemset_lines_taken itemset_lines_take(struct itemset_lines *lines, const struct till_itemset_groups *groups,
                                              const uint32_t *path);

/* The items that the last group of the list shares. */
void itemset_lines_path(const struct itemset_lines *lines, size_t size, uint32_t *path);

/* Writes the rows of the list to `row`; returns where they end, or NULL where a tail is not there. */
char *itemset_lines_write(const struct itemset_lines *lines, const uint32_t *count, char *row);

#endif
