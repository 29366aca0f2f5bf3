/* Rows that come one by one against centroids that are kept: the same score as in a fit, so the same answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/kmeans.h>

#include "kernels.h"

struct till_centroids {
    size_t clusters;
    size_t columns;
    double *values; /* [clusters][columns] */
    double *half;   /* [clusters] */
    bool fused;     /* the processor multiplies and adds in one instruction */
};

void till_centroids_free(struct till_centroids *centroids) {
    if (centroids == NULL)
        return;
    free(centroids->values);
    free(centroids->half);
    free(centroids);
}

struct till_centroids *till_centroids_new(size_t clusters, size_t columns, const double *values,
                                          struct till_error *error) {
    struct till_centroids *new = calloc(1, sizeof *new);
    size_t size = clusters * columns * sizeof(double);
    if (new != NULL) {
        *new = (struct till_centroids){clusters, columns, malloc(size + 1), malloc((clusters + 1) * sizeof(double)),
                                       false};
#if defined(__x86_64__)
        __builtin_cpu_init();
        new->fused = __builtin_cpu_supports("fma");
#endif
    }
    if (new == NULL || new->values == NULL || new->half == NULL) {
        till_centroids_free(new);
        till_error_memory(error);
        return NULL;
    }
    memcpy(new->values, values, size);
    for (size_t c = 0; c < clusters; c++)
        new->half[c] = half_square(values + c * columns, columns);
    return new;
}

static inline __attribute__((always_inline)) uint32_t nearest_body(const struct till_centroids *centroids,
                                                                   const double *row) {
    double best = (double)INFINITY;
    uint32_t found = 0;
    const double *at = centroids->values;
    for (size_t c = 0; c < centroids->clusters; c++, at += centroids->columns) {
        double score = centroids->half[c];
        for (size_t j = 0; j < centroids->columns; j++)
            score = fma(-row[j], at[j], score);
        if (score < best) {
            best = score;
            found = (uint32_t)c;
        }
    }
    return found;
}

#if defined(__x86_64__)
/* One instruction in place of a call; the result is the same. */
__attribute__((target("fma"))) static uint32_t nearest_fused(const struct till_centroids *centroids,
                                                             const double *row) {
    return nearest_body(centroids, row);
}
#else
static uint32_t nearest_fused(const struct till_centroids *centroids, const double *row) {
    return nearest_body(centroids, row);
}
#endif

uint32_t till_centroids_nearest(const struct till_centroids *centroids, const double *row, double *distance) {
    uint32_t found = centroids->fused ? nearest_fused(centroids, row) : nearest_body(centroids, row);
    if (distance != NULL)
        *distance = till_kmeans_distance(row, centroids->values + found * centroids->columns, centroids->columns);
    return found;
}
