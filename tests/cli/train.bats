#!/usr/bin/env bats
# till-train, till-predict, till-evaluate: against R 4.2.2 (glm with epsilon 1e-14, glmnet 4.1-6, sandwich, glm for Platt),
# scikit-learn 1.2.1, and what a user does wrong.
bats_require_minimum_version 1.5.0
load ../support/shared

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    . "$BATS_TEST_DIRNAME/../support/near.bash"
    cd "$BATS_TEST_TMPDIR"
}

@test "the examples of the pages print what they say" {
    for page in train predict evaluate; do
        mkdir "$page"
        (cd "$page" && run_examples "$BATS_TEST_DIRNAME/../../man/till-$page.1")
    done
}

# As in Telco's TotalCharges, where a blank stands for customers who have not paid yet.
@test "a text among numbers is an error that shows it, instead of a level for each number" {
    { echo customer,churned,paid,size
      for i in {1..40}; do echo "K$i,$((i % 2)),$((i * 7 % 13)).5,$((i % 5))"; done; } | sed '7s/,[0-9]*\.5,/, ,/' > rows.csv
    for method in logistic tree gbdt; do
        run -3 till-train --method=$method rows.csv
        [ "$output" = 'till-train: paid: row 6: not a number: " ", but 39 of the first 40 values are (--null=" " if it means missing, --categorical if all are levels)' ]
    done
    # However the rows are cut into files.
    { head -n 1 rows.csv; tail -n +3 rows.csv; } > rest.csv
    head -n 2 rows.csv > first.csv
    run -3 till-train first.csv rest.csv
    [[ $output == *'paid: row 6: not a number: " ", but 39 of'* ]]
    till-train -q --null=' ' --impute rows.csv | grep -q ^paid,
    till-train -q --categorical=paid --ridge=1 rows.csv | grep -q ^paid=5.5,
    till-train -q --ignore=paid rows.csv | grep -q ^size,
    # One of nine is no hint, and neither is a column of which half are texts.
    head -n 10 rows.csv > few.csv
    till-train -q --ridge=1 few.csv | grep -q ^paid=
}

@test "unpenalised logistic regression on Telco equals glm" {
    data golden/churn/telco_X.csv.gz
    till-train -q --target=y --ignore=fold --meta=meta "$file" > out
    while IFS=: read -r term estimate error z p; do
        near out "$term" estimate "$estimate" 1e-9
        near out "$term" std_error "$error" 1e-8
        near out "$term" z "$z" 1e-6
        near out "$term" p_value "$p" 1e-6
    done <<END
(intercept):1.1669572327:0.8147569504:1.432276:0.152065
SeniorCitizen:0.2156083535:0.0845220639:2.550912:0.0107441
tenure:-0.0603150891:0.0062342739:-9.674758:3.86005e-22
MonthlyCharges:-0.0405343577:0.0317327696:-1.277366:0.201473
TotalCharges:0.0003283216:0.0000706828:4.644998:3.4008e-06
PhoneService:0.1778701631:0.6480390929:0.274474:0.78372
StreamingTV:0.5911249264:0.3261413245:1.812481:0.0699119
InternetService=Fiber optic:1.7523517372:0.7975884582:2.197063:0.028016
InternetService=No:-1.7936569441:0.8066509923:-2.223585:0.0261764
Contract=Two year:-1.3802545655:0.1758526459:-7.848927:4.19612e-15
PaymentMethod=Electronic check:0.3051753164:0.0944885176:3.229761:0.00123894
PaymentMethod=Mailed check:-0.0579297012:0.1148802470:-0.504262:0.614078
END
    [[ "$(grep '^tenure,' out | cut -d, -f5)" == 3.8600*e-22 ]]
    near out "InternetService=Fiber optic" odds_ratio 5.768152 1e-6
    near out "InternetService=Fiber optic" lower 1.208170 1e-6
    near out "InternetService=Fiber optic" upper 27.538813 1e-6
    near_figure meta deviance 5828.2843097820 1e-9
    near_figure meta null_deviance 8150.1458990196 1e-9
    near_figure meta log_likelihood -2914.1421548910 1e-9
    near_figure meta aic 5876.2843097820 1e-9
}

@test "the raw Telco file, with its texts, gives the same model" {
    data data/churn/Telco-Customer-Churn.csv.gz
    # 11 rows have a blank for TotalCharges (tenure 0): taken as 0, as in the prepared file.
    zcat "$file" | sed 's/, ,/,0,/' > telco.csv
    till-train -q --target=Churn --positive=Yes --features=SeniorCitizen,tenure,MonthlyCharges,gender,Contract telco.csv > raw
    data golden/churn/telco_X.csv.gz
    till-train -q --target=y --features="SeniorCitizen,tenure,MonthlyCharges,gender,Contract=One year,Contract=Two year" "$file" > out
    for term in gender=Male Contract=One\ year Contract=Two\ year tenure; do
        wanted=$(grep "^${term%=Male}," out)
        near raw "$term" estimate "$(echo "$wanted" | cut -d, -f2)" 1e-9
        near raw "$term" std_error "$(echo "$wanted" | cut -d, -f3)" 1e-9
    done
}

# Asked down to 0.6: two who leave bring 0.5 (100 - 20) - 2 = 38 each, the one who would have stayed costs 20 + 2.
@test "what an offer brings, by its costs; the probability under any name" {
    printf 'customer,left,p\nA,yes,.9\nB,no,.8\nC,yes,.6\nD,no,.3\n' > p.csv
    till-evaluate -q --target=left --positive=yes --probability=p --profit --value=100 --offer=20 --contact=2 --accept=0.5 p.csv |
        diff - <(printf '%s\n' metric,value threshold,0.6 asked,3 asked_share,0.75 profit,54 profit_by_customer,13.5)
    run -5 till-evaluate --target=left --probability=p p.csv
    [ "$output" = 'till-evaluate: left is never "1" (--positive names the value that is meant)' ]
    run -3 till-evaluate --target=left p.csv
    [[ $output == *'no column "probability"; the columns are "customer", "left", "p"'* ]]
}

@test "cross-validation in the given folds equals scikit-learn and an exact Newton" {
    data golden/churn/telco_X.csv.gz
    till-train -q --target=y --fold=fold --scores=scores --meta=meta "$file" > out
    near_figure meta auc .84622411 1e-8
    near_figure meta log_loss .4163821445 1e-9
    near_figure meta brier .1350689654 1e-9
    till-evaluate -q --target=target scores > metrics
    near metrics average_precision value 0.65558 5e-6
    near metrics lift_10 value 2.8757 5e-5
    near metrics lift_20 value 2.5621 5e-5
    near metrics ks value 0.53706 5e-6
    # Folds given out in turn within each class are the same ones.
    till-train -q --target=y --ignore=fold --folds=5 --meta=meta "$file" > out
    near_figure meta log_loss .4163821445 1e-9
    # C = 1 over four fifths of the rows.
    till-train -q --target=y --fold=fold --ridge=1.7748119e-4 --scores=scores "$file" > out
    till-evaluate -q --target=target scores > metrics
    near metrics auc value .84611243 1e-6
    near metrics log_loss value .4164190508 1e-7
    near metrics brier value .1351093074 1e-7
    near metrics calibration_error value .01178456 1e-6
    till-evaluate -q --target=target --profit scores > profit
    near profit asked value 3830 0
    near profit profit_by_customer value 10.22831180 1e-7
    near profit threshold value .16082955 1e-6
    # The curve has its highest point there.
    till-evaluate -q --target=target --curve=profit scores > curve
    [ "$(head -n 1 curve)" = threshold,asked,asked_share,profit ]
    [ "$(sed -n 2p curve)" = ,0,0,0 ]
    sort -t, -k4,4gr curve | head -n 1 | cut -d, -f1,2 > top
    [ "$(cat top)" = "$(grep '^threshold' profit | cut -d, -f2),3830" ]
    till-evaluate -q --target=target --curve=gains scores > gains
    [ "$(cut -d, -f2 gains | tail -n +2 | tr '\n' ' ')" = "704 705 704 704 705 704 704 704 705 704 " ]
}

@test "ridge, elastic net and lasso on Telco equal glmnet and scikit-learn" {
    data golden/churn/telco_X.csv.gz
    run_fit() { till-train -q --target=y --ignore=fold "$@" "$file" > out; }
    run_fit --ridge=0.01
    near out tenure estimate -0.0281414 1e-6
    near out "InternetService=Fiber optic" estimate 0.6933302 1e-6
    run_fit --ridge=0.001
    near out "Contract=Two year" estimate -1.3410223 1e-6
    run_fit --ridge=0.005 --lasso=0.005 --meta=meta
    near out "(intercept)" estimate -0.4433149 1e-6
    near out "InternetService=Fiber optic" estimate 0.8330213 1e-6
    near out MonthlyCharges estimate 0 0
    near_figure meta terms 16 0
    run_fit --ridge=0.0005 --lasso=0.0005 --meta=meta
    near out "InternetService=No" estimate -0.7758045 1e-6
    near_figure meta terms 21 0
    run_fit --lasso=0.01 --meta=meta
    near out "Contract=Two year" estimate -0.9491146 1e-6
    near_figure meta terms 15 0
    run_fit --lasso=0.001 --meta=meta
    near out "(intercept)" estimate -0.0704343 2e-6
    near out PhoneService estimate -0.5319942 2e-6
    near_figure meta terms 21 0
    [ "$(awk -F, 'NR == 2 { print $3 $4 $5 }' out)" = "" ] # no errors of penalised estimates
    # scikit-learn's C = 1: the first row's contributions.
    run_fit --ridge=1.41984949595343e-4 --model-out=model
    till-predict -q --model=model --reasons=4 "$file" | head -n 2 > scored
    grep -q ',tenure=1 (+1.8242),TotalCharges=29.85 (-0.6835),MonthlyCharges=29.85 (+0.5035),InternetService=Fiber optic=0 (-0.4877)$' scored
}

@test "sandwich errors by key and by weights, and corrected positives, equal R" {
    data golden/churn/telco_X.csv.gz
    zcat "$file" | awk -F, -v OFS=, 'NR == 1 { print $0, "g", "w"; next } { print $0, "k" NR % 500, 1 + NR % 3 }' > rows.csv
    columns="tenure,MonthlyCharges,Contract=Two year,SeniorCitizen"
    till-train -q --target=y --features="$columns" --key=g rows.csv > out # vcovCL(type = "HC0")
    near out "(intercept)" std_error 0.0835595093417 1e-9
    near out tenure std_error 0.00183209528643 1e-9
    near out "Contract=Two year" std_error 0.160176752222 1e-9
    till-train -q --target=y --features="$columns" --weight=w rows.csv > out
    near out "(intercept)" estimate -1.72214428958 1e-9
    near out SeniorCitizen estimate 0.591184963912 1e-9
    near out "(intercept)" std_error 0.0938101832825 1e-8
    near out SeniorCitizen std_error 0.0874211908745 1e-8
    till-train -q --target=y --features="$columns" --positive-weight=3 --model-out=model rows.csv > out
    near out "(intercept)" estimate -1.77700268002 1e-9 # glm's, less log 3
    near out tenure estimate -0.0448512571802 1e-9
    # What the model says is still a probability: its mean is near the base rate.
    till-predict -q --model=model rows.csv | awk -F, '{ s += $NF } END { m = s / (NR - 1); exit !(m > .25 && m < .28) }'
}

@test "the model scores its own rows as the fit does, in any order of columns, and for any number of threads" {
    data golden/churn/telco_X.csv.gz
    till-train -q --target=y --ignore=fold --model-out=model "$file" > one
    for threads in 1 2 3 7; do
        till-train -q -j "$threads" --target=y --ignore=fold --model-out="model$threads" "$file" | cmp - one
        cmp model "model$threads"
    done
    till-predict -q --model=model "$file" | sed 's/.*,//' > scores
    # The log-likelihood of glm, from the probabilities of the file.
    paste -d, <(zcat "$file" | cut -d, -f1) scores | awk -F, 'NR > 1 { l += $1 ? log($2) : log(1 - $2) }
        END { exit !(l > -2914.142155 && l < -2914.142154) }'
    zcat "$file" | awk -F, -v OFS=, '{ for (i = NF; i > 1; i--) printf "%s,", $i; print $1 }' |
        till-predict -q --model=model | sed 's/.*,//' | cmp - scores
}

@test "Platt and isotonic calibration equal R" {
    data golden/churn/telco_X.csv.gz
    till-train -q --target=y --fold=fold --scores=scores "$file" > out
    till-evaluate -q --target=target --calibrate=platt --meta=meta scores > metrics # glm, quasibinomial, Lin-Lin-Weng targets
    near_figure meta platt_a -5.736451421 1e-8
    near_figure meta platt_b 2.908969658 1e-8
    near metrics log_loss value 0.4220943405 1e-9
    near metrics brier value 0.135959504424 1e-9
    till-evaluate -q --target=target --calibrate=isotonic --meta=meta scores > metrics # isoreg
    near_figure meta isotonic_blocks 37 0
    near metrics brier value 0.133375150612 1e-9
}

@test "a target of one class, of three, or missing is told" {
    printf '%s\n' x,y 1,1 2,1 3,1 > rows.csv
    run -5 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'the target y is "1" in all rows'* ]]
    printf '%s\n' x,y 1,a 2,b 3,c 4,d > rows.csv
    run -3 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'the target y has 4 values ("a", "b", "c", ...)'* ]]
    printf '%s\n' x,y 1,no 2,yes 3,no > rows.csv
    run -3 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'never "1" but "no" or "yes" (--positive)'* ]]
    printf '%s\n' x,y 1,1 2, 3,0 > rows.csv
    run -3 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *"rows.csv:3:"*"target"* ]]
    echo x,y > rows.csv
    run -5 till-train --target=y rows.csv
}

@test "collinear, separating and constant columns are named" {
    printf '%s\n' a,b,c,y 1,2,9,1 2,4,9,0 3,6,9,1 4,8,9,0 5,10,9,0 6,12,9,1 > rows.csv
    run -5 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'term "b" says nothing that the terms before it do not say'* ]]
    [ -z "$output" ]
    till-train --target=y --features=a,c rows.csv > out 2> errors
    grep -q 'c is the same in all rows, and was dropped' errors
    [ "$(wc -l < out)" -eq 3 ]
    till-train -q --target=y --ridge=0.1 rows.csv > out # a penalty settles it
    printf '%s\n' a,y 1,0 2,0 3,0 4,1 5,1 6,1 > rows.csv
    run -5 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'term "a" separates the classes'* ]]
    printf '%s\n' g,a,y u,1,0 u,2,1 u,3,0 u,4,1 v,1,1 v,5,1 v,3,1 > rows.csv # all of level v leave
    run -5 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *'term "g=v" separates the classes'* ]]
    printf '%s\n' a,b,y 1,1,0 1,1,1 1,1,0 > rows.csv # all rows alike
    run -0 --separate-stderr till-train --target=y rows.csv
    near <(echo "$output") "(intercept)" estimate -0.693147180559945 1e-9
    awk 'BEGIN { for (i = 1; i <= 10000; i++) printf "x%d,", i; print "y"
        for (r = 0; r < 20; r++) { for (i = 1; i <= 10000; i++) printf "%d,", (r * i) % 7; print r % 2 } }' > wide.csv
    run -5 --separate-stderr till-train --target=y wide.csv
    [[ $stderr == *"there must be more rows than terms"* ]]
}

@test "missing values are refused or imputed, and prediction does the same" {
    printf '%s\n' a,g,y 1,u,0 2,u,1 ,v,0 4,v,1 5,,1 6,u,0 > rows.csv
    run -3 --separate-stderr till-train --target=y rows.csv
    [[ $stderr == *"rows.csv:4:1: a: "* ]]
    till-train --impute --target=y --model-out=model rows.csv > out 2> errors
    grep -q '2 imputed' errors
    sed 's/^,v/3.6,v/; s/^5,,/5,u,/' rows.csv > filled.csv
    till-train -q --target=y --model-out=model2 filled.csv | cmp - out
    cmp <(till-predict -q --model=model rows.csv | sed 's/.*,//') <(till-predict -q --model=model2 filled.csv | sed 's/.*,//')
    run -3 till-predict --model=model2 rows.csv
}

@test "levels that training never saw are named, with what was done" {
    printf '%s\n' g,y u,0 u,1 u,1 v,0 v,0 v,1 > rows.csv
    till-train -q --target=y --model-out=model rows.csv > out
    printf '%s\n' g u w w > today.csv
    run -0 --separate-stderr till-predict --model=model today.csv
    [[ $stderr == *'g: 2 rows have levels that training never saw ("w"), taken as u'* ]]
    [ "$(cut -d, -f2 <<< "${lines[1]}")" = "$(cut -d, -f2 <<< "${lines[2]}")" ]
    run -1 till-predict --fail-if='unseen_levels>0' --model=model -o scored.csv today.csv
    [ ! -e scored.csv ]
}

@test "damaged and foreign models, and missing columns, are refused" {
    printf '%s\n' g,a,y u,1,0 u,3,1 v,2,1 v,5,0 u,2,1 v,4,0 > rows.csv
    till-train -q --target=y --model-out=model rows.csv > out
    head -c 400 model > half
    run -6 till-predict --model=half rows.csv
    sed 's/"logistic"/"logistix"/' model > changed
    run -6 till-predict --model=changed rows.csv
    cut -d, -f1,3 rows.csv > less.csv
    run -3 --separate-stderr till-predict --model=model less.csv
    [[ $stderr == *'"a"'* ]]
    run -2 till-predict rows.csv
    printf '%s\n' customer,value A,1 B,2 > values.csv
    till-value -q --scheme-out=scheme values.csv > out
    run -6 till-predict --model=scheme rows.csv
    till-predict -q --model=model rows.csv > scored.csv
    run -3 till-predict --model=model scored.csv
    till-predict -q --replace-columns --model=model scored.csv | cmp - scored.csv
}

@test "rows of a key stay in one fold, so that memory of customers does not look like skill" {
    # A feature that is random, but the same for all rows of a customer, as is the answer.
    awk 'BEGIN { srand(3); print "customer,g,y"; for (c = 0; c < 60; c++) { y = rand() < .5
        for (r = 0; r < 8; r++) print "C" c "," "L" c "," (rand() < .1 ? 1 - y : y) } }' > rows.csv
    till-train -q --folds=5 --ridge=0.01 --target=y --meta=grouped --scores=scores rows.csv > out
    paste -d, <(cut -d, -f1 rows.csv) scores | awk -F, 'NR > 1 { if (($1 in fold) && fold[$1] != $3) exit 1; fold[$1] = $3 }'
    awk -F, '{ print $2 "," $3 }' rows.csv > nokey.csv # without the key, the same folds split customers
    till-train -q --folds=5 --ridge=0.01 --target=y --meta=split nokey.csv > out
    jq -e '.figures.auc < 0.65' grouped
    jq -e '.figures.auc > 0.85' split
}

@test "the job from transactions: features, training, scores with reasons" {
    data data/online-retail/online-retail.csv.gz
    till-features -q --cutoff=2011-05-31,2011-08-31 --horizon=90d "$file" > train.csv
    till-train --impute --folds=5 --ridge=0.01 --target=churned --model-out=model train.csv > coefficients 2> errors
    grep -q 'cross-validated in 5 folds: auc 0.7' errors
    [ "$(cut -d, -f1 coefficients | grep -c -e cutoff -e customer)" -eq 0 ]
    till-features -q "$file" | till-predict -q --model=model --reasons=3 > scores.csv
    [ "$(head -n 1 scores.csv | grep -c 'probability,reason1,reason2,reason3$')" -eq 1 ]
}

# The scores are by logistic.py there, which reads the model by what the pages say of it.
@test "a kept model is read again and scores byte for byte as it did" {
    there="$BATS_TEST_DIRNAME/train"
    till-predict -q --model="$there/logistic.json" --reasons=2 "$there/rows.csv" 2> err | cmp - "$there/logistic-scores.csv"
    grep -q 'segment: 1 rows have levels that training never saw ("wholesale"), taken as business' err
    # Without the calibration in the file the probabilities are others, and the reasons the same.
    run -6 till-predict --model=<(jq -c 'del(.body.calibration)' "$there/logistic.json") "$there/rows.csv"
}

@test "logarithms of columns are those of the columns, and are kept in the model" {
    awk 'BEGIN { srand(2); print "a,b,g,y"; for (i = 0; i < 200; i++) { a = exp(6 * rand()) - 20; b = rand()
        print a "," b "," (rand() < .4 ? "u" : "v") "," (rand() < 1 / (1 + exp(-log(1 + (a < 0 ? 0 : a)) + 3)) ? 1 : 0) } }' > rows.csv
    awk -F, -v OFS=, 'NR > 1 { $1 = sprintf("%.17g", $1 < 0 ? -log(1 - $1) : log(1 + $1)) } { print }' rows.csv > logged.csv
    till-train -q --target=y --log=a --folds=5 --meta=meta --model-out=model rows.csv > out
    till-train -q --target=y --folds=5 --meta=logged.meta --model-out=logged logged.csv > wanted
    while IFS=, read -r term estimate error rest; do
        near <(sed 's/^log1p(a)/a/' out) "$term" estimate "$estimate" 1e-9
        near <(sed 's/^log1p(a)/a/' out) "$term" std_error "$error" 1e-9
    done < <(tail -n +2 wanted)
    near_figure meta auc "$(jq .figures.auc logged.meta)" 1e-12
    grep -q '^log1p(a),' out
    jq -e '.body.logistic.columns | map(.log) == [true, null, null]' model
    paste -d, <(till-predict -q --model=model rows.csv | sed 's/.*,//') <(till-predict -q --model=logged logged.csv | sed 's/.*,//') |
        awk -F, 'NR > 1 { off = $1 - $2; if (off > 1e-9 || off < -1e-9) exit 1 }'
    till-predict -q --model=model --reasons=1 rows.csv | head -n 2 | tail -n 1 | grep -q "a=$(sed -n 2p rows.csv | cut -d, -f1) ("
    run -3 till-train --target=y --log=g rows.csv
    run -2 till-train --target=y --log=a --method=tree rows.csv
}

# Two half-years of the sample shop: train on the first, calibrate on the second.
half_years() {
    { zcat "$BATS_TEST_DIRNAME/../../data-samples/sales-2023-h1.csv.gz"
      for part in 2023-h2 2024-h1 2024-h2; do zcat "$BATS_TEST_DIRNAME/../../data-samples/sales-$part.csv.gz" | tail -n +2; done; } > sales.csv
    till-features -q --cutoff=2023-12-31 sales.csv > train.csv
    till-features -q --cutoff=2024-06-30 sales.csv > later.csv
    till-train -q --impute --ridge=0.1 --features=recency,frequency,monetary,gap_mean --model-out=model train.csv > out
    till-predict -q --model=model later.csv > scored.csv
}

@test "a calibration is kept in a model, and till-predict gives what it was fitted to give" {
    half_years
    for how in platt isotonic; do
        till-evaluate -q --calibrate=$how --model=model --model-out=calibrated --meta=meta scored.csv > metrics
        till-predict -q --model=calibrated --reasons=2 later.csv > again.csv
        # The metrics of the calibrated probabilities are those that the calibration promised.
        till-evaluate -q again.csv > judged
        while IFS=, read -r metric value; do
            near judged "$metric" value "$value" 1e-9
        done < <(tail -n +2 metrics)
        run -1 cmp -s <(till-evaluate -q scored.csv) metrics
        # The reasons are those of the model.
        diff <(till-predict -q --model=model --reasons=2 later.csv | sed 's/.*,\([^,]*,[^,]*\)$/\1/') <(sed 's/.*,\([^,]*,[^,]*\)$/\1/' again.csv)
        # Nothing else in the file has changed.
        diff <(jq '.body | del(.calibration)' calibrated) <(jq .body model)
        run -2 --separate-stderr till-evaluate --calibrate=$how --model=calibrated --model-out=twice again.csv
        [[ $stderr == *"calibrated already"* ]]
        [ ! -e twice ]
    done
    # Platt's formula on the probabilities before.
    till-evaluate -q --calibrate=platt --model=model --model-out=calibrated --meta=meta scored.csv > metrics
    till-predict -q --model=calibrated later.csv > again.csv
    paste -d, <(sed 's/.*,//' scored.csv) <(sed 's/.*,//' again.csv) |
        awk -F, -v a="$(jq .figures.platt_a meta)" -v b="$(jq .figures.platt_b meta)" \
            'NR > 1 { off = 1 / (1 + exp(a * $1 + b)) - $2; if (off > 1e-8 || off < -1e-8) exit 1 }'
    # A condition that is not met leaves no model.
    run -1 till-evaluate --calibrate=platt --model=model --model-out=none --fail-if='auc>0' scored.csv
    [ ! -e none ]
}

@test "till-train calibrates by what cross-validation predicts" {
    half_years
    till-train -q --impute --ridge=0.1 --folds=4 --calibrate=platt --scores=scores --model-out=calibrated train.csv > out
    till-evaluate -q --calibrate=platt --target=target --meta=meta scores > metrics
    for number in a b; do
        near_figure meta platt_$number "$(jq .body.calibration.$number calibrated)" 1e-7 # scores have ten digits
    done
    till-train -q --method=tree --min-leaf=5 --folds=4 --calibrate=isotonic --model-out=tree train.csv > out
    jq -e '.body.calibration | .method == "isotonic" and (.from == (.from | sort)) and (.to == (.to | sort))' tree
    till-predict -q --model=tree later.csv | awk -F, 'NR > 1 && ($NF < 0 || $NF > 1) { exit 1 }'
}

@test "calibrations that cannot be are refused" {
    half_years
    till-evaluate -q --calibrate=isotonic --model=model --model-out=calibrated scored.csv > metrics
    # A model's digest covers it, so that only a model file made with one can be wrong: a fuzzer does the rest.
    sed 's/"isotonic"/"isotonix"/' calibrated > changed
    run -6 till-predict --model=changed later.csv
    run -2 till-evaluate --calibrate=platt --model=model scored.csv
    run -2 till-evaluate --calibrate=platt --model-out=new scored.csv
    run -2 till-evaluate --model=model --model-out=new scored.csv
    run -2 till-train --calibrate=platt --model-out=new --impute train.csv
    run -2 till-train --calibrate=platt --folds=3 --impute train.csv
    run -6 till-evaluate --calibrate=platt --model=train.csv --model-out=new scored.csv
    [ ! -e new ]
}

@test "usage errors" {
    printf '%s\n' a,y 1,0 2,1 3,0 4,1 > rows.csv
    run -3 till-train --target=z rows.csv
    run -2 till-train --target=y --scores=s rows.csv
    run -2 till-train --target=y --folds=1 rows.csv
    run -3 till-train --target=y --features=y rows.csv
    run -2 till-evaluate --profit --curve=roc rows.csv
    printf '%s\n' probability,churned 1.5,1 0.5,0 > bad.csv
    run -3 till-evaluate bad.csv
    printf '%s\n' probability,churned 0.5,1 > bad.csv
    run -5 till-evaluate bad.csv
}

@test "ten thousand columns: a penalty is asked for, and then there is an answer" {
    awk 'BEGIN { srand(3); printf "y"; for (j = 1; j <= 10000; j++) printf ",c%d", j; print ""
        for (i = 1; i <= 60; i++) { printf "%d", i % 2; for (j = 1; j <= 10000; j++) printf ",%d", rand() * 20; print "" } }' > wide
    run -5 till-train -q --target=y --positive=1 wide
    [[ $output == *"10000 terms and 60 rows"*"--ridge"* ]]
    till-train -q -j1 --target=y --positive=1 --ridge=1 --model-out=model wide > one
    [ "$(wc -l < one)" -eq 10002 ]
    till-train -q -j3 --target=y --positive=1 --ridge=1 wide | cmp one -
    till-train -q -j1 --target=y --positive=1 --lasso=0.1 wide | awk -F, 'NR > 1 && $2 != 0 { n++ } END { exit n < 2 || n > 60 }'
    # all rows are told apart by so many columns
    till-predict -q --model=model wide | awk -F, 'NR > 1 && ($NF > 0.5) != $1 { bad = 1 } END { exit bad }'
}

@test "rows that are all alike say nothing, and that is said" {
    printf 'y,a,b\n1,2,x\n0,2,x\n1,2,x\n0,2,x\n0,2,x\n' > alike
    till-train --target=y --positive=1 alike > out 2> err
    [ "$(wc -l < out)" -eq 2 ]
    grep -q 'a is the same in all rows, and was dropped' err
    grep -q 'b is the same in all rows, and was dropped' err
    # the intercept is the log of the odds, 2 to 3
    awk -F, 'NR == 2 { d = $2 - log(2 / 3); exit d > 1e-9 || d < -1e-9 }' out
}
