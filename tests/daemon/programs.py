"""A netaiod and its apps, as the tests here run them: in a folder of their own, each line awaited."""

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns"))

import host  # noqa: E402
from network import Failed  # noqa: E402
from world import expect  # noqa: E402

NETAIOD = os.environ.get("NETAIOD", "")
TOOL = os.environ.get("NETAIO_TOOL", "")
APP = os.environ.get("NETAIO_DAEMON_TEST_APP", "")
SKIPPED = 77
__all__ = ["App", "Daemon", "Failed", "Here", "SKIPPED", "can_be_another_user", "counts", "expect",
           "play"]


class Here:
    """This machine, as a user of it."""

    def __init__(self, name, user=None, group="nogroup"):
        self.name = name
        self.prefix = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups"] if user \
            else []

    def inside(self, *command):
        return [*self.prefix, *command]


class App(host.Node):
    """An app of a daemon: see app.cpp for what it can be told."""

    def __init__(self, daemon, name, machine=None):
        super().__init__(machine or daemon.machine, name)
        self.daemon = daemon

    def command(self):
        return [APP]

    async def start(self, environment=None, registered=True, **settings):
        await super().start(environment, socket=self.daemon.socket, **settings)
        if registered:
            await self.registered()

    async def registered(self, times=1):
        """Waits until it has told a daemon all it has to, for so many times."""
        await self.until(lambda: len(self.heard("registered")) >= times, "it is registered")

    async def answer(self, *words):
        """What it says of a command, less that it is done."""
        return [" ".join(event) for event in await self.tell(*words)
                if event[0] in ("answer", "failed")]

    async def load(self):
        """The counts of the load that ends."""
        await self.until(lambda: self.heard("load"), "its requests have ended")
        return counts(self.heard("load")[-1])

    async def so_far(self):
        return counts(next(event for event in await self.tell("so_far") if event[0] == "so_far"))


def counts(event):
    return {name: int(value) for name, value in (word.split("=") for word in event[1:])}


class Daemon:
    """A netaiod. Its configuration is TOML without [daemon] socket, which is in a new folder."""

    def __init__(self, folder, configuration="", machine=None):
        self.folder, self.machine = folder, machine or Here("here")
        self.socket = os.path.join(folder, "run", "netaiod.sock")
        self.file = os.path.join(folder, "netaiod.toml")
        self.process, self.log = None, []
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(configuration if "[daemon]" in configuration
                       else f'[daemon]\nsocket = "run/netaiod.sock"\n{configuration}')

    async def start(self):
        self.log = []
        self.process = await asyncio.create_subprocess_exec(
            *self.machine.inside(NETAIOD, "--config", self.file), stderr=asyncio.subprocess.PIPE)
        serving = asyncio.Event()
        self._reading = asyncio.create_task(self._read(serving))
        try:
            await asyncio.wait_for(serving.wait(), host.PATIENCE_S)
        except TimeoutError:
            raise Failed(f"netaiod does not serve: {self.log}") from None
        if not self.said("serves programs at"):
            raise Failed(f"netaiod ended: {self.log}")

    async def _read(self, serving):
        while line := (await self.process.stderr.readline()).decode(errors="replace"):
            self.log.append(line.rstrip())
            if "serves programs at" in line:
                serving.set()
        serving.set()

    def said(self, text):
        return any(text in line for line in self.log)

    async def until_said(self, text):
        """Waits until that stands in its log, which a thread of its own writes."""
        until = time.monotonic() + host.PATIENCE_S
        while not self.said(text):
            if time.monotonic() > until:
                raise Failed(f"netaiod does not say '{text}': {self.log}")
            await asyncio.sleep(0.01)

    async def kill(self):
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
            await self._reading

    async def stop(self):
        self.process.terminate()
        expect("exit code of netaiod", await asyncio.wait_for(self.process.wait(),
                                                              host.PATIENCE_S), 0)
        await self._reading

    async def status(self):
        """As `netaio status --json` shows it."""
        process = await asyncio.create_subprocess_exec(
            *self.machine.inside(TOOL, "status", "--json", "--socket", self.socket),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        shown, said = await process.communicate()
        if process.returncode != 0:
            raise Failed(f"netaio status ended with {process.returncode}: {said.decode()}")
        return json.loads(shown)

    async def app_status(self, name):
        return next(app for app in (await self.status())["apps"] if app["name"] == name)

    async def holds_back(self, name):
        """Waits until an app has used up what it may send at once."""
        until = time.monotonic() + host.PATIENCE_S
        while not (await self.app_status(name))["paused"]:
            if time.monotonic() > until:
                raise Failed(f"{name} is not held back")

    def pid(self):
        """Of the process itself, also where something else started it."""
        return self.process.pid

    def memory_kib(self):
        with open(f"/proc/{self.pid()}/status", encoding="ascii") as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid()}/fd"))


class Scene:
    """The folder of a scenario, and what runs in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="netaio-test-")
        self.programs = []

    def daemon(self, configuration="", machine=None):
        folder = os.path.join(self.folder, f"d{len(self.programs)}")
        os.mkdir(folder)
        daemon = Daemon(folder, configuration, machine)
        self.programs.append(daemon)
        return daemon

    def app(self, daemon, name, user=None):
        app = App(daemon, name, Here(name, user) if user else None)
        self.programs.append(app)
        return app

    async def started(self, daemon, name, user=None, **settings):
        app = self.app(daemon, name, user)
        await app.start(**settings)
        return app

    async def close(self):
        for program in reversed(self.programs):
            if getattr(program, "process", None):
                await program.kill()
        shutil.rmtree(self.folder)


def can_be_another_user():
    """Whether programs can be run as other users here, or why not."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return "needs root, and setpriv"
    for name in ("nobody", "daemon"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            return f"there is no user {name}"
    tried = subprocess.run(Here("", "nobody").inside("test", "-x", APP), check=False)
    return f"other users may not run {APP}" if tried.returncode else ""


def play(*scenarios, prepare=None):
    """Plays scenarios, or those of them that the command line names, and ends with whether all
    went well."""
    async def all_of_them():
        if prepare:
            prepare()
        good, played = True, False
        for scenario in scenarios:
            if sys.argv[1:] and scenario.__name__ not in sys.argv[1:]:
                continue
            scene, began = Scene(), time.monotonic()
            try:
                note = await scenario(scene)
                verdict = f"skipped: {note}" if note else "ok"
                played = played or not note
            except Failed as failure:
                verdict, good = f"FAILED: {failure}", False
            except Exception:
                verdict, good = "FAILED:\n" + traceback.format_exc(), False
            finally:
                await scene.close()
            title = scenario.__name__.replace("_", " ")
            print(f"{title}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
        return 1 if not good else 0 if played else SKIPPED
    sys.exit(asyncio.run(all_of_them()))
