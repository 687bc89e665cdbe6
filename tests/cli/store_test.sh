#!/usr/bin/env bash
# A store has one server; it can be copied and checked while that runs; OK is not said for what is
# written to a file that is gone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store kept.db
at=(--server "$address")
expect 0 create first "content" "${at[@]}"
expect 1 serve --listen 127.0.0.1:0 --store kept.db
err_has "'kept.db'" "another server has it"
expect 1 node --interface lo --port 0 --store ./kept.db
err_has "another server has it"
expect 0 request first "${at[@]}"

cp kept.db copied.db
serve --store copied.db
end_server TERM 0

serve --store other.db
at=(--server "$address")
expect 0 create first "content" "${at[@]}"
expect 0 store check other.db
out_is "1 resource, undamaged"
expect 0 store backup other.db backup.db
out_is "1 resource in 'backup.db'"
[[ $(stat -c %a backup.db) == 600 ]] || fail "others may read the backup"
[[ $(echo backup.db*) == backup.db ]] || fail "the backup is more than a file"
expect 1 store backup other.db backup.db
err_has "'backup.db'" "name another file"
expect 0 create second "more" "${at[@]}"
# The death of a server frees its store.
kill -KILL "$server_pid"
wait "$server_pid"
serve --store other.db
expect 0 request second --server "$address"
end_server TERM 0
serve --store backup.db
at=(--server "$address")
expect 0 request first "${at[@]}"
out_is "content"
expect 88 request second "${at[@]}"

mv backup.db moved.db
expect 84 create second "nowhere" "${at[@]}"
err_has "gone"
grep -qF "removed or replaced" server.log || fail "the log does not say why"
mv moved.db backup.db
expect 0 create second "somewhere" "${at[@]}"
end_server TERM 0

head -c 40000 /dev/urandom | dd of=backup.db bs=1024 seek=4 conv=notrunc 2>/dev/null
expect 1 store check backup.db
err_has "damaged" "backup"
expect 1 store backup backup.db again.db
[[ ! -e again.db ]] || fail "left a damaged copy"
expect 1 store check no-such.db
err_has "no-such.db"
expect 1 store check secret
expect 2 store
expect 2 store backup other.db
