# Nights: a day of 1 % of the rows on a state of all others, beside one run over all of them. A condition that is met keeps
# the state as it was, so that every round adds the same day; all work is done but the renaming.
have "$BIN/till-synth" || return 0
transactions "$ROWS"
title "A night of 1 % of $ROWS rows"

DAY=$WORK/day.csv
{ head -n 1 "$CSV"; tail -n "$((ROWS / 100))" "$CSV"; } >"$DAY"
head -n "$((ROWS - ROWS / 100 + 1))" "$CSV" >"$WORK/before.csv"
"$BIN/till-rfm" --quiet --state="$WORK/state" --state-only "$WORK/before.csv"
rm "$WORK/before.csv"
night() { # tool, output, options
    printf '%s' "$BIN/till-$1 --quiet --threads=1 --state=$WORK/state --allow-overlap --fail-if='state_rows>0' ${3-} $DAY"
    printf '%s' " >$2 2>/dev/null || [ \$? -eq 1 ]"
}
compare only "$(night rfm /dev/null --state-only)" \
    rfm "$(night rfm "$WORK/night")" \
    rfmfull "exec $BIN/till-rfm --quiet --threads=1 $CSV >$WORK/full" \
    cohort "$(night cohort /dev/null)" \
    cohortfull "exec $BIN/till-cohort --quiet --threads=1 $CSV >/dev/null" \
    features "$(night features /dev/null)" \
    featuresfull "exec $BIN/till-features --quiet --threads=1 $CSV >/dev/null" \
    clv "$(night clv /dev/null)" \
    clvfull "exec $BIN/till-clv --quiet --threads=1 --parameters-out=$WORK/parameters $CSV >/dev/null 2>&1" \
    apply "$(night clv /dev/null "--parameters=$WORK/parameters")" \
    applyfull "exec $BIN/till-clv --quiet --threads=1 --parameters=$WORK/parameters $CSV >/dev/null 2>&1"
cmp "$WORK/night" "$WORK/full"

# share NAME NAME: processor time, in units of that of the second.
share() {
    awk -v a="$(processor "$1")" -v b="$(processor "$2")" 'BEGIN { printf "%.3f", a / b }'
}
# beside NAME TOOL MOST: a night, and its share of the run of that name with "full" behind it.
beside() {
    line "$2 --state, processor time" "$(processor "$1")" s
    target '  / the same of all rows' "$(share "$1" "$1full")" '' "$3"
    line '  memory' "$(resident "$1")" MB
    line '  memory of the run over all rows' "$(resident "$1full")" MB
}
line 'state' "$(wc -c <"$WORK/state" | awk '{ print $1 / 1e6 }')" MB
line 'till-rfm --state --state-only, processor time' "$(processor only)" s
target '  / till-rfm of all rows' "$(share only rfmfull)" '' 0.25
line '  memory' "$(resident only)" MB
beside rfm till-rfm 0.5
beside cohort till-cohort 0.5
beside features till-features 0.5
beside clv till-clv 0.5
line '  till-clv --parameters, which fits no model' "$(processor apply)" s
line '  / the same of all rows' "$(share apply applyfull)" ''
