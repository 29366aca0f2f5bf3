/* tests/support/option_table.h: an option of every kind, for the tests of the parser and for its fuzzer. */
#ifndef TESTS_SUPPORT_OPTION_TABLE_H
#define TESTS_SUPPORT_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/options.h"

struct settings {
    bool flag;
    bool force;
    const char *text;
    struct option_list list;
    uint64_t bins;
    uint64_t size;
    double share;
    int form;
    int32_t day;
    const char *file;
    const char *help;
};

#define AT(field) offsetof(struct settings, field)
static const struct option table[] = {
    {.name = "flag", .letter = 'f', .kind = OPTION_FLAG, .offset = AT(flag), .help = "A flag."},
    {.name = "force", .letter = 'F', .kind = OPTION_FLAG, .offset = AT(force), .help = "Another flag."},
    {.name = "text", .letter = 't', .kind = OPTION_TEXT, .offset = AT(text), .initial = "none", .help = "A text."},
    {.name = "list", .kind = OPTION_LIST, .offset = AT(list), .help = "A list."},
    {.name = "bins",
     .letter = 'b',
     .kind = OPTION_COUNT,
     .offset = AT(bins),
     .argument = "N",
     .initial = "5",
     .minimum = 2,
     .maximum = 9,
     .help = "How many."},
    {.name = "size", .kind = OPTION_SIZE, .offset = AT(size), .help = "Bytes."},
    {.name = "share", .kind = OPTION_REAL, .offset = AT(share), .minimum = 0, .maximum = 1, .help = "A share."},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .offset = AT(form),
     .initial = "csv",
     .choices = "csv|tsv|json",
     .help = "A form."},
    {.name = "day", .kind = OPTION_DAY, .offset = AT(day), .help = "A day."},
    {.name = "file", .kind = OPTION_FILE, .offset = AT(file), .help = "A file."},
    {.name = "help", .letter = 'h', .kind = OPTION_OPTIONAL, .offset = AT(help), .help = "Help."},
    {0}};

#endif
