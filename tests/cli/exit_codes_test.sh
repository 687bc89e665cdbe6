#!/usr/bin/env bash
# Every exit code that the help promises. What a malformed answer gives is in malformed_test.py.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for help in --help --version "serve --help" "request --help" "ping -h"; do
    # shellcheck disable=SC2086
    expect 0 $help
    err_is_empty
done

expect 2
expect 2 no-such-command
expect 2 request
err_has URI "netaio request --help"
expect 2 publish uri
expect 2 request uri --no-such-option
expect 2 request uri --server nowhere
err_has HOST:PORT
expect 2 request uri --timeout 0
expect 2 request uri --timeout soon
expect 2 request uri --dialect 1.0
expect 2 request uri --hmac ""
err_has --hmac empty
expect 2 request uri --hmac env:NETAIO_NO_SUCH_VARIABLE
err_has NETAIO_NO_SUCH_VARIABLE
expect 2 ping --count 0
expect 2 serve --threads many
expect 2 serve --slow-receiver ignore

serve --store :memory:
at=(--server "$address")
expect 0 create here x "${at[@]}"
expect 84 create here x "${at[@]}"
expect 88 request missing "${at[@]}"
expect 1 request here --hmac @no-such-file "${at[@]}"
expect 7 create big @/dev/zero "${at[@]}"

# Whoever is stopped still has its connections accepted by the system.
kill -STOP "$server_pid"
expect 4 request here --timeout 0.2 "${at[@]}"
err_has --timeout
expect 4 ping --timeout 0.2 "${at[@]}"

# An answer that comes late is an answer, a server that vanishes is none.
"$tool" request here --timeout 60 "${at[@]}" >out 2>err &
waiting=$!
started+=("$waiting")
kill -CONT "$server_pid"
wait "$waiting" || fail "a server that goes on does not answer"
kill -STOP "$server_pid"
"$tool" request here --timeout 60 "${at[@]}" >out 2>err &
waiting=$!
started+=("$waiting")
kill -KILL "$server_pid"
wait "$waiting"
[[ $? == 3 ]] || fail "a request to a server that vanishes does not end with 3"
expect 3 request here "${at[@]}"
err_has "cannot connect" "$address" "netaio serve"
expect 3 request here --server no-such-host.invalid:8888
err_has no-such-host.invalid

serve --store :memory: --hmac @secret
expect 5 request here --server "$address"
err_has "secrets"
end_server TERM 0
serve --store :memory: --read-only
expect 89 create here x --server "$address"
