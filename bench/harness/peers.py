"""Who takes part: netaio, the programs on bare sockets, and the peers that are installed. A
participant gives, for a run, the figures of its client."""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import processes

PEERS = Path(__file__).resolve().parent.parent / "peers"


def assignments(**values):
    return [f"{name}={value}" for name, value in values.items()]


class Setting:
    """Where the programs are, for how long they run, and on which processors."""

    def __init__(self, programs, seconds, together):
        cpus = processes.usable_cpus()
        self.programs = Path(programs)
        self.seconds = seconds
        self.server_cpu = cpus[0]
        self.client_cpu = cpus[0] if together or len(cpus) < 2 else cpus[1]
        self.all_cpus = set(cpus)

    def timing(self, server):
        return assignments(server=server, seconds=self.seconds, warm_up=self.seconds / 4)

    def program(self, name):
        return self.programs / name


def ours(kind, client, server_values=None, any_cpu=False, **values):
    """A server and a client of bench/, e.g. ours("epoll", "pipelined", payload=64)."""
    def run(setting):
        command = [setting.program("server"), kind, *assignments(**(server_values or {}))]
        cpu = setting.all_cpus if any_cpu else setting.server_cpu
        with processes.server(command, cpu) as (port, process):
            return processes.figures_of(
                [setting.program("client"), client, *assignments(port=port, **values),
                 *setting.timing(process)], setting.client_cpu)
    run.missing = lambda setting: None
    return run


@contextmanager
def _daemon(setting, port):
    """netaiod with a program behind it that echoes. Gives its socket, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        socket_path = Path(folder) / "run" / "netaiod.sock"
        rates = "messages_per_second = 0\nbytes_per_second = 0\n"
        config = Path(folder) / "netaiod.toml"
        config.write_text(f'[daemon]\nsocket = "{socket_path}"\n'
                          f'[tcp]\nlisten = ["127.0.0.1:{port}"]\n'
                          f"[quota.app]\n{rates}[quota.user]\n{rates}")
        netaiod = [setting.programs.parent / "netaiod", "--config", config]
        app = [setting.program("server"), "daemon_app", *assignments(socket=socket_path)]
        with processes.foreign_server(netaiod, port, setting.server_cpu) as (_, process), \
                processes.server(app, setting.client_cpu):
            yield socket_path, process


def through_daemon(client, **values):
    """Asks a program behind netaiod: from the network, or, as daemon_request, from another."""
    def run(setting):
        port = processes.free_port()
        with _daemon(setting, port) as (path, process):
            where = {"socket": path} if client == "daemon_request" else {"port": port}
            return processes.figures_of(
                [setting.program("client"), client, *assignments(**where, **values),
                 *setting.timing(process)], setting.client_cpu)

    def missing(setting):
        there = (setting.programs.parent / "netaiod").exists()
        return None if there else "netaiod is not built"
    run.missing = missing
    return run


def through_bare_relay(client, **values):
    """Asks a server of ours through a process that only passes bytes on."""
    def run(setting):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "echo.sock"
            echo = [setting.program("server"), "netaio", *assignments(socket=path)]
            relay = [setting.program("server"), "bare_relay", *assignments(socket=path)]
            with processes.server(echo, setting.client_cpu), \
                    processes.server(relay, setting.server_cpu) as (port, process):
                return processes.figures_of(
                    [setting.program("client"), client, *assignments(port=port, **values),
                     *setting.timing(process)], setting.client_cpu)
    run.missing = lambda setting: None
    return run


def at_unix_socket(client, **values):
    """A server and a client of bench/ at a Unix-domain socket."""
    def run(setting):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "echo.sock"
            command = [setting.program("server"), "netaio", *assignments(socket=path)]
            with processes.server(command, setting.server_cpu) as (_, process):
                return processes.figures_of(
                    [setting.program("client"), client, *assignments(socket=path, **values),
                     *setting.timing(process)], setting.client_cpu)
    run.missing = lambda setting: None
    return run


def two_redis_clients(**values):
    """One asks another by lists of a Redis server."""
    def run(setting):
        port = processes.free_port()
        with processes.foreign_server(["redis-server", "--port", port, "--save", "", "--appendonly",
                                       "no"], port, setting.server_cpu) as (_, process):
            worker = [setting.program("client"), "redis_worker", *assignments(port=port)]
            with processes.server(worker, setting.client_cpu):
                return processes.figures_of(
                    [setting.program("client"), "redis_request", *assignments(port=port, **values),
                     *setting.timing(process)], setting.client_cpu)
    run.missing = _needs("redis-server")
    return run


def peer(name, role, **values):
    """A program of bench/peers that is both ends."""
    def run(setting):
        program = setting.program(name)
        arguments = assignments(role=role, **values)
        with processes.server([program, "server", *arguments], setting.server_cpu) as (port, pid):
            return processes.figures_of(
                [program, "client", *arguments, *assignments(port=port), *setting.timing(pid)],
                setting.client_cpu)

    def missing(setting):
        return None if setting.program(name).exists() else f"{name} is not installed"
    run.missing = missing
    return run


def _needs(*programs):
    def missing(setting):
        for program in programs:
            there = setting.program(program).exists() or shutil.which(program)
            if not there:
                return f"{program} is not installed"
        return None
    return missing


def _redis(setting, payload):
    port = processes.free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--appendonly", "no", "--client-output-buffer-limit", "pubsub 0 0 0"]
    return processes.foreign_server(command, port, setting.server_cpu), payload


def _store(port, payload):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        content = b"c" * payload
        connection.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\necho\r\n$%d\r\n%s\r\n" % (payload, content))
        if connection.recv(16) != b"+OK\r\n":
            raise processes.Failed("redis-server does not store")


def redis(client, **values):
    """A Redis server, driven by the client that drives netaio's."""
    def run(setting):
        started, payload = _redis(setting, values["payload"])
        with started as (port, process):
            _store(port, payload)
            return processes.figures_of(
                [setting.program("client"), client,
                 *assignments(port=port, protocol="redis", **values), *setting.timing(process)],
                setting.client_cpu)
    run.missing = _needs("redis-server")
    return run


def redis_benchmark(payload, connections, in_flight):
    """A Redis server, driven by its own client, which has no warm-up and counts requests."""
    def run(setting):
        started, _ = _redis(setting, payload)
        with started as (port, _):
            count = max(1000, int((30_000 if in_flight == 1 else 1_000_000) * setting.seconds))
            out = processes.output_of(
                ["redis-benchmark", "-p", port, "-c", connections, "-n", count, "-P", in_flight,
                 "-t", "set,get", "-d", payload, "--csv"], setting.client_cpu)
        for line in out.splitlines():
            fields = [field.strip('"') for field in line.split(",")]
            if fields[0] == "GET":
                return {"messages": count, "rate": float(fields[1])}
        raise processes.Failed("redis-benchmark has no figure for GET")
    run.missing = _needs("redis-server", "redis-benchmark")
    return run


def nats_server(setting):
    port = processes.free_port()
    return processes.foreign_server(["nats-server", "-a", "127.0.0.1", "-p", port], port,
                                    setting.server_cpu)


def nats_fan_out(**values):
    def run(setting):
        with nats_server(setting) as (port, process):
            return processes.figures_of(
                [setting.program("client"), "fan_out",
                 *assignments(port=port, protocol="nats", **values), *setting.timing(process)],
                setting.client_cpu)
    run.missing = _needs("nats-server")
    return run


def nats_request(payload):
    def run(setting):
        program = setting.program("nats")
        with nats_server(setting) as (port, process):
            with processes.server([program, "server", f"port={port}"], setting.client_cpu):
                return processes.figures_of(
                    [program, "client", *assignments(port=port, payload=payload),
                     *setting.timing(process)], setting.client_cpu)
    run.missing = _needs("nats-server", "nats")
    return run


CYCLONE_ON_LOOPBACK = (
    '<CycloneDDS><Domain><General><Interfaces><NetworkInterface name="lo" multicast="false"/>'
    "</Interfaces></General><Discovery><ParticipantIndex>auto</ParticipantIndex>"
    '<Peers><Peer address="127.0.0.1"/></Peers></Discovery></Domain></CycloneDDS>')


def ddsperf(topic, *options):
    """Cyclone DDS: a publisher and a subscriber, which says every second how many samples it got.
    The first of these seconds is its warm-up."""
    def run(setting):
        environment = dict(os.environ, CYCLONEDDS_URI=CYCLONE_ON_LOOPBACK)
        seconds = 2.5 + setting.seconds
        common = ["ddsperf", f"-T{topic}", *options, "-D", seconds]
        with processes.companion([*common, "pub"], setting.server_cpu, environment):
            out = processes.output_of([*common, "sub"], setting.client_cpu, environment)
        seconds = re.findall(r"delta (\d+) lost (\d+) rate ([\d.]+) kS/s", out)[1:]
        if not seconds:
            raise processes.Failed("ddsperf has no figure for a second")
        got, lost = (sum(int(each[i]) for each in seconds) for i in (0, 1))
        return {"messages": got, "lost_percent": 100 * lost / max(got, 1),
                "rate": 1000 * statistics.median(float(rate) for _, _, rate in seconds)}
    run.missing = _needs("ddsperf")
    return run


REFERENCE_VARIABLE = "NETAIO_REFERENCE_009"


def reference_environment():
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if REFERENCE_VARIABLE in os.environ:
        environment["PYTHONPATH"] = os.environ[REFERENCE_VARIABLE]
    return environment


_reference_missing = []


def reference_missing(_setting):
    if not _reference_missing:
        done = subprocess.run([sys.executable, "-c", "import netaio"], capture_output=True,
                              env=reference_environment(), check=False)
        _reference_missing.append(
            None if done.returncode == 0 else
            f"the Python reference is not importable ({REFERENCE_VARIABLE} may say where it is)")
    return _reference_missing[0]


def reference(server, client, **values):
    """The Python reference as the server; `client` is its own (None) or one of bench/."""
    def run(setting):
        environment = reference_environment()
        script = [sys.executable, PEERS / "reference.py"]
        port = processes.free_port()
        command = [*script, server, *assignments(port=port, **values)]
        # A UDP server can't be probed, so it says when it is there.
        started = (processes.server(command, setting.server_cpu, environment)
                   if server == "udp" else
                   processes.foreign_server(command, port, setting.server_cpu, environment))
        with started as (_, process):
            program = [setting.program("client"), client] if client else [*script, "client"]
            return processes.figures_of(
                [*program, *assignments(port=port, **values), *setting.timing(process)],
                setting.client_cpu, environment)
    run.missing = reference_missing
    return run


def library_cost(name, program="crypto_bench"):
    """What one call takes, in microseconds, by the benchmark of that name."""
    def run(setting):
        out = processes.output_of(
            [setting.program(program), f"--benchmark_filter=^{name}$",
             f"--benchmark_min_time={setting.seconds / 2}", "--benchmark_format=csv"],
            setting.client_cpu)
        fields = out.strip().splitlines()[-1].split(",")
        return {"messages": int(fields[1]), "us": float(fields[3]) / 1000}
    run.missing = lambda setting: None
    return run


def reference_plugin_costs(payload, which):
    def run(setting):
        figures = processes.figures_of(
            [sys.executable, PEERS / "reference.py", "protect", f"payload={payload}"],
            setting.client_cpu, reference_environment())
        return {"messages": 100, "us": figures[which]}
    run.missing = reference_missing
    return run
