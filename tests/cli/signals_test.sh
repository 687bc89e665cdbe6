#!/usr/bin/env bash
# What signals mean to a server and a node, and that those which limits send end nothing but a write.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TZ=UTC-5:30 serve --store :memory: --log-level off
kill -HUP "$server_pid"
wait_for server.log "SIGHUP"
grep -qE '^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\.[0-9]{3}\+05:30 info SIGHUP' server.log ||
    fail "the log does not tell the offset of its times"
expect 0 create uri x --server "$address"
kill -USR1 "$server_pid"
wait_for server.log "so far: 1 connections, 1 messages in, 1 out"
kill -USR2 "$server_pid"
kill -PIPE "$server_pid"
kill -XFSZ "$server_pid"
expect 0 request uri --server "$address"
end_server XCPU 0

start_node kitchen
kill -HUP "$node_pid"
wait_for kitchen.err "SIGHUP"
kill -USR1 "$node_pid"
wait_for kitchen.err "so far: "
end_tool "$node_pid" TERM 0

# A second signal to end does so while connections drain, here one with half a message.
serve --store :memory: --drain 1000
exec {half}<>"/dev/tcp/${address%:*}/${address#*:}"
printf '\0\0' >&"$half"
kill -INT "$server_pid"
end_server TERM 8
exec {half}>&-

# A store that meets the longest file allowed is full, and goes on.
ulimit -S -f 256
serve --store limited.db
ulimit -S -f unlimited
head -c 50000 /dev/urandom >much
code=0
for ((i = 0; i < 20 && code == 0; ++i)); do
    "$tool" create "$i" @much --server "$address" >out 2>err || code=$?
done
[[ $code == 84 ]] || fail "a store at its limit is answered with $code instead of 84"
expect 0 request 0 -o taken --server "$address"
cmp -s taken much || fail "a store at its limit does not serve what it has"
end_server TERM 0
grep -qF "ulimit -f" server.log || fail "the log does not name the limit"
