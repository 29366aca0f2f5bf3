# Clustering beside scikit-learn, from the same starts, one thread each. Its inputs are those of the golden figures.
have "$BIN/till-cluster" || return 0
title 'Clustering'
python sklearn pandas && shared golden/clustering/make_inputs.py || return 0

# The largest set (5,000,000 rows) is left out.
SETS=$DATA/clustering
if [ ! -e "$SETS/done" ]; then
    mkdir -p "$SETS"
    sed "s/,'g4_5m':(blobs([^)]*),\[10\])//" "$FILE_SHARED" >"$WORK/make_inputs.py"
    (cd "$SETS" && "$PYTHON" "$WORK/make_inputs.py" >/dev/null && : >done) || return 0
fi
program kmeans
# More threads than one only disturb each other on a busy machine.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# least FIELD COMMAND...: the least of a field over the rounds, three at most.
least() {
    field=$1
    shift
    round=0
    while [ "$round" -lt 3 ] && [ "$round" -lt "$ROUNDS" ]; do
        "$@"
        round=$((round + 1))
    done | sort -t "$(printf '\t')" -k "$field,${field}g" | head -n 1 | cut -f "$field"
}

# Processor time: of one thread it is what the wall would show on an idle machine.
clustering() { # set, columns, clusters, most: in the clustering itself, over 20 iterations
    own=$(least 1 "$PROGRAMS/kmeans" "$SETS/$1.bin" "$2" "$3" "$SETS/$1.init$3.bin" 20 auto 1)
    other=$(least 1 "$PYTHON" "$BENCH/kmeans.py" "$SETS/$1.bin" "$2" "$3" "$SETS/$1.init$3.bin" 20)
    target "$1, k = $3, 20 iterations: time over that of scikit-learn" "$(awk -v a="$own" -v b="$other" 'BEGIN { print a / b }')" '' "$4" \
        "($own s, $other s)"
}
clustering rfm1m 3 8 0.25
clustering rfm1m 3 50 0.25
clustering g16_1m 16 32 0.333
clustering g64_200k 64 100 0.667

for k in 8 50; do
    compare till "exec $BIN/till-cluster -q -k $k --start=$SETS/rfm1m.init$k.csv --scale=none --max-iterations=20 --tolerance=0 -j 1 -o /dev/null $SETS/rfm1m.csv 2>/dev/null" \
        other "exec $PYTHON $BENCH/kmeans.py $SETS/rfm1m.csv 3 $k $SETS/rfm1m.init$k.bin 20 >/dev/null"
    target "whole process from CSV, 1M x 3, k = $k, over pandas and scikit-learn" "$(awk -v a="$(processor till)" -v b="$(processor other)" 'BEGIN { print a / b }')" '' 0.25 \
        "(processor: $(processor till) s, $(processor other) s)"
done

one=$(least 2 "$PROGRAMS/kmeans" "$SETS/g16_1m.bin" 16 32 "$SETS/g16_1m.init32.bin" 20 auto 1)
two=$(least 2 "$PROGRAMS/kmeans" "$SETS/g16_1m.bin" 16 32 "$SETS/g16_1m.init32.bin" 20 auto 2)
target 'two threads over one, 1M x 16, k = 32 (wall)' "$(awk -v a="$two" -v b="$one" 'BEGIN { print a / b }')" '' 0.625
own=$(least 1 "$PROGRAMS/kmeans" "$SETS/rfm1m.bin" 3 50 "$SETS/rfm1m.init50.bin" 300 auto 1)
other=$("$PYTHON" "$BENCH/kmeans.py" "$SETS/rfm1m.bin" 3 50 "$SETS/rfm1m.init50.bin" 300 elkan | cut -f 1)
target '300 iterations, 1M x 3, k = 50: over the bounds of scikit-learn' "$(awk -v a="$own" -v b="$other" 'BEGIN { print a / b }')" '' 1 \
    "(elkan; $own s, $other s)"
one=$(least 2 "$PROGRAMS/kmeans" "$SETS/rfm1m.bin" 3 50 "$SETS/rfm1m.init50.bin" 300 auto 1)
two=$(least 2 "$PROGRAMS/kmeans" "$SETS/rfm1m.bin" 3 50 "$SETS/rfm1m.init50.bin" 300 auto 2)
target 'the same: two threads over one (wall)' "$(awk -v a="$two" -v b="$one" 'BEGIN { print a / b }')" '' 0.625

# R, where it is there: seconds of the processor and the deviation, over all rows.
by_r() { # set, rows, expression of a clustering of x
    command -v Rscript >/dev/null && Rscript -e 'quit(status = !requireNamespace("cluster", quietly = TRUE))' 2>/dev/null || return 0
    Rscript -e 'library(cluster); x <- matrix(readBin("'"$SETS/$1.bin"'", "double", 3 * '"$2"'), ncol = 3, byrow = TRUE); set.seed(1)
        used <- system.time(found <- '"$3"'); nearest <- function(m) sqrt(colSums((t(x) - m)^2))
        cat(sprintf("(R: %.3f s, deviation %.0f)", sum(used[1:2]), sum(do.call(pmin, lapply(seq_len(nrow(found$medoids)),
            function(i) nearest(found$medoids[i, ]))))))' 2>/dev/null
}
target 'k-medoids, 10,000 rows, k = 10, deviation at most 6334' "$(least 1 "$PROGRAMS/kmeans" "$SETS/rfm10000.bin" 3 10 kmedoids 1)" s 1.5 \
    "(deviation $("$PROGRAMS/kmeans" "$SETS/rfm10000.bin" 3 10 kmedoids 1 | cut -f3)) $(by_r rfm10000 10000 'pam(x, 10, variant = "faster")')"
target 'CLARA, 1,000,000 rows, k = 10' "$(least 1 "$PROGRAMS/kmeans" "$SETS/rfm1m.bin" 3 10 kmedoids 1)" s 3 \
    "(deviation $("$PROGRAMS/kmeans" "$SETS/rfm1m.bin" 3 10 kmedoids 1 | cut -f3)) $(by_r rfm1m 1000000 'clara(x, 10, rngR = TRUE, pamLike = TRUE)')"

# The Python package kmodes takes 9 s from Huang's start and 36 s from Cao's; Debian has it not.
TELCO=$(dirname "$FILE_SHARED")/../../data/churn/Telco-Customer-Churn.csv.gz
[ -e "$TELCO" ] || { printf '%-62s %12s\n' 'Telco-Customer-Churn.csv.gz (TILL_SHARED)' 'not there'; return 0; }
gzip -dc "$TELCO" | awk -F, -v OFS=, '$20 == " " { $20 = 0 } { print }' >"$WORK/telco.csv"
compare till "exec $BIN/till-cluster -q --method=kprototypes -k 5 --restarts=1 --ignore=customerID,Churn --categorical=SeniorCitizen -j 1 -o /dev/null $WORK/telco.csv 2>/dev/null"
target 'k-prototypes, 7,043 x 19, k = 5, whole process (processor)' "$(processor till)" s 0.2
