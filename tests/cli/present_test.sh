#!/usr/bin/env bash
# A server keeps what its resources contain as present values: put and publish --retain set them, list
# prints them, and subscribers with --prefix and --present begin with them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store store.db
at=(--server "$address")
expect 0 put room/a 1 "${at[@]}"
out_is OK
expect 0 put room/a 2 "${at[@]}"
expect 0 publish --retain room/b 3 "${at[@]}"
expect 0 create roof 4 "${at[@]}"
expect 0 publish room/c "not kept" "${at[@]}"

expect 0 list room/ "${at[@]}"
out_is $'room/a\t2\nroom/b\t3'
expect 0 list "${at[@]}"
out_is $'roof\t4\nroom/a\t2\nroom/b\t3'
expect 0 list nothing/ "${at[@]}"
out_is ""
expect 0 list room/a --json "${at[@]}"
out_is '{"type":"NOTIFY_URI","uri":"room/a","text":"2"}'
expect 3 list --server 127.0.0.1:1

subscribe room/ --prefix --present --count 5
expect 0 delete room/b "${at[@]}"
expect 0 put roof/x 5 "${at[@]}"
expect 0 put room/d 6 "${at[@]}"
expect 0 publish room/d 7 "${at[@]}"
end_subscriber 0
out_is $'room/a\t2\nroom/b\t3\nroom/b\t\nroom/d\t6\nroom/d\t7'

subscribe roof none --present --count 1
end_subscriber 0
out_is $'roof\t4'

# They are there again after a restart.
end_server TERM 0
serve --store store.db
expect 0 list room/ --server "$address"
out_is $'room/a\t2\nroom/d\t6'
end_server TERM 0

# More than may be kept are not given in part, and everything else works.
serve --store store.db --present-max 300
at=(--server "$address")
expect 84 list "${at[@]}"
err_has "more than --present-max"
subscribe room/ --prefix --count 2
expect 0 put room/a 8 "${at[@]}"
expect 0 delete room/a "not for subscribers" "${at[@]}"
end_subscriber 0
out_is $'room/a\t8\nroom/a\t'
grep -q "raise it and start again" server.log || fail "does not say that it keeps no present values"

