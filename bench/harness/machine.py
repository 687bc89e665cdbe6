"""What the figures were taken on."""

import os
import platform
import subprocess
import time
from pathlib import Path

PACKAGES = ("libzmq5", "libnng1", "nats-server", "libnats3.4", "redis-server", "libgrpc++1.51",
            "cyclonedds-tools", "libboost1.81-dev", "libssl3", "libdeflate0", "libdeflate-dev",
            "libisal2")


def _first(path, key):
    try:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def _versions():
    listing = _output("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n",
                      *PACKAGES)
    return ", ".join(sorted(" ".join(line.split()[1:]) for line in listing.splitlines()
                            if line.startswith("installed ")))


def describe():
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return {
        "Date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "Processor": f"{_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} logical",
        "Memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) // 2**20} GiB",
        "System": f"{system}, Linux {platform.release().split('-')[0]}",
        "Compiler": (_output("c++", "--version").splitlines() or ["unknown"])[0],
        "Versions": _versions(),
        "Load before": f"{os.getloadavg()[0]:.2f}",
    }
