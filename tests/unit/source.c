/* till/source.h over files, pipes and gzip. The witnesses are gzip(1) and zlib's deflate. */
#include "tests/support/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <zlib.h>

static const char TEXT[] = "customer_id,date,amount\nC1,2010-12-01,10.50\nC2,2010-12-02,20.50\nC1,2010-12-09,4.75\n";

/* One gzip member holding `length` bytes, by zlib. */
static size_t compress_member(unsigned char *out, size_t room, const void *bytes, size_t length, int level) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    unsigned char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    stream.next_in = copy;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = room - stream.avail_out;
    deflateEnd(&stream);
    free(copy);
    return size;
}

static void a_plain_file_is_read_byte_for_byte(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 5, 64, 4096};
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        assert_reads(BYTES(TEXT), NULL, pieces[i], BYTES(TEXT));
        assert_reads(BYTES("\xEF\xBB\xBFid\n"), NULL, pieces[i], BYTES("id\n"));
        assert_reads(BYTES("\xEF\xBB\xBF\xEF\xBB\xBFid"), NULL, pieces[i], BYTES("\xEF\xBB\xBFid"));
        assert_reads(BYTES("a\0\xFF\x80"), NULL, pieces[i], BYTES("a\0\xFF\x80"));
        for (size_t length = 0; length < 8; length++)
            assert_reads("abcdefgh", length, NULL, pieces[i], "abcdefgh", length);
    }
    assert_reads(BYTES("\xEF\xBB\xBF"), NULL, 16, BYTES(""));
}

static void what_cannot_be_read_says_why(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_source *source;
    assert_int_equal(till_source_open(&source, "/nowhere/sales.csv", NULL, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_null(source);
    assert_string_equal(error.message, "cannot open: No such file or directory");
    assert_string_equal(error.file, "/nowhere/sales.csv");
    assert_int_equal(till_source_open(&source, "/tmp", NULL, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "cannot read: Is a directory");
    assert_string_equal(error.file, "/tmp");
    assert_int_equal(till_source_open(&source, "/nowhere", NULL, NULL), TILL_ERROR_INPUT_OUTPUT);
    till_source_close(NULL);
}

static void a_device_that_fails_is_an_error(void **state) {
    (void)state;
    struct till_text out = {0};
    struct till_error error = {0};
    if (access("/proc/self/mem", R_OK) != 0)
        skip();
    /* Address 0 is not mapped, so reading the memory of this process from its start fails with EIO. */
    assert_int_equal(read_path("/proc/self/mem", NULL, 64, &out, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "cannot read: Input/output error");
    assert_string_equal(error.file, "/proc/self/mem");
}

static void a_file_is_known_by_device_and_inode(void **state) {
    (void)state;
    struct till_source *source;
    struct stat about;
    uint64_t device, inode;
    char buffer[100];
    size_t got;
    write_file(scratch_path(), BYTES(TEXT));
    assert_int_equal(stat(scratch_path(), &about), 0);
    assert_int_equal(till_source_open(&source, scratch_path(), NULL, NULL), TILL_OK);
    assert_true(till_source_identity(source, &device, &inode));
    assert_true(device == (uint64_t)about.st_dev && inode == (uint64_t)about.st_ino);
    assert_int_equal(till_source_size(source), sizeof TEXT - 1);
    assert_string_equal(till_source_name(source), scratch_path());
    assert_int_equal(till_source_read(source, buffer, 10, &got, NULL), TILL_OK);
    assert_int_equal(till_source_position(source), 10);
    assert_int_equal(till_source_bytes(source), 10);
    till_source_close(source);
    assert_int_equal(unlink(scratch_path()), 0);
    assert_int_equal(till_source_open(&source, "/dev/null", NULL, NULL), TILL_OK);
    assert_false(till_source_identity(source, &device, &inode));
    assert_int_equal(till_source_size(source), 0);
    till_source_close(source);
}

/* A thread that writes bytes into a pipe, `step` at a time. */
struct writer {
    int descriptor;
    const unsigned char *bytes;
    size_t length;
    size_t step;
    bool slow;
};

static void *write_slowly(void *context) {
    struct writer *writer = context;
    for (size_t at = 0; at < writer->length; at += writer->step) {
        size_t length = writer->length - at < writer->step ? writer->length - at : writer->step;
        if (write(writer->descriptor, writer->bytes + at, length) != (ssize_t)length)
            break;
        if (writer->slow)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    close(writer->descriptor);
    return NULL;
}

/* Reads `bytes` from standard input while another thread writes them. `flags` are for the reading end. */
static void assert_pipe_reads(const void *bytes, size_t length, bool slow, int flags, const char *expected,
                              size_t expected_length) {
    int ends[2];
    pthread_t thread;
    struct till_text out = {0};
    struct till_error error = {0};
    sigset_t alarm_signal, old;
    int saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, flags), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    struct writer writer = {ends[1], bytes, length, 1, slow};
    sigemptyset(&alarm_signal);
    sigaddset(&alarm_signal, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_signal, &old); /* signals are for the reader */
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (read_path("-", NULL, 32, &out, &error) != TILL_OK)
        fail_msg("%s: %s", error.file, error.message);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(out.length, expected_length);
    assert_memory_equal(out.bytes, expected, expected_length);
    till_text_free(&out);
    close(ends[0]);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void a_pipe_of_single_bytes_equals_a_file(void **state) {
    (void)state;
    unsigned char packed[1024];
    size_t length = compress_member(packed, sizeof packed, BYTES(TEXT), 9);
    length += compress_member(packed + length, sizeof packed - length, BYTES(TEXT), 0);
    char twice[2 * sizeof TEXT];
    snprintf(twice, sizeof twice, "%s%s", TEXT, TEXT);
    assert_pipe_reads(BYTES(TEXT), false, 0, BYTES(TEXT));
    assert_pipe_reads(packed, length, false, 0, twice, strlen(twice));
}

static void a_non_blocking_pipe_is_waited_for(void **state) {
    (void)state;
    assert_pipe_reads(BYTES(TEXT), true, O_NONBLOCK, BYTES(TEXT));
}

static volatile sig_atomic_t alarms;
static void count_alarm(int number) {
    (void)number;
    alarms = alarms + 1;
}

static void interrupted_reads_are_continued(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = count_alarm}; /* no SA_RESTART: read gives EINTR */
    struct sigaction old;
    struct itimerval often = {{0, 300}, {0, 300}};
    struct itimerval never = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    alarms = 0;
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_pipe_reads(BYTES(TEXT), true, 0, BYTES(TEXT));
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_true(alarms > 0);
}

static void the_shared_gzip_files_read_as_gzip_reads_them(void **state) {
    (void)state;
    need_shared();
    static const char *const good[] = {"ok_gz.csv.gz", "ok_gz_multi_member.csv.gz", "ok_gz_empty_member.csv.gz",
                                       "ok_gz_named_csv.csv", "sec_gz_bomb_256m.csv.gz"};
    char name[128], command[5000];
    for (size_t i = 0; i < LENGTH(good); i++) {
        snprintf(name, sizeof name, "torture/%s", good[i]);
        const char *path = shared_path(name);
        snprintf(command, sizeof command, "gzip -dc < '%s'", path);
        assert_same_as_command(path, NULL, command);
    }
    const char *plain = shared_path("torture/ok_plain_named_gz.csv.gz");
    snprintf(command, sizeof command, "cat '%s'", plain);
    assert_same_as_command(plain, NULL, command);
}

static void the_shared_damaged_gzip_files_are_refused(void **state) {
    (void)state;
    need_shared();
    static const struct {
        const char *name;
        const char *message;
    } bad[] = {
        {"bad_gz_bitflip_stored.csv.gz", "incorrect data check"},
        {"bad_gz_crc.csv.gz", "incorrect data check"},
        {"bad_gz_isize.csv.gz", "incorrect length check"},
        {"bad_gz_header_only.csv.gz", "unexpected end of file"},
        {"bad_gz_trunc_trailer.csv.gz", "unexpected end of file"},
        {"bad_gz_truncated.csv.gz", "unexpected end of file"},
        {"bad_gz_trailing_garbage.csv.gz", "something else than gzip follows"},
    };
    char path[128];
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct till_text out = {0};
        struct till_error error = {0};
        snprintf(path, sizeof path, "torture/%s", bad[i].name);
        const char *found = shared_path(path);
        assert_non_null(found);
        assert_int_equal(read_path(found, NULL, 4096, &out, &error), TILL_ERROR_INPUT_OUTPUT);
        assert_non_null(strstr(error.message, "damaged gzip: "));
        assert_non_null(strstr(error.message, bad[i].message));
        assert_string_equal(error.file, found);
        till_text_free(&out);
    }
}

static void members_cut_anywhere_read_as_one(void **state) {
    (void)state;
    unsigned char packed[4096];
    for (size_t cut = 0; cut < sizeof TEXT; cut++) {
        size_t length = compress_member(packed, sizeof packed, TEXT, cut, 9);
        length += compress_member(packed + length, sizeof packed - length, "", 0, 9);
        length += compress_member(packed + length, sizeof packed - length, TEXT + cut, sizeof TEXT - 1 - cut, 1);
        assert_reads(packed, length, NULL, 1 + cut % 7, BYTES(TEXT));
        assert_reads(packed, length, NULL, 1 << 16, BYTES(TEXT));
    }
}

/* A member with every optional header field, as RFC 1952 has them: extra, name, comment, header checksum. */
static size_t compress_with_header(unsigned char *out, size_t room) {
    unsigned char extra[] = "XX\3\0abc", name[] = "sales.csv", comment[] = "exported";
    unsigned char text[sizeof TEXT];
    gz_header header = {
        .extra = extra, .extra_len = 7, .name = name, .comment = comment, .hcrc = 1, .os = 3, .time = 1234567};
    z_stream stream = {0};
    memcpy(text, TEXT, sizeof TEXT);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&stream, &header), Z_OK);
    stream.next_in = text;
    stream.avail_in = sizeof TEXT - 1;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t length = room - stream.avail_out;
    deflateEnd(&stream);
    return length;
}

static void gzip_cut_at_any_byte_is_refused(void **state) {
    (void)state;
    unsigned char packed[1024];
    size_t first = compress_with_header(packed, sizeof packed);
    size_t length = first + compress_member(packed + first, sizeof packed - first, BYTES(TEXT), 0);
    for (size_t cut = 1; cut < length; cut++)
        if (cut != first) /* there the file is whole, with one member fewer */
            assert_refused(packed, cut, NULL, TILL_ERROR_INPUT_OUTPUT, "damaged gzip: ");
}

/* Any flip is an error, or does not matter to the bytes (the time or the name in a header without a checksum). */
static void gzip_with_any_bit_flipped_never_gives_other_bytes(void **state) {
    (void)state;
    unsigned char packed[3][512];
    size_t lengths[3] = {compress_member(packed[0], 512, BYTES(TEXT), 9),
                         compress_member(packed[1], 512, BYTES(TEXT), 0), compress_with_header(packed[2], 512)};
    size_t harmless = 0;
    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t bit = 0; bit < 8 * lengths[kind]; bit++) {
            struct till_text out = {0};
            struct till_error error = {0};
            packed[kind][bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (read_bytes(packed[kind], lengths[kind], NULL, 4096, &out, &error) == TILL_OK) {
                harmless++;
                assert_int_equal(out.length, sizeof TEXT - 1);
                assert_memory_equal(out.bytes, TEXT, sizeof TEXT - 1);
            } else {
                assert_int_equal(error.status, TILL_ERROR_INPUT_OUTPUT);
            }
            packed[kind][bit / 8] ^= (unsigned char)(1 << bit % 8);
            till_text_free(&out);
        }
    }
    /* Two members without a header checksum have 6 bytes each of time, flags and system, and the flag "is text". */
    assert_in_range(harmless, 2 * (6 * 8), 2 * (6 * 8 + 1) + 16);
}

static void zero_padding_behind_gzip_is_no_garbage(void **state) {
    (void)state;
    static unsigned char packed[700000];
    size_t length = compress_member(packed, sizeof packed, BYTES(TEXT), 9);
    assert_reads(packed, length + 1, NULL, 4096, BYTES(TEXT));
    assert_reads(packed, length + 512, NULL, 7, BYTES(TEXT));
    assert_reads(packed, sizeof packed, NULL, 4096, BYTES(TEXT)); /* longer than a piece of input */
    packed[sizeof packed - 1] = 1;
    assert_refused(packed, sizeof packed, NULL, TILL_ERROR_INPUT_OUTPUT, "something else than gzip follows");
    packed[length + 10] = 0x1f; /* nor does a member follow padding */
    assert_refused(packed, sizeof packed, NULL, TILL_ERROR_INPUT_OUTPUT, "something else than gzip follows");
}

static void a_mark_inside_gzip_is_dropped(void **state) {
    (void)state;
    unsigned char packed[512];
    size_t length = compress_member(packed, sizeof packed, BYTES("\xEF\xBB\xBFid\n"), 9);
    assert_reads(packed, length, NULL, 4096, BYTES("id\n"));
    assert_reads(packed, length, "utf-8", 1, BYTES("id\n"));
    length = compress_member(packed, sizeof packed, BYTES("\xFF\xFEi\0d\0"), 9);
    assert_refused(packed, length, NULL, TILL_ERROR_DATA, "--encoding=UTF-16LE");
    assert_reads(packed, length, "UTF-16", 1, BYTES("id"));
    assert_reads(packed, length, "UTF-16LE", 4096, BYTES("id"));
    length = compress_member(packed, sizeof packed, "", 0, 9);
    assert_reads(packed, length, NULL, 4096, BYTES(""));
}

static void the_first_error_is_given_again(void **state) {
    (void)state;
    unsigned char packed[512];
    char buffer[4096];
    struct till_source *source;
    struct till_error error = {0};
    size_t got = 99;
    size_t length = compress_member(packed, sizeof packed, BYTES(TEXT), 9);
    write_file(scratch_path(), packed, length - 1);
    assert_int_equal(till_source_open(&source, scratch_path(), NULL, &error), TILL_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(till_source_read(source, buffer, sizeof buffer, &got, &error), TILL_ERROR_INPUT_OUTPUT);
        assert_int_equal(got, 0);
        assert_non_null(strstr(error.message, "unexpected end of file"));
        assert_string_equal(error.file, scratch_path());
    }
    till_source_close(source);
    assert_int_equal(unlink(scratch_path()), 0);
}

static struct till_fingerprint digest_of(const char *path, const char *encoding, size_t piece) {
    struct till_source_options options = {.encoding = encoding, .digest = true};
    struct till_source *source;
    struct till_text out = {0};
    assert_int_equal(till_source_open(&source, path, &options, NULL), TILL_OK);
    assert_int_equal(drain(source, piece, &out, NULL), TILL_OK);
    struct till_fingerprint digest = till_source_digest(source);
    till_source_close(source);
    till_text_free(&out);
    return digest;
}

static void the_digest_is_of_the_decoded_bytes(void **state) {
    (void)state;
    struct till_digest direct;
    unsigned char packed[1024], wide[2 * sizeof TEXT];
    till_digest_start(&direct);
    till_digest_add(&direct, BYTES(TEXT));
    struct till_fingerprint expected = till_digest_finish(&direct);
    for (size_t i = 0; i < sizeof TEXT; i++) {
        wide[2 * i] = (unsigned char)TEXT[i];
        wide[2 * i + 1] = 0;
    }
    for (size_t piece = 1; piece < 100; piece += 7) {
        write_file(scratch_path(), BYTES(TEXT));
        assert_true(till_fingerprint_equal(digest_of(scratch_path(), NULL, piece), expected));
        write_file(scratch_path(), packed, compress_member(packed, sizeof packed, BYTES(TEXT), 9));
        assert_true(till_fingerprint_equal(digest_of(scratch_path(), NULL, piece), expected));
        write_file(scratch_path(), wide, 2 * (sizeof TEXT - 1));
        assert_true(till_fingerprint_equal(digest_of(scratch_path(), "UTF-16LE", piece), expected));
    }
    assert_int_equal(unlink(scratch_path()), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_is_read_byte_for_byte),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(a_device_that_fails_is_an_error),
        cmocka_unit_test(a_file_is_known_by_device_and_inode),
        cmocka_unit_test(a_pipe_of_single_bytes_equals_a_file),
        cmocka_unit_test(a_non_blocking_pipe_is_waited_for),
        cmocka_unit_test(interrupted_reads_are_continued),
        cmocka_unit_test(the_shared_gzip_files_read_as_gzip_reads_them),
        cmocka_unit_test(the_shared_damaged_gzip_files_are_refused),
        cmocka_unit_test(members_cut_anywhere_read_as_one),
        cmocka_unit_test(gzip_cut_at_any_byte_is_refused),
        cmocka_unit_test(gzip_with_any_bit_flipped_never_gives_other_bytes),
        cmocka_unit_test(zero_padding_behind_gzip_is_no_garbage),
        cmocka_unit_test(a_mark_inside_gzip_is_dropped),
        cmocka_unit_test(the_first_error_is_given_again),
        cmocka_unit_test(the_digest_is_of_the_decoded_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
