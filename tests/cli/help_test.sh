#!/usr/bin/env bash
# The help names every exit code, and the manual names every option and command of the help.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
manual=$(dirname "${BASH_SOURCE[0]}")/../../docs/man/netaio.1

expect 0 --help
commands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
[[ $(wc -w <<<"$commands") == 21 ]] || fail "the help shows other commands: $commands"
sed 's/\\-/-/g; s/\\f.//g; s/^\.B[IR]* //; s/"//g' "$manual" >manual

for command in "" $commands; do
    # shellcheck disable=SC2086
    expect 0 $command --help
    for code in {0..8}; do
        grep -qE "^  $code  [a-z]" out || fail "the help of '$command' does not name exit code $code"
    done
    for code in "84 ERROR" "88 NOT_FOUND" "89 NOT_PERMITTED"; do
        grep -qF "$code" out || fail "the help of '$command' does not name '$code'"
    done
    awk 'length > 100 { exit 1 }' out || fail "the help of '$command' has lines over 100 characters"
    for option in $(grep -oE '^  (-[a-z],)?--?[a-z-]+' out | tr ',' ' '); do
        grep -qE -- "(^|[^-a-z])$option([^-a-z]|$)" manual || fail "the manual does not name $option"
    done
    [[ -z $command ]] || grep -qE "^netaio $command|^$command" manual ||
        fail "the manual does not name $command"
done
for code in {0..8} 84 88 89; do
    grep -qE "^$code$" manual || fail "the manual does not name exit code $code"
done
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww "$manual" >rendered 2>err || fail "groff refuses the manual"
    err_is_empty
fi
