#!/usr/bin/env python3
# `netaio status` and `netaio watch` show what a netaiod says at its socket, here one that says what
# the test wants it to.
import contextlib
import json
import os
import pty
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

TOOL = os.environ["NETAIO_TOOL"]
NO_FIELDS = b"\x4d\x40\x00"
HEADER = struct.Struct("!BHHI")
REQUEST, RESPOND, SUBSCRIBE, NOTIFY, CONFIRM, NOT_PERMITTED = 0, 1, 5, 8, 11, 25

COUNTS = {"messages_in": 3, "bytes_in": 30, "messages_out": 0, "bytes_out": 0}
STATUS = {
    "uptime_s": 61.5,
    "apps": [{"name": "lamp\x1b[2J", "uid": 1000, "pid": 42,
              "keys": [{"type": "REQUEST_URI", "uri": "light"}], "peers": 0, "queued_bytes": 0,
              "paused": False, "traffic": COUNTS, "by_prefix": [], "drops": {"queue": 0}}],
    "peers": [],
    "totals": {"apps": 1, "keys": 1, "peers": 0, "traffic": COUNTS, "queued_bytes": 0,
               "drops": {"queue": 0}},
}
SEEN = {"who": ["hmac:alice"], "app": "lamp", "direction": "in", "type": "REQUEST_URI",
        "uri": "light\x1b", "size": 12, "far_end": "tcp:192.0.2.1:8888"}

failures = 0


def expect(holds, what, *shown):
    global failures
    if not holds:
        failures += 1
        print(what, *shown)


def frame(message_type, uri, content):
    body = struct.pack("!H", len(uri)) + uri + content
    return HEADER.pack(message_type, len(NO_FIELDS), len(body), zlib.crc32(body)) + NO_FIELDS + body


def read_message(connection):
    """Its type and uri; nothing at the end."""
    stream = connection.makefile("rb")
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    message_type, fields_size, body_size, _ = HEADER.unpack(header)
    stream.read(fields_size)
    body = stream.read(body_size)
    return message_type, body[2:2 + struct.unpack("!H", body[:2])[0]]


class Daemon:
    """Serves one connection after another, each with what `answer` makes of its first message."""

    def __init__(self, path, answer):
        self.asked = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.answer = answer
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                asked = read_message(connection)
                self.asked.append(asked)
                if asked is None:
                    continue
                # Who has seen enough may be gone before the rest is sent.
                with contextlib.suppress(ConnectionError):
                    for piece in self.answer(*asked):
                        connection.sendall(piece)
                    if asked[0] == SUBSCRIBE and b"leave" in asked[1]:
                        continue
                    while connection.recv(65536):
                        pass


def run(*arguments, **more):
    done = subprocess.run([TOOL, *arguments], capture_output=True, timeout=60, check=False, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def lines_of(objects):
    return [frame(NOTIFY, b"netaiod/watch", json.dumps(one).encode()) for one in objects]


def answer(message_type, uri):
    if message_type == REQUEST:
        return [frame(RESPOND, uri, json.dumps(STATUS).encode())]
    if uri.endswith(b"forbidden"):
        return [frame(NOT_PERMITTED, uri, b"not for you")]
    seen = [SEEN, SEEN, {"missed": 7}] if not uri.endswith(b"bad") else ["no object"]
    return [frame(CONFIRM, uri, b"")] + lines_of(seen)


def run_on_terminal(*arguments):
    """What a terminal is shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(TOOL, [TOOL, *arguments])
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:
        pass  # its other end is closed
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def main():
    os.chdir(tempfile.mkdtemp(prefix="netaio-cli-"))
    for command in ("status", "watch"):
        code, _, said = run(command, "--socket", "nowhere")
        expect(code == 3, command, "ended with", code)
        expect("cannot connect to unix:nowhere" in said and "start netaiod" in said, said)

    daemon = Daemon("socket", answer)
    at = ("--socket", "socket")
    code, shown, said = run("status", *at)
    expect(code == 0, "status ended with", code, said)
    expect(shown.startswith("netaiod, up 1 min: 1 app, 1 key, 0 peers\n"), shown)
    expect("lamp\\x1b[2J serves\n  REQUEST_URI light\n" in shown, shown)
    code, shown, _ = run("status", "--json", *at)
    expect(code == 0 and json.loads(shown) == STATUS and shown.count("\n") == 1, shown)
    expect(daemon.asked[-1] == (REQUEST, b"netaiod/status"), daemon.asked)

    code, shown, said = run("watch", "--count", "3", *at)
    line = "in\tlamp\tREQUEST_URI\tlight\\x1b\t12\thmac:alice\ttcp:192.0.2.1:8888\n"
    expect(code == 0 and shown == 2 * line + "missed\t7\n", code, shown, said)
    expect(daemon.asked[-1] == (SUBSCRIBE, b"netaiod/watch/"), daemon.asked)
    code, shown, _ = run("watch", "room/", "--json", "--count", "1", *at)
    expect(code == 0 and json.loads(shown) == SEEN, code, shown)
    expect(daemon.asked[-1] == (SUBSCRIBE, b"netaiod/watch/room/"), daemon.asked)

    code, shown = run_on_terminal("watch", "--count", "3", *at)
    expect(code == 0, "on a terminal it ended with", code, shown)
    expect("hmac:alice  light\\x1b" in shown and "2 seen, 7 missed" in shown, repr(shown))
    code, shown = run_on_terminal("watch", "leave", *at)
    expect(code == 3 and "went away" in shown, code, repr(shown))

    code, _, said = run("watch", "forbidden", *at)
    expect(code == 89 and "not for you" in said, code, said)
    code, _, said = run("watch", "bad", *at)
    expect(code == 6 and "cannot read" in said, code, said)
    code, _, said = run("watch", "leave", *at)
    expect(code == 3 and "went away" in said, code, said)

    # Without --socket, the one of the user, where there is one.
    os.makedirs("run/netaio")
    Daemon("run/netaio/netaiod.sock", answer)
    code, _, said = run("status", env={**os.environ, "XDG_RUNTIME_DIR": os.path.abspath("run")})
    expect(code == 0, code, said)
    sys.exit(failures > 0)


main()
