#!/usr/bin/env bash
# docs/chat.md shows the pieces of examples/chat/chat.cpp as they are, all of them, each by its name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
code=examples/chat/chat.cpp
page=docs/chat.md

# What the page shows under a name: the block of code after the comment that has it.
shown() {
    awk -v mark="<!-- $1 -->" '
        $0 == mark { wanted = 1 }
        wanted && /^```/ {
            if (inside) exit
            inside = 1
            next
        }
        inside { print }
    ' "$page"
}
# The piece of that name.
piece() {
    awk -v mark="// [$1]" '
        { bare = $0; sub(/^ +/, "", bare) }
        inside && bare == "// [end]" { exit }
        inside { print }
        bare == mark { inside = 1 }
    ' "$code"
}

failed=false
while IFS= read -r name; do
    diff -u --label "$page, $name" --label "$code" <(shown "$name") <(piece "$name") || failed=true
done < <(sed -nE 's|^ *// \[(.*)\]$|\1|p' "$code" | grep -vx end)
if $failed; then
    echo "$page shows other pieces than $code holds: copy them there"
    exit 1
fi
