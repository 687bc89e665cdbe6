#!/usr/bin/env bash
# ping says how long round trips take, whatever the server answers but a failure.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory: --hmac @secret
expect 0 ping --count 25 --server "$address" --hmac @secret
err_is_empty
grep -qx "25 answers from $address" out || fail "did not say how many answers there were"
ms='[0-9]+\.[0-9]{3} ms'
grep -qxE "min $ms, median $ms, p99 $ms, max $ms" out || fail "did not say how long they took"
expect 0 ping --server "$address" --hmac @secret
grep -q "^10 answers" out || fail "the default is not 10"
expect 5 ping --server "$address"
out_is ""
end_server TERM 0
expect 3 ping --server "$address"

# Rules are asked about it as about anything.
printf '[[rule]]\nallow = "read"\nwho = "somebody"\nprefix = "netaio-ping:"\n' >rules.toml
serve --store :memory: --hmac alice=@secret --rules rules.toml
expect 0 ping --server "$address" --hmac @secret
end_server TERM 0
echo 'default = "deny"' >rules.toml
serve --store :memory: --hmac alice=@secret --rules rules.toml
expect 89 ping --server "$address" --hmac @secret
out_is ""
end_server TERM 0
