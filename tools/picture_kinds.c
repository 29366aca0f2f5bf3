/* tools/picture_kinds.c: the list of pictures. */
#include "picture_kinds.h"

const struct picture_kind *const picture_kinds[] = {
    &picture_rfm,         &picture_segments,
    &picture_value,       &picture_cohort,
    &picture_criteria,    &picture_snake,
    &picture_scatter,     &picture_silhouette,
    &picture_rules,       &picture_rule_graph,
    &picture_alive,       &picture_purchases,
    &picture_tracking,    &picture_clv_calibration,
    &picture_gains,       &picture_roc,
    &picture_calibration, &picture_profit,
    &picture_survival,    &picture_migration,
    &picture_psi,         NULL,
};
