/* The groups of customers, each with its models. Without --by there is one. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>

static void part_free(struct clv_part *part) {
    free(part->member);
    free(part->repeats);
    free(part->last);
    free(part->age);
    free(part->mean);
    till_clv_cells_free(&part->cells);
    till_clv_forecast_free(&part->forecast);
}

void clv_parts_free(struct clv_part *parts, size_t count) {
    for (size_t i = 0; i < count && parts != NULL; i++)
        part_free(&parts[i]);
    free(parts);
}

static bool part_reserve(struct clv_part *part, size_t room) {
    part->member = calloc(room + 1, sizeof *part->member);
    part->repeats = calloc(room + 1, sizeof *part->repeats);
    part->last = calloc(room + 1, sizeof *part->last);
    part->age = calloc(room + 1, sizeof *part->age);
    part->mean = calloc(room + 1, sizeof *part->mean);
    return part->member != NULL && part->repeats != NULL && part->last != NULL && part->age != NULL &&
           part->mean != NULL;
}

/* Adds customer `i` of the data. */
static void put(struct clv_part *part, const struct clv_data *data, size_t i) {
    part->member[part->count] = i; /* NOLINT(clang-analyzer-core.NullDereference): reserved before */
    part->repeats[part->count] = data->repeats[i];
    part->last[part->count] = data->last[i];
    part->age[part->count] = data->age[i];
    part->mean[part->count++] = data->mean == NULL ? NAN : data->mean[i];
}

enum till_status clv_parts_new(struct clv_part **parts, const struct clv_data *data, struct till_error *error) {
    size_t count = data->group == NULL ? 1 : data->group_count;
    struct clv_part *made = calloc(count + 1, sizeof *made);
    size_t *sizes = calloc(count + 1, sizeof *sizes);
    if (made == NULL || sizes == NULL) {
        free(made);
        free(sizes);
        return till_error_memory(error);
    }
    bool good = count > 0; /* nobody is in no group */
    for (size_t i = 0; i < data->count; i++)
        sizes[data->group == NULL ? 0 : data->group[i]]++;
    for (size_t i = 0; i < count && good; i++) {
        made[i].name = data->group == NULL ? (struct till_slice){NULL, 0} : data->group_name[i];
        made[i].spends = data->mean != NULL;
        good = part_reserve(&made[i], sizes[i]);
    }
    free(sizes);
    if (!good) {
        clv_parts_free(made, count);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < data->count; i++)
        put(&made[data->group == NULL ? 0 : data->group[i]], data, i);
    *parts = made;
    return TILL_OK;
}

/* "group X: ..." in front of what is wrong. */
static enum till_status in_group(const struct clv_part *part, enum till_status status, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    if (status != TILL_ERROR_MODEL || part->name.bytes == NULL)
        return status;
    struct till_error before = *error;
    return till_error_set(error, status, "group %s: %s", till_error_quote(name, part->name.bytes, part->name.length),
                          before.message);
}

/* The plain mean of all repeat purchases, for those who do not want a model of spend. */
static enum till_status fit_mean(struct clv_part *part, struct till_error *error) {
    double money = 0, purchases = 0;
    for (size_t i = 0; i < part->count; i++)
        if (part->repeats[i] > 0 && isfinite(part->mean[i])) {
            money += part->repeats[i] * part->mean[i];
            purchases += part->repeats[i];
        }
    if (purchases == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "spend: there are no repeat purchases");
    part->mean_worth = money / purchases;
    return TILL_OK;
}

static enum till_status fit_spend(struct tool_run *run, struct clv_part *part, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_spend_history history = {part->count, part->repeats, part->mean};
    if (!part->spends || settings->spend == CLV_NONE)
        return TILL_OK;
    if (settings->spend == CLV_MEAN)
        return fit_mean(part, error);
    enum till_status status = till_spend_fit(&part->spend, &history, run->threads, error);
    part->gammagamma = status == TILL_OK;
    if (status == TILL_ERROR_MODEL) {
        struct till_error before = *error;
        till_error_set(error, status, "%s (--spend=mean or --spend=none does without that model)", before.message);
    }
    return status;
}

enum till_status clv_part_fit(struct tool_run *run, struct clv_part *part, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    enum till_status status =
        till_clv_fit(&part->fit, (enum till_clv_method)settings->method, &part->cells, run->threads, error);
    if (status == TILL_OK)
        status = fit_spend(run, part, error);
    return in_group(part, status, error);
}

double clv_part_worth(const struct clv_part *part, size_t i) {
    if (!part->spends)
        return NAN;
    return part->gammagamma ? till_spend_expected(&part->spend.model, part->repeats[i], part->mean[i])
                            : part->mean_worth;
}
