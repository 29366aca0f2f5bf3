# Logistic regression without a penalty, 1,000,000 x 30, beside scikit-learn. Fit against fit: terms in memory on both sides, till's
# raw, scikit-learn's standardised beforehand; then whole processes: pandas reads the file there.
have "$BIN/till-train" || return 0
title 'Logistic regression, 1,000,000 x 30: processor time on one thread'
syn1m || return 0
program logistic

# least COMMAND...: the line of the least processor time, of three.
least() {
    for _ in 1 2 3; do "$@"; done | sort -g | head -n 1
}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
own=$(least "$PROGRAMS/logistic" "$SETS/columns.bin" "$SETS/target.bin" 30 1)
fastest=
for solver in lbfgs newton-cholesky; do
    other=$(least "$PYTHON" "$BENCH/logistic.py" "$SETS" "$solver")
    line "scikit-learn, $solver" "$(echo "$other" | cut -f 1)" s
    fastest=$(printf '%s\n%s\n' "$fastest" "$other" | grep . | sort -g | head -n 1 | cut -f 1)
done
own_seconds=$(echo "$own" | cut -f 1)
target 'fit: time over that of its fastest solver' "$(awk -v a="$own_seconds" -v b="$fastest" 'BEGIN { print a / b }')" '' 0.333 \
    "($own_seconds s, $fastest s)"
target '  deviance above the least that there is' "$(echo "$own" | awk '{ print ($3 - 678256.73951183) }')" '' 0.000001
compare till "exec $BIN/till-train --quiet --threads=1 --target=y --positive=1 --model-out=$WORK/model $SETS/syn1m.csv >$WORK/out" \
    sklearn "exec $PYTHON $BENCH/logistic.py $SETS lbfgs csv >$WORK/out"
target 'whole process, from CSV to model: time over that of python' "$(awk -v a="$(processor till)" -v b="$(processor sklearn)" \
    'BEGIN { print a / b }')" '' 0.333 "($(processor till) s, $(processor sklearn) s)"
line '  memory' "$(resident till)" MB
line '  memory of python' "$(resident sklearn)" MB

# Two threads: what the wall shows, which other work on the machine disturbs.
[ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ] || return 0
wall_of() {
    for _ in 1 2 3 4 5; do "$PROGRAMS/logistic" "$SETS/columns.bin" "$SETS/target.bin" 30 "$1"; done | cut -f 2 | sort -g | head -n 1
}
target 'fit on two threads: wall time over that of one' "$(awk -v a="$(wall_of 2)" -v b="$(wall_of 1)" 'BEGIN { print a / b }')" '' 0.625
