"""A client on the reference, told on its standard input what to do: each command is answered with
one line. v0.0.9 is driven by its requests over a receive loop, v0.0.8 by send and receive_once."""

import asyncio

from netaio import MessageType, TCPClient
from reference_node import (
    HAS_REQUEST, VERSION, arguments, commands, describe, handler_plugins, local_peer, make,
    node_plugins, report,
)

parser = arguments(__doc__)
parser.add_argument("port", type=int)
options = parser.parse_args()
inner = handler_plugins(options)
LIMIT_S = 20.0
PUSHED = (MessageType.NOTIFY_URI,)


class Refused(Exception):
    """The reference's client made nothing of the answer it got."""


class OldConnection:
    """v0.0.8: what is received is either the answer or a notification that came before it."""

    def __init__(self):
        self.client = TCPClient("127.0.0.1", options.port, **node_plugins(options, "pay"),
                                **local_peer(options))
        self.pushed = []

    async def open(self):
        await self.client.connect()
        if self.client.local_peer:
            await self.client.manage_peers_automatically()
            await self.client.receive_once()  # the server's introduction

    async def receive(self):
        message = await self.client.receive_once(**inner)
        if message is None:
            raise Refused
        return message

    async def call(self, message_type, uri, content, timeout_s):
        await self.client.send(make(message_type, uri, content), **inner)
        while True:
            message = await asyncio.wait_for(self.receive(), timeout_s)
            if message.header.message_type not in PUSHED:
                return message
            self.pushed.append(message)

    async def notification(self):
        while not self.pushed:
            self.pushed.append(await self.receive())
        return self.pushed.pop(0)


class NewConnection:
    """v0.0.9: its own requests where it has them, handlers for the rest."""

    REQUESTED = (MessageType.REQUEST_URI, MessageType.CREATE_URI, MessageType.UPDATE_URI,
                 MessageType.DELETE_URI, MessageType.PUBLISH_URI)

    def __init__(self):
        self.client = TCPClient("127.0.0.1", options.port, **node_plugins(options, "pay"),
                                **local_peer(options))
        self.pushed = asyncio.Queue()
        self.confirmed = asyncio.Queue()

    async def open(self):
        for message_type, queue in (
            (MessageType.NOTIFY_URI, self.pushed),
            (MessageType.CONFIRM_SUBSCRIBE, self.confirmed),
            (MessageType.CONFIRM_UNSUBSCRIBE, self.confirmed),
        ):
            self.client.add_handler(
                message_type, lambda message, _, to=queue: to.put_nowait(message), **inner
            )
        await self.client.connect()
        # A request that starts the loop itself applies the handlers' plugins twice.
        await self.client.start_receive_loop()
        if self.client.local_peer:
            await self.client.manage_peers_automatically()
            while not self.client.peers:
                await asyncio.sleep(0.01)

    async def call(self, message_type, uri, content, timeout_s):
        if message_type not in self.REQUESTED:
            await self.client.send(make(message_type, uri, content), **inner)
            return await asyncio.wait_for(self.confirmed.get(), timeout_s)
        terms = {"timeout": timeout_s, **inner}
        if message_type == MessageType.CREATE_URI:
            return await self.client.create(uri, content, **terms)
        if message_type == MessageType.UPDATE_URI:
            return await self.client.update(uri, content, **terms)
        if message_type == MessageType.DELETE_URI:
            return await self.client.delete(uri, **terms)
        return await self.client.request(
            uri, message_type=message_type, content=content, **terms
        )

    async def notification(self):
        return await self.pushed.get()


connections = {}


async def connection(name):
    if name not in connections:
        connections[name] = NewConnection() if HAS_REQUEST else OldConnection()
        await connections[name].open()
    return connections[name]


async def call(command):
    """Sends a message and gives the answer."""
    link = await connection(command["connection"])
    answer = await link.call(
        MessageType[command["type"]],
        bytes.fromhex(command["uri"]),
        bytes.fromhex(command["content"]),
        command["timeout_s"],
    )
    return describe(answer)


async def notification(command):
    """Gives the next notification of a connection."""
    link = await connection(command["connection"])
    return describe(await asyncio.wait_for(link.notification(), command["timeout_s"]))


async def bare_answer(command):
    """Sends a message and gives the answer as it is, no plugin asked."""
    return await unrouted_answer(command, use_auth=False, use_cipher=False)


async def outer_answer(command):
    """Sends a message and gives the answer as the client's plugins open it."""
    return await unrouted_answer(command)


async def unrouted_answer(command, **how):
    client = TCPClient("127.0.0.1", options.port, **node_plugins(options, "pay"))
    await client.connect()
    await client.send(
        make(MessageType[command["type"]], bytes.fromhex(command["uri"]),
             bytes.fromhex(command["content"])),
        **inner,
    )
    answer = await asyncio.wait_for(
        client.receive_once(**how), command["timeout_s"]
    )
    await client.close()
    return describe(answer)


OPERATIONS = {"call": call, "notification": notification, "bare_answer": bare_answer,
              "outer_answer": outer_answer}


async def main():
    report(event="ready", version=VERSION)
    async for command in commands(asyncio.get_running_loop()):
        try:
            outcome = await asyncio.wait_for(OPERATIONS[command["operation"]](command), LIMIT_S)
            report(**outcome)
        except Refused:
            report(type="refused")
        except TimeoutError:
            report(type="timeout")
        except Exception as error:
            report(type="exception", text=repr(error))


asyncio.run(main())
