#!/usr/bin/env bats
# till-churn: nothing behind the test's day reaches the tested model, figures against scikit-learn and SciPy, and what is
# told when the data do not say enough.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    SAMPLES="$BATS_TEST_DIRNAME/../../data-samples"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    . "$BATS_TEST_DIRNAME/../support/near.bash"
    cd "$BATS_TEST_TMPDIR"
}

# The sample shop, 2023 and 2024, in one file.
shop() {
    { zcat "$SAMPLES/sales-2023-h1.csv.gz"
      for part in 2023-h2 2024-h1 2024-h2; do zcat "$SAMPLES/sales-$part.csv.gz" | tail -n +2; done; } > sales.csv
}

# CDNOW's sample as customer,date,amount.
cdnow() {
    [ -d "$SHARED/data" ] || skip "no shared data"
    zcat "$SHARED/data/cdnow/cdnowElog.csv.gz" | sed '1s/sampleid/customer/; 1s/sales/amount/' | cut -d, -f2,3,5 > cdnow.csv
    MONTHLY=1997-06-30,1997-07-31,1997-08-31,1997-09-30,1997-10-31,1997-11-30,1997-12-31,1998-01-31,1998-02-28
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-churn.1"
}

@test "customers are ranked, with probabilities, deciles and reasons" {
    shop
    till-churn -q sales.csv > scores.csv
    [ "$(head -n 1 scores.csv)" = customer,probability,decile,reason1,reason2,reason3 ]
    [ "$(tail -n +2 scores.csv | cut -d, -f1 | sort -c && tail -n +2 scores.csv | wc -l)" -eq 153 ]
    # Deciles by their definition: 1 + floor(10 x customers of a higher probability / customers).
    awk -F, 'NR > 1 { p[NR] = $2; d[NR] = $3 }
        END { for (i in p) { above = 0; for (j in p) above += p[j] + 0 > p[i] + 0
            if (d[i] != 1 + int(10 * above / (NR - 1)) || p[i] <= 0 || p[i] >= 1) exit 1 } }' scores.csv
    tail -n +2 scores.csv | cut -d, -f4 | grep -vqE '^[a-z_0-9]+=[-0-9.e+]* \([-+][0-9]+\.[0-9]{4}\)$' && exit 1
    # The riskiest have waited longer than the safest.
    till-features -q sales.csv | tail -n +2 | cut -d, -f1,4 | join -t, <(tail -n +2 scores.csv | cut -d, -f1,3) - |
        awk -F, '{ sum[$2] += $3; n[$2]++ } END { exit !(sum[1] / n[1] > 2 * sum[10] / n[10]) }'
}

@test "what happens behind the test's day changes nothing but its answers" {
    shop
    churn() { till-churn -q --cutoffs=2023-12-31,2024-03-31,2024-06-30 --evaluation=test.csv "$@" > scores.csv; }
    churn sales.csv
    cp test.csv known
    # Behind the horizon of the test (2024-09-28): gone, changed, and with orders of new and old customers.
    awk -F, 'NR == 1 || $3 <= "2024-09-28"' sales.csv > cut.csv
    [ "$(wc -l < cut.csv)" -lt "$(wc -l < sales.csv)" ]
    churn cut.csv
    cmp test.csv known
    awk -F, -v OFS=, 'NR > 1 && $3 > "2024-09-28" { $NF = 9 * $NF; print; $1 = "C0001"; $2 = "X" NR } { print }' sales.csv > more.csv
    churn more.csv
    cmp test.csv known
    # Within it, what keeps the answers: ten times the money, other items, and all customers' orders on its first day.
    awk -F, -v OFS=, 'NR > 1 && $3 > "2024-06-30" && $3 <= "2024-09-28" { $3 = "2024-07-01"; $NF = 10 * $NF } { print }' sales.csv > same.csv
    cmp -s same.csv sales.csv && exit 1
    churn same.csv
    cmp test.csv known
    # One answer the other way shows, and so does a row before the test's day.
    someone=$(awk -F, '$3 > "2024-06-30" && $3 <= "2024-09-28" { print $1; exit }' sales.csv)
    awk -F, -v one="$someone" '!($1 == one && $3 > "2024-06-30" && $3 <= "2024-09-28")' sales.csv > less.csv
    churn less.csv
    cmp -s test.csv known && exit 1
    awk -F, -v OFS=, 'NR == 400 { $3 = "2024-06-01" } { print }' sales.csv > other.csv
    churn other.csv
    run ! cmp -s test.csv known
}

@test "each single row behind the test's day that changes no answer can go without a trace" {
    shop
    awk -F, 'NR == 1 || $1 < "C0100"' sales.csv > few.csv
    churn() { till-churn -q --cutoffs=2023-12-31,2024-03-31,2024-06-30 --bootstrap=20 --evaluation=test.csv "$1" > scores.csv; }
    churn few.csv
    cp test.csv known
    # Rows behind the horizon, and further ones of customers who have come back within it.
    awk -F, 'NR > 1 && $3 > "2024-06-30" { if ($3 > "2024-09-28" || seen[$1]++ > 0) print NR }' few.csv |
        awk 'NR % 23 == 5' > lines
    [ "$(wc -l < lines)" -gt 8 ]
    while read -r line; do
        sed "${line}d" few.csv > less.csv
        churn less.csv
        cmp test.csv known
    done < lines
}

@test "horizons that reach behind the test's day are not learned from" {
    shop
    rows() { till-churn --cutoffs="$1" "${@:2}" sales.csv 2>&1 > scores.csv | grep -o 'learned from [0-9]* rows at [0-9]* cutoffs*'; }
    first=$(till-features -q --cutoff=2024-03-31 sales.csv | tail -n +2 | wc -l)
    [ "$(rows 2024-03-31,2024-06-29)" = "learned from $first rows at 1 cutoff" ] # the horizon ends on the day of the test
    [ "$(rows 2024-03-31,2024-05-15,2024-06-29)" = "learned from $first rows at 1 cutoff" ]
    run -5 --separate-stderr till-churn --cutoffs=2024-03-31,2024-06-28 sales.csv
    [[ $stderr == *"no cutoff is there to learn from"*"the test on 2024-06-28"*"on 2024-03-30 or before"* ]]
    run -5 till-churn --gap=1d --cutoffs=2024-03-31,2024-06-29 sales.csv
    # The test is the last cutoff that has an answer.
    till-churn --cutoffs=2024-03-31,2024-06-29,2024-12-01 sales.csv 2> err > scores.csv
    grep -q 'tested on what came after 2024-06-29' err
    grep -q '1 of the cutoffs have no known answer yet, and are passed over' err
}

# Rolling back from 1998-06-30: nine monthly cutoffs, the test on 1998-02-28. Features are those of till-features, which
# a definition in R is held to; logistic regressions by scikit-learn 1.2.1 (newton-cg, tol 1e-12, ridge 0.01, log1p,
# means for what is missing); Pareto/NBD by SciPy (hyp2f1, Nelder-Mead to 1e-13, quad); metrics by scikit-learn.
@test "CDNOW, nine monthly cutoffs: the later window, and recency alone is as good" {
    cdnow
    till-churn --cutoffs=$MONTHLY --window=600d --evaluation=test.csv --meta=meta cdnow.csv > scores.csv 2> err
    grep -q 'tested on what came after 1998-02-28: 2357 customers, 85.2 % churned; learned from 14142 rows at 6 cutoffs' err
    grep -q 'recency alone is as good: ' err
    near test.csv "logistic|auc" value .81446849 1e-8
    near test.csv "logistic|average_precision" value .94849089 1e-8
    near test.csv "logistic|log_loss" value .32133667 1e-7
    near test.csv "logistic|brier" value .09595309 1e-7
    near test.csv "recency|auc" value .81083189 1e-8
    near test.csv "recency|log_loss" value .34815834 1e-7
    near test.csv "paretonbd|auc" value .81546878 1e-7
    near test.csv "paretonbd|log_loss" value .32694640 1e-7
    near test.csv "paretonbd|brier" value .09636147 1e-7
    near test.csv "recency|auc" gain .0036366 1e-7
    # 2000 draws by NumPy: the ends of intervals of 1000 draws lie about so far apart.
    near test.csv "logistic|auc" lower .78916 .002
    near test.csv "logistic|auc" upper .84156 .002
    near test.csv "recency|auc" gain_lower -.00978 .0015
    near test.csv "recency|auc" gain_upper .01623 .0015
    near_figure meta auc_recency .81083189 1e-8
    near_figure meta base_rate .851930420 1e-9
    jq -e '.facts.recency == "is as good" and .facts.test == "1998-02-28"' meta
}

@test "CDNOW, all customers: recency alone reaches 0.814, and what the model adds is told" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    cdnow
    { echo customer,date,amount
      zcat "$SHARED/data/cdnow/CDNOW_master.txt.gz" | awk 'NF == 4 && NR > 1 { print $1 "," $2 "," $4 }'; } > master.csv
    till-churn --bootstrap=100 --cutoffs=$MONTHLY --window=600d --evaluation=test.csv master.csv > scores.csv 2> err
    near test.csv "recency|auc" value .8140699020503844 1e-9 # scikit-learn
    near test.csv "logistic|auc" value .82352 1e-5
    near test.csv "logistic|log_loss" value .32478 1e-5
    grep -q 'recency alone is worse: the model.s auc is 0.0095 above' err
}

@test "folds by customer do not show the figure of folds by row" {
    cdnow
    till-features -q --cutoff=$MONTHLY --window=600d cdnow.csv > rows.csv
    cut -d, -f2- rows.csv > nameless.csv
    deep="--method=tree --cp=0 --min-leaf=2 --min-split=4 --max-depth=20"
    till-train -q $deep --folds=5 --meta=grouped rows.csv > out
    till-train -q $deep --folds=5 --meta=by_row nameless.csv > out
    # scikit-learn's tree: 0.604 by customer, 0.738 by row.
    jq -e '.figures.auc < 0.65' grouped
    jq -e '.figures.auc > 0.72' by_row
}

@test "the same bytes for any threads, any order of rows, any cut into files" {
    shop
    churn() { till-churn -q --bootstrap=50 --evaluation=test --model-out=model "$@" > scores; cat scores test model; }
    churn sales.csv > known
    for threads in 1 2 3 7; do churn -j "$threads" sales.csv | cmp - known; done
    TILL_NO_SIMD=1 churn sales.csv | cmp - known
    churn "$SAMPLES"/sales-202*.csv.gz | cmp - known
    { head -n 1 sales.csv; tail -n +2 sales.csv | sort -r; } | churn | cmp - known
    churn --seed=2 sales.csv > other
    run -1 cmp -s other known # the intervals are others
}

@test "customers are sampled where rows are many, whatever the order" {
    shop
    till-churn --training-rows=500 --model-out=model --meta=meta sales.csv > scores.csv 2> err
    grep -q 'customers were sampled' err
    jq -e '.figures.tested == 176 and .figures.customers == 153' meta # all of them
    rows=$(jq '.body.rows' model)
    [ "$rows" -gt 150 ]
    [ "$rows" -le 500 ]
    { head -n 1 sales.csv; tail -n +2 sales.csv | sort -r; } > turned.csv
    till-churn -q -j3 --training-rows=500 turned.csv | cmp - scores.csv
    till-churn --training-rows=100000 sales.csv 2> err > scores.csv
    run -1 grep -q sampled err
}

@test "the model that is kept gives the same probabilities" {
    shop
    till-churn -q --model-out=model.json sales.csv > scores.csv
    till-features -q sales.csv | till-predict -q --model=model.json | awk -F, '{ print $1 "," $NF }' > predicted
    join -t, <(tail -n +2 scores.csv | cut -d, -f1,2) <(tail -n +2 predicted) |
        awk -F, '{ n++; off = $2 - $3; if (off > 1e-8 || off < -1e-8) exit 1 } END { exit n != 153 }'
    jq -e '.kind == "classifier" and .body.method == "logistic" and (.body.logistic.columns | length) == 29' model.json
    till-churn -q --lasso=0.01 --ridge=0 --model-out=few.json sales.csv > scores.csv
    jq -e '[.body.logistic.columns[].estimates[0] | select(. != 0)] | length | . > 1 and . < 15' few.json
}

@test "the tools one by one make the same model" {
    shop
    dates=2024-03-31,2024-06-30,2024-09-30
    till-churn -q --cutoffs=$dates --model-out=model.json sales.csv > scores.csv
    till-features -q --cutoff=$dates sales.csv > rows.csv
    logs=recency-active_periods,monetary,monetary_total,mean_value,last_value,last_to_median,gap_mean,gap_variation,recency_to_gap,items,items_per_order
    till-train -q --impute --ridge=0.01 --log=$logs --model-out=by_hand.json rows.csv > out
    diff <(jq -c '.body.logistic.columns[] | [.name, .log]' model.json) <(jq -c '.body.logistic.columns[] | [.name, .log]' by_hand.json)
    jq -e '.body.rows == '"$(jq .body.rows by_hand.json)" model.json
    # Up to the ten digits of a table.
    paste <(jq '.body.logistic | .columns[].estimates[0], .intercept' model.json) <(jq '.body.logistic | .columns[].estimates[0], .intercept' by_hand.json) |
        awk '{ n++; off = $1 - $2; if (off > 1e-7 || off < -1e-7) exit 1 } END { exit n != 30 }'
}

@test "trees and boosting are tested, kept and explained in the same way" {
    shop
    till-churn -q --evaluation=plain.csv sales.csv > scores.csv
    for method in tree gbdt; do
        churn() { till-churn -q --method=$method --bootstrap=50 --evaluation=test.csv --model-out=model.json "$@" > scores.csv; cat scores.csv test.csv model.json; }
        churn sales.csv > known
        churn -j 3 "$SAMPLES"/sales-202*.csv.gz | cmp - known
        { head -n 1 sales.csv; tail -n +2 sales.csv | sort -r; } | churn | cmp - known
        churn sales.csv | cmp - known
        # Better than chance, and the rivals are those of every method.
        awk -F, -v method=$method '$1 == method && $2 == "auc" { found = $3 > 0.65 } END { exit !found }' test.csv
        diff <(grep -e ^recency,auc -e ^paretonbd,log_loss plain.csv | cut -d, -f1-3) <(grep -e ^recency,auc -e ^paretonbd,log_loss test.csv | cut -d, -f1-3)
        till-features -q sales.csv | till-predict -q --model=model.json --reasons=1 | tail -n +2 | sed 's/^\([^,]*\).*,\([^,]*\),\([^,]*\)$/\1,\2,\3/' > predicted
        join -t, <(tail -n +2 scores.csv | cut -d, -f1,2,4) predicted |
            awk -F, '{ n++; off = $2 - $4; if (off > 1e-8 || off < -1e-8 || $3 != $5) exit 1 } END { exit n != 153 }'
    done
}

@test "a state of nights gives what one run over all days gives" {
    shop
    till-churn -q --evaluation=whole.csv sales.csv > known
    for part in 2023-h1 2023-h2 2024-h1; do
        till-churn -q --state=ledger --state-only "$SAMPLES/sales-$part.csv.gz" > out
        [ ! -s out ]
    done
    till-churn -q --state=ledger --evaluation=test.csv -o scores.csv "$SAMPLES/sales-2024-h2.csv.gz"
    cmp scores.csv known
    cmp test.csv whole.csv
    run -6 till-churn --state=ledger "$SAMPLES/sales-2024-h2.csv.gz"
    run -2 till-churn --state=ledger --state-only --model-out=model sales.csv
}

@test "dates and amounts that look wrong are warned, also by till-features" {
    printf '%s\n' order,customer,date,amount 1,A,2024-01-01,7 1,A,2024-01-01,7 2,B,2024-01-05,5 2,B,2024-01-05,5 3,A,9999-12-31,1 > odd.csv
    run -0 --separate-stderr till-features odd.csv
    [[ $stderr == *"warning: the newest date, 9999-12-31, is "*"--until=2024-01-05"* ]]
    [[ $stderr == *"warning: all orders of several rows repeat one amount"* ]]
    run -0 --separate-stderr till-features --until=2024-01-05 --amount-per=order odd.csv
    [[ $stderr != *warning* ]]
    shop
    { cat sales.csv; head -n 2 sales.csv | tail -n 1 | sed 's/2023-01-01/2025-03-01/'; } > late.csv
    till-churn late.csv 2>&1 > scores.csv | grep -q 'warning: the newest date, 2025-03-01, is '
    till-churn --as-of=2025-01-15 sales.csv 2>&1 > scores.csv | grep -q 'warning: the data end on 2024-12-31, before the as-of date 2025-01-15'
}

@test "too little history, and answers that are all alike, are told with what to do" {
    shop
    run -5 --separate-stderr till-churn --since=2024-06-01 sales.csv
    [[ $stderr == *"the data span "*"three horizons and two gaps, 270 days (a shorter --horizon, or more history)"* ]]
    [ -z "$output" ]
    till-churn -q --since=2024-06-01 --horizon=30d sales.csv > scores.csv
    run -5 --separate-stderr till-churn --cutoffs=2024-11-30,2024-12-15 sales.csv
    [[ $stderr == *"no cutoff has a known answer"* ]]
    run -5 --separate-stderr till-churn --window=1d --horizon=10d --cutoffs=2022-01-01,2023-06-01 sales.csv
    [[ $stderr == *"no customer bought within the window"* ]]
    # Everybody comes every day; nobody comes back.
    awk 'BEGIN { print "customer,date,amount"; for (c = 0; c < 20; c++) for (d = 1; d <= 28; d++) for (m = 1; m <= 12; m++)
        printf "C%d,2023-%02d-%02d,%d\n", c, m, d, 1 + c }' > daily.csv
    run -5 --separate-stderr till-churn daily.csv
    [[ $stderr == *"came back within the horizon: there is nothing to tell apart (a shorter --horizon)"* ]]
    awk 'BEGIN { print "customer,date,amount"; for (c = 0; c < 336; c++) printf "C%d,2023-%02d-%02d,1\n", c, 1 + c % 12, 1 + c % 28 }' > once.csv
    run -5 --separate-stderr till-churn --horizon=30d once.csv
    [[ $stderr == *"no customer "*"came back within the horizon: there is nothing to tell apart (a longer --horizon)"* ]]
    [ -z "$output" ]
}

@test "a test of few customers is warned" {
    shop
    till-churn --only="customer_id=C001*,C002*" sales.csv 2>&1 > scores.csv | grep -q 'warning: only [0-9]* customers of the test [a-z ]*: '
}

@test "a header alone is an error, and writes nothing" {
    echo customer,date,amount > sales.csv
    run -5 --separate-stderr till-churn -o scores.csv --model-out=model.json sales.csv
    [[ $stderr == *"there are no transactions to learn from"* ]]
    [ ! -e scores.csv ]
    [ ! -e model.json ]
}

@test "a pareto/nbd that the data do not identify is left out, with the reason" {
    # Nobody ever stops: all customers come every 20 to 60 days, each at a pace of its own.
    awk 'function date(d,  year, m) {
            year = 2023; m = 1
            while (d >= length_of(year, m)) { d -= length_of(year, m); if (++m > 12) { m = 1; year++ } }
            return sprintf("%d-%02d-%02d", year, m, d + 1) }
        function length_of(year, m) { return m == 2 ? 28 + (year % 4 == 0) : 30 + (m + int(m / 8)) % 2 }
        BEGIN { srand(5); print "customer,date,amount"; for (c = 0; c < 60; c++) { pace = 20 + c % 40
            for (d = int(30 * rand()); d < 700; d += pace * (0.8 + 0.4 * rand())) print "C" c "," date(int(d)) "," 5 + c % 7 } }' > regular.csv
    till-churn --horizon=30d --evaluation=test.csv regular.csv > scores.csv 2> err
    grep -q 'no pareto/nbd beside it: ' err
    [ "$(cut -d, -f1 test.csv | sort -u | tr '\n' ' ')" = "logistic method recency " ]
    grep -q 'recency alone is' err
}

@test "conditions, the accounting and the sidecar work as everywhere" {
    shop
    echo keep > scores.csv
    run -1 till-churn --fail-if='auc<0.99' -o scores.csv sales.csv
    [ "$(cat scores.csv)" = keep ]
    till-churn --fail-if='auc<0.6' --meta=meta.json -o scores.csv sales.csv
    jq -e '.figures | .tested == 176 and .customers == 153 and .left_out == 67 and .gap_90 == 92 and .auc_lower < .auc' meta.json
    sed '9s/2023/20x3/' sales.csv > bad.csv
    run -3 till-churn bad.csv
    till-churn -q --max-bad=1 --rejects=rejects.csv bad.csv > scores.csv
    [ "$(wc -l < rejects.csv)" -eq 2 ]
    run -3 till-churn --min-rows=10000 sales.csv
    [ "$(till-churn -q --as-of=2024-09-30 sales.csv | wc -l)" -gt 100 ]
    [ "$(till-churn -q -f jsonl sales.csv | head -n 1 | jq -r .decile)" -ge 1 ]
    # A window of 30 days leaves fewer.
    [ "$(till-churn -q --window=30d sales.csv | wc -l)" -lt 100 ]
}

@test "usage errors" {
    shop
    for wrong in --horizon=0 --horizon=3y --gap=-1 --window=x --cutoffs=1 --cutoffs=0 --cutoffs=2024-13-01 --cutoffs= \
        --cutoffs=2024-01-01,2024-01-01 --spacing=0 --method=forest --bootstrap=5 --level=2 --training-rows=3; do
        run -2 till-churn "$wrong" sales.csv
    done
}
