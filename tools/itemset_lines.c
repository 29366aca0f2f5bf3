/* The text of the items that a group shares is a register, with its length behind it. A name goes behind it in one
 * operation that moves bytes up to where a mask begins, and so do the tail of a row behind its last name, and both
 * behind the text. So a row is stored once; what is too much of it is written over by the next.
 *
 * A processor compares the addresses of a load and of the stores before it by their last 12 bits at first, so each load
 * costs more than itself, and tables have few of them: an entry is 32 bytes, with its length. Places in tables are in
 * bytes, and computed sixteen at a time; all tables stand in one structure, so that one register is enough for them.
 *
 * As in itemset_rows.c there is no loop for one group, but one over the items of all, and one over the sets. */
#include "itemset_lines.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

enum {
    LINE = 64,
    ENTRY = 32, /* bytes of a name, or a tail */
    ENTRY_BITS = 5,
    GROUPS = 128, /* of a list, */
    SETS = 1024,  /* or, if there are groups longer than most, of so many sets */
    ROOM = SETS + GROUPS * 16,
    LANES = 16,      /* numbers of four bytes in a register */
    FEW_CHANGED = 8, /* items, */
    FEW_SETS = 16,   /* and sets of a group, as most have them */
    MANY = 1 << 26,  /* items, whose places need more bits than there are */
    PAD = 64,        /* numbers that may be written behind those of a list */
    MOST = LINE - 2, /* bytes of a text */
    DEPTHS = ITEMSET_LINES_DEPTHS,
    TAILS = ITEMSET_LINES_TAILS
};

struct name {
    char text[ENTRY - sizeof(uint16_t)]; /* with the bar, and zeros behind */
    uint16_t length;                     /* without the bar */
};

struct tail {
    char text[ENTRY - sizeof(uint16_t) - sizeof(uint32_t)];
    uint16_t length;
    uint32_t count; /* 0: none yet */
};

/* What a group shares. */
struct text {
    char bytes[MOST];
    uint16_t length;
};

/* Items have depths: the place in their set. Places in tables are in bytes. */
struct itemset_lines {
    _Alignas(LINE) struct text text[GROUPS];
    uint8_t depth[DEPTHS + PAD]; /* the numbers from 0 on */
    uint32_t end[DEPTHS + 1];    /* by depth: how long the text is before it */
    uint32_t path[DEPTHS];       /* by depth: the name */
    uint8_t from[ROOM + PAD];    /* by item that joins: its depth, */
    uint16_t to[ROOM + PAD];     /* the text of its group, */
    uint32_t item[ROOM + PAD];   /* and its name */
    uint16_t group[ROOM + PAD];  /* by set: the text of its group, */
    uint32_t last[ROOM + PAD];   /* the name of its last item, */
    uint32_t tail[ROOM + PAD];   /* and the tail */
    size_t groups, changed, sets;
    size_t longest; /* text; a bound of it */
    size_t longest_name, longest_tail;
    _Alignas(LINE) struct tail tails[TAILS];
    struct name names[];
};

enum { NAMES = offsetof(struct itemset_lines, names) };

_Static_assert(sizeof(struct name) == ENTRY && sizeof(struct tail) == ENTRY && sizeof(struct text) == LINE, "entries");
_Static_assert(ITEMSET_LINES_NAME + 1 == sizeof(((struct name *)0)->text), "a name with its bar");
_Static_assert(ITEMSET_LINES_TAIL == sizeof(((struct tail *)0)->text), "a tail");

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2")))
#define KEEP(pointer) __asm__("" : "+r"(pointer)) /* as one: parts are not computed ahead, for want of registers */
/* As it is: of a register that is known to be zero, an instruction would need what it was before. */
#define KEEP_VECTOR(vector) __asm__("" : "+v"(vector))
#define INLINE static inline __attribute__((always_inline))

bool itemset_lines_known(uint32_t items) {
    __builtin_cpu_init();
    return items < MANY && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2");
}

struct itemset_lines *itemset_lines_new(uint32_t items) {
    size_t bytes = sizeof(struct itemset_lines) + ((size_t)items + 1) * sizeof(struct name);
    bytes = (bytes + LINE - 1) / LINE * LINE;
    struct itemset_lines *lines = aligned_alloc(LINE, bytes);
    if (lines != NULL)
        memset(lines, 0, bytes);
    for (size_t k = 0; lines != NULL && k < sizeof lines->depth; k++)
        lines->depth[k] = (uint8_t)k;
    return lines;
}

void itemset_lines_free(struct itemset_lines *lines) {
    free(lines);
}

void itemset_lines_name(struct itemset_lines *lines, uint32_t item, struct till_slice text) {
    struct name *name = &lines->names[item];
    memcpy(name->text, text.bytes, text.length);
    name->length = (uint16_t)(text.length - 1);
    lines->longest_name = lines->longest_name > name->length ? lines->longest_name : name->length;
}

void itemset_lines_begin(struct itemset_lines *lines) {
    for (size_t k = 0; k < TAILS; k++)
        lines->tails[k].count = 0;
    lines->longest_tail = 0;
}

void itemset_lines_tail(struct itemset_lines *lines, uint32_t count, struct till_slice text) {
    struct tail *tail = &lines->tails[count % TAILS];
    memcpy(tail->text, text.bytes, text.length);
    tail->length = (uint16_t)text.length;
    tail->count = count;
    lines->longest_tail = lines->longest_tail > text.length ? lines->longest_tail : text.length;
}

/* ---- lists ---- */

/* Lists groups that are as most are, up to the first that is longer. */
WIDE static void list_few(struct itemset_lines *lines, const struct till_itemset_group *group, size_t groups,
                          size_t last) {
    size_t g = lines->groups, changed = lines->changed, sets = lines->sets;
    for (__m256i text = _mm256_set1_epi16((short)(g * LINE)); g < groups; g++) {
        size_t joining = group[g].changed, more = group[g].sets;
        KEEP(lines);
        memcpy(lines->from + changed, lines->depth + (last - joining), FEW_CHANGED);
        _mm_storeu_si128((__m128i *)(lines->to + changed), _mm256_castsi256_si128(text));
        _mm256_storeu_si256((__m256i *)(lines->group + sets), text);
        if (joining - 1 >= FEW_CHANGED || more > FEW_SETS)
            break;
        text = _mm256_add_epi16(text, _mm256_set1_epi16(LINE));
        changed += joining;
        sets += more;
    }
    lines->groups = g;
    lines->changed = changed;
    lines->sets = sets;
}

/* Lists a group that is longer than most; false where that does not go. */
WIDE static bool list_many(struct itemset_lines *lines, struct till_itemset_group group, size_t last) {
    const __m256i text = _mm256_set1_epi16((short)(lines->groups * LINE));
    size_t changed = lines->changed, sets = lines->sets;
    if (group.changed == 0 || changed + group.changed > SETS || sets + group.sets > SETS)
        return false;
    for (size_t k = 0; k < group.changed; k += FEW_CHANGED) {
        memcpy(lines->from + changed + k, lines->depth + (last - group.changed) + k, FEW_CHANGED);
        _mm_storeu_si128((__m128i *)(lines->to + changed + k), _mm256_castsi256_si128(text));
    }
    for (size_t k = 0; k < group.sets; k += FEW_SETS)
        _mm256_storeu_si256((__m256i *)(lines->group + sets + k), text);
    lines->groups++;
    lines->changed += group.changed;
    lines->sets += group.sets;
    return true;
}

/* Makes a list of the first groups. */
static void list_groups(struct itemset_lines *lines, const struct till_itemset_groups *groups) {
    size_t most = groups->groups < GROUPS ? groups->groups : GROUPS;
    lines->groups = lines->changed = lines->sets = 0;
    do {
        list_few(lines, groups->group, most, groups->size - 1);
    } while (lines->groups < most && list_many(lines, groups->group[lines->groups], groups->size - 1));
}

/* Places of entries from their numbers, those of the first being at `begin`. */
WIDE static void list_places(uint32_t *to, const uint32_t *from, size_t count, uint32_t mask, size_t begin) {
    const __m512i bits = _mm512_set1_epi32((int)mask), base = _mm512_set1_epi32((int)begin);
    for (size_t k = 0; k < count; k += LANES) {
        size_t left = count - k < LANES ? count - k : LANES;
        __mmask16 there = (__mmask16)((1U << left) - 1);
        __m512i number = _mm512_and_si512(_mm512_maskz_loadu_epi32(there, from + k), bits);
        _mm512_storeu_si512(to + k, _mm512_add_epi32(base, _mm512_slli_epi32(number, ENTRY_BITS)));
    }
}

/* ---- texts ---- */

WIDE INLINE __m256i entry_at(const char *at) {
    return _mm256_load_si256((const __m256i *)at);
}

/* The bytes of a line from the given one on. */
INLINE __mmask64 from_byte(size_t length) {
    return ~(uint64_t)0 << (length & (LINE - 1));
}

/* The name behind the first `length` bytes of the text. */
WIDE INLINE __m512i join(__m512i text, size_t length, const struct itemset_lines *lines, size_t name) {
    __m256i joining = entry_at((const char *)lines + name);
    __m512i behind = _mm512_setzero_si512();
    KEEP_VECTOR(behind);
    behind = _mm512_mask_expand_epi8(behind, from_byte(length), _mm512_castsi256_si512(joining));
    return _mm512_mask_mov_epi8(text, from_byte(length), behind);
}

/* How long the text becomes. */
INLINE uint32_t join_length(uint32_t length, const struct itemset_lines *lines, size_t name) {
    uint16_t joining;
    memcpy(&joining, (const char *)lines + name + offsetof(struct name, length), sizeof joining);
    return length + joining + 1;
}

/* The longest text of the list. */
WIDE static size_t longest_text(const struct itemset_lines *lines) {
    __m512i longest = _mm512_setzero_si512();
    for (size_t g = 0; g < lines->groups; g++)
        longest = _mm512_max_epu16(longest, _mm512_load_si512(&lines->text[g]));
    struct text text;
    memcpy(&text, &longest, sizeof text);
    return text.length;
}

/* Makes the texts of the groups, each from the one before. False where one is too long. */
WIDE static bool join_all(struct itemset_lines *lines, const uint32_t *path) {
    __m512i text = _mm512_setzero_si512();
    uint32_t lengths = 0; /* one in which all their bits are */
    for (size_t k = 0; k < lines->from[0]; k++) {
        size_t name = (size_t)path[k] * ENTRY + NAMES;
        text = join(text, lines->end[k], lines, name);
        lines->path[k] = (uint32_t)name;
        lines->end[k + 1] = join_length(lines->end[k], lines, name);
        lengths |= lines->end[k + 1];
    }
    for (size_t k = 0, changed = lines->changed; k < changed; k++) {
        size_t depth = lines->from[k], name = lines->item[k];
        uint32_t length = lines->end[depth], longer = join_length(length, lines, name);
        char *to = (char *)lines->text + lines->to[k];
        text = join(text, length, lines, name);
        lines->path[depth] = (uint32_t)name;
        lines->end[depth + 1] = longer;
        lengths |= longer;
        _mm512_store_si512(to, text);
        memcpy(to + MOST, &(uint16_t){(uint16_t)longer}, sizeof(uint16_t));
    }
    lines->longest = lengths < MOST / 2 || lengths >= LINE ? lengths : longest_text(lines);
    return lines->longest <= MOST;
}

struct itemset_lines_taken itemset_lines_take(struct itemset_lines *lines, const struct till_itemset_groups *groups,
                                              const uint32_t *path) {
    list_groups(lines, groups);
    if (lines->groups == 0)
        return (struct itemset_lines_taken){0};
    list_places(lines->item, groups->items, lines->changed, ~(uint32_t)0, NAMES);
    list_places(lines->last, groups->last, lines->sets, ~(uint32_t)0, NAMES);
    list_places(lines->tail, groups->count, lines->sets, TAILS - 1, offsetof(struct itemset_lines, tails));
    if (!join_all(lines, path))
        return (struct itemset_lines_taken){0};
    return (struct itemset_lines_taken){lines->groups, lines->changed, lines->sets};
}

void itemset_lines_path(const struct itemset_lines *lines, size_t size, uint32_t *path) {
    for (size_t k = 0; k + 1 < size; k++)
        path[k] = (uint32_t)((lines->path[k] - NAMES) / ENTRY);
}

/* ---- rows ---- */

/* Writes the rows: `wide` where a name with its tail is longer than an entry, `two` where a row is longer than a line.
 */
WIDE INLINE char *write_rows(const struct itemset_lines *lines, const uint32_t *count, bool wide, bool two, char *row) {
    uint32_t other = 0;
    for (size_t k = 0, sets = lines->sets; k < sets; k++) {
        const struct text *text = (const struct text *)((const char *)lines->text + lines->group[k]);
        const struct name *name = (const struct name *)((const char *)lines + lines->last[k]);
        const struct tail *tail = (const struct tail *)((const char *)lines + lines->tail[k]);
        size_t length = text->length, bare = name->length;
        __m256i last = entry_at((const char *)name), cells = entry_at((const char *)tail);
        __m512i behind;
        if (wide)
            behind =
                _mm512_mask_expand_epi8(_mm512_castsi256_si512(last), from_byte(bare), _mm512_castsi256_si512(cells));
        else
            behind = _mm512_castsi256_si512(_mm256_mask_expand_epi8(last, (__mmask32)from_byte(bare), cells));
        __m512i items = _mm512_load_si512(text);
        _mm512_storeu_si512(row, _mm512_mask_expand_epi8(items, from_byte(length), behind));
        if (two)
            _mm512_storeu_si512(row + LINE, _mm512_maskz_compress_epi8(from_byte(LINE - length), behind));
        other |= tail->count ^ count[k];
        row += length + bare + tail->length;
    }
    return other == 0 ? row : NULL;
}

WIDE static char *write_short(const struct itemset_lines *lines, const uint32_t *count, char *row) {
    return write_rows(lines, count, false, false, row);
}

WIDE static char *write_long(const struct itemset_lines *lines, const uint32_t *count, char *row) {
    return write_rows(lines, count, false, true, row);
}

WIDE static char *write_wide(const struct itemset_lines *lines, const uint32_t *count, char *row) {
    return write_rows(lines, count, true, true, row);
}

char *itemset_lines_write(const struct itemset_lines *lines, const uint32_t *count, char *row) {
    size_t behind = lines->longest_name + lines->longest_tail;
    if (behind > ENTRY)
        return write_wide(lines, count, row);
    return lines->longest + behind > LINE ? write_long(lines, count, row) : write_short(lines, count, row);
}
#else
bool itemset_lines_known(uint32_t items) {
    (void)items;
    return false;
}

struct itemset_lines *itemset_lines_new(uint32_t items) {
    (void)items;
    return NULL;
}

void itemset_lines_free(struct itemset_lines *lines) {
    (void)lines;
}

void itemset_lines_name(struct itemset_lines *lines, uint32_t item, struct till_slice text) {
    (void)lines, (void)item, (void)text;
}

void itemset_lines_begin(struct itemset_lines *lines) {
    (void)lines;
}

void itemset_lines_tail(struct itemset_lines *lines, uint32_t count, struct till_slice text) {
    (void)lines, (void)count, (void)text;
}

struct itemset_lines_taken itemset_lines_take(struct itemset_lines *lines, const struct till_itemset_groups *groups,
                                              const uint32_t *path) {
    (void)lines, (void)groups, (void)path;
    return (struct itemset_lines_taken){0};
}

void itemset_lines_path(const struct itemset_lines *lines, size_t size, uint32_t *path) {
    (void)lines, (void)size, (void)path;
}

char *itemset_lines_write(const struct itemset_lines *lines, const uint32_t *count, char *row) {
    (void)lines, (void)count, (void)row;
    return NULL;
}
#endif
