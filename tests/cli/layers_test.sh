#!/usr/bin/env bash
# Both layers work in both dialects, alone and together, for answers and notifications alike.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

walk_through() {
    local protection=("$@")
    serve --store :memory: "${protection[@]}"
    subscribe news --count 3 "${protection[@]}"
    expect 0 create news "old" --server "$address" "${protection[@]}"
    expect 0 request news --server "$address" "${protection[@]}"
    out_is "old"
    expect 0 update news "new" --server "$address" "${protection[@]}"
    expect 0 publish news "now" --server "$address" "${protection[@]}"
    expect 0 delete news --server "$address" "${protection[@]}"
    expect 88 request news --server "$address" "${protection[@]}"
    end_subscriber 0
    out_is $'news\told\nnews\tnew\nnews\tnow'
    end_server TERM 0
}

outer=(--hmac @secret --cipher @key)
inner=(--inner-hmac @key --inner-cipher @secret)
for dialect in 0.0.9 0.0.8; do
    walk_through --dialect "$dialect" --hmac @secret
    walk_through --dialect "$dialect" --cipher @key
    walk_through --dialect "$dialect" "${outer[@]}"
    walk_through --dialect "$dialect" "${inner[@]}"
    walk_through --dialect "$dialect" "${outer[@]}" "${inner[@]}"
done

# The dialects do not authenticate each other.
serve --store :memory: --hmac @secret --dialect 0.0.9
expect 5 request x --server "$address" --hmac @secret --dialect 0.0.8
err_has --dialect
