"""The two ends of a cell, ours and theirs, behind the same few calls."""

import asyncio
import base64
import json
import os
import re
import signal
import sys
import tempfile
from dataclasses import dataclass, fields, replace

from processes import Ended, Program, finish

HERE = os.path.dirname(os.path.abspath(__file__))
START_S = 15.0
ANSWER_S = 10.0
FRESH_S = 1.1


@dataclass(frozen=True)
class Protection:
    """The secrets of each layer; none where it is not used."""

    hmac: str | None = None
    cipher: str | None = None
    inner_hmac: str | None = None
    inner_cipher: str | None = None
    # The source of a script, and the hexadecimal digits of a seed.
    lock: str | None = None
    key: str | None = None
    # The same, of the key that this end tells the other of as its peer.
    x25519_key: str | None = None
    # Whether our programs take each message once.
    fresh: bool = False
    # What a client pays and a server wants, in bits, and for whom.
    hashcash: str | None = None
    hashcash_realm: str | None = None

    def used(self):
        """Pairs of option name and secret."""
        return [
            (field.name.replace("_", "-"), getattr(self, field.name))
            for field in fields(self)
            if field.name != "fresh" and getattr(self, field.name)
        ]

    def but(self, **changes):
        return replace(self, **changes)


@dataclass(frozen=True)
class Answer:
    """What a call came to: the type of the answer, or one of `timeout`, `auth failed`, `refused`
    (the reference's client made nothing of it) and others that no cell expects."""

    type: str
    content: bytes = b""

    def __str__(self):
        shown = self.content if len(self.content) <= 40 else f"{len(self.content)} bytes"
        return f"{self.type} {shown}" if self.content else self.type


class TheirServer:
    """The resource server on the reference."""

    def __init__(self, setup, protection):
        self.setup, self.protection = setup, protection
        self._subscribed = set()

    async def start(self):
        secrets = [part for name, value in self.protection.used() for part in (f"--{name}", value)]
        self.program = await Program.start(
            sys.executable, os.path.join(HERE, "reference_server.py"), *secrets,
            environment=self.setup.reference.environment,
        )
        event = json.loads(await self.program.line(START_S))
        if event["version"] != self.setup.reference.version:
            raise Ended(f"the reference is version {event['version']}")
        self.port = event["port"]

    async def subscribed(self, uri):
        """Waits until somebody subscribed to a uri."""
        while uri not in self._subscribed:
            event = json.loads(await self.program.line(ANSWER_S))
            self._subscribed.add(bytes.fromhex(event["uri"]).decode())

    async def stop(self):
        await self.program.stop()


class TheirClient:
    """The client on the reference."""

    def __init__(self, setup, server, protection):
        self.setup, self.server, self.protection = setup, server, protection
        self.program = None

    async def start(self):
        secrets = [part for name, value in self.protection.used() for part in (f"--{name}", value)]
        self.program = await Program.start(
            sys.executable, os.path.join(HERE, "reference_client.py"), *secrets,
            str(self.server.port), environment=self.setup.reference.environment,
        )
        await self.program.line(START_S)

    async def _do(self, operation, connection="main", message_type="", uri="", content=b"",
                  timeout_s=ANSWER_S):
        command = {
            "operation": operation, "connection": connection, "type": message_type,
            "uri": uri.encode().hex(), "content": content.hex(), "timeout_s": timeout_s,
        }
        await self.program.write(json.dumps(command) + "\n")
        reply = json.loads(await self.program.line(timeout_s + START_S))
        if "uri" not in reply:
            return Answer(reply["type"], reply.get("text", "").encode())
        # A server that does not decrypt cannot know what was asked for.
        known = operation == "call" or operation == "bare_answer" and not self.protection.cipher
        if known and bytes.fromhex(reply["uri"]) != uri.encode():
            return Answer("answer with another uri")
        return Answer(reply["type"], bytes.fromhex(reply["content"]))

    async def call(self, message_type, uri, content=b"", timeout_s=ANSWER_S):
        return await self._do("call", "main", message_type, uri, content, timeout_s)

    async def bare_answer(self, message_type, uri, content=b""):
        """The answer as it travels, no plugin asked."""
        return await self._do("bare_answer", "bare", message_type, uri, content)

    async def outer_answer(self, message_type, uri, content=b""):
        """The answer as the plugins of the client open it, none of a handler asked."""
        return await self._do("outer_answer", "bare", message_type, uri, content)

    async def subscribe(self, uri, count):
        """A subscription on a connection of its own; collect() gives what came."""
        answer = await self._do("call", "subscriber", "SUBSCRIBE_URI", uri)
        return answer, [count]

    async def collect(self, subscription):
        return [await self._do("notification", "subscriber") for _ in range(subscription[0])]

    async def walk(self):
        """See unsubscribe in cells.py."""
        lines = []
        for message_type, uri, content in WALK:
            if message_type == "NOTIFY_URI":
                answer = await self._do("notification", "walk", message_type)
            else:
                answer = await self._do("call", "walk", message_type, uri, content.encode())
            lines.append(f"{answer.type} {answer.content.decode(errors='replace')}".rstrip())
        return lines

    async def stop(self):
        if self.program:
            await self.program.stop()


# One connection subscribes and unsubscribes; NOTIFY_URI stands for waiting for one. What is
# published after unsubscribing must not come, or it would come before the last one.
WALK = (
    ("SUBSCRIBE_URI", "walk/a", ""),
    ("PUBLISH_URI", "walk/a", "one"),
    ("NOTIFY_URI", "", ""),
    ("UNSUBSCRIBE_URI", "walk/a", ""),
    ("SUBSCRIBE_URI", "walk/b", ""),
    ("PUBLISH_URI", "walk/a", "two"),
    ("PUBLISH_URI", "walk/b", "three"),
    ("NOTIFY_URI", "", ""),
)


class OurEnd:
    """How both of our programs learn the secrets: by names of environment variables, or files."""

    FILES = ("lock", "key", "x25519-key")
    PLAIN = ("hashcash", "hashcash-realm")

    def options(self):
        options = ["--dialect", self.setup.dialect]
        if self.protection.fresh:
            options += ["--max-age", "2m", "--max-ahead", "0"]
        elif self.protection.hashcash:
            options += ["--max-ahead", "0"]
        for name, value in self.protection.used():
            if name in self.FILES:
                options += [f"--{name}", self._file(name, value)]
            elif name in self.PLAIN:
                options += [f"--{name}", value]
            else:
                options += [f"--{name}", f"env:INTEROP_{name.upper().replace('-', '_')}"]
        return options

    def _file(self, name, text=None):
        if not hasattr(self, "_folder"):
            self._folder = tempfile.TemporaryDirectory()
        path = os.path.join(self._folder.name, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def environment(self):
        secrets = {
            f"INTEROP_{name.upper().replace('-', '_')}": value
            for name, value in self.protection.used()
        }
        return dict(os.environ, INTEROP_FRESH="1" if self.protection.fresh else "", **secrets)


class OurServer(OurEnd):
    """`netaio serve`."""

    def __init__(self, setup, protection):
        self.setup, self.protection = setup, protection

    async def start(self):
        self.program = await Program.start(
            self.setup.tool, "serve", "--listen", "127.0.0.1:0", "--store", ":memory:",
            *self.options(), environment=self.environment(),
        )
        line = await self.program.line(START_S)
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            raise Ended(f"netaio serve printed {line!r}")
        self.port = int(found[1])
        if self.protection.fresh or self.protection.hashcash:
            # What is dated as its start it refuses.
            await asyncio.sleep(FRESH_S)

    async def subscribed(self, uri):
        """Their client knows when it is."""

    async def stop(self):
        await self.program.stop()


class OurRotatingServer(OurServer):
    """The same with files for two secrets and keys each, which it reads again when they change."""

    def options(self):
        self._write((self.protection.hmac, self.protection.cipher), ("", ""))
        return ["--dialect", self.setup.dialect] + [
            part
            for option in ("hmac", "cipher")
            for name in ("a", "b")
            for part in (f"--{option}", f"{name}=@{self._file(f'{name}.{option}')}")
        ]

    def _write(self, *pairs):
        for name, pair in zip(("a", "b"), pairs):
            for option, text in zip(("hmac", "cipher"), pair):
                path = self._file(f"{name}.{option}", text)
                os.chmod(path, 0o600)

    async def take(self, *pairs):
        """Goes on with these pairs of secret and key; empty ones are none."""
        self._write(*pairs)
        said = len(self.program.errors)
        self.program.process.send_signal(signal.SIGHUP)
        deadline = asyncio.get_running_loop().time() + ANSWER_S
        while b"read again" not in self.program.errors[said:]:
            if asyncio.get_running_loop().time() > deadline:
                raise Ended(f"netaio serve did not reload{self.program.complaint()}")
            await asyncio.sleep(0.02)


class OurClient(OurEnd):
    """The commands of `netaio`, and interop_client for what has no command."""

    COMMANDS = {
        "REQUEST_URI": "request", "CREATE_URI": "create", "UPDATE_URI": "update",
        "DELETE_URI": "delete", "PUBLISH_URI": "publish",
    }
    OUTCOMES = {0: "OK", 3: "no connection", 4: "timeout", 5: "auth failed", 6: "malformed",
                64 + 20: "ERROR", 64 + 24: "NOT_FOUND"}

    def __init__(self, setup, server, protection):
        self.setup, self.server, self.protection = setup, server, protection
        self.subscribers = []

    async def start(self):
        pass

    def _common(self, timeout_s):
        return ["--server", f"127.0.0.1:{self.server.port}", "--timeout", str(timeout_s),
                *self.options()]

    async def call(self, message_type, uri, content=b"", timeout_s=ANSWER_S):
        command = [self.setup.tool, self.COMMANDS[message_type], uri]
        with tempfile.TemporaryDirectory() as folder:
            if message_type in ("CREATE_URI", "UPDATE_URI", "PUBLISH_URI"):
                command.append("-")
            output = os.path.join(folder, "content")
            if message_type == "REQUEST_URI":
                command += ["-o", output]
            code, _, errors = await finish(
                *command, *self._common(timeout_s), stdin=content,
                environment=self.environment(), limit_s=timeout_s + START_S,
            )
            if code == 0 and message_type == "REQUEST_URI":
                with open(output, "rb") as file:
                    return Answer("RESPOND_URI", file.read())
        if code not in self.OUTCOMES:
            return Answer(f"exit code {code}", errors.encode())
        return Answer(self.OUTCOMES[code])

    async def subscribe(self, uri, count):
        program = await Program.start(
            self.setup.tool, "subscribe", uri, "--count", str(count), "--json",
            *self._common(ANSWER_S), environment=self.environment(),
        )
        self.subscribers.append(program)
        await self.server.subscribed(uri)
        return Answer("CONFIRM_SUBSCRIBE"), (program, count)

    async def collect(self, subscription):
        program, count = subscription
        answers = []
        for _ in range(count):
            event = json.loads(await program.line(ANSWER_S))
            content = (base64.b64decode(event["base64"]) if "base64" in event
                       else event.get("text", "").encode())
            answers.append(Answer(event["type"], content))
        code = await program.wait(ANSWER_S)
        if code != 0:
            raise Ended(f"netaio subscribe ended with {code}{program.complaint()}")
        return answers

    async def walk(self):
        """See unsubscribe in cells.py."""
        steps = [":".join(step) for step in WALK]
        code, output, errors = await finish(
            self.setup.walker, str(self.server.port), self.setup.dialect, *steps,
            environment=self.environment(),
        )
        if code != 0:
            raise Ended(f"interop_client ended with {code}: {errors.strip()}")
        return output.decode().splitlines()

    async def stop(self):
        await asyncio.gather(*(program.stop() for program in self.subscribers))
