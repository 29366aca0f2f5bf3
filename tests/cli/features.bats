#!/usr/bin/env bats
# till-features: nothing behind the cutoff shows, figures against a definition in R, labels and corners.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    cd "$BATS_TEST_TMPDIR"
}

# Orders of several lines, some of them over weeks, with returns and items, through 2023.
make_sales() {
    awk -v seed="${1:-1}" 'BEGIN {
        srand(seed); print "order_id,customer_id,date,amount,item"
        for (order = 1; order <= 1200; order++) {
            customer = int(60 * rand()); day = int(360 * rand())
            for (line = 0; line < 1 + int(3 * rand()); line++) {
                d = day + (rand() < 0.2 ? int(20 * rand()) : 0)
                printf "%d,C%02d,2023-%02d-%02d,%.2f,I%d\n", order, customer, 1 + int(d / 31) % 12, 1 + d % 28,
                    rand() < 0.1 ? -50 * rand() : 100 * rand(), int(30 * rand())
            }
        }
    }' > sales.csv
}

# Features alone: all columns but churned.
features() {
    till-features -q --cutoff=2023-04-30,2023-06-30 --horizon=30d "$@" | cut -d, -f1,2,4-
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-features.1"
}

@test "removing, changing or adding any row after the cutoff changes no feature" {
    make_sales
    for option in --count=orders --count=days --count=rows --returns=drop --window=60d; do
        till-features -q --cutoff=2023-06-30 --horizon=30d "$option" sales.csv | cut -d, -f1,2,4- > known
        [ "$(wc -l < known)" -gt 40 ]
        # Without them.
        awk -F, 'NR == 1 || $3 <= "2023-06-30"' sales.csv > cut.csv
        till-features -q --cutoff=2023-06-30 --horizon=30d "$option" cut.csv | cut -d, -f1,2,4- | cmp - known
        # With other amounts, items, customers and dates behind the cutoff; new lines of old orders; new customers.
        awk -F, -v OFS=, 'NR == 1 || $3 <= "2023-06-30" { print; next }
            NR % 4 == 0 { $4 = -10 * $4 } NR % 4 == 1 { $2 = "D" NR % 7 } NR % 4 == 2 { $5 = "other" }
            NR % 4 == 3 { $3 = "2023-07-01" } { print; $1 = NR % 300; print }' sales.csv > changed.csv
        till-features -q --cutoff=2023-06-30 --horizon=30d "$option" changed.csv | cut -d, -f1,2,4- | cmp - known
    done
}

@test "each single row after the cutoff can go without a trace" {
    make_sales 2
    head -n 150 sales.csv > few.csv
    features few.csv > known
    tried=0
    for line in $(awk -F, 'NR > 1 && $3 > "2023-06-30" { print NR }' few.csv | head -n 25); do
        sed "${line}d" few.csv > less.csv
        features less.csv | cmp - known
        tried=$((tried + 1))
    done
    [ "$tried" -eq 25 ]
}

@test "a row before the cutoff does leave a trace" {
    make_sales 2
    features sales.csv > known
    line=$(awk -F, 'NR > 1 && $3 <= "2023-04-30" { print NR; exit }' sales.csv)
    sed "${line}d" sales.csv > less.csv
    run -1 cmp -s <(features less.csv) known
}

@test "the same bytes for any threads, any order of rows, any cut into files" {
    make_sales
    features sales.csv > known
    for threads in 1 2 3 7; do features -j "$threads" sales.csv | cmp - known; done
    { head -n 1 sales.csv; tail -n +2 sales.csv | sort -r; } | features | cmp - known
    head -n 700 sales.csv > a.csv
    { head -n 1 sales.csv; tail -n +701 sales.csv; } | gzip > b.csv.gz
    features a.csv b.csv.gz | cmp - known
    # Each cutoff alone gives its rows.
    for date in 2023-04-30 2023-06-30; do
        till-features -q --cutoff="$date" --horizon=30d sales.csv | cut -d, -f1,2,4- | tail -n +2
    done | sort | diff - <(tail -n +2 known | sort)
}

# Sums over all customers by a definition in R (base functions: tapply, diff, median, sd over orders put together by
# aggregate), customer by customer the same to 1e-9.
@test "online retail equals a definition in R" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    till-features -q --cutoff=2011-06-30 --horizon=90d --window=180d "$SHARED/data/online-retail/online-retail.csv.gz" > out
    [ "$(wc -l < out)" -eq 2725 ]
    while read -r name sum; do
        awk -F, -v name="$name" -v want="$sum" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
            { got += $at }
            END { off = got - want; if (off < 0) off = -off; if (off > 1e-6) { print name, got, want; exit 1 } }' out
    done <<END
churned 1315
recency 162801
tenure 340065
frequency 7403
frequency_total 8509
active_periods 5375
monetary 3177643.701
monetary_total 3657714.311
mean_value 1131492.6198
last_value 1252492.89
last_to_median 2828.54238388
monetary_trend -1464.07099773
frequency_trend -1422.70069167
gap_mean 86087.0487808
gap_variation 557.329100535
gap_percentile 556.67849166
recency_to_gap 2237.32573128
items 113573
return_share 297.404445061
returned_share 156.974133003
share_monday 404.373548407
share_thursday 587.06361887
share_q1 1233.75610115
END
}

@test "churned looks at the horizon behind the gap, and is empty where the data end before" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,1 2,A,2024-01-15,1 3,B,2024-01-01,1 4,B,2024-01-21,1 \
        5,C,2024-01-01,1 6,C,2024-01-31,-1 > sales.csv
    churned() { till-features -q --cutoff=2024-01-10 "$@" sales.csv | cut -d, -f1,3 | tail -n +2 | tr '\n' ' '; }
    [ "$(churned --horizon=10d)" = "A,0 B,1 C,1 " ]
    [ "$(churned --horizon=11d)" = "A,0 B,0 C,1 " ]
    [ "$(churned --horizon=10d --gap=5d)" = "A,1 B,0 C,1 " ]
    [ "$(churned --horizon=3w)" = "A,0 B,0 C,1 " ] # 2024-01-31, the last day; a return is no purchase
    [ "$(churned --horizon=22d)" = "A, B, C, " ]
    [ "$(churned --horizon=11d --as-of=2024-01-20)" = "A, B, C, " ]
    [ "$(churned --horizon=22d --as-of=2024-02-01)" = "A,0 B,0 C,1 " ]
}

@test "customers without a purchase in the window are left out and counted, new ones are not there yet" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,1 2,B,2024-02-20,1 3,C,2024-05-01,1 4,D,2024-02-20,-1 > sales.csv
    run -0 --separate-stderr till-features --cutoff=2024-03-01 --window=30d --horizon=10d sales.csv
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[1]} == "B,2024-03-01,1,"* ]]
    [[ $stderr == *"1 customers, 1 churned; 2 left out"* ]]
    [[ $stderr == *"2 left_out"* ]]
}

@test "without a cutoff the last day of the data is the one" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,1 2,B,2024-02-20,1 > sales.csv
    [ "$(till-features -q sales.csv | cut -d, -f1-4 | tail -n 1)" = "B,2024-02-20,,0" ]
    [ "$(till-features -q --as-of=2024-02-29 sales.csv | cut -d, -f1-4 | tail -n 1)" = "B,2024-02-29,,9" ]
}

@test "an order's total counts once, and a row that differs is bad" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,7 1,A,2024-01-01,7 2,A,2024-01-05,5 > sales.csv
    monetary() { till-features -q --amount-per=order "$@" sales.csv | cut -d, -f9 | tail -n 1; }
    [ "$(monetary)" = 12.00 ]
    printf '%s\n' 2,A,2024-01-05,6 3,A,2024-01-06,1 2,A,2024-01-05,5 >> sales.csv
    run -3 --separate-stderr till-features --amount-per=order sales.csv
    [[ $stderr == *"sales.csv:5:16: amount: differs within its order, which had 5.00 before"* ]]
    [ "$(monetary --max-bad=1 --rejects=bad.csv)" = 13.00 ]
    [[ $(tail -n 1 bad.csv) == sales.csv,5,16,*2,A,2024-01-05,6* ]]
    # As the other tools have it, and whatever the cut.
    [ "$(till-rfm -q --amount-per=order --max-bad=1 --no-scores sales.csv | cut -d, -f6 | tail -n 1)" = 13.00 ]
    head -n 3 sales.csv > a.csv
    { head -n 1 sales.csv; tail -n +4 sales.csv; } > b.csv
    till-features -q -j3 --amount-per=order --max-bad=1 a.csv b.csv | cmp - <(till-features -q --amount-per=order --max-bad=1 sales.csv)
}

@test "a return is an error where it is refused" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,7 2,A,2024-01-01,-7 > sales.csv
    run -3 --separate-stderr till-features --returns=error sales.csv
    [[ $stderr == *'customer "A": an order sums below zero'* ]]
}

@test "usage errors, and a header alone" {
    echo order,customer,date,amount > sales.csv
    run -2 till-features --cutoff=2024-13-01 sales.csv
    run -2 till-features --cutoff=2024-01-01,2024-01-01 sales.csv
    run -2 till-features --cutoff=2024-01-01 --horizon=0 sales.csv
    run -2 till-features --cutoff=2024-01-01 --horizon=3y sales.csv
    run -0 --separate-stderr till-features sales.csv
    [ "${#lines[@]}" -eq 1 ]
    run -0 --separate-stderr till-features --cutoff=2024-01-01 sales.csv
    [ "${#lines[@]}" -eq 1 ]
}
