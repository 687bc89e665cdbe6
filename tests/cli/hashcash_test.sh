#!/usr/bin/env bash
# Servers and nodes that want stamps hear who pays for them, with or without a secret, and nobody else.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# until_stamps_count ARGUMENT...: stamps are refused as long as they may have been used before the start.
until_stamps_count() {
    local _
    for _ in {1..120}; do
        "$tool" request nothing "$@" >out 2>err
        [[ $? == 5 ]] || return 0
        sleep 0.5
    done
    fail "no stamp is taken"
}

price=(--hashcash 10 --hashcash-realm kitchen)
serve --store :memory: "${price[@]}"
expect 5 request news --server "$address"
expect 5 request news --server "$address" "${price[@]}"

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

serve --store :memory: --hmac @secret --cipher @key "${price[@]}"
until_stamps_count --server "$address" --hmac @secret --cipher @key "${price[@]}"
expect 0 create news "secret" --server "$address" --hmac @secret --cipher @key "${price[@]}"
expect 5 request news --server "$address" --hmac @secret --cipher @key
expect 5 request news --server "$address" --hmac @key --cipher @key "${price[@]}"
end_server TERM 0

expect 2 serve --hashcash 0
expect 2 serve --hashcash 65
expect 2 serve --hashcash-realm kitchen
