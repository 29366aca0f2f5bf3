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
    clvfull "exec $BIN/till-clv --quiet --threads=1 $CSV >/dev/null 2>&1"
cmp "$WORK/night" "$WORK/full"

# share NAME NAME: processor time, in units of that of the second.
share() {
    awk -v a="$(processor "$1")" -v b="$(processor "$2")" 'BEGIN { printf "%.3f", a / b }'
}
line 'state' "$(wc -c <"$WORK/state" | awk '{ print $1 / 1e6 }')" MB
line 'till-rfm --state --state-only, processor time' "$(processor only)" s
target '  / till-rfm of all rows' "$(share only rfmfull)" '' 0.25
line '  memory' "$(resident only)" MB
line 'till-rfm --state, processor time' "$(processor rfm)" s
target '  / till-rfm of all rows' "$(share rfm rfmfull)" '' 0.5
line 'till-cohort --state, processor time' "$(processor cohort)" s
target '  / till-cohort of all rows' "$(share cohort cohortfull)" '' 0.5
line 'till-features --state, processor time' "$(processor features)" s
target '  / till-features of all rows' "$(share features featuresfull)" '' 0.5
line 'till-clv --state, processor time' "$(processor clv)" s
target '  / till-clv of all rows (both fit the model)' "$(share clv clvfull)" '' 0.5
