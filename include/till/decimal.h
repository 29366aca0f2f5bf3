/* till/decimal.h: exact money, and reals, as text.
 *
 *     int64_t money;
 *     bool rounded;
 *     if (till_decimal_parse("12.50", 5, NULL, &money, &rounded) == TILL_NUMBER_OK) ...   money is 125000
 *
 * Money is a 64-bit integer in 1/10,000 units: sums are exact, in any order. */
#ifndef TILL_DECIMAL_H
#define TILL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

#define TILL_MONEY_UNIT 10000
#define TILL_MONEY_MISSING INT64_MIN

enum till_number_result {
    TILL_NUMBER_OK,
    TILL_NUMBER_BAD,     /* not a number, or not wholly one */
    TILL_NUMBER_OVERFLOW /* a number, but outside of the type */
};

/* How numbers are written. NULL stands for {'.', false}. */
struct till_number_format {
    char decimal_mark; /* '.' or ',' */
    bool money; /* understand currency signs (¥ ￥ $ € £, CNY RMB USD EUR GBP, 元 before or after), thousands
                   separators in groups of three (the mark that is not decimal_mark, a blank or an apostrophe), and
                   (5.00) as minus */
};

/* Money from text: digits with an optional sign, mark and exponent ("+10", ".5", "2.525e1", "-3."); no blanks, no hex,
 * no inf or nan, ASCII digits only. More than four decimals round half to even and set *rounded. The whole text must be
 * the number. O(length). */
TILL_API enum till_number_result till_decimal_parse(const char *bytes, size_t length,
                                                    const struct till_number_format *format, int64_t *money,
                                                    bool *rounded);

/* The product of two such numbers, exact in 128 bits and then rounded half to even to 1/10,000 (*rounded says whether
 * anything was lost). */
TILL_API enum till_number_result till_decimal_multiply(int64_t a, int64_t b, int64_t *product, bool *rounded);

/* Two decimals, more only where the value has them: 12.50, -0.125, 3.00. Returns the length; `out` needs
 * TILL_MONEY_TEXT bytes; no NUL is written. TILL_MONEY_MISSING writes nothing. */
#define TILL_MONEY_TEXT 24
TILL_API size_t till_decimal_format(char *out, int64_t money);

/* Sums of money on their way. */
__extension__ typedef __int128 till_wide;

/* A real from text, by the same grammar (exponents without limit); correctly rounded, independent of the locale. */
TILL_API enum till_number_result till_real_parse(const char *bytes, size_t length,
                                                 const struct till_number_format *format, double *value);

/* A real with 10 significant digits, as "%.10g" in the C locale ("-0" is written "0"). NaN and infinities write nothing
 * and return 0. `out` needs TILL_REAL_TEXT bytes; no NUL is written. */
#define TILL_REAL_TEXT 32
TILL_API size_t till_real_format(char *out, double value);

/* The shortest decimal that reads back as the same double; otherwise as till_real_format. */
TILL_API size_t till_real_format_exact(char *out, double value);

/* An unsigned or signed integer. Need 20 bytes. */
TILL_API size_t till_count_format(char *out, uint64_t value);
TILL_API size_t till_integer_format(char *out, int64_t value);

#endif
