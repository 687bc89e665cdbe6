#!/usr/bin/env bash
# A node with a store serves resources over UDP as a server does over TCP.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

protection=(--hmac @secret --cipher @key --inner-hmac @key)
start_node kitchen --store kitchen.db "${protection[@]}"
address=127.0.0.1:$port
at=(--udp --server "$address" "${protection[@]}")

expect 0 create lamp on "${at[@]}"
out_is OK
expect 84 create lamp on "${at[@]}"
expect 0 request lamp "${at[@]}"
out_is on
expect 88 request missing "${at[@]}"
err_has NOT_FOUND missing
expect 0 request echo "no resource" "${at[@]}"
out_is "no resource"
head -c 30000 /dev/urandom >large
expect 0 create large @large "${at[@]}"
expect 0 request large -o copy "${at[@]}"
cmp -s large copy || fail "the content came back changed"

subscribe lamp --count 3 --udp "${protection[@]}"
expect 0 update lamp off "${at[@]}"
expect 0 publish lamp "to be replaced" "${at[@]}"
expect 0 delete lamp "${at[@]}"
end_subscriber 0
out_is "lamp	off
lamp	to be replaced
lamp	"
subscribe la --prefix --count 2 --udp "${protection[@]}"
expect 0 publish lamp on "${at[@]}"
expect 0 publish door open "${at[@]}"
expect 0 publish lamp off "${at[@]}"
end_subscriber 0
out_is "lamp	on
lamp	off"
# What only servers give is refused before anybody is asked.
expect 2 list la "${at[@]}"
err_has "--udp"
expect 0 list --help
grep -qE -- '--udp|node' out && fail "offers to list what a node has"
expect 2 subscribe lamp --present "${at[@]}"
err_has "--udp" "--present"

subscribe lamp --udp "${protection[@]}"
kill -INT "$subscriber_pid"
end_subscriber 8
subscribe lamp --udp --timeout 1 "${protection[@]}"
end_subscriber 4

expect 0 ping --count 100 --json "${at[@]}"
grep -q '"count":100' out || fail "ping did not count 100 answers"
"$tool" request large --timeout 0.3 --udp --server "$address" >out 2>err
[[ $? == [45] ]] || fail "answered without protection"
end_tool "$node_pid" TERM 0

# What was answered with OK is still there.
serve --store kitchen.db
expect 0 request large -o copy --server "$address"
cmp -s large copy || fail "what was stored over UDP is not in the store"
end_server TERM 0

unset port
start_node open --store :memory: --read-only
grep -q "add --hmac" open.err || fail "does not warn about a store that anybody can read"
expect 89 create here x --udp --server "127.0.0.1:$port"
