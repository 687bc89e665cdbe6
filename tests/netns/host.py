"""A machine with a node on it: the program netns_host, driven and watched line by line."""

import asyncio
import collections
import contextlib
import os

from network import Failed

# Far longer than anything takes: only what never comes is waited for so long.
PATIENCE_S = 120.0
PROGRAM = "netns_host"


class Node:
    """One running netns_host, or another program that speaks its lines."""

    def __init__(self, machine, name=None):
        self.machine = machine
        self.name = name or machine.name
        self.events = []
        self.known = {}
        self.stderr = ""
        self._changed = asyncio.Event()
        self._asking = asyncio.Lock()

    def command(self):
        return [PROGRAM]

    async def start(self, environment=None, **settings):
        arguments = [f"{key}={value}" for key, value in settings.items()]
        await self.launch(*self.command(), f"id={self.name}", *arguments, environment=environment)
        await self.until(lambda: self.heard("ready"), "it is ready")

    async def launch(self, *command, environment=None):
        self.events, self.known = [], {}
        self.process = await asyncio.create_subprocess_exec(
            *self.machine.inside(*command),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=dict(os.environ, **(environment or {})))
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._complain())]

    async def _read(self):
        while line := (await self.process.stdout.readline()).decode(errors="replace"):
            words = line.split()
            if words[0] in ("joined", "changed"):
                self.known[words[1]] = words[2:]
            elif words[0] == "left":
                self.known.pop(words[1], None)
            self.events.append(words)
            self._changed.set()
        self.events.append(["ended"])
        self._changed.set()

    async def _complain(self):
        self.stderr += (await self.process.stderr.read()).decode(errors="replace")

    def heard(self, *words):
        """The events that begin with these words."""
        return [event for event in self.events if tuple(event[:len(words)]) == words]

    async def until(self, condition, what):
        """Waits until a condition holds, looking whenever the node says something."""
        async def wait():
            while not condition():
                if self.events and self.events[-1] == ["ended"]:
                    raise Failed(f"{self.name} ended before {what}: {self.stderr}")
                self._changed.clear()
                await self._changed.wait()
        try:
            await asyncio.wait_for(wait(), PATIENCE_S)
        except TimeoutError:
            raise Failed(f"{self.name} waited in vain until {what}; "
                         f"it knows {self.known or 'nobody'}, and said last: "
                         f"{self.events[-8:]}") from None

    async def knows(self, *nodes):
        """Waits until it knows these and nobody else."""
        names = {node.name for node in nodes}
        await self.until(lambda: set(self.known) == names, f"it knows just {sorted(names)}")

    async def tell(self, *words):
        """Gives a command and waits until it is done: what the node said of it meanwhile."""
        async with self._asking:
            before = len(self.events)
            self.process.stdin.write((" ".join(words) + "\n").encode())
            await self.process.stdin.drain()
            await self.until(lambda: ["done"] in self.events[before:], f"{words} is done")
            return self.events[before:self.events.index(["done"], before)]

    async def ask(self, address, uri, content, command="request"):
        """A request, asked again while nothing comes: a datagram may get lost."""
        for _ in range(30):
            for words in await self.tell(command, address, uri, content):
                if words[0] == "answer":
                    return words[1:]
        raise Failed(f"{self.name} got no answer from {address}")

    async def echo(self, address, content="echo"):
        answer = await self.ask(address, "echo", content)
        if answer != ["RESPOND_URI", "echo", content]:
            raise Failed(f"{address} answered {answer}")

    async def counters(self):
        for words in await self.tell("counters"):
            if words[0] == "counters":
                return {name: int(value) for name, value in (word.split("=") for word in words[1:])}
        raise Failed(f"{self.name} has no counters")

    async def used_interfaces(self):
        return {words[1] for words in await self.tell("interfaces")
                if words[0] == "interface" and words[2] == "used"}

    def sent(self):
        """How many datagrams the kernel sent for this host."""
        base = f"/proc/{self.process.pid}/net/"
        with open(base + "snmp", encoding="ascii") as file:
            names, values = [line.split() for line in file if line.startswith("Udp:")]
        count = int(dict(zip(names, values))["OutDatagrams"])
        with open(base + "snmp6", encoding="ascii") as file:
            fields = dict(line.split() for line in file)
        return count + int(fields.get("Udp6OutDatagrams", 0))

    async def _ended(self):
        await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        await asyncio.gather(*self._tasks)

    async def stop(self, word="stop"):
        """Politely."""
        self.process.stdin.write(word.encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self.process.stdin.drain()
        await self._ended()
        if self.process.returncode != 0:
            raise Failed(f"{self.name} ended with {self.process.returncode}: {self.stderr}")

    async def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self._ended()


async def poll(condition, what):
    """Waits for what nobody announces."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while not await condition():
        if loop.time() > deadline:
            raise Failed(f"waited in vain until {what}")
        await asyncio.sleep(0.05)
