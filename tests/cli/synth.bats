#!/usr/bin/env bats
# till-synth: shapes, columns, limits, truth, messages.
bats_require_minimum_version 1.5.0
load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    cd "$BATS_TEST_TMPDIR"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-synth.1"
}

@test "each shape has its columns" {
    [ "$(till-synth -q | head -n 1)" = customer_id,order_id,date,item,quantity,unit_price,amount ]
    [ "$(till-synth -q --shape=wide --rows=10 | head -n 1)" = customer_id,order_id,date,sku,quantity,unit_price,amount,note ]
    [ "$(till-synth -q --shape=orders | head -n 1)" = customer_id,order_id,date,amount ]
    [ "$(till-synth -q --shape=baskets | head -n 1)" = order_id,item ]
}

@test "a limit gives exactly so many rows, in every shape" {
    for shape in sales wide orders baskets; do
        [ "$(till-synth -q --shape=$shape --rows=12345 | wc -l)" -eq 12346 ]
    done
}

@test "threads change nothing" {
    till-synth -q --shape=wide --rows=30000 --returns=5% -j 1 --truth=truth1 > one
    for threads in 2 3 7; do
        till-synth -q --shape=wide --rows=30000 --returns=5% -j $threads --truth=truth > several
        cmp one several
        cmp truth1 truth
    done
}

@test "the wide shape quotes notes that hold commas, and only them" {
    till-synth -q --shape=wide --rows=20000 > wide.csv
    awk -F, 'NR > 1 && NF == 8 && /"/ { bad++ } NR > 1 && NF == 9 && $8 !~ /^"/ { bad++ } NF < 8 { bad++ }
        NF == 9 { notes++ } END { exit bad > 0 || notes < 300 || notes > 500 }' wide.csv
}

@test "the wide shape has what a row of the measured file has" {
    till-synth -q --shape=wide --rows=200000 > wide.csv
    awk -F, 'NR > 1 { customers[$1]; orders[$2] }
        END { c = length(customers); o = length(orders); exit !(c > 8000 && c < 11500 && o > 78000 && o < 82000) }' wide.csv
    bytes=$(wc -c < wide.csv)
    [ "$bytes" -gt $((51 * 200000)) ]
    [ "$bytes" -lt $((53 * 200000)) ]
}

@test "notes, and how unequally items sell" {
    till-synth -q --shape=wide --rows=10000 --notes=0.5 | awk -F, 'NR > 1 && $8 != "" { n++ } END { exit !(n > 4700 && n < 5300) }'
    # The best seller in units of the mean of 200 items: Zipf's 200 / sum of 1 / n^X, which is 1 and 34 for X = 0 and 1.
    # Items of one order are different, which takes some from the best seller.
    for popularity in "0 1 1.8" "1 20 34"; do
        read -r x low high <<< "$popularity"
        till-synth -q --customers=2000 --popularity=$x | tail -n +2 | cut -d, -f4 | sort | uniq -c | sort -rn |
            awk -v low="$low" -v high="$high" 'NR == 1 { m = $1 } { s += $1 } END { m /= s / 200; print m; exit !(m > low && m < high) }'
    done
}

# A customer drops out after a repeat purchase with a probability of the mean a / (a + b).
@test "bgnbd: a and b say how soon customers drop out" {
    orders() { till-synth -q --method=bgnbd --customers=500 --shape=orders "$@" | cut -d, -f1 | sort | uniq -c | awk '{ n = $1 > n ? $1 : n } END { print n }'; }
    [ "$(orders --a=1000 --b=0.001)" -le 2 ]
    [ "$(orders --a=0.001 --b=1000)" -gt 10 ]
}

@test "amount is quantity times unit price, to the cent" {
    till-synth -q --customers=2000 --returns=5% |
        awk -F, 'NR > 1 { cents = $6 * 100 * $5 - $7 * 100; if (cents > 0.5 || cents < -0.5) bad++; if ($5 < 0) back++ }
            END { exit bad > 0 || back == 0 }'
}

@test "the truth adds up to the rows" {
    till-synth -q --customers=300 --returns=5% --times --truth=truth.csv > sales.csv
    awk -F, 'FNR == 1 { next } FILENAME == "truth.csv" { rows[$1] = $10; cents[$1] = sprintf("%.0f", $11 * 100); next }
        { rows[$1]--; cents[$1] -= sprintf("%.0f", $7 * 100) }
        END { for (c in rows) if (rows[c] != 0 || cents[c] != 0) exit 1 }' truth.csv sales.csv
    [ "$(head -n 1 truth.csv)" = customer,segment,first,died,alive,purchase_rate,death_rate,mean_value,purchases,rows,amount,expected_purchases,expected_value ]
    till-synth -q --method=bgnbd --truth=truth.csv > sales.csv
    [ "$(head -n 1 truth.csv | cut -d, -f7)" = dropout ]
}

@test "closed days have no rows" {
    # 2024-01-01 was a Monday, so days divisible by 7 from it on are Mondays.
    till-synth -q --customers=3000 --columns=date --weekdays=0,1,1,1,1,1,1 | tail -n +2 | sort -u > days
    [ "$(wc -l < days)" -gt 300 ]
    while read -r day; do date -u -d "$day" +%u; done < days | sort -u | tr '\n' ' ' > weekdays
    [ "$(cat weekdays)" = '2 3 4 5 6 7 ' ]
}

@test "segments are named in the truth by their share" {
    till-synth -q --customers=10000 --segment=vip:5%:4:2:3 --segment=other:0.95 --truth=truth.csv > /dev/null
    # 500 +- 4 x 21.8
    vips=$(cut -d, -f2 truth.csv | grep -cx vip)
    [ "$vips" -gt 412 ]
    [ "$vips" -lt 588 ]
}

@test "planted items beyond the catalogue come by the rule alone" {
    till-synth -q --shape=baskets --customers=10000 --plant='P201=>P202:10%:50%' > baskets.csv
    awk -F, 'NR > 1 { orders[$1] } $2 == "P201" { left[$1] } $2 == "P202" { both++; if (!($1 in left)) stray++ }
        END { n = length(orders); a = length(left); exit stray > 0 || a < n * 0.09 || a > n * 0.11 || both < a * 0.45 || both > a * 0.55 }' baskets.csv
}

refused() { # option, words of the message, arguments
    option=$1 words=$2
    shift 2
    run till-synth "$@"
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"$option"*"$words"* ]]
}

@test "what makes no sense is refused, with the option and its text" {
    refused columns 'no such column: "colour"' --columns=date,colour
    refused columns 'named twice: "date"' --columns=date,date
    refused segment 'not NAME:SHARE' --segment=vip
    refused segment 'must sum to 1' --segment=vip:5%
    refused plant 'such as P001' --plant='P1=P2:1:1'
    refused plant 'such as P001' --plant='SKU1=>P2:0.1:0.1'
    refused plant 'another one that follows' --plant='P001=>P001:0.1:0.1'
    refused weekdays 'too few weights' --weekdays=1,2,3
    refused months 'not twelve weights' --months=1,2,3,4,5,6,7,8,9,10,11,12,13
    refused weekdays 'no day of the period is open' --weekdays=0,0,0,0,0,0,0
    refused horizon 'not a time' --horizon=52
    refused returns 'not a number: "few"' --returns=few
    refused q 'above 1' --q=1
    for option in --r --alpha --s --beta --a --b --p --q --gamma --lines; do
        refused $option 'not between' $option=0
    done
    refused acquisition 'number of days' --days=10 --acquisition=11
}

@test "a full disk is an error and leaves no file" {
    run till-synth --output=/dev/full
    [ "$status" -eq 4 ]
    run till-synth --output=no/such/place.csv
    [ "$status" -eq 4 ]
}

@test "a summary goes straight into till-clv, whatever the number of threads" {
    till-synth -q --shape=summary --customers=3000 > summary
    [ "$(head -n 1 summary)" = customer,repeats,t_x,age,mean_value ]
    [ "$(wc -l < summary)" -eq 3001 ]
    till-synth -q -j 3 --shape=summary --customers=3000 | cmp summary -
    till-clv -q --summary-input --parameters-out=p summary > /dev/null
    [ "$(wc -l < p)" -eq 8 ]
    # the same customers as in the rows: as many orders less one
    till-synth -q --shape=orders --customers=3000 | cut -d, -f1 | tail -n +2 | sort | uniq -c |
        awk '{ print $2 "," $1 - 1 }' > counted
    tail -n +2 summary | cut -d, -f1,2 | cmp counted -
    for option in --rows=5 --columns=date --returns=2%; do
        run -2 till-synth --shape=summary $option
        name=${option%%=*}
        [[ $output == "till-synth: $name: not with --shape=summary"* ]]
    done
}

@test "in slow motion transactions tell what the summary tells" {
    slow="--customers=3000 --lines=1 --days=32760 --alpha=952.02 --beta=1050.21"
    till-synth -q --shape=orders $slow > sales.csv
    till-synth -q --shape=summary $slow > summary
    till-clv -q --as-of=2113-09-10 --parameters-out=p sales.csv > /dev/null
    till-clv -q --summary-input --parameters-out=q summary > /dev/null
    # a tenth of a standard error apart, at most
    paste -d, p q | awk -F, 'NR > 1 { d = ($2 - $7) / $3; if (d > 0.1 || d < -0.1) { print; bad = 1 } } END { exit bad || NR != 8 }'
}
