/* Folding sorted input key by key: the same figures as from all rows at once, and errors where they belong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <till/rfm_customers.h>
#include <till/sorted.h>
#include <till/transactions.h>

/* Files of rows, in a directory of their own. */
struct files {
    char directory[64];
    char path[8][96];
    const char *paths[8];
    size_t count;
};

static void files_start(struct files *files) {
    strcpy(files->directory, "/tmp/till-sorted-XXXXXX");
    assert_non_null(mkdtemp(files->directory));
    files->count = 0;
}

static FILE *files_add(struct files *files) {
    char *path = files->path[files->count];
    strcpy(path, files->directory);
    strcat(path, "/0.csv");
    path[strlen(path) - 5] = (char)('0' + files->count);
    files->paths[files->count++] = path;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("order,customer,date,amount\n", file);
    return file;
}

static void files_remove(struct files *files) {
    for (size_t i = 0; i < files->count; i++)
        unlink(files->path[i]);
    rmdir(files->directory);
}

/* An input that is open, with the settings for its figures. */
struct opened {
    struct till_input *input;
    struct till_transactions transactions;
    struct till_rfm_settings settings;
};

static void open_files(struct opened *opened, const struct files *files, bool amount_per_order, uint64_t max_bad) {
    struct till_error error = {0};
    struct till_input_options options = {.max_bad = max_bad};
    struct till_transactions_options roles = {.until = TILL_DAY_MISSING, .since = TILL_DAY_MISSING};
    assert_int_equal(till_input_open(&opened->input, files->paths, files->count, &options, &error), TILL_OK);
    assert_int_equal(till_transactions_plan(&opened->transactions, till_input_schema(opened->input), &roles,
                                            TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER,
                                            &error),
                     TILL_OK);
    assert_int_equal(till_input_start(opened->input, &opened->transactions.plan, &error), TILL_OK);
    opened->settings = (struct till_rfm_settings){
        .ledger = {.transactions = &opened->transactions, .amount_per_order = amount_per_order}};
}

static enum till_status fold_sorted(struct opened *opened, till_sorted_visit *visit, void *context,
                                    struct till_error *error) {
    return till_fold_sorted(opened->input, &till_rfm_aggregate, &opened->settings,
                            opened->transactions.at[TILL_ROLE_CUSTOMER], "customer", visit, context, error);
}

/* All customers' figures as text, and how many states they came in. */
struct figures {
    struct till_text text;
    size_t visits;
};

static void append_figures(struct till_text *text, const struct till_rfm_customers *customers) {
    for (size_t i = 0; i < customers->count; i++)
        assert_true(till_text_append_format(text, "%.*s %d %d %llu %lld\n", (int)customers->customer[i].length,
                                            customers->customer[i].bytes, customers->first[i], customers->last[i],
                                            (unsigned long long)customers->frequency[i],
                                            (long long)customers->monetary[i]));
}

static enum till_status take(void *context, const void *state, struct till_error *error) {
    struct figures *figures = context;
    struct till_rfm_customers customers = {0};
    assert_int_equal(till_rfm_customers_finish(state, &customers, error), TILL_OK);
    assert_true(customers.count > 0);
    append_figures(&figures->text, &customers);
    figures->visits++;
    till_rfm_customers_free(&customers);
    return TILL_OK;
}

static void fold_whole(struct opened *opened, struct till_text *text) {
    struct till_error error = {0};
    struct till_rfm_customers customers = {0};
    void *state;
    assert_int_equal(till_fold(opened->input, &till_rfm_aggregate, &opened->settings, 1, &state, &error), TILL_OK);
    assert_int_equal(till_rfm_customers_finish(state, &customers, &error), TILL_OK);
    append_figures(text, &customers);
    till_rfm_customers_free(&customers);
    till_rfm_aggregate.destroy(state);
}

/* Customers of 1 to 40 rows over three files, so that a customer goes on from block to block and from file to file. */
static void key_by_key_gives_the_figures_of_all_rows_at_once(void **state) {
    (void)state;
    struct files files;
    files_start(&files);
    FILE *file = NULL;
    for (unsigned row = 0, customer = 0, left = 0; row < 60000; row++, left--) {
        if (row % 20000 == 0) {
            if (file != NULL)
                fclose(file);
            file = files_add(&files);
        }
        if (left == 0) {
            customer++;
            left = 1 + customer * 7 % 40;
        }
        fprintf(file, "%u,C%06u,2024-%02u-%02u,%d.25\n", row / 3, customer, 1 + row % 12, 1 + row % 28,
                (int)(row % 50) - 5);
    }
    fclose(file);
    struct opened opened;
    struct figures figures = {0};
    struct till_text whole = {0};
    struct till_error error = {0};
    open_files(&opened, &files, false, 0);
    assert_int_equal(fold_sorted(&opened, take, &figures, &error), TILL_OK);
    assert_int_equal(till_input_accounting(opened.input)->used, 60000);
    till_input_close(opened.input);
    open_files(&opened, &files, false, 0);
    fold_whole(&opened, &whole);
    till_input_close(opened.input);
    assert_true(figures.visits > 2);
    assert_int_equal(figures.text.length, whole.length);
    assert_memory_equal(figures.text.bytes, whole.bytes, whole.length);
    till_text_free(&whole);
    till_text_free(&figures.text);
    files_remove(&files);
}

static void a_header_alone_is_not_visited(void **state) {
    (void)state;
    struct files files;
    files_start(&files);
    fclose(files_add(&files));
    struct opened opened;
    struct figures figures = {0};
    struct till_error error = {0};
    open_files(&opened, &files, false, 0);
    assert_int_equal(fold_sorted(&opened, take, &figures, &error), TILL_OK);
    assert_int_equal(figures.visits, 0);
    till_input_close(opened.input);
    files_remove(&files);
}

/* The second file begins with a smaller key than the first one ends with. */
static void a_smaller_key_ends_the_input_at_its_line(void **state) {
    (void)state;
    struct files files;
    files_start(&files);
    FILE *file = files_add(&files);
    fputs("1,A,2024-01-01,1\n2,C,2024-01-01,1\n", file);
    fclose(file);
    file = files_add(&files);
    fputs("3,B,2024-01-01,1\n", file);
    fclose(file);
    for (uint64_t max_bad = 0; max_bad < 10; max_bad += 5) {
        struct opened opened;
        struct figures figures = {0};
        struct till_error error = {0};
        open_files(&opened, &files, false, max_bad);
        assert_int_equal(fold_sorted(&opened, take, &figures, &error), TILL_ERROR_DATA);
        assert_non_null(strstr(error.message, "not in byte order: \"B\" comes after \"C\""));
        assert_string_equal(error.role, "customer");
        if (max_bad == 0) {
            assert_string_equal(error.file, files.paths[1]);
            assert_int_equal(error.line, 2);
        }
        till_text_free(&figures.text);
        till_input_close(opened.input);
    }
    files_remove(&files);
}

/* The row that the aggregate rejects stands behind the cut of its block, where a view on it begins. */
static void a_row_behind_the_cut_is_reported_at_its_own_line(void **state) {
    (void)state;
    struct files files;
    files_start(&files);
    FILE *file = files_add(&files);
    fputs("1,A,2024-01-01,1\n1,A,2024-01-01,1\n2,B,2024-01-01,7\n2,B,2024-01-01,7\n2,B,2024-01-01,8\n", file);
    fclose(file);
    struct opened opened;
    struct figures figures = {0};
    struct till_error error = {0};
    open_files(&opened, &files, true, 0);
    assert_int_equal(fold_sorted(&opened, take, &figures, &error), TILL_ERROR_DATA);
    assert_int_equal(error.line, 6);
    assert_string_equal(error.role, "amount");
    till_input_close(opened.input);
    till_text_free(&figures.text);
    files_remove(&files);
}

static enum till_status refuse(void *context, const void *state, struct till_error *error) {
    (void)context;
    (void)state;
    return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "full");
}

static void what_the_visitor_says_ends_the_input(void **state) {
    (void)state;
    struct files files;
    files_start(&files);
    FILE *file = files_add(&files);
    fputs("1,A,2024-01-01,1\n2,B,2024-01-01,1\n", file);
    fclose(file);
    struct opened opened;
    struct till_error error = {0};
    open_files(&opened, &files, false, 0);
    assert_int_equal(fold_sorted(&opened, refuse, NULL, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "full");
    till_input_close(opened.input);
    files_remove(&files);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_by_key_gives_the_figures_of_all_rows_at_once),
        cmocka_unit_test(a_header_alone_is_not_visited),
        cmocka_unit_test(a_smaller_key_ends_the_input_at_its_line),
        cmocka_unit_test(a_row_behind_the_cut_is_reported_at_its_own_line),
        cmocka_unit_test(what_the_visitor_says_ends_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
