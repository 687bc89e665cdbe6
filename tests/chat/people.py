"""People who chat, and their relay, as programs: each in a folder of its own, each line awaited.
What they are played with is tests/daemon's."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sqlite3
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "daemon"))

from programs import Failed, Here, NETAIOD, SKIPPED, expect, host, play  # noqa: E402

CHAT = os.environ.get("NETAIO_CHAT", "")
# Of a program's memory; a sanitizer reserves far more at once.
LARGEST_PART = 1 << 33
__all__ = ["CHAT", "Failed", "Listener", "NETAIOD", "Person", "Proxy", "Relay", "all_add_all",
           "all_see_all", "expect", "expect_unseen", "free_port", "needed", "play"]


def needed(program, what):
    """Ends the test as one that was left out if a program is not here."""
    if not program:
        print(f"skipped: the environment names no {what}")
        sys.exit(SKIPPED)


needed(CHAT, "netaio-chat")


class Person(host.Node):
    """Somebody at a netaio-chat in plain mode. The options are those of the command line."""

    def __init__(self, scene, name, *options, machine=None, folder=None):
        super().__init__(machine or Here("here"), name)
        self.folder, self.options = os.path.join(scene.folder, folder or name), options
        self.exports = 0
        self.printed = []  # of all its lives
        scene.programs.append(self)

    async def start(self):
        await self.launch(CHAT, self.name, "--plain", "--folder", self.folder, *self.options)
        self.printed.append(self.events)
        return self

    async def type(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())
        await self.process.stdin.drain()

    async def hears(self, line, times=1):
        """Waits until a line is printed for so many times, and expects it no more often."""
        words = line.split()
        await self.until(lambda: self.events.count(words) >= times, f"it hears '{line}'")
        expect(f"times that {self.name} hears '{line}'", self.events.count(words), times)

    async def sees(self, *people):
        """Waits until it knows these people, and that they are here."""
        for other in people:
            while ["*", other.name] not in [[event[0], event[1]] for event in await self.who()
                                            if event[-1] == "here"]:
                await asyncio.sleep(0.05)

    async def misses(self, other):
        """Waits until it knows that somebody is away."""
        while not any(event[1] == other.name and event[-1] == "away"
                      for event in await self.who()):
            await asyncio.sleep(0.05)

    async def who(self):
        return await self.shown("/who")

    async def shown(self, *commands):
        """What it shows of these commands, without what it hears meanwhile."""
        # What ends it is misuse that nothing else answers like this.
        end = f"/end-{len(self.events)}"
        before = len(self.events)
        await self.type(*commands, end)
        ended = ["*", "there", "is", "no", end + ":"]
        await self.until(lambda: any(event[:5] == ended for event in self.events[before:]),
                         f"{commands} are done")
        count = next(i for i, event in enumerate(self.events[before:]) if event[:5] == ended)
        return [event for event in self.events[before:before + count] if event[0] == "*"]

    async def card(self):
        """The line by which others add this person."""
        shown = await self.shown("/me")
        return next(" ".join(event[event.index("/add"):]) for event in shown if "/add" in event)

    async def kept(self, place, by):
        """What it keeps of what somebody said there, in order."""
        self.exports += 1
        file = os.path.join(self.folder, f"export{self.exports}")
        shown = await self.shown(f"/to {place}", f"/export {file}")
        if not os.path.exists(file):
            raise Failed(f"{self.name} exports nothing: {shown}")
        with open(file, encoding="utf-8") as exported:
            said = re.findall(r"^\S+ \S+ (\S+): (.*)$", exported.read(), re.MULTILINE)
        return [text for who, text in said if who == by.name]

    async def quit(self):
        await self.stop("/quit")


async def all_add_all(people):
    cards = {person: await person.card() for person in people}
    for person in people:
        await person.type(*(card for other, card in cards.items() if other is not person))


async def all_see_all(people):
    for person in people:
        await person.sees(*(other for other in people if other is not person))


class Relay(host.Node):
    """A relay, listening at a port that is another after each start."""

    def __init__(self, scene):
        super().__init__(Here("here"), "relay")
        self.file, self.port = os.path.join(scene.folder, "relay.mail"), None
        scene.programs.append(self)

    async def start(self):
        await self.launch(CHAT, "relay", "--listen", "127.0.0.1:0", "--file", self.file)
        await self.until(lambda: self.heard("listening", "on"), "it listens")
        self.port = int(self.heard("listening", "on")[0][-1].rpartition(":")[2])
        return self

    async def end(self):
        self.process.send_signal(signal.SIGTERM)
        expect("exit code of the relay",
               await asyncio.wait_for(self.process.wait(), host.PATIENCE_S), 0)

    def database(self):
        """All that is on the disk."""
        folder = os.path.dirname(self.file)
        found = b""
        for name in os.listdir(folder):
            if name.startswith(os.path.basename(self.file)):
                with open(os.path.join(folder, name), "rb") as file:
                    found += file.read()
        return found

    def drop(self, mailbox, place):
        """Has it lose one of the envelopes that wait there, counted from 1, while it does not run."""
        with contextlib.closing(sqlite3.connect(self.file)) as database, database:
            dropped = database.execute(
                "DELETE FROM items WHERE id = (SELECT items.id FROM items JOIN mailboxes "
                "ON mailboxes.id = mailbox WHERE name = ? AND kind = 0 AND content IS NOT NULL "
                "ORDER BY number LIMIT 1 OFFSET ?)", (mailbox, place - 1))
            expect("envelopes that are dropped", dropped.rowcount, 1)

    def memory(self):
        """All that is in its memory; nothing where that may not be read, or is a sanitizer's."""
        found = []
        try:
            with open(f"/proc/{self.process.pid}/maps", encoding="ascii") as maps, \
                    open(f"/proc/{self.process.pid}/mem", "rb", buffering=0) as memory:
                for line in maps:
                    begin, end = (int(part, 16) for part in line.split()[0].split("-"))
                    if end - begin > LARGEST_PART:
                        return None
                    # What is the kernel's own cannot be read.
                    with contextlib.suppress(OSError, ValueError, OverflowError):
                        memory.seek(begin)
                        found.append(memory.read(end - begin))
        except OSError:
            return None
        return b"\n".join(found)


class Proxy:
    """Stands between people and their relay, at a port that stays, and keeps all that passes."""

    def __init__(self, scene, relay):
        self.relay, self.server, self.passed = relay, None, []
        scene.programs.append(self)

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    @property
    def address(self):
        return "127.0.0.1:{}".format(self.server.sockets[0].getsockname()[1])

    def recorded(self):
        """All bytes that passed, those of a direction of a connection together."""
        return b"\n".join(self.passed)

    async def _serve(self, reader, writer):
        try:
            there, further = await asyncio.open_connection("127.0.0.1", self.relay.port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, further), self._pass(there, writer))

    async def _pass(self, reader, writer):
        kept = bytearray()
        self.passed.append(kept)
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                kept += data
                writer.write(data)
                await writer.drain()
        writer.close()

    # As of the other programs of a scene.
    process = True

    async def kill(self):
        if self.server:
            self.server.close()


class Listener:
    """Who listens at an interface, and keeps all that passes there. Needs the right to do so."""

    ALL_PROTOCOLS = 0x0003
    BUFFER = 1 << 25

    def __init__(self, scene, interface):
        self.interface, self.socket, self.passed = interface, None, []
        scene.programs.append(self)

    def start(self):
        """Whether that may be done here."""
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                        socket.htons(self.ALL_PROTOCOLS))
        except PermissionError:
            return False
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.BUFFER)
        self.socket.bind((self.interface, 0))
        self.socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self.socket, self._read)
        return True

    def _read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.passed.append(self.socket.recv(1 << 16))

    def recorded(self):
        """All frames, one after the other."""
        return b"\n".join(self.passed)

    # As of the other programs of a scene.
    process = True

    async def kill(self):
        if self.socket:
            asyncio.get_running_loop().remove_reader(self.socket)
            self.socket.close()


def forms_of(word):
    """How it may stand among bytes."""
    return [word.encode(), word.encode("utf-16-le")]


def expect_unseen(where, what, secrets):
    """That none of these is in what is seen there."""
    for secret in secrets:
        if any(form in what for form in forms_of(secret)):
            raise Failed(f"'{secret}' is {where}")


def free_port():
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]
