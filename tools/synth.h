/* tools/synth.h: what the files of till-synth share. */
#ifndef TOOLS_SYNTH_H
#define TOOLS_SYNTH_H

#include "tool.h"

#include <till/synth.h>

enum synth_field {
    SYNTH_CUSTOMER,
    SYNTH_ORDER,
    SYNTH_DATE,
    SYNTH_ITEM,
    SYNTH_QUANTITY,
    SYNTH_PRICE,
    SYNTH_AMOUNT,
    SYNTH_NOTE,
    SYNTH_FIELDS
};
enum { SYNTH_SALES, SYNTH_WIDE, SYNTH_ORDERS, SYNTH_BASKETS, SYNTH_SUMMARY };

/* A set of columns with what suits them. */
struct synth_shape {
    const char *columns;
    const char *item_prefix;
    int customer_digits; /* at least so many */
    int order_digits;
    int item_digits;
};

struct synth_settings {
    uint64_t customers;
    uint64_t rows;
    uint64_t days;
    uint64_t acquisition;
    uint64_t items;
    int32_t start;
    int method;
    int shape;
    double r, alpha, s, beta, a, b, p, q, gamma;
    double lines;
    const char *popularity;
    const char *returns;
    const char *notes;
    const char *weekdays;
    const char *months;
    const char *columns;
    const char *truth;
    const char *horizon;
    bool times;
    struct option_list segments;
    struct option_list rules;
};

/* What is written, and how ids look. */
struct synth_layout {
    const struct synth_shape *shape;
    enum synth_field fields[SYNTH_FIELDS];
    struct till_slice headers[SYNTH_FIELDS];
    size_t count;
    int customer_digits;
    int order_digits;
    int item_digits;
    double horizon; /* of the expectations in the truth, in weeks */
};

/* What the options' texts were read into. */
struct synth_planted {
    struct till_synth_segment *segments;
    char *names;
    struct till_synth_rule *rules;
};

/* ---- options (synth_options.c) ---- */

/* Reads all options into the library's, the columns and the digits of ids into `layout`. What `synth` then points to
 * lies in `planted`, which the caller frees, also after an error. */
enum till_status synth_settle(struct tool_run *run, struct till_synth_options *synth, struct synth_layout *layout,
                              struct synth_planted *planted, struct till_error *error);
void synth_planted_free(struct synth_planted *planted);

/* The ids of `synth` have so many digits. */
void synth_count_digits(struct synth_layout *layout, const struct till_synth *synth,
                        const struct till_synth_options *options);

/* ---- output (synth_write.c) ---- */

/* The lines of all orders; or, with --shape=summary, a row for each customer. */
enum till_status synth_write_rows(struct tool_run *run, struct till_synth *synth, const struct synth_layout *layout,
                                  struct till_error *error);
enum till_status synth_write_summaries(struct tool_run *run, const struct till_synth *synth,
                                       const struct synth_layout *layout, struct till_error *error);

/* The file of --truth, where it is asked for. */
enum till_status synth_write_truth(struct tool_run *run, const struct till_synth *synth,
                                   const struct synth_layout *layout, struct till_error *error);

#endif
