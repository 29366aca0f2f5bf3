/* figures.h: what is counted of each customer. */
#ifndef TILL_MINING_RFM_FIGURES_H
#define TILL_MINING_RFM_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <till/ledger.h>
#include <till/rfm_customers.h>

/* 24 bytes a customer. */
struct figure {
    int64_t monetary;
    uint32_t frequency;
    int32_t first; /* INT32_MAX without purchases */
    int32_t last;  /* TILL_DAY_MISSING without purchases */
    bool returned;
};

struct figures {
    struct figure *of; /* [capacity], by the customer's code */
    uint32_t count;
    uint32_t capacity;
};

/* Makes room for customers 0..count-1. */
bool figures_reserve(struct figures *figures, uint32_t count);

void figures_merge(struct figure *into, const struct figure *other);

/* Counts a row that stands for itself. */
static inline void figures_count_row(struct figure *figure, int32_t day, int64_t amount, bool drop_returns) {
    if (amount < 0) {
        figure->monetary += drop_returns ? 0 : amount;
        figure->returned = true;
        return;
    }
    figure->monetary += amount;
    figure->frequency++;
    figure->first = day < figure->first ? day : figure->first;
    figure->last = day > figure->last ? day : figure->last;
}

/* Counts what a customer did in one order or on one day. */
static inline void figures_count(struct figure *figure, const struct till_ledger_day *event,
                                 enum till_rfm_returns returns) {
    figure->monetary += event->spent + (returns == TILL_RFM_RETURNS_DROP ? 0 : event->returned);
    figure->frequency += event->purchases;
    figure->returned |= event->returns > 0;
    if (event->purchases > 0) {
        figure->first = event->day < figure->first ? event->day : figure->first;
        figure->last = event->day > figure->last ? event->day : figure->last;
    }
}

#endif
