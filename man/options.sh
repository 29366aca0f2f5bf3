#!/bin/sh
# Writes the OPTIONS section of each tool's page from the table that the tool parses with: what stands between the lines
# .\" BEGIN OPTIONS and .\" END OPTIONS; and between BEGIN KINDS and END KINDS what its --list says. The tools are found
# on PATH.
#
#   sh man/options.sh            writes the pages
#   sh man/options.sh --check    only says which are not current, and fails when one is not
cd "$(dirname "$0")/.." || exit 1
stale=0
for page in man/till-*.1; do
    [ -e "$page" ] || continue
    tool=$(basename "$page" .1)
    grep -q '^\.\\" BEGIN OPTIONS' "$page" || { echo "$page: no section BEGIN OPTIONS"; stale=1; continue; }
    options=$("$tool" --help=man) || { echo "$page: cannot run $tool"; stale=1; continue; }
    kinds=
    if grep -q '^\.\\" BEGIN KINDS' "$page"; then
        kinds=$("$tool" -q --list -f tsv | awk -F '\t' 'NR > 1 {
            gsub(/-/, "\\-")
            if ($1 != last) printf "%s.TP\n.B %s\n%s.\n.br\n%s", last == "" ? "" : "\n", $1, $4, $2
            else printf ", or %s", $2
            last = $1 }') || { echo "$page: cannot run $tool"; stale=1; continue; }
    fi
    # The environment keeps backslashes as they are, which awk -v would not.
    OPTIONS=$options KINDS=$kinds awk '
        /^\.\\" BEGIN KINDS/ { print; print ENVIRON["KINDS"]; skip = 1 }
        /^\.\\" END KINDS/ { skip = 0 }
        /^\.\\" BEGIN OPTIONS/ { print; print ".SH OPTIONS"; print ENVIRON["OPTIONS"]; skip = 1 }
        /^\.\\" END OPTIONS/ { skip = 0 }
        !skip' "$page" > "$page.new"
    if cmp -s "$page" "$page.new"; then
        rm "$page.new"
    elif [ "${1-}" = --check ]; then
        echo "$page: OPTIONS are not those of $tool; run make man"
        rm "$page.new"
        stale=1
    else
        mv "$page.new" "$page"
        echo "wrote $page"
    fi
done
exit $stale
