"""Programs the matrix starts: each line they print is awaited with a limit, and none outlives it."""

import asyncio
import contextlib
import os

STOP_S = 3.0
_running = set()


class Ended(Exception):
    """A program ended, or said nothing, where something was expected of it."""


class Program:
    """A running program, read line by line."""

    def __init__(self, process, name):
        self.process = process
        self.name = name
        self.errors = bytearray()
        self._drain = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(cls, *command, environment=None):
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=1 << 20,
        )
        program = cls(process, os.path.basename(command[0]))
        _running.add(program)
        return program

    async def _read_errors(self):
        while chunk := await self.process.stderr.read(4096):
            self.errors += chunk

    async def line(self, limit_s):
        """The next line of standard output."""
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), limit_s)
        except TimeoutError:
            raise Ended(f"{self.name} said nothing for {limit_s} s{self.complaint()}") from None
        if not line:
            raise Ended(f"{self.name} ended{self.complaint()}")
        return line.decode()

    async def write(self, text):
        self.process.stdin.write(text.encode())
        await self.process.stdin.drain()

    async def wait(self, limit_s):
        """Its exit code."""
        try:
            return await asyncio.wait_for(self.process.wait(), limit_s)
        except TimeoutError:
            raise Ended(f"{self.name} still runs after {limit_s} s{self.complaint()}") from None

    async def stop(self):
        """Asks it to end, then makes it."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_S)
            except TimeoutError:
                self.kill()
                await self.process.wait()
        await self._drain
        _running.discard(self)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def complaint(self):
        """The end of what it wrote to standard error, for a failure's details."""
        text = self.errors.decode(errors="replace").strip()
        return "" if not text else "; its standard error ends: " + " | ".join(text.splitlines()[-3:])


async def finish(*command, stdin=b"", environment=None, limit_s=20.0):
    """Runs a program to its end: its exit code and what it wrote to standard output and error."""
    program = await Program.start(*command, environment=environment)
    try:
        # Its standard error is being read already.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            program.process.stdin.write(stdin)
            await program.process.stdin.drain()
            program.process.stdin.close()
        try:
            output = await asyncio.wait_for(program.process.stdout.read(), limit_s)
        except TimeoutError:
            raise Ended(f"{command[:2]} runs longer than {limit_s} s{program.complaint()}") from None
        code = await program.wait(STOP_S)
    finally:
        await program.stop()
    return code, output, program.errors.decode(errors="replace")


def kill_all():
    """For the way out: nothing is left behind."""
    for program in list(_running):
        program.kill()
