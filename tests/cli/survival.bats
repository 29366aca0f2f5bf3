#!/usr/bin/env bats
# till-survival: curves, tests and Cox's regression against R's survival 3.5-3 (figures for Telco also by lifelines 0.30.1),
# and the corners. Cox's estimates for rossi are R's with coxph.control(eps = 1e-14).
bats_require_minimum_version 1.5.0
load ../support/shared

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    . "$BATS_TEST_DIRNAME/../support/near.bash"
    cd "$BATS_TEST_TMPDIR"
}

TELCO_TERMS='SeniorCitizen,gender,Partner,Dependents,PhoneService,PaperlessBilling,MonthlyCharges,OnlineSecurity,TechSupport'
TELCO_TERMS+=',InternetService=Fiber optic,InternetService=No,Contract=One year,Contract=Two year'

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-survival.1"
}

@test "Kaplan-Meier of Telco equals R and lifelines" {
    data golden/churn/telco_X.csv.gz
    till-survival -q --time=tenure --event=y --summary=summary "$file" > out
    while read -r time at_risk survival error lower upper; do
        near out "all|$time" at_risk "$at_risk" 0
        near out "all|$time" survival "$survival" 1e-8
        near out "all|$time" std_error "$error" 1e-8
        near out "all|$time" lower "$lower" 1e-8
        near out "all|$time" upper "$upper" 1e-8
    done <<END
1 7032 0.94596132 0.00269618 0.94069163 0.95126053
6 5672 0.88482624 0.00387621 0.87726153 0.89245618
12 4974 0.84319955 0.00449216 0.83444089 0.85205015
24 3927 0.78873640 0.00520896 0.77859281 0.79901214
36 3051 0.74854541 0.00574406 0.73737151 0.75988865
48 2303 0.70884018 0.00632071 0.69655944 0.72133744
60 1483 0.66440391 0.00712531 0.65058430 0.67851708
72 362 0.59279015 0.00991877 0.57366504 0.61255286
END
    near summary all restricted_mean 54.49238711 1e-9
    near summary all customers 7043 0
    [ "$(awk -F, 'NR == 2 { print $5 }' summary)" = "" ] # the median is not reached
    till-survival -q --time=tenure --event=y --interval=loglog "$file" > out
    near out "all|12" lower 0.83416869 1e-8
    near out "all|12" upper 0.85178332 1e-8
    near out "all|72" lower 0.57306289 1e-8
    near out "all|72" upper 0.61193621 1e-8
    # S exp(+-1.644854 se / S) of R's S and se, which have eight digits.
    till-survival -q --time=tenure --event=y --level=0.9 "$file" > out
    near out "all|12" lower 0.83584288 1e-7
    near out "all|12" upper 0.85062097 1e-7
}

@test "the log-rank test of Telco by contract equals R" {
    data data/churn/Telco-Customer-Churn.csv.gz
    till-survival -q --time=tenure --event=Churn --group=Contract --summary=summary --meta=meta "$file" > out
    near_figure meta logrank 2352.872538 1e-9
    near summary Month-to-month events 1655 0
    near summary Month-to-month expected 708.445595508 1e-9
    near summary "One year" expected 470.727826096 1e-9
    near summary "Two year" expected 689.826578396 1e-9
}

@test "curves of lung by sex equal R: survival, hazard, median, mean, log-rank" {
    data data/survival/lung.csv.gz
    till-survival -q --time=time --event=status --group=sex --summary=summary --meta=meta "$file" > out
    near out "1|183" survival 0.62249460 1e-8
    near out "1|183" std_error 0.041321391 1e-8
    near out "1|183" lower 0.54655335 1e-8
    near out "1|183" upper 0.70898757 1e-8
    near summary 1 median 270 0
    near summary 1 median_lower 212 0
    near summary 1 median_upper 310 0
    near summary 2 median 426 0
    near summary 2 median_lower 348 0
    near summary 2 median_upper 550 0
    near summary 1 restricted_mean 324.04842 1e-8
    near summary 1 mean_std_error 22.297939 1e-7
    near summary 2 restricted_mean 455.90409 1e-8
    near summary 2 mean_std_error 32.917416 1e-7
    near summary 1 expected 91.5817390296 1e-9
    near_figure meta logrank 10.3267419549 1e-9
    near_figure meta p_value 0.00131116 1e-8
    till-survival -q --time=time --event=status --interval=loglog "$file" > out
    near out "all|183" lower 0.639240908614 1e-9
    near out "all|183" upper 0.758531785481 1e-9
    till-survival -q --time=time --event=status --hazard "$file" > out
    near out "all|183" hazard 0.350186389043 1e-9
    near out "all|183" std_error 0.043046431660 1e-9
}

@test "survival given a time equals R on the customers who are still there" {
    data data/survival/lung.csv.gz
    till-survival -q --time=time --event=status --given=300 --all-times "$file" > out
    near out "all|583" survival 0.402532964222 1e-9
    near out "all|583" std_error 0.0573653266108 1e-9
    near out "all|583" lower 0.304435974809 1e-9
    near out "all|394" survival 0.710160819520 1e-9
    near out "all|394" upper 0.813059127247 1e-9
}

@test "the mice of Walton: log-rank and medians equal R" {
    data data/survival/waltons_dataset.csv.gz
    till-survival -q --time=T --event=E --group=group --summary=summary --meta=meta "$file" > out
    near_figure meta logrank 122.24912557301 1e-9
    near summary control median 58 0
    near summary miR-137 median 26 0
    near summary miR-137 median_upper 29 0
}

@test "Cox on Telco equals R: estimates, tests, concordance, proportional hazards, baseline" {
    data golden/churn/telco_X.csv.gz
    till-survival -q --time=tenure --event=y --cox="$TELCO_TERMS" --meta=meta --ph-test=ph --baseline=base "$file" > out
    while IFS=: read -r term estimate error; do
        near out "$term" estimate "$estimate" 2e-9
        near out "$term" std_error "$error" 2e-9
    done <<END
SeniorCitizen:-0.082894004:0.056260924
gender:-0.070180526:0.046365075
Partner:-0.540355804:0.054654365
PhoneService:0.516611954:0.107905362
MonthlyCharges:-0.027913566:0.002520078
InternetService=Fiber optic:1.060305169:0.104681278
InternetService=No:-1.634124051:0.143366825
Contract=One year:-1.732373138:0.087510175
Contract=Two year:-3.414682947:0.164213022
END
    near out "Contract=Two year" p_value 0 1e-90
    [[ "$(grep 'Two year' out | cut -d, -f5)" == 4.88*e-96 ]]
    near_figure meta log_likelihood -14054.12354350 1e-9
    near_figure meta log_likelihood_null -15653.03963511 1e-9
    near_figure meta likelihood_ratio 3197.83218 1e-8
    near_figure meta wald 1784.22 3e-6
    near_figure meta score 2910.26192 1e-8
    near_figure meta concordance 0.85060328 1e-8
    near_figure meta concordance_se 0.003639 1e-6
    near ph GLOBAL chi_square 293.78192494 1e-9
    near ph MonthlyCharges chi_square 120.66242319 1e-9
    near ph Partner chi_square 21.88263275 1e-9
    near base 1 hazard .0529859578721 1e-9
    near base 12 hazard .1925829729762 1e-9
    near base 24 hazard .3046833831631 1e-9
    near base 48 hazard .6008810378108 1e-9
    near base 72 hazard 3.0018060705833 1e-9
}

@test "Cox on Telco with Breslow's ties equals R" {
    data golden/churn/telco_X.csv.gz
    till-survival -q --time=tenure --event=y --cox="$TELCO_TERMS" --ties=breslow --meta=meta "$file" > out
    near out MonthlyCharges estimate -0.026942838 2e-9
    near out MonthlyCharges std_error 0.002519824 2e-9
    near out "Contract=Two year" estimate -3.409239949 2e-9
    near_figure meta log_likelihood -14100.05850787 1e-9
    near_figure meta log_likelihood_null -15669.70531760 1e-9
    near_figure meta score 2841.04091 1e-8
    near_figure meta concordance 0.85051864 1e-8
    near_figure meta concordance_se 0.003642 1e-6
}

@test "Cox on rossi equals R for both kinds of ties" {
    data data/survival/rossi.csv.gz
    till-survival -q --time=week --event=arrest --cox=fin,age,race,wexp,mar,paro,prio --ph-test=ph --meta=meta "$file" > out
    near out fin estimate -0.379422166871205 1e-9
    near out age estimate -0.057437743013761 1e-9
    near out prio estimate 0.091497079351121 1e-9
    near out fin std_error 0.1913794807128 1e-9
    near out prio std_error 0.0286485500735 1e-9
    near ph age chi_square 5.9739816611519 1e-8
    near ph prio chi_square 0.5205842670061 1e-8
    near ph GLOBAL chi_square 17.6944152960279 1e-8
    near_figure meta concordance 0.6403292470997 1e-9
    near_figure meta concordance_se 0.0266581227726 1e-9
    till-survival -q --time=week --event=arrest --cox=fin,age,race,wexp,mar,paro,prio --ties=breslow --ph-test=ph "$file" > out
    near out fin estimate -0.379021887795027 1e-9
    near out prio estimate 0.091111540500466 1e-9
    near ph GLOBAL chi_square 17.5732788148552 1e-8
}

@test "Cox makes terms of texts, and leaves out rows with missing values when asked" {
    data data/survival/gbsg2.csv.gz
    till-survival -q --time=time --event=cens --cox=horTh,age,menostat,tsize,tgrade,pnodes,progrec,estrec --ph-test=ph "$file" > out
    near out horTh=yes estimate -0.346278427623327 1e-8
    near out menostat=Pre estimate -0.258444840866071 1e-8
    near out tgrade=III estimate 0.779654242855916 1e-8
    near out tgrade=III std_error 0.268480147338823 1e-8
    near ph GLOBAL chi_square 24.421092833776 1e-8
    data data/survival/lung.csv.gz
    run -3 --separate-stderr till-survival --time=time --event=status --cox=age,sex,ph.ecog "$file"
    [[ $stderr == *"ph.ecog: "* ]]
    till-survival --time=time --event=status --cox=age,sex,ph.ecog --missing=drop --meta=meta "$file" > out 2> errors
    grep -q '227 used + 1 filtered' errors
    near out ph.ecog estimate 0.463728475 1e-8
    near_figure meta concordance 0.6371354930005 1e-8
    near_figure meta likelihood_ratio 30.5006687731566 1e-8
}

@test "Cox refuses what the data do not identify, and names it" {
    printf '%s\n' time,event,a,b,one 1,1,1,2,5 2,1,2,4,5 3,0,3,6,5 4,1,1,2,5 5,0,5,10,5 > rows.csv
    run -5 --separate-stderr till-survival --time=time --event=event --cox=a,b rows.csv
    [[ $stderr == *'term "b" says nothing that the terms before it do not say'* ]]
    [ -z "$output" ]
    till-survival --time=time --event=event --cox=a,one rows.csv > out 2> errors
    grep -q 'one is the same in all rows' errors
    [ "$(wc -l < out)" -eq 2 ]
    # Nobody of level y leaves.
    printf '%s\n' time,event,g 1,1,x 2,1,x 3,1,x 4,0,y 5,0,y 6,0,x > rows.csv
    run -5 --separate-stderr till-survival --time=time --event=event --cox=g rows.csv
    [[ $stderr == *'the effect of "g=y" has no end'* ]]
    printf '%s\n' time,event,g 1,0,1 2,0,2 > rows.csv
    run -5 --separate-stderr till-survival --time=time --event=event --cox=g rows.csv
    [[ $stderr == *"nobody has left"* ]]
}

@test "bad times and events are bad rows, with line and column" {
    printf '%s\n' time,event 1,1 -2,0 3,perhaps > rows.csv
    run -3 --separate-stderr till-survival --time=time --event=event rows.csv
    [[ $stderr == *"rows.csv:3:1: time: below zero"* ]]
    run -0 --separate-stderr till-survival --time=time --event=event --max-bad=2 --rejects=bad rows.csv
    [[ $stderr == *"1 used + 0 filtered + 2 rejected"* ]]
    grep -q "^rows.csv,4,3,.event: neither 1, yes, true nor 0, no, false" bad
    printf '%s\n' time,event 1,gone 2,here > rows.csv
    till-survival -q --time=time --event=event --event-value=gone rows.csv > out
    near out "all|1" survival 0.5 0
}

@test "a header alone gives a header; no regression comes of it" {
    echo time,event,x > rows.csv
    [ "$(till-survival -q --time=time --event=event rows.csv)" = group,time,at_risk,events,survival,std_error,lower,upper ]
    run -5 --separate-stderr till-survival --time=time --event=event --cox=x rows.csv
}

@test "usage errors" {
    echo time,event,x > rows.csv
    run -2 --separate-stderr till-survival rows.csv
    run -2 --separate-stderr till-survival --time=time --event=event --cox=x --given=3 rows.csv
    run -2 --separate-stderr till-survival --time=time --event=event --cox=x --group=x rows.csv
    run -2 --separate-stderr till-survival --time=time --event=event --baseline=b rows.csv
    run -2 --separate-stderr till-survival --time=time --event=event --cox=time rows.csv
}

@test "a later text in a column of numbers is a bad row, wherever files are cut" {
    { echo time,event,x; seq 1500 | awk '{ print $1 % 97 "," $1 % 2 "," (NR == 1201 ? "abc" : $1 % 13) }'; } > rows.csv
    run -3 --separate-stderr till-survival --time=time --event=event --cox=x rows.csv
    [[ $stderr == *"rows.csv:1202:"*"x: not a number"* ]]
    till-survival -q --time=time --event=event --cox=x --max-bad=1 rows.csv > whole
    head -n 400 rows.csv > a.csv
    { head -n 1 rows.csv; tail -n +401 rows.csv; } > b.csv
    till-survival -q --time=time --event=event --cox=x --max-bad=1 a.csv b.csv | cmp - whole
    for threads in 1 3 7; do
        till-survival -q -j "$threads" --time=time --event=event --cox=x --max-bad=1 rows.csv | cmp - whole
    done
    till-survival -q --time=time --event=event --cox=x --categorical=x rows.csv > out
    grep -q '^x=abc,' out
}
