/* The checksum against zlib's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <zlib.h>

#include <till/random.h>

#include "lib/base/crc32.h"

/* All lengths about the steps of 16 and 64 bytes, at all offsets, continued from what came before. */
static void checksums_are_those_of_zlib(void **state) {
    (void)state;
    static unsigned char bytes[70000];
    struct till_random random;
    till_random_start(&random, 3, 3);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)till_random_bits(&random);
    }
    uint32_t before = 0;
    for (size_t length = 0; length < 600; length++) {
        size_t offset = length % 17;
        uint32_t expected = (uint32_t)crc32(before, bytes + offset, (uInt)length);
        assert_int_equal(crc32_add(before, bytes + offset, length), expected);
        before = expected;
    }
    assert_int_equal(crc32_add(0, bytes, sizeof bytes), crc32(0, bytes, sizeof bytes));
}

/* The check value that catalogues of checksums give for CRC-32 (ISO-HDLC). */
static void nine_digits_have_the_catalogued_checksum(void **state) {
    (void)state;
    assert_int_equal(crc32_add(0, "123456789", 9), 0xCBF43926);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_those_of_zlib),
        cmocka_unit_test(nine_digits_have_the_catalogued_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
