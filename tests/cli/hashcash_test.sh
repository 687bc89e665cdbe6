#!/usr/bin/env bash
# Servers and nodes that want stamps hear who pays for them, with or without a secret, and nobody else.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# until_stamps_count ARGUMENT...: stamps are refused as long as they may have been used before the start.
until_stamps_count() {
    local _
    for _ in {1..200}; do
        "$tool" request nothing "$@" >out 2>err
        [[ $? == 5 ]] || return 0
        sleep 0.1
    done
    fail "no stamp is taken"
}

price=(--hashcash 10 --hashcash-realm kitchen)
# What may have been used before the start is refused, as long as the clocks may differ.
serve --store :memory: --max-ahead 60 "${price[@]}"
expect 5 request news --server "$address" "${price[@]}"
end_server TERM 0

serve --store :memory: --max-ahead 0 "${price[@]}"
expect 5 request news --server "$address"
until_stamps_count --server "$address" "${price[@]}"
expect 0 create news "old" --server "$address" "${price[@]}"
expect 0 request news --server "$address" --hashcash 11 --hashcash-realm kitchen
out_is "old"
subscribe news --count 2 "${price[@]}"
expect 0 update news "new" --server "$address" "${price[@]}"
expect 0 publish news "now" --server "$address" "${price[@]}"
end_subscriber 0
out_is $'news\tnew\nnews\tnow'
expect 5 request news --server "$address"
expect 5 request news --server "$address" --hashcash 10 --hashcash-realm cellar
expect 5 request news --server "$address" --hashcash 10
end_server TERM 0

serve --store :memory: --max-ahead 0 --hmac @secret --cipher @key "${price[@]}"
until_stamps_count --server "$address" --hmac @secret --cipher @key "${price[@]}"
expect 0 create news "secret" --server "$address" --hmac @secret --cipher @key "${price[@]}"
expect 5 request news --server "$address" --hmac @secret --cipher @key
expect 5 request news --server "$address" --hmac @key --cipher @key "${price[@]}"
end_server TERM 0

# A mark says what may have been used before.
serve --store served.db "${price[@]}" --max-ahead 0
until_stamps_count --server "$address" "${price[@]}"
end_server TERM 0
[[ -s served.db.seen ]] || fail "a clean stop left no mark"

expect 2 serve --hashcash 0
expect 2 serve --hashcash 65
expect 2 serve --hashcash-realm kitchen
