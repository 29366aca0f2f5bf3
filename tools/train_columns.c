/* Which columns till-train reads: those that play a role, and those to learn from. */
#include <stdlib.h>

#include "train.h"

/* Adds a column that plays a role, if it is asked for. */
static enum till_status wish_role(const struct till_schema *schema, const char *asked, struct till_frame_wish wish,
                                  struct till_frame_wish *wishes, size_t *count, size_t *at, struct till_error *error) {
    *at = TRAIN_NO_COLUMN;
    if (asked == NULL)
        return TILL_OK;
    enum till_status status = till_schema_column(schema, asked, &wish.column, error);
    if (status == TILL_OK) {
        *at = *count;
        wishes[(*count)++] = wish;
    }
    return status;
}

static enum till_status wish_key(struct train_work *work, const struct till_schema *schema,
                                 struct till_frame_wish *wishes, size_t *count, struct till_error *error) {
    size_t column;
    struct till_error ignored = {0};
    struct till_frame_wish wish = {.kind = TILL_FRAME_TEXT, .role = "key"};
    work->key_at = TRAIN_NO_COLUMN;
    if (work->settings->key != NULL)
        return wish_role(schema, work->settings->key, wish, wishes, count, &work->key_at, error);
    /* Two candidates are no error here: the key is only a help, unless it is asked for. */
    if (till_schema_role(schema, TILL_ROLE_CUSTOMER, NULL, false, &column, &ignored) == TILL_OK &&
        column != TILL_NO_COLUMN) {
        wish.column = column;
        work->key_at = *count;
        wishes[(*count)++] = wish;
        tool_fact(work->run, "role.key", "%.*s", (int)schema->names[column].length, schema->names[column].bytes);
    }
    return TILL_OK;
}

/* The columns to learn from: chosen, or all that have no other role. */
static enum till_status choose(const struct train_work *work, const struct till_schema *schema,
                               const struct till_frame_wish *wishes, size_t count, bool *chosen, bool *texts,
                               struct till_error *error) {
    const struct train_settings *settings = work->settings;
    bool *ignored = calloc(schema->count + 1, sizeof *ignored);
    enum till_status status = ignored == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && settings->features != NULL)
        status = till_schema_list(schema, settings->features, chosen, error);
    else
        for (size_t i = 0; status == TILL_OK && i < schema->count; i++)
            chosen[i] = !till_slice_equal(schema->names[i], till_slice_of("cutoff"));
    if (status == TILL_OK && settings->ignore != NULL)
        status = till_schema_list(schema, settings->ignore, ignored, error);
    if (status == TILL_OK && settings->categorical != NULL)
        status = till_schema_list(schema, settings->categorical, texts, error);
    for (size_t i = 0; status == TILL_OK && i < schema->count; i++)
        chosen[i] = chosen[i] && !ignored[i];
    for (size_t i = 0; status == TILL_OK && i < count; i++)
        chosen[wishes[i].column] = false;
    free(ignored);
    return status;
}

static enum till_status wish_features(struct train_work *work, const struct till_schema *schema,
                                      struct till_frame_wish *wishes, size_t *count, struct till_error *error) {
    bool *chosen = calloc(2 * schema->count + 1, sizeof *chosen);
    if (chosen == NULL)
        return till_error_memory(error);
    bool *texts = chosen + schema->count;
    enum till_status status = choose(work, schema, wishes, *count, chosen, texts, error);
    work->first = *count;
    for (size_t i = 0; i < schema->count && status == TILL_OK; i++)
        if (chosen[i])
            wishes[(*count)++] = (struct till_frame_wish){
                .column = i,
                .kind = texts[i] ? TILL_FRAME_TEXT : TILL_FRAME_AUTO,
                .missing =
                    work->method->takes_missing || work->settings->impute ? TILL_MISSING_PASSES : TILL_MISSING_REJECTS};
    if (status == TILL_OK && *count == work->first)
        status = till_error_set(error, TILL_ERROR_DATA, "there is no column to learn from");
    free(chosen);
    return status;
}

static enum till_status find_logs(struct train_work *work, const struct till_schema *schema, struct till_error *error) {
    work->logs = calloc(schema->count + 1, sizeof *work->logs);
    if (work->logs == NULL)
        return till_error_memory(error);
    return work->settings->log == NULL ? TILL_OK : till_schema_list(schema, work->settings->log, work->logs, error);
}

enum till_status train_plan(struct train_work *work, const struct till_schema *schema, struct till_error *error) {
    const struct train_settings *settings = work->settings;
    struct till_frame_wish *wishes = calloc(schema->count + 5, sizeof *wishes);
    size_t count = 0, target_at;
    if (wishes == NULL)
        return till_error_memory(error);
    enum till_status status =
        wish_role(schema, settings->target, (struct till_frame_wish){.kind = TILL_FRAME_TEXT, .role = "target"}, wishes,
                  &count, &target_at, error);
    if (status == TILL_OK)
        status = wish_role(schema, settings->weight,
                           (struct till_frame_wish){.kind = TILL_FRAME_NUMBER, .role = "weight", .not_negative = true},
                           wishes, &count, &work->weight_at, error);
    if (status == TILL_OK)
        status = wish_role(schema, settings->fold, (struct till_frame_wish){.kind = TILL_FRAME_TEXT, .role = "fold"},
                           wishes, &count, &work->fold_at, error);
    if (status == TILL_OK)
        status = wish_key(work, schema, wishes, &count, error);
    if (status == TILL_OK)
        status = wish_features(work, schema, wishes, &count, error);
    if (status == TILL_OK)
        status = find_logs(work, schema, error);
    if (status == TILL_OK)
        status = till_frame_plan(&work->frame, schema, wishes, count, error);
    free(wishes);
    return status;
}
