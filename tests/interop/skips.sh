#!/usr/bin/env bash
# Without the reference, scripts/interop succeeds and says what it did not do.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
output=$(NETAIO_REFERENCE_009=$empty NETAIO_REFERENCE_008=$empty PYTHONNOUSERSITE=1 \
    "$root/scripts/interop" 2>&1) || {
    printf 'failed:\n%s\n' "$output"
    exit 1
}
for sentence in "skipped: netaio 0.0.9" "skipped: netaio 0.0.8" "nothing was run"; do
    [[ $output == *"$sentence"* ]] || {
        printf 'does not say "%s":\n%s\n' "$sentence" "$output"
        exit 1
    }
done
