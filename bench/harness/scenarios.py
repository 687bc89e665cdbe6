"""What is measured: each scenario with who takes part, and the ratios that are looked for."""

from dataclasses import dataclass, field

from .peers import (at_unix_socket, ddsperf, library_cost, nats_fan_out, nats_request, ours, peer, redis,
                    redis_benchmark, reference, reference_plugin_costs, through_bare_relay,
                    through_daemon, two_redis_clients)


@dataclass
class Scenario:
    key: str
    title: str
    takes_part: dict  # name -> a run
    limit: str = ""  # who sets the limit
    unit: str = "rate"
    together: bool = False  # both ends on one processor
    wanted: dict = field(default_factory=dict)  # name -> the ratio netaio should have at least
    note: str = ""

    @property
    def less_is_better(self):
        return self.unit in ("bytes", "us", "server_cpu_ns", "p99_us")


UNITS = {
    "rate": "messages/s",
    "bytes": "bytes of memory each",
    "us": "µs each",
    "server_cpu_ns": "ns of server CPU each",
    "p99_us": "µs at the 99th percentile",
}
OWN_CLIENTS = ("Both ends of libzmq, NNG, gRPC and redis-benchmark are those projects' own, so part "
               "of their gap is their client's.")


def size_of(payload):
    return "64 B" if payload == 64 else "1 KiB"


def request(payload):
    values = {"payload": payload}
    return Scenario(
        f"request_{payload}", f"request(), {payload} B, one in flight, both ends on one core",
        {
            "netaio": ours("netaio", "request", **values),
            "raw blocking sockets": ours("blocking", "raw_request", **values),
            "raw epoll": ours("epoll", "raw_request", **values),
            "raw epoll at both ends": ours("epoll", "pipelined", **values),
            "Redis, raw client": redis("raw_request", **values),
            "redis-benchmark": redis_benchmark(payload, 1, 1),
            "libzmq": peer("zmq", "request", **values),
            "NNG": peer("nng", "request", **values),
            "NATS, two hops": nats_request(payload),
            "gRPC": peer("grpc", "request", **values),
            "Python reference": reference("server", None, **values),
        },
        limit="raw blocking sockets", together=True,
        wanted={"raw blocking sockets": 0.85, "redis-benchmark": 1.3, "libzmq": 3, "gRPC": 7,
                "Python reference": 20} if payload == 64 else {},
        note="netaio's client and server against blocking sockets at both ends. A loop that waits "
             "in epoll needs a third more system calls, and raw epoll at both ends shows what that "
             "costs; netaio's, on an io_uring, needs half of them. " + OWN_CLIENTS)


def blocking_request():
    values = {"payload": 64}
    return Scenario(
        "blocking_request", "request() of a BlockingClient, 64 B, at raw blocking sockets, one core",
        {
            "netaio": ours("blocking", "blocking_request", **values),
            "raw blocking sockets": ours("blocking", "raw_request", **values),
            "netaio, TcpClient": ours("blocking", "request", **values),
            "netaio at both ends": ours("netaio", "blocking_request", **values),
            "raw client, netaio's server": ours("netaio", "raw_request", **values),
        },
        limit="raw blocking sockets", together=True, wanted={"raw blocking sockets": 0.92},
        note="What the client for programs without an event loop costs: it and the raw client have "
             "the same server, on raw blocking sockets, and the same two system calls.")


def protected_request():
    values = {"payload": 64}
    protected = {"protected": "yes"}
    return Scenario(
        "request_protected", "request(), 64 B, HMAC and cipher, one in flight, one core",
        {
            "netaio": ours("netaio", "request", server_values=protected, **values, **protected),
            "raw blocking sockets": ours("blocking", "raw_request", **values),
            "Python reference": reference("server", None, **values, **protected),
        },
        limit="raw blocking sockets", together=True,
        wanted={"raw blocking sockets": 0.70, "Python reference": 90},
        note="The limit protects nothing.")


def pipelined(payload, connections, in_flight, wanted):
    values = {"payload": payload, "connections": connections, "in_flight": in_flight}
    few = {**values, "in_flight": max(4, min(in_flight, 256) // (1 if connections == 1 else 4))}
    takes_part = {
        "netaio": ours("netaio", "pipelined", **values),
        "epoll_full": ours("epoll_full", "pipelined", **values),
        "raw epoll": ours("epoll", "pipelined", **values),
        "libzmq": peer("zmq", "pipelined", **values),
        "Redis, raw client": redis("pipelined", **values),
    }
    if payload == 64:
        takes_part["netaio, request ids"] = ours("netaio", "pipelined", protocol="netaio_id",
                                                 **values)
    if connections > 1:
        takes_part["redis-benchmark -P 64"] = redis_benchmark(payload, connections, 64)
    takes_part |= {
        "NNG": peer("nng", "pipelined", **few),
        "gRPC": peer("grpc", "pipelined", **few),
        "Python reference": reference("server", "pipelined", **few),
    }
    several = "1 connection" if connections == 1 else f"{connections} connections"
    return Scenario(
        f"pipelined_{payload}_{connections}",
        f"pipelined, {size_of(payload)}, {several}, {in_flight} in flight on each", takes_part,
        limit="epoll_full", wanted=wanted,
        note="epoll_full checks the checksum, finds the handler, calls it and builds the reply; "
             "raw epoll only splits frames and echoes them. netaio, the raw servers, Redis and the "
             f"reference are driven by one byte-counting client. NNG, gRPC and the reference have "
             f"{few['in_flight']} in flight on each connection. " + OWN_CLIENTS)


def fan_out(payload, in_flight, wanted):
    values = {"payload": payload, "subscribers": 100, "in_flight": in_flight}
    takes_part = {
        "netaio": ours("netaio_notify", "fan_out", **values),
        "raw": ours("fan_out", "fan_out", **values),
        "Redis": redis("fan_out", **values),
        "NATS": nats_fan_out(**values),
        "Python reference": reference("notify", "fan_out", **values),
    }
    if in_flight > 1:
        takes_part["libzmq XPUB"] = peer("zmq", "fan_out", payload=payload, subscribers=100)
    flight = "one published" if in_flight == 1 else f"{in_flight} published"
    return Scenario(
        f"fan_out_{payload}_{in_flight}",
        f"notify to 100 subscribers, {size_of(payload)}, {flight} at a time", takes_part,
        limit="raw", wanted=wanted,
        note="Deliveries. The raw server passes on whatever one read brings, with a send for each "
             "subscriber. All but libzmq, which publishes without end, have the same publisher and "
             "the same byte-counting subscribers.")


def udp_echo(in_flight, wanted):
    values = {"payload": 64, "in_flight": in_flight}
    return Scenario(
        f"udp_echo_{in_flight}", f"UDP echo, 64 B, {in_flight} in flight",
        {
            "netaio": ours("netaio_udp", "udp_echo", **values),
            "recvfrom and sendto": ours("udp_one", "udp_echo", **values),
            "recvmmsg and sendmmsg": ours("udp_batch", "udp_echo", **values),
            "Asio": ours("udp_asio", "udp_echo", **values),
            "Python reference": reference("udp", "udp_echo",
                                          **{**values, "in_flight": min(in_flight, 32)}),
        },
        limit="recvfrom and sendto", together=in_flight == 1, wanted=wanted,
        note="All are driven by one client, which sends and receives in batches.")


def udp_flood():
    values = {"payload": 64}
    return Scenario(
        "udp_flood", "UDP, 64 B, received from a sender that the system segments for (GSO)",
        {
            "netaio": ours("netaio_udp", "udp_flood", **values),
            "recvmmsg": ours("udp_batch", "udp_flood", **values),
            "recvfrom": ours("udp_one", "udp_flood", **values),
            "Asio": ours("udp_asio", "udp_flood", **values),
        },
        limit="recvmmsg", wanted={"recvmmsg": 0.85, "Asio": 1.2},
        note="Datagrams that reached the program; the rest were dropped by the system.")


def udp_notify():
    def notifies(session):
        return ours("udp_publisher", "udp_notify", server_values={"session": session},
                    session=session)
    return Scenario(
        "udp_notify", "UDP, one node notifies another as fast as that gets it, 16 B, in a session",
        {
            "netaio": notifies("yes"),
            "netaio without a session": notifies("no"),
            "ddsperf, 4 B": ddsperf("OU"),
            "ddsperf, 4 B, best effort": ddsperf("OU", "-u"),
        },
        wanted={"ddsperf, 4 B": 1.5},
        note="What handlers got; netaio's subscriber says so for every 1024, and at most 32768 are "
             "on their way. ddsperf (Cyclone DDS) sends samples of 4 bytes, by default reliably, "
             "and both it and a session send many in one datagram.")


def idle():
    values = {"payload": 64, "connections": 10000}
    return Scenario(
        "idle", "10,000 idle TCP connections",
        {
            "netaio": ours("netaio", "idle", **values),
            "Asio coroutine, 4 KiB": ours("asio_coroutine", "idle", **values, protocol="echo"),
        },
        limit="Asio coroutine, 4 KiB", unit="bytes",
        wanted={"Asio coroutine, 4 KiB": 0.3},
        note="Growth of the server's resident memory for each connection, after one message.")


def plugins(payload, which, wanted):
    name = "64 B" if payload == 64 else "16 KiB"
    return Scenario(
        f"{which}_{payload}", f"{which} a message of {name} with HMAC and cipher",
        {"netaio": library_cost(
            {"protect": "EncryptAndMake", "open": "CheckAndDecrypt"}[which] + f"/{payload}"),
         "Python reference": reference_plugin_costs(payload, which)},
        unit="us", wanted={"Python reference": wanted})


def plugin_table():
    sizes = ((64, "64 B"), (1024, "1 KiB"), (16384, "16 KiB"))
    parts = (("HmacMake", "HMAC, sending"), ("HmacCheck", "HMAC, receiving"),
             ("CipherEncrypt", "cipher, sending"), ("CipherDecrypt", "cipher, receiving"))
    return Scenario(
        "plugins", "what each plugin costs for one message",
        {f"{title}, {size_title}": library_cost(f"{name}/{size}")
         for name, title in parts for size, size_title in sizes},
        unit="us")


def session_plugins(payload, which, wanted):
    name = "64 B" if payload == 64 else "16 KiB"
    session, layers = {"seal": ("SessionSeal", "EncryptAndMake"),
                       "open": ("SessionOpen", "CheckAndDecrypt")}[which]
    return Scenario(
        f"session_{which}_{payload}", f"{which} a message of {name} in a session",
        {"netaio": library_cost(f"{session}/{payload}", "session_bench"),
         "HMAC and cipher": library_cost(f"{layers}/{payload}")},
        unit="us", wanted={"HMAC and cipher": wanted})


def session_handshake():
    return Scenario(
        "session_handshake", "a handshake at the end that is asked, by a client that knows its key",
        {"netaio": library_cost("SessionAnswer", "session_bench"),
         "four X25519 of libsodium": library_cost("BareFourAgreements", "session_bench")},
        limit="four X25519 of libsodium", unit="us", wanted={"four X25519 of libsodium": 1.5},
        note="Beside these four it makes a key pair of its own for each.")


def with_and_without_session(kind, client, **values):
    """Both ends in a session, beside the same ends without, and with HMAC and cipher."""
    def protected_by(**protection):
        return ours(kind, client, server_values=protection, **values, **protection)
    return {"netaio": protected_by(session="yes"), "plain": protected_by(),
            "HMAC and cipher": protected_by(protected="yes")}


def session_request():
    return Scenario(
        "session_request", "request() in a session, 64 B, one in flight, both ends on one core",
        with_and_without_session("netaio", "request", payload=64),
        limit="plain", together=True, wanted={"plain": 0.95, "HMAC and cipher": 1},
        note="The same client and server for all. The limit protects nothing.")


def session_pipelined():
    return Scenario(
        "session_pipelined", "request() in a session, 64 B, 64 in flight on one connection",
        with_and_without_session("netaio_answering", "together", payload=64, in_flight=64),
        limit="plain", wanted={"HMAC and cipher": 1.2},
        note="netaio's own client asks for 64 uris at a time.")


def session_fan_out():
    values = {"payload": 64, "subscribers": 100, "in_flight": 64}
    server = {"session": "yes"}
    return Scenario(
        "session_fan_out", "notify to 100 subscribers in sessions, 64 B, 64 published at a time",
        {"netaio": ours("netaio_notify", "fan_out", server_values=server, **values, **server),
         "plain": ours("netaio_notify", "fan_out", **values)},
        limit="plain",
        note="Deliveries. Each is sealed for its subscriber; subscribers only count bytes.")


def session_idle():
    values = {"payload": 64, "connections": 4000}
    session = {"session": "yes"}
    return Scenario(
        "session_idle", "4,000 idle TCP connections in sessions",
        {"netaio": ours("netaio", "idle", server_values=session, **values, **session),
         "plain": ours("netaio", "idle", **values)},
        limit="plain", unit="bytes",
        note="Growth of the server's resident memory for each connection, after one message, or a "
             "handshake alone: a session that sealed nothing yet holds as much as one that rests.")


def threads():
    values = {"payload": 64, "connections": 50, "in_flight": 64}
    return Scenario(
        "threads", "two server threads against one, 64 B, 50 connections",
        {"netaio": ours("netaio", "pipelined", server_values={"threads": 2}, any_cpu=True, **values),
         "netaio, one thread": ours("netaio", "pipelined", any_cpu=True, **values)},
        unit="server_cpu_ns", wanted={"netaio, one thread": 1.1},
        note="The client's load is the same, so CPU for each message is what can be compared.")


def handlers_at_once():
    values = {"payload": 64, "in_flight": 64}
    one = {"handlers_max": 1}
    return Scenario(
        "handlers_at_once", "64 requests on one connection, whose handlers wait 10 ms each",
        {"netaio": ours("netaio_waiting", "together", **values),
         "netaio, handlers_max 1": ours("netaio_waiting", "together", server_values=one, **values)},
        wanted={"netaio, handlers_max 1": 50},
        note="netaio's own client asks for 64 uris at a time. The time at the 50th percentile is "
             "that until all are answered: of one wait, or of 64, one after another.")


def many_connections():
    values = {"payload": 64, "active": 100, "in_flight": 1}
    return Scenario(
        "many_connections", "100 active connections among 10,000, one in flight on each",
        {"netaio": ours("netaio", "pipelined", connections=10000, **values),
         "netaio, 100 connections": ours("netaio", "pipelined", connections=100, **values)},
        unit="p99_us", wanted={"netaio, 100 connections": 1.3})


def daemon_request():
    values = {"payload": 64}
    return Scenario(
        "daemon_request", "request(), 64 B, to a program behind netaiod, all on one core",
        {
            "netaio": through_daemon("request", **values),
            "through a relay of bytes": through_bare_relay("request", **values),
            "netaio, direct": ours("netaio", "request", **values),
        },
        limit="netaio, direct", together=True,
        note="Of the time of a round trip, what is more than direct is the daemon's and that of the "
             "second connection: the relay of bytes knows no message, and copies what it reads.")


def daemon_pipelined():
    values = {"payload": 64, "connections": 1, "in_flight": 1024, "protocol": "netaio_id"}
    return Scenario(
        "daemon_pipelined", "pipelined, 64 B, to a program behind netaiod: CPU of the server's "
        "thread", {
            "netaio": through_daemon("pipelined", **values),
            "through a relay of bytes": through_bare_relay("pipelined", **values),
            "netaio, direct": ours("netaio", "pipelined", **values),
        },
        limit="netaio, direct", unit="server_cpu_ns", wanted={"netaio, direct": 2},
        note="The daemon receives and sends each message twice. With two cores, program and client "
             "share one, so what one thread carries is told by what a message costs it.")


def daemon_apps():
    values = {"payload": 64}
    return Scenario(
        "daemon_apps", "request(), 64 B, from one program to another of the machine, on one core",
        {
            "netaio": through_daemon("daemon_request", **values),
            "a Unix connection": at_unix_socket("request", **values),
            "two Redis clients": two_redis_clients(**values),
        },
        limit="a Unix connection", together=True,
        note="By Redis one puts a question into a list, from which the other takes it, and back.")


def all_scenarios():
    return [
        request(64),
        request(1024),
        blocking_request(),
        protected_request(),
        pipelined(64, 1, 8192, {"epoll_full": 1.0, "libzmq": 3.5, "Python reference": 800}),
        pipelined(64, 50, 64,
                  {"epoll_full": 1.0, "libzmq": 3.3, "redis-benchmark -P 64": 2.7}),
        pipelined(1024, 1, 1024, {}),
        pipelined(1024, 50, 32,
                  {"epoll_full": 1.0, "libzmq": 4, "redis-benchmark -P 64": 1.4}),
        fan_out(64, 64, {"raw": 0.75, "Redis": 1.7, "libzmq XPUB": 2, "NATS": 2.5}),
        fan_out(1024, 64, {"raw": 0.80, "Redis": 1.7, "libzmq XPUB": 2, "NATS": 2.5}),
        fan_out(64, 1, {"raw": 0.90}),
        udp_echo(64, {"recvfrom and sendto": 1.0, "Asio": 1.2}),
        udp_echo(1, {"recvfrom and sendto": 0.90}),
        udp_flood(),
        udp_notify(),
        idle(),
        plugins(64, "protect", 1 / 100),
        plugins(64, "open", 1 / 100),
        plugins(16384, "protect", 1 / 30),
        plugins(16384, "open", 1 / 30),
        plugin_table(),
        session_plugins(64, "seal", 0.35 / 0.8),
        session_plugins(64, "open", 0.35 / 0.8),
        session_plugins(16384, "seal", 7 / 31),
        session_plugins(16384, "open", 7 / 31),
        session_handshake(),
        session_request(),
        session_pipelined(),
        session_fan_out(),
        session_idle(),
        threads(),
        handlers_at_once(),
        many_connections(),
        daemon_request(),
        daemon_pipelined(),
        daemon_apps(),
    ]
