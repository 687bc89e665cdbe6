#!/usr/bin/env bash
# What the tests of the tool share: a folder that goes in the end, servers that end with the test, and
# what is expected of commands. Sourced by bash, with NETAIO_TOOL set to the tool.
set -uo pipefail

tool=${NETAIO_TOOL:?is to name the built netaio tool}
folder=$(mktemp -d "${TMPDIR:-/tmp}/netaio-cli-XXXXXX")
cd "$folder" || exit 1

started=()
failures=0
finish() {
    local pid
    for pid in "${started[@]}"; do
        kill -CONT "$pid" 2>/dev/null
        kill -KILL "$pid" 2>/dev/null
    done
    cd / && rm -rf "$folder"
    if ((failures > 0)); then
        echo "$failures expectations were not met"
        exit 1
    fi
}
trap finish EXIT

# Two secrets, in files, as they should be kept.
printf 'swordfish\n' >secret
printf 'marlin\n' >key
chmod 600 secret key

# fail WHAT: counts a failure and shows what the last command said.
fail() {
    failures=$((failures + 1))
    printf 'line %s: %s\n' "${BASH_LINENO[1]}" "$1"
    [[ ! -s out ]] || { echo "  stdout:" && head -c 2000 out | sed 's/^/    /'; }
    [[ ! -s err ]] || { echo "  stderr:" && head -c 2000 err | sed 's/^/    /'; }
}

# expect CODE ARGUMENT...: runs the tool, its output to the files out and err, and checks its exit code.
expect() {
    local code=$1 found=0
    "$tool" "${@:2}" >out 2>err || found=$?
    [[ $found == "$code" ]] || fail "'netaio ${*:2}' ended with $found instead of $code"
}
# out_is TEXT: the last command printed exactly this, trailing line ends aside.
out_is() { [[ "$(<out)" == "$1" ]] || fail "printed something else than '$1'"; }
# err_has TEXT...: the last command said all of these.
err_has() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" err || fail "did not say '$text'"
    done
}
err_is_empty() { [[ ! -s err ]] || fail "said something on stderr"; }

# serve ARGUMENT...: starts a server on a free port of 127.0.0.1 (unless told to --listen), its log in
# server.log; sets server_pid, addresses, and address, the first of these.
serve() {
    local listen=(--listen 127.0.0.1:0) argument count=0 line
    for argument; do
        [[ $argument != --listen ]] || { listen=() && count=$((count + 1)); }
    done
    ((count > 0)) || count=1
    exec {server_out}< <(exec "$tool" serve "${listen[@]}" "$@" 2>server.log)
    server_pid=$!
    started+=("$server_pid")
    addresses=()
    while ((count-- > 0)); do
        if ! read -r -t 60 line <&"$server_out"; then
            cat server.log
            fail "the server did not start with: $*"
            exit 1
        fi
        addresses+=("${line#listening on }")
    done
    address=${addresses[0]}
}
# end_server SIGNAL CODE: the server ends on the signal, with the code.
end_server() {
    local found=0
    kill "-$1" "$server_pid"
    wait "$server_pid" || found=$?
    exec {server_out}<&-
    [[ $found == "$2" ]] || fail "the server ended with $found instead of $2 on SIG$1"
}

# subscribe ARGUMENT...: starts `netaio subscribe`, its output in notifications, waits until it said
# that it is subscribed to as many uris as $uris (1 unless set), and sets subscriber_pid.
subscribe() {
    local line count=${uris:-1}
    rm -f subscriber_err
    mkfifo subscriber_err
    "$tool" subscribe --server "$address" "$@" >notifications 2>subscriber_err &
    subscriber_pid=$!
    started+=("$subscriber_pid")
    exec {subscriber_says}<subscriber_err
    while ((count > 0)); do
        if ! read -r -t 60 line <&"$subscriber_says"; then
            fail "no subscription with: $*"
            return
        fi
        [[ $line != "subscribed to "* ]] || count=$((count - 1))
    done
}
# end_subscriber CODE: the subscriber ends by itself, with the code; what it said is in err.
end_subscriber() {
    local found=0
    wait "$subscriber_pid" || found=$?
    cat <&"$subscriber_says" >err
    exec {subscriber_says}<&-
    cp notifications out
    [[ $found == "$1" ]] || fail "the subscriber ended with $found instead of $1"
}

# start_tool NAME ARGUMENT...: starts the tool, what it says in the files NAME and NAME.err, and sets
# tool_pid.
start_tool() {
    local name=$1
    : >"$name"
    env --default-signal=INT "$tool" "${@:2}" >"$name" 2>"$name.err" &
    tool_pid=$!
    started+=("$tool_pid")
}
# wait_for FILE TEXT: until the file has the text; 60 seconds at most.
wait_for() {
    local _
    for _ in {1..1200}; do
        ! grep -qF -- "$2" "$1" || return 0
        sleep 0.05
    done
    cp "$1" out
    [[ ! -e $1.err ]] || cp "$1.err" err
    fail "never said '$2'"
    return 1
}
# start_node NAME ARGUMENT...: starts a node of that name and id on loopback, without IPv6, which not
# every machine has; waits until it runs and sets node_pid, and port, unless it is set.
start_node() {
    start_tool "$1" node --id "$1" --interface lo --ipv4-only --port "${port:-0}" "${@:2}"
    node_pid=$tool_pid
    wait_for "$1" "$1" || exit 1
    : "${port:=$(grep -oE '0\.0\.0\.0:[0-9]+' "$1" | grep -oE '[0-9]+$')}"
}
# end_tool PID SIGNAL CODE: what was started ends on the signal, with the code.
end_tool() {
    local found=0
    kill "-$2" "$1"
    wait "$1" || found=$?
    [[ $found == "$3" ]] || fail "ended with $found instead of $3 on SIG$2"
}

# stuck_pipe FILE: a named pipe that is full, and open for as long as the test runs.
stuck_pipe() {
    [[ -p $1 ]] || mkfifo "$1"
    exec {stuck}<>"$1"
    fill_pipe "$1"
}
fill_pipe() { dd if=/dev/zero of="$1" bs=4096 oflag=nonblock conv=notrunc 2>/dev/null; }
