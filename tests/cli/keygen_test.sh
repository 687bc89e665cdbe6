#!/usr/bin/env bash
# Keys are made for their owner alone, never replaced by accident, and their public keys can be shown.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
umask 0

expect 0 keygen node.key
[[ $(stat -c '%a %s' node.key) == "600 32" ]] || fail "the key has not mode 600 and 32 bytes"
grep -qxE 'pubkey [0-9a-f]{64}' out || fail "did not print the pubkey"
grep -qxE 'vkey [0-9a-f]{64}' out || fail "did not print the vkey"
err_is_empty
cp out public
expect 0 keygen --show node.key
out_is "$(<public)"
err_is_empty

expect 0 keygen --help
grep -qF "pubkey: --peer-key, peer_keys of netaiod" out || fail "does not say which is for --peer-key"

# Others' keys are others.
expect 0 keygen --json other.key
grep -qxE '\{"pubkey":"[0-9a-f]{64}","vkey":"[0-9a-f]{64}"\}' out || fail "that is no JSON as expected"
cmp -s node.key other.key && fail "made the same key twice"
expect 0 keygen --json --show other.key
grep -q "$(sed -n 's/^pubkey //p' public)" out && fail "shows the same public key for another key"

# What is known about the key of zeros.
head -c 32 /dev/zero >zeros
chmod 600 zeros
expect 0 keygen --show zeros
out_is "pubkey 5bf55c73b82ebe22be80f3430667af570fae2556a6415e6b30d4065300aa947d
vkey 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

# A key that is there stays, unless it is to go.
cp node.key before
expect 1 keygen node.key
err_has "'node.key'" "File exists" --force
cmp -s node.key before || fail "changed a key that was there"
chmod 644 node.key
expect 0 keygen --force node.key
cmp -s node.key before && fail "did not replace the key"
[[ $(stat -c '%a %s' node.key) == "600 32" ]] || fail "the new key has not mode 600 and 32 bytes"
[[ ! -e node.key.new ]] || fail "left something behind"
expect 0 keygen --force fresh.key
mkdir folder
expect 1 keygen --force folder
[[ -d folder && ! -e folder.new ]] || fail "did not leave the folder as it was"
expect 1 keygen missing/node.key
err_has "'missing/node.key'"

# What is no key, and who else may read one.
head -c 31 /dev/zero >short
head -c 33 /dev/zero >long
printf '%064d\n\n\nand more\n' 7 >digits-and-more
for file in short long digits-and-more /dev/null; do
    expect 2 keygen --show "$file"
    err_has "'$file'" "32 bytes"
done
expect 1 keygen --show missing
err_has "'missing'"
chmod 640 zeros
expect 0 keygen --show zeros
err_has "warning" "chmod 600"

expect 2 keygen
expect 2 keygen node.key --show node.key
expect 2 keygen --show node.key --force
