#!/bin/sh
# Finds out what is missing to build (and with "check", to test), says so, and installs it by the system's package
# manager. Does nothing when all is there. What is only useful (gnuplot: without it, tests of pictures are skipped) is
# installed where that goes without asking, and gone without where not.
#
#   sh tests/support/deps.sh build [check]
set -u

has_header() {
    printf '#include <stddef.h>\n#include <%s>\n' "$1" | ${CC:-cc} -E - >/dev/null 2>&1
}
has_command() {
    command -v "$1" >/dev/null 2>&1
}

# What is wanted, by the names of apt. Where another package manager calls it otherwise, `other_name` knows.
missing=
useful=
for group in "$@"; do
    case $group in
    build)
        compiler=${CC:-cc} # may be a command with words behind it
        has_command "${compiler%% *}" || missing="$missing gcc"
        has_header stdio.h || missing="$missing libc6-dev"
        has_header csv.h || missing="$missing libcsv-dev"
        has_header gsl/gsl_version.h || missing="$missing libgsl-dev"
        has_header zlib.h || missing="$missing zlib1g-dev"
        has_header jansson.h || missing="$missing libjansson-dev"
        ;;
    check)
        has_header cmocka.h || missing="$missing libcmocka-dev"
        has_command bats || missing="$missing bats"
        has_command prove || missing="$missing perl"
        has_command groff || missing="$missing groff"
        has_command jq || missing="$missing jq"
        has_command gnuplot || useful="$useful gnuplot-nox"
        ;;
    esac
done
[ -n "$missing$useful" ] || exit 0

other_name() { # manager, name
    case $1/$2 in
    */gcc | */bats | */perl | */groff | */jq) echo "$2" ;;
    */libc6-dev) ;;
    apk/libcsv-dev | brew/libcsv-dev | pacman/libcsv-dev) echo libcsv ;;
    dnf/libcsv-dev) echo libcsv-devel ;;
    dnf/libgsl-dev) echo gsl-devel ;;
    dnf/zlib1g-dev) echo zlib-devel ;;
    dnf/libjansson-dev) echo jansson-devel ;;
    dnf/libcmocka-dev) echo libcmocka-devel ;;
    apk/libgsl-dev) echo gsl-dev ;;
    apk/zlib1g-dev) echo zlib-dev ;;
    apk/libjansson-dev) echo jansson-dev ;;
    apk/libcmocka-dev) echo cmocka-dev ;;
    */libgsl-dev) echo gsl ;;
    */zlib1g-dev) echo zlib ;;
    */libjansson-dev) echo jansson ;;
    */libcmocka-dev) echo cmocka ;;
    esac
}

if [ -z "$missing" ] && { ! has_command apt-get || [ "$(id -u)" != 0 ]; }; then
    echo "Useful, but not there:$useful (tests of pictures are skipped)" >&2
    exit 0
fi
if ! has_command apt-get; then
    for manager in dnf pacman apk brew; do
        has_command $manager || continue
        names=
        for name in $missing; do
            other=$(other_name $manager "$name")
            names=$names${other:+ $other}
        done
        echo "Missing:$missing. Please install these with $manager:$names" >&2
        exit 1
    done
    echo "Missing (by their Debian names):$missing. Please install them." >&2
    exit 1
fi

sudo=
if [ "$(id -u)" != 0 ]; then
    has_command sudo || { echo "Missing:$missing. As root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
install() { # packages
    echo "Installing by apt-get: $*" >&2
    # The list of packages may be missing or old.
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends "$@" >&2 || {
        $sudo apt-get update >&2 &&
            DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends "$@" >&2
    }
}
# shellcheck disable=SC2086 # the names are words
if [ -n "$missing" ]; then
    install $missing || exit 1
fi
# shellcheck disable=SC2086
if [ -n "$useful" ]; then
    install $useful || echo "Going on without:$useful (tests of pictures are skipped)" >&2
fi
