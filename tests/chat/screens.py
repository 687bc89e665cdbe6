"""People at the chat's screen: each in a pane of a tmux of the scene's own, read as they would."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

from people import CHAT, Failed
from programs import SKIPPED, host

TMUX = shutil.which("tmux")
if not TMUX:
    print("skipped: tmux is not installed; scripts/setup --dev installs it")
    sys.exit(SKIPPED)


async def comes(condition, what):
    until = time.monotonic() + host.PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise Failed(f"waited in vain until {what}")
        await asyncio.sleep(0.02)


class Screens:
    """A tmux server, which ends with the scene, and all that runs in its panes with it."""

    process = True

    def __init__(self, scene):
        self.socket = os.path.join(scene.folder, "tmux")
        # What it would read of the user's own, and the terminal it may itself run in.
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("TMUX")} | {"LC_ALL": "C.UTF-8"}
        scene.programs.append(self)

    def tell(self, *words, check=True):
        """What tmux answers to a command."""
        done = subprocess.run([TMUX, "-S", self.socket, "-f", "/dev/null", *words],
                              env=self.environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise Failed(f"tmux {words}: {done.stderr}")
        return done.stdout

    async def kill(self):
        self.tell("kill-server", check=False)


class Screen:
    """Somebody at a netaio-chat, in a pane of some columns and rows."""

    def __init__(self, scene, screens, name, size, *options):
        self.screens, self.name, self.size = screens, name, size
        self.command = [CHAT, name, "--folder", os.path.join(scene.folder, name), *options]
        self.process = None  # nothing to end yet
        scene.programs.append(self)

    async def begin(self):
        """Starts it in a new pane, where it asks for a passphrase for its new key."""
        columns, rows = self.size
        self._tell("new-session", "-d", "-s", self.name, "-x", str(columns), "-y", str(rows),
                   "sleep infinity", at=None)
        self.process = True
        self._tell("set-option", "-w", "remain-on-exit", "on")
        await self.again()
        return self

    async def start(self):
        """Starts it in a new pane, and gives its new key no passphrase."""
        await self.begin()
        await self.shows("a passphrase for the new key")
        self.press("Enter")
        await self.is_open()
        return self

    async def again(self):
        """Starts it in place of what was in the pane."""
        self._tell("respawn-pane", "-k", *self.command)

    async def is_open(self):
        await self.shows(f"You: {self.name}")

    def _tell(self, command, *words, at="-t"):
        target = [at, f"={self.name}:"] if at else []
        return self.screens.tell(command, *target, *words)

    def press(self, *keys):
        self._tell("send-keys", *keys)

    def type_on(self, text):
        self._tell("send-keys", "-l", text)

    def type(self, *lines):
        for line in lines:
            self.type_on(line)
            self.press("Enter")

    def paste(self, text):
        """Pastes it, as what a terminal marks as pasted."""
        self.screens.tell("set-buffer", "--", text)
        self._tell("paste-buffer", "-p")

    def resize(self, columns, rows):
        self._tell("resize-window", "-x", str(columns), "-y", str(rows))

    def captured(self, *how):
        """The rows of its screen, as they are now; with "-e", how they are drawn as well."""
        return self._tell("capture-pane", "-p", *how).rstrip("\n").split("\n")

    async def until(self, condition, what):
        """Waits until its screen is as a condition of its rows says."""
        try:
            await comes(lambda: condition(self.captured()), f"at {self.name}'s, {what}")
        except Failed as failure:
            raise Failed(f"{failure}; its screen:\n" + "\n".join(self.captured())) from None

    async def shows(self, *texts):
        """Waits until each of these is within a row."""
        await self.until(lambda rows: all(any(text in row for row in rows) for text in texts),
                         f"it shows {texts}")

    async def crash(self):
        """Kills it with SIGKILL, and waits until it is gone."""
        with contextlib.suppress(ProcessLookupError):  # it ended just now, by itself
            os.kill(int(self._pane("pid")), signal.SIGKILL)
        await comes(lambda: self._pane("dead") == "1", f"{self.name} is gone")

    def _pane(self, what):
        return self._tell("display-message", "-p", f"#{{pane_{what}}}").strip()

    async def kill(self):
        if self._pane("dead") != "1":
            await self.crash()
