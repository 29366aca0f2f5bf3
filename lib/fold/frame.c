/* Rows as columns in memory.
 *
 * One reader takes the blocks in input order; the cells of a block are then converted column by column, side by side,
 * so that neither threads nor the cut into blocks show. Columns whose kind is not known yet keep levels: they are
 * looked at until enough rows were seen, and become numbers before the block that settles the matter is stored. A cell
 * that does not fit marks its row; marked rows are rejected in order, and squeezed out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <till/frame.h>
#include <till/parallel.h>

/* What a parallel conversion of one block shares. */
struct conversion {
    struct till_frame *frame;
    const struct till_block *block;
    const struct till_number_format *number;
    uint32_t *bad; /* [columns][rows of the block]: 1 where the cell makes the row bad */
};

/* ---- planning ---- */

static enum till_status plan_column(struct till_frame *frame, size_t at, const struct till_schema *schema,
                                    const struct till_frame_wish *wish, struct till_error *error) {
    struct till_frame_column *column = &frame->columns[at];
    column->wish = *wish;
    column->name = till_slice_copy(schema->names[wish->column]);
    column->text = wish->kind == TILL_FRAME_TEXT || wish->kind == TILL_FRAME_AUTO;
    column->levels = column->text ? till_dictionary_new() : NULL;
    if (column->name == NULL || (column->text && column->levels == NULL))
        return till_error_memory(error);
    frame->settled = frame->settled && wish->kind != TILL_FRAME_AUTO;
    frame->wanted[at] = (struct till_wanted){.column = wish->column,
                                             .type = wish->kind == TILL_FRAME_NUMBER ? TILL_REAL : TILL_TEXT,
                                             .missing = wish->missing,
                                             .role = wish->role != NULL ? wish->role : column->name};
    return TILL_OK;
}

enum till_status till_frame_plan(struct till_frame **frame, const struct till_schema *schema,
                                 const struct till_frame_wish *wishes, size_t count, struct till_error *error) {
    struct till_frame *made = calloc(1, sizeof *made);
    *frame = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->columns = calloc(count + 1, sizeof *made->columns);
    made->wanted = calloc(count + 1, sizeof *made->wanted);
    made->samples = calloc(count + 1, sizeof *made->samples);
    made->settled = true;
    enum till_status status = TILL_OK;
    if (made->columns == NULL || made->wanted == NULL || made->samples == NULL)
        status = till_error_memory(error);
    for (; status == TILL_OK && made->count < count; made->count++)
        status = plan_column(made, made->count, schema, &wishes[made->count], error);
    if (status != TILL_OK)
        till_frame_free(made);
    else
        *frame = made;
    return status;
}

void till_frame_free(struct till_frame *frame) {
    if (frame == NULL)
        return;
    /* One more than was planned: the column at which planning failed. */
    for (size_t i = 0; frame->columns != NULL && frame->columns[i].name != NULL; i++) {
        free(frame->columns[i].name);
        free(frame->columns[i].numbers);
        free(frame->columns[i].codes);
        till_dictionary_free(frame->columns[i].levels);
    }
    free(frame->columns);
    free(frame->wanted);
    free(frame->samples);
    free(frame);
}

/* ---- which kind a column is ---- */

static bool is_number(struct till_slice text, const struct till_number_format *number, double *value) {
    return till_real_parse(text.bytes, text.length, number, value) == TILL_NUMBER_OK && isfinite(*value);
}

/* The levels that were kept so far become the numbers that they are. */
static enum till_status become_number(struct till_frame *frame, struct till_frame_column *column,
                                      const struct till_number_format *number, struct till_error *error) {
    column->numbers = malloc((frame->capacity + 1) * sizeof *column->numbers);
    if (column->numbers == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < frame->rows; row++) {
        column->numbers[row] = NAN;
        if (column->codes[row] != TILL_FRAME_NO_LEVEL)
            is_number(till_dictionary_text(column->levels, column->codes[row]), number, &column->numbers[row]);
    }
    free(column->codes);
    till_dictionary_free(column->levels);
    column->codes = NULL;
    column->levels = NULL;
    column->text = false;
    return TILL_OK;
}

/* Nearly all are numbers: what is not would make each of them a level of its own, without a word. */
static enum till_status refuse_text(const struct till_frame *frame, size_t at, struct till_error *error) {
    const struct till_frame_sample *sample = &frame->samples[at];
    till_error_set(error, TILL_ERROR_DATA,
                   "row %zu: not a number: %s, but %zu of the first %zu values are (--null=%s if it means missing, "
                   "--categorical if all are levels)",
                   sample->first_text, sample->text, sample->numbers, sample->present, sample->text);
    till_error_at(error, NULL, 0, 0, frame->wanted[at].role);
    return TILL_ERROR_DATA;
}

static enum till_status settle_column(struct till_frame *frame, size_t at, const struct till_number_format *number,
                                      struct till_error *error) {
    const struct till_frame_sample *sample = &frame->samples[at];
    if (frame->columns[at].wish.kind != TILL_FRAME_AUTO)
        return TILL_OK;
    if (sample->numbers == sample->present)
        return become_number(frame, &frame->columns[at], number, error);
    return sample->numbers >= sample->present - sample->present / 10 ? refuse_text(frame, at, error) : TILL_OK;
}

static enum till_status settle(struct till_frame *frame, const struct till_number_format *number,
                               struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < frame->count && status == TILL_OK; i++)
        status = settle_column(frame, i, number, error);
    frame->settled = true;
    return status;
}

static void look_at(struct till_frame_sample *sample, size_t row, struct till_slice text,
                    const struct till_number_format *number) {
    double value;
    if (text.bytes == NULL)
        return;
    sample->present++;
    if (is_number(text, number, &value))
        sample->numbers++;
    else if (sample->first_text == 0) {
        sample->first_text = row + 1;
        till_error_quote(sample->text, text.bytes, text.length);
    }
}

/* Looks at those rows of a block that belong to the sample. */
static void look(struct till_frame *frame, const struct till_block *block, const struct till_number_format *number) {
    size_t wanted = TILL_FRAME_SAMPLE - frame->seen;
    size_t rows = block->rows < wanted ? block->rows : wanted;
    for (size_t i = 0; i < frame->count; i++)
        for (size_t row = 0; frame->columns[i].wish.kind == TILL_FRAME_AUTO && row < rows; row++)
            look_at(&frame->samples[i], frame->seen + row, block->columns[i].text[row], number);
    frame->seen += rows;
}

/* ---- storing a block ---- */

static bool grow_column(struct till_frame_column *column, size_t capacity) {
    void *moved = column->text ? realloc(column->codes, (capacity + 1) * sizeof *column->codes)
                               : realloc(column->numbers, (capacity + 1) * sizeof *column->numbers);
    if (moved == NULL)
        return false;
    if (column->text)
        column->codes = moved;
    else
        column->numbers = moved;
    return true;
}

static enum till_status reserve(struct till_frame *frame, size_t more, struct till_error *error) {
    size_t capacity = frame->capacity == 0 ? 1024 : frame->capacity;
    while (capacity < frame->rows + more)
        capacity += capacity / 2;
    for (size_t i = 0; i < frame->count; i++) {
        struct till_frame_column *column = &frame->columns[i];
        bool there = column->text ? column->codes != NULL : column->numbers != NULL;
        if ((capacity != frame->capacity || !there) && !grow_column(column, capacity))
            return till_error_memory(error);
    }
    frame->capacity = capacity;
    return TILL_OK;
}

static bool is_one_of(struct till_slice text, const char *const *words) {
    for (; *words != NULL; words++)
        if (text.length == strlen(*words) && strncasecmp(text.bytes, *words, text.length) == 0)
            return true;
    return false;
}

/* A truth value; false when it is none. */
static bool is_flag(struct till_slice text, const char *positive, double *value) {
    static const char *const yes[] = {"1", "yes", "true", "y", "t", "1.0", NULL};
    static const char *const no[] = {"0", "no", "false", "n", "f", "0.0", NULL};
    if (positive != NULL) {
        *value = till_slice_equal(text, till_slice_of(positive)) ? 1 : 0;
        return true;
    }
    *value = is_one_of(text, yes) ? 1 : 0;
    return *value == 1 || is_one_of(text, no);
}

static bool convert_number(const struct till_frame_column *column, struct till_slice text,
                           const struct till_number_format *number, double *value) {
    *value = NAN;
    if (text.bytes == NULL)
        return true;
    if (column->wish.kind == TILL_FRAME_FLAG)
        return is_flag(text, column->wish.positive, value);
    return is_number(text, number, value);
}

/* The cells of one column. Numbers that the reader has converted are only copied. */
static enum till_status convert_column(void *context, size_t at, unsigned worker, struct till_error *error) {
    struct conversion *work = context;
    struct till_frame_column *column = &work->frame->columns[at];
    const struct till_vector *values = &work->block->columns[at];
    size_t base = work->frame->rows;
    uint32_t *bad = work->bad + at * work->block->rows;
    (void)worker;
    for (size_t row = 0; row < work->block->rows; row++) {
        bad[row] = 0;
        if (values->type == TILL_REAL) {
            column->numbers[base + row] = values->real[row];
            bad[row] = column->wish.not_negative && values->real[row] < 0;
        } else if (!column->text) {
            bad[row] = !convert_number(column, values->text[row], work->number, &column->numbers[base + row]);
        } else {
            column->codes[base + row] = TILL_FRAME_NO_LEVEL;
            if (values->text[row].bytes != NULL &&
                !till_dictionary_add(column->levels, values->text[row], &column->codes[base + row]))
                return till_error_memory(error);
        }
    }
    return TILL_OK;
}

static const char *reason(const struct till_frame_column *column) {
    if (column->wish.kind == TILL_FRAME_NUMBER)
        return "below zero";
    if (column->wish.kind == TILL_FRAME_FLAG)
        return "neither 1, yes, true nor 0, no, false";
    return "not a number, but the rows before are (name the column in --categorical if it holds categories)";
}

/* The first column that makes a row bad, or the number of columns. */
static size_t bad_column(const struct conversion *work, size_t row) {
    size_t at = 0;
    while (at < work->frame->count && work->bad[at * work->block->rows + row] == 0)
        at++;
    return at;
}

static void move_row(struct till_frame *frame, size_t to, size_t from) {
    for (size_t i = 0; i < frame->count && to != from; i++) {
        struct till_frame_column *column = &frame->columns[i];
        if (column->text)
            column->codes[to] = column->codes[from];
        else
            column->numbers[to] = column->numbers[from];
    }
}

/* Rejects the bad rows of a block and keeps the others. */
static enum till_status keep_rows(struct conversion *work, struct till_block *block, struct till_rows *records,
                                  struct till_error *error) {
    struct till_frame *frame = work->frame;
    size_t base = frame->rows, kept = 0;
    enum till_status status = TILL_OK;
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++) {
        size_t at = bad_column(work, row);
        if (at == frame->count) {
            move_row(frame, base + kept++, base + row);
            if (records != NULL)
                status = till_rows_add(records, block->records[row], error);
        } else if (till_block_reject(block, row, frame->wanted[at].role, reason(&frame->columns[at])) != TILL_OK) {
            status = till_error_memory(error);
        }
    }
    frame->rows += kept;
    return status;
}

static enum till_status store(struct till_frame *frame, struct till_block *block,
                              const struct till_number_format *number, struct till_rows *records, unsigned threads,
                              struct till_error *error) {
    enum till_status status = TILL_OK;
    if (!frame->settled) {
        look(frame, block, number);
        if (frame->seen == TILL_FRAME_SAMPLE)
            status = settle(frame, number, error);
    }
    if (status == TILL_OK)
        status = reserve(frame, block->rows, error);
    if (status != TILL_OK)
        return status;
    struct conversion work = {frame, block, number, malloc((frame->count * block->rows + 1) * sizeof *work.bad)};
    if (work.bad == NULL)
        return till_error_memory(error);
    status = till_parallel_for(threads, frame->count, convert_column, &work, error);
    if (status == TILL_OK)
        status = keep_rows(&work, block, records, error);
    free(work.bad);
    return status;
}

enum till_status till_frame_read(struct till_frame *frame, struct till_input *input,
                                 const struct till_number_format *number, struct till_rows *records, unsigned threads,
                                 struct till_error *error) {
    struct till_plan plan = {.wanted = frame->wanted, .wanted_count = frame->count, .records = records != NULL};
    struct till_block *block = NULL;
    enum till_status status = till_input_start(input, &plan, error);
    if (status == TILL_OK && (block = till_block_new(input)) == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = till_input_next(input, block, error);
    while (status == TILL_OK && block->rows > 0) {
        status = store(frame, block, number, records, threads, error);
        if (status == TILL_OK)
            status = till_input_next(input, block, error);
    }
    till_block_free(block);
    if (status == TILL_OK && !frame->settled)
        status = settle(frame, number, error);
    if (status == TILL_OK && frame->rows == 0)
        status = reserve(frame, 1, error); /* arrays are there also without rows */
    return status;
}
