# What README.md and the pages say, where no test of a tool holds them to it. The examples with a result (lines behind "$ ")
# are run by the test of their tool, the commands that draw by plot.bats, till-nightly(7) by nightly.bats.
bats_require_minimum_version 1.5.0

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
}

@test "the first example of README.md prints what it says" {
    awk '/^    \$ till-rfm/ { print substr($0, 7); shown = 1; next } shown && /^    / { print substr($0, 5); next } shown { exit }' \
        "$ROOT/README.md" > example
    [ "$(wc -l < example)" -gt 3 ]
    (cd "$ROOT" && bash -c "$(head -n 1 "$BATS_TEST_TMPDIR/example")") > got 2> said
    # The summaries of tools in a pipe come in no order, and that of the last is cut off by head.
    grep '^till-rfm:' said | sed 's/; [0-9.]* s$//' | diff <(grep '^till-rfm:' example | sed 's/; [0-9.]* s$//') -
    diff <(tail -n +2 example | grep -v '^till-rfm:') got
}

@test "README.md names every tool and every kind of test, and nothing that is not there" {
    for tool in "$TILL_BIN"/till-*; do
        grep -q "^| $(basename "$tool") |" "$ROOT/README.md"
    done
    grep -oE '^\| till-[a-z]+ \|' "$ROOT/README.md" | tr -d '| ' | while read -r tool; do [ -x "$TILL_BIN/$tool" ]; done
    grep -oE 'make [a-z]+' "$ROOT/README.md" | sort -u | grep -vE 'make (it|them|sure)' | while read -r _ target; do
        grep -qE "^$target( .*)?:" "$ROOT/Makefile" || { echo "no make $target"; return 1; }
    done
    grep -oE 'man [157] till[a-z-]*' "$ROOT/README.md" | while read -r _ section page; do [ -e "$ROOT/man/$page.$section" ]; done
    grep -oE 'BENCH_ONLY=[a-z0-9]+' "$ROOT/README.md" | cut -d= -f2 | while read -r name; do ls "$ROOT"/tests/bench/*"$name"*.sh; done
    for folder in lib/base lib/data lib/fold lib/mining include/till tools tests; do
        grep -q "^    .*$folder" "$ROOT/README.md"
        [ -d "$ROOT/$folder" ]
    done
}

@test "the nights of README.md" {
    gzip -c "$ROOT/data-samples/sales.csv" > tuesday.csv.gz
    grep -E '^    till-(rfm|cohort) --state' "$ROOT/README.md" > commands
    [ "$(wc -l < commands)" -eq 2 ]
    sh -e commands 2> /dev/null
    till-cohort -q tuesday.csv.gz | cmp - cohorts.csv
    till-rfm -q tuesday.csv.gz | cmp - segments.csv
}

# What the commands of the pages read, by the names that they have there.
make_files() {
    cp "$ROOT/data-samples/sales.csv" sales.csv
    gzip -c sales.csv | tee sales.csv.gz > export.csv.gz
    cp sales.csv today.csv
    awk -F, 'NR == 1 || $3 < "2024-04"' sales.csv > march.csv
    awk -F, 'NR == 1 || $3 < "2024-05"' sales.csv > april.csv
    till-rfm -q --scheme-out=scheme.json march.csv > monday.csv
    till-rfm -q --scheme=scheme.json april.csv > tuesday.csv
    cp monday.csv yesterday.csv
    cp tuesday.csv customers.csv
    till-cluster -q -k 3 --model-out=model.json monday.csv > /dev/null
    awk 'BEGIN { srand(3); print "tenure,Churn,Contract,MonthlyCharges,Partner"
        for (i = 0; i < 300; i++) print int(rand() * 60) "," (rand() < .4) "," (rand() < .5 ? "Two year" : "Monthly") "," 20 + rand() * 80 "," (rand() < .5 ? "Yes" : "No") }' > telco.csv
    mkdir shops
    for shop in 1 2 3; do awk -v shop=$shop 'NR == 1 || NR % 3 == shop - 1' sales.csv > shops/$shop.csv; done
}

# The commands of a page that stand without a result and draw nothing, a line each.
commands_of() { # page
    awk '/^\.EX/ { block = ""; inside = 1; next }
         /^\.EE/ { inside = 0; if (block ~ /(^|\n)(till-|zcat |ls |parallel )/ && block !~ /(^|\n)\$ / && block !~ /till-plot/) printf "%s", block; next }
         inside { gsub(/\\-/, "-"); gsub(/\\e/, "\\"); block = block $0 "\n" }' "$1" | grep -v '^till-[a-z]*:' || true
}

@test "the commands of the pages run" {
    ran=0
    for page in "$ROOT"/man/till*.1; do
        commands_of "$page" > commands.new
        [ -s commands.new ] || continue
        rm -rf work && mkdir work && cd work
        make_files
        # Ten million rows are too many for a test; and these two look at another time than the samples do.
        sed 's/10000000/10000/' ../commands.new > commands
        case $(basename "$page") in
        till-train.1 | till-features.1) sed -i 's/2024-02-29/2011-02-28/; s/2024-/2011-/; s/2023-/2010-/' sales.csv ;;
        esac
        while IFS= read -r command; do
            case $command in parallel*) command -v parallel > /dev/null || continue ;; esac
            status=0
            bash -o pipefail -c "$command" > /dev/null 2> err || status=$?
            # A condition that is met is no mistake of the command.
            case $command in *--fail-if=*) [ $status -ne 1 ] || status=0 ;; esac
            [ $status -eq 0 ] || { echo "$(basename "$page"): $command: exit code $status: $(head -n 3 err)"; return 1; }
            ran=$((ran + 1))
        done < commands
        cd ..
    done
    echo "$ran commands"
    [ $ran -gt 15 ]
}
