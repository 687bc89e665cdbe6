#!/usr/bin/env bash
# Each example program stands in the README, word for word, under its name as a link.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What the README shows of a file: the first block of code after the line that links to it.
shown() {
    awk -v link="](examples/$1)" '
        index($0, link) { wanted = 1 }
        wanted && /^```/ {
            if (inside) exit
            inside = 1
            next
        }
        inside { print }
    ' README.md
}

failed=false
for path in examples/*.cpp; do
    name=$(basename "$path")
    diff -u --label "README.md, $name" --label "$path" <(shown "$name") "$path" || failed=true
done
if $failed; then
    echo "the README shows other programs than examples/ holds: copy them there"
    exit 1
fi
