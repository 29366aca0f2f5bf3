/* Command lines of any bytes, cut at line ends, against a table with every kind of option. What is parsed keeps within
 * the bounds of the table; what is not is said in a line. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "tests/support/option_table.h"

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
        claim(settings.form >= 0 && settings.form <= 2, "a choice is one of its names");
        claim(set.operand_count <= (size_t)argc, "no more operands than words");
    } else {
        claim(status == TILL_ERROR_USAGE && error.message[0] != '\0', "a wrong line says what is wrong");
    }
    option_set_free(&set);
    free(text);
    return 0;
}
