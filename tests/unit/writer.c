/* The writer: what each format makes of the same cells. Expectations follow RFC 4180, RFC 8259 and GitHub Flavored
 * Markdown. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <csv.h>
#include <jansson.h>

#include <till/date.h>
#include <till/input.h>
#include <till/table.h>
#include <till/writer.h>

static const struct till_slice names[] = {{"id", 2},    {"on", 2}, {"n", 1}, {"total", 5},
                                          {"share", 5}, {"at", 2}, {"d", 1}};
static const enum till_type types[] = {TILL_TEXT, TILL_DAY, TILL_COUNT, TILL_MONEY, TILL_REAL, TILL_TIME, TILL_INTEGER};

static struct till_writer *open_writer(struct till_text *out, struct till_writer_options options) {
    struct till_writer *writer;
    struct till_error error = {0};
    assert_int_equal(till_writer_new(&writer, till_sink_text(out), &options, &error), TILL_OK);
    return writer;
}

static struct till_text close_writer(struct till_writer *writer, struct till_text *out) {
    struct till_error error = {0};
    assert_int_equal(till_writer_finish(writer, &error), TILL_OK);
    till_writer_free(writer);
    return *out;
}

static void end(struct till_writer *writer) {
    struct till_error error = {0};
    assert_int_equal(till_writer_end(writer, &error), TILL_OK);
}

/* A row of every type, one of missing values, and one with a text. */
static void write_rows(struct till_writer *writer, const char *text) {
    struct till_error error = {0};
    assert_int_equal(till_writer_columns(writer, names, types, 7, &error), TILL_OK);
    till_writer_text(writer, till_slice_of(text));
    till_writer_day(writer, 14944);
    till_writer_count(writer, 7);
    till_writer_money(writer, -1250000);
    till_writer_real(writer, 0.25);
    till_writer_time(writer, INT64_C(14944) * 86400 - 1);
    till_writer_integer(writer, -3);
    end(writer);
    till_writer_text(writer, (struct till_slice){NULL, 0});
    till_writer_day(writer, TILL_DAY_MISSING);
    till_writer_count(writer, UINT64_MAX);
    till_writer_money(writer, INT64_MIN);
    till_writer_real(writer, (double)NAN);
    till_writer_time(writer, TILL_TIME_MISSING);
    till_writer_integer(writer, INT64_MIN);
    end(writer);
}

static struct till_text write_all(struct till_writer_options options, const char *text) {
    static struct till_text out;
    out = (struct till_text){0};
    struct till_writer *writer = open_writer(&out, options);
    write_rows(writer, text);
    return close_writer(writer, &out);
}

static void expect(struct till_writer_options options, const char *text, const char *expected) {
    struct till_text out = write_all(options, text);
    assert_string_equal(till_text_string(&out), expected);
    till_text_free(&out);
}

static struct till_text one_column(struct till_writer_options options, const char *name, const char *const *cells,
                                   size_t count) {
    static struct till_text out;
    out = (struct till_text){0};
    struct till_error error = {0};
    struct till_writer *writer = open_writer(&out, options);
    assert_int_equal(till_writer_columns(writer, &(struct till_slice){name, strlen(name)}, types, 1, &error), TILL_OK);
    for (size_t i = 0; i < count; i++) {
        till_writer_text(writer, till_slice_of(cells[i]));
        end(writer);
    }
    return close_writer(writer, &out);
}

static void csv_has_a_field_for_each_type(void **state) {
    (void)state;
    expect((struct till_writer_options){0}, "C1",
           "id,on,n,total,share,at,d\nC1,2010-12-01,7,-125.00,0.25,2010-11-30 23:59:59,-3\n,,,,,,\n");
    expect((struct till_writer_options){.format = TILL_FORMAT_TSV, .delimiter = ','}, "C1",
           "id\ton\tn\ttotal\tshare\tat\td\nC1\t2010-12-01\t7\t-125.00\t0.25\t2010-11-30 23:59:59\t-3\n\t\t\t\t\t\t\n");
}

static void json_has_numbers_strings_and_nulls(void **state) {
    (void)state;
    const char *rows[] = {"{\"id\":\"C1\",\"on\":\"2010-12-01\",\"n\":7,\"total\":-125.00,\"share\":0.25,"
                          "\"at\":\"2010-11-30 23:59:59\",\"d\":-3}",
                          "{\"id\":null,\"on\":null,\"n\":null,\"total\":null,\"share\":null,\"at\":null,\"d\":null}"};
    char expected[512];
    snprintf(expected, sizeof expected, "%s\n%s\n", rows[0], rows[1]);
    expect((struct till_writer_options){.format = TILL_FORMAT_JSONL}, "C1", expected);
    snprintf(expected, sizeof expected, "[\n%s,\n%s\n]\n", rows[0], rows[1]);
    expect((struct till_writer_options){.format = TILL_FORMAT_JSON}, "C1", expected);
}

static void markdown_escapes_pipes(void **state) {
    (void)state;
    expect(
        (struct till_writer_options){.format = TILL_FORMAT_MARKDOWN}, "a|b\\c\r\nd",
        "| id | on | n | total | share | at | d |\n| --- | --- | ---: | ---: | ---: | --- | ---: |\n"
        "| a\\|b\\\\c<br>d | 2010-12-01 | 7 | -125.00 | 0.25 | 2010-11-30 23:59:59 | -3 |\n|  |  |  |  |  |  |  |\n");
}

static void table_aligns_by_terminal_columns(void **state) {
    (void)state;
    /* Two wide characters, a combining acute, a control byte and an invalid byte: 4 + 1 + 4 + 4 columns. */
    expect((struct till_writer_options){.format = TILL_FORMAT_TABLE}, "客户e\xCC\x81\x1b\xff",
           "id             on          n    total  share  at                    d\n"
           "-------------  ----------  -  -------  -----  -------------------  --\n"
           "客户e\xCC\x81\\x1b\\xff  2010-12-01  7  -125.00   0.25  2010-11-30 23:59:59  -3\n\n");
}

static void texts_that_look_like_numbers_stand_to_the_right(void **state) {
    (void)state;
    static const char *const numbers[] = {"1.5", "", "-1e9"}, *const mixed[] = {"1.5", "1-e"};
    struct till_text out = one_column((struct till_writer_options){.format = TILL_FORMAT_TABLE}, "total", numbers, 3);
    assert_string_equal(till_text_string(&out), "total\n-----\n  1.5\n\n -1e9\n");
    till_text_free(&out);
    out = one_column((struct till_writer_options){.format = TILL_FORMAT_TABLE}, "total", mixed, 2);
    assert_string_equal(till_text_string(&out), "total\n-----\n1.5\n1-e\n");
    till_text_free(&out);
}

/* What libcsv reads back, fields ended by | and rows by /. */
static void read_field(void *bytes, size_t length, void *context) {
    till_text_append(context, bytes, length);
    till_text_append(context, "|", 1);
}

static void read_row(int terminator, void *context) {
    (void)terminator;
    till_text_append(context, "/", 1);
}

static void fields_are_quoted_only_where_they_need_it(void **state) {
    (void)state;
    static const struct {
        const char *field, *written;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {" blank ", " blank "},
        {"a;b", "a;b"},
        {"'", "'"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {"\r", "\"\r\""},
        {"long enough for words", "long enough for words"},
        {"long, enough for words", "\"long, enough for words\""},
        {"long enough for words,", "\"long enough for words,\""},
        {"0123456,", "\"0123456,\""},
        {",0123456789ab", "\",0123456789ab\""},
        {"客户编号客户编号", "客户编号客户编号"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct till_text out = {0};
        assert_true(till_csv_append_field(&out, till_slice_of(cases[i].field), ','));
        assert_string_equal(till_text_string(&out), cases[i].written);
        till_text_free(&out);
    }
}

static int never(unsigned char byte) {
    (void)byte;
    return 0;
}

/* Every short text over the bytes that matter comes back from libcsv as it was, and has quotes exactly when it holds
 * one. */
static void every_text_reads_back(void **state) {
    (void)state;
    static const char bytes[] = ",\"\n\r a;";
    struct till_text written = {0}, expected = {0}, back = {0};
    for (unsigned value = 0; value < 7 * 7 * 7 * 7; value++) {
        char field[13] = "01234567";
        for (unsigned i = 0, rest = value; i < 4; i++, rest /= 7)
            field[(i * 5) % 12] = bytes[rest % 7];
        struct till_slice slice = {field, 4 + value % 9};
        bool needs = false;
        for (size_t i = 0; i < slice.length; i++)
            needs |= memchr(",\"\n\r", field[i], 4) != NULL;
        size_t start = written.length;
        assert_true(till_csv_append_field(&written, slice, ','));
        assert_int_equal(written.bytes[start] == '"' && written.length - start >= slice.length + 2, needs);
        till_text_append_string(&written, ",x\n");
        read_field((void *)(uintptr_t)slice.bytes, slice.length, &expected);
        till_text_append_string(&expected, "x|/");
    }
    struct csv_parser parser;
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    csv_set_space_func(&parser, never);         /* by default libcsv trims blanks */
    for (size_t i = 0; i < written.length; i++) /* byte by byte: chunks must not matter */
        assert_int_equal(csv_parse(&parser, written.bytes + i, 1, read_field, read_row, &back), 1);
    csv_free(&parser);
    assert_int_equal(back.length, expected.length);
    assert_memory_equal(back.bytes, expected.bytes, back.length);
    till_text_free(&written);
    till_text_free(&expected);
    till_text_free(&back);
}

static void a_single_empty_cell_is_not_a_blank_line(void **state) {
    (void)state;
    struct till_text out = one_column((struct till_writer_options){0}, "", (const char *[]){"a", "", NULL}, 3);
    assert_string_equal(till_text_string(&out), "\"\"\na\n\"\"\n\"\"\n");
    till_text_free(&out);
}

static void no_rows_leave_a_header(void **state) {
    (void)state;
    static const char *expected[] = {"id\n", "id\n", "", "[\n]\n", "| id |\n| --- |\n", "id\n--\n"};
    for (int format = 0; format < 6; format++) {
        struct till_text out =
            one_column((struct till_writer_options){.format = (enum till_format)format}, "id", NULL, 0);
        assert_string_equal(till_text_string(&out), expected[format]);
        till_text_free(&out);
    }
}

/* All of ASCII, and characters of two to four bytes, read back by jansson. */
static void json_strings_read_back(void **state) {
    (void)state;
    char text[160];
    for (int i = 0; i < 127; i++)
        text[i] = (char)(i + 1);
    strcpy(text + 127, "é客😀");
    struct till_text out =
        one_column((struct till_writer_options){.format = TILL_FORMAT_JSON}, "k\"\n", (const char *[]){text}, 1);
    json_t *root = json_loadb(out.bytes, out.length, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(json_array_get(root, 0), "k\"\n")), text);
    json_decref(root);
    till_text_free(&out);
}

static void json_refuses_what_it_cannot_hold(void **state) {
    (void)state;
    struct till_text out = {0};
    struct till_error error = {0};
    struct till_writer *writer = open_writer(&out, (struct till_writer_options){.format = TILL_FORMAT_JSONL});
    assert_int_equal(till_writer_columns(writer, names, types, 1, &error), TILL_OK);
    till_writer_text(writer, till_slice_of("caf\xE9"));
    assert_int_equal(till_writer_end(writer, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "row 1"));
    till_writer_free(writer);
    const struct till_slice twice[] = {{"a", 1}, {"b", 1}, {"a", 1}};
    writer = open_writer(&out, (struct till_writer_options){.format = TILL_FORMAT_JSON});
    assert_int_equal(till_writer_columns(writer, twice, (enum till_type[]){TILL_TEXT, TILL_TEXT, TILL_TEXT}, 3, &error),
                     TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "columns 1 and 3"));
    till_writer_free(writer);
    till_text_free(&out);
}

static void a_delimiter_found_in_numbers_is_quoted_there(void **state) {
    (void)state;
    struct till_text out = write_all((struct till_writer_options){.delimiter = '-'}, "C1");
    assert_string_equal(till_text_string(&out), "id-on-n-total-share-at-d\n"
                                                "C1-\"2010-12-01\"-7-\"-125.00\"-0.25-\"2010-11-30 23:59:59\"-\"-3\"\n"
                                                "------\n");
    till_text_free(&out);
}

static void a_row_has_as_many_cells_as_columns(void **state) {
    (void)state;
    for (int cells = 1; cells <= 3; cells += 2) {
        struct till_text out = {0};
        struct till_error error = {0};
        struct till_writer *writer = open_writer(&out, (struct till_writer_options){0});
        assert_int_equal(till_writer_columns(writer, names, types, 2, &error), TILL_OK);
        for (int i = 0; i < cells; i++)
            till_writer_count(writer, 1);
        assert_int_equal(till_writer_end(writer, &error), TILL_ERROR_USAGE);
        till_writer_free(writer);
        till_text_free(&out);
    }
}

static struct till_text pass_through(enum till_format format, char delimiter, const char *record, size_t fields) {
    static struct till_text out;
    out = (struct till_text){0};
    struct till_error error = {0};
    const struct till_slice three[] = {{"a", 1}, {"b", 1}, {"new", 3}};
    const enum till_type kinds[] = {TILL_TEXT, TILL_TEXT, TILL_COUNT};
    struct till_writer *writer =
        open_writer(&out, (struct till_writer_options){.format = format, .delimiter = delimiter});
    assert_int_equal(till_writer_columns(writer, three + 2 - fields, kinds + 2 - fields, fields + 1, &error), TILL_OK);
    assert_int_equal(till_writer_record(writer, till_slice_of(record), ';', fields, &error), TILL_OK);
    till_writer_count(writer, 1);
    end(writer);
    return close_writer(writer, &out);
}

static void records_pass_through(void **state) {
    (void)state;
    static const struct {
        enum till_format format;
        char delimiter;
        const char *record;
        size_t fields;
        const char *expected;
    } cases[] = {
        {TILL_FORMAT_CSV, ';', "\"x\";y,z", 2, "a;b;new\n\"x\";y,z;1\n"},
        {TILL_FORMAT_CSV, ',', "\"x\";y,z", 2, "a,b,new\nx,\"y,z\",1\n"},
        {TILL_FORMAT_CSV, ',', "\"x;\"\"\n\";", 2, "a,b,new\n\"x;\"\"\n\",,1\n"},
        {TILL_FORMAT_CSV, ',', "", 1, "b,new\n,1\n"},
        {TILL_FORMAT_TSV, ';', " x ;1", 2, "a\tb\tnew\n x \t1\t1\n"},
        {TILL_FORMAT_JSONL, ';', "\"\"\"x\"\"\";01", 2, "{\"a\":\"\\\"x\\\"\",\"b\":\"01\",\"new\":1}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct till_text out = pass_through(cases[i].format, cases[i].delimiter, cases[i].record, cases[i].fields);
        assert_string_equal(till_text_string(&out), cases[i].expected);
        till_text_free(&out);
    }
}

static void a_record_of_other_fields_is_refused(void **state) {
    (void)state;
    static const char *const records[] = {"a", "a,b,c", "\"a\"", "\"a\",b,c", "\"a,b", "\"a\"b,c", ""};
    struct till_text storage = {0};
    struct till_slice fields[2];
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
        assert_false(till_record_split(till_slice_of(records[i]), ',', fields, 2, &storage));
    till_text_free(&storage);
}

static void check_bytes(struct till_writer_options options, const char *cell, const void *expected, size_t length) {
    struct till_text out = one_column(options, "a", &cell, 1);
    assert_int_equal(out.length, length);
    assert_memory_equal(out.bytes, expected, length);
    till_text_free(&out);
}

static void other_encodings_and_marks(void **state) {
    (void)state;
    check_bytes((struct till_writer_options){.bom = true}, "é",
                "\xEF\xBB\xBF"
                "a\n\xC3\xA9\n",
                8);
    check_bytes((struct till_writer_options){.encoding = "ISO-8859-1"}, "é", "a\n\xE9\n", 4);
    check_bytes((struct till_writer_options){.encoding = "GB18030"}, "元", "a\n\xD4\xAA\n", 5);
    check_bytes((struct till_writer_options){.encoding = "UTF-16BE", .bom = true}, "元", "\xFE\xFF\0a\0\n\x51\x43\0\n",
                10);
    check_bytes((struct till_writer_options){.encoding = "UTF-16LE"}, "元", "a\0\n\0\x43\x51\n\0", 8);
    check_bytes((struct till_writer_options){.encoding = "UTF-16"}, "元",
                "\xFF\xFE"
                "a\0\n\0\x43\x51\n\0",
                10);
    check_bytes((struct till_writer_options){.encoding = "ISO-2022-JP"}, "客", "a\n\x1b$B5R\x1b(B\n", 11);
}

static void a_character_that_the_encoding_lacks_is_an_error(void **state) {
    (void)state;
    struct till_text out = {0};
    struct till_error error = {0};
    struct till_writer *writer = open_writer(&out, (struct till_writer_options){.encoding = "ISO-8859-1"});
    assert_int_equal(till_writer_columns(writer, names, types, 1, &error), TILL_OK);
    till_writer_text(writer, till_slice_of("é"));
    end(writer);
    till_writer_text(writer, till_slice_of("10 元"));
    assert_int_equal(till_writer_end(writer, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "row 2: \"元\" (U+5143) is not in the output encoding ISO-8859-1"));
    till_writer_free(writer);
    till_text_free(&out);
}

static void unknown_encodings_and_misplaced_marks_are_refused(void **state) {
    (void)state;
    static const struct till_writer_options options[] = {
        {.encoding = "no-such-encoding"},     {.encoding = ""},   {.encoding = "ASCII//TRANSLIT"},
        {.encoding = "GB18030", .bom = true}, {.delimiter = '"'}, {.delimiter = '\n'}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct till_writer *writer;
        struct till_text out = {0};
        struct till_error error = {0};
        assert_int_equal(till_writer_new(&writer, till_sink_text(&out), &options[i], &error), TILL_ERROR_USAGE);
        assert_null(writer);
    }
}

/* A sink that takes three pieces and then fails. */
static enum till_status fail_later(void *context, const void *bytes, size_t length, struct till_error *error) {
    (void)bytes;
    assert_true(length > 0);
    int *left = context;
    return (*left)-- > 0 ? TILL_OK : till_error_system(error, "out", "cannot write", 28);
}

static void a_full_disk_is_reported_once_the_buffer_is_passed_on(void **state) {
    (void)state;
    int left = 3;
    struct till_writer *writer;
    struct till_error error = {0};
    assert_int_equal(
        till_writer_new(&writer, (struct till_sink){fail_later, &left}, &(struct till_writer_options){0}, &error),
        TILL_OK);
    assert_int_equal(till_writer_columns(writer, names, types, 1, &error), TILL_OK);
    enum till_status status = TILL_OK;
    size_t rows = 0;
    for (; status == TILL_OK && rows < 400000; rows++) {
        till_writer_text(writer, till_slice_of("nine char"));
        status = till_writer_end(writer, &error);
    }
    assert_int_equal(status, TILL_ERROR_INPUT_OUTPUT);
    assert_in_range(rows, 3 * 26000, 5 * 27000);
    till_writer_free(writer);
}

/* What a sink was given: how much, in order as a text, and the last piece. */
struct pieces {
    struct till_text all;
    size_t last;
};

static enum till_status take_piece(void *context, const void *bytes, size_t length, struct till_error *error) {
    struct pieces *pieces = context;
    (void)error;
    assert_int_equal(pieces->last % (256 * 1024), 0);
    pieces->last = length;
    assert_true(till_text_append(&pieces->all, bytes, length));
    return TILL_OK;
}

static void all_pieces_but_the_last_begin_at_multiples_of_their_length(void **state) {
    (void)state;
    static const char *const encodings[] = {NULL, "UTF-16LE"};
    for (size_t i = 0; i < 2; i++) {
        struct pieces pieces = {0};
        struct till_writer *writer;
        struct till_error error = {0};
        assert_int_equal(till_writer_new(&writer, (struct till_sink){take_piece, &pieces},
                                         &(struct till_writer_options){.encoding = encodings[i]}, &error),
                         TILL_OK);
        assert_int_equal(till_writer_columns(writer, names, types, 1, &error), TILL_OK);
        for (unsigned row = 0; row < 100000; row++) {
            char text[32];
            snprintf(text, sizeof text, "row number %u", row);
            till_writer_text(writer, till_slice_of(text));
            assert_int_equal(till_writer_end(writer, &error), TILL_OK);
        }
        assert_int_equal(till_writer_finish(writer, &error), TILL_OK);
        assert_true(pieces.last > 0 && pieces.last < pieces.all.length);
        size_t width = i + 1, at = 3; /* bytes of a character; behind the header */
        for (unsigned row = 0; row < 100000; row++) {
            char text[32];
            size_t length = (size_t)snprintf(text, sizeof text, "row number %u\n", row);
            for (size_t k = 0; k < length; k++, at++)
                assert_int_equal(pieces.all.bytes[at * width], text[k]);
        }
        assert_int_equal(at * width, pieces.all.length);
        till_writer_free(writer);
        till_text_free(&pieces.all);
    }
}

static void tables_start_out_missing_and_are_written_whole(void **state) {
    (void)state;
    struct till_text out = {0};
    struct till_error error = {0};
    struct till_table *table = till_table_new(2);
    assert_non_null(table);
    for (size_t i = 0; i < 7; i++)
        assert_non_null(till_table_add(table, names[i].bytes, types[i]));
    const struct till_vector *ids = till_table_column(table, "id");
    ids->text[1] = till_table_keep(table, till_slice_of("x"));
    till_table_column(table, "share")->real[1] = 0.5;
    assert_null(till_table_column(table, "none"));
    struct till_writer *writer = open_writer(&out, (struct till_writer_options){0});
    assert_int_equal(till_table_write(table, writer, &error), TILL_OK);
    close_writer(writer, &out);
    assert_string_equal(till_text_string(&out), "id,on,n,total,share,at,d\n,,,,,,\nx,,,,0.5,,\n");
    till_table_free(table);
    till_text_free(&out);
}

static void kept_texts_do_not_move(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    struct till_table *table = till_table_new(COUNT);
    struct till_slice *kept = till_table_add(table, "text", TILL_TEXT);
    char text[400];
    for (size_t i = 0; i < COUNT; i++) {
        size_t length = (size_t)snprintf(text, sizeof text, "%zu-%0*d", i, (int)(i % 300) + 1, 7);
        kept[i] = till_table_keep(table, (struct till_slice){text, length});
    }
    char *large = calloc(1, 1 << 20);
    assert_int_equal(till_table_keep(table, (struct till_slice){large, 1 << 20}).length, 1 << 20);
    free(large);
    for (size_t i = 0; i < COUNT; i++) {
        size_t length = (size_t)snprintf(text, sizeof text, "%zu-%0*d", i, (int)(i % 300) + 1, 7);
        assert_true(till_slice_equal(kept[i], (struct till_slice){text, length}));
    }
    assert_null(till_table_keep(table, (struct till_slice){NULL, 0}).bytes);
    till_table_free(table);
}

/* Rows that are put together elsewhere stand between others as if written cell by cell, in any encoding. */
static void whole_rows_stand_among_others(void **state) {
    (void)state;
    for (int utf16 = 0; utf16 < 2; utf16++) {
        struct till_text out = {0}, want = {0};
        const struct till_writer_options options = {.encoding = utf16 ? "UTF-16LE" : NULL};
        for (int whole = 0; whole < 2; whole++) {
            struct till_writer *writer;
            struct till_error error = {0};
            const struct till_slice two[] = {till_slice_of("a"), till_slice_of("b")};
            const enum till_type kinds[] = {TILL_TEXT, TILL_COUNT};
            assert_int_equal(till_writer_new(&writer, till_sink_text(whole ? &out : &want), &options, &error), TILL_OK);
            assert_int_equal(till_writer_columns(writer, two, kinds, 2, &error), TILL_OK);
            for (int i = 0; i < 30000; i++) {
                if (whole && i % 3 > 0) {
                    char *rows = till_writer_rows(writer, 40);
                    memcpy(rows, "x\303\251,7\nx\303\251,7\n", 12);
                    assert_int_equal(till_writer_end_rows(writer, 2, 12, &error), TILL_OK);
                    i++;
                    continue;
                }
                till_writer_text(writer, till_slice_of("x\303\251"));
                till_writer_count(writer, 7);
                assert_int_equal(till_writer_end(writer, &error), TILL_OK);
            }
            assert_int_equal(till_writer_finish(writer, &error), TILL_OK);
            till_writer_free(writer);
        }
        assert_int_equal(out.length, want.length);
        assert_memory_equal(out.bytes, want.bytes, want.length);
        till_text_free(&out);
        till_text_free(&want);
    }
}

static bool is_plain(enum till_format format, char delimiter, const char *text) {
    struct till_text out = {0};
    struct till_writer *writer;
    struct till_error error = {0};
    const struct till_writer_options options = {.format = format, .delimiter = delimiter};
    assert_int_equal(till_writer_new(&writer, till_sink_text(&out), &options, &error), TILL_OK);
    bool plain = till_writer_is_plain(writer, till_slice_of(text));
    assert_int_equal(till_writer_delimiter(writer), format == TILL_FORMAT_TSV ? '\t' : delimiter);
    till_writer_free(writer);
    till_text_free(&out);
    return plain;
}

static void texts_are_plain_that_need_no_quotes(void **state) {
    (void)state;
    assert_true(is_plain(TILL_FORMAT_CSV, ',', "a b;c"));
    assert_true(is_plain(TILL_FORMAT_CSV, ';', "a long text with, commas"));
    assert_true(is_plain(TILL_FORMAT_TSV, ',', "a,b"));
    assert_false(is_plain(TILL_FORMAT_CSV, ',', "a,b"));
    assert_false(is_plain(TILL_FORMAT_CSV, ',', "a\"b"));
    assert_false(is_plain(TILL_FORMAT_CSV, ',', "a\nb"));
    assert_false(is_plain(TILL_FORMAT_CSV, '1', "a")); /* numbers may hold it */
    assert_false(is_plain(TILL_FORMAT_JSONL, ',', "a"));
    assert_false(is_plain(TILL_FORMAT_TABLE, ',', "a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_a_field_for_each_type),
        cmocka_unit_test(json_has_numbers_strings_and_nulls),
        cmocka_unit_test(markdown_escapes_pipes),
        cmocka_unit_test(table_aligns_by_terminal_columns),
        cmocka_unit_test(texts_that_look_like_numbers_stand_to_the_right),
        cmocka_unit_test(fields_are_quoted_only_where_they_need_it),
        cmocka_unit_test(every_text_reads_back),
        cmocka_unit_test(a_single_empty_cell_is_not_a_blank_line),
        cmocka_unit_test(no_rows_leave_a_header),
        cmocka_unit_test(json_strings_read_back),
        cmocka_unit_test(json_refuses_what_it_cannot_hold),
        cmocka_unit_test(a_delimiter_found_in_numbers_is_quoted_there),
        cmocka_unit_test(a_row_has_as_many_cells_as_columns),
        cmocka_unit_test(records_pass_through),
        cmocka_unit_test(whole_rows_stand_among_others),
        cmocka_unit_test(texts_are_plain_that_need_no_quotes),
        cmocka_unit_test(a_record_of_other_fields_is_refused),
        cmocka_unit_test(other_encodings_and_marks),
        cmocka_unit_test(a_character_that_the_encoding_lacks_is_an_error),
        cmocka_unit_test(unknown_encodings_and_misplaced_marks_are_refused),
        cmocka_unit_test(a_full_disk_is_reported_once_the_buffer_is_passed_on),
        cmocka_unit_test(all_pieces_but_the_last_begin_at_multiples_of_their_length),
        cmocka_unit_test(tables_start_out_missing_and_are_written_whole),
        cmocka_unit_test(kept_texts_do_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
