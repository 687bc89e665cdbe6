#!/usr/bin/env bash
# send reaches one node, multicast all of them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

start_node kitchen --json
kitchen=$node_pid
start_node cellar
to=127.0.0.1:$port

expect 0 send "$to" news "It is late."
out_is ""
err_is_empty
wait_for kitchen '"type":"NOTIFY_URI","uri":"news","text":"It is late."}'
grep -qE '^\{"event":"message","from":"[0-9.]+:[0-9]+","type"' kitchen || fail "does not say from whom"
printf '\xff\n' | "$tool" send "$to" bytes - || fail "did not send standard input"
wait_for kitchen '"uri":"bytes","base64":"/wo="}'
expect 0 send "$to" news "in JSON" --json --type NOTIFY_URI
out_is '{"to":"'"$to"'","type":"NOTIFY_URI","uri":"news","text":"in JSON"}'
wait_for kitchen '"text":"in JSON"'
expect 0 send "$to" news --type 77

expect 0 multicast news $'To\nall.' --interface lo --port "$port"
out_is ""
err_is_empty
wait_for kitchen '"uri":"news","text":"To\nall."}'
wait_for cellar $'news\tTo\\nall.'
grep -q "late" cellar && fail "what was sent to one came to another"
expect 0 multicast news --json --interface lo --port "$port"
out_is '{"to":"group","type":"NOTIFY_URI","uri":"news","text":""}'
end_tool "$kitchen" INT 0

expect 2 send "$to"
expect 2 send nowhere news
err_has HOST:PORT
expect 2 send "$to" news --type 14
err_has "no message type"
expect 2 send "$to" news --type unheard-of
expect 1 send '[fe80::1%no-such]:8888' news
err_has no-such "netaio interfaces"
expect 7 send "$to" news @/dev/zero
expect 2 multicast news --interface no-such
