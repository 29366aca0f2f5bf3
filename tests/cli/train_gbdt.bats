#!/usr/bin/env bats
# till-train --method=gbdt: how well it predicts, the same bytes however it is run, and what a user does wrong.
bats_require_minimum_version 1.5.0
load ../support/shared

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    SAMPLES="$BATS_TEST_DIRNAME/../../data-samples"
    cd "$BATS_TEST_TMPDIR"
}

boost() { till-train -q --method=gbdt "$@"; }

# Rows with a rule in them: numbers with gaps, levels, and an answer that depends on both.
rows() {
    awk -v n="$1" 'BEGIN { srand(5); print "id,a,b,plan,y"
        for (i = 0; i < n; i++) { a = rand() < .1 ? "" : int(rand() * 100); b = int(rand() * 50); g = "p" int(rand() * 6)
            z = (a == "" ? 1 : a > 60 ? 2 : -1) + (g == "p1" || g == "p4" ? 1.5 : -1) + (b > 25 && a < 30)
            print i "," a "," b "," (rand() < .05 ? "" : g) "," (rand() < 1 / (1 + exp(-z))) } }' > rows.csv
}

@test "by its defaults it is better on Telco than a logistic regression, in the given folds" {
    data golden/churn/telco_X.csv.gz
    boost --target=y --fold=fold --meta=meta "$file" > out
    # The bars: the best of LightGBM and scikit-learn are .8488 and .4119, the logistic regression .8462 and .4164.
    jq -e '.figures.auc >= 0.847 and .figures.log_loss <= 0.413' meta
}

@test "any number of threads gives the same bytes, with wide vectors and without" {
    rows 3000
    boost --target=y --ignore=id --folds=3 --row-fraction=0.8 --column-fraction=0.7 --model-out=model --scores=scores -j 1 rows.csv > out
    for threads in 2 3 7; do
        boost --target=y --ignore=id --folds=3 --row-fraction=0.8 --column-fraction=0.7 --model-out=other --scores=scores2 -j $threads rows.csv | cmp - out
        cmp other model
        cmp scores2 scores
    done
    head -n 1000 rows.csv > one.csv
    { head -n 1 rows.csv; tail -n +1001 rows.csv; } > two.csv
    TILL_NO_SIMD=1 boost --target=y --ignore=id --folds=3 --row-fraction=0.8 --column-fraction=0.7 --model-out=other one.csv two.csv | cmp - out
    cmp other model
    boost --target=y --ignore=id --folds=3 --row-fraction=0.8 --column-fraction=0.7 --model-out=other --seed=2 rows.csv > out2
    run ! cmp -s other model
}

@test "missing values and levels never seen are predicted, and named" {
    rows 2000
    boost --target=y --ignore=id --model-out=model rows.csv > out
    till-predict -q --model=model --reasons=3 rows.csv > scored.csv
    awk -F, 'NR > 1 { n++; bad += !($6 > 0 && $6 < 1) } END { exit !(n == 2000 && bad == 0) }' scored.csv
    printf '%s\n' plan,b,a p1,10,70 p9,10,70 ,10,70 p1,10, > today.csv # columns in another order
    run -0 --separate-stderr till-predict --model=model --reasons=1 today.csv
    [[ $stderr == *'plan: 1 rows have levels that training never saw ("p9"), taken as missing'* ]]
    [ "$(cut -d, -f4 <<< "${lines[2]}")" = "$(cut -d, -f4 <<< "${lines[3]}")" ]
    [ "$(cut -d, -f4 <<< "${lines[1]}")" != "$(cut -d, -f4 <<< "${lines[2]}")" ]
    printf '%s\n' plan,a p1,70 > less.csv
    run -3 --separate-stderr till-predict --model=model less.csv
    [[ $stderr == *'"b"'* ]]
    head -c $(($(wc -c < model) / 2)) model > half
    run -6 till-predict --model=half today.csv
}

@test "one class, three classes, rows alike, and more columns than rows" {
    printf '%s\n' x,y 1,1 2,1 3,1 > bad.csv
    run -5 --separate-stderr till-train --method=gbdt --target=y bad.csv
    [[ $stderr == *'the target y is "1" in all rows'* ]]
    printf '%s\n' x,y 1,a 2,b 3,c > bad.csv
    run -3 till-train --method=gbdt --target=y bad.csv
    printf '%s\n' a,b,y 1,u,0 1,u,1 1,u,0 > alike.csv
    run -0 --separate-stderr till-train --method=gbdt --target=y --model-out=model alike.csv
    [[ $stderr == *'no tree is better for rows held out'* ]]
    till-predict -q --model=model alike.csv > scored.csv
    [ "$(cut -d, -f4 scored.csv | sort -u | head -n 1)" = 0.3333333333 ]
    boost --target=y --trees=3 --model-out=model alike.csv > out
    awk 'BEGIN { for (i = 1; i <= 10000; i++) printf "x%d,", i; print "y"
        for (r = 0; r < 40; r++) { for (i = 1; i <= 10000; i++) printf "%d,", (r * i) % 7; print r % 2 } }' > wide.csv
    boost --target=y --trees=5 wide.csv > out
    [ "$(wc -l < out)" -eq 10001 ]
}

# The scores were computed from the nodes in the file by another program: probabilities by their definition, reasons as
# Shapley values over all sets of columns.
@test "a model of yesterday gives the probabilities and reasons that its nodes mean" {
    golden="$BATS_TEST_DIRNAME/../golden"
    till-predict -q --model="$golden/gbdt-model.json" --reasons=4 "$golden/gbdt-rows.csv" | cut -d, -f1,6- |
        diff - "$golden/gbdt-scores.csv"
    till-predict -q -j 1 --model="$golden/gbdt-model.json" --reasons=4 \
        <(awk -F, -v OFS=, '{ print $4, $5, $1, $3, $2 }' "$golden/gbdt-rows.csv") | cut -d, -f3,6- | diff - "$golden/gbdt-scores.csv"
}

# 50 rows of each class on either side of one cut: a leaf has a gradient of 25 and a curvature of 12.5, so that its step is
# 25 / (12.5 + l2). Gradients are rounded to 1/4095.
@test "a step is the learning rate times what the penalty leaves" {
    awk 'BEGIN { print "x,y"; for (i = 1; i <= 100; i++) print i "," (i > 50) }' > cut.csv
    while read -r rate l2 wanted; do
        boost --target=y --trees=1 --leaves=2 --min-leaf=1 --row-fraction=1 --column-fraction=1 \
            --learning-rate=$rate --l2=$l2 --model-out=model cut.csv > out
        till-predict -q --model=model cut.csv | awk -F, -v p="$wanted" \
            'NR > 1 { d = $3 - ($1 > 50 ? p : 1 - p); n += d < 2e-5 && d > -2e-5 } END { exit n != 100 }'
    done <<END
0.1 0 0.549833997
0.1 12.5 0.524979187
0.5 0 0.731058579
END
}

@test "what is not given follows from the number of rows, as --help says" {
    while read -r n options; do
        rows $n
        boost --target=y --ignore=id --trees=3 --model-out=model rows.csv > out
        # shellcheck disable=SC2086 # the options are words
        boost --target=y --ignore=id --trees=3 $options --bins=255 --l2=1 --model-out=other rows.csv > out2
        cmp out out2
        diff <(jq 'del(.options)' model) <(jq 'del(.options)' other)
    done <<END
90 --leaves=4 --learning-rate=0.05 --min-leaf=5 --row-fraction=0.7 --column-fraction=0.5
1500 --learning-rate=0.05 --min-leaf=20 --row-fraction=0.7 --column-fraction=0.5
20000 --learning-rate=0.1 --min-leaf=20 --row-fraction=1 --column-fraction=1
END
}

@test "two bins are one cut, however many trees" {
    awk 'BEGIN { print "x,y"; for (i = 1; i <= 200; i++) print i "," (i % 50 > 24) }' > waves.csv
    for bins in 2 255; do
        boost --target=y --trees=50 --leaves=4 --min-leaf=1 --bins=$bins --model-out=model waves.csv > out
        till-predict -q --model=model waves.csv | cut -d, -f3 | sort -u | grep -c '^0' > probabilities.$bins
    done
    [ "$(cat probabilities.2)" -le 2 ]
    [ "$(cat probabilities.255)" -gt 4 ]
}

@test "positives that count more, and weights, leave a probability one" {
    rows 4000
    for options in "" "--positive-weight=5" "--weight=w"; do
        awk -F, '{ print $0 "," (NR == 1 ? "w" : 1 + NR % 3) }' rows.csv > weighed.csv
        boost --target=y --ignore=id,w $options --model-out=model weighed.csv > out
        till-predict -q --model=model weighed.csv |
            awk -F, 'NR > 1 { y += $5; p += $NF } END { d = (p - y) / NR; print d; exit !(d < .015 && d > -.015) }'
    done
}
