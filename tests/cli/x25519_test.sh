#!/usr/bin/env bash
# With a key on each side, resources are exchanged so that only the peer can read them; without one, or
# from somebody who is not believed, nothing is.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for name in server client other; do
    expect 0 keygen "$name.key"
done

# walk_through ARGUMENT...: all commands, by two clients at once that have one key, and by another.
walk_through() {
    serve --store :memory: --x25519-key server.key --log-level trace "$@"
    subscribe news --count 3 --x25519-key client.key "$@"
    expect 0 create news "old" --server "$address" --x25519-key client.key "$@"
    expect 0 request news --server "$address" --x25519-key other.key "$@"
    out_is "old"
    expect 0 update news "new" --server "$address" --x25519-key other.key "$@"
    expect 0 publish news "now" --server "$address" --x25519-key client.key "$@"
    expect 88 request other --server "$address" --x25519-key server.key "$@"
    expect 0 ping --count 3 --server "$address" --x25519-key client.key "$@"
    end_subscriber 0
    out_is $'news\told\nnews\tnew\nnews\tnow'
}
walk_through
grep -q "whoever reaches" server.log || fail "no warning that anybody can introduce itself"
# A client without a key cannot be understood.
expect 4 request news --timeout 1 --server "$address"
end_server TERM 0

walk_through --dialect 0.0.8 --hmac @secret
end_server TERM 0
walk_through --hmac @secret --cipher @key --inner-hmac @key
grep -q "whoever reaches" server.log && fail "a warning without reason"

# Who is not believed is told at once.
began=$SECONDS
for wrong in "" "--hmac @key" "--hmac @secret --cipher @key --inner-hmac @secret"; do
    # shellcheck disable=SC2086
    expect 5 request news --timeout 60 --server "$address" --x25519-key client.key $wrong
    # shellcheck disable=SC2086
    expect 5 subscribe news --timeout 60 --server "$address" --x25519-key client.key $wrong
done
((SECONDS - began < 30)) || fail "took as long as a timeout"
end_server TERM 0
grep -qE "swordfish|marlin" server.log && fail "the server logged a secret"

# Nothing is sent to a server that has not introduced itself.
serve --store :memory: --hmac @secret --log-level trace
expect 4 create uri "content" --timeout 1 --server "$address" --hmac @secret --x25519-key client.key
err_has --x25519-key
expect 88 request uri --server "$address" --hmac @secret
end_server TERM 0

# Protection that is none, or too much of it.
expect 2 request uri --x25519-key ''
expect 2 request uri --x25519-key client.key --inner-cipher @key
err_has --inner-cipher
expect 1 request uri --x25519-key missing
err_has "'missing'" keygen
expect 2 request uri --x25519-key secret
err_has "'secret' is no key"
grep -q swordfish err && fail "shows what is in the file"
expect 7 create uri "$(printf '%065380d' 0)" --x25519-key client.key
err_has 65379
