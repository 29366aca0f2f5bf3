#!/usr/bin/env bats
# till-annuity: the worked cases of the textbook, and rows that pass through.
bats_require_minimum_version 1.5.0

load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    cd "$BATS_TEST_TMPDIR"
    cat > cases.csv <<END
customer,years,acquisition_cost,first_price,yearly_revenue,service_cost,rate
"Third, exercise",10,1500,4000,1000,100,0.08
A,10,0,0,500,200,.08
B,10,0,0,550,300,8e-2
END
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-annuity.1"
}

# Figures of the textbook's exercises, worked out with a_10 = 6.7100813989.
@test "the worked cases" {
    till-annuity -q cases.csv | sed 's/.*,//' | diff - <(printf '%s\n' ltv 9210.081399 3355.040699 3690.544769)
    till-annuity -q --method=margin cases.csv | sed 's/.*,//' | diff - <(printf '%s\n' ltv 8539.073259 2013.02442 1677.52035)
    till-annuity -q --timing=begin cases.csv | sed -n '2s/.*,//p' | grep -qx 9746.887911
    till-annuity -q --timing=begin --method=margin cases.csv | sed -n '2s/.*,//p' | grep -qx 9022.19912
}

# 3 years, half of the customers leave each year, no discount: 100 (1/2 + 1/4 + 1/8).
@test "retention" {
    printf '%s\n' years,acquisition_cost,first_price,yearly_revenue,service_cost,rate,retention 3,5,15,110,10,0,0.5 > r.csv
    till-annuity -q --method=retention r.csv | grep -qx '3,5,15,110,10,0,0.5,97.5'
    run -3 till-annuity --method=retention cases.csv
    [[ $output == *retention* ]]
}

@test "rows pass as they are, and the service cost is asked for only where it is used" {
    till-annuity -q cases.csv | sed 's/,[^,]*$//' | diff cases.csv -
    printf '%s\n' years,acquisition_cost,first_price,yearly_revenue,rate 1,1,2,110,0.1 > plain.csv
    till-annuity -q plain.csv | grep -qx '1,1,2,110,0.1,101'
    run -3 till-annuity --method=margin plain.csv
    till-annuity -q plain.csv > twice.csv
    run -3 till-annuity twice.csv
    till-annuity -q --replace-columns twice.csv | cmp twice.csv -
}

@test "bad rows are told where they are, and a header alone gives a header alone" {
    for row in 1.5,0,0,1,1,0 -1,0,0,1,1,0 1,0,0,1,1,-1 1,x,0,1,1,0 1e7,0,0,1,1,0 5000,0,0,1,1,-0.9; do
        printf '%s\n' years,acquisition_cost,first_price,yearly_revenue,service_cost,rate $row > bad.csv
        run -3 till-annuity -o out bad.csv
        [[ $output == *"bad.csv:2:"* ]]
        [ ! -e out ]
    done
    # At the field that is at fault, not at the row's start.
    printf '%s\n' years,acquisition_cost,first_price,yearly_revenue,service_cost,rate 1,0,0,1,1,-1 > bad.csv
    run -3 till-annuity bad.csv
    [ "$output" = 'till-annuity: bad.csv:2:11: rate: not a rate above -1 (0.08 is 8 %)' ]
    head -n 1 cases.csv | till-annuity -q | grep -qx 'customer,years,acquisition_cost,first_price,yearly_revenue,service_cost,rate,ltv'
}
