/* till-cluster: rows -> its rows with the cluster of each and the distance to it.
 *
 * Clusters are known when all rows are, so rows are kept as bytes beside their features. The parts: cluster_features.c
 * (what is compared, and on which scale), cluster_fit.c (fits and nights), cluster_criteria.c (choosing k),
 * cluster_start.c (given starts). */
#include "cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/silhouette.h>
#include <till/table.h>

/* Rows beyond this many bytes go to a temporary file. */
#define ROWS_IN_MEMORY ((size_t)256 << 20)

#define AT(field) offsetof(struct cluster_settings, field)
static const struct option options[] = {
    {.name = "clusters",
     .letter = 'k',
     .kind = OPTION_TEXT,
     .offset = AT(clusters),
     .argument = "N|A..B",
     .help = "How many clusters; a range writes a table of criteria by k instead, unless --criterion chooses one."},
    {.name = "criterion",
     .kind = OPTION_CHOICE,
     .offset = AT(criterion),
     .argument = "NAME",
     .choices = "none|silhouette|calinski_harabasz|davies_bouldin|gap|bic|stability",
     .initial = "none",
     .help = "With -k A..B: cluster with the k that this criterion finds best."},
    {.name = "criteria",
     .kind = OPTION_FILE,
     .offset = AT(criteria),
     .argument = "FILE",
     .help = "With -k A..B: write the table of criteria to FILE."},
    {.name = "samples",
     .kind = OPTION_COUNT,
     .offset = AT(samples),
     .argument = "N",
     .initial = "20",
     .minimum = 0,
     .maximum = 10000,
     .help = "With -k A..B: reference sets for the gap, and bootstrap samples for the stability; 0: neither."},
    {.name = "method",
     .kind = OPTION_CHOICE,
     .offset = AT(method),
     .argument = "M",
     .choices = "kmeans|kmedoids|kmodes|kprototypes",
     .initial = "kmeans",
     .help = "Centres are means; rows; the most frequent levels of categorical columns; or means and levels together."},
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = AT(key),
     .argument = "COL",
     .help = "The column that tells rows apart; never a feature (default: the customer column, if there is one)."},
    {.name = "features",
     .kind = OPTION_TEXT,
     .offset = AT(features),
     .argument = "LIST",
     .help = "The columns that are compared (default: all columns of numbers but the key, ids, and what tools of this "
             "family add)."},
    {.name = "ignore", .kind = OPTION_TEXT, .offset = AT(ignore), .argument = "LIST", .help = "Columns to leave out."},
    {.name = "categorical",
     .kind = OPTION_TEXT,
     .offset = AT(categorical),
     .argument = "LIST",
     .help = "Features that are levels although they look like numbers."},
    {.name = "log",
     .kind = OPTION_TEXT,
     .offset = AT(log),
     .argument = "LIST",
     .help = "Take sign(x) log(1 + |x|) of these features first."},
    {.name = "scale",
     .kind = OPTION_CHOICE,
     .offset = AT(scale),
     .argument = "SCALE",
     .choices = "none|zscore|minmax|robust",
     .initial = "zscore",
     .help = "Bring features to one scale: by the standard deviation of the population, the range, or the quartiles."},
    {.name = "missing",
     .kind = OPTION_TEXT,
     .offset = AT(missing),
     .argument = "error|pass",
     .help = "What a missing value of a feature means: an error, or a row without a cluster (default: error, but for "
             "customers with returns alone, as till-rfm writes them)."},
    {.name = "start",
     .kind = OPTION_FILE,
     .offset = AT(start),
     .argument = "kmeans++|random|FILE",
     .help =
         "The first centroids; a FILE has the first centres of any method as rows in the units of the input (default: "
         "kmeans++)."},
    {.name = "restarts",
     .kind = OPTION_COUNT,
     .offset = AT(restarts),
     .argument = "N",
     .initial = "10",
     .minimum = 1,
     .maximum = 10000,
     .help = "How many starts; the best result is kept. A given start is one."},
    {.name = "max-iterations",
     .kind = OPTION_COUNT,
     .offset = AT(max_iterations),
     .argument = "N",
     .initial = "300",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Stop after so many moves of the centroids, with a warning."},
    {.name = "tolerance",
     .kind = OPTION_REAL,
     .offset = AT(tolerance),
     .argument = "X",
     .initial = "0.0001",
     .minimum = 0,
     .maximum = 1e9,
     .help =
         "Stop when the squared moves of all centroids sum to at most X times the mean variance of the features; 0: "
         "when no row changes its cluster."},
    {.name = "algorithm",
     .kind = OPTION_CHOICE,
     .offset = AT(algorithm),
     .argument = "A",
     .choices = "auto|lloyd|yinyang",
     .initial = "auto",
     .help = "How nearest centroids are found. The result is the same."},
    {.name = "metric",
     .kind = OPTION_CHOICE,
     .offset = AT(metric),
     .argument = "M",
     .choices = "euclidean|manhattan|gower",
     .initial = "euclidean",
     .help = "The distance of kmedoids; gower takes numbers by their range, and levels."},
    {.name = "gamma",
     .kind = OPTION_REAL,
     .offset = AT(gamma),
     .argument = "X",
     .initial = "0",
     .minimum = 0,
     .maximum = 1e9,
     .help = "What a different level costs in kprototypes (0: half the mean standard deviation of the numbers)."},
    {.name = "summary",
     .kind = OPTION_FILE,
     .offset = AT(summary),
     .argument = "FILE",
     .help = "Write a row for each cluster: cluster, size, share, within_ss, silhouette, and its centre in the units "
             "of the input."},
    {.name = "model-out",
     .kind = OPTION_FILE,
     .offset = AT(model_out),
     .argument = "FILE",
     .help = "Keep the clusters in FILE, for till-assign and --previous."},
    {.name = "previous",
     .kind = OPTION_FILE,
     .offset = AT(previous),
     .argument = "MODEL",
     .help =
         "Begin from the clusters of an earlier model: its features, scaling and numbers are kept, and a cold fit is "
         "made beside it and compared."},
    {0}};

static const struct pass_column added[] = {{"cluster", TILL_COUNT}, {"distance", TILL_REAL}};
enum { ADDED = sizeof added / sizeof *added };

/* Options --------------------------------------------------------------------------------------------------------- */

/* N, or A..B. */
static enum till_status parse_clusters(struct cluster_work *work, struct till_error *error) {
    const char *text = work->settings->clusters;
    char *end;
    if (text == NULL)
        return TILL_OK;
    bool good = *text >= '0' && *text <= '9';
    unsigned long first = good ? strtoul(text, &end, 10) : 0, last = first;
    if (good && end[0] == '.' && end[1] == '.' && end[2] >= '0' && end[2] <= '9')
        last = strtoul(end + 2, &end, 10);
    if (!good || *end != '\0' || first == 0 || last < first || last > 1000000)
        return tool_usage(error, "-k", "a number of clusters is wanted, such as 5");
    work->smallest = first;
    work->largest = last;
    return TILL_OK;
}

/* An option that says something else than the earlier model; the value that stands where it was not given says nothing.
 */
static bool differs(int asked, int of_model) {
    return asked != 0 && asked != of_model;
}

/* The earlier model says by what method, metric and gamma, and how many clusters. */
static enum till_status prepare_previous(struct cluster_work *work, struct till_error *error) {
    const struct cluster_settings *settings = work->settings;
    if (settings->features != NULL || settings->ignore != NULL || settings->categorical != NULL ||
        settings->log != NULL || settings->start != NULL)
        return tool_usage(error, "--previous", "features, scaling and start are those of the earlier model");
    enum till_status status = till_clustering_load(&work->previous, settings->previous, error);
    if (status != TILL_OK)
        return status;
    const struct till_clustering *previous = work->previous;
    if (work->smallest > 0 && (work->smallest != previous->clusters || work->largest != work->smallest))
        return tool_usage(error, "-k", "the earlier model has another number of clusters");
    if (differs(settings->method, (int)previous->method))
        return tool_usage(error, "--method", "the earlier model is of another method");
    if (differs(settings->metric, (int)previous->metric))
        return tool_usage(error, "--metric", "the earlier model has another metric");
    if (settings->gamma > 0 && (settings->gamma < previous->gamma || settings->gamma > previous->gamma))
        return tool_usage(error, "--gamma", "the earlier model has another gamma");
    work->method = previous->method;
    work->metric = previous->metric;
    work->gamma = previous->gamma;
    work->smallest = work->largest = previous->clusters;
    return TILL_OK;
}

/* What a method would pass over in silence. */
static enum till_status check_method(const struct cluster_work *work, struct till_error *error) {
    const struct cluster_settings *settings = work->settings;
    if (work->metric != TILL_METRIC_EUCLIDEAN && work->method != TILL_CLUSTERING_KMEDOIDS)
        return tool_usage(error, "--metric", "a metric is for --method=kmedoids");
    if (settings->gamma > 0 && work->method != TILL_CLUSTERING_KPROTOTYPES)
        return tool_usage(error, "--gamma", "gamma is for --method=kprototypes");
    if (settings->algorithm > 0 && work->method != TILL_CLUSTERING_KMEANS)
        return tool_usage(error, "--algorithm", "these are algorithms of --method=kmeans");
    if (settings->start != NULL && !cluster_start_is_file(work) && work->method != TILL_CLUSTERING_KMEANS)
        return tool_usage(error, "--start", "kmeans++ and random are starts of --method=kmeans; others make their own");
    return TILL_OK;
}

static enum till_status prepare(struct cluster_work *work, struct till_error *error) {
    const struct cluster_settings *settings = work->settings;
    enum till_status status = parse_clusters(work, error);
    if (status != TILL_OK)
        return status;
    if (settings->missing != NULL && strcmp(settings->missing, "error") != 0 && strcmp(settings->missing, "pass") != 0)
        return tool_usage(error, "--missing", "error or pass is wanted");
    if (settings->features != NULL && settings->ignore != NULL)
        return tool_usage(error, "--ignore", "give one of --features and --ignore");
    bool range = work->largest > work->smallest;
    if (!range && settings->criterion > 0)
        return tool_usage(error, "--criterion", "a range of k is wanted (-k A..B)");
    if (range && settings->criterion == 0 && (settings->summary != NULL || settings->model_out != NULL))
        return tool_usage(error, "--criterion", "which k is to be kept? (without it, -k A..B writes a table alone)");
    if (range && cluster_start_is_file(work))
        return tool_usage(error, "--start", "a given start is for one k");
    work->method = (enum till_clustering_method)settings->method;
    work->metric = (enum till_clustering_metric)settings->metric;
    work->gamma = settings->gamma;
    if (settings->previous != NULL)
        return prepare_previous(work, error);
    return work->smallest > 0 ? check_method(work, error) : tool_usage(error, "-k", "how many clusters? (-k N)");
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static enum till_status start(struct cluster_work *work, struct till_input *input, struct till_error *error) {
    const char *missing = work->settings->missing;
    bool strict = missing != NULL && strcmp(missing, "error") == 0;
    work->schema = till_input_schema(input);
    enum till_status status =
        pass_plan(&work->pass, work->schema, work->run->delimiter, work->run->replace_columns, added, ADDED, error);
    if (status == TILL_OK)
        status = cluster_choose(work, error);
    if (status == TILL_OK)
        status = sheet_start(&work->sheet, work->run, input, true, strict ? TILL_MISSING_REJECTS : TILL_MISSING_PASSES,
                             error);
    return status;
}

static enum till_status take_block(void *context, struct till_block *block, struct till_error *error) {
    struct cluster_work *work = context;
    enum till_status status = sheet_take(&work->sheet, block, error);
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++)
        status = till_rows_add(work->rows, block->records[row], error);
    return status;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

/* `numbers` has room for a row. */
static void write_cluster(const struct cluster_work *work, uint32_t row, double *numbers, struct till_writer *writer) {
    if (row == NO_CLUSTER) {
        till_writer_count(writer, UINT64_MAX);
        till_writer_real(writer, (double)NAN);
        return;
    }
    uint32_t cluster = work->partition->labels[row];
    till_matrix_get(work->matrix, row, numbers);
    till_writer_count(writer, (uint64_t)cluster + 1);
    till_writer_real(writer, till_partition_distance(work->partition, cluster, numbers,
                                                     work->codes + (size_t)row * work->level_count));
}

static enum till_status write_rows(struct cluster_work *work, struct till_error *error) {
    struct till_writer *writer;
    struct till_slice record;
    double *numbers = malloc((work->numeric_count + 1) * sizeof *numbers);
    enum till_status status = numbers == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = pass_header(&work->pass, writer, error);
    if (status == TILL_OK)
        status = till_rows_rewind(work->rows, error);
    for (size_t row = 0; row < work->sheet.rows && status == TILL_OK; row++) {
        status = till_rows_next(work->rows, &record, error);
        if (status == TILL_OK)
            status = pass_record(&work->pass, writer, record, error);
        if (status == TILL_OK) {
            write_cluster(work, work->place[row], numbers, writer);
            status = till_writer_end(writer, error);
        }
    }
    free(numbers);
    return status;
}

static bool add_centres(const struct cluster_work *work, struct till_table *table) {
    const struct till_clustering *model = work->model;
    for (size_t j = 0; j < model->numeric_count; j++) {
        double *values = till_table_add(table, model->numeric[j].name, TILL_REAL);
        for (size_t c = 0; c < model->clusters && values != NULL; c++)
            values[c] = till_scale_undo(&model->numeric[j].scale, model->numbers[c * model->numeric_count + j]);
        if (values == NULL)
            return false;
    }
    for (size_t j = 0; j < model->level_count; j++) {
        struct till_slice *values = till_table_add(table, model->level[j].name, TILL_TEXT);
        for (size_t c = 0; c < model->clusters && values != NULL; c++)
            values[c] = till_slice_of(model->levels[c * model->level_count + j]);
        if (values == NULL)
            return false;
    }
    return true;
}

/* The silhouette of each cluster, of all rows or of a sample; NaN where it is not defined. */
static enum till_status find_silhouettes(struct cluster_work *work, double *of_cluster, struct till_error *error) {
    for (size_t c = 0; c < work->model->clusters; c++)
        of_cluster[c] = (double)NAN;
    if (work->model->clusters < 2)
        return TILL_OK;
    struct till_partition_options fit = cluster_options(work, work->model->clusters);
    struct till_silhouette_options how = {.most_rows = SILHOUETTE_ROWS,
                                          .metric = work->partition->metric,
                                          .gamma = work->partition->gamma,
                                          .codes = work->codes,
                                          .level_count = work->level_count,
                                          .seed = fit.fit.seed,
                                          .threads = fit.fit.threads,
                                          .portable = fit.fit.portable};
    double mean;
    enum till_status status =
        till_silhouette(work->matrix, work->partition->labels, work->model->clusters, &how, &mean, of_cluster, error);
    if (status == TILL_OK && work->complete > SILHOUETTE_ROWS)
        tool_note(work->run, "silhouettes are those of a sample of %d rows", SILHOUETTE_ROWS);
    if (status == TILL_OK)
        tool_figure(work->run, "silhouette", mean);
    return status;
}

static enum till_status fill_summary(struct cluster_work *work, struct till_table *table, struct till_error *error) {
    const struct till_clustering *model = work->model;
    uint64_t *cluster = till_table_add(table, "cluster", TILL_COUNT);
    uint64_t *size = till_table_add(table, "size", TILL_COUNT);
    double *share = till_table_add(table, "share", TILL_REAL);
    double *within = till_table_add(table, "within_ss", TILL_REAL);
    double *silhouette = till_table_add(table, "silhouette", TILL_REAL);
    if (cluster == NULL || size == NULL || share == NULL || within == NULL || silhouette == NULL ||
        !add_centres(work, table))
        return till_error_memory(error);
    for (size_t c = 0; c < model->clusters; c++) {
        cluster[c] = c + 1;
        size[c] = model->sizes[c];
        share[c] = (double)model->sizes[c] / (double)work->complete;
        within[c] = model->within[c];
    }
    return find_silhouettes(work, silhouette, error);
}

static enum till_status write_summary(struct cluster_work *work, struct till_error *error) {
    if (work->settings->summary == NULL)
        return TILL_OK;
    struct till_table *table = till_table_new(work->model->clusters);
    enum till_status status = table == NULL ? till_error_memory(error) : fill_summary(work, table, error);
    if (status == TILL_OK)
        status = tool_write_table(work->run, work->settings->summary, table, error);
    till_table_free(table);
    return status;
}

static enum till_status write_model(struct cluster_work *work, struct till_error *error) {
    struct till_sink sink;
    if (work->settings->model_out == NULL)
        return TILL_OK;
    enum till_status status = tool_open_file(work->run, work->settings->model_out, &sink, error);
    return status == TILL_OK ? till_clustering_save(sink, work->model, error) : status;
}

/* All ------------------------------------------------------------------------------------------------------------- */

static enum till_status cluster_rows(struct cluster_work *work, struct till_error *error) {
    size_t clusters = work->smallest;
    enum till_status status = TILL_OK;
    if (work->largest > work->smallest) {
        status = cluster_choose_number(work, &clusters, error);
        if (status != TILL_OK || clusters == 0)
            return status;
    }
    status = cluster_fit(work, clusters, error);
    if (status == TILL_OK)
        status = write_summary(work, error);
    if (status == TILL_OK)
        status = write_rows(work, error);
    if (status == TILL_OK)
        status = write_model(work, error);
    return status;
}

static void free_work(struct cluster_work *work) {
    till_clustering_free(work->previous);
    till_clustering_free(work->model);
    pass_free(&work->pass);
    till_rows_free(work->rows);
    sheet_free(&work->sheet);
    till_matrix_free(work->matrix);
    till_text_free(&work->left_out);
    till_text_free(&work->constant.list);
    till_text_free(&work->skewed.list);
    free(work->numeric);
    free(work->level);
    free(work->scales);
    free(work->place);
    free(work->codes);
    for (size_t j = 0; j < work->level_count && work->orders != NULL; j++)
        free(work->orders[j]);
    free(work->orders);
    till_partition_free(work->partition);
}

static enum till_status run_cluster(struct tool_run *run, struct till_error *error) {
    struct cluster_work work = {.run = run, .settings = run->settings};
    struct till_input *input;
    enum till_status status = prepare(&work, error);
    if (status == TILL_OK)
        status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(&work, input, error);
    if (status == TILL_OK) {
        work.rows = till_rows_new(ROWS_IN_MEMORY, getenv("TMPDIR"));
        status = work.rows == NULL ? till_error_memory(error) : till_input_each(input, take_block, &work, error);
    }
    if (status == TILL_OK)
        status = sheet_finish(&work.sheet, error);
    if (status == TILL_OK)
        status = cluster_prepare(&work, error);
    if (status == TILL_OK)
        status = cluster_rows(&work, error);
    free_work(&work);
    return status;
}

static const struct tool cluster = {
    .name = "till-cluster",
    .purpose = "put rows into clusters of like ones, and number them the same way tomorrow",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_PASSES,
    .options = options,
    .settings_size = sizeof(struct cluster_settings),
    .run = run_cluster,
};

int main(int argc, char **argv) {
    return tool_main(&cluster, argc, argv);
}
