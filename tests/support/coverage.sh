#!/bin/sh
# Which lines of the library and the tools the tests have run: by lcov where it is installed, else one line a file from gcov.
#
#   sh tests/support/coverage.sh BUILD
if command -v lcov >/dev/null; then
    lcov --quiet --capture --directory "$1" --output-file "$1/coverage.info" &&
        lcov --quiet --extract "$1/coverage.info" '*/lib/*' '*/tools/*' --output-file "$1/coverage.info" &&
        lcov --list "$1/coverage.info"
    exit
fi
find "$1/lib" "$1/tools" -name '*.gcda' | LC_ALL=C sort | while read -r data; do
    gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null
done | awk '
    /^File / { file = $2; gsub(/\047/, "", file) }
    /^Lines executed:/ && file ~ /^(lib|tools)\/.*\.c$/ {
        split($0, part, /[:% ]+/)
        lines = $NF; share = part[3]
        printf "%6.1f %%  %5d lines  %s\n", share, lines, file
        all += lines; run += lines * share / 100; file = ""
    }
    END { if (all > 0) printf "%6.1f %%  %5d lines  in all\n", 100 * run / all, all }'
