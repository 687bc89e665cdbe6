#!/usr/bin/env bash
# Builds and runs one consumer project in an empty folder of its own.
#   run.sh install BUILD-FOLDER PREFIX      installs netaio for the two that want it installed
#   run.sh components BUILD-FOLDER PREFIX   installs each component by itself
#   run.sh unbuilt SOURCE-FOLDER PREFIX     installs from a folder where nothing is built
#   run.sh defaults                         how netaio is compiled for who says nothing of that
#   run.sh find_package|add_subdirectory|pkg_config PREFIX [CMAKE-ARGUMENT...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ $1 == install ]]; then
    rm -rf "$3"
    exec cmake --install "$2" --prefix "$3"
fi

if [[ $1 == components ]]; then
    rm -rf "$3"
    cmake --install "$2" --prefix "$3" --component tools
    [[ -x $3/bin/netaio && -x $3/bin/netaiod && -x $3/bin/tapescript ]]
    [[ -n $(find "$3" -name netaio.1) && -n $(find "$3" -name netaiod.1) ]]
    [[ -f $3/share/netaio/wireshark/netaio.lua ]]
    [[ $(ls "$3") == $'bin\nshare' ]] || { echo "the tools bring more than themselves" >&2; exit 1; }
    rm -rf "$3"
    cmake --install "$2" --prefix "$3" --component development
    [[ -f $3/include/netaio/netaio.hpp && -n $(find "$3" -name 'libnetaio*') && ! -e $3/bin ]]
    exit
fi

if [[ $1 == unbuilt ]]; then
    rm -rf "$PWD/unbuilt" "$3"
    cmake -S "$2" -B "$PWD/unbuilt" -G Ninja -DNETAIO_BUILD_TESTS=OFF -DNETAIO_BUILD_BENCH=OFF \
        -DNETAIO_BUILD_EXAMPLES=OFF >/dev/null
    for component in "" tools development; do
        if cmake --install "$PWD/unbuilt" --prefix "$3" ${component:+--component "$component"} 2>said; then
            echo "installed what is not built" >&2
            exit 1
        fi
        grep -q scripts/install said
        [[ ! -e $3 ]] || { echo "left half an installation" >&2; exit 1; }
    done
    exit
fi

if [[ $1 == defaults ]]; then
    commands() { # CMAKE-ARGUMENT...
        rm -rf "$PWD/defaults"
        cmake -S "$here/add_subdirectory" -B "$PWD/defaults" -G Ninja "$@" >/dev/null
        ninja -C "$PWD/defaults" -t commands | grep -e ' -c '
    }
    commands >compiled
    grep -q -e ' -O[23] .*unity_0' compiled || { echo "netaio is not optimised, or in many parts" >&2; exit 1; }
    ! grep -e main.cpp compiled | grep -e ' -O' || { echo "changes how others are compiled" >&2; exit 1; }
    ! grep -E '/(apps|examples|tests/[^c]|bench)/' compiled || { echo "builds more than the library" >&2; exit 1; }
    commands -DCMAKE_BUILD_TYPE=Debug -DCMAKE_UNITY_BUILD=OFF >compiled
    ! grep -E -e ' -O[23] |unity_0' compiled || { echo "does not do as it is told" >&2; exit 1; }
    exit
fi

way=$1 prefix=$2
work="$PWD/$way"
rm -rf "$work"
mkdir -p "$work"
cd "$work"
case $way in
    find_package)
        cmake -S "$here/$way" -B . -G Ninja -DCMAKE_PREFIX_PATH="$prefix" "${@:3}"
        cmake --build .
        ;;
    add_subdirectory)
        cmake -S "$here/$way" -B . -G Ninja "${@:3}"
        cmake --build . --parallel 2
        ;;
    pkg_config)
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name netaio.pc)") "$here/$way/build.sh"
        ;;
esac
[[ $(./consumer) == "This is it." ]] || { echo "the consumer does not work" >&2; exit 1; }
