#!/usr/bin/env bash
# Shows that rules.sh refuses what it should: runs it on small trees that break one rule each.
set -euo pipefail
house=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

failures=0
fresh_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{include/netaio,src/{wire,crypto,plugins,core,net},apps/netaio,examples,fuzz} \
        "$tree"/{chat/include,sqlite,tapescript/include,toml,bench,tests/house,scripts,.ci,cmake,tools}
    cp "$house"/{rules.sh,floors.awk} "$tree/tests/house"
    printf '#pragma once\n\n/// Documented.\nstruct Frame {};\n' >"$tree/include/netaio/frame.hpp"
    printf '#include <netaio/frame.hpp>\n' >"$tree/src/wire/frame.cpp"
    printf '#include <boost/asio.hpp>\n#include "wire/frame.hpp"\n' >"$tree/src/net/loop.cpp"
    printf '#pragma once\n#include <boost/asio.hpp>\n' >"$tree/include/netaio/uses_asio.hpp"
}
# refuses <what> <file> <text>: rules.sh fails on the tree with that file, and names it.
refuses() {
    local said
    fresh_tree
    printf "$3" >"$tree/$2"
    if said=$("$tree/tests/house/rules.sh") || [[ $said != *"$2:"* ]]; then
        printf 'not refused: %s\n%s\n' "$1" "$said"
        failures=$((failures + 1))
    fi
}

fresh_tree
"$tree/tests/house/rules.sh" >/dev/null || {
    echo "refused: a tree that breaks no rule"
    failures=1
}
refuses "a socket in core" src/core/a.cpp '#include <sys/socket.h>\n'
refuses "a socket in chat" chat/a.cpp '#include <sys/socket.h>\n'
refuses "Asio in plugins" src/plugins/a.cpp '#include <boost/asio/buffer.hpp>\n'
refuses "Asio in a public header of wire" include/netaio/frame.hpp \
    '#pragma once\n#include <boost/asio.hpp>\n'
refuses "an upward include" src/wire/b.cpp '#include "net/loop.cpp"\n'
refuses "an upward include by way of a public header" src/core/loop.hpp \
    '#pragma once\n#include <netaio/uses_asio.hpp>\n'
refuses "a machine path" src/wire/c.cpp '// see /ho''me/someone/notes\n'
refuses "a table of bytes that others can make collide" src/net/h.cpp \
    'std::unordered_map<std::string, int> table;\n'
refuses "work left for later" src/wire/d.cpp '// TO''DO: more\n'
refuses "a long file" src/wire/e.cpp "$(printf '// a line%.0s\\n' {1..600})"
refuses "a header without a guard" src/wire/f.hpp 'struct F {};\n'
refuses "a public type without a comment" include/netaio/g.hpp '#pragma once\n\nstruct G {};\n'

# Each floor has a header; of each pair, one file includes that of the other.
floors=(tapescript toml wire crypto plugins core net sqlite chat common netaio chat_program)
declare -A folder=([tapescript]=tapescript/src [toml]=toml [wire]=src/wire [crypto]=src/crypto
    [plugins]=src/plugins [core]=src/core [net]=src/net [sqlite]=sqlite [chat]=chat/src
    [common]=apps/common [netaio]=apps/netaio [chat_program]=apps/chat)
declare -A seen=(
    [tapescript]='' [toml]='' [wire]='tapescript toml' [crypto]='tapescript toml wire'
    [plugins]='tapescript toml wire crypto' [core]='tapescript toml wire crypto plugins'
    [net]='tapescript toml wire crypto plugins core' [sqlite]='tapescript toml wire'
    [chat]='tapescript toml wire crypto plugins core sqlite'
    [common]='tapescript toml wire crypto plugins core net sqlite chat'
    [netaio]='tapescript toml wire crypto plugins core net sqlite chat common'
    [chat_program]='tapescript toml wire crypto plugins core net sqlite chat common')
fresh_tree
mkdir -p "$tree/chat/include/netaio/chat"
printf '#pragma once\n' >"$tree/chat/include/netaio/chat/chat.hpp"
for floor in "${floors[@]}"; do
    mkdir -p "$tree/${folder[$floor]}"
    printf '#pragma once\n' >"$tree/${folder[$floor]}/of_$floor.hpp"
    for other in "${floors[@]}"; do
        printf '#include "of_%s.hpp"\n' "$other" >"$tree/${folder[$floor]}/sees_$other.cpp"
    done
    printf '#include <netaio/chat/chat.hpp>\n' >"$tree/${folder[$floor]}/sees_public_chat.cpp"
done
said=$("$tree/tests/house/rules.sh" || true)
for floor in "${floors[@]}"; do
    for other in "${floors[@]}" public_chat; do
        is_allowed=$([[ " ${seen[$floor]} $floor " == *" ${other#public_} "* ]] && echo yes || echo no)
        is_refused=$([[ $said == *"${folder[$floor]}/sees_$other.cpp:"* ]] && echo yes || echo no)
        if [[ $is_allowed == "$is_refused" ]]; then
            printf '%s includes %s: allowed %s, refused %s\n' \
                "$floor" "$other" "$is_allowed" "$is_refused"
            failures=$((failures + 1))
        fi
    done
done

((failures == 0)) && echo "every rule refuses what it should"
