#!/usr/bin/env bash
# With --max-age old and replayed messages are refused, also after a restart, and new ones pass.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

P=(--hmac @secret)
fresh=("${P[@]}" --max-age 2m --max-ahead 0.5)

# until_accepted COMMAND...: tried again for a while, as a server refuses what is dated about its start.
until_accepted() {
    local _
    for _ in {1..200}; do
        "$tool" "$@" >out 2>err && return
        sleep 0.1
    done
    fail "never accepted: $*"
}

serve --store served.db "${fresh[@]}"
until_accepted create uri content --server "$address" "${P[@]}"
expect 0 request uri --server "$address" "${P[@]}" --max-age 1m
out_is "content"
expect 0 ping --count 200 --server "$address" "${P[@]}" --max-age 1m

end_server TERM 0
[[ -s served.db.seen ]] || fail "a clean stop left no mark"
serve --store served.db "${fresh[@]}"
[[ ! -e served.db.seen ]] || fail "the mark was not taken"
until_accepted request uri --server "$address" "${P[@]}"
out_is "content"
kill -KILL "$server_pid"
wait "$server_pid"
exec {server_out}<&-
[[ ! -e served.db.seen ]] || fail "an unclean stop left a mark"

# Whose clock differs, or what comes from before the start, is told so, unless a session shows that it is new.
serve --store served.db "${P[@]}" --max-age 2m --max-ahead 1h
expect 0 request uri --server "$address" "${P[@]}"
out_is "content"
expect 5 request uri --server "$address" "${P[@]}" --session off
err_has "clocks agree"
grep -q "too old to be told from a replay" server.log || fail "the server did not say why"
end_server TERM 0
grep -q "1 rejected" server.log || fail "a stale message is not counted"

# Nodes, and what is kept beside no store.
port=
start_node kitchen --store kitchen.db "${fresh[@]}"
until_accepted create lamp on --udp --server "127.0.0.1:$port" --timeout 1 "${P[@]}"
expect 0 request lamp --udp --server "127.0.0.1:$port" "${fresh[@]}"
out_is "on"
end_tool "$node_pid" TERM 0
[[ -s kitchen.db.seen ]] || fail "a node left no mark"
serve --store :memory: "${fresh[@]}" --seen-mark elsewhere
end_server TERM 0
[[ -s elsewhere ]] || fail "--seen-mark was not used"
printf 'something else\n' >elsewhere
expect 1 serve --store :memory: --listen 127.0.0.1:0 "${fresh[@]}" --seen-mark elsewhere
err_has "no mark of seen messages" "elsewhere"

# What makes no sense.
expect 2 request uri --max-age 2m
err_has "add --hmac or --lock"
for wrong in 0 2x -1 nan 1e 2y; do
    expect 2 request uri "${P[@]}" --max-age "$wrong"
done
expect 2 serve "${P[@]}" --seen-mark mark
