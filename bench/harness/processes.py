"""Starts servers and clients of a benchmark, each on its processor, and reads what they print."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

TIMEOUT = 60


class Failed(Exception):
    """A server did not start, or a client gave no figures: the sentence says which."""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def usable_cpus():
    return sorted(os.sched_getaffinity(0))


def _start(command, cpu, **options):
    def pin():
        if cpu is not None:
            os.sched_setaffinity(0, cpu if isinstance(cpu, set) else {cpu})

    return subprocess.Popen([str(part) for part in command], preexec_fn=pin,
                            stdin=subprocess.DEVNULL, **options)


def _end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


@contextmanager
def server(command, cpu, environment=None):
    """A server that prints `port N` when it listens. Gives (port, process id)."""
    process = _start(command, cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                     env=environment)
    try:
        ready, _, _ = select.select([process.stdout], [], [], 10)
        line = process.stdout.readline() if ready else ""
        if not line.startswith("port "):
            process.kill()
            why = process.stderr.read().strip() or "it does not say where it listens"
            raise Failed(f"{command[0]} did not start: {why}")
        yield int(line.split()[1]), process.pid
    finally:
        _end(process)


@contextmanager
def foreign_server(command, port, cpu, environment=None):
    """A server that is told its port; it is there when it accepts connections."""
    process = _start(command, cpu, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     env=environment)
    try:
        for _ in range(500):
            if process.poll() is not None:
                raise Failed(f"{command[0]} ended at once")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise Failed(f"{command[0]} does not listen")
        yield port, process.pid
    finally:
        _end(process)


@contextmanager
def companion(command, cpu, environment=None):
    """A program that finds its other end by itself, for as long as that takes."""
    process = _start(command, cpu, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     env=environment)
    try:
        yield process.pid
    finally:
        _end(process)


def output_of(command, cpu, environment=None):
    """What a program prints."""
    process = _start(command, cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                     env=environment)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        _end(process)
        raise Failed(f"{command[0]} takes too long") from None
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, command[:2]))}: {err.strip() or 'failed'}")
    return out


def figures_of(command, cpu, environment=None):
    """The line of JSON that a client prints. No messages at all are a failure."""
    lines = output_of(command, cpu, environment).strip().splitlines()
    figures = json.loads(lines[-1]) if lines else {}
    if figures.get("messages") == 0 or not figures:
        raise Failed(f"{command[0]} got no message through")
    return figures
