#!/usr/bin/env bash
# Servers and clients that authenticate with scripts: who opens the lock is served, others are refused.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Two seeds and their public keys (RFC 8032, tests 1 and 2), and a stranger's.
alice=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
bob=4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb
printf '%s\n' "$alice" >alice.key
printf "$(sed 's/../\\x&/g' <<<"$bob")" >bob.key
printf '%064d' 7 >stranger.key
chmod 600 -- *.key
cat >house.lock <<'END'
# one of two #
push xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
push x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
check_multisig x00 d1 d2
END

serve --store :memory: --lock house.lock --key alice.key --log-level trace
mine=(--server "$address" --lock house.lock --key)
expect 0 create lamp on "${mine[@]}" bob.key
expect 0 request lamp "${mine[@]}" alice.key
out_is on
err_is_empty
expect 5 request lamp "${mine[@]}" stranger.key
expect 5 request lamp --server "$address"
expect 5 request lamp --server "$address" --hmac @secret

# A witness signs 1002 bytes of uri and content at most.
head -c 998 /dev/zero | tr '\0' x >fits
head -c 999 /dev/zero | tr '\0' x >over
expect 0 update lamp @fits "${mine[@]}" bob.key
expect 7 update lamp @over "${mine[@]}" bob.key
end_server TERM 0
grep -q "authentication failed" server.log || fail "the server did not log refusals"

# A lock lets nobody else read, on a node as well.
expect 0 node --interface lo --ipv4-only --port 0 --for 0.01 --store :memory: --lock house.lock --key alice.key
grep -q "whoever reaches" err && fail "warns of others who may read, although there is --lock"
grep -qE "${alice:0:16}|${bob:0:16}" server.log && fail "the server logged a key"

# Another kind of witness, the older dialect.
serve --store :memory: --lock house.lock --key alice.key --dialect 0.0.8 --cipher @key
expect 0 create lamp on --server "$address" --lock house.lock --key bob.key --dialect 0.0.8 --cipher @key
err_is_empty
expect 5 create lamp on --server "$address" --lock house.lock --key bob.key --witness single-sig2 \
    --dialect 0.0.8 --cipher @key
end_server TERM 0

# What is not what it should be is said before anything is sent.
expect 2 request lamp --lock house.lock
err_has "go together"
expect 2 request lamp --key alice.key
expect 2 request lamp --lock house.lock --key alice.key --hmac @secret
err_has "exclude"
expect 2 request lamp --lock house.lock --key secret
err_has "is no key"
expect 2 request lamp --lock house.lock --key alice.key --witness guess
err_has "guess" "single-sig"
printf 'push\n' >broken.lock
expect 2 request lamp --lock broken.lock --key alice.key
err_has "broken.lock" "1:"
expect 1 request lamp --lock missing.lock --key alice.key
: >empty.lock
expect 2 request lamp --lock empty.lock --key alice.key
