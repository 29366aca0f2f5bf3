/* A set of fingerprints. They are as good as random, so their low bits serve as the hash; linear probing keeps a search
 * within a cache line or two. What costs is the one access to memory that is not in the cache: those of a whole batch
 * are started before the first is waited for. */
#include <stdlib.h>

#include "lib/fold/fingerprints.h"

#define SMALLEST 64
#define BATCH 32

static bool is_zero(struct till_fingerprint print) {
    return (print.high | print.low) == 0;
}

/* True when the print was not there. There is a free slot. */
static bool insert(struct till_fingerprint *slots, size_t mask, struct till_fingerprint print) {
    size_t at = print.low & mask;
    while (!is_zero(slots[at])) {
        if (till_fingerprint_equal(slots[at], print))
            return false;
        at = (at + 1) & mask;
    }
    slots[at] = print;
    return true;
}

static bool grow(struct fingerprints *set, size_t needed) {
    size_t capacity = set->capacity == 0 ? SMALLEST : set->capacity;
    while (capacity / 4 * 3 < needed)
        capacity *= 2;
    if (capacity == set->capacity)
        return true;
    struct till_fingerprint *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (!is_zero(set->slots[i]))
            insert(slots, capacity - 1, set->slots[i]);
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return true;
}

static void insert_batch(struct fingerprints *set, const struct till_fingerprint *prints, size_t count) {
    size_t mask = set->capacity - 1;
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(&set->slots[prints[i].low & mask], 1);
    for (size_t i = 0; i < count; i++) {
        bool zero = is_zero(prints[i]);
        bool fresh = zero ? !set->has_zero : insert(set->slots, mask, prints[i]);
        set->has_zero = set->has_zero || zero;
        set->count += fresh;
    }
}

bool fingerprints_add(struct fingerprints *set, const struct till_fingerprint *prints, size_t count) {
    for (size_t done = 0; done < count; done += BATCH) {
        size_t batch = count - done < BATCH ? count - done : BATCH;
        if (!grow(set, set->count + batch))
            return false;
        insert_batch(set, prints + done, batch);
    }
    return true;
}

/* The members come in the order of their hash: a table that grew only as they came would fill up from one end, and
 * every search would run through that. So the room for all of them is made first. */
bool fingerprints_merge(struct fingerprints *into, const struct fingerprints *from) {
    struct till_fingerprint batch[BATCH];
    size_t held = 0;
    if (from->count == 0)
        return true;
    if (!grow(into, into->count + from->count + BATCH))
        return false;
    if (from->has_zero)
        batch[held++] = (struct till_fingerprint){0, 0};
    for (size_t i = 0; i < from->capacity; i++) {
        if (!is_zero(from->slots[i]))
            batch[held++] = from->slots[i];
        if (held == BATCH) {
            insert_batch(into, batch, held);
            held = 0;
        }
    }
    insert_batch(into, batch, held);
    return true;
}

void fingerprints_each(const struct fingerprints *set, void (*visit)(void *context, struct till_fingerprint print),
                       void *context) {
    if (set->has_zero)
        visit(context, (struct till_fingerprint){0, 0});
    for (size_t i = 0; i < set->capacity; i++)
        if (!is_zero(set->slots[i]))
            visit(context, set->slots[i]);
}

/* ---- saving ---- */

struct listing {
    struct till_fingerprint *prints;
    size_t count;
};

static void list_print(void *context, struct till_fingerprint print) {
    struct listing *listing = context;
    listing->prints[listing->count++] = print;
}

static int compare_prints(const void *a, const void *b) {
    const struct till_fingerprint *one = a;
    const struct till_fingerprint *other = b;
    if (one->high != other->high)
        return one->high < other->high ? -1 : 1;
    return (one->low > other->low) - (one->low < other->low);
}

bool fingerprints_save(const struct fingerprints *set, struct till_text *out) {
    struct listing listing = {malloc((set->count + 1) * sizeof *listing.prints), 0};
    if (listing.prints == NULL)
        return false;
    fingerprints_each(set, list_print, &listing);
    qsort(listing.prints, listing.count, sizeof *listing.prints, compare_prints);
    bool saved = pack_count(out, listing.count);
    for (size_t i = 0; saved && i < listing.count; i++)
        saved = pack_count(out, listing.prints[i].high) && pack_count(out, listing.prints[i].low);
    free(listing.prints);
    return saved;
}

bool fingerprints_load(struct fingerprints *set, struct unpack *from) {
    uint64_t count = unpack_count(from);
    for (uint64_t i = 0; i < count && !from->damaged; i++) {
        struct till_fingerprint print;
        print.high = unpack_count(from);
        print.low = unpack_count(from);
        if (!from->damaged && !fingerprints_add(set, &print, 1))
            return false;
    }
    return true;
}

void fingerprints_free(struct fingerprints *set) {
    free(set->slots);
    *set = (struct fingerprints){0};
}
