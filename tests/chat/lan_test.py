#!/usr/bin/env python3
"""People who meet each other on a network, without a relay."""

import asyncio

from people import Person, all_see_all, free_port, play
from talk import hear_what_was_said_meanwhile, talk_in_a_room, talk_to_each_other


async def people_of_a_network_talk_and_one_who_was_away_hears_it_all(scene):
    options = ("--interface", "lo", "--port", str(free_port()))
    people = [await Person(scene, name, *options).start() for name in ("ann", "bob", "cyd")]
    await all_see_all(people)
    await talk_to_each_other(people)
    await talk_in_a_room(people, "kitchen")
    await hear_what_was_said_meanwhile(people, "kitchen")
    await asyncio.gather(*(person.quit() for person in people))


play(people_of_a_network_talk_and_one_who_was_away_hears_it_all)
