/* Dates: a walk over all days of the calendar, the C library's gmtime_r and strftime as the other implementation, week
 * numbers that are known, and every format with what it must not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <till/date.h>

#include "lib/base/date_fast.h"

static uint64_t shift_state = 88172645463325252u;
static uint64_t next_bits(void) {
    shift_state ^= shift_state << 13;
    shift_state ^= shift_state >> 7;
    shift_state ^= shift_state << 17;
    return shift_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Parses from an allocation of exactly that size, so that the address sanitizer sees any step outside. */
static bool parse_bytes(enum till_date_format format, const char *pattern, const char *text, size_t length,
                        int64_t *time) {
    char *exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, text, length);
    bool parsed = till_date_parse(format, pattern, exact, length, time);
    free(exact);
    return parsed;
}

static void reads(enum till_date_format format, const char *pattern, const char *text, const char *expected) {
    int64_t seconds = 1;
    if (!parse_bytes(format, pattern, text, strlen(text), &seconds))
        fail_msg("\"%s\" was refused", text);
    /* Expected values are written as ISO, and turned into seconds by gmtime_r's inverse: a walk by day. */
    char out[64];
    time_t when = (time_t)seconds;
    struct tm parts;
    assert_non_null(gmtime_r(&when, &parts));
    snprintf(out, sizeof out, "%04d-%02d-%02d %02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
             parts.tm_hour, parts.tm_min, parts.tm_sec);
    if (strncmp(out, expected, strlen(expected)) != 0 || (strlen(expected) == 10 && strcmp(out + 10, " 00:00:00") != 0))
        fail_msg("\"%s\" is %s, not %s", text, out, expected);
}

static void refuses_bytes(enum till_date_format format, const char *pattern, const char *text, size_t length) {
    int64_t seconds = 77;
    if (parse_bytes(format, pattern, text, length, &seconds))
        fail_msg("\"%s\" was taken for %s", text, till_date_format_name(format));
    assert_true(seconds == 77);
}

static void refuses(enum till_date_format format, const char *text) {
    refuses_bytes(format, NULL, text, strlen(text));
}

/* Days in a row, by the rule of the Gregorian calendar and nothing else. */
static void every_day_of_the_calendar_follows_the_one_before(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t day = till_date_from_civil(1, 1, 1);
    assert_int_equal(-719162,
                     day); /* R. D. 1 (Reingold & Dershowitz, Calendrical Calculations): 719,162 days before 1970 */
    for (int y = 1; y <= 9999; y++)
        for (int m = 1; m <= 12; m++) {
            bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
            int length = lengths[m - 1] + (m == 2 && leap);
            for (int d = 1; d <= length; d++, day++) {
                char text[16], out[TILL_DAY_TEXT];
                int year, month, date;
                int64_t time;
                int32_t parsed;
                if (till_date_from_civil(y, m, d) != day)
                    fail_msg("%d-%d-%d", y, m, d);
                till_date_to_civil(day, &year, &month, &date);
                assert_true(year == y && month == m && date == d);
                memcpy(text, "0000-00-00", 11);
                for (int i = 3, rest = y; i >= 0; i--, rest /= 10)
                    text[i] = (char)('0' + rest % 10);
                text[5] = (char)('0' + m / 10), text[6] = (char)('0' + m % 10);
                text[8] = (char)('0' + d / 10), text[9] = (char)('0' + d % 10);
                assert_int_equal(10, till_date_write(out, day));
                assert_memory_equal(text, out, 10);
                assert_true(till_date_parse(TILL_DATE_ISO, NULL, text, 10, &time) && time == (int64_t)day * 86400);
                assert_true(date_parse_iso_day(text, &parsed) && parsed == day);
            }
            char none[48];
            snprintf(none, sizeof none, "%04d-%02d-%02d", y, m, length + 1);
            refuses(TILL_DATE_ISO, none);
        }
    assert_int_equal(till_date_from_civil(10000, 1, 1), day);
}

static void days_beyond_the_calendar_have_numbers_but_no_text(void **state) {
    (void)state;
    int year, month, day;
    char out[TILL_DAY_TEXT];
    assert_int_equal(till_date_from_civil(10000, 1, 1), till_date_from_civil(9999, 12, 31) + 1);
    assert_int_equal(till_date_from_civil(0, 12, 31), till_date_from_civil(1, 1, 1) - 1);
    assert_int_equal(till_date_from_civil(-399, 3, 1) + 146097, till_date_from_civil(1, 3, 1));
    for (int32_t d = -1000000; d < 4000000; d += 997) {
        till_date_to_civil(d, &year, &month, &day);
        assert_int_equal(d, till_date_from_civil(year, month, day));
    }
    assert_int_equal(0, till_date_write(out, TILL_DAY_MISSING));
    assert_int_equal(0, till_date_write(out, till_date_from_civil(0, 12, 31)));
    assert_int_equal(0, till_date_write(out, till_date_from_civil(10000, 1, 1)));
    till_date_to_civil(INT32_MAX, &year, &month, &day);
    assert_int_equal(5881580, year); /* 5881580-07-11, as java.time's LocalDate.ofEpochDay(2147483647) has it */
    assert_int_equal(7, month);
    assert_int_equal(11, day);
}

static void days_are_times_rounded_down(void **state) {
    (void)state;
    assert_int_equal(0, till_date_day(0));
    assert_int_equal(0, till_date_day(86399));
    assert_int_equal(1, till_date_day(86400));
    assert_int_equal(-1, till_date_day(-1));
    assert_int_equal(-1, till_date_day(-86400));
    assert_int_equal(-2, till_date_day(-86401));
}

static void iso_dates_and_times_are_read(void **state) {
    (void)state;
    const char *const cases[][2] = {
        {"2011-12-09", "2011-12-09"},
        {"2012-02-29", "2012-02-29"},
        {"0001-01-01", "0001-01-01"},
        {"9999-12-31", "9999-12-31"},
        {"2011-12-09 12:50", "2011-12-09 12:50:00"},
        {"2011-12-09T12:50", "2011-12-09 12:50:00"},
        {"2011-12-09 8:05", "2011-12-09 08:05:00"},
        {"2011-12-09 8:05:09", "2011-12-09 08:05:09"},
        {"2011-12-09 23:59:59", "2011-12-09 23:59:59"},
        {"2011-12-09T12:50:30.123456789012", "2011-12-09 12:50:30"},
        {"2011-12-09T12:50:30.9Z", "2011-12-09 12:50:30"},
        {"2011-12-09T12:50:30Z", "2011-12-09 12:50:30"},
        {"2011-12-09T12:50Z", "2011-12-09 12:50:00"},
        {"2011-12-09T00:50:30+08:00", "2011-12-09 00:50:30"}, /* the offset is ignored: dates are local */
        {"2011-12-09T23:50:30-0530", "2011-12-09 23:50:30"},
        {"2011-12-09 12:50:30.5+00", "2011-12-09 12:50:30"},
        {"1969-12-31 23:59:59", "1969-12-31 23:59:59"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads(TILL_DATE_ISO, NULL, cases[i][0], cases[i][1]);
}

static void other_texts_are_no_iso_dates(void **state) {
    (void)state;
    const char *const bad[] = {"",
                               "2",
                               "2011",
                               "2011-12",
                               "2011-12-9",
                               "2011-1-09",
                               "11-12-09",
                               "02011-12-09",
                               "2011-12-091",
                               "2011-02-29",
                               "1900-02-29",
                               "2011-02-30",
                               "2011-04-31",
                               "2011-13-01",
                               "2011-00-10",
                               "2011-01-00",
                               "0000-01-01",
                               "2011/12/09",
                               "2011-12/09",
                               "2011.12.09",
                               "20111209",
                               "-011-12-09",
                               "+011-12-09",
                               " 2011-12-09",
                               "2011-12-09 ",
                               "2011-12-09T",
                               "2011-12-09 12",
                               "2011-12-09 12:5",
                               "2011-12-09 12:500",
                               "2011-12-09 24:00",
                               "2011-12-09 12:60",
                               "2011-12-09 12:50:60",
                               "2011-12-09 12:50:",
                               "2011-12-09 12:50:3",
                               "2011-12-09 12:50:301",
                               "2011-12-09  12:50",
                               "2011-12-09t12:50",
                               "2011-12-09_12:50",
                               "2011-12-09\t12:50",
                               "2011-12-09 12:50z",
                               "2011-12-09 12:50:30.",
                               "2011-12-09 12:50.5",
                               "2011-12-09 12:50:30,5",
                               "2011-12-09 12:50:30 Z",
                               "2011-12-09 12:50:30 UTC",
                               "2009-06-14 17:58:34 UTC",
                               "2011-12-09Z",
                               "2011-12-09+08:00",
                               "2011-12-09 12:50+8",
                               "2011-12-09 12:50+08:0",
                               "2011-12-09 12:50+080",
                               "2011-12-09 12:50+24:00",
                               "2011-12-09 12:50+08:60",
                               "2011-12-09 12:50+08:00x",
                               "2011-12-09 -1:50",
                               "2011-12-09 +1:50",
                               "2011-12-09 1 :50",
                               "2011-12-09 12:50:30ZZ",
                               "2O11-12-09",
                               "\xef\xbc\x92"
                               "011-12-09",
                               "2011-12-0\xb9",
                               "2011\xe2\x80\x91"
                               "12-09",
                               "2011-12-0:",
                               "201/-12-09",
                               "today"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(TILL_DATE_ISO, bad[i]);
    refuses_bytes(TILL_DATE_ISO, NULL, "2011-12-09\0", 11);
    refuses_bytes(TILL_DATE_ISO, NULL, "2011-12-0\0", 10);
}

/* Each byte at each place of the three plain shapes: what the inline reader takes is a digit where one stands. */
static void only_digits_pass_at_the_places_of_digits(void **state) {
    (void)state;
    const char *const shapes[] = {"2011-11-11", "2011-11-11 11:11", "2011-11-11T11:11:11"};
    for (size_t s = 0; s < 3; s++)
        for (size_t at = 0; at < strlen(shapes[s]); at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[20];
                int64_t time;
                memcpy(text, shapes[s], strlen(shapes[s]) + 1);
                bool digit = text[at] >= '0' && text[at] <= '9';
                char before = text[at];
                text[at] = (char)byte;
                bool parsed = date_parse_iso_plain(text, strlen(shapes[s]), &time);
                if (parsed && digit)
                    assert_in_range(byte, '0', '9');
                else if (parsed)
                    assert_true((char)byte == before || (at == 10 && (byte == ' ' || byte == 'T')));
                if (parsed)
                    assert_true(till_date_parse(TILL_DATE_ISO, NULL, text, strlen(shapes[s]), &time));
                assert_true(parsed || (char)byte != before);
            }
}

/* Random times through the printf of the test and back. */
static void plain_times_read_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        int64_t low = -62135596800, high = 253402300799; /* 0001-01-01 00:00:00 and 9999-12-31 23:59:59 (date -u +%s) */
        int64_t time = low + (int64_t)(next_bits() % (uint64_t)(high - low + 1)), parsed;
        time_t when = (time_t)time;
        struct tm parts;
        char text[64];
        assert_non_null(gmtime_r(&when, &parts));
        snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                 parts.tm_mday, i % 2 ? ' ' : 'T', parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_true(parse_bytes(TILL_DATE_ISO, NULL, text, 19, &parsed) && parsed == time);
        assert_true(parse_bytes(TILL_DATE_ISO, NULL, text, 16, &parsed) && parsed == time - parts.tm_sec);
        assert_int_equal(parts.tm_yday, till_date_day(time) - till_date_from_civil(parts.tm_year + 1900, 1, 1));
        parsed = 0;
        assert_true(date_parse_iso_plain(text, 19, &parsed) && parsed == time);
    }
}

static void each_format_reads_its_own(void **state) {
    (void)state;
    const struct {
        enum till_date_format format;
        const char *text, *expected;
    } cases[] = {
        {TILL_DATE_YMD_SLASH, "2010/12/1", "2010-12-01"},
        {TILL_DATE_YMD_SLASH, "2010/12/01 8:26", "2010-12-01 08:26:00"},
        {TILL_DATE_YMD_SLASH, "2010/1/1 08:26:05", "2010-01-01 08:26:05"},
        {TILL_DATE_COMPACT, "20101201", "2010-12-01"},
        {TILL_DATE_MDY_SLASH, "12/1/2010", "2010-12-01"},
        {TILL_DATE_MDY_SLASH, "12/01/2010 8:26", "2010-12-01 08:26:00"},
        {TILL_DATE_DMY_SLASH, "12/1/2010", "2010-01-12"},
        {TILL_DATE_DMY_SLASH, "31/12/2010 23:59:59", "2010-12-31 23:59:59"},
        {TILL_DATE_DMY_DOT, "1.12.2010", "2010-12-01"},
        {TILL_DATE_DMY_DOT, "01.12.2010 8:26", "2010-12-01 08:26:00"},
        {TILL_DATE_DMY_DASH, "1-12-2010", "2010-12-01"},
        {TILL_DATE_DMY_DASH, "29-02-2012 00:00", "2012-02-29 00:00:00"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN09:17:58:34", "2009-06-14 17:58:34"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN2009", "2009-06-14"},
        {TILL_DATE_DAY_MONTHNAME, "4jun2009:7:58", "2009-06-04 07:58:00"},
        {TILL_DATE_DAY_MONTHNAME, "01Jan70", "1970-01-01"},
        {TILL_DATE_DAY_MONTHNAME, "31DEC69", "2069-12-31"},
        {TILL_DATE_DAY_MONTHNAME, "31DEC99", "1999-12-31"},
        {TILL_DATE_CHINESE,
         "2010\xe5\xb9\xb4"
         "12\xe6\x9c\x88"
         "1\xe6\x97\xa5",
         "2010-12-01"},
        {TILL_DATE_CHINESE,
         "2010\xe5\xb9\xb4"
         "12\xe6\x9c\x88"
         "01\xe6\x97\xa5 8:26",
         "2010-12-01 08:26:00"},
        {TILL_DATE_CHINESE,
         "2010\xe5\xb9\xb4"
         "12\xe6\x9c\x88"
         "1\xe6\x97\xa5"
         "8\xe6\x97\xb6"
         "26\xe5\x88\x86",
         "2010-12-01 08:26:00"},
        {TILL_DATE_CHINESE,
         "2010\xe5\xb9\xb4"
         "12\xe6\x9c\x88"
         "1\xe6\x97\xa5 8\xe6\x97\xb6"
         "26\xe5\x88\x86"
         "5\xe7\xa7\x92",
         "2010-12-01 08:26:05"},
        {TILL_DATE_EPOCH, "1291191960", "2010-12-01 08:26:00"}, /* date -u -d @1291191960 */
        {TILL_DATE_EPOCH, "0000000000", "1970-01-01 00:00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads(cases[i].format, NULL, cases[i].text, cases[i].expected);
}

static void each_format_refuses_the_rest(void **state) {
    (void)state;
    const struct {
        enum till_date_format format;
        const char *text;
    } cases[] = {
        {TILL_DATE_YMD_SLASH, "10/12/1"},
        {TILL_DATE_YMD_SLASH, "2010/12"},
        {TILL_DATE_YMD_SLASH, "2010/12/001"},
        {TILL_DATE_YMD_SLASH, "2010/2/29"},
        {TILL_DATE_YMD_SLASH, "2010-12-1"},
        {TILL_DATE_YMD_SLASH, "2010/12/1 "},
        {TILL_DATE_YMD_SLASH, "2010/12/1T8:26"},
        {TILL_DATE_YMD_SLASH, "2010/12/1 8:26 PM"},
        {TILL_DATE_YMD_SLASH, "2010/12/1 25:00"},
        {TILL_DATE_YMD_SLASH, "2010/12/18:26"},
        {TILL_DATE_COMPACT, "2010121"},
        {TILL_DATE_COMPACT, "201012011"},
        {TILL_DATE_COMPACT, "20101301"},
        {TILL_DATE_COMPACT, "20100229"},
        {TILL_DATE_COMPACT, "2010120a"},
        {TILL_DATE_COMPACT, "00000101"},
        {TILL_DATE_MDY_SLASH, "13/1/2010"},
        {TILL_DATE_MDY_SLASH, "12/1/10"},
        {TILL_DATE_MDY_SLASH, "2010/12/1"},
        {TILL_DATE_MDY_SLASH, "2/30/2010"},
        {TILL_DATE_MDY_SLASH, "12/1/20100"},
        {TILL_DATE_MDY_SLASH, "0/1/2010"},
        {TILL_DATE_DMY_SLASH, "1/13/2010"},
        {TILL_DATE_DMY_SLASH, "30/2/2010"},
        {TILL_DATE_DMY_SLASH, "/1/2010"},
        {TILL_DATE_DMY_DOT, "1/12/2010"},
        {TILL_DATE_DMY_DOT, "1.12.2010."},
        {TILL_DATE_DMY_DOT, "1.12.10"},
        {TILL_DATE_DMY_DASH, "2010-12-01"},
        {TILL_DATE_DMY_DASH, "29-02-2011"},
        {TILL_DATE_DMY_DASH, "1-12-2010x"},
        {TILL_DATE_DAY_MONTHNAME, "14JUNE2009"},
        {TILL_DATE_DAY_MONTHNAME, "14JUX09"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN9"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN009"},
        {TILL_DATE_DAY_MONTHNAME, "31JUN2009"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN09 17:58"},
        {TILL_DATE_DAY_MONTHNAME, "14JUN09:"},
        {TILL_DATE_DAY_MONTHNAME, "JUN09"},
        {TILL_DATE_DAY_MONTHNAME, "29FEB2100"},
        {TILL_DATE_CHINESE, "2010\xe5\xb9\xb4"
                            "12\xe6\x9c\x88"
                            "1"},
        {TILL_DATE_CHINESE, "2010\xe5\xb9\xb4"
                            "12\xe6\x9c\x88"
                            "1\xe6\x97\xa5 8"},
        {TILL_DATE_CHINESE, "2010\xe5\xb9\xb4"
                            "12\xe6\x9c\x88"
                            "1\xe6\x97\xa5"
                            "8:26"},
        {TILL_DATE_CHINESE, "2010\xe5\xb9\xb4"
                            "2\xe6\x9c\x88"
                            "29\xe6\x97\xa5"},
        {TILL_DATE_CHINESE, "2010\xe5\xb9\xb4"
                            "12\xe6\x9c\x88"
                            "1\xe6\x97\xa5"
                            "8\xe6\x97\xb6"
                            "60\xe5\x88\x86"},
        {TILL_DATE_EPOCH, "129119196"},
        {TILL_DATE_EPOCH, "12911919600"},
        {TILL_DATE_EPOCH, "-129119196"},
        {TILL_DATE_EPOCH, "1291191960.5"},
        {TILL_DATE_EPOCH, "129119196x"},
        {TILL_DATE_EPOCH, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(cases[i].format, cases[i].text);
    for (unsigned format = 0; format < TILL_DATE_FORMATS; format++) {
        refuses((enum till_date_format)format, "");
        refuses((enum till_date_format)format, "1");
        refuses((enum till_date_format)format, "N/A");
        refuses((enum till_date_format)format, "\xe5\xb9\xb4");
    }
}

#define SET(format) (UINT32_C(1) << (format))

static void formats_tells_what_a_text_may_be(void **state) {
    (void)state;
    const struct {
        const char *text;
        uint32_t formats;
    } cases[] = {{"2010-12-01", SET(TILL_DATE_ISO)},
                 {"2010/12/01", SET(TILL_DATE_YMD_SLASH)},
                 {"12/1/2010 8:26", SET(TILL_DATE_MDY_SLASH) | SET(TILL_DATE_DMY_SLASH)},
                 {"12/13/2010 8:26", SET(TILL_DATE_MDY_SLASH)},
                 {"13/12/2010", SET(TILL_DATE_DMY_SLASH)},
                 {"1.12.2010", SET(TILL_DATE_DMY_DOT)},
                 {"1-12-2010", SET(TILL_DATE_DMY_DASH)},
                 {"20101201", SET(TILL_DATE_COMPACT)},
                 {"1291191960", SET(TILL_DATE_EPOCH)},
                 {"14JUN09:17:58:34", SET(TILL_DATE_DAY_MONTHNAME)},
                 {"2010\xe5\xb9\xb4"
                  "12\xe6\x9c\x88"
                  "1\xe6\x97\xa5",
                  SET(TILL_DATE_CHINESE)},
                 {"", 0},
                 {"17850", 0},
                 {"13/13/2010", 0},
                 {"2009-06-14 17:58:34 UTC", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(cases[i].formats, till_date_formats(cases[i].text, strlen(cases[i].text)));
}

static void patterns_are_read(void **state) {
    (void)state;
    const struct {
        const char *pattern, *text, *expected;
    } cases[] = {
        {"%Y-%m-%d", "2010-12-01", "2010-12-01"},
        {"%F", "2010-12-01", "2010-12-01"},
        {"%F %T UTC", "2009-06-14 17:58:34 UTC", "2009-06-14 17:58:34"},
        {"%FT%R", "2009-06-14T17:58", "2009-06-14 17:58:00"},
        {"%m/%d/%y %I:%M %p", "6/14/09 5:58 PM", "2009-06-14 17:58:00"},
        {"%m/%d/%y %I:%M %p", "06/14/70 12:05 am", "1970-06-14 00:05:00"},
        {"%m/%d/%y %I:%M %p", "06/14/69 12:05 pm", "2069-06-14 12:05:00"},
        {"%b %e, %Y", "June 4, 2009", "2009-06-04"},
        {"%b %e, %Y", "may  4, 2009", "2009-05-04"},
        {"%d-%b-%Y", "14-SEP-2009", "2009-09-14"},
        {"%d %b %Y", "14 September 2009", "2009-09-14"},
        {"%Y%m%d%H%M%S", "20090614175834", "2009-06-14 17:58:34"},
        {"%Y%j", "2012366", "2012-12-31"},
        {"%j/%Y", "60/2011", "2011-03-01"},
        {"%s", "1291191960", "2010-12-01 08:26:00"},
        {"%s", "-1", "1969-12-31 23:59:59"},
        {"100%% %F", "100% 2010-12-01", "2010-12-01"},
        {"\xe5\xb9\xb4%Y%m%d",
         "\xe5\xb9\xb4"
         "20101201",
         "2010-12-01"},
        {"%d.%m.%Y %Hh", "1.12.2010 8h", "2010-12-01 08:00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(till_date_pattern_valid(cases[i].pattern));
        reads(TILL_DATE_PATTERN, cases[i].pattern, cases[i].text, cases[i].expected);
    }
}

static void patterns_want_the_whole_text_and_a_real_date(void **state) {
    (void)state;
    const struct {
        const char *pattern, *text;
    } cases[] = {{"%F", "2010-12-01 "},
                 {"%F", " 2010-12-01"},
                 {"%F", "2010-02-30"},
                 {"%F %T", "2010-12-01"},
                 {"%F %T", "2010-12-01 24:00:00"},
                 {"%F %I %p", "2010-12-01 13 pm"},
                 {"%F %I %p", "2010-12-01 0 am"},
                 {"%F %I %p", "2010-12-01 5 xm"},
                 {"%Y%j", "2011366"},
                 {"%Y%j", "2011000"},
                 {"%Y", "2010"},
                 {"%y-%m-%d", "2010-12-01"},
                 {"%Y-%m-%d", "10-12-01"},
                 {"%s", "253402300800"},
                 {"%s", "-62135596801"},
                 {"%s", ""},
                 {"%s", "9999999999999999999999"},
                 {"%F%", "2010-12-01"},
                 {"%F%", "2010-12-01%"},
                 {"%d %b %Y", "14 Juni 2009"},
                 {"%d %b %Y", "14 M\xc3\xa4r 2009"},
                 {"%Q", "2010"},
                 {"%F", ""},
                 {"%F %S", "2010-12-01 5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses_bytes(TILL_DATE_PATTERN, cases[i].pattern, cases[i].text, strlen(cases[i].text));
    refuses_bytes(TILL_DATE_PATTERN, "%F", "2010-12-01\0", 11);
}

static void patterns_without_a_way_to_a_date_are_invalid(void **state) {
    (void)state;
    const char *const bad[] = {"",         "date",        "%",        "%F%",       "%Y-%m",       "%m-%d",    "%Y-%d",
                               "%H:%M",    "%Y-%m-%d%Q",  "%Z",       "%F %z",     "%Y %y %m %d", "%F %F",    "%F %s",
                               "%F %I:%M", "%F %H:%M %p", "%F %M",    "%F %H:%S",  "%F %S",       "%Y %j %d", "%F %j",
                               "%B %d %Y", "%b %m %d %Y", "%F %T %H", "%Ey-%m-%d", "%F %I %H %p"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (till_date_pattern_valid(bad[i]))
            fail_msg("\"%s\" was taken for a pattern", bad[i]);
    assert_false(till_date_pattern_valid(NULL));
}

static void names_period(const char *date, enum till_period_unit unit, const char *expected) {
    int64_t time;
    char out[TILL_DAY_TEXT + 1] = {0};
    assert_true(till_date_parse(TILL_DATE_ISO, NULL, date, 10, &time));
    size_t length = till_date_period_write(out, unit, till_date_period(unit, till_date_day(time)));
    assert_int_equal(strlen(expected), length);
    assert_string_equal(expected, out);
}

/* The first ones are the examples of ISO 8601 as Wikipedia's "ISO week date" lists them. */
static void known_periods_have_their_names(void **state) {
    (void)state;
    const char *const weeks[][2] = {{"2005-01-01", "2004-W53"}, {"2005-01-02", "2004-W53"}, {"2005-12-31", "2005-W52"},
                                    {"2006-01-01", "2005-W52"}, {"2006-01-02", "2006-W01"}, {"2007-01-01", "2007-W01"},
                                    {"2007-12-31", "2008-W01"}, {"2008-12-28", "2008-W52"}, {"2008-12-29", "2009-W01"},
                                    {"2009-12-31", "2009-W53"}, {"2010-01-03", "2009-W53"}, {"2010-01-04", "2010-W01"},
                                    {"2010-12-01", "2010-W48"}, {"1969-12-29", "1970-W01"}, {"1969-12-28", "1969-W52"},
                                    {"0001-01-01", "0001-W01"}, {"9999-12-31", "9999-W52"}};
    for (size_t i = 0; i < sizeof weeks / sizeof *weeks; i++)
        names_period(weeks[i][0], TILL_PERIOD_WEEK, weeks[i][1]);
    names_period("2010-12-01", TILL_PERIOD_DAY, "2010-12-01");
    names_period("2010-12-01", TILL_PERIOD_MONTH, "2010-12");
    names_period("2010-12-01", TILL_PERIOD_QUARTER, "2010-Q4");
    names_period("2010-12-01", TILL_PERIOD_YEAR, "2010");
    names_period("2010-03-31", TILL_PERIOD_QUARTER, "2010-Q1");
    names_period("2010-04-01", TILL_PERIOD_QUARTER, "2010-Q2");
    names_period("0001-01-01", TILL_PERIOD_YEAR, "0001");
}

/* Every day of the calendar against strftime's %G-W%V, and the weekday by its own count. */
static void weeks_equal_strftime(void **state) {
    (void)state;
    int32_t first = till_date_from_civil(1, 1, 1), last = till_date_from_civil(9999, 12, 31);
    for (int32_t day = first; day <= last; day += 3) {
        time_t when = (time_t)day * 86400;
        struct tm parts;
        char expected[32], out[TILL_DAY_TEXT + 1] = {0};
        assert_non_null(gmtime_r(&when, &parts));
        strftime(expected, sizeof expected, "%V", &parts);
        int32_t week = till_date_period(TILL_PERIOD_WEEK, day);
        assert_int_equal(8, till_date_period_write(out, TILL_PERIOD_WEEK, week));
        assert_string_equal(expected, out + 6);
        strftime(expected, sizeof expected, "%G", &parts);
        assert_int_equal(atoi(expected), atoi(out));
        assert_int_equal((parts.tm_wday + 6) % 7, day - till_date_period_start(TILL_PERIOD_WEEK, week));
    }
}

static void periods_follow_each_other_without_gaps(void **state) {
    (void)state;
    for (int unit = TILL_PERIOD_DAY; unit <= TILL_PERIOD_YEAR; unit++) {
        enum till_period_unit u = (enum till_period_unit)unit;
        int32_t before = till_date_period(u, -1000001);
        for (int32_t day = -1000000; day < 3000000; day += 1) {
            int32_t period = till_date_period(u, day);
            assert_true(period == before || period == before + 1);
            if (period != before)
                assert_int_equal(day, till_date_period_start(u, period));
            before = period;
        }
        assert_int_equal(TILL_DAY_MISSING, till_date_period(u, TILL_DAY_MISSING));
        assert_int_equal(TILL_DAY_MISSING, till_date_period_start(u, TILL_DAY_MISSING));
        char out[TILL_DAY_TEXT];
        assert_int_equal(0, till_date_period_write(out, u, TILL_DAY_MISSING));
        assert_int_equal(0, till_date_period_write(out, u, till_date_period(u, till_date_from_civil(10000, 2, 1))));
    }
}

static void all_formats_have_names(void **state) {
    (void)state;
    for (unsigned a = 0; a <= TILL_DATE_PATTERN; a++)
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(till_date_format_name((enum till_date_format)a),
                                    till_date_format_name((enum till_date_format)b));
    assert_string_equal("YYYY-MM-DD", till_date_format_name(TILL_DATE_ISO));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_the_calendar_follows_the_one_before),
        cmocka_unit_test(days_beyond_the_calendar_have_numbers_but_no_text),
        cmocka_unit_test(days_are_times_rounded_down),
        cmocka_unit_test(iso_dates_and_times_are_read),
        cmocka_unit_test(other_texts_are_no_iso_dates),
        cmocka_unit_test(only_digits_pass_at_the_places_of_digits),
        cmocka_unit_test(plain_times_read_back),
        cmocka_unit_test(each_format_reads_its_own),
        cmocka_unit_test(each_format_refuses_the_rest),
        cmocka_unit_test(formats_tells_what_a_text_may_be),
        cmocka_unit_test(patterns_are_read),
        cmocka_unit_test(patterns_want_the_whole_text_and_a_real_date),
        cmocka_unit_test(patterns_without_a_way_to_a_date_are_invalid),
        cmocka_unit_test(known_periods_have_their_names),
        cmocka_unit_test(weeks_equal_strftime),
        cmocka_unit_test(periods_follow_each_other_without_gaps),
        cmocka_unit_test(all_formats_have_names),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
