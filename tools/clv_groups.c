/* The ledger, and beside it the group that each customer is in. Where there are no amounts, they are 0: purchases can
 * be counted without.
 *
 * The grouping column is read as the item of a transaction, which lifetime values have no other use for. A customer
 * whose rows name several groups is in that of the earliest day, which does not depend on the order of the rows. */
#include "clv.h"

#include <stdlib.h>
#include <string.h>

struct place {
    int32_t day;
    uint32_t group;
    bool several;
};

struct clv_groups {
    void *ledger;
    struct till_transactions transactions; /* as the ledger sees them */
    size_t customer, date, item;           /* where they stand in a block; item: TILL_NO_COLUMN without groups */
    bool no_amount;
    struct till_dictionary *customers;
    struct till_dictionary *names;
    struct place *places; /* by code of the customer */
    size_t capacity;
};

static void destroy(void *state) {
    struct clv_groups *groups = state;
    if (groups == NULL)
        return;
    till_ledger_aggregate.destroy(groups->ledger);
    till_dictionary_free(groups->customers);
    till_dictionary_free(groups->names);
    free(groups->places);
    free(groups);
}

static enum till_status create(void **state, const void *settings, struct till_error *error) {
    struct till_ledger_settings ledger = *(const struct till_ledger_settings *)settings;
    struct clv_groups *groups = calloc(1, sizeof *groups);
    *state = NULL;
    if (groups == NULL)
        return till_error_memory(error);
    groups->transactions = *ledger.transactions;
    groups->customer = groups->transactions.at[TILL_ROLE_CUSTOMER];
    groups->date = groups->transactions.at[TILL_ROLE_DATE];
    groups->item = groups->transactions.at[TILL_ROLE_ITEM];
    groups->no_amount = groups->transactions.at[TILL_ROLE_AMOUNT] == TILL_NO_COLUMN;
    if (groups->no_amount) /* one column more than were read */
        groups->transactions.at[TILL_ROLE_AMOUNT] = groups->transactions.plan.wanted_count;
    ledger.transactions = &groups->transactions;
    groups->customers = till_dictionary_new();
    groups->names = till_dictionary_new();
    enum till_status status = groups->customers == NULL || groups->names == NULL
                                  ? till_error_memory(error)
                                  : till_ledger_aggregate.create(&groups->ledger, &ledger, error);
    if (status == TILL_OK)
        *state = groups;
    else
        destroy(groups);
    return status;
}

static bool ordered(const void *settings) {
    return till_ledger_aggregate.ordered != NULL && till_ledger_aggregate.ordered(settings);
}

/* The earlier day wins; on one day, the smaller name. */
static void settle(struct clv_groups *groups, struct place *place, struct place other) {
    if (place->group != other.group) {
        int order = till_slice_compare(till_dictionary_text(groups->names, other.group),
                                       till_dictionary_text(groups->names, place->group));
        place->several = true;
        if (other.day < place->day || (other.day == place->day && order < 0))
            place->group = other.group;
    }
    place->several |= other.several;
    place->day = other.day < place->day ? other.day : place->day;
}

static bool put(struct clv_groups *groups, struct till_slice customer, struct till_slice name, int32_t day,
                bool several) {
    uint32_t code, known = till_dictionary_count(groups->customers);
    struct place place = {day, 0, several};
    if (!till_dictionary_add(groups->names, name, &place.group) ||
        !till_dictionary_add(groups->customers, customer, &code))
        return false;
    if (code < known) {
        settle(groups, &groups->places[code], place);
        return true;
    }
    if (code >= groups->capacity) {
        size_t capacity = 2 * groups->capacity + 1024;
        struct place *grown = realloc(groups->places, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        groups->places = grown;
        groups->capacity = capacity;
    }
    groups->places[code] = place;
    return true;
}

/* Gives the ledger the block with a column of zeros for the amounts. */
static enum till_status add_without_amounts(struct clv_groups *groups, struct till_block *block,
                                            struct till_error *error) {
    struct till_block wider = *block;
    struct till_vector *columns = calloc(block->column_count + 1, sizeof *columns);
    int64_t *zeros = calloc(block->rows + 1, sizeof *zeros);
    enum till_status status;
    if (columns != NULL && zeros != NULL) {
        memcpy(columns, block->columns, block->column_count * sizeof *columns);
        columns[block->column_count] = (struct till_vector){.type = TILL_MONEY, .money = zeros};
        wider.columns = columns;
        wider.column_count++;
        status = till_ledger_aggregate.add(groups->ledger, &wider, error);
    } else {
        status = till_error_memory(error);
    }
    free(columns);
    free(zeros);
    return status;
}

static enum till_status add(void *state, struct till_block *block, struct till_error *error) {
    struct clv_groups *groups = state;
    const struct till_vector *dates = &block->columns[groups->date];
    for (size_t row = 0; row < block->rows && groups->item != TILL_NO_COLUMN; row++) {
        int32_t day = dates->type == TILL_DAY ? dates->day[row] : till_date_day(dates->time[row]);
        if (!put(groups, block->columns[groups->customer].text[row], block->columns[groups->item].text[row], day,
                 false))
            return till_error_memory(error);
    }
    return groups->no_amount ? add_without_amounts(groups, block, error)
                             : till_ledger_aggregate.add(groups->ledger, block, error);
}

static enum till_status merge(void *into, void *from, struct till_error *error) {
    struct clv_groups *groups = into, *other = from;
    uint32_t count = till_dictionary_count(other->customers);
    for (uint32_t i = 0; i < count; i++) {
        const struct place *place = &other->places[i];
        if (!put(groups, till_dictionary_text(other->customers, i), till_dictionary_text(other->names, place->group),
                 place->day, place->several))
            return till_error_memory(error);
    }
    return till_ledger_aggregate.merge(groups->ledger, other->ledger, error);
}

const struct till_aggregate clv_groups_aggregate = {.name = "clv-groups",
                                                    .version = 1,
                                                    .ordered = ordered,
                                                    .create = create,
                                                    .add = add,
                                                    .merge = merge,
                                                    .destroy = destroy};

struct till_ledger *clv_groups_ledger(const struct clv_groups *groups) {
    return groups->ledger;
}

struct till_slice clv_groups_of(const struct clv_groups *groups, struct till_slice customer) {
    uint32_t code;
    if (!till_dictionary_find(groups->customers, customer, &code))
        return (struct till_slice){NULL, 0};
    return till_dictionary_text(groups->names, groups->places[code].group);
}

size_t clv_groups_several(const struct clv_groups *groups) {
    size_t several = 0;
    for (uint32_t i = 0; i < till_dictionary_count(groups->customers); i++)
        several += groups->places[i].several;
    return several;
}
