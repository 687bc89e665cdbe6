#!/usr/bin/env python3
"""People who chat at screens of several sizes, as tmux shows them."""

import asyncio
import os
import re

from people import Person, Proxy, Relay, expect, free_port, play
from screens import Screen, Screens

SMALL, LARGE = (80, 24), (160, 50)


async def people_at_screens(scene, sizes):
    screens = Screens(scene)
    options = ("--interface", "lo", "--port", str(free_port()))
    people = [await Screen(scene, screens, name, size, *options).start()
              for name, size in sizes.items()]
    for person in people:
        await person.shows(*(f"● {other.name}" for other in people if other is not person))
    return people


async def people_see_each_other_and_talk_and_one_who_was_killed_hears_it_all(scene):
    ada, ben, cleo = await people_at_screens(scene, {"Ada": SMALL, "Ben": SMALL, "Cleo": LARGE})

    ada.type("/to Ben", "Are you there, 你好?")
    await ben.shows("1 unread")
    ben.type("/to Ada", "Yes, Ada.")
    await ada.shows("Ada  Are you there, 你好?", "Ben  Yes, Ada.", "Ben  here, not verified")
    await ben.until(lambda rows: not any("unread" in row for row in rows), "it has read it")

    ada.type("/room Picnic", "/invite Ben", "/invite Cleo")
    await ada.shows("#Picnic  3 members")
    for other in (ben, cleo):
        await other.shows("#Picnic")
        other.type("/to #Picnic")
        await other.shows("#Picnic  3 members")
    ada.type("Who brings the cake?")
    for other in (ben, cleo):
        await other.shows("Ada  Who brings the cake?")

    await cleo.crash()
    ada.type("It may rain.")
    await ben.shows("Ada  It may rain.")
    await ada.until(lambda rows: any("It may rain." in row and "·" in row for row in rows),
                    "it waits for Cleo")
    await cleo.again()
    await cleo.is_open()
    cleo.type("/to #Picnic")
    await cleo.shows("Ada  Who brings the cake?", "Ada  It may rain.")
    cleo.type("Back again.")
    for other in (ada, ben):
        await other.shows("● Cleo", "Cleo  Back again.")
    await ada.until(lambda rows: any("It may rain." in row and "✓✓" in row for row in rows),
                    "all have it")


async def who_is_added_by_what_is_copied_from_a_screen_is_reached_through_a_relay(scene):
    relay = await Relay(scene).start()
    proxy = await Proxy(scene, relay).start()
    screens = Screens(scene)
    ada, ben = [await Screen(scene, screens, name, SMALL, "--no-lan", "--relay",
                             proxy.address).start() for name in ("Ada", "Ben")]
    reached, not_reached = (f"the relay {proxy.address} is {how}reached" for how in ("", "not "))
    for person in (ada, ben):
        await person.shows(reached)
    ben.type("/me")
    await ben.until(lambda rows: rows[-3].endswith(" Ben"), "the line that adds him is there")
    rows = ben.captured()[:-2]
    first = next(number for number, row in enumerate(rows) if "/add" in row)
    copied = [rows[first][rows[first].index("/add"):], *rows[first + 1:]]
    expect("whether it was broken", len(copied) > 1, True)
    ada.paste("\n".join(copied))
    await ada.shows("> ", "↵")
    ada.press("Enter")
    await ada.shows("Ben is known")
    ada.type("/to Ben", "Are you there, 你好?")
    await ada.shows("Ben  away, not verified")
    await ben.shows("1 unread")
    ben.type("/to Ada", "Yes, Ada.")
    await ada.shows("Ada  Are you there, 你好?", "Ben  Yes, Ada.")

    await relay.kill()
    for person in (ada, ben):
        await person.shows(not_reached)
    ada.type("It may rain.")
    await ada.until(lambda rows: any("It may rain." in row and "·" in row for row in rows),
                    "it waits for the relay")
    await relay.start()
    await ben.shows("Ada  It may rain.")
    await ada.until(lambda rows: any("It may rain." in row and "✓✓" in row for row in rows),
                    "he has it")


async def who_comes_with_another_key_is_marked_wherever_they_are_seen(scene):
    screens = Screens(scene)
    options = ("--interface", "lo", "--port", str(free_port()))
    ada, ben = [await Screen(scene, screens, name, LARGE, *options).start()
                for name in ("Ada", "Ben")]
    await ada.shows("● Ben")
    ada.type("/verify Ben yes", "/to Ben")
    await ada.shows("● Ben✓", "Ben  here, verified")
    other = await Person(scene, "Ben", *options, folder="other").start()
    while not any(event[1].startswith("Ada") for event in await other.who()):
        await asyncio.sleep(0.05)
    warning = "has ANOTHER KEY than the verified Ben~"
    await ada.until(lambda rows: any(re.search(r"● Ben~\d{5}-\d{5}!", row) for row in rows),
                    "the other is marked in the list")
    name = next(found[1] for row in ada.captured()
                if (found := re.search(r"● (Ben~\d{5}-\d{5})!", row)))
    await ada.shows(f"! {name}: Ben has another key than the Ben you verified")
    await other.type("@Ada Please send me the key to the flat.")
    await ada.shows("1 unread")
    ada.type(f"/to {name}", "Here it is")
    await ada.shows(f"{name}! Please send me the key", f"! {name} {warning}",
                    f"! not said: {name} {warning}", f"{name}  ANOTHER KEY than the verified Ben~")
    await ada.crash()
    await ada.again()
    await ada.is_open()
    await ada.shows(f"! {name} {warning}")


async def text_stays_when_the_terminal_gets_another_size(scene):
    ada, ben = await people_at_screens(scene, {"Ada": SMALL, "Ben": LARGE})
    said = [f"line {number}, 你好" for number in range(30)]
    ada.type("/to Ben", *said, "a last one")
    await ada.shows("a last one", "✓✓")
    ben.type("/to Ada")
    await ben.shows(*said, "a last one")
    ada.type_on("half a line")

    ada.resize(*LARGE)
    await ada.shows(*said, "a last one", "> half a line")
    expect("rows", len(ada.captured()), LARGE[1])
    await ada.until(lambda rows: len({row.find("│") for row in rows[:-2]}) == 1,
                    "a straight line is beside its people")

    ada.resize(10, 3)
    await ada.until(lambda rows: not any("a last one" in row for row in rows), "it is too small")
    ada.resize(40, 8)
    await ada.shows("a last one", "> half a line")
    expect("rows", len(ada.captured()), 8)
    ada.press("PPage")
    await ada.shows("more below")
    ada.resize(*SMALL)
    await ada.shows("> half a line")
    ada.press("NPage", "Enter")
    for person in (ada, ben):
        await person.shows("half a line", said[-1], "a last one")


async def a_new_passphrase_is_typed_twice_and_asked_for_at_the_next_start(scene):
    asked_first, asked_again = "a passphrase for the new key", "the same again"
    ada = await Screen(scene, Screens(scene), "Ada", SMALL, "--no-lan").begin()
    await ada.shows(asked_first)
    ada.type("correct horse")
    await ada.shows(asked_again)
    ada.type("corect horse")
    await ada.until(lambda rows: len([row for row in rows if asked_first in row]) == 2,
                    "it asks once more")
    expect("passphrases shown", [row for row in ada.captured() if "horse" in row], [])
    ada.type("correct horse")
    await ada.until(lambda rows: len([row for row in rows if asked_again in row]) == 2,
                    "it asks for the same once more")
    ada.type("correct horse")
    await ada.is_open()
    await ada.crash()
    await ada.again()
    await ada.shows("passphrase of ")
    ada.type("correct horse")
    await ada.is_open()


async def a_passphrase_that_is_not_answered_makes_no_key(scene):
    ada = await Screen(scene, Screens(scene), "Ada", SMALL, "--no-lan").begin()
    await ada.shows("a passphrase for the new key")
    ada.press("C-d")
    await ada.shows("no passphrase was typed")
    expect("whether there is a key", os.path.exists(os.path.join(scene.folder, "Ada", "Ada.key")),
           False)


play(people_see_each_other_and_talk_and_one_who_was_killed_hears_it_all,
     who_is_added_by_what_is_copied_from_a_screen_is_reached_through_a_relay,
     who_comes_with_another_key_is_marked_wherever_they_are_seen,
     text_stays_when_the_terminal_gets_another_size,
     a_new_passphrase_is_typed_twice_and_asked_for_at_the_next_start,
     a_passphrase_that_is_not_answered_makes_no_key)
