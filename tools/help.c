/* tools/help.c: what a table of options says to people and shells: --help, the OPTIONS section of the man page,
 * completion.
 *
 * All of it is made from the tables that the parser reads, so none of it can disagree with what the tool does. */
#include "options.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 80
#define INDENT 26 /* where help texts begin */

/* Appending is checked once, at the end: a text that could not grow keeps failing. */
struct page {
    struct till_text *out;
    bool failed;
};

static void put(struct page *page, const char *text) {
    page->failed = page->failed || !till_text_append_string(page->out, text);
}

static void put_bytes(struct page *page, const char *bytes, size_t length) {
    page->failed = page->failed || !till_text_append(page->out, bytes, length);
}

/* How wide a word is on a terminal: CJK characters take two cells, continuation bytes none. */
static size_t cells(const char *bytes, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        count += (byte & 0xC0) == 0x80 ? 0 : byte >= 0xE3 ? 2 : 1;
    }
    return count;
}

/* Words of `text`, wrapped at WIDTH, the lines behind the first indented; `at` is the present column. */
static void wrap(struct page *page, const char *text, size_t at, size_t indent) {
    bool first = true;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        size_t width = cells(text, length);
        if (!first && at + 1 + width > WIDTH) {
            put(page, "\n");
            for (size_t i = 0; i < indent; i++)
                put(page, " ");
            at = indent;
        } else if (!first) {
            put(page, " ");
            at++;
        }
        put_bytes(page, text, length);
        at += width;
        text += length;
        text += strspn(text, " ");
        first = false;
    }
}

/* The help of an option, with its range, choices and default behind it. */
static void describe(struct till_text *text, const struct option *option, bool *failed) {
    bool ok = till_text_append_string(text, option->help);
    /* Single characters are named in the help itself. */
    if (option->kind == OPTION_CHOICE && strlen(option->choices) > 3) {
        ok = ok && till_text_append_string(text, " One of ");
        for (const char *at = option->choices; *at != '\0'; at++)
            ok = ok && till_text_append(text, *at == '|' ? ", " : at, *at == '|' ? 2 : 1);
        ok = ok && till_text_append_string(text, ".");
    }
    /* A bound that no one meets in practice says nothing to a reader. */
    if (option->maximum > option->minimum && option->maximum <= 1e9)
        ok = ok && till_text_append_format(text, " From %.10g to %.10g.", option->minimum, option->maximum);
    if (option->initial != NULL && *option->initial != '\0')
        ok = ok && till_text_append_format(text, " Default: %s%s", option->initial,
                                           strcmp(option->initial, ".") == 0 ? "" : ".");
    ok = ok && till_text_append(text, "", 1);
    *failed = *failed || !ok;
}

static const char *argument_of(const struct option *option) {
    return option->argument == NULL ? "VALUE" : option->argument;
}

static bool has_argument(const struct option *option) {
    return option->kind != OPTION_FLAG && option->kind != OPTION_OPTIONAL;
}

/* Calls `show` for each visible option, and for each new title with option NULL. */
static void each_option(struct page *page, const struct option_set *set,
                        void (*show)(struct page *page, const char *title, const struct option *option)) {
    const char *title = NULL;
    for (size_t g = 0; g < set->group_count; g++) {
        const struct option_group *group = &set->groups[g];
        if (group->options[0].name == NULL)
            continue;
        if (title == NULL || strcmp(title, group->title) != 0)
            show(page, group->title, NULL);
        title = group->title;
        for (const struct option *o = group->options; o->name != NULL; o++)
            if (o->help != NULL)
                show(page, title, o);
    }
}

static void show_plain(struct page *page, const char *title, const struct option *option) {
    if (option == NULL) {
        put(page, "\n");
        put(page, title);
        put(page, ":\n");
        return;
    }
    char head[100], letter[8] = "   ";
    if (option->letter != '\0')
        snprintf(letter, sizeof letter, "-%c,", option->letter);
    int length = snprintf(head, sizeof head, "  %s --%s%s%s", letter, option->name, has_argument(option) ? "=" : "",
                          has_argument(option) ? argument_of(option) : "");
    put(page, head);
    size_t at = (size_t)length;
    if (at + 2 > INDENT) {
        put(page, "\n");
        at = 0;
    }
    for (; at < INDENT; at++)
        put(page, " ");
    struct till_text text = {0};
    describe(&text, option, &page->failed);
    if (!page->failed)
        wrap(page, text.bytes, INDENT, INDENT);
    put(page, "\n");
    till_text_free(&text);
}

static void help_plain(struct page *page, const struct tool *tool, const struct option_set *set) {
    put(page, "Usage: ");
    put(page, tool->name);
    put(page, " [OPTION]...");
    if (tool->operands != NULL) {
        put(page, " ");
        put(page, tool->operands);
    }
    put(page, "\n");
    wrap(page, tool->purpose, 0, 0);
    put(page, "\n");
    if (tool->groups & TOOL_READS)
        put(page, "Without FILE, or for -, standard input is read; gzip is recognised by itself.\n");
    each_option(page, set, show_plain);
    put(page, "\nExit status: 0 done, 1 a --fail-if condition was met, 2 usage, 3 bad data,\n4 input/output or memory, "
              "5 the data do not identify the model, 6 a bad state or\nmodel file.\nThe whole page: man ");
    put(page, tool->name);
    put(page, ". What all tools have in common: man 7 till.\n");
}

/* Text for roff: backslashes and hyphens escaped, no line that begins with a dot or quote. */
static void put_roff(struct page *page, const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\')
            put(page, "\\e");
        else if (*at == '-')
            put(page, "\\-");
        else if ((*at == '.' || *at == '\'') && at == text)
            put_bytes(page, (char[]){'\\', '&', *at}, 3);
        else if (*at == '"')
            put(page, "\\(dq");
        else
            put_bytes(page, at, 1);
    }
}

static void show_roff(struct page *page, const char *title, const struct option *option) {
    if (option == NULL) {
        put(page, ".SS ");
        put(page, title);
        put(page, "\n");
        return;
    }
    put(page, ".TP\n\\fB");
    if (option->letter != '\0')
        put_bytes(page, (char[]){'\\', '-', option->letter}, 3);
    put(page, option->letter != '\0' ? "\\fR, \\fB\\-\\-" : "\\-\\-");
    put_roff(page, option->name);
    if (has_argument(option)) {
        put(page, "\\fR=\\fI");
        put_roff(page, argument_of(option));
    }
    put(page, "\\fR\n");
    struct till_text text = {0};
    describe(&text, option, &page->failed);
    if (!page->failed)
        put_roff(page, text.bytes);
    put(page, "\n");
    till_text_free(&text);
}

/* The words of a choice list, blank-separated. */
static void put_choices(struct page *page, const char *choices) {
    for (; *choices != '\0'; choices++)
        put_bytes(page, *choices == '|' ? " " : choices, 1);
}

static void bash_choices(struct page *page, const struct option *option) {
    put(page, "        --");
    put(page, option->name);
    if (option->letter != '\0')
        put_bytes(page, (char[]){'|', '-', option->letter}, 3);
    put(page, ") COMPREPLY=($(compgen -W '");
    put_choices(page, option->choices);
    put(page, "' -- \"$word\")); return;;\n");
}

/* The options of one kind as a case pattern: --map|--rejects|-o. */
static void bash_pattern(struct page *page, const struct option_set *set, bool files) {
    bool first = true;
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++) {
            if (o->help == NULL || !has_argument(o) || o->kind == OPTION_CHOICE || (o->kind == OPTION_FILE) != files)
                continue;
            put(page, first ? "        --" : "|--");
            put(page, o->name);
            if (o->letter != '\0')
                put_bytes(page, (char[]){'|', '-', o->letter}, 3);
            first = false;
        }
    if (!first)
        put(page, files ? ") COMPREPLY=($(compgen -f -- \"$word\")); return;;\n" : ") return;;\n");
}

/* A function that completes the argument of the option before the cursor, else options, else files. */
static void help_bash(struct page *page, const struct tool *tool, const struct option_set *set) {
    char name[80];
    snprintf(name, sizeof name, "%s", tool->name);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '-')
            *at = '_';
    put(page, "# Completion of ");
    put(page, tool->name);
    put(page, " for bash.\n_");
    put(page, name);
    put(page,
        "() {\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    # bash splits --format=csv into three words\n"
        "    if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    case $before in\n");
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++)
            if (o->kind == OPTION_CHOICE && o->help != NULL)
                bash_choices(page, o);
    bash_pattern(page, set, true);
    bash_pattern(page, set, false);
    put(page, "    esac\n    if [[ $word == -* ]]; then\n        COMPREPLY=($(compgen -W '");
    for (size_t g = 0; g < set->group_count; g++)
        for (const struct option *o = set->groups[g].options; o->name != NULL; o++) {
            if (o->help == NULL)
                continue;
            put(page, "--");
            put(page, o->name);
            put(page, has_argument(o) ? "= " : " ");
        }
    put(page,
        "' -- \"$word\"))\n        if [[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *= ]]; then compopt -o nospace; fi\n"
        "    else\n        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\ncomplete -o filenames -F _");
    put(page, name);
    put(page, " ");
    put(page, tool->name);
    put(page, "\n");
}

/* Text inside a quoted _arguments specification. */
static void put_zsh(struct page *page, const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        if (strchr("[]:\\", *at) != NULL)
            put(page, "\\");
        if (*at == '\'')
            put(page, "'\\''");
        else
            put_bytes(page, at, 1);
    }
}

static void show_zsh(struct page *page, const char *title, const struct option *option) {
    (void)title;
    if (option == NULL)
        return;
    put(page, " \\\n    ");
    if (option->letter != '\0')
        put_bytes(page, (char[]){'{', '-', option->letter, has_argument(option) ? '+' : ',', ','},
                  has_argument(option) ? 5 : 4);
    put(page, "--");
    put(page, option->name);
    put(page, has_argument(option) ? "=" : "");
    put(page, option->letter != '\0' ? "}'[" : "'[");
    put_zsh(page, option->help);
    put(page, "]");
    if (has_argument(option)) {
        put(page, ":");
        put_zsh(page, argument_of(option));
        put(page, ":");
    }
    if (option->kind == OPTION_CHOICE) {
        put(page, "(");
        put_choices(page, option->choices);
        put(page, ")");
    }
    put(page, option->kind == OPTION_FILE ? "_files'" : "'");
}

static void help_zsh(struct page *page, const struct tool *tool, const struct option_set *set) {
    put(page, "#compdef ");
    put(page, tool->name);
    put(page, "\n_arguments -s -S");
    each_option(page, set, show_zsh);
    put(page, tool->operands == NULL ? "\n" : " \\\n    '*:file:_files'\n");
}

enum till_status option_help(struct till_text *out, const struct tool *tool, const struct option_set *set,
                             const char *form, struct till_error *error) {
    struct page page = {.out = out};
    if (*form == '\0') {
        help_plain(&page, tool, set);
    } else if (strcmp(form, "man") == 0) {
        each_option(&page, set, show_roff);
    } else if (strcmp(form, "bash") == 0) {
        help_bash(&page, tool, set);
    } else if (strcmp(form, "zsh") == 0) {
        help_zsh(&page, tool, set);
    } else if (strcmp(form, "purpose") == 0) {
        put(&page, tool->purpose);
        put(&page, "\n");
    } else {
        return tool_usage_text(error, "--help", "not one of man, bash, zsh, purpose", till_slice_of(form));
    }
    return page.failed ? till_error_memory(error) : TILL_OK;
}
