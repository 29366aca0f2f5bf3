/* Customers with equal figures are alike to the models, so they are counted together: CDNOW's 2,357 are 1,016 cells.
 * They are sorted by their figures, byte by byte, so that a fit sees the same sums whatever the order of the customers
 * was; where a figure changes a cell begins. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <till/clv.h>

#include "../../base/radix.h"

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

/* Numbers from 0 are in the order of their bits; adding 0 makes a negative zero a plain one. */
static uint64_t bits_of(double number) {
    uint64_t bits;
    number += 0.0;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* By one figure after the other, the one that counts least first, as each sort keeps what came before. The customers in
 * the order of their cells; NULL when memory is out. *items is to be freed. */
static const struct radix_item *sort_customers(const struct till_clv_history *history, struct radix_item **items) {
    size_t count = history->count;
    struct radix_item *at = malloc((2 * count + 1) * sizeof *at);
    *items = at;
    if (at == NULL)
        return NULL;
    struct radix_item *scratch = at + count;
    for (size_t i = 0; i < count; i++)
        at[i] = (struct radix_item){bits_of(history->last[i]), i};
    at = radix_sort_items(at, scratch, count);
    scratch = at == *items ? *items + count : *items;
    for (size_t i = 0; i < count; i++)
        at[i].key = bits_of(history->age[at[i].place]);
    at = radix_sort_items(at, scratch, count);
    scratch = at == *items ? *items + count : *items;
    for (size_t i = 0; i < count; i++)
        at[i].key = history->repeats[at[i].place];
    return radix_sort_items(at, scratch, count);
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

static bool is_like_last(const struct till_clv_cells *cells, uint32_t repeats, double last, double age) {
    size_t i = cells->count;
    return i > 0 && cells->repeats[i - 1] == repeats && cells->age[i - 1] == age && cells->last[i - 1] == last;
}

static void begin_cell(struct till_clv_cells *cells, uint32_t repeats, double last, double age) {
    size_t i = cells->count++;
    cells->repeats[i] = repeats;
    cells->last[i] = last + 0.0;
    cells->age[i] = age + 0.0;
    if (i == 0 || repeats != cells->repeats[i - 1])
        cells->levels[cells->level_count++] = repeats;
    cells->level[i] = (uint32_t)cells->level_count - 1;
}

static enum till_status fill(struct till_clv_cells *cells, const struct till_clv_history *history,
                             struct till_error *error) {
    struct radix_item *items;
    const struct radix_item *sorted = sort_customers(history, &items);
    cells->cell = calloc(history->count + 1, sizeof *cells->cell);
    if (sorted == NULL || cells->cell == NULL || !reserve(cells, history->count + 1)) {
        free(items);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < history->count; i++) {
        size_t customer = sorted[i].place;
        double last = history->last[customer], age = history->age[customer];
        if (!is_like_last(cells, (uint32_t)sorted[i].key, last, age))
            begin_cell(cells, (uint32_t)sorted[i].key, last, age);
        cells->cell[customer] = (uint32_t)cells->count - 1;
        cells->weight[cells->count - 1]++;
    }
    free(items);
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
