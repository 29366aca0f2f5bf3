/* The parser of option tables: what GNU and POSIX users type, and what they get told when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/date.h>

#include "tests/support/option_table.h"

static struct settings settings;
static struct option_set set;
static struct till_error error;

/* Parses the words of `line`, cut at blanks. */
static enum till_status parse(const char *line) {
    static char words[300], *argv[40];
    char program[] = "tool";
    int argc = 1;
    option_set_free(&set);
    memset(&settings, 0, sizeof settings);
    set = (struct option_set){.groups = {{"Options", table, &settings}}, .group_count = 1, .takes_operands = true};
    strcpy(words, line);
    argv[0] = program;
    char *rest;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    return option_set_parse(&set, argc, argv, &error);
}

static void refuses(const char *line, const char *role, const char *message) {
    assert_int_equal(parse(line), TILL_ERROR_USAGE);
    assert_string_equal(error.role, role);
    assert_string_equal(error.message, message);
}

static void defaults_are_typed_texts(void **state) {
    (void)state;
    assert_int_equal(parse(""), TILL_OK);
    assert_string_equal(settings.text, "none");
    assert_int_equal(settings.bins, 5);
    assert_int_equal(settings.form, 0);
    assert_int_equal(settings.day, TILL_DAY_MISSING);
    assert_false(settings.flag);
    assert_null(settings.help);
    assert_int_equal(set.given_count, 0);
}

static void long_options_take_both_forms_of_argument(void **state) {
    (void)state;
    assert_int_equal(parse("--bins=3 --text a=b --form=tsv --day 2011-12-09 --share=.25"), TILL_OK);
    assert_int_equal(settings.bins, 3);
    assert_string_equal(settings.text, "a=b");
    assert_int_equal(settings.form, 1);
    assert_int_equal(settings.day, till_date_from_civil(2011, 12, 9));
    assert_true(settings.share > 0.249 && settings.share < 0.251);
    assert_true(option_set_was_given(&set, "bins"));
    assert_false(option_set_was_given(&set, "size"));
}

static void abbreviations_count_where_only_one_fits(void **state) {
    (void)state;
    assert_int_equal(parse("--b=3 --sh=1"), TILL_OK);
    assert_int_equal(settings.bins, 3);
    refuses("--f", "--f", "ambiguous, as in --flag and --force");
    refuses("--s=1", "--s", "ambiguous, as in --size and --share");
}

static void a_whole_name_beats_a_longer_one(void **state) {
    (void)state;
    static const struct option two[] = {{.name = "map", .kind = OPTION_FLAG, .offset = AT(flag), .help = "."},
                                        {.name = "mapping", .kind = OPTION_FLAG, .offset = AT(force), .help = "."},
                                        {0}};
    struct option_set own = {.groups = {{"Options", two, &settings}}, .group_count = 1};
    char program[] = "tool", option[] = "--map", *argv[] = {program, option, NULL};
    memset(&settings, 0, sizeof settings);
    assert_int_equal(option_set_parse(&own, 2, argv, &error), TILL_OK);
    assert_true(settings.flag);
    assert_false(settings.force);
    option_set_free(&own);
}

static void short_options_cluster(void **state) {
    (void)state;
    assert_int_equal(parse("-fFb3 -tx -t y"), TILL_OK);
    assert_true(settings.flag && settings.force);
    assert_int_equal(settings.bins, 3);
    assert_string_equal(settings.text, "y");
}

static void options_may_follow_operands_until_two_dashes(void **state) {
    (void)state;
    assert_int_equal(parse("a --flag b - -- --force -x"), TILL_OK);
    assert_true(settings.flag);
    assert_false(settings.force);
    assert_int_equal(set.operand_count, 5);
    assert_string_equal(set.operands[2], "-");
    assert_string_equal(set.operands[3], "--force");
}

static void lists_gather_and_other_options_keep_the_last(void **state) {
    (void)state;
    assert_int_equal(parse("--list=a --list b --bins=2 --bins=4"), TILL_OK);
    assert_int_equal(settings.list.count, 2);
    assert_string_equal(settings.list.values[0], "a");
    assert_string_equal(settings.list.values[1], "b");
    assert_int_equal(settings.bins, 4);
    assert_int_equal(set.given_count, 4);
}

static void sizes_have_units(void **state) {
    (void)state;
    assert_int_equal(parse("--size=65536"), TILL_OK);
    assert_int_equal(settings.size, 65536);
    assert_int_equal(parse("--size=16M"), TILL_OK);
    assert_int_equal(settings.size, 16777216);
    assert_int_equal(parse("--size=1G"), TILL_OK);
    assert_int_equal(settings.size, 1073741824);
    refuses("--size=1T", "--size", "not a size such as 65536, 64K, 16M or 1G: \"1T\"");
    refuses("--size=99999999999G", "--size", "not a size such as 65536, 64K, 16M or 1G: \"99999999999G\"");
}

static void values_are_checked_wholly(void **state) {
    (void)state;
    refuses("--bins=12", "--bins", "not between 2 and 9: \"12\"");
    refuses("--bins=3x", "--bins", "not a whole number: \"3x\"");
    refuses("--bins=-3", "--bins", "not a whole number: \"-3\"");
    refuses("--bins=18446744073709551616", "--bins", "not a whole number: \"18446744073709551616\"");
    refuses("--share=1.5", "--share", "not between 0 and 1: \"1.5\"");
    refuses("--share=nan", "--share", "not a number: \"nan\"");
    refuses("--form=xls", "--form", "not one of csv, tsv, json: \"xls\"");
    refuses("--form=cs", "--form", "not one of csv, tsv, json: \"cs\"");
    refuses("--day=2011-02-30", "--day", "not a date such as 2011-12-09: \"2011-02-30\"");
    refuses("--file=", "--file", "not a file name: \"\"");
}

static void arguments_are_there_or_not_as_the_table_says(void **state) {
    (void)state;
    refuses("--bins", "--bins", "an argument is missing: --bins=N");
    refuses("-b", "--bins", "an argument is missing: --bins=N");
    refuses("--flag=1", "--flag", "takes no argument");
    assert_int_equal(parse("--help -f"), TILL_OK);
    assert_string_equal(settings.help, "");
    assert_int_equal(parse("--help=man"), TILL_OK);
    assert_string_equal(settings.help, "man");
}

static void an_unknown_option_names_the_nearest(void **state) {
    (void)state;
    refuses("--bims=3", "--bims", "no such option; the nearest is --bins");
    refuses("--lfag", "--lfag", "no such option; the nearest is --flag");
    refuses("--wholly-else", "--wholly-else", "no such option");
    refuses("-x", "-x", "no such option");
}

static void help_is_no_wider_than_a_terminal(void **state) {
    (void)state;
    static const struct tool tool = {
        .name = "tool", .purpose = "Does this.", .operands = "[FILE]...", .groups = TOOL_READS};
    struct till_text text = {0};
    assert_int_equal(parse(""), TILL_OK);
    assert_int_equal(option_help(&text, &tool, &set, "", &error), TILL_OK);
    const char *help = till_text_string(&text);
    assert_non_null(strstr(help, "-b, --bins=N"));
    assert_non_null(strstr(help, "How many. From 2 to 9. Default: 5."));
    assert_non_null(strstr(help, "One of csv, tsv, json."));
    for (const char *line = help; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    till_text_free(&text);
    assert_int_equal(option_help(&text, &tool, &set, "pdf", &error), TILL_ERROR_USAGE);
}

static int clean(void **state) {
    (void)state;
    option_set_free(&set);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_typed_texts),
        cmocka_unit_test(long_options_take_both_forms_of_argument),
        cmocka_unit_test(abbreviations_count_where_only_one_fits),
        cmocka_unit_test(a_whole_name_beats_a_longer_one),
        cmocka_unit_test(short_options_cluster),
        cmocka_unit_test(options_may_follow_operands_until_two_dashes),
        cmocka_unit_test(lists_gather_and_other_options_keep_the_last),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(values_are_checked_wholly),
        cmocka_unit_test(arguments_are_there_or_not_as_the_table_says),
        cmocka_unit_test(an_unknown_option_names_the_nearest),
        cmocka_unit_test(help_is_no_wider_than_a_terminal),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, clean);
}
