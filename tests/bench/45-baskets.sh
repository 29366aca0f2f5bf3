# Baskets: from CSV to the pairs that are bought together, beside reading the same file for recency, frequency and money.
have "$BIN/till-itemsets" || return 0
have "$BIN/till-rfm" || return 0
transactions "$ROWS"
title "Pairs from $(wc -c <"$CSV" | awk '{ printf "%.0f", $1 / 1e6 }') MB of CSV"

PAIRS="exec $BIN/till-itemsets --quiet --min-support=0.001 --max-size=2"
compare rows "exec $BIN/till-rfm --quiet --no-scores --count=orders --threads=1 $CSV >$WORK/rfm" \
    one "$PAIRS --threads=1 $CSV >$WORK/one" \
    two "$PAIRS --threads=2 $CSV >$WORK/two"
cmp "$WORK/one" "$WORK/two"
line 'till-itemsets --max-size=2, 1 thread' "$(wall one)" s
line '  / till-rfm --count=orders' "$(ratio one rows)"
line '  memory' "$(resident one)" MB
line 'till-itemsets --max-size=2, 2 threads' "$(wall two)" s
