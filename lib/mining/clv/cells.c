/* Customers with equal figures are alike to the models, so they are counted together: CDNOW's 2,357 are 1,016 cells.
 * The cells are found by a hash table and then put in order, so that a fit sees the same sums whatever the order of the
 * customers was. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <till/clv.h>

struct figures {
    double age;
    double last;
    uint32_t repeats;
    uint32_t cell; /* while sorting: the number given at first sight */
};

/* Cells as they are met. */
struct collection {
    struct figures *cells;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* cell + 1; 0: free. A power of two, at least twice the cells. */
    size_t mask;
};

static uint64_t mix(uint64_t hash) {
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    return hash ^ (hash >> 31);
}

static uint64_t hash_of(const struct figures *figures) {
    uint64_t bits[2];
    memcpy(&bits[0], &figures->age, sizeof bits[0]);
    memcpy(&bits[1], &figures->last, sizeof bits[1]);
    return mix(mix(bits[0] + figures->repeats * 0x9e3779b97f4a7c15u) ^ bits[1]);
}

static bool grow_slots(struct collection *collection) {
    size_t size = collection->mask == 0 ? 1024 : 4 * (collection->mask + 1);
    uint32_t *slots = calloc(size, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < collection->count; i++) {
        size_t at = hash_of(&collection->cells[i]) & (size - 1);
        while (slots[at] != 0)
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
    }
    free(collection->slots);
    collection->slots = slots;
    collection->mask = size - 1;
    return true;
}

static bool grow_cells(struct collection *collection) {
    size_t capacity = collection->capacity == 0 ? 1024 : 2 * collection->capacity;
    struct figures *grown = realloc(collection->cells, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    collection->cells = grown;
    collection->capacity = capacity;
    return true;
}

/* The number of the cell of these figures, made when it is new. False when memory is out. */
static bool find(struct collection *collection, struct figures figures, uint32_t *cell) {
    if (collection->count == collection->capacity && !grow_cells(collection))
        return false;
    if (2 * collection->count >= collection->mask && !grow_slots(collection))
        return false;
    size_t at = hash_of(&figures) & collection->mask;
    for (; collection->slots[at] != 0; at = (at + 1) & collection->mask) {
        const struct figures *here = &collection->cells[collection->slots[at] - 1];
        if (here->repeats == figures.repeats && here->age == figures.age && here->last == figures.last) {
            *cell = collection->slots[at] - 1;
            return true;
        }
    }
    *cell = figures.cell = (uint32_t)collection->count;
    collection->cells[collection->count++] = figures;
    collection->slots[at] = (uint32_t)collection->count;
    return true;
}

static int compare(const void *left, const void *right) {
    const struct figures *a = left, *b = right;
    if (a->repeats != b->repeats)
        return a->repeats < b->repeats ? -1 : 1;
    if (a->age != b->age)
        return a->age < b->age ? -1 : 1;
    return (a->last > b->last) - (a->last < b->last);
}

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

static enum till_status collect(struct collection *collection, struct till_clv_cells *cells,
                                const struct till_clv_history *history, struct till_error *error) {
    for (size_t i = 0; i < history->count; i++) {
        enum till_status status = check(history, i, error);
        if (status != TILL_OK)
            return status;
        /* Adding 0 makes a negative zero a plain one, so that equal figures have equal bits. */
        struct figures figures = {history->age[i] + 0.0, history->last[i] + 0.0, history->repeats[i], 0};
        if (!find(collection, figures, &cells->cell[i]))
            return till_error_memory(error);
    }
    return TILL_OK;
}

/* Copies the sorted cells out, and numbers the customers' cells by the new order. */
static void lay_out(struct till_clv_cells *cells, const struct collection *collection, uint32_t *place) {
    for (size_t i = 0; i < collection->count; i++) {
        const struct figures *figures = &collection->cells[i];
        place[figures->cell] = (uint32_t)i;
        cells->repeats[i] = figures->repeats;
        cells->last[i] = figures->last;
        cells->age[i] = figures->age;
        if (i == 0 || figures->repeats != cells->levels[cells->level_count - 1])
            cells->levels[cells->level_count++] = figures->repeats;
        cells->level[i] = (uint32_t)cells->level_count - 1;
    }
    cells->count = collection->count;
    for (size_t i = 0; i < cells->customers; i++) {
        cells->cell[i] = place[cells->cell[i]];
        cells->weight[cells->cell[i]]++;
    }
}

enum till_status till_clv_cells_new(struct till_clv_cells *cells, const struct till_clv_history *history,
                                    struct till_error *error) {
    struct collection collection = {0};
    *cells = (struct till_clv_cells){.customers = history->count};
    cells->cell = calloc(history->count + 1, sizeof *cells->cell);
    enum till_status status =
        cells->cell == NULL ? till_error_memory(error) : collect(&collection, cells, history, error);
    size_t room = collection.count + 1;
    uint32_t *place = calloc(room, sizeof *place);
    cells->repeats = calloc(room, sizeof *cells->repeats);
    cells->last = calloc(room, sizeof *cells->last);
    cells->age = calloc(room, sizeof *cells->age);
    cells->weight = calloc(room, sizeof *cells->weight);
    cells->level = calloc(room, sizeof *cells->level);
    cells->levels = calloc(room, sizeof *cells->levels);
    if (status == TILL_OK && (place == NULL || cells->repeats == NULL || cells->last == NULL || cells->age == NULL ||
                              cells->weight == NULL || cells->level == NULL || cells->levels == NULL))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        if (collection.count > 0)
            qsort(collection.cells, collection.count, sizeof *collection.cells, compare);
        lay_out(cells, &collection, place);
    } else {
        till_clv_cells_free(cells);
    }
    free(place);
    free(collection.cells);
    free(collection.slots);
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
