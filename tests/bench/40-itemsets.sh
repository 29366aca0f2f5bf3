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
        "($count s; best of others $best s; with delivery $deliver s)"
done <"$WORK/one"
target 'sum of all rows' "$(awk -F '\t' '{ ours += $5; best += $8 } END { printf "%.3f", ours / best }' "$WORK/one")" '' 1
paste "$WORK/one" "$WORK/two" | awk -F '\t' '$6 >= 0.25 { print $1 " " $2 " " $3 "\t" $14 / $6 }' >"$WORK/threads"
while IFS="$(printf '\t')" read -r row part; do
    target "$row, wall time of 2 threads against 1" "$part" '' 0.667
done <"$WORK/threads"

# With the sets written: against counting them and copying the bytes of the rows from one file to another.
title 'Itemsets written: processor time against counting and copying the bytes'
while read -r path support type; do
    [ -r "$SHARED/$path" ] || continue
    zcat "$SHARED/$path" >"$WORK/baskets"
    MINE="$BIN/till-itemsets --quiet --threads=1 --fimi --min-support=$support --type=$type $WORK/baskets"
    $MINE >"$WORK/rows"
    compare count "exec $MINE --count >$WORK/counts" rows "exec $MINE >$WORK/rows" copy "exec cat $WORK/rows >$WORK/copy"
    target "$(basename "$path" .dat.gz) $support $type, $(wc -c <"$WORK/rows" | awk '{ printf "%.0f", $1 / 1e6 }') MB" \
        "$(awk -v a="$(processor rows)" -v b="$(processor count)" -v c="$(processor copy)" 'BEGIN { printf "%.3f", a / (b + c) }')" '' 1.5 \
        "($(processor rows) s; counting $(processor count) s, copying $(processor copy) s)"
done <<END
data/fimi/retail.dat.gz 10 frequent
data/fimi/retail.dat.gz 10 closed
data/fimi/retail.dat.gz 10 maximal
data/fimi/retail.dat.gz 3 frequent
data/fimi/retail.dat.gz 3 closed
data/fimi/retail.dat.gz 3 maximal
data/fimi/mushroom.dat.gz 163 frequent
data/fimi/chess.dat.gz 959 frequent
data/fimi/chess.dat.gz 959 closed
data/fimi/chess.dat.gz 959 maximal
golden/rules/accidents15k.dat.gz 1522 frequent
golden/rules/accidents15k.dat.gz 1522 closed
golden/rules/accidents15k.dat.gz 1522 maximal
END
