#!/usr/bin/env bash
# Content comes from an argument, a file or standard input, goes to standard output or a file, and
# arrives as it was.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve --store :memory:
at=(--server "$address")
printf 'binary\0\xff\r\n\n' >binary

expect 0 create file @binary "${at[@]}"
"$tool" request file "${at[@]}" >out || fail "no answer"
cmp -s out binary || fail "a file did not arrive as it was"
"$tool" create input - "${at[@]}" <binary >out 2>err || fail "did not take standard input"
expect 0 request input -o taken "${at[@]}"
[[ ! -s out ]] || fail "-o printed the content too"
cmp -s taken binary || fail "standard input did not arrive as it was"
"$tool" request input -o - "${at[@]}" >out || fail "no answer"
cmp -s out binary || fail "'-o -' is not standard output"

expect 0 create none "${at[@]}"
expect 0 request none "${at[@]}"
out_is ""
expect 0 create "${at[@]}" -- dash -o
expect 0 request dash "${at[@]}"
out_is "-o"

expect 1 create missing @no-such-file "${at[@]}"
err_has "'no-such-file'"
expect 1 request input -o no-such-folder/file "${at[@]}"
err_has "'no-such-folder/file'"
expect 88 request no-such-uri -o taken "${at[@]}"
cmp -s taken binary || fail "a refusal changed the file of -o"
if [[ -c /dev/full ]]; then
    "$tool" request input "${at[@]}" >/dev/full 2>err
    [[ $? == 1 ]] || fail "did not notice that standard output is full"
fi
