/* tools/taxonomy.c: each item has one parent at most, so a taxonomy is an array, and an ancestor is found by walking.
 */
#include "taxonomy.h"

#include <stdlib.h>
#include <string.h>

#include <till/input.h>

void taxonomy_free(struct taxonomy *taxonomy) {
    till_dictionary_free(taxonomy->names);
    free(taxonomy->parent);
    *taxonomy = (struct taxonomy){0};
}

static bool reserve(struct taxonomy *taxonomy, size_t *capacity) {
    size_t count = till_dictionary_count(taxonomy->names), old = *capacity;
    if (count <= old)
        return true;
    uint32_t *grown = realloc(taxonomy->parent, 2 * count * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + old, 0xFF, (2 * count - old) * sizeof *grown); /* no parent */
    taxonomy->parent = grown;
    *capacity = 2 * count;
    return true;
}

static enum till_status refuse(struct taxonomy *taxonomy, uint32_t item, const char *path, const char *message,
                               struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    struct till_slice name = till_dictionary_text(taxonomy->names, item);
    till_error_set(error, TILL_ERROR_DATA, "%s %s", till_error_quote(quoted, name.bytes, name.length), message);
    till_error_at(error, path, 0, 0, "--taxonomy");
    return TILL_ERROR_DATA;
}

static enum till_status add_rows(struct taxonomy *taxonomy, const struct till_block *block, const char *path,
                                 size_t *capacity, struct till_error *error) {
    for (size_t row = 0; row < block->rows; row++) {
        uint32_t item, parent;
        if (!till_dictionary_add(taxonomy->names, block->columns[0].text[row], &item) ||
            !till_dictionary_add(taxonomy->names, block->columns[1].text[row], &parent) || !reserve(taxonomy, capacity))
            return till_error_memory(error);
        if (taxonomy->parent[item] != UINT32_MAX && taxonomy->parent[item] != parent)
            return refuse(taxonomy, item, path, "has two parents", error);
        taxonomy->parent[item] = parent;
        size_t steps = 0;
        for (uint32_t up = item; up != UINT32_MAX; up = taxonomy->parent[up])
            if (steps++ > till_dictionary_count(taxonomy->names))
                return refuse(taxonomy, item, path, "is its own ancestor", error);
    }
    return TILL_OK;
}

static enum till_status read_file(struct taxonomy *taxonomy, const char *path, size_t *capacity,
                                  struct till_error *error) {
    struct till_input *input = NULL;
    struct till_wanted wanted[2] = {{.type = TILL_TEXT, .role = "item"}, {.type = TILL_TEXT, .role = "parent"}};
    struct till_plan plan = {.wanted = wanted, .wanted_count = 2};
    enum till_status status = till_input_open(&input, &path, 1, NULL, error);
    if (status == TILL_OK)
        status = till_schema_column(till_input_schema(input), "item", &wanted[0].column, error);
    if (status == TILL_OK)
        status = till_schema_column(till_input_schema(input), "parent", &wanted[1].column, error);
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    struct till_block *block = status == TILL_OK ? till_block_new(input) : NULL;
    if (status == TILL_OK && block == NULL)
        status = till_error_memory(error);
    while (status == TILL_OK) {
        status = till_input_next(input, block, error);
        if (status != TILL_OK || block->rows == 0)
            break;
        status = add_rows(taxonomy, block, path, capacity, error);
    }
    till_block_free(block);
    till_input_close(input);
    return status;
}

enum till_status taxonomy_apply(struct taxonomy *taxonomy, struct till_basket_data *data, const char *path,
                                struct till_error *error) {
    size_t capacity = 0;
    taxonomy->names = till_dictionary_new();
    bool fine = taxonomy->names != NULL;
    for (uint32_t i = 0, code; fine && i < data->baskets.item_count; i++)
        fine = till_dictionary_add(taxonomy->names, data->items[i], &code);
    if (!fine || !reserve(taxonomy, &capacity))
        return till_error_memory(error);
    enum till_status status = read_file(taxonomy, path, &capacity, error);
    uint32_t count = till_dictionary_count(taxonomy->names);
    if (status == TILL_OK && count > 0)
        status = till_basket_extend(data, taxonomy->parent, count, error);
    struct till_slice *items = status == TILL_OK ? realloc(data->items, (count + (size_t)1) * sizeof *items) : NULL;
    if (items == NULL)
        return status == TILL_OK ? till_error_memory(error) : status;
    data->items = items;
    for (uint32_t i = 0; i < count; i++)
        items[i] = till_dictionary_text(taxonomy->names, i);
    return TILL_OK;
}
