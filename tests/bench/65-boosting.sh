# Boosting beside scikit-learn: 1,000,000 rows, 30 columns, 100 trees of 31 leaves, 255 bins.
have "$BIN/till-train" || return 0
title 'Boosting'
PYTHON=
for python in /usr/bin/python3 python3; do
    "$python" -c 'import sklearn, pandas' 2>/dev/null && PYTHON=$python && break
done
GENERATOR=${TILL_SHARED:-$BENCH/../../../shared}/golden/churn/make_syn1m.py
[ -n "$PYTHON" ] || { printf '%-62s %12s\n' 'scikit-learn (python3-sklearn, python3-pandas)' 'not there'; return 0; }
[ -e "$GENERATOR" ] || { printf '%-62s %12s\n' 'make_syn1m.py (TILL_SHARED)' 'not there'; return 0; }

# Columns of doubles, and answers of one byte.
SETS=$DATA/churn
if [ ! -e "$SETS/done" ]; then
    mkdir -p "$SETS"
    (cd "$SETS" && "$PYTHON" "$GENERATOR" >/dev/null && "$PYTHON" -c '
import numpy as np
np.ascontiguousarray(np.load("syn1m_X.npy").T).tofile("x.bin")
np.load("syn1m_y.npy").astype(np.uint8).tofile("y.bin")' && rm -f syn1m_X.npy syn1m_y.npy syn1m.csv && : >done) || return 0
fi
${CC:-cc} -std=c17 -O2 -I"$BENCH/../../include" -o "$PROGRAMS/gbdt" "$BENCH/gbdt.c" "$BUILD/libtill.a" \
    -lcsv -lgsl -lgslcblas -lz -ljansson -lm -pthread
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# Two rounds of each in turn; the one of least processor time counts. Figures: processor, wall, log-loss, AUC.
round=0
while [ "$round" -lt 2 ] && [ "$round" -lt "$ROUNDS" ]; do
    for threads in 1 2; do
        "$PROGRAMS/gbdt" "$SETS/x.bin" "$SETS/y.bin" 30 100 31 $threads >>"$WORK/boosting.$threads"
    done
    "$PYTHON" "$BENCH/gbdt.py" "$SETS/x.bin" "$SETS/y.bin" 30 100 31 >>"$WORK/boosting.other"
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
