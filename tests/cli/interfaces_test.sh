#!/usr/bin/env bash
# interfaces says what a node would use, and why.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect 0 interfaces --interface lo
err_is_empty
grep -qE '^NAME +USED +WHY +ADDRESSES$' out || fail "the table has no head"
grep -qE '^lo +yes +chosen +127\.0\.0\.1' out || fail "lo is not chosen by its name"
expect 0 interfaces --interface 127.0.0.1
grep -qE '^lo +yes +chosen' out || fail "lo is not chosen by its address"
expect 0 interfaces --interface no-such
grep -qE '^lo +no +not chosen' out || fail "lo is used though something else was chosen"
expect 0 interfaces
grep -qE '^lo +(no +loopback|yes +loopback, as there is no other) +127' out || fail "loopback is not explained"
expect 0 interfaces --interface lo --json
grep -qE '^\{"name":"lo","index":1,"used":true,"why":"chosen","up":true,"multicast":(true|false),"loopback":true,"addresses":\["127\.0\.0\.1"' out ||
    fail "the object of lo is another"
