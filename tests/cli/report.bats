#!/usr/bin/env bats
# till-report: what the files of a night say. What the sentences hold is tested without gnuplot; the pictures with it.

bats_require_minimum_version 1.5.0

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SAMPLES=$BATS_TEST_DIRNAME/../../data-samples
    cd "$BATS_TEST_TMPDIR"
    cat > segments.csv <<END
customer,monetary,segment,r,f,m
A,400.00,Champions,5,5,5
B,500.00,Champions,5,4,5
C,60.00,"<script>alert(1)</script>",1,1,2
D,40.00,Lost,1,1,1
E,,Lost,1,1,1
END
    cat > moves.csv <<END
from,to,customers,value
Champions,Champions,30,900.00
Champions,Lost,10,50.00
Lost,Champions,5,70.00
,Champions,4,40.00
Lost,,6,
END
}

need_gnuplot() {
    command -v gnuplot > /dev/null || skip "gnuplot is not installed"
}

says() { # a sentence of the page
    grep -Fx "<p class=\"says\">$1</p>" page.html
}

# Every kind of file, from the samples.
night() {
    till-rfm -q --as-of=2024-06-30 "$SAMPLES/sales.csv" > yesterday.csv
    till-rfm -q --meta=meta.json "$SAMPLES/sales.csv" > rfm.csv
    till-migrate -q --psi=psi.csv --value=monetary yesterday.csv rfm.csv > moves.csv
    till-value -q --value=monetary rfm.csv > tiers.csv
    till-value -q --value=monetary --curve rfm.csv > curve.csv
    till-cohort -q "$SAMPLES/sales.csv" > cohorts.csv
    till-cluster -q -k 3 --summary=clusters.csv rfm.csv > /dev/null
    till-rules -q --min-support=10 --min-confidence=0.2 "$SAMPLES/baskets.csv" > rules.csv
    till-clv -q --until=2024-06-30 --validate=backtest.csv "$SAMPLES/sales.csv" > clv.csv 2> /dev/null
    printf 'customer,probability,decile,reason1,reason2\nA,0.9,1,long gone,few\nB,0.2,10,,\n' > churn.csv
    printf 'metric,value\nauc,0.84\nlift_10,2.5\n' > quality.csv
    ALL="meta.json rfm.csv moves.csv tiers.csv curve.csv cohorts.csv clusters.csv rules.csv clv.csv backtest.csv churn.csv quality.csv psi.csv"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-report.1"
}

@test "--top bounds the lists" {
    for n in 1 2 3; do
        till-report -q --no-pictures --top=$n moves.csv > page.html
        [ "$(grep -c '<tr><td ' page.html)" -eq $n ]
    done
}

@test "segments: their sums, and who has the most" {
    till-report -q --no-pictures --currency=EUR segments.csv > page.html
    says '<b>5</b> customers brought <b>1,000 EUR</b>; “<b>Champions</b>” has the most of it: <b>40%</b> of the customers, <b>90%</b> of the money.'
    grep -F '<td class="t">Lost</td><td>2</td><td>40%</td><td>40.00</td><td>4.0%</td><td>20.00</td>' page.html
}

@test "moves: who stayed, came and left; the largest first" {
    till-report -q --no-pictures moves.csv > page.html
    says '<b>30</b> of <b>45</b> customers (<b>67%</b>) stayed where they were; <b>4</b> are new, and <b>6</b> are gone.'
    [ "$(grep -o '<td class="t">[^<]*</td><td class="t">[^<]*</td><td>[0-9]*' page.html | head -n 1)" = \
        '<td class="t">Champions</td><td class="t">Lost</td><td>10' ]
}

@test "the other sections say what their numbers say" {
    printf 'tier,share,customer\nVIP,0.5,A\nsmall,0.3,B\nsmall,0.2,C\n' > tiers.csv
    printf 'cohort,period,customers,active,complete\n2024-01,0,10,10,1\n2024-01,1,10,4,1\n2024-02,1,10,2,1\n2024-03,1,10,9,0\n' > cohorts.csv
    printf 'cluster,size,share,within_ss,silhouette,recency\n1,30,0.75,2,0.8,10\n2,10,0.25,3,0.4,200\n' > clusters.csv
    printf 'antecedent,consequent,count,confidence,lift,q_value\nbeer,diapers,20,0.5,3,0.001\na,b,20,0.5,9,0.2\nc,d,9,0.1,0.5,0.001\n' > rules.csv
    printf 'customer,p_alive,expected_purchases,clv\nA,0.9,10,300\nB,0.6,2,100\n' > clv.csv
    printf 'section,group,customers,actual,model\ntotal,,2,200,180\nmae,,2,,1\n' > backtest.csv
    printf 'customer,probability,decile\nA,0.9,1\nB,0.2,10\n' > churn.csv
    printf 'metric,value\nauc,0.84\nlift_10,2.5\n' > quality.csv
    printf 'feature,bin,old,new,psi\nrecency,1,5,5,0.1\nrecency,2,5,5,0.2\nfrequency,1,5,5,0.01\n' > psi.csv
    till-report -q --no-pictures tiers.csv cohorts.csv clusters.csv rules.csv clv.csv backtest.csv churn.csv quality.csv psi.csv > page.html
    says 'The <b>1</b> customers of the tier “<b>VIP</b>” (<b>33%</b> of all) bring <b>50%</b> of the value.'
    says 'Of the customers of <b>2</b> cohorts, <b>30%</b> bought in the period after their first.'
    says '<b>2</b> clusters, reasonably apart: the mean silhouette is <b>0.7000</b>. The largest holds <b>75%</b> of the rows.'
    says '<b>1</b> of <b>3</b> rules attract beyond what chance explains (false discovery rate 5%); the strongest: who buys “<b>beer</b>” buys “<b>diapers</b>” <b>3.00</b> times as often as all.'
    says 'Of <b>2</b> customers about <b>2</b> are alive; <b>12</b> purchases are expected of them, worth <b>400.00</b> today. The best tenth has <b>75%</b> of that.'
    says 'Fitted on the past, the model said <b>180</b> purchases; <b>200</b> came: <b>10%</b> too low.'
    says '<b>1</b> of <b>2</b> customers will more likely leave than stay; in the riskiest tenth the mean probability is <b>90%</b>, in all <b>55%</b>.'
    says 'Of two customers, one who leaves and one who stays, the model tells which in <b>84%</b> of cases (AUC); among the riskiest tenth <b>2.50</b> times as many leave as among all.'
    says '“<b>recency</b>” has shifted much (PSI <b>0.3000</b>): what was fitted on the old data does not hold for the new.'
}

@test "what was read, with its warnings and the date of the data" {
    printf '{"tool":"till-rfm","inputs":[{"name":"a&b.csv"}],"rows":{"read":9,"used":6,"filtered":2,"rejected":1},"as_of":"2024-12-31","warnings":["odd <dates>"]}' > meta.json
    till-report -q --no-pictures meta.json > page.html
    says '<b>till-rfm</b> read <b>9</b> rows: <b>6</b> were used, <b>2</b> left out, and <b>1</b> were bad.'
    grep -F '<p class="date">as of 2024-12-31</p>' page.html
    grep -F '<td class="t">a&amp;b.csv</td>' page.html
    grep -F '<p class="warning">till-rfm: odd &lt;dates&gt;</p>' page.html
}

@test "a section is there for a file that is, and only for that" {
    till-report -q --no-pictures segments.csv > page.html
    [ "$(grep -c '<section' page.html)" -eq 1 ]
    [ "$(grep -c '<a href="#segments">' page.html)" -eq 1 ]
    run ! grep -q 'Who moved' page.html
}

@test "a table with the columns of two sections goes to those that are not filled; two files of one have their names" {
    sed 's/$/,tier,share/;2,$s/tier,share/VIP,0.2/' segments.csv > tiers.csv
    till-report -q --no-pictures segments.csv tiers.csv > page.html
    [ "$(grep -c '<h2>Segments' page.html)" -eq 1 ]
    [ "$(grep -c '<h2>Tiers' page.html)" -eq 1 ]
    till-report -q --no-pictures tiers.csv > page.html
    [ "$(grep -c '<h2>' page.html)" -eq 2 ]
    cp moves.csv others.csv
    till-report -q --no-pictures moves.csv others.csv > page.html
    [ "$(grep -c '<section id="moves"' page.html)" -eq 1 ]
    [ "$(grep -c '<h2>Who moved' page.html)" -eq 2 ]
    grep -F '<p class="note">others.csv</p>' page.html
}

@test "texts from data are only texts" {
    need_gnuplot
    sed -i '1s/customer/customer/;s/^A,/"$(id); system(""id"")",/' segments.csv
    till-report -q --title='</title><script>' --currency='<i>' segments.csv > page.html
    run ! grep -qi '<script' page.html
    run ! grep -qi '<i>' page.html
    grep -qF '&lt;script&gt;alert(1)&lt;/script&gt;' page.html
}

@test "a page holds everything in itself, below 1 MB, and is the same again" {
    need_gnuplot
    night
    till-report -q $ALL -o page.html
    till-report -q -j1 $ALL -o again.html
    cmp page.html again.html
    [ "$(wc -c < page.html)" -lt 1000000 ]
    [ "$(grep -c '<section' page.html)" -eq 13 ]
    [ "$(grep -c '<figure>' page.html)" -ge 8 ]
    run ! grep -qiE '<script|<link|@import|<img|src=|url\((http|//)|href="?(http|//)' page.html
    # Ids are told apart, and whatever is referred to is there.
    [ -z "$(grep -oE "id=['\"][^'\"]*" page.html | sort | uniq -d)" ]
    for id in $(grep -oE "href=['\"]#[^'\"]*" page.html | sed 's/.*#//' | sort -u); do
        grep -qE "id=['\"]$id['\"]" page.html
    done
}

@test "a page stays below 1 MB, whatever is drawn" {
    need_gnuplot
    awk 'BEGIN { print "from,to,customers"; for (i = 0; i < 60; i++) for (j = 0; j < 60; j++) print "c" i ",c" j "," 1 + i * j % 7 }' > a.csv
    cp a.csv b.csv
    cp a.csv c.csv
    till-report -q a.csv b.csv c.csv > page.html
    [ "$(wc -c < page.html)" -lt 1000000 ]
    [ "$(grep -c '<figure>' page.html)" -ge 1 ]
    grep -F 'as the page would pass 1 MB with it: till-plot <b>migration</b> draws it.' page.html
}

@test "in Chinese, nothing of ours is left in English" {
    night
    till-report -q --no-pictures --lang=zh --currency=元 $ALL > page.html
    grep -qF '<html lang="zh-CN">' page.html
    sed '/<style>/,/<\/style>/d' page.html | grep -oE '<(h1|h2|th|p|a)[^>]*>.*' | sed 's/<b>[^<]*<\/b>//g; s/<[^>]*>/ /g' > words
    run ! grep -E '\b(the|of|customers|is|and|rows|money|share)\b' words
}

@test "files without rows say so" {
    head -n 1 segments.csv > none.csv
    till-report -q none.csv > page.html
    says 'There are no rows.'
}

@test "what cannot be in a report is refused" {
    printf 'x,y\n1,2\n' > other.csv
    run till-report --no-pictures other.csv
    [ "$status" -eq 3 ]
    [[ $output == 'till-report: other.csv:1: not a table that a report is made of (those of till-rfm, '* ]]
    run till-report
    [ "$status" -eq 2 ]
    run till-report --no-pictures - < segments.csv
    [ "$status" -eq 2 ]
    [[ $output == *'give a file, not a pipe'* ]]
    run till-report --no-pictures absent.csv
    [ "$status" -eq 4 ]
    printf '{"tool": 1' > broken.json
    run till-report --no-pictures broken.json
    [ "$status" -eq 3 ]
    [[ $output == 'till-report: broken.json: not a file of --meta: '* ]]
    printf '{}' > empty.json
    run till-report --no-pictures empty.json
    [ "$status" -eq 3 ]
    printf 'segment,monetary\nA,x\n' > bad.csv
    run till-report --no-pictures bad.csv
    [ "$status" -eq 3 ]
    [[ $output == 'till-report: bad.csv:2:3: monetary: not a number: "x"'* ]]
}

@test "without gnuplot, with one that dies, and on a full disk there is no page" {
    mkdir fake
    ln -s "$(command -v till-report)" fake/
    PATH=$PWD/fake run till-report segments.csv -o page.html
    [ "$status" -eq 4 ]
    [[ $output == *gnuplot* ]]
    printf '#!/bin/sh\nkill -9 $$\n' > fake/gnuplot
    chmod +x fake/gnuplot
    PATH="$PWD/fake:$PATH" run till-report segments.csv -o page.html
    [ "$status" -eq 4 ]
    [ ! -e page.html ]
    run till-report --no-pictures segments.csv -o /dev/full
    [ "$status" -eq 4 ]
    [ -z "$(find . -name '.till-*')" ]
}
