/* till-cluster -k A..B: the table of criteria, and what each of them would choose. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/criteria.h>
#include <till/table.h>

#include "cluster.h"

/* Rows that gap and stability are computed on; more are sampled. */
enum { GAP_ROWS = 10000, STABILITY_ROWS = 2000 };

const char *const cluster_criteria_names[] = {"silhouette", "calinski_harabasz", "davies_bouldin", "gap",
                                              "bic",        "stability"};
enum { SILHOUETTE, CALINSKI_HARABASZ, DAVIES_BOULDIN, GAP, BIC, STABILITY, CRITERIA };

/* The table as arrays. */
struct figures {
    size_t count;
    uint64_t *k;
    double *total; /* inertia, deviation or cost */
    double *of[CRITERIA];
    double *gap_error;
};

static enum till_status fit_one(struct cluster_work *work, size_t clusters, struct figures *figures, size_t at,
                                struct till_error *error) {
    struct till_criteria_options options = {.how = cluster_options(work, clusters),
                                            .samples = (unsigned)work->settings->samples,
                                            .silhouette_rows = SILHOUETTE_ROWS,
                                            .gap_rows = GAP_ROWS,
                                            .stability_rows = STABILITY_ROWS};
    struct till_partition_rows rows = cluster_rows_of(work);
    struct till_criteria criteria;
    struct till_partition *result;
    char before[40];
    enum till_status status = till_partition_fit(&rows, &options.how, &result, error);
    if (status != TILL_OK)
        return status;
    snprintf(before, sizeof before, "k = %zu: ", clusters);
    cluster_tell_limit(work, result, before);
    status = till_criteria_find(&rows, result, &options, &criteria, error);
    figures->k[at] = clusters;
    figures->total[at] = result->total;
    figures->of[SILHOUETTE][at] = criteria.silhouette;
    figures->of[CALINSKI_HARABASZ][at] = criteria.calinski_harabasz;
    figures->of[DAVIES_BOULDIN][at] = criteria.davies_bouldin;
    figures->of[GAP][at] = criteria.gap;
    figures->gap_error[at] = criteria.gap_error;
    figures->of[BIC][at] = criteria.bic;
    figures->of[STABILITY][at] = criteria.stability;
    till_partition_free(result);
    return status;
}

/* The place that a criterion chooses: the smallest k of the best figure; with the gap, the smallest k whose gap is at
 * least the next one's less its standard error (Tibshirani et al. 2001). figures->count: none. */
static size_t choose(const struct figures *figures, int criterion) {
    const double *values = figures->of[criterion];
    size_t best = figures->count;
    for (size_t i = 0; i < figures->count; i++) {
        if (isnan(values[i]))
            continue;
        if (criterion == GAP && i + 1 < figures->count && values[i] >= values[i + 1] - figures->gap_error[i + 1])
            return i;
        double better = best == figures->count        ? 1
                        : criterion == DAVIES_BOULDIN ? values[best] - values[i]
                                                      : values[i] - values[best];
        if (better > 0)
            best = i;
    }
    return best;
}

static void tell_choices(struct cluster_work *work, const struct figures *figures) {
    struct till_text text = {0};
    for (int criterion = 0; criterion < CRITERIA; criterion++) {
        size_t at = choose(figures, criterion);
        if (at < figures->count)
            till_text_append_format(&text, "%s%s %zu", text.length == 0 ? "" : ", ", cluster_criteria_names[criterion],
                                    (size_t)figures->k[at]);
    }
    const char *list = till_text_string(&text);
    tool_note(work->run, "best k by %s; --criterion chooses one of them", list == NULL ? "" : list);
    till_text_free(&text);
}

static void tell_samples(const struct cluster_work *work) {
    if (work->complete > SILHOUETTE_ROWS)
        tool_note(work->run, "silhouettes are those of a sample of %d rows", SILHOUETTE_ROWS);
    if (work->complete > GAP_ROWS && work->method == TILL_CLUSTERING_KMEANS && work->settings->samples > 0)
        tool_note(work->run, "the gap is that of a sample of %d rows", GAP_ROWS);
    if (work->complete > STABILITY_ROWS && work->settings->samples > 0)
        tool_note(work->run, "the stability is that of a sample of %d rows", STABILITY_ROWS);
}

static enum till_status make_table(struct cluster_work *work, struct till_table *table, struct figures *figures,
                                   struct till_error *error) {
    figures->count = table->rows;
    figures->k = till_table_add(table, "k", TILL_COUNT);
    figures->total = till_table_add(table, cluster_total_name(work), TILL_REAL);
    bool good = figures->k != NULL && figures->total != NULL;
    for (int criterion = 0; criterion < CRITERIA && good; criterion++) {
        figures->of[criterion] = till_table_add(table, cluster_criteria_names[criterion], TILL_REAL);
        good = figures->of[criterion] != NULL;
        if (criterion == GAP && good) {
            figures->gap_error = till_table_add(table, "gap_std_error", TILL_REAL);
            good = figures->gap_error != NULL;
        }
    }
    enum till_status status = good ? TILL_OK : till_error_memory(error);
    for (size_t i = 0; i < table->rows && status == TILL_OK; i++)
        status = fit_one(work, work->smallest + i, figures, i, error);
    return status;
}

static enum till_status write_table(struct cluster_work *work, const struct till_table *table,
                                    struct till_error *error) {
    const char *path = work->settings->criteria;
    bool chosen = work->settings->criterion > 0;
    return chosen && path == NULL ? TILL_OK : tool_write_table(work->run, path, table, error);
}

enum till_status cluster_choose_number(struct cluster_work *work, size_t *clusters, struct till_error *error) {
    struct figures figures = {0};
    struct till_table *table = till_table_new(work->largest - work->smallest + 1);
    int criterion = work->settings->criterion - 1; /* 0 stands for none */
    *clusters = 0;
    enum till_status status = table == NULL ? till_error_memory(error) : make_table(work, table, &figures, error);
    if (status == TILL_OK) {
        tell_choices(work, &figures);
        tell_samples(work);
        status = write_table(work, table, error);
    }
    if (status == TILL_OK && criterion >= 0) {
        size_t at = choose(&figures, criterion);
        if (at == figures.count)
            status = till_error_set(error, TILL_ERROR_MODEL, "%s is not defined for any of these numbers of clusters",
                                    cluster_criteria_names[criterion]);
        else
            *clusters = (size_t)figures.k[at];
    }
    till_table_free(table);
    return status;
}
