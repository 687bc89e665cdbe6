"""Runs the matrix of live interoperability and prints it. scripts/interop calls it."""

import argparse
import asyncio
import os
import signal
import sys
import time

import references
from cells import ROWS, Setup, dialects, rotation, run
from processes import kill_all

AT_ONCE = max(2, os.cpu_count() or 1)
OPERATIONS = ("request", "create", "update", "delete", "subscribe", "notify", "publish",
              "unsubscribe", "refuse", "rotate", "garble")


def columns(found, reference_only):
    """Pairs of title and arguments for Setup, for all versions of the reference there are."""
    for version in references.VERSIONS:
        reference = found.get(version)
        if reference_only:
            yield f"{version} alone", reference, False, False
        else:
            yield f"{version} server, our client", reference, False, True
            yield f"our server, {version} client", reference, True, False


async def run_all(setups):
    """All cells, a few at a time: {(column, row): result}."""
    gate = asyncio.Semaphore(AT_ONCE)
    results = {}

    async def cell(title, setup, row):
        async with gate:
            result = await run(setup, row)
        results[title, row.name] = result
        print(f"{'FAIL' if result.failures else 'ok':4}  {title}: {row.name}", file=sys.stderr)

    await asyncio.gather(
        *(cell(title, setup, row)
          for title, setup in setups.items()
          for row in ROWS
          if setup.ours_serves or setup.ours_asks or row.scenario is not dialects
        if setup.ours_serves and not setup.ours_asks or row.scenario is not rotation
          if setup.reference.has_scripts or not row.uses_scripts)
    )
    return results


def table(corner, names, titles, verdict):
    """A table in Markdown."""
    lines = [[corner, *titles], ["---"] * (len(titles) + 1)]
    lines += [[name, *(verdict(title, name) for title in titles)] for name in names]
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles) + 1)]
    for line in lines:
        fill = "-" if line[0] == "---" else " "
        print("| " + " | ".join(text.ljust(width, fill) for text, width in zip(line, widths)) + " |")


def show(results, titles):
    """Both tables, then what failed. Whether nothing did."""

    def by_row(title, row):
        if (title, row) not in results:
            return "n.a."
        return "FAIL" if results[title, row].failures else "ok"

    def by_operation(title, operation):
        tried = [
            result.operations[operation]
            for (column, _), result in results.items()
            if column == title and operation in result.operations
        ]
        return "n.a." if not tried else "FAIL" if any(tried) else "ok"

    table("plugins", [row.name for row in ROWS], titles, by_row)
    print()
    table("operation, all rows above", OPERATIONS, titles, by_operation)

    failed = {cell: result.failures for cell, result in results.items() if result.failures}
    for (title, row), failures in sorted(failed.items()):
        print(f"\n{title}; {row}:")
        for failure in failures:
            print(f"    {failure}")
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--find", action="store_true",
                        help="only say which versions of the reference there are")
    parser.add_argument("--reference-only", action="store_true",
                        help="the reference with itself, to see whether a failure is this program's")
    parser.add_argument("--tool", help="the netaio tool")
    parser.add_argument("--walker", help="the program interop_client")
    options = parser.parse_args()

    found, missing = references.find()
    if not options.find or not found:
        for sentence in missing:
            print(f"skipped: {sentence}", file=sys.stderr)
    if options.find or not found:
        print(" ".join(reference.version for reference in found))
        return 0

    for reference in found:
        if not reference.has_scripts:
            print(f"skipped: scripts with netaio {reference.version}: {reference.why_no_scripts}",
                  file=sys.stderr)
    by_version = {reference.version: reference for reference in found}
    every = list(columns(by_version, options.reference_only))
    setups = {
        title: Setup(reference, options.tool, options.walker, serves, asks)
        for title, reference, serves, asks in every
        if reference
    }
    # Whatever ends this program ends what it started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    started = time.monotonic()
    try:
        results = asyncio.run(run_all(setups))
    finally:
        kill_all()
    good = show(results, [title for title, *_ in every])
    print(f"\n{len(results)} cells in {time.monotonic() - started:.0f} s: "
          f"{'all as expected' if good else 'some FAILED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
