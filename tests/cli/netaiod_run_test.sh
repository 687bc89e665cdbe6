#!/usr/bin/env bash
# The daemon as a process: its folder and socket, who may connect, its signals and what it gives up.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
netaiod=${NETAIOD:?is to name the built netaiod}
socket=$PWD/run/netaiod.sock
at=unix:$socket

# start_daemon FILE: starts it, its log in daemon.err, and waits until it serves; sets daemon.
start_daemon() {
    : >daemon.err
    tool=$netaiod start_tool daemon --config "$1"
    daemon=$tool_pid
    wait_for daemon.err "serves programs at $at" || exit 1
}
# refused SENTENCE...: it does not start.
refused() {
    tool=$netaiod expect 1 --config netaiod.toml
    err_has "$@"
}
mode() { stat -c %a "$1"; }

printf '[daemon]\nsocket = "run/netaiod.sock"\n' >netaiod.toml
start_daemon netaiod.toml
[[ $(mode run) == 700 ]] || fail "the folder is open: $(mode run)"
[[ $(mode "$socket") == 600 ]] || fail "the socket is open: $(mode "$socket")"
expect 0 request netaiod/status --server "$at"
grep -q '"uptime_s"' out || fail "tells no status"
expect 89 request something --server "$at"

# Its memory is in no file, and it has no privileges.
grep -qE '^Max core file size +0 +0 ' "/proc/$daemon/limits" || fail "may leave core dumps"
grep -qE '^NoNewPrivs:.*1$' "/proc/$daemon/status" || fail "may get privileges"
for kind in Inh Prm Eff Amb; do
    grep -qE "^Cap$kind:.0+$" "/proc/$daemon/status" || fail "has capabilities: Cap$kind"
done

# A second one changes nothing about the first.
refused "cannot start" "already at $socket"
expect 0 request netaiod/status --server "$at"

# Reading it again: as a whole or not at all, and what waits for a new start is said.
kill -HUP "$daemon"
wait_for daemon.err "SIGHUP: read netaiod.toml"
printf '[daemon]\nsocket = "run/netaiod.sock"\nlog_level = "lots"\n' >netaiod.toml
kill -HUP "$daemon"
wait_for daemon.err "SIGHUP: everything stays as it was: netaiod.toml:3:13: "
printf '[daemon]\nsocket = "run/netaiod.sock"\nlog_level = "debug"\n[udp]\nport = 5\n' >netaiod.toml
kill -HUP "$daemon"
wait_for daemon.err "SIGHUP: udp.port changes when netaiod is started anew"
expect 0 request netaiod/status --server "$at"
wait_for daemon.err " debug "
kill -USR1 "$daemon"
wait_for daemon.err "so far: {"
end_tool "$daemon" TERM 0
wait_for daemon.err stopped
[[ ! -e $socket ]] || fail "leaves its socket behind"

# A server's question whether it is alive is no drop; a server that is not there is told of.
printf '[daemon]\nsocket = "run/netaiod.sock"\n[tcp]\nlisten = "127.0.0.1:0"\n' >netaiod.toml
start_daemon netaiod.toml
server=$(sed -n 's/.* \(127[^ ]*\): listening$/\1/p' daemon.err)
expect 0 request netaio/alive --server "$server"
expect 0 status --socket "$socket"
grep -q 'dropped: none' out || fail "counts a sign of life as dropped"
expect 88 request nothing --server "$server"
expect 0 status --socket "$socket"
grep -q 'dropped: 1 unowned' out || fail "does not count what nobody serves"
NETAIO_DAEMON=$socket "${NETAIO_EXAMPLES:?}/daemon_app" attic tcp:127.0.0.1:1 >app.out 2>&1 &
wait_for daemon.err "tcp:127.0.0.1:1 cannot be reached: Connection refused"
wait $!
end_tool "$daemon" TERM 0

# Other machines are spoken to in sessions, if it says so, and know it by its key; programs here are not.
expect 0 keygen own.seed
own_key=$(sed -n 's/^pubkey //p' out)
printf '[daemon]\nsocket = "run/netaiod.sock"\n[tcp]\nlisten = "127.0.0.1:0"\n[protection]\nhmac = "secret"
session = "require"\nsession_seed = "own.seed"\n[udp]\nenabled = true\nport = 0\ninterfaces = "lo"
ipv6 = false\n' >netaiod.toml
start_daemon netaiod.toml
wait_for daemon.err "the key of its sessions is $own_key"
server=$(sed -n 's/.* \(127[^ ]*\): listening$/\1/p' daemon.err)
node=127.0.0.1:$(sed -n 's/.*udp:0.0.0.0:\([0-9]*\): listening$/\1/p' daemon.err)
for to in "--server $server" "--udp --server $node"; do
    expect 0 request netaio/alive $to --hmac @secret --peer-key "$own_key"
    expect 5 request netaio/alive $to --hmac @secret --session off
done
expect 0 status --socket "$socket"
sed -i 's/require/offer/' netaiod.toml
kill -HUP "$daemon"
wait_for daemon.err "SIGHUP: protection.session changes when netaiod is started anew"
expect 5 request netaio/alive --server "$server" --hmac @secret --session off
end_tool "$daemon" TERM 0

# After one that was killed.
printf '[daemon]\nsocket = "run/netaiod.sock"\nlog_format = "json"\n' >netaiod.toml
start_daemon netaiod.toml
kill -KILL "$daemon"
wait "$daemon"
[[ -e $socket ]] || fail "was not killed"
start_daemon netaiod.toml
grep -v '^{"time":".*","level":"[a-z]*","text":".*"}$' daemon.err && fail "logs what is no JSON"
expect 0 request netaiod/status --server "$at"
end_tool "$daemon" INT 0

# Folders that are not its own alone.
printf '[daemon]\nsocket = "run/netaiod.sock"\n' >netaiod.toml
chmod 755 run
refused "lets others in (0755)"
chmod 777 run
refused "lets others in (0777)"
chmod 700 run
mv run real
ln -s real run
refused "a link"
rm run
printf '[daemon]\nsocket = "none/run/netaiod.sock"\n' >netaiod.toml
refused "cannot be made"
printf '[daemon]\nsocket = "run/netaiod.sock"\ngroup = "%s"\n' "$(id -g)" >netaiod.toml
start_daemon netaiod.toml
[[ $(mode run) == 750 ]] || fail "the group cannot reach the socket: $(mode run)"
[[ $(mode "$socket") == 660 ]] || fail "the group cannot use the socket: $(mode "$socket")"
end_tool "$daemon" TERM 0

# Secrets that are not there.
rm -rf run
printf '[protection]\nhmac = "none"\n[daemon]\nsocket = "run/netaiod.sock"\n' >netaiod.toml
tool=$netaiod expect 2 --config netaiod.toml
err_has "netaiod.toml:2:8: protection.hmac: cannot open"

# As root it becomes another user, for good, and serves whoever is named.
if [[ $(id -u) == 0 ]] && command -v setpriv >/dev/null; then
    rm -rf run
    chmod 755 .
    printf '[daemon]\nsocket = "run/netaiod.sock"\nuser = "nobody"\ngroup = "%s"\n' "$(id -g)" >netaiod.toml
    chmod 644 netaiod.toml
    start_daemon netaiod.toml
    [[ $(stat -c %U "/proc/$daemon/environ") == root ]] || fail "may be looked into by its user"
    [[ $(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$daemon/status" | tr ' ' '\n' | sort -u) == \
        "$(id -u nobody)" ]] || fail "is not nobody's"
    [[ $(stat -c %U run) == nobody ]] || fail "the folder is not its owner's"
    # Root may open the socket, but is not named, and its connection is closed.
    expect 3 request netaiod/status --server "$at"
    printf '[local]\nusers = ["root"]\n' >>netaiod.toml
    kill -HUP "$daemon"
    wait_for daemon.err "SIGHUP: read netaiod.toml"
    expect 0 request netaiod/status --server "$at"
    # Who may not connect any more is disconnected.
    start_tool watcher subscribe netaiod/watch/ --server "$at"
    watcher=$tool_pid
    wait_for watcher.err "subscribed" || exit 1
    sed -i '/^\[local\]/,$d' netaiod.toml
    kill -HUP "$daemon"
    wait_for daemon.err "disconnected a program of user $(id -u), who may not connect any more"
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    expect 3 request netaiod/status --server "$at"
    end_tool "$daemon" TERM 0
fi
