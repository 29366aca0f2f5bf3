# Making the data: not a target of its own, but everything here waits for it once.
have "$BIN/till-synth" || return 0
title 'Making transactions'
compare one "exec $BIN/till-synth --quiet --shape=wide --rows=$ROWS --threads=1 >/dev/null" \
    two "exec $BIN/till-synth --quiet --shape=wide --rows=$ROWS --threads=2 >/dev/null"
line 'till-synth --shape=wide, 1 thread' "$(wall one)" s
line 'till-synth --shape=wide, 2 threads' "$(wall two)" s
line '  memory' "$(resident two)" MB
