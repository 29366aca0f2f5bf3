# One result, whatever the number of threads, the instruction set, the wrapping of the input, and the way in which its rows
# are cut into files.

setup() {
    PROJECT=$PWD
    SHARED=${TILL_SHARED:-$PWD/../shared}
    [[ $SHARED = /* ]] || SHARED=$PWD/$SHARED
    cd "$BATS_TEST_TMPDIR"
}

# The last line without its clock, warnings and notes included.
run_to() { # output, command...
    local output=$1
    shift
    "$@" > "$output" 2> "$output.err" || { cat "$output.err"; return 1; }
    sed -i 's/; [0-9.]* s$//' "$output.err"
}
same() { # what differs, command...
    local what=$1
    shift
    run_to got "$@"
    cmp expected got || { echo "$what: the result differs"; return 1; }
    diff expected.err got.err || { echo "$what: what is told differs"; return 1; }
}

# hold COMMAND... FILE: all but the cutting. The file is the last argument.
hold() {
    local file=${*: -1}
    set -- "${@:1:$#-1}"
    run_to expected "$@" -j1 "$file"
    [ -s expected ]
    "$@" -j1 --meta=meta.json "$file" > /dev/null 2>&1
    mv meta.json expected.json
    for threads in 2 3 7; do
        same "-j$threads" "$@" -j$threads --meta=meta.json "$file"
        cmp expected.json meta.json
        TILL_NO_SIMD=1 same "-j$threads, portable code" "$@" -j$threads "$file"
    done
    TILL_NO_SIMD=1 same "portable code" "$@" -j1 "$file"
    gzip -c "$file" > whole.gz
    same "gzip" "$@" -j3 whole.gz
    rm -f piece.*
    split -b $(($(stat -c %s "$file") / 5 + 1)) "$file" piece.
    for piece in piece.*; do gzip -c "$piece"; done > members.gz
    same "several members" "$@" -j2 members.gz
    same "standard input" "$@" -j2 - < "$file"
    same "a pipe" "$@" -j3 < <(cat "$file")
    same "a pipe of gzip" "$@" -j3 < <(cat members.gz)
    same "a slow pipe" "$@" -j2 < <(head -c 1000 "$file"; sleep 0.1; tail -c +1001 "$file")
}

# Cuts a file of one record a line into files of COUNT records, each with the header: cut.000 ...
cut_into() { # count, file
    rm -f cut.*
    tail -n +2 "$2" | split -l "$1" -a 3 -d - cut.
    for part in cut.*; do
        { head -n 1 "$2"; cat "$part"; } > cut.new
        mv cut.new "$part"
    done
}
# hold_cuts COMMAND... FILE: against `expected`, files in their order, turned round (unless ORDERED is set), and packed.
hold_cuts() {
    local file=${*: -1} rows
    set -- "${@:1:$#-1}"
    rows=$(($(wc -l < "$file") - 1))
    for count in $CUTS; do
        [ "$count" -lt "$rows" ] && [ $((rows / count)) -lt 900 ] || continue
        cut_into "$count" "$file"
        same "files of $count rows" "$@" -j3 cut.*
        [ -n "$ORDERED" ] || same "files of $count rows, the last one first" "$@" -j2 $(printf '%s\n' cut.* | sort -r)
        gzip cut.*
        same "packed files of $count rows" "$@" -j2 cut.*.gz
    done
}

# A few megabytes, so that there are chunks for all threads: orders with times, items, quoted notes.
many_rows() {
    till-synth -q --shape=wide --rows=30000 --seed=7 -o many.csv
    [ "$(wc -c < many.csv)" -gt 1000000 ]
}

@test "till-rfm by orders, days and rows" {
    many_rows
    CUTS="4999 777"
    for count in orders days rows; do
        hold till-rfm --count=$count many.csv
        hold_cuts till-rfm --count=$count many.csv
    done
}

@test "till-rfm: returns, order totals, nested scores, cells" {
    CUTS="1 5"
    for options in --returns=drop --scores=nested --cells --no-scores; do
        hold till-rfm $options "$PROJECT/data-samples/returns.csv"
        hold_cuts till-rfm $options "$PROJECT/data-samples/returns.csv"
    done
    hold till-rfm --amount=order_total --amount-per=order "$PROJECT/data-samples/order-totals.csv"
    hold_cuts till-rfm --amount=order_total --amount-per=order "$PROJECT/data-samples/order-totals.csv"
}

@test "till-rfm: quoted line ends, another encoding, ids of spreadsheets" {
    hold till-rfm "$PROJECT/data-samples/quoted-lines.csv"
    hold till-rfm --encoding=GB18030 --money --footer=合计 "$PROJECT/data-samples/chinese-gb18030.csv"
    hold till-rfm --clean-ids "$PROJECT/data-samples/spreadsheet-ids.csv"
}

@test "till-rfm: bad rows are counted and kept in the same order" {
    many_rows
    awk -F, -v OFS=, 'NR % 500 == 7 { print "short," NR; next } { print }' many.csv > bad.csv
    run_to expected till-rfm -j1 --max-bad=100 --rejects=expected.rejects bad.csv
    [ "$(wc -l < expected.rejects)" -gt 50 ]
    for threads in 2 3 7; do
        same "-j$threads" till-rfm -j$threads --max-bad=100 --rejects=got.rejects bad.csv
        cmp expected.rejects got.rejects
        run till-rfm -j$threads --max-bad=9 bad.csv
        [ "$status" -eq 3 ]
        [ "${#lines[@]}" -eq 1 ]
        [ "$threads" -eq 2 ] || [ "$output" = "$before" ]
        before=$output
    done
}

@test "till-cohort" {
    many_rows
    CUTS="4999 777"
    hold till-cohort many.csv
    hold_cuts till-cohort many.csv
    hold till-cohort --wide --by=week "$PROJECT/data-samples/sales.csv"
}

@test "till-check" {
    many_rows
    CUTS="4999 777"
    hold till-check many.csv
    hold_cuts till-check many.csv
    hold till-check "$PROJECT/data-samples/quoted-lines.csv"
}

@test "till-value and till-assign keep the order of the rows" {
    ORDERED=1 CUTS="1000 77"
    many_rows
    till-rfm -q --no-scores --scheme-out=scheme.json many.csv > figures.csv
    hold till-value --value=monetary figures.csv
    hold_cuts till-value --value=monetary figures.csv
    hold till-value --value=monetary --curve figures.csv
    hold till-assign --model=scheme.json figures.csv
    hold_cuts till-assign --model=scheme.json figures.csv
}

@test "till-synth: the same customers for any number of threads" {
    till-synth -q -j1 --customers=500 --seed=3 --truth=expected.truth > expected
    for threads in 2 3 7; do
        till-synth -q -j$threads --customers=500 --seed=3 --truth=got.truth > got
        cmp expected got
        cmp expected.truth got.truth
    done
}

@test "Online Retail in December, day by day, in any order" {
    [ -e "$SHARED/data/online-retail/online-retail-2010-12-by-day.tar.gz" ] || skip "no shared data (set TILL_SHARED)"
    mkdir days
    tar xzf "$SHARED/data/online-retail/online-retail-2010-12-by-day.tar.gz" -C days
    find days -name '*.csv' | LC_ALL=C sort > names
    [ "$(wc -l < names)" -eq 20 ]
    # shellcheck disable=SC2046 # the names are words
    awk 'FNR > 1 || NR == 1' $(cat names) > december.csv
    for tool in "till-rfm --clean-ids" "till-rfm --clean-ids --count=days" "till-cohort --clean-ids --by=week" \
        "till-check --clean-ids"; do
        hold $tool december.csv
        same "$tool: days" $tool -j3 $(cat names)
        same "$tool: days, the last one first" $tool -j2 $(sort -r names)
        same "$tool: days in disorder" $tool -j7 $(sort -t/ -k2 names | awk '{ print (NR * 7) % 23, $0 }' | sort -n | cut -d ' ' -f 2)
    done
}
