#!/usr/bin/env bash
# Nodes have sessions as servers do: with whoever wants one, or with nobody else; whoever is known is known
# again, and whoever has another key than that, or none, is refused.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# key_of NODE: the key that it said.
key_of() {
    wait_for "$1.err" "the key of its sessions is "
    sed -n 's/.*the key of its sessions is \([0-9a-f]\{64\}\)$/\1/p' "$1.err"
}
# sessions NODE: how many began there.
sessions() { grep -c 'a session begins' "$1.err"; }

# By default there is an offer with a secret, and the node keeps its key beside the store.
start_node kitchen --store kitchen.db --hmac @secret --log-level debug
first_key=$(key_of kitchen)
[[ $first_key =~ ^[0-9a-f]{64}$ ]] || fail "the node did not say its key"
[[ $(stat -c '%a %s' kitchen.db.seed) == "600 32" ]] || fail "the seed has not mode 600 and 32 bytes"
address=127.0.0.1:$port
to=(--udp --server "$address" --hmac @secret)
expect 0 create lamp on "${to[@]}"
err_is_empty
[[ $(sessions kitchen) == 1 ]] || fail "there was no session"
expect 0 request lamp --session off "${to[@]}"
[[ $(sessions kitchen) == 1 ]] || fail "there was a session without being wanted"
expect 0 request lamp --session require "${to[@]}"
out_is on
expect 0 ping --count 3 --peer-key "$first_key" "${to[@]}"
subscribe lamp --count 1 --udp --hmac @secret --peer-key "$first_key"
expect 0 update lamp off "${to[@]}"
end_subscriber 0
expect 0 bench --duration 0.05 --session require "${to[@]}"
head -c 60000 /dev/urandom >large
expect 0 create large @large --session require "${to[@]}"
expect 0 request large -o copy --session require "${to[@]}"
cmp -s large copy || fail "the content came back changed"
sent=$(sessions kitchen)
expect 0 send "$address" news "It is late." --hmac @secret --peer-key "$first_key"
err_is_empty
wait_for kitchen "It is late."
[[ $(sessions kitchen) == $((sent + 1)) ]] || fail "sent without a session"

# A key that is another is refused, whether it was named or known.
other_key=$(printf '07%.0s' {1..32})
expect 5 request lamp --peer-key "$other_key" "${to[@]}"
err_has "$other_key" "$first_key" "another key"
expect 5 send "$address" news never --hmac @secret --peer-key "$other_key"
err_has "$other_key" "$first_key" "not sent"
expect 0 request lamp --known-peers known "${to[@]}"
[[ $(<known) == "$address $first_key" && $(stat -c %a known) == 600 ]] || fail "does not know it"
expect 0 request lamp --known-peers known --session require "${to[@]}"
end_tool "$node_pid" TERM 0
start_node kitchen --store kitchen.db --hmac @secret
[[ $(key_of kitchen) == "$first_key" ]] || fail "the node has another key after a new start"
expect 0 request lamp --known-peers known "${to[@]}"
end_tool "$node_pid" TERM 0
rm kitchen.db.seed
start_node kitchen --store kitchen.db --hmac @secret
expect 5 request lamp --known-peers known "${to[@]}"
err_has "$first_key" "$(key_of kitchen)" "somebody may be in between" "--known-peers"
end_tool "$node_pid" TERM 0
grep -q never kitchen && fail "was told something by whoever wanted another"

# Nor is a node believed without a session that is known to have one, or where it has to.
start_node kitchen --store kitchen.db --hmac @secret --session off
grep -q "the key of its sessions" kitchen.err && fail "says a key without sessions"
expect 0 request lamp "${to[@]}"
expect 0 send "$address" news early --hmac @secret
wait_for kitchen early
for option in "--known-peers known" "--session require" "--peer-key $first_key"; do
    expect 5 request lamp $option "${to[@]}"
    err_has "no session" "--session off"
    expect 5 send "$address" news never --hmac @secret $option
    err_has "there was no session"
done
end_tool "$node_pid" TERM 0
grep -q never kitchen && fail "was told something without a session that was required"
expect 4 send "$address" news never --hmac @secret --session require
err_has "nobody answered"

# Who has another secret has no session, and is refused as ever.
start_node kitchen --store kitchen.db --hmac @secret --session require
"$tool" request lamp --timeout 1 --udp --server "$address" --hmac @key >out 2>err
[[ $? == [45] ]] || fail "answered with another secret"
expect 5 request lamp --session off "${to[@]}"
err_has "a session is required"
end_tool "$node_pid" TERM 0

# Only those are admitted whose keys are named; rules know them by these.
expect 0 keygen client.seed
client_key=$(sed -n 's/^pubkey //p' out)
expect 0 keygen node.seed
node_key=$(sed -n 's/^pubkey //p' out)
printf '[[rule]]\nallow = "all"\nwho = "session:%s"\n' "$client_key" >rules.toml
start_node cellar --store :memory: --peer-key "$client_key" --session-seed node.seed --rules rules.toml
[[ $(key_of cellar) == "$node_key" ]] || fail "the node has another key than its seed"
to=(--udp --server "$address")
expect 0 put lamp on --session-seed client.seed --peer-key "$node_key" "${to[@]}"
expect 5 request lamp --peer-key "$node_key" "${to[@]}"
expect 4 request lamp --session off --timeout 0.5 "${to[@]}"  # an answer would be longer than that
[[ ! -e :memory:.seed ]] || fail "kept a seed beside what is in memory"
end_tool "$node_pid" TERM 0

# Where there is no session there is no key to be kept, which whoever asked for that is told.
start_node attic --hmac @secret --session off
expect 0 request echo there --known-peers none --hmac @secret "${to[@]}"
err_has "warning: --known-peers: no session was agreed on with $address, so that no key of it is kept"
[[ ! -e none ]] || fail "kept a key without a session"
end_tool "$node_pid" TERM 0

# A key that ends with its node is not kept, which whoever asked for that is told.
start_node kitchen --hmac @secret --log-level debug
to=(--udp --server "$address" --hmac @secret)
expect 0 request echo there --known-peers none "${to[@]}"
err_has "warning: --known-peers: the key of $address is a passing one and is not kept"
expect 0 send "$address" news "It is late." --known-peers none --hmac @secret
err_has "warning: --known-peers: the key of $address"
[[ ! -e none ]] || fail "kept a passing key"

# Nodes find each other, and have a session from then on.
start_node cellar --hmac @secret --log-level debug
wait_for kitchen "joined"
wait_for kitchen.err "a session begins with session:"

# What makes no sense is refused.
expect 2 node --session require
err_has "protects from nobody"
expect 2 node --session require --known-peers known
err_has "protects from nobody"
expect 2 node --session offer --peer-key "$client_key"
err_has "--session require"
expect 2 request lamp --session require --udp
err_has "--known-peers"
expect 2 multicast news --session offer
