/* tools/baskets.h: what the tools that mine baskets share: how baskets are read, and how much support is asked for. */
#ifndef TOOLS_BASKETS_H
#define TOOLS_BASKETS_H

#include <till/baskets.h>

#include "tool.h"

/* The settings that the options below fill; `minimum` is NULL or what was given. */
struct basket_options {
    bool lines;
    bool numbers;
    int by;
    const char *minimum;
};

/* The options, for the table of a tool; AT gives the offset of a member of its struct basket_options. */
#define BASKET_OPTIONS(AT, SUPPORT)                                                                                    \
    {.name = "min-support",                                                                                            \
     .letter = 's',                                                                                                    \
     .kind = OPTION_TEXT,                                                                                              \
     .offset = AT(minimum),                                                                                            \
     .argument = "SUPPORT",                                                                                            \
     .initial = SUPPORT,                                                                                               \
     .help = "The fewest baskets: a number of them (60), a fraction (0.01) or a percentage (1%). Fractions are taken " \
             "exactly, and rounded up."},                                                                              \
        {.name = "by",                                                                                                 \
         .kind = OPTION_CHOICE,                                                                                        \
         .offset = AT(by),                                                                                             \
         .argument = "UNIT",                                                                                           \
         .initial = "order",                                                                                           \
         .choices = "order|customer|day",                                                                              \
         .help = "What makes a basket of transactions: an order, all that a customer bought, or all that a customer "  \
                 "bought on one day."},                                                                                \
        {.name = "baskets",                                                                                            \
         .kind = OPTION_FLAG,                                                                                          \
         .offset = AT(lines),                                                                                          \
         .help = "Each line of the input is a basket: items between delimiters, no header. Blanks around an item are " \
                 "dropped; a blank line is an empty basket."},                                                         \
    {                                                                                                                  \
        .name = "fimi", .kind = OPTION_FLAG, .offset = AT(numbers),                                                    \
        .help = "Each line of the input is a basket: item numbers between blanks, no header."                          \
    }

/* Further columns that a basket carries; NULL: none. */
struct basket_labels {
    const char *group;   /* which baskets belong together: a column */
    bool group_customer; /* ... or the customer's, where there is one */
    const char *stratum; /* which baskets are alike: a column */
};

/* Reads the input into baskets. `*state` holds their names and is freed by till_basket_aggregate.destroy, after
 * till_basket_data_free. An input without a basket is an error, but not one with a header alone. */
enum till_status baskets_read(struct tool_run *run, const struct basket_options *options,
                              const struct basket_labels *labels, bool ordered, void **state,
                              struct till_basket_data *data, struct till_error *error);

/* The fewest of `baskets` baskets that a text asks for: an integer is a count; a fraction or percentage s is ceil(s N),
 * exactly. Errors: TILL_ERROR_USAGE (not above 0, above 1, not a number). */
enum till_status baskets_support(const char *text, uint64_t baskets, uint64_t *minimum, struct till_error *error);

/* The order of items in sets: by the bytes of their names as they are written, and as they are written with a further
 * item behind them; one order for both. `rank` and `inner` hold item_count numbers each, in one allocation that *rank
 * points to. */
enum till_status baskets_rank(const struct till_basket_data *data, uint32_t **rank, uint32_t **inner,
                              struct till_error *error);

/* What the guard calls the bounds of a tool. */
struct guard_words {
    const char *size_option; /* that bounds the items of a set */
    uint32_t beside;         /* items that a set may have above that bound */
    const char *others;      /* what else there is to do */
};

/* Frequent itemsets are counted before any is held: TILL_ERROR_DATA where they are above wishes->limit, and what would
 * bound them. Counting costs a small part of holding them. */
enum till_status baskets_guard(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                               const struct guard_words *words, struct till_error *error);

/* Says that there are too many itemsets (`counts`: how many, where that is known, or NULL), and what would bound them:
 * supports and sizes that were tried. Returns TILL_ERROR_DATA. */
enum till_status baskets_refuse(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                const struct till_itemset_counts *counts, const struct guard_words *words,
                                struct till_error *error);

/* Writes a number of any size; returns its digits, in `out`. */
struct till_slice baskets_digits(char out[40], till_wide value);

/* Appends items joined by `|`. */
bool baskets_write_items(struct till_text *out, const struct till_basket_data *data, const uint32_t *items,
                         size_t count);

#endif
