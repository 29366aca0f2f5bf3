/* date_quick.h: the ISO day, inline. */
#ifndef TILL_BASE_DATE_QUICK_H
#define TILL_BASE_DATE_QUICK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"

/* The day of the ten bytes "YYYY-MM-DD"; false when they are no date of that form. Reads sixteen bytes. */
static inline bool date_quick_day(const char *bytes, int32_t *day) {
    static const int16_t before[2][14] = {{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
                                          {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}};
    /* After this, digits are 0 to 9 and the dashes 0; adding pushes what is larger into the high bit. */
    uint64_t front = load_64(bytes) ^ UINT64_C(0x2D30302D30303030);
    uint32_t back = (load_32(bytes + 8) & 0xFFFF) ^ 0x3030;
    uint64_t wrong = ((front + UINT64_C(0x7F76767F76767676)) | front) & UINT64_C(0x8080808080808080);
    wrong |= ((back + 0x7676) | back) & 0x8080;
    uint32_t pairs = (uint32_t)front;
    pairs = (pairs * 10 + (pairs >> 8)) & 0x00FF00FF;
    uint32_t year = (pairs & 0xFF) * 100 + (pairs >> 16);
    uint32_t month = (uint32_t)(front >> 40 & 0xFF) * 10 + (uint32_t)(front >> 48 & 0xFF);
    uint32_t date = (back & 0xFF) * 10 + (back >> 8);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (wrong != 0 || year == 0 || month - 1 >= 12 ||
        date - 1 >= (uint32_t)(before[leap][month + 1] - before[leap][month])) {
        return false;
    }
    uint32_t past = year - 1;
    *day = (int32_t)(365 * past + past / 4 - past / 100 + past / 400 + date - 1) + before[leap][month] - 719162;
    return true;
}

#endif
