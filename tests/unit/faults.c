/* lib/data under faults: this program runs itself as a child, with build/tests/faults.so preloaded, once for every
 * allocation that may fail and for every way in which reading and writing may. Whatever fails, the child either gives
 * the same bytes as the child that nothing befell, or ends with a clean error of the right kind. */
#include "tests/support/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <zlib.h>

#include <till/model.h>
#include <till/rows.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* LINES: enough for rows to be spilled, and read back, in more than one piece. */
enum { LINES = 8000, MARK = 100 };

/* --- The child: does one thing and exits with its status --- */

static enum till_status put(const char *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t written = write(STDOUT_FILENO, bytes + done, length - done);
        if (written < 0 && errno != EINTR)
            return TILL_ERROR_INPUT_OUTPUT;
        done += written > 0 ? (size_t)written : 0;
    }
    return TILL_OK;
}

static enum till_status copy_source(const char *path, const char *encoding, struct till_error *error) {
    static char buffer[20000];
    struct till_source_options options = {.encoding = encoding, .digest = true};
    struct till_source *source;
    size_t got = 1;
    enum till_status status = till_source_open(&source, path, &options, error);
    while (status == TILL_OK && got > 0) {
        status = till_source_read(source, buffer, sizeof buffer, &got, error);
        if (status == TILL_OK)
            status = put(buffer, got);
    }
    till_source_close(source);
    return status;
}

static enum till_status copy_rows(struct till_rows *rows, struct till_error *error) {
    enum till_status status = TILL_OK;
    char line[64];
    for (int i = 0; i < LINES && status == TILL_OK; i++) {
        int length = snprintf(line, sizeof line, "C%d,2010-12-01,%d.50,some text to fill the line\n", i, i);
        status = till_rows_add(rows, (struct till_slice){line, (size_t)length}, error);
    }
    if (status == TILL_OK)
        status = till_rows_rewind(rows, error);
    struct till_slice record = {"", 0};
    while (status == TILL_OK && record.bytes != NULL) {
        status = till_rows_next(rows, &record, error);
        if (status == TILL_OK && record.bytes != NULL)
            status = put(record.bytes, record.length);
    }
    return status;
}

static enum till_status spill_rows(struct till_error *error) {
    struct till_rows *rows = till_rows_new(1000, NULL);
    if (rows == NULL)
        return till_error_memory(error);
    enum till_status status = copy_rows(rows, error);
    till_rows_free(rows);
    return status;
}

static enum till_status write_out(void *context, const void *bytes, size_t length, struct till_error *error) {
    (void)context;
    enum till_status status = put(bytes, length);
    return status == TILL_OK ? TILL_OK : till_error_set(error, status, "cannot write");
}

static enum till_status copy_model(const char *path, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *body;
    enum till_status status = till_model_load(path, kind, &body, error);
    if (status == TILL_OK) {
        status = till_model_save((struct till_sink){write_out, NULL}, kind, body, error);
        json_decref(body);
    }
    return status;
}

static int run_child(const char *mode, const char *path) {
    struct till_error error = {0};
    enum till_status status = TILL_OK;
    if (strcmp(mode, "rows") == 0)
        status = spill_rows(&error);
    else if (strcmp(mode, "model") == 0)
        status = copy_model(path, &error);
    else
        status = copy_source(path, strcmp(mode, "plain") == 0 ? NULL : mode, &error);
    return status == TILL_OK || error.message[0] != '\0' ? MARK + (int)status : 1;
}

/* --- The parent --- */

static char shim[4096], input[80], output[80], counted[80];

/* Runs the child under "NAME=VALUE" settings; returns its status, fails where it did not end by itself. */
static enum till_status run(const char *mode, const char *first, const char *second) {
    char preload[4200], count[120];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", shim);
    snprintf(count, sizeof count, "TILL_FAULT_COUNT_FILE=%s", counted);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(file, STDOUT_FILENO);
        char name[] = "faults", word[] = "child", verb[16], path[80], one[64], two[64];
        snprintf(verb, sizeof verb, "%s", mode);
        snprintf(path, sizeof path, "%s", input);
        snprintf(one, sizeof one, "%s", first);
        snprintf(two, sizeof two, "%s", second);
        char *const arguments[] = {name, word, verb, path, NULL};
        char *const environment[] = {preload, count, one, two, NULL};
        execve("/proc/self/exe", arguments, environment);
        _exit(127);
    }
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    if (!WIFEXITED(state) || WEXITSTATUS(state) < MARK)
        fail_msg("%s with %s %s ended with %d", mode, first, second, state);
    return (enum till_status)(WEXITSTATUS(state) - MARK);
}

static struct till_text contents(const char *path) {
    struct till_text text = {0};
    struct till_error error = {0};
    if (read_path(path, NULL, 4096, &text, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return text;
}

/* The child without faults: its output, and how many allocations it makes. */
static struct till_text baseline(const char *mode, unsigned long *allocations) {
    assert_int_equal(run(mode, "X=1", "Y=1"), TILL_OK);
    struct till_text count = contents(counted);
    *allocations = strtoul(till_text_string(&count), NULL, 10);
    till_text_free(&count);
    assert_true(*allocations > 0); /* or the shim does not work */
    return contents(output);
}

static void assert_output(const struct till_text *expected) {
    struct till_text text = contents(output);
    assert_int_equal(text.length, expected->length);
    assert_memory_equal(text.bytes, expected->bytes, text.length);
    till_text_free(&text);
}

/* `also` is a further status that is right where the C library hides that memory ran out. */
static void fail_each_allocation(const char *mode, enum till_status also) {
    unsigned long allocations;
    struct till_text expected = baseline(mode, &allocations);
    size_t failures = 0;
    for (unsigned long i = 1; i <= 2 * allocations; i++) {
        char setting[64];
        snprintf(setting, sizeof setting, "TILL_FAULT_MALLOC=%lu", (i + 1) / 2);
        enum till_status status = run(mode, setting, i % 2 == 0 ? "TILL_FAULT_STICKY=1" : "Y=1");
        if (status == TILL_OK) {
            assert_output(&expected);
        } else {
            failures++;
            assert_true(status == TILL_ERROR_MEMORY || status == also);
        }
    }
    assert_true(failures > 0);
    till_text_free(&expected);
}

/* Faults that are to be overcome, then those that are to be reported. */
static void fail_reading_and_writing(const char *mode, bool writes) {
    static const char *const harmless[] = {"TILL_FAULT_READ=short",     "TILL_FAULT_READ=short:7",
                                           "TILL_FAULT_READ=eintr",     "TILL_FAULT_READ=eintr:3",
                                           "TILL_FAULT_WRITE=short:11", "TILL_FAULT_WRITE=eintr"};
    static const char *const harmful[] = {"TILL_FAULT_READ=eio", "TILL_FAULT_READ=eio:2", "TILL_FAULT_WRITE=enospc",
                                          "TILL_FAULT_WRITE=eio"};
    unsigned long allocations;
    struct till_text expected = baseline(mode, &allocations);
    for (size_t i = 0; i < LENGTH(harmless); i++) {
        assert_int_equal(run(mode, harmless[i], "Y=1"), TILL_OK);
        assert_output(&expected);
    }
    for (size_t i = 0; i < (writes ? LENGTH(harmful) : 2); i++)
        assert_int_equal(run(mode, harmful[i], "Y=1"), TILL_ERROR_INPUT_OUTPUT);
    till_text_free(&expected);
}

static void write_lines(void) {
    FILE *file = fopen(input, "wb");
    assert_non_null(file);
    for (int i = 0; i < LINES; i++)
        fprintf(file, "C%d,2010-12-01,%d.50\n", i, i);
    assert_int_equal(fclose(file), 0);
}

static void write_gzip(void) {
    struct till_text text = contents(input);
    gzFile file = gzopen(input, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text.bytes, (unsigned)text.length), text.length);
    assert_int_equal(gzclose(file), Z_OK);
    till_text_free(&text);
}

static void write_model(void) {
    struct till_text text = {0};
    json_t *body = json_pack("{s:i, s:[f,f], s:{s:s}}", "bins", 5, "cuts", 0.1, 2.5, "about", "name", "客户");
    assert_int_equal(till_model_save(till_sink_text(&text), "test", body, NULL), TILL_OK);
    write_file(input, text.bytes, text.length);
    json_decref(body);
    till_text_free(&text);
}

/* The shim lies one folder above the tests; without it, or with a sanitizer's malloc, there is nothing to do. */
static bool find_shim(void) {
    char self[4000] = "";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    for (int i = 0; i < 2 && length > 0; i++) {
        char *slash = strrchr(self, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    snprintf(shim, sizeof shim, "%s/faults.so", self);
    return access(shim, R_OK) == 0;
}

static void need_shim(void) {
    if (SANITIZED || getenv("TILL_SANITIZER") != NULL || !find_shim()) {
        print_message("# skip: faults cannot be made with sanitizers, or without faults.so\n");
        skip();
    }
}

static void plain_files_survive_every_fault(void **state) {
    (void)state;
    need_shim();
    write_lines();
    fail_each_allocation("plain", TILL_ERROR_MEMORY);
    fail_reading_and_writing("plain", false);
}

static void gzip_survives_every_fault(void **state) {
    (void)state;
    need_shim();
    write_lines();
    write_gzip();
    fail_each_allocation("plain", TILL_ERROR_MEMORY);
    fail_reading_and_writing("plain", false);
}

static void encodings_survive_every_fault(void **state) {
    (void)state;
    need_shim();
    write_lines();
    fail_each_allocation("GB18030", TILL_ERROR_USAGE); /* iconv_open says EINVAL when it cannot load a module */
    fail_reading_and_writing("GB18030", false);
}

static void spilled_rows_survive_every_fault(void **state) {
    (void)state;
    need_shim();
    fail_each_allocation("rows", TILL_ERROR_MEMORY);
    fail_reading_and_writing("rows", true);
}

static void models_survive_every_fault(void **state) {
    (void)state;
    need_shim();
    write_model();
    fail_each_allocation("model", TILL_ERROR_MEMORY);
    fail_reading_and_writing("model", true);
}

static int start(void **state) {
    (void)state;
    snprintf(input, sizeof input, "%s.in", scratch_path());
    snprintf(output, sizeof output, "%s.out", scratch_path());
    snprintf(counted, sizeof counted, "%s.count", scratch_path());
    return 0;
}

static int end(void **state) {
    (void)state;
    unlink(input);
    unlink(output);
    unlink(counted);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "child") == 0)
        return run_child(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_files_survive_every_fault, start, end),
        cmocka_unit_test_setup_teardown(gzip_survives_every_fault, start, end),
        cmocka_unit_test_setup_teardown(encodings_survive_every_fault, start, end),
        cmocka_unit_test_setup_teardown(spilled_rows_survive_every_fault, start, end),
        cmocka_unit_test_setup_teardown(models_survive_every_fault, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
