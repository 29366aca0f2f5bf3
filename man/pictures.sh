#!/bin/sh
# Makes the pictures of README.md from data-samples, with the commands that it shows. The tools are found on PATH.
#
#   sh man/pictures.sh [DIRECTORY]     (default: man/pictures)
set -eu
cd "$(dirname "$0")/.."
to=${1-man/pictures}
mkdir -p "$to"
till-rfm -q data-samples/sales.csv | till-plot -q rfm -o "$to/rfm.svg"
till-rfm -q data-samples/sales.csv | till-value -q --value=monetary --curve | till-plot -q value -o "$to/value.svg"
till-cohort -q --by=quarter data-samples/sales.csv | till-plot -q cohort -o "$to/cohort.svg"
