/* States made of rows, and checksums put right again in bytes that were changed: what is inside is then looked at. */
#ifndef TESTS_SUPPORT_STATE_H
#define TESTS_SUPPORT_STATE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/fold.h>
#include <till/input.h>
#include <till/state.h>
#include <till/transactions.h>

#include "lib/base/bytes.h"
#include "lib/base/crc32.h"

static inline void store_bytes(unsigned char *out, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

/* Section by section, as far as lengths fit into what there is (till-state(5)). */
static inline void reseal(unsigned char *bytes, size_t length) {
    struct till_digest digest;
    if (length < 40)
        return;
    if (length >= 53 && memcmp(bytes + 40, "PARM", 4) == 0) {
        uint64_t size = load_64(bytes + 44), text = bytes[52] < 128 ? 1 + (uint64_t)bytes[52] : 0;
        if (size <= length - 52 && text <= size) {
            struct till_fingerprint print = till_fingerprint_of(bytes + 52 + text, (size_t)(size - text));
            store_bytes(bytes + 20, print.high, 8);
            store_bytes(bytes + 28, print.low, 8);
        }
    }
    store_bytes(bytes + 36, crc32_add(0, bytes, 36), 4);
    till_digest_start(&digest);
    till_digest_add(&digest, bytes, 40);
    for (size_t at = 40; length - at >= 16;) {
        uint64_t size = load_64(bytes + at + 4);
        if (size > length - at - 16)
            return;
        size_t end = at + 12 + (size_t)size;
        if (memcmp(bytes + at, "TAIL", 4) == 0 && size >= 16) {
            struct till_fingerprint print = till_digest_finish(&digest);
            store_bytes(bytes + end - 16, print.high, 8);
            store_bytes(bytes + end - 8, print.low, 8);
        }
        store_bytes(bytes + end, crc32_add(0, bytes + at, 12 + (size_t)size), 4);
        till_digest_add(&digest, bytes + at, 16 + (size_t)size);
        at = end + 4;
    }
}

/* A night of CSV rows with a header; NULL with the error. To be freed by till_state_night_aggregate.destroy. */
static inline struct till_state_night *make_night(const char *text, bool order_amounts, struct till_error *error) {
    char path[] = "/tmp/till-state-XXXXXX";
    const char *paths[] = {path};
    struct till_input *input = NULL;
    struct till_transactions transactions;
    struct till_transactions_options roles = {.until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    void *night = NULL;
    int file = mkstemp(path);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) || close(file) != 0)
        return NULL;
    enum till_status status = till_input_open(&input, paths, 1, NULL, error);
    if (status == TILL_OK)
        status = till_transactions_plan(
            &transactions, till_input_schema(input), &roles,
            TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER | TILL_USES_ITEM, error);
    if (status == TILL_OK)
        status = till_input_start(input, &transactions.plan, error);
    struct till_state_settings settings = {&transactions, order_amounts};
    if (status == TILL_OK)
        till_fold(input, &till_state_night_aggregate, &settings, 1, &night, error);
    till_input_close(input);
    unlink(path);
    return night;
}

/* The state of one night. False with the error. */
static inline bool make_state(const char *text, const char *name, struct till_text *out, struct till_error *error) {
    struct till_state_night *night = make_night(text, false, error);
    static const struct till_state_parameter parameters[] = {{"customer", "customer"}, {"date", "date"}};
    struct till_state_input input = {name, till_fingerprint_of(text, strlen(text)), strlen(text), 1, 0, 0, false};
    struct till_sink sink = till_sink_text(out);
    struct till_state_totals totals;
    struct till_state_merge merge = {.night = night,
                                     .parameters = parameters,
                                     .parameter_count = 2,
                                     .inputs = &input,
                                     .input_count = 1,
                                     .sink = &sink};
    if (night == NULL)
        return false;
    enum till_status status = till_state_merge(&merge, &totals, error);
    till_state_night_aggregate.destroy(night);
    return status == TILL_OK;
}

#endif
