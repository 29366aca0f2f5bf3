/* A search that extends sets by falling rank, and finishes each branch before the one to its left, meets the sets of
 * each size in the reverse of their order, so nothing is sorted and a set costs what it adds: the streams are read from
 * their ends. A block is a set and all of its extensions by one item:
 *
 *     the further items; what their supports have above the least; the items that the search took from the set before
 *     the next block of this size, the last one first; how many extensions, and how many items that were taken
 *
 * Read backwards, that is: how many items of the set before give way to which others, and what extends them. What was
 * written below a set names no item of it. So the branch of another set that lies in the same baskets has these bytes
 * once more, one size above, and a family of 2^k sets with the same support costs k steps to search. Where they are
 * more than a few, they are not copied: a block says where they stand (REFERENCE), and reading goes there and returns.
 *
 * Most blocks are one, two or three sets, and a loop of another length each time costs more than what it does. So the
 * reader looks at four items and sets of a block at once, whether there are so many or not: behind and before the
 * blocks is memory, what is read too much is written over by what is read next, and there is an item for each number
 * that might stand where a place is looked for. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

/* How many sets a block has and how many items are taken takes a byte each, or, where these do not suffice and for all
 * but narrow blocks, 4 each, the kind, and LONG_HEAD. */
enum { LONG_HEAD = 255, HEAD_BYTES = 10 };

/* What a reader may look at before the first block and behind the last. */
enum { SLACK = 16, AT_ONCE = 4 };

/* A span that takes so many bytes more than saying where it is is not copied. */
enum { LONG_SPAN = 64 };

/* A stream of more than FEW_BYTES has MAPPED. */
enum { FEW_BYTES = 1 << 16, MAPPED = 1 << 21 };

/* stream_size.left where the task has not written this size. */
#define NOT_BEGUN UINT32_MAX

#define INLINE static inline __attribute__((always_inline))

INLINE void put_place(unsigned char *to, uint32_t place, unsigned width) {
    uint16_t two = (uint16_t)place;
    if (width == 1)
        *to = (unsigned char)place;
    else if (width == 2)
        memcpy(to, &two, sizeof two);
    else
        memcpy(to, &place, sizeof place);
}

INLINE uint32_t get_place(const unsigned char *from, unsigned width) {
    uint16_t two;
    uint32_t four;
    if (width == 1)
        return *from;
    if (width == 4) {
        memcpy(&four, from, sizeof four);
        return four;
    }
    memcpy(&two, from, sizeof two);
    return two;
}

static unsigned char *put_head(unsigned char *to, struct stream_head head, uint32_t taken) {
    if (head.kind == STREAM_NARROW && head.count < LONG_HEAD && taken < LONG_HEAD) {
        *to++ = (unsigned char)head.count;
        *to++ = (unsigned char)taken;
        return to;
    }
    memcpy(to, &head.count, sizeof head.count);
    memcpy(to + sizeof head.count, &taken, sizeof taken);
    to += sizeof head.count + sizeof taken;
    *to++ = (unsigned char)head.kind;
    *to++ = LONG_HEAD;
    return to;
}

/* Heads are read from their ends. */
INLINE const unsigned char *get_head(const unsigned char *end, struct stream_head *head, uint32_t *taken) {
    *taken = end[-1];
    *head = (struct stream_head){end[-2], STREAM_NARROW};
    if (*taken < LONG_HEAD)
        return end - 2;
    head->kind = (enum stream_kind)head->count;
    memcpy(taken, end - 2 - sizeof *taken, sizeof *taken);
    memcpy(&head->count, end - HEAD_BYTES, sizeof head->count);
    return end - HEAD_BYTES;
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

/* Beyond MAPPED, growth moves no bytes, and room that is not used takes no memory. */
static bool grow(struct stream_size *size, size_t more) {
    size_t needed = size->used + more + 2 * (size_t)SLACK, room = 2 * size->pages.size + 256;
    room = room > FEW_BYTES && room < MAPPED ? MAPPED : room;
    size->pages.in_order = true;
    if (!pages_resize(&size->pages, needed > room ? needed : room))
        return false;
    size->bytes = size->pages.memory;
    size->used = size->used == 0 ? SLACK : size->used;
    return true;
}

/* Room for so many bytes and the slack behind them. */
static inline bool reserve(struct stream_size *size, size_t more) {
    return size->pages.size - size->used >= more + SLACK || grow(size, more);
}

/* Writes the head of the last block, if there is one. There is room for it. */
static inline void end_block(struct stream_size *size, uint32_t items) {
    if (size->left != NOT_BEGUN)
        size->used = (size_t)(put_head(size->bytes + size->used, size->last, items - 1 - size->left) - size->bytes);
}

/* A task is a stretch of blocks, behind which all items of its sets have been taken. */
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
    if (size->segments > 0)
        end_block(size, items);
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
    if (!reserve(size, more + HEAD_BYTES) || (!begun && !begin_segment(size, items, stream->task)))
        return NULL;
    uint32_t left = size->left == NOT_BEGUN ? 0 : size->left;
    end_block(size, items);
    for (uint32_t depth = left + 1; depth <= stream->depth; depth++)
        size->begin[depth] = size->used;
    if (stream->deepest[stream->depth] < items)
        stream->deepest[stream->depth] = items;
    return size;
}

/* Writes the sets of a block, supports in two bytes each. Returns what the largest has above the least. */
static inline uint32_t put_narrow(unsigned char *to, const uint32_t *place, const uint32_t *support, uint32_t least,
                                  uint32_t count, unsigned width) {
    unsigned char *supports = to + (size_t)count * width;
    uint32_t most = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t above = support[k] - least;
        uint16_t bytes = (uint16_t)above;
        most |= above;
        put_place(to + (size_t)k * width, place[k], width);
        memcpy(supports + 2 * (size_t)k, &bytes, sizeof bytes);
    }
    return most;
}

/* The same with supports in four bytes each. */
static void put_wide(unsigned char *supports, const uint32_t *support, uint32_t least, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        uint32_t above = support[k] - least;
        memcpy(supports + 4 * (size_t)k, &above, sizeof above);
    }
}

static inline size_t block_bytes(uint32_t count, unsigned width, enum stream_kind kind) {
    return (size_t)count * (width + (kind == STREAM_WIDE ? 4 : 2));
}

/* Writes the sets of a block. There is room. */
INLINE void put_sets(struct stream *stream, struct stream_size *size, const uint32_t *place, const uint32_t *support,
                     uint32_t count) {
    unsigned width = stream->width;
    unsigned char *to = size->bytes + size->used;
    uint32_t most = width == 1 ? put_narrow(to, place, support, stream->least, count, 1)
                               : put_narrow(to, place, support, stream->least, count, width);
    enum stream_kind kind = most > UINT16_MAX ? STREAM_WIDE : STREAM_NARROW;
    if (kind == STREAM_WIDE)
        put_wide(to + (size_t)count * width, support, stream->least, count);
    size->used += block_bytes(count, width, kind);
    size->last = (struct stream_head){count, kind};
    stream->sets += count;
}

bool stream_add(struct stream *stream, const uint32_t *place, const uint32_t *support, uint32_t count) {
    size_t most = block_bytes(count, stream->width, STREAM_WIDE);
    struct stream_size *size = begin_block(stream, stream->depth + 1, most);
    if (size == NULL)
        return false;
    put_sets(stream, size, place, support, count);
    size->left = stream->depth;
    return true;
}

bool stream_pop(struct stream *stream, uint32_t *deepest) {
    uint32_t depth = stream->depth--, place = stream->path[stream->depth];
    *deepest = stream->deepest[depth];
    for (uint32_t items = stream_first(stream, depth); items <= *deepest; items++) {
        struct stream_size *size = &stream->size[items];
        if (!reserve(size, stream->width + (size_t)HEAD_BYTES))
            return false;
        put_place(size->bytes + size->used, place, stream->width);
        size->used += stream->width;
        size->left = stream->depth;
    }
    if (stream->deepest[stream->depth] < *deepest)
        stream->deepest[stream->depth] = *deepest;
    return true;
}

/* The span from `begin` on. False where it does not fit. */
INLINE bool make_span(const struct stream_size *of, size_t begin, uint32_t size, uint32_t popped,
                      struct stream_span *span) {
    size_t bytes = of->used - begin;
    *span = (struct stream_span){begin, (uint32_t)bytes, (uint16_t)(of->last.count * STREAM_KINDS + of->last.kind),
                                 (unsigned char)popped, (unsigned char)size};
    return bytes <= UINT32_MAX && size <= UINT8_MAX && of->last.count <= UINT16_MAX / STREAM_KINDS - 1;
}

bool stream_span(const struct stream *stream, uint32_t size, struct stream_span *span) {
    const struct stream_size *of = &stream->size[size];
    return make_span(of, of->begin[stream->depth + 1], size, size - 1 - stream->depth, span);
}

bool stream_leaf(struct stream *stream, uint32_t item, const uint32_t *place, const uint32_t *support, uint32_t count,
                 struct stream_span *span, bool *known) {
    unsigned width = stream->width;
    stream_push(stream, item);
    uint32_t items = stream->depth + 1;
    struct stream_size *size = begin_block(stream, items, block_bytes(count, width, STREAM_WIDE) + width);
    if (size == NULL)
        return false;
    size_t begin = size->used;
    put_sets(stream, size, place, support, count);
    put_place(size->bytes + size->used, item, width);
    size->used += width;
    size->left = --stream->depth;
    if (stream->deepest[stream->depth] < items)
        stream->deepest[stream->depth] = items;
    *known = make_span(size, begin, items, 1, span);
    return true;
}

/* What stands for a span that is not copied. */
static struct stream_head last_head(const struct stream_span *span) {
    return (struct stream_head){span->last / STREAM_KINDS, (enum stream_kind)(span->last % STREAM_KINDS)};
}

/* Adds a block that stands for the span, and the items that were taken behind it. */
static void put_reference(const struct stream *stream, const struct stream_span *span, struct stream_size *to) {
    uint32_t popped = span->popped * stream->width;
    unsigned char *at = to->bytes + to->used;
    struct stream_span blocks = *span;
    blocks.bytes -= popped;
    memcpy(at, &blocks, sizeof blocks);
    memcpy(at + sizeof blocks, stream->size[span->size].bytes + blocks.begin + blocks.bytes, popped);
    to->used += sizeof blocks + popped;
    to->last = (struct stream_head){0, STREAM_REFERENCE};
}

/* Copies the span; what is copied from now on is the copy. */
static void put_copy(const struct stream *stream, struct stream_span *span, struct stream_size *to, uint32_t items) {
    memcpy(to->bytes + to->used, stream->size[span->size].bytes + span->begin, span->bytes);
    to->last = last_head(span);
    span->begin = to->used;
    span->size = (unsigned char)items;
    to->used += span->bytes;
}

bool stream_copy(struct stream *stream, const struct stream_span *spans, struct stream_span *copies, uint32_t size,
                 uint32_t sizes, uint64_t sets) {
    for (uint32_t k = 0; k < sizes; k++) {
        struct stream_span span = spans[k];
        size_t reference = sizeof span + (size_t)span.popped * stream->width;
        bool refer = size + k + 1 > UINT8_MAX || span.bytes >= reference + LONG_SPAN;
        struct stream_size *to = begin_block(stream, size + k + 1, refer ? reference : span.bytes);
        if (to == NULL)
            return false;
        if (refer)
            put_reference(stream, &span, to);
        else
            put_copy(stream, &span, to, size + k + 1);
        copies[k] = span;
        to->left = stream->depth;
    }
    stream->sets += sets;
    return true;
}

bool stream_finish(struct stream *stream) {
    for (uint32_t items = 1; items < stream->sizes; items++) {
        struct stream_size *size = &stream->size[items];
        if (size->segments == 0)
            continue;
        if (!reserve(size, HEAD_BYTES))
            return false;
        end_block(size, items);
        memset(size->bytes + size->used, 0, SLACK);
    }
    return true;
}

/* ---- reading ---- */

/* Groups, and about how many items and sets, are read at once. */
enum { GROUPS = 256, MANY = 1024 };

size_t stream_places(uint32_t items) {
    return items <= 1u << 8 ? 1u << 8 : items <= 1u << 16 ? 1u << 16 : items;
}

bool stream_reader_new(struct stream_reader *reader, const struct stream *streams, unsigned workers,
                       const uint32_t *item, uint32_t items) {
    uint32_t sizes = 1;
    for (unsigned w = 0; w < workers; w++)
        sizes = streams[w].sizes > sizes ? streams[w].sizes : sizes;
    size_t room = MANY + (size_t)items + AT_ONCE;
    *reader = (struct stream_reader){.stream = streams,
                                     .workers = workers,
                                     .item = item,
                                     .items = items,
                                     .segment = calloc(workers, sizeof *reader->segment),
                                     .outer = malloc(sizes * sizeof *reader->outer),
                                     .group = malloc(GROUPS * sizeof *reader->group),
                                     .changed = calloc(3 * room, sizeof *reader->changed)};
    if (reader->segment == NULL || reader->outer == NULL || reader->group == NULL || reader->changed == NULL) {
        stream_reader_free(reader);
        return false;
    }
    reader->last = reader->changed + room;
    reader->count = reader->last + room;
    return true;
}

void stream_reader_free(struct stream_reader *reader) {
    free(reader->segment);
    free(reader->outer);
    free(reader->group);
    free(reader->changed);
}

void stream_open(struct stream_reader *reader, uint32_t size) {
    memset(reader->segment, 0, reader->workers * sizeof *reader->segment);
    reader->size = size;
    reader->now = (struct stream_place){0};
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
    reader->owner = owner;
    reader->now.begin = best->bytes + best->segment[s].begin;
    reader->now.at = best->bytes + (s + 1 < best->segments ? best->segment[s + 1].begin : best->used);
    return true;
}

/* Goes on behind what was read to its end; false at the end of the size. */
static bool go_on(struct stream_reader *reader) {
    while (reader->depth > 0) {
        reader->now = reader->outer[--reader->depth];
        if (reader->now.at != reader->now.begin)
            return true;
    }
    return next_segment(reader);
}

/* Goes to the blocks that the present one stands for; returns the head of the first of them. */
static struct stream_head follow(struct stream_reader *reader) {
    const struct stream *stream = &reader->stream[reader->owner];
    struct stream_span span;
    do {
        reader->now.at -= sizeof span;
        memcpy(&span, reader->now.at, sizeof span);
        reader->outer[reader->depth++] = reader->now;
        const unsigned char *bytes = stream->size[span.size].bytes;
        reader->now = (struct stream_place){bytes + span.begin + span.bytes, bytes + span.begin};
    } while (last_head(&span).kind == STREAM_REFERENCE);
    return last_head(&span);
}

/* What is read, and where it goes: out of memory that the compiler has to take for changed by every write. */
struct cursor {
    const unsigned char *at;
    const uint32_t *item;
    uint32_t items;
    uint32_t least;
    uint32_t *changed;
    uint32_t *last;
    uint32_t *count;
};

/* A place may be none where there are more numbers than there is an item for. */
INLINE uint32_t item_at(const struct cursor *cursor, const unsigned char *at, unsigned width) {
    uint32_t place = get_place(at, width);
    return cursor->item[width < 4 || place < cursor->items ? place : 0];
}

/* Steps back over the items of the set that are others than before. */
INLINE void read_changed(struct cursor *cursor, uint32_t taken, unsigned width) {
    const unsigned char *at = cursor->at;
    for (uint32_t k = 0; k < taken; k += AT_ONCE, at -= (size_t)AT_ONCE * width) {
        uint32_t *to = cursor->changed + k;
        to[0] = item_at(cursor, at - width, width);
        to[1] = item_at(cursor, at - (size_t)2 * width, width);
        to[2] = item_at(cursor, at - (size_t)3 * width, width);
        to[3] = item_at(cursor, at - (size_t)4 * width, width);
    }
    cursor->changed += taken;
    cursor->at -= (size_t)taken * width;
}

/* Four supports from numbers of two bytes each, or of four. */
INLINE void read_supports(const struct cursor *cursor, const unsigned char *from, bool wide, uint32_t *to) {
    typedef uint32_t four __attribute__((vector_size(16)));
    typedef uint16_t narrow __attribute__((vector_size(8)));
    four above;
    if (wide) {
        memcpy(&above, from, sizeof above);
    } else {
        narrow short_above;
        memcpy(&short_above, from, sizeof short_above);
        above = __builtin_convertvector(short_above, four);
    }
    above += cursor->least;
    memcpy(to, &above, sizeof above);
}

INLINE void read_sets(struct cursor *cursor, uint32_t sets, unsigned width, bool wide) {
    const unsigned char *supports = cursor->at - (size_t)sets * (wide ? 4 : 2), *at = supports - (size_t)sets * width;
    cursor->at = at;
    for (uint32_t k = 0; k < sets; k += AT_ONCE, at += (size_t)AT_ONCE * width) {
        uint32_t *to = cursor->last + k;
        read_supports(cursor, supports + (size_t)k * (wide ? 4 : 2), wide, cursor->count + k);
        to[0] = item_at(cursor, at, width);
        to[1] = item_at(cursor, at + width, width);
        to[2] = item_at(cursor, at + (size_t)2 * width, width);
        to[3] = item_at(cursor, at + (size_t)3 * width, width);
    }
    cursor->last += sets;
    cursor->count += sets;
}

/* Reads groups with places of one width, until there are many; returns how many groups. */
INLINE size_t read_groups(struct stream_reader *reader, unsigned width) {
    const uint32_t *many_changed = reader->changed + MANY, *many_sets = reader->last + MANY;
    struct till_itemset_group *group = reader->group, *most = group + GROUPS;
    struct cursor cursor = {reader->now.at,  reader->item, reader->items, reader->stream->least,
                            reader->changed, reader->last, reader->count};
    while (group < most && cursor.changed < many_changed && cursor.last < many_sets) {
        struct stream_head head;
        uint32_t taken;
        if (cursor.at == reader->now.begin) {
            reader->now.at = cursor.at;
            bool more = go_on(reader);
            cursor.at = reader->now.at;
            if (!more)
                break;
        }
        cursor.at = get_head(cursor.at, &head, &taken);
        read_changed(&cursor, taken, width);
        if (head.kind == STREAM_REFERENCE) {
            reader->now.at = cursor.at;
            head = follow(reader);
            cursor.at = reader->now.at;
        }
        if (head.kind == STREAM_NARROW)
            read_sets(&cursor, head.count, width, false);
        else
            read_sets(&cursor, head.count, width, true);
        *group++ = (struct till_itemset_group){taken, head.count};
    }
    reader->now.at = cursor.at;
    memset(cursor.last, 0, TILL_ITEMSET_PAD * sizeof *cursor.last);
    memset(cursor.count, 0, TILL_ITEMSET_PAD * sizeof *cursor.count);
    return (size_t)(group - reader->group);
}

bool stream_read(struct stream_reader *reader, struct till_itemset_groups *groups) {
    unsigned width = reader->stream->width;
    size_t read = width == 1 ? read_groups(reader, 1) : width == 2 ? read_groups(reader, 2) : read_groups(reader, 4);
    *groups =
        (struct till_itemset_groups){reader->size, read, reader->group, reader->changed, reader->last, reader->count};
    return read > 0;
}

uint64_t stream_bytes(const struct stream *stream) {
    uint64_t bytes = 0;
    for (uint32_t k = 0; k < stream->sizes; k++)
        bytes += stream->size[k].used;
    return bytes;
}

void stream_free(struct stream *stream) {
    for (uint32_t k = 0; k < stream->sizes; k++) {
        pages_free(&stream->size[k].pages);
        free(stream->size[k].begin);
        free(stream->size[k].segment);
    }
    free(stream->size);
    stream->size = NULL;
    stream->sizes = 0;
}
