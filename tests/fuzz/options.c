/* Command lines of any bytes, cut at line ends, against a table with every kind of option. What is parsed keeps within
 * the bounds of the table; what is not is said in a line. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "tools/options.h"

struct settings {
    bool flag;
    const char *text;
    struct option_list list;
    uint64_t bins;
    uint64_t size;
    double share;
    int form;
    int32_t day;
    const char *file;
    const char *detail;
};

#define AT(field) offsetof(struct settings, field)
static const struct option table[] = {
    {.name = "flag", .letter = 'f', .kind = OPTION_FLAG, .offset = AT(flag), .help = "A flag."},
    {.name = "text", .letter = 't', .kind = OPTION_TEXT, .offset = AT(text), .initial = "none", .help = "A text."},
    {.name = "list", .kind = OPTION_LIST, .offset = AT(list), .help = "A list."},
    {.name = "bins",
     .letter = 'b',
     .kind = OPTION_COUNT,
     .offset = AT(bins),
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
     .choices = "csv|tsv",
     .help = "A form."},
    {.name = "day", .kind = OPTION_DAY, .offset = AT(day), .help = "A day."},
    {.name = "file", .kind = OPTION_FILE, .offset = AT(file), .help = "A file."},
    {.name = "detail", .letter = 'd', .kind = OPTION_OPTIONAL, .offset = AT(detail), .help = "More or less."},
    {0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 64 };
    struct settings settings = {0};
    struct option_set set = {.groups = {{.title = "Options", .options = table, .settings = &settings}},
                             .group_count = 1,
                             .takes_operands = true};
    struct till_error error = {0};
    char tool[] = "till-tool";
    char *argv[MOST + 1] = {tool};
    int argc = 1;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *word = text; word != NULL && argc < MOST; argc++) {
        char *end = strchr(word, '\n');
        argv[argc] = word;
        if (end != NULL)
            *end++ = '\0';
        word = end;
    }
    enum till_status status = option_set_parse(&set, argc, argv, &error);
    if (status == TILL_OK) {
        claim(settings.bins >= 2 && settings.bins <= 9, "a count keeps its bounds");
        claim(!option_set_was_given(&set, "share") || (settings.share >= 0 && settings.share <= 1), "a real too");
        claim(settings.form == 0 || settings.form == 1, "a choice is one of its names");
        claim(set.operand_count <= (size_t)argc, "no more operands than words");
    } else {
        claim(status == TILL_ERROR_USAGE && error.message[0] != '\0', "a wrong line says what is wrong");
    }
    option_set_free(&set);
    free(text);
    return 0;
}
