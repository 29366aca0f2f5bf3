# What `make install` leaves behind works by itself, and `make uninstall` takes all of it away.

setup() {
    [ -z "$TILL_SANITIZER" ] || skip "this build is not one to install"
    TILL_BUILD=${TILL_BUILD:-$PWD/build} # an empty BUILD would be the root of the system
    export DESTDIR=$BATS_TEST_TMPDIR/root
    # This make must not take the outer one's jobs and variables.
    unset MAKEFLAGS MFLAGS MAKEOVERRIDES
    make -s install BUILD="${TILL_BUILD#"$PWD"/}" PREFIX=/opt/till
}

@test "tools, pages and completions are installed for every tool" {
    for tool in "$TILL_BIN"/*; do
        name=$(basename "$tool")
        [ -x "$DESTDIR/opt/till/bin/$name" ]
        [ -s "$DESTDIR/opt/till/share/man/man1/$name.1" ]
        bash -n "$DESTDIR/opt/till/share/bash-completion/completions/$name"
        [ "$(head -n 1 "$DESTDIR/opt/till/share/zsh/site-functions/_$name")" = "#compdef $name" ]
    done
    [ "$("$DESTDIR/opt/till/bin/till" rfm --help=purpose)" = "$(till-rfm --help=purpose)" ]
}

@test "a program compiles against till.h and links the shared library and the static one" {
    cd "$BATS_TEST_TMPDIR"
    cat > program.c <<'END'
#include <stdio.h>
#include <till.h>
int main(void) {
    int64_t money;
    bool rounded;
    if (till_decimal_parse("12.50", 5, NULL, &money, &rounded) != TILL_NUMBER_OK)
        return 1;
    printf("%lld\n", (long long)money);
    return 0;
}
END
    root=$DESTDIR/opt/till
    cc -I"$root/include" program.c -o shared -L"$root/lib" -ltill
    [ "$(LD_LIBRARY_PATH=$root/lib ./shared)" = 125000 ]
    cc -I"$root/include" program.c -o static "$root/lib/libtill.a" $(sed -n 's/^Libs.private: //p' "$root/lib/pkgconfig/till.pc")
    [ "$(./static)" = 125000 ]
}

@test "every public function that a header declares is in the shared library" {
    nm -D --defined-only "$TILL_BUILD/libtill.so.0" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u > "$BATS_TEST_TMPDIR/exported"
    # What is declared with default visibility: the attribute stands before it.
    printf '#include "%s/till.h"\n' "$TILL_BUILD" | cc -E -P -Iinclude - | tr '\n' ' ' |
        grep -oE 'visibility\("default"\)\)\)[^;(]*\(' | grep -oE 'till_[a-z0-9_]+[[:space:]]*\($' | tr -d ' (' | sort -u \
        > "$BATS_TEST_TMPDIR/public"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/public")" -gt 50 ]
    run comm -23 "$BATS_TEST_TMPDIR/public" "$BATS_TEST_TMPDIR/exported"
    [ -z "$output" ]
}

@test "uninstall leaves no file" {
    make -s uninstall BUILD="${TILL_BUILD#"$PWD"/}" PREFIX=/opt/till
    [ -z "$(find "$DESTDIR" -type f -o -type l)" ]
}
