/* tools/rules_file.h: the rules that till-rules wrote, read back. */
#ifndef TOOLS_RULES_FILE_H
#define TOOLS_RULES_FILE_H

#include <till/dictionary.h>
#include <till/recommend.h>

#include "tool.h"

/* Where a text lies among others. */
struct place {
    size_t offset;
    size_t length;
};

/* Starts as {0}, but for `names`, which holds the items of the baskets; those that rules name come behind. */
struct rules_file {
    struct till_dictionary *names;
    struct till_offer_rule *rules; /* one for each item of a consequent, in the order of the file */
    struct place *because;         /* the antecedent of each as it was written, in `texts` */
    size_t count;
    size_t capacity;
    uint32_t **antecedents; /* of each line */
    size_t lines;
    size_t line_capacity;
    struct till_text texts;
};

/* Reads columns antecedent, consequent, confidence and lift. Errors: those of reading. */
enum till_status rules_file_read(struct rules_file *file, const char *path, char delimiter, struct till_error *error);
/* The antecedent of a rule, as it was written. */
struct till_slice rules_file_because(const struct rules_file *file, uint32_t rule);
void rules_file_free(struct rules_file *file);

#endif
