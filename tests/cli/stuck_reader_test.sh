#!/usr/bin/env bash
# Nobody who reads what a server or node says, but stops doing so, can stop them. A command that waits
# to write ends when it is interrupted.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A log that takes nothing.
stuck_pipe server.log
serve --store :memory: --hmac @secret --log-level debug
at=(--server "$address" --hmac @secret)
for _ in 1 2 3; do expect 5 request x --server "$address"; done
expect 0 create here x "${at[@]}"
expect 0 request here "${at[@]}"
out_is x
end_server TERM 0

# The output of a node: the last line before it was full is how the others know the port.
mkfifo output
exec {output}<>output
"$tool" node --interface lo --ipv4-only --port 0 --store :memory: >output 2>node.err &
node=$!
started+=("$node")
read -r -t 60 line <&"$output" || fail "the node did not start"
port=${line##*:}
read -r -t 60 line <&"$output"
fill_pipe output
at=(--udp --server "127.0.0.1:$port")
for _ in 1 2 3; do expect 0 send "127.0.0.1:$port" news "Nobody reads this."; done
expect 0 create here x "${at[@]}"
expect 0 request here "${at[@]}"
out_is x
end_tool "$node" TERM 0

# waits_to_write PID: until it is in a write to a pipe.
waits_to_write() {
    local _
    for _ in {1..200}; do
        ! grep -q pipe "/proc/$1/wchan" || return 0
        sleep 0.05
    done
}
rm server.log
serve --store :memory:
stuck_pipe taken
expect 0 create here x --server "$address"
for signal in INT TERM HUP; do
    "$tool" request here --server "$address" >taken 2>err &
    waiting=$!
    started+=("$waiting")
    waits_to_write "$waiting"
    end_tool "$waiting" "$signal" 8
    "$tool" subscribe here --server "$address" >out 2>taken &
    waiting=$!
    started+=("$waiting")
    waits_to_write "$waiting"
    end_tool "$waiting" "$signal" 8
done
