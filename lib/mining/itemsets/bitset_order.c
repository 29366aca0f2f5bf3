/* Sorting in two steps, each of which stays in a cache. The sets are divided by their first bits: so many that a sample
 * has 64 different ones among 256. Few of the values that these bits could have occur, for they are those of items that
 * lie in most sets or in none, so that they are numbered by a hash table instead of being counted digit by digit.
 *
 * A part is then sorted by keys of eight bytes: the bits that follow, and below them where the set stands. Digits begin
 * at bits that are not the same in all (radix sort from the least significant digit), and end where there are enough to
 * tell nearly all sets of the part apart. The rest is done by insertion, or where there is much of it, by sorting it
 * again by what follows. Keys are turned around, so that sets fall as keys rise. No two sets are the same. */
#include "bitset_order.h"

#include <stdlib.h>
#include <string.h>

/* Up to so many are sorted by insertion; up to so many make one part. */
enum { FEW = 48, ONE_PART = 4096 };

/* Sets of the sample, and how many values of the first bits it is to have. Sets that share all bits of the widest
 * window are one part. */
enum { SAMPLE = 256, SAMPLE_VALUES = 64, WIDEST = 63, NARROWER = 4 };

/* A digit; how many there are at most; and how many more bits are looked at than would number the sets of a part. */
enum { DIGIT_BITS = 9, DIGIT_VALUES = 1 << DIGIT_BITS, DIGITS = 8, FURTHER_BITS = 10 };

/* ---- one part ---- */

/* Moves sets, each to its place among those before. */
static void sort_by_insertion(const bitset *from, bitset *to, size_t count) {
    for (size_t k = 0; k < count; k++) {
        bitset set = from[k];
        size_t at = k;
        for (; at > 0 && to[at - 1] < set; at--)
            to[at] = to[at - 1];
        to[at] = set;
    }
}

/* How sets of a part are told apart. */
struct part_keys {
    uint64_t index;         /* the bits of a key that say where its set stands */
    uint64_t differ;        /* those that are not the same in all keys, above them */
    uint32_t digits;        /* from the first one */
    uint32_t shift[DIGITS]; /* of each */
};

static uint32_t bits_for(size_t count) {
    return 64 - (uint32_t)__builtin_clzll((uint64_t)count);
}

static struct part_keys make_keys(const bitset *sets, size_t count, uint32_t skip, uint64_t *keys) {
    struct part_keys how = {.index = ((uint64_t)1 << bits_for(count)) - 1};
    for (size_t k = 0; k < count; k++) {
        keys[k] = (~(uint64_t)((sets[k] << skip) >> 64) & ~how.index) | k;
        how.differ |= keys[k] ^ keys[0];
    }
    how.differ &= ~how.index;
    return how;
}

/* Digits until so many bits differ in them, or there are no more. */
static void choose_digits(struct part_keys *how, uint32_t wanted) {
    uint32_t found = 0;
    for (uint64_t rest = how->differ; rest != 0 && found < wanted && how->digits < DIGITS; how->digits++) {
        uint32_t highest = 63 - (uint32_t)__builtin_clzll(rest);
        uint32_t shift = highest < DIGIT_BITS ? 0 : highest + 1 - DIGIT_BITS;
        found += (uint32_t)__builtin_popcountll(rest >> shift);
        rest &= ((uint64_t)1 << shift) - 1;
        how->shift[how->digits] = shift;
    }
}

static size_t digit_at(uint64_t key, uint32_t shift) {
    return key >> shift & (DIGIT_VALUES - 1);
}

/* Moves keys by one digit; stable. `counts` says how often each value of it occurs, by even and odd digits, and then
 * how often those of the digit before do. */
static void scatter_keys(const uint64_t *from, uint64_t *to, size_t count, const struct part_keys *how, uint32_t digit,
                         size_t counts[2][DIGIT_VALUES]) {
    size_t *next = counts[digit % 2], *before = counts[(digit + 1) % 2];
    uint32_t shift = how->shift[digit], shift_before = digit > 0 ? how->shift[digit - 1] : 0;
    memset(before, 0, DIGIT_VALUES * sizeof *before);
    for (size_t value = 0, sum = 0; value < DIGIT_VALUES; value++) {
        size_t here = next[value];
        next[value] = sum;
        sum += here;
    }
    for (size_t k = 0; k < count; k++) {
        uint64_t key = from[k];
        before[digit_at(key, shift_before)]++;
        to[next[digit_at(key, shift)]++] = key;
    }
}

/* Sorts keys, which end up in one of the two arrays. */
static const uint64_t *sort_keys(uint64_t *keys, uint64_t *spare, size_t count, const struct part_keys *how) {
    size_t counts[2][DIGIT_VALUES] = {{0}};
    for (size_t k = 0; how->digits > 0 && k < count; k++)
        counts[(how->digits - 1) % 2][digit_at(keys[k], how->shift[how->digits - 1])]++;
    for (uint32_t digit = how->digits; digit > 0; digit--) {
        scatter_keys(keys, spare, count, how, digit - 1, counts);
        uint64_t *held = keys;
        keys = spare;
        spare = held;
    }
    return keys;
}

/* Whether more than FEW keys that follow each other are the same from a bit on. */
static bool has_long_run(const uint64_t *keys, size_t count, uint32_t shift) {
    for (size_t k = FEW; k < count; k++)
        if ((keys[k] ^ keys[k - FEW]) >> shift == 0)
            return true;
    return false;
}

static void sort_part(bitset *from, bitset *to, size_t count, uint32_t skip, uint64_t *keys, uint64_t *spare);

/* Sorts the runs of sets that begin with the same bits by what follows. */
static void sort_runs(bitset *from, bitset *to, size_t count, uint32_t skip, uint64_t *keys, uint64_t *spare) {
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && (to[end] ^ to[begin]) >> (BITSET_BITS - skip) == 0;)
            end++;
        memcpy(from + begin, to + begin, (end - begin) * sizeof *from);
        sort_part(from + begin, to + begin, end - begin, skip, keys, spare);
    }
}

/* Sorts sets that all begin with the same bits, `skip` of them. Those of `from` may be moved; keys have room for all.
 */
static void sort_part(bitset *from, bitset *to, size_t count, uint32_t skip, uint64_t *keys, uint64_t *spare) {
    if (count <= FEW) {
        sort_by_insertion(from, to, count);
        return;
    }
    struct part_keys how = make_keys(from, count, skip, keys);
    choose_digits(&how, bits_for(count) + FURTHER_BITS);
    uint32_t shift = how.digits == 0 ? 0 : how.shift[how.digits - 1];
    shift = shift < bits_for(count) ? bits_for(count) : shift; /* below it, keys say nothing of sets */
    const uint64_t *sorted = sort_keys(keys, spare, count, &how);
    bool long_run = has_long_run(sorted, count, shift);
    for (size_t k = 0; k < count; k++) {
        bitset set = from[sorted[k] & how.index];
        size_t at = k;
        for (; !long_run && at > 0 && to[at - 1] < set; at--)
            to[at] = to[at - 1];
        to[at] = set;
    }
    if (long_run)
        sort_runs(from, to, count, skip + 64 - shift, keys, spare);
}

/* ---- parts ---- */

/* How many first bits tell the values apart that the sample has to have. */
static uint32_t choose_window(const struct bitset_chunk *chunks, size_t count) {
    bitset sample[SAMPLE], sorted[SAMPLE];
    uint64_t keys[2 * SAMPLE];
    uint32_t taken = 0, values = 0, new_at[BITSET_BITS] = {0}, window = 0;
    for (size_t at = 0, step = count / SAMPLE; chunks != NULL; at -= chunks->sets, chunks = chunks->before)
        for (; at < chunks->sets && taken < SAMPLE; at += step)
            sample[taken++] = chunks->set[at];
    sort_part(sample, sorted, taken, 0, keys, keys + SAMPLE);
    for (uint32_t k = 1; k < taken; k++)
        new_at[BITSET_BITS - 1 - bitset_highest(sorted[k] ^ sorted[k - 1])]++;
    while (window < WIDEST && values < SAMPLE_VALUES)
        values += new_at[window++];
    return window;
}

/* The part of a value, which may be a new one; ORDER_PARTS when there are too many. */
static size_t find_part(struct bitset_order *order, uint64_t bits) {
    size_t at = (size_t)(bits * 0x9E3779B97F4A7C15u >> 32) % ORDER_SLOTS;
    for (; order->slot[at] != 0; at = (at + 1) % ORDER_SLOTS)
        if (order->part[order->slot[at] - 1].bits == bits)
            return order->slot[at] - 1u;
    if (order->parts < ORDER_PARTS) {
        order->part[order->parts] = (struct order_part){bits, 0};
        order->slot[at] = (uint16_t)++order->parts;
        return order->parts - 1;
    }
    return ORDER_PARTS;
}

/* Finds the part of each set. False when there are too many. */
static bool find_parts(struct bitset_order *order, const struct bitset_chunk *chunks) {
    uint16_t *of = order->of;
    uint32_t shift = BITSET_BITS - order->window;
    order->parts = 0;
    memset(order->slot, 0, ORDER_SLOTS * sizeof *order->slot);
    for (; chunks != NULL; chunks = chunks->before)
        for (size_t k = 0; k < chunks->sets; k++) {
            size_t part = find_part(order, (uint64_t)(chunks->set[k] >> shift));
            if (part == ORDER_PARTS)
                return false;
            *of++ = (uint16_t)part;
            order->part[part].end++;
        }
    return true;
}

static int compare_bits(const void *a, const void *b) {
    uint64_t x = ((const struct order_turn *)a)->bits, y = ((const struct order_turn *)b)->bits;
    return (x < y) - (x > y);
}

/* Puts the sets into their parts, which come by falling bits. */
static void move_to_parts(struct bitset_order *order, const struct bitset_chunk *chunks) {
    const uint16_t *of = order->of;
    size_t begin = 0;
    for (size_t k = 0; k < order->parts; k++)
        order->turn[k] = (struct order_turn){order->part[k].bits, k};
    qsort(order->turn, order->parts, sizeof *order->turn, compare_bits);
    for (size_t k = 0; k < order->parts; k++) {
        size_t *end = &order->part[order->turn[k].part].end, count = *end;
        *end = begin;
        begin += count;
    }
    for (; chunks != NULL; chunks = chunks->before)
        for (size_t k = 0; k < chunks->sets; k++)
            order->sets[order->part[*of++].end++] = chunks->set[k];
}

/* Few sets, or sets that begin alike: one part. */
static void move_to_one_part(struct bitset_order *order, const struct bitset_chunk *chunks) {
    bitset *to = order->sets;
    for (; chunks != NULL; to += chunks->sets, chunks = chunks->before)
        memcpy(to, chunks->set, chunks->sets * sizeof *to);
    order->parts = 1;
    order->window = 0;
    order->turn[0] = (struct order_turn){0};
    order->part[0].end = order->count;
}

static void divide(struct bitset_order *order, const struct bitset_chunk *chunks) {
    if (order->count <= ONE_PART) {
        move_to_one_part(order, chunks);
        return;
    }
    order->window = choose_window(chunks, order->count);
    while (!find_parts(order, chunks)) /* as many bits as make ORDER_PARTS values are few enough */
        order->window -= NARROWER;
    move_to_parts(order, chunks);
}

/* ---- memory ---- */

bool bitset_order_new(struct bitset_order *order, size_t most) {
    *order = (struct bitset_order){.sets = malloc((most + 1) * sizeof *order->sets),
                                   .of = malloc((most + 1) * sizeof *order->of),
                                   .part = malloc(ORDER_PARTS * sizeof *order->part),
                                   .turn = malloc(ORDER_PARTS * sizeof *order->turn),
                                   .slot = malloc(ORDER_SLOTS * sizeof *order->slot)};
    return order->sets != NULL && order->of != NULL && order->part != NULL && order->turn != NULL &&
           order->slot != NULL;
}

static bool make_room_for_parts(struct bitset_order *order) {
    size_t largest = 0, begin = 0;
    for (size_t k = 0; k < order->parts; k++) {
        size_t end = order->part[order->turn[k].part].end;
        largest = end - begin > largest ? end - begin : largest;
        begin = end;
    }
    if (order->sorted_room >= largest)
        return true;
    free(order->sorted);
    free(order->keys);
    order->sorted_room = largest + largest / 2;
    order->sorted = malloc(order->sorted_room * sizeof *order->sorted);
    order->keys = malloc(2 * order->sorted_room * sizeof *order->keys);
    return order->sorted != NULL && order->keys != NULL;
}

bool bitset_order_begin(struct bitset_order *order, const struct bitset_chunk *chunks) {
    order->count = bitset_chunks_sets(chunks);
    order->next = order->parts = 0;
    if (order->count == 0)
        return true;
    divide(order, chunks);
    return make_room_for_parts(order);
}

size_t bitset_order_next(struct bitset_order *order, const bitset **sets) {
    if (order->next == order->parts)
        return 0;
    size_t begin = order->next == 0 ? 0 : order->part[order->turn[order->next - 1].part].end;
    size_t count = order->part[order->turn[order->next++].part].end - begin;
    sort_part(order->sets + begin, order->sorted, count, order->window, order->keys, order->keys + order->sorted_room);
    *sets = order->sorted;
    return count;
}

void bitset_order_free(struct bitset_order *order) {
    free(order->sets);
    free(order->of);
    free(order->part);
    free(order->turn);
    free(order->slot);
    free(order->sorted);
    free(order->keys);
}
