"""Finds the Python reference: the versions the matrix knows, and why one is not there."""

import os
import subprocess
import sys
from dataclasses import dataclass

VERSIONS = ("0.0.9", "0.0.8")


@dataclass(frozen=True)
class Reference:
    """One version of the reference, with the environment its programs run in."""

    version: str
    environment: dict
    # Why its plugin for scripts cannot be imported; empty when it can.
    why_no_scripts: str

    @property
    def has_scripts(self):
        return not self.why_no_scripts


def variable(version):
    return "NETAIO_REFERENCE_" + version.replace(".", "")


def _import_version(path):
    """The version found with a PYTHONPATH, None for the one as it is; else why there is none."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if path is not None:
        environment["PYTHONPATH"] = path
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import netaio; print(netaio.version())"],
            env=environment, capture_output=True, text=True, timeout=20, check=False,
        )
    except subprocess.TimeoutExpired:
        return None, "importing it takes too long", environment
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it cannot be imported"]
        return None, lines[-1], environment
    return done.stdout.strip(), "", environment


def _why_no_scripts(environment):
    done = subprocess.run(
        [sys.executable, "-c", "import netaio.asymmetric"],
        env=environment, capture_output=True, text=True, timeout=20, check=False,
    )
    return (done.stderr.strip().splitlines() or ["it cannot be imported"])[-1] if done.returncode \
        else ""


def find():
    """The references there are, and a sentence for each that is not."""
    found, missing = [], []
    installed = None
    for version in VERSIONS:
        name = variable(version)
        if name in os.environ:
            got, why, environment = _import_version(os.environ[name])
            where = name
        else:
            installed = installed or _import_version(None)
            got, why, environment = installed
            where = f"{name} is not set; {sys.executable}"
        if got == version:
            found.append(Reference(version, environment, _why_no_scripts(environment)))
        else:
            missing.append(f"netaio {version}: {where} gives {why or 'version ' + str(got)}")
    return found, missing
