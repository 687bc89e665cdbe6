"""What hosts on a network must see of each other. A scenario gives back nothing, or why it could not
be played here."""

import asyncio
import math
import time

from host import poll
from network import Failed, run
from world import expect

# A node that advertises itself just once, as far as a scenario goes.
ONCE = {"advertise": 600000, "timeout": 600000}
SOON = {"advertise": 200, "timeout": 1500}

ALL = []


def scenario(function):
    ALL.append(function)
    return function


async def three_hosts(world, **settings):
    lan = await world.network()
    nodes = [await world.host(lan, **settings) for _ in range(3)]
    await all_know_all(nodes)
    return nodes


async def all_know_all(nodes):
    for node in nodes:
        await node.knows(*(other for other in nodes if other is not node))


@scenario
async def fifty_nodes_settle_without_a_storm(world):
    count, every_s = 50, 20.0
    lan = await world.network()
    machines = await asyncio.gather(*(world.machine(lan) for _ in range(count)))
    for machine in machines:
        await machine.know_neighbours(lan, machines)
    nodes = [world.node(machine) for machine in machines]
    started = time.monotonic()
    await asyncio.gather(*(node.start(advertise=int(every_s * 1000), timeout=600000, ipv6=0)
                           for node in nodes))
    await all_know_all(nodes)
    sent = sum(node.sent() for node in nodes)
    # Each advertises at its start, once more should its interface still be coming up, and then
    # at each interval, less a tenth; and everybody answers.
    rounds = 2 + math.floor((time.monotonic() - started) / (0.9 * every_s))
    expect(f"{sent} datagrams within bounds", sent <= rounds * count * count, True)
    print(f"    fifty nodes: {sent} datagrams, at most {rounds * count * count}", flush=True)


@scenario
async def three_hosts_find_each_other_over_ipv4(world):
    nodes = await three_hosts(world, ipv6=0)
    for node in nodes:
        for (address,) in node.known.values():
            expect("an IPv4 address", address.startswith("10.77."), True)
            await node.echo(address)


@scenario
async def three_hosts_find_each_other_over_ipv6(world):
    nodes = await three_hosts(world, ipv4=0)
    for node in nodes:
        for (address,) in node.known.values():
            expect(f"{address} is local to a link", address.startswith("[fe80::"), True)
            expect(f"{address} has a zone", "%" in address, True)
            await node.echo(address)


@scenario
async def a_host_on_two_networks_knows_both_and_bridges_neither(world):
    left, right = await world.network(), await world.network()
    a, c = await world.host(left), await world.host(right)
    b = await world.host(left, right)
    await b.knows(a, c)
    # Many advertisements later that is still all.
    async def heard_more():
        return all([(await node.counters())["in"] > 20 for node in (a, b, c)])
    await poll(heard_more, "all heard many advertisements")
    await b.knows(a, c)
    for end in (a, c):
        await end.knows(b)
        expect("joined only", [event[1] for event in end.heard("joined")], [b.name])


@scenario
async def who_leaves_politely_is_gone_at_once(world):
    a, b, c = await three_hosts(world, **ONCE)
    await c.stop()
    await a.knows(b)
    await b.knows(a)


@scenario
async def who_is_cut_off_times_out_and_comes_back(world):
    a, b, c = await three_hosts(world, **SOON)
    await c.machine.cut()
    await a.knows(b)
    await b.knows(a)
    await c.knows()
    await c.machine.mend()
    await all_know_all([a, b, c])


@scenario
async def who_is_killed_times_out_and_may_start_again(world):
    a, b, c = await three_hosts(world, **SOON)
    await c.kill()
    await a.knows(b)
    await b.knows(a)
    await c.start(**SOON)
    await all_know_all([a, b, c])


@scenario
async def a_host_that_joins_late_learns_of_all_by_its_own_advertisement(world):
    lan = await world.network()
    early = [await world.host(lan, **ONCE) for _ in range(2)]
    await all_know_all(early)
    late = await world.host(lan, **ONCE)
    await all_know_all([*early, late])


@scenario
async def two_nodes_on_one_host_share_the_port(world):
    lan = await world.network()
    shared = await world.machine(lan)
    first, second = world.node(shared, "a"), world.node(shared, "b")
    await first.start()
    await second.start()
    far = await world.host(lan)
    await all_know_all([first, second, far])
    await far.tell("broadcast", "news", "hello")
    for near in (first, second):
        await near.until(lambda near=near: near.heard("heard"), "it heard the news")
        for address in far.known[near.name]:
            await far.echo(address, near.name)
    await first.tell("broadcast", "news", "from-the-first")
    for node in (second, far):
        await node.until(lambda node=node: node.heard("heard", "PUBLISH_URI", "news",
                                                      "from-the-first"), "it heard the first")
    expect("from far", len(second.heard("heard", "PUBLISH_URI", "news", "hello")), 1)
    expect("heard by the first", len(first.heard("heard")), 1)


@scenario
async def broadcast_and_notify_reach_each_exactly_once(world):
    a, b, c = await three_hosts(world)
    async def both_families():
        return all(len(addresses) == 2 for addresses in a.known.values())
    await poll(both_families, "a knows both addresses of each")
    await a.tell("broadcast", "everybody", "1")
    # Subscribed at both of its addresses, b is still one subscriber.
    for address in b.known[a.name]:
        expect("subscribed", (await b.ask(address, "news", "", "subscribe"))[0],
               "CONFIRM_SUBSCRIBE")
    await a.tell("notify", "news", "2")
    for address in b.known[a.name]:
        await b.ask(address, "news", "", "unsubscribe")
    await a.tell("notify", "news", "3")
    # What was sent before an echo on the same way has come when its answer is here.
    for node in (b, c):
        for address in a.known[node.name]:
            await a.echo(address)
    for node, wanted in ((a, []), (b, ["1", "2"]), (c, ["1"])):
        expect(f"heard by {node.name}", [event[3] for event in node.heard("heard")], wanted)


@scenario
async def a_fifth_of_the_datagrams_is_lost(world):
    lan = await world.network()
    nodes = [world.node(await world.machine(lan)) for _ in range(3)]
    for node in nodes:
        await node.machine.lose(20)
        await node.start()
    await all_know_all(nodes)
    for node in nodes:
        for other in nodes:
            if other is not node:
                for number in range(10):
                    await node.echo(node.known[other.name][0], str(number))
    async def some_lost():
        return all([await node.machine.lost() > 0 for node in nodes])
    await poll(some_lost, "datagrams got lost at each")
    for node in nodes:
        expect(f"left, as {node.name} sees it", node.heard("left"), [])


@scenario
async def datagrams_are_late_and_out_of_order(world):
    lan = await world.network()
    machines = [await world.machine(lan) for _ in range(3)]
    for machine in machines:
        try:
            await run("tc", "qdisc", "add", "dev", machine.wire("eth0"), "root", "netem",
                      "delay", "20ms", "15ms", "reorder", "25%")
        except (Failed, FileNotFoundError) as reason:
            return f"no tc netem here ({str(reason).splitlines()[0]})"
    nodes = [world.node(machine) for machine in machines]
    for node in nodes:
        await node.start()
    await all_know_all(nodes)
    for number in range(10):
        await nodes[0].echo(nodes[0].known[nodes[1].name][0], str(number))
    return None


@scenario
async def interfaces_that_come_and_go_are_joined_and_left(world):
    left, right = await world.network(), await world.network()
    a = await world.host(left, **SOON)
    b, c = await world.host(left, **SOON), await world.host(right, **SOON)
    await a.knows(b)
    await a.machine.plug(right, "eth1")
    await a.knows(b, c)
    await c.knows(a)
    async def joined():
        return await a.used_interfaces() == {"eth0", "eth1"}
    await poll(joined, "eth1 is used")
    await a.machine.unplug("eth1")
    await a.knows(b)
    await c.knows()
    async def left_alone():
        return await a.used_interfaces() == {"eth0"}
    await poll(left_alone, "eth1 is not used any more")


@scenario
async def a_node_that_starts_without_a_network_finds_one(world):
    lan = await world.network()
    b = await world.host(lan, **ONCE)
    a = await world.host(**ONCE)
    await a.machine.plug(lan)
    await all_know_all([a, b])


@scenario
async def chosen_interfaces_are_the_only_ones(world):
    left, right = await world.network(), await world.network()
    b, c = await world.host(left), await world.host(right)
    a = await world.host(left, right, interface="eth1")
    await a.knows(c)
    async def heard_more():
        return all([(await node.counters())["in"] > 20 for node in (a, c)])
    await poll(heard_more, "many advertisements were heard")
    await a.knows(c)
    expect("heard by b", b.heard("joined"), [])


@scenario
async def errors_are_never_answered(world):
    lan = await world.network()
    a, b = [await world.host(lan, advertise=0) for _ in range(2)]
    address = f"{b.machine.addresses[lan.name]}:8888"
    types = ("ERROR", "AUTH_ERROR", "NOT_FOUND", "NOT_PERMITTED", "OK", "RESPOND_URI")
    for message_type in types:
        await a.tell("send", address, message_type, "nothing", "of-this")
    await a.tell("send", address, "CREATE_URI", "nobody", "takes-this-which-is-long-enough")
    for _ in range(5):
        await a.echo(address)
    # The answers to five requests, and one NOT_FOUND.
    expect("sent by b", b.sent(), 6)
    expect("sent by a", a.sent(), len(types) + 6)


@scenario
async def more_networks_are_heard_than_a_socket_may_join(world):
    networks = [await world.network() for _ in range(3)]
    machine = await world.machine(*networks)
    await run(*machine.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/igmp_max_memberships"))
    a = world.node(machine)
    await a.start(ipv6=0, **ONCE)
    # Each advertises itself once, to the group, after a did.
    others = [await world.host(lan, ipv6=0, **ONCE) for lan in networks]
    await a.knows(*others)
    for other in others:
        await other.knows(a)


@scenario
async def a_request_that_has_no_way_ends_with_the_reason(world):
    a = await world.host(ipv6=0)
    answer = await a.tell("request", "192.0.2.1:8888", "x", "y")
    expect("why", [words[1:] for words in answer if words[0] == "failed"],
           [["Network", "is", "unreachable"]])


@scenario
async def a_session_finds_out_what_its_path_carries(world):
    lan = await world.network()
    nodes = [world.node(await world.machine(lan)) for _ in range(2)]
    for node in nodes:
        await node.start({"INTEROP_SESSION": "offer"}, ipv6=0)
    await all_know_all(nodes)
    asker, other = nodes
    (address,) = asker.known[other.name]
    await asker.echo(address, "x" * 1380)
    expect("sessions", (await asker.counters())["sessions"] > 0, True)
    said = await asker.tell("request", address, "echo", "x" * 60000)
    expect("too much for it", [words[0] for words in said], ["failed"])
    expect("sent", (await asker.counters())["send_failures"], 1)
