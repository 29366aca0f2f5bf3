/* Parameters as a table: parameter,estimate,std_error,lower,upper, with a leading column `group` where there are
 * groups.
 *
 * Names tell the models apart, but for two things that the defaults need not say: times in another unit than weeks
 * (a row unit_days), and MBG/NBD, whose parameters are named as those of BG/NBD (a row mbgnbd). */
#include "clv.h"

#include <math.h>
#include <stdlib.h>

#include <till/decimal.h>

#define UNIT_ROW "unit_days"
#define MBG_ROW "mbgnbd"
#define DEFAULT_UNIT 7.0

/* ---- writing ---- */

static void write_exact(struct till_writer *writer, double value) {
    char text[TILL_REAL_TEXT];
    size_t length = till_real_format_exact(text, value);
    till_writer_text(writer, (struct till_slice){length == 0 ? NULL : text, length});
}

static enum till_status write_row(struct till_writer *writer, const struct clv_part *part, const char *name,
                                  const double figures[4], struct till_error *error) {
    if (part->name.bytes != NULL)
        till_writer_text(writer, part->name);
    till_writer_text(writer, till_slice_of(name));
    for (int i = 0; i < 4; i++)
        write_exact(writer, figures[i]);
    return till_writer_end(writer, error);
}

static enum till_status write_part(struct till_writer *writer, const struct clv_part *part,
                                   const struct clv_settings *settings, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (int i = 0; i < TILL_CLV_PARAMETERS && status == TILL_OK; i++) {
        double row[4] = {part->fit.model.parameter[i]};
        till_clv_interval(&part->fit, i, &row[1], &row[2], &row[3]);
        status = write_row(writer, part, till_clv_parameter_name(part->fit.model.method, i), row, error);
    }
    for (int i = 0; i < TILL_SPEND_PARAMETERS && part->gammagamma && status == TILL_OK; i++) {
        double row[4] = {part->spend.model.parameter[i]};
        till_spend_interval(&part->spend, i, &row[1], &row[2], &row[3]);
        status = write_row(writer, part, till_spend_parameter_name(i), row, error);
    }
    const double unit[4] = {clv_unit_days(settings), NAN, NAN, NAN}, one[4] = {1, NAN, NAN, NAN};
    if (status == TILL_OK && unit[0] != DEFAULT_UNIT)
        status = write_row(writer, part, UNIT_ROW, unit, error);
    if (status == TILL_OK && settings->method == CLV_MBGNBD)
        status = write_row(writer, part, MBG_ROW, one, error);
    return status;
}

enum till_status clv_parameters_write(struct tool_run *run, const struct clv_part *parts, size_t count,
                                      struct till_error *error) {
    static const struct clv_column columns[] = {{"group", TILL_TEXT},    {"parameter", TILL_TEXT},
                                                {"estimate", TILL_REAL}, {"std_error", TILL_REAL},
                                                {"lower", TILL_REAL},    {"upper", TILL_REAL}};
    const struct clv_settings *settings = run->settings;
    struct till_writer *writer;
    if (settings->parameters_out == NULL)
        return TILL_OK;
    bool grouped = count > 0 && parts[0].name.bytes != NULL;
    enum till_status status = tool_open_table(run, settings->parameters_out, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, grouped ? columns : columns + 1, grouped ? 6 : 5, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status = write_part(writer, &parts[i], settings, error);
    return status;
}

/* ---- reading ---- */

/* What a file says of one group. */
struct found {
    double parameter[TILL_CLV_PARAMETERS + TILL_SPEND_PARAMETERS]; /* NaN: not there */
    double unit;
    bool mbgnbd;
    bool any;
};

struct loading {
    const char *path;
    const struct clv_settings *settings;
    const struct clv_part *parts;
    size_t count;
    struct found *found; /* [count] */
};

static bool is(struct till_slice text, const char *name) {
    return till_slice_equal(text, till_slice_of(name));
}

/* True when the row is of a parameter that belongs here. */
static bool take(struct found *found, enum till_clv_method method, struct till_slice name, double value) {
    found->any = true;
    for (int i = 0; i < TILL_CLV_PARAMETERS + TILL_SPEND_PARAMETERS; i++) {
        const char *known = i < TILL_CLV_PARAMETERS ? till_clv_parameter_name(method, i)
                                                    : till_spend_parameter_name(i - TILL_CLV_PARAMETERS);
        if (is(name, known)) {
            found->parameter[i] = value;
            return true;
        }
    }
    if (is(name, UNIT_ROW))
        found->unit = value;
    else if (is(name, MBG_ROW))
        found->mbgnbd = value == 1;
    else
        return false;
    return true;
}

static enum till_status take_row(struct loading *loading, struct till_block *block, size_t row) {
    enum till_clv_method method = (enum till_clv_method)loading->settings->method;
    double value = block->columns[1].real[row];
    for (size_t i = 0; i < loading->count; i++) {
        if (block->column_count > 2 && !till_slice_equal(block->columns[2].text[row], loading->parts[i].name))
            continue;
        if (!(value > 0) || isinf(value))
            return till_block_reject(block, row, "estimate", "not a number above 0");
        if (!take(&loading->found[i], method, block->columns[0].text[row], value))
            return till_block_reject(block, row, "parameter", "not a parameter of this --method");
    }
    return TILL_OK;
}

static enum till_status read_block(void *context, struct till_block *block, struct till_error *error) {
    for (size_t row = 0; row < block->rows; row++)
        if (take_row(context, block, row) != TILL_OK)
            return till_error_memory(error);
    return TILL_OK;
}

static enum till_status read_file(struct loading *loading, bool grouped, struct till_error *error) {
    static const char *const names[] = {"parameter", "estimate", "group"};
    struct till_input_options options = {0};
    struct till_input *input = NULL;
    struct till_wanted wanted[3];
    size_t count = grouped ? 3 : 2;
    enum till_status status = till_input_open(&input, &loading->path, 1, &options, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        wanted[i] = (struct till_wanted){.type = i == 1 ? TILL_REAL : TILL_TEXT, .role = names[i]};
        status = till_schema_column(till_input_schema(input), names[i], &wanted[i].column, error);
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = count};
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = till_input_each(input, read_block, loading, error);
    till_input_close(input);
    return status;
}

static enum till_status wrong(const char *path, struct till_error *error, const char *what) {
    till_error_set(error, TILL_ERROR_DATA, "%s", what);
    till_error_at(error, path, 0, 0, "--parameters");
    return TILL_ERROR_DATA;
}

/* Puts what was found into the part; times are brought to the unit of this run. */
static enum till_status apply(const struct loading *loading, const struct found *found, struct clv_part *part,
                              struct till_error *error) {
    const struct clv_settings *settings = loading->settings;
    double ratio = found->unit / clv_unit_days(settings);
    if (!found->any)
        return wrong(loading->path, error, "there are no parameters for one of the groups of the customers");
    for (int i = 0; i < TILL_CLV_PARAMETERS; i++)
        if (isnan(found->parameter[i]))
            return wrong(loading->path, error, "a parameter of this --method is missing");
    if (found->mbgnbd != (settings->method == CLV_MBGNBD))
        return wrong(loading->path, error, "the parameters are of another --method (bgnbd, mbgnbd)");
    if (settings->method == CLV_BGBB && ratio != 1)
        return wrong(loading->path, error,
                     "the parameters are for other periods: give the --unit they were fitted with");
    part->fit = (struct till_clv_fit){.model.method = (enum till_clv_method)settings->method};
    for (int i = 0; i < TILL_CLV_PARAMETERS; i++) {
        bool time = settings->method != CLV_BGBB && (i == 1 || (i == 3 && settings->method == CLV_PARETONBD));
        part->fit.model.parameter[i] = found->parameter[i] * (time ? ratio : 1);
    }
    const double *spend = found->parameter + TILL_CLV_PARAMETERS;
    part->gammagamma = !isnan(spend[0]) && !isnan(spend[1]) && !isnan(spend[2]);
    for (int i = 0; i < TILL_SPEND_PARAMETERS; i++)
        part->spend.model.parameter[i] = spend[i];
    if (part->gammagamma && spend[1] <= 1)
        return wrong(loading->path, error, "q must be above 1: below, spend has no finite mean");
    part->spends = part->spends && part->gammagamma;
    return TILL_OK;
}

enum till_status clv_parameters_read(const char *path, const struct clv_settings *settings, struct clv_part *parts,
                                     size_t count, struct till_error *error) {
    struct loading loading = {path, settings, parts, count, calloc(count + 1, sizeof(struct found))};
    if (loading.found == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        loading.found[i].unit = DEFAULT_UNIT;
        for (int k = 0; k < TILL_CLV_PARAMETERS + TILL_SPEND_PARAMETERS; k++)
            loading.found[i].parameter[k] = NAN;
    }
    enum till_status status = read_file(&loading, settings->by != NULL, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status = apply(&loading, &loading.found[i], &parts[i], error);
    free(loading.found);
    return status;
}
