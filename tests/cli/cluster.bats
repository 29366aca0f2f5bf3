#!/usr/bin/env bats
# till-cluster: features, scaling, models, nights, bad input. Expected figures are those of scikit-learn 1.2.1 where a test
# says so, or worked by hand.

bats_require_minimum_version 1.5.0
load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
    cat > six.csv <<END
customer_id,name,recency,frequency,score
C1,"Ng, A",1,10,5
C2,B,2,10,5
C3,C,3,10,5
C4,D,50,1,1
C5,E,52,1,1
C6,F,90,1,1
END
}

# The columns of clusters alone.
clusters() {
    awk -F, 'NR > 1 { printf "%s ", $(NF - 1) }'
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-cluster.1" # distances are those of scikit-learn, to 8 digits
}

@test "ids, scores and texts are no features, and are named" {
    till-cluster -k 2 six.csv > out 2> err
    [ "$(clusters < out)" = '1 1 1 2 2 2 ' ]
    grep -q 'features: recency, frequency; scale: zscore' err
    grep -q 'no features: score (added by a tool), name (not numbers)' err
    till-cluster -q -k 2 six.csv 2> err > out
    [ ! -s err ]
}

@test "rows keep their order and their bytes" {
    till-cluster -q -k 2 six.csv | sed '1s/,cluster,distance$//; 2,$s/,[0-9]*,[^,]*$//' | diff - six.csv
}

@test "distances are Euclidean in scaled units" {
    printf 'x,y\n0,0\n0,2\n10,0\n10,2\n' > square.csv
    [ "$(till-cluster -q -k 2 --scale=none square.csv | tail -n 4 | cut -d, -f4 | tr '\n' ' ')" = '1 1 1 1 ' ]
    # Standard deviations of the population are 5 and 1, the ranges 10 and 2.
    [ "$(till-cluster -q -k 4 --scale=zscore square.csv | clusters | tr ' ' '\n' | sort -u | grep -c .)" -eq 4 ]
    [ "$(till-cluster -q -k 1 --scale=minmax square.csv | sed -n 2p | cut -d, -f4)" = 0.7071067812 ]
    [ "$(till-cluster -q -k 1 --scale=zscore square.csv | sed -n 2p | cut -d, -f4)" = 1.414213562 ]
}

@test "logarithms keep the sign, and centres come back in input units" {
    printf 'x\n-6.38905609893065\n0\n6.38905609893065\n' > signed.csv
    till-cluster -q -k 3 --scale=none --log=x --summary=summary.csv signed.csv > /dev/null
    [ "$(cut -d, -f6 summary.csv | tr '\n' ' ')" = 'x -6.389056099 0 6.389056099 ' ]
    till-cluster -q -k 1 --scale=none --log=x signed.csv | sed -n 2p | grep -q ',2$'
    run till-cluster -k 1 --log=nothing signed.csv
    [ "$status" -eq 3 ]
    run till-cluster -k 1 --log=name six.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *'--log: name is not a numeric feature'* ]]
}

@test "a given start gives the partition of scikit-learn" {
    file=$SHARED/golden/clustering/rfm10000.csv.gz
    [ -e "$file" ] || skip "no $file: set TILL_SHARED to where the shared data lie"
    zcat "$file" | head -n 7 > start.csv
    tail -n 6 start.csv > headless.csv
    for start in start.csv headless.csv; do
        till-cluster -k 6 --start=$start --scale=none --tolerance=0 --max-iterations=1000 --summary=s.csv "$file" > out 2> err
        grep -q 'inertia 6462.499107; 64 iterations; silhouette 0.2942731' err
    done
    sed 2d start.csv > short.csv
    run till-cluster -k 6 --start=short.csv "$file"
    [ "$status" -eq 3 ]
    [[ "$output" == *'short.csv: 5 rows, for 6 clusters'* ]]
}

@test "threads, algorithms and vector instructions change nothing" {
    file=$SHARED/golden/clustering/rfm10000.csv.gz
    [ -e "$file" ] || skip "no $file: set TILL_SHARED to where the shared data lie"
    till-cluster -q -k 20 -j 1 --restarts=3 --summary=summary1 --model-out=model1 "$file" > one
    for way in '-j 2' '-j 3' '-j 7' --algorithm=lloyd --algorithm=yinyang; do
        till-cluster -q -k 20 $way --restarts=3 --summary=summary --model-out=model "$file" > other
        cmp one other
        cmp summary1 summary
        cmp model1 model
    done
    TILL_NO_SIMD=1 till-cluster -q -k 20 --restarts=3 "$file" | cmp one -
    zcat "$file" | till-cluster -q -k 20 --restarts=3 | cmp one -
    till-assign -q --model=model1 "$file" | cmp one -
}

@test "transactions, scores, clusters in one pipe, customers with returns alone among them" {
    printf 'customer,date,amount\na,2024-01-01,5\na,2024-02-01,7\nb,2024-01-05,-3\nc,2024-03-01,100\nc,2024-03-04,10\nd,2024-03-02,30\n' > t.csv
    till-rfm -q t.csv > rfm.csv
    till-cluster -k 2 --model-out=model rfm.csv > out 2> err
    [ "$(clusters < out)" = '2  1 1 ' ]
    grep -q 'warning: customers with returns alone have no recency and get no cluster: 1' err
    grep -q '1 without_cluster' err
    till-assign --model=model rfm.csv 2> err | cmp - out
    grep -q '1 without_cluster' err
    run till-cluster -k 2 --missing=error rfm.csv
    [ "$status" -eq 3 ]
}

@test "a missing value is an error, or passes without a cluster" {
    printf 'a,b\n1,2\n,3\n5,6\n' > missing.csv
    run till-cluster -k 2 missing.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'a: row 2: missing, as in 1 rows of 3'* ]]
    run till-cluster -k 2 --features=a,b --missing=error missing.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'missing.csv:3:1: a:'* ]]
    till-cluster -k 2 --missing=pass missing.csv > out 2> err
    [ "$(sed -n 3p out)" = ',3,,' ]
    grep -q '1 without_cluster' err
    run till-cluster -k 2 --missing=maybe missing.csv
    [ "$status" -eq 2 ]
}

@test "text in a column of numbers is an error that names it" {
    { echo x,y; seq 1 40 | awk '{ print $1 "," ($1 == 7 ? "12.5元" : $1 * $1) }'; } > text.csv
    run till-cluster -k 2 text.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'y: row 7: not a number: "12.5元", in a column where 39 of 40 values are (--null="12.5元" if it means missing, or leave the column out)' ]]
    run till-cluster -k 2 --features=x,y text.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'text.csv:8:3: y: not a number'* ]]
    till-cluster -k 2 --features=x,y --max-bad=1 text.csv 2> err > out
    grep -q '40 rows read = 39 used + 0 filtered + 1 rejected' err
    till-cluster -q -k 2 --ignore=y text.csv > out
    till-cluster -q -k 2 --null=12.5元 --missing=pass text.csv | grep -q '^7,12.5元,,$'
    sed 's/12.5元/NaN/' text.csv > nan.csv
    run till-cluster -k 2 nan.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'"NaN"'* ]]
}

@test "constant columns are dropped by name, and one must remain" {
    printf 'x,one\n1,5\n2,5\n9,5\n' > constant.csv
    till-cluster -k 2 constant.csv > out 2> err
    grep -q 'warning: one is left out: it is constant' err
    grep -q 'features: x; scale' err
    [ "$(head -n 1 out)" = x,one,cluster,distance ]
    for file in 'x\n5\n5\n' 'x\n5\n'; do
        printf "$file" > same.csv
        run till-cluster -k 1 same.csv
        [ "$status" -eq 5 ]
        [[ "$output" == *'no feature is left'* ]]
    done
}

@test "constant levels are dropped by name too" {
    printf 'c,d\nred,a\nred,b\nred,b\n' > constant.csv
    for method in kmodes kprototypes 'kmedoids --metric=gower'; do
        till-cluster --method=$method -k 2 constant.csv > out 2> err
        grep -q 'warning: c is left out: it is constant' err
        grep -q 'features: d (levels)' err
        [ "$(clusters < out)" = '2 1 1 ' ]
        # One row is constant in every column.
        run till-cluster --method=$method -k 1 <(head -n 2 constant.csv)
        [ "$status" -eq 5 ]
        [[ "$output" == *'no feature is left'* ]]
    done
}

@test "as many clusters as rows, and one, with every method" {
    mixed
    for method in kprototypes kmedoids 'kmedoids --metric=gower' 'kmedoids --metric=manhattan'; do
        till-cluster -q --method=$method -k 12 mixed.csv | awk -F, 'NR > 1 && $NF == 0 { n++; seen[$(NF - 1)] } END { exit n != 12 || length(seen) != 12 }'
        [ "$(till-cluster -q --method=$method -k 1 mixed.csv | clusters)" = '1 1 1 1 1 1 1 1 1 1 1 1 ' ]
        run till-cluster --method=$method -k 13 mixed.csv
        [ "$status" -eq 5 ]
        [[ "$output" == *'13 clusters, but only 12 distinct rows'* ]]
    done
    # Seven pairs of plan and city there are.
    till-cluster -q --method=kmodes -k 7 mixed.csv | awk -F, 'NR > 1 && $NF == 0 { n++ } END { exit n != 12 }'
    run till-cluster --method=kmodes -k 8 mixed.csv
    [ "$status" -eq 5 ]
    [[ "$output" == *'8 clusters, but only 7 distinct rows'* ]]
}

@test "numbers that are none are named, whatever the method" {
    { echo x,y; seq 1 40 | awk '{ print $1 "," ($1 == 7 ? value : $1 * $1) }' value=VALUE; } > template
    for value in NaN inf 1e999 -Infinity; do
        sed "s/VALUE/$value/" template > bad.csv
        for method in kmeans kmedoids kprototypes; do
            run till-cluster --method=$method -k 2 --features=x,y bad.csv
            [ "$status" -eq 3 ]
            [[ "$output" == *'y: '*"$value"* ]]
        done
    done
}

@test "skewed columns are warned of" {
    { echo x; seq 1 100; echo 100000; } > skewed.csv
    till-cluster -k 2 skewed.csv 2>&1 > out | grep -q 'warning: x is skewed (9.9)'
    [ "$(till-cluster -k 2 --log=x skewed.csv 2>&1 > out | grep -c skewed)" -eq 0 ]
    # One line, however many columns. One value far from 100 others has (n - 2) / sqrt(n - 1).
    awk -F, 'NR == 1 { print "a,b,one,two"; next } { print $1 "," $1 * $1 ",1,2" }' skewed.csv > many.csv
    till-cluster -k 2 many.csv 2>&1 > out | grep 'warning:' > warnings
    printf 'till-cluster: warning: %s\n' 'one,two are left out: they are constant' \
        'a,b are skewed (up to 9.9), so a few rows pull the clusters; try --log=a,b' | diff - warnings
    awk 'BEGIN { printf "x"; for (i = 1; i <= 12; i++) printf ",c%d", i; print ""
        for (r = 0; r < 9; r++) { printf "%d", r; for (i = 1; i <= 12; i++) printf ",7"; print "" } }' > flat.csv
    till-cluster -k 2 flat.csv 2>&1 > out | grep -q 'warning: c1,c2,c3,c4,c5,c6,c7,c8,c9,c10 and 2 more are left out: they are constant'
}

@test "k is 1 or the number of rows, and no more than the distinct rows" {
    [ "$(till-cluster -q -k 1 six.csv | clusters)" = '1 1 1 1 1 1 ' ]
    till-cluster -q -k 6 six.csv | awk -F, 'NR > 1 && $NF == 0 { n++ } END { exit n != 6 }'
    run till-cluster -k 7 six.csv
    [ "$status" -eq 5 ]
    [[ "$output" == *'7 clusters, but only 6 distinct rows'* ]]
    for k in 0 -1 x 5x 1e3; do
        run till-cluster -k $k six.csv
        [ "$status" -eq 2 ]
    done
    run till-cluster six.csv
    [ "$status" -eq 2 ]
}

@test "input without rows cannot be fitted" {
    echo customer,recency > empty.csv
    run till-cluster -k 2 -o out empty.csv
    [ "$status" -eq 5 ]
    [[ "$output" == *'no rows to cluster'* ]]
    [ ! -e out ]
}

@test "keys that are there twice are warned of" {
    printf 'customer,x\na,1\nb,2\na,9\n' > twice.csv
    till-cluster -k 2 twice.csv 2>&1 > out | grep -q 'warning: customer: 1 rows have a key that another row has'
    till-cluster -q -k 2 --key=x twice.csv 2> err > out || true
    grep -q 'no feature is left' err
}

@test "reaching the last iteration is a warning" {
    till-cluster -k 2 --max-iterations=1 six.csv 2>&1 > out | grep -q 'warning: stopped after 1 iterations'
}

@test "a column that is there already is an error or is replaced" {
    till-cluster -q -k 2 six.csv > once.csv
    run till-cluster -k 2 once.csv
    [ "$status" -eq 3 ]
    till-cluster -q -k 2 --replace-columns once.csv | cmp - once.csv
}

@test "yesterday's numbers stay when sizes turn round" {
    till-cluster -q -k 2 --model-out=model six.csv > out
    # Now the second cluster has more rows: it stays the second.
    { cat six.csv; seq 70 80 | sed 's/.*/X&,X,&,1,1/'; } > tonight.csv
    [ "$(till-cluster -q -k 2 tonight.csv | head -n 5 | clusters)" = '2 2 2 1 ' ]
    till-cluster --previous=model --model-out=model tonight.csv > out 2> err
    [ "$(head -n 5 out | clusters)" = '1 1 1 2 ' ]
    grep -q "inertia from yesterday's clusters .*, of a cold fit .*; the first is written" err
    grep -q 'cold_gain' err
    till-assign -q --model=model tonight.csv | cmp - out
    run till-cluster -k 3 --previous=model tonight.csv
    [ "$status" -eq 2 ]
    cp model before
    run till-cluster --previous=model --model-out=model --fail-if='cold_gain<1' tonight.csv
    [ "$status" -eq 1 ]
    cmp model before
}

@test "a night in which few customers buy moves few" {
    till-synth -q --customers=20000 --days=400 --seed=3 > all.csv
    last=$(tail -n +2 all.csv | cut -d, -f3 | LC_ALL=C sort | tail -n 1 | cut -c1-10)
    awk -F, -v last="$last" 'NR == 1 || substr($3, 1, 10) < last' all.csv > yesterday.csv
    till-rfm -q --no-scores --as-of="$last" yesterday.csv > one.csv
    till-rfm -q --no-scores --as-of="$last" all.csv > two.csv
    ways='--log=frequency,monetary --model-out=model'
    till-cluster -q -k 6 $ways one.csv 2> /dev/null | cut -d, -f1,7 > before
    till-cluster -q --previous=model two.csv | cut -d, -f1,7 > after
    # Customers of both days whose number changed: at most 1 %.
    LC_ALL=C join -t, before after | awk -F, '$2 != $3 { moved++ } END { exit !(NR > 5000 && moved <= NR / 100) }'
}

@test "damaged and foreign models are refused" {
    till-cluster -q -k 2 --model-out=model six.csv > out
    sed 's/"scale": /"scale": 1/' model > damaged
    run till-assign --model=damaged six.csv
    [ "$status" -eq 6 ]
    till-rfm -q --scheme-out=scheme -o scores.csv - <<< "$(printf 'customer,date,amount\na,2024-01-01,5\nb,2024-02-01,7\n')"
    run till-cluster --previous=scheme six.csv
    [ "$status" -eq 6 ]
    [[ "$output" == *'where a clustering is wanted'* ]]
}

@test "a range of k writes the table of criteria, and a criterion chooses" {
    file=$SHARED/golden/clustering/rfm10000.csv.gz
    [ -e "$file" ] || skip "no $file: set TILL_SHARED to where the shared data lie"
    till-cluster -k 1..7 --scale=none --restarts=3 --samples=10 --tolerance=0 "$file" > table 2> err
    [ "$(head -n 1 table)" = k,inertia,silhouette,calinski_harabasz,davies_bouldin,gap,gap_std_error,bic,stability ]
    [ "$(cut -d, -f1 table | tr '\n' ' ')" = 'k 1 2 3 4 5 6 7 ' ]
    # Silhouette, Calinski-Harabasz and Davies-Bouldin of scikit-learn say 2, the BIC 6. clusGap of R (cluster 2.1.4,
    # d.power = 2, 20 sets, five starts of Lloyd) says 4 by Tibs2001SEmax, with standard errors of .006 to .007.
    grep -q 'best k by silhouette 2, calinski_harabasz 2, davies_bouldin 2, gap 4, bic 6, stability 2' err
    awk -F, 'BEGIN { split("1.1102 1.1723 1.2400 1.2557 1.2575 1.2521", wanted, " ") }
        NR > 1 && NR < 8 && ($6 - wanted[NR - 1] > 0.01 || wanted[NR - 1] - $6 > 0.01) { bad = 1 } END { exit bad }' table
    till-cluster -q -k 2..3 --samples=0 --criterion=silhouette --criteria=kept "$file" > rows
    [ "$(wc -l < rows)" -eq 10001 ]
    [ "$(awk -F, 'NR > 1 { print $4 }' rows | sort -u | tr '\n' ' ')" = '1 2 ' ]
    [ "$(sed -n 2p kept | cut -d, -f6,9)" = , ]
    # The same on the first 2,000 rows: 3, with
    # .8977 .9952 1.0425 1.0491 and standard errors of .011 to .018.
    zcat "$file" | head -n 2001 > 2000.csv
    till-cluster -k 1..4 --scale=none 2000.csv > first 2> err
    till-cluster -q -k 1..4 --scale=none -j 3 2000.csv | cmp - first
    grep -q 'gap 3' err
    awk -F, 'BEGIN { split("0.8977 0.9952 1.0425 1.0491", wanted, " ") }
        NR > 1 && ($6 - wanted[NR - 1] > 0.04 || wanted[NR - 1] - $6 > 0.04) { bad = 1 } END { exit bad }' first
    run till-cluster -k 2..3 --model-out=model "$file"
    [ "$status" -eq 2 ]
    run till-cluster -k 2 --criterion=bic "$file"
    [ "$status" -eq 2 ]
    run till-cluster -k 1..1 --criterion=bic "$file"
    [ "$status" -eq 2 ]
}

# Telco as the Python package saw it: numbers z-scored, a blank total taken as 0.
telco() {
    file=$SHARED/data/churn/Telco-Customer-Churn.csv.gz
    [ -e "$file" ] || skip "no $file: set TILL_SHARED to where the shared data lie"
    zcat "$file" | awk -F, -v OFS=, '$20 == " " { $20 = 0 } { print }' > telco.csv
    LEVELS=gender,SeniorCitizen,Partner,Dependents,PhoneService,MultipleLines,InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaperlessBilling,PaymentMethod
}

@test "threads change nothing in any method" {
    telco
    head -n 2501 telco.csv > some.csv
    features=tenure,MonthlyCharges,TotalCharges
    while read -r options; do
        till-cluster -q -k 4 -j 1 $options --restarts=2 --summary=one.csv --model-out=one.json some.csv > one
        for threads in 2 3 7; do
            till-cluster -q -k 4 -j $threads $options --restarts=2 --summary=many.csv --model-out=many.json some.csv > many
            cmp one many
            cmp one.csv many.csv
            cmp one.json many.json
        done
        TILL_NO_SIMD=1 till-cluster -q -k 4 $options --restarts=2 --summary=many.csv some.csv | cmp one -
        cmp one.csv many.csv
    done <<END
--method=kmedoids --metric=manhattan --features=$features
--method=kmedoids --metric=gower --features=$features,Contract,InternetService
--method=kmodes --features=$LEVELS
--method=kprototypes --features=$features,$LEVELS --categorical=SeniorCitizen
END
}

@test "k-modes from Cao's start costs what the Python package finds" {
    telco
    till-cluster --method=kmodes -k 5 --restarts=1 --features=$LEVELS --summary=summary --model-out=model telco.csv > out 2> err
    # kmodes 61265b1: cost 28945; clusters of 2549, 1526 and 394 without ties, and two that share tied rows.
    grep -q '28945 cost' err
    cut -d, -f2 summary | grep -qx 2549
    cut -d, -f2 summary | grep -qx 1526
    cut -d, -f2 summary | grep -qx 394
    till-assign -q --model=model telco.csv | cmp - out
}

@test "k-prototypes costs no more than the Python package finds" {
    telco
    till-cluster --method=kprototypes -k 5 --features=tenure,MonthlyCharges,TotalCharges,$LEVELS --categorical=SeniorCitizen \
        --model-out=model telco.csv > out 2> err
    grep -q 'gamma: 0.5' err
    # kmodes 61265b1, Cao's start: 20186.025409
    awk 'match($0, /cost [0-9.]+/) { cost = substr($0, RSTART + 5, RLENGTH - 5) } END { exit !(cost > 15000 && cost <= 20186.03) }' err
    till-assign -q --model=model telco.csv | cmp - out
    till-cluster -q --method=kprototypes -k 5 -j 3 --features=tenure,MonthlyCharges,TotalCharges,$LEVELS \
        --categorical=SeniorCitizen telco.csv | cmp - out
}

@test "k-medoids by three metrics, and its model" {
    for metric in euclidean manhattan gower; do
        till-cluster -q --method=kmedoids --metric=$metric -k 2 --model-out=model --summary=summary six.csv > out
        [ "$(clusters < out)" = '1 1 1 2 2 2 ' ]
        # Medoids are rows.
        [ "$(tail -n 2 summary | cut -d, -f6 | tr '\n' ' ')" = '2 52 ' ]
        till-assign -q --model=model six.csv | cmp - out
    done
    sed -n '1p; 2p; 7p' six.csv > start.csv
    till-cluster -q --method=kmedoids -k 2 --start=start.csv six.csv | cut -d, -f7 > given
    till-cluster -q --method=kmedoids -k 2 six.csv | cut -d, -f7 | cmp - given
    # Gower: |1 - 2| / 89 of recency, 0 of frequency, another name: 1.
    till-cluster -q --method=kmedoids --metric=gower -k 2 six.csv | sed -n 2p | grep -q ',0.3370786517$'
}

# Numbers and levels of three kinds of customers.
mixed() {
    cat > mixed.csv <<END
id,spend,visits,plan,city
A,10,1,basic,Bern
B,12,2,basic,Bern
C,11,2,basic,Basel
D,14,1,plus,Bern
E,90,9,gold,Genf
F,85,8,gold,Genf
G,95,9,plus,Genf
H,80,10,gold,Basel
I,50,5,plus,Basel
J,48,4,plus,Basel
K,52,6,gold,Basel
L,47,5,plus,Bern
END
}

@test "silhouettes of levels are those of R" {
    mixed
    # cluster 2.1.4: silhouette() on daisy(metric = "gower"), on the count of levels that differ, and on squared distances of
    # z-scores plus half of that count; by cluster and over all.
    while read -r figures options; do
        till-cluster -k 3 $options --summary=summary mixed.csv > out 2> err
        [ "$(tail -n 3 summary | cut -d, -f5 | tr '\n' /)" = "${figures%/*}/" ]
        grep -q "silhouette ${figures##*/}" err
    done <<END
0.4828611964/0.404705127/0.4549484809/0.4475049348 --method=kmedoids --metric=gower
-0.04325396825/1/1/0.3044973545 --method=kmodes
0.8315133649/0.7820345079/0.8185060915/0.8106846548 --method=kprototypes
END
    # pam(daisy(x, "gower"), 3): rows 2, 5 and 9.
    till-cluster -q -k 3 --method=kmedoids --metric=gower --summary=summary mixed.csv > out
    [ "$(tail -n 3 summary | cut -d, -f6- | LC_ALL=C sort | tr '\n' ' ')" = '12,2,basic,Bern 50,5,plus,Basel 90,9,gold,Genf ' ]
}

@test "every method makes a table of criteria, with those that need no means" {
    mixed
    for method in kmodes kprototypes 'kmedoids --metric=gower'; do
        till-cluster --method=$method -k 1..4 mixed.csv > table 2> err
        head -n 1 table | grep -Eq '^k,(cost|deviation),silhouette,calinski_harabasz,davies_bouldin,gap,gap_std_error,bic,stability$'
        # Only means have sums of squares; of one cluster there is nothing to compare.
        [ "$(tail -n +3 table | grep -Ec '^[234],[0-9.]+,-?[0-9.]+,,[0-9.]+,,,,-?[0-9.]+$')" -eq 3 ]
        sed -n 2p table | grep -Eq '^1,[0-9.]+,,,,,,,$'
        till-cluster -q --method=$method -k 1..4 -j 3 mixed.csv | cmp - table
        run till-cluster --method=$method -k 2..3 --criterion=bic mixed.csv
        [ "$status" -eq 5 ]
        [[ "$output" == *'bic is not defined for any of these numbers of clusters'* ]]
    done
    till-cluster --method=kprototypes -k 2..4 mixed.csv 2>&1 > out | grep -q 'best k by silhouette 3, davies_bouldin 3'
    till-cluster -q --method=kprototypes -k 2..4 --criterion=silhouette mixed.csv > out
    [ "$(clusters < out)" = '1 1 1 1 3 3 3 3 2 2 2 2 ' ]
    # Davies-Bouldin by hand: medoids are 0 and 10, mean distances 1/3 and 4/5, and 10 lies between them.
    printf 'x\n0\n1\n0\n10\n11\n9\n10\n8\n' > line.csv
    [ "$(till-cluster -q --method=kmedoids --scale=none -k 2..3 --samples=0 line.csv | sed -n 2p | cut -d, -f2,5)" = 5,0.1133333333 ]
}

@test "yesterday's numbers stay with every method" {
    mixed
    { cat mixed.csv; for i in 1 2 3 4 5 6; do echo "N$i,8$i,9,gold,Genf"; done; } > tonight.csv
    for method in kmodes kprototypes 'kmedoids --metric=gower' 'kmedoids --metric=manhattan --ignore=plan,city'; do
        till-cluster -q --method=$method -k 3 --model-out=model mixed.csv > before
        # Six more of those that were the third or second cluster make it the largest; it keeps its number.
        till-cluster --previous=model --model-out=new tonight.csv > after 2> err
        head -n 13 after | clusters > kept
        clusters < before | cmp - kept
        [ "$(tail -n 6 after | awk -F, '{ print $(NF - 1) }' | sort -u)" = "$(awk -F, '$1 == "E" { print $(NF - 1) }' before)" ]
        grep -Eq "(cost|deviation) from yesterday's clusters .*, of a cold fit .*: .*; the first is written" err
        grep -Eq 'cold_(cost|deviation).*cold_gain' err
        till-assign -q --model=new tonight.csv | cmp - after
        till-cluster -q --previous=model -j 3 tonight.csv | cmp - after
    done
    run till-cluster --method=kmodes --previous=model tonight.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *'--method: the earlier model is of another method'* ]]
    run till-cluster --metric=gower --previous=model tonight.csv
    [ "$status" -eq 2 ]
    # A level that nobody has any more is no reason to fail.
    till-cluster -q --method=kmodes -k 3 --model-out=model mixed.csv > before
    sed 's/basic/start/; s/Bern/Thun/' mixed.csv > renamed.csv
    till-cluster -q --previous=model renamed.csv > after
    [ "$(wc -l < after)" -eq 13 ]
}

@test "centres of levels can be given" {
    mixed
    sed -n '1p; 2p; 6p; 10p' mixed.csv > start.csv
    for method in kmodes kprototypes 'kmedoids --metric=gower'; do
        till-cluster -q --method=$method -k 3 --start=start.csv --model-out=model mixed.csv > out
        [ "$(till-assign -q --model=model start.csv | clusters | tr ' ' '\n' | sort -u | grep -c .)" -eq 3 ]
        # Without a header, columns are the features in their order.
        tail -n 3 start.csv | { [ "$method" = kmodes ] && cut -d, -f4- || cut -d, -f2-; } > headless.csv
        till-cluster -q --method=$method -k 3 --start=headless.csv mixed.csv | cmp - out
    done
    # Worked by hand from basic Bern, gold Genf and plus Basel: a tie goes to the lower number.
    [ "$(till-cluster -q --method=kmodes -k 3 --start=start.csv mixed.csv | clusters)" = '1 1 1 1 2 2 2 2 3 3 2 1 ' ]
    run till-cluster --method=kmodes -k 2 --start=start.csv mixed.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'start.csv: 3 rows, for 2 clusters'* ]]
}

@test "what a method does not take is refused" {
    till-cluster -q --method=kmodes -k 2 --features=name,score --model-out=model six.csv > out
    for options in '--categorical=name' '--method=kmedoids --categorical=name' '-k 3 --previous=model' \
        '--previous=model --features=name' '--previous=model --gamma=2' '--previous=model --categorical=name' \
        '--metric=gower' '--gamma=2' '--method=kmodes --gamma=2' '--method=kmodes --algorithm=lloyd' \
        '--method=kprototypes --start=random'; do
        run till-cluster -k 2 $options six.csv
        [ "$status" -eq 2 ]
    done
}

@test "columns are chosen, or left out: the tools that can do either refuse both, in the same words" {
    for tool in 'till-cluster -k 2' 'till-profile --group=score' 'till-train --target=score --positive=1'; do
        run -2 $tool --features=recency --ignore=name six.csv
        [ "$output" = "${tool%% *}: --ignore: give one of --features and --ignore (see ${tool%% *} --help)" ]
    done
}
