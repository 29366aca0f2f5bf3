/* till-sequences: what many customers buy one after the other. */
#include "baskets.h"

#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/sequences.h>

struct settings {
    const char *minimum;
    const char *max_gap;
    const char *window;
    uint64_t max_size;
    uint64_t limit;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "min-support",
     .letter = 's',
     .kind = OPTION_TEXT,
     .offset = AT(minimum),
     .argument = "SUPPORT",
     .initial = "0.01",
     .help = "The fewest customers: a number of them (60), a fraction (0.01) or a percentage (1%). Fractions are taken "
             "exactly, and rounded up."},
    {.name = "max-gap",
     .kind = OPTION_TEXT,
     .offset = AT(max_gap),
     .argument = "AGE",
     .help = "The longest time from one step of a pattern to the next: 30d, 8w (default: no bound)."},
    {.name = "window",
     .kind = OPTION_TEXT,
     .offset = AT(window),
     .argument = "AGE",
     .initial = "1d",
     .help = "What is bought within so many days, from the first of them on, is one step."},
    {.name = "max-size",
     .kind = OPTION_COUNT,
     .offset = AT(max_size),
     .argument = "N",
     .maximum = 4294967295.0,
     .help = "The most items of a pattern. 0: no bound."},
    {.name = "limit",
     .kind = OPTION_COUNT,
     .offset = AT(limit),
     .argument = "N",
     .initial = "10000000",
     .minimum = 1,
     .maximum = 4e9,
     .help = "More patterns than this are an error instead of a full memory."},
    {0}};

/* Days of an age such as 30d or 8w. */
static enum till_status parse_age(const char *text, const char *option, uint32_t *days, struct till_error *error) {
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value < 1000000; at++)
        value = 10 * value + (uint64_t)(*at - '0');
    bool weeks = *at == 'w';
    if (value == 0 || value > 1000000 || !((*at == 'd' || weeks) && at[1] == '\0'))
        return tool_usage_text(error, option, "not a time such as 30d or 8w", till_slice_of(text));
    *days = (uint32_t)(weeks ? 7 * value : value);
    return TILL_OK;
}

/* ---- from days to steps ---- */

/* The arrays of struct till_sequences. */
struct steps {
    uint64_t *customer_start;
    uint64_t *step_start;
    int32_t *day;
    uint32_t *items;
    uint64_t customers;
    uint64_t count;
};

static void steps_free(struct steps *steps) {
    free(steps->customer_start);
    free(steps->step_start);
    free(steps->day);
    free(steps->items);
}

/* A key is the customer, a NUL, and the day. */
static int32_t day_of(struct till_slice key) {
    int64_t time = 0;
    till_date_parse(TILL_DATE_ISO, NULL, key.bytes + key.length - 10, 10, &time);
    return till_date_day(time);
}

static struct till_slice customer_of(struct till_slice key) {
    return (struct till_slice){key.bytes, key.length - 11};
}

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Adds a day's items to the step at hand, which ends at *filled. */
static void add_items(struct steps *steps, const uint32_t *items, uint64_t size, uint64_t *filled) {
    uint64_t start = steps->step_start[steps->count - 1], kept = start;
    bool first = *filled == start;
    memcpy(steps->items + *filled, items, size * sizeof *items);
    *filled += size;
    if (first)
        return;                                                             /* a basket's items rise already */
    qsort(steps->items + start, *filled - start, sizeof *items, by_number); /* ties are equal */
    for (uint64_t i = start; i < *filled; i++)
        if (kept == start || steps->items[kept - 1] != steps->items[i])
            steps->items[kept++] = steps->items[i];
    *filled = kept;
}

/* Baskets of (customer, day), in that order, become steps; days of one window one of them. */
static bool make_steps(struct steps *steps, const struct till_basket_data *data, uint32_t window) {
    const struct till_baskets *baskets = &data->baskets;
    uint64_t filled = 0;
    *steps = (struct steps){.customer_start = malloc((baskets->count + 1) * sizeof(uint64_t)),
                            .step_start = malloc((baskets->count + 1) * sizeof(uint64_t)),
                            .day = malloc((baskets->count + 1) * sizeof(int32_t)),
                            .items = malloc((baskets->offsets[baskets->count] + 1) * sizeof(uint32_t))};
    if (steps->customer_start == NULL || steps->step_start == NULL || steps->day == NULL || steps->items == NULL)
        return false;
    for (uint64_t b = 0; b < baskets->count; b++) {
        bool same = b > 0 && till_slice_equal(customer_of(data->keys[b]), customer_of(data->keys[b - 1]));
        int32_t day = day_of(data->keys[b]);
        if (!same)
            steps->customer_start[steps->customers++] = steps->count;
        if (!same || (int64_t)day - steps->day[steps->count - 1] >= window) {
            steps->step_start[steps->count] = filled;
            steps->day[steps->count++] = day;
        }
        add_items(steps, baskets->items + baskets->offsets[b], baskets->offsets[b + 1] - baskets->offsets[b], &filled);
    }
    steps->customer_start[steps->customers] = steps->count;
    steps->step_start[steps->count] = filled;
    return true;
}

/* ---- patterns ---- */

/* Patterns by text, so that they can be put in order; `size` and `customers` by their codes. */
struct patterns {
    const struct till_basket_data *data;
    struct till_dictionary *texts;
    struct till_text text;
    uint32_t *size;
    uint64_t *customers;
    size_t capacity;
    uint64_t bytes; /* of all texts */
};

/* An item's name; the sign between steps is written \> in it. */
static bool write_name(struct till_text *out, struct till_slice name) {
    size_t done = 0;
    for (size_t i = 1; i + 1 < name.length; i++) {
        if (memcmp(name.bytes + i - 1, " > ", 3) != 0)
            continue;
        if (!till_basket_write_item(out, (struct till_slice){name.bytes + done, i - done}) ||
            !till_text_append(out, "\\", 1))
            return false;
        done = i;
    }
    return till_basket_write_item(out, (struct till_slice){name.bytes + done, name.length - done});
}

static bool reserve(struct patterns *patterns, size_t count) {
    const struct till_array columns[] = {TILL_ARRAY(patterns->size), TILL_ARRAY(patterns->customers)};
    return till_arrays_reserve(columns, 2, count, &patterns->capacity);
}

/* Patterns are held until they are sorted; so many bytes of them are more than anybody reads. */
static const uint64_t most_bytes = (uint64_t)1 << 29;

static enum till_status too_much(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_DATA,
                          "patterns of more than %llu bytes in all: raise --min-support, or bound --max-size or "
                          "--max-gap",
                          (unsigned long long)most_bytes);
}

static enum till_status keep_pattern(void *context, const uint32_t *items, const bool *opens, size_t size,
                                     uint64_t customers, struct till_error *error) {
    struct patterns *patterns = context;
    uint32_t code;
    bool fine = true;
    patterns->text.length = 0;
    for (size_t i = 0; fine && i < size; i++)
        fine = (i == 0 || till_text_append_string(&patterns->text, opens[i] ? " > " : "|")) &&
               write_name(&patterns->text, patterns->data->items[items[i]]);
    fine =
        fine &&
        till_dictionary_add(patterns->texts, (struct till_slice){patterns->text.bytes, patterns->text.length}, &code) &&
        reserve(patterns, code + (size_t)1);
    if (!fine)
        return till_error_memory(error);
    patterns->bytes += patterns->text.length;
    if (patterns->bytes > most_bytes)
        return too_much(error);
    patterns->size[code] = (uint32_t)size;
    patterns->customers[code] = customers;
    return TILL_OK;
}

static enum till_status write_pattern(struct till_writer *writer, const struct patterns *patterns, uint32_t code,
                                      uint64_t customers, struct till_error *error) {
    till_writer_text(writer, till_dictionary_text(patterns->texts, code));
    till_writer_count(writer, patterns->size[code]);
    till_writer_count(writer, patterns->customers[code]);
    till_writer_real(writer, (double)patterns->customers[code] / (double)customers);
    return till_writer_end(writer, error);
}

/* All patterns by size, then by text; NULL when memory is out. */
static uint32_t *order_patterns(const struct patterns *patterns) {
    uint32_t count = till_dictionary_count(patterns->texts), largest = 0;
    for (uint32_t i = 0; i < count; i++)
        largest = patterns->size[i] > largest ? patterns->size[i] : largest;
    uint32_t *by_text = malloc((count + (size_t)1) * sizeof *by_text);
    uint32_t *order = calloc(count + (size_t)1, sizeof *order);
    uint32_t *next = calloc((size_t)largest + 2, sizeof *next);
    bool fine = by_text != NULL && order != NULL && next != NULL && till_dictionary_order(patterns->texts, by_text);
    for (uint32_t i = 0; fine && i < count; i++)
        next[patterns->size[i] + 1]++;
    for (uint32_t size = 1; fine && size <= largest; size++)
        next[size] += next[size - 1];
    for (uint32_t i = 0; fine && i < count; i++)
        order[next[patterns->size[by_text[i]]]++] = by_text[i];
    free(by_text);
    free(next);
    if (fine)
        return order;
    free(order);
    return NULL;
}

static enum till_status write_patterns(struct tool_run *run, const struct patterns *patterns, uint64_t customers,
                                       struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("pattern"), till_slice_of("size"), till_slice_of("customers"),
                                       till_slice_of("support")};
    struct till_writer *writer;
    uint32_t count = till_dictionary_count(patterns->texts), *order = order_patterns(patterns);
    if (order == NULL)
        return till_error_memory(error);
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 4, error);
    for (uint32_t i = 0; status == TILL_OK && i < count; i++)
        status = write_pattern(writer, patterns, order[i], customers, error);
    free(order);
    tool_figure(run, "customers", (double)customers);
    tool_figure(run, "patterns", (double)count);
    return status;
}

static enum till_status mine(struct tool_run *run, const struct till_basket_data *data, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_sequences_options wishes = {.maximum_size = (uint32_t)settings->max_size, .limit = settings->limit};
    struct patterns patterns = {.data = data, .texts = till_dictionary_new()};
    struct steps steps = {0};
    uint32_t window = 1;
    enum till_status status = patterns.texts == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = parse_age(settings->window, "--window", &window, error);
    if (status == TILL_OK && settings->max_gap != NULL)
        status = parse_age(settings->max_gap, "--max-gap", &wishes.maximum_gap, error);
    if (status == TILL_OK && !make_steps(&steps, data, window))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = baskets_support(settings->minimum, steps.customers, &wishes.minimum_support, error);
    const struct till_sequences sequences = {steps.customer_start, steps.step_start, steps.day,
                                             steps.items,          steps.customers,  data->baskets.item_count};
    if (status == TILL_OK)
        status = till_sequences_mine(&sequences, &wishes, keep_pattern, &patterns, error);
    if (status == TILL_OK)
        status = write_patterns(run, &patterns, steps.customers, error);
    steps_free(&steps);
    till_dictionary_free(patterns.texts);
    till_text_free(&patterns.text);
    free(patterns.size);
    free(patterns.customers);
    return status;
}

static enum till_status sequences_of_input(struct tool_run *run, struct till_error *error) {
    const struct basket_options input = {.by = TILL_BASKET_DAY};
    struct till_basket_data data;
    void *state;
    enum till_status status = baskets_read(run, &input, NULL, true, &state, &data, error);
    if (status == TILL_OK)
        status = mine(run, &data, error);
    till_basket_data_free(&data);
    till_basket_aggregate.destroy(state);
    return status;
}

static const struct tool sequences = {
    .name = "till-sequences",
    .purpose = "what many customers buy one after the other",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = sequences_of_input,
};

int main(int argc, char **argv) {
    return tool_main(&sequences, argc, argv);
}
