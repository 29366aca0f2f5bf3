/* From runs to rows of items: a counting sort by basket, and then each basket's items are sorted where they lie, so
 * that doubles stand side by side. Runs of one basket mostly follow each other, so the first walks through memory, and
 * most baskets are a few items. Blocks, and then stretches of baskets, are done side by side. */
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "lib/mining/baskets/layout.h"

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

/* Up to so many items are sorted by insertion, more by radix (D. E. Knuth, The Art of Computer Programming 3, 5.2.5),
 * as many bytes as the codes have. */
enum { FEW_ITEMS = 48 };

static void sort_few(uint32_t *items, uint64_t count) {
    for (uint64_t i = 1; i < count; i++) {
        uint32_t item = items[i];
        uint64_t to = i;
        for (; to > 0 && items[to - 1] > item; to--)
            items[to] = items[to - 1];
        items[to] = item;
    }
}

/* A stable pass by the byte at `shift`. */
static void sort_by_byte(const uint32_t *from, uint32_t *to, uint64_t count, unsigned shift) {
    uint64_t next[256] = {0}, sum = 0;
    for (uint64_t i = 0; i < count; i++)
        next[from[i] >> shift & 255]++;
    for (size_t byte = 0; byte < 256; byte++) {
        uint64_t here = next[byte];
        next[byte] = sum;
        sum += here;
    }
    for (uint64_t i = 0; i < count; i++)
        to[next[from[i] >> shift & 255]++] = from[i];
}

/* `spare` has room for `count` items where they are more than few. */
static void sort_items(uint32_t *items, uint64_t count, uint32_t item_count, uint32_t *spare) {
    uint32_t *from = items, *to = spare;
    if (count <= FEW_ITEMS) {
        sort_few(items, count);
        return;
    }
    for (unsigned shift = 0; shift < 32 && (item_count - 1) >> shift > 0; shift += 8) {
        uint32_t *swap = from;
        sort_by_byte(from, to, count, shift);
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
}

/* Sorts entries[start .. end) and moves them down to `kept` without doubles; returns where they end. */
static uint64_t tidy_basket(uint32_t *entries, uint64_t start, uint64_t end, uint64_t kept, uint32_t item_count,
                            uint32_t *spare) {
    uint64_t first = kept;
    sort_items(entries + start, end - start, item_count, spare);
    for (uint64_t i = start; i < end; i++)
        if (kept == first || entries[kept - 1] != entries[i])
            entries[kept++] = entries[i];
    return kept;
}

/* The room that sorting wants. */
static uint64_t largest_basket(const uint64_t *offsets, size_t baskets) {
    uint64_t largest = 0;
    for (size_t b = 0; b < baskets; b++)
        largest = offsets[b + 1] - offsets[b] > largest ? offsets[b + 1] - offsets[b] : largest;
    return largest <= FEW_ITEMS ? 0 : largest;
}

/* ---- items to their baskets ---- */

/* What is shared by those who fill and tidy. */
struct filling {
    const struct basket_layout *layout;
    const struct basket_state *state;
    uint32_t *const *rank; /* [parts]: of the part's codes */
    uint64_t *offsets;     /* [basket + 1]: where the basket's next item goes */
    uint32_t *entries;
    uint32_t item_count;
    uint32_t *spare; /* [workers][largest] */
    uint64_t largest;
    size_t chunks;   /* of baskets */
    uint64_t *start; /* [chunks + 1]: where each chunk's items begin */
    bool shared;     /* by several threads */
};

/* Takes the next places of a basket. Which of them a run gets does not matter: they are sorted. */
static uint64_t take_places(struct filling *filling, uint32_t basket, uint64_t count) {
    uint64_t *next = &filling->offsets[basket + (size_t)1];
    if (filling->shared)
        return __atomic_fetch_add(next, count, __ATOMIC_RELAXED);
    *next += count;
    return *next - count;
}

static enum till_status fill_block(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct filling *filling = context;
    const struct layout_block *at = &filling->layout->blocks[index];
    const struct basket_run *runs = layout_runs(at);
    const uint32_t *rank = filling->rank[at->part - filling->state->parts];
    (void)worker, (void)error;
    for (uint32_t run = 0; run < at->block->runs; run++) {
        size_t from = runs[run].start, count = layout_end(at, run) - from;
        uint32_t *to = filling->entries + take_places(filling, filling->layout->basket[at->run + run], count);
        for (size_t i = 0; i < count; i++)
            to[i] = rank[at->part->items[from + i]];
    }
    return TILL_OK;
}

/* The same where baskets are in order: items stay where they are, and a basket ends where its last run does, which is
 * in the last block that has one of it. */
static enum till_status fill_in_order(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct filling *filling = context;
    const struct layout_block *at = &filling->layout->blocks[index];
    const struct basket_run *runs = layout_runs(at);
    const uint32_t *rank = filling->rank[at->part - filling->state->parts];
    uint32_t count = at->block->runs, *to = filling->entries + at->item;
    bool continued = index + 1 < filling->layout->block_count && at[1].basket < at->basket + count;
    (void)worker, (void)error;
    if (count == 0)
        return TILL_OK;
    const uint32_t *items = at->part->items + runs[0].start;
    size_t item_count = layout_end(at, count - 1) - runs[0].start;
    for (size_t i = 0; i < item_count; i++)
        to[i] = rank[items[i]];
    for (uint32_t run = 0; run + continued < count; run++)
        filling->offsets[at->basket + run + (size_t)1] = at->item + layout_end(at, run) - runs[0].start;
    return TILL_OK;
}

static size_t first_basket(const struct filling *filling, size_t chunk) {
    return (size_t)((uint64_t)filling->layout->basket_count * chunk / filling->chunks);
}

/* Sorts the baskets of a chunk and takes doubles out; its baskets then stand at its start without gaps. */
static enum till_status tidy_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct filling *filling = context;
    uint32_t *entries = filling->entries, *spare = filling->spare + worker * filling->largest;
    uint64_t start = filling->start[chunk], kept = start;
    (void)error;
    for (size_t b = first_basket(filling, chunk); b < first_basket(filling, chunk + 1); b++) {
        uint64_t end = filling->offsets[b + 1];
        kept = tidy_basket(entries, start, end, kept, filling->item_count, spare);
        start = end;
        filling->offsets[b + 1] = kept;
    }
    return TILL_OK;
}

/* Closes the gaps between chunks. */
static void join_chunks(struct filling *filling) {
    uint64_t kept = 0;
    for (size_t chunk = 0; chunk < filling->chunks; chunk++) {
        size_t first = first_basket(filling, chunk), end = first_basket(filling, chunk + 1);
        uint64_t start = filling->start[chunk], shift = start - kept;
        uint64_t length = end > first ? filling->offsets[end] - start : 0;
        if (shift > 0)
            memmove(filling->entries + kept, filling->entries + start, length * sizeof *filling->entries);
        for (size_t b = first; shift > 0 && b < end; b++)
            filling->offsets[b + 1] -= shift;
        kept += length;
    }
}

static enum till_status tidy(struct filling *filling, unsigned threads, struct till_error *error) {
    uint64_t starts[65];
    size_t baskets = filling->layout->basket_count;
    filling->largest = largest_basket(filling->offsets, baskets);
    filling->spare = malloc((threads * filling->largest + 1) * sizeof *filling->spare);
    if (filling->spare == NULL)
        return till_error_memory(error);
    filling->chunks = threads < 2 ? 1 : threads > 16 ? 64 : 4 * (size_t)threads;
    filling->start = starts;
    for (size_t chunk = 0; chunk < filling->chunks; chunk++)
        starts[chunk] = filling->offsets[first_basket(filling, chunk)];
    enum till_status status = till_parallel_for(threads, filling->chunks, tidy_chunk, filling, error);
    free(filling->spare);
    join_chunks(filling);
    filling->start = NULL;
    return status;
}

/* Where the items of each basket begin, at the place behind it: filling moves them to where they end. */
static void place_baskets(const struct basket_layout *layout, uint64_t *offsets) {
    uint64_t sum = 0;
    memset(offsets, 0, (layout->basket_count + (size_t)1) * sizeof *offsets);
    for (size_t i = 0; i < layout->block_count; i++) {
        const struct layout_block *at = &layout->blocks[i];
        const struct basket_run *runs = layout_runs(at);
        for (uint32_t run = 0; run < at->block->runs; run++)
            offsets[layout->basket[at->run + run] + (size_t)1] += layout_end(at, run) - runs[run].start;
    }
    for (size_t b = 1; b <= layout->basket_count; b++) {
        uint64_t here = offsets[b];
        offsets[b] = sum;
        sum += here;
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
    if (labels == NULL)
        return true;
    size_t count = till_dictionary_count(state->keys);
    uint32_t *rank = malloc((till_dictionary_count(names) + (size_t)1) * sizeof *rank);
    *out = malloc((count + 1) * sizeof **out);
    bool fine = rank != NULL && *out != NULL && rank_texts(names, rank, sorted);
    for (size_t i = 0; fine && i < count; i++)
        (*out)[order == NULL ? i : order[i]] = rank[labels[i]];
    free(rank);
    return fine;
}

static void free_ranks(uint32_t **rank, size_t parts) {
    for (size_t i = 0; rank != NULL && i < parts; i++)
        free(rank[i]);
    free(rank);
}

/* The ranks by the codes of each part; rank[0] is that of the state's own. */
static uint32_t **rank_parts(const struct basket_state *state, struct till_slice **names) {
    uint32_t **rank = calloc(state->part_count + 1, sizeof *rank);
    bool fine = rank != NULL;
    if (fine) {
        rank[0] = malloc((till_dictionary_count(state->items) + (size_t)1) * sizeof **rank);
        fine = rank[0] != NULL && rank_texts(state->items, rank[0], names);
    }
    for (size_t i = 1; fine && i < state->part_count; i++) {
        const struct basket_codes *here = &state->parts[i].items_here;
        rank[i] = malloc((here->count + (size_t)1) * sizeof **rank);
        fine = rank[i] != NULL;
        for (uint32_t code = 0; fine && code < here->count; code++)
            rank[i][code] = rank[0][here->code[code]];
    }
    if (fine)
        return rank;
    free_ranks(rank, state->part_count);
    return NULL;
}

static enum till_status place_entries(const struct basket_state *state, const struct basket_layout *layout,
                                      struct till_basket_data *data, struct till_error *error) {
    struct memory *memory = data->memory;
    unsigned threads = state->settings.threads == 0 ? 1 : state->settings.threads;
    uint32_t **rank = rank_parts(state, &data->items);
    memory->offsets = malloc((layout->basket_count + (size_t)1) * sizeof *memory->offsets);
    memory->entries = malloc((layout->item_count + 1) * sizeof *memory->entries);
    enum till_status status =
        rank != NULL && memory->offsets != NULL && memory->entries != NULL ? TILL_OK : till_error_memory(error);
    if (status == TILL_OK) {
        struct filling filling = {.layout = layout,
                                  .state = state,
                                  .rank = rank,
                                  .offsets = memory->offsets,
                                  .entries = memory->entries,
                                  .item_count = till_dictionary_count(state->items),
                                  .shared = threads > 1};
        memory->offsets[0] = 0;
        if (!layout->in_order)
            place_baskets(layout, memory->offsets);
        status = till_parallel_for(threads, layout->block_count, layout->in_order ? fill_in_order : fill_block,
                                   &filling, error);
        if (status == TILL_OK)
            status = tidy(&filling, threads, error);
    }
    free_ranks(rank, state->part_count);
    return status;
}

static enum till_status build(const struct basket_state *state, bool ordered, const uint32_t *order,
                              struct till_basket_data *data, struct till_error *error) {
    struct basket_layout layout = {0};
    struct memory *memory = data->memory;
    enum till_status status = basket_layout(&layout, state, order, error);
    if (status == TILL_OK)
        status = place_entries(state, &layout, data, error);
    if (status == TILL_OK && (!copy_labels(state, state->group, state->groups, order, &data->group, &data->groups) ||
                              !copy_labels(state, state->stratum, state->strata, order, &data->stratum, NULL)))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        data->group_count = data->group == NULL ? 0 : till_dictionary_count(state->groups);
        data->stratum_count = data->stratum == NULL ? 0 : till_dictionary_count(state->strata);
        data->baskets = (struct till_baskets){memory->offsets, memory->entries, layout.basket_count,
                                              till_dictionary_count(state->items)};
        if (ordered && state->keys == NULL && !order_lines(data, memory))
            status = till_error_memory(error);
        data->baskets.offsets = memory->offsets;
        data->baskets.items = memory->entries;
    }
    basket_layout_free(&layout);
    return status;
}

/* The keys in byte order, where baskets stand in it. */
static enum till_status order_keys(const struct basket_state *state, uint32_t **order, struct till_basket_data *data,
                                   struct till_error *error) {
    *order = malloc((till_dictionary_count(state->keys) + (size_t)1) * sizeof **order);
    return *order != NULL && rank_texts(state->keys, *order, &data->keys) ? TILL_OK : till_error_memory(error);
}

enum till_status till_basket_data(const void *opaque, bool ordered, struct till_basket_data *data,
                                  struct till_error *error) {
    const struct basket_state *state = opaque;
    uint32_t *order = NULL;
    *data = (struct till_basket_data){0};
    if (state->has_conflict)
        return refuse_conflict(state, error);
    if (ordered && state->keys == NULL && state->settings.transactions != NULL)
        return till_error_set(error, TILL_ERROR_USAGE, "the order of baskets whose keys were not kept");
    data->memory = calloc(1, sizeof(struct memory));
    enum till_status status = data->memory == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && ordered && state->keys != NULL)
        status = order_keys(state, &order, data, error);
    if (status == TILL_OK)
        status = build(state, ordered, order, data, error);
    free(order);
    if (status != TILL_OK)
        till_basket_data_free(data);
    return status;
}

/* ---- ancestors ---- */

/* How many entries the baskets have with all ancestors, and how many the largest. */
static uint64_t count_extended(const struct till_baskets *baskets, const uint32_t *parent, uint64_t *largest) {
    uint64_t room = 0;
    *largest = 0;
    for (uint64_t b = 0; b < baskets->count; b++) {
        uint64_t before = room;
        for (uint64_t i = baskets->offsets[b]; i < baskets->offsets[b + 1]; i++)
            for (uint32_t item = baskets->items[i]; item != UINT32_MAX; item = parent[item])
                room++;
        *largest = room - before > *largest ? room - before : *largest;
    }
    return room;
}

enum till_status till_basket_extend(struct till_basket_data *data, const uint32_t *parent, uint32_t item_count,
                                    struct till_error *error) {
    struct memory *memory = data->memory;
    uint64_t count = data->baskets.count, largest, filled = 0;
    uint64_t room = count_extended(&data->baskets, parent, &largest);
    if (room > UINT32_MAX - 1)
        return till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 items in baskets with their ancestors");
    uint32_t *entries = malloc((room + 1) * sizeof *entries), *spare = malloc((largest + 1) * sizeof *spare);
    uint64_t *offsets = malloc((count + 1) * sizeof *offsets);
    if (entries == NULL || offsets == NULL || spare == NULL) {
        free(entries);
        free(offsets);
        free(spare);
        return till_error_memory(error);
    }
    offsets[0] = 0;
    for (uint64_t b = 0; b < count; b++) {
        uint64_t start = filled;
        for (uint64_t i = data->baskets.offsets[b]; i < data->baskets.offsets[b + 1]; i++)
            for (uint32_t item = data->baskets.items[i]; item != UINT32_MAX; item = parent[item])
                entries[filled++] = item;
        offsets[b + 1] = filled = tidy_basket(entries, start, filled, start, item_count, spare);
    }
    free(spare);
    free(memory->offsets);
    free(memory->entries);
    *memory = (struct memory){offsets, entries};
    data->baskets = (struct till_baskets){offsets, entries, count, item_count};
    return TILL_OK;
}

static size_t plain_bytes(struct till_slice name) {
    size_t count = 0;
    while (count < name.length && name.bytes[count] != '|' && name.bytes[count] != '\\')
        count++;
    return count;
}

bool till_basket_write_item(struct till_text *out, struct till_slice name) {
    for (;;) {
        size_t plain = plain_bytes(name);
        if (!till_text_append(out, name.bytes, plain))
            return false;
        if (plain == name.length)
            return true;
        char escaped[2] = {'\\', name.bytes[plain]};
        if (!till_text_append(out, escaped, sizeof escaped))
            return false;
        name = (struct till_slice){name.bytes + plain + 1, name.length - plain - 1};
    }
}
