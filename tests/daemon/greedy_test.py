#!/usr/bin/env python3
"""An app that takes all it can get, beside one that does not."""

import time

from programs import expect, play

AT_ONCE = 2000
# The defaults of [quota.app].
A_SECOND = 50_000
BURST = 10_000
QUIET = 3000


async def a_greedy_app_is_held_to_its_quota_and_another_is_answered(scene):
    daemon = scene.daemon()
    await daemon.start()
    await scene.started(daemon, "server", serve="light")
    await scene.started(daemon, "greedy_server", serve="door")
    quiet = await scene.started(daemon, "quiet")
    greedy = await scene.started(daemon, "greedy")

    async def measured():
        await quiet.tell("load", "-", "light", "1", str(QUIET))
        loads = len(quiet.heard("load"))
        await quiet.until(lambda: len(quiet.heard("load")) > loads, "its requests have ended")
        ended = await quiet.load()
        expect("what became of the requests", (ended["answered"], ended["twice"], ended["wrong"]),
               (QUIET, 0, 0))
        return ended

    async def going(app):
        # Until it has used up what it may send at once.
        await app.tell("load", "-", "door", str(AT_ONCE), "0")
        while (await app.so_far())["answered"] < BURST:
            pass

    await measured()
    alone = await measured()
    # What the machine does to the others by itself: the same, but that they share no daemon.
    apart = scene.daemon()
    await apart.start()
    await scene.started(apart, "greedy_server", serve="door")
    stranger = await scene.started(apart, "greedy")
    await going(stranger)
    beside_another = await measured()
    await stranger.tell("calm")
    await stranger.load()
    began = time.monotonic()
    await going(greedy)
    before = await greedy.so_far()
    beside = await measured()
    so_far = await greedy.so_far()
    expect("that it is held to its quota",
           so_far["answered"] <= BURST + A_SECOND * (time.monotonic() - began), True)
    await greedy.tell("calm")
    ended = await greedy.load()
    expect("the greedy one's requests", (ended["answered"], ended["wrong"], ended["twice"]),
           (ended["asked"], 0, 0))
    expect("that they went on", so_far["answered"] > before["answered"], True)
    for app in ("server", "greedy_server", "quiet", "greedy"):
        dropped = {cause: count for cause, count
                   in (await daemon.app_status(app))["drops"].items() if count}
        expect(f"dropped of {app}", dropped, {})
    expect("the others", [(await daemon.app_status(app))["paused"] for app in ("server", "quiet")],
           [False, False])
    print(f"    p50 and p99 of the other app: {alone['p50_us']} and {alone['p99_us']} us alone, "
          f"{beside_another['p50_us']} and {beside_another['p99_us']} us beside {AT_ONCE} requests "
          f"at once in another daemon, {beside['p50_us']} and {beside['p99_us']} us beside them in "
          f"its own ({beside['p99_us'] / max(beside_another['p99_us'], 1):.2f} times the p99); the "
          f"greedy one had {ended['answered']} answers", flush=True)


play(a_greedy_app_is_held_to_its_quota_and_another_is_answered)
