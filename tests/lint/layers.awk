# Reports includes that break the order of layers: base <- data <- fold <- mining <- tools. Input: the sources of lib and tools.
BEGIN {
    rank["base"] = 1; rank["data"] = 2; rank["fold"] = 3; rank["mining"] = 4; rank["tools"] = 5
    split("error text arrays hash decimal date random parallel dictionary version", names)
    for (i in names) layer_of[names[i]] = "base"
    split("source input block schema rows sorter table transactions writer model", names2)
    for (i in names2) layer_of[names2[i]] = "data"
    count = split(FOLD, names3, " ") # -v FOLD="...": the modules of lib/fold
    for (i = 1; i <= count; i++) layer_of[names3[i]] = "fold"
    layer_of["fold"] = layer_of["ledger"] = "fold"
}
FNR == 1 {
    split(FILENAME, part, "/")
    own = part[1] == "lib" ? part[2] : "tools"
}
function complain(why) { print FILENAME ":" FNR ": " $0 " (" why ")" }
/^#include [<"]/ {
    name = $2
    gsub(/[<">]/, "", name)
    if (name ~ /^till\//) {
        sub(/^till\//, "", name); sub(/\.h$/, "", name)
        # A public header that is not listed above belongs to the method of that name.
        theirs = name in layer_of ? layer_of[name] : "mining"
        if (rank[theirs] > rank[own]) complain(own " includes " theirs)
    } else if ($2 ~ /^"/ && name ~ /^(\.\.\/)*(lib\/)?(base|data|fold|mining)\//) {
        sub(/^(\.\.\/)*(lib\/)?/, "", name)
        split(name, part, "/")
        if (own == "tools") complain("a tool includes a private header")
        else if (rank[part[1]] > rank[own]) complain(own " includes " part[1])
    } else if (name == "csv.h" && own != "data") {
        complain("only data knows CSV")
    }
}
