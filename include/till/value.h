/* till/value.h: customers ranked by value: who brings how much, in tiers, and how concentrated it is.
 *
 *     till_value_tiers_parse(&tiers, NULL, &error);                     VIP:1%,major:4%,ordinary:15%,small:80%
 *     struct till_value *value = till_value_new();
 *     till_value_add(value, 120.50, &error); ...                        a call a customer
 *     till_value_finish(value, tiers, NULL, &error);
 *     till_value_customer(value, 0).rank ...                            in the order of adding
 *
 * Definitions, for n customers of values x and total X, the largest first:
 *   rank              1 + the number of customers of larger value: equal values share a rank, as in 1, 2, 2, 4
 *   share             x / X
 *   cumulative_share  sum of all values that are at least x, / X: the same for all of equal value, and 1 for the last
 *   tier              tier j ends at position ceil(P_j n), P_j the percents of it and all better ones together (exact
 * rational arithmetic). Equal values stay together: where a cut falls between them, all of them take the lower tier
 *   curve             of the top p percent, that is the first ceil(p n / 100): their sum, and its share of X (Lorenz
 * 1905) Gini              sum over i of (2i - n - 1) x_i / (n X), values rising with i (Gini 1912): 0 when all are
 * equal, (n-1)/n when one brings all customers for q   the smallest number k of customers whose values sum to q X or
 * more, / n
 *
 * Shares are undefined where X is not above zero. Gini and "customers for" are also undefined where any value is
 * negative, because they then leave 0..1 and do not say what their names promise. Undefined figures are NaN.
 *
 * Where all values have at most four decimals (and are below 10^14 when whole, 2 x 10^11 when not), sums are exact
 * 128-bit integers; otherwise doubles are summed in falling order with compensation (Neumaier 1974). Either way results
 * do not depend on the order of adding.
 *
 * M. O. Lorenz, Methods of measuring the concentration of wealth, 1905. C. Gini, Variabilita e mutabilita, 1912. J.
 * Curry, A. Curry, The Customer Marketing Method, 2000 (the customer pyramid). */
#ifndef TILL_VALUE_H
#define TILL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <till/error.h>
#include <till/table.h>
#include <till/writer.h>

/* Tiers ---------------------------------------------------------------------------------------------------------- */

/* The best tier first. `name` and `percent` (as it was written, with its sign) are the tier's own texts; `parts` is the
 * percent in units of 10^-9 percent. */
struct till_value_tier {
    char *name;
    char *percent;
    uint64_t parts;
};
struct till_value_tiers {
    size_t count;
    struct till_value_tier *tier;
};

/* Tiers from `name:percent,...` ("VIP:1%,rest:99%"; at most nine decimals), or from the name of a preset: "pyramid"
 * (also NULL: VIP:1%,major:4%,ordinary:15%,small:80%, after Curry and Curry) or "chinese"
 * (重要:1%,次要:19%,普通:30%,小:50%). Errors (TILL_ERROR_USAGE): not of this form, a name twice or empty, a percent of
 * zero, or percents that do not sum to exactly 100. */
TILL_API enum till_status till_value_tiers_parse(struct till_value_tiers **tiers, const char *text,
                                                 struct till_error *error);
TILL_API void till_value_tiers_free(struct till_value_tiers *tiers);

/* Schemes -------------------------------------------------------------------------------------------------------- */

/* The tiers of one day's customers as cuts by value, so that other customers, or the same tomorrow, can be held to
 * them: a customer belongs to the first tier whose lowest value it reaches, and to the last when it reaches none. A
 * tier that held no customers has no lowest value (NaN) and takes nobody, unless it is the last. */
struct till_value_cut {
    char *name;
    char *percent;
    double lowest;
    uint64_t customers; /* how many it held */
};
struct till_value_scheme {
    char *column; /* the column that the values stood in */
    size_t count;
    struct till_value_cut *cut;
};

/* A scheme as a model file (till/model.h): {"column": "monetary", "tiers": [{"name": "VIP", "percent": "1%", "lowest":
 * 512.5, "customers": 24}, ...]}, where `lowest` may be null. */
#define TILL_VALUE_SCHEME_KIND "tier-scheme"
TILL_API enum till_status till_value_scheme_save(struct till_sink sink, const struct till_value_scheme *scheme,
                                                 struct till_error *error);

/* From the body of a model file. Everything is checked (TILL_ERROR_STATE). Borrows `body`. */
TILL_API enum till_status till_value_scheme_decode(struct till_value_scheme **scheme, const json_t *body,
                                                   struct till_error *error);

/* From a file, which must be of this kind. */
TILL_API enum till_status till_value_scheme_load(struct till_value_scheme **scheme, const char *path,
                                                 struct till_error *error);
TILL_API void till_value_scheme_free(struct till_value_scheme *scheme);

/* The index of the tier that a value belongs to. O(tiers). */
TILL_API size_t till_value_scheme_tier(const struct till_value_scheme *scheme, double value);

/* Ranking -------------------------------------------------------------------------------------------------------- */

struct till_value;

struct till_value_customer {
    double value;
    double cumulative_share; /* NaN: undefined */
    uint32_t rank;
    uint32_t tier; /* index into the tiers, or the scheme's cuts */
};

/* What is to be said of all customers together. */
struct till_value_summary {
    uint64_t customers;
    uint64_t negative; /* customers of negative value */
    bool exact;        /* sums are exact */
    double total;
    double gini;
    double customers_for[3]; /* the share of customers that brings 50, 80, 90 percent */
    const char *no_shares;   /* why shares are undefined: a text that lives for ever; NULL: they are defined */
    const char *no_gini;     /* why Gini and customers_for are undefined; NULL: they are defined */
};

/* An empty ranking; NULL when memory is out. */
TILL_API struct till_value *till_value_new(void);
TILL_API void till_value_free(struct till_value *value);

/* Adds a customer of value `x`, which must be finite. 16 bytes each, amortised O(1). Errors: TILL_ERROR_MEMORY,
 * TILL_ERROR_DATA for more than 2^32 - 2 customers. */
TILL_API enum till_status till_value_add(struct till_value *value, double x, struct till_error *error);

/* Ranks all that was added, once, and puts each into a tier: by `scheme` where it is given, else by `tiers`, which must
 * live as long. O(n) by radix sort in place; 4 bytes a customer more. */
TILL_API enum till_status till_value_finish(struct till_value *value, const struct till_value_tiers *tiers,
                                            const struct till_value_scheme *scheme, struct till_error *error);

/* After finish: the customer added as number `index` (from 0), its share, and what holds for all. */
TILL_API struct till_value_customer till_value_customer(const struct till_value *value, uint64_t index);
TILL_API double till_value_share(const struct till_value *value, double x);
TILL_API const struct till_value_summary *till_value_summary(const struct till_value *value);

/* After finish: `top,customers,value,value_share` for the top 1, 2, ..., 100 percent of the customers. No rows without
 * customers. value is money where sums are exact and fit 64 bits, else a real. */
TILL_API enum till_status till_value_curve(const struct till_value *value, struct till_table **table,
                                           struct till_error *error);

/* After finish: `tier,percent,customers,lowest,highest,value,value_share`, a row a tier, the best first. */
TILL_API enum till_status till_value_tier_table(const struct till_value *value, struct till_table **table,
                                                struct till_error *error);

/* After finish: the tiers as cuts by value. `column` names where the values stood. The caller frees the scheme. */
TILL_API enum till_status till_value_scheme_of(const struct till_value *value, const char *column,
                                               struct till_value_scheme **scheme, struct till_error *error);

#endif
