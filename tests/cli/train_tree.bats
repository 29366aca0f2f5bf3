#!/usr/bin/env bats
# till-train --method=tree: against scikit-learn 1.2.1 and rpart 4.1.19 on Telco, sqlite3 on the rules, and what a user does wrong.
bats_require_minimum_version 1.5.0
load ../support/shared

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/near.bash"
    cd "$BATS_TEST_TMPDIR"
}

tree() { till-train -q --method=tree "$@"; }

@test "a tree of depth 3 on Telco equals scikit-learn's, with its reasons" {
    data golden/churn/telco_X.csv.gz
    tree --target=y --ignore=fold --cp=0 --max-depth=3 --min-leaf=50 --model-out=model "$file" > rules
    sed 1d rules | sed -E 's/^IF (.*) THEN P\(y = 1\) = [0-9.]+,([0-9]+,[0-9]+),.*/\1,\2/' > leaves
    diff leaves - <<END
tenure <= 16.5 AND InternetService=Fiber optic > 0.5 AND TotalCharges <= 120,238,206
tenure <= 16.5 AND InternetService=Fiber optic > 0.5 AND TotalCharges > 120,850,534
tenure <= 5.5 AND InternetService=Fiber optic <= 0.5,795,313
tenure > 16.5 AND tenure <= 50.5 AND InternetService=Fiber optic > 0.5,1062,406
tenure > 5.5 AND tenure <= 16.5 AND InternetService=Fiber optic <= 0.5,667,111
tenure > 50.5 AND InternetService=Fiber optic > 0.5,946,151
tenure > 16.5 AND InternetService=Fiber optic <= 0.5 AND Contract=Two year <= 0.5,1317,131
tenure > 16.5 AND InternetService=Fiber optic <= 0.5 AND Contract=Two year > 0.5,1168,17
END
    # TreeSHAP by brute force over the four columns; the base is .2653698707936959.
    till-predict -q --model=model --reasons=5 "$file" | sed -n 's/.*,\(0\.[0-9]*,.*\)/\1/p' | head -n 2 > scored
    diff scored - <<END
0.3937106918,tenure=1 (+0.2482),InternetService=Fiber optic=0 (-0.1515),TotalCharges=29.85 (+0.0227),Contract=Two year=0 (+0.0089),
0.09946848899,InternetService=Fiber optic=0 (-0.1241),tenure=34 (-0.0650),Contract=Two year=0 (+0.0259),TotalCharges=1889.5 (-0.0027),
END
}

@test "cross-validation of a tree in the given folds equals scikit-learn" {
    data golden/churn/telco_X.csv.gz
    tree --target=y --fold=fold --cp=0 --max-depth=5 --min-leaf=50 --scores=scores "$file" > rules
    till-evaluate -q --target=target scores > metrics
    near metrics auc value 0.826748 5e-7
    near metrics average_precision value 0.62487 5e-6
    near metrics log_loss value 0.439102 5e-7
    near metrics brier value 0.141305 5e-7
    near metrics lift_10 value 2.7503 5e-5
    near metrics lift_20 value 2.4308 5e-5
    near metrics ks value 0.50004 5e-6
    till-evaluate -q --target=target --profit scores > profit
    near profit profit_by_customer value 9.86000284 1e-8
    near profit asked_share value .53144967 1e-8
}

@test "cut back by misclassified rows, it is rpart's tree" {
    data golden/churn/telco_X.csv.gz
    tree --target=y --ignore=fold --risk=error --cp=0.005 --max-depth=5 --min-leaf=50 "$file" > rules
    # The rows of each leaf, and those on its losing side.
    [ "$(awk -F, 'NR > 1 { n = $(NF - 3); k = $(NF - 2); print n "/" (k > n - k ? n - k : k) }' rules | sort | tr '\n' ' ')" = \
        "1088/348 321/77 386/176 4493/705 667/111 88/26 " ]
}

@test "the raw Telco file, with its categories, gives the leaves of rpart with factors" {
    data data/churn/Telco-Customer-Churn.csv.gz
    tree --target=Churn --positive=Yes --ignore=customerID,TotalCharges --cp=0.004 "$file" > rules
    # rpart(method = "anova", cp = 0.004, minsplit = 20, minbucket = 7, maxdepth = 12): rows and positives of each leaf.
    [ "$(awk -F, 'NR > 1 { print $(NF - 3) "/" $(NF - 2) }' rules | LC_ALL=C sort | tr '\n' ' ')" = \
        "1004/183 235/203 2390/95 370/108 373/202 494/157 598/288 778/119 801/514 " ]
    grep -q "^IF Contract = 'Month-to-month' AND InternetService = 'Fiber optic' AND tenure > 15.5 AND " rules
    grep -q "^IF Contract <> 'Month-to-month' AND MonthlyCharges <= 93.675 THEN P(Churn = Yes) = 0.03975,2390,95," rules
}

@test "columns of categories are split into sets of levels" {
    awk 'BEGIN { print "plan,months,churned"
        for (i = 0; i < 400; i++) { p = "abcdefgh"; l = substr(p, i % 8 + 1, 1)
            print l "," i % 13 "," (index("bdg", l) ? (i % 10 != 0) : (i % 10 == 0)) } }' > rows.csv
    tree --max-depth=1 rows.csv > rules
    grep -q "^\"IF plan IN ('b', 'd', 'g') THEN" rules
    grep -q "plan NOT IN ('b', 'd', 'g')" rules
}

@test "the SQL of the rules gives what till-predict gives, also for missing values and new levels" {
    command -v sqlite3 > /dev/null || skip "sqlite3 is not installed"
    awk 'BEGIN { srand(5); print "my \"plan\",o_x,churned"
        for (i = 0; i < 900; i++) { l = rand(); x = rand()
            plan = l < .1 ? "" : l < .4 ? "it'\''s" : l < .6 ? "b" : l < .8 ? "c" : "d d"
            print plan "," (x < .1 ? "" : x) "," (rand() < (plan == "b" ? .8 : plan == "" ? .6 : .2) * (x < .1 ? .2 : x > .5 ? 1.2 : .7)) } }' |
        sed '1s/.*/"my ""plan""",o_x,churned/' > rows.csv
    tree --sql --prune-se=0 --risk=gini --cp=0.002 --model-out=model rows.csv > case.sql
    [ "$(grep -c WHEN case.sql)" -gt 5 ]
    { cat rows.csv; echo new,0.3,0; echo new,,0; } > today.csv
    till-predict -q --model=model today.csv | awk -F, 'NR > 1 { print $NF }' > wanted
    sqlite3 > got <<END
CREATE TABLE t ("my ""plan""" TEXT, o_x REAL, churned INTEGER);
.mode csv
.import --skip 1 today.csv t
UPDATE t SET "my ""plan""" = NULL WHERE "my ""plan""" = '';
UPDATE t SET o_x = NULL WHERE o_x = '';
SELECT printf('%.10g', $(cat case.sql)) FROM t ORDER BY rowid;
END
    tr -d '\r' < got | diff - wanted
}

@test "the kept model gives scikit-learn's scores, and so does a tree grown today" {
    # scikit-learn 1.2.1: DecisionTreeClassifier(max_depth=3, min_samples_leaf=10) on these rows, made of data-samples/sales.csv.
    golden="$BATS_TEST_DIRNAME/../golden"
    till-predict -q --model="$golden/tree-model.json" "$golden/tree-rows.csv" | awk -F, '{ print $1 "," $NF }' |
        diff - "$golden/tree-scores.csv"
    tree --cp=0 --max-depth=3 --min-leaf=10 --model-out=model "$golden/tree-rows.csv" > rules
    till-predict -q --model=model "$golden/tree-rows.csv" | awk -F, '{ print $1 "," $NF }' | diff - "$golden/tree-scores.csv"
    # Columns are found by name, wherever they stand.
    awk -F, -v OFS=, '{ for (i = NF; i > 1; i--) printf "%s,", $i; print $1 }' "$golden/tree-rows.csv" > other.csv
    till-predict -q --model=model other.csv | awk -F, '{ print $(NF - 1) "," $NF }' | diff - "$golden/tree-scores.csv"
}

@test "features of the sample shop, with missing values, in folds that keep customers together" {
    till-features -q --cutoff=2024-03-31,2024-09-30 --horizon=90d "$BATS_TEST_DIRNAME/../../data-samples/sales.csv" > rows.csv
    tree --folds=5 --scores=scores --cp-table=costs --model-out=one --meta=meta rows.csv > rules
    [ "$(awk -F, 'NR > 1 { c += $(NF - 3); p += $(NF - 2) } END { print c, p }' rules)" = \
        "$(awk -F, 'NR > 1 { c++; p += $3 } END { print c, p }' rows.csv)" ]
    [ "$(awk -F, '$6 == 1' costs | wc -l)" -eq 1 ]
    [ "$(awk -F, '$6 == 1 { print $2 + 1 }' costs)" -eq "$(($(wc -l < rules) - 1))" ]
    # A row is scored by trees that saw no other row of its customer, neither to grow nor to be cut back.
    paste -d, <(cut -d, -f1 rows.csv) scores | awk -F, 'NR > 1 { if (($1 in fold) && fold[$1] != $3) exit 1; fold[$1] = $3 }'
    jq -e '.figures.auc > 0.6 and .figures.cv_error < 1' meta
    for threads in 1 2 3 7; do
        tree -j "$threads" --folds=5 --scores="scores$threads" --model-out="model$threads" rows.csv | cmp - rules
        cmp "scores$threads" scores
        cmp "model$threads" one
    done
    TILL_NO_SIMD=1 tree rows.csv | cmp - rules
    head -n 100 rows.csv > first.csv
    { head -n 1 rows.csv; tail -n +101 rows.csv; } | gzip > second.csv.gz
    tree --model-out=cut first.csv second.csv.gz | cmp - rules
    cmp cut one
    till-predict -q --model=one --reasons=3 rows.csv | head -n 1 | grep -q 'probability,reason1,reason2,reason3$'
}

@test "weights are repeated rows, and positives that count more stay probabilities" {
    awk 'BEGIN { srand(7); print "a,g,w,churned"
        for (i = 0; i < 200; i++) print int(rand() * 40) "," substr("uvw", 1 + i % 3, 1) "," i % 3 "," (rand() < (i % 3 ? .3 : .6)) }' > rows.csv
    awk -F, 'NR == 1 || $3 >= 1; NR > 1 && $3 == 2' rows.csv > repeated.csv
    tree --cp=0.01 --min-leaf=1 --min-split=2 --max-depth=4 --weight=w --features=a,g rows.csv | cut -d, -f-1,4- > weighed
    tree --cp=0.01 --min-leaf=1 --min-split=2 --max-depth=4 --features=a,g repeated.csv | cut -d, -f-1,4- > plain
    awk '{ sub(/,[0-9]+,[0-9]+,/, ",") } 1' weighed > a
    awk '{ sub(/,[0-9]+,[0-9]+,/, ",") } 1' plain > b
    [ "$(cut -d' ' -f1-7 a | sort)" = "$(cut -d' ' -f1-7 b | sort)" ]
    tree --cp=0.02 --positive-weight=4 --model-out=model repeated.csv > rules
    awk -F, 'NR > 1 && ($(NF - 1) - $(NF - 2) / $(NF - 3)) ^ 2 > 1e-18 { exit 1 }' rules
}

@test "missing values go their own way, also where training had none; new levels are named" {
    awk 'BEGIN { print "a,g,churned"; for (i = 0; i < 90; i++) print (i % 3 ? i : "") "," (i % 2 ? "u" : "v") "," (i % 3 ? i % 9 == 4 : i % 9 != 0) }' > rows.csv
    tree --model-out=model rows.csv > rules
    grep -q '^IF a IS MISSING THEN P(churned = 1) = 0.6667,30,20,' rules
    printf '%s\n' a,g ,u 5,u 5,new 1e300, > today.csv
    run -0 --separate-stderr till-predict --model=model today.csv
    [[ $stderr == *'g: 1 rows have levels that training never saw ("new"), taken as missing'* ]]
    [ "$(cut -d, -f3 <<< "$output" | tr '\n' ' ')" = "probability 0.6666666667 0.1666666667 0.1666666667 0.1666666667 " ]
    run -1 till-predict --fail-if='unseen_levels>0' --model=model -o scored.csv today.csv
    [ ! -e scored.csv ]
}

@test "what a user does wrong is told" {
    printf '%s\n' a,g,churned 1,x,1 2,x,1 3,y,1 > rows.csv
    run -5 --separate-stderr till-train --method=tree rows.csv
    [[ $stderr == *'the target churned is "1" in all rows'* ]]
    printf '%s\n' a,churned 1,1 2,0 3,2 > rows.csv
    run -3 till-train --method=tree rows.csv
    printf '%s\n' a,churned 1,1 2, 3,0 > rows.csv
    run -3 --separate-stderr till-train --method=tree rows.csv
    [[ $stderr == *"rows.csv:3:3: target: "* ]]
    echo a,churned > rows.csv
    run -5 till-train --method=tree rows.csv
    printf '%s\n' a,w,churned 1,1,0 2,0,1 3,1,0 > rows.csv # nothing weighs on one side
    run -5 --separate-stderr till-train --method=tree --weight=w rows.csv
    [[ $stderr == *"all rows that have a weight are of one class"* ]]
    printf '%s\n' a,w,churned 1,0,0 2,0,1 3,0,0 > rows.csv
    run -5 till-train --method=tree --weight=w rows.csv
    printf '%s\n' a,churned 1,0 2,1 > rows.csv
    run -5 --separate-stderr till-train --method=tree rows.csv
    [[ $stderr == *"cross-validation needs rows in two folds or more (--cp does without it)"* ]]
    printf '%s\n' a,g,churned 1,x,1 1,x,0 1,x,1 1,x,0 > rows.csv # all rows alike
    run -0 --separate-stderr till-train --method=tree --min-split=2 --min-leaf=1 --model-out=model rows.csv
    [ "${lines[1]}" = "IF TRUE THEN P(churned = 1) = 0.5,4,2,0.5,1" ]
    [[ $stderr == *"no split is worth its cost"* ]]
    [ "$(till-predict -q --model=model rows.csv | sed -n 2p)" = "1,x,1,0.5" ]
    [ "$(till-train -q --method=tree --sql rows.csv 2> /dev/null | tr '\n' ' ')" = "CASE     WHEN 1 = 1 THEN 0.5 END " ]
    run -2 --separate-stderr till-train --method=tree --ridge=1 rows.csv
    [[ $stderr == *"--ridge: this is for --method=logistic"* ]]
    run -2 till-train --method=tree --impute rows.csv
    run -2 till-train --sql rows.csv
    run -2 till-train --method=tree --leaves=4 rows.csv
    run -2 till-train --method=tree --sql --folds=2 --calibrate=platt --model-out=model rows.csv
    run -2 till-train --method=tree --cp=-1 rows.csv
    run -2 till-train --method=tree --cp=x rows.csv
    run -2 till-train --method=tree --max-depth=65 rows.csv
    awk 'BEGIN { print "id,churned"; for (i = 0; i < 1200; i++) print "c" i "," i % 2 }' > ids.csv
    run -3 --separate-stderr till-train --method=tree ids.csv
    [[ $stderr == *"column \"id\" has 1200 levels (at most 1000): is it an id?"* ]]
}

@test "rare positives: misclassified rows see no use in a split, and the warning says so" {
    awk 'BEGIN { print "a,churned"; for (i = 0; i < 4000; i++) print i % 20 "," (i % 20 < 4 && i % 3 == 0) }' > rows.csv
    run -0 --separate-stderr till-train --method=tree --risk=error rows.csv
    [ "${#lines[@]}" -eq 2 ]
    [[ $stderr == *"(--risk=gini)"* ]]
    tree rows.csv > rules
    [ "$(wc -l < rules)" -eq 3 ]
}

@test "half a model, a changed one, and rows without its columns are refused" {
    awk 'BEGIN { print "a,g,churned"; for (i = 0; i < 90; i++) print i "," (i % 2 ? "u" : "v") "," (i > 40) }' > rows.csv
    tree --cp=0 --model-out=model rows.csv > rules
    head -c 700 model > half
    run -6 till-predict --model=half rows.csv
    sed 's/"tree"/"treee"/' model > changed
    run -6 till-predict --model=changed rows.csv
    cut -d, -f2- rows.csv > less.csv
    run -3 --separate-stderr till-predict --model=model less.csv
    [[ $stderr == *'"a"'* ]]
}

@test "10,000 columns" {
    awk 'BEGIN { for (i = 1; i <= 10000; i++) printf "x%d,", i; print "churned"
        for (r = 0; r < 60; r++) { for (i = 1; i <= 10000; i++) printf "%d,", i == 7000 ? r : (r * i) % 7; print (r > 29) } }' > wide.csv
    tree --cp=0 --model-out=model wide.csv > rules
    [ "$(sed -n 2p rules)" = "IF x7000 > 29.5 THEN P(churned = 1) = 1,30,30,1,2" ]
    [ "$(till-predict -q --model=model --reasons=2 wide.csv | tail -n 1 | sed 's/.*,1,1,/1,/')" = "1,x7000=59 (+0.5000)," ]
}
