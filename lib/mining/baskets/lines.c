/* A line is a basket: items between separators, quoted where they hold one, or item numbers between blanks. */
#include <stdlib.h>
#include <string.h>

#include <till/input.h>

#include "lib/mining/baskets/state.h"

static bool reserve_fields(struct basket_state *state, size_t count) {
    return count <= state->scratch_capacity || basket_reserve_scratch(state, 2 * count);
}

/* Adds a basket of `count` items, named by state->slices. */
static bool add_basket(struct basket_state *state, size_t count) {
    struct basket_part *part = &state->parts[0];
    if (!basket_reserve(state, count, 1) ||
        !till_dictionary_add_all(state->items, state->slices, count, part->items + part->item_count))
        return false;
    part->runs[part->run_count++] = (struct basket_run){.start = (uint32_t)part->item_count};
    part->item_count += count;
    part->blocks[part->block_count - 1].runs++;
    return true;
}

/* ---- names ---- */

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static struct till_slice trim(struct till_slice text) {
    while (text.length > 0 && is_blank(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

/* How many fields a record has: separators inside of quotes do not count. The reader has checked the quotes. */
static size_t count_fields(struct till_slice record, char delimiter) {
    size_t count = 1;
    bool quoted = false;
    for (size_t i = 0; i < record.length; i++) {
        quoted ^= record.bytes[i] == '"';
        count += !quoted && record.bytes[i] == delimiter;
    }
    return count;
}

static bool add_names(struct basket_state *state, struct till_slice record) {
    size_t fields = count_fields(record, state->settings.delimiter), kept = 0;
    if (!reserve_fields(state, fields) ||
        !till_record_split(record, state->settings.delimiter, state->slices, fields, &state->scratch))
        return false;
    for (size_t i = 0; i < fields; i++) {
        struct till_slice item = trim(state->slices[i]);
        if (item.length > 0)
            state->slices[kept++] = item;
    }
    return add_basket(state, kept);
}

/* ---- numbers ---- */

/* One number of digits alone, without zeros in front, so that each item has one name. NULL, or what is wrong. */
static const char *take_number(struct till_slice *number) {
    if (number->length > 1 && number->bytes[0] == '-')
        return "a negative number, but items are numbered from 0";
    for (size_t i = 0; i < number->length; i++)
        if (number->bytes[i] < '0' || number->bytes[i] > '9')
            return "not an item number: digits and blanks are expected (--baskets reads names)";
    while (number->length > 1 && number->bytes[0] == '0') {
        number->bytes++;
        number->length--;
    }
    return NULL;
}

/* *wrong is the place of what is not a number, and *reason says why; NULL when all is well. */
static bool add_numbers(struct basket_state *state, struct till_slice record, const char **wrong, const char **reason) {
    size_t count = 0;
    const char *at = record.bytes, *end = at + record.length;
    *wrong = NULL;
    if (!reserve_fields(state, record.length / 2 + 1))
        return false;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return add_basket(state, count);
        struct till_slice number = {at, 0};
        while (at < end && !is_blank(*at))
            at++;
        number.length = (size_t)(at - number.bytes);
        *wrong = number.bytes;
        *reason = take_number(&number);
        if (*reason != NULL)
            return true;
        *wrong = NULL;
        state->slices[count++] = number;
    }
}

enum till_status basket_add_lines(struct basket_state *state, struct till_block *block, struct till_error *error) {
    const struct basket_part *part = &state->parts[0];
    if (block->rows > 0 && basket_begin(state, block->sequence) == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < block->rows; row++) {
        struct till_slice record = block->records[row];
        const char *wrong = NULL, *reason = NULL;
        if (part->item_count + record.length > UINT32_MAX - 1 || part->run_count == UINT32_MAX - 1)
            return basket_too_many(error);
        bool fine = state->settings.numbers ? add_numbers(state, record, &wrong, &reason) : add_names(state, record);
        if (fine && wrong != NULL)
            fine = till_block_reject_at(block, row, wrong, "item", reason) == TILL_OK;
        if (!fine)
            return till_error_memory(error);
    }
    return TILL_OK;
}
