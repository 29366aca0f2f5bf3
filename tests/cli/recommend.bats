#!/usr/bin/env bats
# till-recommend: offers to customers and baskets, what is owned, validation against popularity.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    . "$BATS_TEST_DIRNAME/../support/examples.bash"
    cd "$BATS_TEST_TMPDIR"
    cat > rules.csv <<'END'
antecedent,consequent,count,support,confidence,lift
a,b|x,5,0.1,0.8,2
a,c,5,0.1,0.8,3
b,c,9,0.1,0.9,1.5
no such item,c,9,0.1,1,9
p\|q,d,9,0.1,0.3,1.2
,e,9,0.1,0.2,1
END
    cat > sales.csv <<'END'
order_id,customer_id,date,item
2,C2,2024-01-01,a
1,C1,2024-01-01,a
1,C1,2024-01-01,b
9,C2,2024-01-02,p|q
END
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-recommend.1"
}

@test "customers: the best rule for an item, ties by lift and by item, empty antecedents for all" {
    till-recommend -q --rules=rules.csv sales.csv > out
    cat > want <<'END'
customer,rank,item,confidence,lift,because
C1,1,c,0.9,1.5,b
C1,2,x,0.8,2,a
C1,3,e,0.2,1,
C2,1,c,0.8,3,a
C2,2,b,0.8,2,a
C2,3,x,0.8,2,a
C2,4,d,0.3,1.2,p\|q
C2,5,e,0.2,1,
END
    diff -u want out
    till-recommend -q --rules=rules.csv --top=1 sales.csv | cut -d, -f1-3 | cmp - <(printf 'customer,rank,item\nC1,1,c\nC2,1,c\n')
    till-recommend -q --rules=rules.csv --owned=keep sales.csv | grep -q '^C1,2,b,0.8,2,a$'
}

@test "baskets: each order by itself" {
    till-recommend -q --rules=rules.csv --to=basket --top=1 sales.csv > out
    printf 'order,rank,item,confidence,lift,because\n1,1,c,0.9,1.5,b\n2,1,c,0.8,3,a\n9,1,d,0.3,1.2,p\\|q\n' | diff -u - out
}

@test "the output of till-rules is understood" {
    [ -d "$SHARED/data/baskets" ] || skip "no shared data"
    zcat "$SHARED/data/baskets/Groceries_dataset.csv.gz" > sales.csv
    roles="--customer=Member_number --date=Date --item=itemDescription --date-format=%d-%m-%Y"
    # shellcheck disable=SC2086 # the roles are words
    till-rules -q --by=customer -s 0.02 -c 0.4 --until=2015-06-30 $roles sales.csv > rules.csv
    # shellcheck disable=SC2086
    till-recommend --rules=rules.csv --validate --until=2015-06-30 $roles sales.csv > out 2> err
    [ "$(wc -l < out)" -eq 11 ]
    # popularity by awk: hit rate of the single most popular item that is new to the customer
    awk -F, -v OFS=, 'NR > 1 { split($2, d, "-"); day = d[3] d[2] d[1]
            if (day <= "20150630") { if (!past[$1, $3]++) { n[$3]++; list[$1] = list[$1] OFS $3 } had[$1] = 1 } else { later[$1, $3] = 1; has[$1] = 1 } }
        END { for (item in n) items[++m] = item
            for (i = 2; i <= m; i++) for (j = i; j > 1 && (n[items[j]] > n[items[j - 1]] || n[items[j]] == n[items[j - 1]] && items[j] < items[j - 1]); j--) { t = items[j]; items[j] = items[j - 1]; items[j - 1] = t }
            for (c in had) if (c in has) { all++; for (i = 1; i <= m; i++) if (!((c, items[i]) in past)) { hits += (c, items[i]) in later; break } }
            printf "popularity,1,%d,%d,%.10g,%.10g\n", all, all, hits / all, hits / all }' sales.csv > want
    grep -qxF "$(cat want)" out
}

@test "what is missing is said" {
    run -2 till-recommend sales.csv
    [[ $output == *--rules* ]]
    run -2 till-recommend --rules=rules.csv --validate sales.csv
    [[ $output == *--until* ]]
    run -3 till-recommend --rules=rules.csv --validate --until=2024-12-31 sales.csv
    [[ $output == *"nobody bought both"* ]]
    cut -d, -f1-4 rules.csv > few.csv
    run -3 till-recommend --rules=few.csv sales.csv
    [[ $output == *few.csv*confidence* ]]
    head -n 1 sales.csv | till-recommend -q --rules=rules.csv | cmp - <(echo customer,rank,item,confidence,lift,because)
}
