/* Dates from any bytes. First line: a strptime pattern; the rest: the text. */
#include "tests/fuzz/fuzz.h"

#include <till/date.h>

#include "lib/base/date_fast.h"

/* A time that was read is on the calendar, is written, and reads back. */
static void hold_calendar(int64_t time) {
    int32_t day = till_date_day(time);
    int64_t again;
    int year, month, date;
    char text[TILL_DAY_TEXT];
    till_date_to_civil(day, &year, &month, &date);
    claim(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && date >= 1 && date <= 31, "a day of the calendar");
    claim(till_date_from_civil(year, month, date) == day, "a day becomes itself");
    size_t length = till_date_write(text, day);
    claim(till_date_parse(TILL_DATE_ISO, NULL, text, length, &again) && again == (int64_t)day * 86400,
          "what is written reads back");
    for (int unit = TILL_PERIOD_DAY; unit <= TILL_PERIOD_YEAR; unit++) {
        enum till_period_unit kind = (enum till_period_unit)unit;
        int32_t period = till_date_period(kind, day);
        claim(till_date_period_start(kind, period) <= day && day < till_date_period_start(kind, period + 1),
              "a day lies in its period");
        claim(till_date_period_write(text, kind, period) > 0, "a period is written");
    }
}

static void hold_formats(const char *text, size_t length) {
    uint32_t formats = till_date_formats(text, length);
    int64_t time;
    for (int format = 0; format < TILL_DATE_FORMATS; format++) {
        bool read = till_date_parse((enum till_date_format)format, NULL, text, length, &time);
        claim(read == ((formats >> format & 1) != 0), "the formats of a text are those that read it");
        if (read)
            hold_calendar(time);
    }
    int64_t fast;
    if (date_parse_iso_plain(text, length, &fast))
        claim(till_date_parse(TILL_DATE_ISO, NULL, text, length, &time) && time == fast, "the fast way is the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    if (end == NULL || memchr(data, 0, (size_t)(end - data)) != NULL)
        return 0;
    size_t length = size - (size_t)(end + 1 - data);
    char *pattern = strndup((const char *)data, (size_t)(end - data));
    char *text = malloc(length + 1); /* of its size, so that a byte read behind it is seen */
    int64_t time;
    memcpy(text, end + 1, length);
    hold_formats(text, length);
    if (till_date_pattern_valid(pattern) && till_date_parse(TILL_DATE_PATTERN, pattern, text, length, &time))
        hold_calendar(time);
    free(pattern);
    free(text);
    return 0;
}
