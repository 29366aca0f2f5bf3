#!/bin/sh
# What a reader of the code may rely on: form, layers, a library that only computes, short functions, current pages.
# Every check says what is wrong, with file and line; the exit code is 1 when one does.
#
#   sh tests/lint/lint.sh            all checks; CFLAGS as for compiling, for clang-tidy
#   sh tests/lint/lint.sh NAME...    these alone
cd "$(dirname "$0")/../.." || exit 1
failed=0
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
sources=$(find lib include tools tests -name '*.[ch]' | LC_ALL=C sort)

complain() { # heading, findings
    [ -n "$2" ] || return 0
    printf '%s\n%s\n' "== $1" "$2"
    failed=1
}

# Dependencies point one way: base <- data <- fold <- mining <- tools.
check_layers() {
    # shellcheck disable=SC2086 # the sources are words
    complain "an include points up, or past a layer" "$(awk -v FOLD="$(basename -s .c -a lib/fold/*.c | tr '\n' ' ')" \
        -f tests/lint/layers.awk $(echo "$sources" | grep -E '^(lib|tools)/'))"
}

# The library never prints, ends the process, or reads the environment, the clock or the locale.
# One exception: a hash seed on a kernel without randomness, on which no result depends.
check_purity() {
    complain "the library does what only a program may" "$(grep -nE \
        '(^|[^a-zA-Z_>.])(exit|_exit|_Exit|abort|printf|vprintf|puts|putchar|perror|getenv|setenv|setlocale|localtime|gmtime|clock_gettime|time|assert)[[:space:]]*\(|(stdout|stderr)[^a-zA-Z_]' \
        $(find lib -name '*.[ch]') | grep -v '^lib/base/hash\.c:.*clock_gettime' | grep -vE '^[^:]*:[0-9]*: *(/?\*|//)|/\*.*(stdout|stderr|time \()')"
}

# Tests may hold tables of cases that are longer.
check_functions() {
    # shellcheck disable=SC2046
    complain "a function above 60 lines" "$(awk -f tests/lint/functions.awk $(echo "$sources" | grep -E '^(lib|tools)/'))"
}

# No state that outlives a call: nothing writable but what the loader fills in.
check_state() {
    library=${TILL_BUILD:-build}/libtill.a
    [ -e "$library" ] || return 0
    complain "global state in the library" "$(objdump -t "$library" |
        awk '/^[^ ]+\.o:/ { file = $1 } NF > 4 && $(NF-2) ~ /^\.(data|bss)$/ && $(NF-1) !~ /^0+$/ { print file, $NF }')"
}

check_exports() {
    library=${TILL_BUILD:-build}/libtill.so.0
    [ -e "$library" ] || return 0
    complain "exported, but not a till_ name" \
        "$(nm -D --defined-only "$library" | awk '$3 !~ /^till_/ && $3 !~ /^TILL_0/ { print $3 }')"
}

check_form() {
    command -v clang-format >/dev/null || { echo "(clang-format is not installed)"; return 0; }
    # shellcheck disable=SC2086
    complain "clang-format would change" "$(clang-format --dry-run -Werror $sources 2>&1 | grep -E 'error:' | head -n 20)"
}

check_pages() {
    complain "man pages" "$(sh man/options.sh --check)"
    for page in man/*.[1-9]; do
        [ -e "$page" ] || continue
        if command -v mandoc >/dev/null; then
            complain "$page" "$(mandoc -Tlint -W warning "$page" 2>&1)"
        fi
        complain "$page" "$(groff -K utf8 -man -t -Tutf8 -ww "$page" 2>&1 >/dev/null)"
    done
}

# Words about how the project came about, and places on somebody's machine, are no part of it; nor are marks of what is
# left open. The brackets keep the pattern from finding itself, so this file is looked at like the others.
check_words() {
    complain "not to be found in a project" "$(grep -rnE '(^|[^a-z])/(work|home|root)/|\b(TO[D]O|FIX[M]E|XX[X])\b' \
        lib include tools man tests data-samples README.md Makefile 2>/dev/null)"
}

# Leaks are left to the address sanitizer: cppcheck loses a block that goes into a struct by assignment. Shifts of negative
# numbers are arithmetic with every compiler that the project is for.
check_cppcheck() {
    command -v cppcheck >/dev/null || { echo "(cppcheck is not installed)"; return 0; }
    complain cppcheck "$(cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr -Iinclude -I. \
        --suppress=missingIncludeSystem --suppress=internalAstError --suppress=memleak \
        --suppress=shiftTooManyBitsSigned --template='{file}:{line}: {message} ({id})' -j "$jobs" lib tools 2>&1)"
}

# lib/base/error.c defines what analyzer.h wraps.
check_tidy() {
    command -v clang-tidy >/dev/null || { echo "(clang-tidy is not installed)"; return 0; }
    complain clang-tidy "$(find lib tools -name '*.c' ! -path lib/base/error.c | LC_ALL=C sort |
        xargs -n 4 -P "$jobs" sh tests/lint/tidy.sh | LC_ALL=C sort -u)"
}

[ $# -gt 0 ] || set -- layers purity functions state exports form pages words cppcheck tidy
for name in "$@"; do
    "check_$name"
done
exit $failed
