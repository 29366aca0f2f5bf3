/* till/schema.h: the columns of an input, and which of them plays which role.
 *
 *     till_schema_role(schema, TILL_ROLE_CUSTOMER, NULL, &column, &error);     found by its header
 *     till_schema_column(schema, "3", &column, &error);                        by name or 1-based number
 */
#ifndef TILL_SCHEMA_H
#define TILL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>
#include <till/text.h>

struct till_schema {
    size_t count;
    struct till_slice *names;
    const char *file;        /* for messages */
    unsigned long long line; /* the header's line; 0: there is none */
};

#define TILL_NO_COLUMN ((size_t)-1)

/* The column called `name`, or with that 1-based number where no column has the name. Errors (TILL_ERROR_DATA, at the
 * header's line): not there (lists the columns and the nearest name, and hints at another delimiter, a line before the
 * header, or no header where it looks so), or there twice. O(columns). */
TILL_API enum till_status till_schema_column(const struct till_schema *schema, const char *name, size_t *column,
                                             struct till_error *error);

/* What seems wrong with the header as a whole, to stand behind a message: " (is the delimiter ';'? try
 * --delimiter=';')", a line before the header, or no header; "" where nothing is to be seen. */
TILL_API const char *till_schema_hint(const struct till_schema *schema);

enum till_role {
    TILL_ROLE_CUSTOMER,
    TILL_ROLE_DATE,
    TILL_ROLE_AMOUNT,
    TILL_ROLE_ORDER,
    TILL_ROLE_ITEM,
    TILL_ROLE_QUANTITY,
    TILL_ROLE_PRICE,
    TILL_ROLES
};

/* The column that plays a role: `asked` (name or number) when it is not NULL, else by the header's synonyms. Case,
 * blanks, underscores, dashes, points and a bracket at the end ("金额(元)", "Amount [USD]") are ignored, and full-width
 * letters are taken as ASCII. Ids and codes beat plain words ("customer_id" over "customer"), which beat names and
 * descriptions (over "customer_name"); among dates, "date" and "datetime" beat a mere "time". Errors (TILL_ERROR_DATA,
 * with the role): two equal candidates (names both and the option that chooses); none, when `required`; otherwise
 * *column is TILL_NO_COLUMN. O(columns x synonyms). */
TILL_API enum till_status till_schema_role(const struct till_schema *schema, enum till_role role, const char *asked,
                                           bool required, size_t *column, struct till_error *error);

/* "customer", "date", ... */
TILL_API const char *till_role_name(enum till_role role);

/* A list of columns "a,b,c-e": names, 1-based numbers and ranges; an exact name wins over a range, and names that hold
 * commas are understood. Fills `chosen[0..count)`. Errors: as till_schema_column. O(pieces x columns). */
TILL_API enum till_status till_schema_list(const struct till_schema *schema, const char *list, bool *chosen,
                                           struct till_error *error);

#endif
