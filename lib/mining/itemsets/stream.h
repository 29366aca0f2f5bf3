/* Frequent itemsets on their way to delivery: a stream of bytes for each size, which is written from its end. */
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
    uint32_t
        left; /* the depth that the search went back to since the last block; NOT_BEGUN: no block of the task yet */
    size_t *begin; /* by depth: where the first block below the present set of that depth begins */
    struct stream_segment *segment;
    size_t segments;
    size_t segment_capacity;
};

/* The streams of one worker, and the set that it extends at the time. */
struct stream {
    unsigned width;    /* bytes of an item */
    uint32_t least;    /* support */
    uint32_t smallest; /* size that is written */
    size_t task;       /* tasks rise */
    uint64_t sets;     /* in all streams */
    uint32_t depth;
    uint32_t *path;    /* the set, rising */
    uint32_t *deepest; /* by depth: the largest size that was written since the set came to it */
    uint32_t sizes;
    struct stream_size *size; /* by size of sets */
};

/* What was written of one size below a set. */
struct stream_span {
    size_t begin;
    size_t end;
};

/* An item joins the set. */
static inline void stream_push(struct stream *stream, uint32_t place) {
    stream->path[stream->depth++] = place;
    stream->deepest[stream->depth] = 0;
}

/* The smallest size that is written below a set of `depth` items. */
static inline uint32_t stream_first(const struct stream *stream, uint32_t depth) {
    return depth + 1 > stream->smallest ? depth + 1 : stream->smallest;
}

/* The last item leaves the set, below which *deepest is the largest size that was written (0: nothing was). False when
 * memory is out. */
bool stream_pop(struct stream *stream, uint32_t *deepest);

/* Right after stream_pop: what was written below the set that was left, of a size from stream_first of it to `deepest`.
 */
struct stream_span stream_span(const struct stream *stream, uint32_t size);

/* Adds a block: the current set with each of `count` further items, one at a time. False when memory is out. */
bool stream_add(struct stream *stream, const uint32_t *place, const uint32_t *support, uint32_t count);

/* Adds once more what was written below an item of another set, now below the same item of the current set, which has
 * one item more and lies in the same baskets with it: `spans` of `size` and the sizes behind it, which are those of the
 * next size each. `copies` become the new spans. False when memory is out. */
bool stream_copy(struct stream *stream, const struct stream_span *spans, struct stream_span *copies, uint32_t size,
                 uint32_t sizes, uint64_t sets);

/* Reads the sets of one size back, from all workers by rising task. */
struct stream_reader {
    const struct stream *stream; /* `workers` of them */
    unsigned workers;
    uint32_t size;
    size_t *segment;      /* by worker: the next one; the memory is the caller's */
    const uint32_t *item; /* by place: what is read for it */
    uint32_t items;
    const unsigned char *begin; /* of the current segment, */
    const unsigned char *at;    /* which is read backwards */
    bool first;                 /* of its blocks */
};

/* Starts with one size; `segment` (room for one number of each worker), `item` and `items` are set before. */
void stream_open(struct stream_reader *reader, const struct stream *streams, unsigned workers, uint32_t size);

/* Blocks are read so many sets at a time: arrays have room for as many behind the last. */
enum { STREAM_PAD = 4 };

/* The next block: the items of its set in set[0..size - 1), of which the first `same` are those of the call before;
 * its further items, and the supports with each. Returns how many these are; 0 at the end. */
uint32_t stream_read(struct stream_reader *reader, uint32_t *set, uint32_t *same, uint32_t *last, uint32_t *support);

/* Frees what was written of a size. */
void stream_close(struct stream *stream, uint32_t size);

/* Frees all but `path` and `deepest`. */
void stream_free(struct stream *stream);

#endif
