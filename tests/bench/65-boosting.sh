# Boosting beside scikit-learn: 1,000,000 rows, 30 columns, 100 trees of 31 leaves, 255 bins.
have "$BIN/till-train" || return 0
title 'Boosting'
syn1m || return 0
program gbdt
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# Two rounds of each in turn; the one of least processor time counts. Figures: processor, wall, log-loss, AUC.
round=0
while [ "$round" -lt 2 ] && [ "$round" -lt "$ROUNDS" ]; do
    for threads in 1 2; do
        "$PROGRAMS/gbdt" "$SETS/columns.bin" "$SETS/y.bin" 30 100 31 $threads >>"$WORK/boosting.$threads"
    done
    "$PYTHON" "$BENCH/gbdt.py" "$SETS/columns.bin" "$SETS/y.bin" 30 100 31 >>"$WORK/boosting.other"
    round=$((round + 1))
done
boosting() { # file, field
    sort -g "$WORK/boosting.$1" | head -n 1 | cut -f "$2"
}
least_wall() {
    cut -f 2 "$WORK/boosting.$1" | sort -g | head -n 1
}
target '1M x 30, 100 trees: processor time over that of scikit-learn' "$(awk -v a="$(boosting 1 1)" -v b="$(boosting other 1)" 'BEGIN { print a / b }')" '' 0.667 \
    "($(boosting 1 1) s, $(boosting other 1) s)"
target 'AUC below that of scikit-learn by' "$(awk -v a="$(boosting 1 4)" -v b="$(boosting other 4)" 'BEGIN { print b - a }')" '' 0.0002 \
    "($(boosting 1 4), $(boosting other 4); log-loss $(boosting 1 3), $(boosting other 3))"
target 'two threads over one (wall)' "$(awk -v a="$(least_wall 2)" -v b="$(least_wall 1)" 'BEGIN { print a / b }')" '' 0.625 \
    "($(least_wall 2) s, $(least_wall 1) s)"
