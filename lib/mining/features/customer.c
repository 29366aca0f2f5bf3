/* The features of one customer at one cutoff, and the label.
 *
 * Orders are added up from the rows up to the cutoff; those that sum to zero or more are purchases, the others returns.
 * Purchases of one day make one visit: rhythm, medians and gaps are of visits. Nothing here looks at a row behind the
 * cutoff but the label. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

#include "lib/base/radix.h"

#include "parts.h"

enum { PERIOD = 30 };

enum feature {
    RECENCY,
    TENURE,
    FREQUENCY,
    FREQUENCY_TOTAL,
    ACTIVE_PERIODS,
    MONETARY,
    MONETARY_TOTAL,
    MEAN_VALUE,
    LAST_VALUE,
    LAST_TO_MEDIAN,
    MONETARY_TREND,
    FREQUENCY_TREND,
    GAP_MEAN,
    GAP_VARIATION,
    GAP_PERCENTILE,
    RECENCY_TO_GAP,
    ITEMS,
    ITEMS_PER_ORDER,
    RETURN_SHARE,
    RETURNED_SHARE,
    SHARE_MONDAY,
    SHARE_Q1 = SHARE_MONDAY + 6,
    FEATURES = SHARE_Q1 + 3
};

static const struct till_features_column columns[TILL_FEATURES_COLUMNS] = {
    [RECENCY] = {"recency", TILL_COUNT, false, true},
    [TENURE] = {"tenure", TILL_COUNT, false, true},
    [FREQUENCY] = {"frequency", TILL_COUNT, false, true},
    [FREQUENCY_TOTAL] = {"frequency_total", TILL_COUNT, false, true},
    [ACTIVE_PERIODS] = {"active_periods", TILL_COUNT, false, true},
    [MONETARY] = {"monetary", TILL_MONEY, false, true},
    [MONETARY_TOTAL] = {"monetary_total", TILL_MONEY, false, true},
    [MEAN_VALUE] = {"mean_value", TILL_REAL, false, true},
    [LAST_VALUE] = {"last_value", TILL_MONEY, false, true},
    [LAST_TO_MEDIAN] = {"last_to_median", TILL_REAL, false, true},
    [MONETARY_TREND] = {"monetary_trend", TILL_REAL, false, false},
    [FREQUENCY_TREND] = {"frequency_trend", TILL_REAL, false, false},
    [GAP_MEAN] = {"gap_mean", TILL_REAL, false, true},
    [GAP_VARIATION] = {"gap_variation", TILL_REAL, false, true},
    [GAP_PERCENTILE] = {"gap_percentile", TILL_REAL, false, false},
    [RECENCY_TO_GAP] = {"recency_to_gap", TILL_REAL, false, true},
    [ITEMS] = {"items", TILL_COUNT, true, true},
    [ITEMS_PER_ORDER] = {"items_per_order", TILL_REAL, true, true},
    [RETURN_SHARE] = {"return_share", TILL_REAL, false, false},
    [RETURNED_SHARE] = {"returned_share", TILL_REAL, false, false},
    [SHARE_MONDAY] = {"share_monday", TILL_REAL, false, false},
    [SHARE_MONDAY + 1] = {"share_tuesday", TILL_REAL, false, false},
    [SHARE_MONDAY + 2] = {"share_wednesday", TILL_REAL, false, false},
    [SHARE_MONDAY + 3] = {"share_thursday", TILL_REAL, false, false},
    [SHARE_MONDAY + 4] = {"share_friday", TILL_REAL, false, false},
    [SHARE_MONDAY + 5] = {"share_saturday", TILL_REAL, false, false},
    [SHARE_Q1] = {"share_q1", TILL_REAL, false, false},
    [SHARE_Q1 + 1] = {"share_q2", TILL_REAL, false, false},
    [SHARE_Q1 + 2] = {"share_q3", TILL_REAL, false, false},
};
_Static_assert(FEATURES == TILL_FEATURES_COLUMNS, "every feature has its column");

const struct till_features_column *till_features_columns(void) {
    return columns;
}

/* What there is of a customer, on the way to a row. */
struct sight {
    const struct till_features_settings *settings;
    int32_t cutoff;
    const struct features_event *events;
    size_t count;
    const struct features_order *orders; /* up to the cutoff, by day */
    size_t order_count;
    const struct features_order *visits; /* days with a purchase: `rows` are its purchases */
    size_t visit_count;
    struct features_room *room;
    union till_features_value *values;
};

/* ---- orders ---- */

static bool same_order(const struct features_event *a, const struct features_event *b) {
    return a->order[0] == b->order[0] && a->order[1] == b->order[1];
}

/* The order that starts at `from`, of its rows up to the day `until`; rows is 0 when there is none. Returns where the
 * next order begins. */
static size_t next_order(const struct features_event *events, size_t count, size_t from, int32_t until,
                         struct features_order *order) {
    size_t to = from;
    *order = (struct features_order){.day = events[from].day};
    for (; to < count && same_order(&events[to], &events[from]); to++)
        if (events[to].day <= until) {
            order->money += events[to].amount;
            order->rows++;
        }
    return to;
}

/* Orders by day, into room->orders. In what order those of one day stand shows nowhere: they are added up. */
static size_t list_orders(const struct features_event *events, size_t count, int32_t until,
                          struct features_room *room) {
    size_t found = 0;
    for (size_t from = 0; from < count;) {
        from = next_order(events, count, from, until, &room->met[found]);
        found += room->met[found].rows > 0;
    }
    for (size_t i = 0; i < found; i++)
        room->keys[i] = (int64_t)room->met[i].day * (INT64_C(1) << 32) + (int64_t)i;
    const int64_t *places = radix_sort(room->keys, room->spare_keys, found);
    for (size_t i = 0; i < found; i++)
        room->orders[i] = room->met[(uint32_t)places[i]];
    return found;
}

/* Purchases of one day together. */
static size_t list_visits(const struct features_order *orders, size_t count, struct features_order *visits) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (orders[i].money < 0)
            continue;
        if (found == 0 || visits[found - 1].day != orders[i].day)
            visits[found++] = (struct features_order){.day = orders[i].day};
        visits[found - 1].rows++;
        visits[found - 1].money += orders[i].money;
    }
    return found;
}

/* Purchases of a visit, or the visit itself where days are counted. */
static uint64_t weight(const struct sight *sight, const struct features_order *visit) {
    return sight->settings->count_days ? 1 : visit->rows;
}

static bool in_window(const struct sight *sight, int32_t day) {
    return day > sight->cutoff - sight->settings->window;
}

/* ---- the features ---- */

static double ratio(double a, double b) {
    return b == 0 ? NAN : a / b;
}

static double as_units(int64_t money) {
    return (double)money / 10000;
}

static double median_money(const struct sight *sight) {
    size_t count = sight->visit_count;
    for (size_t i = 0; i < count; i++)
        sight->room->keys[i] = sight->visits[i].money;
    const int64_t *sorted = radix_sort(sight->room->keys, sight->room->spare_keys, count);
    double upper = as_units(sorted[count / 2]);
    return count % 2 == 1 ? upper : (as_units(sorted[count / 2 - 1]) + upper) / 2;
}

/* Recency, tenure, frequency, and the last visit beside the customer's median. */
static void see_visits(const struct sight *sight) {
    const struct features_order *last = &sight->visits[sight->visit_count - 1];
    uint64_t all = 0, recent = 0, periods = 0;
    int32_t period = -1;
    for (size_t i = sight->visit_count; i-- > 0;) {
        const struct features_order *visit = &sight->visits[i];
        all += weight(sight, visit);
        if (!in_window(sight, visit->day))
            continue;
        recent += weight(sight, visit);
        periods += (sight->cutoff - visit->day) / PERIOD != period;
        period = (sight->cutoff - visit->day) / PERIOD;
    }
    sight->values[RECENCY].count = (uint64_t)(sight->cutoff - last->day);
    sight->values[TENURE].count = (uint64_t)(sight->cutoff - sight->visits[0].day);
    sight->values[FREQUENCY].count = recent;
    sight->values[FREQUENCY_TOTAL].count = all;
    sight->values[ACTIVE_PERIODS].count = periods;
    sight->values[LAST_VALUE].money = last->money;
    sight->values[LAST_TO_MEDIAN].real = ratio(as_units(last->money), median_money(sight));
}

/* Money and returns. */
static void see_money(const struct sight *sight) {
    int64_t total = 0, window = 0, spent = 0, returned = 0;
    uint64_t purchases = 0, returns = 0;
    for (size_t i = 0; i < sight->order_count; i++) {
        const struct features_order *order = &sight->orders[i];
        int64_t money = order->money < 0 && sight->settings->drop_returns ? 0 : order->money;
        total += money;
        if (!in_window(sight, order->day))
            continue;
        window += money;
        spent += order->money > 0 ? order->money : 0;
        returned -= order->money < 0 ? order->money : 0;
        purchases += order->money >= 0;
        returns += order->money < 0;
    }
    sight->values[MONETARY].money = window;
    sight->values[MONETARY_TOTAL].money = total;
    sight->values[MEAN_VALUE].real = ratio(as_units(spent), (double)purchases);
    sight->values[RETURN_SHARE].real = ratio((double)returns, (double)(purchases + returns));
    sight->values[RETURNED_SHARE].real = ratio(as_units(returned), as_units(spent));
}

/* The later half of the time against the earlier: from -1, all of it early, to 1, all of it late. The time is the
 * window, or as long as the customer is known where that is shorter. */
static void see_trends(const struct sight *sight) {
    int32_t known = sight->cutoff - sight->visits[0].day + 1;
    int32_t span = known < sight->settings->window ? known : sight->settings->window;
    double money = 0, late_money = 0, visits = 0, late_visits = 0;
    for (size_t i = 0; i < sight->visit_count; i++) {
        const struct features_order *visit = &sight->visits[i];
        if (visit->day <= sight->cutoff - span)
            continue;
        bool late = visit->day > sight->cutoff - span / 2;
        double own = (double)weight(sight, visit);
        money += as_units(visit->money);
        visits += own;
        late_money += late ? as_units(visit->money) : 0;
        late_visits += late ? own : 0;
    }
    sight->values[MONETARY_TREND].real = money == 0 ? 0 : 2 * late_money / money - 1;
    sight->values[FREQUENCY_TREND].real = visits == 0 ? 0 : 2 * late_visits / visits - 1;
}

/* The gaps between visits, and the present one among them. */
static void see_gaps(const struct sight *sight) {
    double recency = (double)sight->values[RECENCY].count;
    double gaps = (double)sight->visit_count - 1, sum = 0, squares = 0, shorter = 0;
    for (size_t i = 1; i < sight->visit_count; i++) {
        double gap = (double)(sight->visits[i].day - sight->visits[i - 1].day);
        sum += gap;
        shorter += gap < recency ? 1 : gap == recency ? 0.5 : 0;
    }
    double mean = ratio(sum, gaps);
    for (size_t i = 1; i < sight->visit_count; i++) {
        double gap = (double)(sight->visits[i].day - sight->visits[i - 1].day);
        squares += (gap - mean) * (gap - mean);
    }
    sight->values[GAP_MEAN].real = mean;
    sight->values[GAP_VARIATION].real = gaps < 2 ? NAN : sqrt(squares / (gaps - 1)) / mean;
    sight->values[GAP_PERCENTILE].real = ratio(shorter, gaps);
    sight->values[RECENCY_TO_GAP].real = recency / mean;
}

/* Different items in purchases of the window. */
static void see_items(const struct sight *sight) {
    int64_t *items = sight->room->keys;
    size_t found = 0, different = 0;
    uint64_t purchases = 0;
    struct features_order order;
    for (size_t from = 0, to; from < sight->count; from = to) {
        to = next_order(sight->events, sight->count, from, sight->cutoff, &order);
        if (order.rows == 0 || order.money < 0 || !in_window(sight, order.day))
            continue;
        purchases++;
        for (size_t i = from; i < to; i++)
            if (sight->events[i].day <= sight->cutoff && sight->events[i].item != FEATURES_NO_ITEM)
                items[found++] = sight->events[i].item;
    }
    const int64_t *sorted = radix_sort(items, sight->room->spare_keys, found);
    for (size_t i = 0; i < found; i++)
        different += i == 0 || sorted[i] != sorted[i - 1];
    sight->values[ITEMS].count = different;
    sight->values[ITEMS_PER_ORDER].real = ratio((double)different, (double)purchases);
}

/* The weekday of a day and its quarter, from 0. There are far fewer days than visits. */
static const struct features_date *date_of(struct features_room *room, int32_t day) {
    struct features_date *date = &room->dates[(uint32_t)day % FEATURES_DATES];
    if (date->known && date->day == day)
        return date;
    int32_t monday = till_date_period_start(TILL_PERIOD_WEEK, till_date_period(TILL_PERIOD_WEEK, day));
    int32_t year = till_date_period_start(TILL_PERIOD_YEAR, till_date_period(TILL_PERIOD_YEAR, day));
    int32_t quarter = till_date_period(TILL_PERIOD_QUARTER, day) - till_date_period(TILL_PERIOD_QUARTER, year);
    *date = (struct features_date){day, true, (uint8_t)(day - monday), (uint8_t)quarter};
    return date;
}

/* On which weekdays and in which quarters the visits of the window fall. The last of each is what is left to 1. */
static void see_calendar(const struct sight *sight) {
    double weekdays[7] = {0}, quarters[4] = {0}, all = 0;
    for (size_t i = 0; i < sight->visit_count; i++) {
        const struct features_order *visit = &sight->visits[i];
        if (!in_window(sight, visit->day))
            continue;
        double own = (double)weight(sight, visit);
        const struct features_date *date = date_of(sight->room, visit->day);
        weekdays[date->weekday] += own;
        quarters[date->quarter] += own;
        all += own;
    }
    for (size_t i = 0; i < 6; i++)
        sight->values[SHARE_MONDAY + i].real = ratio(weekdays[i], all);
    for (size_t i = 0; i < 3; i++)
        sight->values[SHARE_Q1 + i].real = ratio(quarters[i], all);
}

/* ---- the label ---- */

static int label(const struct till_features_settings *settings, int32_t cutoff, const struct features_event *events,
                 size_t count) {
    int64_t from = (int64_t)cutoff + settings->gap, to = from + settings->horizon;
    struct features_order order;
    if (settings->data_end < to)
        return -1;
    for (size_t at = 0; at < count;) {
        at = next_order(events, count, at, settings->data_end, &order);
        if (order.rows > 0 && order.money >= 0 && order.day > from && order.day <= to)
            return 0;
    }
    return 1;
}

size_t features_visits(const struct features_event *events, size_t count, int32_t until, struct features_room *room) {
    return list_visits(room->orders, list_orders(events, count, until, room), room->days);
}

int features_compute(const struct till_features_settings *settings, int32_t cutoff, const struct features_event *events,
                     size_t count, struct features_room *room, struct till_features_row *row) {
    struct sight sight = {settings, cutoff, events, count, room->orders, 0, room->days, 0, room, row->values};
    sight.order_count = list_orders(events, count, cutoff, room);
    sight.visit_count = list_visits(room->orders, sight.order_count, room->days);
    if (sight.order_count == 0)
        return -1;
    row->cutoff = cutoff;
    row->churned = -1;
    row->visits = (uint32_t)sight.visit_count;
    row->first = sight.visit_count == 0 ? TILL_DAY_MISSING : sight.visits[0].day;
    row->last = sight.visit_count == 0 ? TILL_DAY_MISSING : sight.visits[sight.visit_count - 1].day;
    row->left_out = sight.visit_count == 0 || !in_window(&sight, row->last);
    if (row->left_out)
        return 0;
    row->churned = label(settings, cutoff, events, count);
    see_visits(&sight);
    see_money(&sight);
    see_trends(&sight);
    see_gaps(&sight);
    see_items(&sight);
    see_calendar(&sight);
    return 1;
}
