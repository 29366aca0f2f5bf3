#!/usr/bin/env bats
# till-check: columns, duplicates, bad rows, roles. Counts of real files are those that Python's csv module and a Counter give
# (CPython 3.11), and the facts of the data's README.
bats_require_minimum_version 1.5.0

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    SHARED="${TILL_SHARED:-$BATS_TEST_DIRNAME/../../../shared}"
    cd "$BATS_TEST_TMPDIR"
}

needs_data() {
    [ -d "$SHARED/data" ] || skip "no shared data"
}

# The examples of a page: lines behind "$ " are run, what stands below them is what they print. "$ cat FILE" makes the file.
run_examples() {
    sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$1" | sed -n '/^\.EX/,/^\.EE/p' | sed 's/\\-/-/g' > examples
    grep -q '^\$ ' examples
    awk '/^\./ { file = ""; next }
         /^\$ cat / { file = $3; printf "" > file; next }
         /^\$ / { file = "wanted" ++n; print substr($0, 3) > ("command" n); printf "" > file; next }
         file != "" { print > file }' examples
    for command in command*; do
        sh "$command" > got
        diff -u "wanted${command#command}" got
    done
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-check.1"
}

@test "online retail: the facts come out" {
    needs_data
    till-check "$SHARED/data/online-retail/online-retail.csv.gz" > out 2> err
    grep -q '541909 rows read = 541909 used + 0 filtered + 0 rejected' err
    grep -q '8 columns; 5268 duplicates' err
    grep -q '^InvoiceNo,text,541909,0,25900,536365,' out
    grep -q '^StockCode,text,541909,0,4070,' out
    grep -q '^Description,text,541909,1454,' out
    grep -q '^Quantity,integer,541909,0,722,-80995,80995,' out
    grep -q '^InvoiceDate,date (YYYY-MM-DD),541909,0,23260,2010-12-01 08:26:00,2011-12-09 12:50:00,,2011-10-31 14:41:00,1114$' out
    grep -q '^UnitPrice,decimal,541909,0,1630,-11062.06,38970.0,' out
    grep -q '^CustomerID,decimal,541909,135080,4372,12346.0,18287.0,15287.69057,17841.0,7983$' out
    grep -q '^Country,text,541909,0,38,Australia,Unspecified,,United Kingdom,495478$' out
}

@test "the copy in Latin-1 with CRLF and American dates" {
    needs_data
    till-check --encoding=ISO-8859-1 "$SHARED/data/online-retail/online-retail-2010-12-latin1-crlf.csv.gz" > out 2> err
    grep -q '42481 rows read = 42481 used' err
    grep -q '500 duplicates' err
    grep -q '^InvoiceDate,date (M/D/YYYY),42481,0,1770,2010-12-01 08:26:00,2010-12-23 17:41:00,' out
    grep -q '^CustomerID,integer,42481,15631,948,' out
    grep -q '^Description,text,42481,125,2760,' out
}

@test "bakery: 1653 duplicates, dates, times and 95 items" {
    needs_data
    till-check "$SHARED/data/baskets/BreadBasket_DMS.csv.gz" > out 2> err
    grep -q '21293 rows read = 21293 used' err
    grep -q '1653 duplicates' err
    grep -q '^Date,date (YYYY-MM-DD),21293,0,159,2016-10-30,2017-04-09,,2017-02-04,302$' out
    grep -q '^Transaction,integer,21293,0,9531,1,9684,' out
    grep -q '^Item,text,21293,0,95,' out
    till-check --roles "$SHARED/data/baskets/BreadBasket_DMS.csv.gz" > roles
    grep -q '^date,Date,header$' roles
    grep -q '^order,Transaction,header$' roles
    grep -q '^item,Item,header$' roles
    grep -q '^customer,,' roles
}

@test "dunnhumby: quoted text, ids beyond 32 bits" {
    needs_data
    till-check "$SHARED/data/dunnhumby/transactions_sample.csv.gz" > out 2> err
    grep -q '; 0 duplicates' err
    grep -q '^household_id,integer,75000,0,2377,.*,1111,208$' out
    # one id is written 4.0128e+10: decimal tells that the export has damaged it
    grep -q '^basket_id,decimal,75000,0,47243,.*,34137466882,12$' out
    grep -q '^sales_value,decimal,75000,0,1850,.*,1,5066$' out
    grep -q '^transaction_timestamp,date (YYYY-MM-DD),75000,0,47152,.*,2017-07-13 20:08:49,12$' out
    till-check --roles "$SHARED/data/dunnhumby/transactions_sample.csv.gz" > roles
    printf '%s\n' 'role,column,how' 'customer,household_id,header' 'date,transaction_timestamp,header' \
        'date_format,transaction_timestamp,YYYY-MM-DD' 'amount,sales_value,header' 'order,basket_id,header' \
        'item,product_id,header' | diff -u - roles
}

@test "GBK with --encoding, tabs with --tsv, dates of other kinds" {
    needs_data
    till-check --encoding=GBK "$SHARED/data/baskets/GoodsOrder-gbk.csv.gz" > out
    grep -q '^id,integer,43367,0,9835,1,9835,' out
    grep -q '^Goods,text,43367,0,169,.*,全脂牛奶,2513$' out
    till-check --tsv "$SHARED/data/baskets/BikeMarketBasket.tsv.gz" | grep -q "^Product	text	32265	0	37	.*	Sport-100	3794$"
    till-check "$SHARED/data/baskets/Groceries_dataset.csv.gz" > out 2> err
    grep -q '; 759 duplicates' err
    grep -q '^Date,date (D-M-YYYY),38765,0,728,2014-01-01,2015-12-30,,21-01-2015,96$' out
    till-check "$SHARED/data/segments/RFM_TRAD_FLOW.csv.gz" | grep -q '^time,date (.*),26662,0,14319,.*,24DEC09:08:32:40,28$'
}

@test "the result is the same for any number of threads, plain and packed" {
    needs_data
    zcat "$SHARED/data/online-retail/online-retail.csv.gz" > retail.csv
    till-check -q -j 1 retail.csv > one
    for threads in 2 3 7; do
        till-check -q -j $threads retail.csv | cmp one -
        till-check -q -j $threads --distinct-limit=1000 retail.csv > "limited$threads"
        cmp limited2 "limited$threads"
    done
    gzip -c retail.csv | till-check -q | cmp one -
}

@test "above the limit distinct is an estimate that is named, and the rest stays" {
    needs_data
    file="$SHARED/data/online-retail/online-retail.csv.gz"
    till-check "$file" > all
    till-check --distinct-limit=1000 "$file" > some 2> err
    cut -d, -f1-4,6-8 all > all.rest
    cut -d, -f1-4,6-8 some | diff all.rest -
    grep -q 'distinct of column "InvoiceNo" is an estimate' err
    grep -q 'distinct of column "InvoiceDate" is an estimate' err
    [ "$(grep -c 'is an estimate' err)" -eq 2 ]
    grep -q 'too many different rows to count duplicates' err
    # 25,900 invoices, within four standard errors
    awk -F, '$1 == "InvoiceNo" { found = 1; exit !($5 > 25900 * 0.9836 && $5 < 25900 * 1.0164) } END { if (!found) exit 1 }' some
    grep -q '^StockCode,text,541909,0,4070,10002,m,,,$' some
}

@test "bad rows are left out, counted by reason, and kept for --rejects" {
    printf 'a,b\n1,2\n3\n4,5,6\n7\n\377,1\n8,9\n' > bad.csv
    till-check --rejects=rejects.csv bad.csv > out 2> err
    grep -q 'warning: 2 bad rows: 1 field.*bad.csv:3' err
    grep -q 'warning: 1 bad row: 3 fields.*bad.csv:4' err
    grep -q 'warning: 1 bad row: byte 0xff.*bad.csv:6' err
    grep -q '6 rows read = 2 used + 0 filtered + 4 rejected' err
    grep -q '^a,integer,2,0,2,1,8,4.5,1,1$' out
    [ "$(wc -l < rejects.csv)" -eq 5 ]
}

@test "--strict makes bad rows an error at the first of them, and writes nothing" {
    printf 'a,b\n1,2\n3\n4,5,6\n7\n' > bad.csv
    run -3 till-check --strict bad.csv
    [[ $output == *"bad.csv:3"*"the first of 3 bad rows"* ]]
    run -3 sh -c 'till-check --strict bad.csv 2> /dev/null'
    [ -z "$output" ]
    printf 'a,b\n1,2\n' > good.csv
    till-check --strict good.csv
}

@test "--max-bad bounds the bad rows" {
    printf 'a,b\n1,2\n3\n4,5,6\n7\n' > bad.csv
    run -3 till-check --max-bad=2 bad.csv
    till-check --max-bad=3 bad.csv
}

@test "broken quotes and damaged gzip stop it" {
    [ -d "$SHARED/torture" ] || skip "no shared data"
    run -3 till-check "$SHARED/torture/bad_unterminated_quote.csv"
    [[ $output == *"bad_unterminated_quote.csv:3"* ]]
    run -4 till-check "$SHARED/torture/bad_gz_crc.csv.gz"
    run -4 till-check "$SHARED/torture/bad_gz_truncated.csv.gz"
}

@test "a header alone has empty columns; ten thousand columns are no burden" {
    printf 'customer_id,date\n' | till-check -q > out
    printf '%s\n' 'column,type,rows,missing,distinct,min,max,mean,top,top_count' 'customer_id,empty,0,0,0,,,,,' \
        'date,empty,0,0,0,,,,,' | diff -u - out
    [ -d "$SHARED/torture" ] || skip "no shared data"
    till-check -q "$SHARED/torture/ok_wide_10k_cols.csv" > out
    [ "$(wc -l < out)" -eq 10004 ]
}

@test "another delimiter is suspected" {
    printf 'customer_id;date\nC1;2024-01-01\n' > semicolon.csv
    run -0 till-check semicolon.csv
    [[ $output == *"--delimiter=';'"* ]]
    till-check -q -d ';' semicolon.csv | grep -q '^date;date (YYYY-MM-DD);1;0;1;2024-01-01;'
}

@test "--roles: options, doubt and ambiguous dates" {
    printf 'id,when,InvoiceDate,order_date,qty,price\n1,1/2/2024,2,3,4,5\n2,3/4/2024,2,3,4,5\n' > in.csv
    till-check -q --roles --customer=id in.csv > out
    grep -q '^customer,id,option$' out
    grep -q '^date,,"two columns could be the date: ""InvoiceDate"" and ""order_date"" (choose one with --date=COL)"$' out
    grep -q '^amount,qty\*price,header$' out
    till-check -q --roles --date=when --amount='qty*6' in.csv > out
    grep -q '^date,when,option$' out
    grep -q '^date_format,when,M/D/YYYY or D/M/YYYY (choose with --date-format)$' out
    grep -q '^amount,qty\*price,option$' out
    till-check -q --roles --date=qty in.csv | grep -q '^date_format,qty,no one format for all values'
}

@test "--roles: the column of the product can be told" {
    printf 'id,thing,product\n1,2,3\n' > in.csv
    till-check -q --roles in.csv | grep -q '^item,product,header$'
    till-check -q --roles --item=thing in.csv | grep -q '^item,thing,option$'
}

@test "numbers are read as --money and --decimal say, ids cleaned where they are ids" {
    printf 'customer_id;amount\n"=""007""";1.234,50 €\n"=""008""";(5,00)\n' > in.csv
    till-check -q -d ';' in.csv | grep -q '^amount;text;'
    till-check -q -d ';' --decimal=, --money --clean-ids in.csv > out
    grep -q '^customer_id;text;2;0;2;007;008;;007;1$' out
    grep -q '^amount;decimal;2;0;2;(5,00);1.234,50 €;614.75;' out
}

@test "duplicates can be refused" {
    printf 'a\nx\nx\n' > in.csv
    run -1 till-check -q --fail-if='duplicates>0' -o out.csv in.csv
    [ ! -e out.csv ]
}
