/* States of any content: as the bytes stand, and with their checksums put right, so that what is inside is looked at.
 * What is read to its end is shown as a history and as features, and copied; the copy is read the same way. */
#include "tests/fuzz/fuzz.h"

#include <till/features.h>
#include <till/ledger.h>

#include "tests/support/state.h"

struct readers {
    struct till_ledger_stretches *stretches;
    struct till_features *features;
};

static enum till_status take(void *context, const struct till_state_customer *customers, size_t count,
                             struct till_error *error) {
    struct readers *readers = context;
    enum till_status status = till_ledger_stretches_add(readers->stretches, customers, count, error);
    return status == TILL_OK ? till_features_add_customers(readers->features, customers, count, error) : status;
}

static enum till_status begin(void *context, int32_t newest, int32_t next, struct till_error *error) {
    struct readers *readers = context;
    return till_ledger_stretches_begin(readers->stretches, newest, next, error);
}

static enum till_status look(void *context, const struct till_ledger_stretch *stretch, struct till_error *error) {
    (void)context, (void)error;
    const struct till_ledger_history *history = stretch->history;
    for (size_t i = 0; i < history->customers; i++)
        for (size_t d = history->first[i] + 1; d < history->first[i + 1]; d++)
            claim(history->days[d - 1].day < history->days[d].day, "days rise");
    return TILL_OK;
}

static enum till_status nothing(void *context, const struct till_features_row *row, struct till_error *error) {
    (void)context, (void)row, (void)error;
    return TILL_OK;
}

static enum till_status use(struct readers *readers, struct till_error *error) {
    struct till_ledger_summary summary;
    enum till_status status = till_ledger_stretches_end(readers->stretches, &summary, error);
    return status == TILL_OK ? till_features_each(readers->features, 1, nothing, NULL, NULL, error) : status;
}

static enum till_status pass(struct till_slice bytes, struct till_text *copy, struct till_state_totals *totals) {
    static const int32_t cutoffs[] = {0, 19800};
    const struct till_features_settings wishes = {
        .cutoffs = cutoffs, .cutoff_count = 2, .horizon = 90, .window = 365, .data_end = TILL_DAY_MISSING};
    struct till_ledger_settings settings = {NULL, false, false};
    struct till_error error = {0};
    struct readers readers = {NULL, NULL};
    struct till_state_visit visit = {take, &readers, true, TILL_DAY_MISSING, TILL_DAY_MISSING, begin};
    struct till_sink sink = till_sink_text(copy);
    struct till_state *state;
    enum till_status status = till_state_open_bytes(&state, bytes, &error);
    claim(status == TILL_OK || (status == TILL_ERROR_STATE && error.message[0] != '\0'), "a refusal says what it is");
    if (status != TILL_OK)
        return status;
    claim(till_ledger_stretches_new(&readers.stretches, &settings, true, look, NULL, &error) == TILL_OK &&
              till_features_new(&readers.features, NULL, &wishes, &error) == TILL_OK,
          "memory");
    struct till_state_merge merge = {.states = &state, .state_count = 1, .sink = &sink, .visit = &visit};
    status = till_state_merge(&merge, totals, &error);
    if (status == TILL_OK)
        status = use(&readers, &error);
    claim(status == TILL_OK || status == TILL_ERROR_STATE || status == TILL_ERROR_DATA, "refused, or read");
    till_state_close(state);
    till_ledger_stretches_free(readers.stretches);
    till_features_free(readers.features);
    return status;
}

static void hold(const uint8_t *data, size_t size) {
    struct till_text copy = {0}, again = {0};
    struct till_state_totals first, second;
    if (pass((struct till_slice){(const char *)data, size}, &copy, &first) == TILL_OK) {
        claim(pass((struct till_slice){copy.bytes, copy.length}, &again, &second) == TILL_OK, "a copy is read");
        claim(first.customers == second.customers && first.entries == second.entries && first.rows == second.rows,
              "a copy holds the same");
        claim(copy.length == again.length && memcmp(copy.bytes, again.bytes, copy.length) == 0,
              "copied twice is the same");
    }
    till_text_free(&copy);
    till_text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hold(data, size);
    uint8_t *sealed = malloc(size + 1);
    memcpy(sealed, data, size);
    reseal(sealed, size);
    hold(sealed, size);
    free(sealed);
    return 0;
}
