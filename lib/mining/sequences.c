/* PrefixSpan by places. A pattern is known by all steps in which its last step can lie (its ends), customer by
 * customer. It grows by an item into the same step (larger than those there), found in the ends themselves, or by an
 * item of a new step, found in the steps that can follow an end. One walk over the ends counts the customers of every
 * item and how many new ends each has; a second one writes the ends of the frequent ones side by side. */
#include <stdlib.h>
#include <string.h>

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

struct mining {
    const struct till_sequences *sequences;
    const struct till_sequences_options *options;
    till_sequences_visit *visit;
    void *context;
    struct till_error *error;
    uint32_t *customer; /* of each step */
    uint32_t *items;    /* the pattern at hand */
    bool *opens;
    size_t size;
    size_t capacity;
    uint64_t delivered;
};

/* A walk over the places where items can go on: of the same step, or of a later one. */
struct walk {
    const struct mining *mining;
    struct growth *growth; /* [item_count] */
    uint32_t *steps;       /* where ends are written; NULL: they are counted */
    uint32_t above;        /* items of the same step are larger than this one */
};

static void meet(struct walk *walk, uint64_t step, uint64_t from) {
    const struct till_sequences *sequences = walk->mining->sequences;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): filled for all steps */
    uint64_t customer = (uint64_t)walk->mining->customer[step] + 1;
    for (uint64_t i = from; i < sequences->step_start[step + 1]; i++) {
        struct growth *growth = &walk->growth[sequences->items[i]];
        if (walk->steps == NULL) {
            growth->customers += growth->last != customer;
            growth->last = customer;
            growth->ends++;
        } else if (growth->customers >= walk->mining->options->minimum_support) {
            walk->steps[growth->place++] = (uint32_t)step;
        }
    }
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

static bool push(struct mining *mining, uint32_t item, bool opens) {
    if (mining->size == mining->capacity) {
        size_t capacity = 2 * mining->capacity + 64;
        uint32_t *items = realloc(mining->items, capacity * sizeof *items);
        if (items != NULL)
            mining->items = items;
        bool *flags = realloc(mining->opens, capacity * sizeof *flags);
        if (flags != NULL)
            mining->opens = flags;
        if (items == NULL || flags == NULL)
            return false;
        mining->capacity = capacity;
    }
    mining->items[mining->size] = item;
    mining->opens[mining->size++] = opens;
    return true;
}

static enum till_status extend(struct mining *mining, struct ends ends, enum direction direction);

/* The pattern with one item more, and all that goes on from it. */
static enum till_status go_on(struct mining *mining, uint32_t item, const struct growth *growth, struct ends ends,
                              enum direction direction) {
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

/* Keeps the frequent items of a walk and says where the ends of each begin: item, and place behind each other. */
struct frequent {
    uint32_t item;
    struct growth growth;
    uint64_t start;
};

static struct frequent *choose(const struct mining *mining, struct growth *growth, size_t *count, uint64_t *room) {
    uint32_t items = mining->sequences->item_count;
    *count = 0;
    *room = 0;
    for (uint32_t item = 0; item < items; item++)
        *count += growth[item].customers >= mining->options->minimum_support;
    struct frequent *chosen = malloc((*count + 1) * sizeof *chosen);
    size_t at = 0;
    for (uint32_t item = 0; chosen != NULL && item < items; item++) {
        if (growth[item].customers < mining->options->minimum_support)
            continue;
        growth[item].place = *room;
        chosen[at++] = (struct frequent){item, growth[item], *room};
        *room += growth[item].ends;
    }
    return chosen;
}

static enum till_status extend(struct mining *mining, struct ends ends, enum direction direction) {
    size_t count = 0;
    uint64_t room = 0;
    struct walk walk = {.mining = mining, .above = mining->size == 0 ? 0 : mining->items[mining->size - 1]};
    walk.growth = calloc((size_t)mining->sequences->item_count + 1, sizeof *walk.growth);
    if (walk.growth == NULL)
        return till_error_memory(mining->error);
    take(&walk, ends, direction);
    struct frequent *chosen = choose(mining, walk.growth, &count, &room);
    walk.steps = chosen == NULL ? NULL : malloc((room + 1) * sizeof *walk.steps);
    enum till_status status = walk.steps == NULL ? till_error_memory(mining->error) : TILL_OK;
    if (status == TILL_OK && count > 0)
        take(&walk, ends, direction);
    free(walk.growth);
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        struct ends next = {walk.steps + chosen[i].start, chosen[i].growth.ends};
        status = go_on(mining, chosen[i].item, &chosen[i].growth, next, direction);
    }
    free(walk.steps);
    free(chosen);
    return status;
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
    mining.customer = malloc((steps + 1) * sizeof *mining.customer);
    if (mining.customer == NULL)
        return till_error_memory(error);
    for (uint64_t c = 0; c < sequences->customers; c++)
        for (uint64_t s = sequences->customer_start[c]; s < sequences->customer_start[c + 1]; s++)
            mining.customer[s] = (uint32_t)c;
    enum till_status status = extend(&mining, (struct ends){NULL, 0}, START);
    free(mining.customer);
    free(mining.items);
    free(mining.opens);
    return status;
}
