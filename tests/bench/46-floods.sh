# Floods: what a bad night is made of. A few huge baskets, a line of a million items, a support that nobody meant, a customer
# who buys every day. What has an answer should end soon; what has too many answers should be refused soon, and before it
# fills the memory. Processor time of one thread, beside reading the same file.
have "$BIN/till-itemsets" || return 0
have "$BIN/till-sequences" || return 0

# A sequence of numbers that is the same for every awk, from 0 to below 1.
RANDOM_NUMBERS='function random() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }'

# refused COMMAND: as a command for compare, which wants exit 0: it has to be refused as too much.
refused() {
    printf '%s' "$1 >/dev/null 2>&1; [ \$? -eq 3 ]"
}
# flood TEXT NAME [BASE TEXT]: what was measured of NAME, and its processor time in units of that of BASE.
flood() {
    line "$1" "$(processor "$2")" s
    [ $# -lt 4 ] || line "  / $4" "$(awk -v a="$(processor "$2")" -v b="$(processor "$3")" 'BEGIN { print a / b }')"
    line '  memory' "$(resident "$2")" MB
}

ITEMSETS="$BIN/till-itemsets --quiet --threads=1 --fimi"
COUNT="exec $ITEMSETS --count"
if shared data/fimi/retail.dat.gz; then
    title 'Floods: retail and 5 baskets of 20,000 items, support 2'
    FILE=$WORK/huge
    {
        zcat "$FILE_SHARED"
        awk "$RANDOM_NUMBERS"'BEGIN { seed = 1; for (basket = 0; basket < 5; basket++) {
            for (item = 0; item < 40000; item++) if (random() < 0.5) printf "%d ", item
            print "" } }'
    } >"$FILE"
    compare read "$COUNT --min-support=2 --max-size=1 $FILE >/dev/null" \
        closed "$COUNT --min-support=2 --type=closed $FILE >/dev/null" \
        maximal "$COUNT --min-support=2 --type=maximal $FILE >/dev/null" \
        frequent "$(refused "$ITEMSETS --min-support=2 $FILE")"
    flood 'reading it: till-itemsets --count --max-size=1' read
    flood 'closed, counted' closed read 'reading it'
    flood 'maximal, counted' maximal read 'reading it'
    flood 'frequent, refused' frequent read 'reading it'
fi

if shared golden/rules/accidents15k.dat.gz; then
    title 'Floods: accidents15k, support 150'
    FILE=$WORK/accidents
    zcat "$FILE_SHARED" >"$FILE"
    compare read "$COUNT --min-support=150 --max-size=1 $FILE >/dev/null" \
        closed "$(refused "$ITEMSETS --min-support=150 --type=closed $FILE")"
    flood 'reading it: till-itemsets --count --max-size=1' read
    flood 'closed, estimated and refused' closed
fi

title 'Floods: a line of a million items'
FILE=$WORK/line
awk 'BEGIN { for (item = 0; item < 1000000; item++) printf "%d ", item; print "" }' >"$FILE"
compare read "$COUNT --min-support=1 --max-size=1 $FILE >/dev/null" \
    pairs "$COUNT --min-support=1 --max-size=2 $FILE >/dev/null"
flood 'reading it: till-itemsets --count --max-size=1' read
flood '--count --max-size=2' pairs read 'reading it'

title 'Floods: a customer of 100,000 purchases, beside 20,000 of 10'
awk "$RANDOM_NUMBERS"'BEGIN { seed = 1; print "customer_id,date,item"; for (customer = 0; customer < 20000; customer++)
    for (i = 0; i < 10; i++) printf "C%d,%.0f,I%d\n", customer, 1e9 + i * 8640000, 1000 * random() ^ 2 }' >"$WORK/many"
{ head -n 1 "$WORK/many" && awk "$RANDOM_NUMBERS"'BEGIN { seed = 7
    for (i = 0; i < 100000; i++) printf "busy,%.0f,I%d\n", 1e9 + i * 86400, 1000 * random() ^ 2 }'; } >"$WORK/busy"
{ cat "$WORK/many" && tail -n +2 "$WORK/busy"; } >"$WORK/both"
SEQUENCES="$BIN/till-sequences --quiet --threads=1"
compare many "exec $SEQUENCES --min-support=0.001 $WORK/many >/dev/null" \
    both "exec $SEQUENCES --min-support=0.001 $WORK/both >/dev/null" \
    alone "$(refused "$SEQUENCES --min-support=1 $WORK/busy")"
flood 'till-sequences --min-support=0.001 without that customer' many
flood 'with that customer' both many 'without'
flood 'that customer alone, --min-support=1, refused' alone
