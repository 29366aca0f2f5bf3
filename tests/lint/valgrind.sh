#!/bin/bash
# Every tool on a small run under valgrind: no byte read that was not written, none behind its block, none lost.
#
#   TILL_BUILD=build PATH=build/bin:$PATH tests/lint/valgrind.sh
command -v valgrind > /dev/null || { echo "(valgrind is not installed)"; exit 0; }
HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/till-valgrind-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
# shellcheck source=/dev/null
. "$HERE/../support/faults.bash"
make_inputs
failed=0
count=0
for tool in $EVERY_TOOL; do
    command_of "$tool"
    forget_new
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "${argv[@]}" -o result > out 2> log
    status=$?
    count=$((count + 1))
    if [ $status -ne 0 ]; then
        echo "== $tool: exit code $status"
        head -n 20 log
        failed=1
    fi
done
echo "$count tools under valgrind"
exit $failed
