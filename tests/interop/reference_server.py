"""A resource server on the reference, which means what `netaio serve` means: resources in a dict,
subscribers of a uri told about updates, deletions and publications. Ends with its standard input."""

import asyncio

from netaio import MessageType, TCPServer
from reference_node import (
    VERSION, arguments, commands, handler_plugins, local_peer, make, node_plugins, report,
)

options = arguments(__doc__).parse_args()
inner = handler_plugins(options)
server = TCPServer(port=0, interface="127.0.0.1", **node_plugins(options, "bits"),
                   **local_peer(options))
store = {}


async def notify(uri, content=b""):
    await server.notify(
        uri,
        make(MessageType.NOTIFY_URI, uri, content),
        # v0.0.8 asks a plugin that is not there otherwise.
        use_auth=server.auth_plugin is not None,
        use_cipher=server.cipher_plugin is not None,
        **inner,
    )


def ok(uri):
    return make(MessageType.OK, uri)


def not_found(uri):
    return make(MessageType.NOT_FOUND, uri, b"not found")


@server.on(MessageType.REQUEST_URI, **inner)
def request(message, writer):
    uri = message.body.uri
    if uri not in store:
        return not_found(uri)
    return make(MessageType.RESPOND_URI, uri, store[uri])


@server.on(MessageType.CREATE_URI, **inner)
def create(message, writer):
    uri = message.body.uri
    if uri in store:
        return make(MessageType.ERROR, uri, b"exists")
    store[uri] = message.body.content
    return ok(uri)


@server.on(MessageType.UPDATE_URI, **inner)
async def update(message, writer):
    uri = message.body.uri
    if uri not in store:
        return not_found(uri)
    store[uri] = message.body.content
    await notify(uri, message.body.content)
    return ok(uri)


@server.on(MessageType.DELETE_URI, **inner)
async def delete(message, writer):
    uri = message.body.uri
    if store.pop(uri, None) is None:
        return not_found(uri)
    await notify(uri)
    return ok(uri)


@server.on(MessageType.PUBLISH_URI, **inner)
async def publish(message, writer):
    await notify(message.body.uri, message.body.content)
    return ok(message.body.uri)


@server.on(MessageType.SUBSCRIBE_URI, **inner)
def subscribe(message, writer):
    server.subscribe(message.body.uri, writer)
    report(event="subscribed", uri=message.body.uri.hex())
    return make(MessageType.CONFIRM_SUBSCRIBE, message.body.uri)


@server.on(MessageType.UNSUBSCRIBE_URI, **inner)
def unsubscribe(message, writer):
    server.unsubscribe(message.body.uri, writer)
    return make(MessageType.CONFIRM_UNSUBSCRIBE, message.body.uri)


async def main():
    # What TCPServer.start() does, but with a port the system picks.
    listener = await asyncio.start_server(
        lambda reader, writer: server.handle_client(reader, writer), "127.0.0.1", 0
    )
    if server.local_peer:
        await server.manage_peers_automatically()
    report(event="listening", port=listener.sockets[0].getsockname()[1], version=VERSION)
    async for _ in commands(asyncio.get_running_loop()):
        pass


asyncio.run(main())
