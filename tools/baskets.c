/* tools/baskets.c: input to baskets, supports to counts, sets to texts. */
#include "baskets.h"

#include <stdlib.h>
#include <string.h>

#include <till/fold.h>

/* ---- support ---- */

__extension__ typedef unsigned __int128 wide;

/* A decimal without sign: digits / 10^scale. False for anything else. */
static bool parse_decimal(const char *text, size_t length, uint64_t *digits, unsigned *scale, bool *integer) {
    size_t used = 0, behind = 0;
    bool point = false;
    *digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && !point) {
            point = true;
        } else if (text[i] < '0' || text[i] > '9' || *digits > (UINT64_MAX - 9) / 10) {
            return false;
        } else {
            *digits = 10 * *digits + (uint64_t)(text[i] - '0');
            behind += point;
            used++;
        }
    }
    *scale = (unsigned)behind;
    *integer = !point;
    return used > 0 && behind <= 18;
}

enum till_status baskets_support(const char *text, uint64_t baskets, uint64_t *minimum, struct till_error *error) {
    size_t length = strlen(text);
    bool percent = length > 0 && text[length - 1] == '%', integer;
    uint64_t digits;
    unsigned scale;
    if (!parse_decimal(text, length - percent, &digits, &scale, &integer))
        return tool_usage(error, "--min-support",
                          "a number of baskets (60), a fraction (0.01) or a percentage (1%) is wanted");
    if (digits == 0)
        return tool_usage(error, "--min-support",
                          "a support of 0 would ask for every set there is: give 1 basket or more");
    *minimum = digits;
    if (integer && !percent)
        return TILL_OK;
    wide unit = percent ? 100 : 1;
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    if (digits > unit)
        return tool_usage(error, "--min-support", "a support above 1 (a number of baskets is written without a point)");
    wide product = (wide)digits * baskets;
    *minimum = (uint64_t)((product + unit - 1) / unit);
    *minimum += *minimum == 0; /* without baskets */
    return TILL_OK;
}

/* ---- reading ---- */

static enum till_status plan_lines(struct tool_run *run, const struct basket_options *options,
                                   struct till_basket_settings *settings, struct till_input **input,
                                   struct till_error *error) {
    run->ragged = options->numbers ? ' ' : run->delimiter;
    settings->delimiter = run->ragged;
    settings->numbers = options->numbers;
    enum till_status status = tool_open_input(run, input, error);
    const struct till_plan plan = {.records = true};
    return status == TILL_OK ? till_input_start(*input, &plan, error) : status;
}

/* A further text column of the plan. */
static enum till_status want(struct till_transactions *transactions, const struct till_schema *schema, const char *name,
                             const char *role, size_t *at, struct till_error *error) {
    size_t column;
    if (name == NULL)
        return TILL_OK;
    enum till_status status = till_schema_column(schema, name, &column, error);
    if (status != TILL_OK)
        return status;
    *at = transactions->plan.wanted_count++;
    transactions->wanted[*at] = (struct till_wanted){.column = column,
                                                     .type = TILL_TEXT,
                                                     .missing = TILL_MISSING_FILTERS,
                                                     .role = role,
                                                     .identifier = true,
                                                     .until = TILL_DAY_MISSING,
                                                     .since = TILL_DAY_MISSING};
    return TILL_OK;
}

static enum till_status plan_rows(struct tool_run *run, const struct basket_options *options,
                                  const struct basket_labels *labels, struct till_transactions *transactions,
                                  struct till_basket_settings *settings, struct till_input **input,
                                  struct till_error *error) {
    static const unsigned uses[] = {
        [TILL_BASKET_ORDER] = TILL_NEEDS_ORDER | TILL_NEEDS_ITEM | TILL_USES_CUSTOMER,
        [TILL_BASKET_CUSTOMER] = TILL_NEEDS_CUSTOMER | TILL_NEEDS_ITEM,
        [TILL_BASKET_DAY] = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_ITEM,
    };
    /* The date is read where a bound on it was asked for. */
    bool bounded = run->roles.until != TILL_DAY_MISSING || run->roles.since != TILL_DAY_MISSING;
    settings->transactions = transactions;
    settings->unit = (enum till_basket_unit)options->by;
    enum till_status status = tool_open_input(run, input, error);
    if (status == TILL_OK)
        status = tool_start_transactions(run, *input, uses[options->by] | (bounded ? TILL_NEEDS_DATE : TILL_USES_DATE),
                                         transactions, error);
    if (status != TILL_OK || labels == NULL)
        return status;
    const struct till_schema *schema = till_input_schema(*input);
    status = want(transactions, schema, labels->group, "group", &settings->group, error);
    if (status == TILL_OK)
        status = want(transactions, schema, labels->stratum, "stratum", &settings->stratum, error);
    if (labels->group == NULL && labels->group_customer)
        settings->group = transactions->at[TILL_ROLE_CUSTOMER];
    return status == TILL_OK ? till_input_start(*input, &transactions->plan, error) : status;
}

static enum till_status check(const struct basket_options *options, const struct basket_labels *labels,
                              struct till_error *error) {
    bool lines = options->lines || options->numbers;
    if (options->lines && options->numbers)
        return tool_usage(error, "--fimi", "the input is --baskets or --fimi, not both");
    if (lines && options->by != TILL_BASKET_ORDER)
        return tool_usage(error, "--by", "lines are baskets already");
    if (lines && labels != NULL && (labels->group != NULL || labels->stratum != NULL))
        return tool_usage(error, labels->group != NULL ? "--robust" : "--strata", "lines have no columns");
    return TILL_OK;
}

enum till_status baskets_read(struct tool_run *run, const struct basket_options *options,
                              const struct basket_labels *labels, bool ordered, void **state,
                              struct till_basket_data *data, struct till_error *error) {
    struct till_basket_settings settings = {
        .group = TILL_NO_COLUMN, .stratum = TILL_NO_COLUMN, .keyed = ordered, .threads = run->threads};
    struct till_transactions transactions;
    struct till_input *input;
    bool lines = options->lines || options->numbers;
    *state = NULL;
    *data = (struct till_basket_data){0};
    enum till_status status = check(options, labels, error);
    if (status == TILL_OK)
        status = lines ? plan_lines(run, options, &settings, &input, error)
                       : plan_rows(run, options, labels, &transactions, &settings, &input, error);
    if (status == TILL_OK)
        status = till_fold(input, &till_basket_aggregate, &settings, run->threads, state, error);
    if (status == TILL_OK)
        status = till_basket_data(*state, ordered, data, error);
    if (status == TILL_OK && lines && data->baskets.count == 0)
        status = till_error_set(error, TILL_ERROR_DATA, "no baskets: the input is empty");
    tool_figure(run, "baskets", (double)data->baskets.count);
    tool_figure(run, "items", (double)data->baskets.item_count);
    return status;
}

/* ---- the guard ---- */

struct till_slice baskets_digits(char out[40], till_wide value) {
    size_t at = 40;
    do
        out[--at] = (char)('0' + (int)(value % 10));
    while ((value /= 10) > 0);
    return (struct till_slice){out + at, 40 - at};
}

/* How long rows of so many sets with so many items in all would be, roughly: names of the mean length of all items, and
 * three numbers. */
static double gigabytes(const struct till_basket_data *data, double sets, double items) {
    double name = 0;
    for (uint32_t i = 0; i < data->baskets.item_count; i++)
        name += (double)data->items[i].length / data->baskets.item_count;
    return (items * (name + 1) + sets * 20) / 1e9;
}

static double items_of(const struct till_itemset_counts *counts) {
    double items = 0;
    for (uint32_t size = 1; size <= counts->largest; size++)
        items += (double)counts->of_size[size] * size;
    return items;
}

static bool append_count(struct till_text *text, till_wide count) {
    char digits[40];
    struct till_slice number = baskets_digits(digits, count);
    return till_text_append(text, number.bytes, number.length);
}

/* A support is looked for by counting at many, so it is one that leaves no more than can be counted quickly. */
static const uint64_t quick_sets = 2000000, quick_work = 1 << 29;

static uint64_t aim_of(const struct till_itemsets_options *wishes) {
    return wishes->limit < quick_sets ? wishes->limit : quick_sets;
}

/* Appends a support that leaves what is allowed: the smallest, or one of the smaller where many sets are allowed. */
static enum till_status suggest_support(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                        struct till_text *text, struct till_error *error) {
    struct till_itemsets_options tried = *wishes;
    struct till_itemset_counts counts = {0};
    tried.work = quick_work;
    enum till_status status =
        till_itemsets_threshold(&data->baskets, &tried, aim_of(wishes) + 1, &tried.minimum_support, error);
    tried.minimum_support++;
    tried.limit = tried.work = 0;
    if (status == TILL_OK && tried.minimum_support <= data->baskets.count)
        status = till_itemsets_count(&data->baskets, &tried, &counts, error);
    if (status == TILL_OK && counts.total > 0 &&
        (!till_text_append_format(text, ": --min-support=%llu gives ", (unsigned long long)tried.minimum_support) ||
         !append_count(text, counts.total)))
        status = till_error_memory(error);
    till_itemset_counts_free(&counts);
    return status;
}

/* Appends the largest size that leaves what is allowed. */
static enum till_status suggest_size(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                     const struct guard_words *words, struct till_text *text,
                                     struct till_error *error) {
    struct till_itemsets_options tried = *wishes;
    till_wide last = 0;
    tried.work = quick_work;
    uint32_t size = wishes->minimum_size < 1 ? 1 : wishes->minimum_size;
    for (;; size++) {
        struct till_itemset_counts counts = {0};
        struct till_error beyond = {0};
        tried.maximum_size = size;
        enum till_status status = till_itemsets_count(&data->baskets, &tried, &counts, &beyond);
        till_wide total = counts.total;
        till_itemset_counts_free(&counts);
        if (status == TILL_ERROR_MEMORY)
            return till_error_memory(error);
        if (status != TILL_OK || total > (till_wide)wishes->limit)
            break;
        last = total;
    }
    size--;
    if (last > 0 && size > words->beside &&
        (!till_text_append_format(text, ", --%s=%u gives ", words->size_option, size - words->beside) ||
         !append_count(text, last)))
        return till_error_memory(error);
    return TILL_OK;
}

/* What is known of the number of sets: a count, or that it passes the limit, and an estimate. */
static enum till_status append_number(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                      const struct till_itemset_counts *counts, struct till_text *text,
                                      struct till_error *error) {
    static const char *const types[] = {
        [TILL_ITEMSETS_FREQUENT] = "", [TILL_ITEMSETS_CLOSED] = "closed ", [TILL_ITEMSETS_MAXIMAL] = "maximal "};
    struct till_itemset_estimate estimate = {0};
    enum till_status status = TILL_OK;
    if (counts == NULL)
        status = till_itemsets_estimate(&data->baskets, wishes, &estimate, error);
    if (status != TILL_OK)
        return status;
    bool guessed = estimate.known && estimate.sets > (double)wishes->limit && estimate.sets < 1e38;
    double size = counts != NULL ? gigabytes(data, (double)counts->total, items_of(counts))
                  : guessed      ? gigabytes(data, estimate.sets, estimate.items)
                                 : 0;
    bool fine = (counts == NULL ? till_text_append_format(text, "more than %llu", (unsigned long long)wishes->limit)
                                : append_count(text, counts->total)) &&
                till_text_append_format(text, " %sitemsets", types[wishes->type]) &&
                (!guessed || till_text_append_format(text, ", by an estimate about %.2g", estimate.sets)) &&
                (size < 0.1 || till_text_append_format(text, " (about %.2g GB)", size)) &&
                (!guessed || till_text_append(text, ",", 1));
    return fine ? TILL_OK : till_error_memory(error);
}

static enum till_status append_excess(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                      const struct till_itemset_counts *counts, struct till_text *text,
                                      struct till_error *error) {
    enum till_status status = append_number(data, wishes, counts, text, error);
    if (status == TILL_OK &&
        !till_text_append_format(text, " at a support of %llu baskets, above --limit=%llu",
                                 (unsigned long long)wishes->minimum_support, (unsigned long long)wishes->limit))
        status = till_error_memory(error);
    return status;
}

enum till_status baskets_refuse(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                                const struct till_itemset_counts *counts, const struct guard_words *words,
                                struct till_error *error) {
    struct till_text text = {0};
    enum till_status status = append_excess(data, wishes, counts, &text, error);
    size_t said = text.length;
    if (status == TILL_OK)
        status = suggest_support(data, wishes, &text, error);
    if (status == TILL_OK && wishes->type == TILL_ITEMSETS_FREQUENT)
        status = suggest_size(data, wishes, words, &text, error);
    if (status == TILL_OK && !till_text_append_format(&text, text.length > said ? "; or %s" : ": %s", words->others))
        status = till_error_memory(error);
    const char *message = status == TILL_OK ? till_text_string(&text) : NULL;
    if (message != NULL)
        status = till_error_set(error, TILL_ERROR_DATA, "%s", message);
    else if (status == TILL_OK)
        status = till_error_memory(error);
    till_text_free(&text);
    return status;
}

/* How many items have the support that is asked for; -1 when memory is out. No item stands twice in a basket. */
static double frequent_items(const struct till_basket_data *data, uint64_t minimum) {
    uint64_t entries = data->baskets.count == 0 ? 0 : data->baskets.offsets[data->baskets.count], frequent = 0;
    uint32_t *support = calloc((size_t)data->baskets.item_count + 1, sizeof *support);
    for (uint64_t i = 0; support != NULL && i < entries; i++)
        support[data->baskets.items[i]]++;
    for (uint32_t item = 0; support != NULL && item < data->baskets.item_count; item++)
        frequent += support[item] >= minimum;
    bool known = support != NULL;
    free(support);
    return known ? (double)frequent : -1;
}

/* Whether there cannot be more sets than wished for, whatever the baskets are: sets of a bounded size are few where
 * frequent items are. */
static bool is_within_limit(const struct till_basket_data *data, const struct till_itemsets_options *wishes) {
    if (wishes->maximum_size == 0)
        return false;
    double items = frequent_items(data, wishes->minimum_support), sets = 0, of_size = 1;
    for (uint32_t size = 1; size <= wishes->maximum_size && size <= items && sets <= 1e19; size++)
        sets += of_size *= (items - size + 1) / size;
    return items >= 0 && sets < (double)wishes->limit / 2; /* half: sums of doubles are rounded */
}

/* Counts the sets; where that takes long, only if an estimate allows for them. *refused: there are too many. */
static enum till_status count_or_estimate(const struct till_basket_data *data,
                                          const struct till_itemsets_options *wishes,
                                          struct till_itemset_counts *counts, bool *refused, struct till_error *error) {
    struct till_itemsets_options tried = *wishes;
    struct till_itemset_estimate estimate = {0};
    struct till_error beyond = {0};
    tried.work = (uint64_t)1 << 30;
    enum till_status status = till_itemsets_count(&data->baskets, &tried, counts, &beyond);
    if (status == TILL_ERROR_DATA && strcmp(beyond.role, "work") == 0) {
        status = till_itemsets_estimate(&data->baskets, wishes, &estimate, error);
        *refused = status == TILL_OK && till_itemset_estimate_passes(&estimate, wishes->limit);
        if (status != TILL_OK || *refused)
            return status;
        status = till_itemsets_count(&data->baskets, wishes, counts, &beyond);
    }
    *refused = status == TILL_OK ? counts->total > (till_wide)wishes->limit : strcmp(beyond.role, "limit") == 0;
    if (status == TILL_OK || *refused)
        return TILL_OK;
    *error = beyond;
    return status;
}

enum till_status baskets_guard(const struct till_basket_data *data, const struct till_itemsets_options *wishes,
                               const struct guard_words *words, struct till_error *error) {
    struct till_itemset_counts counts = {0};
    bool refused;
    if (is_within_limit(data, wishes))
        return TILL_OK;
    enum till_status status = count_or_estimate(data, wishes, &counts, &refused, error);
    if (status == TILL_OK && refused)
        status = baskets_refuse(data, wishes, counts.total > 0 ? &counts : NULL, words, error);
    till_itemset_counts_free(&counts);
    return status;
}

/* ---- order and text ---- */

/* Adds the texts of all items, `end` behind each. */
static bool add_texts(struct till_dictionary *texts, const struct till_basket_data *data, const char *end) {
    struct till_text text = {0};
    bool fine = true;
    for (uint32_t i = 0, code; fine && i < data->baskets.item_count; i++) {
        text.length = 0;
        fine = till_basket_write_item(&text, data->items[i]) && till_text_append_string(&text, end) &&
               till_dictionary_add(texts, (struct till_slice){text.bytes, text.length}, &code);
    }
    till_text_free(&text);
    return fine;
}

static bool is_escaped(struct till_slice name) {
    return name.length > 0 &&
           (memchr(name.bytes, '|', name.length) != NULL || memchr(name.bytes, '\\', name.length) != NULL);
}

/* Whether the names are written as they are, and rise: items are in byte order, but for kinds of them that came later.
 */
static bool names_rise(const struct till_basket_data *data) {
    bool rise = true;
    for (uint32_t i = 0; rise && i < data->baskets.item_count; i++)
        rise = !is_escaped(data->items[i]) && (i == 0 || till_slice_compare(data->items[i - 1], data->items[i]) < 0);
    return rise;
}

/* Whether a name with a bar behind it comes before the next name, which comes after it without. */
static bool bar_comes_first(struct till_slice name, struct till_slice next) {
    bool begins = name.length < next.length && memcmp(name.bytes, next.bytes, name.length) == 0;
    return !begins || (unsigned char)next.bytes[name.length] > '|';
}

/* Names that rise, merged with themselves with bars behind them: those that wait begin with each other, so that the
 * last one is the first to go. */
static bool merge_names(const struct till_basket_data *data, uint32_t *rank, uint32_t *inner) {
    uint32_t count = data->baskets.item_count, waiting = 0, next = 0;
    uint32_t *wait = malloc(((size_t)count + 1) * sizeof *wait);
    for (uint32_t i = 0; wait != NULL && i < count; i++) {
        while (waiting > 0 && bar_comes_first(data->items[wait[waiting - 1]], data->items[i]))
            inner[wait[--waiting]] = next++;
        rank[i] = next++;
        wait[waiting++] = i;
    }
    while (waiting > 0)
        inner[wait[--waiting]] = next++;
    free(wait);
    return wait != NULL;
}

/* Other names: by sorting all texts. */
static bool sort_names(const struct till_basket_data *data, uint32_t *rank) {
    size_t count = data->baskets.item_count;
    struct till_dictionary *texts = till_dictionary_new();
    uint32_t *order = malloc((2 * count + 1) * sizeof *order);
    bool fine = texts != NULL && order != NULL && add_texts(texts, data, "") && add_texts(texts, data, "|") &&
                till_dictionary_order(texts, order);
    /* No text is there twice: names differ, and none ends in a bar that is not escaped. */
    for (uint32_t i = 0; fine && i < 2 * count; i++)
        rank[order[i]] = i;
    till_dictionary_free(texts);
    free(order);
    return fine;
}

enum till_status baskets_rank(const struct till_basket_data *data, uint32_t **rank, uint32_t **inner,
                              struct till_error *error) {
    size_t count = data->baskets.item_count;
    *rank = malloc((2 * count + 1) * sizeof **rank);
    *inner = *rank == NULL ? NULL : *rank + count;
    if (*rank != NULL && (names_rise(data) ? merge_names(data, *rank, *inner) : sort_names(data, *rank)))
        return TILL_OK;
    free(*rank);
    *rank = NULL;
    return till_error_memory(error);
}

bool baskets_write_items(struct till_text *out, const struct till_basket_data *data, const uint32_t *items,
                         size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && !till_text_append(out, "|", 1)) || !till_basket_write_item(out, data->items[items[i]]))
            return false;
    return true;
}
