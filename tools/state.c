/* tools/state.c: --state: a night's rows added to what all nights before have left.
 *
 * The state is locked and its head read before anything else, so that roles and formats are those it began with. Then
 * come the rows of the input, and then one pass over the old state in which the new one is written beside it and every
 * customer is shown to the tool. The new state takes the place of the old one when everything else that the run writes
 * is there: what crashes before that has changed nothing, and what crashes after the result was out is repeated with
 * --replay. */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/date.h>
#include <till/fold.h>

/* ---- the lock ---- */

/* A file beside the state, which is never removed: its lock is the system's and ends with the process, so it cannot be
 * left behind. The state itself cannot be locked, as another file takes its place. */
static enum till_status lock_state(struct tool_run *run, const char *path, struct till_error *error) {
    struct tool_private *own = run->private;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *target = output_follow_links(path);
    size_t length = target == NULL ? 0 : strlen(target);
    char *name = target == NULL ? NULL : keep_alloc(&own->keep, length + sizeof ".lock");
    if (name == NULL) {
        int code = target == NULL ? errno : ENOMEM;
        free(target);
        return till_error_system(error, path, "cannot lock", code);
    }
    memcpy(name, target, length);
    memcpy(name + length, ".lock", sizeof ".lock");
    free(target);
    do
        own->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0666);
    while (own->lock == -1 && errno == EINTR);
    if (own->lock == -1)
        return till_error_system(error, name, "cannot lock", errno);
    if (fcntl(own->lock, F_SETLK, &lock) == 0)
        return TILL_OK;
    if (errno != EACCES && errno != EAGAIN)
        return till_error_system(error, name, "cannot lock", errno);
    bool known = fcntl(own->lock, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0;
    char who[40] = "";
    if (known)
        snprintf(who, sizeof who, ", process %ld", (long)lock.l_pid);
    till_error_set(error, TILL_ERROR_STATE, "another run is at work on this state%s (try again later)", who);
    till_error_at(error, path, 0, 0, NULL);
    return TILL_ERROR_STATE;
}

enum till_status tool_open_state(struct tool_run *run, const char *path, struct till_sink *sink,
                                 struct till_error *error) {
    enum till_status status = lock_state(run, path, error);
    return status == TILL_OK ? output_open(&run->private->outputs, path, OUTPUT_STATE, sink, error) : status;
}

/* ---- before the input ---- */

static enum till_status check_options(const struct common *common, struct till_error *error) {
    if (common->state == NULL) {
        const char *alone = common->state_only      ? "--state-only"
                            : common->replay        ? "--replay"
                            : common->allow_overlap ? "--allow-overlap"
                            : common->replace_days  ? "--replace-days"
                                                    : NULL;
        return alone == NULL ? TILL_OK : tool_usage(error, alone, "makes sense only with --state");
    }
    if (strcmp(common->state, "-") == 0 || *common->state == '\0')
        return tool_usage(error, "--state", "a state is a regular file");
    if (common->allow_overlap && common->replace_days)
        return tool_usage(error, "--replace-days", "--allow-overlap adds to days that this replaces; give one of them");
    if (common->state_only && common->output != NULL)
        return tool_usage(error, "--state-only", "prints nothing, so there is nothing for --output");
    return TILL_OK;
}

static const char *kept(const struct till_state_head *head, const char *name) {
    for (size_t i = 0; i < head->parameter_count; i++)
        if (strcmp(head->parameters[i].name, name) == 0)
            return head->parameters[i].value;
    return "";
}

static void adopt_role(const char **role, const struct till_state_head *head, const char *name) {
    const char *value = kept(head, name);
    if (*role == NULL && *value != '\0')
        *role = value;
}

/* What the command line leaves open is as it was when the state began. */
static void adopt_roles(struct tool_run *run, const struct till_state_head *head) {
    adopt_role(&run->roles.customer, head, "customer");
    adopt_role(&run->roles.date, head, "date");
    adopt_role(&run->roles.amount, head, "amount");
    adopt_role(&run->roles.order, head, "order");
    adopt_role(&run->roles.item, head, "item");
    if (run->roles.date_format == NULL && strchr(kept(head, "date_format"), '%') != NULL)
        run->roles.date_format = kept(head, "date_format");
    /* A map may ask for amounts of orders, too. */
    if (!option_set_was_given(&run->private->set, "amount-per") && !run->amount_per_order)
        run->amount_per_order = head->amount_per_order;
}

enum till_status state_begin(struct tool_run *run, struct till_error *error) {
    struct tool_private *own = run->private;
    const char *path = own->common.state;
    enum till_status status = check_options(&own->common, error);
    if (status != TILL_OK || path == NULL)
        return status;
    run->state = path;
    run->state_only = own->common.state_only;
    status = lock_state(run, path, error);
    if (status != TILL_OK || (access(path, F_OK) != 0 && errno == ENOENT))
        return status;
    status = till_state_open(&own->state, path, error);
    if (status == TILL_OK)
        adopt_roles(run, till_state_head(own->state));
    return status;
}

/* ---- roles and formats ---- */

/* The format in which the dates of the state are written, plus one; 0: it is a pattern, or there is no state. */
static unsigned known_format(const struct tool_run *run) {
    if (run->private->state == NULL || run->roles.date_format != NULL)
        return 0;
    const char *name = kept(till_state_head(run->private->state), "date_format");
    for (unsigned format = 0; format < TILL_DATE_FORMATS; format++)
        if (strcmp(till_date_format_name((enum till_date_format)format), name) == 0)
            return format + 1;
    return 0;
}

/* All that is given, one behind the other. */
static const char *join(struct keep *keep, const struct option_list *list) {
    size_t room = 1, used = 0;
    for (size_t i = 0; i < list->count; i++)
        room += strlen(list->values[i]) + 1;
    char *joined = keep_alloc(keep, room);
    for (size_t i = 0; i < list->count && joined != NULL; i++)
        used += (size_t)snprintf(joined + used, room - used, "%s%s", i == 0 ? "" : " ", list->values[i]);
    return joined;
}

/* The column, or the two, that play a role, by their names; "": none. NULL when memory is out. */
static const char *role_name(struct keep *keep, const struct till_schema *schema,
                             const struct till_transactions *transactions, enum till_role role) {
    size_t at = transactions->at[role];
    if (at == TILL_NO_COLUMN)
        return "";
    struct till_slice name = schema->names[transactions->wanted[at].column];
    size_t factor = transactions->wanted[at].factor;
    struct till_slice other = factor == 0 ? (struct till_slice){"", 0} : schema->names[factor - 1];
    char *text = keep_alloc(keep, name.length + other.length + 2);
    if (text != NULL)
        snprintf(text, name.length + other.length + 2, "%.*s%s%.*s", (int)name.length, name.bytes,
                 factor == 0 ? "" : "*", (int)other.length, other.bytes);
    return text;
}

enum { PARAMETERS = 13 };

/* What a state fixes. False when memory is out. */
static bool list_parameters(struct tool_run *run, const struct till_input *input,
                            const struct till_transactions *transactions, struct till_state_parameter *out) {
    struct tool_private *own = run->private;
    const struct till_schema *schema = till_input_schema(input);
    size_t date = transactions->at[TILL_ROLE_DATE];
    enum till_date_format format = till_input_date_format(input, date);
    const struct till_state_parameter all[PARAMETERS] = {
        {"customer", role_name(&own->keep, schema, transactions, TILL_ROLE_CUSTOMER)},
        {"date", role_name(&own->keep, schema, transactions, TILL_ROLE_DATE)},
        {"date_format",
         format == TILL_DATE_PATTERN ? transactions->wanted[date].date_pattern : till_date_format_name(format)},
        {"amount", role_name(&own->keep, schema, transactions, TILL_ROLE_AMOUNT)},
        {"order", role_name(&own->keep, schema, transactions, TILL_ROLE_ORDER)},
        {"item", role_name(&own->keep, schema, transactions, TILL_ROLE_ITEM)},
        {"amount_per", run->amount_per_order ? "order" : "line"},
        {"decimal", own->common.decimal == 0 ? "." : ","},
        {"money", own->common.money ? "yes" : "no"},
        {"clean_ids", own->common.clean_ids ? "yes" : "no"},
        {"null", join(&own->keep, &own->common.nulls)},
        {"only", join(&own->keep, &own->common.only)},
        {"except", join(&own->keep, &own->common.except)}};
    bool fine = true;
    for (size_t i = 0; i < PARAMETERS; i++) {
        out[i] = all[i];
        fine = fine && all[i].value != NULL;
    }
    return fine;
}

/* ---- the night ---- */

/* What a run has at hand, on its way to the sum. */
struct work {
    struct tool_run *run;
    struct till_state *old; /* NULL: there is none */
    struct till_input *input;
    struct till_transactions transactions;
    struct till_state_parameter parameters[PARAMETERS];
    void *night;
    struct till_state_input *inputs;
    size_t input_count;
    bool adds; /* there is something to add */
};

static enum till_status read_night(struct work *work, struct till_error *error) {
    struct tool_run *run = work->run;
    bool items = work->old == NULL || till_state_head(work->old)->has_items || run->roles.item != NULL;
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER |
                    (items ? (unsigned)TILL_USES_ITEM : 0);
    struct till_state_settings settings = {&work->transactions, run->amount_per_order};
    enum till_status status = tool_open_input(run, &work->input, error);
    if (status == TILL_OK)
        status = roles_start_night(run, work->input, uses, known_format(run), &work->transactions, error);
    if (status == TILL_OK && !list_parameters(run, work->input, &work->transactions, work->parameters))
        status = till_error_memory(error);
    if (status == TILL_OK && work->old != NULL) {
        const struct till_state_head *head = till_state_head(work->old);
        status = till_state_same_parameters(head->parameters, head->parameter_count, work->parameters, PARAMETERS,
                                            run->state, error);
    }
    if (status == TILL_OK)
        status = till_fold(work->input, &till_state_night_aggregate, &settings, run->threads, &work->night, error);
    return status;
}

/* The inputs that had rows: an export of nothing is the same every night, and adds nothing. */
static enum till_status list_inputs(struct work *work, struct till_error *error) {
    size_t count = till_input_file_count(work->input), days;
    const struct till_state_day *day = till_state_night_days(work->night, &days);
    work->inputs = keep_alloc(&work->run->private->keep, (count + 1) * sizeof *work->inputs);
    if (work->inputs == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct till_input_file file = till_input_file(work->input, i);
        if (file.rows == 0)
            continue;
        work->inputs[work->input_count++] =
            (struct till_state_input){.name = file.name,
                                      .digest = file.digest,
                                      .bytes = file.bytes,
                                      .rows = file.rows,
                                      .first = days == 0 ? TILL_DAY_MISSING : day->day,
                                      .last = days == 0 ? TILL_DAY_MISSING : day[days - 1].day};
    }
    work->adds = days > 0 || (work->old != NULL && work->input_count > 0);
    return TILL_OK;
}

/* How many of the inputs are in the state. Those whose days were replaced since may come again to replace them. */
static size_t count_known(const struct work *work, const char **name) {
    size_t known = 0;
    for (size_t i = 0; i < work->input_count && work->old != NULL; i++) {
        const struct till_state_input *before = till_state_find_input(work->old, work->inputs[i].digest);
        if (before == NULL || (before->replaced && work->run->private->common.replace_days))
            continue;
        *name = work->inputs[i].name;
        known++;
    }
    return known;
}

/* An input that was added is skipped with --replay, and refused without. A night is added as a whole, so one of which
 * only a part was added is no repetition. */
static enum till_status check_known(struct work *work, struct till_error *error) {
    const char *name = NULL;
    size_t known = count_known(work, &name);
    if (known == 0)
        return TILL_OK;
    if (work->run->private->common.replay && known == work->input_count) {
        work->adds = false;
        tool_note(work->run, "%s%s added before: the state stays as it is", name,
                  known > 1 ? " and the other inputs were" : " was");
        tool_fact(work->run, "state.replayed", "yes");
        return TILL_OK;
    }
    till_error_set(error, TILL_ERROR_STATE, "%s was added already%s", name,
                   known == work->input_count ? " (--replay prints the result)"
                                              : ", other inputs of this run were not");
    till_error_at(error, work->run->state, 0, 0, NULL);
    return TILL_ERROR_STATE;
}

/* ---- the sum ---- */

static int32_t newest_day(const struct work *work) {
    int32_t newest = TILL_DAY_MISSING;
    size_t count;
    const struct till_state_day *days = till_state_night_days(work->night, &count);
    if (count > 0 && work->adds)
        newest = days[count - 1].day;
    if (work->old != NULL) {
        const struct till_state_head *head = till_state_head(work->old);
        if (head->day_count > 0 && head->days[head->day_count - 1].day > newest)
            newest = head->days[head->day_count - 1].day;
    }
    return newest;
}

/* --since and --until, --as-of apply to what is shown: the state holds all. */
static void set_bounds(const struct work *work, struct till_state_visit *visit) {
    const struct tool_run *run = work->run;
    int32_t age = run->private->since_age;
    visit->since = run->roles.since;
    visit->until = run->roles.until;
    if (age != TILL_DAY_MISSING) {
        int32_t day = run->as_of != TILL_DAY_MISSING         ? run->as_of
                      : run->roles.until != TILL_DAY_MISSING ? run->roles.until
                                                             : newest_day(work);
        visit->since = day == TILL_DAY_MISSING ? TILL_DAY_MISSING : day - age;
    }
}

static void tell(const struct work *work, const struct till_state_totals *totals) {
    struct tool_run *run = work->run;
    char digest[TILL_FINGERPRINT_TEXT];
    uint64_t before = 0;
    if (work->old != NULL) {
        const struct till_state_head *head = till_state_head(work->old);
        for (size_t i = 0; i < head->day_count; i++)
            before += head->days[i].rows;
        tool_fact(run, "state.digest_before", "%s", till_fingerprint_text(digest, till_state_digest(work->old)));
    }
    tool_fact(run, "state.version", "%d", TILL_STATE_VERSION);
    tool_fact(run, "state.rows_before", "%llu", (unsigned long long)before);
    if (work->adds)
        tool_fact(run, "state.digest_after", "%s", till_fingerprint_text(digest, totals->digest));
    tool_figure(run, "state_customers", (double)totals->customers);
    tool_figure(run, "state_days", (double)totals->days);
    tool_figure(run, "state_rows", (double)totals->rows);
}

static enum till_status add_up(struct work *work, struct till_state_visit *visit, struct till_error *error) {
    struct tool_run *run = work->run;
    const struct common *common = &run->private->common;
    struct till_sink sink = {NULL, NULL};
    struct till_state_totals totals = {0};
    struct till_state_merge merge = {.states = &work->old,
                                     .state_count = work->old != NULL,
                                     .night = work->adds || work->old == NULL ? work->night : NULL,
                                     .parameters = work->parameters,
                                     .parameter_count = PARAMETERS,
                                     .inputs = work->inputs,
                                     .input_count = work->adds ? work->input_count : 0,
                                     .overlap = common->allow_overlap  ? TILL_STATE_ADD
                                                : common->replace_days ? TILL_STATE_REPLACE
                                                                       : TILL_STATE_REFUSE,
                                     .sink = work->adds ? &sink : NULL,
                                     .visit = run->state_only ? NULL : visit};
    enum till_status status = TILL_OK;
    set_bounds(work, visit);
    if (work->adds)
        status = output_open(&run->private->outputs, run->state, OUTPUT_STATE, &sink, error);
    if (status == TILL_OK)
        status = till_state_merge(&merge, &totals, error);
    if (status == TILL_OK)
        tell(work, &totals);
    return status;
}

enum till_status tool_state_read(struct tool_run *run, struct till_state_visit *visit, bool *has_items,
                                 struct till_error *error) {
    struct work work = {.run = run, .old = run->private->state};
    enum till_status status = read_night(&work, error);
    if (status == TILL_OK)
        status = list_inputs(&work, error);
    if (status == TILL_OK)
        status = check_known(&work, error);
    if (status == TILL_OK && !work.adds && work.old == NULL)
        tool_note(run, "no row was used: no state is written");
    if (status == TILL_OK)
        status = add_up(&work, visit, error);
    if (has_items != NULL && status == TILL_OK)
        *has_items = work.transactions.at[TILL_ROLE_ITEM] != TILL_NO_COLUMN;
    if (work.night != NULL)
        till_state_night_aggregate.destroy(work.night);
    return status;
}

/* ---- the customers of all nights ---- */

enum till_status tool_state_stretches(struct tool_run *run, bool by_day, till_ledger_take *take, void *context,
                                      struct till_ledger_summary *summary, struct till_error *error) {
    struct till_ledger_settings settings = {NULL, run->count == 2, run->amount_per_order};
    struct till_ledger_stretches *stretches;
    enum till_status status = till_ledger_stretches_new(&stretches, &settings, by_day, take, context, error);
    struct till_state_visit visit = {
        .begin = till_ledger_stretches_begin, .take = till_ledger_stretches_add, .context = stretches};
    if (status == TILL_OK)
        status = tool_state_read(run, &visit, NULL, error);
    if (status == TILL_OK && !run->state_only)
        status = till_ledger_stretches_end(stretches, summary, error);
    till_ledger_stretches_free(stretches);
    return status;
}
