# Figures of a CSV table against known ones: `near FILE KEYS COLUMN VALUE TOLERANCE`. KEYS are values of the first columns, joined by
# '|', which name the row; the tolerance is relative, absolute below 1. Prints what is wrong, and fails.
near() {
    awk -F, -v keys="$2" -v column="$3" -v want="$4" -v tolerance="$5" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; n = split(keys, key, "|"); next }
        { for (i = 1; i <= n && $i == key[i]; i++); if (i > n) { got = $at; found++ } }
        END {
            size = want < 0 ? -want : want
            off = got - want; if (off < 0) off = -off
            if (at == 0 || found != 1 || got == "" || off > tolerance * (size > 1 ? size : 1)) {
                print "row " keys ", " column ": got " got ", wanted " want " (" found + 0 " rows)"; exit 1
            }
        }' "$1"
}

# The same for a figure of --meta: `near_figure FILE NAME VALUE TOLERANCE`.
near_figure() {
    printf 'name,value\n%s,%s\n' "$2" "$(jq -r ".figures.\"$2\"" "$1")" > near-figure.csv
    near near-figure.csv "$2" value "$3" "$4"
}
