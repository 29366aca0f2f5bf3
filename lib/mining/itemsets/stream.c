/* A search that extends sets by falling rank, and finishes each branch before the one to its left, meets the sets of
 * each size in the reverse of their order, so nothing is sorted and a set costs what it adds: the streams are read from
 * their ends. A block is a set and all of its extensions by one item:
 *
 *     the further items, what their supports have above the least, how many they are; the items that the search took
 * from the set before the next block of this size, the last one first, and how many these are
 *
 * Read backwards, that is: how many items of the set before give way to which others, and what extends them. What was
 * written below a set names no item of it. So the branch of another set that lies in the same baskets is a copy of
 * these bytes, and a family of 2^k sets with the same support costs k steps to search and 2^k times a few bytes to
 * copy. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"

/* A count takes a byte, or 5 from LONG_COUNT on. */
enum { LONG_COUNT = 255, COUNT_BYTES = 5 };

/* What a reader may look at behind a block. */
enum { READ_SLACK = STREAM_PAD * 4 };

/* stream_size.left where the task has not written this size. */
#define NOT_BEGUN UINT32_MAX

static unsigned char *put_count(unsigned char *to, uint32_t count) {
    if (count >= LONG_COUNT) {
        memcpy(to, &count, sizeof count);
        to += sizeof count;
        count = LONG_COUNT;
    }
    *to++ = (unsigned char)count;
    return to;
}

/* Counts are read from their ends. */
static const unsigned char *get_count(const unsigned char *end, uint32_t *count) {
    *count = *--end;
    if (*count < LONG_COUNT)
        return end;
    memcpy(count, end - sizeof *count, sizeof *count);
    return end - sizeof *count;
}

static bool grow_sizes(struct stream *stream, uint32_t size) {
    if (size < stream->sizes)
        return true;
    uint32_t sizes = size < 16 ? 16 : size + size / 2 + 1;
    struct stream_size *grown = realloc(stream->size, sizes * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + stream->sizes, 0, (sizes - stream->sizes) * sizeof *grown);
    stream->size = grown;
    stream->sizes = sizes;
    return true;
}

static bool grow(struct stream_size *size, size_t more) {
    size_t capacity = size->capacity + size->capacity / 2 + 256;
    if (capacity < size->used + more)
        capacity = size->used + more;
    unsigned char *bytes = realloc(size->bytes, capacity);
    if (bytes == NULL)
        return false;
    size->bytes = bytes;
    size->capacity = capacity;
    return true;
}

static inline bool reserve(struct stream_size *size, size_t more) {
    return size->capacity - size->used >= more || grow(size, more);
}

static bool begin_segment(struct stream_size *size, uint32_t items, size_t task) {
    if (size->begin == NULL && (size->begin = malloc((size_t)items * sizeof *size->begin)) == NULL)
        return false;
    if (size->segments == size->segment_capacity) {
        size_t capacity = size->segment_capacity * 2 + 8;
        struct stream_segment *segment = realloc(size->segment, capacity * sizeof *segment);
        if (segment == NULL)
            return false;
        size->segment = segment;
        size->segment_capacity = capacity;
    }
    size->segment[size->segments++] = (struct stream_segment){size->used, task};
    size->left = NOT_BEGUN;
    return true;
}

/* Makes room for `more` bytes, and ends the block before. What follows is the first of this size below each set that
 * came after that block. NULL when memory is out. */
static struct stream_size *begin_block(struct stream *stream, uint32_t items, size_t more) {
    if (!grow_sizes(stream, items))
        return NULL;
    struct stream_size *size = &stream->size[items];
    bool begun = size->segments > 0 && size->segment[size->segments - 1].task == stream->task;
    if (!reserve(size, more + COUNT_BYTES + READ_SLACK) || (!begun && !begin_segment(size, items, stream->task)))
        return NULL;
    uint32_t left = 0;
    if (size->left != NOT_BEGUN) {
        left = size->left;
        size->used = (size_t)(put_count(size->bytes + size->used, items - 1 - left) - size->bytes);
    }
    for (uint32_t depth = left + 1; depth <= stream->depth; depth++)
        size->begin[depth] = size->used;
    if (stream->deepest[stream->depth] < items)
        stream->deepest[stream->depth] = items;
    return size;
}

/* Supports of a block take a byte each where all are near the least one, and four else; which it is stands in the last
 * bit of the count. */
enum { NARROW = 1, WIDE = 4 };

static unsigned char *put_supports(unsigned char *to, const uint32_t *support, uint32_t least, uint32_t count,
                                   unsigned width) {
    for (uint32_t k = 0; k < count; k++, to += width) {
        uint32_t above = support[k] - least;
        if (width == NARROW)
            *to = (unsigned char)above;
        else
            memcpy(to, &above, sizeof above);
    }
    return to;
}

bool stream_add(struct stream *stream, const uint32_t *place, const uint32_t *support, uint32_t count) {
    uint32_t items = stream->depth + 1, most = 0;
    if (count > UINT32_MAX / 2) /* would not fit into memory */
        return false;
    for (uint32_t k = 0; k < count; k++)
        most = support[k] > most ? support[k] : most;
    unsigned width = most - stream->least <= UINT8_MAX ? NARROW : WIDE;
    size_t bytes = (size_t)count * (stream->width + width) + COUNT_BYTES;
    struct stream_size *size = begin_block(stream, items, bytes);
    if (size == NULL)
        return false;
    unsigned char *to = size->bytes + size->used;
    for (uint32_t k = 0; k < count; k++)
        to = place_put(to, place[k], stream->width);
    to = put_supports(to, support, stream->least, count, width);
    size->used = (size_t)(put_count(to, count * 2 + (width == WIDE)) - size->bytes);
    size->left = stream->depth;
    stream->sets += count;
    return true;
}

bool stream_pop(struct stream *stream, uint32_t *deepest) {
    uint32_t depth = stream->depth--, place = stream->path[stream->depth];
    *deepest = stream->deepest[depth];
    for (uint32_t items = stream_first(stream, depth); items <= *deepest; items++) {
        struct stream_size *size = &stream->size[items];
        if (!reserve(size, stream->width + READ_SLACK))
            return false;
        place_put(size->bytes + size->used, place, stream->width);
        size->used += stream->width;
        size->left = stream->depth;
    }
    if (stream->deepest[stream->depth] < *deepest)
        stream->deepest[stream->depth] = *deepest;
    return true;
}

struct stream_span stream_span(const struct stream *stream, uint32_t size) {
    const struct stream_size *of = &stream->size[size];
    return (struct stream_span){of->begin[stream->depth + 1], of->used};
}

bool stream_copy(struct stream *stream, const struct stream_span *spans, struct stream_span *copies, uint32_t size,
                 uint32_t sizes, uint64_t sets) {
    for (uint32_t k = 0; k < sizes; k++) {
        size_t bytes = spans[k].end - spans[k].begin;
        struct stream_size *to = begin_block(stream, size + k + 1, bytes);
        if (to == NULL)
            return false;
        memcpy(to->bytes + to->used, stream->size[size + k].bytes + spans[k].begin, bytes);
        copies[k] = (struct stream_span){to->used, to->used + bytes};
        to->used += bytes;
        to->left = stream->depth;
    }
    stream->sets += sets;
    return true;
}

void stream_open(struct stream_reader *reader, const struct stream *streams, unsigned workers, uint32_t size) {
    size_t *segment = reader->segment;
    memset(segment, 0, workers * sizeof *segment);
    *reader = (struct stream_reader){.stream = streams,
                                     .workers = workers,
                                     .size = size,
                                     .segment = segment,
                                     .item = reader->item,
                                     .items = reader->items};
}

/* Goes to the segment of the smallest task that is left. */
static bool next_segment(struct stream_reader *reader) {
    const struct stream_size *best = NULL;
    unsigned owner = 0;
    for (unsigned w = 0; w < reader->workers; w++) {
        if (reader->size >= reader->stream[w].sizes)
            continue;
        const struct stream_size *size = &reader->stream[w].size[reader->size];
        if (reader->segment[w] < size->segments &&
            (best == NULL || size->segment[reader->segment[w]].task < best->segment[reader->segment[owner]].task)) {
            best = size;
            owner = w;
        }
    }
    if (best == NULL)
        return false;
    size_t s = reader->segment[owner]++;
    reader->begin = best->bytes + best->segment[s].begin;
    reader->at = best->bytes + (s + 1 < best->segments ? best->segment[s + 1].begin : best->used);
    reader->first = true;
    return true;
}

/* Steps back over the items of the set that are others than before. */
static inline const unsigned char *read_set(const struct stream_reader *reader, uint32_t *set, uint32_t *same,
                                            unsigned width) {
    const unsigned char *at = reader->at;
    uint32_t changed = reader->size - 1, place;
    if (!reader->first)
        at = get_count(at, &changed);
    *same = reader->size - 1 - changed;
    for (uint32_t k = *same; k + 1 < reader->size; k++) {
        at -= width;
        place_get(at, &place, width);
        set[k] = reader->item[place];
    }
    return at;
}

/* Reads four supports at a time: most blocks are smaller than that, and a loop of another length each time costs more
 * than what it does. */
static inline void read_supports(const unsigned char *from, uint32_t least, uint32_t count, unsigned width,
                                 uint32_t *support) {
    for (uint32_t k = 0; k < count; k += STREAM_PAD)
        for (uint32_t i = 0; i < STREAM_PAD; i++) {
            uint32_t above = from[k + i];
            if (width == WIDE)
                memcpy(&above, from + (size_t)(k + i) * WIDE, sizeof above);
            support[k + i] = least + above;
        }
}

/* The same with items; what stands behind the last place may be none. */
static inline void read_items(const struct stream_reader *reader, const unsigned char *from, uint32_t count,
                              unsigned width, uint32_t *last) {
    for (uint32_t k = 0; k < count; k += STREAM_PAD)
        for (uint32_t i = 0; i < STREAM_PAD; i++) {
            uint32_t place;
            place_get(from + (size_t)(k + i) * width, &place, width);
            last[k + i] = reader->item[place < reader->items ? place : 0];
        }
}

/* A reading of one width of places. */
static inline uint32_t read_block(struct stream_reader *reader, uint32_t *set, uint32_t *same, uint32_t *last,
                                  uint32_t *support, unsigned width) {
    uint32_t count;
    const unsigned char *at = get_count(read_set(reader, set, same, width), &count);
    bool wide = count % 2 == 1;
    count /= 2;
    at -= (size_t)count * (wide ? WIDE : NARROW);
    if (wide)
        read_supports(at, reader->stream->least, count, WIDE, support);
    else
        read_supports(at, reader->stream->least, count, NARROW, support);
    at -= (size_t)count * width;
    read_items(reader, at, count, width, last);
    reader->at = at;
    reader->first = false;
    return count;
}

uint32_t stream_read(struct stream_reader *reader, uint32_t *set, uint32_t *same, uint32_t *last, uint32_t *support) {
    if (reader->at == reader->begin && !next_segment(reader))
        return 0;
    unsigned width = reader->stream->width;
    if (width == 1)
        return read_block(reader, set, same, last, support, 1);
    if (width == 2)
        return read_block(reader, set, same, last, support, 2);
    return read_block(reader, set, same, last, support, width);
}

void stream_close(struct stream *stream, uint32_t size) {
    if (size >= stream->sizes)
        return;
    free(stream->size[size].bytes);
    stream->size[size].bytes = NULL;
}

void stream_free(struct stream *stream) {
    for (uint32_t k = 0; k < stream->sizes; k++) {
        free(stream->size[k].bytes);
        free(stream->size[k].begin);
        free(stream->size[k].segment);
    }
    free(stream->size);
    stream->size = NULL;
    stream->sizes = 0;
}
