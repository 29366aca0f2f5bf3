/* Frequent itemsets that are met in the order of their delivery: a stream of bytes for each size. */
#ifndef LIB_MINING_ITEMSETS_STREAM_H
#define LIB_MINING_ITEMSETS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the blocks of a task begin. */
struct stream_segment {
    size_t begin;
    size_t task;
};

struct stream_size {
    unsigned char *bytes;
    size_t used;
    size_t capacity;
    uint64_t written; /* the clock at the last block */
    struct stream_segment *segment;
    size_t segments;
    size_t segment_capacity;
};

/* The streams of one worker, and the set that it extends at the time. */
struct stream {
    unsigned width; /* bytes of an item */
    size_t task;    /* tasks rise */
    uint64_t clock; /* how many items have joined in all */
    uint32_t depth;
    uint32_t *path;   /* the set, rising */
    uint64_t *joined; /* the clock at which each of its items joined */
    uint32_t sizes;
    struct stream_size *size; /* by size of sets */
};

static inline void stream_push(struct stream *stream, uint32_t place) {
    stream->path[stream->depth] = place;
    stream->joined[stream->depth++] = ++stream->clock;
}

/* Adds a block: the current set with each of `count` further items, one at a time. name[code[k]] is the place of an
 * item. False when memory is out. */
bool stream_add(struct stream *stream, const uint32_t *name, const uint32_t *code, const uint32_t *support,
                uint32_t count);

/* Reads the sets of one size back, from all workers by rising task. */
struct stream_reader {
    const struct stream *stream; /* `workers` of them */
    unsigned workers;
    uint32_t size;
    size_t *segment; /* by worker: the next one */
    const unsigned char *at;
    const unsigned char *end; /* of the current segment */
    unsigned width;
    uint32_t left;    /* in the current block */
    uint32_t changed; /* the first place that the last read changed */
};

/* The memory of `segment` is the caller's: `workers` zeros. */
void stream_open(struct stream_reader *reader, const struct stream *streams, unsigned workers, uint32_t size,
                 size_t *segment);

/* The next set: its places in set[0..size), of which the first may be those of the call before. False at the end. */
bool stream_read(struct stream_reader *reader, uint32_t *set, uint32_t *support);

/* Frees all but `path` and `joined`. */
void stream_free(struct stream *stream);

#endif
