#!/usr/bin/env python3
"""What tshark shows of what real programs say to each other, as a relay between them saw it."""

import os
import re
import subprocess
import sys
import unittest

from capture import Capture, Relay
from frames import AUTH_ERROR, NOT_FOUND
from shark import SKIPPED, SharkTest

TOOL = os.environ.get("NETAIO_TOOL")
if not TOOL:
    print("skipped: the environment names no netaio in NETAIO_TOOL")
    sys.exit(SKIPPED)

PATIENCE_S = 120
SESSION = "netaio/session/1"


class ProgramsTest(SharkTest):
    def setUp(self):
        super().setUp()
        self.capture = Capture()
        self.file("secret", "swordfish\n")
        self.file("key", "marlin\n")
        self.environment = dict(os.environ)
        self.environment.pop("NETAIO_KEYLOG", None)

    def keep_keys(self):
        self.keys = self.environment["NETAIO_KEYLOG"] = self.file("keys")

    def start(self, *command):
        """A program, and the first line that it prints."""
        program = subprocess.Popen([TOOL, *command], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, program)
        return program, program.stdout.readline()

    def end(self, program):
        program.kill()
        program.communicate()

    def serve(self, *options):
        self.server, line = self.start("serve", "--listen", "127.0.0.1:0", "--store", ":memory:",
                                       *options)
        self.address = Relay(self.capture, line.split()[-1]).serve_tcp()

    def run_tool(self, *command, code=0):
        done = subprocess.run([TOOL, *command, "--server", self.address], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, code, done)
        return done.stdout

    def said(self):
        """What each frame is, also where several came at once."""
        return "; ".join(self.lines(self.capture)).split("; ")

    def test_shows_questions_answers_and_the_time_between(self):
        hmac = ["--hmac", "@secret", "--session", "off"]
        self.serve(*hmac)
        self.run_tool("create", "kitchen/lamp", "on", *hmac)
        self.run_tool("request", "kitchen/lamp", *hmac)
        self.run_tool("request", "missing", *hmac, code=64 + NOT_FOUND)
        self.assertEqual(self.lines(self.capture), [
            "CREATE_URI kitchen/lamp", "OK kitchen/lamp", "REQUEST_URI kitchen/lamp",
            "RESPOND_URI kitchen/lamp", "REQUEST_URI missing", "NOT_FOUND missing"])
        rows = self.fields(self.capture, "frame.number", "netaio.answer_in", "netaio.answer_to",
                           "netaio.time", "netaio.text", "netaio.field")
        for question, answer in zip(rows[::2], rows[1::2]):
            self.assertEqual(question[1:4], (answer[0], "", ""))
            self.assertEqual(answer[1:4], ("", question[0], "0.001000000"))
        self.assertEqual([row[4] for row in rows], ["on", "", "", "on", "", "not found"])
        for row in rows:
            self.assertEqual(sorted(re.sub("0x[0-9a-f]+", lambda digits: str(
                (len(digits[0]) - 2) // 2), field) for field in row[5]),
                ["#: 4", "hmac: 32", "nonce: 16", "ts: 4"])
        self.assertEqual(self.problems(self.capture), ["NOT_FOUND: not found"])

    def test_shows_subscriptions_and_large_contents(self):
        hmac = ["--hmac", "@secret", "--session", "off"]
        self.serve(*hmac)
        subscriber = subprocess.Popen(
            [TOOL, "subscribe", "news", "--count", "1", "--server", self.address, *hmac],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, subscriber)
        self.assertIn("subscribed", subscriber.stderr.readline())
        self.run_tool("put", "news", "x" * 50000, *hmac)
        subscriber.wait(PATIENCE_S)
        lines = self.said()
        for line in ("SUBSCRIBE_URI news", "CONFIRM_SUBSCRIBE news", "NOTIFY_URI news"):
            self.assertIn(line, lines)
        [notification] = self.fields(self.capture, "netaio.text", chosen="netaio.type == 8")
        self.assertEqual(notification, ("x" * 50000,))
        self.assertEqual([row for row in self.fields(
            self.capture, "netaio.answer_to", chosen="netaio.type == 11") if row == ("",)], [])

    def test_says_who_failed_authentication(self):
        self.serve("--hmac", "@secret", "--session", "off")
        self.run_tool("request", "a", "--hmac", "@key", "--session", "off", code=5)
        self.assertEqual(self.problems(self.capture), ["AUTH_ERROR: HMAC auth failed"])
        self.assertEqual(self.fields(self.capture, "netaio.type", chosen="netaio.answer_to"),
                         [(str(AUTH_ERROR),)])

    def test_shows_what_the_older_dialect_says(self):
        options = ["--hmac", "@secret", "--session", "off", "--dialect", "0.0.8"]
        self.serve(*options)
        self.run_tool("put", "a", "b", *options)
        for made, fields in self.fields(self.capture, "netaio.timestamp", "netaio.field"):
            self.assertRegex(made, "20[0-9]{2}")
            self.assertTrue(any(re.fullmatch("ts: [0-9]{10}", field) for field in fields), fields)

    def make_key(self, name):
        """A seed in a file; the key that it leads to."""
        done = subprocess.run([TOOL, "keygen", name], cwd=self.folder, capture_output=True,
                              text=True, check=True, timeout=PATIENCE_S)
        return re.search("pubkey ([0-9a-f]{64})", done.stdout)[1]

    def test_opens_sessions_with_the_key_log_alone(self):
        self.keep_keys()
        key = self.make_key("seed")
        self.serve("--hmac", "@secret", "--session-seed", "seed")
        self.run_tool("put", "kitchen/lamp", "on" * 2000, "--hmac", "@secret")
        self.run_tool("request", "kitchen/lamp", "--hmac", "@secret", "--peer-key", key)
        self.assertEqual(os.stat(self.keys).st_mode & 0o777, 0o600)
        with open(self.keys, encoding="ascii") as file:
            logged = file.read().splitlines()
        self.assertEqual([logged.count(line) for line in set(logged)], [2, 2])  # by both ends
        said = self.said()
        self.assertEqual(said[:4], [f"REQUEST_URI {SESSION}", f"RESPOND_URI {SESSION}",
                                    f"REQUEST_URI {SESSION}", f"sealed: RESPOND_URI {SESSION}"])
        for line in ("sealed: CREATE_URI kitchen/lamp", "sealed: a new key",
                     "sealed: REQUEST_URI kitchen/lamp", "sealed: RESPOND_URI kitchen/lamp"):
            self.assertIn(line, said)
        [(text, answers)] = self.fields(
            self.capture, "netaio.text", "netaio.answer_to",
            chosen='netaio.type == 14 && netaio.type == 1 && netaio.uri == "kitchen/lamp"')
        self.assertEqual(text, "on" * 2000)
        self.assertTrue(answers)
        self.assertNotIn("opened", " ".join(self.problems(self.capture)))
        self.keys = None
        self.assertEqual({said for said in self.said()[3:] if SESSION not in said}, {"sealed"})

    def test_opens_a_session_whose_handshake_is_in_a_cipher(self):
        self.keep_keys()
        options = ["--hmac", "@secret", "--cipher", "@key"]
        self.serve(*options)
        self.run_tool("put", "kitchen/lamp", "on", *options)
        said = self.said()
        self.assertIn("sealed: CREATE_URI kitchen/lamp", said)
        self.assertIn("sealed: OK kitchen/lamp", said)
        self.assertNotIn(SESSION, " ".join(line for line in said if "sealed" not in line))

    def test_links_what_is_in_a_cipher_by_ids(self):
        options = ["--hmac", "@secret", "--cipher", "@key", "--session", "off"]
        self.serve(*options)
        self.run_tool("create", "kitchen/lamp", "on", *options)
        [question, answer] = self.fields(self.capture, "frame.number", "netaio.answer_in",
                                         "netaio.answer_to", "netaio.uri")
        self.assertEqual([question[1], answer[2]], [answer[0], question[0]])
        self.assertNotEqual(question[3], "kitchen/lamp")

    def test_shows_datagrams(self):
        _, line = self.start("node", "--id", "kitchen", "--interface", "lo", "--ipv4-only",
                             "--port", "0", "--store", ":memory:", "--hmac", "@secret",
                             "--session", "off")
        port = line.strip().rsplit(":", 1)[-1]
        self.address = Relay(self.capture, f"127.0.0.1:{port}").serve_udp()
        options = ["--udp", "--hmac", "@secret", "--session", "off"]
        self.run_tool("create", "kitchen/lamp", "on", *options)
        self.run_tool("request", "kitchen/lamp", *options)
        self.assertEqual(self.lines(self.capture), [
            "CREATE_URI kitchen/lamp", "OK kitchen/lamp", "REQUEST_URI kitchen/lamp",
            "RESPOND_URI kitchen/lamp"])
        self.assertEqual(self.fields(self.capture, "netaio.answer_in", "netaio.answer_to"),
                         [("2", ""), ("", "1"), ("4", ""), ("", "3")])


if __name__ == "__main__":
    unittest.main()
