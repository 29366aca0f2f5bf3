/* A row is the text of the items that its group shares, the name of its last item, and a tail: the cells behind, which
 * are the same for all sets of one size and count. Each of them is copied in a piece of fixed length; what a piece has
 * too much is written over by what follows.
 *
 * Groups have one, two or three sets, as a rule, and one, two or three of their items are others than before. A loop
 * that ends somewhere else each time costs more than what it does, so there is none of that kind: many groups are
 * written down as one list of items that join texts, and one list of sets, and each list is gone through once. An item
 * joins a text in one operation on whole pieces: its name stands between zeros, and is read from so far before it as
 * the text is long.
 *
 * The pieces have 64 bytes, or, where a text does not go into that, 128 or 256. Where that is not enough, or there are
 * few sets, the text of the shared items is kept in one stretch, and all is copied as long as it is. Where a row goes
 * into registers and the processor can shift them by bytes, itemset_lines.c is faster than all that. */
#include "itemset_rows.h"

#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>

#include "itemset_lines.h"

/* Registers of each width, the best chosen when the program starts: they change the time and nothing else. A resolver
 * that runs before a sanitizer is up would crash. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDER __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDER
#endif
#define INLINE static inline __attribute__((always_inline))

enum {
    LINE = 64,               /* bytes of a processor's cache line */
    WIDEST = 4,              /* lines of a text that is one piece */
    SHORT_COPY = 32,         /* what is copied of names and tails where they are short */
    DEPTHS = 64,             /* sets with as many items are not short */
    WAIT = 16,               /* lists, after one that was not written in registers */
    GROUPS = 256,            /* of a list, */
    SETS = 1024,             /* which may take more than that: by the last group, */
    ROOM = 2 * SETS,         /* up to so many */
    FEW = 8,                 /* groups that are no list */
    AT_ONCE = 8,             /* numbers of a list that are written together */
    LONGEST = DEPTHS * LINE, /* text of a list; what is longer than its lines is not looked at */
    TAILS = ITEMSET_LINES_TAILS
};

/* The name of an item, where it is not longer than that. */
struct name {
    char text[LINE - sizeof(uint32_t)];
    uint32_t length;
};

/* The cells behind the items, with a delimiter before each, and the line end. */
struct tail {
    char text[LINE - 2 * sizeof(uint32_t)]; /* two numbers of up to 10 digits, and one of up to 24 characters */
    uint32_t length;
    uint32_t count; /* 0: none yet */
};

/* A name with the bar behind it. */
struct part {
    size_t begin; /* in the text of all names */
    size_t length;
};

/* Two bytes each: */
typedef uint16_t number;

/* Groups as two lists. A text has a place: those of the present items, by how many they are, then those of the groups.
 */
struct list {
    _Alignas(LINE) char text[(DEPTHS + GROUPS) * WIDEST * LINE]; /* with zeros behind */
    size_t groups;
    size_t changed;
    size_t sets;
    number from[ROOM + AT_ONCE];      /* by item that joins: the place of the text before, */
    number to[ROOM + AT_ONCE];        /* and after */
    number group[ROOM + AT_ONCE];     /* by set: the place of what its group shares */
    uint32_t length[DEPTHS + GROUPS]; /* of texts */
};

struct itemset_rows {
    struct till_writer *writer;
    uint64_t baskets;
    struct name *name;      /* by item */
    struct part *part;      /* by item */
    struct till_text names; /* each with a bar behind it, and zeros before and behind that */
    size_t longest;         /* name */
    struct tail *tails;     /* [TAILS], by count */
    size_t size;            /* that they are for */
    size_t longest_tail;    /* of that size */
    struct list *list;
    struct itemset_lines *lines; /* NULL: not to be used */
    unsigned wait;               /* so many lists are written without them */
    uint32_t *path;              /* the items that the present group shares */
    size_t *end;                 /* by how many they are: where their text ends */
    size_t depths;               /* items that both have room for */
    size_t known;                /* so many items are in the text */
    struct till_text text;
};

/* ---- names ---- */

static bool append_zeros(struct till_text *text, size_t length) {
    if (!till_text_reserve(text, length))
        return false;
    memset(text->bytes + text->length, 0, length);
    text->length += length;
    return true;
}

static bool list_name(struct itemset_rows *rows, uint32_t item, struct till_slice text) {
    struct till_text *names = &rows->names;
    struct name *name = &rows->name[item];
    size_t begin = names->length;
    if (!till_basket_write_item(names, text) || !till_text_append(names, "|", 1))
        return false;
    size_t length = names->length - begin, bare = length - 1;
    rows->part[item] = (struct part){begin, length};
    memcpy(name->text, names->bytes + begin, bare < sizeof name->text ? bare : sizeof name->text);
    name->length = (uint32_t)bare;
    rows->longest = bare > rows->longest ? bare : rows->longest;
    if (bare > ITEMSET_LINES_NAME)
        itemset_rows_portable(rows);
    if (rows->lines != NULL)
        itemset_lines_name(rows->lines, item, (struct till_slice){names->bytes + begin, length});
    return append_zeros(names, WIDEST * LINE);
}

/* The names as they are written. False when memory is out; *plain is false where one needs quotes. */
static bool list_names(struct itemset_rows *rows, const struct till_basket_data *data, bool *plain) {
    *plain = true;
    if (!append_zeros(&rows->names, LONGEST))
        return false;
    for (uint32_t item = 0; *plain && item < data->baskets.item_count; item++) {
        if (!list_name(rows, item, data->items[item]))
            return false;
        struct part part = rows->part[item];
        *plain = till_writer_is_plain(rows->writer, (struct till_slice){rows->names.bytes + part.begin, part.length});
    }
    return true;
}

enum till_status itemset_rows_new(struct itemset_rows **made, struct till_writer *writer,
                                  const struct till_basket_data *data, struct till_error *error) {
    size_t items = data->baskets.item_count;
    bool plain = false;
    *made = NULL;
    struct itemset_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return till_error_memory(error);
    rows->writer = writer;
    rows->baskets = data->baskets.count;
    rows->name = aligned_alloc(LINE, (items + 1) * sizeof *rows->name);
    rows->part = malloc((items + 1) * sizeof *rows->part);
    rows->tails = aligned_alloc(LINE, TAILS * sizeof *rows->tails);
    rows->list = aligned_alloc(LINE, sizeof *rows->list);
    bool fine = rows->name != NULL && rows->part != NULL && rows->tails != NULL && rows->list != NULL;
    if (itemset_lines_known(data->baskets.item_count)) {
        rows->lines = itemset_lines_new(data->baskets.item_count);
        fine = fine && rows->lines != NULL;
    }
    if (fine) {
        memset(rows->name, 0, (items + 1) * sizeof *rows->name);
        memset(rows->tails, 0, TAILS * sizeof *rows->tails);
    }
    fine = fine && list_names(rows, data, &plain);
    if (fine && plain)
        *made = rows;
    else
        itemset_rows_free(rows);
    return fine ? TILL_OK : till_error_memory(error);
}

void itemset_rows_portable(struct itemset_rows *rows) {
    itemset_lines_free(rows->lines);
    rows->lines = NULL;
}

void itemset_rows_free(struct itemset_rows *rows) {
    if (rows == NULL)
        return;
    free(rows->name);
    free(rows->part);
    till_text_free(&rows->names);
    free(rows->tails);
    free(rows->list);
    itemset_lines_free(rows->lines);
    free(rows->path);
    free(rows->end);
    till_text_free(&rows->text);
    free(rows);
}

/* ---- tails ---- */

static void make_tail(struct itemset_rows *rows, struct tail *tail, uint32_t count) {
    char *to = tail->text, delimiter = till_writer_delimiter(rows->writer);
    *to++ = delimiter;
    to += till_count_format(to, rows->size);
    *to++ = delimiter;
    to += till_count_format(to, count);
    *to++ = delimiter;
    to += till_real_format(to, (double)count / (double)rows->baskets);
    *to++ = '\n';
    tail->count = count;
    tail->length = (uint32_t)(to - tail->text);
    rows->longest_tail = tail->length > rows->longest_tail ? tail->length : rows->longest_tail;
    if (rows->lines != NULL && tail->length <= ITEMSET_LINES_TAIL)
        itemset_lines_tail(rows->lines, count, (struct till_slice){tail->text, tail->length});
}

INLINE struct tail *tail_at(const struct itemset_rows *rows, uint32_t count) {
    return &rows->tails[count % TAILS];
}

/* Makes the tails that are not there. False when two of them would stand in one place. */
static bool make_tails(struct itemset_rows *rows, const uint32_t *count, size_t sets) {
    bool apart = true;
    for (size_t k = 0; k < sets; k++) {
        struct tail *tail = tail_at(rows, count[k]);
        if (tail->count == count[k])
            continue;
        apart = apart && tail->count == 0;
        make_tail(rows, tail, count[k]);
    }
    return apart;
}

/* Begins with the sets of another size. Most of them have the counts of those before. */
static bool begin_size(struct itemset_rows *rows, size_t size) {
    rows->size = size;
    rows->longest_tail = 0;
    if (rows->lines != NULL)
        itemset_lines_begin(rows->lines);
    for (size_t k = 0; k < TAILS; k++)
        if (rows->tails[k].count > 0)
            make_tail(rows, &rows->tails[k], rows->tails[k].count);
    rows->known = 0;
    if (size <= rows->depths)
        return true;
    uint32_t *path = realloc(rows->path, 2 * size * sizeof *path);
    if (path == NULL)
        return false;
    rows->path = path;
    size_t *end = realloc(rows->end, 2 * size * sizeof *end);
    if (end == NULL)
        return false;
    rows->end = end;
    rows->depths = 2 * size;
    return true;
}

/* ---- lists ---- */

/* Writes AT_ONCE numbers: the first, and each `step` above the one before. */
INLINE void put_numbers(number *to, size_t first, number step) {
    typedef number numbers __attribute__((vector_size(AT_ONCE * sizeof(number))));
    numbers all = (numbers){0, 1, 2, 3, 4, 5, 6, 7} * step + (number)first;
    memcpy(to, &all, sizeof all);
}

/* Makes a list of the first groups; takes them away from `groups`. */
static void make_list(struct list *list, struct till_itemset_groups *groups) {
    size_t size = groups->size, changed = 0, sets = 0, g = 0;
    for (; g < groups->groups && g < GROUPS && changed < SETS && sets < SETS; g++) {
        struct till_itemset_group group = groups->group[g];
        if (group.sets > ROOM - SETS || group.changed == 0)
            break;
        size_t depth = size - 1 - group.changed;
        for (size_t k = 0; k < group.changed; k += AT_ONCE) {
            put_numbers(list->from + changed + k, depth + k, 1);
            put_numbers(list->to + changed + k, depth + k + 1, 1);
        }
        for (size_t k = 0; k < group.sets; k += AT_ONCE)
            put_numbers(list->group + sets + k, DEPTHS + g, 0);
        changed += group.changed;
        sets += group.sets;
        list->to[changed - 1] = (number)(DEPTHS + g);
    }
    list->groups = g;
    list->changed = changed;
    list->sets = sets;
}

/* Registers, as long as the processor has them. */
typedef uint64_t line __attribute__((vector_size(LINE)));
typedef uint64_t half __attribute__((vector_size(LINE / 2)));

INLINE void copy_line(char *to, const void *from) {
    line x;
    memcpy(&x, __builtin_assume_aligned(from, LINE), sizeof x);
    memcpy(to, &x, sizeof x);
}

INLINE void copy_half(char *to, const void *from) {
    half x;
    memcpy(&x, __builtin_assume_aligned(from, LINE), sizeof x);
    memcpy(to, &x, sizeof x);
}

/* A line of a text with what joins it. */
INLINE void join_line(char *to, const char *text, const char *joining) {
    line x, y;
    memcpy(&x, __builtin_assume_aligned(text, LINE), sizeof x);
    memcpy(&y, joining, sizeof y);
    x |= y;
    memcpy(__builtin_assume_aligned(to, LINE), &x, sizeof x);
}

/* Adds a name to a text: the text of place `to` is that of place `from` with the name, as far as it goes into the
 * lines. Returns how long it has become. */
INLINE uint32_t join(struct list *list, size_t from, size_t to, const char *name, uint32_t name_length, size_t lines) {
    uint32_t length = list->length[from], longer = length + name_length;
    const char *text = list->text + from * lines * LINE;
    for (size_t at = 0; at < lines * LINE; at += LINE)
        join_line(list->text + to * lines * LINE + at, text + at, name - length + at);
    list->length[to] = longer;
    return longer;
}

/* Joins what the list says; false where a text is too long. */
INLINE bool join_all(const struct itemset_rows *rows, struct list *list, const uint32_t *items, size_t lines) {
    const struct part *parts = rows->part;
    const char *names = rows->names.bytes;
    uint32_t lengths = 0; /* one in which all their bits are */
    memset(list->text, 0, lines * LINE);
    list->length[0] = 0;
    for (size_t k = 0; k < list->from[0]; k++) {
        const struct part *part = &parts[rows->path[k]];
        lengths |= join(list, k, k + 1, names + part->begin, (uint32_t)part->length, lines);
    }
    for (size_t k = 0, changed = list->changed; k < changed; k++) {
        const struct part *part = &parts[items[k]];
        lengths |= join(list, list->from[k], list->to[k], names + part->begin, (uint32_t)part->length, lines);
    }
    return lengths < lines * LINE;
}

/* Puts the rows of a list together; returns where they end. Up to a text behind it is written too. NULL where a tail is
 * not there. */
INLINE char *put_list(const struct itemset_rows *rows, const uint32_t *last, const uint32_t *count, size_t lines,
                      char *row) {
    const struct list *list = rows->list;
    const struct name *names = rows->name;
    const struct tail *tails = rows->tails;
    uint32_t other = 0;
    for (size_t k = 0, sets = list->sets; k < sets; k++) {
        size_t group = list->group[k];
        const struct name *name = &names[last[k]];
        const struct tail *tail = &tails[count[k] % TAILS];
        size_t length = list->length[group], longer = length + name->length, whole = longer + tail->length;
        other |= tail->count ^ count[k];
        for (size_t at = 0; at < lines * LINE; at += LINE)
            copy_line(row + at, list->text + group * lines * LINE + at);
        if (lines == 1) {
            copy_half(row + length, name);
            copy_half(row + longer, tail);
        } else {
            copy_line(row + length, name);
            copy_line(row + longer, tail);
        }
        row += whole;
    }
    return other == 0 ? row : NULL;
}

/* Puts the rows of the list together, in pieces of so many lines. NULL where a text is too long, or two tails would
 * stand in one place. */
INLINE char *write_lines(struct itemset_rows *rows, const struct till_itemset_groups *groups, size_t lines, char *row) {
    if (!join_all(rows, rows->list, groups->items, lines))
        return NULL;
    char *end = put_list(rows, groups->last, groups->count, lines, row);
    if (end == NULL && make_tails(rows, groups->count, rows->list->sets) &&
        (lines > 1 || rows->longest_tail <= SHORT_COPY))
        end = put_list(rows, groups->last, groups->count, lines, row);
    return end;
}

WIDER static char *write_list(struct itemset_rows *rows, const struct till_itemset_groups *groups, char *row) {
    char *end = NULL;
    if (rows->longest <= SHORT_COPY && rows->longest_tail <= SHORT_COPY)
        end = write_lines(rows, groups, 1, row);
    if (end == NULL)
        end = write_lines(rows, groups, 2, row);
    if (end == NULL)
        end = write_lines(rows, groups, WIDEST, row);
    return end;
}

/* ---- rows one by one ---- */

/* Brings the text to the items that the group shares. */
static bool begin_group(struct itemset_rows *rows, size_t shared) {
    size_t known = rows->known < shared ? rows->known : shared;
    rows->text.length = known == 0 ? 0 : rows->end[known - 1];
    for (; known < shared; known++) {
        const struct part *part = &rows->part[rows->path[known]];
        if (!till_text_append(&rows->text, rows->names.bytes + part->begin, part->length))
            return false;
        rows->end[known] = rows->text.length;
    }
    rows->known = shared;
    return true;
}

static char *put(char *to, const char *from, size_t length) {
    if (length > 0)
        memcpy(to, from, length);
    return to + length;
}

static char *put_row(struct itemset_rows *rows, uint32_t item, uint32_t count, char *row) {
    struct tail *tail = tail_at(rows, count);
    if (tail->count != count)
        make_tail(rows, tail, count);
    row = put(row, rows->text.bytes, rows->text.length);
    row = put(row, rows->names.bytes + rows->part[item].begin, rows->part[item].length - 1);
    return put(row, tail->text, tail->length);
}

/* Writes the sets of one group. */
static enum till_status add_group(struct itemset_rows *rows, const struct till_itemset_groups *group, size_t sets,
                                  struct till_error *error) {
    if (!begin_group(rows, group->size - 1))
        return till_error_memory(error);
    size_t most = rows->text.length + rows->longest + sizeof(struct tail);
    for (size_t k = 0; k < sets;) {
        size_t until = sets - k < SETS ? sets : k + SETS, first = k;
        char *begin = till_writer_rows(rows->writer, (until - k) * most), *end = begin;
        if (begin == NULL)
            return till_error_memory(error);
        for (; k < until; k++)
            end = put_row(rows, group->last[k], group->count[k], end);
        enum till_status status = till_writer_end_rows(rows->writer, until - first, (size_t)(end - begin), error);
        if (status != TILL_OK)
            return status;
    }
    return TILL_OK;
}

/* ---- both ---- */

/* Takes the first groups away. */
static void skip(struct till_itemset_groups *groups, size_t count, size_t changed, size_t sets) {
    groups->group += count;
    groups->groups -= count;
    groups->items += changed;
    groups->last += sets;
    groups->count += sets;
}

/* Writes the first group, and takes it away. */
static enum till_status add_first(struct itemset_rows *rows, struct till_itemset_groups *groups,
                                  struct till_error *error) {
    size_t changed = groups->group->changed, sets = groups->group->sets, same = groups->size - 1 - changed;
    if (changed > 0)
        memcpy(rows->path + same, groups->items, changed * sizeof *rows->path);
    rows->known = rows->known < same ? rows->known : same;
    enum till_status status = add_group(rows, groups, sets, error);
    skip(groups, 1, changed, sets);
    return status;
}

/* Writes the groups of the list, and takes them away. */
static enum till_status add_list(struct itemset_rows *rows, struct till_itemset_groups *groups,
                                 struct till_error *error) {
    const struct list *list = rows->list;
    size_t room = (list->sets + 1) * (WIDEST * LINE + 2 * (size_t)LINE);
    char *begin = till_writer_rows(rows->writer, room), *end = NULL;
    if (begin == NULL)
        return till_error_memory(error);
    if (rows->longest <= sizeof rows->name->text)
        end = write_list(rows, groups, begin);
    if (end == NULL) {
        enum till_status status = TILL_OK;
        for (size_t left = list->groups; status == TILL_OK && left > 0; left--)
            status = add_first(rows, groups, error);
        return status;
    }
    for (size_t k = 0; k < list->changed; k++)
        rows->path[list->from[k]] = groups->items[k];
    rows->known = 0;
    enum till_status status = till_writer_end_rows(rows->writer, list->sets, (size_t)(end - begin), error);
    skip(groups, list->groups, list->changed, list->sets);
    return status;
}

/* Writes the first groups in registers, and takes them away; none where that is not possible. */
static enum till_status add_lines(struct itemset_rows *rows, struct till_itemset_groups *groups,
                                  struct till_error *error) {
    struct itemset_lines_taken taken = itemset_lines_take(rows->lines, groups, rows->path);
    char *begin = till_writer_rows(rows->writer, (taken.sets + 1) * ITEMSET_LINES_LONGEST_ROW), *end = NULL;
    if (begin == NULL)
        return till_error_memory(error);
    if (taken.groups > 0)
        end = itemset_lines_write(rows->lines, groups->count, begin);
    if (taken.groups > 0 && end == NULL && make_tails(rows, groups->count, taken.sets))
        end = itemset_lines_write(rows->lines, groups->count, begin);
    if (end == NULL) {
        rows->wait = WAIT;
        return TILL_OK;
    }
    itemset_lines_path(rows->lines, groups->size, rows->path);
    rows->known = 0;
    enum till_status status = till_writer_end_rows(rows->writer, taken.sets, (size_t)(end - begin), error);
    skip(groups, taken.groups, taken.changed, taken.sets);
    return status;
}

/* Writes some of the first groups, and takes them away. */
static enum till_status add_some(struct itemset_rows *rows, struct till_itemset_groups *groups,
                                 struct till_error *error) {
    bool many = groups->groups >= FEW && groups->size <= DEPTHS && groups->group->changed > 0;
    size_t all = groups->groups;
    if (many && rows->lines != NULL && rows->wait == 0) {
        enum till_status status = add_lines(rows, groups, error);
        if (status != TILL_OK || groups->groups < all)
            return status;
    }
    rows->wait -= many && rows->wait > 0;
    rows->list->groups = 0;
    if (many)
        make_list(rows->list, groups);
    return rows->list->groups > 0 ? add_list(rows, groups, error) : add_first(rows, groups, error);
}

enum till_status itemset_rows_add(struct itemset_rows *rows, const struct till_itemset_groups *all,
                                  struct till_error *error) {
    struct till_itemset_groups groups = *all;
    enum till_status status = TILL_OK;
    if (groups.size != rows->size && !begin_size(rows, groups.size))
        return till_error_memory(error);
    while (status == TILL_OK && groups.groups > 0)
        status = add_some(rows, &groups, error);
    return status;
}
