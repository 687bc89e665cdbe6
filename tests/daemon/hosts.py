#!/usr/bin/env python3
"""Daemons with three apps each on hosts of their own, which are network namespaces (tests/netns), and
nodes of the reference beside them, where it is found as tests/interop finds it.
    hosts.py [SCENARIO...]"""

import asyncio
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("interop", "netns"):
    sys.path.insert(1, os.path.join(HERE, os.pardir, folder))

import inside  # noqa: E402
import references  # noqa: E402
import run  # noqa: E402
import udp  # noqa: E402
from network import run as command  # noqa: E402
from programs import App, Failed, expect, play  # noqa: E402
from world import World  # noqa: E402

UDP = "[udp]\nenabled = true\n"
IN_SESSIONS = UDP + '[protection]\nsession = "offer"\n'
APP = {"peers": "1", "grants": "1", "serve": "echo", "sharing": "turns", "advertise": 300,
       "timeout": 2000}


class Site:
    """A host with a daemon and three apps."""

    def __init__(self, scene, machine, configuration):
        self.machine = machine
        self.daemon = scene.daemon(configuration, machine)
        self.apps = [App(self.daemon, f"{machine.name}-{which}", machine) for which in "abc"]
        scene.programs += self.apps

    async def start(self):
        await self.daemon.start()
        await asyncio.gather(*(app.start(**APP) for app in self.apps))


async def two_sites(scene, world, configuration):
    network = await world.network()
    sites = [Site(scene, await world.machine(network), configuration) for _ in range(2)]
    for site in sites:
        await site.start()
    return network, sites


async def all_know_all(nodes):
    await asyncio.gather(*(node.knows(*(other for other in nodes if other is not node))
                           for node in nodes))


async def each_asks_each(nodes):
    for node in nodes:
        for other in nodes:
            if other is not node:
                await node.echo(node.known[other.name][0], f"{node.name}-to-{other.name}")


async def subscribed(node, other, uri):
    """The one is told of what the other notifies, once, and not after it ended that."""
    there = node.known[other.name][0]
    for command_, content in (("subscribe", "1"), ("unsubscribe", "2")):
        expect("answer", await node.ask(there, uri, "", command_),
               [f"CONFIRM_{command_.upper()}", uri])
        await other.tell("notify", uri, content)
    # What was sent before an echo on the same way has come when its answer is here.
    await node.echo(there)
    await node.until(lambda: node.heard("heard", "NOTIFY_URI", uri), f"it heard {uri}")
    expect(f"{node.name} heard", [event[3] for event in node.heard("heard", "NOTIFY_URI", uri)],
           ["1"])


async def all_are_told(sender, others):
    for how in ("broadcast", "multicast"):
        uri = f"{how}-of-{sender.name}"
        await sender.tell(how, uri, "1")
        for node in others:
            await node.until(lambda heard=node.heard, uri=uri: heard("heard", "PUBLISH_URI", uri),
                             f"it heard {uri}")
            # A multicast goes out over IPv4 and over IPv6.
            sources = [event[4] for event in node.heard("heard", "PUBLISH_URI", uri)]
            expect(f"{node.name} heard {uri} from", len(sources),
                   len(set(sources)) if how == "multicast" else 1)


async def all_talk(nodes):
    await all_know_all(nodes)
    await each_asks_each(nodes)


async def apps_of_two_daemons_talk(scene):
    await two_daemons(scene, UDP)


async def apps_of_two_daemons_talk_in_sessions(scene):
    await two_daemons(scene, IN_SESSIONS)


async def two_daemons(scene, configuration):
    world = World()
    try:
        _, sites = await two_sites(scene, world, configuration)
        apps = sites[0].apps + sites[1].apps
        await all_talk(apps)
        await subscribed(sites[0].apps[0], sites[1].apps[0], "news")
        await subscribed(sites[1].apps[1], sites[0].apps[1], "more")
        await all_are_told(sites[0].apps[2], [app for app in apps if app is not sites[0].apps[2]])
        # An app that is killed is no peer any more, well before anybody misses it.
        victim = sites[0].apps[2]
        await victim.kill()
        apps.remove(victim)
        await all_know_all(apps)
        # And those of a daemon that is killed come back by themselves.
        times = [len(app.heard("registered")) for app in sites[1].apps]
        old = {address for app in sites[1].apps for address in apps[0].known[app.name]}
        await sites[1].daemon.kill()
        await sites[1].daemon.start()
        for app, before in zip(sites[1].apps, times):
            await app.registered(before + 1)
        for app in apps:
            await app.until(lambda known=app.known: not old & set().union(*known.values()),
                            "it has forgotten the ports of the daemon that was killed")
        await all_talk(apps)
    finally:
        await world.close()


async def apps_and_the_reference_talk(scene):
    found, missing = references.find()
    for sentence in missing:
        print(f"    skipped: {sentence}", flush=True)
    if not found:
        return "the Python reference is not here"
    for reference in found:
        for configuration in (UDP, IN_SESSIONS):
            await with_reference(scene, reference, configuration)
    return None


async def with_reference(scene, reference, configuration):
    world = World()
    try:
        network, sites = await two_sites(scene, world, configuration)
        machine = await world.machine(network)
        # The reference asks for its own address, and which interface to use, by this.
        await command(*machine.inside("ip", "route", "add", "default", "dev", "eth0"))
        theirs = udp.TheirNode(machine)
        world.nodes.append(theirs)
        await theirs.start(reference.environment, advertise=300, timeout=6000)
        apps = sites[0].apps + sites[1].apps
        nodes = [*apps, theirs]
        await all_talk(nodes)
        for app in (sites[0].apps[0], sites[1].apps[2]):
            await subscribed(theirs, app, f"of-{app.name}")
            await subscribed(app, theirs, f"for-{app.name}")
        await all_are_told(theirs, apps)
        await all_are_told(apps[0], nodes[1:])
        ordinary = {app.name: theirs.known[app.name] for app in apps}
        if any(len(addresses) != 1 for addresses in ordinary.values()) or \
                len({tuple(addresses) for addresses in ordinary.values()}) != len(apps):
            raise Failed(f"the reference does not see a peer for each address: {ordinary}")
        await theirs.stop()
        await all_know_all(apps)
        print(f"    netaio {reference.version} saw {ordinary}", flush=True)
    finally:
        await world.close()
        for site in sites:
            for app in site.apps:
                await app.kill()
            await site.daemon.kill()


if __name__ == "__main__":
    if sys.argv[1:2] != ["--inside"]:
        sys.exit(run.play(os.path.abspath(__file__), "--inside", *sys.argv[1:]))
    del sys.argv[1]
    play(apps_of_two_daemons_talk, apps_of_two_daemons_talk_in_sessions, apps_and_the_reference_talk,
         prepare=inside.prepare)
