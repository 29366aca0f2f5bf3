/* The laws that make any cut of the rows, any number of threads and any night's increment give the same bytes, held for
 * every aggregate there is. A further aggregate is a further row of `kinds`.
 *
 * Two states are compared by their saved bytes, and by the table that they finish to, written as CSV. The program is
 * linked with --wrap, so that every allocation of the library goes through here, is counted, and can fail. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <till/baskets.h>
#include <till/check.h>
#include <till/cohort.h>
#include <till/features.h>
#include <till/fold.h>
#include <till/ledger.h>
#include <till/rfm_customers.h>
#include <till/transactions.h>
#include <till/writer.h>

enum { FEW = 300, MANY = 40000, MANY_CUSTOMERS = 60000, FILES = 7, COLUMNS = 5 };

/* --- Allocations --- */

static atomic_bool counting;
static atomic_ulong calls;
static atomic_long live; /* allocated and not yet freed, while counting */
static unsigned long failing;
static bool sticky;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
void __wrap_free(void *memory);

static bool fails(void) {
    if (!atomic_load(&counting))
        return false;
    unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    return failing != 0 && (call == failing || (sticky && call > failing));
}

static void *counted(void *memory) {
    if (memory != NULL && atomic_load(&counting))
        atomic_fetch_add(&live, 1);
    return memory;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
    void *memory = fails() ? NULL : __real_realloc(old, size);
    return old == NULL ? counted(memory) : memory;
}

char *__wrap_strndup(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *copy = __wrap_malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *text) {
    return __wrap_strndup(text, SIZE_MAX);
}

void __wrap_free(void *memory) {
    if (memory != NULL && atomic_load(&counting))
        atomic_fetch_sub(&live, 1);
    __real_free(memory);
}

/* Large tables are mapped. Their bytes are counted, and their calls apart from the others. */
static atomic_long mapped;
static atomic_ulong mapping_calls;
static unsigned long failing_mapping;

void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void *at, size_t size);
void *__real_mremap(void *old, size_t old_size, size_t size, int flags, ...);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *at, size_t size);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);

static bool mapping_fails(void) {
    return atomic_load(&counting) && atomic_fetch_add(&mapping_calls, 1) + 1 == failing_mapping;
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
    void *memory = mapping_fails() ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);
    atomic_fetch_add(&mapped, memory == MAP_FAILED ? 0 : (long)size);
    return memory;
}

int __wrap_munmap(void *at, size_t size) {
    atomic_fetch_sub(&mapped, (long)size);
    return __real_munmap(at, size);
}

/* Moves a mapping onto another one of at least its size, which is how the library calls it. */
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    void *onto = va_arg(arguments, void *);
    va_end(arguments);
    assert_true((flags & MREMAP_FIXED) != 0 && old_size == size);
    void *memory = mapping_fails() ? MAP_FAILED : __real_mremap(old, old_size, size, flags, onto);
    atomic_fetch_sub(&mapped, memory == MAP_FAILED ? 0 : (long)old_size);
    return memory;
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
    int code = fails() ? ENOMEM : __real_posix_memalign(out, alignment, size);
    if (code == 0)
        counted(*out);
    return code;
}

/* --- The aggregates --- */

typedef enum till_status view(const void *state, struct till_table **table, struct till_error *error);

/* What an aggregate is held to: its settings, what it wants of each row, and the form of its input. */
struct subject {
    const struct till_aggregate *aggregate;
    view *view;
    const void *settings;
    const struct till_plan *plan;
    struct till_schema schema;
    struct till_slice names[COLUMNS];
    struct till_transactions transactions;
    struct till_plan check_plan;
    struct till_wanted check_wanted[COLUMNS];
    struct till_rfm_settings rfm; /* its first member is the ledger's settings */
    struct till_check_settings check;
    struct till_basket_settings baskets;
    struct till_features_input features;
};

struct kind {
    const char *name;
    const struct till_aggregate *aggregate;
    void (*prepare)(struct subject *subject, const struct kind *kind);
    bool no_orders;    /* purchases are a customer's date-times */
    bool rows;         /* each row is a purchase */
    bool order_totals; /* an order's amount is repeated on each of its rows */
    bool days;
    enum till_rfm_returns returns;
    uint64_t limit;
    enum till_basket_unit unit;
    bool labels; /* baskets with a group and a stratum */
    view *view;  /* what is read off the state in the place of its finish; NULL: finish */
};

static void prepare_transactions(struct subject *subject, const struct kind *kind) {
    const struct till_transactions_options options = {.until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | (kind->rows ? 0 : TILL_USES_ORDER);
    struct till_error error = {0};
    if (till_transactions_plan(&subject->transactions, &subject->schema, &options, uses, &error) != TILL_OK)
        fail_msg("%s", error.message);
    subject->plan = &subject->transactions.plan;
    subject->rfm.ledger = (struct till_ledger_settings){&subject->transactions, kind->rows, kind->order_totals};
    subject->rfm.options = (struct till_rfm_customers_options){kind->days, kind->returns};
}

static void prepare_ledger(struct subject *subject, const struct kind *kind) {
    prepare_transactions(subject, kind);
    subject->settings = &subject->rfm.ledger;
}

static void prepare_rfm(struct subject *subject, const struct kind *kind) {
    prepare_transactions(subject, kind);
    subject->settings = &subject->rfm;
}

static void prepare_check(struct subject *subject, const struct kind *kind) {
    till_check_plan(&subject->check_plan, subject->check_wanted, &subject->schema);
    subject->plan = &subject->check_plan;
    subject->check = (struct till_check_settings){.schema = &subject->schema, .limit = kind->limit};
    subject->settings = &subject->check;
}

/* Notes are the items; rows without one are filtered. Labels are of customers, so that none contradicts. */
static void prepare_baskets(struct subject *subject, const struct kind *kind) {
    const struct till_transactions_options options = {
        .item = "note", .until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    static const unsigned uses[] = {TILL_NEEDS_ORDER | TILL_NEEDS_ITEM | TILL_USES_CUSTOMER,
                                    TILL_NEEDS_CUSTOMER | TILL_NEEDS_ITEM,
                                    TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_ITEM};
    struct till_transactions *transactions = &subject->transactions;
    struct till_error error = {0};
    if (till_transactions_plan(transactions, &subject->schema, &options, uses[kind->unit], &error) != TILL_OK)
        fail_msg("%s", error.message);
    transactions->wanted[transactions->at[TILL_ROLE_ITEM]].missing = TILL_MISSING_FILTERS;
    size_t label = kind->labels ? transactions->at[TILL_ROLE_CUSTOMER] : TILL_NO_COLUMN;
    subject->plan = &transactions->plan;
    subject->baskets = (struct till_basket_settings){
        .transactions = transactions, .unit = kind->unit, .group = label, .stratum = label, .keyed = true};
    subject->settings = &subject->baskets;
}

static enum till_status cohorts_of(const void *state, struct till_table **table, struct till_error *error) {
    struct till_ledger_history history;
    struct till_cohorts cohorts;
    const struct till_cohort_settings settings = {.unit = TILL_PERIOD_MONTH,
                                                  .as_of = till_ledger_newest_day(state, NULL)};
    enum till_status status = till_ledger_history(state, &history, error);
    if (status != TILL_OK)
        return status;
    status = till_cohort_compute(&cohorts, &history, &settings, error);
    till_ledger_history_free(&history);
    if (status != TILL_OK)
        return status;
    status = till_cohort_table(&cohorts, table, error);
    till_cohort_free(&cohorts);
    return status;
}

/* Features of all customers at two cutoffs, as a table. */
static const int32_t cutoffs[] = {19905, 19997}; /* 2024-07-01, 2024-10-01 */

static void prepare_features(struct subject *subject, const struct kind *kind) {
    const struct till_transactions_options options = {
        .item = "note", .until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER | TILL_USES_ITEM;
    struct till_error error = {0};
    if (till_transactions_plan(&subject->transactions, &subject->schema, &options, uses, &error) != TILL_OK)
        fail_msg("%s", error.message);
    subject->plan = &subject->transactions.plan;
    subject->features = (struct till_features_input){&subject->transactions,
                                                     {.horizon = 60,
                                                      .window = 100,
                                                      .data_end = TILL_DAY_MISSING,
                                                      .rows = kind->rows,
                                                      .count_days = kind->days,
                                                      .amount_per_order = kind->order_totals}};
    subject->settings = &subject->features;
}

struct feature_rows {
    struct till_table *table;
    size_t count;
};

static enum till_status keep_features(void *context, const struct till_features_row *row, struct till_error *error) {
    struct feature_rows *rows = context;
    struct till_table *table = rows->table;
    struct till_slice name = till_table_keep(table, row->customer);
    size_t at = rows->count++;
    if (name.bytes == NULL)
        return till_error_memory(error);
    table->columns[0].values.text[at] = name;
    table->columns[1].values.day[at] = row->cutoff;
    table->columns[2].values.count[at] = row->churned < 0 ? UINT64_MAX : (uint64_t)row->churned;
    for (size_t i = 0; i < TILL_FEATURES_COLUMNS; i++) {
        struct till_vector *values = &table->columns[3 + i].values;
        if (values->type == TILL_COUNT)
            values->count[at] = row->values[i].count;
        else if (values->type == TILL_MONEY)
            values->money[at] = row->values[i].money;
        else
            values->real[at] = row->values[i].real;
    }
    return TILL_OK;
}

static enum till_status count_features(void *context, const struct till_features_row *row, struct till_error *error) {
    (void)row;
    (void)error;
    ++*(size_t *)context;
    return TILL_OK;
}

/* Handing out sorts what is there, and leaves it as good as it was. */
static enum till_status features_of(const void *state, struct till_table **table, struct till_error *error) {
    struct till_features *features;
    const struct till_features_column *columns = till_features_columns();
    struct feature_rows rows = {NULL, 0};
    size_t count = 0;
    memcpy(&features, &state, sizeof features);
    *table = NULL;
    till_features_settle(features, cutoffs, 2, till_features_newest_day(features, NULL));
    enum till_status status = till_features_each(features, 1, count_features, &count, NULL, error);
    if (status != TILL_OK)
        return status;
    rows.table = till_table_new(count);
    bool fine = rows.table != NULL && till_table_add(rows.table, "customer", TILL_TEXT) != NULL &&
                till_table_add(rows.table, "cutoff", TILL_DAY) != NULL &&
                till_table_add(rows.table, "churned", TILL_COUNT) != NULL;
    for (size_t i = 0; fine && i < TILL_FEATURES_COLUMNS; i++)
        fine = till_table_add(rows.table, columns[i].name, columns[i].type) != NULL;
    status = fine ? till_features_each(features, 2, keep_features, &rows, NULL, error) : till_error_memory(error);
    if (status != TILL_OK)
        till_table_free(rows.table);
    else
        *table = rows.table;
    return status;
}

static const struct kind kinds[] = {
    {.name = "ledger of orders", .aggregate = &till_ledger_aggregate, .prepare = prepare_ledger},
    {.name = "ledger of date-times", .aggregate = &till_ledger_aggregate, .prepare = prepare_ledger, .no_orders = true},
    {.name = "ledger of rows", .aggregate = &till_ledger_aggregate, .prepare = prepare_ledger, .rows = true},
    {.name = "ledger of order totals",
     .aggregate = &till_ledger_aggregate,
     .prepare = prepare_ledger,
     .order_totals = true},
    {.name = "cohorts of a ledger", .aggregate = &till_ledger_aggregate, .prepare = prepare_ledger, .view = cohorts_of},
    {.name = "rfm by rows", .aggregate = &till_rfm_aggregate, .prepare = prepare_rfm, .rows = true},
    {.name = "rfm by rows without returns",
     .aggregate = &till_rfm_aggregate,
     .prepare = prepare_rfm,
     .rows = true,
     .returns = TILL_RFM_RETURNS_DROP},
    {.name = "rfm by orders", .aggregate = &till_rfm_aggregate, .prepare = prepare_rfm},
    {.name = "rfm by days", .aggregate = &till_rfm_aggregate, .prepare = prepare_rfm, .days = true},
    {.name = "rfm by order totals", .aggregate = &till_rfm_aggregate, .prepare = prepare_rfm, .order_totals = true},
    {.name = "baskets of orders", .aggregate = &till_basket_aggregate, .prepare = prepare_baskets},
    {.name = "baskets of days with labels",
     .aggregate = &till_basket_aggregate,
     .prepare = prepare_baskets,
     .unit = TILL_BASKET_DAY,
     .labels = true},
    {.name = "features of orders",
     .aggregate = &till_features_aggregate,
     .prepare = prepare_features,
     .view = features_of},
    {.name = "features of date-times",
     .aggregate = &till_features_aggregate,
     .prepare = prepare_features,
     .no_orders = true,
     .days = true,
     .view = features_of},
    {.name = "features of rows",
     .aggregate = &till_features_aggregate,
     .prepare = prepare_features,
     .rows = true,
     .view = features_of},
    {.name = "features of order totals",
     .aggregate = &till_features_aggregate,
     .prepare = prepare_features,
     .order_totals = true,
     .view = features_of},
    {.name = "check", .aggregate = &till_check_aggregate, .prepare = prepare_check},
    {.name = "check beyond its limit", .aggregate = &till_check_aggregate, .prepare = prepare_check, .limit = 3},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void prepare(struct subject *subject, const struct kind *kind) {
    static const char *const names[COLUMNS] = {"customer", "date", "order", "amount", "note"};
    *subject = (struct subject){.aggregate = kind->aggregate,
                                .view = kind->view == NULL ? kind->aggregate->finish : kind->view};
    for (size_t i = 0; i < COLUMNS; i++)
        subject->names[i] = till_slice_of(i == 2 && kind->no_orders ? "number" : names[i]);
    subject->schema = (struct till_schema){COLUMNS, subject->names, "laws", 1};
    kind->prepare(subject, kind);
}

/* --- Inputs --- */

static char directory[] = "/tmp/till-laws-XXXXXX";

/* xorshift64 (Marsaglia 2003): the same rows in every run. */
static uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned random_below(uint64_t *state, unsigned bound) {
    return (unsigned)(random_next(state) >> 33) % bound;
}

/* One row: ids short, long and missing; returns; notes that need quotes; orders that several customers use. With
 * totals, the amount is a function of customer and order, as it would be in such a file. */
static void random_row(char *out, size_t size, uint64_t *state, bool totals, unsigned customers) {
    static const char *const notes[] = {
        "", "plain", "\"a, b\"", "\"say \"\"hi\"\"\"", "\"two\nlines\"", "\xe5\xae\xa2", "0017", "12.5"};
    char customer[64];
    unsigned who = random_below(state, customers);
    unsigned order = random_below(state, 90);
    int cents = (int)random_below(state, 30000) - 6000;
    if (totals)
        cents = (int)((who * 7919 + order * 104729) % 30000) - 6000;
    snprintf(customer, sizeof customer, who == 0 ? "" : who % 7 == 0 ? "a customer with a long name %u" : "C%u", who);
    snprintf(out, size, "%s,2024-%02u-%02u %02u:%02u,O%u,%s%d.%02d,%s\n", customer, 1 + random_below(state, 12),
             1 + random_below(state, 28), random_below(state, 2) * 12, random_below(state, 3), order,
             cents < 0 ? "-" : "", abs(cents) / 100, abs(cents) % 100, notes[random_below(state, 8)]);
}

struct rows {
    char (*text)[160];
    size_t count;
};

static struct rows random_rows_of(const struct kind *kind, size_t count, unsigned customers) {
    struct rows rows = {malloc(count * sizeof *rows.text), count};
    uint64_t state = 88172645463325252;
    assert_non_null(rows.text);
    for (size_t i = 0; i < count; i++)
        random_row(rows.text[i], sizeof *rows.text, &state, kind->order_totals, customers);
    return rows;
}

static struct rows random_rows(const struct kind *kind, size_t count) {
    return random_rows_of(kind, count, 40);
}

/* The path of the index-th file of a test. */
static char *path_of(char out[64], size_t index) {
    snprintf(out, 64, "%s/%zu.csv", directory, index);
    return out;
}

/* Rows from..to of a permutation (NULL: as they are) as a file with a header. */
static void write_part(const struct subject *subject, const struct rows *rows, const size_t *order, size_t from,
                       size_t to, size_t index) {
    char path[64];
    FILE *file = fopen(path_of(path, index), "wb");
    assert_non_null(file);
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(file, "%s%c", subject->names[i].bytes, i + 1 < COLUMNS ? ',' : '\n');
    for (size_t i = from; i < to; i++)
        fputs(rows->text[order == NULL ? i : order[i]], file);
    assert_int_equal(fclose(file), 0);
}

/* --- Running an aggregate --- */

struct run {
    size_t first; /* file */
    size_t files;
    unsigned threads;
    bool no_simd;
};

static enum till_status fold(const struct subject *subject, struct run run, void **state, struct till_error *error) {
    char names[FILES][64];
    const char *paths[FILES];
    struct till_input_options options = {.no_simd = run.no_simd};
    struct till_input *input = NULL;
    for (size_t i = 0; i < run.files; i++)
        paths[i] = path_of(names[i], run.first + i);
    *state = NULL;
    enum till_status status = till_input_open(&input, paths, run.files, &options, error);
    if (status == TILL_OK)
        status = till_input_start(input, subject->plan, error);
    if (status == TILL_OK)
        status = till_fold(input, subject->aggregate, subject->settings, run.threads, state, error);
    till_input_close(input);
    return status;
}

static void *must_fold(const struct subject *subject, struct run run) {
    void *state;
    struct till_error error = {0};
    if (fold(subject, run, &state, &error) != TILL_OK)
        fail_msg("%s:%lu: %s", error.file, (unsigned long)error.line, error.message);
    return state;
}

/* What a state is known by. */
struct outcome {
    struct till_text saved;
    struct till_text table;
};

static enum till_status table_of(const struct subject *subject, const void *state, struct till_text *out,
                                 struct till_error *error) {
    struct till_table *table = NULL;
    struct till_writer *writer = NULL;
    const struct till_writer_options options = {0};
    enum till_status status = subject->view(state, &table, error);
    if (status != TILL_OK)
        assert_null(table);
    if (status == TILL_OK)
        status = till_writer_new(&writer, till_sink_text(out), &options, error);
    if (status == TILL_OK)
        status = till_table_write(table, writer, error);
    if (status == TILL_OK)
        status = till_writer_finish(writer, error);
    till_writer_free(writer);
    till_table_free(table);
    return status;
}

static enum till_status outcome_of(const struct subject *subject, const void *state, struct outcome *outcome,
                                   struct till_error *error) {
    enum till_status status =
        subject->aggregate->save == NULL ? TILL_OK : subject->aggregate->save(state, &outcome->saved, error);
    return status == TILL_OK ? table_of(subject, state, &outcome->table, error) : status;
}

static void outcome_free(struct outcome *outcome) {
    till_text_free(&outcome->saved);
    till_text_free(&outcome->table);
}

static struct outcome must_outcome(const struct subject *subject, const void *state) {
    struct outcome outcome = {0};
    struct till_error error = {0};
    if (outcome_of(subject, state, &outcome, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return outcome;
}

static bool text_equal(const struct till_text *a, const struct till_text *b) {
    return till_slice_equal((struct till_slice){a->bytes, a->length}, (struct till_slice){b->bytes, b->length});
}

/* Takes the state. */
static void assert_outcome(const struct kind *kind, const struct subject *subject, void *state,
                           const struct outcome *expected, const char *what) {
    struct outcome outcome = must_outcome(subject, state);
    if (!text_equal(&outcome.table, &expected->table))
        fail_msg("%s: %s: the table differs", kind->name, what);
    if (!text_equal(&outcome.saved, &expected->saved))
        fail_msg("%s: %s: the saved bytes differ", kind->name, what);
    outcome_free(&outcome);
    subject->aggregate->destroy(state);
}

/* Everything in one file, by one thread: file 0. */
static struct outcome whole(const struct subject *subject, const struct rows *rows) {
    write_part(subject, rows, NULL, 0, rows->count, 0);
    void *state = must_fold(subject, (struct run){0, 1, 1, false});
    struct outcome outcome = must_outcome(subject, state);
    subject->aggregate->destroy(state);
    return outcome;
}

static void merge_into(const struct subject *subject, void *into, void *from) {
    struct till_error error = {0};
    if (subject->aggregate->merge(into, from, &error) != TILL_OK)
        fail_msg("%s", error.message);
    subject->aggregate->destroy(from);
}

static void *empty(const struct subject *subject) {
    void *state = NULL;
    struct till_error error = {0};
    assert_int_equal(subject->aggregate->create(&state, subject->settings, &error), TILL_OK);
    return state;
}

static void *reload(const struct subject *subject, const struct till_text *saved) {
    void *state = NULL;
    struct till_error error = {0};
    struct till_slice bytes = {saved->bytes, saved->length};
    if (subject->aggregate->load(&state, subject->settings, bytes, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return state;
}

/* Runs a law for every kind, or for those that are saved. */
typedef void law(const struct kind *kind, const struct subject *subject);
static void hold_of(law *holds, bool saved) {
    for (size_t i = 0; i < KINDS; i++) {
        struct subject subject;
        prepare(&subject, &kinds[i]);
        if (!saved || subject.aggregate->save != NULL)
            holds(&kinds[i], &subject);
    }
}

static void hold(law *holds) {
    hold_of(holds, false);
}

/* --- The laws --- */

/* Writes all rows into FILES files of random lengths, some of them empty; in another order where asked. */
static void cut(const struct subject *subject, const struct rows *rows, uint64_t *random, bool shuffled) {
    size_t *order = malloc(rows->count * sizeof *order);
    size_t from = 0;
    assert_non_null(order);
    for (size_t i = 0; i < rows->count; i++) {
        size_t other = shuffled ? random_below(random, (unsigned)i + 1) : i;
        order[i] = order[other];
        order[other] = i;
    }
    for (size_t i = 0; i < FILES; i++) {
        size_t to = i + 1 == FILES ? rows->count : from + random_below(random, (unsigned)(rows->count - from) / 2 + 1);
        write_part(subject, rows, order, from, to, i);
        from = to;
    }
    free(order);
}

static void holds_empty(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, FEW);
    struct outcome expected = whole(subject, &rows);
    void *state = must_fold(subject, (struct run){0, 1, 1, false});
    merge_into(subject, state, empty(subject));
    assert_outcome(kind, subject, state, &expected, "an empty state merged");
    state = empty(subject);
    merge_into(subject, state, must_fold(subject, (struct run){0, 1, 1, false}));
    assert_outcome(kind, subject, state, &expected, "merged into an empty state");
    outcome_free(&expected);
    free(rows.text);
}

static void merging_an_empty_state_changes_nothing(void **unused) {
    (void)unused;
    hold(holds_empty);
}

/* Read as one, and as states made apart and merged from the last to the first. */
static void holds_cuts(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, FEW);
    struct outcome expected = whole(subject, &rows);
    uint64_t random = 42;
    for (int i = 0; i < 12; i++) {
        cut(subject, &rows, &random, i % 2 == 1);
        assert_outcome(kind, subject, must_fold(subject, (struct run){0, FILES, 1 + (unsigned)i % 3, false}), &expected,
                       "cut into files");
        void *state = must_fold(subject, (struct run){FILES - 1, 1, 1, false});
        for (size_t file = FILES - 1; file-- > 0;)
            merge_into(subject, state, must_fold(subject, (struct run){file, 1, 1, false}));
        assert_outcome(kind, subject, state, &expected, "files folded apart and merged");
    }
    outcome_free(&expected);
    free(rows.text);
}

static void any_cut_and_order_of_the_rows_equals_one_file(void **unused) {
    (void)unused;
    hold(holds_cuts);
}

/* A loaded state is as good as the one that was saved: it also goes on. */
static void holds_load(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, FEW);
    struct outcome expected = whole(subject, &rows);
    assert_outcome(kind, subject, reload(subject, &expected.saved), &expected, "loaded");
    void *nothing = empty(subject);
    struct outcome none = must_outcome(subject, nothing);
    assert_outcome(kind, subject, reload(subject, &none.saved), &none, "an empty state loaded");
    subject->aggregate->destroy(nothing);
    write_part(subject, &rows, NULL, 0, FEW / 3, 0);
    write_part(subject, &rows, NULL, FEW / 3, FEW, 1);
    void *first = must_fold(subject, (struct run){0, 1, 1, false});
    struct outcome yesterday = must_outcome(subject, first);
    void *today = reload(subject, &yesterday.saved);
    merge_into(subject, today, must_fold(subject, (struct run){1, 1, 1, false}));
    assert_outcome(kind, subject, today, &expected, "yesterday loaded and today merged");
    subject->aggregate->destroy(first);
    outcome_free(&yesterday);
    outcome_free(&none);
    outcome_free(&expected);
    free(rows.text);
}

static void loading_what_was_saved_gives_the_same_state(void **unused) {
    (void)unused;
    hold_of(holds_load, true);
}

static void holds_finish(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, FEW);
    struct outcome expected = whole(subject, &rows);
    void *state = must_fold(subject, (struct run){0, 1, 1, false});
    struct outcome first = must_outcome(subject, state);
    assert_true(first.table.length > 100); /* there is something to compare */
    outcome_free(&first);
    assert_outcome(kind, subject, state, &expected, "finished twice");
    outcome_free(&expected);
    free(rows.text);
}

static void finishing_twice_gives_the_same(void **unused) {
    (void)unused;
    hold(holds_finish);
}

static void holds_threads(const struct kind *kind, const struct subject *subject) {
    static const unsigned threads[] = {2, 3, 7};
    struct rows rows = random_rows(kind, MANY);
    struct outcome expected = whole(subject, &rows);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        assert_outcome(kind, subject, must_fold(subject, (struct run){0, 1, threads[i], false}), &expected, "threads");
    assert_outcome(kind, subject, must_fold(subject, (struct run){0, 1, 1, true}), &expected, "portable code");
    assert_outcome(kind, subject, must_fold(subject, (struct run){0, 1, 3, true}), &expected, "both");
    outcome_free(&expected);
    free(rows.text);
}

static void neither_threads_nor_vector_code_change_a_byte(void **unused) {
    (void)unused;
    hold(holds_threads);
}

/* Loads damaged bytes; what is accepted must be a state in good order, which finishes, saves and loads again. */
static void try_damaged(const struct kind *kind, const struct subject *subject, const char *bytes, size_t length,
                        bool must_fail) {
    void *state = NULL;
    struct till_error error = {0};
    struct outcome outcome = {0};
    enum till_status status =
        subject->aggregate->load(&state, subject->settings, (struct till_slice){bytes, length}, &error);
    if (status != TILL_OK) {
        if (status != TILL_ERROR_STATE)
            fail_msg("%s: damage is reported as \"%s\"", kind->name, error.message);
        assert_null(state);
        return;
    }
    if (must_fail)
        fail_msg("%s: loads from the first %zu bytes", kind->name, length);
    (void)outcome_of(subject, state, &outcome, &error);
    subject->aggregate->destroy(state);
    outcome_free(&outcome);
}

static void holds_damage(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, 24);
    struct outcome expected = whole(subject, &rows);
    size_t length = expected.saved.length;
    for (size_t cut_at = 0; cut_at < length; cut_at++) {
        /* A copy of exactly that size, so that a sanitizer sees a byte read behind it. */
        char *copy = malloc(cut_at + 1);
        assert_non_null(copy);
        memcpy(copy + 1, expected.saved.bytes, cut_at);
        try_damaged(kind, subject, copy + 1, cut_at, true);
        free(copy);
    }
    for (size_t at = 0; at < length; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            expected.saved.bytes[at] = (char)(expected.saved.bytes[at] ^ 1 << bit);
            try_damaged(kind, subject, expected.saved.bytes, length, false);
            expected.saved.bytes[at] = (char)(expected.saved.bytes[at] ^ 1 << bit);
        }
    assert_true(till_text_append(&expected.saved, "", 1));
    try_damaged(kind, subject, expected.saved.bytes, length + 1, true);
    outcome_free(&expected);
    free(rows.text);
}

static void damaged_bytes_are_refused_and_never_crash(void **unused) {
    (void)unused;
    hold_of(holds_damage, true);
}

/* All that can be done with an aggregate, in one go. */
static enum till_status live_through(const struct subject *subject, unsigned threads, struct outcome *outcome,
                                     struct till_error *error) {
    void *state = NULL;
    void *loaded = NULL;
    struct till_text saved = {0};
    enum till_status status = fold(subject, (struct run){0, 2, threads, false}, &state, error);
    bool saves = subject->aggregate->save != NULL;
    if (status != TILL_OK)
        assert_null(state);
    else if (saves)
        status = subject->aggregate->save(state, &saved, error);
    else
        status = subject->aggregate->create(&loaded, subject->settings, error);
    if (status == TILL_OK && saves)
        status =
            subject->aggregate->load(&loaded, subject->settings, (struct till_slice){saved.bytes, saved.length}, error);
    if (status == TILL_OK)
        status = subject->aggregate->merge(loaded, state, error);
    if (status == TILL_OK)
        status = outcome_of(subject, loaded, outcome, error);
    if (state != NULL)
        subject->aggregate->destroy(state);
    if (loaded != NULL)
        subject->aggregate->destroy(loaded);
    till_text_free(&saved);
    return status;
}

/* Lets allocation `number` fail. True when there was none of that number. */
static bool survive(const struct kind *kind, const struct subject *subject, unsigned long number, unsigned threads,
                    const struct outcome *expected) {
    struct outcome outcome = {0};
    struct till_error error = {0};
    failing = number;
    atomic_store(&calls, 0);
    atomic_store(&live, 0);
    atomic_store(&mapping_calls, 0);
    atomic_store(&counting, true);
    enum till_status status = live_through(subject, threads, &outcome, &error);
    bool same = status == TILL_OK && expected != NULL && text_equal(&outcome.table, &expected->table) &&
                text_equal(&outcome.saved, &expected->saved);
    outcome_free(&outcome);
    atomic_store(&counting, false);
    if (atomic_load(&live) != 0)
        fail_msg("%s: allocation %lu fails: %ld are leaked", kind->name, number, atomic_load(&live));
    if (atomic_load(&mapped) != 0)
        fail_msg("%s: mapping %lu fails: %ld bytes are leaked", kind->name, failing_mapping, atomic_load(&mapped));
    if (status != TILL_OK && (status != TILL_ERROR_MEMORY || number + failing_mapping == 0))
        fail_msg("%s: allocation %lu fails: \"%s\"", kind->name, number, error.message);
    if (status == TILL_OK && expected != NULL && !same)
        fail_msg("%s: allocation %lu fails: the result differs", kind->name, number);
    return atomic_load(&calls) < number;
}

static void holds_memory(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows(kind, 60);
    write_part(subject, &rows, NULL, 0, 40, 0);
    write_part(subject, &rows, NULL, 40, 60, 1);
    struct outcome expected = {0};
    struct till_error error = {0};
    assert_int_equal(live_through(subject, 1, &expected, &error), TILL_OK);
    survive(kind, subject, 0, 1, &expected); /* nothing leaks when nothing fails */
    for (int again = 0; again < 2; again++) {
        sticky = again == 1;
        for (unsigned long number = 1; !survive(kind, subject, number, 1, &expected); number++)
            ;
        for (unsigned long number = 1; !survive(kind, subject, number, 3, &expected); number += 7)
            ;
    }
    outcome_free(&expected);
    free(rows.text);
}

static void a_failed_allocation_is_an_error_and_leaks_nothing(void **unused) {
    (void)unused;
    hold(holds_memory);
}

static unsigned long mappings_tried;

/* Each mapping of a run over so many customers that their tables are mapped. */
static void holds_mappings(const struct kind *kind, const struct subject *subject) {
    struct rows rows = random_rows_of(kind, MANY_CUSTOMERS, MANY_CUSTOMERS);
    write_part(subject, &rows, NULL, 0, rows.count - 9, 0);
    write_part(subject, &rows, NULL, rows.count - 9, rows.count, 1);
    free(rows.text);
    failing_mapping = 0;
    survive(kind, subject, 0, 1, NULL);
    unsigned long count = atomic_load(&mapping_calls);
    for (failing_mapping = 1; failing_mapping <= count; failing_mapping += 1 + count / 8, mappings_tried++)
        survive(kind, subject, 0, 1, NULL);
    failing_mapping = 0;
}

static void a_failed_mapping_is_an_error_and_leaks_nothing(void **unused) {
    (void)unused;
    sticky = false;
    hold(holds_mappings);
    assert_true(mappings_tried > 0); /* the tables were large enough */
}

static int make_directory(void **unused) {
    (void)unused;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **unused) {
    char path[64];
    (void)unused;
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(path_of(path, i));
    return rmdir(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_an_empty_state_changes_nothing),
        cmocka_unit_test(any_cut_and_order_of_the_rows_equals_one_file),
        cmocka_unit_test(loading_what_was_saved_gives_the_same_state),
        cmocka_unit_test(finishing_twice_gives_the_same),
        cmocka_unit_test(neither_threads_nor_vector_code_change_a_byte),
        cmocka_unit_test(damaged_bytes_are_refused_and_never_crash),
        cmocka_unit_test(a_failed_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_failed_mapping_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
