# Data that are handed around with the project, and are not in it: `data FILE` sets `file` to one of them in $SHARED, or skips the
# test.
data() {
    [ -e "$SHARED/$1" ] || skip "no $1: set TILL_SHARED to where the shared data lie"
    file="$SHARED/$1"
}
