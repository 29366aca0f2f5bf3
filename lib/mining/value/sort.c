/* Radix sort in place, from the first byte on: the American flag sort of P. McIlroy, K. Bostic and M. D. McIlroy
 * (Engineering radix sort, Computing Systems 6, 1993). Buckets are counted, then each customer is swapped to where it
 * belongs, then each bucket is sorted by the next byte. A double's bits, as an integer, rise with its value once the
 * sign is accounted for. */
#include <string.h>

#include "parts.h"

enum { SMALL = 24 }; /* below, insertion is faster */

/* Falls as the value rises. */
static uint64_t key_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? bits : ~bits & ~(UINT64_C(1) << 63);
}

static unsigned byte_of(double value, unsigned shift) {
    return (unsigned)(key_of(value) >> shift) & 0xFF;
}

static void insert_each(struct value_entry *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct value_entry moving = entries[i];
        size_t at = i;
        for (; at > 0 && entries[at - 1].value < moving.value; at--)
            entries[at] = entries[at - 1];
        entries[at] = moving;
    }
}

/* Brings the customers of each byte together; starts[b]..starts[b + 1] is where those of byte b are then. */
static void distribute(struct value_entry *entries, size_t count, unsigned shift, size_t starts[257]) {
    size_t next[256];
    memset(starts, 0, 257 * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[byte_of(entries[i].value, shift) + 1]++;
    for (unsigned byte = 0; byte < 256; byte++) {
        next[byte] = starts[byte];
        starts[byte + 1] += starts[byte];
    }
    for (unsigned byte = 0; byte < 256; byte++)
        while (next[byte] < starts[byte + 1]) {
            struct value_entry moving = entries[next[byte]];
            for (unsigned home; (home = byte_of(moving.value, shift)) != byte;) {
                struct value_entry evicted = entries[next[home]];
                entries[next[home]++] = moving;
                moving = evicted;
            }
            entries[next[byte]++] = moving;
        }
}

static void sort_from(struct value_entry *entries, size_t count, unsigned shift) {
    if (count < SMALL) {
        insert_each(entries, count);
        return;
    }
    size_t starts[257];
    distribute(entries, count, shift, starts);
    for (unsigned byte = 0; byte < 256 && shift > 0; byte++)
        if (starts[byte + 1] - starts[byte] > 1)
            sort_from(entries + starts[byte], starts[byte + 1] - starts[byte], shift - 8);
}

void value_sort(struct value_entry *entries, size_t count) {
    sort_from(entries, count, 56);
}
