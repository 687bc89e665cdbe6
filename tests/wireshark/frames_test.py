#!/usr/bin/env python3
"""What tshark shows of frames that are made here: whole ones and broken ones."""

import random
import struct
import unittest

from capture import Capture, Connection, Datagrams
from frames import (ADVERTISE, AUTH_ERROR, CONFIRM_SUBSCRIBE, ERROR, LAUNCH, LAUNCHED, NOT_FOUND,
                    NOTIFY, OK, REQUEST, RESPOND, SUBSCRIBE, UPDATE, auth, body, frame, packed,
                    whole)
from shark import SharkTest


class FramesTest(SharkTest):
    def setUp(self):
        super().setUp()
        self.capture = Capture()

    def connection(self, **ports):
        return Connection(self.capture, **ports)

    def test_shows_header_fields_uri_and_content(self):
        self.connection().send(True, frame(UPDATE, "kitchen/lamp", "on", {"hmac": b"\x01\x02"}, 7))
        self.assertEqual(
            self.fields(self.capture, "netaio.type", "netaio.auth_length", "netaio.body_length",
                        "netaio.uri", "netaio.content", "netaio.text", "netaio.id", "netaio.field"),
            [("3", "44", "16", "kitchen/lamp", "6f6e", "on", "0x00000007",
              ["#: 0x00000007", "hmac: 0x0102"])])
        self.assertIn("[correct]", self.shark(self.capture, "-V"))
        self.assertEqual(self.problems(self.capture), [])

    def test_shows_fields_of_each_kind(self):
        fields = {"a": 70000, "b": -3, "c": 0.5, "d": None, "e": ["x", b"\xff"], "f": {"k": "v"},
                  "ts": struct.pack(">I", 1000000000), "g": True}
        self.connection().send(True, frame(NOTIFY, "uri", "", fields))
        [(shown, made)] = self.fields(self.capture, "netaio.field", "netaio.timestamp")
        self.assertEqual(sorted(shown), [
            "a: 70000", "b: -3", "c: 0.5", "d: none", "e: [x, 0xff]", "f: {k: v}", "g: true",
            "ts: 0x3b9aca00"])
        self.assertTrue(made.startswith("Sep  9, 2001 01:46:40"), made)

    def test_shows_content_that_is_no_text_as_bytes(self):
        self.connection().send(True, frame(NOTIFY, "uri", b"a\0b\xff"))
        self.assertEqual(self.fields(self.capture, "netaio.content", "netaio.text"),
                         [("610062ff", "")])

    def test_shows_peers(self):
        peer = packed((b"kitchen", packed({b"room": b"12"})))
        self.connection().send(True, frame(ADVERTISE, "app", peer))
        self.assertEqual(self.fields(self.capture, "netaio.peer.id", "netaio.peer.data"),
                         [("kitchen", "{room: 12}")])

    def test_puts_frames_together_and_tells_them_apart(self):
        large = frame(UPDATE, "large", "x" * 60000)
        both = frame(REQUEST, "a") + frame(REQUEST, "b")
        connection = self.connection()
        connection.send(True, large[:5], large[5:40000], large[40000:] + both + large[:9],
                        large[9:-1], large[-1:] + both)
        self.assertEqual(self.lines(self.capture), [
            "UPDATE_URI large; REQUEST_URI a; REQUEST_URI b",
            "UPDATE_URI large; REQUEST_URI a; REQUEST_URI b"])
        self.assertEqual(self.problems(self.capture), [])

    def test_goes_on_with_the_next_packet_where_a_capture_begins_within_a_frame(self):
        large = frame(UPDATE, "large", "x" * 2000)
        self.connection().send(True, large[1400:], frame(REQUEST, "a"))
        self.assertEqual(self.lines(self.capture)[1:], ["REQUEST_URI a"])

    def links(self, capture=None):
        return self.fields(capture or self.capture, "frame.number", "netaio.answer_in",
                           "netaio.answer_to", "netaio.time")

    def test_links_answers_by_the_ids_of_their_requests(self):
        connection = self.connection()
        connection.send(True, frame(REQUEST, "a", request_id=1), frame(REQUEST, "a", request_id=2),
                        frame(LAUNCH, "b", request_id=3))
        connection.send(False, frame(LAUNCHED, "b", request_id=3),
                        frame(RESPOND, "a", request_id=2), frame(ERROR, "ERROR", request_id=1),
                        frame(NOTIFY, "a"))
        self.assertEqual(self.links(), [
            ("4", "9", "", ""), ("5", "8", "", ""), ("6", "7", "", ""),
            ("7", "", "6", "0.001000000"), ("8", "", "5", "0.003000000"),
            ("9", "", "4", "0.005000000"), ("10", "", "", "")])

    def test_links_answers_without_ids_by_uri_in_order(self):
        connection = self.connection()
        connection.send(True, frame(REQUEST, "a"), frame(REQUEST, "b"), frame(REQUEST, "a"),
                        frame(SUBSCRIBE, "a"))
        connection.send(False, frame(CONFIRM_SUBSCRIBE, "a"), frame(RESPOND, "b"),
                        frame(NOT_FOUND, "a"), frame(NOTIFY, "a"), frame(NOT_FOUND, ""))
        self.assertEqual([row[1:3] for row in self.links()], [
            ("10", ""), ("9", ""), ("12", ""), ("8", ""),
            ("", "7"), ("", "5"), ("", "4"), ("", ""), ("", "6")])

    def test_links_what_is_in_one_packet_and_of_one_conversation_alone(self):
        connection = self.connection()
        connection.send(True, frame(REQUEST, "a") + frame(REQUEST, "b"))
        self.connection(port=41000).send(False, frame(RESPOND, "a"))
        connection.send(False, frame(RESPOND, "a") + frame(RESPOND, "b"))
        self.assertEqual([row[1:3] for row in self.links()], [
            (["9", "9"], ""), ("", ""), ("", ["4", "4"])])

    def test_takes_what_icmp_gives_back_for_no_other_question(self):
        datagrams = Datagrams(self.capture)
        datagrams.send(True, frame(REQUEST, "a"))
        self.capture.refuse_last()
        datagrams.send(False, frame(RESPOND, "a"))
        self.assertEqual([row[:3] for row in self.links()], [("1", "3", ""), ("3", "", "1")])

    def test_says_errors(self):
        connection = self.connection()
        connection.send(True, frame(REQUEST, "a"))
        connection.send(False, frame(AUTH_ERROR, "a", "HMAC auth failed"),
                        frame(ERROR, "ERROR", "invalid message"), frame(NOT_FOUND, "a"))
        self.assertEqual(self.problems(self.capture), [
            "AUTH_ERROR: HMAC auth failed", "ERROR: invalid message", "NOT_FOUND"])

    def test_says_what_is_wrong_with_a_frame(self):
        bare = auth()
        for made, said in [
            (whole(REQUEST, bare, body("a"), checksum=1), "the checksum is wrong"),
            (whole(15, bare, body("a")), "unknown type 15"),
            (whole(REQUEST, b"\x4d\x40\x07", body("a")), "no auth fields can be read"),
            (whole(REQUEST, b"", body("a")), "no auth fields can be read"),
            (whole(REQUEST, bare, b"\xff\xffa"), "the uri goes beyond the body"),
            (whole(REQUEST, bare, b"a"), "the uri goes beyond the body"),
            (whole(14, bare, b"\0\0short"), "too short for a sealed frame"),
        ]:
            capture = Capture()
            Connection(capture).send(True, made)
            Datagrams(capture).send(True, made)
            self.assertEqual(self.problems(capture), [said, said])

    def test_says_that_a_datagram_is_short_or_cut_off(self):
        whole_frame = frame(REQUEST, "kitchen/lamp", "content")
        datagrams = Datagrams(self.capture)
        for size in (0, 5, 12, 20, 30):
            datagrams.send(True, whole_frame[:size])
        self.assertEqual(self.problems(self.capture)[:1], ["shorter than a header"])
        self.assertIn("shorter than its header says", self.problems(self.capture))
        cut = Capture()
        Datagrams(cut).send(True, whole_frame)
        Connection(cut).send(True, whole_frame)
        self.assertIn("cut off when it was captured", self.problems(cut, cut=60))

    def test_leaves_what_is_behind_the_frame_of_a_datagram(self):
        Datagrams(self.capture).send(True, frame(REQUEST, "a") + b"more")
        self.assertEqual(self.lines(self.capture), ["REQUEST_URI a"])
        self.assertEqual(self.problems(self.capture), [])

    def test_finds_netaio_on_other_ports(self):
        ports = {"port": 41000, "server_port": 41001}
        self.connection(**ports).send(True, frame(REQUEST, "a"))
        Datagrams(self.capture, **ports).send(True, frame(REQUEST, "b"))
        Datagrams(self.capture, **ports).send(False, b"\0" * 60)
        Datagrams(self.capture, 41002, 41003).send(True, b"\0" * 60)
        self.assertEqual([line for line in self.lines(self.capture) if "_URI a" in line or
                          "_URI b" in line], ["REQUEST_URI a", "REQUEST_URI b"])
        self.assertNotIn("41002", self.shark(self.capture, "-Y", "netaio", "-T", "fields", "-e",
                                             "udp.srcport"))

    def test_is_for_the_ports_of_the_preferences_and_for_what_is_decoded_as_it(self):
        ports = {"port": 41000, "server_port": 41001}
        Datagrams(self.capture, **ports).send(True, b"\x10" * 40)
        self.connection(**ports).send(True, b"\x10" * 40)
        self.assertEqual(self.lines(self.capture), [])
        for options in (["-o", "netaio.tcp_ports:41001", "-o", "netaio.udp_ports:41001"],
                        ["-d", "tcp.port==41001,netaio", "-d", "udp.port==41001,netaio"]):
            self.assertEqual(self.lines(self.capture, *options), ["unknown type 16"] * 2)
        Connection(self.capture).send(True, b"\x10" * 40)
        self.assertEqual(self.lines(self.capture), ["unknown type 16"])
        self.assertEqual(self.lines(self.capture, "-o", "netaio.tcp_ports:"), [])

    def test_has_no_errors_of_its_own_whatever_comes(self):
        chance = random.Random(1)
        datagrams = Datagrams(self.capture)
        fields = {"hmac": b"h" * 32, "ts": 1, "n": {"a": [1.5, None, "x"]}}
        made = [frame(UPDATE, "kitchen/lamp", "content", fields, 7),
                frame(ADVERTISE, "app", packed((b"a", packed({b"b": b"c"})))),
                frame(REQUEST, "netaio/session/1", bytes([2, 1]) + bytes(112)),
                frame(RESPOND, "netaio/session/1", bytes(97)), frame(OK, "a"),
                whole(14, auth(), b"\0\0" + bytes(60))]
        for i in range(600):
            sent = bytearray(chance.choice(made))
            for _ in range(chance.randrange(4)):
                octet = chance.choice([0, 1, 255, chance.randrange(256)])
                sent[chance.randrange(len(sent))] = octet
            sent = sent[:chance.randrange(len(sent) + 1)] if i % 3 == 0 else sent
            datagrams.send(i % 2 == 0, bytes(sent))
            if i % 4 == 0:
                Connection(self.capture, port=42000 + i).send(True, bytes(sent), b"more")
        for _ in range(100):
            datagrams.send(True, chance.randbytes(chance.randrange(80)))
        self.shark(self.capture, "-V")


if __name__ == "__main__":
    unittest.main()
