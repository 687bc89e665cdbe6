"""Nodes of ours and of the reference on a network between hosts of their own, and a table of what
works. scripts/interop calls it.   udp.py PROGRAM   PROGRAM is netns_host.

In each cell one node is there already. The other comes, is found, asks it, tells it things in all the
ways there are, and leaves. Both advertise themselves just once."""

import asyncio
import os
import sys
import time
import traceback
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, os.pardir, "netns"))

import host  # noqa: E402
import inside  # noqa: E402
import references  # noqa: E402
import run  # noqa: E402
from matrix import table  # noqa: E402
from network import Failed  # noqa: E402
from network import run as command  # noqa: E402
from world import World, expect  # noqa: E402

AT_ONCE = 2
ONCE = {"advertise": 600000, "timeout": 600000}
OPERATIONS = ("discover", "request", "broadcast", "multicast", "notify", "disconnect",
              "log")

ROWS = {
    "no plugin": {},
    "HMAC": {"HMAC": "outer-secret"},
    "cipher": {"CIPHER": "outer-key"},
    "HMAC + cipher": {"HMAC": "outer-secret", "CIPHER": "outer-key"},
    "inner HMAC": {"INNER_HMAC": "inner-secret"},
    "HMAC + cipher, inner HMAC + cipher": {
        "HMAC": "outer-secret", "CIPHER": "outer-key",
        "INNER_HMAC": "inner-secret", "INNER_CIPHER": "inner-key"},
    "HMAC for peers": {"PEERS_HMAC": "secret-of-the-peers"},
    # A seed for whoever was there, another for who comes.
    "inner X25519": {"X25519": ("5a" * 32, "c3" * 32)},
}
# Ours offers sessions, which the reference does not know.
ROWS |= {f"{name}, sessions offered": {**secrets, "SESSION": "offer"}
         for name, secrets in ROWS.items()}
# So that it has no answer to what it does not know.
ROWS["HMAC + cipher, sessions offered, one handler"] = {
    **ROWS["HMAC + cipher, sessions offered"], "ONE_URI": "echo"}


class TheirNode(host.Node):
    def command(self):
        return [sys.executable, os.path.join(HERE, "reference_udp.py")]


@dataclass
class Cell:
    row: str
    reference: references.Reference
    ours_comes: bool
    # Operations that were tried: what went wrong, or nothing.
    results: dict = field(default_factory=dict)

    @property
    def column(self):
        return title(self.reference.version, self.ours_comes)

    def failures(self):
        return [f"{name}: {what}" for name, what in self.results.items() if what]

    async def node(self, world, network, comes):
        machine = await world.machine(network)
        # The reference asks for its own address, and which interface to use, by this.
        await command(*machine.inside("ip", "route", "add", "default", "dev", "eth0"))
        environment = {f"INTEROP_{name}": secret if isinstance(secret, str) else secret[comes]
                       for name, secret in ROWS[self.row].items()}
        if comes == self.ours_comes:
            node, settings = world.node(machine), {"dialect": self.reference.version}
        else:
            node, settings = TheirNode(machine), {}
            world.nodes.append(node)
            environment = {**self.reference.environment, **environment}
        await node.start(environment, **settings, **ONCE)
        return node

    async def play(self, world):
        network = await world.network()
        self.here = await self.node(world, network, False)
        self.comer = await self.node(world, network, True)
        for name in OPERATIONS:
            # Nobody has the one key that a group would need.
            if name != "multicast" or "X25519" not in ROWS[self.row]:
                await self.attempt(name, getattr(self, name))
            if self.failures():
                return

    async def attempt(self, name, operation):
        try:
            await operation()
            self.results[name] = ""
        except Failed as failure:
            self.results[name] = f"{failure} {self.here.stderr}{self.comer.stderr}".strip()
        except Exception:
            self.results[name] = traceback.format_exc()

    @staticmethod
    def address(knower, known):
        return knower.known[known.name][0]

    async def discover(self):
        await self.here.knows(self.comer)
        await self.comer.knows(self.here)

    async def request(self):
        await self.comer.echo(self.address(self.comer, self.here))

    async def broadcast(self):
        await self.told_once("PUBLISH_URI", "broadcast")

    async def multicast(self):
        await self.told_once("PUBLISH_URI", "multicast")

    async def notify(self):
        await self.subscribed("subscribe")
        await self.told_once("NOTIFY_URI", "notify")
        await self.subscribed("unsubscribe")
        await self.comer.tell("notify", "notify", "nobody-listens")
        await self.heard("NOTIFY_URI", "notify", ["1"])

    async def subscribed(self, change):
        answer = await self.here.ask(self.address(self.here, self.comer), "notify", "", change)
        expect("answer", answer, [f"CONFIRM_{change.upper()}", "notify"])

    async def told_once(self, kind, how):
        await self.comer.tell(how, how, "1")
        await self.heard(kind, how, ["1"])

    async def heard(self, kind, uri, contents):
        # What was sent before an echo on the same way has come when its answer is here.
        await self.comer.echo(self.address(self.comer, self.here))
        await self.here.until(lambda: self.here.heard("heard", kind, uri), f"it heard {kind}")
        expect("heard", [event[3] for event in self.here.heard("heard", kind, uri)], contents)

    async def disconnect(self):
        await self.comer.stop()
        await self.here.knows()

    async def log(self):
        """The reference has nothing to say about what it does not know."""
        await self.here.stop()
        theirs = self.here if self.ours_comes else self.comer
        expect("its log", theirs.stderr, "")


def title(version, ours_comes):
    return f"ours comes to {version}" if ours_comes else f"{version} comes to ours"


async def played(cell, gate):
    async with gate:
        world = World()
        try:
            await cell.play(world)
        except Failed as failure:
            cell.results["start"] = str(failure)
        except Exception:
            cell.results["start"] = traceback.format_exc()
        finally:
            await world.close()
    print(f"{'FAIL' if cell.failures() else 'ok':4}  {cell.column}: {cell.row}", file=sys.stderr)


def show(cells):
    """Both tables, then what failed. Whether nothing did."""
    titles = [title(version, ours) for version in references.VERSIONS for ours in (True, False)]

    def verdict(tried):
        return "n.a." if not tried else "FAIL" if any(tried) else "ok"

    table("nodes on hosts of their own, plugins", ROWS, titles, lambda column, row: verdict(
        [cell.failures() for cell in cells if (cell.column, cell.row) == (column, row)]))
    print()
    table("operation, all rows above", OPERATIONS, titles, lambda column, name: verdict(
        [cell.results[name] for cell in cells if cell.column == column and name in cell.results]))
    for cell in cells:
        for failure in cell.failures():
            print(f"\n{cell.column}; {cell.row}:\n    {failure}")
    return not any(cell.failures() for cell in cells)


async def play_all():
    found, _ = references.find()
    cells = []
    for reference in found:
        rows = [row for row in ROWS if reference.has_scripts or "X25519" not in ROWS[row]]
        if len(rows) < len(ROWS):
            print(f"skipped: X25519 with netaio {reference.version}: {reference.why_no_scripts}",
                  file=sys.stderr)
        cells += [Cell(row, reference, ours) for row in rows for ours in (True, False)]
    started = time.monotonic()
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(played(cell, gate) for cell in cells))
    good = show(cells)
    print(f"\n{len(cells)} cells in {time.monotonic() - started:.0f} s: "
          f"{'all as expected' if good else 'some FAILED'}")
    return good


async def main():
    inside.prepare(sys.argv[2])
    return await play_all()


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        sys.exit(0 if asyncio.run(main()) else 1)
    sys.exit(run.play(os.path.abspath(__file__), "--inside", sys.argv[1]))
