/* Writing a state: section by section, each with its checksum behind it, and the digest of all at the end. */
#include <stdlib.h>
#include <string.h>

#include <till/version.h>

#include "lib/base/crc32.h"
#include "lib/fold/state_parts.h"

static bool put(struct till_text *out, uint64_t value) {
    unsigned char bytes[VARINT_MOST];
    return till_text_append(out, bytes, varint_put(bytes, value));
}

static bool put_text(struct till_text *out, struct till_slice text) {
    return put(out, text.length) && till_text_append(out, text.bytes, text.length);
}

static bool put_print(struct till_text *out, struct till_fingerprint print) {
    unsigned char bytes[16];
    store_64(bytes, print.high);
    store_64(bytes + 8, print.low);
    return till_text_append(out, bytes, sizeof bytes);
}

/* ---- sections ---- */

/* Room for type and length, which are known when the section is full. */
static bool begin_section(struct state_writer *writer) {
    static const char head[STATE_SECTION] = {0};
    writer->start = writer->out.length;
    return till_text_append(&writer->out, head, sizeof head);
}

/* Several sections are passed on together: the system takes long pieces in less time. */
static enum till_status pass_on(struct state_writer *writer, struct till_error *error) {
    size_t length = writer->out.length;
    writer->out.length = 0;
    return writer->sink->write(writer->sink->context, writer->out.bytes, length, error);
}

static size_t section_length(const struct state_writer *writer) {
    return writer->out.length - writer->start;
}

static enum till_status end_section(struct state_writer *writer, const char *type, struct till_error *error) {
    unsigned char checksum[STATE_CHECKSUM];
    unsigned char *bytes = (unsigned char *)writer->out.bytes + writer->start;
    memcpy(bytes, type, 4);
    store_64(bytes + 4, section_length(writer) - STATE_SECTION);
    store_32(checksum, crc32_add(0, bytes, section_length(writer)));
    if (!till_text_append(&writer->out, checksum, sizeof checksum)) {
        return till_error_memory(error);
    }
    till_digest_add(&writer->digest, writer->out.bytes + writer->start, section_length(writer));
    return writer->out.length < STATE_PIECE ? TILL_OK : pass_on(writer, error);
}

/* ---- the head ---- */

bool parameters_pack(const struct till_state_parameter *parameters, size_t count, struct till_text *out) {
    bool fine = put(out, count);
    for (size_t i = 0; fine && i < count; i++) {
        fine = put_text(out, till_slice_of(parameters[i].name)) && put_text(out, till_slice_of(parameters[i].value));
    }
    return fine;
}

static enum till_status write_beginning(struct state_writer *writer, const struct till_state_head *head,
                                        struct till_fingerprint hash, struct till_error *error) {
    unsigned char header[STATE_HEADER];
    uint32_t flags = (head->by_time ? STATE_BY_TIME : 0) | (head->has_items ? STATE_ITEMS : 0) |
                     (head->amount_per_order ? STATE_ORDER_AMOUNTS : 0);
    memcpy(header, STATE_MAGIC, 8);
    store_32(header + 8, TILL_STATE_VERSION);
    memcpy(header + 12, STATE_KIND, 4);
    store_32(header + 16, flags);
    store_64(header + 20, hash.high);
    store_64(header + 28, hash.low);
    store_32(header + 36, crc32_add(0, header, 36));
    till_digest_start(&writer->digest);
    till_digest_add(&writer->digest, header, sizeof header);
    return till_text_append(&writer->out, header, sizeof header) ? TILL_OK : till_error_memory(error);
}

static enum till_status write_parameters(struct state_writer *writer, const struct till_state_head *head,
                                         struct till_error *error) {
    struct till_text packed = {0};
    if (!parameters_pack(head->parameters, head->parameter_count, &packed)) {
        till_text_free(&packed);
        return till_error_memory(error);
    }
    enum till_status status = write_beginning(writer, head, till_fingerprint_of(packed.bytes, packed.length), error);
    if (status == TILL_OK && !(begin_section(writer) && put_text(&writer->out, till_slice_of("till " TILL_VERSION)) &&
                               till_text_append(&writer->out, packed.bytes, packed.length))) {
        status = till_error_memory(error);
    }
    till_text_free(&packed);
    return status == TILL_OK ? end_section(writer, "PARM", error) : status;
}

/* Days as steps from each to the next. */
static enum till_status write_days(struct state_writer *writer, const struct till_state_head *head,
                                   struct till_error *error) {
    bool fine = begin_section(writer) && put(&writer->out, head->day_count);
    for (size_t i = 0; fine && i < head->day_count; i++) {
        const struct till_state_day *day = &head->days[i];
        uint64_t step = i == 0 ? zigzag(day->day) : (uint64_t)(day->day - head->days[i - 1].day);
        fine = put(&writer->out, step) && put(&writer->out, day->rows) && put(&writer->out, (uint64_t)day->spent) &&
               put(&writer->out, 0 - (uint64_t)day->returned);
    }
    return fine ? end_section(writer, "DAYS", error) : till_error_memory(error);
}

static bool put_input(struct till_text *out, const struct till_state_input *input) {
    bool dayless = input->first == TILL_DAY_MISSING;
    return put_text(out, till_slice_of(input->name)) && put_print(out, input->digest) && put(out, input->bytes) &&
           put(out, input->rows) && put(out, (uint64_t)input->replaced | (uint64_t)dayless << 1) &&
           put(out, dayless ? 0 : zigzag(input->first)) && put(out, dayless ? 0 : zigzag(input->last));
}

static enum till_status write_inputs(struct state_writer *writer, const struct till_state_head *head,
                                     struct till_error *error) {
    bool fine = begin_section(writer) && put(&writer->out, head->input_count);
    for (size_t i = 0; fine && i < head->input_count; i++) {
        fine = put_input(&writer->out, &head->inputs[i]);
    }
    return fine ? end_section(writer, "INPT", error) : till_error_memory(error);
}

static enum till_status write_items(struct state_writer *writer, const struct till_state_head *head,
                                    struct till_error *error) {
    uint32_t count = head->has_items ? till_dictionary_count(head->items) : 0;
    bool fine = begin_section(writer) && put(&writer->out, count);
    for (uint32_t code = 0; fine && code < count; code++) {
        fine = put_text(&writer->out, till_dictionary_text(head->items, code));
    }
    return fine ? end_section(writer, "ITEM", error) : till_error_memory(error);
}

enum till_status state_write_head(struct state_writer *writer, const struct till_state_head *head,
                                  struct till_error *error) {
    writer->by_time = head->by_time;
    enum till_status status = write_parameters(writer, head, error);
    if (status == TILL_OK) {
        status = write_days(writer, head, error);
    }
    if (status == TILL_OK) {
        status = write_inputs(writer, head, error);
    }
    if (status == TILL_OK) {
        status = write_items(writer, head, error);
    }
    if (status == TILL_OK && !begin_section(writer)) {
        status = till_error_memory(error);
    }
    return status;
}

/* ---- customers ---- */

/* A section is closed when it is full, so it is larger than a block by at most one customer. */
static enum till_status end_customers(struct state_writer *writer, uint64_t customers, uint64_t entries,
                                      struct till_error *error) {
    writer->customers += customers;
    writer->entries += entries;
    if (section_length(writer) < STATE_BLOCK) {
        return TILL_OK;
    }
    enum till_status status = end_section(writer, "CUST", error);
    return status == TILL_OK && !begin_section(writer) ? till_error_memory(error) : status;
}

size_t state_room(const struct state_writer *writer) {
    return STATE_BLOCK - section_length(writer);
}

enum till_status state_write_copy(struct state_writer *writer, const struct state_run *run, struct till_error *error) {
    if (!till_text_append(&writer->out, run->bytes.bytes, run->bytes.length)) {
        return till_error_memory(error);
    }
    return end_customers(writer, run->customers, run->entries, error);
}

/* The most bytes that an entry takes without its items, and an item. */
enum { ENTRY_MOST = 1 + 16 + 6 * VARINT_MOST, ITEM_MOST = 5 };

static size_t put_place(unsigned char *out, const struct till_state_entry *entry, const struct till_state_entry *before,
                        bool by_time, unsigned *flags) {
    if (by_time) {
        return varint_put(out, before == NULL ? zigzag((int64_t)(entry->order.low ^ UINT64_C(1) << 63))
                                              : entry->order.low - before->order.low);
    }
    size_t length = 0;
    if (before != NULL && till_fingerprint_equal(before->order, entry->order)) {
        *flags |= ENTRY_SAME_ORDER;
    } else {
        store_64(out, entry->order.high);
        store_64(out + 8, entry->order.low);
        length = 16;
    }
    return length + varint_put(out + length, zigzag((int64_t)entry->day - (before == NULL ? 0 : before->day)));
}

static size_t put_amounts(unsigned char *out, const struct till_state_entry *entry, unsigned *flags) {
    size_t length = 0;
    if (entry->purchase_rows > 0) {
        *flags |= ENTRY_PURCHASES;
        if (entry->purchase_rows > 1) {
            *flags |= ENTRY_PURCHASE_ROWS;
            length += varint_put(out + length, entry->purchase_rows);
        }
        length += varint_put(out + length, (uint64_t)entry->spent);
    }
    if (entry->return_rows > 0) {
        *flags |= ENTRY_RETURNS;
        if (entry->return_rows > 1) {
            *flags |= ENTRY_RETURN_ROWS;
            length += varint_put(out + length, entry->return_rows);
        }
        length += varint_put(out + length, 0 - (uint64_t)entry->returned);
    }
    return length;
}

/* Their length comes first, so that who does not want them can step over them. */
static size_t put_items(unsigned char *out, const uint32_t *codes, uint32_t count) {
    unsigned char scratch[VARINT_MOST];
    size_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        length += varint_put(scratch, i == 0 ? codes[0] : codes[i] - codes[i - 1]);
    }
    length = varint_put(out, length);
    for (uint32_t i = 0; i < count; i++) {
        length += varint_put(out + length, i == 0 ? codes[0] : codes[i] - codes[i - 1]);
    }
    return length;
}

static size_t put_entry(const struct state_writer *writer, const struct entries *entries,
                        const struct till_state_entry *entry, const struct till_state_entry *before,
                        unsigned char *out) {
    unsigned flags = (entry->differs ? ENTRY_DIFFERS : 0) | (entry->item_count > 0 ? ENTRY_ITEMS : 0);
    size_t length = 1 + put_place(out + 1, entry, before, writer->by_time, &flags);
    length += put_amounts(out + length, entry, &flags);
    out[0] = (unsigned char)flags;
    if (entry->packed) {
        length += varint_put(out + length, entry->item_count);
        memcpy(out + length, entries->packed + entry->first_item, entry->item_count);
        length += entry->item_count;
    } else if (entry->item_count > 0) {
        length += put_items(out + length, entries->items + entry->first_item, entry->item_count);
    }
    return length;
}

static size_t packed_end(const struct till_state_entry *entry) {
    return entry->first_item + entry->item_count;
}

/* How many entries from `at` on follow on one another, and on the one before, as they do in the state: an entry is
 * packed by how it differs from that. *bytes: what they are there. */
static size_t find_run(const struct entries *entries, size_t at, size_t base, size_t *bytes) {
    const struct till_state_entry *all = entries->at;
    size_t end = at == base                       ? entries->packed_first
                 : all[at - 1].packed_length == 0 ? SIZE_MAX
                                                  : packed_end(&all[at - 1]);
    size_t start = end, run = 0;
    for (; at + run < entries->count; run++) {
        const struct till_state_entry *entry = &all[at + run];
        if (entry->packed_length == 0 || packed_end(entry) - entry->packed_length != end) {
            break;
        }
        end = packed_end(entry);
    }
    *bytes = end - start;
    return run;
}

/* The most bytes that entries take. */
static size_t room_for(const struct till_state_entry *entries, size_t count) {
    size_t room = VARINT_MOST;
    for (size_t i = 0; i < count; i++) {
        room += ENTRY_MOST + ITEM_MOST * (size_t)entries[i].item_count;
    }
    return room;
}

enum till_status state_write_entries(struct state_writer *writer, struct till_slice name, const struct entries *entries,
                                     size_t base, struct till_error *error) {
    const struct till_state_entry *first = entries->at + base;
    size_t count = entries->count - base;
    writer->record.length = 0;
    if (!till_text_reserve(&writer->record, room_for(first, count))) {
        return till_error_memory(error);
    }
    unsigned char *out = (unsigned char *)writer->record.bytes;
    size_t length = varint_put(out, count);
    for (size_t i = 0; i < count;) {
        size_t bytes, run = find_run(entries, base + i, base, &bytes);
        if (run > 0) {
            memcpy(out + length, entries->packed + packed_end(&first[i]) - first[i].packed_length, bytes);
            length += bytes;
            i += run;
        } else {
            length += put_entry(writer, entries, &first[i], i == 0 ? NULL : &first[i - 1], out + length);
            i++;
        }
    }
    if (!put_text(&writer->out, name) || !put_text(&writer->out, (struct till_slice){writer->record.bytes, length})) {
        return till_error_memory(error);
    }
    return end_customers(writer, 1, count, error);
}

/* ---- the end ---- */

enum till_status state_write_end(struct state_writer *writer, uint64_t rows, struct till_fingerprint *digest,
                                 struct till_error *error) {
    enum till_status status = TILL_OK;
    if (section_length(writer) > STATE_SECTION) {
        status = end_section(writer, "CUST", error);
    }
    *digest = till_digest_finish(&writer->digest);
    if (status == TILL_OK &&
        !(begin_section(writer) && put(&writer->out, writer->customers) && put(&writer->out, writer->entries) &&
          put(&writer->out, rows) && put_print(&writer->out, *digest))) {
        status = till_error_memory(error);
    }
    if (status == TILL_OK) {
        status = end_section(writer, "TAIL", error);
    }
    return status == TILL_OK ? pass_on(writer, error) : status;
}

void state_writer_free(struct state_writer *writer) {
    till_text_free(&writer->out);
    till_text_free(&writer->record);
}
