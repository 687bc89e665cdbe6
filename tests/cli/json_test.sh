#!/usr/bin/env bash
# --json prints one object a line, whatever the content.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
at=(--server "$address" --json)
expect 0 create greeting $'"Hello",\nyou.' "${at[@]}"
out_is '{"type":"OK","uri":"greeting","text":""}'
expect 0 request greeting "${at[@]}"
out_is '{"type":"RESPOND_URI","uri":"greeting","text":"\"Hello\",\nyou."}'
err_is_empty
printf '\xff\xfe\xfd' >bytes
expect 0 create binary @bytes "${at[@]}"
expect 0 request binary "${at[@]}"
out_is '{"type":"RESPOND_URI","uri":"binary","base64":"//79"}'
expect 88 request $'\xff' "${at[@]}"
out_is '{"type":"NOT_FOUND","uri_base64":"/w==","text":"not found"}'
expect 0 request binary "${at[@]}" -o taken
out_is '{"type":"RESPOND_URI","uri":"binary","file":"taken","bytes":3}'
cmp -s taken bytes || fail "-o did not take the content"

expect 88 request missing "${at[@]}"
out_is '{"type":"NOT_FOUND","uri":"missing","text":"not found"}'
err_has NOT_FOUND
expect 84 create greeting x "${at[@]}"
out_is '{"type":"ERROR","uri":"greeting","text":"already exists"}'

subscribe news --json --count 2
expect 0 publish news "two
lines" "${at[@]}"
out_is '{"type":"OK","uri":"news","text":""}'
expect 0 publish news @bytes "${at[@]}"
end_subscriber 0
out_is '{"type":"NOTIFY_URI","uri":"news","text":"two\nlines"}
{"type":"NOTIFY_URI","uri":"news","base64":"//79"}'

expect 0 ping --count 3 "${at[@]}"
number='[0-9.e-]+'
[[ "$(<out)" =~ ^\{\"server\":\"$address\",\"count\":3,\"min_ms\":$number,\"median_ms\":$number,\"p99_ms\":$number,\"max_ms\":$number\}$ ]] ||
    fail "ping printed another object"
