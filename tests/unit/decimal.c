/* Numbers as text. Money is held to hand-written cases, to values computed by Python's decimal module (200 digits,
 * ROUND_HALF_EVEN) and to a naive reader; reals to the strtod and snprintf of the C library. */
#include <locale.h>
#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/decimal.h>

#include "lib/base/decimal_fast.h"

static uint64_t shift_state = 88172645463325252u;
static uint64_t next_bits(void) {
    shift_state ^= shift_state << 13;
    shift_state ^= shift_state >> 7;
    shift_state ^= shift_state << 17;
    return shift_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Parses from an allocation of exactly that size, so that the address sanitizer sees any step outside. */
static enum till_number_result parse(const char *text, size_t length, const struct till_number_format *format,
                                     int64_t *money, bool *rounded) {
    char *exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, text, length);
    enum till_number_result result = till_decimal_parse(exact, length, format, money, rounded);
    free(exact);
    return result;
}

static void is_money(const char *text, const struct till_number_format *format, int64_t expected, bool loses) {
    int64_t money = -1;
    bool rounded = !loses;
    if (parse(text, strlen(text), format, &money, &rounded) != TILL_NUMBER_OK)
        fail_msg("\"%s\" was refused", text);
    if (money != expected || rounded != loses)
        fail_msg("\"%s\" gave %lld, rounded %d", text, (long long)money, rounded);
}

static void is_not_money(const char *text, size_t length, const struct till_number_format *format,
                         enum till_number_result expected) {
    int64_t money = 77;
    bool rounded = true;
    if (parse(text, length, format, &money, &rounded) != expected)
        fail_msg("\"%.*s\" was not refused as it should be", (int)length, text);
    /* Results are untouched on failure. */
    assert_true(money == 77 && rounded);
}

static void legal_forms_are_read(void **state) {
    (void)state;
    is_money("0", NULL, 0, false);
    is_money("-0", NULL, 0, false);
    is_money("12.50", NULL, 125000, false);
    is_money("-12.5", NULL, -125000, false);
    is_money("+10", NULL, 100000, false);
    is_money(".5", NULL, 5000, false);
    is_money("3.", NULL, 30000, false);
    is_money("-3.", NULL, -30000, false);
    is_money("-.5", NULL, -5000, false);
    is_money("007", NULL, 70000, false);
    is_money("2.525e1", NULL, 252500, false);
    is_money("1E+3", NULL, 10000000, false);
    is_money("1.e1", NULL, 100000, false);
    is_money("25e-1", NULL, 25000, false);
    is_money("0.0001", NULL, 1, false);
    is_money("0.00010000000000000000000000000000000000000000000", NULL, 1, false);
    is_money("0000000000000000000000000000000000000000000000012.5", NULL, 125000, false);
    is_money("0e999999999999999999999999", NULL, 0, false);
    is_money("0.000000000000000000000000000000000000000001e42", NULL, 10000, false);
    is_money("1000000000000000000000000000000000000000000e-42", NULL, 10000, false);
    is_money("99999999999999.99", NULL, 999999999999999900, false);
    is_money("123456789012345.67", NULL, 1234567890123456700, false);
}

static void other_texts_are_refused(void **state) {
    (void)state;
    const char *bad[] = {"",
                         ".",
                         "+",
                         "-",
                         "-.",
                         "+.",
                         "e5",
                         ".e5",
                         "1e",
                         "1e+",
                         "0x10",
                         "nan",
                         "NaN",
                         "inf",
                         "-inf",
                         "Infinity",
                         "N/A",
                         " 1",
                         "1 ",
                         "1 2",
                         "\t1",
                         "1\n",
                         "--1",
                         "+-1",
                         "1-",
                         "1..2",
                         "1.2.3",
                         "12.5a",
                         "a12.5",
                         "12.5abc",
                         "1,234",
                         "12,5",
                         "$5",
                         "5.00 CNY",
                         "(5.00)",
                         "1'000",
                         "1_000",
                         "1e5.5",
                         "1e5e5",
                         "1d5",
                         "0b1",
                         "1/2",
                         "\xc2\xa0"
                         "1",
                         "1\xc2\xa0",
                         ":",
                         "/",
                         "1:2",
                         "1/3.5",
                         "-:.00",
                         ".-5",
                         "5.-",
                         "..",
                         "1234567.:",
                         "0:0",
                         "\xef\xbc\x91\xef\xbc\x92" /* full-width 12 */,
                         "\xd9\xa1" /* Arabic 1 */,
                         "\xb1",
                         "1.\xb2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_not_money(bad[i], strlen(bad[i]), NULL, TILL_NUMBER_BAD);
    is_not_money("1\0", 2, NULL, TILL_NUMBER_BAD);
    is_not_money("12\0"
                 "5",
                 4, NULL, TILL_NUMBER_BAD);
    is_not_money("\0", 1, NULL, TILL_NUMBER_BAD);
    is_not_money("1234567890123456789\0", 20, NULL, TILL_NUMBER_BAD);
}

static void overflow_is_told_from_bad(void **state) {
    (void)state;
    is_money("922337203685477.5807", NULL, INT64_MAX, false);
    is_money("-922337203685477.5807", NULL, -INT64_MAX, false);
    /* INT64_MIN stands for a missing amount: it is no value. */
    const char *large[] = {"922337203685477.5808",
                           "-922337203685477.5808",
                           "922337203685477.58075",
                           "1e15",
                           "1e999",
                           "-1e999",
                           "1e99999999999999999999",
                           "1000000000000000",
                           "9999999999999999",
                           "123456789012345678901234567890123456789012345678901234567890",
                           "1e38",
                           "1e34",
                           "1e35",
                           "12345678901234567890123456789012345678.9"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        is_not_money(large[i], strlen(large[i]), NULL, TILL_NUMBER_OVERFLOW);
}

/* Expected values from Python's decimal. */
static void more_decimals_round_half_to_even(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t money;
    } cases[] = {{"0.00005", 0},
                 {"0.00015", 2},
                 {"0.00025", 2},
                 {"2.00005", 20000},
                 {"-2.00005", -20000},
                 {"0.000050000000000000000000000000000000000000000000000000000000001", 1},
                 {"1.23455", 12346},
                 {"12345678901.99995", 123456789020000},
                 {"922337203685477.580749999", INT64_MAX},
                 {"1e-5", 0},
                 {"5e-5", 0},
                 {"15e-5", 2},
                 {"1e-400", 0},
                 {"1e-99999999999999999999", 0},
                 {"123456789012345678901234567890e-20", 12345678901235},
                 {"0.1234567890123456789012345678901234567890", 1235}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_money(cases[i].text, NULL, cases[i].money, true);
    is_money("0.00000", NULL, 0, false);
    is_money("1.230000", NULL, 12300, false);
}

/* 40 digits on either side of a tie: only the last of them decides. */
static void the_last_digit_of_many_decides_a_tie(void **state) {
    (void)state;
    char text[200];
    for (size_t zeros = 0; zeros < 100; zeros++) {
        snprintf(text, sizeof text, "10.00005%0*d", (int)zeros + 1, 0);
        is_money(text, NULL, 100000, true);
        text[strlen(text) - 1] = '1';
        is_money(text, NULL, 100001, true);
        snprintf(
            text, sizeof text, "10.00014%.*s", (int)zeros,
            "9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999");
        is_money(text, NULL, 100001, true);
    }
}

static void a_decimal_comma_replaces_the_point(void **state) {
    (void)state;
    const struct till_number_format comma = {',', false};
    is_money("12,50", &comma, 125000, false);
    is_money("-0,5", &comma, -5000, false);
    is_money("1234567,1e1", &comma, 123456710000, false);
    is_not_money("12.50", 5, &comma, TILL_NUMBER_BAD);
    is_not_money("1.234,50", 8, &comma, TILL_NUMBER_BAD);
    is_not_money(",", 1, &comma, TILL_NUMBER_BAD);
}

static void money_wears_signs_and_separators(void **state) {
    (void)state;
    const struct till_number_format point = {'.', true}, comma = {',', true};
    const char *twelve[] = {"12.5",
                            "\xc2\xa5"
                            "12.50",
                            "\xef\xbf\xa5"
                            "12.5",
                            "$12.50",
                            "\xe2\x82\xac"
                            "12.50",
                            "\xc2\xa3"
                            "12.50",
                            "CNY12.50",
                            "RMB 12.50",
                            "USD 12.50",
                            "12.50 EUR",
                            "12.50GBP",
                            "12.5\xe5\x85\x83",
                            "12.5 \xe5\x85\x83",
                            " 12.50 ",
                            "\xc2\xa0"
                            "12.5\xc2\xa0",
                            "+12.5",
                            "+$12.5",
                            "$+12.5",
                            "$ 12.5",
                            "12.50\xe2\x82\xac",
                            "12.50\xe2\x80\xaf\xe2\x82\xac"};
    for (size_t i = 0; i < sizeof twelve / sizeof *twelve; i++)
        is_money(twelve[i], &point, 125000, false);
    const char *minus[] = {"-5.00",
                           "(5.00)",
                           "( 5.00 )",
                           "($5.00)",
                           "-$5.00",
                           "$-5.00",
                           "- 5.00",
                           "(5.00 EUR)",
                           " (5) ",
                           "-5\xe5\x85\x83",
                           "(\xc2\xa5"
                           "5.00)"};
    for (size_t i = 0; i < sizeof minus / sizeof *minus; i++)
        is_money(minus[i], &point, -50000, false);
    const char *thousands[] = {"1,234.5",
                               "1 234.5",
                               "1\xc2\xa0"
                               "234.5",
                               "1'234.5",
                               "1\xe2\x80\x99"
                               "234.5",
                               "1\xe2\x80\xaf"
                               "234.5",
                               "$1,234.50",
                               "1234.5",
                               "1,234.5\xe5\x85\x83"};
    for (size_t i = 0; i < sizeof thousands / sizeof *thousands; i++)
        is_money(thousands[i], &point, 12345000, false);
    const char *with_comma[] = {"1.234,5",
                                "1 234,50",
                                "1\xc2\xa0"
                                "234,50",
                                "1'234,5",
                                "\xe2\x82\xac 1.234,50",
                                "1.234,50 \xe2\x82\xac",
                                "1234,5"};
    for (size_t i = 0; i < sizeof with_comma / sizeof *with_comma; i++)
        is_money(with_comma[i], &comma, 12345000, false);
    is_money("1,234,567.891", &point, 12345678910, false);
    is_money("12,345", &point, 123450000, false);
    is_money("123,456", &point, 1234560000, false);
    is_money("(1,234.56)", &point, -12345600, false);
    is_money("1.234", &comma, 12340000, false);
}

static void odd_dress_is_refused(void **state) {
    (void)state;
    const struct till_number_format point = {'.', true}, comma = {',', true};
    const char *bad[] = {"",          " ",         "$",        "()",       "(",        "(5.00",        "5.00)",
                         "((5))",     "(-5.00)",   "(+5)",     "--5",      "-+5",      "$$5",          "$5 EUR",
                         "$5$",       "1,23",      "1,2345",   "1234,567", ",123",     "1,,234",       "1,234,56",
                         "1,234 567", "1'234,567", "1,234,",   "12,5",     "1.234,50", "1, 234",       "5-",
                         "cny5",      "US$5",      "5 apples", "1 2",      "1,234e",   "\xef\xbc\x95", "5.00CN",
                         "1.234.567", "0x10",      "nan",      "EUR",      "5.0 0",    "5.000,000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_not_money(bad[i], strlen(bad[i]), &point, TILL_NUMBER_BAD);
    is_not_money("1,234.50", 8, &comma, TILL_NUMBER_BAD);
    is_not_money("$1,000,000,000,000,000", 22, &point, TILL_NUMBER_OVERFLOW);
    const struct till_number_format unset = {.money = true};
    is_money("$12.5", &unset, 125000, false);
    is_not_money("12\0", 3, &unset, TILL_NUMBER_BAD);
}

/* A reader that is too simple to be wrong: digits into an integer. At most 18 digits and 4 decimals. */
static int64_t naive_money(const char *text) {
    bool negative = *text == '-';
    int64_t value = 0;
    int decimals = -1;
    for (text += negative; *text != '\0'; text++) {
        if (*text == '.')
            decimals = 0;
        else {
            value = value * 10 + (*text - '0');
            decimals += decimals >= 0;
        }
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 4; decimals++)
        value *= 10;
    return negative ? -value : value;
}

/* A plain amount with `whole` digits before the mark and `decimals` (-1: no mark) behind it. */
static void write_plain(char *out, bool negative, unsigned whole, int decimals) {
    if (negative)
        *out++ = '-';
    for (unsigned i = 0; i < whole; i++)
        *out++ = (char)('0' + next_bits() % 10);
    if (decimals >= 0)
        *out++ = '.';
    for (int i = 0; i < decimals; i++)
        *out++ = (char)('0' + next_bits() % 10);
    *out = '\0';
}

static void plain_amounts_equal_a_naive_reader(void **state) {
    (void)state;
    for (unsigned round = 0; round < 200; round++)
        for (unsigned whole = 0; whole <= 14; whole++)
            for (int decimals = -1; decimals <= 4; decimals++) {
                char text[64] = "xxxxxxxxxxxxxxxx", *field = text + 16;
                if (whole == 0 && decimals < 1)
                    continue;
                write_plain(field, round % 2, whole, decimals);
                is_money(field, NULL, naive_money(field), false);
                /* The inline reader, where its length allows; what stands around the field is not looked at. */
                int64_t money = 1;
                size_t length = strlen(field);
                memset(field + length, '7', 16);
                memset(text, '3', 16);
                bool plain = decimal_parse_padded(field, length, '.', &money);
                field[length] = '\0';
                /* A bare mark at the end is left to the grammar. */
                assert_int_equal(length - round % 2 <= 16 && decimals != 0, plain);
                if (plain)
                    assert_true(money == naive_money(field));
            }
}

/* Random texts over the bytes that matter: accepted exactly when a regular expression says so; whatever the fast way
 * takes, the grammar (forced by a '+' or by trailing zeros in the exponent) reads alike. */
static void accepted_texts_are_those_of_the_grammar(void **state) {
    (void)state;
    regex_t grammar;
    assert_int_equal(
        0, regcomp(&grammar, "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$", REG_EXTENDED | REG_NOSUB));
    static const char bytes[] = "0123456789012345678901234567890123456789....--+eE,: /";
    unsigned accepted = 0;
    for (unsigned round = 0; round < 400000; round++) {
        char text[32], forced[40];
        size_t length = next_bits() % 20;
        for (size_t i = 0; i < length; i++)
            text[i] = bytes[next_bits() % (round % 2 ? 44 : sizeof bytes - 1)];
        text[length] = '\0';
        int64_t money = 0, again = 0;
        bool rounded, rounded_again;
        enum till_number_result result = parse(text, length, NULL, &money, &rounded);
        assert_int_equal(regexec(&grammar, text, 0, NULL, 0) == 0, result != TILL_NUMBER_BAD);
        if (result == TILL_NUMBER_OK && strpbrk(text, "eE") == NULL) {
            snprintf(forced, sizeof forced, "%se0", text);
            assert_int_equal(TILL_NUMBER_OK, parse(forced, strlen(forced), NULL, &again, &rounded_again));
            assert_true(money == again && rounded == rounded_again);
            accepted++;
        }
    }
    assert_true(accepted > 10000);
    regfree(&grammar);
}

/* Every byte at every place of a plain amount: only digits and one mark pass. */
static void no_other_byte_passes_for_a_digit(void **state) {
    (void)state;
    for (size_t length = 1; length <= 16; length++)
        for (size_t at = 0; at < length; at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[48];
                memset(text, '1', sizeof text);
                text[16 + at] = (char)byte;
                int64_t money;
                bool digit = byte >= '0' && byte <= '9', mark = byte == '.' && at + 1 < length && length - at <= 5;
                bool minus = byte == '-' && at == 0 && length > 1;
                bool sure = length - minus <= 14 || mark; /* longer ones may overflow */
                bool plain = decimal_parse_padded(text + 16, length, '.', &money);
                if (!digit && !mark && !minus)
                    assert_false(plain);
                else if (sure)
                    assert_true(plain);
            }
}

static void products_are_exact(void **state) {
    (void)state;
    int64_t product = 0;
    bool rounded;
    const struct {
        int64_t a, b, product;
        bool rounded;
    } cases[] = {{60000, 25500, 153000, false}, /* 6 * 2.55 */
                 {-10000, 5, -5, false},
                 {1, 5000, 0, true}, /* half: to even */
                 {3, 5000, 2, true},
                 {-3, 5000, -2, true},
                 {1, 5001, 1, true},
                 {12345, 6789, 8381, true}, /* 8381.0205 */
                 {INT64_MAX, 10000, INT64_MAX, false},
                 {-INT64_MAX, 10000, -INT64_MAX, false},
                 {3000000000000, 30000000, 9000000000000000, false},
                 {0, INT64_MAX, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(TILL_NUMBER_OK, till_decimal_multiply(cases[i].a, cases[i].b, &product, &rounded));
        assert_true(product == cases[i].product && rounded == cases[i].rounded);
    }
    assert_int_equal(TILL_NUMBER_OVERFLOW, till_decimal_multiply(INT64_MAX, 10001, &product, &rounded));
    assert_int_equal(TILL_NUMBER_OVERFLOW, till_decimal_multiply(-INT64_MAX, INT64_MAX, &product, &rounded));
    assert_int_equal(TILL_NUMBER_BAD, till_decimal_multiply(TILL_MONEY_MISSING, 10000, &product, &rounded));
}

static void writes(int64_t money, const char *expected) {
    char out[TILL_MONEY_TEXT];
    size_t length = till_decimal_format(out, money);
    assert_int_equal(strlen(expected), length);
    assert_memory_equal(expected, out, length);
}

static void money_is_written_with_two_decimals_or_more(void **state) {
    (void)state;
    writes(0, "0.00");
    writes(125000, "12.50");
    writes(-1250, "-0.125");
    writes(30000, "3.00");
    writes(1, "0.0001");
    writes(-1, "-0.0001");
    writes(100, "0.01");
    writes(99999999, "9999.9999");
    writes(INT64_MAX, "922337203685477.5807");
    writes(-INT64_MAX, "-922337203685477.5807");
    char out[TILL_MONEY_TEXT];
    assert_int_equal(0, till_decimal_format(out, TILL_MONEY_MISSING));
}

static void written_money_reads_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        int64_t money = (int64_t)(next_bits() >> next_bits() % 64), again = 0;
        bool rounded;
        if (money == TILL_MONEY_MISSING)
            continue;
        char out[TILL_MONEY_TEXT];
        assert_int_equal(TILL_NUMBER_OK, parse(out, till_decimal_format(out, money), NULL, &again, &rounded));
        assert_true(money == again && !rounded);
    }
}

static void integers_equal_printf(void **state) {
    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        uint64_t value = i < 70 ? (i < 64 ? UINT64_C(1) << i : UINT64_MAX - i + 64) : next_bits() >> next_bits() % 64;
        char out[32] = {0}, expected[32];
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
        assert_int_equal(strlen(expected), till_count_format(out, value));
        assert_memory_equal(expected, out, strlen(expected));
        snprintf(expected, sizeof expected, "%lld", (long long)(int64_t)value);
        assert_int_equal(strlen(expected), till_integer_format(out, (int64_t)value));
        assert_memory_equal(expected, out, strlen(expected));
    }
    for (uint64_t power = 1; power < UINT64_C(10000000000000000000); power *= 10) {
        char out[32] = {0}, expected[32];
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)power - 1);
        assert_int_equal(strlen(expected), till_count_format(out, power - 1));
        assert_memory_equal(expected, out, strlen(expected));
    }
}

/* Any bit pattern, or a decimal of few digits, or one of a table's magnitude, or a number beside a power of two or ten.
 */
static double random_double(unsigned kind) {
    double value;
    uint64_t bits = next_bits();
    switch (kind % 6) {
    case 0:
        memcpy(&value, &bits, sizeof value);
        return isfinite(value) ? value : 0;
    case 1:
        return (double)(int64_t)(bits % 2000000 - 1000000) / pow(10, (double)(next_bits() % 9));
    case 2:
        return ldexp((double)(bits >> 11), -(int)(next_bits() % 120));
    case 3:
        value = ldexp(1, (int)(bits % 2098) - 1074);
        return bits >> 63 ? nextafter(value, 0) : value;
    case 4:
        value = pow(10, (double)(bits % 40) - 20);
        return bits >> 62 == 0 ? nextafter(value, 0) : bits >> 62 == 1 ? nextafter(value, INFINITY) : value;
    default:
        /* Ties at the 10th digit: odd multiples of a half. */
        return ((double)(bits % UINT64_C(10000000000)) + 0.5) * ldexp(1, -(int)(next_bits() % 8));
    }
}

static void equals_printf(double value) {
    char expected[64], out[TILL_REAL_TEXT + 1] = {0};
    snprintf(expected, sizeof expected, "%.10g", value == 0 ? 0 : value);
    size_t length = till_real_format(out, value);
    if (length != strlen(expected) || memcmp(expected, out, length) != 0)
        fail_msg("%a: %s instead of %s", value, out, expected);
}

static void reals_equal_printf(void **state) {
    (void)state;
    for (unsigned i = 0; i < 600000; i++)
        equals_printf(random_double(i));
    const double cases[] = {0.0,
                            -0.0,
                            1e10,
                            9999999999.0,
                            9999999999.5,
                            99999999995e-1,
                            0.0001,
                            0.00001,
                            0.00009999999999999,
                            1e22,
                            1e23,
                            5e-324,
                            1.7976931348623157e308,
                            123456789012.0,
                            0.1,
                            1.0 / 3,
                            2.5,
                            1e-5};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        equals_printf(cases[i]);
        equals_printf(-cases[i]);
    }
}

static void what_is_not_finite_writes_nothing(void **state) {
    (void)state;
    char out[TILL_REAL_TEXT];
    const double cases[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(0, till_real_format(out, cases[i]));
        assert_int_equal(0, till_real_format_exact(out, cases[i]));
    }
}

static int significant_digits(const char *text, size_t length) {
    int count = 0, zeros = 0;
    for (size_t i = 0; i < length && text[i] != 'e'; i++) {
        if (text[i] < '0' || text[i] > '9' || (count == 0 && text[i] == '0'))
            continue;
        zeros = text[i] == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

/* Reads back, and no shorter correctly rounded decimal does. */
static void is_shortest(double value) {
    char out[TILL_REAL_TEXT + 1] = {0}, shorter[64];
    size_t length = till_real_format_exact(out, value);
    assert_in_range(length, 1, TILL_REAL_TEXT);
    out[length] = '\0';
    if (strtod(out, NULL) != value)
        fail_msg("%a: %s does not read back", value, out);
    int digits = significant_digits(out, length);
    if (digits > 1) {
        snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
        if (strtod(shorter, NULL) == value)
            fail_msg("%a: %s, but %s is shorter", value, out, shorter);
    }
}

static void exact_reals_are_the_shortest(void **state) {
    (void)state;
    for (unsigned i = 0; i < 200000; i++)
        is_shortest(random_double(i));
    for (int e = -1074; e < 1024; e++)
        is_shortest(ldexp(1, e));
}

static void writes_exactly(double value, const char *expected) {
    char out[TILL_REAL_TEXT + 1] = {0};
    size_t length = till_real_format_exact(out, value);
    out[length] = '\0';
    assert_string_equal(expected, out);
}

/* Digits as Python's repr and Ryu (Adams 2018, whose paper treats 2^-44 and 5e-324) have them. */
static void exact_reals_have_known_forms(void **state) {
    (void)state;
    writes_exactly(0.1, "0.1");
    writes_exactly(-0.0, "0");
    writes_exactly(1.0 / 3, "0.3333333333333333");
    writes_exactly(0.1 + 0.2, "0.30000000000000004");
    writes_exactly(5e-324, "5e-324");
    writes_exactly(1e23, "1e+23");
    writes_exactly(123456789012345.0, "123456789012345");
    writes_exactly(9007199254740993e0, "9007199254740992");
    writes_exactly(ldexp(1, -44), "5.684341886080802e-14");
    writes_exactly(-1.7976931348623157e308, "-1.7976931348623157e+308");
}

static void reads_as(const char *text, double expected) {
    double value = 77;
    char *exact = malloc(strlen(text) + 1);
    assert_non_null(exact);
    memcpy(exact, text, strlen(text));
    enum till_number_result result = till_real_parse(exact, strlen(text), NULL, &value);
    free(exact);
    if (isinf(expected))
        assert_int_equal(TILL_NUMBER_OVERFLOW, result);
    else if (result != TILL_NUMBER_OK || memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("\"%s\" gave %a instead of %a", text, value, expected);
}

static void reals_equal_strtod(void **state) {
    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        char text[64];
        double value = random_double(i);
        snprintf(text, sizeof text, "%.*g", (int)(next_bits() % 30) + 1, value);
        reads_as(text, strtod(text, NULL));
        snprintf(text, sizeof text, "%.*f", (int)(next_bits() % 12), fmod(value, 1e15));
        reads_as(text, strtod(text, NULL));
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)next_bits(), (int)(next_bits() % 60) - 30);
        reads_as(text, strtod(text, NULL));
    }
}

/* The exact middle of two doubles, its last digit moved by one, and with digits far behind. */
static void ties_of_reals_go_to_even(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        char text[1500];
        uint64_t bits = next_bits();
        int exponent = (int)(next_bits() % 1990) - 1060;
        /* An odd integer of 54 bits is such a middle. */
        double low = ldexp((double)((bits >> 11) | UINT64_C(1) << 52), exponent);
        double high = nextafter(low, INFINITY);
        if (low < 1e-307 || !isfinite(high) || exponent > 60 || exponent < -60)
            exponent = (int)(bits % 50) - 50, low = ldexp((double)((bits >> 11) | UINT64_C(1) << 52), exponent),
            high = nextafter(low, INFINITY);
        snprintf(text, sizeof text, "%.160Lf", ((long double)low + (long double)high) / 2);
        reads_as(text, strtod(text, NULL));
        size_t length = strlen(text);
        memset(text + length, '0', 800);
        text[length + 800] = '\0';
        reads_as(text, strtod(text, NULL));
        text[length + 799] = '1';
        reads_as(text, high);
    }
    /* Just above a middle, by less than 2^-65: found by a search; the values are those of Python's float(). */
    reads_as("6836795456928002421e-27", 0x1.d5d22d78e4043p-28);
    reads_as("0.000000008169792415464843530", 0x1.18b64109fb4e9p-27);
    reads_as("9471593466193051275e-27", 0x1.4571046708a99p-27);
    reads_as("9007199254740993", 9007199254740992.0);
    reads_as("9007199254740993.0000000000000000000000000000000000000001", 9007199254740994.0);
    reads_as("2.2250738585072011e-308", 2.2250738585072011e-308);
    reads_as("2.4703282292062327208e-324", 0.0);
    reads_as("2.4703282292062328e-324", 5e-324);
}

static void reals_know_their_limits(void **state) {
    (void)state;
    double value;
    reads_as("1.7976931348623157e308", 1.7976931348623157e308);
    reads_as("-0", -0.0);
    reads_as("0e999", 0.0);
    reads_as("1e-999", 0.0);
    reads_as("+.5e1", 5.0);
    reads_as("1000000000000000000000000000000000000000000000e-45", 1.0);
    assert_int_equal(TILL_NUMBER_OVERFLOW, till_real_parse("1e999", 5, NULL, &value));
    assert_int_equal(TILL_NUMBER_OVERFLOW, till_real_parse("-1.8e308", 8, NULL, &value));
    assert_int_equal(TILL_NUMBER_OVERFLOW, till_real_parse("1e99999999999999999999", 22, NULL, &value));
    const char *bad[] = {"", "-", "nan", "inf", "0x1p3", "1 ", " 1", "1e", ".", "1,5", "1.5f", "infinity", "1..2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(TILL_NUMBER_BAD, till_real_parse(bad[i], strlen(bad[i]), NULL, &value));
    const struct till_number_format money = {',', true};
    assert_int_equal(TILL_NUMBER_OK, till_real_parse("1.234,5 EUR", 11, &money, &value));
    assert_true(value == 1234.5);
    assert_int_equal(TILL_NUMBER_OK, till_real_parse("(12.345.678.901.234.567.890.123,5 EUR)", 38, &money, &value));
    assert_true(value == -12345678901234567890123.5);
}

static void the_locale_does_not_matter(void **state) {
    (void)state;
    const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8", "ru_RU.UTF-8"};
    size_t i = 0;
    while (i < 5 && setlocale(LC_ALL, names[i]) == NULL)
        i++;
    if (i == 5) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
    char comma[8], table[TILL_REAL_TEXT + 1] = {0}, exact[TILL_REAL_TEXT + 1] = {0};
    double value = 0;
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    till_real_format(table, 1.5e-200 / 7);
    till_real_format_exact(exact, 1.5e200);
    enum till_number_result result = till_real_parse("1.25e-200", 9, NULL, &value);
    setlocale(LC_ALL, "C");
    assert_string_equal("0,5", comma);
    assert_string_equal("2.142857143e-201", table);
    assert_string_equal("1.5e+200", exact);
    assert_int_equal(TILL_NUMBER_OK, result);
    assert_true(value == 1.25e-200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal_forms_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(overflow_is_told_from_bad),
        cmocka_unit_test(more_decimals_round_half_to_even),
        cmocka_unit_test(the_last_digit_of_many_decides_a_tie),
        cmocka_unit_test(a_decimal_comma_replaces_the_point),
        cmocka_unit_test(money_wears_signs_and_separators),
        cmocka_unit_test(odd_dress_is_refused),
        cmocka_unit_test(plain_amounts_equal_a_naive_reader),
        cmocka_unit_test(accepted_texts_are_those_of_the_grammar),
        cmocka_unit_test(no_other_byte_passes_for_a_digit),
        cmocka_unit_test(products_are_exact),
        cmocka_unit_test(money_is_written_with_two_decimals_or_more),
        cmocka_unit_test(written_money_reads_back),
        cmocka_unit_test(integers_equal_printf),
        cmocka_unit_test(reals_equal_printf),
        cmocka_unit_test(what_is_not_finite_writes_nothing),
        cmocka_unit_test(exact_reals_are_the_shortest),
        cmocka_unit_test(exact_reals_have_known_forms),
        cmocka_unit_test(reals_equal_strtod),
        cmocka_unit_test(ties_of_reals_go_to_even),
        cmocka_unit_test(reals_know_their_limits),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
