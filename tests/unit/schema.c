/* Roles and columns by their headers. The headers are those of real exports (UCI Online Retail, dunnhumby, BTYD,
 * lifetimes, Taobao and others), and slips of the pen in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/schema.h>

#define MOST 64

struct header {
    struct till_schema schema;
    struct till_slice names[MOST];
};

/* Names separated by '/'. */
static void make_header(struct header *header, const char *names) {
    memset(header, 0, sizeof *header);
    header->schema.names = header->names;
    header->schema.file = "sales.csv";
    header->schema.line = 3;
    for (;;) {
        size_t length = strcspn(names, "/");
        assert_true(header->schema.count < MOST);
        header->names[header->schema.count++] = (struct till_slice){names, length};
        if (names[length] == '\0')
            return;
        names += length + 1;
    }
}

static size_t role_in(const char *names, enum till_role role) {
    struct header header;
    struct till_error error = {0};
    size_t column = 999;
    make_header(&header, names);
    assert_int_equal(till_schema_role(&header.schema, role, NULL, false, &column, &error), TILL_OK);
    return column;
}

static void assert_roles(const char *names, size_t customer, size_t date, size_t amount, size_t order, size_t item) {
    assert_int_equal(role_in(names, TILL_ROLE_CUSTOMER), customer);
    assert_int_equal(role_in(names, TILL_ROLE_DATE), date);
    assert_int_equal(role_in(names, TILL_ROLE_AMOUNT), amount);
    assert_int_equal(role_in(names, TILL_ROLE_ORDER), order);
    assert_int_equal(role_in(names, TILL_ROLE_ITEM), item);
}

#define NONE TILL_NO_COLUMN

static void roles_of_real_exports_are_found(void **state) {
    (void)state;
    assert_roles("InvoiceNo/StockCode/Description/Quantity/InvoiceDate/UnitPrice/CustomerID/Country", 6, 4, NONE, 0, 1);
    assert_roles("household_id/store_id/basket_id/product_id/quantity/sales_value/retail_disc/coupon_disc/"
                 "coupon_match_disc/week/transaction_timestamp",
                 0, 10, 5, 2, 3);
    assert_roles("/transID/cumid/time/amount/type_label/type", 2, 3, 4, 1, NONE);
    assert_roles("Date/Time/Transaction/Item", NONE, 0, NONE, 2, 3);
    assert_roles("Member_number/Date/itemDescription", 0, 1, NONE, NONE, 2);
    assert_roles("Order Number/Category/Product/Product Price", NONE, NONE, NONE, 0, 2);
    assert_roles("cust/date", 0, 1, NONE, NONE, NONE);
    assert_roles("customer_id/date/amount", 0, 1, 2, NONE, NONE);
}

static void roles_of_chinese_exports_are_found(void **state) {
    (void)state;
    assert_roles("客户编号/交易日期/金额(元)/订单号/商品编码", 0, 1, 2, 3, 4);
    assert_roles("会员卡号/销售日期/实收金额（元）/小票号/货号", 0, 1, 2, 3, 4);
    assert_roles("订单编号/买家会员名/付款时间/实付金额/宝贝标题", 1, 2, 3, 0, 4);
    assert_roles("单据编号/客户/日期/价税合计/存货编码", 1, 2, 3, 0, 4);
    assert_int_equal(role_in("数量/单价", TILL_ROLE_QUANTITY), 0);
    assert_int_equal(role_in("数量/单价（元每件）", TILL_ROLE_PRICE), 1);
}

static void writing_of_a_header_does_not_matter(void **state) {
    (void)state;
    const char *written[] = {"customer_id",
                             "CustomerID",
                             "CUSTOMER ID",
                             " Customer-Id ",
                             "customer.id",
                             "ＣｕｓｔｏｍｅｒＩＤ",
                             "Customer ID (required)",
                             "\xEF\xBB\xBF"
                             "customer_id"};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        assert_int_equal(role_in(written[i], TILL_ROLE_CUSTOMER), 0);
    assert_int_equal(role_in("客户　编号", TILL_ROLE_CUSTOMER), 0);
    assert_int_equal(role_in("Amount [USD]", TILL_ROLE_AMOUNT), 0);
    assert_int_equal(role_in("金额【元】", TILL_ROLE_AMOUNT), 0);
}

static void parts_of_words_do_not_match(void **state) {
    (void)state;
    assert_int_equal(role_in("ship_date/update/birth_date", TILL_ROLE_DATE), NONE);
    assert_int_equal(role_in("discount_amount/amt/subtotals/(amount)", TILL_ROLE_AMOUNT), NONE);
    assert_int_equal(role_in("id/customers/custom", TILL_ROLE_CUSTOMER), NONE);
    assert_int_equal(role_in("reorder/orders", TILL_ROLE_ORDER), NONE);
}

static void ids_and_codes_beat_names(void **state) {
    (void)state;
    assert_int_equal(role_in("customer/customer_id", TILL_ROLE_CUSTOMER), 1);
    assert_int_equal(role_in("客户/客户编号/客户名称", TILL_ROLE_CUSTOMER), 1);
    assert_int_equal(role_in("客户名称/客户", TILL_ROLE_CUSTOMER), 1);
    assert_int_equal(role_in("Description/Product/SKU", TILL_ROLE_ITEM), 2);
    assert_int_equal(role_in("price/unit_price", TILL_ROLE_PRICE), 1);
    assert_int_equal(role_in("order/order_id", TILL_ROLE_ORDER), 1);
    /* Doubt on a lower rank is none when a higher one decides. */
    assert_int_equal(role_in("customer/client/customer_id", TILL_ROLE_CUSTOMER), 2);
}

static void role_error(const char *names, enum till_role role, const char *asked, struct till_error *error) {
    struct header header;
    size_t column;
    make_header(&header, names);
    assert_int_equal(till_schema_role(&header.schema, role, asked, true, &column, error), TILL_ERROR_DATA);
    assert_int_equal(error->status, TILL_ERROR_DATA);
    assert_string_equal(error->file, "sales.csv");
    assert_int_equal(error->line, 3);
    assert_string_equal(error->role, till_role_name(role));
}

static void two_equal_candidates_are_an_error_that_names_both(void **state) {
    (void)state;
    struct till_error error = {0};
    role_error("下单时间/付款时间/金额", TILL_ROLE_DATE, NULL, &error);
    assert_non_null(strstr(error.message, "下单时间"));
    assert_non_null(strstr(error.message, "付款时间"));
    assert_non_null(strstr(error.message, "--date=COL"));
    role_error("customer_id/user_id", TILL_ROLE_CUSTOMER, NULL, &error);
    assert_non_null(strstr(error.message, "\"customer_id\" and \"user_id\""));
    role_error("Quantity/qty", TILL_ROLE_QUANTITY, NULL, &error);
    assert_non_null(strstr(error.message, "--amount=QUANTITY*PRICE"));
}

static void missing_roles_name_the_option_and_the_nearest_column(void **state) {
    (void)state;
    struct till_error error = {0};
    role_error("custmer_id/date/amt", TILL_ROLE_CUSTOMER, NULL, &error);
    assert_non_null(strstr(error.message, "--customer=COL"));
    assert_non_null(strstr(error.message, "did you mean \"custmer_id\"?"));
    assert_non_null(strstr(error.message, "\"custmer_id\", \"date\", \"amt\""));
    role_error("customer_id/date/amt", TILL_ROLE_AMOUNT, NULL, &error);
    assert_null(strstr(error.message, "did you mean"));
}

static void a_role_that_is_not_required_may_be_absent(void **state) {
    (void)state;
    assert_int_equal(role_in("a/b", TILL_ROLE_ORDER), NONE);
}

static size_t column_in(const char *names, const char *name) {
    struct header header;
    struct till_error error = {0};
    size_t column = 999;
    make_header(&header, names);
    assert_int_equal(till_schema_column(&header.schema, name, &column, &error), TILL_OK);
    return column;
}

static void column_error(const char *names, const char *name, struct till_error *error) {
    struct header header;
    size_t column;
    make_header(&header, names);
    assert_int_equal(till_schema_column(&header.schema, name, &column, error), TILL_ERROR_DATA);
    assert_string_equal(error->file, "sales.csv");
    assert_int_equal(error->line, 3);
}

static void columns_go_by_name_then_by_number(void **state) {
    (void)state;
    assert_int_equal(column_in("a/b/c", "b"), 1);
    assert_int_equal(column_in("a/b/c", "3"), 2);
    assert_int_equal(column_in("3/2/1", "3"), 0);
    assert_int_equal(column_in("a/b/", ""), 2);
    struct till_error error = {0};
    column_error("a/b/c", "4", &error);
    column_error("a/b/c", "0", &error);
    column_error("a/b/c", "18446744073709551617", &error);
    column_error("a/b/c", "", &error);
    column_error("a/b/c", "B", &error);
    assert_non_null(strstr(error.message, "the columns are \"a\", \"b\", \"c\""));
}

static void a_name_there_twice_is_an_error_only_when_it_is_used(void **state) {
    (void)state;
    struct till_error error = {0};
    assert_int_equal(column_in("customer_id/amount/amount", "customer_id"), 0);
    assert_int_equal(column_in("customer_id/amount/amount", "3"), 2);
    column_error("customer_id/amount/amount", "amount", &error);
    assert_non_null(strstr(error.message, "columns 2 and 3"));
    role_error("customer_id/amount/amount", TILL_ROLE_AMOUNT, NULL, &error);
    assert_non_null(strstr(error.message, "--amount=N"));
    role_error("customer_id/amount/amount", TILL_ROLE_AMOUNT, "amount", &error);
}

static void the_nearest_name_is_told(void **state) {
    (void)state;
    struct till_error error = {0};
    column_error("customer/date/amount", "Amuont", &error);
    assert_non_null(strstr(error.message, "did you mean \"amount\"?"));
    column_error("客户编号/交易日期", "客户编码", &error);
    assert_non_null(strstr(error.message, "did you mean \"客户编号\"?"));
    column_error("customer/date", "revenue", &error);
    assert_null(strstr(error.message, "did you mean"));
}

static void headers_that_are_none_get_a_hint(void **state) {
    (void)state;
    struct till_error error = {0};
    column_error("customer_id;date;amount", "amount", &error);
    assert_non_null(strstr(error.message, "--delimiter=';'"));
    column_error("customer_id\tdate", "date", &error);
    assert_non_null(strstr(error.message, "--delimiter=tab"));
    column_error("customer_id|date", "date", &error);
    assert_non_null(strstr(error.message, "--delimiter='|'"));
    column_error("# export 2024", "date", &error);
    assert_non_null(strstr(error.message, "--skip=1"));
    column_error("sep=/", "date", &error);
    assert_non_null(strstr(error.message, "--skip=1"));
    column_error("C1/2024-01-01/10.00", "amount", &error);
    assert_non_null(strstr(error.message, "--no-headers"));
    column_error("customer/date", "amount", &error);
    assert_null(strstr(error.message, "--"));
}

static void long_headers_are_cut_and_counted(void **state) {
    (void)state;
    enum { COLUMNS = 10000 };
    struct till_slice *names = calloc(COLUMNS, sizeof *names);
    char(*bytes)[8] = calloc(COLUMNS, sizeof *bytes);
    struct till_schema schema = {COLUMNS, names, "wide.csv", 1};
    struct till_error error = {0};
    size_t column;
    assert_true(names != NULL && bytes != NULL);
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(bytes[i], sizeof bytes[i], "x%zu", i);
        names[i] = till_slice_of(bytes[i]);
    }
    assert_int_equal(till_schema_column(&schema, "amount", &column, &error), TILL_ERROR_DATA);
    const char *rest = strstr(error.message, " and ");
    assert_non_null(rest);
    unsigned long listed = 0;
    for (const char *at = error.message; at < rest; at++)
        listed += *at == 'x';
    assert_int_equal(strtoul(rest + 5, NULL, 10) + listed, COLUMNS);
    assert_string_equal(error.message + strlen(error.message) - 5, " more");
    assert_int_equal(till_schema_column(&schema, "x9999", &column, &error), TILL_OK);
    assert_int_equal(column, 9999);
    assert_int_equal(till_schema_role(&schema, TILL_ROLE_ITEM, NULL, false, &column, &error), TILL_OK);
    free(names);
    free(bytes);
}

/* The columns chosen, as a text of 0 and 1. */
static const char *list_in(const char *names, const char *list, char out[MOST + 1]) {
    struct header header;
    struct till_error error = {0};
    bool chosen[MOST];
    make_header(&header, names);
    enum till_status status = till_schema_list(&header.schema, list, chosen, &error);
    assert_true(status == TILL_OK || error.status == status);
    size_t count = status == TILL_OK ? header.schema.count : 0;
    for (size_t i = 0; i < count; i++)
        out[i] = chosen[i] ? '1' : '0';
    out[count] = '\0';
    return out;
}

static void lists_take_names_numbers_and_ranges(void **state) {
    (void)state;
    char out[MOST + 1];
    assert_string_equal(list_in("a/b/c/d/e", "a,c-e", out), "10111");
    assert_string_equal(list_in("a/b/c/d/e", "2-3,5", out), "01101");
    assert_string_equal(list_in("a/b/c/d/e", "b-4", out), "01110");
    assert_string_equal(list_in("a-c/a/b/c", "a-c", out), "1000");
    assert_string_equal(list_in("x-1/x-2/x-3/y", "x-1-x-3", out), "1110");
    assert_string_equal(list_in("a,b/a/c", "a,b,c", out), "");
    assert_string_equal(list_in("last, first/age/sex", "last, first,sex", out), "101");
    assert_string_equal(list_in("a/b/c", "c-a", out), "");
    assert_string_equal(list_in("a/b/c", "a,,c", out), "");
    assert_string_equal(list_in("a/b/c", "a,x", out), "");
    assert_string_equal(list_in("a/b/b", "a,b", out), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_of_real_exports_are_found),
        cmocka_unit_test(roles_of_chinese_exports_are_found),
        cmocka_unit_test(writing_of_a_header_does_not_matter),
        cmocka_unit_test(parts_of_words_do_not_match),
        cmocka_unit_test(ids_and_codes_beat_names),
        cmocka_unit_test(two_equal_candidates_are_an_error_that_names_both),
        cmocka_unit_test(missing_roles_name_the_option_and_the_nearest_column),
        cmocka_unit_test(a_role_that_is_not_required_may_be_absent),
        cmocka_unit_test(columns_go_by_name_then_by_number),
        cmocka_unit_test(a_name_there_twice_is_an_error_only_when_it_is_used),
        cmocka_unit_test(the_nearest_name_is_told),
        cmocka_unit_test(headers_that_are_none_get_a_hint),
        cmocka_unit_test(long_headers_are_cut_and_counted),
        cmocka_unit_test(lists_take_names_numbers_and_ranges),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
