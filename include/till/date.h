/* till/date.h: calendar days and times of day, without time zones, locale or clock.
 *
 *     int64_t time;
 *     if (till_date_parse(TILL_DATE_ISO, NULL, "2011-12-09 12:50", 16, &time)) day = till_date_day(time);
 *
 * A time is in seconds since 1970-01-01 00:00 on the proleptic Gregorian calendar; a day is a time / 86,400 rounded
 * down. Years run from 0001 to 9999. */
#ifndef TILL_DATE_H
#define TILL_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

#define TILL_DAY_MISSING INT32_MIN
#define TILL_TIME_MISSING INT64_MIN

/* The ways in which dates are written. One holds for all rows of an input. */
enum till_date_format {
    TILL_DATE_ISO, /* 2010-12-01, with [T ]8:26[:00[.123]][Z|+08:00|+0800|+08] behind it; the offset is read and ignored
                    */
    TILL_DATE_YMD_SLASH,                  /* 2010/12/1 [8:26[:00]] */
    TILL_DATE_COMPACT,                    /* 20101201 (8 digits) */
    TILL_DATE_MDY_SLASH,                  /* 12/1/2010 [8:26[:00]] */
    TILL_DATE_DMY_SLASH,                  /* 1/12/2010 [8:26[:00]] */
    TILL_DATE_DMY_DOT,                    /* 1.12.2010 [8:26[:00]] */
    TILL_DATE_DMY_DASH,                   /* 1-12-2010 [8:26[:00]] */
    TILL_DATE_DAY_MONTHNAME,              /* 14JUN09:17:58:34, 14JUN2009; two-digit years are 1970 to 2069 */
    TILL_DATE_CHINESE,                    /* 2010年12月1日 [8:26[:00]] or 8时26分[0秒] */
    TILL_DATE_EPOCH,                      /* 1291191960 (10 digits): seconds since 1970 */
    TILL_DATE_FORMATS,                    /* how many are found by themselves */
    TILL_DATE_PATTERN = TILL_DATE_FORMATS /* a strptime pattern of the caller's */
};

/* A time from the whole of `bytes`, calendar-checked (no 30 February). `pattern` is read for TILL_DATE_PATTERN alone:
 * %Y %y %m %d %H %M %S %b %e %j %T %F %R %p %I %s %% and plain text, always with English month names. False when it
 * is not a date of that format. O(length). */
TILL_API bool till_date_parse(enum till_date_format format, const char *pattern, const char *bytes, size_t length,
                              int64_t *time);

/* A set of formats, one bit (1u << format) each: those that accept `bytes`. */
TILL_API uint32_t till_date_formats(const char *bytes, size_t length);

/* A pattern that till_date_parse understands; false when it has an unknown % directive or no way to a full date. */
TILL_API bool till_date_pattern_valid(const char *pattern);

/* The name of a format for messages and side files, such as "YYYY-MM-DD". */
TILL_API const char *till_date_format_name(enum till_date_format format);

static inline int32_t till_date_day(int64_t time) {
    return (int32_t)(time >= 0 ? time / 86400 : -((86399 - time) / 86400));
}

/* Days to and from year, month (1..12), day (1..31). */
TILL_API int32_t till_date_from_civil(int year, int month, int day);
TILL_API void till_date_to_civil(int32_t date, int *year, int *month, int *day);

/* "2010-12-01" into `out` (10 bytes, no NUL). Returns the length, 0 for TILL_DAY_MISSING
 * and outside of the years 0001 to 9999. */
#define TILL_DAY_TEXT 12
TILL_API size_t till_date_write(char *out, int32_t day);

/* Calendar periods. A period is a number that grows by one from each to the next; its first day is
 * till_date_period_start(unit, period). Weeks begin on Monday (ISO 8601). */
enum till_period_unit { TILL_PERIOD_DAY, TILL_PERIOD_WEEK, TILL_PERIOD_MONTH, TILL_PERIOD_QUARTER, TILL_PERIOD_YEAR };
TILL_API int32_t till_date_period(enum till_period_unit unit, int32_t day);
TILL_API int32_t till_date_period_start(enum till_period_unit unit, int32_t period);

/* "2010-12-01", "2010-W48", "2010-12", "2010-Q4", "2010" into `out` (TILL_DAY_TEXT bytes, no NUL). */
TILL_API size_t till_date_period_write(char *out, enum till_period_unit unit, int32_t period);

#endif
