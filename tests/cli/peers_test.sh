#!/usr/bin/env bash
# peers shows the nodes of the network as they come and go.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

start_node kitchen --name Kitchen
kitchen=$node_pid
watch=(peers --interface lo --ipv4-only --port "$port")
start_tool lines "${watch[@]}" --id lines
lines=$tool_pid
wait_for lines "joined kitchen"
grep -qE "^joined kitchen at [0-9.]+:$port: name=Kitchen$" lines || fail "does not tell of the kitchen"
wait_for kitchen "joined lines"
start_tool json "${watch[@]}" --json --id json
json=$tool_pid
wait_for json '"event":"joined","id":"kitchen"'
grep -qE '"addresses":\["[0-9.]+:'"$port"'"\],"data":\{"name":"Kitchen"\}\}$' json || fail "does not tell of the kitchen"
wait_for lines "joined json"
# Not every machine lets it have a terminal.
if [[ $(timeout 10 script -qec "tty" /dev/null 2>&1 </dev/null) == /dev/* ]]; then
    touch screen
    script -qfc "'$tool' ${watch[*]} --id table --for 60" screen >/dev/null 2>&1 &
    started+=("$!")
    wait_for screen "3 peers"
    wait_for screen "kitchen"
    grep -qE 'ID +HEARD +ADDRESS +DATA' screen || fail "the table has no head"
    grep -q $'\e\\[J' screen || fail "the table is not drawn over itself"
fi

end_tool "$kitchen" INT 0
wait_for lines "left kitchen"
wait_for json '"event":"left","id":"kitchen"'
end_tool "$json" INT 0
wait_for lines "left json"
end_tool "$lines" TERM 0
[[ ! -s lines.err ]] || fail "said something on stderr"

expect 0 "${watch[@]}" --for 0.2
expect 2 peers --for soon
