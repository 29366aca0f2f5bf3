/* Records stay where they are; an order of them is sorted by eight bytes at a time (radix sort from the least
 * significant byte on, which is stable), and groups that are the same so far by the next eight. Many records are spread
 * by their first two bytes before that, few are sorted by insertion. No two sets are the same, so ties do not occur. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"

/* Up to so many are sorted by insertion; more than MANY are spread by their first two bytes, so that what is left of
 * the work is done in the cache. */
enum { SMALL_GROUP = 64, MANY = 1 << 14, FIRST_VALUES = 1 << 16, FIRST_SHIFT = 48 };

/* What a prefix may look at behind the last record. */
enum { PREFIX_SLACK = 8 };

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

static unsigned char *put_bytes(unsigned char *to, const uint32_t *set, uint32_t count) {
    for (uint32_t k = 0; k < count; k++)
        to[k] = (unsigned char)set[k];
    return to + count;
}

bool store_add(struct store *store, const uint32_t *set, uint32_t size, uint32_t support) {
    if (!grow_sizes(store, size) || !reserve(&store->bucket[size], store_stride(store, size) + PREFIX_SLACK))
        return false;
    struct store_bucket *bucket = &store->bucket[size];
    unsigned char *to = bucket->bytes + bucket->used;
    if (store->width == 1 && store->inner == NULL)
        to = put_bytes(to, set, size - 1);
    else
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
        if (!grow_sizes(into, size) || !reserve(&into->bucket[size], source->used + PREFIX_SLACK))
            return false;
        struct store_bucket *target = &into->bucket[size];
        if (target->bytes == NULL)
            return false;
        memcpy(target->bytes + target->used, source->bytes, source->used);
        target->used += source->used;
        free(source->bytes);
        *source = (struct store_bucket){0};
    }
    return true;
}

/* A sort under way. */
struct sorting {
    const unsigned char *records;
    size_t stride;
    size_t key;         /* bytes that are compared */
    size_t (*sum)[256]; /* by byte of the prefix and its value */
    size_t *first;      /* [FIRST_VALUES] by the first two bytes */
};

static uint64_t prefix_at(const struct sorting *sorting, const struct store_key *key, size_t from) {
    uint64_t prefix = place_prefix(sorting->records + key->record * sorting->stride + from);
    size_t length = sorting->key - from;
    return length >= sizeof prefix ? prefix : prefix >> (64 - 8 * length) << (64 - 8 * length);
}

/* Looks at one byte of all prefixes: from `keys` to `spare`, stable. */
static void scatter(const struct store_key *keys, struct store_key *spare, size_t count, unsigned shift, size_t *next) {
    for (size_t b = 0, sum = 0; b < 256; b++) {
        size_t here = next[b];
        next[b] = sum;
        sum += here;
    }
    for (size_t k = 0; k < count; k++)
        spare[next[keys[k].prefix >> shift & 255]++] = keys[k];
}

/* Sorts by the prefixes. Bytes that are the same in all are not looked at again. */
static void sort_by_radix(const struct sorting *sorting, struct store_key *keys, struct store_key *spare,
                          size_t count) {
    struct store_key *source = keys, *target = spare;
    memset(sorting->sum, 0, 8 * sizeof *sorting->sum);
    for (size_t k = 0; k < count; k++)
        for (unsigned b = 0; b < 8; b++)
            sorting->sum[b][keys[k].prefix >> 8 * b & 255]++;
    for (unsigned b = 0; b < 8; b++) {
        if (sorting->sum[b][keys[0].prefix >> 8 * b & 255] == count)
            continue;
        scatter(source, target, count, 8 * b, sorting->sum[b]);
        struct store_key *held = source;
        source = target;
        target = held;
    }
    if (source != keys)
        memcpy(keys, source, count * sizeof *keys);
}

static void sort_by_insertion(struct store_key *keys, size_t count) {
    for (size_t k = 1; k < count; k++) {
        struct store_key key = keys[k];
        size_t to = k;
        for (; to > 0 && keys[to - 1].prefix > key.prefix; to--)
            keys[to] = keys[to - 1];
        keys[to] = key;
    }
}

static void sort_few(const struct sorting *sorting, struct store_key *keys, struct store_key *spare, size_t count) {
    if (count <= SMALL_GROUP)
        sort_by_insertion(keys, count);
    else
        sort_by_radix(sorting, keys, spare, count);
}

static void sort_many(const struct sorting *sorting, struct store_key *keys, struct store_key *spare, size_t count) {
    size_t *next = sorting->first;
    memset(next, 0, FIRST_VALUES * sizeof *next);
    for (size_t k = 0; k < count; k++)
        next[keys[k].prefix >> FIRST_SHIFT]++;
    for (size_t value = 0, sum = 0; value < FIRST_VALUES; value++) {
        size_t here = next[value];
        next[value] = sum;
        sum += here;
    }
    for (size_t k = 0; k < count; k++)
        spare[next[keys[k].prefix >> FIRST_SHIFT]++] = keys[k];
    memcpy(keys, spare, count * sizeof *keys);
    for (size_t value = 0, begin = 0; value < FIRST_VALUES; begin = next[value++])
        sort_few(sorting, keys + begin, spare, next[value] - begin);
}

static void sort_group(const struct sorting *sorting, struct store_key *keys, struct store_key *spare, size_t count,
                       size_t from);

/* Sorts each group of equal prefixes, which are in order, by what is behind them. */
static void sort_ties(const struct sorting *sorting, struct store_key *keys, struct store_key *spare, size_t count,
                      size_t from) {
    for (size_t begin = 0, end; from + 8 < sorting->key && begin < count; begin = end) {
        for (end = begin + 1; end < count && keys[end].prefix == keys[begin].prefix;)
            end++;
        if (end - begin > 1)
            sort_group(sorting, keys + begin, spare, end - begin, from + 8);
    }
}

/* Sorts by the bytes from `from` on: 8 at a time, then each group that they do not tell apart. */
static void sort_group(const struct sorting *sorting, struct store_key *keys, struct store_key *spare, size_t count,
                       size_t from) {
    for (size_t k = 0; k < count; k++)
        keys[k].prefix = prefix_at(sorting, &keys[k], from);
    if (count > MANY)
        sort_many(sorting, keys, spare, count);
    else
        sort_few(sorting, keys, spare, count);
    sort_ties(sorting, keys, spare, count, from);
}

bool store_order_new(struct store_order *order, const struct store *store) {
    size_t most = 0;
    for (uint32_t size = 0; size < store->sizes; size++) {
        size_t records = store->bucket[size].used / store_stride(store, size);
        most = records > most ? records : most;
    }
    *order = (struct store_order){malloc((most + 1) * sizeof *order->keys), malloc((most + 1) * sizeof *order->spare),
                                  malloc(8 * sizeof *order->sum), malloc(FIRST_VALUES * sizeof *order->first)};
    return order->keys != NULL && order->spare != NULL && order->sum != NULL && order->first != NULL;
}

void store_order_free(struct store_order *order) {
    free(order->keys);
    free(order->spare);
    free(order->sum);
    free(order->first);
}

size_t store_sort(const struct store *store, uint32_t size, struct store_order *order) {
    const struct store_bucket *bucket = &store->bucket[size];
    size_t stride = store_stride(store, size), count = bucket->used / stride;
    const struct sorting sorting = {bucket->bytes, stride, (size_t)size * store->width, order->sum, order->first};
    for (size_t k = 0; k < count; k++)
        order->keys[k].record = k;
    if (count > 0)
        sort_group(&sorting, order->keys, order->spare, count, 0);
    return count;
}

uint64_t store_bytes(const struct store *store) {
    uint64_t bytes = 0;
    for (uint32_t size = 0; size < store->sizes; size++)
        bytes += store->bucket[size].used;
    return bytes;
}

void store_free(struct store *store) {
    for (uint32_t size = 0; size < store->sizes; size++)
        free(store->bucket[size].bytes);
    free(store->bucket);
    store->bucket = NULL;
    store->sizes = 0;
}
