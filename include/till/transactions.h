/* till/transactions.h: an input read as transactions: who, when, how much, in which order, what.
 *
 *     unsigned uses = TILL_NEEDS_AMOUNT | TILL_USES_ORDER;
 *     till_transactions_plan(&transactions, till_input_schema(input), &options, uses, &error);
 *     till_input_start(input, &transactions.plan, &error);
 *     ... block->columns[transactions.at[TILL_ROLE_CUSTOMER]].text[row] ...
 */
#ifndef TILL_TRANSACTIONS_H
#define TILL_TRANSACTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <till/error.h>
#include <till/input.h>
#include <till/schema.h>

/* What is asked for; NULL roles are found by the header's synonyms. */
struct till_transactions_options {
    const char *customer;
    const char *date;
    const char *amount; /* a column, or "A*B" */
    const char *order;
    const char *item;
    const char *date_format; /* a strptime pattern, or NULL */
    int32_t until;           /* the last day that counts; TILL_DAY_MISSING: all */
    int32_t since;           /* the first day that counts; TILL_DAY_MISSING: all */
};

/* Which roles a method needs (TILL_NEEDS_*: their absence is an error) or uses where they are there. */
enum till_transactions_use {
    TILL_NEEDS_CUSTOMER = 1,
    TILL_NEEDS_DATE = 2,
    TILL_NEEDS_AMOUNT = 4,
    TILL_NEEDS_ORDER = 8,
    TILL_NEEDS_ITEM = 16,
    TILL_USES_ORDER = 32,
    TILL_USES_CUSTOMER = 64,
    TILL_USES_DATE = 128,
    TILL_NEEDS_TIME = 256, /* the date with its time of day */
    TILL_USES_ITEM = 512   /* where it is there; a missing one passes */
};

/* The plan: a missing customer filters its row where customers are needed, and passes where they are only used; missing
 * dates, amounts, orders and items reject it. The date is wanted as a DAY, or as
 * a TIME where it matters: when TILL_NEEDS_TIME says so, and when it stands in for an order column that
 * TILL_USES_ORDER did not find. An amount A*B is one wanted column with a
 * factor: at[TILL_ROLE_AMOUNT] is the product; column[TILL_ROLE_QUANTITY] and column[TILL_ROLE_PRICE] say what is
 * multiplied, and are TILL_NO_COLUMN otherwise. */
struct till_transactions {
    struct till_plan plan;
    struct till_wanted wanted[TILL_ROLES];
    size_t at[TILL_ROLES];     /* where a role stands among the block's columns; TILL_NO_COLUMN: not used */
    size_t column[TILL_ROLES]; /* which column of the schema plays it */
};

/* Finds the roles and fills `transactions`; it must stay where it is while the input is read (the plan points into it).
 * The amount is the column asked for, or A*B where no column is called so; else the column that its header names; else
 * quantity x price, where both are there. Errors: as till_schema_role; TILL_ERROR_USAGE for a date pattern that cannot
 * work. */
TILL_API enum till_status till_transactions_plan(struct till_transactions *transactions,
                                                 const struct till_schema *schema,
                                                 const struct till_transactions_options *options, unsigned uses,
                                                 struct till_error *error);

#endif
