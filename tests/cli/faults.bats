# Every tool when memory, reading or writing fails: the same output, or one line that says why and exit code 4; never a
# crash, half a file, or a temporary file that is left. Faults come from build/tests/faults.so (tests/support/faults.c).

setup() {
    SHIM=$TILL_BUILD/tests/faults.so
    cd "$BATS_TEST_TMPDIR"
    { echo order_id,customer_id,date,item,amount,note
      for i in {1..40}; do
          echo "O$((i / 2)),C$((i % 7)),2024-01-$((10 + i % 20)),I$((i % 5)),$((i * 3 - 10)).50,\"a \"\"note\"\" $i\""
      done
      echo O9,C9,2024-01-32,I1,1, ; } > sales.csv
    gzip -c sales.csv > sales.csv.gz
    till-rfm -q --max-bad=1 --scheme-out=scheme.json sales.csv > customers.csv
    till-rfm -q --max-bad=1 --no-scores sales.csv > figures.csv
    { echo time,event,group
      for i in {1..30}; do echo "$((i * 7 % 23 + 1)),$((i % 3 > 0)),g$((i % 2))"; done; } > lives.csv
    { echo months,plan,churned
      for i in {1..30}; do echo "$((i * 7 % 23)),p$((i % 3)),$((i * 7 % 23 > 9 && i % 3 > 0))"; done; } > kept.csv
    till-train -q --method=tree --cp=0 --min-split=4 --min-leaf=2 --model-out=tree.json kept.csv > rules.csv
    till-synth -q --customers=600 --shape=orders --lines=1 > buyers.csv
    printf '%s\n' customer,years,acquisition_cost,first_price,yearly_revenue,service_cost,rate A,10,1500,4000,1000,100,.08 \
        B,3,0,0,110,10,.1 > contracts.csv
}

teardown() {
    [ -z "$(find "$BATS_TEST_TMPDIR" -name '.till-*')" ]
}

# Faults are preloaded in front of the allocator, where a sanitizer has its own.
need_shim() {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
}

# synth comes last: it reads nothing.
TOOLS="rfm check cohort value assign itemsets rules features churn cluster survival train predict clv annuity synth"

# A run of a tool that touches much of it. Sets argv.
command_of() {
    case $1 in
    rfm) argv=(till-rfm -q -j1 --max-bad=1 --rejects=rejects.csv --meta=meta.json --scheme-out=new.json sales.csv) ;;
    check) argv=(till-check -q -j1 sales.csv) ;;
    cohort) argv=(till-cohort -q -j1 --max-bad=1 --by=week sales.csv) ;;
    value) argv=(till-value -q -j1 --value=monetary --scheme-out=new.json figures.csv) ;;
    assign) argv=(till-assign -q --model=scheme.json figures.csv) ;;
    itemsets) argv=(till-itemsets -q -j1 --min-support=2 --max-bad=1 sales.csv) ;;
    rules) argv=(till-rules -q -j1 --min-support=2 --min-confidence=0.1 --max-bad=1 sales.csv) ;;
    features) argv=(till-features -q -j1 --cutoff=2024-01-20 --horizon=5d --max-bad=1 sales.csv) ;;
    churn) argv=(till-churn -q -j1 --horizon=4d --bootstrap=20 --max-bad=1 --evaluation=test.csv --model-out=new.json sales.csv) ;;
    cluster) argv=(till-cluster -q -j1 -k 2 --model-out=new.json customers.csv) ;;
    survival) argv=(till-survival -q -j1 --time=time --event=event --group=group lives.csv) ;;
    train) argv=(till-train -q -j1 --method=tree --prune-folds=3 --folds=2 --min-split=4 --min-leaf=2 --model-out=new.json kept.csv) ;;
    predict) argv=(till-predict -q --model=tree.json --reasons=2 kept.csv) ;;
    clv) argv=(till-clv -q -j1 --method=bgnbd --as-of=2024-12-29 --parameters-out=new.json buyers.csv) ;;
    annuity) argv=(till-annuity -q --method=margin contracts.csv) ;;
    synth) argv=(till-synth -q --customers=20 --days=60 --truth=new.json) ;;
    esac
}

# Without a subshell, of which there would be thousands.
content_of() { # file; sets content
    IFS= read -r -d '' content < "$1" || true
}
one_line() { # file; sets content
    content_of "$1"
    content=${content%$'\n'}
    [[ -n $content && $content != *$'\n'* ]]
}

# Runs argv -o result with the faults of the environment, over a result of yesterday.
status_of() {
    status=0
    printf old > result
    LD_PRELOAD=$SHIM "${argv[@]}" -o result 2> err || status=$?
}
# What the run came to is one of the two: all of it, or nothing but a reason.
same_or_clean() {
    content_of result
    if [ "$status" -eq 0 ] && [[ $content == "$expected" ]]; then
        rm -f new.json
    elif [ "$status" -ne 4 ] || [[ $content != old ]] || [ -e new.json ] || ! one_line err; then
        echo "$*: exit code $status, ${#content} bytes: $(head -n 3 err)"
        return 1
    fi
}

# Every allocation up to the 150th fails once, and every third one for good; behind it every 11th and 33rd.
memory_fails() {
    need_shim
    command_of "$1"
    TILL_FAULT_COUNT_FILE=count status_of
    [ "$status" -eq 0 ]
    content_of result
    expected=$content
    rm -f new.json
    read -r count < count
    [ "$count" -gt 30 ]
    failures=0
    for step in 1 3; do
        [ $step -eq 1 ] || export TILL_FAULT_STICKY=1
        for ((n = step; n <= count; n += n < 150 ? step : 11 * step)); do
            export TILL_FAULT_MALLOC=$n
            status_of
            same_or_clean "$1, allocation $n of $count fails (for good: $((step > 1)))"
            [ "$status" -eq 0 ] || failures=$((failures + 1))
        done
    done
    unset TILL_FAULT_STICKY TILL_FAULT_MALLOC
    [ "$failures" -gt $((count / 10)) ] # the faults have been felt
}

@test "till-rfm: memory that is out, at any allocation" {
    memory_fails rfm
}

@test "till-check: memory that is out, at any allocation" {
    memory_fails check
}

@test "till-cohort: memory that is out, at any allocation" {
    memory_fails cohort
}

@test "till-value: memory that is out, at any allocation" {
    memory_fails value
}

@test "till-assign: memory that is out, at any allocation" {
    memory_fails assign
}

@test "till-itemsets: memory that is out, at any allocation" {
    memory_fails itemsets
}

@test "till-rules: memory that is out, at any allocation" {
    memory_fails rules
}

@test "till-features: memory that is out, at any allocation" {
    memory_fails features
}

@test "till-churn: memory that is out, at any allocation" {
    memory_fails churn
}

@test "till-cluster: memory that is out, at any allocation" {
    memory_fails cluster
}

@test "till-survival: memory that is out, at any allocation" {
    memory_fails survival
}

@test "till-clv: memory that is out, at any allocation" {
    memory_fails clv
}

@test "till-annuity: memory that is out, at any allocation" {
    memory_fails annuity
}

@test "till-train: memory that is out, at any allocation" {
    memory_fails train
}

@test "till-predict: memory that is out, at any allocation" {
    memory_fails predict
}

@test "till-synth: memory that is out, at any allocation" {
    memory_fails synth
}

@test "memory that is out with three threads, from gzip" {
    need_shim
    argv=(till-rfm -q -j3 --max-bad=1 sales.csv.gz)
    status_of
    content_of result
    expected=$content
    for n in {1..200..3}; do
        export TILL_FAULT_MALLOC=$n
        status_of
        same_or_clean "allocation $n"
    done
}

@test "interrupted and short reads and writes change nothing" {
    need_shim
    for tool in $TOOLS; do
        command_of $tool
        status_of
        [ "$status" -eq 0 ]
        content_of result
        expected=$content
        for fault in short:1 short:7 eintr:2; do
            TILL_FAULT_READ=$fault status_of
            [ "$status" -eq 0 ]
            same_or_clean "$tool, reads are $fault"
            TILL_FAULT_WRITE=$fault status_of
            [ "$status" -eq 0 ]
            same_or_clean "$tool, writes are $fault"
        done
    done
}

@test "a read that fails is an error that says so" {
    need_shim
    for tool in ${TOOLS% synth}; do
        command_of $tool
        status_of
        content_of result
        expected=$content
        for n in 1 2 3; do
            rm -f new.json
            TILL_FAULT_READ=eio:$n status_of
            same_or_clean "$tool, read $n fails"
            [ $n -gt 1 ] || [ "$status" -eq 4 ]
            [ "$status" -eq 0 ] || grep -q 'Input/output error' err
        done
    done
}

@test "a write that fails is an error that says so, and leaves no file" {
    need_shim
    for tool in $TOOLS; do
        command_of $tool
        rm -f new.json
        status_of
        content_of result
        expected=$content
        for n in 1 2 3 4; do
            rm -f new.json
            TILL_FAULT_WRITE=enospc:$n status_of
            same_or_clean "$tool, write $n finds no space"
            [ $n -gt 1 ] || [ "$status" -eq 4 ]
            [ "$status" -eq 0 ] || grep -q 'No space left on device' err
            TILL_FAULT_WRITE=eio:$n status_of
            same_or_clean "$tool, write $n fails"
        done
        rm -f new.json
        TILL_FAULT_FSYNC=eio status_of
        [ "$status" -eq 4 ]
        same_or_clean "$tool, bringing files to disk fails"
    done
}

@test "a full standard output is exit code 4" {
    for tool in $TOOLS; do
        command_of $tool
        rm -f new.json
        status=0
        "${argv[@]}" > /dev/full 2> err || status=$?
        [ "$status" -eq 4 ]
        one_line err
        [[ $content == "till-$tool: "*"No space left on device" ]]
        [ ! -e new.json ]
    done
}

@test "a closed pipe ends every tool by SIGPIPE, without a word" {
    for tool in $TOOLS; do
        command_of $tool
        mkfifo pipe
        # The reader is gone before the tool writes.
        (exec 3< pipe; exec 3<&-) &
        exec 4> pipe
        wait $!
        status=0
        "${argv[@]}" >&4 2> err || status=$?
        exec 4>&-
        rm pipe
        [ "$status" -eq 141 ]
        [ ! -s err ]
    done
}

@test "a directory as input is exit code 4" {
    mkdir folder
    for tool in ${TOOLS% synth}; do
        command_of $tool
        status=0
        "${argv[@]}" folder > out 2> err || status=$?
        [ "$status" -eq 4 ]
        [ ! -s out ]
        one_line err
        [[ $content == *folder*[Ii]"s a directory"* ]]
    done
}

@test "an input that is the output is refused and left as it is" {
    for tool in ${TOOLS% synth}; do
        command_of $tool
        input=${argv[-1]}
        cp "$input" before
        status=0
        "${argv[@]}" -o "$input" 2> err || status=$?
        [ "$status" -eq 2 ]
        one_line err
        cmp "$input" before
    done
}
