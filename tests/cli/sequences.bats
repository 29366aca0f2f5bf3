#!/usr/bin/env bats
# till-sequences: golden counts, gaps and windows, order and names.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    cd "$BATS_TEST_TMPDIR"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-sequences.1"
}

# GOLDEN.md section 9, part 4b: SPMF 2.66, PrefixSpan = CM-SPADE.
@test "seqk10k: the golden numbers of frequent patterns" {
    [ -r "$SHARED/golden/rules/seqk10k.spmf.gz" ] || skip "no shared data"
    zcat "$SHARED/golden/rules/seqk10k.spmf.gz" | awk 'BEGIN { print "customer_id,date,item" }
        { day = 0
          for (i = 1; i <= NF && $i != -2; i++)
              if ($i == -1) day++
              else printf "c%d,%04d-%02d-%02d,%s\n", NR, 2000 + int(day / 300), int(day % 300 / 25) + 1, day % 25 + 1, $i }' > rows.csv
    [ "$(till-sequences -q -s .005 rows.csv | tail -n +2 | wc -l)" -eq 1716 ]
    [ "$(till-sequences -q -s .003 -j3 rows.csv | tail -n +2 | wc -l)" -eq 5458 ]
    till-sequences -q -s .005 rows.csv > want
    (head -n 1 rows.csv; tail -n +2 rows.csv | sort -r) | till-sequences -q -s .005 | cmp - want
}

@test "gaps, windows and sizes" {
    cat > rows.csv <<'END'
customer_id,date,item
C1,2024-01-01,a
C1,2024-01-11,b
C1,2024-01-12,c
C2,2024-03-01,a
C2,2024-03-09,b
C2,2024-04-30,c
END
    till-sequences -q -s 2 rows.csv > out
    printf 'pattern,size,customers,support\na,1,2,1\nb,1,2,1\nc,1,2,1\na > b,2,2,1\na > c,2,2,1\nb > c,2,2,1\na > b > c,3,2,1\n' | cmp - out
    till-sequences -q -s 2 --max-gap=10d rows.csv | tail -n +5 | cmp - <(echo 'a > b,2,2,1')
    till-sequences -q -s 2 --max-gap=9d rows.csv | tail -n +5 | cmp - /dev/null
    till-sequences -q -s 1 --window=2d rows.csv | grep -q '^b|c,2,1,0.5$'
    [ "$(till-sequences -q -s 1 --window=2w rows.csv | grep -c '^a|b|c,3,1,0.5$')" -eq 1 ]
    till-sequences -q -s 2 --max-size=1 rows.csv | tail -n 1 | cmp - <(echo c,1,2,1)
    for bad in 0d 5 -1d d 3m; do
        run -2 till-sequences --max-gap=$bad rows.csv
        [[ $output == *--max-gap* ]]
    done
    run -3 till-sequences -s 1 --limit=3 rows.csv
    [[ $output == *"more than 3 patterns"* ]]
    head -n 1 rows.csv | till-sequences -q | cmp - <(echo pattern,size,customers,support)
}

@test "names that hold the signs of a pattern" {
    printf '%s\n' customer_id,date,item 'C1,2024-01-01,a > b' 'C1,2024-01-01,c|d' 'C1,2024-01-02,x>y' |
        till-sequences -q -s 1 | tail -n 1 | cmp - <(echo 'a \> b|c\|d > x>y,3,1,1')
}

# One customer bought 100,000 times; the others share a thing or two with them, and one has ten purchases of their own.
@test "a customer of 100,000 purchases does not stall the others, and is refused where everything is asked for" {
    awk 'BEGIN { print "customer_id,date,item"
        for (i = 0; i < 100000; i++) { d = int(i / 5); printf "H,%04d-%02d-%02d,i%d\n", 1950 + int(d / 336), int(d % 336 / 28) + 1, d % 28 + 1, i * 7 % 300 }
        for (c = 0; c < 20; c++) for (i = 0; i < 8; i++) printf "c%d,20%02d-01-%02d,i%d\n", c, c, i + 1, (c * 31 + i * 17) % 300 }' > rows.csv
    timeout 100 till-sequences -q -s 2 rows.csv > out
    [ "$(wc -l < out)" -gt 4000 ]
    # every order of the eight items of a customer lies in the long history
    grep -q '^i0 > i17 > i34 > i51 > i68 > i85 > i102 > i119,8,' out
    [ -n "$TILL_SANITIZER" ] || ulimit -v 800000
    run -3 timeout 100 till-sequences -q -s 1 rows.csv
    [[ $output == *"patterns of more than "*"--max-size"* || $output == *"bound the size or the gap"* ]]
}
