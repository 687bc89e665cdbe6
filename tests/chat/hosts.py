#!/usr/bin/env python3
"""People who chat on hosts of their own, which are network namespaces (tests/netns).
    hosts.py [SCENARIO...]"""

import asyncio
import os
import sys

from people import Person, all_see_all, expect, play
from talk import hear_what_was_said_meanwhile, talk_in_a_room, talk_to_each_other

import inside  # noqa: E402
import run  # noqa: E402
from world import World  # noqa: E402


async def people_on_three_hosts(scene):
    world = World()
    network = await world.network()
    people = [await Person(scene, name, machine=await world.machine(network)).start()
              for name in ("ann", "bob", "cyd")]
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


if __name__ == "__main__":
    if sys.argv[1:2] != ["--inside"]:
        sys.exit(run.play(os.path.abspath(__file__), "--inside", *sys.argv[1:]))
    del sys.argv[1]
    play(people_of_three_hosts_talk_and_one_who_was_away_hears_it_all,
         one_who_was_cut_off_hears_and_is_heard_when_the_network_is_back, prepare=inside.prepare)
