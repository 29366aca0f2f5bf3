/* Records are sorted in place by their bytes, most significant first (McIlroy, Bostic & McIlroy 1993, Engineering radix
 * sort: the American flag sort). Sets of one size differ early, so few bytes are looked at; small groups are sorted by
 * insertion, and groups that share a long beginning by heap, so that the recursion stays shallow. No two sets are the
 * same, so ties do not occur. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"

enum { SMALL_GROUP = 12, DEEPEST = 24 };

static bool grow_sizes(struct store *store, uint32_t size) {
    if (size < store->sizes)
        return true;
    uint32_t sizes = size < 16 ? 16 : size + size / 2 + 1;
    struct store_bucket *bucket = realloc(store->bucket, sizes * sizeof *bucket);
    if (bucket == NULL)
        return false;
    memset(bucket + store->sizes, 0, (sizes - store->sizes) * sizeof *bucket);
    store->bucket = bucket;
    store->sizes = sizes;
    return true;
}

static bool reserve(struct store_bucket *bucket, size_t more) {
    if (bucket->capacity - bucket->used >= more)
        return true;
    size_t capacity = bucket->capacity + bucket->capacity / 2 + 256;
    if (capacity < bucket->used + more)
        capacity = bucket->used + more;
    unsigned char *bytes = realloc(bucket->bytes, capacity);
    if (bytes == NULL)
        return false;
    bucket->bytes = bytes;
    bucket->capacity = capacity;
    return true;
}

bool store_add(struct store *store, const uint32_t *set, uint32_t size, uint32_t support) {
    if (!grow_sizes(store, size) || !reserve(&store->bucket[size], store_stride(store, size)))
        return false;
    struct store_bucket *bucket = &store->bucket[size];
    unsigned char *to = bucket->bytes + bucket->used;
    for (uint32_t k = 0; k + 1 < size; k++)
        to = place_put(to, store->inner == NULL ? set[k] : store->inner[set[k]], store->width);
    to = place_put(to, set[size - 1], store->width);
    memcpy(to, &support, sizeof support);
    bucket->used += store_stride(store, size);
    return true;
}

bool store_merge(struct store *into, struct store *from) {
    for (uint32_t size = 0; size < from->sizes; size++) {
        struct store_bucket *source = &from->bucket[size];
        if (source->used == 0)
            continue;
        if (!grow_sizes(into, size) || !reserve(&into->bucket[size], source->used))
            return false;
        struct store_bucket *target = &into->bucket[size];
        memcpy(target->bytes + target->used, source->bytes, source->used);
        target->used += source->used;
        free(source->bytes);
        *source = (struct store_bucket){0};
    }
    return true;
}

/* A run of records under sorting. */
struct run {
    size_t stride;
    size_t key;           /* bytes that are compared */
    unsigned char *spare; /* two records */
};

static int compare(const struct run *run, const unsigned char *a, const unsigned char *b) {
    return memcmp(a, b, run->key);
}

static void swap(const struct run *run, unsigned char *a, unsigned char *b) {
    memcpy(run->spare, a, run->stride);
    memcpy(a, b, run->stride);
    memcpy(b, run->spare, run->stride);
}

static void sort_by_insertion(const struct run *run, unsigned char *records, size_t count) {
    unsigned char *held = run->spare + run->stride;
    for (size_t k = 1; k < count; k++) {
        size_t to = k;
        while (to > 0 && compare(run, records + (to - 1) * run->stride, records + k * run->stride) > 0)
            to--;
        if (to == k)
            continue;
        memcpy(held, records + k * run->stride, run->stride);
        memmove(records + (to + 1) * run->stride, records + to * run->stride, (k - to) * run->stride);
        memcpy(records + to * run->stride, held, run->stride);
    }
}

static void sift_down(const struct run *run, unsigned char *records, size_t at, size_t count) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(run, records + child * run->stride, records + (child + 1) * run->stride) < 0)
            child++;
        if (compare(run, records + at * run->stride, records + child * run->stride) >= 0)
            return;
        swap(run, records + at * run->stride, records + child * run->stride);
    }
}

static void sort_by_heap(const struct run *run, unsigned char *records, size_t count) {
    for (size_t at = count / 2; at-- > 0;)
        sift_down(run, records, at, count);
    for (size_t last = count - 1; last > 0; last--) {
        swap(run, records, records + last * run->stride);
        sift_down(run, records, 0, last);
    }
}

/* Moves every record into the group of its byte at `at`. next[b] runs from the group's begin to its end. */
static void permute(const struct run *run, unsigned char *records, size_t at, size_t *next, const size_t *end) {
    for (size_t b = 0; b < 256; b++)
        while (next[b] < end[b]) {
            unsigned char *record = records + next[b] * run->stride;
            unsigned char other = record[at];
            if (other != b)
                swap(run, record, records + next[other] * run->stride);
            next[other]++;
        }
}

static void sort_by_byte(const struct run *run, unsigned char *records, size_t count, size_t at, unsigned depth) {
    size_t next[256], end[256];
    for (;; at++) {
        if (count <= SMALL_GROUP || depth == DEEPEST || at == run->key) {
            (count <= SMALL_GROUP ? sort_by_insertion : sort_by_heap)(run, records, count);
            return;
        }
        memset(end, 0, sizeof end);
        for (size_t k = 0; k < count; k++)
            end[records[k * run->stride + at]]++;
        if (end[records[at]] < count)
            break;
    }
    for (size_t b = 0, sum = 0; b < 256; b++) {
        next[b] = sum;
        end[b] = sum += end[b];
    }
    permute(run, records, at, next, end);
    for (size_t b = 0, begin = 0; b < 256; begin = end[b++])
        if (end[b] - begin > 1)
            sort_by_byte(run, records + begin * run->stride, end[b] - begin, at + 1, depth + 1);
}

bool store_sort(struct store *store, uint32_t size) {
    struct run run = {.stride = store_stride(store, size), .key = (size_t)size * store->width};
    run.spare = malloc(2 * run.stride);
    if (run.spare == NULL)
        return false;
    sort_by_byte(&run, store->bucket[size].bytes, store->bucket[size].used / run.stride, 0, 0);
    free(run.spare);
    return true;
}

uint32_t store_read(const struct store *store, const unsigned char *record, uint32_t size, uint32_t *items) {
    for (uint32_t k = 0; k < size; k++)
        record = place_get(record, &items[k], store->width);
    uint32_t support;
    memcpy(&support, record, sizeof support);
    return support;
}

void store_free(struct store *store) {
    for (uint32_t size = 0; size < store->sizes; size++)
        free(store->bucket[size].bytes);
    free(store->bucket);
    store->bucket = NULL;
    store->sizes = 0;
}
