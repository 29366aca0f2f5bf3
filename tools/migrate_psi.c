/* till-migrate --psi: how far features have drifted, bin by bin.
 *
 * Numbers are cut at the values of the old file at ranks ceil(i n / 10), so that old rows fill ten bins evenly as far
 * as equal values allow; texts are their own bins; missing values are a bin where there are any. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/profile.h>

#include "migrate.h"

enum { BINS = 10 };

/* A feature's bins. Names lie in `texts`, one behind the other. */
struct bins {
    size_t count;
    uint64_t *old;
    uint64_t *new;
    struct till_slice *names;
    struct till_text texts;
    double cuts[BINS];
    size_t cut_count;
};

static void free_bins(struct bins *bins) {
    free(bins->old);
    free(bins->new);
    free(bins->names);
    till_text_free(&bins->texts);
}

static bool make_room(struct bins *bins, size_t count) {
    bins->old = calloc(count + 1, sizeof *bins->old);
    bins->new = calloc(count + 1, sizeof *bins->new);
    bins->names = calloc(count + 1, sizeof *bins->names);
    return bins->old != NULL && bins->new != NULL && bins->names != NULL;
}

/* Numbers --------------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Equal cuts are one: its bin then takes what two would have shared. */
static enum till_status find_cuts(const struct sheet *sheet, const struct sheet_column *column, struct bins *bins,
                                  struct till_error *error) {
    double *sorted = malloc((sheet->rows + 1) * sizeof *sorted);
    size_t n = 0;
    if (sorted == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < sheet->rows; row++)
        if (!isnan(column->numbers[row]))
            sorted[n++] = column->numbers[row];
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 1; i < BINS && n > 0; i++) {
        double cut = sorted[(i * n + BINS - 1) / BINS - 1];
        if ((bins->cut_count == 0 || cut > bins->cuts[bins->cut_count - 1]) && cut < sorted[n - 1])
            bins->cuts[bins->cut_count++] = cut;
    }
    free(sorted);
    return TILL_OK;
}

static void count_numbers(const struct sheet *sheet, const struct sheet_column *column, const struct bins *bins,
                          uint64_t *counts) {
    for (size_t row = 0; row < sheet->rows; row++) {
        size_t bin = 0;
        double value = column->numbers[row];
        while (bin < bins->cut_count && value > bins->cuts[bin])
            bin++;
        counts[isnan(value) ? bins->cut_count + 1 : bin]++;
    }
}

/* "..5", "5..8", "8..": above the first, up to the second. */
static enum till_status name_ranges(struct bins *bins, struct till_error *error) {
    size_t at[BINS + 2];
    for (size_t i = 0; i <= bins->cut_count; i++) {
        char low[TILL_REAL_TEXT], high[TILL_REAL_TEXT];
        size_t low_length = i == 0 ? 0 : till_real_format(low, bins->cuts[i - 1]);
        size_t high_length = i == bins->cut_count ? 0 : till_real_format(high, bins->cuts[i]);
        at[i] = bins->texts.length;
        if (!till_text_append_format(&bins->texts, "%.*s..%.*s", (int)low_length, low, (int)high_length, high))
            return till_error_memory(error);
    }
    at[bins->cut_count + 1] = bins->texts.length;
    for (size_t i = 0; i <= bins->cut_count; i++)
        bins->names[i] = (struct till_slice){bins->texts.bytes + at[i], at[i + 1] - at[i]};
    return TILL_OK;
}

static enum till_status bin_numbers(const struct migrate_side *old, const struct sheet_column *old_column,
                                    const struct migrate_side *new, const struct sheet_column *new_column,
                                    struct bins *bins, struct till_error *error) {
    enum till_status status = find_cuts(&old->sheet, old_column, bins, error);
    if (status == TILL_OK && !make_room(bins, bins->cut_count + 2))
        status = till_error_memory(error);
    if (status != TILL_OK)
        return status;
    count_numbers(&old->sheet, old_column, bins, bins->old);
    count_numbers(&new->sheet, new_column, bins, bins->new);
    bins->count = bins->cut_count + 1;
    return name_ranges(bins, error);
}

/* Texts ----------------------------------------------------------------------------------------------------------- */

/* The levels of both sides in one dictionary, in byte order. */
static enum till_status bin_levels(const struct migrate_side *old, const struct sheet_column *old_column,
                                   const struct migrate_side *new, const struct sheet_column *new_column,
                                   struct bins *bins, struct till_error *error) {
    const struct migrate_side *sides[] = {old, new};
    const struct sheet_column *columns[] = {old_column, new_column};
    struct till_dictionary *all = till_dictionary_new();
    uint32_t *order = NULL, *rank = NULL, code;
    bool good = all != NULL;
    for (int s = 0; s < 2 && good; s++)
        for (uint32_t i = 0; i < till_dictionary_count(columns[s]->levels) && good; i++)
            good = till_dictionary_add(all, till_dictionary_text(columns[s]->levels, i), &code);
    size_t count = good ? till_dictionary_count(all) : 0;
    if (good) {
        order = malloc((count + 1) * sizeof *order);
        rank = malloc((count + 1) * sizeof *rank);
        good = order != NULL && rank != NULL && till_dictionary_order(all, order) && make_room(bins, count + 1);
    }
    for (uint32_t i = 0; i < count && good; i++)
        rank[order[i]] = i;
    for (int s = 0; s < 2 && good; s++)
        for (size_t row = 0; row < sides[s]->sheet.rows; row++) {
            uint64_t *counts = s == 0 ? bins->old : bins->new;
            uint32_t own = columns[s]->codes[row];
            bool found =
                own != SHEET_MISSING && till_dictionary_find(all, till_dictionary_text(columns[s]->levels, own), &code);
            counts[found ? rank[code] : count]++;
        }
    size_t *at = good ? malloc((count + 1) * sizeof *at) : NULL;
    good = at != NULL;
    for (size_t i = 0; i < count && good; i++) {
        struct till_slice text = till_dictionary_text(all, order[i]);
        at[i] = bins->texts.length;
        good = till_text_append(&bins->texts, text.bytes, text.length);
    }
    for (size_t i = 0; i < count && good; i++)
        bins->names[i] =
            (struct till_slice){bins->texts.bytes + at[i], (i + 1 < count ? at[i + 1] : bins->texts.length) - at[i]};
    bins->count = count;
    free(at);
    free(order);
    free(rank);
    till_dictionary_free(all);
    return good ? TILL_OK : till_error_memory(error);
}

/* Writing --------------------------------------------------------------------------------------------------------- */

static enum till_status write_bins(struct till_writer *writer, struct till_slice name, const struct bins *bins,
                                   uint64_t old_total, uint64_t new_total, double *psi, struct till_error *error) {
    enum till_status status = TILL_OK;
    *psi = 0;
    for (size_t i = 0; i < bins->count && status == TILL_OK; i++) {
        double part = till_profile_psi(bins->old[i], old_total, bins->new[i], new_total, bins->count);
        *psi += part;
        till_writer_text(writer, name);
        till_writer_text(writer, bins->names[i]);
        till_writer_count(writer, bins->old[i]);
        till_writer_count(writer, bins->new[i]);
        till_writer_real(writer, part);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* One feature; *worst is raised to its index. */
static enum till_status write_feature(struct tool_run *run, struct migrate_side *old, size_t i,
                                      struct migrate_side *new, size_t j, struct till_writer *writer, double *worst,
                                      struct till_error *error) {
    const struct sheet_column *old_column = &old->sheet.columns[i], *new_column = &new->sheet.columns[j];
    uint64_t old_total = old->sheet.rows, new_total = new->sheet.rows;
    struct bins bins = {0};
    double psi = 0;
    bool numbers = old_column->numeric && new_column->numeric;
    enum till_status status = numbers ? bin_numbers(old, old_column, new, new_column, &bins, error)
                                      : bin_levels(old, old_column, new, new_column, &bins, error);
    if (status == TILL_OK) {
        /* The bin of missing values lies behind the others, and counts only where there are any. */
        if (bins.old[bins.count] + bins.new[bins.count] > 0)
            bins.names[bins.count++] = till_slice_of("missing");
        status = write_bins(writer, old_column->name, &bins, old_total, new_total, &psi, error);
        tool_note(run, "psi of %s: %.4f; without any change %.4f is expected, and 1 in 20 passes %.4f",
                  old_column->text, psi, till_profile_psi_expected(old_total, new_total, bins.count),
                  till_profile_psi_quantile(old_total, new_total, bins.count, 0.95));
        *worst = psi > *worst ? psi : *worst;
    }
    free_bins(&bins);
    return status;
}

static size_t same_name(const struct migrate_side *side, struct till_slice name) {
    for (size_t j = 0; j < side->sheet.count; j++)
        if (till_slice_equal(side->sheet.columns[j].name, name))
            return j;
    return TILL_NO_COLUMN;
}

enum till_status migrate_psi(struct tool_run *run, struct migrate_side *old, struct migrate_side *new, const char *path,
                             struct till_error *error) {
    static const char *const names[] = {"feature", "bin", "old", "new", "psi"};
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL};
    struct till_writer *writer;
    struct till_slice header[5];
    double worst = 0;
    for (size_t i = 0; i < 5; i++)
        header[i] = till_slice_of(names[i]);
    if (old->sheet.rows == 0 || new->sheet.rows == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "no drift can be measured: a file without rows");
    enum till_status status = tool_open_table(run, path, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, header, types, 5, error);
    for (size_t i = 0; i < old->sheet.count && status == TILL_OK; i++) {
        size_t j = same_name(new, old->sheet.columns[i].name);
        if (i == old->key || i == old->group || i == old->value || j == TILL_NO_COLUMN)
            continue;
        status = write_feature(run, old, i, new, j, writer, &worst, error);
    }
    if (status == TILL_OK)
        tool_figure(run, "psi", worst);
    return status;
}
