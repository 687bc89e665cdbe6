#!/usr/bin/env python3
# What no netaio server would answer ends a command at once: 6 when it cannot be read, 4 when it is
# damaged on its way and no other comes.
import os
import socket
import struct
import subprocess
import sys
import threading
import zlib

TOOL = os.environ["NETAIO_TOOL"]
NO_FIELDS = b"\x4d\x40\x00"


def frame(message_type, uri, content, fields=NO_FIELDS, checksum=None):
    body = struct.pack("!H", len(uri)) + uri + content
    checksum = zlib.crc32(body) if checksum is None else checksum
    return struct.pack("!BHHI", message_type, len(fields), len(body), checksum) + fields + body


def ask(answer, *arguments):
    """Runs a request against a server that gives this answer; its exit code, output and errors."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            while connection.recv(65536):
                pass

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    address = "127.0.0.1:%d" % listener.getsockname()[1]
    done = subprocess.run([TOOL, "request", "uri", "--server", address, *arguments],
                          capture_output=True, timeout=120)
    server.join(120)
    listener.close()
    return done.returncode, done.stdout, done.stderr.decode()


CASES = [
    ("a right answer", frame(1, b"uri", b"content"), (), 0),
    ("an unknown message type", frame(200, b"uri", b"content"), (), 6),
    ("no auth fields at all", frame(1, b"uri", b"content", b""), (), 6),
    ("auth fields that are no dict", frame(1, b"uri", b"content", b"\x00"), (), 6),
    ("a uri longer than the body", struct.pack("!BHHI", 1, 3, 2, zlib.crc32(b"\xff\xff"))
     + NO_FIELDS + b"\xff\xff", (), 6),
    ("a wrong checksum", frame(1, b"uri", b"content", checksum=1), ("--timeout", "0.3"), 4),
    ("another message", frame(8, b"news", b"content"), ("--timeout", "0.3"), 4),
    ("half an answer", frame(1, b"uri", b"content")[:-1], ("--timeout", "0.3"), 4),
    ("an error of a type of its own", frame(20, b"uri", b"text"), (), 84),
    ("a refusal", frame(25, b"uri", b"not permitted"), (), 89),
    ("an auth error", frame(23, b"uri", b"HMAC auth failed"), (), 5),
    ("an auth error without uri", frame(23, b"ERROR", b"HMAC auth failed"), (), 5),
]

failures = 0
for name, answer, arguments, expected in CASES:
    code, out, err = ask(answer, *arguments)
    if code != expected:
        print(f"{name}: ended with {code} instead of {expected}\n  {out!r}\n  {err}")
        failures += 1
sys.exit(1 if failures else 0)
