/* Dates as text. ISO dates take the way of date_fast.h. The other formats are patterns of the same small language that
 * users have, with an optional clock behind; one reader serves all of them. It is our own and not strptime, whose month
 * names follow the locale.
 *
 * The calendar is the proleptic Gregorian one. A day is turned into year, month and day within eras of 400 years that
 * begin on 1 March, so that the leap day is the last of its year (Howard Hinnant, "chrono-compatible low-level date
 * algorithms", 2013). */
#include <till/date.h>

#include <string.h>

#include "lib/base/date_fast.h"

/* What a pattern can say; one bit each. */
enum part {
    PART_YEAR = 1,
    PART_MONTH = 2,
    PART_DAY = 4,
    PART_YEARDAY = 8,
    PART_HOUR = 16,
    PART_HOUR12 = 32,
    PART_HALF = 64,
    PART_MINUTE = 128,
    PART_SECOND = 256,
    PART_EPOCH = 512
};

struct parts {
    unsigned seen; /* bits of enum part */
    unsigned year, month, day, yearday;
    unsigned hour, half, minute, second; /* half: 1 after noon */
    int64_t epoch;
};

struct cursor {
    const char *at;
    const char *end;
};

static bool is_digit(char byte) {
    return (unsigned char)(byte - '0') < 10;
}

static bool take_byte(struct cursor *cursor, char byte) {
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

static bool take_text(struct cursor *cursor, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* A number of `least` to `most` digits, as many as there are. */
static bool take_number(struct cursor *cursor, unsigned least, unsigned most, unsigned *value) {
    unsigned count = 0;
    for (*value = 0; count < most && cursor->at < cursor->end && is_digit(*cursor->at); count++)
        *value = *value * 10 + (unsigned)(*cursor->at++ - '0');
    return count >= least;
}

/* Letters, upper or lower case; `word` is in lower case. */
static bool take_word(struct cursor *cursor, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((cursor->at[i] | 32) != word[i])
            return false;
    cursor->at += length;
    return true;
}

/* The first three letters of an English month name; all of it, too, where `whole` allows. */
static bool take_month_name(struct cursor *cursor, bool whole, unsigned *month) {
    static const char *const names[12][2] = {{"jan", "uary"},   {"feb", "ruary"}, {"mar", "ch"},    {"apr", "il"},
                                             {"may", ""},       {"jun", "e"},     {"jul", "y"},     {"aug", "ust"},
                                             {"sep", "tember"}, {"oct", "ober"},  {"nov", "ember"}, {"dec", "ember"}};
    for (unsigned i = 0; i < 12; i++)
        if (take_word(cursor, names[i][0])) {
            if (whole)
                take_word(cursor, names[i][1]);
            *month = i + 1;
            return true;
        }
    return false;
}

/* Two digits stand for 1970 to 2069. */
static bool take_short_year(struct cursor *cursor, unsigned *year) {
    if (!take_number(cursor, 2, 2, year))
        return false;
    *year += *year < 70 ? 2000 : 1900;
    return true;
}

static bool take_half(struct cursor *cursor, unsigned *half) {
    *half = take_word(cursor, "pm");
    return *half || take_word(cursor, "am");
}

/* Seconds since 1970 with an optional '-'; twelve digits hold all of the calendar. */
static bool take_epoch(struct cursor *cursor, int64_t *epoch) {
    bool negative = take_byte(cursor, '-');
    const char *first = cursor->at;
    for (*epoch = 0; cursor->at < cursor->end && is_digit(*cursor->at) && cursor->at - first < 12; cursor->at++)
        *epoch = *epoch * 10 + (*cursor->at - '0');
    if (negative)
        *epoch = -*epoch;
    return cursor->at > first;
}

/* The directives that stand for several others. */
static const char *expansion(char directive) {
    switch (directive) {
    case 'T':
        return "%H:%M:%S";
    case 'F':
        return "%Y-%m-%d";
    case 'R':
        return "%H:%M";
    default:
        return NULL;
    }
}

/* What a directive says; 0: unknown. */
static unsigned part_of(char directive) {
    static const struct {
        char directive;
        unsigned part;
    } table[] = {{'Y', PART_YEAR},   {'y', PART_YEAR},    {'m', PART_MONTH}, {'b', PART_MONTH},  {'d', PART_DAY},
                 {'e', PART_DAY},    {'j', PART_YEARDAY}, {'H', PART_HOUR},  {'I', PART_HOUR12}, {'M', PART_MINUTE},
                 {'S', PART_SECOND}, {'p', PART_HALF},    {'s', PART_EPOCH}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].directive == directive)
            return table[i].part;
    return 0;
}

/* Notes a part; false when it is unknown or was said before, which could be a contradiction. */
static bool note_part(unsigned *seen, unsigned part) {
    bool again = (*seen & part) != 0;
    *seen |= part;
    return part != 0 && !again;
}

/* Whether the parts make one date, and one time of day if any. */
static bool parts_suffice(unsigned seen) {
    if (seen & PART_EPOCH)
        return seen == PART_EPOCH;
    unsigned date = seen & (PART_YEAR | PART_MONTH | PART_DAY | PART_YEARDAY);
    bool twelve = (seen & PART_HOUR12) != 0, hour = (seen & PART_HOUR) != 0;
    if (date != (PART_YEAR | PART_MONTH | PART_DAY) && date != (PART_YEAR | PART_YEARDAY))
        return false;
    /* The half of the day goes with the hour of 12, minutes with an hour, seconds with minutes. */
    return twelve == ((seen & PART_HALF) != 0) && !(twelve && hour) && (!(seen & PART_MINUTE) || twelve || hour) &&
           (!(seen & PART_SECOND) || (seen & PART_MINUTE) != 0);
}

static bool take_directive(struct cursor *cursor, char directive, struct parts *parts) {
    switch (directive) {
    case 'Y':
        return take_number(cursor, 4, 4, &parts->year);
    case 'y':
        return take_short_year(cursor, &parts->year);
    case 'm':
        return take_number(cursor, 1, 2, &parts->month);
    case 'b':
        return take_month_name(cursor, true, &parts->month);
    case 'e':
        take_byte(cursor, ' ');
        return take_number(cursor, 1, 2, &parts->day);
    case 'd':
        return take_number(cursor, 1, 2, &parts->day);
    case 'j':
        return take_number(cursor, 1, 3, &parts->yearday);
    case 'H':
    case 'I':
        return take_number(cursor, 1, 2, &parts->hour);
    case 'M':
        return take_number(cursor, 1, 2, &parts->minute);
    case 'S':
        return take_number(cursor, 1, 2, &parts->second);
    case 'p':
        return take_half(cursor, &parts->half);
    case 's':
        return take_epoch(cursor, &parts->epoch);
    default:
        return false;
    }
}

/* Reads what the pattern says. Expansions hold no expansions, so this calls itself once at most. */
static bool take_pattern(struct cursor *cursor, const char *pattern, struct parts *parts) {
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '%' || *++pattern == '%') {
            if (!take_byte(cursor, *pattern))
                return false;
        } else if (expansion(*pattern) != NULL) {
            if (!take_pattern(cursor, expansion(*pattern), parts))
                return false;
        } else if (!note_part(&parts->seen, part_of(*pattern)) || !take_directive(cursor, *pattern, parts)) {
            return false; /* a '%' at the end comes here too: NUL is no directive */
        }
    }
    return true;
}

static bool note_pattern(const char *pattern, unsigned *seen) {
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '%' || *++pattern == '%')
            continue;
        const char *longer = expansion(*pattern);
        if (longer != NULL ? !note_pattern(longer, seen) : !note_part(seen, part_of(*pattern)))
            return false;
    }
    return true;
}

bool till_date_pattern_valid(const char *pattern) {
    unsigned seen = 0;
    return pattern != NULL && note_pattern(pattern, &seen) && parts_suffice(seen);
}

static bool day_of_parts(const struct parts *parts, int32_t *day) {
    if (!(parts->seen & PART_YEARDAY))
        return date_from_checked(parts->year, parts->month, parts->day, day);
    if (parts->yearday - 1 >= 365u + date_is_leap(parts->year) || !date_from_checked(parts->year, 1, 1, day))
        return false;
    *day += (int32_t)parts->yearday - 1;
    return true;
}

/* Checks the parts against calendar and clock. */
static bool time_of_parts(const struct parts *parts, int64_t *time) {
    int32_t day;
    unsigned hour = parts->hour;
    if (parts->seen & PART_EPOCH) {
        int64_t first = (int64_t)date_from_parts(1, 1, 1) * DATE_SECONDS;
        int64_t last = ((int64_t)date_from_parts(9999, 12, 31) + 1) * DATE_SECONDS - 1;
        if (parts->epoch < first || parts->epoch > last)
            return false;
        *time = parts->epoch;
        return true;
    }
    if (parts->seen & PART_HOUR12) {
        if (hour < 1 || hour > 12)
            return false;
        hour = hour % 12 + 12 * parts->half;
    }
    if (hour > 23 || parts->minute > 59 || parts->second > 59 || !day_of_parts(parts, &day))
        return false;
    *time = (int64_t)day * DATE_SECONDS + (int64_t)hour * 3600 + parts->minute * 60 + parts->second;
    return true;
}

/* H:MM or HH:MM, then perhaps :SS. */
static bool take_clock(struct cursor *cursor, struct parts *parts) {
    if (!take_number(cursor, 1, 2, &parts->hour) || !take_byte(cursor, ':') ||
        !take_number(cursor, 2, 2, &parts->minute))
        return false;
    if (take_byte(cursor, ':')) {
        parts->seen |= PART_SECOND;
        return take_number(cursor, 2, 2, &parts->second);
    }
    return true;
}

/* Z, +08:00, +0800 or +08 (which PostgreSQL writes); or nothing. False: something else began. */
static bool take_zone(struct cursor *cursor) {
    unsigned hours, minutes = 0;
    if (cursor->at == cursor->end || take_byte(cursor, 'Z'))
        return true;
    if (!take_byte(cursor, '+') && !take_byte(cursor, '-'))
        return false;
    if (!take_number(cursor, 2, 2, &hours))
        return false;
    if (cursor->at < cursor->end) {
        take_byte(cursor, ':');
        if (!take_number(cursor, 2, 2, &minutes))
            return false;
    }
    return hours <= 23 && minutes <= 59;
}

static bool parse_iso(const char *bytes, size_t length, int64_t *time) {
    if (date_parse_iso_plain(bytes, length, time))
        return true;
    int32_t day;
    struct parts parts = {0};
    struct cursor cursor = {bytes + 10, bytes + length};
    if (length <= 10 || !date_parse_iso_day(bytes, &day) || (!take_byte(&cursor, 'T') && !take_byte(&cursor, ' ')) ||
        !take_clock(&cursor, &parts))
        return false;
    /* A fraction of any length, behind seconds alone, is cut off: times are whole seconds. */
    if ((parts.seen & PART_SECOND) && take_byte(&cursor, '.')) {
        const char *first = cursor.at;
        while (cursor.at < cursor.end && is_digit(*cursor.at))
            cursor.at++;
        if (cursor.at == first)
            return false;
    }
    if (!take_zone(&cursor) || cursor.at != cursor.end || parts.hour > 23 || parts.minute > 59 || parts.second > 59)
        return false;
    *time = (int64_t)day * DATE_SECONDS + (int64_t)parts.hour * 3600 + parts.minute * 60 + parts.second;
    return true;
}

/* 8时26分[0秒], with a blank before it or none. */
static bool take_chinese_clock(struct cursor *cursor, struct parts *parts) {
    if (!take_number(cursor, 1, 2, &parts->hour) || !take_text(cursor, "\xe6\x97\xb6") ||
        !take_number(cursor, 1, 2, &parts->minute) || !take_text(cursor, "\xe5\x88\x86"))
        return false;
    return cursor->at == cursor->end ||
           (take_number(cursor, 1, 2, &parts->second) && take_text(cursor, "\xe7\xa7\x92"));
}

/* What may stand behind the date: nothing, or a clock after `lead`. */
static bool take_tail(enum till_date_format format, struct cursor *cursor, struct parts *parts) {
    if (cursor->at == cursor->end)
        return true;
    bool led = take_byte(cursor, format == TILL_DATE_DAY_MONTHNAME ? ':' : ' ');
    struct cursor before = *cursor;
    if (led && take_clock(cursor, parts))
        return true;
    *cursor = before;
    return format == TILL_DATE_CHINESE && take_chinese_clock(cursor, parts);
}

/* 14JUN09 or 14JUN2009: the name has three letters, the year four digits or two. */
static bool take_day_monthname(struct cursor *cursor, struct parts *parts) {
    if (!take_number(cursor, 1, 2, &parts->day) || !take_month_name(cursor, false, &parts->month))
        return false;
    struct cursor before = *cursor;
    if (take_number(cursor, 4, 4, &parts->year))
        return true;
    *cursor = before;
    return take_short_year(cursor, &parts->year);
}

/* Reads the date of a format that is known by itself, up to its clock. */
static bool take_date(enum till_date_format format, struct cursor *cursor, struct parts *parts) {
    switch (format) {
    case TILL_DATE_YMD_SLASH:
        return take_pattern(cursor, "%Y/%m/%d", parts);
    case TILL_DATE_MDY_SLASH:
        return take_pattern(cursor, "%m/%d/%Y", parts);
    case TILL_DATE_DMY_SLASH:
        return take_pattern(cursor, "%d/%m/%Y", parts);
    case TILL_DATE_DMY_DOT:
        return take_pattern(cursor, "%d.%m.%Y", parts);
    case TILL_DATE_DMY_DASH:
        return take_pattern(cursor, "%d-%m-%Y", parts);
    case TILL_DATE_CHINESE:
        return take_pattern(cursor, "%Y\xe5\xb9\xb4%m\xe6\x9c\x88%d\xe6\x97\xa5", parts);
    case TILL_DATE_DAY_MONTHNAME:
        return take_day_monthname(cursor, parts);
    default:
        return false;
    }
}

/* All of the text is digits, `length` of them. */
static bool all_digits(const struct cursor *cursor, size_t length) {
    for (const char *at = cursor->at; at < cursor->end; at++)
        if (!is_digit(*at))
            return false;
    return (size_t)(cursor->end - cursor->at) == length;
}

bool till_date_parse(enum till_date_format format, const char *pattern, const char *bytes, size_t length,
                     int64_t *time) {
    struct cursor cursor = {bytes, bytes + length};
    struct parts parts = {0};
    bool read;
    switch (format) {
    case TILL_DATE_ISO:
        return parse_iso(bytes, length, time);
    case TILL_DATE_COMPACT:
        read = all_digits(&cursor, 8) && take_pattern(&cursor, "%Y%m%d", &parts);
        break;
    case TILL_DATE_EPOCH:
        read = all_digits(&cursor, 10) && take_pattern(&cursor, "%s", &parts);
        break;
    case TILL_DATE_PATTERN:
        read = take_pattern(&cursor, pattern, &parts) && parts_suffice(parts.seen);
        break;
    default:
        read = take_date(format, &cursor, &parts) && take_tail(format, &cursor, &parts);
    }
    return read && cursor.at == cursor.end && time_of_parts(&parts, time);
}

uint32_t till_date_formats(const char *bytes, size_t length) {
    uint32_t formats = 0;
    int64_t time;
    for (unsigned format = 0; format < TILL_DATE_FORMATS; format++)
        if (till_date_parse((enum till_date_format)format, NULL, bytes, length, &time))
            formats |= UINT32_C(1) << format;
    return formats;
}

const char *till_date_format_name(enum till_date_format format) {
    switch (format) {
    case TILL_DATE_ISO:
        return "YYYY-MM-DD";
    case TILL_DATE_YMD_SLASH:
        return "YYYY/M/D";
    case TILL_DATE_COMPACT:
        return "YYYYMMDD";
    case TILL_DATE_MDY_SLASH:
        return "M/D/YYYY";
    case TILL_DATE_DMY_SLASH:
        return "D/M/YYYY";
    case TILL_DATE_DMY_DOT:
        return "D.M.YYYY";
    case TILL_DATE_DMY_DASH:
        return "D-M-YYYY";
    case TILL_DATE_DAY_MONTHNAME:
        return "DDMONYYYY";
    case TILL_DATE_CHINESE:
        return "YYYY\xe5\xb9\xb4M\xe6\x9c\x88"
               "D\xe6\x97\xa5";
    case TILL_DATE_EPOCH:
        return "seconds since 1970";
    default:
        return "pattern";
    }
}

/* Rounded down, for a positive divisor. */
static int32_t floor_divide(int32_t a, int32_t b) {
    return a / b - (a % b < 0);
}

int32_t till_date_from_civil(int year, int month, int day) {
    if (year >= 1 && year <= 9999)
        return date_from_parts((unsigned)year, (unsigned)month, (unsigned)day);
    /* The calendar repeats after 400 years, which have 146,097 days. */
    int32_t eras = floor_divide(year - 1, 400);
    return date_from_parts((unsigned)(year - 400 * eras), (unsigned)month, (unsigned)day) + 146097 * eras;
}

void till_date_to_civil(int32_t date, int *year, int *month, int *day) {
    int64_t shifted = (int64_t)date + 719468; /* since 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int day_of_era = (int)(shifted - era * 146097);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153; /* 0 is March */
    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = (int)era * 400 + year_of_era + (*month <= 2);
}

/* The last `count` digits of a number that is not negative. */
static char *write_number(char *out, int value, int count) {
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + count;
}

/* The year with four digits; NULL where it has none. */
static char *write_year(char *out, int year) {
    return year < 1 || year > 9999 ? NULL : write_number(out, year, 4);
}

size_t till_date_write(char *out, int32_t day) {
    int year, month, date;
    if (day == TILL_DAY_MISSING)
        return 0;
    till_date_to_civil(day, &year, &month, &date);
    char *end = write_year(out, year);
    if (end == NULL)
        return 0;
    *end++ = '-';
    end = write_number(end, month, 2);
    *end++ = '-';
    write_number(end, date, 2);
    return 10;
}

/* Weeks are counted from the Monday before 1970-01-01, a Thursday; months, quarters and years from year 0. */
int32_t till_date_period(enum till_period_unit unit, int32_t day) {
    int year, month, date;
    if (unit == TILL_PERIOD_DAY || day == TILL_DAY_MISSING)
        return day;
    if (unit == TILL_PERIOD_WEEK)
        return (int32_t)(((int64_t)day + 3 - (day + INT64_C(3) < 0 ? 6 : 0)) / 7);
    till_date_to_civil(day, &year, &month, &date);
    switch (unit) {
    case TILL_PERIOD_MONTH:
        return year * 12 + month - 1;
    case TILL_PERIOD_QUARTER:
        return year * 4 + (month - 1) / 3;
    default:
        return year;
    }
}

int32_t till_date_period_start(enum till_period_unit unit, int32_t period) {
    if (period == TILL_DAY_MISSING)
        return period;
    switch (unit) {
    case TILL_PERIOD_DAY:
        return period;
    case TILL_PERIOD_WEEK:
        return period * 7 - 3;
    case TILL_PERIOD_MONTH: {
        int year = floor_divide(period, 12);
        return till_date_from_civil(year, period - year * 12 + 1, 1);
    }
    case TILL_PERIOD_QUARTER: {
        int year = floor_divide(period, 4);
        return till_date_from_civil(year, (period - year * 4) * 3 + 1, 1);
    }
    default:
        return till_date_from_civil(period, 1, 1);
    }
}

/* A week belongs to the year of its Thursday, and is numbered by the Thursdays before it (ISO 8601). */
static size_t write_week(char *out, int32_t week) {
    int year, month, date;
    int32_t thursday = week * 7;
    till_date_to_civil(thursday, &year, &month, &date);
    char *end = write_year(out, year);
    if (end == NULL)
        return 0;
    *end++ = '-';
    *end++ = 'W';
    write_number(end, (thursday - till_date_from_civil(year, 1, 1)) / 7 + 1, 2);
    return 8;
}

size_t till_date_period_write(char *out, enum till_period_unit unit, int32_t period) {
    int year, month, date;
    if (period == TILL_DAY_MISSING)
        return 0;
    if (unit == TILL_PERIOD_WEEK)
        return write_week(out, period);
    if (unit == TILL_PERIOD_DAY)
        return till_date_write(out, period);
    till_date_to_civil(till_date_period_start(unit, period), &year, &month, &date);
    char *end = write_year(out, year);
    if (end == NULL)
        return 0;
    if (unit == TILL_PERIOD_MONTH) {
        *end++ = '-';
        end = write_number(end, month, 2);
    } else if (unit == TILL_PERIOD_QUARTER) {
        *end++ = '-';
        *end++ = 'Q';
        end = write_number(end, (month + 2) / 3, 1);
    }
    return (size_t)(end - out);
}
