/* Dictionaries against a plain list: codes, texts, order, and what is kept beside each string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/dictionary.h>
#include <till/random.h>

enum { STRINGS = 6000, LONGEST = 40 };

/* Strings of all lengths about the 15 bytes that lie in a key and the 8 bytes that are sorted at a time, many of which
 * begin alike. */
static struct till_slice random_string(struct till_random *random, char out[LONGEST]) {
    static const char *const starts[] = {
        "", "C", "customer", "customer-number-", "\xe5\xae\xa2\xe6\x88\xb7", "\xff\xff\xff\xff\xff\xff\xff\xff"};
    const char *start = starts[till_random_below(random, 6)];
    size_t length = strlen(start);
    size_t more = till_random_below(random, 12);
    memcpy(out, start, length);
    for (size_t i = 0; i < more; i++) {
        out[length++] = (char)(till_random_below(random, 4) == 0 ? 0 : '0' + (int)till_random_below(random, 10));
    }
    return (struct till_slice){out, length};
}

/* The strings by the simplest means: a list that is gone through. */
struct list {
    struct till_slice *texts;
    char *bytes;
    uint32_t count;
};

static uint32_t list_add(struct list *list, struct till_slice text) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (till_slice_equal(list->texts[i], text)) {
            return i;
        }
    }
    char *copy = list->bytes + (size_t)list->count * LONGEST;
    memcpy(copy, text.bytes, text.length);
    list->texts[list->count] = (struct till_slice){copy, text.length};
    return list->count++;
}

static int by_bytes(const void *a, const void *b) {
    return till_slice_compare(*(const struct till_slice *)a, *(const struct till_slice *)b);
}

static void start_list(struct list *list) {
    list->texts = malloc(STRINGS * sizeof *list->texts);
    list->bytes = malloc((size_t)STRINGS * LONGEST);
    list->count = 0;
}

static void codes_texts_and_order_are_those_of_a_list(void **state) {
    (void)state;
    struct till_random random;
    struct list list;
    struct till_dictionary *dictionary = till_dictionary_new();
    till_random_start(&random, 5, 1);
    start_list(&list);
    for (unsigned i = 0; i < STRINGS; i++) {
        char bytes[LONGEST];
        struct till_slice text = random_string(&random, bytes);
        uint32_t code;
        assert_true(till_dictionary_add(dictionary, text, &code));
        assert_int_equal(code, list_add(&list, text));
    }
    assert_int_equal(till_dictionary_count(dictionary), list.count);
    for (uint32_t code = 0; code < list.count; code++) {
        uint32_t found;
        assert_true(till_slice_equal(till_dictionary_text(dictionary, code), list.texts[code]));
        assert_true(till_dictionary_find(dictionary, list.texts[code], &found));
        assert_int_equal(found, code);
    }
    uint32_t *order = malloc(list.count * sizeof *order);
    assert_true(till_dictionary_order(dictionary, order));
    qsort(list.texts, list.count, sizeof *list.texts, by_bytes);
    for (uint32_t i = 0; i < list.count; i++) {
        assert_true(till_slice_equal(till_dictionary_text(dictionary, order[i]), list.texts[i]));
    }
    uint32_t absent;
    assert_false(till_dictionary_find(dictionary, till_slice_of("not there"), &absent));
    free(order);
    free(list.texts);
    free(list.bytes);
    till_dictionary_free(dictionary);
}

static void adding_many_at_once_is_adding_one_by_one(void **state) {
    (void)state;
    struct till_random random;
    struct till_dictionary *one = till_dictionary_new();
    struct till_dictionary *many = till_dictionary_new();
    struct till_slice *texts = malloc(STRINGS * sizeof *texts);
    char *bytes = malloc((size_t)STRINGS * LONGEST);
    uint32_t *codes = malloc(STRINGS * sizeof *codes);
    till_random_start(&random, 5, 2);
    for (unsigned i = 0; i < STRINGS; i++) {
        /* Runs of the same string, as the lines of an order are. */
        bool again = i > 0 && till_random_below(&random, 2) == 0;
        texts[i] = again ? texts[i - 1] : random_string(&random, bytes + (size_t)i * LONGEST);
    }
    assert_true(till_dictionary_add_all(many, texts, STRINGS, codes));
    for (unsigned i = 0; i < STRINGS; i++) {
        uint32_t code;
        assert_true(till_dictionary_add(one, texts[i], &code));
        assert_int_equal(codes[i], code);
    }
    free(texts);
    free(bytes);
    free(codes);
    till_dictionary_free(one);
    till_dictionary_free(many);
}

/* Enough strings that tables move onto mapped pages and grow there. */
static void what_is_kept_stays_with_its_string(void **state) {
    (void)state;
    enum { COUNT = 300000 };
    struct till_dictionary *dictionary = till_dictionary_new_with(12);
    for (uint32_t i = 0; i < COUNT; i++) {
        char bytes[LONGEST];
        int length = snprintf(bytes, sizeof bytes, i % 3 == 0 ? "customer-with-a-long-name-%u" : "C%07u", (unsigned)i);
        uint32_t code;
        assert_true(till_dictionary_add(dictionary, (struct till_slice){bytes, (size_t)length}, &code));
        uint32_t *kept = till_dictionary_kept(dictionary, code);
        assert_int_equal(kept[0] | kept[1] | kept[2], 0);
        kept[0] = i;
        kept[2] = ~i;
    }
    for (uint32_t code = 0; code < COUNT; code++) {
        const uint32_t *kept = till_dictionary_kept(dictionary, code);
        assert_int_equal(kept[0], code);
        assert_int_equal(kept[2], (uint32_t)~code);
    }
    till_dictionary_free(dictionary);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_texts_and_order_are_those_of_a_list),
        cmocka_unit_test(adding_many_at_once_is_adding_one_by_one),
        cmocka_unit_test(what_is_kept_stays_with_its_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
