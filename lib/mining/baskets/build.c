/* From pairs of codes to rows of items: a counting sort by basket, and then each basket's items are sorted where they
 * lie, so that doubles stand side by side. Rows of one basket mostly follow each other, so the first walks through
 * memory, and most baskets are a few items. (A sort by item before it needs no comparison, but jumps to another place
 * with each pair, and took six times as long.) */
#include <stdlib.h>
#include <string.h>

#include "lib/fold/saved.h"
#include "lib/mining/baskets/state.h"

/* All arrays of a result, so that one call frees them. */
struct memory {
    uint64_t *offsets;
    uint32_t *entries;
};

void till_basket_data_free(struct till_basket_data *data) {
    struct memory *memory = data->memory;
    if (memory != NULL) {
        free(memory->offsets);
        free(memory->entries);
        free(memory);
    }
    free(data->items);
    free(data->keys);
    free(data->group);
    free(data->groups);
    free(data->stratum);
    *data = (struct till_basket_data){0};
}

/* ---- numbers in byte order ---- */

/* Fills rank[code] with the place of each text in byte order, and *names, where wanted, with the texts in that order.
 */
static bool rank_texts(const struct till_dictionary *texts, uint32_t *rank, struct till_slice **names) {
    uint32_t count = till_dictionary_count(texts);
    uint32_t *order = malloc((count + (size_t)1) * sizeof *order);
    struct till_slice *sorted = names == NULL ? NULL : malloc((count + (size_t)1) * sizeof *sorted);
    bool fine = order != NULL && (names == NULL || sorted != NULL) && till_dictionary_order(texts, order);
    for (uint32_t i = 0; fine && i < count; i++) {
        rank[order[i]] = i;
        if (sorted != NULL)
            sorted[i] = till_dictionary_text(texts, order[i]);
    }
    free(order);
    if (fine && names != NULL)
        *names = sorted;
    else
        free(sorted);
    return fine;
}

/* ---- sorting ---- */

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Up to so many items are sorted by insertion. */
enum { FEW_ITEMS = 24 };

static void sort_items(uint32_t *items, uint64_t count) {
    if (count > FEW_ITEMS) {
        qsort(items, count, sizeof *items, by_number); /* ties are equal */
        return;
    }
    for (uint64_t i = 1; i < count; i++) {
        uint32_t item = items[i];
        uint64_t to = i;
        for (; to > 0 && items[to - 1] > item; to--)
            items[to] = items[to - 1];
        items[to] = item;
    }
}

static uint32_t basket_of(const struct basket_state *state, const uint32_t *order, size_t pair) {
    return order == NULL ? state->entries[pair].basket : order[state->entries[pair].basket];
}

/* Spreads the pairs over their baskets (renumbered, where `order` is given), and sorts each by its items' ranks. */
static void spread(const struct basket_state *state, const uint32_t *rank, const uint32_t *order, uint64_t *offsets,
                   uint32_t *entries) {
    size_t baskets = state->basket_count;
    memset(offsets, 0, (baskets + 1) * sizeof *offsets);
    for (size_t i = 0; i < state->entry_count; i++)
        offsets[basket_of(state, order, i)]++;
    uint64_t sum = 0;
    for (size_t b = 0; b <= baskets; b++) {
        uint64_t here = offsets[b];
        offsets[b] = sum;
        sum += b < baskets ? here : 0;
    }
    for (size_t i = 0; i < state->entry_count; i++)
        entries[offsets[basket_of(state, order, i)]++] = rank[state->entries[i].item];
    /* Each offset is now where the next basket begins. */
    memmove(offsets + 1, offsets, baskets * sizeof *offsets);
    offsets[0] = 0;
    for (size_t b = 0; b < baskets; b++)
        sort_items(entries + offsets[b], offsets[b + 1] - offsets[b]);
}

/* Takes doubles out of every basket. */
static void drop_doubles(uint64_t *offsets, uint32_t *entries, size_t baskets) {
    uint64_t kept = 0, start = 0;
    for (size_t b = 0; b < baskets; b++) {
        uint64_t end = offsets[b + 1], first = kept;
        for (uint64_t i = start; i < end; i++)
            if (kept == first || entries[kept - 1] != entries[i])
                entries[kept++] = entries[i];
        start = end;
        offsets[b + 1] = kept;
    }
}

/* ---- the order of lines ---- */

/* Merge sort of baskets by their items; equal baskets cannot be told apart. */
static int compare_baskets(const struct till_baskets *baskets, uint32_t a, uint32_t b) {
    uint64_t i = baskets->offsets[a], j = baskets->offsets[b];
    for (; i < baskets->offsets[a + 1] && j < baskets->offsets[b + 1]; i++, j++)
        if (baskets->items[i] != baskets->items[j])
            return baskets->items[i] < baskets->items[j] ? -1 : 1;
    return (i < baskets->offsets[a + 1]) - (j < baskets->offsets[b + 1]);
}

static void sort_baskets(const struct till_baskets *baskets, uint32_t *order, uint32_t *spare, size_t count) {
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_baskets(baskets, order, spare, half);
    sort_baskets(baskets, order + half, spare, count - half);
    memcpy(spare, order, half * sizeof *spare);
    for (size_t i = 0, j = half, out = 0; i < half; out++)
        order[out] = j < count && compare_baskets(baskets, order[j], spare[i]) < 0 ? order[j++] : spare[i++];
}

static bool order_lines(struct till_basket_data *data, struct memory *memory) {
    size_t count = data->baskets.count;
    uint32_t *order = malloc((2 * count + 1) * sizeof *order);
    uint64_t *offsets = malloc((count + 1) * sizeof *offsets);
    uint32_t *entries = malloc((memory->offsets[count] + 1) * sizeof *entries);
    bool fine = order != NULL && offsets != NULL && entries != NULL;
    if (fine) {
        for (size_t i = 0; i < count; i++)
            order[i] = (uint32_t)i;
        sort_baskets(&data->baskets, order, order + count, count);
        offsets[0] = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t start = memory->offsets[order[i]], length = memory->offsets[order[i] + 1] - start;
            memcpy(entries + offsets[i], memory->entries + start, length * sizeof *entries);
            offsets[i + 1] = offsets[i] + length;
        }
        free(memory->offsets);
        free(memory->entries);
        memory->offsets = offsets;
        memory->entries = entries;
    } else {
        free(offsets);
        free(entries);
    }
    free(order);
    return fine;
}

/* ---- the parts together ---- */

static enum till_status refuse_conflict(const struct basket_state *state, struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    size_t length = state->conflict.length;
    for (size_t i = 0; i < length; i++)
        if (state->conflict.bytes[i] == '\0')
            length = i;
    return till_error_set(error, TILL_ERROR_DATA,
                          "basket %s has rows of two groups or strata: these must be properties of the whole basket",
                          till_error_quote(quoted, state->conflict.bytes, length));
}

/* Labels by basket, numbered in byte order of their names. */
static bool copy_labels(const struct basket_state *state, const uint32_t *labels, const struct till_dictionary *names,
                        const uint32_t *order, uint32_t **out, struct till_slice **sorted) {
    size_t count = state->basket_count;
    if (labels == NULL)
        return true;
    uint32_t *rank = malloc((till_dictionary_count(names) + (size_t)1) * sizeof *rank);
    *out = malloc((count + 1) * sizeof **out);
    bool fine = rank != NULL && *out != NULL && rank_texts(names, rank, sorted);
    for (size_t i = 0; fine && i < count; i++)
        (*out)[order == NULL ? i : order[i]] = rank[labels[i]];
    free(rank);
    return fine;
}

static bool place_entries(const struct basket_state *state, struct till_basket_data *data, struct memory *memory,
                          const uint32_t *order) {
    uint32_t *rank = malloc((till_dictionary_count(state->items) + (size_t)1) * sizeof *rank);
    memory->offsets = malloc((state->basket_count + (size_t)1) * sizeof *memory->offsets);
    memory->entries = malloc((state->entry_count + 1) * sizeof *memory->entries);
    bool fine = rank != NULL && memory->offsets != NULL && memory->entries != NULL &&
                rank_texts(state->items, rank, &data->items);
    if (fine) {
        spread(state, rank, order, memory->offsets, memory->entries);
        drop_doubles(memory->offsets, memory->entries, state->basket_count);
    }
    free(rank);
    return fine;
}

static bool build(const struct basket_state *state, bool ordered, struct till_basket_data *data) {
    struct memory *memory = calloc(1, sizeof *memory);
    bool keyed = ordered && state->keys != NULL;
    uint32_t *order = keyed ? malloc((state->basket_count + (size_t)1) * sizeof *order) : NULL;
    data->memory = memory;
    bool fine = memory != NULL && (!keyed || (order != NULL && rank_texts(state->keys, order, &data->keys))) &&
                place_entries(state, data, memory, order) &&
                copy_labels(state, state->group, state->groups, order, &data->group, &data->groups) &&
                copy_labels(state, state->stratum, state->strata, order, &data->stratum, NULL);
    free(order);
    if (!fine)
        return false;
    data->group_count = data->group == NULL ? 0 : till_dictionary_count(state->groups);
    data->stratum_count = data->stratum == NULL ? 0 : till_dictionary_count(state->strata);
    data->baskets = (struct till_baskets){memory->offsets, memory->entries, state->basket_count,
                                          till_dictionary_count(state->items)};
    if (ordered && state->keys == NULL && !order_lines(data, memory))
        return false;
    data->baskets.offsets = memory->offsets;
    data->baskets.items = memory->entries;
    return true;
}

enum till_status till_basket_data(const void *opaque, bool ordered, struct till_basket_data *data,
                                  struct till_error *error) {
    const struct basket_state *state = opaque;
    *data = (struct till_basket_data){0};
    if (state->has_conflict)
        return refuse_conflict(state, error);
    if (state->entry_count > UINT32_MAX - 1)
        return till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 items in baskets");
    if (build(state, ordered, data))
        return TILL_OK;
    till_basket_data_free(data);
    return till_error_memory(error);
}

/* ---- ancestors ---- */

enum till_status till_basket_extend(struct till_basket_data *data, const uint32_t *parent, uint32_t item_count,
                                    struct till_error *error) {
    struct memory *memory = data->memory;
    uint64_t count = data->baskets.count, room = 0, filled = 0;
    for (uint64_t i = 0; i < data->baskets.offsets[count]; i++)
        for (uint32_t item = data->baskets.items[i]; item != UINT32_MAX; item = parent[item])
            room++;
    if (room > UINT32_MAX - 1)
        return till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 items in baskets with their ancestors");
    uint32_t *entries = malloc((room + 1) * sizeof *entries);
    uint64_t *offsets = malloc((count + 1) * sizeof *offsets);
    if (entries == NULL || offsets == NULL) {
        free(entries);
        free(offsets);
        return till_error_memory(error);
    }
    offsets[0] = 0;
    for (uint64_t b = 0; b < count; b++) {
        for (uint64_t i = data->baskets.offsets[b]; i < data->baskets.offsets[b + 1]; i++)
            for (uint32_t item = data->baskets.items[i]; item != UINT32_MAX; item = parent[item])
                entries[filled++] = item;
        sort_items(entries + offsets[b], filled - offsets[b]);
        offsets[b + 1] = filled;
    }
    drop_doubles(offsets, entries, count);
    free(memory->offsets);
    free(memory->entries);
    *memory = (struct memory){offsets, entries};
    data->baskets = (struct till_baskets){offsets, entries, count, item_count};
    return TILL_OK;
}

bool till_basket_write_item(struct till_text *out, struct till_slice name) {
    for (size_t i = 0; i < name.length; i++)
        if (((name.bytes[i] == '|' || name.bytes[i] == '\\') && !till_text_append(out, "\\", 1)) ||
            !till_text_append(out, name.bytes + i, 1))
            return false;
    return true;
}
