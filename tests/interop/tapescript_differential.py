#!/usr/bin/env python3
"""Random well-formed byte code through netaio::tapescript and through the Python reference
(github.com/k98kurz/tapescript 0.7.3): outcome, stack, cache, count of calls and how far the script
was read must be the same.

    tapescript_differential.py WALKER [--count N] [--seed S] [--show N]

WALKER is the program tapescript_walker. PYTHONPATH says where the reference is; without it nothing
is run. What is compared of an error is its type, and its text where the reference wrote it itself.
"""

import argparse
import collections
import subprocess
import sys

try:

    from tapescript import classes, functions
except ImportError as missing:
    print(f"skipped: the tapescript reference is not importable ({missing}); nothing was run")
    sys.exit(0)

NOW = 1_700_000_000
# Texts that are not the Python runtime's or its libraries', but the language's.
OWN = (
    "ScriptExecutionError",
    "ValueError|OP_",
    "ValueError|number must",
    "TypeError|OP_",
    "ValueError|invalid ",
    "ValueError|each point",
)


def bytes_of(text):
    return bytes.fromhex(text)


def items_of(field):
    return [bytes_of(item[1:]) for item in field.split(",")] if field else []


def value_of(text):
    kind, rest = text[0], text[1:]
    if kind == "b":
        return bytes_of(rest)
    if kind == "t":
        return bytes_of(rest).decode()
    return int(rest)


def cache_of(field):
    cache = {}
    for entry in filter(None, field.split(",")):
        key, value = entry.split("=")
        cache[bytes_of(key[1:]).decode()] = value_of(value)
    return cache


def text_of(value):
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, bytes):
        return f"b{value.hex()}"
    if isinstance(value, str):
        return f"t{value.encode().hex()}"
    if isinstance(value, (list, tuple)):
        return "[" + "".join(text_of(item) + " " for item in value) + "]"
    return "float"


def written(cache):
    entries = []
    for named in (True, False):
        chosen = {
            (key.encode() if named else key): value
            for key, value in cache.items()
            if isinstance(key, str) == named
        }
        mark = "n" if named else "w"
        entries += [f"{mark}{key.hex()}={text_of(chosen[key])}," for key in sorted(chosen)]
    return "".join(entries)


def comparable_error(serialized):
    if serialized == "ok" or serialized.startswith(OWN):
        return serialized
    return serialized.split("|")[0]


def comparable_cache(text):
    """Of what a caught error leaves, only what the language decides."""
    entries = []
    for entry in text.split(","):
        if entry.startswith("w45=[b"):
            caught = bytes_of(entry[len("w45=[b") : -2]).decode()
            entry = "w45=" + comparable_error(caught)
        entries.append(entry)
    return entries


def run_reference(code, stack_items, cache):
    tape = classes.Tape(code)
    stack = classes.Stack()
    for item in stack_items:
        stack.put(item)
    outcome = "ok"
    try:
        functions.run_tape(tape, stack, cache)
    except BaseException as error:  # as the reference itself does
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome = f"{type(error).__name__}|{error}"
    items = ",".join(f"x{item.hex()}" for item in stack.list())
    return outcome, items, written(cache), f"{tape.pointer} {tape.callstack_count}"


def differences(line):
    code, start, cache, *ours = line.rstrip("\n").split("\t")
    theirs = run_reference(bytes_of(code), items_of(start), cache_of(cache))
    same = (
        comparable_error(ours[0]) == comparable_error(theirs[0])
        and ours[1] == theirs[1]
        and comparable_cache(ours[2]) == comparable_cache(theirs[2])
        and ours[3] == theirs[3]
    )
    return theirs[0].split("|")[0], None if same else (code, start, ours, theirs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("walker")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()

    functions.time = lambda: NOW
    sys.setrecursionlimit(3000)
    outcomes = collections.Counter()
    differing = 0
    command = [options.walker, str(options.seed), str(options.count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as walker:
        for line in walker.stdout:
            outcome, difference = differences(line)
            outcomes[outcome] += 1
            if difference is None:
                continue
            differing += 1
            if differing <= options.show:
                code, start, ours, theirs = difference
                print(f"differs: {code}\n  start  {start}\n  ours   {ours}\n  theirs {list(theirs)}")
    total = sum(outcomes.values())
    print(f"{total} scripts, {differing} ended differently")
    print(", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    return 1 if differing or walker.returncode or total != options.count else 0


if __name__ == "__main__":
    sys.exit(main())
