#!/usr/bin/env python3
"""Apps and daemons that are killed with SIGKILL, and what those see that go on."""

import asyncio
import time

from programs import Failed, expect, play

# Far longer than anything takes.
PATIENCE_S = 60


async def an_app_that_is_killed_leaves_its_key_to_another_and_its_askers_an_answer(scene):
    daemon = scene.daemon()
    await daemon.start()
    owner = await scene.started(daemon, "owner", hold="door", serve="light")
    asker = await scene.started(daemon, "asker")
    heir = await scene.started(daemon, "heir", registered=False, serve="light")
    await heir.until(lambda: heir.heard("refused"), "its key is refused")
    expect("the refusal", "the app owner serves" in " ".join(heir.heard("refused")[0]), True)

    # All of these are with the owner when it dies.
    count = 100
    await asker.tell("load", "-", "door", str(count), str(count))
    await owner.until(lambda: len(owner.heard("holds")) == count, "it holds all requests")
    began = time.monotonic()
    await owner.kill()
    ended = await asker.load()
    answered_ms = 1000 * (time.monotonic() - began)
    expect("what became of the requests", (ended["refused"], ended["twice"]), (count, 0))

    # Another app that asks at once gets the key: no event but the answer to it is awaited.
    for words in (("netaiod/app", "-", "name=quick"), ("netaiod/key", "-", "type=0", "uri=door")):
        expect("the answer", await asker.answer("raw", "CREATE_URI", *words),
               [f"answer OK {words[0]}"])
    free_ms = 1000 * (time.monotonic() - began)
    # And so does who was refused it before, by itself.
    while await asker.answer("request", "-", "light", "now") != ["answer RESPOND_URI light now"]:
        pass
    heir_ms = 1000 * (time.monotonic() - began)
    print(f"    after kill -9 of an app: {count} askers answered after {answered_ms:.1f} ms, "
          f"its key another's after {free_ms:.1f} ms, the refused app's after {heir_ms:.1f} ms",
          flush=True)


async def an_app_that_waits_for_as_many_answers_as_it_may_goes_when_it_is_killed(scene):
    daemon = scene.daemon("[limits]\nquestions_max = 8\nanswer_timeout = 3600\n")
    await daemon.start()
    owner = await scene.started(daemon, "owner", hold="door")
    asker = await scene.started(daemon, "asker", serve="light")
    await asker.tell("load", "-", "door", "100", "100")
    await owner.until(lambda: len(owner.heard("holds")) == 8, "it holds as many as may be")
    began = time.monotonic()
    await asker.kill()
    while len((await daemon.status())["apps"]) > 1:
        if time.monotonic() - began > PATIENCE_S:
            raise Failed("it is still there")
    print(f"    an app that waited was gone {1000 * (time.monotonic() - began):.1f} ms after "
          "kill -9", flush=True)


async def an_app_that_is_held_to_its_quota_goes_when_it_is_killed(scene):
    # It could be read again in half an hour.
    daemon = scene.daemon("[quota.app]\nmessages_per_second = 1\nmessage_burst = 200\n")
    await daemon.start()
    await scene.started(daemon, "server", serve="light")
    greedy = await scene.started(daemon, "greedy", serve="door")
    await greedy.tell("load", "-", "light", "2000", "0")
    await daemon.holds_back("greedy")
    began = time.monotonic()
    await greedy.kill()
    while len((await daemon.status())["apps"]) > 1:
        if time.monotonic() - began > PATIENCE_S:
            raise Failed("it is still there")
    print(f"    an app that was held back was gone {1000 * (time.monotonic() - began):.1f} ms "
          "after kill -9", flush=True)


async def a_daemon_that_is_killed_under_traffic_has_its_apps_back(scene):
    daemon = scene.daemon()
    await daemon.start()
    servers = [await scene.started(daemon, f"server{i}", serve=f"s{i}") for i in range(2)]
    askers = [await scene.started(daemon, f"asker{i}") for i in range(2)]
    for i, asker in enumerate(askers):
        await asker.tell("load", "-", f"s{i}", "64", "0")
    took = []
    for times in range(2, 5):
        before = [(await asker.so_far())["answered"] for asker in askers]
        await goes_on(askers, before)
        await daemon.kill()
        began = time.monotonic()
        await daemon.start()
        up = time.monotonic()
        await asyncio.gather(*(app.registered(times) for app in servers + askers))
        took.append((1000 * (up - began), 1000 * (time.monotonic() - up)))
        before = [(await asker.so_far())["answered"] for asker in askers]
        await goes_on(askers, before)
    total = {}
    for asker in askers:
        await asker.tell("calm")
        ended = await asker.load()
        expect("ended exactly once", ended["answered"] + ended["refused"] + ended["failed"],
               ended["asked"])
        expect("ended twice, wrong, waiting",
               (ended["twice"], ended["wrong"], ended["waiting"]), (0, 0, 0))
        total = {name: total.get(name, 0) + ended[name] for name in ended}
    print(f"    three times kill -9 of the daemon: {total['asked']} requests, "
          f"{total['answered']} answered, {total['refused']} refused, {total['failed']} failed; "
          "started and apps back after " +
          ", ".join(f"{start:.0f} + {back:.0f} ms" for start, back in took), flush=True)


async def goes_on(askers, before):
    """Waits until each has got a thousand more answers."""
    for asker, was in zip(askers, before):
        while (await asker.so_far())["answered"] < was + 1000:
            pass


play(an_app_that_is_killed_leaves_its_key_to_another_and_its_askers_an_answer,
     an_app_that_waits_for_as_many_answers_as_it_may_goes_when_it_is_killed,
     an_app_that_is_held_to_its_quota_goes_when_it_is_killed,
     a_daemon_that_is_killed_under_traffic_has_its_apps_back)
