/* Passing over rows that cannot have moved.
 *
 * Each row keeps an upper bound of the distance to its own centroid and, for each group of centroids, a lower bound of
 * the distance to all others of the group (Ding et al. 2015; one group is Hamerly 2010). When centroids move, bounds
 * move with them: what a centroid or group has drifted in all is kept once, and a bound is stored as if the drift were
 * zero, so nothing is rewritten for rows that are passed over. Rows that fail are gathered 32 at a time and go through
 * the same kernel as in a dense pass, but only against the groups that their bounds leave open.
 *
 * The answer has to be that of a dense pass to the last bit. Bounds are therefore loosened by more than all rounding
 * there can be: a row or group is passed over only when it could not even have tied. */

#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 16, CENTROIDS_PER_GROUP = 10, GROUPING_ROUNDS = 5 };

/* What a worker needs for the rows of a chunk that fail their bounds. */
struct scratch {
    uint32_t *rows;   /* [chunk_rows]: their numbers */
    double *upper;    /* [chunk_rows]: bounds of the distance to the own centroid, by place in `rows` */
    double *square;   /* [chunk_rows]: |x|^2 */
    double *best;     /* [chunk_rows]: the smallest score so far, */
    double *second;   /* [chunk_rows]: the second smallest of its group, */
    uint32_t *label;  /* [chunk_rows]: and whose it is */
    uint32_t *open;   /* [chunk_rows]: places of the rows for which a group is open */
    uint32_t *labels; /* [chunk_rows]: the labels of the chunk after the pass */
    double *block;    /* [BLOCK][columns] gathered */
};

struct bounds {
    size_t groups;
    uint32_t *group_of; /* [clusters] */
    uint32_t *order;    /* [clusters]: centroids by group, rising within */
    size_t begin[MOST_GROUPS + 1];
    struct packed packed[MOST_GROUPS];
    double *drift;                   /* [clusters]: the way of each centroid so far */
    double group_drift[MOST_GROUPS]; /* the sum of the longest moves in a group */
    double worst_drift;              /* and over all */
    double *upper;                   /* [rows] less drift[label] */
    double *least;                   /* [rows]: the smallest lower bound, plus worst_drift */
    double *lower;                   /* [rows][groups], plus group_drift */
    double radius;                   /* no row or centroid is farther from the origin */
    double rounding;                 /* no squared distance from a score is off by more */
    double slack;                    /* no bound is off by more */
    struct scratch *scratch;         /* [threads] */
    unsigned threads;
};

/* Making and freeing --------------------------------------------------------------------------------------------- */

static bool scratch_alloc(struct scratch *scratch, size_t rows, size_t columns) {
    void *block = NULL;
    if (posix_memalign(&block, 64, BLOCK * (columns + 1) * sizeof(double)) != 0)
        block = NULL;
    *scratch = (struct scratch){.rows = malloc(rows * sizeof(uint32_t)),
                                .upper = malloc(rows * sizeof(double)),
                                .square = malloc(rows * sizeof(double)),
                                .best = malloc(rows * sizeof(double)),
                                .second = malloc(rows * sizeof(double)),
                                .label = malloc(rows * sizeof(uint32_t)),
                                .open = malloc(rows * sizeof(uint32_t)),
                                .labels = malloc(rows * sizeof(uint32_t)),
                                .block = block};
    if (block != NULL)
        memset(block, 0, BLOCK * (columns + 1) * sizeof(double));
    return scratch->rows != NULL && scratch->upper != NULL && scratch->square != NULL && scratch->best != NULL &&
           scratch->second != NULL && scratch->label != NULL && scratch->open != NULL && scratch->labels != NULL &&
           block != NULL;
}

static void scratch_free(struct scratch *scratch) {
    free(scratch->rows);
    free(scratch->upper);
    free(scratch->square);
    free(scratch->best);
    free(scratch->second);
    free(scratch->label);
    free(scratch->open);
    free(scratch->labels);
    free(scratch->block);
}

void bounds_close(struct engine *engine) {
    struct bounds *bounds = engine->bounds;
    if (bounds == NULL)
        return;
    for (size_t g = 0; g < bounds->groups; g++)
        packed_free(&bounds->packed[g]);
    for (unsigned i = 0; i < bounds->threads && bounds->scratch != NULL; i++)
        scratch_free(&bounds->scratch[i]);
    free(bounds->scratch);
    free(bounds->group_of);
    free(bounds->order);
    free(bounds->drift);
    free(bounds->upper);
    free(bounds->least);
    free(bounds->lower);
    free(bounds);
    engine->bounds = NULL;
}

static bool bounds_alloc(struct engine *engine, struct bounds *bounds) {
    bounds->group_of = calloc(engine->clusters, sizeof(uint32_t));
    bounds->order = calloc(engine->clusters, sizeof(uint32_t));
    bounds->drift = calloc(engine->clusters, sizeof(double));
    bounds->upper = malloc(engine->rows * sizeof(double));
    bounds->least = malloc(engine->rows * sizeof(double));
    bounds->lower = malloc(engine->rows * bounds->groups * sizeof(double));
    bounds->scratch = calloc(engine->threads, sizeof(struct scratch));
    bounds->threads = engine->threads;
    bool ok = bounds->group_of != NULL && bounds->order != NULL && bounds->drift != NULL && bounds->upper != NULL &&
              bounds->least != NULL && bounds->lower != NULL && bounds->scratch != NULL;
    for (unsigned i = 0; i < engine->threads && ok; i++)
        ok = scratch_alloc(&bounds->scratch[i], engine->chunk_rows, engine->columns);
    return ok;
}

/* Groups --------------------------------------------------------------------------------------------------------- */

static uint32_t nearest_mean(const double *point, const double *means, size_t groups, size_t columns) {
    uint32_t found = 0;
    double least = (double)INFINITY;
    for (size_t g = 0; g < groups; g++) {
        double distance = till_kmeans_distance(point, means + g * columns, columns);
        if (distance < least) {
            least = distance;
            found = (uint32_t)g;
        }
    }
    return found;
}

/* Centroids that lie together share a group: a few rounds of k-means over the centroids. Any grouping is right; a good
 * one is fast. */
static void make_groups(const struct engine *engine, struct bounds *bounds, double *means) {
    size_t columns = engine->columns, groups = bounds->groups;
    memcpy(means, engine->centroids, groups * columns * sizeof(double));
    for (int round = 0; round < GROUPING_ROUNDS; round++) {
        size_t counts[MOST_GROUPS] = {0};
        for (size_t c = 0; c < engine->clusters; c++)
            bounds->group_of[c] = nearest_mean(engine->centroids + c * columns, means, groups, columns);
        for (size_t c = 0; c < engine->clusters; c++) {
            double *mean = means + bounds->group_of[c] * columns;
            size_t count = ++counts[bounds->group_of[c]];
            for (size_t j = 0; j < columns; j++)
                mean[j] += (engine->centroids[c * columns + j] - mean[j]) / (double)count;
        }
    }
    size_t at = 0;
    for (size_t g = 0; g < groups; g++) {
        bounds->begin[g] = at;
        for (size_t c = 0; c < engine->clusters; c++)
            if (bounds->group_of[c] == g)
                bounds->order[at++] = (uint32_t)c;
    }
    bounds->begin[groups] = at;
}

static double longest_row(const struct engine *engine) {
    double longest = 0;
    for (size_t first = 0; first < engine->rows; first += BLOCK) {
        const double *block = till_matrix_block(engine->matrix, first / BLOCK);
        double squares[BLOCK] = {0};
        for (size_t j = 0; j < engine->columns; j++)
            for (size_t r = 0; r < BLOCK; r++)
                squares[r] += block[j * BLOCK + r] * block[j * BLOCK + r];
        for (size_t r = 0; r < BLOCK; r++)
            longest = squares[r] > longest ? squares[r] : longest;
    }
    return sqrt(longest);
}

static void forget(struct bounds *bounds, size_t row) {
    bounds->upper[row] = (double)INFINITY;
    bounds->least[row] = -(double)INFINITY;
    for (size_t g = 0; g < bounds->groups; g++)
        bounds->lower[row * bounds->groups + g] = -(double)INFINITY;
}

void bounds_forget_row(struct engine *engine, size_t row) {
    if (engine->bounds != NULL)
        forget(engine->bounds, row);
}

enum till_status bounds_open(struct engine *engine, struct till_error *error) {
    size_t groups = engine->clusters / CENTROIDS_PER_GROUP;
    struct bounds *bounds = calloc(1, sizeof *bounds);
    if (bounds == NULL)
        return till_error_memory(error);
    engine->bounds = bounds;
    bounds->groups = groups < 1 ? 1 : groups > MOST_GROUPS ? MOST_GROUPS : groups;
    double *means = malloc((bounds->groups * engine->columns + 1) * sizeof(double));
    bool ok = means != NULL && bounds_alloc(engine, bounds);
    if (ok)
        make_groups(engine, bounds, means);
    free(means);
    for (size_t g = 0; g < bounds->groups && ok; g++)
        ok = packed_alloc(&bounds->packed[g], bounds->begin[g + 1] - bounds->begin[g], engine->columns);
    if (!ok) {
        bounds_close(engine);
        return till_error_memory(error);
    }
    bounds->radius = longest_row(engine);
    for (size_t row = 0; row < engine->rows; row++)
        forget(bounds, row);
    return TILL_OK;
}

/* Between passes ------------------------------------------------------------------------------------------------- */

void bounds_prepare(struct engine *engine) {
    struct bounds *bounds = engine->bounds;
    double longest = 0;
    for (size_t c = 0; c < engine->clusters; c++) {
        double length = sqrt(2 * half_square(engine->centroids + c * engine->columns, engine->columns));
        longest = length > longest ? length : longest;
    }
    double reach = bounds->radius + longest;
    bounds->rounding = 16 * ((double)engine->columns + 4) * 0x1p-53 * reach * reach;
    bounds->slack = 1e-10 * (reach + bounds->worst_drift);
    for (size_t g = 0; g < bounds->groups; g++)
        packed_fill(&bounds->packed[g], engine->centroids, bounds->order + bounds->begin[g]);
}

void bounds_moved(struct engine *engine) {
    struct bounds *bounds = engine->bounds;
    size_t columns = engine->columns;
    double longest[MOST_GROUPS] = {0}, most = 0;
    for (size_t c = 0; c < engine->clusters; c++) {
        /* A little more than the distance: rounding, here and in the sums, must not shorten it. */
        double move =
            till_kmeans_distance(engine->centroids + c * columns, engine->before + c * columns, columns) * (1 + 1e-9);
        size_t g = bounds->group_of[c];
        bounds->drift[c] += move;
        longest[g] = move > longest[g] ? move : longest[g];
        most = move > most ? move : most;
    }
    for (size_t g = 0; g < bounds->groups; g++)
        bounds->group_drift[g] += longest[g];
    bounds->worst_drift += most;
}

/* A pass over a chunk --------------------------------------------------------------------------------------------- */

/* |x|^2, and the distance of a row to its own centroid. */
static void measure_row(const struct engine *engine, size_t row, uint32_t label, double *square, double *distance) {
    const double *at = till_matrix_at(engine->matrix, row, 0);
    const double *centroid = engine->centroids + (label == UNSET ? 0 : label) * engine->columns;
    double length = 0, apart = 0;
    for (size_t j = 0; j < engine->columns; j++) {
        double x = at[j * BLOCK], difference = x - centroid[j];
        length += x * x;
        apart += difference * difference;
    }
    *square = length;
    *distance = label == UNSET ? (double)INFINITY : sqrt(apart) * (1 + 1e-9);
}

/* The rows that fail their bounds, also after the upper one was made tight. */
static size_t find_open_rows(struct engine *engine, size_t begin, size_t end, struct scratch *scratch) {
    struct bounds *bounds = engine->bounds;
    size_t count = 0;
    for (size_t row = begin; row < end; row++) {
        uint32_t label = engine->labels[row];
        double least = bounds->least[row] - bounds->worst_drift - bounds->slack;
        scratch->labels[row - begin] = label;
        if (label != UNSET && bounds->upper[row] + bounds->drift[label] < least)
            continue;
        double distance;
        measure_row(engine, row, label, &scratch->square[count], &distance);
        if (label != UNSET)
            bounds->upper[row] = distance - bounds->drift[label];
        if (distance < least)
            continue;
        scratch->rows[count] = (uint32_t)(row - begin);
        scratch->upper[count] = distance;
        scratch->best[count] = (double)INFINITY;
        scratch->label[count] = UNSET;
        count++;
    }
    return count;
}

/* Places of the open rows for which group g is open: its bound fails, or their own centroid is in it. */
static size_t find_open_for_group(const struct engine *engine, size_t begin, size_t g, size_t count,
                                  struct scratch *scratch) {
    const struct bounds *bounds = engine->bounds;
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = begin + scratch->rows[i];
        uint32_t label = engine->labels[row];
        double lower = bounds->lower[row * bounds->groups + g] - bounds->group_drift[g] - bounds->slack;
        scratch->open[open] = (uint32_t)i;
        open += !(scratch->upper[i] < lower) || (label != UNSET && bounds->group_of[label] == g);
    }
    return open;
}

static void gather(const struct engine *engine, size_t begin, const uint32_t *places, size_t count,
                   struct scratch *scratch) {
    for (size_t lane = 0; lane < count; lane++) {
        const double *at = till_matrix_at(engine->matrix, begin + scratch->rows[places[lane]], 0);
        for (size_t j = 0; j < engine->columns; j++)
            scratch->block[j * BLOCK + lane] = at[j * BLOCK];
    }
}

/* The rows of the places as a block: where they are just that already, as in the first pass, nothing is copied. */
static const double *rows_as_block(const struct engine *engine, size_t begin, const uint32_t *places, size_t count,
                                   struct scratch *scratch) {
    size_t first = begin + scratch->rows[places[0]], last = begin + scratch->rows[places[count - 1]];
    if (first % BLOCK == 0 && last - first + 1 == count)
        return till_matrix_block(engine->matrix, first / BLOCK);
    gather(engine, begin, places, count, scratch);
    return scratch->block;
}

static double lower_of(const struct bounds *bounds, double square, double score) {
    double squared = square + 2 * score - bounds->rounding;
    return squared > 0 ? sqrt(squared) : 0; /* a group of one has an infinite second score */
}

/* Holds up to 32 gathered rows against the centroids of group g. */
static void try_group(struct engine *engine, size_t begin, size_t g, const uint32_t *places, size_t count,
                      struct scratch *scratch) {
    struct bounds *bounds = engine->bounds;
    uint32_t position[BLOCK];
    double best[BLOCK], second[BLOCK];
    const double *block = rows_as_block(engine, begin, places, count, scratch);
    engine->kernels->nearest_two(block, &bounds->packed[g], position, best, second);
    for (size_t lane = 0; lane < count; lane++) {
        size_t i = places[lane], row = begin + scratch->rows[i];
        uint32_t label = bounds->order[bounds->begin[g] + position[lane]];
        bounds->lower[row * bounds->groups + g] =
            lower_of(bounds, scratch->square[i], best[lane]) + bounds->group_drift[g];
        if (best[lane] < scratch->best[i] || (best[lane] <= scratch->best[i] && label < scratch->label[i])) {
            scratch->best[i] = best[lane];
            scratch->second[i] = second[lane];
            scratch->label[i] = label;
        }
    }
}

/* New bounds and the new label of an open row. */
static void close_row(struct engine *engine, size_t begin, size_t i, struct scratch *scratch) {
    struct bounds *bounds = engine->bounds;
    size_t row = begin + scratch->rows[i];
    uint32_t label = scratch->label[i];
    double *lower = bounds->lower + row * bounds->groups, least = (double)INFINITY;
    size_t own = bounds->group_of[label];
    lower[own] = lower_of(bounds, scratch->square[i], scratch->second[i]) + bounds->group_drift[own];
    for (size_t g = 0; g < bounds->groups; g++)
        least = lower[g] - bounds->group_drift[g] < least ? lower[g] - bounds->group_drift[g] : least;
    bounds->least[row] = least + bounds->worst_drift;
    if (label != engine->labels[row]) {
        double squared = scratch->square[i] + 2 * scratch->best[i] + bounds->rounding;
        bounds->upper[row] = (squared > 0 ? sqrt(squared) : 0) * (1 + 1e-9) - bounds->drift[label];
    }
    scratch->labels[scratch->rows[i]] = label;
}

enum till_status bounds_chunk(struct engine *engine, size_t chunk, unsigned worker, struct till_error *error) {
    struct bounds *bounds = engine->bounds;
    struct scratch *scratch = &bounds->scratch[worker];
    size_t begin = chunk_begin(engine, chunk), end = chunk_end(engine, chunk);
    size_t count = find_open_rows(engine, begin, end, scratch);
    (void)error;
    for (size_t g = 0; g < bounds->groups; g++) {
        size_t open = find_open_for_group(engine, begin, g, count, scratch);
        for (size_t first = 0; first < open; first += BLOCK)
            try_group(engine, begin, g, scratch->open + first, open - first < BLOCK ? open - first : BLOCK, scratch);
    }
    for (size_t i = 0; i < count; i++)
        close_row(engine, begin, i, scratch);
    if (count == 0 && !engine->afresh)
        return TILL_OK;
    for (size_t first = begin; first < end; first += BLOCK)
        engine_relabel(engine, chunk, first, end - first < BLOCK ? end - first : BLOCK,
                       scratch->labels + (first - begin));
    return TILL_OK;
}
