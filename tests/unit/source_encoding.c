/* till/source.h over other encodings. Bytes and characters are from the standards named; the witness for whole files is
 * iconv(1). */
#include "tests/support/source.h"

static const size_t pieces[] = {1, 2, 3, 5, 63, 64, 65, 4096};

/* GB 18030-2005: one, two and four bytes; U+0080, U+FFFF, U+10000 and U+10FFFF are the ends of its four-byte ranges. */
static const char GB18030[] =
    "\xBF\xCD\xBB\xA7,\xBD\xF0\xB6\xEE\nC1,5\xD4\xAA\x81\x30\x81\x30\x84\x31\xA4\x39\x90\x30\x81\x30\xE3\x32\x9A\x35\n";
static const char GB18030_DECODED[] = "客户,金额\nC1,5元\xC2\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\n";

static void any_output_piece_gives_the_same_text(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        assert_reads(BYTES(GB18030), "GB18030", pieces[i], BYTES(GB18030_DECODED));
        assert_reads(BYTES(GB18030), "gb18030", pieces[i], BYTES(GB18030_DECODED));
        assert_reads(BYTES("caf\xE9,\xA3"
                           "5\n"),
                     "ISO-8859-1", pieces[i], BYTES("café,£5\n"));
        assert_reads(BYTES("\x80"
                           "5\n"),
                     "CP1252", pieces[i], BYTES("€5\n"));
        assert_reads(BYTES("\x1b$B4A\x1b(B,5\n"), "ISO-2022-JP", pieces[i], BYTES("漢,5\n")); /* RFC 1468 */
        assert_reads("", 0, "GB18030", pieces[i], "", 0);
    }
}

/* The decoder takes its input in pieces of 64 KiB: characters are made to lie across the first such cut in every way.
 */
static void characters_cut_at_every_byte_are_completed(void **state) {
    (void)state;
    enum { CUT = 65536, AROUND = 48 };
    static char bytes[CUT + 2 * AROUND], expected[CUT + 2 * AROUND];
    for (size_t before = 0; before < AROUND; before++) {
        size_t start = CUT - before;
        memset(bytes, 'x', start);
        memset(expected, 'x', start);
        memcpy(bytes + start, GB18030, sizeof GB18030 - 1);
        memcpy(expected + start, GB18030_DECODED, sizeof GB18030_DECODED - 1);
        assert_reads(bytes, start + sizeof GB18030 - 1, "GB18030", 4096 + before, expected,
                     start + sizeof GB18030_DECODED - 1);
    }
}

static void invalid_bytes_become_one_mark_each(void **state) {
    (void)state;
    static const struct {
        const char *encoding, *bytes;
        size_t length;
        const char *expected;
        size_t expected_length;
    } cases[] = {
        {"GB18030",
         BYTES("a\x81\nb,\xFF\xFF"
               "c\n"),
         BYTES("a\xFF\nb,\xFF\xFF"
               "c\n")},
        {"GB18030", BYTES("a\x81\x30\nb\n"),
         BYTES("a\xFF"
               "0\nb\n")},
        {"GBK", BYTES("\xC4\xE3\xC4\n"), BYTES("你\xFF\n")},
        {"US-ASCII", BYTES("caf\xC3\xA9\n"), BYTES("caf\xFF\xFF\n")},
        {"UTF-16LE", BYTES("a\0\x00\xD8\n\0b\0"), BYTES("a\xFF\nb")}, /* a high surrogate without its low one */
        {"UTF-16BE", BYTES("\0a\xDC\x00\0\n"), BYTES("a\xFF\n")},
        {"UTF-32LE", BYTES("a\0\0\0\0\0\x11\0\n\0\0\0"), BYTES("a\xFF\n")}, /* above U+10FFFF */
        {"GB18030", BYTES("a\x81"), BYTES("a\xFF")}, /* cut by the end: one mark for what is left */
        {"GB18030", BYTES("a\x81\x30\x81"), BYTES("a\xFF")},
        {"UTF-16LE", BYTES("a\0b"), BYTES("a\xFF")},
        {"UTF-16LE", BYTES("a\0\x00\xD8"), BYTES("a\xFF")},
        {"UTF-32BE", BYTES("\0\0\0a\0\0"), BYTES("a\xFF")},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (size_t j = 0; j < LENGTH(pieces); j++) {
            assert_reads(cases[i].bytes, cases[i].length, cases[i].encoding, pieces[j], cases[i].expected,
                         cases[i].expected_length);
        }
    }
}

static void many_invalid_bytes_fill_any_buffer(void **state) {
    (void)state;
    static char bytes[200000], expected[200000];
    memset(bytes, 0x80, sizeof bytes);
    memset(expected, 0xFF, sizeof expected);
    assert_reads(bytes, sizeof bytes, "US-ASCII", 999, expected, sizeof expected);
    assert_reads(bytes, sizeof bytes, "GB18030", 64, expected, sizeof expected);
}

static void marks_tell_the_order_of_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        assert_reads(BYTES("\xFF\xFE"
                           "i\0d\0\x43\x51"),
                     "UTF-16", pieces[i], BYTES("id\xE5\x85\x83"));
        assert_reads(BYTES("\xFE\xFF\0i\0d\x51\x43"), "utf16", pieces[i], BYTES("id元"));
        assert_reads(BYTES("\xFF\xFE"
                           "i\0d\0"),
                     "UTF-16LE", pieces[i], BYTES("id"));
        assert_reads(BYTES("i\0d\0"), "UTF-16LE", pieces[i], BYTES("id"));
        assert_reads(BYTES("\xFE\xFF\0i"), "UTF-16BE", pieces[i], BYTES("i"));
        assert_reads(BYTES("\xFF\xFE\0\0i\0\0\0"), "UTF-32", pieces[i], BYTES("i"));
        assert_reads(BYTES("\0\0\xFE\xFF\0\0\0i"), "UTF-32", pieces[i], BYTES("i"));
        assert_reads(BYTES("\0\0\0i"), "UTF-32BE", pieces[i], BYTES("i"));
        assert_reads(BYTES("\xFF\xFE\0\0i\0"), "UTF-16LE", pieces[i], BYTES("\0i"));
        assert_reads(BYTES("\x84\x31\x95\x33id"), "GB18030", pieces[i], BYTES("id"));
        assert_reads(BYTES("\xEF\xBB\xBFid"), "utf8", pieces[i], BYTES("id"));
        assert_reads("", 0, "UTF-16", pieces[i], "", 0);
    }
}

static void marks_that_contradict_are_refused(void **state) {
    (void)state;
    assert_refused(BYTES("\xFF\xFE"
                         "i\0"),
                   NULL, TILL_ERROR_DATA, "--encoding=UTF-16LE");
    assert_refused(BYTES("\xFF\xFE"
                         "i\0"),
                   "UTF-8", TILL_ERROR_DATA, "UTF-16LE byte order mark");
    assert_refused(BYTES("\xFE\xFF\0i"), NULL, TILL_ERROR_DATA, "--encoding=UTF-16BE");
    assert_refused(BYTES("\xFF\xFE\0\0i\0\0\0"), NULL, TILL_ERROR_DATA, "--encoding=UTF-32LE");
    assert_refused(BYTES("\0\0\xFE\xFF\0\0\0i"), NULL, TILL_ERROR_DATA, "--encoding=UTF-32BE");
    assert_refused(BYTES("\x84\x31\x95\x33id"), NULL, TILL_ERROR_DATA, "--encoding=GB18030");
    assert_refused(BYTES("\xFE\xFF\0i"), "UTF-16LE", TILL_ERROR_DATA, "UTF-16BE byte order mark");
    assert_refused(BYTES("\xEF\xBB\xBFid"), "GBK", TILL_ERROR_DATA, "UTF-8 byte order mark");
    assert_refused(BYTES("i\0d\0"), "UTF-16", TILL_ERROR_DATA, "no byte order mark");
    assert_refused(BYTES("i\0\0\0"), "UTF-32", TILL_ERROR_DATA, "no byte order mark");
}

static void a_mark_error_is_at_line_one(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_source *source;
    write_file(scratch_path(), BYTES("\xFF\xFE"
                                     "i\0"));
    assert_int_equal(till_source_open(&source, scratch_path(), NULL, &error), TILL_ERROR_DATA);
    assert_int_equal(error.line, 1);
    assert_string_equal(error.file, scratch_path());
    assert_int_equal(unlink(scratch_path()), 0);
}

static void names_that_iconv_would_bend_are_unknown(void **state) {
    (void)state;
    static const char *const names[] = {"", "no-such-encoding", "GBK//TRANSLIT", "ASCII//IGNORE", "/", "\x1b[31m"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        assert_refused(BYTES("id\n"), names[i], TILL_ERROR_USAGE, "unknown encoding: \"");
        struct till_error error = {0};
        struct till_source *source;
        struct till_source_options options = {.encoding = names[i]};
        /* The name is looked at before the file. */
        assert_int_equal(till_source_open(&source, "/nowhere", &options, &error), TILL_ERROR_USAGE);
        assert_null(strchr(error.message, '\x1b'));
    }
}

static void append_utf8(FILE *file, unsigned code) {
    if (code < 0x800) {
        putc((int)(0xC0 | code >> 6), file);
    } else if (code < 0x10000) {
        putc((int)(0xE0 | code >> 12), file);
        putc((int)(0x80 | (code >> 6 & 0x3F)), file);
    } else {
        putc((int)(0xF0 | code >> 18), file);
        putc((int)(0x80 | (code >> 12 & 0x3F)), file);
        putc((int)(0x80 | (code >> 6 & 0x3F)), file);
    }
    putc((int)(0x80 | (code & 0x3F)), file);
}

/* Every character there is, there and back. */
static void all_of_unicode_decodes_as_iconv_decodes_it(void **state) {
    (void)state;
    static const char *const encodings[] = {"GB18030", "UTF-16LE", "UTF-32BE"};
    char text[80], wide[80], command[300];
    snprintf(text, sizeof text, "%s.txt", scratch_path());
    snprintf(wide, sizeof wide, "%s.wide", scratch_path());
    FILE *file = fopen(text, "wb");
    assert_non_null(file);
    for (unsigned code = 0x80; code <= 0x10FFFF; code++)
        if (code < 0xD800 || code > 0xDFFF)
            append_utf8(file, code);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < LENGTH(encodings); i++) {
        snprintf(command, sizeof command, "iconv -c -f UTF-8 -t %s %s > %s", encodings[i], text, wide);
        assert_int_equal(system(command), 0);
        snprintf(command, sizeof command, "iconv -f %s -t UTF-8 %s", encodings[i], wide);
        assert_same_as_command(wide, encodings[i], command);
    }
    assert_int_equal(unlink(text), 0);
    assert_int_equal(unlink(wide), 0);
}

static void the_shared_latin1_export_decodes_as_iconv_decodes_it(void **state) {
    (void)state;
    need_shared();
    char command[5000];
    const char *path = shared_path("data/online-retail/online-retail-2010-12-latin1-crlf.csv.gz");
    if (path == NULL)
        skip();
    snprintf(command, sizeof command, "gzip -dc '%s' | iconv -f ISO-8859-1 -t UTF-8", path);
    assert_same_as_command(path, "ISO-8859-1", command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_output_piece_gives_the_same_text),
        cmocka_unit_test(characters_cut_at_every_byte_are_completed),
        cmocka_unit_test(invalid_bytes_become_one_mark_each),
        cmocka_unit_test(many_invalid_bytes_fill_any_buffer),
        cmocka_unit_test(marks_tell_the_order_of_bytes),
        cmocka_unit_test(marks_that_contradict_are_refused),
        cmocka_unit_test(a_mark_error_is_at_line_one),
        cmocka_unit_test(names_that_iconv_would_bend_are_unknown),
        cmocka_unit_test(all_of_unicode_decodes_as_iconv_decodes_it),
        cmocka_unit_test(the_shared_latin1_export_decodes_as_iconv_decodes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
