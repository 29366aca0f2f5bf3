#!/usr/bin/env bats
# The script of till-nightly(7), as it stands there, over days of the samples and of Online Retail: a first night, a late
# file, a day exported anew, a crash, an empty export.

bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    SHIM=${TILL_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/faults.so
    cd "$BATS_TEST_TMPDIR"
    sed -n '/^#!\/bin\/sh/,/^\.EE/p' "$BATS_TEST_DIRNAME/../../man/till-nightly.7" | sed '/^\.EE/d; s/\\e/\\/g; s/\\-/-/g' > nightly
    chmod +x nightly
    # Whether pictures are drawn is not what is tested here, and takes most of the time.
    mkdir bin
    printf '#!/bin/sh\nexec %s --no-pictures "$@"\n' "$(command -v till-report)" > bin/till-report
    chmod +x bin/till-report
    PATH=$PWD/bin:$PATH
}

digest_of() { # state
    till-state -q "$1" | sed -n 's/^digest,//p'
}

# The result of one run over all rows, by the scheme of the first night.
one_run() { # files...
    till-rfm -q $TILL_READING --scheme=crm/scheme.json "$@"
}

# Exports by day from a file with a column `date`.
cut_days() { # file, from, to
    awk -F, -v from="$2" -v to="$3" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "date") at = i; header = $0; next }
        $at >= from && $at <= to { day = "days/" $at ".csv"; if (!(day in seen)) { print header > day; seen[day] }; print > day }' "$1"
}

@test "the script is all there, and the shell reads it" {
    [ "$(head -n 1 nightly)" = '#!/bin/sh' ]
    [ "$(tail -n 1 nightly)" = 'mv -T last.new last' ]
    sh -n nightly
}

@test "nights of the samples: late rows, a day anew, a crash, a gate, an empty export" {
    export TILL_HORIZON=30d TILL_GATE=9 TILL_READING=
    mkdir days
    sample=$BATS_TEST_DIRNAME/../../data-samples/sales.csv
    awk -F, 'NR == 1 || $3 < "2024-12-01"' "$sample" > history.csv
    [ "$(head -n 1 history.csv | cut -d, -f3)" = date ]
    cut_days "$sample" 2024-12-01 2024-12-08
    set -- days/*.csv
    [ $# -ge 6 ]
    ./nightly crm history.csv
    cmp crm/last/segments.csv <(one_run history.csv)
    [ ! -e crm/last/moves.csv ]

    # A day as it should be.
    ./nightly crm "$1"
    cmp crm/last/segments.csv <(one_run history.csv "$1")
    [ -s crm/last/moves.csv ]
    [ -s crm/last/churn.csv ]
    grep -q 'Who moved' crm/last/report.html

    # Half a day, and the late rows of it.
    awk 'NR == 1 || NR % 2' "$2" > half.csv
    awk 'NR == 1 || NR % 2 == 0' "$2" > late.csv
    ./nightly crm half.csv
    before=$(digest_of crm/ledger)
    last=$(readlink crm/last)
    run ./nightly crm late.csv
    [ "$status" -eq 6 ]
    [ "$(digest_of crm/ledger)" = "$before" ]
    [ "$(readlink crm/last)" = "$last" ]
    ./nightly crm late.csv --allow-overlap
    cmp crm/last/segments.csv <(one_run history.csv "$1" "$2")

    # A day that was exported wrong, and exported anew.
    mkdir wrong
    sed '2,$s/^\(.*\),[^,]*$/\1,1.00/' "$3" > "wrong/${3##*/}"
    ./nightly crm "wrong/${3##*/}"
    run ! cmp -s crm/last/segments.csv <(one_run history.csv "$1" "$2" "$3")
    ./nightly crm "$3" --replace-days
    cmp crm/last/segments.csv <(one_run history.csv "$1" "$2" "$3")

    # The same export once more changes nothing.
    ./nightly crm "$3" --replace-days
    cmp crm/last/segments.csv <(one_run history.csv "$1" "$2" "$3")

    # An export without rows, and one with a bad row.
    before=$(digest_of crm/ledger)
    last=$(readlink crm/last)
    head -n 1 "$4" > empty.csv
    run ./nightly crm empty.csv
    [ "$status" -eq 3 ]
    sed '3s/2024/2O24/' "$4" > bad.csv
    run ./nightly crm bad.csv
    [ "$status" -eq 3 ]
    [[ $output == *bad.csv:3:* ]]
    [ "$(digest_of crm/ledger)" = "$before" ]
    [ "$(readlink crm/last)" = "$last" ]

    # A gate that closes, and one that is opened.
    TILL_GATE=-1 run ./nightly crm "$4"
    [ "$status" -eq 1 ]
    [ "$(readlink crm/last)" = "$last" ]
    ./nightly crm "$4"
    cmp crm/last/segments.csv <(one_run history.csv "$1" "$2" "$3" "$4")
    [ "$(ls crm/last/*.csv | wc -l)" -eq 7 ]
}

@test "a night that is killed at any step is whole after it is run again" {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
    export TILL_HORIZON=30d TILL_GATE=9 TILL_READING=
    mkdir days
    sample=$BATS_TEST_DIRNAME/../../data-samples/sales.csv
    awk -F, 'NR == 1 || $3 < "2024-12-01"' "$sample" > history.csv
    cut_days "$sample" 2024-12-01 2024-12-03
    ./nightly crm history.csv
    cp -a crm before
    set -- days/*.csv
    ./nightly crm "$1"
    cp -a crm after
    for n in 1 2 3; do # the state, the results, and other files are about to be renamed
        rm -rf crm
        cp -a before crm
        run env LD_PRELOAD="$SHIM" TILL_FAULT_RENAME=$n ./nightly crm "$1"
        [ "$status" -ne 0 ]
        cmp crm/last/segments.csv before/last/segments.csv
        ./nightly crm "$1"
        [ "$(digest_of crm/ledger)" = "$(digest_of after/ledger)" ]
        for file in after/last/*; do
            cmp "$file" "crm/last/${file##*/}"
        done
    done
}

@test "Online Retail: the 20 days of December" {
    archive=$SHARED/data/online-retail/online-retail-2010-12-by-day.tar.gz
    [ -e "$archive" ] || skip "shared data are not there"
    export TILL_HORIZON=4d TILL_GATE=9 TILL_READING=--clean-ids
    tar xzf "$archive"
    set -- by-day/*.csv
    [ $# -eq 20 ]
    for day in "$@"; do
        ./nightly crm "$day"
    done
    cmp crm/last/segments.csv <(one_run "$@")
    till-rfm -q --clean-ids --state-only --state=one.state "$@"
    [ "$(till-state -q crm/ledger | grep -E '^(days|rows|customers|entries|spent|returned),')" = \
        "$(till-state -q one.state | grep -E '^(days|rows|customers|entries|spent|returned),')" ]
    [ "$(till-state -q crm/ledger | sed -n 's/^days,//p')" -eq 20 ]
    [ -s crm/last/churn.csv ]
    grep -q 'Who is about to leave' crm/last/report.html
}
