/* till-state: what a state holds, and states made apart added up.
 *
 * Looking into a state unpacks all of it: when that ends well, nothing in it is damaged. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <till/date.h>
#include <till/decimal.h>
#include <till/hash.h>
#include <till/state.h>

struct settings {
    bool inputs;
    bool days;
    const char *merge;
    bool allow_overlap;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "inputs", .kind = OPTION_FLAG, .offset = AT(inputs), .help = "List the inputs that were added instead."},
    {.name = "days", .kind = OPTION_FLAG, .offset = AT(days), .help = "List the days instead."},
    {.name = "merge",
     .kind = OPTION_FILE,
     .offset = AT(merge),
     .argument = "OUT",
     .help = "Write the sum of all FILEs to OUT, which may be one of them. They must have the same roles and formats, "
             "and no input in common."},
    {.name = "allow-overlap",
     .kind = OPTION_FLAG,
     .offset = AT(allow_overlap),
     .help = "With --merge: days may stand in several states (otherwise an error)."},
    {0}};

static enum till_status check_options(const struct tool_run *run, const struct settings *settings,
                                      struct till_error *error) {
    if (run->operand_count == 0)
        return tool_usage(error, NULL, "which state? Give a FILE");
    if (settings->merge == NULL && run->operand_count > 1)
        return tool_usage(error, NULL, "one state at a time (--merge=OUT adds several up)");
    if (settings->merge == NULL && settings->allow_overlap)
        return tool_usage(error, "--allow-overlap", "makes sense only with --merge");
    if (settings->inputs && settings->days)
        return tool_usage(error, "--days", "--inputs is another list; give one of them");
    if (settings->merge != NULL && (settings->inputs || settings->days))
        return tool_usage(error, "--merge", "prints nothing, so there is nothing to list");
    return TILL_OK;
}

/* ---- what a state holds ---- */

static enum till_status open_table(struct tool_run *run, struct till_writer **writer, const char *const *names,
                                   const enum till_type *types, size_t count, struct till_error *error) {
    struct till_slice slices[8];
    for (size_t i = 0; i < count; i++)
        slices[i] = till_slice_of(names[i]);
    enum till_status status = tool_open_output(run, writer, error);
    return status == TILL_OK ? till_writer_columns(*writer, slices, types, count, error) : status;
}

static enum till_status list_inputs(struct tool_run *run, const struct till_state_head *head,
                                    struct till_error *error) {
    static const char *const names[] = {"input", "digest", "bytes", "rows", "first", "last", "replaced"};
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_COUNT, TILL_COUNT,
                                           TILL_DAY,  TILL_DAY,  TILL_COUNT};
    struct till_writer *writer;
    char digest[TILL_FINGERPRINT_TEXT];
    enum till_status status = open_table(run, &writer, names, types, 7, error);
    for (size_t i = 0; i < head->input_count && status == TILL_OK; i++) {
        const struct till_state_input *input = &head->inputs[i];
        till_writer_text(writer, till_slice_of(input->name));
        till_writer_text(writer, till_slice_of(till_fingerprint_text(digest, input->digest)));
        till_writer_count(writer, input->bytes);
        till_writer_count(writer, input->rows);
        till_writer_day(writer, input->first);
        till_writer_day(writer, input->last);
        till_writer_count(writer, input->replaced);
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status list_days(struct tool_run *run, const struct till_state_head *head, struct till_error *error) {
    static const char *const names[] = {"day", "rows", "spent", "returned"};
    static const enum till_type types[] = {TILL_DAY, TILL_COUNT, TILL_MONEY, TILL_MONEY};
    struct till_writer *writer;
    enum till_status status = open_table(run, &writer, names, types, 4, error);
    for (size_t i = 0; i < head->day_count && status == TILL_OK; i++) {
        till_writer_day(writer, head->days[i].day);
        till_writer_count(writer, head->days[i].rows);
        till_writer_money(writer, head->days[i].spent);
        till_writer_money(writer, head->days[i].returned);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* A line of the list of facts. */
static enum till_status say(struct till_writer *writer, const char *key, struct till_slice value,
                            struct till_error *error) {
    till_writer_text(writer, till_slice_of(key));
    till_writer_text(writer, value);
    return till_writer_end(writer, error);
}

static enum till_status say_count(struct till_writer *writer, const char *key, uint64_t count,
                                  struct till_error *error) {
    char text[24] = "";
    return say(writer, key, (struct till_slice){text, till_count_format(text, count)}, error);
}

static enum till_status say_day(struct till_writer *writer, const char *key, int32_t day, struct till_error *error) {
    char text[TILL_DAY_TEXT] = "";
    return say(writer, key, (struct till_slice){text, till_date_write(text, day)}, error);
}

static enum till_status say_money(struct till_writer *writer, const char *key, int64_t money,
                                  struct till_error *error) {
    char text[TILL_MONEY_TEXT] = "";
    return say(writer, key, (struct till_slice){text, till_decimal_format(text, money)}, error);
}

static enum till_status say_parameters(struct till_writer *writer, const struct till_state_head *head,
                                       struct till_error *error) {
    struct till_text key = {0};
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < head->parameter_count && status == TILL_OK; i++) {
        key.length = 0;
        const char *text =
            till_text_append_format(&key, "parameter.%s", head->parameters[i].name) ? till_text_string(&key) : NULL;
        status = text == NULL ? till_error_memory(error)
                              : say(writer, text, till_slice_of(head->parameters[i].value), error);
    }
    till_text_free(&key);
    return status;
}

static enum till_status list_facts(struct tool_run *run, const struct till_state *state,
                                   const struct till_state_totals *totals, struct till_error *error) {
    static const char *const names[] = {"key", "value"};
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT};
    const struct till_state_head *head = till_state_head(state);
    char digest[TILL_FINGERPRINT_TEXT];
    int64_t spent = 0, returned = 0;
    struct till_writer *writer;
    for (size_t i = 0; i < head->day_count; i++) {
        spent += head->days[i].spent;
        returned += head->days[i].returned;
    }
    int32_t first = head->day_count == 0 ? TILL_DAY_MISSING : head->days[0].day;
    enum till_status status = open_table(run, &writer, names, types, 2, error);
    status = status == TILL_OK ? say(writer, "kind", till_slice_of("ledger"), error) : status;
    status = status == TILL_OK ? say_count(writer, "version", TILL_STATE_VERSION, error) : status;
    status = status == TILL_OK ? say(writer, "made_by", till_slice_of(head->made_by), error) : status;
    till_fingerprint_text(digest, till_state_digest(state));
    status = status == TILL_OK ? say(writer, "digest", till_slice_of(digest), error) : status;
    status = status == TILL_OK ? say_count(writer, "days", head->day_count, error) : status;
    status = status == TILL_OK ? say_day(writer, "first_day", first, error) : status;
    status = status == TILL_OK ? say_day(writer, "last_day", totals->newest, error) : status;
    status = status == TILL_OK ? say_count(writer, "rows", totals->rows, error) : status;
    status = status == TILL_OK ? say_count(writer, "customers", totals->customers, error) : status;
    status = status == TILL_OK ? say_count(writer, "entries", totals->entries, error) : status;
    status = status == TILL_OK ? say_count(writer, "items", till_dictionary_count(head->items), error) : status;
    status = status == TILL_OK ? say_money(writer, "spent", spent, error) : status;
    status = status == TILL_OK ? say_money(writer, "returned", returned, error) : status;
    status = status == TILL_OK ? say_count(writer, "inputs", head->input_count, error) : status;
    return status == TILL_OK ? say_parameters(writer, head, error) : status;
}

static enum till_status see_nothing(void *context, const struct till_state_customer *customers, size_t count,
                                    struct till_error *error) {
    (void)context, (void)customers, (void)count, (void)error;
    return TILL_OK;
}

static enum till_status look_into(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_state *state;
    struct till_state_totals totals;
    struct till_state_visit visit = {
        .take = see_nothing, .items = true, .since = TILL_DAY_MISSING, .until = TILL_DAY_MISSING};
    enum till_status status = till_state_open(&state, run->operands[0], error);
    if (status != TILL_OK)
        return status;
    struct till_state_merge merge = {.states = &state, .state_count = 1, .visit = &visit};
    status = till_state_merge(&merge, &totals, error);
    if (status == TILL_OK) {
        tool_figure(run, "customers", (double)totals.customers);
        tool_figure(run, "days", (double)totals.days);
        tool_figure(run, "rows", (double)totals.rows);
        status = settings->inputs ? list_inputs(run, till_state_head(state), error)
                 : settings->days ? list_days(run, till_state_head(state), error)
                                  : list_facts(run, state, &totals, error);
    }
    till_state_close(state);
    return status;
}

/* ---- adding up ---- */

static enum till_status merge_open(struct tool_run *run, struct till_state **states, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_state_totals totals;
    struct till_sink sink;
    struct till_state_merge merge = {.states = states,
                                     .state_count = run->operand_count,
                                     .overlap = settings->allow_overlap ? TILL_STATE_ADD : TILL_STATE_REFUSE,
                                     .sink = &sink};
    enum till_status status = tool_open_state(run, settings->merge, &sink, error);
    if (status == TILL_OK)
        status = till_state_merge(&merge, &totals, error);
    if (status != TILL_OK)
        return status;
    tool_figure(run, "states", (double)run->operand_count);
    tool_figure(run, "customers", (double)totals.customers);
    tool_figure(run, "days", (double)totals.days);
    tool_figure(run, "rows", (double)totals.rows);
    return TILL_OK;
}

/* An input of a state that another one lacks; NULL for none. */
static const struct till_state_input *find_lost(const struct till_state *state, const struct till_state *other) {
    const struct till_state_head *head = till_state_head(state);
    for (size_t i = 0; i < head->input_count; i++)
        if (till_state_find_input(other, head->inputs[i].digest) == NULL)
            return &head->inputs[i];
    return NULL;
}

/* Of one state a sum is hardly ever meant: OUT was forgotten, and what stands in its place is a FILE that would be
 * lost. A copy that follows its FILE, night by night, loses nothing, and is replaced; so is what is no state. */
static enum till_status check_loss(const struct tool_run *run, const struct till_state *only,
                                   struct till_error *error) {
    const char *out = ((const struct settings *)run->settings)->merge;
    struct till_state *old;
    struct stat facts;
    if (stat(out, &facts) != 0 || !S_ISREG(facts.st_mode))
        return TILL_OK;
    enum till_status status = till_state_open(&old, out, error);
    if (status != TILL_OK)
        return status == TILL_ERROR_MEMORY ? status : TILL_OK;
    const struct till_state_input *lost = find_lost(old, only);
    if (lost != NULL) {
        status = till_error_set(error, TILL_ERROR_STATE,
                                "the input %s would be lost, for %s does not have it: give a new OUT and all the "
                                "FILEs, or remove this one first",
                                lost->name, run->operands[0]);
        till_error_at(error, out, 0, 0, "--merge");
    }
    till_state_close(old);
    return status;
}

static enum till_status merge_states(struct tool_run *run, struct till_error *error) {
    struct till_state **states = calloc(run->operand_count, sizeof(struct till_state *));
    enum till_status status = states == NULL ? till_error_memory(error) : TILL_OK;
    size_t opened = 0;
    while (status == TILL_OK && opened < run->operand_count) {
        status = till_state_open(&states[opened], run->operands[opened], error);
        opened += status == TILL_OK;
    }
    if (status == TILL_OK && opened == 1)
        status = check_loss(run, states[0], error);
    if (status == TILL_OK)
        status = merge_open(run, states, error);
    while (opened > 0)
        till_state_close(states[--opened]);
    free(states);
    return status;
}

static enum till_status run_state(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    enum till_status status = check_options(run, settings, error);
    if (status != TILL_OK)
        return status;
    return settings->merge == NULL ? look_into(run, error) : merge_states(run, error);
}

static const struct tool state_tool = {
    .name = "till-state",
    .purpose = "look into a nightly state, and add up states made apart",
    .operands = "FILE...",
    .groups = TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_state,
};

int main(int argc, char **argv) {
    return tool_main(&state_tool, argc, argv);
}
