"""What a cell of the matrix does: one server, one client, one way of protecting them."""

import asyncio
import contextlib
from dataclasses import dataclass, field, replace

from peers import OurClient, OurRotatingServer, OurServer, Protection, TheirClient, TheirServer
from peers import WALK, Answer
from processes import Ended
from references import Reference

CELL_S = 60.0
# Enough for an answer over loopback; what a reference's client waits for an answer it cannot accept.
BRIEF_S = 0.7
# Our client is told of a failed authentication long before it would stop waiting.
LONG_S = 12.0
AT_ONCE_S = 6.0

LARGE = bytes(range(256)) * 253 + b"end"
ROOM = "räume/küche"


@dataclass(frozen=True)
class Setup:
    """What the programs of a cell need to know."""

    reference: Reference
    tool: str
    walker: str
    ours_serves: bool
    ours_asks: bool
    # What our end speaks, when not what the reference does.
    other_dialect: str | None = None

    @property
    def dialect(self):
        return self.other_dialect or self.reference.version

    def server(self, protection):
        return (OurServer if self.ours_serves else TheirServer)(self, protection)

    def client(self, server, protection):
        return (OurClient if self.ours_asks else TheirClient)(self, server, protection)


@dataclass
class Result:
    """What a cell found: for each operation it tried, what was wrong with it."""

    operations: dict = field(default_factory=dict)

    @contextlib.contextmanager
    def operation(self, name):
        """What goes wrong inside is noted under this name."""
        failures = self.operations.setdefault(name, [])
        try:
            yield lambda what, got, wanted: (
                None if got == wanted else failures.append(f"{what}: {got}, not {wanted}")
            )
        except Ended as problem:
            failures.append(str(problem))

    @property
    def failures(self):
        return [f"{name}: {text}" for name, texts in self.operations.items() for text in texts]


async def resources(setup, result, server, client, large=LARGE):
    """All operations between ends that agree about their secrets."""
    not_found = "NOT_FOUND"

    with result.operation("request") as expect:
        expect("missing", (await client.call("REQUEST_URI", ROOM)).type, not_found)
    with result.operation("update") as expect:
        expect("missing", (await client.call("UPDATE_URI", ROOM, b"?")).type, not_found)
    with result.operation("delete") as expect:
        expect("missing", (await client.call("DELETE_URI", ROOM)).type, not_found)
    with result.operation("create") as expect:
        expect("new", (await client.call("CREATE_URI", ROOM, b"first")).type, "OK")
        expect("existing", (await client.call("CREATE_URI", ROOM, b"again")).type, "ERROR")
    with result.operation("request") as expect:
        expect("found", await client.call("REQUEST_URI", ROOM), Answer("RESPOND_URI", b"first"))

    with result.operation("create") as expect:
        expect("large", (await client.call("CREATE_URI", "large", large)).type, "OK")
        expect("empty", (await client.call("CREATE_URI", "empty")).type, "OK")
    with result.operation("request") as expect:
        expect("large", await client.call("REQUEST_URI", "large"), Answer("RESPOND_URI", large))
        expect("empty", await client.call("REQUEST_URI", "empty"), Answer("RESPOND_URI"))

    with result.operation("subscribe") as expect:
        confirmed, subscription = await client.subscribe(ROOM, 3)
        expect("confirmed", confirmed.type, "CONFIRM_SUBSCRIBE")
    with result.operation("update") as expect:
        expect("found", (await client.call("UPDATE_URI", ROOM, b"second")).type, "OK")
        expect("result", await client.call("REQUEST_URI", ROOM), Answer("RESPOND_URI", b"second"))
    with result.operation("publish") as expect:
        expect("answer", (await client.call("PUBLISH_URI", ROOM, b"news")).type, "OK")
    with result.operation("delete") as expect:
        expect("found", (await client.call("DELETE_URI", ROOM)).type, "OK")
        expect("result", (await client.call("REQUEST_URI", ROOM)).type, not_found)
    with result.operation("notify") as expect:
        updated, published, deleted = await client.collect(subscription)
        expect("of an update", updated, Answer("NOTIFY_URI", b"second"))
        expect("of a publication", published, Answer("NOTIFY_URI", b"news"))
        expect("of a deletion", deleted.type, "NOTIFY_URI")
    with result.operation("unsubscribe") as expect:
        expect("walk", await client.walk(), WALKED)


WALKED = [
    "CONFIRM_SUBSCRIBE", "OK", "NOTIFY_URI one", "CONFIRM_UNSUBSCRIBE", "CONFIRM_SUBSCRIBE",
    "OK", "OK", "NOTIFY_URI three",
]
assert len(WALKED) == len(WALK)


async def small_resources(setup, result, server, client):
    """The same with contents that a witness can sign."""
    await resources(setup, result, server, client, LARGE[:900])


async def _untouched(setup, expect, server, uri):
    """Whoever has the right secrets finds that nothing happened, and is served."""
    honest = setup.client(server, server.protection)
    await honest.start()
    try:
        expect("what was refused", (await honest.call("REQUEST_URI", uri)).type, "NOT_FOUND")
    finally:
        await honest.stop()


def _complaint(server):
    """What a server tells whom it refuses."""
    if server.protection.hashcash:
        return b"hashcash auth failed"
    return b"tapescript auth failed" if server.protection.lock else b"HMAC auth failed"


def _refusal_seen(setup, client):
    """What the reference's client makes of an AUTH_ERROR: it carries none of the plugins that the
    client may insist on, and only our server puts the uri into it that the client waits for."""
    old = setup.reference.version == "0.0.8"
    # Who pays need not be paid, and so takes everything.
    if client.protection.but(hashcash=None, hashcash_realm=None).used():
        return "refused" if old else "timeout"
    if setup.ours_serves:
        return "AUTH_ERROR"
    return "answer with another uri" if old else "timeout"


async def refusal(setup, result, server, client):
    """A client whose tags are wrong: told so, and nothing is done for it."""
    with result.operation("refuse") as expect:
        if setup.ours_asks:
            started = asyncio.get_running_loop().time()
            for kind in ("CREATE_URI", "REQUEST_URI", "PUBLISH_URI"):
                answer = await client.call(kind, "guarded", b"x", LONG_S)
                expect(kind, answer.type, "auth failed")
            took = asyncio.get_running_loop().time() - started
            expect("at once", took < AT_ONCE_S, True)
        else:
            answer = await client.call("CREATE_URI", "guarded", b"x", BRIEF_S)
            expect("as the client sees it", answer.type, _refusal_seen(setup, client))
            if setup.ours_serves:
                # What an inner layer refuses, the outer one carries.
                outer = client.protection.hmac and client.protection.hmac == server.protection.hmac
                ask = client.outer_answer if outer else client.bare_answer
                answer = await ask("CREATE_URI", "guarded", b"x")
                expect("on the wire", answer, Answer("AUTH_ERROR", _complaint(server)))
        await _untouched(setup, expect, server, "guarded")


async def dialects(setup, result, server, client):
    """Ends of different dialects: neither authenticates the other, whatever the secret."""
    old = setup.reference.version == "0.0.8"
    setup = replace(setup, other_dialect="0.0.9" if old else "0.0.8")
    with result.operation("refuse") as expect:
        if setup.ours_asks:
            stranger = setup.client(server, server.protection)
            answer = await stranger.call("CREATE_URI", "guarded", b"x", LONG_S)
            # v0.0.8 fails over the newer timestamp, and closes.
            expect("as our client sees it", answer.type, "no connection" if old else "auth failed")
            expect("an end that agrees", (await client.call("REQUEST_URI", "guarded")).type,
                   "NOT_FOUND")
            return
        server = setup.server(server.protection)
        await server.start()
        stranger = setup.client(server, server.protection)
        try:
            await stranger.start()
            answer = await stranger.call("CREATE_URI", "guarded", b"x", BRIEF_S)
            expect("as their client sees it", answer.type, _refusal_seen(setup, stranger))
            answer = await stranger.bare_answer("CREATE_URI", "guarded", b"x")
            expect("on the wire", answer, Answer("AUTH_ERROR", b"HMAC auth failed"))
        finally:
            await stranger.stop()
            await server.stop()


async def garble(setup, result, server, client):
    """A client whose node cipher has another key: the server reads a uri nobody wrote, and the
    client cannot read its answer."""
    with result.operation("garble") as expect:
        unread = "timeout"
        if not setup.ours_asks and setup.reference.version == "0.0.8":
            unread = "answer with another uri"
        for kind in ("CREATE_URI", "REQUEST_URI"):
            answer = await client.call(kind, "guarded", b"some content", BRIEF_S)
            expect(kind, answer.type, unread)
        await _untouched(setup, expect, server, "guarded")


async def garble_inner(setup, result, server, client):
    """A client whose handler cipher has another key: uris are readable, contents are not."""
    with result.operation("garble") as expect:
        answer = await client.call("CREATE_URI", "garbled", b"some content")
        expect("create", answer.type, "OK")
        answer = await client.call("REQUEST_URI", "garbled")
        expect("request", answer.type, "RESPOND_URI")
        expect("the same content", answer.content == b"some content", False)
        expect("its size", len(answer.content), len(b"some content"))


async def rotation(setup, result, server, client):
    """Our server takes another secret and key, and drops the old ones, while clients of the
    reference, who have one each, ask and listen."""
    old = (server.protection.hmac, server.protection.cipher)
    new = ("another secret", "another key")
    rotating = OurRotatingServer(setup, server.protection)
    await rotating.start()
    ends = [rotating]
    try:
        async def begin(pair):
            one = setup.client(rotating, client.protection.but(hmac=pair[0], cipher=pair[1]))
            await one.start()
            ends.append(one)
            return one

        with result.operation("rotate") as expect:
            staying = await begin(old)
            expect("create", (await staying.call("CREATE_URI", ROOM, b"1")).type, "OK")
            confirmed, subscription = await staying.subscribe(ROOM, 4)
            expect("subscribe", confirmed.type, "CONFIRM_SUBSCRIBE")
            await rotating.take(old, new)
            moved = await begin(new)
            for content in (b"2", b"3", b"4"):
                expect("new asks", (await moved.call("UPDATE_URI", ROOM, content)).type, "OK")
                expect("old asks", await staying.call("REQUEST_URI", ROOM),
                       Answer("RESPOND_URI", content))
            expect("old tells", (await staying.call("PUBLISH_URI", ROOM, b"5")).type, "OK")
            expect("old is notified", await staying.collect(subscription),
                   [Answer("NOTIFY_URI", content) for content in (b"2", b"3", b"4", b"5")])
            await rotating.take(("", ""), new)
            expect("new asks alone", await moved.call("REQUEST_URI", ROOM),
                   Answer("RESPOND_URI", b"4"))
            answer = await staying.bare_answer("REQUEST_URI", ROOM)
            expect("old is refused", answer.type, "AUTH_ERROR")
    finally:
        for end in reversed(ends):
            await end.stop()


@dataclass(frozen=True)
class Row:
    """A way of protecting a server and a client, and what they then do."""

    name: str
    scenario: object
    server: Protection
    client: Protection

    @property
    def uses_scripts(self):
        return bool(self.server.lock)


_hmac = Protection(hmac="a secret")
_cipher = Protection(cipher="a key")
_both = Protection(hmac="a secret", cipher="a key")
_inner = Protection(inner_hmac="an inner secret", inner_cipher="an inner key")
_all = Protection("a secret", "a key", "an inner secret", "an inner key")

# One of two keys (RFC 8032, tests 1 and 2), one for each end.
_lock = """
    push xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
    push x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
    check_multisig x00 d1 d2
"""
_serving = Protection(
    lock=_lock, key="9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
_asking = _serving.but(key="4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
_stranger = _serving.but(key="07" * 32)

# Each end manages peers, and encrypts to the other.
_peer, _other_peer = Protection(x25519_key="5a" * 32), Protection(x25519_key="c3" * 32)

# Stamps of a few thousand hashes.
_hashcash = Protection(hashcash="12", hashcash_realm="kitchen")
_stamped = _both.but(hashcash="12", hashcash_realm="kitchen")

ROWS = (
    Row("no plugin", resources, Protection(), Protection()),
    Row("HMAC", resources, _hmac, _hmac),
    Row("HMAC, each message once", resources, _hmac.but(fresh=True), _hmac.but(fresh=True)),
    Row("cipher", resources, _cipher, _cipher),
    Row("HMAC + cipher", resources, _both, _both),
    Row("inner layers", resources, _inner, _inner),
    Row("all layers", resources, _all, _all),
    Row("all layers, each message once", resources, _all.but(fresh=True), _all.but(fresh=True)),
    Row("X25519 between peers", resources, _peer, _other_peer),
    Row("X25519 between peers, HMAC + cipher", resources,
        _both.but(x25519_key="5a" * 32), _both.but(x25519_key="c3" * 32)),
    Row("script", small_resources, _serving, _asking),
    Row("script, each message once", small_resources,
        _serving.but(fresh=True), _asking.but(fresh=True)),
    Row("script + cipher", small_resources, _serving.but(cipher="a key"),
        _asking.but(cipher="a key")),
    Row("script + inner layers", small_resources,
        _serving.but(inner_hmac="an inner secret", inner_cipher="an inner key"),
        _asking.but(inner_hmac="an inner secret", inner_cipher="an inner key")),
    Row("hashcash", resources, _hashcash, _hashcash.but(hashcash="13")),
    Row("hashcash, HMAC + cipher", resources, _stamped, _stamped),
    Row("no stamp where one is wanted", refusal, _hashcash, Protection()),
    Row("a stamp for another realm", refusal, _hashcash, _hashcash.but(hashcash_realm="cellar")),
    Row("another key than the script's", refusal, _serving, _stranger),
    Row("no witness where one is wanted", refusal, _serving, Protection()),
    Row("wrong HMAC secret", refusal, _hmac, _hmac.but(hmac="wrong")),
    Row("wrong HMAC secret, with cipher", refusal, _both, _both.but(hmac="wrong")),
    Row("no HMAC where one is wanted", refusal, _hmac, Protection()),
    Row("wrong inner secret", refusal, _inner, _inner.but(inner_hmac="wrong")),
    Row("wrong inner secret, all layers", refusal, _all, _all.but(inner_hmac="wrong")),
    Row("the other dialect", dialects, _hmac, _hmac),
    Row("another secret and key", rotation, _both, _both),
    Row("wrong cipher key", garble, _both, _both.but(cipher="wrong")),
    Row("wrong inner cipher key", garble_inner, _all, _all.but(inner_cipher="wrong")),
)


async def run(setup, row):
    """Runs one cell from start to end; it never raises."""
    result = Result()
    server = setup.server(row.server)
    client = setup.client(server, row.client)
    started = []

    async def steps():
        for end in (server, client):
            await end.start()
            started.append(end)
        await row.scenario(setup, result, server, client)

    try:
        await asyncio.wait_for(steps(), CELL_S)
    except TimeoutError:
        result.operations.setdefault("cell", []).append(f"not done after {CELL_S} s")
    except Exception as problem:
        result.operations.setdefault("cell", []).append(f"{type(problem).__name__}: {problem}")
    finally:
        for end in reversed(started):
            await end.stop()
    return result
