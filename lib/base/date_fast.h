/* lib/base/date_fast.h: ISO dates, eight bytes at a time, inline.
 *
 * "YYYY-MM-DD" is read as two bytes of century and the word "YY-MM-DD"; exclusive-or with the shape leaves 0..9 where a
 * digit was and 0 where a dash was, so that one addition checks all places. A clock, "DD HH:MM" and ":SS", is read
 * alike. No byte outside of the text is read. */
#ifndef LIB_BASE_DATE_FAST_H
#define LIB_BASE_DATE_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

/* From 0000-01-01, which the proleptic calendar has, to 1970-01-01. */
enum { DATE_EPOCH = 719528, DATE_SECONDS = 86400 };

static inline bool date_is_leap(unsigned year) {
    return (year & 3) == 0 && (year % 100 != 0 || (year & 15) == 0);
}

/* The days of a month, 1..12. */
static inline unsigned date_month_length(unsigned year, unsigned month) {
    static const uint8_t lengths[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month] + (unsigned)(month == 2 && date_is_leap(year));
}

/* The day of a date that is on the calendar, years 0001 to 9999. */
static inline int32_t date_from_parts(unsigned year, unsigned month, unsigned day) {
    static const uint16_t before[13] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    /* The leap days before: this year's counts from March on. Year 0 has one of its own. */
    unsigned last = year - (month <= 2), century = last / 100;
    unsigned leaps = last / 4 - century + century / 4 + 1;
    return (int32_t)(365 * year + leaps + before[month] + day) - 1 - DATE_EPOCH;
}

/* A date that may be none: false. */
static inline bool date_from_checked(unsigned year, unsigned month, unsigned day, int32_t *date) {
    if (year - 1 >= 9999 || month - 1 >= 12 || day - 1 >= date_month_length(year, month))
        return false;
    *date = date_from_parts(year, month, day);
    return true;
}

/* The day of the 10 bytes "YYYY-MM-DD"; false when they are none. */
static inline bool date_parse_iso_day(const char *bytes, int32_t *day) {
    uint64_t century = ((uint64_t)(unsigned char)bytes[1] << 8 | (unsigned char)bytes[0]) ^ 0x3030;
    uint64_t rest = load_64(bytes + 2) ^ UINT64_C(0x30302d30302d3030); /* "00-00-00" */
    /* A digit's byte passes 127 from 10 on, a dash's from 1 on. */
    uint64_t bad = (rest | (rest + UINT64_C(0x76767f76767f7676))) & UINT64_C(0x8080808080808080);
    bad |= (century | (century + 0x7676)) & 0x8080;
    uint64_t pairs = rest * 10 + (rest >> 8);
    unsigned year = (unsigned)((century & 255) * 1000 + (century >> 8) * 100 + (pairs & 255));
    unsigned month = (unsigned)(pairs >> 24 & 255), date = (unsigned)(pairs >> 48 & 255);
    return bad == 0 && date_from_checked(year, month, date, day);
}

/* The time of "YYYY-MM-DD", "YYYY-MM-DD HH:MM" or "YYYY-MM-DD HH:MM:SS" (T or blank). False: not so; ask
 * till_date_parse. */
static inline bool date_parse_iso_plain(const char *bytes, size_t length, int64_t *time) {
    int32_t day;
    if ((length != 10 && length != 16 && length != 19) || !date_parse_iso_day(bytes, &day))
        return false;
    int64_t seconds = 0;
    if (length != 10) {
        uint64_t clock = load_64(bytes + 8) ^ UINT64_C(0x30303a3030003030); /* "00", any byte, "00:00" */
        uint64_t bad = (clock | (clock + UINT64_C(0x76767f7676007676))) & UINT64_C(0x8080808080008080);
        clock &= UINT64_C(0xffffffffff00ffff); /* T or blank is no digit: it must not carry */
        uint64_t pairs = clock * 10 + (clock >> 8);
        unsigned hour = (unsigned)(pairs >> 24 & 255), minute = (unsigned)(pairs >> 48 & 255), second = 0;
        if (length == 19) {
            unsigned tens = (unsigned char)bytes[17] - (unsigned)'0', ones = (unsigned char)bytes[18] - (unsigned)'0';
            bad |= bytes[16] != ':' || tens > 5 || ones > 9;
            second = tens * 10 + ones;
        }
        if (bad != 0 || hour > 23 || minute > 59 || (bytes[10] != ' ' && bytes[10] != 'T'))
            return false;
        seconds = hour * 3600 + minute * 60 + second;
    }
    *time = (int64_t)day * DATE_SECONDS + seconds;
    return true;
}

#endif
