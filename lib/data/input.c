/* The input: who gets which chunk.
 *
 * Workers take chunks one at a time under a lock (reading and cutting is a small part of the work; inflating is a large
 * one, and goes on while the others parse), decode them side by side, and hand in a report of each when they come back
 * for the next. A fault in a chunk ends the input behind it; an error of reading takes its turn behind the chunks
 * before it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/input.h"
#include "lib/data/reader.h"

/* ------------------------------------------------------------------ opening */

/* Adds a reason to the accounting. Reports count filtered rows in an array of fixed size, a place for each reason, so
 * their number is limited. */
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

/* Looks up the columns of the filters, once for the whole input. Their reasons come first in the accounting, so that
 * reason i is filter i: the decoder relies on it, and a second start keeps so many reasons and adds those of its
 * columns anew. */
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

/* The header is read here, so that a caller knows the columns before it says what it wants of them. A half-made input
 * is closed by the same function as a whole one: everything in it is either zero or valid. */
enum till_status till_input_open(struct till_input **input, const char *const *paths, size_t path_count,
                                 const struct till_input_options *options, struct till_error *error) {
    *input = NULL;
    struct till_input *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return till_error_memory(error);
    }
    if (options != NULL) {
        /* Copied, as chunks and workers point into it for as long as the input lives. */
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

/* Reports may still wait here: when a worker gave up in the middle, those behind its chunk never had their turn. */
void till_input_close(struct till_input *input) {
    if (input == NULL) {
        return;
    }
    till_input_unfeed(input);
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

/* ------------------------------------------------------------------ what is wanted */

static bool is_date(const struct wanted *wanted) {
    return wanted->ask.type == TILL_DAY || wanted->ask.type == TILL_TIME;
}

/* Makes places in the accounting for the ways in which this column can filter a row. The names hold the bounds
 * themselves, so that an account of the rows can be read without the command that made it. */
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

/* Settles what each wanted column means. It runs before any worker takes a chunk, and nothing that it sets changes from
 * then on: workers read it without the lock. It may be called again with other bounds (when the newest day has become
 * known, say). */
enum till_status till_input_start(struct till_input *input, const struct till_plan *plan, struct till_error *error) {
    struct wanted *before = input->wanted;
    size_t count_before = input->wanted_count;
    input->wanted = calloc(plan->wanted_count + 1, sizeof *input->wanted);
    input->wanted_count = plan->wanted_count;
    input->keeps_records = plan->records;
    input->streaming = plan->streaming;
    /* The reasons of an earlier start are made anew. */
    input->accounting.reason_count = input->options.filter_count;
    enum till_status status = input->wanted == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < plan->wanted_count; i++) {
        struct wanted *wanted = &input->wanted[i];
        wanted->ask = plan->wanted[i];
        wanted->date_format = wanted->ask.date_pattern == NULL ? TILL_DATE_ISO : TILL_DATE_PATTERN;
        status = add_reasons(input, wanted, error);
        if (wanted->ask.date_known != 0) {
            wanted->date_format = (enum till_date_format)(wanted->ask.date_known - 1);
            continue;
        }
        if (status != TILL_OK || !is_date(wanted) || wanted->ask.date_pattern != NULL) {
            continue;
        }
        /* A second start, with other bounds, knows the format already. */
        if (i < count_before && before[i].date_settled && before[i].ask.column == wanted->ask.column) {
            wanted->date_settled = true;
            wanted->date_format = before[i].date_format;
        } else {
            status = input_search_format(input, wanted, error);
        }
    }
    free(before);
    return status;
}

enum till_date_format till_input_date_format(const struct till_input *input, size_t wanted) {
    return input->wanted[wanted].date_format;
}

/* ------------------------------------------------------------------ blocks */

/* Each worker has a block of its own, with a reader behind it. Columns get their memory with the first chunk, when the
 * number of rows is known. */
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

/* Frees what a reader owns, but not the reader itself, which may be a local of a look ahead. */
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

/* Rows of a block are numbered without those that were not used, rows of the grid with them; and a block may be a view
 * that begins at a later row. Both are undone here. */
static size_t grid_row_of(const struct till_block *block, size_t row) {
    const struct reader *reader = block->reader;
    size_t block_row = block->first_row + row;
    return reader->squeezed ? reader->block_rows[block_row] : block_row;
}

/* The bytes of a row of a block. */
static struct till_slice record_of_row(const struct till_block *block, size_t row) {
    const struct reader *reader = block->reader;
    size_t grid_row = grid_row_of(block, row);
    struct till_slice first = grid_field(reader, grid_row, 0);
    struct till_slice last = grid_field(reader, grid_row, reader->grid.columns - 1);
    return (struct till_slice){first.bytes, (size_t)(last.bytes + last.length - first.bytes)};
}

/* A row that was already counted as used turns out to be bad, by a rule that only an aggregate can know. It goes into
 * the report of the same chunk, which has not been handed in yet: that happens when the worker comes for its next
 * block. So it is told in its turn, like all bad rows. */
enum till_status till_block_reject_at(struct till_block *block, size_t row, const char *field, const char *role,
                                      const char *reason) {
    struct reader *reader = block->reader;
    /* The chunk's tally has counted it as used. */
    reader->report->used--;
    return report_bad(reader, record_of_row(block, row), field, role, reason) ? TILL_OK : TILL_ERROR_MEMORY;
}

/* Where the field of a role starts; where no column alone has the role, the row. */
static const char *place_of_role(const struct till_block *block, size_t row, const char *role) {
    const struct reader *reader = block->reader;
    const struct till_input *input = reader->input;
    for (size_t i = 0; i < input->wanted_count && role != NULL; i++) {
        const struct till_wanted *ask = &input->wanted[i].ask;
        if (ask->role != NULL && ask->factor == 0 && strcmp(ask->role, role) == 0)
            return grid_field(reader, grid_row_of(block, row), reader_place(reader, ask->column)).bytes;
    }
    return record_of_row(block, row).bytes;
}

enum till_status till_block_reject(struct till_block *block, size_t row, const char *role, const char *reason) {
    return till_block_reject_at(block, row, place_of_role(block, row, role), role, reason);
}

/* Hands in the report of the block that was handed out before. It is not done earlier, because whoever has the block
 * may still reject rows of it. */
static void finish_block(struct till_input *input, struct reader *reader) {
    struct report *report = reader->report;
    if (report != NULL) {
        report_finish(reader);
        reader->report = NULL;
        input_hand_in(input, report);
    }
}

/* Fetches the next chunk for a reader, under the lock. False at the end of input, or when it is stopped. The report is
 * made before the chunk is taken: a chunk that has a sequence number but no report would be waited for by all behind
 * it. */
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
    /* Where an error would stand; chunks kept ahead have been counted. A feeding thread says it itself. */
    uint64_t sequence = input->feed.running ? 0 : input->chunks.sequence - input->ahead_left;
    enum till_status status = input->feed.running ? input_take_fed(input, &reader->chunk, &sequence, &report->fatal)
                                                  : input_next_chunk(input, &reader->chunk, &report->fatal);
    if (status != TILL_OK) {
        /* The error takes its turn behind the chunks before it. */
        report->sequence = sequence;
        input->stopped = true;
        input_hand_in(input, report);
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

/* The end of input is reached when every report has come in. Only then may a share of bad rows be judged; an input that
 * was stopped early has no share, and is judged by its failure alone. */
enum till_status till_input_finish(struct till_input *input, struct till_error *error) {
    pthread_mutex_lock(&input->lock);
    bool all_read = !input->feed.running || input->feed.ended;
    if (all_read && input->next_report == input->chunks.sequence) {
        input_judge_share(input);
    }
    enum till_status status = input->failure.status;
    if (status != TILL_OK && error != NULL) {
        *error = input->failure;
    }
    pthread_mutex_unlock(&input->lock);
    return status;
}

/* For a worker that fails for reasons of its own: the others should not read on in vain. */
void till_input_stop(struct till_input *input) {
    pthread_mutex_lock(&input->lock);
    input->stopped = true;
    if (input->feed.running) {
        pthread_cond_broadcast(&input->feed.changed);
    }
    pthread_mutex_unlock(&input->lock);
}

/* Only fetching is under the lock; decoding, by far the larger part, is not. Chunks without a single used row are not
 * handed out, since an empty block means the end. A fault that ends the file stops the input here already, before its
 * report has its turn, so that others do not read far beyond it; which failure counts is decided in input order all the
 * same. */
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
        /* The rows before the fault are in the block, and still count. */
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

enum till_status till_input_each(struct till_input *input, till_block_body *body, void *context,
                                 struct till_error *error) {
    struct till_block *block = till_block_new(input);
    if (block == NULL)
        return till_error_memory(error);
    enum till_status status = till_input_next(input, block, error);
    while (status == TILL_OK && block->rows > 0) {
        status = body(context, block, error);
        if (status == TILL_OK)
            status = till_input_next(input, block, error);
    }
    till_block_free(block);
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
    return (struct till_input_file){.name = file->name,
                                    .bytes = file->bytes,
                                    .file_bytes = file->file_bytes,
                                    .rows = file->rows,
                                    .has_digest = file->has_digest,
                                    .digest = file->digest};
}

/* Files behind the current one count with the bytes they had when they ended, or none yet; the total is only told when
 * the size of every file is known, since a share of part of it would mislead. */
void input_measure(const struct till_input *input, uint64_t *done, uint64_t *total) {
    bool known = true;
    *done = 0;
    *total = 0;
    for (size_t i = 0; i < input->chunks.file_count; i++) {
        const struct input_file *file = &input->chunks.files[i];
        bool current = input->chunks.source != NULL && i + 1 == input->chunks.opened;
        *done += current ? till_source_position(input->chunks.source) : file->file_bytes;
        *total += file->total_bytes;
        known &= file->total_bytes > 0;
    }
    *total = known ? *total : 0;
}

void till_input_progress(struct till_input *input, uint64_t *done, uint64_t *total, uint64_t *rows) {
    pthread_mutex_lock(&input->lock);
    if (input->feed.running) {
        /* The files belong to the thread that reads them. */
        *done = input->feed.done;
        *total = input->feed.total;
    } else {
        input_measure(input, done, total);
    }
    *rows = input->accounting.read;
    pthread_mutex_unlock(&input->lock);
}

bool till_input_reads(const struct till_input *input, uint64_t device, uint64_t inode) {
    return chunks_reads(&input->chunks, device, inode);
}
