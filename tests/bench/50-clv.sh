# Lifetime value: the whole process, from reading to writing, on one thread. The small set has as many customers as the sample of
# CDNOW, and buys as they did; the large ones are summaries of a million customers: as transactions make them, in whole days, so that
# customers share figures, and to the moment, where no two are alike. Measured elsewhere, other packages take 0.2 to 15 s for the
# small set, and 8 s and more to fit a large one.
have "$BIN/till-synth" || return 0
have "$BIN/till-clv" || return 0
title 'Lifetime value: processor time, one thread'
SMALL=$DATA/clv-small.csv
DAYS=$DATA/clv-large.csv
UNLIKE=$DATA/clv-unlike.csv
[ -s "$SMALL" ] || "$BIN/till-synth" --quiet --customers=2357 --days=546 --acquisition=84 --lines=1 --output="$SMALL"
[ -s "$DAYS" ] || {
    "$BIN/till-synth" --quiet --customers=1000000 --days=273 --acquisition=84 --lines=1 |
        "$BIN/till-clv" --quiet --as-of=2024-09-29 --output="$WORK/large"
    cut -d, -f1-5 "$WORK/large" >"$DAYS"
}
[ -s "$UNLIKE" ] || "$BIN/till-synth" --quiet --shape=summary --customers=1000000 --output="$UNLIKE"
set --
for method in paretonbd bgnbd mbgnbd; do
    set -- "$@" "small-$method" "exec $BIN/till-clv --quiet --threads=1 --method=$method $SMALL >/dev/null" \
        "days-$method" "exec $BIN/till-clv --quiet --threads=1 --method=$method --summary-input $DAYS >/dev/null" \
        "unlike-$method" "exec $BIN/till-clv --quiet --threads=1 --method=$method --summary-input $UNLIKE >/dev/null"
done
compare "$@"
for method in paretonbd bgnbd mbgnbd; do
    target "2,357 customers from transactions, $method" "$(processor small-$method)" s 0.05
    target "1,000,000 customers from a summary in days, $method" "$(processor days-$method)" s 2
    target "1,000,000 customers, no two alike, $method" "$(processor unlike-$method)" s 2
    line '  memory' "$(resident unlike-$method)" MB
done

# The peers. None of the packages is in Debian; they are measured where they have been installed by hand. What scipy alone takes for
# the same model, in the way of lifetimes, needs python3-scipy and python3-pandas.
ROUNDS=1
BG=$(processor unlike-bgnbd)
if python scipy pandas; then
    compare scipy "OMP_NUM_THREADS=1 exec $PYTHON $BENCH/clv.py $UNLIKE $WORK/out 2>/dev/null"
    line 'scipy, L-BFGS-B, bgnbd without spend, 1,000,000 customers' "$(processor scipy)" s
    target '  of which bgnbd and gamma-gamma take' "$(awk -v a="$BG" -v b="$(processor scipy)" 'BEGIN { print a / b }')" '' 1
fi
if python3 -c 'import lifetimes' 2>/dev/null; then
    cat >"$WORK/lifetimes.py" <<'END'
import sys, pandas, lifetimes
table = pandas.read_csv(sys.argv[1])
model = lifetimes.BetaGeoFitter().fit(table.repeats, table.t_x, table.age)
model.conditional_expected_number_of_purchases_up_to_time(52, table.repeats, table.t_x, table.age).to_csv(sys.argv[2])
END
    compare python "exec python3 $WORK/lifetimes.py $UNLIKE $WORK/out"
    line 'lifetimes (Python), bgnbd, 1,000,000 customers' "$(processor python)" s
else
    printf '%-62s %12s\n' 'lifetimes (Python, not in Debian)' 'not there'
fi
for package in BTYD BTYDplus; do
    if have Rscript >/dev/null && Rscript -e "stopifnot(requireNamespace('$package', quietly = TRUE))" >/dev/null 2>&1; then
        case $package in
        BTYD) call='BTYD::bgnbd.EstimateParameters(as.matrix(setNames(d[, 2:4], c("x", "t.x", "T.cal"))))' ;;
        BTYDplus) call='BTYDplus::bgcnbd.EstimateParameters(setNames(d[, 2:4], c("x", "t.x", "T.cal")), k = 1)' ;;
        esac
        head -n 20001 "$UNLIKE" >"$WORK/part.csv"
        printf 'd <- read.csv("%s"); print(%s)\n' "$WORK/part.csv" "$call" >"$WORK/peer.R"
        compare peer "exec Rscript $WORK/peer.R >/dev/null"
        line "$package (R), bgnbd, 20,000 customers" "$(processor peer)" s
    else
        printf '%-62s %12s\n' "$package (R, not in Debian)" 'not there'
    fi
done
