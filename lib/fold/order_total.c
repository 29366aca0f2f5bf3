/* An order's total against those that its earlier rows had. */
#include "lib/fold/order_total.h"

#include <string.h>

#include <till/decimal.h>
#include <till/text.h>

static enum till_status reject(struct till_block *block, size_t row, int64_t before) {
    char reason[128];
    char amount[TILL_MONEY_TEXT];
    struct till_text text = {0};
    size_t length = till_decimal_format(amount, before);
    bool fine = till_text_append_format(&text, "differs within its order, which had %.*s before", (int)length, amount);
    if (fine && till_text_string(&text) != NULL) {
        memcpy(reason, text.bytes, text.length < sizeof reason ? text.length + 1 : sizeof reason);
        reason[sizeof reason - 1] = '\0';
    }
    till_text_free(&text);
    return fine ? till_block_reject(block, row, "amount", reason) : TILL_ERROR_MEMORY;
}

enum till_status order_total_add(struct ledger_entry *entry, struct till_block *block, size_t row, int32_t day,
                                 int64_t amount, bool *rejected) {
    *rejected = entry->rows > 0 && entry->spent != amount;
    if (*rejected) {
        return reject(block, row, entry->spent);
    }
    entry->day = entry->rows == 0 || day < entry->day ? day : entry->day;
    entry->spent = amount;
    entry->rows++;
    return TILL_OK;
}

enum till_status order_total_merge(struct ledger_entry *mine, const struct ledger_entry *other,
                                   struct till_error *error) {
    if (mine->rows > 0 && mine->spent != other->spent) {
        char amounts[2][TILL_MONEY_TEXT];
        int lengths[] = {(int)till_decimal_format(amounts[0], mine->spent),
                         (int)till_decimal_format(amounts[1], other->spent)};
        till_error_set(error, TILL_ERROR_DATA,
                       "an order has the amount %.*s in one part of the data and %.*s in another", lengths[0],
                       amounts[0], lengths[1], amounts[1]);
        till_error_at(error, NULL, 0, 0, "amount");
        return TILL_ERROR_DATA;
    }
    mine->day = mine->rows == 0 || other->day < mine->day ? other->day : mine->day;
    mine->spent = other->spent;
    mine->rows += other->rows;
    return TILL_OK;
}
