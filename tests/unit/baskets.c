/* Baskets of random rows, cut into blocks and states in random ways, are those of sorting the rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/baskets.h>
#include <till/date.h>
#include <till/random.h>

enum { TEXT = 120, BLOCK = 700, STATES = 3 };

/* A row as its reader gives it, and its key as baskets have it. */
struct row {
    char first[TEXT], second[TEXT], item[TEXT];
    int32_t day;
    char key[3 * TEXT];
    size_t key_length;
};

/* How the rows of a case are made. */
struct kind {
    const char *name;
    enum till_basket_unit unit;
    bool customers;     /* an order has a customer too */
    unsigned rising;    /* so many times orders come in the order of their ids; 0: in no order */
    bool labelled;      /* with groups and strata */
    const char *prefix; /* of ids */
    int width;          /* of their numbers */
    unsigned rows, orders, items;
};

static const struct kind kinds[] = {
    {"rising ids", TILL_BASKET_ORDER, true, 1, false, "O", 7, 5000, 1500, 40},
    {"rising ids with labels", TILL_BASKET_ORDER, true, 1, true, "O", 7, 5000, 1500, 40},
    {"rising ids too long to remember", TILL_BASKET_ORDER, true, 1, false,
     "an order whose number has many letters before it ", 7, 3000, 900, 40},
    {"ids that rise as numbers, not as texts", TILL_BASKET_ORDER, false, 1, false, "", 0, 5000, 1500, 40},
    {"ids that rise, and then once more", TILL_BASKET_ORDER, true, 2, false, "O", 7, 9000, 1500, 40},
    {"orders that come back", TILL_BASKET_ORDER, false, 0, false, "", 0, 9000, 1500, 40},
    {"orders of customers that come back", TILL_BASKET_ORDER, true, 0, false, "", 0, 9000, 1500, 40},
    {"orders of customers that come back, with labels", TILL_BASKET_ORDER, true, 0, true, "", 0, 9000, 1500, 40},
    {"customers", TILL_BASKET_CUSTOMER, true, 0, false, "C", 3, 9000, 150, 400},
    {"days", TILL_BASKET_DAY, true, 0, false, "C", 3, 9000, 60, 40},
    {"few large baskets", TILL_BASKET_ORDER, false, 0, false, "", 0, 9000, 9, 800},
    {"one basket of more items than 16 bits number", TILL_BASKET_ORDER, false, 1, false, "", 0, 140000, 1, 70000},
    {"one row", TILL_BASKET_ORDER, true, 1, false, "", 0, 1, 1, 1},
    {"no row", TILL_BASKET_ORDER, true, 1, false, "", 0, 0, 1, 1},
};

static void make_key(struct row *row, const struct kind *kind) {
    char day[TILL_DAY_TEXT + 1] = "";
    const char *second = row->second;
    if (kind->unit == TILL_BASKET_DAY) {
        day[till_date_write(day, row->day)] = '\0';
        second = day;
    }
    bool parts = kind->unit == TILL_BASKET_DAY || (kind->unit == TILL_BASKET_ORDER && kind->customers);
    size_t length = strlen(row->first);
    memcpy(row->key, row->first, length + 1);
    if (parts)
        memcpy(row->key + length + 1, second, strlen(second));
    row->key_length = length + (parts ? 1 + strlen(second) : 0);
}

/* Customers follow from orders, so that labels by customer never contradict; some have none. */
static struct row *make_rows(const struct kind *kind, uint64_t seed) {
    struct row *rows = calloc(kind->rows + 1, sizeof *rows);
    struct till_random random;
    till_random_start(&random, seed, 1);
    assert_non_null(rows);
    for (unsigned i = 0; i < kind->rows; i++) {
        unsigned order = kind->rising > 0
                             ? (unsigned)((uint64_t)i * kind->orders * kind->rising / kind->rows) % kind->orders
                             : (unsigned)till_random_below(&random, kind->orders);
        snprintf(rows[i].first, TEXT, "%s%0*u", kind->prefix, kind->width, order);
        if (order % 7 > 0)
            snprintf(rows[i].second, TEXT, "customer %u", order % 5);
        snprintf(rows[i].item, TEXT, order % 2 ? "%u" : "item number %u",
                 (unsigned)till_random_below(&random, kind->items));
        rows[i].day = 14600 + (int32_t)till_random_below(&random, 40);
        make_key(&rows[i], kind);
    }
    return rows;
}

/* ---- the expected ---- */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_rows(const void *a, const void *b) {
    const struct row *left = a, *right = b;
    int order = till_slice_compare((struct till_slice){left->key, left->key_length},
                                   (struct till_slice){right->key, right->key_length});
    return order != 0 ? order : strcmp(left->item, right->item);
}

/* Appends the key, with a dot for the byte between its parts, and the items. */
static void append(struct till_text *text, struct till_slice part, const char *end) {
    size_t start = text->length;
    assert_true(till_text_append(text, part.bytes, part.length) && till_text_append_string(text, end));
    for (size_t i = start; i < text->length; i++)
        if (text->bytes[i] == '\0')
            text->bytes[i] = '.';
}

static char *take(struct till_text *text) {
    char *taken = strdup(till_text_string(text));
    assert_non_null(taken);
    text->length = 0;
    return taken;
}

/* Each basket as a text, in the order of keys; without keys in the order of the texts. */
static char **expect(const struct row *rows, const struct kind *kind, bool keyed, size_t *count) {
    struct row *sorted = malloc((kind->rows + 1) * sizeof *sorted);
    char **texts = malloc((kind->rows + 1) * sizeof *texts);
    struct till_text text = {0};
    assert_true(sorted != NULL && texts != NULL);
    memcpy(sorted, rows, kind->rows * sizeof *sorted);
    qsort(sorted, kind->rows, sizeof *sorted, compare_rows);
    *count = 0;
    for (unsigned i = 0; i < kind->rows; i++) {
        struct till_slice key = {sorted[i].key, sorted[i].key_length};
        bool first = i == 0 || !till_slice_equal(key, (struct till_slice){sorted[i - 1].key, sorted[i - 1].key_length});
        if (first && i > 0)
            texts[(*count)++] = take(&text);
        if (first && keyed)
            append(&text, key, ": ");
        if (first && kind->labelled)
            append(&text, till_slice_of(sorted[i].second), ", ");
        if (first || strcmp(sorted[i].item, sorted[i - 1].item) != 0)
            append(&text, till_slice_of(sorted[i].item), " ");
    }
    if (kind->rows > 0)
        texts[(*count)++] = take(&text);
    if (!keyed)
        qsort(texts, *count, sizeof *texts, compare_texts);
    free(sorted);
    till_text_free(&text);
    return texts;
}

/* ---- the baskets of states ---- */

static void add_block(void *state, const struct row *rows, unsigned count, uint64_t sequence) {
    static struct till_slice first[BLOCK], second[BLOCK], item[BLOCK];
    static int32_t day[BLOCK];
    struct till_vector columns[] = {{TILL_TEXT, {.text = first}},
                                    {TILL_TEXT, {.text = second}},
                                    {TILL_TEXT, {.text = item}},
                                    {TILL_DAY, {.day = day}}};
    struct till_block block = {.rows = count, .column_count = 4, .columns = columns, .sequence = sequence};
    struct till_error error;
    for (unsigned i = 0; i < count; i++) {
        first[i] = till_slice_of(rows[i].first);
        second[i] = till_slice_of(rows[i].second[0] == '\0' ? NULL : rows[i].second);
        item[i] = till_slice_of(rows[i].item);
        day[i] = rows[i].day;
    }
    assert_int_equal(till_basket_aggregate.add(state, &block, &error), TILL_OK);
}

/* Blocks of random lengths to random states, which are then merged. */
static void *fold(const struct row *rows, const struct kind *kind, const struct till_basket_settings *settings,
                  uint64_t seed) {
    void *states[STATES];
    struct till_random random;
    struct till_error error;
    uint64_t sequence = 0;
    till_random_start(&random, seed, 2);
    for (unsigned s = 0; s < STATES; s++)
        assert_int_equal(till_basket_aggregate.create(&states[s], settings, &error), TILL_OK);
    for (unsigned start = 0, count; start < kind->rows; start += count) {
        count = 1 + (unsigned)till_random_below(&random, BLOCK);
        count = count < kind->rows - start ? count : kind->rows - start;
        add_block(states[till_random_below(&random, STATES)], rows + start, count, sequence++);
    }
    if (seed % 2 == 0) { /* the last two first: parts with codes of their own change hands once more */
        assert_int_equal(till_basket_aggregate.merge(states[1], states[2], &error), TILL_OK);
        assert_int_equal(till_basket_aggregate.merge(states[0], states[1], &error), TILL_OK);
    } else {
        assert_int_equal(till_basket_aggregate.merge(states[0], states[1], &error), TILL_OK);
        assert_int_equal(till_basket_aggregate.merge(states[0], states[2], &error), TILL_OK);
    }
    till_basket_aggregate.destroy(states[1]);
    till_basket_aggregate.destroy(states[2]);
    return states[0];
}

static char **read_out(const struct till_basket_data *data, bool keyed) {
    char **texts = malloc((data->baskets.count + 1) * sizeof *texts);
    struct till_text text = {0};
    assert_non_null(texts);
    for (uint64_t b = 0; b < data->baskets.count; b++) {
        if (keyed)
            append(&text, data->keys[b], ": ");
        if (data->group != NULL) {
            assert_int_equal(data->group[b], data->stratum[b]); /* both are the customer */
            append(&text, data->groups[data->group[b]], ", ");
        }
        for (uint64_t i = data->baskets.offsets[b]; i < data->baskets.offsets[b + 1]; i++)
            append(&text, data->items[data->baskets.items[i]], " ");
        texts[b] = take(&text);
    }
    if (!keyed)
        qsort(texts, data->baskets.count, sizeof *texts, compare_texts);
    till_text_free(&text);
    return texts;
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void check(const struct kind *kind, bool keyed, unsigned threads, uint64_t seed) {
    struct till_transactions transactions;
    for (size_t role = 0; role < TILL_ROLES; role++)
        transactions.at[role] = TILL_NO_COLUMN;
    bool order = kind->unit == TILL_BASKET_ORDER;
    transactions.at[order ? TILL_ROLE_ORDER : TILL_ROLE_CUSTOMER] = 0;
    if (order && kind->customers)
        transactions.at[TILL_ROLE_CUSTOMER] = 1;
    transactions.at[TILL_ROLE_ITEM] = 2;
    transactions.at[TILL_ROLE_DATE] = 3;
    const struct till_basket_settings settings = {.transactions = &transactions,
                                                  .unit = kind->unit,
                                                  .group = kind->labelled ? 1 : TILL_NO_COLUMN,
                                                  .stratum = kind->labelled ? 1 : TILL_NO_COLUMN,
                                                  .keyed = keyed,
                                                  .threads = threads};
    struct row *rows = make_rows(kind, seed);
    void *state = fold(rows, kind, &settings, seed);
    struct till_basket_data data;
    struct till_error error;
    size_t count;
    char **expected = expect(rows, kind, keyed, &count);
    assert_int_equal(till_basket_data(state, keyed, &data, &error), TILL_OK);
    assert_int_equal(data.baskets.count, count);
    char **found = read_out(&data, keyed);
    for (size_t b = 0; b < count; b++)
        if (strcmp(found[b], expected[b]) != 0)
            fail_msg("%s, basket %zu: %.200s instead of %.200s", kind->name, b, found[b], expected[b]);
    free_texts(found, count);
    free_texts(expected, count);
    till_basket_data_free(&data);
    till_basket_aggregate.destroy(state);
    free(rows);
}

static void baskets_are_those_of_sorted_rows(void **state) {
    static const unsigned threads[] = {1, 2, 3, 7};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (uint64_t seed = 0; seed < (kinds[k].rows > 20000 ? 2 : 4); seed++)
            for (unsigned keyed = 0; keyed < 2; keyed++)
                check(&kinds[k], keyed == 1, threads[seed], seed);
}

static void keys_that_were_not_kept_are_an_error_where_they_are_wanted(void **state) {
    struct till_transactions transactions = {0};
    const struct till_basket_settings settings = {
        .transactions = &transactions, .group = TILL_NO_COLUMN, .stratum = TILL_NO_COLUMN};
    struct till_basket_data data;
    struct till_text saved = {0};
    struct till_error error;
    void *made, *loaded;
    (void)state;
    assert_int_equal(till_basket_aggregate.create(&made, &settings, &error), TILL_OK);
    assert_int_equal(till_basket_data(made, true, &data, &error), TILL_ERROR_USAGE);
    assert_int_equal(till_basket_aggregate.save(made, &saved, &error), TILL_ERROR_USAGE);
    assert_int_equal(till_basket_aggregate.load(&loaded, &settings, (struct till_slice){"", 0}, &error),
                     TILL_ERROR_USAGE);
    till_basket_aggregate.destroy(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baskets_are_those_of_sorted_rows),
        cmocka_unit_test(keys_that_were_not_kept_are_an_error_where_they_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
