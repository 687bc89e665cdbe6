#!/usr/bin/env python3
"""The scripts of tapescript_bench here and in the Python reference (github.com/k98kurz/tapescript),
and how many times faster here.

    tapescript_reference.py BENCH

BENCH is the program tapescript_bench. PYTHONPATH says where the reference is; without it nothing is
run.
"""

import json
import subprocess
import sys
import time

try:
    from tapescript import functions
except ImportError as missing:
    print(f"skipped: the tapescript reference is not importable ({missing}); nothing was run")
    sys.exit(0)

NOW = 1_700_000_000
SECONDS = 0.5


def read_scripts(bench):
    lines = subprocess.run([bench, "--scripts"], check=True, capture_output=True, text=True)
    first, *others = lines.stdout.splitlines()
    field = bytes.fromhex(first.split()[1])
    cases = {}
    for line in others:
        name, codes = line.split("\t")
        cases[name] = [bytes.fromhex(code) for code in codes.split()]
    return field, cases


def here(bench):
    """Nanoseconds of each, by name."""
    command = [bench, "--benchmark_format=json", "--benchmark_filter=^(lock|interpret)/"]
    report = subprocess.run(command, check=True, capture_output=True, text=True)
    return {one["name"]: one["cpu_time"] for one in json.loads(report.stdout)["benchmarks"]}


def there(scripts, field):
    """Nanoseconds in the reference."""
    cache = {"sigfield1": field, "timestamp": NOW}

    def once():
        if len(scripts) == 1:
            functions.run_script(scripts[0], cache)
        elif not functions.run_auth_scripts(scripts, cache):
            raise SystemExit("the reference does not open a lock that ours opens")

    once()
    runs = 0
    start = time.process_time()
    while time.process_time() - start < SECONDS:
        once()
        runs += 1
    return (time.process_time() - start) / runs * 1e9


def main():
    bench = sys.argv[1]
    functions.time = lambda: NOW
    field, cases = read_scripts(bench)
    ours = here(bench)
    print(f"{'script':40}{'here, us':>12}{'there, us':>12}{'times':>8}")
    for name, scripts in cases.items():
        theirs = there(scripts, field)
        row = (ours[name] / 1000, theirs / 1000, theirs / ours[name])
        print(f"{name:40}{row[0]:12.2f}{row[1]:12.2f}{row[2]:8.1f}")


if __name__ == "__main__":
    main()
