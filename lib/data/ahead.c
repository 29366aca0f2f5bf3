/* Looking at rows before their turn: what format dates have, and which day is the newest.
 *
 * Both are questions about rows that nobody has asked for yet. Chunks are read and looked at; what was read is kept, in
 * memory and then in a temporary file, and handed out first when the reading proper begins, so that a pipe is read
 * once. Only a whole pass over files that can be opened again keeps nothing, and starts over. */
#include <stdio.h>
#include <string.h>

#include "lib/data/input.h"
#include "lib/data/reader.h"

/* How much of what was read ahead stays in memory. */
enum { AHEAD_MEMORY = 32 << 20 };

/* Keeps a chunk for later: what is known of it, and its bytes, as two records. The first one is the struct as it is, a
 * stale pointer in it: it never leaves this process, and its bytes are taken from the second one. */
static enum till_status keep_chunk(struct till_rows *store, const struct chunk *chunk, struct till_error *error) {
    struct till_slice known = {(const char *)chunk, sizeof *chunk};
    struct till_slice bytes = {chunk->bytes, chunk->length};
    enum till_status status = till_rows_add(store, known, error);
    return status == TILL_OK ? till_rows_add(store, bytes, error) : status;
}

/* Takes the oldest kept chunk. Its number in the sequence is the one it had when it was read, so reports take their
 * turns as if nobody had looked ahead. */
static enum till_status take_ahead(struct till_input *input, struct chunk *chunk, struct till_error *error) {
    struct till_slice record;
    struct chunk kept;
    enum till_status status = till_rows_next(input->ahead, &record, error);
    if (status != TILL_OK) {
        return status;
    }
    memcpy(&kept, record.bytes, sizeof kept);
    status = till_rows_next(input->ahead, &record, error);
    if (status != TILL_OK) {
        return status;
    }
    chunk->length = 0;
    if (!chunk_reserve(chunk, record.length)) {
        return till_error_memory(error);
    }
    memcpy(chunk->bytes, record.bytes, record.length);
    chunk->length = record.length;
    chunk->sequence = kept.sequence;
    chunk->file = kept.file;
    chunk->first_line = kept.first_line;
    input->ahead_left--;
    return TILL_OK;
}

/* What was kept is handed out before anything is read on, so chunks come in input order and each one once. */
enum till_status input_next_chunk(struct till_input *input, struct chunk *chunk, struct till_error *error) {
    return input->ahead_left > 0 ? take_ahead(input, chunk, error) : chunks_next(&input->chunks, chunk, error);
}

/* Makes `store` what is handed out next. What is still left of an older store has gone through the look and is in the
 * new one, behind nothing that came later: the order stays. */
static enum till_status put_ahead(struct till_input *input, struct till_rows *store, struct till_error *error) {
    till_rows_free(input->ahead);
    input->ahead = store;
    input->ahead_left = till_rows_count(store) / 2;
    return till_rows_rewind(store, error);
}

/* Looks at the rows of one chunk; false: seen enough. */
typedef bool look(struct reader *reader, void *context);

/* Reads on, and keeps what was read for its turn (unless the files will be read again). A file that is broken further
 * on is reported when its turn comes. */
static enum till_status look_ahead(struct till_input *input, look *look_at, void *context, bool keep,
                                   struct till_error *error) {
    struct reader reader = {.input = input};
    struct till_rows *store = till_rows_new(AHEAD_MEMORY, NULL);
    enum till_status status = store == NULL ? till_error_memory(error) : TILL_OK;
    bool more = true;
    while (status == TILL_OK && (more || input->ahead_left > 0)) {
        status = input_next_chunk(input, &reader.chunk, error);
        if (status != TILL_OK || reader.chunk.length == 0) {
            break;
        }
        /* A chunk that comes behind an earlier look's end is only moved from the old store to the new one, unparsed. */
        if (more) {
            report_free(reader.report);
            reader.report = report_new();
            arena_reset(&reader.unquoted);
            status = reader.report == NULL ? till_error_memory(error) : reader_make_grid(&reader, error);
            more = status == TILL_OK && look_at(&reader, context) && reader.report->fatal.status == TILL_OK;
        }
        if (status == TILL_OK && keep) {
            status = keep_chunk(store, &reader.chunk, error);
        }
    }
    reader_free(&reader);
    if (status != TILL_OK || !keep) {
        till_rows_free(store);
        return status;
    }
    return put_ahead(input, store, error);
}

/* ------------------------------------------------------------------ the date format */

/* The formats of a date column that all rows looked at so far allow. */
struct date_search {
    const struct wanted *wanted;
    bool streaming;
    uint32_t formats; /* 0: no date was seen */
    char example[64];
};

/* One format is left; or, when rows are passed on as they come, the first date must do, since rows that went out cannot
 * be taken back. */
static bool is_settled(const struct date_search *search) {
    return search->formats != 0 && ((search->formats & (search->formats - 1)) == 0 || search->streaming);
}

/* Narrows the formats down by the rows of one grid. Each date leaves those formats in which it is a date at all:
 * 25/12/2024 rules out month/day. A date that fits none of those that are left does not empty the set; it is left to
 * the decoder, which names it as a bad row. */
static bool narrow_dates(struct reader *reader, void *context) {
    struct date_search *search = context;
    size_t column = reader_place(reader, search->wanted->ask.column);
    for (size_t row = 0; row < reader->grid.rows && !is_settled(search); row++) {
        struct till_slice content;
        if (!reader_content(reader, grid_field(reader, row, column), &content)) {
            continue;
        }
        uint32_t fits = till_date_formats(content.bytes, content.length);
        uint32_t both = search->formats == 0 ? fits : fits & search->formats;
        if (both != 0) {
            search->formats = both;
            snprintf(search->example, sizeof search->example, "%.*s", (int)content.length, content.bytes);
        }
    }
    return !is_settled(search);
}

/* Reads ahead until the rows leave one format for the date column. Guessing between day/month and month/day would be
 * wrong half of the time and unseen, so an input that leaves both open is refused, with the first date that shows it
 * and what to write. A column without any date is taken as ISO, whose decoder will name each row. */
enum till_status input_search_format(struct till_input *input, struct wanted *wanted, struct till_error *error) {
    struct date_search search = {.wanted = wanted, .streaming = input->streaming};
    enum till_status status = look_ahead(input, narrow_dates, &search, true, error);
    if (status != TILL_OK) {
        return status;
    }
    wanted->date_settled = true;
    wanted->date_format = search.formats == 0 ? TILL_DATE_ISO : (enum till_date_format)__builtin_ctz(search.formats);
    if ((search.formats & (search.formats - 1)) == 0) {
        return TILL_OK;
    }
    till_error_set(error, TILL_ERROR_DATA,
                   "\"%s\" may be day/month or month/day%s (give --date-format=%%d/%%m/%%Y or %%m/%%d/%%Y)",
                   search.example, input->streaming ? "" : ", and so may all dates");
    till_error_at(error, input->chunks.files[0].name, 0, 0, wanted->ask.role);
    return TILL_ERROR_DATA;
}

/* ------------------------------------------------------------------ the newest day */

struct newest {
    const struct wanted *wanted;
    int32_t day;
};

/* The newest day of one chunk that the decoder can read. */
static bool find_newest(struct reader *reader, void *context) {
    struct newest *newest = context;
    const struct wanted *wanted = newest->wanted;
    size_t column = reader_place(reader, wanted->ask.column);
    for (size_t row = 0; row < reader->grid.rows; row++) {
        struct till_slice content;
        int64_t time;
        if (reader_content(reader, grid_field(reader, row, column), &content) &&
            till_date_parse(wanted->date_format, wanted->ask.date_pattern, content.bytes, content.length, &time) &&
            till_date_day(time) > newest->day) {
            newest->day = till_date_day(time);
        }
    }
    return true;
}

enum till_status till_input_newest_day(struct till_input *input, size_t wanted, int32_t *day,
                                       struct till_error *error) {
    struct newest newest = {&input->wanted[wanted], TILL_DAY_MISSING};
    bool reread = chunks_can_restart(&input->chunks);
    enum till_status status = look_ahead(input, find_newest, &newest, !reread, error);
    *day = newest.day;
    if (status == TILL_OK && reread) {
        till_rows_free(input->ahead);
        input->ahead = NULL;
        input->ahead_left = 0;
        status = chunks_restart(&input->chunks, error);
    }
    return status;
}
