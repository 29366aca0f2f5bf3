/* Rows of transactions become runs: a loop over the rows that compares each with the one before, and then one over the
 * runs, which are fewer. Keys of a run are looked at only there. */
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

#include "lib/base/hash_fast.h"
#include "lib/mining/baskets/state.h"

/* The columns that make a basket's key: one, or a text and a further text or day. */
struct key_columns {
    const struct till_slice *text;
    const struct till_slice *second; /* NULL: none */
    const int32_t *day;              /* NULL: none */
};

static const struct till_vector *role_of(const struct basket_state *state, const struct till_block *block,
                                         enum till_role role) {
    size_t at = state->settings.transactions->at[role];
    return at == TILL_NO_COLUMN ? NULL : &block->columns[at];
}

static struct key_columns key_columns(const struct basket_state *state, const struct till_block *block) {
    const struct till_vector *customer = role_of(state, block, TILL_ROLE_CUSTOMER);
    switch (state->settings.unit) {
    case TILL_BASKET_CUSTOMER:
        return (struct key_columns){customer->text, NULL, NULL};
    case TILL_BASKET_DAY:
        return (struct key_columns){customer->text, NULL, role_of(state, block, TILL_ROLE_DATE)->day};
    default:
        return (struct key_columns){role_of(state, block, TILL_ROLE_ORDER)->text,
                                    customer == NULL ? NULL : customer->text, NULL};
    }
}

/* ---- keys of rows ---- */

/* till_slice_equal without a call for the usual lengths of ids: two words that overlap cover them. */
static inline bool same_text(struct till_slice a, struct till_slice b) {
    if (a.length != b.length)
        return false;
    if (a.length >= 8 && a.length <= 16)
        return ((load_64(a.bytes) ^ load_64(b.bytes)) |
                (load_64(a.bytes + a.length - 8) ^ load_64(b.bytes + b.length - 8))) == 0;
    if (a.length >= 4 && a.length < 8)
        return ((load_32(a.bytes) ^ load_32(b.bytes)) |
                (load_32(a.bytes + a.length - 4) ^ load_32(b.bytes + b.length - 4))) == 0;
    return till_slice_equal(a, b);
}

static int compare_keys(const struct key_columns *keys, size_t a, size_t b) {
    int order = till_slice_compare(keys->text[a], keys->text[b]);
    if (order == 0 && keys->second != NULL)
        order = till_slice_compare(keys->second[a], keys->second[b]);
    if (order == 0 && keys->day != NULL)
        order = (keys->day[a] > keys->day[b]) - (keys->day[a] < keys->day[b]);
    return order;
}

static size_t key_room(const struct key_columns *keys, size_t row) {
    size_t second = keys->second != NULL ? keys->second[row].length : TILL_DAY_TEXT;
    return keys->text[row].length + 1 + second;
}

/* The key as a text; no field holds a NUL, so it can stand between two parts. Returns its length. */
static size_t write_key(const struct key_columns *keys, size_t row, char *out) {
    struct till_slice text = keys->text[row];
    if (text.length > 0)
        memcpy(out, text.bytes, text.length);
    if (keys->second == NULL && keys->day == NULL)
        return text.length;
    char *second = out + text.length + 1;
    out[text.length] = '\0';
    if (keys->day != NULL)
        return text.length + 1 + till_date_write(second, keys->day[row]);
    if (keys->second[row].length > 0)
        memcpy(second, keys->second[row].bytes, keys->second[row].length);
    return text.length + 1 + keys->second[row].length;
}

/* 64 bits of a key: the hash of each part is the seed of the next. */
static inline uint64_t hash_key(const struct key_columns *keys, size_t row, uint64_t seed) {
    uint64_t hash = hash_bytes(keys->text[row].bytes, keys->text[row].length, seed);
    if (keys->second != NULL)
        hash = hash_bytes(keys->second[row].bytes, keys->second[row].length, hash);
    if (keys->day != NULL)
        hash = hash_fold(hash ^ HASH_ROOT_2, (uint64_t)(int64_t)keys->day[row] ^ HASH_ROOT_5);
    return hash;
}

/* ---- runs ---- */

static void mark_texts(const struct till_slice *texts, size_t rows, uint32_t *differs) {
    for (size_t row = 1; row < rows; row++)
        differs[row] |= !same_text(texts[row], texts[row - 1]);
}

/* The rows with which runs begin; returns how many there are. Where orders are of two rows or three, no processor can
 * guess which row begins one: so first all rows are marked that differ from the one before, column by column, and then
 * all numbers are written, but only those of marked rows stay. */
static size_t find_runs(const struct key_columns *keys, size_t rows, uint32_t *begin) {
    size_t count = 1;
    memset(begin, 0, rows * sizeof *begin);
    mark_texts(keys->text, rows, begin);
    if (keys->second != NULL)
        mark_texts(keys->second, rows, begin);
    for (size_t row = 1; keys->day != NULL && row < rows; row++)
        begin[row] |= keys->day[row] != keys->day[row - 1];
    for (size_t row = 1; row < rows; row++) {
        bool differs = begin[row] != 0;
        begin[count] = (uint32_t)row;
        count += differs;
    }
    return count;
}

/* False when it is too long. */
static bool remember(const struct key_columns *keys, size_t row, struct basket_bound *bound) {
    if (key_room(keys, row) > sizeof bound->bytes)
        return false;
    bound->length = (unsigned char)write_key(keys, row, bound->bytes);
    return true;
}

static bool rises(const struct key_columns *keys, const uint32_t *begin, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (compare_keys(keys, begin[i - 1], begin[i]) >= 0)
            return false;
    return true;
}

/* Runs whose baskets are found by hashes under two seeds, or not at all where keys rise. */
static void mark_runs(const struct key_columns *keys, const uint32_t *begin, struct basket_block *block,
                      struct basket_run *runs) {
    for (size_t i = 0; i < block->runs; i++) {
        runs[i].low = hash_key(keys, begin[i], HASH_GOLDEN);
        runs[i].high = (uint32_t)hash_key(keys, begin[i], HASH_ROOT_3);
    }
    block->rising = rises(keys, begin, block->runs) && remember(keys, begin[0], &block->lowest) &&
                    remember(keys, begin[block->runs - 1], &block->highest);
}

/* The keys of the runs, in state->slices. */
static bool join_keys(struct basket_state *state, const struct key_columns *keys, const uint32_t *begin, size_t count) {
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += key_room(keys, begin[i]);
    state->scratch.length = 0;
    if (!till_text_reserve(&state->scratch, room))
        return false;
    char *at = state->scratch.bytes;
    for (size_t i = 0; i < count; i++) {
        state->slices[i] = (struct till_slice){at, write_key(keys, begin[i], at)};
        at += state->slices[i].length;
    }
    return true;
}

/* Runs whose baskets are the codes of their keys. `codes` is scratch. */
static bool code_runs(struct basket_state *state, const struct key_columns *keys, const uint32_t *begin, size_t count,
                      uint32_t *codes, struct basket_run *runs) {
    if (!join_keys(state, keys, begin, count) || !till_dictionary_add_all(state->keys, state->slices, count, codes))
        return false;
    for (size_t i = 0; i < count; i++)
        runs[i].low = codes[i];
    return true;
}

/* What a column says of the baskets of all rows. */
static bool label_rows(struct basket_state *state, const struct till_block *block, size_t column,
                       struct till_dictionary *names, uint32_t *labels, size_t count) {
    const struct basket_part *part = &state->parts[0];
    const struct basket_run *runs = part->runs + part->run_count - count;
    uint32_t *codes = state->codes, base = runs[0].start;
    if (column == TILL_NO_COLUMN)
        return true;
    if (!till_dictionary_add_all(names, block->columns[column].text, block->rows, codes))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? runs[i + 1].start - base : block->rows;
        for (size_t row = runs[i].start - base; row < end; row++)
            if (!basket_label(state, labels, (uint32_t)runs[i].low, codes[row]))
                return false;
    }
    return true;
}

/* ---- blocks ---- */

static bool add_block(struct basket_state *state, const struct till_block *block) {
    struct basket_part *part = &state->parts[0];
    const struct key_columns keys = key_columns(state, block);
    uint32_t base = (uint32_t)part->item_count, *begin = state->codes, *codes = state->codes + block->rows;
    if (!till_dictionary_add_all(state->items, role_of(state, block, TILL_ROLE_ITEM)->text, block->rows,
                                 part->items + base))
        return false;
    size_t count = find_runs(&keys, block->rows, begin);
    struct basket_block *made = basket_begin(state, block->sequence);
    struct basket_run *runs = part->runs + part->run_count;
    if (made == NULL)
        return false;
    made->runs = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        runs[i] = (struct basket_run){.start = base + begin[i]};
    if (state->keys == NULL)
        mark_runs(&keys, begin, made, runs);
    else if (!code_runs(state, &keys, begin, count, codes, runs))
        return false;
    part->run_count += count;
    part->item_count += block->rows;
    return basket_reserve_labels(state) &&
           label_rows(state, block, state->settings.group, state->groups, state->group, count) &&
           label_rows(state, block, state->settings.stratum, state->strata, state->stratum, count);
}

enum till_status basket_add_rows(struct basket_state *state, const struct till_block *block, struct till_error *error) {
    if (state->parts[0].item_count + block->rows > UINT32_MAX - 1)
        return basket_too_many(error);
    if (block->rows == 0)
        return TILL_OK;
    if (!basket_reserve_scratch(state, block->rows) || !basket_reserve(state, block->rows, block->rows) ||
        !add_block(state, block))
        return till_error_memory(error);
    return TILL_OK;
}
