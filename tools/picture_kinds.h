/* tools/picture_kinds.h: the kinds of pictures, each in the file of its tool. */
#ifndef TOOLS_PICTURE_KINDS_H
#define TOOLS_PICTURE_KINDS_H

#include "picture.h"
#include "picture_script.h"

extern const struct picture_kind picture_rfm;
extern const struct picture_kind picture_segments;
extern const struct picture_kind picture_value;
extern const struct picture_kind picture_cohort;
extern const struct picture_kind picture_criteria;
extern const struct picture_kind picture_snake;
extern const struct picture_kind picture_scatter;
extern const struct picture_kind picture_silhouette;
extern const struct picture_kind picture_rules;
extern const struct picture_kind picture_rule_graph;
extern const struct picture_kind picture_alive;
extern const struct picture_kind picture_purchases;
extern const struct picture_kind picture_tracking;
extern const struct picture_kind picture_clv_calibration;
extern const struct picture_kind picture_gains;
extern const struct picture_kind picture_roc;
extern const struct picture_kind picture_calibration;
extern const struct picture_kind picture_profit;
extern const struct picture_kind picture_survival;
extern const struct picture_kind picture_migration;
extern const struct picture_kind picture_psi;

#endif
