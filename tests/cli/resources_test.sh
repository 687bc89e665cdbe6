#!/usr/bin/env bash
# Resources are created, read, updated and deleted, and last from one run of the server to the next.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve
at=(--server "$address")
expect 88 request greeting "${at[@]}"
err_has NOT_FOUND greeting
expect 0 create greeting "Hello." "${at[@]}"
out_is OK
expect 0 request greeting "${at[@]}"
out_is "Hello."
err_is_empty
expect 84 create greeting "Again." "${at[@]}"
err_has ERROR "already exists"
expect 0 update greeting "Good day." "${at[@]}"
out_is OK
expect 0 request greeting "${at[@]}"
out_is "Good day."
expect 88 update nothing "x" "${at[@]}"
expect 88 delete nothing "${at[@]}"
expect 0 create "" "at the empty uri" "${at[@]}"
expect 0 request "" "${at[@]}"
out_is "at the empty uri"

end_server TERM 0
[[ -f netaio.db ]] || fail "the default store is not netaio.db"
serve --store netaio.db
at=(--server "$address")
expect 0 request greeting "${at[@]}"
out_is "Good day."
expect 0 delete greeting "${at[@]}"
out_is OK
expect 88 request greeting "${at[@]}"
end_server INT 0

serve --store :memory:
expect 88 request "" --server "$address"
expect 0 create kept "in memory" --server "$address"
expect 0 request kept --server "$address"
out_is "in memory"
end_server TERM 0
[[ ! -e :memory: ]] || fail "made a file of the name :memory:"
