# The examples of a man page, run: `run_examples PAGE` in an empty directory. Under EXAMPLES, lines behind "$ " are commands, and what
# stands below them is what they print; "$ cat FILE" makes the file. Blocks without "$ " are not run.
run_examples() {
    sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$1" | sed -n '/^\.EX/,/^\.EE/p' | sed 's/\\-/-/g' > examples
    grep -q '^\$ ' examples || return 1
    awk '/^\./ { file = ""; next }
         /^\$ cat / { file = $3; printf "" > file; next }
         /^\$ / { file = "wanted" ++n; print substr($0, 3) > ("command" n); printf "" > file; next }
         file != "" { print > file }' examples
    for command in command*; do
        sh "$command" > got || return 1
        diff -u "wanted${command#command}" got || return 1
    done
}
