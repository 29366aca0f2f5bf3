#!/bin/sh
# Options that no test gives: those of a tool alone have to stand in a test file that runs the tool, those that tools share in any.
#
#   sh tests/lint/options.sh     names them; exit code 1 when there are any
cd "$(dirname "$0")/../.." || exit 1
BIN=${TILL_BIN:-build/bin}
LIST=$(mktemp) || exit 1
trap 'rm -f "$LIST"' EXIT
tests=$(find tests/cli tests/golden tests/faults tests/support data-samples -name '*.bats' -o -name '*.bash' -o -name '*.t' -o -name '*.sh')
failed=0

# options TOOL: "own" or "shared", the long name, and the letter where there is one.
options() {
    "$BIN/$1" --help | awk '/^[A-Z].*:$/ { own = $0 == "Options:" }
        /^  (-[a-zA-Z], |    )--[a-z]/ { letter = $1 ~ /^-[a-zA-Z],$/ ? substr($1, 2, 1) : ""
            name = $(letter == "" ? 1 : 2); sub(/^--/, "", name); sub(/[=[].*/, "", name)
            print own ? "own" : "shared", name, letter }'
}

# given NAME LETTER FILE...: whether a file has the option.
given() {
    name=$1 letter=$2
    shift 2
    grep -qE -e "(^|[^-a-z0-9])--$name([^-a-z0-9]|\$)${letter:+|[ (]-$letter[ 0-9]}" "$@"
}

for tool in "$BIN"/till-*; do
    tool=$(basename "$tool")
    # shellcheck disable=SC2086 # the files are words
    mine=$(grep -lE -e "$tool([^-a-z]|\$)" $tests)
    options "$tool" > "$LIST"
    while read -r whose name letter; do
        files=$mine
        [ "$whose" = own ] || files=$tests
        # shellcheck disable=SC2086
        given "$name" "$letter" $files || { echo "$tool: no test gives --$name"; failed=1; }
    done < "$LIST"
done
exit $failed
