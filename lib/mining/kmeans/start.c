/* The first centroids.
 *
 * k-means++ draws each next centroid among the rows with the squared distance to those there are as weight (Arthur &
 * Vassilvitskii 2007). The greedy form draws 2 + ln k candidates at a time and keeps the one that leaves the smallest
 * sum. Sums run over 32 lanes and then over chunks, in a fixed order. */
#include <till/random.h>

#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIALS = 32 };

struct seeding {
    struct engine *engine;
    double *closest; /* [rows, whole blocks]: squared distance to the nearest centroid so far; 0 beyond the last row */
    double *potential; /* [chunks]: sums of closest */
    size_t trials;
    double *candidates; /* [trials][columns] */
    double *sums;       /* [chunks][trials] */
    const double *newest;
};

static double lanes_sum(const double lanes[BLOCK]) {
    double sum = 0;
    for (size_t r = 0; r < BLOCK; r++)
        sum += lanes[r];
    return sum;
}

static enum till_status approach_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct seeding *seeding = context;
    struct engine *engine = seeding->engine;
    double lanes[BLOCK] = {0};
    (void)worker;
    (void)error;
    for (size_t first = chunk_begin(engine, chunk); first < chunk_end(engine, chunk); first += BLOCK) {
        double *closest = seeding->closest + first;
        engine->kernels->approach(till_matrix_block(engine->matrix, first / BLOCK), engine->columns, seeding->newest,
                                  closest);
        for (size_t r = 0; r < BLOCK; r++)
            lanes[r] += closest[r];
    }
    seeding->potential[chunk] = lanes_sum(lanes);
    return TILL_OK;
}

static enum till_status try_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct seeding *seeding = context;
    struct engine *engine = seeding->engine;
    double lanes[MOST_TRIALS][BLOCK];
    (void)worker;
    (void)error;
    memset(lanes, 0, sizeof lanes);
    for (size_t first = chunk_begin(engine, chunk); first < chunk_end(engine, chunk); first += BLOCK)
        engine->kernels->potentials(till_matrix_block(engine->matrix, first / BLOCK), engine->columns,
                                    seeding->candidates, seeding->trials, seeding->closest + first, lanes[0]);
    for (size_t t = 0; t < seeding->trials; t++)
        seeding->sums[chunk * seeding->trials + t] = lanes_sum(lanes[t]);
    return TILL_OK;
}

/* The row at which the running sum of weights passes `target`; never one of weight zero. */
static size_t row_at(const struct seeding *seeding, double target) {
    const struct engine *engine = seeding->engine;
    size_t chunk = 0, found = 0;
    while (chunk + 1 < engine->chunks && target >= seeding->potential[chunk])
        target -= seeding->potential[chunk++];
    /* Rounding may leave a target that no sum reaches: then it is the last row of any weight, also in earlier
     * chunks. */
    for (size_t row = 0; row < chunk_begin(engine, chunk) && seeding->potential[chunk] <= 0; row++)
        if (seeding->closest[row] > 0)
            found = row;
    for (size_t row = chunk_begin(engine, chunk); row < chunk_end(engine, chunk); row++) {
        double weight = seeding->closest[row];
        if (weight > 0)
            found = row;
        if (weight > 0 && target < weight)
            return row;
        target -= weight;
    }
    return found;
}

static enum till_status approach(struct seeding *seeding, const double *newest, struct till_error *error) {
    struct engine *engine = seeding->engine;
    seeding->newest = newest;
    return till_parallel_for(engine->threads, engine->chunks, approach_chunk, seeding, error);
}

/* The next centroid: the best of some draws. */
static enum till_status draw_next(struct seeding *seeding, struct till_random *random, double *centroid,
                                  struct till_error *error) {
    struct engine *engine = seeding->engine;
    double total = 0, least = (double)INFINITY;
    size_t best = 0;
    for (size_t chunk = 0; chunk < engine->chunks; chunk++)
        total += seeding->potential[chunk];
    for (size_t t = 0; t < seeding->trials; t++)
        till_matrix_get(engine->matrix, row_at(seeding, total * till_random_uniform(random)),
                        seeding->candidates + t * engine->columns);
    enum till_status status = till_parallel_for(engine->threads, engine->chunks, try_chunk, seeding, error);
    for (size_t t = 0; t < seeding->trials && status == TILL_OK; t++) {
        double sum = 0;
        for (size_t chunk = 0; chunk < engine->chunks; chunk++)
            sum += seeding->sums[chunk * seeding->trials + t];
        if (sum < least) {
            least = sum;
            best = t;
        }
    }
    memcpy(centroid, seeding->candidates + best * engine->columns, engine->columns * sizeof *centroid);
    return status == TILL_OK ? approach(seeding, centroid, error) : status;
}

static enum till_status plus_plus(struct engine *engine, struct till_random *random, struct till_error *error) {
    size_t blocks = (engine->rows + BLOCK - 1) / BLOCK;
    size_t trials = 2 + (size_t)log((double)engine->clusters);
    struct seeding seeding = {.engine = engine, .trials = trials < MOST_TRIALS ? trials : MOST_TRIALS};
    seeding.closest = malloc(blocks * BLOCK * sizeof(double));
    seeding.potential = calloc(engine->chunks, sizeof(double));
    seeding.candidates = malloc((seeding.trials * engine->columns + 1) * sizeof(double));
    seeding.sums = malloc(engine->chunks * seeding.trials * sizeof(double));
    enum till_status status = TILL_OK;
    if (seeding.closest == NULL || seeding.potential == NULL || seeding.candidates == NULL || seeding.sums == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK) {
        for (size_t row = 0; row < blocks * BLOCK; row++)
            seeding.closest[row] = row < engine->rows ? (double)INFINITY : 0;
        till_matrix_get(engine->matrix, (size_t)till_random_below(random, engine->rows), engine->centroids);
        status = approach(&seeding, engine->centroids, error);
    }
    for (size_t c = 1; c < engine->clusters && status == TILL_OK; c++)
        status = draw_next(&seeding, random, engine->centroids + c * engine->columns, error);
    free(seeding.closest);
    free(seeding.potential);
    free(seeding.candidates);
    free(seeding.sums);
    return status;
}

static bool chosen_before(const struct engine *engine, size_t c) {
    size_t columns = engine->columns;
    const double *point = engine->centroids + c * columns;
    for (size_t other = 0; other < c; other++)
        if (till_kmeans_distance(point, engine->centroids + other * columns, columns) <= 0)
            return true;
    return false;
}

/* Rows at random, equal ones once. There are as many distinct rows, but it may take long to meet them: after a while
 * any row will do, and clusters that stay empty are moved later. */
static void random_rows(struct engine *engine, struct till_random *random) {
    for (size_t c = 0; c < engine->clusters; c++)
        for (int attempt = 0; attempt < 100; attempt++) {
            till_matrix_get(engine->matrix, (size_t)till_random_below(random, engine->rows),
                            engine->centroids + c * engine->columns);
            if (!chosen_before(engine, c))
                break;
        }
}

enum till_status start_centroids(struct engine *engine, unsigned restart, struct till_error *error) {
    const struct till_kmeans_options *options = engine->options;
    struct till_random random;
    till_random_start(&random, options->seed, restart);
    if (options->start == TILL_KMEANS_GIVEN)
        memcpy(engine->centroids, options->centroids, engine->clusters * engine->columns * sizeof(double));
    else if (options->start == TILL_KMEANS_RANDOM)
        random_rows(engine, &random);
    else
        return plus_plus(engine, &random, error);
    return TILL_OK;
}
