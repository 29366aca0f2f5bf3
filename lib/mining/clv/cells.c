/* Customers with equal figures are alike to the models, so they are counted together: CDNOW's 2,357 are 1,016 cells.
 * They are sorted by their figures, or by the ranks of them, byte by byte, so that a fit sees the same sums whatever
 * the order of the customers was; where a figure changes a cell begins. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <till/clv.h>

#include "../../base/radix.h"
#include "clock.h"
#include "models.h"

static enum till_status check(const struct till_clv_history *history, size_t i, struct till_error *error) {
    double last = history->last[i], age = history->age[i];
    if (!(age >= 0) || !(last >= 0) || isinf(age))
        return till_error_set(error, TILL_ERROR_DATA, "customer %zu: times must be numbers from 0", i + 1);
    if (last > age)
        return till_error_set(error, TILL_ERROR_DATA,
                              "customer %zu: the last purchase, %g after the first, is later than the end, %g", i + 1,
                              last, age);
    if ((history->repeats[i] == 0) != (last == 0))
        return till_error_set(error, TILL_ERROR_DATA, "customer %zu: %s", i + 1,
                              last == 0 ? "repeat purchases, but the last one is no later than the first"
                                        : "no repeat purchases, but one later than the first");
    return TILL_OK;
}

/* ---- sorting ---- */

/* Customers in the order of their cells. */
struct order {
    struct radix_item *items; /* [2 customers]: room */
    const struct radix_item *at;
    bool ranked;        /* keys are repeats, the rank of the age and that of the last purchase, */
    struct clock times; /* which are these */
    unsigned bits;      /* of a rank */
};

/* Numbers from 0 are in the order of their bits; adding 0 makes a negative zero a plain one. */
static uint64_t bits_of(double number) {
    uint64_t bits;
    number += 0.0;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* By one figure after the other, the one that counts least first, as each sort keeps what came before. */
static void sort_by_bits(const struct till_clv_history *history, struct order *order) {
    size_t count = history->count;
    struct radix_item *at = order->items, *scratch = at + count;
    for (size_t i = 0; i < count; i++)
        at[i] = (struct radix_item){bits_of(history->last[i]), i};
    at = radix_sort_items(at, scratch, count);
    scratch = at == order->items ? order->items + count : order->items;
    for (size_t i = 0; i < count; i++)
        at[i].key = bits_of(history->age[at[i].place]);
    at = radix_sort_items(at, scratch, count);
    scratch = at == order->items ? order->items + count : order->items;
    for (size_t i = 0; i < count; i++)
        at[i].key = history->repeats[at[i].place];
    order->at = radix_sort_items(at, scratch, count);
}

/* The numbers of both times of a customer as one key, as they are met. */
static enum found number_times(const struct till_clv_history *history, struct order *order) {
    enum found found = FOUND;
    for (size_t i = 0; i < history->count && found == FOUND; i++) {
        uint32_t last = 0, age = 0;
        found = clock_number(&order->times, history->last[i] + 0.0, &last);
        if (found == FOUND)
            found = clock_number(&order->times, history->age[i] + 0.0, &age);
        order->items[i] = (struct radix_item){(uint64_t)age << 32 | last, i};
    }
    return found;
}

/* At once where times repeat, as days do: by their ranks, which are much shorter than they are. */
static enum found sort_by_ranks(const struct till_clv_history *history, struct order *order) {
    enum { MANY = 1 << 16 };
    order->times = (struct clock){.most = MANY};
    uint32_t *rank = malloc(MANY * sizeof *rank);
    enum found found = rank == NULL ? NO_MEMORY : number_times(history, order);
    if (found == FOUND && !clock_rank(&order->times, rank))
        found = NO_MEMORY;
    for (order->bits = 1; order->times.count > UINT64_C(1) << order->bits;)
        order->bits++;
    for (size_t i = 0; i < history->count && found == FOUND; i++) {
        uint64_t age = rank[order->items[i].key >> 32], last = rank[(uint32_t)order->items[i].key];
        order->items[i].key = ((uint64_t)history->repeats[i] << order->bits | age) << order->bits | last;
    }
    order->ranked = found == FOUND;
    if (order->ranked)
        order->at = radix_sort_items(order->items, order->items + history->count, history->count);
    free(rank);
    return found;
}

/* False when memory is out. */
static bool sort_customers(const struct till_clv_history *history, struct order *order) {
    *order = (struct order){.items = malloc((2 * history->count + 1) * sizeof *order->items)};
    enum found found = order->items == NULL ? NO_MEMORY : sort_by_ranks(history, order);
    if (found == TOO_MANY)
        sort_by_bits(history, order);
    return found != NO_MEMORY;
}

static void order_free(struct order *order) {
    clock_free(&order->times);
    free(order->items);
}

/* ---- cells ---- */

static bool reserve(struct till_clv_cells *cells, size_t room) {
    cells->repeats = calloc(room, sizeof *cells->repeats);
    cells->last = calloc(room, sizeof *cells->last);
    cells->age = calloc(room, sizeof *cells->age);
    cells->weight = calloc(room, sizeof *cells->weight);
    cells->level = calloc(room, sizeof *cells->level);
    cells->levels = calloc(room, sizeof *cells->levels);
    return cells->repeats != NULL && cells->last != NULL && cells->age != NULL && cells->weight != NULL &&
           cells->level != NULL && cells->levels != NULL;
}

/* What the customer at a place of the order has. */
static struct buyer buyer_at(const struct order *order, const struct till_clv_history *history, size_t i) {
    uint64_t key = order->at[i].key, most = (UINT64_C(1) << order->bits) - 1;
    size_t customer = order->at[i].place;
    if (!order->ranked)
        return (struct buyer){.repeats = (uint32_t)key, .last = history->last[customer], .age = history->age[customer]};
    return (struct buyer){.repeats = (uint32_t)(key >> 2 * order->bits),
                          .last = order->times.time[key & most],
                          .age = order->times.time[key >> order->bits & most]};
}

static bool is_like_last(const struct till_clv_cells *cells, const struct buyer *buyer) {
    size_t i = cells->count;
    return i > 0 && cells->repeats[i - 1] == buyer->repeats && cells->age[i - 1] == buyer->age &&
           cells->last[i - 1] == buyer->last;
}

static void begin_cell(struct till_clv_cells *cells, const struct buyer *buyer) {
    size_t i = cells->count++;
    cells->repeats[i] = buyer->repeats;
    cells->last[i] = buyer->last + 0.0;
    cells->age[i] = buyer->age + 0.0;
    if (i == 0 || buyer->repeats != cells->repeats[i - 1])
        cells->levels[cells->level_count++] = buyer->repeats;
    cells->level[i] = (uint32_t)cells->level_count - 1;
}

static enum till_status fill(struct till_clv_cells *cells, const struct till_clv_history *history,
                             struct till_error *error) {
    struct order order;
    bool fine = sort_customers(history, &order);
    cells->cell = calloc(history->count + 1, sizeof *cells->cell);
    if (!fine || cells->cell == NULL || !reserve(cells, history->count + 1)) {
        order_free(&order);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < history->count; i++) {
        struct buyer buyer = buyer_at(&order, history, i);
        if (!is_like_last(cells, &buyer))
            begin_cell(cells, &buyer);
        cells->cell[order.at[i].place] = (uint32_t)cells->count - 1;
        cells->weight[cells->count - 1]++;
    }
    order_free(&order);
    return TILL_OK;
}

enum till_status till_clv_cells_new(struct till_clv_cells *cells, const struct till_clv_history *history,
                                    struct till_error *error) {
    enum till_status status = TILL_OK;
    *cells = (struct till_clv_cells){.customers = history->count};
    for (size_t i = 0; i < history->count && status == TILL_OK; i++)
        status = check(history, i, error);
    if (status == TILL_OK)
        status = fill(cells, history, error);
    if (status != TILL_OK)
        till_clv_cells_free(cells);
    return status;
}

void till_clv_cells_free(struct till_clv_cells *cells) {
    free(cells->repeats);
    free(cells->last);
    free(cells->age);
    free(cells->weight);
    free(cells->cell);
    free(cells->level);
    free(cells->levels);
    *cells = (struct till_clv_cells){0};
}
