/* tools/rules_file.c: a line is a rule; its consequent of several items makes as many offers. */
#include "rules_file.h"

#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/input.h>

void rules_file_free(struct rules_file *file) {
    for (size_t i = 0; i < file->lines; i++)
        free(file->antecedents[i]);
    free(file->antecedents);
    free(file->rules);
    free(file->because);
    till_text_free(&file->texts);
}

/* The codes of items joined by bars. NULL when memory is out; owned by the caller. */
static uint32_t *parse_side(struct rules_file *file, struct till_slice text, size_t *count) {
    uint32_t *codes = malloc((text.length + 1) * sizeof *codes);
    struct till_text name = {0};
    bool fine = codes != NULL;
    *count = 0;
    for (size_t i = 0; fine && i <= text.length && text.length > 0; i++) {
        if (i == text.length || text.bytes[i] == '|') {
            fine = till_dictionary_add(file->names, (struct till_slice){name.bytes, name.length}, &codes[(*count)++]);
            name.length = 0;
            continue;
        }
        i += text.bytes[i] == '\\' && i + 1 < text.length;
        fine = till_text_append(&name, text.bytes + i, 1);
    }
    till_text_free(&name);
    if (fine)
        return codes;
    free(codes);
    return NULL;
}

static bool reserve(struct rules_file *file, size_t rules) {
    const struct till_array offers[] = {TILL_ARRAY(file->rules), TILL_ARRAY(file->because)};
    return till_arrays_reserve(&TILL_ARRAY(file->antecedents), 1, file->lines + 1, &file->line_capacity) &&
           till_arrays_reserve(offers, 2, file->count + rules, &file->capacity);
}

/* One line of the file. */
static bool add_line(struct rules_file *file, const struct till_block *block, size_t row) {
    size_t size, items;
    struct till_slice text = block->columns[0].text[row];
    uint32_t *antecedent = parse_side(file, text, &size);
    uint32_t *consequent = parse_side(file, block->columns[1].text[row], &items);
    bool fine = antecedent != NULL && consequent != NULL && reserve(file, items);
    size_t offset = file->texts.length;
    if (fine)
        file->antecedents[file->lines++] = antecedent;
    else
        free(antecedent);
    fine = fine && till_text_append(&file->texts, text.bytes == NULL ? "" : text.bytes, text.length);
    for (size_t i = 0; fine && i < items; i++) {
        file->because[file->count] = (struct place){offset, text.length};
        file->rules[file->count++] = (struct till_offer_rule){antecedent, size, consequent[i],
                                                              block->columns[2].real[row], block->columns[3].real[row]};
    }
    free(consequent);
    return fine;
}

static enum till_status read_block(void *context, struct till_block *block, struct till_error *error) {
    for (size_t row = 0; row < block->rows; row++)
        if (!add_line(context, block, row))
            return till_error_memory(error);
    return TILL_OK;
}

struct till_slice rules_file_because(const struct rules_file *file, uint32_t rule) {
    return (struct till_slice){file->texts.bytes + file->because[rule].offset, file->because[rule].length};
}

enum till_status rules_file_read(struct rules_file *file, const char *path, char delimiter, struct till_error *error) {
    static const char *const names[] = {"antecedent", "consequent", "confidence", "lift"};
    struct till_input *input = NULL;
    struct till_wanted wanted[4] = {{.type = TILL_TEXT, .missing = TILL_MISSING_PASSES, .role = names[0]},
                                    {.type = TILL_TEXT, .role = names[1]},
                                    {.type = TILL_REAL, .role = names[2]},
                                    {.type = TILL_REAL, .role = names[3]}};
    const struct till_plan plan = {.wanted = wanted, .wanted_count = 4};
    const struct till_input_options options = {.delimiter = delimiter};
    enum till_status status = till_input_open(&input, &path, 1, &options, error);
    for (size_t i = 0; status == TILL_OK && i < 4; i++)
        status = till_schema_column(till_input_schema(input), names[i], &wanted[i].column, error);
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = till_input_each(input, read_block, file, error);
    till_input_close(input);
    return status;
}
