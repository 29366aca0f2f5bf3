/* What is said of a scheme and of those it scored: the cuts, and the scores that nobody has. */
#include "rfm_report.h"

#include <till/date.h>
#include <till/decimal.h>

static const char *const figures[] = {"recency", "frequency", "monetary"};
static const char *const facts[] = {"scheme.recency", "scheme.frequency", "scheme.monetary"};

/* The cuts of one figure as people know them: days, purchases, money. False when memory is out. */
static bool list_cuts(struct till_text *out, const struct till_rfm_scheme *scheme, enum till_rfm_dimension dimension) {
    const int64_t *cuts = till_rfm_scheme_cuts(scheme, dimension, 1, 1);
    for (unsigned i = 0; i + 1 < till_rfm_scheme_bins(scheme); i++) {
        char cell[TILL_MONEY_TEXT];
        size_t length = dimension == TILL_RFM_MONETARY  ? till_decimal_format(cell, cuts[i])
                        : dimension == TILL_RFM_RECENCY ? till_integer_format(cell, -cuts[i])
                                                        : till_integer_format(cell, cuts[i]);
        if ((i > 0 && !till_text_append(out, ", ", 2)) || !till_text_append(out, cell, length))
            return false;
    }
    return true;
}

/* The scores of one figure that nobody has, as "2, 4"; empty when there are none. False when memory is out. */
static bool list_empty(struct till_text *out, const struct till_rfm_cells *cells, enum till_rfm_dimension dimension,
                       unsigned bins) {
    for (unsigned score = 1; score <= bins; score++)
        if (till_rfm_cells_count(cells, dimension, score) == 0 &&
            !till_text_append_format(out, "%s%u", out->length == 0 ? "" : ", ", score))
            return false;
    return true;
}

/* One figure: its cuts, and the scores that stayed empty. False when memory is out. */
static bool report_figure(struct tool_run *run, const struct till_rfm_scheme *scheme,
                          const struct till_rfm_cells *cells, enum till_rfm_dimension dimension) {
    struct till_text cuts = {0}, empty = {0};
    /* Nested cuts of frequency and money differ from group to group; there are too many to name. */
    bool grouped = till_rfm_scheme_scores(scheme) == TILL_RFM_NESTED && dimension != TILL_RFM_RECENCY;
    bool good = grouped ? till_text_append_string(&cuts, "its own in each group") : list_cuts(&cuts, scheme, dimension);
    if (good && cells != NULL)
        good = list_empty(&empty, cells, dimension, till_rfm_scheme_bins(scheme));
    const char *cuts_text = good ? till_text_string(&cuts) : NULL;
    const char *empty_text = good ? till_text_string(&empty) : NULL;
    good = cuts_text != NULL && empty_text != NULL;
    if (good)
        tool_fact(run, facts[dimension], "%s", cuts_text);
    if (good && empty.length > 0)
        tool_note(run, "no customer has %c = %s (cuts of %s: %s)", figures[dimension][0], empty_text,
                  figures[dimension], cuts_text);
    till_text_free(&cuts);
    till_text_free(&empty);
    return good;
}

enum till_status rfm_report_scheme(struct tool_run *run, const struct till_rfm_scheme *scheme,
                                   const struct till_rfm_cells *cells, struct till_error *error) {
    if (till_rfm_scheme_customers(scheme) == 0)
        return TILL_OK; /* nothing was cut */
    char as_of[TILL_DAY_TEXT];
    tool_fact(run, "scheme.as_of", "%.*s", (int)till_date_write(as_of, till_rfm_scheme_as_of(scheme)), as_of);
    tool_fact(run, "scheme.customers", "%llu", (unsigned long long)till_rfm_scheme_customers(scheme));
    tool_fact(run, "scheme.bins", "%u", till_rfm_scheme_bins(scheme));
    tool_fact(run, "scheme.scores", "%s", till_rfm_scheme_scores(scheme) == TILL_RFM_NESTED ? "nested" : "independent");
    bool good = report_figure(run, scheme, cells, TILL_RFM_RECENCY) &&
                report_figure(run, scheme, cells, TILL_RFM_FREQUENCY) &&
                report_figure(run, scheme, cells, TILL_RFM_MONETARY);
    return good ? TILL_OK : till_error_memory(error);
}
