/* Numbers as text, exactly.
 *
 * Plain amounts take the way of decimal_fast.h. Everything else is scanned by one grammar into a mantissa of up to 38
 * significant digits in 128 bits, a power of ten, and a sticky flag for what was cut off behind. That is enough to
 * round to 1/10,000 half to even, because money itself has 19 digits.
 *
 * Reals use the same scan. Up to 19 digits and a power of ten up to 27 the value is an exact fraction of two integers
 * of 128 bits, which is divided and rounded once, half to even (the idea of William Clinger, "How to read floating
 * point numbers accurately", 1990, with wider integers). The rest is written out as digits and exponent, without a
 * decimal mark, and read by strtod, which then has nothing to ask the locale.
 *
 * Writing a real is the way back: the double is an exact fraction, which is scaled to as many digits as are wanted and
 * rounded half to even, as printf does. Magnitudes beyond 128 bits go to printf, and only its digits are used. */
#include <till/decimal.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/decimal_fast.h"

__extension__ typedef unsigned __int128 wide;

enum {
    SHORT_DIGITS = 19,     /* that always fit into 64 bits */
    WIDE_DIGITS = 38,      /* that always fit into 128 bits */
    EXACT_POWER = 27,      /* 5^27 is the largest power of five in 63 bits */
    DECIDING_DIGITS = 770, /* more than the 767 of the longest tie between two doubles */
    TABLE_DIGITS = 10      /* of a real in a table */
};

/* An exponent at which its digits stop to count; far above any length of text that could bring it back. */
static const int64_t exponent_limit = INT64_C(1000000000000000);

static const uint64_t powers_of_five[EXACT_POWER + 1] = {
    UINT64_C(1),
    UINT64_C(5),
    UINT64_C(25),
    UINT64_C(125),
    UINT64_C(625),
    UINT64_C(3125),
    UINT64_C(15625),
    UINT64_C(78125),
    UINT64_C(390625),
    UINT64_C(1953125),
    UINT64_C(9765625),
    UINT64_C(48828125),
    UINT64_C(244140625),
    UINT64_C(1220703125),
    UINT64_C(6103515625),
    UINT64_C(30517578125),
    UINT64_C(152587890625),
    UINT64_C(762939453125),
    UINT64_C(3814697265625),
    UINT64_C(19073486328125),
    UINT64_C(95367431640625),
    UINT64_C(476837158203125),
    UINT64_C(2384185791015625),
    UINT64_C(11920928955078125),
    UINT64_C(59604644775390625),
    UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625),
    UINT64_C(7450580596923828125),
};

/* Those that a double holds exactly. */
static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The scanned number is mantissa * 10^exponent, and a little more when sticky. */
struct number {
    bool negative;
    bool sticky;
    unsigned digits; /* of the mantissa, without leading zeros */
    wide mantissa;
    int64_t exponent;
};

/* What is left of the text. */
struct cursor {
    const char *at;
    const char *end;
    struct till_number_format format;
    const char *body; /* where the digits began */
};

static bool is_digit(char byte) {
    return (unsigned char)(byte - '0') < 10;
}

/* Steps over `text` if it comes next. */
static bool take(struct cursor *cursor, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* Steps over one of `texts`, a list that ends with NULL; its number, or -1. */
static int take_one_of(struct cursor *cursor, const char *const *texts) {
    for (int i = 0; texts[i] != NULL; i++)
        if (take(cursor, texts[i]))
            return i;
    return -1;
}

/* Blank, tab, no-break space, narrow no-break space. */
static const char *const blanks[] = {" ", "\t", "\xc2\xa0", "\xe2\x80\xaf", NULL};

static void take_blanks(struct cursor *cursor) {
    while (take_one_of(cursor, blanks) >= 0)
        ;
}

static bool take_currency(struct cursor *cursor) {
    /* Yen or yuan, its full-width form, dollar, euro, pound, codes, yuan as a word. */
    static const char *const signs[] = {"\xc2\xa5", "\xef\xbf\xa5", "$",   "\xe2\x82\xac", "\xc2\xa3",     "CNY",
                                        "RMB",      "USD",          "EUR", "GBP",          "\xe5\x85\x83", NULL};
    return take_one_of(cursor, signs) >= 0;
}

static bool take_sign(struct cursor *cursor, bool *negative) {
    *negative = take(cursor, "-");
    return *negative || take(cursor, "+");
}

static void add_digit(struct number *number, char digit, bool fraction) {
    if (number->digits < WIDE_DIGITS) {
        number->mantissa = number->mantissa * 10 + (unsigned char)(digit - '0');
        number->digits += number->mantissa != 0;
        number->exponent -= fraction;
    } else {
        number->sticky |= digit != '0';
        number->exponent += !fraction;
    }
}

/* A run of digits; how many. */
static size_t take_digits(struct cursor *cursor, struct number *number, bool fraction) {
    const char *start = cursor->at;
    for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++)
        add_digit(number, *cursor->at, fraction);
    return (size_t)(cursor->at - start);
}

/* Steps over a separator of thousands of the kind seen before (-1: any) when exactly three digits follow. */
static bool take_separator(struct cursor *cursor, int *kind) {
    static const char *const separators[] = {",", ".", " ", "\xc2\xa0", "\xe2\x80\xaf", "'", "\xe2\x80\x99", NULL};
    const char *before = cursor->at;
    int found = take_one_of(cursor, separators);
    size_t left = (size_t)(cursor->end - cursor->at), run = 0;
    while (run < 4 && run < left && is_digit(cursor->at[run]))
        run++;
    bool is_mark = found >= 0 && *before == cursor->format.decimal_mark;
    if (found < 0 || is_mark || run != 3 || (*kind >= 0 && *kind != found)) {
        cursor->at = before;
        return false;
    }
    *kind = found;
    return true;
}

/* The exponent is taken whole or not at all: the E of "12EUR" is none. */
static void take_exponent(struct cursor *cursor, struct number *number) {
    const char *before = cursor->at;
    bool negative = false;
    int64_t exponent = 0;
    if (!take(cursor, "e") && !take(cursor, "E"))
        return;
    take_sign(cursor, &negative);
    const char *first = cursor->at;
    for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++)
        if (exponent < exponent_limit)
            exponent = exponent * 10 + (*cursor->at - '0');
    if (cursor->at == first)
        cursor->at = before;
    else
        number->exponent += negative ? -exponent : exponent;
}

/* Digits, mark, exponent. False: there is no digit. */
static bool take_body(struct cursor *cursor, struct number *number) {
    cursor->body = cursor->at;
    size_t digits = take_digits(cursor, number, false);
    int kind = -1;
    if (cursor->format.money && digits >= 1 && digits <= 3)
        while (take_separator(cursor, &kind))
            take_digits(cursor, number, false);
    if (cursor->at < cursor->end && *cursor->at == cursor->format.decimal_mark) {
        cursor->at++;
        digits += take_digits(cursor, number, true);
    }
    if (digits > 0)
        take_exponent(cursor, number);
    return digits > 0;
}

/* Money in its dress: blanks, a parenthesis, a sign and a currency in either order, the body, a currency if none came
 * before, the closing parenthesis. */
static bool take_dressed(struct cursor *cursor, struct number *number) {
    take_blanks(cursor);
    bool open = take(cursor, "("), currency = false, sign = open, more = true;
    number->negative = open;
    while (more) {
        take_blanks(cursor);
        more = (!sign && (sign = take_sign(cursor, &number->negative))) ||
               (!currency && (currency = take_currency(cursor)));
    }
    if (!take_body(cursor, number))
        return false;
    take_blanks(cursor);
    if (!currency && take_currency(cursor))
        take_blanks(cursor);
    if (open && !take(cursor, ")"))
        return false;
    take_blanks(cursor);
    return true;
}

static bool scan(struct cursor *cursor, struct number *number) {
    *number = (struct number){0};
    if (cursor->format.money) {
        if (!take_dressed(cursor, number))
            return false;
    } else {
        take_sign(cursor, &number->negative);
        if (!take_body(cursor, number))
            return false;
    }
    return cursor->at == cursor->end;
}

static char mark_of(const struct till_number_format *format) {
    return format == NULL || format->decimal_mark == '\0' ? '.' : format->decimal_mark;
}

static struct cursor start(const char *bytes, size_t length, const struct till_number_format *format) {
    struct cursor cursor = {.at = bytes, .end = bytes + length, .format = {.decimal_mark = '.'}};
    if (format != NULL)
        cursor.format = (struct till_number_format){mark_of(format), format->money};
    return cursor;
}

static wide power_of_ten(unsigned exponent) {
    wide power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* numerator / denominator, half to even. `sticky`: the numerator is a little more than it says. */
static wide divide_half_even(wide numerator, wide denominator, bool sticky, bool *rounded) {
    wide quotient = numerator / denominator, rest = numerator % denominator;
    wide other = denominator - rest; /* the distance to the next quotient */
    *rounded = rest != 0 || sticky;
    if (rest > other || (rest == other && (sticky || (quotient & 1) != 0)))
        quotient++;
    return quotient;
}

/* The number in units of 1/10,000, without its sign, half to even; false when it does not fit into 128 bits. */
static bool in_money_units(const struct number *number, wide *units, bool *rounded) {
    int64_t exponent = number->exponent + 4;
    *units = 0;
    *rounded = number->sticky;
    if (number->mantissa == 0)
        return true;
    if (exponent >= 0) {
        if (exponent + (int64_t)number->digits > WIDE_DIGITS)
            return false;
        *units = number->mantissa * power_of_ten((unsigned)exponent);
    } else if (exponent < -WIDE_DIGITS) {
        *rounded = true; /* below 10^38 / 10^39: nothing is left */
    } else {
        *units = divide_half_even(number->mantissa, power_of_ten((unsigned)-exponent), number->sticky, rounded);
    }
    return true;
}

/* `length` bytes (1..8), exclusive-or'ed with '0' and right-aligned, nothing read outside of them. */
static inline uint64_t load_right(const char *bytes, size_t length) {
    if (length == 8)
        return load_64(bytes) ^ SWAR_ZEROS;
    unsigned shift = swar_shift(length);
    if (length >= 4) {
        /* The two halves overlap in the same bytes. */
        uint64_t first = load_32(bytes) ^ (uint32_t)SWAR_ZEROS,
                 last = load_32(bytes + length - 4) ^ (uint32_t)SWAR_ZEROS;
        return last << 32 | first << shift;
    }
    uint64_t first = (unsigned char)bytes[0] ^ 0x30u, middle = (unsigned char)bytes[length / 2] ^ 0x30u;
    uint64_t last = (unsigned char)bytes[length - 1] ^ 0x30u;
    return last << 56 | middle << (shift + 8 * (length / 2)) | first << shift;
}

static inline bool parse_plain(const char *bytes, size_t length, char mark, int64_t *money) {
    bool negative = length > 0 && bytes[0] == '-';
    bytes += negative;
    length -= negative;
    if (length - 1 >= 16)
        return false;
    uint64_t high = 0, low, value = 0;
    if (length <= 8) {
        low = load_right(bytes, length);
    } else {
        low = load_64(bytes + length - 8) ^ SWAR_ZEROS;
        high = (load_64(bytes) ^ SWAR_ZEROS) << swar_shift(length);
    }
    bool plain = decimal_plain(high, low, length, mark, &value);
    *money = negative ? -(int64_t)value : (int64_t)value;
    return plain;
}

enum till_number_result till_decimal_parse(const char *bytes, size_t length, const struct till_number_format *format,
                                           int64_t *money, bool *rounded) {
    int64_t plain;
    if (parse_plain(bytes, length, mark_of(format), &plain)) {
        *money = plain;
        *rounded = false;
        return TILL_NUMBER_OK;
    }
    struct cursor cursor = start(bytes, length, format);
    struct number number;
    wide units;
    bool lost;
    if (!scan(&cursor, &number))
        return TILL_NUMBER_BAD;
    if (!in_money_units(&number, &units, &lost) || units > INT64_MAX)
        return TILL_NUMBER_OVERFLOW;
    *money = number.negative ? -(int64_t)units : (int64_t)units;
    *rounded = lost;
    return TILL_NUMBER_OK;
}

enum till_number_result till_decimal_multiply(int64_t a, int64_t b, int64_t *product, bool *rounded) {
    if (a == TILL_MONEY_MISSING || b == TILL_MONEY_MISSING)
        return TILL_NUMBER_BAD;
    till_wide exact = (till_wide)a * b;
    bool lost;
    wide units = divide_half_even((wide)(exact < 0 ? -exact : exact), TILL_MONEY_UNIT, false, &lost);
    if (units > INT64_MAX)
        return TILL_NUMBER_OVERFLOW;
    *product = exact < 0 ? -(int64_t)units : (int64_t)units;
    *rounded = lost;
    return TILL_NUMBER_OK;
}

/* 2^exponent, exactly; within the normal doubles. */
static double power_of_two(int exponent) {
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* value * 2^exponent as the nearest double, half to even; value > 0. */
static double round_to_double(wide value, int exponent) {
    uint64_t upper = (uint64_t)(value >> 64);
    int bits = upper != 0 ? 128 - __builtin_clzll(upper) : 64 - __builtin_clzll((uint64_t)value);
    int cut = bits - 53;
    if (cut <= 0)
        return (double)(uint64_t)value * power_of_two(exponent);
    wide unit = (wide)1 << cut, rest = value & (unit - 1), half = unit >> 1;
    uint64_t kept = (uint64_t)(value >> cut);
    kept += rest > half || (rest == half && (kept & 1) != 0);
    return (double)kept * power_of_two(exponent + cut);
}

/* mantissa * 10^exponent, correctly rounded, for 0 < mantissa and |exponent| <= EXACT_POWER. */
static double exact_real(uint64_t mantissa, int exponent) {
#if FLT_EVAL_METHOD == 0
    /* Both operands exact: one operation of the processor rounds right. */
    if (mantissa <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)mantissa / powers_of_ten[-exponent] : (double)mantissa * powers_of_ten[exponent];
#endif
    if (exponent >= 0)
        return round_to_double((wide)mantissa * powers_of_five[exponent], exponent);
    /* With its highest bit set a numerator of 128 bits leaves a quotient of 65 at least: the rest can stick to its end.
     */
    int shift = __builtin_clzll(mantissa) + 64;
    wide numerator = (wide)mantissa << shift;
    wide quotient = numerator / powers_of_five[-exponent];
    quotient |= quotient * powers_of_five[-exponent] != numerator;
    return round_to_double(quotient, exponent - shift);
}

/* A number of more digits or another magnitude: its digits again, as an integer with an exponent, for strtod. */
static double long_real(const struct cursor *cursor, const struct number *number) {
    char text[DECIDING_DIGITS + 32];
    size_t digits = 0;
    bool sticky = false;
    for (const char *at = cursor->body; at < cursor->end && *at != 'e' && *at != 'E'; at++) {
        if (!is_digit(*at) || (digits == 0 && *at == '0'))
            continue;
        if (digits < DECIDING_DIGITS)
            text[digits++] = *at;
        else
            sticky |= *at != '0';
    }
    int64_t exponent = number->exponent + (int64_t)number->digits - (int64_t)digits;
    if (sticky) {
        text[digits++] = '1';
        exponent--;
    }
    exponent = exponent < -99999 ? -99999 : exponent > 99999 ? 99999 : exponent;
    snprintf(text + digits, sizeof text - digits, "e%d", (int)exponent);
    return strtod(text, NULL);
}

/* Digits with an optional '-' and mark, SHORT_DIGITS at most: what most real columns hold. */
static bool short_real(const char *bytes, size_t length, char mark, double *value) {
    uint64_t mantissa = 0;
    size_t at = length > 0 && bytes[0] == '-', digits = 0, marks = 0, behind = 0;
    if (length > SHORT_DIGITS + 1)
        return false;
    for (; at < length; at++) {
        if (is_digit(bytes[at])) {
            mantissa = mantissa * 10 + (uint64_t)(bytes[at] - '0');
            digits++;
            behind += marks;
        } else if (bytes[at] == mark && marks == 0) {
            marks = 1;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > SHORT_DIGITS)
        return false;
    double magnitude = mantissa == 0 ? 0 : exact_real(mantissa, -(int)behind);
    *value = bytes[0] == '-' ? -magnitude : magnitude;
    return true;
}

enum till_number_result till_real_parse(const char *bytes, size_t length, const struct till_number_format *format,
                                        double *value) {
    if (short_real(bytes, length, mark_of(format), value))
        return TILL_NUMBER_OK;
    struct cursor cursor = start(bytes, length, format);
    struct number number;
    if (!scan(&cursor, &number))
        return TILL_NUMBER_BAD;
    double magnitude = 0;
    if (number.mantissa != 0) {
        bool exact = number.digits <= SHORT_DIGITS && number.exponent >= -EXACT_POWER && number.exponent <= EXACT_POWER;
        magnitude = exact ? exact_real((uint64_t)number.mantissa, (int)number.exponent) : long_real(&cursor, &number);
    }
    if (isinf(magnitude))
        return TILL_NUMBER_OVERFLOW;
    *value = number.negative ? -magnitude : magnitude;
    return TILL_NUMBER_OK;
}

/* The last `count` decimal digits of `value`, zeros in front. */
static void write_digits(char *out, uint64_t value, size_t count) {
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    while (count >= 2) {
        count -= 2;
        memcpy(out + count, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (count > 0)
        out[0] = (char)('0' + value % 10);
}

static size_t count_digits(uint64_t value) {
    size_t count = 1;
    for (; value >= 10000; value /= 10000)
        count += 4;
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

size_t till_count_format(char *out, uint64_t value) {
    size_t length = count_digits(value);
    write_digits(out, value, length);
    return length;
}

size_t till_integer_format(char *out, int64_t value) {
    size_t sign = value < 0;
    if (value < 0)
        *out++ = '-';
    return sign + till_count_format(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* The mark and two to four decimals of a fraction of 10,000. */
static size_t write_fraction(char *out, unsigned fraction) {
    char digits[4];
    write_digits(digits, fraction, 4);
    size_t count = digits[3] != '0' ? 4 : digits[2] != '0' ? 3 : 2;
    out[0] = '.';
    memcpy(out + 1, digits, count);
    return count + 1;
}

size_t till_decimal_format(char *out, int64_t money) {
    if (money == TILL_MONEY_MISSING)
        return 0;
    uint64_t units = money < 0 ? -(uint64_t)money : (uint64_t)money;
    char *end = out;
    if (money < 0)
        *end++ = '-';
    end += till_count_format(end, units / TILL_MONEY_UNIT);
    end += write_fraction(end, (unsigned)(units % TILL_MONEY_UNIT));
    return (size_t)(end - out);
}

/* A real as `precision` digits d and an exponent x: d[0].d[1]d[2]... * 10^x. */
struct decimal_digits {
    uint64_t digits;
    int exponent;
};

/* mantissa * 2^exponent * 10^power, half to even. The caller keeps the result below 10^18 and |power| <= EXACT_POWER,
 * so that all of this stays within 128 bits. */
static uint64_t scale_by_ten(uint64_t mantissa, int exponent, int power) {
    wide numerator = mantissa, denominator = 1;
    bool rounded;
    if (power >= 0)
        numerator *= powers_of_five[power];
    else
        denominator = powers_of_five[-power];
    int shift = exponent + power;
    if (shift >= 0)
        numerator <<= shift;
    else
        denominator <<= -shift;
    if (power < 0)
        return (uint64_t)divide_half_even(numerator, denominator, false, &rounded);
    /* The denominator is a power of two: no division. */
    wide rest = numerator & (denominator - 1), half = denominator >> 1;
    uint64_t quotient = (uint64_t)(numerator >> (shift < 0 ? -shift : 0));
    return quotient + (rest > half || (rest == half && rest != 0 && (quotient & 1) != 0));
}

/* By exact arithmetic. False: the magnitude (or a subnormal) is beyond it. */
static bool near_digits(double value, int precision, struct decimal_digits *out) {
    uint64_t bits, limit = (uint64_t)powers_of_ten[precision];
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)(bits >> 52 & 2047), exponent = biased - 1075;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    /* log10(2^e) from below, within one of log10(value): 1233 / 4096 is just under log10(2). */
    int log2 = biased - 1023;
    int log10 = log2 >= 0 ? log2 * 1233 / 4096 : -((-log2 * 1234 + 4095) / 4096);
    int power = precision - 1 - log10;
    if (biased == 0 || power > EXACT_POWER || power <= -EXACT_POWER)
        return false;
    uint64_t digits = scale_by_ten(mantissa, exponent, power);
    if (digits >= limit) {
        log10++;
        digits = scale_by_ten(mantissa, exponent, power - 1);
    }
    *out = (struct decimal_digits){digits, log10};
    return true;
}

/* By printf. Whatever the locale puts for a mark stands behind the first digit and is skipped. */
static struct decimal_digits far_digits(double value, int precision) {
    char text[64];
    snprintf(text, sizeof text, "%.*e", precision - 1, value);
    const char *exponent = strchr(text, 'e');
    uint64_t digits = (uint64_t)(text[0] - '0');
    for (const char *at = exponent - (precision - 1); at < exponent; at++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    return (struct decimal_digits){digits, (int)strtol(exponent + 1, NULL, 10)};
}

/* Lays digits out as %g does: plain for exponents from -4 to precision - 1, trailing zeros dropped. They are written
 * where they stay, but for those before the mark, which are few: reading back what was just written is slow. */
static size_t lay_out(char *out, struct decimal_digits value, int precision) {
    char *end = out;
    int count = precision, exponent = value.exponent;
    for (; count > 1 && value.digits % 10 == 0; count--)
        value.digits /= 10;
    bool scientific = exponent < -4 || exponent >= precision;
    int whole = scientific ? 1 : exponent + 1; /* digits before the mark */
    if (whole <= 0) {
        memcpy(end, "0.000", 5);
        end += 2 - whole;
        write_digits(end, value.digits, (size_t)count);
        end += count;
    } else if (whole < count) {
        write_digits(end + 1, value.digits, (size_t)count);
        for (int i = 0; i < whole; i++)
            end[i] = end[i + 1];
        end[whole] = '.';
        end += count + 1;
    } else {
        write_digits(end, value.digits, (size_t)count);
        memset(end + count, '0', (size_t)(whole - count));
        end += whole;
    }
    if (scientific) {
        *end++ = 'e';
        *end++ = exponent < 0 ? '-' : '+';
        unsigned size = (unsigned)abs(exponent);
        write_digits(end, size, size > 99 ? 3 : 2);
        end += size > 99 ? 3 : 2;
    }
    return (size_t)(end - out);
}

/* Signs, zeros, what is not finite, and whole numbers below `limit`: their texts need no digits. True: done. */
static bool write_simple(char **end, double *value, double limit) {
    if (!isfinite(*value))
        return true;
    if (*value < 0) {
        *(*end)++ = '-';
        *value = -*value;
    }
    if (*value >= limit || *value != (double)(uint64_t)*value)
        return false;
    *end += till_count_format(*end, (uint64_t)*value);
    return true;
}

static size_t write_precise(char *out, double value, int precision) {
    struct decimal_digits digits;
    if (!near_digits(value, precision, &digits))
        digits = far_digits(value, precision);
    return lay_out(out, digits, precision);
}

size_t till_real_format(char *out, double value) {
    char *end = out;
    if (!write_simple(&end, &value, 1e10))
        end += write_precise(end, value, TABLE_DIGITS);
    return (size_t)(end - out);
}

static bool reads_back(const char *text, size_t length, double value) {
    double again;
    return till_real_parse(text, length, NULL, &again) == TILL_NUMBER_OK && again == value;
}

/* The double above a power of two is twice as far as the one below, so 16 digits may hit the wider side although the
 * nearest 16 digits, on the narrow side, miss. */
static size_t write_above(char *out, double value) {
    struct decimal_digits digits;
    if (!near_digits(value, 16, &digits))
        digits = far_digits(value, 16);
    digits.digits++;
    return digits.digits >= UINT64_C(10000000000000000) ? 0 : lay_out(out, digits, 16);
}

/* value > 0. Up to 15 digits survive the way through a normal double, so 15 digits, zeros dropped, are the shortest if
 * they read back. Subnormals have fewer and need the search from one digit on. */
static size_t write_shortest(char *out, double value) {
    int mantissa_exponent;
    for (int precision = value < DBL_MIN ? 1 : DBL_DIG; precision < DBL_DECIMAL_DIG; precision++) {
        size_t length = write_precise(out, value, precision);
        if (reads_back(out, length, value))
            return length;
        if (precision == 16 && frexp(value, &mantissa_exponent) == 0.5) {
            length = write_above(out, value);
            if (length > 0 && reads_back(out, length, value))
                return length;
        }
    }
    return write_precise(out, value, DBL_DECIMAL_DIG);
}

size_t till_real_format_exact(char *out, double value) {
    char *end = out;
    if (!write_simple(&end, &value, 1e15))
        end += write_shortest(end, value);
    return (size_t)(end - out);
}
