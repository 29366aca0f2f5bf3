/* Numbers from any bytes. The first byte says how they are written. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include <till/decimal.h>

#include "lib/base/decimal_fast.h"

static void hold_money(int64_t money) {
    char text[TILL_MONEY_TEXT];
    int64_t again;
    bool rounded;
    size_t length = till_decimal_format(text, money);
    claim(length > 0 && length <= sizeof text, "money is written");
    claim(till_decimal_parse(text, length, NULL, &again, &rounded) == TILL_NUMBER_OK && again == money && !rounded,
          "money reads back");
    if (till_decimal_multiply(money, TILL_MONEY_UNIT, &again, &rounded) == TILL_NUMBER_OK)
        claim(again == money && !rounded, "times one is the same");
    else
        claim(false, "times one is no overflow");
}

static void hold_real(double value) {
    char text[TILL_REAL_TEXT];
    double again;
    size_t length = till_real_format_exact(text, value);
    claim(isfinite(value) && length > 0 && length <= sizeof text, "a real is written");
    claim(till_real_parse(text, length, NULL, &again) == TILL_NUMBER_OK && again == value, "a real reads back");
    length = till_real_format(text, value);
    claim(length > 0 && length <= sizeof text, "a real is written in ten digits");
    claim(till_real_parse(text, length, NULL, &again) != TILL_NUMBER_BAD, "ten digits read back");
}

/* The word-wise parser takes text with 16 readable bytes on either side. */
static void hold_fast(const char *text, size_t length, char mark) {
    struct till_number_format format = {mark, false};
    char *padded = malloc(length + 32);
    int64_t fast, money;
    bool rounded;
    memset(padded, '7', length + 32);
    memcpy(padded + 16, text, length);
    if (length > 0 && decimal_parse_padded(padded + 16, length, mark, &fast))
        claim(till_decimal_parse(text, length, &format, &money, &rounded) == TILL_NUMBER_OK && money == fast &&
                  !rounded,
              "the fast way is the same");
    free(padded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct till_number_format format = {data[0] & 1 ? ',' : '.', (data[0] & 2) != 0};
    size_t length = size - 1;
    char *text = malloc(length + 1);
    int64_t money;
    double real;
    bool rounded = false;
    memcpy(text, data + 1, length);
    text[length] = '\0';
    enum till_number_result exact = till_decimal_parse(text, length, &format, &money, &rounded);
    enum till_number_result inexact = till_real_parse(text, length, &format, &real);
    claim((exact == TILL_NUMBER_BAD) == (inexact == TILL_NUMBER_BAD), "money and reals have one grammar");
    if (exact == TILL_NUMBER_OK) {
        hold_money(money);
        claim(fabs(real - (double)money / TILL_MONEY_UNIT) <= 0.0001 + fabs(real) * 1e-15, "both are the same number");
    }
    if (inexact == TILL_NUMBER_OK) {
        hold_real(real);
        char *end;
        double other = strtod(text, &end);
        if (format.decimal_mark == '.' && !format.money && end == text + length)
            claim(other == real, "strtod reads the same");
    }
    hold_fast(text, length, format.decimal_mark);
    free(text);
    return 0;
}
