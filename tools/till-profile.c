/* till-profile: rows with a group -> what sets each group apart from the rest.
 *
 * Columns that formed the groups differ between them by making; a test of that would only say that the clustering did
 * its work. They get an index and an effect, and no p-value. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/clustering.h>
#include <till/profile.h>
#include <till/table.h>

#include "sheet.h"

struct settings {
    const char *group;
    const char *features;
    const char *ignore;
    const char *model;
    const char *inputs;
    uint64_t max_levels;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "group",
     .kind = OPTION_TEXT,
     .offset = AT(group),
     .argument = "COL",
     .help = "The column that holds the group of each row."},
    {.name = "features",
     .kind = OPTION_TEXT,
     .offset = AT(features),
     .argument = "LIST",
     .help = "The columns to look at (default: all but ids and what tools of this family add)."},
    {.name = "ignore", .kind = OPTION_TEXT, .offset = AT(ignore), .argument = "LIST", .help = "Columns to leave out."},
    {.name = "model",
     .kind = OPTION_FILE,
     .offset = AT(model),
     .argument = "FILE",
     .help = "The clustering that made the groups: its features get no p-value."},
    {.name = "inputs",
     .kind = OPTION_TEXT,
     .offset = AT(inputs),
     .argument = "LIST",
     .help = "Columns that formed the groups; they get no p-value. An empty LIST: none did."},
    {.name = "max-levels",
     .kind = OPTION_COUNT,
     .offset = AT(max_levels),
     .argument = "N",
     .initial = "50",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Leave out columns of more different texts, unless they are asked for."},
    {0}};

/* One row of the result. Missing numbers are NaN. */
struct line {
    uint32_t group; /* rank */
    size_t column;  /* place in the sheet */
    struct till_slice level;
    uint64_t count;
    double share, base_share, index, mean, base_mean, effect, p_value;
};

struct work {
    struct tool_run *run;
    const struct settings *settings;
    const struct till_schema *schema;
    struct sheet sheet;
    size_t group;             /* place in the sheet */
    bool *formed;             /* [schema columns]: they formed the groups */
    size_t groups;            /* how many */
    struct till_slice *names; /* [groups], in order */
    uint32_t *of_row;         /* [rows]: the rank of the group */
    uint64_t *sizes;          /* [groups] */
    struct line *lines;
    size_t count, capacity;
};

/* What formed the groups ------------------------------------------------------------------------------------------ */

static bool is_called(struct till_slice name, const char *const *names) {
    for (; *names != NULL; names++)
        if (till_slice_equal(name, till_slice_of(*names)))
            return true;
    return false;
}

static size_t find_name(const struct till_schema *schema, const char *name) {
    for (size_t column = 0; column < schema->count; column++)
        if (till_slice_equal(schema->names[column], till_slice_of(name)))
            return column;
    return TILL_NO_COLUMN;
}

static enum till_status formed_by_model(struct work *work, struct till_error *error) {
    struct till_clustering *model;
    enum till_status status = till_clustering_load(&model, work->settings->model, error);
    if (status != TILL_OK)
        return status;
    for (size_t j = 0; j < model->numeric_count + model->level_count; j++) {
        size_t column = find_name(work->schema, j < model->numeric_count ? model->numeric[j].name
                                                                         : model->level[j - model->numeric_count].name);
        if (column != TILL_NO_COLUMN)
            work->formed[column] = true;
    }
    till_clustering_free(model);
    return TILL_OK;
}

/* Without a word about it, groups that tools of this family made are taken to come from what these tools look at by
 * default: numbers, for clusters; recency, frequency and monetary, for segments and tiers. */
static void formed_by_default(struct work *work) {
    static const char *const scores[] = {"segment", "score", "tier", "r", "f", "m", NULL};
    static const char *const figures[] = {"recency", "frequency", "monetary", NULL};
    struct till_slice group = work->sheet.columns[work->group].name;
    bool cluster =
        till_slice_equal(group, till_slice_of("cluster")) && find_name(work->schema, "distance") != TILL_NO_COLUMN;
    bool score = is_called(group, scores);
    struct till_text list = {0};
    for (size_t i = 0; i < work->sheet.count; i++) {
        const struct sheet_column *column = &work->sheet.columns[i];
        if (i == work->group || !((cluster && column->numeric) || (score && is_called(column->name, figures))))
            continue;
        work->formed[column->column] = true;
        till_text_append_format(&list, "%s%s", list.length == 0 ? "" : ", ", column->text);
    }
    if (list.length > 0)
        tool_note(work->run, "taken to have formed the groups, so without p-values: %s (--model or --inputs tell)",
                  till_text_string(&list));
    till_text_free(&list);
}

static enum till_status find_formed(struct work *work, struct till_error *error) {
    const struct settings *settings = work->settings;
    if (settings->model != NULL)
        return formed_by_model(work, error);
    if (settings->inputs == NULL)
        formed_by_default(work);
    else if (*settings->inputs != '\0')
        return till_schema_list(work->schema, settings->inputs, work->formed, error);
    return TILL_OK;
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static enum till_status choose_columns(struct work *work, struct till_error *error) {
    const struct settings *settings = work->settings;
    bool *asked = calloc(2 * work->schema->count + 1, sizeof *asked);
    if (asked == NULL)
        return till_error_memory(error);
    bool *ignored = asked + work->schema->count;
    size_t customer = TILL_NO_COLUMN;
    struct till_error aside = {0};
    enum till_status status = TILL_OK;
    if (till_schema_role(work->schema, TILL_ROLE_CUSTOMER, NULL, false, &customer, &aside) != TILL_OK)
        customer = TILL_NO_COLUMN; /* two of them: neither is left out for it */
    if (settings->features != NULL)
        status = till_schema_list(work->schema, settings->features, asked, error);
    if (status == TILL_OK && settings->ignore != NULL)
        status = till_schema_list(work->schema, settings->ignore, ignored, error);
    for (size_t column = 0; column < work->schema->count && status == TILL_OK; column++) {
        struct till_slice name = work->schema->names[column];
        bool wanted = settings->features != NULL ? asked[column] : !sheet_is_id(name) && !sheet_is_added(name);
        if (settings->features == NULL && column == customer)
            wanted = false;
        if (wanted && !ignored[column])
            status = sheet_add(&work->sheet, work->schema, column, SHEET_ANY, error);
    }
    free(asked);
    return status;
}

static enum till_status read_input(struct work *work, struct till_error *error) {
    struct till_input *input;
    size_t column;
    enum till_status status = tool_open_input(work->run, &input, error);
    if (status != TILL_OK)
        return status;
    work->schema = till_input_schema(input);
    work->sheet.levels = true;
    work->formed = calloc(work->schema->count + 1, sizeof *work->formed);
    if (work->formed == NULL)
        return till_error_memory(error);
    status = till_schema_column(work->schema, work->settings->group, &column, error);
    if (status == TILL_OK)
        status = sheet_add(&work->sheet, work->schema, column, SHEET_LEVEL, error);
    if (status == TILL_OK)
        status = choose_columns(work, error);
    if (status == TILL_OK)
        status = sheet_start(&work->sheet, work->run, input, false, TILL_MISSING_PASSES, error);
    if (status == TILL_OK)
        status = sheet_read(&work->sheet, input, error);
    return status == TILL_OK ? sheet_finish(&work->sheet, error) : status;
}

/* Groups ---------------------------------------------------------------------------------------------------------- */

/* Numbers of clusters in the order of numbers, which for digits alone is shorter first, then bytes; other names by
 * bytes. */
static void order_groups(const struct till_dictionary *names, uint32_t *order, size_t count) {
    bool digits = true;
    for (size_t i = 0; i < count; i++) {
        struct till_slice name = till_dictionary_text(names, order[i]);
        for (size_t at = 0; at < name.length; at++)
            digits = digits && name.bytes[at] >= '0' && name.bytes[at] <= '9';
    }
    for (size_t i = 1; i < count && digits; i++)
        for (size_t at = i; at > 0; at--) {
            uint32_t here = order[at];
            if (till_dictionary_text(names, here).length >= till_dictionary_text(names, order[at - 1]).length)
                break;
            order[at] = order[at - 1];
            order[at - 1] = here;
        }
}

static enum till_status find_groups(struct work *work, struct till_error *error) {
    const struct sheet_column *column = &work->sheet.columns[work->group];
    size_t count = work->groups = column->levels == NULL ? 0 : till_dictionary_count(column->levels);
    uint32_t *order = malloc((2 * count + 1) * sizeof *order), *rank = order + count;
    uint64_t without = 0;
    work->names = calloc(count + 1, sizeof *work->names);
    work->sizes = calloc(count + 1, sizeof *work->sizes);
    work->of_row = malloc((work->sheet.rows + 1) * sizeof *work->of_row);
    bool good = order != NULL && work->names != NULL && work->sizes != NULL && work->of_row != NULL &&
                (count == 0 || till_dictionary_order(column->levels, order));
    if (good)
        order_groups(column->levels, order, count);
    for (uint32_t i = 0; i < count && good; i++) {
        rank[order[i]] = i;
        work->names[i] = till_dictionary_text(column->levels, order[i]);
    }
    for (size_t row = 0; row < work->sheet.rows && good; row++) {
        bool missing = column->codes[row] == SHEET_MISSING;
        work->of_row[row] = missing ? TILL_PROFILE_NO_GROUP : rank[column->codes[row]];
        without += missing;
        if (!missing)
            work->sizes[work->of_row[row]]++;
    }
    free(order);
    tool_figure(work->run, "groups", (double)count);
    if (without > 0)
        tool_figure(work->run, "without_group", (double)without);
    return good ? TILL_OK : till_error_memory(error);
}

/* Profiles -------------------------------------------------------------------------------------------------------- */

static enum till_status add_line(struct work *work, struct line line, struct till_error *error) {
    if (work->count == work->capacity) {
        size_t capacity = work->capacity == 0 ? 256 : 2 * work->capacity;
        struct line *lines = realloc(work->lines, capacity * sizeof *lines);
        if (lines == NULL)
            return till_error_memory(error);
        work->lines = lines;
        work->capacity = capacity;
    }
    if (work->formed[work->sheet.columns[line.column].column])
        line.p_value = (double)NAN;
    work->lines[work->count++] = line;
    return TILL_OK;
}

static enum till_status profile_numbers(struct work *work, size_t at, struct till_error *error) {
    const double none = (double)NAN;
    struct till_profile_mean *means = calloc(work->groups + 1, sizeof *means);
    if (means == NULL)
        return till_error_memory(error);
    enum till_status status = till_profile_numbers(work->sheet.columns[at].numbers, work->of_row, work->sheet.rows,
                                                   work->groups, means, error);
    for (uint32_t g = 0; g < work->groups && status == TILL_OK; g++) {
        double index = means[g].base_mean > 0 ? 100 * means[g].mean / means[g].base_mean : none;
        status = add_line(work,
                          (struct line){g,
                                        at,
                                        {NULL, 0},
                                        means[g].count,
                                        none,
                                        none,
                                        index,
                                        means[g].mean,
                                        means[g].base_mean,
                                        means[g].effect,
                                        means[g].p_value},
                          error);
    }
    free(means);
    return status;
}

/* The lines of one level, for all groups: counts[g] of totals[g] rows have it. */
static enum till_status profile_level(struct work *work, size_t at, struct till_slice level, const uint64_t *counts,
                                      const uint64_t *totals, struct till_error *error) {
    const double none = (double)NAN;
    uint64_t count = 0, total = 0;
    enum till_status status = TILL_OK;
    for (size_t g = 0; g < work->groups; g++) {
        count += counts[g];
        total += totals[g];
    }
    for (uint32_t g = 0; g < work->groups && status == TILL_OK; g++) {
        struct till_profile_share share =
            till_profile_share(counts[g], totals[g], count - counts[g], total - totals[g]);
        double index = share.base_share > 0 ? 100 * share.share / share.base_share : none;
        status = add_line(work,
                          (struct line){g, at, level, counts[g], share.share, share.base_share, index, none, none,
                                        share.effect, share.p_value},
                          error);
    }
    return status;
}

static enum till_status profile_levels(struct work *work, size_t at, struct till_error *error) {
    const struct sheet_column *column = &work->sheet.columns[at];
    size_t levels = till_dictionary_count(column->levels), groups = work->groups;
    uint64_t *counts = calloc((levels + 1) * groups + 1, sizeof *counts);
    if (counts == NULL)
        return till_error_memory(error);
    uint64_t *totals = counts + levels * groups;
    for (size_t row = 0; row < work->sheet.rows; row++)
        if (work->of_row[row] != TILL_PROFILE_NO_GROUP && column->codes[row] != SHEET_MISSING) {
            counts[column->codes[row] * groups + work->of_row[row]]++;
            totals[work->of_row[row]]++;
        }
    enum till_status status = TILL_OK;
    for (uint32_t level = 0; level < levels && status == TILL_OK; level++)
        status = profile_level(work, at, till_dictionary_text(column->levels, level), counts + level * groups, totals,
                               error);
    free(counts);
    return status;
}

static enum till_status profile_columns(struct work *work, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t at = 0; at < work->sheet.count && status == TILL_OK; at++) {
        const struct sheet_column *column = &work->sheet.columns[at];
        if (at == work->group || column->present == 0)
            continue;
        if (column->numeric)
            status = profile_numbers(work, at, error);
        else if (work->settings->features == NULL && till_dictionary_count(column->levels) > work->settings->max_levels)
            tool_note(work->run, "left out: %s has %lu different texts (--max-levels)", column->text,
                      (unsigned long)till_dictionary_count(column->levels));
        else
            status = profile_levels(work, at, error);
    }
    return status;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

/* By group; then the largest effect first; columns and levels settle ties. */
static int by_effect(const void *a, const void *b) {
    const struct line *left = a, *right = b;
    double more = isnan(left->effect) ? -1 : fabs(left->effect), less = isnan(right->effect) ? -1 : fabs(right->effect);
    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    if (more < less || more > less)
        return more > less ? -1 : 1;
    if (left->column != right->column)
        return left->column < right->column ? -1 : 1;
    return till_slice_compare(left->level, right->level);
}

static enum till_status adjust(struct work *work, double *q, struct till_error *error) {
    double *p = malloc((work->count + 1) * sizeof *p);
    if (p == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < work->count; i++)
        p[i] = work->lines[i].p_value;
    enum till_status status = till_profile_adjust(p, q, work->count, error);
    free(p);
    return status;
}

static enum till_status write_lines(struct work *work, const double *q, struct till_error *error) {
    static const char *const names[] = {"group", "column", "level",     "count",  "share",   "base_share",
                                        "index", "mean",   "base_mean", "effect", "p_value", "q_value"};
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_TEXT, TILL_COUNT, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL,  TILL_REAL, TILL_REAL};
    enum { COLUMNS = sizeof names / sizeof *names };
    struct till_writer *writer;
    struct till_slice header[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        header[i] = till_slice_of(names[i]);
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, header, types, COLUMNS, error);
    for (size_t i = 0; i < work->count && status == TILL_OK; i++) {
        const struct line *line = &work->lines[i];
        till_writer_text(writer, work->names[line->group]);
        till_writer_text(writer, work->sheet.columns[line->column].name);
        till_writer_text(writer, line->level);
        till_writer_count(writer, line->count);
        const double reals[] = {line->share,     line->base_share, line->index,   line->mean,
                                line->base_mean, line->effect,     line->p_value, q[i]};
        for (size_t j = 0; j < sizeof reals / sizeof *reals; j++)
            till_writer_real(writer, reals[j]);
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_profile(struct work *work, struct till_error *error) {
    double *q = malloc((work->count + 1) * sizeof *q);
    enum till_status status = q == NULL ? till_error_memory(error) : TILL_OK;
    if (work->count > 0)
        qsort(work->lines, work->count, sizeof *work->lines, by_effect);
    if (status == TILL_OK)
        status = adjust(work, q, error);
    if (status == TILL_OK)
        status = write_lines(work, q, error);
    free(q);
    return status;
}

static void free_work(struct work *work) {
    sheet_free(&work->sheet);
    free(work->formed);
    free(work->names);
    free(work->of_row);
    free(work->sizes);
    free(work->lines);
}

static enum till_status run_profile(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    if (work.settings->group == NULL)
        return tool_usage(error, "--group", "which column holds the groups?");
    if (work.settings->features != NULL && work.settings->ignore != NULL)
        return tool_usage(error, "--ignore", "give one of --features and --ignore");
    enum till_status status = read_input(&work, error);
    if (status == TILL_OK)
        status = find_formed(&work, error);
    if (status == TILL_OK)
        status = find_groups(&work, error);
    if (status == TILL_OK)
        status = profile_columns(&work, error);
    if (status == TILL_OK)
        status = write_profile(&work, error);
    free_work(&work);
    return status;
}

static const struct tool profile = {
    .name = "till-profile",
    .purpose = "what sets each group of rows apart from the rest",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_profile,
};

int main(int argc, char **argv) {
    return tool_main(&profile, argc, argv);
}
