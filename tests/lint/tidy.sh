#!/bin/sh
# What clang-tidy says of the files given; nothing when it is content. A file that it was content with, and that reads
# the same after the preprocessor, is not looked at again: a run on all files takes minutes.
checks='-*,bugprone-*,clang-analyzer-*'
for off in clang-analyzer-security.insecureAPI.* clang-analyzer-security.FloatLoopCounter \
    clang-analyzer-valist.Uninitialized clang-analyzer-optin.portability.UnixAPI clang-analyzer-optin.performance.Padding \
    clang-analyzer-core.uninitialized.ArraySubscript bugprone-easily-swappable-parameters bugprone-narrowing-conversions \
    bugprone-implicit-widening-of-multiplication-result bugprone-reserved-identifier \
    bugprone-assignment-in-if-condition bugprone-not-null-terminated-result bugprone-sizeof-expression; do
    checks="$checks,-$off"
done
flags='-std=c17 -D_POSIX_C_SOURCE=200809L -Iinclude -I. -include tests/lint/analyzer.h'
seen=${TILL_BUILD:-build}/lint
mkdir -p "$seen"
for file in "$@"; do
    # shellcheck disable=SC2086 # the flags are words
    key=$({ echo "$checks"; "${CC:-cc}" -E $flags "$file"; } 2>/dev/null | cksum | tr ' ' -)
    [ -e "$seen/$key" ] && continue
    # shellcheck disable=SC2086
    found=$(clang-tidy --quiet --checks="$checks" "$file" -- $flags 2>/dev/null | grep -E 'warning:|error:')
    if [ -n "$found" ]; then echo "$found"; else : >"$seen/$key"; fi
done
