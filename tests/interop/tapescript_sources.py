#!/usr/bin/env python3
"""Random source text through netaio::tapescript's compiler and through that of the Python reference
(github.com/k98kurz/tapescript 0.7.3): both refuse it, or both give the same code.

    tapescript_sources.py COMPILER [--count N] [--seed S] [--show N]

COMPILER is the program tapescript_sources. PYTHONPATH says where the reference is; without it
nothing is run. Sources are recorded ones with changes, and symbols in any order; where the two
differ on purpose (END_IF, END_TRY, a definition that would drop statements), what differs is
counted apart.
"""

import argparse
import collections
import json
import pathlib
import random
import signal
import subprocess
import sys

try:
    from tapescript import compile_script, functions
except ImportError as missing:
    print(f"skipped: the tapescript reference is not importable ({missing}); nothing was run")
    sys.exit(0)

NOW = 1_700_000_000
SECONDS_MAX = 2
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "tapescript_compile.json"
FREQUENT = """{ } ( ) [ ] if else end_if try except end_except end_try loop end_loop def end_def 0 #
    " ' @= a b @a @#a != !a ~ ~! push true d1 x01 s"a b" false swap push1 push2 OP_IF verify
    write_cache cms op_eq EQ""".split()


class Timeout(Exception):
    pass


def interrupt(*_):
    raise Timeout


class Sources:
    def __init__(self, seed):
        self.random = random.Random(seed)
        cases = json.loads(VECTORS.read_text())["cases"]
        sources = [case["source"] for case in cases if case["kind"] == "compile"]
        self.recorded = [source.split() for source in sources if len(source) < 600]
        self.good = [
            case["source"].split()
            for case in cases
            if case["kind"] == "compile" and "code" in case["expect"] and len(case["source"]) < 600
        ]
        self.symbols = sorted({symbol for source in self.recorded for symbol in source})

    def symbol(self):
        return self.random.choice(FREQUENT if self.random.random() < 0.7 else self.symbols)

    def changed(self, symbols):
        symbols = list(symbols)
        for _ in range(self.random.randint(1, 2)):
            at = self.random.randrange(len(symbols) + 1)
            match self.random.randrange(3):
                case 0:
                    del symbols[at : at + 1]
                case 1:
                    symbols.insert(at, self.symbol())
                case 2 if symbols:
                    other = self.random.randrange(len(symbols))
                    at %= len(symbols)
                    symbols[at], symbols[other] = symbols[other], symbols[at]
        return symbols

    def next(self):
        match self.random.randrange(5):
            case 0:
                symbols = [self.symbol() for _ in range(self.random.randint(1, 14))]
            case 1:
                symbols = self.changed(self.random.choice(self.recorded))
            case 2:
                symbols = self.changed(self.random.choice(self.good))
            case 3:
                symbols = self.random.choice(self.good) + self.random.choice(self.good)
            case _:
                outer, inner = self.random.choice(self.good), self.random.choice(self.good)
                at = self.random.randrange(len(outer) + 1)
                symbols = outer[:at] + inner + outer[at:]
        # What is random at compile time cannot be compared.
        symbols = ["dup" if symbol.lower().endswith("random") else symbol for symbol in symbols]
        return self.random.choice((" ", "\n", "  ")).join(symbols)


def reference(source):
    signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
    try:
        return compile_script(source).hex()
    except Timeout:
        return "timeout"
    except BaseException as error:  # the reference's own are no Exceptions
        if isinstance(error, KeyboardInterrupt):
            raise
        return "error"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def on_purpose(source, ours):
    symbols = source.lower().split()
    if "end_if" in symbols or "end_try" in symbols:
        return True
    return ours.startswith("error SyntaxError") and ("def" in symbols or "op_def" in symbols)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("compiler")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()

    functions.time = lambda: NOW
    sys.setrecursionlimit(20_000)
    signal.signal(signal.SIGALRM, interrupt)
    sources = Sources(options.seed)
    outcomes = collections.Counter()
    with subprocess.Popen(
        [options.compiler], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as compiler:
        for _ in range(options.count):
            source = sources.next()
            theirs = reference(source)
            compiler.stdin.write(source.encode().hex() + "\n")
            compiler.stdin.flush()
            ours = compiler.stdout.readline().rstrip("\n")
            if theirs == "timeout" or ours.split(" ")[0] == theirs:
                outcomes[theirs if theirs in ("error", "timeout") else "code"] += 1
            elif on_purpose(source, ours):
                outcomes["different on purpose"] += 1
            else:
                outcomes["different"] += 1
                if outcomes["different"] <= options.show:
                    print(f"differs: {source!r}\n  ours   {ours}\n  theirs {theirs}")
        compiler.stdin.close()
    print(f"{options.count} sources: " + ", ".join(f"{n} {k}" for k, n in outcomes.most_common()))
    return 1 if outcomes["different"] or compiler.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
