/* state_parts.h: what the files of states share: the parts of the format, and how entries are compared and packed. */
#ifndef TILL_FOLD_STATE_PARTS_H
#define TILL_FOLD_STATE_PARTS_H

#include <till/state.h>

#include "lib/base/bytes.h"
#include "lib/fold/sum.h"

/* ---- the format (till-state(5)) ---- */

#define STATE_MAGIC "\x89TILL\r\n\x1a"
#define STATE_KIND "LDGR"
enum {
    STATE_HEADER = 40,     /* magic, version, kind, flags, parameter hash, checksum */
    STATE_SECTION = 12,    /* before the payload of a section: type and length */
    STATE_CHECKSUM = 4,    /* behind it */
    STATE_BLOCK = 1 << 17, /* customers are written in sections of about this size */
    STATE_PIECE = 1 << 19  /* and passed on in pieces of this */
};
enum { STATE_BY_TIME = 1, STATE_ITEMS = 2, STATE_ORDER_AMOUNTS = 4, STATE_FLAGS = 7 };

/* The flags of an entry. */
enum {
    ENTRY_SAME_ORDER = 1,    /* the order is that of the entry before */
    ENTRY_PURCHASES = 2,     /* there are purchase rows, */
    ENTRY_RETURNS = 4,       /* return rows, */
    ENTRY_PURCHASE_ROWS = 8, /* more than one of the ones, */
    ENTRY_RETURN_ROWS = 16,  /* of the others */
    ENTRY_DIFFERS = 32,
    ENTRY_ITEMS = 64
};

/* ---- numbers of any length: seven bits a byte, the lowest first, the highest bit set on all but the last ---- */

enum { VARINT_MOST = 10 };

static inline size_t varint_put(unsigned char *out, uint64_t value) {
    size_t length = 0;
    for (; value >= 128; value >>= 7) {
        out[length++] = (unsigned char)(value | 128);
    }
    out[length++] = (unsigned char)value;
    return length;
}

/* What is left to read; `fine` turns false at the first thing that is not there, and stays so. */
struct cursor {
    const unsigned char *at;
    const unsigned char *end;
    bool fine;
};

static inline uint64_t varint_get_long(struct cursor *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        uint64_t bits = byte & 127U;
        if (shift == 63 && bits > 1) {
            break; /* beyond 64 bits */
        }
        value |= bits << shift;
        if (byte < 128) {
            return value;
        }
    }
    in->fine = false;
    return 0;
}

/* Up to eight bytes at once, where so many are left: the first without the highest bit is the last of the number; the
 * sevens of bits before it are pushed together in three steps. */
static inline uint64_t varint_get(struct cursor *in) {
    if (in->end - in->at < 8) {
        return varint_get_long(in);
    }
    uint64_t word = load_64(in->at);
    uint64_t stops = ~word & UINT64_C(0x8080808080808080);
    if ((stops & 128) != 0) {
        in->at++;
        return word & 127;
    }
    if (stops == 0) {
        return varint_get_long(in);
    }
    in->at += (__builtin_ctzll(stops) >> 3) + 1;
    word &= stops ^ (stops - 1);
    word = (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x7F007F007F007F00)) >> 1;
    word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x3FFF00003FFF0000)) >> 2;
    return (word & UINT64_C(0x0FFFFFFF)) | (word & UINT64_C(0x0FFFFFFF00000000)) >> 4;
}

/* A number of up to four bytes. */
static inline uint32_t varint_short(uint32_t word) {
    word = (word & 0x007F007FU) | (word & 0x7F007F00U) >> 1;
    return (word & 0x00003FFFU) | (word & 0x3FFF0000U) >> 2;
}

/* The numbers of an entry of purchases alone, when they are small. */
struct plain_numbers {
    uint32_t day;  /* the step, zigzag */
    uint32_t rows; /* 1 where they are not there */
    uint32_t spent;
    uint32_t length; /* of the items; 0 where there are none */
    unsigned bytes;  /* that all of them take */
    bool fine;       /* false: they have to be read one by one */
};

/* From eight bytes, of which the last is taken for the end of a number until it is looked at. Without a branch, for
 * what stands there varies from entry to entry; and `bytes` and `length`, which the next entry waits for, come first,
 * from the highest bits that are not set.
 */
static inline struct plain_numbers plain_numbers_get(const unsigned char *at, bool several, bool items) {
    uint64_t word = load_64(at), stops = (~word & UINT64_C(0x8080808080808080)) | UINT64_C(1) << 63;
    uint64_t behind_day = (stops & (stops - 1)) | UINT64_C(1) << 63;
    uint64_t at_spent = (behind_day & (behind_day - several)) | UINT64_C(1) << 63;
    unsigned spent_end = (unsigned)__builtin_ctzll(at_spent) + 1, bits = spent_end + 8U * items;
    uint64_t last = (word >> (spent_end & 63)) & (0U - (uint64_t)items) & 255;
    unsigned day_bits = (unsigned)__builtin_ctzll(stops) + 1, spent_bits = spent_end - day_bits - 8U * several;
    uint64_t behind = word >> (day_bits & 63), rows = behind & (0U - (uint64_t)several) & 255;
    uint64_t spent = (behind >> 8U * several) & ((UINT64_C(2) << ((spent_bits - 1) & 63)) - 1);
    return (struct plain_numbers){.day = varint_short((uint32_t)(word & (stops ^ (stops - 1)))),
                                  .rows = (uint32_t)rows + !several,
                                  .spent = varint_short((uint32_t)spent),
                                  .length = (uint32_t)last,
                                  .bytes = bits / 8,
                                  .fine = bits <= 64 && day_bits <= 32 && spent_bits <= 32 && (rows | last) < 128 &&
                                          (word >> ((spent_end - 1) & 63) & 1) == 0};
}

static inline const unsigned char *cursor_take(struct cursor *in, uint64_t length) {
    if (!in->fine || length > (uint64_t)(in->end - in->at)) {
        in->fine = false;
        return NULL;
    }
    const unsigned char *bytes = in->at;
    in->at += length;
    return bytes;
}

/* Small numbers of either sign as small numbers. */
static inline uint64_t zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t unzigzag(uint64_t value) {
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* Names of customers in byte order: mostly the first eight bytes tell. */
static inline int name_compare(struct till_slice a, struct till_slice b) {
    if (a.length >= 8 && b.length >= 8) {
        uint64_t left = __builtin_bswap64(load_64(a.bytes)), right = __builtin_bswap64(load_64(b.bytes));
        if (left != right) {
            return left < right ? -1 : 1;
        }
    }
    return till_slice_compare(a, b);
}

/* ---- entries ---- */

/* Entries of one customer, and their items. Of an entry that is packed, first_item is where the bytes of its items
 * begin in `packed`, and item_count is their length; they are the last of the entry's own. */
struct entries {
    struct till_state_entry *at;
    size_t count;
    size_t capacity;
    uint32_t *items;
    size_t item_count;
    size_t item_capacity;
    const unsigned char *packed;
    size_t packed_first; /* where the first entry of a customer begins in them */
    uint32_t item_codes; /* codes in packed items are below it */
};

/* Appends packed items to the others, as new codes where `codes` is not NULL. */
enum unpacking { UNPACKED, UNPACKING_DAMAGED, UNPACKING_MEMORY };
enum unpacking entries_unpack(struct entries *entries, struct till_state_entry *entry, const uint32_t *codes);

bool entries_reserve(struct entries *entries, size_t more);
bool entries_reserve_items(struct entries *entries, size_t more);
void entries_free(struct entries *entries);

/* The days of the calendar that dates are on: from 0001-01-01 to 9999-12-31. */
enum { FIRST_DAY = -719162, LAST_DAY = 2932896 };

static inline bool is_day(int64_t day) {
    return day >= FIRST_DAY && day <= LAST_DAY;
}

/* Orders are compared by the 96 bits first that a ledger in memory keeps of them: what it takes for one order stands
 * together. */
static inline int order_compare(struct till_fingerprint a, struct till_fingerprint b) {
    if (a.low != b.low) {
        return a.low < b.low ? -1 : 1;
    }
    if ((uint32_t)a.high != (uint32_t)b.high) {
        return (uint32_t)a.high < (uint32_t)b.high ? -1 : 1;
    }
    return (a.high > b.high) - (a.high < b.high);
}

static inline int entry_compare(const struct till_state_entry *a, const struct till_state_entry *b) {
    int order = order_compare(a->order, b->order);
    return order != 0 ? order : (a->day > b->day) - (a->day < b->day);
}

/* Whether two parts of one order have other amounts: their means, crosswise. */
bool entries_differ(const struct till_state_entry *a, const struct till_state_entry *b);

/* Puts the entries from `base` on in order and adds up those of one order and day. Those before `sorted` are in order
 * already, and so are their items. Errors: TILL_ERROR_STATE where they come to more than can be. */
enum till_status entries_gather(struct entries *entries, size_t base, size_t sorted, struct till_error *error);

/* ---- one night ---- */

struct night_entry {
    struct till_state_entry entry;
    uint32_t customer;
};

/* Days and what they hold, rising. */
struct day_table {
    struct till_state_day *days;
    size_t count;
    size_t capacity;
    size_t last; /* the day that was asked for last */
};

/* The place of a day, made where there is none; NULL when memory is out. */
struct till_state_day *day_table_at(struct day_table *table, int32_t day);
bool day_table_has(const struct till_state_day *days, size_t count, int32_t day);

struct till_state_night {
    size_t at[TILL_ROLES];
    bool day_column;
    bool amount_per_order;
    struct till_dictionary *customers;
    struct till_dictionary *items;
    struct night_entry *entries;
    size_t count;
    size_t capacity;
    uint32_t *item_codes; /* of all entries; an entry's stand together, unsorted */
    size_t item_count;
    size_t item_capacity;
    struct day_table days;
    wide_sum absolute;
    struct ledger_table *orders; /* with amount_per_order: what each order had first */
    uint32_t *codes;             /* scratch: a block's customers */
    size_t code_capacity;
};

/* ---- reading ---- */

/* The next customer; *there is false behind the last one, when all checksums were right. Name and record are valid
 * until the next call. */
enum till_status state_next(struct till_state *state, bool *there, struct till_error *error);
struct till_slice state_name(const struct till_state *state);

/* Customers that stand together in a state, as its bytes: they are valid until the next section is read. */
struct state_run {
    struct till_slice bytes;
    uint64_t customers;
    uint64_t entries;
};
/* A run that begins with the present customer, and has nobody yet. */
struct state_run state_run_start(const struct till_state *state);
/* Puts the present customer behind those of the run, and goes on to the next. *more: that one is in the same section,
 * comes before `limit` (NULL: whoever), and the run has not `most` bytes yet. *stopped: the present customer is the
 * first behind the run; else, where there is no more, state_next has to go on. */
enum till_status state_run_add(struct till_state *state, const struct till_slice *limit, size_t most,
                               struct state_run *run, bool *more, bool *stopped, struct till_error *error);
/* The same with all that there are more. */
enum till_status state_run_add_all(struct till_state *state, const struct till_slice *limit, size_t most,
                                   struct state_run *run, bool *stopped, struct till_error *error);

/* Adds the entries of the present customer, without those on `dropped` days; items through `codes`, which may be NULL.
 */
struct entry_wish {
    const struct till_state_day *dropped;
    size_t dropped_count;
    const uint32_t *codes;
    enum { ITEMS_LEFT_OUT, ITEMS_PACKED, ITEMS_UNPACKED } items;
};
enum till_status state_entries(const struct till_state *state, const struct entry_wish *wish, struct entries *entries,
                               struct till_error *error);
enum till_status state_damaged(const struct till_state *state, const char *what, struct till_error *error);
const char *state_path(const struct till_state *state);

/* ---- writing ---- */

struct state_writer {
    const struct till_sink *sink;
    struct till_digest digest;
    struct till_text out;    /* what waits to be passed on; the present section begins with room for its head */
    size_t start;            /* of the present section */
    struct till_text record; /* of one customer */
    bool by_time;
    uint64_t customers;
    uint64_t entries;
};

/* The hash by which parameters are known. */
bool parameters_pack(const struct till_state_parameter *parameters, size_t count, struct till_text *out);

enum till_status state_write_head(struct state_writer *writer, const struct till_state_head *head,
                                  struct till_error *error);
/* Customers that were read, as they are, but no more than state_room tells. */
enum till_status state_write_copy(struct state_writer *writer, const struct state_run *run, struct till_error *error);
/* The bytes of customers with which the present section will be full. */
size_t state_room(const struct state_writer *writer);
/* The entries from `base` on. */
enum till_status state_write_entries(struct state_writer *writer, struct till_slice name, const struct entries *entries,
                                     size_t base, struct till_error *error);
enum till_status state_write_end(struct state_writer *writer, uint64_t rows, struct till_fingerprint *digest,
                                 struct till_error *error);
void state_writer_free(struct state_writer *writer);

#endif
