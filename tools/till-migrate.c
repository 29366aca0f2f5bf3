/* till-migrate: yesterday's groups and today's -> who went from where to where; and how far features have drifted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/sums.h>

#include "migrate.h"

struct settings {
    const char *key;
    const char *group;
    const char *value;
    const char *psi;
    const char *features;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = AT(key),
     .argument = "COL",
     .help = "The column by which rows of the two files are the same customer (default: the customer column)."},
    {.name = "group",
     .kind = OPTION_TEXT,
     .offset = AT(group),
     .argument = "COL",
     .help = "The column that holds the group (default: cluster, segment or tier, the first that is there)."},
    {.name = "value",
     .kind = OPTION_TEXT,
     .offset = AT(value),
     .argument = "COL",
     .help = "Sum this column: of NEW, and of OLD for customers that are lost."},
    {.name = "psi",
     .kind = OPTION_FILE,
     .offset = AT(psi),
     .argument = "FILE",
     .help = "Write the population stability index of features: feature, bin, old, new, psi."},
    {.name = "features",
     .kind = OPTION_TEXT,
     .offset = AT(features),
     .argument = "LIST",
     .help = "The features of --psi (default: columns of numbers that are no ids and not added by tools)."},
    {0}};

struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct migrate_side old, new;
    struct till_dictionary *groups; /* of both; code 0: none */
    uint64_t *customers;            /* [groups][groups], from and to */
    struct till_sums *values;       /* the same cells */
};

/* Reading --------------------------------------------------------------------------------------------------------- */

static enum till_status find_group(const struct work *work, const struct till_schema *schema, size_t *column,
                                   struct till_error *error) {
    static const char *const names[] = {"cluster", "segment", "tier"};
    if (work->settings->group != NULL)
        return till_schema_column(schema, work->settings->group, column, error);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (*column = 0; *column < schema->count; ++*column)
            if (till_slice_equal(schema->names[*column], till_slice_of(names[i])))
                return TILL_OK;
    till_error_set(error, TILL_ERROR_DATA, "which column holds the groups? (--group=COL)");
    till_error_at(error, schema->file, schema->line, 0, "group");
    return TILL_ERROR_DATA;
}

/* A value is a number or the row is bad; a missing one counts as zero, as there is nothing to add. */
static enum till_status add_roles(struct work *work, struct migrate_side *side, struct till_error *error) {
    size_t key = 0, group = 0, value;
    enum till_status status =
        till_schema_role(side->schema, TILL_ROLE_CUSTOMER, work->settings->key, true, &key, error);
    if (status == TILL_OK)
        status = find_group(work, side->schema, &group, error);
    if (status == TILL_OK)
        status = sheet_add(&side->sheet, side->schema, key, SHEET_LEVEL, error);
    if (status == TILL_OK)
        status = sheet_add(&side->sheet, side->schema, group, SHEET_LEVEL, error);
    side->key = 0;
    side->group = 1;
    side->value = TILL_NO_COLUMN;
    if (status == TILL_OK && key == group)
        status = till_error_set(error, TILL_ERROR_DATA, "the key cannot be the group");
    if (status != TILL_OK || work->settings->value == NULL)
        return status;
    status = till_schema_column(side->schema, work->settings->value, &value, error);
    if (status == TILL_OK && (value == key || value == group))
        status = till_error_set(error, TILL_ERROR_DATA, "the value cannot be the key or the group");
    if (status == TILL_OK)
        status = sheet_add(&side->sheet, side->schema, value, SHEET_NUMBER, error);
    side->value = side->sheet.count - 1;
    return status;
}

static enum till_status add_features(struct work *work, struct migrate_side *side, struct till_error *error) {
    const struct till_schema *schema = side->schema;
    bool *asked = calloc(schema->count + 1, sizeof *asked);
    enum till_status status = TILL_OK;
    if (asked == NULL)
        return till_error_memory(error);
    if (work->settings->features != NULL)
        status = till_schema_list(schema, work->settings->features, asked, error);
    side->sheet.levels = work->settings->features != NULL;
    for (size_t column = 0; column < schema->count && status == TILL_OK; column++) {
        struct till_slice name = schema->names[column];
        bool wanted = work->settings->features != NULL ? asked[column] : !sheet_is_id(name) && !sheet_is_added(name);
        if (wanted)
            status = sheet_add(&side->sheet, schema, column, SHEET_ANY, error);
    }
    free(asked);
    return status;
}

/* Columns of texts that were not asked for are dropped: their levels were not kept. */
static void drop_texts(struct migrate_side *side) {
    size_t kept = 0;
    for (size_t i = 0; i < side->sheet.count; i++) {
        struct sheet_column column = side->sheet.columns[i];
        bool usable = column.numeric || column.codes != NULL;
        if (usable) {
            side->sheet.columns[kept++] = column;
        } else {
            free(column.text);
            free(column.numbers);
        }
    }
    side->sheet.count = kept;
}

static enum till_status refuse_doubles(const struct work *work, const struct migrate_side *side, const char *path,
                                       struct till_error *error) {
    const struct sheet_column *key = &side->sheet.columns[side->key];
    uint64_t missing = side->sheet.rows - key->present;
    (void)work;
    if (missing == 0 && till_dictionary_count(key->levels) == key->present)
        return TILL_OK;
    if (missing > 0)
        till_error_set(error, TILL_ERROR_DATA, "row %zu: no key", key->first_missing);
    else
        till_error_set(error, TILL_ERROR_DATA, "%zu rows have a key that another row has (a row a customer is wanted)",
                       key->present - till_dictionary_count(key->levels));
    till_error_at(error, path, 0, 0, key->text);
    return TILL_ERROR_DATA;
}

static enum till_status read_side(struct work *work, struct migrate_side *side, const char *path,
                                  struct till_error *error) {
    const char *const paths[] = {path};
    struct till_input *input;
    enum till_status status = tool_open_paths(work->run, paths, 1, &input, error);
    if (status != TILL_OK)
        return status;
    side->schema = till_input_schema(input);
    status = add_roles(work, side, error);
    if (status == TILL_OK && work->settings->psi != NULL)
        status = add_features(work, side, error);
    if (status == TILL_OK)
        status = sheet_start(&side->sheet, work->run, input, false, TILL_MISSING_PASSES, error);
    if (status == TILL_OK)
        status = sheet_read(&side->sheet, input, error);
    if (status == TILL_OK)
        status = sheet_finish(&side->sheet, error);
    if (status == TILL_OK && side->sheet.rows > 0)
        status = refuse_doubles(work, side, path, error);
    drop_texts(side);
    return status;
}

/* Moves ----------------------------------------------------------------------------------------------------------- */

/* The groups of both files, ordered by bytes: rank 0 is no group, of customers that are new, lost or without one. */
static enum till_status rank_groups(struct migrate_side *side, struct till_dictionary *groups, uint32_t **codes,
                                    struct till_error *error) {
    const struct sheet_column *column = &side->sheet.columns[side->group];
    *codes = malloc((side->sheet.rows + 1) * sizeof **codes);
    bool good = *codes != NULL;
    for (size_t row = 0; row < side->sheet.rows && good; row++) {
        bool missing = column->codes[row] == SHEET_MISSING;
        struct till_slice text = missing ? till_slice_of("") : till_dictionary_text(column->levels, column->codes[row]);
        good = till_dictionary_add(groups, text, &(*codes)[row]);
    }
    return good ? TILL_OK : till_error_memory(error);
}

static double value_of(const struct migrate_side *side, size_t row) {
    double value = side->value == TILL_NO_COLUMN ? 0 : side->sheet.columns[side->value].numbers[row];
    return isnan(value) ? 0 : value;
}

/* Counts of customers, as they are found. */
struct tally {
    uint64_t fresh, lost, stayed;
    bool *seen; /* [rows of OLD] */
};

static bool add_customer(struct work *work, size_t cell, const struct migrate_side *side, size_t row) {
    work->customers[cell]++;
    return till_sums_add(work->values, cell, value_of(side, row));
}

/* Adds every customer to its cell. A key of NEW is looked up among those of OLD, whose codes count rows as each stands
 * once. */
static bool add_customers(struct work *work, const uint32_t *old_codes, const uint32_t *new_codes,
                          struct tally *tally) {
    struct migrate_side *old = &work->old, *new = &work->new;
    size_t groups = till_dictionary_count(work->groups);
    struct till_dictionary *keys = old->sheet.columns[old->key].levels;
    bool good = true;
    for (size_t row = 0; row < new->sheet.rows &&good; row++) {
        const struct sheet_column *key = &new->sheet.columns[new->key];
        uint32_t before;
        bool known =
            keys != NULL && till_dictionary_find(keys, till_dictionary_text(key->levels, key->codes[row]), &before);
        if (known)
            tally->seen[before] = true;
        tally->fresh += !known;
        tally->stayed += known && old_codes[before] == new_codes[row];
        good = add_customer(work, (known ? old_codes[before] : 0) * groups + new_codes[row], new, row);
    }
    for (size_t row = 0; row < old->sheet.rows && good; row++)
        if (!tally->seen[row]) {
            tally->lost++;
            good = add_customer(work, old_codes[row] * groups, old, row);
        }
    return good;
}

static enum till_status count_moves(struct work *work, const uint32_t *old_codes, const uint32_t *new_codes,
                                    struct till_error *error) {
    size_t groups = till_dictionary_count(work->groups), rows = work->old.sheet.rows;
    struct tally tally = {.seen = calloc(rows + 1, sizeof *tally.seen)};
    work->customers = calloc(groups * groups + 1, sizeof *work->customers);
    work->values = till_sums_new(groups * groups);
    bool good = tally.seen != NULL && work->customers != NULL && work->values != NULL &&
                add_customers(work, old_codes, new_codes, &tally);
    free(tally.seen);
    if (!good)
        return till_error_memory(error);
    uint64_t both = rows - tally.lost, moved = both - tally.stayed;
    tool_figure(work->run, "customers", (double)(rows + tally.fresh));
    tool_figure(work->run, "new", (double)tally.fresh);
    tool_figure(work->run, "lost", (double)tally.lost);
    tool_figure(work->run, "moved", (double)moved);
    tool_figure(work->run, "moved_share", both == 0 ? (double)NAN : (double)moved / (double)both);
    return TILL_OK;
}

static enum till_status find_moves(struct work *work, struct till_error *error) {
    uint32_t *old_codes = NULL, *new_codes = NULL, none;
    work->groups = till_dictionary_new();
    enum till_status status = TILL_OK;
    if (work->groups == NULL || !till_dictionary_add(work->groups, till_slice_of(""), &none))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = rank_groups(&work->old, work->groups, &old_codes, error);
    if (status == TILL_OK)
        status = rank_groups(&work->new, work->groups, &new_codes, error);
    if (status == TILL_OK)
        status = count_moves(work, old_codes, new_codes, error);
    free(old_codes);
    free(new_codes);
    return status;
}

static enum till_status write_moves(struct work *work, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("from"), till_slice_of("to"), till_slice_of("customers"),
                                       till_slice_of("value")};
    size_t groups = till_dictionary_count(work->groups), columns = work->settings->value == NULL ? 3 : 4;
    struct till_writer *writer;
    uint32_t *order = malloc((groups + 1) * sizeof *order);
    enum till_status status =
        order == NULL || !till_dictionary_order(work->groups, order) ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, columns, error);
    for (size_t i = 0; i < groups * groups && status == TILL_OK; i++) {
        uint32_t from = order[i / groups], to = order[i % groups];
        if (work->customers[from * groups + to] == 0)
            continue;
        till_writer_text(writer, till_dictionary_text(work->groups, from));
        till_writer_text(writer, till_dictionary_text(work->groups, to));
        till_writer_count(writer, work->customers[from * groups + to]);
        if (columns == 4)
            till_writer_real(writer, till_sums_get(work->values, from * groups + to));
        status = till_writer_end(writer, error);
    }
    free(order);
    return status;
}

static enum till_status run_migrate(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    if (run->operand_count != 2)
        return till_error_set(error, TILL_ERROR_USAGE, "two files are wanted, the old and the new one");
    if (work.settings->features != NULL && work.settings->psi == NULL)
        return tool_usage(error, "--features", "features are those of --psi=FILE");
    enum till_status status = read_side(&work, &work.old, run->operands[0], error);
    if (status == TILL_OK)
        status = read_side(&work, &work.new, run->operands[1], error);
    if (status == TILL_OK)
        status = find_moves(&work, error);
    if (status == TILL_OK && work.settings->psi != NULL)
        status = migrate_psi(run, &work.old, &work.new, work.settings->psi, error);
    if (status == TILL_OK)
        status = write_moves(&work, error);
    sheet_free(&work.old.sheet);
    sheet_free(&work.new.sheet);
    till_dictionary_free(work.groups);
    free(work.customers);
    till_sums_free(work.values);
    return status;
}

static const struct tool migrate = {
    .name = "till-migrate",
    .purpose = "who moved between groups from one file to the next, and how far features drifted",
    .operands = "OLD NEW",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_migrate,
};

int main(int argc, char **argv) {
    return tool_main(&migrate, argc, argv);
}
