# What a section of the benchmark may call. Variables: BIN (the tools), PROGRAMS (the C programs of tests/bench), DATA (kept
# between runs), WORK (thrown away), ROWS, ROUNDS.

# title TEXT: a heading.
title() {
    printf '\n%s\n' "$1"
}

# have COMMAND: whether it is there. A tool that is not built yet is no error, but is said.
have() {
    command -v "$1" >/dev/null 2>&1 && return
    printf '%-62s %12s\n' "$(basename "$1")" 'not there'
    return 1
}

# python MODULE...: sets PYTHON to one that has the modules (Debian's, if it does).
python() {
    for PYTHON in /usr/bin/python3 python3; do
        "$PYTHON" -c "import $(echo "$*" | tr ' ' ',')" 2>/dev/null && return
    done
    printf '%-62s %12s\n' "python with $*" 'not there'
    return 1
}

# shared FILE: sets FILE_SHARED to a file of the data that are handed around with the project.
shared() {
    FILE_SHARED=${TILL_SHARED:-$BENCH/../../../shared}/$1
    [ -e "$FILE_SHARED" ] && return
    printf '%-62s %12s\n' "$(basename "$1") (TILL_SHARED)" 'not there'
    return 1
}

# program NAME: builds tests/bench/NAME.c on the library.
program() {
    ${CC:-cc} -std=c17 -O2 -I"$BENCH/../../include" -o "$PROGRAMS/$1" "$BENCH/$1.c" "$BUILD/libtill.a" \
        -lcsv -lgsl -lgslcblas -lz -ljansson -lm -pthread
}

# syn1m: 1,000,000 x 30 with an answer, once: SETS has columns.bin, target.bin (doubles), y.bin (bytes), syn1m_X.npy, syn1m.csv.
syn1m() {
    python sklearn pandas && shared golden/churn/make_syn1m.py || return 1
    SETS=$DATA/syn1m
    [ ! -e "$SETS/done" ] || return 0
    mkdir -p "$SETS"
    (cd "$SETS" && "$PYTHON" "$FILE_SHARED" >/dev/null && "$PYTHON" -c '
import numpy
numpy.ascontiguousarray(numpy.load("syn1m_X.npy").T).tofile("columns.bin")
numpy.load("syn1m_y.npy").astype(float).tofile("target.bin")
numpy.load("syn1m_y.npy").astype(numpy.uint8).tofile("y.bin")' && : >done)
}

# transactions ROWS: makes the CSV of so many transactions, once, and sets CSV to its name.
transactions() {
    CSV=$DATA/transactions-$1.csv
    [ -s "$CSV" ] || "$BIN/till-synth" --quiet --shape=wide --rows="$1" --seed=1 --output="$CSV"
}

# compressed FILE: gzip's own default of it, once; sets GZ to its name.
compressed() {
    GZ=$1.gz
    [ -s "$GZ" ] || { gzip -6 -c "$1" >"$WORK/compressed" && mv "$WORK/compressed" "$GZ"; }
}

# compare [NAME COMMAND]...: runs the commands in turn, ROUNDS times; their figures are then in $WORK/figures.
compare() {
    "$PROGRAMS/measure" "$ROUNDS" "$@" >"$WORK/figures"
}

# wall NAME, median NAME, processor NAME: seconds. resident NAME: MB (10^6 bytes).
figure() {
    awk -F '\t' -v name="$1" -v column="$2" '$1 == name { print $column; found = 1 } END { exit !found }' "$WORK/figures"
}
wall() { figure "$1" 2; }
median() { figure "$1" 3; }
processor() { figure "$1" 4; }
resident() { figure "$1" 5 | awk '{ print $1 * 1024 / 1e6 }'; }

# ratio NAME NAME: the wall time of the first in units of that of the second.
ratio() {
    awk -v a="$(wall "$1")" -v b="$(wall "$2")" 'BEGIN { printf "%.3f", a / b }'
}

# effort NAME NAME: the same in processor time, which a busy machine disturbs less. Of one thread it is the better figure there.
effort() {
    awk -v a="$(processor "$1")" -v b="$(processor "$2")" 'BEGIN { printf "(processor time: %.3f)", a / b }'
}

# line TEXT FIGURE UNIT: a figure without a target.
line() {
    printf '%-62s %9.3f%s\n' "$1" "$2" "${3:+ $3}"
}

# target TEXT FIGURE UNIT MOST [NOTE]: a figure that should be at most MOST.
target() {
    verdict=$(awk -v a="$2" -v b="$4" 'BEGIN { print a <= b ? "ok" : "short" }')
    printf '%-62s %9.3f %-2s   <= %-7s %s%s\n' "$1" "$2" "$3" "$4" "$verdict" "${5:+ $5}"
    [ "$verdict" = ok ] || printf '%s\n' "$1" >>"$WORK/short"
}
