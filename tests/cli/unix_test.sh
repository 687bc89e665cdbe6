#!/usr/bin/env bash
# Servers and commands meet at Unix-domain sockets, too.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory: --listen unix:here.sock
[[ $address == unix:here.sock ]] || fail "it listens on '$address'"
[[ $(stat -c %a here.sock) == 600 ]] || fail "others may connect"
! grep -q "warning: whoever" server.log || fail "it takes the machine's own for open"
expect 0 create x hello --server "$address"
expect 0 request x --server "$address"
out_is hello
expect 0 ping --count 2 --server "$address"

expect 1 serve --store :memory: --listen unix:here.sock
err_has "cannot listen on unix:here.sock" "in use" "end the server that listens there" \
    "a server listens there already"
expect 0 request x --server "$address"
end_server TERM 0
[[ ! -e here.sock ]] || fail "the file stays"
expect 3 request x --server unix:here.sock
err_has "cannot connect to unix:here.sock" "netaio serve --listen unix:here.sock"

# One that was killed leaves its file, which the next replaces.
serve --store :memory: --listen unix:here.sock
kill -KILL "$server_pid"
wait "$server_pid" 2>/dev/null
[[ -S here.sock ]] || fail "there is nothing to replace"
serve --store :memory: --listen unix:here.sock --listen 127.0.0.1:0 --unix-mode 0660 \
    --unix-owner "$(id -u):$(id -g)"
[[ $(stat -c %a here.sock) == 660 ]] || fail "the mode is not as it was said"
for place in "${addresses[@]}"; do
    expect 88 request x --server "$place"
done
end_server INT 0

touch precious
expect 1 serve --store :memory: --listen unix:precious
err_has "is no socket" "File exists"
[[ -f precious ]] || fail "it was no socket"
expect 1 serve --store :memory: --listen unix:no-such-folder/x
expect 2 serve --store :memory: --listen unix:
expect 2 serve --store :memory: --listen unix:x --unix-mode 999
expect 2 serve --store :memory: --listen unix:x --unix-owner no-such-user
err_has no-such-user
expect 2 request x --udp --server unix:here.sock
err_has "datagrams do not go to unix:here.sock"
expect 2 send notify_uri x y --to unix:here.sock

if [[ $(uname) == Linux ]]; then
    serve --store :memory: --listen "unix:@netaio-test-$$"
    expect 88 request x --server "$address"
    end_server TERM 0
fi
