#!/usr/bin/env bats
# till-rules: golden rules and measures, q-values over the whole search, restrictions, taxonomy, nulls, held out baskets.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    GROCERIES="$SHARED/data/baskets/groceries.csv.gz"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    cd "$BATS_TEST_TMPDIR"
}

needs_data() {
    [ -r "$GROCERIES" ] || skip "no shared data"
}

# Items may stand in another order there; sides are sorted, and blanks that arules keeps are dropped.
sides() { # SEPARATOR: first two columns to one key
    awk -F'\t' -v OFS='\t' -v separator="$1" '
        function sorted(text,   n, parts, i, j, t, out) {
            gsub(/[{}]/, "", text)
            n = split(text, parts, separator)
            for (i = 1; i <= n; i++) gsub(/^ +| +$/, "", parts[i])
            for (i = 2; i <= n; i++) for (j = i; j > 1 && parts[j] < parts[j - 1]; j--) { t = parts[j]; parts[j] = parts[j - 1]; parts[j - 1] = t }
            for (i = 1; i <= n; i++) out = out (i > 1 ? "|" : "") parts[i]
            return out
        }
        { key = sorted($1) " => " sorted($2); $1 = ""; $2 = ""; sub(/^\t\t/, ""); print key, $0 }' | LC_ALL=C sort -t"$(printf '\t')" -k1,1
}

# All numbers of two files of key and values agree to 1e-9; undefined is NA there.
agree() {
    paste "$1" "$2" | awk -F'\t' '{
        n = NF / 2
        if ($1 != $(n + 1)) { print "keys: " $1 " / " $(n + 1); exit 1 }
        for (i = 2; i <= n; i++) {
            a = $i + 0; b = $(n + i) + 0; d = a > b ? a - b : b - a; m = a < 0 ? -a : a
            if (d > 1e-9 * m) { print $1 ": column " i ": " a " and " b; exit 1 }
        }
    }'
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-rules.1"
}

# Six baskets: a and b in 4, c in 2, both a and b in 3, b and c in 1.
@test "--min-lift leaves out, --sort orders" {
    printf '%s\n' a,b a,b a,b a b,c c > baskets
    rules() { till-rules -q --baskets -s 1 -c 0 "$@" baskets | tail -n +2 | cut -d, -f1,2 | tr '\n' ' '; }
    [ "$(rules)" = "a,b b,a b,c c,b " ]
    [ "$(rules --min-lift=1.125)" = "a,b b,a " ] # 3/4 over 4/6
    [ "$(rules --min-lift=1.2)" = "" ]
    [ "$(rules --sort=confidence)" = "a,b b,a c,b b,c " ]
    for by in support leverage p_value q_value; do
        [ "$(rules --sort=$by)" = "a,b b,a b,c c,b " ]
    done
}

# GOLDEN.md section 9, part 4: arules 1.7.13 = Borgelt apriori; consequents of several items: mlxtend = efficient-apriori.
@test "groceries: the golden numbers of rules" {
    needs_data
    while read -r support confidence rules; do
        got=$(till-rules -q --baskets -s "$support" -c "$confidence" "$GROCERIES" | tail -n +2 | wc -l)
        [ "$got" -eq "$rules" ] || { echo "$support $confidence: $got, not $rules"; return 1; }
    done <<END
.01 .1 427
.01 .25 170
.01 .5 15
.006 .25 463
.006 .5 67
.005 .25 662
.005 .5 120
.001 .1 32783
.001 .25 17391
.001 .5 5668
.001 .8 410
END
    [ "$(till-rules -q --baskets -s .001 -c .5 --max-consequent=5 "$GROCERIES" | tail -n +2 | wc -l)" -eq 5829 ]
    # not redundant (improvement > 0)
    [ "$(till-rules -q --baskets -s .001 -c .5 --redundant=drop "$GROCERIES" | tail -n +2 | wc -l)" -eq 5096 ]
    [ "$(till-rules -q --baskets -s .001 -c .8 --redundant=drop "$GROCERIES" | tail -n +2 | wc -l)" -eq 392 ]
    [ "$(till-rules -q --baskets -s .005 -c .25 --redundant=drop "$GROCERIES" | tail -n +2 | wc -l)" -eq 635 ]
}

@test "groceries: 5668 rules with Fisher p, as arules has them" {
    needs_data
    # lhs,rhs,support,confidence,coverage,lift,count,fisher,redundant, the sides in quotes and braces
    zcat "$SHARED/golden/rules/groceries_rules_s001_c50.csv.gz" | tail -n +2 |
        sed 's/^"{\(.*\)}","{\(.*\)}",/\1\t\2\t/; s/,[A-Z]*$//' |
        awk -F'\t' -v OFS='\t' '{ gsub(/,/, OFS, $3); print }' | sides , > want
    [ "$(wc -l < want)" -eq 5668 ]
    cut -f1-7 want > want.cut
    till-rules -q -f tsv --baskets -s .001 -c .5 --measures=coverage,fisher_p "$GROCERIES" | tail -n +2 |
        awk -F'\t' -v OFS='\t' '{ print $1, $2, $4, $5, $11, $6, $3, $12 }' | sides '[|]' > got
    agree got want.cut
}

@test "groceries: 15 rules with 24 measures, as arules has them" {
    needs_data
    file="$SHARED/golden/rules/groceries_rules_s01_c50_measures.csv"
    measures=$(head -n 1 "$file" | tr -d '"' | cut -d, -f6-)
    till-rules -q -f tsv --baskets -s .01 -c .5 --measures="coverage,$measures" "$GROCERIES" > out
    awk -F'\t' -v OFS='\t' -v names="$(head -n 1 "$file" | tr -d '"' | cut -d, -f2-)" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, ","); next }
        { printf "%s\t%s", $1, $2; for (i = 1; i <= n; i++) printf "\t%s", $(at[name[i]]); print "" }' out | sides '[|]' > got
    tail -n +2 "$file" | sed 's/^"{\(.*\)} => {\(.*\)}",/\1\t\2\t/' |
        awk -F'\t' -v OFS='\t' '{ gsub(/,/, OFS, $3); print }' | sides , > want
    [ "$(wc -l < want)" -eq 15 ]
    [ "$(head -n 1 got | awk -F'\t' '{ print NF }')" -eq 25 ]
    agree got want
}

# Published: the rule of the highest lift at .001/.5, and the reference rule of GOLDEN.md.
@test "groceries: the top rules" {
    needs_data
    till-rules -q --baskets -s .001 -c .5 --top=3 "$GROCERIES" | cut -d, -f1-3 > out
    printf '%s\n' antecedent,consequent,count 'Instant food products|soda,hamburger meat,12' \
        'popcorn|soda,salty snack,12' 'baking powder|flour,sugar,10' | cmp - out
    till-rules -q --baskets -c 0 --antecedent='other vegetables' --consequent='whole milk' "$GROCERIES" > out
    grep -q '^other vegetables,whole milk,736,0.07483477377,0.3867577509,1.513634095,0.02539430858,1.214012875,1.44389155[0-9]*e-45,' out
    [ "$(wc -l < out)" -eq 2 ]
}

# The definition of the contract, by awk: sort p m_k, then the running minimum of K (p m_k)_(j) / j from the end.
@test "q-values are over the whole search, and filters do not change them" {
    needs_data
    till-rules --baskets -s .01 -c 0 --max-antecedent=2 -f tsv "$GROCERIES" 2> err | tail -n +2 > all
    grep -q '3828 of 2 items, 18318 of 3 items; 309 of them tested' err
    awk -F'\t' -v OFS='\t' '{ k = split($1, a, "|") + 1
        if (k == 2 && $1 > $2) next
        printf "%.12e\t%s\t%s\t%s\n", $9 * (k == 2 ? 3828 : 18318), $1, $2, $10 }' all | LC_ALL=C sort -g -k1,1 > weights
    [ "$(wc -l < weights)" -eq 309 ]
    tac weights | awk -F'\t' -v n=309 '{ q = 2 * $1 / (n - NR + 1); if (NR == 1 || q < low) low = q
        want = low > 1 ? 1 : low; d = want - $4; if (d < 0) d = -d; if (d > 1e-8 * want) { print; exit 1 } }'
    till-rules -q --baskets -s .01 -c .5 -f tsv "$GROCERIES" | tail -n +2 | cut -f1,2,10 | sort > few
    cut -f1,2,10 all | sort > keys
    [ "$(comm -12 few keys | wc -l)" -eq 15 ]
    till-rules -q --baskets -s .01 -c 0 --fdr=0.05 "$GROCERIES" > at5
    awk -F, '$NF > 0.05 && NR > 1 { exit 1 }' at5
    # any dependence costs the harmonic number; the chance of a single one is not smaller than the rate
    till-rules -q --baskets -s .01 -c 0 --fdr=0.05 --adjust=by "$GROCERIES" > by5
    till-rules -q --baskets -s .01 -c 0 --fdr=0.05 --adjust=layered "$GROCERIES" > layered5
    [ "$(wc -l < by5)" -le "$(wc -l < at5)" ]
    [ "$(wc -l < layered5)" -le "$(wc -l < at5)" ]
}

@test "restrictions shrink the search" {
    printf '%s\n' a,b,c a,b a,b,d b,c d c,d a,b,c,d > lines
    till-rules --baskets -s 1 -c 0 lines 2> err > /dev/null
    grep -q '6 of 2 items, 12 of 3 items, 4 of 4 items' err # C(4,2), 6 pairs x 2, 4 triples x 1
    till-rules --baskets -s 1 -c 0 --max-antecedent=1 lines 2> err > /dev/null
    grep -q 'searched: 6 of 2 items; ' err
    till-rules --baskets -s 1 -c 0 --consequent=a lines 2> err > out
    grep -q '3 of 2 items, 3 of 3 items, 1 of 4 items' err
    [ "$(cut -d, -f2 out | sort -u | tr '\n' ' ')" = "a consequent " ]
    till-rules --baskets -s 1 -c 0 --antecedent='a|b' lines 2> err > out
    grep -q '5 of 2 items, 2 of 3 items' err
    run -3 till-rules --baskets -s 1 --antecedent='a|x' lines
    [[ $output == *'--antecedent'*'"x"'* ]]
}

@test "a taxonomy: no rule between an item and its own kind" {
    printf '%s\n' cola,crisps lemonade,crisps cola,nuts lemonade,bread bread > lines
    printf 'item,parent\ncola,soft drinks\nlemonade,soft drinks\nsoft drinks,drinks\ncrisps,snacks\nnuts,snacks\n' > kinds
    till-rules -q --baskets -s 1 -c 0 --taxonomy=kinds lines > out
    grep -q '^soft drinks,snacks,3,0.6,0.75,1.25,' out
    grep -q '^drinks,crisps,2,' out
    awk -F, 'NR > 1 { split($1, a, "|"); for (i in a) seen[a[i]] = 1
        if ($1 ~ /cola/ && ($1 $2) ~ /drinks/ || $1 ~ /crisps/ && ($1 $2) ~ /snacks/ || $1 ~ /soft drinks/ && $2 ~ /^drinks$/) { print; exit 1 } }' out
    # frequent items: 5, and 3 kinds: 28 pairs, of which cola, lemonade - soft drinks, drinks; soft drinks - drinks; crisps, nuts - snacks
    till-rules --baskets -s 1 -c 0 --max-antecedent=1 --taxonomy=kinds lines 2>&1 > /dev/null | grep -q 'searched: 21 of 2'
    printf 'item,parent\na,b\nb,a\n' > kinds
    run -3 till-rules --baskets -s 1 --taxonomy=kinds lines
    [[ $output == *"its own ancestor"* ]]
    printf 'item,parent\na,b\na,c\n' > kinds
    run -3 till-rules --baskets -s 1 --taxonomy=kinds lines
    [[ $output == *"two parents"* ]]
}

# Three levels: the same rules as of baskets that awk extended, but for those that hold an item beside its own kind.
@test "a taxonomy of several levels: the rules of extended baskets, without kin" {
    awk 'BEGIN { srand(7); for (b = 0; b < 120; b++) { line = "z"
        for (k = 0; k < 9; k++) if (rand() < 0.3) line = line ",i" k
        print line } }' > lines
    printf '%s\n' item,parent i0,k0 i1,k0 i2,k0 i3,k1 i4,k1 i5,k2 k0,m0 k1,m0 m0,top k2,top > kinds
    awk -F, 'NR == FNR { if (FNR > 1) up[$1] = $2; next }
        { split("", seen); line = ""
          for (i = 1; i <= NF; i++) for (x = $i; x != "" && !(x in seen); x = up[x]) { seen[x] = 1; line = line (line == "" ? "" : ",") x }
          print line }' kinds lines > extended
    till-rules -q --baskets -s 6 -c 0 --max-consequent=2 extended | cut -d, -f1-8 |
        awk -F, 'NR == FNR { if (FNR > 1) up[$1] = $2; next }
            { n = split($1 "|" $2, item, "|"); kin = 0
              for (i = 1; i <= n; i++) for (x = up[item[i]]; x != ""; x = up[x]) for (j = 1; j <= n; j++) kin += item[j] == x
              if (!kin) print }' kinds - > want
    till-rules -q --baskets -s 6 -c 0 --max-consequent=2 --taxonomy=kinds lines | cut -d, -f1-8 | cmp - want
    [ "$(wc -l < want)" -gt 200 ]
}

# p by hand: two strata of 4 baskets, each with two of a, two of b: P(2) = 1/6, P(1) = 4/6. Sum of 4 has 1/36.
@test "strata and clusters" {
    cat > rows.csv <<'END'
order_id,customer_id,store,item
1,C1,north,a
1,C1,north,b
2,C1,north,a
2,C1,north,b
3,C2,north,x
4,C2,north,x
5,C3,south,a
5,C3,south,b
6,C3,south,a
6,C3,south,b
7,C4,south,x
8,C4,south,x
END
    till-rules --strata=store -s 1 rows.csv 2> err > out
    grep -q '^a,b,4,0.5,1,2,0.25,,0.02777777778,' out
    grep -q 'alike within a stratum' err
    # of 8 baskets: C(4,4) C(4,0) / C(8,4)
    till-rules -q -s 1 rows.csv | grep -q '^a,b,4,0.5,1,2,0.25,,0.01428571429,'
    # four customers with scores of 2 x 1/4 each: z = 2 / sqrt(4 x 1/4) = 2, and the normal tail above 2 is 0.02275013195
    till-rules -q --robust=customer_id -s 1 rows.csv | grep -q '^a,b,4,0.5,1,2,0.25,,0.02275013195,'
    run -2 till-rules --strata=size --robust=customer_id rows.csv
    sed 's/^2,C1,north,b/2,C1,south,b/' rows.csv > two.csv
    run -3 till-rules --strata=store -s 1 two.csv
    [[ $output == *'basket "2" has rows of two'* ]]
}

@test "held out: the same customers for the same seed, whatever the order of rows and the threads" {
    needs_data
    till-rules -q --baskets -s .01 -c 0 --holdout=.5 "$GROCERIES" > a
    zcat "$GROCERIES" | sort -r | till-rules -q --baskets -s .01 -c 0 --holdout=.5 -j3 > b
    cmp a b
    [ "$(wc -l < a)" -gt 50 ]
    till-rules -q --baskets -s .01 -c 0 --holdout=.5 --seed=2 "$GROCERIES" > c
    run ! cmp -s a c
    till-rules --baskets -s .01 -c 0 --holdout=.5 "$GROCERIES" 2>&1 > /dev/null | grep -q 'rules in the baskets held out'
}

# 173,052 rules take 7 MB wherever they are sorted; beside them the tool itself needs less than 20 MB.
@test "rules beyond the memory are sorted in files, which leave nothing behind" {
    awk 'BEGIN { srand(1); for (b = 0; b < 300; b++) { line = ""
        for (k = 0; k < 11; k++) if (rand() < 0.9) line = line (line == "" ? "" : ",") "i" k
        print line } }' > wide.csv
    wide="till-rules -q -j1 --baskets -s 5 -c 0 --max-consequent=10"
    $wide wide.csv > want
    [ "$(wc -l < want)" -gt 150000 ]
    mkdir temporary
    TMPDIR=$PWD/temporary $wide --buffer-size=256K wide.csv | cmp - want
    [ -z "$(ls -A temporary)" ]
    head -n 1001 want > top
    $wide --top=1000 --buffer-size=64K wide.csv | cmp - top
    TMPDIR=$PWD/missing run -4 $wide --buffer-size=256K wide.csv
    [[ $output == *"missing: cannot make a temporary file"* ]]
    [ -z "${TILL_SANITIZER:-}" ] || return 0 # a sanitizer needs more memory than is left here
    (ulimit -v 26000 && $wide --buffer-size=256K wide.csv) | cmp - want
    run -4 bash -c "ulimit -v 26000 && $wide wide.csv"
    [[ $output == *"out of memory"* ]]
}

# By awk from p_value alone: with held out baskets the rules that were found are the whole search.
@test "held out: q-values are over the rules that were found" {
    needs_data
    till-rules --baskets -s .01 -c 0 --max-antecedent=1 --holdout=.5 -f tsv "$GROCERIES" 2> err | tail -n +2 > all
    tested=$(sed -n 's/.*searched: \([0-9]*\) rules in the baskets held out.*/\1/p' err)
    cut -f1,2,9,10 all | awk -F'\t' '$1 < $2' | LC_ALL=C sort -t"$(printf '\t')" -g -k3,3 > weights
    [ "$(wc -l < weights)" -eq "$tested" ]
    tac weights | awk -F'\t' -v n="$tested" '{ q = $3 * n / (n - NR + 1); if (NR == 1 || q < low) low = q
        want = low > 1 ? 1 : low; d = want - $4; if (d < 0) d = -d; if (d > 1e-8 * want) { print; exit 1 } }'
    # both directions of a pair are one hypothesis
    awk -F'\t' '{ key = $1 < $2 ? $1 "|" $2 : $2 "|" $1; if (key in q && q[key] != $10) { print; exit 1 } q[key] = $10 }' all
}

@test "bad input: supports, orders, lines, numbers" {
    printf '%s\n' order_id,customer_id,date,item '1,C1,2024-01-01 23:59,a|b' '1,C1,2024-01-02 00:01,"c,d"' '' '2,C2,2024-01-02,a|b' > rows.csv
    for bad in 0 0% 1.01 101% -1; do
        run -2 till-rules --min-support="$bad" rows.csv
        [[ $output == *"--min-support"* ]]
    done
    # blank lines are skipped; an order of two days is one basket; an item that holds a separator comes back
    till-rules -q -s 1 -c 0 rows.csv | cut -d, -f1-4 > out
    printf '%s\n' antecedent,consequent,count,support 'a\|b,"c,d",1' '"c,d",a\|b,1' | cmp - out
    till-rules -q -s 1 -c 0 --by=day rows.csv | wc -l | grep -q '^1$' # of two days are two
    till-rules -q -s 1 -c 0 --antecedent='a\|b' rows.csv | tail -n +2 | cut -d, -f1 | cmp - <(echo 'a\|b')
    echo ',C1,2024-01-01,x' >> rows.csv
    run -3 till-rules -s 1 rows.csv
    [[ $output == *"rows.csv:6:1: order: missing"* ]]
    echo '1 2 -3' > numbers
    run -3 till-rules --fimi -s 1 numbers
    [[ $output == *"numbers:1:5: item: a negative number"* ]]
    printf 'a,b\n\na\n' | till-rules -q --baskets -s 1 -c 0 | grep -q '^a,b,1,0.3333333333,' # a blank line is a basket
    seq 1000000 | tr '\n' ' ' > long
    run -3 till-rules --fimi -s 1 long
    [[ $output == *"more than 20000000 itemsets"* ]]
    till-rules -q --fimi -s 2 long | wc -l | grep -q '^1$'
}

@test "bad measures and options" {
    echo a,b > lines
    run -2 till-rules --baskets --measures=nonsense lines
    [[ $output == *'no measure is called "nonsense"'* ]]
    till-rules -q --baskets -s 1 --measures=all lines | head -n 1 | grep -q ',fisher_p,'
    run -2 till-rules --baskets -c 1.5 lines
    run -3 till-rules --baskets -s 1 --limit=2 lines
}
