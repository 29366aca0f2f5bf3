# `make deps` on machines that lack something: a compiler that finds no header, and a package manager that notes what it is asked.

setup() {
    unset CC # the compiler of these machines is called cc
    SCRIPT=$PWD/tests/support/deps.sh
    mkdir "$BATS_TEST_TMPDIR/bin"
    cd "$BATS_TEST_TMPDIR/bin"
    for name in sh id cat; do ln -s "$(command -v $name)" $name; done
    fake id 'echo 0'
}

# A program of the bare machine.
fake() {
    rm -f "$1"
    printf '#!/bin/sh\n%s\n' "$2" > "$1"
    chmod +x "$1"
}

@test "nothing is installed when all is there" {
    for name in cc bats prove groff jq gnuplot; do fake $name 'cat > /dev/null'; done
    fake apt-get 'echo "apt-get $*"; exit 1'
    PATH=$PWD run sh "$SCRIPT" build check
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a bare machine is given compiler, libraries and test programs, and told so" {
    fake apt-get 'echo "apt-get $*"'
    PATH=$PWD run sh "$SCRIPT" build check
    [ "$status" -eq 0 ]
    packages='gcc libc6-dev libcsv-dev libgsl-dev zlib1g-dev libjansson-dev libcmocka-dev bats perl groff jq'
    [ "${lines[0]}" = "Installing by apt-get: $packages" ]
    [ "${lines[1]}" = "apt-get install -y --no-install-recommends $packages" ]
}

@test "only what is missing is asked for" {
    fake cc 'cat > input; ! grep -q jansson input'
    ln -s "$(command -v grep)" grep
    fake apt-get 'echo "apt-get $*"'
    PATH=$PWD run sh "$SCRIPT" build
    [ "${lines[0]}" = "Installing by apt-get: libjansson-dev" ]
}

@test "an old list of packages is brought up to date, once" {
    fake cc 'cat > /dev/null'
    for name in prove groff jq gnuplot; do fake $name ''; done
    fake apt-get 'echo "apt-get $*"; [ -e updated ] && exit 0; [ "$1" = update ] && : > updated'
    PATH=$PWD run sh "$SCRIPT" check
    [ "$status" -eq 0 ]
    [ "${lines[2]}" = "apt-get update" ]
    [ "${#lines[@]}" -eq 4 ]
}

@test "what is only useful is installed too, and gone without where that fails" {
    for name in cc bats prove groff jq; do fake $name 'cat > /dev/null'; done
    fake apt-get 'echo "apt-get $*"; exit 1'
    PATH=$PWD run sh "$SCRIPT" check
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "apt-get install -y --no-install-recommends gnuplot-nox" ]
    [[ $output == *"Going on without: gnuplot-nox "* ]]
    fake id 'echo 1000'
    PATH=$PWD run sh "$SCRIPT" check
    [ "$status" -eq 0 ]
    [[ $output == "Useful, but not there: gnuplot-nox "* ]]
}

@test "without root, sudo is used, or the command is told" {
    fake id 'echo 1000'
    fake apt-get 'exit 1'
    PATH=$PWD run sh "$SCRIPT" build
    [ "$status" -eq 1 ]
    [[ $output == *"As root: apt-get install gcc "* ]]
    fake sudo 'echo "sudo $*"'
    PATH=$PWD run sh "$SCRIPT" build
    [ "$status" -eq 0 ]
    [[ ${lines[1]} == "sudo apt-get install -y "* ]]
}

@test "where there is no apt-get, the names of the other package manager are told" {
    fake dnf ''
    PATH=$PWD run sh "$SCRIPT" build
    [ "$status" -eq 1 ]
    [[ $output == *"with dnf: gcc libcsv-devel gsl-devel zlib-devel jansson-devel" ]]
}
