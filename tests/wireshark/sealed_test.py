#!/usr/bin/env python3
"""What tshark shows of sessions that are made here, over TCP and datagrams, with a key log and
without."""

import struct
import unittest

from capture import Capture, Connection, Datagrams
from frames import (AES, CHACHA, NOTIFY, REQUEST, RESPOND, SEALED, SESSION, Sealer, frame, inner,
                    key_line, part, sealed)
from shark import SharkTest

IK, XX = 1, 2
EPHEMERAL = bytes(range(32))
OF_CLIENT, OF_SERVER = b"c" * 32, b"s" * 32
CLIENT_INDEX, SERVER_INDEX = 0x01020304, 0xfffefdfc
NO_PROOF = bytes(16)


class SealedTest(SharkTest):
    def setUp(self):
        super().setUp()
        self.capture = Capture()

    def log_keys(self, cipher, *indexes, ephemeral=EPHEMERAL):
        self.keys = self.file("keys", key_line(b"\0" * 32, AES, b"a" * 32, b"b" * 32, 1, 2)
                              + key_line(ephemeral, cipher, OF_CLIENT, OF_SERVER, *indexes) * 2)

    def sealers(self, cipher):
        return Sealer(cipher, OF_CLIENT), Sealer(cipher, OF_SERVER)


class ConnectionTest(SealedTest):
    def began(self, cipher):
        """A connection behind a handshake with a known key."""
        connection = Connection(self.capture)
        connection.send(True, frame(REQUEST, SESSION, bytes([IK, cipher]) + EPHEMERAL + bytes(65),
                                    request_id=1))
        connection.send(False, frame(RESPOND, SESSION, bytes(49), request_id=1))
        return connection

    def session(self, cipher):
        connection = self.began(cipher)
        client, server = self.sealers(cipher)
        connection.send(True, client.marker(),
                        client.next(inner(REQUEST, "kitchen/lamp", request_id=2)))
        connection.send(False, server.next(inner(RESPOND, "kitchen/lamp", "on" * 300, 2)))
        return connection, client, server

    def test_shows_handshakes(self):
        self.began(CHACHA)
        self.assertEqual(
            self.fields(self.capture, "netaio.session.pattern", "netaio.session.cipher",
                        "netaio.session.ephemeral", "netaio.session.static",
                        "netaio.session.payload"),
            [("1", "2", EPHEMERAL.hex(), "00" * 48, "00" * 17), ("", "", "00" * 32, "", "00" * 17)])
        capture = Capture()
        connection = Connection(capture)
        connection.send(True, frame(REQUEST, SESSION, bytes([XX, AES]) + EPHEMERAL + bytes(80)))
        connection.send(False, frame(RESPOND, SESSION, bytes(97)))
        connection.send(True, frame(REQUEST, SESSION, bytes(65)))
        self.assertEqual(
            self.fields(capture, "netaio.session.pattern", "netaio.session.ephemeral",
                        "netaio.session.static", "netaio.session.payload"),
            [("2", EPHEMERAL.hex(), "", "00" * 80), ("", "00" * 32, "00" * 48, "00" * 17),
             ("", "", "00" * 48, "00" * 17)])

    def test_opens_what_is_sealed_with_either_cipher(self):
        for cipher in (AES, CHACHA):
            self.capture = Capture()
            self.session(cipher)
            self.log_keys(cipher)
            self.assertEqual(self.lines(self.capture)[2:], [
                "sealed: a new key", "sealed: REQUEST_URI kitchen/lamp",
                "sealed: RESPOND_URI kitchen/lamp"])
            self.assertEqual(
                self.fields(self.capture, "netaio.type", "netaio.sealed.number", "netaio.uri",
                            "netaio.text", "netaio.answer_in", "netaio.answer_to",
                            "netaio.session.asked_in", chosen="netaio.type == 14"),
                [("14", "0", "", "", "", "", "4"),
                 (["14", "0"], "1", "kitchen/lamp", "", "8", "", "4"),
                 (["14", "1"], "0", "kitchen/lamp", "on" * 300, "", "7", "4")])
            self.assertIn("not checked", self.shark(self.capture, "-V"))

    def test_shows_what_is_sealed_as_that_without_keys(self):
        self.session(AES)
        self.assertEqual(self.lines(self.capture)[2:], ["sealed"] * 3)
        self.assertEqual(self.problems(self.capture), [])
        self.log_keys(AES, ephemeral=b"another" * 4 + b"....")
        self.assertEqual(self.lines(self.capture)[2:], ["sealed"] * 3)
        self.assertEqual(self.problems(self.capture),
                         ["not opened: the key log has no key for it"] * 3)

    def test_finds_the_key_of_a_handshake_that_is_hidden_itself(self):
        for cipher in (AES, CHACHA):
            for from_client in (False, True):
                self.capture = Capture()
                client, server = self.sealers(cipher)
                frames = [(True, client.next(inner(REQUEST, "a"))),
                          (False, server.next(inner(RESPOND, "a"))),
                          (True, client.next(inner(REQUEST, "b")))]
                connection = Connection(self.capture)
                for by_client, sent in frames if from_client else frames[1::-1] + frames[2:]:
                    connection.send(by_client, sent)
                self.log_keys(cipher)
                self.assertEqual(
                    sorted(self.lines(self.capture)),
                    [f"sealed: {what}" for what in ("REQUEST_URI a", "REQUEST_URI b",
                                                    "RESPOND_URI a")])

    def test_counts_what_is_sent_again_once(self):
        connection, client, _ = self.session(AES)
        again = client.next(inner(NOTIFY, "again"))
        connection.send(True, again)
        connection.send_again(True, again)
        connection.send(True, client.next(inner(NOTIFY, "last")))
        self.log_keys(AES)
        self.assertEqual(self.lines(self.capture)[-1], "sealed: NOTIFY_URI last")

    def test_says_when_a_frame_is_missing(self):
        connection, client, _ = self.session(AES)
        client.next(inner(NOTIFY, "missing"))
        connection.send(True, client.next(inner(NOTIFY, "last")))
        self.log_keys(AES)
        self.assertEqual(self.problems(self.capture), [
            "not opened: the key does not open it; frames may be missing before it"])

    def test_says_what_is_wrong_within(self):
        connection, client, _ = self.session(CHACHA)
        connection.send(True, client.next(b"\x00\x00\x03\x4d\x40\x00\xff\xff"),
                        client.next(b"\x00\x00\x03\x4d\x40\x00"))
        self.log_keys(CHACHA)
        self.assertEqual(self.problems(self.capture), ["the uri goes beyond the body"] * 2)

    def test_reads_a_key_log_that_is_broken(self):
        self.session(AES)
        self.log_keys(AES)
        with open(self.keys, "ab") as file:
            file.write(b"NETAIO_SESSION 12 1\nNETAIO_SESSION zz 2\n\xff\0\n# a\nhalf")
        self.assertEqual(self.lines(self.capture)[-1], "sealed: RESPOND_URI kitchen/lamp")
        keys, self.keys = self.keys, None
        self.assertEqual(self.lines(self.capture, "-o", f"netaio.key_log:{keys}")[-1],
                         "sealed: RESPOND_URI kitchen/lamp")


class DatagramTest(SealedTest):
    def session(self, cipher):
        datagrams = Datagrams(self.capture)
        client, server = self.sealers(cipher)
        datagrams.send(True, client.datagram(
            SERVER_INDEX, part(REQUEST, "a", "", 7) + part(REQUEST, "b", "", 8)))
        datagrams.send(False, server.datagram(
            CLIENT_INDEX, part(RESPOND, "b", "of b", 8) + part(RESPOND, "a", "of a", 7)))
        datagrams.send(True, client.datagram(SERVER_INDEX, b""))
        probe = b"\x01" + bytes(1199)
        answer = b"\x02" + struct.pack(">H", 1250)
        datagrams.send(True, client.datagram(
            SERVER_INDEX, struct.pack(">BHH", SEALED, 0, len(probe)) + probe))
        datagrams.send(False, server.datagram(
            CLIENT_INDEX, struct.pack(">BHH", SEALED, 0, len(answer)) + answer))
        for kind, sender, index in ((b"\x03", server, CLIENT_INDEX), (b"\x04", client, SERVER_INDEX)):
            datagrams.send(sender is client, sender.datagram(
                index, struct.pack(">BHH", SEALED, 0, 9) + kind + bytes(8)))

    def test_opens_what_is_sealed_with_either_cipher(self):
        for cipher in (AES, CHACHA):
            self.capture = Capture()
            self.session(cipher)
            self.log_keys(cipher, CLIENT_INDEX, SERVER_INDEX)
            self.assertEqual(self.lines(self.capture), [
                "sealed: REQUEST_URI a, REQUEST_URI b", "sealed: RESPOND_URI b, RESPOND_URI a",
                "sealed: sign of life", "sealed: probe", "sealed: answer to a probe",
                "sealed: asks who moved where it is", "sealed: shows where it is"])
            self.assertEqual(
                self.fields(self.capture, "netaio.sealed.index", "netaio.sealed.counter",
                            "netaio.uri", "netaio.text", "netaio.answer_in", "netaio.answer_to",
                            "netaio.sealed.probe"),
                [("0xfffefdfc", "0", ["a", "b"], "", ["2", "2"], "", ""),
                 ("0x01020304", "0", ["b", "a"], ["of b", "of a"], "", ["1", "1"], ""),
                 ("0xfffefdfc", "1", "", "", "", "", ""),
                 ("0xfffefdfc", "2", "", "", "", "", "1247"),
                 ("0x01020304", "1", "", "", "", "", "1250"),
                 ("0x01020304", "2", "", "", "", "", ""),
                 ("0xfffefdfc", "3", "", "", "", "", "")])
            self.assertEqual(self.problems(self.capture), [])

    def test_opens_one_after_others_were_lost(self):
        client, _ = self.sealers(AES)
        client.number = 2**40 + 1
        Datagrams(self.capture).send(True, client.datagram(SERVER_INDEX, part(NOTIFY, "late")))
        self.log_keys(AES, CLIENT_INDEX, SERVER_INDEX)
        self.assertEqual(self.fields(self.capture, "netaio.sealed.counter", "netaio.uri"),
                         [(str(2**40 + 1), "late")])

    def test_finds_keys_by_the_handshake_where_the_log_has_no_indexes(self):
        Datagrams(self.capture).send(True, frame(
            REQUEST, SESSION, bytes([IK, AES]) + struct.pack(">I", CLIENT_INDEX) + NO_PROOF
            + EPHEMERAL + bytes(73)))
        self.session(AES)
        self.log_keys(AES)
        self.assertEqual(self.lines(self.capture)[1:3], [
            "sealed: REQUEST_URI a, REQUEST_URI b", "sealed: RESPOND_URI b, RESPOND_URI a"])

    def test_shows_what_is_sealed_as_that_without_keys(self):
        self.session(AES)
        self.assertEqual(self.lines(self.capture), ["sealed"] * 7)
        self.log_keys(AES, 5, 6)
        self.assertEqual(self.problems(self.capture),
                         ["not opened: the key log has no key for it"] * 7)

    def test_shows_handshakes(self):
        datagrams = Datagrams(self.capture)
        cookie, proof = b"k" * 16, b"p" * 16
        first = bytes([XX, CHACHA]) + struct.pack(">I", CLIENT_INDEX)
        datagrams.send(True, frame(REQUEST, SESSION, first + NO_PROOF + EPHEMERAL + bytes(80),
                                   request_id=1))
        datagrams.send(False, frame(RESPOND, SESSION, b"\x02" + cookie, request_id=1))
        datagrams.send(True, frame(REQUEST, SESSION, first + proof + EPHEMERAL + bytes(80)))
        datagrams.send(False, frame(RESPOND, SESSION, b"\x01" + bytes(32 + 48 + 21)))
        datagrams.send(True, frame(REQUEST, SESSION, b"\x03" + struct.pack(">I", SERVER_INDEX)
                                   + NO_PROOF + bytes(48 + 17)))
        names = ["pattern", "cipher", "kind", "index", "mac2", "cookie", "ephemeral", "static"]
        empty, key = ("",) * 8, EPHEMERAL.hex()
        self.assertEqual(self.fields(self.capture, *(f"netaio.session.{name}" for name in names)), [
            ("2", "2", "", "0x01020304", NO_PROOF.hex(), "", key, ""),
            ("", "", "2", *empty[:2], cookie.hex(), "", ""),
            ("2", "2", "", "0x01020304", proof.hex(), "", key, ""),
            ("", "", "1", *empty[:3], "00" * 32, "00" * 48),
            ("3", "", "", "0xfffefdfc", NO_PROOF.hex(), "", "", "00" * 48)])

    def test_says_when_one_is_too_short(self):
        datagrams = Datagrams(self.capture)
        for size in (0, 5, 12, 27):
            datagrams.send(True, sealed(bytes(size)))
        self.assertEqual(self.problems(self.capture), ["too short for a sealed frame"] * 4)


if __name__ == "__main__":
    unittest.main()
