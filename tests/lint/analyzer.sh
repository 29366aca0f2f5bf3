#!/bin/sh
# What gcc -fanalyzer says of the files given, or of all. Left out is what it cannot know (gcc 12): blocks that a struct
# owns are no leaks, arrays that another function has filled are not uninitialized, vectors are wider than it takes them
# for, a loop that asks for memory first does not run without it, and a slice without bytes has no length. The sanitizers
# and valgrind look for these, and `make faults` has memory fail at every allocation.
[ $# -gt 0 ] || set -- $(find lib tools -name '*.c' ! -path lib/base/error.c | LC_ALL=C sort)
command -v gcc >/dev/null || { echo "(gcc is not installed)"; exit 0; }
found=$(printf '%s\n' "$@" | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" gcc -std=c17 -D_POSIX_C_SOURCE=200809L \
    -Iinclude -I. -include tests/lint/analyzer.h -O1 -fanalyzer -Wno-analyzer-malloc-leak \
    -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-shift-count-overflow \
    -Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument \
    -Wno-analyzer-null-argument -c -o /dev/null 2>&1 |
    grep -E 'warning: .*-Wanalyzer' | LC_ALL=C sort -u)
[ -z "$found" ] || { printf '%s\n%s\n' '== gcc -fanalyzer' "$found"; exit 1; }
