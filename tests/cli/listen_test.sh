#!/usr/bin/env bash
# Servers listen where they are told, say where, and end when they are told.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
[[ $address =~ ^127\.0\.0\.1:[1-9][0-9]*$ ]] || fail "port 0 gave '$address'"
expect 1 serve --store :memory: --listen "$address"
err_has "cannot listen on $address" "in use" --listen
end_server INT 0
grep -q "^stopped: " server.log || fail "no summary on stderr"

serve --store :memory: --listen localhost:0 --listen 127.0.0.2:0
for place in "${addresses[@]}" "localhost:${address##*:}"; do
    expect 88 request x --server "$place"
done
end_server TERM 0

if [[ -e /proc/net/if_inet6 ]] && grep -q ' lo$' /proc/net/if_inet6; then
    serve --store :memory: --listen '[::1]:0'
    [[ $address =~ ^\[::1\]:[1-9][0-9]*$ ]] || fail "IPv6 gave '$address'"
    expect 88 request x --server "$address"
    end_server TERM 0
    serve --store :memory: --listen '[::]:0'
    expect 88 request x --server "127.0.0.1:${address##*:}"
    expect 88 request x --server "[::1]:${address##*:}"
    end_server TERM 0
    grep -q "warning: whoever reaches this machine" server.log || fail "no warning of an open server"
else
    echo "no IPv6 here: left out"
fi

serve --store :memory: --listen 0.0.0.0:0 --hmac @secret
expect 88 request x --server "127.0.0.1:${address##*:}" --hmac @secret
end_server TERM 0
! grep -q "warning: whoever" server.log || fail "a warning although there is --hmac"

expect 2 serve --listen 8888
expect 2 serve --listen ::1:8888
err_has brackets
expect 1 serve --store :memory: --listen no-such-host.invalid:0
err_has no-such-host.invalid
expect 1 serve --store :memory: --listen 192.0.2.1:0
err_has 192.0.2.1
expect 1 serve --store no-such-folder/netaio.db --listen 127.0.0.1:0
err_has no-such-folder/netaio.db --store
