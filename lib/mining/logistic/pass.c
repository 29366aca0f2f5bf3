/* One pass over the rows: likelihood, gradient, information.
 *
 * Rows are cut into chunks whose number depends on their count and on that of the terms alone; each chunk has sums of
 * its own, which are added in the order of the chunks, so that any number of threads gives the same bits. Within a
 * chunk a block of rows at a time is standardised into a scratch that the cache holds, and there all pairs of columns
 * are multiplied, in tiles of two by four whose sums stay in registers: information is Z'WZ, with the ones of the
 * intercept as the first column of Z; the gradient Z'(y - mu) is one more row of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "../../base/lanes.h"
#include "parts.h"

enum { BLOCK = 64, AHEAD = 2, CHUNKS = 64, LEAST_ROWS = 4096, HIGH = 2, WIDE = 4 /* of a tile; together LANES */ };
static const size_t most_partial = (size_t)1 << 26; /* doubles in all partial sums together */

/* Columns of Z, filled up with zeros to whole tiles. */
static size_t columns_of(const struct logistic_data *data) {
    return (data->p + WIDE - 1) / WIDE * WIDE;
}

/* Rows of tiles: those of the information, and the gradient behind them. */
static size_t tile_rows(const struct logistic_data *data) {
    return data->p / HIGH + 1;
}

/* Tiles in row `row`: the information's lower triangle; the row that holds the gradient has all columns, and is the
 * only one where there is no matrix. */
static size_t tiles_in_row(const struct logistic_data *data, size_t row) {
    size_t all = columns_of(data) / WIDE, needed = data->wide ? 0 : (row * HIGH + HIGH - 1) / WIDE + 1;
    return row + 1 == tile_rows(data) || needed > all ? all : needed;
}

static bool make_scratch(struct logistic_data *data) {
    size_t size = (columns_of(data) + HIGH + 3) * BLOCK * sizeof(double);
    data->scratch = calloc(data->threads + 1, sizeof *data->scratch);
    for (unsigned i = 0; data->scratch != NULL && i < data->threads; i++) {
        void *block = NULL;
        if (posix_memalign(&block, sizeof(lanes), size) != 0)
            return false;
        data->scratch[i] = memset(block, 0, size);
    }
    return data->scratch != NULL;
}

enum till_status logistic_open(struct logistic_data *data, struct till_error *error) {
    const struct till_design *design = data->design;
    size_t n = data->n = design->rows, p = data->p = design->terms + 1;
    data->partial_size = 2;
    for (size_t row = 0; row < tile_rows(data); row++)
        data->partial_size += tiles_in_row(data, row) * LANES;
    size_t most = most_partial / data->partial_size < 1 ? 1 : most_partial / data->partial_size;
    most = most < CHUNKS ? most : CHUNKS;
    data->chunk_rows = n / most + 1 > LEAST_ROWS ? n / most + 1 : LEAST_ROWS;
    data->chunk_rows = (data->chunk_rows + BLOCK - 1) / BLOCK * BLOCK;
    data->chunks = (n + data->chunk_rows - 1) / data->chunk_rows;
    data->threads = data->threads < 1 ? 1 : data->threads > data->chunks ? (unsigned)data->chunks : data->threads;
    data->stride = 1;
    data->partial = malloc((data->chunks * data->partial_size + 1) * sizeof *data->partial);
    data->gradient = malloc(p * sizeof *data->gradient);
    data->matrix = data->wide ? NULL : malloc(p * p * sizeof *data->matrix);
    data->scale = malloc(p * sizeof *data->scale);
    if (data->partial == NULL || data->gradient == NULL || (data->matrix == NULL && !data->wide) ||
        data->scale == NULL || !make_scratch(data))
        return till_error_memory(error);
    for (size_t j = 0; j < design->terms; j++)
        data->scale[j] = 1 / design->spread[j];
    data->total = 0;
    for (size_t i = 0; i < n; i++)
        data->total += data->weight == NULL ? 1 : data->weight[i];
    return TILL_OK;
}

void logistic_close(struct logistic_data *data) {
    for (unsigned i = 0; data->scratch != NULL && i < data->threads; i++)
        free(data->scratch[i]);
    free(data->scratch);
    free(data->partial);
    free(data->gradient);
    free(data->matrix);
    free(data->scale);
}

double till_logistic_probability(double eta) {
    if (eta >= 0)
        return 1 / (1 + exp(-eta));
    double power = exp(eta);
    return power / (1 + power);
}

double logistic_predictor(const struct logistic_data *data, size_t row, const double *beta) {
    double eta = beta[0];
    for (size_t j = 1; j < data->p; j++)
        eta += beta[j] * logistic_value(data, row, j);
    return eta;
}

/* ---- a block of rows ---- */

/* What a block is worked on in: columns of BLOCK numbers each, zero behind the last row. */
struct block {
    double *z;        /* [columns] */
    double *scaled;   /* [HIGH] rows of a tile: weight times z */
    double *residual; /* y - mu, times the row's own weight */
    double *weight;   /* mu (1 - mu), times that */
    double *eta;
};

static struct block block_in(const struct logistic_data *data, double *scratch) {
    double *behind = scratch + columns_of(data) * BLOCK;
    return (struct block){scratch, behind, behind + HIGH * BLOCK, behind + (HIGH + 1) * BLOCK,
                          behind + (HIGH + 2) * BLOCK};
}

/* Standardises the rows, and adds up their predictors. */
LANES_INLINE void standardise(const struct logistic_data *data, const double *beta, size_t from, size_t rows,
                              const struct block *block) {
    for (size_t i = 0; i < BLOCK; i++) {
        block->z[i] = i < rows ? 1 : 0;
        block->eta[i] = beta[0];
    }
    for (size_t j = 1; j < data->p; j++) {
        const double *x = data->design->x + (j - 1) * data->n + from;
        double mean = data->design->mean[j - 1], scale = data->scale[j - 1], effect = beta[j];
        double *z = block->z + j * BLOCK;
        size_t i = 0;
        for (; i + LANES <= rows; i += LANES) {
            lanes value = (*(const loose_lanes *)(x + i) - mean) * scale;
            *(lanes *)(z + i) = value;
            *(lanes *)(block->eta + i) += value * effect;
        }
        for (; i < BLOCK; i++) {
            z[i] = i < rows ? (x[i] - mean) * scale : 0;
            block->eta[i] += z[i] * effect;
        }
    }
}

/* Eight numbers of rows from..; past the last row they are zero. */
LANES_INLINE void load(const double *from, size_t rows, lanes *numbers) {
    if (rows >= LANES) {
        *numbers = *(const loose_lanes *)from;
        return;
    }
    double few[LANES] = {0};
    for (size_t i = 0; i < rows; i++)
        few[i] = from[i];
    *numbers = *(loose_lanes *)few;
}

/* Residual and weight of each row; adds to the log-likelihood, and to the weight of all rows. One exponential serves
 * all: e^-|eta|. */
LANES_INLINE void look_at_rows(const struct logistic_data *data, size_t from, size_t rows, const struct block *block,
                               lanes *likelihood, lanes *seen) {
    const lane_bits sign = (lane_bits){0} + (UINT64_C(1) << 63);
    for (size_t i = 0; i < BLOCK; i += LANES) {
        size_t left = i < rows ? rows - i : 0;
        /* The ones of the intercept are 1 in each row. */
        lanes y, own = *(const lanes *)(block->z + i);
        load(data->target + from + i, left, &y);
        if (data->weight != NULL)
            load(data->weight + from + i, left, &own);
        lanes eta = *(lanes *)(block->eta + i), size = (lanes)((lane_bits)eta & ~sign);
        lanes power = (lanes)((lane_bits)size | sign);
        lanes_exp(&power);
        lanes inverse = 1.0 / (1.0 + power), other = power * inverse, rest = power;
        lane_bits negative = (lane_bits)(eta < 0.0);
        lanes mu = (lanes)(((lane_bits)other & negative) | ((lane_bits)inverse & ~negative));
        lanes_log1p(&rest);
        *likelihood -= own * (rest + ((eta + size) * 0.5 - y * eta));
        *seen += own;
        *(lanes *)(block->residual + i) = own * (y - mu);
        *(lanes *)(block->weight + i) = own * other * inverse;
    }
}

/* Two rows by four columns: sums of products over the block. */
LANES_INLINE void multiply_tile(const double *a, const double *z, double *out) {
    lanes sum[LANES] = {{0}};
    for (size_t i = 0; i < BLOCK; i += LANES) {
        lanes upper = *(const lanes *)(a + i), lower = *(const lanes *)(a + BLOCK + i);
        lanes z0 = *(const lanes *)(z + i), z1 = *(const lanes *)(z + BLOCK + i);
        lanes z2 = *(const lanes *)(z + 2 * BLOCK + i), z3 = *(const lanes *)(z + 3 * BLOCK + i);
        sum[0] += upper * z0;
        sum[1] += upper * z1;
        sum[2] += upper * z2;
        sum[3] += upper * z3;
        sum[4] += lower * z0;
        sum[5] += lower * z1;
        sum[6] += lower * z2;
        sum[7] += lower * z3;
    }
    lanes sums;
    lanes_sum_eight(sum, &sums);
    *(loose_lanes *)out += sums;
}

/* Asks for columns of a later block, while this one is multiplied; into the outer caches, which take in twice as many
 * lines at a time as the first. */
LANES_INLINE void ask_for_later(const struct logistic_data *data, size_t from, size_t row) {
    size_t later = from + AHEAD * BLOCK * data->stride;
    for (size_t j = row * HIGH; j < row * HIGH + HIGH && j + 1 < data->p && later + BLOCK <= data->n; j++)
        for (size_t i = 0; i < BLOCK; i += LANES)
            __builtin_prefetch(data->design->x + j * data->n + later + i, 0, 1);
}

/* The sums of a block, tile by tile. */
WIDER static void add_block(const struct logistic_data *data, const double *beta, size_t from, size_t rows,
                            double *scratch, double *out) {
    struct block block = block_in(data, scratch);
    lanes likelihood = {0}, seen = {0};
    standardise(data, beta, from, rows, &block);
    look_at_rows(data, from, rows, &block, &likelihood, &seen);
    *out++ += lanes_sum(&likelihood);
    *out++ += lanes_sum(&seen);
    size_t tall = tile_rows(data);
    for (size_t row = 0; row < tall; row++) {
        ask_for_later(data, from, row);
        if (data->slope && row + 1 < tall) {
            out += tiles_in_row(data, row) * LANES;
            continue;
        }
        for (size_t k = 0; k < HIGH; k++) {
            size_t j = row * HIGH + k;
            double *scaled = block.scaled + k * BLOCK;
            const double *z = block.z + j * BLOCK;
            if (j >= data->p) /* the gradient; once more where there is a row to spare, which nobody reads */
                memcpy(scaled, block.residual, BLOCK * sizeof *scaled);
            else
                for (size_t i = 0; i < BLOCK; i += LANES)
                    *(lanes *)(scaled + i) = *(const lanes *)(block.weight + i) * *(const lanes *)(z + i);
        }
        size_t tiles = tiles_in_row(data, row);
        for (size_t tile = 0; tile < tiles; tile++, out += LANES)
            multiply_tile(block.scaled, block.z + tile * WIDE * BLOCK, out);
    }
}

/* ---- all rows ---- */

struct job {
    const struct logistic_data *data;
    const double *beta;
};

/* Blocks are counted over all chunks, so that every stride-th of them is the same whatever the chunks. */
static enum till_status add_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct job *job = context;
    const struct logistic_data *data = job->data;
    size_t first = index * (data->chunk_rows / BLOCK), end = first + data->chunk_rows / BLOCK;
    double *out = data->partial + index * data->partial_size;
    (void)error;
    memset(out, 0, data->partial_size * sizeof *out);
    for (size_t block = (first + data->stride - 1) / data->stride * data->stride; block < end; block += data->stride) {
        size_t from = block * BLOCK;
        if (from >= data->n)
            break;
        add_block(data, job->beta, from, data->n - from < BLOCK ? data->n - from : BLOCK, data->scratch[worker], out);
    }
    return TILL_OK;
}

/* Takes the tiles of a chunk apart. */
static void add_partial(struct logistic_data *data, const double *part) {
    size_t p = data->p;
    data->likelihood += *part++;
    data->looked_at += *part++;
    for (size_t row = 0; row < tile_rows(data); row++)
        for (size_t tile = 0; tile < tiles_in_row(data, row); tile++, part += LANES)
            for (size_t i = 0; i < LANES; i++) {
                size_t j = row * HIGH + i / WIDE, k = tile * WIDE + i % WIDE;
                if (j < p && k <= j && !data->wide)
                    data->matrix[j * p + k] += part[i];
                else if (j == p && k < p)
                    data->gradient[k] += part[i];
            }
}

static enum till_status pass(struct logistic_data *data, const double *beta, bool slope, struct till_error *error) {
    size_t p = data->p;
    struct job job = {data, beta};
    data->slope = slope;
    enum till_status status = till_parallel_for(data->threads, data->chunks, add_chunk, &job, error);
    if (!slope)
        memset(data->matrix, 0, p * p * sizeof *data->matrix);
    memset(data->gradient, 0, p * sizeof *data->gradient);
    data->likelihood = data->looked_at = 0;
    for (size_t chunk = 0; chunk < data->chunks; chunk++)
        add_partial(data, data->partial + chunk * data->partial_size);
    return status;
}

enum till_status logistic_pass(struct logistic_data *data, const double *beta, struct till_error *error) {
    return pass(data, beta, data->wide, error);
}

/* The partial sums of information are zero then. */
enum till_status logistic_slope(struct logistic_data *data, const double *beta, struct till_error *error) {
    return pass(data, beta, true, error);
}
