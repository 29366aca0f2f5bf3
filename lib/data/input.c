/* The input: who gets which chunk, and what becomes of the reports.
 *
 * Workers take chunks one at a time under a lock (reading and cutting is a small part of the work; inflating is a large
 * one, and goes on while the others parse), decode them side by side, and hand in a report of each. Reports are taken
 * in input order: one that comes early waits. So the first error in input order is the one that counts, the bad rows
 * are told in input order, and the accounting never depends on who was faster. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/rows.h>

#include "lib/data/input.h"
#include "lib/data/reader.h"

/* How much of what the search for the date format has read stays in memory. */
enum { AHEAD_MEMORY = 32 << 20 };

struct till_input {
    struct till_input_options options;
    struct chunks chunks;
    struct column_filter *filters;
    struct wanted *wanted;
    size_t wanted_count;
    bool keeps_records;
    bool streaming;

    struct till_rows *ahead; /* chunks read before their turn, to be handed out first; NULL: none */
    uint64_t ahead_left;

    pthread_mutex_t lock;
    bool lock_ready;
    bool stopped;           /* hand out no more chunks */
    uint64_t next_report;   /* the sequence whose report is taken next */
    struct report *waiting; /* reports that came early, by sequence */
    struct till_accounting accounting;
    struct till_error failure; /* the first in input order */
};

const struct chunks *input_chunks(const struct till_input *input) {
    return &input->chunks;
}

const char *input_file_name(const struct till_input *input, size_t file) {
    return input->chunks.files[file].name;
}

const struct till_input_options *input_options(const struct till_input *input) {
    return &input->options;
}

const struct wanted *input_wanted(const struct till_input *input, size_t *count) {
    *count = input->wanted_count;
    return input->wanted;
}

const struct column_filter *input_filters(const struct till_input *input, size_t *count) {
    *count = input->options.filter_count;
    return input->filters;
}

bool input_keeps_records(const struct till_input *input) {
    return input->keeps_records;
}

/* ------------------------------------------------------------------ opening */

/* Adds a reason to the accounting, or finds it there. */
static enum till_status add_reason(struct till_input *input, const char *name, unsigned *index,
                                   struct till_error *error) {
    struct till_accounting *accounting = &input->accounting;
    if (accounting->reason_count == TILL_FILTERED_REASONS) {
        return till_error_set(error, TILL_ERROR_USAGE, "more than %d filters", TILL_FILTERED_REASONS);
    }
    *index = (unsigned)accounting->reason_count;
    snprintf(accounting->reasons[accounting->reason_count++].name, sizeof accounting->reasons[0].name, "%s", name);
    return TILL_OK;
}

static enum till_status find_filter_columns(struct till_input *input, struct till_error *error) {
    size_t count = input->options.filter_count;
    input->filters = calloc(count + 1, sizeof *input->filters);
    enum till_status status = input->filters == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        unsigned reason;
        input->filters[i].ask = &input->options.filters[i];
        status = till_schema_column(&input->chunks.schema, input->options.filters[i].column, &input->filters[i].column,
                                    error);
        if (status == TILL_OK) {
            status = add_reason(input, input->options.filters[i].name, &reason, error);
        }
    }
    return status;
}

enum till_status till_input_open(struct till_input **input, const char *const *paths, size_t path_count,
                                 const struct till_input_options *options, struct till_error *error) {
    *input = NULL;
    struct till_input *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return till_error_memory(error);
    }
    if (options != NULL) {
        made->options = *options;
    }
    if (made->options.number.decimal_mark == 0) {
        made->options.number.decimal_mark = '.';
    }
    made->lock_ready = pthread_mutex_init(&made->lock, NULL) == 0;
    enum till_status status = made->lock_ready ? TILL_OK : till_error_memory(error);
    if (status == TILL_OK) {
        status = chunks_open(&made->chunks, paths, path_count, &made->options, error);
    }
    if (status == TILL_OK) {
        status = find_filter_columns(made, error);
    }
    if (status != TILL_OK) {
        till_input_close(made);
        return status;
    }
    *input = made;
    return TILL_OK;
}

void till_input_close(struct till_input *input) {
    if (input == NULL) {
        return;
    }
    while (input->waiting != NULL) {
        struct report *next = input->waiting->next;
        report_free(input->waiting);
        input->waiting = next;
    }
    till_rows_free(input->ahead);
    chunks_close(&input->chunks);
    free(input->filters);
    free(input->wanted);
    if (input->lock_ready) {
        pthread_mutex_destroy(&input->lock);
    }
    free(input);
}

const struct till_schema *till_input_schema(const struct till_input *input) {
    return &input->chunks.schema;
}

/* ------------------------------------------------------------------ chunks read ahead */

/* Keeps a chunk for later: what is known of it, and its bytes, as two records. */
static enum till_status keep_chunk(struct till_rows *store, const struct chunk *chunk, struct till_error *error) {
    struct till_slice known = {(const char *)chunk, sizeof *chunk};
    struct till_slice bytes = {chunk->bytes, chunk->length};
    enum till_status status = till_rows_add(store, known, error);
    return status == TILL_OK ? till_rows_add(store, bytes, error) : status;
}

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

static enum till_status next_chunk(struct till_input *input, struct chunk *chunk, struct till_error *error) {
    return input->ahead_left > 0 ? take_ahead(input, chunk, error) : chunks_next(&input->chunks, chunk, error);
}

/* Makes `store` what is handed out next. */
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
        status = next_chunk(input, &reader.chunk, error);
        if (status != TILL_OK || reader.chunk.length == 0) {
            break;
        }
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

/* ------------------------------------------------------------------ what is wanted */

static bool is_date(const struct wanted *wanted) {
    return wanted->ask.type == TILL_DAY || wanted->ask.type == TILL_TIME;
}

static enum till_status add_reasons(struct till_input *input, struct wanted *wanted, struct till_error *error) {
    char name[96];
    char day[TILL_DAY_TEXT];
    enum till_status status = TILL_OK;
    if (wanted->ask.missing == TILL_MISSING_FILTERS) {
        snprintf(name, sizeof name, "missing %s", wanted->ask.role);
        status = add_reason(input, name, &wanted->missing_reason, error);
    }
    if (status == TILL_OK && is_date(wanted) && wanted->ask.until != TILL_DAY_MISSING) {
        snprintf(name, sizeof name, "after %.*s", (int)till_date_write(day, wanted->ask.until), day);
        status = add_reason(input, name, &wanted->until_reason, error);
    }
    if (status == TILL_OK && is_date(wanted) && wanted->ask.since != TILL_DAY_MISSING) {
        snprintf(name, sizeof name, "before %.*s", (int)till_date_write(day, wanted->ask.since), day);
        status = add_reason(input, name, &wanted->since_reason, error);
    }
    return status;
}

/* The formats of a date column that all rows looked at so far allow. */
struct date_search {
    const struct wanted *wanted;
    bool streaming;
    uint32_t formats; /* 0: no date was seen */
    char example[64];
};

static bool is_settled(const struct date_search *search) {
    return search->formats != 0 && ((search->formats & (search->formats - 1)) == 0 || search->streaming);
}

/* Narrows the formats down by the rows of one grid; rows that no format fits are left to the decoder. */
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

/* Reads ahead until the rows leave one format for the date column. */
static enum till_status search_format(struct till_input *input, struct wanted *wanted, struct till_error *error) {
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

enum till_status till_input_start(struct till_input *input, const struct till_plan *plan, struct till_error *error) {
    struct wanted *before = input->wanted;
    size_t count_before = input->wanted_count;
    input->wanted = calloc(plan->wanted_count + 1, sizeof *input->wanted);
    input->wanted_count = plan->wanted_count;
    input->keeps_records = plan->records;
    input->streaming = plan->streaming;
    input->accounting.reason_count = input->options.filter_count;
    enum till_status status = input->wanted == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < plan->wanted_count; i++) {
        struct wanted *wanted = &input->wanted[i];
        wanted->ask = plan->wanted[i];
        wanted->date_format = wanted->ask.date_pattern == NULL ? TILL_DATE_ISO : TILL_DATE_PATTERN;
        status = add_reasons(input, wanted, error);
        if (status != TILL_OK || !is_date(wanted) || wanted->ask.date_pattern != NULL) {
            continue;
        }
        /* A second start, with other bounds, knows the format already. */
        if (i < count_before && before[i].date_settled && before[i].ask.column == wanted->ask.column) {
            wanted->date_settled = true;
            wanted->date_format = before[i].date_format;
        } else {
            status = search_format(input, wanted, error);
        }
    }
    free(before);
    return status;
}

enum till_date_format till_input_date_format(const struct till_input *input, size_t wanted) {
    return input->wanted[wanted].date_format;
}

/* ------------------------------------------------------------------ reports */

static void tell_reject(const struct till_input *input, const struct report *report, const struct bad_row *bad) {
    if (input->options.reject != NULL) {
        struct till_reject reject = {
            .file = input->chunks.files[report->file].name,
            .line = bad->line,
            .column = bad->column,
            .role = bad->role,
            .reason = report->text.bytes + bad->reason,
            .record = {report->text.bytes + bad->copy, bad->record_length},
        };
        input->options.reject(input->options.reject_context, &reject);
    }
}

static void fail_at(struct till_input *input, const struct report *report, const struct bad_row *bad) {
    uint64_t limit = input->options.max_bad;
    if (limit == 0) {
        till_error_set(&input->failure, TILL_ERROR_DATA, "%s", report->text.bytes + bad->reason);
    } else {
        till_error_set(&input->failure, TILL_ERROR_DATA, "%s (more than %llu bad rows)",
                       report->text.bytes + bad->reason, (unsigned long long)limit);
    }
    till_error_at(&input->failure, input->chunks.files[report->file].name, bad->line, bad->column, bad->role);
}

/* Takes the report whose turn it is. */
static void take_report(struct till_input *input, const struct report *report) {
    struct till_accounting *accounting = &input->accounting;
    bool share = input->options.max_bad_share > 0;
    accounting->read += report->read;
    accounting->used += report->used;
    accounting->rounded += report->rounded;
    for (size_t i = 0; i < accounting->reason_count; i++) {
        accounting->reasons[i].rows += report->filtered[i];
        accounting->filtered += report->filtered[i];
    }
    for (size_t i = 0; i < report->bad_count && input->failure.status == TILL_OK; i++) {
        tell_reject(input, report, &report->bad[i]);
        accounting->rejected++;
        if (!share && accounting->rejected > input->options.max_bad) {
            fail_at(input, report, &report->bad[i]);
        }
    }
    if (input->failure.status == TILL_OK && report->fatal.status != TILL_OK) {
        input->failure = report->fatal;
    }
    input->stopped |= input->failure.status != TILL_OK;
}

/* Hands in a report; under the lock. */
static void hand_in(struct till_input *input, struct report *report) {
    struct report **place = &input->waiting;
    while (*place != NULL && (*place)->sequence < report->sequence) {
        place = &(*place)->next;
    }
    report->next = *place;
    *place = report;
    while (input->waiting != NULL && input->waiting->sequence == input->next_report) {
        struct report *first = input->waiting;
        input->waiting = first->next;
        input->next_report++;
        if (input->failure.status == TILL_OK) {
            take_report(input, first);
        }
        report_free(first);
    }
}

/* At the end of input: a share of bad rows can only be judged now. */
static void judge_share(struct till_input *input) {
    const struct till_accounting *accounting = &input->accounting;
    double share = input->options.max_bad_share;
    if (share > 0 && input->failure.status == TILL_OK &&
        (double)accounting->rejected > share * (double)accounting->read) {
        till_error_set(&input->failure, TILL_ERROR_DATA,
                       "%llu of %llu rows are bad, more than %g %% (--max-bad; --rejects=FILE shows them)",
                       (unsigned long long)accounting->rejected, (unsigned long long)accounting->read, 100 * share);
        till_error_at(&input->failure, input->chunks.files[0].name, 0, 0, NULL);
    }
}

/* ------------------------------------------------------------------ blocks */

struct till_block *till_block_new(struct till_input *input) {
    struct till_block *block = calloc(1, sizeof *block);
    struct reader *reader = calloc(1, sizeof *reader);
    struct till_vector *columns = calloc(input->wanted_count + 1, sizeof *columns);
    if (block == NULL || reader == NULL || columns == NULL) {
        free(block);
        free(reader);
        free(columns);
        return NULL;
    }
    reader->input = input;
    block->reader = reader;
    block->columns = columns;
    block->column_count = input->wanted_count;
    for (size_t i = 0; i < input->wanted_count; i++) {
        columns[i].type = input->wanted[i].ask.type;
    }
    return block;
}

void reader_free(struct reader *reader) {
    chunk_free(&reader->chunk);
    free(reader->grid.ends);
    free(reader->grid.starts);
    free(reader->verdict);
    free(reader->block_rows);
    arena_free(&reader->unquoted);
    till_text_free(&reader->reordered);
    unquoter_close(&reader->unquoter);
    report_free(reader->report);
}

void till_block_free(struct till_block *block) {
    if (block == NULL) {
        return;
    }
    reader_free(block->reader);
    free(block->reader);
    for (size_t i = 0; i < block->column_count; i++) {
        free(block->columns[i].any);
    }
    free(block->columns);
    free(block->records);
    free(block);
}

enum till_status till_block_reject(struct till_block *block, size_t row, const char *role, const char *reason) {
    struct reader *reader = block->reader;
    size_t block_row = block->first_row + row;
    size_t grid_row = reader->squeezed ? reader->block_rows[block_row] : block_row;
    struct till_slice first = grid_field(reader, grid_row, 0);
    struct till_slice last = grid_field(reader, grid_row, reader->grid.columns - 1);
    struct till_slice record = {first.bytes, (size_t)(last.bytes + last.length - first.bytes)};
    reader->report->used--;
    return report_bad(reader, record, record.bytes, role, reason) ? TILL_OK : TILL_ERROR_MEMORY;
}

/* Hands in the report of the block that was handed out before. */
static void finish_block(struct till_input *input, struct reader *reader) {
    struct report *report = reader->report;
    if (report != NULL) {
        report_finish(reader);
        reader->report = NULL;
        hand_in(input, report);
    }
}

/* Fetches the next chunk for a reader, under the lock. False at the end of input, or when it is stopped. */
static bool fetch(struct till_input *input, struct reader *reader, struct till_error *error) {
    finish_block(input, reader);
    reader->chunk.length = 0;
    if (input->stopped) {
        return false;
    }
    struct report *report = report_new();
    if (report == NULL) {
        till_error_memory(error);
        input->stopped = true;
        return false;
    }
    uint64_t sequence = input->chunks.sequence - input->ahead_left; /* chunks kept ahead have been counted */
    enum till_status status = next_chunk(input, &reader->chunk, &report->fatal);
    if (status != TILL_OK) {
        /* The error takes its turn behind the chunks before it. */
        report->sequence = sequence;
        input->stopped = true;
        hand_in(input, report);
        return false;
    }
    if (reader->chunk.length == 0) {
        report_free(report);
        input->stopped = true;
        return false;
    }
    report->sequence = reader->chunk.sequence;
    report->file = reader->chunk.file;
    reader->report = report;
    return true;
}

/* The end of input is reached when every report has come in. */
enum till_status till_input_finish(struct till_input *input, struct till_error *error) {
    pthread_mutex_lock(&input->lock);
    if (input->next_report == input->chunks.sequence) {
        judge_share(input);
    }
    enum till_status status = input->failure.status;
    if (status != TILL_OK && error != NULL) {
        *error = input->failure;
    }
    pthread_mutex_unlock(&input->lock);
    return status;
}

void till_input_stop(struct till_input *input) {
    pthread_mutex_lock(&input->lock);
    input->stopped = true;
    pthread_mutex_unlock(&input->lock);
}

enum till_status till_input_next(struct till_input *input, struct till_block *block, struct till_error *error) {
    struct reader *reader = block->reader;
    struct till_error local = {0};
    for (;;) {
        pthread_mutex_lock(&input->lock);
        bool more = fetch(input, reader, &local);
        pthread_mutex_unlock(&input->lock);
        if (!more) {
            block->rows = 0;
            if (local.status != TILL_OK && error != NULL) {
                *error = local;
            }
            return local.status != TILL_OK ? local.status : till_input_finish(input, error);
        }
        enum till_status status = reader_decode(reader, block, error);
        if (status != TILL_OK) {
            return status;
        }
        if (reader->report->fatal.status != TILL_OK) {
            pthread_mutex_lock(&input->lock);
            input->stopped = true;
            pthread_mutex_unlock(&input->lock);
        }
        if (block->rows > 0) {
            return TILL_OK;
        }
    }
}

/* ------------------------------------------------------------------ a pass for the newest day */

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

/* ------------------------------------------------------------------ what there is to know */

const struct till_accounting *till_input_accounting(const struct till_input *input) {
    return &input->accounting;
}

size_t till_input_file_count(const struct till_input *input) {
    return input->chunks.opened;
}

struct till_input_file till_input_file(const struct till_input *input, size_t index) {
    const struct input_file *file = &input->chunks.files[index];
    return (struct till_input_file){file->name, file->bytes, file->file_bytes, file->has_digest, file->digest};
}

void till_input_progress(struct till_input *input, uint64_t *done, uint64_t *total, uint64_t *rows) {
    pthread_mutex_lock(&input->lock);
    *done = 0;
    *total = 0;
    bool known = true;
    for (size_t i = 0; i < input->chunks.file_count; i++) {
        const struct input_file *file = &input->chunks.files[i];
        bool current = input->chunks.source != NULL && i + 1 == input->chunks.opened;
        *done += current ? till_source_position(input->chunks.source) : file->file_bytes;
        *total += file->total_bytes;
        known &= file->total_bytes > 0;
    }
    *total = known ? *total : 0;
    *rows = input->accounting.read;
    pthread_mutex_unlock(&input->lock);
}

bool till_input_reads(const struct till_input *input, uint64_t device, uint64_t inode) {
    return chunks_reads(&input->chunks, device, inode);
}
