#!/usr/bin/env python3
"""Makes the pictures of the chat's screen in docs/images/ of what people see who talk at real
terminals, which are tmux's.
    NETAIO_CHAT=build/release/bin/netaio-chat tests/chat/screenshots.py"""

import html
import os
import re
import unicodedata

from people import free_port, play
from screens import Screen, Screens

IMAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir,
                      "docs", "images")
CELL, ROW, MARGIN, BASELINE = 8.4, 18, 12, 13.5
INK, PAPER = "#d8dee4", "#16191d"
COLOURS = {31: "#e06c75", 32: "#7ec699", 33: "#e5c07b", 36: "#56c8d8"}
STYLES = {1: "b", 2: "d", 4: "u"}
FONTS = '"DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK SC","Noto Color Emoji",monospace'

IN_PRIVATE = (
    ("Ada", "Shall we bake something for her birthday?"),
    ("Ben", "A cake with plums, I would say. Tomorrow evening, at mine?"),
    ("Ben", "/verify Ada"),
    ("Ben", "/verify Ada yes"),
    ("Ada", "At yours, gladly. Seven?"),
    ("Ben", "Seven. Bring the small oven dish, mine has a crack from when Sam tried to bake bread in "
            "the shape of a hedgehog."),
    ("Ada", "I remember 🦔 It looked rather like a shoe."),
    ("Ben", "A tasty shoe."),
    ("Ada", "What else do we need? I have flour, sugar and butter, and the plums from the garden."),
    ("Ben", "Eggs and cinnamon; I pass the market on the way home."),
    ("Ada", "And candles 🎂 There are 29, unless I have lost count."),
    ("Ben", "Then it is a cake that needs a fire brigade."),
    ("Ada", "Does Sam know that it is a surprise?"),
    ("Ben", "Yes. Sam says nothing at all, which for Sam is a lot of work."),
    ("Ada", "生日快乐 on top, in icing: can you write that, or shall we ask her brother?"),
    ("Ben", "I practise since Monday. Yesterday's looked like a map of the underground, but today's "
            "can be read."),
    ("Ada", "Good. The train on Saturday is the one at 9:40, so the cake has to be in a box by nine."),
    ("Ben", "A box with a handle. I will find one."),
)
IN_THE_ROOM = (
    ("美玲", "Shall we go to the lake on Saturday? 🧺"),
    ("Ben", "Yes! I can bring bread, and the big blanket."),
    ("Ada", "Good. The train at 9:40 has room for bicycles, and it is half an hour from the station "
            "to the water."),
    ("美玲", "太好了！ I make dumplings 🥟"),
    ("Ada", "Then I only need to carry the fruit and a ball. Who has a thermos?"),
    ("Ben", "Two of them ☕"),
    ("美玲", "See you at the platform, at half past nine"),
)


def cells(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def spans(row):
    """The parts of a row with the codes of how each is drawn."""
    codes = set()
    for escape, text in re.findall(r"\033\[([\d;]*)m|([^\033]+)", row):
        if text:
            yield frozenset(codes), text
            continue
        for code in (int(part or 0) for part in escape.split(";")):
            if code in (0, 39):
                codes = set() if code == 0 else {c for c in codes if c < 30}
            else:
                codes.add(code)


def drawn(codes, text, column, row):
    """A part of a row as elements of an SVG; words that stand apart are placed for themselves."""
    x, y = MARGIN + CELL * column, MARGIN + ROW * row
    colour = next((COLOURS[code] for code in codes if code in COLOURS), None)
    if 7 in codes:
        yield (f'<rect x="{x:g}" y="{y:g}" width="{CELL * cells(text):g}" height="{ROW}" '
               f'fill="{colour or INK}"/>')
        colour = PAPER
    look = " ".join(STYLES[code] for code in sorted(codes) if code in STYLES)
    attributes = (f' class="{look}"' if look else "") + (f' style="fill:{colour}"' if colour else "")
    wide = re.compile(r"[^\x00-\u2e7f]+|[\x00-\u2e7f]+")
    for words in re.finditer(r"\S+(?: \S+)*", text):
        at = words.start()
        for part in wide.finditer(words[0]):
            start, shown = at + part.start(), part[0].strip()
            start += len(part[0]) - len(part[0].lstrip())
            if not shown:
                continue
            yield (f'<text x="{x + CELL * cells(text[:start]):g}" y="{y + BASELINE:g}" '
                   f'textLength="{CELL * cells(shown):g}" lengthAdjust="spacingAndGlyphs"'
                   f'{attributes}>{html.escape(shown, quote=False)}</text>')


def svg(title, columns, rows):
    width, height = columns * CELL + 2 * MARGIN, len(rows) * ROW + 2 * MARGIN
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
             f'width="{width:g}" height="{height:g}" role="img"><title>{title}</title><style>'
             f'text{{font:14px {FONTS};fill:{INK}}}.b{{font-weight:bold}}.d{{opacity:.55}}'
             '.u{text-decoration:underline}</style>',
             f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>']
    for number, row in enumerate(rows):
        column = 0
        for codes, text in spans(row):
            lines += drawn(codes, text, column, number)
            column += cells(text)
    return "\n".join([*lines, "</svg>", ""])


def keep(person, what):
    columns, rows = person.size
    name = f"chat-{columns}x{rows}.svg"
    title = f"netaio-chat: {what}, on a terminal of {columns} columns and {rows} rows"
    with open(os.path.join(IMAGES, name), "w", encoding="utf-8") as file:
        file.write(svg(title, columns, person.captured("-e", "-N")))


async def talk(people, said, hearers):
    for name, text in said:
        people[name].type(text)
        if text.startswith("/"):
            continue
        for hearer in hearers:
            # Of a long line, what is sure to stand in one row.
            await people[hearer].shows(text[:20].strip())


async def pictures_are_made(scene):
    screens = Screens(scene)
    sizes = {"Ada": (80, 24), "Ben": (160, 50), "美玲": (80, 24), "Sam": (80, 24)}
    options = ("--interface", "lo", "--port", str(free_port()), "--read-receipts", "yes")
    people = {name: await Screen(scene, screens, name, size, *options).start()
              for name, size in sizes.items()}
    for name, person in people.items():
        await person.shows(*(f"● {other}" for other in people if other != name))
    ada, ben = people["Ada"], people["Ben"]
    ada.type("/room Picnic", "/invite Ben", "/invite 美玲")
    for person in (ben, people["美玲"]):
        await person.shows("#Picnic")
        person.type("/to #Picnic")
        await person.shows("3 members")

    ada.type("/to Ben")
    ben.type("/to Ada")
    await talk(people, IN_PRIVATE, ("Ada", "Ben"))
    ben.type_on("And a knife, we always forg")
    await ben.until(lambda rows: sum("✓✓" in row for row in rows) == 8, "all was received")
    await ben.shows("Ada  here, verified", "always forg")
    keep(ben, "two people")

    ben.press("C-u")
    for person in (ada, ben):
        person.type("/to #Picnic")
    await talk(people, IN_THE_ROOM, ("Ada", "Ben", "美玲"))
    people["Sam"].type("@Ada Is there room for one more on Saturday?")
    ben.type("@Ada I found a box.")
    await ada.shows("2 unread")
    ada.type("/verify Ben", "/verify Ben yes")
    ada.type_on("I will bring two, t")
    await ada.shows("Ben is verified", "bring two, t")
    keep(ada, "a room of three people")


play(pictures_are_made)
