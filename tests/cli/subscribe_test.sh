#!/usr/bin/env bash
# Subscribers see creations, updates, deletions and publications of their uris, line by line, until they
# have enough, are interrupted, or the server goes away.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
at=(--server "$address")
expect 0 create news "old" "${at[@]}"

uris=2 subscribe news weather --count 5
expect 0 update news $'new\tlines\nhere' "${at[@]}"
expect 0 publish weather "rain" "${at[@]}"
out_is OK
expect 0 publish sports "nobody listens" "${at[@]}"
expect 0 delete news "${at[@]}"
expect 0 create news "again" "${at[@]}"
expect 0 publish news $'\e[31m\xff' "${at[@]}"
end_subscriber 0
out_is $'news\tnew\\tlines\\nhere\nweather\train\nnews\t\nnews\tagain\nnews\t\\x1b[31m\\xff'

# What looks like a list or a pattern is a name like others.
uris=4 subscribe '[a,b]' '{}' 'dev/*' plain --count 2
expect 0 publish '[a,b]' "a list" "${at[@]}"
expect 0 publish dev/lamp "of another name" "${at[@]}"
expect 0 publish '{}' "braces" "${at[@]}"
end_subscriber 0
out_is $'[a,b]\ta list\n{}\tbraces'
expect 3 subscribe 'dev/*' plain --server 127.0.0.1:1
err_has "note: there are no patterns: 'dev/*'"
grep -q "'plain'" err && fail "takes a plain name for a pattern"

subscribe news --count 1 -o latest
expect 0 publish news "kept in a file" "${at[@]}"
end_subscriber 0
[[ "$(<latest)" == "kept in a file" ]] || fail "-o did not take the notification"

subscribe news
kill -INT "$subscriber_pid"
end_subscriber 8
subscribe news
kill -TERM "$subscriber_pid"
end_subscriber 8

subscribe news --timeout 0.3
end_subscriber 4
err_has --timeout

subscribe news
end_server TERM 0
end_subscriber 3
err_has "$address" "went away"

serve --store :memory:
subscribe news
end_server KILL 137
end_subscriber 3
