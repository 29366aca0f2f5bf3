#!/bin/sh
# Runs one test file in the form that prove reads: bats files by bats, programs by themselves.
case $1 in
*.bats) exec bats --tap "$1" ;;
*) CMOCKA_MESSAGE_OUTPUT=TAP exec "$1" ;;
esac
