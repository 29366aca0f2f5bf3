/* k-prototypes: Huang's method, in which a row that moves takes its share of means and modes with it at once.
 *
 * A pass goes over the rows in their order; each goes to the nearest prototype as it is by then. Passes end when no row
 * moves, or when the cost no longer falls. Frequencies of levels are kept by cluster, so that a mode is found anew only
 * when it loses a row. */
#include <till/kprototypes.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

/* What all starts look at. */
struct data {
    size_t rows, columns, level_count, clusters;
    double *numbers;       /* [rows][columns] */
    const uint32_t *codes; /* [rows][level_count] */
    size_t *first;         /* [level_count + 1]: where a column's frequencies begin; the last: how many there are */
    double gamma;
    const struct till_kprototypes_options *options;
    struct till_kprototypes **results; /* [restarts] */
};

/* One start under way. */
struct fit {
    const struct data *data;
    struct till_kprototypes *result;
    uint32_t *frequency; /* [clusters][first[level_count]] */
    double *sums;        /* [clusters][columns] */
    size_t *sizes;       /* [clusters] */
};

/* Distances ------------------------------------------------------------------------------------------------------- */

static double distance(const struct data *data, size_t row, const double *numbers, const uint32_t *modes) {
    const double *own = data->numbers + row * data->columns;
    const uint32_t *codes = data->codes + row * data->level_count;
    double square = 0;
    size_t apart = 0;
    for (size_t j = 0; j < data->columns; j++)
        square += (own[j] - numbers[j]) * (own[j] - numbers[j]);
    for (size_t j = 0; j < data->level_count; j++)
        apart += codes[j] != modes[j];
    return square + data->gamma * (double)apart;
}

static uint32_t nearest(const struct data *data, const struct till_kprototypes *result, size_t row, double *least) {
    uint32_t found = 0;
    *least = (double)INFINITY;
    for (size_t c = 0; c < data->clusters; c++) {
        double far = distance(data, row, result->numbers + c * data->columns, result->modes + c * data->level_count);
        if (far < *least) {
            *least = far;
            found = (uint32_t)c;
        }
    }
    return found;
}

/* Starts ---------------------------------------------------------------------------------------------------------- */

static void set_prototype(const struct data *data, struct till_kprototypes *result, size_t cluster, size_t row) {
    memcpy(result->numbers + cluster * data->columns, data->numbers + row * data->columns,
           data->columns * sizeof *result->numbers);
    memcpy(result->modes + cluster * data->level_count, data->codes + row * data->level_count,
           data->level_count * sizeof *result->modes);
}

/* How common the levels of each row are, on average over columns. */
static bool densities(const struct data *data, double *density) {
    uint32_t *counts = calloc(data->first[data->level_count] + 1, sizeof *counts);
    if (counts == NULL)
        return false;
    for (size_t i = 0; i < data->rows * data->level_count; i++)
        counts[data->first[i % data->level_count] + data->codes[i]]++;
    for (size_t row = 0; row < data->rows; row++) {
        density[row] = 0;
        for (size_t j = 0; j < data->level_count; j++)
            density[row] += (double)counts[data->first[j] + data->codes[row * data->level_count + j]] /
                            (double)data->rows / (double)data->level_count;
    }
    free(counts);
    return true;
}

/* Cao's start: the densest row, then always the row whose density times distance to the prototypes there are, taken for
 * the nearest of them, is largest. */
static bool start_cao(const struct data *data, struct till_kprototypes *result) {
    double *density = malloc((data->rows + 1) * sizeof *density), *weight = malloc((data->rows + 1) * sizeof *weight);
    bool good = density != NULL && weight != NULL && densities(data, density);
    for (size_t row = 0; row < data->rows && good; row++)
        weight[row] = (double)INFINITY;
    for (size_t c = 0; c < data->clusters && good; c++) {
        size_t best = 0;
        const double *by = c == 0 ? density : weight;
        for (size_t row = 1; row < data->rows; row++)
            if (by[row] > by[best])
                best = row;
        set_prototype(data, result, c, best);
        for (size_t row = 0; row < data->rows; row++) {
            double apart = 0;
            for (size_t j = 0; j < data->level_count; j++)
                apart += data->codes[row * data->level_count + j] != data->codes[best * data->level_count + j];
            weight[row] = apart * density[row] < weight[row] ? apart * density[row] : weight[row];
        }
    }
    free(density);
    free(weight);
    return good;
}

/* What the caller gives. A level that no row has lasts until the first pass. */
static bool start_given(const struct data *data, struct till_kprototypes *result) {
    if (data->columns > 0)
        memcpy(result->numbers, data->options->numbers, data->clusters * data->columns * sizeof *result->numbers);
    if (data->level_count > 0)
        memcpy(result->modes, data->options->modes, data->clusters * data->level_count * sizeof *result->modes);
    return true;
}

static bool is_given(const struct till_kprototypes_options *options) {
    return options->numbers != NULL || options->modes != NULL;
}

/* Rows drawn, each with its distance to the prototypes there are as weight. */
static bool start_drawn(const struct data *data, struct till_kprototypes *result, struct till_random *random) {
    double *weight = malloc((data->rows + 1) * sizeof *weight);
    if (weight == NULL)
        return false;
    for (size_t row = 0; row < data->rows; row++)
        weight[row] = (double)INFINITY;
    size_t chosen = (size_t)till_random_below(random, data->rows);
    for (size_t c = 0; c < data->clusters; c++) {
        double total = 0;
        set_prototype(data, result, c, chosen);
        for (size_t row = 0; row < data->rows; row++) {
            double far =
                distance(data, row, result->numbers + c * data->columns, result->modes + c * data->level_count);
            weight[row] = far < weight[row] ? far : weight[row];
            total += weight[row];
        }
        double target = total * till_random_uniform(random);
        for (size_t row = 0; row < data->rows; row++) {
            if (weight[row] > 0)
                chosen = row;
            if (weight[row] > 0 && target < weight[row])
                break;
            target -= weight[row];
        }
    }
    free(weight);
    return true;
}

/* Prototypes ------------------------------------------------------------------------------------------------------ */

static uint32_t *frequencies(const struct fit *fit, size_t cluster, size_t column) {
    return fit->frequency + cluster * fit->data->first[fit->data->level_count] + fit->data->first[column];
}

static uint32_t most_frequent(const struct fit *fit, size_t cluster, size_t column) {
    const uint32_t *counts = frequencies(fit, cluster, column);
    size_t levels = fit->data->first[column + 1] - fit->data->first[column];
    uint32_t best = 0;
    for (uint32_t code = 1; code < levels; code++)
        if (counts[code] > counts[best])
            best = code;
    return best;
}

static void set_means(const struct fit *fit, size_t cluster) {
    size_t columns = fit->data->columns;
    for (size_t j = 0; j < columns && fit->sizes[cluster] > 0; j++)
        fit->result->numbers[cluster * columns + j] = fit->sums[cluster * columns + j] / (double)fit->sizes[cluster];
}

static void add_row(struct fit *fit, size_t row, size_t cluster) {
    const struct data *data = fit->data;
    fit->sizes[cluster]++;
    for (size_t j = 0; j < data->columns; j++)
        fit->sums[cluster * data->columns + j] += data->numbers[row * data->columns + j];
    for (size_t j = 0; j < data->level_count; j++)
        frequencies(fit, cluster, j)[data->codes[row * data->level_count + j]]++;
}

/* Moves a row and brings means and modes up to date. */
static void move_row(struct fit *fit, size_t row, size_t from, size_t to) {
    const struct data *data = fit->data;
    add_row(fit, row, to);
    fit->sizes[from]--;
    for (size_t j = 0; j < data->columns; j++)
        fit->sums[from * data->columns + j] -= data->numbers[row * data->columns + j];
    for (size_t j = 0; j < data->level_count; j++) {
        uint32_t code = data->codes[row * data->level_count + j];
        uint32_t *mode = fit->result->modes + to * data->level_count + j;
        if (frequencies(fit, to, j)[code] > frequencies(fit, to, j)[*mode])
            *mode = code;
        frequencies(fit, from, j)[code]--;
        mode = fit->result->modes + from * data->level_count + j;
        if (*mode == code)
            *mode = most_frequent(fit, from, j);
    }
    set_means(fit, from);
    set_means(fit, to);
    fit->result->labels[row] = (uint32_t)to;
}

/* A cluster that lost its last row takes the row that is farthest from its prototype, the first among equals. */
static void fill_empty(struct fit *fit, size_t empty) {
    const struct data *data = fit->data;
    struct till_kprototypes *result = fit->result;
    size_t farthest = data->rows;
    double most = -1;
    for (size_t row = 0; row < data->rows; row++) {
        size_t c = result->labels[row];
        double far = distance(data, row, result->numbers + c * data->columns, result->modes + c * data->level_count);
        if (fit->sizes[c] > 1 && far > most) {
            most = far;
            farthest = row;
        }
    }
    if (farthest < data->rows) {
        set_prototype(data, result, empty, farthest);
        move_row(fit, farthest, result->labels[farthest], empty);
    }
}

/* Passes ---------------------------------------------------------------------------------------------------------- */

static void first_pass(struct fit *fit) {
    const struct data *data = fit->data;
    struct till_kprototypes *result = fit->result;
    double least;
    for (size_t row = 0; row < data->rows; row++) {
        result->labels[row] = nearest(data, result, row, &least);
        add_row(fit, row, result->labels[row]);
    }
    for (size_t c = 0; c < data->clusters; c++) {
        set_means(fit, c);
        for (size_t j = 0; j < data->level_count && fit->sizes[c] > 0; j++)
            result->modes[c * data->level_count + j] = most_frequent(fit, c, j);
    }
    for (size_t c = 0; c < data->clusters; c++)
        if (fit->sizes[c] == 0)
            fill_empty(fit, c);
}

static size_t pass(struct fit *fit) {
    const struct data *data = fit->data;
    size_t moves = 0;
    for (size_t row = 0; row < data->rows; row++) {
        double least;
        uint32_t from = fit->result->labels[row], to = nearest(data, fit->result, row, &least);
        if (to == from)
            continue;
        moves++;
        move_row(fit, row, from, to);
        if (fit->sizes[from] == 0)
            fill_empty(fit, from);
    }
    return moves;
}

/* What the prototypes give: labels (where they are wanted) and the cost. */
static double label_rows(const struct data *data, const struct till_kprototypes *result, uint32_t *labels) {
    double cost = 0;
    for (size_t row = 0; row < data->rows; row++) {
        double least;
        uint32_t label = nearest(data, result, row, &least);
        cost += least;
        if (labels != NULL)
            labels[row] = label;
    }
    return cost;
}

static void iterate(struct fit *fit) {
    const struct data *data = fit->data;
    struct till_kprototypes *result = fit->result;
    unsigned most = data->options->max_iterations == 0 ? 300 : data->options->max_iterations;
    first_pass(fit);
    result->cost = label_rows(data, result, NULL);
    while (result->iterations < most && !result->converged) {
        size_t moves = pass(fit);
        double cost = label_rows(data, result, NULL);
        result->iterations++;
        result->converged = moves == 0 || cost >= result->cost;
        result->cost = cost;
    }
    result->cost = label_rows(data, result, result->labels);
}

/* Fitting --------------------------------------------------------------------------------------------------------- */

void till_kprototypes_free(struct till_kprototypes *result) {
    if (result == NULL)
        return;
    free(result->numbers);
    free(result->modes);
    free(result->labels);
    free(result);
}

static struct till_kprototypes *new_result(const struct data *data) {
    struct till_kprototypes *result = calloc(1, sizeof *result);
    if (result == NULL)
        return NULL;
    result->clusters = data->clusters;
    result->rows = data->rows;
    result->columns = data->columns;
    result->level_count = data->level_count;
    result->gamma = data->gamma;
    result->numbers = calloc(data->clusters * data->columns + 1, sizeof *result->numbers);
    result->modes = calloc(data->clusters * data->level_count + 1, sizeof *result->modes);
    result->labels = calloc(data->rows + 1, sizeof *result->labels);
    if (result->numbers != NULL && result->modes != NULL && result->labels != NULL)
        return result;
    till_kprototypes_free(result);
    return NULL;
}

static enum till_status run_start(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct data *data = context;
    struct fit fit = {.data = data, .result = new_result(data)};
    struct till_random random;
    (void)worker;
    fit.frequency = calloc(data->clusters * data->first[data->level_count] + 1, sizeof *fit.frequency);
    fit.sums = calloc(data->clusters * data->columns + 1, sizeof *fit.sums);
    fit.sizes = calloc(data->clusters, sizeof *fit.sizes);
    bool good = fit.result != NULL && fit.frequency != NULL && fit.sums != NULL && fit.sizes != NULL;
    till_random_start(&random, data->options->seed, index);
    if (good)
        good = is_given(data->options)               ? start_given(data, fit.result)
               : index == 0 && data->level_count > 0 ? start_cao(data, fit.result)
                                                     : start_drawn(data, fit.result, &random);
    if (good)
        iterate(&fit);
    free(fit.frequency);
    free(fit.sums);
    free(fit.sizes);
    data->results[index] = fit.result;
    return good ? TILL_OK : till_error_memory(error);
}

/* Half the mean standard deviation of the columns (Huang 1998 finds values around it). */
static double usual_gamma(const struct data *data) {
    double total = 0;
    if (data->columns == 0)
        return 1;
    for (size_t j = 0; j < data->columns; j++) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < data->rows; row++)
            sum += data->numbers[row * data->columns + j];
        for (size_t row = 0; row < data->rows; row++) {
            double apart = data->numbers[row * data->columns + j] - sum / (double)data->rows;
            squares += apart * apart;
        }
        total += sqrt(squares / (double)data->rows);
    }
    return total / (double)data->columns / 2;
}

/* Rows as they are used here: numbers side by side, and room for the frequencies of each column's levels. */
static enum till_status prepare(struct data *data, const struct till_matrix *matrix, struct till_error *error) {
    data->numbers = malloc((data->rows * data->columns + 1) * sizeof *data->numbers);
    data->first = calloc(data->level_count + 1, sizeof *data->first);
    if (data->numbers == NULL || data->first == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < data->rows; row++)
        till_matrix_get(matrix, row, data->numbers + row * data->columns);
    for (size_t j = 0; j < data->level_count; j++) {
        uint32_t largest = 0;
        for (size_t row = 0; row < data->rows; row++)
            if (data->codes[row * data->level_count + j] > largest)
                largest = data->codes[row * data->level_count + j];
        data->first[j + 1] = data->first[j] + largest + 1;
    }
    data->gamma = data->options->gamma > 0 ? data->options->gamma : usual_gamma(data);
    return TILL_OK;
}

enum till_status till_kprototypes_fit(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count,
                                      const struct till_kprototypes_options *options, struct till_kprototypes **result,
                                      struct till_error *error) {
    static const uint32_t none = 0; /* what is pointed at where there are no levels */
    size_t restarts = options->restarts == 0 || is_given(options) ? 1 : options->restarts, best = 0;
    struct data data = {.rows = matrix->rows,
                        .columns = matrix->columns,
                        .level_count = level_count,
                        .clusters = options->clusters,
                        .codes = codes == NULL ? &none : codes,
                        .options = options};
    *result = NULL;
    if (options->clusters == 0 || options->clusters >= UINT32_MAX)
        return till_error_set(error, TILL_ERROR_USAGE, "%zu clusters cannot be made", options->clusters);
    if (options->clusters > matrix->rows)
        return till_error_set(error, TILL_ERROR_MODEL, "%zu clusters, but only %zu rows", options->clusters,
                              matrix->rows);
    data.results = calloc(restarts, sizeof *data.results);
    enum till_status status = data.results == NULL ? till_error_memory(error) : prepare(&data, matrix, error);
    if (status == TILL_OK)
        status = till_parallel_for(options->threads, restarts, run_start, &data, error);
    for (size_t i = 1; i < restarts && status == TILL_OK; i++)
        if (data.results[i]->cost < data.results[best]->cost)
            best = i;
    for (size_t i = 0; i < restarts && data.results != NULL; i++)
        if (status == TILL_OK && i == best)
            *result = data.results[i];
        else
            till_kprototypes_free(data.results[i]);
    free(data.results);
    free(data.numbers);
    free(data.first);
    return status;
}
