# The rules of the house that can be checked by a program. The slow ones (cppcheck, clang-tidy) and the form, which
# depends on the version of clang-format, are left to `make lint`.

@test "layers point one way" {
    sh tests/lint/lint.sh layers
}

@test "the library computes and does nothing else" {
    sh tests/lint/lint.sh purity
}

@test "no function is longer than 60 lines" {
    sh tests/lint/lint.sh functions
}

@test "the library keeps no global state" {
    [ -z "$TILL_SANITIZER" ] || skip "counters and sanitizers keep a state of their own"
    sh tests/lint/lint.sh state
}

@test "the shared library exports till_ names alone" {
    sh tests/lint/lint.sh exports
}

@test "the OPTIONS of every page are those of its tool, and pages format without a warning" {
    sh tests/lint/lint.sh pages
}

@test "every option of every tool is given by some test" {
    sh tests/lint/options.sh
}

@test "tests say run ! where something has to fail: a bare ! never stops a test" {
    run grep -nE '^ +! ' tests/cli/*.bats tests/golden/*.bats
    [ -z "$(printf '%s\n' "$output" | grep -vF '||')" ]
}

@test "tests do not say A && B: when A fails, the test goes on" {
    run grep -nE '^ +(\[.*\]|cmp [^|]*|diff [^|]*|grep [^|]*|jq [^|]*) && (!|\[|cmp|diff|grep|jq)' tests/cli/*.bats tests/golden/*.bats
    # As a condition, or with another end, it says what it means.
    [ -z "$(printf '%s\n' "$output" | grep -vE '\|\||\[ -f [^]]*\] && cmp')" ]
}

@test "a layer that is broken is found" {
    mkdir -p "$BATS_TEST_TMPDIR/lib/base" "$BATS_TEST_TMPDIR/lib/mining/x"
    echo '#include <till/input.h>' > "$BATS_TEST_TMPDIR/lib/base/a.c"
    echo '#include <csv.h>' > "$BATS_TEST_TMPDIR/lib/mining/x/b.c"
    rules=$PWD/tests/lint/layers.awk
    cd "$BATS_TEST_TMPDIR"
    run awk -f "$rules" lib/base/a.c lib/mining/x/b.c
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} == "lib/base/a.c:1:"*"base includes data)" ]]
    [[ ${lines[1]} == "lib/mining/x/b.c:1:"*"only data knows CSV)" ]]
}

@test "a function that is too long is found" {
    { echo 'int f(void) {'; for i in $(seq 60); do echo '    ;'; done; echo '}'; } > "$BATS_TEST_TMPDIR/a.c"
    run awk -f tests/lint/functions.awk "$BATS_TEST_TMPDIR/a.c"
    [[ $output == *"a.c:1: 62 lines" ]]
}
