#!/usr/bin/env python3
"""People of one machine who meet others through its netaiod, and one beside it with a port of his own."""

import asyncio

from people import NETAIOD, Listener, Person, all_see_all, free_port, needed, play
from talk import (expect_only_people_are_seen, hear_what_was_said_meanwhile,
                  say_what_nobody_else_is_to_hear, talk_in_a_room, talk_to_each_other)

needed(NETAIOD, "netaiod")


async def met(scene, *names):
    """A daemon, two people who meet others through it, and one with a port of their own."""
    port = str(free_port())
    daemon = scene.daemon(
        f'[udp]\nenabled = true\nport = {port}\ninterfaces = ["lo"]\nipv6 = false\n')
    await daemon.start()
    people = [await Person(scene, name, *options).start()
              for name, options in zip(names or ("ann", "bob", "cyd"),
                                       (("--daemon", daemon.socket), ("--daemon", daemon.socket),
                                        ("--interface", "lo", "--port", port)), strict=True)]
    await all_see_all(people)
    return daemon, people


async def people_of_a_daemon_and_one_beside_it_talk(scene):
    _, people = await met(scene)
    await talk_to_each_other(people)
    await talk_in_a_room(people, "kitchen")
    # One beside the daemon is away, then one who is there through it.
    await hear_what_was_said_meanwhile(people, "kitchen")
    ann, bob, cyd = people
    await talk_in_a_room([cyd, ann, bob], "garden")
    await hear_what_was_said_meanwhile([cyd, ann, bob], "garden")
    await asyncio.gather(*(person.quit() for person in people))


async def people_of_a_daemon_that_is_killed_hear_all_when_it_is_back(scene):
    daemon, people = await met(scene)
    await talk_in_a_room(people, "kitchen")
    ann, bob, cyd = people
    for person in (ann, bob):
        await person.hears("* netaiod is reached")
    await daemon.kill()
    for person in (ann, bob):
        await person.until(lambda person=person: person.heard("*", "netaiod", "is", "not"),
                           "it is told that netaiod is gone")
    await ann.type("@cyd from ann without a daemon", "/to #kitchen", "nobody hears me yet")
    await cyd.type("@bob from cyd without a daemon")
    await daemon.start()
    await all_see_all(people)
    for person in (ann, bob):
        await person.hears("* netaiod is reached", 2)
    await cyd.hears("ann> from ann without a daemon")
    await bob.hears("cyd> from cyd without a daemon")
    for person in (bob, cyd):
        await person.hears("#kitchen ann> nobody hears me yet")
    await asyncio.gather(*(person.quit() for person in people))


async def who_starts_before_the_daemon_is_told_so_and_meets_others_when_it_is_there(scene):
    port = str(free_port())
    daemon = scene.daemon(
        f'[udp]\nenabled = true\nport = {port}\ninterfaces = ["lo"]\nipv6 = false\n')
    people = [await Person(scene, name, "--daemon", daemon.socket).start()
              for name in ("ann", "bob")]
    for person in people:
        await person.hears("* netaiod is not reached (No such file or directory): nobody is met on "
                           "the network until it is")
    await daemon.start()
    for person in people:
        await person.hears("* netaiod is reached")
    await all_see_all(people)
    await talk_to_each_other(people)
    await asyncio.gather(*(person.quit() for person in people))


async def who_listens_on_the_network_sees_nothing_that_people_of_a_daemon_say(scene):
    listener = Listener(scene, "lo")
    if not listener.start():
        return "nobody may listen here"
    _, people = await met(scene, "quokka", "wombat", "numbat")
    ann, _, cyd = people
    await say_what_nobody_else_is_to_hear(ann, cyd)
    expect_only_people_are_seen(people, listener.recorded())
    await asyncio.gather(*(person.quit() for person in people))


play(people_of_a_daemon_and_one_beside_it_talk,
     people_of_a_daemon_that_is_killed_hear_all_when_it_is_back,
     who_starts_before_the_daemon_is_told_so_and_meets_others_when_it_is_there,
     who_listens_on_the_network_sees_nothing_that_people_of_a_daemon_say)
