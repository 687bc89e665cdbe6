#!/usr/bin/env bash
# A read-only server answers, notifies and refuses to change anything.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect 1 serve --listen 127.0.0.1:0 --read-only --store kept.db
err_has "'kept.db'" "without --read-only"
serve --store kept.db
expect 0 create uri "content" --server "$address"
end_server TERM 0

for refusal in 89:NOT_PERMITTED:0.0.9 84:ERROR:0.0.8; do
    IFS=: read -r code type dialect <<<"$refusal"
    serve --store kept.db --read-only --dialect "$dialect"
    at=(--server "$address" --dialect "$dialect")
    expect 0 request uri "${at[@]}"
    out_is "content"
    for change in "create other x" "update uri x" "delete uri"; do
        # shellcheck disable=SC2086
        expect "$code" $change "${at[@]}"
        err_has "$type" "not permitted"
    done
    expect 88 request other "${at[@]}"
    subscribe uri --count 1 --dialect "$dialect"
    expect 0 publish uri "news" "${at[@]}"
    end_subscriber 0
    out_is $'uri\tnews'
    end_server TERM 0
done
