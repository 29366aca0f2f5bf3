/* tools/tool.h: what every tool shares: options, input, output, messages, exit codes.
 *
 * A tool is a table of options, a struct of settings that they fill, and a function that reads, calls the library and
 * writes:
 *
 *     int main(int argc, char **argv) { return tool_main(&cohort, argc, argv); }
 *
 * Its page man/till-cohort.1 holds the lines `.\" BEGIN OPTIONS` and `.\" END OPTIONS`; `make man` writes the section
 * between them.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/input.h>
#include <till/ledger.h>
#include <till/state.h>
#include <till/table.h>
#include <till/transactions.h>
#include <till/writer.h>

/* One option. The table is the parser, --help, the OPTIONS of the man page and the completion. A table ends with {0}.
 */
enum option_kind {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char * */
    OPTION_LIST,    /* struct option_list: may be given several times */
    OPTION_COUNT,   /* uint64_t within minimum..maximum */
    OPTION_REAL,    /* double within minimum..maximum */
    OPTION_SIZE,    /* uint64_t, with K, M, G */
    OPTION_CHOICE,  /* int: the index into `choices` */
    OPTION_DAY,     /* int32_t: an ISO date; TILL_DAY_MISSING when not given */
    OPTION_FILE,    /* const char *: a file name; completion knows */
    OPTION_OPTIONAL /* const char *: its argument may be left out and is "" then (--help[=FORM]) */
};
struct option_list {
    const char **values;
    size_t count;
};
struct option {
    const char *name; /* long form, without dashes */
    char letter;      /* short form, or 0 */
    enum option_kind kind;
    size_t offset;        /* of the field in the settings */
    const char *argument; /* how --help calls the argument: "N" */
    const char *initial;  /* the default, as it would be typed; NULL: zero, false or none */
    const char *choices;  /* CHOICE: "csv|tsv|jsonl" */
    double minimum;       /* COUNT, REAL, SIZE: the range, where maximum is above minimum */
    double maximum;
    const char *help; /* one sentence or two, plain text; NULL hides the option */
};

/* Which groups of common options a tool takes. */
enum tool_groups {
    TOOL_READS = 1,        /* section "Reading" of the contract */
    TOOL_WRITES = 2,       /* section "Writing" */
    TOOL_TRANSACTIONS = 4, /* roles, dates, amounts, --as-of, --since */
    TOOL_PURCHASES = 8,    /* --returns, --count, --amount-per */
    TOOL_PASSES = 16,      /* --replace-columns: rows are passed through */
    TOOL_STATE = 32        /* --state and what belongs to it */
};

struct tool_run;
struct tool {
    const char *name;     /* "till-cohort" */
    const char *purpose;  /* one line, as `till` lists it */
    const char *operands; /* "[FILE]..."; NULL: none are taken */
    unsigned groups;
    const struct option *options; /* the tool's own */
    const struct option *shared;  /* of several tools, shown first; it fills the start of the settings. NULL: none */
    size_t settings_size;         /* a settings struct of zeros and defaults is made for the run */
    enum till_status (*run)(struct tool_run *run, struct till_error *error);
};

/* One run of a tool. */
struct tool_run {
    const struct tool *tool;
    void *settings; /* the tool's own struct */
    const char *const *operands;
    size_t operand_count;
    unsigned threads;
    uint64_t seed;
    bool verbose;
    bool quiet;
    struct till_transactions_options roles; /* TOOL_TRANSACTIONS */
    int32_t as_of; /* TILL_DAY_MISSING: not given; a tool that settles it sets it, for --meta */
    int count;     /* TOOL_PURCHASES: 0 orders, 1 days, 2 rows */
    int returns;   /* 0 net, 1 drop, 2 error */
    bool amount_per_order;
    bool replace_columns; /* TOOL_PASSES */
    const char *state;    /* TOOL_STATE: the file; NULL: none. Roles and amount_per_order are then its own */
    bool state_only;      /* nothing is to be printed */
    bool streaming;       /* set by a tool that opens its output before the input was read */
    char delimiter;       /* of the fields of the input, and of CSV that is written */
    struct till_number_format number; /* TOOL_READS: how numbers are written */
    /* set by a tool before it opens its input: without --max-bad, all bad rows are gone past */
    bool lenient;
    /* set by a tool before it opens its input, to a field separator: records of any number of fields, without a header
     * (till_input_options.ragged); 0: a table */
    char ragged;
    /* told of each bad row beside --rejects; may be NULL */
    void (*reject)(void *context, const struct till_reject *reject);
    void *reject_context;
    struct tool_private *private;
};

/* Parses, runs, reports, commits outputs; returns the exit code. */
int tool_main(const struct tool *tool, int argc, char **argv);

/* The error of an option that is used in the wrong way; `what` is what is shown. Returns TILL_ERROR_USAGE. */
enum till_status tool_usage(struct till_error *error, const char *option, const char *what);
/* The same with the text that was given behind it, in quotes. */
enum till_status tool_usage_text(struct till_error *error, const char *option, const char *what,
                                 struct till_slice text);

/* Who cleans up: tool_main. It closes inputs, finishes and frees writers, and completes files; a tool does none of
 * that. */

/* Opens the operands as one input, with all reading options, rejects and progress in place. */
enum till_status tool_open_input(struct tool_run *run, struct till_input **input, struct till_error *error);

/* Opens an input of other files than the operands (till-migrate OLD NEW), with the same reading options. */
enum till_status tool_open_paths(struct tool_run *run, const char *const *paths, size_t count,
                                 struct till_input **input, struct till_error *error);

/* Opens a file once more that the run has opened before, outside of the row accounting; the caller closes it. `path`
 * (one) must outlive the input. */
enum till_status tool_open_again(struct tool_run *run, const char *const *path, struct till_input **input,
                                 struct till_error *error);

/* True for a file that can be read more than once, and false for a pipe or a device. What is not there, and a folder,
 * are left to the one that opens them. */
bool tool_is_file(const char *path);

/* Plans the input as transactions (roles, --map, --since also as an age, --as-of as the last day) and starts it. */
enum till_status tool_start_transactions(struct tool_run *run, struct till_input *input, unsigned uses,
                                         struct till_transactions *transactions, struct till_error *error);

/* With --state: reads the input, adds it to the state, and shows the sum to `visit`, whose bounds are set here; with
 * --state-only nothing is shown. *has_items (may be NULL): the state knows of items. The new state is in place when the
 * run has ended well. */
enum till_status tool_state_read(struct tool_run *run, struct till_state_visit *visit, bool *has_items,
                                 struct till_error *error);

/* The same by way of till_ledger_stretches; with --state-only `take` is not called and *summary not set. */
enum till_status tool_state_stretches(struct tool_run *run, bool by_day, till_ledger_take *take, void *context,
                                      struct till_ledger_summary *summary, struct till_error *error);

/* Locks a state and opens the file that takes its place when the run has ended well. Errors: TILL_ERROR_STATE when
 * another run has it; those of tool_open_file. */
enum till_status tool_open_state(struct tool_run *run, const char *path, struct till_sink *sink,
                                 struct till_error *error);

/* The writer on -o or standard output, by --format and friends. Bytes reach a regular -o file at the end of the run; on
 * standard output nothing appears before the input was accepted, that is before this is called. tool_main finishes it.
 */
enum till_status tool_open_output(struct tool_run *run, struct till_writer **writer, struct till_error *error);

/* The same without a writer, for what is no table. */
enum till_status tool_open_text(struct tool_run *run, struct till_sink *sink, struct till_error *error);

/* A further output file (a scheme, a model, a summary): complete at the end of the run together with all others, or not
 * there. */
enum till_status tool_open_file(struct tool_run *run, const char *path, struct till_sink *sink,
                                struct till_error *error);

/* A writer on such a file, CSV unless --format says otherwise. */
enum till_status tool_open_table(struct tool_run *run, const char *path, struct till_writer **writer,
                                 struct till_error *error);

/* Opens such a file (path NULL: the output) and writes a table. */
enum till_status tool_write_table(struct tool_run *run, const char *path, const struct till_table *table,
                                  struct till_error *error);

/* Bytes instead of a table, on -o or standard output: a picture. As tool_open_output otherwise. */
enum till_status tool_open_bytes(struct tool_run *run, struct till_sink *sink, struct till_error *error);

/* What -o names; "-" for standard output. */
const char *tool_output_name(const struct tool_run *run);

/* A figure of the summary: shown at the end, in --meta, and tested by --fail-if. */
void tool_figure(struct tool_run *run, const char *name, double value);
/* A fact for --meta alone, and for -v: "role.customer" = "CustomerID". */
void tool_fact(struct tool_run *run, const char *name, const char *format, ...) TILL_PRINTF(3, 4);
/* A warning: one line on standard error (also in --meta). A note: the same without the word, unless quiet. */
void tool_warn(struct tool_run *run, const char *format, ...) TILL_PRINTF(2, 3);
void tool_note(struct tool_run *run, const char *format, ...) TILL_PRINTF(2, 3);
/* Warns of a newest date that is far from the next one (TILL_DAY_MISSING: there is none): mostly a slip such as
 * 9999-12-31, and ages are counted from it. */
void tool_warn_newest(struct tool_run *run, int32_t newest, int32_t next);

#endif
