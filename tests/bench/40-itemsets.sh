# Itemsets: counting, one thread, against the best of Borgelt's miners and LCM 5.3 on a machine of the kind that their figures
# come from (AMD Zen 5); elsewhere the ratios say little. Then two threads against one where one takes a quarter of a second.
SHARED=${TILL_SHARED:-$BENCH/../../../shared}
[ -r "$SHARED/data/fimi/retail.dat.gz" ] || { printf '%-62s %12s\n' "$SHARED/data/fimi" 'not there'; return 0; }
title 'Itemsets: processor time in units of the best of others'
${CC:-cc} -std=c17 -D_POSIX_C_SOURCE=200809L -O2 -I"$BENCH/../../include" -I"$BENCH/../.." -o "$PROGRAMS/itemsets" \
    "$BENCH/itemsets.c" "$BUILD/libtill.a" -lz -lm -pthread
TILL_SHARED=$SHARED "$PROGRAMS/itemsets" 1 >"$WORK/one"
TILL_SHARED=$SHARED "$PROGRAMS/itemsets" 2 >"$WORK/two"
while IFS="$(printf '\t')" read -r name support type sets count wall deliver best; do
    target "$name $support $type ($sets sets)" "$(awk -v a="$count" -v b="$best" 'BEGIN { printf "%.3f", a / b }')" '' 1.3 \
        "($count s; with delivery $deliver s)"
done <"$WORK/one"
target 'sum of all rows' "$(awk -F '\t' '{ ours += $5; best += $8 } END { printf "%.3f", ours / best }' "$WORK/one")" '' 1
paste "$WORK/one" "$WORK/two" | awk -F '\t' '$6 >= 0.25 { print $1 " " $2 " " $3 "\t" $14 / $6 }' >"$WORK/threads"
while IFS="$(printf '\t')" read -r row part; do
    target "$row, wall time of 2 threads against 1" "$part" '' 0.667
done <"$WORK/threads"
