/* Arrays that grow side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <till/arrays.h>

struct people {
    char *letter;
    double *age;
    const char **name;
    size_t count;
    size_t capacity;
};

static bool add(struct people *people, const char *name) {
    const struct till_array columns[] = {TILL_ARRAY(people->letter), TILL_ARRAY(people->age), TILL_ARRAY(people->name)};
    if (!till_arrays_reserve(columns, 3, people->count + 1, &people->capacity))
        return false;
    people->letter[people->count] = *name;
    people->age[people->count] = (double)people->count / 2;
    people->name[people->count++] = name;
    return true;
}

static void check(const struct people *people) {
    for (size_t i = 0; i < people->count; i++) {
        assert_int_equal("abc"[i % 3], people -> letter[i]);
        assert_true(people->age[i] == (double)i / 2);
        assert_int_equal("abc"[i % 3], *people -> name[i]);
    }
}

static void free_people(struct people *people) {
    free(people->letter);
    free(people->age);
    free(people->name);
}

static void columns_grow_together_and_keep_what_they_hold(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    struct people people = {0};
    size_t moves = 0;
    for (size_t i = 0; i < 100000; i++) {
        size_t before = people.capacity;
        assert_true(add(&people, names[i % 3]));
        moves += people.capacity != before;
        assert_true(people.count <= people.capacity);
    }
    check(&people);
    assert_true(moves < 25); /* 64 * 1.5^18 is more than 100000 */
    free_people(&people);
}

static void room_that_is_there_is_left_alone(void **state) {
    (void)state;
    struct people people = {0};
    assert_true(add(&people, "a"));
    const char *letter = people.letter;
    size_t capacity = people.capacity;
    const struct till_array columns[] = {TILL_ARRAY(people.letter)};
    assert_true(till_arrays_reserve(columns, 1, capacity, &people.capacity));
    assert_true(till_arrays_reserve(columns, 1, 0, &people.capacity));
    assert_ptr_equal(letter, people.letter);
    assert_int_equal(capacity, people.capacity);
    free_people(&people);
}

/* More bytes than there are addresses: the second array of three cannot be. */
static void an_array_that_cannot_grow_leaves_all_whole(void **state) {
    (void)state;
    struct people people = {0};
    while (people.count < 3 || people.count < people.capacity)
        assert_true(add(&people, &"abc"[people.count % 3]));
    size_t capacity = people.capacity;
    const struct till_array columns[] = {
        TILL_ARRAY(people.letter), {&people.age, SIZE_MAX / 64}, TILL_ARRAY(people.name)};
    assert_false(till_arrays_reserve(columns, 3, people.count + 1, &people.capacity));
    assert_int_equal(capacity, people.capacity);
    check(&people);
    assert_false(till_arrays_reserve(columns, 3, SIZE_MAX / 2, &people.capacity));
    check(&people);
    free_people(&people);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_grow_together_and_keep_what_they_hold),
        cmocka_unit_test(room_that_is_there_is_left_alone),
        cmocka_unit_test(an_array_that_cannot_grow_leaves_all_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
