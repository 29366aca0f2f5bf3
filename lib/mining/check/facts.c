/* The type of a column is what all its values allow: a set of possibilities that can only shrink. So neither the order
 * of values nor the cut into parts matters, and a column that has turned out to be text costs no more attempts to read
 * numbers or dates.
 *
 * Smallest and largest numbers are kept as they were written, so that nothing is lost on the way through a double; the
 * sum for the mean is exact (lib/fold/exact_sum.h). */
#include <string.h>

#include "lib/mining/check/facts.h"

#define ALL_FORMATS ((1U << TILL_DATE_FORMATS) - 1)

void facts_start(struct facts *facts) {
    memset(facts, 0, sizeof *facts);
    facts->integers = facts->numbers = true;
    facts->formats = ALL_FORMATS;
}

void facts_free(struct facts *facts) {
    till_text_free(&facts->smallest);
    till_text_free(&facts->largest);
    till_text_free(&facts->least.text);
    till_text_free(&facts->greatest.text);
}

static struct till_slice slice(const struct till_text *text) {
    return (struct till_slice){text->bytes, text->length};
}

static bool replace(struct till_text *text, struct till_slice value) {
    text->length = 0;
    return till_text_append(text, value.bytes, value.length);
}

/* An optional sign and digits. */
static bool is_integer(struct till_slice value) {
    size_t at = value.length > 0 && (value.bytes[0] == '-' || value.bytes[0] == '+') ? 1 : 0;
    bool digits = at < value.length;
    for (; digits && at < value.length; at++)
        digits = value.bytes[at] >= '0' && value.bytes[at] <= '9';
    return digits;
}

/* 007 is a code: as a number it would lose its zeros. */
static bool is_code(struct till_slice value) {
    return value.length > 1 && value.bytes[0] == '0' && value.bytes[1] >= '0' && value.bytes[1] <= '9';
}

/* Numbers that share a double are told apart as integers where they are some, by length and then by digits; and by
 * bytes, so that there is always an order. */
static int compare_written(double a, struct till_slice a_text, double b, struct till_slice b_text) {
    if (a != b)
        return a < b ? -1 : 1;
    int order = till_slice_compare(a_text, b_text);
    if (is_integer(a_text) && is_integer(b_text)) {
        if (a_text.length != b_text.length)
            order = a_text.length < b_text.length ? -1 : 1;
        if (a < 0)
            order = -order;
    }
    return order;
}

/* Keeps the smaller of both numbers, or the greater (sign -1). */
static bool keep_number(struct written_number *kept, bool first, double value, struct till_slice text, int sign) {
    if (!first && sign * compare_written(value, text, kept->value, slice(&kept->text)) >= 0)
        return true;
    kept->value = value;
    return replace(&kept->text, text);
}

static bool keep_bytes(struct till_text *kept, bool first, struct till_slice text, int sign) {
    return (!first && sign * till_slice_compare(text, slice(kept)) >= 0) || replace(kept, text);
}

static bool add_number(struct facts *facts, struct till_slice value, uint64_t times,
                       const struct till_number_format *format) {
    double number;
    bool first = facts->values == 0;
    facts->numbers = !is_code(value) && till_real_parse(value.bytes, value.length, format, &number) == TILL_NUMBER_OK;
    facts->integers = facts->integers && facts->numbers && is_integer(value);
    if (!facts->numbers)
        return true;
    exact_sum_add(&facts->sum, number, times);
    return keep_number(&facts->least, first, number, value, 1) &&
           keep_number(&facts->greatest, first, number, value, -1);
}

static void widen(struct facts *facts, size_t format, int64_t earliest, int64_t latest, bool first) {
    if (first || earliest < facts->earliest[format])
        facts->earliest[format] = earliest;
    if (first || latest > facts->latest[format])
        facts->latest[format] = latest;
}

static void add_date(struct facts *facts, struct till_slice value) {
    bool first = facts->values == 0;
    for (size_t format = 0; format < TILL_DATE_FORMATS; format++) {
        int64_t time;
        if ((facts->formats >> format & 1) == 0)
            continue;
        if (till_date_parse((enum till_date_format)format, NULL, value.bytes, value.length, &time))
            widen(facts, format, time, time, first);
        else
            facts->formats &= ~(1U << format);
    }
}

bool facts_add(struct facts *facts, struct till_slice value, uint64_t times, const struct till_number_format *format) {
    bool first = facts->values == 0;
    if (facts->formats != 0)
        add_date(facts, value);
    bool kept = (!facts->numbers || add_number(facts, value, times, format)) &&
                keep_bytes(&facts->smallest, first, value, 1) && keep_bytes(&facts->largest, first, value, -1);
    facts->values += times;
    return kept;
}

static bool merge_numbers(struct facts *into, const struct facts *from) {
    bool first = into->values == 0;
    into->integers = into->integers && from->integers;
    into->numbers = into->numbers && from->numbers;
    if (!into->numbers)
        return true;
    exact_sum_merge(&into->sum, &from->sum);
    return keep_number(&into->least, first, from->least.value, slice(&from->least.text), 1) &&
           keep_number(&into->greatest, first, from->greatest.value, slice(&from->greatest.text), -1);
}

bool facts_merge(struct facts *into, const struct facts *from) {
    bool first = into->values == 0;
    if (from->values == 0)
        return true;
    into->formats &= from->formats;
    for (size_t format = 0; format < TILL_DATE_FORMATS; format++)
        if ((into->formats >> format & 1) != 0)
            widen(into, format, from->earliest[format], from->latest[format], first);
    bool kept = merge_numbers(into, from) && keep_bytes(&into->smallest, first, slice(&from->smallest), 1) &&
                keep_bytes(&into->largest, first, slice(&from->largest), -1);
    into->values += from->values;
    return kept;
}

/* Any integer of ten digits could be seconds since 1970, and any of eight a date; the latter is believed in living
 * memory. */
uint32_t facts_date_formats(const struct facts *facts) {
    uint32_t formats = facts->formats & ~(1U << TILL_DATE_EPOCH);
    const int64_t day = 86400;
    if (facts->earliest[TILL_DATE_COMPACT] < day * till_date_from_civil(1900, 1, 1) ||
        facts->latest[TILL_DATE_COMPACT] >= day * till_date_from_civil(2100, 1, 1))
        formats &= ~(1U << TILL_DATE_COMPACT);
    return formats;
}

enum facts_type facts_type(const struct facts *facts) {
    if (facts->values == 0)
        return FACTS_EMPTY;
    if (facts_date_formats(facts) != 0)
        return FACTS_DATE;
    if (facts->numbers)
        return facts->integers ? FACTS_INTEGER : FACTS_DECIMAL;
    return FACTS_TEXT;
}

static bool save_numbers(const struct facts *facts, struct till_text *out) {
    struct exact_sum sum = facts->sum;
    bool saved = pack_slice(out, slice(&facts->least.text)) && pack_slice(out, slice(&facts->greatest.text));
    exact_sum_settle(&sum);
    for (size_t i = 0; saved && i < EXACT_SUM_LIMBS; i++)
        saved = pack_count(out, (uint64_t)sum.limbs[i]);
    uint64_t least;
    uint64_t greatest;
    memcpy(&least, &facts->least.value, sizeof least);
    memcpy(&greatest, &facts->greatest.value, sizeof greatest);
    return saved && pack_count(out, least) && pack_count(out, greatest);
}

bool facts_save(const struct facts *facts, struct till_text *out) {
    bool saved = pack_count(out, facts->values);
    if (facts->values == 0)
        return saved;
    uint64_t kinds = (uint64_t)facts->integers | (uint64_t)facts->numbers << 1 | (uint64_t)facts->formats << 2;
    saved = saved && pack_count(out, kinds) && pack_slice(out, slice(&facts->smallest)) &&
            pack_slice(out, slice(&facts->largest)) && (!facts->numbers || save_numbers(facts, out));
    for (size_t format = 0; saved && format < TILL_DATE_FORMATS; format++)
        if ((facts->formats >> format & 1) != 0)
            saved =
                pack_count(out, (uint64_t)facts->earliest[format]) && pack_count(out, (uint64_t)facts->latest[format]);
    return saved;
}

static bool load_numbers(struct facts *facts, struct unpack *from) {
    bool kept = replace(&facts->least.text, unpack_slice(from)) && replace(&facts->greatest.text, unpack_slice(from));
    for (size_t i = 0; i < EXACT_SUM_LIMBS; i++)
        facts->sum.limbs[i] = (int64_t)unpack_count(from);
    from->damaged |= !exact_sum_is_settled(&facts->sum);
    uint64_t bits = unpack_count(from);
    memcpy(&facts->least.value, &bits, sizeof bits);
    bits = unpack_count(from);
    memcpy(&facts->greatest.value, &bits, sizeof bits);
    return kept;
}

bool facts_load(struct facts *facts, struct unpack *from) {
    facts->values = unpack_count(from);
    if (facts->values == 0)
        return true;
    uint64_t kinds = unpack_count(from);
    facts->integers = (kinds & 1) != 0;
    facts->numbers = (kinds >> 1 & 1) != 0;
    facts->formats = (uint32_t)(kinds >> 2) & ALL_FORMATS;
    bool kept = replace(&facts->smallest, unpack_slice(from)) && replace(&facts->largest, unpack_slice(from)) &&
                (!facts->numbers || load_numbers(facts, from));
    for (size_t format = 0; format < TILL_DATE_FORMATS; format++)
        if ((facts->formats >> format & 1) != 0) {
            facts->earliest[format] = (int64_t)unpack_count(from);
            facts->latest[format] = (int64_t)unpack_count(from);
        }
    return kept;
}
