/* till/sequences.h: patterns in the order of purchases: what many customers buy one after the other.
 *
 *     struct till_sequences sequences = {customer_start, step_start, day, items, customers, item_count};
 *     struct till_sequences_options options = {.minimum_support = 50, .maximum_gap = 30};
 *     till_sequences_mine(&sequences, &options, write_pattern, writer, &error);
 */
#ifndef TILL_SEQUENCES_H
#define TILL_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* Customers' steps in time: those of customer c are customer_start[c] to customer_start[c + 1] - 1, with rising days;
 * the items of step s are items[step_start[s]] to items[step_start[s + 1] - 1], different and in rising order.
 * Borrowed. */
struct till_sequences {
    const uint64_t *customer_start; /* customers + 1 */
    const uint64_t *step_start;     /* steps + 1 */
    const int32_t *day;             /* of each step */
    const uint32_t *items;
    uint64_t customers;
    uint32_t item_count;
};

struct till_sequences_options {
    uint64_t minimum_support; /* customers, at least 1 */
    uint32_t maximum_gap;     /* days from one step of a pattern to the next; 0: no bound */
    uint32_t maximum_size;    /* items in a pattern; 0: no bound */
    uint64_t limit;           /* more patterns are TILL_ERROR_DATA; 0: TILL_SEQUENCES_LIMIT */
};

#define TILL_SEQUENCES_LIMIT 10000000

/* Receives one pattern: `size` items, opens[i] where items[i] begins a step, in `customers` sequences. The arrays are
 * good during the call. Any status but TILL_OK ends the search and is passed on. */
typedef enum till_status till_sequences_visit(void *context, const uint32_t *items, const bool *opens, size_t size,
                                              uint64_t customers, struct till_error *error);

/* Delivers every frequent pattern once, each before those that go on from it; items of a step rise. A customer has a
 * pattern when its steps lie within steps of the customer in the same order, each within maximum_gap days of the one
 * before. Time and memory follow the number of patterns and of the places where they end.
 * Source: Pei et al. 2004, Mining sequential patterns by pattern-growth: the PrefixSpan approach, IEEE TKDE 16(11);
 * with all places where a prefix ends kept instead of the first, which a bound on gaps needs. Errors: TILL_ERROR_USAGE,
 * TILL_ERROR_DATA (the limit, or a pattern of more than 4096 items, or of some hundreds where the places of its parts
 * come to more than 256 MB and 64 times the items), TILL_ERROR_MEMORY. */
TILL_API enum till_status till_sequences_mine(const struct till_sequences *sequences,
                                              const struct till_sequences_options *options, till_sequences_visit *visit,
                                              void *context, struct till_error *error);

#endif
