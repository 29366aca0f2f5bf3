/* What till-check says of columns, on blocks made by hand; and that neither order, cut nor limits change what is exact.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/check.h>

/* ---- one column at a time ---- */

#define MOST_ROWS 16
struct one_column {
    struct till_slice name;
    struct till_schema schema;
    struct till_check_settings settings;
    struct till_slice values[MOST_ROWS];
    struct till_vector vector;
    struct till_block block;
};

static void start(struct one_column *one) {
    memset(one, 0, sizeof *one);
    one->name = till_slice_of("value");
    one->schema = (struct till_schema){1, &one->name, "test.csv", 1};
    one->settings.schema = &one->schema;
    one->vector = (struct till_vector){.type = TILL_TEXT, .text = one->values};
    one->block = (struct till_block){.column_count = 1, .columns = &one->vector, .records = one->values};
}

static void must(enum till_status status) {
    assert_int_equal(status, TILL_OK);
}

static void add_rows(struct one_column *one, void *state, const struct till_slice *values, size_t count) {
    struct till_error error;
    assert_true(count <= MOST_ROWS);
    for (size_t i = 0; i < count; i++)
        one->values[i] = values[i];
    one->block.rows = count;
    must(till_check_aggregate.add(state, &one->block, &error));
}

/* Values separated by blanks; "-" alone is missing. */
static void *state_of(struct one_column *one, const char *text) {
    struct till_slice values[MOST_ROWS];
    struct till_error error;
    size_t count = 0;
    void *state;
    must(till_check_aggregate.create(&state, &one->settings, &error));
    for (const char *at = text; *at != '\0'; at += *at == ' ') {
        size_t length = strcspn(at, " ");
        bool missing = length == 1 && *at == '-';
        values[count++] = (struct till_slice){missing ? NULL : at, missing ? 0 : length};
        at += length;
    }
    add_rows(one, state, values, count);
    return state;
}

static struct till_table *table_of(void *state) {
    struct till_table *table;
    struct till_error error;
    must(till_check_aggregate.finish(state, &table, &error));
    return table;
}

static struct till_slice text_cell(const struct till_table *table, const char *column, size_t row) {
    return till_table_column(table, column)->text[row];
}

static void assert_text(const struct till_table *table, const char *column, const char *expected) {
    struct till_slice cell = text_cell(table, column, 0);
    if (expected == NULL) {
        assert_null(cell.bytes);
        return;
    }
    assert_non_null(cell.bytes);
    assert_int_equal(cell.length, strlen(expected));
    assert_memory_equal(cell.bytes, expected, cell.length);
}

static void assert_says(const char *values, const char *type, const char *least, const char *greatest) {
    struct one_column one;
    start(&one);
    void *state = state_of(&one, values);
    struct till_table *table = table_of(state);
    assert_text(table, "type", type);
    assert_text(table, "min", least);
    assert_text(table, "max", greatest);
    till_table_free(table);
    till_check_aggregate.destroy(state);
}

static void types_are_what_all_values_allow(void **state) {
    (void)state;
    assert_says("3 -7 +12 -", "integer", "-7", "+12");
    assert_says("3 -7.25 .5 1e2", "decimal", "-7.25", "1e2");
    assert_says("3 x 12", "text", "12", "x");
    assert_says("- - -", "empty", NULL, NULL);
    assert_says("007 12", "text", "007", "12");
    assert_says("0 0.5 -0.5", "decimal", "-0.5", "0.5");
    assert_says("1e999 1", "text", "1", "1e999");
    assert_says("nan 1", "text", "1", "nan");
}

static void dates_go_by_their_format(void **state) {
    (void)state;
    assert_says("2011-12-09 2010-12-01 -", "date (YYYY-MM-DD)", "2010-12-01", "2011-12-09");
    assert_says("2011-12-09T12:50 2010-12-01", "date (YYYY-MM-DD)", "2010-12-01 00:00:00", "2011-12-09 12:50:00");
    assert_says("2010/12/1 2010/2/28", "date (YYYY/M/D)", "2010-02-28", "2010-12-01");
    assert_says("12/31/2010 1/2/2010", "date (M/D/YYYY)", "2010-01-02", "2010-12-31");
    assert_says("2010-02-30 2010-02-28", "text", "2010-02-28", "2010-02-30");
    assert_says("19970101 19980630", "date (YYYYMMDD)", "1997-01-01", "1998-06-30");
    assert_says("19970101 19970132", "integer", "19970101", "19970132");
    assert_says("10010101 19970101", "integer", "10010101", "19970101");
    assert_says("1291191960 1323435000", "integer", "1291191960", "1323435000");
}

static void an_ambiguous_date_has_two_formats_and_no_extremes(void **state) {
    (void)state;
    assert_says("1/2/2010 3/4/2010", "date (M/D/YYYY or D/M/YYYY)", NULL, NULL);
    assert_says("2/2/2010 5/5/2010", "date (M/D/YYYY or D/M/YYYY)", "2010-02-02", "2010-05-05");
}

static void numbers_beyond_doubles_are_compared_exactly(void **state) {
    (void)state;
    assert_says("9007199254740993 9007199254740992", "integer", "9007199254740992", "9007199254740993");
    assert_says("18446744073709551617 18446744073709551616 99", "integer", "99", "18446744073709551617");
    assert_says("-18446744073709551617 -18446744073709551616", "integer", "-18446744073709551617",
                "-18446744073709551616");
}

static void counts_and_the_most_frequent_value_are_right(void **state) {
    (void)state;
    struct one_column one;
    start(&one);
    void *check = state_of(&one, "5 7 - 5 9 7 -");
    struct till_table *table = table_of(check);
    assert_int_equal(till_table_column(table, "rows")->count[0], 7);
    assert_int_equal(till_table_column(table, "missing")->count[0], 2);
    assert_int_equal(till_table_column(table, "distinct")->count[0], 3);
    assert_text(table, "top", "5"); /* as often as 7, and smaller */
    assert_int_equal(till_table_column(table, "top_count")->count[0], 2);
    assert_true(till_table_column(table, "mean")->real[0] == 33.0 / 5);
    till_table_free(table);
    till_check_aggregate.destroy(check);
}

static void rows_that_repeat_another_are_duplicates(void **state) {
    (void)state;
    struct one_column one;
    start(&one);
    void *check = state_of(&one, "a b a a c b");
    assert_int_equal(till_check_duplicates(check), 3);
    till_check_aggregate.destroy(check);
}

/* ---- many rows ---- */

#define COLUMNS 4
struct many {
    struct till_slice names[COLUMNS];
    struct till_schema schema;
    struct till_check_settings settings;
};

/* Row `row` of a made table: a key, a date, a decimal with gaps, a text of few values. */
static void make_cell(char out[32], size_t row, size_t column) {
    size_t mixed = (row * 2654435761U) % 1000003; /* Knuth's multiplicative hash */
    switch (column) {
    case 0:
        snprintf(out, 32, "%zu", mixed % 700);
        break;
    case 1:
        snprintf(out, 32, "2024-%02zu-%02zu", 1 + mixed % 12, 1 + mixed % 28);
        break;
    case 2:
        snprintf(out, 32, mixed % 5 == 0 ? "" : "%zu.%zu", mixed % 300, mixed % 10);
        break;
    default:
        snprintf(out, 32, "text %zu", mixed % 13);
    }
}

static void start_many(struct many *many, uint64_t limit) {
    static const char *const names[COLUMNS] = {"key", "date", "decimal", "text"};
    for (size_t i = 0; i < COLUMNS; i++)
        many->names[i] = till_slice_of(names[i]);
    many->schema = (struct till_schema){COLUMNS, many->names, "many.csv", 1};
    many->settings = (struct till_check_settings){.schema = &many->schema, .limit = limit};
}

/* Adds rows from .. to in blocks of 100, the last row first when `backward`. */
static void add_made_rows(void *state, size_t from, size_t to, bool backward) {
    enum { ROWS = 100 };
    static char bytes[ROWS][COLUMNS][32];
    static char lines[ROWS][160];
    struct till_slice values[COLUMNS][ROWS];
    struct till_slice records[ROWS];
    struct till_vector vectors[COLUMNS];
    struct till_block block = {.column_count = COLUMNS, .columns = vectors, .records = records};
    struct till_error error;
    for (size_t start_row = from; start_row < to; start_row += block.rows) {
        block.rows = to - start_row < ROWS ? to - start_row : ROWS;
        for (size_t i = 0; i < block.rows; i++) {
            size_t row = backward ? to - 1 - (start_row - from + i) : start_row + i;
            lines[i][0] = '\0';
            for (size_t c = 0; c < COLUMNS; c++) {
                make_cell(bytes[i][c], row, c);
                values[c][i] = till_slice_of(bytes[i][c][0] == '\0' ? NULL : bytes[i][c]);
                strcat(strcat(lines[i], bytes[i][c]), ",");
            }
            records[i] = till_slice_of(lines[i]);
        }
        for (size_t c = 0; c < COLUMNS; c++)
            vectors[c] = (struct till_vector){.type = TILL_TEXT, .text = values[c]};
        must(till_check_aggregate.add(state, &block, &error));
    }
}

static void *new_state(const struct many *many) {
    struct till_error error;
    void *state;
    must(till_check_aggregate.create(&state, &many->settings, &error));
    return state;
}

static void assert_same_state(void *a, void *b) {
    struct till_text texts[2] = {{0}, {0}};
    struct till_error error;
    must(till_check_aggregate.save(a, &texts[0], &error));
    must(till_check_aggregate.save(b, &texts[1], &error));
    assert_int_equal(texts[0].length, texts[1].length);
    assert_memory_equal(texts[0].bytes, texts[1].bytes, texts[0].length);
    till_text_free(&texts[0]);
    till_text_free(&texts[1]);
}

static const uint64_t limits[] = {1000000, 100, 20, 3};
#define LIMITS (sizeof limits / sizeof *limits)
#define MADE_ROWS 3000

static void order_and_cut_do_not_matter_at_any_limit(void **state) {
    (void)state;
    for (size_t i = 0; i < LIMITS; i++) {
        struct many many;
        struct till_error error;
        start_many(&many, limits[i]);
        void *whole = new_state(&many);
        void *parts[3] = {new_state(&many), new_state(&many), new_state(&many)};
        add_made_rows(whole, 0, MADE_ROWS, false);
        add_made_rows(parts[0], 0, 40, true);
        add_made_rows(parts[1], 40, 1700, true);
        add_made_rows(parts[2], 1700, MADE_ROWS, false);
        must(till_check_aggregate.merge(parts[0], parts[2], &error));
        must(till_check_aggregate.merge(parts[0], parts[1], &error));
        assert_same_state(whole, parts[0]);
        till_check_aggregate.destroy(whole);
        for (size_t p = 0; p < 3; p++)
            till_check_aggregate.destroy(parts[p]);
    }
}

static void saved_states_come_back(void **state) {
    (void)state;
    for (size_t i = 0; i < LIMITS; i++) {
        struct many many;
        struct till_error error = {0};
        struct till_text text = {0};
        void *loaded;
        start_many(&many, limits[i]);
        void *check = new_state(&many);
        add_made_rows(check, 0, MADE_ROWS, false);
        must(till_check_aggregate.save(check, &text, &error));
        struct till_slice bytes = {text.bytes, text.length};
        must(till_check_aggregate.load(&loaded, &many.settings, bytes, &error));
        assert_same_state(check, loaded);
        till_check_aggregate.destroy(loaded);
        for (size_t cut = 0; cut < bytes.length; cut += 1 + bytes.length / 50) {
            struct till_slice part = {bytes.bytes, cut};
            assert_int_equal(till_check_aggregate.load(&loaded, &many.settings, part, &error), TILL_ERROR_STATE);
            assert_null(loaded);
        }
        till_text_free(&text);
        till_check_aggregate.destroy(check);
    }
}

/* Beyond the limit the most frequent value goes, and far beyond it distinct is an estimate; the rest stays. */
static void limits_cost_what_they_say_and_nothing_else(void **state) {
    (void)state;
    struct till_table *tables[LIMITS];
    for (size_t i = 0; i < LIMITS; i++) {
        struct many many;
        start_many(&many, limits[i]);
        void *check = new_state(&many);
        add_made_rows(check, 0, MADE_ROWS, false);
        tables[i] = table_of(check);
        bool many_keys = limits[i] * 16 < 700;
        assert_int_equal(till_check_estimated(check, 0), many_keys);
        assert_int_equal(till_table_column(tables[i], "top")->text[0].bytes == NULL, limits[i] < 700);
        assert_int_equal(till_table_column(tables[i], "top")->text[3].bytes == NULL, limits[i] < 13);
        double distinct = (double)till_table_column(tables[i], "distinct")->count[0];
        assert_true(many_keys ? fabs(distinct - 700) < 700 * 4 * 0.0041 : distinct == 700);
        till_check_aggregate.destroy(check);
    }
    for (size_t i = 1; i < LIMITS; i++)
        for (size_t column = 0; column < COLUMNS; column++) {
            assert_true(till_slice_equal(text_cell(tables[0], "type", column), text_cell(tables[i], "type", column)));
            assert_true(till_slice_equal(text_cell(tables[0], "min", column), text_cell(tables[i], "min", column)));
            assert_true(till_slice_equal(text_cell(tables[0], "max", column), text_cell(tables[i], "max", column)));
            assert_memory_equal(&till_table_column(tables[0], "mean")->real[column],
                                &till_table_column(tables[i], "mean")->real[column], sizeof(double));
            assert_int_equal(till_table_column(tables[0], "missing")->count[column],
                             till_table_column(tables[i], "missing")->count[column]);
        }
    for (size_t i = 0; i < LIMITS; i++)
        till_table_free(tables[i]);
}

static void an_empty_input_has_empty_columns(void **state) {
    (void)state;
    struct many many;
    start_many(&many, 0);
    void *check = new_state(&many);
    struct till_table *table = table_of(check);
    assert_int_equal(table->rows, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        assert_true(till_slice_equal(text_cell(table, "type", i), till_slice_of("empty")));
    assert_int_equal(till_check_duplicates(check), 0);
    till_table_free(table);
    till_check_aggregate.destroy(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_what_all_values_allow),
        cmocka_unit_test(dates_go_by_their_format),
        cmocka_unit_test(an_ambiguous_date_has_two_formats_and_no_extremes),
        cmocka_unit_test(numbers_beyond_doubles_are_compared_exactly),
        cmocka_unit_test(counts_and_the_most_frequent_value_are_right),
        cmocka_unit_test(rows_that_repeat_another_are_duplicates),
        cmocka_unit_test(order_and_cut_do_not_matter_at_any_limit),
        cmocka_unit_test(saved_states_come_back),
        cmocka_unit_test(limits_cost_what_they_say_and_nothing_else),
        cmocka_unit_test(an_empty_input_has_empty_columns),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
