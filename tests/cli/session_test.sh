#!/usr/bin/env bash
# Connections are in sessions where both ends want that; whoever is known is known again, and whoever has
# another key than that, or none, is refused.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# key_of_server: the key that the server said.
key_of_server() {
    wait_for server.log "the key of its sessions is "
    sed -n 's/.*the key of its sessions is \([0-9a-f]\{64\}\)$/\1/p' server.log
}
# sessions: how many began at the server.
sessions() { grep -c 'a session begins' server.log; }

# By default there is an offer with a secret, and the server keeps its key beside the store.
serve --store served.db --hmac @secret --log-level debug
grep -q ": listening" server.log && fail "says twice where it listens"
first_key=$(key_of_server)
[[ $first_key =~ ^[0-9a-f]{64}$ ]] || fail "the server did not say its key"
[[ $(stat -c '%a %s' served.db.seed) == "600 32" ]] || fail "the seed has not mode 600 and 32 bytes"
expect 0 keygen --show served.db.seed
grep -qxF "pubkey $first_key" out || fail "keygen shows another key than the server said"
to=(--server "$address" --hmac @secret)
expect 0 create uri content "${to[@]}"
err_is_empty
[[ $(sessions) == 1 ]] || fail "there was no session"
expect 0 request uri --session off "${to[@]}"
[[ $(sessions) == 1 ]] || fail "there was a session without being wanted"
expect 0 request uri --session require "${to[@]}"
out_is content
expect 0 request uri --peer-key "$first_key" "${to[@]}"
expect 0 ping --count 1 --peer-key "$first_key" "${to[@]}"
subscribe uri --count 1 --hmac @secret --peer-key "$first_key"
expect 0 update uri more "${to[@]}"
end_subscriber 0
expect 0 bench --duration 0.05 --session require "${to[@]}"

# A key that is another is refused, whether it was named or known.
other_key=$(printf '07%.0s' {1..32})
expect 5 request uri --peer-key "$other_key" "${to[@]}"
err_has "$other_key" "$first_key" "another key"
expect 5 subscribe uri --peer-key "$other_key" "${to[@]}"
err_has "$other_key" "$first_key" "another key"
expect 5 request uri --peer-key "$other_key" --peer-key "${other_key//7/8}" "${to[@]}"
err_has "$first_key"
expect 0 request uri --known-peers known "${to[@]}"
[[ $(<known) == "$address $first_key" && $(stat -c %a known) == 600 ]] || fail "does not know it"
expect 0 request uri --known-peers known "${to[@]}"
err_is_empty
port=${address##*:}
end_server TERM 0
serve --listen "127.0.0.1:$port" --store served.db --hmac @secret
[[ $(key_of_server) == "$first_key" ]] || fail "the server has another key after a new start"
expect 0 request uri --known-peers known "${to[@]}"
end_server TERM 0
rm served.db.seed
serve --listen "127.0.0.1:$port" --store served.db --hmac @secret
expect 5 request uri --known-peers known "${to[@]}"
err_has "$first_key" "$(key_of_server)" "somebody may be in between" "--known-peers"
end_server TERM 0

# Nor is a server believed without a session that is known to have one, or where it has to.
serve --listen "127.0.0.1:$port" --store served.db --hmac @secret --session off
grep -q "the key of its sessions" server.log && fail "says a key without sessions"
expect 0 request uri "${to[@]}"
for option in "--known-peers known" "--session require" "--peer-key $first_key"; do
    expect 5 request uri $option "${to[@]}"
    err_has "no session" "--session off"
done
end_server TERM 0

# A key that ends with its server is not kept, which whoever asked for that is told.
serve --store :memory: --hmac @secret
expect 88 request uri --known-peers none --server "$address" --hmac @secret
err_has "warning: --known-peers: the key of $address is a passing one and is not kept" "--session-seed"
[[ ! -e none ]] || fail "kept a passing key"
expect 88 request uri --server "$address" --hmac @secret
grep -q passing err && fail "warns of a key that nobody wanted kept"
end_server TERM 0

# Who has another secret has no session, and is refused as ever.
serve --store served.db --hmac @secret --session require
to=(--server "$address")
expect 5 request uri --hmac @key "${to[@]}"
expect 5 request uri --hmac @secret --session off "${to[@]}"
err_has "a session is required"
end_server TERM 0

# Only those are admitted whose keys are named; rules know them by these.
expect 0 keygen client.seed
client_key=$(sed -n 's/^pubkey //p' out)
printf '[[rule]]\nallow = "all"\nwho = "session:%s"\n' "$client_key" >rules.toml
expect 0 keygen server.seed
server_key=$(sed -n 's/^pubkey //p' out)
serve --listen "unix:$PWD/socket" --listen 127.0.0.1:0 --store :memory: --peer-key "$client_key" \
    --session-seed server.seed --rules rules.toml
[[ $(key_of_server) == "$server_key" ]] || fail "the server has another key than its seed"
for to in "${addresses[@]}"; do
    expect 0 put uri content --server "$to" --session-seed client.seed --peer-key "$server_key"
    expect 5 request uri --server "$to" --peer-key "$server_key"
    expect 5 request uri --server "$to" --session off
done
[[ ! -e :memory:.seed ]] || fail "kept a seed beside what is in memory"
end_server TERM 0

# A server without secrets has no sessions unless it is told to.
serve --store open.db
expect 0 put uri content --server "$address"
expect 0 request uri --server "$address" --session offer
[[ ! -e open.db.seed ]] || fail "made a seed without sessions"
end_server TERM 0

# The keys of sessions go to a file where the environment names one, which is said aloud.
[[ $(<server.log) != *NETAIO_KEYLOG* ]] || fail "speaks of a key log without one"
export NETAIO_KEYLOG=keys
serve --store served.db --hmac @secret
wait_for server.log "warning NETAIO_KEYLOG"
expect 0 put uri content --server "$address" --hmac @secret --log-level warning
err_has "NETAIO_KEYLOG" "'keys'"
[[ $(sort -u keys | wc -l) == 1 && $(wc -l <keys) == 2 ]] || fail "both ends do not log the same"
[[ $(stat -c %a keys) == 600 ]] || fail "others may read the keys"
end_server TERM 0
NETAIO_KEYLOG=missing/keys
serve --store served.db --hmac @secret
wait_for server.log "error NETAIO_KEYLOG"
end_server TERM 0
unset NETAIO_KEYLOG

# What makes no sense is refused.
expect 2 request uri --session always
expect 2 request uri --peer-key 12ab
err_has "--peer-key" "keygen --show"
expect 2 request uri --session off --peer-key "$server_key"
expect 2 request uri --session require
err_has "protects from nobody" "--known-peers"
expect 2 serve --store :memory: --session require
err_has "protects from nobody"
expect 2 serve --store :memory: --session offer --peer-key "$client_key"
err_has "--session require"
expect 1 request uri --session-seed missing
err_has "'missing'"
