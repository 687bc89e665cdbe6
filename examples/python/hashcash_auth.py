"""Hashcash for the Python netaio (0.0.8 and 0.0.9): an auth plugin that pays for what it sends, or
wants to be paid, by the stamps of docs/protocol.md, section 13.

    client = TCPClient(..., auth_plugin=HashcashAuthPlugin({"realm": "kitchen", "pay": 20}))
    server = TCPServer(..., auth_plugin=HashcashAuthPlugin({"realm": "kitchen", "bits": 20}))

Plugins are not told here whether a message is an answer. So one that asks for stamps belongs where
only requests come in, and one that pays where only requests go out. Stamps are searched in the
caller's thread: nothing else is done meanwhile."""

from collections import OrderedDict
from hashlib import sha256
from os import urandom
from struct import Struct
from time import time

import netaio.common

VERSION = 1
# Version, realm, timestamp, nonce, body, counter.
STAMP = Struct(">B16sI8s16sQ")


def short_digest(data: bytes) -> bytes:
    """What stands for a realm or a body in a stamp."""
    return sha256(data).digest()[:16]


def zero_bits(digest: bytes) -> int:
    """How many zero bits a digest begins with."""
    return len(digest) * 8 - int.from_bytes(digest, "big").bit_length()


def make_stamp(realm: bytes, body: bytes, bits: int, timestamp: int, nonce: bytes) -> bytes:
    """A stamp that begins with that many zero bits, by the first counter there is."""
    stamp = STAMP.pack(VERSION, short_digest(realm), timestamp, nonce, short_digest(body), 0)
    head = sha256(stamp[:-8])
    counter = 0
    while True:
        attempt = head.copy()
        attempt.update(counter.to_bytes(8, "big"))
        if zero_bits(attempt.digest()) >= bits:
            return stamp[:-8] + counter.to_bytes(8, "big")
        counter += 1


class HashcashAuthPlugin:
    """Stamps in the field "hc"."""

    def __init__(self, config: dict):
        """Needs {"realm": <str|bytes>}, whom stamps are for. {"bits": <int>} is what messages must
        pay and {"pay": <int>} what those that are sent do, both nothing by default. {"max_age"}
        and {"max_ahead"}, in seconds, bound the age of stamps, {"seen_max"} how many are
        remembered; {"hc_field"} is the name of the field."""
        realm = config["realm"]
        self.realm = realm.encode() if isinstance(realm, str) else realm
        self.bits = config.get("bits", 0)
        self.pay = config.get("pay", 0)
        self.max_age = config.get("max_age", 120)
        self.max_ahead = config.get("max_ahead", 10)
        self.seen_max = config.get("seen_max", 100_000)
        self.field = config.get("hc_field", "hc")
        # Stamps and their timestamps. What is not younger than the floor may have been forgotten,
        # or used before this program started, unless that does not matter (ran_before).
        self.seen = OrderedDict()
        ran_before = config.get("ran_before", True)
        self.floor = int(time()) + self.max_ahead if ran_before else int(time()) - 1

    def make(self, auth_fields, body, node=None, peer=None, peer_plugin=None) -> None:
        """Adds a stamp, if this end pays."""
        if self.pay > 0:
            auth_fields.fields[self.field] = make_stamp(
                self.realm, body.encode(), self.pay, int(time()), urandom(8)
            )

    def check(self, auth_fields, body, node=None, peer=None, peer_plugin=None) -> bool:
        """Whether a message has paid, if it must; what costs least is looked at first."""
        if self.bits == 0:
            return True
        stamp = auth_fields.fields.get(self.field)
        if not isinstance(stamp, bytes) or len(stamp) != STAMP.size:
            return False
        version, realm, timestamp, _, digest, _ = STAMP.unpack(stamp)
        if version != VERSION or realm != short_digest(self.realm):
            return False
        if zero_bits(sha256(stamp).digest()) < self.bits:
            return False
        age = int(time()) - timestamp
        if age > self.max_age or -age > self.max_ahead:
            return False
        if timestamp <= self.floor or stamp in self.seen:
            return False
        # A stamp stays good when somebody else puts it on another body.
        if digest != short_digest(body.encode()):
            return False
        self._remember(stamp, timestamp)
        return True

    def _remember(self, stamp: bytes, timestamp: int) -> None:
        oldest = int(time()) - self.max_age
        while self.seen:
            first = next(iter(self.seen))
            if self.seen[first] >= oldest and len(self.seen) < self.seen_max:
                break
            self.floor = max(self.floor, self.seen.pop(first))
        self.seen[stamp] = timestamp

    def error(self, message_class=netaio.common.Message,
              message_type_class=netaio.common.MessageType,
              header_class=netaio.common.Header, auth_fields_class=netaio.common.AuthFields,
              body_class=netaio.common.Body):
        """What is sent to who did not pay."""
        # 0.0.9 has another name for it.
        make_error = getattr(netaio.common, "make_error_msg", None)
        make_error = make_error or netaio.common.make_error_response
        return make_error("hashcash auth failed", message_class=message_class,
                          message_type_class=message_type_class, body_class=body_class)

    @staticmethod
    def is_peer_specific() -> bool:
        """One stamp serves all who hear a message."""
        return False
