/* Reading a state: sections one after another, each checked before anything in it is believed.
 *
 * The file is read once, from front to end, through a buffer of one section. No length is taken from it that the bytes
 * left do not cover, so nothing in it can make the reader read outside of them or take more memory than they have. The
 * checksum of a section is right before its content is looked at; the digest at the end is right before the last
 * customer was the last. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <till/date.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/crc32.h"
#include "lib/fold/state_parts.h"

struct till_state {
    char *path; /* NULL: bytes in memory */
    int descriptor;
    const unsigned char *bytes; /* what is left of them */
    uint64_t left;
    struct till_digest digest; /* of all sections but the last */
    struct till_fingerprint whole;
    struct till_text section; /* the present one: head, payload, checksum */
    struct cursor payload;
    struct till_state_head head;
    struct arena texts; /* that the head points at */
    struct till_slice name;
    struct cursor record;          /* the entries */
    uint64_t count;                /* of them */
    const unsigned char *customer; /* where the customer begins */
    struct till_text before;       /* the last name of the section before */
    uint32_t item_codes;           /* codes of items in entries are below it */
    uint64_t customers;
    uint64_t entries;
    bool ended;
};

enum till_status state_damaged(const struct till_state *state, const char *what, struct till_error *error) {
    till_error_set(error, TILL_ERROR_STATE, "the state is damaged: %s (take a copy, or make it anew)", what);
    till_error_at(error, state->path, 0, 0, NULL);
    return TILL_ERROR_STATE;
}

const char *state_path(const struct till_state *state) {
    return state->path;
}

/* ---- bytes ---- */

/* Reads exactly `length` bytes, which are known to be left. */
static enum till_status take(struct till_state *state, void *out, size_t length, struct till_error *error) {
    unsigned char *to = out;
    state->left -= length;
    if (state->path == NULL) {
        memcpy(to, state->bytes, length);
        state->bytes += length;
        return TILL_OK;
    }
    while (length > 0) {
        ssize_t taken = read(state->descriptor, to, length < 1U << 30 ? length : 1U << 30);
        if (taken == 0) {
            return state_damaged(state, "it became shorter while it was read", error);
        }
        if (taken < 0 && errno != EINTR) {
            return till_error_system(error, state->path, "cannot read", errno);
        }
        to += taken > 0 ? taken : 0;
        length -= taken > 0 ? (size_t)taken : 0;
    }
    return TILL_OK;
}

static bool make_room(struct till_text *text, size_t length) {
    text->length = 0;
    return till_text_reserve(text, length);
}

/* Reads the next section, which must be of one of two types, and checks it. `other` may be NULL. */
static enum till_status next_section(struct till_state *state, const char *type, const char *other,
                                     struct till_error *error) {
    unsigned char head[STATE_SECTION];
    if (state->left < STATE_SECTION + STATE_CHECKSUM) {
        return state_damaged(state, "it ends early", error);
    }
    enum till_status status = take(state, head, sizeof head, error);
    if (status != TILL_OK) {
        return status;
    }
    uint64_t length = load_64(head + 4);
    if (memcmp(head, type, 4) != 0 && (other == NULL || memcmp(head, other, 4) != 0)) {
        return state_damaged(state, "a section is not where it should be", error);
    }
    if (length > state->left - STATE_CHECKSUM) {
        return state_damaged(state, "it ends early", error);
    }
    size_t size = (size_t)length + STATE_SECTION + STATE_CHECKSUM;
    if (!make_room(&state->section, size)) {
        return till_error_memory(error);
    }
    memcpy(state->section.bytes, head, sizeof head);
    status = take(state, state->section.bytes + STATE_SECTION, (size_t)length + STATE_CHECKSUM, error);
    if (status != TILL_OK) {
        return status;
    }
    state->section.length = size;
    const unsigned char *at = (const unsigned char *)state->section.bytes;
    if (crc32_add(0, at, size - STATE_CHECKSUM) != load_32(at + size - STATE_CHECKSUM)) {
        return state_damaged(state, "a checksum is wrong", error);
    }
    if (memcmp(head, "TAIL", 4) != 0) {
        till_digest_add(&state->digest, at, size);
    }
    state->payload = (struct cursor){at + STATE_SECTION, at + size - STATE_CHECKSUM, true};
    return TILL_OK;
}

static struct till_slice get_text(struct cursor *in) {
    uint64_t length = varint_get(in);
    const unsigned char *bytes = cursor_take(in, length);
    return bytes == NULL ? (struct till_slice){"", 0} : (struct till_slice){(const char *)bytes, (size_t)length};
}

/* ---- the head ---- */

/* A text of the head, with a NUL; one with a NUL of its own is none. False when memory is out. */
static bool keep_text(struct till_state *state, const char **out, bool *sound) {
    struct till_slice text = get_text(&state->payload);
    char *copy = arena_take(&state->texts, text.length + 1);
    if (copy != NULL) {
        memcpy(copy, text.bytes, text.length);
        copy[text.length] = '\0';
        *sound = *sound && strlen(copy) == text.length;
    }
    *out = copy;
    return copy != NULL;
}

/* Counts come before what is counted, which has so many bytes at least. */
static uint64_t get_count(struct cursor *in, size_t least_bytes) {
    uint64_t count = varint_get(in);
    if (count > (uint64_t)(in->end - in->at) / least_bytes) {
        in->fine = false;
        return 0;
    }
    return count;
}

static enum till_status finish_section(const struct till_state *state, bool sound, const char *what,
                                       struct till_error *error) {
    bool fine = sound && state->payload.fine && state->payload.at == state->payload.end;
    return fine ? TILL_OK : state_damaged(state, what, error);
}

/* Parameters, and the tool that wrote the state as the first of the texts. */
static enum till_status read_parameters(struct till_state *state, const unsigned char hash[16],
                                        struct till_error *error) {
    enum till_status status = next_section(state, "PARM", NULL, error);
    if (status != TILL_OK) {
        return status;
    }
    struct cursor *in = &state->payload;
    struct till_state_head *head = &state->head;
    bool sound = true;
    bool fine = keep_text(state, &head->made_by, &sound);
    struct till_fingerprint print = till_fingerprint_of(in->at, (size_t)(in->end - in->at));
    sound = sound && print.high == load_64(hash) && print.low == load_64(hash + 8);
    uint64_t count = get_count(in, 2);
    head->parameters = calloc((size_t)count + 1, sizeof *head->parameters);
    for (uint64_t i = 0; fine && head->parameters != NULL && i < count; i++) {
        struct till_state_parameter *parameter = &head->parameters[head->parameter_count++];
        fine = keep_text(state, &parameter->name, &sound) && keep_text(state, &parameter->value, &sound);
    }
    if (!fine || head->parameters == NULL) {
        head->parameter_count = 0;
        return till_error_memory(error);
    }
    return finish_section(state, sound, "its parameters", error);
}

static enum till_status read_days(struct till_state *state, struct till_error *error) {
    enum till_status status = next_section(state, "DAYS", NULL, error);
    if (status != TILL_OK) {
        return status;
    }
    struct cursor *in = &state->payload;
    struct till_state_head *head = &state->head;
    uint64_t count = get_count(in, 4);
    wide_sum absolute = 0;
    int64_t day = 0;
    bool sound = true;
    head->days = malloc(((size_t)count + 1) * sizeof *head->days);
    if (head->days == NULL) {
        return till_error_memory(error);
    }
    for (uint64_t i = 0; sound && i < count; i++) {
        uint64_t step = varint_get(in), rows = varint_get(in), spent = varint_get(in), returned = varint_get(in);
        int64_t next = 0;
        absolute += (wide_sum)spent + returned;
        sound = in->fine && rows > 0 && absolute <= (wide_sum)INT64_MAX && (i == 0 || (step > 0 && step < 1U << 24));
        if (sound) {
            next = i == 0 ? unzigzag(step) : day + (int64_t)step;
            sound = is_day(next);
        }
        if (sound) {
            day = next;
            head->days[head->day_count++] =
                (struct till_state_day){(int32_t)day, rows, (int64_t)spent, -(int64_t)returned};
        }
    }
    return finish_section(state, sound, "its days", error);
}

static bool read_input(struct till_state *state, struct till_state_input *input, bool *sound) {
    struct cursor *in = &state->payload;
    *input = (struct till_state_input){.name = NULL};
    bool fine = keep_text(state, &input->name, sound);
    const unsigned char *print = cursor_take(in, 16);
    if (print != NULL) {
        input->digest = (struct till_fingerprint){load_64(print), load_64(print + 8)};
    }
    input->bytes = varint_get(in);
    input->rows = varint_get(in);
    uint64_t flags = varint_get(in);
    int64_t first = unzigzag(varint_get(in)), last = unzigzag(varint_get(in));
    input->replaced = (flags & 1) != 0;
    input->first = TILL_DAY_MISSING;
    input->last = TILL_DAY_MISSING;
    *sound = *sound && in->fine && flags <= 3 && ((flags & 2) != 0 || (is_day(first) && is_day(last)));
    if ((flags & 2) == 0 && *sound) {
        input->first = (int32_t)first;
        input->last = (int32_t)last;
    }
    return fine;
}

static enum till_status read_inputs(struct till_state *state, struct till_error *error) {
    enum till_status status = next_section(state, "INPT", NULL, error);
    if (status != TILL_OK) {
        return status;
    }
    struct till_state_head *head = &state->head;
    uint64_t count = get_count(&state->payload, 22);
    bool sound = true, fine = true;
    head->inputs = malloc(((size_t)count + 1) * sizeof *head->inputs);
    for (uint64_t i = 0; fine && sound && head->inputs != NULL && i < count; i++) {
        fine = read_input(state, &head->inputs[head->input_count++], &sound);
    }
    if (!fine || head->inputs == NULL) {
        head->input_count = 0;
        return till_error_memory(error);
    }
    return finish_section(state, sound, "its inputs", error);
}

/* Items have their codes by their places. */
static enum till_status read_items(struct till_state *state, struct till_error *error) {
    enum till_status status = next_section(state, "ITEM", NULL, error);
    if (status != TILL_OK) {
        return status;
    }
    uint64_t count = get_count(&state->payload, 1);
    bool sound = true;
    state->head.items = till_dictionary_new();
    if (state->head.items == NULL) {
        return till_error_memory(error);
    }
    for (uint64_t i = 0; sound && i < count; i++) {
        uint32_t code;
        if (!till_dictionary_add(state->head.items, get_text(&state->payload), &code)) {
            return till_error_memory(error);
        }
        sound = state->payload.fine && code == i; /* else it stood there before */
    }
    return finish_section(state, sound && (count == 0 || state->head.has_items), "its items", error);
}

static enum till_status refuse(const struct till_state *state, const char *what, struct till_error *error) {
    till_error_set(error, TILL_ERROR_STATE, "%s", what);
    till_error_at(error, state->path, 0, 0, NULL);
    return TILL_ERROR_STATE;
}

/* The fixed beginning. A state of a later version may be laid out otherwise behind the version, so that comes first. */
static enum till_status read_beginning(struct till_state *state, unsigned char header[STATE_HEADER],
                                       struct till_error *error) {
    if (state->left < STATE_HEADER) {
        return refuse(state, state->left == 0 ? "an empty file is no state" : "this is no state of till", error);
    }
    enum till_status status = take(state, header, STATE_HEADER, error);
    if (status != TILL_OK) {
        return status;
    }
    if (memcmp(header, STATE_MAGIC, 8) != 0) {
        return refuse(state, "this is no state of till", error);
    }
    if (load_32(header + 8) != TILL_STATE_VERSION) {
        till_error_set(error, TILL_ERROR_STATE, "a state of version %lu, and this till reads version %d",
                       (unsigned long)load_32(header + 8), TILL_STATE_VERSION);
        till_error_at(error, state->path, 0, 0, NULL);
        return TILL_ERROR_STATE;
    }
    uint32_t flags = load_32(header + 16);
    if (crc32_add(0, header, STATE_HEADER - 4) != load_32(header + STATE_HEADER - 4)) {
        return state_damaged(state, "a checksum is wrong", error);
    }
    if (memcmp(header + 12, STATE_KIND, 4) != 0 || flags > STATE_FLAGS) {
        return refuse(state, "a state of another kind", error);
    }
    till_digest_add(&state->digest, header, STATE_HEADER);
    state->head.by_time = (flags & STATE_BY_TIME) != 0;
    state->head.has_items = (flags & STATE_ITEMS) != 0;
    state->head.amount_per_order = (flags & STATE_ORDER_AMOUNTS) != 0;
    return TILL_OK;
}

static enum till_status read_head(struct till_state *state, struct till_error *error) {
    unsigned char header[STATE_HEADER];
    till_digest_start(&state->digest);
    enum till_status status = read_beginning(state, header, error);
    if (status == TILL_OK) {
        status = read_parameters(state, header + 20, error);
    }
    if (status == TILL_OK) {
        status = read_days(state, error);
    }
    if (status == TILL_OK) {
        status = read_inputs(state, error);
    }
    if (status == TILL_OK) {
        status = read_items(state, error);
    }
    if (status == TILL_OK) {
        state->item_codes = 2 * till_dictionary_count(state->head.items);
        state->payload.at = state->payload.end;
    }
    return status;
}

/* ---- opening ---- */

static enum till_status make(struct till_state **state, struct till_error *error) {
    *state = calloc(1, sizeof **state);
    if (*state == NULL) {
        return till_error_memory(error);
    }
    (*state)->descriptor = -1;
    return TILL_OK;
}

static enum till_status finish_opening(struct till_state **state, enum till_status status, struct till_error *error) {
    if (status == TILL_OK) {
        status = read_head(*state, error);
    }
    if (status != TILL_OK) {
        till_state_close(*state);
        *state = NULL;
    }
    return status;
}

enum till_status till_state_open_bytes(struct till_state **state, struct till_slice bytes, struct till_error *error) {
    enum till_status status = make(state, error);
    if (status != TILL_OK) {
        return status;
    }
    (*state)->bytes = (const unsigned char *)bytes.bytes;
    (*state)->left = bytes.length;
    return finish_opening(state, TILL_OK, error);
}

/* A state is a regular file: its length says how much there is to read. Without waiting, in case it is a pipe. */
static enum till_status open_file(struct till_state *state, const char *path, struct till_error *error) {
    struct stat about;
    do {
        state->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    } while (state->descriptor < 0 && errno == EINTR);
    if (state->descriptor < 0 || fstat(state->descriptor, &about) != 0) {
        return till_error_system(error, path, "cannot open", errno);
    }
    if (S_ISDIR(about.st_mode)) {
        return till_error_system(error, path, "cannot read", EISDIR);
    }
    if (!S_ISREG(about.st_mode)) {
        return refuse(state, "no regular file, as a state has to be", error);
    }
    state->left = (uint64_t)about.st_size;
    (void)posix_fadvise(state->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return TILL_OK;
}

enum till_status till_state_open(struct till_state **state, const char *path, struct till_error *error) {
    enum till_status status = make(state, error);
    if (status != TILL_OK) {
        return status;
    }
    (*state)->path = strdup(path);
    status = (*state)->path == NULL ? till_error_memory(error) : open_file(*state, path, error);
    return finish_opening(state, status, error);
}

void till_state_close(struct till_state *state) {
    if (state == NULL) {
        return;
    }
    if (state->descriptor >= 0) {
        (void)close(state->descriptor); /* nothing was written */
    }
    free(state->path);
    free(state->head.parameters);
    free(state->head.days);
    free(state->head.inputs);
    till_dictionary_free(state->head.items);
    arena_free(&state->texts);
    till_text_free(&state->section);
    till_text_free(&state->before);
    free(state);
}

const struct till_state_head *till_state_head(const struct till_state *state) {
    return &state->head;
}

struct till_fingerprint till_state_digest(const struct till_state *state) {
    return state->whole;
}

const struct till_state_input *till_state_find_input(const struct till_state *state, struct till_fingerprint digest) {
    for (size_t i = 0; i < state->head.input_count; i++) {
        if (till_fingerprint_equal(state->head.inputs[i].digest, digest)) {
            return &state->head.inputs[i];
        }
    }
    return NULL;
}

/* ---- customers ---- */

/* The last section says how much there was. Nothing may stand behind it. */
static enum till_status read_tail(struct till_state *state, struct till_error *error) {
    struct cursor *in = &state->payload;
    uint64_t rows = 0;
    for (size_t i = 0; i < state->head.day_count; i++) {
        rows += state->head.days[i].rows;
    }
    bool sound = varint_get(in) == state->customers;
    sound &= varint_get(in) == state->entries;
    sound &= varint_get(in) == rows;
    const unsigned char *digest = cursor_take(in, 16);
    struct till_fingerprint whole = till_digest_finish(&state->digest);
    sound = sound && digest != NULL && load_64(digest) == whole.high && load_64(digest + 8) == whole.low;
    state->whole = whole;
    state->ended = true;
    if (state->left > 0) {
        return state_damaged(state, "something stands behind its end", error);
    }
    return finish_section(state, sound, "its end", error);
}

/* Names rise; a customer has at least one entry. */
static enum till_status next_customer(struct till_state *state, struct till_error *error) {
    struct cursor *in = &state->payload;
    struct till_slice before = state->name;
    state->customer = in->at;
    state->name = get_text(in);
    uint64_t length = varint_get(in);
    const unsigned char *record = cursor_take(in, length);
    bool sound = record != NULL && (state->customers == 0 || name_compare(before, state->name) < 0);
    if (sound) {
        state->record = (struct cursor){record, record + length, true};
        state->count = varint_get(&state->record);
        sound = state->record.fine && state->count > 0 && state->count <= length;
    }
    if (!sound) {
        return state_damaged(state, "its customers", error);
    }
    state->customers++;
    state->entries += state->count;
    return TILL_OK;
}

/* The name of the last customer is kept: its bytes go with the section. */
static bool keep_name(struct till_state *state) {
    state->before.length = 0;
    bool fine = till_text_append(&state->before, state->name.bytes, state->name.length);
    state->name = (struct till_slice){state->before.bytes, state->before.length};
    return fine;
}

enum till_status state_next(struct till_state *state, bool *there, struct till_error *error) {
    *there = false;
    while (!state->ended && state->payload.at == state->payload.end) {
        if (state->customers > 0 && !keep_name(state)) {
            return till_error_memory(error);
        }
        enum till_status status = next_section(state, "CUST", "TAIL", error);
        if (status == TILL_OK && memcmp(state->section.bytes, "TAIL", 4) == 0) {
            return read_tail(state, error);
        }
        if (status != TILL_OK) {
            return status;
        }
    }
    if (state->ended) {
        return TILL_OK;
    }
    *there = true;
    return next_customer(state, error);
}

struct till_slice state_name(const struct till_state *state) {
    return state->name;
}

struct state_run state_run_start(const struct till_state *state) {
    return (struct state_run){{(const char *)state->customer, 0}, 0, 0};
}

static inline enum till_status add_to_run(struct till_state *state, const struct till_slice *limit, size_t most,
                                          struct state_run *run, bool *more, bool *stopped, struct till_error *error) {
    run->customers++;
    run->entries += state->count;
    run->bytes.length = (size_t)((const char *)state->payload.at - run->bytes.bytes);
    *more = *stopped = false;
    if (state->payload.at == state->payload.end || run->bytes.length >= most) {
        return TILL_OK;
    }
    enum till_status status = next_customer(state, error);
    *stopped = status == TILL_OK && limit != NULL && name_compare(state->name, *limit) >= 0;
    *more = status == TILL_OK && !*stopped;
    return status;
}

enum till_status state_run_add(struct till_state *state, const struct till_slice *limit, size_t most,
                               struct state_run *run, bool *more, bool *stopped, struct till_error *error) {
    return add_to_run(state, limit, most, run, more, stopped, error);
}

enum till_status state_run_add_all(struct till_state *state, const struct till_slice *limit, size_t most,
                                   struct state_run *run, bool *stopped, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (bool more = true; status == TILL_OK && more;) {
        status = add_to_run(state, limit, most, run, &more, stopped, error);
    }
    return status;
}

/* ---- entries ---- */

/* The day and the order of an entry where purchases are date-times. */
static bool read_time(struct cursor *in, unsigned flags, const struct till_state_entry *before,
                      struct till_state_entry *entry) {
    uint64_t step = varint_get(in);
    uint64_t time = before == NULL ? (uint64_t)unzigzag(step) ^ UINT64_C(1) << 63 : before->order.low + step;
    bool fine = (flags & ENTRY_SAME_ORDER) == 0 && (before == NULL || time > before->order.low);
    int64_t seconds = (int64_t)(time ^ UINT64_C(1) << 63);
    entry->order = (struct till_fingerprint){0, time};
    /* Beyond all dates a day would not fit. */
    fine = fine && seconds >= (int64_t)FIRST_DAY * 86400 && seconds < ((int64_t)LAST_DAY + 1) * 86400;
    entry->day = fine ? till_date_day(seconds) : 0;
    return fine;
}

static bool read_place(struct cursor *in, unsigned flags, const struct till_state_entry *before,
                       struct till_state_entry *entry) {
    if ((flags & ENTRY_SAME_ORDER) != 0) {
        if (before == NULL) {
            return false;
        }
        entry->order = before->order;
    } else {
        const unsigned char *print = cursor_take(in, 16);
        if (print == NULL) {
            return false;
        }
        entry->order = (struct till_fingerprint){load_64(print), load_64(print + 8)};
    }
    int64_t step = unzigzag(varint_get(in));
    if (step < 2 * FIRST_DAY - LAST_DAY || step > 2 * LAST_DAY - FIRST_DAY) {
        return false;
    }
    step += before == NULL ? 0 : before->day;
    entry->day = (int32_t)step;
    return is_day(step) && (before == NULL || entry_compare(before, entry) < 0);
}

static bool read_amounts(struct cursor *in, unsigned flags, struct till_state_entry *entry) {
    uint64_t purchases = 0, returns = 0, spent = 0, returned = 0;
    if ((flags & ENTRY_PURCHASES) != 0) {
        purchases = (flags & ENTRY_PURCHASE_ROWS) != 0 ? varint_get(in) : 1;
        spent = varint_get(in);
    }
    if ((flags & ENTRY_RETURNS) != 0) {
        returns = (flags & ENTRY_RETURN_ROWS) != 0 ? varint_get(in) : 1;
        returned = varint_get(in);
    }
    entry->purchase_rows = (uint32_t)purchases;
    entry->return_rows = (uint32_t)returns;
    entry->spent = (int64_t)spent;
    entry->returned = -(int64_t)returned;
    entry->differs = (flags & ENTRY_DIFFERS) != 0;
    return in->fine && purchases <= UINT32_MAX && returns <= UINT32_MAX && purchases + returns > 0 &&
           spent <= INT64_MAX && returned <= INT64_MAX && returned >= returns;
}

/* The items of an entry: the length of all, then the first code, then by how much each is above the one before. Who
 * only writes them again has them packed. */
static enum unpacking read_items_of(struct cursor *in, const struct entry_wish *wish, struct entries *entries,
                                    struct till_state_entry *entry) {
    uint64_t length = varint_get(in);
    const unsigned char *bytes = cursor_take(in, length);
    if (bytes == NULL || length == 0 || length > UINT32_MAX) {
        return UNPACKING_DAMAGED;
    }
    if (wish->items == ITEMS_LEFT_OUT) {
        return UNPACKED;
    }
    entry->packed = true;
    entry->first_item = (size_t)(bytes - entries->packed);
    entry->item_count = (uint32_t)length;
    return wish->items == ITEMS_PACKED ? UNPACKED : entries_unpack(entries, entry, wish->codes);
}

/* An entry as nearly all are: purchases alone, of an order of its own, with numbers that fit into seven bytes. False:
 * it has to be looked at piece by piece. */
static inline bool read_plain(const unsigned char *readable, struct cursor *in, const struct entry_wish *wish,
                              const struct till_state_entry *before, const struct entries *entries,
                              struct till_state_entry *entry) {
    const unsigned other = ENTRY_SAME_ORDER | ENTRY_RETURNS | ENTRY_RETURN_ROWS | 128;
    const size_t fixed = 1 + 16;
    const unsigned char *at = in->at;
    if (in->end == at || (size_t)(readable - at) < fixed + 8 || (*at & (ENTRY_PURCHASES | other)) != ENTRY_PURCHASES) {
        return false;
    }
    unsigned flags = *at;
    bool items = (flags & ENTRY_ITEMS) != 0;
    struct till_fingerprint order = {load_64(at + 1), load_64(at + 9)};
    struct plain_numbers numbers = plain_numbers_get(at + fixed, (flags & ENTRY_PURCHASE_ROWS) != 0, items);
    const unsigned char *behind = at + fixed + numbers.bytes;
    int64_t day = unzigzag(numbers.day) + (before == NULL ? 0 : before->day);
    if (!numbers.fine || behind > in->end || numbers.length > (size_t)(in->end - behind) || !is_day(day) ||
        numbers.rows == 0 || (items && (numbers.length == 0 || wish->items == ITEMS_UNPACKED)) ||
        (before != NULL && order_compare(before->order, order) >= 0)) {
        return false;
    }
    bool packed = wish->items == ITEMS_PACKED;
    in->at = behind + numbers.length;
    *entry = (struct till_state_entry){.order = order,
                                       .day = (int32_t)day,
                                       .differs = (flags & ENTRY_DIFFERS) != 0,
                                       .packed = packed && items,
                                       .purchase_rows = numbers.rows,
                                       .spent = numbers.spent,
                                       .first_item = packed ? (size_t)(behind - entries->packed) : 0,
                                       .item_count = packed ? numbers.length : 0,
                                       .packed_length = packed ? (uint32_t)(in->at - at) : 0};
    return true;
}

static bool read_by_pieces(const struct till_state *state, struct cursor *in, const struct entry_wish *wish,
                           const struct till_state_entry *before, struct entries *entries,
                           struct till_state_entry *entry, enum unpacking *items) {
    const unsigned char *flags = cursor_take(in, 1);
    *entry = (struct till_state_entry){.day = 0};
    bool fine = flags != NULL && *flags < 128 &&
                (state->head.by_time ? read_time(in, *flags, before, entry) : read_place(in, *flags, before, entry)) &&
                read_amounts(in, *flags, entry);
    if (fine && (*flags & ENTRY_ITEMS) != 0) {
        *items = read_items_of(in, wish, entries, entry);
        fine = *items == UNPACKED;
    }
    return fine;
}

enum till_status state_entries(const struct till_state *state, const struct entry_wish *wish, struct entries *entries,
                               struct till_error *error) {
    struct cursor in = state->record;
    struct till_state_entry before = {0};
    const unsigned char *readable = state->payload.end + STATE_CHECKSUM;
    bool plain = !state->head.by_time, fine = true;
    enum unpacking items = UNPACKED;
    entries->packed = (const unsigned char *)state->section.bytes;
    entries->packed_first = (size_t)(in.at - entries->packed);
    entries->item_codes = state->item_codes;
    if (!entries_reserve(entries, (size_t)state->count)) {
        return till_error_memory(error);
    }
    for (uint64_t i = 0; fine && i < state->count; i++) {
        struct till_state_entry *entry = &entries->at[entries->count];
        const struct till_state_entry *last = i == 0 ? NULL : wish->dropped_count == 0 ? entry - 1 : &before;
        fine = (plain && read_plain(readable, &in, wish, last, entries, entry)) ||
               read_by_pieces(state, &in, wish, last, entries, entry, &items);
        if (wish->dropped_count == 0) {
            entries->count++;
        } else {
            before = *entry;
            entries->count += !day_table_has(wish->dropped, wish->dropped_count, before.day);
        }
    }
    if (items == UNPACKING_MEMORY) {
        return till_error_memory(error);
    }
    return fine && in.at == in.end ? TILL_OK : state_damaged(state, "the entries of a customer", error);
}
