/* Lloyd's iteration: each row to its nearest centroid, each centroid to the mean of its rows.
 *
 * A pass over a chunk finds labels and, while the rows are still in the cache, adds those that changed their cluster to
 * the new sum and takes them from the old one. Only after passes in which most rows changed is it cheaper to sum all;
 * which of the two is done follows from the count of changes, so every algorithm does the same additions in the same
 * order. At the end all rows are summed afresh, and nothing of that path is left in the centroids. */

#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 8192, MOST_CHUNKS = 128 };

/* What chunks add up lies this far apart, as processors pass memory around by pairs of lines of 64 bytes: threads that
 * write to one such pair would wait for each other at every row. */
enum { APART = 128 };

static size_t apart(size_t count) {
    enum { EACH = APART / sizeof(double) };
    return (count + EACH - 1) / EACH * EACH;
}

static void *alloc_apart(size_t chunks, size_t stride) {
    void *memory = NULL;
    return posix_memalign(&memory, APART, (chunks * stride + 1) * sizeof(double)) == 0 ? memory : NULL;
}

enum till_status engine_open(struct engine *engine, const struct till_matrix *matrix,
                             const struct till_kmeans_options *options, struct till_error *error) {
    size_t rows = matrix->rows, size = options->clusters * matrix->columns;
    size_t even = (rows / MOST_CHUNKS + BLOCK) / BLOCK * BLOCK;
    *engine = (struct engine){.matrix = matrix,
                              .options = options,
                              .kernels = kmeans_kernels_choose(options->portable),
                              .rows = rows,
                              .columns = matrix->columns,
                              .clusters = options->clusters,
                              .chunk_rows = even > CHUNK_ROWS ? even : CHUNK_ROWS,
                              .threads = options->threads == 0 ? 1 : options->threads};
    engine->chunks = (rows + engine->chunk_rows - 1) / engine->chunk_rows;
    engine->centroids = calloc(size + 1, sizeof(double));
    engine->before = calloc(size + 1, sizeof(double));
    engine->sums = calloc(size + 1, sizeof(double));
    engine->counts = calloc(options->clusters, sizeof(int64_t));
    engine->labels = malloc((rows + 1) * sizeof(uint32_t));
    engine->sums_stride = apart(size);
    engine->counts_stride = apart(options->clusters + 1);
    engine->partial = alloc_apart(engine->chunks, engine->sums_stride);
    engine->partial_counts = alloc_apart(engine->chunks, engine->counts_stride);
    bool packed = packed_alloc(&engine->packed, options->clusters, matrix->columns);
    if (engine->centroids != NULL && engine->before != NULL && engine->sums != NULL && engine->counts != NULL &&
        engine->labels != NULL && engine->partial != NULL && engine->partial_counts != NULL && packed)
        return TILL_OK;
    return till_error_memory(error);
}

void engine_close(struct engine *engine) {
    bounds_close(engine);
    free(engine->centroids);
    free(engine->before);
    free(engine->sums);
    free(engine->counts);
    free(engine->labels);
    free(engine->partial);
    free(engine->partial_counts);
    packed_free(&engine->packed);
}

void engine_reset(struct engine *engine) {
    bounds_close(engine);
    for (size_t row = 0; row < engine->rows; row++)
        engine->labels[row] = UNSET;
    engine->changed = engine->rows;
    engine->relocated = 0;
    engine->moved_empty = false;
}

enum till_status engine_each_chunk(struct engine *engine, till_parallel_body *body, struct till_error *error) {
    return till_parallel_for(engine->threads, engine->chunks, body, engine, error);
}

/* Passes --------------------------------------------------------------------------------------------------------- */

static void add_row(double *sum, const double *block, size_t lane, size_t columns) {
    for (size_t j = 0; j < columns; j++)
        sum[j] += block[j * BLOCK + lane];
}

static void take_row(double *sum, const double *block, size_t lane, size_t columns) {
    for (size_t j = 0; j < columns; j++)
        sum[j] -= block[j * BLOCK + lane];
}

void engine_relabel(struct engine *engine, size_t chunk, size_t first, size_t count, const uint32_t *labels) {
    size_t columns = engine->columns;
    double *sums = partial_sums(engine, chunk);
    int64_t *counts = partial_counts(engine, chunk);
    const double *block = till_matrix_block(engine->matrix, first / BLOCK);
    uint32_t *old = engine->labels + first;
    int64_t changed = 0;
    /* Mostly none has moved, and a block is passed over at once. */
    if (!engine->afresh && memcmp(old, labels, count * sizeof *old) == 0)
        return;
    for (size_t lane = 0; lane < count; lane++) {
        uint32_t from = old[lane], to = labels[lane];
        if (from == to && !engine->afresh)
            continue;
        changed += from != to;
        if (!engine->afresh) {
            take_row(sums + from * columns, block, lane, columns);
            counts[from]--;
        }
        add_row(sums + to * columns, block, lane, columns);
        counts[to]++;
        old[lane] = to;
    }
    counts[engine->clusters] += changed;
}

static void clear_partial(struct engine *engine, size_t chunk) {
    memset(partial_sums(engine, chunk), 0, engine->clusters * engine->columns * sizeof(double));
    memset(partial_counts(engine, chunk), 0, (engine->clusters + 1) * sizeof(int64_t));
}

static enum till_status assign_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct engine *engine = context;
    size_t end = chunk_end(engine, chunk);
    clear_partial(engine, chunk);
    if (engine->bounds != NULL)
        return bounds_chunk(engine, chunk, worker, error);
    for (size_t first = chunk_begin(engine, chunk); first < end; first += BLOCK) {
        uint32_t labels[BLOCK];
        engine->kernels->nearest(till_matrix_block(engine->matrix, first / BLOCK), &engine->packed, labels);
        engine_relabel(engine, chunk, first, end - first < BLOCK ? end - first : BLOCK, labels);
    }
    return TILL_OK;
}

static enum till_status sum_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct engine *engine = context;
    size_t end = chunk_end(engine, chunk);
    (void)worker;
    (void)error;
    clear_partial(engine, chunk);
    for (size_t first = chunk_begin(engine, chunk); first < end; first += BLOCK)
        engine_relabel(engine, chunk, first, end - first < BLOCK ? end - first : BLOCK, engine->labels + first);
    return TILL_OK;
}

/* What the chunks found, in their order. */
static void reduce(struct engine *engine) {
    size_t size = engine->clusters * engine->columns;
    if (engine->afresh) {
        memset(engine->sums, 0, size * sizeof(double));
        memset(engine->counts, 0, engine->clusters * sizeof(int64_t));
    }
    engine->changed = 0;
    for (size_t chunk = 0; chunk < engine->chunks; chunk++) {
        const double *sums = partial_sums(engine, chunk);
        const int64_t *counts = partial_counts(engine, chunk);
        engine->changed += (uint64_t)counts[engine->clusters];
        if (counts[engine->clusters] == 0 && !engine->afresh)
            continue;
        for (size_t i = 0; i < size; i++)
            engine->sums[i] += sums[i];
        for (size_t c = 0; c < engine->clusters; c++)
            engine->counts[c] += counts[c];
    }
}

enum till_status engine_assign(struct engine *engine, struct till_error *error) {
    engine->afresh = engine->changed > engine->rows / 2;
    if (engine->bounds == NULL)
        packed_fill(&engine->packed, engine->centroids, NULL);
    else
        bounds_prepare(engine);
    enum till_status status = engine_each_chunk(engine, assign_chunk, error);
    if (status == TILL_OK)
        reduce(engine);
    return status;
}

enum till_status engine_sum_afresh(struct engine *engine, struct till_error *error) {
    engine->afresh = true;
    enum till_status status = engine_each_chunk(engine, sum_chunk, error);
    if (status == TILL_OK)
        reduce(engine);
    return status;
}

/* Moves ---------------------------------------------------------------------------------------------------------- */

static double square_to(const struct engine *engine, size_t row, const double *point) {
    const double *at = till_matrix_at(engine->matrix, row, 0);
    double sum = 0;
    for (size_t j = 0; j < engine->columns; j++) {
        double apart = at[j * BLOCK] - point[j];
        sum += apart * apart;
    }
    return sum;
}

/* The row that is farthest from the centroid it was given to (the first among equals), of a cluster that can spare
 * it. */
static size_t farthest_row(const struct engine *engine) {
    size_t farthest = 0;
    double most = -1;
    for (size_t row = 0; row < engine->rows; row++) {
        uint32_t label = engine->labels[row];
        if (engine->counts[label] < 2)
            continue;
        double square = square_to(engine, row, engine->centroids + label * engine->columns);
        if (square > most) {
            most = square;
            farthest = row;
        }
    }
    return farthest;
}

/* An empty cluster takes the farthest row as its only one. Its centroid is set at once, so that the next search sees
 * that row, and its equals, at a distance of zero. */
static void fill_empty(struct engine *engine, size_t empty) {
    size_t row = farthest_row(engine), columns = engine->columns;
    size_t from = engine->labels[row];
    const double *block = till_matrix_block(engine->matrix, row / BLOCK);
    take_row(engine->sums + from * columns, block, row % BLOCK, columns);
    engine->counts[from]--;
    memset(engine->sums + empty * columns, 0, columns * sizeof(double));
    add_row(engine->sums + empty * columns, block, row % BLOCK, columns);
    engine->counts[empty] = 1;
    till_matrix_get(engine->matrix, row, engine->centroids + empty * columns);
    engine->labels[row] = (uint32_t)empty;
    bounds_forget_row(engine, row);
    engine->relocated++;
    engine->moved_empty = true;
}

enum till_status engine_move(struct engine *engine, double *moved, struct till_error *error) {
    size_t columns = engine->columns;
    (void)error;
    memcpy(engine->before, engine->centroids, engine->clusters * columns * sizeof(double));
    engine->moved_empty = false;
    for (size_t c = 0; c < engine->clusters; c++)
        if (engine->counts[c] == 0)
            fill_empty(engine, c);
    *moved = 0;
    for (size_t c = 0; c < engine->clusters; c++) {
        double *centroid = engine->centroids + c * columns;
        for (size_t j = 0; j < columns; j++) {
            centroid[j] = engine->sums[c * columns + j] / (double)engine->counts[c];
            double apart = centroid[j] - engine->before[c * columns + j];
            *moved += apart * apart;
        }
    }
    if (engine->bounds != NULL)
        bounds_moved(engine);
    return TILL_OK;
}

/* Within --------------------------------------------------------------------------------------------------------- */

/* The chunk's sums by cluster stand in the first `clusters` numbers of its partial sums. */
static enum till_status within_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct engine *engine = context;
    double *within = partial_sums(engine, chunk);
    (void)worker;
    (void)error;
    memset(within, 0, engine->clusters * sizeof(double));
    for (size_t row = chunk_begin(engine, chunk); row < chunk_end(engine, chunk); row++) {
        uint32_t label = engine->labels[row];
        within[label] += square_to(engine, row, engine->centroids + label * engine->columns);
    }
    return TILL_OK;
}

enum till_status engine_within(struct engine *engine, double *within, double *inertia, struct till_error *error) {
    enum till_status status = engine_each_chunk(engine, within_chunk, error);
    if (status != TILL_OK)
        return status;
    memset(within, 0, engine->clusters * sizeof(double));
    for (size_t chunk = 0; chunk < engine->chunks; chunk++)
        for (size_t c = 0; c < engine->clusters; c++)
            within[c] += partial_sums(engine, chunk)[c];
    *inertia = 0;
    for (size_t c = 0; c < engine->clusters; c++)
        *inertia += within[c];
    return TILL_OK;
}
