/* States: what is damaged is refused at every byte, what is put right again is never trusted, and sums are those of all
 * rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <till/features.h>
#include <till/ledger.h>

#include "tests/support/state.h"

static const char rows[] = "customer,order,date,item,amount\n"
                           "anna,O1,2024-03-01,tea,12.50\n"
                           "anna,O1,2024-03-01,cup,-2.50\n"
                           "anna,O1,2024-03-04,tea,1.00\n"
                           "anna,O2,2024-03-05,,7.00\n"
                           "bert,O1,2024-03-01,tea,3\n"
                           "bert,O9,2024-03-02,pot,-40\n"
                           "a customer with a long name,O7,1969-12-31,cup,0\n";
static const char more[] = "customer,order,date,item,amount\n"
                           "anna,O2,2024-03-06,pot,5\n"
                           "carl,O1,2024-03-06,milk,1\n";
static const char times[] = "customer,date,item,amount\n"
                            "anna,1969-12-31 23:59,tea,12.50\n"
                            "anna,2024-03-01 08:00,cup,-2.50\n"
                            "bert,2024-03-01 08:00,tea,3\n";

static struct till_text state_of(const char *text, const char *name) {
    struct till_text out = {0};
    struct till_error error = {0};
    if (!make_state(text, name, &out, &error))
        fail_msg("%s", error.message);
    return out;
}

static enum till_status see(void *context, const struct till_state_customer *customers, size_t count,
                            struct till_error *error) {
    (void)error;
    uint64_t *seen = context;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < customers[i].count; k++) {
            const struct till_state_entry *entry = &customers[i].entries[k];
            *seen += entry->purchase_rows + entry->return_rows;
            for (uint32_t item = 0; item < entry->item_count; item++)
                *seen += customers[i].items[entry->first_item + item] > 0;
        }
    return TILL_OK;
}

/* Reads a state to its end, unpacking all of it. */
static enum till_status read_all(const char *bytes, size_t length, struct till_error *error) {
    struct till_state *state;
    uint64_t seen = 0;
    struct till_state_visit visit = {
        .take = see, .context = &seen, .items = true, .since = TILL_DAY_MISSING, .until = TILL_DAY_MISSING};
    struct till_state_totals totals;
    enum till_status status = till_state_open_bytes(&state, (struct till_slice){bytes, length}, error);
    if (status != TILL_OK)
        return status;
    status = till_state_merge(&(struct till_state_merge){.states = &state, .state_count = 1, .visit = &visit}, &totals,
                              error);
    till_state_close(state);
    return status;
}

static void a_state_cut_anywhere_is_refused(void **unused) {
    (void)unused;
    struct till_text state = state_of(rows, "rows.csv");
    struct till_error error = {0};
    assert_int_equal(read_all(state.bytes, state.length, &error), TILL_OK);
    for (size_t length = 0; length < state.length; length++) {
        char *copy = malloc(length + 1); /* of that size, so that a sanitizer sees a byte read behind it */
        memcpy(copy + 1, state.bytes, length);
        assert_int_equal(read_all(copy + 1, length, &error), TILL_ERROR_STATE);
        assert_true(error.message[0] != '\0');
        free(copy);
    }
    till_text_free(&state);
}

static void a_state_with_any_bit_changed_is_refused(void **unused) {
    (void)unused;
    const char *const inputs[] = {rows, times};
    for (size_t input = 0; input < 2; input++) {
        struct till_text state = state_of(inputs[input], "rows.csv");
        struct till_error error = {0};
        for (size_t bit = 0; bit < 8 * state.length; bit++) {
            state.bytes[bit / 8] = (char)(state.bytes[bit / 8] ^ 1 << bit % 8);
            assert_int_equal(read_all(state.bytes, state.length, &error), TILL_ERROR_STATE);
            state.bytes[bit / 8] = (char)(state.bytes[bit / 8] ^ 1 << bit % 8);
        }
        assert_int_equal(read_all(state.bytes, state.length, &error), TILL_OK);
        till_text_free(&state);
    }
}

/* Another byte in every place, checksums right: whatever it means then, it is read or refused. */
static void bytes_behind_right_checksums_are_not_trusted(void **unused) {
    (void)unused;
    const char *const inputs[] = {rows, times};
    static const unsigned char values[] = {0, 1, 2, 127, 128, 255};
    for (size_t input = 0; input < 2; input++) {
        struct till_text state = state_of(inputs[input], "rows.csv");
        unsigned char *copy = malloc(state.length);
        size_t read = 0, refused = 0;
        for (size_t at = 40; at < state.length; at++)
            for (size_t v = 0; v < sizeof values; v++) {
                struct till_error error = {0};
                memcpy(copy, state.bytes, state.length);
                copy[at] = values[v];
                reseal(copy, state.length);
                enum till_status status = read_all((char *)copy, state.length, &error);
                assert_true(status == TILL_OK || status == TILL_ERROR_STATE || status == TILL_ERROR_DATA);
                read += status == TILL_OK;
                refused += status != TILL_OK;
            }
        assert_true(read > 0 && refused > 0);
        free(copy);
        till_text_free(&state);
    }
}

/* Opens states and adds them up. */
static enum till_status add_up(const struct till_text *states, size_t count, enum till_state_overlap overlap,
                               struct till_text *out, struct till_error *error) {
    struct till_state *opened[4];
    struct till_state_totals totals;
    struct till_sink sink = till_sink_text(out);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            till_state_open_bytes(&opened[i], (struct till_slice){states[i].bytes, states[i].length}, error), TILL_OK);
    enum till_status status = till_state_merge(
        &(struct till_state_merge){.states = opened, .state_count = count, .overlap = overlap, .sink = &sink}, &totals,
        error);
    for (size_t i = 0; i < count; i++)
        till_state_close(opened[i]);
    return status;
}

static void one_state_alone_is_copied_byte_for_byte(void **unused) {
    (void)unused;
    struct till_text state = state_of(rows, "rows.csv"), copy = {0};
    struct till_error error = {0};
    assert_int_equal(add_up(&state, 1, TILL_STATE_REFUSE, &copy, &error), TILL_OK);
    assert_int_equal(copy.length, state.length);
    assert_memory_equal(copy.bytes, state.bytes, copy.length);
    till_text_free(&state);
    till_text_free(&copy);
}

/* A history in words: what each customer did on each day. */
static void tell_customer(struct till_text *out, struct till_slice name, const struct till_ledger_history *history,
                          size_t customer) {
    char line[200];
    assert_true(till_text_append(out, name.bytes, name.length));
    for (size_t i = history->first[customer]; i < history->first[customer + 1]; i++) {
        const struct till_ledger_day *day = &history->days[i];
        snprintf(line, sizeof line, " %d:%u,%u,%llu,%lld,%lld", (int)day->day, (unsigned)day->purchases,
                 (unsigned)day->returns, (unsigned long long)day->rows, (long long)day->spent,
                 (long long)day->returned);
        assert_true(till_text_append_string(out, line));
    }
    assert_true(till_text_append_string(out, "\n"));
}

static void tell_newest(struct till_text *out, int32_t newest, int32_t next, bool repeats_totals) {
    char line[100];
    snprintf(line, sizeof line, "%d %d %d\n", (int)newest, (int)next, repeats_totals);
    assert_true(till_text_append_string(out, line));
}

static enum till_status tell_stretch(void *context, const struct till_ledger_stretch *stretch,
                                     struct till_error *error) {
    (void)error;
    assert_int_equal(stretch->newest_day, 19788); /* 2024-03-06, before any customer was seen */
    assert_int_equal(stretch->next_newest_day, 19787);
    for (size_t i = 0; i < stretch->history->customers; i++)
        tell_customer(context, stretch->name[i], stretch->history, i);
    return TILL_OK;
}

static struct till_text history_of(const struct till_text *bytes) {
    struct till_state *state;
    struct till_error error = {0};
    struct till_state_totals totals;
    struct till_ledger_settings settings = {NULL, false, false};
    struct till_ledger_stretches *stretches;
    struct till_ledger_summary summary;
    struct till_text told = {0};
    assert_int_equal(till_ledger_stretches_new(&stretches, &settings, true, tell_stretch, &told, &error), TILL_OK);
    struct till_state_visit visit = {.begin = till_ledger_stretches_begin,
                                     .take = till_ledger_stretches_add,
                                     .context = stretches,
                                     .since = TILL_DAY_MISSING,
                                     .until = TILL_DAY_MISSING};
    assert_int_equal(till_state_open_bytes(&state, (struct till_slice){bytes->bytes, bytes->length}, &error), TILL_OK);
    assert_int_equal(till_state_merge(&(struct till_state_merge){.states = &state, .state_count = 1, .visit = &visit},
                                      &totals, &error),
                     TILL_OK);
    till_state_close(state);
    assert_int_equal(till_ledger_stretches_end(stretches, &summary, &error), TILL_OK);
    till_ledger_stretches_free(stretches);
    tell_newest(&told, summary.newest_day, summary.next_newest_day, summary.repeats_totals);
    return told;
}

/* The same of the rows themselves, by way of a ledger. */
static struct till_text history_of_rows(const char *text) {
    char path[] = "/tmp/till-state-XXXXXX";
    const char *paths[] = {path};
    struct till_error error = {0};
    struct till_input *input;
    struct till_transactions transactions;
    struct till_transactions_options roles = {.until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    struct till_text told = {0};
    struct till_ledger_history history;
    void *ledger;
    int32_t next;
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && close(file) == 0);
    assert_int_equal(till_input_open(&input, paths, 1, NULL, &error), TILL_OK);
    assert_int_equal(till_transactions_plan(&transactions, till_input_schema(input), &roles,
                                            TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER,
                                            &error),
                     TILL_OK);
    assert_int_equal(till_input_start(input, &transactions.plan, &error), TILL_OK);
    struct till_ledger_settings settings = {&transactions, false, false};
    assert_int_equal(till_fold(input, &till_ledger_aggregate, &settings, 1, &ledger, &error), TILL_OK);
    assert_int_equal(till_ledger_history(ledger, &history, &error), TILL_OK);
    for (size_t i = 0; i < history.customers; i++)
        tell_customer(&told, till_ledger_customer(ledger, history.customer[i]), &history, i);
    int32_t newest = till_ledger_newest_day(ledger, &next);
    tell_newest(&told, newest, next, till_ledger_repeats_totals(ledger));
    till_ledger_history_free(&history);
    till_ledger_aggregate.destroy(ledger);
    till_input_close(input);
    unlink(path);
    return told;
}

static void states_added_up_are_the_history_of_all_rows(void **unused) {
    (void)unused;
    struct till_text states[] = {state_of(rows, "rows.csv"), state_of(more, "more.csv")};
    struct till_text swapped[] = {states[1], states[0]}, sums[2] = {{0}, {0}}, all = {0};
    struct till_error error = {0};
    assert_int_equal(add_up(states, 2, TILL_STATE_REFUSE, &sums[0], &error), TILL_OK);
    assert_int_equal(add_up(swapped, 2, TILL_STATE_REFUSE, &sums[1], &error), TILL_OK);
    assert_true(till_text_append_string(&all, rows) && till_text_append_string(&all, strchr(more, '\n') + 1));
    struct till_text expected = history_of_rows(till_text_string(&all));
    for (size_t i = 0; i < 2; i++) {
        struct till_text got = history_of(&sums[i]);
        assert_int_equal(got.length, expected.length);
        assert_memory_equal(got.bytes, expected.bytes, got.length);
        till_text_free(&got);
        till_text_free(&sums[i]);
        till_text_free(&states[i]);
    }
    till_text_free(&expected);
    till_text_free(&all);
}

static void what_does_not_go_together_is_refused(void **unused) {
    (void)unused;
    struct till_text states[] = {state_of(rows, "rows.csv"), state_of(rows, "rows.csv"), state_of(times, "times.csv")};
    struct till_text out = {0};
    struct till_error error = {0};
    assert_int_equal(add_up(states, 2, TILL_STATE_ADD, &out, &error), TILL_ERROR_STATE);
    assert_non_null(strstr(error.message, "rows.csv would be added twice"));
    till_text_free(&states[1]);
    states[1] = states[2];
    assert_int_equal(add_up(states, 2, TILL_STATE_ADD, &out, &error), TILL_ERROR_STATE);
    states[1] = state_of("customer,order,date,item,amount\nzoe,O1,2024-03-01,tea,1\n", "zoe.csv");
    assert_int_equal(add_up(states, 2, TILL_STATE_REFUSE, &out, &error), TILL_ERROR_STATE);
    assert_non_null(strstr(error.message, "2024-03-01 is there already"));
    out.length = 0;
    assert_int_equal(add_up(states, 2, TILL_STATE_ADD, &out, &error), TILL_OK);
    till_text_free(&out);
    for (size_t i = 0; i < 3; i++)
        till_text_free(&states[i]);
}

static enum till_status count_days(void *context, const struct till_ledger_stretch *stretch, struct till_error *error) {
    struct till_ledger_day *days = context;
    (void)error;
    assert_int_equal(stretch->history->customers, 1);
    assert_int_equal(stretch->history->first[1], 2);
    memcpy(days, stretch->history->days, 2 * sizeof *days);
    return TILL_OK;
}

/* Orders that a ledger of rows cannot tell apart, as it keeps 96 bits, are one order to who reads a state too. */
static void orders_are_told_apart_as_by_a_run_over_the_rows(void **unused) {
    (void)unused;
    const struct till_state_entry entries[] = {
        {.order = {5, 7}, .day = 10, .purchase_rows = 1, .spent = 100},
        {.order = {UINT64_C(1) << 40 | 5, 7}, .day = 9, .purchase_rows = 1, .spent = 30},
        {.order = {6, 7}, .day = 10, .purchase_rows = 1, .spent = 5},
    };
    const struct till_state_customer customer = {till_slice_of("anna"), entries, 3, NULL, false};
    struct till_ledger_settings settings = {NULL, false, false};
    struct till_error error = {0};
    struct till_ledger_day days[2];
    struct till_ledger_stretches *stretches;
    struct till_ledger_summary summary;
    assert_int_equal(till_ledger_stretches_new(&stretches, &settings, true, count_days, days, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_begin(stretches, 10, 9, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_add(stretches, &customer, 1, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_end(stretches, &summary, &error), TILL_OK);
    assert_int_equal(days[0].day, 9);
    assert_int_equal(days[0].spent, 130);
    assert_int_equal(days[1].purchases, 1);
    till_ledger_stretches_free(stretches);
}

/* What is settled by the newest day would be wrong. */
static void days_that_a_state_did_not_begin_with_are_refused(void **unused) {
    (void)unused;
    const struct till_state_entry entry = {.order = {5, 7}, .day = 10, .purchase_rows = 1, .spent = 100};
    const struct till_state_customer customer = {till_slice_of("anna"), &entry, 1, NULL, false};
    struct till_ledger_settings settings = {NULL, false, false};
    struct till_error error = {0};
    struct till_ledger_stretches *stretches;
    struct till_ledger_summary summary;
    assert_int_equal(till_ledger_stretches_new(&stretches, &settings, true, count_days, NULL, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_begin(stretches, 9, TILL_DAY_MISSING, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_add(stretches, &customer, 1, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_end(stretches, &summary, &error), TILL_ERROR_STATE);
    till_ledger_stretches_free(stretches);
}

/* Numbers of a damaged state may be anything; sums beyond what can be are an error. */
static void sums_that_overflow_are_refused(void **unused) {
    (void)unused;
    const struct till_state_entry entries[] = {
        {.order = {1, 1}, .day = 10, .purchase_rows = 1, .spent = INT64_MAX},
        {.order = {2, 2}, .day = 10, .purchase_rows = 1, .spent = 1},
    };
    const struct till_state_customer customer = {till_slice_of("anna"), entries, 2, NULL, false};
    struct till_ledger_settings settings = {NULL, false, false};
    struct till_features_settings wishes = {.horizon = 1, .window = 1, .data_end = TILL_DAY_MISSING};
    struct till_features *features;
    struct till_ledger_stretches *stretches;
    struct till_error error = {0};
    assert_int_equal(till_ledger_stretches_new(&stretches, &settings, true, count_days, NULL, &error), TILL_OK);
    assert_int_equal(till_ledger_stretches_add(stretches, &customer, 1, &error), TILL_ERROR_DATA);
    till_ledger_stretches_free(stretches);
    assert_int_equal(till_features_new(&features, NULL, &wishes, &error), TILL_OK);
    assert_int_equal(till_features_add_customers(features, &customer, 1, &error), TILL_ERROR_DATA);
    till_features_free(features);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_cut_anywhere_is_refused),
        cmocka_unit_test(a_state_with_any_bit_changed_is_refused),
        cmocka_unit_test(bytes_behind_right_checksums_are_not_trusted),
        cmocka_unit_test(one_state_alone_is_copied_byte_for_byte),
        cmocka_unit_test(states_added_up_are_the_history_of_all_rows),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(orders_are_told_apart_as_by_a_run_over_the_rows),
        cmocka_unit_test(days_that_a_state_did_not_begin_with_are_refused),
        cmocka_unit_test(sums_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
