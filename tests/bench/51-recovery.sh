# Whether fits find the truth that till-synth drew from. Of 100 samples of 10,000 customers about 5 intervals miss each parameter;
# more than 14, of any of 7, come once in 1000 honest runs. Of a million customers, each of 14 estimates is so many standard errors
# off; 4 or more come once in 1100 honest runs. Rows have days: that costs less than an error in slow motion (see till-synth).
have "$BIN/till-synth" || return 0
have "$BIN/till-clv" || return 0
title 'Lifetime value: the truth that was drawn'
SAMPLES=${BENCH_SAMPLES:-100}
cat >"$WORK/paretonbd" <<'END'
r,0.553
alpha,10.578
s,0.606
beta,11.669
p,6.25
q,3.74
v,15.44
END
cat >"$WORK/bgnbd" <<'END'
r,0.243
alpha,4.414
a,0.793
b,2.426
p,6.25
q,3.74
v,15.44
END
# found METHOD OPTION...: fits a summary drawn so, and appends parameter,truth,estimate,std_error,lower,upper to $WORK/found.
found() {
    method=$1
    shift
    "$BIN/till-synth" --quiet --shape=summary --method="$method" "$@" |
        "$BIN/till-clv" --quiet --method="$method" --summary-input --parameters-out="$WORK/fit" --output=/dev/null
    tail -n +2 "$WORK/fit" | cut -d, -f2- | paste -d, "$WORK/$method" - >>"$WORK/found"
}
for method in paretonbd bgnbd; do
    : >"$WORK/found"
    for seed in $(seq "$SAMPLES"); do
        found $method --customers=10000 --seed="$seed"
    done
    most=$(awk -F, '{ missed[$1] += $2 < $5 || $2 > $6 } END { for (i in missed) if (missed[i] > most) most = missed[i]; print most + 0 }' \
        "$WORK/found")
    target "$SAMPLES x 10,000 customers, $method: most misses of one parameter" "$most" '' 14
    : >"$WORK/found"
    found $method --customers=1000000
    target "1,000,000 customers, $method: farthest parameter" \
        "$(awk -F, '{ z = ($3 - $2) / $4; z = z < 0 ? -z : z; if (z > most) most = z } END { print most }' "$WORK/found")" SE 4
done
"$BIN/till-synth" --quiet --shape=orders --lines=1 --customers=1000000 --days=32760 --alpha=952.02 --beta=1050.21 |
    "$BIN/till-clv" --quiet --as-of=2113-09-10 --parameters-out="$WORK/fit" --output=/dev/null
sed 's/^alpha,.*/alpha,952.02/; s/^beta,.*/beta,1050.21/' "$WORK/paretonbd" >"$WORK/slow"
target '1,000,000 customers from transactions in slow motion' "$(tail -n +2 "$WORK/fit" | cut -d, -f2- | paste -d, "$WORK/slow" - |
    awk -F, '{ z = ($3 - $2) / $4; z = z < 0 ? -z : z; if (z > most) most = z } END { print most }')" SE 4
