/* Strings to codes by open addressing. A slot is 8 bytes, 32 bits of the hash as a tag and the code, so that a probe
 * nearly never looks at a key in vain; a key is 16 bytes, the string itself with its length when it has up to 15 bytes,
 * else its address in an arena; what the caller keeps of each string lies behind it. Hash and comparison of short keys
 * are then a few instructions. Batches compute all hashes first and ask for the slots, then for the keys, so that the
 * cache misses of many rows overlap. */
#include <till/dictionary.h>

#include <stdlib.h>
#include <string.h>

#include <till/hash.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/hash_fast.h"
#include "lib/base/pages.h"

enum { BATCH = 512, FIRST_SLOTS = 1024, FIRST_SHIFT = 32 - 10 };

/* The longest string that lies in its key; where the high byte of a word comes first in memory, none does. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static const size_t SHORT_KEY = 0;
#else
static const size_t SHORT_KEY = 15;
#endif

/* A short key: up to 15 bytes, zero-padded, and its length in the top byte of `tail`. A long key: LONG_MARK in the top
 * byte of `tail`, its length below, and its address in `head`. */
struct key {
    uint64_t head;
    uint64_t tail;
};
static const uint64_t LONG_MARK = UINT64_C(0xFF) << 56;

struct till_dictionary {
    uint64_t *slots;     /* 0: free; else tag << 32 | code + 1; in slot_pages */
    unsigned slot_shift; /* a tag shifted right by so much is its first slot */
    size_t slot_mask;
    char *entries; /* [capacity], `stride` bytes each: the key, and what the caller keeps with it; in entry_pages */
    size_t stride;
    uint32_t count;
    uint32_t capacity;
    uint64_t seed;
    struct arena long_keys;
    struct pages slot_pages;
    struct pages entry_pages;
};

/* New entries are zero, and so is what is kept beside them: pages give fresh memory as zeros. */
static bool resize_entries(struct till_dictionary *dictionary, size_t capacity) {
    if (!pages_resize(&dictionary->entry_pages, capacity * dictionary->stride)) {
        return false;
    }
    dictionary->entries = dictionary->entry_pages.memory;
    dictionary->capacity = (uint32_t)capacity;
    return true;
}

/* What is kept beside each string is rounded up to 8 bytes, so that keys and kept structs stay aligned. The seed is
 * drawn anew for each dictionary: which strings collide cannot be known beforehand, and no result depends on it, as
 * codes follow the order of adding. */
struct till_dictionary *till_dictionary_new_with(size_t kept) {
    struct till_dictionary *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->stride = sizeof(struct key) + (kept + 7) / 8 * 8;
    made->slot_mask = FIRST_SLOTS - 1;
    made->slot_shift = FIRST_SHIFT;
    made->seed = till_hash_seed();
    if (!pages_resize(&made->slot_pages, FIRST_SLOTS * sizeof *made->slots) || !resize_entries(made, FIRST_SLOTS / 2)) {
        till_dictionary_free(made);
        return NULL;
    }
    made->slots = made->slot_pages.memory;
    return made;
}

struct till_dictionary *till_dictionary_new(void) {
    return till_dictionary_new_with(0);
}

void till_dictionary_free(struct till_dictionary *dictionary) {
    if (dictionary != NULL) {
        pages_free(&dictionary->slot_pages);
        pages_free(&dictionary->entry_pages);
        arena_free(&dictionary->long_keys);
        free(dictionary);
    }
}

/* The key of a code. Entries move when the dictionary grows; codes do not change. */
static inline struct key *key_at(const struct till_dictionary *dictionary, uint32_t code) {
    return (struct key *)(void *)(dictionary->entries + code * dictionary->stride);
}

void *till_dictionary_kept(const struct till_dictionary *dictionary, uint32_t code) {
    return key_at(dictionary, code) + 1;
}

uint32_t till_dictionary_count(const struct till_dictionary *dictionary) {
    return dictionary->count;
}

/* ------------------------------------------------------------------ keys */

/* The words of a short key, without reading outside of it. Two overlapping loads cover any length from 4 bytes on,
 * shifted so that each byte lands in its place: equal strings give equal words, whatever stands behind them. */
static inline struct key short_key(const char *bytes, size_t length) {
    struct key key = {0, (uint64_t)length << 56};
    if (length >= 8) {
        key.head = load_64(bytes);
        key.tail |= length == 8 ? 0 : load_64(bytes + length - 8) >> (8 * (16 - length));
    } else if (length >= 4) {
        key.head = load_32(bytes) | (uint64_t)load_32(bytes + length - 4) << (8 * (length - 4));
    } else {
        for (size_t i = 0; i < length; i++) {
            key.head |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
        }
    }
    return key;
}

/* A length of up to 15 in the top byte cannot be mistaken for the mark. */
static inline bool is_long(struct key key) {
    return key.tail >= LONG_MARK;
}

/* The key points at the caller's bytes as long as it is only looked for; find_or_add copies it when it is new. */
static inline struct key key_of(struct till_slice text) {
    if (text.length <= SHORT_KEY) {
        return short_key(text.bytes, text.length);
    }
    return (struct key){(uint64_t)(uintptr_t)text.bytes, LONG_MARK | text.length};
}

/* Short keys are hashed by one multiplication of their two words, each masked by the seed. Their length is in the
 * second word, so "a" and "a\0" differ. */
static inline uint64_t hash_key(const struct till_dictionary *dictionary, struct key key) {
    if (is_long(key)) {
        return till_hash((const char *)(uintptr_t)key.head, key.tail & ~LONG_MARK, dictionary->seed);
    }
    return hash_fold(key.head ^ dictionary->seed, key.tail ^ HASH_GOLDEN ^ rotate_left(dictionary->seed, 32));
}

/* Different lengths, or different short keys, are told by the words alone; only long ones of equal length are compared
 * byte by byte. */
static inline bool same_key(struct key a, struct key b) {
    if (a.tail != b.tail) {
        return false;
    }
    return a.head == b.head || (is_long(a) && memcmp((const char *)(uintptr_t)a.head, (const char *)(uintptr_t)b.head,
                                                     a.tail & ~LONG_MARK) == 0);
}

/* A short string is the key itself, read as bytes; words are stored lowest byte first, so they are in order. */
struct till_slice till_dictionary_text(const struct till_dictionary *dictionary, uint32_t code) {
    const struct key *key = key_at(dictionary, code);
    if (is_long(*key)) {
        return (struct till_slice){(const char *)(uintptr_t)key->head, key->tail & ~LONG_MARK};
    }
    return (struct till_slice){(const char *)key, key->tail >> 56};
}

/* ------------------------------------------------------------------ slots */

/* Where the search for a hash, or for what a slot holds, begins: its high bits say. */
static inline size_t first_slot(const struct till_dictionary *dictionary, uint64_t hash) {
    return (size_t)(hash >> 32 >> dictionary->slot_shift);
}

/* The slot of a key: the one that holds it, or the free one where it belongs. At most half of the slots are taken, so
 * the walk ends, and is short. */
static inline size_t find_slot(const struct till_dictionary *dictionary, struct key key, uint64_t hash) {
    size_t at = first_slot(dictionary, hash);
    for (;; at = (at + 1) & dictionary->slot_mask) {
        uint64_t slot = dictionary->slots[at];
        if (slot == 0 || (slot >> 32 == hash >> 32 && same_key(*key_at(dictionary, (uint32_t)slot - 1), key))) {
            return at;
        }
    }
}

/* Moves all slots into a table twice as large. A slot's tag is all that is needed, no key is read or hashed again. Tags
 * rise with slots, so both tables are gone through in order, which memory likes. */
static void move_slots(struct till_dictionary *dictionary, const uint64_t *old, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (old[i] != 0) {
            size_t at = first_slot(dictionary, old[i]);
            while (dictionary->slots[at] != 0) {
                at = (at + 1) & dictionary->slot_mask;
            }
            dictionary->slots[at] = old[i];
        }
    }
}

/* Doubles slots and entries. The old slots stay in force until the new ones are there: a failure loses nothing. */
static bool grow(struct till_dictionary *dictionary) {
    size_t count = dictionary->slot_mask + 1;
    struct pages grown = {0};
    if (2 * count > UINT32_MAX || !resize_entries(dictionary, count) ||
        !pages_resize(&grown, 2 * count * sizeof *dictionary->slots)) {
        return false;
    }
    struct pages old = dictionary->slot_pages;
    dictionary->slot_pages = grown;
    dictionary->slots = grown.memory;
    dictionary->slot_mask = 2 * count - 1;
    dictionary->slot_shift--;
    move_slots(dictionary, old.memory, count);
    pages_free(&old);
    return true;
}

/* Makes room for so many more keys before any is added, so that adding itself has no growth to look for. */
static bool reserve(struct till_dictionary *dictionary, size_t more) {
    /* A failed growth may leave room for entries without the slots for them. */
    while ((dictionary->slot_mask + 1) / 2 - dictionary->count < more) {
        if (!grow(dictionary)) {
            return false;
        }
    }
    return true;
}

/* Finds a key or adds it; there is room. The copy of a long key is made before anything is changed, so that a lack of
 * memory leaves no code without a string. */
static inline bool find_or_add(struct till_dictionary *dictionary, struct key key, uint64_t hash, uint32_t *code) {
    size_t at = find_slot(dictionary, key, hash);
    if (dictionary->slots[at] != 0) {
        *code = (uint32_t)dictionary->slots[at] - 1;
        return true;
    }
    if (is_long(key)) {
        size_t length = key.tail & ~LONG_MARK;
        char *copy = arena_take(&dictionary->long_keys, length);
        if (copy == NULL) {
            return false;
        }
        memcpy(copy, (const char *)(uintptr_t)key.head, length);
        key.head = (uint64_t)(uintptr_t)copy;
    }
    *code = dictionary->count++;
    /* Slot and key are written together: a code is never seen without its string. */
    *key_at(dictionary, *code) = key;
    dictionary->slots[at] = (hash >> 32) << 32 | (*code + 1);
    return true;
}

bool till_dictionary_add(struct till_dictionary *dictionary, struct till_slice key, uint32_t *code) {
    struct key words = key_of(key);
    return reserve(dictionary, 1) && find_or_add(dictionary, words, hash_key(dictionary, words), code);
}

/* A batch of keys, those that repeat their predecessor (the lines of one order mostly stand together) taken once. */
struct batch {
    struct key keys[BATCH + 1];
    uint64_t hashes[BATCH];
    uint32_t codes[BATCH];
    uint16_t run[BATCH]; /* which of the runs a row belongs to */
    size_t runs;
};

/* Compares words only: a long key that repeats its predecessor at another address opens a run of its own, which costs a
 * probe and changes nothing. */
static void gather_runs(struct batch *batch, const struct till_slice *keys, size_t count) {
    size_t run = 0;
    batch->keys[0] = key_of(keys[0]);
    batch->run[0] = 0;
    for (size_t i = 1; i < count; i++) {
        struct key key = key_of(keys[i]);
        run += (key.head != batch->keys[run].head) | (key.tail != batch->keys[run].tail);
        batch->keys[run] = key;
        batch->run[i] = (uint16_t)run;
    }
    batch->runs = run + 1;
}

/* Three passes over up to 512 runs. The first two only ask for memory, the slots and then what they point at; when the
 * third one comes by, it has arrived. One by one, each row would wait for two misses of all caches in a large
 * dictionary. */
static bool find_or_add_runs(struct till_dictionary *dictionary, struct batch *batch) {
    for (size_t i = 0; i < batch->runs; i++) {
        batch->hashes[i] = hash_key(dictionary, batch->keys[i]);
        __builtin_prefetch(&dictionary->slots[first_slot(dictionary, batch->hashes[i])]);
    }
    for (size_t i = 0; i < batch->runs; i++) {
        uint32_t candidate = (uint32_t)dictionary->slots[first_slot(dictionary, batch->hashes[i])];
        const char *entry = dictionary->entries + (candidate == 0 ? 0 : candidate - 1) * dictionary->stride;
        __builtin_prefetch(entry);
        __builtin_prefetch(entry + dictionary->stride - 1);
    }
    bool fine = true;
    for (size_t i = 0; fine && i < batch->runs; i++) {
        fine = find_or_add(dictionary, batch->keys[i], batch->hashes[i], &batch->codes[i]);
    }
    return fine;
}

/* Codes come out as if the keys had been added one by one. */
bool till_dictionary_add_all(struct till_dictionary *dictionary, const struct till_slice *keys, size_t count,
                             uint32_t *codes) {
    struct batch batch;
    for (size_t start = 0; start < count; start += BATCH) {
        size_t rows = count - start < BATCH ? count - start : BATCH;
        gather_runs(&batch, keys + start, rows);
        if (!reserve(dictionary, batch.runs) || !find_or_add_runs(dictionary, &batch)) {
            return false;
        }
        for (size_t i = 0; i < rows; i++) {
            codes[start + i] = batch.codes[batch.run[i]];
        }
    }
    return true;
}

/* Looks only, so that several threads may do it at once. */
bool till_dictionary_find(const struct till_dictionary *dictionary, struct till_slice key, uint32_t *code) {
    struct key words = key_of(key);
    uint64_t slot = dictionary->slots[find_slot(dictionary, words, hash_key(dictionary, words))];
    *code = (uint32_t)slot - 1;
    return slot != 0;
}

/* ------------------------------------------------------------------ order */

/* A string's code with eight of its bytes, first byte highest. */
struct entry {
    uint64_t prefix;
    uint32_t code;
};

/* Eight bytes as a number whose order is that of the bytes; beyond the end of a string stand zeros. */
static uint64_t prefix_at(struct till_slice text, size_t offset) {
    uint64_t prefix = 0;
    size_t end = text.length < offset + 8 ? text.length : offset + 8;
    for (size_t i = offset; i < end; i++) {
        prefix |= (uint64_t)(unsigned char)text.bytes[i] << (8 * (7 - (i - offset)));
    }
    return prefix;
}

/* Byte order, a shorter string before a longer one that begins with it. No two strings of a dictionary are equal, so
 * ties cannot come up. */
static bool comes_after(const struct till_dictionary *dictionary, uint32_t a, uint32_t b) {
    return till_slice_compare(till_dictionary_text(dictionary, a), till_dictionary_text(dictionary, b)) > 0;
}

/* Few entries, or such as differ in length alone: merge sort by whole strings. */
static void merge_sort(const struct till_dictionary *dictionary, struct entry *entries, struct entry *spare,
                       size_t count) {
    if (count < 2) {
        return;
    }
    size_t half = count / 2;
    merge_sort(dictionary, entries, spare, half);
    merge_sort(dictionary, entries + half, spare, count - half);
    memcpy(spare, entries, half * sizeof *spare);
    for (size_t i = 0, j = half, out = 0; i < half; out++) {
        bool take_right = j < count && comes_after(dictionary, spare[i].code, entries[j].code);
        entries[out] = take_right ? entries[j++] : spare[i++];
    }
}

/* Sorts by prefix, a byte at a time from the lowest; bytes that all entries share are skipped. The result is in
 * `entries`. */
static void radix_sort(struct entry *entries, struct entry *spare, size_t count) {
    size_t counts[8][256] = {{0}};
    struct entry *from = entries;
    struct entry *to = spare;
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < 8; byte++) {
            counts[byte][(entries[i].prefix >> (8 * byte)) & 255]++;
        }
    }
    for (unsigned byte = 0; byte < 8; byte++) {
        if (counts[byte][(entries[0].prefix >> (8 * byte)) & 255] == count) {
            continue;
        }
        size_t place = 0;
        for (size_t value = 0; value < 256; value++) {
            size_t here = counts[byte][value];
            counts[byte][value] = place;
            place += here;
        }
        for (size_t i = 0; i < count; i++) {
            to[counts[byte][(from[i].prefix >> (8 * byte)) & 255]++] = from[i];
        }
        struct entry *other = from;
        from = to;
        to = other;
    }
    if (from != entries) {
        memcpy(entries, from, count * sizeof *entries);
    }
}

/* Sorts entries whose strings agree in their first `offset` bytes and are all at least that long: by the next eight
 * bytes, then each group of equal ones by what follows. Where a string of the group ends within these eight, zeros may
 * stand for its end or for themselves; such groups are compared as whole strings. */
static void sort_from(const struct till_dictionary *dictionary, struct entry *entries, struct entry *spare,
                      size_t count, size_t offset) {
    bool all_longer = true;
    if (count < 64) {
        merge_sort(dictionary, entries, spare, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i].prefix = prefix_at(till_dictionary_text(dictionary, entries[i].code), offset);
    }
    radix_sort(entries, spare, count);
    for (size_t first = 0, end; first < count; first = end) {
        all_longer = true;
        for (end = first; end < count && entries[end].prefix == entries[first].prefix; end++) {
            all_longer &= till_dictionary_text(dictionary, entries[end].code).length > offset + 8;
        }
        if (end - first > 1 && all_longer) {
            sort_from(dictionary, entries + first, spare, end - first, offset + 8);
        } else {
            merge_sort(dictionary, entries + first, spare, end - first);
        }
    }
}

/* Sorting by eight bytes at a time reads each string once where ids differ early, instead of at every comparison. */
bool till_dictionary_order(const struct till_dictionary *dictionary, uint32_t *order) {
    size_t count = dictionary->count;
    struct entry *entries = pages_array((2 * count + 1) * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i].code = (uint32_t)i;
    }
    sort_from(dictionary, entries, entries + count, count, 0);
    for (size_t i = 0; i < count; i++) {
        order[i] = entries[i].code;
    }
    free(entries);
    return true;
}
