/* pam.h: FasterPAM on rows in memory. */
#ifndef TILL_KMEDOIDS_PAM_H
#define TILL_KMEDOIDS_PAM_H

#include <till/error.h>

#include "lib/mining/clustering/distances.h"

/* What a row knows of its two nearest medoids. */
struct nearest {
    uint32_t first; /* cluster */
    uint32_t second;
    double first_distance;
    double second_distance;
};

struct pam {
    const struct points *points;
    measure_function *measure;
    size_t rows;
    size_t clusters;
    size_t *medoids;         /* [clusters] */
    struct nearest *nearest; /* [rows] */
    double *limit;           /* [whole blocks]: measure_limit of the second distance; below zero beyond the last row */
    double *removal;         /* [clusters]: what taking a medoid away would cost */
    double *trial;           /* [clusters] */
    double *numbers;         /* of the row at hand */
    uint32_t *levels;
    double deviation;
    unsigned iterations;
    uint64_t swaps;
    bool converged;
};

enum till_status pam_open(struct pam *pam, const struct points *points, size_t clusters, bool portable,
                          struct till_error *error);
void pam_close(struct pam *pam);
/* Improves pam->medoids by swaps until none helps, in at most `most` passes. */
void pam_run(struct pam *pam, unsigned most);

#endif
