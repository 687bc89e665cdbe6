#!/usr/bin/env bash
# Nodes find each other, show who comes, goes and says something, and answer 'echo'.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

start_node kitchen --json --name Kitchen --data room=12
kitchen=$node_pid
at=(--udp --server "127.0.0.1:$port")
wait_for kitchen '{"event":"started","id":"kitchen","listening":["0.0.0.0:'"$port"'"],"interfaces":["lo"]}'

start_node cellar --data '[list=a,b]'
cellar=$node_pid
# By which of the machine's addresses a node is heard is up to the system.
wait_for cellar "joined kitchen"
grep -qE "^joined kitchen at [0-9.]+:$port: name=Kitchen room=12$" cellar || fail "does not tell of the kitchen"
wait_for kitchen '{"event":"joined","id":"cellar","addresses":["'
wait_for kitchen '"data":{"[list":"a,b]"}'
grep -q $'\e' cellar && fail "colours, but no terminal"
grep -q "listening on 0.0.0.0:" cellar || fail "does not say where it listens"
grep -q "node cellar on lo" cellar || fail "does not say who it is"
grep -qE "port $port has another node.* is at 0\.0\.0\.0:[0-9]+$" cellar.err ||
    fail "does not say that it has a port of its own"

expect 0 request echo "Is anybody there?" "${at[@]}"
out_is "Is anybody there?"
expect 88 request nothing "and some more, as an answer may not be longer" "${at[@]}"
expect 0 ping --count 30 "${at[@]}"
grep -q "^30 answers from 127.0.0.1:$port" out || fail "ping did not count 30 answers"
expect 4 request echo --timeout 0.2 --udp --server 127.0.0.1:9
err_has --timeout "netaio node"

# Who leaves says so.
end_tool "$cellar" INT 0
grep -q "^stopped: [0-9]* messages in" cellar.err || fail "does not say what it did"
wait_for kitchen '"event":"left","id":"cellar"'
# Who is gone without a word is missed.
start_node attic --advertise-every 0.2 --peer-timeout 1
attic=$node_pid
start_node shed --advertise-every 0.2 --peer-timeout 1
wait_for attic "joined shed"
end_tool "$node_pid" KILL 137
wait_for attic "left shed"
end_tool "$attic" TERM 0
wait_for kitchen '"event":"left","id":"attic"'

# Two of one id never see each other, of which the one that hears the other tells.
start_tool twin node --id kitchen --interface lo --ipv4-only --port "$port"
wait_for kitchen.err "another node has the id of this one"
end_tool "$tool_pid" INT 0

# Another app id, another world.
start_node other --app-id other
end_tool "$node_pid" INT 0
grep -q other kitchen && fail "heard of a node with another app id"
end_tool "$kitchen" INT 0

# Only those with the secret know each other.
unset port
start_node trusted --hmac @secret
trusted=$node_pid
start_node stranger --hmac @key --advertise-every 0.1 --peer-timeout 1
stranger=$node_pid
start_node friend --hmac @secret
wait_for trusted "joined friend"
expect 0 request echo hello --udp --server "127.0.0.1:$port" --hmac @secret
expect 0 ping --count 3 --udp --server "127.0.0.1:$port" --hmac @secret
end_tool "$node_pid" INT 0
wait_for trusted "left friend"
end_tool "$stranger" INT 0
end_tool "$trusted" INT 0
grep -q stranger trusted && fail "believed a node without the secret"
grep -q joined stranger && fail "believed nodes with another secret"

start_tool brief node --interface lo --port 0 --for 0.2
wait "$tool_pid" || fail "--for does not end a node with 0"

expect 2 node --interface no-such
err_has no-such "netaio interfaces"
expect 2 node --advertise-every 5 --peer-timeout 1
err_has --peer-timeout --advertise-every
expect 2 node --interface lo --data nothing
err_has KEY=TEXT "nothing"
once=(node --interface lo --ipv4-only --port 0 --for 0.01)
expect 0 node --interface lo --port 0 --for 0.05
grep -q "warning" err && fail "warns of a group that loopback has no way to"
expect 2 "${once[@]}" --data "key=$(head -c 65100 /dev/zero | tr '\0' x)"
err_has "too long for peers" "65000 fit"
expect 2 "${once[@]}" --name "$(printf '\xff')"
expect 2 node --ipv4-only --ipv6-only
expect 2 node --read-only
err_has --store
expect 1 node --interface lo --hmac @no-such-file
