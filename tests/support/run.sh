#!/bin/sh
# Runs one test file in the form that prove reads: bats files by bats, scripts by the shell, programs by themselves. A
# test that cmocka skips is "not ok" with the word SKIP (1.1.5), which prove takes for a failure: it is made "ok" here.
case $1 in
*.bats) exec bats --tap "$1" ;;
*.t) exec sh "$1" ;;
esac
output=$(CMOCKA_MESSAGE_OUTPUT=TAP "$1" 2>&1)
status=$?
printf '%s\n' "$output" | sed 's/^not ok \([0-9]* # SKIP\)/ok \1/'
exit $status
