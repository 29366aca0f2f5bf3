/* till-features: transactions -> what was known of each customer at one or several cutoffs, and who churned after it.
 */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/features.h>

#include "cutoffs.h"
#include "features_read.h"

struct settings {
    struct cutoffs_times times; /* first: filled by the shared table */
    const char *cutoff;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "cutoff",
     .kind = OPTION_TEXT,
     .offset = AT(cutoff),
     .argument = "DATE[,DATE]...",
     .help =
         "The last day that features look at; a row for each customer and each of them (default: the last day of the "
         "data, for scores as of today)."},
    {0}};

/* What a run carries. */
struct work {
    struct tool_run *run;
    struct till_features_settings wishes;
    int32_t cutoffs[CUTOFFS_MOST];
    struct till_features *features;
    struct till_writer *writer;
    struct till_features_count *counts;
};

/* ---- options ---- */

static enum till_status take_options(struct work *work, struct till_error *error) {
    const struct settings *settings = work->run->settings;
    struct till_features_settings *wishes = &work->wishes;
    enum till_status status = cutoffs_take(&settings->times, wishes, error);
    if (status == TILL_OK && settings->cutoff != NULL)
        status = cutoffs_list("--cutoff", settings->cutoff, work->cutoffs, &wishes->cutoff_count, error);
    wishes->cutoffs = work->cutoffs;
    return status;
}

/* ---- writing ---- */

/* Without --cutoff, the last day of the data is the one. */
static void settle(struct work *work) {
    struct tool_run *run = work->run;
    char text[2][TILL_DAY_TEXT + 1] = {"", ""};
    features_settle_as_of(run, work->features);
    if (work->wishes.cutoff_count == 0 && run->as_of != TILL_DAY_MISSING) {
        work->cutoffs[0] = run->as_of;
        work->wishes.cutoff_count = 1;
    }
    till_features_settle(work->features, work->cutoffs, work->wishes.cutoff_count, run->as_of);
    for (size_t i = 0; i < work->wishes.cutoff_count; i++)
        if (work->cutoffs[i] > run->as_of && run->as_of != TILL_DAY_MISSING) {
            text[0][till_date_write(text[0], work->cutoffs[i])] = '\0';
            text[1][till_date_write(text[1], run->as_of)] = '\0';
            tool_warn(run,
                      "the data end on %s, before the cutoff %s: days without data look like days without purchases",
                      text[1], text[0]);
        }
}

static enum till_status write_header(struct work *work, struct till_error *error) {
    const struct till_features_column *columns = till_features_columns();
    struct till_slice names[3 + TILL_FEATURES_COLUMNS] = {till_slice_of("customer"), till_slice_of("cutoff"),
                                                          till_slice_of("churned")};
    enum till_type types[3 + TILL_FEATURES_COLUMNS] = {TILL_TEXT, TILL_DAY, TILL_COUNT};
    size_t count = 3;
    bool items = till_features_has_items(work->features);
    for (size_t i = 0; i < TILL_FEATURES_COLUMNS; i++)
        if (items || !columns[i].of_items) {
            names[count] = till_slice_of(columns[i].name);
            types[count++] = columns[i].type;
        }
    enum till_status status = tool_open_output(work->run, &work->writer, error);
    return status == TILL_OK ? till_writer_columns(work->writer, names, types, count, error) : status;
}

static enum till_status write_row(void *context, const struct till_features_row *row, struct till_error *error) {
    struct work *work = context;
    const struct till_features_column *columns = till_features_columns();
    bool items = till_features_has_items(work->features);
    till_writer_text(work->writer, row->customer);
    till_writer_day(work->writer, row->cutoff);
    till_writer_count(work->writer, row->churned < 0 ? UINT64_MAX : (uint64_t)row->churned);
    for (size_t i = 0; i < TILL_FEATURES_COLUMNS; i++) {
        if (!items && columns[i].of_items)
            continue;
        if (columns[i].type == TILL_COUNT)
            till_writer_count(work->writer, row->values[i].count);
        else if (columns[i].type == TILL_MONEY)
            till_writer_money(work->writer, row->values[i].money);
        else
            till_writer_real(work->writer, row->values[i].real);
    }
    return till_writer_end(work->writer, error);
}

/* A line for each cutoff, and the sums. */
static void tell(struct work *work) {
    struct till_features_count all = {0};
    uint64_t labelled = 0;
    for (size_t i = 0; i < work->wishes.cutoff_count; i++) {
        const struct till_features_count *count = &work->counts[i];
        char text[TILL_DAY_TEXT + 1] = "";
        bool known = (int64_t)work->cutoffs[i] + work->wishes.gap + work->wishes.horizon <= work->run->as_of;
        text[till_date_write(text, work->cutoffs[i])] = '\0';
        if (known)
            tool_note(work->run, "%s: %llu customers, %llu churned; %llu left out without a purchase in the window",
                      text, (unsigned long long)count->rows, (unsigned long long)count->churned,
                      (unsigned long long)count->left_out);
        else
            tool_note(work->run,
                      "%s: %llu customers, churned not known yet; %llu left out without a purchase in the window", text,
                      (unsigned long long)count->rows, (unsigned long long)count->left_out);
        all.rows += count->rows;
        all.left_out += count->left_out;
        all.churned += count->churned;
        labelled += known ? count->rows : 0;
    }
    tool_figure(work->run, "rows", (double)all.rows);
    tool_figure(work->run, "left_out", (double)all.left_out);
    tool_figure(work->run, "labelled", (double)labelled);
    if (labelled > 0)
        tool_figure(work->run, "churn_rate", (double)all.churned / (double)labelled);
}

static enum till_status run_features(struct tool_run *run, struct till_error *error) {
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        return till_error_memory(error);
    work->run = run;
    enum till_status status = take_options(work, error);
    if (status == TILL_OK)
        status = features_read(run, &work->wishes, &work->features, error);
    if (run->state_only) {
        till_features_free(work->features);
        free(work);
        return status;
    }
    if (status == TILL_OK) {
        settle(work);
        work->counts = calloc(work->wishes.cutoff_count + 1, sizeof *work->counts);
        status = work->counts == NULL ? till_error_memory(error) : write_header(work, error);
    }
    if (status == TILL_OK)
        status = till_features_each(work->features, run->threads, write_row, work, work->counts, error);
    if (status == TILL_OK) {
        features_warn_totals(run, work->features);
        tell(work);
    }
    till_features_free(work->features);
    free(work->counts);
    free(work);
    return status;
}

static const struct tool features = {
    .name = "till-features",
    .purpose = "what was known of each customer on a day, and who did not come back after it",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS | TOOL_PURCHASES | TOOL_STATE,
    .shared = cutoffs_options,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_features,
};

int main(int argc, char **argv) {
    return tool_main(&features, argc, argv);
}
