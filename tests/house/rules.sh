#!/usr/bin/env bash
# The rules of the tree that a compiler does not know. Prints each breach as file:line: sentence.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

breaches=0
# report <rule> <lines>: each line is one breach of the rule.
report() {
    local line
    while IFS= read -r line; do
        [[ -n $line ]] || continue
        printf '%s (%s)\n' "$line" "$1"
        breaches=$((breaches + 1))
    done <<<"$2"
}

sources_below() {
    find "$@" -name '*.cpp' -o -name '*.hpp' | sort
}
mapfile -t product < <(sources_below include src apps chat sqlite tapescript toml)
mapfile -t public_headers < <(find include tapescript/include chat/include -name '*.hpp' | sort)
mapfile -t code < <(
    sources_below include src apps chat sqlite tapescript toml examples fuzz bench tests
    find scripts .ci cmake tests tools -type f \
        \( -name '*.sh' -o -name '*.py' -o -name '*.lua' -o -name '*.cmake' -o -path 'scripts/*' \
        -o -path '.ci/*' \)
    find . -path ./build -prune -o -name CMakeLists.txt -print | sed 's|^\./||'
)
mapfile -t text < <(
    printf '%s\n' "${code[@]}" | grep -v '^tests/house/rules\.sh$'
    find . -path ./build -prune -o -name '*.md' -print | sed 's|^\./||'
)

report "floors look only downward, and none below net knows a socket" \
    "$(awk -f tests/house/floors.awk "${product[@]}")"

report "files speak of the project alone, not of a machine" \
    "$(grep -nE '(^|[^A-Za-z0-9_.])/(work|home|root|Users)/' "${text[@]}" || true)"

# Of standard hash tables, those with these keys have a hash that anybody can make collide.
report "a table keyed by bytes hashes under a key (wire/keyed_hash.hpp)" \
    "$(grep -nE 'std::hash<std::string|unordered_[a-z_]+<(std::string|std::string_view|ByteView)\b' \
        "${product[@]}" | grep -v KeyedHash || true)"

report "nothing is left for later in the text" \
    "$(grep -nwE 'TODO|FIXME|XXX' "${text[@]}" || true)"

report "a file stays below 500 lines" \
    "$(awk 'FNR == 500 { print FILENAME ":500: goes on" }' "${code[@]}")"

report "a header begins with #pragma once" \
    "$(for header in "${product[@]}"; do
        [[ $header != *.hpp ]] || grep -q '^#pragma once' "$header" || echo "$header:1:"
    done)"

# Types that stand at namespace level in a public header, but for forward declarations and
# specialisations; `detail` is nobody's business.
report "a public type has a /// comment" \
    "$(awk '
        FNR == 1 { documented = detail = 0 }
        /^namespace detail/ { detail = 1 }
        /^}  \/\/ namespace detail/ { detail = 0 }
        /^\/\/\// { documented = 1; next }
        /^(class|struct|enum|union) / && !/^[^{]*;/ && !/^[a-z]+ std::/ && !/^[a-z ]+[A-Za-z_:]+</ {
            if (!documented && !detail) print FILENAME ":" FNR ": " $0
        }
        /^(template|requires|\[\[)/ || /^    requires/ { next }
        { documented = 0 }
    ' "${public_headers[@]}")"

if ((breaches > 0)); then
    printf '%d breaches of the house rules\n' "$breaches"
    exit 1
fi
echo "house rules kept by ${#code[@]} files"
