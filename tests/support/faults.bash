# Every tool, run on something small while memory, reading or writing fails: tests/cli/faults.bats tries a part of it in
# `make check`, tests/faults/run all of it in `make faults`. Faults come from build/tests/faults.so
# (tests/support/faults.c).

SHIM=$TILL_BUILD/tests/faults.so

# The inputs of command_of, in the current directory.
make_inputs() {
    { echo order_id,customer_id,date,item,amount,note
      for i in {1..40}; do
          echo "O$((i / 2)),C$((i / 2 % 7)),2024-01-$((10 + i % 20)),I$((i % 5)),$((i * 3 - 10)).50,\"a \"\"note\"\" $i\""
      done
      echo O9,C9,2024-01-32,I1,1, ; } > sales.csv
    gzip -c sales.csv > sales.csv.gz
    echo customer=item > products.map
    till-rfm -q --max-bad=1 --scheme-out=scheme.json sales.csv > customers.csv
    till-rfm -q --max-bad=1 --no-scores sales.csv > figures.csv
    { echo time,event,group
      for i in {1..30}; do echo "$((i * 7 % 23 + 1)),$((i % 3 > 0)),g$((i % 2))"; done; } > lives.csv
    till-synth -q --customers=600 --shape=orders --lines=1 > buyers.csv
    printf '%s\n' customer,years,acquisition_cost,first_price,yearly_revenue,service_cost,rate A,10,1500,4000,1000,100,.08 \
        B,3,0,0,110,10,.1 > contracts.csv
    { echo customer,churned,x,y,z
      for i in {1..90}; do
          echo "K$i,$((i * 13 % 29 > 11 + i % 5)),$((i * 13 % 29)),$((i % 4 * i % 7)),l$((i % 3))"
      done; } > labelled.csv
    till-train -q --target=churned --key=customer --ridge=1 --model-out=model.json labelled.csv > /dev/null
    { echo months,plan,churned
      for i in {1..30}; do echo "$((i * 7 % 23)),p$((i % 3)),$((i * 7 % 23 > 9 && i % 3 > 0))"; done; } > kept.csv
    till-train -q --method=tree --cp=0 --min-split=4 --min-leaf=2 --model-out=tree.json kept.csv > leaves.csv
    till-predict -q --model=model.json labelled.csv > scored.csv
    till-rules -q --max-bad=1 --min-support=2 --min-confidence=0.1 sales.csv > rules.csv
    # Half of them come every few days, the others no more after a while.
    { echo customer,date,amount
      for i in {0..49}; do
          for ((d = i % 6; d < (i % 2 ? 59 : 10 + i % 30); d += 4 + i % 5)); do
              echo "C$i,2024-$((d < 30 ? 101 + d : 171 + d)),$((5 + i * d % 17))"
          done
      done | sed 's/-1\([0-9][0-9]\),/-01-\1,/; s/-2\([0-9][0-9]\),/-02-\1,/'; } > visits.csv
    till-value -q --value=monetary --curve figures.csv > curve.csv
    till-rfm -q --max-bad=1 --state-only --state=one.state sales.csv
}

# All tools, those that read nothing last.
EVERY_TOOL="rfm rfm-state check cohort cohort-map value assign itemsets rules rules-antecedent sequences recommend
features cluster criteria medoids prototypes profile migrate survival clv annuity logistic tree gbdt predict
predict-logistic evaluate churn plot report state synth"

# A run of a tool that touches much of it. Sets argv. Files that a run makes beside its result are new.*; what it must
# leave as it was is old.*.
command_of() {
    case $1 in
    rfm) argv=(till-rfm -q -j1 --max-bad=1 --rejects=rejects.csv --meta=meta.json --scheme-out=new.json sales.csv) ;;
    rfm-state) argv=(till-rfm -q -j1 --max-bad=1 --state=new.state sales.csv) ;;
    check) argv=(till-check -q -j1 sales.csv) ;;
    cohort) argv=(till-cohort -q -j1 --max-bad=1 --by=week sales.csv) ;;
    cohort-map) argv=(till-cohort -q -j1 --max-bad=1 --by=week --map=products.map sales.csv) ;;
    value) argv=(till-value -q -j1 --value=monetary --scheme-out=new.json figures.csv) ;;
    assign) argv=(till-assign -q --model=scheme.json figures.csv) ;;
    itemsets) argv=(till-itemsets -q -j1 --min-support=2 --max-bad=1 sales.csv) ;;
    rules) argv=(till-rules -q -j1 --min-support=2 --min-confidence=0.1 --max-bad=1 sales.csv) ;;
    rules-antecedent) argv=(till-rules -q -j1 --min-support=2 --min-confidence=0.1 --antecedent='I0|I1|I3' --max-bad=1 sales.csv) ;;
    sequences) argv=(till-sequences -q -j1 --min-support=2 --max-bad=1 sales.csv) ;;
    recommend) argv=(till-recommend -q -j1 --rules=rules.csv --max-bad=1 sales.csv) ;;
    features) argv=(till-features -q -j1 --cutoff=2024-01-20 --horizon=5d --max-bad=1 sales.csv) ;;
    cluster) argv=(till-cluster -q -j1 -k 2 --model-out=new.json customers.csv) ;;
    criteria) argv=(till-cluster -q -j1 -k 2..3 --samples=2 customers.csv) ;;
    medoids) argv=(till-cluster -q -j1 -k 2 --method=kmedoids --model-out=new.json customers.csv) ;;
    prototypes) argv=(till-cluster -q -j1 -k 2 --method=kprototypes --features=x,z --key=customer labelled.csv) ;;
    profile) argv=(till-profile -q -j1 --group=segment customers.csv) ;;
    migrate) argv=(till-migrate -q -j1 --group=segment --psi=new.csv customers.csv customers.csv) ;;
    survival) argv=(till-survival -q -j1 --time=time --event=event --group=group lives.csv) ;;
    clv) argv=(till-clv -q -j1 --method=bgnbd --as-of=2024-12-29 --parameters-out=new.json buyers.csv) ;;
    annuity) argv=(till-annuity -q --method=margin contracts.csv) ;;
    logistic) argv=(till-train -q -j1 --target=churned --key=customer --ridge=1 --model-out=new.json labelled.csv) ;;
    tree) argv=(till-train -q -j1 --method=tree --prune-folds=3 --folds=2 --min-split=4 --min-leaf=2 --model-out=new.json kept.csv) ;;
    gbdt) argv=(till-train -q -j1 --method=gbdt --target=churned --key=customer --model-out=new.json labelled.csv) ;;
    predict) argv=(till-predict -q --model=tree.json --reasons=2 kept.csv) ;;
    predict-logistic) argv=(till-predict -q --model=model.json --reasons=2 labelled.csv) ;;
    evaluate) argv=(till-evaluate -q -j1 scored.csv) ;;
    churn) argv=(till-churn -q -j1 --horizon=10d --cutoffs=3 --bootstrap=20 --evaluation=new.csv --model-out=new.json visits.csv) ;;
    plot) argv=(till-plot -q value --script curve.csv) ;;
    report) argv=(till-report -q --no-pictures customers.csv curve.csv) ;;
    state) argv=(till-state -q one.state) ;;
    synth) argv=(till-synth -q --customers=20 --days=60 --truth=new.json) ;;
    esac
}

# Without a subshell, of which there would be thousands.
content_of() { # file; sets content
    IFS= read -r -d '' content < "$1" || true
}
# An error is one line; warnings may stand before it.
one_line() { # file; sets content
    content_of "$1"
    while [[ $content == till-*": warning: "*$'\n'* ]]; do
        content=${content#*$'\n'}
    done
    content=${content%$'\n'}
    [[ -n $content && $content != *$'\n'* ]]
}

# Runs argv -o result with the faults of the environment, over a result of yesterday.
status_of() {
    status=0
    printf old > result
    LD_PRELOAD=$SHIM "${argv[@]}" -o result 2> err || status=$?
}
forget_new() {
    rm -f new.json new.csv new.state new.state.lock
}
# What the run came to is one of the two: all of it, or nothing but a reason.
same_or_clean() {
    content_of result
    if [ "$status" -eq 0 ] && [[ $content == "$expected" ]]; then
        forget_new
    elif [ "$status" -ne 4 ] || [[ $content != old ]] || [ -e new.json ] || [ -e new.csv ] || [ -e new.state ] ||
        ! one_line err; then
        echo "$*: exit code $status, ${#content} bytes: $(head -n 3 err)"
        return 1
    fi
}
# The result without faults is what all runs are held to.
expect() { # a name of command_of
    command_of "$1"
    forget_new
    TILL_FAULT_COUNT_FILE=count status_of
    [ "$status" -eq 0 ] || { echo "$1: exit code $status: $(head -n 3 err)"; return 1; }
    content_of result
    expected=$content
    forget_new
    read -r count < count
}
