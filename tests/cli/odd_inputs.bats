# Odd inputs, for every tool that reads rows: what a night may bring. Each run comes to a whole result, or to one line that
# says why, the exit code of what is wrong, and no result; and no result holds a nan or an inf. The runs are those of
# tests/support/faults.bash, each with its input replaced.
bats_require_minimum_version 1.5.0
load ../support/faults

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_inputs
    sed -i '/2024-01-32/d' sales.csv # its one bad row is for other tests
}

# What a header alone, a single row, and fifty times the same row come to. A model is not fitted to them (5); all else is
# a table that may have no rows. 3: a row a customer is wanted.
TABLE="
rfm-state        0 0 0
check            0 0 0
cohort           0 0 0
value            0 0 0
assign           0 0 0
itemsets         0 0 0
rules            0 0 0
sequences        0 0 0
recommend        0 0 0
features         0 0 0
cluster          5 5 5
criteria         5 5 5
medoids          5 5 5
prototypes       5 5 5
profile          0 0 0
migrate          5 0 3
survival         0 0 0
clv              5 5 5
annuity          0 0 0
logistic         5 5 5
tree             5 5 5
gbdt             5 5 5
predict          0 0 0
predict-logistic 0 0 0
evaluate         5 5 5
churn            5 5 5
plot             0 0 0
report           0 0 0
"
# rfm cuts scores, for which there must be customers (5).
TABLE+="rfm              5 0 0"
ALL=$(awk '{ print $1 }' <<< "$TABLE")

# The command of a run, without its input.
take() { # a name of command_of; sets command and input
    command_of "$1"
    input=${argv[-1]}
    command=("${argv[@]:0:${#argv[@]}-1}")
    # A page of several files: here of one.
    [ "$1" != report ] || { input=${command[-1]} command=("${command[@]:0:${#command[@]}-1}"); }
}

problem() {
    echo "$*: exit code $status: $(head -c 400 err)"
    problems=$((problems + 1))
}

# odd LABEL FILE...: runs the command on the files, and holds the result to what is true of any. Sets status; result is
# there when it is 0. A nan is looked for unless `has_nan` says that the input has one, which may pass through; gnuplot's
# word for nothing to draw is one too.
odd() {
    local label=$1
    shift
    rm -f result
    forget_new
    status=0
    "${command[@]}" -o result "$@" > /dev/null 2> err || status=$?
    case $status in
    0)
        [ -s result ] || problem "$label: no output"
        [ -n "${has_nan-}" ] || [[ $label == plot* ]] || ! grep -qaiE '(^|[,:" ])[-+]?(nan|inf|infinity)($|[,"} ])' result || problem "$label: no number is written" ;;
    3 | 5)
        [ ! -e result ] || problem "$label: a result though it failed"
        one_line err || problem "$label: not one line" ;;
    *) problem "$label" ;;
    esac
}

# The file that a run reads, with row N of it alone, N times.
of_one_row() { # times
    local row
    row=$(sed -n "$(($(wc -l < "$input") / 2 + 1))p" "$input")
    head -n 1 "$input"
    for ((copy = 0; copy < $1; copy++)); do printf '%s\n' "$row"; done
}

@test "an empty file, and an empty line, are errors" {
    problems=0
    : > empty.csv
    echo > line.csv
    for run in $ALL; do
        take "$run"
        for file in empty.csv line.csv; do
            odd "$run, $file" $file
            [ "$status" -eq 3 ] || problem "$run, $file"
            grep -q "$file:1:1: no header line: the input is empty" err || problem "$run, $file"
        done
    done
    [ $problems -eq 0 ]
}

@test "a header alone, one row, the same row fifty times" {
    problems=0
    while read -r run header one fifty; do
        take "$run"
        for times in 0 1 50; do
            of_one_row $times > odd.csv
            odd "$run, $times rows" odd.csv
            case $times in 0) wanted=$header ;; 1) wanted=$one ;; *) wanted=$fifty ;; esac
            [ "$status" -eq "$wanted" ] || problem "$run, $times rows, wanted $wanted"
        done
    done < <(grep . <<< "$TABLE")
    [ $problems -eq 0 ]
}

# change COLUMN HOW: the input with one column changed in all rows, or in one; "gone": left out.
change() {
    awk -F, -v OFS=, -v at="$1" -v how="$2" '{
        if (how == "gone") { out = ""; for (i = 1; i <= NF; i++) if (i != at) out = out (out == "" ? "" : ",") $i; print out; next }
        if (NR > 1 && (how == "blank" || (how == "half" && NR % 2) )) $at = ""
        if (NR > 1 && (how == "0" || how == "-1" || how == "abc")) $at = how
        if (NR == 3 && (how == "1e300" || how == "nan")) $at = how
        print }' "$input"
}

@test "a column that is missing, without values, with one value, with a value that is no number or a huge one" {
    problems=0
    for run in $ALL; do
        take "$run"
        head -n 1 "$input" | tr , '\n' > columns
        at=0
        while read -r column; do
            at=$((at + 1))
            for how in gone blank half 0 -1 abc 1e300 nan; do
                change $at "$how" > odd.csv
                has_nan=
                [ $how != nan ] || has_nan=yes
                odd "$run, $column $how" odd.csv < /dev/null
                [ $how != gone ] || [ $status -ne 3 ] || [ "$run" = report ] || grep -qE 'the (only )?columns? (are|is) "' err ||
                    problem "$run, $column gone: the columns are not listed"
            done
        done < columns
    done
    [ $problems -eq 0 ]
}

@test "columns that a run cannot do without are named when they are not there" {
    problems=0
    while read -r run needed; do
        take "$run"
        for column in $needed; do
            change "$(head -n 1 "$input" | tr , '\n' | grep -nx "$column" | cut -d: -f1)" gone > odd.csv
            odd "$run without $column" odd.csv
            [ "$status" -eq 3 ] || problem "$run without $column"
        done
    done <<'END'
rfm customer_id date amount
cohort customer_id date amount
value monetary
assign recency frequency monetary
itemsets order_id item
rules order_id item
sequences customer_id date item
recommend item
features customer_id date amount
prototypes x z
profile segment
migrate customer segment
survival time event group
clv customer_id date amount
annuity years acquisition_cost first_price yearly_revenue service_cost rate
logistic churned customer
tree churned
gbdt churned
predict months plan
predict-logistic x y z
evaluate churned probability
churn customer date amount
plot top value_share
END
    [ $problems -eq 0 ]
}

@test "fields that something else separates: the option that helps is named" {
    problems=0
    for run in $ALL; do
        take "$run"
        tr , ';' < "$input" | cut -d '"' -f 1 > semicolons.csv
        odd "$run, semicolons" semicolons.csv
        grep -q -e "--delimiter=';'" err || problem "$run, semicolons"
        [ "$run" = check ] || [ "$status" -ne 0 ] || problem "$run, semicolons"
    done
    [ $problems -eq 0 ]
}

# What comes out is the same, however the bytes come in.
same() { # label, options and file...
    local label=$1
    shift
    odd "$label" "$@" < "$input"
    [ "$status" -eq 0 ] && cmp -s result expected || problem "$label is not what the plain file comes to"
}

@test "CRLF, a byte order mark, gzip, standard input and threads change nothing" {
    problems=0
    for run in $ALL; do
        take "$run"
        odd "$run" "$input"
        mv result expected
        sed 's/$/\r/' "$input" > crlf.csv
        { printf '\357\273\277'; cat "$input"; } > bom.csv
        gzip -c "$input" > packed
        same "$run, CRLF" crlf.csv
        same "$run, byte order mark" bom.csv
        [ "$run" = report ] || same "$run, -" -
        same "$run, gzip" packed
        same "$run, two threads" -j2 "$input"
    done
    [ $problems -eq 0 ]
}

@test "GB18030 with Chinese headers, ids and dates comes to what UTF-8 with ISO dates does" {
    problems=0
    for run in rfm rfm-state cohort itemsets rules sequences recommend features clv churn; do
        take "$run"
        sed '1s/order_id/订单号/; 1s/customer_id\|customer/客户编号/; 1s/date/日期/; 1s/item/商品编码/; 1s/amount/金额/; s/C\([0-9]\)/客\1/' \
            "$input" > utf8.csv
        sed 's/2024-0*\([0-9]*\)-0*\([0-9]*\)/2024年\1月\2日/' utf8.csv | iconv -t GB18030 > gb18030.csv
        odd "$run, UTF-8" utf8.csv
        [ "$status" -eq 0 ] && mv result expected || problem "$run, UTF-8"
        same "$run, GB18030" --encoding=GB18030 gb18030.csv
        odd "$run, GB18030 unnamed" gb18030.csv
        [ "$status" -eq 3 ] && grep -q 'gb18030.csv:1:.*--encoding=GB18030' err || problem "$run, GB18030 unnamed"
    done
    [ $problems -eq 0 ]
}

@test "2,000 columns more, and a field of ten million bytes" {
    problems=0
    head -c 10000000 /dev/zero | tr '\0' x > long
    for run in $ALL; do
        take "$run"
        odd "$run" "$input"
        mv result expected
        awk -v OFS= '{ printf "%s", $0; for (i = 0; i < 2000; i++) printf ",%s", NR == 1 ? "w" i : NR * i % 7; print "" }' "$input" > wide.csv
        { sed 's/$/,long/; 3q' "$input" | sed '2,$s/long$/-/' | head -n 2; sed -n 3p "$input" | tr -d '\n'; printf ,; cat long; echo
            tail -n +4 "$input" | sed 's/$/,-/'; } > long.csv
        odd "$run, wide" wide.csv
        odd "$run, long" long.csv
        # Where columns are found by their roles, those that have none do not matter.
        case $run in
        rfm* | cohort | itemsets | rules | sequences | recommend | features | clv | churn | survival | plot)
            cmp -s result expected || problem "$run, long"
            same "$run, wide" wide.csv ;;
        esac
    done
    [ $problems -eq 0 ]
}

@test "the same file twice is its rows twice" {
    problems=0
    for run in $ALL; do
        # Files that are not rows of one table, and a state that refuses what it has (tests/cli/state.bats).
        case $run in migrate | report | rfm-state) continue ;; esac
        take "$run"
        { cat "$input"; tail -n +2 "$input"; } > twice.csv
        odd "$run, twice in one" twice.csv
        wanted=$status
        rm -f expected
        [ ! -e result ] || mv result expected
        odd "$run, twice" "$input" "$input"
        [ "$status" -eq "$wanted" ] || problem "$run, twice"
        [ "$status" -ne 0 ] || cmp -s result expected || problem "$run: twice the file is not its rows twice"
    done
    [ $problems -eq 0 ]
}
