# Reports functions of more than 60 lines. A definition begins on a line without indent that ends in "{" and holds "(", or goes on
# from one that does; it ends with "}" in the first column.
FNR == 1 { start = 0; signature = 0 }
/^[a-zA-Z_].*\(/ && !/;[ \t]*$/ { signature = FNR }
/\{[ \t]*$/ && !start && signature && !/^[ \t]*(struct|enum|union)[^(]*\{/ { start = signature }
/^\}/ {
    if (start && FNR - start + 1 > 60) print FILENAME ":" start ": " FNR - start + 1 " lines"
    start = 0; signature = 0
}
