/* tools/migrate.h: what the parts of till-migrate share. */
#ifndef TOOLS_MIGRATE_H
#define TOOLS_MIGRATE_H

#include "sheet.h"
#include "tool.h"

/* One of the two files. */
struct migrate_side {
    struct sheet sheet;
    size_t key, group, value; /* places in the sheet; value: TILL_NO_COLUMN */
    const struct till_schema *schema;
};

/* migrate_psi.c: the population stability index of the features that both sides hold, into `path`. */
enum till_status migrate_psi(struct tool_run *run, struct migrate_side *old, struct migrate_side *new, const char *path,
                             struct till_error *error);

#endif
