#!/usr/bin/env python3
# Every option and argument of both tools, as their help shows them, given what nobody means: it does
# what it says, or is refused with 2 and a sentence.
import collections
import concurrent.futures
import os
import re
import subprocess
import sys

TOOLS = {"netaio": os.environ["NETAIO_TOOL"], "tapescript": os.environ["TAPESCRIPT_TOOL"]}

HOSTILE = ["", "nan", "inf", "-1", "010", "0x10", "1,5", "[1,2]", "{}", "=1", "18446744073709551616",
           b"\xff\xfe", "9" * 60000]
# What these are given in the help are numbers, of which none of that is one.
NUMBERS = {"N", "SECONDS", "BYTES"}
MAY_BE_EMPTY = {"URI", "CONTENT", "--preimage"} | {f"--sigfield{i}" for i in range(1, 9)}
# One value of what may be given several times; a list of two in brackets is none.
ITEMS = {"HOST:PORT": "127.0.0.1:0", "NAME": "lo", "POINT": "5b" * 32, "SCRIPT": "src:true"}

# What each command needs to end at once whatever the option is: nobody answers, nothing can be
# listened on (192.0.2.1 is nobody's), or the time is over.
POINT = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
CLIENT = ["--server", "127.0.0.1:1"]
NODE = ["--interface", "lo", "--ipv4-only", "--port", "0"]
ENDS = {
    "serve": ["--listen", "192.0.2.1:9", "--store", ":memory:"],
    "node": NODE + ["--for", "0.01"], "peers": NODE + ["--for", "0.01"], "multicast": NODE + ["uri"],
    "send": ["127.0.0.1:9", "uri"], "keygen": [], "interfaces": [], "ping": CLIENT, "bench": CLIENT,
    "publish": ["uri", "content"] + CLIENT,
    "status": ["--socket", "nowhere"], "watch": ["--socket", "nowhere"],
    "repl": [], "compile": ["src:true"], "decompile": ["hex:01"], "run": ["src:true"],
    "auth": ["src:true"], "key": ["key"],
    "lock": ["htlc-shake256", "--public", POINT, "--refund", POINT, "--digest", "00" * 20],
    "witness": ["single-sig", "--key", "key"],
    "cert": ["--key", "key", "--delegate", POINT, "--begin", "0", "--end", "9"],
}
OTHER_KINDS = {("lock", "--script"): ["scripthash"], ("witness", "--script"): ["scripthash"],
               ("witness", "--cert"): ["delegate-key", "--key", "key"],
               ("witness", "--public"): ["taproot-script", "--script", "src:true"]}

# A sanitizer makes each start slow, and looks at how values are read, of which each kind has one way:
# there one option of a kind is enough.
SANITIZED = os.environ.get("NETAIO_SANITIZED") == "1"

failures = 0


def fail(what):
    global failures
    failures += 1
    print(what)


def run(tool, words):
    done = subprocess.run([TOOLS[tool], *words], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120)
    return done.returncode, done.stdout, done.stderr


def options_of(tool, command):
    """(name, type, whether it is repeated) of what the help of a command shows; no type: a flag."""
    text = run(tool, [command, "--help"])[1].decode()
    text = re.sub(r"\n {30,}", "   ", text.partition("\nExit codes")[0])
    part = ""
    for line in text.splitlines():
        if not line.startswith(" "):
            part = line
            continue
        found = re.match(r"  (?:-\w,)?(--?[\w-]+|[A-Z]+)((?: [^ ]+)*)", line)
        if not found or (part == "Positionals:") == found[1].startswith("-"):
            continue
        words = re.sub(r" (Needs|Excludes):.*", "", found[2]).replace(" REQUIRED", "").split()
        kind = words[0].partition("=")[0] if words and words[0] != "..." else ""
        kind = "KEY=TEXT" if kind == "KEY" and found[1] == "--data" else kind
        kind = kind or (found[1] if part == "Positionals:" else "")
        repeated = "may be repeated" in line or "..." in words
        if found[1] != "--help":
            yield found[1], kind, repeated, line


def words_for(command, option, value):
    """A command line with this value in place of what the command is usually given there."""
    words = OTHER_KINDS.get((command, option)) or ENDS.get(command, ["uri"] + CLIENT)
    if option.startswith("-"):
        if option in words:
            at = words.index(option)
            words = words[:at] + words[at + 2:]
        return [command, *words, option, value]
    before = {"CONTENT": 1, "OUTPUT": 1, "URI": 1 if command == "send" else 0}.get(option, 0)
    plain = [word for i, word in enumerate(words)
             if not word.startswith("-") and (i == 0 or not words[i - 1].startswith("--")
                                              or words[i - 1] == "--ipv4-only")]
    named = words[:]
    for word in plain:
        named.remove(word)
    plain[before:before + 1] = [value]
    return [command, *named, "--", *plain]


def check(tool, words, codes):
    try:
        code, _, said = run(tool, words)
    except subprocess.TimeoutExpired:
        return f"{tool} {shown(words)}: went on"
    if code not in codes:
        return f"{tool} {shown(words)}: ended with {code} instead of {sorted(codes)}: {said[:300]!r}"
    try:
        text = said.decode()
    except UnicodeDecodeError:
        return f"{tool} {shown(words)}: said what is no UTF-8: {said[:300]!r}"
    if code != 0 and (tool + ": ") not in text or len(text) > 5000:
        return f"{tool} {shown(words)}: ended with {code} and said {text[:300]!r}"
    return None


def shown(words):
    return " ".join(repr(word)[:60] for word in words)


def cases(tool, command, option, kind, repeated):
    if not kind:
        for value in ("1", "nonsense", ""):
            yield [*words_for(command, option, "")[:-2], f"{option}={value}"], {2}
        return
    lenient = {0, 1, 2, 3, 4, 5, 7}
    for value in HOSTILE:
        refused = kind in NUMBERS or (value == "" and option not in MAY_BE_EMPTY)
        yield words_for(command, option, value), {2} if refused else lenient
    if option.startswith("--"):
        yield [*words_for(command, option, "")[:-2], option + "=", "--json"], {2}
    if repeated and kind in ITEMS:
        # Interfaces are shown as they would be chosen, here none.
        codes = {0} if command == "interfaces" else {1, 2}
        yield words_for(command, option, f"[{ITEMS[kind]},{ITEMS[kind]}]"), codes
    if kind in NUMBERS:
        # The refusal says what is the most.
        said = run(tool, words_for(command, option, "nan"))[2].decode()
        most = re.search(r"'nan' is no .* from \S+ to (\S+?)[;\n]", said)
        if not most:
            fail(f"{tool} {command} {option}: the range is not in {said!r}")
            return
        above = str(int(float(most[1])) + 1) if len(most[1]) < 16 else str(int(most[1]) + 1)
        yield words_for(command, option, above), {2}


def main():
    with open("key", "w") as key:
        key.write("00" * 32)
    os.chmod("key", 0o600)
    seen = set()
    of_kind = collections.Counter()
    found = []
    for tool in TOOLS:
        text = run(tool, ["--help"])[1].decode()
        commands = re.findall(r"^  ([a-z]+) ", text.partition("Subcommands:")[2].partition("\n\n")[0],
                              re.MULTILINE)
        for command in commands:
            for option, kind, repeated, line in options_of(tool, command):
                # What several commands share comes from one place.
                if (tool, line) not in seen:
                    seen.add((tool, line))
                    of_kind[tool, kind, repeated] += 1
                    if SANITIZED and of_kind[tool, kind, repeated] > 1:
                        continue
                    found += [(tool, *case) for case in cases(tool, command, option, kind, repeated)]
        # Where CLI11 would end the command.
        found.append((tool, [commands[-1], "++"], {2}))
    if len(seen) < 90 or len(found) < (300 if SANITIZED else 900):
        fail(f"found only {len(seen)} options in the help, {len(found)} cases")
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for problem in pool.map(lambda case: check(*case), found):
            if problem:
                fail(problem)
    print(f"{len(found)} cases of {len(seen)} options, {failures} failures")


main()
sys.exit(failures > 0)
