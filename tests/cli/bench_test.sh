#!/usr/bin/env bash
# bench says how many answers came and how long they took, in a closed loop and at a rate.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# member NAME: a number of the JSON object in out.
member() { sed -nE "s/.*\"$1\":([0-9.e+-]+).*/\1/p" out; }
# holds EXPRESSION: true as awk reads it.
holds() { awk "BEGIN { exit !($1) }" || fail "it does not hold that $1"; }

serve --store :memory: --hmac @secret --cipher @key
protection=(--hmac @secret --cipher @key)

expect 0 bench --duration 0.2 --server "$address" "${protection[@]}"
err_is_empty
ms='[0-9]+\.[0-9]{3} ms'
grep -qxE "[0-9]+ answers from $address in [0-9.]+ s: [0-9]+ a second" out || fail "no line with the rate"
grep -qxE "p50 $ms, p90 $ms, p99 $ms, p99.9 $ms, max $ms" out || fail "no line with the latencies"

expect 0 bench --duration 0.2 --connections 3 --in-flight 12 --size 100 --json \
    --server "$address" "${protection[@]}"
[[ $(member connections) == 3 && $(member in_flight) == 12 ]] || fail "not what was asked for"
holds "$(member count) >= 12"
holds "$(member p50_ms) <= $(member p90_ms) && $(member p90_ms) <= $(member p99_ms)"
holds "$(member p99_ms) <= $(member p99_9_ms) && $(member p99_9_ms) <= $(member max_ms)"

# At a rate there are as many requests as are due in that time, however long they take.
expect 0 bench --duration 0.5 --rate 100 --json --server "$address" "${protection[@]}"
[[ $(member rate) == 100 || $(member rate) == 100.0 ]] || fail "the rate is not told"
[[ $(member count) == 50 ]] || fail "$(member count) requests instead of 50"

# A resource that is there, and one that must not be asked for.
expect 0 create here text --server "$address" "${protection[@]}"
expect 0 bench --duration 0.05 --uri here --server "$address" "${protection[@]}"
expect 5 bench --duration 0.05 --server "$address"
out_is ""
expect 2 bench --duration 0 --server "$address"
expect 2 bench --in-flight 0 --server "$address"
end_server TERM 0
expect 3 bench --duration 0.05 --server "$address"
