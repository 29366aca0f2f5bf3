/* till-itemsets: sets of items that are bought together: all frequent ones, the closed, or the maximal. */
#include "baskets.h"
#include "itemset_rows.h"

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

/* How many sets there are is estimated, or counted, before those that are held take more than so many bytes. */
enum { COUNT_FROM = 1 << 27 };

/* What the visitor of sets needs. */
struct output {
    const struct till_basket_data *data;
    struct till_writer *writer;
    struct till_text text;     /* of a set, where rows are written by cells */
    uint32_t *items;           /* the set */
    struct itemset_rows *rows; /* NULL: by cells */
    uint64_t written;
    uint64_t threshold; /* --top: sets of fewer baskets are left out */
    uint64_t ties;      /* how many sets of just that many are wanted */
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

static enum till_status write_cells(struct output *output, size_t size, uint32_t count, struct till_error *error) {
    output->text.length = 0;
    if (!baskets_write_items(&output->text, output->data, output->items, size))
        return till_error_memory(error);
    till_writer_text(output->writer, (struct till_slice){output->text.bytes, output->text.length});
    till_writer_count(output->writer, size);
    till_writer_count(output->writer, count);
    till_writer_real(output->writer, (double)count / (double)output->data->baskets.count);
    return till_writer_end(output->writer, error);
}

/* Whether a set is among the --top. */
static bool is_wanted(struct output *output, uint64_t count) {
    if (count < output->threshold || (output->threshold > 0 && count == output->threshold && output->ties == 0))
        return false;
    output->ties -= count == output->threshold && output->ties > 0;
    return true;
}

/* Writes the sets of one group that are wanted. */
static enum till_status write_wanted(struct output *output, const struct till_itemset_groups *group,
                                     struct till_error *error) {
    uint32_t changed = group->group->changed;
    enum till_status status = TILL_OK;
    memcpy(output->items + group->size - 1 - changed, group->items, changed * sizeof *group->items);
    for (uint32_t k = 0; status == TILL_OK && k < group->group->sets; k++) {
        bool wanted = is_wanted(output, group->count[k]);
        struct till_itemset_group one = {k == 0 ? changed : 0, wanted};
        output->items[group->size - 1] = group->last[k];
        output->written += wanted;
        if (output->rows != NULL)
            status = itemset_rows_add(
                output->rows,
                &(struct till_itemset_groups){group->size, 1, &one, group->items, group->last + k, group->count + k},
                error);
        else if (wanted)
            status = write_cells(output, group->size, group->count[k], error);
    }
    return status;
}

static enum till_status write_groups(void *context, const struct till_itemset_groups *groups,
                                     struct till_error *error) {
    struct output *output = context;
    if (output->rows != NULL && output->threshold == 0) {
        for (size_t g = 0; g < groups->groups; g++)
            output->written += groups->group[g].sets;
        return itemset_rows_add(output->rows, groups, error);
    }
    struct till_itemset_groups one = *groups;
    enum till_status status = TILL_OK;
    for (size_t g = 0; status == TILL_OK && g < groups->groups; g++, one.group++) {
        status = write_wanted(output, &one, error);
        one.items += one.group->changed;
        one.last += one.group->sets;
        one.count += one.group->sets;
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
    wishes->count_from = COUNT_FROM;
    if (status == TILL_OK && settings->top > 0)
        status = find_threshold(data, wishes, settings->top, &output, error);
    if (status == TILL_OK)
        status = tool_open_output(run, &output.writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(output.writer, names, types, 4, error);
    if (status == TILL_OK)
        status = itemset_rows_new(&output.rows, output.writer, data, error);
    if (status == TILL_OK)
        status = till_itemsets_mine_groups(&data->baskets, wishes, write_groups, &output, error);
    itemset_rows_free(output.rows);
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
