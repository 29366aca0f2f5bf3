/* tools/common.h: the options that all tools share, and what they mean to the library. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include "options.h"

/* Every common option's value, as it was typed. */
struct common {
    /* Reading */
    const char *delimiter;
    bool tsv;
    bool no_headers;
    uint64_t skip;
    const char *footer;
    const char *encoding;
    struct option_list nulls;
    int decimal;
    bool money;
    bool clean_ids;
    struct option_list only;
    struct option_list except;
    const char *max_bad;
    uint64_t max_field;
    const char *rejects;
    uint64_t min_rows;
    /* Transactions */
    struct till_transactions_options roles;
    const char *map;
    const char *since;
    int32_t as_of;
    int amount_per;
    int returns;
    int count;
    /* State */
    const char *state;
    bool state_only;
    bool replay;
    bool allow_overlap;
    bool replace_days;
    /* Writing */
    const char *output;
    int format;
    const char *output_encoding;
    bool bom;
    bool replace_columns;
    const char *meta;
    struct option_list fail_if;
    /* Running */
    uint64_t threads;
    uint64_t seed;
    int progress;
    bool quiet;
    bool verbose;
    int errors;
    const char *help;
    bool version;
};

/* Texts and arrays that live as long as the run. Starts as {0}. */
struct keep {
    void **blocks;
    size_t count;
};
/* Zeroed bytes that keep_free frees; NULL when memory is out. */
void *keep_alloc(struct keep *keep, size_t size);
char *keep_copy(struct keep *keep, const char *bytes, size_t length);
void keep_free(struct keep *keep);

/* Adds the groups of common options that a tool takes. */
void common_groups(struct option_set *set, unsigned groups, struct common *common);

/* The reading options for the library. The arrays are kept in `keep`. Errors: TILL_ERROR_USAGE, TILL_ERROR_MEMORY. */
enum till_status common_input_options(struct till_input_options *options, const struct common *common,
                                      struct keep *keep, struct till_error *error);

/* The field separator of input and output. */
enum till_status common_delimiter(const struct common *common, char *delimiter, struct till_error *error);

/* Roles and formats from the file of --map, where the command line does not say otherwise. Errors: as reading a file;
 * TILL_ERROR_USAGE with file and line for what is not a role. */
enum till_status common_read_map(struct common *common, const struct option_set *set, struct keep *keep,
                                 struct till_error *error);

/* --since: a date, or an age such as 365d. Exactly one of *day and *age is set; the other is TILL_DAY_MISSING. */
enum till_status common_since(const char *text, int32_t *day, int32_t *age, struct till_error *error);

#endif
