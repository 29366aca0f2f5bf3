/* till/sorter.h: records of one size in order, however many: in memory, and beyond that in a temporary file.
 *
 *     struct till_sorter *sorter = till_sorter_new(&order, 64 << 20, getenv("TMPDIR"));
 *     till_sorter_add(sorter, &record, &error);
 *     till_sorter_sort(sorter, &error);
 *     while (till_sorter_next(sorter, &next, &error) == TILL_OK && next != NULL) ...
 *     till_sorter_free(sorter);
 */
#ifndef TILL_SORTER_H
#define TILL_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

struct till_sorter;

/* What is sorted, and how. */
struct till_sorter_order {
    size_t size;                                                       /* bytes of a record */
    int (*compare)(const void *context, const void *a, const void *b); /* below 0: `a` comes first */
    const void *context;                                               /* outlives the sorter */
    uint64_t first; /* only so many are wanted, the first ones; 0: all */
};

/* An empty sorter that holds records in up to `memory` bytes, or 64 records, if those are more. Sorted runs of what
 * does not fit go to an unlinked temporary file in `directory` (NULL: /tmp; callers pass what TMPDIR says). NULL when
 * memory is out. */
TILL_API struct till_sorter *till_sorter_new(const struct till_sorter_order *order, size_t memory,
                                             const char *directory);
TILL_API void till_sorter_free(struct till_sorter *sorter);

/* Copies a record, amortised O(log n) comparisons. Errors: TILL_ERROR_INPUT_OUTPUT (no temporary file, a full disk),
 * TILL_ERROR_MEMORY. After an error the sorter is good for till_sorter_free alone. */
TILL_API enum till_status till_sorter_add(struct till_sorter *sorter, const void *record, struct till_error *error);

/* Ends the adding. The sort is stable. Errors: as above. */
TILL_API enum till_status till_sorter_sort(struct till_sorter *sorter, struct till_error *error);

/* How many records there are to read in all. */
TILL_API uint64_t till_sorter_count(const struct till_sorter *sorter);

/* The next record in order, valid until the next call; NULL behind the last. */
TILL_API enum till_status till_sorter_next(struct till_sorter *sorter, const void **record, struct till_error *error);

#endif
