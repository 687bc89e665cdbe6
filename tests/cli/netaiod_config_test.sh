#!/usr/bin/env bash
# The daemon's configuration: checked with line and column, printed so that it is read as the same, and
# what is installed with it sound.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
tool=${NETAIOD:?is to name the built netaiod}
root=$(dirname "${BASH_SOURCE[0]}")/../..

cat >good.toml <<END
[daemon]
socket = "run/netaiod.sock"

[protection]
hmac = [{ name = "new", file = "secret" }, { name = "old", file = "key" }]
END
expect 0 --check good.toml
out_is "good.toml: sound"
err_is_empty
expect 0 --print-config --config good.toml
cp out printed.toml
grep -qxF "socket = \"$PWD/run/netaiod.sock\"" out || fail "does not print where the socket is"
! grep -qE 'swordfish|marlin' out || fail "prints secrets"
expect 0 --print-config good.toml
cmp -s out printed.toml || fail "prints another configuration when that is named at once"
expect 2 --print-config good.toml --config good.toml
expect 2 --print-config ''
mkdir elsewhere
cp printed.toml elsewhere
expect 0 --print-config --config elsewhere/printed.toml
diff printed.toml out >&2 || fail "what is printed is not read as the same"
expect 0 --check elsewhere/printed.toml
XDG_RUNTIME_DIR=/run/user/5 expect 0 --print-config
grep -qxF 'socket = "/run/user/5/netaio/netaiod.sock"' out || fail "knows no XDG_RUNTIME_DIR"
XDG_RUNTIME_DIR='' expect 0 --print-config
grep -qxF 'socket = "/run/netaio/netaiod.sock"' out || fail "knows no socket by default"

# wrong PLACE SENTENCE LINE...: a configuration of these lines is refused there.
wrong() {
    printf '%s\n' "${@:3}" >wrong.toml
    expect 2 --check wrong.toml
    out_is ""
    err_has "wrong.toml:$1: " "$2"
    expect 2 --config wrong.toml
    err_has "wrong.toml:$1: "
}
wrong 2:1 "there is no key 'scoket' in [daemon], but socket, group" '[daemon]' 'scoket = "a"'
wrong 1:8 "']'" '[daemon'
wrong 3:8 "from 0 to 65535" '[udp]' 'enabled = true' 'port = 70000'

# What is named is read, too.
named() {
    printf '%s\n' "${@:3}" >wrong.toml
    expect 2 --check wrong.toml
    err_has "$1" "$2"
}
named wrong.toml:2:8: "cannot open '$PWD/missing'" '[protection]' 'hmac = "missing"'
named wrong.toml:2:9: "cannot be read" '[local]' 'rules = "missing"'
named wrong.toml:2:8: "there is no user 'no-such-user' here" '[daemon]' 'user = "no-such-user"'
named wrong.toml:2:9: "there is no group 'no-such-group' here" '[daemon]' 'group = "no-such-group"'
printf 'default = "deny"\n[[rule]]\nallow = "reed"\nwho = "*"\n' >rules.toml
named "$PWD/rules.toml:3:9:" "'reed'" '[protection]' 'rules = "rules.toml"'
: >empty
named wrong.toml:2:8: "is empty" '[protection]' 'hmac = "empty"'
chmod 644 secret
printf '[protection]\nhmac = "secret"\n' >open.toml
expect 0 --check open.toml
err_has "netaiod: warning: others on this machine may read the secret"
chmod 600 secret
printf '[udp]\nenabled = true\n' >open.toml
expect 0 --check open.toml
err_has "warning: whoever reaches this machine"

expect 2 --check
expect 2 --check ''
expect 2 --check missing.toml
err_has "missing.toml: cannot be read"
expect 2 --check good.toml --print-config
expect 2 --nonsense
err_has "netaiod: " "see netaiod --help"
expect 2 word
expect 0 --version
grep -qE '^netaiod [0-9]+\.[0-9]+\.[0-9]+$' out || fail "has no version"

# The help and the manual name every option, and the manual every key with its default.
expect 0 --help
err_is_empty
awk 'length > 100 { exit 1 }' out || fail "the help has lines over 100 characters"
manual=$root/docs/man/netaiod.1
sed 's/\\-/-/g; s/\\f.//g; s/^\.B[IR]* //; s/"//g' "$manual" >manual
for option in --config --check --print-config --help --version; do
    grep -qF -- "$option" out || fail "the help does not name $option"
    grep -qE -- "(^|[^-a-z])$option([^-a-z]|$)" manual || fail "the manual does not name $option"
done
for code in 0 1 2 8; do
    grep -qE "^  $code  [a-z]" out || fail "the help does not name exit code $code"
    grep -qE "^$code$" manual || fail "the manual does not name exit code $code"
done
XDG_RUNTIME_DIR='' expect 0 --print-config
while IFS= read -r line; do
    if [[ $line == "["* ]]; then
        grep -qF -- "$line" manual || fail "the manual does not name $line"
    elif [[ $line == *=* ]]; then
        grep -qxF -- "${line//\"/}" manual || fail "the manual does not give the default of $line"
    fi
done <out
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww "$manual" >rendered 2>err || fail "groff refuses the manual"
    err_is_empty
fi

# The example, beside the files it names.
cp "$root/docs/examples/netaiod.toml" "$root/docs/examples/netaiod-rules.toml" .
for file in network.secret network.key hub.secret; do install -m 600 secret "$file"; done
sed -i 's/"netaio"/"root"/' netaiod.toml
expect 0 --check netaiod.toml
