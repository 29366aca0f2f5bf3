/* figures.h: what is counted of each customer. */
#ifndef TILL_MINING_RFM_FIGURES_H
#define TILL_MINING_RFM_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <till/ledger.h>
#include <till/rfm_customers.h>

/* 24 bytes a customer, kept beside its name; zeros are a customer of whom nothing is known. Days are kept as ranks that
 * rise from 0, the first one backwards, so that both are maxima and no purchase is 0. */
struct figure {
    int64_t monetary;
    uint32_t frequency;
    uint32_t first; /* ~rank */
    uint32_t last;  /* rank */
    uint32_t returned;
};

static inline uint32_t figure_rank(int32_t day) {
    return (uint32_t)day ^ UINT32_C(0x80000000);
}

static inline int32_t figure_day(uint32_t rank) {
    return (int32_t)(rank ^ UINT32_C(0x80000000));
}

static inline void figure_date(struct figure *figure, int32_t day) {
    uint32_t rank = figure_rank(day);
    figure->first = ~rank > figure->first ? ~rank : figure->first;
    figure->last = rank > figure->last ? rank : figure->last;
}

void figures_merge(struct figure *into, const struct figure *other);

/* Counts a row that stands for itself. */
static inline void figures_count_row(struct figure *figure, int32_t day, int64_t amount, bool drop_returns) {
    if (amount < 0) {
        figure->monetary += drop_returns ? 0 : amount;
        figure->returned = 1;
        return;
    }
    figure->monetary += amount;
    figure->frequency++;
    figure_date(figure, day);
}

/* Counts what a customer did in one order or on one day. */
static inline void figures_count(struct figure *figure, const struct till_ledger_day *event,
                                 enum till_rfm_returns returns) {
    figure->monetary += event->spent + (returns == TILL_RFM_RETURNS_DROP ? 0 : event->returned);
    figure->frequency += event->purchases;
    figure->returned |= event->returns > 0;
    if (event->purchases > 0) {
        figure_date(figure, event->day);
    }
}

/* Adds a customer to the columns, in which there is room; the name is not copied. One who has nothing left after
 * `returns` is left out. Errors: TILL_ERROR_DATA where returns are refused and there is one. */
enum till_status figures_add(struct till_rfm_customers *customers, struct till_slice name, const struct figure *figure,
                             enum till_rfm_returns returns, struct till_error *error);

#endif
