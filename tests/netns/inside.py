"""Runs the scenarios, a few beside each other, in the namespaces that run.py made for them."""

import asyncio
import os
import subprocess
import sys
import time
import traceback

import host
import scenarios
from network import Failed
from world import World

AT_ONCE = 3


async def run(scenario, gate):
    """Whether it went well."""
    async with gate:
        world = World()
        started = time.monotonic()
        try:
            note = await scenario(world)
            verdict = f"skipped: {note}" if note else "ok"
            good = True
        except Failed as failure:
            verdict, good = f"FAILED: {failure}", False
        except Exception:
            verdict, good = "FAILED:\n" + traceback.format_exc(), False
        finally:
            await world.close()
    title = scenario.__name__.replace("_", " ")
    print(f"{title}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    return good


def prepare(program=host.PROGRAM):
    """What has to be so in namespaces that are new."""
    host.PROGRAM = program
    # Whoever waits for this program closes the pipe by ending; this is process 1, and ends all.
    asyncio.get_running_loop().add_reader(sys.stdin, lambda: os._exit(1))
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)


async def main():
    prepare(sys.argv[1])
    wanted = sys.argv[2:] or [scenario.__name__ for scenario in scenarios.ALL]
    gate = asyncio.Semaphore(AT_ONCE)
    return all(await asyncio.gather(*(run(getattr(scenarios, name), gate) for name in wanted)))


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
