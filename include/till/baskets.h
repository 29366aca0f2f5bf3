/* till/baskets.h: what was bought together: transactions, or lines of items, as baskets for mining.
 *
 *     struct till_basket_settings settings = {.transactions = &transactions, .unit = TILL_BASKET_ORDER,
 *                                             .group = TILL_NO_COLUMN, .stratum = TILL_NO_COLUMN};
 *     till_fold(input, &till_basket_aggregate, &settings, threads, &state, &error);
 *     till_basket_data(state, false, &data, &error);
 *     till_itemsets_count(&data.baskets, ...);
 *     till_basket_data_free(&data);
 *
 * A basket is an order (customer and order number), all that a customer bought, or all that a customer bought on one
 * day; or a line of items. The unit is part of the question: two items that never meet in a basket may well meet in
 * every customer's year. */
#ifndef TILL_BASKETS_H
#define TILL_BASKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/itemsets.h>
#include <till/transactions.h>

enum till_basket_unit { TILL_BASKET_ORDER, TILL_BASKET_CUSTOMER, TILL_BASKET_DAY };

/* What a row means. Either rows of transactions (a customer and a day as far as the unit needs them, an order where the
 * unit is one, an item), or `transactions` is NULL and each record (plan.records of a ragged input, till/input.h) is a
 * basket: items between separators, blanks around them dropped, empty ones skipped; or item numbers between blanks. A
 * blank line is an empty basket. */
struct till_basket_settings {
    const struct till_transactions *transactions;
    enum till_basket_unit unit;
    size_t group;     /* the block's text column that says which baskets belong together; TILL_NO_COLUMN: none */
    size_t stratum;   /* the block's text column that says which baskets are alike; TILL_NO_COLUMN: none */
    char delimiter;   /* of lines */
    bool numbers;     /* lines of item numbers, in blanks; anything else makes a bad row */
    bool keyed;       /* rows: the keys of baskets are kept, for baskets in their order, and for saving and finishing; a
                         group or a stratum keeps them too. Without, a key is known by 96 bits of a hash */
    unsigned threads; /* of till_basket_data; 0 stands for 1. The baskets do not depend on it */
};

/* The state of a fold: till_basket_data reads it, `finish` gives a table of basket, item. A row costs 4 bytes, and 16
 * where its basket is another than that of the row before; an item, and a basket with its key, what the dictionary
 * takes. Expected O(rows). */
TILL_API extern const struct till_aggregate till_basket_aggregate;

/* Baskets ready for mining. Items are numbered in byte order of their names, and stand in a basket once, rising. */
struct till_basket_data {
    struct till_baskets baskets;
    struct till_slice *items; /* [item_count]: their names */
    struct till_slice *keys;  /* [count]: order, customer and day as they were read; NULL unless asked for */
    uint32_t *group;          /* [count]: numbers in byte order of their names; NULL: none was asked for */
    uint32_t group_count;
    struct till_slice *groups; /* [group_count]: their names */
    uint32_t *stratum;         /* [count], likewise */
    uint32_t stratum_count;
    void *memory; /* what all of this lies in */
};

/* Makes the baskets of a state. With `ordered` they stand in byte order of their keys, which are kept, or, where they
 * are lines, in the order of their items; otherwise in an order that may differ from run to run. The names live as long
 * as the state. Errors: TILL_ERROR_USAGE for the order of keys that were not kept; TILL_ERROR_DATA when a basket has
 * rows of two groups or strata, or there are more than 2^32 - 2 entries; TILL_ERROR_MEMORY. O(entries), and O(n log n)
 * for the order. */
TILL_API enum till_status till_basket_data(const void *state, bool ordered, struct till_basket_data *data,
                                           struct till_error *error);
TILL_API void till_basket_data_free(struct till_basket_data *data);

/* Items that stand for kinds of items: every basket of `data` that holds an item also holds its ancestors. `parent` has
 * an entry for each of `item_count` items, UINT32_MAX where there is none; it has no cycles. The items of the result
 * are codes below item_count. Frees what `data->baskets` pointed to before. Errors: as above. */
TILL_API enum till_status till_basket_extend(struct till_basket_data *data, const uint32_t *parent, uint32_t item_count,
                                             struct till_error *error);

/* An item as part of a set's text: `|` separates items, so that in names it is written \| and the backslash \\.
 * False when memory is out. */
TILL_API bool till_basket_write_item(struct till_text *out, struct till_slice name);

#endif
