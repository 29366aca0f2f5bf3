/* tools/rfm_report.h: what is said of a scheme and of those it scored. */
#ifndef TOOLS_RFM_REPORT_H
#define TOOLS_RFM_REPORT_H

#include <till/rfm.h>

#include "tool.h"

/* The cuts as facts, for --meta and -v; and a note for each figure of which some score counts nobody in `cells` (NULL:
 * nobody was scored). */
enum till_status rfm_report_scheme(struct tool_run *run, const struct till_rfm_scheme *scheme,
                                   const struct till_rfm_cells *cells, struct till_error *error);

#endif
