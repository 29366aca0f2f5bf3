/* Folding an input that is sorted by a key, in constant memory.
 *
 * In sorted input the rows of a key stand together, so a key is complete when another one begins. A state for each key
 * alone would be made and thrown away too often; a block is cut only once, where its last key begins. What stands
 * before the cut completes the state at hand, which is visited; what stands behind it begins the next. */
#include <till/sorted.h>

#include <stdio.h>
#include <stdlib.h>

/* Where the reading stands: what was asked for, and what is not yet visited. */
struct sorted {
    struct till_input *input;
    const struct till_aggregate *aggregate;
    const void *settings;
    size_t key;
    const char *role;
    till_sorted_visit *visit;
    void *context;
    void *state;                 /* of the keys since the last visit; NULL: none */
    struct till_text last;       /* the last key of the block before */
    bool started;                /* there is a last key */
    struct till_vector *columns; /* of the view on a stretch of a block */
};

/* The key in the row before `row`, which may be in the block before. */
static struct till_slice key_before(const struct sorted *sorted, const struct till_slice *keys, size_t row) {
    return row > 0 ? keys[row - 1] : (struct till_slice){sorted->last.bytes, sorted->last.length};
}

/* The reader knows the line of a row, so it is asked to report it: a bad row comes out at the next read. Where bad rows
 * are gone past it does not, but order is no property of a single row, so the input ends here all the same. */
static enum till_status out_of_order(const struct sorted *sorted, struct till_block *block, size_t row,
                                     struct till_slice before, struct till_error *error) {
    char one[TILL_QUOTED_SIZE], two[TILL_QUOTED_SIZE], reason[2 * TILL_QUOTED_SIZE + 128];
    struct till_slice key = block->columns[sorted->key].text[row];
    snprintf(reason, sizeof reason, "not in byte order: %s comes after %s (sort with LC_ALL=C)",
             till_error_quote(one, key.bytes, key.length), till_error_quote(two, before.bytes, before.length));
    if (till_block_reject(block, row, sorted->role, reason) == TILL_OK) {
        enum till_status status = till_input_next(sorted->input, block, error);
        if (status != TILL_OK)
            return status;
    }
    till_error_set(error, TILL_ERROR_DATA, "%s", reason);
    till_error_at(error, NULL, 0, 0, sorted->role);
    return TILL_ERROR_DATA;
}

/* Checks the order of the block's keys, and finds where the last one that begins in it does: *cut is 0 when none does,
 * or when the first row begins the only one. *begins tells these two apart. */
static enum till_status find_cut(const struct sorted *sorted, struct till_block *block, size_t *cut, bool *begins,
                                 struct till_error *error) {
    const struct till_slice *keys = block->columns[sorted->key].text;
    *cut = 0;
    *begins = !sorted->started;
    for (size_t row = sorted->started ? 0 : 1; row < block->rows; row++) {
        struct till_slice before = key_before(sorted, keys, row);
        if (till_slice_equal(before, keys[row]))
            continue;
        if (till_slice_compare(before, keys[row]) > 0)
            return out_of_order(sorted, block, row, before, error);
        *cut = row;
        *begins = true;
    }
    return TILL_OK;
}

/* Adds rows from..to of the block to the state at hand. */
static enum till_status add(struct sorted *sorted, const struct till_block *block, size_t from, size_t to,
                            struct till_error *error) {
    static const size_t sizes[] = {[TILL_TEXT] = sizeof(struct till_slice),
                                   [TILL_MONEY] = 8,
                                   [TILL_DAY] = 4,
                                   [TILL_TIME] = 8,
                                   [TILL_REAL] = 8,
                                   [TILL_COUNT] = 8,
                                   [TILL_INTEGER] = 8};
    if (from == to)
        return TILL_OK; /* no state for no rows: it would be visited without a key */
    enum till_status status = TILL_OK;
    if (sorted->state == NULL)
        status = sorted->aggregate->create(&sorted->state, sorted->settings, error);
    struct till_block view = *block;
    view.rows = to - from;
    view.first_row = block->first_row + from;
    view.columns = sorted->columns;
    view.records = block->records == NULL ? NULL : block->records + from;
    for (size_t c = 0; c < block->column_count; c++) {
        view.columns[c] = block->columns[c];
        view.columns[c].any = (char *)block->columns[c].any + from * sizes[block->columns[c].type];
    }
    if (status == TILL_OK)
        status = sorted->aggregate->add(sorted->state, &view, error);
    return status;
}

/* The state at hand is whole: shows it and throws it away. */
static enum till_status complete(struct sorted *sorted, struct till_error *error) {
    if (sorted->state == NULL)
        return TILL_OK;
    enum till_status status = sorted->visit(sorted->context, sorted->state, error);
    sorted->aggregate->destroy(sorted->state);
    sorted->state = NULL;
    return status;
}

/* Keeps the last key of a block, whose bytes are gone with the next one. */
static enum till_status remember(struct sorted *sorted, struct till_slice key, struct till_error *error) {
    sorted->last.length = 0;
    sorted->started = true;
    return till_text_append(&sorted->last, key.bytes, key.length) ? TILL_OK : till_error_memory(error);
}

/* One block: what stands before the cut belongs to the state at hand, what stands behind it to the next. */
static enum till_status take(struct sorted *sorted, struct till_block *block, struct till_error *error) {
    size_t cut;
    bool begins;
    enum till_status status = find_cut(sorted, block, &cut, &begins, error);
    if (status == TILL_OK)
        status = add(sorted, block, 0, cut, error);
    if (status == TILL_OK && begins)
        status = complete(sorted, error);
    if (status == TILL_OK)
        status = add(sorted, block, cut, block->rows, error);
    if (status == TILL_OK)
        status = remember(sorted, block->columns[sorted->key].text[block->rows - 1], error);
    return status;
}

/* All blocks, one after the other. */
static enum till_status take_all(struct sorted *sorted, struct till_block *block, struct till_error *error) {
    enum till_status status = till_input_next(sorted->input, block, error);
    while (status == TILL_OK && block->rows > 0) {
        status = take(sorted, block, error);
        if (status == TILL_OK)
            status = till_input_next(sorted->input, block, error);
    }
    return status == TILL_OK ? complete(sorted, error) : status;
}

enum till_status till_fold_sorted(struct till_input *input, const struct till_aggregate *aggregate,
                                  const void *settings, size_t key, const char *role, till_sorted_visit *visit,
                                  void *context, struct till_error *error) {
    struct sorted sorted = {.input = input,
                            .aggregate = aggregate,
                            .settings = settings,
                            .key = key,
                            .role = role,
                            .visit = visit,
                            .context = context};
    struct till_block *block = till_block_new(input);
    if (block != NULL)
        sorted.columns = calloc(block->column_count + 1, sizeof *sorted.columns);
    enum till_status status = sorted.columns == NULL ? till_error_memory(error) : take_all(&sorted, block, error);
    if (sorted.state != NULL)
        aggregate->destroy(sorted.state);
    free(sorted.columns);
    till_text_free(&sorted.last);
    till_block_free(block);
    return status;
}
