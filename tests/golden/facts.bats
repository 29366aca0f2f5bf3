# The main job on real exports, to the last cent. Where no other source is named, a figure is one of ../shared/data/README.md,
# which other programs measured; "decimal" is Python's csv and decimal modules on the same file.

setup() {
    DATA=${TILL_SHARED:-$PWD/../shared}/data
    [[ $DATA = /* ]] || DATA=$PWD/$DATA
    cd "$BATS_TEST_TMPDIR"
}

need() {
    [ -e "$DATA/$1" ] || skip "no $DATA/$1: set TILL_SHARED to where the shared data lie"
}

# The sum of a column of out, exact: in 1/10,000 a double holds every integer up to 2^53.
total() { # column name
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i; next }
        { value = $column * 10000; sum += int(value + (value < 0 ? -0.5 : 0.5)) }
        END { printf "%.4f\n", sum / 10000 }' out
}
customers() {
    echo $(($(wc -l < out) - 1))
}
figures() { # expected: customers, purchases, money
    [ "$(customers) $(total frequency) $(total monetary)" = "$1 $2.0000 $3" ] ||
        { echo "customers, purchases and money are $(customers) $(total frequency) $(total monetary)"; return 1; }
}

@test "Online Retail: rows, customers and money" {
    need online-retail/online-retail.csv.gz
    till-rfm --clean-ids --no-scores "$DATA/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '541909 rows read = 406829 used + 135080 filtered + 0 rejected; 4372 customers' err
    [ "$(total monetary)" = 8300065.8140 ] # decimal
    # All lines, for the 38 countries in the place of customers: 9,747,747.93 is 9,747,747.934, says decimal.
    till-rfm --customer=Country --count=rows --no-scores "$DATA/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '541909 rows read = 541909 used + 0 filtered + 0 rejected; 38 customers' err
    [ "$(total monetary)" = 9747747.9340 ]
    [ "$(customers)" -eq 38 ]
}

@test "Online Retail: invoices, and those that were cancelled" {
    need online-retail/online-retail.csv.gz
    till-check "$DATA/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '8 columns; 5268 duplicates' err
    till-check --only='InvoiceNo=C*' "$DATA/online-retail/online-retail.csv.gz" 2>&1 > out |
        grep -q '541909 rows read = 9288 used + 532621 filtered + 0 rejected'
    till-check --only='InvoiceNo=A*' "$DATA/online-retail/online-retail.csv.gz" 2>&1 > out |
        grep -q '541909 rows read = 3 used + 541906 filtered + 0 rejected'
}

@test "Online Retail: Latin-1 with CRLF and American dates is the UTF-8 of December" {
    need online-retail/online-retail-2010-12-by-day.tar.gz
    mkdir days
    tar xzf "$DATA/online-retail/online-retail-2010-12-by-day.tar.gz" -C days
    other=$DATA/online-retail/online-retail-2010-12-latin1-crlf.csv.gz
    for tool in "till-rfm --clean-ids" "till-rfm --clean-ids --count=rows --no-scores" "till-cohort --clean-ids --by=week"; do
        $tool -q $(find days -name '*.csv') > expected
        $tool -q --encoding=ISO-8859-1 "$other" > out
        cmp expected out
        [ "$(customers)" -gt 0 ]
    done
    till-rfm --encoding=ISO-8859-1 --clean-ids --no-scores "$other" > out 2> err
    grep -q '42481 rows read = 26850 used + 15631 filtered + 0 rejected; 948 customers' err
}

# The file is no CSV: columns aligned by blanks, one leading blank, CRLF.
cdnow() {
    need cdnow/CDNOW_master.txt.gz
    { echo customer_id,date,cds,amount
      zcat "$DATA/cdnow/CDNOW_master.txt.gz" | tail -n +2 | tr -d '\r' | sed 's/^ *//; s/  */,/g'; } > cdnow.csv
}

@test "CDNOW: transactions, customers, money and customer-days" {
    cdnow
    till-rfm --count=rows --no-scores cdnow.csv > out 2> err
    grep -q '69659 rows read = 69659 used + 0 filtered + 0 rejected; 23570 customers' err
    figures 23570 69659 2500315.6300
    [ "$(awk -F, 'NR > 1 { print $2 }' out | sort | head -n 1)" = 1997-01-01 ]
    [ "$(awk -F, 'NR > 1 { print $3 }' out | sort | tail -n 1)" = 1998-06-30 ]
    till-rfm -q --count=days --no-scores cdnow.csv > out
    figures 23570 "$(cut -d, -f1,2 cdnow.csv | tail -n +2 | sort -u | wc -l)" 2500315.6300
    till-rfm -q --count=rows --customer=cds --amount=amount --until=1997-01-01 cdnow.csv > out
    [ "$(total frequency)" = "$(grep -c ,19970101, cdnow.csv).0000" ]
}

# GOLDEN figures of the 80/20 curve, measured by another program: top 1, 5 and 20 %, who brings 80 %, Gini.
curve() {
    till-value --value=monetary --curve "$1" 2> err > curve
    awk -F, '$1 == 1 || $1 == 5 || $1 == 20 { printf "%.6f ", $4 }' curve
    sed -n 's/.*; gini \([0-9.]*\).*customers_for_80 \([0-9.]*\).*/\1 \2/p' err | awk '{ printf "%.6f %.6f\n", $2, $1 }'
}

@test "CDNOW: how concentrated the money is, from transactions through two tools" {
    cdnow
    till-rfm -q --no-scores cdnow.csv > out
    [ "$(curve out)" = "0.158758 0.366908 0.677774 0.326474 0.634571" ]
    till-rfm -q --no-scores --customer=sampleid --amount=sales "$DATA/cdnow/cdnowElog.csv.gz" > out
    [ "$(curve out)" = "0.145540 0.360666 0.674550 0.329656 0.630917" ]
    # Tiers of 1, 4, 15 and 80 % of 2,357 customers, cut at ceil(p n).
    [ "$(till-value -q --value=monetary out | tail -n +2 | sed 's/.*,//' | sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }')" = \
        "VIP:24 major:94 ordinary:354 small:1885 " ]
}

# "Ties to lowest" of the table of RFM conventions: raw lines, recency to 1998-06-30.
@test "CDNOW: scores of the sample in its blank-aligned form" {
    need cdnow/CDNOW_sample.txt.gz
    zcat "$DATA/cdnow/CDNOW_sample.txt.gz" | tr -d '\r' | sed 's/^ *//; s/  */,/g' > sample.csv
    till-rfm --no-headers --customer=2 --date=3 --amount=5 --count=rows --as-of=1998-06-30 sample.csv > out 2> err
    grep -q '6919 rows read = 6919 used + 0 filtered + 0 rejected; 2357 customers' err
    scores() { tail -n +2 out | cut -d, -f"$1" | sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }'; }
    [ "$(scores 7)" = '1:482 2:471 3:463 4:470 5:471 ' ]
    [ "$(scores 8)" = '1:1205 3:406 4:358 5:388 ' ]
    [ "$(scores 9)" = '1:481 2:462 3:472 4:471 5:471 ' ]
}

@test "dunnhumby: households, baskets and sales" {
    need dunnhumby/transactions_sample.csv.gz
    till-rfm --no-scores "$DATA/dunnhumby/transactions_sample.csv.gz" > out 2> err
    grep -q '75000 rows read = 75000 used + 0 filtered + 0 rejected' err
    # decimal: 233,935.24 and 4e-16 of binary fractions in the export, which are rounded off and counted.
    figures 2377 47243 233935.2400
    grep -q 'rounded' err
}

@test "GBK and UTF-8 with a mark hold the same records" {
    need baskets/GoodsOrder-gbk.csv.gz
    till-check -q --encoding=GBK "$DATA/baskets/GoodsOrder-gbk.csv.gz" > gbk
    till-check -q "$DATA/baskets/GoodsOrder-utf8bom.csv.gz" | cmp gbk -
    till-value -q --value=id --encoding=GBK "$DATA/baskets/GoodsOrder-gbk.csv.gz" > gbk
    till-value -q --value=id "$DATA/baskets/GoodsOrder-utf8bom.csv.gz" | cmp gbk -
    [ "$(wc -l < gbk)" -eq 43368 ]
    # And back: written as GBK they are the bytes of the GBK file, as far as its two columns go.
    till-value -q --value=id --encoding=GBK --output-encoding=GBK "$DATA/baskets/GoodsOrder-gbk.csv.gz" | cut -d, -f1,2 |
        cmp - <(zcat "$DATA/baskets/GoodsOrder-gbk.csv.gz" | tr -d '\r')
}

@test "BreadBasket: baskets, items, duplicates, and NONE as missing" {
    need baskets/BreadBasket_DMS.csv.gz
    till-check --null=NONE "$DATA/baskets/BreadBasket_DMS.csv.gz" > out 2> err
    grep -q '21293 rows read = 21293 used.*; 1653 duplicates' err
    grep -q '^Transaction,integer,21293,0,9531,' out
    grep -q '^Item,text,21293,786,94,' out
}

@test "BikeMarketBasket: tabs, blanks in headers, orders and prices" {
    need baskets/BikeMarketBasket.tsv.gz
    till-check --tsv "$DATA/baskets/BikeMarketBasket.tsv.gz" > out 2> err
    grep -q '32265 rows read = 32265 used' err
    grep -q '^Order Number	text	32265	0	13050	' out
    grep -q '^Product	text	32265	0	37	' out
    till-value -q --tsv --value='Product Price' "$DATA/baskets/BikeMarketBasket.tsv.gz" | tr '\t' , > out
    [ "$(total 'Product Price')" = 11910054.3400 ] # decimal
}

@test "RFM_TRAD_FLOW: dates like 14JUN09:17:58:34, returns, a first column without a name" {
    need segments/RFM_TRAD_FLOW.csv.gz
    roles="--customer=cumid --date=time --order=transID"
    till-rfm --no-scores $roles "$DATA/segments/RFM_TRAD_FLOW.csv.gz" > out 2> err
    grep -q '26662 rows read = 26662 used + 0 filtered + 0 rejected; 1200 customers' err
    figures 1200 25595 3582646.7000 # decimal; 26,662 transactions less 1,067 returns
    till-rfm -q --no-scores $roles --returns=drop "$DATA/segments/RFM_TRAD_FLOW.csv.gz" > out
    [ "$(total frequency)" = 25595.0000 ]
    run till-rfm -q --no-scores $roles --returns=error "$DATA/segments/RFM_TRAD_FLOW.csv.gz"
    [ "$status" -eq 3 ]
    [ "${#lines[@]}" -eq 1 ]
}

@test "Groceries: D-M-YYYY, members and member-days" {
    need baskets/Groceries_dataset.csv.gz
    # There is no money in it; the member's number stands in for it.
    till-rfm --customer=Member_number --date=Date --amount=Member_number --count=days --no-scores \
        "$DATA/baskets/Groceries_dataset.csv.gz" > out 2> err
    grep -q '38765 rows read = 38765 used + 0 filtered + 0 rejected; 3898 customers' err
    [ "$(total frequency)" = 14963.0000 ]
}

@test "apparel: quoted ids, prices" {
    need clv/apparelTrans.csv.gz
    till-rfm --customer=Id --date=Date --amount=Price --count=rows --no-scores "$DATA/clv/apparelTrans.csv.gz" > out 2> err
    grep -q '3187 rows read = 3187 used + 0 filtered + 0 rejected' err
    figures 600 3187 124356.9000 # decimal
}

@test "semicolons, marks, blanks and files without a header" {
    need churn/bank.csv.gz
    till-check -d ';' "$DATA/churn/bank.csv.gz" 2>&1 > out | grep -q '4521 rows read = 4521 used.*; 17 columns'
    till-check -d ';' "$DATA/segments/marketing_campaign.csv.gz" > out 2> err
    grep -q '2240 rows read = 2240 used.*; 29 columns' err
    grep -q '^ID;integer;2240;0;2240;' out
    grep -q '^Income;integer;2240;24;' out
    till-check -n -d ';' "$DATA/baskets/epub-sessions.ssv.gz" > out 2> err
    grep -q '29624 rows read = 29624 used.*; 2 columns' err
    grep -q '^1;text;29624;0;15732;' out # cut | sort -u (the README says 15,729)
    till-check --null=' ' "$DATA/churn/Telco-Customer-Churn.csv.gz" > out 2> err
    grep -q '7043 rows read = 7043 used.*; 21 columns' err
    grep -q '^TotalCharges,decimal,7043,11,' out
    grep -q '^Churn,text,7043,0,2,No,Yes,,No,5174$' out # 7,043 less 1,869
    till-check "$DATA/dunnhumby/products.csv.gz" 2>&1 > out | grep -q '92331 rows read = 92331 used.*; 7 columns'
}
