#!/usr/bin/env bats
# till-itemsets: golden counts, forms of input, bad input, order.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    PATIENCE=100 # seconds for what would not end in hours
    [ -z "${TILL_SANITIZER-}" ] || PATIENCE=1000
    cd "$BATS_TEST_TMPDIR"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-itemsets.1"
}

total() { # awk would round numbers above 2^53, none of which is golden here
    awk -F, 'NR > 1 { sum += $2 } END { printf "%.0f\n", sum }'
}

# GOLDEN.md section 9, part 3: counts on which at least two of eclat, fpgrowth (Borgelt) and LCM 5.3 agree.
@test "golden counts of frequent, closed and maximal itemsets" {
    [ -d "$SHARED/data/fimi" ] || skip "no shared data"
    while read -r file support frequent closed maximal; do
        for type in frequent closed maximal; do
            case $type in frequent) want=$frequent ;; closed) want=$closed ;; *) want=$maximal ;; esac
            got=$(till-itemsets -q --fimi --count --type=$type -s "$support" "$SHARED/$file" | total)
            [ "$got" = "$want" ] || { echo "$file $support $type: $got, not $want"; return 1; }
        done
    done <<END
data/fimi/BMS1.dat.gz 60 3991 3974 2067
data/fimi/BMS1.dat.gz 40 48543 29489 9827
data/fimi/T10I4D100K.dat.gz 100 27532 26806 4054
data/fimi/chess.dat.gz 1598 1272932 369450 11463
data/fimi/mushroom.dat.gz 813 574431 4885 547
data/fimi/mushroom.dat.gz 8 2311473629 164117 33702
data/fimi/retail.dat.gz 50 16778 16676 7112
data/fimi/kosarak-head36682.dat.gz 74 14762 9478 1885
golden/rules/accidents15k.dat.gz 6090 20482 18585 474
END
}

@test "groceries: the same sets from lines and from rows, as many as are golden" {
    [ -d "$SHARED/data/baskets" ] || skip "no shared data"
    till-itemsets -q --baskets -s 10 "$SHARED/data/baskets/groceries.csv.gz" > lines
    [ "$(wc -l < lines)" -eq 13493 ]
    zcat "$SHARED/data/baskets/groceries_single.csv.gz" | till-itemsets -q --order=id -s 10 > rows
    # arules kept blanks behind two names, which are dropped from lines
    sed 's/ |/|/g; s/ ,/,/' rows | cmp lines -
    till-itemsets -q --baskets -s 10 -j3 "$SHARED/data/baskets/groceries.csv.gz" | cmp - lines
}

@test "the rows stand in the order of LC_ALL=C sort within a size, also where a name holds the separator" {
    printf '%s\n' 'a,a b,a|b,"a,b",z' 'a|b,a,z,a b,"a,b"' | till-itemsets -q --baskets -s 2 > out
    tail -n +2 out | cut -d, -f1-9 | sed 's/,[0-9]*,2,1$//' > items
    [ "$(wc -l < items)" -eq 31 ]
    grep -q '^a\\|b$' items
    grep -q '"a|a b|a,b|a\\|b|z"' items
    for size in 1 2 3 4 5; do
        awk -v size=$size '{ text = $0; gsub(/\\\|/, "", text); if (gsub(/\|/, "|", text) == size - 1) print }' items |
            sed 's/^"//; s/"$//' > of_size
        LC_ALL=C sort -c of_size
    done
}

@test "a line is the same basket with quotes and without, wherever lines with quotes stand" {
    awk 'BEGIN { srand(6)
        for (b = 0; b < 20000; b++) {
            line = "SKU1"
            for (k = int(rand() * 12); k > 0; k--) line = line ",SKU" int(rand() * rand() * 300)
            print line
        } }' > plain
    awk 'NR % 3 == 0 || NR > 19000 { gsub(/,/, "\",\""); $0 = "\"" $0 "\"" } { print }' plain > quoted
    sed 's/SKU//g; s/,/ /g' plain > numbers
    till-itemsets -q --baskets -s 0.02 plain > out
    [ "$(wc -l < out)" -gt 50 ]
    for threads in 1 2 3; do
        till-itemsets -q --baskets -s 0.02 --threads=$threads quoted | cmp - out
        till-itemsets -q --fimi -s 0.02 --threads=$threads numbers | sed '2,$ { s/^/SKU/; s/|/|SKU/g }' > named
        LC_ALL=C sort named | cmp - <(LC_ALL=C sort out)
    done
}

# Names of up to three letters that stand before, at and behind the bar in byte order: many begin with one another.
@test "the rows stand in that order where names begin with one another, for each size" {
    awk 'BEGIN { srand(5); split("a { } ~", letter, " ")
        for (b = 0; b < 60; b++) {
            line = ""
            for (k = 0; k < 12; k++) {
                name = ""
                for (l = int(rand() * 3); l >= 0; l--) name = name letter[1 + int(rand() * 4)]
                line = line (k ? "," : "") name
            }
            print line
        } }' > lines
    for most in 2 4; do
        till-itemsets -q --baskets -s 3 --max-size=$most lines > out
        for size in $(seq $most); do
            awk -F, -v size=$size '$2 == size { print $1 }' out > of_size
            [ "$(wc -l < of_size)" -ge 10 ]
            LC_ALL=C sort -c of_size
        done
    done
}

@test "supports are exact: ceil(s N) from decimals, percentages and counts" {
    for i in $(seq 25); do [ "$i" -le 7 ] && echo a || echo b; done > lines
    [ "$(till-itemsets -q --baskets -s 0.28 lines | grep -c '^a,')" -eq 1 ] # 0.28 * 25 is 7.000000000000001 in binary
    [ "$(till-itemsets -q --baskets -s 28% lines | grep -c '^a,')" -eq 1 ]
    [ "$(till-itemsets -q --baskets -s 0.2800000000001 lines | grep -c '^a,')" -eq 0 ]
    [ "$(till-itemsets -q --baskets -s 7 lines | grep -c '^a,')" -eq 1 ]
    [ "$(till-itemsets -q --baskets -s 8 lines | grep -c '^a,')" -eq 0 ]
    [ "$(till-itemsets -q --baskets -s 1.0 lines | wc -l)" -eq 1 ]
    for bad in 0 0.0 0% 1.5 101% -3 x '' 1e-3; do
        run -2 till-itemsets -q --baskets --min-support="$bad" lines
        [[ $output == *"--min-support"* ]]
    done
}

@test "empty baskets count, items count once, blanks around items do not" {
    printf 'a, b ,a\n\nb\n\n' | till-itemsets -q --baskets -s 1 > out
    printf 'items,size,count,support\na,1,1,0.25\nb,1,2,0.5\na|b,2,1,0.25\n' | cmp - out
    printf '3 1 3 \n\n\t1\n0012 12\n' | till-itemsets -q --fimi -s 1 > out
    printf 'items,size,count,support\n1,1,2,0.5\n12,1,1,0.25\n3,1,1,0.25\n1|3,2,1,0.25\n' | cmp - out
    printf '\n\n' | till-itemsets -q --baskets -s 1 | cmp - <(echo items,size,count,support)
}

@test "bad lines are told with file, line and place" {
    printf '1 2\n3 -4 5\n' > bad.dat
    run -3 till-itemsets --fimi -s 1 bad.dat
    [[ $output == "till-itemsets: bad.dat:2:3: item: a negative number"* ]]
    printf '1 2\n3 x\n4\n' > bad.dat
    run -3 till-itemsets --fimi -s 1 bad.dat
    [[ $output == *"bad.dat:2:3: item: not an item number"* ]]
    run -0 till-itemsets --fimi -s 1 --max-bad=1 --rejects=rejects bad.dat
    [[ $output == *"3 rows read = 2 used + 0 filtered + 1 rejected"* ]]
    grep -q '^bad.dat,2,3,item: not an item number' rejects
    run -3 till-itemsets --baskets -s 1 /dev/null
    [[ $output == *"no baskets"* ]]
    run -2 till-itemsets --baskets --fimi bad.dat
    run -2 till-itemsets --baskets --by=day bad.dat
}

@test "rows: orders of several customers and days, rows without an order" {
    cat > rows.csv <<'END'
order_id,customer_id,date,item
1,C1,2024-01-01,a
1,C2,2024-01-01,b
1,C1,2024-01-02,b
2,,2024-01-02,a
END
    till-itemsets -q -s 1 rows.csv > out
    printf 'items,size,count,support\na,1,2,0.6666666667\nb,1,2,0.6666666667\na|b,2,1,0.3333333333\n' | cmp - out
    till-itemsets -q -s 1 --by=day rows.csv > out
    printf 'items,size,count,support\na,1,1,0.3333333333\nb,1,2,0.6666666667\n' | cmp - out
    till-itemsets -q -s 1 --by=customer rows.csv > out
    printf 'items,size,count,support\na,1,1,0.5\nb,1,2,1\na|b,2,1,0.5\n' | cmp - out
    echo ',C1,2024-01-01,a' >> rows.csv
    run -3 till-itemsets -s 1 rows.csv
    [[ $output == *"rows.csv:6:1: order: missing"* ]]
    head -n 1 rows.csv | till-itemsets -q -s 1 | cmp - <(echo items,size,count,support)
}

@test "any cut into files and any number of threads give the same bytes" {
    [ -d "$SHARED/data/baskets" ] || skip "no shared data"
    zcat "$SHARED/data/baskets/groceries_single.csv.gz" > all.csv
    till-itemsets -q --order=id -s 20 -j1 all.csv > want
    (head -n 1 all.csv && tail -n +2 all.csv | awk 'NR % 3 == 0') > a.csv
    (head -n 1 all.csv && tail -n +2 all.csv | awk 'NR % 3 != 0') | gzip > b.csv.gz
    till-itemsets -q --order=id -s 20 -j3 b.csv.gz a.csv | cmp - want
    TILL_NO_SIMD=1 till-itemsets -q --order=id -s 20 all.csv | cmp - want
}

@test "1, 2, 3 and 7 threads give the same bytes, also with SIMD off; rows with quotes are the rows without" {
    [ -d "$SHARED/data/fimi" ] || skip "no shared data"
    for what in "-s 1700 $SHARED/data/fimi/chess.dat.gz" "-s 30 $SHARED/data/fimi/retail.dat.gz"; do
        for type in frequent closed maximal; do
            # shellcheck disable=SC2086 # the words are options
            till-itemsets -q --fimi --type=$type -j1 $what > want
            [ "$(wc -l < want)" -gt 1000 ]
            for threads in 2 3 7; do
                # shellcheck disable=SC2086
                till-itemsets -q --fimi --type=$type -j$threads $what | cmp - want
            done
            # shellcheck disable=SC2086
            TILL_NO_SIMD=1 till-itemsets -q --fimi --type=$type $what | cmp - want
        done
    done
    zcat "$SHARED/data/fimi/retail.dat.gz" | sed 's/ *$//; s/ /,/g' > lines
    sed 's/[0-9][0-9]*/x&-/g' lines | till-itemsets -q --baskets -s 100 | tail -n +2 > plain
    [ "$(wc -l < plain)" -gt 1000 ]
    # a comma stands in the same place of the order, but needs quotes
    sed 's/[0-9][0-9]*/"x&,"/g' lines | till-itemsets -q --baskets -s 100 | tail -n +2 |
        awk -F '",' '{ sub(/^"/, "", $1); gsub(/,/, "-", $1); print $1 "," $2 }' | cmp - plain
}

# Rows in UTF-8 are put together from texts that are copied whole, rows in another encoding cell by cell.
@test "names of any length give the rows that cells give, of all types and with --top" {
    # 40 names of 1 to 118 bytes, 300 baskets; each third name holds a separator, and that of many bytes UTF-8
    awk 'BEGIN {
        for (b = 0; b < 300; b++) {
            line = ""
            for (i = 0; i < 40; i++) {
                random = (random * 1103 + 12345) % 65536
                if (random % 97 > 30 + i)
                    continue
                name = i % 3 == 0 ? "n|" i : i % 5 == 0 ? "\303\244" i : i
                for (k = 0; k < i * (i % 4); k++)
                    name = name (k % 10)
                line = line (line == "" ? "" : ",") name
            }
            print line
        }
    }' > lines
    for what in --type=frequent --type=closed --type=maximal --top=1000 --min-size=2 --format=tsv; do
        till-itemsets -q --baskets -s 18% $what lines > whole
        [ "$(wc -l < whole)" -gt 500 ]
        till-itemsets -q --baskets -s 18% $what --output-encoding=UTF-16LE lines |
            iconv -f UTF-16LE -t UTF-8 | cmp - whole
    done
    [ "$(awk '{ if (length > most) most = length } END { print most }' whole)" -gt 300 ]
}

@test "sizes, --top and --limit" {
    printf 'a,b,c\na,b,c\na,b\na\n' > lines
    till-itemsets -q --baskets -s 1 --min-size=2 --max-size=2 lines > out
    printf 'items,size,count,support\na|b,2,3,0.75\na|c,2,2,0.5\nb|c,2,2,0.5\n' | cmp - out
    till-itemsets -q --baskets -s 1 --top=4 lines > out
    printf 'items,size,count,support\na,1,4,1\nb,1,3,0.75\nc,1,2,0.5\na|b,2,3,0.75\n' | cmp - out
    run -3 till-itemsets --baskets -s 1 --limit=6 lines
    [[ $output == *" 7 itemsets at a support of 1 baskets, above --limit=6: --min-support=3 gives 3, --max-size=2 gives 6; or "* ]]
    run -3 till-itemsets --baskets -s 1 --limit=2 --type=closed lines
    [[ $output == *"more than 2 closed itemsets"*"--min-support=3 gives 2; or "* ]]
    run -0 till-itemsets -q --baskets -s 1 --limit=6 --max-size=2 --top=6 lines
    [ "$(till-itemsets -q --baskets -s 1 --limit=7 lines | wc -l)" -eq 8 ]
    run -2 till-itemsets --baskets -s 1 --min-size=3 --max-size=2 lines
}

@test "a basket of a million items, and 65,536 items" {
    seq 0 999999 | tr '\n' ' ' > long.dat
    echo >> long.dat
    echo 5 >> long.dat
    [ "$(till-itemsets -q --fimi -s 2 long.dat | tail -n 1)" = 5,1,2,1 ]
    till-itemsets -q --fimi -s 1 --type=closed long.dat > out
    [ "$(wc -l < out)" -eq 3 ]
    [ "$(sed -n 2p out)" = 5,1,2,1 ]
    [ "$(tail -n 1 out | cut -d, -f2,3)" = 1000000,1 ]
    [ "$(tail -n 1 out | cut -d, -f1 | tr '|' '\n' | LC_ALL=C sort -c | wc -l)" -eq 0 ]
    till-itemsets -q --fimi -s 1 --type=maximal long.dat | cmp - <(sed 2d out)
    run -3 till-itemsets -q --fimi -s 1 long.dat
    [[ $output == *"more than 100000000 itemsets"* ]]
    seq 0 9999 | tr '\n' ' ' | till-itemsets -q --fimi -s 1 --count --type=maximal | cmp - <(printf 'size,itemsets\n10000,1\n')
    seq 0 65535 | till-itemsets -q --fimi -s 1 --count | cmp - <(printf 'size,itemsets\n1,65536\n')
}

# Pairs and triples of a million items, and of the 20 small baskets beside them, are binomials.
@test "a line of a million items is counted by size, also beside others" {
    seq 0 999999 | tr '\n' ' ' > long.dat
    echo >> long.dat
    till-itemsets -q --fimi -s 1 --count --max-size=3 long.dat > want
    printf 'size,itemsets\n1,1000000\n2,499999500000\n3,166666166667000000\n' | cmp - want
    for i in $(seq 20); do echo "$((i * 7)) $((i * 11)) $((i * 500))"; done >> long.dat
    timeout 60 till-itemsets -q --fimi -s 1 --count --max-size=3 long.dat | cmp - want
}

# Any two of the huge baskets share thousands of items.
@test "a few huge baskets do not stall: closed and maximal end, frequent ones are refused with what would bound them" {
    [ -d "$SHARED/data/fimi" ] || skip "no shared data"
    zcat "$SHARED/data/fimi/retail.dat.gz" > huge.dat
    for seed in 1 2 3 4 5; do
        awk -v seed=$seed 'BEGIN { srand(seed); for (i = 0; i < 40000; i++) if (rand() < 0.5) printf "%d ", i; print "" }'
    done >> huge.dat
    for type in closed maximal; do
        timeout $PATIENCE till-itemsets -q --fimi -s 2 --count --type=$type huge.dat > $type
        [ "$(total < $type)" -gt 100000 ]
    done
    run -3 timeout $PATIENCE till-itemsets -q --fimi -s 2 huge.dat
    [[ $output == *"more than 100000000 itemsets at a support of 2 baskets"*"--min-support="*" gives "*"--max-size=1 gives "* ]]
    run -3 timeout $PATIENCE till-itemsets -q --fimi -s 2 --count huge.dat
    [[ $output == *"more than 2^127 itemsets"* ]]
}

# 5.5e15 sets (GOLDEN.md, section 9): neither --top nor the refusal enumerate them. The numbers of others are golden.
@test "a flood is refused before it is held, with what would bound it; --top does not search it" {
    [ -d "$SHARED/data/fimi" ] || skip "no shared data"
    kosarak="$SHARED/data/fimi/kosarak-head36682.dat.gz"
    run -3 till-itemsets --fimi -s 25 --limit=14762 "$kosarak"
    [[ $output == *": more than 14762 itemsets"*" at a support of 25 baskets, above --limit=14762: --min-support=74 gives 14762, --max-size="* ]]
    run -3 till-itemsets --fimi -s 25 "$kosarak"
    [[ $output == *": 549944712867"*" itemsets (about "*" GB) at a support of 25"* ]]
    till-itemsets -q --fimi -s 60 "$kosarak" | tail -n +2 | LC_ALL=C sort -t, -k3,3nr -s | head -n 1000 > want
    till-itemsets -q --fimi -s 25 --top=1000 "$kosarak" | tail -n +2 | LC_ALL=C sort -t, -k3,3nr -s | cmp - want
    run -3 till-itemsets --fimi -s 37 --type=closed --limit=9478 "$kosarak"
    [[ $output == *"more than 9478 closed itemsets"*"--min-support=74 gives 9478; or "* ]]
}

# Of chess at a support of 200 there are hundreds of millions of closed sets: the search of a few million is enough to say.
@test "a flood of closed sets is estimated before it is held" {
    [ -d "$SHARED/data/fimi" ] || skip "no shared data"
    run -3 timeout $PATIENCE till-itemsets -q --fimi -s 200 --type=closed "$SHARED/data/fimi/chess.dat.gz"
    [[ $output == *"more than 100000000 closed itemsets, by an estimate about "*" GB), at a support of 200 baskets, above --limit=100000000: --min-support="*" gives "* ]]
    suggested=$(sed 's/.*--min-support=\([0-9]*\) gives \([0-9]*\).*/\1 \2/' <<< "$output")
    [ "$(till-itemsets -q --fimi -s "${suggested% *}" --type=closed --count "$SHARED/data/fimi/chess.dat.gz" | total)" = "${suggested#* }" ]
}

@test "counts beyond 64 bits are exact" {
    seq 1 100 | tr '\n' ' ' > row.dat
    echo >> row.dat
    # C(100, 50) of them have 50 items
    till-itemsets -q --fimi -s 1 --count row.dat | grep -q '^50,100891344545564193334812497256$'
}
