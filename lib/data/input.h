/* input.h: what the parts of the reader share of an input: input.c hands out chunks, ahead.c looks at rows before their
 * turn, commit.c takes the reports. */
#ifndef TILL_DATA_INPUT_H
#define TILL_DATA_INPUT_H

#include <pthread.h>

#include <till/input.h>
#include <till/rows.h>

#include "lib/data/chunks.h"

struct report;

/* Chunks that a thread of its own has read, in a ring; under the lock of the input, but for the slot that is being
 * filled. */
enum { FEED_CHUNKS = 8 };
struct feed {
    bool running;
    pthread_t thread;
    pthread_cond_t changed;
    struct chunk ring[FEED_CHUNKS];
    size_t first;
    size_t count;
    bool ended;              /* nothing comes behind what is in the ring */
    enum till_status status; /* why it ended */
    struct till_error error;
    uint64_t sequence; /* the turn of the error */
    uint64_t done;     /* what till_input_progress tells */
    uint64_t total;
};

/* A wanted column, made ready for decoding. */
struct wanted {
    struct till_wanted ask;
    enum till_date_format date_format;
    bool date_settled;
    unsigned missing_reason; /* index into accounting.reasons, where rows are filtered */
    unsigned until_reason;
    unsigned since_reason;
};

/* A filter, made ready. */
struct column_filter {
    const struct till_filter *ask;
    size_t column;
};

/* Workers share it. What is set before the first chunk is handed out does not change from then on; the rest is under
 * the lock. */
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

    struct feed feed;

    pthread_mutex_t lock;
    bool lock_ready;
    bool stopped;           /* hand out no more chunks */
    uint64_t next_report;   /* the sequence whose report is taken next */
    struct report *waiting; /* reports that came early, by sequence */
    struct till_accounting accounting;
    struct till_error failure; /* the first in input order */
};

/* ahead.c: the next chunk, those that were looked at before their turn first; length 0 at the end. Under the lock. */
enum till_status input_next_chunk(struct till_input *input, struct chunk *chunk, struct till_error *error);

/* feed.c: the next chunk out of the ring, swapped with the one given, which is used again. Under the lock. */
enum till_status input_take_fed(struct till_input *input, struct chunk *chunk, uint64_t *sequence,
                                struct till_error *error);

/* input.c: bytes read and to be read, as far as they are known. */
void input_measure(const struct till_input *input, uint64_t *done, uint64_t *total);

/* ahead.c: settles the date format of a wanted column by reading ahead. */
enum till_status input_search_format(struct till_input *input, struct wanted *wanted, struct till_error *error);

/* commit.c: hands in the report of a chunk, which is owned from then on; under the lock. */
void input_hand_in(struct till_input *input, struct report *report);

/* commit.c: what can only be judged at the end of input. */
void input_judge_share(struct till_input *input);

#endif
