"""What people say to each other, however they reach each other."""

import os

from people import expect, expect_unseen

SECRETS = ("jacaranda", "billabong", "wattlebird", "kookaburra")
FILE_WORDS = 10_000


async def talk_to_each_other(people):
    """Each tells each a line, which arrives and is said to have arrived."""
    for person in people:
        for other in people:
            if other is not person:
                text = f"from {person.name} to {other.name}"
                await person.type(f"@{other.name} {text}")
                await other.hears(f"{person.name}> {text}")
                await person.hears(f"* {other.name} has it")


async def talk_in_a_room(people, room):
    """The first makes a room and invites the others; each says a line that all hear."""
    first, *others = people
    await first.type(f"/room {room}", *(f"/invite {other.name}" for other in others),
                     f"{room} of {first.name}")
    for other in others:
        await other.hears(f"#{room} {first.name}> {room} of {first.name}")
    await first.hears(f"* all in #{room} have it")
    for other in others:
        await other.type(f"/to #{room}", f"{room} of {other.name}")
        for person in people:
            if person is not other:
                await person.hears(f"#{room} {other.name}> {room} of {other.name}")
        await other.hears(f"* all in #{room} have it")


async def hear_what_was_said_meanwhile(people, room):
    """The last goes, comes back, and hears in order what was said meanwhile, and then says more."""
    first, *others, last = people
    await last.quit()
    missed = [f"missed {number}" for number in range(5)]
    await first.type(*(f"@{last.name} {text}" for text in missed))
    await first.type(*(f"{text} in {room}" for text in missed))
    for other in others:
        await other.hears(f"#{room} {first.name}> {missed[-1]} in {room}")
    await last.start()
    for place, more in (("", ""), (f"#{room} ", f" in {room}")):
        for text in missed:
            await last.hears(f"{place}{first.name}> {text}{more}")
        said = f"{place}{first.name}> "
        heard = [" ".join(event) for event in last.events]
        expect(f"{last.name} heard", [line for line in heard if line.startswith(said)],
               [f"{said}{text}{more}" for text in missed])
    await last.type(f"/to #{room}", "back again")
    for person in (first, *others):
        await person.hears(f"#{room} {last.name}> back again")


async def say_what_nobody_else_is_to_hear(one, other):
    """To each other, in a room, and in a file: all of SECRETS."""
    said, room, file, content = SECRETS
    for person, them in ((one, other), (other, one)):
        await person.type(f"@{them.name} {said}")
        await them.hears(f"{person.name}> {said}")
    await one.type(f"/room {room}", f"/invite {other.name}", f"{said} for all")
    await other.hears(f"#{room} {one.name}> {said} for all")
    await one.hears(f"* all in #{room} have it")
    path = os.path.join(one.folder, file)
    with open(path, "w", encoding="ascii") as written:
        written.write(f"{content} " * FILE_WORDS)
    await one.type(f"/file {other.name} {path}")
    await other.until(lambda: any("kept" in event for event in
                                  other.heard("*", "from", f"{one.name}:", "file")),
                      "the file is there")


def expect_only_people_are_seen(people, seen):
    """By who listens: who is there, and nothing that they say."""
    expect_unseen("on the network", seen, SECRETS)
    expect("the file passed", len(seen) > FILE_WORDS * len(SECRETS[-1]), True)
    for person in people:
        expect(f"{person.name} is announced", person.name.encode() in seen, True)
