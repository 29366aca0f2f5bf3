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

/* The cells behind the items, which are the same for all sets of one size and count. */
struct tail {
    uint64_t count;
    size_t size; /* 0: none yet */
    size_t length;
    char text[80];
};
enum { TAILS = 1 << 12 };

/* What the visitor of sets needs. */
struct output {
    const struct till_basket_data *data;
    struct till_writer *writer;
    struct till_text text;
    uint64_t written;
    uint64_t threshold; /* --top: sets of fewer baskets are left out */
    uint64_t ties;      /* how many sets of just that many are wanted */
    /* plain rows: NULL where there are none */
    struct tail *tails;     /* [TAILS], by count */
    struct till_text names; /* of all items, each with a bar behind it */
    size_t *name;           /* [items + 1]: where they begin */
    uint32_t *last;         /* the items of the last set; room for all */
    size_t *last_at;        /* where each begins in `text` */
    size_t last_size;
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

/* The names as they are written. False when memory is out; *plain is false where one needs quotes. */
static bool list_names(struct output *output, bool *plain) {
    const struct till_basket_data *data = output->data;
    *plain = true;
    for (uint32_t i = 0; *plain && i < data->baskets.item_count; i++) {
        size_t start = output->name[i] = output->names.length;
        if (!till_basket_write_item(&output->names, data->items[i]) || !till_text_append(&output->names, "|", 1))
            return false;
        *plain = till_writer_is_plain(output->writer,
                                      (struct till_slice){output->names.bytes + start, output->names.length - start});
    }
    output->name[data->baskets.item_count] = output->names.length;
    return true;
}

static void plain_free(struct output *output) {
    free(output->tails);
    free(output->name);
    free(output->last);
    free(output->last_at);
    till_text_free(&output->names);
    output->tails = NULL;
    output->name = output->last_at = NULL;
    output->last = NULL;
}

/* Rows are put together here where the format and the names allow it: a row then costs what it adds to the last. */
static enum till_status plain_start(struct output *output, struct till_error *error) {
    size_t items = output->data->baskets.item_count;
    bool plain = false;
    output->tails = calloc(TAILS, sizeof *output->tails);
    output->name = malloc((items + 1) * sizeof *output->name);
    output->last = malloc((items + 1) * sizeof *output->last);
    output->last_at = malloc((items + 1) * sizeof *output->last_at);
    bool fine = output->tails != NULL && output->name != NULL && output->last != NULL && output->last_at != NULL &&
                list_names(output, &plain);
    if (!fine || !plain)
        plain_free(output);
    return fine ? TILL_OK : till_error_memory(error);
}

/* The cells size, count and support with a delimiter before each. */
static const struct tail *tail_of(struct output *output, size_t size, uint64_t count) {
    struct tail *tail = &output->tails[count % TAILS];
    if (tail->size == size && tail->count == count)
        return tail;
    char *to = tail->text, delimiter = till_writer_delimiter(output->writer);
    *to++ = delimiter;
    to += till_count_format(to, size);
    *to++ = delimiter;
    to += till_count_format(to, count);
    *to++ = delimiter;
    to += till_real_format(to, (double)count / (double)output->data->baskets.count);
    tail->count = count;
    tail->size = size;
    tail->length = (size_t)(to - tail->text);
    return tail;
}

/* Brings `text` up to the items before the last one; sets come in order, so that most of them are there. */
static bool begin_items(struct output *output, const uint32_t *items, size_t size) {
    size_t same = 0;
    while (same + 1 < size && same < output->last_size && output->last[same] == items[same])
        same++;
    output->text.length = same == 0 ? 0 : output->last_at[same];
    for (; same + 1 < size; same++) {
        const size_t *name = &output->name[items[same]];
        output->last[same] = items[same];
        if (!till_text_append(&output->text, output->names.bytes + name[0], name[1] - name[0]))
            return false;
        output->last_at[same + 1] = output->text.length;
    }
    output->last_size = size - 1;
    return true;
}

static enum till_status write_plain(struct output *output, const uint32_t *items, size_t size, uint64_t count,
                                    struct till_error *error) {
    const struct tail *tail = tail_of(output, size, count);
    const size_t *name = &output->name[items[size - 1]];
    size_t length = name[1] - name[0] - 1; /* without the bar */
    char *row = begin_items(output, items, size)
                    ? till_writer_row(output->writer, output->text.length + length + tail->length)
                    : NULL;
    if (row == NULL)
        return till_error_memory(error);
    char *to = row;
    if (output->text.length > 0)
        memcpy(to, output->text.bytes, output->text.length);
    to += output->text.length;
    memcpy(to, output->names.bytes + name[0], length);
    to += length;
    memcpy(to, tail->text, tail->length);
    return till_writer_end_row(output->writer, (size_t)(to - row) + tail->length, error);
}

/* ---- rows ---- */

static enum till_status write_cells(struct output *output, const uint32_t *items, size_t size, uint64_t count,
                                    struct till_error *error) {
    output->text.length = 0;
    if (!baskets_write_items(&output->text, output->data, items, size))
        return till_error_memory(error);
    till_writer_text(output->writer, (struct till_slice){output->text.bytes, output->text.length});
    till_writer_count(output->writer, size);
    till_writer_count(output->writer, count);
    till_writer_real(output->writer, (double)count / (double)output->data->baskets.count);
    return till_writer_end(output->writer, error);
}

static enum till_status write_set(void *context, const uint32_t *items, size_t size, uint64_t count,
                                  struct till_error *error) {
    struct output *output = context;
    if (count < output->threshold || (output->threshold > 0 && count == output->threshold && output->ties == 0))
        return TILL_OK;
    output->ties -= count == output->threshold && output->ties > 0;
    output->written++;
    return output->tails != NULL ? write_plain(output, items, size, count, error)
                                 : write_cells(output, items, size, count, error);
}

static enum till_status write_sets(struct tool_run *run, const struct till_basket_data *data,
                                   struct till_itemsets_options *wishes, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("items"), till_slice_of("size"), till_slice_of("count"),
                                       till_slice_of("support")};
    const struct settings *settings = run->settings;
    struct output output = {.data = data};
    enum till_status status = TILL_OK;
    /* The sets of most baskets are the same at the support that has enough of them, but for maximal ones. */
    if (settings->top > 0 && wishes->type != TILL_ITEMSETS_MAXIMAL)
        status = till_itemsets_threshold(&data->baskets, wishes, settings->top, &wishes->minimum_support, error);
    if (status == TILL_OK && wishes->type == TILL_ITEMSETS_FREQUENT)
        status = baskets_guard(data, wishes, &guard[wishes->type], error);
    if (status == TILL_OK && settings->top > 0)
        status = find_threshold(data, wishes, settings->top, &output, error);
    if (status == TILL_OK)
        status = tool_open_output(run, &output.writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(output.writer, names, types, 4, error);
    if (status == TILL_OK)
        status = plain_start(&output, error);
    if (status == TILL_OK)
        status = till_itemsets_mine(&data->baskets, wishes, write_set, &output, error);
    plain_free(&output);
    till_text_free(&output.text);
    tool_figure(run, "itemsets", (double)output.written);
    if (status == TILL_ERROR_DATA && strcmp(error->role, "limit") == 0)
        status = baskets_refuse(data, wishes, NULL, &guard[wishes->type], error);
    return status;
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
