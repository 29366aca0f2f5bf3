# Reading: from CSV to recency, frequency and money, beside what the libraries below need for their part alone.
have "$BIN/till-synth" || return 0
transactions "$ROWS"
compressed "$CSV"
title "Reading $(wc -c <"$CSV" | awk '{ printf "%.0f", $1 / 1e6 }') MB of CSV"

compare libcsv "exec $PROGRAMS/libcsv_alone $CSV >/dev/null" \
    inflate "exec $PROGRAMS/inflate_alone $GZ >/dev/null" \
    wc "exec wc -l $CSV >/dev/null"
line 'libcsv alone (tests/bench/libcsv_alone.c)' "$(wall libcsv)" s
line 'zlib inflate alone (tests/bench/inflate_alone.c)' "$(wall inflate)" s
line 'wc -l' "$(wall wc)" s

have "$BIN/till-rfm" || return 0
RFM="exec $BIN/till-rfm --quiet --no-scores"
compare libcsv "exec $PROGRAMS/libcsv_alone $CSV >/dev/null" \
    one "$RFM --count=rows --threads=1 $CSV >$WORK/one" \
    two "$RFM --count=rows --threads=2 $CSV >$WORK/two" \
    orders "$RFM --count=orders --threads=1 $CSV >$WORK/orders" \
    inflate "exec $PROGRAMS/inflate_alone $GZ >/dev/null" \
    gz "$RFM --count=rows --threads=2 $GZ >$WORK/gz"
cmp "$WORK/one" "$WORK/two"
cmp "$WORK/one" "$WORK/gz"
line 'till-rfm --no-scores --count=rows, 1 thread' "$(wall one)" s
target '  / libcsv alone (aim: 0.35)' "$(ratio one libcsv)" '' 0.45 "$(effort one libcsv)"
target '  memory' "$(resident one)" MB 150
line 'till-rfm --no-scores --count=rows, 2 threads' "$(wall two)" s
target '  / libcsv alone' "$(ratio two libcsv)" '' 0.30
target '  memory' "$(resident two)" MB 150
line 'till-rfm --no-scores --count=rows FILE.gz, 2 threads' "$(wall gz)" s
target '  / zlib inflate alone' "$(ratio gz inflate)" '' 1.25
target '  memory' "$(resident gz)" MB 150
line 'till-rfm --no-scores --count=orders, 1 thread' "$(wall orders)" s
target '  / --count=rows' "$(ratio orders one)" '' 1.8 "$(effort orders one)"
line '  memory' "$(resident orders)" MB
