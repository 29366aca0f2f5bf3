/* Fields that are not plain are parsed by libcsv, strictly: blanks are data, a line feed alone ends a record (and
 * inside quotes it does not), and what it refuses is refused. */
#include "lib/data/unquote.h"

static int never_space(unsigned char c) {
    (void)c;
    return 0;
}

static int line_feed(unsigned char c) {
    return c == '\n';
}

bool unquoter_open(struct unquoter *unquoter, char delimiter) {
    unquoter->ready = csv_init(&unquoter->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
    if (unquoter->ready) {
        csv_set_delim(&unquoter->parser, (unsigned char)delimiter);
        csv_set_space_func(&unquoter->parser, never_space);
        csv_set_term_func(&unquoter->parser, line_feed);
        csv_set_blk_size(&unquoter->parser, 4096);
    }
    return unquoter->ready;
}

void unquoter_close(struct unquoter *unquoter) {
    if (unquoter->ready) {
        csv_free(&unquoter->parser);
    }
    unquoter->ready = false;
}

/* What the callbacks fill. */
struct target {
    char *out;
    size_t room;
    size_t length;
    unsigned fields;
};

static void take_field(void *bytes, size_t length, void *context) {
    struct target *target = context;
    target->fields++;
    if (length > 0 && length <= target->room) {
        memcpy(target->out, bytes, length);
        target->length = length;
    }
}

static void take_record(int terminator, void *context) {
    (void)terminator;
    (void)context;
}

bool unquoter_field(struct unquoter *unquoter, struct till_slice field, char *out, struct till_slice *content) {
    struct target target = {.out = out, .room = field.length};
    size_t parsed = csv_parse(&unquoter->parser, field.bytes, field.length, take_field, take_record, &target);
    bool fine = parsed == field.length && csv_fini(&unquoter->parser, take_field, take_record, &target) == 0 &&
                target.fields == 1;
    if (!fine) {
        /* A parser that stopped half-way has to start afresh. */
        char delimiter = (char)csv_get_delim(&unquoter->parser);
        unquoter->out_of_memory = csv_error(&unquoter->parser) == CSV_ENOMEM;
        unquoter_close(unquoter);
        unquoter_open(unquoter, delimiter);
        return false;
    }
    *content = (struct till_slice){out, target.length};
    return true;
}
