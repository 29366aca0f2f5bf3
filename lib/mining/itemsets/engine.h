/* What the files of the itemset engine share.
 *
 * The search goes depth first over items in rising support. A branch is a set P and the baskets that hold it; it is
 * extended by the items behind its last one, and checked against those before. Three representations follow each other:
 *
 *     recode.c   all baskets: infrequent items dropped, the rest numbered by rising support; a few huge ones set apart
 *     sparse.c   the baskets of a branch as rows of codes; supports of all extensions come from one scan of the rows
 *     dense.c    the baskets of a branch as a bit matrix, an item a column, which frequent.c, closed.c and maximal.c
 *                search
 *
 * What is found goes to a tally (counting) or to a store (which sorts and delivers). Frequent sets for delivery are
 * searched in its order instead (listing.c and narrow.c, with pairs from beside.c) and go to streams. */
#ifndef LIB_MINING_ITEMSETS_ENGINE_H
#define LIB_MINING_ITEMSETS_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/itemsets.h>

#include "bitsets.h"
#include "stack.h"
#include "kernels.h"
#include "known.h"
#include "sample.h"
#include "store.h"
#include "stream.h"
#include "tally.h"
#include "ways.h"

/* Stands before the first and behind each row of a sparse branch. */
#define ROW_END UINT32_MAX
#define NO_CODE UINT32_MAX

/* The baskets of a set P as rows of local codes in rising order. Codes below `first` only check, the others extend.
 * Every code is frequent together with P and lies in fewer baskets than P. */
struct sparse {
    uint32_t items;
    uint32_t first;
    const uint32_t *name;       /* local code -> code of recode.c */
    const uint32_t *support;    /* of P and the item */
    const uint32_t *entries;    /* ROW_END code ... code ROW_END code ... */
    const uint32_t *start;      /* items + 1: where an item's occurrences begin */
    const uint32_t *occurrence; /* positions in `entries`, rising within an item */
    const uint64_t *huge;       /* which of the huge baskets, that are no rows, hold P and the item; NULL: none does */
};

/* Rows of less than two items are dropped, so an item may have fewer rows than its support. */
static inline uint32_t rows_of(const struct sparse *rows, uint32_t item) {
    return rows->start[item + 1] - rows->start[item];
}

/* The huge baskets that hold P and item i. */
static inline uint64_t huge_with(const struct sparse *rows, uint32_t i) {
    return rows->huge == NULL ? 0 : rows->huge[i];
}

static inline uint32_t bits_of(uint64_t word) {
    return (uint32_t)__builtin_popcountll(word);
}

/* Occurrences lie far apart; asking for those ahead hides the way to memory. The array has room for it. */
enum { PREFETCH = 8 };
static inline void prefetch_row(const struct sparse *rows, uint32_t k) {
    __builtin_prefetch(rows->entries + rows->occurrence[k + PREFETCH]);
}

/* All baskets. The codes are those of the whole search. */
struct recoded {
    struct sparse rows;
    uint32_t *original;  /* code -> caller's item */
    uint32_t perfect;    /* items that lie in every basket: the codes rows.items to rows.items + perfect - 1 */
    uint32_t all;        /* codes: of rows, of perfect items, of twins */
    uint32_t *twin;      /* code -> the next one of those that lie in the same baskets, NO_CODE behind the last */
    uint32_t *members;   /* code -> how many they are; both NULL: each item is searched by itself */
    uint32_t *memory[6]; /* what `rows` points at */
    uint64_t *huge;      /* the same */
    uint32_t apart;      /* huge baskets */
    uint32_t longest;    /* row */
};

/* How many items a code stands for. */
static inline uint32_t members_of(const struct recoded *recoded, uint32_t code) {
    return recoded->members == NULL ? 1 : recoded->members[code];
}

/* What all workers read. */
struct plan {
    enum till_itemsets_type type;
    bool counting;     /* to the tallies, not to stores or streams */
    bool listing;      /* frequent sets, to the streams; codes are then places in the output order */
    bool apart;        /* so many huge baskets that a set may be frequent by them alone: apart.c */
    uint32_t minimum;  /* support */
    uint32_t smallest; /* sizes to report */
    uint32_t largest;
    uint32_t baskets;
    const struct kernels *kernels;
    const struct recoded *recoded;
    uint32_t *position;           /* code -> place in the output order; NULL when counting */
    uint32_t *inner;              /* place -> place by the inner rank; NULL: they are the same */
    struct bitset_layout *layout; /* of sets that are held as numbers; NULL: as records, or not at all */
    bitset *joins;                /* by code: what it adds to such a number, with its twins */
    uint64_t limit;
    atomic_uint_fast64_t held;        /* sets in all stores, up to date to a few thousand */
    atomic_uint_fast64_t bytes;       /* that they take, the same */
    const struct till_baskets *input; /* for counting them all, */
    const struct till_itemsets_options *options;
    uint64_t count_from; /* when they take so many bytes; UINT64_MAX: never */
    atomic_bool counted;
    pthread_mutex_t wait;            /* for the one that counts: the others would fill memory meanwhile */
    uint64_t work;                   /* words and entries to look at, at most; UINT64_MAX: no bound */
    atomic_uint_fast64_t worked;     /* up to date to a million */
    const struct sampling *sampling; /* counting: of a part of the search; NULL: all of it */
};

/* What one thread works with. `count`, `map` and `bits` are as long as the codes are many and clear between uses. */
struct worker {
    struct plan *plan;
    struct stack stack;
    uint32_t required; /* items of P that every set of the branch has */
    uint32_t optional; /* items that each set may have or not: perfect extensions of frequent sets */
    uint32_t *path;    /* the required items, as places in the output order, as they joined; only when storing */
    uint32_t *set;     /* the first `sorted` of them, rising; the others follow when they are asked for */
    uint32_t sorted;
    bitset *joined;    /* where sets are numbers, in place of these: by required items, what they add to the number */
    uint32_t *joining; /* room for those that are sorted into the set */
    unsigned char *leaves; /* by place: clear between uses */
    struct tally tally;
    struct ways *ways;      /* counting frequent sets: of groups of twins among the required items; NULL: none is one */
    struct store store;     /* closed, maximal: as records, */
    struct bitsets bitsets; /* or as numbers */
    struct stream stream;   /* frequent */
    struct known known;
    uint64_t unreported; /* sets stored since plan->held was brought up to date */
    uint64_t bytes;      /* what the sets of this worker took then */
    uint64_t work;       /* since plan->worked was */
    struct sample sample;
    double estimate;       /* sets of the part, by weight */
    double estimate_items; /* and their items */
    uint32_t *count;
    uint32_t *touched;
    uint32_t *map;
    uint64_t *bits;
    enum till_status status;
};

/* What a scan of the occurrences of one item found: items by their codes in the parent, rising. */
struct candidates {
    uint32_t item;
    uint32_t support;
    uint32_t *check;
    uint32_t checks;
    uint32_t *extend;
    uint32_t extends;
    uint64_t entries; /* the sum of the supports of `extend` */
    bool unlisted;    /* there are items before, which are not in `check` */
};

/* Which items are frequent beside each item of a unit, of those behind it: the numbers from start[item] on. */
struct beside {
    uint32_t *start; /* NULL: that is not known */
    uint32_t *item;
    uint32_t *support;
};

/* A branch as a bit matrix over its rows. Local codes below `first` only check; the others extend, by rising support.
 */
struct unit {
    uint32_t rows;
    uint32_t ordinary; /* the first ones; huge baskets follow. 0: all rows are of one kind */
    uint32_t words;    /* of a column: 1 or a multiple of 8 */
    uint32_t items;
    uint32_t first;
    uint32_t *name; /* local code -> code of recode.c */
    uint32_t *support;
    uint32_t *twin;      /* local code -> the first of a chain of items in the same rows, or NO_CODE; NULL: no chains */
    uint32_t *twin_next; /* of each in a chain: the next, */
    uint32_t *twin_name; /* and its code of recode.c */
    uint32_t *weight;    /* counting frequent sets: items in the chain, with their own twins; NULL: no chains */
    uint64_t *columns;   /* items x words */
    uint32_t *row;       /* the local codes of each row in rising order, NO_CODE behind them; NULL: not listed */
    uint32_t *row_start; /* where a row begins */
    unsigned char *member;       /* whether a local code lies in P */
    const struct sparse *parent; /* where the items before `item` are listed, when they have no columns; or NULL */
    uint32_t item;               /* of the parent: the one that opened the branch */
    uint64_t huge;               /* the baskets that the rows behind `ordinary` stand for */
    bool apart;                  /* of the huge baskets alone */
    uint32_t own_support;        /* of the set of the branch */
    struct beside beside;        /* listing */
};

static inline uint32_t candidate_at(const struct candidates *c, uint32_t k) {
    return k < c->checks ? c->check[k] : c->extend[k - c->checks];
}

/* Of rows of a unit: the huge baskets among them. */
uint64_t unit_huge(const struct unit *unit, const uint64_t *rows);

/* A set of the branch: its possible extensions and their columns, restricted to its rows. */
struct node {
    uint32_t count;
    uint32_t ordinary; /* that of the unit, where it matters */
    uint32_t words;    /* of a column: the unit's, or less when the rows were condensed */
    uint32_t *code;    /* local */
    uint32_t *support;
    uint64_t *columns; /* count x words */
};

/* How many items of the input a local code stands for. */
static inline uint32_t unit_members(const struct recoded *recoded, const struct unit *unit, uint32_t local) {
    return unit->weight != NULL ? unit->weight[local] : members_of(recoded, unit->name[local]);
}

/* Whether an item before the given one lies in each of the rows of an occurrence list and in the huge baskets `huge`;
 * `suspects` has room for all. The set bits of `rows` say which occurrences count; NULL: all. In closed.c. */
bool is_listed(const struct sparse *rows, uint32_t item, const uint64_t *bits, uint64_t huge, uint32_t *suspects);

/* Whether an item before `code` that is not in P lies in all of `rows`, for units that list the items of rows. In
 * closed.c. */
bool unit_covers(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t code);

/* How baskets are recoded. */
struct recoding {
    uint32_t minimum;     /* support */
    const uint32_t *rank; /* the order of the codes; NULL: rising support, and perfect items apart */
    uint32_t merge;       /* twins to one code, where they are so many; 0: never */
    uint32_t apart;       /* huge baskets that may be set apart, up to 64 */
};

/* recode.c */
enum till_status recode(struct recoded *recoded, const struct till_baskets *baskets, const struct recoding *how,
                        struct till_error *error);
void recode_free(struct recoded *recoded);

/* twins.c: leader[code] becomes the first code with the same list of baskets, as a rule itself; `twins` are the others.
 * Groups of less than `least` stay apart. The occurrences are numbers of baskets here. False when memory is out. */
bool find_twins(const struct sparse *lists, uint32_t least, uint32_t *leader, uint32_t *twins);

/* The same for the columns of a unit; its codes are then fewer. False when memory is out. */
bool unit_merge(struct worker *worker, struct unit *unit);

/* sparse.c: everything below P and item i of `rows`. False when worker->status says why not. */
bool sparse_branch(struct worker *worker, const struct sparse *rows, uint32_t i);

/* beside.c: whether the rows of a unit seem to hold so few pairs that counting them is the way to the frequent ones. */
bool pairs_are_few(const struct candidates *c, uint32_t rows, uint32_t words);
/* Fills the columns, and lists the pairs where they are so few. worker->map leads to local codes. */
bool unit_fill_listed(struct worker *worker, struct unit *unit, const struct sparse *from, const struct candidates *c);

/* dense.c */
/* How many words a column of so many rows has. */
uint32_t words_for(uint32_t rows);
bool unit_new(struct worker *worker, const struct sparse *rows, const struct candidates *candidates, struct unit *unit);
bool unit_mine(struct worker *worker, const struct unit *unit);
/* An item of the unit joins the set, with its twins. */
void unit_require(struct worker *worker, const struct unit *unit, uint32_t local);
/* Extends the node's set by its item i: `child` has what follows i and is frequent with it. Its codes are still indexes
 * into node->code, until node_name. */
bool node_project(struct worker *worker, const struct node *node, uint32_t i, struct node *child);
/* How long columns of a set of so many rows become: half as long or less, or as they are. */
uint32_t node_words(uint32_t support, uint32_t words);
/* Drops the rows that the child's set has lost, when that leaves at most half of the words and there is enough below to
 * gain from it. Not for searches that look at columns of the unit. */
bool node_condense(struct worker *worker, const uint64_t *rows, uint32_t support, struct node *child);
/* Takes perfect extensions out of the child and into the set. */
void node_name(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t support,
               struct node *child);
bool frequent_mine(struct worker *worker, const struct unit *unit, const struct node *node);
/* As frequent_mine, for delivery. */
bool listing_mine(struct worker *worker, const struct unit *unit, const struct node *node);
bool closed_mine(struct worker *worker, const struct unit *unit, const struct node *node);
bool maximal_mine(struct worker *worker, const struct unit *unit, const struct node *node);

/* Lists the items of each row of a unit. */
bool unit_list_items(struct worker *worker, struct unit *unit);

/* flood.c: whether there are clearly more frequent sets than the limit, or than can be counted. Item codes are below
 * item_count. */
enum till_status flood_seen(const struct plan *plan, const struct till_baskets *baskets, bool *seen);

/* apart.c */
bool apart_mine(struct worker *worker);
/* Whether a set that lies in the given rows of a unit is one to report; `support`, that of the rows, grows by baskets
 * that are none. One that is not is found elsewhere, or is not closed or maximal. */
bool apart_reports(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t *support);

/* listing.c: the current set with each of its extensions, and the order of their branches, which are entered from the
 * last to the first: NULL stands for 0, 1, 2... */
bool list_extensions(struct worker *worker, const uint32_t *place, const uint32_t *support, uint32_t count);
bool list_branches(struct worker *worker, const uint32_t *place, uint32_t count, uint32_t **order);

/* report.c: the set P grows, is reported, and shrinks back to what it was. Reporting is false when worker->status says
 * why. */
void set_require(struct worker *worker, uint32_t code);
/* Counting frequent sets: one or more of so many twins; any of so many, or none. */
void set_require_any(struct worker *worker, uint32_t members);
void set_allow(struct worker *worker, uint32_t members);
void set_restore(struct worker *worker, uint32_t required, uint32_t optional);
bool set_report(struct worker *worker, uint32_t support);
/* Keeps count of what all workers hold together, and tells the others of every few thousand sets; false beyond the
 * limit. */
bool tell_sets(struct worker *worker);
static inline bool set_below_limit(struct worker *worker, uint64_t more) {
    worker->unreported += more;
    return worker->unreported < 4096 || tell_sets(worker);
}

/* Adds to the work that was done; false beyond its bound. */
bool work_below_limit(struct worker *worker);
static inline bool worker_works(struct worker *worker, uint64_t more) {
    worker->work += more;
    return worker->work < 1u << 20 || work_below_limit(worker);
}

/* Whether to enter the branch of an item, one of `count`. */
static inline bool worker_enters(struct worker *worker, uint32_t item, uint32_t count) {
    return worker->plan->sampling == NULL || sample_draws(worker, item, count);
}

static inline void *worker_take(struct worker *worker, size_t count, size_t size) {
    void *taken = count > SIZE_MAX / 8 / size ? NULL : stack_take(&worker->stack, count * size);
    if (taken == NULL)
        worker->status = TILL_ERROR_MEMORY;
    return taken;
}

#endif
