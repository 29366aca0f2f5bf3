#!/usr/bin/env bats
# data-samples: the generated files are what their commands make; the others hold what their README says.

setup() {
    SAMPLES=$(cd "$BATS_TEST_DIRNAME/../../data-samples" && pwd)
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    cd "$BATS_TEST_TMPDIR"
}

@test "make.sh makes the generated files byte for byte" {
    sh "$SAMPLES/make.sh" .
    for file in *.csv; do
        cmp "$file" "$SAMPLES/$file"
    done
    # How gzip packs is its own affair from version to version.
    for file in *.csv.gz; do
        zcat "$file" > remade
        zcat "$SAMPLES/$file" | cmp remade -
    done
    [ "$(ls *.csv *.csv.gz | wc -l)" -eq 9 ]
}

@test "every sample is in the README, with its number of rows" {
    for file in "$SAMPLES"/*.csv; do
        grep -q "^| $(basename "$file") |" "$SAMPLES/README.md"
    done
    for file in sales sales-truth baskets orders orders-truth; do
        rows=$(grep "^| $file.csv |" "$SAMPLES/README.md" | cut -d'|' -f3 | tr -d ' ,')
        [ "$rows" -eq $(($(wc -l < "$SAMPLES/$file.csv") - 1)) ]
    done
}

@test "the half-years are the whole" {
    { head -n 1 "$SAMPLES/sales.csv"; for file in "$SAMPLES"/sales-*.csv.gz; do zcat "$file" | tail -n +2; done; } |
        cmp - "$SAMPLES/sales.csv"
}

# The row of the README against what till-rfm reads: rows, customers, sum of frequency, sum of monetary.
holds() { # file, options of till-rfm
    command -v till-rfm || skip "till-rfm is not built"
    file=$1
    shift
    till-rfm --no-scores --format=tsv "$@" "$SAMPLES/$file" > out 2> err
    rows=$(sed -n 's/.* = \([0-9]*\) used .*/\1/p' err)
    awk -F '\t' -v rows="$rows" 'NR > 1 { purchases += $(NF - 1); total += $NF }
        END { printf "%d | %d | %d | %.2f\n", rows, NR - 1, purchases, total }' out > got
    grep "^| $file |" "$SAMPLES/README.md" | cut -d'|' -f3-6 | sed 's/^ *//; s/ *$//' > wanted
    diff -u wanted got
}

@test "GB18030, Chinese dates and money hold what the README says" {
    holds chinese-gb18030.csv --encoding=GB18030 --money --footer=合计
}

@test "semicolons and decimal commas hold what the README says" {
    holds semicolons.csv -d ';' --decimal=, --money --customer=Kundennr --order=Bestellung --date=Datum --amount=Betrag
}

@test "ids of spreadsheets hold what the README says" {
    holds spreadsheet-ids.csv --clean-ids
}

@test "returns hold what the README says" {
    holds returns.csv
}

@test "quoted line ends hold what the README says" {
    holds quoted-lines.csv
}

@test "order totals hold what the README says" {
    holds order-totals.csv --amount=order_total --amount-per=order
}
