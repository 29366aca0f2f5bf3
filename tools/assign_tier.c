/* Tier schemes for till-assign: the value of a row -> tier. */
#include "assign.h"

#include <stdlib.h>

#include <till/value.h>

/* The scheme, and the column that its cuts are held against: the scheme's own, or the one that --value names. */
struct tiers {
    struct till_value_scheme *scheme;
    const char *column;
};

static const struct pass_column columns[] = {{"tier", TILL_TEXT}};

static void close_scheme(void *model) {
    struct tiers *tiers = model;
    till_value_scheme_free(tiers->scheme);
    free(tiers);
}

static enum till_status open_scheme(void **model, const json_t *body, const char *value, struct till_error *error) {
    struct tiers *tiers = calloc(1, sizeof *tiers);
    if (tiers == NULL)
        return till_error_memory(error);
    enum till_status status = till_value_scheme_decode(&tiers->scheme, body, error);
    if (status != TILL_OK) {
        free(tiers);
        return status;
    }
    tiers->column = value != NULL ? value : tiers->scheme->column;
    *model = tiers;
    return TILL_OK;
}

/* A row without a value has no place among the tiers: it is bad. */
static enum till_status plan(const void *model, const struct till_schema *schema, struct till_wanted *wanted,
                             size_t *count, struct till_error *error) {
    const struct tiers *tiers = model;
    *count = 1;
    wanted[0] = (struct till_wanted){.type = TILL_REAL, .missing = TILL_MISSING_REJECTS, .role = "value"};
    return till_schema_column(schema, tiers->column, &wanted[0].column, error);
}

static bool check(const void *model, const struct till_block *block, size_t row, const char **role,
                  const char **reason) {
    (void)model;
    (void)block;
    (void)row;
    (void)role;
    (void)reason;
    return true; /* every number has a tier */
}

static void write(const void *model, const struct till_block *block, size_t row, struct till_writer *writer) {
    const struct tiers *tiers = model;
    size_t tier = till_value_scheme_tier(tiers->scheme, block->columns[0].real[row]);
    till_writer_text(writer, till_slice_of(tiers->scheme->cut[tier].name));
}

const struct assigner assign_tier = {.kind = TILL_VALUE_SCHEME_KIND,
                                     .columns = columns,
                                     .column_count = sizeof columns / sizeof *columns,
                                     .open = open_scheme,
                                     .plan = plan,
                                     .check = check,
                                     .write = write,
                                     .close = close_scheme};
