# Output files: complete or not there, never over an input, and every write error told.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' customer,date,amount C1,2024-01-05,10.00 C2,2024-01-06,20.50 C1,2024-01-09,5.25 > sales.csv
    printf '%s\n' customer,date,amount C1,2024-01-05,10.00 C2,2024-01-06,abc > bad.csv
    till-rfm -q --no-scores sales.csv > expected
}

teardown() {
    # No test may leave a temporary file behind.
    [ -z "$(find "$BATS_TEST_TMPDIR" -name '.till-*')" ]
}

@test "-o writes what standard output would get" {
    till-rfm -q --no-scores -o out.csv sales.csv
    cmp out.csv expected
}

@test "a failed run leaves the old file, and no other" {
    echo old > out.csv
    run till-rfm -o out.csv bad.csv
    [ "$status" -eq 3 ]
    [ "$(cat out.csv)" = old ]
    run till-rfm -o new.csv bad.csv
    [ ! -e new.csv ]
}

@test "the mode of a replaced file is kept, and a new one follows the umask" {
    echo old > out.csv
    chmod 640 out.csv
    till-rfm -q -o out.csv sales.csv
    [ "$(stat -c %a out.csv)" = 640 ]
    (umask 027 && till-rfm -q -o new.csv sales.csv)
    [ "$(stat -c %a new.csv)" = 640 ]
}

@test "links are followed, also one that leads to nothing yet" {
    mkdir real
    ln -s real/target.csv link.csv
    till-rfm -q --no-scores -o link.csv sales.csv
    [ -L link.csv ]
    cmp real/target.csv expected
    till-rfm -q --no-scores -f tsv -o link.csv sales.csv
    [ -L link.csv ]
    run ! cmp -s real/target.csv expected
    ln -s loop loop
    run till-rfm -o loop sales.csv
    [ "$status" -eq 4 ]
}

@test "devices and pipes are written directly" {
    till-rfm -q -o /dev/null sales.csv
    [ -c /dev/null ]
    mkfifo pipe
    cat pipe > out &
    till-rfm -q --no-scores -o pipe sales.csv
    wait $!
    cmp out expected
}

@test "an open descriptor is written where it stands, be it a pipe or a file that is appended to" {
    till-rfm -q --no-scores -o /dev/stdout sales.csv | cmp - expected
    till-rfm -q --no-scores --meta=/dev/stderr sales.csv 2>&1 > /dev/null | jq -e '.tool == "till-rfm"'
    till-rfm -q --no-scores -o >(cat > out) sales.csv
    for _ in {1..50}; do ! cmp -s out expected || break; sleep 0.1; done
    cmp out expected
    { till-rfm -q --no-scores -o /dev/fd/3 sales.csv; echo after >&3; } 3> log
    { cat expected; echo after; } | cmp - log
    echo before > log
    till-rfm -q --no-scores -o /dev/stdout sales.csv >> log
    { echo before; cat expected; } | cmp - log
    run till-rfm -q -o /dev/fd/77 sales.csv
    [ "$status" -eq 4 ]
    [ "$output" = "till-rfm: /dev/fd/77: cannot write: Bad file descriptor" ]
}

@test ".gz is compressed, to the same bytes every time, and reads back" {
    till-rfm -q --no-scores -o a.csv.gz sales.csv
    sleep 1.1
    till-rfm -q --no-scores -o b.csv.gz sales.csv
    cmp a.csv.gz b.csv.gz
    gzip -dc a.csv.gz | cmp - expected
}

@test "a full disk is an error with exit code 4" {
    run till-rfm -q sales.csv -o /dev/full
    [ "$status" -eq 4 ]
    [ "$output" = "till-rfm: /dev/full: write error: No space left on device" ]
    run bash -c 'till-rfm -q sales.csv > /dev/full'
    [ "$status" -eq 4 ]
    [ "$output" = "till-rfm: standard output: write error: No space left on device" ]
    run bash -c 'till-rfm --help > /dev/full'
    [ "$status" -eq 4 ]
    run bash -c 'till > /dev/full'
    [ "$status" -eq 4 ]
}

@test "a full standard output keeps side files from appearing" {
    run bash -c 'till-rfm -q sales.csv --meta=meta.json > /dev/full'
    [ "$status" -eq 4 ]
    [ ! -e meta.json ]
}

@test "a closed pipe ends the tool by SIGPIPE" {
    seq 1 200000 | awk 'BEGIN { print "customer,date,amount" } { print "C" $1 ",2024-01-01,1" }' > many.csv
    run bash -c 'till-rfm -q many.csv --meta=meta.json | head -n 1 > /dev/null; echo "${PIPESTATUS[0]}"'
    [ "$output" = 141 ]
    [ ! -e meta.json ]
    # Whoever ignores SIGPIPE gets the error instead.
    run bash -c 'trap "" PIPE; till-rfm -q many.csv | head -n 1 > /dev/null; echo "${PIPESTATUS[0]}"'
    [ "${lines[0]}" = "till-rfm: standard output: write error: Broken pipe" ]
    [ "${lines[1]}" = 4 ]
}

@test "closed standard streams are errors, and no file lands on them" {
    run bash -c 'till-rfm -q sales.csv >&-'
    [ "$status" -eq 4 ]
    run bash -c 'till-rfm -q <&-'
    [ "$status" -eq 4 ]
    bash -c 'till-rfm --no-scores sales.csv -o out.csv 2>&-'
    cmp out.csv expected
}

@test "a directory as input or output is an error with exit code 4" {
    mkdir folder
    run till-rfm folder
    [ "$status" -eq 4 ]
    [[ $output == *"irectory"* ]]
    run till-rfm -o folder sales.csv
    [ "$status" -eq 4 ]
    [[ $output == "till-rfm: folder: "*"Is a directory" ]]
    run till-rfm -o no/such/file sales.csv
    [ "$status" -eq 4 ]
    [[ $output == *"No such file or directory" ]]
}

@test "an output that is an input is refused before anything is written" {
    cp sales.csv before
    ln -s sales.csv link.csv
    ln sales.csv hard.csv
    for target in sales.csv ./sales.csv link.csv hard.csv; do
        for option in --output --meta --rejects --scheme-out; do
            run till-rfm -q "$option=$target" sales.csv
            [ "$status" -eq 2 ]
            [[ $output == *"$target is an input and an output at once"* ]]
            cmp sales.csv before
        done
    done
    run bash -c 'till-rfm -q -o sales.csv < sales.csv'
    [ "$status" -eq 2 ]
    run bash -c 'till-rfm -q sales.csv >> sales.csv'
    [ "$status" -eq 2 ]
    [[ $output == *"standard output is an input and an output at once"* ]]
    # The second file of several is not open yet when outputs are.
    cp sales.csv second.csv
    run till-rfm -q -o second.csv sales.csv second.csv
    [ "$status" -eq 2 ]
    cmp sales.csv before
    cmp second.csv before
}

@test "two outputs may not share a file" {
    for other in out.csv ./out.csv; do
        run till-rfm -q -o out.csv --meta="$other" sales.csv
        [ "$status" -eq 2 ]
        [ ! -e out.csv ]
    done
}

@test "a table does not take the place of a model, a list or a state that the run reads" {
    till-rfm -q --scheme-out=scheme.json sales.csv > scored.csv
    till-rfm -q --state=one.state sales.csv > /dev/null
    mkdir before
    cp scheme.json one.state before
    for option in -o --meta --rejects; do
        run -2 till-assign --model=scheme.json $option ./scheme.json scored.csv
        [ "$output" = "till-assign: ./scheme.json is the file of --model too (see till-assign --help)" ]
    done
    for option in -o --meta; do
        run -2 till-state one.state $option one.state
        [ "$output" = "till-state: one.state is an input and an output at once (see till-state --help)" ]
    done
    run -2 till-rfm --state=one.state --replay -o one.state sales.csv
    cmp scheme.json before/scheme.json
    cmp one.state before/one.state
    # Two options that mean it may name one file.
    till-rfm -q --scheme=scheme.json --scheme-out=scheme.json sales.csv > /dev/null
}

@test "all outputs of a run appear together, or none does" {
    till-rfm -q -o out.csv --scheme-out=scheme.json --meta=meta.json sales.csv
    [ -s out.csv ]
    [ -s scheme.json ]
    [ -s meta.json ]
    rm out.csv scheme.json meta.json
    run till-rfm -q -o out.csv --scheme-out=scheme.json --meta=/dev/full sales.csv
    [ "$status" -eq 4 ]
    [ ! -e out.csv ]
    [ ! -e scheme.json ]
}

@test "a file that is too large for the limit is an error, and leaves nothing" {
    seq 1 200000 | awk 'BEGIN { print "customer,date,amount" } { print "C" $1 ",2024-01-01,1" }' > many.csv
    run bash -c 'ulimit -f 1000; till-rfm -q -o out.csv many.csv'
    [ "$status" -eq 4 ]
    [[ $output == "till-rfm: out.csv: write error: File too large" ]]
    [ ! -e out.csv ]
}

@test "a signal removes temporary files and ends the tool by that signal" {
    for signal in INT TERM HUP; do
        # Input without end. A shell has SIGINT ignored in the background, nohup SIGHUP: env gives the defaults back.
        env --default-signal=INT,TERM,HUP till-rfm -q --rejects=rejects.csv \
            < <(echo customer,date,amount; exec yes C1,2024-01-05,1.00) > /dev/null 2>&1 3>&- &
        tool=$!
        for _ in $(seq 100); do
            [ -z "$(find . -name '.till-*')" ] || break
            sleep 0.05
        done
        [ -n "$(find . -name '.till-*')" ]
        kill -$signal $tool
        status=0
        wait $tool || status=$?
        [ "$status" -eq $((128 + $(kill -l $signal))) ]
        [ -z "$(find . -name '.till-*')" ]
        [ ! -e rejects.csv ]
    done
}

@test "meta tells options, roles, inputs, rows, figures and as-of, and no clock or threads" {
    till-rfm -q -j1 --no-scores --meta=a.json --only='customer=C*' sales.csv > /dev/null
    [ "$(jq -r .tool a.json)" = till-rfm ]
    [ "$(jq -r '.options | join(" ")' a.json)" = '--no-scores --meta=a.json --only=customer=C*' ]
    [ "$(jq -r '.facts["role.customer"]' a.json)" = customer ]
    [ "$(jq -r '.facts.date_format' a.json)" != null ]
    [ "$(jq -r '.inputs[0].name' a.json)" = sales.csv ]
    [ "$(jq -r '.inputs[0].bytes' a.json)" -eq "$(wc -c < sales.csv)" ]
    [[ $(jq -r '.inputs[0].digest' a.json) =~ ^[0-9a-f]{32}$ ]]
    [ "$(jq -c '[.rows.read, .rows.used, .rows.filtered, .rows.rejected]' a.json)" = '[3,3,0,0]' ]
    [ "$(jq -c '.rows.filtered_by["--only=customer"]' a.json)" = 0 ]
    [ "$(jq -r .figures.customers a.json)" -eq 2 ]
    [ "$(jq -r .as_of a.json)" = 2024-01-09 ]
    [ "$(jq -c .warnings a.json)" = '[]' ]
    cp a.json first.json
    till-rfm -j2 --no-scores --meta=a.json --only='customer=C*' sales.csv > /dev/null
    cmp a.json first.json
    # The digest is of the decoded bytes.
    gzip -k sales.csv
    till-rfm -q --no-scores --meta=b.json sales.csv.gz > /dev/null
    [ "$(jq .inputs[0].digest a.json)" = "$(jq .inputs[0].digest b.json)" ]
}

@test "the formats of --format all come out" {
    for format in csv tsv jsonl json md table; do
        till-rfm -q -f $format sales.csv > "out.$format"
        [ -s "out.$format" ]
    done
    [ "$(jq -r '.[0].customer' out.json)" = C1 ]
    [ "$(head -n 1 out.jsonl | jq -r .customer)" = C1 ]
    run till-rfm -f xls sales.csv
    [ "$status" -eq 2 ]
}

@test "a byte order mark and another encoding come out as asked" {
    printf '%s\n' customer,date,amount 客户,2024-01-05,10.00 > cjk.csv
    till-rfm -q --no-scores --output-encoding=GB18030 cjk.csv | iconv -f GB18030 -t UTF-8 | grep -q '^客户,'
    [ "$(till-rfm -q --bom cjk.csv | head -c 3 | od -An -tx1 | tr -d ' ')" = efbbbf ]
    run till-rfm -q --output-encoding=ISO-8859-1 -o out.csv cjk.csv
    [ "$status" -eq 3 ]
    [ ! -e out.csv ]
}
