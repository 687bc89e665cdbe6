"""Hosts and the networks between them, made with iproute2. The networks are bridges here, the hosts
are network namespaces."""

import asyncio


class Failed(Exception):
    """Something did not come out as it should."""


async def run(*command, stdin=""):
    """A command that must succeed; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT)
    output, _ = await process.communicate(stdin.encode())
    if process.returncode != 0:
        raise Failed(f"{' '.join(command)}: {output.decode().strip()}")
    return output.decode()


async def ip(*lines):
    """Commands for ip, one a line."""
    return await run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")


class Network:
    """A bridge. Its first two letters tell networks apart, as names of interfaces are short."""

    def __init__(self, name, number):
        self.name, self.number = name, number
        self.wires = 0

    async def make(self):
        await ip(f"link add {self.name} type bridge mcast_snooping 0",
                 f"link set {self.name} up")

    def next_address(self):
        self.wires += 1
        return f"10.77.{self.number}.{self.wires}/24"


class Machine:
    """A host without a program: a namespace with wires into networks."""

    def __init__(self, name):
        self.name = name
        self.addresses = {}
        self.hardware = {}

    def inside(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    async def make(self):
        await ip(f"netns add {self.name}")
        # Addresses that may be used at once, not after a second of asking who else has them.
        await run(*self.inside("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; "
                               "ip link set lo up"))

    def wire(self, interface):
        """The other end of an interface, at the bridge."""
        return f"{self.name}-{interface}"

    async def plug(self, network, interface="eth0"):
        """Connects the host to a network. Process 1 is in the namespace with the bridges."""
        address = network.next_address()
        wire = self.wire(interface)
        await run(*self.inside("ip", "-batch", "-"), stdin=(
            f"link add {interface} type veth peer name {wire} netns 1\n"
            f"address add {address} dev {interface}\n"
            f"link set {interface} up\n"))
        await ip(f"link set {wire} master {network.name} up")
        self.addresses[network.name] = address.split("/")[0]

    async def know_neighbours(self, network, machines, interface="eth0"):
        """Saves asking for these machines' hardware addresses. The kernel keeps a thousand answers
        at most, for all namespaces together, and sends nothing to whom it has no room for."""
        lines = [f"neighbour replace {machine.addresses[network.name]} dev {interface} "
                 f"lladdr {await machine.hardware_address(interface)} nud permanent\n"
                 for machine in machines if machine is not self]
        await run(*self.inside("ip", "-batch", "-"), stdin="".join(lines))

    async def hardware_address(self, interface="eth0"):
        if interface not in self.hardware:
            shown = await run(*self.inside("ip", "-o", "link", "show", "dev", interface))
            self.hardware[interface] = shown.split("link/ether ")[1].split()[0]
        return self.hardware[interface]

    async def unplug(self, interface="eth0"):
        """Takes an interface away."""
        await ip(f"link delete {self.wire(interface)}")

    async def cut(self, interface="eth0"):
        await ip(f"link set {self.wire(interface)} down")

    async def mend(self, interface="eth0"):
        await ip(f"link set {self.wire(interface)} up")

    async def lose(self, percent):
        """Drops that many of the datagrams that come in."""
        await run(*self.inside("nft", "-f", "-"), stdin=(
            "add table inet loss\n"
            "add chain inet loss input { type filter hook input priority 0; }\n"
            "add rule inet loss input meta l4proto udp "
            f"numgen random mod 100 < {percent} counter drop\n"))

    async def lost(self):
        """How many were dropped so far."""
        listed = (await run(*self.inside("nft", "list", "table", "inet", "loss"))).split()
        return int(listed[listed.index("packets") + 1])
