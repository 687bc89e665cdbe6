#!/usr/bin/env bash
# A program built by hand: PKG_CONFIG_PATH names the folder of netaio.pc.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

read -ra flags <<<"$(pkg-config --static --cflags --libs netaio)"
"${CXX:-g++}" -std=c++20 -o consumer "$here/../main.cpp" "${flags[@]}"
