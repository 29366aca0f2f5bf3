/* External merge sort (Knuth 1998, The Art of Computer Programming 3, section 5.4): memory is filled with records,
 * sorted, and written out as a run, again and again; then all runs are merged at once, each read through a window. One
 * pass is enough: with 64 MB of memory and a window of 4 KB each, 16,000 runs are a terabyte. Where only the first n
 * records are wanted and they fill at most half of the memory, the others are dropped instead, and there is no file.
 *
 * The file has no name from the moment it is open: whatever happens, nothing is left behind. */
#include <till/sorter.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAST_RECORDS = 64, FIRST_RECORDS = 1024 };

/* A run in the file, and the window on it: records `at` to `loaded` of the memory from `window` on. */
struct run {
    uint64_t offset; /* in the file, of what is not in the window yet */
    uint64_t left;   /* records behind the window */
    unsigned char *window;
    size_t at;
    size_t loaded;
};

struct till_sorter {
    struct till_sorter_order order;
    char *directory;
    size_t limit; /* records in memory */
    unsigned char *records;
    size_t used;
    size_t capacity;
    uint64_t count; /* records added, less those dropped */
    int file;       /* -1: all is in memory */
    uint64_t file_size;
    struct run *runs;
    size_t run_count;
    size_t run_capacity;
    size_t *heap; /* runs with records, that of the first record on top */
    size_t heap_count;
    size_t window; /* records in the window of a run */
    size_t at;     /* the next record, when all is in memory */
    uint64_t given;
};

struct till_sorter *till_sorter_new(const struct till_sorter_order *order, size_t memory, const char *directory) {
    struct till_sorter *sorter = calloc(1, sizeof *sorter);
    if (sorter == NULL)
        return NULL;
    sorter->order = *order;
    /* Sorting wants half as much again. */
    sorter->limit = memory / 3 * 2 / order->size;
    sorter->limit = sorter->limit < LEAST_RECORDS ? LEAST_RECORDS : sorter->limit;
    sorter->file = -1;
    sorter->directory = strdup(directory == NULL ? "/tmp" : directory);
    if (sorter->directory != NULL)
        return sorter;
    free(sorter);
    return NULL;
}

void till_sorter_free(struct till_sorter *sorter) {
    if (sorter == NULL)
        return;
    if (sorter->file >= 0)
        (void)close(sorter->file);
    free(sorter->directory);
    free(sorter->records);
    free(sorter->runs);
    free(sorter->heap);
    free(sorter);
}

uint64_t till_sorter_count(const struct till_sorter *sorter) {
    uint64_t first = sorter->order.first;
    return first > 0 && sorter->count > first ? first : sorter->count;
}

static unsigned char *record_at(const struct till_sorter *sorter, size_t i) {
    return sorter->records + i * sorter->order.size;
}

/* ---- sorting in memory ---- */

/* Merge sort, stable; `spare` has room for half of the records. */
static void merge_sort(const struct till_sorter_order *order, unsigned char *records, unsigned char *spare,
                       size_t count) {
    if (count < 2)
        return;
    size_t size = order->size, half = count / 2;
    unsigned char *left = spare, *left_end = spare + half * size, *right = records + half * size,
                  *end = records + count * size, *out = records;
    merge_sort(order, records, spare, half);
    merge_sort(order, right, spare, count - half);
    if (order->compare(order->context, right - size, right) <= 0)
        return; /* in order already */
    memcpy(spare, records, half * size);
    while (left < left_end) {
        bool from_right = right < end && order->compare(order->context, right, left) < 0;
        memcpy(out, from_right ? right : left, size);
        right += from_right ? size : 0;
        left += from_right ? 0 : size;
        out += size;
    }
}

static enum till_status sort_memory(struct till_sorter *sorter, struct till_error *error) {
    unsigned char *spare = malloc((sorter->used / 2 + 1) * sorter->order.size);
    if (spare == NULL)
        return till_error_memory(error);
    merge_sort(&sorter->order, sorter->records, spare, sorter->used);
    free(spare);
    return TILL_OK;
}

/* ---- the file ---- */

static enum till_status open_file(struct till_sorter *sorter, struct till_error *error) {
    static const char name[] = "/till-sort-XXXXXX";
    size_t length = strlen(sorter->directory);
    char *path = malloc(length + sizeof name);
    if (path == NULL)
        return till_error_memory(error);
    memcpy(path, sorter->directory, length);
    memcpy(path + length, name, sizeof name);
    enum till_status status = TILL_OK;
    sorter->file = mkstemp(path);
    if (sorter->file < 0) {
        status = till_error_system(error, sorter->directory, "cannot make a temporary file", errno);
    } else {
        (void)unlink(path);
        (void)fcntl(sorter->file, F_SETFD, FD_CLOEXEC);
    }
    free(path);
    return status;
}

static struct run *next_run(struct till_sorter *sorter) {
    if (sorter->run_count == sorter->run_capacity) {
        size_t capacity = 2 * sorter->run_capacity + 16;
        struct run *runs = realloc(sorter->runs, capacity * sizeof *runs);
        if (runs == NULL)
            return NULL;
        sorter->runs = runs;
        sorter->run_capacity = capacity;
    }
    return &sorter->runs[sorter->run_count++];
}

/* Writes the sorted memory as a run. */
static enum till_status write_run(struct till_sorter *sorter, struct till_error *error) {
    enum till_status status = sorter->file < 0 ? open_file(sorter, error) : TILL_OK;
    if (status != TILL_OK)
        return status;
    struct run *run = next_run(sorter);
    if (run == NULL)
        return till_error_memory(error);
    *run = (struct run){.offset = sorter->file_size, .left = sorter->used};
    for (size_t bytes = sorter->used * sorter->order.size, done = 0; done < bytes;) {
        ssize_t written = write(sorter->file, sorter->records + done, bytes - done);
        if (written < 0 && errno != EINTR)
            return till_error_system(error, sorter->directory, "cannot write a temporary file", errno);
        done += written > 0 ? (size_t)written : 0;
        sorter->file_size += written > 0 ? (uint64_t)written : 0;
    }
    sorter->used = 0;
    return TILL_OK;
}

/* ---- adding ---- */

/* Room for one more: more memory, or all of it anew. */
static enum till_status make_room(struct till_sorter *sorter, struct till_error *error) {
    if (sorter->capacity < sorter->limit) {
        size_t capacity = sorter->capacity == 0 ? FIRST_RECORDS : 2 * sorter->capacity;
        capacity = capacity > sorter->limit ? sorter->limit : capacity;
        unsigned char *records = realloc(sorter->records, capacity * sorter->order.size);
        if (records == NULL)
            return till_error_memory(error);
        sorter->records = records;
        sorter->capacity = capacity;
        return TILL_OK;
    }
    enum till_status status = sort_memory(sorter, error);
    if (status != TILL_OK)
        return status;
    if (sorter->order.first == 0 || sorter->order.first > sorter->limit / 2)
        return write_run(sorter, error);
    sorter->used = (size_t)sorter->order.first;
    sorter->count = sorter->used;
    return TILL_OK;
}

enum till_status till_sorter_add(struct till_sorter *sorter, const void *record, struct till_error *error) {
    enum till_status status = sorter->used == sorter->capacity ? make_room(sorter, error) : TILL_OK;
    if (status != TILL_OK)
        return status;
    memcpy(record_at(sorter, sorter->used++), record, sorter->order.size);
    sorter->count++;
    return TILL_OK;
}

/* ---- merging ---- */

static const unsigned char *head(const struct till_sorter *sorter, size_t run) {
    return sorter->runs[run].window + sorter->runs[run].at * sorter->order.size;
}

/* Whether the head of run `a` comes before that of `b`; of equal ones, that of the earlier run. */
static bool precedes(const struct till_sorter *sorter, size_t a, size_t b) {
    int order = sorter->order.compare(sorter->order.context, head(sorter, a), head(sorter, b));
    return order < 0 || (order == 0 && a < b);
}

/* Moves the top of the heap down to where it belongs. */
static void sift_down(struct till_sorter *sorter, size_t at) {
    size_t *heap = sorter->heap, run = heap[at];
    for (size_t child; (child = 2 * at + 1) < sorter->heap_count; at = child) {
        if (child + 1 < sorter->heap_count && precedes(sorter, heap[child + 1], heap[child]))
            child++;
        if (!precedes(sorter, heap[child], run))
            break;
        heap[at] = heap[child];
    }
    heap[at] = run;
}

/* Reads the next records of a run into its window. */
static enum till_status load(struct till_sorter *sorter, struct run *run, struct till_error *error) {
    size_t size = sorter->order.size, done = 0;
    run->at = 0;
    run->loaded = run->left < sorter->window ? (size_t)run->left : sorter->window;
    while (done < run->loaded * size) {
        ssize_t got = pread(sorter->file, run->window + done, run->loaded * size - done, (off_t)run->offset);
        if (got == 0 || (got < 0 && errno != EINTR)) /* 0: somebody cut the file */
            return till_error_system(error, sorter->directory, "cannot read a temporary file", got == 0 ? EIO : errno);
        done += got > 0 ? (size_t)got : 0;
        run->offset += got > 0 ? (uint64_t)got : 0;
    }
    run->left -= run->loaded;
    return TILL_OK;
}

/* The memory is shared out as windows. */
static enum till_status start_merge(struct till_sorter *sorter, struct till_error *error) {
    sorter->window = sorter->limit / sorter->run_count;
    sorter->window = sorter->window == 0 ? 1 : sorter->window;
    free(sorter->records);
    sorter->records = malloc(sorter->window * sorter->run_count * sorter->order.size);
    sorter->heap = malloc(sorter->run_count * sizeof *sorter->heap);
    if (sorter->records == NULL || sorter->heap == NULL)
        return till_error_memory(error);
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < sorter->run_count; i++) {
        sorter->runs[i].window = record_at(sorter, i * sorter->window);
        status = load(sorter, &sorter->runs[i], error);
        sorter->heap[sorter->heap_count++] = i;
    }
    for (size_t i = sorter->heap_count / 2; status == TILL_OK && i-- > 0;)
        sift_down(sorter, i);
    return status;
}

enum till_status till_sorter_sort(struct till_sorter *sorter, struct till_error *error) {
    enum till_status status = sort_memory(sorter, error);
    if (status != TILL_OK || sorter->run_count == 0)
        return status;
    if (sorter->used > 0)
        status = write_run(sorter, error);
    return status == TILL_OK ? start_merge(sorter, error) : status;
}

/* The run of the last record goes on before the next one is looked for, so that a record stays until then. */
static enum till_status next_of_runs(struct till_sorter *sorter, const void **record, struct till_error *error) {
    if (sorter->given > 0) {
        struct run *run = &sorter->runs[sorter->heap[0]];
        enum till_status status = ++run->at == run->loaded ? load(sorter, run, error) : TILL_OK;
        if (status != TILL_OK)
            return status;
        if (run->at == run->loaded)
            sorter->heap[0] = sorter->heap[--sorter->heap_count];
        if (sorter->heap_count > 0)
            sift_down(sorter, 0);
    }
    *record = head(sorter, sorter->heap[0]);
    return TILL_OK;
}

enum till_status till_sorter_next(struct till_sorter *sorter, const void **record, struct till_error *error) {
    *record = NULL;
    if (sorter->given == till_sorter_count(sorter))
        return TILL_OK;
    enum till_status status = TILL_OK;
    if (sorter->run_count == 0)
        *record = record_at(sorter, sorter->at++);
    else
        status = next_of_runs(sorter, record, error);
    sorter->given++;
    return status;
}
