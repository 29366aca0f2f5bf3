/* tools/taxonomy.h: kinds of items, from a file of item,parent. */
#ifndef TOOLS_TAXONOMY_H
#define TOOLS_TAXONOMY_H

#include <till/baskets.h>

/* Starts as {0}. */
struct taxonomy {
    struct till_dictionary *names; /* of items and kinds: first those of the baskets, in their order */
    uint32_t *parent;              /* [items and kinds]: UINT32_MAX: none */
};

/* Reads the file and adds to every basket the kinds of its items, as further items. The names of `data` then live in
 * the taxonomy. Errors: those of reading; TILL_ERROR_DATA for a second parent, or an item that is its own ancestor. */
enum till_status taxonomy_apply(struct taxonomy *taxonomy, struct till_basket_data *data, const char *path,
                                struct till_error *error);
void taxonomy_free(struct taxonomy *taxonomy);

#endif
