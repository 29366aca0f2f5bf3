/* A line is a basket: items between separators, quoted where they hold one, or item numbers between blanks. */
#include <stdlib.h>
#include <string.h>

#include <till/input.h>

#include "lib/mining/baskets/state.h"

static bool reserve_fields(struct basket_state *state, size_t count) {
    return count <= state->scratch_capacity || basket_reserve_scratch(state, 2 * count);
}

/* The next `count` items, which are there, are a basket. */
static void end_basket(struct basket_state *state, size_t count) {
    struct basket_part *part = &state->parts[0];
    part->runs[part->run_count++] = (struct basket_run){.start = (uint32_t)part->item_count};
    part->item_count += count;
    part->blocks[part->block_count - 1].runs++;
}

/* ---- names ---- */

/* So many names wait for their codes, and those of one line more. */
enum { MOST_WAITING = 4096 };

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

/* Gives codes to the last items of the part, whose names are in state->slices: those of many lines at once, as waiting
 * for memory is done together then. */
static bool code_names(struct basket_state *state) {
    const struct basket_part *part = &state->parts[0];
    size_t count = state->waiting;
    state->waiting = 0;
    return till_dictionary_add_all(state->items, state->slices, count, part->items + part->item_count - count);
}

static bool wait_for_code(struct basket_state *state, struct till_slice item) {
    item = trim(item);
    if (item.length == 0)
        return true;
    if (!reserve_fields(state, state->waiting + 1))
        return false;
    state->slices[state->waiting++] = item;
    return true;
}

/* The names of a line without quotes. */
static bool split_names(struct basket_state *state, struct till_slice record) {
    const char *at = record.bytes, *end = at + record.length;
    for (const char *start = at;; start = ++at) {
        while (at < end && *at != state->settings.delimiter)
            at++;
        if (!wait_for_code(state, (struct till_slice){start, (size_t)(at - start)}))
            return false;
        if (at == end)
            return true;
    }
}

/* Those of a line with quotes; what was inside of them is good until the next such line. */
static bool split_quoted(struct basket_state *state, struct till_slice record) {
    size_t fields = count_fields(record, state->settings.delimiter);
    if (!reserve_fields(state, fields) ||
        !till_record_split(record, state->settings.delimiter, state->slices, fields, &state->scratch))
        return false;
    for (size_t i = 0; i < fields; i++)
        if (!wait_for_code(state, state->slices[i])) /* at or before its own place */
            return false;
    return true;
}

static bool add_names(struct basket_state *state, struct till_slice record) {
    bool quoted = record.length > 0 && memchr(record.bytes, '"', record.length) != NULL;
    if ((quoted || state->waiting >= MOST_WAITING) && !code_names(state))
        return false;
    size_t before = state->waiting;
    if (!(quoted ? split_quoted(state, record) : split_names(state, record)) ||
        !basket_reserve(state, state->waiting - before, 1))
        return false;
    end_basket(state, state->waiting - before);
    return !quoted || code_names(state);
}

/* ---- numbers ---- */

/* Codes of numbers below are kept by number, and found without a hash. */
enum { KNOWN_NUMBERS = 1 << 24 };

/* What is wrong with a text that should be a number. */
static const char *refuse_number(struct till_slice text) {
    if (text.length > 1 && text.bytes[0] == '-')
        return "a negative number, but items are numbered from 0";
    return "not an item number: digits and blanks are expected (--baskets reads names)";
}

/* Takes digits, without zeros in front, so that each item has one name. `value` is KNOWN_NUMBERS or more where the
 * number is. Returns their end. */
static const char *take_digits(const char *at, const char *end, struct till_slice *number, uint32_t *value) {
    uint64_t sum = 0;
    unsigned digit;
    while (end - at > 1 && at[0] == '0' && at[1] >= '0' && at[1] <= '9')
        at++;
    number->bytes = at;
    for (; at < end && (digit = (unsigned)(*at - '0')) <= 9; at++)
        sum = 10 * sum + digit;
    number->length = (size_t)(at - number->bytes);
    *value = number->length <= 9 ? (uint32_t)sum : UINT32_MAX;
    return at;
}

/* The numbers of a line, in state->slices and state->codes, or the place of what is none. */
static size_t split_numbers(struct basket_state *state, struct till_slice record, struct till_slice *wrong) {
    size_t count = 0;
    const char *at = record.bytes, *end = at + record.length;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return count;
        const char *start = at;
        at = take_digits(at, end, &state->slices[count], &state->codes[count]);
        if (at == start || (at < end && !is_blank(*at))) {
            while (at < end && !is_blank(*at))
                at++;
            *wrong = (struct till_slice){start, (size_t)(at - start)};
            return count;
        }
        count++;
    }
}

/* Room to know the code of a number. */
static bool reserve_number(struct basket_state *state, uint32_t value) {
    size_t capacity = state->number_count < 1024 ? 1024 : state->number_count;
    if (value < state->number_count)
        return true;
    while (capacity <= value)
        capacity *= 2;
    if (!pages_resize(&state->number_pages, capacity * sizeof *state->number_codes))
        return false;
    state->number_codes = state->number_pages.memory;
    state->number_count = capacity;
    return true;
}

static bool code_number(struct basket_state *state, struct till_slice number, uint32_t value, uint32_t *code) {
    if (value >= KNOWN_NUMBERS)
        return till_dictionary_add(state->items, number, code);
    if (!reserve_number(state, value))
        return false;
    uint32_t *known = &state->number_codes[value];
    if (*known == 0) {
        if (!till_dictionary_add(state->items, number, code))
            return false;
        *known = *code + 1;
    }
    *code = *known - 1;
    return true;
}

/* A line with a number that is none adds nothing: `wrong` says where it stands. */
static bool add_numbers(struct basket_state *state, struct till_slice record, struct till_slice *wrong) {
    struct basket_part *part = &state->parts[0];
    if (!reserve_fields(state, record.length / 2 + 1))
        return false;
    size_t count = split_numbers(state, record, wrong);
    if (wrong->bytes != NULL)
        return true;
    if (!basket_reserve(state, count, 1))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!code_number(state, state->slices[i], state->codes[i], &part->items[part->item_count + i]))
            return false;
    end_basket(state, count);
    return true;
}

enum till_status basket_add_lines(struct basket_state *state, struct till_block *block, struct till_error *error) {
    const struct basket_part *part = &state->parts[0];
    if (block->rows > 0 && basket_begin(state, block->sequence) == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < block->rows; row++) {
        struct till_slice record = block->records[row];
        struct till_slice wrong = {NULL, 0};
        if (part->item_count + record.length > UINT32_MAX - 1 || part->run_count == UINT32_MAX - 1)
            return basket_too_many(error);
        bool fine = state->settings.numbers ? add_numbers(state, record, &wrong) : add_names(state, record);
        if (fine && wrong.bytes != NULL)
            fine = till_block_reject_at(block, row, wrong.bytes, "item", refuse_number(wrong)) == TILL_OK;
        if (!fine)
            return till_error_memory(error);
    }
    return code_names(state) ? TILL_OK : till_error_memory(error);
}
