/* till/itemsets.h: itemsets that many baskets share: all frequent ones, the closed, or the maximal.
 *
 *     struct till_baskets baskets = {offsets, items, count, item_count};
 *     struct till_itemsets_options options = {.type = TILL_ITEMSETS_CLOSED, .minimum_support = 10, .threads = 2};
 *     till_itemsets_mine(&baskets, &options, write_itemset, writer, &error);
 *     till_itemsets_count(&baskets, &options, &counts, &error);
 *
 * An itemset is frequent when at least `minimum_support` baskets hold all of its items. It is closed when no larger set
 * lies in the same baskets, and maximal when no larger set is frequent. The empty set is never one of them. */
#ifndef TILL_ITEMSETS_H
#define TILL_ITEMSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/decimal.h>
#include <till/error.h>

/* Baskets as rows of item codes: basket b is items[offsets[b]] to items[offsets[b + 1] - 1], in any order. An item
 * counts once in a basket, however often it stands there; a basket may be empty. Codes are below item_count. At most
 * 2^32 - 2 baskets and item entries. Borrowed; never changed. */
struct till_baskets {
    const uint64_t *offsets; /* count + 1 */
    const uint32_t *items;
    uint64_t count;
    uint32_t item_count;
};

enum till_itemsets_type { TILL_ITEMSETS_FREQUENT, TILL_ITEMSETS_CLOSED, TILL_ITEMSETS_MAXIMAL };

struct till_itemsets_options {
    enum till_itemsets_type type;
    uint64_t minimum_support; /* baskets, at least 1 */
    uint32_t minimum_size;    /* items; smaller sets are left out. Does not change what is closed or maximal. */
    uint32_t maximum_size;    /* items; larger sets are left out; 0: no bound */
    uint64_t limit;           /* of itemsets to deliver (0: TILL_ITEMSETS_LIMIT), or that are counted one by one (0:
                                 none): TILL_ERROR_DATA with role "limit" when there are more */
    uint64_t count_from; /* when itemsets that wait for delivery take so many bytes, their number is estimated, and that
                            of frequent ones counted, so that a flood is known before memory is full; 0: never */
    uint64_t work;       /* of counting, about a nanosecond each: TILL_ERROR_DATA with role "work" when it takes more,
                            on any machine and for any number of threads; 0: no bound */
    unsigned threads;    /* 0 stands for 1; the result never depends on it */
    bool portable;       /* no instructions beyond the baseline; the result is the same */
    const uint32_t *rank; /* item_count different numbers: the order of items in a set and of sets; NULL: the codes */
    const uint32_t *inner_rank; /* where sets are ordered, another rank for items that have a further item behind them;
                                   NULL: `rank`. Joined texts in byte order need it: a separator follows such a name. */
};

#define TILL_ITEMSETS_LIMIT 100000000

/* Receives one itemset: `size` items (codes, in rising rank) that `count` baskets share. The array is good during the
 * call. Any status but TILL_OK stops the delivery and is passed on. */
typedef enum till_status till_itemsets_visit(void *context, const uint32_t *items, size_t size, uint64_t count,
                                             struct till_error *error);

/* Delivers every itemset once, by rising size, sets of one size in the order of their items' ranks, from the calling
 * thread and after mining: nothing is delivered when mining fails. Time is that of the search, which grows with the
 * number of itemsets. The itemsets are held until they are delivered: a closed or maximal one takes 16 bytes where few
 * items are frequent (at most 96), else 1, 2 or 4 bytes an item and 4 for its count; a frequent one 3 to 8 bytes, for
 * it shares its beginning with those before. `limit` bounds that, whatever the number of threads: beyond it the search
 * ends, and the error says what would bound the sets.
 * Errors: TILL_ERROR_USAGE (support 0, sizes that contradict), TILL_ERROR_DATA (a code out of range, more sets than the
 * limit, too many entries), TILL_ERROR_MEMORY.
 * Sources: Uno, Kiyomi & Arimura 2004, LCM ver. 2, sections 2 and 3 (prefix-preserving closure extension, occurrence
 * deliver); Zaki 2000, Scalable algorithms for association mining, section 3 (vertical intersection); Zaki & Hsiao
 * 2002, CHARM, property 3; Gouda & Zaki 2001, GenMax, and Bayardo 1998, MaxMiner (maximal sets). */
TILL_API enum till_status till_itemsets_mine(const struct till_baskets *baskets,
                                             const struct till_itemsets_options *options, till_itemsets_visit *visit,
                                             void *context, struct till_error *error);

/* Itemsets that differ in their last item alone, and follow each other. */
struct till_itemset_group {
    uint32_t changed; /* of the items that all have, the last so many are not those of the group before */
    uint32_t sets;    /* at least 1 */
};

/* Groups of one size, in their order. Behind the last set, `last` and `count` have TILL_ITEMSET_PAD more numbers that
 * may be read (in `last`, codes), so that those who look at several at once need not care where they end. The arrays
 * are good during the call. */
struct till_itemset_groups {
    size_t size;   /* items of each set */
    size_t groups; /* at least 1 */
    const struct till_itemset_group *group;
    const uint32_t *items; /* of each group: its `changed` items, in rising rank */
    const uint32_t *last;  /* of each set: its last item */
    const uint32_t *count; /* of each set: the baskets that share it */
};

enum { TILL_ITEMSET_PAD = 4 };

typedef enum till_status till_itemsets_visit_groups(void *context, const struct till_itemset_groups *groups,
                                                    struct till_error *error);

/* The same sets in the same order, many groups at a time: for those who write what sets share once. How many sets make
 * a group may depend on the type; in the first of a size, all items have changed. */
TILL_API enum till_status till_itemsets_mine_groups(const struct till_baskets *baskets,
                                                    const struct till_itemsets_options *options,
                                                    till_itemsets_visit_groups *visit, void *context,
                                                    struct till_error *error);

/* How many itemsets there are of each size. Start with {0}. */
struct till_itemset_counts {
    uint32_t largest;   /* the largest size that occurs; 0: there is none */
    till_wide *of_size; /* largest + 1 numbers, by size */
    till_wide total;
};

/* Counts without enumerating what follows from perfect extensions: k items that each lie in all baskets of a set
 * stand for 2^k sets and cost one step. Memory is a small multiple of the input, whatever the number of itemsets, and
 * `limit` bounds the time: a family of 2^k sets counts as k + 1 at most, so there are more sets than that when it says
 * so, but there may be more when it does not. `rank` and `inner_rank` are not read.
 * TILL_ERROR_DATA when a number passes 2^127. Free the result with
 * till_itemset_counts_free. */
TILL_API enum till_status till_itemsets_count(const struct till_baskets *baskets,
                                              const struct till_itemsets_options *options,
                                              struct till_itemset_counts *counts, struct till_error *error);
TILL_API void till_itemset_counts_free(struct till_itemset_counts *counts);

/* About how many itemsets there are. */
struct till_itemset_estimate {
    double sets;  /* infinite: past counting */
    double error; /* the standard error of it; 0 when all were counted */
    double items; /* that they hold in all, for the bytes that they would take */
    bool known;   /* false: even a small part of the search takes too long */
};

/* Estimates the number from parts of the search that are drawn at random, in half a second or so. The same for any
 * number of threads and on any machine; unbiased, but where few branches hold most of the sets the error is large, and
 * itself uncertain. `limit` is not read; options->work, if it is not 0, is what the search may take. Source: J. E.
 * Knuth, "Estimating the efficiency of backtrack programs", Mathematics of Computation 29, 1975. Errors: as of
 * counting, but for limits. */
TILL_API enum till_status till_itemsets_estimate(const struct till_baskets *baskets,
                                                 const struct till_itemsets_options *options,
                                                 struct till_itemset_estimate *estimate, struct till_error *error);

/* Whether an estimate is above a limit by three standard errors and more. */
TILL_API bool till_itemset_estimate_passes(const struct till_itemset_estimate *estimate, uint64_t limit);

/* The largest support, but not below options->minimum_support, at which there are `wanted` itemsets or more; the
 * minimum when there are never so many. So the `wanted` itemsets of most baskets all have this support, and one more
 * basket bounds the itemsets below `wanted`. (Maximal itemsets may be fewer at a lower support: then it is one such
 * support.) Counts at O(log support) supports, `wanted` steps or less each;
 * where options->work does not suffice for that, there may be fewer. Errors: as of counting, but for limits. */
TILL_API enum till_status till_itemsets_threshold(const struct till_baskets *baskets,
                                                  const struct till_itemsets_options *options, uint64_t wanted,
                                                  uint64_t *support, struct till_error *error);

#endif
