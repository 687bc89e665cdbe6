#!/usr/bin/env bash
# A key of one's own protects what is sent to a peer: nothing goes to one that has not introduced itself.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for name in server client; do
    expect 0 keygen "$name.key"
done

# The server below has no key to encrypt for.
serve --store :memory: --hmac @secret --log-level trace
expect 1 create uri "content" --server "$address" --hmac @secret --x25519-key client.key
err_has "could not be encrypted" --x25519-key
expect 88 request uri --server "$address" --hmac @secret
end_server TERM 0
grep -q CREATE server.log && fail "the client sent something"

# Protection that is none, or too much of it.
expect 2 request uri --x25519-key ''
expect 2 request uri --x25519-key client.key --inner-cipher @key
err_has --inner-cipher
expect 1 request uri --x25519-key missing
err_has "'missing'" keygen
expect 2 request uri --x25519-key secret
err_has "'secret' is no key"
grep -q swordfish err && fail "shows what is in the file"
expect 1 create uri "content" --server "$address" --x25519-key client.key --timeout 1
