/* Reals several at a time are those of printf, one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/decimal.h>
#include <till/random.h>

#include "lib/base/reals.h"

/* Any bit pattern, or one of a table's magnitude, or a tie or all but one at the tenth digit, or a number beside a
 * power of ten, or a whole one, or a decimal of few digits. */
static double random_double(struct till_random *random, unsigned kind) {
    uint64_t bits = till_random_bits(random);
    double value, tens = pow(10, (double)(till_random_bits(random) % 16) - 5);
    switch (kind % 7) {
    case 0:
        memcpy(&value, &bits, sizeof value);
        return value;
    case 1:
        return tens * till_random_uniform(random) * (bits % 2 == 0 ? 1 : -1);
    case 2:
        return ldexp((double)(bits % UINT64_C(10000000000)) + 0.5, -(int)(till_random_bits(random) % 24));
    case 3:
        memcpy(&bits, &tens, sizeof bits);
        bits += till_random_bits(random) % 41 - 20;
        memcpy(&value, &bits, sizeof value);
        return value;
    case 4:
        return (double)(bits % UINT64_C(20000000000));
    case 5:
        return ((double)(bits % UINT64_C(100000000000)) + (double)(till_random_bits(random) % 3) * 0.5) / (tens * 1e5);
    default:
        return (double)(bits % 2000000) / 7;
    }
}

static void check(const double *values, size_t count) {
    struct real_digits digits[REALS];
    reals_look(values, count, digits);
    for (size_t i = 0; i < count; i++) {
        char expected[64] = "", out[TILL_REAL_TEXT + 1];
        memset(out, '#', sizeof out);
        if (isfinite(values[i]))
            snprintf(expected, sizeof expected, "%.10g", values[i] == 0 ? 0 : values[i]);
        size_t length = real_put(out, values[i], &digits[i]);
        if (length != strlen(expected) || memcmp(expected, out, length) != 0 || out[TILL_REAL_TEXT] != '#')
            fail_msg("%a: %.*s instead of %s", values[i], (int)length, out, expected);
    }
}

static void reals_equal_printf(void **state) {
    (void)state;
    struct till_random random;
    const char *rounds = getenv("REALS");
    till_random_start(&random, 1, 7);
    for (long round = rounds == NULL ? 100000 : atol(rounds); round > 0; round--) {
        double values[REALS];
        size_t count = 1 + till_random_bits(&random) % REALS;
        for (size_t i = 0; i < count; i++)
            values[i] = random_double(&random, (unsigned)till_random_bits(&random) % 7);
        check(values, count);
    }
}

static void the_ends_of_what_is_plain(void **state) {
    (void)state;
    const double values[] = {0.0,
                             -0.0,
                             0.0001,
                             0.00009999999999995,
                             0.000099999999994,
                             9999999999.0,
                             9999999998.9999995,
                             9999999999.5,
                             9999999998.5,
                             1e10,
                             999999999.95,
                             999999999.94999,
                             0.99999999995,
                             0.999999999949,
                             -1.0 / 3,
                             1.5,
                             -2.0,
                             100.0,
                             (double)NAN,
                             (double)INFINITY,
                             -(double)INFINITY,
                             5e-324,
                             1.7976931348623157e308};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check(&values[i], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_equal_printf),
        cmocka_unit_test(the_ends_of_what_is_plain),
    };
    return cmocka_run_group_tests_name("reals", tests, NULL, NULL);
}
