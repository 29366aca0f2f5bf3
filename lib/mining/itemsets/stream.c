/* A search that extends sets by rising rank meets the sets of each size in their order, so nothing is sorted and a set
 * costs what it adds. A block is a set and all of its extensions by one item:
 *
 *     items of the set that differ from the block before: how many, which; extensions: how many, (item, support) each
 *
 * Which items differ is read off a clock: those that joined after the last block was written. The first block of a task
 * has them all, so tasks can be put together in any way. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"

/* A count takes a byte, or 5 from LONG_COUNT on. */
enum { LONG_COUNT = 255, COUNT_BYTES = 5 };

static unsigned char *put_count(unsigned char *to, uint32_t count) {
    if (count < LONG_COUNT)
        return place_put(to, count, 1);
    *to++ = LONG_COUNT;
    return place_put(to, count, 4);
}

static const unsigned char *get_count(const unsigned char *from, uint32_t *count) {
    from = place_get(from, count, 1);
    return *count < LONG_COUNT ? from : place_get(from, count, 4);
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

static bool reserve(struct stream_size *size, size_t more) {
    if (size->capacity - size->used >= more)
        return true;
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

static bool begin_segment(struct stream_size *size, size_t task) {
    if (size->segments > 0 && size->segment[size->segments - 1].task == task)
        return true;
    if (size->segments == size->segment_capacity) {
        size_t capacity = size->segment_capacity * 2 + 8;
        struct stream_segment *segment = realloc(size->segment, capacity * sizeof *segment);
        if (segment == NULL)
            return false;
        size->segment = segment;
        size->segment_capacity = capacity;
    }
    size->segment[size->segments++] = (struct stream_segment){size->used, task};
    return true;
}

bool stream_add(struct stream *stream, const uint32_t *name, const uint32_t *code, const uint32_t *support,
                uint32_t count) {
    if (!grow_sizes(stream, stream->depth + 1))
        return false;
    struct stream_size *size = &stream->size[stream->depth + 1];
    uint32_t from = stream->depth;
    while (from > 0 && stream->joined[from - 1] > size->written)
        from--;
    size_t bytes = 2 * COUNT_BYTES + (size_t)(stream->depth - from) * stream->width;
    if (!begin_segment(size, stream->task) || !reserve(size, bytes + (size_t)count * (stream->width + 4)))
        return false;
    unsigned char *to = put_count(size->bytes + size->used, stream->depth - from);
    for (; from < stream->depth; from++)
        to = place_put(to, stream->path[from], stream->width);
    to = put_count(to, count);
    for (uint32_t k = 0; k < count; k++) {
        to = place_put(to, name[code[k]], stream->width);
        memcpy(to, &support[k], sizeof *support);
        to += sizeof *support;
    }
    size->used = (size_t)(to - size->bytes);
    size->written = stream->clock;
    return true;
}

void stream_open(struct stream_reader *reader, const struct stream *streams, unsigned workers, uint32_t size,
                 size_t *segment) {
    *reader = (struct stream_reader){
        .stream = streams, .workers = workers, .size = size, .segment = segment, .width = streams[0].width};
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
    reader->at = best->bytes + best->segment[s].begin;
    reader->end = best->bytes + (s + 1 < best->segments ? best->segment[s + 1].begin : best->used);
    return true;
}

bool stream_read(struct stream_reader *reader, uint32_t *set, uint32_t *support) {
    reader->changed = reader->size - 1;
    if (reader->left == 0) {
        uint32_t changed;
        if (reader->at == reader->end && !next_segment(reader))
            return false;
        reader->at = get_count(reader->at, &changed);
        reader->changed -= changed;
        for (uint32_t k = reader->changed; k + 1 < reader->size; k++)
            reader->at = place_get(reader->at, &set[k], reader->width);
        reader->at = get_count(reader->at, &reader->left);
    }
    reader->at = place_get(reader->at, &set[reader->size - 1], reader->width);
    memcpy(support, reader->at, sizeof *support);
    reader->at += sizeof *support;
    reader->left--;
    return true;
}

void stream_free(struct stream *stream) {
    for (uint32_t k = 0; k < stream->sizes; k++) {
        free(stream->size[k].bytes);
        free(stream->size[k].segment);
    }
    free(stream->size);
    stream->size = NULL;
    stream->sizes = 0;
}
