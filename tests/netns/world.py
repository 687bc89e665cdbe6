"""What a scenario builds its hosts with. Names are its own, so that scenarios run beside each other."""

import itertools

import host
from network import Failed, Machine, Network

_numbers = itertools.count(1)


class World:
    def __init__(self):
        self.nodes = []

    async def network(self):
        number = next(_numbers)
        network = Network(f"lan{number}", number)
        await network.make()
        return network

    async def machine(self, *networks):
        """A machine connected to networks by eth0, eth1, ..."""
        machine = Machine(f"h{next(_numbers)}")
        await machine.make()
        for index, network in enumerate(networks):
            await machine.plug(network, f"eth{index}")
        return machine

    def node(self, machine, suffix=""):
        node = host.Node(machine, machine.name + suffix)
        self.nodes.append(node)
        return node

    async def host(self, *networks, **settings):
        """A machine with a running node."""
        node = self.node(await self.machine(*networks))
        await node.start(**settings)
        return node

    async def close(self):
        for node in self.nodes:
            if hasattr(node, "process"):
                await node.kill()


def expect(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: {got}, not {wanted}")
