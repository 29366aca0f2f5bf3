/* Baskets from text, for tests and benchmarks of the library alone: item numbers, or names with a separator, a basket a
 * line; or lines of (basket, item). Not a reader for users: it trusts its files, and leaves out-of-memory to a crash.
 */
#ifndef TESTS_SUPPORT_BASKETS_H
#define TESTS_SUPPORT_BASKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <till/itemsets.h>

struct fixture {
    struct till_baskets baskets;
    uint64_t *offsets;
    uint32_t *items;
    char **names; /* of item codes, by first appearance; NULL where the file has numbers */
};

static inline void fixture_free(struct fixture *fixture) {
    for (uint32_t item = 0; fixture->names != NULL && item < fixture->baskets.item_count; item++)
        free(fixture->names[item]);
    free(fixture->names);
    free(fixture->offsets);
    free(fixture->items);
    *fixture = (struct fixture){0};
}

/* The current number of entries: where the last basket ends that was begun. */
static inline void fixture_add(struct fixture *fixture, uint32_t item) {
    uint64_t entries = fixture->offsets[fixture->baskets.count]++;
    if ((entries & (entries - 1)) == 0)
        fixture->items = (uint32_t *)realloc(fixture->items, (2 * entries + 1) * sizeof *fixture->items);
    fixture->items[entries] = item;
    if (item >= fixture->baskets.item_count)
        fixture->baskets.item_count = item + 1;
    fixture->baskets.items = fixture->items;
}

static inline void fixture_begin(struct fixture *fixture) {
    uint64_t count = ++fixture->baskets.count;
    if ((count & (count - 1)) == 0)
        fixture->offsets = (uint64_t *)realloc(fixture->offsets, (2 * count + 1) * sizeof *fixture->offsets);
    fixture->offsets[0] = 0;
    fixture->offsets[count] = fixture->offsets[count - 1];
    fixture->baskets.offsets = fixture->offsets;
}

/* The code of a name, given on first sight. Linear: for a thousand names, once. */
static inline uint32_t fixture_code(struct fixture *fixture, const char *name) {
    uint32_t count = fixture->baskets.item_count;
    for (uint32_t item = 0; item < count; item++)
        if (strcmp(fixture->names[item], name) == 0)
            return item;
    fixture->names = (char **)realloc(fixture->names, (count + 1u) * sizeof *fixture->names);
    fixture->names[count] = (char *)malloc(strlen(name) + 1);
    strcpy(fixture->names[count], name);
    return count;
}

/* Adds the fields of a line. Names lose blanks at both ends (groceries.csv has some in the middle of lines). */
static inline void fixture_line(struct fixture *fixture, char *line, const char *separator) {
    for (char *field = strtok(line, separator); field != NULL; field = strtok(NULL, separator)) {
        size_t length = strlen(field);
        while (length > 0 && field[length - 1] == ' ')
            field[--length] = 0;
        field += strspn(field, " ");
        if (separator[0] == ' ')
            fixture_add(fixture, (uint32_t)strtoul(field, NULL, 10));
        else
            fixture_add(fixture, fixture_code(fixture, field));
    }
}

/* Reads a file, packed or not: numbers (separator " \r\n"), names (",\r\n"). An empty line is an empty basket. False
 * when the file is not there. */
static inline bool fixture_read(struct fixture *fixture, const char *path, const char *separator) {
    static char line[1 << 20];
    gzFile file = gzopen(path, "rb");
    *fixture = (struct fixture){0};
    if (file == NULL)
        return false;
    gzbuffer(file, 1 << 18);
    while (gzgets(file, line, sizeof line) != NULL) {
        fixture_begin(fixture);
        fixture_line(fixture, line, separator);
    }
    gzclose(file);
    return true;
}

static inline int fixture_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads lines of "basket;item" in any order. */
static inline bool fixture_read_pairs(struct fixture *fixture, const char *path) {
    static char line[1 << 12];
    static char *lines[1 << 16];
    size_t count = 0;
    gzFile file = gzopen(path, "rb");
    *fixture = (struct fixture){0};
    if (file == NULL)
        return false;
    for (; count < sizeof lines / sizeof *lines && gzgets(file, line, sizeof line) != NULL; count++) {
        lines[count] = (char *)malloc(strlen(line) + 1);
        strcpy(lines[count], line);
    }
    gzclose(file);
    qsort(lines, count, sizeof *lines, fixture_compare);
    const char *last = "";
    for (size_t k = 0; k < count; k++) {
        char *basket = strtok(lines[k], ";"), *item = strtok(NULL, ";\r\n");
        if (k == 0 || strcmp(basket, last) != 0)
            fixture_begin(fixture);
        last = basket;
        fixture_add(fixture, fixture_code(fixture, item));
    }
    for (size_t k = 0; k < count; k++)
        free(lines[k]);
    return true;
}

#endif
