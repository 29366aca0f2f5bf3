/* FasterPAM: Schubert & Rousseeuw 2021, algorithm 4.
 *
 * A row is tried against all medoids at once: the cost of taking each medoid away is kept, and only rows that are
 * nearer to the candidate than to their second medoid change it. The first swap that helps is made at once, and the
 * search goes on behind it; it ends when a whole round brought nothing. */
#include "pam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum till_status pam_open(struct pam *pam, const struct points *points, size_t clusters, bool portable,
                          struct till_error *error) {
    size_t rows = points->numbers->rows, blocks = (rows + BLOCK - 1) / BLOCK;
    *pam = (struct pam){.points = points,
                        .measure = measure_choose(portable),
                        .rows = rows,
                        .clusters = clusters,
                        .medoids = calloc(clusters, sizeof(size_t)),
                        .nearest = malloc((rows + 1) * sizeof(struct nearest)),
                        .limit = malloc((blocks * BLOCK + 1) * sizeof(double)),
                        .removal = malloc(clusters * sizeof(double)),
                        .trial = malloc(clusters * sizeof(double)),
                        .numbers = malloc((points->numbers->columns + 1) * sizeof(double)),
                        .levels = malloc((points->level_count + 1) * sizeof(uint32_t))};
    if (pam->medoids != NULL && pam->nearest != NULL && pam->limit != NULL && pam->removal != NULL &&
        pam->trial != NULL && pam->numbers != NULL && pam->levels != NULL)
        return TILL_OK;
    return till_error_memory(error);
}

void pam_close(struct pam *pam) {
    free(pam->medoids);
    free(pam->nearest);
    free(pam->limit);
    free(pam->removal);
    free(pam->trial);
    free(pam->numbers);
    free(pam->levels);
}

/* One distance, by the same steps as the vector code. */
static double distance_between(const struct points *points, size_t a, size_t b) {
    const double *left = till_matrix_at(points->numbers, a, 0), *right = till_matrix_at(points->numbers, b, 0);
    const uint32_t *mine = points->levels + a / BLOCK * points->level_count * BLOCK + a % BLOCK;
    const uint32_t *theirs = points->levels + b / BLOCK * points->level_count * BLOCK + b % BLOCK;
    size_t different = 0;
    double apart = 0;
    for (size_t j = 0; j < points->numbers->columns; j++) {
        double difference = left[j * BLOCK] - right[j * BLOCK];
        apart += points->metric == TILL_METRIC_EUCLIDEAN ? difference * difference : fabs(difference);
    }
    for (size_t j = 0; j < points->level_count; j++)
        different += mine[j * BLOCK] != theirs[j * BLOCK];
    return measure_finish(points, apart + (double)different);
}

static void set_second(struct pam *pam, size_t row, uint32_t cluster, double distance) {
    pam->nearest[row].second = cluster;
    pam->nearest[row].second_distance = distance;
    pam->limit[row] = measure_limit(pam->points, distance);
}

/* The second medoid of a row anew, among all but its first. */
static void find_second(struct pam *pam, size_t row) {
    double least = (double)INFINITY;
    uint32_t found = pam->nearest[row].first;
    for (uint32_t c = 0; c < pam->clusters; c++) {
        double distance =
            c == pam->nearest[row].first ? (double)INFINITY : distance_between(pam->points, row, pam->medoids[c]);
        if (distance < least) {
            least = distance;
            found = c;
        }
    }
    set_second(pam, row, found, least);
}

static void find_nearest(struct pam *pam) {
    size_t blocks = (pam->rows + BLOCK - 1) / BLOCK;
    for (size_t row = pam->rows; row < blocks * BLOCK; row++)
        pam->limit[row] = -1;
    pam->deviation = 0;
    for (size_t row = 0; row < pam->rows; row++) {
        struct nearest *nearest = &pam->nearest[row];
        nearest->first_distance = (double)INFINITY;
        for (uint32_t c = 0; c < pam->clusters; c++) {
            double distance = distance_between(pam->points, row, pam->medoids[c]);
            if (distance < nearest->first_distance) {
                nearest->first_distance = distance;
                nearest->first = c;
            }
        }
        find_second(pam, row);
        pam->deviation += nearest->first_distance;
    }
}

static void find_removal(struct pam *pam) {
    memset(pam->removal, 0, pam->clusters * sizeof *pam->removal);
    for (size_t row = 0; row < pam->rows; row++)
        pam->removal[pam->nearest[row].first] += pam->nearest[row].second_distance - pam->nearest[row].first_distance;
}

/* What the best swap of a medoid for `candidate` changes, and for which one. */
static double best_swap(struct pam *pam, size_t candidate, size_t *medoid) {
    double gained = 0, apart[BLOCK];
    memcpy(pam->trial, pam->removal, pam->clusters * sizeof *pam->trial);
    points_get(pam->points, candidate, pam->numbers, pam->levels);
    for (size_t first = 0; first < pam->rows; first += BLOCK) {
        uint32_t nearer =
            pam->measure(pam->points, first / BLOCK, pam->numbers, pam->levels, pam->limit + first, apart);
        for (; nearer != 0; nearer &= nearer - 1) {
            size_t lane = (size_t)__builtin_ctz(nearer);
            const struct nearest *nearest = &pam->nearest[first + lane];
            double distance = measure_finish(pam->points, apart[lane]);
            if (distance < nearest->first_distance) {
                gained += distance - nearest->first_distance;
                pam->trial[nearest->first] += nearest->first_distance - nearest->second_distance;
            } else if (distance < nearest->second_distance) {
                pam->trial[nearest->first] += distance - nearest->second_distance;
            }
        }
    }
    *medoid = 0;
    for (size_t c = 1; c < pam->clusters; c++)
        if (pam->trial[c] < pam->trial[*medoid])
            *medoid = c;
    return pam->trial[*medoid] + gained;
}

/* A row after cluster `out` got a new medoid at `distance` from it. */
static void update_row(struct pam *pam, size_t row, uint32_t out, double distance) {
    struct nearest *nearest = &pam->nearest[row];
    if (nearest->first == out) {
        if (distance < nearest->second_distance) {
            nearest->first_distance = distance;
            return;
        }
        nearest->first = nearest->second;
        nearest->first_distance = nearest->second_distance;
        find_second(pam, row);
    } else if (distance < nearest->first_distance) {
        uint32_t second = nearest->first;
        double second_distance = nearest->first_distance;
        nearest->first = out;
        nearest->first_distance = distance;
        set_second(pam, row, second, second_distance);
    } else if (distance < nearest->second_distance) {
        set_second(pam, row, out, distance);
    } else if (nearest->second == out) {
        find_second(pam, row);
    }
}

static void swap(struct pam *pam, size_t medoid, size_t candidate) {
    double apart[BLOCK], none[BLOCK] = {0};
    pam->medoids[medoid] = candidate;
    points_get(pam->points, candidate, pam->numbers, pam->levels);
    pam->deviation = 0;
    for (size_t first = 0; first < pam->rows; first += BLOCK) {
        pam->measure(pam->points, first / BLOCK, pam->numbers, pam->levels, none, apart);
        size_t count = pam->rows - first < BLOCK ? pam->rows - first : BLOCK;
        for (size_t lane = 0; lane < count; lane++) {
            update_row(pam, first + lane, (uint32_t)medoid, measure_finish(pam->points, apart[lane]));
            pam->deviation += pam->nearest[first + lane].first_distance;
        }
    }
    find_removal(pam);
    pam->swaps++;
}

/* One cluster: the removal of its medoid costs infinity, so the row of the smallest sum is looked for. */
static void only_medoid(struct pam *pam) {
    double least = (double)INFINITY, apart[BLOCK], none[BLOCK] = {0};
    size_t best = 0;
    for (size_t row = 0; row < pam->rows; row++) {
        double sum = 0;
        points_get(pam->points, row, pam->numbers, pam->levels);
        for (size_t first = 0; first < pam->rows && sum < least; first += BLOCK) {
            pam->measure(pam->points, first / BLOCK, pam->numbers, pam->levels, none, apart);
            for (size_t lane = 0; lane < BLOCK && first + lane < pam->rows; lane++)
                sum += measure_finish(pam->points, apart[lane]);
        }
        if (sum < least) {
            least = sum;
            best = row;
        }
    }
    pam->medoids[0] = best;
    pam->converged = true;
    find_nearest(pam);
}

/* One pass; false when a whole round from the last swap on brought nothing. */
static bool pass(struct pam *pam, size_t *last) {
    uint64_t before = pam->swaps;
    for (size_t row = 0; row < pam->rows && row != *last; row++) {
        size_t medoid;
        if (pam->medoids[pam->nearest[row].first] == row)
            continue;
        /* Below rounding, a gain is none: swaps could otherwise go round in circles. */
        if (best_swap(pam, row, &medoid) >= -1e-12 * pam->deviation)
            continue;
        *last = row;
        swap(pam, medoid, row);
    }
    return pam->swaps > before;
}

void pam_run(struct pam *pam, unsigned most) {
    size_t last = pam->rows;
    pam->iterations = 0;
    pam->swaps = 0;
    pam->converged = false;
    if (pam->clusters == 1) {
        only_medoid(pam);
        return;
    }
    find_nearest(pam);
    find_removal(pam);
    while (pam->iterations < most && !pam->converged) {
        pam->iterations++;
        pam->converged = !pass(pam, &last);
    }
}
