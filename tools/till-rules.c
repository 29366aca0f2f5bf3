/* till-rules: association rules that hold up: what baskets with these items tend to hold too, judged against everything
 * that was searched. */
#include "baskets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/random.h>
#include <till/rules.h>

#include "taxonomy.h"

struct settings {
    struct basket_options input;
    double min_confidence;
    double min_lift;
    uint64_t max_antecedent;
    uint64_t max_consequent;
    const char *antecedent;
    const char *consequent;
    const char *measures;
    int sort;
    uint64_t top;
    int redundant;
    const char *taxonomy;
    double holdout;
    double fdr;
    int adjust;
    const char *strata;
    const char *robust;
    uint64_t limit;
    uint64_t buffer_size;
};

#define AT(field) offsetof(struct settings, field)
#define INPUT(field) offsetof(struct settings, input.field)
static const struct option options[] = {
    BASKET_OPTIONS(INPUT, "0.01"),
    {.name = "min-confidence",
     .letter = 'c',
     .kind = OPTION_REAL,
     .offset = AT(min_confidence),
     .argument = "P",
     .initial = "0.5",
     .minimum = 0,
     .maximum = 1,
     .help = "The smallest share of the antecedent's baskets that hold the consequent."},
    {.name = "min-lift",
     .kind = OPTION_REAL,
     .offset = AT(min_lift),
     .argument = "X",
     .initial = "0",
     .minimum = 0,
     .maximum = 1e18,
     .help = "The smallest lift."},
    {.name = "max-antecedent",
     .kind = OPTION_COUNT,
     .offset = AT(max_antecedent),
     .argument = "N",
     .maximum = 62,
     .help = "The most items of an antecedent; a smaller search. 0: no bound."},
    {.name = "max-consequent",
     .kind = OPTION_COUNT,
     .offset = AT(max_consequent),
     .argument = "N",
     .initial = "1",
     .minimum = 1,
     .maximum = 62,
     .help = "The most items of a consequent."},
    {.name = "antecedent",
     .kind = OPTION_TEXT,
     .offset = AT(antecedent),
     .argument = "ITEMS",
     .help = "Only these items may stand in an antecedent: names joined by | as in the output; a smaller search."},
    {.name = "consequent",
     .kind = OPTION_TEXT,
     .offset = AT(consequent),
     .argument = "ITEMS",
     .help = "Only these items may stand in a consequent; a smaller search."},
    {.name = "measures",
     .kind = OPTION_TEXT,
     .offset = AT(measures),
     .argument = "LIST",
     .help = "Further columns, separated by commas, or all: see MEASURES."},
    {.name = "sort",
     .kind = OPTION_CHOICE,
     .offset = AT(sort),
     .argument = "BY",
     .initial = "lift",
     .choices = "lift|confidence|support|leverage|p_value|q_value",
     .help = "The best first by this; ties by support, then by the bytes of both sides."},
    {.name = "top",
     .kind = OPTION_COUNT,
     .offset = AT(top),
     .argument = "N",
     .maximum = 1e9,
     .help = "Only the first N rules. 0: all."},
    {.name = "redundant",
     .kind = OPTION_CHOICE,
     .offset = AT(redundant),
     .argument = "WHAT",
     .initial = "keep",
     .choices = "drop|keep",
     .help = "What becomes of rules that are no more confident than one with a part of their antecedent."},
    {.name = "taxonomy",
     .kind = OPTION_FILE,
     .offset = AT(taxonomy),
     .argument = "FILE",
     .help = "Kinds of items: a CSV file of item,parent, of any depth. Rules may then hold kinds, but no item beside "
             "its own kind."},
    {.name = "holdout",
     .kind = OPTION_REAL,
     .offset = AT(holdout),
     .argument = "FRACTION",
     .minimum = 0,
     .maximum = 0.99,
     .help = "Search in a part of the customers (baskets, where there are none), and count and test in this fraction "
             "of them, chosen by the seed."},
    {.name = "fdr",
     .kind = OPTION_REAL,
     .offset = AT(fdr),
     .argument = "Q",
     .minimum = 0,
     .maximum = 1,
     .help = "Leave out rules with a larger q_value. 0: none."},
    {.name = "adjust",
     .kind = OPTION_CHOICE,
     .offset = AT(adjust),
     .argument = "HOW",
     .initial = "bh",
     .choices = "bh|by|layered",
     .help = "What q_value is: the false discovery rate (Benjamini and Hochberg), the same under any dependence "
             "(Benjamini and Yekutieli), or the chance of a single false rule (layered critical values, Webb)."},
    {.name = "strata",
     .kind = OPTION_TEXT,
     .offset = AT(strata),
     .argument = "size|COL",
     .help = "Compare like with like: test within baskets of one size, or of one value of a column (a store)."},
    {.name = "robust",
     .kind = OPTION_TEXT,
     .offset = AT(robust),
     .argument = "COL",
     .help = "Baskets of one value of this column (a customer) depend on each other: they are the units of the test."},
    {.name = "limit",
     .kind = OPTION_COUNT,
     .offset = AT(limit),
     .argument = "N",
     .initial = "20000000",
     .minimum = 1,
     .maximum = 4e9,
     .help = "More frequent itemsets than this are an error instead of a full memory."},
    {.name = "buffer-size",
     .kind = OPTION_SIZE,
     .offset = AT(buffer_size),
     .argument = "SIZE",
     .initial = "64M",
     .minimum = 65536,
     .maximum = 1e15,
     .help = "The memory to sort rules in; what goes beyond it is sorted in temporary files in $TMPDIR."},
    {0}};

/* ---- items on the command line ---- */

static bool find_item(const struct till_basket_data *data, struct till_slice name, bool *chosen) {
    for (uint32_t i = 0; i < data->baskets.item_count; i++)
        if (till_slice_equal(data->items[i], name)) {
            chosen[i] = true;
            return true;
        }
    return false;
}

/* The next of several names joined by a bar, without its backslashes; *at is NULL behind the last. False when memory is
 * out. */
static bool next_item(const char **at, struct till_text *name) {
    const char *c = *at;
    name->length = 0;
    for (; *c != '\0' && *c != '|'; c++) {
        c += *c == '\\' && c[1] != '\0';
        if (!till_text_append(name, c, 1))
            return false;
    }
    *at = *c == '\0' ? NULL : c + 1;
    return true;
}

/* A flag for each item that is named; NULL where no list was given. */
static enum till_status choose_items(const struct till_basket_data *data, const char *list, const char *option,
                                     bool **chosen, struct till_error *error) {
    struct till_text name = {0};
    enum till_status status = TILL_OK;
    *chosen = NULL;
    if (list == NULL)
        return TILL_OK;
    *chosen = calloc(data->baskets.item_count + (size_t)1, sizeof **chosen);
    if (*chosen == NULL)
        return till_error_memory(error);
    while (status == TILL_OK && list != NULL) {
        char quoted[TILL_QUOTED_SIZE];
        if (!next_item(&list, &name)) {
            status = till_error_memory(error);
        } else if (!find_item(data, (struct till_slice){name.bytes, name.length}, *chosen)) {
            status = till_error_set(error, TILL_ERROR_DATA, "no basket holds an item called %s (items are joined by |)",
                                    till_error_quote(quoted, name.bytes, name.length));
            till_error_at(error, NULL, 0, 0, option);
        }
    }
    till_text_free(&name);
    return status;
}

/* ---- measures ---- */

struct column {
    size_t measure;
    struct till_slice name; /* as it was asked for */
};

/* Those that are columns anyway are not repeated. */
static bool is_standard(size_t measure) {
    static const char *const standard[] = {"count", "support", "confidence", "lift", "leverage", "conviction"};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (strcmp(till_rule_measure_name(measure), standard[i]) == 0)
            return true;
    return false;
}

/* Whether one of the columns is the measure of this name. */
static bool is_chosen(const struct column *columns, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(till_rule_measure_name(columns[i].measure), name) == 0)
            return true;
    return false;
}

static bool has_measure(const struct column *columns, size_t count, size_t measure) {
    for (size_t i = 0; i < count; i++)
        if (columns[i].measure == measure)
            return true;
    return is_standard(measure);
}

/* Fills `columns`, which has room for all measures. */
static enum till_status choose_measures(const char *list, struct column *columns, size_t *count,
                                        struct till_error *error) {
    *count = 0;
    if (list != NULL && strcmp(list, "all") == 0) {
        for (size_t i = 0; i < till_rule_measures(); i++)
            if (!is_standard(i))
                columns[(*count)++] = (struct column){i, till_slice_of(till_rule_measure_name(i))};
        return TILL_OK;
    }
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ",");
        size_t measure = till_rule_measure_find(list, length);
        if (measure == SIZE_MAX) {
            char quoted[TILL_QUOTED_SIZE];
            till_error_set(error, TILL_ERROR_USAGE, "no measure is called %s (--measures=all shows them)",
                           till_error_quote(quoted, list, length));
            till_error_at(error, NULL, 0, 0, "--measures");
            return TILL_ERROR_USAGE;
        }
        if (!has_measure(columns, *count, measure))
            columns[(*count)++] = (struct column){measure, {list, length}};
        list += length + (list[length] == ',');
    }
    return TILL_OK;
}

/* ---- output ---- */

static const struct {
    const char *name;
    enum till_type type;
} fixed[] = {{"antecedent", TILL_TEXT}, {"consequent", TILL_TEXT}, {"count", TILL_COUNT},   {"support", TILL_REAL},
             {"confidence", TILL_REAL}, {"lift", TILL_REAL},       {"leverage", TILL_REAL}, {"conviction", TILL_REAL},
             {"p_value", TILL_REAL},    {"q_value", TILL_REAL}};
enum { FIXED = sizeof fixed / sizeof *fixed, COLUMNS = 80 };

static enum till_status write_header(struct till_writer *writer, const struct column *columns, size_t count,
                                     struct till_error *error) {
    struct till_slice names[COLUMNS];
    enum till_type types[COLUMNS];
    for (size_t i = 0; i < FIXED; i++) {
        names[i] = till_slice_of(fixed[i].name);
        types[i] = fixed[i].type;
    }
    for (size_t i = 0; i < count; i++) {
        names[FIXED + i] = columns[i].name;
        types[FIXED + i] = TILL_REAL;
    }
    return till_writer_columns(writer, names, types, FIXED + count, error);
}

static void write_measure(struct till_writer *writer, const struct till_rules *rules, const struct till_rule *rule,
                          const char *name) {
    till_writer_real(writer, till_rule_measure(till_rule_measure_find(name, strlen(name)), rules, rule));
}

/* Small p-values keep their exponent down to 1e-308, and are 0 below. */
static double from_log(double log_p) {
    double p = exp(log_p);
    return p < 1e-308 ? 0 : p;
}

static enum till_status write_rule(struct till_writer *writer, const struct till_basket_data *data,
                                   const struct till_rules *rules, const struct till_rule *rule,
                                   const struct column *columns, size_t count, struct till_text *text,
                                   struct till_error *error) {
    text->length = 0;
    if (!baskets_write_items(text, data, rule->antecedent, rule->antecedent_size))
        return till_error_memory(error);
    till_writer_text(writer, (struct till_slice){text->bytes, text->length});
    text->length = 0;
    if (!baskets_write_items(text, data, rule->consequent, rule->consequent_size))
        return till_error_memory(error);
    till_writer_text(writer, (struct till_slice){text->bytes, text->length});
    till_writer_count(writer, rule->both);
    for (size_t i = 3; i < FIXED - 2; i++)
        write_measure(writer, rules, rule, fixed[i].name);
    till_writer_real(writer, from_log(rule->log_p));
    till_writer_real(writer, rule->q < 1e-308 ? 0 : rule->q);
    for (size_t i = 0; i < count; i++)
        till_writer_real(writer, till_rule_measure(columns[i].measure, rules, rule));
    return till_writer_end(writer, error);
}

static enum till_status write_rules(struct tool_run *run, const struct till_basket_data *data, struct till_rules *rules,
                                    const struct column *columns, size_t count, struct till_error *error) {
    struct till_writer *writer;
    struct till_text text = {0};
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = write_header(writer, columns, count, error);
    const struct till_rule *rule = NULL;
    while (status == TILL_OK && (status = till_rules_next(rules, &rule, error)) == TILL_OK && rule != NULL)
        status = write_rule(writer, data, rules, rule, columns, count, &text, error);
    till_text_free(&text);
    return status;
}

/* What was searched, and what is called chance. */
static void tell(struct tool_run *run, const struct till_rules *rules, const struct till_rules_options *wishes) {
    static const char *const nulls[] = {
        [TILL_NULL_INDEPENDENT] = "baskets independent of each other and alike (Fisher's exact test)",
        [TILL_NULL_STRATA] = "baskets alike within a stratum (exact Cochran-Mantel-Haenszel test)",
        [TILL_NULL_CLUSTERS] = "baskets of different customers independent (score test)"};
    struct till_text text = {0};
    for (uint32_t k = 0; k <= rules->largest && rules->largest + rules->tested > 0; k++) {
        if (rules->searched[k] <= 0)
            continue;
        const char *comma = text.length > 0 ? ", " : "";
        bool fine =
            k == 0 ? till_text_append_format(&text, "%s%.0f rules in the baskets held out", comma, rules->searched[k])
                   : till_text_append_format(&text, "%s%.0f of %u items", comma, rules->searched[k], k);
        if (!fine)
            break;
    }
    const char *sizes = text.length > 0 ? till_text_string(&text) : "none";
    sizes = sizes == NULL ? "" : sizes;
    tool_note(run, "hypotheses searched: %s; %llu of them tested; null: %s", sizes, (unsigned long long)rules->tested,
              nulls[wishes->null]);
    tool_fact(run, "hypotheses", "%s", sizes);
    tool_fact(run, "null", "%s", nulls[wishes->null]);
    tool_figure(run, "hypotheses", (double)rules->tested);
    tool_figure(run, "rules", (double)rules->count);
    till_text_free(&text);
}

/* ---- labels ---- */

static uint32_t *size_labels(const struct till_baskets *baskets, uint32_t *count, struct till_error *error) {
    uint32_t *label = malloc((baskets->count + 1) * sizeof *label);
    *count = 1;
    if (label == NULL)
        till_error_memory(error);
    for (uint64_t b = 0; label != NULL && b < baskets->count; b++) {
        label[b] = (uint32_t)(baskets->offsets[b + 1] - baskets->offsets[b]);
        *count = label[b] >= *count ? label[b] + 1 : *count;
    }
    return label;
}

/* Draws customers (or baskets, where the customer is not known) for the part that rules are tested in. */
static bool *hold_out(const struct tool_run *run, const struct till_basket_data *data, struct till_error *error) {
    const struct settings *settings = run->settings;
    bool *held = malloc((data->baskets.count + 1) * sizeof *held);
    if (held == NULL)
        till_error_memory(error);
    for (uint64_t b = 0; held != NULL && b < data->baskets.count; b++) {
        struct till_random random;
        bool known = data->group != NULL && data->groups[data->group[b]].length > 0;
        till_random_start(&random, run->seed, known ? data->group[b] : data->group_count + b);
        held[b] = till_random_uniform(&random) < settings->holdout;
    }
    return held;
}

/* ---- the run ---- */

struct work {
    struct till_basket_data data;
    struct taxonomy taxonomy;
    uint32_t *rank;
    uint32_t *sizes;
    bool *held;
    bool *antecedent;
    bool *consequent;
    struct column columns[COLUMNS];
    size_t column_count;
};

static enum till_status settle_null(struct tool_run *run, struct work *work, struct till_rules_options *wishes,
                                    struct till_error *error) {
    const struct settings *settings = run->settings;
    if (settings->strata != NULL && strcmp(settings->strata, "size") == 0) {
        work->sizes = size_labels(&work->data.baskets, &wishes->label_count, error);
        if (work->sizes == NULL)
            return TILL_ERROR_MEMORY;
        wishes->null = TILL_NULL_STRATA;
        wishes->label = work->sizes;
    } else if (settings->strata != NULL) {
        wishes->null = TILL_NULL_STRATA;
        wishes->label = work->data.stratum;
        wishes->label_count = work->data.stratum_count;
    } else if (settings->robust != NULL) {
        wishes->null = TILL_NULL_CLUSTERS;
        wishes->label = work->data.group;
        wishes->label_count = work->data.group_count;
    }
    if (settings->holdout > 0)
        work->held = hold_out(run, &work->data, error);
    wishes->held_out = work->held;
    return settings->holdout > 0 && work->held == NULL ? TILL_ERROR_MEMORY : TILL_OK;
}

/* The same search as the one for rules, but for baskets that are held out, where fewer are searched. */
static enum till_status guard(const struct work *work, const struct till_rules_options *wishes,
                              struct till_error *error) {
    struct till_itemsets_options sets = {
        .minimum_support = wishes->minimum_support, .limit = wishes->limit, .threads = wishes->threads};
    struct guard_words words = {"max-antecedent", wishes->maximum_consequent, "raise --limit where memory allows"};
    if (wishes->maximum_antecedent > 0)
        sets.maximum_size = wishes->maximum_antecedent + wishes->maximum_consequent;
    return work->held != NULL ? TILL_OK : baskets_guard(&work->data, &sets, &words, error);
}

static enum till_status find_and_write(struct tool_run *run, struct work *work, struct till_rules_options *wishes,
                                       struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_rules rules;
    uint32_t *inner;
    uint64_t searched = 0;
    for (uint64_t b = 0; b < work->data.baskets.count; b++)
        searched += work->held == NULL || !work->held[b];
    enum till_status status = baskets_support(settings->input.minimum, searched, &wishes->minimum_support, error);
    if (status == TILL_OK)
        status = choose_items(&work->data, settings->antecedent, "--antecedent", &work->antecedent, error);
    if (status == TILL_OK)
        status = choose_items(&work->data, settings->consequent, "--consequent", &work->consequent, error);
    if (status == TILL_OK)
        status = baskets_rank(&work->data, &work->rank, &inner, error);
    if (status != TILL_OK)
        return status;
    wishes->antecedent_items = work->antecedent;
    wishes->consequent_items = work->consequent;
    wishes->rank = work->rank;
    wishes->inner_rank = inner;
    tool_fact(run, "minimum_support", "%llu", (unsigned long long)wishes->minimum_support);
    status = guard(work, wishes, error);
    if (status == TILL_OK)
        status = till_rules_find(&work->data.baskets, wishes, &rules, error);
    if (status != TILL_OK)
        return status;
    tell(run, &rules, wishes);
    status = write_rules(run, &work->data, &rules, work->columns, work->column_count, error);
    till_rules_free(&rules);
    return status;
}

static enum till_status rules_of_baskets(struct tool_run *run, struct work *work, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_rules_options wishes = {.minimum_confidence = settings->min_confidence,
                                        .minimum_lift = settings->min_lift,
                                        .maximum_antecedent = (uint32_t)settings->max_antecedent,
                                        .maximum_consequent = (uint32_t)settings->max_consequent,
                                        .adjust = (enum till_rules_adjust)settings->adjust,
                                        .fdr = settings->fdr,
                                        .drop_redundant = settings->redundant == 0,
                                        .sort = (enum till_rules_sort)settings->sort,
                                        .top = settings->top,
                                        .limit = settings->limit,
                                        .memory = (size_t)settings->buffer_size,
                                        .directory = getenv("TMPDIR"),
                                        .improvement = is_chosen(work->columns, work->column_count, "improvement"),
                                        .threads = run->threads};
    enum till_status status = settle_null(run, work, &wishes, error);
    if (status == TILL_OK && settings->taxonomy != NULL) {
        status = taxonomy_apply(&work->taxonomy, &work->data, settings->taxonomy, error);
        wishes.parent = work->taxonomy.parent;
    }
    return status == TILL_OK ? find_and_write(run, work, &wishes, error) : status;
}

static enum till_status rules_of_input(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct work work = {0};
    void *state = NULL;
    bool by_size = settings->strata != NULL && strcmp(settings->strata, "size") == 0;
    struct basket_labels labels = {.group = settings->robust,
                                   .group_customer = settings->holdout > 0,
                                   .stratum = by_size ? NULL : settings->strata};
    if (settings->strata != NULL && settings->robust != NULL)
        return tool_usage(error, "--robust", "--strata and --robust are two different nulls: give one");
    enum till_status status = choose_measures(settings->measures, work.columns, &work.column_count, error);
    if (status == TILL_OK)
        status = baskets_read(run, &settings->input, &labels, settings->holdout > 0, &state, &work.data, error);
    if (status == TILL_OK)
        status = rules_of_baskets(run, &work, error);
    free(work.rank);
    free(work.sizes);
    free(work.held);
    free(work.antecedent);
    free(work.consequent);
    till_basket_data_free(&work.data);
    taxonomy_free(&work.taxonomy);
    till_basket_aggregate.destroy(state);
    return status;
}

static const struct tool rules = {
    .name = "till-rules",
    .purpose = "association rules, tested against everything that was searched",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = rules_of_input,
};

int main(int argc, char **argv) {
    return tool_main(&rules, argc, argv);
}
