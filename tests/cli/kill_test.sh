#!/usr/bin/env bash
# What was answered survives the death of the server under load, and the store opens again.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

rounds=2 writers=4 answers_before_death=12

# writer NAME: creates resources until the server dies, noting each that was answered. The first
# writer kills the server once it has its number of answers.
writer() {
    local name=$1 i=0
    while "$tool" create "$name-$i" "content of $name-$i" --server "$address" >/dev/null 2>&1; do
        echo "$name-$i" >>"answered-$name"
        i=$((i + 1))
        if [[ $name == *-1 ]] && ((i == answers_before_death)); then
            kill -KILL "$server_pid"
        fi
    done
}

for ((round = 1; round <= rounds; ++round)); do
    serve --store load.db --threads $((round % 2 + 1))
    pids=()
    for ((w = 1; w <= writers; ++w)); do
        writer "$round-$w" &
        pids+=($!)
    done
    wait "${pids[@]}"
    wait "$server_pid"
    exec {server_out}<&-
done

serve --store load.db
cat answered-* >answered
(($(wc -l <answered) >= rounds * answers_before_death)) || fail "too few answers to tell anything"
while read -r uri; do
    expect 0 request "$uri" --server "$address"
    out_is "content of $uri"
done <answered
end_server TERM 0
