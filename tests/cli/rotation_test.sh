#!/usr/bin/env bash
# Secrets are replaced while a server and a node run: SIGHUP has their files read again, all or none.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for name in a b; do
    : >"$name.secret"
    : >"$name.key"
done
printf 'swordfish\n' >a.secret
printf 'marlin\n' >a.key
printf 'narwhal\n' >new_secret
printf 'beluga\n' >new_key
chmod 600 ./*.secret ./*.key new_secret new_key
both=(--hmac a=@a.secret --hmac b=@b.secret --cipher a=@a.key --cipher b=@b.key)
old=(--hmac @secret --cipher @key)
new=(--hmac @new_secret --cipher @new_key)

# reload PID LOG SAYS: has it reload, and waits until it says that.
reload() {
    : >"$2"
    kill -HUP "$1"
    wait_for "$2" "$3"
}

# An empty file is a place for a secret to come; somebody with the old one stays through all of it.
serve --store :memory: "${both[@]}"
subscribe news --count 3 "${old[@]}"
expect 0 create news 1 --server "$address" "${old[@]}"
expect 5 request news --server "$address" "${new[@]}"
cat new_secret >b.secret
cat new_key >b.key
reload "$server_pid" server.log "SIGHUP: the secrets were read again"
expect 0 update news 2 --server "$address" "${new[@]}"
expect 0 request news --server "$address" "${old[@]}"
out_is 2
expect 0 request news --server "$address" "${both[@]}"
out_is 2

# Nothing is replaced when a file cannot be read.
rm a.key
reload "$server_pid" server.log "SIGHUP: no secret was replaced: "
wait_for server.log "'a.key'"
expect 0 update news 3 --server "$address" "${old[@]}"
end_subscriber 0
out_is $'news\t1\nnews\t2\nnews\t3'

# Whose secret is gone is refused.
: >a.secret
: >a.key
reload "$server_pid" server.log "SIGHUP: the secrets were read again"
expect 5 request news --server "$address" "${old[@]}"
expect 0 request news --server "$address" "${new[@]}"
: >b.secret
reload "$server_pid" server.log "SIGHUP: no secret was replaced: --hmac: all secrets are empty"
expect 0 request news --server "$address" "${new[@]}"
end_server TERM 0
grep -qE "swordfish|marlin|narwhal|beluga" server.log && fail "the server logged a secret"

# The inner layer, too.
cp secret inner
serve --store :memory: --inner-hmac @inner
expect 0 create x 1 --server "$address" --inner-hmac @secret
cat new_secret >inner
reload "$server_pid" server.log "SIGHUP: the secrets were read again"
expect 0 request x --server "$address" --inner-hmac @new_secret
expect 5 request x --server "$address" --inner-hmac @secret
end_server TERM 0

# A node with a store.
cp secret node_secret
start_node kitchen --hmac @node_secret --store :memory:
expect 0 create x 1 --udp --server "127.0.0.1:$port" --hmac @secret
cat new_secret >node_secret
reload "$node_pid" kitchen.err "SIGHUP: the secrets were read again"
expect 0 request x --udp --server "127.0.0.1:$port" --hmac @new_secret
end_tool "$node_pid" TERM 0

# What cannot work is said.
expect 2 request x --server 127.0.0.1:1 --hmac a=@secret --hmac a=@key
err_has "--hmac: two are named 'a'"
expect 2 request x --server 127.0.0.1:1 --cipher a=@secret --cipher b=@key
err_has "nothing tells which of several keys a message needs"
expect 2 request x --server 127.0.0.1:1 --hmac a=@secret --hmac b=@secret
err_has "--hmac: 'a' and 'b' have the same secret"
grep -q swordfish err && fail "shows the secret"
for wrong in "--hmac a=@secret --cipher b=@key" "--hmac a=@secret --cipher a=@key --cipher b=@key" \
    "--hmac @secret --cipher b=@key" "--cipher b=@key"; do
    expect 2 request x --server 127.0.0.1:1 $wrong
    err_has "--cipher: no secret of --hmac is named 'b'"
done
expect 2 request x --server 127.0.0.1:1 --inner-hmac a=@secret --inner-cipher b=@key
err_has "--inner-cipher: no secret of --inner-hmac is named 'b'"
expect 3 request x --server 127.0.0.1:1 --hmac a=@secret --hmac b=@key --cipher @key
expect 2 request x --server 127.0.0.1:1 --hmac a=@b.secret
err_has "all secrets are empty"
