#!/usr/bin/env bash
# Counts the instructions of fixed work and compares them with those recorded beside this script,
# for the compiler and kind of processor they were recorded with. Fails when any takes 5 % more.
#   run.sh WORKLOAD COMPILER          WORKLOAD: the built program; COMPILER: its name and version
#   run.sh --accept WORKLOAD COMPILER records the figures of now
# scripts/count-instructions builds the program and calls this.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
recorded="$folder/recorded.txt"

accept=false
if [[ ${1-} == --accept ]]; then
    accept=true
    shift
fi
workload=${1:?names the built workload}
compiler=${2:?says which compiler}
# Libraries choose their code by the processor, also here.
grep -qw avx2 /proc/cpuinfo && compiler+=", AVX2"
if ! command -v valgrind >/dev/null; then
    echo "skipped: valgrind is not installed (scripts/setup --dev installs it)"
    exit 77
fi
if ! $accept && [[ $(sed -n 's/^compiler //p' "$recorded") != "$compiler" ]]; then
    echo "skipped: the figures are of $(sed -n 's/^compiler //p' "$recorded"), this is $compiler"
    exit 77
fi

# count WORK FUNCTION: the instructions inside of FUNCTION.
count() {
    local log
    log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$2" \
        "$workload" "$1" 2>&1) || { echo "$log" >&2 && return 1; }
    sed -nE 's/.*Collected : ([0-9]+).*/\1/p' <<<"$log"
}

works=(route:counted_route route_id:counted_route protect:counted_protect open:counted_open
    protect_long:counted_protect open_long:counted_open fan_out:counted_fan_out pass:counted_pass)
failed=0
figures="compiler $compiler"
for work in "${works[@]}"; do
    name=${work%%:*}
    now=$(count "$name" "${work#*:}")
    [[ -n $now && $now -gt 0 ]] || { echo "$name: nothing was counted" && exit 1; }
    figures+=$'\n'"$name $now"
    before=$(sed -n "s/^$name //p" "$recorded" 2>/dev/null || true)
    if [[ -n $before ]]; then
        printf '%-14s %10d instructions, %10d recorded, %+.1f %%\n' "$name" "$now" "$before" \
            "$(awk "BEGIN { print ($now - $before) * 100 / $before }")"
        ((now * 100 <= before * 105)) || failed=$((failed + 1))
    else
        printf '%-14s %10d instructions, none recorded\n' "$name" "$now"
        $accept || failed=$((failed + 1))
    fi
done
if $accept; then
    echo "$figures" >"$recorded"
    echo "recorded in tests/callgrind/recorded.txt"
elif ((failed > 0)); then
    echo "$failed got more than 5 % worse; if that is meant: scripts/count-instructions --accept"
    exit 1
fi
