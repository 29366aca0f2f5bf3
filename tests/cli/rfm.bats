#!/usr/bin/env bats
# till-rfm: figures, scores, segments, schemes, sorted input.

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
    cat > sales.csv <<END
order_id,customer_id,date,amount
1,C1,2024-01-05,20.00
2,C2,2024-01-20,35.50
3,C1,2024-03-01,12.25
4,C3,2024-03-30,80.00
5,C2,2024-03-31,-5.50
6,C4,2024-02-01,-7.00
END
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-rfm.1"
}

@test "customers with returns alone stay, without dates, and score 1" {
    till-rfm sales.csv > out 2> err
    cat > wanted <<END
customer,first,last,recency,frequency,monetary,r,f,m,score,segment
C1,2024-01-05,2024-03-01,30,2,32.25,2,4,2,242,At Risk
C2,2024-01-20,2024-01-20,71,1,30.00,1,1,1,111,Lost
C3,2024-03-30,2024-03-30,1,1,80.00,4,1,4,414,Promising
C4,,,,0,-7.00,1,1,1,111,Lost
END
    diff -u wanted out
    grep -q '6 rows read = 6 used + 0 filtered + 0 rejected; 4 customers' err
    grep -q 'customers with returns alone, .*: 1$' err
}

@test "empty scores are named with the cuts" {
    till-rfm sales.csv 2> err > out
    grep -qx 'till-rfm: no customer has r = 3, 5 (cuts of recency: 71, 30, 30, 1)' err
    grep -qx 'till-rfm: no customer has f = 2, 3, 5 (cuts of frequency: 1, 1, 1, 2)' err
    grep -qx 'till-rfm: no customer has m = 3, 5 (cuts of monetary: 30.00, 32.25, 32.25, 80.00)' err
    till-rfm -q sales.csv 2> err > out
    [ ! -s err ]
}

@test "a header alone gives a header alone" {
    head -n 1 sales.csv > header.csv
    [ "$(till-rfm -q header.csv)" = customer,first,last,recency,frequency,monetary,r,f,m,score,segment ]
    [ "$(till-rfm -q --no-scores header.csv)" = customer,first,last,recency,frequency,monetary ]
    [ "$(till-rfm -q --cells --bins=2 header.csv | tail -n 1)" = 2,2,0,,0.00 ]
    run till-rfm -q --scheme-out=scheme.json header.csv
    [ "$status" -eq 5 ]
    [ ! -e scheme.json ]
}

@test "a newest date far ahead of the others is warned of" {
    (cat sales.csv; echo 7,C5,9999-12-31,1.00) > late.csv
    till-rfm -q late.csv 2> err > out
    grep -q 'warning: the newest date, 9999-12-31, is .* days after the next, 2024-03-31' err
    till-rfm -q --until=2024-12-31 late.csv 2> err > out
    [ ! -s err ]
}

@test "amounts that look like order totals are warned of" {
    printf 'order,customer,date,amount\n1,A,2024-01-01,9\n1,A,2024-01-01,9\n2,B,2024-01-02,4\n' > totals.csv
    till-rfm -q --no-scores totals.csv > out 2> err
    grep -q 'warning:.*--amount-per=order' err
    [ "$(sed -n 2p out)" = A,2024-01-01,2024-01-01,1,1,18.00 ]
    till-rfm -q --no-scores --amount-per=order totals.csv > out 2> err
    [ ! -s err ]
    [ "$(sed -n 2p out)" = A,2024-01-01,2024-01-01,1,1,9.00 ]
}

@test "--count says what frequency counts, and --returns what becomes of returns" {
    printf 'order,customer,date,amount\n1,A,2024-01-01,9\n1,A,2024-01-01,5\n2,A,2024-01-01,4\n3,A,2024-01-02,-6\n4,A,2024-01-03,1\n' > a.csv
    [ "$(till-rfm -q --no-scores a.csv | tail -n 1)" = A,2024-01-01,2024-01-03,0,3,13.00 ]
    [ "$(till-rfm -q --no-scores --count=days a.csv | tail -n 1)" = A,2024-01-01,2024-01-03,0,2,13.00 ]
    [ "$(till-rfm -q --no-scores --count=rows a.csv | tail -n 1)" = A,2024-01-01,2024-01-03,0,4,13.00 ]
    [ "$(till-rfm -q --no-scores --returns=drop a.csv | tail -n 1)" = A,2024-01-01,2024-01-03,0,3,19.00 ]
    run till-rfm -q --no-scores --returns=error a.csv
    [ "$status" -eq 3 ]
}

@test "options that contradict each other are usage errors" {
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    for options in '--no-scores --cells' '--no-scores --scheme=scheme.json' '--no-scores --segments=x' '--bins=1' \
        '--bins=10' '--scheme=scheme.json --bins=4' '--scheme=scheme.json --scores=nested' '--sorted --no-scores' \
        '--sorted --as-of=2024-12-31' '--sorted --as-of=2024-12-31 --no-scores --scheme-out=x'; do
        run till-rfm -q $options sales.csv
        [ "$status" -eq 2 ]
    done
}

# --- schemes ---

@test "a scheme scores the same customers as when it was made" {
    for options in '' --bins=2 --bins=9 --scores=nested '--scores=nested --bins=3'; do
        till-rfm -q $options --scheme-out=scheme.json sales.csv > made
        till-rfm -q --scheme=scheme.json --meta=meta.json sales.csv > loaded
        diff -u made loaded
        digest=$(sed -n 's/.*"model.digest": "\([0-9a-f]*\)".*/\1/p' meta.json)
        grep -q "\"digest\": \"$digest\"" scheme.json
    done
}

@test "how old a scheme is, and of how many customers, is told" {
    till-rfm -q --scheme-out=scheme.json --as-of=2024-04-01 -o out sales.csv
    till-rfm -v --scheme=scheme.json --as-of=2024-05-01 -o out sales.csv 2> err
    grep -q 'scheme.as_of: 2024-04-01$' err
    grep -q "scheme.customers: $(awk -F, 'NR > 1 && $4 != ""' out | wc -l)\$" err
}

@test "a scheme that is damaged or of another kind is refused with exit 6" {
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    sed 's/"bins": *5/"bins": 4/' scheme.json > bad.json
    run cmp -s scheme.json bad.json
    [ "$status" -eq 1 ]
    run till-rfm -q --scheme=bad.json sales.csv
    [ "$status" -eq 6 ]
    [[ "$output" == *bad.json* ]]
    head -c 100 scheme.json > cut.json
    run till-rfm -q --scheme=cut.json sales.csv
    [ "$status" -eq 6 ]
    run till-rfm -q --scheme=absent.json sales.csv
    [ "$status" -eq 4 ]
}

@test "scheme and result appear together or not at all" {
    run till-rfm -q --scheme-out=scheme.json -o out --fail-if='customers<100' sales.csv
    [ "$status" -eq 1 ]
    [ ! -e scheme.json ]
    [ ! -e out ]
}

# --- segments ---

@test "--segments names the cells, with a scheme and without" {
    printf 'segment,r_min,r_max,f_min,f_max,m_min,m_max\nlow,1,1,1,2,1,2\n"high, m 1",2,2,1,2,1,1\nhigh,2,2,1,2,2,2\n' > table.csv
    till-rfm -q --bins=2 --segments=table.csv --scheme-out=scheme.json sales.csv > made
    cut -d, -f1,7- made > names
    cat > wanted <<END
customer,r,f,m,score,segment
C1,1,2,1,121,low
C2,1,1,1,111,low
C3,2,1,2,212,high
C4,1,1,1,111,low
END
    diff -u wanted names
    till-rfm -q --scheme=scheme.json sales.csv | diff -u made -
    till-rfm -q --bins=2 --scheme-out=plain.json -o out sales.csv
    till-rfm -q --scheme=plain.json --segments=table.csv sales.csv | diff -u made -
}

@test "a table of segments that is not one name a cell is refused, with cell and rows" {
    printf 'segment,r_min,r_max,f_min,f_max,m_min,m_max\nlow,1,1,1,2,1,2\nhigh,2,2,1,2,1,2\n' > table.csv
    (cat table.csv; echo more,1,2,2,2,2,2) > twice.csv
    run till-rfm -q --bins=2 --segments=twice.csv sales.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'twice.csv'*'the cell r=1 f=2 m=2 is covered twice, by "low" (row 1) and "more" (row 3)'* ]]
    head -n 2 table.csv > gap.csv
    run till-rfm -q --bins=2 --segments=gap.csv sales.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'the cell r=2 f=1 m=1 is covered by no segment (4 of 8 cells are not)'* ]]
    sed 's/high,2,2/high,2,x/' table.csv > bad.csv
    run till-rfm -q --bins=2 --segments=bad.csv sales.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'bad.csv:3:'*'r_max: not a score from 1 to 9'* ]]
    sed 's/f_max/fmax/' table.csv > column.csv
    run till-rfm -q --bins=2 --segments=column.csv sales.csv
    [ "$status" -eq 3 ]
}

@test "--cells adds up to all customers and all money" {
    cat > wanted <<END
r,f,customers,share,money
1,1,2,0.5,23.00
1,2,1,0.25,32.25
2,1,1,0.25,80.00
2,2,0,0,0.00
END
    till-rfm -q --bins=2 --cells sales.csv | diff -u wanted -
}

# --- sorted input ---

@test "--sorted gives the same bytes as without" {
    for i in $(seq 400); do
        for k in $(seq $((i % 7 + 1))); do echo "$i$k,C$((i % 60 / (k + 1))),2024-0$((k + 1))-1$((i % 9)),$((i % 40 - 3)).5"; done
    done | LC_ALL=C sort -t, -k2,2 > rows
    (echo order,customer,date,amount; cat rows) > sorted.csv
    till-rfm -q --as-of=2024-12-31 --scheme-out=scheme.json -o out sorted.csv
    for options in --no-scores --scheme=scheme.json '--scheme=scheme.json --cells' '--no-scores --count=days' \
        '--no-scores --count=rows' '--no-scores --returns=drop'; do
        till-rfm -q --as-of=2024-12-31 $options sorted.csv > plain
        till-rfm -q --as-of=2024-12-31 --sorted $options sorted.csv > streamed
        diff -u plain streamed
        [ "$(wc -l < plain)" -gt 20 ]
    done
}

@test "--sorted keeps a scheme with other segments" {
    till-rfm -q --bins=2 --scheme-out=plain.json -o out sales.csv
    (head -n 1 sales.csv; tail -n +2 sales.csv | LC_ALL=C sort -t, -k2,2) > sorted.csv
    printf 'segment,r_min,r_max,f_min,f_max,m_min,m_max\nlow,1,1,1,2,1,2\nhigh,2,2,1,2,1,2\n' > table.csv
    till-rfm -q --sorted --as-of=2024-03-31 --scheme=plain.json --segments=table.csv --scheme-out=named.json sorted.csv > made
    grep -q ',high$' made
    till-rfm -q --scheme=named.json sales.csv | diff -u made -
}

@test "--sorted stops at a customer out of order, with its line" {
    printf 'order,customer,date,amount\n1,A,2024-01-01,9\n2,C,2024-01-01,9\n3,B,2024-01-02,4\n' > a.csv
    run till-rfm -q --sorted --no-scores --as-of=2024-12-31 -o out a.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'a.csv:4:'*'not in byte order: "B" comes after "C"'* ]]
    [ ! -e out ]
    run till-rfm -q --sorted --no-scores --as-of=2024-12-31 --max-bad=10 -o out a.csv
    [ "$status" -eq 3 ]
    [ ! -e out ]
}

# --- real data ---

online_retail() {
    [ -e "$SHARED/data/online-retail/online-retail.csv.gz" ] || skip "the shared data are not here"
}

@test "Online Retail: the figures of all customers are those of SQLite" {
    online_retail
    till-rfm --clean-ids --no-scores "$SHARED/data/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '541909 rows read = 406829 used + 135080 filtered + 0 rejected; 4372 customers' err
    # SQLite 3.40 on tests/golden/online_retail_rfm.sql: 4,372 customers, 4,339 of them with purchases; 18,536 purchases.
    [ "$(wc -l < out)" -eq 4373 ]
    [ "$(awk -F, 'NR > 1 && $3 != ""' out | wc -l)" -eq 4339 ]
    [ "$(awk -F, 'NR > 1 { n += $5 } END { print n }' out)" -eq 18536 ]
    [ "$(sha256sum < out)" = "fa5db98b38fd546ec3bb1127e0b5ec6e3503c11bbb17941219b7ea19117ec731  -" ]
}

@test "Online Retail: the figures of all customers are those of the SQLite that is here" {
    online_retail
    command -v sqlite3 > tool || skip "sqlite3 is not installed"
    gzip -dc "$SHARED/data/online-retail/online-retail.csv.gz" > retail.csv
    sqlite3 < "$BATS_TEST_DIRNAME/../golden/online_retail_rfm.sql" > wanted
    till-rfm -q --clean-ids --no-scores retail.csv | cmp - wanted
}

@test "Online Retail: scores are those of the lowest rank in SQLite" {
    online_retail
    # SELECT score, count(*) FROM (SELECT 5 * (rank() OVER (ORDER BY u) - 1) / 4339 + 1 AS score FROM rfm WHERE last IS NOT NULL)
    # GROUP BY score, for u = -recency, frequency, monetary; the 33 customers with returns alone have score 1.
    till-rfm -q --clean-ids "$SHARED/data/online-retail/online-retail.csv.gz" > out
    counts() { tail -n +2 out | cut -d, -f"$1" | LC_ALL=C sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }'; }
    [ "$(counts 7)" = '1:902 2:889 3:866 4:889 5:826 ' ]
    [ "$(counts 8)" = '1:1527 2:835 3:508 4:802 5:700 ' ]
    [ "$(counts 9)" = '1:901 2:868 3:868 4:868 5:867 ' ]
}

@test "Online Retail: threads, a pipe and --sorted change no byte" {
    online_retail
    till-rfm -q --clean-ids --scheme-out=scheme.json -j 1 "$SHARED/data/online-retail/online-retail.csv.gz" > one
    for threads in 2 3 7; do
        gzip -dc "$SHARED/data/online-retail/online-retail.csv.gz" | till-rfm -q --clean-ids -j $threads | cmp one -
    done
    command -v python3 > tool || skip "python3 is not installed"
    gzip -dc "$SHARED/data/online-retail/online-retail.csv.gz" | python3 -c '
import csv, sys
rows = list(csv.reader(sys.stdin))
rows[1:] = sorted((row for row in rows[1:] if row[6] != ""), key=lambda row: row[6][:-2])
csv.writer(sys.stdout).writerows(rows)' > sorted.csv
    till-rfm -q --clean-ids --sorted --scheme=scheme.json --as-of=2011-12-09 sorted.csv | cmp one -
}

# Counts of another program (pandas) on the raw lines of the 1/10 sample, recency to 1998-06-30, "ties to lowest, min rank".
@test "CDNOW: counts by score are those of another program" {
    [ -e "$SHARED/data/cdnow/cdnowElog.csv.gz" ] || skip "the shared data are not here"
    till-rfm -q --as-of=1998-06-30 --count=rows --customer=masterid --amount=sales "$SHARED/data/cdnow/cdnowElog.csv.gz" > out
    counts() { tail -n +2 out | cut -d, -f"$1" | LC_ALL=C sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }'; }
    [ "$(counts 7)" = '1:482 2:471 3:463 4:470 5:471 ' ]
    [ "$(counts 8)" = '1:1205 3:406 4:358 5:388 ' ]
    [ "$(counts 9)" = '1:481 2:462 3:472 4:471 5:471 ' ]
}

# A file that ends exactly where a chunk does must not swallow what is said of the files behind it.
@test "rows and bad rows of all files are counted" {
    for k in 0 1 2; do
        (echo order,customer,date,amount; seq $((k * 20000)) $((k * 20000 + 19999)) | sed 's/.*/&,C&,2024-01-02,1.25/') > "part$k.csv"
    done
    till-rfm --no-scores -o out part0.csv part1.csv part2.csv 2> err
    grep -q '60000 rows read = 60000 used + 0 filtered + 0 rejected; 60000 customers' err
    echo 1,C9,2024-99-02,1.25 >> part2.csv
    run till-rfm -q --no-scores -o out2 part0.csv part1.csv part2.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'part2.csv:20002:6: date: not a date: "2024-99-02"'* ]]
    [ ! -e out2 ]
}
