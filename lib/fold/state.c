/* States and a night added up: all of them are read side by side, customers in byte order, like sorted files that are
 * merged. A customer who stands in one state alone and whom nobody wants to see is copied as bytes, without being
 * unpacked: most customers buy nothing in a night, so a night costs little more than the reading and writing. */
#include <stdlib.h>
#include <string.h>

#include "lib/fold/state_parts.h"

/* Where customers come from: a state, or the night. */
struct source {
    struct till_state *state; /* NULL: the night */
    bool there;               /* the present customer is one; false: the end */
    struct till_slice name;
    uint32_t *codes; /* of the state's items in the sum; NULL: the same */
};

enum { SHOWN = 16 };

struct merging {
    const struct till_state_merge *ask;
    struct till_state_head head; /* of the sum */
    struct day_table days;
    struct source *sources; /* [count]: the states, then the night */
    size_t count;
    struct entries entries; /* of the customers that are not shown yet, and the present one */
    size_t base;            /* where those of the present one begin */
    struct till_state_customer shown[SHOWN];
    size_t name_at[SHOWN]; /* where their names and entries begin, as memory may move */
    size_t entry_at[SHOWN];
    struct till_text names;
    size_t shown_count;
    struct state_writer writer;
    struct till_state_totals *totals;
    uint32_t *order; /* of the night: its customers by name, where each one's entries begin, which they are */
    size_t *first;
    size_t *index;
    size_t next; /* of the order */
};

/* ---- what the sum begins with ---- */

static const char *value_of(const struct till_state_parameter *parameters, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parameters[i].name, name) == 0) {
            return parameters[i].value;
        }
    }
    return NULL;
}

enum till_status till_state_same_parameters(const struct till_state_parameter *state, size_t state_count,
                                            const struct till_state_parameter *run, size_t run_count, const char *path,
                                            struct till_error *error) {
    for (size_t i = 0; i < state_count + run_count; i++) {
        const char *name = i < state_count ? state[i].name : run[i - state_count].name;
        const char *kept = value_of(state, state_count, name), *now = value_of(run, run_count, name);
        char quoted[2][TILL_QUOTED_SIZE];
        kept = kept == NULL ? "" : kept;
        now = now == NULL ? "" : now;
        if (strcmp(kept, now) != 0) {
            till_error_set(
                error, TILL_ERROR_STATE, "%s is %s in the state, and %s now (a state keeps what it began with)", name,
                till_error_quote(quoted[0], kept, strlen(kept)), till_error_quote(quoted[1], now, strlen(now)));
            till_error_at(error, path, 0, 0, NULL);
            return TILL_ERROR_STATE;
        }
    }
    return TILL_OK;
}

/* What holds for all is taken from the first source. */
static enum till_status copy_parameters(struct till_state_head *head, const struct till_state_parameter *parameters,
                                        size_t count, struct till_error *error) {
    head->parameters = malloc((count + 1) * sizeof *head->parameters);
    if (head->parameters == NULL) {
        return till_error_memory(error);
    }
    memcpy(head->parameters, parameters, count * sizeof *parameters);
    head->parameter_count = count;
    return TILL_OK;
}

/* Flags follow from parameters, so they can only differ in what is damaged. */
static enum till_status compare_heads(const struct till_state *first, const struct till_state *other,
                                      struct till_error *error) {
    const struct till_state_head *a = till_state_head(first), *b = till_state_head(other);
    enum till_status status = till_state_same_parameters(a->parameters, a->parameter_count, b->parameters,
                                                         b->parameter_count, state_path(other), error);
    bool same = a->by_time == b->by_time && a->has_items == b->has_items && a->amount_per_order == b->amount_per_order;
    return status == TILL_OK && !same ? state_damaged(other, "its flags", error) : status;
}

static enum till_status settle_parameters(struct merging *merging, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    struct till_state_head *head = &merging->head;
    if (ask->state_count == 0) {
        head->by_time = ask->night->at[TILL_ROLE_ORDER] == TILL_NO_COLUMN;
        head->has_items = ask->night->at[TILL_ROLE_ITEM] != TILL_NO_COLUMN;
        head->amount_per_order = ask->night->amount_per_order;
        return copy_parameters(head, ask->parameters, ask->parameter_count, error);
    }
    const struct till_state_head *first = till_state_head(ask->states[0]);
    head->by_time = first->by_time;
    head->has_items = first->has_items;
    head->amount_per_order = first->amount_per_order;
    enum till_status status = copy_parameters(head, first->parameters, first->parameter_count, error);
    for (size_t i = 1; status == TILL_OK && i < ask->state_count; i++) {
        status = compare_heads(ask->states[0], ask->states[i], error);
    }
    if (status == TILL_OK && ask->night != NULL) {
        status = till_state_same_parameters(first->parameters, first->parameter_count, ask->parameters,
                                            ask->parameter_count, state_path(ask->states[0]), error);
    }
    return status;
}

/* ---- days ---- */

static enum till_status refuse_days(const struct till_state_merge *ask, const char *path, int32_t day, size_t count,
                                    struct till_error *error) {
    char text[TILL_DAY_TEXT + 1] = "";
    text[till_date_write(text, day)] = '\0';
    till_error_set(error, TILL_ERROR_STATE, "%s%s there already (%s)", text, count > 1 ? " and other days are" : " is",
                   ask->night == NULL ? "--allow-overlap adds them up"
                                      : "late rows: --allow-overlap; the days anew: --replace-days");
    till_error_at(error, path, 0, 0, NULL);
    return TILL_ERROR_STATE;
}

/* Adds days to the sum; where they must not meet, the first that does is told. */
static enum till_status add_days(struct merging *merging, const struct till_state_day *days, size_t count,
                                 bool may_meet, const char *path, struct till_error *error) {
    size_t met = 0;
    int32_t first = 0;
    for (size_t i = 0; i < count; i++) {
        struct till_state_day *sum = day_table_at(&merging->days, days[i].day);
        if (sum == NULL) {
            return till_error_memory(error);
        }
        if (sum->rows > 0 && met++ == 0) {
            first = days[i].day;
        }
        sum->rows += days[i].rows;
        sum->spent = (int64_t)((uint64_t)sum->spent + (uint64_t)days[i].spent); /* checked below, in wide sums */
        sum->returned = (int64_t)((uint64_t)sum->returned + (uint64_t)days[i].returned);
    }
    return met > 0 && !may_meet ? refuse_days(merging->ask, path, first, met, error) : TILL_OK;
}

/* Days of states that the night replaces, taken out before it is added. */
static void drop_days(struct merging *merging) {
    size_t kept = 0;
    for (size_t i = 0; i < merging->days.count; i++) {
        const struct day_table *night = &merging->ask->night->days;
        if (!day_table_has(night->days, night->count, merging->days.days[i].day)) {
            merging->days.days[kept++] = merging->days.days[i];
        }
    }
    merging->days.count = kept;
    merging->days.last = 0;
}

static enum till_status settle_days(struct merging *merging, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    enum till_status status = TILL_OK;
    wide_sum absolute = 0;
    for (size_t i = 0; status == TILL_OK && i < ask->state_count; i++) {
        const struct till_state_head *head = till_state_head(ask->states[i]);
        status = add_days(merging, head->days, head->day_count, ask->overlap != TILL_STATE_REFUSE,
                          state_path(ask->states[i]), error);
    }
    if (status == TILL_OK && ask->night != NULL && ask->overlap == TILL_STATE_REPLACE) {
        drop_days(merging);
    }
    if (status == TILL_OK && ask->night != NULL) {
        const struct day_table *days = &ask->night->days;
        status = add_days(merging, days->days, days->count, ask->overlap != TILL_STATE_REFUSE,
                          ask->state_count == 0 ? NULL : state_path(ask->states[0]), error);
    }
    for (size_t i = 0; status == TILL_OK && i < ask->state_count; i++) {
        const struct till_state_head *head = till_state_head(ask->states[i]);
        for (size_t d = 0; d < head->day_count; d++) {
            absolute += (wide_sum)head->days[d].spent + (uint64_t)-head->days[d].returned;
        }
    }
    absolute += ask->night == NULL ? 0 : ask->night->absolute;
    /* Days that are replaced count here too: the limit is far beyond what money there is. */
    if (status == TILL_OK) {
        status = sum_check(absolute, error);
    }
    merging->head.days = merging->days.days;
    merging->head.day_count = merging->days.count;
    return status;
}

/* ---- inputs ---- */

/* An input whose days were replaced may come again, in the place of what replaced them. */
static enum till_status add_input(struct merging *merging, const struct till_state_input *input, const char *path,
                                  struct till_error *error) {
    struct till_state_head *head = &merging->head;
    for (size_t i = 0; i < head->input_count; i++) {
        if (till_fingerprint_equal(head->inputs[i].digest, input->digest)) {
            if (!(head->inputs[i].replaced && merging->ask->overlap == TILL_STATE_REPLACE)) {
                till_error_set(error, TILL_ERROR_STATE, "the input %s would be added twice", input->name);
                till_error_at(error, path, 0, 0, NULL);
                return TILL_ERROR_STATE;
            }
            head->inputs[i] = *input;
            return TILL_OK;
        }
    }
    head->inputs[head->input_count++] = *input;
    return TILL_OK;
}

/* Whether the night replaces a day of the run that added an input. */
static bool is_replaced(const struct till_state_merge *ask, const struct till_state_input *input) {
    if (ask->night == NULL || ask->overlap != TILL_STATE_REPLACE || input->first == TILL_DAY_MISSING) {
        return false;
    }
    for (size_t i = 0; i < ask->night->days.count; i++) {
        int32_t day = ask->night->days.days[i].day;
        if (day >= input->first && day <= input->last) {
            return true;
        }
    }
    return false;
}

static enum till_status settle_inputs(struct merging *merging, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    size_t most = ask->input_count + 1;
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < ask->state_count; i++) {
        most += till_state_head(ask->states[i])->input_count;
    }
    merging->head.inputs = malloc(most * sizeof *merging->head.inputs);
    if (merging->head.inputs == NULL) {
        return till_error_memory(error);
    }
    for (size_t i = 0; status == TILL_OK && i < ask->state_count; i++) {
        const struct till_state_head *head = till_state_head(ask->states[i]);
        for (size_t k = 0; status == TILL_OK && k < head->input_count; k++) {
            struct till_state_input input = head->inputs[k];
            input.replaced = input.replaced || is_replaced(ask, &input);
            status = add_input(merging, &input, state_path(ask->states[i]), error);
        }
    }
    for (size_t i = 0; status == TILL_OK && i < ask->input_count; i++) {
        status = add_input(merging, &ask->inputs[i], ask->state_count == 0 ? NULL : state_path(ask->states[0]), error);
    }
    return status;
}

/* ---- items ---- */

/* Adds the items of a source to the sum, in byte order where an order is given; *codes stays NULL where they have the
 * same codes there. */
static enum till_status add_items(struct merging *merging, const struct till_dictionary *items, const uint32_t *order,
                                  uint32_t **codes, struct till_error *error) {
    uint32_t count = till_dictionary_count(items);
    bool same = true;
    *codes = malloc(((size_t)count + 1) * sizeof **codes);
    if (*codes == NULL) {
        return till_error_memory(error);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = order == NULL ? i : order[i];
        if (!till_dictionary_add(merging->head.items, till_dictionary_text(items, code), &(*codes)[code])) {
            return till_error_memory(error);
        }
        same = same && (*codes)[code] == code;
    }
    if (same) {
        free(*codes);
        *codes = NULL;
    }
    /* The lowest bit of an item in an entry says something else. */
    return till_dictionary_count(merging->head.items) > UINT32_MAX / 2
               ? till_error_set(error, TILL_ERROR_DATA, "there are more items than can be counted")
               : TILL_OK;
}

/* Which thread saw an item of the night first is chance, so they come in byte order. */
static enum till_status add_items_of_night(struct merging *merging, struct source *source, struct till_error *error) {
    const struct till_dictionary *items = merging->ask->night->items;
    uint32_t *order = malloc(((size_t)till_dictionary_count(items) + 1) * sizeof *order);
    enum till_status status = order != NULL && till_dictionary_order(items, order)
                                  ? add_items(merging, items, order, &source->codes, error)
                                  : till_error_memory(error);
    free(order);
    return status;
}

static enum till_status settle_items(struct merging *merging, struct till_error *error) {
    enum till_status status = TILL_OK;
    merging->head.items = till_dictionary_new();
    if (merging->head.items == NULL) {
        return till_error_memory(error);
    }
    for (size_t i = 0; status == TILL_OK && i < merging->count; i++) {
        struct source *source = &merging->sources[i];
        status = i < merging->ask->state_count
                     ? add_items(merging, till_state_head(source->state)->items, NULL, &source->codes, error)
                     : add_items_of_night(merging, source, error);
    }
    return status;
}

/* ---- the night, by customer ---- */

static enum till_status sort_night(struct merging *merging, struct till_error *error) {
    const struct till_state_night *night = merging->ask->night;
    uint32_t customers = till_dictionary_count(night->customers);
    merging->order = malloc(((size_t)customers + 1) * sizeof *merging->order);
    merging->first = calloc((size_t)customers + 2, sizeof *merging->first);
    merging->index = malloc((night->count + 1) * sizeof *merging->index);
    if (merging->order == NULL || merging->first == NULL || merging->index == NULL ||
        !till_dictionary_order(night->customers, merging->order)) {
        return till_error_memory(error);
    }
    size_t *first = merging->first;
    for (size_t i = 0; i < night->count; i++) {
        first[night->entries[i].customer + 2]++;
    }
    for (uint32_t c = 0; c < customers; c++) {
        first[c + 1] += first[c];
    }
    /* first[c + 1] moves from where the entries of c begin to where they end, which is where those of the next do. */
    for (size_t i = 0; i < night->count; i++) {
        merging->index[first[night->entries[i].customer + 1]++] = i;
    }
    return TILL_OK;
}

/* Steps on to the next customer who has entries: all rows of one may have been bad. */
static void next_of_night(struct merging *merging, struct source *source) {
    const struct till_state_night *night = merging->ask->night;
    uint32_t count = night == NULL ? 0 : till_dictionary_count(night->customers);
    while (merging->order != NULL && merging->next < count) {
        uint32_t customer = merging->order[merging->next];
        if (merging->first[customer + 1] > merging->first[customer]) {
            source->name = till_dictionary_text(night->customers, customer);
            source->there = true;
            return;
        }
        merging->next++;
    }
    source->there = false;
}

static bool take_night(struct merging *merging, const struct source *source) {
    const struct till_state_night *night = merging->ask->night;
    struct entries *entries = &merging->entries;
    if (merging->order == NULL) {
        return false; /* there is no night, so nobody asks */
    }
    uint32_t customer = merging->order[merging->next++];
    size_t from = merging->first[customer], to = merging->first[customer + 1];
    if (!entries_reserve(entries, to - from)) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        struct till_state_entry entry = night->entries[merging->index[i]].entry;
        const uint32_t *codes = night->item_codes + entry.first_item;
        if (!entries_reserve_items(entries, entry.item_count)) {
            return false;
        }
        entry.first_item = entries->item_count;
        for (uint32_t k = 0; k < entry.item_count; k++) {
            uint32_t code = source->codes == NULL ? codes[k] : source->codes[codes[k] >> 1] * 2 + (codes[k] & 1);
            entries->items[entries->item_count++] = code;
        }
        entries->at[entries->count++] = entry;
    }
    return true;
}

/* ---- customer by customer ---- */

static enum till_status advance(struct merging *merging, struct source *source, struct till_error *error) {
    if (source->state == NULL) {
        next_of_night(merging, source);
        return TILL_OK;
    }
    enum till_status status = state_next(source->state, &source->there, error);
    source->name = state_name(source->state);
    return status;
}

/* Amounts that stand for a whole order are the same in all of its entries. */
static enum till_status check_order_amounts(struct till_slice name, const struct till_state_entry *entries,
                                            size_t count, struct till_error *error) {
    for (size_t i = 0; i < count; i++) {
        bool same_order = i > 0 && till_fingerprint_equal(entries[i - 1].order, entries[i].order);
        if (entries[i].differs || (same_order && entries_differ(&entries[i - 1], &entries[i]))) {
            char quoted[TILL_QUOTED_SIZE];
            return till_error_set(
                error, TILL_ERROR_DATA,
                "customer %s: an order has one amount in one input and another in another (--amount-per=order)",
                till_error_quote(quoted, name.bytes, name.length));
        }
    }
    return TILL_OK;
}

/* Shows the customers that wait for it. Many at once, so that who takes them need not wait for memory one by one. */
static enum till_status show_all(struct merging *merging, struct till_error *error) {
    const struct till_state_visit *visit = merging->ask->visit;
    for (size_t i = 0; i < merging->shown_count; i++) {
        struct till_state_customer *customer = &merging->shown[i];
        customer->name.bytes = merging->names.bytes + merging->name_at[i];
        customer->entries = merging->entries.at + merging->entry_at[i];
        customer->items = merging->entries.items;
    }
    enum till_status status =
        merging->shown_count == 0 ? TILL_OK : visit->take(visit->context, merging->shown, merging->shown_count, error);
    merging->shown_count = 0;
    merging->names.length = 0;
    merging->base = merging->entries.count = merging->entries.item_count = 0;
    return status;
}

/* Has a customer wait to be shown, as far as the bounds let see. */
static enum till_status show(struct merging *merging, struct till_slice name, struct till_error *error) {
    const struct till_state_visit *visit = merging->ask->visit;
    struct entries *entries = &merging->entries;
    bool bounded = visit->since != TILL_DAY_MISSING || visit->until != TILL_DAY_MISSING;
    size_t kept = bounded ? merging->base : entries->count;
    for (size_t i = merging->base; bounded && i < entries->count; i++) {
        int32_t day = entries->at[i].day;
        if (day >= visit->since && (visit->until == TILL_DAY_MISSING || day <= visit->until)) {
            entries->at[kept++] = entries->at[i];
        }
    }
    entries->count = kept;
    if (kept == merging->base) {
        return TILL_OK;
    }
    merging->name_at[merging->shown_count] = merging->names.length;
    merging->entry_at[merging->shown_count] = merging->base;
    merging->shown[merging->shown_count++] = (struct till_state_customer){.name = {NULL, name.length},

                                                                          .count = kept - merging->base,
                                                                          .by_time = merging->head.by_time};
    merging->base = kept;
    if (!till_text_append(&merging->names, name.bytes, name.length)) {
        return till_error_memory(error);
    }
    return merging->shown_count == SHOWN ? show_all(merging, error) : TILL_OK;
}

/* Behind the entries of those who wait to be shown; nobody waits for the items of others. */
static void start_customer(struct merging *merging) {
    merging->entries.count = merging->base;
    merging->entries.item_count = merging->shown_count == 0 ? 0 : merging->entries.item_count;
}

/* The entries of all sources that have this customer, in order. */
static enum till_status collect(struct merging *merging, struct till_slice name, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    bool replaces = ask->night != NULL && ask->overlap == TILL_STATE_REPLACE;
    struct entry_wish wish = {.dropped = replaces ? ask->night->days.days : NULL,
                              .dropped_count = replaces ? ask->night->days.count : 0};
    struct entries *entries = &merging->entries;
    size_t sorted = merging->base;
    enum till_status status = TILL_OK;
    start_customer(merging);
    for (size_t i = 0; status == TILL_OK && i < merging->count; i++) {
        const struct source *source = &merging->sources[i];
        if (!source->there || !till_slice_equal(source->name, name)) {
            continue;
        }
        bool first = entries->count == merging->base;
        /* Where there is one state alone, its items may stay packed, if their codes stay the same. */
        wish.codes = source->codes;
        wish.items = ask->visit != NULL && ask->visit->items          ? ITEMS_UNPACKED
                     : ask->sink == NULL                              ? ITEMS_LEFT_OUT
                     : ask->state_count == 1 && source->codes == NULL ? ITEMS_PACKED
                                                                      : ITEMS_UNPACKED;
        if (source->state != NULL) {
            status = state_entries(source->state, &wish, entries, error);
            sorted = first && source->codes == NULL ? entries->count : sorted;
        } else if (!take_night(merging, source)) {
            status = till_error_memory(error);
        }
    }
    if (status != TILL_OK || sorted == entries->count) {
        return status;
    }
    status = entries_gather(entries, merging->base, sorted, error);
    return status == TILL_OK && merging->head.amount_per_order
               ? check_order_amounts(name, entries->at + merging->base, entries->count - merging->base, error)
               : status;
}

/* Unpacks, adds up, writes and shows one customer. */
static enum till_status add_customer(struct merging *merging, struct till_slice name, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    enum till_status status = collect(merging, name, error);
    if (status != TILL_OK || merging->entries.count == merging->base) {
        return status;
    }
    merging->totals->customers++;
    merging->totals->entries += merging->entries.count - merging->base;
    if (ask->sink != NULL) {
        status = state_write_entries(&merging->writer, name, &merging->entries, merging->base, error);
    }
    return status == TILL_OK && ask->visit != NULL ? show(merging, name, error) : status;
}

/* The source with the smallest name; *alone: no other has it. NULL at the end. */
static struct source *smallest(struct merging *merging, bool *alone) {
    struct source *least = NULL;
    for (size_t i = 0; i < merging->count; i++) {
        struct source *source = &merging->sources[i];
        int order = !source->there ? 1 : least == NULL ? -1 : name_compare(source->name, least->name);
        if (order < 0) {
            least = source;
        }
        *alone = order < 0 || (*alone && (order > 0 || !source->there));
    }
    return least;
}

/* All who have the customer move on. The first one last: its name is what the others are compared with. */
static enum till_status advance_all(struct merging *merging, struct source *first, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < merging->count; i++) {
        struct source *source = &merging->sources[i];
        if (source != first && source->there && till_slice_equal(source->name, first->name)) {
            status = advance(merging, source, error);
        }
    }
    return status == TILL_OK ? advance(merging, first, error) : status;
}

/* The first customer of all sources but one; NULL where there is none. */
static const struct till_slice *next_of_others(const struct merging *merging, const struct source *source) {
    const struct source *next = NULL;
    for (size_t i = 0; i < merging->count; i++) {
        const struct source *other = &merging->sources[i];
        if (other != source && other->there && (next == NULL || name_compare(other->name, next->name) < 0)) {
            next = other;
        }
    }
    return next == NULL ? NULL : &next->name;
}

/* Shows the present customer of one state, whom no other source has. */
static enum till_status show_present(struct merging *merging, const struct till_state *state,
                                     struct till_error *error) {
    const struct entry_wish wish = {.items = merging->ask->visit->items ? ITEMS_UNPACKED : ITEMS_LEFT_OUT};
    start_customer(merging);
    enum till_status status = state_entries(state, &wish, &merging->entries, error);
    return status == TILL_OK ? show(merging, state_name(state), error) : status;
}

/* Customers of one state up to the first whom another source has, too, or has one before: they are shown, if anybody
 * wants to see them, and copied together. */
static enum till_status pass_run(struct merging *merging, struct source *source, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    const struct till_slice *limit = next_of_others(merging, source);
    size_t most = ask->sink == NULL ? SIZE_MAX : state_room(&merging->writer);
    struct state_run run = state_run_start(source->state);
    enum till_status status = TILL_OK;
    bool stopped = false;
    if (ask->visit == NULL) {
        status = state_run_add_all(source->state, limit, most, &run, &stopped, error);
    }
    for (bool more = ask->visit != NULL; status == TILL_OK && more;) {
        status = show_present(merging, source->state, error);
        if (status == TILL_OK) {
            status = state_run_add(source->state, limit, most, &run, &more, &stopped, error);
        }
    }
    merging->totals->customers += run.customers;
    merging->totals->entries += run.entries;
    if (status == TILL_OK && ask->sink != NULL) {
        status = state_write_copy(&merging->writer, &run, error);
    }
    if (status != TILL_OK || !stopped) {
        return status == TILL_OK ? advance(merging, source, error) : status;
    }
    source->name = state_name(source->state);
    return TILL_OK;
}

static enum till_status add_customers(struct merging *merging, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    bool replaces = ask->night != NULL && ask->overlap == TILL_STATE_REPLACE;
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < merging->count; i++) {
        status = advance(merging, &merging->sources[i], error);
    }
    while (status == TILL_OK) {
        bool alone = true;
        struct source *least = smallest(merging, &alone);
        if (least == NULL) {
            return show_all(merging, error);
        }
        bool whole = alone && least->state != NULL && least->codes == NULL && !replaces;
        status = whole ? pass_run(merging, least, error) : add_customer(merging, least->name, error);
        if (status == TILL_OK && !whole) {
            status = advance_all(merging, least, error);
        }
    }
    return status;
}

/* ---- the whole ---- */

static enum till_status prepare(struct merging *merging, struct till_error *error) {
    const struct till_state_merge *ask = merging->ask;
    merging->sources = calloc(ask->state_count + 1, sizeof *merging->sources);
    if (merging->sources == NULL) {
        return till_error_memory(error);
    }
    for (size_t i = 0; i < ask->state_count; i++) {
        merging->sources[merging->count++].state = ask->states[i];
    }
    merging->count += ask->night != NULL;
    enum till_status status = settle_parameters(merging, error);
    if (status == TILL_OK) {
        status = settle_inputs(merging, error);
    }
    if (status == TILL_OK) {
        status = settle_days(merging, error);
    }
    if (status == TILL_OK) {
        status = settle_items(merging, error);
    }
    return status == TILL_OK && ask->night != NULL ? sort_night(merging, error) : status;
}

static void note_totals(struct merging *merging) {
    const struct day_table *days = &merging->days;
    struct till_state_totals *totals = merging->totals;
    totals->days = days->count;
    totals->newest = days->count > 0 ? days->days[days->count - 1].day : TILL_DAY_MISSING;
    totals->next = days->count > 1 ? days->days[days->count - 2].day : TILL_DAY_MISSING;
    for (size_t i = 0; i < days->count; i++) {
        totals->rows += days->days[i].rows;
    }
}

/* The newest days within the bounds, before anything is shown. */
static enum till_status begin_visit(const struct merging *merging, struct till_error *error) {
    const struct till_state_visit *visit = merging->ask->visit;
    int32_t newest[2] = {TILL_DAY_MISSING, TILL_DAY_MISSING};
    size_t found = 0;
    if (visit == NULL || visit->begin == NULL) {
        return TILL_OK;
    }
    for (size_t i = merging->days.count; found < 2 && i-- > 0;) {
        int32_t day = merging->days.days[i].day;
        if (day >= visit->since && (visit->until == TILL_DAY_MISSING || day <= visit->until)) {
            newest[found++] = day;
        }
    }
    return visit->begin(visit->context, newest[0], newest[1], error);
}

static void clean_up(struct merging *merging) {
    for (size_t i = 0; i < merging->count; i++) {
        free(merging->sources[i].codes);
    }
    free(merging->sources);
    free(merging->head.parameters);
    free(merging->head.inputs);
    free(merging->days.days);
    till_dictionary_free(merging->head.items);
    entries_free(&merging->entries);
    till_text_free(&merging->names);
    state_writer_free(&merging->writer);
    free(merging->order);
    free(merging->first);
    free(merging->index);
}

enum till_status till_state_merge(const struct till_state_merge *merge, struct till_state_totals *totals,
                                  struct till_error *error) {
    struct merging merging = {.ask = merge, .totals = totals, .writer = {.sink = merge->sink}};
    *totals = (struct till_state_totals){0};
    if (merge->state_count == 0 && merge->night == NULL) {
        return till_error_set(error, TILL_ERROR_USAGE, "there is no state to add to");
    }
    enum till_status status = prepare(&merging, error);
    if (status == TILL_OK) {
        note_totals(&merging);
        status = begin_visit(&merging, error);
    }
    if (status == TILL_OK && merge->sink != NULL) {
        status = state_write_head(&merging.writer, &merging.head, error);
    }
    if (status == TILL_OK) {
        status = add_customers(&merging, error);
    }
    if (status == TILL_OK && merge->sink != NULL) {
        totals->customers = merging.writer.customers;
        totals->entries = merging.writer.entries;
        status = state_write_end(&merging.writer, totals->rows, &totals->digest, error);
    }
    clean_up(&merging);
    return status;
}
