# The whole job of till-churn, from transactions to scores: reading, features at 13 days, two fits, a test with intervals.
have "$BIN/till-churn" || return 0
title 'Churn, 200,000 customers in two years, 577,171 orders: processor time on one thread'
CSV=$DATA/churn.csv
[ -s "$CSV" ] || "$BIN/till-synth" --quiet --customers=200000 --days=730 --shape=orders --seed=1 --output="$CSV"
for method in logistic gbdt; do
    compare $method "exec $BIN/till-churn --quiet --threads=1 --method=$method $CSV >$WORK/out"
    line "till-churn --method=$method" "$(processor $method)" s
    line '  memory' "$(resident $method)" MB
done
compare features "exec $BIN/till-features --quiet --threads=1 --cutoff=2025-01-31 $CSV >$WORK/out"
line 'till-features at one cutoff' "$(processor features)" s
