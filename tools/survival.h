/* tools/survival.h: what the files of till-survival share. */
#ifndef TOOLS_SURVIVAL_H
#define TOOLS_SURVIVAL_H

#include "tool.h"

#include <till/frame.h>
#include <till/survival.h>

struct survival_settings {
    const char *time;
    const char *event;
    const char *event_value;
    const char *group;
    int interval;
    double level;
    double given;
    double horizon;
    bool hazard;
    bool all_times;
    const char *summary;
    const char *cox;
    const char *categorical;
    int ties;
    int missing;
    const char *proportional;
    const char *baseline;
};

/* The columns of the frame: from SURVIVAL_TERMS on the group, or the terms of --cox. */
enum { SURVIVAL_TIME, SURVIVAL_EVENT, SURVIVAL_TERMS };

/* What a run carries. */
struct survival_work {
    struct tool_run *run;
    const struct survival_settings *settings;
    struct till_frame *frame;
    double z; /* standard errors on each side */
    size_t groups;
    struct till_slice *names;            /* [groups] in byte order */
    uint32_t *group;                     /* [rows] */
    struct till_survival_curve **curves; /* [groups] */
    struct till_survival_test *test;     /* NULL: fewer than two groups */
};

/* The curves of all groups, their test and their summary. */
enum till_status survival_curves(struct survival_work *work, struct till_error *error);

/* Cox's regression: coefficients, the test of proportional hazards, the baseline. */
enum till_status survival_cox(struct survival_work *work, struct till_error *error);

#endif
