/* tools/options.h: the parser of option tables, and what is made of them: --help, man page, completion.
 *
 *     struct option_set set = {.groups = groups, .group_count = 2};
 *     if (option_set_parse(&set, argc, argv, &error) == TILL_OK) ... set.operands[0 .. set.operand_count) ...
 *     option_set_free(&set);
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "tool.h"

/* A table of options under one title, and the struct that it fills. Neighbours of the same title are shown as one. */
struct option_group {
    const char *title;
    const struct option *options;
    void *settings;
};

/* One option as it was given, for the record. */
struct option_given {
    const struct option *option;
    const char *value; /* NULL for flags */
};

#define OPTION_GROUPS 10 /* shared and own ones, and those of common_groups */
struct option_set {
    struct option_group groups[OPTION_GROUPS];
    size_t group_count;
    bool takes_operands;
    const char **operands; /* argc of room */
    size_t operand_count;
    struct option_given *given;
    size_t given_count;
};

/* Sets the defaults, then reads the arguments: GNU long options (also abbreviated, where only one fits), short ones in
 * clusters, options behind operands, "--" as their end. Texts point into argv or the tables. Errors: TILL_ERROR_USAGE
 * with the option as role, TILL_ERROR_MEMORY. Free the set in either case. */
enum till_status option_set_parse(struct option_set *set, int argc, char **argv, struct till_error *error);
void option_set_free(struct option_set *set);

/* True when the option was given, rather than left at its default. */
bool option_set_was_given(const struct option_set *set, const char *name);

/* The help of a tool in one of its forms: "" (for reading), "man" (the OPTIONS section in roff), "bash", "zsh",
 * "purpose". Errors: TILL_ERROR_USAGE for another form. */
enum till_status option_help(struct till_text *out, const struct tool *tool, const struct option_set *set,
                             const char *form, struct till_error *error);

/* The name among `count` that is nearest to `asked`; NULL when none is near enough to be meant. */
const char *option_nearest(const char *asked, const char *const *names, size_t count);

#endif
