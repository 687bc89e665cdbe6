#!/usr/bin/env bash
# Whoever has another secret, or none, is refused at once on either side, and no secret is ever shown.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export NETAIO_TEST_SECRET=swordfish
serve --store :memory: --hmac env:NETAIO_TEST_SECRET --cipher @key --inner-hmac @key \
    --inner-cipher @secret --log-level trace
right=(--server "$address" --hmac swordfish --cipher @key --inner-hmac @key --inner-cipher @secret)
expect 0 create uri "content" "${right[@]}"
err_has "warning: --hmac"
grep -q swordfish err && fail "the warning shows the secret"
right=(--server "$address" --hmac @secret --cipher @key --inner-hmac @key --inner-cipher @secret)
expect 0 request uri "${right[@]}"
err_is_empty
out_is "content"

# refused ARGUMENT...: 5, long before the timeout would be over.
refused() {
    local began=$SECONDS
    expect 5 request uri --timeout 60 --server "$address" "$@"
    expect 5 subscribe uri --timeout 60 --server "$address" "$@"
    ((SECONDS - began < 30)) || fail "took as long as a timeout"
}
printf 'wrong' >wrong
refused
refused --hmac @wrong --cipher @key --inner-hmac @key --inner-cipher @secret
refused --hmac @secret --cipher @key --inner-hmac @wrong --inner-cipher @secret
refused --hmac @secret --cipher @key
end_server TERM 0
grep -q "authentication failed" server.log || fail "the server did not log refusals"
grep -qE "swordfish|marlin|content" server.log && fail "the server logged a secret or content"

# A client refuses what an unauthenticated server answers.
serve --store :memory:
refused --hmac @secret
refused --inner-hmac @secret
end_server TERM 0

# A cipher says nothing about who sent a message.
serve --store secrets.db --cipher @key --inner-cipher @secret
grep -q "add --hmac" server.log || fail "a cipher alone earns no warning"
end_server TERM 0

# Others on the machine may have read it already.
cp secret shared_secret
chmod 644 shared_secret
expect 3 request uri --server 127.0.0.1:1 --hmac @shared_secret
err_has "warning: others on this machine may read the secret in 'shared_secret'" "chmod 600"
expect 3 request uri --server 127.0.0.1:1 --hmac @secret
grep -q warning err && fail "warns of a secret that only its owner may read"

# Empty and missing secrets are no secrets.
: >empty
expect 2 serve --hmac @empty
expect 2 request uri --cipher @empty
expect 1 serve --hmac @missing
err_has "'missing'"
