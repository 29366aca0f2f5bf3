/* till-itemsets: sets of items that are bought together: all frequent ones, the closed, or the maximal. */
#include "baskets.h"

#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>
#include <till/itemsets.h>

struct settings {
    struct basket_options input;
    int type;
    uint64_t min_size;
    uint64_t max_size;
    uint64_t top;
    uint64_t limit;
    bool count;
};

#define AT(field) offsetof(struct settings, field)
#define INPUT(field) offsetof(struct settings, input.field)
static const struct option options[] = {
    BASKET_OPTIONS(INPUT, "0.01"),
    {.name = "type",
     .kind = OPTION_CHOICE,
     .offset = AT(type),
     .argument = "TYPE",
     .initial = "frequent",
     .choices = "frequent|closed|maximal",
     .help = "Which sets: all frequent ones; those without a larger set in the same baskets; or those without a larger "
             "frequent set."},
    {.name = "min-size",
     .kind = OPTION_COUNT,
     .offset = AT(min_size),
     .argument = "N",
     .initial = "1",
     .minimum = 1,
     .maximum = 4294967295.0,
     .help = "Leave out smaller sets."},
    {.name = "max-size",
     .kind = OPTION_COUNT,
     .offset = AT(max_size),
     .argument = "N",
     .maximum = 4294967295.0,
     .help = "Leave out larger sets. 0: no bound."},
    {.name = "top",
     .kind = OPTION_COUNT,
     .offset = AT(top),
     .argument = "N",
     .maximum = 1e9,
     .help = "Only the N sets of most baskets (of equal ones, the first). 0: all."},
    {.name = "count",
     .kind = OPTION_FLAG,
     .offset = AT(count),
     .help = "Only count the sets of each size. Numbers up to 2^127 are exact."},
    {.name = "limit",
     .kind = OPTION_COUNT,
     .offset = AT(limit),
     .argument = "N",
     .initial = "100000000",
     .minimum = 1,
     .maximum = 1e18,
     .help = "More sets than this are an error instead of a full disk."},
    {0}};

static const struct guard_words guard[] = {
    [TILL_ITEMSETS_FREQUENT] = {"max-size", 0, "take --type=closed, --type=maximal, --top or --count"},
    [TILL_ITEMSETS_CLOSED] = {"max-size", 0, "take --type=maximal, --top or --count"},
    [TILL_ITEMSETS_MAXIMAL] = {"max-size", 0, "take --count"}};

/* The cells behind the items with a delimiter before each, and the line end: the same for all sets of one size and
 * count. */
struct tail {
    uint32_t count;
    uint32_t size; /* 0: none yet */
    uint8_t length;
    char text[55];
};
enum { TAILS = 1 << 12 };

/* Texts are copied in pieces of fixed length: one or two stores in place of a loop over bytes. What a piece has too
 * much is written over by what follows. */
enum { NAME_PIECE = 16, PREFIX_PIECE = 64, SLACK = 64 };

/* The text that a group shares is read right after it was written, and a processor waits for all stores before when it
 * reads bytes of more than one of them. So the text is written and read in aligned pieces of this type alone. */
typedef uint64_t piece __attribute__((vector_size(16), aligned(16)));
/* How many sets there are is estimated, or counted, before more than so many are held: 100 to 200 MB of them. */
static const uint64_t count_from[] = {
    [TILL_ITEMSETS_FREQUENT] = 1 << 25, [TILL_ITEMSETS_CLOSED] = 1 << 23, [TILL_ITEMSETS_MAXIMAL] = 1 << 23};
/* Rows are put together in stretches of about so many bytes. */
enum { STRETCH = 1 << 14 };

struct name {
    size_t begin; /* in the text of all names */
    size_t length;
};

/* Where an item begins in the text of a set: the piece that it lies in is what stands before it, and zeros. */
struct join {
    size_t at;
    piece before;
};

/* What the visitor of sets needs. */
struct output {
    const struct till_basket_data *data;
    struct till_writer *writer;
    struct till_text text; /* of a set, where rows are written by cells */
    uint64_t written;
    uint64_t threshold; /* --top: sets of fewer baskets are left out */
    uint64_t ties;      /* how many sets of just that many are wanted */
    uint32_t *items;    /* room for a set */
    /* plain rows: NULL where there are none */
    struct tail *tails;     /* [TAILS], by count */
    struct till_text names; /* of all items, each with a bar and a piece of zeros behind it, and one before the first */
    struct name *name;      /* [items] */
    size_t longest;         /* name, with its bar */
    piece *shared;          /* the text of the items that the sets of a group share */
    size_t capacity;        /* of it, in bytes */
    struct join *join;      /* [items + 1]: where each of these items begins, and where they end */
    char *stretch;          /* of rows that are put together: where it begins, */
    size_t room;            /* how long it may become, without the slack, */
    char *row;              /* where the next row goes, */
    uint64_t rows;          /* and how many rows there are */
};

/* ---- --top ---- */

/* How many sets have each number of baskets: the number that the N-th has follows. */
struct tally {
    uint64_t *of_count; /* [baskets + 1] */
};

static enum till_status tally_set(void *context, const uint32_t *items, size_t size, uint64_t count,
                                  struct till_error *error) {
    struct tally *tally = context;
    (void)items, (void)size, (void)error;
    tally->of_count[count]++;
    return TILL_OK;
}

/* A first pass over the sets says which number of baskets is enough; memory does not grow with the sets. */
static enum till_status find_threshold(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                       uint64_t top, struct output *output, struct till_error *error) {
    struct tally tally = {calloc(data->baskets.count + 1, sizeof *tally.of_count)};
    if (tally.of_count == NULL)
        return till_error_memory(error);
    enum till_status status = till_itemsets_mine(&data->baskets, wishes, tally_set, &tally, error);
    uint64_t count = data->baskets.count, above = 0;
    while (count > 0 && above + tally.of_count[count] < top)
        above += tally.of_count[count--];
    output->threshold = count;
    output->ties = top - above;
    free(tally.of_count);
    return status;
}

/* ---- output ---- */

/* ---- plain rows ---- */

static bool append_zeros(struct till_text *text) {
    static const char zeros[sizeof(piece)];
    return till_text_append(text, zeros, sizeof zeros);
}

/* The names as they are written. False when memory is out; *plain is false where one needs quotes. */
static bool list_names(struct output *output, bool *plain) {
    const struct till_basket_data *data = output->data;
    struct till_text *names = &output->names;
    *plain = append_zeros(names);
    for (uint32_t i = 0; *plain && i < data->baskets.item_count; i++) {
        size_t begin = names->length;
        if (!till_basket_write_item(names, data->items[i]) || !till_text_append(names, "|", 1))
            return false;
        size_t length = names->length - begin;
        output->name[i] = (struct name){begin, length};
        output->longest = length > output->longest ? length : output->longest;
        *plain = till_writer_is_plain(output->writer, (struct till_slice){names->bytes + begin, length});
        if (!append_zeros(names))
            return false;
    }
    return till_text_reserve(names, SLACK);
}

static void plain_free(struct output *output) {
    free(output->tails);
    free(output->name);
    free(output->join);
    free(output->shared);
    till_text_free(&output->names);
    output->tails = NULL;
    output->name = NULL;
    output->join = NULL;
    output->shared = NULL;
}

/* Makes room for `length` bytes of shared text, and what copies read behind them. */
static bool grow_shared(struct output *output, size_t length) {
    size_t capacity = (length + length / 2 + 4 * PREFIX_PIECE) / PREFIX_PIECE * PREFIX_PIECE;
    piece *grown = aligned_alloc(sizeof(piece), capacity);
    if (grown == NULL)
        return false;
    memset(grown, 0, capacity);
    if (output->capacity > 0)
        memcpy(grown, output->shared, output->capacity);
    free(output->shared);
    output->shared = grown;
    output->capacity = capacity;
    return true;
}

/* Takes the rows of the present stretch, and begins one with room for `length` bytes. */
static enum till_status next_stretch(struct output *output, size_t length, struct till_error *error) {
    enum till_status status =
        till_writer_end_rows(output->writer, output->rows, (size_t)(output->row - output->stretch), error);
    output->rows = 0;
    output->room = length > STRETCH ? length : STRETCH;
    output->row = output->stretch = till_writer_rows(output->writer, output->room + SLACK);
    if (status == TILL_OK && output->row == NULL)
        status = till_error_memory(error);
    return status;
}

/* Rows are put together here where the format and the names allow it: a row is then the text that its group shares, a
 * name, and the cells behind, each copied as it is. */
static enum till_status plain_start(struct output *output, struct till_error *error) {
    size_t items = output->data->baskets.item_count;
    bool plain = false;
    output->tails = calloc(TAILS, sizeof *output->tails);
    output->name = malloc((items + 1) * sizeof *output->name);
    output->join = aligned_alloc(sizeof(piece), (items + 1) * sizeof *output->join);
    bool fine = output->tails != NULL && output->name != NULL && output->join != NULL && list_names(output, &plain) &&
                grow_shared(output, 0);
    if (fine)
        output->join[0] = (struct join){0};
    if (!fine || !plain)
        plain_free(output);
    return fine ? TILL_OK : till_error_memory(error);
}

static void make_tail(const struct output *output, struct tail *tail, uint32_t size, uint32_t count) {
    char *to = tail->text, delimiter = till_writer_delimiter(output->writer);
    *to++ = delimiter;
    to += till_count_format(to, size);
    *to++ = delimiter;
    to += till_count_format(to, count);
    *to++ = delimiter;
    to += till_real_format(to, (double)count / (double)output->data->baskets.count);
    *to++ = '\n';
    tail->count = count;
    tail->size = size;
    tail->length = (uint8_t)(to - tail->text);
}

/* Copies `length` bytes, and up to a piece more. */
static inline char *copy_name(char *to, const char *from, size_t length) {
    for (size_t at = 0; at < length; at += sizeof(piece))
        memcpy(to + at, from + at, sizeof(piece));
    return to + length;
}

/* Writes a name at the join; returns the next one. */
static inline struct join join_name(piece *shared, struct join join, const char *name, size_t length) {
    size_t over = join.at % sizeof(piece), end = over + length, done = sizeof(piece) - over;
    piece *to = shared + join.at / sizeof(piece), first, last;
    memcpy(&first, name - over, sizeof first); /* zeros stand before the name */
    memcpy(&last, name + done, sizeof last);
    *to++ = first |= join.before;
    *to++ = last;
    for (; end >= 2 * sizeof(piece); end -= sizeof(piece)) {
        done += sizeof(piece);
        first = last;
        memcpy(&last, name + done, sizeof last);
        *to++ = last;
    }
    const piece in_last = (piece){0} - (uint64_t)(end >= sizeof(piece));
    return (struct join){join.at + length, (first & ~in_last) | (last & in_last)};
}

/* Brings the shared text to the items that the sets of the group share. */
static bool begin_rows(struct output *output, const struct till_itemset_group *group) {
    struct join join = output->join[group->same];
    for (size_t k = group->same; k + 1 < group->size; k++) {
        const struct name *name = &output->name[group->items[k]];
        if (join.at + name->length + SLACK > output->capacity && !grow_shared(output, join.at + name->length + SLACK))
            return false;
        join = join_name(output->shared, join, output->names.bytes + name->begin, name->length);
        output->join[k + 1] = join;
    }
    return true;
}

/* Copies `length` bytes, and up to 64 more. */
static inline char *copy_shared(char *to, const piece *from, size_t length) {
    for (size_t at = 0; at < length; at += PREFIX_PIECE, from += 4) {
        memcpy(to + at, from, sizeof *from);
        memcpy(to + at + 16, from + 1, sizeof *from);
        memcpy(to + at + 32, from + 2, sizeof *from);
        memcpy(to + at + 48, from + 3, sizeof *from);
    }
    return to + length;
}

/* Puts rows together at `row`; returns where they end. */
static char *put_rows(const struct output *output, uint32_t size, const uint32_t *last, const uint32_t *count,
                      size_t rows, char *row) {
    size_t length = output->join[size - 1].at;
    for (size_t k = 0; k < rows; k++) {
        const struct name *name = &output->name[last[k]];
        struct tail *tail = &output->tails[count[k] % TAILS];
        if (tail->count != count[k] || tail->size != size)
            make_tail(output, tail, size, count[k]);
        row = copy_shared(row, output->shared, length);
        row = copy_name(row, output->names.bytes + name->begin, name->length - 1); /* without the bar */
        memcpy(row, tail->text, sizeof tail->text);
        row += tail->length;
    }
    return row;
}

static enum till_status write_plain(struct output *output, uint32_t size, const uint32_t *last, const uint32_t *count,
                                    size_t sets, struct till_error *error) {
    size_t most = output->join[size - 1].at + output->longest + sizeof output->tails->text, rows = sets;
    enum till_status status = TILL_OK;
    if (rows * most > STRETCH)
        rows = STRETCH / most + 1;
    for (size_t k = 0; status == TILL_OK && k < sets; k += rows) {
        rows = rows < sets - k ? rows : sets - k;
        if (output->room - (size_t)(output->row - output->stretch) < rows * most)
            status = next_stretch(output, rows * most, error);
        if (status == TILL_OK)
            output->row = put_rows(output, size, last + k, count + k, rows, output->row);
        output->rows += rows;
    }
    return status;
}

/* ---- rows ---- */

static enum till_status write_cells(struct output *output, const struct till_itemset_group *group, size_t set,
                                    struct till_error *error) {
    for (size_t k = group->same; k + 1 < group->size; k++)
        output->items[k] = group->items[k];
    output->items[group->size - 1] = group->last[set];
    output->text.length = 0;
    if (!baskets_write_items(&output->text, output->data, output->items, group->size))
        return till_error_memory(error);
    till_writer_text(output->writer, (struct till_slice){output->text.bytes, output->text.length});
    till_writer_count(output->writer, group->size);
    till_writer_count(output->writer, group->count[set]);
    till_writer_real(output->writer, (double)group->count[set] / (double)output->data->baskets.count);
    return till_writer_end(output->writer, error);
}

/* Whether a set is among the --top. */
static bool is_wanted(struct output *output, uint64_t count) {
    if (count < output->threshold || (output->threshold > 0 && count == output->threshold && output->ties == 0))
        return false;
    output->ties -= count == output->threshold && output->ties > 0;
    return true;
}

static enum till_status write_group(void *context, const struct till_itemset_group *group, struct till_error *error) {
    struct output *output = context;
    enum till_status status = TILL_OK;
    if (output->tails != NULL && !begin_rows(output, group))
        return till_error_memory(error);
    if (output->tails != NULL && output->threshold == 0) {
        output->written += group->sets;
        return write_plain(output, (uint32_t)group->size, group->last, group->count, group->sets, error);
    }
    for (size_t k = 0; status == TILL_OK && k < group->sets; k++) {
        if (!is_wanted(output, group->count[k]))
            continue;
        output->written++;
        status = output->tails == NULL
                     ? write_cells(output, group, k, error)
                     : write_plain(output, (uint32_t)group->size, &group->last[k], &group->count[k], 1, error);
    }
    return status;
}

/* More sets than the limit. Frequent ones are counted, so that the error says how many. */
static enum till_status refuse(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                               struct till_error *error) {
    const struct guard_words *words = &guard[wishes->type];
    enum till_status status =
        wishes->type == TILL_ITEMSETS_FREQUENT ? baskets_guard(data, wishes, words, error) : TILL_OK;
    return status == TILL_OK ? baskets_refuse(data, wishes, NULL, words, error) : status;
}

static enum till_status write_sets(struct tool_run *run, const struct till_basket_data *data,
                                   struct till_itemsets_options *wishes, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("items"), till_slice_of("size"), till_slice_of("count"),
                                       till_slice_of("support")};
    const struct settings *settings = run->settings;
    struct output output = {.data = data, .items = malloc((data->baskets.item_count + 1) * sizeof *output.items)};
    enum till_status status = output.items == NULL ? till_error_memory(error) : TILL_OK;
    /* The sets of most baskets are the same at the support that has enough of them, but for maximal ones. */
    if (status == TILL_OK && settings->top > 0 && wishes->type != TILL_ITEMSETS_MAXIMAL)
        status = till_itemsets_threshold(&data->baskets, wishes, settings->top, &wishes->minimum_support, error);
    wishes->count_from = count_from[wishes->type];
    if (status == TILL_OK && settings->top > 0)
        status = find_threshold(data, wishes, settings->top, &output, error);
    if (status == TILL_OK)
        status = tool_open_output(run, &output.writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(output.writer, names, types, 4, error);
    if (status == TILL_OK)
        status = plain_start(&output, error);
    if (status == TILL_OK)
        status = till_itemsets_mine_groups(&data->baskets, wishes, write_group, &output, error);
    if (status == TILL_OK && output.tails != NULL)
        status = next_stretch(&output, 0, error);
    plain_free(&output);
    free(output.items);
    till_text_free(&output.text);
    tool_figure(run, "itemsets", (double)output.written);
    return status == TILL_ERROR_DATA && strcmp(error->role, "limit") == 0 ? refuse(data, wishes, error) : status;
}

static enum till_status write_counts(struct tool_run *run, const struct till_basket_data *data,
                                     const struct till_itemsets_options *wishes, struct till_error *error) {
    static const enum till_type types[] = {TILL_COUNT, TILL_COUNT};
    const struct till_slice names[] = {till_slice_of("size"), till_slice_of("itemsets")};
    struct till_itemset_counts counts = {0};
    struct till_writer *writer;
    enum till_status status = till_itemsets_count(&data->baskets, wishes, &counts, error);
    if (status == TILL_OK)
        status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 2, error);
    for (uint32_t size = 1; status == TILL_OK && size <= counts.largest; size++) {
        if (counts.of_size[size] == 0)
            continue;
        char digits[40];
        till_writer_count(writer, size);
        if (counts.of_size[size] <= (till_wide)INT64_MAX)
            till_writer_count(writer, (uint64_t)counts.of_size[size]);
        else
            till_writer_text(writer, baskets_digits(digits, counts.of_size[size]));
        status = till_writer_end(writer, error);
    }
    tool_figure(run, "itemsets", (double)counts.total);
    till_itemset_counts_free(&counts);
    return status;
}

static enum till_status mine(struct tool_run *run, const struct till_basket_data *data, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_itemsets_options wishes = {.type = (enum till_itemsets_type)settings->type,
                                           .minimum_size = (uint32_t)settings->min_size,
                                           .maximum_size = (uint32_t)settings->max_size,
                                           .limit = settings->limit,
                                           .threads = run->threads};
    uint32_t *rank = NULL, *inner = NULL;
    enum till_status status =
        baskets_support(settings->input.minimum, data->baskets.count, &wishes.minimum_support, error);
    if (status == TILL_OK && settings->max_size > 0 && settings->max_size < settings->min_size)
        status = till_error_set(error, TILL_ERROR_USAGE, "--max-size is below --min-size");
    if (status == TILL_OK)
        status = baskets_rank(data, &rank, &inner, error);
    if (status == TILL_OK) {
        wishes.rank = rank;
        wishes.inner_rank = inner;
        tool_fact(run, "minimum_support", "%llu", (unsigned long long)wishes.minimum_support);
        wishes.limit = settings->count ? 0 : settings->limit; /* counting holds nothing */
        status = settings->count ? write_counts(run, data, &wishes, error) : write_sets(run, data, &wishes, error);
    }
    free(rank);
    return status;
}

static enum till_status itemsets_of_input(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_basket_data data;
    void *state;
    enum till_status status = baskets_read(run, &settings->input, NULL, false, &state, &data, error);
    if (status == TILL_OK)
        status = mine(run, &data, error);
    till_basket_data_free(&data);
    till_basket_aggregate.destroy(state);
    return status;
}

static const struct tool itemsets = {
    .name = "till-itemsets",
    .purpose = "sets of items that are bought together: frequent, closed or maximal",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = itemsets_of_input,
};

int main(int argc, char **argv) {
    return tool_main(&itemsets, argc, argv);
}
