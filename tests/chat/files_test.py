#!/usr/bin/env python3
"""Files that people send each other, on a network and through a relay, while programs are killed with
SIGKILL."""

import asyncio
import os
import stat

from people import Person, Relay, all_add_all, all_see_all, expect, free_port, play

SIZE = 1_200_000


def a_file(person, name, size=SIZE):
    """Makes one of bytes that are nowhere else, and returns where it is, and these."""
    path, content = os.path.join(person.folder, name), os.urandom(size)
    with open(path, "wb") as file:
        file.write(content)
    return path, content


def received(person, name):
    """What it keeps under that name."""
    path = os.path.join(person.folder, f"{person.name}.files", name)
    expect(f"permissions of {name}", stat.S_IMODE(os.stat(path).st_mode), 0o600)
    with open(path, "rb") as file:
        return file.read()


def told(person, other, name):
    """What it was told of a file in all its lives, less what it is."""
    start = [["*", way, f"{other.name}:", "file", f"{name},"] for way in ("to", "from")]
    return [" ".join(event[7:]) for events in person.printed for event in events
            if event[:5] in start]


async def is_told(person, other, name, what):
    await person.until(lambda: any(line.startswith(what) for line in told(person, other, name)),
                       f"it is told '{what}' of {name}")


async def is_at(person, other, name, percent):
    """Waits until it is told that so much of a file is there, at least."""
    def part():
        return max((int(line.split()[0]) for line in told(person, other, name)
                    if line.endswith(" %")), default=0)
    await person.until(lambda: part() >= percent, f"{percent} % of {name} are there")


async def comes(ann, bob, name, content):
    await is_told(bob, ann, name, "kept as")
    await is_told(ann, bob, name, "they have it")
    expect(f"{name} is equal", received(bob, name) == content, True)


async def have_talked(ann, bob):
    """So that files are taken without asking."""
    for person, other in ((ann, bob), (bob, ann)):
        await person.type(f"@{other.name} hello")
        await other.hears(f"{person.name}> hello")


async def survive_both_being_killed(ann, bob, name):
    path, content = a_file(ann, name)
    await ann.type(f"/file bob {path}")
    for victim, percent in ((ann, 20), (bob, 50), (ann, 70)):
        await is_at(bob, ann, name, percent)
        await victim.kill()
        await victim.start()
    await comes(ann, bob, name, content)
    expect("its part files", [left for left in os.listdir(os.path.join(bob.folder, "bob.files"))
                              if left.endswith(".part")], [])
    print(f"    told to bob: {told(bob, ann, name)}", flush=True)


async def files_on_a_network_survive_both_being_killed(scene):
    options = ("--interface", "lo", "--port", str(free_port()))
    ann, bob = [await Person(scene, name, *options).start() for name in ("ann", "bob")]
    await all_see_all([ann, bob])
    await have_talked(ann, bob)
    await survive_both_being_killed(ann, bob, "report.pdf")


async def files_through_a_relay_survive_both_being_killed(scene):
    relay = await Relay(scene).start()
    ann, bob = [await Person(scene, name, "--no-lan", "--relay", f"127.0.0.1:{relay.port}").start()
                for name in ("ann", "bob")]
    await all_add_all([ann, bob])
    await have_talked(ann, bob)
    await survive_both_being_killed(ann, bob, "report.pdf")


async def files_are_taken_refused_and_ended_by_those_they_are_for(scene):
    options = ("--interface", "lo", "--port", str(free_port()))
    ann = await Person(scene, "ann", *options).start()
    bob = await Person(scene, "bob", *options, "--file-limit", "10K").start()
    await all_see_all([ann, bob])
    path, content = a_file(ann, "before", 1_000)
    await ann.type(f"/file bob {path}")
    await is_told(bob, ann, "before", "waits for you: /take 1")
    await bob.type("/take")
    await comes(ann, bob, "before", content)
    await have_talked(ann, bob)
    path, content = a_file(ann, "small", 10 * 1024)
    await ann.type(f"/file bob {path}")
    await comes(ann, bob, "small", content)
    path, content = a_file(ann, "large", 10 * 1024 + 1)
    await ann.type(f"/file bob {path}")
    await is_told(ann, bob, "large", "waits for them")
    await is_told(bob, ann, "large", "waits for you: /take 1")
    await bob.kill()
    await bob.start()
    await bob.type("/take 1")
    await comes(ann, bob, "large", content)
    await ann.type(f"/file bob {path}")
    await bob.until(lambda: told(bob, ann, "large").count("waits for you: /take 1, or /cancel 1") > 1,
                    "it is offered again")
    await bob.type("/cancel 1")
    await is_told(ann, bob, "large", "not sent: they did not want it")
    await is_told(bob, ann, "large", "not received: you did not want it")


play(files_on_a_network_survive_both_being_killed, files_through_a_relay_survive_both_being_killed,
     files_are_taken_refused_and_ended_by_those_they_are_for)
