#!/usr/bin/env bats
# till-value: ranks, shares, tiers, the curve, schemes. Expected figures are worked by hand from the formulas of its page.

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
    cat > customers.csv <<END
id,name,monetary
1,"Ng, A",120.00
2,"""B""",40.00
3,C,400.00
4,D,40.00
5,,0.00
END
}

TIERS=best:20%,good:40%,rest:40%

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-value.1"
}

@test "rows keep their order and their bytes" {
    till-value -q --tiers=$TIERS customers.csv > out
    cat > wanted <<END
id,name,monetary,rank,share,cumulative_share,tier
1,"Ng, A",120.00,2,0.2,0.8666666667,good
2,"""B""",40.00,3,0.06666666667,1,rest
3,C,400.00,1,0.6666666667,0.6666666667,best
4,D,40.00,3,0.06666666667,1,rest
5,,0.00,5,0,1,rest
END
    diff -u wanted out
}

@test "the last line has the measures of concentration" {
    till-value customers.csv 2> err > out
    grep -q '5 rows read = 5 used + 0 filtered + 0 rejected; 5 customers; gini 0.5866666667; customers_for_50 0.2; customers_for_80 0.4; customers_for_90 0.6' err
    till-value -q customers.csv 2> err > out
    [ ! -s err ]
}

@test "the summary has a row a tier" {
    till-value -q --tiers=$TIERS --summary=summary.csv customers.csv > out
    cat > wanted <<END
tier,percent,customers,lowest,highest,value,value_share
best,20%,1,400.00,400.00,400.00,0.6666666667
good,40%,1,120.00,120.00,120.00,0.2
rest,40%,3,0.00,40.00,80.00,0.1333333333
END
    diff -u wanted summary.csv
    till-value --tiers=$TIERS -v customers.csv 2> err > out
    grep -q 'role.value: monetary' err
    grep -q 'tier.rest: 3 customers, value_share 0.1333333333' err
}

@test "the curve has a row a percent" {
    till-value -q --curve customers.csv > out
    [ "$(wc -l < out)" -eq 101 ]
    [ "$(sed -n 2p out)" = 1,1,400.00,0.6666666667 ]
    [ "$(sed -n 22p out)" = 21,2,520.00,0.8666666667 ]
    [ "$(sed -n 101p out)" = 100,5,600.00,1 ]
}

@test "CDNOW is as concentrated as measured elsewhere" {
    file=$SHARED/data/cdnow/CDNOW_sample.txt.gz
    [ -e "$file" ] || skip "no $file: set TILL_SHARED to where the shared data lie"
    zcat "$file" | awk 'BEGIN { print "customer,value" } { cents = $5; sub(/\./, "", cents); sum[$2] += cents }
        END { for (id in sum) printf "%s,%.2f\n", id, sum[id] / 100 }' > cdnow.csv
    till-value --curve cdnow.csv > out 2> err
    [ "$(awk -F, '$1 == 1 || $1 == 5 || $1 == 20 { printf "%.6f ", $4 }' out)" = '0.145540 0.360666 0.674550 ' ]
    grep -q '2357 customers; gini 0.630917.*customers_for_80 0.32965' err
}

@test "the value is found by name, then by the role of an amount" {
    printf 'value,monetary\n1,5\n9,4\n' > both.csv
    [ "$(till-value -q both.csv | cut -d, -f3 | tr '\n' ' ')" = 'rank 1 2 ' ]
    [ "$(till-value -q --value=value both.csv | cut -d, -f3 | tr '\n' ' ')" = 'rank 2 1 ' ]
    [ "$(till-value -q --value=1 both.csv | cut -d, -f3 | tr '\n' ' ')" = 'rank 2 1 ' ]
    printf 'id,金额\na,5\nb,7\n' > chinese.csv
    [ "$(till-value -q --tiers=chinese chinese.csv | tail -n 1)" = b,7,1,0.5833333333,0.5833333333,重要 ]
    printf 'id,clv\na,5\n' > other.csv
    run till-value -q other.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"--value=COL"* ]]
    till-value -q --value=clv other.csv
}

@test "a column that would be added is an error or is replaced" {
    till-value -q customers.csv > once.csv
    run till-value -q once.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *rank*--replace-columns* ]]
    till-value -q --replace-columns once.csv > twice.csv
    cmp once.csv twice.csv
    till-value -q --curve once.csv > /dev/null
}

@test "values that are no numbers are bad rows" {
    printf 'id,value\na,5\nb,\nc,x\nd,1e999\ne,5\n' > bad.csv
    run till-value -q bad.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *bad.csv:3:*value* ]]
    till-value --max-bad=3 --rejects=rejects.csv bad.csv > out 2> err
    [ "$(cat out)" = "$(printf 'id,value,rank,share,cumulative_share,tier\na,5,1,0.5,1,small\ne,5,1,0.5,1,small\n')" ]
    [ "$(wc -l < rejects.csv)" -eq 4 ]
    grep -q '5 rows read = 2 used + 0 filtered + 3 rejected' err
}

@test "negative values and zeros leave empty what is undefined, with the reason" {
    printf 'id,value\na,-1\nb,4\nc,2\n' > negative.csv
    till-value negative.csv > out 2> err
    [ "$(sed -n 4p out)" = c,2,2,0.4,1.2,small ]
    grep -q 'warning: gini and customers_for are empty.*: negative values: 1' err
    grep -q '3 customers; [0-9.]* s' err
    printf 'id,value\na,0\nb,0.0\n' > zero.csv
    till-value zero.csv > out 2> err
    [ "$(sed -n 2p out)" = a,0,1,,,small ]
    grep -q 'warning: shares, gini and customers_for are empty: the values sum to zero' err
    till-value -q --curve -f jsonl zero.csv > out
    [ "$(tail -n 1 out)" = '{"top":100,"customers":2,"value":0.00,"value_share":null}' ]
}

@test "a header alone gives a header alone" {
    head -n 1 customers.csv > header.csv
    [ "$(till-value -q header.csv)" = id,name,monetary,rank,share,cumulative_share,tier ]
    [ "$(till-value -q --curve header.csv)" = top,customers,value,value_share ]
}

@test "a scheme gives the same customers the same tiers, and others by value" {
    till-value -q --tiers=$TIERS --scheme-out=scheme.json customers.csv > first.csv
    till-value -q --scheme=scheme.json customers.csv > second.csv
    cmp first.csv second.csv
    printf 'monetary,id\n119.99,x\n120,y\n-3,z\n1e6,w\n' > other.csv
    [ "$(till-value -q --scheme=scheme.json other.csv | cut -d, -f6 | tr '\n' ' ')" = 'tier rest good rest best ' ]
    run till-value -q --scheme=scheme.json --tiers=$TIERS other.csv
    [ "$status" -eq 2 ]
    sed 's/120/121/' scheme.json > changed.json
    run till-value -q --scheme=changed.json other.csv
    [ "$status" -eq 6 ]
}

@test "tiers that do not sum to a hundred are a usage error" {
    for tiers in a:50%,b:51% a:100 a 'a:50%,a:50%' ''; do
        run till-value -q --tiers="$tiers" customers.csv
        [ "$status" -eq 2 ]
        [[ "$output" == *--tiers* ]]
    done
}

@test "other decimal marks, currency signs and encodings" {
    printf 'id;value\na;1.234,50 €\nb;(34,50)\n' > money.csv
    [ "$(till-value -q -d ';' --decimal=, --money money.csv | sed -n 2p)" = 'a;1.234,50 €;1;1.02875;1.02875;VIP' ]
}

@test "the order of the rows, pipes, gzip and files change nothing" {
    awk 'BEGIN { print "id,value"; for (i = 0; i < 20000; i++) printf "%d,%.3f\n", i, i * 7919 % 10007 / 7 }' > all.csv
    till-value -q all.csv | sort > wanted
    (head -n 1 all.csv; tail -n +2 all.csv | sort -t, -k2) | till-value -q | sort | cmp - wanted
    gzip -k all.csv
    till-value -q all.csv.gz | sort | cmp - wanted
    (head -n 5000 all.csv) > one.csv
    (head -n 1 all.csv; tail -n +5001 all.csv) > two.csv
    till-value -q one.csv two.csv | sort | cmp - wanted
}
