/* The state of a fold over baskets: parts, what one worker read each, under dictionaries that all of them share. Each
 * worker has codes of its own; merging takes up the parts of the other state as they are, with what their codes are
 * here, so that it costs what the dictionaries do and not what the rows do. Which rows are one basket, order and
 * doubles are settled at the end, in layout.c and build.c. */
#include <stdlib.h>
#include <string.h>

#include "lib/mining/baskets/state.h"

static void free_part(struct basket_part *part) {
    free(part->runs);
    free(part->items);
    free(part->blocks);
    free(part->items_here.code);
    free(part->keys_here.code);
}

static void destroy(void *opaque) {
    struct basket_state *state = opaque;
    if (state == NULL)
        return;
    for (size_t i = 0; i < state->part_count; i++)
        free_part(&state->parts[i]);
    free(state->parts);
    till_dictionary_free(state->items);
    till_dictionary_free(state->keys);
    till_dictionary_free(state->groups);
    till_dictionary_free(state->strata);
    free(state->group);
    free(state->stratum);
    till_text_free(&state->conflict);
    till_text_free(&state->scratch);
    pages_free(&state->number_pages);
    free(state->slices);
    free(state->codes);
    free(state);
}

/* Labels are those of a key, and a conflict names it. */
static bool needs_keys(const struct till_basket_settings *settings) {
    return settings->transactions != NULL &&
           (settings->keyed || settings->group != TILL_NO_COLUMN || settings->stratum != TILL_NO_COLUMN);
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
    state->keys = needs_keys(settings) ? till_dictionary_new() : NULL;
    state->parts = calloc(1, sizeof *state->parts);
    state->part_count = state->parts != NULL;
    if (state->items != NULL && state->groups != NULL && state->strata != NULL && state->parts != NULL &&
        (state->keys != NULL || !needs_keys(settings)))
        return TILL_OK;
    destroy(state);
    *made = NULL;
    return till_error_memory(error);
}

/* ---- room ---- */

/* Fresh memory of a large array costs nothing until it is written. */
static bool grow(void *array, size_t *capacity, size_t needed, size_t size) {
    void *held, *grown;
    if (needed <= *capacity)
        return true;
    size_t larger = needed < 4096 ? 8192 : 2 * needed;
    memcpy(&held, array, sizeof held);
    grown = realloc(held, larger * size);
    if (grown == NULL)
        return false;
    memcpy(array, &grown, sizeof grown);
    *capacity = larger;
    return true;
}

bool basket_reserve(struct basket_state *state, size_t items, size_t runs) {
    struct basket_part *part = &state->parts[0];
    return grow(&part->items, &part->item_capacity, part->item_count + items, sizeof *part->items) &&
           grow(&part->runs, &part->run_capacity, part->run_count + runs, sizeof *part->runs);
}

struct basket_block *basket_begin(struct basket_state *state, uint64_t sequence) {
    struct basket_part *part = &state->parts[0];
    if (part->block_count == part->block_capacity) {
        size_t capacity = 2 * part->block_capacity + 8;
        struct basket_block *blocks = realloc(part->blocks, capacity * sizeof *blocks);
        if (blocks == NULL)
            return NULL;
        part->blocks = blocks;
        part->block_capacity = capacity;
    }
    struct basket_block *block = &part->blocks[part->block_count++];
    *block = (struct basket_block){.sequence = sequence, .first = (uint32_t)part->run_count};
    return block;
}

bool basket_reserve_scratch(struct basket_state *state, size_t rows) {
    if (rows <= state->scratch_capacity)
        return true;
    struct till_slice *slices = realloc(state->slices, rows * sizeof *slices);
    state->slices = slices == NULL ? state->slices : slices;
    uint32_t *codes = slices == NULL ? NULL : realloc(state->codes, 2 * rows * sizeof *codes);
    state->codes = codes == NULL ? state->codes : codes;
    state->scratch_capacity = codes == NULL ? state->scratch_capacity : rows;
    return codes != NULL;
}

enum till_status basket_too_many(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 items in baskets");
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

bool basket_reserve_labels(struct basket_state *state) {
    bool grouped = state->settings.group != TILL_NO_COLUMN, stratified = state->settings.stratum != TILL_NO_COLUMN;
    size_t count = state->keys == NULL ? 0 : till_dictionary_count(state->keys);
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
bool basket_label(struct basket_state *state, uint32_t *labels, uint32_t basket, uint32_t label) {
    if (labels == NULL || label == BASKET_UNKNOWN)
        return true;
    if (labels[basket] == BASKET_UNKNOWN)
        labels[basket] = label;
    return labels[basket] == label || basket_note_conflict(state, till_dictionary_text(state->keys, basket));
}

static enum till_status add(void *opaque, struct till_block *block, struct till_error *error) {
    struct basket_state *state = opaque;
    return state->settings.transactions == NULL ? basket_add_lines(state, block, error)
                                                : basket_add_rows(state, block, error);
}

/* ---- merging ---- */

/* What the codes of one dictionary are in another; NULL when memory is out. */
static uint32_t *translate(struct till_dictionary *into, const struct till_dictionary *from) {
    enum { BATCH = 512 };
    uint32_t count = from == NULL ? 0 : till_dictionary_count(from);
    uint32_t *codes = calloc(count + (size_t)1, sizeof *codes);
    bool fine = codes != NULL;
    for (uint32_t start = 0; fine && start < count; start += BATCH) {
        struct till_slice texts[BATCH];
        uint32_t batch = count - start < BATCH ? count - start : BATCH;
        for (uint32_t i = 0; i < batch; i++)
            texts[i] = till_dictionary_text(from, start + i);
        fine = till_dictionary_add_all(into, texts, batch, codes + start);
    }
    if (fine)
        return codes;
    free(codes);
    return NULL;
}

static uint32_t label_in(const uint32_t *labels, uint32_t basket, const uint32_t *codes) {
    return labels == NULL || labels[basket] == BASKET_UNKNOWN ? BASKET_UNKNOWN : codes[labels[basket]];
}

static bool merge_labels(struct basket_state *into, struct basket_state *from, const uint32_t *baskets) {
    uint32_t *groups = translate(into->groups, from->groups), *strata = translate(into->strata, from->strata);
    bool fine = groups != NULL && strata != NULL && basket_reserve_labels(into);
    uint32_t count = from->label_capacity == 0 ? 0 : till_dictionary_count(from->keys);
    for (uint32_t i = 0; fine && i < count; i++)
        fine = basket_label(into, into->group, baskets[i], label_in(from->group, i, groups)) &&
               basket_label(into, into->stratum, baskets[i], label_in(from->stratum, i, strata));
    if (fine && from->has_conflict)
        fine = basket_note_conflict(into, (struct till_slice){from->conflict.bytes, from->conflict.length});
    free(groups);
    free(strata);
    return fine;
}

/* Codes that went to those of one state go on to those of the next. */
static void chain_codes(struct basket_codes *codes, const uint32_t *next) {
    for (uint32_t i = 0; i < codes->count; i++)
        codes->code[i] = next[codes->code[i]];
}

/* The parts change hands; the other state keeps none. Its first part is the one that has its codes, and takes over what
 * they are here. */
static bool take_parts(struct basket_state *into, struct basket_state *from, uint32_t *items, uint32_t *keys) {
    struct basket_part *parts = realloc(into->parts, (into->part_count + from->part_count) * sizeof *parts);
    if (parts == NULL)
        return false;
    into->parts = parts;
    for (size_t i = 1; i < from->part_count; i++) {
        chain_codes(&from->parts[i].items_here, items);
        chain_codes(&from->parts[i].keys_here, keys);
    }
    from->parts[0].items_here = (struct basket_codes){items, till_dictionary_count(from->items)};
    from->parts[0].keys_here = (struct basket_codes){keys, from->keys == NULL ? 0 : till_dictionary_count(from->keys)};
    memcpy(parts + into->part_count, from->parts, from->part_count * sizeof *parts);
    into->part_count += from->part_count;
    from->part_count = 0;
    return true;
}

static enum till_status merge(void *opaque, void *other, struct till_error *error) {
    struct basket_state *into = opaque, *from = other;
    uint32_t *items = translate(into->items, from->items), *keys = translate(into->keys, from->keys);
    if (items != NULL && keys != NULL && merge_labels(into, from, keys) && take_parts(into, from, items, keys))
        return TILL_OK;
    free(items);
    free(keys);
    return till_error_memory(error);
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
