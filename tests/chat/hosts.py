#!/usr/bin/env python3
"""People who chat on hosts of their own, which are network namespaces (tests/netns).
    hosts.py [SCENARIO...]"""

import asyncio
import os
import sys

from people import Failed, Listener, Person, all_see_all, expect, play
from talk import (expect_only_people_are_seen, hear_what_was_said_meanwhile,
                  say_what_nobody_else_is_to_hear, talk_in_a_room, talk_to_each_other)

import inside  # noqa: E402
import run  # noqa: E402
from world import World  # noqa: E402


async def people_on_three_hosts(scene, *names, listeners=None):
    world = World()
    network = await world.network()
    people = [Person(scene, name, machine=await world.machine(network))
              for name in names or ("ann", "bob", "cyd")]
    for person in people:
        if listeners is not None:
            listeners.append(Listener(scene, person.machine.wire("eth0")))
            if not listeners[-1].start():
                raise Failed("nobody may listen here")
        await person.start()
    await all_see_all(people)
    return people


async def people_of_three_hosts_talk_and_one_who_was_away_hears_it_all(scene):
    people = await people_on_three_hosts(scene)
    await talk_to_each_other(people)
    await talk_in_a_room(people, "kitchen")
    await hear_what_was_said_meanwhile(people, "kitchen")
    await asyncio.gather(*(person.quit() for person in people))


def heard(person, other, place=""):
    """What it heard from another there that was said meanwhile."""
    start = f"{place}{other.name}> "
    lines = [" ".join(event) for event in person.events]
    return [line.removeprefix(start) for line in lines if line.startswith(start + "meanwhile")]


async def one_who_was_cut_off_hears_and_is_heard_when_the_network_is_back(scene):
    ann, bob, cyd = people = await people_on_three_hosts(scene)
    await talk_in_a_room(people, "kitchen")
    said = [f"meanwhile {number}" for number in range(5)]
    await cyd.machine.cut()
    for speaker, places in ((ann, ("cyd", "bob", "#kitchen")), (cyd, ("ann", "#kitchen"))):
        for place in places:
            await speaker.type(f"/to {place}", *said)
    # All of ann's was tried by now, and what can arrive has.
    await bob.hears(f"ann> {said[-1]}")
    await bob.hears(f"#kitchen ann> {said[-1]}")
    expect("heard by or of cyd", [*heard(cyd, ann), *heard(ann, cyd), *heard(bob, cyd)], [])
    await cyd.machine.mend()
    for hearer, speaker, places in ((cyd, ann, ("", "#kitchen ")), (ann, cyd, ("", "#kitchen ")),
                                    (bob, cyd, ("#kitchen ",))):
        for place in places:
            await hearer.hears(f"{place}{speaker.name}> {said[-1]}")
            expect(f"{hearer.name} heard of {place}{speaker.name}",
                   heard(hearer, speaker, place), said)
    await asyncio.gather(*(person.quit() for person in people))


async def who_listens_on_the_network_sees_who_is_there_and_nothing_that_they_say(scene):
    listeners = []
    people = await people_on_three_hosts(scene, "quokka", "wombat", "numbat", listeners=listeners)
    await say_what_nobody_else_is_to_hear(*people[:2])
    expect_only_people_are_seen(people, b"\n".join(wire.recorded() for wire in listeners))
    await asyncio.gather(*(person.quit() for person in people))


if __name__ == "__main__":
    if sys.argv[1:2] != ["--inside"]:
        sys.exit(run.play(os.path.abspath(__file__), "--inside", *sys.argv[1:]))
    del sys.argv[1]
    play(people_of_three_hosts_talk_and_one_who_was_away_hears_it_all,
         one_who_was_cut_off_hears_and_is_heard_when_the_network_is_back,
         who_listens_on_the_network_sees_who_is_there_and_nothing_that_they_say, prepare=inside.prepare)
