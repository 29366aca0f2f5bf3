#!/usr/bin/env bats
# till-assign: rows and what a model gives them.

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
    cat > sales.csv <<END
order_id,customer_id,date,amount
1,C1,2024-01-05,20.00
2,"C2, Ltd",2024-01-20,35.50
3,C1,2024-03-01,12.25
4,C3,2024-03-30,80.00
5,C4,2024-02-01,-7.00
END
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-assign.1"
}

@test "figures, then the scheme, are what till-rfm writes with the scheme, byte for byte" {
    for options in '' --bins=2 --bins=7 --scores=nested; do
        till-rfm -q $options --scheme-out=scheme.json -o whole sales.csv
        till-rfm -q --no-scores sales.csv | till-assign -q --model=scheme.json > steps
        diff -u whole steps
        till-rfm -q --scheme=scheme.json sales.csv | diff -u - steps
    done
}

@test "the same holds for Online Retail and CDNOW" {
    [ -e "$SHARED/data/online-retail/online-retail.csv.gz" ] || skip "the shared data are not here"
    retail="$SHARED/data/online-retail/online-retail.csv.gz"
    cdnow="$SHARED/data/cdnow/cdnowElog.csv.gz"
    for options in '' --scores=nested; do
        till-rfm -q --clean-ids $options --scheme-out=scheme.json -o whole "$retail"
        till-rfm -q --clean-ids --no-scores "$retail" | till-assign -q --model=scheme.json | cmp whole -
        till-rfm -q --customer=masterid --amount=sales $options --scheme-out=scheme.json -o whole "$cdnow"
        till-rfm -q --customer=masterid --amount=sales --no-scores "$cdnow" | till-assign -q --model=scheme.json | cmp whole -
    done
}

@test "columns that are there already are an error, or are replaced" {
    till-rfm -q --scheme-out=scheme.json -o scored.csv sales.csv
    run till-assign -q --model=scheme.json scored.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'scored.csv:1:'*'"r" is there already'*--replace-columns* ]]
    till-assign -q --replace-columns --model=scheme.json scored.csv | diff -u scored.csv -
    printf 'm,recency,name,segment,frequency,monetary\nx,3,"a, b",y,1,5\n' > mixed.csv
    till-assign -q --replace-columns --model=scheme.json mixed.csv > out
    [ "$(head -n 1 out)" = recency,name,frequency,monetary,r,f,m,score,segment ]
    [[ "$(tail -n 1 out)" == '3,"a, b",1,5,'* ]]
}

@test "rows keep their order, their columns and their bytes" {
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    printf 'frequency;note;monetary;recency\n1;"say ""hi""";5.5;70\n2;"two\nlines";1e2;0\n0; blank ;-3;\n' > rows.csv
    till-assign -q -d ';' --model=scheme.json rows.csv > out
    printf 'frequency;note;monetary;recency;r;f;m;score;segment\n1;"say ""hi""";5.5;70;1;1;1;111;Lost\n' > wanted
    printf '2;"two\nlines";1e2;0;4;4;5;445;Loyal\n0; blank ;-3;;1;1;1;111;Lost\n' >> wanted
    diff -u wanted out
    till-assign -q -d ';' -f jsonl --model=scheme.json rows.csv > out
    [ "$(sed -n 1p out)" = '{"frequency":"1","note":"say \"hi\"","monetary":"5.5","recency":"70","r":1,"f":1,"m":1,"score":111,"segment":"Lost"}' ]
}

@test "values that a scheme cannot take make bad rows" {
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    for row in 1.5,1,2 -1,1,2 3,1.5,2 3,-1,2 3,,2 3,1, x,1,2 3,1,x; do
        printf 'recency,frequency,monetary\n1,1,1\n%s\n' "$row" > bad.csv
        run till-assign -q --model=scheme.json -o out2 bad.csv
        [ "$status" -eq 3 ]
        [[ "$output" == till-assign:\ bad.csv:3:* ]]
        [ ! -e out2 ]
        till-assign --model=scheme.json --max-bad=1 bad.csv > out3 2> err
        [ "$(wc -l < out3)" -eq 2 ]
        grep -q '2 rows read = 1 used + 0 filtered + 1 rejected' err
    done
}

@test "what is missing or no model is said" {
    run till-assign sales.csv
    [ "$status" -eq 2 ]
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    run till-assign --model=scheme.json sales.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *recency* ]]
    run till-assign --model=scheme.json --value=amount sales.csv
    [ "$status" -eq 2 ]
    run till-assign --model=absent.json sales.csv
    [ "$status" -eq 4 ]
    run till-assign --model=sales.csv sales.csv
    [ "$status" -eq 6 ]
    printf 'recency,frequency,monetary\n' > header.csv
    [ "$(till-assign -q --model=scheme.json header.csv)" = recency,frequency,monetary,r,f,m,score,segment ]
}

@test "a tier scheme gives the tiers that till-value gave" {
    for i in $(seq 200); do echo "K$i,$((i * i % 977)).25"; done > rows
    (echo id,spent; cat rows) > values.csv
    till-value -q --value=spent --scheme-out=tiers.json values.csv > ranked.csv
    till-assign -q --model=tiers.json values.csv > out
    [ "$(head -n 1 out)" = id,spent,tier ]
    cut -d, -f1,2,6 ranked.csv > wanted
    diff -u wanted out
    sed 's/spent/euros/' values.csv > other.csv
    run till-assign -q --model=tiers.json other.csv
    [ "$status" -eq 3 ]
    till-assign -q --model=tiers.json --value=euros other.csv | tail -n +2 | diff - <(tail -n +2 out)
}

@test "memory does not grow with the input" {
    till-rfm -q --scheme-out=scheme.json -o out sales.csv
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer needs more memory"
    awk 'BEGIN { print "name,recency,frequency,monetary"; for (i = 0; i < 2000000; i++) print "customer number " i "," i % 400 "," i % 9 + 1 "," i % 5000 ".25" }' |
        (ulimit -v 400000; till-assign -q -j 1 --model=scheme.json) | tail -n 1 > last
    [[ "$(cat last)" == 'customer number 1999999,'* ]]
}
