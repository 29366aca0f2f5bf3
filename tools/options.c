/* tools/options.c: the parser of option tables.
 *
 * Each table names where in its settings an option's value goes, so parsing is: find the option, take its argument,
 * check it and store it there. Defaults are typed texts and go the same way, which keeps a table from holding a default
 * that a user could not type. */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/decimal.h>

static enum till_status bad(struct till_error *error, const char *name, const char *format, ...) TILL_PRINTF(3, 4);

/* A usage error about the option `name`; a short one brings its dash. */
static enum till_status bad(struct till_error *error, const char *name, const char *format, ...) {
    char message[400], role[100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(role, sizeof role, "%s%s", *name == '-' ? "" : "--", name);
    till_error_set(error, TILL_ERROR_USAGE, "%s", message);
    till_error_at(error, NULL, 0, 0, role);
    return TILL_ERROR_USAGE;
}

/* `what`, and the text that was given. */
static enum till_status bad_value(struct till_error *error, const struct option *option, const char *text,
                                  const char *what) {
    char quoted[TILL_QUOTED_SIZE];
    return bad(error, option->name, "%s: %s", what, till_error_quote(quoted, text, strlen(text)));
}

static enum till_status out_of_range(struct till_error *error, const struct option *option, const char *text) {
    char what[100];
    snprintf(what, sizeof what, "not between %.15g and %.15g", option->minimum, option->maximum);
    return bad_value(error, option, text, what);
}

static bool in_range(const struct option *option, double value) {
    return option->maximum <= option->minimum || (value >= option->minimum && value <= option->maximum);
}

/* Digits alone, up to 2^64 - 1. Returns what is behind them, or NULL. */
static const char *read_digits(const char *text, uint64_t *value) {
    const char *at = text;
    for (*value = 0; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return NULL;
        *value = *value * 10 + digit;
    }
    return at == text ? NULL : at;
}

static enum till_status store_count(const struct option *option, void *field, const char *text,
                                    struct till_error *error) {
    uint64_t value;
    const char *rest = read_digits(text, &value);
    if (rest == NULL || *rest != '\0')
        return bad_value(error, option, text, "not a whole number");
    if (!in_range(option, (double)value))
        return out_of_range(error, option, text);
    *(uint64_t *)field = value;
    return TILL_OK;
}

static enum till_status store_size(const struct option *option, void *field, const char *text,
                                   struct till_error *error) {
    static const char units[] = "KMG";
    uint64_t value;
    const char *rest = read_digits(text, &value);
    unsigned shift = 0;
    if (rest != NULL && *rest != '\0') {
        const char *unit = strchr(units, *rest);
        shift = unit == NULL ? 0 : 10 * ((unsigned)(unit - units) + 1);
        rest = unit == NULL ? NULL : rest + 1;
    }
    if (rest == NULL || *rest != '\0' || value > UINT64_MAX >> shift)
        return bad_value(error, option, text, "not a size such as 65536, 64K, 16M or 1G");
    if (!in_range(option, (double)(value << shift)))
        return out_of_range(error, option, text);
    *(uint64_t *)field = value << shift;
    return TILL_OK;
}

static enum till_status store_real(const struct option *option, void *field, const char *text,
                                   struct till_error *error) {
    double value;
    if (till_real_parse(text, strlen(text), NULL, &value) != TILL_NUMBER_OK)
        return bad_value(error, option, text, "not a number");
    if (!in_range(option, value))
        return out_of_range(error, option, text);
    *(double *)field = value;
    return TILL_OK;
}

static enum till_status store_day(const struct option *option, void *field, const char *text,
                                  struct till_error *error) {
    int64_t time;
    size_t length = strlen(text);
    if (length != 10 || !till_date_parse(TILL_DATE_ISO, NULL, text, length, &time))
        return bad_value(error, option, text, "not a date such as 2011-12-09");
    *(int32_t *)field = till_date_day(time);
    return TILL_OK;
}

static enum till_status store_choice(const struct option *option, void *field, const char *text,
                                     struct till_error *error) {
    size_t length = strlen(text);
    int index = 0;
    for (const char *at = option->choices;; index++) {
        size_t width = strcspn(at, "|");
        if (width == length && memcmp(at, text, length) == 0) {
            *(int *)field = index;
            return TILL_OK;
        }
        if (at[width] == '\0')
            break;
        at += width + 1;
    }
    char what[200];
    size_t at = (size_t)snprintf(what, sizeof what, "not one of ");
    for (const char *choice = option->choices; *choice != '\0' && at + 3 < sizeof what; choice++) {
        what[at++] = *choice == '|' ? ',' : *choice;
        if (*choice == '|')
            what[at++] = ' ';
    }
    what[at] = '\0';
    return bad_value(error, option, text, what);
}

static enum till_status store_item(void *field, const char *text, struct till_error *error) {
    struct option_list *list = field;
    const char **grown = realloc(list->values, (list->count + 1) * sizeof *grown);
    if (grown == NULL)
        return till_error_memory(error);
    grown[list->count++] = text;
    list->values = grown;
    return TILL_OK;
}

static enum till_status store(const struct option *option, void *settings, const char *text, struct till_error *error) {
    void *field = (char *)settings + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return TILL_OK;
    case OPTION_FILE:
        if (*text == '\0')
            return bad_value(error, option, text, "not a file name");
        *(const char **)field = text;
        return TILL_OK;
    case OPTION_TEXT:
    case OPTION_OPTIONAL:
        *(const char **)field = text;
        return TILL_OK;
    case OPTION_LIST:
        return store_item(field, text, error);
    case OPTION_COUNT:
        return store_count(option, field, text, error);
    case OPTION_REAL:
        return store_real(option, field, text, error);
    case OPTION_SIZE:
        return store_size(option, field, text, error);
    case OPTION_CHOICE:
        return store_choice(option, field, text, error);
    case OPTION_DAY:
        return store_day(option, field, text, error);
    }
    return TILL_OK;
}

static enum till_status set_defaults(struct option_set *set, struct till_error *error) {
    for (size_t g = 0; g < set->group_count; g++) {
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++) {
            if (o->kind == OPTION_DAY)
                *(int32_t *)((char *)set->groups[g].settings + o->offset) = TILL_DAY_MISSING;
            if (o->initial != NULL && store(o, set->groups[g].settings, o->initial, error) != TILL_OK)
                return error == NULL ? TILL_ERROR_USAGE : error->status;
        }
    }
    return TILL_OK;
}

/* An option and the settings of its group. */
struct found {
    const struct option *option;
    void *settings;
};

static bool find_letter(const struct option_set *set, char letter, struct found *found) {
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++)
            if (o->letter == letter && letter != '\0') {
                *found = (struct found){o, set->groups[g].settings};
                return true;
            }
    return false;
}

/* The options whose names begin with `name`; one that is wholly it counts alone. At most two are told. */
static size_t find_long(const struct option_set *set, const char *name, size_t length, struct found found[2]) {
    size_t count = 0;
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++) {
            if (strncmp(o->name, name, length) != 0)
                continue;
            if (o->name[length] == '\0') {
                found[0] = (struct found){o, set->groups[g].settings};
                return 1;
            }
            if (count < 2)
                found[count] = (struct found){o, set->groups[g].settings};
            count++;
        }
    return count;
}

static enum till_status unknown(const struct option_set *set, const char *name, struct till_error *error) {
    const char *names[256];
    size_t count = 0;
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++)
            if (o->help != NULL && count < sizeof names / sizeof *names)
                names[count++] = o->name;
    const char *nearest = option_nearest(name, names, count);
    char quoted[TILL_QUOTED_SIZE];
    till_error_quote(quoted, name, strlen(name));
    quoted[strlen(quoted) - 1] = '\0'; /* an option is named without quotes */
    return nearest == NULL ? bad(error, quoted + 1, "no such option")
                           : bad(error, quoted + 1, "no such option; the nearest is --%s", nearest);
}

/* Stores a value and remembers that it was given. */
static enum till_status take(struct option_set *set, const struct found *found, const char *value,
                             struct till_error *error) {
    const struct option *option = found->option;
    struct option_given *grown = realloc(set->given, (set->given_count + 1) * sizeof *grown);
    if (grown == NULL)
        return till_error_memory(error);
    grown[set->given_count++] = (struct option_given){option, option->kind == OPTION_FLAG ? NULL : value};
    set->given = grown;
    return store(option, found->settings, value, error);
}

static bool wants_value(const struct option *option) {
    return option->kind != OPTION_FLAG && option->kind != OPTION_OPTIONAL;
}

static enum till_status no_value(const struct option *option, struct till_error *error) {
    return bad(error, option->name, "an argument is missing: --%s=%s", option->name,
               option->argument == NULL ? "VALUE" : option->argument);
}

/* --name, --name=value, or --name value; *next is the argument behind it. */
static enum till_status parse_long(struct option_set *set, const char *text, char **argv, int argc, int *next,
                                   struct till_error *error) {
    size_t length = strcspn(text, "=");
    struct found found[2];
    size_t count = find_long(set, text, length, found);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), text);
    if (count == 0)
        return unknown(set, name, error);
    if (count > 1)
        return bad(error, name, "ambiguous, as in --%s and --%s", found[0].option->name, found[1].option->name);
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    const struct option *option = found[0].option;
    if (value != NULL && option->kind == OPTION_FLAG)
        return bad(error, option->name, "takes no argument");
    if (value == NULL && wants_value(option)) {
        if (*next >= argc)
            return no_value(option, error);
        value = argv[(*next)++];
    }
    return take(set, &found[0], value == NULL ? "" : value, error);
}

/* -a, -abc, -n5 or -n 5. */
static enum till_status parse_short(struct option_set *set, const char *text, char **argv, int argc, int *next,
                                    struct till_error *error) {
    for (; *text != '\0'; text++) {
        struct found found;
        if (!find_letter(set, *text, &found)) {
            char letter[3] = {'-', *text, '\0'};
            return unknown(set, letter, error);
        }
        if (!wants_value(found.option)) {
            enum till_status status = take(set, &found, "", error);
            if (status != TILL_OK)
                return status;
            continue;
        }
        if (text[1] != '\0')
            return take(set, &found, text + 1, error);
        if (*next >= argc)
            return no_value(found.option, error);
        return take(set, &found, argv[(*next)++], error);
    }
    return TILL_OK;
}

enum till_status option_set_parse(struct option_set *set, int argc, char **argv, struct till_error *error) {
    enum till_status status = set_defaults(set, error);
    bool ended = false;
    set->operand_count = 0;
    set->operands = calloc((size_t)argc + 1, sizeof *set->operands);
    if (set->operands == NULL)
        return till_error_memory(error);
    for (int next = 1; status == TILL_OK && next < argc;) {
        const char *text = argv[next++];
        if (ended || text[0] != '-' || text[1] == '\0')
            set->operands[set->operand_count++] = text;
        else if (text[1] != '-')
            status = parse_short(set, text + 1, argv, argc, &next, error);
        else if (text[2] == '\0')
            ended = true;
        else
            status = parse_long(set, text + 2, argv, argc, &next, error);
    }
    if (status == TILL_OK && set->operand_count > 0 && !set->takes_operands) {
        char quoted[TILL_QUOTED_SIZE];
        till_error_quote(quoted, set->operands[0], strlen(set->operands[0]));
        status = till_error_set(error, TILL_ERROR_USAGE, "no operands are taken: %s", quoted);
    }
    return status;
}

void option_set_free(struct option_set *set) {
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++)
            if (o->kind == OPTION_LIST) {
                struct option_list *list = (struct option_list *)((char *)set->groups[g].settings + o->offset);
                free(list->values);
                *list = (struct option_list){0};
            }
    free(set->operands);
    free(set->given);
    set->operands = NULL;
    set->given = NULL;
    set->operand_count = set->given_count = 0;
}

bool option_set_was_given(const struct option_set *set, const char *name) {
    for (size_t i = 0; i < set->given_count; i++)
        if (strcmp(set->given[i].option->name, name) == 0)
            return true;
    return false;
}
