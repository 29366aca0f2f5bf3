# Baskets: from CSV to the pairs that are bought together, beside reading the same file for recency, frequency and money,
# which is what the rows cost anyway. Of one thread the processor time is compared, which a busy machine disturbs less.
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
target '  / till-rfm --count=orders (processor time)' \
    "$(awk -v a="$(processor one)" -v b="$(processor rows)" 'BEGIN { print a / b }')" '' 1
target '  memory, bytes a row' "$(awk -v mb="$(resident one)" -v rows="$ROWS" 'BEGIN { print mb * 1e6 / rows }')" '' 25
line 'till-itemsets --max-size=2, 2 threads' "$(wall two)" s
target '  / 1 thread' "$(ratio two one)" '' 0.667
