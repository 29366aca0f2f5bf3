/* Headers and what users say of them: the first line is the header (cut at commas), the second a role, a list of
 * columns or an amount like A*B. Whatever is found is a column of the header. */
#include "tests/fuzz/fuzz.h"

#include <till/schema.h>
#include <till/transactions.h>

enum { MOST = 64 };

/* Cuts the first line at commas; returns where the second begins. */
static char *header_of(char *text, struct till_schema *schema) {
    char *end = strchr(text, '\n');
    char *rest = end == NULL ? text + strlen(text) : end + 1;
    if (end != NULL)
        *end = '\0';
    for (char *name = text; name != NULL && schema->count < MOST;) {
        char *comma = strchr(name, ',');
        size_t length = comma == NULL ? strlen(name) : (size_t)(comma - name);
        schema->names[schema->count++] = (struct till_slice){name, length};
        name = comma == NULL ? NULL : comma + 1;
    }
    return rest;
}

static void hold_columns(const struct till_schema *schema, const char *asked) {
    struct till_error error = {0};
    size_t column;
    bool chosen[MOST] = {false};
    enum till_status status = till_schema_column(schema, asked, &column, &error);
    claim(status == TILL_OK ? column < schema->count : error.message[0] != '\0', "a column, or why not");
    error = (struct till_error){0};
    status = till_schema_list(schema, asked, chosen, &error);
    claim(status == TILL_OK || error.message[0] != '\0', "a list of columns, or why not");
    for (int role = 0; role < TILL_ROLES; role++) {
        status = till_schema_role(schema, (enum till_role)role, asked, true, &column, &error);
        claim(status != TILL_OK || column < schema->count, "a role is played by a column");
        status = till_schema_role(schema, (enum till_role)role, NULL, false, &column, &error);
        claim(status != TILL_OK || column < schema->count || column == TILL_NO_COLUMN, "a role, or none");
    }
}

static void hold_plan(const struct till_schema *schema, const char *asked) {
    static const unsigned uses[] = {TILL_NEEDS_AMOUNT | TILL_USES_ORDER,
                                    TILL_NEEDS_AMOUNT | TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_ORDER,
                                    TILL_NEEDS_ITEM | TILL_NEEDS_TIME | TILL_NEEDS_DATE | TILL_USES_CUSTOMER};
    struct till_transactions_options options = {.amount = asked, .until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    struct till_transactions plan;
    struct till_error error = {0};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (till_transactions_plan(&plan, schema, &options, uses[i], &error) != TILL_OK) {
            claim(error.message[0] != '\0', "a plan, or why not");
            continue;
        }
        for (size_t wanted = 0; wanted < plan.plan.wanted_count; wanted++)
            claim(plan.wanted[wanted].column < schema->count, "a plan wants columns that are there");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct till_slice names[MOST];
    struct till_schema schema = {.names = names, .file = "input", .line = 1};
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *asked = header_of(text, &schema);
    hold_columns(&schema, asked);
    hold_plan(&schema, asked);
    free(text);
    return 0;
}
