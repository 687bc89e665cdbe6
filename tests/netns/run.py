"""Runs netaio nodes on hosts of their own, which are network namespaces, and looks what they make of
each other.   run.py PROGRAM [SCENARIO...]   PROGRAM is netns_host; without names, all scenarios.

Everything is made inside namespaces that this program has for itself, so that all of it is gone
with its processes however they end, and nothing of the machine is touched."""

import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
NEEDED = ("ip", "nft", "unshare")

# What is tried first: whether the scenarios' means are there at all.
PROBE = """
set -e
mount -t tmpfs none /run
ip netns add probe
ip link add probe0 type veth peer name probe1 netns probe
ip link add probe2 type bridge
ip netns exec probe nft 'table inet probe { chain c { type filter hook input priority 0;
    numgen random mod 100 < 20 drop; }; }'
"""


def path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def private(*command):
    """A command in namespaces of its own, which end with it. Root of the machine needs no other."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
            *command]


def why_not():
    """Why the scenarios cannot be run here; nothing when they can."""
    missing = [name for name in NEEDED if not shutil.which(name, path=path())]
    if missing:
        return f"{', '.join(missing)} not found (iproute2, nftables, util-linux)"
    tried = subprocess.run(private("sh", "-c", PROBE), capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        complaint = tried.stderr.strip().splitlines() or ["no reason given"]
        return f"network namespaces cannot be made: {complaint[-1]}"
    return None


def play(script, *arguments):
    """Runs a script inside, to whose end this is: its exit code."""
    os.environ["PATH"] = path()
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    # The scenarios see the end of this program at the other end of the pipe.
    inside = subprocess.Popen(
        private(sys.executable, script, *arguments),
        stdin=subprocess.PIPE, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))

    def end(number, _):
        # Not waited for: this may interrupt the waiting below.
        inside.kill()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    return inside.wait()


if __name__ == "__main__":
    sys.exit(play(os.path.join(HERE, "inside.py"), *sys.argv[1:]))
