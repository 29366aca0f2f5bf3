/* Tiers from text. Percents are decimals, and are kept as integers of 10^-9 percent, so that "sums to 100" and the cuts
 * are exact: as doubles, 0.01 + 0.04 + 0.15 + 0.80 need not be 1, and ceil(0.05 x 100) may be 6. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

static const struct {
    const char *name;
    const char *text;
} presets[] = {
    {"pyramid", "VIP:1%,major:4%,ordinary:15%,small:80%"},
    {"chinese", "重要:1%,次要:19%,普通:30%,小:50%"},
};

static const char *preset(const char *text) {
    if (text == NULL)
        return presets[0].text;
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(text, presets[i].name) == 0)
            return presets[i].text;
    return text;
}

void till_value_tiers_free(struct till_value_tiers *tiers) {
    if (tiers == NULL)
        return;
    for (size_t i = 0; i < tiers->count; i++) {
        free(tiers->tier[i].name);
        free(tiers->tier[i].percent);
    }
    free(tiers->tier);
    free(tiers);
}

/* "12.5%" in units of 10^-9 percent; 0 when it is not above 0 and up to 100, with nine decimals or fewer. */
static uint64_t parse_percent(struct till_slice text) {
    uint64_t parts = 0;
    unsigned decimals = 0, digits = 0;
    bool behind_mark = false;
    if (text.length < 2 || text.bytes[text.length - 1] != '%')
        return 0;
    for (size_t i = 0; i + 1 < text.length; i++) {
        char c = text.bytes[i];
        if (c == '.' && !behind_mark) {
            behind_mark = true;
            continue;
        }
        if (c < '0' || c > '9' || decimals == 9 || parts > VALUE_WHOLE)
            return 0;
        parts = parts * 10 + (uint64_t)(c - '0');
        digits++;
        decimals += behind_mark;
    }
    for (; decimals < 9 && parts <= VALUE_WHOLE; decimals++)
        parts *= 10;
    return digits > 0 && parts <= VALUE_WHOLE ? parts : 0;
}

static enum till_status refuse(struct till_slice entry, const char *what, struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    till_error_set(error, TILL_ERROR_USAGE, "tier %s: %s", till_error_quote(quoted, entry.bytes, entry.length), what);
    return TILL_ERROR_USAGE;
}

/* Parses `name:percent` into `tier`; the name ends at the last colon. */
static enum till_status parse_tier(struct till_value_tier *tier, struct till_slice entry, struct till_error *error) {
    size_t colon = entry.length;
    while (colon > 0 && entry.bytes[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return refuse(entry, "want NAME:PERCENT%, as in VIP:1%", error);
    struct till_slice percent = {entry.bytes + colon, entry.length - colon};
    tier->parts = parse_percent(percent);
    if (tier->parts == 0)
        return refuse(entry, "want a percent above 0% and up to 100%, with nine decimals or fewer", error);
    tier->name = strndup(entry.bytes, colon - 1);
    tier->percent = strndup(percent.bytes, percent.length);
    if (tier->name != NULL && tier->percent != NULL)
        return TILL_OK;
    till_error_memory(error);
    return TILL_ERROR_MEMORY;
}

static enum till_status parse_all(struct till_value_tiers *tiers, const char *text, struct till_error *error) {
    for (const char *at = text;; at++) {
        struct till_slice entry = {at, strcspn(at, ",")};
        enum till_status status = parse_tier(&tiers->tier[tiers->count++], entry, error);
        if (status != TILL_OK)
            return status;
        for (size_t i = 0; i + 1 < tiers->count; i++)
            if (strcmp(tiers->tier[i].name, tiers->tier[tiers->count - 1].name) == 0)
                return refuse(entry, "there are two of this name", error);
        at += entry.length;
        if (*at == '\0')
            return TILL_OK;
    }
}

static enum till_status check_sum(const struct till_value_tiers *tiers, struct till_error *error) {
    till_wide sum = 0;
    for (size_t i = 0; i < tiers->count; i++)
        sum += tiers->tier[i].parts;
    if (sum == VALUE_WHOLE)
        return TILL_OK;
    return till_error_set(error, TILL_ERROR_USAGE, "the percents of the tiers sum to %.10g%%, not to 100%%",
                          (double)sum / ((double)VALUE_WHOLE / 100));
}

enum till_status till_value_tiers_parse(struct till_value_tiers **tiers, const char *text, struct till_error *error) {
    text = preset(text);
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++)
        most += *at == ',';
    *tiers = NULL;
    struct till_value_tiers *new = calloc(1, sizeof *new);
    if (new == NULL)
        return till_error_memory(error);
    new->tier = calloc(most, sizeof *new->tier);
    enum till_status status = new->tier == NULL ? till_error_memory(error) : parse_all(new, text, error);
    if (status == TILL_OK)
        status = check_sum(new, error);
    if (status == TILL_OK)
        *tiers = new;
    else
        till_value_tiers_free(new);
    return status;
}
