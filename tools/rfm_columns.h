/* tools/rfm_columns.h: the columns of scores, the same from till-rfm and till-assign. */
#ifndef TOOLS_RFM_COLUMNS_H
#define TOOLS_RFM_COLUMNS_H

#include <till/rfm.h>
#include <till/writer.h>

#include "pass.h"

/* r, f, m, score, segment */
#define RFM_SCORE_COLUMNS 5
extern const struct pass_column rfm_score_columns[RFM_SCORE_COLUMNS];

void rfm_write_scores(struct till_writer *writer, const struct till_rfm_scheme *scheme, struct till_rfm_score score);

#endif
