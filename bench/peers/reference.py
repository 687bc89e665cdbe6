"""The Python reference as a peer: `reference.py server port=P`, `reference.py notify port=P
payload=N subscribers=N`, `reference.py client port=P payload=N seconds=S warm_up=S`, and
`reference.py protect payload=N`, each with protected=yes or without."""

import asyncio
import json
import logging
import os
import sys
import time

from netaio import (
    Body,
    HMACAuthPlugin,
    Message,
    MessageType,
    Sha256StreamCipherPlugin,
    TCPClient,
    TCPServer,
    UDPNode,
)

logging.disable(logging.CRITICAL)
what = sys.argv[1]
options = dict(argument.split("=", 1) for argument in sys.argv[2:])
port = int(options.get("port", 0))
content = b"c" * int(options.get("payload", 64))
auth = HMACAuthPlugin(config={"secret": "test"})
cipher = Sha256StreamCipherPlugin(config={"key": "test"})
plugins = {}
if options.get("protected") == "yes":
    plugins = {"auth_plugin": auth, "cipher_plugin": cipher}


def make(message_type, uri, body):
    return Message.prepare(Body.prepare(body, uri=uri), message_type)


async def serve():
    server = TCPServer(port=port, interface="127.0.0.1", **plugins)
    server.add_handler(
        (MessageType.REQUEST_URI, b"echo"),
        lambda message, _: make(MessageType.RESPOND_URI, message.body.uri, message.body.content),
    )
    await server.start()


async def serve_notify():
    """Passes on what is published, as the other servers of this scenario do."""
    server = TCPServer(port=port, interface="127.0.0.1")

    def subscribe(message, writer):
        server.subscribe(message.body.uri, writer)
        return make(MessageType.CONFIRM_SUBSCRIBE, message.body.uri, b"")

    async def publish(message, writer):
        await server.notify(
            message.body.uri,
            make(MessageType.NOTIFY_URI, message.body.uri, message.body.content),
            use_auth=False,
            use_cipher=False,
        )

    server.add_handler(MessageType.SUBSCRIBE_URI, subscribe)
    server.add_handler(MessageType.PUBLISH_URI, publish)
    await server.start()


async def request():
    client = TCPClient("127.0.0.1", port, **plugins)
    await client.connect()
    await client.start_receive_loop()
    times = []
    began = time.perf_counter()
    warm_at = began + float(options.get("warm_up", 0.1))
    end_at = warm_at + float(options.get("seconds", 0.5))
    counting_since = None
    now = began
    while now < end_at or counting_since is None:
        sent_at = now
        reply = await client.request(b"echo", content=content)
        assert reply.body.content == content
        now = time.perf_counter()
        if counting_since is not None:
            times.append((now - sent_at) * 1e6)
        elif now >= warm_at:
            counting_since = now
    times.sort()
    print(json.dumps({
        "messages": len(times),
        "rate": len(times) / (now - counting_since),
        "p50_us": times[len(times) // 2],
        "p99_us": times[int(len(times) * 0.99)],
    }), flush=True)
    await client.close()


async def serve_udp():
    node = UDPNode(port=port, interface="127.0.0.1", ignore_own_ip=False)
    node.add_handler(
        (MessageType.REQUEST_URI, b"echo"),
        lambda message, _: make(MessageType.RESPOND_URI, message.body.uri, message.body.content),
    )
    await node.start()
    print(f"port {port}", flush=True)
    await asyncio.Event().wait()


def protect():
    """Microseconds for protecting one message and for opening it."""
    def protected():
        message = make(MessageType.PUBLISH_URI, b"bench", content)
        message = cipher.encrypt(message)
        auth.make(message.auth_data, message.body)
        return message

    def timed(work, count=100):
        began = time.perf_counter()
        for _ in range(count):
            work()
        return (time.perf_counter() - began) / count * 1e6

    def opened():
        message = protected()
        assert auth.check(message.auth_data, message.body)
        cipher.decrypt(message)

    protecting = timed(protected)
    print(json.dumps({"protect": protecting, "open": timed(opened) - protecting}))


if what == "protect":
    protect()
else:
    works = {"server": serve, "notify": serve_notify, "client": request, "udp": serve_udp}
    try:
        asyncio.run(works[what]())
    except KeyboardInterrupt:
        os._exit(0)
