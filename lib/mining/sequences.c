/* PrefixSpan by places. A pattern is known by all steps in which its last step can lie (its ends), customer by
 * customer. It grows by an item into the same step (larger than those there), found in the ends themselves, or by an
 * item of a new step, found in the steps that can follow an end. One walk over the ends counts the customers of every
 * item and how many new ends each has; a second one writes the ends of the frequent ones side by side.
 *
 * Where gaps are not bounded, all steps behind a customer's first end can follow. They are not walked, for they may be
 * many: each item of the customer has a list of the steps that hold it (index), and the tail of the list are the new
 * ends. Items with the latest last steps come first, so that those which cannot follow are not looked at. */
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/sequences.h>

/* What is counted of an item that could go on. */
struct growth {
    uint64_t customers;
    uint64_t last;  /* the customer counted last, plus one */
    uint64_t ends;  /* how many steps it was seen in */
    uint64_t place; /* where the next end is written; frequent items */
};

/* Steps, in rising order, in which a pattern ends. */
struct ends {
    uint32_t *steps;
    uint64_t count;
};

/* An item of a customer: its steps are index->steps[start..end). */
struct place {
    uint32_t item;
    uint32_t last; /* the last of its steps */
    uint64_t start;
    uint64_t end;
};

struct index {
    uint64_t *first; /* customers + 1: where the places of each begin, the latest last step first */
    struct place *places;
    uint32_t *steps;
};

/* A pattern is searched this deep at most: each item costs a part of the program's stack. */
enum { LONGEST = 4096 };

/* The ends of a pattern and of all that it goes on from are held: so many, and 64 times the rows. More than that is the
 * way down a pattern without an end, in the many purchases of very few customers. */
static const uint64_t most_ends = UINT64_C(1) << 26;

struct mining {
    const struct till_sequences *sequences;
    const struct till_sequences_options *options;
    till_sequences_visit *visit;
    void *context;
    struct till_error *error;
    uint32_t *customer;    /* of each step */
    struct index index;    /* where gaps are not bounded */
    struct growth *growth; /* [item_count]; cleared when a walk is over */
    uint32_t *touched;     /* [item_count]: the items that were met */
    uint32_t touches;
    uint32_t *items; /* the pattern at hand */
    bool *opens;
    size_t size;
    size_t capacity;
    uint64_t delivered;
    uint64_t ends; /* that are held */
};

/* A walk over the places where items can go on: of the same step, or of a later one. */
struct walk {
    struct mining *mining;
    uint32_t *steps; /* where ends are written; NULL: they are counted */
    uint32_t above;  /* items of the same step are larger than this one */
};

/* An item goes on at some steps, which rise, of a customer (by number, plus one). */
static void grow(struct walk *walk, uint32_t item, uint64_t customer, const uint32_t *steps, uint64_t count) {
    struct mining *mining = walk->mining;
    struct growth *growth = &mining->growth[item];
    if (walk->steps == NULL) {
        if (growth->customers == 0)
            mining->touched[mining->touches++] = item;
        growth->customers += growth->last != customer;
        growth->last = customer;
        growth->ends += count;
    } else if (growth->customers >= mining->options->minimum_support) {
        memcpy(walk->steps + growth->place, steps, count * sizeof *steps);
        growth->place += count;
    }
}

static void meet(struct walk *walk, uint64_t step, uint64_t from) {
    const struct till_sequences *sequences = walk->mining->sequences;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): filled for all steps */
    uint64_t customer = (uint64_t)walk->mining->customer[step] + 1;
    uint32_t at = (uint32_t)step;
    for (uint64_t i = from; i < sequences->step_start[step + 1]; i++)
        grow(walk, sequences->items[i], customer, &at, 1);
}

static void walk_same(struct walk *walk, struct ends ends) {
    const struct till_sequences *sequences = walk->mining->sequences;
    for (uint64_t i = 0; i < ends.count; i++) {
        uint64_t from = sequences->step_start[ends.steps[i]];
        while (from < sequences->step_start[ends.steps[i] + 1] && sequences->items[from] <= walk->above)
            from++;
        meet(walk, ends.steps[i], from);
    }
}

/* Each later step of a customer once, if an end lies before it, near enough: the last one before it is the nearest. */
static void walk_later(struct walk *walk, struct ends ends) {
    const struct mining *mining = walk->mining;
    const struct till_sequences *sequences = mining->sequences;
    for (uint64_t i = 0; i < ends.count;) {
        uint32_t customer = mining->customer[ends.steps[i]];
        uint64_t last = sequences->customer_start[customer + 1], step = ends.steps[i] + (uint64_t)1;
        uint32_t before = ends.steps[i++];
        for (; step < last; step++) {
            int64_t gap = (int64_t)sequences->day[step] - sequences->day[before];
            if (mining->options->maximum_gap == 0 || gap <= mining->options->maximum_gap)
                meet(walk, step, sequences->step_start[step]);
            if (i < ends.count && ends.steps[i] == step)
                before = ends.steps[i++];
        }
    }
}

/* The first place in the list of an item behind a step. */
static uint64_t place_behind(const struct index *index, const struct place *place, uint32_t step) {
    uint64_t low = place->start, high = place->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (index->steps[middle] > step)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The same without a bound on the gap: behind the first end of each customer. */
static void walk_index(struct walk *walk, struct ends ends) {
    const struct mining *mining = walk->mining;
    const struct index *index = &mining->index;
    for (uint64_t i = 0; i < ends.count;) {
        uint32_t customer = mining->customer[ends.steps[i]], first = ends.steps[i];
        const struct place *place = index->places + index->first[customer];
        const struct place *end = index->places + index->first[customer + (size_t)1];
        for (; place < end && place->last > first; place++) {
            uint64_t from = place_behind(index, place, first);
            grow(walk, place->item, (uint64_t)customer + 1, index->steps + from, place->end - from);
        }
        uint64_t last = mining->sequences->customer_start[customer + (size_t)1];
        while (i < ends.count && ends.steps[i] < last)
            i++;
    }
}

/* The start of every pattern: each item in each step. */
static void walk_all(struct walk *walk) {
    const struct till_sequences *sequences = walk->mining->sequences;
    for (uint64_t step = 0; step < sequences->customer_start[sequences->customers]; step++)
        meet(walk, step, sequences->step_start[step]);
}

enum direction { START, SAME, LATER };

static void take(struct walk *walk, struct ends ends, enum direction direction) {
    if (direction == START)
        walk_all(walk);
    else if (direction == SAME)
        walk_same(walk, ends);
    else if (walk->mining->options->maximum_gap == 0)
        walk_index(walk, ends);
    else
        walk_later(walk, ends);
}

static enum till_status deliver(struct mining *mining, uint64_t customers) {
    uint64_t limit = mining->options->limit == 0 ? TILL_SEQUENCES_LIMIT : mining->options->limit;
    if (++mining->delivered > limit)
        return till_error_set(mining->error, TILL_ERROR_DATA,
                              "more than %llu patterns at a support of %llu customers: raise the minimum support, or "
                              "bound the size or the gap",
                              (unsigned long long)limit, (unsigned long long)mining->options->minimum_support);
    return mining->visit(mining->context, mining->items, mining->opens, mining->size, customers, mining->error);
}

static enum till_status too_long(const struct mining *mining) {
    return till_error_set(
        mining->error, TILL_ERROR_DATA,
        "patterns of more than %zu items at a support of %llu customers: raise the minimum support, or "
        "bound the size or the gap",
        mining->size, (unsigned long long)mining->options->minimum_support);
}

static bool push(struct mining *mining, uint32_t item, bool opens) {
    const struct till_array columns[] = {TILL_ARRAY(mining->items), TILL_ARRAY(mining->opens)};
    if (!till_arrays_reserve(columns, 2, mining->size + 1, &mining->capacity))
        return false;
    mining->items[mining->size] = item;
    mining->opens[mining->size++] = opens;
    return true;
}

static enum till_status extend(struct mining *mining, struct ends ends, enum direction direction);

/* The pattern with one item more, and all that goes on from it. */
static enum till_status go_on(struct mining *mining, uint32_t item, const struct growth *growth, struct ends ends,
                              enum direction direction) {
    if (mining->size == LONGEST)
        return too_long(mining);
    if (!push(mining, item, direction != SAME))
        return till_error_memory(mining->error);
    enum till_status status = deliver(mining, growth->customers);
    if (status == TILL_OK && (mining->options->maximum_size == 0 || mining->size < mining->options->maximum_size)) {
        status = extend(mining, ends, SAME);
        if (status == TILL_OK)
            status = extend(mining, ends, LATER);
    }
    mining->size--;
    return status;
}

/* A frequent item of a walk. */
struct frequent {
    uint32_t item;
    struct growth growth;
    uint64_t start; /* of its ends among those of the walk */
};

/* What goes on from a pattern: the ends of each item behind those of the one before. */
struct following {
    struct frequent *items;
    size_t count;
    uint32_t *steps;
    uint64_t ends;
};

static int compare_items(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Keeps the frequent items of a walk and says where the ends of each begin. False when memory is out. */
static bool choose(struct mining *mining, struct following *following) {
    struct growth *growth = mining->growth;
    for (uint32_t k = 0; k < mining->touches; k++)
        following->count += growth[mining->touched[k]].customers >= mining->options->minimum_support;
    following->items = calloc(following->count + 1, sizeof *following->items);
    if (following->items == NULL)
        return false;
    qsort(mining->touched, mining->touches, sizeof *mining->touched, compare_items);
    size_t at = 0;
    for (uint32_t k = 0; k < mining->touches; k++) {
        uint32_t item = mining->touched[k];
        if (growth[item].customers < mining->options->minimum_support)
            continue;
        growth[item].place = following->ends;
        following->items[at++] = (struct frequent){item, growth[item], following->ends};
        following->ends += growth[item].ends;
    }
    return true;
}

/* Room for the ends of what follows, unless there are too many already. */
static enum till_status make_room(struct mining *mining, struct following *following) {
    const struct till_sequences *sequences = mining->sequences;
    uint64_t rows = sequences->step_start[sequences->customer_start[sequences->customers]];
    mining->ends += following->ends;
    if (mining->ends > most_ends + 64 * rows)
        return too_long(mining);
    following->steps = malloc((following->ends + 1) * sizeof *following->steps);
    return following->steps == NULL ? till_error_memory(mining->error) : TILL_OK;
}

/* Walks over what follows: once to count, and once more to write the ends of what is frequent. */
static enum till_status search(struct mining *mining, struct ends ends, enum direction direction,
                               struct following *following) {
    struct walk walk = {.mining = mining, .above = mining->size == 0 ? 0 : mining->items[mining->size - 1]};
    take(&walk, ends, direction);
    enum till_status status =
        choose(mining, following) ? make_room(mining, following) : till_error_memory(mining->error);
    walk.steps = following->steps;
    if (status == TILL_OK && following->count > 0)
        take(&walk, ends, direction);
    for (uint32_t k = 0; k < mining->touches; k++)
        mining->growth[mining->touched[k]] = (struct growth){0};
    mining->touches = 0;
    return status;
}

static enum till_status extend(struct mining *mining, struct ends ends, enum direction direction) {
    struct following following = {0};
    enum till_status status = search(mining, ends, direction, &following);
    for (size_t i = 0; status == TILL_OK && i < following.count; i++) {
        const struct frequent *frequent = &following.items[i];
        struct ends next = {following.steps + frequent->start, frequent->growth.ends};
        status = go_on(mining, frequent->item, &frequent->growth, next, direction);
    }
    mining->ends -= following.ends;
    free(following.steps);
    free(following.items);
    return status;
}

/* ---- the index ---- */

/* An entry while it is built. */
struct entry {
    uint32_t item;
    uint32_t step;
};

static int compare_entries(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->step > y->step) - (x->step < y->step);
}

static int compare_places(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* The places of one customer, behind `places` others; returns how many there are then. */
static uint64_t index_customer(const struct till_sequences *sequences, struct index *index, uint64_t customer,
                               struct entry *entries, uint64_t places) {
    uint64_t first = sequences->customer_start[customer], last = sequences->customer_start[customer + 1];
    uint64_t base = sequences->step_start[first], count = 0, begin = places;
    for (uint64_t step = first; step < last; step++)
        for (uint64_t i = sequences->step_start[step]; i < sequences->step_start[step + 1]; i++)
            entries[count++] = (struct entry){sequences->items[i], (uint32_t)step};
    qsort(entries, count, sizeof *entries, compare_entries);
    for (uint64_t k = 0; k < count; k++) {
        index->steps[base + k] = entries[k].step;
        if (k == 0 || entries[k].item != entries[k - 1].item)
            index->places[places++] = (struct place){.item = entries[k].item, .start = base + k};
        index->places[places - 1].last = entries[k].step;
        index->places[places - 1].end = base + k + 1;
    }
    qsort(index->places + begin, places - begin, sizeof *index->places, compare_places);
    return places;
}

static bool index_new(const struct till_sequences *sequences, struct index *index) {
    uint64_t steps = sequences->customer_start[sequences->customers], places = 0, most = 0;
    uint64_t entries = sequences->step_start[steps];
    for (uint64_t c = 0; c < sequences->customers; c++) {
        uint64_t count = sequences->step_start[sequences->customer_start[c + 1]] -
                         sequences->step_start[sequences->customer_start[c]];
        most = count > most ? count : most;
    }
    struct entry *work = malloc((most + 1) * sizeof *work);
    index->first = malloc((sequences->customers + 1) * sizeof *index->first);
    index->places = malloc((entries + 1) * sizeof *index->places);
    index->steps = malloc((entries + 1) * sizeof *index->steps);
    bool fine = work != NULL && index->first != NULL && index->places != NULL && index->steps != NULL;
    for (uint64_t c = 0; fine && c < sequences->customers; c++) {
        index->first[c] = places;
        places = index_customer(sequences, index, c, work, places);
    }
    if (fine)
        index->first[sequences->customers] = places;
    free(work);
    return fine;
}

static void mining_free(struct mining *mining) {
    free(mining->customer);
    free(mining->index.first);
    free(mining->index.places);
    free(mining->index.steps);
    free(mining->growth);
    free(mining->touched);
    free(mining->items);
    free(mining->opens);
}

static bool mining_new(struct mining *mining) {
    const struct till_sequences *sequences = mining->sequences;
    mining->customer = malloc((sequences->customer_start[sequences->customers] + 1) * sizeof *mining->customer);
    mining->growth = calloc((size_t)sequences->item_count + 1, sizeof *mining->growth);
    mining->touched = malloc(((size_t)sequences->item_count + 1) * sizeof *mining->touched);
    if (mining->customer == NULL || mining->growth == NULL || mining->touched == NULL)
        return false;
    for (uint64_t c = 0; c < sequences->customers; c++)
        for (uint64_t s = sequences->customer_start[c]; s < sequences->customer_start[c + 1]; s++)
            mining->customer[s] = (uint32_t)c;
    return mining->options->maximum_gap > 0 || index_new(sequences, &mining->index);
}

enum till_status till_sequences_mine(const struct till_sequences *sequences,
                                     const struct till_sequences_options *options, till_sequences_visit *visit,
                                     void *context, struct till_error *error) {
    struct mining mining = {
        .sequences = sequences, .options = options, .visit = visit, .context = context, .error = error};
    uint64_t steps = sequences->customer_start[sequences->customers];
    if (options->minimum_support == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "the minimum support is at least 1 customer");
    if (steps > UINT32_MAX - 1)
        return till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 steps");
    enum till_status status =
        mining_new(&mining) ? extend(&mining, (struct ends){NULL, 0}, START) : till_error_memory(error);
    mining_free(&mining);
    return status;
}
