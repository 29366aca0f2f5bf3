#!/usr/bin/env bats
# till-clv: CDNOW from the raw log against the maxima and forecasts of another solver, what is refused, and sameness.
bats_require_minimum_version 1.5.0

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
}

# The 1/10 sample of CDNOW: 2,357 customers, 6,919 transactions from 1997-01-01 to 1998-06-30.
cdnow() {
    [ -d "$SHARED/data" ] || skip "no shared data"
    { echo customer_id,date,amount
      zcat "$SHARED/data/cdnow/CDNOW_sample.txt.gz" |
          tr -d '\r' | awk '{ printf "%s,%s-%s-%s,%s\n", $2, substr($3, 1, 4), substr($3, 5, 2), substr($3, 7, 2), $5 }'
    } > cdnow.csv
}

# near FILE KEY COLUMN WANTED [RELATIVE]: the figure in the row that begins with KEY.
near() {
    awk -F, -v key="$2" -v column="$3" -v wanted="$4" -v relative="${5:-1e-9}" '
        index($0, key ",") == 1 { found = 1; off = $column - wanted; if (off < 0) off = -off
            size = wanted < 0 ? -wanted : wanted
            if (!(off <= relative * size)) { print key ": " $column " is not " wanted; bad = 1 } }
        END { exit bad || !found }' "$1"
}

# A file holds no figure that is none.
plain() {
    run ! grep -qiE '(^|,)-?(nan|inf)' "$@"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-clv.1"
}

# Parameters by another solver with a gradient of 1e-11, forecasts by mpmath, for the calibration period of the papers.
@test "CDNOW from the raw log: P(alive), expected purchases, spend and residual value" {
    cdnow
    for method in paretonbd bgnbd mbgnbd; do
        till-clv -q --until=1997-09-30 --horizon=39w --method=$method cdnow.csv > $method
    done
    # customer, then P and expected purchases in 39 weeks by bgnbd, mbgnbd, paretonbd, then expected value
    while read -r id bp be mp me pp pe value; do
        near bgnbd $id 6 $bp && near bgnbd $id 7 $be && near mbgnbd $id 6 $mp && near mbgnbd $id 7 $me
        near paretonbd $id 6 $pp && near paretonbd $id 7 $pe && near paretonbd $id 8 $value
    done <<END
0001 .72662031166 1.2259944553 .70613847899 1.2627588509 .86913426361 1.4552017016 24.653918698
0002 .21239104440 .20341884753 .17095107915 .18894490180 .16799605794 .17111433631 18.910018447
0003 1 .19479363123 .38972297658 .15396601900 .29511257158 .10707023245 35.170371266
0020 1 .19537514939 .39011960458 .15455464097 .29595321202 .10764080855 35.170371266
0157 .96922126862 20.055249266 .96593808244 18.951872067 .99618694389 19.595849247 26.394263502
1516 .96885444140 20.748902903 .96548464916 19.446607996 .99787340472 20.114820879 39.890286799
END
    till-clv -q --until=1997-09-30 --horizon=inf --discount=0.15 cdnow.csv > residual
    while read -r id residual value; do
        near residual $id 7 $residual && near residual $id 9 $value
    done <<END
0001 6.5003518343 160.25914563
0002 .76436372268 14.454132096
0003 .47828021445 16.821292711
0020 .48049743278 16.899273103
0157 87.170345445 2300.7970672
1516 86.257623643 3440.8413457
END
    awk -F, 'NR > 1 { p += $6; n += $7; v += $9 } END { printf "sum,%.12g,%.12g,%.12g\n", p / (NR - 1), n, v }' residual > sums
    near sums sum 2 .446277151965 && near sums sum 3 7205.54808989 && near sums sum 4 261531.671416
    plain paretonbd bgnbd mbgnbd residual
}

@test "CDNOW: what came in the 39 weeks held out, and tracking" {
    cdnow
    # model, sum, mae, rmse, cumulative 39, 52, 78, cumulative MAPE of weeks 40 to 78
    while read -r method sum mae rmse early middle late mape; do
        till-clv --until=1997-09-30 --method=$method --validate=$method cdnow.csv > /dev/null 2> err
        near $method total, 4 1882 && near $method total, 5 $sum && near $method mae, 5 $mae && near $method rmse, 5 $rmse
        near $method total, 6 2457 && near $method mae, 7 1.133513 1e-6 && near $method rmse, 7 2.056816 1e-6
        near $method cumulative,39 5 $early && near $method cumulative,52 5 $middle && near $method cumulative,78 5 $late
        near $method cumulative,39 4 2457 && near $method cumulative,78 4 4339
        tr ';' '\n' < err | sed -n 's/^ tracking_mape /mape,/p' > mape
        near mape mape 2 $mape 4e-5
        [ "$(grep -c '^decile,' $method)" -eq 10 ]
        [ "$(grep -c '^repeats,' $method)" -eq 8 ]
        [ "$(grep -c '^week,' $method)" -eq 78 ]
        # deciles and repeats are means over customers: they add up to the total
        for section in decile repeats; do
            awk -F, -v s=$section '$1 == s { a += $3 * $4; m += $3 * $5 } END { printf "%s,%.12g,%.12g\n", s, a, m }' $method > added
            near added $section 2 1882 && near added $section 3 $sum 1e-8
        done
    done <<END
bgnbd 1653.4086979421 .785454236606 1.607982010744 2493.956890 3127.678527 4160.609212 .026279
mbgnbd 1576.7283018964 .764778949329 1.607182657434 2475.636261 3083.042918 4049.953213 .041052
paretonbd 1665.5131072127 .754523383397 1.602847999533 2524.932762 3184.426100 4270.040682 .013121
END
}

@test "parameters and standard errors, written and taken back" {
    cdnow
    till-clv -q --until=1997-09-30 --parameters-out=p.csv -o fitted cdnow.csv
    while read -r name estimate error; do
        near p.csv $name 2 $estimate 2e-11 && near p.csv $name 3 $error 1e-8
    done <<END
r .55327704685294 .04762792598
alpha 10.577683463296 .8427225338
s .60623998912391 .1872813423
beta 11.668735288741 6.211113591
p 6.249572271325 1.1900553360
q 3.744224667132 .2901330653
v 15.443520962586 4.1594227520
END
    [ "$(wc -l < p.csv)" -eq 8 ]
    till-clv -q --until=1997-09-30 --parameters=p.csv cdnow.csv | cmp fitted -
    # another unit: the same people, with times and alpha in days
    till-clv -q --until=1997-09-30 --unit=day --parameters=p.csv cdnow.csv > days
    paste -d, <(cut -d, -f1,2,6- fitted) <(cut -d, -f1,2,6- days) | awk -F, 'NR > 1 { for (i = 1; i <= 6; i++)
        if ($i - $(i + 6) > 2e-9 * $i || $(i + 6) - $i > 2e-9 * $i) bad = 1 } END { exit bad || NR != 2358 }'
    # parameters of another model are refused
    run -3 till-clv --until=1997-09-30 --method=bgnbd --parameters=p.csv cdnow.csv
    till-clv -q --until=1997-09-30 --method=mbgnbd --parameters-out=m.csv cdnow.csv > /dev/null
    run -3 till-clv --until=1997-09-30 --method=bgnbd --parameters=m.csv cdnow.csv
    [[ $output == *"of another --method"* ]]
}

@test "a summary is as good as the log it is of" {
    cdnow
    till-clv -q --until=1997-09-30 --format=jsonl cdnow.csv > /dev/null
    [ -f "$SHARED/golden/clv/cdnow_sample_calhold_exact.csv.gz" ] || skip "no shared data"
    till-clv -q --until=1997-09-30 cdnow.csv > raw
    till-clv -q --summary-input --customer=id "$SHARED/golden/clv/cdnow_sample_calhold_exact.csv.gz" > summary
    # mean values there are sums of rounded figures: the last digit may differ
    paste -d, raw summary | awk -F, 'NR > 1 { if ($1 != $10) bad = 1; for (i = 2; i <= 9; i++)
        if ($i - $(i + 9) > 2e-9 * $i || $(i + 9) - $i > 2e-9 * $i) bad = 1 } END { exit bad || NR != 2358 }'
    # other packages' names of the same columns, in another order
    printf 'T,monetary,customer,frequency,recency\n38.86,22.35,A,2,30.43\n' > lifetimes
    printf 'customer,repeats,t_x,age,mean_value\nA,2,30.43,38.86,22.35\n' > till
    printf 'parameter,estimate\nr,.55\nalpha,10.58\ns,.61\nbeta,11.67\np,6.25\nq,3.74\nv,15.44\n' > p
    till-clv -q --summary-input --parameters=p lifetimes > one
    till-clv -q --summary-input --parameters=p till | cmp one -
}

@test "a discounted value is the sum over weeks by hand" {
    printf 'customer,repeats,t_x,age,mean_value\nA,2,30.43,38.86,22.35\n' > a.csv
    printf 'parameter,estimate\nr,.55\nalpha,10.58\ns,.61\nbeta,11.67\np,6.25\nq,3.74\nv,15.44\n' > p
    sum=0
    for week in 1 2 3 4; do # 3.5 weeks: the last step is half a week, and its middle is 3.25
        end=$week
        [ $week -lt 4 ] || end=3.5
        till-clv -q --summary-input --parameters=p --horizon=${end}w a.csv | awk -F, 'NR == 2 { print $7, $8 }'
    done > expected
    awk '{ end = NR < 4 ? NR : 3.5; middle = (before + end) / 2; before = end
           sum += ($1 - last) * exp(-log(1.2) / 52 * middle); last = $1 } END { printf "A,%.12g\n", .3 * $2 * sum }' expected > wanted
    till-clv -q --summary-input --parameters=p --horizon=3.5w --discount=0.2 --margin=0.3 a.csv > got
    near got A 9 "$(cut -d, -f2 wanted)" 1e-8
}

@test "the result is the same for any number of threads, any cut, gzip or pipe" {
    cdnow
    till-clv -q -j 1 --until=1997-09-30 --parameters-out=p1 --validate=v1 cdnow.csv > one
    for threads in 2 3 7; do
        till-clv -q -j $threads --until=1997-09-30 --parameters-out=p2 --validate=v2 cdnow.csv | cmp one -
        cmp p1 p2
        cmp v1 v2
    done
    (head -n 1 cdnow.csv; tail -n +2 cdnow.csv | tac) | till-clv -q --until=1997-09-30 | cmp one -
    head -n 3000 cdnow.csv > a.csv
    (head -n 1 cdnow.csv; tail -n +3001 cdnow.csv) | gzip > b.csv.gz
    till-clv -q --until=1997-09-30 b.csv.gz a.csv | cmp one -
}

@test "groups are fitted apart" {
    cdnow
    awk -F, 'NR == 1 { print $0 ",half"; next } { print $0 "," ($1 % 2 ? "odd" : "even") }' cdnow.csv > halves.csv
    till-clv -q --by=half --parameters-out=p halves.csv > both
    head -n 1 both | grep -q ',clv,half$'
    head -n 1 p | grep -q '^group,parameter,estimate,std_error,lower,upper$'
    for half in odd even; do
        till-clv -q --as-of=1998-06-30 --only=half=$half --parameters-out=one halves.csv | tail -n +2 > wanted
        grep ",$half\$" both | sed "s/,$half\$//" | cmp wanted -
        grep "^$half," p | sed "s/^$half,//" | cmp <(tail -n +2 one) -
    done
    till-clv -q --by=half --parameters=p halves.csv | cmp both -
    (head -n 1 halves.csv; tail -n +2 halves.csv | tac) | till-clv -q -j 3 --by=half | cmp both -
    # the same from a summary
    till-clv -q halves.csv --by=half | cut -d, -f1-5,10 > summary
    till-clv -q --summary-input --by=half summary > again
    paste -d, both again | awk -F, 'NR > 1 && ($1 != $11 || $20 != $10 || $9 - $19 > 1e-7 * $9 || $19 - $9 > 1e-7 * $9) {
        bad = 1 } END { exit bad || NR != 2358 }'
}

@test "equity is the sum of the values, with an interval and a back-test" {
    cdnow
    till-clv -q cdnow.csv > customers
    till-clv -q --equity cdnow.csv > equity
    head -n 1 equity | grep -q '^customers,equity,lower,upper,parameter_error,process_error,backtest_from,predicted,actual,ratio$'
    near equity 2357 2 "$(awk -F, 'NR > 1 { s += $9 } END { printf "%.12g", s }' customers)" 1e-8
    awk -F, 'NR == 2 { if (!($3 < $2 && $2 < $4 && $5 > 0 && $6 > 0 && $10 > 0.5 && $10 < 2)) exit 1
        half = 1.959963984540054 * sqrt($5 * $5 + $6 * $6); off = $4 - $2 - half; exit off > 1e-6 * half || off < -1e-6 * half }' equity
    grep -q ',1997-10-01,' equity # 545 days in all, of which half are held back
    # the money of the customers known then, by hand
    awk -F, '$2 > "1997-10-01" { s += $3 } END { printf "%.2f\n", s }' cdnow.csv > money
    near equity 2357 9 "$(cat money)" 1e-9
    till-clv -q -j 3 --equity cdnow.csv | cmp equity -
}

@test "the matrix is a grid of what customers would get" {
    cdnow
    till-clv -q --until=1997-09-30 --parameters-out=p --matrix=m cdnow.csv > /dev/null
    head -n 1 m | grep -q '^repeats,t_x,age,p_alive,expected_purchases$'
    plain m
    awk -F, 'NR > 1 && NR % 97 == 2 { print "C" NR "," $1 "," $2 "," $3 }' m > cells
    (echo customer,repeats,t_x,age; cat cells) | till-clv -q --summary-input --parameters=p > customers
    awk -F, 'function off(a, b) { return a - b > 1e-7 * b || b - a > 1e-7 * b }
        NR == FNR { if (FNR > 1) { p[$2, $3] = $6; e[$2, $3] = $7; n++ } next }
        ($1, $2) in p { if (off(p[$1, $2], $4) || off(e[$1, $2], $5)) bad = 1; seen++ }
        END { exit bad || seen != n || n < 10 }' customers m
}

# Fader & Hardie 2007, high end, seven years; DEL and DERL of Fader & Hardie 2010 at the published parameters are in the unit tests.
@test "contracts: the curve of the paper" {
    i=0
    echo period,survivors > survivors
    for n in 1000 869 743 653 593 551 517 491; do echo $i,$n; i=$((i + 1)); done >> survivors
    till-clv -q --method=sbg --horizon=5 --parameters-out=p survivors > curve
    near p alpha 2 .668088351106 1e-10 && near p beta 2 3.806094964058 1e-10
    near p alpha 3 .1037349311 1e-8 && near p beta 3 .7855316918 1e-8
    [ "$(wc -l < curve)" -eq 14 ]
    grep -q '^12,,' curve
    near curve 12 4 .3780 1e-3
    printf 'period,survivors\n0,100\n1,90\n2,95\n' > s
    run -3 till-clv --method=sbg s
    printf 'period,survivors\n0,100\n2,95\n' > s
    run -3 till-clv --method=sbg s
    printf 'period,survivors\n0,100\n1,100\n2,100\n' > s
    run -5 till-clv --method=sbg s
    [[ $output == *"nobody left"* ]]
    printf 'period,survivors\n' > s
    run -5 till-clv --method=sbg s
}

# Fader, Hardie & Shang 2010, table 2.
@test "donors give the published BG/BB" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    zcat "$SHARED/data/clv/donations.csv.gz" | awk -F, 'NR == 1 { print "customer,repeats,t_x,age"; next }
        { for (i = 0; i < $4; i++) print NR "-" i "," $1 "," $2 "," $3 }' > donors
    till-clv -q --summary-input --method=bgbb --unit=year --horizon=5y --parameters-out=p donors > out
    near p alpha 2 1.204 1e-3 && near p beta 2 .750 1e-3 && near p gamma 2 .657 1e-3 && near p delta 2 2.783 1e-3
    plain out
    # in the five years that followed 13,260 gifts came (the hold-out of the same source): the forecast is 3 % short
    awk -F, '{ s += $7 } END { print "sum," s }' out > sum
    near sum sum 2 13260 0.03
}

@test "calendar periods are counted from the log" {
    printf 'customer,date,amount\nA,2024-01-15,5\nA,2024-01-30,7\nA,2024-02-02,9\nA,2024-02-20,1\nA,2024-04-01,3\nB,2024-03-31,5\nB,2024-05-20,8\n' > log.csv
    printf 'parameter,estimate\nalpha,1.2\nbeta,.75\ngamma,.66\ndelta,2.8\np,6\nq,4\nv,15\nunit_days,30.4375\n' > p
    # May is not whole on the 20th: the purchase of that day is in no period yet
    till-clv -q --method=bgbb --unit=month --parameters=p log.csv | cut -d, -f1-5 | diff - <(printf '%s\n' \
        customer,repeats,t_x,age,mean_value A,2,3,3,6.5 B,0,0,1,)
    till-clv -q --method=bgbb --unit=month --as-of=2024-05-31 --parameters=p log.csv | cut -d, -f1-5 |
        diff - <(printf '%s\n' customer,repeats,t_x,age,mean_value A,2,3,4,6.5 B,1,2,2,8)
}

@test "days are merged, the first is no repeat, returns lower the money and count for nothing" {
    cat > log.csv <<END
order_id,customer_id,date,amount
1,A,2024-01-01,10
2,A,2024-01-01,20
3,A,2024-01-08,30
4,A,2024-01-08,12
5,A,2024-01-08,-2
6,A,2024-01-15,-5
7,A,2024-01-22,60
8,B,2024-01-03,-4
9,C,2024-01-22,7
END
    printf 'parameter,estimate\nr,.55\nalpha,10.58\ns,.61\nbeta,11.67\np,6.25\nq,3.74\nv,15.44\n' > p
    till-clv --parameters=p --as-of=2024-01-29 log.csv > out 2> err
    cut -d, -f1-5 out | diff - <(printf '%s\n' customer,repeats,t_x,age,mean_value A,2,3,4,50 C,0,0,1,)
    grep -q '1 customers with returns alone are left out' err
    grep -q '1 returns on other days than repeat purchases are in no mean value (money -5.00)' err
    till-clv -q --parameters=p --as-of=2024-01-29 --returns=drop log.csv | grep -q '^A,2,3,4,51,'
    run -3 till-clv --parameters=p --returns=error log.csv
    till-clv -q --parameters=p --as-of=2024-01-29 --unit=day log.csv | grep -q '^A,2,21,28,50,'
}

@test "what the data do not say is exit 5, with the reason, and no file" {
    cdnow
    head -n 1 cdnow.csv > empty.csv
    run -5 till-clv -o out empty.csv
    [[ $output == *"no customers"* ]]
    [ ! -e out ]
    awk -F, '!seen[$1]++' cdnow.csv > once.csv
    run -5 till-clv -o out once.csv
    [[ $output == *"nobody bought again"* ]]
    awk 'BEGIN { print "customer,repeats,t_x,age"; for (i = 1; i <= 200; i++) print i "," i % 7 + 1 "," 10 + i % 9 "," 10 + i % 9 }' > loyal
    run -5 till-clv -o out --summary-input loyal
    [[ $output == *"no dropout can be seen in these data: r and alpha are identified, s and beta are not"* ]]
    run -5 till-clv -o out --summary-input --method=bgnbd loyal
    [[ $output == *"a and b are not"* ]]
    awk 'BEGIN { print "customer,repeats,t_x,age"; for (i = 1; i <= 200; i++) print i ",0,0,0" }' > new
    run -5 till-clv -o out --summary-input new
    [[ $output == *"nobody was observed"* ]]
    awk -F, '!seen[$1, $2]++ { print $1 "," $2 "," (NR > 1 ? 25 : "amount") }' cdnow.csv > constant.csv
    run -5 till-clv -o out constant.csv
    [[ $output == *"spend: "*"--spend=mean"* ]]
    [ ! -e out ]
    till-clv -q --spend=mean constant.csv > out
    plain out
    awk -F, 'NR > 1 && $8 != 25 { bad = 1 } END { exit bad }' out
    till-clv -q --spend=none cdnow.csv > out
    cut -d, -f1,2 cdnow.csv | till-clv -q --spend=none | cmp out - # no amounts are needed
    awk -F, 'NR > 1 && ($8 != "" || $9 != "" || $7 == "") { bad = 1 } END { exit bad }' out
}

@test "bad rows of a summary are told where they are" {
    printf 'customer,repeats,t_x,age\nA,1,2,3\nB,1.5,2,3\n' > s
    run -3 till-clv --summary-input s
    [[ $output == *"s:3"*"repeats"*"not a whole number"* ]]
    printf 'customer,repeats,t_x,age\nA,1,4,3\n' > s
    run -3 till-clv --summary-input s
    [[ $output == *"later than age"* ]]
    printf 'customer,repeats,t_x,age\nA,1,0,3\n' > s
    run -3 till-clv --summary-input s
    printf 'customer,repeats,age\nA,1,3\n' > s
    run -3 till-clv --summary-input s
    [[ $output == *"t_x"* ]]
    printf 'customer,repeats,t_x,age\nA,-1,0,3\n' > s
    run -3 till-clv --summary-input s
}

@test "options that make no sense together are usage errors" {
    for options in --horizon=12 --horizon=-3w --horizon=w "--horizon=inf --method=bgnbd" "--horizon=inf --discount=0" \
        --validate=v "--equity --parameters=p" "--equity --validate=v --until=2024-01-01" "--method=sbg --equity" \
        "--summary-input --validate=v --until=2024-01-01" --method=unknown --discount=-1; do
        run -2 till-clv $options /dev/null
    done
}

@test "weak identification is an answer with a warning" {
    cdnow
    awk -F, 'NR == 1 || $1 <= 120' cdnow.csv > few.csv
    till-clv --method=bgnbd --spend=none few.csv > out 2> err || { [ $? -eq 5 ]; grep -q 'identified\|no maximum' err; }
    plain out
}
