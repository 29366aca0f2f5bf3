/* The columns of scores. score is the three digits side by side: 5, 4, 3 is 543. */
#include "rfm_columns.h"

const struct pass_column rfm_score_columns[RFM_SCORE_COLUMNS] = {
    {"r", TILL_COUNT}, {"f", TILL_COUNT}, {"m", TILL_COUNT}, {"score", TILL_COUNT}, {"segment", TILL_TEXT}};

void rfm_write_scores(struct till_writer *writer, const struct till_rfm_scheme *scheme, struct till_rfm_score score) {
    till_writer_count(writer, score.r);
    till_writer_count(writer, score.f);
    till_writer_count(writer, score.m);
    till_writer_count(writer, score.r * 100u + score.f * 10u + score.m);
    till_writer_text(writer, till_rfm_segments_name(till_rfm_scheme_segments(scheme), score));
}
