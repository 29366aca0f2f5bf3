/* The saved form of baskets, and their table: both read off the ordered baskets, so that equal states are equal bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fold/saved.h"
#include "lib/mining/baskets/state.h"

static bool save_text(struct till_text *out, struct till_slice text) {
    return saved_put(out, text.length) && till_text_append(out, text.bytes, text.length);
}

/* The names of strata are needed here alone, so they are looked up in the state. */
static bool save_label(struct till_text *out, const uint32_t *labels, const struct till_dictionary *names,
                       uint32_t basket) {
    if (labels == NULL)
        return true;
    return save_text(out, till_dictionary_text(names, labels[basket]));
}

static bool save_basket(const struct basket_state *state, const struct till_basket_data *data, size_t b,
                        struct till_text *out) {
    uint64_t start = data->baskets.offsets[b], end = data->baskets.offsets[b + 1];
    uint32_t code = 0;
    bool fine = true;
    if (data->keys != NULL)
        fine = till_dictionary_find(state->keys, data->keys[b], &code) && save_text(out, data->keys[b]) &&
               save_label(out, state->group, state->groups, code) &&
               save_label(out, state->stratum, state->strata, code);
    fine = fine && saved_put(out, end - start);
    for (uint64_t i = start; fine && i < end; i++)
        fine = saved_put(out, data->baskets.items[i]);
    return fine;
}

enum till_status basket_save(const void *opaque, struct till_text *out, struct till_error *error) {
    const struct basket_state *state = opaque;
    struct till_basket_data data;
    enum till_status status = till_basket_data(state, true, &data, error);
    if (status != TILL_OK)
        return status;
    bool fine = saved_put(out, data.baskets.item_count);
    for (uint32_t i = 0; fine && i < data.baskets.item_count; i++)
        fine = save_text(out, data.items[i]);
    fine = fine && saved_put(out, data.baskets.count);
    for (uint64_t b = 0; fine && b < data.baskets.count; b++)
        fine = save_basket(state, &data, b, out);
    till_basket_data_free(&data);
    return fine ? TILL_OK : till_error_memory(error);
}

/* ---- reading back ---- */

static bool load_text(struct saved *in, struct till_dictionary *names, uint32_t *code) {
    struct till_slice text = saved_get_bytes(in, saved_get(in));
    return !in->fine || till_dictionary_add(names, text, code);
}

static bool load_label(struct saved *in, size_t column, struct till_dictionary *names, uint32_t *code) {
    *code = BASKET_UNKNOWN;
    return column == TILL_NO_COLUMN || load_text(in, names, code);
}

/* One basket, in the one block of the state. False when memory is out; what is damaged makes `in` not fine. */
static bool load_basket(struct saved *in, struct basket_state *state, uint32_t items) {
    struct basket_part *part = &state->parts[0];
    uint32_t basket = (uint32_t)part->run_count, group = BASKET_UNKNOWN, stratum = BASKET_UNKNOWN;
    if (state->keys != NULL) {
        if (!load_text(in, state->keys, &basket) || !load_label(in, state->settings.group, state->groups, &group) ||
            !load_label(in, state->settings.stratum, state->strata, &stratum))
            return false;
        in->fine &= basket == part->run_count; /* keys differ */
    }
    uint64_t size = saved_get(in);
    in->fine &= size <= in->left / 8;
    if (!in->fine)
        return true;
    if (!basket_reserve(state, size, 1) || !basket_reserve_labels(state))
        return false;
    part->runs[part->run_count++] = (struct basket_run){.low = basket, .start = (uint32_t)part->item_count};
    part->blocks[0].runs++;
    for (uint64_t i = 0; i < size; i++) {
        uint64_t item = saved_get(in);
        in->fine &= item < items;
        part->items[part->item_count++] = in->fine ? (uint32_t)item : 0;
    }
    return basket_label(state, state->group, basket, group) && basket_label(state, state->stratum, basket, stratum);
}

static bool load_all(struct saved *in, struct basket_state *state) {
    uint32_t code;
    uint64_t items = saved_get(in);
    in->fine &= items <= in->left / 8;
    for (uint64_t i = 0; in->fine && i < items; i++) {
        if (!load_text(in, state->items, &code))
            return false;
        in->fine &= !in->fine || code == i;
    }
    uint64_t baskets = in->fine ? saved_get(in) : 0;
    in->fine &= baskets <= in->left / 8;
    if (basket_begin(state, 0) == NULL)
        return false;
    for (uint64_t b = 0; in->fine && b < baskets; b++)
        if (!load_basket(in, state, (uint32_t)items))
            return false;
    in->fine &= in->left == 0;
    return true;
}

enum till_status basket_load(void **state, const void *settings, struct till_slice bytes, struct till_error *error) {
    struct saved in = {bytes.bytes, bytes.length, true};
    enum till_status status = till_basket_aggregate.create(state, settings, error);
    if (status != TILL_OK)
        return status;
    const struct basket_state *made = *state;
    if (made->keys == NULL && made->settings.transactions != NULL)
        status = till_error_set(error, TILL_ERROR_USAGE, "saved baskets have keys, and here they are not to be kept");
    else if (!load_all(&in, *state))
        status = till_error_memory(error);
    else if (!in.fine)
        status = till_error_set(error, TILL_ERROR_STATE, "damaged baskets");
    if (status != TILL_OK) {
        till_basket_aggregate.destroy(*state);
        *state = NULL;
    }
    return status;
}

/* ---- the table ---- */

enum till_status basket_finish(const void *opaque, struct till_table **table, struct till_error *error) {
    struct till_basket_data data;
    enum till_status status = till_basket_data(opaque, true, &data, error);
    if (status != TILL_OK)
        return status;
    *table = till_table_new(data.baskets.offsets[data.baskets.count]);
    uint64_t *basket = *table == NULL ? NULL : till_table_add(*table, "basket", TILL_COUNT);
    struct till_slice *item = basket == NULL ? NULL : till_table_add(*table, "item", TILL_TEXT);
    bool fine = item != NULL;
    for (uint64_t b = 0; fine && b < data.baskets.count; b++)
        for (uint64_t i = data.baskets.offsets[b]; fine && i < data.baskets.offsets[b + 1]; i++) {
            basket[i] = b + 1;
            item[i] = till_table_keep(*table, data.items[data.baskets.items[i]]);
            fine = item[i].bytes != NULL;
        }
    till_basket_data_free(&data);
    if (fine)
        return TILL_OK;
    till_table_free(*table);
    *table = NULL;
    return till_error_memory(error);
}
