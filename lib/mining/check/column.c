/* A column starts with a dictionary of its values and a count for each: all else is read off it, so that a value that
 * comes a thousand times is looked at once. With too many different values it goes on with fingerprints, and in the end
 * with a sketch of them; type, smallest, largest and mean are then kept up row by row. */
#include <stdlib.h>
#include <string.h>

#include "lib/mining/check/column.h"

bool column_scratch_reserve(struct column_scratch *scratch, size_t rows) {
    if (rows <= scratch->capacity)
        return true;
    column_scratch_free(scratch);
    scratch->values = malloc(rows * sizeof *scratch->values);
    scratch->codes = malloc(rows * sizeof *scratch->codes);
    scratch->prints = malloc(rows * sizeof *scratch->prints);
    bool there = scratch->values != NULL && scratch->codes != NULL && scratch->prints != NULL;
    scratch->capacity = there ? rows : 0;
    return there;
}

void column_scratch_free(struct column_scratch *scratch) {
    free(scratch->values);
    free(scratch->codes);
    free(scratch->prints);
    *scratch = (struct column_scratch){0};
}

void column_start(struct column *column) {
    memset(column, 0, sizeof *column);
    facts_start(&column->facts);
}

static void free_values(struct column *column) {
    till_dictionary_free(column->values);
    free(column->counts);
    column->values = NULL;
    column->counts = NULL;
    column->capacity = 0;
    column->bytes = 0;
}

void column_free(struct column *column) {
    free_values(column);
    fingerprints_free(&column->prints);
    free(column->sketch);
    facts_free(&column->facts);
}

static uint32_t value_count(const struct column *column) {
    return column->values == NULL ? 0 : till_dictionary_count(column->values);
}

/* ---- from stage to stage ---- */

/* The facts of all values in the dictionary. */
static bool read_facts(const struct column *column, const struct column_limits *limits, struct facts *facts) {
    bool kept = true;
    for (uint32_t code = 0; kept && code < value_count(column); code++)
        kept = facts_add(facts, till_dictionary_text(column->values, code), column->counts[code], &limits->number);
    return kept;
}

static bool go_to_prints(struct column *column, const struct column_limits *limits) {
    bool kept = read_facts(column, limits, &column->facts);
    for (uint32_t code = 0; kept && code < value_count(column); code++) {
        struct till_slice value = till_dictionary_text(column->values, code);
        struct till_fingerprint print = till_fingerprint_of(value.bytes, value.length);
        kept = fingerprints_add(&column->prints, &print, 1);
    }
    if (!kept)
        return false;
    free_values(column);
    column->stage = COLUMN_PRINTS;
    return true;
}

static void sketch_print(void *context, struct till_fingerprint print) {
    hyperloglog_add(context, print);
}

static bool go_to_sketch(struct column *column) {
    column->sketch = calloc(1, sizeof *column->sketch);
    if (column->sketch == NULL)
        return false;
    fingerprints_each(&column->prints, sketch_print, column->sketch);
    fingerprints_free(&column->prints);
    column->stage = COLUMN_SKETCH;
    return true;
}

static bool go_to(struct column *column, enum column_stage stage, const struct column_limits *limits) {
    return (column->stage >= COLUMN_PRINTS || stage < COLUMN_PRINTS || go_to_prints(column, limits)) &&
           (column->stage >= COLUMN_SKETCH || stage < COLUMN_SKETCH || go_to_sketch(column));
}

/* Goes on as far as the number of values asks for. */
static bool settle_stage(struct column *column, const struct column_limits *limits) {
    if (column->stage == COLUMN_VALUES && (value_count(column) > limits->values || column->bytes > limits->bytes) &&
        !go_to_prints(column, limits))
        return false;
    return column->stage != COLUMN_PRINTS || column->prints.count <= limits->prints || go_to_sketch(column);
}

/* ---- adding ---- */

static bool reserve_counts(struct column *column, size_t needed) {
    if (needed <= column->capacity)
        return true;
    size_t capacity = needed + needed / 2 + 16;
    uint64_t *grown = realloc(column->counts, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + column->capacity, 0, (capacity - column->capacity) * sizeof *grown);
    column->counts = grown;
    column->capacity = capacity;
    return true;
}

/* Counts values in the dictionary. Codes of new values come in rising order. */
static bool add_values(struct column *column, struct column_scratch *scratch, size_t count) {
    uint32_t known = value_count(column);
    if (column->values == NULL && (column->values = till_dictionary_new()) == NULL)
        return false;
    if (!till_dictionary_add_all(column->values, scratch->values, count, scratch->codes) ||
        !reserve_counts(column, value_count(column)))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t code = scratch->codes[i];
        column->counts[code]++;
        if (code >= known) {
            column->bytes += scratch->values[i].length;
            known = code + 1;
        }
    }
    return true;
}

static bool add_prints(struct column *column, struct column_scratch *scratch, size_t count,
                       const struct column_limits *limits) {
    for (size_t i = 0; i < count; i++) {
        struct till_slice value = scratch->values[i];
        if (!facts_add(&column->facts, value, 1, &limits->number))
            return false;
        scratch->prints[i] = till_fingerprint_of(value.bytes, value.length);
    }
    if (column->stage == COLUMN_PRINTS)
        return fingerprints_add(&column->prints, scratch->prints, count);
    for (size_t i = 0; i < count; i++)
        hyperloglog_add(column->sketch, scratch->prints[i]);
    return true;
}

bool column_add(struct column *column, struct column_scratch *scratch, size_t count,
                const struct column_limits *limits) {
    if (count == 0)
        return true;
    bool added = column->stage == COLUMN_VALUES ? add_values(column, scratch, count)
                                                : add_prints(column, scratch, count, limits);
    return added && settle_stage(column, limits);
}

/* ---- merging ---- */

static bool merge_values(struct column *into, const struct column *from) {
    if (into->values == NULL && (into->values = till_dictionary_new()) == NULL)
        return false;
    for (uint32_t i = 0; i < value_count(from); i++) {
        struct till_slice value = till_dictionary_text(from->values, i);
        uint32_t before = value_count(into);
        uint32_t code;
        if (!till_dictionary_add(into->values, value, &code) || !reserve_counts(into, value_count(into)))
            return false;
        into->counts[code] += from->counts[i];
        into->bytes += code == before ? value.length : 0;
    }
    return true;
}

bool column_merge(struct column *into, struct column *from, const struct column_limits *limits) {
    enum column_stage stage = into->stage > from->stage ? into->stage : from->stage;
    bool merged = true;
    if (!go_to(into, stage, limits) || !go_to(from, stage, limits) || !facts_merge(&into->facts, &from->facts))
        return false;
    into->missing += from->missing;
    if (stage == COLUMN_VALUES)
        merged = merge_values(into, from);
    else if (stage == COLUMN_PRINTS)
        merged = fingerprints_merge(&into->prints, &from->prints);
    else
        hyperloglog_merge(into->sketch, from->sketch);
    return merged && settle_stage(into, limits);
}

/* ---- the result ---- */

/* The most frequent value; of equally frequent ones the smallest. */
static void find_top(const struct column *column, struct column_summary *summary) {
    for (uint32_t code = 0; code < value_count(column); code++) {
        struct till_slice value = till_dictionary_text(column->values, code);
        uint64_t count = column->counts[code];
        if (count < summary->top_count || (count == summary->top_count && till_slice_compare(value, summary->top) >= 0))
            continue;
        summary->top = value;
        summary->top_count = count;
    }
}

bool column_summarize(const struct column *column, const struct column_limits *limits, struct column_summary *summary) {
    memset(summary, 0, sizeof *summary);
    facts_start(&summary->facts);
    if (column->stage == COLUMN_VALUES) {
        summary->distinct = value_count(column);
        find_top(column, summary);
        return read_facts(column, limits, &summary->facts);
    }
    summary->distinct =
        column->stage == COLUMN_PRINTS ? column->prints.count : (uint64_t)(hyperloglog_estimate(column->sketch) + 0.5);
    return facts_merge(&summary->facts, &column->facts);
}

/* ---- saving ---- */

static bool save_values(const struct column *column, struct till_text *out) {
    uint32_t count = value_count(column);
    uint32_t *order = malloc(((size_t)count + 1) * sizeof *order);
    bool saved =
        order != NULL && (count == 0 || till_dictionary_order(column->values, order)) && pack_count(out, count);
    for (uint32_t i = 0; saved && i < count; i++)
        saved = pack_slice(out, till_dictionary_text(column->values, order[i])) &&
                pack_count(out, column->counts[order[i]]);
    free(order);
    return saved;
}

bool column_save(const struct column *column, struct till_text *out) {
    bool saved = pack_count(out, column->stage) && pack_count(out, column->missing);
    if (column->stage == COLUMN_VALUES)
        return saved && save_values(column, out);
    saved = saved && facts_save(&column->facts, out);
    if (column->stage == COLUMN_PRINTS)
        return saved && fingerprints_save(&column->prints, out);
    return saved && till_text_append(out, column->sketch->registers, sizeof column->sketch->registers);
}

static bool load_values(struct column *column, struct unpack *from) {
    uint64_t count = unpack_count(from);
    if (count > 0 && (column->values = till_dictionary_new()) == NULL)
        return false;
    for (uint64_t i = 0; i < count && !from->damaged; i++) {
        struct till_slice value = unpack_slice(from);
        uint32_t code;
        if (!till_dictionary_add(column->values, value, &code) || !reserve_counts(column, value_count(column)))
            return false;
        column->counts[code] = unpack_count(from);
        column->bytes += value.length;
    }
    return true;
}

static bool load_sketch(struct column *column, struct unpack *from) {
    column->sketch = calloc(1, sizeof *column->sketch);
    if (column->sketch == NULL)
        return false;
    if (from->left < sizeof column->sketch->registers) {
        from->damaged = true;
        return true;
    }
    memcpy(column->sketch->registers, from->bytes, sizeof column->sketch->registers);
    from->bytes += sizeof column->sketch->registers;
    from->left -= sizeof column->sketch->registers;
    /* A register that counts more zeros than there are bits would lead out of the estimate's tables. */
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        from->damaged = from->damaged || column->sketch->registers[i] > 64 - HYPERLOGLOG_BITS + 1;
    return true;
}

bool column_load(struct column *column, struct unpack *from) {
    uint64_t stage = unpack_count(from);
    column->missing = unpack_count(from);
    if (stage > COLUMN_SKETCH) {
        from->damaged = true;
        return true;
    }
    column->stage = (enum column_stage)stage;
    if (column->stage == COLUMN_VALUES)
        return load_values(column, from);
    return facts_load(&column->facts, from) &&
           (column->stage == COLUMN_PRINTS ? fingerprints_load(&column->prints, from) : load_sketch(column, from));
}
