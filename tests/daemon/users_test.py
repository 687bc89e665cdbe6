#!/usr/bin/env python3
"""What programs of one user can do to those of another: nothing. Plays as root only."""

import asyncio

from programs import can_be_another_user, expect, play

# The folder lets the group in, so that it is netaiod that tells users apart.
OPEN = """
[daemon]
socket = "run/netaiod.sock"
group = "nogroup"
[local]
users = ["nobody"]
"""


async def opened(scene):
    daemon = scene.daemon(OPEN)
    await daemon.start()
    await asyncio.create_subprocess_exec("chmod", "755", scene.folder, daemon.folder)
    return daemon


async def a_foreign_user_is_refused_and_an_allowed_one_gets_in(scene):
    if why := can_be_another_user():
        return why
    daemon = await opened(scene)
    inside = await scene.started(daemon, "allowed", "nobody", serve="light")
    expect("its answer", await inside.answer("request", "-", "light", "1"),
           ["answer RESPOND_URI light 1"])
    foreign = scene.app(daemon, "foreign", "daemon")
    await foreign.start(registered=False)
    answer = await foreign.answer("raw", "CREATE_URI", "netaiod/app", "-", "name=foreign")
    expect("its answer", answer[0].split()[0], "failed")
    await daemon.until_said("who is not among the users that may connect")
    names = [app["name"] for app in (await daemon.status())["apps"]]
    expect("the apps", names, ["allowed"])
    expect("who registered", foreign.heard("registered"), [])
    return None


async def a_hostile_app_gets_nothing_of_another_user(scene):
    if why := can_be_another_user():
        return why
    daemon = await opened(scene)
    victim = await scene.started(daemon, "victim", serve="light", grants="1")
    for said in (("app", "name=house"), ("key", "type=0", "prefix=home/"),
                 ("key", "type=0", "uri=job", "shared=turns")):
        answer = await victim.answer("raw", "CREATE_URI", f"netaiod/{said[0]}", "-", *said[1:])
        expect(said, answer[0].split()[:2], ["answer", "OK"])
    hostile = await scene.started(daemon, "hostile", "nobody")

    async def gets(kind, *words):
        answer = await hostile.answer(*words)
        expect(" ".join(words), answer[0].split()[:2], ["answer", kind])

    register = ("raw", "CREATE_URI", "netaiod/app", "-")
    await gets("NOT_PERMITTED", *register, "name=victim")
    await gets("OK", *register, "name=another")
    await gets("NOT_PERMITTED", *register, "name=victim")
    key = ("raw", "CREATE_URI", "netaiod/key", "-", "type=0")
    for words in (("uri=light",), ("uri=light", "shared=turns"), ("uri=netaiod/status",),
                  ("uri=home/lamp",), ("prefix=home/k",), ("uri=job", "shared=turns")):
        await gets("NOT_PERMITTED", *key, *words)
    await gets("NOT_FOUND", "raw", "DELETE_URI", "netaiod/key", "-", "type=0", "uri=light")
    await gets("NOT_PERMITTED", "raw", "REQUEST_URI", "netaiod/status", "-")
    await gets("NOT_PERMITTED", "raw", "SUBSCRIBE_URI", "netaiod/watch/", "-")

    # Who it is from is for the daemon to say: whatever it writes there is read as where to.
    for forged in ("app:", "uid:0"):
        await gets("ERROR", "raw", "REQUEST_URI", "light", forged)
    # Nor does netaiod connect as itself to what a program names, such as netaiod.
    for named in ("nobody:there", f"unix:{daemon.socket}"):
        await gets("NOT_PERMITTED", "raw", "REQUEST_URI", "netaiod/status", named)

    # News of peers are the daemon's, however they are sent.
    news = ("netaiod/peer/joined", "app:victim", "id=mallory", "data=forged")
    await hostile.tell("raw_send", "NOTIFY_URI", *news)
    await gets("NOT_PERMITTED", "raw", "NOTIFY_URI", *news)
    subscribed = ("raw", "CREATE_URI", "netaiod/subscriber", "-", "key=k", "who=app:victim")
    await gets("OK", *subscribed)
    await hostile.tell("raw_send", "NOTIFY_URI", news[0], "subscribers:k", *news[2:])
    await hostile.tell("raw_send", "NOTIFY_URI", news[0], "group:", *news[2:])
    await hostile.tell("raw_send", "NOTIFY_URI", news[0], "peers:", *news[2:])
    # What came before this has been looked at when its answer is here.
    await gets("RESPOND_URI", "raw", "REQUEST_URI", "light", "app:victim")
    expect("what the victim heard", victim.heard("heard") + victim.heard("joined"), [])
    expect("its peers", await victim.tell("peers"), [])
    expect("the victim's answer", await victim.answer("request", "-", "light", "mine"),
           ["answer RESPOND_URI light mine"])
    return None


play(a_foreign_user_is_refused_and_an_allowed_one_gets_in,
     a_hostile_app_gets_nothing_of_another_user)
