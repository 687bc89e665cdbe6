#!/usr/bin/env bash
# Runs the built examples, whose folder is given, and compares what they print; with netaiod named as
# well, those that need it.
set -euo pipefail
examples=${1:?the folder of the built examples}
netaiod=${2-}
work=$(mktemp -d)
server=""
cleanup() {
    # shellcheck disable=SC2086
    [[ -z $server ]] || kill $server 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

failed=false
# expect <what> <file>: the file holds what standard input says.
expect() {
    if ! diff -u --label expected --label printed - "$2"; then
        echo "FAILED: $1"
        failed=true
    fi
}

timeout 60 "$examples/auth_layer" >"$work/auth"
expect auth_layer "$work/auth" <<'END'
without the admin's secret: AUTH_ERROR
with it: OK
everybody reads: Welcome!
END

timeout 60 "$examples/cipher_layer" >"$work/cipher"
expect cipher_layer "$work/cipher" <<'END'
weather: Sunny.
diary: Dear diary, ...
diary with a guessed key: 15 bytes of noise
END

timeout 60 "$examples/custom_message_types" >"$work/types"
expect custom_message_types "$work/types" <<'END'
LAUNCHED rocket to the moon
a clash is refused: message type 'ABORT': value 50 is taken by 'LAUNCH'; choose another
END

timeout 60 "$examples/handler_test" >"$work/handlers"
expect handler_test "$work/handlers" <<'END'
at first: on
after 9 minutes: on
it went out
after 10 minutes: off
END

timeout 60 "$examples/permissions" >"$work/permissions"
expect permissions "$work/permissions" <<'END'
ada writes: OK, reads: RESPOND_URI by ada
bob writes: AUTH_ERROR, reads: RESPOND_URI by ada
eve writes: AUTH_ERROR, reads: AUTH_ERROR auth failed
END

(cd "$work" && timeout 60 "$examples/session" >"$work/session")
expect session "$work/session" <<'END'
said to nobody else
said to nobody else
not asked: the other end has another key than the one that is known of it
END
[[ ! -e $work/known_servers ]] || { echo "FAILED: session left its file" && failed=true; }

timeout 60 "$examples/slow_handlers" | sort >"$work/slow"
expect slow_handlers "$work/slow" < <(
    {
        for i in {0..9}; do echo "slow/$i: done with $i"; done
        echo "at the same time"
    } | sort
)

(cd "$work" && timeout 60 "$examples/unix_socket" >"$work/unix")
expect unix_socket "$work/unix" <<'END'
you are me
END
[[ ! -e $work/example.sock ]] || { echo "FAILED: unix_socket left its file" && failed=true; }

# The server says where it listens; reading that from a pipe waits for it.
mkfifo "$work/pipe"
"$examples/server" 0 >"$work/pipe" &
server=$!
exec {lines}<"$work/pipe"
read -r -t 60 listening <&"$lines"
port=${listening%: listening}
port=${port##*:}

timeout 60 "$examples/client" 127.0.0.1 "$port" >"$work/client"
expect client "$work/client" <<'END'
RESPOND_URI echo: Hello!
OK kitchen/lamp: stored
RESPOND_URI kitchen/lamp: on
ERROR kitchen/lamp: it exists
CONFIRM_SUBSCRIBE kitchen/lamp: 
NOTIFY_URI kitchen/lamp: off
OK kitchen/lamp: stored
CONFIRM_UNSUBSCRIBE kitchen/lamp: 
OK kitchen/lamp: deleted
NOT_FOUND kitchen/lamp: not found
END

timeout 60 "$examples/blocking" 127.0.0.1 "$port" >"$work/blocking"
expect blocking "$work/blocking" <<'END'
Hello!
cellar/lamp is off
cellar/lamp is deleted
and then: nothing arrived in the time given
END

timeout 60 "$examples/window" 127.0.0.1 "$port" >"$work/window"
expect window "$work/window" <<'END'
echo: Hello!
attic/lamp: off
END

kill -TERM "$server"
cat <&"$lines" >"$work/server"
wait "$server" || { echo "FAILED: the server ended with $?" && failed=true; }
server=""
expect server "$work/server" <<'END'
stopped with 1 resources
END

# until_said <file> <text>: that stands there, within a minute.
until_said() {
    for _ in {1..1200}; do
        ! grep -qs "$2" "$1" || return 0
        sleep 0.05
    done
    echo "FAILED: '$2' did not come:" && cat "$1"
    failed=true
}

# Three megabytes by datagrams.
mkdir "$work/shared" "$work/fetched"
head -c 3000000 /dev/urandom >"$work/shared/film"
env --default-signal=INT "$examples/file_sharer" share "$work/shared" 0 >"$work/sharer" &
server=$!
until_said "$work/sharer" "sharing on port"
(cd "$work/fetched" && timeout 60 "$examples/file_sharer" fetch film \
    "127.0.0.1:$(awk '{ print $4 }' "$work/sharer")") >"$work/fetch"
expect file_sharer "$work/fetch" <<<"film: 3000000 bytes"
cmp "$work/shared/film" "$work/fetched/film" || failed=true
timeout 60 "$examples/file_sharer" fetch ../sharer \
    "127.0.0.1:$(awk '{ print $4 }' "$work/sharer")" >"$work/fetch" 2>&1 && failed=true
expect "no file from elsewhere" "$work/fetch" <<<"file_sharer: there is no such file"
kill -INT "$server"
wait "$server" || { echo "FAILED: the sharer ended with $?" && failed=true; }

# Programs behind the daemon; first there is none.
if [[ -n $netaiod ]]; then
    printf '[daemon]\nsocket = "run/netaiod.sock"\n' >"$work/netaiod.toml"
    export NETAIO_DAEMON=$work/run/netaiod.sock
    app=$examples/daemon_app
    timeout 60 "$app" attic kitchen >"$work/app" 2>&1 && failed=true
    expect "daemon_app without a daemon" "$work/app" <<END
netaiod is not at $NETAIO_DAEMON: No such file or directory
daemon_app: nothing arrived in the time given
END
    "$netaiod" --config "$work/netaiod.toml" >"$work/daemon" 2>&1 &
    server=$!
    until_said "$work/daemon" "serves programs"
    # started_app <file>: serves as kitchen, what it says in the file, and sets kitchen.
    started_app() {
        env --default-signal=INT "$app" kitchen >"$work/$1" 2>&1 &
        kitchen=$!
        server+=" $kitchen"
    }
    started_app first
    first=$kitchen
    until_said "$work/daemon" "app kitchen is here"
    for _ in {1..300}; do
        ! timeout 60 "$app" cellar kitchen >"$work/app" 2>&1 || break
        sleep 0.1
    done
    expect "daemon_app asks" "$work/app" <<<"Hello from kitchen!"
    timeout 60 "$app" attic nobody >"$work/app" 2>&1 && failed=true
    expect "daemon_app asks nobody" "$work/app" <<<"daemon_app: nobody answers: not found"
    started_app second
    until_said "$work/second" "not served yet: the app kitchen serves REQUEST_URI 'greeting'"
    until_said "$work/daemon" "is refused: the app kitchen serves REQUEST_URI 'greeting'"
    for one in "$first" "$kitchen" "${server%% *}"; do
        kill -INT "$one"
        wait "$one" || { echo "FAILED: an app or its daemon ended with $?" && failed=true; }
    done
    server=""
fi

# The hub dies and comes back; its dashboard is started late, and all end by a signal.
port=$((20000 + RANDOM % 12000))
"$examples/telemetry_hub" hub --port "$port" &
hub=$!
env --default-signal=INT "$examples/telemetry_hub" sensor attic --port "$port" >/dev/null &
sensor=$!
server="$hub $sensor"
sleep 1
env --default-signal=INT "$examples/telemetry_hub" dashboard --port "$port" >"$work/dashboard" &
dashboard=$!
server="$hub $sensor $dashboard"
until_said "$work/dashboard" "attic says"
timeout 60 "$examples/telemetry_hub" remove attic --port "$port" >"$work/removed"
expect "telemetry_hub remove" "$work/removed" <<<"OK "
until_said "$work/dashboard" "attic is gone"
kill -KILL "$hub"
until_said "$work/dashboard" waiting
wait "$hub" 2>/dev/null || true
env --default-signal=INT "$examples/telemetry_hub" hub --port "$port" &
hub=$!
server="$hub $sensor $dashboard"
for _ in {1..1200}; do
    [[ $(grep -c connected "$work/dashboard") -lt 2 ]] || break
    sleep 0.05
done
for one in "$dashboard" "$sensor" "$hub"; do
    kill -INT "$one"
    wait "$one" || { echo "FAILED: a part of the hub ended with $?" && failed=true; }
done
server=""
[[ $(grep -c '^connected' "$work/dashboard") -ge 2 ]] || { cat "$work/dashboard" && failed=true; }

# Two nodes on a port of their own, on loopback alone.
port=$((20000 + RANDOM % 12000))
env --default-signal=INT "$examples/node" kitchen lo "$port" >"$work/kitchen" &
kitchen=$!
env --default-signal=INT "$examples/node" cellar lo "$port" >"$work/cellar" &
cellar=$!
server="$kitchen $cellar"
for node in kitchen cellar; do
    for _ in {1..1200}; do
        ! grep -q Hello "$work/$node" || break
        sleep 0.05
    done
done
kill -INT "$cellar"
wait "$cellar" || { echo "FAILED: a node ended with $?" && failed=true; }
for _ in {1..1200}; do
    ! grep -q left "$work/kitchen" || break
    sleep 0.05
done
kill -INT "$kitchen"
wait "$kitchen" || { echo "FAILED: a node ended with $?" && failed=true; }
server=""

# Two people of a room, and one with another secret, who hears nothing.
chatters=""
for who in ann bob eve; do
    mkfifo "$work/$who.in"
    secret="of the room"
    [[ $who != eve ]] || secret="guessed"
    NETAIO_CHAT_SECRET=$secret "$examples/chat" "$who" kitchen lo <"$work/$who.in" >"$work/$who" &
    chatters+=" $!"
done
server=$chatters
exec {ann}>"$work/ann.in" {bob}>"$work/bob.in" {eve}>"$work/eve.in"
until_said "$work/ann" "bob (.*) is here"
until_said "$work/bob" "ann (.*) is here"
echo "Who is hungry?" >&"$ann"
until_said "$work/bob" "^ann: Who is hungry?"
printf '@ann I am.\033[2J ✓ é\342\200\256\302\233.\n@eve And you?\n/who\n' >&"$bob"
until_said "$work/ann" "^bob to you: I am.?\[2J ✓ é??.$"
until_said "$work/bob" "^\* ann has it"
until_said "$work/bob" "^\* nobody here is called eve"
until_said "$work/bob" "^  ann ("
echo "/quit" >&"$ann"
until_said "$work/bob" "ann has left"
exec {ann}>&- {bob}>&- {eve}>&-
for one in $chatters; do
    wait "$one" || { echo "FAILED: a chat ended with $?" && failed=true; }
done
server=""
expect "a chat with another secret" "$work/eve" </dev/null

expect kitchen "$work/kitchen" <<'END'
cellar is here
Hello from cellar!
cellar has left
END
expect cellar "$work/cellar" <<'END'
kitchen is here
Hello from kitchen!
END

! $failed
