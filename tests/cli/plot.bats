#!/usr/bin/env bats
# till-plot: pictures. What goes into them is tested without gnuplot (--data, --script); what comes out with it, where there is one.

bats_require_minimum_version 1.5.0

load ../support/examples
load plot/kinds
load ../support/faults

setup() {
    PATH="${TILL_BIN:-$BATS_TEST_DIRNAME/../../build/bin}:$PATH"
    cd "$BATS_TEST_TMPDIR"
    cat > curve.csv <<END
top,customers,value,value_share
20,1,400.00,0.6666666667
40,2,520.00,0.8666666667
100,5,600.00,1
END
}

need_gnuplot() {
    command -v gnuplot > /dev/null || skip "gnuplot is not installed"
}

# A gnuplot that does what it is told here.
fake_gnuplot() {
    mkdir -p fake
    printf '#!/bin/sh\n%s\n' "$1" > fake/gnuplot
    chmod +x fake/gnuplot
    PATH="$PWD/fake:$PATH"
}

@test "the examples of the page print what it says" {
    run_examples "$BATS_TEST_DIRNAME/../../man/till-plot.1"
}

kinds() {
    till-plot -q --list -f tsv | tail -n +2 | cut -f1 | uniq
}

@test "each kind: the numbers behind it" {
    for kind in $(kinds); do
        input_of "$kind" > in.csv
        data_of "$kind" > wanted
        [ -s wanted ]
        till-plot -q "$kind" --data < in.csv > got
        diff -u wanted got || { echo "$kind"; return 1; }
    done
}

@test "each kind: what its script holds" {
    for kind in $(kinds); do
        input_of "$kind" > in.csv
        script_of "$kind" > wanted
        [ -s wanted ]
        till-plot -q "$kind" --script < in.csv > got
        while IFS= read -r line; do
            grep -qF -- "$line" got || { echo "$kind: $line"; return 1; }
        done < wanted
        # The same bytes from one thread and a packed pipe.
        gzip -c in.csv | till-plot -q -j 1 "$kind" --script | cmp - got
    done
}

@test "each kind is drawn: a few rows, one, none; as SVG that is XML, and as letters; gnuplot has nothing to say" {
    need_gnuplot
    real=$(command -v gnuplot)
    fake_gnuplot "exec $real \"\$@\" 2>> $PWD/said"
    for kind in $(kinds); do
        input_of "$kind" > rows3
        head -n 2 rows3 > rows1
        head -n 1 rows3 > rows0
        [ "$kind" != rule-graph ] || continue
        till-plot -q "$kind" rows0 --script | grep -q 'There are no rows to show'
        for rows in rows3 rows1; do
            : > said
            till-plot -q "$kind" $rows -o a.svg
            [ $rows = rows1 ] || till-plot -q "$kind" $rows -t terminal -o a.txt
            [ ! -s said ] || { echo "$kind $rows: $(cat said)"; return 1; }
            grep -q '</svg>' a.svg
            ! command -v xmllint > /dev/null || xmllint --noout a.svg
        done
    done
}

@test "the pages of the tools show commands that make pictures" {
    need_gnuplot
    pages="$BATS_TEST_DIRNAME/../../man"
    cp "$BATS_TEST_DIRNAME/../../data-samples/sales.csv" .
    till-rfm -q sales.csv > tuesday.csv
    till-rfm -q --until=2024-06-30 sales.csv > monday.csv
    printf '%s\n' time,event,group 5,1,a 8,0,a 3,1,b 9,1,b > customers.csv
    printf '%s\n' churned,probability 1,0.9 0,0.7 1,0.6 0,0.2 0,0.1 > scored.csv
    cat "$pages"/till-*.1 | sed 's/\\-/-/g' | grep -v '^\.' > lines
    for tool in rfm value cohort cluster rules clv evaluate survival migrate; do
        sed 's/\\-/-/g' "$pages/till-$tool.1" | sed -n '/^\.SH EXAMPLES/,$p' | grep -E -B1 'till-plot [a-z-]+ ' | grep '^till-[a-z]* ' |
            grep -v '^\$' | sed 's/ | dot .*/ > graph.dot/; s/^till-\([a-z]*\) /till-\1 -q /; s/| till-\([a-z]*\) /| till-\1 -q /g'
    done > commands
    sed 's/.*till-plot -q \([a-z-]*\) .*/\1/' commands | sort -u > shown
    # There is no kind that no page shows.
    for kind in $(kinds); do grep -qx -- "$kind" shown || { echo "no page shows $kind"; return 1; }; done
    set -o pipefail
    while IFS= read -r command; do
        eval "$command" 2> err || { echo "$command"; cat err; return 1; }
    done < commands
    [ "$(ls *.svg *.dot | wc -l)" -ge 19 ]
}

@test "the pictures of README.md say what data-samples say, and are small" {
    need_gnuplot
    root=$BATS_TEST_DIRNAME/../..
    sh "$root/man/pictures.sh" "$PWD/made"
    for picture in "$root"/man/pictures/*.svg; do
        [ "$(wc -c < "$picture")" -lt 60000 ]
        # Where lines run to is the affair of gnuplot, from version to version.
        diff <(grep -o '>[^<]*</text>' "$picture") <(grep -o '>[^<]*</text>' "made/$(basename "$picture")")
        grep -q "pictures/$(basename "$picture")" "$root/README.md"
    done
    [ "$(ls made | wc -l)" -eq 3 ]
    diff <(sed -n 's/ -q//g; s|"$to/\([a-z]*[.]svg\)"|\1|; /^till/p' "$root/man/pictures.sh") \
        <(sed -n 's/^    \(till-.*| till-plot .*\)/\1/p' "$root/README.md")
}

@test "--lang=zh leaves nothing in English" {
    for kind in $(kinds); do
        [ "$kind" != rule-graph ] || continue
        input_of "$kind" > in.csv
        till-plot -q "$kind" --script < in.csv | grep '^set label' | sed "s/^set label ['\"]//; s/['\"] at screen.*//" | sort -u > en
        till-plot -q "$kind" --script --lang=zh < in.csv | grep '^set label' | sed "s/^set label ['\"]//; s/['\"] at screen.*//" |
            sort -u > zh
        # What stands in both comes from the data.
        comm -12 en zh | grep -E '[A-Za-z]{2}' | grep -vxE 'Loyal|New|Lost|recency|monetary' && { echo "$kind"; return 1; }
        [ "$(wc -l < en)" -eq "$(wc -l < zh)" ]
    done
    for text in '没有可以显示的数据。' '截至 2024-05-31'; do
        head -n 1 curve.csv | till-plot -q value --script --lang=zh --as-of=2024-05-31 | grep -qF "$text"
    done
}

# Names that mean something to a shell, to gnuplot, or to XML. Were one obeyed, it would make the file `obeyed`.
names() {
    printf '%s\n' '<script>alert(1)</script>' '"; system("touch obeyed"); "' "'; system('touch obeyed'); '" '`touch obeyed`' \
        '$(touch obeyed)' '@x {a}_b^c' '%d %s %n 100%' 'a & b &amp; c' ']]>' 'END' '\' "\\'" '#x' '客户' '"''"' '!touch obeyed'
    printf 'two\tlines \x01\x1b[31m \u2028 \ufffe\n'
}
quoted() {
    sed 's/"/""/g; s/.*/"&"/' <<< "$1"
}

@test "a name is only a name, in every kind that shows names" {
    need_gnuplot
    names > names
    real=$(command -v gnuplot)
    fake_gnuplot "exec $real \"\$@\" 2>> $PWD/said"
    columns=segment
    echo cluster,size,silhouette > silhouette.csv
    echo segment > segments.csv
    echo cluster,x,y > scatter.csv
    echo cohort,period,customers,retention > cohort.csv
    echo from,to,customers > migration.csv
    echo feature,psi > psi.csv
    echo group,time,at_risk,survival,lower,upper > survival.csv
    while IFS= read -r name; do
        name=$(quoted "$name")
        echo "$name" >> segments.csv
        echo "$name,1,0.5" >> silhouette.csv
        echo "$name,1,2" >> scatter.csv
        echo "$name,0,5,1" >> cohort.csv
        echo "$name,$name,3" >> migration.csv
        echo "$name,0.1" >> psi.csv
        echo "$name,1,5,0.5,0.4,0.6" >> survival.csv
        columns=$columns,$name
    done < names
    { echo "cluster,size,$columns"; echo "1,2,x$(sed 's/[^,]*//; s/,[^,]*/,1/g' <<< ",$(seq -s, "$(wc -l < names)")")"; } > snake.csv
    for kind in segments silhouette scatter cohort migration psi survival snake; do
        : > said
        till-plot -q $kind --height=1400 --title='<b>`id`" & %d' < $kind.csv > $kind.svg
        [ ! -s said ] || { echo "$kind: $(cat said)"; return 1; }
        run ! grep -q '<script\|<b>' $kind.svg
        run ! grep -q $'[\x01\x1b]' $kind.svg
        ! command -v xmllint > /dev/null || xmllint --noout $kind.svg
        [ ! -e obeyed ]
    done
    for text in '&lt;script&gt;alert(1)&lt;/script&gt;' '"; system("touch obeyed"); "' "'; system('touch obeyed'); '" '`touch obeyed`' \
        '$(touch obeyed)' '@x {a}_b^c' '%d %s %n 100%' 'a &amp; b &amp;amp; c' '>\</text>' '>]]&gt;</text>' '客户' '\x01\x1B[31m'; do
        grep -qF -- "$text" psi.svg || { echo "$text"; return 1; }
        grep -qF -- "$text" migration.svg || { echo "$text"; return 1; }
    done
}

@test "a table of another kind is refused with its columns and the command" {
    printf 'customer,monetary\nA,1\n' > other.csv
    run till-plot value other.csv
    [ "$status" -eq 3 ]
    [ "$output" = 'till-plot: other.csv:1: value: not a table for this picture, which reads top,value_share (till-value --curve); the columns are "customer","monetary"' ]
}

@test "a kind that is not there, and no kind" {
    run till-plot valeu curve.csv
    [ "$status" -eq 2 ]
    [[ $output == *'no such picture: "valeu"; did you mean value '* ]]
    run till-plot < curve.csv
    [ "$status" -eq 2 ]
    [[ $output == *'which picture? (till-plot --list names the kinds)'* ]]
}

@test "an option that a picture has no use for is refused, and so is too small a page" {
    for option in --x=top --y=top --log-x --log-y --color=money --currency=EUR --unit=days; do
        run till-plot value curve.csv $option
        [ "$status" -eq 2 ]
        [ "$output" = "till-plot: ${option%%=*}: the picture value leaves no such choice (see till-plot --help)" ]
    done
    run till-plot value curve.csv --width=299
    [ "$status" -eq 2 ]
    run till-plot value curve.csv -t terminal --height=15
    [ "$status" -eq 2 ]
    input_of rules > rules.csv
    run till-plot rule-graph rules.csv -o a.svg
    [ "$status" -eq 2 ]
    [[ $output == *"rule-graph is written as DOT"* ]]
    run till-plot value curve.csv --data --script
    [ "$status" -eq 2 ]
    for option in --format=json --bom --output-encoding=UTF-16LE; do
        run till-plot value curve.csv --script $option
        [ "$status" -eq 2 ]
        [ "$output" = "till-plot: ${option%%=*}: this output is no table (see till-plot --help)" ]
    done
    till-plot -q value curve.csv --data --format=jsonl | grep -qxF '{"top":0.2,"value_share":0.6666666667}'
    run till-plot value curve.csv --data --type=png
    [ "$status" -eq 2 ]
}

@test "every cell of a map is drawn, also where cells of one shade are one" {
    for size in 20 40; do
        { echo repeats,t_x,age,p_alive
          for ((x = 0; x < size; x++)); do
              for ((y = 0; y < size; y++)); do
                  # No values in the corners, whole rows of one value, and others of many.
                  value=$((y == size - 1)).$((y % 3 ? 0 : x * 7 % 10))
                  [ $((x % (size - 1) + y % (size - 1))) -ne 0 ] || value=
                  echo "$x,$y,52,$value"
              done
          done; } > map.csv
        till-plot -q alive --script map.csv | sed -n '/^.cells/,/^END/p' | awk '
            NF == 4 { width = int(2 * $3 + 0.5); cells += width
                for (i = 0; i < width; i++) if (seen[$1 - (width - 1) / 2 + i, $2]++) twice++ }
            END { print cells, twice + 0 }' > got
        [ "$(cat got)" = "$((size * size - 4)) 0" ]
    done
}

@test "ticks are round numbers, few of them, from ten customers to ten million, and below zero" {
    ticks() { # low, high, options
        printf 'cluster,a,b\n1,%s,1\n1,%s,2\n' "$1" "$2" > rows.csv
        till-plot -q scatter --script "${@:3}" rows.csv | sed -n 's/^set xtics (\(.*\)) out.*/\1/p' | sed "s/'\([^']*\)' [^,]*/\1/g"
    }
    [ "$(ticks 0 10)" = '0, 2, 4, 6, 8, 10' ]
    [ "$(ticks 0 9876)" = '0, 2k, 4k, 6k, 8k, 10k' ]
    [ "$(ticks 0 400000)" = '0, 100k, 200k, 300k, 400k' ]
    [ "$(ticks 0 5000)" = '0, 1,000, 2,000, 3,000, 4,000, 5,000' ]
    [ "$(ticks 1000000 1000001)" = '1,000,000.0, 1,000,000.2, 1,000,000.4, 1,000,000.6, 1,000,000.8, 1,000,001.0' ]
    [ "$(ticks 0 10000000)" = '0, 2M, 4M, 6M, 8M, 10M' ]
    [ "$(ticks -25 60)" = '-40, -20, 0, 20, 40, 60' ]
    [ "$(ticks -0.003 0.001)" = '-0.003, -0.002, -0.001, 0.000, 0.001' ]
    [ "$(ticks 5 5)" = '4.4, 4.6, 4.8, 5.0, 5.2, 5.4, 5.6' ]
    [ "$(ticks -1e308 1e308)" = '-1e+300, -5e+299, 0, 5e+299, 1e+300' ]
    [ "$(ticks 5e-324 5e-324)" = '0.0, 0.2, 0.4, 0.6, 0.8, 1.0' ]
    [ "$(ticks 3 700 --log-x)" = '2, 5, 10, 20, 50, 100, 200, 500, 1,000' ]
    [ "$(ticks 1 10000000 --log-x)" = '1, 10, 100, 1,000, 10k, 100k, 1M, 10M' ]
    [ "$(ticks 0.004 0.03 --log-x)" = '0.002, 0.005, 0.01, 0.02, 0.05' ]
}

@test "the lines above a picture are those that are asked for" {
    printf 'top,customers,value,value_share\n50,1,3,0.75\n100,2,4,1\n' > curve.csv
    till-plot -q value --title='Up here' --subtitle='and below' --script curve.csv > script
    grep -q "'Up here'" script
    grep -q "'and below'" script
    run ! grep -q "'and below'" <(till-plot -q value --script curve.csv)
}

@test "what colours of rfm mean" {
    input_of rfm > rfm.csv
    till-plot -q rfm --color=money --script rfm.csv > a.gp
    grep -qF "set label '-5.5'" a.gp
    grep -qF "set label '400'" a.gp
    grep -qF "set label 'money'" a.gp
    till-plot -q rfm --color=mean --currency=EUR --script rfm.csv > a.gp
    grep -qF "set label '100'" a.gp
    grep -qF "set label 'EUR'" a.gp
    cut -d, -f1-3 rfm.csv > poor.csv
    run till-plot -q rfm --color=money poor.csv
    [ "$status" -eq 3 ]
    [ "$output" = 'till-plot: --color: the table has no money: no column is called money' ]
}

@test "a scatter takes the columns that are asked for, and says what it leaves out" {
    input_of scatter > rows.csv
    till-plot -q scatter --x=monetary --y=score --data rows.csv > got
    diff - got <<< $'cluster,monetary,score\n2,10,111\n1,20.5,111\n1,5,111'
    run till-plot -q scatter --x=price rows.csv
    [ "$status" -eq 3 ]
    [[ $output == 'till-plot: --x: no column of numbers is called "price"'* ]]
    { echo id,a,b,cluster; seq 5000 | sed 's/.*/&,&,-&,1/'; } > many.csv
    till-plot -q scatter --data many.csv > got
    [ "$(wc -l < got)" -eq 2001 ]
    till-plot -q scatter --data -j 1 < many.csv | cmp - got
    till-plot -q scatter --script many.csv | grep -qF "'2,000 of 5,000 rows, drawn by lot'"
    sed 's/,-/,/; 1001,1500s/,[0-9]*,1$/,0,1/' many.csv > some.csv
    till-plot -q scatter --script --log-y some.csv | grep -qF "'2,000 of 5,000 rows, drawn by lot; 500 have no place here'"
    till-plot -q scatter --script --log-y many.csv | grep -qF "'There are no rows to show.'"
}

@test "the axis of cohorts names its unit" {
    for unit in 2024-W05:weeks 2024-05:months 2024-Q2:quarters spring:periods; do
        printf 'cohort,period,customers,retention\n%s,0,5,1\n' ${unit%:*} | till-plot -q cohort --script |
            grep -qF "'${unit#*:} since the first purchase'"
    done
    # These are the names that till-cohort gives.
    printf 'customer,date,amount\nA,2024-05-01,1\n' > sales.csv
    for unit in week:weeks month:months quarter:quarters; do
        till-cohort -q --by=${unit%:*} sales.csv | till-plot -q cohort --script | grep -qF "'${unit#*:} since the first purchase'"
    done
}

@test "clusters of levels: what is no number is told" {
    printf '%s\n' cluster,size,share,within_ss,silhouette,recency,segment 1,3,.75,1,.5,10,Loyal 2,1,.25,1,.5,50,Lost > mixed.csv
    till-plot -q snake --script mixed.csv | grep -qF "'0 is the mean of all rows; features of levels are not shown: 1'"
    cut -d, -f1-5,7 mixed.csv > levels.csv
    run till-plot -q snake levels.csv
    [ "$status" -eq 3 ]
    [ "$output" = 'till-plot: no feature of these clusters is a number' ]
}

@test "a number that is none is told with its place" {
    printf 'top,value_share\n1,0.5\nx,0.6\n' > bad.csv
    run till-plot -q value --data bad.csv
    [ "$status" -eq 3 ]
    [[ $output == 'till-plot: bad.csv:3:1: top: not a number: "x"'* ]]
}

@test "the type is that of the name, or of --type" {
    need_gnuplot
    till-plot -q value curve.csv -o a.svg
    till-plot -q value curve.csv -o a.PNG
    till-plot -q value curve.csv -o a.pdf
    till-plot -q value curve.csv -o a.svg.gz
    till-plot -q value curve.csv -o a.txt
    till-plot -q value curve.csv -o b.bin --type=png
    [ "$(head -c 5 a.svg)" = '<?xml' ]
    [ "$(head -c 4 a.PNG | tail -c 3)" = PNG ]
    [ "$(head -c 4 a.pdf)" = %PDF ]
    zcat a.svg.gz | cmp - a.svg
    grep -q 'What the best customers bring' a.txt
    [ "$(head -c 4 b.bin | tail -c 3)" = PNG ]
    run till-plot -q value curve.csv -o a.jpg
    [ "$status" -eq 2 ]
    [[ $output == 'till-plot: --output: .jpg is not made'* ]]
    [ ! -e a.jpg ]
}

@test "the same input gives the same bytes, and no version or date is in them" {
    need_gnuplot
    for type in svg png pdf; do
        till-plot -q value curve.csv -o one.$type
        TZ=Asia/Shanghai LC_ALL=de_DE.UTF-8 GNUTERM=dumb till-plot -q -j 3 value -o two.$type < curve.csv
        cmp one.$type two.$type
    done
    run ! grep -qi 'gnuplot [0-9]' one.svg
    run ! grep -aE 'D:20(2[4-9]|[3-9][0-9])' one.pdf
}

@test "the script stands alone: gnuplot makes the same picture of it" {
    need_gnuplot
    till-plot -q value curve.csv --script > a.gp
    till-plot -q value curve.csv > a.svg
    cd / && gnuplot -d "$BATS_TEST_TMPDIR/a.gp" > "$BATS_TEST_TMPDIR/b.svg"
    cd "$BATS_TEST_TMPDIR"
    grep -o "d='M[0-9.]*,[0-9.]* L[^']*'" b.svg | grep -v 'L1' > paths
    [ -s paths ]
    while read -r path; do grep -qF "$path" a.svg; done < paths
}

@test "without gnuplot, the package is named; --data and --script do without" {
    mkdir empty
    bin=$(dirname "$(command -v till-plot)")
    PATH=$PWD/empty run "$bin/till-plot" value curve.csv -o a.svg
    [ "$status" -eq 4 ]
    [[ $output == 'till-plot: gnuplot is not installed'*'gnuplot-nox'* ]]
    [ ! -e a.svg ]
    PATH=$PWD/empty "$bin/till-plot" -q value curve.csv --data -o data.csv
    PATH=$PWD/empty "$bin/till-plot" -q value curve.csv --script -o a.gp
    [ -s data.csv ]
    [ -s a.gp ]
}

@test "a gnuplot that fails, dies, says nothing or stops early is an error, and yesterday's file stays" {
    failures=(
        'cat > /dev/null; echo "line 3: no such thing" >&2; exit 1|exit code 1): "line 3: no such thing"'
        'kill -9 $$|killed by signal 9'
        'exit 0|drew nothing'
        'exec 0<&-; exit 7|exit code 7): "it does not say why"'
        'cat > /dev/null; printf "<svg>\n<g>\n"|did not finish'
    )
    for failure in "${failures[@]}"; do
        fake_gnuplot "${failure%|*}"
        printf old > a.svg
        run till-plot value curve.csv -o a.svg
        [ "$status" -eq 4 ]
        [[ $output == 'till-plot: gnuplot '*"${failure#*|}"* ]]
        [ "${#lines[@]}" -eq 1 ]
        [ "$(cat a.svg)" = old ]
        [ -z "$(find . -name '.till-*')" ]
    done
}

@test "a full disk is an error" {
    [ -e /dev/full ] || skip "there is no /dev/full"
    need_gnuplot
    run till-plot -q value curve.csv -o /dev/full
    [ "$status" -eq 4 ]
    run bash -c 'till-plot -q value curve.csv > /dev/full'
    [ "$status" -eq 4 ]
}

@test "no rows: an empty picture, and a header alone" {
    need_gnuplot
    head -n 1 curve.csv > none.csv
    till-plot -q value none.csv -o a.svg
    grep -q 'There are no rows to show' a.svg
    [ "$(till-plot -q value none.csv --data)" = top,value_share ]
}

@test "memory that is out while a picture is drawn is an error or no matter, and leaves no file" {
    [ -z "$TILL_SANITIZER" ] || skip "a sanitizer brings its own allocator"
    [ -e "$SHIM" ] || skip "build/tests/faults.so is not built"
    printf '<svg>\n<title>Gnuplot</title>\n<g transform="x">\n<text>a</text>\n</g>\n</svg>\n' > drawn.svg
    # What fails is till-plot, not the programs that stand in for gnuplot.
    fake_gnuplot "unset LD_PRELOAD; cat > /dev/null && exec cat $PWD/drawn.svg"
    for kind in segments rfm survival; do
        input_of $kind > in.csv
        argv=(till-plot -q -j1 $kind in.csv --title=T)
        TILL_FAULT_COUNT_FILE=count.$kind status_of
        [ "$status" -eq 0 ]
        content_of result
        expected=$content
        [[ $expected == *'<title>T</title>'*'<text transform="x">a</text>'* ]]
        failures=0
        for ((n = 1; n <= $(cat count.$kind); n += 3)); do
            TILL_FAULT_MALLOC=$n status_of
            same_or_clean "$kind, allocation $n"
            [ "$status" -eq 0 ] || failures=$((failures + 1))
        done
        [ "$failures" -gt 12 ]
    done
    [ -z "$(find . -name '.till-*')" ]
}
