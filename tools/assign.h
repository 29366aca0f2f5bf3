/* tools/assign.h: what till-assign has to know of a kind of model. */
#ifndef TOOLS_ASSIGN_H
#define TOOLS_ASSIGN_H

#include <jansson.h>

#include <till/input.h>
#include <till/writer.h>

#include "pass.h"
#include "tool.h"

/* How many columns of a row a model may look at. */
#define ASSIGN_COLUMNS 1024

struct assigner {
    const char *kind;                  /* of the model file */
    const struct pass_column *columns; /* that are added */
    size_t column_count;

    /* The model from the body of its file. `value` is the --value option, or NULL. */
    enum till_status (*open)(void **model, const json_t *body, const char *value, struct till_error *error);
    /* The columns that the model looks at, into wanted[0..*count). */
    enum till_status (*plan)(const void *model, const struct till_schema *schema, struct till_wanted *wanted,
                             size_t *count, struct till_error *error);
    /* False, with the column and the reason, when a row has values that the model cannot take. */
    bool (*check)(const void *model, const struct till_block *block, size_t row, const char **role,
                  const char **reason);
    /* Writes the cells of the added columns. */
    void (*write)(const void *model, const struct till_block *block, size_t row, struct till_writer *writer);
    /* Figures for the summary, after the last row; may be NULL. */
    void (*tell)(const void *model, struct tool_run *run);
    void (*close)(void *model);
};

extern const struct assigner assign_rfm;     /* RFM schemes: r, f, m, score, segment */
extern const struct assigner assign_tier;    /* tier schemes: tier */
extern const struct assigner assign_cluster; /* clusterings: cluster, distance */

#endif
