/* Transactions: from roles to a plan for the reader.
 *
 * Roles are looked up one by one; each that is found becomes a wanted column. Customers come first, because they
 * filter, and a filtered row is not looked at any further; then the date, which filters by --until and --since; then
 * what can only reject. */
#include <string.h>

#include <till/transactions.h>

/* Notes that `role` is read from `column`, as `type`, and returns what the reader is told of it. */
static struct till_wanted *want(struct till_transactions *transactions, enum till_role role, size_t column,
                                enum till_type type, enum till_missing missing) {
    size_t at = transactions->plan.wanted_count++;
    transactions->column[role] = column;
    transactions->at[role] = at;
    transactions->wanted[at] = (struct till_wanted){.column = column,
                                                    .type = type,
                                                    .missing = missing,
                                                    .role = till_role_name(role),
                                                    .identifier = type == TILL_TEXT,
                                                    .until = TILL_DAY_MISSING,
                                                    .since = TILL_DAY_MISSING};
    return &transactions->wanted[at];
}

/* A role that is one text column: customer, order, item. */
static enum till_status plan_text(struct till_transactions *transactions, const struct till_schema *schema,
                                  enum till_role role, const char *asked, bool needed, enum till_missing missing,
                                  struct till_error *error) {
    size_t column;
    enum till_status status = till_schema_role(schema, role, asked, needed, &column, error);
    if (status == TILL_OK && column != TILL_NO_COLUMN)
        want(transactions, role, column, TILL_TEXT, missing);
    return status;
}

static enum till_status plan_date(struct till_transactions *transactions, const struct till_schema *schema,
                                  const struct till_transactions_options *options, bool needed,
                                  struct till_error *error) {
    size_t column;
    if (options->date_format != NULL && !till_date_pattern_valid(options->date_format))
        return till_error_set(error, TILL_ERROR_USAGE, "the date format \"%s\" gives no full date (see strptime(3))",
                              options->date_format);
    enum till_status status = till_schema_role(schema, TILL_ROLE_DATE, options->date, needed, &column, error);
    if (status != TILL_OK || column == TILL_NO_COLUMN)
        return status;
    struct till_wanted *date = want(transactions, TILL_ROLE_DATE, column, TILL_TIME, TILL_MISSING_REJECTS);
    date->date_pattern = options->date_format;
    date->until = options->until;
    date->since = options->since;
    return TILL_OK;
}

static void want_amount(struct till_transactions *transactions, size_t column) {
    want(transactions, TILL_ROLE_AMOUNT, column, TILL_MONEY, TILL_MISSING_REJECTS);
}

static void want_product(struct till_transactions *transactions, size_t quantity, size_t price) {
    want(transactions, TILL_ROLE_AMOUNT, quantity, TILL_MONEY, TILL_MISSING_REJECTS)->factor = price + 1;
    transactions->column[TILL_ROLE_QUANTITY] = quantity;
    transactions->column[TILL_ROLE_PRICE] = price;
}

/* One side of A*B, without the blanks around it. */
static enum till_status product_side(const struct till_schema *schema, const char *start, size_t length, size_t *column,
                                     struct till_error *error) {
    char name[1024];
    while (length > 0 && start[0] == ' ') {
        start++;
        length--;
    }
    while (length > 0 && start[length - 1] == ' ')
        length--;
    if (length >= sizeof name)
        return till_error_set(error, TILL_ERROR_USAGE, "a column name in --amount=A*B is too long");
    memcpy(name, start, length);
    name[length] = '\0';
    return till_schema_role(schema, TILL_ROLE_AMOUNT, name, true, column, error);
}

/* "A*B". Names may hold '*' themselves, so every cut is tried; the error is that of the first. */
static enum till_status plan_product(struct till_transactions *transactions, const struct till_schema *schema,
                                     const char *asked, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (const char *cut = strchr(asked, '*'); cut != NULL; cut = strchr(cut + 1, '*')) {
        struct till_error attempt = {0};
        size_t quantity = TILL_NO_COLUMN;
        size_t price = TILL_NO_COLUMN;
        enum till_status tried = product_side(schema, asked, (size_t)(cut - asked), &quantity, &attempt);
        if (tried == TILL_OK)
            tried = product_side(schema, cut + 1, strlen(cut + 1), &price, &attempt);
        if (tried == TILL_OK) {
            want_product(transactions, quantity, price);
            return TILL_OK;
        }
        if (status == TILL_OK) {
            status = tried;
            if (error != NULL)
                *error = attempt;
        }
    }
    return status;
}

/* The amount by the headers alone. A pair of quantity and price stands in for it only where neither is in doubt. */
static enum till_status plan_amount_found(struct till_transactions *transactions, const struct till_schema *schema,
                                          struct till_error *error) {
    size_t amount;
    size_t quantity = TILL_NO_COLUMN;
    size_t price = TILL_NO_COLUMN;
    enum till_status status = till_schema_role(schema, TILL_ROLE_AMOUNT, NULL, false, &amount, error);
    if (status == TILL_OK && amount == TILL_NO_COLUMN)
        status = till_schema_role(schema, TILL_ROLE_QUANTITY, NULL, false, &quantity, error);
    if (status == TILL_OK && quantity != TILL_NO_COLUMN)
        status = till_schema_role(schema, TILL_ROLE_PRICE, NULL, false, &price, error);
    if (status != TILL_OK)
        return status;
    if (amount != TILL_NO_COLUMN)
        want_amount(transactions, amount);
    else if (price != TILL_NO_COLUMN)
        want_product(transactions, quantity, price);
    else
        status = till_schema_role(schema, TILL_ROLE_AMOUNT, NULL, true, &amount, error);
    return status;
}

static bool has_column(const struct till_schema *schema, const char *name) {
    for (size_t i = 0; i < schema->count; i++)
        if (till_slice_equal(schema->names[i], till_slice_of(name)))
            return true;
    return false;
}

static enum till_status plan_amount(struct till_transactions *transactions, const struct till_schema *schema,
                                    const char *asked, struct till_error *error) {
    size_t column;
    if (asked == NULL)
        return plan_amount_found(transactions, schema, error);
    if (strchr(asked, '*') != NULL && !has_column(schema, asked))
        return plan_product(transactions, schema, asked, error);
    enum till_status status = till_schema_role(schema, TILL_ROLE_AMOUNT, asked, true, &column, error);
    if (status == TILL_OK)
        want_amount(transactions, column);
    return status;
}

static void start_plan(struct till_transactions *transactions) {
    memset(transactions, 0, sizeof *transactions);
    for (size_t role = 0; role < TILL_ROLES; role++)
        transactions->at[role] = transactions->column[role] = TILL_NO_COLUMN;
    transactions->plan.wanted = transactions->wanted;
}

/* A day is cheaper than a time, and enough where the time of day tells nothing apart. */
static void settle_date_type(struct till_transactions *transactions, unsigned uses) {
    size_t date = transactions->at[TILL_ROLE_DATE];
    bool stands_for_order = (uses & TILL_USES_ORDER) != 0 && transactions->at[TILL_ROLE_ORDER] == TILL_NO_COLUMN;
    if (date != TILL_NO_COLUMN && (uses & TILL_NEEDS_TIME) == 0 && !stands_for_order)
        transactions->wanted[date].type = TILL_DAY;
}

enum till_status till_transactions_plan(struct till_transactions *transactions, const struct till_schema *schema,
                                        const struct till_transactions_options *options, unsigned uses,
                                        struct till_error *error) {
    enum till_status status = TILL_OK;
    bool needs_customer = (uses & TILL_NEEDS_CUSTOMER) != 0;
    start_plan(transactions);
    if (needs_customer || (uses & TILL_USES_CUSTOMER) != 0)
        status = plan_text(transactions, schema, TILL_ROLE_CUSTOMER, options->customer, needs_customer,
                           needs_customer ? TILL_MISSING_FILTERS : TILL_MISSING_PASSES, error);
    if (status == TILL_OK && (uses & (TILL_NEEDS_DATE | TILL_USES_DATE)) != 0)
        status = plan_date(transactions, schema, options, (uses & TILL_NEEDS_DATE) != 0, error);
    if (status == TILL_OK && (uses & TILL_NEEDS_AMOUNT) != 0)
        status = plan_amount(transactions, schema, options->amount, error);
    if (status == TILL_OK && (uses & (TILL_NEEDS_ORDER | TILL_USES_ORDER)) != 0)
        status = plan_text(transactions, schema, TILL_ROLE_ORDER, options->order, (uses & TILL_NEEDS_ORDER) != 0,
                           TILL_MISSING_REJECTS, error);
    if (status == TILL_OK && (uses & TILL_NEEDS_ITEM) != 0)
        status = plan_text(transactions, schema, TILL_ROLE_ITEM, options->item, true, TILL_MISSING_REJECTS, error);
    else if (status == TILL_OK && (uses & TILL_USES_ITEM) != 0)
        status = plan_text(transactions, schema, TILL_ROLE_ITEM, options->item, false, TILL_MISSING_PASSES, error);
    if (status == TILL_OK)
        settle_date_type(transactions, uses);
    return status;
}
