#!/usr/bin/env python3
"""Every maker of locks and witnesses, here and in the Python reference (github.com/k98kurz/tapescript
0.7.3), from the same random arguments: the results must be the same bytes, and what one made must
open for the other, with the witnesses that should and no others.

    tapescript_makers.py PROGRAM [--rounds N] [--seed S]

PROGRAM is the program tapescript_makers. PYTHONPATH says where the reference is; without it nothing
is run.
"""

import argparse
import collections
import contextlib
import json
import random
import subprocess
import sys
from unittest import mock

try:
    import tapescript
    from tapescript import tools
    from nacl.signing import SigningKey
except ImportError as missing:
    print(f"skipped: the tapescript reference is not importable ({missing}); nothing was run")
    sys.exit(0)

NOW = 1_700_000_000
OTHER = b"\x07" * 32


class Ours:
    """The program, and what it answers."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        return self.process.wait()


def tag(value):
    """A value in the notation of the cases."""
    if isinstance(value, bytes):
        return {"t": "bytes", "v": value.hex()}
    if isinstance(value, tools.Script):
        return {"t": "script", "v": value.bytes.hex()}
    if isinstance(value, tools.Certificate):
        return {"t": "cert", "v": value.pack().hex()}
    if isinstance(value, bool):
        return {"t": "bool", "v": value}
    if isinstance(value, int):
        return {"t": "int", "v": str(value)}
    if isinstance(value, str):
        return {"t": "str", "v": value}
    if isinstance(value, (list, tuple)):
        return {"t": type(value).__name__, "v": [tag(item) for item in value]}
    if isinstance(value, dict):
        return {"t": "dict", "v": [[tag(k), tag(v)] for k, v in value.items()]}
    return {"t": "none"}


def untag(value):
    """The reverse, as the reference has it."""
    kind, v = value["t"], value.get("v")
    if kind == "script":
        return tools.Script("", bytes.fromhex(v))
    if kind == "cert":
        return tools.Certificate.unpack(bytes.fromhex(v))
    if kind == "bytes":
        return bytes.fromhex(v)
    if kind in ("list", "tuple"):
        return [untag(item) for item in v]
    if kind == "dict":
        return {untag(k): untag(item) for k, item in v}
    return v


class Both:
    """Makes everything twice and opens everything twice."""

    def __init__(self, ours, tally):
        self.ours = ours
        self.tally = tally
        self.failures = []

    def make(self, maker, *args, same=True, **kwargs):
        """The same maker on both sides; gives both results."""
        self.tally[maker] += 1
        question = {"maker": maker, "now": NOW, "args": [tag(a) for a in args],
                    "kwargs": {k: tag(v) for k, v in kwargs.items()}}
        answer = self.ours.ask(question)
        with mock.patch.object(tools, "time", lambda: NOW):
            copies = [list(a) if isinstance(a, list) else a for a in args]
            theirs = getattr(tools, maker)(*copies, **kwargs)
        if "result" not in answer:
            self.failures.append(f"{maker}: refused here: {answer}")
            return theirs, theirs
        if same and answer["result"] != json.loads(json.dumps(tag(theirs))):
            self.failures.append(f"{maker}: {answer['result']}, not {tag(theirs)}")
        return untag(answer["result"]), theirs

    def open(self, what, scripts, fields, wanted, timestamp=NOW):
        """Both say whether the scripts open, and say it right."""
        self.tally["opened" if wanted else "refused"] += 1
        codes = [s if isinstance(s, bytes) else s.bytes for s in scripts]
        cache = {"timestamp": timestamp, **fields}
        answer = self.ours.ask({"scripts": [c.hex() for c in codes], "now": timestamp,
                                "cache": [[tag(k), tag(v)] for k, v in cache.items()]})
        with clock(timestamp):
            theirs = tapescript.run_auth_scripts(codes, cache)
        if answer.get("valid") is not wanted:
            self.failures.append(f"{what}: here {answer}, not {wanted}")
        if theirs is not wanted:
            self.failures.append(f"{what}: there {theirs}, not {wanted}")

    def pair(self, what, locks, witnesses, fields, wanted=True, timestamp=NOW):
        """Each side's witness on the other's lock, and each on a lock over other fields."""
        changed = {**fields, "sigfield1": fields["sigfield1"] + b"!"}
        for lock, witness in ((locks[0], witnesses[1]), (locks[1], witnesses[0])):
            self.open(what, [witness, lock], fields, wanted, timestamp)
            if wanted:
                self.open(f"{what}, another message", [witness, lock], changed, False, timestamp)


@contextlib.contextmanager
def clock(now):
    with mock.patch("tapescript.functions.time", lambda: now):
        yield


class World:
    """Random keys and fields for one round."""

    def __init__(self, source):
        self.source = source
        self.seeds = [source.randbytes(32) for _ in range(4)]
        self.keys = [bytes(SigningKey(seed).verify_key) for seed in self.seeds]
        self.fields = {"sigfield1": source.randbytes(source.randrange(1, 200))}
        for n in (2, 3, 5, 8):
            if source.random() < 0.5:
                self.fields[f"sigfield{n}"] = source.randbytes(source.randrange(0, 40))
        # Field 1 is always signed, so that a change to it shows.
        self.flags = f"{source.choice([0, 0, 2, 4, 0x16, 0xfe]):02x}"
        left_out = int(self.flags, 16)
        self.signs_all = not any(left_out >> (int(name[-1]) - 1) & 1 for name in self.fields)
        self.tweak = tapescript.clamp_scalar(source.randbytes(32))
        self.point = tapescript.derive_point_from_scalar(self.tweak)


def add(one, other):
    """One after the other, whether scripts or both sides' scripts."""
    if isinstance(one, tuple):
        return tuple(add(a, b) for a, b in zip(one, other))
    return tools.Script("", one.bytes + other.bytes)


def single(b, w):
    seed, key = w.seeds[0], w.keys[0]
    for kind in ("", "2"):
        lock = b.make(f"make_single_sig_lock{kind}", key, w.flags)
        b.pair("single", lock, b.make(f"make_single_sig_witness{kind}", seed, w.fields, w.flags),
               w.fields)
        b.pair("single, another key", lock,
               b.make(f"make_single_sig_witness{kind}", OTHER, w.fields, w.flags), w.fields, False)
    b.make("make_single_sig_witness", seed, w.fields, w.flags, "true push d1 pop0 pop0")


def multisig(b, w):
    lock = b.make("make_multisig_lock", w.keys[:3], 2, w.flags)
    made = [b.make("make_single_sig_witness", seed, w.fields, w.flags) for seed in w.seeds]
    b.pair("multisig", lock, add(made[0], made[2]), w.fields)
    b.pair("multisig, one of them another's", lock, add(made[0], made[3]), w.fields, False)


def times(b, w):
    begin, end = NOW - w.source.randrange(1, 1000), NOW + w.source.randrange(1, 59)
    nothing = tools.Script("", b"")
    true = tools.Script("", b"\x01")
    for verify in (False, True):
        after = b.make("make_timestamp_after_lock", begin, verify)
        before = b.make("make_timestamp_before_lock", end, verify)
        between = b.make("make_timestamp_between_lock", begin, end, verify)
        for lock in (*after, *before, *between):
            b.open("time", [nothing, lock, true if verify else nothing], {}, True)
        for lock, ts in zip((*after, *before, *between), [begin - 1] * 2 + [end] * 2 + [end + 1] * 2):
            b.open("time, outside", [nothing, lock, true if verify else nothing], {}, False, ts)


def script_hash(b, w):
    inner = b.make("make_single_sig_lock", w.keys[1], w.flags)
    lock = b.make("make_scripthash_lock", inner[1], w.source.choice([20, 26, 32]))
    show = b.make("make_scripthash_witness", inner[1])
    witness = b.make("make_single_sig_witness", w.seeds[1], w.fields, w.flags)
    b.pair("script hash", lock, add(witness, show), w.fields)


def merklized(b, w):
    for maker in ("prioritized", "balanced"):
        for count in (2, 3, 4):
            leaves = [tools.make_single_sig_lock(key, w.flags) for key in w.keys[:count]]
            random_leaves = maker == "balanced" and count == 3
            made = b.make(f"make_merklized_script_{maker}", leaves, same=not random_leaves)
            for lock, unlocks in made:
                for i, unlock in enumerate(unlocks):
                    witness = tools.make_single_sig_witness(w.seeds[i], w.fields, w.flags)
                    b.open(maker, [witness, unlock, lock], w.fields, True)
                    b.open(f"{maker}, another leaf", [witness, unlocks[i - 1], lock], w.fields,
                           False)


def adapters(b, w):
    seed, key = w.seeds[0], w.keys[0]
    locks = b.make("make_adapter_locks_pub", key, w.point, w.flags)
    b.make("make_adapter_locks_prv", key, w.tweak, w.flags)
    witness = b.make("make_adapter_witness", seed, w.point, w.fields, w.flags)
    b.pair("adapter", [locks[0][0], locks[1][0]], witness, w.fields)
    signature = b.make("decrypt_adapter", witness[0], w.tweak)
    flag = bytes.fromhex(w.flags) if w.flags != "00" else b""
    pushed = [tools.Script.from_src(f"push x{(s + flag).hex()}") for s in signature]
    b.pair("adapter, decrypted", [locks[0][1], locks[1][1]], pushed, w.fields)
    old = b.make("make_adapter_lock_pub", key, w.point, w.flags)
    b.make("make_adapter_lock_prv", key, w.tweak, w.flags)
    # It checks a bare signature, which leaves nothing out.
    if w.flags == "00":
        tweak = tools.Script.from_src(f"push x{w.tweak.hex()}")
        b.pair("adapter, one lock", old, add((tweak, tweak), witness), w.fields)
    decrypt = b.make("make_adapter_decrypt", w.tweak)
    b.open("adapter, decrypting", [add(add(witness[0], decrypt[0]), tools.Script("", b"\x37")),
                                   locks[1][1]], w.fields, w.signs_all)


def delegation(b, w):
    root, middle, last = w.seeds[:3]
    begin, end = NOW - 100, NOW + 50
    cert = b.make("make_delegate_key_cert", root, w.keys[1], begin, end)
    lock = b.make("make_delegate_key_lock", w.keys[0], w.flags)
    witness = b.make("make_delegate_key_witness", middle, cert[0], w.fields, w.flags)
    b.pair("delegate", lock, witness, w.fields)
    b.pair("delegate, too late", lock, witness, w.fields, False, end)
    chain = b.make("make_delegate_key_chain_lock", w.keys[0], w.flags)
    further = b.make("make_delegate_key_cert", middle, w.keys[2], begin, end, False)
    made = b.make("make_delegate_key_chain_witness", last, [further[0], cert[1]], w.fields, w.flags)
    b.pair("chain", chain, made, w.fields)
    ended = b.make("make_delegate_key_cert", root, w.keys[1], begin, end, False)
    made = b.make("make_delegate_key_chain_witness", last, [further[0], ended[1]], w.fields, w.flags)
    b.pair("chain, not allowed", chain, made, w.fields, False)


def graftroot(b, w):
    lock = b.make("make_graftroot_lock", w.keys[0], w.flags)
    b.pair("graftroot", lock,
           b.make("make_graftroot_witness_keyspend", w.seeds[0], w.fields, w.flags), w.fields)
    surrogate = tools.make_single_sig_lock(w.keys[1], w.flags)
    shown = b.make("make_graftroot_witness_surrogate", w.seeds[0], surrogate)
    witness = b.make("make_single_sig_witness", w.seeds[1], w.fields, w.flags)
    b.pair("graftroot, surrogate", lock, add(witness, shown), w.fields)
    forged = b.make("make_graftroot_witness_surrogate", w.seeds[2], surrogate)
    b.pair("graftroot, forged", lock, add(witness, forged), w.fields, False)


def time_locked(b, w):
    preimage = w.source.randbytes(w.source.randrange(2, 33))
    give, take = w.seeds[0], w.seeds[1]
    # Within a minute, which a runtime's clock may be behind.
    after = {"timeout": 30, "sigflags": w.flags}
    for kind in ("htlc", "htlc2"):
        for name in ("sha256", "shake256"):
            lock = b.make(f"make_{kind}_{name}_lock", w.keys[1], w.keys[0], preimage=preimage, **after)
            claim = b.make(f"make_{kind}_witness", take, preimage, w.fields, w.flags)
            refund = b.make(f"make_{kind}_witness", give, b"\x01", w.fields, w.flags)
            b.pair(kind, lock, claim, w.fields)
            b.pair(f"{kind}, refund too early", lock, refund, w.fields, False)
            b.pair(f"{kind}, refund", lock, refund, w.fields, True, NOW + 31)
    for tweak in (None, True):
        lock = b.make("make_ptlc_lock", w.keys[1], w.keys[0], w.point if tweak else None, **after)
        claim = b.make("make_ptlc_witness", take, w.fields, w.tweak if tweak else None, w.flags)
        refund = b.make("make_ptlc_refund_witness", give, w.fields, w.flags)
        b.pair("ptlc", lock, claim, w.fields)
        b.pair("ptlc, refund too early", lock, refund, w.fields, False)
        b.pair("ptlc, refund", lock, refund, w.fields, True, NOW + 31)


def taproot(b, w):
    seed, key = w.seeds[0], w.keys[0]
    hidden = tools.make_single_sig_lock(w.keys[1], w.flags)
    inner = b.make("make_single_sig_witness", w.seeds[1], w.fields, w.flags)
    spend = b.make("make_taproot_witness_keyspend", seed, w.fields, hidden, sigflags=w.flags)
    show = b.make("make_taproot_witness_scriptspend", key, hidden)
    for maker in ("make_taproot_lock", "make_nonnative_taproot_lock"):
        lock = b.make(maker, key, hidden, sigflags=w.flags)
        b.make(maker, key, script_commitment=hidden.commitment(), sigflags=w.flags)
        b.pair(maker, lock, spend, w.fields)
        b.pair(f"{maker}, script", lock, add(inner, show), w.fields)
    lock = b.make("make_graftap_lock", key, w.flags)
    b.pair("graftap", lock, b.make("make_graftap_witness_keyspend", seed, w.fields, w.flags),
           w.fields)
    b.pair("graftap, script", lock,
           add(inner, b.make("make_graftap_witness_scriptspend", seed, hidden)), w.fields)


def amhl(b, w):
    """A chain of three hops, opened from its end."""
    made = b.make("setup_amhl", w.source.randbytes(32), w.keys[:3], w.flags, {w.keys[1]: w.keys[3]})
    chain = made[0]
    release = chain["key"] if isinstance(chain["key"], bytes) else bytes.fromhex(chain["key"])
    flag = bytes.fromhex(w.flags) if w.flags != "00" else b""
    for i in reversed(range(3)):
        check, lock, point, step = chain[w.keys[i]]
        witness = b.make("make_adapter_witness", w.seeds[i], point, w.fields, w.flags)
        b.open("amhl, adapter", [witness[0], check], w.fields, True)
        signature = b.make("decrypt_adapter", witness[0], release)
        extra = " true" if i == 1 else ""
        shown = tools.Script.from_src(f"push x{(signature[0] + flag).hex()}{extra}")
        b.open("amhl, hop", [shown, lock], w.fields, True)
        if i > 0:
            release = b.make("release_left_amhl_lock", witness[0], signature[1], step)[0]


TESTS = (single, multisig, times, script_hash, merklized, adapters, delegation, graftroot,
         time_locked, taproot, amhl)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    ours = Ours(options.program)
    tally = collections.Counter()
    both = Both(ours, tally)
    for number in range(options.rounds):
        for test in TESTS:
            test(both, World(random.Random(options.seed * 1_000_003 + number)))
    for failure in both.failures[:20]:
        print(failure)
    makers = {name for name in dir(tools)
              if name.startswith(("make_", "setup_amhl", "decrypt_adapter", "release_"))}
    for name in sorted(makers - set(tally) - TREES):
        print(f"not tested: {name}")
        both.failures.append(name)
    for name, count in sorted(tally.items()):
        print(f"{count:7} {name}")
    if ours.stop() != 0 or both.failures:
        print(f"{len(both.failures)} differences")
        return 1
    print(f"no differences in {options.rounds} rounds")
    return 0


# Covered by the makers of merklized scripts.
TREES = {"make_script_tree_prioritized", "make_script_tree_balanced"}

if __name__ == "__main__":
    sys.exit(main())
