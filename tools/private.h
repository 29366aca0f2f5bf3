/* tools/private.h: what the files behind tool.h know of a run, and tools do not. */
#ifndef TOOLS_PRIVATE_H
#define TOOLS_PRIVATE_H

#include <pthread.h>
#include <time.h>

#include <jansson.h>

#include "common.h"
#include "output.h"

struct tool_figure {
    const char *name;
    double value;
};
struct tool_fact {
    const char *name;
    const char *value;
};

/* A comparison of --fail-if. */
enum comparison { ABOVE, AT_LEAST, BELOW, AT_MOST, EQUAL, UNEQUAL };
struct condition {
    const char *text; /* as it was given */
    char *name;
    enum comparison comparison;
    double bound;
};

/* Bad rows on their way to --rejects. */
struct reject_file {
    struct till_writer *writer;
    enum till_status status; /* the first failure */
    struct till_error error;
};

/* A thread that shows how far the input is. */
struct progress {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct till_input *input;
    const char *tool;
    struct timespec start;
    bool running;
    bool stop;
    bool shown;
};

#define TOOL_INPUTS 64
#define TOOL_WRITERS 64
struct tool_private {
    struct keep keep;
    struct common common;
    struct option_set set;
    struct timespec start;
    struct till_input_options input_options;
    int32_t since_day; /* --since as a date, or as an age */
    int32_t since_age;

    struct till_input *inputs[TOOL_INPUTS];
    size_t input_count;
    int lock;                 /* of the state; -1: none */
    struct till_state *state; /* as it was before the run; NULL: there is none */
    struct output_set outputs;
    struct till_writer *writers[TOOL_WRITERS];
    size_t writer_count;
    struct reject_file rejects;
    struct progress progress;

    struct condition *conditions;
    size_t condition_count;
    struct tool_figure *figures;
    size_t figure_count;
    struct tool_fact *facts;
    size_t fact_count;
    const char **warnings;
    size_t warning_count;
    bool out_of_memory; /* in a function that cannot say so */
};

/* report.c: lines on standard error. */
void report_error(const struct tool_run *run, const struct till_error *error, int code);
void report_line(const struct tool_run *run, const char *kind, const char *message);
/* All inputs together. */
void report_accounting(const struct tool_run *run, struct till_accounting *sum);
/* Filter reasons (with -v) and the summary line. */
void report_summary(const struct tool_run *run);

/* meta.c: the JSON file of --meta, as one more output. */
enum till_status meta_write(struct tool_run *run, struct till_error *error);
/* A JSON string; bytes of a text that is not UTF-8 (a file name) become \xNN. NULL when memory is out. */
json_t *json_of_text(const char *text);
/* Appends the value as JSON; false when memory is out. */
bool json_to_text(struct till_text *out, const json_t *value, size_t flags);

/* conditions.c: --fail-if. */
enum till_status conditions_parse(struct tool_run *run, struct till_error *error);
/* Says which conditions are met. Errors: TILL_ERROR_USAGE for a figure that there is not. */
enum till_status conditions_check(const struct tool_run *run, bool *met, struct till_error *error);

/* state.c: checks the options, locks the state and opens it. */
enum till_status state_begin(struct tool_run *run, struct till_error *error);

/* roles.c: plans a night's input as transactions, whatever --since and --until say, and starts it. `known`: the format
 * of its dates, plus one, where it is known. */
enum till_status roles_start_night(struct tool_run *run, struct till_input *input, unsigned uses, unsigned known,
                                   struct till_transactions *transactions, struct till_error *error);

/* progress.c: nothing happens unless --progress and the terminal ask for it. */
void progress_start(struct tool_run *run, struct till_input *input);
void progress_stop(struct tool_run *run);
/* Takes the progress line off the terminal, so that a message can be written there. */
void progress_clear(const struct tool_run *run);

#endif
