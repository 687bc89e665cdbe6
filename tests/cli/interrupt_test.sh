#!/usr/bin/env bash
# A command that waits ends on SIGINT and SIGTERM with 8, whatever it waits for, and ping says what it
# has measured by then.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
# ends_with_8 PID
ends_with_8() {
    local found=0
    wait "$1" || found=$?
    [[ $found == 8 ]] || fail "ended with $found instead of 8"
}
# catches_signals PID: whether it is the tool already, with handlers for SIGINT (bit 1) and SIGTERM
# (bit 14).
catches_signals() {
    local caught
    [[ /proc/$1/exe -ef $tool ]] || return 1
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    (((0x${caught:-0} & 0x4002) == 0x4002))
}

for signal in INT TERM; do
    "$tool" ping --count 1000000000 --server "$address" >"measured-$signal" 2>err &
    pinging=$!
    started+=("$pinging")
    until catches_signals "$pinging"; do kill -0 "$pinging" || break; done
    kill "-$signal" "$pinging"
    ends_with_8 "$pinging"
    [[ ! -s measured-$signal ]] || grep -q median "measured-$signal" || fail "ping was cut off"
done

# What waits for its input is known to wait once the other end of the pipe is open.
mkfifo feed
"$tool" create uri @feed --server "$address" >out 2>err &
reading=$!
started+=("$reading")
exec {feed_end}>feed
kill -INT "$reading"
ends_with_8 "$reading"
exec {feed_end}>&-
