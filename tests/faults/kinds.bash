# The kinds of faults, for tests/faults/run. Each function counts in `tried` and calls `wrong` for what is not as it
# should be.

# --- Memory: each allocation of each tool, once and for good ---

faults_of_memory() {
    local tool step n
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        for step in once good; do
            for ((n = 1; n <= count; n++)); do
                export TILL_FAULT_MALLOC=$n
                if [ $step = good ]; then export TILL_FAULT_STICKY=1; fi
                status_of
                same_or_clean "$tool, allocation $n of $count fails ($step)" || { forget_new; failures=$((failures + 1)); }
                tried=$((tried + 1))
                # Behind the first thousand, every seventh: what comes there comes again and again.
                [ "$n" -lt 1000 ] || n=$((n + 6))
            done
            unset TILL_FAULT_STICKY TILL_FAULT_MALLOC
        done
    done
}

# --- Reading and writing: every call, until a run has fewer ---

# Runs once with TILL_FAULT_$1=$2; what is allowed to happen is that all is there, or nothing but a reason.
with_fault() { # READ or WRITE, fault, tool
    export "TILL_FAULT_$1=$2"
    status_of
    unset "TILL_FAULT_$1"
    tried=$((tried + 1))
    same_or_clean "$3, $1 $2" || { forget_new; failures=$((failures + 1)); }
}

faults_of_reading() {
    local tool fault n
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        for fault in short:1 short:7 eintr:1 eintr:2 eintr:3; do
            [ $fault = eintr:1 ] && continue # every call interrupted would never end
            with_fault READ $fault "$tool"
            [ "$status" -eq 0 ] || wrong "$tool: $fault is an error"
        done
        for ((n = 1; n <= 40; n++)); do
            with_fault READ eio:$n "$tool"
            [ "$status" -ne 0 ] || break
        done
    done
}

faults_of_writing() {
    local tool fault n
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        for fault in short:1 short:7 eintr:2 eintr:3; do
            with_fault WRITE $fault "$tool"
            [ "$status" -eq 0 ] || wrong "$tool: $fault is an error"
        done
        for fault in eio enospc; do
            for ((n = 1; n <= 40; n++)); do
                with_fault WRITE $fault:$n "$tool"
                [ "$status" -ne 0 ] || break
            done
        done
        export TILL_FAULT_FSYNC=eio
        status_of
        unset TILL_FAULT_FSYNC
        tried=$((tried + 1))
        same_or_clean "$tool, bringing files to disk fails" || { forget_new; failures=$((failures + 1)); }
    done
}

# --- Runs that are killed ---

# Nights of a state that takes a while to write, killed at moments all over the run. After each kill the state is
# yesterday's or tonight's, whole; so is the result; and --replay brings the night to its end.
faults_of_kills() {
    local kills=${FAULTS_KILLS:-300} i start duration delay before
    mkdir killed
    cd killed || return
    till-synth -q --customers=8000 --seed=3 > year.csv
    awk -F, 'NR == 1 { print > "old.csv"; print > "tonight.csv"; for (i = 1; i <= NF; i++) if ($i == "date") at = i; next }
        { print > ($at < "2024-10-01" ? "old.csv" : "tonight.csv") }' year.csv
    till-rfm -q --state=old.state old.csv > old.result
    cp old.state state
    start=$(date +%s%N)
    till-rfm -q --state=state tonight.csv -o new.result
    duration=$((($(date +%s%N) - start) / 1000))
    till-rfm -q year.csv > year.result
    cmp -s new.result year.result || wrong "the night itself is not that of one run"
    before=$(till-state -q old.state | sed -n 's/^digest,//p')
    after=$(till-state -q state | sed -n 's/^digest,//p')
    for ((i = 0; i < kills; i++)); do
        cp old.state state
        cp old.result result
        delay=$((duration * 11 / 10 * i / kills))
        till-rfm -q --state=state tonight.csv -o result &
        child=$!
        perl -e 'select(undef, undef, undef, $ARGV[0] / 1e6)' "$delay"
        kill -KILL $child 2> /dev/null
        wait $child 2> /dev/null
        tried=$((tried + 1))
        digest=$(till-state -q state | sed -n 's/^digest,//p')
        [ "$digest" = "$before" ] || [ "$digest" = "$after" ] || wrong "kill $i: the state is neither old nor new"
        cmp -s result old.result || cmp -s result new.result || wrong "kill $i: the result is neither old nor new"
        if [ "$digest" = "$after" ] && ! cmp -s result new.result; then wrong "kill $i: a new state, an old result"; fi
        if ((i % 10 == 0)); then
            till-rfm -q --state=state --replay tonight.csv -o result || wrong "kill $i: the night cannot be repeated"
            cmp -s result new.result || wrong "kill $i: the night repeated is another"
        fi
    done 2> /dev/null
    cd ..
    rm -rf killed
}

# --- A disk that is really full ---

faults_of_space() {
    local tool size
    mkdir disk
    if ! mount -t tmpfs -o size=256k till-faults disk 2> /dev/null; then
        echo "  (no right to mount a small disk: not tried)"
        rmdir disk
        return
    fi
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        for size in 256 252 248; do
            printf old > disk/result
            # All but what is left of the disk is taken.
            head -c $((size * 1024)) /dev/zero > disk/filler 2> /dev/null
            status=0
            "${argv[@]}" -o disk/result 2> err || status=$?
            cp disk/result result
            rm -f disk/filler
            tried=$((tried + 1))
            same_or_clean "$tool, on a disk with $((256 - size)) KB left" || failures=$((failures + 1))
            [ -z "$(find disk -name '.till-*')" ] || wrong "$tool: something is left on the full disk"
        done
        if [ "$tool" = rfm-state ]; then
            head -c 262144 /dev/zero > disk/filler 2> /dev/null
            till-rfm -q --max-bad=1 --state-only --state=disk/state sales.csv 2> err && wrong "a state on a full disk"
            [ ! -e disk/state ] || wrong "half a state on a full disk"
            rm -f disk/filler disk/state.lock
            tried=$((tried + 1))
        fi
    done
    umount disk
    rmdir disk
}

# --- Limits of the address space ---

faults_of_limits() {
    local tool limit
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        for limit in 12000 16000 20000 24000 32000 48000 64000 96000 128000 192000 256000; do
            printf old > result
            status=0
            (ulimit -v $limit && exec "${argv[@]}" -o result) 2> err || status=$?
            tried=$((tried + 1))
            # The dynamic loader itself fails with 127.
            [ $status -eq 127 ] && continue
            same_or_clean "$tool, with $limit KB of address space" || failures=$((failures + 1))
            forget_new
        done
    done
}

# --- Two runs at once on one state ---

# Each night is added once, by one run or the other; who comes second waits for nobody and ends with 6.
faults_of_together() {
    local i night statuses
    for ((i = 0; i < 20; i++)); do
        rm -f both.state both.state.lock
        for night in a b; do
            { echo customer,date,amount
              for n in {1..2000}; do echo "K$((n * (i + 3) % 701)),2024-01-$((10 + n % 18)),$n"; done; } > $night.csv
        done
        sed -i 's/2024-01/2024-02/' b.csv # another month
        till-rfm -q --state-only --state=both.state a.csv 2> err.a & first=$!
        till-rfm -q --state-only --state=both.state b.csv 2> err.b & second=$!
        wait $first
        statuses=$?
        wait $second
        statuses="$statuses $?"
        tried=$((tried + 1))
        case $statuses in
        "0 0") wanted="a.csv b.csv" ;;
        "0 6") wanted=a.csv ;;
        "6 0") wanted=b.csv ;;
        *) wrong "two at once: exit codes $statuses"; continue ;;
        esac
        # shellcheck disable=SC2086 # the files are words
        [ "$(till-rfm -q --state=both.state --replay ${wanted%% *})" = "$(till-rfm -q $wanted)" ] ||
            wrong "two at once ($statuses): the state is not that of $wanted"
    done
}

# --- The world around: another clock, another language, a folder that is read only ---

faults_of_world() {
    local tool locale
    for tool in $EVERY_TOOL; do
        expect "$tool" || { wrong "$tool"; continue; }
        printf old > result
        status=0
        LD_PRELOAD=$TILL_BUILD/tests/clock.so "${argv[@]}" -o result 2> err || status=$?
        tried=$((tried + 1))
        [ $status -eq 0 ] || wrong "$tool fails in 1970: $(head -n 1 err)"
        same_or_clean "$tool, in 1970" || failures=$((failures + 1))
        forget_new
        [ -e german ] || localedef -i de_DE -f UTF-8 ./german 2> /dev/null || [ -e german ] ||
            { [ -n "${said_locale-}" ] || echo "  (no German locale can be made: not tried)"; said_locale=1; }
        if [ -e german ]; then
            mkdir -p locales && rm -rf locales/de_DE.UTF-8 && cp -r german locales/de_DE.UTF-8
            printf old > result
            status=0
            LOCPATH=$WORK/locales LC_ALL=de_DE.UTF-8 "${argv[@]}" -o result 2> err || status=$?
            tried=$((tried + 1))
            [ $status -eq 0 ] || wrong "$tool fails in German: $(head -n 1 err)"
            same_or_clean "$tool, in German" || failures=$((failures + 1))
            forget_new
        fi
    done
    faults_of_folders
}

# Root may write anywhere; then somebody else tries.
faults_of_folders() {
    local as=()
    if [ "$(id -u)" -eq 0 ]; then
        command -v setpriv > /dev/null || { echo "  (no setpriv: folders that are read only are not tried)"; return; }
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        chmod 755 "$WORK"
    fi
    "${as[@]}" till 2> /dev/null > /dev/null || { echo "  (nobody else can run the tools: not tried)"; return; }
    mkdir closed
    printf old > closed/result
    cp one.state closed/state
    chmod 555 closed
    for tool in $EVERY_TOOL; do
        [ "$tool" != till ] || continue
        command_of "$tool"
        # Side files would be refused too: only the result is tried.
        case " ${argv[*]} " in *new.* | *rejects.csv*) continue ;; esac
        status=0
        "${as[@]}" "${argv[@]}" -o closed/result 2> err || status=$?
        tried=$((tried + 1))
        [ $status -eq 4 ] || wrong "$tool: a folder that is read only is exit code $status"
        one_line err || wrong "$tool: a folder that is read only is not one line"
        [ "$(cat closed/result)" = old ] || wrong "$tool: the result in a folder that is read only has changed"
    done
    status=0
    "${as[@]}" till-rfm -q --max-bad=1 --state-only --allow-overlap --state=closed/state figures.csv 2> err || status=$?
    tried=$((tried + 1))
    [ $status -ne 0 ] || wrong "a state in a folder that is read only was written"
    cmp -s closed/state one.state || wrong "a state in a folder that is read only has changed"
    chmod 755 closed
}

# --- States that are damaged ---

refused() { # what was done to bad.state
    status=0
    till-state -q bad.state > out 2> err || status=$?
    tried=$((tried + 1))
    [ $status -eq 6 ] && [ ! -s out ] && one_line err || wrong "$1: exit code $status: $(head -n 1 err)"
}

faults_of_states() {
    local size i
    size=$(wc -c < one.state)
    for ((i = 0; i < size; i++)); do
        head -c $i one.state > bad.state
        refused "cut to $i of $size bytes"
    done
    for ((i = 0; i < size; i++)); do
        cp one.state bad.state
        perl -e 'open my $f, "+<", $ARGV[0] or die; binmode $f; seek $f, $ARGV[1], 0; read $f, my $c, 1;
            seek $f, $ARGV[1], 0; print $f chr(ord($c) ^ (1 << $ARGV[1] % 8))' bad.state $i
        refused "a bit of byte $i flipped"
    done
    printf x | cat one.state - > bad.state
    refused "a byte too many"
    # Whoever would add to a damaged state is refused as well, and the state stays as it is.
    head -c $((size / 2)) one.state > bad.state
    cp bad.state before
    status=0
    till-rfm -q --max-bad=1 --state=bad.state sales.csv > out 2> err || status=$?
    tried=$((tried + 1))
    [ $status -eq 6 ] && [ ! -s out ] && cmp -s bad.state before || wrong "a damaged state was added to"
}
