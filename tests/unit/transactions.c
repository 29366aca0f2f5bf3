/* From roles to a plan for the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/transactions.h>

static struct till_slice retail_names[] = {{"InvoiceNo", 9}, {"StockCode", 9},   {"Quantity", 8}, {"InvoiceDate", 11},
                                           {"UnitPrice", 9}, {"CustomerID", 10}, {"Country", 7}};
static const struct till_schema retail = {7, retail_names, "retail.csv", 1};

static const struct till_transactions_options nothing_asked = {.until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};

static void quantity_times_price_stands_in_for_the_amount(void **state) {
    (void)state;
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(till_transactions_plan(&plan, &retail, &nothing_asked,
                                            TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER,
                                            &error),
                     TILL_OK);
    assert_int_equal(plan.plan.wanted_count, 4);
    const struct till_wanted *amount = &plan.plan.wanted[plan.at[TILL_ROLE_AMOUNT]];
    assert_int_equal(amount->type, TILL_MONEY);
    assert_int_equal(amount->column, 2);
    assert_int_equal(amount->factor, 4 + 1);
    assert_int_equal(plan.column[TILL_ROLE_QUANTITY], 2);
    assert_int_equal(plan.column[TILL_ROLE_PRICE], 4);
    assert_int_equal(plan.column[TILL_ROLE_CUSTOMER], 5);
    assert_int_equal(plan.column[TILL_ROLE_ORDER], 0);
    assert_int_equal(plan.at[TILL_ROLE_ITEM], TILL_NO_COLUMN);
    assert_int_equal(plan.plan.wanted[plan.at[TILL_ROLE_DATE]].type, TILL_DAY);
}

static void the_time_of_day_is_wanted_where_it_tells_purchases_apart(void **state) {
    (void)state;
    struct till_slice names[] = {{"customer", 8}, {"date", 4}, {"amount", 6}};
    struct till_schema schema = {3, names, "x.csv", 1};
    struct till_transactions plan;
    struct till_error error = {0};
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE;
    assert_int_equal(till_transactions_plan(&plan, &schema, &nothing_asked, uses | TILL_USES_ORDER, &error), TILL_OK);
    assert_int_equal(plan.wanted[plan.at[TILL_ROLE_DATE]].type, TILL_TIME);
    assert_int_equal(till_transactions_plan(&plan, &schema, &nothing_asked, uses, &error), TILL_OK);
    assert_int_equal(plan.wanted[plan.at[TILL_ROLE_DATE]].type, TILL_DAY);
    assert_int_equal(till_transactions_plan(&plan, &schema, &nothing_asked, uses | TILL_NEEDS_TIME, &error), TILL_OK);
    assert_int_equal(plan.wanted[plan.at[TILL_ROLE_DATE]].type, TILL_TIME);
}

static void customers_filter_before_anything_rejects(void **state) {
    (void)state;
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(till_transactions_plan(&plan, &retail, &nothing_asked,
                                            TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_NEEDS_ITEM,
                                            &error),
                     TILL_OK);
    assert_int_equal(plan.at[TILL_ROLE_CUSTOMER], 0);
    assert_int_equal(plan.at[TILL_ROLE_DATE], 1);
    assert_int_equal(plan.wanted[0].missing, TILL_MISSING_FILTERS);
    for (size_t i = 1; i < plan.plan.wanted_count; i++)
        assert_int_equal(plan.wanted[i].missing, TILL_MISSING_REJECTS);
}

static void customers_that_are_only_used_may_be_missing(void **state) {
    (void)state;
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(till_transactions_plan(&plan, &retail, &nothing_asked,
                                            TILL_USES_CUSTOMER | TILL_NEEDS_ORDER | TILL_NEEDS_ITEM, &error),
                     TILL_OK);
    assert_int_equal(plan.wanted[plan.at[TILL_ROLE_CUSTOMER]].missing, TILL_MISSING_PASSES);
}

static enum till_status plan_amount(const struct till_schema *schema, const char *amount,
                                    struct till_transactions *plan, struct till_error *error) {
    struct till_transactions_options options = nothing_asked;
    options.amount = amount;
    return till_transactions_plan(plan, schema, &options, TILL_NEEDS_AMOUNT, error);
}

static void products_are_read_with_blanks_and_numbers(void **state) {
    (void)state;
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(plan_amount(&retail, "Quantity * 5", &plan, &error), TILL_OK);
    assert_int_equal(plan.wanted[0].column, 2);
    assert_int_equal(plan.wanted[0].factor, 4 + 1);
    assert_int_equal(plan_amount(&retail, "UnitPrice", &plan, &error), TILL_OK);
    assert_int_equal(plan.wanted[0].factor, 0);
    assert_int_equal(plan.column[TILL_ROLE_QUANTITY], TILL_NO_COLUMN);
    assert_int_equal(plan_amount(&retail, "Quantity*Price", &plan, &error), TILL_ERROR_DATA);
    assert_string_equal(error.role, "amount");
    assert_non_null(strstr(error.message, "\"Price\""));
}

static void a_column_called_like_a_product_wins(void **state) {
    (void)state;
    struct till_slice names[] = {{"a*b", 3}, {"a", 1}, {"b", 1}, {"c", 1}};
    struct till_schema schema = {4, names, "x.csv", 1};
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(plan_amount(&schema, "a*b", &plan, &error), TILL_OK);
    assert_int_equal(plan.wanted[0].column, 0);
    assert_int_equal(plan.wanted[0].factor, 0);
    assert_int_equal(plan_amount(&schema, "a*b*c", &plan, &error), TILL_OK);
    assert_int_equal(plan.wanted[0].column, 0);
    assert_int_equal(plan.wanted[0].factor, 3 + 1);
}

static void an_amount_in_doubt_is_an_error(void **state) {
    (void)state;
    struct till_slice names[] = {{"qty", 3}, {"unit_price", 10}, {"单价", 6}};
    struct till_schema schema = {3, names, "x.csv", 1};
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(plan_amount(&schema, NULL, &plan, &error), TILL_ERROR_DATA);
    schema.count = 2;
    assert_int_equal(plan_amount(&schema, NULL, &plan, &error), TILL_OK);
    schema.count = 1;
    assert_int_equal(plan_amount(&schema, NULL, &plan, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "--amount=COL"));
}

static void date_patterns_are_checked(void **state) {
    (void)state;
    struct till_transactions plan;
    struct till_error error = {0};
    struct till_transactions_options options = nothing_asked;
    options.date_format = "%d of nothing";
    assert_int_equal(till_transactions_plan(&plan, &retail, &options, TILL_NEEDS_DATE, &error), TILL_ERROR_USAGE);
    options.date_format = "%Y-%m-%d %H:%M:%S";
    options.until = 14975;
    assert_int_equal(till_transactions_plan(&plan, &retail, &options, TILL_NEEDS_DATE, &error), TILL_OK);
    assert_string_equal(plan.wanted[0].date_pattern, options.date_format);
    assert_int_equal(plan.wanted[0].until, 14975);
    assert_int_equal(plan.wanted[0].since, TILL_DAY_MISSING);
}

static void needed_roles_must_be_there(void **state) {
    (void)state;
    struct till_slice names[] = {{"date", 4}, {"amount", 6}};
    struct till_schema schema = {2, names, "x.csv", 1};
    struct till_transactions plan;
    struct till_error error = {0};
    assert_int_equal(
        till_transactions_plan(&plan, &schema, &nothing_asked, TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE, &error),
        TILL_ERROR_DATA);
    assert_string_equal(error.role, "customer");
    assert_int_equal(
        till_transactions_plan(&plan, &schema, &nothing_asked, TILL_USES_CUSTOMER | TILL_USES_ORDER, &error), TILL_OK);
    assert_int_equal(plan.plan.wanted_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantity_times_price_stands_in_for_the_amount),
        cmocka_unit_test(the_time_of_day_is_wanted_where_it_tells_purchases_apart),
        cmocka_unit_test(customers_filter_before_anything_rejects),
        cmocka_unit_test(customers_that_are_only_used_may_be_missing),
        cmocka_unit_test(products_are_read_with_blanks_and_numbers),
        cmocka_unit_test(a_column_called_like_a_product_wins),
        cmocka_unit_test(an_amount_in_doubt_is_an_error),
        cmocka_unit_test(date_patterns_are_checked),
        cmocka_unit_test(needed_roles_must_be_there),
    };
    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}
