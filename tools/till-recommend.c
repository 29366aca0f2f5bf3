/* till-recommend: what to offer to customers, or beside the items of a basket, by rules; and whether that beats
 * offering everybody what sells most. */
#include "baskets.h"

#include <stdlib.h>
#include <string.h>

#include "rules_file.h"

struct settings {
    const char *rules;
    int to;
    int owned;
    uint64_t top;
    bool validate;
};
enum { TO_BASKET, TO_CUSTOMER };

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "rules",
     .letter = 'r',
     .kind = OPTION_FILE,
     .offset = AT(rules),
     .argument = "FILE",
     .help = "The rules, as till-rules writes them: columns antecedent, consequent, confidence, lift."},
    {.name = "to",
     .kind = OPTION_CHOICE,
     .offset = AT(to),
     .argument = "WHOM",
     .initial = "customer",
     .choices = "basket|customer",
     .help = "Whether rules are applied to each order, or to all that a customer bought."},
    {.name = "owned",
     .kind = OPTION_CHOICE,
     .offset = AT(owned),
     .argument = "WHAT",
     .initial = "drop",
     .choices = "drop|keep",
     .help = "What becomes of items that are there already."},
    {.name = "top",
     .kind = OPTION_COUNT,
     .offset = AT(top),
     .argument = "N",
     .initial = "5",
     .minimum = 1,
     .maximum = 1000,
     .help = "The most offers to each."},
    {.name = "validate",
     .kind = OPTION_FLAG,
     .offset = AT(validate),
     .help = "Make offers from what was bought up to --until, and hold them against what the customers bought later."},
    {0}};

/* What all parts of a run need. */
struct work {
    struct till_basket_data data;
    struct rules_file file;
    struct till_recommender *recommender;
    uint32_t item_count; /* of baskets and rules */
    struct till_offer *offers;
};

static enum till_status prepare(struct tool_run *run, struct work *work, struct till_error *error) {
    const struct settings *settings = run->settings;
    bool fine = (work->file.names = till_dictionary_new()) != NULL;
    for (uint32_t i = 0, code; fine && i < work->data.baskets.item_count; i++)
        fine = till_dictionary_add(work->file.names, work->data.items[i], &code);
    work->offers = calloc(settings->top + 1, sizeof *work->offers);
    if (!fine || work->offers == NULL)
        return till_error_memory(error);
    enum till_status status = rules_file_read(&work->file, settings->rules, run->delimiter, error);
    if (status != TILL_OK)
        return status;
    work->item_count = till_dictionary_count(work->file.names);
    tool_figure(run, "rules", (double)work->file.count);
    return till_recommender_new(&work->recommender, work->file.rules, work->file.count, work->item_count, error);
}

/* ---- offers ---- */

/* The order's or customer's name: what stands before the NUL of a key, or all of it. */
static struct till_slice name_of(struct till_slice key) {
    const char *end = memchr(key.bytes, '\0', key.length);
    return (struct till_slice){key.bytes, end == NULL ? key.length : (size_t)(end - key.bytes)};
}

static enum till_status write_offers(struct tool_run *run, struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_TEXT, TILL_REAL, TILL_REAL, TILL_TEXT};
    const struct settings *settings = run->settings;
    const struct till_slice names[] = {till_slice_of(settings->to == TO_BASKET ? "order" : "customer"),
                                       till_slice_of("rank"),
                                       till_slice_of("item"),
                                       till_slice_of("confidence"),
                                       till_slice_of("lift"),
                                       till_slice_of("because")};
    const struct till_baskets *baskets = &work->data.baskets;
    struct till_writer *writer;
    uint64_t offers = 0, served = 0;
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 6, error);
    for (uint64_t b = 0; status == TILL_OK && b < baskets->count; b++) {
        size_t found = till_recommend(work->recommender, baskets->items + baskets->offsets[b],
                                      baskets->offsets[b + 1] - baskets->offsets[b], settings->owned == 0,
                                      settings->top, work->offers);
        for (size_t i = 0; status == TILL_OK && i < found; i++) {
            const struct till_offer_rule *rule = &work->file.rules[work->offers[i].rule];
            till_writer_text(writer, name_of(work->data.keys[b]));
            till_writer_count(writer, i + 1);
            till_writer_text(writer, till_dictionary_text(work->file.names, work->offers[i].item));
            till_writer_real(writer, rule->confidence);
            till_writer_real(writer, rule->lift);
            till_writer_text(writer, rules_file_because(&work->file, work->offers[i].rule));
            status = till_writer_end(writer, error);
        }
        offers += found;
        served += found > 0;
    }
    tool_figure(run, "served", (double)served);
    tool_figure(run, "offers", (double)offers);
    return status;
}

/* ---- validation ---- */

/* How a way to make offers did, by the number of offers. */
struct score {
    uint64_t given; /* offers */
    uint64_t right; /* offers that were bought */
    uint64_t hit;   /* customers with a right one */
};

struct validation {
    struct work *work;
    const struct settings *settings;
    int32_t until;
    uint64_t customers;  /* with purchases before and after */
    struct score *rules; /* [top + 1] */
    struct score *popular;
    uint32_t *by_popularity; /* [sold]: items that somebody had bought by then */
    uint32_t sold;
    uint32_t *past; /* items of a customer, doubles among them */
    bool *owned;    /* [item_count] */
    bool *bought;   /* [item_count]: later */
};

static int32_t day_of(struct till_slice key) {
    int64_t time = 0;
    till_date_parse(TILL_DATE_ISO, NULL, key.bytes + key.length - 10, 10, &time);
    return till_date_day(time);
}

/* The first basket of the next customer. */
static uint64_t next_customer(const struct till_basket_data *data, uint64_t b) {
    uint64_t end = b + 1;
    while (end < data->baskets.count && till_slice_equal(name_of(data->keys[b]), name_of(data->keys[end])))
        end++;
    return end;
}

/* Sets flags of the items of baskets `from` to `to` - 1; returns how many different ones were collected. */
static size_t flag_items(const struct till_baskets *baskets, uint64_t from, uint64_t to, bool *flags, bool value,
                         uint32_t *list) {
    size_t count = 0;
    for (uint64_t i = baskets->offsets[from]; i < baskets->offsets[to]; i++) {
        uint32_t item = baskets->items[i];
        if (list != NULL && !flags[item])
            list[count++] = item;
        flags[item] = value;
    }
    return count;
}

static void judge(const struct validation *v, struct score *scores, const uint32_t *items, size_t found) {
    uint64_t right = 0;
    for (size_t k = 1; k <= v->settings->top; k++) {
        if (k <= found)
            right += v->bought[items[k - 1]];
        scores[k].given += k < found ? k : found;
        scores[k].right += right;
        scores[k].hit += right > 0;
    }
}

/* The most popular items that are new to the customer (or just the most popular ones). */
static size_t offer_popular(const struct validation *v, uint32_t *items) {
    size_t found = 0;
    for (uint32_t i = 0; i < v->sold && found < v->settings->top; i++)
        if (v->settings->owned != 0 || !v->owned[v->by_popularity[i]])
            items[found++] = v->by_popularity[i];
    return found;
}

/* One customer: baskets `from` to `to` - 1, of which those before `middle` are the past. */
static void judge_customer(struct validation *v, uint64_t from, uint64_t middle, uint64_t to, uint32_t *items) {
    const struct till_baskets *baskets = &v->work->data.baskets;
    if (middle == from || middle == to)
        return;
    v->customers++;
    size_t count = flag_items(baskets, from, middle, v->owned, true, v->past);
    flag_items(baskets, middle, to, v->bought, true, NULL);
    size_t found = till_recommend(v->work->recommender, v->past, count, v->settings->owned == 0, v->settings->top,
                                  v->work->offers);
    for (size_t i = 0; i < found; i++)
        items[i] = v->work->offers[i].item;
    judge(v, v->rules, items, found);
    judge(v, v->popular, items, offer_popular(v, items));
    flag_items(baskets, from, middle, v->owned, false, NULL);
    flag_items(baskets, middle, to, v->bought, false, NULL);
}

/* Goes through the customers: with `counts`, counts each item's customers in the past; else judges. */
static void each_customer(struct validation *v, uint64_t *counts, uint32_t *items) {
    const struct till_basket_data *data = &v->work->data;
    for (uint64_t from = 0, to; from < data->baskets.count; from = to) {
        uint64_t middle = from;
        to = next_customer(data, from);
        while (middle < to && day_of(data->keys[middle]) <= v->until)
            middle++;
        if (counts == NULL) {
            judge_customer(v, from, middle, to, items);
            continue;
        }
        size_t found = flag_items(&data->baskets, from, middle, v->owned, true, v->past);
        for (size_t i = 0; i < found; i++)
            counts[v->past[i]]++;
        flag_items(&data->baskets, from, middle, v->owned, false, NULL);
    }
}

struct popular {
    uint64_t customers;
    uint32_t item;
};

static int by_customers(const void *a, const void *b) {
    const struct popular *left = a, *right = b;
    if (left->customers != right->customers)
        return left->customers < right->customers ? 1 : -1;
    return (left->item > right->item) - (left->item < right->item);
}

static bool rank_popularity(struct validation *v) {
    uint32_t count = v->work->data.baskets.item_count;
    uint64_t *counts = calloc(count + (size_t)1, sizeof *counts);
    struct popular *popular = calloc(count + (size_t)1, sizeof *popular);
    bool fine = counts != NULL && popular != NULL;
    if (fine)
        each_customer(v, counts, NULL);
    for (uint32_t i = 0; fine && i < count; i++)
        popular[i] = (struct popular){counts[i], i};
    if (fine)
        qsort(popular, count, sizeof *popular, by_customers);
    for (uint32_t i = 0; fine && i < count && popular[i].customers > 0; i++)
        v->by_popularity[v->sold++] = popular[i].item;
    free(counts);
    free(popular);
    return fine;
}

static enum till_status write_score(struct till_writer *writer, const char *method, uint64_t k, uint64_t customers,
                                    const struct score *score, struct till_error *error) {
    till_writer_text(writer, till_slice_of(method));
    till_writer_count(writer, k);
    till_writer_count(writer, customers);
    till_writer_count(writer, score->given);
    till_writer_real(writer, (double)score->hit / (double)customers);
    till_writer_real(writer, (double)score->right / (double)score->given);
    return till_writer_end(writer, error);
}

static enum till_status write_validation(struct tool_run *run, const struct validation *v, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_COUNT, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("method"), till_slice_of("k"),        till_slice_of("customers"),
                                       till_slice_of("offers"), till_slice_of("hit_rate"), till_slice_of("precision")};
    struct till_writer *writer;
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 6, error);
    for (uint64_t k = 1; status == TILL_OK && k <= v->settings->top; k++) {
        status = write_score(writer, "rules", k, v->customers, &v->rules[k], error);
        if (status == TILL_OK)
            status = write_score(writer, "popularity", k, v->customers, &v->popular[k], error);
    }
    uint64_t top = v->settings->top;
    if (v->popular[top].hit >= v->rules[top].hit)
        tool_note(run, "with %llu offers the rules do not beat offering what sells most", (unsigned long long)top);
    tool_figure(run, "judged", (double)v->customers);
    tool_figure(run, "hit_rate", (double)v->rules[top].hit / (double)v->customers);
    return status;
}

static enum till_status validate(struct tool_run *run, struct work *work, int32_t until, struct till_error *error) {
    const struct settings *settings = run->settings;
    size_t items = work->item_count + (size_t)1, scores = settings->top + 1;
    struct validation v = {.work = work,
                           .settings = settings,
                           .until = until,
                           .rules = calloc(scores, sizeof *v.rules),
                           .popular = calloc(scores, sizeof *v.popular),
                           .by_popularity = calloc(items, sizeof *v.by_popularity),
                           .past = calloc(items, sizeof *v.past),
                           .owned = calloc(items, sizeof *v.owned),
                           .bought = calloc(items, sizeof *v.bought)};
    uint32_t *offered = calloc(scores, sizeof *offered);
    enum till_status status = TILL_OK;
    if (v.rules == NULL || v.popular == NULL || v.by_popularity == NULL || v.past == NULL || v.owned == NULL ||
        v.bought == NULL || offered == NULL || !rank_popularity(&v))
        status = till_error_memory(error);
    if (status == TILL_OK)
        each_customer(&v, NULL, offered);
    if (status == TILL_OK && v.customers == 0)
        status = till_error_set(error, TILL_ERROR_DATA, "nobody bought both up to --until and later");
    if (status == TILL_OK)
        status = write_validation(run, &v, error);
    free(v.rules);
    free(v.popular);
    free(v.by_popularity);
    free(v.past);
    free(v.owned);
    free(v.bought);
    free(offered);
    return status;
}

/* ---- the run ---- */

static enum till_status recommend(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    static const enum till_basket_unit units[] = {TILL_BASKET_ORDER, TILL_BASKET_CUSTOMER};
    struct basket_options input = {.by = (int)units[settings->to]};
    struct work work = {0};
    int32_t until = run->roles.until;
    void *state = NULL;
    if (settings->rules == NULL)
        return tool_usage(error, "--rules", "the rules are wanted, as till-rules writes them");
    if (settings->validate && (until == TILL_DAY_MISSING || settings->to == TO_BASKET))
        return tool_usage(error, "--validate",
                          "the last day of the past is wanted as --until, and offers to customers");
    if (settings->validate) {
        run->roles.until = TILL_DAY_MISSING; /* what came later is needed too */
        input.by = TILL_BASKET_DAY;
    }
    enum till_status status = baskets_read(run, &input, NULL, true, &state, &work.data, error);
    if (status == TILL_OK)
        status = prepare(run, &work, error);
    if (status == TILL_OK)
        status = settings->validate ? validate(run, &work, until, error) : write_offers(run, &work, error);
    till_recommender_free(work.recommender);
    rules_file_free(&work.file);
    till_dictionary_free(work.file.names);
    free(work.offers);
    till_basket_data_free(&work.data);
    till_basket_aggregate.destroy(state);
    return status;
}

static const struct tool recommendations = {
    .name = "till-recommend",
    .purpose = "what to offer to customers or beside a basket, by rules; validated against what sells most",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = recommend,
};

int main(int argc, char **argv) {
    return tool_main(&recommendations, argc, argv);
}
