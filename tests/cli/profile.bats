#!/usr/bin/env bats
# till-profile and till-migrate. Expected figures are worked by hand from the formulas of the pages.

bats_require_minimum_version 1.5.0
load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    cd "$BATS_TEST_TMPDIR"
    { echo customer,cluster,distance,age,city
      seq 1 40 | awk '{ print "C" $1 "," ($1 <= 12 ? 10 : 2) ",0.5," ($1 <= 12 ? 20 : 50) + $1 % 3 "," ($1 % 4 ? "Rome" : "Oslo") }'
    } > rows.csv
}

@test "the examples of the pages print what they say" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-profile.1"
    mkdir other && cd other
    run_examples "$BATS_TEST_DIRNAME/../../man/till-migrate.1"
}

@test "what formed the groups has an index and an effect, and no p-value" {
    till-profile --group=cluster rows.csv > out 2> err
    [ "$(head -n 1 out)" = group,column,level,count,share,base_share,index,mean,base_mean,effect,p_value,q_value ]
    grep -q 'without p-values: age' err
    grep -Eq '^2,age,,28,,,[0-9.]+,[0-9.]+,21,[0-9.]+,,$' out
    # Texts did not form them: 3 of 12 against 7 of 28.
    grep -Eq '^10,city,Oslo,3,0.25,0.25,100,,,0,1,1$' out
    till-profile --group=cluster --inputs= rows.csv 2> err | grep -Eq '^2,age,,28,.*,[0-9.e-]+,[0-9.e-]+$'
    [ "$(grep -c p-values err)" -eq 0 ]
    till-profile -q --group=cluster --inputs=city rows.csv | grep -Eq '^10,city,Oslo,3,0.25,0.25,100,,,0,,$'
    till-cluster -q --features=age -k 2 --replace-columns --model-out=model rows.csv > again.csv
    till-profile -q --group=cluster --model=model again.csv | grep -Eq '^1,age,.*,,$'
    till-profile -q --group=cluster --model=model again.csv | grep -Eq '^1,city,Oslo,.*,[0-9.]+,[0-9.]+$'
}

@test "groups that are numbers stand in their order, and rows without one are counted" {
    echo C41,,0.5,99,Rome >> rows.csv
    till-profile --group=cluster rows.csv > out 2> err
    [ "$(cut -d, -f1 out | uniq | tr '\n' ' ')" = 'group 2 10 ' ]
    grep -q '2 groups; 1 without_group' err
    till-profile -q --group=cluster rows.csv | grep -q '^10,age,,12,,,.*,21,' # 99 is in no base
}

@test "transactions to a profile in one pipe" {
    till-synth -q --customers=300 --days=200 --seed=4 | till-rfm -q | till-cluster -q -k 5 | till-profile --group=cluster > out 2> err
    grep -q 'without p-values: recency, frequency, monetary' err
    [ "$(awk -F, 'NR > 1 && $2 == "monetary" { print $1 }' out | sort | tr '\n' ' ')" = '1 2 3 4 5 ' ]
    [ "$(cut -d, -f2 out | grep -c 'customer\|distance')" -eq 0 ]
}

@test "columns can be left out by name, and texts by their number of levels" {
    till-profile -q --group=cluster rows.csv | cut -d, -f2 | sort -u | tr '\n' ' ' | grep -qx 'age city column '
    till-profile -q --group=cluster --ignore=city rows.csv | cut -d, -f2 | sort -u | tr '\n' ' ' | grep -qx 'age column '
    till-profile -q --group=cluster --max-levels=1 rows.csv | cut -d, -f2 | sort -u | tr '\n' ' ' | grep -qx 'age column '
    till-profile -q --group=cluster --max-levels=1 --features=city rows.csv | cut -d, -f2 | sort -u | tr '\n' ' ' | grep -qx 'city column '
}

@test "a missing group is usage, a file without rows has no profile" {
    run till-profile rows.csv
    [ "$status" -eq 2 ]
    run till-profile --group=nothing rows.csv
    [ "$status" -eq 3 ]
    [ "$(head -n 1 rows.csv | till-profile -q --group=cluster)" = group,column,level,count,share,base_share,index,mean,base_mean,effect,p_value,q_value ]
}

@test "the value is a column of its own" {
    printf 'customer,cluster,v\na,1,1\nb,2,2\n' > day.csv
    for value in cluster customer; do
        run -3 till-migrate --key=customer --group=cluster --value=$value day.csv day.csv
        [ "$output" = "till-migrate: the value cannot be the key or the group" ]
    done
}

@test "values are summed without rounding, in any order of the rows" {
    printf 'customer,cluster,v\na,1,10000000000000000\nb,1,1\nc,1,-10000000000000000\nd,2,0.1\ne,2,0.2\nf,2,-0.3\n' > new.csv
    printf 'customer,cluster,v\na,1,0\nb,1,0\nc,1,0\nd,2,0\ne,2,0\ng,2,7\nh,2,\n' > old.csv
    # Python's math.fsum([0.1, 0.2]); a missing value adds nothing.
    printf 'from,to,customers,value\n,2,1,-0.3\n1,1,3,1\n2,,2,7\n2,2,2,0.3\n' > wanted
    till-migrate -q --value=v old.csv new.csv | diff -u wanted -
    { head -n 1 new.csv; tail -n +2 new.csv | sort -r; } > turned.csv
    till-migrate -q --value=v -j 3 old.csv turned.csv | cmp - wanted
    { head -n 1 new.csv; tail -n +2 new.csv | sort -t, -k3,3; } | till-migrate -q --value=v old.csv - | cmp - wanted
}

@test "drift is binned by the old file, with missing values apart" {
    printf 'customer,cluster,x,c\na,1,5,u\nb,1,6,u\nc,2,7,v\nd,2,8,v\ne,2,9,v\n' > old.csv
    printf 'customer,cluster,x,c\na,1,5,u\nb,2,6,w\nc,2,5,v\nf,3,,v\ne,1,10,v\n' > new.csv
    till-migrate --psi=psi.csv old.csv new.csv > moves 2> err
    cat > wanted <<END
feature,bin,old,new,psi
x,..5,1,2,0.06385320297
x,5..6,1,1,0
x,6..7,1,0,0.1373265361
x,7..8,1,0,0.1373265361
x,8..,1,1,0
x,missing,0,1,0.1373265361
END
    diff -u wanted psi.csv
    grep -q 'psi of x: 0.4758; without any change 2.0000 is expected, and 1 in 20 passes 4.4282' err # scipy: chi2.ppf(0.95, 5) * 0.4
    grep -q '6 customers; 1 new; 1 lost; 2 moved; moved_share 0.5; psi 0.4758328112' err
    [ "$(cat moves)" = "$(printf 'from,to,customers\n,3,1\n1,1,1\n1,2,1\n2,,1\n2,1,1\n2,2,1\n')" ]
    till-migrate -q --psi=psi.csv --features=c old.csv new.csv > moves
    [ "$(cut -d, -f1-4 psi.csv | tr '\n' ' ')" = 'feature,bin,old,new c,u,2,1 c,v,3,3 c,w,0,1 ' ]
}

@test "a drift above the bound fails and leaves no file" {
    printf 'customer,cluster,x\na,1,5\nb,1,6\n' > old.csv
    printf 'customer,cluster,x\na,1,5\nb,1,60\n' > new.csv
    run till-migrate --psi=psi.csv --fail-if='psi>0.05' -o moves old.csv new.csv
    [ "$status" -eq 0 ] # 60 falls into the last bin, as 6 did
    rm moves psi.csv
    run till-migrate --psi=psi.csv --fail-if='psi>0.2' -o moves old.csv <(printf 'customer,cluster,x\na,1,6\nb,1,6\nc,1,7\n')
    [ "$status" -eq 1 ]
    [[ "$output" == *'psi>0.2'* ]]
    [ ! -e moves ]
    [ ! -e psi.csv ]
    run till-migrate --features=x old.csv new.csv
    [ "$status" -eq 2 ]
}

@test "keys must tell rows apart" {
    printf 'customer,cluster\na,1\na,2\n' > old.csv
    printf 'customer,cluster\na,1\n' > new.csv
    run till-migrate old.csv new.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *'old.csv: customer: 1 rows have a key that another row has'* ]]
    printf 'customer,cluster\n,1\n' > old.csv
    run till-migrate old.csv new.csv
    [ "$status" -eq 3 ]
    run till-migrate old.csv
    [ "$status" -eq 2 ]
    head -n 1 new.csv > none.csv
    [ "$(till-migrate -q none.csv new.csv)" = "$(printf 'from,to,customers\n,1,1\n')" ]
    [ "$(till-migrate -q new.csv none.csv)" = "$(printf 'from,to,customers\n1,,1\n')" ]
}
