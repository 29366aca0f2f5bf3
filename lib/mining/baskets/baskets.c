/* Baskets from rows. A row becomes a pair of codes, (basket, item); dictionaries give the codes. What a pair means does
 * not depend on the rows around it, so each worker collects pairs of its own, and merging translates the codes of one
 * state into those of the other. Order and doubles are settled at the end, in build.c. */
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

#include "lib/mining/baskets/state.h"

static void destroy(void *opaque) {
    struct basket_state *state = opaque;
    if (state == NULL)
        return;
    till_dictionary_free(state->items);
    till_dictionary_free(state->keys);
    till_dictionary_free(state->groups);
    till_dictionary_free(state->strata);
    free(state->entries);
    free(state->group);
    free(state->stratum);
    till_text_free(&state->conflict);
    till_text_free(&state->scratch);
    free(state->slices);
    free(state->codes);
    free(state);
}

static enum till_status create(void **made, const void *opaque, struct till_error *error) {
    const struct till_basket_settings *settings = opaque;
    struct basket_state *state = calloc(1, sizeof *state);
    *made = state;
    if (state == NULL)
        return till_error_memory(error);
    state->settings = *settings;
    state->items = till_dictionary_new();
    state->groups = till_dictionary_new();
    state->strata = till_dictionary_new();
    bool lines = settings->transactions == NULL;
    state->keys = lines ? NULL : till_dictionary_new();
    if (state->items != NULL && state->groups != NULL && state->strata != NULL && (lines || state->keys != NULL))
        return TILL_OK;
    destroy(state);
    *made = NULL;
    return till_error_memory(error);
}

bool basket_reserve(struct basket_state *state, size_t more) {
    size_t needed = state->entry_count + more;
    if (needed <= state->entry_capacity)
        return true;
    size_t capacity = needed < 4096 ? 8192 : 2 * needed;
    struct basket_entry *entries = realloc(state->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    state->entries = entries;
    state->entry_capacity = capacity;
    return true;
}

/* ---- groups and strata ---- */

static bool grow_labels(uint32_t **labels, size_t old, size_t capacity) {
    uint32_t *grown = realloc(*labels, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + old, 0xFF, (capacity - old) * sizeof *grown); /* BASKET_UNKNOWN */
    *labels = grown;
    return true;
}

bool basket_reserve_labels(struct basket_state *state, size_t count) {
    bool grouped = state->settings.group != TILL_NO_COLUMN, stratified = state->settings.stratum != TILL_NO_COLUMN;
    if (count <= state->label_capacity || !(grouped || stratified))
        return true;
    size_t capacity = 2 * count + 1024, old = state->label_capacity;
    if ((grouped && !grow_labels(&state->group, old, capacity)) ||
        (stratified && !grow_labels(&state->stratum, old, capacity)))
        return false;
    state->label_capacity = capacity;
    return true;
}

bool basket_note_conflict(struct basket_state *state, struct till_slice key) {
    struct till_slice known = {state->conflict.bytes, state->conflict.length};
    if (state->has_conflict && till_slice_compare(known, key) <= 0)
        return true;
    state->conflict.length = 0;
    state->has_conflict = true;
    return till_text_append(&state->conflict, key.bytes, key.length);
}

/* Which conflicts there are does not depend on the order of the rows: of two values of one basket, one comes second. */
static bool set_label(struct basket_state *state, uint32_t *labels, uint32_t basket, uint32_t label) {
    if (labels == NULL || label == BASKET_UNKNOWN)
        return true;
    if (labels[basket] == BASKET_UNKNOWN)
        labels[basket] = label;
    return labels[basket] == label || basket_note_conflict(state, till_dictionary_text(state->keys, basket));
}

bool basket_label(struct basket_state *state, uint32_t basket, uint32_t group, uint32_t stratum) {
    return set_label(state, state->group, basket, group) && set_label(state, state->stratum, basket, stratum);
}

static bool label_rows(struct basket_state *state, const struct till_block *block, size_t column,
                       struct till_dictionary *names, uint32_t *labels, const uint32_t *baskets) {
    if (column == TILL_NO_COLUMN)
        return true;
    uint32_t *codes = state->codes;
    if (!till_dictionary_add_all(names, block->columns[column].text, block->rows, codes))
        return false;
    for (size_t row = 0; row < block->rows; row++)
        if (!set_label(state, labels, baskets[row], codes[row]))
            return false;
    return true;
}

/* ---- rows of transactions ---- */

static bool reserve_scratch(struct basket_state *state, size_t rows) {
    if (rows <= state->scratch_capacity)
        return true;
    free(state->slices);
    free(state->codes);
    state->slices = malloc(rows * sizeof *state->slices);
    state->codes = malloc(2 * rows * sizeof *state->codes);
    state->scratch_capacity = state->slices == NULL || state->codes == NULL ? 0 : rows;
    return state->scratch_capacity > 0;
}

static const struct till_vector *role_of(const struct basket_state *state, const struct till_block *block,
                                         enum till_role role) {
    size_t at = state->settings.transactions->at[role];
    return at == TILL_NO_COLUMN ? NULL : &block->columns[at];
}

/* Keys of two parts: no field holds a NUL, so it can stand between them. */
static bool join_keys(struct basket_state *state, const struct till_block *block) {
    bool day = state->settings.unit == TILL_BASKET_DAY;
    const struct till_slice *customer = role_of(state, block, TILL_ROLE_CUSTOMER)->text;
    const struct till_vector *second = role_of(state, block, day ? TILL_ROLE_DATE : TILL_ROLE_ORDER);
    size_t room = 0;
    for (size_t row = 0; row < block->rows; row++)
        room += customer[row].length + 1 + (day ? TILL_DAY_TEXT : second->text[row].length);
    state->scratch.length = 0;
    if (!till_text_reserve(&state->scratch, room))
        return false;
    char *at = state->scratch.bytes;
    for (size_t row = 0; row < block->rows; row++) {
        char date[TILL_DAY_TEXT];
        struct till_slice part =
            day ? (struct till_slice){date, till_date_write(date, second->day[row])} : second->text[row];
        struct till_slice first = day ? customer[row] : part, last = day ? part : customer[row];
        state->slices[row] = (struct till_slice){at, first.length + 1 + last.length};
        memcpy(at, first.bytes, first.length);
        at[first.length] = '\0';
        if (last.length > 0)
            memcpy(at + first.length + 1, last.bytes, last.length);
        at += state->slices[row].length;
    }
    return true;
}

/* The keys of the block's rows: one column, or two joined. NULL when memory is out. */
static const struct till_slice *row_keys(struct basket_state *state, const struct till_block *block) {
    const struct till_vector *customer = role_of(state, block, TILL_ROLE_CUSTOMER);
    if (state->settings.unit == TILL_BASKET_CUSTOMER)
        return customer->text;
    if (state->settings.unit == TILL_BASKET_ORDER && customer == NULL)
        return role_of(state, block, TILL_ROLE_ORDER)->text;
    return join_keys(state, block) ? state->slices : NULL;
}

static bool add_rows(struct basket_state *state, const struct till_block *block) {
    if (!reserve_scratch(state, block->rows) || !basket_reserve(state, block->rows))
        return false;
    uint32_t *items = state->codes, *baskets = state->codes + block->rows;
    const struct till_slice *keys = row_keys(state, block);
    if (keys == NULL || !till_dictionary_add_all(state->keys, keys, block->rows, baskets) ||
        !till_dictionary_add_all(state->items, role_of(state, block, TILL_ROLE_ITEM)->text, block->rows, items))
        return false;
    struct basket_entry *entries = state->entries + state->entry_count;
    for (size_t row = 0; row < block->rows; row++)
        entries[row] = (struct basket_entry){baskets[row], items[row]};
    state->entry_count += block->rows;
    state->basket_count = till_dictionary_count(state->keys);
    return basket_reserve_labels(state, state->basket_count) &&
           label_rows(state, block, state->settings.group, state->groups, state->group, baskets) &&
           label_rows(state, block, state->settings.stratum, state->strata, state->stratum, baskets);
}

static enum till_status add(void *opaque, struct till_block *block, struct till_error *error) {
    struct basket_state *state = opaque;
    if (state->settings.transactions == NULL)
        return basket_add_lines(state, block, error);
    return add_rows(state, block) ? TILL_OK : till_error_memory(error);
}

/* ---- merging ---- */

/* What the codes of one dictionary are in another; NULL when memory is out. */
static uint32_t *translate(struct till_dictionary *into, const struct till_dictionary *from) {
    uint32_t count = from == NULL ? 0 : till_dictionary_count(from);
    uint32_t *codes = malloc((count + (size_t)1) * sizeof *codes);
    for (uint32_t i = 0; codes != NULL && i < count; i++) {
        if (!till_dictionary_add(into, till_dictionary_text(from, i), &codes[i])) {
            free(codes);
            return NULL;
        }
    }
    return codes;
}

static uint32_t label_in(const uint32_t *labels, uint32_t basket, const uint32_t *codes) {
    return labels == NULL || labels[basket] == BASKET_UNKNOWN ? BASKET_UNKNOWN : codes[labels[basket]];
}

static bool merge_labels(struct basket_state *into, struct basket_state *from, const uint32_t *baskets) {
    uint32_t *groups = translate(into->groups, from->groups), *strata = translate(into->strata, from->strata);
    bool fine = groups != NULL && strata != NULL && basket_reserve_labels(into, into->basket_count);
    for (uint32_t i = 0; fine && from->label_capacity > 0 && i < from->basket_count; i++)
        fine = basket_label(into, baskets[i], label_in(from->group, i, groups), label_in(from->stratum, i, strata));
    if (fine && from->has_conflict)
        fine = basket_note_conflict(into, (struct till_slice){from->conflict.bytes, from->conflict.length});
    free(groups);
    free(strata);
    return fine;
}

static enum till_status merge(void *opaque, void *other, struct till_error *error) {
    struct basket_state *into = opaque, *from = other;
    bool lines = into->keys == NULL;
    uint32_t *items = translate(into->items, from->items), *baskets = translate(into->keys, from->keys);
    bool fine = items != NULL && baskets != NULL && basket_reserve(into, from->entry_count);
    for (size_t i = 0; fine && i < from->entry_count; i++) {
        uint32_t basket = from->entries[i].basket;
        into->entries[into->entry_count++] =
            (struct basket_entry){lines ? into->basket_count + basket : baskets[basket], items[from->entries[i].item]};
    }
    if (fine) {
        into->basket_count = lines ? into->basket_count + from->basket_count : till_dictionary_count(into->keys);
        fine = merge_labels(into, from, baskets);
    }
    free(items);
    free(baskets);
    return fine ? TILL_OK : till_error_memory(error);
}

const struct till_aggregate till_basket_aggregate = {
    .name = "baskets",
    .version = 1,
    .create = create,
    .add = add,
    .merge = merge,
    .finish = basket_finish,
    .save = basket_save,
    .load = basket_load,
    .destroy = destroy,
};
