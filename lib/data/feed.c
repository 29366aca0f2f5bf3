/* Reading in a thread of its own.
 *
 * Inflating a chunk takes longer than parsing it. If workers did it in turn under the lock, each would wait for the
 * other one's turn to end; a thread that does nothing else never waits, as long as the ring has room. The chunks come
 * out in the order in which they were read, so nothing of what the workers see depends on it. */
#include "lib/data/input.h"

/* Fills the slot behind the chunks in the ring, without the lock: nobody else looks at it. */
static void feed_one(struct till_input *input) {
    struct feed *feed = &input->feed;
    struct chunk *slot = &feed->ring[(feed->first + feed->count) % FEED_CHUNKS];
    struct till_error error = {0};
    uint64_t sequence = input->chunks.sequence - input->ahead_left;
    pthread_mutex_unlock(&input->lock);
    enum till_status status = input_next_chunk(input, slot, &error);
    pthread_mutex_lock(&input->lock);
    input_measure(input, &feed->done, &feed->total);
    feed->ended = status != TILL_OK || slot->length == 0;
    feed->count += !feed->ended;
    if (feed->ended) {
        feed->status = status;
        feed->error = error;
        feed->sequence = sequence;
    }
    pthread_cond_broadcast(&feed->changed);
}

static void *feed_all(void *context) {
    struct till_input *input = context;
    struct feed *feed = &input->feed;
    pthread_mutex_lock(&input->lock);
    while (!feed->ended && !input->stopped) {
        if (feed->count == FEED_CHUNKS) {
            pthread_cond_wait(&feed->changed, &input->lock);
        } else {
            feed_one(input);
        }
    }
    pthread_mutex_unlock(&input->lock);
    return NULL;
}

bool till_input_feed(struct till_input *input) {
    struct feed *feed = &input->feed;
    bool worth = input->chunks.source != NULL && till_source_decodes(input->chunks.source);
    if (!worth || feed->running || pthread_cond_init(&feed->changed, NULL) != 0) {
        return false;
    }
    /* Set before the thread is there: workers ask for it without the lock. */
    feed->running = true;
    if (pthread_create(&feed->thread, NULL, feed_all, input) != 0) {
        feed->running = false;
        pthread_cond_destroy(&feed->changed);
    }
    return feed->running;
}

void till_input_unfeed(struct till_input *input) {
    struct feed *feed = &input->feed;
    if (!feed->running) {
        return;
    }
    till_input_stop(input);
    pthread_join(feed->thread, NULL);
    pthread_cond_destroy(&feed->changed);
    for (size_t i = 0; i < FEED_CHUNKS; i++) {
        chunk_free(&feed->ring[i]);
    }
    feed->running = false;
}

enum till_status input_take_fed(struct till_input *input, struct chunk *chunk, uint64_t *sequence,
                                struct till_error *error) {
    struct feed *feed = &input->feed;
    while (feed->count == 0 && !feed->ended && !input->stopped) {
        pthread_cond_wait(&feed->changed, &input->lock);
    }
    chunk->length = 0;
    if (feed->count > 0) {
        struct chunk used = *chunk;
        *chunk = feed->ring[feed->first];
        feed->ring[feed->first] = used;
        feed->first = (feed->first + 1) % FEED_CHUNKS;
        feed->count--;
        pthread_cond_broadcast(&feed->changed);
        return TILL_OK;
    }
    *sequence = feed->sequence;
    *error = feed->error;
    return feed->status;
}
