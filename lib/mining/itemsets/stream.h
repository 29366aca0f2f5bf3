/* Frequent itemsets on their way to delivery: a stream of bytes for each size, which is written from its end. */
#ifndef LIB_MINING_ITEMSETS_STREAM_H
#define LIB_MINING_ITEMSETS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/itemsets.h>

#include "lib/base/pages.h"

/* Where the blocks of a task begin. */
struct stream_segment {
    size_t begin;
    size_t task;
};

/* What a block is: its sets with supports in two bytes each, or four, or what stands elsewhere. */
enum stream_kind { STREAM_NARROW, STREAM_WIDE, STREAM_REFERENCE, STREAM_KINDS };

struct stream_head {
    uint32_t count; /* sets */
    enum stream_kind kind;
};

struct stream_size {
    struct pages pages;
    unsigned char *bytes; /* in them */
    size_t used;
    uint32_t left;           /* the depth that the search went back to since the last block; NOT_BEGUN: no block yet */
    struct stream_head last; /* of that block; it is written when it is known how many items give way */
    size_t *begin;           /* by depth: where the first block below the present set of that depth begins */
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

/* What was written of one size below a set: blocks, and the items that the search took back behind the last one. */
struct stream_span {
    size_t begin;
    uint32_t bytes;
    uint16_t last;        /* the head of the last block: its count x STREAM_KINDS + its kind */
    unsigned char popped; /* items */
    unsigned char size;
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
 * False where it is more than a span can say. */
bool stream_span(const struct stream *stream, uint32_t size, struct stream_span *span);

/* Adds a block: the current set with each of `count` further items, one at a time. False when memory is out. */
bool stream_add(struct stream *stream, const uint32_t *place, const uint32_t *support, uint32_t count);

/* The same as to push `item`, to add this block, and to pop, where nothing else is below the set with the item and the
 * block has a size that is wanted. `span`, if it is known, is that of the block. */
bool stream_leaf(struct stream *stream, uint32_t item, const uint32_t *place, const uint32_t *support, uint32_t count,
                 struct stream_span *span, bool *known);

/* Adds once more what was written below an item of another set, now below the same item of the current set, which has
 * one item more and lies in the same baskets with it: `spans` of `size` and the sizes behind it, which are those of the
 * next size each. `copies` become the spans to copy when this is to be added once more. False when memory is out. */
bool stream_copy(struct stream *stream, const struct stream_span *spans, struct stream_span *copies, uint32_t size,
                 uint32_t sizes, uint64_t sets);

/* Writes what is still kept back. Once, behind the last task. False when memory is out. */
bool stream_finish(struct stream *stream);

/* Where reading goes on, and where it ends. */
struct stream_place {
    const unsigned char *at; /* it goes backwards, */
    const unsigned char *begin;
};

/* Reads the sets of one size back, from all workers by rising task. */
struct stream_reader {
    const struct stream *stream; /* `workers` of them, finished */
    unsigned workers;
    uint32_t size;
    const uint32_t *item; /* by place: what is read for it; stream_places of them */
    uint32_t items;
    size_t *segment;            /* by worker: the next one */
    unsigned owner;             /* the worker whose segment is read */
    struct stream_place now;    /* in it, or in what it refers to */
    struct stream_place *outer; /* where to go on behind that: `depth` of them, room for as many as sizes */
    uint32_t depth;
    /* What was read: */
    struct till_itemset_group *group;
    uint32_t *changed; /* items */
    uint32_t *last;
    uint32_t *count;
};

/* How many numbers stream_reader.item has: more than there are items, for a place is read before it is known that there
 * is none. */
size_t stream_places(uint32_t items);

/* False when memory is out. */
bool stream_reader_new(struct stream_reader *reader, const struct stream *streams, unsigned workers,
                       const uint32_t *item, uint32_t items);
void stream_reader_free(struct stream_reader *reader);

/* Starts with one size. */
void stream_open(struct stream_reader *reader, uint32_t size);

/* The next groups; good until the call after. False when there are none. */
bool stream_read(struct stream_reader *reader, struct till_itemset_groups *groups);

/* What the streams take. */
uint64_t stream_bytes(const struct stream *stream);

/* Frees all but `path` and `deepest`. */
void stream_free(struct stream *stream);

#endif
