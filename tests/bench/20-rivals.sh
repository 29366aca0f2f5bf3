# The same question asked of other tools: customer, first and last day, rows and money. Each is compared to till-rfm in a run of its
# own, on a tenth of the data where it is slow. None of them has to be there.
have "$BIN/till-synth" || return 0
have "$BIN/till-rfm" || return 0
title 'Other tools: how many times as long as till-rfm with as many threads'

# rival NAME ROWS THREADS COMMAND: COMMAND reads $CSV; its output is thrown away, as till-rfm's is.
rival() {
    compare till "exec $BIN/till-rfm --quiet --no-scores --count=rows --threads=$3 $CSV >$WORK/till" other "$4 >$WORK/other"
    printf '%-62s %9.1f      (%s s, %s MB)\n' "$1, $2 rows" "$(ratio other till)" "$(wall other)" "$(resident other | cut -d. -f1)"
}

transactions "$ROWS"
if have node && node -e 'require("@duckdb/node-api")' 2>/dev/null; then
    rival 'DuckDB, 1 thread' "$ROWS" 1 "exec node $BENCH/duckdb.js $CSV 1"
    rival 'DuckDB, 2 threads' "$ROWS" 2 "exec node $BENCH/duckdb.js $CSV 2"
else
    printf '%-62s %12s\n' 'DuckDB (@duckdb/node-api, found by NODE_PATH)' 'not there'
fi

FEWER=$((ROWS / 10))
ROUNDS=3
transactions "$FEWER"
have mawk &&
    rival 'mawk | sort' "$FEWER" 1 "mawk -F, 'NR > 1 { if (!(\$1 in n)) first[\$1] = \$3; n[\$1]++; money[\$1] += \$7;
        if (\$3 > last[\$1]) last[\$1] = \$3; if (\$3 < first[\$1]) first[\$1] = \$3 }
        END { OFS = \",\"; for (c in n) print c, first[c], last[c], n[c], money[c] }' $CSV | sort"
have sqlite3 &&
    rival 'sqlite3' "$FEWER" 1 "exec sqlite3 :memory: '.mode csv' '.import $CSV t' 'select customer_id, min(date), max(date),
        count(*), sum(amount) from t group by 1 order by 1'"
have mlr &&
    rival 'Miller' "$FEWER" 2 "exec mlr --icsv --ocsv stats1 -a min,max,count,sum -f date,amount -g customer_id then sort -f customer_id $CSV"
true
