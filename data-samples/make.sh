#!/bin/sh
# Makes the generated samples once more, in a directory of your choice: make.sh DIRECTORY. The command of each is here and
# nowhere else; README.md tells what they are.
set -eu
cd "$1"

# The main example: two years of a shop, with a truth to hold methods to.
till-synth --quiet --seed=1 --customers=220 --start=2023-01-01 --days=731 --acquisition=610 \
    --r=1.2 --alpha=18 --s=1.5 --beta=60 --p=4 --q=4 --gamma=24 \
    --segment=regular:25%:3.5:3:1.2 --segment=occasional:60% --segment=business:15%:1.5:1.5:4 \
    --items=60 --plant='P014|P021=>P033:6%:75%' --plant='P008=>P045:4%:60%' --returns=4% \
    --weekdays=1,1,1,1,1.3,1.8,0.4 --months=1,0.9,1,1,1,0.9,0.8,0.8,1,1,1.4,2 \
    --truth=sales-truth.csv --output=sales.csv

# The same rows as four half-years, compressed, as a shop would archive them. gzip -n: no name, no clock.
for half in 2023-h1:2023-01:2023-06 2023-h2:2023-07:2023-12 2024-h1:2024-01:2024-06 2024-h2:2024-07:2024-12; do
    name=${half%%:*} months=${half#*:}
    awk -F, -v from="${months%:*}" -v to="${months#*:}" 'NR == 1 || (substr($3, 1, 7) >= from && substr($3, 1, 7) <= to)' sales.csv |
        gzip -9 -n >"sales-$name.csv.gz"
done

# Baskets for rules: 12 items, and two rules planted among them.
till-synth --quiet --seed=2 --shape=baskets --customers=500 --lines=2.5 --items=12 --days=28 --acquisition=28 --r=0.5 --alpha=50 \
    --plant='P003|P007=>P010:10%:70%' --plant='P011=>P012:8%:90%' --output=baskets.csv

# Orders with times of day, for lifetime value: BG/NBD, customers acquired in 12 weeks and seen for 52.
till-synth --quiet --seed=3 --shape=orders --method=bgnbd --times --customers=400 --days=364 --acquisition=84 \
    --r=0.8 --alpha=6 --truth=orders-truth.csv --output=orders.csv
