/* From days to what the models see. A customer's days are in order, so one look at each is enough: a day that falls
 * into the same period as the purchase before is the same purchase. */
#include <till/clv_customers.h>

#include <math.h>
#include <stdlib.h>

#include <till/arrays.h>

/* The number of the day, or of its period. */
static int32_t index_of(const struct till_clv_customers_settings *settings, int32_t day) {
    return settings->calendar ? till_date_period(settings->period, day) : day;
}

/* The last period that is whole on this day. */
static int32_t last_index(const struct till_clv_customers_settings *settings, int32_t day) {
    return settings->calendar ? till_date_period(settings->period, day + 1) - 1 : day;
}

static int64_t net_of(const struct till_clv_customers_settings *settings, const struct till_ledger_day *day) {
    return day->spent + (settings->drop_returns ? 0 : day->returned);
}

struct summary {
    int32_t first_day;
    int32_t first, last; /* indexes */
    uint32_t repeats;
    double money; /* of repeat days or periods, in units of money */
    uint64_t strays;
    int64_t stray_money;
};

/* Follows one customer up to `end`; first_day stays TILL_DAY_MISSING for those who never bought. */
static struct summary follow(const struct till_ledger_history *history, size_t row,
                             const struct till_clv_customers_settings *settings) {
    struct summary sum = {.first_day = TILL_DAY_MISSING};
    int32_t end = last_index(settings, settings->as_of);
    for (size_t i = history->first[row]; i < history->first[row + 1]; i++) {
        const struct till_ledger_day *day = &history->days[i];
        int32_t index = index_of(settings, day->day);
        if (day->day > settings->as_of || (sum.first_day != TILL_DAY_MISSING && index > end))
            break;
        if (day->purchases > 0 && sum.first_day == TILL_DAY_MISSING) {
            sum.first_day = day->day;
            sum.first = sum.last = index;
        } else if (day->purchases > 0 && index > sum.last) {
            sum.last = index;
            sum.repeats++;
        }
        if (sum.repeats > 0 && index == sum.last)
            sum.money += (double)net_of(settings, day) / TILL_MONEY_UNIT;
        else if (day->returns > 0 && !settings->drop_returns && day->purchases == 0) {
            sum.strays += day->returns;
            sum.stray_money += day->returned;
        }
    }
    return sum;
}

static void add(struct till_clv_customers *customers, const struct summary *sum, size_t row,
                const struct till_clv_customers_settings *settings) {
    size_t i = customers->count++;
    double unit = settings->calendar ? 1 : settings->unit;
    int32_t end = last_index(settings, settings->as_of);
    customers->row[i] = row;
    customers->first[i] = sum->first_day;
    customers->repeats[i] = sum->repeats;
    customers->last[i] = (sum->last - sum->first) / unit;
    customers->age[i] = end < sum->first ? 0 : (end - sum->first) / unit;
    customers->mean[i] = sum->repeats == 0 ? NAN : sum->money / sum->repeats;
    customers->stray_returns += sum->strays;
    customers->stray_money += sum->stray_money;
}

/* Room for so many more, and one. */
static bool reserve(struct till_clv_customers *customers, size_t more) {
    const struct till_array columns[] = {TILL_ARRAY(customers->row),     TILL_ARRAY(customers->first),
                                         TILL_ARRAY(customers->repeats), TILL_ARRAY(customers->last),
                                         TILL_ARRAY(customers->age),     TILL_ARRAY(customers->mean)};
    return till_arrays_reserve(columns, 6, customers->count + more + 1, &customers->capacity);
}

enum till_status till_clv_customers_add(struct till_clv_customers *customers, const struct till_ledger_history *history,
                                        const struct till_clv_customers_settings *settings, struct till_error *error) {
    if (!reserve(customers, history->customers))
        return till_error_memory(error);
    for (size_t row = 0; row < history->customers; row++) {
        bool seen =
            history->first[row] < history->first[row + 1] && history->days[history->first[row]].day <= settings->as_of;
        struct summary sum = follow(history, row, settings);
        if (sum.first_day != TILL_DAY_MISSING)
            add(customers, &sum, customers->seen + row, settings);
        else
            customers->returns_alone += seen;
    }
    customers->seen += history->customers;
    return TILL_OK;
}

enum till_status till_clv_customers_new(struct till_clv_customers *customers, const struct till_ledger_history *history,
                                        const struct till_clv_customers_settings *settings, struct till_error *error) {
    *customers = (struct till_clv_customers){0};
    enum till_status status = till_clv_customers_add(customers, history, settings, error);
    if (status != TILL_OK)
        till_clv_customers_free(customers);
    return status;
}

void till_clv_customers_free(struct till_clv_customers *customers) {
    free(customers->row);
    free(customers->first);
    free(customers->repeats);
    free(customers->last);
    free(customers->age);
    free(customers->mean);
    *customers = (struct till_clv_customers){0};
}

struct till_clv_purchases till_clv_purchases_between(const struct till_ledger_history *history, size_t row,
                                                     const struct till_clv_customers_settings *settings, int32_t after,
                                                     int32_t until) {
    struct till_clv_purchases purchases = {0, 0};
    int32_t from = last_index(settings, after), to = last_index(settings, until);
    int32_t last = INT32_MIN;
    bool bought = false; /* at all: the first purchase is none of these */
    for (size_t i = history->first[row]; i < history->first[row + 1]; i++) {
        const struct till_ledger_day *day = &history->days[i];
        int32_t index = index_of(settings, day->day);
        if (index > to)
            break;
        bool repeat = bought && day->purchases > 0 && index > last;
        if (day->purchases > 0) {
            last = index;
            bought = true;
        }
        if (index > from) {
            purchases.count += repeat;
            purchases.money += (double)net_of(settings, day) / TILL_MONEY_UNIT;
        }
    }
    return purchases;
}
