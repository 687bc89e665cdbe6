#!/usr/bin/env bash
# Rules of who may do what: checked, served by, and read again on SIGHUP, as a whole or not at all.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cat >rules.toml <<'END'
default = "deny"

[groups]
sensors = ["sensor-*"]

# Everybody reads status/.
[[rule]]
allow = "read"
who = "*"
prefix = "status/"

# The sensors write below sensor/.
[[rule]]
allow = "write"
who = "@sensors"
prefix = "sensor/"

# One admin does anything.
[[rule]]
allow = "all"
who = "hmac:alice"
END

expect 0 rules check rules.toml
out_is "3 rules, default deny"
expect 0 rules check rules.toml request status/door
out_is "allowed by line 7"
expect 0 rules check rules.toml --who sensor-3 UPDATE_URI sensor/3
out_is "allowed by line 13"
expect 1 rules check rules.toml --who bob update sensor/3
out_is "denied: no rule matches"
expect 1 rules check rules.toml --who key:alice delete status/door
expect 0 rules check rules.toml --who key:alice --who hmac:alice delete status/door --json
out_is '{"allowed":true,"line":19}'
expect 1 rules check rules.toml delete status/door --json
out_is '{"allowed":false,"line":null}'
expect 0 rules check rules.toml --json
out_is '{"rules":3,"default":"deny"}'
expect 2 rules check rules.toml request
expect 2 rules check rules.toml --who alice
expect 2 rules check rules.toml no-type uri
expect 2 rules check missing.toml
err_has "missing.toml: cannot be read"
printf 'default = "deny"\n[[rule]]\nallow = "reed"\nwho = "*"\n' >wrong.toml
expect 2 rules check wrong.toml
err_has "wrong.toml:3:9:" "'reed'"
expect 2 serve --listen 127.0.0.1:0 --store :memory: --rules wrong.toml
err_has "wrong.toml:3:9:"
expect 2 node --interface lo --port 0 --rules wrong.toml
: >empty.toml
expect 2 serve --listen 127.0.0.1:0 --store :memory: --rules empty.toml
err_has "empty.toml:1:1: there is no rule here"
echo 'default = "allow"' >open.toml
expect 2 rules check open.toml
err_has "open.toml:1:11: without a rule this allows everything"

# What the README shows, in the first of its files.
awk '/^```toml$/ { inside = 1; next } /^```$/ && inside { exit } inside' \
    "$(dirname "${BASH_SOURCE[0]}")/../../README.md" >readme.toml
expect 0 rules check readme.toml --who sensor-3 update sensor/3
out_is "allowed by line 11"
expect 1 rules check readme.toml --who sensor-3 update status/3
out_is "denied: no rule matches"

# A server by rules, and who is there known by its user.
: >seeding
"$tool" serve --listen 127.0.0.1:0 --store rooms.db >seeding 2>&1 &
seeder=$!
started+=("$seeder")
wait_for seeding "listening on "
seeded=$(sed -n 's/^listening on //p' seeding | head -n 1)
for uri in room/a room/secret room/z; do expect 0 create "$uri" "of $uri" --server "$seeded"; done
kill "$seeder"
wait "$seeder"

rules() {
    cat >rules.toml <<END
[[rule]]
deny = "all"
who = "*"
uri = $1

[[rule]]
allow = "all"
who = "uid:$(id -u)"
prefix = "room/"
END
}
rules '"room/secret"'
serve --listen "unix:$folder/sock" --store rooms.db --rules rules.toml
expect 0 request room/a --server "$address"
expect 89 request room/secret --server "$address"
expect 89 create hall x --server "$address"
wait_for server.log "'room/secret' of uid:$(id -u): line 1 of the rules"
expect 0 list room/ --server "$address"
out_is $'room/a\tof room/a\nroom/z\tof room/z'
expect 89 subscribe room/secret --server "$address" --count 1
expect 89 list --server "$address"

uris=1 subscribe --prefix room/ --count 2
expect 0 update room/a 1 --server "$address"
expect 89 update room/secret 1 --server "$address"
rules '["room/a", "room/z"]'
kill -HUP "$server_pid"
wait_for server.log "SIGHUP: read 2 rules from rules.toml"
expect 0 update room/secret 2 --server "$address"
end_subscriber 0
out_is $'room/a\t1\nroom/secret\t2'

# Whoever is subscribed is told what ends, and has no reason to go on without any.
# reload URIS: has the server read rules that deny these.
reload() {
    rules "$1"
    : >server.log
    kill -HUP "$server_pid"
    wait_for server.log "SIGHUP: read 2 rules from rules.toml"
}
reload '"room/secret"'
uris=2 subscribe room/a room/z
reload '["room/secret", "room/a"]'
read -r -t 60 line <&"$subscriber_says"
[[ $line == *"NOT_PERMITTED for 'room/a'"* ]] || fail "said '$line' of what ended"
expect 0 update room/z 3 --server "$address"
reload '["room/a", "room/z"]'
end_subscriber 89
err_has "NOT_PERMITTED for 'room/z'"
out_is $'room/z\t3'

echo 'default = ' >rules.toml
kill -HUP "$server_pid"
wait_for server.log "SIGHUP: the rules stay as they were: rules.toml:1:"
expect 0 request room/secret --server "$address"
expect 89 request room/a --server "$address"
end_server TERM 0

# A node: what its neighbours may is asked, that they are there is not.
printf '[[rule]]\nallow = "read"\nwho = "*"\nuri = "echo"\n' >rules.toml
start_node kitchen --rules rules.toml
kitchen=$node_pid
at=127.0.0.1:$port
expect 0 request echo hello --udp --server "$at"
out_is hello
expect 89 request other --udp --server "$at" --timeout 10
start_node hall
wait_for kitchen "joined"
: >rules.toml
kill -HUP "$kitchen"
wait_for kitchen.err "SIGHUP: the rules stay as they were: rules.toml:1:1: there is no rule here"
expect 0 request echo hello --udp --server "$at"
echo 'default = "deny"' >rules.toml
kill -HUP "$kitchen"
wait_for kitchen.err "SIGHUP: read 0 rules"
expect 89 request echo hello --udp --server "$at" --timeout 10
end_tool "$node_pid" TERM 0
end_tool "$kitchen" TERM 0
