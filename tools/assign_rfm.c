/* RFM schemes for till-assign: recency, frequency and monetary of a row -> r, f, m, score, segment.
 *
 * Recency and frequency are read as money, which is exact, and must be whole: 3 is 30,000 of its units. A row without
 * recency is a customer with returns alone, whose scores are 1 whatever else it holds. */
#include "assign.h"

#include <till/decimal.h>
#include <till/rfm.h>

#include "rfm_columns.h"

static const char *const names[] = {"recency", "frequency", "monetary"};
enum { RECENCY, FREQUENCY, MONETARY, COLUMNS };

static enum till_status open_scheme(void **model, const json_t *body, const char *value, struct till_error *error) {
    struct till_rfm_scheme *scheme;
    if (value != NULL)
        return till_error_set(error, TILL_ERROR_USAGE,
                              "an RFM scheme looks at recency, frequency and monetary, and at no --value");
    enum till_status status = till_rfm_scheme_decode(&scheme, body, error);
    *model = scheme;
    return status;
}

/* All three may be empty; what that means depends on the recency. */
static enum till_status plan(const void *model, const struct till_schema *schema, struct till_wanted *wanted,
                             size_t *count, struct till_error *error) {
    (void)model;
    *count = COLUMNS;
    for (size_t i = 0; i < COLUMNS; i++) {
        wanted[i] = (struct till_wanted){.type = TILL_MONEY, .missing = TILL_MISSING_PASSES, .role = names[i]};
        enum till_status status = till_schema_column(schema, names[i], &wanted[i].column, error);
        if (status != TILL_OK)
            return status;
    }
    return TILL_OK;
}

/* Zero or a whole number up to `most`, of days or purchases. */
static bool is_whole(int64_t money, int64_t most) {
    return money >= 0 && money % TILL_MONEY_UNIT == 0 && money / TILL_MONEY_UNIT <= most;
}

static bool check(const void *model, const struct till_block *block, size_t row, const char **role,
                  const char **reason) {
    (void)model;
    int64_t value[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        value[i] = block->columns[i].money[row];
    if (value[RECENCY] == TILL_MONEY_MISSING)
        return true;
    for (size_t i = FREQUENCY; i < COLUMNS; i++)
        if (value[i] == TILL_MONEY_MISSING) {
            *role = names[i];
            *reason = "missing, though there is a recency";
            return false;
        }
    *role = is_whole(value[RECENCY], INT32_MAX) ? names[FREQUENCY] : names[RECENCY];
    *reason = "not a whole number, zero or more";
    return is_whole(value[RECENCY], INT32_MAX) && is_whole(value[FREQUENCY], INT64_MAX);
}

/* The row has passed the check, so its figures are whole numbers in range. */
static void write(const void *model, const struct till_block *block, size_t row, struct till_writer *writer) {
    int64_t recency = block->columns[RECENCY].money[row];
    struct till_rfm_score score = {1, 1, 1};
    if (recency != TILL_MONEY_MISSING)
        score = till_rfm_scheme_score(model, (int32_t)(recency / TILL_MONEY_UNIT),
                                      (uint64_t)(block->columns[FREQUENCY].money[row] / TILL_MONEY_UNIT),
                                      block->columns[MONETARY].money[row]);
    rfm_write_scores(writer, model, score);
}

static void close_scheme(void *model) {
    till_rfm_scheme_free(model);
}

const struct assigner assign_rfm = {.kind = TILL_RFM_SCHEME_KIND,
                                    .columns = rfm_score_columns,
                                    .column_count = RFM_SCORE_COLUMNS,
                                    .open = open_scheme,
                                    .plan = plan,
                                    .check = check,
                                    .write = write,
                                    .close = close_scheme};
