#!/usr/bin/env bash
# Where Asio's reactor is not as needed, configuration says so and takes plain Asio.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

configure() {
    cmake -S "$root" -B "$build/$1" -G Ninja -DNETAIO_BUILD_TESTS=OFF -DNETAIO_BUILD_APPS=OFF \
        -DNETAIO_BUILD_EXAMPLES=OFF -DNETAIO_BUILD_BENCH=OFF "${@:2}" >"$build/$1.log"
}
configure as_it_is
configure without_epoll -DCMAKE_CXX_FLAGS=-DBOOST_ASIO_DISABLE_EPOLL
grep -q 'so plain Asio is used' "$build/without_epoll.log"
grep -q 'net/portable/' "$build/without_epoll/build.ninja"
if grep -q 'so plain Asio is used' "$build/as_it_is.log"; then
    echo "this Boost's reactor does not fit: io_uring is not used here" >&2
    exit 1
fi
