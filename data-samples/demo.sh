#!/bin/sh
# The main job on the sample shop: what is in the export, who the customers are, what they are worth, whether they come back, and who
# will not. Each command is shown before it runs, as one would type it.
cd "$(dirname "$0")" || exit 1
show() {
    printf '\n\033[1m$ %s\033[0m\n' "$1"
    sh -c "$1" || exit
}
show 'till-check -f table sales.csv'
show 'till-rfm sales.csv | head -n 8'
show 'till-rfm sales.csv --cells -f table | head -n 12'
show 'till-rfm -q sales.csv | till-value --value=monetary | head -n 8'
show 'till-rfm -q sales.csv | till-value -q --value=monetary --curve -f table | head -n 12'
show 'till-cohort --by=quarter --wide -f table sales.csv'
show 'till-churn sales.csv | head -n 6'
printf '\nMore: build/bin/till lists the tools; `build/bin/till help rfm` opens a page.\n'
