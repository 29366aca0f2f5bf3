/* Columns as codes of one byte.
 *
 * Numbers are cut where a sample of them has about equally many rows between cuts; a value that is frequent gets a bin
 * of its own, and few distinct values a bin each. A threshold lies halfway between the two values of the sample beside
 * it. Levels have a code each; when there are too many, the rarest share the last one. Codes of eight columns are one
 * word, so that a row of a histogram's input is one load. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>
#include <till/random.h>

#include "lib/base/pages.h"
#include "lib/base/radix.h"
#include "lib/mining/gbdt/parts.h"

enum { SAMPLE = 200000, CHUNK = 16384 };

struct binning {
    struct gbdt_bins *bins;
    const struct till_trees_table *table;
    const uint32_t *rows;
    size_t most;
    uint64_t seed;
};

static size_t row_of(const struct binning *work, size_t i) {
    return work->rows == NULL ? i : work->rows[i];
}

/* ---- numbers ---- */

/* The bits of a real as an integer, in the same order; the other way is the same. */
static int64_t order_of(int64_t bits) {
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static size_t sample_size(const struct binning *work) {
    return work->bins->rows < SAMPLE ? work->bins->rows : SAMPLE;
}

/* Row i of a sample: all rows, or one of each stretch of equal length. */
static size_t sampled(const struct binning *work, size_t i) {
    size_t count = work->bins->rows;
    if (count <= SAMPLE)
        return i;
    struct till_random random;
    till_random_start(&random, work->seed, i);
    size_t from = (size_t)((double)count / SAMPLE * (double)i), to = (size_t)((double)count / SAMPLE * (double)(i + 1));
    size_t at = from + (size_t)till_random_below(&random, to > from ? to - from : 1);
    return at < count ? at : count - 1;
}

/* The values of the sample that are not missing, sorted; returns their number. keys [2][sample] is room. */
static size_t take_sample(const struct binning *work, const double *numbers, int64_t *keys, double *values) {
    size_t count = sample_size(work), taken = 0;
    for (size_t i = 0; i < count; i++) {
        double value = numbers[row_of(work, sampled(work, i))];
        int64_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (!isnan(value))
            keys[taken++] = order_of(bits);
    }
    const int64_t *sorted = radix_sort(keys, keys + count, taken);
    for (size_t i = 0; i < taken; i++) {
        int64_t bits = order_of(sorted[i]);
        memcpy(&values[i], &bits, sizeof bits);
    }
    return taken;
}

/* Something at or above `low` and below `high`, halfway where the numbers allow it. */
static double between(double low, double high) {
    double middle = low / 2 + high / 2;
    return middle >= low && middle < high ? middle : low;
}

static size_t count_distinct(const double *values, size_t count) {
    size_t distinct = count > 0;
    for (size_t i = 1; i < count; i++)
        distinct += values[i] != values[i - 1];
    return distinct;
}

/* How many values from `at` on are the same. */
static size_t run_length(const double *values, size_t count, size_t at) {
    size_t end = at + 1;
    while (end < count && values[end] == values[at])
        end++;
    return end - at;
}

/* Cuts sorted values into at most `most` bins; returns the number of thresholds. A bin ends when it holds its share of
 * what is left, or when the next value alone would fill one. */
static size_t cut(const double *values, size_t count, size_t most, double *thresholds) {
    bool each = count_distinct(values, count) <= most;
    size_t cuts = 0, held = 0, left = count;
    for (size_t at = 0; at < count && cuts + 1 < most;) {
        size_t run = run_length(values, count, at), next = at + run;
        held += run;
        if (next == count)
            break;
        size_t share = left / (most - cuts);
        if (each || held >= share || run_length(values, count, next) >= share) {
            thresholds[cuts++] = between(values[next - 1], values[next]);
            left -= held;
            held = 0;
        }
        at = next;
    }
    return cuts;
}

static enum till_status bin_numbers(const struct binning *work, size_t at, struct till_error *error) {
    struct gbdt_column *column = &work->bins->columns[at];
    size_t room = sample_size(work) + 1;
    int64_t *keys = malloc(2 * room * sizeof *keys);
    double *values = malloc(room * sizeof *values);
    column->thresholds = malloc(work->most * sizeof *values);
    bool fine = keys != NULL && values != NULL && column->thresholds != NULL;
    if (fine) {
        size_t count = take_sample(work, work->table->columns[at].numbers, keys, values);
        column->bins = (unsigned)cut(values, count, work->most, column->thresholds) + 1;
    }
    free(keys);
    free(values);
    return fine ? TILL_OK : till_error_memory(error);
}

/* ---- levels ---- */

struct level {
    size_t rows;
    size_t place;
};

static int by_rows(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Codes by place, or by frequency where there are too many; levels without rows are as good as missing. */
static enum till_status bin_levels(const struct binning *work, size_t at, struct till_error *error) {
    const struct till_trees_column *from = &work->table->columns[at];
    struct gbdt_column *column = &work->bins->columns[at];
    struct level *levels = calloc(from->level_count + 1, sizeof *levels);
    column->level_codes = malloc(from->level_count + 1);
    if (levels == NULL || column->level_codes == NULL) {
        free(levels);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < from->level_count; i++)
        levels[i].place = i;
    for (size_t i = 0; i < work->bins->rows; i++) {
        uint32_t place = from->places[row_of(work, i)];
        if (place != TILL_FRAME_NO_LEVEL)
            levels[place].rows++;
    }
    size_t seen = 0;
    for (size_t i = 0; i < from->level_count; i++)
        seen += levels[i].rows > 0;
    if (seen > TILL_GBDT_BINS)
        qsort(levels, from->level_count, sizeof *levels, by_rows); /* no ties: places differ */
    column->bins = (unsigned)(seen < TILL_GBDT_BINS ? (seen > 0 ? seen : 1) : TILL_GBDT_BINS);
    unsigned code = 0;
    for (size_t i = 0; i < from->level_count; i++) {
        bool there = levels[i].rows > 0;
        column->level_codes[levels[i].place] = (unsigned char)(there ? code : column->bins);
        code += there && code + 1 < column->bins;
    }
    free(levels);
    return TILL_OK;
}

static enum till_status bin_column(void *context, size_t at, unsigned worker, struct till_error *error) {
    const struct binning *work = context;
    work->bins->columns[at].text = work->table->columns[at].text;
    (void)worker;
    return work->table->columns[at].text ? bin_levels(work, at, error) : bin_numbers(work, at, error);
}

/* ---- codes ---- */

/* The number of thresholds below a value, of 255 that are padded with infinity: eight steps without a branch. */
static unsigned code_of(const double *padded, double value) {
    unsigned at = 0;
    for (unsigned step = 128; step > 0; step /= 2)
        at += padded[at + step - 1] < value ? step : 0;
    return at;
}

static void add_codes(const struct binning *work, size_t at, size_t from, size_t to) {
    const struct gbdt_column *column = &work->bins->columns[at];
    const struct till_trees_column *source = &work->table->columns[at];
    uint64_t *words = work->bins->codes + at / GBDT_GROUP * work->bins->rows;
    unsigned char *bytes = work->bins->column_codes + at * work->bins->rows;
    unsigned shift = (unsigned)(at % GBDT_GROUP) * 8;
    double padded[GBDT_CODES];
    for (size_t i = 0; i < GBDT_CODES; i++)
        padded[i] = !column->text && i + 1 < column->bins ? column->thresholds[i] : INFINITY;
    for (size_t i = from; i < to; i++) {
        unsigned code = column->bins;
        size_t row = row_of(work, i);
        if (column->text)
            code = source->places[row] == TILL_FRAME_NO_LEVEL ? code : column->level_codes[source->places[row]];
        else
            code = isnan(source->numbers[row]) ? code : code_of(padded, source->numbers[row]);
        words[i] |= (uint64_t)code << shift;
        bytes[i] = (unsigned char)code;
    }
}

/* All columns of a chunk of rows. */
static enum till_status add_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct binning *work = context;
    struct gbdt_bins *bins = work->bins;
    size_t from = index * CHUNK, to = from + CHUNK < bins->rows ? from + CHUNK : bins->rows;
    (void)worker;
    (void)error;
    for (size_t group = 0; group < bins->groups; group++)
        memset(bins->codes + group * bins->rows + from, 0, (to - from) * sizeof *bins->codes);
    for (size_t at = 0; at < bins->count; at++)
        add_codes(work, at, from, to);
    return TILL_OK;
}

enum till_status gbdt_bins_make(struct gbdt_bins *bins, const struct till_trees_table *table, const uint32_t *rows,
                                size_t count, size_t most, uint64_t seed, unsigned threads, struct till_error *error) {
    struct binning work = {bins, table, rows, most, seed};
    *bins = (struct gbdt_bins){
        .rows = count, .count = table->count, .groups = (table->count + GBDT_GROUP - 1) / GBDT_GROUP};
    bins->columns = calloc(table->count + 1, sizeof *bins->columns);
    if (bins->groups < SIZE_MAX / sizeof *bins->codes / (count + 1)) {
        bins->codes = pages_array((bins->groups * count + 1) * sizeof *bins->codes);
        bins->column_codes = pages_array(bins->count * count + 1);
    }
    if (bins->columns == NULL || bins->codes == NULL || bins->column_codes == NULL)
        return till_error_memory(error);
    enum till_status status = till_parallel_for(threads, table->count, bin_column, &work, error);
    for (size_t i = 0; status == TILL_OK && i < table->count; i++) {
        bins->columns[i].first = bins->cells;
        bins->cells += bins->columns[i].bins + 1;
    }
    if (status == TILL_OK)
        status = till_parallel_for(threads, (count + CHUNK - 1) / CHUNK, add_chunk, &work, error);
    return status;
}

void gbdt_bins_free(struct gbdt_bins *bins) {
    for (size_t i = 0; bins->columns != NULL && i < bins->count; i++) {
        free(bins->columns[i].thresholds);
        free(bins->columns[i].level_codes);
    }
    free(bins->columns);
    free(bins->codes);
    free(bins->column_codes);
}
