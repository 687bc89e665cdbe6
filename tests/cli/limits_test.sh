#!/usr/bin/env bash
# What does not fit is refused with numbers: content before it is sent, connections and resources
# beyond the limits of the server.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
head -c 65422 /dev/zero >most
head -c 65423 /dev/zero >too_much
expect 0 create "" @most --server "$address"
expect 0 request "" -o taken --server "$address"
cmp -s taken most || fail "the longest content did not arrive"
expect 7 create "" @too_much --server "$address"
err_has 65422
expect 7 create uri @most --server "$address"
err_has "over 65419 bytes" "3 bytes"
expect 7 create uri - --server "$address" </dev/zero
expect 7 create uri "$(head -c 65420 /dev/zero | tr '\0' x)" --server "$address"
err_has "65420 bytes" "65419"
expect 7 request "$(head -c 65423 /dev/zero | tr '\0' x)" --server "$address"
err_has 65423 65422
expect 0 update "" @most --server "$address"
end_server TERM 0

# A hidden uri takes two bytes.
serve --store :memory: --hmac @secret --cipher @key
protected=(--server "$address" --hmac @secret --cipher @key)
head -c 65420 /dev/zero >most
expect 0 create "" @most "${protected[@]}"
expect 0 request "" -o taken "${protected[@]}"
cmp -s taken most || fail "the longest content did not arrive encrypted"
expect 7 create "" @too_much "${protected[@]}"
err_has 65420
end_server TERM 0

serve --store full.db --store-max 200kb
head -c 50000 /dev/urandom >much
code=0
for ((i = 0; i < 20 && code == 0; ++i)); do
    "$tool" create "$i" @much --server "$address" >out 2>err || code=$?
done
[[ $code == 84 ]] || fail "a full store is answered with $code instead of 84"
err_has "the store is full"
grep -qF -- --store-max server.log || fail "the log does not name --store-max"
expect 0 request 0 -o taken --server "$address"
cmp -s taken much || fail "a full store does not serve what it has"
end_server TERM 0

# The connection of the subscriber is the one that is allowed.
serve --store :memory: --connections-max 1
subscribe news --count 1
expect 3 request x --server "$address"
err_has --connections-max
kill -KILL "$subscriber_pid"
