/* The entry points: recode the baskets, search the branches of the single items side by side, and put together what the
 * workers found: numbers are added, sets are sorted, so that the result does not depend on who found what. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "pairs.h"
#include "places.h"

/* One run. */
struct run {
    struct plan plan;
    struct recoded recoded;
    unsigned workers;
    struct worker *worker;
    uint32_t *item;  /* output place -> caller's item */
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

static bool worker_new(struct worker *worker, struct plan *plan) {
    uint32_t items = plan->recoded->rows.items, all = plan->recoded->all;
    *worker = (struct worker){.plan = plan, .status = TILL_OK};
    worker->store = (struct store){.width = place_width(all), .inner = plan->inner};
    worker->stream = (struct stream){.width = place_width(all)};
    worker->count = calloc((size_t)items + 1, sizeof *worker->count);
    worker->bits = calloc((size_t)items / 64 + 1, sizeof *worker->bits);
    worker->touched = malloc(((size_t)items + 1) * sizeof *worker->touched);
    worker->map = malloc(((size_t)items + 1) * sizeof *worker->map);
    worker->path = malloc(((size_t)all + 1) * 3 * sizeof *worker->path);
    worker->leaves = calloc((size_t)all + 1, sizeof *worker->leaves);
    worker->stream.joined = malloc(((size_t)all + 1) * sizeof *worker->stream.joined);
    if (worker->count == NULL || worker->bits == NULL || worker->touched == NULL || worker->map == NULL ||
        worker->path == NULL || worker->leaves == NULL || worker->stream.joined == NULL)
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
    free(worker->stream.joined);
    stream_free(&worker->stream);
    stack_free(&worker->stack);
    tally_free(&worker->tally);
    store_free(&worker->store);
    known_free(&worker->known);
}

static void run_free(struct run *run) {
    for (unsigned w = 0; w < run->workers && run->worker != NULL; w++)
        worker_free(&run->worker[w]);
    free(run->worker);
    free(run->plan.position);
    free(run->item);
    free(run->plan.inner);
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
    run->item = malloc((all + 1) * sizeof *run->item);
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
    struct recoding how = {run->plan.minimum, NULL, run->plan.type != TILL_ITEMSETS_FREQUENT, 64};
    if (run->plan.type == TILL_ITEMSETS_FREQUENT && run->plan.minimum <= how.apart)
        how.apart = run->plan.minimum - 1; /* then no set is frequent by huge baskets alone */
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
    atomic_init(&plan->held, 0);
    if ((status = recode_for(run, baskets, options->rank, error)) != TILL_OK)
        return status;
    plan->apart = run->recoded.apart >= plan->minimum;
    if (!counting && !place_items(run, options))
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
            set_allow(worker);
        else
            set_require(worker, code);
    }
}

static enum till_status status_error(const struct run *run, enum till_status status, struct till_error *error) {
    if (status == TILL_ERROR_MEMORY)
        return till_error_memory(error);
    if (status == TILL_OK)
        return TILL_OK;
    return run->plan.limit == UINT64_MAX ? tally_overflow(error) : too_many(run, error);
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
    return status_error(run, worker->status, error);
}

/* The single items of a listing: task 0. */
static bool list_items(struct run *run) {
    const struct sparse *rows = &run->recoded.rows;
    return list_extensions(&run->worker[0], rows->name, rows->name, rows->support, rows->items);
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

/* The limit once more, with what was found since the workers last kept count. */
static enum till_status check_limit(struct run *run, struct till_error *error) {
    for (unsigned w = 0; w < run->workers; w++)
        atomic_fetch_add(&run->plan.held, run->worker[w].unreported);
    return atomic_load(&run->plan.held) > run->plan.limit ? too_many(run, error) : TILL_OK;
}

/* Who receives the sets. */
struct receiver {
    till_itemsets_visit *visit;
    void *context;
    uint32_t *items; /* room for a set of all items */
};

/* Sorts and delivers the stored sets of one size, and frees them. */
static enum till_status deliver_stored(struct run *run, uint32_t size, const struct receiver *to,
                                       struct till_error *error) {
    struct store *store = &run->worker[0].store;
    struct store_bucket *bucket = &store->bucket[size];
    struct store_key *order;
    size_t count, stride = store_stride(store, size);
    enum till_status status = TILL_OK;
    if (!store_sort(store, size, &order, &count))
        return till_error_memory(error);
    for (size_t k = 0; status == TILL_OK && k < count; k++) {
        __builtin_prefetch(bucket->bytes + order[k + PREFETCH < count ? k + PREFETCH : k].record * stride);
        uint32_t support = store_read(store, bucket->bytes + order[k].record * stride, size, to->items);
        for (uint32_t i = 0; i < size; i++)
            to->items[i] = run->item[i + 1 < size ? run->outer[to->items[i]] : to->items[i]];
        status = to->visit(to->context, to->items, size, support, error);
    }
    free(order);
    free(bucket->bytes);
    *bucket = (struct store_bucket){0};
    return status;
}

static enum till_status deliver_store(struct run *run, const struct receiver *to, struct till_error *error) {
    struct store *store = &run->worker[0].store;
    for (unsigned w = 1; w < run->workers; w++)
        if (!store_merge(store, &run->worker[w].store))
            return till_error_memory(error);
    enum till_status status = TILL_OK;
    for (uint32_t size = 1; status == TILL_OK && size < store->sizes; size++)
        if (store->bucket[size].used > 0)
            status = deliver_stored(run, size, to, error);
    return status;
}

/* The streams of one size, read side by side. */
static enum till_status deliver_size(struct run *run, const struct stream *streams, uint32_t size, uint32_t *set,
                                     size_t *segment, const struct receiver *to, struct till_error *error) {
    struct stream_reader reader;
    uint32_t support;
    enum till_status status = TILL_OK;
    stream_open(&reader, streams, run->workers, size, segment);
    while (status == TILL_OK && stream_read(&reader, set, &support)) {
        for (uint32_t k = reader.changed; k < size; k++)
            to->items[k] = run->item[set[k]];
        status = to->visit(to->context, to->items, size, support, error);
    }
    return status;
}

static enum till_status deliver_streams(struct run *run, const struct receiver *to, struct till_error *error) {
    struct stream *streams = calloc(run->workers, sizeof *streams);
    size_t *segment = calloc(run->workers, sizeof *segment);
    enum till_status status = streams == NULL || segment == NULL ? till_error_memory(error) : TILL_OK;
    uint32_t sizes = 0;
    for (unsigned w = 0; status == TILL_OK && w < run->workers; w++) {
        streams[w] = run->worker[w].stream;
        sizes = streams[w].sizes > sizes ? streams[w].sizes : sizes;
    }
    for (uint32_t size = 1; status == TILL_OK && size < sizes; size++) {
        memset(segment, 0, run->workers * sizeof *segment);
        status = deliver_size(run, streams, size, run->worker[0].set, segment, to, error);
    }
    free(streams);
    free(segment);
    return status;
}

enum till_status till_itemsets_mine(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                    till_itemsets_visit *visit, void *context, struct till_error *error) {
    struct run run = {0};
    bool done;
    enum till_status status = pairs_mine(baskets, options, visit, context, &done, error);
    if (status != TILL_OK || done)
        return status;
    status = run_start(&run, baskets, options, false, error);
    if (status == TILL_OK)
        status = search(&run, error);
    if (status == TILL_OK)
        status = check_limit(&run, error);
    struct receiver to = {visit, context, status == TILL_OK ? run.worker[0].path : NULL};
    if (status == TILL_OK)
        status = run.plan.listing ? deliver_streams(&run, &to, error) : deliver_store(&run, &to, error);
    run_free(&run);
    return status;
}

enum till_status till_itemsets_count(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                     struct till_itemset_counts *counts, struct till_error *error) {
    struct run run = {0};
    struct tally *tally;
    enum till_status status = run_start(&run, baskets, options, true, error);
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
