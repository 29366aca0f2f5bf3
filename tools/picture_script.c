/* tools/picture_script.c: the parts of gnuplot scripts that all kinds of pictures share: page, texts, axes, legends.
 *
 * gnuplot is told where everything goes, and decides nothing by itself: titles, ticks and legends are labels at places
 * that are computed here, so that a long name or a large number is known to fit before it is drawn. Texts stand in
 * single quotes, in which gnuplot substitutes nothing; those that hold a quote stand in double quotes, with octal
 * numbers for all that could mean something there. Control bytes, which could end a line of the script, are shown by
 * their number. */
#include "picture_script.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void script_add(struct script *script, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    script->failed = script->failed || length < 0 || (size_t)length >= sizeof line ||
                     !till_text_append(script->out, line, (size_t)length);
}

/* --- Texts --- */

/* The next character of UTF-8 and its length; a byte that belongs to none is itself, with *valid false. */
static unsigned next_character(const char *bytes, size_t left, size_t *length, bool *valid) {
    const unsigned char *at = (const unsigned char *)bytes;
    size_t wanted = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
    unsigned code = wanted <= 1 ? at[0] : at[0] & (0x7Fu >> wanted);
    *length = 1;
    *valid = wanted > 0 && wanted <= left;
    for (size_t i = 1; i < wanted && *valid; i++) {
        *valid = (at[i] & 0xC0) == 0x80;
        code = code << 6 | (at[i] & 0x3F);
    }
    if (!*valid)
        return at[0];
    *length = wanted;
    return code;
}

/* In parts of the size of the type. Fonts differ; these are those of a wide one. */
static double character_width(unsigned code) {
    if (code >= 0x2E80)
        return 1.0;
    if (code < 0x80 && strchr("iljtfrI.,:;'|!()[]{} /", (int)code) != NULL && code != 0)
        return 0.38;
    if ((code >= 'A' && code <= 'Z') || code == 'm' || code == 'w' || code == '%' || code == '@')
        return 0.74;
    return code >= 0x300 && code < 0x370 ? 0 : 0.62;
}

double script_text_width(struct till_slice text, int size) {
    double width = 0;
    for (size_t at = 0, length; at < text.length; at += length) {
        bool valid;
        unsigned code = next_character(text.bytes + at, text.length - at, &length, &valid);
        width += character_width(code);
    }
    return width * size;
}

/* How many bytes of the text fit. */
static size_t fitting(struct till_slice text, double width, int size) {
    double used = 0;
    size_t at = 0, length;
    for (; at < text.length; at += length) {
        bool valid;
        used += character_width(next_character(text.bytes + at, text.length - at, &length, &valid)) * size;
        if (used > width)
            break;
    }
    return at;
}

/* Where the end of a text begins that is `width` wide. */
static size_t fitting_end(struct till_slice text, double width, int size) {
    double all = script_text_width(text, size);
    size_t at = fitting(text, all - width, size), length;
    bool valid;
    if (at < text.length) {
        next_character(text.bytes + at, text.length - at, &length, &valid);
        at += length;
    }
    return at;
}

/* Whether a text can stand in single quotes as it is. gnuplot would take two single quotes for one, but not at the
 * beginning of a text, nor twice in a row: a name that begins with a quote would end its string there. */
static bool is_plain(struct till_slice text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte < 0x20 || byte == '\'' || byte == '\\' || byte == 0x7F)
            return false;
    }
    return true;
}

/* One byte in double quotes: what is neither a letter nor harmless goes by its octal number. */
static void put_byte(struct script *script, char byte) {
    bool letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    if (letter || (unsigned char)byte >= 0x80 || strchr(" .,:;()/+-=_%<>?*|", byte) != NULL)
        script_add(script, "%c", byte);
    else
        script_add(script, "\\%03o", (unsigned)byte);
}

/* How a character is shown, where that is not itself: in `shown`. Returns the length, 0 for itself. */
static size_t show_character(char shown[16], unsigned code, bool valid) {
    if (code == '\n' || code == '\r' || code == '\t')
        return (size_t)snprintf(shown, 16, " ");
    if (!valid || code < 0x20 || (code >= 0x7F && code < 0xA0))
        return (size_t)snprintf(shown, 16, "\\x%02X", code);
    if (code == 0x2028 || code == 0x2029 || (code >= 0xD800 && code < 0xE000) || (code & 0xFFFE) == 0xFFFE)
        return (size_t)snprintf(shown, 16, "\\u%04X", code);
    return 0;
}

bool script_show(struct till_text *out, struct till_slice text) {
    bool good = true, valid;
    for (size_t at = 0, length; at < text.length && good; at += length) {
        char shown[16];
        unsigned code = next_character(text.bytes + at, text.length - at, &length, &valid);
        size_t other = show_character(shown, code, valid);
        good = other > 0 ? till_text_append(out, shown, other) : till_text_append(out, text.bytes + at, length);
    }
    return good;
}

/* One character as it may stand in quotes, in SVG too. */
static void put_character(struct script *script, const char *bytes, size_t length, unsigned code, bool valid,
                          bool plain) {
    char shown[16];
    size_t other = show_character(shown, code, valid);
    bytes = other > 0 ? shown : bytes;
    length = other > 0 ? other : length;
    for (size_t i = 0; i < length; i++)
        if (plain)
            script_add(script, "%c", bytes[i]);
        else
            put_byte(script, bytes[i]);
}

/* `tick`: gnuplot takes the labels of ticks for formats, in which a percent sign is written twice. */
static void put_part(struct script *script, struct till_slice text, bool plain, bool tick) {
    for (size_t at = 0, length; at < text.length; at += length) {
        bool valid;
        unsigned code = next_character(text.bytes + at, text.length - at, &length, &valid);
        put_character(script, text.bytes + at, length, code, valid, plain);
        if (tick && code == '%')
            script_add(script, "%%");
    }
}

/* A text that is too wide loses its middle: names that are alike at the beginning often differ at the end. */
static void quote(struct script *script, struct till_slice text, double width, int size, bool tick) {
    bool cut = width > 0 && script_text_width(text, size) > width;
    double room = width - 0.9 * size;
    size_t end = cut ? fitting(text, room * 0.65, size) : text.length;
    bool plain = is_plain(text);
    script_add(script, plain ? "'" : "\"");
    put_part(script, (struct till_slice){text.bytes, end}, plain, tick);
    if (cut) {
        size_t from = fitting_end(text, room * 0.35, size);
        from = from < end ? end : from;
        script_add(script, "…");
        put_part(script, (struct till_slice){text.bytes + from, text.length - from}, plain, tick);
    }
    script_add(script, plain ? "'" : "\"");
}

void script_quote(struct script *script, struct till_slice text, double width, int size) {
    quote(script, text, width, size, false);
}

static double screen_x(const struct script *script, double x) {
    return x / script->width;
}

static double screen_y(const struct script *script, double y) {
    return 1 - y / script->height;
}

void script_label(struct script *script, const struct script_place *place, struct till_slice text) {
    static const char *const aligns[] = {"left", "center", "right"};
    if (text.length == 0)
        return;
    script_add(script, "set label ");
    script_quote(script, text, place->width, place->size);
    script_add(script, " at screen %.5f,%.5f %s", screen_x(script, place->x), screen_y(script, place->y),
               aligns[place->align]);
    if (place->rotate != 0)
        script_add(script, " rotate by %d", place->rotate);
    if (script->options->type != PICTURE_TERMINAL)
        script_add(script, " font 'sans-serif%s,%d' textcolor rgb '%s'", place->bold ? ":Bold" : "", place->size,
                   place->color == NULL ? "#222222" : place->color);
    script_add(script, " front\n");
}

/* --- Numbers --- */

static const struct {
    double size;
    const char *name;
} units[] = {{1e12, "T"}, {1e9, "bn"}, {1e6, "M"}, {1e3, "k"}};

/* Digits in groups of three. */
static void group_digits(char out[SCRIPT_NUMBER], const char *digits) {
    size_t length = strspn(digits, "-0123456789"), at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    snprintf(out + at, SCRIPT_NUMBER - at, "%s", digits + length);
}

const char *script_number(char out[SCRIPT_NUMBER], double value, bool shorten) {
    char digits[SCRIPT_NUMBER / 2];
    double size = fabs(value);
    for (size_t i = 0; shorten && size >= 9999.5 && i < sizeof units / sizeof *units; i++)
        if (size >= units[i].size * 0.9995) {
            snprintf(out, SCRIPT_NUMBER, "%.3g%s", value / units[i].size, units[i].name);
            return out;
        }
    bool whole = size < 1e15 && (size >= 1000 || value == floor(value));
    snprintf(digits, sizeof digits, whole ? "%.0f" : "%.3g", value);
    if (strpbrk(digits, "e") != NULL)
        snprintf(out, SCRIPT_NUMBER, "%s", digits);
    else
        group_digits(out, digits);
    return out;
}

const char *script_percent(char out[SCRIPT_NUMBER], double share) {
    double percent = share * 100;
    snprintf(out, SCRIPT_NUMBER, fabs(percent) < 9.95 && percent != 0 ? "%.1f%%" : "%.0f%%", percent);
    return out;
}

/* --- Axes --- */

/* The round number (1, 2, 2.5, 5 times a power of ten) that is `rough` or the next above it. */
static double round_step(double rough) {
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(rough)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= rough * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

/* The i-th of 1, 2, 5, 10, 20, 50, ...; 0.5, 0.2, 0.1 and so on for negative ones. */
static double log_mark(long i) {
    static const double marks[] = {1, 2, 5};
    double decade = floor((double)i / 3);
    size_t place = (size_t)((double)i - 3 * decade);
    return marks[place] * pow(10, decade);
}

/* From and to a mark. Over more than three decades, only powers of ten are told, and not all of them beyond eight. */
static struct script_axis log_axis(double low, double high) {
    struct script_axis axis = {.log = true, .step = 1};
    if (!(low > 0))
        low = high > 0 ? high / 1000 : 1;
    low = fmax(low, 1e-290);
    if (!(high > low))
        high = low * 2;
    long first = 3 * (long)floor(log10(low)) - 3, last;
    while (log_mark(first + 1) <= low * (1 + 1e-9))
        first++;
    for (last = first; log_mark(last) < high * (1 - 1e-9);)
        last++;
    axis.low = log_mark(first);
    axis.high = log_mark(last);
    double decades = log10(axis.high) - log10(axis.low);
    axis.step = decades <= 3 ? 1 : 3 * fmax(1, ceil(decades / 8));
    return axis;
}

struct script_axis script_axis_for(double low, double high, size_t wanted, bool log) {
    if (!isfinite(low) || !isfinite(high)) {
        low = 0;
        high = 1;
    }
    /* Beyond these, steps between numbers could not be counted. */
    low = fmax(-1e300, fmin(low, 1e300));
    high = fmax(-1e300, fmin(high, 1e300));
    if (log)
        return log_axis(low, high);
    if (!(high - low > 1e-290) || high - low < 1e-12 * fmax(fabs(low), fabs(high))) {
        low = fabs(low) < 1e-280 ? 0 : low;
        double room = low == 0 ? 1 : fabs(low) * 0.1;
        high = low + (low == 0 ? 1 : room);
        low = low == 0 ? 0 : low - room;
    }
    struct script_axis axis = {.step = round_step((high - low) / (double)wanted)};
    axis.low = floor(low / axis.step + 1e-9) * axis.step;
    axis.high = ceil(high / axis.step - 1e-9) * axis.step;
    return axis;
}

void script_axis_whole(struct script_axis *axis) {
    if (axis->step != floor(axis->step))
        axis->step = axis->step < 1 ? 1 : 2 * axis->step; /* 2.5 is the only one above */
    axis->low = floor(axis->low / axis->step + 1e-9) * axis->step;
    axis->high = ceil(axis->high / axis->step - 1e-9) * axis->step;
}

/* How many digits behind the point tell multiples of a step apart. */
static int decimals(double step) {
    int digits = 0;
    while (digits < 8 && fabs(step - round(step)) > 1e-6 * step) {
        step *= 10;
        digits++;
    }
    return digits;
}

/* The unit of an axis's labels: the largest in which they are short, from 10k on. */
static double label_unit(const struct script_axis *axis, const char **name) {
    double largest = fmax(fabs(axis->low), fabs(axis->high));
    *name = axis->percent ? "%" : "";
    for (size_t i = 0; !axis->percent && largest >= 10000 && i < sizeof units / sizeof *units; i++)
        if (largest >= units[i].size && decimals(axis->step / units[i].size) <= 2) {
            *name = units[i].name;
            return units[i].size;
        }
    return axis->percent ? 0.01 : 1;
}

/* The label of a tick: as many digits as tell it from the next one. */
static const char *tick_label(char out[SCRIPT_NUMBER], const struct script_axis *axis, double value) {
    double largest = fmax(fabs(axis->low), fabs(axis->high));
    const char *name;
    char digits[SCRIPT_NUMBER / 2];
    double unit = label_unit(axis, &name);
    if (axis->log && axis->percent) {
        snprintf(out, SCRIPT_NUMBER, "%.6g%%", value * 100);
    } else if (axis->log) {
        script_number(out, value, true);
    } else if (!axis->percent && (largest >= 1e15 || largest < 1e-6)) {
        snprintf(out, SCRIPT_NUMBER, "%.4g", value);
    } else {
        value = fabs(value) < axis->step * 1e-6 ? 0 : value / unit;
        snprintf(digits, sizeof digits, "%.*f%s", decimals(axis->step / unit), value,
                 value == 0 && !axis->percent ? "" : name);
        group_digits(out, digits);
    }
    return out;
}

/* The number of the first mark that is told, on an axis of powers. */
static long first_tick(const struct script_axis *axis) {
    long first = 3 * (long)floor(log10(axis->low)) - 3, step = (long)axis->step;
    while (log_mark(first) < axis->low * (1 - 1e-9) || (step > 1 && first % 3 != 0))
        first++;
    return first;
}

static double tick_at(const struct script_axis *axis, size_t i) {
    return axis->log ? log_mark(first_tick(axis) + (long)i * (long)axis->step) : axis->low + (double)i * axis->step;
}

size_t script_axis_ticks(const struct script_axis *axis) {
    size_t count = 0;
    if (!axis->log)
        return (size_t)(floor((axis->high - axis->low) / axis->step + 1e-9)) + 1;
    while (tick_at(axis, count) <= axis->high * (1 + 1e-9))
        count++;
    return count;
}

double script_axis_width(const struct script_axis *axis) {
    double widest = 0;
    for (size_t i = 0; i < script_axis_ticks(axis); i++) {
        char label[SCRIPT_NUMBER];
        widest =
            fmax(widest, script_text_width(till_slice_of(tick_label(label, axis, tick_at(axis, i))), SCRIPT_SMALL));
    }
    return widest;
}

void script_axis(struct script *script, char name, const struct script_axis *axis, bool grid) {
    if (axis->log)
        script_add(script, "set logscale %c 10\n", name);
    script_add(script, "set %crange [%.10g:%.10g]\nset %ctics (", name, axis->low, axis->high, name);
    bool first = true;
    for (size_t i = 0; i < script_axis_ticks(axis); i++) {
        char label[SCRIPT_NUMBER];
        double at = tick_at(axis, i);
        script_add(script, "%s", first ? "" : ", ");
        quote(script, till_slice_of(tick_label(label, axis, at)), 0, SCRIPT_SMALL, true);
        script_add(script, " %.10g", fabs(at) < axis->step * 1e-6 && !axis->log ? 0 : at);
        first = false;
    }
    script_add(script, ") out nomirror font 'sans-serif,%d'\n", SCRIPT_SMALL);
    if (grid && script->options->type != PICTURE_TERMINAL)
        script_add(script, "set grid %ctics back lt 1 lc rgb '#e2e2e2' lw 0.7\n", name);
}

void script_axis_titles(struct script *script, const char *x, const char *y) {
    struct script_place below = {.x = (script->left + script->right) / 2,
                                 .y = fmin(script->height - 13, script->bottom + 47),
                                 .align = SCRIPT_CENTER,
                                 .size = SCRIPT_PLAIN,
                                 .color = "#444444",
                                 .width = script->width - 20};
    struct script_place above = {.x = script->left,
                                 .y = script->top - 14,
                                 .size = SCRIPT_PLAIN,
                                 .color = "#444444",
                                 .width = script->width - script->left - 10};
    if (x != NULL)
        script_label(script, &below, till_slice_of(x));
    if (y != NULL)
        script_label(script, &above, till_slice_of(y));
}

void script_area(struct script *script, double left, double top, double right, double bottom) {
    script->left = left;
    script->top = top;
    script->right = right;
    script->bottom = bottom;
    script_add(script,
               "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\n"
               "set bmargin at screen %.5f\n",
               screen_x(script, left), screen_x(script, right), screen_y(script, top), screen_y(script, bottom));
}

void script_chart(struct script *script, const struct script_axis *x, const struct script_axis *y, const char *x_title,
                  const char *y_title, double legend) {
    script_area(script, 30 + script_axis_width(y), 100, script->width - fmax(30, legend), script->height - 60);
    script_axis(script, 'x', x, true);
    script_axis(script, 'y', y, true);
    script_axis_titles(script, x_title, y_title);
}

void script_block(struct script *script, const char *name, size_t rows, const double *const *columns, size_t count) {
    script_add(script, "$%s << END\n", name);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++)
            if (isnan(columns[i][row]))
                script_add(script, "NaN%s", i + 1 < count ? " " : "\n");
            else
                script_add(script, "%.10g%s", columns[i][row], i + 1 < count ? " " : "\n");
    script_add(script, "END\n");
}

/* --- Axes of names --- */

/* Names stand side by side where the widest fits between two ticks. */
static bool names_fit(const struct till_slice *names, size_t count, double room) {
    return script_names_width(names, count, 1e9) + 8 <= room;
}

double script_names_width(const struct till_slice *names, size_t count, double most) {
    double widest = 0;
    for (size_t i = 0; i < count; i++)
        widest = fmax(widest, script_text_width(names[i], SCRIPT_SMALL));
    return fmin(widest, most);
}

/* How many ticks to go on for the next name, so that slanted or stacked lines of type do not touch. */
static size_t names_every(size_t count, double length) {
    double room = length / (double)(count == 0 ? 1 : count);
    return room >= 14 ? 1 : (size_t)ceil(14 / room);
}

/* Numbers and dates are thinned out and stay level where that is enough. */
static size_t level_every(const struct till_slice *names, size_t count, double length) {
    double width = script_names_width(names, count, 1e9) + 8;
    return (size_t)ceil(width * (double)count / length);
}

#define NAME_MOST 190.0
#define SLANT 0.71

static bool names_level(const struct till_slice *names, size_t count, double width) {
    return count == 0 || names_fit(names, count, width / (double)count) ||
           script_names_width(names, count, 1e9) <= 60.0;
}

double script_names_height(const struct till_slice *names, size_t count, double width) {
    return names_level(names, count, width) ? 20 : 16 + SLANT * script_names_width(names, count, NAME_MOST);
}

void script_names(struct script *script, char axis, const struct till_slice *names, size_t count) {
    bool level = axis == 'y' || names_level(names, count, script->right - script->left);
    double length = axis == 'x' ? script->right - script->left : script->bottom - script->top;
    size_t every = axis == 'x' && level ? level_every(names, count, length) : names_every(count, length);
    every = every == 0 ? 1 : every;
    script_add(script, "set %crange [-0.5:0.5]\nset %ctics (", axis, axis);
    for (size_t i = 0; i < count; i += every) {
        script_add(script, "%s", i == 0 ? "" : ", ");
        quote(script, names[i].length == 0 ? till_slice_of(" ") : names[i],
              axis == 'y' ? fmax(20, script->left - 14)
              : level     ? 0
                          : NAME_MOST,
              SCRIPT_SMALL, true);
        script_add(script, " %zu", i);
    }
    script_add(script, ") scale 0 nomirror font 'sans-serif,%d'%s\n", SCRIPT_SMALL, level ? "" : " rotate by 45 right");
    if (count > 0 && axis == 'x')
        script_add(script, "set xrange [-0.5:%.1f]\n", (double)count - 0.5);
    else if (count > 0)
        script_add(script, "set yrange [%.1f:-0.5]\n", (double)count - 0.5);
}

/* --- Legends --- */

/* On a terminal gnuplot draws lines of these letters, and points of type n as the n-th capital. */
static void put_letter(struct script *script, double x, double y, size_t series, bool line) {
    static const char lines[] = "*#$%@&=";
    char letters[4] = {lines[series % 7], lines[series % 7], lines[series % 7], '\0'};
    struct script_place place = {.x = x, .y = y, .size = SCRIPT_PLAIN};
    if (!line)
        snprintf(letters, sizeof letters, " %c", 'A' + script_series_point(series) - 1);
    script_label(script, &place, till_slice_of(letters));
}

void script_legend(struct script *script, double x, double y, size_t series, bool line, struct till_slice name,
                   double width) {
    if (script->options->type == PICTURE_TERMINAL)
        put_letter(script, x, y, series, line);
    else if (line)
        script_add(script, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lw 2 lc rgb '%s' dt %d front\n",
                   screen_x(script, x), screen_y(script, y), screen_x(script, x + 22), screen_y(script, y),
                   script_series_color(series), script_series_dash(series));
    else
        script_add(script, "set label '' at screen %.5f,%.5f point pt %d ps 0.9 lc rgb '%s' front\n",
                   screen_x(script, x + 11), screen_y(script, y), script_series_point(series),
                   script_series_color(series));
    struct script_place place = {.x = x + 32, .y = y, .size = SCRIPT_PLAIN, .width = width - 32};
    script_label(script, &place, name);
}

bool script_sentence(struct till_text *text, const struct picture_options *options, const char *english,
                     const char *const *values) {
    const char *at = picture_word(options, english);
    bool good = true;
    while (*at != '\0' && good) {
        size_t length = strcspn(at, "#");
        good = till_text_append(text, at, length);
        at += length;
        if (*at == '#' && at[1] != '\0') {
            good = good && till_text_append_string(text, values[at[1] - '1']);
            at += 2;
        }
    }
    return good;
}

void script_nothing(struct script *script, const char *why) {
    struct script_place place = {.x = script->width / 2,
                                 .y = script->height / 2,
                                 .align = SCRIPT_CENTER,
                                 .size = SCRIPT_PLAIN,
                                 .color = "#666666",
                                 .width = script->width - 40};
    script_label(script, &place, till_slice_of(why));
    script_add(script, "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\n");
}
