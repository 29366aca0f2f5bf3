/* The entry points: recode the baskets, search the branches of the single items side by side, and put together what the
 * workers found: numbers are added, sets are sorted, so that the result does not depend on who found what. */
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "bitset_delivery.h"
#include "pairs.h"
#include "places.h"

/* From so many on, twins are one code also where frequent sets are counted. */
enum { MANY_TWINS = 32 };

/* One run. */
struct run {
    struct plan plan;
    bool wait_ready; /* plan.wait */
    struct recoded recoded;
    unsigned workers;
    struct worker *worker;
    uint32_t *item;  /* output place -> caller's item, as long as the reader of streams wants it */
    uint32_t *outer; /* place by the inner rank -> output place */
};

static enum till_status check_options(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                      struct till_error *error) {
    uint64_t entries = baskets->count == 0 ? 0 : baskets->offsets[baskets->count];
    if (options->minimum_support == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "the minimum support must be at least one basket");
    if (options->maximum_size > 0 && options->maximum_size < options->minimum_size)
        return till_error_set(error, TILL_ERROR_USAGE, "the largest size, %u, is below the smallest, %u",
                              options->maximum_size, options->minimum_size);
    if (baskets->count > UINT32_MAX - 2 || entries > UINT32_MAX - 2 || entries + baskets->count > UINT32_MAX - 2)
        return till_error_set(error, TILL_ERROR_DATA,
                              "%llu baskets with %llu items: more than 2^32 are not supported; split the input",
                              (unsigned long long)baskets->count, (unsigned long long)entries);
    return TILL_OK;
}

static enum till_status too_many(const struct run *run, struct till_error *error) {
    till_error_set(error, TILL_ERROR_DATA,
                   "more than %llu itemsets at a support of %u baskets: raise the minimum support, bound the size, ask "
                   "for %s itemsets, or count them only",
                   (unsigned long long)run->plan.limit, run->plan.minimum,
                   run->plan.type == TILL_ITEMSETS_FREQUENT ? "closed or maximal" : "maximal");
    till_error_at(error, NULL, 0, 0, "limit");
    return TILL_ERROR_DATA;
}

static enum till_status too_long(const struct run *run, struct till_error *error) {
    till_error_set(error, TILL_ERROR_DATA,
                   "counting the itemsets at a support of %u baskets takes longer than was allowed: raise the minimum "
                   "support, or bound the size",
                   run->plan.minimum);
    till_error_at(error, NULL, 0, 0, "work");
    return TILL_ERROR_DATA;
}

static bool worker_new(struct worker *worker, struct plan *plan) {
    uint32_t items = plan->recoded->rows.items, all = plan->recoded->all;
    *worker = (struct worker){.plan = plan, .status = TILL_OK};
    worker->store = (struct store){.width = place_width(all), .inner = plan->inner};
    worker->stream = (struct stream){.width = place_width(all), .least = plan->minimum, .smallest = plan->smallest};
    worker->count = calloc((size_t)items + 1, sizeof *worker->count);
    worker->bits = calloc((size_t)items / 64 + 1, sizeof *worker->bits);
    worker->touched = malloc(((size_t)items + 1) * sizeof *worker->touched);
    worker->map = malloc(((size_t)items + 1) * sizeof *worker->map);
    worker->path = malloc(((size_t)all + 1) * 3 * sizeof *worker->path);
    worker->leaves = calloc((size_t)all + 1, sizeof *worker->leaves);
    worker->joined = plan->layout == NULL ? NULL : calloc((size_t)all + 1, sizeof *worker->joined);
    worker->stream.deepest = calloc((size_t)all + 1, sizeof *worker->stream.deepest);
    if (worker->count == NULL || worker->bits == NULL || worker->touched == NULL || worker->map == NULL ||
        worker->path == NULL || worker->leaves == NULL || worker->stream.deepest == NULL ||
        (plan->layout != NULL && worker->joined == NULL))
        return false;
    worker->set = worker->path + all + 1;
    worker->joining = worker->set + all + 1;
    worker->stream.path = worker->path;
    for (uint32_t code = 0; code < items; code++)
        worker->map[code] = NO_CODE;
    return true;
}

static void worker_free(struct worker *worker) {
    free(worker->count);
    free(worker->bits);
    free(worker->touched);
    free(worker->map);
    free(worker->path);
    free(worker->leaves);
    free(worker->joined);
    free(worker->stream.deepest);
    stream_free(&worker->stream);
    stack_free(&worker->stack);
    tally_free(&worker->tally);
    store_free(&worker->store);
    bitsets_free(&worker->bitsets);
    known_free(&worker->known);
}

static void run_free(struct run *run) {
    for (unsigned w = 0; w < run->workers && run->worker != NULL; w++)
        worker_free(&run->worker[w]);
    free(run->worker);
    if (run->wait_ready)
        pthread_mutex_destroy(&run->plan.wait);
    free(run->plan.position);
    free(run->item);
    free(run->plan.inner);
    free(run->plan.layout);
    free(run->plan.joins);
    free(run->outer);
    recode_free(&run->recoded);
}

static int compare_keys(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* place[code]: where a frequent item stands among them by `rank`; at[place]: its code. */
static bool place_by_rank(const struct recoded *recoded, const uint32_t *rank, uint32_t *place, uint32_t *at) {
    uint32_t all = recoded->all;
    uint64_t *keys = malloc(((size_t)all + 1) * sizeof *keys);
    if (keys == NULL)
        return false;
    for (uint32_t code = 0; code < all; code++) {
        uint32_t item = recoded->original[code];
        keys[code] = (uint64_t)(rank == NULL ? item : rank[item]) << 32 | code;
    }
    qsort(keys, all, sizeof *keys, compare_keys);
    for (uint32_t k = 0; k < all; k++) {
        at[k] = (uint32_t)keys[k];
        place[at[k]] = k;
    }
    free(keys);
    return true;
}

/* Where items go in the output. Where the inner rank orders them in another way, `inner` and `outer` lead from output
 * places to inner places and back. */
static bool place_items(struct run *run, const struct till_itemsets_options *options) {
    size_t all = run->recoded.all;
    uint32_t *position = run->plan.position = malloc((all + 1) * sizeof *position);
    uint32_t *inner = run->plan.inner = malloc((all + 1) * sizeof *inner);
    run->item = calloc(stream_places((uint32_t)all) + 1, sizeof *run->item);
    run->outer = malloc((all + 1) * sizeof *run->outer);
    if (position == NULL || inner == NULL || run->item == NULL || run->outer == NULL)
        return false;
    const uint32_t *inner_rank = options->inner_rank == NULL ? options->rank : options->inner_rank;
    if (!place_by_rank(&run->recoded, inner_rank, inner, run->outer) ||
        !place_by_rank(&run->recoded, options->rank, position, run->item))
        return false;
    /* So far by code: inner[code], outer[inner place] = code, item[place] = code. */
    bool same = true;
    for (size_t k = 0; k < all; k++)
        run->outer[k] = position[run->outer[k]];
    for (size_t k = 0; k < all; k++) {
        inner[run->outer[k]] = (uint32_t)k;
        same &= run->outer[k] == k;
    }
    for (size_t k = 0; k < all; k++)
        run->item[k] = run->recoded.original[run->item[k]];
    if (same) {
        free(inner);
        run->plan.inner = NULL;
    }
    return true;
}

/* Sets of few items are held as numbers, unless the two ranks differ in a way that these cannot follow. */
static bool choose_holding(struct run *run) {
    struct plan *plan = &run->plan;
    const struct recoded *recoded = &run->recoded;
    if (plan->listing || recoded->all > BITSET_ITEMS)
        return true;
    struct bitset_layout *layout = plan->layout = malloc(sizeof *layout);
    bitset *joins = plan->joins = calloc((size_t)recoded->all + 1, sizeof *joins);
    if (layout == NULL || joins == NULL)
        return false;
    bitset_lay_out(layout, plan->inner, recoded->all);
    for (uint32_t code = 0; layout->fits && code < recoded->all; code++)
        for (uint32_t item = code; item != NO_CODE; item = recoded->twin == NULL ? NO_CODE : recoded->twin[item])
            joins[code] |= layout->joins[plan->position[item]];
    if (!layout->fits) {
        free(layout);
        plan->layout = NULL;
    }
    return true;
}

/* A rank where the caller gave none: the codes. */
static uint32_t *rank_by_code(uint32_t items) {
    uint32_t *rank = malloc(((size_t)items + 1) * sizeof *rank);
    for (uint32_t item = 0; rank != NULL && item < items; item++)
        rank[item] = item;
    return rank;
}

/* Recodes by support, or by rank where frequent sets are to be met in the order of their delivery. */
static enum till_status recode_for(struct run *run, const struct till_baskets *baskets, const uint32_t *rank,
                                   struct till_error *error) {
    struct recoding how = {run->plan.minimum, NULL, run->plan.type == TILL_ITEMSETS_FREQUENT ? MANY_TWINS : 2, 64};
    if (run->plan.type == TILL_ITEMSETS_FREQUENT && run->plan.minimum <= how.apart)
        how.apart = run->plan.minimum - 1; /* then no set is frequent by huge baskets alone */
    if (run->plan.listing)
        how.merge = 0;
    if (!run->plan.listing)
        return recode(&run->recoded, baskets, &how, error);
    uint32_t *codes = rank == NULL ? rank_by_code(baskets->item_count) : NULL;
    if (rank == NULL && codes == NULL)
        return till_error_memory(error);
    how.rank = rank == NULL ? codes : rank;
    enum till_status status = recode(&run->recoded, baskets, &how, error);
    free(codes);
    return status;
}

static enum till_status run_start(struct run *run, const struct till_baskets *baskets,
                                  const struct till_itemsets_options *options, bool counting,
                                  struct till_error *error) {
    enum till_status status = check_options(baskets, options, error);
    if (status != TILL_OK)
        return status;
    struct plan *plan = &run->plan;
    plan->type = options->type;
    plan->counting = counting;
    plan->listing = !counting && options->type == TILL_ITEMSETS_FREQUENT;
    plan->minimum = options->minimum_support > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)options->minimum_support;
    plan->smallest = options->minimum_size;
    plan->largest = options->maximum_size == 0 ? UINT32_MAX : options->maximum_size;
    plan->baskets = (uint32_t)baskets->count;
    plan->kernels = kernels_choose(options->portable);
    plan->recoded = &run->recoded;
    plan->limit = options->limit != 0 ? options->limit : counting ? UINT64_MAX : TILL_ITEMSETS_LIMIT;
    plan->input = baskets;
    plan->options = options;
    plan->count_from = !counting && options->count_from > 0 ? options->count_from : UINT64_MAX;
    plan->work = counting && options->work > 0 ? options->work : UINT64_MAX;
    atomic_init(&plan->held, 0);
    atomic_init(&plan->bytes, 0);
    atomic_init(&plan->counted, false);
    if (!(run->wait_ready = pthread_mutex_init(&plan->wait, NULL) == 0))
        return till_error_memory(error);
    atomic_init(&plan->worked, 0);
    if ((status = recode_for(run, baskets, options->rank, error)) != TILL_OK)
        return status;
    plan->apart = run->recoded.apart >= plan->minimum;
    if (!counting && (!place_items(run, options) || !choose_holding(run)))
        return till_error_memory(error);
    run->worker = calloc(options->threads < 2 ? 1 : options->threads, sizeof *run->worker);
    if (run->worker == NULL)
        return till_error_memory(error);
    for (; run->workers < options->threads || run->workers == 0; run->workers++)
        if (!worker_new(&run->worker[run->workers], plan)) {
            worker_free(&run->worker[run->workers]);
            return till_error_memory(error);
        }
    return TILL_OK;
}

/* Items that lie in every basket are in every set, or may be. */
static void require_perfect(struct worker *worker) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): set by worker_new */
    const struct recoded *recoded = worker->plan->recoded;
    for (uint32_t k = 0; k < recoded->perfect; k++) { /* NOLINT(clang-analyzer-core.NullDereference): set before */
        uint32_t code = recoded->rows.items + k;
        if (worker->plan->type == TILL_ITEMSETS_FREQUENT)
            set_allow(worker, 1);
        else
            set_require(worker, code);
    }
}

static enum till_status status_error(const struct run *run, enum till_status status, struct till_error *error) {
    if (status == TILL_ERROR_MEMORY)
        return till_error_memory(error);
    if (status == TILL_OK)
        return TILL_OK;
    if (atomic_load(&run->plan.worked) > run->plan.work)
        return too_long(run, error);
    return run->plan.limit == UINT64_MAX ? tally_overflow(error) : too_many(run, error);
}

/* Frequent sets are past counting, or past the limit, sooner than the search would find. */
static enum till_status check_flood(const struct run *run, const struct till_baskets *baskets,
                                    struct till_error *error) {
    bool seen = false;
    enum till_status status = TILL_OK;
    if (run->plan.type == TILL_ITEMSETS_FREQUENT)
        status = flood_seen(&run->plan, baskets, &seen);
    return status_error(run, seen ? TILL_ERROR_DATA : status, error);
}

/* Whether an item lies in huge baskets alone. */
static bool is_apart(const struct sparse *rows, uint32_t code) {
    return rows->huge != NULL && rows->support[code] == bits_of(rows->huge[code]);
}

/* The body of the parallel loop: the branch of one item. Those of many baskets, the last codes, begin, so that no
 * thread is left alone with a long one at the end; a listing needs its tasks to rise. */
static enum till_status mine_item(void *context, size_t index, unsigned worker_index, struct till_error *error) {
    struct run *run = context;
    struct worker *worker = &run->worker[worker_index];
    uint32_t code = run->plan.listing ? run->outer[index] : run->recoded.rows.items - 1 - (uint32_t)index;
    worker->stream.task = index + 1;
    if (!is_apart(&run->recoded.rows, code))
        sparse_branch(worker, &run->recoded.rows, code);
    /* Those in other branches stop when they next keep count, instead of holding sets that nobody will see. */
    if (worker->status == TILL_ERROR_DATA && run->plan.limit < UINT64_MAX)
        atomic_store(&run->plan.held, run->plan.limit + 1);
    return status_error(run, worker->status, error);
}

/* The single items of a listing: task 0. */
static bool list_items(struct run *run) {
    const struct sparse *rows = &run->recoded.rows;
    return list_extensions(&run->worker[0], rows->name, rows->support, rows->items);
}

/* The sets that are made of perfect items alone; not when a larger set is what is asked for. */
static bool report_perfect(struct run *run) {
    struct worker *worker = &run->worker[0];
    bool larger = run->plan.type == TILL_ITEMSETS_MAXIMAL && run->recoded.rows.items > 0;
    return run->recoded.perfect == 0 || larger || set_report(worker, run->plan.baskets);
}

static enum till_status search(struct run *run, struct till_error *error) {
    struct plan *plan = &run->plan;
    for (unsigned w = 0; w < run->workers; w++)
        require_perfect(&run->worker[w]);
    if (!(plan->listing ? list_items(run) : report_perfect(run)))
        return status_error(run, run->worker[0].status, error);
    if (run->worker[0].required > plan->largest || (plan->listing && plan->largest < 2))
        return TILL_OK;
    if (plan->apart && !apart_mine(&run->worker[0]))
        return status_error(run, run->worker[0].status, error);
    return till_parallel_for(run->workers, run->recoded.rows.items, mine_item, run, error);
}

/* The limits once more, with what was found since the workers last kept count. */
static enum till_status check_limit(struct run *run, struct till_error *error) {
    for (unsigned w = 0; w < run->workers; w++) {
        atomic_fetch_add(&run->plan.held, run->worker[w].unreported);
        atomic_fetch_add(&run->plan.worked, run->worker[w].work);
    }
    if (atomic_load(&run->plan.worked) > run->plan.work)
        return too_long(run, error);
    return atomic_load(&run->plan.held) > run->plan.limit ? too_many(run, error) : TILL_OK;
}

/* How many items two records of a store have in common, but for the last. */
static uint32_t shared_items(const unsigned char *a, const unsigned char *b, uint32_t size, unsigned width) {
    uint32_t bytes = 0, all = (size - 1) * width;
    uint64_t differ = 0;
    for (; differ == 0 && bytes < all; bytes += 8)
        differ = place_prefix(a + bytes) ^ place_prefix(b + bytes);
    if (differ != 0)
        bytes -= 8 - (uint32_t)__builtin_clzll(differ) / 8;
    return (bytes < all ? bytes : all) >> width / 2; /* an item has 1, 2 or 4 */
}

/* Begins a group with the set of a record, whose first `same` items are those of the group before. */
static enum till_status begin_group(const struct run *run, const unsigned char *record, uint32_t same,
                                    struct receiver *to) {
    unsigned width = run->worker[0].store.width;
    uint32_t place, *items;
    enum till_status status = receiver_begin(to, to->size - 1 - same, &items);
    for (uint32_t i = same; i + 1 < to->size; i++) {
        place_get(record + i * width, &place, width);
        *items++ = run->item[run->outer[place]];
    }
    return status;
}

/* Delivers records of one size in their order. */
static enum till_status deliver_records(const struct run *run, uint32_t size, const struct store_key *order,
                                        size_t count, struct receiver *to) {
    const struct store *store = &run->worker[0].store;
    const unsigned char *bytes = store->bucket[size].bytes, *before = NULL;
    size_t stride = store_stride(store, size);
    enum till_status status = TILL_OK;
    receiver_size(to, size);
    for (size_t k = 0; status == TILL_OK && k < count; k++) {
        const unsigned char *record = bytes + order[k].record * stride;
        uint32_t place, support, same = before == NULL ? 0 : shared_items(before, record, size, store->width);
        __builtin_prefetch(bytes + order[k + PREFETCH < count ? k + PREFETCH : k].record * stride);
        if (before == NULL || same + 1 < size || receiver_sets(to) == RECEIVER_SETS)
            status = begin_group(run, record, same, to);
        memcpy(&support, place_get(record + (size_t)(size - 1) * store->width, &place, store->width), sizeof support);
        receiver_add(to, run->item[place], support);
        before = record;
    }
    return status == TILL_OK ? receiver_flush(to) : status;
}

/* Sorts and delivers the stored sets of one size, and frees them. */
static enum till_status deliver_stored(struct run *run, uint32_t size, struct store_order *order, struct receiver *to) {
    struct store *store = &run->worker[0].store;
    size_t count = store_sort(store, size, order);
    enum till_status status = deliver_records(run, size, order->keys, count, to);
    free(store->bucket[size].bytes);
    store->bucket[size] = (struct store_bucket){0};
    return status;
}

static enum till_status deliver_store(struct run *run, struct receiver *to) {
    struct store *store = &run->worker[0].store;
    struct store_order order;
    for (unsigned w = 1; w < run->workers; w++)
        if (!store_merge(store, &run->worker[w].store))
            return till_error_memory(to->error);
    enum till_status status = store_order_new(&order, store) ? TILL_OK : till_error_memory(to->error);
    for (uint32_t size = 1; status == TILL_OK && size < store->sizes; size++)
        if (store->bucket[size].used > 0)
            status = deliver_stored(run, size, &order, to);
    store_order_free(&order);
    return status;
}

static enum till_status deliver_bitsets(struct run *run, struct receiver *to) {
    for (unsigned w = 1; w < run->workers; w++)
        bitsets_merge(&run->worker[0].bitsets, &run->worker[w].bitsets);
    return bitsets_deliver(&run->worker[0].bitsets, run->plan.layout, run->item, to);
}

/* Delivers what the reader reads of one size. */
static enum till_status deliver_stream(struct stream_reader *reader, uint32_t size, const struct receiver *to) {
    struct till_itemset_groups groups;
    enum till_status status = TILL_OK;
    stream_open(reader, size);
    while (status == TILL_OK && stream_read(reader, &groups))
        status = to->visit(to->context, &groups, to->error);
    return status;
}

static enum till_status deliver_streams(struct run *run, const struct receiver *to) {
    struct stream *streams = malloc(run->workers * sizeof *streams);
    struct stream_reader reader;
    uint32_t sizes = 0;
    bool done = streams != NULL;
    for (unsigned w = 0; done && w < run->workers; w++) {
        done = stream_finish(&run->worker[w].stream);
        streams[w] = run->worker[w].stream;
        sizes = streams[w].sizes > sizes ? streams[w].sizes : sizes;
    }
    if (!done || !stream_reader_new(&reader, streams, run->workers, run->item, run->recoded.all)) {
        free(streams);
        return till_error_memory(to->error);
    }
    enum till_status status = TILL_OK;
    for (uint32_t size = 1; status == TILL_OK && size < sizes; size++)
        status = deliver_stream(&reader, size, to);
    stream_reader_free(&reader);
    free(streams);
    return status;
}

enum till_status till_itemsets_mine_groups(const struct till_baskets *baskets,
                                           const struct till_itemsets_options *options,
                                           till_itemsets_visit_groups *visit, void *context, struct till_error *error) {
    struct run run = {0};
    struct receiver to = {0};
    bool done;
    enum till_status status = pairs_mine(baskets, options, visit, context, &done, error);
    if (status != TILL_OK || done)
        return status;
    status = run_start(&run, baskets, options, false, error);
    if (status == TILL_OK)
        status = search(&run, error);
    if (status == TILL_OK)
        status = check_limit(&run, error);
    if (status == TILL_OK && !receiver_new(&to, visit, context, run.recoded.all, error))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = run.plan.listing          ? deliver_streams(&run, &to)
                 : run.plan.layout != NULL ? deliver_bitsets(&run, &to)
                                           : deliver_store(&run, &to);
    receiver_free(&to);
    run_free(&run);
    return status;
}

/* Who receives sets one by one. */
struct single {
    till_itemsets_visit *visit;
    void *context;
    uint32_t *items;
};

static enum till_status visit_singly(void *context, const struct till_itemset_groups *groups,
                                     struct till_error *error) {
    const struct single *single = context;
    const uint32_t *changed = groups->items;
    enum till_status status = TILL_OK;
    size_t set = 0;
    for (size_t g = 0; g < groups->groups; g++) {
        const struct till_itemset_group *group = &groups->group[g];
        memcpy(single->items + groups->size - 1 - group->changed, changed, group->changed * sizeof *changed);
        changed += group->changed;
        for (uint32_t k = 0; status == TILL_OK && k < group->sets; k++, set++) {
            single->items[groups->size - 1] = groups->last[set];
            status = single->visit(single->context, single->items, groups->size, groups->count[set], error);
        }
    }
    return status;
}

enum till_status till_itemsets_mine(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                    till_itemsets_visit *visit, void *context, struct till_error *error) {
    struct single single = {visit, context, malloc(((size_t)baskets->item_count + 1) * sizeof *single.items)};
    if (single.items == NULL)
        return till_error_memory(error);
    enum till_status status = till_itemsets_mine_groups(baskets, options, visit_singly, &single, error);
    free(single.items);
    return status;
}

enum till_status till_itemsets_count(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                     struct till_itemset_counts *counts, struct till_error *error) {
    struct run run = {0};
    struct tally *tally;
    enum till_status status = run_start(&run, baskets, options, true, error);
    if (status == TILL_OK)
        status = check_flood(&run, baskets, error);
    if (status == TILL_OK)
        status = search(&run, error);
    if (status == TILL_OK)
        status = check_limit(&run, error);
    for (unsigned w = 1; status == TILL_OK && w < run.workers; w++)
        if (!tally_merge(&run.worker[0].tally, &run.worker[w].tally))
            status = till_error_memory(error);
    if (status == TILL_OK) {
        tally = &run.worker[0].tally;
        status = tally_finish(tally, run.plan.smallest, run.plan.largest, counts, error);
        if (status == TILL_ERROR_DATA)
            status = status_error(&run, status, error);
    }
    run_free(&run);
    return status;
}

/* ---- estimates ---- */

/* Parts of one breadth; words and entries to look at; how much broader parts begin; how broad they get. */
enum { PARTS = 8, ESTIMATE_WORK = 1 << 28, BROADER_FIRST = 8, BROADEST = 1 << 20 };

/* Searches one part; false when that takes too long or fails. */
static enum till_status search_part(struct run *run, const struct sampling *part, struct till_error *error) {
    struct worker *worker = &run->worker[0];
    run->plan.sampling = part;
    set_restore(worker, 0, 0);
    worker->sample = (struct sample){0};
    worker->estimate = worker->estimate_items = 0;
    enum till_status status = search(run, error);
    run->plan.sampling = NULL;
    return status;
}

/* The mean of parts of one breadth, and its standard error. */
static enum till_status estimate_by(struct run *run, uint32_t breadth, struct till_itemset_estimate *estimate,
                                    struct till_error *error) {
    double sum = 0, squares = 0, items = 0;
    enum till_status status = TILL_OK;
    for (unsigned k = 0; status == TILL_OK && k < PARTS; k++) {
        const struct sampling part = {k + 1, BROADER_FIRST * breadth, breadth};
        status = search_part(run, &part, error);
        sum += run->worker[0].estimate;
        squares += run->worker[0].estimate * run->worker[0].estimate;
        items += run->worker[0].estimate_items;
    }
    if (status != TILL_OK)
        return status;
    double mean = sum / PARTS, variance = (squares - sum * mean) / (PARTS - 1);
    *estimate = (struct till_itemset_estimate){mean, variance > 0 ? sqrt(variance / PARTS) : 0, items / PARTS, true};
    return TILL_OK;
}

/* Parts get broader as long as there is work left for the next ones. */
static enum till_status estimate_run(struct run *run, struct till_itemset_estimate *estimate,
                                     struct till_error *error) {
    uint64_t before = 0, work = 0;
    enum till_status status = TILL_OK;
    for (uint32_t breadth = 2; status == TILL_OK && breadth < BROADEST && before + 3 * work < run->plan.work;
         breadth *= 2) {
        status = estimate_by(run, breadth, estimate, error);
        work = atomic_load(&run->plan.worked) + run->worker[0].work - before;
        before += work;
    }
    return status == TILL_ERROR_DATA && before > run->plan.work ? TILL_OK : status;
}

bool till_itemset_estimate_passes(const struct till_itemset_estimate *estimate, uint64_t limit) {
    return estimate->known && (isinf(estimate->sets) || estimate->sets - 3 * estimate->error > (double)limit);
}

enum till_status till_itemsets_estimate(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                        struct till_itemset_estimate *estimate, struct till_error *error) {
    struct run run = {0};
    struct till_itemsets_options alone = *options;
    bool seen = false;
    *estimate = (struct till_itemset_estimate){0};
    alone.threads = 1;
    alone.limit = 0;
    alone.work = options->work == 0 ? ESTIMATE_WORK : options->work;
    enum till_status status = run_start(&run, baskets, &alone, true, error);
    if (status == TILL_OK && run.plan.type == TILL_ITEMSETS_FREQUENT)
        status = status_error(&run, flood_seen(&run.plan, baskets, &seen), error);
    if (status == TILL_OK && seen)
        *estimate = (struct till_itemset_estimate){HUGE_VAL, 0, HUGE_VAL, true};
    else if (status == TILL_OK)
        status = estimate_run(&run, estimate, error);
    run_free(&run);
    return status;
}
