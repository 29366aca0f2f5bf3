/* The saved form of a ledger: little-endian integers, customers in byte order of their ids, each one's entries by day
 * and then by order, so that equal ledgers have equal bytes whatever way they were filled. */
#include <stdlib.h>
#include <string.h>

#include "lib/fold/ledger_state.h"
#include "lib/fold/saved.h"

/* Customer, day, order: the key of an entry decides where the day ties, so no two compare equal. */
static int by_place(const void *a, const void *b) {
    const struct ledger_entry *left = a;
    const struct ledger_entry *right = b;
    if (left->key.customer != right->key.customer) {
        return left->key.customer < right->key.customer ? -1 : 1;
    }
    if (left->day != right->day) {
        return left->day < right->day ? -1 : 1;
    }
    if (left->key.high != right->key.high) {
        return left->key.high < right->key.high ? -1 : 1;
    }
    return (left->key.low > right->key.low) - (left->key.low < right->key.low);
}

/* What is not in the entries: the two newest days, the sum that guards against overflow, and whether orders of several
 * rows repeat their amounts, which merged entries no longer tell. The sum fits into 64 bits, since every block was
 * checked against that limit. */
static bool save_head(const struct till_ledger *ledger, struct till_text *out) {
    return saved_put(out, (uint64_t)(int64_t)ledger->newest.newest) &&
           saved_put(out, (uint64_t)(int64_t)ledger->newest.next) && saved_put(out, (uint64_t)ledger->absolute) &&
           saved_put(out, (uint64_t)ledger->totals->several | (uint64_t)ledger->totals->amounts_differ << 1) &&
           saved_put(out, till_dictionary_count(ledger->customers)) && saved_put(out, ledger->table->count);
}

/* Five words an entry. The customer is a rank among the saved names; codes depend on which rows came first. */
static bool save_entry(const struct ledger_entry *entry, struct till_text *out) {
    return saved_put(out, entry->key.high) && saved_put(out, entry->key.low) &&
           saved_put(out, (uint64_t)entry->spent) &&
           saved_put(out, entry->key.customer | (uint64_t)(uint32_t)entry->day << 32) && saved_put(out, entry->rows);
}

/* Dictionaries number customers in the order in which they come, and tables hold entries in theirs; both depend on how
 * the input was cut. Ranks by name and a sort take that out, so equal ledgers have equal bytes and can be compared by
 * them. */
enum till_status ledger_save(const void *state, struct till_text *out, struct till_error *error) {
    const struct till_ledger *ledger = state;
    if (!ledger_settle(ledger)) {
        return till_error_memory(error);
    }
    uint32_t customers = till_dictionary_count(ledger->customers);
    size_t count = ledger->table->count;
    uint32_t *order = malloc((customers + 1) * sizeof *order);
    uint32_t *rank = malloc((customers + 1) * sizeof *rank);
    struct ledger_entry *entries = malloc((count + 1) * sizeof *entries);
    bool fine = order != NULL && rank != NULL && entries != NULL && till_dictionary_order(ledger->customers, order) &&
                save_head(ledger, out);
    for (uint32_t i = 0; fine && i < customers; i++) {
        struct till_slice name = till_dictionary_text(ledger->customers, order[i]);
        rank[order[i]] = i;
        fine = saved_put(out, name.length) && till_text_append(out, name.bytes, name.length);
    }
    for (size_t i = 0; fine && i < count; i++) {
        entries[i] = *ledger_table_at(ledger->table, i);
        entries[i].key.customer = rank[entries[i].key.customer];
    }
    if (fine) {
        qsort(entries, count, sizeof *entries, by_place); /* no ties: an order stands once */
    }
    for (size_t i = 0; fine && i < count; i++) {
        fine = save_entry(&entries[i], out);
    }
    free(order);
    free(rank);
    free(entries);
    return fine ? TILL_OK : till_error_memory(error);
}

/* A saved ledger comes from a file that may be cut off or not what it says: everything in it is checked, and nothing in
 * it can make the loader read outside of the bytes or allocate more than they justify. */
static enum till_status refuse(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "the saved ledger is damaged");
}

/* Reads one entry into the ledger. A rows count of zero is refused, because the table takes zero for "made just now".
 */
static enum till_status load_entry(struct till_ledger *ledger, struct saved *in, uint32_t customers, wide_sum *absolute,
                                   struct till_error *error) {
    uint64_t high = saved_get(in);
    uint64_t low = saved_get(in);
    int64_t spent = (int64_t)saved_get(in);
    uint64_t who = saved_get(in);
    uint64_t rows = saved_get(in);
    int32_t day = (int32_t)(who >> 32);
    if (!in->fine || high > UINT32_MAX || (uint32_t)who >= customers || rows - 1 >= UINT32_MAX ||
        !newest_allows(&ledger->newest, day) || !sum_allows(absolute, spent, ledger->absolute)) {
        return refuse(error);
    }
    /* Ranks among the names are the codes that load_customer gave them. */
    struct ledger_key key = {low, (uint32_t)high, (uint32_t)who};
    struct ledger_entry *entry = ledger_table_entry(ledger->table, key);
    if (entry == NULL) {
        return till_error_memory(error);
    }
    if (entry->rows > 0) {
        return refuse(error); /* an order stands once */
    }
    /* The day is the upper half of the word that names the customer. */
    *entry = (struct ledger_entry){key, spent, day, (uint32_t)rows};
    return TILL_OK;
}

/* Reads one customer's name. Codes are given in the order in which names come, so a name that gets another code stood
 * there before. */
static enum till_status load_customer(struct till_ledger *ledger, struct saved *in, uint64_t expected,
                                      struct till_error *error) {
    struct till_slice name = saved_get_bytes(in, saved_get(in));
    uint32_t code;
    if (!in->fine) {
        return refuse(error);
    }
    if (!till_dictionary_add(ledger->customers, name, &code)) {
        return till_error_memory(error);
    }
    return code == expected ? TILL_OK : refuse(error);
}

/* Flags beyond those that exist, or a sum above the limit, come from something else than ledger_save. */
static bool load_head(struct till_ledger *ledger, struct saved *in) {
    ledger->newest.newest = (int32_t)saved_get(in);
    ledger->newest.next = (int32_t)saved_get(in);
    ledger->absolute = saved_get(in);
    uint64_t flags = saved_get(in);
    ledger->totals->several = (flags & 1) != 0;
    ledger->totals->amounts_differ = (flags & 2) != 0;
    return in->fine && flags < 4 && ledger->absolute <= INT64_MAX && newest_is_sound(&ledger->newest);
}

/* Reads with the settings of the caller, so the ledger can go on adding rows. Settling at the end finds orders that
 * stand twice where the table has no index; the count then shows it. */
enum till_status ledger_load(void **state, const void *settings, struct till_slice bytes, struct till_error *error) {
    void *made;
    enum till_status status = till_ledger_aggregate.create(&made, settings, error);
    if (status != TILL_OK) {
        return status;
    }
    struct till_ledger *ledger = made;
    ledger->rising.broken = true; /* fingerprints do not tell which id was the highest */
    struct saved in = {bytes.bytes, bytes.length, true};
    status = load_head(ledger, &in) ? TILL_OK : refuse(error);
    uint64_t customers = saved_get(&in);
    uint64_t entries = saved_get(&in);
    for (uint64_t i = 0; status == TILL_OK && i < customers; i++) {
        status = load_customer(ledger, &in, i, error);
    }
    wide_sum absolute = 0;
    for (uint64_t i = 0; status == TILL_OK && i < entries; i++) {
        status = load_entry(ledger, &in, (uint32_t)customers, &absolute, error);
    }
    if (status == TILL_OK && !ledger_settle(ledger)) {
        status = till_error_memory(error);
    }
    if (status == TILL_OK && (!in.fine || in.left != 0 || ledger->table->count != entries)) {
        status = refuse(error); /* an order that stands twice among them */
    }
    if (status != TILL_OK) {
        till_ledger_aggregate.destroy(ledger);
        return status;
    }
    *state = ledger;
    return TILL_OK;
}
