# What holds for every tool: help, version, usage errors, reading options, row accounting, error lines, exit codes.
# till-rfm stands for all of them.

bats_require_minimum_version 1.5.0

setup() {
    PROJECT=$PWD
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' customer,date,amount,order,country C1,2024-01-05,10.00,A,DE C2,2024-01-06,20.50,B,FR \
        C1,2024-01-09,5.25,C,DE ,2024-01-10,1.00,D,FR C3,2024-01-14,7.00,E,Denmark > sales.csv
    printf '%s\n' customer,date,amount C1,2024-01-05,10.00 C2,2024-01-06,abc C1,2024-01-09,5.25 C2,2024-01-07 > bad.csv
}

# The summary line of the tool, without the seconds.
summary() {
    till-rfm --no-scores "$@" 2>&1 >/dev/null | sed 's/; [0-9.]* s$//' | tail -n 1
}

@test "help goes to standard output, shows usage, groups and defaults, and fits a terminal" {
    till-rfm --help > help 2> errors
    [ ! -s errors ]
    [ "$(head -n 1 help)" = "Usage: till-rfm [OPTION]... [FILE]..." ]
    grep -q '^Reading:$' help
    grep -q '^Transactions:$' help
    grep -q '^Writing:$' help
    grep -q 'Default: csv\.' help
    [ "$(LC_ALL=C.UTF-8 wc -L < help)" -le 80 ]
    till-rfm -h | cmp - help
}

@test "every tool has help, a version, a purpose, a page and completions" {
    for tool in "$TILL_BIN"/till-*; do
        name=$(basename "$tool")
        [ -n "$($tool --help=purpose)" ]
        [[ $($tool --version) == "$name "[0-9]* ]]
        [[ $($tool -V) == "$name "[0-9]* ]]
        [ -e "$PROJECT/man/$name.1" ]
        $tool --help=bash | bash -n
        [ "$($tool --help=zsh | head -n 1)" = "#compdef $name" ]
    done
}

@test "bash completes options, choices and their arguments" {
    till-rfm --help=bash > completion
    # shellcheck disable=SC1091
    source ./completion
    COMP_WORDS=(till-rfm --out); COMP_CWORD=1 COMPREPLY=()
    compopt() { :; }
    _till_rfm
    [ "${COMPREPLY[*]}" = "--output= --output-encoding=" ]
    COMP_WORDS=(till-rfm --format = j); COMP_CWORD=3 COMPREPLY=()
    _till_rfm
    [ "${COMPREPLY[*]}" = "jsonl json" ]
}

@test "usage errors are one line and exit code 2" {
    run till-rfm --bins=12 sales.csv
    [ "$status" -eq 2 ]
    [ "$output" = 'till-rfm: --bins: not between 2 and 9: "12" (see till-rfm --help)' ]
    run till-rfm --bims=3 sales.csv
    [ "$status" -eq 2 ]
    [ "$output" = 'till-rfm: --bims: no such option; the nearest is --bins (see till-rfm --help)' ]
    run till-rfm --only=country sales.csv
    [ "$status" -eq 2 ]
    run till-rfm --max-bad=101% sales.csv
    [ "$status" -eq 2 ]
    run till-rfm --delimiter=ab sales.csv
    [ "$status" -eq 2 ]
    run till-rfm --since=yesterday sales.csv
    [ "$status" -eq 2 ]
    run till-rfm --encoding=klingon sales.csv
    [ "$status" -eq 2 ]
}

@test "the summary adds up, and -q silences it" {
    [ "$(summary sales.csv)" = "till-rfm: 5 rows read = 4 used + 1 filtered + 0 rejected; 3 customers" ]
    run till-rfm -q --no-scores -o out.csv sales.csv
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "-v names roles, formats and the reasons of filtering" {
    till-rfm -v --no-scores --only=country=D\* sales.csv 2> log > /dev/null
    grep -qx 'till-rfm: role.customer: customer' log
    grep -qx 'till-rfm: role.order: order' log
    grep -qx 'till-rfm: date_format: YYYY-MM-DD.*' log
    grep -qx 'till-rfm: 2 rows filtered: --only=country' log
}

@test "only and except keep and drop by value and prefix, and both must hold" {
    [[ $(summary --only=country=DE sales.csv) == *"2 used + 3 filtered"*"1 customers" ]]
    [[ $(summary '--only=country=D*' sales.csv) == *"3 used + 2 filtered"* ]]
    [[ $(summary --only=country=DE,FR sales.csv) == *"3 used + 2 filtered"* ]]
    [[ $(summary '--only=country=D*' --except=country=DE sales.csv) == *"1 used + 4 filtered"* ]]
}

@test "since and until bound the dates, and an age counts from the as-of date" {
    [[ $(summary --since=2024-01-09 sales.csv) == *"2 used + 3 filtered"* ]]
    [[ $(summary --until=2024-01-06 sales.csv) == *"2 used + 3 filtered"* ]]
    # The newest date is 2024-01-14; 5 days before it is 2024-01-09.
    [[ $(summary --since=5d sales.csv) == *"2 used + 3 filtered"* ]]
    [[ $(summary --since=4d sales.csv) == *"1 used + 4 filtered"* ]]
    [[ $(summary --since=4d < sales.csv) == *"1 used + 4 filtered"* ]]
    [[ $(summary --since=1d --as-of=2024-01-06 sales.csv) == *"2 used + 3 filtered"* ]]
}

@test "an error is one line with file, line, column, role and text" {
    run till-rfm bad.csv
    [ "$status" -eq 3 ]
    [ "$output" = 'till-rfm: bad.csv:3:15: amount: not a number: "abc"' ]
}

@test "errors as JSON hold the same" {
    run till-rfm --errors=json bad.csv
    [ "$status" -eq 3 ]
    [ "$(jq -c '[.tool, .file, .line, .column, .role, .message, .exit]' <<< "$output")" = \
        '["till-rfm","bad.csv",3,15,"amount","not a number: \"abc\"",3]' ]
    run till-rfm --errors=json --bims
    [ "$status" -eq 2 ]
    [ "$(jq -c '[.file, .role, .exit]' <<< "$output")" = '[null,"--bims",2]' ]
}

@test "no control byte of a file name or header reaches the terminal" {
    run till-rfm $'no\x1b[31m\nsuch'
    [ "$status" -eq 4 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output != *$'\x1b'* ]]
    printf 'a\033[31m,b\n1,2\n' > escape.csv
    run till-rfm escape.csv
    [ "$status" -eq 3 ]
    [[ $output != *$'\x1b'* ]]
}

@test "max-bad goes on past so many bad rows, as a number and as a share" {
    [[ $(summary --max-bad=2 bad.csv) == *"4 rows read = 2 used + 0 filtered + 2 rejected"* ]]
    run till-rfm --max-bad=1 bad.csv
    [ "$status" -eq 3 ]
    [[ $(summary --max-bad=50% bad.csv) == *"2 rejected"* ]]
    run till-rfm --max-bad=49% bad.csv
    [ "$status" -eq 3 ]
}

@test "rejects holds each bad row with its reason, also when the tool fails" {
    till-rfm -q --no-scores --max-bad=2 --rejects=rejects.csv bad.csv > /dev/null
    cat > expected.csv <<'END'
file,line,column,reason,record
bad.csv,3,15,"amount: not a number: ""abc""","C2,2024-01-06,abc"
bad.csv,5,1,"2 fields, but the header has 3","C2,2024-01-07"
END
    diff expected.csv rejects.csv
    rm rejects.csv
    run till-rfm --rejects=rejects.csv -o out.csv bad.csv
    [ "$status" -eq 3 ]
    [ ! -e out.csv ]
    diff <(head -n 2 expected.csv) rejects.csv
}

@test "min-rows refuses a failed export before anything is written" {
    echo old > out.csv
    run till-rfm --min-rows=5 -o out.csv sales.csv
    [ "$status" -eq 3 ]
    [ "$output" = "till-rfm: --min-rows: 4 rows were used, fewer than 5" ]
    [ "$(cat out.csv)" = old ]
    [ -z "$(till-rfm --min-rows=5 sales.csv 2> /dev/null)" ]
    till-rfm -q --min-rows=4 sales.csv > /dev/null
}

@test "fail-if compares figures, says which, and leaves outputs as they were" {
    echo old > out.csv
    for condition in 'customers<4' 'customers<=3' 'customers=3' 'customers==3' 'customers!=2' 'rejected>=0' 'filtered > 0'; do
        run till-rfm --no-scores --fail-if="$condition" -o out.csv --meta=meta.json sales.csv
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "till-rfm: --fail-if: "*" is "*"($condition)" ]]
        [ "$(cat out.csv)" = old ]
        [ ! -e meta.json ]
    done
    till-rfm -q --no-scores --fail-if='rejected>0' --fail-if='customers<3' -o out.csv sales.csv
    [ "$(wc -l < out.csv)" -eq 4 ]
}

@test "fail-if refuses what is no condition, and names the figures there are" {
    run till-rfm --fail-if=rejected sales.csv
    [ "$status" -eq 2 ]
    run till-rfm --no-scores --fail-if='custmers>3' -o out.csv sales.csv
    [ "$status" -eq 2 ]
    [[ $output == *'not one of the figures read, used, filtered, rejected, rounded, customers'*'"custmers"'* ]]
    [ ! -e out.csv ]
}

@test "a field longer than --max-field stops the tool" {
    { echo customer,date,amount; printf '%03000d,2024-01-05,1\n' 7; } > long.csv
    [ "$(till-rfm -q --no-scores --max-field=4K long.csv | wc -l)" -eq 2 ]
    run till-rfm --max-field=1K --max-bad=9 long.csv
    [ "$status" -eq 3 ]
    [ "$output" = "till-rfm: long.csv:2:1: field longer than 1024 bytes (--max-field)" ]
}

@test "a map gives roles, and the command line wins over it" {
    printf '%s\n' Kunde,Tag,Betrag,x C1,5.1.2024,3.00,4 > german.csv
    printf '\357\273\277# roles\r\ncustomer=Kunde\r\n\r\ndate=Tag\namount=Betrag\ndate_format=%%d.%%m.%%Y\n' > map
    run till-rfm -q --no-scores --map=map german.csv
    [ "${lines[1]}" = C1,2024-01-05,2024-01-05,0,1,3.00 ]
    run till-rfm -q --no-scores --map=map --amount=x german.csv
    [ "${lines[1]}" = C1,2024-01-05,2024-01-05,0,1,4.00 ]
    echo 'custmer=Kunde' >> map
    run till-rfm --map=map german.csv
    [ "$status" -eq 2 ]
    [[ $output == 'till-rfm: map:7: --map: not one of customer, date,'*'"custmer"'* ]]
}

@test "null lists texts that are missing beside the empty field" {
    printf '%s\n' customer,date,amount NA,2024-01-05,3.00 C1,2024-01-05,3.00 ,2024-01-05,1 > na.csv
    [[ $(summary na.csv) == *"2 used + 1 filtered"*"2 customers" ]]
    [[ $(summary --null=NULL,NA na.csv) == *"1 used + 2 filtered"*"1 customers" ]]
}

@test "the delimiter is that of input and output" {
    tr , ';' < sales.csv > semicolons.csv
    run till-rfm -q --no-scores -d ';' semicolons.csv
    [ "${lines[0]}" = 'customer;first;last;recency;frequency;monetary' ]
    tr , '\t' < sales.csv > tabs.tsv
    for option in --tsv '-d tab' '-d \t'; do
        # shellcheck disable=SC2086
        till-rfm -q --no-scores $option tabs.tsv | cmp - <(till-rfm -q --no-scores sales.csv | tr , '\t')
    done
}

@test "the result depends neither on threads, nor SIMD, nor gzip, nor pipes" {
    till-rfm -q -j1 sales.csv > one
    till-rfm -q -j3 sales.csv | cmp - one
    TILL_NO_SIMD=1 till-rfm -q sales.csv | cmp - one
    gzip -c sales.csv | till-rfm -q | cmp - one
    till-rfm -q - < sales.csv | cmp - one
}

@test "progress is shown when asked for, and leaves no trace on the line of the summary" {
    (echo customer,date,amount; yes C1,2024-01-05,1.00 | head -n 400000; sleep 1.2) |
        till-rfm --progress=always --no-scores 2> log > /dev/null
    grep -q ' MB, .* rows, .* MB/s' log
    # The first message comes where the progress was, which is wiped.
    grep -q $'MB/s\x1b\\[K\r\x1b\\[Ktill-rfm: [^\r]*$' log
    tail -n 1 log | grep -q '400000 rows read = '
    till-rfm --no-scores sales.csv 2> log > /dev/null
    run ! grep -q $'\x1b' log
}

@test "till lists the tools, runs them, and names the nearest of an unknown one" {
    till > list
    for tool in "$TILL_BIN"/till-*; do
        grep -q "^  $(basename "$tool" | cut -c 6-) " list
    done
    till rfm -q --no-scores sales.csv | cmp - <(till-rfm -q --no-scores sales.csv)
    run till rmf
    [ "$status" -eq 2 ]
    [[ $output == *'the nearest is rfm'* ]]
    run till rfm --bins=99 sales.csv
    [ "$status" -eq 2 ]
    [[ $(till --version) == 'till '[0-9]* ]]
    run till --no-such
    [ "$status" -eq 2 ]
}

@test "till help falls back to --help where there is no man" {
    mkdir bin
    ln -s "$TILL_BIN"/till-rfm "$TILL_BIN"/till bin/
    PATH=$PWD/bin run "$TILL_BIN/till" help rfm
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "Usage: till-rfm [OPTION]... [FILE]..." ]
}
