/* Taking the reports of chunks in input order.
 *
 * Workers finish in any order; a report that comes before its turn waits in a list, which is never longer than there
 * are workers. In its turn its rows are counted, its bad rows are told to whoever wants to hear of them, and the first
 * one too many, or a fault that ends the file, becomes the failure of the input: the same one whatever the number of
 * workers. */
#include "lib/data/input.h"
#include "lib/data/reader.h"

/* Tells whoever listens of a bad row. Since reports are taken under the lock and in input order, the listener need not
 * be safe against other threads, and what it writes is the same for any number of them. */
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

/* The bad row that is one too many is the failure of the input. Without a limit it is the first bad row, and the reason
 * alone says it all; with one, the limit is part of the message. */
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

/* Takes the report whose turn it is. Rows of a chunk that fails are counted whole, since they were read whole; the bad
 * rows are told up to the one that ends it all. With a limit that is a share, no single row is too many: that is judged
 * at the end. */
static void take_report(struct till_input *input, const struct report *report) {
    struct till_accounting *accounting = &input->accounting;
    bool share = input->options.max_bad_share > 0;
    accounting->read += report->read;
    input->chunks.files[report->file].rows += report->read;
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

/* Reports are taken in the order of their chunks, not in that in which workers finish: the bad row that fails a run,
 * the list of rejects and the counts at that point are then the same for one worker and for many. After a failure,
 * reports are still taken off the list, so that it empties, but no longer counted. */
void input_hand_in(struct till_input *input, struct report *report) {
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

/* A share has no sense before the last row: the first row of a file, if bad, would be all of them. */
void input_judge_share(struct till_input *input) {
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
