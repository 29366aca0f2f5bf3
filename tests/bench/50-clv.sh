# Lifetime value: the whole process, from reading to writing, on one thread. The small set has as many customers as the sample of
# CDNOW, and buys as they did; the large one is a summary of a million customers. Other packages take 0.2 to 1.1 s for the one, and 8 s
# and more to fit the other.
have "$BIN/till-synth" || return 0
have "$BIN/till-clv" || return 0
title 'Lifetime value: processor time, one thread'
SMALL=$DATA/clv-small.csv
LARGE=$DATA/clv-large.csv
[ -s "$SMALL" ] || "$BIN/till-synth" --quiet --customers=2357 --days=546 --acquisition=84 --lines=1 --output="$SMALL"
[ -s "$LARGE" ] || {
    "$BIN/till-synth" --quiet --customers=1000000 --days=273 --acquisition=84 --lines=1 |
        "$BIN/till-clv" --quiet --as-of=2024-09-29 --output="$WORK/large"
    cut -d, -f1-5 "$WORK/large" >"$LARGE"
}
set --
for method in paretonbd bgnbd mbgnbd; do
    set -- "$@" "small-$method" "exec $BIN/till-clv --quiet --threads=1 --method=$method $SMALL >/dev/null" \
        "large-$method" "exec $BIN/till-clv --quiet --threads=1 --method=$method --summary-input $LARGE >/dev/null"
done
compare "$@"
for method in paretonbd bgnbd mbgnbd; do
    target "2,357 customers from transactions, $method" "$(processor small-$method)" s 0.05
    target "1,000,000 customers from a summary, $method" "$(processor large-$method)" s 2
    line '  memory' "$(resident large-$method)" MB
done
if have python3 && python3 -c 'import lifetimes' 2>/dev/null; then
    cut -d, -f1-5 "$LARGE" | sed 's/,$/,0/' >"$WORK/lifetimes.csv"
    cat >"$WORK/lifetimes.py" <<'END'
import sys, pandas, lifetimes
table = pandas.read_csv(sys.argv[1])
model = lifetimes.BetaGeoFitter().fit(table.repeats, table.t_x, table.age)
model.conditional_expected_number_of_purchases_up_to_time(52, table.repeats, table.t_x, table.age).to_csv(sys.argv[2])
END
    ROUNDS=1
    compare python "exec python3 $WORK/lifetimes.py $WORK/lifetimes.csv $WORK/out"
    line 'lifetimes (Python), bgnbd, 1,000,000 customers' "$(processor python)" s
else
    printf '%-62s %12s\n' 'lifetimes (Python)' 'not there'
fi
