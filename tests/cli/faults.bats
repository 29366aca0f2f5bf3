# Every tool when memory, reading or writing fails: the same output, or one line that says why and exit code 4; never a
# crash, half a file, or a temporary file that is left. Faults come from build/tests/faults.so (tests/support/faults.c).

load ../support/faults

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_inputs
}

teardown() {
    [ -z "$(find "$BATS_TEST_TMPDIR" -name '.till-*')" ]
}

# Faults are preloaded in front of the allocator, where a sanitizer has its own.
need_shim() {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
}

# synth comes last: it reads nothing.
TOOLS="rfm check cohort value assign itemsets rules features churn cluster survival tree predict clv annuity synth"

# Every allocation up to the 150th fails once, and every third one for good; behind it every 11th and 33rd.
memory_fails() {
    need_shim
    command_of "$1"
    TILL_FAULT_COUNT_FILE=count status_of
    [ "$status" -eq 0 ]
    content_of result
    expected=$content
    forget_new
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
    memory_fails cohort-map
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
    memory_fails rules-antecedent
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
    memory_fails tree
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
            forget_new
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
        forget_new
        status_of
        content_of result
        expected=$content
        for n in 1 2 3 4; do
            forget_new
            TILL_FAULT_WRITE=enospc:$n status_of
            same_or_clean "$tool, write $n finds no space"
            [ $n -gt 1 ] || [ "$status" -eq 4 ]
            [ "$status" -eq 0 ] || grep -q 'No space left on device' err
            TILL_FAULT_WRITE=eio:$n status_of
            same_or_clean "$tool, write $n fails"
        done
        forget_new
        TILL_FAULT_FSYNC=eio status_of
        [ "$status" -eq 4 ]
        same_or_clean "$tool, bringing files to disk fails"
    done
}

@test "a full standard output is exit code 4" {
    for tool in $EVERY_TOOL; do
        command_of $tool
        forget_new
        status=0
        "${argv[@]}" > /dev/full 2> err || status=$?
        [ "$status" -eq 4 ]
        one_line err
        [[ $content == "${argv[0]}: "*"No space left on device" ]]
        [ ! -e new.json ]
    done
}

@test "a closed pipe ends every tool by SIGPIPE, without a word" {
    for tool in $EVERY_TOOL; do
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
    for tool in ${EVERY_TOOL% state synth}; do
        command_of $tool
        status=0
        "${argv[@]:0:${#argv[@]}-1}" folder > out 2> err || status=$?
        [ "$status" -eq 4 ]
        [ ! -s out ]
        one_line err
        [[ $content == *folder*[Ii]"s a directory"* ]]
    done
}

@test "an input that is the output is refused and left as it is" {
    for tool in ${EVERY_TOOL% synth}; do
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
