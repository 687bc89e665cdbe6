#!/usr/bin/env bash
# Builds and runs one consumer project in an empty folder of its own.
#   run.sh install BUILD-FOLDER PREFIX      installs netaio for the two that want it installed
#   run.sh find_package|add_subdirectory|pkg_config PREFIX [CMAKE-ARGUMENT...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ $1 == install ]]; then
    rm -rf "$3"
    exec cmake --install "$2" --prefix "$3"
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
