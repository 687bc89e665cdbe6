"""Prints tests/vectors/hashcash.json, made by examples/python/hashcash_auth.py. Needs a reference on
its PYTHONPATH; either version makes the same."""

import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "examples", "python"))

import hashcash_auth  # noqa: E402
from hashcash_auth import STAMP, HashcashAuthPlugin, make_stamp, zero_bits  # noqa: E402
from netaio.common import AuthFields, Body  # noqa: E402

NOW = 1_700_000_000
draw = random.Random(1)
cases = []


def add(kind, name, expect, **inputs):
    cases.append({"name": f"{kind}/{name}", "kind": kind, **inputs, "expect": expect})


def stamp_cases():
    bodies = {"empty": b"\0\0", "small": b"\0\3urisome content", "block": b"\0\x01u" + b"c" * 61,
              "large": b"\0\x04room" + bytes(range(256)) * 4}
    realms = {"plain": b"kitchen", "utf8": "küche".encode(), "one": b"r", "long": b"realm" * 50}
    for body_name, body in bodies.items():
        for realm_name, realm in realms.items():
            bits = draw.choice((0, 1, 5, 8, 9, 12))
            timestamp = draw.choice((0, 1, NOW, 0xFFFFFFFF))
            nonce = draw.randbytes(8)
            stamp = make_stamp(realm, body, bits, timestamp, nonce)
            digest = hashcash_auth.sha256(stamp).digest()
            add("stamp", f"{body_name}_{realm_name}",
                {"stamp": stamp.hex(), "sha256": digest.hex(), "zero_bits": zero_bits(digest)},
                realm=realm.hex(), body=body.hex(), bits=bits, timestamp=timestamp,
                nonce=nonce.hex())


def exactly(bits, **changes):
    """A stamp with that many zero bits and no more, and what was changed before it was paid."""
    parts = {"realm": b"kitchen", "body": b"\0\3urisome content", "timestamp": NOW, **changes}
    while True:
        stamp = make_stamp(parts["realm"], parts["body"], bits, parts["timestamp"],
                           draw.randbytes(8))
        if zero_bits(hashcash_auth.sha256(stamp).digest()) == bits:
            return stamp


def paid_anew(stamp, bits):
    """The first counter with which changed bytes have the price; the last eight are counted."""
    for counter in range(1 << 24):
        changed = stamp[:-8] + counter.to_bytes(8, "big")
        if zero_bits(hashcash_auth.sha256(changed).digest()) >= bits:
            return changed
    raise AssertionError("unpayable")


def check_cases():
    hashcash_auth.time = lambda: NOW
    bits = 8
    good = exactly(bits)
    version, realm, timestamp, nonce, digest, counter = STAMP.unpack(good)
    stamps = {
        "price": good,
        "more_than_the_price": exactly(bits + 3),
        "a_bit_too_little": exactly(bits - 1),
        "other_realm": exactly(bits, realm=b"cellar"),
        "other_body": exactly(bits, body=b"\0\3urisome conten!"),
        "oldest": exactly(bits, timestamp=NOW - 120),
        "too_old": exactly(bits, timestamp=NOW - 121),
        "furthest_ahead": exactly(bits, timestamp=NOW + 10),
        "too_far_ahead": exactly(bits, timestamp=NOW + 11),
        "version_0": paid_anew(STAMP.pack(0, realm, timestamp, nonce, digest, counter), bits),
        "version_2": paid_anew(STAMP.pack(2, realm, timestamp, nonce, digest, counter), bits),
        "longer": paid_anew(good + b"\0", bits),
        "shorter": paid_anew(good[:-1], bits),
        "little_endian_time": paid_anew(good[:17] + good[17:21][::-1] + good[21:], bits),
        "realm_in_full": paid_anew(b"\x01kitchen" + good[17:], bits),
        "empty": b"",
    }
    body = Body.prepare(b"some content", b"uri")
    for name, stamp in stamps.items():
        plugin = HashcashAuthPlugin({"realm": "kitchen", "bits": bits, "ran_before": False})
        plugin.floor = 0
        valid = plugin.check(AuthFields({"hc": stamp}), body)
        add("check", name, {"valid": valid, "again": plugin.check(AuthFields({"hc": stamp}), body)},
            realm=b"kitchen".hex(), bits=bits, now=NOW, body=body.encode().hex(), stamp=stamp.hex())


stamp_cases()
check_cases()
print('{"format": "hashcash stamps: made from all they depend on, and checked",', end=" ")
print('"reference": "examples/python/hashcash_auth.py", "cases": [')
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]}")
