/* tools/itemset_rows.h: rows of itemsets (items, size, count, support), where they are so many that cells are too slow.
 */
#ifndef TOOLS_ITEMSET_ROWS_H
#define TOOLS_ITEMSET_ROWS_H

#include <till/baskets.h>
#include <till/itemsets.h>
#include <till/writer.h>

struct itemset_rows;

/* For a writer whose header is written. *rows is NULL where the format or a name needs more than plain texts. The
 * writer is borrowed until itemset_rows_free. Errors: TILL_ERROR_MEMORY. */
enum till_status itemset_rows_new(struct itemset_rows **rows, struct till_writer *writer,
                                  const struct till_basket_data *data, struct till_error *error);

/* From now on no instructions beyond the baseline are used by hand. The rows are the same. */
void itemset_rows_portable(struct itemset_rows *rows);

/* Writes the sets; a group may have none here. The first groups of a size, and only they, have others items
 * throughout, as those of till_itemsets_mine_groups. Errors: those of the writer. Time is that of copying the bytes. */
enum till_status itemset_rows_add(struct itemset_rows *rows, const struct till_itemset_groups *groups,
                                  struct till_error *error);

/* NULL is allowed. */
void itemset_rows_free(struct itemset_rows *rows);

#endif
