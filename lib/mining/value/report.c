/* The ranking as tables: the curve by percent, and the tiers. */
#include <math.h>
#include <string.h>

#include "parts.h"

/* Money columns hold 64 bits. */
static bool fits_money(const struct till_value *value) {
    till_wide most = INT64_MAX;
    bool fits = value->exact;
    for (size_t i = 0; i < CURVE_POINTS && fits; i++)
        fits = value->curve[i].money < most && value->curve[i].money > -most;
    for (size_t i = 0; i < value->tier_count && fits; i++)
        fits = value->facts[i].sum.money < most && value->facts[i].sum.money > -most;
    return fits;
}

/* A column of sums or values, as money or reals. */
struct amounts {
    int64_t *money; /* NULL: reals */
    double *real;
};

static bool add_amounts(struct till_table *table, const char *name, bool money, struct amounts *amounts) {
    void *values = till_table_add(table, name, money ? TILL_MONEY : TILL_REAL);
    *amounts = (struct amounts){money ? values : NULL, values};
    return values != NULL;
}

static void set_sum(struct amounts amounts, size_t row, const struct value_sum *sum) {
    if (amounts.money != NULL)
        amounts.money[row] = (int64_t)sum->money;
    else
        amounts.real[row] = value_sum_result(sum);
}

static void set_value(struct amounts amounts, size_t row, double x) {
    if (amounts.money == NULL)
        amounts.real[row] = x;
    else if (!isnan(x))
        (void)value_as_money(x, &amounts.money[row]); /* it is: all values are */
}

static double share_of(const struct till_value *value, const struct value_sum *sum) {
    return value->summary.no_shares == NULL ? value_sum_ratio(sum, &value->total) : (double)NAN;
}

enum till_status till_value_curve(const struct till_value *value, struct till_table **table, struct till_error *error) {
    *table = till_table_new(value->count == 0 ? 0 : CURVE_POINTS);
    if (*table == NULL)
        return till_error_memory(error);
    struct amounts sums = {NULL, NULL};
    uint64_t *top = till_table_add(*table, "top", TILL_COUNT);
    uint64_t *customers = till_table_add(*table, "customers", TILL_COUNT);
    bool added = add_amounts(*table, "value", fits_money(value), &sums);
    double *shares = till_table_add(*table, "value_share", TILL_REAL);
    if (top == NULL || customers == NULL || !added || shares == NULL) {
        till_table_free(*table);
        *table = NULL;
        return till_error_memory(error);
    }
    for (size_t i = 0; i < (*table)->rows; i++) {
        top[i] = i + 1;
        customers[i] = value_top(i + 1, CURVE_POINTS, value->count);
        set_sum(sums, i, &value->curve[i]);
        shares[i] = share_of(value, &value->curve[i]);
    }
    return TILL_OK;
}

struct tier_columns {
    struct till_slice *name;
    struct till_slice *percent;
    uint64_t *customers;
    struct amounts lowest;
    struct amounts highest;
    struct amounts sum;
    double *share;
};

static bool add_tier_columns(struct till_table *table, bool money, struct tier_columns *columns) {
    columns->name = till_table_add(table, "tier", TILL_TEXT);
    columns->percent = till_table_add(table, "percent", TILL_TEXT);
    columns->customers = till_table_add(table, "customers", TILL_COUNT);
    bool added = add_amounts(table, "lowest", money, &columns->lowest) &&
                 add_amounts(table, "highest", money, &columns->highest) &&
                 add_amounts(table, "value", money, &columns->sum);
    columns->share = till_table_add(table, "value_share", TILL_REAL);
    return added && columns->name != NULL && columns->percent != NULL && columns->customers != NULL &&
           columns->share != NULL;
}

static bool fill_tier(const struct till_value *value, struct till_table *table, struct tier_columns columns, size_t i) {
    bool by_scheme = value->scheme != NULL;
    const char *name = by_scheme ? value->scheme->cut[i].name : value->tiers->tier[i].name;
    const char *percent = by_scheme ? value->scheme->cut[i].percent : value->tiers->tier[i].percent;
    const struct tier_facts *facts = &value->facts[i];
    columns.name[i] = till_table_keep(table, till_slice_of(name));
    columns.percent[i] = till_table_keep(table, till_slice_of(percent));
    columns.customers[i] = facts->customers;
    set_value(columns.lowest, i, facts->lowest);
    set_value(columns.highest, i, facts->highest);
    set_sum(columns.sum, i, &facts->sum);
    columns.share[i] = share_of(value, &facts->sum);
    return columns.name[i].bytes != NULL && columns.percent[i].bytes != NULL;
}

enum till_status till_value_tier_table(const struct till_value *value, struct till_table **table,
                                       struct till_error *error) {
    struct tier_columns columns;
    *table = till_table_new(value->tier_count);
    if (*table == NULL)
        return till_error_memory(error);
    bool good = add_tier_columns(*table, fits_money(value), &columns);
    for (size_t i = 0; i < value->tier_count && good; i++)
        good = fill_tier(value, *table, columns, i);
    if (good)
        return TILL_OK;
    till_table_free(*table);
    *table = NULL;
    return till_error_memory(error);
}
