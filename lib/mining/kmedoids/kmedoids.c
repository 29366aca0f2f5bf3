/* k-medoids: starts, samples, and which of them is best for all rows.
 *
 * A start on a sample costs next to nothing, so several are made, and the medoids that suit all rows best are the start
 * of the one run on all rows; with too many rows for that they are the answer. */
#include <till/kmedoids.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>
#include <till/silhouette.h>

#include "pam.h"

enum { ROWS_AT_A_TIME = 8192 };

/* Assigning all rows ---------------------------------------------------------------------------------------------- */

/* The nearest medoid of every row, in parallel. */
struct assigning {
    const struct points *points;
    measure_function *measure;
    size_t clusters;
    const double *numbers;  /* [clusters][columns] of the medoids */
    const uint32_t *levels; /* [clusters][level_count] */
    uint32_t *labels;       /* [rows] */
    double *sums;           /* of distances, by chunk */
};

static void nearest_of_block(const struct assigning *work, size_t block, double *best, uint32_t *label) {
    size_t columns = work->points->numbers->columns;
    for (size_t r = 0; r < BLOCK; r++) {
        best[r] = (double)INFINITY;
        label[r] = 0;
    }
    for (size_t c = 0; c < work->clusters; c++) {
        double apart[BLOCK];
        uint32_t nearer = work->measure(work->points, block, work->numbers + c * columns,
                                        work->levels + c * work->points->level_count, best, apart);
        for (; nearer != 0; nearer &= nearer - 1) {
            size_t lane = (size_t)__builtin_ctz(nearer);
            best[lane] = apart[lane];
            label[lane] = (uint32_t)c;
        }
    }
}

static enum till_status assign_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    const struct assigning *work = context;
    size_t rows = work->points->numbers->rows, end = (chunk + 1) * ROWS_AT_A_TIME;
    double sum = 0;
    (void)worker;
    (void)error;
    for (size_t first = chunk * ROWS_AT_A_TIME; first < end && first < rows; first += BLOCK) {
        double best[BLOCK];
        uint32_t label[BLOCK];
        nearest_of_block(work, first / BLOCK, best, label);
        for (size_t lane = 0; lane < BLOCK && first + lane < rows; lane++) {
            sum += measure_finish(work->points, best[lane]);
            work->labels[first + lane] = label[lane];
        }
    }
    work->sums[chunk] = sum;
    return TILL_OK;
}

/* Labels of all rows by their nearest medoid (the lowest number among equals), and the deviation. */
static enum till_status assign_rows(const struct points *points, const size_t *medoids, size_t clusters,
                                    const struct till_kmedoids_options *options, uint32_t *labels, double *deviation,
                                    struct till_error *error) {
    size_t chunks = (points->numbers->rows + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME;
    size_t columns = points->numbers->columns, level_count = points->level_count;
    double *numbers = malloc((clusters * columns + 1) * sizeof *numbers);
    uint32_t *levels = malloc((clusters * level_count + 1) * sizeof *levels);
    struct assigning work = {.points = points,
                             .measure = measure_choose(options->portable),
                             .clusters = clusters,
                             .numbers = numbers,
                             .levels = levels,
                             .labels = labels,
                             .sums = malloc((chunks + 1) * sizeof(double))};
    enum till_status status = TILL_OK;
    if (numbers == NULL || levels == NULL || work.sums == NULL)
        status = till_error_memory(error);
    for (size_t c = 0; c < clusters && status == TILL_OK; c++)
        points_get(points, medoids[c], numbers + c * columns, levels + c * level_count);
    if (status == TILL_OK)
        status = till_parallel_for(options->threads, chunks, assign_chunk, &work, error);
    *deviation = 0;
    for (size_t chunk = 0; chunk < chunks && status == TILL_OK; chunk++)
        *deviation += work.sums[chunk];
    free(numbers);
    free(levels);
    free(work.sums);
    return status;
}

/* Starts ---------------------------------------------------------------------------------------------------------- */

/* k different rows of a sample, drawn; equal ones are tolerated, as swaps will part them. */
static void draw_medoids(struct pam *pam, struct till_random *random) {
    for (size_t c = 0; c < pam->clusters; c++) {
        bool again = true;
        while (again) {
            pam->medoids[c] = (size_t)till_random_below(random, pam->rows);
            again = false;
            for (size_t other = 0; other < c; other++)
                again = again || pam->medoids[other] == pam->medoids[c];
        }
    }
}

/* One fit under way. */
struct fit {
    const struct till_matrix *matrix;
    const uint32_t *codes;
    size_t level_count;
    const struct till_kmedoids_options *options;
    struct points all;
    size_t sample_rows;
    uint32_t *labels;           /* [rows], of the trial at hand */
    struct till_kmedoids *best; /* its deviation is infinite before the first trial */
};

static unsigned most_passes(const struct fit *fit) {
    return fit->options->max_iterations == 0 ? 300 : fit->options->max_iterations;
}

static void take_result(struct fit *fit, const struct pam *pam, const size_t *medoids, double deviation) {
    struct till_kmedoids *best = fit->best;
    memcpy(best->medoids, medoids, best->clusters * sizeof *medoids);
    best->deviation = deviation;
    best->iterations = pam->iterations;
    best->swaps = pam->swaps;
    best->converged = pam->converged;
}

/* The rows of a sample; given medoids come first, and are where it begins. */
static void choose_rows(const struct fit *fit, unsigned number, size_t *chosen) {
    const struct till_kmedoids_options *options = fit->options;
    size_t given = options->medoids == NULL ? 0 : options->clusters;
    if (given > 0)
        memcpy(chosen, options->medoids, given * sizeof *chosen);
    till_sample_rows(fit->matrix->rows, fit->sample_rows - given, options->seed + ((uint64_t)number << 32),
                     chosen + given);
}

static void choose_medoids(const struct fit *fit, unsigned number, struct pam *pam) {
    struct till_random random;
    till_random_start(&random, fit->options->seed, number);
    if (fit->options->medoids == NULL)
        draw_medoids(pam, &random);
    for (size_t c = 0; c < pam->clusters && fit->options->medoids != NULL; c++)
        pam->medoids[c] = c;
}

/* Every sample finds medoids of its own that are a little better or worse. Given ones, which rows have got used to, are
 * not left for less than a hundredth. */
static bool is_better(const struct fit *fit, double deviation) {
    const double worth_it = 0.99;
    bool given = fit->options->medoids != NULL &&
                 memcmp(fit->best->medoids, fit->options->medoids, fit->best->clusters * sizeof(size_t)) == 0;
    return deviation < fit->best->deviation * (given ? worth_it : 1);
}

/* Medoids of a sample, held against all rows. */
static enum till_status try_sample(struct fit *fit, unsigned number, struct till_error *error) {
    const struct till_kmedoids_options *options = fit->options;
    size_t count = fit->sample_rows, *chosen = malloc((count + 1) * sizeof *chosen);
    struct points sample = {.metric = options->metric};
    struct pam pam = {0};
    double deviation = 0;
    if (chosen == NULL)
        return till_error_memory(error);
    choose_rows(fit, number, chosen);
    enum till_status status = points_make(&sample, fit->matrix, fit->codes, fit->level_count, chosen, count, error);
    if (status == TILL_OK)
        status = pam_open(&pam, &sample, options->clusters, options->portable, error);
    if (status == TILL_OK) {
        choose_medoids(fit, number, &pam);
        pam_run(&pam, most_passes(fit));
        for (size_t c = 0; c < options->clusters; c++)
            pam.medoids[c] = chosen[pam.medoids[c]];
        status = assign_rows(&fit->all, pam.medoids, options->clusters, options, fit->labels, &deviation, error);
    }
    if (status == TILL_OK && is_better(fit, deviation))
        take_result(fit, &pam, pam.medoids, deviation);
    pam_close(&pam);
    points_free(&sample);
    free(chosen);
    return status;
}

/* All rows, from the best medoids so far. */
static enum till_status run_on_all(struct fit *fit, struct till_error *error) {
    struct pam pam = {0};
    enum till_status status = pam_open(&pam, &fit->all, fit->options->clusters, fit->options->portable, error);
    if (status == TILL_OK) {
        memcpy(pam.medoids, fit->best->medoids, pam.clusters * sizeof *pam.medoids);
        pam_run(&pam, most_passes(fit));
        take_result(fit, &pam, pam.medoids, pam.deviation);
    }
    pam_close(&pam);
    return status;
}

/* Fitting --------------------------------------------------------------------------------------------------------- */

void till_kmedoids_free(struct till_kmedoids *result) {
    if (result == NULL)
        return;
    free(result->medoids);
    free(result->labels);
    free(result);
}

static struct till_kmedoids *new_result(size_t clusters, size_t rows) {
    struct till_kmedoids *result = calloc(1, sizeof *result);
    if (result == NULL)
        return NULL;
    result->clusters = clusters;
    result->rows = rows;
    result->deviation = (double)INFINITY;
    result->medoids = calloc(clusters, sizeof *result->medoids);
    result->labels = malloc((rows + 1) * sizeof *result->labels);
    if (result->medoids != NULL && result->labels != NULL)
        return result;
    till_kmedoids_free(result);
    return NULL;
}

/* Given medoids are a result as they are, and where samples begin. */
static enum till_status take_given(struct fit *fit, struct till_error *error) {
    const struct till_kmedoids_options *options = fit->options;
    struct till_kmedoids *best = fit->best;
    memcpy(best->medoids, options->medoids, options->clusters * sizeof *options->medoids);
    best->converged = true;
    return assign_rows(&fit->all, best->medoids, options->clusters, options, best->labels, &best->deviation, error);
}

static enum till_status search(struct fit *fit, struct till_error *error) {
    const struct till_kmedoids_options *options = fit->options;
    size_t exact = options->exact_rows == 0 ? TILL_KMEDOIDS_EXACT_ROWS : options->exact_rows;
    size_t usual = fit->matrix->rows > exact ? TILL_KMEDOIDS_SAMPLE_ROWS : TILL_KMEDOIDS_START_ROWS;
    size_t sample = options->sample_rows == 0 ? usual : options->sample_rows;
    unsigned samples = options->restarts == 0 ? 1 : options->restarts;
    enum till_status status = options->medoids != NULL ? take_given(fit, error) : TILL_OK;
    sample = sample < 5 * options->clusters ? 5 * options->clusters : sample;
    fit->sample_rows = sample < fit->matrix->rows ? sample : fit->matrix->rows;
    fit->best->sampled = fit->matrix->rows > exact;
    if (options->medoids != NULL && !fit->best->sampled)
        samples = 0;
    for (unsigned number = 0; number < samples && status == TILL_OK; number++)
        status = try_sample(fit, number, error);
    if (status == TILL_OK && !fit->best->sampled)
        status = run_on_all(fit, error);
    return status == TILL_OK ? assign_rows(&fit->all, fit->best->medoids, options->clusters, options, fit->best->labels,
                                           &fit->best->deviation, error)
                             : status;
}

/* Numbers that differ are enough; only where they do not suffice are levels looked at, and then all rows count. */
static enum till_status check(const struct till_matrix *matrix, size_t level_count,
                              const struct till_kmedoids_options *options, struct till_error *error) {
    size_t distinct = matrix->rows;
    if (options->clusters == 0 || options->clusters >= UINT32_MAX)
        return till_error_set(error, TILL_ERROR_USAGE, "%zu clusters cannot be made", options->clusters);
    enum till_status status = TILL_OK;
    if (level_count == 0)
        status = till_matrix_distinct(matrix, options->clusters, &distinct, error);
    if (status == TILL_OK && distinct < options->clusters)
        return till_error_set(error, TILL_ERROR_MODEL, "%zu clusters, but only %zu distinct rows", options->clusters,
                              distinct);
    return status;
}

enum till_status till_kmedoids_fit(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count,
                                   const struct till_kmedoids_options *options, struct till_kmedoids **result,
                                   struct till_error *error) {
    struct fit fit = {.matrix = matrix,
                      .codes = codes,
                      .level_count = level_count,
                      .options = options,
                      .all = {.metric = options->metric}};
    *result = NULL;
    enum till_status status = check(matrix, level_count, options, error);
    if (status != TILL_OK)
        return status;
    fit.best = new_result(options->clusters, matrix->rows);
    fit.labels = malloc((matrix->rows + 1) * sizeof *fit.labels);
    if (fit.best == NULL || fit.labels == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = points_make(&fit.all, matrix, codes, level_count, NULL, matrix->rows, error);
    if (status == TILL_OK)
        status = search(&fit, error);
    points_free(&fit.all);
    free(fit.labels);
    if (status == TILL_OK)
        *result = fit.best;
    else
        till_kmedoids_free(fit.best);
    return status;
}
