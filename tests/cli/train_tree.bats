#!/usr/bin/env bats
# till-train --method=tree: against scikit-learn 1.2.1 and rpart 4.1.19 on Telco, sqlite3 on the rules, and what a user does wrong.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/near.bash"
    cd "$BATS_TEST_TMPDIR"
}

data() {
    [ -e "$SHARED/$1" ] || skip "no $1: set TILL_SHARED to where the shared data lie"
    file="$SHARED/$1"
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
