#!/usr/bin/env bats
# till-cohort: cells against SQL, the triangle, returns, periods.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
    cat > sales.csv <<END
order_id,customer_id,date,amount
1,C1,2024-01-05,20.00
1,C1,2024-01-05,3.00
2,C2,2024-01-20,-35.50
3,C1,2024-03-01,12.25
4,C3,2024-03-30,80.00
5,C2,2024-03-30,5.50
6,C4,2024-02-01,-7.00
END
}

# The examples of a page: lines behind "$ " are run, what stands below them is what they print. "$ cat FILE" makes the file.
run_examples() {
    sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$1" | sed -n '/^\.EX/,/^\.EE/p' | sed 's/\\-/-/g' > examples
    grep -q '^\$ ' examples
    awk '/^\./ { file = ""; next }
         /^\$ cat / { file = $3; printf "" > file; next }
         /^\$ / { file = "wanted" ++n; print substr($0, 3) > ("command" n); printf "" > file; next }
         file != "" { print > file }' examples
    for command in command*; do
        sh "$command" > got
        diff -u "wanted${command#command}" got
    done
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-cohort.1"
}

# The expected cells were made by SQLite with cohort/online-retail.sql, which holds the definitions as queries. SQL has no rows for
# cells where nothing happened.
compare_with_sql() { # period, first cohort or nothing
    [ -d "$SHARED/data" ] || skip "no shared data"
    till-cohort -q --by="$1" "$SHARED/data/online-retail/online-retail.csv.gz" > out
    awk -F, -v first="$2" 'NR == 1 { print "cohort,period,customers,active,orders,revenue"; next }
        (first == "" || $1 == first) && !($4 == 0 && $6 == 0 && $7 == 0) {
            printf "%s,%s,%s,%s,%s,%.4f\n", $1, $2, $3, $4, $6, $7 }' out > cells
    diff -u "$BATS_TEST_DIRNAME/cohort/online-retail-$1.csv" cells
}

@test "online retail by month equals SQL" {
    compare_with_sql month
}

@test "online retail by quarter equals SQL" {
    compare_with_sql quarter
}

@test "online retail by week: the first cohort equals SQL" {
    compare_with_sql week 2010-W48
    # weeks 0 to 53, also those without trade
    [ "$(grep -c '^2010-W48,' out)" -eq 54 ]
}

# SQL: SELECT count(DISTINCT customer), sum(money) of customers without a purchase, and count(*), sum(money) of orders in months
# before the customer's first purchase.
@test "what is in no cell is told with its money" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    till-cohort "$SHARED/data/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '33 customers with returns alone are in no cohort (money -10411.24)' err
    grep -q '77 returns in periods before .* (money -3810.86)' err
    grep -q '406829 used + 135080 filtered + 0 rejected; 4339 customers; 13 cohorts' err
}

@test "the triangle shows what the long form holds" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    file="$SHARED/data/online-retail/online-retail.csv.gz"
    till-cohort -q "$file" > long
    for measure in retention active orders revenue; do
        till-cohort -q --wide --measure=$measure "$file" > wide
        awk -F, -v measure=$measure '
            NR == FNR { if (FNR == 1) for (i = 1; i <= NF; i++) at[$i] = i; else cell[$1, $2] = $at[measure]; next }
            FNR == 1 { for (i = 3; i <= NF; i++) period[i] = $i; next }
            { for (i = 3; i <= NF; i++) { if ($i != cell[$1, period[i]]) bad = 1; if ($i != "") seen++ } }
            END { exit bad || seen != 91 }' long wide
    done
}

@test "a return makes no customer, and is told of" {
    till-cohort sales.csv > out 2> err
    cat > wanted <<END
cohort,period,customers,active,retention,orders,revenue,complete
2024-01,0,1,1,1,1,23.00,1
2024-01,1,1,0,0,0,0.00,1
2024-01,2,1,1,1,1,12.25,0
2024-03,0,2,2,1,2,85.50,0
END
    diff -u wanted out
    grep -q '1 customers with returns alone are in no cohort (money -7.00)' err
    grep -q '1 returns in periods before .* (money -35.50)' err
}

@test "purchases can be counted as rows or days, returns dropped or refused" {
    till-cohort -q --count=rows sales.csv | grep -q '^2024-01,0,1,1,1,2,23.00,1$'
    till-cohort -q --count=days sales.csv | grep -q '^2024-01,0,1,1,1,1,23.00,1$'
    printf '7,C1,2024-03-02,-2.25\n' >> sales.csv
    till-cohort -q sales.csv | grep -q '^2024-01,2,1,1,1,1,10.00,0$'
    till-cohort -q --returns=drop sales.csv | grep -q '^2024-01,2,1,1,1,1,12.25,0$'
    run -3 till-cohort --returns=error sales.csv
    [[ $output == *"--returns=error"* ]]
}

@test "--as-of cuts and extends" {
    till-cohort -q --as-of=2024-01-31 sales.csv > out
    printf '%s\n' cohort,period,customers,active,retention,orders,revenue,complete 2024-01,0,1,1,1,1,23.00,1 |
        diff -u - out
    till-cohort -q --as-of=2024-04-01 --by=quarter sales.csv > out
    grep -q '^2024-Q1,0,3,3,1,4,85.25,1$' out
    grep -q '^2024-Q1,1,3,0,0,0,0.00,0$' out
}

@test "the result is the same for any number of threads and any order of rows" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    zcat "$SHARED/data/online-retail/online-retail.csv.gz" > retail.csv
    till-cohort -q -j 1 --by=week retail.csv > one
    for threads in 2 3 7; do
        till-cohort -q -j $threads --by=week retail.csv | cmp one -
    done
    (head -n 1 retail.csv; tail -n +2 retail.csv | tac) | till-cohort -q --by=week | cmp one -
}

@test "a wild date is a warning by quarter, and an error where it makes too many rows" {
    printf '7,C3,9999-12-31,1\n' >> sales.csv
    run -0 till-cohort --by=quarter sales.csv
    [[ $output == *"the newest date, 9999-12-31, is "*" days after the next, 2024-03-30"*"--until=2024-03-30"* ]]
    awk 'BEGIN { for (i = 0; i < 40; i++) printf "%d,D%d,%d-01-01,1\n", 100 + i, i, 1980 + i }' >> sales.csv
    run -3 till-cohort --by=week sales.csv
    [[ $output == *"is one of the dates wrong?"* ]]
    till-cohort -q --by=week --until=2024-12-31 sales.csv
}

@test "a header alone gives a header alone" {
    head -n 1 sales.csv | till-cohort -q > out
    printf '%s\n' cohort,period,customers,active,retention,orders,revenue,complete | diff -u - out
    head -n 1 sales.csv | till-cohort -q --wide | diff -u <(echo cohort,customers) -
}
