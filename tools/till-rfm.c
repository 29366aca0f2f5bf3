/* till-rfm: transactions -> recency, frequency, monetary value, scores and segment of each customer.
 *
 * The figures come from the ledger of purchases, the scores from a scheme, either cut from these customers or kept from
 * before. Whatever is written, customers go one by one through emit(); with --sorted they come in stretches while the
 * input is read, otherwise all at once. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include <till/fold.h>
#include <till/model.h>
#include <till/rfm.h>
#include <till/rfm_customers.h>
#include <till/sorted.h>

#include "rfm_columns.h"
#include "rfm_report.h"
#include "rfm_segments.h"

#define DEFAULT_BINS 5

struct settings {
    bool no_scores;
    uint64_t bins; /* 0: not given */
    int scores;
    const char *scheme;
    const char *scheme_out;
    const char *segments;
    bool cells;
    bool sorted;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "no-scores",
     .kind = OPTION_FLAG,
     .offset = AT(no_scores),
     .help = "Write customer, first, last, recency, frequency and monetary alone."},
    {.name = "bins",
     .kind = OPTION_COUNT,
     .offset = AT(bins),
     .argument = "N",
     .minimum = TILL_RFM_BINS_LEAST,
     .maximum = TILL_RFM_BINS_MOST,
     .help = "Score from 1 to N (default: 5, or what the scheme says)."},
    {.name = "scores",
     .kind = OPTION_CHOICE,
     .offset = AT(scores),
     .argument = "HOW",
     .initial = "independent",
     .choices = "independent|nested",
     .help = "Cut each figure over all customers, or frequency within each r and monetary value within each r and f."},
    {.name = "scheme",
     .kind = OPTION_FILE,
     .offset = AT(scheme),
     .argument = "FILE",
     .help = "Score by the cuts and segments kept in FILE."},
    {.name = "scheme-out",
     .kind = OPTION_FILE,
     .offset = AT(scheme_out),
     .argument = "FILE",
     .help = "Keep the cuts and segments in FILE."},
    {.name = "segments",
     .kind = OPTION_FILE,
     .offset = AT(segments),
     .argument = "FILE",
     .help = "Name the cells by a table segment,r_min,r_max,f_min,f_max,m_min,m_max, which must cover each cell once."},
    {.name = "cells",
     .kind = OPTION_FLAG,
     .offset = AT(cells),
     .help = "Write the table of recency by frequency instead: r, f, customers, share, money."},
    {.name = "sorted",
     .kind = OPTION_FLAG,
     .offset = AT(sorted),
     .help = "The input is in byte order of the customer (checked): constant memory, and customers are written as they "
             "come. Wants --as-of, and --no-scores or --scheme."},
    {0}};

/* What a run carries from customer to customer. */
struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct till_rfm_scheme *scheme;     /* NULL: no scores */
    struct till_rfm_segments *segments; /* of --segments, until a scheme takes them */
    struct till_writer *writer;         /* NULL: only the cells are wanted */
    struct till_rfm_cells cells;
    uint64_t customers;
    uint64_t returns_alone;
    int32_t newest_day;
    int32_t next_newest_day;
};

/* --- Options --- */

/* What contradicts itself is refused before anything is read. */
static enum till_status check_options(const struct tool_run *run, const struct settings *settings,
                                      struct till_error *error) {
    if (settings->no_scores && settings->scheme != NULL)
        return tool_usage(error, "--no-scores", "makes no use of --scheme; give one of them");
    if (settings->no_scores && settings->cells)
        return tool_usage(error, "--no-scores", "--cells are made of scores; give one of them");
    if (settings->no_scores && settings->segments != NULL && settings->scheme_out == NULL)
        return tool_usage(error, "--no-scores", "makes no use of --segments; give one of them");
    if (run->state_only && settings->scheme_out != NULL)
        return tool_usage(error, "--state-only", "makes no scheme, so there is nothing for --scheme-out");
    if (!settings->sorted)
        return TILL_OK;
    if (run->state != NULL)
        return tool_usage(error, "--sorted", "--state holds all customers; give one of them");
    if (run->as_of == TILL_DAY_MISSING)
        return tool_usage(error, "--sorted", "wants --as-of: the newest date is not known before the end of the input");
    if (!settings->no_scores && settings->scheme == NULL)
        return tool_usage(error, "--sorted",
                          "wants --no-scores or --scheme: cuts are not known before the end of the input");
    if (settings->scheme_out != NULL && settings->scheme == NULL)
        return tool_usage(error, "--sorted", "makes no cuts, so there is no scheme for --scheme-out");
    return TILL_OK;
}

/* Bins and scores belong to a scheme that is given; asking for others is a mistake, not a wish. */
static enum till_status check_scheme(const struct settings *settings, const struct till_rfm_scheme *scheme,
                                     struct till_error *error) {
    if (settings->bins != 0 && settings->bins != till_rfm_scheme_bins(scheme))
        return tool_usage(error, "--bins", "the scheme has another number of bins");
    if (settings->scores == TILL_RFM_NESTED && till_rfm_scheme_scores(scheme) != TILL_RFM_NESTED)
        return tool_usage(error, "--scores", "the scheme has independent scores");
    return TILL_OK;
}

/* Loads the scheme and the segments, so that a mistake in them shows before the input is read. */
static enum till_status prepare(struct work *work, struct till_error *error) {
    const struct settings *settings = work->settings;
    enum till_status status = TILL_OK;
    unsigned bins = settings->bins == 0 ? DEFAULT_BINS : (unsigned)settings->bins;
    if (settings->scheme != NULL) {
        char digest[TILL_FINGERPRINT_TEXT];
        status = till_model_digest(settings->scheme, digest, error);
        if (status == TILL_OK)
            status = till_rfm_scheme_load(&work->scheme, settings->scheme, error);
        if (status == TILL_OK)
            tool_fact(work->run, "model.digest", "%s", digest);
        if (status == TILL_OK)
            status = check_scheme(settings, work->scheme, error);
        if (status == TILL_OK)
            bins = till_rfm_scheme_bins(work->scheme);
    }
    if (status == TILL_OK && settings->segments != NULL)
        status = rfm_segments_read(&work->segments, settings->segments, bins, error);
    return status;
}

/* Gives the segments that were asked for to the scheme, which owns them from there on. */
static enum till_status name_cells(struct work *work, struct till_error *error) {
    if (work->segments == NULL)
        return TILL_OK;
    enum till_status status = till_rfm_scheme_set_segments(work->scheme, work->segments, error);
    if (status == TILL_OK)
        work->segments = NULL;
    return status;
}

/* --- Customers --- */

/* The output and its header, with the columns of scores where there are any. */
static enum till_status open_output(struct work *work, struct till_error *error) {
    static const struct pass_column plain[] = {{"customer", TILL_TEXT},   {"first", TILL_DAY},
                                               {"last", TILL_DAY},        {"recency", TILL_INTEGER},
                                               {"frequency", TILL_COUNT}, {"monetary", TILL_MONEY}};
    enum { PLAIN = sizeof plain / sizeof *plain };
    struct till_slice names[PLAIN + RFM_SCORE_COLUMNS];
    enum till_type types[PLAIN + RFM_SCORE_COLUMNS];
    for (size_t i = 0; i < PLAIN + RFM_SCORE_COLUMNS; i++) {
        const struct pass_column *column = i < PLAIN ? &plain[i] : &rfm_score_columns[i - PLAIN];
        names[i] = till_slice_of(column->name);
        types[i] = column->type;
    }
    enum till_status status = tool_open_output(work->run, &work->writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(work->writer, names, types,
                                     work->settings->no_scores ? PLAIN : PLAIN + RFM_SCORE_COLUMNS, error);
    return status;
}

/* Days since the last purchase; as-of is never before it, because later rows are filtered. */
static int32_t recency_of(const struct work *work, int32_t last) {
    return last == TILL_DAY_MISSING ? TILL_RFM_RECENCY_MISSING : work->run->as_of - last;
}

/* Scores, counts and writes customer i. */
static enum till_status emit(struct work *work, const struct till_rfm_customers *customers, size_t i,
                             struct till_error *error) {
    int32_t recency = recency_of(work, customers->last[i]);
    struct till_rfm_score score = {1, 1, 1};
    work->customers++;
    work->returns_alone += customers->last[i] == TILL_DAY_MISSING;
    if (!work->settings->no_scores) {
        score = till_rfm_scheme_score(work->scheme, recency, customers->frequency[i], customers->monetary[i]);
        till_rfm_cells_add(&work->cells, score, customers->monetary[i]);
    }
    if (work->writer == NULL)
        return TILL_OK;
    till_writer_text(work->writer, customers->customer[i]);
    till_writer_day(work->writer, customers->first[i]);
    till_writer_day(work->writer, customers->last[i]);
    till_writer_integer(work->writer, recency == TILL_RFM_RECENCY_MISSING ? INT64_MIN : recency);
    till_writer_count(work->writer, customers->frequency[i]);
    till_writer_money(work->writer, customers->monetary[i]);
    if (!work->settings->no_scores)
        rfm_write_scores(work->writer, work->scheme, score);
    return till_writer_end(work->writer, error);
}

static enum till_status emit_all(struct work *work, const struct till_rfm_customers *customers,
                                 struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < customers->count && status == TILL_OK; i++)
        status = emit(work, customers, i, error);
    return status;
}

/* The two newest days seen so far, after these customers. */
static void note_newest(struct work *work, const struct till_rfm_customers *customers) {
    const int32_t days[] = {customers->newest_day, customers->next_newest_day};
    for (size_t i = 0; i < 2; i++) {
        if (days[i] > work->newest_day) {
            work->next_newest_day = work->newest_day;
            work->newest_day = days[i];
        } else if (days[i] < work->newest_day && days[i] > work->next_newest_day) {
            work->next_newest_day = days[i];
        }
    }
}

/* --- The two ways to run --- */

static bool wants_scheme(const struct settings *settings) {
    return !settings->no_scores || settings->scheme_out != NULL;
}

/* Cuts these customers, unless there is a scheme already. */
static enum till_status fit(struct work *work, const struct till_rfm_customers *customers, struct till_error *error) {
    const struct settings *settings = work->settings;
    if (work->scheme != NULL || !wants_scheme(settings))
        return TILL_OK;
    int32_t *recency = calloc(customers->count + 1, sizeof *recency);
    if (recency == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < customers->count; i++)
        recency[i] = recency_of(work, customers->last[i]);
    struct till_rfm_figures figures = {customers->count, recency, customers->frequency, customers->monetary};
    enum till_status status =
        till_rfm_scheme_fit(&work->scheme, &figures, settings->bins == 0 ? DEFAULT_BINS : (unsigned)settings->bins,
                            settings->scores == 1 ? TILL_RFM_NESTED : TILL_RFM_INDEPENDENT, work->run->as_of, error);
    free(recency);
    return status;
}

/* --scheme-out: the file appears together with the result. */
static enum till_status write_scheme(struct work *work, struct till_error *error) {
    struct till_sink sink;
    if (work->settings->scheme_out == NULL)
        return TILL_OK;
    enum till_status status = tool_open_file(work->run, work->settings->scheme_out, &sink, error);
    if (status == TILL_OK)
        status = till_rfm_scheme_save(sink, work->scheme, error);
    return status;
}

/* A stretch of whole customers of a sorted input. */
static enum till_status take_stretch(void *context, const void *state, struct till_error *error) {
    struct work *work = context;
    struct till_rfm_customers customers = {0};
    enum till_status status = till_rfm_customers_finish(state, &customers, error);
    if (status == TILL_OK)
        note_newest(work, &customers);
    if (status == TILL_OK)
        status = emit_all(work, &customers, error);
    till_rfm_customers_free(&customers);
    return status;
}

/* Sorted input: the header goes out before the first row comes in. */
static enum till_status run_sorted(struct work *work, struct till_input *input,
                                   const struct till_rfm_settings *settings, struct till_error *error) {
    enum till_status status = TILL_OK;
    if (!work->settings->no_scores)
        status = name_cells(work, error);
    if (status == TILL_OK)
        status = write_scheme(work, error);
    if (status == TILL_OK && !work->settings->cells)
        status = open_output(work, error);
    if (status == TILL_OK)
        status = till_fold_sorted(input, &till_rfm_aggregate, settings,
                                  settings->ledger.transactions->at[TILL_ROLE_CUSTOMER], "customer", take_stretch, work,
                                  error);
    return status;
}

/* Everything about all customers, once they are known. */
static enum till_status take_all(struct work *work, const struct till_rfm_customers *customers,
                                 struct till_error *error) {
    note_newest(work, customers);
    if (work->run->as_of == TILL_DAY_MISSING)
        work->run->as_of = customers->newest_day;
    enum till_status status = fit(work, customers, error);
    if (status == TILL_OK && work->scheme != NULL)
        status = name_cells(work, error);
    if (status == TILL_OK)
        status = write_scheme(work, error);
    if (status == TILL_OK && !work->settings->cells)
        status = open_output(work, error);
    if (status == TILL_OK)
        status = emit_all(work, customers, error);
    if (status == TILL_OK && customers->repeats_totals && !work->run->amount_per_order && work->run->count != 2)
        tool_warn(work->run, "in every order of several rows all amounts are equal: if they are totals of the order, "
                             "use --amount-per=order");
    return status;
}

/* Input in any order: customers are known when all rows are. */
static enum till_status run_whole(struct work *work, struct till_input *input, const struct till_rfm_settings *settings,
                                  struct till_error *error) {
    void *state = NULL;
    struct till_rfm_customers customers = {0};
    enum till_status status = till_fold(input, &till_rfm_aggregate, settings, work->run->threads, &state, error);
    if (status == TILL_OK)
        status = till_rfm_customers_finish(state, &customers, error);
    if (status == TILL_OK)
        status = take_all(work, &customers, error);
    till_rfm_customers_free(&customers);
    if (state != NULL)
        till_rfm_aggregate.destroy(state);
    return status;
}

/* --state: the customers of all nights. */
static enum till_status run_state(struct work *work, const struct till_rfm_settings *settings,
                                  struct till_error *error) {
    struct till_rfm_gather *gather = till_rfm_gather_new(&settings->options);
    struct till_rfm_customers customers = {0};
    struct till_ledger_summary summary;
    enum till_status status = gather == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_state_stretches(work->run, settings->options.days, till_rfm_gather_take, gather, &summary, error);
    if (status == TILL_OK && !work->run->state_only)
        status = till_rfm_gather_finish(gather, &summary, &customers, error);
    till_rfm_gather_free(gather);
    if (status == TILL_OK && !work->run->state_only)
        status = take_all(work, &customers, error);
    till_rfm_customers_free(&customers);
    return status;
}

/* --- What is said about it --- */

static enum till_status report(struct work *work, struct till_error *error) {
    tool_warn_newest(work->run, work->newest_day, work->next_newest_day);
    tool_figure(work->run, "customers", (double)work->customers);
    if (work->returns_alone > 0)
        tool_note(work->run, "customers with returns alone, without recency and with the lowest scores: %llu",
                  (unsigned long long)work->returns_alone);
    if (work->scheme == NULL)
        return TILL_OK;
    bool scored = !work->settings->no_scores && work->customers > 0;
    return rfm_report_scheme(work->run, work->scheme, scored ? &work->cells : NULL, error);
}

/* --- The run --- */

/* --cells: written at the end, when all customers have been counted. */
static enum till_status write_cells(struct work *work, struct till_error *error) {
    struct till_table *table;
    if (!work->settings->cells)
        return TILL_OK;
    enum till_status status = till_rfm_cells_table(&work->cells, till_rfm_scheme_bins(work->scheme), &table, error);
    if (status == TILL_OK)
        status = tool_write_table(work->run, NULL, table, error);
    till_table_free(table);
    return status;
}

/* Reads the transactions, in one of the three ways. */
static enum till_status read_transactions(struct work *work, struct till_error *error) {
    struct tool_run *run = work->run;
    struct till_input *input;
    struct till_transactions transactions;
    struct till_rfm_settings settings = {
        .ledger = {&transactions, run->count == 2, run->amount_per_order},
        .options = {.days = run->count == 1, .returns = (enum till_rfm_returns)run->returns}};
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER;
    if (run->state != NULL)
        return run_state(work, &settings, error);
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = tool_start_transactions(run, input, uses, &transactions, error);
    if (status != TILL_OK)
        return status;
    return work->settings->sorted ? run_sorted(work, input, &settings, error)
                                  : run_whole(work, input, &settings, error);
}

/* From the input to the last line. */
static enum till_status read_and_write(struct work *work, struct till_error *error) {
    enum till_status status = read_transactions(work, error);
    if (status != TILL_OK || work->run->state_only)
        return status;
    status = write_cells(work, error);
    return status == TILL_OK ? report(work, error) : status;
}

static enum till_status run_rfm(struct tool_run *run, struct till_error *error) {
    struct work work = {
        .run = run, .settings = run->settings, .newest_day = TILL_DAY_MISSING, .next_newest_day = TILL_DAY_MISSING};
    run->streaming = work.settings->sorted;
    enum till_status status = check_options(run, work.settings, error);
    if (status == TILL_OK)
        status = prepare(&work, error);
    if (status == TILL_OK)
        status = read_and_write(&work, error);
    till_rfm_segments_free(work.segments);
    till_rfm_scheme_free(work.scheme);
    return status;
}

static const struct tool rfm = {
    .name = "till-rfm",
    .purpose = "score customers by recency, frequency and monetary value",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS | TOOL_PURCHASES | TOOL_STATE,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_rfm,
};

int main(int argc, char **argv) {
    return tool_main(&rfm, argc, argv);
}
