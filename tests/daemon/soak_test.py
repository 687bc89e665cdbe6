#!/usr/bin/env python3
"""A daemon under traffic, with apps that come and are killed all the time: what it takes of the
machine. NETAIO_SOAK_MINUTES says for how long; without it, a few seconds."""

import asyncio
import os
import time

from programs import expect, play

UDP = '[udp]\nenabled = true\nport = 0\ninterfaces = ["lo"]\nipv6 = false\n'
SOAK_S = 60 * float(os.environ.get("NETAIO_SOAK_MINUTES", "0.1"))
REPORTS = 10


async def a_daemon_takes_no_more_after_a_while(scene):
    daemon = scene.daemon(UDP)
    await daemon.start()
    await scene.started(daemon, "server", serve="light", grants="1", peers="1")
    askers = [await scene.started(daemon, f"asker{i}") for i in range(2)]
    for asker, at_once in zip(askers, (1, 64)):
        await asker.tell("load", "-", "light", str(at_once), "0")
    began = time.monotonic()
    lives, reports = 0, []

    async def comes_and_goes():
        nonlocal lives
        while time.monotonic() - began < SOAK_S:
            app = await scene.started(daemon, f"life{lives % 8}", serve=f"own{lives % 8}",
                                      peers="1", grants="1", sharing="turns")
            expect("subscription", await app.answer("subscribe", "app:server", "news"),
                   ["answer CONFIRM_SUBSCRIBE news"])
            await app.tell("load", "-", "light", "16", "0")
            while (await app.so_far())["answered"] < 500:
                pass
            await app.kill()
            scene.programs.remove(app)
            lives += 1

    async def reports_of_it():
        for number in range(REPORTS + 1):
            await asyncio.sleep(max(0.0, began + number * SOAK_S / REPORTS - time.monotonic()))
            status = await daemon.status()
            reports.append((time.monotonic() - began, lives, daemon.memory_kib(),
                            daemon.descriptors()))
            print("    {:.0f} s: {} apps killed, {} KiB, {} descriptors".format(*reports[-1]),
                  f"{status['totals']['traffic']['messages_out']} messages", flush=True)

    await asyncio.gather(comes_and_goes(), comes_and_goes(), reports_of_it())
    for asker in askers:
        await asker.tell("calm")
        ended = await asker.load()
        expect("what became of the requests",
               (ended["answered"], ended["twice"], ended["wrong"]), (ended["asked"], 0, 0))
    # All of those that were killed are gone, with what they had.
    while len((await daemon.status())["apps"]) != 3:
        pass
    left = daemon.descriptors()
    expect(f"{left} descriptors, after {reports[0][3]} at first", left <= reports[0][3], True)


play(a_daemon_takes_no_more_after_a_while)
