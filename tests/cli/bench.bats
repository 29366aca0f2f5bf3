#!/usr/bin/env bats
# The benchmark itself: that it runs, on data too small to say anything.

setup() {
    BENCH=$(cd "$BATS_TEST_DIRNAME/../bench" && pwd)
    export TILL_BUILD="${TILL_BUILD:-$BATS_TEST_DIRNAME/../../build}"
    cd "$BATS_TEST_TMPDIR"
}

@test "each target has a figure and a verdict" {
    BENCH_ROWS=5000 BENCH_ROUNDS=2 BENCH_ONLY=read BENCH_DATA=data sh "$BENCH/run" > out
    grep -q 'libcsv alone (' out
    grep '<=' out > targets
    [ "$(wc -l < targets)" -ge 7 ]
    run grep -vE ' [0-9]+\.[0-9]{3}( MB)? +<= [0-9.]+ +(ok|short)( |$)' targets
    [ "$status" -eq 1 ]
    [ "$(ls data)" = "$(printf 'transactions-5000.csv\ntransactions-5000.csv.gz')" ]
}

@test "libcsv and zlib alone see the whole file" {
    till="$TILL_BUILD/bin/till-synth"
    "$till" -q --shape=wide --rows=5000 --output=wide.csv
    gzip -c wide.csv > wide.csv.gz
    cat wide.csv.gz wide.csv.gz > twice.gz
    for program in libcsv_alone inflate_alone measure; do
        ${CC:-cc} -D_POSIX_C_SOURCE=200809L -o $program "$BENCH/$program.c" -lcsv -lz
    done
    [ "$(./libcsv_alone wide.csv)" = '5001 rows, 40008 fields' ]
    [ "$(./inflate_alone wide.csv.gz)" = "$(wc -c < wide.csv) bytes" ]
    [ "$(./inflate_alone twice.gz)" = "$((2 * $(wc -c < wide.csv))) bytes" ]
    head -c 1000 wide.csv.gz > damaged.gz
    run ./inflate_alone damaged.gz
    [ "$status" -eq 4 ]
}

@test "measure tells time and memory apart, and stops when a command fails" {
    ${CC:-cc} -D_POSIX_C_SOURCE=200809L -o measure "$BENCH/measure.c"
    ./measure 3 short 'exec sleep 0.02' long 'exec sleep 0.2' > figures
    awk -F '\t' '$1 == "short" && ($2 < 0.02 || $2 > $3) { bad++ } $1 == "long" && ($2 < 0.2 || $4 > 0.1) { bad++ } $5 < 100 { bad++ }
        END { exit bad > 0 || NR != 2 }' figures
    run ./measure 2 good true bad 'exit 7'
    [ "$status" -eq 1 ]
    [[ $output == *'bad: exit status 7'* ]]
}
