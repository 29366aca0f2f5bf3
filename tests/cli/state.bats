# --state: nights added up are one run over all rows, byte for byte, and what goes wrong leaves the state as it was.
#
#   TILL_STATE_ROUNDS=200   random orders and groupings (default 30)
bats_require_minimum_version 1.5.0
load ../support/examples

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    SAMPLES=$BATS_TEST_DIRNAME/../../data-samples
    PAGES=$BATS_TEST_DIRNAME/../../man
    SHIM=${TILL_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/faults.so
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "$(find "$BATS_TEST_TMPDIR" -name '.till-*')" ]
}

# Rows of 20 days: order ids that several customers use, orders of several days, returns, rows without an item. `repeat`
# makes the amount a function of the order.
make_rows() { # seed, rows, [repeat]
    awk -v seed="$1" -v rows="$2" -v repeat="$3" 'BEGIN {
        srand(seed)
        print "customer_id,order_id,date,item,amount"
        for (i = 0; i < rows; i++) {
            who = int(rand() * 25); order = int(rand() * 30); day = 1 + int((order * 2 / 3 + rand() * 3)) % 20
            amount = repeat == "" ? int(rand() * 9000) - 1800 : who * 7919 % 4000 + order * 104729 % 3000 - 900
            item = rand() < 0.1 ? "" : "I" int(rand() * 12)
            printf "C%d,O%d,2024-03-%02d %02d:30,%s,%.2f\n", who, order, day, int(rand() * 3) * 6, item, amount / 100
        }
    }'
}

# All that the four tools say of an input, with the options of a state in front.
print_all() { # what goes with the input...
    till-rfm -q "$@"
    till-rfm -q --no-scores --count=rows --returns=drop "$@"
    till-rfm -q --no-scores --count=days --until=2024-03-15 --since=2024-03-03 "$@"
    till-cohort -q --by=week --since=12d "$@"
    till-features -q --cutoff=2024-03-08,2024-03-14 --horizon=4d --window=10d "$@"
    till-features -q --count=rows --cutoff=2024-03-12 --horizon=4d --as-of=2024-03-17 "$@"
}

# Like print_all, and lifetime values, of data that identify the model.
print_more() {
    till-clv -q "$@" 2>/dev/null
    till-clv -q --until=2024-06-30 --validate=validation.csv "$@" 2>/dev/null
    cat validation.csv
    print_all "$@"
}

# Cuts rows into nights by day, so many days in each.
cut_days() { # file, days
    awk -F, -v days="$2" 'NR == 1 { header = $0; next }
        { night = sprintf("night-%02d.csv", int((substr($3, 9, 2) - 1) / days))
          if (!(night in seen)) { print header > night; seen[night] }
          print > night }' "$1"
}

# The nights in a random order, in groups of a random size, one group a line.
shuffle_nights() { # seed
    ls night-*.csv | awk -v seed="$1" '
        { name[NR] = $0 }
        END { srand(seed)
              for (i = NR; i > 1; i--) { k = 1 + int(rand() * i); t = name[i]; name[i] = name[k]; name[k] = t }
              most = 1 + int(rand() * 8)
              for (i = 1; i <= NR; i++) printf "%s%s", name[i], i == NR || rand() * most < 1 ? "\n" : " " }'
}

# Adds nights, a group a line of standard input, with the tools in turn.
add_nights() { # options...
    local tools=(rfm cohort features clv) n=0
    while read -r group; do
        # shellcheck disable=SC2086 # the names are words
        till-${tools[n++ % 4]} -q --state=s.state --state-only "$@" $group || return 1
    done
}

@test "the examples of the page print what it says" {
    run_examples "$PAGES/till-state.1"
}

@test "twenty nights in order and in reverse are one run" {
    make_rows 1 900 > all.csv
    cut_days all.csv 1
    [ "$(ls night-*.csv | wc -l)" -eq 20 ]
    print_all all.csv > full
    ls night-*.csv | add_nights -j1
    print_all --state=s.state --replay night-03.csv | cmp - full
    rm s.state
    ls -r night-*.csv | add_nights -j2
    print_all --state=s.state --replay night-03.csv | cmp - full
}

@test "every night's result is that of all nights so far" {
    make_rows 2 400 > all.csv
    cut_days all.csv 2
    so_far=()
    for night in night-*.csv; do
        so_far+=("$night")
        till-rfm -q --state=s.state "$night" > night
        till-rfm -q "${so_far[@]}" | cmp - night
        till-features -q --state=s.state --replay "$night" > night
        till-features -q "${so_far[@]}" | cmp - night
    done
}

@test "nights in random orders and groupings are one run" {
    make_rows 3 700 > all.csv
    cut_days all.csv 1
    print_all all.csv > full
    for round in $(seq "${TILL_STATE_ROUNDS:-30}"); do
        rm -f s.state
        shuffle_nights "$round" > groups
        add_nights -j$((1 + round % 2)) < groups
        # Reading it out six times each round would take most of the time: one table in turn.
        if [ $((round % 10)) -eq 1 ]; then
            print_all --state=s.state --replay night-00.csv | cmp - full
        else
            till-features -q --state=s.state --replay --cutoff=2024-03-08,2024-03-14 --horizon=4d --window=10d \
                night-00.csv > got
            till-features -q --cutoff=2024-03-08,2024-03-14 --horizon=4d --window=10d all.csv | cmp - got
        fi
    done
}

@test "what looks like totals of orders is told by a night as by a run over its rows" {
    printf '%s\n' customer,order,date,amount ann,O1,2024-03-01,5 ann,O1,2024-03-01,5 bob,O2,2024-03-02,7 \
        ann,O3,2024-03-09,2 ann,O3,2024-03-09,2 > totals.csv
    sed '$s/2$/3/' totals.csv > lines.csv
    sed '/O1/d; $s/09,2$/10,2/' totals.csv > days.csv
    for tool in rfm cohort features clv; do
        for file in totals lines days; do
            told=
            for state in '' --state=s.state; do
                rm -f s.state
                till-$tool $state --output=out $file.csv 2> err || [ $tool = clv ]
                told+=$(grep -c -e --amount-per=order err || true)
            done
            [ "$told" = $([ $file = lines ] && echo 00 || echo 11) ]
        done
    done
}

@test "orders, customers and days split over files are one run" {
    make_rows 4 700 > all.csv
    print_all all.csv > full
    awk 'NR == 1 { header = $0; next }
         BEGIN { srand(4) }
         { part = sprintf("part-%d.csv", int(rand() * 7)); if (!(part in seen)) { print header > part; seen[part] }
           print > part }' all.csv
    printf '%s\n' part-*.csv | add_nights --allow-overlap
    print_all --state=s.state --replay part-2.csv | cmp - full
}

@test "purchases without an order column are date-times, also before 1970" {
    make_rows 5 500 | cut -d, -f1,3,4,5 | sed 's/2024-03-0[1-4]/1969-12-30/' > all.csv
    till-rfm -q --no-scores all.csv > full
    till-features -q --cutoff=2024-03-14 --horizon=4d all.csv >> full
    awk 'NR == 1 { header = $0; next }
         { part = "part-" (NR % 5) ".csv"; if (!(part in seen)) { print header > part; seen[part] }
           print > part }' all.csv
    printf '%s\n' part-*.csv | add_nights --allow-overlap
    till-rfm -q --no-scores --state=s.state --replay part-2.csv > got
    till-features -q --cutoff=2024-03-14 --horizon=4d --state=s.state --replay part-2.csv >> got
    cmp full got
}

@test "amounts that stand for orders are taken once, over all nights" {
    make_rows 6 500 repeat > all.csv
    print_all --amount-per=order all.csv > full
    cut_days all.csv 3
    ls night-*.csv | add_nights --amount-per=order
    print_all --state=s.state --replay night-00.csv | cmp - full
    printf 'customer_id,order_id,date,item,amount\n' > other.csv
    sed -n 2p all.csv | awk -F, -v OFS=, '{ $3 = "2024-04-01 10:00"; $5 = $5 + 1; print }' >> other.csv
    run -3 till-rfm -q --state=s.state other.csv
    [[ $output == *"an order has one amount in one input and another in another"* ]]
}

@test "data-samples: half-years, by all four tools" {
    print_more "$SAMPLES/sales.csv" > full
    printf '%s\n' "$SAMPLES"/sales-202[34]-h[12].csv.gz | sort -r | add_nights
    # The four parts together are the file.
    print_more --state=s.state --replay "$SAMPLES/sales-2023-h2.csv.gz" | cmp - full
}

@test "Online Retail: the 20 days of December" {
    days=$SHARED/data/online-retail/online-retail-2010-12-by-day.tar.gz
    [ -e "$days" ] || skip "no shared data (set TILL_SHARED)"
    tar xzf "$days"
    [ "$(ls by-day | wc -l)" -eq 20 ]
    till-rfm -q by-day/* > full
    till-cohort -q --by=week by-day/* >> full
    till-features -q --cutoff=2010-12-15 --horizon=7d by-day/* >> full
    for order in sort 'sort -r' 'sort -R'; do
        rm -f s.state
        printf '%s\n' by-day/* | $order | add_nights
        till-rfm -q --state=s.state --replay by-day/2010-12-08.csv > got
        till-cohort -q --by=week --state=s.state --replay by-day/2010-12-08.csv >> got
        till-features -q --cutoff=2010-12-15 --horizon=7d --state=s.state --replay by-day/2010-12-08.csv >> got
        cmp full got
    done
}

@test "an input that was added is refused, and skipped with --replay, under any name and compression" {
    make_rows 7 100 > a.csv
    till-rfm -q --state=s.state a.csv > first
    cp s.state before
    gzip -c a.csv > other-name.gz
    run -6 till-rfm -q --state=s.state --allow-overlap other-name.gz
    [ "$output" = "till-rfm: s.state: other-name.gz was added already (--replay prints the result)" ]
    till-rfm -q --state=s.state --replay < other-name.gz | cmp - first
    cmp s.state before
    make_rows 8 100 > b.csv
    run -6 till-rfm -q --state=s.state --replay --allow-overlap a.csv b.csv
    [[ $output == "till-rfm: s.state: a.csv was added already, other inputs of this run were not" ]]
    run -6 till-rfm -q --state=new.state b.csv b.csv
    [[ $output == *"b.csv would be added twice" ]]
    [ ! -e new.state ]
    cmp s.state before
}

@test "days that are there already are refused, added, or replaced" {
    make_rows 9 300 > all.csv
    cut_days all.csv 5
    { head -n 1 all.csv; make_rows 10 500 | grep -E '2024-03-(09|1[0-3])'; } > again.csv
    ls night-*.csv | add_nights
    cp s.state before
    run -6 till-rfm -q --state=s.state again.csv
    [[ $output == *"2024-03-09 and other days are there already (late rows: --allow-overlap;"* ]]
    cmp s.state before
    print_all all.csv again.csv > full
    till-rfm -q --state-only --state=s.state --allow-overlap again.csv
    print_all --state=s.state --replay again.csv | cmp - full
    cp before s.state
    { grep -vE '2024-03-(09|1[0-3])' all.csv; sed 1d again.csv; } > replaced.csv
    print_all replaced.csv > full
    till-rfm -q --state-only --state=s.state --replace-days again.csv
    print_all --state=s.state --replay again.csv | cmp - full
    # What was replaced may come back, and only so.
    run -6 till-rfm -q --state=s.state --allow-overlap night-02.csv
    till-cohort -q --state=s.state --replace-days --state-only night-02.csv
    print_all all.csv > full
    # Days 9 and 10 are in another night than days 11 to 13, which stay replaced until that comes back too.
    till-cohort -q --state=s.state --replace-days --state-only night-01.csv
    print_all --state=s.state --replay night-01.csv | cmp - full
}

@test "an export without rows adds nothing, as often as it comes" {
    make_rows 11 60 > a.csv
    head -n 1 a.csv > empty.csv
    till-rfm -q --state=s.state empty.csv > got
    [ "$(cat got)" = "customer,first,last,recency,frequency,monetary,r,f,m,score,segment" ]
    [ ! -e s.state ]
    till-rfm -q --state=s.state a.csv > first
    cp s.state before
    for _ in 1 2; do
        till-rfm -q --state=s.state empty.csv | cmp - first
        cmp s.state before
    done
    run -3 till-rfm -q --state=s.state --min-rows=1 empty.csv
    cmp s.state before
}

@test "--state-only prints nothing; --fail-if and bad rows leave the state as it was" {
    make_rows 12 60 > a.csv
    make_rows 13 60 > b.csv
    run -0 till-clv -q --state=s.state --state-only a.csv
    [ -z "$output" ]
    cp s.state before
    run -1 till-rfm -q --state=s.state --state-only --allow-overlap --fail-if='state_rows>100' b.csv
    [ "$output" = "till-rfm: --fail-if: state_rows is 120 (state_rows>100)" ]
    cmp s.state before
    sed '5s/2024/20x4/' b.csv > bad.csv
    run -3 till-rfm -q --state=s.state --allow-overlap bad.csv
    cmp s.state before
    till-rfm -q --state=s.state --allow-overlap --max-bad=1 --state-only bad.csv
    [ "$(till-state -q s.state | sed -n 's/^rows,//p')" -eq 119 ]
}

@test "till-state lists the inputs, with the digest that --meta gives" {
    make_rows 1 10 > rows.csv
    head -n 4 rows.csv > a.csv
    { head -n 1 rows.csv; sed -n 5,6p rows.csv; } > b.csv
    till-rfm -q --state-only --state=s.state --meta=meta.json a.csv
    till-rfm -q --state-only --allow-overlap --state=s.state b.csv
    till-state -q --inputs s.state > inputs
    [ "$(head -n 1 inputs)" = input,digest,bytes,rows,first,last,replaced ]
    [ "$(cut -d, -f1,3,4 inputs | tail -n +2 | tr '\n' ' ')" = "a.csv,$(wc -c < a.csv),3 b.csv,$(wc -c < b.csv),2 " ]
    [ "$(sed -n 2p inputs | cut -d, -f2)" = "$(jq -r '.inputs[0].digest' meta.json)" ]
}

@test "--meta names the state; rows add up" {
    make_rows 14 80 > a.csv
    make_rows 15 50 > b.csv
    till-rfm -q --state=s.state --state-only a.csv
    before=$(till-state -q s.state | sed -n 's/^digest,//p')
    till-rfm --state=s.state --allow-overlap --meta=meta.json b.csv > out 2> err
    after=$(till-state -q s.state | sed -n 's/^digest,//p')
    grep -q "\"state.digest_before\": \"$before\"" meta.json
    grep -q "\"state.digest_after\": \"$after\"" meta.json
    grep -q '"state.rows_before": "80"' meta.json
    grep -q '"state_rows": 130' meta.json
    grep -q '"state_days": 20' meta.json
    grep -q '50 rows read = 50 used + 0 filtered + 0 rejected; ' err
    grep -q '"read": 50' meta.json
    [ "$(till-state -q --days s.state | awk -F, '{ rows += $2 } END { print rows }')" -eq 130 ]
}

@test "the state keeps roles and formats; later nights need not repeat them" {
    printf 'who;what;on;euro\nC1;O1;1.2.2024;1,50\nC1;O2;13.2.2024;2,50\n' > a.csv
    printf 'who;what;on;euro\nC1;O3;2.3.2024;5,25\n' > b.csv
    options=(-q -d ';' --decimal=,)
    roles=(--customer=who --order=what --date=on --amount=euro --date-format=%d.%m.%Y)
    till-rfm "${options[@]}" "${roles[@]}" --state=s.state a.csv > out
    cp s.state before
    till-rfm "${options[@]}" --no-scores --state=s.state b.csv > out
    [ "$(tail -n 1 out)" = "C1;2024-02-01;2024-03-02;0;3;9.25" ]
    cp before s.state
    run -6 till-rfm "${options[@]}" --customer=what --state=s.state b.csv
    [ "$output" = 'till-rfm: s.state: customer is "who" in the state, and "what" now (a state keeps what it began with)' ]
    run -6 till-rfm "${options[@]}" --date-format=%m.%d.%Y --state=s.state b.csv
    [[ $output == *'date_format is "%d.%m.%Y" in the state, and "%m.%d.%Y" now'* ]]
    run -6 till-rfm "${options[@]}" --amount-per=order --state=s.state b.csv
    [[ $output == *'amount_per is "line" in the state, and "order" now'* ]]
    run -6 till-rfm "${options[@]}" --except=who=C9 --state=s.state b.csv
    [[ $output == *'except is "" in the state, and "who=C9" now'* ]]
    cmp s.state before
}

@test "a format that was found holds for nights that leave it open" {
    printf 'customer_id,order_id,date,amount\nC1,O1,12/31/2023,1\n' > a.csv
    printf 'customer_id,order_id,date,amount\nC1,O2,1/2/2024,1\n' > b.csv
    till-rfm -q --state=s.state --state-only a.csv
    till-rfm -q --state=s.state --no-scores b.csv > out
    [ "$(tail -n 1 out)" = "C1,2023-12-31,2024-01-02,0,2,2.00" ]
}

@test "options that do not go together" {
    make_rows 16 20 > a.csv
    for options in --replay --state-only --allow-overlap --replace-days '--state=-' '--state=s --state-only -o out' \
        '--state=s --allow-overlap --replace-days' '--state=s --sorted --as-of=2024-04-01 --no-scores'; do
        # shellcheck disable=SC2086 # the options are words
        run -2 till-rfm -q $options a.csv
    done
    run -2 till-clv -q --state=s --by=item a.csv
    run -2 till-clv -q --state=s --summary-input a.csv
    run -2 till-rfm -q --state=s -o s a.csv
    run -6 till-rfm -q --state=a.csv a.csv
    [ ! -e s ]
    run -2 till-state -q
    run -2 till-state -q a.csv a.csv
}

# ---- faults ----

@test "what is no state, or a damaged one, is refused and stays" {
    make_rows 17 40 > a.csv
    make_rows 18 40 > b.csv
    till-rfm -q --state=good.state --state-only a.csv
    size=$(stat -c %s good.state)
    printf 'customer,first\n' > text.state
    : > empty.state
    head -c $((size - 1)) good.state > cut.state
    { cat good.state; printf x; } > longer.state
    { head -c 8 good.state; printf '\002\000\000\000'; tail -c +13 good.state; } > later.state
    { head -c $((size / 2)) good.state; printf '\377\377\377\377'; tail -c +$((size / 2 + 5)) good.state; } > bits.state
    mkfifo pipe.state
    mkdir folder.state
    for name in text empty cut longer later bits pipe folder; do
        [ -f "$name.state" ] && cp "$name.state" before
        for tool in "till-rfm -q --allow-overlap --state=$name.state b.csv" "till-state -q $name.state"; do
            refused=6
            [ "$name" != folder ] || refused=4
            run -$refused timeout 5 $tool
            [ "${#lines[@]}" -eq 1 ]
            [[ $output == *"$name.state: "* ]]
        done
        [ -f "$name.state" ] && cmp "$name.state" before
        [ "$name" != later ] || [[ $output == *"a state of version 2, and this till reads version 1"* ]]
    done
}

@test "two runs at once: the second ends at once, whoever is first" {
    make_rows 19 40 > a.csv
    mkfifo pipe
    till-rfm -q --state=s.state --state-only pipe 3>&- &
    first=$!
    exec 9> pipe
    for _ in $(seq 100); do
        [ -e s.state.lock ] && break
        sleep 0.05
    done
    run -6 till-cohort -q --state=s.state a.csv 9>&-
    [[ $output == "till-cohort: s.state: another run is at work on this state, process $first (try again later)" ]]
    ln -s s.state link.state
    run -6 till-rfm -q --state=link.state a.csv 9>&-
    cat a.csv >&9
    exec 9>&-
    wait $first
    till-cohort -q --state=s.state --replay a.csv > out
}

@test "killed between the result and the state: --replay prints the same" {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
    make_rows 20 60 > a.csv
    make_rows 21 60 > b.csv
    till-rfm -q --state=s.state --state-only a.csv
    cp s.state before
    till-rfm -q a.csv b.csv > full
    # The first rename is that of the result, the second that of --meta, the third that of the state.
    for fatal in 1 2 3; do
        rm -f out meta.json
        run -137 env LD_PRELOAD="$SHIM" TILL_FAULT_RENAME=$fatal till-rfm -q --state=s.state --allow-overlap \
            --meta=meta.json -o out b.csv
        cmp s.state before
        [ "$fatal" -eq 1 ] || cmp out full
        rm -f .till-*
    done
    till-rfm -q --state=s.state --allow-overlap --replay -o out b.csv
    cmp out full
    till-rfm -q --state=s.state --allow-overlap --replay -o out b.csv
    cmp out full
}

@test "full disks, reading errors and short transfers" {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
    make_rows 22 60 > a.csv
    make_rows 23 60 > b.csv
    till-rfm -q --state=s.state --state-only a.csv
    cp s.state before
    for fault in TILL_FAULT_WRITE=enospc TILL_FAULT_WRITE=eio TILL_FAULT_FSYNC=eio TILL_FAULT_READ=eio \
        TILL_FAULT_READ=eio:3 TILL_FAULT_READ=eio:5; do
        run -4 env LD_PRELOAD="$SHIM" "$fault" till-rfm -q --state=s.state --state-only --allow-overlap b.csv
        [ "${#lines[@]}" -eq 1 ]
        cmp s.state before
    done
    run -4 env LD_PRELOAD="$SHIM" TILL_FAULT_WRITE=enospc till-state -q --merge=new.state s.state
    [ ! -e new.state ]
    till-rfm -q --state=s.state --state-only --allow-overlap b.csv
    cp s.state after
    for fault in TILL_FAULT_WRITE=short:7 TILL_FAULT_WRITE=eintr TILL_FAULT_READ=short:5 TILL_FAULT_READ=eintr; do
        cp before s.state
        env LD_PRELOAD="$SHIM" "$fault" till-rfm -q --state=s.state --state-only --allow-overlap b.csv
        cmp s.state after
    done
    run -4 till-rfm -q --state=nowhere/s.state a.csv
    [[ $output == *"nowhere/s.state.lock: cannot lock: No such file or directory" ]]
}

# Each allocation of a run fails once, and every third one for good: the run ends well or says what it lacks, and the state
# is the old one or the new one.
@test "memory that is out" {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
    make_rows 27 30 > a.csv
    make_rows 28 30 > b.csv
    till-rfm -q --state=a.state --state-only a.csv
    till-rfm -q --state=b.state --state-only b.csv
    cp a.state before.state
    for tool in 'till-state -q --merge=a.state --allow-overlap a.state b.state' \
        'till-features -q -j1 --cutoff=2024-03-10 --state=a.state --replace-days b.csv'; do
        cp before.state a.state
        LD_PRELOAD=$SHIM TILL_FAULT_COUNT_FILE=count $tool > out
        cp a.state after.state
        for ((n = 1; n <= $(cat count); n++)); do
            [ "$n" -lt 60 ] || n=$((n + 4))
            [ $((n % 3)) -ne 0 ] || export TILL_FAULT_STICKY=1
            cp before.state a.state
            status=0
            LD_PRELOAD=$SHIM TILL_FAULT_MALLOC=$n $tool > out 2> err || status=$?
            unset TILL_FAULT_STICKY
            if [ "$status" -eq 0 ]; then
                cmp a.state after.state
            else
                [ "$status" -eq 4 ]
                [ "$(wc -l < err)" -eq 1 ]
                cmp a.state before.state
            fi
        done
    done
}

@test "a folder that cannot be written" {
    [ "$(id -u)" -ne 0 ] || skip "root writes everywhere"
    mkdir closed
    chmod 500 closed
    make_rows 24 20 > a.csv
    run -4 till-rfm -q --state=closed/s.state a.csv
    [ "${#lines[@]}" -eq 1 ]
}

# ---- till-state ----

@test "states made apart add up to one run, in any order" {
    make_rows 25 600 > all.csv
    print_all all.csv > full
    awk 'NR == 1 { header = $0; next }
         { shop = "shop-" (NR % 5) ".csv"; if (!(shop in seen)) { print header > shop; seen[shop] }
           print > shop }' all.csv
    if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q GNU; then
        parallel --will-cite till-rfm -q --state-only --state={}.state {} ::: shop-*.csv
    else
        printf '%s\n' shop-*.csv | xargs -P 2 -I {} till-rfm -q --state-only --state={}.state {}
    fi
    run -6 till-state -q --merge=sum.state shop-*.state
    [[ $output == *" there already (--allow-overlap adds them up)" ]]
    [ ! -e sum.state ]
    till-state -q --merge=sum.state --allow-overlap shop-*.state
    print_all --state=sum.state --replay shop-3.csv | cmp - full
    till-state -q --merge=sum.state --allow-overlap shop-4.csv.state shop-2.csv.state
    till-state -q --merge=sum.state --allow-overlap shop-1.csv.state sum.state shop-3.csv.state shop-0.csv.state
    print_all --state=sum.state --replay shop-3.csv | cmp - full
    run -6 till-state -q --merge=again.state --allow-overlap sum.state shop-1.csv.state
    [[ $output == *"the input shop-1.csv would be added twice" ]]
}

@test "a merge without OUT does not replace a state by another" {
    make_rows 25 20 > a.csv
    make_rows 27 20 > b.csv
    till-rfm -q --state-only --state=a.state a.csv
    till-rfm -q --state-only --state=b.state b.csv
    cp a.state before
    run -6 till-state --merge=a.state b.state
    [ "$output" = "till-state: a.state: --merge: the input a.csv would be lost, for b.state does not have it: give a new OUT and all the FILEs, or remove this one first" ]
    cmp a.state before
    till-state -q --merge=a.state a.state
    # a copy that follows its only shop, and an OUT that is no state
    till-state -q --merge=night.state a.state
    till-rfm -q --state-only --allow-overlap --state=a.state b.csv
    till-state -q --merge=night.state a.state
    till-state -q --inputs night.state | cmp - <(till-state -q --inputs a.state)
    echo damaged > night.state
    till-state -q --merge=night.state a.state
    till-state -q --inputs night.state | cmp - <(till-state -q --inputs a.state)
}

@test "a state has the same bytes for any number of threads" {
    awk 'BEGIN { srand(5); print "order_id,customer_id,order_date,item,amount"
                 for (i = 0; i < 120000; i++)
                     printf "o%d,c%d,2026-01-%02d,item %d,%d\n", i / 3, i / 3 % 2000, 1 + i % 28, rand() * 5000, 1 + i % 90 }' > rows.csv
    for threads in 1 2 7; do
        till-rfm -q --state-only --state=$threads.state --threads=$threads rows.csv
    done
    cmp 1.state 2.state
    cmp 1.state 7.state
}

@test "states of other roles do not add up" {
    make_rows 26 20 > a.csv
    sed 's/order_id/order/' a.csv > b.csv
    till-rfm -q --state-only --state=a.state a.csv
    till-rfm -q --state-only --state=b.state b.csv
    run -6 till-state -q --merge=sum.state --allow-overlap a.state b.state
    [[ $output == *'b.state: order is "order_id" in the state, and "order" now'* ]]
}
